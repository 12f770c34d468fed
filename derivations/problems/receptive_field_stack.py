"""The receptive field of stacked convolutions, and what a pooling layer in between does to it and to the cost."""

import random
from itertools import product

from symcnn import Claim, Derivation, Layer, Theorem, Validation, declare, induction, prove
from symcnn.calculus import prove_text
from symcnn.errors import UsageError, WitnessError
from symcnn.notation.expression import Bracket, Equation, Expression, expression
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import substitute

parameters = {"kernel": 3, "before": 2, "pooling": 2, "after": 2}
LARGEST = 1000
ONE = expression(1)


def derive(kernel: int = 3, before: int = 2, pooling: int = 2, after: int = 2) -> Derivation:
    for name, value, least in (("kernel", kernel, 1), ("before", before, 0), ("pooling", pooling, 1),
                               ("after", after, 0)):
        if not least <= value <= LARGEST:
            raise UsageError(f"{name} is {value}; allowed: {least} to {LARGEST}")
    d = Derivation("The receptive field of a stack", "L layers of kernel size K: 1 + L(K − 1); behind a pooling of "
                   "stride p every layer adds p(K − 1); a 2 × 2 pooling leaves a quarter of the multiplications")
    one_more_layer(d)
    stack(d)
    pooled(d, kernel, before, pooling, after)
    careless(d)
    cost(d)
    d.instance = (f"all sizes; last: {before} layers of kernel size {kernel}, pooling {pooling}, {after} layers")
    d.validate(by_enumeration)
    return d


def one_more_layer(d: Derivation) -> None:
    """The window of a layer from the window of the layer before, by putting one read into the other."""
    layers = declare("R K j s", "X[0..] V[R] W[K]").define("Y[i] = sum(a) V[a] X[j*i+a]", "Y[0..]").define(
        "Z[o] = sum(k) W[k] Y[s*o+k]", "Z[0..]").define("U[b] = sum(k) W[k] V[b-j*k]", "U[R+(K-1)*j]")
    d.given("Entry $i$ of a layer $Y$ depends on a window of $R$ entries of the input $X$, from $j\\,i$ on, with some "
            "weights $V$; $j$ is the jump of the window from one entry to the next. (An activation in between acts on "
            "every entry for itself and changes neither $R$ nor $j$.) One more convolution has kernel size $K$ and "
            "stride $s$; far from the border.", *layers.definitions[:2])
    d.given("Its weights on the input:", layers.definition)
    d.conclude(prove_text(layers, "Z[o] = sum(b) U[b] X[s*j*o+b]"),
               "put one read into the other: the window of $Z$ has $R + (K-1)j$ entries, from $s j\\,o$ on, so its "
               "jump is $s j$; for all sizes")
    d.conclude(prove_text(layers, "U[0] = W[0] V[0]"), "the first entry of this window counts")
    d.conclude(prove_text(layers, "U[R+(K-1)*j-1] = W[K-1] V[R-1]"), "so does the last: no smaller window is enough")


def recurrences(sizes: str = "K j R L") -> tuple[Layer, Equation, Equation]:
    """The extent r after l layers at the jump j, from R on."""
    names = declare(sizes, "r[0..]")
    return names, names.equation("r[l+1] = r[l] + (K-1)*j"), names.equation("r[0] = R")


def stack(d: Derivation) -> None:
    """Layers with stride 1 keep the jump."""
    names, grows, starts = recurrences()
    d.given("So with stride 1, which keeps the jump $j$, the extent $r[l]$ after $l$ more layers follows from the "
            "extent $R$ before them by", grows, starts)
    k = Symbol("l")
    d.conclude(induction([names.equation("r[l] = R + l*(K-1)*j")], k, 0, [grows], [starts], [[(0, ONE)]],
                         [[(0, ONE)]])[0], "by induction over the number of layers $l$")
    first = {names.size("R"): polynomial(1), names.size("j"): polynomial(1)}
    whole = [at(e, first) for e in (grows, starts)]
    result = names.equation("r[L] = L*(K-1) + 1")
    d.conclude(prove(result.left, result.right, using=telescoped(whole, names.size("L"))),
               "from the input on ($R = 1$, $j = 1$): $L$ layers of kernel size $K$ with stride 1")


def telescoped(equations: list[Equation], count: Polynomial | Symbol) -> list[tuple[Equation, Expression]]:
    """A recurrence in l added up over l = 0 … count − 1, and its start."""
    steps, start = equations
    return [(steps, Bracket((), (polynomial(count) - polynomial(Symbol("l")) - 1,))), (start, ONE)]


def at(equation: Equation, values: dict[Symbol, Polynomial]) -> Equation:
    return Equation(substitute(equation.left, values), substitute(equation.right, values))


