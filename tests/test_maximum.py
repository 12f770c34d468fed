"""The maximum over a window: what it means, what the kernel says of it, its gradient."""

import numpy as np
import pytest

from symcnn import Claim, Verdict, decide, declare, gradient, layer, to_latex, to_sympy, validate_definition
from symcnn.codegen import compile_numpy
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import Definition

NAMES = declare("H K s J, p>=0", "X[H] Y[H] V[H,J] c", ["K <= H"])
TWICE = NAMES.define("T[i] = 2*X[i] + c", "T[H]")
RECTIFIED = NAMES.define("T[i] = relu(X[i] + c)", "T[H]")
PADDED = NAMES.define("T[i] = X[i-1]", "T[H+2]")
PICKED = NAMES.define("T[i] = [i = 2] X[i]", "T[H]")
RIGHT = {
    "reversed": (NAMES, "max(k=0..K-1) X[s*i+k]", "max(k=0..K-1) X[s*i+K-1-k]"),
    "shifted": (NAMES, "max(k=0..K-1) X[i+k]", "max(t=1..K) X[i+t-1]"),
    "renamed and exchanged": (NAMES, "max(i,j) V[i,j]", "max(b,a) V[a,b]"),
    "of a function": (NAMES, "max(k=0..K-1) tanh(X[i+k])", "max(v=0..K-1) tanh(X[i+v])"),
    "of a sum": (NAMES, "max(k) (X[k] + Y[k])", "max(k) (Y[k] + X[k])"),
    "of a definition": (TWICE, "max(k) T[k]", "max(k) (c + X[k] + X[k])"),
    "a constant": (NAMES, "max(k=0..2) (X[k] + c)", "(max(k=0..2) X[k]) + c"),
    "one that depends on no place": (NAMES, "(max(k) (X[k] + V[k,i])) + s", "max(k) (V[k,i] + X[k] + s)"),
    "a factor and a constant": (NAMES, "max(k) (3*X[k] - c)/2", "3/2*(max(v) X[v]) - c/2"),
    "nothing to choose from": (NAMES, "max(k=0..K-1) c", "c"),
    "an increasing function": (NAMES, "max(k=0..K-1) relu(X[i+k])", "relu(max(k=0..K-1) X[i+k])"),
    "an increasing function of a definition": (RECTIFIED, "max(k) T[k]", "relu((max(k) X[k]) + c)"),
    "inside a sum": (NAMES, "sum(i) Y[i] (max(k=0..K-1) X[i+k])", "sum(v) (max(t=0..K-1) X[t+v]) Y[v]"),
}
WRONG = {
    "a tap too many": (NAMES, "max(k=0..K-1) X[i+k]", "max(k=0..K) X[i+k]"),
    "a factor": (NAMES, "max(k=0..K-1) 2*X[i+k]", "max(k=0..K-1) X[i+k]"),
    "a negative factor is no maximum": (NAMES, "max(k=0..K-1) (-X[i+k])", "-(max(k=0..K-1) X[i+k])"),
    "a sum": (NAMES, "max(k) X[k]", "sum(k) X[k]"),
    "places with a zero": (NAMES, "max(k=0..1) [k = 0] X[k]", "max(k=0..0) X[k]"),
    "places with a zero by definition": (PICKED, "max(k) T[k]", "X[2]"),
    "padding is not zero": (PADDED, "max(k=0..2) X[k-1]", "max(k=0..2) T[k]"),
    "the maximum of sums is no sum of maxima": (NAMES, "max(k) (X[k] + Y[k])", "(max(k) X[k]) + (max(k) Y[k])"),
    "another tensor": (NAMES, "max(k) X[k]", "max(k) Y[k]"),
    "squares": (NAMES, "max(k) X[k]^2", "(max(k) X[k])^2"),
    "a stride": (NAMES, "max(k=0..K-1) X[i+2*k]", "max(k=0..K-1) X[i+k]"),
    "a constant for each place": (NAMES, "max(k=0..2) (X[k] + c)", "(max(k=0..2) X[k]) + 3*c"),
    "a constant with its factor": (NAMES, "max(k) 2*(X[k] + c)", "2*(max(k) X[k]) + c"),
    "a falling function": (NAMES, "max(k) tanh(-X[k])", "tanh(-(max(k) X[k]))"),
    "a function of one part": (NAMES, "max(k) (relu(X[k]) - X[k])", "relu(max(k) X[k]) - (max(k) X[k])"),
}


