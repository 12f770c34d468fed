"""Square roots, signs by form, and hypotheses that are cut; what each must refuse."""

from __future__ import annotations

import pytest

from symcnn import prove
from symcnn.errors import NotationError, StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.roots import root_of_square, square_of_root
from symcnn.kernel.rules import applied, cut, reflexivity, specialize
from symcnn.kernel.signs import doubtful, positive
from symcnn.kernel.theorem import AtLeastZero, NonNegative, NonZero
from symcnn.layers.layer import declare
from symcnn.notation.expression import Apply, Axis, Equation, Expression, Power, Value
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.recheck import replay

NAMES = declare("N M k n", "X[N] Y[M] x y epsilon", ["k <= n"]).define("v = sum(i) X[i]^2").define("w = x - y")
KNOWN = {d.tensor: d for d in NAMES.definitions}
read = NAMES.expression


def free(text: str):
    return NAMES.equation(f"X[i] Y[j] = {text}").right


def polynomials(text: str) -> Expression:
    """A formula; without tensors it is a polynomial."""
    try:
        return Value(NAMES.polynomial(text))
    except NotationError:
        return read(text)


DOUBTFUL = {
    "x^2": [], "exp(x)": [], "sqrt(x)": [], "N": [], "1/N": [], "3": [], "x x": [], "x^2 y^2 + 2": [], "v": [],
    "sum(i) X[i]^2": [], "v/N": [], "x^-2": [], "1/v": [], "relu(x)": [],
    "x": ["x"], "x y": ["x", "y"], "v + epsilon": ["epsilon"], "x^3": ["x"], "1/x": ["x"], "w": ["w"],
    "-x": ["-x"], "x - y": ["x - y"], "x + y": ["x", "y"], "v - 2": ["v - 2"], "v - y": ["v - y"], "-1": ["-1"],
    "n - k": ["n - k"], "sum(i) X[i]": ["sum(i) X[i]"], "x^2 y": ["y"], "sum(i=0..N-1) x": ["x"],
    "tanh(x)": ["tanh(x)"], "log(x)": ["log(x)"], "-v": ["-v"],
}


@pytest.mark.parametrize(("text", "expected"), DOUBTFUL.items())
def test_what_is_not_known_to_be_nonnegative(text, expected):
    assert list(map(str, doubtful(read(text), KNOWN))) == [str(polynomials(e)) for e in expected]


POSITIVE = {"exp(x)": True, "sum(i) exp(X[i])": True, "1/(1 + exp(x))": True, "N": True, "1/2": True,
            "sum(i=0..k-1) exp(x)": True, "sum(i=0..n-k) exp(x)": False, "x^2": False, "x": False, "0": False,
            "sum(i=1..N-1) exp(x)": False, "-1 exp(x)": False, "exp(x) - 1": False}


@pytest.mark.parametrize(("text", "expected"), POSITIVE.items())
def test_what_is_positive_by_its_form(text, expected):
    assert positive(read(text)) is expected


def test_the_square_of_a_root():
    made = square_of_root(read("v + epsilon"), NAMES.definitions)
    assert str(made.statement) == "sqrt(v + epsilon)^2 = v + epsilon"
    assert NonNegative(read("epsilon")) in made.hypotheses
    assert not [h for h in square_of_root(read("v"), NAMES.definitions).hypotheses if isinstance(h, NonNegative)]
    assert replay(made).places > 0


def test_the_root_of_a_square():
    made = root_of_square(read("(n - k + 1) x"), (), NAMES.assumptions)
    assert str(made.statement) == "sqrt(((n - k + 1) * x)^2) = (n - k + 1) * x"
    assert made.hypotheses == (AtLeastZero(NAMES.assumptions[0]), NonNegative(read("x")))
    assert specialize(made, {NAMES.size("n"): polynomial(NAMES.size("k")) + 2}).hypotheses == (
        NonNegative(read("x")),)
    assert NonNegative(read("x - y + 1")) not in root_of_square(read("x^2")).hypotheses


WRONG = {
    "the root of a square without a sign": ("sqrt(x^2)", "x"),
    "the root of a square as minus the base": ("sqrt(x^2)", "-x"),
    "the square of a root without a sign": ("sqrt(x)^2", "x"),
    "the root of a sum": ("sqrt(x^2 + y^2)", "x + y"),
    "the root of a product without signs": ("sqrt(x y)", "sqrt(x) sqrt(y)"),
    "twice a root as the root of twice": ("2 sqrt(x)", "sqrt(2 x)"),
    "the derivative without a half": ("∂v/∂x + 1/sqrt(x)", "2/sqrt(x)"),
}


