"""Edge and blur filters: what is proved follows from the profiles, and plain loops agree."""

import random
from fractions import Fraction
from pathlib import Path

import pytest

from symcnn import Verdict
from symcnn.calculus import prove_text
from symcnn.derivation import Source, run
from symcnn.errors import StepError, UsageError
from symcnn.layers.data import literal, table, vector
from symcnn.layers.layer import declare
from symcnn.notation.evaluate import Evaluator

SOURCE = Source("edge_and_blur_filters", Path(__file__).parent.parent / "derivations/problems/edge_and_blur_filters.py")
CASES = {
    "the problem": {},
    "no padding": {"padding": "0"},
    "wider": {"edge": "-1 -2 0 2 1", "blur": "1 4 6 4 1", "padding": "2"},
    "a second difference": {"edge": "1 -2 1", "blur": "1 1"},
    "more padding than half": {"edge": "-1 0 1", "padding": "2", "blur": "1/2 1/3"},
    "two weights": {"edge": "-1 1", "blur": "3"},
    "a blur whose ends are 0": {"blur": "0 1 0"},
}


def value(theorem, sizes, env, entry):
    known = {s: sizes[s.name] for s in theorem.scope}
    indices = {s: env[s.name] for s, _ in theorem.indices}
    found = Evaluator(known, lambda tensor, at: entry[tensor.name](*at)).exact(theorem.right, indices)
    return Fraction(int(found.p), int(found.q))


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_responses_are_those_of_plain_loops(settings):
    d = run(SOURCE, settings)
    e, g = vector("e", d.parameters["edge"]), vector("g", d.parameters["blur"])
    p = d.parameters["padding"]
    height, width, taps = 5, 4, 3
    chance = random.Random(1)
    r, c, u = ([chance.randint(-5, 5) for _ in range(n)] for n in (height, width, taps))
    sizes = {"H1": height, "H2": width, "K1": taps, "K2": len(e)}
    entry = {"r": lambda i: r[i], "c": lambda j: c[j], "u": lambda a: u[a], "t": lambda: 7}
    zero = next(t for t in d.conclusions if str(t.statement) == "Z[i, j] = 0")
    assert zero is not None
    border = next(t for t in d.conclusions if str(t.left) == "P[i, j]")
    upright = next(t for t in d.conclusions if str(t.left) == "V[i, j]")

    def loop(image, i, j, padding):
        return sum(u[a] * e[b] * image(i + a - padding, j + b - padding) for a in range(taps) for b in range(len(e)))

    def rows(i, j):
        return r[i] if 0 <= i < height and 0 <= j < width else 0

    for i in range(height + 2 * p - taps + 1):
        for j in range(max(0, width + 2 * p - len(e) + 1)):
            assert value(border, sizes, {"i": i, "j": j}, entry) == loop(rows, i, j, p)
    for j in range(max(0, width - len(e) + 1)):
        assert loop(rows, 0, j, 0) == 0
        assert value(upright, sizes, {"i": 0, "j": j}, entry) == loop(lambda i, j: c[j], 0, j, 0)
    weights = next(t for t in d.conclusions if str(t.left) == "W[i, j]")
    assert table(weights.statement) == [[a * b for b in g] for a in g]
    gain = next(t for t in d.conclusions if str(t.left) == "G[i, j]")
    assert value(gain, {**sizes, "K1": len(g), "K2": len(g)}, {"i": 0, "j": 0}, entry) == 7 * sum(g) ** 2
    assert d.verdict is Verdict.PROVED


def test_the_problem_as_it_is_stated():
    shown = [str(t.statement) for t in run(SOURCE).conclusions]
    assert "G[i, j] = 16 * t" in shown
    assert "1/16 * G[i, j] = t" in shown
    assert "P[i, j] = ([-j >= 0] - [-H2 + j + 1 >= 0]) * sum(a=0..K1 - 1) u[a] * r[a + i - 1]" in shown


def test_a_profile_that_does_not_add_up_to_0_responds():
    names = declare("H1 H2 K1", "u[K1] r[H1] R[H1,H2] e[3]", ["K1 <= H1", "3 <= H2"]).define("R[i,j] = r[i]").define(
        "Z[i,j] = sum(a,b) u[a] e[b] R[i+a,j+b]")
    with pytest.raises(StepError):
        prove_text(names, "Z[i,j] = 0", data=[literal("e", [-1, 0, Fraction(3, 2)])])
    assert prove_text(names, "Z[i,j] = 0", data=[literal("e", [-1, 0, 1])])


def test_a_filter_that_is_no_product_is_not_separable():
    names = declare("H1 H2", "X[H1,H2] W[2,2] g[2] h[2]", ["2 <= H1", "2 <= H2"])
    names = names.define("B[i,j] = sum(a,b) W[a,b] X[i+a,j+b]").define("Y[i,j] = sum(b) h[b] X[i,j+b]")
    data = [literal("W", [[1, 0], [0, 1]]), literal("g", [1, 1]), literal("h", [1, 1])]
    with pytest.raises(StepError, match="counterexample"):
        prove_text(names, "B[i,j] = sum(a) g[a] Y[i+a,j]", data=data)


WRONG = {
    "an edge filter with a sum": ({"edge": "1 0 1"}, "adds up to 2"),
    "a blur filter without": ({"blur": "1 -1"}, "adds up to 0"),
    "too much padding": ({"padding": "3"}, "allowed: 0 to 2"),
    "negative padding": ({"padding": "-1"}, "padding is -1"),
    "no number": ({"blur": "1 b"}, "'b'"),
}


@pytest.mark.parametrize(("settings", "why"), WRONG.values(), ids=WRONG)
def test_wrong_parameters_are_one_line(settings, why):
    with pytest.raises(UsageError, match=why) as found:
        run(SOURCE, settings)
    assert "\n" not in str(found.value)
