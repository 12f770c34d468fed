"""Functions that a document gives no formula: a line that fails for any function may hold for the one that is meant."""

from __future__ import annotations

from symcnn.document.reading.forms import with_value
from symcnn.kernel.claim import Claim
from symcnn.kernel.derivative import derivative
from symcnn.notation.expression import (
    OPEN, Apply, Definition, Expression, Read, Tensor, children, rebuild, walk,
)

MEANT = {"sigmoid": "the logistic function", "tanh": "tanh"}
"""What an activation is, where nothing is said of it."""
VARIABLE = Read(Tensor("z", ()), ())


def open_functions(node: Expression) -> set[str]:
    """The names of the functions without a formula."""
    return {n.function.rstrip("'") for n in walk(node) if isinstance(n, Apply) and n.function.startswith(OPEN)}


def says_what_a_function_is(left: Expression, right: Expression) -> bool:
    """Whether a line tells something of a function without a formula: what its slope is, φ' = φ + 1, or its value."""
    sides = [open_functions(side) for side in (left, right)]
    slopes = any(isinstance(n, Apply) and n.function.startswith(OPEN) and n.function.endswith("'")
                 for side in (left, right) for n in walk(side))
    return any(sides) and (slopes or not all(sides))


def meant_as(node: Expression, function: str) -> Expression:
    """The expression with a known function in place of every one without a formula."""
    if isinstance(node, Apply) and node.function.startswith(OPEN):
        body: Expression = Apply(function, VARIABLE)
        for _ in range(node.function.count("'")):
            body = derivative(body, VARIABLE, {})
        return with_value(body, VARIABLE, meant_as(node.argument, function))
    return rebuild(node, tuple(meant_as(c, function) for c in children(node)))


def claim_meant_as(claim: Claim, function: str) -> Claim:
    """The claim with a known function in place of every one without a formula."""
    return Claim(meant_as(claim.left, function), meant_as(claim.right, function),
                 tuple(Definition(d.tensor, d.indices, meant_as(d.body, function)) for d in claim.definitions),
                 claim.assumptions, claim.ranges)
