"""The command `check`: files in, one process each, reports out, and what the exit status says."""

from __future__ import annotations

import math
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TextIO

from symcnn.document.reading.files import document_text, givens_for
from symcnn.document.workers import LIMITS, Limits, run_each
from symcnn.errors import UsageError
from symcnn.files import replace_file
from symcnn.report.findings import FLAGGED, OPEN, Checked, as_json, checked
from symcnn.words import INTERNAL, Verdict

DECIDING = 0.7
"""The part of a document's time of work that is for deciding its lines: those after it are reported as undecided."""
NOTHING_FLAGGED, FLAWED, WRONG_USE, NOT_ALL, FAULTY, INTERRUPTED = 0, 1, 2, 3, 4, 130


@dataclass(frozen=True)
class Task:
    """What a worker is to check."""

    file: str
    text: str
    givens: tuple[str, ...] = ()
    html: bool = False
    only_read: str = ""
    seconds: float = math.inf


def check_task(task: Task) -> Checked:
    """Check a document; with `only_read`, a reason, list its lines as undecided for that reason."""
    from symcnn.document.check import Finding, Report, check
    from symcnn.document.claims.claims import read_document
    from symcnn.document.reading.tokens import ReadError

    if task.only_read:
        reading = read_document(task.text, Path(task.file).suffix == ".tex")
        report = Report(task.file, task.text, spans=[s for s, _ in reading.spans],
                        unread=[(s, t) for s, t in reading.spans if isinstance(t, ReadError)])
        report.findings = [Finding(Verdict.UNDECIDED, task.only_read, line=line) for line in reading.lines]
    else:
        report = check(task.text, task.file, task.givens, task.seconds)
    done = checked(report)
    if not task.html:
        return done
    from symcnn.report.findings_html import section

    return replace(done, html=section(done, report))


def check_files(files: Sequence[str], given: Sequence[Path] = (), *, jobs: int = 1, html: bool = False,
                limits: Limits = LIMITS) -> Iterator[tuple[int, Checked]]:
    """Every file's place and its checked document, as they are done; UsageError for a given that cannot be read.

    A file that is no text has a fault and no text. Where the time or the memory of a document ran out, its lines
    are listed as undecided, or else its whole text as unread.
    """
    for path in given:
        if not path.exists():
            raise UsageError(f"--given {path} does not exist")
        if not path.is_dir():
            document_text(path)
    tasks: list[tuple[int, Task]] = []
    for place, file in enumerate(files):
        try:
            text, givens = document_text(Path(file)), givens_for(Path(file), given)
        except UsageError as error:
            yield place, Checked(file, "", 0.0, 0, 0, (), fault=str(error))
            continue
        tasks.append((place, Task(file, text, tuple(givens), html, seconds=DECIDING * limits.seconds)))
    if tasks:
        import_module("symcnn.document.check")  # once, before the processes are forked
    for at, outcome in run_each(check_task, [t for _, t in tasks], jobs, limits):
        place, task = tasks[at]
        yield place, outcome.value if outcome.value is not None else _listed(task, outcome.fault, limits)


def _listed(task: Task, fault: str, limits: Limits) -> Checked:
    """The lines of a document whose check did not end, all of them undecided."""
    said = f"{task.file} could not be checked: {fault}"
    again = Task(task.file, task.text, html=task.html, only_read=fault)
    for _, outcome in run_each(check_task, [again], 1, Limits(min(20.0, limits.seconds), limits.megabytes)):
        if outcome.value is not None:
            return replace(outcome.value, fault=said)
    return Checked(task.file, task.text, 0.0, 0, 0, (), fault=said)


