"""A dilated convolution of given numbers, and the kernel with zeros that it is an ordinary convolution with."""

import numpy as np

from symcnn import Derivation, engine, layer, prove, validate_entries
from symcnn.calculus import prove_text
from symcnn.entries import at_sizes, combination, proved_entries
from symcnn.errors import UsageError
from symcnn.layers.data import literal, matrix
from symcnn.notation.expression import expression
from symcnn.notation.polynomial import Symbol, polynomial

parameters = {"input": "1 2 3; 4 5 6; 7 8 9", "kernel": "1 1; 1 1", "dilation": 2, "padding": 1, "stride": 1}


def derive(input: str = "1 2 3; 4 5 6; 7 8 9", kernel: str = "1 1; 1 1", dilation: int = 2, padding: int = 1,
           stride: int = 1) -> Derivation:
    d = Derivation("A dilated convolution", "all entries of the output; the dilated kernel as a kernel with zeros")
    x, w = matrix("input", input), matrix("kernel", kernel)
    for name, value, least in (("dilation", dilation, 1), ("stride", stride, 1), ("padding", padding, 0)):
        if value < least:
            raise UsageError(f"{name} is {value}; at least {least}")
    for have, taps, what in ((len(x), len(w), "rows"), (len(x[0]), len(w[0]), "columns")):
        if dilation * (taps - 1) + 1 > have + 2 * padding:
            raise UsageError(f"the dilated kernel spans {dilation * (taps - 1) + 1} {what}; the padded input has "
                             f"{have + 2 * padding}")
    conv = layer("Z[i,j] = sum(k1,k2) W[k1,k2] X[s*i+d*k1-p,s*j+d*k2-p]", "H1 H2 K1 K2 s d p>=0",
                 "X[H1,H2] W[K1,K2]", {"X": ["p", "p"]},
                 ["d*(K1-1)+1 <= H1+2*p", "d*(K2-1)+1 <= H2+2*p"])
    data = (literal("X", x), literal("W", w))
    d.given(f"A convolution (cross-correlation) with indices from 0; here dilation $d = {dilation}$, padding "
            f"$p = {padding}$, stride $s = {stride}$.", conv, *data)
    zeros = conv.define("E[a,b] = sum(k1,k2) [a = d*k1, b = d*k2] W[k1,k2]", "E[d*(K1-1)+1,d*(K2-1)+1]")
    d.given("The kernel with $d - 1$ zeros between neighbours:", zeros.definition)
    d.conclude(prove_text(zeros, "Z[i,j] = sum(a,b) E[a,b] X[s*i+a-p,s*j+b-p]"),
               "a dilated convolution is an ordinary one with the kernel $E$, which spans $d(K-1) + 1$ entries of "
               "every axis; for all sizes, strides and paddings")

    sizes = {"H1": len(x), "H2": len(x[0]), "K1": len(w), "K2": len(w[0]), "d": dilation, "p": padding, "s": stride}
    here = (*at_sizes(zeros, sizes), *data)
    d.at_sizes(*here)
    z, e = here[0].tensor, here[1].tensor
    d.tabulated(proved_entries(e, here), "here")
    for n, (axis, index, name, have, taps) in enumerate(((z.axes[0], "i", "rows", len(x), len(w)),
                                                         (z.axes[1], "j", "columns", len(x[0]), len(w[0]))), start=1):
        span, padded = dilation * (taps - 1), have + 2 * padding
        count = conv.expression(f"sum({index}=0..{padded}) [0 <= {index}, {stride}*{index} + {span} <= {padded} - 1]")
        d.conclude(prove(count, expression(len(axis.indices({})))), f"{name} of the output: count the positions with "
                   f"$s {index} + d (K_{n} - 1) \\le H_{n} + 2p - 1$")
    i, j = (polynomial(Symbol(name)) for name in "ij")
    reads = data[0].tensor
    written = combination((value, reads[stride * i + dilation * a - padding, stride * j + dilation * b - padding])
                          for a, row in enumerate(w) for b, value in enumerate(row))
    d.tabulated(prove(z[i, j], written, [h for h in here if h.tensor.name in "ZW"]),
                "write out the sum; $X$ is 0 outside of its axes")
    entries = proved_entries(z, here)
    d.conclude(entries, "put in the numbers: all entries of the output")
    d.validate(lambda cases: validate_entries(entries, engine.conv(
        np.array(x, dtype=object)[None, None], np.array(w, dtype=object)[None, None], stride=stride, padding=padding,
        dilation=dilation)[0, 0]))
    d.instance = "general statement: all sizes; entries: these numbers"
    return d
