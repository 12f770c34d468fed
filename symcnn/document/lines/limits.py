"""What a sequence comes to rest at: v_t → R, where v_t = f(v_{t−1}) says how it goes on."""

from __future__ import annotations

import re

from symcnn.document.facts.dependence import Dependence
from symcnn.document.reading.forms import with_value
from symcnn.notation.expression import (
    Add, Derivative, Equation, Expression, Multiply, Read, children, free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import Symbol
from symcnn.notation.traverse import tensors_in

REST = r"constant|steady|rest\b|converge|limit|fixed point|terminal|consistent|same direction|long run"
"""Words that say that a sequence is looked at after many steps."""


def at_rest(subject: Dependence, left: Read, right: Expression) -> tuple[Expression, tuple[str, ...]] | None:
    """What v_t would be after one more step from v_{t−1} = right, and what is assumed; None if v has no recurrence.

    The right side is at rest if it equals that. What the steps take in is constant: g_t = g.
    """
    found = _recurrence(subject, left)
    if found is None:
        return None
    equation, step = found
    rule = equation.left
    assert isinstance(rule, Read)
    if step in free_indices(right) or rule.tensor in tensors_in(right):
        return None
    if not isinstance(right, Read) and any(isinstance(n, Derivative) and n.by.tensor == rule.tensor
                                           for n in walk(equation.right)):
        return None  # of a slope by v itself, nothing is known where v is a formula
    body = _with_rest(equation.right, rule, right)
    taken_in = [n for n in _inputs(body) if step in free_indices(n)]
    names = {n for n in walk(right) if isinstance(n, Read) and not n.indices} - set(walk(equation.right))
    assumed: tuple[str, ...] = (f"{rule.tensor.name} converges",)
    if taken_in:
        if len(set(taken_in)) != 1 or len(names) != 1:
            return None
        (constant,) = names
        body = with_value(body, taken_in[0], constant)
        assumed += (f"{taken_in[0]} = {constant} at every step",)
    return None if step in free_indices(body) else (body, assumed)


def _recurrence(subject: Dependence, left: Read) -> tuple[Equation, Symbol] | None:
    """The rule of a sequence that was stated last, with its step; left is v_t, or v itself as v_∞ or v^*."""
    for known in (subject.known, subject.later):
        for tensor, equations in known.recurrences.items():
            base = subject.words.base(tensor.name, len(tensor.axes))
            mine = subject.words.base(left.tensor.name, len(left.indices))
            same = left.tensor == tensor or (not left.indices and re.fullmatch(
                rf"{re.escape(base)}(_star|_?_?infty|_ss|_infinity)?", mine) is not None)
            equation = equations[-1] if known is subject.known else equations[0]
            rule = equation.left
            if same and isinstance(rule, Read) and len(rule.indices) == 1:
                steps = list(rule.indices[0].symbols)
                if len(steps) == 1 and not steps[0].is_size:
                    return equation, steps[0]
    return None


def _with_rest(node: Expression, rule: Read, rest: Expression) -> Expression:
    """The right side of a recurrence with the value at rest in place of every step."""
    if isinstance(node, Read) and node.tensor == rule.tensor:
        return rest
    if isinstance(node, Derivative) and node.by.tensor == rule.tensor:
        return node  # a slope by the value at one step has no meaning where it rests
    return rebuild(node, tuple(_with_rest(c, rule, rest) for c in children(node)))


def _inputs(node: Expression) -> list[Expression]:
    """The entries and derivatives that a formula is made of by sums and products; others as a whole."""
    match node:
        case Add(parts) | Multiply(parts):
            return [n for p in parts for n in _inputs(p)]
        case Read() | Derivative():
            return [node]
    return [node] if free_indices(node) else []
