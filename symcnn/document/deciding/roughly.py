"""Sides that differ and are right as they are meant: 10-50 · 100-1000 = 1000-50,000, and ≈ 4n² + 6n = 4n²."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace

from symcnn.document.claims.claims import Line
from symcnn.document.deciding.mending import Mending
from symcnn.document.lines.assumptions import NEARBY
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.verdict import Verdict

RANGE_OF_NUMBERS = re.compile(r"(?<![\w.,])\d[\d,.]*[-–]\d")
"""10-50, written without spaces: from 10 to 50."""
ROUGHLY = re.compile(r"(?:≈|\\approx|~|\babout|\broughly|\bapproximately)\s*\$*\s*$", re.IGNORECASE)
"""Words or a sign right before a formula that is meant to be close only."""
TIMES = frozenset(("*", "×", r"\times", r"\cdot", "·"))


def written_roughly(decider: Mending, line: Line) -> str:
    """Why sides that differ are right as they are meant: 10-50 · 100-1000 = 1000-50,000, or ≈ 4n² + 6n = 4n²."""
    text = decider.reading.text
    sides = [text[side.start:side.end] for side in (line.left, line.right) if side.start >= 0]
    if len(sides) == 2 and all(RANGE_OF_NUMBERS.search(side) for side in sides) and any(
            t.text in TIMES for t in line.left.tokens):
        return "ranges of numbers"
    place = bisect_left([other.start for other in decider.reading.lines], line.span.start)
    before = [other for other in decider.reading.lines[place:] if other.span is line.span and other.end <= line.end]
    if line.left.kind != "sum" or not (ROUGHLY.search(text[:line.span.start][-NEARBY:]) or any(
            other.relation == "≈" for other in before)):
        return ""
    for parts in _without_a_term(line.left):
        if decider._looked_at(replace(line, left=Node("sum", parts))).verdict is Verdict.PROVED:
            return "holds but for a term of the sum, and it is said to be rough"
    return ""


def _without_a_term(side: Node) -> Iterator[tuple[Node | Token, ...]]:
    """The parts of a sum without one of the terms behind its first."""
    for place, part in enumerate(side.parts):
        if place > 1 and isinstance(part, Node) and isinstance(side.parts[place - 1], Token):
            rest = (*side.parts[:place - 1], *side.parts[place + 1:])
            if len(rest) > 1:
                yield rest
