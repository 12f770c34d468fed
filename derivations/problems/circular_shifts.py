"""Circular padding: shifting the input shifts every feature map and leaves the class scores as they are."""

from itertools import chain, product

import numpy as np

from symcnn import Claim, Derivation, Layer, Validation, declare, discharge, renamed, specialize
from symcnn.calculus import prove_text
from symcnn.errors import UsageError, WitnessError
from symcnn.kernel.rules import transitivity
from symcnn.kernel.theorem import Theorem
from symcnn.layers.convolution import OUTPUTS, numbered
from symcnn.notation.expression import Definition
from symcnn.notation.polynomial import polynomial

parameters = {"dims": 2}


def derive(dims: int = 2) -> Derivation:
    if dims not in (1, 2):
        raise UsageError(f"dims is {dims}; allowed: 1 or 2")
    d = Derivation("Shifts and circular padding", "a circular shift of the input shifts every feature map; after "
                   "global average pooling the class scores are the same: f(shifted x) = f(x)")
    d.given("Circular padding puts before and behind an axis what stands at its other end. Tensors are zero outside "
            "their axes, so a circular read of extent $H$ is the sum of three reads, at most one of which is inside; "
            "written as a matrix $E$ (and $D$ in the second convolution) of zeros and ones for each axis. "
            "The network: convolution, ReLU, convolution, ReLU, global average pooling, dense layer; a prime marks "
            "what it makes of the shifted input.", *network(dims).definitions)
    padded = network(dims)
    d.tabulated(prove_text(padded, circular(dims)), "padding $p$ before and $K - 1 - p$ behind each axis")
    scores: list[Theorem] = []
    for axis in range(dims):
        where = "" if dims == 1 else f" along axis {axis + 1}"
        before, after = "'" * axis, "'" * (axis + 1)
        d.given(f"A shift by $t$ with $0 \\le t < H${where}, of whatever tensor $T$ it may be:", shift("T", dims, axis))
        links = [lemma(d, dims, axis, kind, where) for kind in ("convolution", "relu")]
        other = {declared(dims).size(old): polynomial(declared(dims).size(new)) for old, new in SECOND_SIZES
                 if old in declared(dims).context.sizes}
        links += [renamed(specialize(link, other), {old + mark: new + mark for old, new in SECOND_NAMES
                                                    for mark in ("", "'")}) for link in links]
        links += [lemma(d, dims, axis, kind, where) for kind in ("pooling", "dense")]
        whole = links[0]
        for link in links[1:]:
            whole = discharge(whole, link)
        marks = {name + "'": name + after for name in NAMES} | {name: name + before for name in NAMES}
        whole = renamed(whole, marks) if axis else whole
        scores.append(whole)
        d.tabulated(whole, f"put the layers together: what one layer's theorem takes as given, the one before it has "
                           f"proved, so the class scores do not change under a shift{where}")
    result = scores[0]
    if dims == 2:
        result = transitivity(scores[1], scores[0])
        d.tabulated(result, "shift along one axis, then along the other")
    d.at_sizes(*(h for h in result.hypotheses if isinstance(h, Definition) and h.tensor.name[0] != "X"))
    d.conclude(result, "so every circular shift of the input leaves every class score as it is")
    conditions(d)
    counterexamples(d)
    d.validate(lambda cases: run_network(dims, cases))
    return d


NAMES = "XEPZUDQABGY"
# The second convolution: what the first one's names and sizes are called there.
SECOND_NAMES = "XPZUQABGY"
# The second convolution: what the first one's names and sizes are called there.
SECOND_NAMES = (*zip(("X", "E", "E1", "E2", "P", "Z", "U", "W", "b"), ("U", "D", "D1", "D2", "Q", "A", "B", "V", "r"),
                     strict=True),)
SECOND_SIZES = [("C", "M"), ("M", "N"), *((f"{old}{axis}", f"{new}{axis}") for old, new in ("KL", "pq")
                                          for axis in ("", 1, 2))]


