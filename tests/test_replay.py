"""Replay finds what a wrong kernel let through."""

import pytest

from symcnn import convolution, declare, gradient, limit, prove
from symcnn.errors import WitnessError
from symcnn.kernel import equality, rules, zero
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.recheck import replay


def test_a_solver_free_proof_is_compared_by_isl_and_enumerated():
    (_, _, line) = gradient(convolution(1), "X", ["l", "n", "u"]).lines
    done = replay(line.theorem)
    assert done.solver_checks >= 9
    assert done.places > 20


def test_a_proof_by_isl_is_replayed():
    c = declare("N", "x[N]")
    theorem = prove(c.expression("2 (sum(i=0..N-1, j=0..N-1) [i<j] x[i] x[j]) + sum(i) x[i]^2"),
                    c.expression("(sum(i) x[i])^2"))
    assert "isl" in theorem.procedures
    assert replay(theorem).places > 20


def test_a_limit_is_looked_at_far_out():
    c = declare("N", "x[N] u[N] c")
    theorem = limit(c.expression("tanh(sum(i) c u[i] x[i])"), c["c"])
    assert replay(theorem).places > 20


def wrong_theorem(monkeypatch, left, right):
    """A theorem that only a kernel which believes everything makes."""
    c = declare("N K", "x[N] w[K]")
    with monkeypatch.context() as m:
        m.setattr(equality, "vanishes", lambda *a, **k: zero.Decision(True, frozenset({"normal form"})))
        return equal(Claim(c.expression(left), c.expression(right)))


WRONG = {
    "a lost factor": ("sum(k=0..K-1) x[0]", "x[0]"),
    "a shifted read": ("sum(k) w[k] x[k]", "sum(k) w[k] x[k+1]"),
    "half of the pairs": ("sum(i=0..N-1, j=0..N-1) [i<j] x[i] x[j]", "sum(i=0..N-1, j=0..N-1) x[i] x[j]"),
    "a wrong function": ("tanh(x[0])", "sigmoid(x[0])"),
}


@pytest.mark.parametrize(("left", "right"), WRONG.values(), ids=WRONG)
def test_replay_refuses_a_wrong_theorem(monkeypatch, left, right):
    theorem = wrong_theorem(monkeypatch, left, right)
    with pytest.raises(WitnessError):
        replay(theorem)


def test_premises_are_replayed_too(monkeypatch):
    theorem = rules.symmetry(wrong_theorem(monkeypatch, "x[0]", "x[1]"))
    with pytest.raises(WitnessError):
        replay(theorem)
