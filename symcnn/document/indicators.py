r"""Indicators of a condition, \mathbb{1}\{i = j\}, \mathbb{I}(x > 0) and 1[y = k], as brackets, [i = j]."""

from __future__ import annotations

import re

from symcnn.document.source import Source

_SET = r"\\(?:mathbb|mathbbm|mathds|mathbf|mathrm|bm|boldsymbol|pmb|text|operatorname|Bbb)"
_SIGN = rf"(?:{_SET}\s*(?:\{{\s*[1I]\s*\}}|\s[1I]|1)|(?<![A-Za-z0-9\\._^])[1I](?=\s*(?:\\left\s*)?\\?[\[({{])|𝟙)"
_PART = r"(?:[^()\[\]{}$&]|\{[^{}]*\}|\([^()]*\))"
_RELATION = r"(?:=|<|>|\\(?:leq?|geq?|neq?|lt|gt)(?![A-Za-z])|≤|≥|≠)"
_CONDITION = rf"({_PART}{{1,60}}?{_RELATION}{_PART}{{1,60}}?)"
_INDICATOR = re.compile(rf"{_SIGN}\s*(?:\\left\s*)?(?:\\\{{{_CONDITION}(?:\\right\s*)?\\\}}"
                        rf"|\[{_CONDITION}(?:\\right\s*)?\]|\({_CONDITION}(?:\\right\s*)?\))")


def with_brackets(source: Source) -> Source:
    """The formula with brackets around the conditions of its indicators, and no other sign of these."""
    return source.substitute(_INDICATOR, lambda m: f"[{m[1] or m[2] or m[3]}]")
