"""A convolution against a dense layer of the same shapes: the same map with far fewer parameters."""

from fractions import Fraction

from symcnn import Derivation, declare, prove
from symcnn.counting import MULTIPLICATIONS, Lemmas, counts
from symcnn.errors import UsageError
from symcnn.layers.layer import Layer
from symcnn.notation.expression import Add, Tensor, expression
from symcnn.tables import decimal, ratio

parameters = {"size": 28, "inputs": 1, "filters": 10, "kernel": 3, "padding": 1, "stride": 1}


def derive(size: int, inputs: int, filters: int, kernel: int, padding: int, stride: int) -> Derivation:
    d = Derivation("Parameter sharing", "a convolution is a dense layer whose weights repeat; parameters of both")
    conv, dense, repeated = layers()
    sizes = {conv.size(n): v for n, v in {"C": inputs, "M": filters, "H1": size, "H2": size, "K": kernel, "s": stride,
                                          "p": padding}.items()}
    if any(v < (s.lower or 0) for s, v in sizes.items()) or any(a.evaluate(sizes) < 0 for a in conv.assumptions):
        raise UsageError(f"a kernel of {kernel} with stride {stride} and padding {padding} does not fit {size} pixels; "
                         "allowed: sizes from 1 on, padding from 0 on, a kernel no larger than the padded image")
    d.given("A convolution of one image, and a dense layer from the same input to outputs of the same shape, with a "
            "weight $V$ for every output and input and a bias $c$ for every output:", conv, dense,
            "The weights of the convolution, written as those of a dense layer:", repeated.definition)
    d.conclude(prove(conv.definition.left, repeated.equation(
        "U[m,i,j,n,u,v] = b[m] + sum(n,u,v) U[m,i,j,n,u,v] X[n,u,v]").right,
        [conv.definition, repeated.definition], conv.assumptions),
        "the convolution is the dense layer with $U$ for $V$ and $b[m]$ for $c[m, i, j]$: every weight of $W$ stands "
        "in $U$ once for each output position, and what is not under the kernel is 0")
    lemmas: Lemmas = {}
    both = {"convolution": counts(conv, ["W", "b"], lemmas), "dense layer": counts(dense, ["V", "c"], lemmas)}
    for name, found in both.items():
        for tensor, count in found.parameters.items():
            d.conclude(count.theorem, f"{name}: entries of ${tensor}$")
        d.conclude(found.operations[MULTIPLICATIONS].theorem, f"{name}: multiplications")
    numbers = {}
    for name, found in both.items():
        numbers[name] = sum(c.at(sizes) for c in found.parameters.values())
        parts = tuple(c.instance(sizes).left for c in found.parameters.values())
        d.conclude(prove(Add(parts), expression(numbers[name])), f"{name}: parameters with the numbers put in")
    more, less = numbers["dense layer"], numbers["convolution"]
    d.conclude(ratio(more, less), f"the dense layer has ${decimal(Fraction(more, less))}$ times the parameters")
    d.instance = "in symbols: all sizes; numbers: this instance"
    return d


def layers() -> tuple[Layer, Layer, Layer]:
    """Convolution, dense layer of the same shapes, and the convolution's weights as those of a dense layer, U."""
    names = declare("C M H1 H2 K s p>=0", "X[C,H1,H2] W[M,C,K,K] b[M]", ["K <= H1 + 2*p", "K <= H2 + 2*p"])
    conv = names.define("Z[m,i,j] = b[m] + sum(n,k1,k2) W[m,n,k1,k2] X[n,s*i+k1-p,s*j+k2-p]",
                        padding={"X": ["0", "p", "p"]})
    outputs, pairs = conv["Z"].axes, (*conv["Z"].axes, *conv["X"].axes)
    weighted = names.context.with_tensor(Tensor("V", pairs)).with_tensor(Tensor("c", outputs))
    dense = Layer(weighted, "").define("D[m,i,j] = c[m,i,j] + sum(n,u,v) V[m,i,j,n,u,v] X[n,u,v]")
    repeated = Layer(names.context.with_tensor(Tensor("U", pairs)), "").define(
        "U[m,i,j,n,u,v] = sum(k1,k2) [s*i + k1 - p = u, s*j + k2 - p = v] W[m,n,k1,k2]")
    return conv, dense, repeated
