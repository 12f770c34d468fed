"""Sigmoid, tanh and rectified linear unit, with their gradients given the output gradient.

float32 and float64 keep their dtype.  ``sigmoid`` and ``tanh`` turn integers into floating point as
NumPy does and refuse object arrays, as they have no exact value there.  ``relu`` is exact for
integers (int64) and for object arrays of Python ints and Fractions.

In every gradient z is the argument of the activation, of the same shape as grad_output, and the
result is grad_output times the derivative at z.  All functions raise EngineError for a wrong dtype,
the gradients also for unequal shapes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .errors import Array, EngineError, floating_array, numeric_array, with_common_dtype


def sigmoid(z: npt.ArrayLike) -> Array:
    """1 / (1 + exp(-z)), any shape; no overflow for large |z|.

    Source: Goodfellow, Bengio and Courville 2016, "Deep Learning", MIT Press, section 3.10.
    """
    values = floating_array("z", z)
    # exp(z) / (1 + exp(z)) for z < 0, its equal 1 / (1 + exp(-z)) for the others: no exponential above 1.
    result = np.exp(np.minimum(values, 0))
    result /= 1 + np.exp(-np.abs(values))
    return np.asarray(result)


def sigmoid_gradient(grad_output: npt.ArrayLike, z: npt.ArrayLike) -> Array:
    """grad_output * sigmoid(z) * sigmoid(-z), with no cancellation for large |z|.

    Source: Goodfellow et al. 2016, section 3.10: the derivative is sigmoid(z) (1 - sigmoid(z)), and
    1 - sigmoid(z) = sigmoid(-z).
    """
    gradient, values = _gradient_operands(floating_array("grad_output", grad_output), floating_array("z", z))
    decay = np.exp(-np.abs(values))
    return np.asarray(gradient * (decay / (1 + decay) ** 2))


def tanh(z: npt.ArrayLike) -> Array:
    """Hyperbolic tangent, any shape."""
    return np.asarray(np.tanh(floating_array("z", z)))


def tanh_gradient(grad_output: npt.ArrayLike, z: npt.ArrayLike) -> Array:
    """grad_output * (1 - tanh(z)^2), as 1 / cosh(z)^2 to avoid cancellation for large |z|."""
    gradient, values = _gradient_operands(floating_array("grad_output", grad_output), floating_array("z", z))
    decay = np.exp(-np.abs(values))  # cosh(z) = (1 + decay^2) / (2 decay)
    return np.asarray(gradient * (2 * decay / (1 + decay**2)) ** 2)


def relu(z: npt.ArrayLike) -> Array:
    """max(z, 0), any shape; NaN stays NaN."""
    (values,) = with_common_dtype(1, numeric_array("z", z))
    return np.asarray(np.maximum(values, 0))


def relu_gradient(grad_output: npt.ArrayLike, z: npt.ArrayLike) -> Array:
    """grad_output where z > 0, else 0 (also at NaN); the subgradient taken at z = 0 is 0."""
    gradient, values = _gradient_operands(numeric_array("grad_output", grad_output), numeric_array("z", z))
    if gradient.dtype.kind == "f" and np.isfinite(gradient).all():
        return np.asarray(gradient * (values > 0))  # several times as fast as a choice
    return np.where(values > 0, gradient, np.zeros_like(gradient))


def _gradient_operands(gradient: Array, values: Array) -> list[Array]:
    if gradient.shape != values.shape:
        raise EngineError(f"grad_output has shape {gradient.shape}; expected shape {values.shape}, that of z")
    # The product is with a derivative of at most 1, so it needs no more range than its operands.
    return with_common_dtype(0, gradient, values)
