"""Convolutions as matrices: whether a matrix of weights and zeros written out is the unrolled matrix of one.

A row is an output, a column an input, both channel by channel and row by row; an entry is the weight that joins them.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from symcnn.document.facts.questions import equal
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.notation.expression import (
    UNBOUNDED, Axis, Expression, Multiply, Range, Read, Sum, Tensor, Value, expression,
)
from symcnn.notation.polynomial import Symbol, polynomial

Cell = Expression | None
"""An entry; None where dots stand for it."""
Label = tuple[Tensor, tuple[int, ...]]
"""A kernel: its tensor and the indices before those that run over it."""
NUMBERED = re.compile(r"(.+_)(\d+)")
"""A weight whose number is part of its name: w_1, w_2."""
MOST_BLOCKS, MOST_CELLS, LONGEST = 16, 1600, 64


@dataclass(frozen=True)
class Convolution:
    """A convolution by its sizes; `flipped` says that the kernel is turned round."""

    channels_in: int
    channels_out: int
    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: int = 1
    padding: int = 0
    flipped: bool = False

    @property
    def out(self) -> tuple[int, ...]:
        return tuple((n + 2 * self.padding - k) // self.stride + 1 for n, k in zip(self.size, self.kernel, strict=True))

    @property
    def rows(self) -> list[tuple[int, ...]]:
        """The outputs: channel and place."""
        return list(itertools.product(range(self.channels_out), *map(range, self.out)))

    @property
    def columns(self) -> list[tuple[int, ...]]:
        return list(itertools.product(range(self.channels_in), *map(range, self.size)))

    def tap(self, row: tuple[int, ...], column: tuple[int, ...]) -> tuple[int, ...] | None:
        """The place in the kernel that joins an input with an output; None for none."""
        at = tuple(p + self.padding - self.stride * o for o, p in zip(row[1:], column[1:], strict=True))
        if any(not 0 <= t < k for t, k in zip(at, self.kernel, strict=True)):
            return None
        return tuple(k - 1 - t for t, k in zip(at, self.kernel, strict=True)) if self.flipped else at

    def __str__(self) -> str:
        kernel, size = ("×".join(map(str, t)) for t in (self.kernel, self.size))
        several = self.channels_in * self.channels_out > 1
        more = f", {self.channels_in} channels in, {self.channels_out} out" if several else ""
        return f"a convolution of {size} entries with a kernel of {kernel}{more}, stride {self.stride}" + (
            f", padding {self.padding}" if self.padding else "") + (", kernel flipped" if self.flipped else "")


@dataclass(frozen=True)
class Finding:
    """What a matrix is compared with, and where it differs: row, column, the entry there, the entry it should be."""

    convolution: Convolution
    transposed: bool
    wrong: tuple[tuple[int, int, Expression, Expression], ...]
    right: int
    complete: bool
    blocks: tuple[tuple[tuple[int, int], Label], ...] = ()
    base: tuple[int, ...] = ()

    @property
    def is_near(self) -> bool:
        """Whether more weights are where they should be than are not."""
        return 0 < len(self.wrong) < self.right


def compared(cells: Sequence[Sequence[Cell]], across: Sequence[tuple[int, ...]] = ()) -> Finding | None:
    """The convolution whose matrix, or transposed matrix, a table is or comes nearest to; None if there is none.

    `across` are the indices of the first and last entry of the vector that the matrix is multiplied with, if known.
    A row or column of dots stands for as many as the sizes need.
    """
    if len(cells) < 2 or len(cells[0]) < 2 or len(cells) * len(cells[0]) > MOST_CELLS:
        return None
    written, cells = cells, [[_indexed(e) for e in row] for row in cells]
    weights = [e for row in cells for e in row if isinstance(e, Read)]
    rest = [e for row in cells for e in row if e is not None and not isinstance(e, Read)]
    zeros = all(isinstance(e, Value) and e.value == polynomial(0) for e in rest)
    if len(weights) < 4 or not rest or not zeros or any(
            not i.is_constant for w in weights for i in w.indices) or any(w.tensor.gradient_of for w in weights):
        return None
    unnumbered = {_indexed(e): e for row in written for e in row if e is not None}
    found: list[Finding] = []
    for transposed in (False, True):
        table = [list(column) for column in zip(*cells, strict=True)] if transposed else [list(r) for r in cells]
        for dims in (1, 2):
            if any(len(w.indices) < dims for w in weights):
                continue
            taps = [tuple(int(i.constant) for i in w.indices[-dims:]) for w in weights]
            base = tuple(0 if any(0 in t for t in taps) else 1 for _ in range(dims))
            kernel = tuple(max(t[n] for t in taps) - base[n] + 1 for n in range(dims))
            for one in _candidates(table, dims, kernel, across, transposed):
                result = _against(table, one, base, transposed)
                if result is not None:
                    found.append(result)
    if not found:
        return None
    best = min(found, key=lambda f: (len(f.wrong), f.convolution.padding, f.transposed, f.convolution.flipped,
                                     f.convolution.stride))

    def back(entry: Expression) -> Expression:
        return unnumbered.get(entry) or _numbered(entry)

    return replace(best, wrong=tuple((r, c, back(a), back(b)) for r, c, a, b in best.wrong))


def _indexed(entry: Cell) -> Cell:
    """w_1 as an entry of w where the number is part of the name."""
    if not isinstance(entry, Read) or entry.indices or entry.tensor.gradient_of:
        return entry
    found = NUMBERED.fullmatch(entry.tensor.name)
    if found is None:
        return entry
    return Read(Tensor(found[1] + "numbered", (UNBOUNDED,)), (polynomial(int(found[2])),))


def _numbered(entry: Expression) -> Expression:
    if isinstance(entry, Read) and entry.tensor.name.endswith("_numbered"):
        return Read(Tensor(f"{entry.tensor.name.removesuffix('numbered')}{entry.indices[0]}", ()), ())
    return entry


def _candidates(table: Sequence[Sequence[Cell]], dims: int, kernel: tuple[int, ...], across: Sequence[tuple[int, ...]],
                transposed: bool) -> Iterator[Convolution]:
    """The convolutions whose matrix may have this shape, with several outputs in every direction."""
    dots_below = any(all(c is None for c in row) for row in table)
    dots_beside = any(all(c is None for c in column) for column in zip(*table, strict=True))
    known = _lengths(across, dims)
    if (dots_below or dots_beside) and known is None:
        return
    for channels_in, channels_out in itertools.product(range(1, 5), repeat=2):
        if channels_in * channels_out > MOST_BLOCKS:
            continue
        for stride in range(1, max(kernel) + 1):
            for padding in range(0, min(kernel)):
                sizes: Iterator[tuple[int, ...]]
                if known is not None and not transposed:
                    sizes = iter([known[1]] if known[0] == channels_in else [])
                elif known is not None:
                    size_in = tuple((o - 1) * stride + k - 2 * padding for o, k in zip(known[1], kernel, strict=True))
                    sizes = iter([size_in] if known[0] == channels_out else [])
                else:
                    count, left_over = divmod(len(table[0]), channels_in)
                    side = round(count ** (1 / dims))
                    sizes = iter([] if left_over or side ** dims != count else [(side,) * dims])
                for size in sizes:
                    if any(n < k for n, k in zip(size, kernel, strict=True)) or max(size) > LONGEST:
                        continue
                    for flipped in (False, True):
                        one = Convolution(channels_in, channels_out, size, kernel, stride, padding, flipped)
                        fits = [len(need) >= len(shown) if dots else len(need) == len(shown) for need, shown, dots in (
                            (one.rows, table, dots_below), (one.columns, table[0], dots_beside))]
                        if min(one.out) > 1 and all(fits):
                            yield one


def _lengths(across: Sequence[tuple[int, ...]], dims: int) -> tuple[int, tuple[int, ...]] | None:
    """Channels and lengths of a vector that runs from one entry to another: x_{11} to x_{24} is 2 channels of 4."""
    if len(across) != 2 or len(across[0]) not in (dims, dims + 1):
        return None
    lengths = tuple(b - a + 1 for a, b in zip(*across, strict=True))
    return (1, lengths) if len(lengths) == dims else (lengths[0], lengths[1:])


def _placed(shown: int, dots: Sequence[bool], count: int) -> list[int | None]:
    """Which row of the whole matrix each written one is: those behind the dots are the last."""
    at = [n for n, d in enumerate(dots) if d]
    if not at:
        return list(range(shown))
    return [n if n < at[0] else None if n <= at[-1] else count - shown + n for n in range(shown)]


def _against(table: Sequence[Sequence[Cell]], one: Convolution, base: tuple[int, ...], transposed: bool,
             ) -> Finding | None:
    """Where a matrix differs from that of a convolution; which kernel is which is settled by most of its entries."""
    rows = _placed(len(table), [all(c is None for c in r) for r in table], len(one.rows))
    columns = _placed(len(table[0]), [all(c is None for c in c_) for c_ in zip(*table, strict=True)], len(one.columns))
    if any(n is not None and n < 0 for n in (*rows, *columns)):
        return None
    places = [(r, c, one.rows[row], one.columns[column]) for r, row in enumerate(rows) if row is not None
              for c, column in enumerate(columns) if column is not None and table[r][c] is not None]
    dims = len(one.kernel)
    votes: Counter[tuple[tuple[int, int], Label]] = Counter()
    for r, c, row, column in places:
        entry = table[r][c]
        tap = one.tap(row, column)
        if isinstance(entry, Read) and tap is not None:
            at = tuple(int(i.constant) for i in entry.indices)
            label = entry.tensor, at[:-dims]
            if at[-dims:] == tuple(t + b for t, b in zip(tap, base, strict=True)):
                votes[(row[0], column[0]), label] += 1
    blocks: dict[tuple[int, int], Label] = {}
    for (block, label), _ in votes.most_common():
        if block not in blocks and label not in blocks.values():
            blocks[block] = label
    if len(blocks) != one.channels_in * one.channels_out:
        return None
    wrong, right = [], 0
    for r, c, row, column in places:
        tap, entry = one.tap(row, column), table[r][c]
        label = blocks[row[0], column[0]]
        wanted: Expression = expression(0)
        if tap is not None:
            at = (*label[1], *(t + b for t, b in zip(tap, base, strict=True)))
            wanted = Read(label[0], tuple(map(polynomial, at)))
        assert entry is not None
        if entry == wanted:
            right += isinstance(entry, Read)
        else:
            wrong.append((c, r, entry, wanted) if transposed else (r, c, entry, wanted))
    complete = None not in rows and None not in columns
    return Finding(one, transposed, tuple(wrong), right, complete, tuple(blocks.items()), base)


def proved(cells: Sequence[Sequence[Cell]], finding: Finding) -> bool:
    """Whether the kernel shows that every row times the input is the convolution: Σ_c A[r,c] x[c] = Σ_k w[k] x[s·o+k].
    """
    one, blocks = finding.convolution, dict(finding.blocks)
    table = [list(column) for column in zip(*cells, strict=True)] if finding.transposed else cells
    x = Tensor("x_unrolled", tuple(Axis(polynomial(0), polynomial(1), polynomial(n - 1))
                                   for n in (one.channels_in, *one.size)))
    entries = [Read(x, tuple(map(polynomial, c))) for c in one.columns]
    taps = tuple(Symbol(f"k{n}") for n in range(len(one.kernel)))
    for row, written in zip(one.rows, table, strict=True):
        left: Expression = expression(0)
        for e, read in zip(written, entries, strict=True):
            if e is None:
                return False
            left = left + Multiply((_indexed(e) or e, read))
        right: Expression = expression(0)
        for channel in range(one.channels_in):
            kernel, leading = blocks[row[0], channel]
            at = [(k - 1 - polynomial(t) if one.flipped else polynomial(t)) + b
                  for t, k, b in zip(taps, one.kernel, finding.base, strict=True)]
            weight = Read(kernel, (*map(polynomial, leading), *at))
            place = [polynomial(t) + one.stride * o - one.padding for t, o in zip(taps, row[1:], strict=True)]
            ranges = tuple(Range(t, polynomial(0), polynomial(k - 1)) for t, k in zip(taps, one.kernel, strict=True))
            right = right + Sum(ranges, Multiply((weight, Read(x, (polynomial(channel), *place)))))
        try:
            equal(Claim(left, right), (), ("isl",))
        except StepError:
            return False
    return True
