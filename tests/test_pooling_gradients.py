"""Gradients of 2×2 pooling, against plain loops, for even and odd sizes."""

import random
from fractions import Fraction
from pathlib import Path

import pytest

from symcnn import Verdict, decide, declare
from symcnn.derivation import Source, run
from symcnn.errors import UsageError
from symcnn.kernel.claim import Claim
from symcnn.kernel.theorem import NonZero
from symcnn.notation.evaluate import Evaluator

SOURCE = Source("pooling_gradients", Path(__file__).parent.parent / "derivations/problems/pooling_gradients.py")


@pytest.fixture(scope="module")
def made():
    return run(SOURCE, cases=20)


def entries(theorem, height, width, x, dy):
    """All entries of the right side of a closed form."""
    def entry(tensor, at):
        return x[at[0]][at[1]] if tensor.name == "X" else dy[at[0]][at[1]]

    evaluator = Evaluator({s: {"H": height, "W": width}[s.name] for s in theorem.scope}, entry)
    indices = {s.name: s for s, _ in theorem.indices}
    found = [[evaluator.exact(theorem.right, {indices["u"]: u, indices["v"]: v}) for v in range(width)]
             for u in range(height)]
    return [[Fraction(int(value.p), int(value.q)) for value in row] for row in found]


@pytest.mark.parametrize(("height", "width"), [(2, 2), (4, 6), (5, 3), (3, 2)])
def test_the_closed_forms_are_those_of_plain_loops(made, height, width):
    chance = random.Random(height)
    numbers = chance.sample(range(-50, 50), height * width)
    x = [numbers[width * u:width * (u + 1)] for u in range(height)]
    dy = [[chance.randint(-9, 9) for _ in range(width // 2)] for _ in range(height // 2)]
    largest, mean = ([[Fraction(0)] * width for _ in range(height)] for _ in range(2))
    for i in range(height // 2):
        for j in range(width // 2):
            window = [(2 * i + a, 2 * j + b) for a in (0, 1) for b in (0, 1)]
            at = max(window, key=lambda place: x[place[0]][place[1]])
            largest[at[0]][at[1]] += dy[i][j]
            for u, v in window:
                mean[u][v] += Fraction(dy[i][j], 4)
    closed = [t for t in made.conclusions if str(t.left) == "∂J/∂X[u, v]"]
    assert entries(closed[0], height, width, x, dy) == largest
    assert entries(closed[1], height, width, x, dy) == mean


def test_every_place_of_every_window(made):
    shown = [str(t.statement) for t in made.conclusions]
    assert ("∂J/∂X[a + 2*i, b + 2*j] = ∂J/∂Y[i, j] * "
            "is_zero(max(c=0..1, d=0..1) X[c + 2*i, d + 2*j] - X[a + 2*i, b + 2*j])") in shown
    assert "∂J/∂X[a + 2*i, b + 2*j] = 1 * 4^-1 * ∂J/∂Z[i, j]" in shown
    place = next(t for t in made.conclusions if str(t.left) == "∂J/∂X[a + 2*i, b + 2*j]")
    ranges = {s.name: axis for s, axis in place.indices}
    assert [list(ranges[name].indices({})) for name in "ab"] == [[0, 1], [0, 1]]
    assert made.verdict is Verdict.PROVED


def test_ties_are_a_hypothesis_of_max_pooling_only(made):
    for theorem in made.conclusions:
        assumed = [h for h in theorem.hypotheses if isinstance(h, NonZero)]
        speaks_of_max = any("max(" in str(h) for h in theorem.hypotheses)
        assert bool(assumed) == speaks_of_max


WINDOW = "[2*i <= u, u <= 2*i+1, 2*j <= v, v <= 2*j+1]"
WRONG = {
    "the other parity": WINDOW.replace("2*i <= u, u <= 2*i+1", "2*i-1 <= u, u <= 2*i"),
    "half a window": WINDOW.replace("v <= 2*j+1", "v <= 2*j"),
    "a window too many": WINDOW.replace("v <= 2*j+1", "v <= 2*j+2"),
    "rows and columns exchanged": "[2*i <= v, v <= 2*i+1, 2*j <= u, u <= 2*j+1]",
}


@pytest.mark.parametrize("window", WRONG.values(), ids=WRONG)
def test_wrong_windows_are_refuted(made, window):
    mean = [t for t in made.conclusions if str(t.left) == "∂J/∂X[u, v]"][1]
    names = declare("H W", "X[H,W]", ["2 <= H", "2 <= W"]).define("Z[i,j] = 1/4 (sum(c=0..1,d=0..1) X[2*i+c,2*j+d])")
    wrong = names.equation(f"∂J/∂X[u,v] = 1/4 (sum(i,j) {window} ∂J/∂Z[i,j])")
    answer = decide(Claim(mean.right, wrong.right, names.definitions, names.assumptions))
    assert answer.verdict in (Verdict.REFUTED, Verdict.CONDITIONAL)
    assert answer.counterexample is not None


def test_it_has_no_parameters():
    with pytest.raises(UsageError, match="no parameter 'kernel'; it has none"):
        run(SOURCE, {"kernel": "3"})
