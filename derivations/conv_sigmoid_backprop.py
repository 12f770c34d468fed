"""Backpropagation through a convolution and a sigmoid, first for one image, then for a mini-batch."""

from symcnn import Derivation, declare, gradient, lift, steps, summed, validate_definition
from symcnn.calculus import conclusion
from symcnn.notation.expression import Definition, Expression, axis
from symcnn.notation.polynomial import Symbol

parameters: dict[str, object] = {}
SIZES = "H1 H2 C M K1 K2"


def derive() -> Derivation:
    d = Derivation("Backpropagation through a convolution with sigmoid activation",
                   "∂J/∂Z, ∂J/∂W and ∂J/∂X for Z = W ∗ X + b, U = σ(Z); the same for every mini-batch")
    conv = declare(SIZES, "X[H1,H2,C] W[K1,K2,C,M] b[M]", ["K1 <= H1", "K2 <= H2"]).define(
        "Z[i,j,m] = sum(k1,k2,n) W[k1,k2,n,m] X[i+k1,j+k2,n] + b[m]")
    activation = declare(SIZES, "Z[H1-K1+1,H2-K2+1,M]").define("U[i,j,m] = 1/(1 + exp(-Z[i,j,m]))")
    d.given("One image with $H_1 \\times H_2$ pixels and $C$ channels, valid positions only; the loss $J$ depends on "
            "$Z$ through $U$ only, and on $X$, $W$ and $b$ through $Z$ only.", conv, activation)

    dz = gradient(activation, "Z", ["i", "j", "m"])
    back = steps(dz.expression, [
        ("$\\sigma'(z) = \\sigma(z)(1 - \\sigma(z))$ for the sigmoid and the definition of $U$",
         activation.equation("∂J/∂Z[i,j,m] = ∂J/∂U[i,j,m] U[i,j,m] (1 - U[i,j,m])").right)], activation.definitions)
    d.show(*dz.lines, *back, conclude=True)
    dw = gradient(conv, "W", ["k1", "k2", "n", "m"])
    d.show(*dw.lines, conclude=True)

    dx = gradient(conv, "X", ["u", "v", "n"])

    def read(text: str) -> Expression:
        return conv.equation(f"∂J/∂X[u,v,n] = {text}").right

    reindexed = steps(dx.expression, [
        ("sum over the output positions: $k_1 = u - i$, $k_2 = v - j$; $W$ is zero outside its taps",
         read("sum(m,i,j) ∂J/∂Z[i,j,m] W[u-i,v-j,n,m]")),
        ("re-index: sum over $k_1 = u - i$, $k_2 = v - j$ instead; $\\partial J/\\partial Z$ is zero outside the "
         "outputs, which is what happens at the border",
         read("sum(m,k1,k2) ∂J/∂Z[u-k1,v-k2,m] W[k1,k2,n,m]"))], conv.definitions)
    d.show(*dx.lines, *reindexed, conclude=True)

    sample, samples = Symbol("l"), axis(Symbol("N", 1))
    d.given("A mini-batch adds the sample index $l$ to $X$, $Z$, $U$ and their gradients; $J$ is the sum over samples.")
    lifted = ["X", "Z", "U", "∂J/∂X", "∂J/∂Z", "∂J/∂U"]
    d.conclude(lift(conclusion(*dz.lines, *back), lifted, sample, samples),
               "the theorem for one image holds for the entries of every sample")
    d.conclude(summed(lift(conclusion(*dw.lines), [*lifted, "∂J/∂W"], sample, samples), sample),
               "for $W$, which all samples share, the samples' gradients add up")
    d.conclude(lift(conclusion(*dx.lines, *reindexed), lifted, sample, samples),
               "the theorem for one image holds for the entries of every sample")
    for layer, made, lines in ((activation, dz, (*dz.lines, *back)), (conv, dw, dw.lines),
                               (conv, dx, (*dx.lines, *reindexed))):
        formula = Definition(made.tensor, made.chain.indices, conclusion(*lines).right)
        d.validate(lambda cases, layer=layer, formula=formula: validate_definition(layer, formula, cases=cases))
    return d

