"""The filter of horizontal differences: every number follows from the image and the weights."""

from fractions import Fraction
from pathlib import Path

import pytest

from symcnn import Verdict, prove
from symcnn.derivation import Source, run
from symcnn.errors import StepError, UsageError
from symcnn.layers.data import matrix, table
from symcnn.notation.expression import Read

PROBLEMS = Path(__file__).parent.parent / "derivations/problems"
SOURCE, WEIGHTS, PARTS = (Source(name, PROBLEMS / f"{name}.py")
                          for name in ("horizontal_differences", "difference_weights", "summation_by_parts"))
CASES = {
    "the problem": {},
    "other weights": {"weights": "2 0 -1"},
    "another image": {"image": "1 2 3; 4 1/2 6; -7 8 9", "weights": "1 -1; 1 -1"},
    "a column of weights": {"weights": "1; -2; 1"},
    "one weight as large as nothing": {"weights": "3"},
    "weights as large as the image": {"image": "1 2 0; 0 5 1", "weights": "1 2 3; 4 5 6"},
}


def tables(d):
    """The proved tables by the name of their tensor."""
    return {t.left.tensor.name: table(t.statement) for t in d.conclusions
            if isinstance(t.left, Read) and table(t.statement) is not None}


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_all_numbers_are_those_of_plain_loops(settings):
    d = run(SOURCE, settings)
    assert d.verdict is Verdict.PROVED
    x, w = matrix("x", d.parameters["image"]), matrix("w", d.parameters["weights"])
    rows, columns = len(x) - len(w) + 1, len(x[0]) - len(w[0]) + 1
    z = [[sum((w[a][b] * x[i + a][j + b] for a in range(len(w)) for b in range(len(w[0]))), Fraction(0))
          for j in range(columns)] for i in range(rows)]
    found = tables(d)
    everything = [v for row in z for v in row]
    assert found["Z"] == z
    assert found["A"] == [[max(everything) - v for v in row] for row in z]
    assert found["B"] == [[v - min(everything) for v in row] for row in z]
    counts = [str(t.right) for t in d.conclusions if str(t.left).startswith("sum")]
    assert counts == [str(rows), str(columns)]
    for value, word in ((max(everything), "maximum"), (min(everything), "minimum")):
        (reason,) = [s.reason for s in d.steps if f"the {word} is" in s.reason]
        places = [f"$({i}, {j})$" for i in range(rows) for j in range(columns) if z[i][j] == value]
        assert reason.endswith("at " + ", ".join(places))
    zeros = [f"$({i}, {j})$" for i in range(rows) for j in range(columns) if z[i][j] == 0]
    assert d.notes[0] == f"Read from the table: $Z$ is 0 at {', '.join(zeros) or 'no place'}."


def test_the_problem_as_it_is_stated():
    d = run(SOURCE)
    assert "(1, 3)" in next(s.reason for s in d.steps if "maximum" in s.reason)


def test_any_image():
    d = run(WEIGHTS)
    assert d.verdict is Verdict.PROVED
    assert [str(t.statement) for t in d.conclusions] == [
        "Z[i, j] = X[i, j] - X[i, j + 1] + X[i + 1, j] - X[i + 1, j + 1]", "Z[i, j] = -D[i, j] - D[i + 1, j]"]
    assert run(PARTS).verdict is Verdict.PROVED


def test_differences_do_not_explain_weights_with_another_sum():
    d = run(WEIGHTS, {"weights": "1 -2; 1 -1"})
    last = d.conclusions[-1]
    assert str(last.statement) == "Z[i, j] = -X[i, j + 1] - D[i, j] - D[i + 1, j]"
    with pytest.raises(StepError, match="counterexample"):
        prove(last.left, last.right + last.left, last.hypotheses)


WRONG = {
    "ragged": ({"image": "1 2; 3"}, "rows of 2, 1 entries"),
    "no number": ({"weights": "1 x"}, "'x'"),
    "empty": ({"weights": ""}, "empty"),
    "weights larger than the image": ({"image": "1 2; 3 4"} | {"weights": "1 2 3"}, "larger than the image"),
}


@pytest.mark.parametrize(("settings", "why"), WRONG.values(), ids=WRONG)
def test_wrong_parameters_are_one_line(settings, why):
    with pytest.raises(UsageError, match=why) as found:
        run(SOURCE, settings)
    assert "\n" not in str(found.value)
