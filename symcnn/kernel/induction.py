"""Induction: over a recurrence with its start conditions stated, or over a size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.rules import _equation_or_bound
from symcnn.kernel.signs import nonzero_everywhere
from symcnn.kernel.theorem import Bounded, NonZero, Theorem, _SEAL, _scope
from symcnn.notation.expression import (
    Axis, Binder, children, Derivative, Equation, Expectation, Expression, free_indices, rebuild, UNBOUNDED,
)
from symcnn.notation.polynomial import Polynomial, Symbol, UNIT, nonnegative, polynomial
from symcnn.notation.traverse import substitute, within_axes


def induction(claims: Sequence[Equation], variable: Symbol, start: int, recurrences: Sequence[Equation],
              given: Sequence[Equation], base: Sequence[Sequence[tuple[int, Expression]]],
              step: Sequence[Sequence[tuple[int, Expression]]]) -> tuple[Theorem, ...]:
    """claims at k = start from `given`;  claims at k ⟹ claims at k+1   ⟹   claims for every k ≥ start.

    A recurrence is an equation in k whose left side reads a sequence at k+1; it rewrites the claims at
    k+1 wherever it is claimed (see `equal`). `base[c]` lists (position in `given`, multiplier) for claim
    c, `step[c]` lists (position in `claims`, multiplier).
    """
    k = polynomial(variable)
    onwards = Axis(polynomial(start), UNIT, None)
    if any(variable in free_indices(side) for g in given for side in (g.left, g.right)):
        raise StepError(f"induction: what is given at the start speaks of {variable.name}")

    def at(claim: Equation, value: Polynomial) -> Equation:
        return Equation(substitute(claim.left, {variable: value}), substitute(claim.right, {variable: value}))

    results, premises = [], []
    for position, claim in enumerate(claims):
        others = tuple((s, a) for s, a in Claim(claim.left, claim.right).indices if s != variable)

        def shown(e: Equation, using: list[tuple[Equation, Expression]],
                  concluded: Mapping[Symbol, Axis | None] = dict(others)) -> Theorem:
            """The equation for every value of every index for which the claim is concluded."""
            free = (free_indices(e.left) | free_indices(e.right) | concluded.keys()) - {variable}
            ranges = {variable: onwards} | {s: concluded.get(s) or UNBOUNDED for s in sorted(free)}
            return equal(Claim(e.left, e.right, ranges=tuple(ranges.items())), using)

        premises.append(shown(at(claim, polynomial(start)), [(given[g], m) for g, m in base[position]]))
        following = at(claim, k + 1)
        for recurrence in recurrences:
            following = Equation(_rewrite(following.left, recurrence), _rewrite(following.right, recurrence))
        premises.append(shown(following, [(claims[c], m) for c, m in step[position]]))
        results.append((claim, ((variable, onwards), *others)))
    nonzero = [h for p in premises for h in nonzero_everywhere(p.hypotheses, p.indices) if isinstance(h, NonZero)]
    return tuple(Theorem(_SEAL, claim, (*recurrences, *given, *nonzero), "induction", tuple(premises), (), indices)
                 for claim, indices in results)


def over_size(claim: Equation | Bounded, size: Symbol, base: Theorem, step: Theorem) -> Theorem:
    """Γ ⊢ C[m := least value],  Δ, C ⊢ C[m := m + 1]  ⟹  Γ ∪ Δ ⊢ C for every m.

    A size is fixed within a theorem, so that the C which the step assumes speaks of the same m as what it
    shows. Side conditions: Δ does not speak of m; base and step hold on the same ranges, at least
    wherever C is claimed: where the indices that no sum binds lie on their axes.
    """
    first, following = _equation_or_bound(base), _equation_or_bound(step)
    if size.lower is None:
        raise StepError(f"over_size: {size.name} is an index, not a size")

    def claimed(m: Polynomial) -> Equation | Bounded:
        left, right = (substitute(side, {size: m}) for side in _both(claim))
        return type(claim)(left, right)

    for found, wanted, name in ((first, claimed(polynomial(size.lower)), "base"),
                                (following, claimed(polynomial(size) + 1), "step")):
        if found != wanted:
            raise StepError(f"over_size: the {name} shows another statement\n  shown:  {found}\n  wanted: {wanted}")
    delta = tuple(h for h in step.hypotheses if h != claim)
    if any(size in _scope(claimed(polynomial(0)), (h,), ()) for h in (*base.hypotheses, *delta)):
        raise StepError(f"over_size: a hypothesis speaks of {size.name}")
    where = within_axes(*_both(claim)).inequalities
    for s, axis in step.indices:
        if axis is not None and (size in axis.symbols or not all(
                g in where or nonnegative(g) for g in axis.guards(polynomial(s)))):
            raise StepError(f"over_size: the step is not shown for every {s.name} for which it is assumed")
    if base.indices != step.indices:
        raise StepError("over_size: base and step hold on unlike ranges")
    hypotheses = nonzero_everywhere((*base.hypotheses, *delta), step.indices)
    return Theorem(_SEAL, claim, hypotheses, "induction", (base, step), (), step.indices)


def _both(statement: Equation | Bounded) -> tuple[Expression, Expression]:
    match statement:
        case Equation(left, right) | Bounded(left, right):
            return left, right


def _rewrite(node: Expression, equation: Equation) -> Expression:
    """Put the right side in place of the left, where the equation is claimed; not under a sum over its indices.

    Not under a derivative or an expectation either: what is equal need not vary alike.
    """
    if node == equation.left:
        where = within_axes(equation.left, equation.right)
        return where * equation.right + (1 - where) * node
    if isinstance(node, Derivative | Expectation) or isinstance(node, Binder) and {r.variable for r in node.ranges} & (
            free_indices(equation.left) | free_indices(equation.right)):
        return node
    return rebuild(node, tuple(_rewrite(c, equation) for c in children(node)))
