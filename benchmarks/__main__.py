"""Prints how long things take on this machine: medians, with the limits that the project sets itself."""

from __future__ import annotations

import argparse
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy


@dataclass(frozen=True)
class Row:
    """One figure: what was measured, the median in seconds, and the limit it is held against."""

    section: str
    case: str
    seconds: float
    limit: float | None = None
    remark: str = ""


def median(work: Callable[[], object], repeats: int) -> float:
    """The median time of a call, after one that is not counted."""
    work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def command(*arguments: str, repeats: int) -> float:
    """The median time of a whole process."""
    return median(lambda: subprocess.run([sys.executable, *arguments], capture_output=True, check=True), repeats)


def proofs(repeats: int) -> list[Row]:
    """Proofs for all sizes, warm: the adjoint of the convolution with symbolic stride, padding, dilation."""
    from symcnn import convolution, gradient, padded_output_gradient, prove
    from symcnn.layers.convolution import INPUTS, numbered

    rows = []
    for dims in (1, 2, 3):
        conv = convolution(dims)
        place, taps = INPUTS[:dims], numbered("k", dims)
        dx = gradient(conv, "X", ["l", "n", *place])
        inserted = padded_output_gradient(conv, dims)
        k, d, p = (numbered(stem, dims) for stem in "Kdp")
        reads = ", ".join(f"{place[a]} + {d[a]}*{taps[a]} - {d[a]}*({k[a]}-1) + {p[a]}" for a in range(dims))
        flipped = ", ".join(f"{k[a]}-1-{taps[a]}" for a in range(dims))
        bounds = ", ".join(f"{taps[a]}=0..{k[a]}-1" for a in range(dims))
        closed = inserted.equation(f"∂J/∂X[l, n, {', '.join(place)}] = "
                                   f"sum(m, {bounds}) D[l, m, {reads}] W[m, n, {flipped}]").right
        seconds = median(lambda c=closed, e=dx, i=inserted: prove(e.expression, c, i.definitions), repeats)
        rows.append(Row("proofs", f"adjoint = convolution with the flipped kernel, {dims}-D, symbolic s, p, d",
                        seconds, 0.010 if dims == 2 else None))
    return rows


def commands(repeats: int) -> list[Row]:
    """Whole processes, cold."""
    return [
        Row("commands", "python -m symcnn --help", command("-m", "symcnn", "--help", repeats=repeats), 0.15),
        Row("commands", "python -m symcnn derive", command("-m", "symcnn", "derive", repeats=repeats // 3), 5.0),
        Row("commands", "python -c 'import sympy', for comparison", command("-c", "import sympy", repeats=repeats)),
    ]


def identities(count: int) -> list[Row]:
    """Random right identities and single mutations of them: counts, not times."""
    import contextlib
    import io
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    try:
        from identities import main
    except ImportError:
        return []
    said = io.StringIO()
    began = time.perf_counter()
    with contextlib.redirect_stdout(said):
        main()
    return [Row("identities", "random identities and mutations", time.perf_counter() - began, None,
                " / ".join(said.getvalue().strip().splitlines()))]


def documents(number: int) -> list[Row]:
    """Random single edits of right documents, held against exact enumeration: counts, not times."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    try:
        from mutations import count
    except ImportError:
        return []
    began = time.perf_counter()
    made = count(number)
    return [Row("documents", "single edits of right documents", time.perf_counter() - began, None,
                " / ".join(str(made).splitlines()))]


def unrolled() -> list[Row]:
    """The unrolled relation of ResNet's first layer, built and B = Aᵀ checked."""
    from symcnn import matrix

    began = time.perf_counter()
    made = matrix.instance(size=224, kernel=7, stride=2, padding=3, channels=3, outputs=64, dims=2)
    agree = matrix.check_transpose(made.a, made.b)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2 ** 20
    return [Row("unrolled matrix", "7×7/2, 3→64 at 224: built, B = Aᵀ checked", seconds, 1.0,
                f"B = Aᵀ: {agree}; process peak {peak:.2f} GB")]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    chosen = parser.parse_args()
    repeats = 3 if chosen.quick else 11
    print(f"Python {platform.python_version()}, NumPy {numpy.__version__}, {platform.machine()}, "
          f"{len(__import__('os').sched_getaffinity(0))} processors")
    rows = [*proofs(repeats), *commands(repeats), *unrolled()]
    if not chosen.quick:
        rows += [*identities(500), *documents(2000)]
    for row in rows:
        limit = f" (limit {1000 * row.limit:.0f} ms)" if row.limit else ""
        print(f"{row.section:16} {row.case:72} {1000 * row.seconds:9.1f} ms{limit} {row.remark}")


if __name__ == "__main__":
    main()
