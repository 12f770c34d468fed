"""Strided input gradient: one matrix product makes a column for each output, the columns are added up.

A column holds what one entry of the output gradient contributes to the inputs of its window.  Input
s q + r is summed as entry q of phase r, for each axis with stride s, so that what a tap contributes to
neighbouring columns goes to neighbours.  Rows of outputs are filled up with zeros to the length of rows
of sums: then all that a tap contributes is one run of memory, added to another in one pass.  A few
samples and rows of outputs at a time stay in the cache until they have been added.

Any geometry, finite kernels only: the zeros are multiplied like any other entry.
Source: Chellapilla, Puri and Simard 2006, "High Performance Convolutional Neural Networks for
Document Processing", section 3 (unfolding; this is its adjoint).
"""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np

from .errors import Array
from .geometry import Geometry, by_group, seen, space

TILE = 2**20
"""About so many entries of columns at a time."""


def input_gradient(gradient: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, c, i] = sum over the m, o, k with s o + d k - p = i of w[m, c, k] gradient[n, m, o]."""
    groups, kernel, strides = geometry.groups, w.shape[2:], geometry.strides
    filters = np.moveaxis(by_group(w, groups, 0), (1, 2), (-1, -2))  # groups, taps, in channels, out channels
    filters = np.ascontiguousarray(filters).reshape(groups, -1, len(w) // groups)
    slopes, result = by_group(gradient, groups, 1), by_group(out, groups, 1)
    places = [[divmod(d * k, s) for k in range(n)] for d, n, s in zip(geometry.dilations, kernel, strides, strict=True)]
    grid = [o + place[-1][0] for o, place in zip(gradient.shape[2:], places, strict=True)]  # entries of one phase
    steps = [prod(grid[axis + 1:]) for axis in range(len(grid))]
    height, row = gradient.shape[2], steps[0] * prod(kernel) * out.shape[1]
    rows = max(1, min(height, TILE // row))
    together = max(1, TILE // (row * rows))
    given = np.zeros((min(together, len(gradient)), *slopes.shape[1:3], rows, *grid[1:]), gradient.dtype)
    result[...] = 0
    for first in range(0, len(gradient), together):
        samples = slice(first, min(first + together, len(gradient)))
        # A row more than the grid has: the zeros behind the last row reach into it.
        sums = np.zeros((*strides, *result[samples].shape[:3], prod(grid) + steps[0]), out.dtype)
        for top in range(0, height, rows):
            part = slopes[samples, :, :, top:top + rows]
            run = given[:part.shape[0], :, :, :part.shape[3]]
            run[space(slice(o) for o in part.shape[3:])] = part
            made = np.matmul(filters, run.reshape(*run.shape[:3], -1))
            made = made.reshape(*made.shape[:2], prod(kernel), -1, made.shape[-1])
            for number, tap in enumerate(product(*places)):
                start = top * steps[0] + sum(shift * step for (shift, _), step in zip(tap, steps, strict=True))
                sums[tuple([phase for _, phase in tap])][..., start:start + made.shape[-1]] += made[:, :, number]
        whole = sums[..., :prod(grid)].reshape(*sums.shape[:-1], *grid)
        for phase in product(*[range(s) for s in strides]):
            pairs = [seen(h, n, s, r - p) for h, n, s, r, p in zip(
                out.shape[2:], grid, strides, phase, geometry.paddings, strict=True)]
            result[(samples, *space(i for _, i in pairs))] = whole[phase][space(o for o, _ in pairs)]
