"""Given numbers as tensors."""

from fractions import Fraction

import pytest

from symcnn import prove
from symcnn.errors import StepError, SymcnnError, UsageError
from symcnn.layers.data import literal
from symcnn.notation.expression import expression


@pytest.mark.parametrize("entries", [[[1, 0, -2], [0, 5, Fraction(1, 3)]], [[7], [8], [9]]])
@pytest.mark.parametrize("base", [0, 1])
def test_every_entry_is_proved_and_a_wrong_one_is_not(entries, base):
    given = literal("A", entries, base)
    for i, row in enumerate(entries):
        for j, value in enumerate(row):
            read = given.tensor[i + base, j + base]
            assert not prove(read, expression(value), [given]).hypotheses[1:]
            with pytest.raises((StepError, SymcnnError)):
                prove(read, expression(value + 1), [given])
    assert prove(given.tensor[base - 1, base], expression(0), [given])


def test_a_scalar_and_a_vector():
    assert prove(literal("a", 5).tensor[()], expression(5), [literal("a", 5)])
    assert prove(literal("v", [0, 4]).tensor[1], expression(4), [literal("v", [0, 4])])


@pytest.mark.parametrize(("entries", "why"), [([[1, 2], [3]], "different lengths"), ([], "empty"), ([[]], "empty")])
def test_ragged_entries_are_refused(entries, why):
    with pytest.raises(UsageError, match=why):
        literal("A", entries)
