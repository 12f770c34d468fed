"""Square roots of squares: √v = s where v = s², if what makes s ≥ 0 is known."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from symcnn.document.facts.questions import equal
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.roots import root_of_square, square_of_root
from symcnn.kernel.rules import applied, cut, symmetry, transitivity
from symcnn.kernel.theorem import NonNegative, Theorem
from symcnn.notation.expression import Add, Apply, Equation, Expression, Power, Read, expression, walk
from symcnn.notation.traverse import substitute


def rooted(claim: Claim, is_nonnegative: Callable[[Expression], bool]) -> tuple[Theorem, tuple[str, ...]]:
    """⊢ √v = s for a root or a product s with v = s², and what it rests on; StepError if nothing says that s ≥ 0."""
    left, right = claim.left, claim.right
    if _is_root(right) and not _is_root(left):
        theorem, assumed = rooted(replace(claim, left=right, right=left), is_nonnegative)
        return symmetry(theorem), assumed
    if isinstance(left, Apply) and isinstance(right, Apply) and _is_root(left) and _is_root(right):
        return applied("sqrt", equal(replace(claim, left=left.argument, right=right.argument), (), ("isl",))), ()
    if not isinstance(left, Apply) or not _is_root(left) or isinstance(right, Apply | Add):
        raise StepError("the kernel does not show this equation")
    squares = equal(replace(claim, left=left.argument, right=Power(right, 2)), (), ("isl",))
    root = root_of_square(right, claim.definitions, claim.assumptions)
    needed = [h.expression for h in root.hypotheses if isinstance(h, NonNegative)]
    doubtful = [e for e in needed if not is_nonnegative(e)]
    if doubtful:
        raise StepError(f"that {doubtful[0]} is not negative is not said")
    return transitivity(applied("sqrt", squares), root), tuple(f"{e} ≥ 0" for e in needed)


def without_roots(claim: Claim) -> Theorem:
    """The claim by (√z)² = z for the roots in it and in what its names stand for; StepError where that is not enough.

    With r = 1/√z, r² z = 1 is (√z)² = z times −1/(√z)²; the second multiplier is for such lines.
    """
    values = {d.tensor: d for d in claim.definitions}
    sides = [claim.left, claim.right, *(
        substitute(values[n.tensor].body, dict(zip(values[n.tensor].indices, n.indices, strict=True)))
        for side in (claim.left, claim.right) for n in walk(side) if isinstance(n, Read) and n.tensor in values)]
    for root in dict.fromkeys(n for side in sides for n in walk(side) if isinstance(n, Apply) and _is_root(n)):
        lemma = square_of_root(root.argument, claim.definitions, claim.assumptions)
        equation = lemma.statement
        if not isinstance(equation, Equation):
            continue
        for multiplier in (expression(1), -claim.right * Power(root, -2)):
            with suppress(StepError):
                return cut(lemma, equal(claim, [(equation, multiplier)], ("isl",)))
    raise StepError("no root of a square, and no square of a root")


def _is_root(node: Expression) -> bool:
    return isinstance(node, Apply) and node.function == "sqrt"
