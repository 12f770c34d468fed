"""The input gradient of a convolution is a convolution with the flipped, channel-swapped kernel."""

from symcnn import Derivation, convolution, gradient, padded_output_gradient, steps, validate_convolution
from symcnn.layers.convolution import INPUTS, numbered
from symcnn.notation.expression import Definition, Expression

parameters = {"dims": 2, "groups": False}


def derive(dims: int = 2, groups: bool = False) -> Derivation:
    d = Derivation("The input gradient of a convolution",
                   "∂J/∂X = convolution of the zero-inserted, padded output gradient with the flipped kernel")
    conv = convolution(dims, groups=groups)
    d.given("A convolution with stride $s$, dilation $d$ and zero padding $p$ of its own for every axis, "
            "and a loss $J$ that depends on $X$ through $Z$ only.", conv)
    lead, place = ("l, g", INPUTS[:dims]) if groups else ("l", INPUTS[:dims])
    taps, group = numbered("k", dims), "g, " if groups else ""
    at = [*lead.split(", "), "n", *place]
    dx = gradient(conv, "X", at)
    inserted = padded_output_gradient(conv, dims, groups=groups)
    d.given("The output gradient with $s - 1$ zeros between neighbours; its last "
            "$r = (H + 2p - d(K-1) - 1) \\bmod s$ entries on every axis are zeros, too.",
            inserted.definition)
    s, dil, k, p = (numbered(stem, dims) for stem in "sdKp")
    reads = ", ".join(f"{place[a]} + {dil[a]}*{taps[a]} - ({dil[a]}*({k[a]}-1) - {p[a]})" for a in range(dims))
    back = ", ".join(f"{place[a]} + {p[a]} - {dil[a]}*{taps[a]}" for a in range(dims))
    flipped = ", ".join(f"{k[a]} - 1 - {taps[a]}" for a in range(dims))
    bounds = ", ".join(f"{taps[a]} = 0..{k[a]}-1" for a in range(dims))

    def read(text: str) -> Expression:
        return inserted.equation(f"∂J/∂X[{', '.join(at)}] = {text}").right  # the left side makes u, v indices

    d.show(*dx.lines, *steps(dx.expression, [
        ("collect: $D$ holds $\\partial J/\\partial Z$ at the multiples of the stride and 0 elsewhere",
         read(f"sum(m, {bounds}) D[{lead}, m, {back}] W[{group}m, n, {', '.join(taps)}]")),
        ("reindex: $k \\to K - 1 - k$ on every axis; a stride-1 convolution with dilation $d$ of $D$, padded by "
         "$d(K-1) - p$ (a negative padding crops), with the flipped kernel and its channels swapped",
         read(f"sum(m, {bounds}) D[{lead}, m, {reads}] W[{group}m, n, {flipped}]")),
    ], inserted.definitions, conv.assumptions), conclude=True)
    closed = Definition(dx.tensor, dx.chain.indices, d.conclusions[-1].right)
    how = {"dims": dims, "groups": groups, "definitions": inserted.definitions}
    d.validate(lambda cases: validate_convolution("input_gradient", closed, cases=cases, **how))
    d.validate(lambda cases: validate_convolution("input_gradient", closed, cases=5, jax=True, **how), needs="jax")
    return d
