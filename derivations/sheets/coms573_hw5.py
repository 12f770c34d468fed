"""Machine learning (COM S 573), homework 5."""

from symcnn import Part

parts = [
    Part("3", "conv_matrix", {"size": 4, "kernel": 3, "channels": 2, "outputs": 2}),
]
