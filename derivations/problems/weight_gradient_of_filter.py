"""The gradient of a loss with respect to a k×k filter on an n×n input, and one step of gradient descent."""

from symcnn import Derivation, gradient, layer, steps, validate_definition
from symcnn.notation.expression import Definition

parameters: dict[str, object] = {}


def derive() -> Derivation:
    d = Derivation("The weight gradient of a filter",
                   "∂J/∂W[h, l] = Σ ∂J/∂Y[i, j] X[i + h, j + l] over the n − k + 1 positions on each axis")
    conv = layer("Y[i,j] = sum(h,l) W[h,l] X[i+h, j+l]", "n k", "X[n,n] W[k,k]", assume=["k <= n"])
    d.given("A $k \\times k$ filter $W$ on an $n \\times n$ input $X$, stride 1, no padding: $n - k + 1$ positions on "
            "each axis. The loss $J$ depends on $W$ through $Y$ only, and $\\partial J/\\partial Y$ is known.", conv)
    dw = gradient(conv, "W", ["h", "l"])
    d.show(*dw.lines, conclude=True)
    closed = Definition(dw.tensor, dw.chain.indices, dw.expression)

    with_rate = conv.context.with_tensors("lambda").with_definition(closed)
    step = type(conv)(with_rate, "Y").define("W_new[h,l] = W[h,l] - lambda ∂J/∂W[h,l]")
    d.given("One step of gradient descent with learning rate $\\lambda$:", step.definition)
    d.show(*steps(step.definition.left, [
        ("the definition of the step", step.definition.body),
        ("put in the gradient: the filter moves against the correlation of $X$ with $\\partial J/\\partial Y$",
         step.equation("W_new[h,l] = W[h,l] - lambda (sum(i,j) ∂J/∂Y[i,j] X[i+h, j+l])").right),
    ], step.definitions), conclude=True)
    d.validate(lambda cases: validate_definition(conv, closed, cases=cases))
    return d
