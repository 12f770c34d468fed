"""Batch normalization gives every unit mean 0 and variance v/(v + ε), 1 for ε = 0; not a normal distribution."""

import numpy as np

from symcnn import Claim, Derivation, Layer, Validation, batch_norm_over, prove, steps
from symcnn.calculus import conclusion, Line
from symcnn.errors import WitnessError
from symcnn.kernel.roots import square_of_root
from symcnn.kernel.rules import cut
from symcnn.kernel.theorem import Theorem
from symcnn.notation.expression import Equation, Expression

parameters: dict[str, object] = {}
ROUNDING = 1e-10  # float64 carries 16 digits, and a few dozen numbers are averaged


def derive() -> Derivation:
    d = Derivation("The mean and the variance after batch normalization",
                   "mean 0 and variance v/(v + ε) of every unit for every batch; variance 1 for ε = 0 and v ≠ 0")
    bn = batch_norm_over("N C", "N")
    d.given("$N$ examples $n$ with $C$ units $c$; $\\mu$, $v$ are the mean and the variance of a unit over the batch:",
            *bn.definitions)
    bn = bn.define("X_hat[n,c] = (X[n,c] - mu[c]) r[c]", "X_hat[N,C]").define(
        "m[c] = 1/N (sum(n) X_hat[n,c])", "m[C]").define("w[c] = 1/N (sum(n) (X_hat[n,c] - m[c])^2)", "w[C]").define(
        "m_Y[c] = 1/N (sum(n) Y[n,c])", "m_Y[C]").define("w_Y[c] = 1/N (sum(n) (Y[n,c] - m_Y[c])^2)", "w_Y[C]")
    d.given("The normalized values $\\hat{X}$, their mean $m$ and variance $w$; mean $m_Y$ and variance $w_Y$ of the "
            "output:", *bn.definitions[4:])

    def read(text: str) -> Expression:
        return bn.equation(f"v[c] = {text}").right  # the left side makes c an index

    # All but the last lines hold for every r.
    before = [x for x in bn.definitions if x.tensor.name != "r"]
    d.show(*steps(read("m[c]"), [
        ("the definition of the normalized values", read("1/N (sum(n) (X[n,c] - mu[c]) r[c])")),
        ("$\\mu$ and $r$ are the same for all examples", read("r[c] (1/N (sum(n) X[n,c]) - mu[c])")),
        ("the mean of the batch is $\\mu$", read("r[c] (mu[c] - mu[c])")),
        ("the values lie around 0", read("0"))], before), conclude=True)

    root, known = reciprocal_root(bn)
    d.show(Line(root, "a variance is a mean of squares, so $v + \\epsilon$ has a root if $\\epsilon \\ge 0$"))
    d.show(Line(known, "so, where the root is not 0, for its reciprocal $r$"))
    squares = steps(read("w[c]"), [
        ("the mean $m$ is 0", read("1/N (sum(n) X_hat[n,c]^2)")),
        ("$r$ is the same for all examples", read("r[c]^2 (1/N (sum(n) (X[n,c] - mu[c])^2))")),
        ("the variance of the batch is $v$", read("r[c]^2 v[c]"))], before)
    hypothesis = Equation(known.left, known.right)
    ratio = prove(squares[-1].theorem.right, read("v[c] / (v[c] + epsilon)"), using=[
        (hypothesis, read("v[c] / (v[c] + epsilon)"))])
    lines = [*squares, Line(cut(known, ratio), "$r[c]^2 (v[c] + \\epsilon) = 1$")]
    d.show(*lines, conclude=True)
    unit = prove(squares[-1].theorem.right, read("1"), using=[
        (hypothesis, read("1")), (bn.equation("epsilon = 0"), read("-r[c]^2"))])
    d.conclude(conclusion(*squares, Line(cut(known, unit), "")),
               "for $\\epsilon = 0$: $r[c]^2 v[c] = r[c]^2 (v[c] + \\epsilon) = 1$")

    d.show(*steps(read("m_Y[c]"), [
        ("scale and shift are the same for all examples", read("gamma[c] m[c] + beta[c]")),
        ("the mean of the normalized values is 0", read("beta[c]"))], before), conclude=True)
    variance = conclusion(*lines)
    scaled = prove(read("gamma[c]^2 w[c]"), read("gamma[c]^2 v[c] / (v[c] + epsilon)"), using=[
        (Equation(variance.left, variance.right), read("gamma[c]^2"))])
    d.show(*steps(read("w_Y[c]"), [("a shift does not change the variance, a factor multiplies it by its square",
                                    read("gamma[c]^2 w[c]"))], before),
           Line(cut(variance, scaled), "the variance of the normalized values"), conclude=True)
    not_normal(d, bn)
    d.validate(in_floats)
    return d


def reciprocal_root(bn: Layer) -> tuple[Theorem, Theorem]:
    """√(v + ε)² = v + ε, and r² (v + ε) = 1."""
    radicand = bn.equation("v[c] = v[c] + epsilon").right
    root = square_of_root(radicand, bn.definitions)
    claim = bn.equation("v[c] = r[c]^2 (v[c] + epsilon)").right
    made = prove(claim, bn.expression("1"), bn.definitions, using=[
        (Equation(root.left, root.right), bn.equation("v[c] = -r[c]^2").right)])
    return root, cut(root, made)


def not_normal(d: Derivation, bn: Layer) -> None:
    """The distribution stays what it was, shifted and scaled."""
    fourth = bn.equation("v[c] = 1/N (sum(n) X_hat[n,c]^4)").right
    d.refute(Claim(fourth, bn.expression("3"), bn.definitions),
             "a careless statement: the normalized values are normally distributed; then the mean of their fourth "
             "powers were 3 (the fourth moment of the standard normal distribution), but two examples give "
             "$\\hat{X} = \\pm 1$", {"N": 2, "C": 1}, {"X[0,0]": 1, "X[1,0]": -1}, {"c": 0})


def in_floats(cases: int) -> Validation:
    """Mean and variance of random normalized batches in float64."""
    chance, worst = np.random.default_rng(0), 0.0
    for _ in range(cases):
        x = chance.normal(size=(int(chance.integers(2, 9)), 3)) * chance.uniform(0.1, 9) + chance.uniform(-9, 9)
        epsilon = float(chance.choice([0.0, 0.001, 1.0]))
        v = x.var(axis=0)
        normalized = (x - x.mean(axis=0)) / np.sqrt(v + epsilon)
        worst = max(worst, float(np.abs(normalized.mean(axis=0)).max()),
                    float(np.abs(normalized.var(axis=0) - v / (v + epsilon)).max()))
    if not worst <= ROUNDING:
        raise WitnessError(f"the mean or variance of a normalized batch is off by {worst}")
    return Validation(("float64",), cases, worst, "2 to 8 examples, 3 units")
