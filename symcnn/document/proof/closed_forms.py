"""An entry of a sequence in terms of its first one, x_t = √a_t x_0 + √(1 − a_t) e: what x_t stands for further down."""

from __future__ import annotations

from collections.abc import Iterable

from symcnn.notation.expression import (
    Definition, Equation, Expression, Read, children, free_indices, rebuild, walk,
)
from symcnn.notation.traverse import substitute


def closed_form(equations: Iterable[Equation]) -> Definition | None:
    """The formula of an entry, if there is one only and it reads entries of its own name at numbers."""
    found = list(equations)
    if len(found) != 1 or not isinstance(left := found[0].left, Read):
        return None
    right, symbols = found[0].right, [i.as_symbol for i in left.indices]
    indices = tuple(s for s in symbols if s is not None and not s.is_size)
    own = [n for n in walk(right) if isinstance(n, Read) and n.tensor == left.tensor]
    if len(set(indices)) != len(symbols) or not free_indices(right) <= set(indices) or not own or not all(
            any(i.is_constant for i in n.indices) for n in own):
        return None
    return Definition(left.tensor, indices, right)


def in_closed_form(node: Expression, form: Definition) -> Expression:
    """A formula with the entries at letters, x[t], in terms of the first one, x[0]."""
    if isinstance(node, Read) and node.tensor == form.tensor and not any(i.is_constant for i in node.indices):
        return substitute(form.body, dict(zip(form.indices, node.indices, strict=True)))
    return rebuild(node, tuple(in_closed_form(c, form) for c in children(node)))
