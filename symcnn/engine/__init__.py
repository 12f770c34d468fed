"""Numeric witness: convolution, its gradients and activations, hand-written in NumPy.

The package imports NumPy and the standard library only and can be used on its own.
"""

from .activations import relu, relu_gradient, sigmoid, sigmoid_gradient, tanh, tanh_gradient
from .convolution import (
    conv,
    conv_bias_gradient,
    conv_input_gradient,
    conv_transpose,
    conv_weight_gradient,
    output_size,
)
from .errors import EngineError

__all__ = [
    "EngineError",
    "conv",
    "conv_bias_gradient",
    "conv_input_gradient",
    "conv_transpose",
    "conv_weight_gradient",
    "output_size",
    "relu",
    "relu_gradient",
    "sigmoid",
    "sigmoid_gradient",
    "tanh",
    "tanh_gradient",
]
