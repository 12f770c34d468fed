"""VGG-16 as a table: shapes, parameters, multiply-accumulates, receptive fields."""

from symcnn import Derivation
from symcnn.counting import MULTIPLY_ACCUMULATES
from symcnn.network import PARAMETERS, vgg16
from symcnn.tables import derive_table

parameters = {"size": 224, "classes": 1000}


def derive(size: int, classes: int) -> Derivation:
    d = Derivation("VGG-16", "parameters and multiply-accumulates, from the formula of each layer")
    d.given(f"Images of ${size} \\times {size} \\times 3$ and {classes} classes; convolutions $3 \\times 3$ of "
            "stride 1 and padding 1, pooling $2 \\times 2$ of stride 2 (Simonyan & Zisserman 2015, configuration D). "
            "Every layer is one line:")
    derive_table(d, vgg16(classes), (1, 3, size, size),
                 ["layer", "output", "receptive field", PARAMETERS, MULTIPLY_ACCUMULATES])
    return d
