"""The reader of formulas: what it reads, what it means, and where it says that something is wrong."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symcnn.errors import NotationError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.notation.context import context
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import Axis, Bracket, Derivative, Multiply, Power, Range, Read, Sum, axis
from symcnn.notation.formula import as_polynomial, tokens
from symcnn.notation.polynomial import Symbol, polynomial

P = polynomial
NAMES = context("N M H K s d p>=0", "X[N,H] W[M,N,K] b[M] x y alpha P[0..] Q[1..N]")
SIZES = dict.fromkeys(NAMES.sizes.values(), 3)


def number(text: str, **at: int) -> object:
    """The value with x = 2, y = 5, alpha = 7 and entries that differ."""
    scalars = {"x": 2, "y": 5, "alpha": 7}
    evaluator = Evaluator(SIZES, lambda t, place: scalars.get(t.name, 10 + sum((n + 1) * i for n, i in enumerate(place))
                                                              ))
    return evaluator.value(NAMES.expression(text), {Symbol(n): v for n, v in at.items()})


PRECEDENCE = {
    "x + y*alpha": 37, "x - y - alpha": -10, "x*y^2": 50, "-x^2": -4, "(-x)^2": 4, "x - -y": 7, "2^3": 8,
    "x/y/alpha": (2, 35), "x/y alpha": (14, 5), "x y alpha": 70, "2x": 4, "x(y + 1)": 12, "x^-2": (1, 4), "2 x^2 y": 40,
    "-x + y": 3, "+x": 2, "x*-y": -10, "x [1 = 1] y": 10, "[1 < 2, 2 <= 2, 3 > 2, 2 >= 3]": 0, "[0 <= 1 < 2 = 2]": 1,
    "[N/2 < 1]": 0, "[N/2 < 2]": 1, "[2 > N/2]": 1, "[1 > N/2 - 1/2]": 0, "[N/2 - 1/2 < 3/2]": 1, "[2*N < 6]": 0,
    "sum(i=1..3) i": 6, "sum(i=1..3) i x": 12, "sum(i=1..3) i + x": 8, "sum(i=2..1) 1": 0, "sum(i=0..2, j=0..i) 1": 6,
    "x sum(i=1..3) i y": 60, "sum(i=1..2) sum(j=1..2) i j": 9, "relu(-x) + relu(x)": 2, "sign(x-y)": -1, "step(0)": 0,
    "is_zero(x - 2)": 1, "sqrt(x + alpha)": 3, "exp(0)": 1, "N + p": 6, "x^0": 1, "0^0": 1,
}


@pytest.mark.parametrize(("text", "value"), PRECEDENCE.items(), ids=PRECEDENCE)
def test_precedence_and_values(text, value):
    above, below = value if isinstance(value, tuple) else (value, 1)
    assert number(text) * below == above


def test_sums_range_over_axes_or_written_bounds():
    whole = NAMES.expression("sum(n,h) X[n,h]")
    assert whole.ranges == tuple(Range(Symbol(v), P(0), P(NAMES.sizes[size]) - 1) for v, size in ("nN", "hH"))
    assert NAMES.expression("sum(k) X[0,2*k]").ranges == (Range(Symbol("k")),)
    assert number("sum(h) X[0,h]") == number("X[0,0] + X[0,1] + X[0,2]")
    assert number("sum(k) X[0,2*k]") == number("X[0,0] + X[0,2]")
    assert number("X[0,0-1] + X[0,3] + X[5,0]") == 0


def test_axes_are_declared_by_extent_or_by_bounds():
    tensors = context("N", "a[N+1] b[0..] c[1..N] d[-1..5, 2] e").tensors
    n = context("N").sizes["N"]
    assert tensors["a"].axes == (axis(P(n) + 1),)
    assert tensors["b"].axes == (Axis(P(0), P(1), None),)
    assert tensors["c"].axes == (Axis(P(1), P(1), P(n)),)
    assert tensors["d"].axes == (Axis(P(-1), P(1), P(5)), axis(2))
    assert tensors["e"].axes == ()


def test_derivatives_and_gradients():
    names = NAMES.define("Z[m] = sum(n,k) W[m,n,k] X[n,k]")
    derivative = names.equation("X[q,r] b[m] = ∂Z[m]/∂X[q,r]").right
    assert isinstance(derivative, Derivative)
    assert derivative.by.tensor == names.tensors["X"]
    gradient = names.equation("b[m] = ∂J/∂Z[m]").right
    assert isinstance(gradient, Read)
    assert gradient.tensor.gradient_of == ("J", "Z")


# the text, what the message names, the character under which the caret stands
ERRORS = {
    "an unknown name": ("x + beta", "beta is not declared", 4),
    "a name that is nearly right": ("x + alphq", "did you mean alpha?", 4),
    "an unknown tensor": ("sum(n) V[n]", "V is not declared", 7),
    "a missing index": ("X[0]", "X", 0),
    "an index too many": ("x + b[0,1]", "b", 4),
    "an index on a scalar": ("x[y]", "y", 2),
    "a bracket that is not closed": ("(x + y", "expected ')'", 6),
    "a bracket that is not opened": ("x + y)", "expected the end", 5),
    "two operators": ("x + * y", "expected a formula", 4),
    "an operator at the end": ("x +", "expected a formula", 3),
    "nothing": ("", "expected a formula", 0),
    "a strange character": ("x + $y", "unexpected character '$'", 4),
    "a digit that is none": ("X[²,0]", "² is no name", 2),
    "a dot": ("x.y", "unexpected character '.'", 1),
    "a decimal number": ("1.5 x", "unexpected character '.'", 1),
    "a condition without a relation": ("[x]", "must be a polynomial", 2),
    "a condition with !=": ("[1 != 2]", "= < <= > >=", 3),
    "a sum over a size": ("sum(N) x", "N is a declared name", 0),
    "a sum over a tensor": ("sum(x) x", "x is a declared name", 0),
    "a sum without a variable": ("sum() x", "expected a name", 4),
    "a sum over one variable twice": ("sum(i,i) X[i,i]", "i", 0),
    "a sum over unlike axes": ("sum(i) (X[i,0] + b[i])", "unlike", 0),
    "a tensor as index": ("X[x,0]", "must be a polynomial", 3),
    "a half index": ("sum(i) X[i/2,0]", "not a whole number", 9),
    "an index divided by a size": ("sum(i) X[i/N,0]", "not a whole number", 9),
    "a quotient by zero in an index": ("X[0^-1,0]", "only a single term", 6),
    "an exponent that is no number": ("x^y", "expected a number", 2),
    "a huge exponent": ("x^101", "exponents above 100", 2),
    "a gradient of nothing": ("∂J/∂V", "V is not declared", 4),
    "a function of nothing": ("tanh()", "expected a formula", 5),
    "an unknown function": ("cosh(x)", "cosh is not declared", 0),
}


@pytest.mark.parametrize(("text", "message", "column"), ERRORS.values(), ids=ERRORS)
def test_errors_name_the_fault_and_point_at_it(text, message, column):
    with pytest.raises(NotationError) as raised:
        NAMES.expression(text)
    assert message in str(raised.value)
    lines = str(raised.value).splitlines()
    if text:
        assert lines[-2].strip() == text
    place = len(lines[-1]) - 1 - (len(lines[-2]) - len(lines[-2].lstrip()) if text else 2)
    assert lines[-1].endswith("^")
    assert abs(place - column) <= 1, f"the caret stands under {place}, the fault at {column}"


DEEP = {
    "brackets": "(" * 500 + "x" + ")" * 500, "signs": "-" * 3000 + "x", "sums": "sum(i) " * 500 + "x",
    "functions": "exp(" * 500 + "x" + ")" * 500, "indices": "X[0," * 400 + "0" + "]" * 400,
    "conditions": "[i=" * 200 + "x", "signs in an index": "X[0," + "-" * 2000 + "1]",
    "divisions": "x" + "/-" * 900 + "x", "too long": "x+" * 2500 + "x", "derivatives": "∂" * 900,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_deep_and_long_formulas_are_refused_at_once(text):
    began = time.perf_counter()
    with pytest.raises(NotationError):
        NAMES.expression(text)
    assert time.perf_counter() - began < 1


HUGE = ("X[((i+1)^100)^100,0]", "X[(i+j+k+l)^100,0]", "X[(3^100)^100,0]", "[((i+1)^100)^100 = 0]", "9" * 3900 + " x")


@pytest.mark.parametrize("text", HUGE)
def test_huge_numbers_and_powers_end_at_once(text):
    began = time.perf_counter()
    with contextlib.suppress(NotationError):
        repr(NAMES.equation(f"W[i,j,k] x Q[l] = {text}").right)
    assert time.perf_counter() - began < 1


@given(st.text(alphabet="xyNXi0123456789[](),.=<>+-*/^ ∂'sumtanh_αΣ\n\t#;", max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        node = NAMES.expression(text)
    except NotationError:
        return
    assert NAMES.expression(text) == node


@given(st.text(max_size=30))
def test_tokens_lose_nothing(text):
    try:
        found = tokens(text)
    except NotationError:
        return
    assert "".join(t for _, t, _ in found) == "".join(text.split())
    assert all(text[at:at + len(t)] == t for _, t, at in found)


DECLARATIONS = {
    "sizes": lambda: context("N, M;K p >= 0"),
    "a bound that is no number": lambda: context("N >= M"),
    "a sign": lambda: context("N + M"),
    "an unknown size in an extent": lambda: context("N", "X[V]"),
    "a product of a tensor": lambda: context("N", "X[N] Y[X]"),
    "an empty axis list": lambda: context("N", "X[]"),
    "an extent that is half a size": lambda: context("N", "X[N/2]"),
    "an assumption without a relation": lambda: context("N", "", ("N",)),
    "a loose index": lambda: NAMES.define("Z[i] = b[j]"),
    "an index twice": lambda: NAMES.define("Z[i,i] = b[i]"),
    "a definition by itself": lambda: NAMES.define("b[i] = b[i] + 1"),
    "a scalar with an index": lambda: NAMES.define("x[i] = b[i]"),
    "unlike ranges": lambda: context("H", "X[H] Y[H]").define("Z[i] = sum(k=0..4) X[i+k] + sum(k=0..1) Y[i+k]"),
    "a range that does not follow": lambda: NAMES.define("Z[i] = i x"),
    "a read that runs backwards": lambda: NAMES.define("Z[i] = X[0,H-1-i] + X[0,2-i]"),
}


@pytest.mark.parametrize("declare", list(DECLARATIONS.values())[1:], ids=list(DECLARATIONS)[1:])
def test_bad_declarations_are_refused(declare):
    with pytest.raises(NotationError):
        declare()


def test_declared_sizes_have_lower_bounds():
    sizes = DECLARATIONS["sizes"]().sizes
    assert {n: s.lower for n, s in sizes.items()} == {"N": 1, "M": 1, "K": 1, "p": 0}


FEASIBLE = {
    "a plain read": ("Z[i] = b[i] + alpha", {}, axis(NAMES.sizes["M"])),
    "a window": ("Z[i] = sum(k) W[0,0,k] X[0,i+k]", {}, Axis(P(0), P(1), P(NAMES.sizes["H"]) - P(NAMES.sizes["K"]))),
    "stride and padding": (
        "Z[i] = sum(k) W[0,0,k] X[0,s*i+d*k-p]", {"X": (0, P(NAMES.sizes["p"]))},
        Axis(P(0), P(NAMES.sizes["s"]), as_polynomial(NAMES.expression("H + 2*p - d*(K-1) - 1")))),
}


@pytest.mark.parametrize(("text", "padding", "wanted"), FEASIBLE.values(), ids=FEASIBLE)
def test_axes_of_definitions(text, padding, wanted):
    assert NAMES.define(text, padding).tensors["Z"].axes == (wanted,)


def test_products_side_by_side():
    product = NAMES.expression("2 x y^2 [1=1]")
    assert isinstance(product, Multiply)
    assert [type(f) for f in product.factors][1:] == [Read, Power, Bracket]
    assert isinstance(NAMES.expression("sum(m) b[m] b[m]"), Sum)


PRINTED = {
    "a mean of squares": "1/N (sum(n) (tanh(sum(j) A[n,j] Y[j]) - X[n,0])^2)",
    "nested signs": "x - (y - x)*(-2)",
    "a sum in the middle": "(x+y)^2 * (sum(n) Y[n]) * x",
    "a quotient": "x/(y+1) - exp(-x)",
    "bounds and conditions": "sum(n=0..M-1) [n < 3, n = 2] (Y[n] - x)",
    "powers of powers": "((x^2)^3) * (2*N)^2",
    "a derivative": "∂x/∂y",
    "a stretched read": "sum(i) Y[2*i+1]",
}


@pytest.mark.parametrize("text", PRINTED.values(), ids=PRINTED)
def test_what_is_printed_reads_back_as_the_same(text):
    names = context("N M K", "X[N,N] Y[M] A[N,M] x y")
    written = names.expression(text)
    read = names.expression(str(written))
    assert equal(Claim(written, read)).right == read
