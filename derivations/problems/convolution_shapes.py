"""Output shapes of convolution and pooling: the general formula, when it needs no floor, and two instances."""

from symcnn import Claim, Derivation, Theorem, layer, prove, specialize
from symcnn.counting import Count, Lemmas, entries, extent
from symcnn.errors import UsageError
from symcnn.kernel.rules import transitivity
from symcnn.layers.layer import Layer
from symcnn.notation.expression import Axis, Equation, expression
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial

parameters = {"batch": 10, "inputs": 3, "size": 32, "filters": 64, "kernel1": 3, "stride1": 1, "padding1": 1,
              "kernel2": 4, "stride2": 2, "padding2": 0}


def derive(batch: int, inputs: int, size: int, filters: int, kernel1: int, stride1: int, padding1: int, kernel2: int,
           stride2: int, padding2: int) -> Derivation:
    d = Derivation("Output shapes of convolution and pooling",
                   "the output extent in symbols, when it needs no floor, parameters F·C·K² + F; two instances")
    conv, pooling, i = square_convolution(), square_pooling(), Symbol("i")
    d.given("A convolution with $F$ filters of size $K \\times K$ over $C$ channels, stride $S$ and zero padding $P$ "
            "on every side, on $N$ images of $H \\times V$ pixels:", conv,
            "Pooling with a window of $K \\times K$ and stride $S$, without padding:", pooling)
    d.axes.clear()  # the extents are what is to be derived
    rows, columns = conv.definition.tensor.axes[2:]
    lemmas: Lemmas = {}
    outputs = {"rows": extent(rows, i, lemmas=lemmas), "columns": extent(columns, Symbol("j"), lemmas=lemmas)}
    d.conclude(outputs["rows"].theorem, "output rows: $i \\ge 0$ with $S i + K - 1 \\le H + 2P - 1$; their number is "
               "the one $O$ with $S (O - 1) \\le H + 2P - K < S O$, so "
               "$O = \\left\\lfloor (H + 2P - K) / S \\right\\rfloor + 1$; columns alike")
    stepped = extent(rows, i, weight=conv.polynomial("S"), lemmas=lemmas)
    d.conclude(without_floor(stepped, rows), "if $S$ divides $H + 2P - K$, that is if $S (O - 1) = H + 2P - K$, then "
               "no floor is needed: $S O = H + 2P - K + S$, so $O = (H + 2P - K) / S + 1$")
    d.refute(Claim(stepped.expression, expression(reach(rows) + rows.coefficient), (), conv.assumptions),
             "a careless statement: $S O = H + 2P - K + S$ always", {"H": 2, "K": 1, "P": 0, "S": 2})
    d.conclude(extent(pooling.definition.tensor.axes[2], i, lemmas=lemmas).theorem,
               "output rows of pooling: likewise with $P = 0$, "
               "$O = \\left\\lfloor (H - K) / S \\right\\rfloor + 1$; there are as many channels as before")
    weights, biases = (entries(conv[name]) for name in ("W", "b"))
    learned = prove(weights.expression + biases.expression, expression(conv.polynomial("F*C*K^2 + F")))
    d.conclude(learned, "parameters: one for every index of $W$ and of $b$, whatever the size of the image")
    for kernel, stride, padding in ((kernel1, stride1, padding1), (kernel2, stride2, padding2)):
        sizes = at_numbers(conv, N=batch, C=inputs, F=filters, H=size, V=size, K=kernel, S=stride, P=padding)
        name = f"$K = {kernel}$, $S = {stride}$, $P = {padding}$"
        for what, count in outputs.items():
            d.conclude(count.instance(sizes), f"{name}: output {what}")
        d.conclude(specialize(learned, {s: polynomial(v) for s, v in sizes.items()}), f"{name}: parameters")
        shape = " \\times ".join(str(len(a.indices(sizes))) for a in conv.definition.tensor.axes)
        d.note(f"{name}: the output has the shape ${shape}$ (samples, channels, rows, columns).")
    d.instance = "in symbols: all sizes; numbers: the two instances"
    return d


def reach(axis: Axis) -> Polynomial:
    """The largest multiple of the stride times an index may have, H + 2P − K."""
    assert axis.upper is not None
    return axis.upper


def without_floor(stepped: Count, axis: Axis) -> Theorem:
    """⊢ Σ_i S = H + 2P − K + S, given S(O − 1) = H + 2P − K."""
    (outputs,) = stepped.extents.values()
    divides = Equation(expression(axis.coefficient * (polynomial(outputs) - 1)), expression(reach(axis)))
    return transitivity(stepped.theorem, prove(stepped.theorem.right, expression(reach(axis) + axis.coefficient),
                                               using=[(divides, expression(1))]))


def at_numbers(conv: Layer, **values: int) -> dict[Symbol, int]:
    """The sizes with their values; UsageError for one that is too small or a kernel that does not fit."""
    sizes = {conv.size(name): value for name, value in values.items()}
    for size, value in sizes.items():
        if value < (size.lower or 0):
            raise UsageError(f"{size.name} is {value}; allowed: whole numbers from {size.lower} on")
    if any(a.evaluate(sizes) < 0 for a in conv.assumptions):
        raise UsageError(f"a kernel of size {values['K']} does not fit {values['H']} pixels with padding "
                         f"{values['P']}; allowed: 1 to {values['H'] + 2 * values['P']}")
    return sizes


def square_convolution() -> Layer:
    """Z[l,f,i,j] = b[f] + Σ W[f,n,k1,k2] X[l,n,S·i+k1−P,S·j+k2−P], with K, S and P alike on both axes."""
    return layer("Z[l,f,i,j] = b[f] + sum(n,k1,k2) W[f,n,k1,k2] X[l,n,S*i+k1-P,S*j+k2-P]", "N C F H V K S P>=0",
                 "X[N,C,H,V] W[F,C,K,K] b[F]", {"X": ["0", "0", "P", "P"]}, ["K <= H + 2*P", "K <= V + 2*P"])


def square_pooling() -> Layer:
    """Z[l,n,i,j] = max X[l,n,S·i+k1,S·j+k2] over K×K places, without padding."""
    return layer("Z[l,n,i,j] = max(k1=0..K-1, k2=0..K-1) X[l,n,S*i+k1,S*j+k2]", "N C H V K S", "X[N,C,H,V]",
                 assume=["K <= H", "K <= V"])
