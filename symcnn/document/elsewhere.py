"""Lines that fail by what only another part of the document says, which may not hold where they stand."""

from __future__ import annotations

import re

from symcnn.counterexample import Counterexample
from symcnn.document.claims import Line, environment_name
from symcnn.document.doubts import Doubts
from symcnn.document.sides import DERIVES, Sides
from symcnn.document.written import nodes
from symcnn.notation.traverse import made_of, tensors_in


def said_further_down(decider: Sides, doubts: Doubts, line: Line) -> str:
    """A name of which only another section, further down, says what it is there; that of a gradient is the same."""
    read = {t for side in decider._read(line) or () for t in tensors_in(side)}
    if any(t.gradient_of is not None for t in read):
        return ""
    ahead = {t for t in decider.later.definitions.keys() - decider.known.definitions.keys() if (
        (number := decider.later.lines.get(t)) is not None and doubts.is_in_another_section(line, number))}
    found = sorted(t.name for t in ahead & (read | made_of(read, decider._definitions())))
    return f"only another section says what {found[0]} is" if found else ""


def slope_behind_a_name(line: Line, found: Counterexample) -> str:
    """A slope for which [x'; y'] = [x; y] − a [2x; 2y] fails, though the line writes none: x' is that of an example."""
    slopes = [entry for entry in found.entries if entry.startswith("∂")]
    shown = [n for side in (line.left, line.right) for n in nodes(side)]
    if not slopes or not any(environment_name(n).endswith("matrix") for n in shown) or any(
            t.text in DERIVES or re.match(r"d[A-Za-z]$|\\[dD]elta|[δΔ]", t.text) for n in shown for t in n.tokens):
        return ""
    return f"at which place {slopes[0]} is taken is not said"
