"""Winograd's minimal filtering F(2, 3) along every axis: additions in place of multiplications.

Along an axis a tile of four neighbouring inputs d gives d0 - d2, d1 + d2, d2 - d1, d1 - d3, and their
products z with the transformed filter give two outputs, z0 + z1 + z2 and z1 - z2 - z3.  Summed over the
channels, the products are one matrix product for each entry of a tile: a third less work than the
definition for each axis.  Sums over the channels alone are short, which makes up for the rounding of
the additions: the accuracy is that of direct summation.  The weight gradient is the transpose of the
same bilinear form.

Even and odd entries lie apart in memory, with one tile more along every axis than there are outputs
for.  The last two entries of a tile, the first two of the next, are the same arrays some steps further
on, and every addition is one pass over contiguous memory.  The tiles too many are not used.

Kernels of 3 taps on every axis, stride and dilation 1.  Neighbours are mixed: finite operands only.
Source: Lavin and Gray 2016, CVPR, arXiv:1509.09308, section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import product
from math import prod

import numpy as np

from .errors import Array, Axes
from .geometry import Geometry, by_group, seen, space
from .product import LINE, apart, multiply, multiply_long

FILTER = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2

BYTES = 2**15
"""About so much is made of one channel at a time."""


def forward(x: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, m, o] = sum over c, k of w[m, c, k] x[n, c, o + k - p]."""
    groups, count = geometry.groups, len(w) // geometry.groups
    filters = (_on_all_axes(w) @ w.reshape(len(w) * w.shape[1], -1).T).reshape(-1, groups, count, w.shape[1])
    tiles = Tiles(x, geometry, out.shape[2:])
    products = np.empty((*filters.shape[:3], tiles.columns), out.dtype)
    for samples, top in tiles.blocks(len(x)):
        multiply(filters, tiles.of_input(x[samples], top), products)
        tiles.into(out[samples], top, products)


