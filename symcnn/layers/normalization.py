"""Batch normalization, in training (statistics of the batch) and at inference (fixed statistics)."""

from __future__ import annotations

from symcnn.errors import UsageError
from symcnn.layers.convolution import OUTPUTS, _join, numbered
from symcnn.layers.layer import Layer, declare

SOURCE = "Ioffe & Szegedy 2015, algorithms 1 and 2"


def batch_norm(dims: int = 2, *, training: bool = False) -> Layer:
    """Z[l,n,o…] = γ[n]·r[n]·(X[l,n,o…] − μ[n]) + β[n] with r[n] = 1/√(v[n] + ε).

    X (batch N, channels C, size H…), γ, β (C) → Z as X; without spatial axes for dims 0. In training μ and v are
    the mean and the (biased) variance of a channel over the batch and all positions; otherwise they are given, of
    shape (C). Source: Ioffe & Szegedy 2015, algorithms 1 and 2.
    """
    if dims not in (0, 1, 2, 3):
        raise UsageError(f"dims is {dims}; batch normalisation is for 0, 1, 2 or 3 spatial axes")
    h = numbered("H", dims) if dims else []
    at, sizes = OUTPUTS[:dims], _join("N C", h)
    tensors = f"X[{_join('N', 'C', h)}] gamma[C] beta[C] epsilon"
    place = _join("l", "n", at)
    if training:
        names = declare(sizes, tensors, source=SOURCE)
        values = f"1/({'*'.join(['N', *h])})"
        over = _join("l", at)
        names = names.define(f"mu[n] = {values} (sum({over}) X[{place}])")
        names = names.define(f"v[n] = {values} (sum({over}) (X[{place}] - mu[n])^2)")
    else:
        names = declare(sizes, f"{tensors} mu[C] v[C]", source=SOURCE)
    names = names.define("r[n] = 1/sqrt(v[n] + epsilon)")
    return names.define(f"Z[{place}] = gamma[n] r[n] (X[{place}] - mu[n]) + beta[n]")


def batch_norm_over(shape: str = "N C", reduced: str = "N", *, training: bool = True) -> Layer:
    """Y = gamma · (X − mu) · r + beta with r = 1/√(v + epsilon), one mu, v, gamma and beta for each index kept.

    X and Y have the axes named in `shape` (single letters, such as "N H W C" or "N C H W"); `reduced` names
    the axes over which mu and v average. In training mu and v are the mean and the variance (divided by
    the number of values) of the batch; at inference they are given numbers. epsilon is a scalar; v + epsilon
    must be positive. UsageError for axes that are not there. Source: Ioffe & Szegedy 2015.
    """
    axes, summed = shape.split(), reduced.split()
    if len(set(axes)) < len(axes) or not axes or any(len(a) != 1 or not a.isupper() or a in "RVXY" for a in axes):
        raise UsageError(f"shape is {shape!r}; allowed: different capital letters other than R, V, X and Y, as in "
                         "'N H W C'")
    if not summed or not set(summed) <= set(axes):
        raise UsageError(f"reduced is {reduced!r}; allowed: some of the axes {shape}")
    kept = [a for a in axes if a not in summed]

    def entry(name: str, over: list[str]) -> str:
        return f"{name}[{','.join(over)}]" if over else name

    full, one = entry("X", axes).lower().replace("x[", "X["), [a.lower() for a in kept]
    mean, variance, root, scale, shift = (entry(name, one) for name in ("mu", "v", "r", "gamma", "beta"))
    count, indices = "*".join(summed), ",".join(a.lower() for a in summed)
    given = " ".join(entry(name, kept) for name in ("gamma", "beta", *(() if training else ("mu", "v"))))
    made = declare(" ".join(axes), f"{entry('X', axes)} {given} epsilon", source=SOURCE)
    if training:
        made = made.define(f"{mean} = 1/({count}) (sum({indices}) {full})")
        made = made.define(f"{variance} = 1/({count}) (sum({indices}) ({full} - {mean})^2)")
    made = made.define(f"{root} = 1/sqrt({variance} + epsilon)")
    return made.define(f"{full.replace('X', 'Y')} = {scale} ({full} - {mean}) {root} + {shift}")
