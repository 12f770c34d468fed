"""σ′ = σ(1 − σ), from the definition by the exponential function."""

from symcnn import Derivation, declare, steps, validate_derivative

parameters: dict[str, object] = {}


def derive() -> Derivation:
    d = Derivation("The derivative of the sigmoid", "dU/dz = U (1 − U)")
    sigmoid = declare("", "z").define("U = 1/(1 + exp(-z))")
    d.given(sigmoid)
    read = sigmoid.expression
    d.show(*steps(read("∂U/∂z"), [
        ("quotient rule: the derivative of $1/f$ is $-f'/f^2$", read("-(-exp(-z)) / (1 + exp(-z))^2")),
        ("cancel the signs", read("exp(-z) / (1 + exp(-z))^2")),
        ("split the fraction", read("1/(1 + exp(-z)) * (exp(-z)/(1 + exp(-z)))")),
        ("$e^{-z} = (1 + e^{-z}) - 1$ in the second factor", read("1/(1 + exp(-z)) * (1 - 1/(1 + exp(-z)))")),
        ("the definition of $U$", read("U (1 - U)")),
    ], sigmoid.definitions), conclude=True)
    d.validate(lambda cases: validate_derivative(read("U"), read("U (1 - U)"), sigmoid["z"],
                                                 definitions=sigmoid.definitions, cases=cases))
    return d
