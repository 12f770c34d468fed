"""Input gradient with stride 1: the output gradient is lowered along the last axes, and rows of products are added up.

This is the adjoint of ``mec``: one product makes what a row of outputs contributes to each row of its windows, and
these rows are added where they belong.  Samples are the last axis, so that memory is moved in long runs.  The forward
convolution with the flipped kernel, which is another way, multiplies the zeros above and below the gradient as well.

Any dilation, finite kernels only: the zeros beside the gradient are multiplied like any other entry.
Source: Cho and Brand 2017, "MEC: Memory-efficient Convolution for Deep Neural Network", ICML, arXiv:1706.06873.
"""

from __future__ import annotations

from math import prod

import numpy as np

from .errors import Array
from .geometry import Geometry, by_group, seen, windows
from .lowered import BYTES, MERGED, balanced


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
    row = groups * (prod(others) * count + filters.shape[2]) * prod(wide) * together * out.itemsize
    rows = max(1, min(height, BYTES // row))
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
                given, reached = seen(tall, part.stop, 1, top + geometry.dilations[0] * tap - geometry.paddings[0])
                sums[:, :, reached] += pieces[:, tap, :, given]
        result[samples] = np.moveaxis(sums[..., whole], -1, 0)
