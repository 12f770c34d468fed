r"""Formulas at a place that a bar gives: \frac{df}{dx}\Big|_{x = 2}."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from symcnn.document.reading.forms import MeaningError, with_value
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import scripts_of, unwrapped
from symcnn.errors import StepError
from symcnn.kernel.derivative import derivative
from symcnn.kernel.theorem import NonZero
from symcnn.notation.expression import Derivative, Expression, Read, children, rebuild
from symcnn.notation.traverse import tensors_in


def places_at_bar(node: Node) -> list[tuple[Node, Node]]:
    """The names and their values below a bar, x and 2 of |_{x = 2}; none for any other node."""
    if node.kind != "scripts" or node.nodes[0].kind != "symbol" or node.nodes[0].head not in ("|", r"\vert"):
        return []
    scripts = list(scripts_of(node))
    if len(scripts) != 1 or scripts[0][0] != "_" or scripts[0][1] is None:
        return []
    inside = unwrapped(scripts[0][1])
    clauses = inside.nodes[0] if inside.kind == "braces" and inside.nodes else inside
    chains = clauses.nodes if clauses.kind == "clauses" else (clauses,)
    if not all(c.kind == "chain" and len(c.nodes) == 3 and c.nodes[1].head == "=" for c in chains) or any(
            isinstance(p, Token) and p.text != "," for p in clauses.parts if clauses.kind == "clauses"):
        return []
    return [(c.nodes[0], c.nodes[2]) for c in chains]


Functions = Mapping[str, tuple[Read, Expression]]
"""Functions of one name by their formulas."""


def evaluated(factors: Sequence[Expression], at: Iterable[tuple[Expression, Expression]], functions: Functions,
              defined: Container[str]) -> list[Expression]:
    """The factors before a bar, the last one at the place that the bar gives.

    MeaningError where a factor before it reads what the bar speaks of, for how far the bar reaches is not said; and
    for names with formulas of their own, `defined`, or gradients: what they are at a place the formula does not show.
    """
    *before, value = factors
    places = list(at)
    names = {name.tensor for name, _ in places if isinstance(name, Read)}
    if len(names) != len(places) or any(names & set(tensors_in(f)) for f in before):
        raise MeaningError("what stands before the bar is not known")
    value = _differentiated(_of_functions(value, functions))
    if any(t.name in defined or t.gradient_of is not None for t in tensors_in(value)):
        raise MeaningError("what its names are at this place is not said")
    for name, number in places:
        value = with_value(value, name, number)
    return [*before, value]


def _of_functions(node: Expression, functions: Functions) -> Expression:
    """The formula with df/dx as the derivative of the formula of f(x)."""
    if isinstance(node, Read) and node.tensor.gradient_of is not None and not node.indices:
        name, by = node.tensor.gradient_of
        scalar, body = functions.get(name, (None, node))
        return Derivative(body, scalar) if scalar is not None and scalar.tensor.name == by else node
    return rebuild(node, tuple(_of_functions(c, functions) for c in children(node)))


def _differentiated(node: Expression) -> Expression:
    """The formula with its derivatives taken."""
    if isinstance(node, Derivative):
        ties: list[NonZero] = []
        try:
            slope = derivative(_differentiated(node.expression), node.by, {}, ties)
        except StepError as error:
            raise MeaningError(str(error)) from None
        if ties:
            raise MeaningError("the function may have a kink at this place")
        return slope
    return rebuild(node, tuple(map(_differentiated, children(node))))
