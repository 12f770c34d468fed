"""Introduction to machine learning, homework 8: convolutional networks."""

from symcnn import Part

parts = [
    Part("3, 4", "conv_sigmoid_backprop"),
]
