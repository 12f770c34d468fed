"""The oracle: exact values by enumeration, against loops written out by hand."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import flint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symcnn.errors import UsageError
from symcnn.layers import convolution
from symcnn.notation.context import context
from symcnn.notation.evaluate import Evaluator, different, show
from symcnn.notation.expression import Axis, Bracket, Derivative, Read, Tensor, expression
from symcnn.notation.polynomial import Symbol, polynomial

P = polynomial
NAMES = context("N M K s p>=0", "X[N] A[N,M] W[K] x y z S[0..] B[2..5]").with_tensor(
    Tensor("O", (Axis(P(0), P(Symbol("s", 1)), P(Symbol("N", 1)) + 3),)))
AT = {"N": 3, "M": 2, "K": 4, "s": 2, "p": 0}


def entry(tensor: Tensor, at: tuple[int, ...]) -> int | Fraction:
    scalars = {"x": Fraction(-3, 2), "y": 4, "z": 0}
    return scalars.get(tensor.name, 1 + sum((2 * n + 1) * (i + 1) ** 2 for n, i in enumerate(at)) * (-1) ** sum(at))


def evaluator(**sizes: int) -> Evaluator:
    values = {**AT, **sizes}
    return Evaluator({s: values[n] for n, s in NAMES.sizes.items()}, entry)


def exact(text: str, **sizes: int) -> Fraction:
    found = evaluator(**sizes).value(NAMES.expression(text))
    return Fraction(int(found.p), int(found.q))


def x(i: int) -> int:
    return int(entry(NAMES.tensors["X"], (i,))) if 0 <= i < 3 else 0


def a(i: int, j: int) -> int:
    return int(entry(NAMES.tensors["A"], (i, j))) if 0 <= i < 3 and 0 <= j < 2 else 0


VALUES = {
    "an entry": ("X[1]", x(1)),
    "zero outside": ("X[0-1] + X[3] + A[0,2]", 0),
    "indices that nothing speaks of": ("sum(j=0..1000000, k=2..1000001) sum(i) X[i]",
                                       1000001 * 1000000 * sum(x(i) for i in range(3))),
    "indices beside one that is read": ("sum(i=0..N-1, k=1..1000000) X[i]", 1000000 * sum(x(i) for i in range(3))),
    "an index in another's bound": ("sum(i=0..3, k=0..i) 1", 10),
    "no index at all": ("sum(k=1..0, i=0..1000000) 1/z", 0),
    "a sum over an axis": ("sum(i) X[i]", sum(x(i) for i in range(3))),
    "a sum beyond an axis": ("sum(i=0-9..9) X[i]", sum(x(i) for i in range(3))),
    "an empty sum": ("sum(i=1..0) X[i]", 0),
    "a sum of constants": ("sum(i=2..6) 1", 5),
    "a stride": ("sum(i) X[2*i]", x(0) + x(2)),
    "a shifted stride": ("sum(i) X[2*i-1]", x(1)),
    "a symbolic stride": ("sum(i) X[s*i-1]", x(1)),
    "both ways": ("sum(i) X[2-i]", x(0) + x(1) + x(2)),
    "a convolution": ("sum(i,k) W[k] X[s*i+k-1]", sum(
        int(entry(NAMES.tensors["W"], (k,))) * x(2 * i + k - 1) for i in range(-9, 9) for k in range(4))),
    "a triangle": ("sum(i,j) [j < i] A[i,j]", a(1, 0) + a(2, 0) + a(2, 1)),
    "bounds that depend": ("sum(i=0..2, j=0..i) i*j", sum(i * j for i in range(3) for j in range(i + 1))),
    "bounds that depend, inner first": ("sum(j, i=0..j) W[i] X[j]", sum(
        int(entry(NAMES.tensors["W"], (i,))) * x(j) for j in range(3) for i in range(j + 1))),
    "a largest value whose bounds depend": ("max(j=0..2, i=0..j) (10*i - j)", 18),
    "a bracket for a bound": ("sum(j=0..9, i=0..2) [j <= i] i*j", sum(i * j for i in range(3) for j in range(i + 1))),
    "a delta": ("sum(i) [i = 2] X[i]", x(2)),
    "a delta of deltas": ("sum(i) (sum(j) [i = j+1] (sum(k) [j = k] X[k] X[i]))", x(0) * x(1) + x(1) * x(2)),
    "ends through an inner sum": ("sum(v) (sum(k=0..2) [v = 2*k+1] v)", 1 + 3 + 5),
    "residues": ("sum(v) (sum(r=0..1) X[2*v+r])", x(0) + x(1) + x(2)),
    "a fraction in a guard": ("sum(i=0..9) [i/2 >= 1, i/3 <= 2]", 5),
    "a half is not zero": ("sum(i=0..3) [i/2 = 0]", 1),
    "minus a half is not at least zero": ("sum(i=0..3) [0-i/2 >= 0]", 1),
    "an even number": ("sum(i=0..9) (sum(j=0..9) [i = 2*j])", 5),
    "a guard hides what it guards": ("[1 = 0]/z", 0),
    "a coefficient": ("sum(i) i X[i]/N", Fraction(x(1) + 2 * x(2), 3)),
    "a power": ("x^-2 x^3", Fraction(-3, 2)),
    "a quotient": ("y/(x+1)", -8),
    "functions of signs": ("sign(x) + 2 step(x) + 4 is_zero(x) + 8 relu(x)", -1),
    "functions of signs above": ("sign(y) + 2 step(y) + 8 relu(y)", 35),
    "functions at zero": ("exp(z) + tanh(z) + 2 sigmoid(z) + is_zero(z) + step(z) + sign(z)", 3),
    "a rational root": ("sqrt(y) + sqrt(y/9)", Fraction(8, 3)),
    "an endless axis": ("sum(k) [k <= 2] S[k]", sum(int(entry(NAMES.tensors["S"], (i,))) for i in range(3))),
    "an axis from two": ("B[1] + B[2] + B[6]", 10),
    "an output axis": ("O[3] + O[4]", int(entry(NAMES.tensors["O"], (3,)))),
}


@pytest.mark.parametrize(("text", "value"), VALUES.values(), ids=VALUES)
def test_values(text, value):
    assert exact(text) == value


ENDLESS = ("sum(i) 1", "sum(i) tanh(X[0]+i)", "sum(i) [i >= 0]", "sum(i,j) [i = j]", "sum(i) (X[2*i] + 1)",
           "sum(i) (sum(j) [i = j])", "sum(k) S[k]", "sum(i) (sum(j) X[j-i] [i >= 0])")


@pytest.mark.parametrize("text", ENDLESS)
def test_sums_without_end_are_refused(text):
    with pytest.raises(UsageError):
        evaluator().value(NAMES.expression(text))


NO_VALUE = {"1/z": ZeroDivisionError, "X[0]/(x-x)": ZeroDivisionError, "z/z": ZeroDivisionError,
            "z (1/z)": ZeroDivisionError, "log(z)": ZeroDivisionError, "log(x)": ZeroDivisionError,
            "sqrt(x)": ZeroDivisionError, "step(exp(x) - exp(x))": UsageError, "1/(exp(x) - exp(x))": ZeroDivisionError,
            "z log(z)": ZeroDivisionError}


PARTIAL = {
    "an entry and its reciprocal": "X[0] U[0]", "the other way round": "U[0] X[0]", "through another": "X[0] V[0]",
    "a function of an entry": "tanh(X[0]) U[0]", "its own reciprocal": "tanh(X[0]) tanh(X[0])^-1",
    "inside a sum": "sum(i=0..1) X[0] U[i]",
}
TOTAL = {"a guard hides a definition": "[1 = 0] U[0]", "behind a definition's end": "U[5]", "zeros": "X[0] X[1]"}


@pytest.mark.parametrize("text", [*PARTIAL.values(), *TOTAL.values()], ids=[*PARTIAL, *TOTAL])
def test_a_zero_entry_hides_no_division_by_zero(text):
    """U[i] = 1/X[i] and V[i] = U[i] + 1, at entries that are all 0."""
    names = NAMES.define("U[i] = 1/X[i]").define("V[i] = U[i] + 1")
    at_zero = Evaluator({s: AT[n] for n, s in names.sizes.items()}, lambda tensor, at: 0,
                        {d.tensor: d for d in names.definitions})
    if text in TOTAL.values():
        assert at_zero.value(names.expression(text)) == 0
    else:
        with pytest.raises(ZeroDivisionError):
            at_zero.value(names.expression(text))


@pytest.mark.parametrize(("text", "error"), NO_VALUE.items(), ids=NO_VALUE)
def test_what_has_no_value_raises(text, error):
    with pytest.raises(error):
        evaluator().value(NAMES.expression(text))


def test_derivatives_have_no_value_by_enumeration():
    x_ = NAMES.expression("x")
    assert isinstance(x_, Read)
    with pytest.raises(UsageError):
        evaluator().value(Derivative(x_, x_))


@given(st.fractions(-3, 3, max_denominator=8))
def test_intervals_hold_the_identities_of_functions(at):
    """tanh, σ, exp, log and √ at rational places: enclosures of both sides meet, and wrong sides do not."""
    node = Evaluator({}, lambda t, _: at)
    read = context("", "x").expression
    pairs = (("tanh(x)", "(exp(x)-exp(-x))/(exp(x)+exp(-x))"), ("sigmoid(x)", "1/(1+exp(-x))"),
             ("sqrt(x^2+1)^2", "x^2+1"), ("log(exp(x))", "x"), ("tanh(x)", "2 sigmoid(2*x) - 1"))
    for left, right in pairs:
        a_, b_ = node.value(read(left)), node.value(read(right))
        assert not different(a_, b_), f"{left} at {at}"
        assert different(a_, b_ + flint.fmpq(1, 10 ** 12)), f"{left} is not sharp at {at}"


def test_different_is_certain():
    one, third = flint.fmpq(1), flint.fmpq(1, 3)
    assert different(one, third)
    assert not different(third, flint.fmpq(2, 6))
    assert different(flint.arb(1), flint.arb(2))
    assert not different(flint.arb("1 +/- 0.1"), flint.arb(1))
    assert not different(flint.arb("nan"), flint.arb(1))
    assert show(third) == "1/3"


def test_definitions_are_zero_outside_their_axes():
    names = context("N", "X[N]").define("U[i] = exp(X[i])")
    known = {d.tensor: d for d in names.definitions}
    node = Evaluator({names.sizes["N"]: 2}, lambda t, at: 0, known)
    assert [node.value(names.expression(f"U[{i}]")) for i in ("0-1", "0", "1", "2")] == [0, 1, 1, 0]


def by_hand(h: int, k: int, s: int, d: int, p: int, weights, values) -> list[int]:
    """The convolution of frameworks: pad, then slide."""
    padded = [0] * p + list(values) + [0] * p
    length = (h + 2 * p - d * (k - 1) - 1) // s + 1
    return [sum(weights[t] * padded[s * o + d * t] for t in range(k)) for o in range(length)]


SHAPES = [(h, k, s, d, p) for h, k, s, d, p in itertools.product((3, 7), (1, 2, 3), (1, 2, 3), (1, 2), (0, 1, 2))
          if d * (k - 1) < h + 2 * p]


@pytest.mark.parametrize(("h", "k", "s", "d", "p"), SHAPES)
def test_convolution_is_that_of_frameworks(h, k, s, d, p):
    layer = convolution(1, batch=False)
    sizes = {layer.size(n): v for n, v in {"C": 1, "M": 1, "H": h, "K": k, "s": s, "d": d, "p": p}.items()}
    chance = random.Random(f"{h}{k}{s}{d}{p}")
    weights, values = ([chance.randint(-9, 9) for _ in range(n)] for n in (k, h))
    entries = {"W": weights, "X": values, "b": [5]}
    node = Evaluator(sizes, lambda t, at: entries[t.name][at[-1]], {x.tensor: x for x in layer.definitions})
    wanted = by_hand(h, k, s, d, p, weights, values)
    z = layer["Z"]
    assert z.axes[1].indices(sizes) == range(len(wanted))
    assert [int(node.value(z[P(0), P(o)])) for o in range(len(wanted))] == [5 + v for v in wanted]
    assert node.value(z[P(0), P(len(wanted))]) == 0
    assert node.value(z[P(1), P(0)]) == 0


def test_brackets_without_conditions_are_one():
    assert evaluator().value(Bracket()) == 1
    first = NAMES.tensors["X"][P(0)]
    assert evaluator().value(expression(Fraction(2, 3)) * first) == flint.fmpq(2, 3) * x(0)
