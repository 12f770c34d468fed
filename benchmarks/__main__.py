"""Ratios measured side by side: medians, with the peers' versions and the limits that the project sets itself."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from . import machine
from .row import Row

SECTIONS = ("engine", "layers", "unrolled", "identities", "proofs", "documents", "commands", "growth", "counts")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats, one thread, no counts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables as Markdown")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write ratios and growth curves as SVG")
    parser.add_argument("--section", action="append", choices=SECTIONS, help="only this section (may be repeated)")
    parser.add_argument("--rows-of-engine", nargs=2, metavar=("DTYPE", "THREADS"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    for path in filter(None, (chosen.json, chosen.markdown, chosen.plot)):
        try:
            path.open("a").close()  # before anything is measured, which takes minutes
        except OSError as error:
            parser.error(f"{path} cannot be written: {error.strerror}")
    if chosen.plot and not machine.installed("matplotlib"):
        parser.error("--plot needs matplotlib, which the extra bench installs")
    machine.with_settings()
    repeats = 5 if chosen.quick else 21
    if chosen.rows_of_engine:
        return _engine_rows(chosen.rows_of_engine[0], int(chosen.rows_of_engine[1]), repeats)
    sections = chosen.section or [s for s in SECTIONS if not (chosen.quick and s == "counts")]
    remarks = [*machine.described(), *machine.peaks(), f"medians of {repeats} interleaved measurements"]
    print("\n".join(remarks), flush=True)
    rows, curves = _measured(sections, chosen.quick, repeats, remarks)
    from . import report

    print()
    print(report.markdown(rows, remarks))
    if chosen.json:
        report.write_json(chosen.json, rows)
    if chosen.markdown:
        picture = chosen.plot.name if chosen.plot else ""
        chosen.markdown.write_text(report.markdown(rows, remarks, picture), encoding="utf-8")
    if chosen.plot:
        report.plot(chosen.plot, rows, curves)
    missed = [row for row in rows if row.kept is False]
    print(f"{sum(row.kept is not None for row in rows) - len(missed)} limits kept, {len(missed)} missed")
    return 0


def _measured(sections: Sequence[str], quick: bool, repeats: int, remarks: list[str]) -> tuple[list[Row], list]:
    from . import commands, engine, growth, layers, symbolic, unrolled

    rows: list[Row] = []
    curves: list[growth.Curve] = []

    def add(made: Iterable[Row]) -> None:
        for row in made:
            rows.append(row)
            beside = "" if row.ratio is None else f"  ratio {row.ratio:.2f}"
            print(f"{row.section}: {row.case} {row.pass_} {row.dtype} {row.ours:.3g}{beside}", flush=True)

    def torch_rows() -> Iterable[Row]:
        for threads in (1,) if quick else (1, 2):
            for dtype in ("float64", "float32"):
                yield from _in_a_process(dtype, threads, quick)
        yield from engine.means(rows)

    parts: dict[str, list[tuple[str | None, Callable[[], Iterable[Row]]]]] = {
        "engine": [("torch", torch_rows), ("torch", engine.accuracy), ("scipy", lambda: engine.against_scipy(repeats)),
                   (None, engine.memory), (None, lambda: engine.integers(repeats))],
        "layers": [("torch", lambda: layers.rows(repeats))],
        "unrolled": [(None, lambda: unrolled.rows(quick))],
        "identities": [(None, lambda: symbolic.identities(repeats))],
        "proofs": [(None, lambda: symbolic.proofs(repeats))],
        "documents": [(None, lambda: symbolic.documents(repeats))],
        "commands": [(None, lambda: commands.cold(repeats))],
    }
    for section in sections:
        for needed, made in parts.get(section, []):
            if needed is None or machine.installed(needed):
                add(made())
            else:
                remarks.append(f"{needed} is not installed: its figures are left out")
                print(remarks[-1], flush=True)
    if "growth" in sections and machine.installed("torch"):
        for curve in growth.curves(repeats):
            curves.append(curve)
            add(curve.rows())
    if "counts" in sections:
        remarks += symbolic.counts(500, 2000)
        print("\n".join(remarks[-4:]), flush=True)
    return rows, curves


def _in_a_process(dtype: str, threads: int, quick: bool) -> list[Row]:
    """The engine's rows, measured in a process that may use as many processors as there are threads."""
    available = machine.processors()
    command = [sys.executable, "-m", "benchmarks", "--rows-of-engine", dtype, str(threads)]
    done = subprocess.run(command + ["--quick"] * quick, check=True, stdout=subprocess.PIPE, text=True,
                          preexec_fn=lambda: machine.use(available[:threads]))
    return [Row.read(data) for data in json.loads(done.stdout)]


def _engine_rows(dtype: str, threads: int, repeats: int) -> int:
    from . import engine

    rows = [*engine.against_torch(dtype, threads, repeats)]
    if threads == 1 and machine.installed("jax"):
        rows += engine.against_jax(dtype, repeats)
    print(json.dumps([{**row.data(), "spread": row.spread} for row in rows]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
