"""Lines that hold for probabilities, which sum to 1, in documents that speak of such without writing it."""

from __future__ import annotations

import re
from collections.abc import Callable

from symcnn.document.claims.claims import Line
from symcnn.document.facts.known import Decision
from symcnn.document.lines.sides import Sides
from symcnn.document.meaning.temporary import temporarily
from symcnn.notation.traverse import tensors_in
from symcnn.verdict import Verdict

SPEAKS = re.compile(r"probabilit|distribution|simplex|\blaws?\b|\bmass\b|categorical|entropy|divergence|softmax",
                    re.IGNORECASE)


def holds_for_probabilities(decider: Sides, line: Line, prose: str, decide: Callable[[Line], Decision]) -> str:
    """Which names have to sum to 1 for a line that fails for any numbers; empty where that does not help."""
    read = decider._read(line) if SPEAKS.search(prose) else None
    if read is None:
        return ""
    known = decider._definitions()
    names = {t for side in read for t in tensors_in(side)}
    names |= {t for d in known.values() if d.tensor in names for t in tensors_in(d.body)}
    names = {t for t in names - known.keys() if len(t.axes) == 1 and t.gradient_of is None}
    if not names or names <= decider.targets():
        return ""
    with temporarily(decider, known=decider.known.copy()):
        decider.known.sum_to_one |= names
        if decide(line).verdict is Verdict.PROVED:
            return f"holds if the entries of {', '.join(sorted(t.name for t in names))} sum to 1, as probabilities do"
    return ""
