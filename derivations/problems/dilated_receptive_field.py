"""The receptive field of dilated convolutions: its extent, its holes, and which kernels reach a given extent."""

import random
from itertools import product

from symcnn import Derivation, Layer, Validation, declare, induction, prove, specialize, steps
from symcnn.calculus import prove_text
from symcnn.entries import at_sizes, combination
from symcnn.errors import UsageError, WitnessError
from symcnn.notation.expression import Bracket, expression
from symcnn.notation.polynomial import Symbol, polynomial

parameters = {"extent": 7, "kernel": 3, "dilation": 1, "receptive_field": 7}
LARGEST = 200
"""Extents are listed up to this one."""


def derive(extent: int = 7, kernel: int = 3, dilation: int = 1, receptive_field: int = 7) -> Derivation:
    d = Derivation("The receptive field of dilated convolutions", "two layers reach 1 + d1(K1 − 1) + s1 d2(K2 − 1) "
                   "entries; when there are holes in between; all kernels and dilations of a given extent")
    for name, value in (("kernel", kernel), ("dilation", dilation)):
        if not 1 <= value <= LARGEST:
            raise UsageError(f"{name} is {value}; allowed: 1 to {LARGEST}")
    first = dilation * (kernel - 1) + 1
    for name, value, least in (("extent", extent, 2), ("receptive_field", receptive_field, first + 1)):
        if not least <= value <= LARGEST:
            raise UsageError(f"{name} is {value}; allowed: {least} to {LARGEST}")
    layers = two_layers("s1*i + d1*k1", "s2*o + d2*k2")
    d.given("Two dilated convolutions with kernel sizes $K_1$ and $K_2$, dilations $d_1$ and $d_2$ and strides $s_1$ "
            "and $s_2$, far from the border.", *layers.definitions)
    extents(d, layers)
    holes(d)
    pairs(d, "one layer", 1, 1, extent)
    pairs(d, "the second of two layers with stride 1", kernel, dilation, receptive_field)
    d.instance = f"general statements: all sizes; lists: extent {extent} and receptive field {receptive_field}"
    d.validate(by_enumeration)
    return d


def two_layers(first: str, second: str, sizes: str = "K1 K2 d1 d2 s1 s2") -> Layer:
    """Z reads Y, Y reads X; signals without end, so that nothing meets a border."""
    return declare(sizes, "X[0..] W[K1] V[K2]").define(f"Y[i] = sum(k1) W[k1] X[{first}]", "Y[0..]").define(
        f"Z[o] = sum(k2) V[k2] Y[{second}]", "Z[0..]")


def extents(d: Derivation, layers: Layer) -> None:
    """From the composed read: the first entry, the last one, and none outside."""
    reads = layers.equation("Z[o] = sum(k1,k2) V[k2] W[k1] X[s1*s2*o + s1*d2*k2 + d1*k1]").right
    within = layers.equation(
        "Z[o] = sum(k1,k2) V[k2] W[k1] X[s1*s2*o + s1*d2*k2 + d1*k1] "
        "[0 <= s1*d2*k2 + d1*k1, s1*d2*k2 + d1*k1 <= d1*(K1-1) + s1*d2*(K2-1)]").right
    d.show(*steps(layers.definition.left, [
        ("put the first layer into the second: its index $i = s_2 o + d_2 k_2$ becomes a read of $X$ at "
         "$s_1 s_2 o + s_1 d_2 k_2 + d_1 k_1$", reads),
        ("every read lies between the offsets 0 and $d_1(K_1-1) + s_1 d_2(K_2-1)$ from $s_1 s_2 o$", within)],
        layers.definitions), conclude=True)
    d.conclude(prove_text(layers, "∂Z[o]/∂X[s1*s2*o] = V[0] W[0]"),
               "the first of these entries counts, with the first two weights")
    d.conclude(prove_text(layers, "∂Z[o]/∂X[s1*s2*o + d1*(K1-1) + s1*d2*(K2-1)] = V[K2-1] W[K1-1]"),
               "so does the last, with the last two weights: no smaller window is enough")
    count = prove_text(layers, "sum(q=0..d1*(K1-1)+s1*d2*(K2-1)) 1 = 1 + d1*(K1-1) + s1*d2*(K2-1)")
    d.conclude(count, "the receptive field: count the entries from the first to the last")
    one = {layers.size("s1"): polynomial(1)}
    plain = specialize(count, one)
    d.conclude(prove(plain.left, layers.expression("1 + d1*(K1-1) + d2*(K2-1)")), "if the first layer has stride 1")
    single = prove(specialize(plain, {layers.size("K2"): polynomial(1)}).left, layers.expression("d1*(K1-1) + 1"))
    d.conclude(single, "and for one layer alone")


