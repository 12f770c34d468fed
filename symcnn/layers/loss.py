"""Losses: softmax with cross-entropy."""

from __future__ import annotations

from symcnn.layers.layer import Layer, declare

SOURCE = "Bridle 1990; Goodfellow, Bengio & Courville 2016, section 6.2.2.3"


def softmax_cross_entropy(*, batch: bool = False) -> Layer:
    """p[c] = e^z[c] / Σ_j e^z[j],  L = −Σ_c y[c] ln p[c].

    z (C) are the scores of C classes, y (C) the target, p (C) the probabilities, L the loss. With a batch
    an axis of extent N stands first in z, y and p, and L is the mean of the losses of the N examples.
    Source: Goodfellow, Bengio & Courville 2016, section 6.2.2.3.
    """
    if batch:
        made = declare("N C", "z[N,C] y[N,C]", source=SOURCE).define(
            "p[n,c] = exp(z[n,c]) / (sum(j) exp(z[n,j]))", "p[N,C]")
        return made.define("L = -1/N (sum(n,c) y[n,c] log(p[n,c]))")
    made = declare("C", "z[C] y[C]", source=SOURCE).define("p[c] = exp(z[c]) / (sum(j) exp(z[j]))", "p[C]")
    return made.define("L = -(sum(c) y[c] log(p[c]))")
