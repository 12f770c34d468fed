"""Winograd's F(2, 3) along the last axis inside MEC: two thirds of the multiplications, direct accuracy.

The lowered array of MEC holds, for every two outputs along a row, four sums or differences of
neighbouring inputs in place of six copies; the rows that an output reads still are one matrix.  So
only additions are new, any number of kernel rows and any stride between rows will do, and the
shorter sums make up for the rounding of the additions.

Kernels of one or two axes with 3 taps, stride 1 and dilation 1 along the last; dilation 1 along the
first.  Neighbours are mixed: finite operands only.  Sources: Lavin and Gray 2016, arXiv:1509.09308,
section 4.1 (F(2, 3)); Cho and Brand 2017, arXiv:1706.06873 (the rows).
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .errors import Array, Axes
from .geometry import Geometry, by_group, seen

FILTER = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2
COLUMNS = 96
ENTRIES = 2**20
"""Samples are merged for so many columns of a product, up to so many entries of the lowered array."""


def forward(x: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, m, o] = sum over c, k of w[m, c, k] x[n, c, s o + d k - p]."""
    if x.ndim == 3:
        return forward(x[:, :, None], w[:, :, None], geometry.with_rows(), out[:, :, None])
    groups, count, rows, width = geometry.groups, len(w) // geometry.groups, *out.shape[2:]
    filters = by_group(w, groups, 0) @ FILTER.T.astype(w.dtype)  # groups, filters, channels, kernel rows, 4
    filters = filters.transpose(4, 0, 1, 3, 2).reshape(4, groups, 1, count, -1)
    lowered = Lowered(x, w.shape, geometry, out.shape[2:])
    made = np.empty((4, groups, rows, count, lowered.merged * lowered.pairs), out.dtype)
    for block in lowered.samples(len(x)):
        matrices = lowered.blocks(x[block])
        part = np.matmul(filters, matrices, out=made[..., :matrices.shape[-1]])
        part = part.reshape(4, groups, rows, count, -1, lowered.pairs)
        first, plus, minus, last = np.moveaxis(part, (4, 1, 3), (1, 2, 3))  # samples, groups, filters, rows, pairs
        target = by_group(out[block], groups, 1)
        first += plus
        np.add(first, minus, out=target[..., ::2])
        half = width // 2
        plus -= minus
        np.subtract(plus[..., :half], last[..., :half], out=target[..., 1::2])


def weight_gradient(gradient: Array, x: Array, geometry: Geometry, out: Array) -> None:
    """out[m, c, k] = sum over n, o of gradient[n, m, o] x[n, c, s o + d k - p]: the transposed form."""
    if x.ndim == 3:
        return weight_gradient(gradient[:, :, None], x[:, :, None], geometry.with_rows(), out[:, :, None])
    groups, rows, count = geometry.groups, gradient.shape[2], len(out) // geometry.groups
    lowered = Lowered(x, out.shape, geometry, gradient.shape[2:])
    total = np.zeros((4, groups, out.shape[2] * out.shape[1], count), out.dtype)
    made = np.empty_like(total)
    for block in lowered.samples(len(x)):
        matrices = lowered.blocks(x[block])
        slopes = np.zeros((4, groups, rows, count, len(x[block]), lowered.pairs), out.dtype)
        given = np.moveaxis(by_group(gradient[block], groups, 1), (1, 3, 2), (0, 1, 2))
        half = given.shape[-1] // 2
        slopes[0], slopes[3, ..., :half] = given[..., ::2], given[..., 1::2]
        np.add(slopes[0], slopes[3], out=slopes[1])
        np.subtract(slopes[0], slopes[3], out=slopes[2])
        np.negative(slopes[3], out=slopes[3])
        slopes = slopes.reshape(4, groups, rows, count, -1).swapaxes(3, 4)
        for row in range(rows):
            total += np.matmul(matrices[:, :, row], slopes[:, :, row], out=made)
    # kernel columns, groups, kernel rows, channels, filters
    result = np.tensordot(FILTER.T.astype(out.dtype), total, 1).reshape(3, groups, out.shape[2], out.shape[1], count)
    by_group(out, groups, 0)[...] = result.transpose(1, 4, 3, 2, 0)


class Lowered:
    """Memory for the lowered array of a block of samples: 4, groups, rows, channels, samples, pairs of outputs."""

    def __init__(self, x: Array, filters: Axes, geometry: Geometry, outputs: Axes) -> None:
        self.height, self.geometry, self.outputs = filters[2], geometry, outputs
        self.pairs = (outputs[1] + 1) // 2
        rows = geometry.strides[0] * (outputs[0] - 1) + self.height
        sample = (geometry.groups, rows, filters[1])
        room = ENTRIES // (4 * geometry.groups * rows * filters[1] * self.pairs)
        self.merged = max(1, min(len(x), -(-COLUMNS // self.pairs), room))
        # The entries of even and of odd number, with the padding, which no block writes.
        self.even, self.odd = np.zeros((2, *sample, self.merged, self.pairs + 1), x.dtype)
        self.array = np.empty((4, *sample, self.merged, self.pairs), x.dtype)

    def samples(self, count: int) -> list[slice]:
        """The blocks of samples to merge."""
        return [slice(first, min(first + self.merged, count)) for first in range(0, count, self.merged)]

    def blocks(self, x: Array) -> Array:
        """(4, groups, output rows, kernel rows x channels, samples x pairs)."""
        groups, rows, channels, merged, _ = self.even.shape
        source = by_group(x, groups, 1).transpose(1, 3, 2, 0, 4)  # groups, rows, channels, samples, columns
        top, side = self.geometry.paddings
        reached, read = seen(x.shape[2], rows, 1, -top)
        for target, start in ((self.even, -side), (self.odd, 1 - side)):
            along, entries = seen(x.shape[3], self.pairs + 1, 2, start)
            target[:, reached, :, :len(x), along] = source[:, read, :, :, entries]
        even, odd, array = self.even, self.odd, self.array
        np.subtract(even[..., :-1], even[..., 1:], out=array[0])
        np.add(odd[..., :-1], even[..., 1:], out=array[1])
        np.subtract(even[..., 1:], odd[..., :-1], out=array[2])
        np.subtract(odd[..., :-1], odd[..., 1:], out=array[3])
        strides = array.strides
        return as_strided(
            array, (4, groups, self.outputs[0], self.height * channels, len(x) * self.pairs),
            (strides[0], strides[1], self.geometry.strides[0] * strides[2], strides[3], array.itemsize))
