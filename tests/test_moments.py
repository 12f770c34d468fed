"""Expectations: what linearity, independence and stated moments give, and what they must refuse."""

from __future__ import annotations

import itertools

import pytest

from symcnn import prove
from symcnn.errors import ForgeryError, StepError
from symcnn.kernel.moments import independence, linearity, moments
from symcnn.kernel.rules import lift, specialize, symmetry, transitivity
from symcnn.kernel.theorem import Independent, Theorem
from symcnn.layers.layer import Layer, declare
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import Definition, Equation, Expectation, Expression, Power, Tensor, axis, expression
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.recheck import replay

NAMES = declare("n m", "X[n] g[n] h[n] W[n] c x y s t")
X, G, H = (NAMES[name] for name in "Xgh")
OVER = (X, G, H)


def line(text: str, names: Layer = NAMES, over: tuple[Tensor, ...] = OVER) -> Expression:
    """E of a formula; indices i, j, … are free."""
    return Expectation(names.equation(f"X[i] X[j] X[k] X[l] = {text}").right, over)


def law(text: str, over: tuple[Tensor, ...] = OVER) -> Equation:
    made = NAMES.equation(text)
    return Equation(Expectation(made.left, over), made.right)


LAWS = {
    "mean of X": law("X[a] = 0"), "mean of g": law("g[a] = 0"),
    "X": law("X[a] X[b] = s^2 [a = b]"), "g": law("g[a] g[b] = t^2 [a = b]"),
}
CORRELATED = [LAWS["mean of X"], LAWS["g"], law("X[a] X[b] = s^2 ([a = b] + [a = b + 1] + [a = b - 1])")]


def worked_out(node: Expression, laws=None) -> Theorem:
    first = linearity(node)
    second = independence(first.right, [(X,), (G,)])
    return transitivity(transitivity(first, second), moments(second.right, laws or [*LAWS.values()]))


RIGHT = {
    "the mean of a sum": ("sum(i=0..n-1) X[i]", "0"),
    "the second moment of a sum of uncorrelated entries": ("(sum(i=0..n-1) X[i])^2", "n s^2"),
    "a product of independent sums": ("(sum(i=0..n-1) X[i]) (sum(j=0..n-1) g[j])", "0"),
    "the second moment of a product": ("(sum(i=0..n-1) g[i] X[i])^2", "n s^2 t^2"),
    "what is fixed stays": ("(sum(i=0..n-1) W[i] X[i])^2", "s^2 (sum(i) W[i]^2)"),
    "a constant": ("c", "c"),
    "a function of what is fixed": ("tanh(c) X[0]^2", "tanh(c) s^2"),
    "behind the axis an entry is 0": ("X[n]^2 + X[0]^2", "s^2"),
    "one variable name in two sums": ("(sum(i=0..n-1) X[i]) (sum(i=0..n-1) X[i])", "n s^2"),
    "a sum inside a sum": ("sum(i=0..n-1) X[i] (sum(j=0..i) X[j])", "n s^2"),
}


@pytest.mark.parametrize(("left", "right"), RIGHT.values(), ids=RIGHT)
def test_what_linearity_independence_and_moments_give(left, right):
    made = worked_out(line(left))
    value = NAMES.expression(right)
    assert transitivity(made, prove(made.right, value)).right == value
    assert replay(linearity(line(left))).places > 0


def test_a_theorem_carries_the_laws_that_it_used():
    made = worked_out(line("X[i] X[j] g[k] g[l]"))
    assert [h for h in made.hypotheses if isinstance(h, Equation)] == [LAWS["X"], LAWS["g"]]
    assert Independent(((X,), (G,))) in made.hypotheses
    assert not worked_out(line("c")).hypotheses[1:]


def test_a_nested_expectation_is_a_number():
    mean = Expectation(NAMES.expression("X[0]"), OVER)
    made = linearity(Expectation(Power(NAMES.expression("X[0]") - mean, 2), OVER))
    assert replay(made).places > 0
    value = moments(made.right, [*LAWS.values()])
    assert prove(value.right, NAMES.expression("s^2"))


SQUARED = NAMES.define("V[i] = X[i]^2")
LINEARITY_REFUSES = {
    "a function of a random entry": line("tanh(X[i])"),
    "a quotient by a random entry": line("1/X[i]"),
    "a square root": line("sqrt(X[i]^2)"),
    "a maximum": line("max(i=0..n-1) X[i]"),
    "a derivative of a random entry": line("∂J/∂X[i] + X[i]", NAMES),
    "a gradient that may be random": line("∂J/∂W[i] X[i]"),
    "a sum without written bounds": line("sum(i) X[2*i]"),
    "expectations over different tensors": line("X[i]") + line("X[j]", over=(X,)),
    "too many terms": line("(X[i] + X[j])^9"),
}


@pytest.mark.parametrize("node", LINEARITY_REFUSES.values(), ids=LINEARITY_REFUSES)
def test_linearity_refuses(node):
    with pytest.raises(StepError):
        linearity(node)


def test_linearity_refuses_a_defined_tensor_as_random():
    with pytest.raises(StepError, match="none of them defined"):
        linearity(Expectation(SQUARED.equation("V[i] = 0").left, (SQUARED["V"],)), SQUARED.definitions)


INDEPENDENCE_REFUSES = {
    "independence that was not stated": (line("X[i] h[j]"), [(X,), (G,)]),
    "a tensor in two groups": (line("X[i] g[j]"), [(X, G), (G,)]),
    "before linearity": (line("2 X[i] g[j]"), [(X,), (G,)]),
}


