"""∂L/∂A = Z − y where the formula of L is one of other names: what L has to do with A is not said."""

from __future__ import annotations

from symcnn.document.claims.claims import Line
from symcnn.document.lines.sides import Sides
from symcnn.document.meaning.labels import family, label_of
from symcnn.notation.expression import Tensor
from symcnn.notation.traverse import tensors_in


def out_of_reach(decider: Sides, line: Line) -> str:
    """Why the slopes of a loss in a line are not known; empty if its formula reaches all that it is derived by."""
    for tensor in (t for side in decider._read(line) or () for t in tensors_in(side)):
        if tensor.gradient_of is None or not tensor.axes:
            continue
        loss, name = tensor.gradient_of
        below = {family(t.name) for t in decider._below(loss) or ()}
        # In dW += e x_t the names may be set anew at every step of a loop, and say nothing of all steps.
        if len(below) > 1 and not below & {family(t.name) for t in _made_of(decider, name, line.relation != "+=")}:
            return f"how {loss} depends on {name} is not said"
    return ""


def _made_of(decider: Sides, name: str, by_steps: bool) -> set[Tensor]:
    """A name, and the names that are made of it; of a name of one layer, those made of that of any layer."""
    known = (decider._recurrent() if by_steps else {}) | decider._definitions()
    found = {t for d in known.values() for t in (d.tensor, *tensors_in(d.body)) if t.name == name or (
        label_of(name) is not None and family(t.name) == family(name))}
    while more := {t for t, d in known.items() if found & set(tensors_in(d.body))} - found:
        found |= more
    return found
