"""The weight gradient of a filter, and its mean, variance and standard deviation."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from symcnn import Layer, Verdict, layer, prove
from symcnn.derivation import Derivation, Source, run
from symcnn.errors import StepError
from symcnn.kernel.moments import independence, linearity, moments
from symcnn.kernel.theorem import Independent, NonNegative, Theorem
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import Apply, Definition, Equation, Expectation, Power
from symcnn.notation.polynomial import Symbol
from symcnn.notation.traverse import sizes_in

PROBLEMS = Path(__file__).resolve().parent.parent / "derivations" / "problems"


@pytest.fixture(scope="module")
def statistics() -> Derivation:
    return run(Source("gradient_statistics", PROBLEMS / "gradient_statistics.py"), {}, 5)


@pytest.fixture(scope="module")
def filtered() -> Derivation:
    return run(Source("weight_gradient_of_filter", PROBLEMS / "weight_gradient_of_filter.py"), {}, 5)


def value(theorem: Theorem, sizes: dict[str, int], entries=None, **indices: int):
    """The right side at given sizes and entries; scalars are 1."""
    at = {s: sizes[s.name] for s in sizes_in(theorem.right)}
    read = (entries or {}).get
    made = Evaluator(at, lambda tensor, place: int(read(tensor.name)[place]) if place else 1)
    return made.exact(theorem.right, {Symbol(n): i for n, i in indices.items()})


@pytest.mark.parametrize(("n", "k"), [(4, 2), (5, 3), (6, 5), (3, 3)])
def test_the_weight_gradient_by_counting_uses(filtered, n, k):
    """Each weight's gradient adds up over every position at which the weight is used, found one by one."""
    assert filtered.verdict is Verdict.PROVED
    chance = np.random.default_rng(n)
    x, g = chance.integers(-9, 10, (n, n)), chance.integers(-9, 10, (n - k + 1, n - k + 1))
    expected = np.zeros((k, k), int)
    for row, column in itertools.product(range(n), repeat=2):
        for h, w in itertools.product(range(k), repeat=2):
            if 0 <= row - h <= n - k and 0 <= column - w <= n - k:
                expected[h, w] += x[row, column] * g[row - h, column - w]
    gradient, step = filtered.conclusions
    known = {"X": x, "∂J/∂Y": g, "W": np.full((k, k), 5)}
    for h, w in itertools.product(range(k), repeat=2):
        assert value(gradient, {"n": n, "k": k}, known, h=h, l=w) == expected[h, w]
        assert value(step, {"n": n, "k": k}, known, h=h, l=w) == 5 - expected[h, w]


def test_what_is_concluded(statistics):
    assert statistics.verdict is Verdict.PROVED
    mean, variance, deviation, growth, aligned, half = statistics.conclusions
    assert str(mean.statement).endswith("= 0")
    for n, k in ((3, 1), (7, 3), (28, 5), (5, 5)):
        assert value(variance, {"n": n, "k": k}) == (n - k + 1) ** 2
        assert value(deviation, {"n": n, "k": k}) == n - k + 1
    assert str(growth.right) == "sigma_X * sigma_g"
    assert value(aligned, {"c": 4, "k": 9}) == 5
    assert value(half, {"k": 9}) == 10
    assert isinstance(deviation.left, Apply)


def test_what_it_rests_on(statistics):
    variance, deviation = statistics.conclusions[1:3]
    assert any(isinstance(h, Independent) for h in variance.hypotheses)
    assert sum(isinstance(h, Equation) for h in variance.hypotheses) == 4
    assert [str(h) for h in deviation.hypotheses if isinstance(h, NonNegative)] == ["sigma_X ≥ 0", "sigma_g ≥ 0"]


def test_cross_terms_count_where_entries_are_correlated(statistics):
    (refuted,) = [s.answer for s in statistics.steps if s.answer is not None]
    assert (refuted.verdict, refuted.counterexample.left, refuted.counterexample.right) == (Verdict.REFUTED, "16", "4")


