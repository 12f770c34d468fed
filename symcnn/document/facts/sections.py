"""Where a document starts anew: sections that say again what is given, and whose names may mean another thing.

A heading alone changes nothing: most documents go on with their names. A section has a scope of its own if it sets
itself up, as one with a sub-heading "Given" does beside others that have one, or if it is a numbered problem whose
first formula for a name is another than that of the problems before it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from symcnn.document.claims.claims import EQUALS, Line, Reading
from symcnn.document.reading.written import nodes, written

HEADING = re.compile(r"^ {0,3}(?P<marks>#{1,6})[ \t]+(?P<title>[^\n]*)$"
                     r"|\\(?P<level>chapter|section|subsection|subsubsection)\*?\s*\{(?P<name>[^\n{}]*)\}", re.M)
LEVELS = ("chapter", "section", "subsection", "subsubsection")
SET_UP = re.compile(r"(given|setting|set-?up|notation|assumptions?|problem( statement)?)\W*", re.I)
TAKEN = re.compile(r"(given|setting|set-?up|notation|assumptions?)\W*", re.I)
"""Headings of what a document starts from."""
PROBLEM = re.compile(r"(problem|exercise|question|task|homework|solution|answer)\s+\W?([A-Z]?\d+|[IVX]+)\b", re.I)


@dataclass(frozen=True)
class Heading:
    """A heading: its depth (1 for the outermost), where it stands, its words, and how long its line is."""

    depth: int
    start: int
    title: str
    length: int

    @property
    def end(self) -> int:
        """Where its line ends."""
        return self.start + self.length


@lru_cache(maxsize=8)
def headings(text: str) -> tuple[Heading, ...]:
    """The headings of Markdown and LaTeX, outside of fenced code."""
    hidden = [m.span() for m in re.finditer(r"^ {0,3}(```|~~~).*?^ {0,3}\1", text, re.M | re.S)]
    found = []
    for m in HEADING.finditer(text):
        if not any(start <= m.start() < end for start, end in hidden):
            depth = len(m["marks"]) if m["marks"] else LEVELS.index(m["level"]) + 1
            found.append(Heading(depth, m.start(), (m["title"] or m["name"] or "").strip(), m.end() - m.start()))
    return tuple(found)


def headings_over(text: str, place: int) -> list[Heading]:
    """The headings of the sections in which a place lies, the innermost first."""
    over: list[Heading] = []
    for heading in reversed(headings(text)):
        if heading.start >= place:
            continue
        if not over or heading.depth < over[-1].depth:
            over.append(heading)
    return over


def set_ups(text: str) -> list[range]:
    """Where a document says what it starts from: behind such a heading, up to the next one that is not below it."""
    found = headings(text)
    return [range(h.start, _end(found, n, len(text))) for n, h in enumerate(found) if TAKEN.fullmatch(h.title)]


def scopes(reading: Reading) -> list[Reading]:
    """The parts of a document that are decided one by one, in order; the document itself if there is one scope.

    Of several parts the first is what stands before the first section, which belongs to every section. Places are
    those in the whole document.
    """
    starts = sorted(set(_starts(reading)))
    if not starts:
        return [reading]
    ends = [*starts[1:], len(reading.text)]
    parts = [part_of(reading, 0, starts[0])]
    parts += [part_of(reading, start, end) for start, end in zip(starts, ends, strict=True)]
    return parts


def _starts(reading: Reading) -> Iterator[int]:
    """Where a new scope begins, perhaps more than once."""
    found = headings(reading.text)
    sections = [(h, _end(found, n, len(reading.text))) for n, h in enumerate(found)]
    set_up = [h for n, (h, end) in enumerate(sections) if any(
        SET_UP.fullmatch(below.title) and below.depth == h.depth + 1 and below.start < end for below in found[n + 1:])]
    set_up = [h for h in set_up if sum(other.depth == h.depth for other in set_up) > 1]
    earlier: dict[str, str] = {}
    first: int | None = None
    for heading, end in sections:
        own = _introduced([line for line in reading.lines if heading.start <= line.start < end])
        if heading in set_up:
            yield heading.start
        elif PROBLEM.match(heading.title):
            if any(earlier.get(name, formula) != formula for name, formula in own.items()):
                assert first is not None
                earlier = {}
                yield first  # so that what stands before it belongs to all problems
                yield heading.start
            first = heading.start if first is None else first
            earlier |= own


def _end(found: Sequence[Heading], n: int, last: int) -> int:
    """Where a section ends: at the next heading that is not below its own."""
    return next((h.start for h in found[n + 1:] if h.depth <= found[n].depth), last)


def _introduced(lines: Sequence[Line]) -> dict[str, str]:
    """The names that lines say something of before they use them, with what they say."""
    seen: set[str] = set()
    found: dict[str, str] = {}
    for line in lines:
        left = written(line.left)
        if line.first and line.relation in EQUALS and left is not None and left.stem not in seen:
            found[left.stem] = "".join(t.text for t in (*line.left.tokens, *line.right.tokens))
        for side in (line.left, line.right):
            seen |= {name.stem for node in nodes(side) if (name := written(node)) is not None}
    return found


def part_of(reading: Reading, start: int, end: int) -> Reading:
    """The part between two places; what is not in it is blank, so that places stay what they are."""
    text = "".join(c if c == "\n" else " " for c in reading.text[:start]) + reading.text[start:end]
    return Reading(text, [(s, t) for s, t in reading.spans if start <= s.start < end],
                   [line for line in reading.lines if start <= line.span.start < end],
                   displays=[line for line in reading.displays if start <= line.span.start < end],
                   loose=[line for line in reading.loose if start <= line.span.start < end],
                   signals=reading.signals, words=reading.words)
