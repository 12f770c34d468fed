"""Introduction to machine learning, homework 8: convolutional networks."""

from symcnn import Part

parts = [
    Part("1 (this image)", "horizontal_differences", {
        "image": "0 0 0 0 0; 0 3 3 3 0; 0 3 3 3 0; 0 3 2 3 0; 0 3 2 3 0; 0 0 0 0 0", "weights": "1 -1; 1 -1"}),
    Part("1 (any image)", "difference_weights", {"weights": "1 -1; 1 -1"}),
    Part("1 (any filter)", "summation_by_parts"),
    Part("2", "convolution_counts", {"height": 48, "width": 64, "kernel_height": 3, "kernel_width": 3, "inputs": 10,
                                     "outputs": 20}),
    Part("3, 4", "conv_sigmoid_backprop"),
]
