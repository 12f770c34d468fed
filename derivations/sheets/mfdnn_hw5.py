"""Mathematical foundations of deep neural networks, homework 5."""

from symcnn import Part

parts = [
    Part("1 (one layer)", "dense_layer_gradients"),
    Part("1 (any depth)", "deep_backpropagation"),
    Part("1 (three layers)", "backpropagation_written_out", {"depth": 3}),
    Part("2 (three layers)", "gradient_factors", {"depth": 3, "layer": 1}),
    Part("2 (any depth)", "gradient_bound"),
    Part("2 (sigmoid)", "sigmoid_slope_bound"),
    Part("3 (constant step)", "momentum_forms"),
    Part("3 (changing step)", "momentum_with_changing_step"),
    Part("4", "receptive_field_stages", {"kernel": 3, "padding": 1, "window": 2, "stride": 2}),
    Part("5", "inception_module", {"size": 32, "inputs": 256, "one": 128, "three": 192, "five": 96, "reduce": 64}),
]
