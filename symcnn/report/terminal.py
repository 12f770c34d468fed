"""The table at the end of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO

from symcnn.derivation import Derivation
from symcnn.latex.readback import ReadBack

STYLES = {"proved": "green", "refuted": "bold red", "conditional": "yellow", "undecided": "yellow",
          "tested": "yellow"}


def _against(d: Derivation) -> str:
    """The witnesses of a derivation's formulas, how many cases they saw, and the largest error."""
    if not d.validations:
        return "—"
    names = list(dict.fromkeys(name for v in d.validations for name in v.against))
    worst = max(v.max_error for v in d.validations)
    error = f"error ≤ {worst:.0e}" if worst else "no error"
    return f"{', '.join(names)}: {sum(v.cases for v in d.validations)} cases, {error}"


def print_table(made: Sequence[Derivation], reads: Mapping[str, ReadBack], stream: TextIO) -> None:
    """Name, what was shown, verdict, scope, validation and time of every derivation, on one stream."""
    from rich.console import Console
    from rich.table import Table

    console = Console(file=stream, width=None if stream.isatty() else 118)
    table = Table(show_lines=True)
    for title in ("derivation", "what was shown", "verdict", "scope", "validated against", "time"):
        table.add_column(title, justify="right" if title == "time" else "left", overflow="fold")
    for d in made:
        against = _against(d)
        verdict = str(d.verdict)
        refuted = sum(s.answer is not None and s.expected for s in d.steps)
        shown = d.shows + (f" ({refuted} careless statement{'s' * (refuted > 1)} refuted)" if refuted else "")
        name = f"{d.label}: {d.name}" if d.sheet else d.name
        table.add_row(name, shown, f"[{STYLES.get(verdict, 'white')}]{verdict}[/]", d.scope_text, against,
                      f"{d.seconds:.2f} s")
    console.print(table)
    if len(made) == 1:
        for text in made[0].printed:
            console.print(text, markup=False, highlight=False, soft_wrap=True)
    for name, read in reads.items():
        if read.available:
            console.print(f"{name}: of {read.formulas} scalar formulas {read.covered} were read back, "
                          f"{read.agreed} agree", markup=False)
    unread = next((r.reason for r in reads.values() if not r.available and r.formulas), "")
    if unread:
        console.print(f"printed formulas were not read back: {unread}", markup=False)
