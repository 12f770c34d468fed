"""Gradients whose loss is not named, dz and dW: of the loss of one sample, or of the mean of the losses."""

from __future__ import annotations

from contextlib import suppress

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.proof.proof import Prover
from symcnn.document.reading.written import nodes, written
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Expression, Power, Read, Value, walk
from symcnn.verdict import Verdict


def of_one_sample(prover: Prover, line: Line, sides: tuple[Expression, Expression] | None) -> str:
    """Why a line that fails by the number of samples alone may be meant otherwise; empty if it may not.

    With the cost J = (1/m) Σ L, dz = a − y is of the loss L of one sample and dW = (1/m) Σ x dz of the cost.
    """
    words = prover.words
    named = {found.stem for side in (line.left, line.right) for n in nodes(side) if (found := written(n)) is not None}
    if sides is None or line.relation not in EQUALS or not any(
            stem[:1] == "d" and stem[1:] in words.differentials for stem in named):
        return ""
    left, right = sides
    costs = [d.body for d in prover._definitions().values() if d.tensor.name in words.losses]
    numbers = dict.fromkeys(n.base for part in (right, *costs) for n in walk(part) if isinstance(n, Power) and (
        n.exponent == -1) and _is_plain(n.base))
    for number in numbers:
        for factor in (number, Power(number, -1)):
            with suppress(SymcnnError, ZeroDivisionError):
                if prover._claimed(left, factor * right).verdict is Verdict.PROVED:
                    return f"of which loss a gradient is, is not said: of one of {number} samples, or of their mean"
    return ""


def _is_plain(node: Expression) -> bool:
    """Whether a formula is a letter for a number."""
    return isinstance(node, Value) and node.value.as_symbol is not None or isinstance(node, Read) and not node.indices
