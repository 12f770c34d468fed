"""Which factors appear in ∂y_L/∂b_i and ∂y_L/∂A_i, from the formulas of a network of a few layers."""

from symcnn import Claim, Derivation, prove
from symcnn.errors import UsageError
from symcnn.layers.deep import deep_network
from symcnn.notation.expression import Equation, Expression

parameters = {"depth": 3, "layer": 1}


def derive(depth: int, layer: int) -> Derivation:
    d = Derivation("The factors of the gradients of a deep network",
                   "∂y_L/∂b_i = A_L D_{L−1} A_{L−1} ⋯ A_{i+1} D_i with D = diag σ′, and ∂y_L/∂A_i is that times "
                   "y_{i−1}")
    net = deep_network(depth)
    if not 1 <= layer < depth:
        raise UsageError(f"layer {layer} of {depth}: needed is a layer from 1 to depth − 1, so a depth of 2 or more")
    d.given(f"A network of {depth} layers of widths $N_0, \\dots, N_{{{depth}}}$, the last one "
            f"linear, the others with the sigmoid $\\sigma$; the parameters that vary are those of layer "
            f"{layer}.", *(x for x in net.definitions if x.tensor.name != "J"))

    def path(k: int, unit: str) -> str:
        """∂z_k[unit]/∂z_i[i] as the formula says it: a sum over the units of each layer between."""
        below = "i" if k == layer + 1 else f"c{k - 1}"
        slope = f"A{k}[{unit},{below}] sigmoid(z{k - 1}[{below}]) (1 - sigmoid(z{k - 1}[{below}]))"
        return slope if k == layer + 1 else f"(sum({below}) {slope} {path(k - 1, below)})"

    product = path(depth, "a")
    for text, why in ((f"∂y{depth}[a]/∂b{layer}[i] = {product}",
                       "differentiate the formulas: a factor $A_j$ for every $j > i$ and a factor $\\sigma'(z_j)$ for "
                       "every $j$ from $i$ to $L - 1$; no $A_i$, and no matrix of a layer below it"),
                      (f"∂y{depth}[a]/∂A{layer}[i,j] = {product} y{layer - 1}[j]",
                       "the same factors, and the input $y_{i-1}$ of the layer")):
        d.conclude(prove(*sides(net.equation(text)), net.definitions), why)
    careless(d)
    return d


def careless(d: Derivation) -> None:
    """Statements that are easily made instead, each with a counterexample."""
    two, three = deep_network(2), deep_network(3)
    d.refute(Claim(*sides(two.equation("∂y2[a]/∂b1[i] = 0")), two.definitions),
             "a careless statement: if $A_i$ is small, so is $\\partial y_L/\\partial b_i$; here $A_1$ is zero",
             {}, {"A2[0,0]": 1})
    d.refute(Claim(*sides(three.equation("∂y3[a]/∂b2[i] = 0")), three.definitions),
             "a careless statement: saturated units below layer $i$ make it small; here those of layer 1, "
             "at 1000", {}, {"A3[0,0]": 1, "b1[0]": 1000})
    d.refute(Claim(*sides(three.equation("∂y3[a]/∂b1[i] = 0")), three.definitions),
             "a careless statement: one saturated unit of a layer is enough; here the inputs of layer 2 are 1000 and 0",
             {"N2": 2}, {"A2[0,0]": 1, "A2[1,0]": 1, "A3[0,0]": 1, "A3[0,1]": 1, "b2[0]": 1000})


def sides(equation: Equation) -> tuple[Expression, Expression]:
    return equation.left, equation.right
