"""Pooling: the largest entry or the mean of a window, and the mean of all positions."""

from __future__ import annotations

from symcnn.layers.convolution import OUTPUTS, _check, _join, numbered
from symcnn.layers.layer import Layer, layer


def max_pooling(dims: int = 2) -> Layer:
    """Z[l,n,o…] = max_{k…} X[l,n, s·o + d·k − p …]; padded places count as −∞.

    X (batch N, channels C, size H…), window K…, stride s, dilation d, padding p → Z (N, C, output…).
    Source: Dumoulin & Visin 2016, relationship 15, with dilation as in relationship 14.
    """
    window, sizes, assume = _window(dims, dilated=True)
    return layer(f"Z[{_join('l', 'n', OUTPUTS[:dims])}] = max({_taps(dims)}) X[{_join('l', 'n', window)}]",
                 sizes, _input(dims), _padding(dims), assume, "Dumoulin & Visin 2016, relationships 14 and 15")


def average_pooling(dims: int = 2, *, padding_counts: bool = True) -> Layer:
    """Z[l,n,o…] = (Σ_{k…} X[l,n, s·o + k − p …]) / (the number of window places that count).

    X (batch N, channels C, size H…), window K…, stride s, padding p → Z (N, C, output…). All K… places count,
    or only those inside the input. Source: Dumoulin & Visin 2016, relationship 15; both ways of counting are
    found in frameworks (count_include_pad).
    """
    window, sizes, assume = _window(dims, dilated=False)
    places = numbered("K", dims)
    divisor = "*".join(places)
    if not padding_counts:
        inside = _join(*(f"0 <= {w}, {w} <= {h}-1" for w, h in zip(window, numbered("H", dims), strict=True)))
        divisor = f"sum({_taps(dims)}) [{inside}]"
    return layer(f"Z[{_join('l', 'n', OUTPUTS[:dims])}] = "
                 f"(sum({_taps(dims)}) X[{_join('l', 'n', window)}]) / ({divisor})",
                 sizes, _input(dims), _padding(dims), assume, "Dumoulin & Visin 2016, relationship 15")


def global_average_pooling(dims: int = 2) -> Layer:
    """Z[l,n] = 1/(H…) Σ_{i…} X[l,n,i…], the mean of all positions of a channel.

    X (batch N, channels C, size H…) → Z (N, C). Source: Lin, Chen & Yan 2014, section 3.2.
    """
    _check(dims)
    at = OUTPUTS[:dims]
    return layer(f"Z[l,n] = 1/({'*'.join(numbered('H', dims))}) (sum({_join(at)}) X[{_join('l', 'n', at)}])",
                 _join("N C", numbered("H", dims)), _input(dims), source="Lin, Chen & Yan 2014, section 3.2")


def _taps(dims: int) -> str:
    return _join(*(f"{k}=0..{big}-1" for k, big in zip(numbered("k", dims), numbered("K", dims), strict=True)))


def _input(dims: int) -> str:
    return f"X[{_join('N', 'C', numbered('H', dims))}]"


def _padding(dims: int) -> dict[str, list[str]]:
    return {"X": ["0", "0", *numbered("p", dims)]}


def _window(dims: int, *, dilated: bool) -> tuple[list[str], str, list[str]]:
    """The indices that a window reads, the sizes, and that it fits the padded input."""
    _check(dims)
    h, big_k, k, s, d, p = (numbered(stem, dims) for stem in "HKksdp")
    at = OUTPUTS[:dims]
    step = [f"{d[a]}*{k[a]}" if dilated else k[a] for a in range(dims)]
    reach = [f"{d[a]}*({big_k[a]}-1)" if dilated else f"{big_k[a]}-1" for a in range(dims)]
    window = [f"{s[a]}*{at[a]} + {step[a]} - {p[a]}" for a in range(dims)]
    sizes = _join("N C", h, big_k, s, d if dilated else [], [f"{q}>=0" for q in p])
    return window, sizes, [f"{reach[a]} + 1 <= {h[a]} + 2*{p[a]}" for a in range(dims)]
