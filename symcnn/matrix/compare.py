"""Exact comparison of two relations: B against Aᵀ, with the first place where they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symcnn.errors import UsageError
from symcnn.matrix.parts import Block, Part, Triples
from symcnn.matrix.relation import Unrolled


@dataclass(frozen=True)
class Difference:
    """The place where two matrices differ, and the weight ids that stand there in each."""

    row: int
    column: int
    left: tuple[int, ...]
    right: tuple[int, ...]


@dataclass(frozen=True)
class TransposeCheck:
    """Whether B = Aᵀ, entry by entry; `difference` is given as a place of A."""

    nonzeros: int
    method: str
    difference: Difference | None

    @property
    def holds(self) -> bool:
        return self.difference is None

    def __str__(self) -> str:
        if self.difference is None:
            return f"B = Aᵀ: {self.nonzeros} nonzeros compared {self.method}"
        d = self.difference
        return (f"B ≠ Aᵀ: A[{d.row}, {d.column}] holds {_ids(d.left)}, B[{d.column}, {d.row}] holds "
                f"{_ids(d.right)} (compared {self.method})")


def check_transpose(a: Unrolled, b: Unrolled, every_entry: bool = False) -> TransposeCheck:
    """Compare B with Aᵀ exactly: per independent part where both split alike, or by listing every entry.

    UsageError if the shapes or the weights do not match, or if the relations split into unlike parts and
    are too large to list.
    """
    found, method = difference(a, b.transpose(), every_entry)
    return TransposeCheck(a.nonzeros, method, found)


def same(a: Unrolled, b: Unrolled) -> bool:
    """Whether the same weights stand in every row and column; UsageError for unlike shapes or weights."""
    return difference(a, b)[0] is None


def difference(a: Unrolled, b: Unrolled, every_entry: bool = False) -> tuple[Difference | None, str]:
    """One place where two matrices differ, or None; and how they were compared.

    Products with the same parts are equal exactly when the parts are, as long as no point is repeated;
    otherwise, or with `every_entry`, all entries are listed.
    """
    if (a.rows, a.columns, a.weights) != (b.rows, b.columns, b.weights):
        raise UsageError(f"the matrices differ in shape or weights: {a.order} / {b.order}")
    split = None if every_entry else _split_alike(a, b)
    if split is not None:
        method = "per independent part of the index"
        for block, ours, theirs in split:
            for part, its in zip(ours, theirs, strict=True):
                odd = _first_odd(part.triples, its.triples)
                if odd is not None:
                    left, (row, column, _) = odd
                    # A point that only one side has, completed by any points of that side's other parts.
                    for rest in block[0 if left else 1].parts:
                        if rest.axes != part.axes:
                            more_rows, more_columns, _ = rest.triples.key(0)
                            row, column = row + more_rows, column + more_columns
                    return _difference_at(a, b, row, column), method
        return None, method
    odd = _first_odd(a.triples(), b.triples())
    if odd is None:
        return None, "entry by entry"
    row, column, _ = odd[1]
    return _difference_at(a, b, row, column), "entry by entry"


def _difference_at(a: Unrolled, b: Unrolled, row: int, column: int) -> Difference:
    return Difference(row, column, a.weights_at(row, column), b.weights_at(row, column))


def _split_alike(a: Unrolled, b: Unrolled,
                 ) -> list[tuple[tuple[Block, Block], list[Part], list[Part]]] | None:
    """The parts of two relations side by side; None if they do not correspond or a point is repeated."""
    pairs = []
    ours, theirs = ({blk.weights: blk for blk in r.blocks} for r in (a, b))
    if ours.keys() != theirs.keys() or len(ours) != len(a.blocks) or len(theirs) != len(b.blocks):
        return None
    for weights, block in ours.items():
        both = (block, theirs[weights])
        sides = [{p.axes: p for p in side.parts} for side in both]
        distinct = sum(map(len, sides)) == sum(len(side.parts) for side in both)
        if sides[0].keys() != sides[1].keys() or not distinct or any(
                _repeats(p.triples) for s in sides for p in s.values()):
            return None
        pairs.append((both, list(sides[0].values()), [sides[1][axes] for axes in sides[0]]))
    return pairs


def _repeats(t: Triples) -> bool:
    return bool(np.any((t.row[1:] == t.row[:-1]) & (t.column[1:] == t.column[:-1])
                       & (t.weight[1:] == t.weight[:-1])))


def _first_odd(a: Triples, b: Triples) -> tuple[bool, tuple[int, int, int]] | None:
    """The first entry of two ordered lists that only one has, and whether it is the first list's."""
    n = min(len(a.row), len(b.row))
    unlike = np.zeros(n, dtype=bool)
    for mine, other in zip(a, b, strict=True):
        unlike |= mine[:n] != other[:n]
    if unlike.any():
        e = int(unlike.argmax())
        return (a.key(e) < b.key(e), min(a.key(e), b.key(e)))
    if len(a.row) == len(b.row):
        return None
    return (True, a.key(n)) if len(a.row) > n else (False, b.key(n))


def _ids(ids: tuple[int, ...]) -> str:
    return "weight " + " + ".join(map(str, ids)) if ids else "0"
