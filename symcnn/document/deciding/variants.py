"""What is said of a layer in another variant than its formula: "With stride 2, y_2 = w_1 x_3 + w_2 x_4".

The formula that stands before has no stride, no padding or no dilation; the words say that the line is not about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from symcnn.document.claims.claims import Line
from symcnn.document.lines.sides import Sides
from symcnn.document.meaning.labels import family
from symcnn.document.reading.written import nodes, written

Variant = tuple[str, str]
"""How a word for a variant begins, and its number, if it has one."""
MENTION = re.compile(
    r"(?P<without>\b(?:no|without|unit|neither|not)\s+(?:any\s+)?(?:zero[- ]?)?)?"
    r"\b(?P<word>strid|pad|dilat|circular|cyclic|periodic|wrap)(?:e|es|ed|ing|ded|ding|ion|ally|ped|s)?\b"
    r"(?:\s*(?:of|is|equals|=|:|rate|factor|size|\$|\\\(|[A-Za-z]\s*=))*[\s-]*(?P<number>\d+)?", re.IGNORECASE)
NEUTRAL = {"strid": "1", "dilat": "1", "pad": "0"}
"""The numbers with which these change nothing."""
NAMES = {"strid": "stride", "pad": "padding", "dilat": "dilation", **dict.fromkeys(
    ("circular", "cyclic", "periodic", "wrap"), "ends that are joined")}
"""The words for these."""
BACKWARDS = re.compile(r"\b(?:flip|rotat|turned|full\b|transpos)", re.IGNORECASE)
"""Words for what a gradient is a convolution of: its padding is that of the errors."""
PARAGRAPH, SENTENCE, HEADING = re.compile(r"\n\s*\n"), re.compile(r"[.;!?](?=\s)"), re.compile(r"^#+ .*$", re.MULTILINE)
BEHIND = 80
"""So many characters behind a line at most say what it is about."""


def another_variant(decider: Sides, line: Line) -> str:
    """The variant of a layer that the words around a line name and those up to its formula do not; empty if none is."""
    text = decider.reading.text
    formula = _place_of_formula(decider, line)
    if formula is None or formula > line.start:
        return ""
    around = _around(text, line)
    if BACKWARDS.search(around):
        return ""
    headings = [m[0] for m in HEADING.finditer(text, formula, line.start)]
    known = set(_mentioned(text[:formula]))
    for word, number in (*_mentioned(around), *(v for heading in headings[-1:] for v in _mentioned(heading))):
        if not any(word == other and (number == there or not number or not there) for other, there in known):
            said = f"{NAMES.get(word, word)} {number}".rstrip()
            return f"said of a layer with {said}, which its formula does not have"
    return ""


def _mentioned(text: str) -> Iterator[Variant]:
    for m in MENTION.finditer(text):
        word = m["word"].lower()
        if not m["without"] and m["number"] != NEUTRAL.get(word, ""):
            yield word, m["number"] or ""


def _around(text: str, line: Line) -> str:
    """The paragraph up to a line, with the one before where it begins with the line, and the rest of the sentence."""
    ends = [m.end() for m in PARAGRAPH.finditer(text, 0, line.span.start)]
    first = ends[-1] if ends else 0
    if not text[first:line.span.start].strip(" \n$\\["):
        first = ends[-2] if len(ends) > 1 else 0
    behind = text[line.span.end:line.span.end + BEHIND]
    end = SENTENCE.search(behind) or PARAGRAPH.search(behind)
    return text[first:line.span.start] + " " + behind[:end.start() if end else BEHIND]


def _place_of_formula(decider: Sides, line: Line) -> int | None:
    """Where the last formula ends that the text gives for a name in a line."""
    stems = {found.stem for side in (line.left, line.right) for n in nodes(side) if (found := written(n)) is not None}
    rows = [number for known in (decider.known, decider.later) for tensor, number in known.lines.items()
            if family(tensor.name).partition("__")[0] in stems]
    if not rows:
        return None
    return sum(len(row) + 1 for row in decider.reading.text.split("\n")[:max(rows)]) - 1
