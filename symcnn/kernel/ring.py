"""Polynomial and rational identities between scalars, by exact arithmetic of fractions (python-flint).

tanh and σ are written by exponentials, and exp(a + b) = exp(a)·exp(b), so that identities between rational
functions of several exponentials are identities of fractions too. Other functions and entries of tensors
are unknowns.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import comb, lcm
from typing import Any

import flint

from symcnn.errors import StepError
from symcnn.kernel.cells import function_atom
from symcnn.kernel.signs import NonZero, factors_in_doubt
from symcnn.kernel.derivative import derivative
from symcnn.kernel.terms import Expander
from symcnn.notation.expression import (
    Add, Apply, Binder, Bracket, children, Definition, Derivative, expression, Expression, Multiply, Power, Read,
    free_indices, rebuild, Sum, Tensor, Value, walk,
)
from symcnn.notation.polynomial import Monomial, Polynomial, Symbol, polynomial

LARGEST_EXPONENT, MOST_NODES, MOST_TERMS = 200, 5000, 200_000


def rational_identity(difference: Expression, definitions: Mapping[Tensor, Definition]) -> list[NonZero] | None:
    """What must not be zero for the difference to vanish identically; None if it is not shown to vanish.

    Sums over indices, brackets and derivatives are unknowns, the same where their normal forms agree.
    """
    expander, opaque = Expander(definitions), dict[Expression, Expression]()
    try:
        plain = _unfolded(difference, expander, opaque)
        if sum(1 for _ in walk(plain)) > MOST_NODES:
            return None
        field = _Field()
        simple = field.without_functions(plain)
        unknowns = {n for n in walk(simple) if isinstance(n, (Read, Apply))} | {
            s for n in walk(simple) if isinstance(n, Value) for s in n.value.symbols}
        if comb(max(_degree(simple)) + len(unknowns), len(unknowns)) > MOST_TERMS:
            return None
        numerator, _ = field.fraction(simple)
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

    def __init__(self) -> None:
        self.nonzero: list[Expression] = []
        self.exponents: dict[Monomial, set[Fraction]] = {}
        self.unknowns: dict[Expression, Symbol] = {}

    def without_functions(self, node: Expression) -> Expression:
        """tanh z = (e²ᶻ − 1)/(e²ᶻ + 1), σ(z) = 1/(1 + e⁻ᶻ), e^(Σ cᵢmᵢ) = Π (e^mᵢ)^cᵢ."""
        simple = self._exponentials_only(node)
        self._collect(simple)
        return self._named(simple)

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
            case Power(base, exponent) if exponent >= 0 or isinstance(base, Value):
                return self._polynomial(base) ** exponent
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
                name = Tensor(f"exp {list(self.exponents).index(monomial)}")
                factors.append(Power(Read(name, ()), int(coefficient * steps)))
            return Multiply(tuple(factors))
        return rebuild(node, tuple(map(self._named, children(node))))

    def fraction(self, node: Expression) -> tuple[Any, Any]:
        """Numerator and denominator as polynomials of flint."""
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

        return visit(node)
