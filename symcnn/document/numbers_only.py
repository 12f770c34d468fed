"""A second look at lines that hold for numbers, where the letters may well be matrices.

Y = X W + b with ∂L/∂W = X ∂L/∂Y and no word on what W is holds for numbers; for matrices it does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from symcnn.document.claims.claims import Line
from symcnn.document.deciding.decide import Decider
from symcnn.document.facts.known import Decision
from symcnn.document.facts.layout import learn_layouts
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.whole import Whole
from symcnn.document.reading.forms import is_chain_rule
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Derivative, Multiply, Read, walk
from symcnn.verdict import Verdict

NUMBERS = re.compile(r"\b(scalars?|(real|single) (number|neuron|unit|weight|input|output|value|feature|variable)s?"
                     r"|one[- ](dimensional|input|weight|variable)|univariate)\b|标量", re.IGNORECASE)
"""Words of a document whose letters are numbers."""


def may_be_matrices(decider: Decider, lines: Sequence[Line]) -> bool:
    """Whether a document differentiates by a capital letter without indices, or by another name beside W x with such
    a letter, and does not say what that is."""
    if decider.layouts or NUMBERS.search(decider.prose):
        return False
    known = decider.known.values.keys() | decider.known.matrices.keys() | decider.words.sizes
    told = known | {t.name for t in decider._definitions()} | decider.words.losses
    derives = factor = False
    for line in lines:
        try:
            sides = decider._sides(line)
        except SymcnnError:
            continue
        for node in (n for side in sides for n in walk(side)):
            by = node.by.tensor.name if isinstance(node, Derivative) and not node.by.indices else ""
            if isinstance(node, Read) and node.tensor.gradient_of is not None and not node.indices:
                by = node.tensor.gradient_of[1]
            if len(by) == 1 and by.isupper() and by not in known:
                return True
            derives |= bool(by)
            factor |= isinstance(node, Multiply) and any(
                isinstance(f, Read) and not f.indices and f.tensor.gradient_of is None and len(f.tensor.name) == 1
                and f.tensor.name.isupper() and f.tensor.name not in told for f in node.factors) and any(
                isinstance(f, Read) and not f.indices and f.tensor.name[:1].islower() for f in node.factors)
    return derives and factor


def with_matrices(decider: Decider, decisions: Sequence[Decision]) -> list[Decision]:
    """The decisions, with `undecided` where a line is proved for numbers and not for matrices."""
    lines = decider.reading.lines
    if not may_be_matrices(decider, lines):
        return list(decisions)
    everything = [line for r in (*decider.givens, decider.reading) for line in r.lines]
    layouts = learn_layouts(decider, everything, decider.trees, decider.prose, supposed=True)
    if not layouts or not any(layouts):
        return list(decisions)
    for layout in layouts:
        layout.doubtful, layout.said = set(), {key for key, axes in layout.axes.items() if axes}
    other = Decider(decider.reading, decider.givens, layouts)
    other.repair_steps = 0
    found = []
    for line, mine, theirs in zip(lines, decisions, other.run(), strict=True):
        # The chain rule itself is written so for vectors, too, whatever its order.
        if mine.verdict is Verdict.PROVED and theirs.verdict not in (Verdict.PROVED, Verdict.DEFINED) and not (
                is_chain_rule(line.right)) and _names_one(line, other):
            mine = replace(Decision(Verdict.UNDECIDED, "holds for numbers; whether capital letters are matrices, for "
                                    "which it does not, is not said"), milliseconds=mine.milliseconds)
        found.append(mine)
    return found


def _names_one(line: Line, decider: Decider) -> bool:
    """Whether a line speaks of a matrix as a whole."""
    layout = decider.layouts[0]
    whole = Whole(Meaning(decider.words, (line.left, line.right)), layout)
    with suppress(SymcnnError):
        whole.sides(line.left, line.right)
    return any(layout.axes.get((name, written)) == 2 and not written and len(name) == 1 and name.isupper()
               for name, written in whole.seen)
