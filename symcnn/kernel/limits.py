"""Limits of saturating functions, with their direction stated."""

from __future__ import annotations

from collections.abc import Callable

from symcnn.errors import StepError
from symcnn.kernel.claim import Claim, require_coherent
from symcnn.kernel.equality import equal
from symcnn.kernel.rules import common_ranges
from symcnn.kernel.theorem import Hypothesis, Limit, NonZero, Theorem, _SEAL, _sides, require_issued
from symcnn.notation.expression import (
    Add, Apply, Equation, Expression, Multiply, Power, Range, Read, Sum, Tensor, UNBOUNDED, children, expression,
    free_indices, rebuild,
)
from symcnn.notation.traverse import axes_of, tensors_in

SATURATES: dict[str, Callable[[Expression], Expression]] = {
    "tanh": lambda t: Apply("sign", t),                                       # tanh(c·t) → sign(t)
    "sigmoid": lambda t: Apply("step", t) + Apply("is_zero", t) / 2,
}


def limit(node: Expression, variable: Tensor) -> Theorem:
    """tanh(c·t) → sign t and σ(c·t) → [t>0] + ½[t=0] as c → +∞, through finite sums and products.

    The variable may occur only as the factor c of arguments of tanh and σ; StepError otherwise.
    """
    require_coherent([node])
    if variable.axes:
        raise StepError(f"limit: {variable.name} has axes; a limit is along a scalar")
    hypotheses: list[Hypothesis] = []
    procedures: set[str] = {"normal form"}

    def visit(n: Expression, ranges: tuple[Range, ...] = ()) -> Expression:
        if variable not in tensors_in(n):
            return n
        match n:
            case Apply(function, argument) if function in SATURATES:
                t = _with_value(argument, variable, expression(1))
                # Sums around the function may reach beyond the axes that its argument reads.
                everywhere = tuple((s, UNBOUNDED) for s in sorted(free_indices(argument)))
                inner = equal(Claim(argument, Read(variable, ()) * t, ranges=everywhere))
                hypotheses.extend(h.under(ranges) if isinstance(h, NonZero) else h for h in inner.hypotheses)
                procedures.update(inner.procedures)
                return SATURATES[function](t)
            case Sum(ranges, _) if any(r.lower is None or r.upper is None for r in ranges):
                raise StepError("limit: a sum without written bounds need not be finite")
            case Add() | Multiply() | Sum():
                around = (*ranges, *n.ranges) if isinstance(n, Sum) else ranges
                return rebuild(n, tuple(visit(c, around) for c in children(n)))
            case Power(base, exponent) if exponent >= 0:
                return Power(visit(base, ranges), exponent)
        raise StepError(f"limit: {variable.name} occurs outside the arguments of tanh and sigmoid")

    value = visit(node)
    free = sorted(free_indices(node))
    axes = axes_of(node, free)
    return Theorem(_SEAL, Limit(node, variable, value), hypotheses, "limit", (), procedures,
                   tuple((s, axes.get(s)) for s in free))


def limit_equals(p: Theorem, q: Theorem) -> Theorem:
    """Γ ⊢ e → a,  Δ ⊢ a = b  ⟹  Γ ∪ Δ ⊢ e → b, on the ranges that both have."""
    require_issued(p)
    require_issued(q)
    if not isinstance(p.statement, Limit) or not isinstance(q.statement, Equation):
        raise StepError("limit_equals takes a limit and an equation")
    if p.statement.value != q.left:
        raise StepError(f"limit_equals: the values differ\n  limit:    {p.right}\n  equation: {q.left}")
    variable = p.statement.variable
    if any(variable in tensors_in(side) for side in (q.right, *(x for h in q.hypotheses for x in _sides(h)))):
        raise StepError(f"limit_equals: the equation or what it rests on reads {variable.name}")
    return Theorem(_SEAL, Limit(p.statement.expression, p.statement.variable, q.right),
                   (*p.hypotheses, *q.hypotheses), "limit_equals", (p, q), (), common_ranges(p, q))


def _with_value(node: Expression, scalar: Tensor, by: Expression) -> Expression:
    if isinstance(node, Read) and node.tensor == scalar:
        return by
    return rebuild(node, tuple(_with_value(c, scalar, by) for c in children(node)))
