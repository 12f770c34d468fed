"""The two-layer tanh network: numbers follow from the parameters, checked by plain arithmetic written here."""

import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from math import tanh
from pathlib import Path

import pytest

from symcnn.derivation import Source, run
from symcnn.errors import StepError, UsageError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.notation.evaluate import enclosures
from symcnn.verdict import Verdict

PATH = Path(__file__).parent.parent / "derivations" / "problems" / "two_layer_tanh.py"
SOURCE = Source("two_layer_tanh", PATH)
SETS = {
    "as given": {},
    "another input": {"x": "-1/2", "y": "3", "decimals": "3"},
    "wider": {"W1": "0 0.1 -0.2; 0.5 1 2; 1 -1 0.25", "W2": "1 0; 0.3 -0.1; 0.2 0.7; -1 1/3", "x": "2 -3",
              "W3": "0.5 1; -1 2; 0.25 0", "y": "1 0.5", "decimals": "1"},
    "zeros": {"W1": "0 0; 0 0", "x": "0"},
}


def made(**settings):
    return run(SOURCE, settings, cases=3)


@cache
def made_of(name):
    return made(**SETS[name])


def given(d):
    return {name: [[Fraction(n) for n in row.split()] for row in str(d.parameters[name]).split(";")]
            for name in ("W1", "W2", "W3", "x", "y")}


def by_hand(g, settle=float, number=float):
    """Every value by plain loops, each put through `settle` as soon as it is known."""
    x, y = ([number(v) for row in g[name] for v in row] for name in "xy")
    weights = [[[number(v) for v in row] for row in g[f"W{n}"]] for n in (1, 2, 3)]
    values, layers = {}, [[number(1), *x]]
    for n, w in enumerate(weights, start=1):
        sums = [settle(sum(w[i][j] * layers[-1][i] for i in range(len(w)))) for j in range(len(w[0]))]
        values |= {(f"s{n}", j + 1): s for j, s in enumerate(sums)}
        if n < 3:
            outs = [settle(number(tanh(s))) for s in sums]
            values |= {(f"x{n}", j + 1): o for j, o in enumerate(outs)}
            layers.append([number(1), *outs])
    difference = [s - t for s, t in zip(sums, y, strict=True)]
    values["e",] = settle(sum(v * v for v in difference))
    deltas = {3: [settle(2 * v) for v in difference]}
    for n in (2, 1):
        deltas[n] = [settle((1 - layers[n][j + 1] ** 2) * sum(weights[n][j + 1][k] * deltas[n + 1][k]
                                                             for k in range(len(deltas[n + 1]))))
                     for j in range(len(layers[n]) - 1)]
    for n in (1, 2, 3):
        values |= {(f"delta{n}", j + 1): v for j, v in enumerate(deltas[n])}
        values |= {(f"∂e/∂W{n}", i, j + 1): settle(a * v) for i, a in enumerate(layers[n - 1])
                   for j, v in enumerate(deltas[n])}
    return values


def entry(read):
    return (read.tensor.name, *(int(i.constant) for i in read.indices))


@pytest.mark.parametrize("name", SETS)
def test_every_proved_value_is_the_one_found_by_hand(name):
    d = made_of(name)
    assert d.verdict is Verdict.PROVED
    wanted = by_hand(given(d))
    found = {entry(s.theorem.left): s.theorem.right for s in d.steps
             if s.theorem is not None and s.reason.startswith("put the numbers in")}
    assert found.keys() == wanted.keys()
    for key, closed in found.items():
        assert float(enclosures(closed)(100)) == pytest.approx(wanted[key], abs=1e-12), key
    concluded = {entry(t.left) for t in d.conclusions[3:]}
    assert concluded == {key for key in wanted if key[0].startswith("∂")}


@pytest.mark.parametrize("name", SETS)
def test_gradients_are_central_differences_of_the_error(name):
    """The error is computed here from the weights; the derivation's entries must be its slopes."""
    g = given(made_of(name))
    step = Fraction(1, 10 ** 5)
    for (of, *at), value in by_hand(g).items():
        if not of.startswith("∂"):
            continue
        i, j = at
        moved = []
        for sign in (1, -1):
            rows = [list(row) for row in g[of[-2:]]]
            rows[i][j - 1] += sign * step
            moved.append(by_hand({**g, of[-2:]: rows})["e",])
        assert (moved[0] - moved[1]) / (2 * float(step)) == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize("name", SETS)
