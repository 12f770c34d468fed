"""Integrals of polynomials, and of these times exponentials, by an antiderivative and the values at its ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import factorial, prod

from symcnn.document.reading.forms import MeaningError, constant
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import scripts_of, unwrapped
from symcnn.notation.expression import Add, Apply, Expression, Multiply, Power, Read, Value, expression, walk

INFINITE = frozenset((r"\infty", "∞"))
MOST_DEGREE, MOST_TERMS = 12, 64


@dataclass(frozen=True)
class Integral:
    """What stands in an integral: what is integrated, its variable, and the ends; None for one at infinity."""

    body: Node
    variable: Node
    lower: Node | None
    upper: Node | None


@dataclass(frozen=True)
class Term:
    """coefficient · x^degree · exp(rate · x); no exponential where `rate` is None."""

    coefficient: Expression
    degree: int
    rate: Expression | None = None


def integral_of(node: Node) -> Integral | None:
    """The parts of ∫_a^b … dx; None where one of them is missing."""
    head, inside = node.nodes
    if head.kind != "scripts" or head.nodes[0].head not in (r"\int", "∫"):
        return None
    ends = dict(scripts_of(head))
    lower, upper = ends.get("_"), ends.get("^")
    found = _without_differential(inside)
    if found is None or lower is None or upper is None:
        return None
    body, variable = found
    below, above = unwrapped(lower), unwrapped(upper)
    negative = below.kind == "sign" and below.head == "-" and unwrapped(below.nodes[0]).head in INFINITE
    return Integral(body, variable, None if negative else below, None if above.head in INFINITE else above)


def _without_differential(node: Node) -> tuple[Node, Node] | None:
    """The side of an integral without its dx, at its end or above a bar, and the x."""
    if node.kind in ("braces", "clauses") and len(node.nodes) == 1 and (
            found := _without_differential(node.nodes[0])) is not None:
        return found
    if node.kind == "command" and node.head.endswith("frac"):
        found = _without_differential(node.nodes[0])
        if found is None:
            return None
        top = Node("braces", (Token("mark", "{", node.start), Node("clauses", (found[0],)),
                              Token("mark", "}", node.start)))
        return Node("command", (node.parts[0], top, *node.parts[2:])), found[1]
    if node.kind == "name" and (variable := _variable(node)) is not None:
        return Node("number", (Token("number", "1", node.start),)), variable
    if node.kind != "product":
        return None
    parts = [p for p in node.parts if not (isinstance(p, Token) and p.kind == "gap")]
    last = parts[-1]
    before = parts[-2] if len(parts) > 1 else None
    if isinstance(last, Node) and (variable := _variable(last)) is not None:
        rest = parts[:-1]
    elif isinstance(last, Node) and isinstance(before, Node) and before.kind != "number" and [
            t.text for t in before.tokens if t.text not in "{}" and not t.text.startswith(r"\math")] == ["d"]:
        rest, variable = parts[:-2], last
    else:
        return None
    if not rest:
        return Node("number", (Token("number", "1", node.start),)), variable
    return (rest[0] if len(rest) == 1 and isinstance(rest[0], Node) else Node("product", tuple(rest))), variable


def _variable(node: Node) -> Node | None:
    """The x of dx."""
    if node.kind == "name" and len(node.head) == 2 and node.head[0] == "d" and node.head.isalpha():
        token = next(node.tokens)
        return Node("name", (Token("word", token.text[1:], token.start + 1),))
    return None


def integrated(body: Expression, x: Expression, lower: Expression | None, upper: Expression | None) -> Expression:
    """∫ body dx between two ends; MeaningError for what is no sum of powers of x and exponentials."""
    terms = list(_terms(body, x))
    if len(terms) > MOST_TERMS:
        raise MeaningError("an integral of many terms")
    result = expression(0)
    for term in terms:
        if upper is not None:
            result = result + _antiderivative(term, x, upper)
        elif term.rate is None or _sign(term.rate) >= 0:
            raise MeaningError("whether this integral converges is not known")
        if lower is not None:
            result = result - _antiderivative(term, x, lower)
        elif term.rate is None or _sign(term.rate) <= 0:
            raise MeaningError("whether this integral converges is not known")
    return result


def _antiderivative(term: Term, x: Expression, at: Expression) -> Expression:
    if term.rate is None:
        power = expression(1) if term.degree < 0 else Power(at, term.degree + 1)
        return Multiply((term.coefficient, power, expression(Fraction(1, term.degree + 1))))
    parts = []
    for k in range(term.degree + 1):
        number = expression((-1) ** k * factorial(term.degree) // factorial(term.degree - k))
        power = Power(at, term.degree - k) if term.degree > k else expression(1)
        parts.append(Multiply((number, power, Power(term.rate, -(k + 1)))))
    return Multiply((term.coefficient, Apply("exp", term.rate * at), Add(tuple(parts)) if len(parts) > 1 else parts[0]))


def _sign(rate: Expression) -> int:
    """The sign of a rate whose names are taken to be positive: −1 for −λ; 0 where it is open."""
    number = constant(rate)
    if number is not None:
        return (number > 0) - (number < 0)
    if isinstance(rate, Multiply):
        return prod(_sign(f) for f in rate.factors)
    if isinstance(rate, Power):
        return _sign(rate.base) if rate.exponent % 2 else abs(_sign(rate.base))
    return 1 if isinstance(rate, Read) and not rate.indices or isinstance(rate, Value) and (
        rate.value.as_symbol is not None) else 0


def _terms(node: Expression, x: Expression) -> Iterator[Term]:
    """A formula as a sum of terms in x."""
    if not any(n == x for n in walk(node)):
        yield Term(node, 0)
    elif node == x:
        yield Term(expression(1), 1)
    elif isinstance(node, Add):
        for part in node.terms:
            yield from _terms(part, x)
    elif isinstance(node, Multiply):
        made = [Term(expression(1), 0)]
        for factor in node.factors:
            made = [_times(a, b) for a in made for b in _terms(factor, x)]
            if len(made) > MOST_TERMS:
                raise MeaningError("an integral of many terms")
        yield from made
    elif isinstance(node, Power) and 0 < node.exponent <= MOST_DEGREE:
        yield from _terms(Multiply((node.base,) * int(node.exponent)), x)
    elif isinstance(node, Apply) and node.function == "exp":
        yield from _exponential(node, x)
    else:
        raise MeaningError("an integral of what is no sum of powers and exponentials")


def _exponential(node: Apply, x: Expression) -> Iterator[Term]:
    rate: list[Expression] = []
    rest: list[Expression] = []
    for term in _terms(node.argument, x):
        if term.rate is not None or term.degree > 1:
            raise MeaningError("an integral of an exponential of a power")
        (rate if term.degree else rest).append(term.coefficient)
    if not rate:
        raise MeaningError("an integral of what is no sum of powers and exponentials")
    coefficient = Apply("exp", Add(tuple(rest))) if rest and any(constant(r) != 0 for r in rest) else expression(1)
    if len(rate) > 1 or _sign(rate[0]) == 0:
        raise MeaningError("an integral of an exponential with an open sign")
    yield Term(coefficient, 0, rate[0])


def _times(a: Term, b: Term) -> Term:
    if a.rate is not None and b.rate is not None:
        raise MeaningError("an integral of several exponentials")
    rate = b.rate if a.rate is None else a.rate
    return Term(Multiply((a.coefficient, b.coefficient)), a.degree + b.degree, rate)
