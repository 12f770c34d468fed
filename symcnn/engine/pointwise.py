"""A kernel of one tap: nothing but a matrix product of the channels.

No padding; a stride leaves out entries first.
"""

from __future__ import annotations

import numpy as np

from .errors import Array
from .geometry import Geometry, by_group, space


def forward(x: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, m, o] = sum over c of w[m, c] x[n, c, s o]."""
    inputs = _matrices(by_group(_reached(x, geometry), geometry.groups, 1))
    np.matmul(_filters(w, geometry), inputs, out=_matrices(by_group(out, geometry.groups, 1)))


def input_gradient(gradient: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, c, s o] = sum over m of w[m, c] gradient[n, m, o], and 0 between these places."""
    slopes, filters = _matrices(by_group(gradient, geometry.groups, 1)), _filters(w, geometry).swapaxes(1, 2)
    if gradient.shape[2:] == out.shape[2:]:
        np.matmul(filters, slopes, out=_matrices(by_group(out, geometry.groups, 1)))
        return
    out[...] = 0
    reached = _reached(out, geometry)
    reached[...] = np.matmul(filters, slopes).reshape(reached.shape)


def weight_gradient(gradient: Array, x: Array, geometry: Geometry, out: Array) -> None:
    """out[m, c] = sum over n, o of gradient[n, m, o] x[n, c, s o]."""
    slopes = _matrices(by_group(gradient, geometry.groups, 1))
    inputs = _matrices(by_group(_reached(x, geometry), geometry.groups, 1))
    result, made = _filters(out, geometry), np.empty_like(_filters(out, geometry))
    result[...] = 0
    for slope, entries in zip(slopes, inputs, strict=True):
        result += np.matmul(slope, entries.swapaxes(1, 2), out=made)


def _reached(x: Array, geometry: Geometry) -> Array:
    reached: Array = x[space(slice(None, None, s) for s in geometry.strides)]
    return reached


def _filters(w: Array, geometry: Geometry) -> Array:
    """(groups, out channels, in channels), a view."""
    filters: Array = by_group(w, geometry.groups, 0)[space([0] * (w.ndim - 2))]
    return filters


def _matrices(grouped: Array) -> Array:
    """(samples, groups, channels, positions)."""
    return grouped.reshape(*grouped.shape[:3], -1)
