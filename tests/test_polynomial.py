"""Polynomials against exact arithmetic, and substitution in formulas without capture."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symcnn.errors import NotationError
from symcnn.notation.context import context
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import Axis, Definition, Range, Sum, Tensor, axis, free_indices
from symcnn.notation.polynomial import Polynomial, Symbol, nonnegative, polynomial, sum_of_powers
from symcnn.notation.traverse import replace_reads, substitute, tensors_in, total

P = polynomial
N, M, Q = Symbol("N", 1), Symbol("M", 2), Symbol("q", 0)
L = Symbol("L", -3)
i, j = Symbol("i"), Symbol("j")
SYMBOLS = (N, M, Q, i, j)
NUMBERS = st.one_of(st.integers(-6, 6), st.fractions(-3, 3, max_denominator=4))


@st.composite
def polynomials(draw: st.DrawFn, symbols: tuple[Symbol, ...] = SYMBOLS) -> Polynomial:
    result = P(draw(NUMBERS))
    for _ in range(draw(st.integers(0, 3))):
        term = P(draw(NUMBERS))
        for s in draw(st.lists(st.sampled_from(symbols), max_size=3)):
            term = term * P(s)
        result = result + term
    return result


VALUES = st.fixed_dictionaries({s: st.integers(s.lower if s.is_size else -5, 9) for s in SYMBOLS})


@given(polynomials(), polynomials(), VALUES)
def test_arithmetic_is_that_of_values(p, q, at):
    a, b = p.evaluate(at), q.evaluate(at)
    assert (p + q).evaluate(at) == a + b
    assert (p - q).evaluate(at) == a - b
    assert (p * q).evaluate(at) == a * b
    assert (-p).evaluate(at) == -a
    assert (p ** 3).evaluate(at) == a ** 3
    assert (3 - p).evaluate(at) == 3 - a
    assert (2 * p + 1).evaluate(at) == 2 * a + 1


@given(polynomials(), polynomials())
def test_equal_polynomials_have_one_form(p, q):
    assert p + q == q + p
    assert hash(p * q) == hash(q * p)
    assert (p + q) * (p - q) == p * p - q * q
    assert not p - p
    assert (p == q) == (not p - q)


@given(polynomials(), polynomials(), polynomials(), VALUES)
def test_substitution_is_evaluation_at_values_and_at_once(p, a, b, at):
    moved = p.substitute({i: a, j: b})
    assert moved.evaluate(at) == p.evaluate({**at, i: a.evaluate(at), j: b.evaluate(at)})
    assert p.substitute({i: P(j), j: P(i)}).substitute({i: P(j), j: P(i)}) == p


@given(polynomials(), VALUES)
def test_parts_of_a_polynomial(p, at):
    powers = p.coefficients(i)
    assert sum(c.evaluate(at) * at[i] ** n for n, c in powers.items()) == p.evaluate(at)
    slope = p.linear_coefficient(i)
    assert (slope is None) == (p.degree(i) > 1)
    if slope is not None:
        assert p.evaluate({**at, i: at[i] + 1}) - p.evaluate(at) == slope.evaluate(at)
    unit = p.unit_coefficient(i)
    assert unit in (-1, 0, 1)
    if unit:
        assert slope == P(unit)
    assert (slope == P(1) or slope == P(-1)) == bool(unit)


@given(polynomials(), VALUES)
def test_primitive_changes_neither_sign_nor_zeros(p, at):
    q = p.primitive()
    assert all(isinstance(c, int) for c in q.terms.values())
    assert (q.evaluate(at) > 0, q.evaluate(at) == 0) == (p.evaluate(at) > 0, p.evaluate(at) == 0)
    assert q.primitive() == q


@settings(max_examples=300)
@given(polynomials((N, M, Q, L)))
def test_nonnegative_is_never_wrong(p):
    if nonnegative(p):
        for values in itertools.product(range(1, 5), range(2, 6), range(4), range(-3, 3)):
            assert p.evaluate(dict(zip((N, M, Q, L), values, strict=True))) >= 0


NONNEGATIVE = {"N - 1": P(N) - 1, "NM - 2": P(N) * M - 2, "1/N": P(N) ** -1, "q": P(Q)}
NOT_NONNEGATIVE = {"N - 2": P(N) - 2, "N - M": P(N) - M, "an index": P(i), "q - 1": P(Q) - 1, "L": P(L),
                   "1 - 1/N": 1 - P(N) ** -1, "L^2 - 1": P(L) ** 2 - 1, "i^2": P(i) ** 2}


def test_nonnegative_knows_lower_bounds():
    assert [n for n, p in NONNEGATIVE.items() if not nonnegative(p)] == []
    assert [n for n, p in NOT_NONNEGATIVE.items() if nonnegative(p)] == []


@given(st.integers(0, 6), st.integers(-1, 12))
def test_sums_of_powers(power, upper):
    assert sum_of_powers(power, P(Q)).evaluate({Q: upper}) == sum(v ** power for v in range(upper + 1))


INVERSES = {"N": P(N), "2N": 2 * P(N), "N^2 M": P(N) ** 2 * P(M), "a number": P(Fraction(2, 3))}
NO_INVERSES = {"zero": P(0), "a size that may be 0": P(Q), "a sum": P(N) + M, "an index": P(i), "negative": P(L)}


@pytest.mark.parametrize("p", INVERSES.values(), ids=INVERSES)
def test_inverses(p):
    assert p ** -2 * p * p == P(1)
    assert (p ** -1).evaluate({N: 3, M: 5}) == 1 / Fraction(p.evaluate({N: 3, M: 5}))


@pytest.mark.parametrize("p", NO_INVERSES.values(), ids=NO_INVERSES)
def test_what_may_be_zero_has_no_inverse(p):
    with pytest.raises(ZeroDivisionError):
        _ = p ** -1


def test_a_polynomial_and_a_symbol_cannot_be_changed():
    p, before = P(N) + 1, repr(P(N) + 1)
    for attempt in (lambda: p.terms.clear(), lambda: setattr(p, "terms", {}), lambda: setattr(N, "lower", 0)):
        with pytest.raises((AttributeError, TypeError)):
            attempt()
    assert repr(p) == before
    terms = {(): 2}
    q = Polynomial(terms)
    terms[()] = 3
    assert q == P(2)


def test_symbols_differ_by_name_and_bound():
    assert Symbol("N", 1) == N != Symbol("N", 0) != Symbol("N")
    assert P(Symbol("N", 1)) - P(N) == P(0)
    assert P(Symbol("N", 0)) - P(N) != P(0)


def test_text():
    assert repr(P(0)) == "0"
    assert repr(-P(N) + 2 * P(M) * i - Fraction(1, 2)) == "2*M*i - N - 1/2"


# -- substitution in formulas ---------------------------------------------------------------------------------

NAMES = context("N M", "X[N] Y[M] A[N,M]")
SIZES = dict.fromkeys(NAMES.sizes.values(), 4)


def value(node, **at):
    here = {Symbol(n): v for n, v in at.items()}
    return Evaluator(SIZES, lambda t, p: 3 * len(t.name) + ord(t.name) * sum((n + 2) * (v + 1) for n, v in enumerate(p))
                     ).value(node, here)


CAPTURES = {
    "a summation variable": ("sum(j) A[i,j]", {"i": "j"}),
    "a summation variable in a sum of it": ("sum(j) A[i,j] Y[j+i]", {"i": "j+1"}),
    "a primed name": ("sum(j') A[i,j'] Y[j]", {"i": "j'"}),
    "a name that the renaming would take": ("sum(j) A[i,j] Y[j'] Y[j]", {"i": "j"}),
    "two sums inside each other": ("sum(j) (sum(j') A[i,j] Y[j'])", {"i": "j"}),
    "a bound": ("sum(j=0..i) X[j]", {"i": "j"}),
    "both at once": ("sum(k) A[i,k] A[j,k]", {"i": "j", "j": "i"}),
    "a bracket": ("sum(j) [j < i] Y[j]", {"i": "j"}),
}


@pytest.mark.parametrize(("text", "values"), CAPTURES.values(), ids=CAPTURES)
def test_substitution_captures_nothing(text, values):
    """e[i := a] at j = e at i = a(j), whatever the sums of e are over."""
    node = NAMES.equation(f"X[i] Y[j] Y[j'] = {text}").right
    put = {Symbol(n): NAMES.equation(f"X[i] X[j] X[j'] = X[{v}]").right.indices[0] for n, v in values.items()}
    moved = substitute(node, put)
    for a, b, c in itertools.product(range(3), repeat=3):
        at = {"i": a, "j": b, "j'": c}
        here = {Symbol(n): v for n, v in at.items()}
        there = {n: int(put[Symbol(n)].evaluate(here)) if Symbol(n) in put else v for n, v in at.items()}
        assert value(moved, **at) == value(node, **there), f"at {at}"


def test_substitution_reaches_axes_and_bounds():
    size, node = NAMES.sizes["N"], NAMES.expression("sum(i=0..N-1) X[i] N")
    moved = substitute(node, {size: P(7)})
    assert tensors_in(moved)[0].axes == (axis(7),)
    assert moved.ranges[0].upper == P(6)
    assert free_indices(moved) == set()


def test_bodies_in_place_of_definitions_capture_nothing():
    u = Tensor("U", (axis(NAMES.sizes["N"]),))
    d = Definition(u, (i,), NAMES.equation("X[i] = sum(j) A[i,j]").right)
    moved = replace_reads(Sum((Range(j, P(0), P(3)),), u[P(j)]), [d])
    assert value(moved) == value(NAMES.expression("sum(k=0..3) (sum(j) A[k,j])"))


def test_total_takes_the_axis_and_refuses_two():
    assert total([i], NAMES.equation("X[i] = X[i] - X[0]").right).ranges[0].upper == axis(NAMES.sizes["N"]).upper
    with pytest.raises(NotationError, match="unlike"):
        total([i], NAMES.equation("X[i] = X[i] + Y[i]").right)
    with pytest.raises(NotationError):
        Axis(P(0), P(1), P(i))
