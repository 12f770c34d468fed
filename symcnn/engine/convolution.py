"""N-dimensional convolution, its gradients and transposed convolution in plain NumPy.

Axis order is N, C, space...; "convolution" means cross-correlation, as in deep learning frameworks.

Symbols, per spatial axis: H input size, O output size, K kernel size, s stride, p padding,
d dilation, r = (H + 2p - d(K-1) - 1) mod s, the padded input entries no window reaches.

Numbers.  float32 and float64 keep their dtype, mixed floats promote as NumPy does.  Integer input
gives exact integers: int64, unless max|x| * max|w| * (terms per sum) + max|b| exceeds 2**63 - 1;
then the computation runs on Python ints and the result has object dtype.  Object arrays
of Python ints and Fractions are computed exactly.  Zero padding of the input is an entry like any
other: times an infinite operand it gives NaN.  Input gradients sum over the outputs that there are.

``strategy`` is chosen by the rule in ``choice`` unless one of its names is given.  ``threads`` cuts
the batch (a batch of fewer samples: the channels) for so many Python threads, fewer where the work is
too little for so many; of use where BLAS has one thread itself (``OPENBLAS_NUM_THREADS=1``).

Sources: Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning",
arXiv:1603.07285; Goodfellow, Bengio and Courville 2016, "Deep Learning", MIT Press, section 9.5.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from . import choice, threads as parallel
from .errors import (
    SIGNAL,
    TRANSPOSE_WEIGHT,
    WEIGHT,
    Array,
    Axes,
    EngineError,
    PerAxis,
    checked_bias,
    checked_operand,
    expect_grad_output,
    group_channels,
    integer,
    per_axis,
    to_multiply,
    with_common_dtype,
)
from .geometry import Geometry

def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Output size of a convolution along one axis: floor((H + 2p - d(K-1) - 1) / s) + 1.

    All arguments are in entries along the axis.
    Source: Dumoulin and Visin 2016, relationship 15.
    Raises EngineError for a non-integer, a size, kernel, stride or dilation below 1, a negative
    padding, or a kernel larger than the padded input.
    """
    size, kernel = integer("size", size, 1), integer("kernel", kernel, 1)
    stride, dilation = integer("stride", stride, 1), integer("dilation", dilation, 1)
    padding = integer("padding", padding, 0)
    span, padded = dilation * (kernel - 1) + 1, size + 2 * padding
    if span > padded:
        raise EngineError(
            f"kernel is larger than the padded input: kernel size {kernel} with dilation {dilation} spans "
            f"{span} entries; allowed: at most {padded} (size {size} with padding {padding} on both sides)"
        )
    return (padded - span) // stride + 1


def conv(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    strategy: str | None = None,
    threads: int = 1,
) -> Array:
    """Convolution y[n, m, o] = b[m] + sum over c, k of w[m, c, k] * x[n, c, s o + d k - p].

    x: (N, C, H...); w: (M, C / groups, K...); b: (M,) or None; result: (N, M, O...) with O from
    ``output_size``.  Entries outside x are zero.  Channel m sees the channels c of its group only.
    stride, padding, dilation: in entries, one int or one int per spatial axis.  N may be 0.

    Source: Goodfellow et al. 2016, equation 9.8 (stride); Dumoulin and Visin 2016, section 5.1 (dilation).
    Raises EngineError for wrong ranks, shapes, dtypes, groups or geometry.
    """
    x = checked_operand("x", x, SIGNAL)
    axes = x.ndim - 2
    w = checked_operand("w", w, WEIGHT, axes)
    geometry = _geometry(axes, stride, padding, dilation, groups)
    group_in, _ = group_channels(groups, x.shape[1], w.shape[0])
    if w.shape[1] != group_in:
        raise EngineError(
            f"w has shape {w.shape}, so {w.shape[1]} input channels per group; allowed: {group_in}, "
            f"as x has shape {x.shape} and groups is {groups}"
        )
    bias = checked_bias(b, w.shape[0])
    out_size = _output_sizes(x.shape[2:], w.shape[2:], geometry)
    (x, w, bias), dtype = to_multiply(w[0].size, x, w, addend=bias)
    out = np.empty((x.shape[0], w.shape[0], *out_size), x.dtype)

    def part(samples: slice, filters: slice) -> None:
        choice.forward(x[samples], w[filters], geometry, out[samples, filters], strategy, _exact(x, dtype))

    parallel.over(part, (x.shape[0], w.shape[0] if groups == 1 else 1),
                  parallel.worth(threads, out.size * w[0].size, out.itemsize))
    if b is not None:
        out += bias.reshape(-1, *[1] * axes)
    return out.astype(dtype, copy=False)


