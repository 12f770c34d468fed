"""A convolution by summation by parts: partial sums of the weights and differences of the image."""

from symcnn import Derivation, declare
from symcnn.calculus import prove_text
from symcnn.layers import Layer

parameters: dict[str, object] = {}


def derive() -> Derivation:
    d = Derivation("A filter by summation by parts", "Z from the sums of the rows of weights and the horizontal "
                   "differences of X, for every X and W")
    parts = partial_sums()
    d.given("A convolution without padding (cross-correlation), with indices from 0. The filter is no larger than the "
            "image: $K_1 \\le H_1$ and $K_2 \\le H_2$.", parts.definitions[0],
            "Horizontal differences $D$ of the image, and partial sums $S$ of the rows of weights:",
            *parts.definitions[1:])
    d.conclude(prove_text(parts, "Z[i,j] = sum(k1) S[k1,K2-1] X[i+k1,j+K2-1] "
                                 "- sum(k1,k2=0..K2-2) S[k1,k2] D[i+k1,j+k2]"),
               "summation by parts along the rows of weights, for every $X$, $W$ and all sizes; a row of weights that "
               "adds up to 0 leaves only differences of neighbours")
    return d


def partial_sums() -> Layer:
    """The convolution, the differences of its input and the partial sums of its weights."""
    conv = declare("H1 H2 K1 K2", "X[H1,H2] W[K1,K2]", ["K1 <= H1", "K2 <= H2"]).define(
        "Z[i,j] = sum(k1,k2) W[k1,k2] X[i+k1,j+k2]")
    return conv.define("D[i,j] = X[i,j+1] - X[i,j]", "D[H1,H2-1]").define(
        "S[k1,k2] = sum(l=0..k2) W[k1,l]", "S[K1,K2]")
