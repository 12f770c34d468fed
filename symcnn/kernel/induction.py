"""Induction over a recurrence, with its start conditions stated."""

from __future__ import annotations

from collections.abc import Sequence

from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.theorem import NonZero, Theorem, _SEAL
from symcnn.notation.expression import Axis, Binder, children, Equation, Expression, free_indices, rebuild
from symcnn.notation.polynomial import Polynomial, Symbol, UNIT, polynomial
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
        ranges = tuple((s, a) for s, a in others if a is not None)
        first = at(claim, polynomial(start))
        premises.append(equal(Claim(first.left, first.right, ranges=ranges),
                              [(given[g], m) for g, m in base[position]]))
        following = at(claim, k + 1)
        for recurrence in recurrences:
            following = Equation(_rewrite(following.left, recurrence), _rewrite(following.right, recurrence))
        premises.append(equal(Claim(following.left, following.right, ranges=((variable, onwards), *ranges)),
                              [(claims[c], m) for c, m in step[position]]))
        results.append((claim, ((variable, onwards), *others)))
    nonzero = [h for p in premises for h in p.hypotheses if isinstance(h, NonZero)]
    return tuple(Theorem(_SEAL, claim, (*recurrences, *given, *nonzero), "induction", tuple(premises), (), indices)
                 for claim, indices in results)


def _rewrite(node: Expression, equation: Equation) -> Expression:
    """Put the right side in place of the left, where the equation is claimed; not under a sum over its indices."""
    if node == equation.left:
        where = within_axes(equation.left, equation.right)
        return where * equation.right + (1 - where) * node
    if isinstance(node, Binder) and {r.variable for r in node.ranges} & (
            free_indices(equation.left) | free_indices(equation.right)):
        return node
    return rebuild(node, tuple(_rewrite(c, equation) for c in children(node)))
