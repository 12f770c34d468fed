"""Conjunctions of polynomial conditions: tightening, and dropping what the rest implies.

A guard is a set of equations p = 0 and inequalities p ≥ 0 over integers. Everything here is
equivalence preserving, so that equal sets of points tend to get equal guards; what it misses is left
to the solvers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd

from symcnn.notation.polynomial import (
    ONE, Monomial, Number, Polynomial, Symbol, nonnegative, polynomial, without_size_factor,
)

DEPTH = 4


class Empty(Exception):
    """The conjunction has no points."""


def tighten(p: Polynomial) -> Polynomial:
    """p ≥ 0 with integer coefficients without common factor, the constant rounded down."""
    p = without_size_factor(p.primitive())
    factors = [int(c) for m, c in p.terms.items() if m != ONE]
    common = gcd(*factors) if factors else 1
    if common <= 1:
        return p
    return Polynomial({m: (c // common if m == ONE else Fraction(c) / common) for m, c in p.terms.items()}
                      ).primitive()


def normal_equation(p: Polynomial) -> Polynomial:
    """p = 0 in primitive form with a positive leading coefficient; Empty if no integers solve it."""
    p = without_size_factor(p.primitive())
    if not p.terms:
        return p
    factors = [int(c) for m, c in p.terms.items() if m != ONE]
    if not factors or int(p.constant) % gcd(*factors):
        raise Empty
    return p if p.leading_coefficient > 0 else -p


def solve_for(equation: Polynomial, symbol: Symbol) -> Polynomial:
    """The value of a symbol with unit coefficient: equation = 0 ⟺ symbol = value."""
    sign = equation.unit_coefficient(symbol)
    rest = Polynomial({m: c for m, c in equation.terms.items() if m != ((symbol, 1),)})
    return -rest if sign > 0 else rest


def implied(p: Polynomial, others: Sequence[Polynomial], depth: int = DEPTH) -> bool:
    """True only if p ≥ 0 follows from the others (each ≥ 0) and the lower bounds of the sizes.

    Searches p = Σ multiplier·other + nonnegative, eliminating one index after another; each multiplier
    is a nonnegative polynomial in sizes. Sufficient, not necessary.
    """
    if nonnegative(p):
        return True
    if depth == 0:
        return False
    indices = sorted(s for s in p.symbols if not s.is_size)
    if not indices:
        return any(nonnegative(p - q) for q in others)
    index = indices[0]
    wanted = p.linear_coefficient(index)
    if wanted is None:
        return False
    for q in others:
        have = q.linear_coefficient(index)
        if not have:
            continue
        if have == wanted:
            rest = p - q
        elif have.is_constant and have.constant in (1, -1) and nonnegative(wanted * have):
            rest = p - wanted * have * q
        else:
            continue
        if implied(rest, others, depth - 1):
            return True
    return False


def somewhere(inequalities: Sequence[Polynomial], variables: Iterable[Symbol]) -> tuple[Polynomial, ...] | None:
    """Conditions under which integers for the variables fulfil all inequalities; None where these are not found.

    One variable after the other lies between bounds; between integers there is one where each lower bound is at most
    each upper one, for all on one of the two sides have a unit coefficient.
    """
    rest = list(inequalities)
    for v in variables:
        slopes = [p.linear_coefficient(v) for p in rest]
        if any(c is None or not c.is_constant for c in slopes):
            return None
        numbers = [int(c.constant) for c in slopes if c is not None]
        low = [(p - polynomial(v) * c, c) for p, c in zip(rest, numbers, strict=True) if c > 0]
        high = [(p - polynomial(v) * c, -c) for p, c in zip(rest, numbers, strict=True) if c < 0]
        if any(c != 1 for _, c in low) and any(c != 1 for _, c in high):
            return None
        rest = [p for p, c in zip(rest, numbers, strict=True) if c == 0]
        rest += [p * b + q * a for p, a in low for q, b in high]
    return tuple(rest)


def simplify_inequalities(inequalities: Iterable[Polynomial], *, thorough: bool = False,
                          ) -> frozenset[Polynomial]:
    """The inequalities without those that follow; Empty if one is plainly false.

    Quick: drops what the lower bounds of the sizes imply and what one other guard dominates.
    Thorough: drops what combinations of the others imply, longest first, and looks for contradictions.
    """
    kept: list[Polynomial] = []
    by_shape: dict[frozenset[tuple[Monomial, Number]], Polynomial] = {}
    for p in map(tighten, dict.fromkeys(inequalities)):
        if not any(not s.is_size for s in p.symbols):
            if nonnegative(p):
                continue
            if nonnegative(-p - 1):
                raise Empty
        # Guards with the same index part differ by a polynomial in sizes: keep the stronger.
        shape = frozenset((m, c) for m, c in p.terms.items() if any(s.lower is None for s, _ in m))
        known = by_shape.get(shape)
        if known is not None:
            if known == p or nonnegative(p - known):
                continue
            if nonnegative(known - p):
                kept.remove(known)
        by_shape[shape] = p
        kept.append(p)
    if thorough and len(kept) > 1:
        for p in sorted(kept, key=lambda p: (-len(p.terms), p.sort_key())):
            others = [q for q in kept if q is not p]
            if implied(p, others):
                kept = others
        for p in kept:
            if implied(-p - 1, [q for q in kept if q is not p], 2):
                raise Empty
    return frozenset(kept)
