"""Sums of quotients whose denominator is that same sum: Σ_i e^{z_i} / Σ_j e^{z_j} = 1."""

from __future__ import annotations

from collections.abc import Mapping

from symcnn.document.facts.questions import equal
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.rules import symmetry, transitivity
from symcnn.kernel.theorem import Theorem
from symcnn.notation.expression import (
    Axis, Binder, Definition, Expression, Power, Read, Sum, Tensor, children, rebuild, walk,
)
from symcnn.notation.polynomial import Symbol
from symcnn.notation.traverse import substitute, tensors_in


def is_quotient(definition: Definition) -> bool:
    """Whether a sum is divided by in a formula."""
    return any(isinstance(n, Power) and n.exponent < 0 and any(isinstance(s, Sum) for s in walk(n))
               for n in walk(definition.body))


def of_quotients(claim: Claim) -> Theorem:
    """⊢ left = right by the formulas of quotients in place of their names, on the axes that these have.

    Entries outside an axis are 0 whatever the formula is, so only those are replaced whose indices run over the axis.
    StepError if there are none, or if that does not show the claim.
    """
    known = {d.tensor: d for d in claim.definitions if is_quotient(d)}
    over = {s: a for s, a in claim.indices if a is not None}
    left, right = (_unfolded(side, known, over) for side in (claim.left, claim.right))
    if not known or (left, right) == (claim.left, claim.right):
        raise StepError("no quotients of sums")
    plain = equal(Claim(left, right, claim.definitions, claim.assumptions, claim.ranges), (), ("isl",))
    for side, other in ((claim.left, left), (claim.right, right)):
        if side != other:
            step = equal(Claim(side, other, claim.definitions, claim.assumptions, claim.ranges), (), ("isl",))
            plain = transitivity(step, plain) if side is claim.left else transitivity(plain, symmetry(step))
    return plain


def _unfolded(node: Expression, known: Mapping[Tensor, Definition], over: Mapping[Symbol, Axis]) -> Expression:
    if isinstance(node, Binder):
        over = {**over, **{r.variable: Axis(r.lower, r.coefficient, r.upper) for r in node.ranges if all(
            s.is_size for bound in (r.lower, r.upper) if bound is not None for s in bound.symbols)}}
    if isinstance(node, Read) and (definition := known.get(node.tensor)) is not None and all(
            i.as_symbol in over and over[i.as_symbol] == a for i, a in zip(node.indices, node.tensor.axes, strict=True)
            if i.as_symbol is not None) and all(i.as_symbol is not None for i in node.indices) and not (
            set(tensors_in(definition.body)) & known.keys()):
        return substitute(definition.body, dict(zip(definition.indices, node.indices, strict=True)))
    return rebuild(node, tuple(_unfolded(c, known, over) for c in children(node)))
