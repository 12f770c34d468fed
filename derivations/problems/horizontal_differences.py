"""A 2 by 2 filter on a small image: the size of the output, every entry, and the extremes."""

from fractions import Fraction

import numpy as np

from symcnn import Derivation, declare, engine, prove, specialize, validate_entries
from symcnn.calculus import prove_text
from symcnn.entries import at_sizes, proved_entries
from symcnn.errors import UsageError
from symcnn.kernel.theorem import Theorem
from symcnn.latex.write import latex
from symcnn.layers.data import literal, matrix, number_latex, table
from symcnn.notation.expression import Equation, Range, Sum, expression
from symcnn.notation.polynomial import Symbol, polynomial

parameters = {"image": "0 0 0 0 0; 0 3 3 3 0; 0 3 3 3 0; 0 3 2 3 0; 0 3 2 3 0; 0 0 0 0 0", "weights": "1 -1; 1 -1"}


def derive(image: str = parameters["image"], weights: str = parameters["weights"]) -> Derivation:
    d = Derivation("A small filter on a small image", "output size, all entries of Z with its extremes and zeros")
    x, w = matrix("image", image), matrix("weights", weights)
    sizes = {"H1": len(x), "H2": len(x[0]), "K1": len(w), "K2": len(w[0])}
    if sizes["K1"] > sizes["H1"] or sizes["K2"] > sizes["H2"]:
        raise UsageError(f"weights is {sizes['K1']} by {sizes['K2']}, larger than the image of {sizes['H1']} by "
                         f"{sizes['H2']}; no valid position is left")
    conv = declare("H1 H2 K1 K2", "X[H1,H2] W[K1,K2]", ["K1 <= H1", "K2 <= H2"]).define(
        "Z[i,j] = sum(k1,k2) W[k1,k2] X[i+k1,j+k2]")
    data = (literal("X", x), literal("W", w))
    d.given("A convolution without padding (cross-correlation), with indices from 0: only those positions where every "
            "weight meets an entry of $X$. The filter is no larger than the image: $K_1 \\le H_1$ and $K_2 \\le H_2$.",
            conv, "The general statements hold for every $X$ and $W$; the numbers are for these:", *data)

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
