"""Convolutional networks, homework 4."""

from symcnn import Part

parts = [
    Part("2 (a), (b) and 4 (a)", "convolution_shapes", {
        "batch": 10, "inputs": 3, "size": 32, "filters": 64, "kernel1": 3, "stride1": 1, "padding1": 1, "kernel2": 4,
        "stride2": 2, "padding2": 0}),
    Part("2 (c), (d)", "receptive_field_stack"),
    Part("2 (e)", "layer_table", {"size": 28, "inputs": 1, "filters": 10, "kernel": 3, "padding": 1, "window": 2,
                                  "classes": 3}),
    Part("2 (f)", "circular_shifts"),
    Part("3 (a)", "parameter_sharing"),
    Part("3 (b)", "filter_recovery", {"input": "1 4 0 -2 3", "output": "-2 2 11", "length": 3}),
    Part("3 (c)", "transposed_convolution_entries", {"input": "-1 2; 3 1", "kernel": "1 -1; 0 1"}),
    Part("4 (b), (c)", "edge_and_blur_filters"),
    Part("4 (d) i", "dilated_convolution", {"input": "1 2 3; 4 5 6; 7 8 9", "kernel": "1 1; 1 1", "dilation": 2,
                                            "padding": 1}),
    Part("4 (d) ii", "dilated_receptive_field", {"extent": 7}),
    Part("5 (a)", "weight_gradient_of_filter"),
    Part("5 (b)", "gradient_statistics"),
    Part("5 (c), (d)", "pooling_gradients"),
]
