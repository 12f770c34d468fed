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

IN_CACHE = 2**18  # entries of a listing that is copied: 1 MB per int32 array
WORTH_A_CALL = 2**12  # entries beside which a call of NumPy does not count
LAST_AXIS = 64  # NumPy's arrays have at most that many


def expanded(block: Block, first: int, kind: type[np.signedinteger[Any]]) -> Triples:
    """All sums of one point from every part, the weights counted from `first`.

    Sorted by row, then column, then weight id.
    """
    # Later column axes change fastest, so that the columns of a row come out sorted.
    parts = [Part(p.axes, Triples(*(a.astype(kind) for a in p.triples)))
             for p in sorted(block.parts, key=lambda p: p.axes[1])]
    leading = _leading(parts)
    lines = [_lines(p.triples) for p in leading]
    # Every combination of lines, the first part's changing slowest: its number and what to add to its pattern.
    extents = tuple(len(line.patterns) for line in lines)
    number, shift = np.zeros(1, np.int64), np.array([[0, 0, first]])
    for line, extent in zip(lines, extents, strict=True):
        number = np.add.outer(number * extent, line.number).reshape(-1)
        shift = (shift[:, None] + line.shift).reshape(-1, 3)
    patterns: dict[int, Triples] = {}
    result = Triples(*(np.empty(len(block), kind) for _ in range(3)))
    at, starts = 0, _starts(number)
    for start, stop in zip(starts, [*starts[1:], len(number)], strict=True):
        this = int(number[start])
        if this not in patterns:
            of_part = {p: line.patterns[n] for p, line, n in
                       zip(leading, lines, np.unravel_index(this, extents) if lines else (), strict=True)}
            patterns[this] = _all_sums([of_part.get(p, p.triples) for p in parts], kind)
        until = at + (stop - start) * len(patterns[this].row)
        for target, source, constants in zip(result, patterns[this], shift[start:stop].T, strict=True):
            np.add.outer(constants.astype(kind), source, out=target[at:until].reshape(stop - start, -1))
        at = until
    axes = [a for p in parts for a in p.axes[1]]
    sorted_already = axes == sorted(axes) and not any(several_in_one_place(p.triples) for p in parts[:-1])
    return result if sorted_already else result.in_order()


def several_in_one_place(t: Triples) -> bool:
    """Whether several weights stand in one row and column."""
    return bool(np.any((t.row[1:] == t.row[:-1]) & (t.column[1:] == t.column[:-1])))


def _leading(parts: Sequence[Part]) -> list[Part]:
    """The parts with the first row axes, until what stands in one row of them fits into the cache."""
    ordered = sorted((p for p in parts if p.axes[0]), key=lambda p: p.axes[0])
    entries, rows, leading = prod(map(len, parts)), 1, []
    for part, following in zip(ordered, [p.axes[0][0] for p in ordered[1:]] + [LAST_AXIS], strict=True):
        if entries <= IN_CACHE * rows or part.axes[0][-1] > following:
            break
        rows *= len(_starts(part.triples.row))
        if entries < WORTH_A_CALL * rows:
            break
        leading.append(part)
    return leading


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


def _all_sums(lists: Sequence[Triples], kind: type[np.signedinteger[Any]]) -> Triples:
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
