"""Layers: each is one line of index notation; shapes, counts and gradients are derived from it."""

from symcnn.layers.convolution import convolution, padded_output_gradient, transposed_convolution
from symcnn.layers.layer import Layer, declare, layer
from symcnn.layers.loss import softmax_cross_entropy
from symcnn.layers.normalization import batch_norm

__all__ = ["Layer", "batch_norm", "convolution", "declare", "layer", "padded_output_gradient", "softmax_cross_entropy",
           "transposed_convolution"]
