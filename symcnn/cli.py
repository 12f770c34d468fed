"""The command line: derive, verify, list."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from symcnn import __version__
from symcnn.errors import SymcnnError, UsageError, WitnessError

if TYPE_CHECKING:
    from symcnn.derivation import Derivation
    from symcnn.latex.readback import ReadBack
    from symcnn.sources import Source

ALL_SHOWN, REFUTED, WRONG_USE, NOT_ALL = 0, 1, 2, 3
FORMATS = ("tex", "md", "json")
EXTENSIONS = {"tex": ".tex", "md": ".md", "json": ".json"}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="symcnn")
def commands() -> None:
    """Derive, prove and check the mathematics of convolutional networks."""


@commands.command("list")
@click.argument("names", nargs=-1)
def list_command(names: tuple[str, ...]) -> None:
    """List the derivations, or those of a folder."""
    from symcnn.sources import find, own

    for source in find(names) if names else own().values():
        click.echo(f"{source.name:24} {source.summary}")


def _settings(values: tuple[str, ...]) -> dict[str, str]:
    settings = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals or not key:
            raise UsageError(f"--set takes name=value, not {value!r}")
        settings[key.strip()] = text.strip()
    return settings


@commands.command()
@click.argument("names", nargs=-1, metavar="[NAMES|PATHS]...")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter of the derivation.")
@click.option("--sheet", "sheet_names", multiple=True, metavar="NAME", help="A solution sheet by name, or all.")
@click.option("--to", "formats", multiple=True, type=click.Choice(FORMATS), help="What to write.")
@click.option("-o", "output", type=click.Path(path_type=Path), help="Folder to write into.")
@click.option("--readback-python", metavar="PYTHON", help="A Python that has latex2sympy2, for reading back.")
def derive(names: tuple[str, ...], settings: tuple[str, ...], sheet_names: tuple[str, ...], formats: tuple[str, ...],
           output: Path | None, readback_python: str | None) -> None:
    """Derive, prove and validate; print a table, or write LaTeX, Markdown or JSON.

    Without names the main results are derived. A path is a file or a folder of derivations of your own.
    A sheet is a problem set, written as one document.
    """
    import shutil

    from symcnn.sheet import run_sheet, sheets
    from symcnn.sources import find

    if sheet_names and (names or settings):
        raise UsageError("--sheet stands alone: a sheet names its derivations and their parameters")
    asked = sheets(sheet_names)
    found = [] if asked else find(names)
    if readback_python is not None and shutil.which(readback_python) is None:
        raise UsageError(f"--readback-python: {readback_python} is no program that can be run")
    chosen = formats or (("tex",) if output is not None else ())
    if output is not None:
        _check_folder(output)
    titles = {s.name: s.title for s in asked}
    made = [d for s in asked for d in run_sheet(s, _progress)]
    _progress("")
    made += _run(found, _settings(settings), lambda d: None)
    reads: dict[str, ReadBack] = {}
    if chosen:
        from symcnn.report.documents import check_files, tex

        reads = dict(zip((d.label for d in made), check_files([(tex([d]), d) for d in made], readback_python),
                         strict=True))
    if readback_python is not None:
        for reason in {r.reason for r in reads.values() if r.formulas and not r.available}:
            click.echo(f"printed formulas were not read back: {reason}", err=True)
    if output is not None:
        _write(output, chosen, made, reads, titles)
    elif chosen:
        click.echo("\n".join(_document(f, made, reads, titles) for f in chosen))
    if output is not None or not chosen:
        _table(made, reads, sys.stdout if chosen != ("json",) or output else sys.stderr)
    _leave(made, reads)


@commands.command()
@click.argument("names", nargs=-1, metavar="[NAMES|PATHS]...")
@click.option("--cases", default=1000, show_default=True, help="Random cases for each numeric validation.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter of the derivation.")
def verify(names: tuple[str, ...], cases: int, settings: tuple[str, ...]) -> None:
    """Derive, then check again: replay every proof by other means than made it, validate more cases."""
    from symcnn.sources import find

    if cases < 1:
        raise UsageError(f"--cases is {cases}; at least 1")
    found, chosen = find(names), _settings(settings)
    from symcnn.recheck import Replay, replay

    done = Replay()

    def again(d: Derivation) -> None:
        nonlocal done
        seen: set[int] = set()
        for theorem in d.theorems:
            done = done + replay(theorem, seen=seen)

    made = _run(found, chosen, again, cases)
    _table(made, {}, sys.stdout)
    click.echo(f"checked again by other means: {done.theorems} theorems, {done.solver_checks} comparisons of sets "
               f"by a solver that did not make the proof, {done.places} places by exact enumeration")
    _leave(made, {})


@commands.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--given", multiple=True, type=click.Path(path_type=Path), metavar="PATH",
              help="A problem statement for all documents, or a folder in which STEM.given.md belongs to STEM.*.")
@click.option("--format", "form", type=click.Choice(("text", "html", "json")), default="text", show_default=True,
              help="What to write.")
@click.option("-o", "output", type=click.Path(path_type=Path), help="File to write into.")
@click.option("--jobs", type=int, metavar="N", help="Documents that are checked at once; as many as there are cores.")
@click.option("--strict", is_flag=True, help="Exit with 3 where nothing is flagged, but lines are undecided or unread.")
def check(files: tuple[str, ...], given: tuple[Path, ...], form: str, output: Path | None, jobs: int | None,
          strict: bool) -> None:
    """Check worked solutions in Markdown (.md, .txt), LaTeX (.tex) or notebooks (.ipynb): say of every line whether
    it holds.

    Exit status: 0 nothing flagged, 1 something refuted or conditional, 2 wrong use or a file that is no text,
    3 with --strict.
    """
    from symcnn.checking import run

    sys.exit(run(files, given, form, output, jobs, strict))


def _run(found: list[Source], settings: dict[str, str], check: Callable[[Derivation], None],
         cases: int | None = None) -> list[Derivation]:
    from symcnn.derivation import run

    made = []
    for position, source in enumerate(found, start=1):
        _progress(f"[{position}/{len(found)}] {source.name} …")
        made.append(run(source, settings, cases))
        check(made[-1])
    _progress("")
    return made


def _progress(text: str) -> None:
    """One line on standard error that is written over, on a terminal only."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def _document(kind: str, made: list[Derivation], reads: dict[str, ReadBack], titles: dict[str, str]) -> str:
    if kind == "json":
        from symcnn.report.data import as_json

        return as_json(made, reads)
    from symcnn.report import documents

    return documents.tex(made, titles) if kind == "tex" else documents.markdown(made, titles)


