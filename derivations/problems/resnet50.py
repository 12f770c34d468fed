"""ResNet-50 as a table: shapes, parameters, multiply-accumulates, receptive fields."""

from symcnn import Derivation
from symcnn.counting import MULTIPLY_ACCUMULATES
from symcnn.network import PARAMETERS, resnet50
from symcnn.tables import derive_table

parameters = {"size": 224, "classes": 1000}


def derive(size: int, classes: int) -> Derivation:
    d = Derivation("ResNet-50", "parameters and multiply-accumulates, from the formula of each layer")
    d.given(f"Images of ${size} \\times {size} \\times 3$ and {classes} classes; bottleneck blocks with the stride on "
            "the $3 \\times 3$ convolution, no bias in convolutions, batch norm with stored statistics (He et al. "
            "2016, table 1). Every layer is one line:")
    derive_table(d, resnet50(classes), (1, 3, size, size),
                 ["layer", "output", "receptive field", PARAMETERS, MULTIPLY_ACCUMULATES],
                 skip=True)
    return d
