"""Why a filter answers to horizontal differences: its output on any image, as a sum of them."""

from fractions import Fraction

from symcnn import Derivation, declare, prove
from symcnn.entries import at_sizes, combination
from symcnn.layers.data import literal, matrix
from symcnn.notation.polynomial import Symbol, polynomial

parameters = {"weights": "1 -1; 1 -1"}


def derive(weights: str = parameters["weights"]) -> Derivation:
    d = Derivation("The same filter on any image", "Z as a sum of horizontal differences of X")
    w = matrix("weights", weights)
    conv = declare("H1 H2 K1 K2", "X[H1,H2] W[K1,K2]", ["K1 <= H1", "K2 <= H2"]).define(
        "Z[i,j] = sum(k1,k2) W[k1,k2] X[i+k1,j+k2]").define("D[i,j] = X[i,j+1] - X[i,j]", "D[H1,H2-1]")
    numbers = literal("W", w)
    sizes = {"K1": len(w), "K2": len(w[0])}
    exact = at_sizes(conv, sizes)
    d.given(f"The convolution of above with a filter of {len(w)} by {len(w[0])} weights:", exact[0], "The weights:",
            numbers, "Horizontal differences of the image, which may be any:", exact[1])
    z, differences = exact[0].tensor, exact[1].tensor
    read = conv["X"].substitute({conv.size(name): polynomial(value) for name, value in sizes.items()})
    i, j = (polynomial(Symbol(name)) for name in "ij")
    written = combination([(value, read[i + a, j + b]) for a, row in enumerate(w) for b, value in enumerate(row)])
    d.conclude(prove(z[i, j], written, [exact[0], numbers]), "write out the sum with these weights")
    partial = [[sum(row[:b + 1], Fraction(0)) for b in range(len(row))] for row in w]
    last = len(w[0]) - 1
    pieces = [(row[last], read[i + a, j + last]) for a, row in enumerate(partial)]
    pieces += [(-row[b], differences[i + a, j + b]) for a, row in enumerate(partial) for b in range(last)]
    d.conclude(prove(z[i, j], combination(pieces), [*exact, numbers]), "gather the differences of neighbours: "
               "summation by parts")
    return d
