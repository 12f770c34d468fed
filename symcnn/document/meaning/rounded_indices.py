"""Entries at rounded indices: x[⌊i/2⌋] as Σ_n [2n ≤ i ≤ 2n + 1] x[n], for one n meets the condition."""

from __future__ import annotations

from dataclasses import dataclass, field

from symcnn.notation.expression import Bracket, Expression, Multiply, Range, Sum
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial

NAMED = "whole_part_"


def condition(number: Symbol, top: Polynomial, bottom: Polynomial, way: str) -> Bracket:
    """[n = ⌊top/bottom⌋], or ⌈top/bottom⌉ for `up`, for a positive bottom."""
    below = bottom * number - (bottom - 1 if way == "up" else 0)
    return Bracket((), (top - below, below + bottom - 1 - top))


@dataclass
class RoundedIndices:
    """The numbers that stand for the rounded indices of one entry, each with its condition."""

    found: dict[Symbol, Bracket] = field(default_factory=dict)

    def add(self, top: Polynomial, bottom: Polynomial, way: str) -> Polynomial:
        """The number that ⌊top/bottom⌋ or ⌈top/bottom⌉ is; the same for the same fraction."""
        letters = "".join(c if c.isalnum() else "_" for c in f"{top}_{bottom}_{way}")
        number = Symbol(NAMED + letters)
        self.found[number] = condition(number, top, bottom, way)
        return polynomial(number)

    def around(self, value: Expression) -> Expression:
        """What holds for each of these numbers, at the ones that meet the conditions."""
        if not self.found:
            return value
        return Sum(tuple(map(Range, self.found)), Multiply((*self.found.values(), value)))


def entry_inside(value: Expression) -> tuple[Expression, RoundedIndices]:
    """The entry at rounded indices that an expression is, with these; the expression itself if it is none."""
    if not (isinstance(value, Sum) and isinstance(value.body, Multiply)
            and all(r.variable.name.startswith(NAMED) for r in value.ranges)):
        return value, RoundedIndices()
    *conditions, entry = value.body.factors
    brackets = (c for c in conditions if isinstance(c, Bracket))
    return entry, RoundedIndices(dict(zip((r.variable for r in value.ranges), brackets, strict=True)))
