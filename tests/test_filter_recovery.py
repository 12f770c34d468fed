"""Filters from outputs: one, none or a family, each proved; numbers follow from input and output."""

import itertools
import random
from fractions import Fraction
from pathlib import Path

import pytest

from symcnn import Verdict
from symcnn.derivation import Source, run
from symcnn.errors import UsageError
from symcnn.kernel.theorem import AtLeastZero
from symcnn.layers.data import table
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import Definition, Equation

SOURCE = Source("filter_recovery", Path(__file__).parent.parent / "derivations/problems/filter_recovery.py")


def correlated(x, w):
    return [sum(w[k] * x[i + k] for k in range(len(w))) for i in range(len(x) - len(w) + 1)]


def text(values):
    return " ".join(map(str, values))


def recovered(x, y, length):
    return run(SOURCE, {"input": text(x), "output": text(y), "length": str(length)})


def test_the_problem_as_it_is_stated():
    d = run(SOURCE)
    tables = [table(t.statement) for t in d.conclusions if isinstance(t.statement, Equation)]
    assert [[2, -1, 3]] in tables
    assert [[3, -1, 2]] in tables
    assert d.verdict is Verdict.PROVED
    assert "exactly one" in d.notes[0]


@pytest.mark.parametrize("seed", range(8))
def test_a_random_filter_is_found_again(seed):
    chance = random.Random(seed)
    length = chance.randint(1, 4)
    x = [1, *(chance.randint(-4, 4) for _ in range(2 * length + 1))]
    w = [Fraction(chance.randint(-6, 6), chance.randint(1, 3)) for _ in range(length)]
    d = recovered(x, correlated(x, w), length)
    unique = [t for t in d.conclusions if str(t.left) == "W[k]"]
    if "exactly one" in d.notes[0]:
        assert table(unique[0].statement) == [w]
        assert any(isinstance(h, Equation) for h in unique[0].hypotheses), "only for filters that make the output"
    else:
        assert "infinitely many" in d.notes[0]


def test_all_small_filters_that_make_the_output_are_in_the_family():
    x, y = [1, 1, 2, 1], [3, 4]
    d = recovered(x, y, 3)
    assert "infinitely many" in d.notes[0]
    theorem = next(t for t in d.conclusions if str(t.left) == "W[k]")
    solutions = [w for w in itertools.product(range(-4, 5), repeat=3) if correlated(x, w) == y]
    assert solutions
    for w in solutions:
        evaluator = Evaluator({}, lambda tensor, at, w=w: w[at[0]])
        (k,) = (s for s, _ in theorem.indices)
        assert [evaluator.exact(theorem.right, {k: place}) for place in range(3)] == list(w)


@pytest.mark.parametrize(("x", "y", "length"), [([1, 1, 1, 1], [2, 3, 2], 2), ([0, 0, 0], [0, 1], 2), ([0], [5], 1)])
def test_no_solution_is_shown_by_a_combination(x, y, length):
    d = recovered(x, y, length)
    assert d.verdict is Verdict.PROVED
    assert d.notes == ["There is no solution."]
    zero, value = d.conclusions[-2:]
    assert str(zero.right) == "0"
    assert int(str(value.right)) != 0
    assert not any(isinstance(h, (AtLeastZero, Equation)) for t in (zero, value) for h in t.hypotheses)
    assert any(isinstance(h, Definition) and h.tensor.name == "Y" for h in zero.hypotheses)


def test_many_solutions_for_an_input_of_zeros():
    d = recovered([0, 0, 0], [0, 0], 2)
    assert "$W[0]$, $W[1]$" in d.notes[0]


WRONG = {
    "a length that does not fit": ({"length": "2"}, "output has 3 entries; .* makes 4"),
    "longer than the input": ({"length": "6"}, "length is 6; allowed: 1 to 5"),
    "no length": ({"length": "0"}, "length is 0"),
    "no number": ({"output": "a b c"}, "'a'"),
    "too long": ({"input": "1 " * 25}, "input has 25 entries; at most 24"),
    "nothing": ({"input": " "}, "input is empty"),
}


@pytest.mark.parametrize(("settings", "why"), WRONG.values(), ids=WRONG)
def test_wrong_parameters_are_one_line(settings, why):
    with pytest.raises(UsageError, match=why) as found:
        run(SOURCE, settings)
    assert "\n" not in str(found.value)
