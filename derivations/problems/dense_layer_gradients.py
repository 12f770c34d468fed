"""The gradients of one fully connected layer with the sigmoid, from its formulas, and the factor to the next layer."""

from symcnn import Derivation, declare, gradient, prove, steps
from symcnn.calculus import Line

parameters: dict[str, object] = {}


def derive() -> Derivation:
    d = Derivation("Backpropagation through one layer", "∂J/∂b = ∂J/∂z, ∂J/∂A = ∂J/∂z yᵀ, ∂J/∂y = Aᵀ ∂J/∂z, and "
                   "through the sigmoid ∂J/∂z = ∂J/∂u ⊙ u ⊙ (1 − u)")
    dense = declare("M N", "y[M] A[N,M] b[N]").define("z[i] = b[i] + sum(j) A[i,j] y[j]")
    activation = declare("N", "z[N]").define("u[i] = sigmoid(z[i])")
    following = declare("N K", "A'[K,N] b'[K] z[N]").define("z'[a] = b'[a] + sum(c) A'[a,c] sigmoid(z[c])")
    d.given("$M$ inputs $y$, $N$ outputs; $A$ has a row for each output and a column for each input. The loss $J$ "
            "depends on $y$, $A$ and $b$ through $z$ only, and on $z$ through $u$ only.", dense, activation,
            "The next layer, with $K$ outputs:", following)
    for name, indices in (("b", ["i"]), ("A", ["i", "j"]), ("y", ["j"])):
        d.show(*gradient(dense, name, indices).lines, conclude=True)
    made = gradient(activation, "z", ["i"])
    d.show(*made.lines, *steps(made.expression, [
        ("$\\sigma'(z) = \\sigma(z)(1 - \\sigma(z))$ for the sigmoid and the definition of $u$",
         activation.equation("∂J/∂z[i] = ∂J/∂u[i] u[i] (1 - u[i])").right)], activation.definitions), conclude=True)
    factor = following.equation("∂z'[a]/∂z[c] = A'[a,c] sigmoid(z[c]) (1 - sigmoid(z[c]))")
    d.show(Line(prove(factor.left, factor.right, following.definitions),
                "the factor from one layer to the next, from the formula of the next layer"), conclude=True)
    return d
