"""Layers: each is one line of index notation; shapes, counts and gradients are derived from it."""

from symcnn.layers.convolution import (
    circular_convolution, convolution, padded_output_gradient, transposed_convolution,
)
from symcnn.layers.elementwise import activation, addition, concatenation, dense, flatten
from symcnn.layers.layer import Layer, declare, layer
from symcnn.layers.loss import softmax_cross_entropy
from symcnn.layers.normalization import batch_norm, batch_norm_over
from symcnn.layers.pooling import average_pooling, global_average_pooling, max_pooling

__all__ = [
    "Layer", "activation", "addition", "average_pooling", "batch_norm", "batch_norm_over", "circular_convolution",
    "concatenation", "convolution", "declare", "dense", "flatten", "global_average_pooling", "layer", "max_pooling",
    "padded_output_gradient", "softmax_cross_entropy", "transposed_convolution",
]
