"""Backpropagation through any number of layers: the gradients for every A_ℓ and b_ℓ."""

from symcnn import Claim, Derivation, Theorem, declare, gradient, prove, specialize, steps, validate_definition
from symcnn.calculus import Line
from symcnn.kernel.induction import over_size
from symcnn.kernel.rules import transitivity
from symcnn.layers import Layer
from symcnn.layers.deep import deep_network
from symcnn.notation.expression import Axis, Definition, Equation, Expression
from symcnn.notation.polynomial import Symbol, polynomial

parameters = {"depth": 3}


def derive(depth: int) -> Derivation:
    d = Derivation("Backpropagation through any number of layers",
                   "∂J/∂b_ℓ = δ_ℓ and ∂J/∂A_ℓ = δ_ℓ y_{ℓ−1}ᵀ with δ_L = y_L − t, δ_ℓ = σ′(z_ℓ) ⊙ A_{ℓ+1}ᵀ δ_{ℓ+1}")
    straight = with_deltas(deep_network(depth), depth)
    one_layer(d)
    chain(d)
    d.given(f"Third, {depth} layers of widths $N_0, \\dots, N_{{{depth}}}$, each formula written out:", straight)
    for n in range(depth, 0, -1):
        for text in (f"∂J/∂b{n}[i] = delta{n}[i]", f"∂J/∂A{n}[i,j] = delta{n}[i] y{n - 1}[j]"):
            d.conclude(prove(*sides(straight.equation(text)), straight.definitions),
                       f"depth {depth}, layer {n}: differentiate the formulas themselves, without the chain rule for "
                       "layers; the same result")
    careless(d)
    for name, indices, text in (("A1", "ij", "∂J/∂A1[i,j] = delta1[i] y0[j]"), ("b1", "i", "∂J/∂b1[i] = delta1[i]")):
        formula = Definition(straight[f"∂J/∂{name}"], tuple(map(Symbol, indices)), straight.equation(text).right)
        d.validate(lambda cases, f=formula: validate_definition(straight, f, of="J", cases=cases))
    return d


def with_deltas(network: Layer, depth: int) -> Layer:
    """The network with the δ of backpropagation as further definitions, the last layer first."""
    made = network.define(f"delta{depth}[i] = y{depth}[i] - t[i]")
    for n in range(depth - 1, 0, -1):
        made = made.define(f"delta{n}[i] = y{n}[i] (1 - y{n}[i]) (sum(j) A{n + 1}[j,i] delta{n + 1}[j])")
    return made


def one_layer(d: Derivation) -> None:
    """The gradients of one layer from its formula, and how the next layer's z varies with this one's."""
    dense = declare("M N", "y[M] A[N,M] b[N]").define("z[i] = b[i] + sum(j) A[i,j] y[j]")
    activation = declare("N", "z[N]").define("u[i] = sigmoid(z[i])")
    d.given("First, one layer: $M$ inputs, $N$ outputs, $A$ has a row for each output and a column for each input; "
            "the loss $J$ depends on $y$, $A$ and $b$ through $z$ only, and on $z$ through $u$ only.", dense,
            activation)
    for name, indices in (("b", ["i"]), ("A", ["i", "j"]), ("y", ["j"])):
        d.show(*gradient(dense, name, indices).lines)
    made = gradient(activation, "z", ["i"])
    d.show(*made.lines, *steps(made.expression, [
        ("$\\sigma'(z) = \\sigma(z)(1 - \\sigma(z))$ for the sigmoid and the definition of $u$",
         activation.equation("∂J/∂z[i] = ∂J/∂u[i] u[i] (1 - u[i])").right)], activation.definitions))


