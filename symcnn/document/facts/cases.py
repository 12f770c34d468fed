"""Cases of indices beside a formula, i = j or i ≠ j: what is claimed for these only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from symcnn.counterexample import trials
from symcnn.document.claims.claims import Line, Reading
from symcnn.document.facts.sections import headings_over
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.reading.written import index_text, unwrapped
from symcnn.errors import SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.notation.expression import Apply, Bracket, Definition, Expression, expression, free_indices, walk
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import substitute

TRIALS = 30
"""At so many random places it is looked whether any of several cases holds."""
NEAR = 600
"""So many characters before a formula may lie the case that a whole paragraph is about."""
BEHIND = re.compile(r"[ \t,;(]*+\n?[ \t,;(]*+(for|where|when|if|with|whenever|provided|as long as|falls|wenn|für"
                    r"|sofern|pour|si|lorsque|quand|para|cuando)\b"
                    r"[^.$\n]{0,60}\$?")
"""Words right behind a formula, in its own sentence, that say for which indices it holds."""
BEGINS = re.compile(r"(?:^|[\n.;:,(*_#>]|\b(?:and|but|hence|thus|so|then|now))[\s*_(#>-]*+"
                    r"(?:[\divxa-c]{1,3}[.)][*_\s]*+)?(?:the\s+)?(?:case|if|for|when|where|with|suppose|assume|let|consider"
                    r"|falls|wenn|für|wobei|sei|pour|si|soit|où|para|cuando|sea|donde)\b[^.$\n]{0,40}$",
                    re.IGNORECASE)
"""Words before a case that begin a clause: what follows is about this case."""
LEADS = re.compile(r"\$*[\s*_:,)]*(?:[A-Za-z][^.\n=]{0,100}?)?[\s*_:,]*\$*")
"""So little between a case and the formula that is claimed for it."""
HEADS = re.compile(r"\$*[\s*_)]*:[\s*_]*\$*")
"""What stands between a case and the formula below it where it ends the line above: "Off the diagonal (i ≠ j):"."""
OPEN_CASE = re.compile(r"\b(?:unless|except|both|either|or|and|not|whether|regardless|any|all)\b", re.IGNORECASE)
"""Words in such a line by which it is no heading for that case alone."""


@dataclass(frozen=True)
class Case:
    """Two indices that are equal, or unequal."""

    equal: bool
    one: Symbol
    other: Symbol

    def __str__(self) -> str:
        return f"{self.one} {'=' if self.equal else '≠'} {self.other}"

    def restricts(self, sides: Iterable[Expression]) -> bool:
        """Whether both indices are free in a formula."""
        free: set[Symbol] = set().union(*map(free_indices, sides))
        return self.one != self.other and {self.one, self.other} <= free

    def sides(self, left: Expression, right: Expression) -> tuple[Expression, Expression]:
        """The sides where the case holds; elsewhere both are 0."""
        if self.equal:
            to = {self.other: polynomial(self.one)}
            return substitute(left, to), substitute(right, to)
        here = 1 - Bracket((polynomial(self.one) - polynomial(self.other),))
        return here * left, here * right


def cases_in(reading: Reading) -> list[Line]:
    """The lines of a document that are i = j or i ≠ j."""
    return [line for line in reading.lines if _names(line)]


def stated(reading: Reading, line: Line, meaning: Meaning, cases: Sequence[Line]) -> Case | None:
    """The case that stands beside a formula: in its display, right behind it, in the clause that leads to it, or as
    the only one in a heading over it.
    """
    there = next(_behind(reading, line, cases), None) or next(_before(reading, line, cases), None) or (
        _above(reading, line, cases))
    return None if there is None else _read(there, meaning)


def near(reading: Reading, line: Line, meaning: Meaning, cases: Sequence[Line]) -> Iterator[Case]:
    """The cases that a formula may be about: those in the text before it, back to the last heading."""
    start = max(line.span.start - NEAR, reading.text.rfind("\n#", 0, line.span.start))
    for other in cases:
        if any(o.span is other.span and o.end <= other.start and o.first and not _names(o) for o in reading.lines):
            continue  # the case of the formula that it stands behind
        if start <= other.start < line.start and (case := _read(other, meaning)) is not None:
            yield case


def _names(line: Line) -> tuple[str, str] | None:
    """The two indices of i = j or i ≠ j."""
    if line.relation not in ("=", "≠"):
        return None
    one, other = (index_text(unwrapped(side)) for side in (line.left, line.right))
    return (one, other) if one and other and one != other else None


def _read(line: Line, meaning: Meaning) -> Case | None:
    names = _names(line)
    assert names is not None
    try:
        one, other = map(meaning.symbol, names)
    except SymcnnError:
        return None
    return Case(line.relation == "=", one, other)


def _behind(reading: Reading, line: Line, cases: Iterable[Line]) -> Iterator[Line]:
    others = [o for o in reading.lines if o.span is line.span and o.start >= line.end and o.first and not _names(o)]
    end = min((o.start for o in others), default=line.span.end)
    for case in cases:
        if case.span is line.span and line.end <= case.start < end:
            yield case
    if not others:
        for case in cases:
            if case.span.start >= line.span.end and BEHIND.fullmatch(reading.text, line.span.end, case.span.start):
                yield case


def _before(reading: Reading, line: Line, cases: Iterable[Line]) -> Iterator[Line]:
    if any(o.span is line.span and o.end <= line.start and o.first and not _names(o) for o in reading.lines):
        return
    text = reading.text
    for case in cases:
        leads = case.span.end <= line.span.start and LEADS.fullmatch(text[case.span.end:line.span.start]) and (
            BEGINS.search(text[max(0, case.span.start - 80):case.span.start]) or _heads(text, case, line, cases))
        if leads or (case.span is line.span and case.end <= line.start):
            yield case


def _above(reading: Reading, line: Line, cases: Iterable[Line]) -> Line | None:
    """The case in the nearest heading over a line that has one: "## Off the diagonal (i ≠ j)"."""
    for heading in headings_over(reading.text, line.start):
        if here := [case for case in cases if heading.start <= case.start < heading.end]:
            alone = len(here) == 1 and OPEN_CASE.search(reading.text[heading.start:here[0].span.start]) is None
            return here[0] if alone and line.start >= heading.end else None
    return None


def _heads(text: str, case: Line, line: Line, cases: Iterable[Line]) -> bool:
    """Whether a case ends a line of text that leads to the formula, as the only case in it."""
    begin = text.rfind("\n", 0, case.span.start) + 1
    return HEADS.fullmatch(text[case.span.end:line.span.start]) is not None and (
        OPEN_CASE.search(text[begin:case.span.start]) is None) and (
        not any(begin <= other.start < line.start and other is not case for other in cases))


def gap_between(there: Iterable[Expression], definitions: Iterable[Definition]) -> str:
    """Numbers between which no case holds, z = 2/3 beside z ≥ 1 and z < 0; empty where single ones are left out.

    Each of `there` is 1 where one of several cases holds, and 0 elsewhere.
    """
    known = tuple(definitions)
    for covered in there:
        if any(isinstance(n, Apply) and n.function in ("step", "sign") for n in walk(covered)):
            found, _ = trials(Claim(covered, expression(1), known), TRIALS, off_ties=True)
            if found is not None and found.left == "0" and found.entries:
                return ", ".join(f"{name} = {value}" for name, value in found.entries.items())
    return ""
