"""Receptive fields of stacks: extents follow from the parameters, windows from enumerated offsets."""

from itertools import product
from pathlib import Path

import pytest

from symcnn import Verdict, declare, induction
from symcnn.calculus import prove_text
from symcnn.derivation import Source, run
from symcnn.errors import StepError, UsageError
from symcnn.notation.expression import expression
from symcnn.notation.polynomial import Symbol

SOURCE = Source("receptive_field_stack", Path(__file__).parent.parent / "derivations/problems/receptive_field_stack.py")


@pytest.mark.parametrize("settings", [{}, {"kernel": "5"}, {"before": "0", "after": "3"}, {"after": "0"},
                                      {"pooling": "3", "kernel": "2"}, {"pooling": "1", "before": "7"}])
def test_the_extent_is_that_of_enumerated_offsets(settings):
    d = run(SOURCE, settings)
    kernel, before, pooling, after = (d.parameters[n] for n in ("kernel", "before", "pooling", "after"))
    read = {0}
    for size, stride in [(kernel, 1)] * after + [(pooling, pooling)] + [(kernel, 1)] * before:
        read = {stride * at + k for at, k in product(read, range(size))}
    (shown,) = [t for t in d.conclusions if str(t.left) == f"t[{after}]"]
    assert str(shown.right) == str(max(read) + 1)
    assert read == set(range(max(read) + 1))
    assert d.verdict is Verdict.PROVED


def test_what_is_shown_in_symbols():
    shown = [str(t.statement) for t in run(SOURCE).conclusions]
    assert "r[l] = R + l * (K - 1) * j" in shown
    assert "r[L] = L * (K - 1) + 1" in shown
    assert "t[N] = 1 + L * (K - 1) + p - 1 + N * (K - 1) * p" in shown


LAYERS = declare("R K j s", "X[0..] V[R] W[K]").define("Y[i] = sum(a) V[a] X[j*i+a]", "Y[0..]").define(
    "Z[o] = sum(k) W[k] Y[s*o+k]", "Z[0..]").define("U[b] = sum(k) W[k] V[b-j*k]", "U[R+(K-1)*j]").define(
    "S[b] = sum(k) W[k] V[b-k]", "S[R+K-1]")
WRONG_STEPS = {
    "a jump that stays": "Z[o] = sum(b) U[b] X[j*o+b]",
    "a window that does not jump": "Z[o] = sum(b) S[b] X[s*j*o+b]",
    "a window that is one too short": "Z[o] = sum(b=0..R+(K-1)*j-2) U[b] X[s*j*o+b]",
    "no last entry": "U[R+(K-1)*j-1] = 0",
}


@pytest.mark.parametrize("text", WRONG_STEPS.values(), ids=WRONG_STEPS)
def test_wrong_steps_are_refused(text):
    with pytest.raises(StepError):
        prove_text(LAYERS, text)


@pytest.mark.parametrize("claim", ["r[l] = R + l*K*j", "r[l] = R + (l+1)*(K-1)*j", "r[l] = R + l*(K-1)"])
def test_wrong_extents_are_refused(claim):
    names = declare("K j R", "r[0..]")
    one = expression(1)
    with pytest.raises(StepError):
        induction([names.equation(claim)], Symbol("l"), 0, [names.equation("r[l+1] = r[l] + (K-1)*j")],
                  [names.equation("r[0] = R")], [[(0, one)]], [[(0, one)]])


def test_odd_sizes_do_not_leave_a_quarter():
    names = declare("h C", "")
    with pytest.raises(StepError, match="counterexample"):
        prove_text(names, "sum(i=0..2*h, n=0..C-1) 1 = 2*(sum(i=0..h-1, n=0..C-1) 1)")


WRONG = {
    "kernel 0": ({"kernel": "0"}, "kernel is 0; allowed: 1 to 1000"),
    "fewer than no layers": ({"before": "-1"}, "before is -1"),
    "pooling 0": ({"pooling": "0"}, "pooling is 0"),
}


@pytest.mark.parametrize(("settings", "why"), WRONG.values(), ids=WRONG)
def test_wrong_parameters_are_one_line(settings, why):
    with pytest.raises(UsageError, match=why) as found:
        run(SOURCE, settings)
    assert "\n" not in str(found.value)
