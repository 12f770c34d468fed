"""Winograd's F(2×2, 3×3): four outputs from sixteen products, with additions only and direct accuracy.

Along each axis a tile of four neighbouring inputs d gives d0 - d2, d1 + d2, d2 - d1, d1 - d3, and four
products z give the two outputs z0 + z1 + z2 and z1 - z2 - z3.  Sums over the channels alone are shorter
than those of the definition, which makes up for the rounding of the additions.  The weight gradient is
the transpose of the same bilinear form.

Two axes with 3 taps each, stride and dilation 1.  Neighbours are mixed: finite operands only.
Source: Lavin and Gray 2016, arXiv:1509.09308, section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .errors import Array, Axes
from .geometry import Geometry, by_group, seen
from .product import multiply, multiply_long

FILTER = np.kron(*[np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2] * 2)

COLUMNS = 56
"""Samples are merged until a row of tiles has about so many, which lie side by side in memory."""

PRODUCT = 224
"""Rows of tiles are merged until a matrix product has so many columns, or more for many channels: then what
is transformed at a time still fits the cache, and the filters are not read too often."""


def forward(x: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, m, o] = sum over c, k of w[m, c, k] x[n, c, o + k - p]."""
    groups, count = geometry.groups, len(w) // geometry.groups
    filters = by_group(w, groups, 0).reshape(groups, count, w.shape[1], 9).transpose(3, 0, 1, 2)
    filters = (FILTER.astype(w.dtype) @ filters.reshape(9, -1)).reshape(16, groups, count, -1)
    tiles = Tiles(x, geometry, out.shape[2:])
    made = np.empty((16, groups, count, tiles.rows * tiles.samples * tiles.pairs), out.dtype)
    for samples, top in tiles.over(len(x), out.shape[2]):
        inputs = tiles.of_input(x[samples], top)
        products = multiply(filters, inputs, made[..., :inputs.shape[-1]])
        products = products.reshape(4, 4, groups, count, -1, samples.stop - samples.start, tiles.pairs)
        target = by_group(out[samples], groups, 1).transpose(1, 2, 3, 0, 4)  # groups, filters, rows, samples, columns
        target = target[:, :, 2 * top:2 * (top + tiles.rows)]
        for row, half in enumerate(_outputs(products)):
            for column, made_here in enumerate(_outputs(half)):
                place = target[:, :, row::2, :, column::2]
                place[...] = made_here[:, :, :place.shape[2], :, :place.shape[4]]


def weight_gradient(gradient: Array, x: Array, geometry: Geometry, out: Array) -> None:
    """out[m, c, k] = sum over n, o of gradient[n, m, o] x[n, c, o + k - p]."""
    groups, count = geometry.groups, len(out) // geometry.groups
    tiles = Tiles(x, geometry, gradient.shape[2:])
    total = np.zeros((16, groups, out.shape[1], count), out.dtype)
    for samples, top in tiles.over(len(x), gradient.shape[2]):
        total += multiply_long(tiles.of_input(x[samples], top), tiles.of_output(gradient[samples], top))
    result = (FILTER.T.astype(out.dtype) @ total.reshape(16, -1)).reshape(3, 3, *total.shape[1:])
    by_group(out, groups, 0)[...] = result.transpose(2, 4, 3, 0, 1)


def _outputs(z: Array) -> Iterator[Array]:
    """The two outputs of four products along the first axis, in memory of these."""
    z[0] += z[1]
    z[0] += z[2]
    yield z[0]
    z[1] -= z[2]
    z[1] -= z[3]
    yield z[1]


def _inputs(even: Array, odd: Array, out: Array) -> None:
    """Four sums for each tile of d0, d1, d2, d3, which start at the even entries; ``even`` has one more."""
    np.subtract(even[:, :-1], even[:, 1:], out=out[0])
    np.add(odd[:, :-1], even[:, 1:], out=out[1])
    np.subtract(even[:, 1:], odd[:, :-1], out=out[2])
    np.subtract(odd[:, :-1], odd[:, 1:], out=out[3])


