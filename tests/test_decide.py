"""Verdicts: wrong lines are refuted with the smallest counterexample, or saved by a condition."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from symcnn.calculus import gradient
from symcnn.counterexample import all_sizes, trials, without_derivatives
from symcnn.recheck import replay
from symcnn.verdict import Answer, Verdict, decide, prove
from symcnn.errors import StepError, UsageError
from symcnn.kernel.claim import Claim
from symcnn.layers import Layer, declare
from symcnn.notation.evaluate import Evaluator, different
from symcnn.notation.expression import Axis, Bracket, Definition, Range, Sum, Tensor, expression
from symcnn.notation.context import Context, context
from symcnn.notation.polynomial import Symbol, polynomial

P = polynomial
FALSE = (Verdict.REFUTED, Verdict.CONDITIONAL)
CONV = declare("H K s d p>=0", "X[H] W[K]", ["d*(K-1)+1 <= H+2*p"]).define(
    "Z[i] = sum(k) W[k] X[s*i+d*k-p]", padding={"X": ["p"]}).define(
    "D[a] = sum(i) [a = s*i] ∂J/∂Z[i]", "D[H+2*p-d*(K-1)]")
CHANNELS = declare("C M H K", "X[C,H] W[M,C,K]", ["K <= H"]).define("Z[m,i] = sum(n,k) W[m,n,k] X[n,i+k]")
SUMS = context("N K R s d", "X[N] Y[N] A[N,N] x y V[R] P[N,K]")
EVERY_K = "proved for K = 1; for every K ≥ 2 there are sizes where it fails"


def gradient_claim(layer: Layer, at: list[str], right: str) -> Claim:
    """∂J/∂X[…] = right, with ∂J/∂X as the chain rule defines it."""
    chain = gradient(Layer(layer.context, "Z"), "X", at, of="Z").chain
    written = layer.equation(f"∂J/∂X[{', '.join(at)}] = {right}").right
    return Claim(chain.left, written, (*layer.definitions, chain), layer.assumptions)


def line(text: str, names: Context = SUMS, definitions: tuple[Definition, ...] = ()) -> Claim:
    equation = names.equation(text)
    return Claim(equation.left, equation.right, (*names.definitions, *definitions), names.assumptions)


def in_order(claim: Claim, most: int) -> Iterator[dict[Symbol, int]]:
    """All sizes with a total of at most `most`, by total, then lexicographic."""
    sizes = all_sizes(claim)
    least = [s.lower or 0 for s in sizes]
    for extra in range(most - sum(least) + 1):
        for split in itertools.product(range(extra + 1), repeat=len(sizes)):
            if sum(split) == extra:
                values = {s: low + e for s, low, e in zip(sizes, least, split, strict=True)}
                if all(a.evaluate(values) >= 0 for a in claim.assumptions):
                    yield values


def fails_at(claim: Claim, sizes: dict[Symbol, int], draws: int = 2) -> bool:
    """Whether random entries tell the sides apart at some index."""
    chance = random.Random(str(sorted((s.name, v) for s, v in sizes.items())))
    axes = [(s, a.indices(sizes) if a is not None else range(-1, 3)) for s, a in claim.indices]
    for _ in range(draws):
        entries: dict = {}
        for choice in itertools.product(*(r for _, r in axes)):
            env = dict(zip((s for s, _ in axes), choice, strict=True))
            evaluator = Evaluator(sizes, lambda t, at: entries.setdefault((t.name, at), chance.randint(-99, 99)),  # noqa: B023
                                  {d.tensor: d for d in claim.definitions})
            try:
                if different(evaluator.value(claim.left, env), evaluator.value(claim.right, env)):
                    return True
            except (ZeroDivisionError, UsageError):
                continue
    return False


def smallest(claim: Claim, most: int) -> dict[str, int] | None:
    """The first sizes, by total and then lexicographic, at which the sides differ."""
    plain = without_derivatives(claim)
    return next(({s.name: v for s, v in sizes.items()} for sizes in in_order(plain, most)
                 if fails_at(plain, sizes)), None)


def check_smallest(claim: Claim, answer: Answer) -> None:
    found = answer.counterexample
    assert found is not None
    assert found.sizes == smallest(claim, sum(found.sizes.values()))
    assert found.left != found.right


INPUT_GRADIENT = {
    "kernel not flipped": ("sum(k=0..K-1) D[u + d*k - (d*(K-1)-p)] W[k]", [EVERY_K]),
    "padding K-1 with dilation": ("sum(k=0..K-1) D[u + d*k - (K-1-p)] W[K-1-k]", [EVERY_K, "proved for d = 1"]),
    "no zero insertion": ("sum(k=0..K-1) ∂J/∂Z[u + d*k - (d*(K-1)-p)] W[K-1-k]", ["proved for s = 1"]),
    "dilation dropped": ("sum(k=0..K-1) D[u + k - (d*(K-1)-p)] W[K-1-k]", [EVERY_K, "proved for d = 1"]),
    "dilation dropped, padding too": ("sum(k=0..K-1) D[u + k - (K-1-p)] W[K-1-k]", [EVERY_K, "proved for d = 1"]),
    "padding dropped": ("sum(k=0..K-1) D[u + d*k - d*(K-1)] W[K-1-k]",
                        ["proved for p = 0; for every p ≥ 1 there are sizes where it fails"]),
    "a missing last tap": ("sum(k=0..K-2) D[u + d*k - (d*(K-1)-p)] W[K-1-k]", []),
    "a missing first tap": ("sum(k=1..K-1) D[u + d*k - (d*(K-1)-p)] W[K-1-k]", []),
    "a sign": ("-sum(k=0..K-1) D[u + d*k - (d*(K-1)-p)] W[K-1-k]", []),
    "a factor": ("2*sum(k=0..K-1) D[u + d*k - (d*(K-1)-p)] W[K-1-k]", []),
    "another entry of D": ("sum(k=0..K-1) D[u + d*k - (d*(K-1)-p) + 1] W[K-1-k]", []),
    "another entry of W": ("sum(k=0..K-1) D[u + d*k - (d*(K-1)-p)] W[K-k]", []),
    "stride in the wrong place": ("sum(k=0..K-1) D[s*u + d*k - (d*(K-1)-p)] W[K-1-k]", [
        "proved for H = 1; for every H ≥ 2 there are sizes where it fails", "proved for s = 1"]),
}


@pytest.mark.parametrize(("right", "conditions"), INPUT_GRADIENT.values(), ids=INPUT_GRADIENT)
def test_wrong_input_gradients(right, conditions):
    claim = gradient_claim(CONV, ["u"], right)
    answer = decide(claim)
    assert answer.verdict is (Verdict.CONDITIONAL if conditions else Verdict.REFUTED), answer
    assert sorted(answer.condition.split("; or ")) == sorted(filter(None, conditions or [""])) or not conditions
    assert bool(answer.condition) == bool(conditions)
    check_smallest(claim, answer)


def test_the_right_input_gradient_is_proved_with_the_same_parts():
    right = "sum(k=0..K-1) D[u + d*k - (d*(K-1)-p)] W[K-1-k]"
    answer = decide(gradient_claim(CONV, ["u"], right))
    assert answer.verdict is Verdict.PROVED
    assert {s.name for s in answer.theorem.scope} == {"H", "K", "s", "d", "p"}


def test_channels_not_swapped_is_not_saved_by_equal_extents():
    answer = decide(gradient_claim(CHANNELS, ["n", "u"], "sum(m,k=0..K-1) ∂J/∂Z[m,u-k] W[n,m,k]"))
    assert answer.verdict is Verdict.CONDITIONAL
    assert answer.condition == "proved for C = 1 and M = 1; for all other C, M there are sizes where it fails"
    square = declare("M H K", "X[M,H] W[M,M,K]", ["K <= H"]).define("Z[m,i] = sum(n,k) W[m,n,k] X[n,i+k]")
    claim = gradient_claim(square, ["n", "u"], "sum(m,k=0..K-1) ∂J/∂Z[m,u-k] W[n,m,k]")
    answer = decide(claim)
    assert answer.condition == "proved for M = 1; for every M ≥ 2 there are sizes where it fails"
    check_smallest(claim, answer)


def test_the_wrong_channel_is_named():
    answer = decide(gradient_claim(CHANNELS, ["n", "u"], "sum(n,k=0..K-1) ∂J/∂Z[m,u-k] W[m,n,k]"))
    assert answer.verdict in FALSE
    assert answer.reason == ("m is free on the right and absent on the left; "
                             "n is summed on the right and free on the left")


RIGHT = {
    "renamed": "sum(i,j) A[i,j] X[j] = sum(j,i) A[j,i] X[i]",
    "shifted": "sum(k=0..K-1) X[i+k] Y[i] = sum(k=3..K+2) X[i+k-3] Y[i]",
    "shifted by a size": "sum(k=0..K-1) X[i+k] Y[i] = sum(k=R..K+R-1) X[i+k-R] Y[i]",
    "reversed": "sum(k=0..K-1) X[i+k] Y[i] = sum(k=0..K-1) X[i+K-1-k] Y[i]",
    "split": "sum(k=0..K+R-1) X[i+k] Y[i] = sum(k=0..K-1) X[i+k] Y[i] + sum(k=K..K+R-1) X[i+k] Y[i]",
    "split in halves of 2R": "sum(k=0..2*R-1) X[k] = sum(k=0..R-1) X[k] + sum(k=0..R-1) X[R+k]",
    "odd and even": "sum(k) X[k] = sum(k=0..N) X[2*k] + sum(k=0..N) X[2*k+1]",
    "reordered": "sum(k) (sum(j) A[k,j] Y[j]) X[k] = sum(j,k) Y[j] X[k] A[k,j]",
    "triangle from both sides": "sum(i,j) [j <= i] A[i,j] = sum(i,j) A[i,j] - sum(i,j) [i < j] A[i,j]",
    "pairs twice": "2 sum(i,j) [i < j] X[i] X[j] = sum(i,j) X[i] X[j] - sum(i) X[i]^2",
    "the same written the other way round": "sum(i,j) [i < j] X[i] X[j] = sum(i,j) [j < i] X[i] X[j]",
    "counted": "sum(k=0..K-1) X[i] = K*X[i]",
    "counted triangle": "sum(i=0..N-1) (sum(j=0..i) 1) = N*(N+1)/2",
    "empty sum": "sum(k=K..K-1) X[k] = 0",
    "Kronecker": "sum(j) [i = j] X[j] Y[i] = X[i] Y[i]",
    "trace": "sum(i) A[i,i] = sum(i,j) [i = j] A[i,j]",
    "mean": "sum(i) (X[i] - sum(j) X[j]/N) = 0",
    "a dilated pooling, shifted": "sum(k=0..K-1) X[s*i+d*k] Y[i] = sum(k=3..K+2) X[s*i+d*k-3*d] Y[i]",
    "a dilated pooling, reversed": "sum(k=0..K-1) X[s*i+d*k] Y[i] = sum(k=0..K-1) X[s*i+d*(K-1-k)] Y[i]",
    "a dilated pooling, sums exchanged": "sum(k=0..K-1) (sum(r=0..R-1) A[s*i+d*k,d*j+s*r]) Y[i] X[j]"
                                         " = sum(r=0..R-1) (sum(k=0..K-1) A[s*i+d*k,d*j+s*r]) Y[i] X[j]",
    "zeros between entries": "sum(i) (sum(j) [s*i = s*j] X[j]) Y[i] = sum(i) X[i] Y[i]",
    "pairs under a dilation": "sum(v) Y[v] X[d*v] = sum(v) (sum(r=0..1) Y[2*v+r] X[2*d*v+d*r])",
    "integer part": "sum(a) [s*a <= K, K <= s*a+s-1] P[a,0] = sum(a,r) [K = s*a+r, 0 <= r, r < s] P[a,0]",
    "variance": "sum(i) (X[i] - sum(j) X[j]/N)^2 = sum(i) X[i]^2 - (sum(i) X[i])^2/N",
}


HARD = {
    "weighted": "sum(t=0..2*K-2) [t <= K-1] (t+1) X[i+t] + sum(t=0..2*K-2) [K <= t] (2*K-1-t) X[i+t]"
                " = X[i]*0 + sum(a=0..K-1,b=0..K-1) X[i+a+b]",
    "windows of windows": "sum(a=0..K-1) (sum(b=0..R-1) X[i+a+b]) Y[i] = sum(b=0..R-1) (sum(a=0..K-1) X[i+a+b]) Y[i]",
    "a triangle of weights": "X[i] + 2 X[i+1] + X[i+2] = sum(a=0..1,b=0..1) X[i+a+b]",
    "sign squared": "sign(x)^2*x = x",
    "a root squared": "sqrt(x)*sqrt(x) = x",
    "log of a product": "log(exp(x)*exp(y)) = x + y",
    "step of a positive multiple": "step(N*x) = step(x)",
    "step of a half": "step(x/2) = step(x)",
    "relu minus relu": "relu(x) - relu(-x) = x",
}


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_right_lines_that_are_hard_are_never_refuted(text):
    assert decide(line(text)).verdict in (Verdict.PROVED, Verdict.UNDECIDED)


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_right_lines_are_proved(text):
    claim = line(text)
    answer = decide(claim)
    assert answer.verdict is Verdict.PROVED, answer.counterexample
    assert set(all_sizes(claim)) <= set(answer.theorem.scope)


WRONG = {
    "a sum without its variable": ("sum(k=0..K-1) X[i] = X[i]", EVERY_K),
    "half the pairs": ("sum(i,j) [i < j] X[i] X[j] = sum(i,j) [i < j] X[i] X[j] + sum(i,j) [j < i] X[i] X[j]",
                       ""),
    "windows of windows as a set": ("sum(a=0..K-1,b=0..K-1) X[i+a+b] Y[i] = sum(t=0..2*K-2) X[i+t] Y[i]",
                                    "proved for K = 1"),
    "a dropped bound": ("sum(k=0..K-1) X[i+k] Y[i] = sum(k=0..K) X[i+k] Y[i]", "proved for N = 1"),
    "a dropped tap": ("sum(k=0..K-1) X[i+k] Y[i] = sum(k=0..K-2) X[i+k] Y[i]", ""),
    "transposed": ("sum(j) A[i,j] X[j] Y[i] = sum(j) A[j,i] X[j] Y[i]", "proved for N = 1"),
    "square of a sum": ("(sum(i) X[i])^2 = sum(i) X[i]^2", "proved for N = 1; for every N ≥ 2"),
    "diagonal": ("sum(i,j) A[i,j] = sum(i) A[i,i]", "proved for N = 1; for every N ≥ 2"),
    "mean with the wrong divisor": ("sum(i) (X[i] - sum(j) X[j]/K) = 0", "proved for K = N"),
    "off by one": ("sum(i=0..N-1) (sum(j=0..i) 1) = N*(N-1)/2", ""),
    "shift that loses the end": ("sum(k=0..K-1) X[k] = sum(k=0..K-1) X[k+1]", ""),
    "reversed without its bound": ("sum(k=0..K-1) X[i+k] Y[i] = sum(k=0..K-1) X[i+K-k] Y[i]", ""),
    "two for one": ("sum(i) X[i] Y[i] = sum(i,j) X[i] Y[j]", "proved for N = 1; for every N ≥ 2"),
    "from K = 5 on": ("[K >= 5] X[0] = 0", ""),
}


@pytest.mark.parametrize(("text", "condition"), WRONG.values(), ids=WRONG)
def test_wrong_lines_are_refuted(text, condition):
    claim = line(text)
    answer = decide(claim)
    assert answer.verdict is (Verdict.CONDITIONAL if condition else Verdict.REFUTED), answer
    assert condition in answer.condition
    check_smallest(claim, answer)


HARD_SIZES = {
    "a product of sizes": "[K*N >= 20] x = 0",
    "a product of primes": "[K*R = 15] x = 0",
    "a square": "[K*K >= 10] x = 0",
    "coefficient with roots": "(K-1)*(K-2)*(K-3)*x = 0",
    "two roots": "(K-2)*(N-2)*x = 0",
}


@pytest.mark.parametrize("text", HARD_SIZES.values(), ids=HARD_SIZES)
def test_the_smallest_counterexample_where_sizes_multiply(text):
    claim = line(text)
    answer = decide(claim, conditions=False)
    assert answer.verdict is Verdict.REFUTED
    check_smallest(claim, answer)


NOT_EVERYWHERE = {
    "exp(x)exp(y) is exp(x+y)": "y + [K>=2]*exp(x)*exp(y) + [K=3]*y = y + [K>=2]*exp(x+y)",
    "the square of a root": "y + [K>=2]*sqrt(x)^2 + [K=3]*y = y + [K>=2]*x",
    "exp of log": "y + [K>=2]*exp(log(x)) + [K=3]*y = y + [K>=2]*x",
    "a coefficient with a root": "K*K*x + y = (3*K-2)*x + y",
}


@pytest.mark.parametrize("text", NOT_EVERYWHERE.values(), ids=NOT_EVERYWHERE)
def test_for_every_is_said_only_where_it_is_known(text):
    """These fail at K = 3 but not at K = 2."""
    answer = decide(line(text))
    assert answer.verdict in FALSE
    assert answer.counterexample.sizes["K"] == 3
    assert "for every" not in answer.condition


DIVISIONS = {
    "x/x": "(x+y)/(x+y) = 1",
    "an entry by itself": "X[0]/X[0] = 1",
    "third binomial": "(x^2-y^2)/(x-y) = x+y",
    "a sum by itself": "sum(i) X[i] / (sum(j) X[j]) = 1",
    "a product": "x*y/(x*y) = 1",
}


@pytest.mark.parametrize("text", DIVISIONS.values(), ids=DIVISIONS)
def test_a_zero_denominator_refutes_nothing(text):
    answer = decide(line(text))
    assert answer.verdict in (Verdict.PROVED, Verdict.UNDECIDED), answer.counterexample
    if answer.theorem is not None:
        assert any(type(h).__name__ == "NonZero" for h in answer.theorem.hypotheses)


def test_a_wrong_quotient_is_still_refuted_away_from_zero():
    for text in ("x/y = y/x", "x/(x+y) = 1/2", "1/(x*x) = 1/x"):
        answer = decide(line(text))
        assert answer.verdict is Verdict.REFUTED, text


def test_a_counterexample_must_satisfy_the_hypotheses():
    hypothesis = SUMS.equation("x = y")
    for multiplier in (1, 2):
        answer = decide(line("x = y"), [(hypothesis, expression(multiplier))])
        assert answer.verdict is (Verdict.PROVED if multiplier == 1 else Verdict.UNDECIDED)


def test_assumptions_hold_in_the_counterexample():
    names = SUMS.with_assumption("K >= N + 2")
    claim = line("sum(k=0..K-1) X[k] = sum(k=0..N-2) X[k]", names)
    answer = decide(claim)
    assert answer.counterexample.sizes["K"] >= answer.counterexample.sizes["N"] + 2
    check_smallest(claim, answer)
    assert decide(line("sum(k=0..K-1) X[k] = sum(i) X[i]", names)).verdict is Verdict.PROVED
    assert decide(line("sum(k=0..K-1) X[k] = sum(i) X[i]")).verdict in FALSE


def test_the_counterexample_lies_on_the_axes():
    """A free index of the counterexample is one that the claim speaks of."""
    claim = line("P[i,k] = P[i,k] [k <= 2] [i <= 3]")
    found = decide(claim).counterexample
    assert 0 <= found.indices["i"] < found.sizes["N"]
    assert 0 <= found.indices["k"] < found.sizes["K"]
    check_smallest(claim, decide(claim))


def test_infinite_sums_are_neither_proved_nor_refuted():
    k = Symbol("k")
    endless = Sum((Range(k),), SUMS.expression("x"))
    assert decide(Claim(endless, endless + 0 * endless)).verdict is Verdict.UNDECIDED
    assert decide(Claim(endless, expression(0))).verdict is Verdict.UNDECIDED


BEFORE_AN_AXIS = context("N M", "g[1..] h[3..N+5] x y").with_tensor(
    Tensor("B", (Axis(None, P(1), P(-2)),)))
NEVER_WRONG = {
    "before a sequence from 1": "sqrt(4)*g[k] + [k <= 0] y = 2*g[k]",
    "before an axis from 3": "sqrt(4)*h[k] + [k <= 2] y = 2*h[k]",
    "behind a sequence that ends": "sqrt(4)*B[k] + [k >= 0-1] y = 2*B[k]",
    "a sum whose bound speaks of a later variable":
        "sqrt(4)*(sum(j, i=0..j) h[i] g[j] [j <= 4]) = 2*(sum(i,j) [i <= j, j <= 4] h[i] g[j])",
}


@pytest.mark.parametrize("text", NEVER_WRONG.values(), ids=NEVER_WRONG)
def test_right_lines_are_not_refuted_off_their_axes(text):
    """√4 keeps the kernel from proving them."""
    claim = line(text, BEFORE_AN_AXIS)
    assert decide(claim).verdict is Verdict.UNDECIDED
    assert trials(claim, 30) == (None, 30)


@pytest.mark.parametrize("text", ["g[k] + [k <= 0] y = g[k]", "h[k] + [k <= 2] y = h[k]", "B[k] + [k >= 0-1] y = B[k]"])
def test_right_lines_are_not_refuted_off_their_axes_by_a_replay(text):
    assert replay(decide(line(text, BEFORE_AN_AXIS)).theorem).places > 30


def test_an_index_without_a_range_is_looked_at_on_both_sides():
    claim = Claim(Bracket((), (-1 - P(Symbol("i")),)) * SUMS.expression("exp(log(x) - log(x))"), expression(0))
    answer = decide(claim)
    assert answer.verdict is Verdict.REFUTED
    assert answer.counterexample.indices["i"] < 0
    assert trials(claim, 60)[0] is not None


PARTIAL = {
    "an entry and its reciprocal": "X[i]*z[i] = 1", "behind a coefficient": "sqrt(4)*X[i]*z[i] = 2",
    "a function and its reciprocal": "sqrt(4)*tanh(X[i])*tanh(X[i])^-1 = 2",
}


@pytest.mark.parametrize("text", PARTIAL.values(), ids=PARTIAL)
def test_entries_that_are_all_zero_refute_no_quotient(text):
    names = context("N", "X[N]").define("z[i] = 1/X[i]")
    assert decide(line(text, names)).verdict in (Verdict.PROVED, Verdict.UNDECIDED)


VACUOUS = {
    "no size is at most 0": (("K <= 0",), "K*x = K*y"),
    "even a right line": (("K <= 0",), "x = x + [K <= 0] y"),
    "two that exclude each other": (("K >= N + 1", "N >= K"), "x = y"),
    "a fraction": (("K/2 < 1", "K >= 2"), "x = y"),
    "a product": (("K*N <= 5", "K*N >= 6"), "x = y"),
    "a square": (("K*K = 2",), "x = y"),
}


@pytest.mark.parametrize(("assume", "text"), VACUOUS.values(), ids=VACUOUS)
def test_nothing_is_proved_where_no_sizes_satisfy_the_assumptions(assume, text):
    claim = line(text, context("N K", "x y", assume=assume))
    answer = decide(claim)
    assert answer.verdict is Verdict.UNDECIDED
    assert "no sizes" in answer.reason
    with pytest.raises(StepError, match="no sizes"):
        prove(claim.left, claim.right, (), claim.assumptions)


SATISFIED = {"one size": ("K >= 7", "K <= 7"), "far away": ("K*N >= 1000",), "a square": ("K*K = 16",),
             "a product": ("K*N = 6",), "a window": ("s*(K-1) + d*(N-1) + 1 <= R",)}


@pytest.mark.parametrize("assume", SATISFIED.values(), ids=SATISFIED)
def test_assumptions_that_some_sizes_satisfy_are_no_obstacle(assume):
    assert decide(line("x + x = 2*x", context("N K R s d", "x y", assume=assume))).verdict is Verdict.PROVED


def test_an_axis_that_is_always_empty_proves_nothing():
    nowhere = ((Symbol("i"), Axis(P(0), P(1), P(-1))),)
    answer = decide(Claim(SUMS.expression("x"), SUMS.expression("y"), ranges=nowhere))
    assert (answer.verdict, answer.theorem) == (Verdict.UNDECIDED, None)


def test_a_condition_must_not_contradict_the_assumptions():
    names = context("N K", "X[N] Y[N] x y", assume=("K >= 2",))
    answer = decide(line("K*X[0] = K*Y[0]", names))
    assert answer.verdict is Verdict.REFUTED
    small = context("N K s", "X[N] x y", assume=("K*s <= 5", "K >= 2"))
    assert decide(line("sum(k=0..K-1) X[0] = X[0]", small)).verdict is Verdict.REFUTED
    assert decide(line("sum(k=0..s-1) X[0] = X[0]", small)).condition.startswith("proved for s = 1")


def test_for_every_is_not_said_of_more_orders_than_were_compared():
    """Five reads of X have 120 orders; only at K ≥ 3 do the sides differ, by x."""
    reads = "X[0] X[1] X[2] X[3] X[4]", "X[1] X[0] X[2] X[3] X[4]"
    for more in ("[K >= 3] x", "[K >= 3] X[0] X[0] X[0] X[0] X[0]"):
        answer = decide(line(f"[K >= 2] {reads[0]} + {more} + x = [K >= 2] {reads[1]} + x"))
        assert answer.verdict in FALSE
        assert "every K ≥ 2" not in answer.condition


CAPTURED = {
    "a name that is taken": "[K = 2*half_K+1] x = x", "twice": "[K = 2*half_K+1, half_K = half_K'] x = x",
}


@pytest.mark.parametrize("text", CAPTURED.values(), ids=CAPTURED)
@pytest.mark.parametrize("function", ["", "tanh"])
def test_odd_sizes_have_a_half_of_their_own(text, function):
    names = context("K half_K>=0", "x")
    names = replace(names, sizes={**names.sizes, "half_K'": Symbol("half_K'", 0)})
    answer = decide(line(text.replace("x", f"{function}(x)"), names))
    assert answer.verdict in FALSE
    assert "odd" not in answer.condition


UNDECIDABLE = {
    "zero divided by zero": "y/(exp(x)-exp(x)) = y",
    "one divided by zero": "x/0 = y",
    "log of minus one": "log(0-1) x = y",
}


@pytest.mark.parametrize("text", UNDECIDABLE.values(), ids=UNDECIDABLE)
def test_what_has_no_value_is_undecided_and_no_traceback(text):
    assert decide(line(text)).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("function", ["relu", "step", "sign", "is_zero"])
def test_a_derivative_at_a_kink_is_a_hypothesis(function):
    names = SUMS.define(f"E = {function}(2*x) y")
    slope = "2*y*step(2*x)" if function == "relu" else "0"
    theorem = decide(line(f"∂E/∂x = {slope}", names)).theorem
    assert any(type(h).__name__ == "NonZero" for h in theorem.hypotheses)
    assert decide(line("∂E/∂x = y", names)).verdict is not Verdict.PROVED


def test_verdicts_are_the_same_every_time():
    claim = gradient_claim(CONV, ["u"], INPUT_GRADIENT["kernel not flipped"][0])
    first, second = decide(claim), decide(claim)
    assert (first.verdict, first.condition, first.counterexample) == (
        second.verdict, second.condition, second.counterexample)


