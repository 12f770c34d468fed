r"""Numbers whose digits stand apart, 1 2 8 for 128, in formulas that a program recognized in an image of a page.

Such programs put a space behind every sign of a formula, y _ { i } = 1 2 . 5, and TeX sets 128 from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from symcnn.document.reading.source import Source

_APART = re.compile(r"(?<=\d) (?=\d)")
_POINT = re.compile(r"(?<=\d) \. (?=\d)")
_THOUSANDS = re.compile(r"(?<!\d)(?<!\d )\d{1,3}(?: , \d\d\d)+(?! ?\d)")
_TOGETHER = re.compile(r"\d\d|(?:[_^]|(?<!\\)\{)(?=\S)")
"""Signs right behind others, as people write them."""
_SCRIPT = re.compile(r"[_^]\s*\d$")
_ENOUGH = 3


def with_joined_digits(sources: Iterable[Source]) -> list[Source]:
    """The formulas of a document, with the digits of a number put together where nearly all signs stand apart."""
    found = list(sources)
    apart = [bool(_APART.search(s.text)) and not _TOGETHER.search(s.text) for s in found]
    together = sum(bool(_TOGETHER.search(s.text)) for s in found)
    if sum(apart) < max(_ENOUGH, _ENOUGH * together):
        return found
    return [_joined(source) if of_it else source for source, of_it in zip(found, apart, strict=True)]


def _joined(source: Source) -> Source:
    text = source.text
    joined = source.substitute(_APART, lambda m: " " if _SCRIPT.search(text[:m.start()]) else "")
    joined = joined.substitute(_POINT, lambda m: ".")
    return joined.substitute(_THOUSANDS, lambda m: m[0].replace(" ", ""))
