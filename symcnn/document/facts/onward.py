"""Formulas as steps on the way from inputs to a loss: those of one step of a sequence, and those about gradients."""

from __future__ import annotations

from functools import lru_cache

from symcnn.notation.expression import Definition, Derivative, Equation, Read, free_indices, walk
from symcnn.notation.polynomial import polynomial
from symcnn.notation.traverse import substitute, tensors_in


@lru_cache(maxsize=1000)
def of_one_step(equation: Equation) -> Definition | None:
    """The formula of a name at one step, y[t] = … y[t - 1] …, from an equation that may be about the next step."""
    left = equation.left
    assert isinstance(left, Read)
    shifted = {s: polynomial(s) - (i - s) for i in left.indices for s in i.symbols
               if not s.is_size and (i - s).is_constant}
    if left.indices and len(shifted) == len(left.indices) and free_indices(equation.right) <= set(shifted):
        return Definition(left.tensor, tuple(shifted), substitute(equation.right, shifted))
    return None


@lru_cache(maxsize=1000)
def is_forward(definition: Definition) -> bool:
    """Whether a definition may be a step on the way to the loss."""
    return not is_backward(definition)


def is_backward(definition: Definition) -> bool:
    """Whether a definition is about gradients, or is a slope, J = ∂y/∂x: it is no step on the way to the loss."""
    return definition.tensor.name.startswith("delta") or any(
        t.gradient_of is not None or t.name.startswith("delta") for t in tensors_in(definition.body)) or any(
        isinstance(n, Derivative) for n in walk(definition.body))
