"""Numbers from text, as tensors, and back; all entries of a result proved at once."""

from fractions import Fraction

import numpy as np
import pytest

from symcnn import declare
from symcnn.entries import at_sizes, proved_entries
from symcnn.errors import StepError, UsageError
from symcnn.layers.data import literal, matrix, number_latex, table, table_latex, vector
from symcnn.notation.expression import Equation


def correlation():
    return declare("H K s", "X[H] W[K]", ["K <= H"]).define("Z[i] = sum(k) W[k] X[s*i+k]")


@pytest.mark.parametrize(("x", "w", "stride"), [
    ([1, 4, 0, -2, 3], [2, -1, 3], 1), ([5, 0, 7], [Fraction(1, 3)], 2), ([1, 2, 3, 4, 5, 6, 7], [1, -1], 3),
    ([0, 0], [1, 1], 1)])
def test_all_entries_are_those_of_a_plain_loop(x, w, stride):
    layer = correlation()
    definitions = at_sizes(layer, {"H": len(x), "K": len(w), "s": stride})
    theorem = proved_entries(definitions[0].tensor, [*definitions, literal("X", x), literal("W", w)])
    assert table(theorem.statement) == [[sum(w[k] * x[i + k] for k in range(len(w))) for i in
                                         range(0, len(x) - len(w) + 1, stride)]]


def test_an_axis_from_one():
    data = literal("A", [[1, 0, 3], [0, -5, 6]], 1)
    assert table(proved_entries(data.tensor, [data]).statement) == [[1, 0, 3], [0, -5, 6]]
    assert table(Equation(data.left, data.body)) == [[1, 0, 3], [0, -5, 6]]


def test_what_is_no_table_is_none():
    names = declare("H", "A[2,3] B[H] c")
    for text in ("A[i,i] = 0", "A[i,j] = [i = 0] 3", "A[i,j] = 2*[i = 0, j = 1, i <= 3]", "B[i] = 0", "c = 1",
                 "A[0,j] = 0", "A[i,j] = c*[i = 0, j = 0]", "A[i,j] = 2*[j = 0, i = 1]"):
        assert table(names.equation(text)) is None, text
    assert table(names.equation("A[i,j] = 0")) == [[0, 0, 0], [0, 0, 0]]


def test_entries_that_are_not_given_are_asked_for():
    definitions = at_sizes(correlation(), {"H": 3, "K": 2, "s": 1})
    with pytest.raises((UsageError, StepError), match="no given entries"):
        proved_entries(definitions[0].tensor, [*definitions, literal("X", [1, 2, 3])])


@pytest.mark.parametrize(("sizes", "why"), [({"H": 0, "K": 1, "s": 1}, "at least 1"),
                                            ({"H": 2, "K": 3, "s": 1}, ">= 0")])
def test_sizes_that_do_not_fit_are_refused(sizes, why):
    with pytest.raises(UsageError, match=why):
        at_sizes(correlation(), sizes)


def test_numbers_from_text():
    assert vector("x", "1, -2 1/3") == [1, -2, Fraction(1, 3)]
    assert matrix("x", "1 2; 3 4") == [[1, 2], [3, 4]]
    assert matrix("x", "7") == [[7]]


@pytest.mark.parametrize(("text", "why"), [("1 2; 3", "entries"), ("1 a", "'a'"), ("", "empty"), ("1;", "empty"),
                                           ("1/0", "1/0"), ("1 2 3;" * 99 + "4 5 6", "300 entries; at most 256"),
                                           ("7 " * 300, "300 entries")])
def test_other_text_is_refused(text, why):
    with pytest.raises(UsageError, match=why):
        matrix("x", text)


def test_printing():
    assert table_latex([[Fraction(1), Fraction(-1, 2)]]) == r"\begin{pmatrix} 1 & -\frac{1}{2} \end{pmatrix}"
    assert number_latex(Fraction(-3)) == "-3"


def test_large_tables_stay_exact():
    x = np.arange(42).reshape(6, 7).tolist()
    data = literal("X", x)
    assert np.array_equal(np.array(table(proved_entries(data.tensor, [data]).statement), dtype=int), x)
