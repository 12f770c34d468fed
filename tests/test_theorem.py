"""The rules of the kernel: what they may conclude, what they must refuse, and that no theorem is made elsewhere."""

from __future__ import annotations

import copy
import pickle
import types
from fractions import Fraction

import pytest

from symcnn.errors import ForgeryError, NotationError, StepError
from symcnn.kernel import theorem as rules
from symcnn.kernel.cells import Term
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.induction import induction
from symcnn.kernel.limits import limit, limit_equals
from symcnn.kernel.moments import independence
from symcnn.kernel.rules import at, lift, reflexivity, same_entries, specialize, summed, symmetry, transitivity
from symcnn.kernel.theorem import AtLeastZero, Independent, Limit, NonZero, Theorem
from symcnn.notation.expression import (
    Apply, Axis, Bracket, Definition, Derivative, Equation, Expectation, Multiply, Range, Sum, Tensor, Value, axis,
    expression, free_indices,
)
from symcnn.notation.traverse import substitute
from symcnn.notation.context import context
from symcnn.notation.polynomial import Symbol, polynomial

P = polynomial
NAMES = context("N M K H p>=0", "X[N] Y[M] A[N,N] P[0..] Q[0..] x y z c C[N]")
read, line = NAMES.expression, NAMES.equation
N, M, H = (NAMES.sizes[n] for n in "NMH")
X, Y, A, SEQ = (NAMES.tensors[n] for n in ("X", "Y", "A", "P"))
i, j, k, i2 = (Symbol(n) for n in ("i", "j", "k", "i'"))
ONE, HELD = expression(1), NAMES.tensors["C"][P(i)]


def of(text: str, *definitions: Definition, **more: object) -> Theorem:
    equation = line(text)
    return equal(Claim(equation.left, equation.right, definitions, **more))


DOUBLE = Definition(Tensor("U", (axis(N),)), (i,), X[P(i)] + X[P(i)])
TRIPLE = Definition(DOUBLE.tensor, (i,), 3 * X[P(i)])
U = DOUBLE.tensor

# -- no theorem but by a rule ---------------------------------------------------------------------------------


def looks_like_one() -> types.SimpleNamespace:
    return types.SimpleNamespace(statement=line("x = y"), left=read("x"), right=read("y"), hypotheses=(), indices=(),
                                 procedures=frozenset(), premises=(), rule="", scope=(), evidence=())


def filled() -> Theorem:
    blank = object.__new__(Theorem)
    for name, value in vars(looks_like_one()).items():
        if name not in ("left", "right"):
            object.__setattr__(blank, name, value)
    return blank


def refilled() -> Theorem:
    made = of("x + x = 2*x")
    object.__setattr__(made, "statement", line("x = y"))
    return made


def made_anew(part: str) -> Theorem:
    """Frozen parts let their __init__ be called again."""
    own = context("N", "x[N] y").equation("2*x[0] + N = tanh(y)")
    made = equal(Claim(own.left, own.right), [(own, ONE)])
    y = made.right.argument.tensor
    {"statement": lambda: made.statement.__init__(expression(0), expression(1)),
     "hypotheses": lambda: made.hypotheses[0].__init__(expression(0), expression(0)),
     "axis": lambda: made.left.terms[0].factors[1].tensor.axes[0].__init__(P(0), P(1), P(9)),
     "tensor": lambda: y.__init__("z", y.axes)}[part]()
    return made


def subclassed() -> object:
    return type("Proved", (Theorem,), {"__init__": lambda self: None, "statement": line("x = y")})()


