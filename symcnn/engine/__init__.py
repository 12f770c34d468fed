"""Numeric witness: convolution, pooling, batch normalization, dense layers, activations and their gradients in NumPy.

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
from .dense import dense, dense_bias_gradient, dense_input_gradient, dense_weight_gradient
from .errors import EngineError
from .normalization import batch_norm, batch_norm_gradient, batch_norm_inference
from .pooling import average_pool, average_pool_gradient, max_pool, max_pool_gradient

__all__ = [
    "EngineError",
    "average_pool",
    "average_pool_gradient",
    "batch_norm",
    "batch_norm_gradient",
    "batch_norm_inference",
    "conv",
    "conv_bias_gradient",
    "conv_input_gradient",
    "conv_transpose",
    "conv_weight_gradient",
    "dense",
    "dense_bias_gradient",
    "dense_input_gradient",
    "dense_weight_gradient",
    "max_pool",
    "max_pool_gradient",
    "output_size",
    "relu",
    "relu_gradient",
    "sigmoid",
    "sigmoid_gradient",
    "tanh",
    "tanh_gradient",
]