def conv_input_gradient(
    grad_output: npt.ArrayLike,
    w: npt.ArrayLike,
    input_size: PerAxis,
    *,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    strategy: str | None = None,
    threads: int = 1,
) -> Array:
    """Gradient of ``conv`` with respect to x, that is its adjoint applied to grad_output.

    grad_output: (N, M, O...); w: (M, C / groups, K...); input_size: the spatial sizes H... of x;
    result: (N, C, H...).  The keywords are those of the forward convolution.

    Source: Dumoulin and Visin 2016, relationship 14 (there a = r; here with dilation);
    Goodfellow et al. 2016, equation 9.13.
    Raises EngineError for wrong ranks, shapes, dtypes, groups or geometry.
    """
    w = checked_operand("w", w, WEIGHT)
    axes, kernel = w.ndim - 2, w.shape[2:]
    grad_output = checked_operand("grad_output", grad_output, SIGNAL, axes)
    geometry = _geometry(axes, stride, padding, dilation, groups)
    sizes = per_axis("input_size", input_size, axes, 1)
    out_size = _output_sizes(sizes, kernel, geometry)
    expect_grad_output(grad_output, (grad_output.shape[0], w.shape[0], *out_size))
    group_channels(groups, w.shape[0])
    return _scattered(grad_output, w, None, sizes, geometry, strategy, threads)


def conv_weight_gradient(
    grad_output: npt.ArrayLike,
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    *,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    strategy: str | None = None,
    threads: int = 1,
) -> Array:
    """Gradient of ``conv`` with respect to w.

    grad_output: (N, M, O...); x: (N, C, H...); kernel_size: the spatial sizes K... of w;
    result: (M, C / groups, K...).  The keywords are those of the forward convolution.

    Source: Goodfellow et al. 2016, equation 9.11 (here with padding and dilation).
    Raises EngineError for wrong ranks, shapes, dtypes, groups or geometry.
    """
    x = checked_operand("x", x, SIGNAL)
    axes = x.ndim - 2
    grad_output = checked_operand("grad_output", grad_output, SIGNAL, axes)
    geometry = _geometry(axes, stride, padding, dilation, groups)
    kernel = per_axis("kernel_size", kernel_size, axes, 1)
    out_size = _output_sizes(x.shape[2:], kernel, geometry)
    expect_grad_output(grad_output, (x.shape[0], grad_output.shape[1], *out_size))
    group_in, _ = group_channels(groups, x.shape[1], grad_output.shape[1])
    (grad_output, x), dtype = to_multiply(x.shape[0] * math.prod(out_size), grad_output, x)
    out = np.empty((grad_output.shape[1], group_in, *kernel), x.dtype)
    threads = parallel.worth(threads, grad_output.size * out[0].size, out.itemsize)

    if x.shape[0] < threads:
        def filters(cut: slice, _: slice) -> None:
            choice.weight_gradient(grad_output[:, cut], x, geometry, out[cut], strategy, _exact(x, dtype))

        parallel.over(filters, (len(out) if groups == 1 else 1, 1), threads)
        return out.astype(dtype, copy=False)

    def samples(cut: slice, _: slice) -> None:
        made = np.empty_like(out)
        choice.weight_gradient(grad_output[cut], x[cut], geometry, made, strategy, _exact(x, dtype))
        sums[cut.start or 0] = made

    sums: dict[int, Array] = {}  # in the order of the batch, so that the result repeats
    parallel.over(samples, (x.shape[0], 1), threads)
    total: Array = np.add.reduce([sums[first] for first in sorted(sums)])
    return total.astype(dtype, copy=False)


def conv_bias_gradient(grad_output: npt.ArrayLike) -> Array:
    """Gradient of ``conv`` with respect to b: grad_output (N, M, O...) summed over all axes but M.

    Result: (M,).  Raises EngineError for a wrong rank or dtype.
    """
    grad_output = checked_operand("grad_output", grad_output, SIGNAL)
    terms = grad_output.shape[0] * math.prod(grad_output.shape[2:])
    (grad_output,) = with_common_dtype(terms, grad_output)
    total: Array = np.sum(grad_output, axis=(0, *range(2, grad_output.ndim)))
    return total


