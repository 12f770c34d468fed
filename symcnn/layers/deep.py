"""A fully connected network of any depth: sigmoid layers and a linear last one."""

from __future__ import annotations

from symcnn.errors import UsageError
from symcnn.layers.layer import Layer, declare

DEEPEST = 5


def deep_network(depth: int) -> Layer:
    """zℓ[i] = bℓ[i] + Σ_j Aℓ[i,j] y(ℓ−1)[j];  yℓ = σ(zℓ) for ℓ < L and yL = zL;  J = ½ Σ_i (yL[i] − t[i])².

    Aℓ (Nℓ outputs, N(ℓ−1) inputs), bℓ (Nℓ), input y0 (N0), target t (NL) → J. UsageError unless the depth L
    is one of 1 … DEEPEST.
    """
    if not 1 <= depth <= DEEPEST:
        raise UsageError(f"the depth is {depth}; allowed: 1 to {DEEPEST}")
    layers = range(1, depth + 1)
    tensors = " ".join(f"A{n}[N{n},N{n - 1}] b{n}[N{n}]" for n in layers)
    made = declare(" ".join(f"N{n}" for n in range(depth + 1)), f"y0[N0] {tensors} t[N{depth}]")
    for n in layers:
        made = made.define(f"z{n}[i] = b{n}[i] + sum(j) A{n}[i,j] y{n - 1}[j]")
        made = made.define(f"y{n}[i] = sigmoid(z{n}[i])" if n < depth else f"y{n}[i] = z{n}[i]")
    return made.define(f"J = 1/2 * (sum(i) (y{depth}[i] - t[i])^2)")
