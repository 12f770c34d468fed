"""Slopes of max(0, z) and |z| where their arguments are not 0: what a line writes at a tie is a convention.

[z ≥ 0] and [z > 0] are both the slope of max(0, z) for z ≠ 0, which is listed as an assumption.
"""

from __future__ import annotations

from collections.abc import Set
from contextlib import suppress
from dataclasses import replace

from symcnn.counterexample import without_derivatives
from symcnn.document.facts.extents import needed
from symcnn.document.facts.known import Decision
from symcnn.document.facts.questions import equal
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.zero import PROCEDURES
from symcnn.notation.expression import Apply, Derivative, Expression, children, expression, rebuild, walk
from symcnn.verdict import Verdict

KINKED = frozenset(("relu", "sign", "step"))


class OffTies:
    """Formulas where no argument of a function with a kink is 0; `arguments` are these."""

    def __init__(self) -> None:
        self.arguments: dict[Expression, None] = {}

    def learn(self, node: Expression) -> None:
        """Take note of the arguments of the functions with a kink in a formula."""
        for n in walk(node):
            if isinstance(n, Apply) and n.function in KINKED and not any(
                    self._equal(n.argument, sign * known) for known in self.arguments for sign in (1, -1)):
                self.arguments[n.argument] = None

    def without(self, node: Expression) -> Expression:
        """The formula with [u > 0] for all that depends on the sign of such an argument u or −u alone."""
        node = rebuild(node, tuple(map(self.without, children(node))))
        if not isinstance(node, Apply) or node.function not in ("is_zero", "sign", "step"):
            return node
        for known in self.arguments:
            for sign in (1, -1):
                if self._equal(node.argument, sign * known):
                    positive = Apply("step", known) if sign > 0 else 1 - Apply("step", known)
                    return {"is_zero": expression(0), "step": positive, "sign": 2 * positive - 1}[node.function]
        return node

    def _equal(self, one: Expression, other: Expression) -> bool:
        with suppress(StepError):
            return one == other or bool(equal(Claim(one, other), (), ()))
        return False


def off_ties(claim: Claim, slopes: Set[Expression] = frozenset()) -> Decision | None:
    """The proof of a claim about slopes wherever no function in it is taken at its kink; None if there is none.

    `slopes` are those that are written as such, ReLU'(z).
    """
    rest = needed(claim.definitions, (claim.left, claim.right))
    ties = OffTies()
    sides = [n.expression for side in (claim.left, claim.right) for n in walk(side) if isinstance(n, Derivative)]
    sides += [n for side in (claim.left, claim.right) for n in walk(side) if n in slopes]
    for formula in (*sides, *(d.body for d in rest)):
        ties.learn(formula)
    if not ties.arguments:
        return None
    with suppress(StepError):
        worked_out = without_derivatives(replace(claim, definitions=tuple(rest)))
        definitions = tuple(replace(d, body=ties.without(d.body)) for d in worked_out.definitions)
        theorem = equal(replace(worked_out, left=ties.without(worked_out.left), right=ties.without(worked_out.right),
                                definitions=definitions), (), PROCEDURES[:1])
        return Decision(Verdict.PROVED, "", "all values", tuple(f"{u} ≠ 0" for u in ties.arguments),
                        procedures=tuple(sorted(theorem.procedures)))
    return None
