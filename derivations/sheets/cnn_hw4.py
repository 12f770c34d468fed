"""Convolutional networks, homework 4."""

from symcnn import Part

parts: list[Part] = [
]
