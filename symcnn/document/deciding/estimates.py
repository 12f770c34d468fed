"""Estimates, w = Σ_i x_i y_i / Σ_i x_i² behind y_i = w x_i + ε_i: what stands on the left is not the w of the formula.

An estimate differs from what is estimated by the noise in the data. Without the noise it has to find it.
"""

from __future__ import annotations

from symcnn.document.claims.claims import Line
from symcnn.document.lines.sides import Sides
from symcnn.document.meaning.temporary import temporarily
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Definition, Read, expression
from symcnn.notation.polynomial import Symbol
from symcnn.notation.traverse import made_of, tensors_in
from symcnn.verdict import Verdict


def holds_without_noise(decider: Sides, line: Line) -> str:
    """For what names that stand in no line but those about the data a line about a parameter is open; empty for none.

    The data are made of the parameter and of other names with indices. Where these are 0, the line has to hold.
    """
    read = decider._read(line) if line.first else None
    if read is None or not isinstance(read[0], Read) or read[0].indices or read[0].tensor.gradient_of is not None:
        return ""
    parameter, known = read[0].tensor, decider._definitions()
    data = set(tensors_in(read[1]))
    inside = made_of(data, known)
    noise = {t for t in inside - data - known.keys() if t.axes and t.gradient_of is None}
    if parameter not in inside or parameter in known or parameter in data or not noise:
        return ""
    without = {t: Definition(t, tuple(Symbol(f"z{n}") for n in range(len(t.axes))), expression(0)) for t in noise}
    try:
        with temporarily(decider, settled=known | without):
            decision = decider._claimed(*read)
    except SymcnnError:
        return ""
    if decision.verdict not in (Verdict.PROVED, Verdict.TESTED):
        return ""
    return f"an estimate, which is right where {', '.join(sorted(t.name.partition('__')[0] for t in noise))} is 0"