def behind_pooling(sizes: dict[str, int] | None = None) -> Theorem:
    """t[N]: L layers, a pooling of size and stride p, N layers; with numbers for some or all of these."""
    names = declare("K p L>=0 N>=0", "r[0..] t[0..]")
    values = {names.size(name): polynomial(value) for name, value in (sizes or {}).items()}
    lines = [names.equation(text) for text in (
        "r[l+1] = r[l] + (K-1)", "r[0] = 1", "t[0] = r[L] + (p-1)", "t[l+1] = t[l] + (K-1)*p")]
    grows, starts, pool, later = (at(e, values) for e in lines)
    counts = [polynomial(names.size(name)).substitute(values) for name in "LN"]
    using = [*telescoped([grows, starts], counts[0]), (pool, ONE), telescoped([later, starts], counts[1])[0]]
    claim = at(names.equation("t[N] = 1 + L*(K-1) + (p-1) + N*(K-1)*p"), values)
    right = claim.right
    if sizes:
        number = 1 + sizes["L"] * (sizes["K"] - 1) + (sizes["p"] - 1) + sizes["N"] * (sizes["K"] - 1) * sizes["p"]
        right = expression(number)
    return prove(claim.left, right, using=using)


def pooled(d: Derivation, kernel: int, before: int, pooling: int, after: int) -> None:
    """L layers, pooling, N layers."""
    d.conclude(behind_pooling(), "$L$ layers, a pooling of size and stride $p$, $N$ layers: the pooling has jump 1 "
               "before it, so it adds $p - 1$, and behind it the jump is $p$, so every later layer adds $(K-1)p$; $r$ "
               "is the extent before the pooling, $t$ behind it")
    d.conclude(behind_pooling({"K": kernel, "p": pooling, "L": before, "N": after}),
               f"here: {before} layers of kernel size {kernel}, pooling of size and stride {pooling}, {after} layers")


def careless(d: Derivation) -> None:
    """Rules of thumb that fail."""
    names = declare("K j R p s", "")
    d.refute(Claim(names.expression("R + (K-1)*j"), names.expression("R + 2")), "a careless statement: every "
             "$3 \\times 3$ layer adds 2; not behind a pooling, where the jump is 2", {"K": 3, "R": 6, "j": 2})
    d.refute(Claim(names.expression("p*(K-1) + p"), names.expression("K + (p-1)")), "a careless use of "
             "$R \\to s(R - 1) + k$: run from the input on, a convolution and then a pooling of size and stride $p$ "
             "give $p(K-1) + p$; the window of the pooling covers $K + p - 1$ entries", {"K": 3, "p": 2})
    d.conclude(prove(names.expression("1*(p - 1) + K"), names.expression("K + (p-1)*1")), "run from the output back to "
               "the input, the rule is right: the pooling first ($R = p$), then the convolution of stride 1; it is "
               "the composition above, read from its other end")


def cost(d: Derivation) -> None:
    """A convolution that keeps its size, on even height and width, before and behind 2×2 pooling."""
    names = declare("h w K C M", "")

    def multiplications(rows: str, columns: str) -> str:
        return (f"sum(m=0..M-1, i=0..{rows}-1, j=0..{columns}-1, n=0..C-1, a=0..K-1, b=0..K-1) 1")

    d.given("Cost: a convolution with as many output as input positions, $C$ input and $M$ output channels, makes one "
            "multiplication for each output entry, input channel and tap.")
    d.conclude(prove_text(names, f"{multiplications('2*h', '2*w')} = 4*h*w*M*C*K*K"), "on $2h \\times 2w$ positions")
    d.conclude(prove_text(names, f"{multiplications('2*h', '2*w')} = 4*({multiplications('h', 'w')})"),
               "behind a $2 \\times 2$ pooling with stride 2 there are $h \\times w$: a quarter of the multiplications")


def by_enumeration(cases: int) -> Validation:
    """Windows of random stacks, from sets of offsets."""
    chance = random.Random(0)
    for _ in range(cases):
        kernel, before, pooling, after = (chance.randint(1, 4), chance.randint(0, 3), chance.randint(1, 4),
                                          chance.randint(0, 3))
        read = {0}
        for size, stride in [(kernel, 1)] * after + [(pooling, pooling)] + [(kernel, 1)] * before:
            read = {stride * at + k for at, k in product(read, range(size))}
        extent = 1 + before * (kernel - 1) + pooling - 1 + after * (kernel - 1) * pooling
        if read != set(range(extent)):
            raise WitnessError(f"the window of {kernel}, {before}, {pooling}, {after} is {sorted(read)}")
    return Validation(("enumerated offsets",), cases, 0.0, "up to three layers on each side")
