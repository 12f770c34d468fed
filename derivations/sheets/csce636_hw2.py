"""Deep learning (CSCE 636), assignment 2."""

from symcnn import Part

parts = [
    Part("1 (tanh)", "tanh"),
    Part("1 (gradient)", "tanh_risk_gradient"),
    Part("5", "conv_matrix", {"size": 4, "kernel": 3, "channels": 2, "outputs": 2}),
]
