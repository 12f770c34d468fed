"""Small images in large batches: samples as the last axis, so that memory is moved in long runs.

With samples innermost a batch is one image with one axis more, along which the kernel has one tap,
and that is what MEC computes, a block of samples at a time.
Source: the layout CHWN of Krizhevsky 2012, cuda-convnet; Cho and Brand 2017 for MEC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

import numpy as np

from . import mec
from .errors import Array
from .geometry import Geometry

COLUMNS = 400
"""About so many columns of a matrix product: the samples of a block times the outputs along a row."""


def forward(x: Array, w: Array, geometry: Geometry, out: Array) -> None:
    """out[n, m, o] = sum over c, k of w[m, c, k] x[n, c, s o + d k - p]."""
    for block in _blocks(len(x), prod(out.shape[3:])):
        made = np.empty((1, *out.shape[1:], block.stop - block.start), out.dtype)
        mec.forward(_last(x[block]), w[..., None], _with_samples(geometry), made)
        out[block] = np.moveaxis(made[0], -1, 0)


def weight_gradient(gradient: Array, x: Array, geometry: Geometry, out: Array) -> None:
    """out[m, c, k] = sum over n, o of gradient[n, m, o] x[n, c, s o + d k - p]."""
    out[...] = 0
    part = np.empty((*out.shape, 1), out.dtype)
    for block in _blocks(len(x), prod(gradient.shape[3:])):
        mec.weight_gradient(_last(gradient[block]), _last(x[block]), _with_samples(geometry), part)
        out += part[..., 0]


def _blocks(batch: int, columns: int) -> Iterator[slice]:
    together = max(16, COLUMNS // columns)
    return (slice(first, min(first + together, batch)) for first in range(0, batch, together))


def _last(array: Array) -> Array:
    """(1, channels, space..., samples)."""
    return np.ascontiguousarray(np.moveaxis(array, 0, -1))[None]


def _with_samples(geometry: Geometry) -> Geometry:
    return replace(geometry, strides=(*geometry.strides, 1), paddings=(*geometry.paddings, 0),
                   dilations=(*geometry.dilations, 1))
