"""tanh′ = 1 − tanh², from exponentials."""

from symcnn import Derivation, declare, steps, validate_derivative

parameters: dict[str, object] = {}


def derive() -> Derivation:
    d = Derivation("The derivative of tanh", "dU/dz = 1 − U²")
    tanh = declare("", "z").define("U = (exp(z) - exp(-z)) / (exp(z) + exp(-z))")
    d.given(tanh)
    read = tanh.expression
    d.show(*steps(read("∂U/∂z"), [
        ("product rule for numerator times reciprocal, with the derivative of $1/f$ is $-f'/f^2$",
         read("(exp(z) + exp(-z)) * (1/(exp(z) + exp(-z)))"
              " - (exp(z) - exp(-z)) * (exp(z) - exp(-z)) / (exp(z) + exp(-z))^2")),
        ("the first term is 1", read("1 - (exp(z) - exp(-z))^2 / (exp(z) + exp(-z))^2")),
        ("a quotient of squares is the square of the quotient",
         read("1 - ((exp(z) - exp(-z)) / (exp(z) + exp(-z)))^2")),
        ("the definition of $U$", read("1 - U^2")),
        ("$U$ is the function tanh", read("1 - tanh(z)^2")),
    ], tanh.definitions), conclude=True)
    d.validate(lambda cases: validate_derivative(read("U"), read("1 - tanh(z)^2"), tanh["z"],
                                                 definitions=tanh.definitions, cases=cases))
    return d
