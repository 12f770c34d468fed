"""A line that says a condition in other words: the boundary is where Z_1 = Z_2, so Σ_i a_i x_i = Σ_i b_i x_i."""

from __future__ import annotations

from bisect import bisect_right

from symcnn.document.claims.claims import EQUALS, Line, Reading
from symcnn.document.lines.assumptions import NEARBY
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import written


def restates(reading: Reading, line: Line) -> str:
    """Which equation between two names, right before a line, the line says once more; empty for any other line.

    Both names have formulas of their own then, which stand on the sides of the line.
    """
    place = bisect_right([other.start for other in reading.lines], line.start) - 2
    before = reading.lines[place] if place >= 0 else None
    if before is None or before.relation not in EQUALS or not before.first or not line.first or (
            written(before.left) is None or written(before.right) is None or before.end < line.start - NEARBY):
        return ""
    for name, formula in ((before.left, line.left), (before.right, line.right)):
        if not any(other.relation in EQUALS and _text(other.left) == _text(name) and (
                _text(other.right) == _text(formula)) for other in reading.lines[:place]):
            return ""
    return f"says when {reading.text[before.start:before.end]}"


def _text(node: Node) -> str:
    return "".join(t.text for t in node.tokens)
