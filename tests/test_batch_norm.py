"""Batch normalization: the layer, and the derivations about its values, moments, shapes and backward pass."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from symcnn import Layer, Verdict, batch_norm_over
from symcnn.counterexample import all_sizes, compare, without_derivatives
from symcnn.derivation import Derivation, Source, run
from symcnn.errors import StepError, UsageError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.theorem import NonNegative, Theorem
from symcnn.layers.data import table
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import Equation, Read
from symcnn.notation.polynomial import Symbol
from symcnn.notation.traverse import sizes_in

PROBLEMS = Path(__file__).resolve().parent.parent / "derivations" / "problems"


def derived(name: str, **settings: str) -> Derivation:
    return run(Source(name, PROBLEMS / f"{name}.py"), settings, 5)


def refused(layer: Layer, wrong: Equation) -> None:
    """The kernel does not show the equation, and with some small entries it fails."""
    claim = Claim(wrong.left, wrong.right, layer.definitions)
    with pytest.raises(StepError):
        equal(claim)
    sizes = dict.fromkeys(all_sizes(claim), 3)
    places = itertools.product(range(3), repeat=len(claim.indices))
    worked_out, chance = without_derivatives(claim), random.Random(0)
    assert any(compare(worked_out, sizes, dict(zip((s for s, _ in claim.indices), place, strict=True)), None, chance,
                       (1, 2, 3, 5)) for place in places)


def left(theorem: Theorem) -> str:
    assert isinstance(theorem.left, Read)
    return theorem.left.tensor.name


# -- the layer ------------------------------------------------------------------------------------------------

SHAPES = {("N C", "N"): ["C"], ("N H W C", "N H W"): ["C"], ("N C H W", "N H W"): ["C"], ("N C", "C"): ["N"],
          ("N", "N"): [], ("N H C", "H"): ["N", "C"]}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("shape", "reduced", "kept"), [(*k, v) for k, v in SHAPES.items()])
def test_shapes_follow_from_the_formula(shape, reduced, kept, training):
    bn = batch_norm_over(shape, reduced, training=training)
    for name in ("mu", "v", "r", "gamma", "beta"):
        assert [repr(a.extent) for a in bn[name].axes] == kept
    assert bn["Y"].axes == bn["X"].axes


@pytest.mark.parametrize(("shape", "reduced"), [("N N", "N"), ("N C", "H"), ("N C", ""), ("", ""), ("batch C", "C"),
                                                ("n c", "n"), ("X N", "X"), ("R C", "R")])
def test_impossible_shapes(shape, reduced):
    with pytest.raises(UsageError, match="allowed"):
        batch_norm_over(shape, reduced)


@pytest.mark.parametrize(("shape", "reduced"), [("N C", "N"), ("N C H W", "N H W"), ("N H C", "H")])
def test_values_are_those_of_numpy(shape, reduced):
    bn = batch_norm_over(shape, reduced)
    sizes = dict(zip(shape.split(), (2, 3, 4, 5), strict=False))
    x = np.random.default_rng(0).integers(-9, 10, tuple(sizes.values()))
    entries = {"gamma": 3, "beta": -2, "epsilon": 1}

    def entry(tensor, at):
        return int(x[at]) if tensor.name == "X" else entries[tensor.name]

    at = Evaluator({bn.size(n): v for n, v in sizes.items()}, entry, {d.tensor: d for d in bn.definitions})
    axes = tuple(place for place, name in enumerate(sizes) if name in reduced.split())
    expected = 3 * (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1) - 2
    for place in itertools.product(*map(range, x.shape)):
        assert abs(float(at.exact(bn["Y"][place])) - expected[place]) < 1e-12


# -- a given batch --------------------------------------------------------------------------------------------


def by_hand(rows, gamma, beta):
    """Mean, variance, normalized values and output in fractions; the roots are fractions here."""
    means = [sum(row, Fraction(0)) / len(row) for row in rows]
    variances = [sum((x - m) ** 2 for x in row) / len(row) for row, m in zip(rows, means, strict=True)]
    roots = [Fraction(round(v.numerator ** 0.5), round(v.denominator ** 0.5)) for v in variances]
    assert [r * r for r in roots] == variances
    normal = [[(x - m) / r for x in row] for row, m, r in zip(rows, means, roots, strict=True)]
    return {"mu": [means], "v": [variances], "X_hat": normal,
            "Y": [[g * x + b for x in row] for row, g, b in zip(normal, gamma, beta, strict=True)]}


BATCHES = {
    "the given one": ({}, [[12, 14, 14, 12], [0, 10, 10, 0], [-5, 5, 5, -5]], [1, 1, 1], [0, -10, 10]),
    "other numbers": ({"batch": "1 7; -1/2 1/2", "gamma": "2 -3", "beta": "0 1/3"},
                      [[1, 7], [Fraction(-1, 2), Fraction(1, 2)]], [2, -3], [0, Fraction(1, 3)]),
    "one unit, six examples": ({"batch": "0 0 0 4 4 4", "gamma": "5", "beta": "1"}, [[0, 0, 0, 4, 4, 4]], [5], [1]),
}


@pytest.mark.parametrize(("settings", "rows", "gamma", "beta"), BATCHES.values(), ids=BATCHES)
def test_a_given_batch(settings, rows, gamma, beta):
    d = derived("batch_norm_batch", **settings)
    assert d.verdict is Verdict.PROVED
    found = {left(t): table(Equation(t.left, t.right)) for t in d.conclusions}
    assert found == by_hand([[Fraction(x) for x in row] for row in rows], gamma, beta)


def test_a_batch_with_roots_that_are_no_fractions():
    d = derived("batch_norm_batch", batch="1 2 4; 0 0 3", gamma="1 2", beta="0 1/2", epsilon="1/9")
    assert d.verdict is Verdict.PROVED
    (output,) = [t for t in d.conclusions if left(t) == "Y"]
    x = np.array([[1, 2, 4], [0, 0, 3.0]])
    expected = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1 / 9)
    expected = expected * [[1], [2]] + [[0], [0.5]]
    at = Evaluator({}, lambda tensor, place: 0)
    for c, n in itertools.product(range(2), range(3)):
        value = at.exact(output.right, dict(zip((s for s, _ in output.indices), (c, n), strict=True)))
        assert abs(float(value) - expected[c, n]) < 1e-12


WRONG_BATCHES = {
    "no variance and no epsilon": ({"batch": "1 2; 3 3", "gamma": "1 1", "beta": "0 0"}, "divided by zero"),
    "one example and no epsilon": ({"batch": "1; 2", "gamma": "1 1", "beta": "0 0"}, "one example"),
    "a negative epsilon": ({"epsilon": "-1"}, "at least 0"),
    "two numbers for epsilon": ({"epsilon": "1 2"}, "one number"),
    "too few scales": ({"gamma": "1"}, "gamma has 1"),
    "ragged rows": ({"batch": "1 2; 3"}, "one length"),
    "no numbers": ({"batch": "a b"}, "'a'"),
}


@pytest.mark.parametrize(("settings", "message"), WRONG_BATCHES.values(), ids=WRONG_BATCHES)
def test_wrong_batches(settings, message):
    with pytest.raises(UsageError, match=message):
        derived("batch_norm_batch", **settings)


# -- moments and inference ------------------------------------------------------------------------------------


def test_moments():
    d = derived("batch_norm_moments")
    assert d.verdict is Verdict.PROVED
    stated = {str(t.statement) for t in d.conclusions}
    assert stated == {"m[c] = 0", "w[c] = v[c] * (v[c] + epsilon)^-1", "w[c] = 1", "m_Y[c] = beta[c]",
                      "w_Y[c] = gamma[c]^2 * v[c] * (v[c] + epsilon)^-1"}
    unit = next(t for t in d.conclusions if str(t.statement) == "w[c] = 1")
    assert "epsilon = 0" in map(str, unit.hypotheses), "variance 1 is for epsilon = 0 only"
    assert any(isinstance(h, NonNegative) for h in unit.hypotheses)
    assert [s.verdict for s in d.steps if s.answer is not None] == [Verdict.REFUTED]


MOMENTS = batch_norm_over("N C", "N").define("X_hat[n,c] = (X[n,c] - mu[c]) r[c]", "X_hat[N,C]")
WRONG_MOMENTS = {
    "variance 1 also for epsilon > 0": "1/N (sum(n) X_hat[n,c]^2) = 1 + 0*v[c]",
    "the sum of squares is 1": "sum(n) X_hat[n,c]^2 = r[c]^2 v[c]",
    "divided by N - 1": "sum(n) (X[n,c] - mu[c])^2 = (N - 1) v[c]",
    "the mean is beta before scaling": "1/N (sum(n) X_hat[n,c]) = beta[c]",
    "the fourth moment of a normal distribution": "1/N (sum(n) X_hat[n,c]^4) = 3 + 0*v[c]",
}


@pytest.mark.parametrize("text", WRONG_MOMENTS.values(), ids=WRONG_MOMENTS)
def test_wrong_moments_are_refused(text):
    refused(MOMENTS, MOMENTS.equation(text))


def test_inference():
    d = derived("batch_norm_inference")
    assert d.verdict is Verdict.PROVED
    stated = [str(t.statement) for t in d.conclusions]
    assert "∂Y[n, c]/∂X[n', c'] = gamma[c] * r[c] * [-n + n' = 0, -c + c' = 0]" in stated
    assert "Y_part[n, c] = Y[n, c]" in stated
    (refuted,) = [s.answer for s in d.steps if s.answer is not None]
    assert refuted.verdict is Verdict.REFUTED
    assert (refuted.counterexample.left, refuted.counterexample.right) == ("0", "-1/2")


def test_in_training_examples_are_mixed():
    bn = batch_norm_over("N C", "N")
    refused(bn, bn.equation("∂Y[n,c]/∂X[n',c'] = gamma[c] r[c] [n' = n, c' = c]"))


# -- shapes and the backward pass -----------------------------------------------------------------------------

COUNTS = {
    "as given": ({}, [({"C": 3}, 6), ({"N": 2}, 2), ({"C": 3}, 6),
                      ({"C": 3}, 6), ({"N": 2, "H": 5, "W": 7}, 70), ({"C": 3}, 6)]),
    "channels first": ({"shapes": "N C H W"}, [({"C": 3}, 6), ({"N": 2, "H": 5, "W": 7}, 70), ({"C": 3}, 6)]),
    "layer normalization": ({"shapes": "N C", "kept": "N"}, [({"N": 2}, 4), ({"C": 3}, 3), ({"N": 2}, 4)]),
}


@pytest.mark.parametrize(("settings", "counts"), COUNTS.values(), ids=COUNTS)
def test_counts_of_statistics(settings, counts):
    d = derived("batch_norm_shapes", **settings)
    assert d.verdict is Verdict.PROVED
    for theorem, (sizes, expected) in zip(d.conclusions, counts, strict=True):
        values = {s: {"N": 2, "C": 3, "H": 5, "W": 7}[s.name] for s in sizes_in(theorem.left)}
        assert {s.name for s in values} == set(sizes)
        assert Evaluator(values, lambda tensor, at: 0).exact(theorem.left) == expected
        assert Evaluator(values, lambda tensor, at: 0).exact(theorem.right) == expected


def test_kept_axes_must_be_there():
    with pytest.raises(UsageError, match="allowed"):
        derived("batch_norm_shapes", shapes="N H", kept="C")


def backward(x, g, gamma, epsilon, axes):
    """The gradients by central differences of NumPy's batch normalization."""
    def loss(y):
        r = 1 / np.sqrt(y.var(axes, keepdims=True) + epsilon)
        return float((g * gamma * (y - y.mean(axes, keepdims=True)) * r).sum())

    made, step = np.zeros_like(x), 1e-5
    for place in itertools.product(*map(range, x.shape)):
        moved = np.zeros_like(x)
        moved[place] = step
        made[place] = (loss(x + moved) - loss(x - moved)) / (2 * step)
    return made