def places(dims: int) -> str:
    return ",".join(OUTPUTS[:dims])


def declared(dims: int) -> Layer:
    """The names of the network, before and after the shift."""
    h, k, second, p, q, t = (numbered(stem, dims) for stem in "HKLpqt")
    limits = [f"{t[a]} <= {h[a]} - 1" for a in range(dims)]
    tensors = [f"{name}{mark}[{channels},{','.join(h)}]" for name, channels in zip("XZUABT", "CMMNNC", strict=True)
               for mark in ("", "'")]
    for kernel, before, channels, matrix, both in ((k, p, "C", "E", "P"), (second, q, "M", "D", "Q")):
        limits += [limit for a in range(dims) for limit in (f"{before[a]} <= {h[a]}",
                                                           f"{kernel[a]} - 1 - {before[a]} <= {h[a]}")]
        padded = [f"{h[a]} + {kernel[a]} - 1" for a in range(dims)]
        tensors += [f"{both}{mark}[{channels},{','.join(padded)}]" for mark in ("", "'")]
        tensors += [f"{name}[{padded[a]},{h[a]}]" for a, name in enumerate(numbered(matrix, dims))]
    weights = f"W[M,C,{','.join(k)}] b[M] V[N,M,{','.join(second)}] r[N] G[N] G'[N] F[O,N] c[O]"
    return declare(" ".join(["C M N O", *h, *k, *second, *(f"{name}>=0" for name in (*p, *q, *t))]),
                   " ".join([*tensors, weights]), limits)


def circles(dims: int, matrix: str = "E", before: str = "p") -> list[str]:
    """E[a, u] = 1 where the padded position a holds the entry u: a circular read, for every axis."""
    return [f"{name}[a,u] = [a-{p} = u] + [a-{p}+{h} = u] + [a-{p}-{h} = u]" for name, p, h in zip(
        numbered(matrix, dims), numbered(before, dims), numbered("H", dims), strict=True)]


def circular(dims: int) -> str:
    """The padded input as three reads for every axis."""
    reads = [[f"{i}-{p}{full}" for full in ("", f"+{h}", f"-{h}")] for i, h, p in zip(
        OUTPUTS, numbered("H", dims), numbered("p", dims), strict=False)]
    return f"P[n,{places(dims)}] = " + " + ".join(f"X[n,{','.join(read)}]" for read in product(*reads))


def lines(dims: int, mark: str = "") -> dict[str, list[str]]:
    """The formulas of each layer by its output; a convolution reads its padded input."""
    at, taps, inside = places(dims), ",".join(numbered("k", dims)), numbered("u", dims)
    window = ",".join(f"{i}+{k}" for i, k in zip(OUTPUTS, numbered("k", dims), strict=False))

    def convolution(z: str, x: str, matrix: str, both: str, w: str, b: str) -> list[str]:
        reads = " ".join(f"{name}[{i},{u}]" for name, i, u in zip(numbered(matrix, dims), OUTPUTS, inside,
                                                                  strict=False))
        return [f"{both}{mark}[n,{at}] = sum({','.join(inside)}) {reads} {x}{mark}[n,{','.join(inside)}]",
                f"{z}{mark}[m,{at}] = {b}[m] + sum(n,{taps}) {w}[m,n,{taps}] {both}{mark}[n,{window}]"]

    return {"Z": convolution("Z", "X", "E", "P", "W", "b"), "U": [f"U{mark}[m,{at}] = relu(Z{mark}[m,{at}])"],
            "A": convolution("A", "U", "D", "Q", "V", "r"), "B": [f"B{mark}[m,{at}] = relu(A{mark}[m,{at}])"],
            "G": [f"G{mark}[m] = 1/({'*'.join(numbered('H', dims))}) (sum({at}) B{mark}[m,{at}])"],
            "Y": [f"Y{mark}[o] = c[o] + sum(m) F[o,m] G{mark}[m]"]}


