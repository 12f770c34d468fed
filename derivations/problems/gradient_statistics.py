"""Mean, variance and standard deviation of the weight gradient of a filter, and how they grow with the input."""

import itertools
from collections.abc import Callable

import numpy as np

from symcnn import Claim, Derivation, Layer, Validation, layer, prove, specialize
from symcnn.calculus import Line, conclusion
from symcnn.errors import WitnessError
from symcnn.kernel.moments import independence, linearity, moments
from symcnn.kernel.roots import root_of_square
from symcnn.kernel.rules import applied, transitivity
from symcnn.kernel.theorem import Theorem
from symcnn.notation.expression import Axis, Definition, Equation, Expectation, Expression, Power
from symcnn.notation.polynomial import Symbol, polynomial

parameters: dict[str, object] = {}


def derive() -> Derivation:
    d = Derivation("The statistics of the weight gradient of a filter",
                   "E ∂J/∂W = 0, Var ∂J/∂W = (n − k + 1)² σ_X² σ_g², standard deviation (n − k + 1) σ_X σ_g")
    conv = layer("Y[i,j] = sum(h,l) W[h,l] X[i+h, j+l]", "n k, c>=0", "X[n,n] W[k,k] sigma_X sigma_g",
                 assume=["k <= n"])
    x, g = conv["X"], conv["∂J/∂Y"]
    entry = conv.equation("∂J/∂W[h,l] = sum(i,j) ∂J/∂Y[i,j] X[i+h, j+l]")
    dw = Definition(conv["∂J/∂W"], (Symbol("h"), Symbol("l")), entry.right)
    d.given("A $k \\times k$ filter $W$ on an $n \\times n$ input $X$, stride 1, no padding: $n - k + 1$ positions on "
            "each axis.", conv.definition, "The loss $J$ depends on $W$ through $Y$ only, so its gradient is (see the "
            "weight gradient of a filter)", dw)

    def law(text: str) -> Equation:
        read = conv.equation(text)
        return Equation(Expectation(read.left, (x, g)), read.right)

    means = [law("X[a,b] = 0"), law("∂J/∂Y[a,b] = 0")]
    covariances = [law("X[a,b] X[a',b'] = sigma_X^2 [a = a', b = b']"),
                   law("∂J/∂Y[a,b] ∂J/∂Y[a',b'] = sigma_g^2 [a = a', b = b']")]
    d.given("All entries of $X$ and of $g = \\partial J/\\partial Y$ are random with mean 0; different entries of one "
            "are uncorrelated, each with variance $\\sigma_X^2$ or $\\sigma_g^2$; and $X$ is independent of $g$. "
            "$\\operatorname{Var} D$ is $\\operatorname{E}[D^2] - \\operatorname{E}[D]^2$.", *means, *covariances)
    ranges = list(zip(dw.indices, dw.tensor.axes, strict=True))
    mean = Expectation(dw.left, (x, g))

    def worked_out(what: Expression, laws: list[Equation], why: str) -> list[Line]:
        first = linearity(what, [dw], ranges)
        second = independence(first.right, [[x], [g]], ranges)
        return [Line(first, "E of a finite sum is the sum of the E"),
                Line(second, "$X$ is independent of $g$: E of the product is the product of the E, while the entries "
                             "of one of them stay together"),
                Line(moments(second.right, laws, ranges), why)]

    def closed(line: Line, text: str, why: str) -> Line:
        right = conv.equation(f"∂J/∂W[h,l] = {text}").right
        return Line(prove(line.theorem.right, right, [dw], conv.assumptions, ranges=ranges), why)

    lines = worked_out(mean, means, "both means are 0")
    d.show(*lines, closed(lines[-1], "0", "every term is 0"), conclude=True)

    variance = Expectation(Power(dw.left, 2), (x, g)) - Power(mean, 2)
    lines = worked_out(variance, [*means, *covariances],
                       "the stated moments: a cross term, with $i \\ne i'$ or $j \\ne j'$, is a product of two "
                       "covariances of different entries, so it vanishes; only the squares are left")
    lines.append(closed(lines[-1], "sum(i=0..n-k, j=0..n-k) sigma_X^2 sigma_g^2",
                        "sift: $i' = i$ and $j' = j$"))
    lines.append(closed(lines[-1], "(n-k+1)^2 sigma_X^2 sigma_g^2", "count the terms: $n - k + 1$ on each axis"))
    d.show(*lines, conclude=True)

    deviation = standard_deviation(conv, conclusion(*lines))
    d.show(*deviation, conclude=True)
    growth(d, conv, conclusion(*deviation))
    correlated(d, conv, lines[1].theorem.right, ranges, law)
    d.validate(fair_signs)
    return d


