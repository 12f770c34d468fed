"""Slopes at the numbers of an example: ∂L/∂w = −0.0887 where formulas lead from w to L and every name has a value."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import flint

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.facts.known import Decision
from symcnn.document.facts.questions import equal
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.numbers import exact, is_numeric, key, printed
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.numeric.values import numeric
from symcnn.document.proof.proof import Prover
from symcnn.document.reading.forms import constant
from symcnn.errors import SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.kernel.derivative import derivative
from symcnn.notation.expression import Definition, Derivative, Expression, Read, Tensor, children, rebuild, walk
from symcnn.verdict import Verdict

AT_VALUES = "the values given"
"""Where such a verdict holds."""
NEAR, FAR, MOST_UNITS = flint.arb("0.001"), flint.arb("0.02"), 4
"""How far, of a slope and in units of the last digit, numbers that were rounded on the way may be off."""
MOST_PARTS = 2000
"""So many parts a formula with all its formulas put in has at most."""


def at_values(prover: Prover, line: Line) -> Decision | None:
    """The verdict on a slope and its number; None where the slope has no formula, or a name in it no value.

    The number may follow from the values as they are printed on the way, or from exact ones. It is wrong only if it
    follows from neither, and if every name is given one value.
    """
    if line.relation not in EQUALS | {"≈"}:
        return None
    meaning = Meaning(prover.words, (line.left, line.right))
    with suppress(SymcnnError, ZeroDivisionError):
        slope, right = meaning.value(line.left), meaning.value(line.right)
        if not isinstance(slope, Read) or slope.indices or slope.tensor.gradient_of is None or not is_numeric(
                right, prover.known.values):
            return None
        loss, by = (Tensor(name, ()) for name in slope.tensor.gradient_of)
        formulas = {**{t: d for t, d in prover.known.worked.items() if d is not None}, **prover._definitions()}
        definitions = {t: d for t, d in formulas.items() if not d.indices and t != by}
        formula = derivative(Read(loss, ()), Read(by, ()), definitions)
        if loss not in definitions or constant(formula) == 0 or any(isinstance(n, Derivative) for n in walk(formula)):
            return None
        as_printed = _put_in(formula, definitions, prover.known.values)
        if not is_numeric(as_printed, prover.known.values):
            return None
        in_full = _put_in(formula, definitions, {})
        if not is_numeric(right, {}):
            equal(Claim(in_full, _put_in(right, definitions, {}), ()), (), ())
            return Decision(Verdict.PROVED, scope=AT_VALUES)
        of_leaves = {key(n) for n in walk(in_full) if isinstance(n, Read)}
        found: Decision | None = None
        for value in (as_printed, in_full):
            if is_numeric(value, prover.known.values):
                found = _compared(prover, line, value, right)
                if found is None or found.verdict in (Verdict.PROVED, Verdict.ROUNDED):
                    return found
        return found if all(prover.known.assigned[name] == 1 or name == by.name and by in formulas
                            for name in of_leaves) else None
    return None


def _compared(prover: Prover, line: Line, slope: Expression, right: Expression) -> Decision | None:
    """The verdict on a number, or on a product of rounded ones, for a slope; None where it is near, but not equal."""
    of, said = (flint.arb(exact(side, prover.known.values)) for side in (slope, right))
    shown = printed(line.right)
    if shown is not None:
        with temporarily(prover, known=prover.known.copy()):
            found = numeric(prover.known, line, slope, right)
        last_digit = flint.arb(10) ** -shown[0].places
        near = abs(of - said) <= MOST_UNITS * last_digit + NEAR * abs(of)
        return None if found.verdict is Verdict.REFUTED and near else replace(found, scope=AT_VALUES)
    if abs(of - said) <= NEAR * abs(of):
        return Decision(Verdict.ROUNDED, "with the values as they were printed before", AT_VALUES)
    if abs(of - said) > FAR * abs(of):
        value = f"{float(of.mid()):.4g}"
        return Decision(Verdict.REFUTED, f"the slope is {value} at the values given", AT_VALUES, repair=value)
    return None


def _put_in(node: Expression, definitions: Mapping[Tensor, Definition], values: Mapping[str, object]) -> Expression:
    """A formula with those of all names in it that have no value."""
    left = MOST_PARTS

    def visit(part: Expression) -> Expression:
        nonlocal left
        left -= 1
        if left < 0:
            raise SymcnnError("a formula is too long")
        if isinstance(part, Read) and not part.indices and part.tensor in definitions and key(part) not in values:
            return visit(definitions[part.tensor].body)
        return rebuild(part, tuple(map(visit, children(part))))

    return visit(node)
