"""Where the taps of a kernel read: stride, padding, dilation and groups of a convolution.

A strategy sees every convolution the same way: output o reads, through tap k, the input at
``stride * o + dilation * k - padding`` along each axis, and what lies outside the input is zero.
Inside the engine a padding may be negative; it then crops the input in front.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .errors import Array, Axes


@dataclass(frozen=True)
class Geometry:
    """Stride, padding in front and dilation per spatial axis, in entries, and the number of groups."""

    strides: Axes
    paddings: Axes
    dilations: Axes
    groups: int = 1

    @property
    def plain(self) -> bool:
        """Whether the taps lie side by side and so do the windows."""
        return all(n == 1 for n in (*self.strides, *self.dilations))

    def with_rows(self) -> Geometry:
        """The same with an axis of extent 1 in front, for arrays of one spatial axis."""
        return replace(self, strides=(1, *self.strides), paddings=(0, *self.paddings), dilations=(1, *self.dilations))

    def adjoint(self, kernel: Axes) -> Geometry:
        """With stride 1: the convolution that is the input gradient, its kernel flipped."""
        return replace(self, paddings=tuple(
            d * (k - 1) - p for k, p, d in zip(kernel, self.paddings, self.dilations, strict=True)))


def seen(size: int, outputs: int, stride: int, first: int) -> tuple[slice, slice]:
    """The outputs o whose entry ``stride * o + first`` lies in an axis of ``size``, and these entries."""
    low = max(0, -(first // stride))
    high = min(outputs, (size - 1 - first) // stride + 1)
    if high <= low:
        return slice(0, 0), slice(0, 0)
    start = stride * low + first
    return slice(low, high), slice(start, start + stride * (high - low - 1) + 1, stride)


def windows(geometry: Geometry, kernel: Axes, size: Axes, outputs: Axes) -> Iterator[tuple[Axes, Any, Any]]:
    """For each tap: its index, the outputs that read an entry of the input through it, and these entries."""
    for tap in np.ndindex(*kernel):
        pairs = [seen(h, o, s, d * k - p) for h, o, s, d, k, p in zip(
            size, outputs, geometry.strides, geometry.dilations, tap, geometry.paddings, strict=True)]
        yield tap, space(o for o, _ in pairs), space(i for _, i in pairs)


def space(index: Iterable[slice | int]) -> tuple[Any, ...]:
    """Index of the trailing axes."""
    return (..., *index)


def by_group(array: Array, groups: int, axis: int) -> Array:
    """The array with its channel axis split into groups and the channels of one group."""
    shape = array.shape
    return array.reshape(*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1:])


def flipped(w: Array, groups: int) -> Array:
    """The kernel of the input gradient: flipped along its axes, in and out channels of each group swapped."""
    grouped = np.swapaxes(by_group(w, groups, 0), 1, 2)[space([slice(None, None, -1)] * (w.ndim - 2))]
    swapped: Array = grouped.reshape(grouped.shape[0] * grouped.shape[1], *grouped.shape[2:])
    return swapped

