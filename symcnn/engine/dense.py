"""Dense (fully connected) layer y = x W^T + b and its gradients.

Shapes: x (N, C), w (M, C), b (M,), output (N, M); N may be 0.  Numbers are treated as in ``convolution``:
floats keep their dtype, integers are exact (int64, or object where that could overflow), object arrays of
Python ints and Fractions too.

Source: Goodfellow, Bengio and Courville 2016, "Deep Learning", MIT Press, algorithms 6.3 and 6.4.
All raise EngineError for wrong ranks, shapes or dtypes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .errors import (
    DENSE_SIGNAL,
    DENSE_WEIGHT,
    Array,
    EngineError,
    checked_bias,
    checked_operand,
    to_multiply,
    with_common_dtype,
)


def dense(x: npt.ArrayLike, w: npt.ArrayLike, b: npt.ArrayLike | None = None) -> Array:
    """y[n, m] = b[m] + sum over c of w[m, c] x[n, c]; b None stands for zeros."""
    x = checked_operand("x", x, DENSE_SIGNAL, 0)
    w = checked_operand("w", w, DENSE_WEIGHT, 0)
    if w.shape[1] != x.shape[1]:
        raise EngineError(
            f"w has shape {w.shape}, so {w.shape[1]} in features; allowed: {x.shape[1]}, as x has shape {x.shape}"
        )
    (x, w, bias), dtype = to_multiply(w.shape[1], x, w, addend=checked_bias(b, len(w)))
    out = np.matmul(x, w.T)
    if b is not None:
        out += bias
    return np.asarray(out.astype(dtype, copy=False))


def dense_input_gradient(grad_output: npt.ArrayLike, w: npt.ArrayLike) -> Array:
    """Gradient of ``dense`` with respect to x: sum over m of grad_output[n, m] w[m, c], (N, C)."""
    w = checked_operand("w", w, DENSE_WEIGHT, 0)
    gradient = checked_operand("grad_output", grad_output, DENSE_SIGNAL, 0)
    if gradient.shape[1] != w.shape[0]:
        raise EngineError(
            f"grad_output has shape {gradient.shape}, so {gradient.shape[1]} features; allowed: {w.shape[0]}, "
            f"as w has shape {w.shape}"
        )
    (gradient, w), dtype = to_multiply(w.shape[0], gradient, w)
    return np.asarray(np.matmul(gradient, w).astype(dtype, copy=False))


def dense_weight_gradient(grad_output: npt.ArrayLike, x: npt.ArrayLike) -> Array:
    """Gradient of ``dense`` with respect to w: sum over n of grad_output[n, m] x[n, c], (M, C)."""
    x = checked_operand("x", x, DENSE_SIGNAL, 0)
    gradient = checked_operand("grad_output", grad_output, DENSE_SIGNAL, 0)
    if gradient.shape[0] != x.shape[0]:
        raise EngineError(
            f"grad_output has shape {gradient.shape}, so a batch of {gradient.shape[0]}; allowed: {x.shape[0]}, "
            f"as x has shape {x.shape}"
        )
    (gradient, x), dtype = to_multiply(x.shape[0], gradient, x)
    return np.asarray(np.matmul(gradient.T, x).astype(dtype, copy=False))


def dense_bias_gradient(grad_output: npt.ArrayLike) -> Array:
    """Gradient of ``dense`` with respect to b: sum over n of grad_output[n, m], (M,)."""
    gradient = checked_operand("grad_output", grad_output, DENSE_SIGNAL, 0)
    (gradient,) = with_common_dtype(len(gradient), gradient)
    return np.asarray(gradient.sum(axis=0))