def standard_deviation(conv: Layer, variance: Theorem) -> list[Line]:
    """√Var = (n − k + 1) σ_X σ_g, with the signs of the σ as hypotheses."""
    root, product = applied("sqrt", variance), conv.expression("(n-k+1) sigma_X sigma_g")
    squared = root_of_square(product, (), conv.assumptions)
    return [Line(root, "the standard deviation is the square root of the variance"),
            Line(prove(root.right, squared.left), "the variance is a square"),
            Line(squared, "the root of a square is its base if that is not negative: there is at least one "
                          "position, and $\\sigma_X, \\sigma_g \\ge 0$")]


def growth(d: Derivation, conv: Layer, deviation: Theorem) -> None:
    """How the standard deviation changes with n, for a fixed k and for a k that grows with n."""
    n, k, c = (polynomial(conv.size(s)) for s in "nkc")
    following = specialize(deviation, {conv.size("n"): n + 1})
    d.conclude(prove(following.right - deviation.right, conv.expression("sigma_X sigma_g")),
               "from $n$ to $n + 1$ with the same filter: the standard deviation grows by the same amount at every "
               "$n$, so it grows linearly")
    aligned, half = (specialize(deviation, {conv.size("n"): size}) for size in (k + c, 2 * k))
    d.at_sizes(*aligned.hypotheses, *half.hypotheses)
    d.conclude(transitivity(aligned, prove(aligned.right, conv.expression("(c + 1) sigma_X sigma_g"))),
               "if $k$ grows with $n$ so that $n = k + c$ with a fixed $c$, the number of positions stays the same, "
               "and so does the standard deviation", where="$n = k + c$")
    d.conclude(transitivity(half, prove(half.right, conv.expression("(k + 1) sigma_X sigma_g"))),
               "if $k$ is half of $n$, so $n = 2k$, the standard deviation still grows linearly, half as fast: it is "
               "$n/2 + 1$ times $\\sigma_X \\sigma_g$", where="$n = 2k$")


def correlated(d: Derivation, conv: Layer, split: Expression, ranges: list[tuple[Symbol, Axis]],
               law: Callable[[str], Equation]) -> None:
    """Without the assumption that entries are uncorrelated the cross terms count."""
    equal_entries = [law("X[a,b] = 0"), law("∂J/∂Y[a,b] = 0"), law("X[a,b] X[a',b'] = sigma_X^2"),
                     law("∂J/∂Y[a,b] ∂J/∂Y[a',b'] = sigma_g^2")]
    value = moments(split, equal_entries, ranges)
    d.refute(Claim(value.right, conv.expression("(n-k+1)^2 sigma_X^2 sigma_g^2"), assumptions=conv.assumptions,
                   ranges=tuple(ranges)),
             "a careless statement: that the variance is the same without the assumption; if all entries of $X$ are "
             "equal and those of $g$, too, every cross term counts", {"n": 2, "k": 1}, {"sigma_X": 1, "sigma_g": 1})


def fair_signs(cases: int) -> Validation:
    """Every sign pattern of X and g: their entries satisfy the laws with σ = 1, so the variance is exact."""
    small = [(1, 1), (2, 1), (2, 2), (3, 2), (3, 3)][:cases]
    for n, k in small:
        m = n - k + 1
        signs = np.array(list(itertools.product((-1, 1), repeat=n * n + m * m)))
        x, g = signs[:, :n * n].reshape(-1, n, n), signs[:, n * n:].reshape(-1, m, m)
        for a, b in itertools.product(range(k), repeat=2):
            values = (g * x[:, a:a + m, b:b + m]).sum(axis=(1, 2))
            if values.sum() or (values ** 2).sum() != m * m * len(values):
                raise WitnessError(f"n = {n}, k = {k}: the variance over all signs is not {m * m}")
    return Validation(("all sign patterns",), len(small), 0.0, "exact integers, n ≤ 3")
