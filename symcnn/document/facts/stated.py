"""Whether the range of an axis is said apart from the line that is checked: a sum may not say how far its entries go
and rest on that itself."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from symcnn.document.claims.claims import Reading
from symcnn.notation.expression import Axis, Range
from symcnn.notation.polynomial import Polynomial, polynomial

NUMBERS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
           "seventeen eighteen nineteen twenty").split()
WORD = re.compile(r"\b(" + "|".join(NUMBERS) + r"|single|both|pair|triple)\b|\d+", re.IGNORECASE)
ALSO = {"single": 1, "both": 2, "pair": 2, "triple": 3}
SUM = re.compile(r"\\sum|∑|Σ")

Place = tuple[str, int]


@dataclass(frozen=True)
class Bound:
    """A sum over an index that stands bare in an axis: on which side it is written, and what it goes over."""

    side: int
    variable: str
    axis: Axis


@dataclass
class Bounds:
    """The ranges of all sums of a document by the axes that they go over, and the numbers that its words name."""

    found: dict[Place, list[Bound]] = field(default_factory=dict)
    numbers: Counter[int] = field(default_factory=Counter)

    def note(self, place: Place, side: object, r: Range, axis: Axis) -> None:
        bound = Bound(id(side), r.variable.name, axis)
        if bound not in self.found.setdefault(place, []):
            self.found[place].append(bound)

    def note_alike(self, place: Place, other: Place) -> None:
        """Note of an axis all that is noted of another one, from which its range is taken."""
        self.found[place] = [*self.found.get(place, ()), *self.found.get(other, ())]

    def rest_on(self, axes: Mapping[Place, Axis], sides: Set[int]) -> set[Place]:
        """Those of the axes that are taken from sums on these sides, and that nothing else speaks of."""
        return {place for place, axis in axes.items() if self._own(place, axis, sides)}

    def _own(self, place: Place, known: Axis, sides: Set[int]) -> bool:
        if not any(b.side in sides for b in self.found.get(place, ())):
            return False
        elsewhere = {b.axis for there, bounds in self.found.items() for b in bounds if b.side not in sides
                     and (there == place or b.axis.symbols)}  # that others have two entries, too, says nothing
        return known not in elsewhere and not self._is_usual(known)

    def _is_usual(self, axis: Axis) -> bool:
        """From 1 to a size or from 0 to the one before it, the outputs of a window, from −p to p, or as many entries as
        the words say.

        Of numbers, the words must name as many as there are indices that go over so many entries; one entry alone is
        no usual axis.
        """
        if axis.base is None or axis.upper is None:
            return True
        if axis.upper == -axis.base and axis.base != polynomial(0):
            return True
        if axis.base not in (polynomial(0), polynomial(1)):
            return False
        extent = axis.upper - axis.base + 1
        if not extent.is_constant:
            return is_usual(axis)
        count = int(extent.constant)
        variables = {b.variable for bounds in self.found.values() for b in bounds
                     if b.axis.upper is not None and b.axis.base is not None
                     and b.axis.upper - b.axis.base + 1 == extent}
        return count > 1 and self.numbers[count] >= len(variables)


def is_usual(axis: Axis) -> bool:
    """From 1 to a size or from 0 to the one before it, or the outputs of a window: how far names go that have sizes."""
    if axis.base not in (polynomial(0), polynomial(1)) or axis.upper is None:
        return False
    extent = axis.upper - axis.base + 1
    return extent.as_symbol is not None or _is_of_windows(extent)


def _is_of_windows(extent: Polynomial) -> bool:
    """H − (K − 1), H − d (K − 1) or either with 2p more, the number of places of a window."""
    sizes = list(map(polynomial, extent.symbols))
    windows = [k - 1 for k in sizes] + [d * (k - 1) for d, k in itertools.permutations(sizes, 2)]
    return any(extent == a + p - window for a in sizes for p in (polynomial(0), *(2 * c for c in sizes))
               for window in windows)


def numbers_of(readings: Iterable[Reading]) -> Counter[int]:
    """How often each number is named: in words, in digits, and in formulas without sums."""
    counted: Counter[int] = Counter()
    for reading in readings:
        text = list(reading.text)
        for span, _ in reading.spans:
            if SUM.search(reading.text[span.start:span.end]):
                text[span.start:span.end] = " " * (span.end - span.start)
        for found in WORD.finditer("".join(text)):
            word = found[0].lower()
            number = ALSO.get(word, NUMBERS.index(word) if word in NUMBERS else None)
            counted[int(word) if number is None else number] += 1
    return counted
