"""Functions of pieces that exclude each other: proved by cases, and refused where the pieces meet."""

import pytest

from symcnn import Claim, Verdict, decide, declare, replay
from symcnn.kernel.equality import equal

NAMES = declare("H t>=0", "X[H] Y[H] c", ["t <= H - 1"])
SHIFTED = NAMES.define("S[i] = X[i-t] + X[i-t+H]", "S[H]")
MEETING = NAMES.define("S[i] = X[i] + [i <= t] Y[i]", "S[H]")
RIGHT = {
    "relu of a circular shift": (SHIFTED, "relu(S[i])", "relu(X[i-t]) + relu(X[i-t+H])"),
    "sign of a circular shift": (SHIFTED, "sign(S[i])", "[i >= t] sign(X[i-t]) + [i < t] sign(X[i-t+H])"),
    "a function that is not 0 at 0": (SHIFTED, "sigmoid(S[i])", "[i>=t] sigmoid(X[i-t]) + [i<t] sigmoid(X[i-t+H])"),
    "a function without a family": (SHIFTED, "log(S[i])", "[i >= t] log(X[i-t]) + [i < t] log(X[i-t+H])"),
    "one tensor or another": (NAMES, "tanh([i <= t] X[i] + [i > t] Y[i])", "[i <= t] tanh(X[i]) + [i > t] tanh(Y[i])"),
    "numbers": (NAMES, "exp(c*[i = 1] + X[i]*[i = 2])",
                "1 - [i = 1] - [i = 2] + [i = 1] exp(c) + [i = 2] exp(X[i])"),
    "a sum in a piece": (NAMES, "relu([i < t] (sum(k) X[k]) + [i >= t] Y[i])",
                         "[i < t] relu(sum(k) X[k]) + [i >= t] relu(Y[i])"),
}
WRONG = {
    "pieces that meet": (MEETING, "relu(S[i])", "relu(X[i]) + [i <= t] relu(Y[i])"),
    "the value at 0 forgotten": (NAMES, "exp([i = 1] X[i])", "[i = 1] exp(X[i])"),
    "the value at 0 counted twice": (SHIFTED, "sigmoid(S[i])", "sigmoid(X[i-t]) + sigmoid(X[i-t+H])"),
    "shifted by one more": (SHIFTED, "relu(S[i])", "relu(X[i-t-1]) + relu(X[i-t+H-1])"),
    "a piece exchanged": (NAMES, "relu([i <= t] X[i] + [i > t] Y[i])", "[i <= t] relu(Y[i]) + [i > t] relu(X[i])"),
    "a summation variable is no case": (NAMES, "relu(sum(k) [k <= t] X[k] + sum(k) [k > t] Y[k])",
                                        "sum(k) [k <= t] relu(X[k]) + sum(k) [k > t] relu(Y[k])"),
}


def claim(names, left, right):
    equation = names.equation(f"X[i] = {left}"), names.equation(f"X[i] = {right}")  # X[i] makes i an index
    axis = names["X"].axes[0]
    index = next(iter(equation[0].left.indices[0].symbols))
    return Claim(equation[0].right, equation[1].right, names.definitions, names.assumptions, ((index, axis),))


@pytest.mark.parametrize("case", RIGHT.values(), ids=RIGHT)
def test_pieces_are_taken_apart(case):
    theorem = equal(claim(*case))
    assert replay(theorem).places > 0 or "log" in case[1]


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_wrong_cases_are_refused(case):
    assert decide(claim(*case), conditions=False).verdict in (Verdict.REFUTED, Verdict.UNDECIDED)