FORGERIES = {
    "called": lambda: Theorem(object(), line("x = y")),
    "called with nothing": lambda: Theorem(None, line("x = y")),
    "something that looks like one": lambda: symmetry(looks_like_one()),
    "filled from outside": lambda: symmetry(filled()),
    "changed from outside": lambda: symmetry(refilled()),
    "a subclass": lambda: symmetry(subclassed()),
    "its statement made anew": lambda: symmetry(made_anew("statement")),
    "its hypothesis made anew": lambda: symmetry(made_anew("hypotheses")),
    "its axis made anew": lambda: symmetry(made_anew("axis")),
    "its tensor made anew": lambda: symmetry(made_anew("tensor")),
    "a premise of another rule": lambda: transitivity(reflexivity(read("x")), looks_like_one()),
    "a limit": lambda: limit_equals(looks_like_one(), looks_like_one()),
    "specialized": lambda: specialize(looks_like_one(), {}),
    "lifted": lambda: lift(looks_like_one(), [], i, axis(N)),
    "summed": lambda: summed(looks_like_one(), i),
    "copied": lambda: copy.copy(of("x + x = 2*x")),
    "copied deeply": lambda: copy.deepcopy(of("x + x = 2*x")),
    "pickled": lambda: pickle.loads(pickle.dumps(of("x + x = 2*x"))),
    "written over": lambda: setattr(of("x + x = 2*x"), "statement", line("x = y")),
    "hypotheses taken away": lambda: setattr(of("x = x"), "hypotheses", ()),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_forged_theorems_raise(forge):
    with pytest.raises(ForgeryError):
        forge()


def test_a_theorem_cannot_be_changed_through_its_parts():
    made = of("sum(i=0..N-1) x = N*x")
    before = (repr(made.statement), repr(made.scope))
    value = made.right.factors[0].value
    attempts = (lambda: value.terms.clear(), lambda: value.terms.update({(): 3}), lambda: setattr(value, "terms", {}),
                lambda: setattr(made.scope[0], "lower", -5), lambda: setattr(made.scope[0], "name", "M"),
                lambda: setattr(made.right, "factors", ()), lambda: delattr(value, "terms"))
    for attempt in attempts:
        with pytest.raises(Exception):  # noqa: B017, PT011 - any refusal will do
            attempt()
        assert (repr(made.statement), repr(made.scope)) == before
    # Values and sizes are complete when they are made; a second __init__ finds nothing to do.
    for part, arguments in ((value, {(): 3}), (made.scope[0], "M")):
        part.__init__(arguments)
        assert (repr(made.statement), repr(made.scope)) == before
    assert symmetry(made)


def test_the_trusted_procedures_are_these():
    assert frozenset({"normal form", "isl", "z3", "ring"}) == rules.TRUSTED


PROCEDURES = {
    "x + x = 2*x": {"normal form"},
    "sum(i) X[i] = sum(i=0..K-1) X[i] + sum(i=K..K+N) X[i]": {"normal form", "isl"},
    "tanh(sum(i) X[i]) = tanh(sum(i=0..K-1) X[i] + sum(i=K..K+N) X[i])": {"normal form", "isl"},
    "(x^2 - y^2)/(x - y) = x + y": {"ring"},
}


@pytest.mark.parametrize(("text", "procedures"), PROCEDURES.items(), ids=PROCEDURES)
def test_a_theorem_lists_the_procedures_it_trusts(text, procedures):
    assert of(text).procedures == procedures
    assert symmetry(of(text)).procedures == procedures


# -- equal ----------------------------------------------------------------------------------------------------

def odd_claim() -> Claim:
    """A claim that says that it is made nowhere, so that all would hold there."""
    nowhere = property(lambda self: Term(P(1), (), (P(-1),)))
    return type("Odd", (Claim,), {"limits": nowhere})(read("x"), read("y"))


def odd_node() -> Claim:
    return Claim(type("Odd", (Value,), {"__str__": lambda self: "x"})(P(1)), read("1"))


@pytest.mark.parametrize("make", [odd_claim, odd_node])
def test_claims_and_formulas_are_of_the_known_kinds(make):
    with pytest.raises(StepError):
        equal(make())


GENERATORS = {
    "definitions": lambda: equal(Claim(U[P(j)], 2 * X[P(j)], (d for d in [DOUBLE]))),
    "assumptions": lambda: equal(Claim(read("[N <= M] x"), read("x"), (), (a for a in [P(M) - P(N)]))),
    "using": lambda: equal(Claim(read("x"), read("y")), (u for u in [(line("x = y"), ONE)])),
}


@pytest.mark.parametrize("make", GENERATORS.values(), ids=GENERATORS)
def test_hypotheses_survive_generators(make):
    assert len(make().hypotheses) == 1


def test_hypotheses_with_multipliers():
    theorem = equal(Claim(read("x^2"), read("y^2")), [(line("x = y"), read("x + y"))])
    assert theorem.hypotheses == (line("x = y"),)
    total = equal(Claim(read("sum(i) z X[i]"), read("z")), [(line("sum(i) X[i] = 1"), read("z"))])
    assert total.hypotheses == (line("sum(i) X[i] = 1"),)
    each = equal(Claim(read("sum(i) C[i] X[i]"), read("sum(i) X[i]")), [(line("C[i] = 1"), line("X[i] = 0").left)])
    assert each.hypotheses == (line("C[i] = 1"),)


# C has the axis N: what C[…] = 1 says, it says there only.
WRONG_USES = {
    "a wrong multiplier": ("x^2 = y^2", "x = y", "x"),
    "the wrong sign": ("x = y", "x = y", "0 - 1"),
    "a hypothesis of something else": ("x = z", "x = y", "1"),
    "off the axis, at the claim's own index": ("Y[i] C[i] = Y[i]", "C[i] = 1", "Y[i] + 0*C[i]"),
    "off the axis, summed": ("sum(i=0..M-1) Y[i] C[i] = sum(i) Y[i]", "C[i] = 1", "Y[i]"),
    "before the axis": ("x = 0", "C[i+1] = 1", "0 - [i = 0-5]*x"),
    "between the entries": ("[N = M] x = 0", "C[2*i] = 1", "0 - [i = N] x"),
    "behind the axis": ("x = 0", "C[i] = 1", "[i = N] x"),
    "a captured index": ("sum(i) X[i] Y[j] = sum(i) X[i]", "Y[i] = 1", "X[i]"),
    "two hypotheses that do not meet": ("x = z", "x = y", "1"),
}


@pytest.mark.parametrize(("claim", "hypothesis", "multiplier"), WRONG_USES.values(), ids=WRONG_USES)
def test_wrong_uses_of_hypotheses_are_refused(claim, hypothesis, multiplier):
    equation, given_ = line(claim), line(hypothesis)
    factor = line(f"X[i] = {multiplier}").right if "i" in multiplier else read(multiplier)
    with pytest.raises(StepError):
        equal(Claim(equation.left, equation.right), [(given_, factor)])


REFUSED_CLAIMS = {
    "two tensors of one name": lambda: Claim(Apply("tanh", X[P(0)]), Apply("tanh", Tensor("X", (axis(M),))[P(0)])),
    "two sizes of one name": lambda: Claim(Apply("tanh", expression(P(N))), expression(P(Symbol("N", 0)))),
    "an index with the name of a size": lambda: Claim(X[P(Symbol("N"))], expression(P(N))),
    "a coordinate as index": lambda: Claim(Sum((Range(k),), X[P(k)]), X[P(Symbol("0.0"))]),
    "a hidden variable as index": lambda: Claim(Sum((Range(k),), X[P(k)]), X[P(Symbol("$0"))]),
    "a slot as index": lambda: Claim(Apply("tanh", X[P(Symbol("~0"))]), read("x")),
    "a fresh variable as index": lambda: Claim(Sum((Range(k),), X[P(k)] * Y[P(Symbol("#0"))]), read("x")),
    "an assumption about an index": lambda: Claim(X[P(i)], X[P(i)], (), (P(i) - 2,)),
    "a tensor defined by itself": lambda: Claim(read("x"), read("y"), (Definition(Tensor("x"), (), read("x + 1")),)),
    "tensors defined by each other": lambda: Claim(read("x"), read("y"), (
        Definition(Tensor("x"), (), read("y + 1")), Definition(Tensor("y"), (), read("x + 1")))),
    "a half index": lambda: Claim(X[P(k) + P(Fraction(1, 2))], X[P(k)]),
    "an index divided by a size": lambda: Claim(X[P(k) + P(H) * P(N) ** -1], X[P(k)]),
    "a digit that is none as index": lambda: Claim(X[P(Symbol("²"))], X[P(Symbol("²"))]),
    "a fraction as index": lambda: Claim(X[P(Symbol("½"))], X[P(Symbol("½"))]),
    "a digit that is none as tensor": lambda: Claim(Tensor("²")[()], Tensor("²")[()]),
    "a gradient of nothing": lambda: Claim(Tensor("∂J/∂")[()], Tensor("∂J/∂")[()]),
    "a condition divided by a size": lambda: Claim(Bracket((2 * P(i) - 2 * P(H) * P(N) ** -1 - 1,)), expression(0)),
    "a bound divided by a size": lambda: Claim(Sum((Range(i, P(0), P(H) * P(N) ** -1),), read("x")), read("x")),
    "a bound with coefficient 0": lambda: Claim(Sum((Range(i, P(0), P(H), P(0)),), read("x")), read("x")),
    "a bound with a negative coefficient": lambda: Claim(Sum((Range(i, P(0), P(H), P(-1)),), read("x")), read("x")),
    "an axis that depends on an index": lambda: Claim(Tensor("V", (Axis(P(0), P(1), P(i)),))[P(j)], read("x")),
    "a sum over one variable twice": lambda: Claim(Sum((Range(i, P(0), P(4)), Range(i, P(0), P(2))), ONE), read("x")),
    "a sum over a size": lambda: Claim(Sum((Range(N, P(0), P(4)),), ONE), read("x")),
    "a definition with a loose index": lambda: Claim(U[P(0)], read("x"), (Definition(U, (i,), X[P(j)]),)),
    "a definition with one index twice": lambda: Claim(A[P(0), P(0)], read("x"), (Definition(A, (i, i), X[P(i)]),)),
    "a definition over a size": lambda: Claim(U[P(0)], read("x"), (Definition(U, (N,), read("x")),)),
}


@pytest.mark.parametrize("make", REFUSED_CLAIMS.values(), ids=REFUSED_CLAIMS)
def test_claims_that_mean_two_things_are_refused(make):
    with pytest.raises((StepError, NotationError)):
        equal(make())


def test_denominators_become_hypotheses_and_zero_ones_are_refused():
    for text in ("x/x = 1", "1/tanh(x) * tanh(x) = 1", "(x^2-y^2)/(x-y) = x + y"):
        assert any(isinstance(h, NonZero) for h in of(text).hypotheses), text
    assert of("1/(1 + exp(x)) = sigmoid(-x)").hypotheses == ()
    assert of("1/(1 - tanh(x)^2) = (exp(x) + exp(-x))^2/4").hypotheses == ()
    for text in ("x/0 = x/0", "x/(y-y) = x/(y-y)", "x/(exp(y)-exp(y)) = y"):
        with pytest.raises(StepError):
            of(text)


QUOTIENTS = context("N M s", "X[N] Y[M] x y").define("z[i] = 1/tanh(X[i])").define("w[j] = relu(X[j]) + 0*X[j]")
OVER_N = "wherever i >= 0, N - i - 1 >= 0"
NEEDED = {
    "at the theorem's index": ("X[i]*tanh(X[i])/tanh(X[i]) = X[i]", ["tanh(X[i]) ≠ 0"]),
    "at its place": ("X[i]*tanh(X[i+1])/tanh(X[i+1]) = X[i]", ["tanh(X[i + 1]) ≠ 0"]),
    "a definition, at the theorem's index": ("X[q]*z[q]*tanh(X[q]) = X[q]", ["tanh(X[q]) ≠ 0"]),
    "a definition on its axis": ("Y[q]*z[q]*tanh(X[q]) = Y[q] [q < N]",
                                 ["tanh(X[q]) ≠ 0 wherever N - q - 1 >= 0"]),
    "under a sum": ("sum(i=0..N-1) tanh(X[i])/tanh(X[i]) = N", [f"tanh(X[i]) ≠ 0 {OVER_N}"]),
    "under a sum that reaches further": ("sum(i=0..N) tanh(X[i])/tanh(X[i]) = N+1",
                                         ["tanh(X[i]) ≠ 0 wherever i >= 0, N - i >= 0"]),
    "under a sum, not the theorem's index": ("Y[i]*(sum(i=0..N-1) tanh(X[i])/tanh(X[i])) = N*Y[i]",
                                             [f"tanh(X[i]) ≠ 0 {OVER_N}"]),
    "bounds that speak of another variable": (
        "sum(i=0..N-1, k=0..i) tanh(X[k])/tanh(X[k]) = N*(N+1)/2",
        ["tanh(X[k]) ≠ 0 wherever i >= 0, N - i - 1 >= 0, k >= 0, i - k >= 0"]),
    "bounds that speak of the theorem's index": (
        "X[i]*(sum(k=0..i) tanh(X[k])/tanh(X[k])) = X[i]*(i+1)", ["tanh(X[k]) ≠ 0 wherever k >= 0, i - k >= 0"]),
    "under a sum that does not speak of it": ("sum(i=0..N-1) tanh(x)/tanh(x) = N", ["tanh(x) ≠ 0"]),
    "a definition under a sum": ("sum(i=0..N+s) z[i]*tanh(X[i]) = N",
                                 ["tanh(X[i]) ≠ 0 wherever i >= 0, N - i + s >= 0, N - i - 1 >= 0"]),
    "a kink": ("∂w[q]/∂X[q] = step(X[q])", ["X[q] ≠ 0"]),
    "a kink under a sum": ("sum(i) ∂w[i]/∂X[q] = [0 <= q, q < N] step(X[q])", [f"X[i] ≠ 0 {OVER_N}"]),
}


@pytest.mark.parametrize(("text", "needed"), NEEDED.values(), ids=NEEDED)
def test_what_must_not_be_zero_is_said_with_its_place(text, needed):
    equation = QUOTIENTS.equation(text)
    ranges = ((Symbol("q"), QUOTIENTS.tensors["X"].axes[0]),) if "∂" in text else ()
    theorem = equal(Claim(equation.left, equation.right, QUOTIENTS.definitions, ranges=ranges))
    assert [str(h) for h in theorem.hypotheses if isinstance(h, NonZero)] == needed
    mine = {s for s, _ in theorem.indices}
    assert all(free_indices(h.closed) <= mine for h in theorem.hypotheses if isinstance(h, NonZero))


def test_a_quotient_under_a_sum_without_bounds_is_refused():
    endless = Sum((Range(k),), X[2 * P(k)] * read("x") / read("x"))
    assert equal(Claim(endless, Sum((Range(k),), X[2 * P(k)])))
    quotient = Apply("tanh", A[2 * P(k), P(0)])
    with pytest.raises(StepError, match="without bounds"):
        equal(Claim(Sum((Range(k),), X[2 * P(k)] * quotient / quotient), Sum((Range(k),), X[2 * P(k)])))


def quotient(index: Symbol) -> Theorem:
    at = Apply("tanh", X[P(index)])
    return equal(Claim(X[P(index)] * at / at, X[P(index)]))


def shown(theorem: Theorem) -> list[str]:
    return [str(h) for h in theorem.hypotheses if isinstance(h, NonZero)]


def test_rules_keep_the_places_where_something_must_not_be_zero():
    summed_up = of("sum(i=0..N-1) tanh(X[i])/tanh(X[i]) = N")
    assert shown(specialize(summed_up, {N: P(3)})) == ["tanh(X[i]) ≠ 0 wherever i >= 0, -i + 2 >= 0"]
    assert shown(lift(summed_up, ["X"], Symbol("l"), axis(M))) == ["tanh(X[l, i]) ≠ 0 wherever i >= 0, N - i - 1 >= 0"]
    assert shown(lift(quotient(i), ["X"], Symbol("l"), axis(M))) == ["tanh(X[l, i]) ≠ 0"]
    assert shown(at(quotient(i), i, P(N) - 1)) == ["tanh(X[N - 1]) ≠ 0"]
    assert shown(at(quotient(i), i, P(j))) == ["tanh(X[j]) ≠ 0"]
    last = specialize(of("sum(i=0..N-1) (sum(k=0..M-1) tanh(A[i,k])/tanh(A[i,k])) = M*N"), {M: P(N), N: P(M)})
    assert shown(last) == ["tanh(A[i, k]) ≠ 0 wherever i >= 0, M - i - 1 >= 0, k >= 0, N - k - 1 >= 0"]


def test_an_induction_needs_what_it_divides_by_at_every_step():
    """P[k+1] = x·tanh(P[k])/tanh(P[k]) is x, if no tanh(P[k]) is 0."""
    (theorem,) = induction([line("P[k] = x")], k, 0, [line("P[k+1] = P[k] tanh(Q[k])/tanh(Q[k])")], [line("P[0] = x")],
                           [[(0, ONE)]], [[(0, ONE)]])
    assert shown(theorem) == ["tanh(Q[k]) ≠ 0 wherever k >= 0"]


def test_a_limit_needs_what_it_divides_by_in_every_summand():
    there = limit(read("sum(i=0..N-1) tanh(c*X[i]*tanh(X[i])/tanh(X[i])) + sum(i=0..N) tanh(c*Y[i]/(Y[i]^2))"), SIGNS)
    assert all(not free_indices(h.closed) for h in there.hypotheses)
    assert any("N - i - 1 >= 0" in s for s in shown(there))


def test_lift_drops_no_hypothesis_that_it_does_not_know():
    groups = Independent(((X,), (Y,)))
    entry = Expectation(Multiply((X[P(0)], Y[P(0)])), (X, Y))
    theorem = independence(entry, groups.groups)
    assert groups in theorem.hypotheses
    with pytest.raises(StepError):
        lift(theorem, ["C"], Symbol("l"), axis(M))


def test_assumptions_become_hypotheses_only_where_they_are_used():
    wanted = P(M) - P(N)
    assert of("[N <= M] x = x", assumptions=(wanted,)).hypotheses == (AtLeastZero(wanted),)
    assert of("x + x = 2*x", assumptions=(wanted,)).hypotheses == ()


# -- transitivity, specialize, lift, summed -------------------------------------------------------------------


def test_transitivity_joins_hypotheses_and_refuses_what_does_not_fit():
    first, second = of("x + x = 2*x"), of("2*x = 3*x - x")
    assert transitivity(first, second).statement == line("x + x = 3*x - x")
    with pytest.raises(StepError, match="middle"):
        transitivity(second, first)
    wide, narrow = ((i, axis(N)),), ((i, axis(M)),)
    a, b = Equation(X[P(i)], X[P(i)] * 1), Equation(X[P(i)] * 1, X[P(i)] * 1 * 1)
    with pytest.raises(StepError, match="unlike ranges"):
        transitivity(equal(Claim(a.left, a.right, ranges=wide)), equal(Claim(b.left, b.right, ranges=narrow)))
    with pytest.raises(StepError, match="two definitions"):
        transitivity(equal(Claim(2 * X[P(i)], U[P(i)], (DOUBLE,), ranges=wide)),
                     equal(Claim(U[P(i)], 3 * X[P(i)], (TRIPLE,), ranges=wide)))


def test_definitions_that_meet_must_not_go_in_circles():
    """x = y with x := y, and y = x + 1 with y := x + 1, would give x = x + 1."""
    first = equal(Claim(read("x"), read("y"), (Definition(Tensor("x"), (), read("y")),)))
    second = equal(Claim(read("y"), read("x + 1"), (Definition(Tensor("y"), (), read("x + 1")),)))
    with pytest.raises(StepError, match="defined by itself"):
        transitivity(first, second)


def test_a_variable_of_a_derivative_cannot_be_defined_later():
    z, ranges = Tensor("V", (axis(N),)), ((i, axis(N)), (j, axis(N)))
    slope = Derivative(z[P(i)], X[P(j)])
    before = equal(Claim(slope, expression(0), ranges=ranges))
    after = equal(Claim(slope, Bracket((P(i) - P(j),)), (Definition(z, (i,), X[P(i)]),), ranges=ranges))
    with pytest.raises(StepError, match="defined here"):
        transitivity(symmetry(before), after)


def test_transitivity_keeps_the_narrower_range():
    """X[i]·[0 ≤ i < N] = X[i] everywhere; [0 ≤ i < N] = 1 on the axis only."""
    p = equal(Claim(0 * X[P(i)] + 1, Bracket((), (P(i), P(N) - 1 - P(i))), ranges=((i, axis(N)),)))
    q = reflexivity(p.right)
    assert dict(transitivity(p, q).indices)[i] == axis(N)
    assert dict(transitivity(q, symmetry(p)).indices)[i] == axis(N)


SPECIAL = {
    "a number": {N: P(3)}, "its lower bound": {N: P(1)}, "another size": {N: P(M)}, "an even number": {N: 2 * P(M)},
    "an odd number": {N: 2 * P(Symbol("h", 0)) + 1}, "two sizes exchanged": {N: P(H), H: P(N)},
}
NOT_SPECIAL = {
    "zero": {N: P(0)}, "a negative number": {N: P(-2)}, "a half": {N: P(Fraction(3, 2))},
    "a size and a half": {N: P(M) + Fraction(1, 2)}, "half a size": {N: P(M) * Fraction(1, 2)},
    "a reciprocal": {N: P(M) ** -1}, "a difference": {N: P(M) - 1}, "a size that may be 0": {N: P(NAMES.sizes["p"])},
    "an index": {N: P(i)}, "an index replaced": {i: P(0)},
}


@pytest.mark.parametrize("values", SPECIAL.values(), ids=SPECIAL)
def test_specialize(values):
    base = of("sum(i=0..N-1) x = N*x")
    special = specialize(base, values)
    assert special.right == substitute(base.right, values)
    assert {s for p in values.values() for s in p.symbols} - {N} <= set(special.scope) | set(values)
    assert equal(Claim(special.left, special.right)).statement == special.statement


@pytest.mark.parametrize("values", NOT_SPECIAL.values(), ids=NOT_SPECIAL)
def test_specialize_refuses(values):
    with pytest.raises(StepError):
        specialize(of("sum(i=0..N-1) x = N*x"), values)


COLLISIONS = {
    "a size with a summation variable": ("sum(k=0..K-1) x = K*x", {"K": Symbol("k", 1)}),
    "a size with another of its name": ("[N >= 1] [M >= 1] x = x", {"M": Symbol("N", 3)}),
    "a size with one that is gone from the formula": ("[N >= 1] x = x + 0*M", {"M": Symbol("N", 3)}),
    "a name that is none": ("[N >= 1] x = x", {"N": Symbol("²", 1)}),
}


@pytest.mark.parametrize(("text", "values"), COLLISIONS.values(), ids=COLLISIONS)
def test_specialize_lets_no_name_stand_for_two_things(text, values):
    with pytest.raises(StepError):
        specialize(of(text), {NAMES.sizes[n]: P(s) for n, s in values.items()})


def test_theorems_about_unlike_sizes_of_one_name_do_not_meet():
    small, large = (Equation(Bracket((), (P(Symbol("N", low)) - 1,)) * read("x"), read("x")) for low in (1, 3))
    first, second = (equal(Claim(e.left, e.right)) for e in (small, large))
    with pytest.raises(StepError, match="two sizes"):
        transitivity(first, symmetry(second))


TABLES = {
    "another entry": ([(1, 0)], [(2, 0)]), "an entry more": ([(1, 0)], [(1, 0), (2, 0)]),
    "an entry twice": ([(1, 0), (1, 0)], [(1, 0)]), "unlike entries twice": ([(1,), (1,), (2,)], [(1,), (2,), (2,)]),
    "a half": ([(1.5, 0)], [(1, 0)]), "the same half": ([(1.5, 0)], [(1.5, 0)]), "text": ([("1", 0)], [(1, 0)]),
    "no tuples": ([1], [1]),
}


@pytest.mark.parametrize(("ours", "theirs"), TABLES.values(), ids=TABLES)
def test_unlike_tables_are_told_apart(ours, theirs):
    for left, right in ((ours, theirs), (theirs, ours)):
        with pytest.raises(StepError, match="a and b|a or b"):
            same_entries("a", left, "b", right)


def test_like_tables_hold_the_same_entries_in_any_order():
    same = same_entries("a", [(2, 0), (1, 5), (2, 0)], "b", iter([[1, 5], (2, 0), (2, 0)]))
    assert same.statement.entries == ((1, 5), (2, 0), (2, 0))
    assert "3 entries" in repr(same)


SHOWN = {
    "an axis": (((i, axis(N)),), "for every i in 0..N - 1"), "no axis": ((), "for every i\n"),
    "an axis without end": (((i, Axis(P(2), P(1), None)),), "for every i in 2..\n"),
    "an output axis": (((i, Axis(P(0), P(M), P(N))),), "for every i in 0..(N)/(M)"),
    "no place at all": (((i, Axis(P(0), P(1), P(-1))),), "for every i in 0..-1"),
}


@pytest.mark.parametrize(("ranges", "text"), SHOWN.values(), ids=SHOWN)
def test_a_theorem_shows_the_ranges_of_its_indices(ranges, text):
    value = expression(P(i))
    assert text in repr(equal(Claim(value + value, 2 * value, ranges=ranges)))


def test_specialize_reaches_axes_definitions_and_hypotheses():
    theorem = equal(Claim(U[P(j)], 2 * X[P(j)], (DOUBLE,)))
    special = specialize(theorem, {N: P(5)})
    assert special.scope == ()
    assert dict(special.indices)[j] == axis(5)
    assert all(N not in h.tensor.symbols for h in special.hypotheses)


def doubled() -> Theorem:
    return equal(Claim(U[P(j)], 2 * X[P(j)], (DOUBLE,)))


def test_lift_reads_every_named_tensor_at_the_new_index():
    lifted = lift(doubled(), ["U", "X"], Symbol("l"), axis(M))
    (definition,) = lifted.hypotheses
    assert definition.indices == (Symbol("l"), i)
    assert [t.axes[0] for t in (definition.tensor, definition.body.terms[0].tensor)] == [axis(M)] * 2
    assert dict(lifted.indices)[Symbol("l")] == axis(M)
    again = equal(Claim(lifted.left, lifted.right, (definition,), ranges=lifted.indices))
    assert again.statement == lifted.statement


BAD_LIFTS = {
    "a definition left behind": (["X"], "l"),
    "the definition's own index": (["U", "X"], "i"),
    "a free index": (["U", "X"], "j"),
    "a size": (["U", "X"], "N"),
}


@pytest.mark.parametrize(("tensors", "name"), BAD_LIFTS.values(), ids=BAD_LIFTS)
def test_lift_refuses(tensors, name):
    index = NAMES.sizes.get(name, Symbol(name))
    with pytest.raises(StepError):
        lift(doubled(), tensors, index, axis(M))


def test_lift_refuses_a_bound_index_and_a_scope_it_would_capture():
    theorem = of("sum(k) X[k] = sum(j) X[j]")
    for name in "kj":
        with pytest.raises(StepError):
            lift(theorem, ["X"], Symbol(name), axis(M))
    assert lift(theorem, ["X"], Symbol("l"), axis(M))


def test_summed_needs_a_range_and_hypotheses_that_do_not_speak_of_the_index():
    total = summed(doubled(), j)
    assert total.left == Sum((Range(j, P(0), P(N) - 1, P(1)),), U[P(j)])
    assert j not in dict(total.indices)
    with pytest.raises(StepError, match="range"):
        summed(reflexivity(X[P(i)]), i)
    held = equal(Claim(HELD, X[P(i)] * 0 + 1), [(Equation(HELD, expression(1)), ONE)])
    with pytest.raises(StepError, match="hypothesis"):
        summed(held, i)
    quotient = equal(Claim(X[P(i)] * Apply("tanh", X[P(i)]) / Apply("tanh", X[P(i)]), X[P(i)]))
    with pytest.raises(StepError, match="hypothesis"):
        summed(quotient, i)


# -- induction and limits -------------------------------------------------------------------------------------


def proved_by_induction(claims, recurrences, given, base, step, start=0):
    return induction([line(c) for c in claims], k, start, [line(r) for r in recurrences], [line(g) for g in given],
                     [[(g, line(f"P[k] = {m}").right) for g, m in b] for b in base],
                     [[(c, line(f"P[k] = {m}").right) for c, m in s] for s in step])


def test_induction_over_a_recurrence():
    (theorem,) = proved_by_induction(["P[k] = k^2"], ["P[k+1] = P[k] + 2*k + 1"], ["P[0] = 0"],
                                     [[(0, "1")]], [[(0, "1")]])
    assert dict(theorem.indices)[k] == Axis(P(0), P(1), None)
    assert set(theorem.hypotheses) == {line("P[k+1] = P[k] + 2*k + 1"), line("P[0] = 0")}
    both = proved_by_induction(["P[k] = Q[k]", "P[k] = y^2 P[k]"], ["P[k+1] = x P[k]", "Q[k+1] = x Q[k]"],
                               ["P[0] = Q[0]", "P[0] = y^2 P[0]"], [[(0, "1")], [(1, "1")]], [[(0, "x")], [(1, "x")]])
    assert len(both) == 2


BAD_INDUCTIONS = {
    "a wrong base": (["P[k] = k^2"], ["P[k+1] = P[k] + 2*k + 1"], ["P[0] = 1"], [[(0, "1")]], [[(0, "1")]]),
    "no base": (["P[k] = k^2"], ["P[k+1] = P[k] + 2*k + 1"], [], [[]], [[(0, "1")]]),
    "a wrong step": (["P[k] = k^2"], ["P[k+1] = P[k] + 2*k + 2"], ["P[0] = 0"], [[(0, "1")]], [[(0, "1")]]),
    "no step": (["P[k] = k^2"], [], ["P[0] = 0"], [[(0, "1")]], [[(0, "1")]]),
    "a wrong multiplier": (["P[k] = Q[k]"], ["P[k+1] = x P[k]", "Q[k+1] = x Q[k]"], ["P[0] = Q[0]"], [[(0, "1")]],
                           [[(0, "1")]]),
    "the claim at a later place": (["P[k] = 0"], ["P[k+1] = P[5]"], ["P[0] = 0"], [[(0, "1")]], [[(0, "[k = 5]")]]),
    "the start for all k": (["P[k] = 0"], ["P[k+1] = Q[k]"], ["P[k] = 0"], [[(0, "1")]], [[]]),
    "a recurrence before the start": (
        ["[k >= 1] sum(n=0-1..0-1) P[n+1] = [k >= 1]"], ["P[k+1] = P[k] + 1"], ["P[0] = 5"], [[]], [[]]),
    "a recurrence under its own variable": (
        ["[k >= 1] (P[k] - P[k] + sum(j=0..0) P[j]) = [k >= 1]"], ["P[k+1] = 1"], ["P[0] = 5"], [[]], [[]]),
    "claims with unlike ranges": (
        ["Q[k] + 0*sum(i) A[i,j] = Q[k] [0 <= j, j < N]", "P[k] [j >= N] + 0*Y[j] = 0"], ["P[k+1] = Q[k]"],
        ["P[0] = 0"], [[], [(0, "[j >= N]")]], [[], [(0, "[j >= N]")]]),
}


@pytest.mark.parametrize("parts", BAD_INDUCTIONS.values(), ids=BAD_INDUCTIONS)
def test_bad_inductions_are_refused(parts):
    with pytest.raises(StepError):
        proved_by_induction(*parts)


def test_induction_under_a_sum_over_the_same_variable():
    """Σ_{k=−1}^{−1} P[k+1] is P[0]: the recurrence says nothing of it."""
    before = Sum((Range(k, P(-1), P(-1)),), SEQ[P(k) + 1])
    on = Bracket((), (P(k) - 1,))
    with pytest.raises(StepError):
        induction([Equation(on * before, on * 1)], k, 0, [line("P[k+1] = P[k] + 1")], [line("P[0] = 5")], [[]], [[]])


NARROW = {
    "a start that is read on an axis": (Equation(
        Bracket((), (-P(k), -1 - P(i))) * read("x") + 0 * X[P(i) + P(k)], expression(0)), []),
    "a recurrence that is read on an axis": (Equation(
        SEQ[P(k)] * Bracket((), (-1 - P(i), P(k) - 1)), expression(0)),
        [Equation(SEQ[P(k) + 1], SEQ[P(k) + 1] + 0 * Y[P(i)])]),
    "a recurrence on an axis that may be empty": (Equation(SEQ[P(k)] * Bracket((), (P(k) - 1,)), expression(0)), [
        Equation(SEQ[P(k) + 1], SEQ[P(k) + 1] + 0 * Tensor("E", (axis(NAMES.sizes["p"]),))[P(i)]
                 - Bracket((), (P(i), P(NAMES.sizes["p"]) - 1 - P(i))) * SEQ[P(k) + 1])]),
}


@pytest.mark.parametrize(("claim", "recurrences"), NARROW.values(), ids=NARROW)
def test_an_induction_concludes_no_more_than_its_base_and_step_show(claim, recurrences):
    """In each the claim is false at i = −1 or k = 1, where nothing that is shown at narrower ranges speaks."""
    with pytest.raises(StepError):
        induction([claim], k, 0, recurrences, [], [[]], [[]])


def test_a_recurrence_says_nothing_of_how_its_sequence_varies():
    """∂P[k]/∂P[q] = [k = q], so it is not [q = 0] for every k, although P[k+1] = P[k]."""
    claim = Equation(Derivative(SEQ[P(k)], SEQ[P(j)]), Bracket((P(j),)))
    with pytest.raises(StepError):
        induction([claim], k, 0, [line("P[k+1] = P[k]")], [], [[]], [[(0, ONE)]])


def test_induction_keeps_the_ranges_of_other_indices():
    theorem, = induction([Equation(0 * X[P(j)] + SEQ[P(k)], Bracket((), (P(j), P(N) - 1 - P(j))) * SEQ[P(k)])], k, 0,
                         [line("P[k+1] = P[k]")], [line("P[0] = 0")], [[]], [[]])
    assert dict(theorem.indices)[j] == axis(N)


SIGNS = Tensor("c")
LIMITS = {
    "tanh": ("tanh(c*x)", "sign(x)"),
    "tanh of a negative multiple": ("tanh(0 - c*x)", "sign(-x)"),
    "sigmoid": ("sigmoid(c*x)", "step(x) + is_zero(x)/2"),
    "a sum": ("sum(i=0..N-1) tanh(c*X[i]) Y[i]", "sum(i=0..N-1) sign(X[i]) Y[i]"),
    "a product": ("tanh(c*x) sigmoid(c*y)", "sign(x) (step(y) + is_zero(y)/2)"),
    "a square": ("1 - tanh(c*x)^2", "is_zero(x)"),
}
NO_LIMITS = {
    "outside": "c*x", "squared": "tanh(c*c*x)", "shifted": "tanh(c*x + y)", "inside exp": "exp(c*x)",
    "inside another function": "exp(tanh(c*x))", "a quotient": "1/tanh(c*x)", "a sum without end": "sum(i) tanh(c*x)",
    "a number": "tanh(c + x)", "inverse": "tanh(x/c)",
}


@pytest.mark.parametrize(("text", "value"), LIMITS.values(), ids=LIMITS)
def test_limits(text, value):
    there = limit(read(text), SIGNS)
    assert isinstance(there.statement, Limit)
    named = limit_equals(there, equal(Claim(there.right, read(value))))
    assert named.right == read(value)
    with pytest.raises(StepError):
        equal(Claim(there.right, read(f"({value}) + is_zero(z)")))


@pytest.mark.parametrize("text", NO_LIMITS.values(), ids=NO_LIMITS)
def test_what_has_no_such_limit_is_refused(text):
    with pytest.raises(StepError):
        limit(read(text), SIGNS)


WIDER = {
    "the axis of an argument, a wider sum": "sum(i=0..N) tanh(c*X[i] + [i >= N])",
    "another factor": "sum(i=0..N+3) Y[i]*tanh(c*X[i] + [i >= N])",
    "before the axis": "sum(i=0-1..0) sigmoid(c*X[i] + [i < 0])",
    "no sum": "X[2*i] tanh(c*X[i] + [i >= N])",
}


@pytest.mark.parametrize("text", WIDER.values(), ids=WIDER)
def test_an_argument_is_a_multiple_everywhere_not_on_an_axis_only(text):
    with pytest.raises(StepError):
        limit(line(f"Y[i] = {text}").right, SIGNS)


def test_a_limit_that_equals_something_on_a_range_does_so_there_only():
    there = limit(Apply("tanh", SIGNS[()] * X[P(i) + 1]), SIGNS)
    first = Axis(P(0), P(1), P(0))
    on_first = equal(Claim(there.right, there.right * Bracket((), (-P(i),)), ranges=((i, first),)))
    assert dict(limit_equals(there, on_first).indices) == {i: first}
    nowhere = equal(Claim(there.right, read("y"), ranges=((j, Axis(P(0), P(1), P(-1))),)))
    assert dict(limit_equals(there, nowhere).indices)[j] == Axis(P(0), P(1), P(-1))
    on_axis = limit(Apply("tanh", SIGNS[()] * X[P(i)]), SIGNS)
    with pytest.raises(StepError, match="unlike ranges"):
        limit_equals(on_axis, equal(Claim(on_axis.right, on_axis.right * 1, ranges=((i, first),))))


def test_a_limit_does_not_read_its_own_variable():
    own = Definition(Tensor("V"), (), read("c*x"))
    there = limit(Tensor("V")[()] + read("tanh(c*x)"), SIGNS)
    with pytest.raises(StepError):
        limit_equals(there, equal(Claim(there.right, read("c*x + sign(x)"), (own,))))
    through = (Definition(Tensor("V"), (), Tensor("V2")[()]), Definition(Tensor("V2"), (), read("c*x")))
    with pytest.raises(StepError):
        limit_equals(there, equal(Claim(there.right, Tensor("V2")[()] + read("sign(x)"), through)))
    with pytest.raises(StepError):
        limit_equals(there, equal(Claim(there.right, there.right + read("c - c"))))


def test_limits_are_no_equations():
    there = limit(read("tanh(c*x)"), SIGNS)
    for rule in (symmetry, lambda p: specialize(p, {}), lambda p: lift(p, ["x"], i, axis(N)), lambda p: summed(p, i),
                 lambda p: transitivity(p, p)):
        with pytest.raises(StepError):
            rule(there)

