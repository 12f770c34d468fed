"""Square roots of squares: √v = s where v = s², if what makes s ≥ 0 is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.roots import root_of_square
from symcnn.kernel.rules import applied, symmetry, transitivity
from symcnn.kernel.theorem import NonNegative, Theorem
from symcnn.notation.expression import Add, Apply, Expression, Power


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


def _is_root(node: Expression) -> bool:
    return isinstance(node, Apply) and node.function == "sqrt"
