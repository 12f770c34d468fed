"""Polynomial and rational identities between scalars, by exact arithmetic of fractions (python-flint).

tanh and σ are written by exponentials, and exp(a + b) = exp(a)·exp(b), so that identities between rational
functions of several exponentials are identities of fractions too. Logarithms are taken of the irreducible factors of
their arguments: where log u has a value, u > 0, so log u = Σ k·log |f| over the factors fᵏ of u. Other functions and
entries of tensors are unknowns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import comb, lcm
from typing import Any

import flint

from symcnn.errors import StepError
from symcnn.kernel.cells import Cell, function_atom
from symcnn.kernel.derivative import derivative
from symcnn.kernel.scalars import primes
from symcnn.kernel.signs import NonZero, factors_in_doubt, positive
from symcnn.kernel.terms import Expander
from symcnn.notation.expression import (
    Add, Apply, Binder, Bracket, children, Definition, Derivative, expression, Expression, Multiply, Power, Read,
    free_indices, rebuild, Sum, Tensor, Value, walk,
)
from symcnn.notation.polynomial import Monomial, Polynomial, Symbol, polynomial

LARGEST_EXPONENT, MOST_NODES, MOST_TERMS = 200, 5000, 200_000
MOST_FACTORED = 60


def rational_identity(difference: Expression, definitions: Mapping[Tensor, Definition]) -> list[NonZero] | None:
    """What must not be zero for the difference to vanish identically; None if it is not shown to vanish.

    Sums over indices, brackets and derivatives are unknowns, the same where their normal forms agree.
    """
    expander, opaque = Expander(definitions), dict[Expression, Expression]()
    try:
        plain = _unfolded(difference, expander, opaque)
        if sum(1 for _ in walk(plain)) > MOST_NODES:
            return None
        field = _Field(opaque)
        simple = field.without_functions(plain)
        unknowns = {n for n in walk(simple) if isinstance(n, (Read, Apply))} | {
            s for n in walk(simple) if isinstance(n, Value) for s in n.value.symbols}
        if comb(max(_degree(simple)) + len(unknowns), len(unknowns)) > MOST_TERMS:
            return None
        numerator, _, _ = field.fraction(simple)
    except (StepError, ZeroDivisionError):
        return None
    if numerator != 0:
        return None
    return [*(NonZero(f) for e in field.nonzero for f in factors_in_doubt(_restored(e, opaque))), *expander.nonzero]


def _unfolded(node: Expression, expander: Expander, opaque: dict[Expression, Expression]) -> Expression:
    """Scalar definitions put in place; those with axes stay unknowns, because they vanish outside."""
    match node:
        case Read(tensor, ()) if tensor in expander.definitions:
            return _unfolded(expander.definitions[tensor].body, expander, opaque)
        case Bracket((), ()):
            return expression(1)
        case Derivative(inner, by) if not by.indices:
            ties: list[NonZero] = []
            slope = derivative(inner, by, expander.definitions, ties)
            if not ties:
                return _unfolded(slope, expander, opaque)
        case Sum(ranges, body):
            outside, inside = _apart(body, {r.variable for r in ranges})
            if outside:
                return _unfolded(Multiply((*outside, Sum(ranges, inside))), expander, opaque)
    match node:
        case Binder() | Bracket() | Derivative():
            form = expander.normal_form(node)
            if not form:
                return expression(0)
            (cell, coefficient), *others = form.items()
            if not others and cell == Cell((), frozenset(), frozenset()) and all(
                    s.is_size for s in coefficient.symbols):
                return Value(coefficient)
            unknown = Read(Tensor(function_atom("", form, 0).name), ())
            opaque.setdefault(unknown, node)
            return unknown
    return rebuild(node, tuple(_unfolded(c, expander, opaque) for c in children(node)))


def _apart(body: Expression, bound: set[Symbol]) -> tuple[list[Expression], Expression]:
    """Factors that speak of no summation variable, e^b of e^{a+b} among them, and the rest; nothing is taken out of a
    sum that would have no body left."""
    outside: list[Expression] = []
    inside: list[Expression] = []
    for factor in _factors(body):
        if not free_indices(factor) & bound:
            outside.append(factor)
            continue
        if isinstance(factor, Apply) and factor.function == "exp" and isinstance(factor.argument, Add):
            loose = [t for t in factor.argument.terms if not free_indices(t) & bound]
            rest = tuple(t for t in factor.argument.terms if free_indices(t) & bound)
            outside += [Apply("exp", t) for t in loose]
            factor = Apply("exp", Add(rest) if len(rest) > 1 else rest[0])
        inside.append(factor)
    if not inside and outside != [expression(1)]:
        return outside, expression(1)
    if not inside:
        return [], body
    return outside, Multiply(tuple(inside)) if len(inside) > 1 else inside[0]


def _factors(node: Expression) -> list[Expression]:
    return [f for part in node.factors for f in _factors(part)] if isinstance(node, Multiply) else [node]


def _restored(node: Expression, opaque: Mapping[Expression, Expression]) -> Expression:
    return opaque.get(node) or rebuild(node, tuple(_restored(c, opaque) for c in children(node)))


def _degree(node: Expression) -> tuple[int, int]:
    """Bounds on the degrees of numerator and denominator."""
    match node:
        case Value(p):
            powers = [e for m in p.terms for _, e in m]
            return max((sum(e for _, e in m if e > 0) for m in p.terms), default=0), -sum(min(e, 0) for e in powers)
        case Read() | Apply():
            return 1, 0
        case Power(base, exponent):
            above, below = (abs(exponent) * d for d in _degree(base))
            return (above, below) if exponent > 0 else (below, above)
    degrees = list(map(_degree, children(node)))
    below = sum(b for _, b in degrees)
    if isinstance(node, Multiply):
        return sum(a for a, _ in degrees), below
    return max((a + below - b for a, b in degrees), default=0), below


class _Field:
    """Fractions over the unknowns of one identity."""

    def __init__(self, opaque: Mapping[Expression, Expression]) -> None:
        self.opaque = opaque
        self.nonzero: list[Expression] = []
        self.exponents: dict[Monomial, set[Fraction]] = {}
        self.unknowns: dict[Expression, Symbol] = {}
        self.exponentials: dict[Expression, Expression] = {}
        self.logarithms: dict[Polynomial, Expression] = {}
        self.inside: dict[Expression, tuple[Expression, int]] = {}
        self.signs: list[tuple[set[Expression], bool]] = []

    def without_functions(self, node: Expression) -> Expression:
        """tanh z = (e²ᶻ − 1)/(e²ᶻ + 1), σ(z) = 1/(1 + e⁻ᶻ), e^(Σ cᵢmᵢ) = Π (e^mᵢ)^cᵢ."""
        simple = self._exponentials_only(node)
        if any(isinstance(n, Apply) and n.function == "log" for n in walk(simple)):
            simple = self._without_logarithms(simple)
        self._collect(simple)
        return self._named(simple)

    def _without_logarithms(self, node: Expression) -> Expression:
        """log of the factors of u for log u, and fᵏ for exp(k·log f)."""
        node = rebuild(node, tuple(map(self._without_logarithms, children(node))))
        match node:
            case Apply("log", argument):
                return self._logarithm(argument)
            case Apply("exp", argument):
                return self._power(argument)
        return node

    def _logarithm(self, argument: Expression) -> Expression:
        self._collect(argument)
        named = self._named(argument)
        above, below, leaves = self.fraction(named)
        if above == 0:
            raise StepError("the logarithm of 0")
        if max(len(above), len(below)) > MOST_FACTORED:
            return Apply("log", argument)
        terms: list[Expression] = []
        odd: list[Expression] = []
        constant = Fraction(1)
        for whole, times in ((above, 1), (below, -1)):
            content, factors = whole.factor()
            constant *= Fraction(int(content.p), int(content.q)) ** times
            for factor, exponent in factors:
                polynomial_of = self._as_polynomial(factor, leaves)
                sign = 1 if polynomial_of.sorted_terms()[0][1] > 0 else -1
                polynomial_of, constant = polynomial_of * sign, constant * sign ** exponent
                if (alone := self._alone(polynomial_of)) in self.exponentials:
                    terms.append(times * exponent * self.exponentials[alone])
                    continue
                log = self.logarithms.setdefault(polynomial_of, Read(Tensor(f"log {len(self.logarithms)}"), ()))
                terms.append(times * exponent * log)
                is_positive = self._positive(polynomial_of)
                self.inside.setdefault(log, (self._expression(polynomial_of), int(is_positive)))
                if exponent % 2 and not is_positive:
                    odd.append(log)
        self._note_signs(odd, constant < 0)
        terms += [times * Apply("log", expression(prime)) for prime, times in primes(abs(constant))]
        return Add(tuple(terms)) if len(terms) > 1 else terms[0] if terms else expression(0)

    def _note_signs(self, odd: Sequence[Expression], negative: bool) -> None:
        """Take note that so many of these factors are negative, an odd number or an even one; StepError if they cannot
        be where all logarithms have values."""
        left, negative = set(odd), bool(negative)
        for those, other in self.signs:
            if min(those, key=str) in left:
                left, negative = left ^ those, negative ^ other
        if not left and negative:
            raise StepError("the logarithm of what is not positive")
        if left:
            self.signs.append((left, negative))
        if len(left) == 1:
            (log,) = left
            self.inside[log] = self.inside[log][0], -1 if negative else 1

    def _power(self, argument: Expression) -> Expression:
        """exp(a + k·log f) = exp(a)·fᵏ for whole numbers k, where log f has a value."""
        whole, rest, factors = self._polynomial(argument), polynomial(0), list[Expression]()
        nodes = {symbol: node for node, symbol in self.unknowns.items()}
        for monomial, number in whole.terms.items():
            coefficient = Fraction(number)
            node = nodes.get(monomial[0][0]) if len(monomial) == 1 and monomial[0][1] == 1 else None
            base, sign = self.inside.get(node, (None, 0)) if node is not None else (None, 0)
            if isinstance(node, Apply) and node.function == "log" and isinstance(node.argument, Value):
                base, sign = node.argument, 1
            if base is not None and (sign or coefficient % 2 == 0) and coefficient.denominator == 1 and (
                    abs(coefficient) <= LARGEST_EXPONENT):
                factors.append(Power(base * sign if sign else base, int(coefficient)))
            else:
                rest = rest + Polynomial({monomial: coefficient})
        return Multiply((Apply("exp", self._expression(rest)), *factors)) if factors else Apply("exp", argument)

    def _as_polynomial(self, factor: Any, leaves: Sequence[object]) -> Polynomial:
        """A polynomial of flint in the symbols of the unknowns."""
        symbols = [leaf if isinstance(leaf, Symbol) else self._symbol(leaf) for leaf in leaves]
        return Polynomial({tuple(sorted((s, int(e)) for s, e in zip(symbols, powers, strict=False) if e)):
                           Fraction(int(c.p), int(c.q)) for powers, c in factor.terms()})

    def _symbol(self, node: Any) -> Symbol:
        return self.unknowns.setdefault(node, Symbol(f"{len(self.unknowns)}"))

    def _alone(self, p: Polynomial) -> Expression | None:
        """The unknown that a polynomial is."""
        symbol = p.as_symbol
        return next((node for node, known in self.unknowns.items() if known == symbol), None) if symbol else None

    def _expression(self, p: Polynomial) -> Expression:
        """The polynomial with the unknowns in place of their symbols."""
        nodes = {symbol: node for node, symbol in self.unknowns.items()}
        terms: list[Expression] = []
        for monomial, coefficient in p.terms.items():
            factors: list[Expression] = [expression(coefficient)]
            for symbol, power in monomial:
                node = nodes.get(symbol)
                leaf = Value(polynomial(symbol)) if node is None else Apply("exp", self.exponentials[node]) if (
                    node in self.exponentials) else node
                factors.append(Power(leaf, power) if power != 1 else leaf)
            terms.append(Multiply(tuple(factors)))
        return Add(tuple(terms)) if len(terms) > 1 else terms[0] if terms else expression(0)

    def _positive(self, p: Polynomial) -> bool:
        """Whether a factor is positive by its form, because all that is added up is."""
        nodes = {symbol: node for node, symbol in self.unknowns.items()}
        return all(c > 0 for c in p.terms.values()) and all(
            node in self.exponentials or positive(self.opaque.get(node, node))
            for m in p.terms for symbol, _ in m for node in (nodes.get(symbol, Value(polynomial(symbol))),))

    def _exponentials_only(self, node: Expression) -> Expression:
        parts = tuple(map(self._exponentials_only, children(node)))
        match node:
            case Power(_, exponent) if exponent < 0:
                self.nonzero.append(node.base)
                if -exponent > LARGEST_EXPONENT:
                    raise StepError("exponent too large")
            case Apply("tanh", _):
                double = Apply("exp", 2 * parts[0])
                return (double - 1) / (double + 1)
            case Apply("sigmoid", _):
                return 1 / (1 + Apply("exp", -1 * parts[0]))
        return rebuild(node, parts)

    def _polynomial(self, node: Expression) -> Polynomial:
        """The argument of an exponential as a polynomial in unknowns; StepError if it is none."""
        match node:
            case Value(p):
                return p
            case Add(parts):
                return sum(map(self._polynomial, parts), polynomial(0))
            case Multiply(parts):
                product = polynomial(1)
                for part in parts:
                    product = product * self._polynomial(part)
                return product
            case Power(base, exponent):
                whole = self._polynomial(base)
                if exponent >= 0 or len(whole.terms) == 1:
                    return whole ** exponent
            case Read() | Apply():
                return polynomial(self.unknowns.setdefault(node, Symbol(f"{len(self.unknowns)}")))
        raise StepError("the argument of an exponential is not a polynomial")

    def _collect(self, node: Expression) -> None:
        for part in walk(node):
            if isinstance(part, Apply) and part.function == "exp":
                for monomial, coefficient in self._polynomial(part.argument).terms.items():
                    self.exponents.setdefault(monomial, set()).add(Fraction(coefficient))

    def _named(self, node: Expression) -> Expression:
        """Every exponential as a product of powers of unknowns e^(monomial/denominator)."""
        if isinstance(node, Apply) and node.function == "exp":
            factors: list[Expression] = [expression(1)]
            for monomial, coefficient in self._polynomial(node.argument).terms.items():
                steps = lcm(*(c.denominator for c in self.exponents[monomial]))
                # Told apart by the monomial itself: the unknowns in it have names that look like numbers.
                unknown = Read(Tensor(f"exp {list(self.exponents).index(monomial)}/{steps}"), ())
                self.exponentials[unknown] = self._expression(Polynomial({monomial: Fraction(1, steps)}))
                factors.append(Power(unknown, int(coefficient * steps)))
            return Multiply(tuple(factors))
        return rebuild(node, tuple(map(self._named, children(node))))

    def fraction(self, node: Expression) -> tuple[Any, Any, Sequence[object]]:
        """Numerator and denominator as polynomials of flint, and what these are polynomials in."""
        leaves: dict[object, str] = {}
        for part in walk(node):
            if isinstance(part, Value):
                for symbol in part.value.symbols:
                    leaves.setdefault(symbol, f"x{len(leaves)}")
            elif isinstance(part, (Read, Apply)):
                leaves.setdefault(part, f"x{len(leaves)}")
        context = flint.fmpq_mpoly_ctx.get(tuple(leaves.values()) or ("x0",), "lex")
        generators = dict(zip(leaves, context.gens(), strict=False))
        one = context.constant(1)

        def value(p: Polynomial) -> tuple[Any, Any]:
            numerator, denominator = context.constant(0), one
            for monomial, c in p.terms.items():
                above, below = context.constant(flint.fmpq(c.numerator, c.denominator)), one
                for symbol, power in monomial:
                    if power > 0:
                        above = above * generators[symbol] ** power
                    else:
                        below = below * generators[symbol] ** -power
                numerator, denominator = numerator * below + above * denominator, denominator * below
            return numerator, denominator

        def visit(n: Expression) -> tuple[Any, Any]:
            match n:
                case Value(p):
                    return value(p)
                case Read() | Apply():
                    return generators[n], one
                case Add(parts):
                    numerator, denominator = context.constant(0), one
                    for above, below in map(visit, parts):
                        if below == denominator:
                            numerator = numerator + above
                        else:
                            numerator, denominator = numerator * below + above * denominator, denominator * below
                    return reduced(numerator, denominator)
                case Multiply(parts):
                    numerator, denominator = one, one
                    for above, below in map(visit, parts):
                        numerator, denominator = numerator * above, denominator * below
                    return reduced(numerator, denominator)
                case Power(base, exponent):
                    above, below = visit(base)
                    if exponent < 0:
                        if above == 0:
                            raise ZeroDivisionError("a denominator is zero identically")
                        above, below = below, above
                    return above ** abs(exponent), below ** abs(exponent)
            raise StepError(f"a {type(n).__name__} is no part of a rational identity")

        def reduced(above: Any, below: Any) -> tuple[Any, Any]:
            common = above.gcd(below)
            return (above / common, below / common) if common != 0 and common != 1 else (above, below)

        return *visit(node), list(leaves)
