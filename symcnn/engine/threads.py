"""Parts of one convolution on several Python threads.

NumPy and BLAS release the interpreter's lock, so threads compute at the same time.  Each should have one BLAS
thread (``OPENBLAS_NUM_THREADS=1``): BLAS's own threads make small matrix products slower.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache

from .errors import integer

LEAST = 2**26
"""Bytes of products (multiply-accumulates times bytes of a number) from which on a thread is worth its start."""


def worth(threads: int, products: int, itemsize: int) -> int:
    """How many of the allowed threads so many multiply-accumulates keep busy, at least one."""
    return min(integer("threads", threads, 1), max(1, products * itemsize // LEAST))


def over(work: Callable[[slice, slice], None], extents: tuple[int, int], threads: int) -> None:
    """Call ``work`` on slices of two axes that together make up both, one part for each thread.

    The cuts are along the first axis if it is long enough, else along the second; an axis that must not
    be cut has extent 1.  The first error of a part comes out.
    """
    along = 0 if extents[0] >= min(threads, extents[1]) else 1
    bounds = sorted({extents[along] * t // threads for t in range(threads + 1)})
    cuts = [slice(a, b) for a, b in zip(bounds, bounds[1:], strict=False)] if threads > 1 else [slice(None)]
    parts = [(cut, slice(None)) if along == 0 else (slice(None), cut) for cut in cuts]
    if len(parts) == 1:
        work(slice(None), slice(None))
    elif parts:
        others = [_pool(len(parts) - 1).submit(work, *part) for part in parts[1:]]
        try:
            work(*parts[0])  # the calling thread has a part of its own
        finally:  # who called may use the arrays again: nobody writes to them any more
            wait(others)
        for done in others:
            done.result()


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    """Threads that wait for work from now on: starting them would take a fifth of a millisecond each time."""
    return ThreadPoolExecutor(workers, "symcnn")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not outlive a fork
