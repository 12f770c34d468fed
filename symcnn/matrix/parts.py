"""The factors of an unrolled matrix: integer triples, and the independent parts of which one term is made."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[Any]
Shape = tuple[int, ...]


class Triples(NamedTuple):
    """Three arrays of equal length: entry e says that weight[e] stands in row[e], column[e]."""

    row: Integers
    column: Integers
    weight: Integers

    def in_order(self) -> Triples:
        """Sorted by row, then column, then weight id."""
        order = np.lexsort((self.weight, self.column, self.row))
        return Triples(*(a[order] for a in self))

    def key(self, e: int) -> tuple[int, int, int]:
        return int(self.row[e]), int(self.column[e]), int(self.weight[e])


@dataclass(frozen=True)
class Weights:
    """coefficient · T[…] for the entries of one weight tensor; no name and shape () for a plain number."""

    tensor: str
    shape: Shape
    coefficient: int | Fraction = 1


@dataclass(frozen=True, eq=False)
class Part:
    """An independent factor of a relation.

    `axes` are the positions of the row, column and weight axes it determines; `triples` are what its points
    contribute to the flat row, column and weight id, in order.
    """

    axes: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    triples: Triples

    def __len__(self) -> int:
        return len(self.triples.row)

    def transpose(self) -> Part:
        (rows, columns, weights), (row, column, weight) = self.axes, self.triples
        return Part((columns, rows, weights), Triples(column, row, weight).in_order())


@dataclass(frozen=True, eq=False)
class Block:
    """One term of the formula: entries are all sums of one point from every part, plus the first id."""

    weights: Weights
    parts: tuple[Part, ...]

    def __len__(self) -> int:
        return prod(len(p) for p in self.parts)
