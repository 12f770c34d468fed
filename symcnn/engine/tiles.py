"""Tiles of a convolution that is computed by rows: some samples, some rows of outputs, all columns.

What is lowered for one tile stays in the cache until it has been multiplied, and the memory needed
does not grow with the batch or the height.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from .errors import Axes
from .geometry import Geometry

COLUMNS, MERGED = 96, 320
WORK = 2**18
"""A matrix product with so many columns and multiply-accumulates is kept busy by one sample; otherwise samples are
merged until it has ``MERGED`` columns and so much work, and memory is moved in longer runs."""

BYTES = 2**22
"""About so much is lowered at a time."""


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
