"""Each task in a process of its own, with limits of time and memory: one that fails takes nothing else down."""

from __future__ import annotations

import gc
import math
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

Task = TypeVar("Task")
Value = TypeVar("Value")

PATIENCE = 4


@dataclass(frozen=True)
class Limits:
    """Seconds of work, and megabytes of memory above what the process starts with (both Linux only).

    Work is processor time, so that a machine that is busy with other things changes no outcome. On the clock a task
    may take `PATIENCE` times as long.
    """

    seconds: float = 60.0
    megabytes: int = 2048

    @property
    def on_the_clock(self) -> float:
        return PATIENCE * self.seconds


LIMITS = Limits()


@dataclass(frozen=True)
class Outcome(Generic[Value]):
    """What a task gave, or in one line why it gave nothing."""

    value: Value | None = None
    fault: str = ""


@dataclass
class _Running:
    place: int
    process: Any
    pipe: Connection
    deadline: float


def run_each(work: Callable[[Task], Value], tasks: Sequence[Task], jobs: int = 1, limits: Limits = LIMITS,
             ) -> Iterator[tuple[int, Outcome[Value]]]:
    """work(task) for every task, at most `jobs` at once: the tasks' places and outcomes as they end.

    Closing the iterator ends the processes that still run. `work` and what it gives must be picklable.
    """
    kind = "fork" if "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin" else "spawn"
    context: Any = multiprocessing.get_context(kind)
    waiting = list(reversed(list(enumerate(tasks))))
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < max(1, jobs):
                place, task = waiting.pop()
                here, there = context.Pipe(duplex=False)
                process = context.Process(target=_in_worker, args=(work, task, limits, there), daemon=True)
                process.start()
                there.close()
                running.append(_Running(place, process, here, time.monotonic() + limits.on_the_clock))
            patience = max(0.0, min(r.deadline for r in running) - time.monotonic())
            ready = wait([r.pipe for r in running], patience)
            for r in [r for r in running if r.pipe in ready or r.deadline <= time.monotonic()]:
                outcome: Outcome[Value] = Outcome(fault=f"it was stopped after {limits.on_the_clock:g} s on the clock")
                if r.pipe in ready:
                    outcome = _received(r, limits)
                running.remove(r)
                _end(r)
                yield r.place, outcome
    finally:
        for r in running:
            _end(r)


def _received(r: _Running, limits: Limits) -> Outcome[Any]:
    try:
        return Outcome(*r.pipe.recv())
    except EOFError:
        r.process.join(5)
        code = r.process.exitcode
        if code == -signal.SIGXCPU:
            return Outcome(fault=f"it was stopped after {limits.seconds:g} s of work")
        name = signal.Signals(-code).name if code is not None and code < 0 else f"exit status {code}"
        return Outcome(fault=f"its process ended with {name}, as it does beyond {limits.megabytes} MB")


def _end(r: _Running) -> None:
    r.pipe.close()
    r.process.kill()
    r.process.join()
    r.process.close()


def _in_worker(work: Callable[[Any], Any], task: Any, limits: Limits, pipe: Connection) -> None:
    """In the process itself: set the limits, work, send what came of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.stdout = sys.stderr = open(nowhere, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.platform == "linux":
        _limit(limits)
    # Formulas are many small objects that live short: fewer looks for cycles save some 8 % of the time.
    gc.set_threshold(100_000, 50, 100)
    try:
        message: tuple[Any, str] = work(task), ""
    except MemoryError:
        message = None, f"it needs more than {limits.megabytes} MB"
    except Exception as error:
        message = None, f"an internal error: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    pipe.send(message)
    pipe.close()


def _limit(limits: Limits) -> None:
    import resource

    with open("/proc/self/statm", encoding="ascii") as pages:
        used = int(pages.read().split()[0]) * resource.getpagesize()
    most = used + limits.megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    seconds = math.ceil(limits.seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
