"""Convolution (cross-correlation, as in every framework) in any number of dimensions, and its transpose."""

from __future__ import annotations

from collections.abc import Sequence

from symcnn.errors import UsageError
from symcnn.layers.layer import Layer, declare, layer

OUTPUTS, INPUTS = ("i", "j", "t"), ("u", "v", "w")
SOURCE = "Dumoulin & Visin 2016, relationships 6, 8 and 14"


def numbered(stem: str, dims: int) -> list[str]:
    """["k"] in one dimension, ["k1", "k2"] in two."""
    return [stem] if dims == 1 else [f"{stem}{a}" for a in range(1, dims + 1)]


def _check(dims: int) -> None:
    if dims not in (1, 2, 3):
        raise UsageError(f"dims is {dims}; convolutions have 1, 2 or 3 dimensions")


def _join(*parts: str | Sequence[str]) -> str:
    flat = [p for part in parts for p in ([part] if isinstance(part, str) else part) if p]
    return ", ".join(flat)


def convolution(dims: int = 2, *, groups: bool = False, batch: bool = True, bias: bool = True) -> Layer:
    """Z[l,m,o…] = b[m] + Σ_{n,k…} W[m,n,k…] X[l,n, s·o + d·k − p …].

    X (batch N, in channels C, size H…), W (out channels M, C, kernel K…), b (M) → Z (N, M, output…), with
    stride s, dilation d and padding p of its own for every axis. With groups an axis g of extent G stands
    before the channels, which then count within a group (depthwise: C = M = 1).
    Source: Dumoulin & Visin 2016; cross-correlation, as in every framework.
    """
    _check(dims)
    h, k, s, d, p = (numbered(stem, dims) for stem in "HKsdp")
    taps, at = numbered("k", dims), OUTPUTS[:dims]
    g, big_g = ("g", "G") if groups else ("", "")
    lead, big_n = ("l", "N") if batch else ("", "")
    reads = [f"{s[a]}*{at[a]} + {d[a]}*{taps[a]} - {p[a]}" for a in range(dims)]
    sizes = " ".join([big_n, big_g, "C M", *h, *k, *s, *d, *(f"{q}>=0" for q in p)])
    tensors = [f"X[{_join(big_n, big_g, 'C', h)}]", f"W[{_join(big_g, 'M', 'C', k)}]"]
    tensors += [f"b[{_join(big_g, 'M')}]"] if bias else []
    start = f"b[{_join(g, 'm')}] + " if bias else ""
    text = (f"Z[{_join(lead, g, 'm', at)}] = {start}sum({_join('n', taps)}) "
            f"W[{_join(g, 'm', 'n', taps)}] X[{_join(lead, g, 'n', reads)}]")
    channel_axes = ["0"] * (1 + batch + groups)
    return layer(text, sizes, " ".join(tensors), {"X": [*channel_axes, *p]},
                 [f"{d[a]}*({k[a]}-1) + 1 <= {h[a]} + 2*{p[a]}" for a in range(dims)], SOURCE)