def run(files: Sequence[str], given: Sequence[Path], form: str, output: Path | None, jobs: int | None,
        strict: bool) -> int:
    """Check files and write their reports in the order of the files; the exit status.

    An interrupted run writes the reports of what is done.
    """
    if output is not None and (output.is_dir() or not output.absolute().parent.is_dir()):
        raise UsageError(f"-o {output}: name a file in a folder that exists")
    for path in (*map(Path, files), *given):
        if output is not None and output.exists() and path.exists() and output.samefile(path):
            raise UsageError(f"-o {output} is one of the files that are read; name another one for the report")
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs is {jobs}; at least 1")
    width = min(shutil.get_terminal_size((118, 24)).columns, 160) if sys.stdout.isatty() else 118
    done: dict[int, Checked] = {}
    written = 0
    interrupted = False
    before = signal.signal(signal.SIGTERM, _interrupt)
    bar = Bar(len(files), sys.stderr)
    found = check_files(files, given, jobs=jobs or os.cpu_count() or 1, html=form == "html")
    try:
        bar.show(0)
        for place, document in found:
            done[place] = document
            bar.clear()
            _say(document)
            while form == "text" and output is None and written in done:
                _print(done[written], width)
                written += 1
            bar.show(len(done))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        bar.clear()
        found.close()  # type: ignore[attr-defined]
        signal.signal(signal.SIGTERM, before)
    documents = [done[place] for place in sorted(done)]
    if form == "text" and output is None:
        for place in sorted(done):
            if place >= written:
                _print(done[place], width)
        _print_total(documents)
    else:
        _write(_rendered([d for d in documents if d.text or not d.fault], form, width), output)
    if interrupted:
        print(f"symcnn: interrupted; {len(done)} of {len(files)} documents are reported", file=sys.stderr)
        return INTERRUPTED
    return status(documents, strict)


def status(documents: Sequence[Checked], strict: bool) -> int:
    """The exit status: 2 for a file that is no text, 1 for a flagged line, 4 where the tool itself failed on a line,
    3 for an open line when that counts."""
    verdicts = {v for d in documents for v in d.counts}
    if any(d.fault and not d.text for d in documents):
        return WRONG_USE
    if verdicts & FLAGGED:
        return FLAWED
    if any(d.faults for d in documents):
        return FAULTY
    return NOT_ALL if strict and (verdicts & OPEN or any(d.fault for d in documents)) else NOTHING_FLAGGED


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(document: Checked) -> None:
    """One line on standard error for a document of which there is little to report."""
    if document.fault:
        print(f"symcnn: {document.fault}", file=sys.stderr)
    elif document.faults:
        print(f"symcnn: {document.file}: on {document.faults} of its lines the tool itself failed (\"{INTERNAL}\"); "
              "please report it", file=sys.stderr)
    elif not document.text.strip():
        print(f"symcnn: {document.file} is empty", file=sys.stderr)
    elif not document.spans:
        print(f"symcnn: no mathematics was found in {document.file}", file=sys.stderr)


def _print(document: Checked, width: int) -> None:
    if document.text or not document.fault:
        from symcnn.report.findings_terminal import show

        show(document, sys.stdout, width)


def _print_total(documents: Sequence[Checked]) -> None:
    from symcnn.report.findings_terminal import total

    if len(documents) > 1:
        print(total(documents))


def _rendered(documents: Sequence[Checked], form: str, width: int) -> str:
    if form == "json":
        return as_json(documents)
    if form == "html":
        from symcnn.report.findings_html import page

        return page(documents)
    from io import StringIO

    from symcnn.report.findings_terminal import show, total

    text = StringIO()
    for document in documents:
        show(document, text, width)
    return text.getvalue() + total(documents) if len(documents) > 1 else text.getvalue().rstrip("\n")


def _write(content: str, output: Path | None) -> None:
    """A file appears whole or not at all."""
    if output is None:
        print(content)
        return
    try:
        replace_file(output, content + "\n")
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}") from None


class Bar:
    """A progress bar of one line that is written over, on a terminal only."""

    WIDE = 30

    def __init__(self, total: int, stream: TextIO) -> None:
        self.total, self.stream, self.on = total, stream, stream.isatty()

    def show(self, done: int) -> None:
        if self.on:
            filled = self.WIDE * done // max(1, self.total)
            self.stream.write(f"\r\x1b[K[{'#' * filled}{'.' * (self.WIDE - filled)}] {done}/{self.total} documents")
            self.stream.flush()

    def clear(self) -> None:
        if self.on:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
