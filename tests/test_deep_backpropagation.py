"""Backpropagation for any depth: what the theorem says, against central differences; and wrong recurrences."""

import re
from pathlib import Path

import numpy as np
import pytest

from symcnn import declare
from symcnn.derivation import Source, run
from symcnn.errors import StepError, UsageError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.theorem import Theorem
from symcnn.layers.deep import deep_network
from symcnn.notation.expression import Derivative
from symcnn.verdict import Verdict

FOLDER = Path(__file__).parent.parent / "derivations" / "problems"
ONE, ANY, WRITTEN = (Source(name, FOLDER / f"{name}.py")
                     for name in ("dense_layer_gradients", "deep_backpropagation", "backpropagation_written_out"))
MODULE, STRAIGHT = ANY.load(), WRITTEN.load()


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_every_layer_of_the_depth_that_was_asked_for(depth):
    d = run(WRITTEN, {"depth": str(depth)}, cases=3)
    assert d.verdict is Verdict.PROVED
    straight = [str(t.statement) for t in d.conclusions if isinstance(t.left, Derivative)]
    assert set(straight) == {f"∂J/∂b{n}[i] = delta{n}[i]" for n in range(1, depth + 1)} | {
        f"∂J/∂A{n}[i, j] = delta{n}[i] * y{n - 1}[j]" for n in range(1, depth + 1)}
    assert not d.assumptions


def test_any_depth():
    d = run(ANY)
    assert d.verdict is Verdict.PROVED
    # The recurrences and the chain rule are given, and nothing else is assumed.
    assert set(map(str, d.assumptions)) <= {str(g.statement) for g in d.givens}
    general = {str(t.statement): t for t in d.conclusions}
    assert general["∂J/∂b[l, i] = delta[l, i]"].scope
    assert general["∂J/∂A[l, i, j] = delta[l, i] * y[l - 1, j]"].scope


def test_one_layer():
    d = run(ONE)
    assert d.verdict is Verdict.PROVED
    assert {str(t.left) for t in d.conclusions} == {
        "∂J/∂b[i]", "∂J/∂A[i, j]", "∂J/∂y[j]", "∂J/∂z[i]", "∂z'[a]/∂z[c]"}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize(("depth", "widths"), [(1, (2, 3)), (2, (3, 1, 2)), (5, (2, 4, 1, 3, 2, 3))])
def test_the_recurrences_give_the_slopes_of_the_loss(depth, widths):
    """y, z, s and δ as the theorem says, in float64, in matrices of the largest width: a missing unit is zero."""
    chance = np.random.default_rng(depth)
    n = max(widths)
    there = [np.arange(n) < w for w in widths]
    a = [None] + [chance.normal(size=(n, n)) * np.outer(there[k], there[k - 1]) for k in range(1, depth + 1)]
    b = [None] + [chance.normal(size=n) * there[k] for k in range(1, depth + 1)]
    x, t = chance.normal(size=n) * there[0], chance.normal(size=n) * there[depth]

    def forward(a, b):
        y, slopes = [x], [None]
        for k in range(1, depth + 1):
            z = a[k] @ y[-1] + b[k]
            y.append(z if k == depth else sigmoid(z) * there[k])
            slopes.append(sigmoid(z) * (1 - sigmoid(z)) * there[k])
        return y, slopes

    y, s = forward(a, b)
    delta = {depth: y[depth] - t}
    for k in range(depth - 1, 0, -1):
        delta[k] = np.array([s[k][c] * sum(a[k + 1][i, c] * delta[k + 1][i] for i in range(n)) for c in range(n)])

    def loss(a, b):
        return 0.5 * ((forward(a, b)[0][depth] - t) ** 2).sum()

    step = 1e-5
    for k in range(1, depth + 1):
        for i in np.flatnonzero(there[k]):
            slopes = []
            for sign in (1, -1):
                moved = [None if v is None else v.copy() for v in b]
                moved[k][i] += sign * step
                slopes.append(loss(a, moved))
            assert (slopes[0] - slopes[1]) / (2 * step) == pytest.approx(delta[k][i], abs=1e-7)
            for j in np.flatnonzero(there[k - 1]):
                slopes = []
                for sign in (1, -1):
                    moved = [None if v is None else v.copy() for v in a]
                    moved[k][i, j] += sign * step
                    slopes.append(loss(moved, b))
                assert (slopes[0] - slopes[1]) / (2 * step) == pytest.approx(delta[k][i] * y[k - 1][j], abs=1e-7)


