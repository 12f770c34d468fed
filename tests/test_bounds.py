"""Bounds of absolute values and induction over a size: what they show, and what they must refuse."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symcnn import declare, prove
from symcnn.errors import ForgeryError, StepError, WitnessError
from symcnn.kernel import bounds
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.induction import over_size
from symcnn.kernel.rules import at, lift, reflexivity, replaced, specialize, symmetry, transitivity
from symcnn.kernel.theorem import Bounded, Theorem
from symcnn.notation.expression import Derivative, Equation, axis, expression
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.recheck import replay

NAMES = declare("N M m>=0 p", "X[N] Y[N] A[N,M] B[M] P[0..] Q[0..] S[0..] alpha x y c")
read, line = NAMES.expression, NAMES.equation
i, j, k, m = Symbol("i"), Symbol("j"), Symbol("k"), NAMES.size("m")
P_ = polynomial
ONE = expression(1)


def bounded(text: str) -> Bounded:
    equation = line(text)
    return Bounded(equation.left, equation.right)


def given(text: str) -> Theorem:
    return bounds.assumed(bounded(text))


def right(text: str):
    return line(f"X[i] A[i,j] P[k] = {text}").right


def squares(*texts: str):
    return [(1, read(t)) for t in texts]


# -- sums of squares ------------------------------------------------------------------------------------------

SQUARES = {
    "a number": ("-3", "4", ["1"], ["1"]),
    "zero": ("0", "0", [], []),
    "sigmoid'": ("sigmoid(x) (1 - sigmoid(x))", "1/4", ["sigmoid(x) - 1/2"], ["1/2", "exp(-x/2)/(1 + exp(-x))"]),
    "tanh'": ("1 - tanh(x)^2", "1", ["tanh(x)"], ["1", "2/(exp(x) + exp(-x))"]),
    "tanh": ("tanh(x)", "1", ["exp(-x)*0 + 1/(exp(x/2)^2 + exp(-x/2)^2) * exp(-x)", "1/(exp(x) + exp(-x))"],
             ["exp(x)/(exp(x) + exp(-x))", "1/(exp(x) + exp(-x))"]),
    "2xy": ("2 x y", "x^2 + y^2", ["x - y"], ["x + y"]),
}
# The weights are 1 but for these.
WEIGHTS = {"a number": ([7], [1]), "tanh": ([2, 2], [2, 2])}


@pytest.mark.parametrize("name", SQUARES)
def test_sums_of_squares(name):
    left, bound, above, below = SQUARES[name]
    up, down = WEIGHTS.get(name, ([1] * len(above), [1] * len(below)))
    theorem = bounds.by_squares(read(left), read(bound), list(zip(up, map(read, above), strict=True)),
                                list(zip(down, map(read, below), strict=True)))
    assert theorem.statement == Bounded(read(left), read(bound))
    assert replay(theorem).theorems == 3


WRONG_SQUARES = {
    "a bound that is too small": ("sigmoid(x) (1 - sigmoid(x))", "1/5", ["sigmoid(x) - 1/2"], ["1/2"]),
    "one side only": ("0 - x^2", "0", ["x"], ["x"]),
    "another square": ("2 x y", "x^2 + y^2", ["x + y"], ["x + y"]),
    "a negative bound": ("0", "-1", [], []),
    "nothing to show it": ("tanh(x)", "1", [], []),
}


@pytest.mark.parametrize(("left", "bound", "above", "below"), WRONG_SQUARES.values(), ids=WRONG_SQUARES)
def test_wrong_sums_of_squares_are_refused(left, bound, above, below):
    with pytest.raises(StepError):
        bounds.by_squares(read(left), read(bound), squares(*above), squares(*below))


def test_weights_are_not_negative_and_squares_are_real():
    with pytest.raises(StepError, match="negative"):
        bounds.by_squares(read("x^2"), read("0"), [(-1, read("x"))], [(1, read("x"))])
    assert bounds.by_squares(read("0"), read("x^2/3"), [(Fraction(1, 3), read("x"))], [(Fraction(1, 3), read("x"))])
    with pytest.raises(StepError, match="real"):
        bounds.by_squares(read("0"), read("sqrt(x)^2"), squares("sqrt(x)"), squares("sqrt(x)"))
    with pytest.raises(StepError, match="real"):
        bounds.by_squares(read("0"), read("log(x)^2"), squares("log(x)"), squares("log(x)"))


def test_a_square_does_not_bring_a_range_of_its_own():
    theorem = bounds.by_squares(right("0*X[i]"), right("X[i]^2"), [(1, right("X[i]"))], [(1, right("X[i]"))])
    assert dict(theorem.indices) == {i: axis(NAMES.size("N"))}


# -- assumed --------------------------------------------------------------------------------------------------


def test_assumed_bounds_hold_on_their_axes():
    theorem = given("X[i] = Y[i]")
    assert theorem.hypotheses == (bounded("X[i] = Y[i]"),)
    assert dict(theorem.indices) == {i: axis(NAMES.size("N"))}
    assert given("P[m+2] = x").indices == ()
    assert given("sum(j) A[i,j] = X[i]")


# X has N entries: a bound for X[i+1] says nothing of X[N].
UNBOUNDED = ["X[i+1] = Y[i]", "X[i] = B[i]", "X[2*i] = 1", "X[m] = 1"]


@pytest.mark.parametrize("text", UNBOUNDED)
def test_assumed_bounds_off_an_axis_are_refused(text):
    with pytest.raises(StepError, match="claimed only where"):
        given(text)


# -- products, chains, sums -----------------------------------------------------------------------------------


def test_products_chains_and_reflexivity():
    both = bounds.product(given("x = alpha"), given("X[i] = Y[i]"))
    assert both.statement == Bounded(read("x") * right("X[i]"), read("alpha") * right("Y[i]"))
    assert len(both.hypotheses) == 2
    chain = bounds.transitive(given("x = y"), given("y = c"))
    assert chain.statement == bounded("x = c")
    assert bounds.reflexive(given("X[i] = Y[i]")).statement == bounded("Y[i] = Y[i]")
    with pytest.raises(StepError, match="middle"):
        bounds.transitive(given("y = c"), given("x = y"))
    with pytest.raises(StepError, match="unlike ranges"):
        bounds.product(given("X[i] = x"), given("B[i] = x"))


def test_the_triangle_inequality():
    total = bounds.triangle(given("X[i] = Y[i]"), i)
    assert total.statement == bounded("sum(i) X[i] = sum(i) Y[i]")
    assert total.indices == ()
    for bound, index in ((given("X[i] = Y[i]"), j), (given("P[k] = Q[k]"), k)):
        with pytest.raises(StepError, match="finite range"):
            bounds.triangle(bound, index)


def test_restated_bounds():
    p = given("X[i] = Y[i]")
    doubled = equal(Claim(p.left, right("2*X[i] - X[i]")))
    assert bounds.restated(p, doubled, reflexivity(p.right)).left == doubled.right
    with pytest.raises(StepError, match="sides differ"):
        bounds.restated(p, reflexivity(p.right), reflexivity(p.right))
    with pytest.raises(StepError, match="sides differ"):
        bounds.restated(p, reflexivity(p.left), reflexivity(p.left))
    with pytest.raises(StepError):
        bounds.restated(p, equal(Claim(p.left, right("2*X[i]"))), reflexivity(p.right))


def test_restated_bounds_keep_the_narrower_range():
    """What is shown for i < N only is no bound elsewhere."""
    inside = equal(Claim(expression(1), right("[0 <= i, i < N]"), ranges=((i, axis(NAMES.size("N"))),)))
    one = bounds.by_squares(ONE, ONE, [], [(2, ONE)])
    assert dict(bounds.restated(one, inside, reflexivity(ONE)).indices)[i] == axis(NAMES.size("N"))
    assert dict(bounds.restated(one, reflexivity(ONE), inside).indices)[i] == axis(NAMES.size("N"))
    other = equal(Claim(expression(1), right("[0 <= i, i < M]"), ranges=((i, axis(NAMES.size("M"))),)))
    with pytest.raises(StepError, match="unlike ranges"):
        bounds.restated(one, inside, other)


NOT_BOUNDS = {
    "product": lambda t: bounds.product(t, t), "reflexive": bounds.reflexive,
    "triangle": lambda t: bounds.triangle(t, i),
    "transitive": lambda t: bounds.transitive(t, t), "restated": lambda t: bounds.restated(t, t, t),
}


@pytest.mark.parametrize("rule", NOT_BOUNDS.values(), ids=NOT_BOUNDS)
def test_an_equation_is_no_bound_and_a_bound_no_equation(rule):
    with pytest.raises(StepError):
        rule(equal(Claim(right("X[i]"), right("X[i]"))))
    bound = given("X[i] = Y[i]")
    for other in (symmetry, lambda t: transitivity(t, t), lambda t: lift(t, ["X"], j, axis(3)),
                  lambda t: replaced(t, t), lambda t: bounds.restated(bound, t, t)):
        with pytest.raises(StepError):
            other(bound)
    with pytest.raises(ForgeryError):
        rule(object())


def test_sizes_and_indices_of_bounds():
    bound = given("X[i] = Y[i]")
    special = specialize(bound, {NAMES.size("N"): P_(3)})
    assert dict(special.indices) == {i: axis(3)}
    assert special.hypotheses == (special.statement,)
    assert at(bound, i, P_(0)).statement == bounded("X[0] = Y[0]")
    assert at(bound, i, P_(j)).statement == bounded("X[j] = Y[j]")
    assert dict(at(bound, i, P_(j)).indices) == {j: axis(NAMES.size("N"))}
    assert at(given("P[k] = Q[k]"), k, P_(m) + 5).statement == bounded("P[m+5] = Q[m+5]")


OFF = {"behind the axis": P_(NAMES.size("N")), "before it": P_(-1), "perhaps behind it": P_(1),
       "no whole number": P_(Fraction(1, 2)), "a shifted index": P_(j) + 1}


@pytest.mark.parametrize("value", OFF.values(), ids=OFF)
def test_an_index_stays_on_its_axis(value):
    with pytest.raises(StepError):
        at(given("X[i] = Y[i]"), i, value)


def test_an_index_is_not_renamed_to_one_that_is_used():
    with pytest.raises(StepError, match="uses already"):
        at(given("A[i,j] = X[i]"), i, P_(j))
    with pytest.raises(StepError, match="uses already"):
        at(given("sum(j) A[i,j] = X[i]"), i, P_(j))
    with pytest.raises(StepError, match="no index"):
        at(given("X[i] = Y[i]"), j, P_(0))


# -- induction over a size ------------------------------------------------------------------------------------

GROWTH = line("P[k+1] = x P[k]")


def doubling(claim: Equation, base_using, step_using) -> Theorem:
    base = prove(*(specialize_side(s, 0) for s in (claim.left, claim.right)), using=base_using)
    step = prove(*(specialize_side(s, P_(m) + 1) for s in (claim.left, claim.right)), using=step_using)
    return over_size(claim, m, base, step)


def specialize_side(side, value):
    from symcnn.notation.traverse import substitute

    return substitute(side, {m: P_(value)})


def test_induction_over_a_size():
    claim = line("Q[m] = c P[m]")
    theorem = doubling(claim, [(line("Q[0] = c P[0]"), ONE)],
                       [(line("Q[k+1] = x Q[k]"), right("[k = m]")), (GROWTH, right("-[k = m] c")), (claim, read("x"))])
    assert theorem.statement == claim
    assert claim not in theorem.hypotheses
    assert {str(h) for h in theorem.hypotheses} == {
        "Q[0] = c * P[0]", "Q[k + 1] = x * Q[k]", "P[k + 1] = x * P[k]"}
    assert m in theorem.scope


def test_bounds_by_induction():
    claim = bounded("P[m] = Q[m]")
    rule = line("P[k+1] = x P[k]")
    growth = line("Q[k+1] = alpha Q[k]")
    step = bounds.product(given("x = alpha"), bounds.assumed(claim))
    step = bounds.restated(step, prove(step.left, read("P[m+1]"), using=[(rule, right("-[k = m]"))]),
                           prove(step.right, read("Q[m+1]"), using=[(growth, right("-[k = m]"))]))
    theorem = over_size(claim, m, given("P[0] = Q[0]"), step)
    assert theorem.statement == claim
    assert bounded("P[0] = Q[0]") in theorem.hypotheses
    assert claim not in theorem.hypotheses


def of(text: str, *using) -> Theorem:
    equation = line(text)
    return prove(equation.left, equation.right, using=[(line(h), right(f)) for h, f in using])


BAD_INDUCTIONS = {
    "no base": ("P[m] = P[0] + 1", lambda: of("P[0] = P[0]"), lambda: of("P[m+1] = P[m+1]")),
    "the base of another claim": ("P[m] = 0", lambda: of("P[1] = 0", ("P[1] = 0", "1")),
                                  lambda: of("P[m+1] = 0", ("P[k+1] = P[k]", "[k = m]"), ("P[m] = 0", "1"))),
    "the step of another claim": ("P[m] = 0", lambda: of("P[0] = 0", ("P[0] = 0", "1")),
                                  lambda: of("P[m] = 0", ("P[m] = 0", "1"))),
    "two steps at once": ("P[m] = 0", lambda: of("P[0] = 0", ("P[0] = 0", "1")),
                          lambda: of("P[m+2] = 0", ("P[k+2] = P[k]", "[k = m]"), ("P[m] = 0", "1"))),
    "a hypothesis about this m": ("P[m] = 0", lambda: of("P[0] = 0", ("P[0] = 0", "1")),
                                  lambda: of("P[m+1] = 0", ("P[m+1] = P[m]", "1"), ("P[m] = 0", "1"))),
    "a base that speaks of m": ("P[m] = S[m] - S[m]", lambda: of("P[0] = S[0] - S[0]", ("P[0] = S[m] - S[m]", "1")),
                                lambda: of("P[m+1] = S[m+1] - S[m+1]", ("P[k+1] = 0", "[k = m]"))),
    "an index for a size": ("P[k] = P[k]", lambda: of("P[0] = P[0]"), lambda: of("P[k+1] = P[k+1]")),
}


@pytest.mark.parametrize(("claim", "base", "step"), BAD_INDUCTIONS.values(), ids=BAD_INDUCTIONS)
def test_bad_inductions_are_refused(claim, base, step):
    made = base(), step()
    with pytest.raises(StepError, match="over_size"):
        over_size(line(claim), k if claim.startswith("P[k]") else m, *made)


def test_what_is_assumed_of_every_index_stays_a_hypothesis():
    theorem = over_size(line("P[m] = 0"), m, of("P[0] = 0", ("P[0] = 0", "1")),
                        of("P[m+1] = 0", ("P[k] = 0", "[k = m+1]")))
    assert line("P[k] = 0") in theorem.hypotheses


def test_the_step_covers_every_index_for_which_it_is_assumed():
    """A step shown for j < N from what is assumed for j < M is none."""
    names = declare("N M m>=0", "T[0..,M] U[N]")
    claim = names.equation("T[m,j] = 0")
    ranges = [(j, axis(names.size("N")))]
    using = [(names.equation("T[k+1,j] = T[k,j]"), names.equation("T[k,j] = [k = m]").right), (claim, ONE)]
    base = prove(*(names.equation("T[0,j] = 0").__dict__.values()), using=[(names.equation("T[0,j] = 0"), ONE)],
                 ranges=ranges)
    step = prove(*(names.equation("T[m+1,j] = 0").__dict__.values()), using=using, ranges=ranges)
    with pytest.raises(StepError, match="for every j"):
        over_size(claim, m, base, step)
    whole = prove(*(names.equation("T[m+1,j] = 0").__dict__.values()), using=using)
    with pytest.raises(StepError, match="unlike ranges"):
        over_size(claim, m, base, whole)
    base = prove(*(names.equation("T[0,j] = 0").__dict__.values()), using=[(names.equation("T[0,j] = 0"), ONE)])
    assert over_size(claim, m, base, whole)


# -- what else a proof may not mix ----------------------------------------------------------------------------


def test_the_variable_of_a_derivative_stays_a_variable():
    """u is free in ∂u/∂y = 0; with u defined as y, ∂u/∂y = 1."""
    defined = declare("", "y").define("u = y")
    free = declare("", "y u")
    slope = Derivative(free["u"][()], free["y"][()])
    constant = prove(slope, expression(0))
    assert prove(slope, ONE, defined.definitions)
    difference = prove(expression(0), defined.expression("u - y"), defined.definitions)
    with pytest.raises(StepError, match="variable"):
        transitivity(constant, difference)
    with pytest.raises(StepError, match="variable"):
        replaced(constant, difference)


def test_equal_values_are_inserted():
    values = declare("", "u v w").define("a = 2*u")
    known = prove(values.expression("a"), values.expression("2*u"), values.definitions)
    theorem = replaced(prove(values.expression("v"), values.expression("a + v - a")), known)
    assert theorem.right == values.expression("(2*u) + v - (2*u)")
    assert theorem.hypotheses == values.definitions
    indexed = declare("N", "X[N]")
    with pytest.raises(StepError, match="indices"):
        replaced(known, prove(indexed.equation("X[i] = X[i]").left, indexed.equation("X[i] = X[i]").left))


def test_replay_finds_a_wrong_bound(monkeypatch):
    from symcnn.kernel import equality, zero

    with monkeypatch.context() as patch:
        patch.setattr(equality, "vanishes", lambda *a, **k: zero.Decision(True, frozenset({"normal form"})))
        wrong = bounds.by_squares(read("x"), read("2"), [(1, read("x"))], [(1, read("x"))])
    with pytest.raises(WitnessError):
        replay(wrong)
    monkeypatch.setattr("symcnn.recheck._by_other_solver", lambda *a: 0)
    monkeypatch.setattr("symcnn.recheck._by_enumeration", lambda *a: 0)
    with pytest.raises(WitnessError, match="exceeds"):
        replay(wrong)
