r"""Numbers as half of the world writes them: 0,5 and 7{,}02 with a decimal comma, 1.228.800 with points in thousands.

Two points in groups of three digits can be nothing else, and neither can {,} before two digits. A bare comma may also
stand between the items of a list: it is a decimal sign only in a text in such a language, and where no list stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from symcnn.document.reading.source import Source

_MARKED = re.compile(r"\d(?:,|\{,\})\d|\d\.\d{3}\.\d{3}")
_POINTS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:\.\d{3}){2,}(?![\d.]|,\d)")
"""1.228.800"""
_BRACED = re.compile(r"(?<![\d.,}])(?:(\d+)\{,\}(\d{1,2}|\d{4,})|(0)\{,\}(\d{3}))(?!\d|\.\d|\{,\}|\\,\d)")
"""7{,}02 and 0{,}115, but not 1{,}024."""
_BARE = re.compile(r"(?<![\w.,}])(\d+),(\d+)(?![\d,.]\d|\{,\}|\w)")
_CLEAR = re.compile(r"0,\d+|\d+,(?:\d{1,2}|\d{4,})")
"""A number with a comma that groups no thousands."""
_DECIMAL_POINT = re.compile(r"(?<![\d.,])(?:0\.\d+|\d+\.(?:\d{1,2}|\d{4,}))(?![\d.])")
_GROUPED = re.compile(r"(?<![\d.,])[1-9]\d{0,2}\.\d{3}(?![\d.])")
"""1.216, which is a thousand and more where decimals have commas."""
_WORD = re.compile(r"(?<![\w\\$])[^\W\d_]{2,4}(?![\w$])")
_WITH_COMMAS = frozenset(
    "der die das und ist mit für von eine ein wird auf sind den dem des im bei zu "
    "le la les est une pour avec du sont dans et sur un au en "
    "el los las es una con para del por y se "
    "il della che è per di um uma são het een van zijn voor je się na jest dla är och som".split())
_WITH_POINTS = frozenset("the of and with for we are this that to by from has have its each then be it not".split())
_LONG_ENOUGH = 4
_INDEX = re.compile(r"(?<![A-Za-z\\])[i-n p-t]\s*=\s*$")
_OPERATES = re.compile(r"[-+*/=·]|\\cdot|\\times|\\approx")


def with_decimal_points(sources: Iterable[Source], text: str) -> list[Source]:
    """The formulas of a document with decimal points in its numbers, and no points between thousands."""
    found = list(sources)
    if not any(_MARKED.search(s.text) for s in found):
        return found
    points = any(_DECIMAL_POINT.search(s.text) for s in found)
    braced = any(_BRACED.search(s.text) for s in found)
    found = [s.substitute(_POINTS, lambda m: m[0].replace(".", "")).substitute(
        _BRACED, lambda m: f"{m[1] or m[3]}.{m[2] or m[4]}") for s in found]
    if not is_in_a_language_with_commas(text):
        return found
    clear = braced or any(_CLEAR.fullmatch(m[0]) and _is_decimal(s.text, m) for s in found
                          for m in _BARE.finditer(s.text))
    only_commas = clear and not points
    if only_commas:
        found = [s.substitute(_GROUPED, lambda m: m[0].replace(".", "")) for s in found]
    return [s.substitute(_BARE, lambda m, s=s: f"{m[1]}.{m[2]}" if (  # type: ignore[misc]
        only_commas or _CLEAR.fullmatch(m[0])) and _is_decimal(s.text, m) else None) for s in found]


def is_in_a_language_with_commas(text: str) -> bool:
    """Whether the short words of a text are of a language whose decimal sign is the comma."""
    words = [m.group().lower() for m in _WORD.finditer(text)]
    commas = sum(word in _WITH_COMMAS for word in words)
    return commas >= _LONG_ENOUGH and commas > 2 * sum(word in _WITH_POINTS for word in words)


def _is_decimal(text: str, match: re.Match[str]) -> bool:
    """Whether a comma between digits is no comma of a list, of the entries of a vector, or between two indices."""
    first, second = int(match[1]), int(match[2])
    if second == first + 1 and len(match[1]) == len(match[2]) and _INDEX.search(text[:match.start()]):
        return False  # i = 0,1
    opened: list[int] = []
    for at in range(match.start()):
        if text[at] in "([{":
            opened.append(at)
        elif text[at] in ")]}" and opened:
            opened.pop()
    if not opened:
        return True
    start = opened[-1]
    before, sign = text[:start].rstrip(), text[start]
    inside = text[start + 1:match.start()]
    if sign == "{":
        if before.endswith("\\"):
            return False  # a set
        return not before.endswith(("_", "^")) or re.search(r"(?:\be|\}|10)\^$", before) is not None and (
            not before.endswith("_"))
    applied = re.sub(r"\\left$", "", before).rstrip()
    if sign == "[" or re.search(r"(?:[A-Za-z\]}']|_\w|\^\S)$", applied) and not re.search(
            r"\\(?:cdot|times|approx|quad|left|frac|,)$", applied):
        return False
    return bool(_OPERATES.search(inside) or _OPERATES.match(text[match.end():].lstrip()))
