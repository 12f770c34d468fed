"""Max and average pooling and their gradients.

Keywords of all functions, in entries, one int or one int per spatial axis: kernel_size K, stride s (None:
the kernel size), padding p, dilation d.  The window of output o holds the places s o + d k - p, 0 <= k < K;
sizes as in ``output_size``.  N may be 0.

Source: Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285,
chapter 3 (pooling) and relationship 15 (dilation).
All raise EngineError for wrong ranks, shapes, dtypes or geometry, and if a window that lies in the padding
altogether would have no value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import SIGNAL, Array, PerAxis, checked_operand, expect_grad_output, per_axis, with_common_dtype
from .spans import Span, spans

BLOCK = 2**17
"""About so many entries at a time in the gradient of max pooling."""


def max_pool(x: npt.ArrayLike, kernel_size: PerAxis, *, stride: PerAxis | None = None, padding: PerAxis = 0,
             dilation: PerAxis = 1) -> Array:
    """y[n, c, o] = max over k of x[n, c, s o + d k - p]; padded places count as -infinity.

    x: (N, C, H...); result: (N, C, O...).  NaN where the window holds NaN.  Exact for integers (int64) and
    object arrays.
    """
    (pooled,) = with_common_dtype(1, checked_operand("x", x, SIGNAL))
    for span in spans(pooled.shape[2:], kernel_size, stride, padding, dilation, filled=True):
        pooled = _gathered(pooled, span, np.maximum, _lowest(pooled.dtype))
    return pooled


def max_pool_gradient(grad_output: npt.ArrayLike, x: npt.ArrayLike, kernel_size: PerAxis, *,
                      stride: PerAxis | None = None, padding: PerAxis = 0, dilation: PerAxis = 1) -> Array:
    """Gradient of ``max_pool`` with respect to x: that of a window goes to the first of its largest entries.

    grad_output: (N, C, O...); x: (N, C, H...); result: (N, C, H...) in the dtype of grad_output (integers: int64).
    First in row-major order, the last axis running fastest; if there is NaN in the window, to the first NaN, as
    in ``numpy.argmax``.  Never to the padding.
    """
    (pooled,) = with_common_dtype(1, checked_operand("x", x, SIGNAL))
    gradient = checked_operand("grad_output", grad_output, SIGNAL, pooled.ndim - 2)
    axes = spans(pooled.shape[2:], kernel_size, stride, padding, dilation, filled=True)
    expect_grad_output(gradient, (*pooled.shape[:2], *[span.outputs for span in axes]))
    (gradient,) = with_common_dtype(math.prod(span.kernel for span in axes), gradient)
    out = np.zeros(pooled.shape, gradient.dtype)
    planes = [array.reshape(math.prod(array.shape[:2]), *array.shape[2:]) for array in (pooled, out, gradient)]
    step = max(1, BLOCK // math.prod(pooled.shape[2:]))
    for first in range(0, len(planes[0]), step):  # a few channels at a time stay in the cache
        some, result, slopes = (array[first:first + step] for array in planes)
        np.add.at(result.reshape(-1), _first_places(some, axes).reshape(-1), slopes.reshape(-1))
    return out


def average_pool(x: npt.ArrayLike, kernel_size: PerAxis, *, stride: PerAxis | None = None, padding: PerAxis = 0,
                 dilation: PerAxis = 1, padding_counts: bool = True) -> Array:
    """y[n, c, o] = (sum over k of x[n, c, s o + d k - p]) / (the number of window places that count).

    x: (N, C, H...); result: (N, C, O...).  Padded places are zero; they count unless ``padding_counts`` is
    false.  Integers become float64; object arrays are computed exactly.
    """
    total = _divisible(checked_operand("x", x, SIGNAL))
    axes = spans(total.shape[2:], kernel_size, stride, padding, dilation, filled=not padding_counts)
    for span in axes:
        total = _gathered(total, span, np.add, 0)
    return _divided(total, axes, padding_counts)


def average_pool_gradient(grad_output: npt.ArrayLike, input_size: PerAxis, kernel_size: PerAxis, *,
                          stride: PerAxis | None = None, padding: PerAxis = 0, dilation: PerAxis = 1,
                          padding_counts: bool = True) -> Array:
    """Gradient of ``average_pool`` with respect to x, that is its adjoint applied to grad_output.

    grad_output: (N, C, O...); input_size: the spatial sizes H... of x; result: (N, C, H...).
    """
    gradient = _divisible(checked_operand("grad_output", grad_output, SIGNAL))
    sizes = per_axis("input_size", input_size, gradient.ndim - 2, 1)
    axes = spans(sizes, kernel_size, stride, padding, dilation, filled=not padding_counts)
    expect_grad_output(gradient, (*gradient.shape[:2], *[span.outputs for span in axes]))
    gradient = _divided(gradient, axes, padding_counts)
    for span in axes:
        out = span.extended(gradient, span.size, 0)
        for reached, read in span.taps():
            out[read] += gradient[reached]
        gradient = out
    return gradient


def _gathered(array: Array, span: Span, combine: Callable[..., Any], start: Any) -> Array:
    """What each window along the axis holds, combined from ``start`` on."""
    out = span.extended(array, span.outputs, start)
    for reached, read in span.taps():
        combine(out[reached], array[read], out=out[reached])
    return out


def _first_places(planes: Array, axes: list[Span]) -> Array:
    """Where in the flattened planes, (count, H...), the first of the largest entries of each window lies."""
    taps, place = [], np.arange(len(planes)).reshape(-1, *[1] * len(axes))
    for span in reversed(axes):
        planes, tap = _first_largest(planes, span)
        taps.append(tap.reshape(-1))
    # The first in row-major order lies in the first row that holds a maximum, and is the first in that row.
    for span in axes:
        rest = planes.shape[span.axis:]
        chosen = taps.pop()[place * math.prod(rest) + np.arange(math.prod(rest)).reshape(rest)]
        place = place * span.size + (chosen.astype(np.intp) * span.dilation + span.along(span.starts))
    return place


def _first_largest(array: Array, span: Span) -> tuple[Array, Array]:
    """The largest entry of each window along the axis, and the first tap that reads it."""
    largest = span.extended(array, span.outputs, _lowest(array.dtype))
    tap = np.empty(largest.shape, np.min_scalar_type(span.kernel))
    tap[...] = span.along(span.first)  # taps in the padding are equal to entries of -infinity
    for number, (reached, read) in enumerate(span.taps()):
        before = largest[reached]
        after = np.maximum(before, array[read])
        larger = (after != before) & (before == before)  # NaN differs from itself: the first NaN stays
        np.maximum(tap[reached], larger * tap.dtype.type(number), out=tap[reached])
        largest[reached] = after
    return largest, tap


def _lowest(dtype: np.dtype[Any]) -> Any:
    """An element that no entry is below."""
    return np.iinfo(dtype).min if dtype.kind == "i" else -math.inf


def _divisible(array: Array) -> Array:
    return array.astype(np.float64) if array.dtype.kind in "iu" else array


def _divided(array: Array, axes: list[Span], padding_counts: bool) -> Array:
    """The array, one entry for each window, divided by the number of its places that count."""
    places = np.ones([1] * len(axes), np.int64)
    for span in axes:
        places = places * span.along(np.array(span.kernel) if padding_counts else span.inside)
    if array.dtype == object:
        return np.asarray(array * np.frompyfunc(lambda count: Fraction(1, count), 1, 1)(places.astype(object)))
    return np.asarray(array / places.astype(array.dtype))
