"""Whether an edited side may be right: its value at one random place, against that of the side that stays.

The place, the entries and the values of all definitions are worked out once for a line, not once for an edit.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Any

import flint

from symcnn.counterexample import all_sizes, without_derivatives
from symcnn.errors import SymcnnError, UsageError
from symcnn.kernel.claim import Claim
from symcnn.kernel.signs import NonZero
from symcnn.notation.evaluate import Evaluator, different
from symcnn.notation.expression import Definition, Derivative, Expression, Read, Tensor, free_indices, walk
from symcnn.notation.polynomial import Symbol
from symcnn.notation.traverse import sizes_in, tensors_in

NUMBERS = tuple(sign * Fraction(n) for n in ("1", "2", "1/2", "3", "1/3", "4", "1/4") for sign in (1, -1))
"""The numbers that a missing factor may have."""
LEAST_RATIOS = 2
"""At so many places at least both sides must have a value that is not 0."""

LARGEST_NUMBER = 10_000
NEAR = 1e-9


class Place:
    """One random place of a claim with random entries, and the value of its left side there."""

    def __init__(self, claim: Claim, seed: int = 1) -> None:
        ties: list[NonZero] = []
        claim = without_derivatives(claim, ties)
        chance = self.chance = random.Random(seed)
        self.sizes = {s: (s.lower or 0) + chance.choice((1, 2)) for s in all_sizes(claim)}
        self.env: dict[Symbol, int] = {}
        self.usable = not ties
        for symbol, axis in claim.indices:
            inside = axis.indices(self.sizes) if axis is not None and None not in (axis.base, axis.upper) else range(3)
            self.usable &= bool(inside)
            self.env[symbol] = chance.choice(inside) if inside else 0
        values = (1, 2, 3, 5) if seed % 2 == 0 else (-7, -5, -2, -1, 1, 3, 4, 6)  # roots need what is not negative
        drawn: dict[tuple[Tensor, tuple[int, ...]], int] = {}

        def entry(tensor: Tensor, at: tuple[int, ...]) -> int:
            return drawn.setdefault((tensor, at), chance.choice(values))

        formulas = [*(side for d in claim.definitions for side in (d.left, d.body)), claim.left, claim.right]
        self.tensors = {t.name: t for formula in formulas for t in tensors_in(formula)}
        self.definitions = {d.tensor: d for d in claim.definitions}
        self.side, self.evaluator = claim.left, Evaluator(self.sizes, entry, self.definitions)
        try:
            self.left = self.evaluator.exact(claim.left, self.env) if self.usable else None
        except ZeroDivisionError:
            self.usable, self.left = False, None

    @property
    def is_open(self) -> bool:
        """Whether the left side has no formula here: what it is may depend on names that the claim does not have."""
        return isinstance(self.side, Read) and self.side.tensor not in self.definitions

    def windows(self, right: Expression) -> dict[Tensor, Tensor]:
        """The tensors of a side as the claim has them."""
        return {t: known for t in right.tensors
                if (known := self.tensors.get(t.name)) is not None and len(known.axes) == len(t.axes)}

    def take_in(self, sizes: Iterable[Symbol], new: Mapping[Tensor, Definition | None]) -> None:
        """Take in names that the claim does not have: by their formulas or, where there is none, as random entries.

        UsageError for a formula that reads a name otherwise than the claim does.
        """
        bodies = [d.body for d in new.values() if d is not None]
        if any(self.tensors.get(t.name, t) != t for t in (*new, *(t for body in bodies for t in body.tensors))) or any(
                isinstance(n, Derivative) for body in bodies for n in walk(body)):
            raise UsageError("a name is read in two ways")
        self.tensors.update((t.name, t) for t in new)
        self.definitions.update((t, d) for t, d in new.items() if d is not None)
        for size in {s for t in new for s in t.symbols}.union(sizes, *map(sizes_in, bodies)) - self.sizes.keys():
            self.sizes[size] = self.evaluator.sizes[size] = (size.lower or 0) + self.chance.choice((1, 2))

    def differs(self, right: Expression) -> bool | None:
        """Whether a side certainly differs from the left one here; None if this place does not say it."""
        if not self.usable or any(isinstance(n, Derivative) for n in walk(right)) or any(
                self.tensors.get(t.name) != t for t in tensors_in(right)) or not (
                sizes_in(right) <= set(self.sizes)):
            return None
        if not free_indices(right) <= set(self.env):
            return True  # an index that the line leaves open on one side only
        try:
            return bool(different(self.left, self.evaluator.exact(right, self.env)))
        except ZeroDivisionError:
            return None

    def ratio(self, right: Expression) -> Any:
        """The left side by a right one here; None if one of them is 0 or no rational number, or has no value."""
        value = self.value(right)
        exact = isinstance(value, flint.fmpq) and isinstance(self.left, flint.fmpq)
        return self.left / value if exact and value != 0 and self.left != 0 else None

    def value(self, right: Expression) -> Any:
        """A right side here; None if it has no value, or if this place does not say it."""
        if not self.usable or any(isinstance(n, Derivative) for n in walk(right)) or not (
                free_indices(right) <= set(self.env)) or not sizes_in(right) <= set(self.sizes):
            return None
        try:
            return self.evaluator.exact(right, self.env)
        except (SymcnnError, ZeroDivisionError):
            return None


def factors(places: Sequence[Place], right: Expression) -> Iterator[str]:
    """What may be missing before a right side: a small number, times or by a size, that is the ratio at all places."""
    found = [(place, ratio) for place in places if (ratio := place.ratio(right)) is not None]
    if len(found) < LEAST_RATIOS:
        return
    sizes = sorted({s for place, _ in found for s in place.sizes if len(s.name) == 1})
    for number in NUMBERS:
        by = flint.fmpq(number.numerator, number.denominator)
        if number != 1 and all(ratio == by for _, ratio in found):
            yield _shown(number, "", "")
        for size in sizes:
            if all(ratio * place.sizes[size] == by for place, ratio in found):
                yield _shown(number, "", size.name)
            if all(ratio == by * place.sizes[size] for place, ratio in found):
                yield _shown(number, size.name, "")


def fitting_numbers(places: Sequence[Place], with_one: Expression, with_two: Expression) -> Iterator[tuple[int, bool]]:
    """The numbers n with which a right side may be the left one, from that side with 1 and with 2 in its place.

    The side is a + b n or a + b/n, with n the same at all places; with each goes whether it is the latter. The values
    are taken as floats: that a line holds with n is for a proof to say.
    """
    sides = [(place.left, place.value(with_one), place.value(with_two)) for place in places]
    values = [tuple(map(float, values)) for values in sides if not any(value is None for value in values)]
    if len(values) < LEAST_RATIOS:
        return
    for below in (True, False):
        with suppress(ZeroDivisionError, OverflowError, ValueError):
            found = [2 * (one - two) / (left + one - 2 * two) if below else 1 + (left - one) / (two - one)
                     for left, one, two in values]
            n = round(found[0])
            if 1 <= n <= LARGEST_NUMBER and all(abs(number - n) < NEAR * n for number in found):
                yield n, below


def _shown(number: Fraction, above: str, below: str) -> str:
    """number · above / below."""
    top, bottom = (f"{n} {name}" if n != 1 and name else name or str(n)
                   for n, name in ((abs(number.numerator), above), (number.denominator, below)))
    return "-" * (number < 0) + (top if bottom == "1" else rf"\frac{{{top}}}{{{bottom}}}")
