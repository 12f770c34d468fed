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

from .errors import Array
from .geometry import Geometry, by_group
from .lowered import Lowered
from .product import multiply

PARTIAL = 2**18
"""About so many entries of partial sums of the weight gradient at a time."""


def forward(x: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, m, o] = sum over c, k of w[m, c, k] x[n, c, s o + d k - p]."""
    if x.ndim == 3:
        return forward(x[:, :, None], w[:, :, None], geometry.with_rows(), out[:, :, None])
    groups, count = geometry.groups, len(w) // geometry.groups
    rows_of_filters = count + (count % 4 == 3)  # BLAS multiplies by four rows in less time than by three
    # (groups, 1, filters, kernel rows x kernel columns x channels), in the order of the lowered array.
    filters = np.zeros((groups, 1, rows_of_filters, w[0].size), w.dtype)
    filters[:, 0, :count] = np.moveaxis(by_group(w, groups, 0), 2, -1).reshape(groups, count, -1)
    lowered = Lowered(x, w.shape, geometry, out.shape[2:])
    straight = lowered.tiling.samples == 1 and rows_of_filters == count and out[0, 0, 0].flags.c_contiguous
    made = None if straight else np.empty(  # otherwise into the result itself
        (groups, lowered.tiling.rows, rows_of_filters, lowered.tiling.samples * prod(out.shape[3:])), out.dtype)
    for samples, rows in lowered.tiling.over(len(x), out.shape[2]):
        matrices, target = lowered.blocks(x[samples], rows), by_group(out[samples, :, rows], groups, 1)
        if made is None:
            multiply(filters, matrices, target[0].reshape(*target.shape[1:4], -1).swapaxes(1, 2))
        else:
            part = multiply(filters, matrices, made[:, :matrices.shape[1], :, :matrices.shape[-1]])
            part = lowered.samples_first(part[:, :, :count])[:, :, :, :len(target)]
            target[...] = part.transpose(3, 0, 2, 1, *range(4, part.ndim))


def weight_gradient(gradient: Array, x: Array, geometry: Geometry, out: Array) -> None:
    """out[m, c, k] = sum over n, o of gradient[n, m, o] x[n, c, s o + d k - p]."""
    if x.ndim == 3:
        return weight_gradient(gradient[:, :, None], x[:, :, None], geometry.with_rows(), out[:, :, None])
    groups, result = geometry.groups, by_group(out, geometry.groups, 0)
    lowered = Lowered(x, out.shape, geometry, gradient.shape[2:])
    total = np.zeros((groups, prod(result.shape[2:]), result.shape[1]), out.dtype)
    together = max(1, PARTIAL // total.size)
    for samples, rows in lowered.tiling.over(len(x), gradient.shape[2]):
        matrices = lowered.blocks(x[samples], rows)
        # Filters innermost: BLAS multiplies two matrices that lie in the order of the sum more slowly.
        slopes = np.moveaxis(by_group(gradient[samples, :, rows], groups, 1), (1, 3, 2), (0, 1, -1))
        slopes = lowered.as_columns(slopes)
        for first in range(0, matrices.shape[1], together):
            part = slice(first, first + together)
            total += np.matmul(matrices[:, part], slopes[:, part]).sum(axis=1)
    ordered = np.moveaxis(result, (1, 2), (-1, -2))  # as the lowered array: groups, taps, channels, filters
    ordered[...] = total.reshape(ordered.shape)
