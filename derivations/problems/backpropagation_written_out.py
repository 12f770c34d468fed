"""Backpropagation through a network of a few layers, from the formulas of all of them."""

from symcnn import Claim, Derivation, prove, validate_definition
from symcnn.layers import Layer
from symcnn.layers.deep import deep_network
from symcnn.notation.expression import Definition, Equation, Expression
from symcnn.notation.polynomial import Symbol

parameters = {"depth": 3}


def derive(depth: int) -> Derivation:
    straight = with_deltas(deep_network(depth), depth)
    d = Derivation("Backpropagation, every formula written out",
                   "∂J/∂b_ℓ = δ_ℓ and ∂J/∂A_ℓ = δ_ℓ y_{ℓ−1}ᵀ for every layer of this depth")
    layers = f"{depth} layer{'s' if depth > 1 else ''}"
    d.given(f"A network of {layers} of widths $N_0, \\dots, N_{{{depth}}}$, with the sigmoid in the layers below the "
            "last:", straight)
    for n in range(depth, 0, -1):
        for text in (f"∂J/∂b{n}[i] = delta{n}[i]", f"∂J/∂A{n}[i,j] = delta{n}[i] y{n - 1}[j]"):
            d.conclude(prove(*sides(straight.equation(text)), straight.definitions),
                       f"layer {n} of {depth}: differentiate the formulas themselves, without the chain rule for "
                       "layers; the result is the same")
    careless(d)
    for name, indices, text in (("A1", "ij", "∂J/∂A1[i,j] = delta1[i] y0[j]"), ("b1", "i", "∂J/∂b1[i] = delta1[i]")):
        formula = Definition(straight[f"∂J/∂{name}"], tuple(map(Symbol, indices)), straight.equation(text).right)
        d.validate(lambda cases, f=formula: validate_definition(straight, f, of="J", cases=cases))
    return d


def with_deltas(network: Layer, depth: int) -> Layer:
    """The network with the δ of backpropagation as further definitions, the last layer first."""
    made = network.define(f"delta{depth}[i] = y{depth}[i] - t[i]")
    for n in range(depth - 1, 0, -1):
        made = made.define(f"delta{n}[i] = y{n}[i] (1 - y{n}[i]) (sum(j) A{n + 1}[j,i] delta{n + 1}[j])")
    return made


def careless(d: Derivation) -> None:
    """Statements that are easily written instead, each with a counterexample."""
    two = with_deltas(deep_network(2), 2)
    d.refute(Claim(*sides(two.equation("∂J/∂b2[i] = delta2[i] y2[i] (1 - y2[i])")), two.definitions),
             "a careless statement: a factor $\\sigma'$ at the last layer, which is linear",
             {}, {"b2[0]": 3, "t[0]": 1})
    d.refute(Claim(*sides(two.equation("∂J/∂b1[i] = sum(j) A2[j,i] delta2[j]")), two.definitions),
             "a careless statement: no factor $\\sigma'$ at the layer itself", {}, {"A2[0,0]": 1, "b2[0]": 1})
    d.refute(Claim(*sides(two.equation("∂J/∂A1[i,j] = delta1[i] y1[j]")), two.definitions),
             "a careless statement: the layer's output in place of its input", {}, {"A2[0,0]": 2, "b2[0]": 1})


def sides(equation: Equation) -> tuple[Expression, Expression]:
    return equation.left, equation.right
