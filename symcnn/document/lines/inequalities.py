"""Bounds |a| ≤ A: read, proved between functions of one exponential, or refuted at a number.

With E = e^z, a formula of exp, tanh and the logistic function of z is a quotient of polynomials in E. A − a and A + a
are at least 0 where each is a sum of squares, c_k e^{kz} S(E)²/D(E)² with c_k ≥ 0: this is what the kernel is shown.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from fractions import Fraction

import flint

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import Line
from symcnn.document.facts.known import Decision
from symcnn.document.lines.quadratics import NoSquares, squares_of
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.numbers import exact, is_numeric, key, show
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import has_prime
from symcnn.errors import StepError, SymcnnError
from symcnn.kernel.bounds import Squares, by_squares
from symcnn.kernel.theorem import Bounded
from symcnn.notation.expression import (
    Add, Apply, Expression, Multiply, Power, Read, Value, expression, free_indices, walk,
)
from symcnn.verdict import Verdict

LARGEST = 24
"""The largest power of E that is looked at."""
PLACES = (0, 1, -1, 2, -2, 5, -5)
SENTENCE_ENDS = re.compile(r"[.;!?](?=\s|\$)|\n\s*\n|\\item\b|\n\s*[-*+] ")
CURVED = frozenset(("exp", "log", "sigmoid", "tanh", "sin", "cos"))
CONDITIONAL = re.compile(
    r"\b(?:if|when|whenever|where|wherever|unless|until|provided|assum\w+|suppos\w+|as long as|with"
    r"|for(?! (?:all|any|every|each)\b)|need\w*|requir\w*|ensur\w*|choos\w+|predict\w*|solv\w+|near|small|large"
    r"|approximat\w*)\b", re.IGNORECASE)
"""Words around a relation that may make a condition of it, or say for which numbers it holds."""
Quotient = tuple[flint.fmpq_poly, flint.fmpq_poly]


class Unfit(SymcnnError):
    """A formula that is no quotient of polynomials in one exponential."""


def absolute(line: Line, meaning: Meaning) -> Bounded | None:
    """|a| ≤ A, or A ≥ |a|, as a line says it; None for another line."""
    small, large = (line.left, line.right) if line.relation == "≤" else (line.right, line.left)
    if line.relation not in ("≤", "≥") or small.kind != "group" or small.head not in ("|", r"\vert", r"\lvert"):
        return None
    inside = [n for clause in small.nodes for n in clause.nodes]
    if len(inside) != 1 or not isinstance(inside[0], Node):
        return None
    return Bounded(meaning.value(inside[0]), meaning.value(large))


def decide_bound(bound: Bounded, explained: Collection[str]) -> Decision | None:
    """The verdict on a bound between functions of one number; None where nothing is shown.

    `explained` are the names of which the document says something, so that they have no values of one's own choice.
    """
    try:
        above, below = (_squares(side) for side in (bound.bound - bound.expression, bound.bound + bound.expression))
        theorem = by_squares(bound.expression, bound.bound, above, below)
        return Decision(Verdict.PROVED, "both differences are sums of squares", "all values",
                        procedures=tuple(sorted(theorem.procedures)))
    except (StepError, Unfit):
        return _refuted(bound, explained)


def decide_order(line: Line, left: Expression, right: Expression, explained: Collection[str],
                 text: str) -> Decision | None:
    """Whether a function of one number, or a quadratic polynomial, is nowhere negative, as |d| ≤ d says.

    A bound between functions of one number that are no polynomials is refuted at a number, unless the words around it
    may make a condition of it: where σ(z) ≥ ½, we predict 1. None where nothing is shown.
    """
    small, large = (left, right) if line.relation == "≤" else (right, left)
    for squares in (_squares, squares_of):
        with suppress(StepError, Unfit, NoSquares):
            theorem = by_squares(large - small, large - small, [], squares(large - small + large - small))
            return Decision(Verdict.PROVED, "the difference is a sum of squares", "all values",
                            procedures=tuple(sorted(theorem.procedures)))
    sides = small, large
    names = {n for side in sides for n in walk(side) if isinstance(n, Read)}
    curved = any(isinstance(n, Apply) and n.function in CURVED for side in sides for n in walk(side))
    slope = has_prime(line.left) or has_prime(line.right) or any(map(_is_slope, sides))
    if len(names) != 1 or not curved or CONDITIONAL.search(_sentence(line, text)) or not (
            slope or all(names.intersection(walk(side)) for side in sides)):
        return None
    return _above(small, large, explained)


def _sentence(line: Line, text: str) -> str:
    """The words of a sentence around a line."""
    begin = max((m.end() for m in SENTENCE_ENDS.finditer(text, 0, line.start)), default=0)
    behind = SENTENCE_ENDS.search(text, line.end)
    return f"{text[begin:line.start]} {text[line.end:behind.start() if behind else None]}"


def _is_slope(side: Expression) -> bool:
    """Whether a side is σ(z) (1 − σ(z)) or 1 − tanh² z: a bound of such a slope is said of every number."""
    parts = list(walk(side))
    functions = {n for n in parts if isinstance(n, Apply) and n.function in ("sigmoid", "tanh")}
    squares = sum(isinstance(n, Power) and n.exponent == 2 and n.base in functions for n in parts)
    return sum(n in functions for n in parts) + squares > 1


def _refuted(bound: Bounded, explained: Collection[str]) -> Decision | None:
    return _above(bound.expression, bound.bound, explained, absolute=True)


def _above(small: Expression, large: Expression, explained: Collection[str], *,
           absolute: bool = False) -> Decision | None:
    """A number at which a side, or its absolute value, is larger than its bound; None where none is found."""
    sides = small, large
    names = {key(n): n for side in sides for n in walk(side) if isinstance(n, Read)}
    if len(names) > 1 or any(n.indices or n.tensor.name in explained for n in names.values()):
        return None
    for number in PLACES:
        values = dict.fromkeys(names, flint.fmpq(number))
        if not all(is_numeric(side, values) for side in sides):
            return None
        try:
            left, right = (exact(side, values) for side in sides)
        except (SymcnnError, ZeroDivisionError):
            continue
        left = abs(left) if absolute else left
        if bool(left > right):
            entries = dict.fromkeys(names, number)
            return Decision(Verdict.REFUTED, counterexample=Counterexample({}, {}, entries, show(left), show(right)))
    return None


def _squares(node: Expression) -> Squares:
    """A formula as a sum of squares with weights; Unfit where none is found."""
    scalars = {n for n in walk(node) if isinstance(n, Read)}
    if len(scalars) != 1 or free_indices(node):
        raise Unfit("not of one number")
    (z,) = scalars
    top, bottom = _quotient(node, z)
    common = top.gcd(bottom)
    top, bottom = top // common, bottom // common
    shift, bottom = _without_powers(bottom)
    factor, parts = bottom.factor()
    whole, rest = flint.fmpq_poly([1]), flint.fmpq_poly([factor])
    for part, power in parts:
        whole *= part ** (power // 2)
        rest *= part ** (power % 2)
    # rest/(whole²·rest²) = 1/(whole²·rest): the bottom becomes a square.
    top, bottom = top * rest, whole * rest
    if top == 0:
        return []
    factor, parts = top.factor()
    square, rest = flint.fmpq_poly([1]), flint.fmpq_poly([factor])
    for part, power in parts:
        square *= part ** (power // 2)
        rest *= part ** (power % 2)
    if any(c < 0 for c in rest.coeffs()):
        raise Unfit("no sum of squares was found")
    return [(Fraction(int(c.p), int(c.q)), _polynomial(square, z) * Power(_polynomial(bottom, z), -1)
             * _exponential(Fraction(n - shift, 2), z)) for n, c in enumerate(rest.coeffs()) if c]


def _without_powers(p: flint.fmpq_poly) -> tuple[int, flint.fmpq_poly]:
    """E^n·q as n and q."""
    n = next(n for n, c in enumerate(p.coeffs()) if c)
    return n, flint.fmpq_poly(p.coeffs()[n:])


def _exponential(times: Fraction, z: Read) -> Expression:
    return expression(1) if not times else Apply("exp", expression(times) * z)


def _polynomial(p: flint.fmpq_poly, z: Read) -> Expression:
    terms = [expression(Fraction(int(c.p), int(c.q))) * _exponential(Fraction(n), z)
             for n, c in enumerate(p.coeffs()) if c]
    return Add(tuple(terms)) if len(terms) > 1 else terms[0]


def _quotient(node: Expression, z: Read) -> Quotient:
    """A formula as a quotient of polynomials in E = e^z."""
    one, e = flint.fmpq_poly([1]), flint.fmpq_poly([0, 1])
    match node:
        case Value(p) if p.is_constant:
            number = Fraction(p.constant)
            return flint.fmpq_poly([flint.fmpq(number.numerator, number.denominator)]), one
        case Add(terms):
            top, bottom = flint.fmpq_poly([0]), one
            for term in terms:
                more, below = _quotient(term, z)
                top, bottom = top * below + more * bottom, bottom * below
                common = top.gcd(bottom)
                top, bottom = top // common, bottom // common
        case Multiply(factors):
            top, bottom = one, one
            for factor in factors:
                more, below = _quotient(factor, z)
                top, bottom = top * more, bottom * below
        case Power(base, exponent) if exponent.denominator == 1 and abs(exponent) <= LARGEST:
            top, bottom = _quotient(base, z)
            if exponent < 0:
                top, bottom = bottom, top
            top, bottom = top ** abs(int(exponent)), bottom ** abs(int(exponent))
        case Apply(function, argument):
            times = _multiple(argument, z)
            power = e ** abs(times)
            top, bottom = {"exp": (power, one), "sigmoid": (power, one + power),
                           "tanh": (power ** 2 - 1, power ** 2 + 1)}.get(function, (one, flint.fmpq_poly([0])))
            if times < 0:
                top, bottom = {"exp": (one, power), "sigmoid": (one, one + power)}.get(function, (-top, bottom))
        case _:
            raise Unfit("not made of exponentials")
    if bottom == 0 or max(top.degree(), bottom.degree()) > LARGEST:
        raise Unfit("not made of exponentials")
    return top, bottom


def _multiple(node: Expression, z: Read) -> int:
    """The whole number n of n·z."""
    if node == z:
        return 1
    if isinstance(node, Multiply) and len(node.factors) == 2 and node.factors[1] == z:
        number = node.factors[0]
        if isinstance(number, Value) and number.value.is_constant and Fraction(number.value.constant).denominator == 1:
            times = int(number.value.constant)
            if abs(times) <= LARGEST:
                return times
    raise Unfit("an exponential of something else")
