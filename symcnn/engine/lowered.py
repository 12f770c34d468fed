"""Tiles of a convolution that is computed by rows, and what is lowered for one tile.

A tile is some samples, some rows of outputs, all columns.  What is lowered for it stays in the cache until
it has been multiplied, and the memory needed does not grow with the batch or the height.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .errors import Array, Axes
from .geometry import Geometry, by_group, seen, windows

COLUMNS, MERGED = 96, 320
WORK = 2**18
"""A matrix product with so many columns and multiply-accumulates is kept busy by one sample; otherwise samples are
merged until it has ``MERGED`` columns and so much work, and memory is moved in longer runs."""

BYTES = 2**22
"""About so much is lowered at a time."""

SHORT = 16
"""Rows of fewer outputs are lowered with the samples innermost, so that memory is moved in longer runs."""


@dataclass(frozen=True)
class Tiling:
    """How many samples and rows of outputs belong to a tile, and the rows of input that these read."""

    samples: int
    rows: int
    read: int

    @classmethod
    def of(cls, filters: Axes, geometry: Geometry, outputs: Axes, batch: int, lowered: int, columns: int) -> Tiling:
        """For filters (M, C / groups, K...), of a batch with ``lowered`` bytes for each row of one sample,
        and matrices with ``columns`` columns for each sample."""
        work = prod(filters) // geometry.groups * columns
        alone = columns >= COLUMNS and work >= WORK
        samples = 1 if alone else max(1, min(batch, max(-(-MERGED // columns), -(-WORK // work))))
        stride, height = geometry.strides[0], filters[2]
        rows = max(1, min(outputs[0], (BYTES // (lowered * samples) - height) // stride + 1))
        return cls(samples, rows, stride * (rows - 1) + height)

    def over(self, batch: int, rows: int) -> Iterator[tuple[slice, slice]]:
        """The samples and the rows of outputs of each tile."""
        for first in range(0, batch, self.samples):
            for top in range(0, rows, self.rows):
                yield (slice(first, min(first + self.samples, batch)), slice(top, min(top + self.rows, rows)))


def balanced(batch: int, samples: int) -> int:
    """How many samples to take at a time, at most so many or one, for parts that differ little in size."""
    return -(-batch // -(-batch // max(1, samples)))


class Lowered:
    """Memory for the lowered array of a tile: groups, rows, taps along a row, channels, samples, outputs."""

    def __init__(self, x: Array, filters: Axes, geometry: Geometry, outputs: Axes) -> None:
        self.geometry, self.along, kernel = geometry, outputs[1:], filters[2:]
        taps, columns, itemsize = prod(kernel[1:]), prod(self.along), x.itemsize
        lowered = itemsize * geometry.groups * taps * filters[1] * columns
        self.tiling = Tiling.of(filters, geometry, outputs, len(x), lowered, columns)
        self.innermost = self.tiling.samples > 1 and columns < SHORT
        last = (*self.along, self.tiling.samples) if self.innermost else (self.tiling.samples, *self.along)
        # Zeros that stand for the padding along a row are written once: every tile leaves them as they are.
        self.array = np.zeros((geometry.groups, self.tiling.read, taps, filters[1], *last), x.dtype)
        # Views are made once: two threads wait for each other while the interpreter works.
        strides = self.array.strides
        self.matrices = as_strided(
            self.array, (geometry.groups, self.tiling.rows, prod(kernel) * filters[1], columns * self.tiling.samples),
            (strides[0], geometry.strides[0] * strides[1], strides[3], itemsize))
        within = Geometry(geometry.strides[1:], geometry.paddings[1:], geometry.dilations[1:])
        whole = np.moveaxis(self.array, -1, 4) if self.innermost else self.array
        self.copies = [(whole[:, :, number][along], entries) for number, (_, along, entries) in enumerate(
            windows(within, kernel[1:], x.shape[3:], self.along))]

    def blocks(self, x: Array, rows: slice) -> Array:
        """(groups, output rows, kernel rows x kernel columns x channels, samples x outputs along a row).

        Where the samples are innermost, those that a last tile has not are zero.
        """
        read, axes = self.array.shape[1], range(4, x.ndim + 1)
        reached, entered = seen(x.shape[2], read, 1, self.geometry.strides[0] * rows.start - self.geometry.paddings[0])
        source = by_group(x[:, :, entered], self.geometry.groups, 1)  # samples, groups, channels, rows, ...
        columns = len(x) * prod(self.along)
        if self.innermost:
            columns = self.matrices.shape[-1]
            source = np.ascontiguousarray(source.transpose(1, 3, 2, *axes, 0))
            source = source.transpose(0, 1, 2, x.ndim, *range(3, x.ndim))
            self.array[..., len(x):] = 0
        else:
            source = source.transpose(1, 3, 2, 0, *axes)
        self.array[:, :reached.start], self.array[:, reached.stop:] = 0, 0
        for target, entries in self.copies:
            target[:, reached, :, :len(x)] = source[entries]
        return self.matrices[:, :rows.stop - rows.start, :, :columns]

    def samples_first(self, products: Array) -> Array:
        """The last axis of products with ``blocks`` as two or more: samples, outputs along a row."""
        if self.innermost:
            products = products.reshape(*products.shape[:3], *self.along, -1)
            return products.transpose(0, 1, 2, products.ndim - 1, *range(3, products.ndim - 1))
        return products.reshape(*products.shape[:3], -1, *self.along)

    def as_columns(self, slopes: Array) -> Array:
        """(groups, rows, samples, outputs along a row, filters) in the order of the last axis of ``blocks``."""
        if self.innermost:
            slopes, given = np.zeros((*slopes.shape[:2], *self.along, self.tiling.samples, slopes.shape[-1]),
                                     slopes.dtype), slopes
            slopes[..., :given.shape[2], :] = np.moveaxis(given, 2, -2)
        return slopes.reshape(*slopes.shape[:2], -1, slopes.shape[-1])