class Tiles:
    """Memory for the transformed input of some samples and rows of tiles, filled anew for each."""

    def __init__(self, x: Array, geometry: Geometry, outputs: Axes) -> None:
        self.geometry, self.channels = geometry, x.shape[1]
        self.pairs, height = (outputs[1] + 1) // 2, (outputs[0] + 1) // 2
        self.samples = max(1, min(len(x), -(-COLUMNS // self.pairs)))
        wanted = max(PRODUCT, 3 * self.channels // (2 * geometry.groups))
        self.rows = min(height, -(-wanted // (self.samples * self.pairs)))
        shape = (self.channels, 2 * self.rows + 2, self.samples)
        self.columns = np.zeros((2, *shape, self.pairs + 1), x.dtype)
        self.half = np.empty((4, *shape, self.pairs), x.dtype)
        self.whole = np.empty((4, 4, self.channels, self.rows, self.samples, self.pairs), x.dtype)

    def over(self, batch: int, rows: int) -> Iterator[tuple[slice, int]]:
        """The samples of each block, and its first row of tiles."""
        for first in range(0, batch, self.samples):
            for top in range(0, (rows + 1) // 2, self.rows):
                yield slice(first, min(first + self.samples, batch)), top

    def of_input(self, x: Array, top: int) -> Array:
        """(16, groups, channels of a group, rows x samples x pairs) from tile row ``top`` on."""
        source = x.transpose(1, 2, 0, 3)  # channels, rows, samples, columns
        reached, read = seen(x.shape[2], 2 * self.rows + 2, 1, 2 * top - self.geometry.paddings[0])
        for start, columns in enumerate(self.columns):
            along, entries = seen(x.shape[3], self.pairs + 1, 2, start - self.geometry.paddings[1])
            columns[:, :reached.start], columns[:, reached.stop:] = 0, 0
            columns[:, reached, :len(x), along] = source[:, read, :, entries]
        even, odd = self.columns[:, :, :, :len(x)]
        half, whole = self.half[:, :, :, :len(x)], self.whole[:, :, :, :, :len(x)]
        np.subtract(even[..., :-1], even[..., 1:], out=half[0])
        np.add(odd[..., :-1], even[..., 1:], out=half[1])
        np.subtract(even[..., 1:], odd[..., :-1], out=half[2])
        np.subtract(odd[..., :-1], odd[..., 1:], out=half[3])
        for column in range(4):
            _inputs(half[column, :, ::2], half[column, :, 1::2], whole[:, column])
        groups = self.geometry.groups
        return whole.reshape(16, groups, self.channels // groups, -1)

    def of_output(self, gradient: Array, top: int) -> Array:
        """(16, groups, rows x samples x pairs, filters): the transpose of ``_outputs`` along both axes."""
        given = gradient.transpose(2, 0, 3, 1)[2 * top:2 * (top + self.rows)]
        tile = np.zeros((2, 2, self.rows, len(gradient), self.pairs, gradient.shape[1]), gradient.dtype)
        for row in range(2):
            for column in range(2):
                part = given[row::2, :, column::2]
                tile[row, column, :len(part), :, :part.shape[2]] = part
        half = np.empty((4, *tile.shape[1:]), tile.dtype)
        whole = np.empty((4, 4, *tile.shape[2:]), tile.dtype)
        for first, second, made in ((tile[0], tile[1], half), (half[:, 0], half[:, 1], whole.swapaxes(0, 1))):
            made[0] = first
            np.add(first, second, out=made[1])
            np.subtract(first, second, out=made[2])
            np.negative(second, out=made[3])
        return by_group(whole.reshape(16, -1, whole.shape[-1]), self.geometry.groups, 2).swapaxes(1, 2)
