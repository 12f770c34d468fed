"""Backpropagation through any number of layers: the gradients for every A_ℓ and b_ℓ."""

from symcnn import Derivation, Theorem, declare, prove, specialize
from symcnn.calculus import Line
from symcnn.kernel.induction import over_size
from symcnn.kernel.rules import transitivity
from symcnn.layers import Layer
from symcnn.notation.expression import Axis, Equation, Expression
from symcnn.notation.polynomial import Symbol, polynomial

parameters: dict[str, object] = {}


def derive() -> Derivation:
    d = Derivation("Backpropagation through any number of layers",
                   "∂J/∂b_ℓ = δ_ℓ and ∂J/∂A_ℓ = δ_ℓ y_{ℓ−1}ᵀ with δ_L = y_L − t, δ_ℓ = σ′(z_ℓ) ⊙ A_{ℓ+1}ᵀ δ_{ℓ+1}")
    names = declare("N l n>=0 m>=0", "A[1..l+n,N,N] b[1..l+n,N] s[1..l+n,N] y[0..l+n,N] t[N] delta[1..l+n,N] "
                    "P[1..l+n,N,N] Q[1..l+n,N,N,N]")
    read = names.equation
    loss = declare("N", "x[N] t[N]").define("J = 1/2 * (sum(a) (x[a] - t[a])^2)")
    d.given("A network of $n$ more layers behind layer $l$, the one whose parameters vary: $L = l + n$ layers. Layer "
            "$k$ multiplies the outputs of layer $k - 1$ by its matrix, adds its biases, which gives its sums $z$, and "
            "applies $\\sigma$ to each of them; the last layer is linear. "
            "The index of the layer stands first: $A[k,a,c]$ is the weight from unit $c$ of layer $k - 1$ to unit $a$ "
            "of layer $k$. All layers have $N$ units, the largest width; the output and the slope of a unit "
            "that a layer lacks are zero. $\\sigma$ is any differentiable function, of each unit its own, and "
            "$s[k,a]$ is its slope at $z[k,a]$. The loss, with $x$ for the outputs of the last layer:", loss.definition)
    starts = [read("P[l,a,i] = [a = i]"), read("Q[l,a,i,j] = [a = i] y[l-1,j]")]
    forwards = [read("P[k+1,a,i] = sum(c) A[k+1,a,c] s[k,c] P[k,c,i]"),
                read("Q[k+1,a,i,j] = sum(c) A[k+1,a,c] s[k,c] Q[k,c,i,j]")]
    d.given("$P[k,a,i]$ is the derivative of $z[k,a]$ with respect to $b[l,i]$, and $Q[k,a,i,j]$ that with respect to "
            "$A[l,i,j]$: read off from the formula at layer $l$, and from layer to layer by the chain rule, because "
            "$z[k+1,a]$ depends on the parameters of layer $l$ through the $z[k,c]$ only:", *starts, *forwards)
    through = [read("∂J/∂b[l,i] = sum(a) (y[l+n,a] - t[a]) P[l+n,a,i]"),
               read("∂J/∂A[l,i,j] = sum(a) (y[l+n,a] - t[a]) Q[l+n,a,i,j]")]
    d.given("The chain rule for the loss; the outputs $x[a]$ are $y[l+n,a]$:", *through)
    last = read("delta[l+n,a] = y[l+n,a] - t[a]")
    backwards = read("delta[k,c] = s[k,c] (sum(a) A[k+1,a,c] delta[k+1,a])")
    d.given("What backpropagation computes, from layer $L$ downwards:", last, backwards)
    by_sigmoid = read("s[k,c] = y[k,c] (1 - y[k,c])")

    d.conclude(prove(*sides(loss.equation("∂J/∂x[a] = x[a] - t[a]")), loss.definitions),
               "the derivative of the loss, from its formula")
    for by, start, forward, rule, at in zip("bA", starts, forwards, through, ("i", "i,j"), strict=True):
        seed = "P" if by == "b" else "Q"
        entry = "delta[l,i]" if by == "b" else "delta[l,i] y[l-1,j]"
        same = carried(names, f"{seed}[{{}},a,{at}]", entry, start, forward, backwards)
        d.show(Line(same, f"induction over $m$: $\\sum_a \\delta_k {seed}_k$ is the same at every layer $k$ from $l$ "
                    "to $L$, because both recurrences put the same matrix between $\\delta_{k+1}$ and "
                    f"${seed}_k$"))
        end = specialize(same, {names.size("m"): polynomial(names.size("n"))})
        whole = names.equation(f"sum(a) delta[l+n,a] {seed}[l+n,a,{at}] = {entry}").left
        end = transitivity(prove(whole, end.left), transitivity(end, prove(end.right, value(names, entry))))
        first = prove(rule.left, end.left, using=[(rule, names.expression("1")),
                                                  (last, value(names, f"-{seed}[l+n,a,{at}]"))])
        d.show(Line(first, "the chain rule for the loss, and $\\delta_L$"),
               Line(end, "the last layer is $m = n$"), conclude=True)
    d.given("With the sigmoid in the layers below the last:", by_sigmoid)
    d.conclude(prove(backwards.left, read("delta[k,c] = y[k,c] (1 - y[k,c]) (sum(a) A[k+1,a,c] delta[k+1,a])").right,
                     using=[(backwards, names.expression("1")),
                            (by_sigmoid, value(names, "sum(a) A[k+1,a,c] delta[k+1,a]"))],
                     ranges=[(Symbol("k"), Axis(polynomial(1), polynomial(1), names.polynomial("l + n - 1")))]),
               "the recurrence for $\\delta$ with the sigmoid, for $1 \\le k < L$")
    return d


def carried(names: Layer, forward: str, entry: str, start: Equation, recurrence: Equation, backwards: Equation,
            ) -> Theorem:
    """[m ≤ n] Σ_a δ[l+m,a] P[l+m,a,…] = [m ≤ n] (its value at layer l), by induction over m.

    `forward` is the text of P's entry with a place for the layer; `start` gives it at layer l.
    """
    m = names.size("m")

    def claim(layer: str) -> Equation:
        after = layer.removeprefix("l").removeprefix("+") or "0"
        there = f"[{after} <= n]"
        return names.equation(f"{there} (sum(a) delta[{layer},a] {forward.format(layer)}) = {there} {entry}")

    base = prove(*sides(claim("l")), using=[(start, value(names, "delta[l,a]"))])
    step = prove(*sides(claim("l+m+1")), using=[
        (recurrence, value(names, "[k = l+m] delta[k+1,a]")),
        (backwards, value(names, f"-[k = l+m, m + 1 <= n] {forward.format('k')}".replace(",a,", ",c,"))),
        (claim("l+m"), value(names, "[m + 1 <= n]"))])
    return over_size(claim("l+m"), m, base, step)


def value(names: Layer, text: str) -> Expression:
    """A formula in the indices k, a, c, i and j."""
    return names.equation(f"A[k,a,c] Q[k,a,i,j] = {text}").right


def sides(equation: Equation) -> tuple[Expression, Expression]:
    return equation.left, equation.right
