"""A bound for the gradients of a network of any depth, which shows when they are small."""

from collections.abc import Callable

import numpy as np

from symcnn import Derivation, Theorem, Validation, declare, prove
from symcnn.errors import WitnessError
from symcnn.kernel import bounds
from symcnn.kernel.induction import over_size
from symcnn.kernel.rules import at, reflexivity, symmetry
from symcnn.kernel.theorem import Bounded
from symcnn.layers import Layer
from symcnn.notation.expression import Equation, Expression
from symcnn.notation.polynomial import Symbol, polynomial

parameters: dict[str, object] = {}
INDEX = {name: Symbol(name) for name in "kaci"}
STARTS = ("P[l,c,i] = [c = i]", "Q[l,c,i,j] = [c = i] y[l-1,j]")
FORWARDS = ("P[k+1,a,i] = sum(c) A[k+1,a,c] s[k,c] P[k,c,i]", "Q[k+1,a,i,j] = sum(c) A[k+1,a,c] s[k,c] Q[k,c,i,j]")


def derive() -> Derivation:
    d = Derivation("How large the gradients of a deep network can be",
                   "every entry of ∂y_L/∂b_i is at most Π_{j>i} ‖A_j‖ · Π_{i≤j<L} max σ′(z_j), and of ∂y_L/∂A_i at "
                   "most that times max |y_{i−1}|")
    names = recurrences(d)
    product = factors(d, names)
    bound(d, names, product)
    d.validate(random_networks)
    return d


def recurrences(d: Derivation) -> Layer:
    """What is given for any depth: the derivatives as they pass from layer to layer."""
    names = declare("N l m>=0 q>=0", "A[1..,N,N] R[1..,N,N] s[1..,N] z[1..,N] P[1..,N,N] Q[1..,N,N,N] y[0..,N] "
                    "alpha[1..] beta[1..] B[1..] B'[1..] Y r A'[1..,N,N] s'[1..,N] P'[1..,N,N]")
    d.given("A network of any depth; the last layer is linear. "
            "The layer whose parameters vary is $l$ (the $i$ of the question), and $L = l + m$. "
            "All layers have $N$ units, the largest width; the output and the slope of a unit "
            "that a layer lacks are zero. $s[k,c]$ is $\\sigma'(z_k[c])$ for any differentiable $\\sigma$. "
            "$P[k,a,i]$ is the derivative of $z_k[a]$ with respect to $b_l[i]$ and $Q[k,a,i,j]$ that with respect to "
            "$A_l[i,j]$: at layer $l$ from its formula, and onwards by the chain rule, because $z_{k+1}$ "
            "depends on the parameters of layer $l$ through $z_k$ only:",
            *(names.equation(t) for t in (*STARTS, *FORWARDS)))
    return names


def factors(d: Derivation, names: Layer) -> Theorem:
    """The theorem that ∂y_L/∂A_l is ∂y_L/∂b_l times y_{l−1}; also that neither reads A_k for k ≤ l."""
    read = names.equation
    start_p, start_q, forward_p, forward_q = map(read, (*STARTS, *FORWARDS))
    one = names.expression("1")
    base = prove(*sides(read("Q[l,c,i,j] = P[l,c,i] y[l-1,j]")),
                 using=[(start_q, one), (start_p, value(names, "-y[l-1,j]"))])
    claim = read("Q[l+m,c,i,j] = P[l+m,c,i] y[l-1,j]")
    step = prove(*sides(read("Q[l+m+1,a,i,j] = P[l+m+1,a,i] y[l-1,j]")), using=[
        (forward_q, value(names, "[k = l+m]")), (forward_p, value(names, "-[k = l+m] y[l-1,j]")),
        (claim, value(names, "A[l+m+1,a,c] s[l+m,c]"))])
    product = over_size(claim, names.size("m"), base, at(step, INDEX["a"], polynomial(INDEX["c"])))
    d.conclude(product, "induction over $m$: $\\partial y_L/\\partial A_l$ is $\\partial y_L/\\partial b_l$ times "
               "the input $y_{l-1}$, at every depth")

    start, forward = read("P'[l,c,i] = [c = i]"), read("P'[k+1,a,i] = sum(c) A'[k+1,a,c] s'[k,c] P'[k,c,i]")
    same_a, same_s = read("[k > l] A'[k,a,c] = [k > l] A[k,a,c]"), read("[k >= l] s'[k,c] = [k >= l] s[k,c]")
    d.given("To see exactly which factors count, a second network $A'$, $s'$ with the derivative $P'$, which agrees "
            "with the first in $A_k$ for $k > l$ and in $s_k$ for $k \\ge l$, and nowhere else perhaps:",
            start, forward, same_a, same_s)
    base = prove(*sides(read("P'[l,c,i] = P[l,c,i]")), using=[(start, one), (start_p, -one)])
    claim = read("P'[l+m,c,i] = P[l+m,c,i]")
    step = prove(*sides(read("P'[l+m+1,a,i] = P[l+m+1,a,i]")), using=[
        (forward, value(names, "[k = l+m]")), (forward_p, value(names, "-[k = l+m]")),
        (same_a, value(names, "[k = l+m+1] s'[l+m,c] P'[l+m,c,i]")),
        (same_s, value(names, "[k = l+m] A[l+m+1,a,c] P'[l+m,c,i]")),
        (claim, value(names, "A[l+m+1,a,c] s[l+m,c]"))])
    d.conclude(over_size(claim, names.size("m"), base, at(step, INDEX["a"], polynomial(INDEX["c"]))),
               "induction over $m$: the derivative is determined by $A_j$ for $j > l$ and $\\sigma'(z_j)$ for "
               "$j \\ge l$; $A_l$ itself matters through $z_l$, in $\\sigma'$, only")
    return product


