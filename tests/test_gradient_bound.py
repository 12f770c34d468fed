"""Which factors a deep gradient has and how large it can be: right, wrong, and against random networks."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from symcnn.derivation import Source, run
from symcnn.errors import StepError, UsageError, WitnessError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.theorem import Bounded
from symcnn.layers.deep import deep_network
from symcnn.notation.expression import Derivative
from symcnn.notation.traverse import tensors_in
from symcnn.verdict import Verdict

FOLDER = Path(__file__).parent.parent / "derivations" / "problems"
BOUND, FACTORS, SLOPE = (Source(name, FOLDER / f"{name}.py")
                         for name in ("gradient_bound", "gradient_factors", "sigmoid_slope_bound"))
MODULE = BOUND.load()


@pytest.mark.parametrize(("depth", "layer"), [(2, 1), (3, 1), (3, 2), (4, 2)])
def test_the_factors_are_those_above_the_layer(depth, layer):
    d = run(FACTORS, {"depth": str(depth), "layer": str(layer)}, cases=3)
    assert d.verdict is Verdict.PROVED
    by_bias, by_weight = (t for t in d.conclusions if isinstance(t.left, Derivative))
    above, between = range(layer + 1, depth + 1), range(layer, depth)
    wanted = {f"A{j}" for j in above} | {f"z{j}" for j in between}
    assert {t.name for t in tensors_in(by_bias.right)} == wanted
    assert {t.name for t in tensors_in(by_weight.right)} == wanted | {f"y{layer - 1}"}


@pytest.mark.parametrize(("depth", "layer"), [(1, 1), (3, 3), (3, 0), (3, -1), (6, 1), (0, 1)])
def test_bad_parameters(depth, layer):
    with pytest.raises(UsageError, match=r"layer|depth"):
        run(FACTORS, {"depth": str(depth), "layer": str(layer)})


def test_the_bounds_rest_on_what_is_given():
    d = run(BOUND, cases=3)
    assert d.verdict is Verdict.PROVED
    assert set(map(str, d.assumptions)) <= {str(g.statement) for g in d.givens}
    assert {str(t.statement) for t in run(SLOPE).conclusions if not t.hypotheses} == {
        f"|{t.left}| <= {t.right}" for t in run(SLOPE).conclusions}


WRONG_FACTORS = {
    "with the layer's own matrix": "∂y2[a]/∂b1[i] = A2[a,i] sigmoid(z1[i]) (1 - sigmoid(z1[i])) b1[i]",
    "without the slope": "∂y2[a]/∂b1[i] = A2[a,i]",
    "with a slope at the linear output": "∂y2[a]/∂b2[i] = [a = i] sigmoid(z2[i]) (1 - sigmoid(z2[i]))",
    "without the input": "∂y2[a]/∂A1[i,j] = A2[a,i] sigmoid(z1[i]) (1 - sigmoid(z1[i]))",
}


@pytest.mark.parametrize("text", WRONG_FACTORS.values(), ids=WRONG_FACTORS)
def test_wrong_factors_are_refused(text):
    net = deep_network(2)
    line = net.equation(text)
    with pytest.raises(StepError):
        equal(Claim(line.left, line.right, net.definitions))


def names():
    from symcnn import Derivation

    return MODULE.recurrences(Derivation("", ""))


GIVEN = ("P[l+m,c,i] = B[l+m]", "A[k,a,c] = R[k,a,c]", "sum(c) R[k,a,c] = alpha[k]", "s[k,c] = beta[k]")
GROWTH = "B[k+1] = alpha[k+1] beta[k] B[k]"
WRONG_GROWTH = {
    "without the slope": "B[k+1] = alpha[k+1] B[k]",
    "without the matrix": "B[k+1] = beta[k] B[k]",
    "the matrix of the layer below": "B[k+1] = alpha[k] beta[k] B[k]",
    "the slope of the layer above": "B[k+1] = alpha[k+1] beta[k+1] B[k]",
    "half as much": "B[k+1] = 1/2 alpha[k+1] beta[k] B[k]",
}


def one_more_layer(growth, given=GIVEN):
    n = names()
    return MODULE.one_more_layer(n, *(MODULE.bounded(n, t) for t in given), n.equation(growth))


def test_the_bound_of_one_more_layer():
    theorem = one_more_layer(GROWTH)
    assert str(theorem.statement) == "|P[l + m + 1, a, i]| <= B[l + m + 1]"
    assert sum(isinstance(h, Bounded) for h in theorem.hypotheses) == 4


@pytest.mark.parametrize("growth", WRONG_GROWTH.values(), ids=WRONG_GROWTH)
def test_a_bound_that_grows_otherwise_is_refused(growth):
    with pytest.raises(StepError):
        one_more_layer(growth)


def test_column_sums_bound_nothing_here():
    with pytest.raises(StepError):
        one_more_layer(GROWTH, (*GIVEN[:2], "sum(a) R[k,a,c] = alpha[k]", GIVEN[3]))


def test_the_bound_holds_for_networks_written_out_by_hand():
    """∂y_L/∂b_i as a sum over all paths of units, against the product of norms and slopes."""
    chance = np.random.default_rng(3)
    for _ in range(20):
        widths = list(chance.integers(1, 4, size=4))
        a = [chance.normal(size=(widths[k + 1], widths[k])) for k in range(3)]
        slopes = [chance.uniform(0, 0.25, size=w) for w in widths[:3]]
        limit = np.prod([np.abs(m).sum(axis=1).max() for m in a]) * np.prod([s.max() for s in slopes])
        for end, start in itertools.product(range(widths[3]), range(widths[0])):
            total = sum(a[2][end, p] * slopes[2][p] * a[1][p, q] * slopes[1][q] * a[0][q, start] * slopes[0][start]
                        for p in range(widths[2]) for q in range(widths[1]))
            assert abs(total) <= limit * (1 + 1e-12)


@pytest.mark.parametrize("slope", [lambda z: MODULE.sigmoid_slope(z) / 2, lambda z: 0 * z + 1])
def test_the_numeric_witness_can_fail(slope):
    with pytest.raises(WitnessError):
        MODULE.random_networks(20, slope)
