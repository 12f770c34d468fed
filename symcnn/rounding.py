"""Printed decimals against exact values: a printed decimal carries the precision with which it was printed.

    >>> str(compare(Fraction(2, 3), "0.67"))
    'rounded: 0.67 is the exact value rounded to 2 decimals'
    >>> str(compare(Fraction(2, 3), "0.66"))
    'truncated: 0.66 is the exact value cut off after 2 decimals'

Every answer is decided exactly: fractions by arithmetic, other numbers by enclosures that are made finer
until they lie on one side. An exact value is a fraction, a function from a number of bits to an enclosure
(`arb` of python-flint), or one enclosure, which cannot be made finer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any, TypeAlias

import flint

from symcnn.errors import UsageError

Exact: TypeAlias = "int | Fraction | flint.fmpq | flint.arb | Callable[[int], Any]"
FEWEST_BITS, MOST_BITS = 64, 4096
MOST_STAGES = 6
"""How many decimals more than printed a value may have been rounded to before."""
MOST_DIGITS, MOST_PLACES = 1000, 10_000
HALF, NUDGE = Fraction(1, 2), Fraction(1, 20)


class Agreement(Enum):
    """How a printed decimal relates to an exact value."""

    EXACT = "exact"
    ROUNDED = "rounded"
    TRUNCATED = "truncated"
    REROUNDED = "rounded from a rounded stage"
    WRONG = "wrong"
    UNDECIDED = "undecided"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Comparison:
    """The verdict, and a sentence that says why."""

    verdict: Agreement
    detail: str

    def __str__(self) -> str:
        return f"{self.verdict}: {self.detail}"


@dataclass(frozen=True)
class Decimal:
    """digits / 10^places; the last digit is a place of its own, also when it is 0."""

    digits: int
    places: int

    @property
    def value(self) -> Fraction:
        return self.digits * self.unit

    @property
    def unit(self) -> Fraction:
        """What 1 in the last printed digit is worth."""
        return Fraction(10) ** -self.places

    def __str__(self) -> str:
        if self.places < 0:
            return f"{self.digits}·10^{-self.places}" if self.digits else "0"
        sign, text = "-" if self.digits < 0 else "", str(abs(self.digits)).rjust(self.places + 1, "0")
        return f"{sign}{text[:-self.places]}.{text[-self.places:]}" if self.places else sign + text


def decimal(text: str, exponent: int = 0) -> Decimal:
    """A decimal as it is printed, times 10^exponent: `decimal("5.133", 6)` has the unit 10³.

    UsageError for anything but digits with at most one point and a sign.
    """
    found = re.fullmatch(r"\s*([-+−]?)\s*(\d*)\.?(\d*)\s*", text, re.ASCII)
    if found is None or not found[2] + found[3] or len(found[2] + found[3]) > MOST_DIGITS:
        raise UsageError(f"{text[:40]!r} is no decimal; allowed: a sign, up to {MOST_DIGITS} digits and one point")
    if abs(exponent) > MOST_PLACES:
        raise UsageError(f"the exponent is {exponent}; allowed: at most {MOST_PLACES} in size")
    digits = int(found[2] + found[3])
    return Decimal(-digits if found[1] in ("-", "−") else digits, len(found[3]) - exponent)


def compare(exact: Exact, printed: Decimal | str, stages: Sequence[tuple[str, Exact]] = ()) -> Comparison:
    """How a printed decimal relates to an exact value, at the printed precision.

    Half is rounded up (away from 0) or to the even digit; both count as rounded. `stages` are names and
    values of what comes out when an earlier stage of the computation was rounded already; besides, the value
    itself may have been rounded to a few more decimals first. WRONG says by how much.
    """
    printed = decimal(printed) if isinstance(printed, str) else printed
    scaled = _scaled(exact, printed.places)
    try:
        return _compared(scaled, printed, stages)
    except _NotFineEnough:
        return Comparison(Agreement.UNDECIDED, f"the exact value is not known well enough to judge {printed}")


def rounded(exact: Exact, places: int) -> tuple[Decimal, bool]:
    """The value rounded to so many decimals, half away from 0, and whether it lies exactly halfway.

    UsageError if the value is not known well enough.
    """
    try:
        choices = _roundings(_scaled(exact, places))
    except _NotFineEnough:
        raise UsageError(f"the value is not known well enough to round it to {places} decimals") from None
    return Decimal(max(choices, key=abs), places), any(choices.values())


def _compared(scaled: Exact, printed: Decimal, stages: Sequence[tuple[str, Exact]]) -> Comparison:
    n, places = printed.digits, _decimals(printed.places)
    try:
        if _sign(scaled, Fraction(n)) == 0:
            return Comparison(Agreement.EXACT, f"{printed} is the exact value")
    except _NotFineEnough:
        if _sign(scaled, n - HALF) > 0 > _sign(scaled, n + HALF):
            return Comparison(Agreement.ROUNDED, f"{printed} agrees with the exact value as far as that is known")
    nearest = _roundings(scaled)
    if n in nearest:
        tie = f"; the exact value lies halfway, {nearest[n]}" if nearest[n] else ""
        return Comparison(Agreement.ROUNDED, f"{printed} is the exact value rounded to {places}{tie}")
    below = _floor(scaled)
    cut = below if below >= 0 or _sign(scaled, Fraction(below)) == 0 else below + 1
    if n == cut:
        return Comparison(Agreement.TRUNCATED, f"{printed} is the exact value cut off after {places}")
    # The first rounding moves the value by 1/20 at most, the second by 1/2.
    near = _sign(scaled, n - HALF - NUDGE) >= 0 >= _sign(scaled, n + HALF + NUDGE)
    for more in range(1, MOST_STAGES + 1) if near else ():
        for first in _roundings(_scaled(scaled, more)):
            if n in _roundings(Fraction(first, 10 ** more)):
                before = Decimal(first, printed.places + more)
                return Comparison(Agreement.REROUNDED, f"the exact value rounded to {_decimals(before.places)} is "
                                  f"{before}, and that rounded to {places} is {printed}")
    for name, value in stages:
        found = compare(value, printed)
        if found.verdict in (Agreement.EXACT, Agreement.ROUNDED):
            return Comparison(Agreement.REROUNDED, f"{found.detail} that follows from {name}")
    right = min(nearest, key=lambda m: abs(m - n))
    off = abs(right - n)
    return Comparison(Agreement.WRONG, f"the exact value rounded to {places} is {Decimal(right, printed.places)}; "
                      f"{printed} is {off} {'unit' if off == 1 else 'units'} of its last digit away")


def _decimals(places: int) -> str:
    return f"{places} decimal{'' if places == 1 else 's'}" if places >= 0 else f"multiples of 10^{-places}"


class _NotFineEnough(Exception):
    """An enclosure that cannot be made finer does not decide."""


def _scaled(exact: Exact, places: int) -> Exact:
    """exact · 10^places."""
    factor = Fraction(10) ** places
    if isinstance(exact, int | Fraction):
        return exact * factor
    if isinstance(exact, flint.fmpq):
        return _fraction(exact) * factor
    if isinstance(exact, flint.fmpz):
        return int(exact) * factor
    given = exact

    def at(bits: int) -> Any:
        value = given(bits) if callable(given) else given
        if isinstance(value, int | Fraction | flint.fmpq | flint.fmpz):
            return _scaled(value, places)
        return value * flint.fmpq(factor.numerator, factor.denominator)

    return at


def _fraction(value: Any) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _enclosures(value: Exact) -> Any:
    """The value as a fraction, or ever finer enclosures."""
    bits = FEWEST_BITS
    while bits <= MOST_BITS:
        with flint.ctx.workprec(bits):
            found = value(bits) if callable(value) else value
        yield found
        bits *= 2


def _sign(value: Exact, point: Fraction) -> int:
    """The sign of value − point; _NotFineEnough where no enclosure decides."""
    for found in _enclosures(value):
        if isinstance(found, int | Fraction):
            return (found > point) - (found < point)
        exact = flint.fmpq(point.numerator, point.denominator)
        with flint.ctx.workprec(MOST_BITS):
            difference = found - exact
        if not difference.contains(0):
            return 1 if difference > 0 else -1
    raise _NotFineEnough


def _floor(value: Exact) -> int:
    for found in _enclosures(value):
        if isinstance(found, int | Fraction):
            return found.__floor__()
        with flint.ctx.workprec(MOST_BITS):
            whole = found.floor().unique_fmpz()
        if whole is not None:
            return int(whole)
    raise _NotFineEnough


def _roundings(value: Exact) -> dict[int, str]:
    """The nearest whole number; halfway between two, those that a rule for halves gives, with the rule."""
    below = _floor(value)
    side = _sign(value, below + HALF)
    if side:
        return {below + (side > 0): ""}
    even, away = below + below % 2, below + (below >= 0)
    if even == away:
        return {even: "rounded up, which is also the even digit"}
    return {even: "rounded to the even digit", away: "rounded up"}


__all__ = ["Agreement", "Comparison", "Decimal", "Exact", "compare", "decimal", "rounded"]
