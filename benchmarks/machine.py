"""The machine and its limits: what the figures are to be read against."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from .timing import seconds

ALLOCATOR = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=17179869184"
"""Keeps large arrays mapped from one call to the next, for every contender."""

ENVIRONMENT = {"GLIBC_TUNABLES": ALLOCATOR, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
               "OMP_WAIT_POLICY": "PASSIVE"}
"""BLAS has one thread; a peer's threads do not wait busily while the other side is measured."""


def with_settings() -> None:
    """Start this process anew, with the allocator and the threads set, unless they are."""
    if any(os.environ.get(name) != value for name, value in ENVIRONMENT.items()):
        os.environ.update(ENVIRONMENT)
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks", *sys.argv[1:]])


def processors() -> list[int]:
    """The numbers of the processors that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def use(chosen: list[int]) -> None:
    """Keep this process to some processors, where the system can do so."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, chosen)


def installed(package: str) -> str | None:
    """The version of a package, None if it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def described() -> list[str]:
    """Processor, versions and allocator settings."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[index,call-overload]
    packages = ", ".join(f"{name} {found}" for name in ("torch", "jax", "scipy", "sympy") if (found := installed(name)))
    return [
        f"{_processor()}, {len(processors())} processors, AVX-512 {'yes' if _avx512() else 'no'}",
        f"Python {platform.python_version()}, NumPy {np.__version__} with {blas['name']} {blas['version']}; {packages}",
        f"allocator: GLIBC_TUNABLES={os.environ.get('GLIBC_TUNABLES', '(default)')}; "
        f"BLAS threads: {os.environ.get('OPENBLAS_NUM_THREADS', '(default)')}",
    ]


def peaks() -> list[str]:
    """One thread's matrix products and memory, as the engine could use them at best."""
    lines = []
    for dtype in (np.float32, np.float64):
        a, b = np.ones((512, 512), dtype), np.ones((512, 512), dtype)
        out = np.empty_like(a)
        best = min(seconds(lambda a=a, b=b, out=out: np.matmul(a, b, out=out)) for _ in range(40))  # type: ignore[misc]
        lines.append(f"matrix products of 512 x 512, {np.dtype(dtype).name}: {2 * 512**3 / best / 1e9:.0f} GFLOP/s")
    memory = np.empty(2**24)
    fill = statistics.median(seconds(lambda: memory.fill(1.0)) for _ in range(9))
    return [*lines, f"filling memory: {memory.nbytes / fill / 2**30:.1f} GiB/s"]


def _processor() -> str:
    for line in _cpuinfo():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _avx512() -> bool:
    return any(line.startswith("flags") and " avx512f" in line for line in _cpuinfo())


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
