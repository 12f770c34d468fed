"""Formulas copied from a page that shows them: σ(x) = … as signs, as LaTeX and as signs again, without a gap."""

from __future__ import annotations

import re

from symcnn.document.claims.claims import Line

INVISIBLE = re.compile(r"[\s$\u200b\u2061\u2062\u2063]")
"""What stands between signs and is not seen."""


def pasted_with_its_source(text: str, line: Line) -> str:
    """Why a formula is no claim that stands there as signs, as LaTeX and as signs again."""
    source = INVISIBLE.sub("", text[line.span.start:line.span.end])
    shown, command, rest = source.partition("\\")
    again = command and "=" in shown and rest.endswith(shown) and "=" in rest.removesuffix(shown)
    return "the formula stands there several times, as it is shown and as it is written" if again else ""