def claim(names, left, right):
    return Claim(names.expression(left), names.expression(right), names.definitions, names.assumptions)


@pytest.mark.parametrize("case", RIGHT.values(), ids=RIGHT)
def test_right_claims_are_proved(case):
    assert decide(claim(*case)).verdict is Verdict.PROVED


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_wrong_claims_are_refused(case):
    assert decide(claim(*case)).verdict in (Verdict.REFUTED, Verdict.CONDITIONAL)


def pool(padding=0):
    return layer(f"Y[i] = max(k=0..K-1) X[s*i + k - {padding}]", "H K s", "X[H]", {"X": [str(padding)]},
                 [f"K <= H + 2*{padding}"])


@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize(("height", "kernel", "stride"), [(7, 3, 2), (5, 2, 3), (4, 4, 1)])
def test_values_by_three_ways(padding, height, kernel, stride):
    """The oracle, the generated code and a plain loop; padding never wins, even where all entries are negative."""
    made = pool(padding)
    x = -np.random.default_rng(0).permutation(np.arange(1, height + 1))
    sizes = {made.size("H"): height, made.size("K"): kernel, made.size("s"): stride}
    evaluator = Evaluator(sizes, lambda tensor, at: int(x[at[0]]), {made["Y"]: made.definition})
    computed = compile_numpy(made.definition)(x, H=height, K=kernel, s=stride)
    outputs = (height + 2 * padding - kernel) // stride + 1
    assert computed.shape == (outputs,)
    for o in range(outputs):
        window = [x[at] for at in range(stride * o - padding, stride * o - padding + kernel) if 0 <= at < height]
        assert evaluator.exact(made["Y"][o]) == max(window) == computed[o]


def test_gradient_is_the_indicator_of_the_maximum():
    made = pool()
    found = gradient(made, "X", ["u"])
    assert any("is_zero" in str(h) and "≠ 0" in str(h) for h in found.lines[-1].theorem.hypotheses)
    validate_definition(made, found, cases=60)


def test_a_gradient_without_the_indicator_is_refuted():
    made = pool()
    wrong = made.equation("∂J/∂X[u] = sum(i, k=0..K-1) [s*i + k = u] ∂J/∂Y[i]")
    found = gradient(made, "X", ["u"])
    answer = decide(Claim(found.expression, wrong.right, made.definitions, made.assumptions))
    assert answer.verdict is not Verdict.PROVED
    with pytest.raises(Exception, match="central differences"):
        validate_definition(made, Definition(found.tensor, found.chain.indices, wrong.right), cases=60)


def test_ties_are_a_hypothesis():
    """Where two entries tie, the claim that the indicators add up to 1 is false, and it is not proved."""
    names = declare("H", "X[H]")
    assert decide(claim(names, "sum(k) is_zero((max(v) X[v]) - X[k])", "1")).verdict is not Verdict.PROVED


def test_printing():
    made = pool()
    assert str(made.definition) == "Y[i] = max(k=0..K - 1) X[i*s + k]"
    assert to_latex(made.definition) == r"Y[i] = \max_{0 \le k \le K-1} X[s i + k]"
    assert str(made.expression("2 * (max(k) X[k])^2")) == "2 * (max(k=0..H - 1) X[k])^2"


def test_sympy_form():
    names = declare("H", "X[H]")
    assert str(to_sympy(names.expression("max(k) X[k]"), {"H": 2})) == "Max(X_0, X_1)"


