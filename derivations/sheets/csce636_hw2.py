"""Deep learning (CSCE 636), assignment 2."""

from symcnn import Part

parts = [
    Part("1 (tanh)", "tanh"),
    Part("1 (gradient)", "tanh_risk_gradient"),
    Part("2", "two_layer_tanh", {"W1": "0.1 0.2; 0.3 0.4", "W2": "0.2; 1; -3", "W3": "1; 2", "x": "2", "y": "1"}),
    Part("3", "residual_bottleneck", {"width": 32, "outside": 128, "kernel": 3}),
    Part("4", "batch_norm_shapes"),
    Part("5", "conv_matrix", {"size": 4, "kernel": 3, "channels": 2, "outputs": 2}),
]