NAMES = declare("N l n>=0 m>=0", "A[1..l+n,N,N] s[1..l+n,N] y[0..l+n,N] delta[1..l+n,N] P[1..l+n,N,N] Q[1..l+n,N,N,N]")
RIGHT = ("P[{},a,i]", "delta[l,i]", "P[l,a,i] = [a = i]", "P[k+1,a,i] = sum(c) A[k+1,a,c] s[k,c] P[k,c,i]",
         "delta[k,c] = s[k,c] (sum(a) A[k+1,a,c] delta[k+1,a])")
# One of the five parts of the right induction, put otherwise.
WRONG = {
    "no transpose": (4, "delta[k,c] = s[k,c] (sum(a) A[k+1,c,a] delta[k+1,a])"),
    "the matrix of the layer itself": (4, "delta[k,c] = s[k,c] (sum(a) A[k,a,c] delta[k+1,a])"),
    "σ′ of the layer above": (4, "delta[k,c] = sum(a) s[k+1,a] A[k+1,a,c] delta[k+1,a]"),
    "no σ′": (4, "delta[k,c] = sum(a) A[k+1,a,c] delta[k+1,a]"),
    "a wrong sign": (4, "delta[k,c] = -s[k,c] (sum(a) A[k+1,a,c] delta[k+1,a])"),
    "a forward step without σ′": (3, "P[k+1,a,i] = sum(c) A[k+1,a,c] P[k,c,i]"),
    "another start": (2, "P[l,a,i] = 2 [a = i]"),
    "another value": (1, "delta[l,i] y[l-1,i]"),
}


def carried(parts) -> Theorem:
    forward, entry, start, recurrence, backwards = parts
    return MODULE.carried(NAMES, forward, entry, *map(NAMES.equation, (start, recurrence, backwards)))


def test_the_right_recurrence_is_carried_through_all_layers():
    theorem = carried(RIGHT)
    assert theorem.rule == "induction"
    assert len(theorem.hypotheses) == 3


@pytest.mark.parametrize(("place", "text"), WRONG.values(), ids=WRONG)
def test_wrong_recurrences_are_refused(place, text):
    parts = list(RIGHT)
    parts[place] = text
    with pytest.raises(StepError):
        carried(parts)


WRONG_GRADIENTS = {
    "σ′ at the linear layer": "∂J/∂b2[i] = delta2[i] y2[i] (1 - y2[i])",
    "no σ′": "∂J/∂b1[i] = sum(j) A2[j,i] delta2[j]",
    "the output for the input": "∂J/∂A1[i,j] = delta1[i] y1[j]",
    "a factor 2": "∂J/∂b2[i] = 2 delta2[i]",
    "another layer's": "∂J/∂A2[i,j] = delta2[i] y0[j]",
}


@pytest.mark.parametrize("text", WRONG_GRADIENTS.values(), ids=WRONG_GRADIENTS)
def test_wrong_gradients_are_refused(text):
    net = STRAIGHT.with_deltas(deep_network(2), 2)
    line = net.equation(text)
    with pytest.raises(StepError):
        equal(Claim(line.left, line.right, net.definitions))


@pytest.mark.parametrize("depth", ["0", "-1", "6", "1000000", "two"])
def test_bad_depths(depth):
    with pytest.raises(UsageError, match=re.escape(f"depth is {depth}") + "|depth is 'two'"):
        run(WRITTEN, {"depth": depth})
