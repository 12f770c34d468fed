"""Functions without a formula inside of other formulas, y = x + F(x), where the document writes their slopes, ∂F/∂x."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from symcnn.notation.expression import Definition, Derivative, Expression, Read, Tensor, children, rebuild, walk
from symcnn.notation.traverse import made_of, tensors_in


def inner_functions(read: Iterable[Tensor], variable: Tensor, definitions: Mapping[Tensor, Definition],
                    rates: Set[tuple[str, Tensor]]) -> set[Tensor]:
    """Those of the names that a formula reads which have none, and whose slopes by a variable are written somewhere.

    What the document differentiates by itself, ∂V/∂r beside dr/dh, is no such function: it writes the chain rule out.
    """
    by = {slope for _, slope in rates}
    return {t for t in read if t not in definitions and not t.axes and t.gradient_of is None
            and (t.name, variable) in rates and t not in by}


def in_full(node: Expression, definitions: Mapping[Tensor, Definition],
            rates: Set[tuple[str, Tensor]]) -> Expression:
    """A formula with ∂y/∂x + ∂y/∂F · ∂F/∂x in place of ∂y/∂x for each such F that y is made of."""
    def visit(part: Expression) -> Expression:
        if not isinstance(part, Derivative) or isinstance(part.expression, Derivative):
            return rebuild(part, tuple(map(visit, children(part))))
        read = tensors_in(part.expression)
        whole: Expression = part
        for inner in sorted(inner_functions({*read, *made_of(read, definitions)}, part.by.tensor, definitions, rates),
                            key=lambda t: t.name):
            slope = Read(part.by.tensor.gradient(inner.name), part.by.indices)
            whole = whole + Derivative(part.expression, Read(inner, ())) * slope
        return whole

    return visit(node) if any(isinstance(n, Derivative) for n in walk(node)) else node