def test_the_column_of_rounded_stages(name):
    d = made_of(name)
    places = int(d.parameters["decimals"])
    unit = Decimal(1).scaleb(-places)

    def number(value):
        return (Decimal(value.numerator) / value.denominator if isinstance(value, Fraction) else Decimal(value))

    wanted = by_hand(given(d), lambda v: v.quantize(unit, ROUND_HALF_UP), number)
    (table,) = [s.display for s in d.steps if s.display]
    rows = [[cell.strip() for cell in row.split("&")] for row in re.split(r"\\\\", table)[1:]]
    assert len(rows) == len(wanted)
    shown = {entry(s.theorem.left): row for s, row in zip(
        (s for s in d.steps if s.theorem is not None and s.reason.startswith("put the numbers in")), rows, strict=True)}
    exact = by_hand(given(d))
    for key, (_, certain, staged, *_rest) in shown.items():
        assert Decimal(staged) == wanted[key], key
        assert float(certain) == pytest.approx(exact[key], abs=6e-7), key


def test_the_numbers_as_given():
    d = made_of("as given")
    text = "\n".join(s.display for s in d.steps if s.display)
    for row in (r"x_1[1] & 0.604368 & 0.60 & \text{rounded}", r"s_2[1] & -1.480415 & -1.48 & \text{rounded}",
                r"x_2[1] & -0.901546 & -0.90 & \text{rounded}", r"e & 3.251138 & 3.24 & \text{wrong, 1 off}"):
        assert row in text


WRONG_GRADIENTS = {
    "the bias row is not left out": "delta2[j] = (1 - x2[j]^2) (sum(k) W3[j-1,k] delta3[k])",
    "no derivative of tanh": "delta2[j] = [1 <= j] (sum(k) W3[j,k] delta3[k]) + 0*x2[j]",
    "a wrong sign": "delta2[j] = (x2[j]^2 - 1) (sum(k) W3[j,k] delta3[k])",
    "a sigmoid's derivative": "delta2[j] = x2[j] (1 - x2[j]) (sum(k) W3[j,k] delta3[k])",
}


@pytest.mark.parametrize("text", WRONG_GRADIENTS.values(), ids=WRONG_GRADIENTS)
def test_wrong_gradients_are_refused(text):
    net = SOURCE.load().network("D0", "D1", "D2", "D3")
    meaning = net.equation(text).right
    right = net.equation("∂e/∂W2[i,j] = ([i = 0] + x1[i]) delta2[j]")
    assert equal(Claim(right.left, right.right, net.definitions))
    with pytest.raises(StepError):
        equal(Claim(right.left, net.equation("∂e/∂W2[i,j] = [i = 0] + x1[i]").right * meaning, net.definitions))


BAD = {
    "no number": ({"x": "two"}, "'two' is no number"),
    "an empty row": ({"W3": "1;;2"}, "a row is empty"),
    "ragged": ({"W1": "1 2; 3"}, "rows of 2, 1 numbers"),
    "a layer that does not fit": ({"W2": "1; 2"}, "W2 has 2 rows and W1 gives 2 values; 3 rows are needed"),
    "an input that does not fit": ({"x": "1 2 3"}, "W1 has 2 rows and x gives 3 values"),
    "a target that does not fit": ({"y": "1 2"}, "y has 2 values and W3 gives 1"),
    "decimals": ({"decimals": "-1"}, "decimals is -1"),
    "no decimals": ({"decimals": "many"}, "decimals is 'many'"),
    "a huge number": ({"x": "1" * 50}, "is no number"),
    "code": ({"x": "__import__('os')"}, "is no number"),
    "too wide": ({"W1": "1 1 1 1 1 1 1; 1 1 1 1 1 1 1", "W2": "1;" * 7 + "1"}, "7 units"),
}


@pytest.mark.parametrize(("settings", "message"), BAD.values(), ids=BAD)
def test_bad_parameters_are_one_clear_line(settings, message):
    with pytest.raises(UsageError) as caught:
        made(**settings)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
