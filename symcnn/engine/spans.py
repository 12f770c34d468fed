"""The windows of a pooling along one axis: which entries they read, and how many of these lie inside.

A window is a box, so its maximum is the maximum along one axis of the maxima along the next, and so is
its sum: a pooling takes one axis at a time.  Symbols as in ``convolution``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .convolution import output_size
from .errors import Array, Axes, EngineError, PerAxis, per_axis
from .geometry import seen


@dataclass(frozen=True)
class Span:
    """Windows along one axis of an array; the axis is counted from the end, so it is negative."""

    axis: int
    size: int
    kernel: int
    stride: int
    padding: int
    dilation: int

    @property
    def outputs(self) -> int:
        """The number of windows."""
        return output_size(self.size, self.kernel, self.stride, self.padding, self.dilation)

    @property
    def starts(self) -> Array:
        """Where in the axis each window begins, negative in the padding: s o - p."""
        return self.stride * np.arange(self.outputs) - self.padding

    @property
    def first(self) -> Array:
        """The first tap of each window that is not in the padding in front: the least k with s o + d k - p >= 0."""
        return np.asarray(np.maximum(0, -(self.starts // self.dilation)))

    @property
    def inside(self) -> Array:
        """The number of taps of each window that read an entry of the axis."""
        last = np.minimum(self.kernel - 1, (self.size - 1 - self.starts) // self.dilation)
        return np.asarray(np.maximum(0, last - self.first + 1))

    def taps(self) -> list[tuple[Any, Any]]:
        """For each tap the index of the outputs that read an entry through it, and that of these entries."""
        rest = (slice(None),) * (-self.axis - 1)
        pairs = [seen(self.size, self.outputs, self.stride, self.dilation * k - self.padding)
                 for k in range(self.kernel)]
        return [((..., reached, *rest), (..., read, *rest)) for reached, read in pairs]

    def along(self, values: Array) -> Array:
        """Values for each window, to be broadcast along the axis."""
        return values.reshape(-1, *[1] * (-self.axis - 1))

    def extended(self, array: Array, extent: int, value: Any) -> Array:
        """An array filled with a value, like the given one but for the extent of the axis."""
        shape = list(array.shape)
        shape[self.axis] = extent
        return np.full(shape, value, array.dtype)


def spans(size: Axes, kernel_size: PerAxis, stride: PerAxis | None, padding: PerAxis, dilation: PerAxis, *,
          filled: bool) -> list[Span]:
    """The windows along each axis; a stride of None is the kernel size.

    Raises EngineError for a geometry that is none, and with ``filled`` if a window lies in the padding altogether.
    """
    axes = len(size)
    kernels = per_axis("kernel_size", kernel_size, axes, 1)
    made = [Span(*one) for one in zip(
        range(-axes, 0), size, kernels, kernels if stride is None else per_axis("stride", stride, axes, 1),
        per_axis("padding", padding, axes, 0), per_axis("dilation", dilation, axes, 1), strict=True)]
    for span in made:
        empty = np.flatnonzero(span.inside == 0)
        if filled and len(empty):
            raise EngineError(
                f"padding is {padding!r}; allowed: so little that every window holds an entry of the input; along "
                f"spatial axis {span.axis + axes} that of output {empty[0]} holds none (size {span.size}, kernel size "
                f"{span.kernel}, stride {span.stride}, dilation {span.dilation})"
            )
    return made
