"""∂h_t/∂h_{t−1}: the slope of one step of a recurrence, whose step before is its input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symcnn.errors import StepError
from symcnn.notation.expression import (
    Definition, Derivative, Expression, Read, Tensor, children, rebuild, walk,
)
from symcnn.notation.polynomial import polynomial
from symcnn.notation.traverse import made_of, substitute

ONE = polynomial(1)


def one_step(rules: Mapping[Tensor, Definition], left: Expression, right: Expression,
             ) -> tuple[Expression, Expression] | None:
    """Both sides with ∂h_t/∂h_{t−1} as the derivative of h_t's formula by its input h_{t−1}; None for another line.

    Every h_t is its formula in terms of h_{t−1}, which is a name of its own.
    """
    asked = {(n.expression.tensor, place, n.expression.indices[place]) for side in (left, right) for n in walk(side)
             if isinstance(n, Derivative) and isinstance(n.expression, Read)
             and (place := _step(n.expression, n.by)) is not None}
    if len(asked) != 1:
        return None
    (tensor, place, now), = asked
    inside = {t for t in {tensor} | made_of({tensor}, rules) if t in rules and tensor in made_of({t}, rules)}
    if tensor not in inside:
        return None

    def written_out(node: Expression) -> Expression:
        if isinstance(node, Derivative):
            return Derivative(written_out(node.expression), node.by if node.by.tensor != tensor else before(node.by))
        if isinstance(node, Read) and node.tensor in inside:
            if node.tensor == tensor and node.indices[place] == now - 1:
                return before(node)
            if len(node.indices) <= place or node.indices[place] != now:
                raise StepError("another step than the last two")
            rule = rules[node.tensor]
            return written_out(substitute(rule.body, dict(zip(rule.indices, node.indices, strict=True))))
        return rebuild(node, tuple(map(written_out, children(node))))

    def before(read: Read) -> Read:
        axes = tuple(a for n, a in enumerate(tensor.axes) if n != place)
        return Read(replace(tensor, name=f"{tensor.name}_before", axes=axes),
                    tuple(i for n, i in enumerate(read.indices) if n != place))

    try:
        return written_out(left), written_out(right)
    except StepError:
        return None


def _step(of: Read, by: Read) -> int | None:
    """The place of the index that is one more in h_t than in h_{t−1}; None unless there is one such place, plainly."""
    if of.tensor != by.tensor or of.tensor.gradient_of is not None:
        return None
    places = [n for n, (a, b) in enumerate(zip(of.indices, by.indices, strict=True)) if a - b == ONE]
    now = of.indices[places[0]] if len(places) == 1 else None
    if now is None or not (now.is_constant or (now - now.constant).as_symbol is not None):
        return None
    return places[0]
