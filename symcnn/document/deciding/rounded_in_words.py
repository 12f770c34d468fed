"""What words right behind a formula make of its value: (8 − 3)/2 + 1 = 3 (rounded down)."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from symcnn.document.facts.known import Decision
from symcnn.verdict import Verdict

SAID = r"[\s,;$]*+\(?\s*+(?:(?:after|when|by|which is|if|and|then) )*"
DOWN = r"(?:round(?:ed|ing)? (?:it )?down|(?:taking|take|using) the floor|floor(?:ed)?\b)"
UP = r"(?:round(?:ed|ing)? (?:it )?up|(?:taking|take|using) the ceiling|ceil(?:ing|ed)?\b)"
ROUNDINGS = ((re.compile(SAID + DOWN, re.IGNORECASE), math.floor), (re.compile(SAID + UP, re.IGNORECASE), math.ceil))


def rounded_in_words(decision: Decision, behind: str) -> Decision | None:
    """The verdict on a refuted line between numbers that holds as the words behind it say; None for any other."""
    found = next((rounding for words, rounding in ROUNDINGS if words.match(behind)), None)
    if decision.verdict is not Verdict.REFUTED or decision.counterexample is None or found is None:
        return None
    try:
        exact, shown = Fraction(decision.counterexample.left), Fraction(decision.counterexample.right)
    except ValueError:
        return None
    if found(exact) != shown:
        return None
    return Decision(Verdict.ROUNDED, "as the words behind it say", decision.scope, procedures=("exact numbers",))
