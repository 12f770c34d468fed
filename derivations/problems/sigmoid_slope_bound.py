"""How small the slope of the sigmoid is: at most ¼, and exponentially small where the unit is saturated."""

from symcnn import Derivation, declare
from symcnn.kernel import bounds

parameters: dict[str, object] = {}


def derive() -> Derivation:
    d = Derivation("How large the slope of the sigmoid can be", "|σ′(z)| ≤ ¼, and at most e^{−|z|}")
    sigmoid = declare("", "z")
    read = sigmoid.expression
    slope = read("sigmoid(z) (1 - sigmoid(z))")
    ball, half = read("exp(-z)/(1 + exp(-z))"), read("exp(-z/2)/(1 + exp(-z))")
    quarter = bounds.by_squares(slope, read("1/4"), [(1, read("sigmoid(z) - 1/2"))],
                                [(1, read("1/2")), (1, half)])
    d.given("The slope of the sigmoid $\\sigma$ is $\\sigma'(z) = \\sigma(z)(1 - \\sigma(z))$. What bounds it may "
            "stand for the $\\beta_k$ of the bound for a deep network.")
    d.conclude(quarter, "a quarter minus it is the square of $\\sigma(z) - \\frac{1}{2}$, and it is itself the square "
               "of $e^{-z/2}/(1 + e^{-z})$: a quarter for $\\beta_k$ always does")
    d.conclude(bounds.by_squares(slope, read("exp(-z)"), [(2, ball), (1, read("exp(-3*z/2)/(1 + exp(-z))"))],
                                 [(1, read("exp(-z/2)")), (1, half)]),
               "the differences are sums of squares again: for large $z$ the unit is saturated, "
               "and $\\beta_k$ is small")
    d.conclude(bounds.by_squares(slope, read("exp(z)"), [(2, read("exp(z)/(1 + exp(z))")),
                                                         (1, read("exp(3*z/2)/(1 + exp(z))"))],
                                 [(1, read("exp(z/2)")), (1, half)]),
               "the same for large negative $z$")
    return d