CONV: Layer = layer("Y[i,j] = sum(h,l) W[h,l] X[i+h, j+l]", "n k", "X[n,n] W[k,k] sigma_X sigma_g", assume=["k <= n"])
X, G = CONV["X"], CONV["∂J/∂Y"]
DW = Definition(CONV["∂J/∂W"], (Symbol("h"), Symbol("l")),
                CONV.equation("∂J/∂W[h,l] = sum(i,j) ∂J/∂Y[i,j] X[i+h, j+l]").right)
RANGES = list(zip(DW.indices, DW.tensor.axes, strict=True))


def law(text: str) -> Equation:
    made = CONV.equation(text)
    return Equation(Expectation(made.left, (X, G)), made.right)


MEANS = [law("X[a,b] = 0"), law("∂J/∂Y[a,b] = 0")]
UNCORRELATED = [law("X[a,b] X[a',b'] = sigma_X^2 [a = a', b = b']"),
                law("∂J/∂Y[a,b] ∂J/∂Y[a',b'] = sigma_g^2 [a = a', b = b']")]
ALL_EQUAL = [law("X[a,b] X[a',b'] = sigma_X^2"), law("∂J/∂Y[a,b] ∂J/∂Y[a',b'] = sigma_g^2")]


def second_moment(laws: list[Equation], groups=((X,), (G,))) -> Theorem:
    first = linearity(Expectation(Power(DW.left, 2), (X, G)), [DW], RANGES)
    return moments(independence(first.right, groups, RANGES).right, laws, RANGES)


LAWS = {
    "both uncorrelated": ([*MEANS, *UNCORRELATED], "(n-k+1)^2 sigma_X^2 sigma_g^2"),
    "it is enough if one is": ([*MEANS, UNCORRELATED[0], ALL_EQUAL[1]], "(n-k+1)^2 sigma_X^2 sigma_g^2"),
    "all entries equal": ([*MEANS, *ALL_EQUAL], "(n-k+1)^4 sigma_X^2 sigma_g^2"),
}


@pytest.mark.parametrize(("laws", "text"), LAWS.values(), ids=LAWS)
def test_the_second_moment_follows_the_laws(laws, text):
    right = CONV.equation(f"∂J/∂W[h,l] = {text}").right
    assert prove(second_moment(laws).right, right, [], CONV.assumptions, ranges=RANGES)


WRONG = {
    "cross terms dropped though all entries are equal": ([*MEANS, *ALL_EQUAL], "(n-k+1)^2 sigma_X^2 sigma_g^2"),
    "the positions counted once": ([*MEANS, *UNCORRELATED], "(n-k+1) sigma_X^2 sigma_g^2"),
    "as many positions as inputs": ([*MEANS, *UNCORRELATED], "n^2 sigma_X^2 sigma_g^2"),
    "the taps counted too": ([*MEANS, *UNCORRELATED], "(n-k+1)^2 k^2 sigma_X^2 sigma_g^2"),
    "a standard deviation": ([*MEANS, *UNCORRELATED], "(n-k+1) sigma_X sigma_g"),
}


@pytest.mark.parametrize(("laws", "text"), WRONG.values(), ids=WRONG)
def test_wrong_second_moments_are_refuted(laws, text):
    right = CONV.equation(f"∂J/∂W[h,l] = {text}").right
    with pytest.raises(StepError, match="refuted|conditional"):
        prove(second_moment(laws).right, right, [], CONV.assumptions, ranges=RANGES)


def test_without_independence_or_second_moments_nothing_follows():
    with pytest.raises(StepError, match="no law"):
        second_moment([*MEANS, *UNCORRELATED], [(X, G)])
    with pytest.raises(StepError, match="no group"):
        second_moment([*MEANS, *UNCORRELATED], [(X,)])
    with pytest.raises(StepError, match="no law"):
        second_moment(MEANS)
