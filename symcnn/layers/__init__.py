"""Layers: each is one line of index notation; shapes, counts and gradients are derived from it."""

from symcnn.layers.convolution import convolution, padded_output_gradient, transposed_convolution
from symcnn.layers.layer import Layer, declare, layer

__all__ = ["Layer", "convolution", "declare", "layer", "padded_output_gradient", "transposed_convolution"]
