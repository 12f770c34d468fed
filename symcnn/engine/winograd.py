"""Winograd's minimal filtering: tiles of outputs from fewer multiplications than windows have entries.

F(m, 3) makes m outputs of a 3-tap filter from a tile of m + 2 inputs with m + 2 multiplications:
y = Aᵀ[(G w) ⊙ (Bᵀ d)].  On several axes the transforms are Kronecker products.  Summed over the
channels, the multiplications are one matrix product for each entry of a tile.

The weight gradient is the transpose of the same bilinear form: dw = Gᵀ[(A dy) ⊙ (Bᵀ d)].

Kernels of 3 taps on every axis, stride and dilation 1.  The transforms mix the entries of a tile,
so NaN and infinity would spread in it: finite operands only.  m = 4 costs float32 about two digits,
float64 about two of sixteen.  Source: Lavin and Gray 2016, "Fast Algorithms for Convolutional
Neural Networks", CVPR, arXiv:1509.09308, section 4.
"""

from __future__ import annotations

from functools import reduce
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .errors import Array, Axes
from .geometry import Geometry, by_group, seen, space
from .product import multiply, multiply_long

TILES = 2**19
"""About so many entries of transformed input at a time, that they stay in the cache."""


class Transforms(NamedTuple):
    """Bᵀ of the input, G of the filter and Aᵀ of the output for one axis."""

    input: Array
    filter: Array
    output: Array

    @property
    def outputs(self) -> int:
        return len(self.output)

    def on(self, axes: int, dtype: np.dtype[Any]) -> Transforms:
        """The transforms for tiles of several axes."""
        return Transforms(*[reduce(np.kron, [m] * axes).astype(dtype) for m in self])


F2 = Transforms(
    np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]),
    np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2,
    np.array([[1, 1, 1, 0], [0, 1, -1, -1]]),
)
"""F(2, 3), section 4.1: interpolation at 0, 1, -1."""

F4 = Transforms(
    np.array([[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0],
              [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]]),
    np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24,
    np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]),
)
"""F(4, 3), section 4.2: interpolation at 0, 1, -1, 2, -2."""


def forward(x: Array, w: Array, geometry: Geometry, out: Array, base: Transforms = F4) -> None:
    """out[n, m, o] = sum over c, k of w[m, c, k] x[n, c, o + k - p]."""
    axes, groups = x.ndim - 2, geometry.groups
    on = base.on(axes, x.dtype)
    filters = on.filter @ by_group(w, groups, 0).reshape(-1, w[0, 0].size).T
    filters = filters.reshape(-1, groups, w.shape[0] // groups, w.shape[1])
    tiles = Tiles(x, geometry, out.shape[2:], base)
    for block in tiles.blocks(len(x)):
        seen_through = on.input @ tiles.of_input(x[block])
        inputs = seen_through.reshape(len(filters), groups, w.shape[1], -1)
        products = multiply(filters, inputs, np.empty((*filters.shape[:3], inputs.shape[-1]), out.dtype))
        tiles.into(out[block], on.output @ products.reshape(len(filters), -1))


def weight_gradient(gradient: Array, x: Array, geometry: Geometry, out: Array, base: Transforms = F4) -> None:
    """out[m, c, k] = sum over n, o of gradient[n, m, o] x[n, c, o + k - p]."""
    axes, groups = x.ndim - 2, geometry.groups
    on = base.on(axes, x.dtype)
    tiles = Tiles(x, geometry, gradient.shape[2:], base)
    total = np.zeros((len(on.input), groups, x.shape[1] // groups, len(out) // groups), x.dtype)
    for block in tiles.blocks(len(x)):
        inputs = (on.input @ tiles.of_input(x[block])).reshape(*total.shape[:3], -1)
        slopes = (on.output.T @ tiles.of_output(gradient[block])).reshape(len(total), -1, len(out))
        total += multiply_long(inputs, by_group(slopes, groups, 2).swapaxes(1, 2))
    result = (on.filter.T @ total.reshape(len(total), -1)).reshape(-1, *total.shape[1:])
    by_group(out, groups, 0)[...] = result.transpose(1, 3, 2, 0).reshape(groups, -1, *out.shape[1:])


class Tiles:
    """Cuts inputs and outputs into tiles, the entries of a tile on the first axis."""

    def __init__(self, x: Array, geometry: Geometry, outputs: Axes, base: Transforms) -> None:
        self.outputs, self.geometry, self.step = outputs, geometry, base.outputs
        self.counts = tuple(-(-o // self.step) for o in outputs)
        self.entries, self.channels = prod([len(base.input)] * len(outputs)), x.shape[1]

    def blocks(self, samples: int) -> list[slice]:
        together = max(1, TILES // (self.entries * self.channels * prod(self.counts)))
        return [slice(first, first + together) for first in range(0, samples, together)]

    def of_input(self, x: Array) -> Array:
        """(entries of a tile, channels x samples x tiles): neighbouring tiles share two entries per axis."""
        widths = tuple(self.step * c + 2 for c in self.counts)
        padded = np.zeros((*x.shape[:2], *widths), x.dtype)
        pairs = [seen(h, width, 1, -p) for h, width, p in zip(
            x.shape[2:], widths, self.geometry.paddings, strict=True)]
        padded[space(o for o, _ in pairs)] = x[space(i for _, i in pairs)]
        spatial = tuple(range(2, x.ndim))
        views = sliding_window_view(padded, [self.step + 2] * len(spatial), axis=spatial)
        apart = [slice(None, None, self.step)] * len(spatial)
        views = views[space([*apart, *[slice(None)] * len(spatial)])]  # samples, channels, tiles..., entries...
        return self._entries_first(views, (1, 0, *spatial))

    def of_output(self, gradient: Array) -> Array:
        """(entries of a tile, samples x tiles x channels): these tiles lie side by side."""
        whole = np.zeros((*gradient.shape[:2], *[self.step * c for c in self.counts]), gradient.dtype)
        whole[space(slice(o) for o in self.outputs)] = gradient
        shape = [n for count in self.counts for n in (count, self.step)]
        axes = len(self.counts)
        split = whole.reshape(*gradient.shape[:2], *shape)
        views = np.moveaxis(split, range(3, 3 + 2 * axes, 2), range(-axes, 0))
        return self._entries_first(views, (0, *range(2, 2 + axes), 1))

    def into(self, out: Array, tiles: Array) -> None:
        """Put tiles (entries of a tile, channels x samples x tiles) into their places."""
        axes = len(self.counts)
        split = tiles.reshape(*[self.step] * axes, out.shape[1], len(out), *self.counts)
        order = [axes + 1, axes, *[a for axis in range(axes) for a in (axes + 2 + axis, axis)]]
        whole = split.transpose(order).reshape(*out.shape[:2], *[self.step * c for c in self.counts])
        out[...] = whole[space(slice(o) for o in self.outputs)]

    def _entries_first(self, views: Array, order: Axes) -> Array:
        """From (samples, channels, tiles..., entries...), the first axes in this order."""
        axes = len(self.counts)
        return views.transpose(*range(2 + axes, 2 + 2 * axes), *order).reshape(prod(views.shape[2 + axes:]), -1)
