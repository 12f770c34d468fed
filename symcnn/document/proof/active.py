"""Conditions beside a line under which max(0, u) is u, or 0: "if y s < 1" of max(0, 1 − y s)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from symcnn.document.claims.claims import Line
from symcnn.document.facts.questions import equal
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.notation.expression import Apply, Definition, Expression, Tensor, children, expression, rebuild, walk

VALUES = {"relu": (None, 0), "step": (1, 0), "sign": (1, -1)}
"""What a function with a kink is where its argument is positive, and where it is negative; None for the argument."""
UPWARD = {"<", "≤"}


@dataclass(frozen=True)
class Condition:
    """positive > 0 between two places of the text, as the line at `said` has it."""

    start: int
    end: int
    said: Line
    positive: Expression

    @property
    def shown(self) -> str:
        return f"{str(self.said.left).strip()} {self.said.relation} {str(self.said.right).strip()}"


def of_signs(line: Line, place: tuple[int, int], left: Expression, right: Expression) -> Condition:
    """What a line left < right or left > right supposes."""
    return Condition(*place, line, right - left if line.relation in UPWARD else left - right)


class Kinks:
    """Formulas without the functions with a kink whose argument has a sign that is stated; `used` are the conditions.

    Where two conditions speak of the same argument, the one that is stated last is in force.
    """

    def __init__(self, conditions: Iterable[Condition], definitions: Mapping[Tensor, Definition]) -> None:
        self.conditions = sorted(conditions, key=lambda c: -c.said.start)
        self.definitions = tuple(definitions.values())
        self.used: dict[Condition, None] = {}

    def without(self, node: Expression) -> Expression:
        """The formula where the conditions hold."""
        if not has_kinks(node):
            return node
        node = rebuild(node, tuple(map(self.without, children(node))))
        if isinstance(node, Apply) and node.function in VALUES:
            for condition in self.conditions:
                for place, sign in enumerate((1, -1)):
                    if self._equal(node.argument, condition.positive * sign):
                        self.used[condition] = None
                        value = VALUES[node.function][place]
                        # 0·u and not 0: that it is 0 there does not say that it does not depend on u.
                        return node.argument if value is None else value + 0 * node.argument
        return node

    def _equal(self, one: Expression, other: Expression) -> bool:
        for definitions in ((), self.definitions):
            with suppress(StepError):
                equal(Claim(one, other, definitions), (), ())
                return True
        return False


ACTIVE = re.compile(r"\b(?:active|violat\w*|(?:inside|within) the margin|(?:non-?zero|positive) (?:loss|margin))\b",
                    re.IGNORECASE)
INACTIVE = re.compile(r"\b(?:otherwise|inactive|not active|satisfied|else|outside the margin|zero loss)\b",
                      re.IGNORECASE)
"""Words of the sentence of a line that say that every max(0, u) is u, or 0."""


@dataclass(frozen=True)
class Everywhere:
    """Formulas with u, or 0, for every max(0, u); `arguments` are these u."""

    active: bool
    arguments: dict[Expression, None] = field(default_factory=dict)

    def without(self, node: Expression) -> Expression:
        """The formula where every max(0, u) is u, or 0."""
        if not has_kinks(node):
            return node
        node = rebuild(node, tuple(map(self.without, children(node))))
        if not isinstance(node, Apply) or node.function not in ("relu", "step"):
            return node
        self.arguments[node.argument] = None
        if node.function == "step":
            return expression(int(self.active))
        return node.argument if self.active else 0 * node.argument


def has_kinks(node: Expression) -> bool:
    """Whether max(0, u) or a sign stands in a formula."""
    return any(isinstance(n, Apply) and n.function in VALUES for n in walk(node))
