"""Each procedure of the kernel alone on false claims, and planted faults that the tests must notice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import islpy
import pytest
import z3

from symcnn.errors import StepError
from symcnn.kernel import derivative as rules
from symcnn.kernel import guards, scalars
from symcnn.kernel import cells as kernel_cells
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.ring import rational_identity
from symcnn.kernel.zero import vanishes
from symcnn.notation.evaluate import Evaluator, different
from symcnn.notation.expression import (
    Apply, Axis, Bracket, Definition, Derivative, Expression, Multiply, Power, Range, Read, Sum, Tensor, axis,
    expression, walk,
)
from symcnn.notation.context import context
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.verdict import Verdict, decide

P = polynomial
NAMES = context("N M K R s d p>=0 q>=0 L>=-3", "X[N] Y[M] A[N,N] B[N,M] W[K] x y t")
PROCEDURES = {"isl alone": ("isl",), "z3 alone": ("z3",), "none": (), "both": ("isl", "z3")}


def claim(text: str) -> Claim:
    equation = NAMES.equation(text)
    return Claim(equation.left, equation.right)


def decided(text: str, procedures: tuple[str, ...]) -> bool:
    """Whether the difference of the sides is shown to vanish with these procedures only."""
    c = claim(text)
    form = c.expander(procedures).normal_form(c.left - c.right, limits=c.limits)
    return vanishes(form, (), procedures).proved


FALSE = {
    "nothing is something": "x = 0",
    "a sum and a part of it": "sum(i=0..K) X[i] = sum(i=0..K-1) X[i]",
    "a shifted entry": "sum(k=0..K-1) X[k] Y[0] = sum(k=0..K-1) X[k+1] Y[0]",
    "a sum without its variable": "sum(k=0..K-1) X[0] = X[0]",
    "counted one too many": "sum(k=0..K-1) x = (K+1) x",
    "counted at zero": "sum(k=1..p-1) x = (p-1) x",
    "half the pairs": "sum(i,j) [i < j] X[i] X[j] = sum(i,j) [i <= j] X[i] X[j]",
    "pairs as a set": "sum(i,j) [i < j] X[i] X[j] = sum(i,j) [i < j] X[i] X[j] + sum(i,j) [j < i] X[i] X[j]",
    "transposed": "sum(j) A[0,j] X[j] = sum(j) A[j,0] X[j]",
    "stride as a shift": "sum(i) X[s*i] = sum(i) X[s+i]",
    "a stride of one": "sum(i) X[s*i] Y[i] = sum(i) X[i] Y[i]",
    "stride and dilation exchanged": "sum(i,k) X[s*i+d*k-p] Y[i] W[k] = sum(i,k) X[d*i+s*k-p] Y[i] W[k]",
    "dilation dropped": "sum(i,k) X[s*i+d*k-p] Y[i] W[k] = sum(i,k) X[s*i+k-p] Y[i] W[k]",
    "padding dropped": "sum(i,k) X[s*i+d*k-p] Y[i] W[k] = sum(i,k) X[s*i+d*k] Y[i] W[k]",
    "a pooling without its last tap": "sum(k=0..K-1) X[d*k] = sum(k=0..K-2) X[d*k]",
    "a pooling with a tap behind": "sum(k=0..K-1) X[d*k] = sum(k=0..K) X[d*k]",
    "a pooling moved by one tap": "sum(k=0..K-1) X[d*k] = sum(k=1..K) X[d*k]",
    "a pooling moved by one entry": "sum(k=0..K-1) X[d*k] = sum(k=0..K-1) X[d*k+1]",
    "a pooling as a window": "sum(k=0..K-1) X[d*k] = sum(k=0..d*(K-1)) X[k]",
    "pairs of residues moved": "sum(v) (sum(r=0..1) Y[2*v+r] X[d*v]) = sum(v) (sum(r=0..1) Y[2*v+r+2] X[d*v])",
    "pairs of residues, other stride": "sum(v) (sum(r=0..1) Y[2*v+r] X[d*v]) = sum(v) (sum(r=0..1) Y[2*v+r] X[s*v])",
    "residues of two without the odd ones": "sum(v) X[v] = sum(v) X[2*v]",
    "residues that overlap": "sum(v) X[v] = sum(v) (sum(r=0..2) X[2*v+r])",
    "residues of the stride": "sum(v) X[v] = sum(v,r) [0 <= r, r <= s] X[s*v+r]",
    "windows as a set": "sum(a=0..K-1,b=0..K-1) X[a+b] = sum(c=0..2*K-2) X[c]",
    "two steps as one": "sum(a,b) [0<=a, a<K, 0<=b, b<K] X[s*a+d*b] = sum(a,b) [0<=a, a<K, 0<=b, b<K] X[s*a+s*b]",
    "squares under pairs of residues":
        "sum(v) (sum(r=0..1) Y[2*v+r] X[v^2]) = sum(v) (sum(r=0..1) Y[2*v+r+2] X[v^2])",
    "a size that may be negative": "sum(i) [i*L >= 0] X[i] = sum(i) X[i]",
    "a size that may be zero": "sum(i=0-5..N) [i*p >= 0] X[i+5] = sum(i=0..N) X[i+5]",
    "a product of sizes": "K*R*x = K*K*x",
    "a product in a guard": "[K*R >= 2] x = x",
    "a square in a guard": "[K*K >= 4] x = [K >= 3] x",
    "guards that leave a gap": "[K <= R] x + [K >= R+2] x = x",
    "guards that overlap": "[K <= R] x + [K >= R] x = x",
    "a quotient": "sum(a) [s*a <= K, K <= s*a+s] x = x",
    "functions": "tanh(x) = x",
    "a double argument": "tanh(2*x) = 2*tanh(x)",
    "tanh of sums": "tanh(sum(i=0..K-1) X[i]) = tanh(sum(i=0..K) X[i])",
    "functions in another order": "sum(i,j) B[i,j] tanh(X[i]) = sum(i,j) B[i,j] tanh(Y[j])",
    "symmetric reads": "sum(i,j) A[i,j] X[i] X[j] = sum(i,j) [i <= j] A[i,j] X[i] X[j]",
    "powers": "sum(i) X[i]^2 = sum(i,j) X[i] X[j]",
    "slots exchanged": "sum(i,j) A[i,j] tanh(X[i]+2*X[j]) = sum(i,j) A[i,j] tanh(2*X[i]+X[j])",
    "nested functions exchanged": "exp(tanh(x)) = tanh(exp(x))",
    "a nested argument": "sum(i) exp(tanh(X[i]+x)) = sum(i) exp(tanh(X[i]+y))",
    "functions that agree at one place": "sign(x) = 2*step(x) - 1",
    "an extent below zero": "sum(k=0..N-K) x = (N-K+1) x",
    "a kernel larger than its input": "sum(k) W[k] X[k] = sum(k=0..K-1) W[k] X[K-1-k]",
    "an empty sum at its lower bound": "sum(k=0..p-1) X[k] = X[0] + sum(k=1..p-1) X[k]",
    "a coefficient": "sum(i) i*X[i] = sum(i) (i+1)*X[i]",
    "a square under a stride": "sum(a) X[2*a] a^2 = 0",
    "a cube under a stride": "sum(a) X[2*a] a^2 = sum(a) X[2*a] a^3",
    "a size under a stride": "sum(a) X[3*a+1] a N = 0",
    "a square at even places": "sum(i,j) [i = 2*j] X[i] i^2 = 0",
    "a square under two slopes": "sum(a=0..K) B[2*a,s*a] a^2 = sum(a=0..K) B[2*a,s*a] a^2 [s*a + N <= 1]",
    "a square under a residue": "sum(a,r=0..1) X[2*a+r] a^2 = sum(a,r=0..1) X[2*a+r] a^2 [r = 0]",
    "a product of places": "sum(i,j) X[2*i] X[3*j] i j = 0",
    "a coefficient 1/N": "sum(i) X[i]/N = sum(i) X[i]/M",
    "a coefficient of s·v": "sum(v=0..K-1) v*X[d*v] = sum(v=0..K-1) (K-1-v)*X[d*v]",
}


@pytest.mark.parametrize("procedures", PROCEDURES.values(), ids=PROCEDURES)
@pytest.mark.parametrize("text", FALSE.values(), ids=FALSE)
def test_no_procedure_proves_a_false_claim(text, procedures):
    assert not decided(text, procedures)


def differs(text: str, tries: int = 400) -> bool:
    """Whether the sides differ at some small sizes, by enumeration; scalars are 0 at every third try."""
    c, chance = claim(text), random.Random(0)
    for n in range(tries):
        def entry(t: Tensor, at: tuple[int, ...]) -> Fraction:
            value = ord(t.name) + sum((3 * axis_ + 2) * (i + 1) ** 2 for axis_, i in enumerate(at))
            return Fraction(value * (bool(at) or n % 3 > 0), 99)  # noqa: B023

        sizes = {s: (s.lower or 0) + chance.randrange(5) for s in NAMES.sizes.values()}
        evaluator = Evaluator(sizes, entry)
        if different(evaluator.value(c.left), evaluator.value(c.right)):
            return True
    return False


@pytest.mark.parametrize("text", FALSE.values(), ids=FALSE)
def test_the_false_claims_are_false(text):
    assert differs(text)


ALONE = {
    "none: normal form": ((), "sum(k=0..K-1) X[k] W[k] = sum(k=0..K-1) W[K-1-k] X[K-1-k]"),
    "none: symbolic stride": ((), "sum(i,k) X[s*i+d*k-p] Y[i] W[k] = sum(u,i,k) [u = s*i+d*k-p] X[u] Y[i] W[k]"),
    "none: slots in another order": ((), "sum(i,j) A[i,j] tanh(X[i]+2*X[j]) = sum(b,a) A[a,b] tanh(2*X[b]+X[a])"),
    "none: nested functions": ((), "sum(i) exp(tanh(X[i]+x)) = sum(j) exp(tanh(x+X[j]))"),
    "none: a kernel larger than its input": ((), "sum(k) W[k] X[k] = sum(k=0..N-1) W[k] X[k]"),
    "isl: an empty sum": (("isl",), "sum(k=0..p-1) X[k] = X[p-1] [p >= 1] + sum(k=0..p-2) X[k]"),
    "isl: split": (("isl",), "sum(k=0..K+R-1) X[k] = sum(k=0..K-1) X[k] + sum(k=K..K+R-1) X[k]"),
    "isl: residues": (("isl",), "sum(v) X[v] = sum(v) X[2*v] + sum(v) X[2*v+1]"),
    "isl: pairs": (("isl",), "2 sum(i,j) [i < j] X[i] X[j] = sum(i,j) X[i] X[j] - sum(i) X[i]^2"),
    "z3: split": (("z3",), "sum(k=0..K+R-1) X[k] = sum(k=0..K-1) X[k] + sum(k=K..K+R-1) X[k]"),
    "z3: split stride": (("z3",), "sum(i) X[s*i] Y[i] = sum(i) [i < K] X[s*i] Y[i] + sum(i) [i >= K] X[s*i] Y[i]"),
}


HIDDEN_ELSEWHERE = ("sum(u,c)[2*c <= u, u <= 2*c+1, 1 <= c, u <= K, N <= M, M <= N] X[u]"
                    " = sum(u,v)[2 <= u, u <= K, 0 <= v, v <= N-M, N <= M, 2*s*v >= u-3] X[u]")


@pytest.mark.parametrize("procedure", ["isl", "products", "z3"])
def test_a_product_says_nothing_of_the_hidden_variables_of_other_cells(procedure):
    """At s = 1, K = u = 4, N = M the right side is empty. c and v are both hidden, but not the same variable."""
    assert not decided(HIDDEN_ELSEWHERE, (procedure,))
    assert differs(HIDDEN_ELSEWHERE, 4000)


RING_RIGHT = {
    "a sum of exponents": "exp(x+y) = exp(x)*exp(y)", "a number as exponent": "exp(x+1) = exp(x)*exp(1)",
    "halves": "exp(x/2)^2 * exp(1/2)^2 = exp(x+1)", "a size as exponent": "exp(N+x) = exp(N)*exp(x)",
    "nested": "exp(exp(x)+y) = exp(exp(x))*exp(y)", "products": "exp(x*y+t) = exp(y*x)*exp(t)",
}
RING_WRONG = {
    "the second unknown and 1": "exp(x+y) = exp(x+1)", "the other way round": "exp(y+x)*exp(1) = exp(y)*exp(x)*exp(t)",
    "nested and 1": "exp(exp(x)+y) = exp(exp(x)+1)", "a square and 2": "exp(x+y^2) = exp(x+2)",
    "the second unknown and a half": "exp(x+y/2) = exp(x+1/2)", "a size and an unknown": "exp(x+N) = exp(x+y)",
}


@pytest.mark.parametrize("text", RING_RIGHT.values(), ids=RING_RIGHT)
def test_identities_of_exponentials(text):
    c = claim(text)
    assert rational_identity(c.left - c.right, {}) is not None


@pytest.mark.parametrize("text", RING_WRONG.values(), ids=RING_WRONG)
def test_no_identity_between_unlike_exponentials(text):
    c = claim(text)
    assert rational_identity(c.left - c.right, {}) is None
    assert differs(text)


AT_LEAST_THREE = (P(NAMES.sizes["K"]) * Fraction(1, 2) - Fraction(3, 2), 2 - 5 * P(NAMES.sizes["K"]) ** -1)


@pytest.mark.parametrize("assumption", AT_LEAST_THREE, ids=["K/2 >= 3/2", "2 >= 5/K"])
@pytest.mark.parametrize("procedure", PROCEDURES.values(), ids=PROCEDURES)
def test_assumptions_with_fractions_say_what_they_say(assumption, procedure):
    """Both mean K ≥ 3."""
    for text, right in (("[K*s >= 5] x = x", False), ("[K >= 4] x = x", False), ("x = 2*x", False)):
        equation = NAMES.equation(text)
        c = Claim(equation.left, equation.right, (), (assumption,))
        form = c.expander(()).normal_form(c.left - c.right, limits=c.limits)
        assert vanishes(form, c.assumptions, procedure).proved == right, text
    three = NAMES.equation("[K*K >= 9] x = x")
    assert equal(Claim(three.left, three.right, (), (assumption,)))


def test_z3_reads_whole_numbers_only():
    three = claim("[K*s >= 3] x = x")
    form = three.expander(()).normal_form(three.left - three.right)
    for assumption in AT_LEAST_THREE:
        assert not vanishes(form, (assumption,), ("z3",)).proved
    assert vanishes(form, (AT_LEAST_THREE[0].primitive(),), ("z3",)).proved


def test_an_assumption_divides_by_no_size_that_may_be_zero():
    p = NAMES.sizes["p"]
    with pytest.raises(StepError, match="zero"):
        Claim(NAMES.expression("x"), NAMES.expression("x"), (), (Polynomial({((p, -1),): 1}),))


ENDLESS = {
    "a quotient by what may be 0": "sum(v)[p*v <= K, K <= p*v+p-1] x = [p >= 1] x",
    "a multiple of 0": "sum(v)[0 <= L*v, L*v <= K, L = 0] x = [L = 0] x",
    "a multiple of what may be 0": "sum(v)[0 <= p*v, p*v <= K] x = sum(w)[0 <= p*w, p*w <= K] x",
    "a read at a multiple of what may be 0": "sum(v) X[p*v] = sum(w) X[p*w]",
    "two variables that bound each other": "sum(v,w)[2*v <= 3*w, 3*w <= 2*v+1] x"
                                           " = sum(w,v)[2*v <= 3*w, 3*w <= 2*v+1] x",
    "a read at two of them": "sum(v,w) X[2*v+3*w] = sum(w,v) X[2*v+3*w]",
    "a multiple of an index": "sum(i=0..K) (sum(v) Y[i*v]) = sum(j=0..K) (sum(w) Y[j*w])",
}
ENDED = {
    "a triangle": "sum(v,w)[0 <= v, 0 <= w, 2*v+3*w <= K] x = sum(w,v)[0 <= v, 0 <= w, 2*v+3*w <= K] x",
    "a stride": "sum(v) X[s*v] = sum(w) X[s*w]",
    "two strides": "sum(v,w=0..K-1) X[s*v+d*w] = sum(v,w=0..K-1) X[s*v+d*w]",
    "a negative stride": "sum(v) X[N-s*v] = sum(w) X[N-s*w]",
    "bounds elsewhere": "sum(v=0..K) X[p*v] = sum(w=0..K) X[p*w]",
    "a sequence of bounds": "sum(u=0..K, v, w)[u <= 2*v, 2*v <= 2*u+1, v <= 3*w, 3*w <= v+K] x"
                            " = sum(v, w, u=0..K)[u <= 2*v, 2*v <= 2*u+1, v <= 3*w, 3*w <= v+K] x",
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_sums_that_need_not_end_are_refused_and_decided_by_nobody(text):
    with pytest.raises(StepError):
        equal(claim(text))
    assert decide(claim(text)).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("text", ENDED.values(), ids=ENDED)
def test_sums_that_end(text):
    assert equal(claim(text))


INSIDE = {
    "exponential": ("sum(i=0..N-1) exp(X[i])", "sum(i=0..N-1) exp(1)"),
    "quotient": ("sum(i=0..N-1) Y[i] (2 + exp(X[i]))^-1", "sum(i=0..N-1) Y[i] (2 + exp(1))^-1"),
    "logarithm": ("sum(i=0..N-1) log(1 + X[i])", "sum(i=0..N-1) log(2)"),
    "one inside another": ("sum(i=0..N-1) exp(exp(X[i]))", "sum(i=0..N-1) exp(exp(1))"),
}
"""Sums over the axis of X, all of whose entries are 1, and what they are."""


@pytest.mark.parametrize(("left", "right"), INSIDE.values(), ids=INSIDE)
def test_a_definition_counts_on_its_axis_and_is_zero_beyond(left, right):
    names = context("N", "X[N] Y[N]")
    i = Symbol("i")

    def proved(shift: str) -> bool:
        equation = names.equation(f"{left.replace('N-1', shift)} = {right.replace('N-1', shift)}")
        (ones,) = {n.tensor for n in walk(equation.left) if isinstance(n, Read) and n.tensor.name == "X"}
        try:
            equal(Claim(equation.left, equation.right, (Definition(ones, (i,), expression(1)),)))
        except StepError:
            return False
        return True

    assert proved("N-1")
    assert not proved("N") or "Y" in left  # Y is 0 beyond its axis, too


def test_proofs_do_not_depend_on_the_order_of_sets():
    """The normal forms of both sides, in processes that hash names in their own ways."""
    code = ("from test_kernel import ALONE, ENDED, NAMES, claim\n"
            "for text in [*(t for _, t in ALONE.values()), *ENDED.values()]:\n"
            "    c = claim(text)\n"
            "    form = c.expander(('isl',)).normal_form(c.left - c.right, limits=c.limits)\n"
            "    print([(cell.sort_key(), str(value)) for cell, value in form.items()])\n")
    here = Path(__file__).parent
    path = f"{here.parent}{os.pathsep}{here}"
    found = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=here, env={
        **os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}).stdout for seed in "012"}
    assert len(found) == 1
    assert next(iter(found)).count("\n") == len(ALONE) + len(ENDED)


@pytest.mark.parametrize(("procedures", "text"), ALONE.values(), ids=ALONE)
def test_each_procedure_proves_something(procedures, text):
    assert decided(text, procedures)
    assert not procedures or not decided(text, ()), "this claim needs no procedure"


# -- derivatives ----------------------------------------------------------------------------------------------

N, X, A = NAMES.sizes["N"], NAMES.tensors["X"], NAMES.tensors["A"]
i, j, i2 = Symbol("i"), Symbol("j"), Symbol("i'")


def test_derivatives_capture_nothing():
    """∂/∂X[i] Σ_i A[i,i′] X[i] = A[i,i′], whatever the summation variable is called."""
    total = Sum((Range(i),), A[P(i), P(i2)] * X[P(i)])
    ranges = ((i, axis(N)), (i2, axis(N)))
    assert equal(Claim(Derivative(total, X[P(i)]), A[P(i), P(i2)], ranges=ranges))
    with pytest.raises(StepError):
        equal(Claim(Derivative(total, X[P(i)]), A[P(i), P(i)], ranges=ranges))
    both = Sum((Range(i, P(0), P(2)), Range(i2, P(0), P(2))), A[P(i), P(i2)] * X[P(i)])
    with pytest.raises(StepError):
        equal(Claim(Derivative(both, X[P(i)]), 3 * A[P(i), P(i)] * Bracket((), (P(i), 2 - P(i)))))


def test_what_is_not_known_has_no_derivative():
    z = Tensor("Z", (axis(N),))
    squares = Definition(z, (i,), X[P(i)] ** 2)
    for wrong in (z.gradient()[P(i)] * X[P(i)], X.gradient()[P(i)]):
        with pytest.raises(StepError):
            equal(Claim(Derivative(wrong, X[P(j)]), expression(0), (squares,)))
    with pytest.raises(StepError, match="defined"):
        equal(Claim(Derivative(z[P(i)], z[P(j)]), Bracket((P(i) - P(j),)), (squares,)))
    with pytest.raises(StepError):
        equal(Claim(Derivative(Tensor("X", (axis(NAMES.sizes["M"]),))[P(i)], X[P(j)]), expression(0)))


# -- planted faults -------------------------------------------------------------------------------------------

LINES = {
    "tanh": ("tanh(x)^2 + 1/((exp(x) + exp(-x))/2)^2", "1"), "sigmoid": ("sigmoid(x) + sigmoid(-x)", "1"),
    "half": ("sigmoid(2*x)", "1/2 + tanh(x)/2"), "parts": ("1/(exp(x)*(1+exp(x)))", "exp(-x) - 1 + sigmoid(x)"),
    "sign": ("sign(x)", "2*step(x) + is_zero(x) - 1"), "odd": ("tanh(-x)", "-tanh(x)"),
    "log": ("log(12/5)", "2*log(2) + log(3) - log(5)"), "log 1": ("x log(1)", "0"),
    "a quotient of logs": ("log(8)/log(1/4)", "-3/2"),
}
WRONG_LINES = {
    "tanh": ("tanh(x)^2", "1"), "sigmoid": ("sigmoid(x)", "sigmoid(-x)"), "half": ("sigmoid(x)", "1/2 + tanh(x)/2"),
    "parts": ("1/(exp(x)*(1+exp(x)))", "exp(-x) + sigmoid(x)"), "sign": ("sign(x)", "2*step(x) - 1"),
    "odd": ("tanh(-x)", "tanh(x)"), "log": ("log(12/5)", "log(2) + log(3) - log(5)"), "log 1": ("x log(1)", "x"),
}
DERIVATIVES = {
    "cube": "x^3 y", "quotient": "y/(1 + x^2)", "tanh": "tanh(x*y)", "sigmoid": "x sigmoid(2*x)", "exp": "exp(y-x)",
    "log": "log(1+x^2)", "sqrt": "sqrt(1+x^2)", "relu": "relu(x+1)", "a sum": "sum(k=0..K-1) k x^2",
}


def isl_refuses_false_claims() -> None:
    for name, text in FALSE.items():
        assert not decided(text, ("isl",)), name


def z3_refuses_false_claims() -> None:
    for name, text in FALSE.items():
        assert not decided(text, ("z3",)), name


def one_argument_identities_hold() -> None:
    """By normal form alone: ring would show most of them too."""
    for (left, right) in LINES.values():
        assert decided(f"{left} = {right}", ()), left
    for (left, right) in WRONG_LINES.values():
        assert not decided(f"{left} = {right}", ()), left


def derivatives_match_difference_quotients() -> None:
    """(f(x+h) − f(x−h))/2h − f′(x) is of second order in h."""
    sizes, h = dict.fromkeys(NAMES.sizes.values(), 3), Fraction(1, 1000)
    for name, text in DERIVATIVES.items():
        f = NAMES.expression(text)
        slope = rules.derivative(f, NAMES.expression("x"), {})

        def at(node: Expression, x: Fraction) -> float:
            exact = Evaluator(sizes, lambda t, _: x if t.name == "x" else 3).value(node)  # noqa: B023
            return int(exact.p) / int(exact.q) if hasattr(exact, "p") else float(exact)

        for x in (Fraction(2), Fraction(-1, 3), Fraction(1, 7)):
            quotient = (at(f, x + h) - at(f, x - h)) / float(2 * h)
            assert abs(quotient - at(slope, x)) < 1e-3 * (1 + abs(quotient)), f"{name} at {x}"


def reads_have_their_derivative() -> None:
    """∂/∂X[q] Σ_i i² X[i] X[i+1] = q² X[q+1] + (q−1)² X[q−1]; off the axis nothing depends on X[q]."""
    x, q = NAMES.tensors["X"], Symbol("q0")
    whole = NAMES.expression("sum(i) i^2 X[i] X[i+1]")
    right = expression(P(q) ** 2) * x[P(q) + 1] + expression((P(q) - 1) ** 2) * x[P(q) - 1]
    assert equal(Claim(Derivative(whole, x[P(q)]), right, ranges=((q, x.axes[0]),)))
    wide = NAMES.expression("sum(i=0-3..N+3) X[i]")
    everywhere = Axis(P(-9), P(1), None)
    assert equal(Claim(Derivative(wide, x[P(q)]), Bracket((), tuple(x.axes[0].guards(P(q)))),
                       ranges=((q, everywhere),)))


def functions_have_their_derivative() -> None:
    """Proved by the kernel from exponentials: f(x) = body ⟹ f′(x) = slope."""
    for name, body, slope in (("tanh", "tanh(3*x)", "12/(exp(3*x)+exp(-3*x))^2"),
                              ("sigmoid", "sigmoid(x)", "exp(-x)/(1+exp(-x))^2"),
                              ("power", "1/(1+x^2)", "-2*x/(1+x^2)^2")):
        f = NAMES.expression(body)
        assert equal(Claim(rules.derivative(f, NAMES.expression("x"), {}), NAMES.expression(slope))), name


DETECTORS = [isl_refuses_false_claims, z3_refuses_false_claims, one_argument_identities_hold,
             derivatives_match_difference_quotients, reads_have_their_derivative, functions_have_their_derivative]


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.__name__)
def test_detectors_find_nothing_in_the_kernel_as_it_is(detector):
    detector()


def _first_slope_wrong(name, wrong):
    return lambda m: m.setitem(rules.SCALAR_DERIVATIVES, name, wrong)


FAULTS = {
    "z3's answer is ignored": (
        z3_refuses_false_claims, lambda m: m.setattr(z3.Solver, "check", lambda self, *a: z3.unsat)),
    "z3 is not told of the lower bounds": (
        z3_refuses_false_claims, lambda m: m.setattr(z3.Solver, "add", lambda self, *a: z3.Solver.assert_exprs(
            self, *[x for x in a if not z3.is_true(z3.simplify(x))], z3.BoolVal(False, self.ctx)))),
    "isl's emptiness is ignored": (
        isl_refuses_false_claims, lambda m: m.setattr(islpy.Set, "is_empty", lambda self: True)),
    "isl subtracts too much": (
        isl_refuses_false_claims, lambda m: m.setattr(islpy.Set, "subtract", lambda self, other: self.intersect(
            self.complement()))),
    "an inequality is dropped when cells are built": (
        isl_refuses_false_claims, lambda m: m.setattr(kernel_cells, "simplify_inequalities",
                                                      lambda ps, **k: frozenset(list(ps)[1:]))),
    "everything is implied": (isl_refuses_false_claims, lambda m: m.setattr(guards, "nonnegative", lambda p: True)),
    "partial fractions lose their last part": (
        one_argument_identities_hold, lambda m: m.setattr(
            scalars.OfExponential, "basis", lambda self, old=scalars.OfExponential.basis: old(self)[:-1])),
    "partial fractions lose their sign": (
        one_argument_identities_hold, lambda m: m.setattr(
            scalars.OfExponential, "basis",
            lambda self, old=scalars.OfExponential.basis: [(abs(c), n) for c, n in old(self)])),
    "values at zero are lost": (
        one_argument_identities_hold, lambda m: m.setattr(
            scalars.OfSign, "basis", lambda self, old=scalars.OfSign.basis: [
                b for b in old(self) if b[1] != "[z=0]"])),
    "tanh′ without the square": (
        derivatives_match_difference_quotients, _first_slope_wrong("tanh", lambda z: 1 - Apply("tanh", z))),
    "σ′ with a plus": (derivatives_match_difference_quotients, _first_slope_wrong(
        "sigmoid", lambda z: Apply("sigmoid", z) * (1 + Apply("sigmoid", z)))),
    "exp′ with a sign": (derivatives_match_difference_quotients, _first_slope_wrong(
        "exp", lambda z: -Apply("exp", z))),
    "log′ by a factor": (derivatives_match_difference_quotients, _first_slope_wrong("log", lambda z: 2 * Power(z, -1))),
    "√′ by a factor": (derivatives_match_difference_quotients, _first_slope_wrong(
        "sqrt", lambda z: Power(Apply("sqrt", z), -1))),
    "relu′ of the other side": (derivatives_match_difference_quotients, _first_slope_wrong(
        "relu", lambda z: Apply("step", -z))),
    "tanh′ by a permille": (functions_have_their_derivative, _first_slope_wrong(
        "tanh", lambda z: Fraction(1001, 1000) * (1 - Apply("tanh", z) ** 2))),
    "σ′ by a permille": (functions_have_their_derivative, _first_slope_wrong(
        "sigmoid", lambda z: Fraction(999, 1000) * Apply("sigmoid", z) * (1 - Apply("sigmoid", z)))),
    "a delta one entry off": (reads_have_their_derivative, lambda m: m.setattr(
        rules, "zip", lambda a, b, strict: zip(a, b if isinstance(a[0], Axis) else [q + 1 for q in b], strict=strict),
        raising=False)),
    "a delta doubled": (reads_have_their_derivative, lambda m: m.setattr(
        rules, "on_axes", lambda read, old=rules.on_axes: Multiply((expression(2), old(read))))),
    "a derivative off the axes": (reads_have_their_derivative, lambda m: m.setattr(
        rules, "on_axes", lambda read: Bracket())),
    "a power rule without its factor": (functions_have_their_derivative, lambda m: m.setattr(
        rules, "expression", lambda value: expression(1))),
}


@pytest.mark.parametrize(("detector", "plant"), FAULTS.values(), ids=FAULTS)
def test_planted_faults_are_noticed(detector, plant, monkeypatch):
    plant(monkeypatch)
    with pytest.raises((AssertionError, StepError)):
        detector()
    monkeypatch.undo()
    detector()
