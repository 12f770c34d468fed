"""List the entries of a relation that is stored as independent parts.

Rows whose entries differ by constants only, as at neighbouring outputs of a convolution, are listed once and
copied with the constants added, so that a large matrix takes little more time than filling its arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod
from typing import Any, NamedTuple

import numpy as np

from symcnn.matrix.parts import Block, Integers, Part, Triples

IN_CACHE = 2**18  # entries: 1 MB per int32 array
COPIED = 2**22  # entries of a listing that is copied: larger ones are slower to read again
WORTH_A_CALL = 2**12  # entries beside which a call of NumPy does not count


def expanded(block: Block, first: int, kind: type[np.signedinteger[Any]]) -> Triples:
    """All sums of one point from every part, the weights counted from `first`.

    Sorted by row, then column, then weight id.
    """
    # Later column axes change fastest, so that the columns of a row come out sorted.
    parts = [Part(p.axes, Triples(*(a.astype(kind) for a in p.triples)))
             for p in sorted(block.parts, key=lambda p: p.axes[1])]
    result = Triples(*(np.empty(len(block), kind) for _ in range(3)))
    _Listing().write(parts, np.array([0, 0, first], kind), result)
    axes = [a for p in parts for a in p.axes[1]]
    sorted_already = axes == sorted(axes) and not any(several_in_one_place(p.triples) for p in parts[:-1])
    return result if sorted_already else result.in_order()


def several_in_one_place(t: Triples) -> bool:
    """Whether several weights stand in one row and column."""
    return bool(np.any((t.row[1:] == t.row[:-1]) & (t.column[1:] == t.column[:-1])))


class _Listing:
    """Lists all sums of one point from every part; what lists the same but for constants is copied."""

    def __init__(self) -> None:
        self.lines: dict[Part, _Lines] = {}
        # By the numbers of the patterns of leading parts: where they are listed already, and what was added there.
        self.listed: dict[tuple[int, ...], tuple[Triples, Integers]] = {}

    def write(self, parts: Sequence[Part], shift: Integers, into: Triples, key: tuple[int, ...] = ()) -> None:
        """All sums and the row, column and weight ``shift``, in row order; ``key``: patterns of parts that led."""
        leading = _leading(parts)
        if leading is None:
            sums = _all_sums([p.triples for p in parts], shift.dtype)
            for target, source, constant in zip(into, sums, shift, strict=True):
                np.add(source, constant, out=target)
            return
        if leading not in self.lines:
            self.lines[leading] = _lines(leading.triples)
        lines, rest = self.lines[leading], prod(len(p) for p in parts if p is not leading)
        lengths = np.array([len(p.row) * rest for p in lines.patterns])
        begins, shifts = np.cumsum(lengths[lines.number]) - lengths[lines.number], shift + lines.shift
        for number, pattern in enumerate(lines.patterns):
            length, same, this = int(lengths[number]), np.flatnonzero(lines.number == number).tolist(), (*key, number)
            fixed = Part(((), *leading.axes[1:]), pattern)
            while same and this not in self.listed:
                line = same.pop(0)
                there = Triples(*(a[begins[line]:begins[line] + length] for a in into))
                self.write([fixed if p is leading else p for p in parts], shifts[line], there, this)
                if length <= COPIED:
                    self.listed[this] = there, shifts[line]
            if same:
                sources, before = self.listed[this]
                # One array after the other, so that what is copied stays in the cache.
                for target, source, constants in zip(into, sources, (shifts - before).T, strict=True):
                    for line in same:
                        np.add(source, constants[line], out=target[begins[line]:begins[line] + length])


def _leading(parts: Sequence[Part]) -> Part | None:
    """The part with the first row axes, unless what stands in one row of it fits into the cache."""
    ordered = sorted((p for p in parts if p.axes[0]), key=lambda p: p.axes[0])
    entries = prod(map(len, parts))
    if entries <= IN_CACHE or len(ordered) > 1 and ordered[0].axes[0][-1] > ordered[1].axes[0][0]:
        return None
    return ordered[0] if ordered and entries >= WORTH_A_CALL * len(_starts(ordered[0].triples.row)) else None


def _starts(values: Integers) -> list[int]:
    """Where each run of equal values ≥ 0 begins."""
    return np.flatnonzero(np.diff(values, prepend=-1)).tolist()


class _Lines(NamedTuple):
    """The rows of a part: the r-th holds patterns[number[r]] plus the row, column and weight shift[r]."""

    patterns: list[Triples]
    number: Integers
    shift: Integers


def _lines(t: Triples) -> _Lines:
    starts = _starts(t.row)
    known: dict[bytes, tuple[int, Triples]] = {}
    number = []
    for start, stop in zip(starts, [*starts[1:], len(t.row)], strict=True):
        pattern = Triples(*(a[start:stop] - a[start] for a in t))
        number.append(known.setdefault(np.concatenate(pattern).tobytes(), (len(known), pattern))[0])
    return _Lines([p for _, p in known.values()], np.array(number), np.stack([a[starts] for a in t], axis=1))


def _all_sums(lists: Sequence[Triples], kind: np.dtype[Any]) -> Triples:
    """All sums of one entry from every list, in row order; within a row earlier lists change slower."""
    zero = np.zeros(1, kind)
    return reduce(lambda inner, t: _product(t, inner), reversed(lists), Triples(zero, zero, zero))


def _product(p: Triples, q: Triples) -> Triples:
    """All sums of an entry of p and one of q, in row order; within a row p's entries change slowest."""
    p_rows, p_start, p_count = np.unique(p.row, return_index=True, return_counts=True)
    q_rows, q_start, q_count = np.unique(q.row, return_index=True, return_counts=True)
    if len(p_rows) == len(p.row) and (len(p_rows) == 1 or np.diff(p_rows).min() > q_rows[-1] - q_rows[0]):
        return Triples(*(np.add.outer(a, b).reshape(-1) for a, b in zip(p, q, strict=True)))
    rows = np.add.outer(p_rows, q_rows).reshape(-1)
    order = np.argsort(rows, kind="stable")
    of_p, of_q = np.divmod(order, len(q_rows))
    # A segment is one row with one entry of p: it runs through the entries of q in its row.
    taken = _runs(p_start[of_p], p_count[of_p])
    length = np.repeat(q_count[of_q], p_count[of_p])
    inner = _runs(np.repeat(q_start[of_q], p_count[of_p]), length)
    row = np.repeat(np.repeat(rows[order], p_count[of_p]), length)
    column, weight = (np.repeat(a[taken], length) for a in p[1:])
    column += q.column[inner]
    weight += q.weight[inner]
    return Triples(row, column, weight)


def _runs(start: Integers, length: Integers) -> Integers:
    """start[0], start[0] + 1, … (length[0] of them), start[1], …"""
    before = np.cumsum(length) - length
    runs = np.repeat(start - before, length)
    runs += np.arange(len(runs))
    return runs