@pytest.mark.parametrize(("node", "groups"), INDEPENDENCE_REFUSES.values(), ids=INDEPENDENCE_REFUSES)
def test_independence_refuses(node, groups):
    with pytest.raises(StepError):
        independence(node, groups)


def test_entries_of_one_group_stay_together():
    assert independence(line("X[i] X[j]"), [(X,), (G,)]).right == line("X[i] X[j]")
    assert independence(line("X[i] g[j]"), [(X, G), (H,)]).right == line("X[i] g[j]")


MOMENTS_REFUSE = {
    "a mean that is not stated": (line("h[i]"), [*LAWS.values()]),
    "a third moment": (line("X[i] X[j] X[k]"), [*LAWS.values()]),
    "a fourth moment": (line("X[i] X[j] X[k] X[l]"), [*LAWS.values()]),
    "a joint moment without independence": (line("X[i] g[j]"), [*LAWS.values()]),
    "before linearity": (line("X[i] + X[j]"), [*LAWS.values()]),
    "a law over other tensors": (line("X[i]"), [law("X[a] = 0", (X,))]),
    "a law of one entry only": (line("X[i]"), [law("X[0] = 0")]),
    "a law of the diagonal only": (line("X[i] X[j]"), [law("X[a] X[a] = s^2")]),
    "a law of shifted entries": (line("X[i] X[j]"), [law("X[a] X[a + 1] = 0")]),
    "a law whose value is random": (line("X[i]"), [law("X[a] = X[a]")]),
    "a law with a loose index": (line("X[i]"), [law("X[a] = 0*W[b]")]),
    "a law about a function": (line("X[i]"), [law("tanh(X[a]) = 0")]),
}


@pytest.mark.parametrize(("node", "laws"), MOMENTS_REFUSE.values(), ids=MOMENTS_REFUSE)
def test_moments_refuse(node, laws):
    with pytest.raises(StepError):
        moments(node, laws)


WRONG = {
    "cross terms dropped though entries are correlated": ("(sum(i=0..n-1) X[i])^2", "n s^2", CORRELATED),
    "E of a square as the square of E": ("X[0]^2", "0", None),
    "a wrong factor": ("(sum(i=0..n-1) X[i])^2", "n^2 s^2", None),
    "an entry behind the axis counted": ("X[n]^2", "s^2", None),
    "an entry before the axis counted": ("(sum(i=0..n-1) X[i-1])^2", "n s^2", None),
    "a standard deviation as a variance": ("X[0]^2", "s", None),
}


@pytest.mark.parametrize(("left", "right", "laws"), WRONG.values(), ids=WRONG)
def test_wrong_values_are_refuted(left, right, laws):
    made = worked_out(line(left), laws)
    with pytest.raises(StepError, match="conditional|refuted"):
        prove(made.right, NAMES.expression(right))


def test_e_of_a_product_is_refuted_by_two_outcomes():
    x, y = (Expectation(NAMES.expression(t), (NAMES["x"], NAMES["y"])) for t in "xy")
    both = Expectation(NAMES.expression("x y"), (NAMES["x"], NAMES["y"]))
    with pytest.raises(StepError, match="refuted"):
        prove(both, x * y)


def test_what_a_theorem_takes_for_fixed_cannot_be_defined_later():
    fixed = linearity(Expectation(NAMES.equation("X[i] = W[i] X[i]").right, (X,)))
    meaning = Definition(NAMES["W"], (Symbol("a"),), NAMES.equation("W[a] = X[a]").right)
    defined = linearity(fixed.left, [meaning])
    with pytest.raises(StepError, match="W is defined here"):
        transitivity(symmetry(fixed), defined)


def test_an_undefined_tensor_under_a_derivative_cannot_be_defined_later():
    double = NAMES.define("U[i] = 2 X[i]")
    free = prove(double.equation("∂U[i]/∂X[i] = 0").left, expression(0))
    meant = prove(free.left, double.equation("U[i] = 2*[0 <= i, i <= n - 1]").right, double.definitions)
    with pytest.raises(StepError, match="U is defined here"):
        transitivity(symmetry(free), meant)


def test_what_is_random_is_not_lifted():
    with pytest.raises(StepError, match="lift"):
        lift(linearity(line("X[i] + g[i]")), ["X"], Symbol("b"), axis(Symbol("B", 1)))


def test_sizes_can_be_made_particular():
    made = worked_out(line("(sum(i=0..n-1) X[i])^2"))
    closed = transitivity(made, prove(made.right, NAMES.expression("n s^2")))
    special = specialize(closed, {NAMES.size("n"): polynomial(5)})
    assert special.left.over[0] == Tensor("X", (axis(5),))
    assert prove(special.right, NAMES.expression("5 s^2"))


def test_forged():
    with pytest.raises(ForgeryError):
        Theorem(object(), Equation(line("X[i]^2"), expression(0)))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_values_are_those_of_fair_signs(n):
    """Signs that are drawn independently of each other satisfy the laws, here with s = 2 and t = 3."""
    outcomes = list(itertools.product((-1, 1), repeat=2 * n))
    values = [sum(2 * o[i] * 3 * o[n + i] for i in range(n)) ** 2 for o in outcomes]
    right = worked_out(line("(sum(i=0..n-1) g[i] X[i])^2")).right
    scalars = {"s": 2, "t": 3}
    exact = Evaluator({NAMES.size("n"): n}, lambda tensor, at: scalars[tensor.name]).exact(right)
    assert exact == sum(values) // len(values) == n * 4 * 9
