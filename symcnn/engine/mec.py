"""Memory-efficient convolution: lower along the last axes only, then multiply overlapping blocks of rows.

The lowered array has the axes rows, taps along a row, channels, samples, outputs along a row.  The
rows that one row of outputs reads are neighbours in it, so that together they are one matrix, and
the matrices of neighbouring output rows overlap in memory.  One batched product makes all outputs
without a sum of partial results.  Compared with lowering along all axes this takes the kernel's
height times less memory.

Any stride; dilation along the first axis must be 1.  The input gradient is the adjoint: what a row of outputs
contributes to the rows of its windows is one product, and is added there; the stride along the other axes must
be 1.  Source: Cho and Brand 2017, "MEC: Memory-efficient Convolution for Deep Neural Network", ICML,
arXiv:1706.06873, algorithm 2.
"""

from __future__ import annotations

from math import prod

import numpy as np

from .errors import Array
from .geometry import Geometry, by_group, seen, windows
from .lowered import MERGED, Lowered, balanced
from .product import multiply

LOWERED = 2**22
"""About so many bytes are lowered for it at a time."""

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


def input_gradient(gradient: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, c, i] = sum over m, o, k with s o + d k - p = i of w[m, c, k] gradient[n, m, o]."""
    if out.ndim == 3:
        return input_gradient(gradient[:, :, None], w[:, :, None], geometry.with_rows(), out[:, :, None])
    groups, (height, *along), (taps, *others) = geometry.groups, gradient.shape[2:], w.shape[2:]
    slopes, result = by_group(gradient, groups, 1), by_group(out, groups, 1)
    channels, count, (tall, *wide) = w.shape[1], slopes.shape[2], out.shape[2:]
    used = taps * channels
    # Kernel rows and channels by kernel columns and filters; BLAS multiplies by four rows in less time than by three.
    filters = np.zeros((groups, 1, used + (used % 4 == 3), prod(others) * count), w.dtype)
    filters[:, 0, :used] = np.moveaxis(by_group(w, groups, 0), (1, 2, 3), (-1, 2, 1)).reshape(groups, used, -1)
    # Samples innermost; the blocks are of about one size, as those beyond the last are computed too, and dropped.
    together = balanced(len(out), MERGED // prod(wide))
    row = prod(others) * count * prod(wide) * together * out.itemsize
    rows = max(1, min(height, LOWERED // row))
    lowered = np.zeros((groups, prod(others), count, rows, *wide, together), out.dtype)
    matrices = lowered.reshape(groups, -1, rows, prod(wide) * together).swapaxes(1, 2)
    made = np.empty((groups, filters.shape[2], rows, matrices.shape[-1]), out.dtype)
    products, pieces = made.swapaxes(1, 2), made[:, :used].reshape(groups, taps, channels, rows, *wide, together)
    sums = np.empty((groups, channels, tall, *wide, together), out.dtype)
    backwards = Geometry((1,) * len(others), tuple(-p for p in geometry.paddings[1:]),
                         tuple(-d for d in geometry.dilations[1:]))
    copies = [(lowered[:, number][(*reached, slice(None))], (*entered, slice(None))) for number, (
        _, reached, entered) in enumerate(windows(backwards, tuple(others), tuple(along), tuple(wide)))]
    for first in range(0, len(out), together):
        samples = slice(first, min(first + together, len(out)))
        whole = slice(samples.stop - first)
        sums[...] = 0
        for top in range(0, height, rows):
            part = slice(min(rows, height - top))
            lines = slopes[samples, :, :, top:top + rows]
            lines = np.ascontiguousarray(lines.transpose(*range(1, lines.ndim), 0))
            for target, entries in copies:
                target[:, :, part, ..., whole] = lines[entries]
            np.matmul(filters, matrices[:, part], out=products[:, part])
            for tap in range(taps):
                start = geometry.strides[0] * top + geometry.dilations[0] * tap - geometry.paddings[0]
                given, reached = seen(tall, part.stop, geometry.strides[0], start)
                sums[:, :, reached] += pieces[:, tap, :, given]
        result[samples] = np.moveaxis(sums[..., whole], -1, 0)