def network(dims: int) -> Layer:
    layer = declared(dims)
    for text in chain(circles(dims), circles(dims, "D", "q"), *lines(dims).values()):
        layer = layer.define(text)
    return layer


def shifted(tensor: str, dims: int, axis: int) -> str:
    """The two reads of a circular shift: T[n, i − t] + T[n, i − t + H]."""
    size, t = numbered("H", dims)[axis], numbered("t", dims)[axis]
    one, other = (",".join(f"{i}-{t}{full}" if a == axis else i for a, i in enumerate(OUTPUTS[:dims]))
                  for full in ("", f"+{size}"))
    return f"{tensor}[n,{one}] + {tensor}[n,{other}]"


def shift(tensor: str, dims: int, axis: int) -> Definition:
    return declared(dims).define(f"{tensor}'[n,{places(dims)}] = {shifted(tensor, dims, axis)}").definition


def lemma(d: Derivation, dims: int, axis: int, kind: str, where: str) -> Theorem:
    """One layer, whatever its input: if the input is shifted, so is the output; a mean does not change."""
    at, layer = places(dims), declared(dims)
    output, given, reason = {
        "convolution": ("Z", "X", f"a circular convolution commutes with the shift{where}"),
        "relu": ("U", "Z", "ReLU acts on every entry for itself; at every place one of the two reads is inside"),
        "pooling": ("G", "B", "the mean over all positions adds up the same entries in another order"),
        "dense": ("Y", "G", "the dense layer reads nothing but the means"),
    }[kind]
    input_line = "G'[n] = G[n]" if kind == "dense" else f"{given}'[n,{at}] = {shifted(given, dims, axis)}"
    layer = layer.define(input_line)
    if kind == "convolution":  # how the other axis is padded does not matter
        layer = layer.define(circles(dims)[axis])
    for mark in ("", "'"):
        for text in lines(dims, mark)[output]:
            layer = layer.define(text)
    claim = {"pooling": "G'[n] = G[n]", "dense": "Y'[n] = Y[n]"}.get(
        kind, f"{output}'[n,{at}] = {shifted(output, dims, axis)}")
    theorem = prove_text(layer, claim)
    d.tabulated(theorem, reason)
    return theorem


def conditions(d: Derivation) -> None:
    """Which padding makes the output as large as the input."""
    valid = declare("H K p>=0 q>=0", "", ["K <= H + p + q"])
    d.conclude(prove_text(valid, "(sum(i=0..H+p+q) [0 <= i, i + K - 1 <= H + p + q - 1]) - H = (p + q) - (K - 1)"),
               "the padding: $p$ entries before and $q$ after the axis leave $H + p + q - K + 1$ outputs; that is one "
               "period, $H$, exactly when $p + q = K - 1$. The read above has $q = K - 1 - p$, and both $p \\le H$ and "
               "$q \\le H$ are needed, since a longer padding would run around more than once")


