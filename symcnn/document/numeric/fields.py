"""The recurrence of receptive fields: r_{i−1} = s_i (r_i − 1) + k_i runs from the output to the input, not the other
way round."""

from __future__ import annotations

import re

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import Line
from symcnn.document.facts.known import Decision
from symcnn.document.meaning.numbers import exact, is_numeric
from symcnn.document.reading.forms import with_value
from symcnn.document.reading.written import nodes
from symcnn.document.repair.edits import places_in, plain_text
from symcnn.notation.expression import Expression, Read, expression, walk
from symcnn.notation.polynomial import polynomial
from symcnn.verdict import Verdict

FIELD = re.compile(r"receptive[ -]field|rezeptive\w* feld|感受野", re.IGNORECASE)
BACKWARDS = re.compile(r"\b(from|at|with) (the |one |an? )?(single )?(output|last|top|final|end\b|deepest)|back ?wards?"
                       r"|(back|down|towards?) (to )?the (input|image)|revers|top[ -]down|work(ing)? back"
                       r"|last layer to", re.IGNORECASE)
"""Words by which layers may be counted from the output on."""
PLACES = ((2, 3, 5), (3, 2, 4), (7, 1, 3), (1, 4, 2), (5, 5, 9))


def from_the_wrong_end(line: Line, left: Expression, right: Expression, text: str) -> Decision | None:
    """Conditional for r_{i+1} = s_i (r_i − 1) + k_i where r is a receptive field and i counts layers; else None."""
    if not isinstance(left, Read) or len(left.indices) != 1 or not FIELD.search(text) or BACKWARDS.search(text):
        return None
    reads = sorted({n for n in walk(right) if isinstance(n, Read)}, key=lambda n: n.tensor.name != left.tensor.name)
    if len(reads) != 3 or len({n.tensor for n in reads}) != 3 or any(len(n.indices) != 1 for n in reads):
        return None
    if reads[0].tensor.name != left.tensor.name or left.indices[0] - reads[0].indices[0] != polynomial(1):
        return None
    for stride, kernel in (reads[1:], reads[:0:-1]):
        if all(_is_step(right, reads[0], stride, kernel, at) for at in PLACES):
            break
    else:
        return None
    r, s, k = (n.tensor.name.partition("_")[0] for n in (reads[0], stride, kernel))
    spelled = {plain_text(n).partition("_")[0]: plain_text(n) for n in nodes(line.right)
               if n.kind in ("scripts", "index") and places_in(n)}
    repair = None
    if {r, s, k} <= spelled.keys():
        index = plain_text(next(places_in(n)[0] for n in nodes(line.right) if plain_text(n) == spelled[k]))
        repair = rf"{spelled[r]} + ({spelled[k]} - 1) \prod_{{j < {index.strip('{}')}}} {s}_j"
    two_layers = {f"{k}_0": 1, f"{s}_0": 2, f"{k}_1": 2, f"{s}_1": 1}
    return Decision(Verdict.CONDITIONAL, "holds if the layers are counted from the output on, or if all are alike; "
                                         "counted from the input, a kernel steps over the strides of all layers before",
                    counterexample=Counterexample({}, {}, two_layers, "3", "2"), repair=repair)


def _is_step(right: Expression, field: Read, stride: Read, kernel: Read, at: tuple[int, int, int]) -> bool:
    r, s, k = at
    for read, value in ((field, r), (stride, s), (kernel, k)):
        right = with_value(right, read, expression(value))
    return is_numeric(right, {}) and bool(exact(right, {}) == s * (r - 1) + k)
