"""Pooling as pictures: a matrix, an arrow, and what pooling or its way back makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symcnn.document.reading.forms import constant
from symcnn.notation.expression import Expression, expression

Cell = Expression | None
"""An entry; None where nothing or a dot stands."""
Grid = Sequence[Sequence[Cell]]
Same = Callable[[Expression, Expression], bool]
ZERO = expression(0)
SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-Z*$])|\n\s*\n\s*\n|\n#+ ")
KIND = re.compile(r"\b(max|average|mean|avg)(?:imum)?[- ]?pool", re.IGNORECASE)
GLOBAL = re.compile(r"\bglobal|\bpad|\bgradient|\bbackward", re.IGNORECASE)
WINDOW = re.compile(r"\b(\d)\s*(?:×|x|\\times)\s*(\d)\b")
STRIDE = re.compile(r"strides?\s*+(?:of|is|=|\$|\\?\(|s)*\s*+(\d)\b")
NAME = re.compile(r"\$([A-Za-z])\$")


@dataclass(frozen=True)
class Picture:
    """What an arrow between two matrices says, and the entries that do not fit: row, column, the entry that would."""

    says: str
    wrong: tuple[tuple[int, int, Expression], ...] = ()
    right: int = 0


@dataclass(frozen=True)
class Pooling:
    """What words say of a pooling: of what, which, over how large windows, how far apart; 0 for what is not said."""

    names: tuple[str, ...]
    largest: bool
    size: int
    stride: int

    def of(self, large: Sequence[Sequence[Fraction]], shape: tuple[int, int]) -> list[list[Fraction]] | None:
        """What pooling makes of numbers; None if it leads to no such shape, or to it in several ways."""
        found = []
        for size in (self.size,) if self.size else range(2, min(len(large), len(large[0])) + 1):
            for stride in (self.stride,) if self.stride else range(1, size + 1):
                if all(n >= size and (n - size) // stride + 1 == m and (n - size) % stride == 0
                       for n, m in zip((len(large), len(large[0])), shape, strict=True)):
                    found.append((size, stride))
        if len(found) > 1 and not self.stride:
            found = [(size, stride) for size, stride in found if size == stride]
        if len(found) != 1:
            return None
        size, stride = found[0]
        pool: Callable[[Sequence[Fraction]], Fraction] = max if self.largest else _mean
        return [[pool([large[p * stride + i][q * stride + j] for i in range(size) for j in range(size)])
                 for q in range(shape[1])] for p in range(shape[0])]


def pooling(before: str) -> Pooling | None:
    """What the sentence before a matrix says of pooling; None if it says nothing of it."""
    sentence = SENTENCE.split(before[-300:])[-1]
    kinds = {m[1].lower() for m in KIND.finditer(sentence)}
    if len(kinds) != 1 or GLOBAL.search(sentence):
        return None
    sizes = {(m[1], m[2]) for m in WINDOW.finditer(sentence)}
    strides = {m[1] for m in STRIDE.finditer(sentence)}
    if len(sizes) > 1 or len(strides) > 1 or any(a != b for a, b in sizes):
        return None
    return Pooling(tuple(m[1] for m in NAME.finditer(sentence)), kinds == {"max"},
                   int(next(iter(sizes))[0]) if sizes else 0, int(next(iter(strides))) if strides else 0)


def spread(small: Grid, large: Grid, same: Same) -> Picture | None:
    """The way back through pooling: every entry of the small matrix at one place of its window, or shared by all.

    None if the windows do not cover the large matrix, or hold other things.
    """
    windows = list(_windows(small, large))
    if not windows:
        return None
    wrong: list[tuple[int, int, Expression]] = []
    right = 0
    for entry, places in windows:
        filled = [(r, c, e) for r, c, e in places if e is not None and constant(e) != 0]
        if entry is None or len(filled) not in (1, len(places)):
            return None
        share = entry if len(filled) == 1 else entry * expression(Fraction(1, len(places)))
        for r, c, e in filled:
            if same(e, share):
                right += 1
            else:
                wrong.append((r, c, share))
    return Picture("each entry stands in its window, zeros elsewhere", tuple(wrong), right)


def gathered(large: Grid, small: Grid, marked: Sequence[Sequence[bool]], same: Same) -> Picture | None:
    """Pooling: of numbers the largest or the mean of each window, of letters the one that is marked in it."""
    numbers = [[None if e is None else constant(e) for e in row] for row in (*large, *small)]
    if any(n is None for row in numbers for n in row):
        return _selected(large, small, marked, same)
    found = []
    for size, stride in _strides(large, small):
        for says, pool in (("the largest of each window", max), ("the mean of each window", _mean)):
            wrong = []
            for p, row in enumerate(small):
                for q, entry in enumerate(row):
                    assert entry is not None
                    inside = [constant(large[p * stride + i][q * stride + j] or ZERO) or Fraction(0)
                              for i in range(size) for j in range(size)]
                    if pool(inside) != constant(entry):
                        wrong.append((p, q, expression(pool(inside))))
            found.append(Picture(f"{says} of {size}×{size}, stride {stride}", tuple(wrong),
                                 len(small) * len(small[0]) - len(wrong)))
    return min(found, key=lambda p: len(p.wrong)) if found else None


def _selected(large: Grid, small: Grid, marked: Sequence[Sequence[bool]], same: Same) -> Picture | None:
    wrong: list[tuple[int, int, Expression]] = []
    width = len(small[0])
    windows = list(_windows(small, large))
    if not windows:
        return None
    for n, (entry, places) in enumerate(windows):
        chosen = [e for r, c, e in places if marked[r][c] and e is not None]
        if entry is None or len(chosen) != 1:
            return None
        if not same(entry, chosen[0]):
            wrong.append((n // width, n % width, chosen[0]))
    return Picture("the marked entry of each window", tuple(wrong), len(windows) - len(wrong))


def _windows(small: Grid, large: Grid) -> Iterator[tuple[Cell, list[tuple[int, int, Cell]]]]:
    """Every entry of the small matrix with its window in the large one; none if windows do not cover it evenly."""
    high, wide = len(large) // len(small), len(large[0]) // len(small[0])
    if high < 1 or wide < 1 or high * wide < 2 or (high * len(small), wide * len(small[0])) != (
            len(large), len(large[0])):
        return
    for p, row in enumerate(small):
        for q, entry in enumerate(row):
            yield entry, [(r, c, large[r][c]) for r in range(p * high, (p + 1) * high)
                          for c in range(q * wide, (q + 1) * wide)]


def _strides(large: Grid, small: Grid) -> Iterator[tuple[int, int]]:
    """Sizes and strides of square windows that make the small shape of the large one."""
    for size in range(2, min(len(large), len(large[0])) + 1):
        for stride in range(1, size + 1):
            if all((n - size) // stride + 1 == m and (n - size) % stride == 0
                   for n, m in ((len(large), len(small)), (len(large[0]), len(small[0])))):
                yield size, stride


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)