def weight_gradient(gradient: Array, x: Array, geometry: Geometry, out: Array) -> None:
    """out[m, c, k] = sum over n, o of gradient[n, m, o] x[n, c, o + k - p]."""
    groups, on, tiles = geometry.groups, _on_all_axes(x), Tiles(x, geometry, gradient.shape[2:])
    total = np.zeros((len(on), groups, out.shape[1], len(out) // groups), out.dtype)
    for samples, top in tiles.blocks(len(x)):
        total += multiply_long(tiles.of_input(x[samples], top), tiles.of_gradient(gradient[samples], top))
    taps = (on.T @ total.reshape(len(on), -1)).reshape(-1, *total.shape[1:])
    by_group(out, groups, 0)[...] = taps.transpose(1, 3, 2, 0).reshape(groups, -1, *out.shape[1:])


def _on_all_axes(x: Array) -> Array:
    filters: list[Array] = [FILTER] * (x.ndim - 2)
    return reduce(np.kron, filters).astype(x.dtype)


def _cells(axes: int) -> Iterator[tuple[Axes, tuple[slice, ...]]]:
    """Each choice of even (0) or odd (1) entries, and where they lie in (rows, samples, other axes...)."""
    for row, *rest in product(range(2), repeat=axes):
        yield (row, *rest), (slice(row, None, 2), slice(None), *[slice(c, None, 2) for c in rest])


class Tiles:
    """Blocks of tiles, and memory for one: some rows of tiles of some samples, with one tile more on each axis."""

    def __init__(self, x: Array, geometry: Geometry, outputs: Axes) -> None:
        self.channels, self.geometry, self.axes = x.shape[1], geometry, len(outputs)
        self.height, *along = [-(-o // 2) for o in outputs]
        row, wanted = prod(c + 1 for c in along), BYTES // (x.itemsize * 4**self.axes)
        self.samples = max(1, min(len(x), wanted // (self.height * row)))
        blocks = -(-self.height * self.samples * row // wanted)
        self.rows = -(-self.height // blocks)  # alike in all blocks
        self.tiles = (self.rows, self.samples, *[c + 1 for c in along])
        self.grid = (self.rows + 1, *self.tiles[1:])
        size, lanes = prod(self.grid), LINE // x.itemsize  # columns fill registers, if there are so many
        self.columns = min(size, -(-prod(self.tiles) // lanes) * lanes)
        arrays = [np.zeros((*[4] * done, *[2] * (self.axes - done), self.channels * size), x.dtype)
                  for done in range(self.axes + 1)]
        self.cells = arrays[0].reshape(*[2] * self.axes, self.channels, *self.grid)
        whole = arrays[-1].reshape(4**self.axes, self.channels, -1)[..., :self.columns]
        self.transformed = by_group(whole, geometry.groups, 1)
        self.additions = []
        for axis, step in enumerate([prod(self.grid[1:]), *[prod(self.grid[a:]) for a in range(3, self.axes + 2)]]):
            (d0, d1), z = arrays[axis].swapaxes(0, axis), arrays[axis + 1].swapaxes(0, axis)[..., :-step]
            self.additions.append((d0[..., :-step], d1[..., :-step], d0[..., step:], d1[..., step:], *z))

    def blocks(self, batch: int) -> Iterator[tuple[slice, int]]:
        """The samples of each block, and its first row of tiles."""
        for first in range(0, batch, self.samples):
            for top in range(0, self.height, self.rows):
                yield slice(first, min(first + self.samples, batch)), top

    def of_input(self, x: Array, top: int) -> Array:
        """(entries of a tile, groups, channels of a group, columns): the transformed input."""
        source = np.moveaxis(x, 0, 2)  # channels, rows, samples, other axes...
        first = [2 * top, *[0] * (self.axes - 1)]
        for cell, _ in _cells(self.axes):
            (rows, read), *rest = [seen(h, n, 2, f + c - p) for h, n, f, c, p in zip(
                x.shape[2:], (self.grid[0], *self.grid[2:]), first, cell, self.geometry.paddings, strict=True)]
            cells, entries = self.cells[cell], source[(slice(None), read, slice(None), *[i for _, i in rest])]
            cells[:, :rows.start], cells[:, rows.stop:] = 0, 0
            cells[(slice(None), rows, slice(len(x)), *[o for o, _ in rest])] = entries
        for d0, d1, d2, d3, z0, z1, z2, z3 in self.additions:
            np.subtract(d0, d2, out=z0)
            np.add(d1, d2, out=z1)
            np.subtract(d2, d1, out=z2)
            np.subtract(d1, d3, out=z3)
        return self.transformed

    def into(self, out: Array, top: int, products: Array) -> None:
        """Put the outputs that products (entries of a tile, groups, filters, columns) make, into their places."""
        z = products.reshape(*[4] * self.axes, -1)
        for axis in range(self.axes):
            z0, z1, z2, z3 = z.swapaxes(0, axis)
            z0 += z1
            z0 += z2
            z1 -= z2
            z1 -= z3
            z = z.swapaxes(0, axis)[:2].swapaxes(0, axis)
        cells = z.reshape(*z.shape[:-1], out.shape[1], -1)[..., :prod(self.tiles)]
        cells = cells.reshape(*cells.shape[:-1], *self.tiles)
        target = np.moveaxis(out, 0, 2)[:, 2 * top:2 * (top + self.rows)]
        for cell, places in _cells(self.axes):
            place = target[(slice(None), *places)]
            place[...] = cells[cell][space(slice(n) for n in place.shape)]

    def of_gradient(self, gradient: Array, top: int) -> Array:
        """(entries of a tile, groups, columns, filters): the transpose of the additions of ``into``."""
        source = apart(np.moveaxis(gradient[:, :, 2 * top:2 * (top + self.rows)], 0, 2))
        y = np.zeros((*[2] * self.axes, self.columns, gradient.shape[1]), gradient.dtype)
        cells = y[..., :prod(self.tiles), :].reshape(*[2] * self.axes, *self.tiles, -1)
        for cell, places in _cells(self.axes):
            part = np.moveaxis(source[(slice(None), *places)], 0, -1)
            cells[cell][tuple([slice(n) for n in part.shape])] = part
        for axis in range(self.axes):
            made = np.empty((*y.shape[:axis], 4, *y.shape[axis + 1:]), y.dtype)
            (y0, y1), (z0, z1, z2, z3) = y.swapaxes(0, axis), made.swapaxes(0, axis)
            z0[...] = y0
            np.add(y0, y1, out=z1)
            np.subtract(y0, y1, out=z2)
            np.negative(y1, out=z3)
            y = made
        return by_group(y.reshape(-1, *y.shape[-2:]), self.geometry.groups, 2).swapaxes(1, 2)