def conv_transpose(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    output_padding: PerAxis = 0,
    strategy: str | None = None,
    threads: int = 1,
) -> Array:
    """Transposed convolution; with output_padding = r and b = None it equals ``conv_input_gradient``.

    x: (N, C, I...); w: (C, M / groups, K...); b: (M,) or None; result: (N, M, H...) with
    H = s(I-1) + d(K-1) + 1 - 2p + output_padding.  stride, padding, dilation, output_padding: in
    entries, one int or one int per spatial axis; 0 <= output_padding < max(stride, dilation).

    Every input entry i adds its value times the kernel to the places s i + d k - p.
    Source: Dumoulin and Visin 2016, chapter 4 (the sizes of relationship 14, a = output_padding).
    Raises EngineError for wrong ranks, shapes, dtypes, groups or geometry.
    """
    x = checked_operand("x", x, SIGNAL)
    axes, in_size = x.ndim - 2, x.shape[2:]
    w = checked_operand("w", w, TRANSPOSE_WEIGHT, axes)
    geometry = _geometry(axes, stride, padding, dilation, groups)
    extra = per_axis("output_padding", output_padding, axes, 0)
    for e, s, d in zip(extra, geometry.strides, geometry.dilations, strict=True):
        if e >= max(s, d):
            raise EngineError(
                f"output_padding is {output_padding!r}; allowed: less than max(stride, dilation) per axis; "
                f"{e} is not less than max({s}, {d})"
            )
    if w.shape[0] != x.shape[1]:
        raise EngineError(
            f"w has shape {w.shape}, so {w.shape[0]} input channels; allowed: {x.shape[1]}, "
            f"as x has shape {x.shape}"
        )
    group_channels(groups, x.shape[1])
    bias = checked_bias(b, groups * w.shape[1])
    full_size = tuple(
        s * (i - 1) + d * (k - 1) + 1 + e
        for i, k, s, d, e in zip(in_size, w.shape[2:], geometry.strides, geometry.dilations, extra, strict=True)
    )
    for full, p in zip(full_size, geometry.paddings, strict=True):
        if full <= 2 * p:
            raise EngineError(
                f"padding is {padding!r}; allowed: less than half of the uncropped output size {full_size}"
            )
    sizes = tuple(full - 2 * p for full, p in zip(full_size, geometry.paddings, strict=True))
    return _scattered(x, w, bias, sizes, geometry, strategy, threads)


def _scattered(gradient: Array, w: Array, bias: Array | None, sizes: Axes, geometry: Geometry,
               strategy: str | None, threads: int) -> Array:
    """The adjoint of the convolution, of the given sizes, plus a bias for each channel."""
    group_out, groups = len(w) // geometry.groups, geometry.groups
    (gradient, w, addend), dtype = to_multiply(
        group_out * math.prod(w.shape[2:]), gradient, w, addend=checked_bias(None, 1) if bias is None else bias)
    out = np.empty((gradient.shape[0], groups * w.shape[1], *sizes), w.dtype)

    def part(samples: slice, channels: slice) -> None:
        choice.input_gradient(gradient[samples], w[:, channels], geometry, out[samples, channels], strategy,
                              _exact(w, dtype))

    parallel.over(part, (len(out), out.shape[1] if groups == 1 else 1),
                  parallel.worth(threads, gradient.size * w[0].size, out.itemsize))
    if bias is not None:
        out += addend.reshape(-1, *[1] * len(sizes))
    return out.astype(dtype, copy=False)


def _exact(operand: Array, result: np.dtype[Any]) -> bool:
    """Whether integers are being computed in floating point, where they must not be rounded."""
    return operand.dtype != result


def _geometry(axes: int, stride: PerAxis, padding: PerAxis, dilation: PerAxis, groups: int) -> Geometry:
    return Geometry(
        per_axis("stride", stride, axes, 1),
        per_axis("padding", padding, axes, 0),
        per_axis("dilation", dilation, axes, 1),
        integer("groups", groups, 1),
    )


def _output_sizes(size: Axes, kernel: Axes, geometry: Geometry) -> Axes:
    return tuple(output_size(*axis) for axis in zip(
        size, kernel, geometry.strides, geometry.paddings, geometry.dilations, strict=True))
