"""A checked document on the terminal: its own lines, a mark in the margin, the reason under a flagged line."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

import click

from symcnn.report.findings import FLAGGED, OPEN, VERDICTS, Checked, Claim, Places

MARKS = {"defined": "≔", "proved": "✓", "rounded": "≈", "tested": "~", "undecided": "?", "unread": "∅",
         "conditional": "!", "refuted": "✗"}
"""From the best to the worst; a line with several claims shows the worst of them."""
COLOURS = {"proved": "green", "rounded": "green", "tested": "cyan", "undecided": "yellow", "unread": "yellow",
           "conditional": "magenta", "refuted": "red"}
MARGIN = 9


def show(document: Checked, stream: TextIO, width: int = 118, *, summary: bool = True) -> None:
    """Write the lines that claim something, with what was found out about them, and a summary."""
    def say(text: str = "", colour: str | None = None) -> None:
        click.echo(click.style(text, fg=colour) if colour else text, file=stream)

    click.echo(click.style(document.file, bold=True), file=stream)
    lines = document.text.split("\n")
    places = Places(document.text)
    marked: dict[int, list[Claim]] = {}
    covered: set[int] = set()
    for claim in document.claims:
        marked.setdefault(places(claim.part)[0], []).append(claim)
        covered.update(range(claim.line, places(max(claim.start, claim.end - 1))[0] + 1))
    room = max(40, width - MARGIN)
    for number in sorted(covered | set(marked)):
        claims = sorted(marked.get(number, []), key=lambda c: list(MARKS).index(c.verdict))
        worst = claims[-1].verdict if claims else ""
        line = lines[number - 1]
        for part in _pieces(line, claims, room):
            shown, shift = _window(line, places(part.part)[1] - 1 if part else 0, room)
            say(f"{number:6} {MARKS.get(worst, ' ')} {shown.expandtabs(1)}",
                COLOURS[worst] if worst in FLAGGED else None)
            for claim in claims if len(line) <= room else [part] if part else []:
                for text in _below(claim, places(claim.part)[1] - 1 - shift, shown):
                    say(" " * MARGIN + text, COLOURS.get(claim.verdict))
    for text in document.readings:
        say(f"  read as: {text}")
    if document.fault:
        say(f"  {document.fault}", "red")
    if summary:
        say(f"  {_summary(document.spans, document.read, document.counts)}")
        say()


def total(documents: Sequence[Checked]) -> str:
    """The summary of several documents."""
    counts = sum((d.counts for d in documents), Counter[str]())
    return f"{len(documents)} documents: " + _summary(sum(d.spans for d in documents), sum(d.read for d in documents),
                                                      counts)


def _summary(spans: int, read: int, counts: Mapping[str, int]) -> str:
    found = ", ".join(f"{counts[v]} {v}" for v in VERDICTS if counts.get(v) and v != "unread")
    return f"{read} of {spans} formulas read; {found or 'no claims'}"


def _pieces(line: str, claims: Sequence[Claim], room: int) -> Sequence[Claim | None]:
    """What a line is shown for: once as a whole, or, when it is too long, once for every claim to be explained."""
    if len(line) <= room:
        return [None] if not claims else claims[-1:]
    return [c for c in sorted(claims, key=lambda c: c.part) if c.verdict in FLAGGED | OPEN or c.assumptions] or (
        claims[-1:] or [None])


def _window(line: str, column: int, room: int) -> tuple[str, int]:
    """The part of a long line around a column, and by how much the columns are shifted."""
    if len(line) <= room:
        return line.rstrip(), 0
    start = max(0, min(column - room // 3, len(line) - room + 2))
    shown = ("…" if start else "") + line[start:start + room - 2] + ("…" if start + room - 2 < len(line) else "")
    return shown, start - bool(start)


def _below(claim: Claim, column: int, shown: str) -> Iterator[str]:
    """The caret and the reasons under a line."""
    if claim.verdict in FLAGGED | OPEN:
        right = claim.end if claim.verdict == "unread" else max(claim.part + 1, claim.end)
        length = max(1, min(len(shown) - column, right - claim.part)) if claim.verdict != "unread" else 1
        yield " " * _cells(shown[:max(0, column)]) + "^" + "~" * (_cells(shown[column:column + length]) - 1)
        yield f"{claim.verdict}: {_flat(claim.reason)}" if claim.reason else claim.verdict
    elif claim.verdict in ("rounded", "tested") and claim.reason:
        yield f"{claim.verdict}: {_flat(claim.reason)}"
    if claim.counterexample is not None:
        yield f"counterexample: {counterexample(claim.counterexample)}"
    if claim.assumptions and claim.verdict not in OPEN:
        yield f"{'under' if claim.verdict in FLAGGED else 'assuming'} {'; '.join(claim.assumptions)}"
    if claim.repair:
        yield f"what holds: {_flat(claim.repair)}"


def counterexample(found: Mapping[str, Any]) -> str:
    """Sizes, entries, and the two values, in one line."""
    sizes = ", ".join(f"{n} = {v}" for n, v in found["sizes"].items())
    entries = ", ".join(f"{n} = {v}" for n, v in found["entries"].items())
    return f"{'; '.join(t for t in (sizes, entries) if t)}{': ' if sizes or entries else ''}" \
           f"left {found['left']}, right {found['right']}"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _cells(text: str) -> int:
    """The columns of a terminal that a text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
