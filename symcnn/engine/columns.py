"""Strided input gradient: one matrix product makes a column for each output, the columns are added up.

A column holds what one entry of the output gradient contributes to the inputs of its window.  With
stride s, what a tap contributes goes to every s-th input, so the inputs are summed in s phases per
axis, where neighbours in a column are neighbours in memory.  The columns of a few samples and rows
of outputs at a time stay in the cache until they have been added.  Any geometry.
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
    height, *rest = gradient.shape[2:]
    row = prod(rest) * prod(kernel) * out.shape[1]
    rows = max(1, min(height, TILE // row))
    together = max(1, TILE // (row * rows))
    for first in range(0, len(gradient), together):
        samples = slice(first, first + together)
        sums = np.zeros((*strides, *result[samples].shape[:3], *[-(-h // s) for h, s in zip(
            out.shape[2:], strides, strict=True)]), out.dtype)
        for top in range(0, height, rows):
            _add_columns(sums, filters, slopes[samples, :, :, top:top + rows], geometry, kernel, top)
        for phase in product(*[range(s) for s in strides]):
            place = result[samples][space(slice(r, None, s) for r, s in zip(phase, strides, strict=True))]
            place[...] = sums[phase][space(slice(n) for n in place.shape[3:])]


def _add_columns(sums: Array, filters: Array, slopes: Array, geometry: Geometry, kernel: tuple[int, ...],
                 top: int) -> None:
    """Add what the rows of outputs from ``top`` on contribute to the phases of the inputs."""
    outputs, strides = slopes.shape[3:], geometry.strides
    made = np.matmul(filters, slopes.reshape(*slopes.shape[:3], -1))
    made = made.reshape(*made.shape[:2], *kernel, -1, *outputs)
    for tap in np.ndindex(*kernel):
        places = [divmod(d * k - p, s) for d, k, p, s in zip(
            geometry.dilations, tap, geometry.paddings, strides, strict=True)]
        pairs = [seen(n, o, 1, shift + (top if axis == 0 else 0)) for axis, (n, o, (shift, _)) in enumerate(zip(
            sums.shape[-len(kernel):], outputs, places, strict=True))]
        target = sums[tuple(phase for _, phase in places)]
        target[space(i for _, i in pairs)] += made[(slice(None), slice(None), *tap)][space(o for o, _ in pairs)]
