"""What a document supposes where a line stands: "if S(O − 1) = H − K, then …", "with p + q = K − 1", and behind a
formula "it rests on H = s h"."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from symcnn.document.claims.claims import Line, Reading
from symcnn.document.facts.questions import equal
from symcnn.document.reading.forms import as_polynomial, with_value
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.notation.expression import Expression, Read, Tensor, expression, walk
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import sizes_in, tensors_in

IF = re.compile(r"\b(if|iff|when(ever)?|where|with|for|suppose|assum(e|ing)|provided|given|under|as long as|rests on"
                r"|such|satisfying|subject to|fulfilling|s\.t\.|wobei|falls|wenn|für|sofern|pour|si|où|avec|posant"
                r"|para|donde|cuando|con)"
                r"( that)?[\s:]*$", re.IGNORECASE)
"""Words right before a formula that is supposed."""
BEHIND = re.compile(r"[\s.,;]*(for every [^.]*?; )?(([Ii]t|[Tt]his|[Tt]hat|which|[Tt]he \w+) (rests on|holds|is right)"
                    r"\b|(provided|assuming|if|when|whenever|as long as|for|where|with|wobei|falls|wenn"
                    r"|sofern|où|avec|si|donde|cuando)\b)")
"""How a paragraph behind a formula begins that says under what this holds."""
JOINED = re.compile(r"[\s,;]*(and|as well as)?[\s]*(also|both|that)?\s*", re.IGNORECASE)
PARAGRAPH = re.compile(r"\n[^\S\n]*+\n\s*+(?=\S)|\n(?=\s*(?:#|\\(?:sub)*section|\\item\b|[-*+] ))")
"""Where a paragraph begins; what is set apart behind one belongs to it."""
ENDS = re.compile(r"\b(otherwise|else|in general|always|without|regardless|unless)\b", re.IGNORECASE)
"""Words behind a supposition that end it."""
MARK = r"\s*+(?:\\(?:text(?:bf|it)|emph)\s*\{|\{?\\(?:bf|it|em)\b|[*_#>])*+\s*+"
SOLUTION = re.compile(MARK + r"(?:solution|proof|answer|derivation|lösung|beweis|解|证明)", re.IGNORECASE)
"""How the paragraph begins that works out what the one before asks for, under what that supposes."""
NEXT_PART = re.compile(MARK + r"(?:\(?(?:[a-z]|\d+|[ivx]+)[.)]|(?:exercise|problem|question|task|part|aufgabe)\b"
                       r"|\\(?:sub)*section|\\item\b|\\begin|\\end)|\s*#", re.IGNORECASE)
INLINE = "ı"
"""Stands for the letters of a formula in a line of text."""


@dataclass(frozen=True)
class Supposition:
    """left − right = 0 between the places `start` and `end` of the text, as the line at `said` has it."""

    start: int
    end: int
    said: Line
    difference: Expression

    @property
    def names(self) -> set[Tensor | Symbol]:
        return {*tensors_in(self.difference), *sizes_in(self.difference)}

    @property
    def shown(self) -> str:
        return f"{str(self.said.left).strip()} = {str(self.said.right).strip()}"


class Supposed:
    """The equations between numbers that a document supposes, each with the part of the text where it is in force.

    It is in force to the end of its paragraph and of the formulas that are set apart behind that; one that stands
    behind a formula holds for this one only.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        text = list(reading.text)
        for span, _ in reading.spans:
            length = span.end - span.start
            text[span.start:span.end] = (" " if span.display else INLINE) * length
        self.prose = "".join(text)
        paragraphs = [0, *(m.end() for m in PARAGRAPH.finditer(self.prose)), len(text)]
        self.paragraphs = [(a, b) for a, b in zip(paragraphs, paragraphs[1:], strict=False) if a < b]
        self.places: dict[tuple[int, int], tuple[int, int]] = {}
        self.found: list[Supposition] = []
        self._learn_places()

    def _learn_places(self) -> None:
        before: Line | None = None
        for line in self.reading.lines:
            at = self.place_of(before) if before is not None else None
            joined = before is not None and at is not None and (line.span is before.span or JOINED.fullmatch(
                self.prose[before.span.end:line.span.start]) is not None)
            if joined and at is not None:
                self.places[self._key(line)] = at
            elif (before is None or line.span is not before.span) and (
                    words := IF.search(self.prose[:line.span.start].rstrip("\n"))) is not None:
                self.places[self._key(line)] = self._in_force(line, words.start(), before)
            before = line

    def _in_force(self, line: Line, words: int, before: Line | None) -> tuple[int, int]:
        start, end = next(p for p in self.paragraphs if p[0] <= words < p[1])
        if BEHIND.match(self.prose[start:end]):
            shown = [s for s, _ in self.reading.spans if s.display and s.end <= start]
            if shown and not self.prose[shown[-1].end:start].strip(" \n.,;$"):
                return shown[-1].start, line.end
        if before is not None and before.span.start >= start and self.prose[words].islower() and not (
                self.prose[before.span.end:words].strip(" \n,")):
            return before.start, line.end  # A holds if B
        solved = False
        for first, last in self.paragraphs:
            here = self.prose[first:last].lstrip()
            begins = first == end and SOLUTION.match(here) is not None
            if first == end and (begins or solved and NEXT_PART.match(here) is None
                                 or here[:1].islower() and here[:1] != INLINE):
                end, solved = last, solved or begins
        return line.start, end

    def _key(self, line: Line) -> tuple[int, int]:
        return id(line.span), line.start

    def place_of(self, line: Line) -> tuple[int, int] | None:
        """Where a line that says what is supposed is in force; None for any other line."""
        return self.places.get(self._key(line))

    def supposes(self, line: Line) -> bool:
        """Whether a line says what is supposed, as far as it is understood."""
        return any(self._key(s.said) == self._key(line) for s in self.found)

    def note(self, line: Line, difference: Expression) -> None:
        """Take note that a line supposes difference = 0."""
        start, end = self.places[self._key(line)]
        self.found.append(Supposition(start, end, line, difference))

    def in_force(self, line: Line) -> Iterator[Supposition]:
        """What is supposed where a line stands; not what the line itself supposes."""
        for supposition in self.found:
            said = supposition.said
            if supposition.start <= line.start < supposition.end and self._key(said) != self._key(line) and not (
                    said.end <= line.start and ENDS.search(self.prose[said.end:line.start])):
                yield supposition


def solved(differences: Iterable[Expression]) -> dict[Symbol, Polynomial]:
    """The sizes for which equations difference = 0 can be solved, with what they are."""
    values: dict[Symbol, Polynomial] = {}
    for difference in differences:
        number = as_polynomial(difference)
        rest = polynomial(0) if number is None else number.substitute(values)
        size = next((s for s in sorted(rest.symbols) if s.is_size and rest.unit_coefficient(s)), None)
        if size is not None:
            value = polynomial(size) - rest.unit_coefficient(size) * rest
            values = {s: p.substitute({size: value}) for s, p in values.items()} | {size: value}
    return values


def solved_for_a_name(difference: Expression, known: Container[Tensor]) -> tuple[Read, Expression] | None:
    """A number without a formula of its own for which difference = 0 can be solved, and what it is."""
    for name in dict.fromkeys(n for n in walk(difference) if isinstance(n, Read)):
        if name.indices or name.tensor in known or name.tensor.gradient_of is not None:
            continue
        rest = with_value(difference, name, expression(0))
        for slope in (1, -1):
            try:
                equal(Claim(difference, rest + slope * name), (), ())
            except StepError:
                continue
            return name, rest * -slope
    return None
