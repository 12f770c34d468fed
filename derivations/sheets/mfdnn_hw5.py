"""Mathematical foundations of deep neural networks, homework 5."""

from symcnn import Part

parts = [
    Part("1", "deep_backpropagation"),
    Part("2", "gradient_bound"),
    Part("3", "momentum_forms"),
    Part("4", "receptive_field_stages", {"kernel": 3, "padding": 1, "window": 2, "stride": 2}),
    Part("5", "inception_module", {"size": 32, "inputs": 256, "one": 128, "three": 192, "five": 96, "reduce": 64}),
]
