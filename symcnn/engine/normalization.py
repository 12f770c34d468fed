"""Batch normalization y = gamma (x - mean) / sqrt(variance + epsilon) + beta, each channel by itself.

x: (N, C, space...) with any number of spatial axes, also none; gamma, beta, mean, variance: (C,); epsilon: a
positive number; N may be 0.  Floats promote as NumPy does, integers become float64; object arrays are refused,
as the square root has no exact value.

Digits are not lost to a mean that is large beside the deviation: entries are centred before they are squared,
and then once more by the mean that rounding has left in them (the corrected two-pass algorithm of Chan, Golub
and LeVeque 1983, "Algorithms for Computing the Sample Variance: Analysis and Recommendations", The American
Statistician 37(3)).  A few channels are computed at a time, so that they stay in the cache.

Source: Ioffe and Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
Covariate Shift", arXiv:1502.03167.
All raise EngineError for wrong ranks, shapes or dtypes, an epsilon that is not positive or a negative variance.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import SIGNAL, Array, EngineError, checked_operand, expect_grad_output, floating_array

BLOCK = 2**18
"""About so many entries at a time."""


def batch_norm(x: npt.ArrayLike, gamma: npt.ArrayLike, beta: npt.ArrayLike, epsilon: float) -> Array:
    """Normalized by the mean and the (biased) variance of the batch, over all axes but the channels; shape of x.

    Source: algorithm 1.
    """
    x, epsilon, (scale, shift) = _operands(x, epsilon, gamma=gamma, beta=beta)
    out, flat = np.empty(x.shape, x.dtype), _flat(x)
    for part in _blocks(x):
        values, variance = _centred(flat[:, part], _flat(out)[:, part])
        values *= _column(scale[part] / np.sqrt(variance + epsilon))
        values += _column(shift[part])
    return out


def batch_norm_gradient(grad_output: npt.ArrayLike, x: npt.ArrayLike, gamma: npt.ArrayLike,
                        epsilon: float) -> tuple[Array, Array, Array]:
    """Gradients of ``batch_norm`` with respect to x, gamma and beta, of their shapes.

    grad_output: as x.  Mean and variance are functions of x here.  Source: section 3, the equations for
    backpropagation, with the gradients of mean and variance put into that of x.
    """
    gradient = floating_array("grad_output", grad_output)
    x, epsilon, (scale,) = _operands(x, epsilon, gamma=gamma)
    expect_grad_output(gradient, x.shape)
    dtype, count = np.result_type(x, gradient), x.size // x.shape[1]
    dx, dgamma, dbeta = np.empty(x.shape, dtype), np.zeros(x.shape[1], dtype), np.zeros(x.shape[1], dtype)
    flat, flat_gradient = _flat(x.astype(dtype, copy=False)), _flat(gradient.astype(dtype, copy=False))
    for part in _blocks(x):
        slopes = flat_gradient[:, part]
        values, variance = _centred(flat[:, part], _flat(dx)[:, part])
        inverse = 1 / np.sqrt(variance + epsilon)
        dbeta[part] = slopes.sum(axis=(0, 2))
        dgamma[part] = inverse * _products(slopes, values)
        values *= _column(-inverse * dgamma[part] / count)
        values += slopes
        values -= _column(dbeta[part] / count)
        values *= _column(scale[part] * inverse)
    return dx, dgamma, dbeta


def batch_norm_inference(x: npt.ArrayLike, gamma: npt.ArrayLike, beta: npt.ArrayLike, mean: npt.ArrayLike,
                         variance: npt.ArrayLike, epsilon: float) -> Array:
    """Normalized by the given mean and variance of each channel; shape of x.  Source: algorithm 2, step 11."""
    x, epsilon, (scale, shift, centre, spread) = _operands(
        x, epsilon, gamma=gamma, beta=beta, mean=mean, variance=variance)
    if (spread < 0).any():
        raise EngineError(f"variance holds {spread[spread < 0][0]}; allowed: nothing below 0")
    out, flat = np.empty(x.shape, x.dtype), _flat(x)
    for part in _blocks(x):
        values = np.subtract(flat[:, part], _column(centre[part]), out=_flat(out)[:, part])
        values *= _column(scale[part] / np.sqrt(spread[part] + epsilon))
        values += _column(shift[part])
    return out


def _operands(x: npt.ArrayLike, epsilon: float, **per_channel: npt.ArrayLike) -> tuple[Array, Any, list[Array]]:
    """x, epsilon and an array for each argument of one entry per channel, in one floating dtype."""
    signal = floating_array("x", checked_operand("x", x, SIGNAL, at_least=0))
    given = {name: floating_array(name, value) for name, value in per_channel.items()}
    for name, array in given.items():
        if array.shape != signal.shape[1:2]:
            raise EngineError(f"{name} has shape {array.shape}; allowed: ({signal.shape[1]},), one entry per channel")
    dtype = np.result_type(signal, *given.values())
    real = isinstance(epsilon, numbers.Real) and not isinstance(epsilon, bool)
    if not real or not 0 < (small := dtype.type(float(epsilon))) < math.inf:
        raise EngineError(f"epsilon is {epsilon!r}; allowed: a finite number above 0 in {dtype}")
    return signal.astype(dtype, copy=False), small, [array.astype(dtype, copy=False) for array in given.values()]


def _centred(x: Array, out: Array) -> tuple[Array, Array]:
    """``out`` filled with x (batch, channels, positions) less the mean of each channel, and the variances."""
    count = x.shape[0] * x.shape[2]
    np.subtract(x, _column(x.sum(axis=(0, 2)) / count), out=out)
    out -= _column(out.sum(axis=(0, 2)) / count)
    return out, _products(out, out) / count


def _products(a: Array, b: Array) -> Array:
    """For each channel the sum of the products of the entries."""
    return np.asarray(np.einsum("nci,nci->c", a, b))


def _blocks(x: Array) -> Iterator[slice]:
    """A few channels at a time; none of an empty batch."""
    step = max(1, BLOCK * x.shape[1] // max(1, x.size))
    return (slice(first, first + step) for first in range(0, x.shape[1] if x.size else 0, step))


def _flat(array: Array) -> Array:
    """As (batch, channels, positions)."""
    return array.reshape(*array.shape[:2], math.prod(array.shape[2:]))


def _column(values: Array) -> Array:
    """One value per channel, to be broadcast along the positions."""
    return values[:, None]