def holes(d: Derivation) -> None:
    """Where entries between the first and the last are not read; strides 1."""
    apart = two_layers("i + (a+2)*k1", "o + (b+2)*k2", "K1 K2 a>=0 b>=0")
    d.at_sizes(*apart.definitions)
    d.conclude(prove_text(apart, "∂Z[o]/∂X[o+1] = 0"), "holes: with strides $s_1 = s_2 = 1$, if both dilations are at "
               "least 2, $d_1 = a + 2$ and $d_2 = b + 2$, the second entry is never read",
               where="$s_1 = s_2 = 1$, $d_1 = a + 2$, $d_2 = b + 2$ with $a, b \\ge 0$")
    wide = two_layers("i + k1", "o + (K1+1+h)*k2", "K1 K2 h>=0")
    d.at_sizes(*wide.definitions)
    d.conclude(prove_text(wide, "∂Z[o]/∂X[o+K1] = 0"), "with strides $s_1 = s_2 = 1$, if $d_1 = 1$ and "
               "$d_2 = K_1 + 1 + h$ is larger than the first kernel, the entry behind the first $K_1$ is not read",
               where="$s_1 = s_2 = 1$, $d_1 = 1$, $d_2 = K_1 + 1 + h$ with $h \\ge 0$")
    names = declare("D", "n[0..,0..]")
    k, once = Symbol("k"), names.equation("n[k,q] = [q <= D*k - 1]")
    grows, starts = names.equation("n[k+1,q] = n[k,q] + [D*k <= q, q <= D*k + D - 1]"), names.equation("n[0,q] = 0")
    d.given("Blocks of $D$ offsets: $n[k, q]$ counts those of the first $k$ blocks that hold the offset $q$.",
            grows, starts)
    one = expression(1)
    d.conclude(induction([once], k, 0, [grows], [starts], [[(0, one)]], [[(0, one)]])[0],
               "no holes if $d_1 = 1$ and $d_2 = D \\le K_1$: by induction over $k$, every offset $q < D k$ lies in "
               "exactly one of the blocks $D k_2, \\ldots, D k_2 + D - 1$, and all of a block is read, since "
               "$D \\le K_1$. The other way round, $d_2 = 1$ and $d_1 \\le K_2$, the layers exchange their parts")


def pairs(d: Derivation, what: str, kernel: int, dilation: int, extent: int) -> None:
    """All kernel sizes K ≥ 2 and dilations with a given extent, and what each of them reads."""
    rest = extent - 1 - dilation * (kernel - 1)
    found = [(k, rest // (k - 1)) for k in range(2, rest + 2) if rest % (k - 1) == 0]
    names = declare("", "T[2..,1..]")
    size, step = (polynomial(Symbol(name)) for name in "Kd")
    every = names["T"][size, step] * Bracket((step * (size - 1) - rest,))
    listed = combination((1, names["T"][k, s] * Bracket((size - k, step - s))) for k, s in found)
    text = ", ".join(f"({k}, {s})" for k, s in found)
    before = "" if kernel == 1 else f" behind a layer with kernel size {kernel} and dilation {dilation}"
    d.conclude(prove(every, listed), f"{what}: for an extent of {extent}{before} it takes $d(K - 1) = {rest}$; of all "
               f"$K \\ge 2$ and $d \\ge 1$ exactly these pairs $(K, d)$ satisfy it: ${text}$; "
               "$T$ may hold anything, so the conditions are the same. Each of them is $(K_2, d_2)$ below")
    for k, s in found:
        layers = two_layers(f"i + {dilation}*k1", f"o + {s}*k2", "K1 K2")
        here = at_sizes(layers, {"K1": kernel, "K2": k})
        weights = [t.substitute({layers.size(n): polynomial(v)}) for t, n, v in (
            (layers["W"], "K1", kernel), (layers["V"], "K2", k))]
        u, o = Symbol("u"), Symbol("o")
        read = {dilation * a + s * b for a, b in product(range(kernel), range(k))}
        terms = [(1, weights[1][b] * weights[0][a] * Bracket((polynomial(u) - o - dilation * a - s * b,)))
                 for a, b in product(range(kernel), range(k))]
        influence = layers.equation("∂Z[o]/∂X[u] = 0").left
        missing = [q for q in range(extent) if q not in read]
        holes_text = f"not read: {', '.join(map(str, missing))}" if missing else "no holes"
        d.at_sizes(*here)
        if kernel * k <= 64:
            sizes = f"$K_1 = {kernel}$, $d_1 = {dilation}$, $K_2 = {k}$, $d_2 = {s}$, $s_1 = s_2 = 1$"
            d.tabulated(prove(influence, combination(terms), here),
                        f"{sizes}: the offsets $u - o$ that are read, and how; {holes_text}")


def by_enumeration(cases: int) -> Validation:
    """Extents and holes of random layers, from sets of offsets."""
    chance = random.Random(0)
    for _ in range(cases):
        k1, k2, d1, d2, s1 = (chance.randint(1, 5) for _ in range(5))
        read = {d1 * a + s1 * d2 * b for a, b in product(range(k1), range(k2))}
        if max(read) + 1 != 1 + d1 * (k1 - 1) + s1 * d2 * (k2 - 1):
            raise WitnessError(f"the extent of {k1}, {k2}, {d1}, {d2}, {s1} is {max(read) + 1}")
        full = len({d1 * a + d2 * b for a, b in product(range(k1), range(k2))}) == d1 * (k1 - 1) + d2 * (k2 - 1) + 1
        if min(k1, k2) > 1 and full != ((d1 == 1 and d2 <= k1) or (d2 == 1 and d1 <= k2)):
            raise WitnessError(f"the holes of {k1}, {k2}, {d1}, {d2} are not as stated")
    return Validation(("enumerated offsets",), cases, 0.0, "kernels, dilations and strides up to 5")