def circular_convolution(dims: int = 2, *, bias: bool = True) -> Layer:
    """Z[l,m,o…] = b[m] + Σ_{n,k…} W[m,n,k…] P[l,n, s·o + d·k …] with P the input continued periodically by p.

    X (batch N, in channels C, size H…), W (out channels M, C, kernel K…), b (M) → Z (N, M, output…). Along an axis
    the periodic continuation is P[u] = X[u − p] + X[u − p + H] + X[u − p − H], since X is zero outside its axes and
    p ≤ H; it is done for one axis after the other, P1, P2 ….
    """
    _check(dims)
    h, k, s, d, p = (numbered(stem, dims) for stem in "HKsdp")
    taps, at, place = numbered("k", dims), OUTPUTS[:dims], INPUTS[:dims]
    sizes = " ".join(["N C M", *h, *k, *s, *d, *(f"{q}>=0" for q in p)])
    assume = [f"{p[a]} <= {h[a]}" for a in range(dims)]
    assume += [f"{d[a]}*({k[a]}-1) + 1 <= {h[a]} + 2*{p[a]}" for a in range(dims)]
    tensors = f"X[{_join('N', 'C', h)}] W[{_join('M', 'C', k)}]" + (" b[M]" if bias else "")
    names, read, extents = declare(sizes, tensors, assume), "X", list(h)
    for a in range(dims):
        extents[a] = f"{h[a]} + 2*{p[a]}"
        copies = [_join("l", "n", place[:a], f"{place[a]} - {p[a]}{shift}", place[a + 1:])
                  for shift in ("", f" + {h[a]}", f" - {h[a]}")]
        padded = "P" if dims == 1 else f"P{a + 1}"
        names = names.define(f"{padded}[{_join('l', 'n', place)}] = " + " + ".join(f"{read}[{c}]" for c in copies),
                             f"{padded}[{_join('N', 'C', extents)}]")
        read = padded
    reads = [f"{s[a]}*{at[a]} + {d[a]}*{taps[a]}" for a in range(dims)]
    return names.define(f"Z[{_join('l', 'm', at)}] = {'b[m] + ' if bias else ''}sum({_join('n', taps)}) "
                        f"W[{_join('m', 'n', taps)}] {read}[{_join('l', 'n', reads)}]")


def padded_output_gradient(conv: Layer, dims: int, *, groups: bool = False) -> Layer:
    """The convolution with D, its output gradient with s−1 zeros between neighbours.

    D[l,m,a…] = Σ_o [a = s·o …] ∂J/∂Z[l,m,o…], of extent H + 2p − d(K−1) = s(O−1) + 1 + r: the last
    r = (H + 2p − d(K−1) − 1) mod s entries are zeros behind the last gradient entry.
    """
    h, k, s, d, p = (numbered(stem, dims) for stem in "HKsdp")
    at, inserted = OUTPUTS[:dims], numbered("a", dims)
    g, big_g = ("g", "G") if groups else ("", "")
    extents = [f"{h[a]} + 2*{p[a]} - {d[a]}*({k[a]}-1)" for a in range(dims)]
    conditions = ", ".join(f"{inserted[a]} = {s[a]}*{at[a]}" for a in range(dims))
    return conv.define(
        f"D[{_join('l', g, 'm', inserted)}] = sum({_join(at)}) [{conditions}] ∂J/∂Z[{_join('l', g, 'm', at)}]",
        f"D[{_join('N', big_g, 'M', extents)}]")


def transposed_convolution(dims: int = 2) -> Layer:
    """T[l,n,u…] = Σ_{m,o…,k…} [s·o + d·k − p = u …] W[m,n,k…] Y[l,m,o…].

    Y (batch N, in channels M, size O…), W (M, out channels C, kernel K…) → T (N, C, size…) with
    size s(O−1) + d(K−1) + 1 − 2p + q, where q is the output padding.
    Source: Dumoulin & Visin 2016, relationship 14.
    """
    _check(dims)
    o, k, s, d, p, q = (numbered(stem, dims) for stem in "OKsdpq")
    taps, at, place = numbered("k", dims), OUTPUTS[:dims], INPUTS[:dims]
    sizes = " ".join(["N C M", *o, *k, *s, *d, *(f"{x}>=0" for x in (*p, *q))])
    conditions = ", ".join(f"{s[a]}*{at[a]} + {d[a]}*{taps[a]} - {p[a]} = {place[a]}" for a in range(dims))
    extents = [f"{s[a]}*({o[a]}-1) + {d[a]}*({k[a]}-1) + 1 - 2*{p[a]} + {q[a]}" for a in range(dims)]
    names = declare(sizes, f"Y[{_join('N', 'M', o)}] W[{_join('M', 'C', k)}]", source=SOURCE)
    return names.define(
        f"T[{_join('l', 'n', place)}] = sum({_join('m', at, taps)}) [{conditions}] "
        f"W[{_join('m', 'n', taps)}] Y[{_join('l', 'm', at)}]", f"T[{_join('N', 'C', extents)}]")
