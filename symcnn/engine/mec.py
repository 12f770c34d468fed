"""Memory-efficient convolution: lower along the last axes only, then multiply overlapping blocks of rows.

The lowered array has the axes rows, taps along a row, channels, samples, outputs along a row.  The
rows that one row of outputs reads are neighbours in it, so that together they are one matrix, and
the matrices of neighbouring output rows overlap in memory.  One batched product makes all outputs
without a sum of partial results.  Compared with lowering along all axes this takes the kernel's
height times less memory.

Any stride; dilation along the first axis must be 1.  Source: Cho and Brand 2017, "MEC:
Memory-efficient Convolution for Deep Neural Network", ICML, arXiv:1706.06873, algorithm 2.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .errors import Array, Axes
from .geometry import Geometry, by_group, windows

COLUMNS = 96
WORK = 2**19
ENTRIES = 2**20
"""Samples are merged until a matrix product has so many columns and multiply-accumulates, which keep it
busy, but not beyond so many entries of the lowered array, which should stay in the cache."""

PARTIAL = 2**18
"""About so many entries of partial sums of the weight gradient at a time."""


def forward(x: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, m, o] = sum over c, k of w[m, c, k] x[n, c, s o + d k - p]."""
    if x.ndim == 3:
        return forward(x[:, :, None], w[:, :, None], geometry.with_rows(), out[:, :, None])
    groups, count, rows = geometry.groups, len(w) // geometry.groups, out.shape[2]
    # (groups, 1, filters, kernel rows x kernel columns x channels), in the order of the lowered array.
    filters = np.moveaxis(by_group(w, groups, 0), 2, -1).reshape(groups, 1, count, -1)
    lowered = Lowered(x, w.shape, geometry, out.shape[2:])
    straight = lowered.merged == 1 and out.ndim == 4  # into the result, whose rows may lie apart
    made = None if straight else np.empty((groups, rows, count, lowered.merged * prod(out.shape[3:])), out.dtype)
    for block in lowered.samples(len(x)):
        matrices, target = lowered.blocks(x[block]), by_group(out[block], groups, 1)
        if made is None:
            np.matmul(filters, matrices, out=target[0].swapaxes(1, 2))
        else:
            part = np.matmul(filters, matrices, out=made[..., :matrices.shape[-1]])
            part = part.reshape(groups, rows, count, len(target), *out.shape[3:])
            target[...] = np.moveaxis(part, (3, 0, 2), (0, 1, 2))


def weight_gradient(gradient: Array, x: Array, geometry: Geometry, out: Array) -> None:
    """out[m, c, k] = sum over n, o of gradient[n, m, o] x[n, c, s o + d k - p]."""
    if x.ndim == 3:
        return weight_gradient(gradient[:, :, None], x[:, :, None], geometry.with_rows(), out[:, :, None])
    groups, rows = geometry.groups, gradient.shape[2]
    lowered = Lowered(x, out.shape, geometry, gradient.shape[2:])
    result = by_group(out, groups, 0)
    total = np.zeros((groups, prod(result.shape[2:]), result.shape[1]), out.dtype)
    together = max(1, PARTIAL // total.size)
    for block in lowered.samples(len(x)):
        matrices = lowered.blocks(x[block])
        slopes = np.moveaxis(by_group(gradient[block], groups, 1), (1, 3, 2), (0, 1, 2)).reshape(
            groups, rows, total.shape[2], -1).swapaxes(2, 3)
        for first in range(0, rows, together):
            part = slice(first, first + together)
            total += np.matmul(matrices[:, part], slopes[:, part]).sum(axis=1)
    ordered = np.moveaxis(result, (1, 2), (-1, -2))  # as the lowered array: groups, taps, channels, filters
    ordered[...] = total.reshape(ordered.shape)


class Lowered:
    """Memory for the lowered array of a block of samples, filled anew for each block.

    Zeros that stand for the padding are written once: every block leaves them as they are.
    """

    def __init__(self, x: Array, filters: Axes, geometry: Geometry, outputs: Axes) -> None:
        self.kernel, self.geometry, self.outputs = filters[2:], geometry, outputs
        rows = geometry.strides[0] * (outputs[0] - 1) + self.kernel[0]
        sample = (geometry.groups, rows, prod(self.kernel[1:]), x.shape[1] // geometry.groups)
        columns = prod(outputs[1:])
        wanted = max(-(-COLUMNS // columns), -(-WORK // (prod(filters) // geometry.groups * columns)))
        self.merged = max(1, min(len(x), wanted, ENTRIES // (prod(sample) * columns)))
        self.array = np.zeros((*sample, self.merged, *outputs[1:]), x.dtype)

    def samples(self, count: int) -> list[slice]:
        """The blocks of samples to merge."""
        return [slice(first, min(first + self.merged, count)) for first in range(0, count, self.merged)]

    def blocks(self, x: Array) -> Array:
        """(groups, output rows, kernel rows x kernel columns x channels, samples x outputs along a row)."""
        array, strides = self.array, self.array.strides
        groups, rows, taps, channels, merged, *rest = array.shape
        source = by_group(x, groups, 1).swapaxes(0, 1).swapaxes(1, 2)  # groups, channels, samples, space
        within = Geometry((1, *self.geometry.strides[1:]), self.geometry.paddings, (1, *self.geometry.dilations[1:]))
        places = windows(within, (1, *self.kernel[1:]), x.shape[2:], (rows, *rest))
        for number, (_, (_, reached, *along), (_, read, *entries)) in enumerate(places):
            array[(slice(None), reached, number, slice(None), slice(0, len(x)), *along)] = np.moveaxis(
                source[(..., read, *entries)], 3, 1)
        return as_strided(array, (groups, self.outputs[0], self.kernel[0] * taps * channels, len(x) * prod(rest)),
                          (strides[0], self.geometry.strides[0] * strides[1], strides[3], array.itemsize))