def counterexamples(d: Derivation) -> None:
    """What fails: other padding, too many positions, and strides."""
    base = declare("H K h p>=0", "X[H] X'[H] W[K]")

    def mean(layer: Layer, of: str, count: str) -> Claim:
        layer = layer.define(f"G = 1/{count} (sum(i) {of}[i])").define(f"G' = 1/{count} (sum(i) {of}'[i])")
        return Claim(layer["G'"][()], layer["G"][()], layer.definitions, layer.assumptions)

    moved = base.define("X'[i] = X[i-1] + X[i-1+H]")
    zero, period = moved, moved
    for mark in ("", "'"):
        zero = zero.define(f"U{mark}[i] = relu(sum(k) W[k] X{mark}[i+k-p])", f"U{mark}[H]")
        period = period.define(f"U{mark}[i] = relu(X{mark}[i-1] + X{mark}[i-1+H])", f"U{mark}[H+1]")
    d.refute(mean(zero, "U", "H"), "zero padding: what is shifted beyond the border of the filter's reach is lost",
             {"H": 3, "K": 3, "p": 1}, {"X[2]": 1, "W[0]": 1})
    d.refute(mean(period, "U", "(H+1)"), "if $p + q = K$, there is one output too many: the positions are more than "
             "one period, so some entry is counted twice", {"H": 2}, {"X[0]": 1})

    even = declare("h r>=0", "X[2*h] X'[2*h]", ["r <= h - 1"])
    odd = even.define("X'[i] = X[i-1] + X[i-1+2*h]")
    strided, average, largest = odd, odd, odd
    for mark in ("", "'"):
        strided = strided.define(f"U{mark}[i] = X{mark}[2*i]", f"U{mark}[h]")
        average = average.define(f"P{mark}[i] = 1/2 X{mark}[2*i] + 1/2 X{mark}[2*i+1]", f"P{mark}[h]").define(
            f"U{mark}[i] = relu(P{mark}[i])", f"U{mark}[h]")
        largest = largest.define(f"U{mark}[i] = max(k=0..1) X{mark}[2*i+k]", f"U{mark}[h]")
    d.refute(mean(strided, "U", "h"), "a convolution with stride 2 and an odd shift: the mean is taken over the other "
             "half of the positions", {"h": 1}, {"X[0]": 1})
    d.refute(mean(average, "U", "h"), "average pooling with stride 2, then ReLU, and an odd shift: other neighbours "
             "share a window", {"h": 2}, {"X[0]": 1, "X[1]": -1})
    d.refute(mean(largest, "U", "h"), "max pooling with stride 2 and an odd shift",
             {"h": 2}, {"X[0]": 1, "X[1]": 1})
    pooled = even.define("X'[i] = X[i-2*r] + X[i-2*r+2*h]")
    for mark in ("", "'"):
        pooled = pooled.define(f"P{mark}[i] = 1/2 X{mark}[2*i] + 1/2 X{mark}[2*i+1]", f"P{mark}[h]")
    d.conclude(prove_text(pooled, "P'[i] = P[i-r] + P[i-r+h]"), "what is left with stride 2: for an even extent $2h$ a "
               "shift by an even number $2r$ shifts the pooled map by $r$, so then the class scores stay the same too")


def run_network(dims: int, cases: int) -> Validation:
    """The network in float64 with random weights, its input once as it is and once rolled."""
    chance = np.random.default_rng(0)
    worst = 0.0
    for _ in range(cases):
        extent, kernel = (tuple(chance.integers(low, high, dims).tolist()) for low, high in ((2, 6), (1, 4)))
        padding = [int(chance.integers(0, k)) for k in kernel]
        channels = chance.integers(1, 4, 3).tolist()
        weights = [chance.normal(size=(b, a, *kernel)) for a, b in zip(channels, channels[1:], strict=False)]
        x = chance.normal(size=(channels[0], *extent))
        rolled = np.roll(x, [int(chance.integers(0, h)) for h in extent], range(1, dims + 1))
        worst = max(worst, float(np.abs(pooled(rolled, weights, padding) - pooled(x, weights, padding)).max()))
    if worst > 1e-9:
        raise WitnessError(f"what the dense layer sees of a shifted input differs by {worst}")
    return Validation(("the network in float64",), cases, worst, "random sizes, channels and shifts")


def pooled(x: np.ndarray, weights: list[np.ndarray], padding: list[int]) -> np.ndarray:
    """Convolutions by rolled copies of the input, ReLU behind each, and the means of all channels."""
    for w in weights:
        total = np.zeros((len(w), *x.shape[1:]))
        for tap in np.ndindex(*w.shape[2:]):
            back = [p - k for p, k in zip(padding, tap, strict=True)]
            total += np.tensordot(w[(..., *tap)], np.roll(x, back, range(1, x.ndim)), 1)
        x = np.maximum(total, 0)
    return x.reshape(len(x), -1).mean(axis=1)