@pytest.mark.parametrize(("shape", "reduced"), [("N C", "N"), ("N C H", "N H")])
def test_the_backward_pass(shape, reduced):
    d = derived("batch_norm_gradient", shape=shape, reduced=reduced)
    assert d.verdict is Verdict.PROVED
    dx, dgamma, dbeta = d.conclusions
    assert [left(t) for t in (dx, dgamma, dbeta)] == ["∂J/∂X", "∂J/∂gamma", "∂J/∂beta"]
    sizes = dict(zip(shape.split(), (2, 3, 2, 3), strict=False))
    chance = np.random.default_rng(1)
    x, g = (chance.integers(-5, 6, tuple(sizes.values())) for _ in range(2))
    entries = {"gamma": 3, "beta": 1, "epsilon": 2}
    known = {"X": x, "∂J/∂Y": g}

    def entry(tensor, at):
        return int(known[tensor.name][at]) if tensor.name in known else entries[tensor.name]

    bn = batch_norm_over(shape, reduced)
    bn = bn.define(f"X_hat[{','.join(sizes).lower()}] = 0", f"X_hat[{','.join(sizes)}]") if False else bn
    definitions = {h.tensor: h for h in dx.hypotheses if hasattr(h, "body") and not h.tensor.name.startswith("∂")}
    at = Evaluator({Symbol(n, 1): v for n, v in sizes.items()}, entry, definitions)
    axes = tuple(place for place, name in enumerate(sizes) if name in reduced.split())
    expected = backward(x.astype(float), g, 3, 2, axes)
    for place in itertools.product(*map(range, x.shape)):
        value = float(at.exact(dx.right, {Symbol(n.lower()): p for n, p in zip(sizes, place, strict=True)}))
        assert abs(value - expected[place]) < 1e-6


