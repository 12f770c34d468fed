"""The figures as a Markdown table, JSON rows, and a plot with error bars."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from .growth import Curve
from .row import Row


LEFT_OUT = ("Depthwise convolution in float32 has no limit of its own: a compiled kernel keeps its nine products in "
            "registers, NumPy writes each to memory, and the engine stays pure NumPy.")


def markdown(rows: Sequence[Row], remarks: Sequence[str], picture: str = "") -> str:
    """A page: what was measured on, the plot if there is one, then a table for each section."""
    lines = ["# Performance", "", "Written by `python -m benchmarks`. Every ratio is our time ÷ the peer's, measured "
             "side by side in one run, interleaved; times are medians.", "",
             *[f"- {remark}" for remark in remarks], "", LEFT_OUT, "",
             *([f"![Ratios and growth]({picture})", ""] if picture else [])]
    for section, members in groupby(rows, key=lambda row: row.section):
        lines += [f"## {section}", "", "| case | pass | dtype | threads | ours | theirs | peer | ratio | limit |",
                  "|---|---|---|---|---|---|---|---|---|"]
        for row in members:
            peer = f"{row.peer or ''} {row.peer_version or ''}".strip()
            lines.append("| " + " | ".join([
                row.case, row.pass_, row.dtype, str(row.threads), _amount(row.ours, section),
                "" if row.theirs is None else _amount(row.theirs, section), peer,
                "" if row.ratio is None else f"{row.ratio:.2f}", _limit(row)]) + " |")
        lines.append("")
    return "\n".join(lines)


def _amount(number: float, section: str) -> str:
    if section == "means":
        return f"{number:.2f}"
    if "error" in section:
        return f"{number:.1e}"
    if "bytes" in section:
        return f"{number / 2**20:.1f} MiB"
    return f"{1000 * number:.3g} ms" if number < 1 else f"{number:.2f} s"


def _limit(row: Row) -> str:
    if row.limit is None:
        return ""
    shown = f"{row.limit:.2g}" if row.theirs is not None and not row.absolute else _amount(row.limit, row.section)
    return f"≤ {shown}: {'kept' if row.kept else '**missed**'}"


def write_json(path: Path, rows: Sequence[Row]) -> None:
    """One object for each row."""
    path.write_text(json.dumps([row.data() for row in rows], ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def plot(path: Path, rows: Sequence[Row], curves: Sequence[Curve]) -> None:
    """The engine's ratios to PyTorch, with quartiles as error bars, and the growth curves, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "symcnn"
    from matplotlib import pyplot

    engine = [r for r in rows if r.section == "engine" and r.peer == "torch" and r.threads == 1]
    figure, panels = pyplot.subplots(1, 1 + len(curves), figsize=(9 + 4 * len(curves), 9))
    bars, *others = [panels] if not curves else list(panels)
    _ratios(bars, engine)
    for panel, curve in zip(others, curves, strict=True):
        ours, theirs = curve.exponents
        panel.loglog(curve.sizes, curve.ours, "o-", label=f"symcnn, exponent {ours:.2f}")
        if theirs is not None:
            panel.loglog(curve.sizes, curve.theirs, "s--", label=f"{curve.peer}, exponent {theirs:.2f}")
        panel.set(title=curve.name, xlabel=curve.unit, ylabel="seconds")
        panel.legend()
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None})


def _ratios(panel: Any, rows: Sequence[Row]) -> None:
    """A row for each shape and pass, a mark for each dtype."""
    names = list(dict.fromkeys(f"{r.case}, {r.pass_}" for r in rows))
    for offset, dtype in ((-0.15, "float64"), (0.15, "float32")):
        mine = [r for r in rows if r.dtype == dtype and r.ratio is not None]
        heights = [names.index(f"{r.case}, {r.pass_}") + offset for r in mine]
        ratios = [r.ratio or 0.0 for r in mine]
        below = [max(0.0, x - (r.spread or (x, x))[0]) for x, r in zip(ratios, mine, strict=True)]
        above = [max(0.0, (r.spread or (x, x))[1] - x) for x, r in zip(ratios, mine, strict=True)]
        panel.errorbar(ratios, heights, xerr=[below, above], fmt="o", capsize=2, label=dtype)
    panel.axvline(1.0, color="grey", linewidth=1)
    panel.set(xscale="log", xlabel="time ÷ PyTorch's, one thread", yticks=range(len(names)))
    panel.set_yticklabels(names, fontsize=7)
    panel.invert_yaxis()
    panel.legend()
