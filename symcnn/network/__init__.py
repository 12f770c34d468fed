"""Networks of layers with numbers: shapes, counts and receptive fields, from each layer's formula."""

from symcnn.network.models import bottleneck, inception, lenet, resnet50, vgg16
from symcnn.network.parts import (
    Activation, AveragePooling, BatchNorm, Branches, Convolution, Dense, Flatten, GlobalAveragePooling, MaxPooling,
    Network, Part,
)
from symcnn.network.table import COUNTED, MEMORY, PARAMETERS, Row, Table, table

__all__ = [
    "Activation", "AveragePooling", "BatchNorm", "Branches", "COUNTED", "Convolution", "Dense", "Flatten",
    "GlobalAveragePooling", "MEMORY", "MaxPooling", "Network", "PARAMETERS", "Part", "Row", "Table", "bottleneck",
    "inception", "lenet", "resnet50", "table", "vgg16",
]
