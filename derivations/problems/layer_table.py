"""A small network as a table: two convolutions, each with pooling, and a dense layer."""

from symcnn import Derivation
from symcnn.network import Convolution, Dense, Flatten, MaxPooling, PARAMETERS
from symcnn.tables import derive_table

parameters = {"size": 28, "inputs": 1, "filters": 10, "kernel": 3, "padding": 1, "window": 2, "classes": 3}


def derive(size: int, inputs: int, filters: int, kernel: int, padding: int, window: int, classes: int) -> Derivation:
    d = Derivation("A network as a table", "output shape and parameters of every layer")
    convolution = f"Conv{kernel}-{filters}"
    pooling, dense = f"Pool-{window}", f"FC-{classes}"
    network = (
        Convolution(channels=filters, kernel=kernel, padding=padding, name=convolution),
        MaxPooling(kernel=window, stride=window, name=pooling),
        Convolution(channels=filters, kernel=kernel, padding=padding, name=convolution),
        MaxPooling(kernel=window, stride=window, name=pooling),
        Flatten(name="Flatten"), Dense(outputs=classes, name=dense))
    d.given(f"An image of ${size} \\times {size} \\times {inputs}$ goes through {convolution} (padding {padding}, "
            f"stride 1), {pooling} (stride {window}), {convolution}, {pooling}, Flatten, {dense}. Every "
            "layer is one line:")
    derive_table(d, network, (1, inputs, size, size), ["layer", "output", PARAMETERS], worked=[PARAMETERS])
    d.note("Pooling and flattening have no tensor that is learned, so no parameters.")
    return d
