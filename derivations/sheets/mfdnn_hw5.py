"""Mathematical foundations of deep neural networks, homework 5."""

from symcnn import Part

parts = [
    Part("3", "momentum_forms"),
]
