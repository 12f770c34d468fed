"""Batch normalisation, with the statistics of the batch or with stored ones."""

from __future__ import annotations

from symcnn.errors import UsageError
from symcnn.layers.convolution import OUTPUTS, _join, numbered
from symcnn.layers.layer import Layer, declare


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
        names = declare(sizes, tensors)
        values = f"1/({'*'.join(['N', *h])})"
        over = _join("l", at)
        names = names.define(f"mu[n] = {values} (sum({over}) X[{place}])")
        names = names.define(f"v[n] = {values} (sum({over}) (X[{place}] - mu[n])^2)")
    else:
        names = declare(sizes, f"{tensors} mu[C] v[C]")
    names = names.define("r[n] = 1/sqrt(v[n] + epsilon)")
    return names.define(f"Z[{place}] = gamma[n] r[n] (X[{place}] - mu[n]) + beta[n]")
