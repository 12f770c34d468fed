"""Formulas in LaTeX, as a person writes them; amsmath is the only package they need.

Every formula that is printed has one reading: a product after a sum sign belongs to the sum, a sum of
terms under it stands in parentheses, X[a, b] is a read and [a = b] is 1 where a = b and 0 elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from symcnn.errors import UsageError
from symcnn.kernel.theorem import AtLeastZero, Bounded, Hypothesis, Independent, Limit, NonNegative, NonZero
from symcnn.latex.conditions import (
    NEXT, Signed, at_least_zero, conditions, polynomial_terms, polynomial_text, powered, signed_sum,
    symbol_order,
)
from symcnn.latex.layout import WIDEST, chain, text
from symcnn.latex.names import juxtaposed, name
from symcnn.notation.expression import (
    Add, Apply, Axis, Binder, Bracket, Definition, Derivative, Equation, Expectation, Expression, Maximum, Multiply,
    Power, Range, Read, Sum, Value, expression, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial

Printable = Expression | Polynomial | Symbol | Equation | Definition | Limit | Hypothesis
CALLS = {"tanh": r"\tanh", "log": r"\ln", "sin": r"\sin", "cos": r"\cos",
         "sign": r"\operatorname{sgn}", "relu": r"\operatorname{relu}"}
INDICATORS = {"is_zero": "=", "step": ">"}


def latex(node: Printable, axes: Mapping[Axis, str] | None = None) -> str:
    """A formula, a polynomial, a name or a statement in LaTeX.

    `axes` names the extents of axes (in LaTeX) for the bounds of sums. TypeError for anything else.
    """
    names = axes or {}
    match node:
        case Symbol():
            return name(node.name)
        case Polynomial():
            return polynomial_text(node)
        case Expression():
            return _writer(names, node).whole(node)
        case Equation(left, right):
            return f"{latex(left, names)} = {latex(right, names)}"
        case Definition(_, _, body):
            return f"{latex(node.left, names)} = {latex(body, names)}"
        case Limit(inner, variable, value):
            writer = _writer(names, inner)
            return (rf"\lim_{{{name(variable.name)} \to \infty}} {writer.under_operator(inner)}"
                    f" = {latex(value, names)}")
        case Bounded(inner, bound):
            return rf"\left| {latex(inner, names)} \right| \le {latex(bound, names)}"
        case NonZero(Apply("is_zero", inner)):
            return f"{latex(inner, names)} = 0{wherever(node)}"
        case NonZero(inner):
            return rf"{latex(inner, names)} \ne 0{wherever(node)}"
        case NonNegative(inner):
            return rf"{latex(inner, names)} \ge 0"
        case AtLeastZero(p):
            return at_least_zero(p)
        case Independent(groups):
            listed = " and ".join(f"${', '.join(name(t.name) for t in group)}$" for group in groups)
            return rf"\text{{{listed} are independent}}"
    raise TypeError(f"a {type(node).__name__} is not printed as a formula")


def wherever(h: NonZero) -> str:
    """Where the expression of a hypothesis must not be 0, as words behind it; nothing if that is everywhere."""
    return rf" \quad \text{{wherever }} {conditions((), h.conditions)}" if h.conditions else ""


def aligned(rows: Sequence[Expression], axes: Mapping[Axis, str] | None = None,
            widest: float = WIDEST) -> str:
    """The body of an align* environment for left = right1 = right2 = …; wide rows are broken.

    UsageError for fewer than two sides.
    """
    if len(rows) < 2:
        raise UsageError("an aligned chain has a left side and at least one right side")
    return chain([latex(row, axes) for row in rows], widest=widest)


def _writer(axes: Mapping[Axis, str], node: Expression) -> _Writer:
    tensors = {n.tensor.name for n in walk(node) if isinstance(n, Read)}
    symbols = {s.name for n in walk(node) if isinstance(n, Value) for s in n.value.symbols}
    return _Writer(axes, frozenset(map(name, tensors | symbols)))


@dataclass
class _Product:
    """The parts of number · pieces / below · operators; the first `cut` pieces may stand above the line.

    `operators` are the sums and derivatives, which reach over everything behind them.
    """

    number: int = 1
    pieces: list[Expression] = field(default_factory=list)
    operators: list[Expression] = field(default_factory=list)
    below_number: int = 1
    below: list[Expression] = field(default_factory=list)
    cut: int = 0
    has_number: bool = False


@dataclass(frozen=True)
class _Writer:
    """Prints formulas; `taken` are the names in them, from which e and σ must stay apart."""

    axes: Mapping[Axis, str]
    taken: frozenset[str]

    def whole(self, node: Expression) -> str:
        return signed_sum(self.terms(node))

    def terms(self, node: Expression) -> list[Signed]:
        """The summands of a formula; E[Y²] − E[Y]² is written Var[Y]."""
        match node:
            case Add((Expectation(Power(y, 2), over), Multiply((minus, Power(Expectation() as mean, 2))))) if (
                    minus == expression(-1) and mean == Expectation(y, over)):
                return [Signed(False, rf"\operatorname{{Var}}\left[ {self.whole(y)} \right]")]
            case Add(parts):
                return [t for p in parts for t in self.terms(p)]
            case Value(p):
                return polynomial_terms(p) or [Signed(False, "0")]
            case Multiply() | Power():
                return [self.product(node)]
        return [Signed(False, self.closed(node))]

    def factor(self, node: Expression) -> str:
        """The node as one factor of several."""
        match node:
            case Value(p) if len(p.terms) == 1 and next(iter(p.terms.values())) > 0:
                return self.whole(node)
            case Add() | Value():
                return self.parentheses(node)
            case Binder() | Derivative() if _is_operator(node):
                return self.parentheses(node)
        return self.closed(node)

    def parentheses(self, node: Expression) -> str:
        return rf"\left( {self.whole(node)} \right)"

    def under_operator(self, node: Expression) -> str:
        """The node behind a sum or limit sign, which reaches over a product but not over a sum."""
        terms = self.terms(node)
        if len(terms) == 1 and not terms[0].negative:
            return terms[0].text
        return self.parentheses(node)

    def closed(self, node: Expression) -> str:
        """A node that is neither a sum of terms nor a quotient."""
        match node:
            case Read():
                return self.read(node)
            case Bracket((), ()):
                return "1"
            case Bracket(equations, inequalities):
                return rf"\left[ {conditions(equations, inequalities)} \right]"
            case Power(base, exponent):
                return self.power(base, exponent)
            case Apply(function, argument):
                return self.apply(function, argument)
            case Sum(own, Sum(inner, body)) if not {r.variable for r in own} & {r.variable for r in inner}:
                return self.closed(Sum((*own, *inner), body))
            case Sum(ranges, body):
                return f"{self.sum_signs(ranges)} {self.under_operator(body)}"
            case Maximum(ranges, body):
                return f"{self.maximum_sign(ranges)} {self.under_operator(body)}"
            case Derivative(Read(tensor, _) as inner, by) if tensor.gradient_of is None:
                return rf"\frac{{\partial {self.read(inner)}}}{{\partial {self.read(by)}}}"
            case Derivative(inner, by):
                return rf"\frac{{\partial}}{{\partial {self.read(by)}}} {self.parentheses(inner)}"
            case Expectation(body, _):
                return rf"\operatorname{{E}}\left[ {self.whole(body)} \right]"
        raise TypeError(f"unknown node {type(node).__name__}")

    def read(self, read: Read) -> str:
        at = f"[{', '.join(map(polynomial_text, read.indices))}]" if read.indices else ""
        if read.tensor.gradient_of is not None:
            loss, of = read.tensor.gradient_of
            return rf"\frac{{\partial {name(loss)}}}{{\partial {name(of)}{at}}}"
        return name(read.tensor.name) + at

    def power(self, base: Expression, exponent: int) -> str:
        match base:
            case Read(tensor, indices) if tensor.gradient_of is None:
                return f"{self.read(base)}^{{{exponent}}}" if indices else powered(self.read(base), exponent)
            case Value(p) if p.as_symbol is not None:
                return powered(self.whole(base), exponent)
            case Value(p) if p.is_constant and isinstance(p.constant, int) and p.constant >= 0:
                return f"{p.constant}^{{{exponent}}}"
            # ln(x)² is read as ln(x²) by some, so the logarithm gets parentheses of its own.
            case Apply("tanh" | "sigmoid" | "sign" | "relu"):
                return f"{self.closed(base)}^{{{exponent}}}"
        return rf"{self.parentheses(base)}^{{{exponent}}}"

    def apply(self, function: str, argument: Expression) -> str:
        inner = self.whole(argument)
        if function in INDICATORS:
            condition = f"{inner} {INDICATORS[function]} 0"
            return rf"\left[ {condition} \right]" if _is_high(inner) else rf"[\,{condition}\,]"
        if function == "sqrt":
            return rf"\sqrt{{{inner}}}"
        if function == "exp":
            if "e" in self.taken or _is_high(inner):
                return rf"\exp\left( {inner} \right)"
            return f"e^{{{inner}}}"
        if function == "sigmoid":
            call = r"\operatorname{sigmoid}" if r"\sigma" in self.taken else r"\sigma"
        else:
            call = CALLS[function]
        return rf"{call}\left( {inner} \right)"

    def sum_signs(self, ranges: Iterable[Range]) -> str:
        """A sign for each range; neighbours without bounds share one."""
        signs: list[str] = []
        for bounds, group in groupby(ranges, self.bounds):
            loose = ", ".join(name(r.variable.name) for r in group)
            sign = rf"\sum{bounds}" if bounds else rf"\sum_{{{loose}}}"
            # The bounds of neighbours would touch, because they are wider than the signs.
            signs += [r"\,", sign] if signs and "^" in signs[-1] and "^" in sign else [sign]
        return " ".join(signs)

    def maximum_sign(self, ranges: Iterable[Range]) -> str:
        """max with every range under it: bounds as inequalities, a range without bounds as its variable."""
        under = []
        for r in ranges:
            variable = name(r.variable.name)
            if r.lower is not None and r.upper is not None:
                scaled = "" if r.coefficient == polynomial(1) else f"{_compact(r.coefficient)} "
                variable = rf"{_compact(r.lower)} \le {scaled}{variable} \le {_compact(r.upper)}"
            under.append(variable)
        return r"\max_{" + r",\; ".join(under) + "}"

    def bounds(self, r: Range) -> str:
        """What stands under and over the sign of a range; nothing if it has no bounds."""
        index = polynomial(r.variable)
        variable = name(r.variable.name)
        if r.lower is not None and r.upper is not None:
            sizes_only = all(s.is_size for s in r.lower.symbols | r.upper.symbols)
            extent = self.axes.get(Axis(r.lower, r.coefficient, r.upper)) if sizes_only else None
            if extent is not None and r.lower.is_constant and r.lower.constant in (0, 1):
                last = extent if r.lower.constant else f"{extent}-1"
                return rf"_{{{variable}={r.lower.constant}}}^{{{last}}}"
            if r.coefficient == polynomial(1):
                return rf"_{{{variable}={_compact(r.lower)}}}^{{{_compact(r.upper)}}}"
        found = []
        if r.lower is not None:
            found.append(rf"{variable} \ge {polynomial_text(r.lower)}")
        if r.upper is not None:
            found.append(rf"{polynomial_text(r.coefficient * index)} \le {polynomial_text(r.upper)}")
        return f"_{{{NEXT.join(found)}}}" if found else ""

    def product(self, node: Expression) -> Signed:
        """A product or power: the sign, one fraction, the other factors, what reaches over them last."""
        parts = _Product()
        _collect(node, 1, parts)
        first, rest = parts.pieces[:parts.cut], parts.pieces[parts.cut:]
        if not first and not parts.has_number:
            first, rest = rest, []
        below = ([str(parts.below_number)] if parts.below_number != 1 else []) + [
            self.factor(p) for p in parts.below]
        factors: list[str] = []
        if below:
            above = [p for p in first if not _is_tall(p)]
            rest = [p for p in first if _is_tall(p)] + rest
            factors.append(rf"\frac{{{self.line(abs(parts.number), above)}}}{{{self.below(parts, below)}}}")
        else:
            rest = first + rest
            if abs(parts.number) != 1 or not (rest or parts.operators):
                factors.append(str(abs(parts.number)))
        factors += [self.factor(p) for p in rest]
        factors += [self.parentheses(o) for o in parts.operators[:-1]]
        factors += [self.closed(o) for o in parts.operators[-1:]]
        return Signed(parts.number < 0, juxtaposed(factors))

    def line(self, number: int, pieces: Sequence[Expression]) -> str:
        """A number and factors above a fraction bar; a sum alone there needs no parentheses."""
        if number == 1 and len(pieces) == 1:
            return self.whole(pieces[0])
        factors = ([str(number)] if number != 1 or not pieces else []) + [self.factor(p) for p in pieces]
        return juxtaposed(factors)

    def below(self, parts: _Product, factors: Sequence[str]) -> str:
        if len(factors) == 1 and parts.below:
            return self.whole(parts.below[0])
        return juxtaposed(factors)


def _collect(node: Expression, exponent: int, parts: _Product) -> None:
    """Sort the factors of a product into what stands above and below the line."""
    match node:
        case Multiply(factors) if exponent in (1, -1):
            for f in factors:
                _collect(f, exponent, parts)
        case Power(base, inner) if exponent * inner < 0 and abs(exponent) == 1:
            _collect(base, exponent * inner, parts)
        case Power(base, 1):
            _collect(base, exponent, parts)
        case Value(p) if len(p.terms) == 1 and exponent in (1, -1):
            _collect_value(p, exponent, parts)
        case Value(p) if p.is_constant and isinstance(p.constant, int) and p.constant and exponent < 0:
            _below(parts)
            parts.below_number *= abs(p.constant) ** -exponent
            parts.number *= -1 if p.constant < 0 and exponent % 2 else 1
        case Value(p) if not p and exponent > 0:
            parts.number, parts.has_number = 0, True
        case Bracket((), ()):
            pass
        case Binder() | Derivative() if exponent == 1 and _is_operator(node):
            parts.operators.append(node)
        case _ if exponent < 0:
            _below(parts)
            parts.below.append(node if exponent == -1 else Power(node, -exponent))
        case _:
            parts.pieces.append(node)


def _collect_value(p: Polynomial, exponent: int, parts: _Product) -> None:
    """A single term c · s^a · …, its symbols in the order of reading."""
    ((monomial, coefficient),) = p.terms.items()
    above, below = coefficient.numerator, coefficient.denominator
    if exponent < 0:
        above, below = (below, above) if above > 0 else (-below, -above)
    powers = [(s, e * exponent) for s, e in sorted(monomial, key=lambda f: symbol_order(f[0]))]
    parts.number *= above
    parts.has_number |= above != 1 or not monomial
    parts.pieces += [_raised(s, e) for s, e in powers if e > 0]
    if below != 1 or any(e < 0 for _, e in powers):
        _below(parts)
        parts.below_number *= below
        parts.below += [_raised(s, -e) for s, e in powers if e < 0]


def _below(parts: _Product) -> None:
    parts.cut = len(parts.pieces)


def _raised(symbol: Symbol, exponent: int) -> Expression:
    return expression(symbol) if exponent == 1 else Power(expression(symbol), exponent)


def _is_operator(node: Expression) -> bool:
    """Whether the node is printed as a sign in front of what it acts on."""
    match node:
        case Derivative(Read(tensor, _), _):
            return tensor.gradient_of is not None
    return isinstance(node, (Binder, Derivative))


def _is_tall(node: Expression) -> bool:
    """Whether the node is too high to stand above a fraction bar."""
    return any(isinstance(n, (Binder, Derivative, Bracket))
               or isinstance(n, Read) and n.tensor.gradient_of is not None for n in walk(node))


def _is_high(tex: str) -> bool:
    """Whether a printed formula is too high for a superscript or for brackets of a fixed size."""
    return r"\frac" in tex or r"\sum" in tex


def _compact(p: Polynomial) -> str:
    return polynomial_text(p).replace(" - ", "-").replace(" + ", "+")


__all__ = ["aligned", "latex", "text"]