def bound(d: Derivation, names: Layer, product: Theorem) -> None:
    """|∂y_L[a]/∂b_l[i]| ≤ B_L with B_{k+1} = α_{k+1} β_k B_k, and how one small factor makes B small."""
    entries, rows, slopes = (bounded(names, t) for t in (
        "A[k,a,c] = R[k,a,c]", "sum(c) R[k,a,c] = alpha[k]", "s[k,c] = beta[k]"))
    first, growth = names.equation("B[l] = 1"), names.equation("B[k+1] = alpha[k+1] beta[k] B[k]")
    d.given("For the bound: $R$ holds the absolute values of $A$; $\\alpha_k$ is the largest sum of a row of $R_k$, "
            "the norm $\\|A_k\\|_\\infty$; $\\beta_k$ bounds $|\\sigma'(z_k)|$:", entries, rows, slopes,
            "and $B_{l+m} = \\alpha_{l+1} \\cdots \\alpha_{l+m} \\, \\beta_l \\cdots \\beta_{l+m-1}$, that is:",
            first, growth)

    least = names.equation("[c = i] = 1")
    seed = bounds.by_squares(least.left, least.right, [(1, 1 - least.left)], [(1, least.right), (1, least.left)])
    base = bounds.restated(seed, prove(least.left, value(names, "P[l,c,i]"), using=[
        (names.equation(STARTS[0]), -least.right)]), prove(least.right, first.left, using=[(first, -least.right)]))
    claim = bounded(names, "P[l+m,c,i] = B[l+m]")
    step = one_more_layer(names, claim, entries, rows, slopes, growth)
    held = over_size(claim, names.size("m"), base, at(step, INDEX["a"], polynomial(INDEX["c"])))
    d.conclude(held, "induction over $m$: $|\\sum_c A_{k+1} s_k P_k| \\le \\sum_c R_{k+1} \\beta_k B_k \\le "
               "\\alpha_{k+1} \\beta_k B_k$, by products of bounds and the triangle inequality")
    inputs = bounded(names, "y[l-1,j] = Y")
    d.given("A bound for the inputs of layer $l$:", inputs)
    both = bounds.product(held, bounds.assumed(inputs))
    d.conclude(bounds.restated(both, symmetry(product), reflexivity(both.right)),
               "$\\partial y_L/\\partial A_l$ has the factor $y_{l-1}$ besides")

    one = names.expression("1")
    smaller = [names.equation("B'[l] = 1"),
               names.equation("B'[k+1] = (1 + [k = l+q] (r - 1)) alpha[k+1] beta[k] B'[k]")]
    d.given("The same with one factor, $\\alpha_{l+q+1}$ or $\\beta_{l+q}$, $r$ times as large:", *smaller)
    claim = names.equation("B'[l+m] = (1 + [m > q] (r - 1)) B[l+m]")
    base = prove(*sides(names.equation("B'[l] = (1 + [0 > q] (r - 1)) B[l]")), using=[(smaller[0], one), (first, -one)])
    step = prove(*sides(names.equation("B'[l+m+1] = (1 + [m+1 > q] (r - 1)) B[l+m+1]")), using=[
        (smaller[1], value(names, "[k = l+m]")), (growth, value(names, "-[k = l+m] (1 + [m+1 > q] (r - 1))")),
        (claim, names.expression("(1 + [m = q] (r - 1)) alpha[l+m+1] beta[l+m]"))])
    d.conclude(over_size(claim, names.size("m"), base, step),
               "induction over $m$: the bound is $r$ times as large. So it is as small as one likes if one of the "
               "$\\alpha_j$, $l < j \\le L$, or one of the $\\beta_j$, $l \\le j < L$, is small enough while the "
               "others stay; neither $\\alpha_l$ nor anything of the layers below occurs in it")


