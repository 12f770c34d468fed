"""Whole processes, cold, beside a process that only imports SymPy."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .machine import installed
from .row import Row
from .timing import interleaved, process

class Command(NamedTuple):
    """Arguments of symcnn, the exit status they end with, and the most seconds they may take."""

    name: str
    arguments: tuple[str, ...]
    status: int = 0
    limit: float | None = None


COMMANDS = [
    Command("--help", ("--help",), limit=0.15),
    Command("list", ("list",), limit=0.15),
    Command("a usage error", ("check", "--nonsense"), 2, 0.15),
    # Where JAX is installed, every result is held against it as well, which takes its time to start.
    Command("derive", ("derive",), limit=None if installed("jax") else 5.0),
    Command("check, one small document", ("check",)),
]


def cold(repeats: int) -> Iterator[Row]:
    """Start, work and end of each command."""
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "small.md"
        document.write_text("Let $y_i = \\sum_k w_k x_{i+k}$. Then $\\sum_k x_{k+i} w_k = y_i$.\n", encoding="utf-8")
        for name, arguments, status, limit in COMMANDS:
            whole = (*arguments, str(document)) if name.startswith("check") else arguments
            times = 3 if name == "derive" else max(3, repeats // 2)
            pair = interleaved(process("-m", "symcnn", *whole, status=status), process("-c", "import sympy"), times)
            yield Row("commands", f"symcnn {name}", "", "", 1, pair.ours, "import sympy", installed("sympy"),
                      pair.theirs, limit, pair.spread, absolute=True)