WRONG_GRADIENTS = {
    "mean and variance taken as fixed": "gamma[c] r[c] ∂J/∂Y[n,c]",
    "only the variance taken as fixed": "gamma[c] r[c]/N (N ∂J/∂Y[n,c] - (sum(k) ∂J/∂Y[k,c]))",
    "a wrong sign": "gamma[c] r[c]/N (N ∂J/∂Y[n,c] - (sum(k) ∂J/∂Y[k,c]) + X_hat[n,c] (sum(k) ∂J/∂Y[k,c] X_hat[k,c]))",
    "twice the variance term": "gamma[c] r[c]/N (N ∂J/∂Y[n,c] - (sum(k) ∂J/∂Y[k,c]) "
                               "- 2 X_hat[n,c] (sum(k) ∂J/∂Y[k,c] X_hat[k,c]))",
    "without gamma": "r[c]/N (N ∂J/∂Y[n,c] - (sum(k) ∂J/∂Y[k,c]) - X_hat[n,c] (sum(k) ∂J/∂Y[k,c] X_hat[k,c]))",
}


@pytest.mark.parametrize("text", WRONG_GRADIENTS.values(), ids=WRONG_GRADIENTS)
def test_wrong_gradients_are_refused(text):
    refused(MOMENTS, MOMENTS.equation(f"sum(n',c') ∂J/∂Y[n',c'] ∂Y[n',c']/∂X[n,c] = {text}"))


def test_an_axis_that_is_called_like_the_loss():
    with pytest.raises(UsageError, match="loss J"):
        derived("batch_norm_gradient", shape="J C", reduced="J")
