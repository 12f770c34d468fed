"""A 2 by 2 filter on a small image: every entry, the extremes, and why it answers to horizontal differences."""

from fractions import Fraction

import numpy as np

from symcnn import Derivation, declare, engine, prove, specialize, validate_entries
from symcnn.calculus import prove_text
from symcnn.entries import at_sizes, combination, proved_entries
from symcnn.errors import UsageError
from symcnn.kernel.theorem import Theorem
from symcnn.latex.write import latex
from symcnn.layers.data import literal, matrix, number_latex, table
from symcnn.notation.expression import Equation, Range, Sum, expression
from symcnn.notation.polynomial import Symbol, polynomial

parameters = {"image": "0 0 0 0 0; 0 3 3 3 0; 0 3 3 3 0; 0 3 2 3 0; 0 3 2 3 0; 0 0 0 0 0", "weights": "1 -1; 1 -1"}


def derive(image: str = parameters["image"], weights: str = parameters["weights"]) -> Derivation:
    d = Derivation("A filter of horizontal differences", "output size, all entries of Z with its extremes and zeros, "
                   "and Z as a sum of horizontal differences of X")
    x, w = matrix("image", image), matrix("weights", weights)
    sizes = {"H1": len(x), "H2": len(x[0]), "K1": len(w), "K2": len(w[0])}
    if sizes["K1"] > sizes["H1"] or sizes["K2"] > sizes["H2"]:
        raise UsageError(f"weights is {sizes['K1']} by {sizes['K2']}, larger than the image of {sizes['H1']} by "
                         f"{sizes['H2']}; no valid position is left")
    conv = declare("H1 H2 K1 K2", "X[H1,H2] W[K1,K2]", ["K1 <= H1", "K2 <= H2"]).define(
        "Z[i,j] = sum(k1,k2) W[k1,k2] X[i+k1,j+k2]")
    data = (literal("X", x), literal("W", w))
    d.given("A convolution without padding (cross-correlation), with indices from 0: only those positions where every "
            "weight meets an entry of $X$.", conv, "The general statements hold for every $X$ and $W$; the numbers "
            "are for these:", *data)

    taps = tuple(Range(Symbol(f"k{a}")) for a in (1, 2))
    body = conv.definition.body
    assert isinstance(body, Sum)
    everywhere = Sum(taps, body.body)
    d.tabulated(prove(conv.definition.left, everywhere, conv.definitions, conv.assumptions),
               "the index range of $W$: $0 \\le k_1 < K_1$ and $0 \\le k_2 < K_2$; outside of it $W$ is zero, so the "
               "sum over all integers is the same")
    values = {conv.size(name): polynomial(value) for name, value in sizes.items()}
    for axis, index, name in ((1, "i", "rows"), (2, "j", "columns")):
        met = prove_text(conv, f"sum(k{axis}=0..K{axis}-1) [0 <= {index} + k{axis}, {index} + k{axis} <= H{axis} - 1]"
                               f" = K{axis}", ranges=[(index, conv["Z"].axes[axis - 1])])
        d.tabulated(met, f"{name}: for every $0 \\le {index} \\le H_{axis} - K_{axis}$ all $K_{axis}$ weights meet an "
                         "entry of $X$; for any other the first or the last does not")
        count = prove_text(conv, f"sum({index}=0..H{axis}) [0 <= {index}, {index} + K{axis} - 1 <= H{axis} - 1] "
                                 f"= H{axis} - K{axis} + 1")
        d.tabulated(count, f"count the {name} at which the first and the last weight meet an entry of $X$")
        outputs = sizes[f"H{axis}"] - sizes[f"K{axis}"] + 1
        d.conclude(prove(specialize(count, values).left, expression(outputs)), f"so here {outputs} {name}")

    fixed = {conv.size(f"K{a}"): values[conv.size(f"K{a}")] for a in (1, 2)}
    kernel = at_sizes(conv, {"K1": sizes["K1"], "K2": sizes["K2"]})
    d.at_sizes(*kernel)
    z, read = kernel[0].tensor, conv["X"].substitute(fixed)
    i, j = (polynomial(Symbol(name)) for name in "ij")
    written = combination([(value, read[i + a, j + b]) for a, row in enumerate(w) for b, value in enumerate(row)])
    d.conclude(prove(z[i, j], written, [*kernel, data[1]]),
               "write out the sum with these weights, for every $X$ of any size")

    here = (*at_sizes(conv, sizes), *data)
    d.at_sizes(*here)
    entries = proved_entries(here[0].tensor, here)
    d.conclude(entries, "put in the numbers: all entries of $Z$")
    d.validate(lambda cases: validate_entries(entries, _by_engine(x, w)))
    rows = table(_equation(entries)) or []
    found = sorted({value for row in rows for value in row})
    names = conv.context.with_tensor(here[0].tensor)
    for symbol, what, value, text in (("A", "maximum", found[-1], f"{found[-1]} - Z[i,j]"),
                                      ("B", "minimum", found[0], f"Z[i,j] - ({found[0]})")):
        gap, number = names.define(f"{symbol}[i,j] = {text}").definitions[-1], number_latex(value)
        d.conclude(proved_entries(gap.tensor, (*here, gap)),
                   f"the {what} is ${number}$: the entries of ${latex(gap.equation)}$ are at least 0, and 0 exactly "
                   f"where $Z$ is ${number}$, at {_places(rows, value)}")
        d.at_sizes(gap)
    d.note(f"Read from the table: $Z$ is 0 at {_places(rows, Fraction(0))}.")

    parts = conv.define("D[i,j] = X[i,j+1] - X[i,j]", "D[H1,H2-1]").define(
        "S[k1,k2] = sum(l=0..k2) W[k1,l]", "S[K1,K2]")
    d.given("Horizontal differences $D$ of the image, and partial sums $S$ of the rows of weights:",
            *parts.definitions[1:])
    summed = prove_text(parts, "Z[i,j] = sum(k1) S[k1,K2-1] X[i+k1,j+K2-1] "
                               "- sum(k1,k2=0..K2-2) S[k1,k2] D[i+k1,j+k2]")
    d.tabulated(summed, "why: summation by parts along the rows of weights, for every $X$, $W$ and all sizes; a row of "
               "weights that adds up to 0 leaves only differences of neighbours")
    exact = at_sizes(parts, {"K1": sizes["K1"], "K2": sizes["K2"]})
    d.at_sizes(*exact)
    partial = [[sum(row[:b + 1], Fraction(0)) for b in range(len(row))] for row in w]
    differences = exact[1].tensor
    last = sizes["K2"] - 1
    pieces = [(row[last], read[i + a, j + last]) for a, row in enumerate(partial)]
    pieces += [(-row[b], differences[i + a, j + b]) for a, row in enumerate(partial) for b in range(last)]
    d.conclude(prove(z[i, j], combination(pieces), [*exact, data[1]]), "with these weights, for every $X$ of any size")
    d.instance = "general statements: all sizes; entries, extremes and zeros: this image"
    return d


def _equation(theorem: Theorem) -> Equation:
    assert isinstance(theorem.statement, Equation)
    return theorem.statement


def _places(rows: list[list[Fraction]], value: Fraction) -> str:
    """The places of a value, as (row, column) from 0."""
    found = [f"$({i}, {j})$" for i, row in enumerate(rows) for j, entry in enumerate(row) if entry == value]
    return ", ".join(found) or "no place"


def _by_engine(x: list[list[Fraction]], w: list[list[Fraction]]) -> np.ndarray:
    return engine.conv(np.array(x, dtype=object)[None, None], np.array(w, dtype=object)[None, None])[0, 0]