def chain(d: Derivation) -> None:
    """Any depth L = l + n: the derivative taken forwards, from layer l to L, equals what δ says."""
    following = declare("N M", "A'[M,N] b'[M] z[N]").define("z'[a] = b'[a] + sum(c) A'[a,c] sigmoid(z[c])")
    loss = declare("N", "y_L[N] t[N]").define("J = 1/2 * (sum(i) (y_L[i] - t[i])^2)")
    names = declare("N l n>=0 m>=0", "A[1..l+n,N,N] b[1..l+n,N] s[1..l+n,N] y[0..l+n,N] t[N] delta[1..l+n,N] "
                    "P[1..l+n,N,N] Q[1..l+n,N,N,N]")
    read = names.equation
    d.given("Second, a network of $L = l + n$ layers: $z_k = A_k y_{k-1} + b_k$, $y_k = \\sigma(z_k)$ for $k < L$, "
            "and the output is linear. The index of the layer stands first: $A[k,a,c]$ is the weight from unit $c$ of "
            "layer $k - 1$ to unit $a$ of layer $k$. All layers have $N$ units, the largest width; a unit that a layer "
            "lacks has $y = 0$ and $s = 0$. $\\sigma$ is any differentiable function, of each unit its own, and "
            "$s[k,a]$ is $\\sigma'(z_k[a])$.")
    starts = [read("P[l,a,i] = [a = i]"), read("Q[l,a,i,j] = [a = i] y[l-1,j]")]
    forwards = [read("P[k+1,a,i] = sum(c) A[k+1,a,c] s[k,c] P[k,c,i]"),
                read("Q[k+1,a,i,j] = sum(c) A[k+1,a,c] s[k,c] Q[k,c,i,j]")]
    d.given("$P[k,a,i]$ is the derivative of $z_k[a]$ with respect to $b_l[i]$, and $Q[k,a,i,j]$ that with respect to "
            "$A_l[i,j]$: read off from the formula at layer $l$, and from layer to layer by the chain rule, because "
            "$z_{k+1}$ depends on the parameters of layer $l$ through $z_k$ only:", *starts, *forwards)
    through = [read("∂J/∂b[l,i] = sum(a) (y[l+n,a] - t[a]) P[l+n,a,i]"),
               read("∂J/∂A[l,i,j] = sum(a) (y[l+n,a] - t[a]) Q[l+n,a,i,j]")]
    d.given("The chain rule for the loss:", *through)
    last = read("delta[l+n,a] = y[l+n,a] - t[a]")
    backwards = read("delta[k,c] = s[k,c] (sum(a) A[k+1,a,c] delta[k+1,a])")
    d.given("What backpropagation computes, from layer $L$ downwards:", last, backwards)

    d.show(Line(prove(*sides(following.equation("∂z'[a]/∂z[c] = A'[a,c] sigmoid(z[c]) (1 - sigmoid(z[c]))")),
                      following.definitions), "the factor from one layer to the next, from the formula of the next "
                "layer $z' = A'\\sigma(z) + b'$, for all widths; with the sigmoid $s = \\sigma(1 - \\sigma)$"),
           Line(prove(*sides(loss.equation("∂J/∂y_L[i] = y_L[i] - t[i]")), loss.definitions),
                "the derivative of the loss $J = \\frac{1}{2} \\sum_i (y_L[i] - t[i])^2$, from its formula"))
    for by, start, forward, rule, at in zip("bA", starts, forwards, through, ("i", "i,j"), strict=True):
        seed = "P" if by == "b" else "Q"
        entry = "delta[l,i]" if by == "b" else "delta[l,i] y[l-1,j]"
        same = carried(names, f"{seed}[{{}},a,{at}]", entry, start, forward, backwards)
        d.show(Line(same, f"induction over $m$: $\\sum_a \\delta_k {seed}_k$ is the same at every layer $k$ from $l$ "
                    "to $L$, because both recurrences put the same matrix between $\\delta_{k+1}$ and "
                    f"${seed}_k$"))
        end = specialize(same, {names.size("m"): polynomial(names.size("n"))})
        end = transitivity(end, prove(end.right, value(names, entry)))
        first = prove(rule.left, end.left, using=[(rule, names.expression("1")),
                                                  (last, value(names, f"-{seed}[l+n,a,{at}]"))])
        d.show(Line(first, "the chain rule for the loss, and $\\delta_L$"),
               Line(end, "the last layer is $m = n$"), conclude=True)
    by_sigmoid = read("s[k,c] = y[k,c] (1 - y[k,c])")
    d.given("With the sigmoid in the layers below the last:", by_sigmoid)
    d.conclude(prove(backwards.left, read("delta[k,c] = y[k,c] (1 - y[k,c]) (sum(a) A[k+1,a,c] delta[k+1,a])").right,
                     using=[(backwards, names.expression("1")),
                            (by_sigmoid, value(names, "sum(a) A[k+1,a,c] delta[k+1,a]"))],
                     ranges=[(Symbol("k"), Axis(polynomial(1), polynomial(1), names.polynomial("l + n - 1")))]),
               "the recurrence for $\\delta$ with the sigmoid, for $1 \\le k < L$")


def carried(names: Layer, forward: str, entry: str, start: Equation, recurrence: Equation, backwards: Equation,
            ) -> Theorem:
    """Σ_a δ[l+m,a] P[l+m,a,…] = [m ≤ n] (its value at layer l), by induction over m.

    `forward` is the text of P's entry with a place for the layer; `start` gives it at layer l.
    """
    m = names.size("m")

    def claim(layer: str) -> Equation:
        after = layer.removeprefix("l").removeprefix("+") or "0"
        return names.equation(f"sum(a) delta[{layer},a] {forward.format(layer)} = [{after} <= n] {entry}")

    base = prove(*sides(claim("l")), using=[(start, value(names, "delta[l,a]"))])
    step = prove(*sides(claim("l+m+1")), using=[
        (recurrence, value(names, "[k = l+m] delta[k+1,a]")),
        (backwards, value(names, f"-[k = l+m, m + 1 <= n] {forward.format('k')}".replace(",a,", ",c,"))),
        (claim("l+m"), value(names, "[m + 1 <= n]"))])
    return over_size(claim("l+m"), m, base, step)


def careless(d: Derivation) -> None:
    """Statements that are easily written instead, each with a counterexample."""
    two = with_deltas(deep_network(2), 2)
    d.refute(Claim(*sides(two.equation("∂J/∂b2[i] = delta2[i] y2[i] (1 - y2[i])")), two.definitions),
             "a careless statement: a factor $\\sigma'$ at the last layer, which is linear",
             {}, {"b2[0]": 3, "t[0]": 1})
    d.refute(Claim(*sides(two.equation("∂J/∂b1[i] = sum(j) A2[j,i] delta2[j]")), two.definitions),
             "a careless statement: no factor $\\sigma'$ at the layer itself", {}, {"A2[0,0]": 1, "b2[0]": 1})
    d.refute(Claim(*sides(two.equation("∂J/∂A1[i,j] = delta1[i] y1[j]")), two.definitions),
             "a careless statement: the layer's output in place of its input", {}, {"A2[0,0]": 2, "b2[0]": 1})


def value(names: Layer, text: str) -> Expression:
    """A formula in the indices k, a, c, i and j."""
    return names.equation(f"A[k,a,c] Q[k,a,i,j] = {text}").right


def sides(equation: Equation) -> tuple[Expression, Expression]:
    return equation.left, equation.right
