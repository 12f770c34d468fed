"""An inception module, as it is and with 1×1 convolutions that reduce its channels first."""

from fractions import Fraction

from symcnn import Derivation, declare, steps
from symcnn.counting import ADDITIONS, CONVENTION, EVALUATIONS, MULTIPLICATIONS
from symcnn.network import PARAMETERS, inception, table
from symcnn.network.show import arrays, cells, plain
from symcnn.tables import decimal, derive_total, ratio, symbolic_counts

parameters = {"size": 32, "inputs": 256, "one": 128, "three": 192, "five": 96, "reduce": 64}
COUNTED = (PARAMETERS, MULTIPLICATIONS, ADDITIONS, EVALUATIONS)


def derive(size: int, inputs: int, one: int, three: int, five: int, reduce: int) -> Derivation:
    d = Derivation("An inception module, naive and with reductions",
                   "parameters, additions, multiplications and activation evaluations of both, and their ratios")
    d.given(f"An input of ${size} \\times {size} \\times {inputs}$. The naive module has convolutions $1 \\times 1$ to "
            f"{one}, $3 \\times 3$ to {three} and $5 \\times 5$ to {five} channels and a $3 \\times 3$ max pooling, "
            "all with stride 1 and padded to the input's size, concatenated. The other has a $1 \\times 1$ convolution "
            f"to {reduce} channels before the $3 \\times 3$, before the $5 \\times 5$ and after the pooling. Every "
            "convolution has a bias, and an activation of every output.")
    shape = (1, inputs, size, size)
    naive = table(inception(one, three, five), shape)
    modules = {"naive": naive, "with reductions": table(inception(one, three, five, reduce), shape, like=naive)}
    symbolic_counts(d, modules["with reductions"], COUNTED)
    names = declare("C M K", "")
    d.show(*steps(names.expression("M*(C*(K^2-1) + (C-1) + 1)"), [
        ("why a convolution takes as many additions as multiplications: for every output $K^2 - 1$ within each of the "
         "$C$ windows, $C - 1$ to add the windows up, and one for the bias", names.expression("M*C*K^2"))]),
        conclude=True)
    columns = ["layer", "output", *COUNTED]
    for title, made in modules.items():
        for array in arrays(columns, cells(made, columns, skip=True)):
            d.display(array, f"{title}: the layers that have any of the four")
        d.print(f"{title}\n{plain(made, columns)}")
        for what in COUNTED:
            derive_total(d, made, what, title)
    for what in COUNTED:
        less, more = (modules[title].number(what) for title in ("with reductions", "naive"))
        d.conclude(ratio(more, less), f"{what}, naive over reduced: the ratio ${decimal(Fraction(more, less))}$")
    d.note(CONVENTION + " Max pooling takes comparisons, which are none of the four.")
    d.instance = "counts of a layer: all sizes; modules: this instance"
    return d
