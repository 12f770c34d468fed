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
from .tiles import Tiling

FILTER = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2


def forward(x: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, m, o] = sum over c, k of w[m, c, k] x[n, c, s o + d k - p]."""
    if x.ndim == 3:
        return forward(x[:, :, None], w[:, :, None], geometry.with_rows(), out[:, :, None])
    groups, count, half = geometry.groups, len(w) // geometry.groups, out.shape[3] // 2
    filters = by_group(w, groups, 0).transpose(4, 0, 1, 3, 2)  # kernel columns, groups, filters, kernel rows, channels
    filters = (FILTER.astype(w.dtype) @ filters.reshape(3, -1)).reshape(4, groups, 1, count, -1)
    lowered = Lowered(x, w.shape, geometry, out.shape[2:])
    made = np.empty((4, groups, lowered.tiling.rows, count, lowered.tiling.samples * lowered.pairs), out.dtype)
    for samples, rows in lowered.tiling.over(len(x), out.shape[2]):
        matrices = lowered.blocks(x[samples], rows)
        part = np.matmul(filters, matrices, out=made[:, :, :matrices.shape[2], :, :matrices.shape[-1]])
        part = part.reshape(*part.shape[:4], -1, lowered.pairs)
        first, plus, minus, last = np.moveaxis(part, (4, 1, 3), (1, 2, 3))  # samples, groups, filters, rows, pairs
        target = by_group(out[samples, :, rows], groups, 1)
        first += plus
        np.add(first, minus, out=target[..., ::2])
        plus -= minus
        np.subtract(plus[..., :half], last[..., :half], out=target[..., 1::2])


def weight_gradient(gradient: Array, x: Array, geometry: Geometry, out: Array) -> None:
    """out[m, c, k] = sum over n, o of gradient[n, m, o] x[n, c, s o + d k - p]: the transposed form."""
    if x.ndim == 3:
        return weight_gradient(gradient[:, :, None], x[:, :, None], geometry.with_rows(), out[:, :, None])
    groups, count, half = geometry.groups, len(out) // geometry.groups, gradient.shape[3] // 2
    lowered = Lowered(x, out.shape, geometry, gradient.shape[2:])
    total = np.zeros((4, groups, out.shape[2] * out.shape[1], count), out.dtype)
    made = np.empty_like(total)
    for samples, rows in lowered.tiling.over(len(x), gradient.shape[2]):
        matrices = lowered.blocks(x[samples], rows)
        given = np.moveaxis(by_group(gradient[samples, :, rows], groups, 1), (1, 3, 2), (0, 1, 2))
        slopes = np.zeros((4, *given.shape[:-1], lowered.pairs), out.dtype)
        slopes[0], slopes[3, ..., :half] = given[..., ::2], given[..., 1::2]
        np.add(slopes[0], slopes[3], out=slopes[1])
        np.subtract(slopes[0], slopes[3], out=slopes[2])
        np.negative(slopes[3], out=slopes[3])
        slopes = slopes.reshape(*slopes.shape[:4], -1).swapaxes(3, 4)
        for row in range(matrices.shape[2]):
            total += np.matmul(matrices[:, :, row], slopes[:, :, row], out=made)
    # kernel columns, groups, kernel rows, channels, filters
    result = np.tensordot(FILTER.T.astype(out.dtype), total, 1).reshape(3, groups, out.shape[2], out.shape[1], count)
    by_group(out, groups, 0)[...] = result.transpose(1, 4, 3, 2, 0)


class Lowered:
    """Memory for the lowered array of a tile: 4, groups, rows, channels, samples, pairs of outputs."""

    def __init__(self, x: Array, filters: Axes, geometry: Geometry, outputs: Axes) -> None:
        self.height, self.geometry, self.pairs = filters[2], geometry, (outputs[1] + 1) // 2
        self.tiling = Tiling.of(filters, geometry, outputs, len(x), 4 * geometry.groups * filters[1] * self.pairs,
                                self.pairs)
        shape = (geometry.groups, self.tiling.read, filters[1], self.tiling.samples)
        # The entries of even and of odd number; zeros that stand for the padding along a row are written once.
        self.even, self.odd = np.zeros((2, *shape, self.pairs + 1), x.dtype)
        self.array = np.empty((4, *shape, self.pairs), x.dtype)

    def blocks(self, x: Array, rows: slice) -> Array:
        """(4, groups, output rows, kernel rows x channels, samples x pairs)."""
        even, odd, array, stride = self.even, self.odd, self.array, self.geometry.strides[0]
        groups, read, channels = even.shape[:3]
        source = by_group(x, groups, 1).transpose(1, 3, 2, 0, 4)  # groups, rows, channels, samples, columns
        reached, entered = seen(x.shape[2], read, 1, stride * rows.start - self.geometry.paddings[0])
        for target, start in ((even, 0), (odd, 1)):
            along, entries = seen(x.shape[3], self.pairs + 1, 2, start - self.geometry.paddings[1])
            target[:, :reached.start], target[:, reached.stop:] = 0, 0
            target[:, reached, :, :len(x), along] = source[:, entered, :, :, entries]
        np.subtract(even[..., :-1], even[..., 1:], out=array[0])
        np.add(odd[..., :-1], even[..., 1:], out=array[1])
        np.subtract(even[..., 1:], odd[..., :-1], out=array[2])
        np.subtract(odd[..., :-1], odd[..., 1:], out=array[3])
        return as_strided(
            array, (4, groups, rows.stop - rows.start, self.height * channels, len(x) * self.pairs),
            (*array.strides[:2], stride * array.strides[2], array.strides[3], array.itemsize))
