"""Strided input gradient: one matrix product makes a column for each output, the columns are added up.

A column holds what one entry of the output gradient contributes to the inputs of its window.  The
columns of a few rows of outputs at a time stay in the cache until they have been added to their
places, so the memory needed does not grow with the height.  Any geometry.
Source: Chellapilla, Puri and Simard 2006, "High Performance Convolutional Neural Networks for
Document Processing", section 3 (unfolding; this is its adjoint).
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from .errors import Array
from .geometry import Geometry, by_group, windows

TILE = 2**18
"""About so many entries of columns at a time."""


def input_gradient(gradient: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, c, i] = sum over the m, o, k with s o + d k - p = i of w[m, c, k] gradient[n, m, o]."""
    groups, kernel = geometry.groups, w.shape[2:]
    filters = by_group(w, groups, 0)
    filters = np.ascontiguousarray(np.moveaxis(filters, (1, 2), (-1, -2))).reshape(groups, -1, len(w) // groups)
    slopes, result = by_group(gradient, groups, 1), by_group(out, groups, 1)
    result[...] = 0
    height, *rest = gradient.shape[2:]
    rows = max(1, min(height, TILE // (prod(rest) * prod(kernel) * w.shape[1])))
    for n in range(len(gradient)):
        for first in range(0, height, rows):
            tile = slopes[n, :, :, first:first + rows]
            made = np.matmul(filters, tile.reshape(*tile.shape[:2], -1))
            made = made.reshape(groups, *kernel, w.shape[1], *tile.shape[2:])
            below = replace(geometry, paddings=(
                geometry.paddings[0] - geometry.strides[0] * first, *geometry.paddings[1:]))
            for tap, outputs, read in windows(below, kernel, out.shape[2:], tile.shape[2:]):
                result[n][read] += made[(slice(None), *tap)][outputs]
