"""Bounds |a| ≤ A: sums of squares, products, sums and chains of bounds.

Every bound is at least 0 wherever its theorem holds. As everywhere in the kernel a hypothesis is claimed
for every value of its indices for which what it reads lies on its axes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from symcnn.errors import StepError
from symcnn.kernel.claim import Claim, require_coherent
from symcnn.kernel.equality import equal
from symcnn.kernel.rules import _equation, common_ranges
from symcnn.kernel.signs import nonzero_everywhere
from symcnn.kernel.theorem import Bounded, Theorem, _SEAL, require_issued
from symcnn.notation.expression import Apply, Definition, Expression, Range, Sum, expression, walk
from symcnn.notation.polynomial import Symbol, nonnegative, polynomial
from symcnn.notation.traverse import within_axes

Squares = Sequence[tuple[int | Fraction, Expression]]


def assumed(bound: Bounded) -> Theorem:
    """|a| ≤ A ⊢ |a| ≤ A, for the indices that stand bare in a read, on their axes.

    StepError if the bound reads an entry that need not lie on its axis there.
    """
    indices = Claim(bound.expression, bound.bound).indices
    given = {g for s, axis in indices if axis is not None for g in axis.guards(polynomial(s))}
    for guard in within_axes(bound.expression, bound.bound).inequalities:
        if guard not in given and not nonnegative(guard):
            raise StepError(f"assumed: the bound is claimed only where {guard} >= 0")
    return Theorem(_SEAL, bound, (bound,), "assumed", (), (), indices)


def by_squares(left: Expression, bound: Expression, above: Squares, below: Squares,
               definitions: Iterable[Definition] = ()) -> Theorem:
    """A − a = Σ c·q²,  A + a = Σ c·q², every c ≥ 0  ⟹  |a| ≤ A.

    `above` and `below` list the (c, q) of A − a and A + a; both equations are proved. The q are real for
    all values of what they read, so they hold no root and no logarithm.
    """
    definitions = tuple(definitions)
    premises = []
    for squares, difference in ((above, bound - left), (below, bound + left)):
        if any(c < 0 for c, _ in squares):
            raise StepError("by_squares: a weight is negative")
        if any(isinstance(n, Apply) and n.function in ("sqrt", "log")
               for side in (difference, *(q for _, q in squares)) for n in walk(side)):
            raise StepError("by_squares: a root or a logarithm need not be real")
        total = sum((expression(c) * q ** 2 for c, q in squares), expression(0))
        premises.append(equal(Claim(difference, total, definitions)))
    if premises[0].indices != premises[1].indices:
        raise StepError("by_squares: the two sums of squares hold on unlike ranges")
    return Theorem(_SEAL, Bounded(left, bound), (*premises[0].hypotheses, *premises[1].hypotheses), "by squares",
                   tuple(premises), (), premises[0].indices)


def reflexive(p: Theorem) -> Theorem:
    """Γ ⊢ |a| ≤ A  ⟹  Γ ⊢ |A| ≤ A."""
    bound = _bounded(p).bound
    return Theorem(_SEAL, Bounded(bound, bound), p.hypotheses, "reflexive", (p,), (), p.indices)


def product(p: Theorem, q: Theorem) -> Theorem:
    """Γ ⊢ |a| ≤ A,  Δ ⊢ |b| ≤ B  ⟹  Γ ∪ Δ ⊢ |a·b| ≤ A·B."""
    a, b = _bounded(p), _bounded(q)
    require_coherent([a.expression, a.bound, b.expression, b.bound])
    return Theorem(_SEAL, Bounded(a.expression * b.expression, a.bound * b.bound), (*p.hypotheses, *q.hypotheses),
                   "product of bounds", (p, q), (), common_ranges(p, q))


def transitive(p: Theorem, q: Theorem) -> Theorem:
    """Γ ⊢ |a| ≤ A,  Δ ⊢ |A| ≤ B  ⟹  Γ ∪ Δ ⊢ |a| ≤ B."""
    a, b = _bounded(p), _bounded(q)
    if a.bound != b.expression:
        raise StepError(f"transitive: the middle terms differ\n  left:  {a.bound}\n  right: {b.expression}")
    return Theorem(_SEAL, Bounded(a.expression, b.bound), (*p.hypotheses, *q.hypotheses), "chain of bounds", (p, q),
                   (), common_ranges(p, q))


def triangle(p: Theorem, index: Symbol) -> Theorem:
    """Γ ⊢ |a| ≤ A for every i on its axis  ⟹  Γ ⊢ |Σ_i a| ≤ Σ_i A, over that axis, which has an end."""
    a = _bounded(p)
    axis = dict(p.indices).get(index)
    if axis is None or axis.base is None or axis.upper is None:
        raise StepError(f"triangle: {index.name} has no finite range")
    limits = (Range(index, axis.base, axis.upper, axis.coefficient),)
    hypotheses = nonzero_everywhere(p.hypotheses, ((index, axis),))
    return Theorem(_SEAL, Bounded(Sum(limits, a.expression), Sum(limits, a.bound)), hypotheses,
                   "triangle inequality", (p,), (), tuple((s, r) for s, r in p.indices if s != index))


def restated(p: Theorem, left: Theorem, bound: Theorem) -> Theorem:
    """Γ ⊢ |a| ≤ A,  Δ ⊢ a = a′,  Θ ⊢ A = A′  ⟹  Γ ∪ Δ ∪ Θ ⊢ |a′| ≤ A′."""
    a = _bounded(p)
    for found, equation in ((a.expression, _equation(left)), (a.bound, _equation(bound))):
        if found != equation.left:
            raise StepError(f"restated: the sides differ\n  bound:    {found}\n  equation: {equation.left}")
    ranges = dict(common_ranges(p, left))
    for s, axis in bound.indices:
        if axis is not None and ranges.get(s, axis) not in (axis, None):
            raise StepError(f"{s.name} has unlike ranges")
        ranges[s] = ranges.get(s) or axis
    return Theorem(_SEAL, Bounded(left.right, bound.right), (*p.hypotheses, *left.hypotheses, *bound.hypotheses),
                   "restated", (p, left, bound), (), tuple(sorted(ranges.items())))


def _bounded(p: Theorem) -> Bounded:
    require_issued(p)
    if not isinstance(p.statement, Bounded):
        raise StepError("this rule takes bounds")
    return p.statement
