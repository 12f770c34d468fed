"""Matrix products in the pieces that BLAS multiplies best, and copies that the cache reads best."""

from __future__ import annotations

from math import prod

import numpy as np

from .errors import Array

SMALL = 10**6
"""OpenBLAS multiplies matrices of up to so many multiply-accumulates where they lie; larger ones it copies
first (the permission for small matrices in its kernels for AVX-512)."""

LINE = 64  # bytes of a register, and of a line of the cache
SHORTEST = 48  # terms of a sum, below which adding partial sums costs more than it saves


def multiply(a: Array, b: Array, out: Array) -> Array:
    """``out = a @ b`` for stacks of matrices, a piece of the columns of b at a time if that is faster.

    The columns of b and out lie side by side in memory; the result is ``out``.
    """
    columns = _columns(a.shape[-2] * a.shape[-1], b.shape[-1], LINE // b.itemsize)
    if columns == b.shape[-1]:
        np.matmul(a, b, out=out)
        return out
    left = b.reshape(*b.shape[:-1], -1, columns).swapaxes(-3, -2)
    target = out.reshape(*out.shape[:-1], -1, columns).swapaxes(-3, -2)
    np.matmul(a[..., None, :, :], left, out=target)
    return out


def multiply_long(a: Array, b: Array) -> Array:
    """``a @ b`` for stacks of matrices with long rows and columns, as a sum of small products if that is faster."""
    count, work = a.shape[-1], a.shape[-2] * b.shape[-1]
    fitting = [n for n in range(SHORTEST, count) if count % n == 0 and work * n <= SMALL]
    if work * count <= SMALL or not fitting:
        return np.asarray(np.matmul(a, b))
    left = a.reshape(*a.shape[:-1], -1, max(fitting)).swapaxes(-3, -2)
    right = b.reshape(*b.shape[:-2], -1, max(fitting), b.shape[-1])
    return np.asarray(np.matmul(left, right).sum(axis=-3))


def _columns(work: int, count: int, lanes: int) -> int:
    """The largest number of columns that divides ``count``, fills registers and keeps a product small."""
    fitting = [c for c in range(lanes, count, lanes) if count % c == 0 and work * c <= SMALL]
    return max(fitting, default=count) if work * count > SMALL else count


def apart(array: Array) -> Array:
    """A copy whose entries along the first axis lie an odd number of cache lines apart.

    Who reads across that axis with steps of a power of two meets the same few lines of the cache again and again.
    """
    size, entries = prod(array.shape[1:]), LINE // array.itemsize
    copy = np.empty((len(array), (size // entries // 2 * 2 + 3) * entries), array.dtype)[:, :size].reshape(array.shape)
    copy[...] = array
    return copy
