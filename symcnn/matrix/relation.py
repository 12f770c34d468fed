"""The unrolled matrix of a layer as a relation of integers: which weight stands in which row and column.

A formula whose indices fall into independent parts (for a convolution: the output channel, the input
channel, and one part per spatial axis) has a relation that is the product of small ones. Only those are
stored; the full integer arrays are made on request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import prod

import numpy as np
import numpy.typing as npt

from symcnn.errors import UsageError
from symcnn.matrix.expand import expanded
from symcnn.matrix.parts import Block, Integers, Part, Shape, Triples, Weights

LARGEST_EXPANSION = 200_000_000  # three int32 arrays of this length take 2.4 GB


@dataclass(frozen=True, eq=False)
class Unrolled:
    """The matrix of a linear map between flattened tensors, its entries coded by weight ids.

    `rows` and `columns` are the shapes of the two tensors; both and every weight tensor are flattened in
    row-major order, the last index fastest, counted from 0. Ids run through `weights` in order. Where several
    weights meet in one row and column, the entry is their sum.
    """

    row_tensor: str
    rows: Shape
    column_tensor: str
    columns: Shape
    weights: tuple[Weights, ...]
    blocks: tuple[Block, ...]

    @staticmethod
    def of_triples(row_tensor: str, rows: Shape, column_tensor: str, columns: Shape, weights: Weights,
                   triples: Triples) -> Unrolled:
        """A relation from full integer arrays; UsageError if an entry lies outside the shapes."""
        arrays = Triples(*(np.asarray(a, dtype=np.int64) for a in triples))
        for name, array, shape in zip(("row", "column", "weight"), arrays, (rows, columns, weights.shape),
                                      strict=True):
            if len(array) and not 0 <= int(array.min()) <= int(array.max()) < prod(shape):
                raise UsageError(f"a {name} lies outside 0 … {prod(shape) - 1}")
        axes = (tuple(range(len(rows))), tuple(range(len(columns))), tuple(range(len(weights.shape))))
        block = Block(weights, (Part(axes, arrays.in_order()),))
        return Unrolled(row_tensor, rows, column_tensor, columns, (weights,), (block,) if len(block) else ())

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the matrix."""
        return prod(self.rows), prod(self.columns)

    @property
    def nonzeros(self) -> int:
        return sum(map(len, self.blocks))

    @property
    def ids(self) -> int:
        """How many weight ids there are."""
        return sum(prod(w.shape) for w in self.weights)

    @property
    def order(self) -> str:
        """The flattening order in words."""
        weights = ", ".join(f"{w.tensor} {_sizes(w.shape)}" for w in self.weights if w.tensor)
        return (f"rows run through {self.row_tensor} {_sizes(self.rows)}, columns through "
                f"{self.column_tensor} {_sizes(self.columns)}"
                f"{', weight ids through ' + weights if weights else ''}; "
                "each in row-major order, the last index fastest")

    @property
    def summary(self) -> str:
        """Shape, nonzeros and density in one line."""
        (rows, columns), nonzeros = self.shape, self.nonzeros
        return f"{rows} × {columns}, {nonzeros} nonzeros, density {nonzeros / (rows * columns):.3g}"

    def first_id(self, weights: Weights) -> int:
        return sum(prod(w.shape) for w in self.weights[:self.weights.index(weights)])

    def transpose(self) -> Unrolled:
        """Rows and columns exchanged."""
        blocks = tuple(Block(b.weights, tuple(p.transpose() for p in b.parts)) for b in self.blocks)
        return replace(self, row_tensor=self.column_tensor, rows=self.columns, column_tensor=self.row_tensor,
                       columns=self.rows, blocks=blocks)

    def triples(self) -> Triples:
        """All entries, sorted by row, then column, then weight id; int32 where that is enough.

        UsageError beyond LARGEST_EXPANSION entries.
        """
        if self.nonzeros > LARGEST_EXPANSION:
            raise UsageError(f"too many entries to list: {self.summary}; "
                             f"allowed: {LARGEST_EXPANSION} nonzeros")
        kind = np.int32 if max(*self.shape, self.ids) < 2**31 else np.int64
        pieces = [expanded(b, self.first_id(b.weights), kind) for b in self.blocks]
        if len(pieces) == 1:
            return pieces[0]
        empty = np.zeros(0, kind)
        return Triples(*(np.concatenate([empty, *arrays]) for arrays in zip(*pieces, strict=True))
                       if pieces else (empty, empty, empty)).in_order()

    def weights_at(self, row: int, column: int) -> tuple[int, ...]:
        """The ids of the weights in one row and column, smallest first; () for a zero."""
        found: list[int] = []
        for block in self.blocks:
            choices: list[list[int]] = [[self.first_id(block.weights)]]
            for part in block.parts:
                here = ((part.triples.row == _share(row, self.rows, part.axes[0]))
                        & (part.triples.column == _share(column, self.columns, part.axes[1])))
                choices.append([int(w) for w in part.triples.weight[here]])
            found += [sum(choice) for choice in product(*choices)]
        return tuple(sorted(found))

    def entries(self) -> Iterator[tuple[int, int, tuple[tuple[int | Fraction, int], ...]]]:
        """Every nonzero entry as (row, column, ((coefficient, weight id), …)), in row order."""
        coefficients = [w.coefficient for w in self.weights for _ in range(prod(w.shape))]
        collected: dict[tuple[int, int], list[tuple[int | Fraction, int]]] = {}
        for row, column, weight in zip(*(a.tolist() for a in self.triples()), strict=True):
            collected.setdefault((row, column), []).append((coefficients[weight], weight))
        for (row, column), sum_of in collected.items():
            yield row, column, tuple(sum_of)

    def times(self, values: npt.ArrayLike, x: npt.ArrayLike) -> Integers:
        """The product with a tensor: values (weight ids), x (columns…) → (rows…), in NumPy's arithmetic.

        Object arrays of ints and Fractions are computed exactly; int64 wraps around beyond 63 bits.
        """
        by_id, flat = np.asarray(values).reshape(-1), np.asarray(x).reshape(-1)
        for name, given, wanted in (("values", by_id, self.ids), ("x", flat, self.shape[1])):
            if len(given) != wanted:
                raise UsageError(f"{name} has {len(given)} entries; allowed: {wanted}")
        if any(w.coefficient != 1 for w in self.weights):
            by_id = by_id * np.array([w.coefficient for w in self.weights for _ in range(prod(w.shape))])
        row, column, weight = self.triples()
        result = np.zeros(self.shape[0], dtype=np.result_type(by_id, flat))
        np.add.at(result, row, by_id[weight] * flat[column])
        return result.reshape(self.rows)


def _share(flat: int, shape: Shape, axes: Sequence[int]) -> int:
    """What the given axes contribute to a flat index."""
    index = np.unravel_index(flat, shape) if shape else ()
    return sum(int(index[a]) * prod(shape[a + 1:]) for a in axes)


def _sizes(shape: Shape) -> str:
    return "(" + " × ".join(map(str, shape)) + ")" if shape else "(scalar)"
