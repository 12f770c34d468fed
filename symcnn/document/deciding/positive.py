"""A line that fails for negative numbers only, where a formula takes the root of a product, c_ii = q_ii/√(q_ii q_ii).

Such a root is written for numbers that are not negative, as variances and the entries of a diagonal are.
"""

from __future__ import annotations

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import Line
from symcnn.document.lines.sides import Sides
from symcnn.notation.expression import Apply, Expression, Multiply, Read, walk
from symcnn.notation.traverse import tensors_in

POSITIVE = (2, 4, 6)
"""Random places at which all entries are positive."""


def where_positive(decider: Sides, line: Line, found: Counterexample) -> str:
    """Why a line may be meant for positive numbers; empty if it fails for these, too, or writes a root itself."""
    if not any(str(value).startswith("-") for value in found.entries.values()) or any(
            t.text in (r"\sqrt", "√") for side in (line.left, line.right) for t in side.tokens):
        return ""
    sides, known = decider._read(line), decider._definitions()
    if sides is None or not any(_takes_a_root(known[t].body) for side in sides for t in tensors_in(side) if t in known):
        return ""
    positive = [place for places in decider.places(*sides, POSITIVE) for place in places if place.usable]
    agree = len(positive) > 1 and all(place.differs(sides[1]) is False for place in positive)
    return "holds where what stands under a root is a product of positive numbers" if agree else ""


def _takes_a_root(formula: Expression) -> bool:
    return any(isinstance(n, Apply) and n.function == "sqrt" and isinstance(n.argument, Multiply) and all(
        isinstance(f, Read) for f in n.argument.factors) for n in walk(formula))
