"""N-dimensional convolution, its gradients and transposed convolution in plain NumPy.

Axis order is N, C, space...; "convolution" means cross-correlation, as in deep learning frameworks.
The forward convolution, the input gradient and the transposed convolution are written as three
different algorithms on purpose, so that each can be checked against the others.

Symbols, per spatial axis: H input size, O output size, K kernel size, s stride, p padding,
d dilation, r = (H + 2p - d(K-1) - 1) mod s, the padded input entries no window reaches.

Numbers.  float32 and float64 keep their dtype, mixed floats promote as NumPy does.  Integer input
gives exact integers: int64, unless max|x| * max|w| * (terms per sum) + max|b| exceeds 2**63 - 1;
then the computation runs on Python ints and the result has object dtype.  Object arrays
of Python ints and Fractions are computed exactly.  Zero padding and inserted zeros are entries like
any other: times an infinite operand they give NaN.

Sources: Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning",
arXiv:1603.07285; Goodfellow, Bengio and Courville 2016, "Deep Learning", MIT Press, section 9.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

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
    geometry,
    group_channels,
    integer,
    per_axis,
    with_common_dtype,
)


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
) -> Array:
    """Convolution y[n, m, o] = b[m] + sum over c, k of w[m, c, k] * x[n, c, s o + d k - p].

    x: (N, C, H...); w: (M, C / groups, K...); b: (M,) or None; result: (N, M, O...) with O from
    ``output_size``.  Entries outside x are zero.  Channel m sees the channels c of its group only.
    stride, padding, dilation: in entries, one int or one int per spatial axis.  N may be 0.

    Method: loop over the kernel taps; each tap multiplies one strided slice of the padded input.
    Source: Goodfellow et al. 2016, equation 9.8 (stride); Dumoulin and Visin 2016, section 5.1 (dilation).
    Raises EngineError for wrong ranks, shapes, dtypes, groups or geometry.
    """
    x = checked_operand("x", x, SIGNAL)
    axes = x.ndim - 2
    w = checked_operand("w", w, WEIGHT, axes)
    strides, paddings, dilations = geometry(axes, stride, padding, dilation)
    group_in, group_out = group_channels(groups, x.shape[1], w.shape[0])
    if w.shape[1] != group_in:
        raise EngineError(
            f"w has shape {w.shape}, so {w.shape[1]} input channels per group; allowed: {group_in}, "
            f"as x has shape {x.shape} and groups is {groups}"
        )
    bias = checked_bias(b, w.shape[0])
    kernel = w.shape[2:]
    out_size = _output_sizes(x.shape[2:], kernel, strides, paddings, dilations)
    x, w, bias = with_common_dtype(group_in * math.prod(kernel), x, w, addend=bias)

    batch, positions = x.shape[0], math.prod(out_size)
    padded = _pad_or_crop(x, paddings, paddings)
    grouped_x = padded.reshape(batch, groups, group_in, *padded.shape[2:])
    grouped_w = w.reshape(groups, group_out, group_in, *kernel)
    result = np.zeros((batch, groups, group_out, positions), dtype=x.dtype)
    for tap in np.ndindex(*kernel):
        window = _every(tap, dilations, strides, out_size)
        seen = grouped_x[window].reshape(batch, groups, group_in, positions)
        result += np.matmul(grouped_w[(..., *tap)], seen)
    return result.reshape(batch, w.shape[0], *out_size) + bias.reshape(-1, *[1] * axes)


def conv_input_gradient(
    grad_output: npt.ArrayLike,
    w: npt.ArrayLike,
    input_size: PerAxis,
    *,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """Gradient of ``conv`` with respect to x, that is its adjoint applied to grad_output.

    grad_output: (N, M, O...); w: (M, C / groups, K...); input_size: the spatial sizes H... of x;
    result: (N, C, H...).  The keywords are those of the forward convolution.

    Method, per axis: insert s - 1 zeros between neighbours of grad_output; put d(K-1) - p zeros in
    front and behind, where a negative number crops; put r further zeros behind, one for each padded
    input entry that no window reaches; then correlate with stride 1 and dilation d with the
    kernel flipped along its axes and with its in and out channels swapped within each group.
    The correlation gathers the windows of all positions and contracts them at once.
    Source: Dumoulin and Visin 2016, relationship 14 (there a = r; here with dilation);
    Goodfellow et al. 2016, equation 9.13.
    Raises EngineError for wrong ranks, shapes, dtypes, groups or geometry.
    """
    w = checked_operand("w", w, WEIGHT)
    axes, kernel = w.ndim - 2, w.shape[2:]
    grad_output = checked_operand("grad_output", grad_output, SIGNAL, axes)
    strides, paddings, dilations = geometry(axes, stride, padding, dilation)
    sizes = per_axis("input_size", input_size, axes, 1)
    out_size = _output_sizes(sizes, kernel, strides, paddings, dilations)
    expect_grad_output(grad_output, (grad_output.shape[0], w.shape[0], *out_size))
    group_in = w.shape[1]
    (group_out,) = group_channels(groups, w.shape[0])
    grad_output, w = with_common_dtype(group_out * math.prod(kernel), grad_output, w)

    inserted = _insert_zeros(grad_output, strides)
    front = tuple(d * (k - 1) - p for k, p, d in zip(kernel, paddings, dilations, strict=True))
    unreached = tuple(
        (h + 2 * p - d * (k - 1) - 1) % s
        for h, k, s, p, d in zip(sizes, kernel, strides, paddings, dilations, strict=True)
    )
    canvas = _pad_or_crop(inserted, front, tuple(f + r for f, r in zip(front, unreached, strict=True)))

    # (N, M, H..., K...): the entries which each position of the input sees through the kernel.
    spatial = tuple(range(2, 2 + axes))
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilations, strict=True))
    windows = np.lib.stride_tricks.sliding_window_view(canvas, spans, axis=spatial)
    windows = windows[_space(slice(None, None, d) for d in dilations)]
    flipped = np.flip(w, axis=spatial)
    window_taps = tuple(range(2 + axes, 2 + 2 * axes))
    result = np.zeros((grad_output.shape[0], groups * group_in, *sizes), dtype=w.dtype)
    for group in range(groups):
        out_channels = slice(group * group_out, (group + 1) * group_out)
        in_channels = slice(group * group_in, (group + 1) * group_in)
        contracted = np.tensordot(
            windows[:, out_channels], flipped[out_channels], axes=((1, *window_taps), (0, *spatial))
        )
        result[:, in_channels] = np.moveaxis(contracted, -1, 1)
    return result


def conv_weight_gradient(
    grad_output: npt.ArrayLike,
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    *,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """Gradient of ``conv`` with respect to w.

    grad_output: (N, M, O...); x: (N, C, H...); kernel_size: the spatial sizes K... of w;
    result: (M, C / groups, K...).  The keywords are those of the forward convolution.

    Method: correlate the padded input with grad_output as the kernel, summing over the batch;
    stride and dilation trade places, so the window moves by d and its entries lie s apart.  This
    correlation has K + floor(r / d) positions per axis, of which the first K are taken.
    Source: Goodfellow et al. 2016, equation 9.11 (here with padding and dilation).
    Raises EngineError for wrong ranks, shapes, dtypes, groups or geometry.
    """
    x = checked_operand("x", x, SIGNAL)
    axes = x.ndim - 2
    grad_output = checked_operand("grad_output", grad_output, SIGNAL, axes)
    strides, paddings, dilations = geometry(axes, stride, padding, dilation)
    kernel = per_axis("kernel_size", kernel_size, axes, 1)
    out_size = _output_sizes(x.shape[2:], kernel, strides, paddings, dilations)
    expect_grad_output(grad_output, (x.shape[0], grad_output.shape[1], *out_size))
    group_in, group_out = group_channels(groups, x.shape[1], grad_output.shape[1])
    batch, positions = x.shape[0], math.prod(out_size)
    grad_output, x = with_common_dtype(batch * positions, grad_output, x)

    padded = _pad_or_crop(x, paddings, paddings)
    grouped_x = padded.reshape(batch, groups, group_in, *padded.shape[2:])
    grouped_grad = grad_output.reshape(batch, groups, group_out, positions)
    # (groups, M / groups, N * O): batch and output positions are summed over together.
    rows = np.moveaxis(grouped_grad, 0, 2).reshape(groups, group_out, batch * positions)
    result = np.zeros((groups, group_out, group_in, *kernel), dtype=x.dtype)
    for tap in np.ndindex(*kernel):
        window = _every(tap, dilations, strides, out_size)
        seen = grouped_x[window].reshape(batch, groups, group_in, positions)
        columns = np.moveaxis(seen, (0, 2), (1, 3)).reshape(groups, batch * positions, group_in)
        result[(..., *tap)] = np.matmul(rows, columns)
    return result.reshape(groups * group_out, group_in, *kernel)


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
) -> Array:
    """Transposed convolution; with output_padding = r and b = None it equals ``conv_input_gradient``.

    x: (N, C, I...); w: (C, M / groups, K...); b: (M,) or None; result: (N, M, H...) with
    H = s(I-1) + d(K-1) + 1 - 2p + output_padding.  stride, padding, dilation, output_padding: in
    entries, one int or one int per spatial axis; 0 <= output_padding < max(stride, dilation).

    Method: overlap-add.  Every input entry i scatters its value times the kernel to the places
    s i + d k, overlaps are added, then p entries are cropped on both sides.
    Source: Dumoulin and Visin 2016, chapter 4 (the sizes of relationship 14, a = output_padding).
    Raises EngineError for wrong ranks, shapes, dtypes, groups or geometry.
    """
    x = checked_operand("x", x, SIGNAL)
    axes, in_size = x.ndim - 2, x.shape[2:]
    w = checked_operand("w", w, TRANSPOSE_WEIGHT, axes)
    strides, paddings, dilations = geometry(axes, stride, padding, dilation)
    extra = per_axis("output_padding", output_padding, axes, 0)
    for e, s, d in zip(extra, strides, dilations, strict=True):
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
    kernel, group_out = w.shape[2:], w.shape[1]
    (group_in,) = group_channels(groups, x.shape[1])
    bias = checked_bias(b, groups * group_out)
    full_size = tuple(
        s * (i - 1) + d * (k - 1) + 1 + e
        for i, k, s, d, e in zip(in_size, kernel, strides, dilations, extra, strict=True)
    )
    for full, p in zip(full_size, paddings, strict=True):
        if full <= 2 * p:
            raise EngineError(
                f"padding is {padding!r}; allowed: less than half of the uncropped output size {full_size}"
            )
    x, w, bias = with_common_dtype(group_in * math.prod(kernel), x, w, addend=bias)

    batch = x.shape[0]
    grouped_x = x.reshape(batch, groups, group_in, math.prod(in_size))
    grouped_w = w.reshape(groups, group_in, group_out, *kernel)
    canvas = np.zeros((batch, groups * group_out, *full_size), dtype=x.dtype)
    for tap in np.ndindex(*kernel):
        scattered = np.matmul(np.swapaxes(grouped_w[(..., *tap)], 1, 2), grouped_x)
        places = _every(tap, dilations, strides, in_size)
        canvas[places] += scattered.reshape(batch, groups * group_out, *in_size)
    crop = tuple(-p for p in paddings)
    return _pad_or_crop(canvas, crop, crop) + bias.reshape(-1, *[1] * axes)


def _output_sizes(size: Axes, kernel: Axes, strides: Axes, paddings: Axes, dilations: Axes) -> Axes:
    return tuple(output_size(*axis) for axis in zip(size, kernel, strides, paddings, dilations, strict=True))


def _space(slices: Iterable[slice]) -> tuple[Any, ...]:
    """Index of the trailing axes, one slice for each."""
    return (..., *slices)


def _every(first: Axes, step: Axes, strides: Axes, counts: Axes) -> tuple[Any, ...]:
    """Index of ``counts`` entries per spatial axis from ``first * step`` on which lie ``strides`` apart."""
    return _space(
        slice(f * t, f * t + s * (c - 1) + 1, s)
        for f, t, s, c in zip(first, step, strides, counts, strict=True)
    )


def _insert_zeros(array: Array, strides: Axes) -> Array:
    """Put stride - 1 zeros between neighbours on every spatial axis."""
    size = tuple(s * (o - 1) + 1 for o, s in zip(array.shape[2:], strides, strict=True))
    result = np.zeros((*array.shape[:2], *size), dtype=array.dtype)
    result[_space(slice(None, None, s) for s in strides)] = array
    return result


def _pad_or_crop(array: Array, front: Axes, behind: Axes) -> Array:
    """Put zeros around the spatial axes; a negative number crops.

    Padding comes first, since a crop in front may reach into the zeros put behind.
    """
    pairs = tuple(zip(front, behind, strict=True))
    padded = np.pad(array, [(0, 0), (0, 0), *((max(f, 0), max(b, 0)) for f, b in pairs)])
    ends = (n - max(-b, 0) for n, (_, b) in zip(padded.shape[2:], pairs, strict=True))
    kept: Array = padded[_space(slice(max(-f, 0), end) for (f, _), end in zip(pairs, ends, strict=True))]
    return kept
