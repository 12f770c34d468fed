"""Machine learning (COM S 573), homework 5."""

from symcnn import Part

parts = [
    Part("1", "downsampling_block", {"size": 64, "inputs": 128, "kernel": 3, "padding": 1, "stride1": 2,
                                     "channels1": 256, "stride2": 1, "channels2": 512}),
    Part("2 (a), (b)", "batch_norm_batch"),
    Part("2 (c)", "batch_norm_moments"),
    Part("2 (d)", "batch_norm_inference"),
    Part("3", "conv_matrix", {"size": 4, "kernel": 3, "channels": 2, "outputs": 2}),
    Part("4", "lenet", {"size": 32, "inputs": 3, "classes": 10}),
]
