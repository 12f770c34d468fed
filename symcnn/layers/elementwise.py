"""Layers that work entry by entry or move entries: activation, sum of branches, concatenation, flattening, dense."""

from __future__ import annotations

from symcnn.errors import UsageError
from symcnn.layers.convolution import OUTPUTS, _join, numbered
from symcnn.layers.layer import Layer, declare, layer

ACTIVATIONS = ("relu", "sigmoid", "tanh")


def activation(function: str = "relu", dims: int = 2) -> Layer:
    """Z[l,n,o…] = f(X[l,n,o…]).  X (batch N, channels C, size H…) → Z as X."""
    if function not in ACTIVATIONS:
        raise UsageError(f"activation is {function!r}; allowed: {', '.join(ACTIVATIONS)}")
    at, h = _spatial(dims)
    return layer(f"Z[{_join('l', 'n', at)}] = {function}(X[{_join('l', 'n', at)}])", _join("N C", h),
                 f"X[{_join('N', 'C', h)}]")


def addition(parts: int = 2, dims: int = 2) -> Layer:
    """Z[l,n,o…] = X1[l,n,o…] + X2[l,n,o…] + …, as at the end of a residual block.

    X1, X2 … (batch N, channels C, size H…) → Z of the same shape. Source: He et al. 2016, equation 1.
    """
    at, h = _spatial(dims)
    names = _numbered_inputs(parts)
    return layer(f"Z[{_join('l', 'n', at)}] = " + " + ".join(f"{x}[{_join('l', 'n', at)}]" for x in names),
                 _join("N C", h), " ".join(f"{x}[{_join('N', 'C', h)}]" for x in names),
                 source="He et al. 2016, equation 1")


def concatenation(parts: int = 2, dims: int = 2) -> Layer:
    """Z[l,n,o…] = X1[l,n,o…] + X2[l, n − C1, o…] + …: one channel after the other.

    X1 (batch N, channels C1, size H…), X2 (N, C2, H…) … → Z (N, C1 + C2 + …, H…). Entries are zero outside their
    tensors, so every sum has one term that is not. Source: Szegedy et al. 2015, section 4.
    """
    at, h = _spatial(dims)
    channels = [f"C{a}" for a in range(1, parts + 1)]
    inputs = list(zip(_numbered_inputs(parts), channels, strict=True))
    reads = [f"{x}[{_join('l', ' - '.join(['n', *channels[:place]]), at)}]" for place, (x, _) in enumerate(inputs)]
    names = declare(_join("N", channels, h), " ".join(f"{x}[{_join('N', c, h)}]" for x, c in inputs),
                    source="Szegedy et al. 2015, section 4")
    return names.define(f"Z[{_join('l', 'n', at)}] = {' + '.join(reads)}", f"Z[{_join('N', '+'.join(channels), h)}]")


def flatten(dims: int = 2) -> Layer:
    """Z[l,q] = Σ_{n,o…} [q = (n·H1 + o1)·H2 + o2 …] X[l,n,o…]: channels and positions in one axis, row by row.

    X (batch N, channels C, size H…) → Z (N, C·H…).
    """
    at, h = _spatial(dims)
    place, bounds = "n", ["n=0..C-1"]
    for o, extent in zip(at, h, strict=True):
        place = f"({place})*{extent} + {o}"
        bounds.append(f"{o}=0..{extent}-1")
    names = declare(_join("N C", h), f"X[{_join('N', 'C', h)}]")
    return names.define(f"Z[l,q] = sum({_join(*bounds)}) [q = {place}] X[{_join('l', 'n', at)}]",
                        f"Z[N, {'*'.join(['C', *h])}]")


def dense(*, bias: bool = True) -> Layer:
    """Z[l,m] = b[m] + Σ_n W[m,n] X[l,n].  X (batch N, in C), W (out M, C), b (M) → Z (N, M)."""
    return layer(f"Z[l,m] = {'b[m] + ' if bias else ''}sum(n) W[m,n] X[l,n]", "N C M",
                 "X[N,C] W[M,C]" + (" b[M]" if bias else ""))


def _spatial(dims: int) -> tuple[tuple[str, ...], list[str]]:
    if dims not in (0, 1, 2, 3):
        raise UsageError(f"dims is {dims}; there are 0, 1, 2 or 3 spatial axes")
    return OUTPUTS[:dims], numbered("H", dims) if dims else []


def _numbered_inputs(parts: int) -> list[str]:
    if parts < 2:
        raise UsageError(f"{parts} branches are joined; allowed: two or more")
    return [f"X{a}" for a in range(1, parts + 1)]
