"""The functions whose names every document may use without a definition."""

from __future__ import annotations

from collections.abc import Callable

from symcnn.document.reading.forms import over
from symcnn.notation.expression import Apply, Expression, expression

HEADS = {"exp": "exp", "log": "log", "ln": "log", "tanh": "tanh", "sigmoid": "sigmoid", "Sigmoid": "sigmoid",
         "sin": "sin", "cos": "cos", "relu": "relu", "ReLU": "relu", "RELU": "relu", "sqrt": "sqrt", "sign": "sign"}
"""The names of functions that formulas can be made of, with how they are called there."""


def _exponentials(argument: Expression) -> tuple[Expression, Expression]:
    return Apply("exp", argument), Apply("exp", -argument)


def _sinh(argument: Expression) -> Expression:
    rising, falling = _exponentials(argument)
    return over(rising - falling, expression(2))


def _cosh(argument: Expression) -> Expression:
    rising, falling = _exponentials(argument)
    return over(rising + falling, expression(2))


FORMULAS: dict[str, Callable[[Expression], Expression]] = {
    "sinh": _sinh, "cosh": _cosh,
    "sech": lambda x: over(expression(1), _cosh(x)), "csch": lambda x: over(expression(1), _sinh(x)),
    "coth": lambda x: over(_cosh(x), _sinh(x)),
    "tan": lambda x: over(Apply("sin", x), Apply("cos", x)),
    "cot": lambda x: over(Apply("cos", x), Apply("sin", x)),
    "sec": lambda x: over(expression(1), Apply("cos", x)),
    "csc": lambda x: over(expression(1), Apply("sin", x)),
}
"""Functions that stand for formulas: hyperbolic ones by exponentials, sinh x = (e^x − e^{−x})/2, the others of
trigonometry by sine and cosine."""
FUNCTIONS = frozenset((*HEADS, *FORMULAS))
"""The names of all of them."""


def standard_function(name: str, argument: Expression) -> Expression:
    """The function of that name, one of FUNCTIONS, at an argument."""
    return Apply(HEADS[name], argument) if name in HEADS else FORMULAS[name](argument)
