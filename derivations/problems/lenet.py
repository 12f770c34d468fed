"""LeNet, layer by layer: shapes, parameters, multiply-accumulates, receptive fields."""

from symcnn import Derivation
from symcnn.counting import MULTIPLY_ACCUMULATES
from symcnn.network import PARAMETERS, lenet
from symcnn.tables import derive_table

parameters = {"size": 32, "inputs": 3, "classes": 10, "kernel": 5, "window": 2, "channels1": 6, "channels2": 16,
              "features1": 120, "features2": 84}


def derive(size: int, inputs: int, classes: int, kernel: int, window: int, channels1: int, channels2: int,
           features1: int, features2: int) -> Derivation:
    d = Derivation("LeNet", "shapes, parameters, multiply-accumulates and receptive fields of every layer")
    network = lenet(classes, kernel=kernel, window=window, channels=(channels1, channels2),
                    features=(features1, features2))
    d.given(f"Images of ${size} \\times {size} \\times {inputs}$ and {classes} classes; convolutions of stride 1 "
            f"without padding, pooling of stride {window}. Every layer is one line:")
    derive_table(d, network, (1, inputs, size, size),
                 ["layer", "output", "receptive field", PARAMETERS, MULTIPLY_ACCUMULATES],
                 worked=[PARAMETERS, MULTIPLY_ACCUMULATES])
    return d
