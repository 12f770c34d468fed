"""The definition, one tap of the kernel at a time: any dtype, any number of axes, any geometry.

Every tap multiplies the entries of the input that it reads by its matrix of channels.  The padding is
written out, and its zeros are entries like any other, so that times an infinite weight they give NaN.
Source: Goodfellow, Bengio and Courville 2016, "Deep Learning", MIT Press, equations 9.8, 9.11 and 9.13
(stride); Dumoulin and Visin 2016, arXiv:1603.07285, section 5.1 (dilation).
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from .errors import Array, Axes
from .geometry import Geometry, by_group, space, windows


def forward(x: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, m, o] = sum over c, k of w[m, c, k] x[n, c, s o + d k - p]."""
    x, geometry = padded(x, geometry)
    inputs, filters = by_group(x, geometry.groups, 1), by_group(w, geometry.groups, 0)
    result = by_group(out, geometry.groups, 1)
    result[...] = 0
    for tap, outputs, read in windows(geometry, w.shape[2:], x.shape[2:], out.shape[2:]):
        result[outputs] += _product(filters[space(tap)], inputs[read])


def input_gradient(gradient: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, c, i] = sum over the m, o, k with s o + d k - p = i of w[m, c, k] gradient[n, m, o]."""
    size = tuple(h + 2 * p for h, p in zip(out.shape[2:], geometry.paddings, strict=True))
    whole, inside = np.zeros((*out.shape[:2], *size), out.dtype), unpadded(geometry)
    slopes, filters = by_group(gradient, geometry.groups, 1), by_group(w, geometry.groups, 0)
    result = by_group(whole, geometry.groups, 1)
    for tap, outputs, read in windows(inside, w.shape[2:], whole.shape[2:], gradient.shape[2:]):
        result[read] += _product(filters[space(tap)].swapaxes(1, 2), slopes[outputs])
    out[...] = whole[space(slice(p, p + h) for p, h in zip(geometry.paddings, out.shape[2:], strict=True))]


def weight_gradient(gradient: Array, x: Array, geometry: Geometry, out: Array) -> None:
    """out[m, c, k] = sum over n, o of gradient[n, m, o] x[n, c, s o + d k - p]."""
    x, geometry = padded(x, geometry)
    inputs, slopes = by_group(x, geometry.groups, 1), by_group(gradient, geometry.groups, 1)
    result = by_group(out, geometry.groups, 0)
    for tap, outputs, read in windows(geometry, out.shape[2:], x.shape[2:], gradient.shape[2:]):
        result[space(tap)] = _columns(slopes[outputs]) @ _columns(inputs[read]).swapaxes(1, 2)


def padded(x: Array, geometry: Geometry) -> tuple[Array, Geometry]:
    """The input with its zeros written out, and the geometry that is left."""
    return np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in geometry.paddings]]), unpadded(geometry)


def unpadded(geometry: Geometry) -> Geometry:
    """The same without padding."""
    return replace(geometry, paddings=(0,) * len(geometry.paddings))


def _product(matrices: Array, entries: Array) -> Array:
    """Channels (groups, out, in) times entries (samples, groups, in, space...)."""
    space: Axes = entries.shape[3:]
    made = matrices @ entries.reshape(*entries.shape[:3], prod(space))
    return made.reshape(*made.shape[:3], *space)


def _columns(entries: Array) -> Array:
    """From (samples, groups, channels, space...) to (groups, channels, samples x space)."""
    moved = np.moveaxis(entries, 0, 2)
    return moved.reshape(*moved.shape[:2], -1)