def _check_folder(output: Path) -> None:
    """Refuse a folder that cannot be written before any work is done; leave nothing behind."""
    if output.exists() and not output.is_dir():
        raise UsageError(f"{output} is a file; -o takes a folder")
    parent = output
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise UsageError(f"the folder {output} cannot be written")


def _write(output: Path, chosen: tuple[str, ...], made: list[Derivation], reads: dict[str, ReadBack],
           titles: dict[str, str]) -> None:
    """One file for each sheet, or for each derivation and one for all; each appears whole or not at all."""
    from symcnn.files import replace_file

    try:
        output.mkdir(parents=True, exist_ok=True)
        for kind in chosen:
            files = {name: [d for d in made if d.sheet == name] for name in titles}
            files |= {d.name: [d] for d in made if d.sheet is None}
            if len(made) > 1 and not titles:
                files["all"] = made
            for name, group in files.items():
                replace_file(output / f"{name}{EXTENSIONS[kind]}", _document(kind, group, reads, titles))
    except OSError as error:
        raise UsageError(f"the folder {output} cannot be written: {error.strerror}") from None


def _table(made: list[Derivation], reads: dict[str, ReadBack], stream: Any) -> None:
    from symcnn.report.terminal import print_table

    print_table(made, reads, stream)


def _leave(made: list[Derivation], reads: dict[str, ReadBack]) -> None:
    from symcnn.words import Verdict

    for name, read in reads.items():
        for text in read.disagreements:
            raise WitnessError(f"{name}: a printed formula does not say what was proved: {text}")
    verdicts = {d.verdict for d in made}
    if Verdict.REFUTED in verdicts:
        sys.exit(REFUTED)
    sys.exit(ALL_SHOWN if verdicts <= {Verdict.PROVED} else NOT_ALL)


def main() -> None:
    """Run the command line; a user's mistake is one clear message and exit status 2."""
    try:
        commands(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(WRONG_USE)
    except click.ClickException as error:
        click.echo(f"symcnn: {error.format_message()}", err=True)
        sys.exit(WRONG_USE)
    except UsageError as error:
        click.echo(f"symcnn: {error}", err=True)
        sys.exit(WRONG_USE)
    except WitnessError as error:
        click.echo(f"symcnn: internal disagreement: {error}", err=True)
        sys.exit(REFUTED)
    except SymcnnError as error:
        click.echo(f"symcnn: {error}", err=True)
        sys.exit(REFUTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(ALL_SHOWN)