@pytest.mark.parametrize(("left", "right"), WRONG.values(), ids=WRONG)
def test_wrong_claims_about_roots_are_refused(left, right):
    with pytest.raises(StepError):
        prove(read(left), read(right))


def test_a_negative_number_has_no_root():
    assert NonNegative(read("x - 2")) in square_of_root(read("x - 2")).hypotheses
    with pytest.raises(StepError, match="-3 < 0"):
        root_of_square(read("-3"))


def test_the_hypothesis_cannot_be_lost():
    """√(x²) = x needs x ≥ 0 or, which is as much, √(x²) + x ≠ 0."""
    root = square_of_root(read("x^2"))
    made = equal(Claim(read("sqrt(x^2)"), read("x")), [(root.statement, read("1/(sqrt(x^2) + x)"))])
    assert NonZero(read("sqrt(x^2) + x")) in cut(root, made).hypotheses


# -- cut and applied ------------------------------------------------------------------------------------------


def test_cut():
    root = square_of_root(read("v + epsilon"), NAMES.definitions)
    used = prove(read("x sqrt(v + epsilon)^2"), read("x v + x epsilon"), NAMES.definitions, (),
                 [(root.statement, read("x"))])
    assert Equation(root.left, root.right) in used.hypotheses
    done = cut(root, used)
    assert not [h for h in done.hypotheses if isinstance(h, Equation)]
    assert NonNegative(read("epsilon")) in done.hypotheses
    assert replay(done).theorems == 3


def held_on(axis: Axis):
    """X[i] = X[i] on a narrower range, and a theorem that rests on it."""
    left = NAMES.equation("X[i] = 0").left
    narrow = equal(Claim(left, left, ranges=((Symbol("i"), axis),)))
    user = equal(Claim(read("x"), read("x")), [(Equation(left, left), free("0*X[i]"))])
    return narrow, user


def test_cut_refuses_what_holds_on_a_narrower_range():
    narrow, user = held_on(Axis(polynomial(0), polynomial(1), polynomial(0)))
    with pytest.raises(StepError, match="ranges of its own"):
        cut(narrow, user)
    whole, user = held_on(NAMES["X"].axes[0])
    assert cut(whole, user).statement == user.statement


def test_cut_refuses_another_equation():
    user = prove(read("x^2"), read("y^2"), using=[(NAMES.equation("x = y"), read("x + y"))])
    with pytest.raises(StepError, match="no hypothesis"):
        cut(reflexivity(read("x")), user)
    with pytest.raises(StepError, match="no hypothesis"):
        cut(equal(Claim(read("y"), read("x")), [(NAMES.equation("x = y"), read("-1"))]), user)


def test_applied():
    made = applied("sqrt", prove(read("x + x"), read("2 x")))
    assert made.statement == Equation(Apply("sqrt", read("x + x")), Apply("sqrt", read("2 x")))
    assert replay(made).theorems == 2


# -- quotients ------------------------------------------------------------------------------------------------

QUOTIENTS = {
    "an entry": ("X[i]/X[i]", "1", "X[i]"),
    "a sum over entries": ("sum(i) X[i]^2/X[i]", "sum(i) X[i]", "X[i]"),
    "an exponential over a sum of them": ("1/(exp(x)/(exp(x) + exp(y)))", "1 + exp(y - x)", None),
}


@pytest.mark.parametrize(("left", "right", "nonzero"), QUOTIENTS.values(), ids=QUOTIENTS)
def test_quotients_cancel_where_the_denominator_is_not_zero(left, right, nonzero):
    made = prove(free(left), free(right))
    assert [str(h.expression) for h in made.hypotheses if isinstance(h, NonZero)] == ([nonzero] if nonzero else [])


WRONG_QUOTIENTS = {
    "a quotient turned over": ("sum(i) X[i]^2/X[i]", "sum(i) 1/X[i]"),
    "too many cancelled": ("sum(i) X[i]/X[i]", "N + 1"),
    "another entry": ("sum(i) X[i]/X[i+1]", "N"),
    "a step is not inverted by itself": ("1/(2 step(x))", "step(x)/2"),
}


@pytest.mark.parametrize(("left", "right"), WRONG_QUOTIENTS.values(), ids=WRONG_QUOTIENTS)
def test_wrong_quotients_are_refused(left, right):
    with pytest.raises(StepError):
        prove(free(left), free(right))


def test_powers_of_a_root_join():
    assert prove(Power(read("sqrt(x)"), -1) * read("sqrt(x)"), read("1"))