def one_more_layer(names: Layer, claim: Bounded, entries: Bounded, rows: Bounded, slopes: Bounded, growth: Equation,
                   ) -> Theorem:
    """From |P_k| ≤ B_k at k = l + m to the same at k + 1: ‖A D P‖ ≤ ‖A‖ · ‖D‖ · ‖P‖."""
    here, zero = names.polynomial("l + m"), polynomial(0)
    slope = at(bounds.assumed(slopes), INDEX["k"], here)
    before = bounds.assumed(claim)
    terms = bounds.product(bounds.product(at(bounds.assumed(entries), INDEX["k"], here + 1), slope), before)
    summed = bounds.triangle(terms, INDEX["c"])
    forward = names.equation(FORWARDS[0])
    inside = bounds.restated(
        summed, prove(summed.left, value(names, "P[l+m+1,a,i]"), using=[(forward, value(names, "-[k = l+m]"))]),
        prove(summed.right, value(names, "(sum(c) R[l+m+1,a,c]) (beta[l+m] B[l+m])")))
    # |β| ≤ β and |B| ≤ B: what bounds something is not negative; index 0 is on every axis.
    outside = bounds.product(at(bounds.reflexive(slope), INDEX["c"], zero),
                             at(at(bounds.reflexive(before), INDEX["c"], zero), INDEX["i"], zero))
    outside = bounds.product(at(bounds.assumed(rows), INDEX["k"], here + 1), outside)
    whole = bounds.transitive(inside, restated_left(outside, inside.right))
    return bounds.restated(whole, reflexivity(whole.left), prove(
        whole.right, value(names, "B[l+m+1]"), using=[(growth, value(names, "-[k = l+m]"))]))


def restated_left(p: Theorem, left: Expression) -> Theorem:
    """The bound with its left side written as `left`."""
    return bounds.restated(p, prove(p.left, left), reflexivity(p.right))


def sigmoid_slope(z: np.ndarray) -> np.ndarray:
    """σ′(z) = e⁻ᶻ/(1 + e⁻ᶻ)²."""
    return np.exp(-z) / (1 + np.exp(-z)) ** 2


def random_networks(cases: int, slope: Callable[[np.ndarray], np.ndarray] = sigmoid_slope) -> Validation:
    """Sigmoid networks in float64: ∂y_L/∂b_i by central differences, against the product and the bound."""
    chance, step, worst, where = np.random.default_rng(0), 2.0 ** -17, 0.0, ""
    for _ in range(cases):
        widths = chance.integers(1, 5, size=chance.integers(3, 7))
        shapes = list(zip(widths[1:], widths, strict=False))
        weights, biases = [chance.normal(size=s) for s in shapes], [chance.normal(size=w) for w in widths[1:]]
        y, i = chance.normal(size=widths[0]), int(chance.integers(0, len(shapes)))

        def run(moved, y=y, i=i, weights=weights, biases=biases):
            seen = []
            for k, (a, b) in enumerate(zip(weights, biases, strict=True)):
                seen.append(a @ y + b + (moved if k == i else 0))
                y = 1 / (1 + np.exp(-seen[-1]))
            return seen

        slopes = [slope(z) for z in run(0)]
        product, limit = np.eye(widths[i + 1]), 1.0
        for k in range(i + 1, len(shapes)):
            product = weights[k] @ (slopes[k - 1][:, None] * product)
            limit *= np.abs(weights[k]).sum(axis=1).max() * slopes[k - 1].max()
        moves = step * np.eye(widths[i + 1])
        seen = np.stack([(run(m)[-1] - run(-m)[-1]) / (2 * step) for m in moves], axis=1)
        error = float(np.abs(seen - product).max())
        if error > 1e-6 or np.abs(product).max() > limit * (1 + 1e-12):
            raise WitnessError(f"∂y_L/∂b_i is {seen}, the product {product}, the bound {limit}")
        if error >= worst:
            worst, where = error, f"widths {', '.join(map(str, widths))}, i = {i + 1}"
    return Validation(("central differences",), cases, worst, where)


def bounded(names: Layer, text: str) -> Bounded:
    """|left| ≤ right, from the text of left = right."""
    return Bounded(*sides(names.equation(text)))


def value(names: Layer, text: str) -> Expression:
    """A formula in the indices k, a, c, i and j."""
    return names.equation(f"A[k,a,c] Q[k,a,i,j] = {text}").right


def sides(equation: Equation) -> tuple[Expression, Expression]:
    return equation.left, equation.right
