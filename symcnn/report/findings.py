"""A checked document as plain data: what every report of it shows, and what a worker hands back."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symcnn.words import INTERNAL, Verdict

if TYPE_CHECKING:
    from symcnn.document.check import Finding, Report
    from symcnn.document.claims.claims import Line
    from symcnn.document.reading.spans import Span
    from symcnn.document.reading.tokens import ReadError

VERDICTS = tuple(str(v) for v in Verdict)
FLAGGED = frozenset(("refuted", "conditional"))
OPEN = frozenset(("undecided", "unread"))


@dataclass(frozen=True)
class Claim:
    """One claim and what was found out about it; `part` is where its right side (or the fault) starts.

    Offsets count from 0, lines and columns from 1. An unread formula has no sides.
    """

    start: int
    end: int
    line: int
    column: int
    source: str
    left: str
    relation: str
    right: str
    verdict: str
    scope: str = ""
    assumptions: tuple[str, ...] = ()
    reason: str = ""
    counterexample: dict[str, Any] | None = None
    repair: str | None = None
    procedures: tuple[str, ...] = ()
    ms: float = 0.0
    part: int = 0

    def as_json(self) -> dict[str, Any]:
        """The fields of a claim in JSON reports."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "part"}
        return found | {"assumptions": list(self.assumptions), "procedures": list(self.procedures)}


@dataclass(frozen=True)
class Checked:
    """A document and its claims in order; `fault` says why it could not be checked as a whole."""

    file: str
    text: str
    seconds: float
    spans: int
    read: int
    claims: tuple[Claim, ...]
    readings: tuple[str, ...] = ()
    fault: str = ""
    html: str = ""

    def as_json(self) -> dict[str, Any]:
        """{"file", "seconds", "spans": {"total", "read"}, "claims": […]}."""
        return {"file": self.file, "seconds": round(self.seconds, 4),
                "spans": {"total": self.spans, "read": self.read}, "claims": [c.as_json() for c in self.claims]}

    @property
    def faults(self) -> int:
        """How many lines are undecided because the tool itself failed on them."""
        return sum(c.reason.startswith(INTERNAL) for c in self.claims)

    @property
    def counts(self) -> Counter[str]:
        return Counter(c.verdict for c in self.claims)


def checked(report: Report) -> Checked:
    """The plain data of a report; what could not be read stands among the claims, in the order of the text."""
    claims = tuple(claim for claim, _, _ in claims_of(report))
    return Checked(report.path, report.text, report.seconds, len(report.spans), len(report.spans) - len(report.unread),
                   claims, tuple(report.readings))


def claims_of(report: Report) -> list[tuple[Claim, Span, Line | None]]:
    """The claims in the order of the text, each with the formula it stands in and, if that was read, its line."""
    places = Places(report.text)
    claims: list[tuple[Claim, Span, Line | None]] = [
        (_claim(report.text, places, f), f.line.span, f.line) for f in report.findings]
    claims += [(_unread(report.text, places, span, error), span, None) for span, error in report.unread]
    return sorted(claims, key=lambda c: (c[0].start, c[0].end))


ARITY = re.compile(r"(?<=\w)__\d+(?![\w'])")


class Places:
    """Lines and columns, from 1, of offsets into a text."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(at + 1 for at, c in enumerate(text) if c == "\n")]

    def __call__(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


def _claim(text: str, places: Places, finding: Finding) -> Claim:
    line, found = finding.line, finding.counterexample
    at = places(line.start)
    shown = None if found is None else {
        "sizes": found.sizes | found.indices, "entries": {
            **{_plain(name): v if isinstance(v, int) else str(v) for name, v in found.entries.items()},
            **{_plain(name): 0 for name in found.zeros}},
        "left": found.left, "right": found.right}
    part = line.right.start if line.start <= line.right.start < line.end else line.start
    return Claim(line.start, line.end, *at, text[line.start:line.end], str(line.left).strip(), line.relation,
                 str(line.right).strip(), str(finding.verdict), finding.scope, tuple(map(_plain, finding.assumptions)),
                 _plain(finding.reason), shown, finding.repair, tuple(finding.procedures),
                 round(finding.milliseconds, 3), part)


def _plain(words: str) -> str:
    """A person tells X[i, j] and X[i] apart by their indices, and needs no number behind the name for that."""
    return ARITY.sub("", words)


def _unread(text: str, places: Places, span: Span, error: ReadError) -> Claim:
    line, column = places(error.position)
    return Claim(span.start, span.end, *places(span.start), text[span.start:span.end], "", "", "", "unread",
                 reason=f"line {line}, column {column}: {error.reason}", part=error.position)


def as_json(documents: Sequence[Checked]) -> str:
    """{"files": […]}."""
    return json.dumps({"files": [d.as_json() for d in documents]}, indent=1, ensure_ascii=False)
