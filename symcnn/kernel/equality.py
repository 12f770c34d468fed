"""The rule of equality: guarded sums in normal form, or rational identities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from symcnn.errors import StepError
from symcnn.kernel.cells import Term
from symcnn.kernel.claim import Claim, limits_of, needed_definitions, require_coherent
from symcnn.kernel.ring import rational_identity
from symcnn.kernel.terms import Expander
from symcnn.kernel.theorem import AtLeastZero, Hypothesis, NonZero, Theorem, _SEAL
from symcnn.kernel.zero import PROCEDURES, vanishes
from symcnn.notation.expression import Bracket, Equation, Expression, free_indices
from symcnn.notation.polynomial import Polynomial
from symcnn.notation.traverse import tensors_in, total, within_axes


def equal(claim: Claim, using: Iterable[tuple[Equation, Expression]] = (),
          procedures: Sequence[str] = PROCEDURES) -> Theorem:
    """left − right = Σ multiplier·(hypothesis left − right)  ⟹  hypotheses ⊢ left = right.

    The difference is brought to the normal form of guarded sums; failing that, it is tried as a rational
    identity. A hypothesis is claimed wherever the indices that no sum binds lie on their axes, and is
    used there only: at the claim's own indices, summed over its others. StepError if the kernel cannot
    show the equation; what must not be zero and the relations of sizes that were used become hypotheses.
    """
    if type(claim) is not Claim:
        raise StepError(f"a {type(claim).__name__} is no claim")
    using = tuple(using)
    require_coherent([claim.left, claim.right, *(d.left for d in claim.definitions),
                      *(d.body for d in claim.definitions), *(side for h, m in using for side in (h.left, h.right, m))])
    difference = claim.left - claim.right
    indices = claim.indices
    on_axes = limits_of(indices)
    mine, limits = dict(indices), set(on_axes.inequalities)
    for hypothesis, multiplier in using:
        loose = sorted(s for s in free_indices(hypothesis.left) | free_indices(hypothesis.right) if s not in mine)
        where = tuple(g for g in within_axes(hypothesis.left, hypothesis.right).inequalities if g not in limits)
        factor = multiplier * Bracket((), where) if where else multiplier
        difference = difference - total(loose, factor * (hypothesis.left - hypothesis.right))
    known = {d.tensor: d for d in claim.definitions}
    try:
        nonzero, trusted, assumed = _by_sums(claim, difference, on_axes, procedures)
    except StepError as refusal:
        identity = rational_identity(difference, known)
        if identity is None:
            why = f" ({refusal})" if str(refusal) else ""
            raise StepError(f"the kernel does not show this equation{why}") from None
        nonzero, trusted, assumed = identity, frozenset({"ring"}), ()
    for needed in nonzero:
        if not Expander(known).normal_form(needed.expression):
            raise StepError("a denominator is zero identically")
    used = tensors_in(claim.left) + tensors_in(claim.right) + [
        t for h, m in using for side in (h.left, h.right, m) for t in tensors_in(side)]
    hypotheses: list[Hypothesis] = [*needed_definitions(claim.definitions, used), *(h for h, _ in using)]
    hypotheses += [AtLeastZero(a) for a in assumed] + [
        replace(n, where=tuple(g for g in n.where if g not in limits)) for n in nonzero]
    return Theorem(_SEAL, Equation(claim.left, claim.right), hypotheses, "guarded sums", (),
                   trusted, indices, using)


def _by_sums(claim: Claim, difference: Expression, limits: Term, procedures: Sequence[str],
             ) -> tuple[list[NonZero], frozenset[str], tuple[Polynomial, ...]]:
    """What must not be zero, the procedures used and the assumptions made; StepError if nothing is shown.

    With several procedures more is tried: guards that are held already are left out inside of functions, too.
    """
    expander = Expander({d.tensor: d for d in claim.definitions})
    form = expander.normal_form(difference, limits=limits)
    if not (expander.atoms and form):
        decision = vanishes(form, (), procedures)
        if decision.proved:
            return expander.nonzero, decision.procedures, ()
    by_cases = once = False
    while True:
        used: set[str] = set()
        if expander.atoms:
            expander = claim.expander(procedures, used, by_cases, once)
            form = expander.normal_form(difference, limits=limits)
        decision = vanishes(form, claim.assumptions, procedures)
        if decision.proved:
            return expander.nonzero, decision.procedures | used, claim.assumptions
        if not by_cases and expander.divisible:
            by_cases = True
        elif not once and expander.repeated and expander.atoms and len(procedures) > 1:
            by_cases, once = False, True
        else:
            raise StepError("")
