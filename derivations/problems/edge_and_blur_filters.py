"""What an edge filter does not see, and what a blur filter does to constants: products of two profiles."""

from fractions import Fraction

import numpy as np

from symcnn import Claim, Derivation, Layer, declare, prove, validate_entries
from symcnn.calculus import prove_text
from symcnn.entries import at_sizes, combination, proved_entries
from symcnn.errors import UsageError
from symcnn.layers.data import literal, number_latex, vector
from symcnn.notation.expression import Bracket, expression
from symcnn.notation.polynomial import Symbol, polynomial

parameters = {"edge": "-1 0 1", "blur": "1 2 1", "padding": 1}
i, j = (polynomial(Symbol(name)) for name in "ij")


def derive(edge: str = "-1 0 1", blur: str = "1 2 1", padding: int = 1) -> Derivation:
    d = Derivation("Edge and blur filters", "a vertical-edge filter does not see horizontal edges, except at a padded "
                   "border; a blur filter divided by its gain keeps constants, and is two one-dimensional passes")
    e, g = vector("edge", edge), vector("blur", blur)
    if sum(e):
        raise UsageError(f"edge adds up to {sum(e)}; allowed: weights that add up to 0, as in '-1 0 1'")
    if not sum(g):
        raise UsageError("blur adds up to 0, so no factor makes it keep constants; allowed: another sum, as in '1 2 1'")
    if not 0 <= padding < len(e):
        raise UsageError(f"padding is {padding}; allowed: 0 to {len(e) - 1}, less than the width of the edge filter")
    d.given("A filter that is the product of two profiles, $u[a]$ down the rows and $e[b]$ along the columns; "
            "cross-correlation without padding.")
    edges(d, e)
    border(d, e, padding)
    blurs(d, g)
    d.instance = "all sizes, with these profiles"
    return d


def filters(output: str, image: str, formula: str = "", padding: int | str = 0) -> Layer:
    """The product filter on an image, which may have a formula of its own."""
    names = declare("H1 H2 K1 K2 p>=0", f"{image}[H1,H2] u[K1] e[K2] r[H1] c[H2]",
                    [f"K1 <= H1 + 2*{padding}", f"K2 <= H2 + 2*{padding}"])
    names = names.define(f"{image}[i,j] = {formula}") if formula else names
    return names.define(f"{output}[i,j] = sum(a,b) u[a] e[b] {image}[i+a-{padding},j+b-{padding}]",
                        padding={image: [str(padding)] * 2})


def edges(d: Derivation, e: list[Fraction]) -> None:
    """Inside of the image."""
    rows, columns, given = filters("Z", "R", "r[i]"), filters("V", "C", "c[j]"), literal("e", e)
    d.given("An image $R$ with horizontal edges only: every row is constant.", *rows.definitions)
    d.tabulated(prove_text(rows, "Z[i,j] = (sum(b) e[b]) (sum(a) u[a] r[i+a])"),
                "the image does not depend on the column, so the sum of $e$ is a factor, for all sizes and profiles")
    balanced, rest = rows.equation("sum(b) e[b] = 0"), rows.equation("r[i] = sum(a) u[a] r[i+a]").right
    d.conclude(prove_text(rows, "Z[i,j] = 0", [(balanced, rest)]),
               "a filter whose $e$ adds up to 0 does not respond to horizontal edges, wherever it lies in the image")
    d.given("An image $C$ with vertical edges only: every column is constant.", *columns.definitions,
            "The profile of the edge filter:", given)
    flat, upright = (at_sizes(layer, {"K2": len(e)}) for layer in (rows, columns))
    d.at_sizes(*flat, *upright)
    d.conclude(prove(flat[1].tensor[i, j], expression(0), [*flat, given]), "this profile adds up to 0: no response")
    seen = columns.expression("sum(a) u[a]") * combination((v, columns["c"][j + b]) for b, v in enumerate(e))
    d.conclude(prove(upright[1].tensor[i, j], seen, [*upright, given]), "to vertical edges the filter does respond")


