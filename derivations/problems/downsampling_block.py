"""Two convolutions, the first with stride: parameters, multiply-accumulates, and how much memory each stage takes."""

from fractions import Fraction

from symcnn import Derivation
from symcnn.counting import MULTIPLY_ACCUMULATES
from symcnn.network import MEMORY, PARAMETERS, Convolution
from symcnn.tables import decimal, derive_table, ratio

parameters = {"size": 64, "inputs": 128, "kernel": 3, "padding": 1, "stride1": 2, "channels1": 256, "stride2": 1,
              "channels2": 512}


def derive(size: int, inputs: int, kernel: int, padding: int, stride1: int, channels1: int, stride2: int,
           channels2: int) -> Derivation:
    d = Derivation("A block of two convolutions, the first with a stride",
                   "parameters, multiply-accumulates, and the memory of each stage against its input")
    stages = tuple(Convolution(channels=channels, kernel=kernel, stride=stride, padding=padding, bias=False, name=name)
                   for name, channels, stride in (("conv1", channels1, stride1), ("conv2", channels2, stride2)))
    d.given(f"An input of ${size} \\times {size} \\times {inputs}$ entries and two convolutions "
            f"${kernel} \\times {kernel}$ with padding {padding}: the first to {channels1} channels with stride "
            f"{stride1}, the second to {channels2} channels with stride {stride2}. Without bias each of them is")
    columns = [PARAMETERS, MULTIPLY_ACCUMULATES, MEMORY]
    made = derive_table(d, stages, (1, inputs, size, size), ["layer", "output", *columns], worked=columns)
    stored = [size * size * inputs, *(row.number(MEMORY) for row in made.rows)]
    parts = [(row.name, stored[n], stored[n + 1]) for n, row in enumerate(made.rows)]
    for name, before, after in [*parts, ("the block", stored[0], stored[-1])]:
        share = 100 * Fraction(after, before)
        d.conclude(ratio(after, before), f"memory of {name}: entries of its output over entries of its input, "
                   f"${decimal(share)}$ per cent")
    d.note(f"Memory is the number of entries of an output; the input has ${size} \\cdot {size} \\cdot {inputs} = "
           f"{stored[0]}$.")
    return d
