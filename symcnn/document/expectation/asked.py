"""Conditions on moments that a text asks for, n Var(w) = 1, and the moment that follows from one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symcnn.document.claims.claims import CONNECTING
from symcnn.document.facts.questions import equal
from symcnn.document.reading.forms import constant, with_value
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.notation.expression import (
    Add, Bracket, Expression, Multiply, Power, Read, children, expression, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol

ASKED = re.compile(r"\b(?:needs?|requires?|required|setting|sets?|choos(?:e|es|ing)|chosen|wants?|impos(?:e|es|ing)|"
                   r"demand\w*|tak(?:e|es|ing)|pick\w*|conditions?|compromise|propos\w*|recommend\w*|uses?|using|"
                   r"initiali[sz]\w*)\b(?P<more>[^.;:!?]{0,60})[\s:$]*$", re.IGNORECASE)
"""Words before a formula that ask for what it says."""
NOT_ASKED = re.compile(r"\b(?:show|prove|verify|find|comput\w*|deriv\w*|calculat\w*|" + "|".join(
    sorted(w for w in CONNECTING if w in ("then", "therefore", "thus", "hence"))) + r")\b", re.IGNORECASE)
"""Words behind these with which the formula is a claim after all."""


def is_asked_for(before: str) -> bool:
    """Whether the words before a formula ask for what it says."""
    found = ASKED.search(before[-120:])
    return found is not None and NOT_ASKED.search(found["more"]) is None


def solved_for_a_variance(left: Expression, right: Expression) -> tuple[Read, Expression] | None:
    """The standard deviation without a value of which left = right gives the square, and this square.

    The sides are free of averages, with names `deviation_…` for the deviations that nobody states. None where the
    sides speak of several of these, or of another moment without a value.
    """
    sides = [_plain(_within(left)), _plain(_within(right))]
    open_ones = {n for side in sides for n in walk(side) if isinstance(n, Read) and n.tensor.name.startswith(
        ("deviation_", "mean_", "together_"))}
    if len(open_ones) != 1:
        return None
    (name,) = open_ones
    if not name.tensor.name.startswith("deviation_"):
        return None
    at_zero, at_one = ([_plain(with_value(side, name, expression(n))) for side in sides] for n in (0, 1))
    slopes = [_plain(one - zero) if one != zero else expression(0) for zero, one in zip(at_zero, at_one, strict=True)]
    try:
        for side, zero, slope in zip(sides, at_zero, slopes, strict=True):
            equal(Claim(side, slope * Power(name, 2) + zero), (), ("isl",))
    except StepError:
        return None
    slope = _plain(slopes[0] - slopes[1])
    return None if constant(slope) == 0 else (name, _plain((at_zero[1] - at_zero[0]) * Power(slope, -1)))


def _within(node: Expression) -> Expression:
    """A formula for indices at which all entries exist: with 1 for the brackets that ask for that."""
    if isinstance(node, Bracket) and not node.equations or isinstance(node, Bracket) and all(
            e.is_constant and e.constant == 0 for e in node.equations):
        return expression(1)
    return rebuild(node, tuple(map(_within, children(node))))


def _plain(node: Expression) -> Expression:
    """A formula without the terms that are 0 and the factors that are 1, with the inverses of the factors for 1/(ab).

    What becomes of 0 or 1 in place of a name.
    """
    number = constant(node)
    if number is not None:
        return expression(number)
    if isinstance(node, Add):
        terms = [t for t in map(_plain, node.terms) if constant(t) != 0]
        return terms[0] if len(terms) == 1 else Add(tuple(terms))
    if isinstance(node, Multiply):
        factors = [f for f in map(_plain, node.factors) if constant(f) != 1]
        if any(constant(f) == 0 for f in factors):
            return expression(0)
        return factors[0] if len(factors) == 1 else Multiply(tuple(factors))
    if isinstance(node, Power) and isinstance(inner := _plain(node.base), Multiply):
        return _plain(Multiply(tuple(Power(f, node.exponent) for f in inner.factors)))
    return rebuild(node, tuple(map(_plain, children(node))))


def indices_of(indices: Sequence[Polynomial]) -> tuple[Symbol, ...] | None:
    """The letters at which an entry stands; None where an index is no letter of its own."""
    symbols = tuple(s for i in indices if (s := i.as_symbol) is not None and not s.is_size)
    return symbols if len(set(symbols)) == len(indices) else None