def border(d: Derivation, e: list[Fraction], padding: int) -> None:
    """Zero padding makes an edge of the border."""
    rows, given = filters("P", "R", "r[i]", "p"), literal("e", e)
    d.given("The filter on $R$ with zero padding $p$:", rows.definition)
    d.tabulated(prove_text(rows, "P[i,j] = (sum(b) e[b] [0 <= j+b-p, j+b-p <= H2-1]) (sum(a) u[a] r[i+a-p])"),
                "with zero padding only the weights that meet the image count, for all sizes, profiles and paddings")
    here = at_sizes(rows, {"K2": len(e), "p": padding})
    d.at_sizes(*here)
    missing = [(-v, Bracket((), (padding - 1 - b - j,))) for b, v in enumerate(e) if b < padding]
    missing += [(-v, Bracket((), (j + b - padding - rows.size("H2"),))) for b, v in enumerate(e)
                if b >= len(e) - padding]
    column = rows.equation(f"r[i] = sum(a) u[a] r[i+a-{padding}]").right
    reason = (f"horizontal edges and a border with padding $p = {padding}$: the columns beside it see the border "
              "itself as an edge, all others give 0" if padding else "with $p = 0$ there is no border to see")
    d.conclude(prove(here[1].tensor[i, j], combination(missing) * column, [*here, given]), reason,
               where=f"$p = {padding}$")


def blurs(d: Derivation, g: list[Fraction]) -> None:
    """Gain, normalisation and separation."""
    names = declare("H1 H2 K1 K2", "X[H1,H2] T[H1,H2] g[K1] h[K2] t", ["K1 <= H1", "K2 <= H2"])
    blur = names.define("B[i,j] = sum(a,b) g[a] h[b] X[i+a,j+b]").define("Y[i,j] = sum(b) h[b] X[i,j+b]")
    d.given("A blur filter is a product, too:", blur.definitions[0], "A pass along the columns alone:",
            blur.definition)
    d.conclude(prove_text(blur, "B[i,j] = sum(a) g[a] Y[i+a,j]"), "separable: first along the columns, then down the "
               "rows gives the same, with $K_1 + K_2$ instead of $K_1 K_2$ weights; for all sizes and profiles")
    constant = names.define("T[i,j] = t").define("G[i,j] = sum(a,b) g[a] h[b] T[i+a,j+b]")
    d.given("A constant image, blurred:", *constant.definitions)
    d.tabulated(prove_text(constant, "G[i,j] = (sum(a) g[a]) (sum(b) h[b]) t"), "the gain of a constant is the sum of "
                "all weights, which is the product of the two sums")
    profiles = (literal("g", g), literal("h", g))
    size = {"K1": len(g), "K2": len(g)}
    here = at_sizes(constant, size)
    weights = at_sizes(declare("K1 K2", "g[K1] h[K2]").define("W[a,b] = g[a] h[b]"), size)
    d.given("The profiles of the blur filter, and its weights:", *profiles, *weights)
    d.at_sizes(*here)
    table = proved_entries(weights[0].tensor, (*weights, *profiles))
    d.conclude(table, "the weights of the filter")
    d.validate(lambda cases: validate_entries(table, np.outer(np.array(g), np.array(g)), "NumPy's outer product"))
    gain, t, response = sum(g) ** 2, names["t"][()], here[1].tensor[i, j]
    d.conclude(prove(response, expression(gain) * t, [*here, *profiles]), f"the gain is ${number_latex(gain)}$")
    d.conclude(prove(expression(1 / gain) * response, t, [*here, *profiles]), f"divided by ${number_latex(gain)}$ the "
               "filter keeps constants as they are, wherever it lies in the image")
    padded = names.define("T[i,j] = t").define("Q[i,j] = sum(a,b) g[a] h[b] T[i+a-1,j+b-1]",
                                               padding={"T": ["1", "1"]})
    if sum(g[1:]) ** 2 != gain:
        corner = at_sizes(padded, size)
        d.refute(Claim(corner[1].tensor[i, j], expression(gain) * t, (*corner, *profiles)),
                 "a careless statement: with zero padding, too; beyond the border there are zeros, not the constant",
                 {"H1": len(g), "H2": len(g)}, {"t": 1}, {"i": 0, "j": 0})
