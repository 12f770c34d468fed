"""Every claim of a document with its verdict."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from symcnn.document.changes import changes
from symcnn.document.claims.claims import Line, read_document
from symcnn.document.deciding.decide import Decider
from symcnn.document.facts.known import Decision, internal
from symcnn.document.facts.questions import remembered
from symcnn.document.facts.sections import scopes
from symcnn.document.layer_tables import layer_tables
from symcnn.document.numbers_only import with_matrices
from symcnn.document.own_part import in_own_parts
from symcnn.document.reading.spans import Span
from symcnn.document.reading.tokens import ReadError
from symcnn.document.turned import unturned
from symcnn.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class Finding(Decision):
    """What was found out about one line.

    `reason` is one sentence or more for a person; `repair` is LaTeX of the nearest right statement.
    """

    line: Line


@dataclass
class Report:
    """A checked document: its text, its findings in order, its spans, what could not be read, how names were read."""

    path: str
    text: str
    findings: list[Finding] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    unread: list[tuple[Span, ReadError]] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)
    seconds: float = 0.0


@remembered()
def check(text: str, path: str = "", givens: Sequence[str] = (), seconds: float = math.inf) -> Report:
    """Read a document and decide every line of it; `givens` are the texts of problem statements.

    Lines that are reached only after so many seconds of processor time are left undecided.
    """
    began, worked = time.perf_counter(), time.process_time()
    reading = read_document(text, path.endswith(".tex"))
    report = Report(path, text, spans=[s for s, _ in reading.spans],
                    unread=[(s, t) for s, t in reading.spans if isinstance(t, ReadError)])
    given = [read_document(g) for g in givens]
    parts = scopes(reading)
    before = parts[:1] if len(parts) > 1 else []
    for part in parts:
        try:
            decider = Decider(part, [*given, *(b for b in before if b is not part)])
            decider.until = worked + seconds
            decisions = in_own_parts(decider, with_matrices(decider, decider.run()))
            said = list(changes(part))
            places = {line.start for line, _ in said}
            decided = [(line, decision) for line, decision in zip(part.lines, decisions, strict=True)
                       if line.relation != "→" or line.start not in places]
            open_end = Decision(Verdict.UNDECIDED, "what this goes on from is not said")
            decided += [*decider.shown(part), *said, *unturned(part), *((line, open_end) for line in part.loose)]
            report.readings += [r for r in decider.readings if r not in report.readings]
        except MemoryError:
            raise
        except Exception as error:  # where the tool fails on the whole, none of its lines is skipped in silence
            decided = [(line, internal(error)) for line in part.lines]
        report.findings += [Finding(line=line, **vars(decision))
                            for line, decision in sorted(decided, key=lambda found: found[0].start)]
    for line, decision in layer_tables(reading):
        report.findings.append(Finding(line=line, **vars(decision)))
        if line.span not in report.spans:
            report.spans.append(line.span)
    report.findings.sort(key=lambda found: found.line.start)
    report.spans.sort(key=lambda span: span.start)
    report.seconds = time.perf_counter() - began
    return report
