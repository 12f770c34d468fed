"""Theorems for two layers as one for both: the definition of the tensor between them is discharged."""

import pytest

from symcnn import declare, equal, prove, replay
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.rules import discharge, renamed
from symcnn.notation.expression import Definition

SIZES, TENSORS = "H K t>=0", "X[H] Y[H] W[K]"


def theorem(names, text, using=()):
    equation = names.equation(text)
    return prove(equation.left, equation.right, names.definitions, names.assumptions, using)


def first(text="T[i] = 3*X[i]", claim="T[i] = 2*X[i] + X[i]", declared="T[H]"):
    return theorem(declare(SIZES, TENSORS).define(text, declared), claim)


def second(text="T[i] = 2*X[i] + X[i]", claim="U[i] = 3*X[i] + Y[i]", declared="T[H]"):
    names = declare(SIZES, TENSORS).define(text, declared)
    return theorem(names.define("U[i] = T[i] + Y[i]"), claim)


def test_the_definition_is_replaced_by_what_p_rests_on():
    both = discharge(first(), second())
    assert both.statement == second().statement
    bodies = {h.tensor.name: str(h.body) for h in both.hypotheses if isinstance(h, Definition)}
    assert bodies == {"T": "3 * X[i]", "U": "T[i] + Y[i]"}
    assert replay(both).places > 0


def test_indices_may_have_other_names():
    assert discharge(first(claim="T[v] = 2*X[v] + X[v]"), second()).rule == "discharge"


def test_hypotheses_are_kept():
    names = declare(SIZES, TENSORS + " a[H] c").define("T[i] = c*X[i]", "T[H]")
    given = names.equation("c = 3")
    x = names.equation("T[i] = X[i]").right
    p = theorem(names, "T[i] = 2*X[i] + X[i]", [(given, x)])
    assert given in discharge(p, second()).hypotheses


def not_everywhere():
    names = declare(SIZES, TENSORS).define("T[i] = [i <= 2] X[i] + [i > 2] Y[i]", "T[H]")
    return theorem(names, "T[0] = X[0]")


def spoken_of():
    names = declare(SIZES, TENSORS).define("T[i] = Y[i]", "T[H]")
    equation = names.equation("T[i] = 2*X[i] + X[i]")
    return equal(Claim(equation.left, equation.right, names.definitions),
                 [(names.equation("Y[i] = 3*X[i]"), names.expression("1"))])


WRONG = {
    "another formula": (lambda: first(claim="T[i] = 3*X[i]"), second, "is defined otherwise"),
    "one entry is not all": (not_everywhere, lambda: second("T[i] = X[0]", "U[i] = X[0] + Y[i]"), "all entries"),
    "a tensor that is not defined there": (lambda: first("R[i] = 3*X[i]", "R[i] = 2*X[i] + X[i]", "R[H]"), second,
                                           "no entry of a tensor that the second theorem defines"),
    "other axes": (lambda: first(declared="T[H+1]"), second, "no entry of a tensor"),
    "a hypothesis about one index": (spoken_of, second, "speaks of the indices"),
    "a left side that is no entry": (lambda: theorem(declare(SIZES, TENSORS), "X[i] + X[i] = 2*X[i]"), second,
                                     "no entry of a tensor"),
}


@pytest.mark.parametrize(("p", "q", "why"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused(p, q, why):
    with pytest.raises(StepError, match=why):
        discharge(p(), q())


def test_a_circle_of_definitions_is_refused():
    p = theorem(declare(SIZES, TENSORS + " U[H]").define("T[i] = U[i] + X[i] - U[i]", "T[H]"), "T[i] = X[i]")
    q = theorem(declare(SIZES, TENSORS).define("T[i] = X[i]").define("U[i] = T[i]", "U[H]"), "U[i] = X[i]")
    with pytest.raises(StepError, match="defined by itself"):
        discharge(p, q)


def test_one_name_for_two_sizes_is_refused():
    other = declare("H K t>=0", TENSORS).define("T[i] = 2*X[i] + X[i]", "T[H]").define("U[i] = t*T[i]")
    q = theorem(other, "U[i] = 3*t*X[i]")
    mine = declare("H K t>=1", TENSORS).define("T[i] = 3*X[i] + t*X[i] - t*X[i]", "T[H]")
    with pytest.raises(StepError, match="stands for two things"):
        discharge(theorem(mine, "T[i] = 2*X[i] + X[i]"), q)


def test_other_names_make_the_same_theorem_for_another_layer():
    p = second()
    again = renamed(p, {"U": "V", "T": "R", "X": "Q"})
    assert str(again.statement) == "V[i] = 3 * Q[i] + Y[i]"
    assert {h.tensor.name for h in again.hypotheses} == {"V", "R"}
    assert replay(again).places > 0
    swapped = renamed(p, {"X": "Y", "Y": "X"})
    assert str(swapped.statement) == "U[i] = 3 * Y[i] + X[i]"


def squared_gradient():
    names = declare("H", "X[H] Z[H]")
    return theorem(names, "2*∂J/∂X[i] = ∂J/∂X[i] + ∂J/∂X[i]")


WRONG_NAMES = {
    "two tensors become one": (second, {"X": "Y"}, "two tensors would be called Y"),
    "a defined one becomes another": (second, {"T": "X"}, "two tensors would be called X"),
    "no name at all": (second, {"X": "not a name"}, "no name for a tensor"),
    "half a name": (lambda: theorem(declare("H", "X[H]"), "X[i] + X[i] = 2*X[i]"), {"X": "∂X"}, "no name"),
    "a gradient": (squared_gradient, {"X": "Y"}, "speaks of the gradient"),
}


@pytest.mark.parametrize(("p", "names", "why"), WRONG_NAMES.values(), ids=WRONG_NAMES)
def test_names_that_clash_are_refused(p, names, why):
    with pytest.raises(StepError, match=why):
        renamed(p(), names)


def test_a_line_that_holds_by_an_equation_does_not_vary_like_one():
    """U = 2x by way of c = x: then ∂U/∂x is 0, though U := 2x has ∂U/∂x = 2."""
    names = declare("", "x c")
    held = names.define("U = 2*c")
    by_equation = theorem(held, "U = 2*x", [(held.equation("c = x"), held.expression("2"))])
    with pytest.raises(StepError, match="need not vary"):
        discharge(by_equation, theorem(names.define("U = 2*x"), "∂U/∂x = 2"))
    assert discharge(by_equation, theorem(names.define("U = 2*x"), "U + 1 = 2*x + 1")).rule == "discharge"
