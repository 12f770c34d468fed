"""Medians of times, measured side by side."""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """Median seconds of both sides, and the quartiles of ours / theirs over neighbouring measurements."""

    ours: float
    theirs: float
    spread: tuple[float, float]


def seconds(work: Callable[[], object]) -> float:
    """One call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median(work: Callable[[], object], repeats: int) -> float:
    """The median of calls, after one that is not counted."""
    work()
    return statistics.median(seconds(work) for _ in range(repeats))


def interleaved(ours: Callable[[], object], theirs: Callable[[], object], repeats: int) -> Pair:
    """Both in turn, after one call of each that is not counted; what else the machine does meets both alike."""
    ours(), theirs()
    pairs = []
    collecting = gc.isenabled()
    gc.disable()
    try:
        for turn in range(repeats):
            if turn % 2:
                second, first = seconds(theirs), seconds(ours)
            else:
                first, second = seconds(ours), seconds(theirs)
            pairs.append((first, second))
    finally:
        if collecting:
            gc.enable()
    ratios = sorted(a / b for a, b in pairs)
    return Pair(statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs),
                (ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]))


def process(*arguments: str, status: int = 0) -> Callable[[], object]:
    """A whole Python process, to be timed; another exit status than the one expected is an error."""
    def run() -> None:
        done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
        if done.returncode != status:
            raise RuntimeError(f"{' '.join(arguments)}: exit status {done.returncode}, not {status}\n{done.stderr}")
    return run
