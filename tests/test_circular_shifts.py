"""Circular shifts: what the theorem says, and what it must not say."""

from pathlib import Path

import pytest

from symcnn import Verdict, declare, prove
from symcnn.calculus import prove_text
from symcnn.derivation import Source, run
from symcnn.errors import StepError, UsageError
from symcnn.kernel.theorem import AtLeastZero
from symcnn.notation.expression import Definition

SOURCE = Source("circular_shifts", Path(__file__).parent.parent / "derivations/problems/circular_shifts.py")


@pytest.mark.parametrize("dims", [1, 2])
def test_the_class_scores_of_a_shifted_input_are_the_same(dims):
    d = run(SOURCE, {"dims": str(dims)}, cases=20)
    assert d.verdict is Verdict.PROVED
    last = "'" * dims
    result = d.conclusions[0]
    assert str(result.statement) == f"Y{last}[n] = Y[n]"
    defined = {h.tensor.name for h in result.hypotheses if isinstance(h, Definition)}
    # Scores are traced back to the input: only X and the weights are left without a formula.
    for mark in ["'" * n for n in range(dims + 1)]:
        assert {name + mark for name in "PZUQABGY"} <= defined
    assert "X" not in defined
    assert {"X" + "'" * n for n in range(1, dims + 1)} <= defined
    conditions = {str(h) for h in result.hypotheses if isinstance(h, AtLeastZero)}
    assert len(conditions) == 5 * dims, "one for each shift, two for each padding of each convolution"
    assert sum(s.answer is not None and s.verdict is Verdict.REFUTED for s in d.steps) == 5


def test_no_hypothesis_but_definitions_and_sizes():
    result = run(SOURCE, {"dims": "1"}, cases=5).conclusions[0]
    assert {type(h) for h in result.hypotheses} == {Definition, AtLeastZero}


CIRCLE = "X[i+k-p] + X[i+k-p+H] + X[i+k-p-H]"
READS = {
    "a padding longer than the input": (CIRCLE, ["K-1-p <= H"]),
    "a kernel that runs around more than once": (CIRCLE, ["p <= H"]),
    "zero padding": ("X[i+k-p]", ["p <= H", "K-1-p <= H"]),
    "a seam on one side only": ("X[i+k-p] + X[i+k-p+H]", ["p <= H", "K-1-p <= H"]),
    "a seam of another length": ("X[i+k-p] + X[i+k-p+H+1] + X[i+k-p-H-1]", ["p <= H", "K-1-p <= H"]),
    "reflection": ("X[i+k-p] + X[p-i-k] - [i + k = p] X[0]", ["p <= H", "K-1-p <= H"]),
}


@pytest.mark.parametrize(("read", "limits"), READS.values(), ids=READS)
def test_other_reads_do_not_commute_with_shifts(read, limits):
    names = declare("H K t>=0 p>=0", "X[H] S[H] W[K]", ["t <= H-1", *limits])
    names = names.define("S[i] = X[i-t] + X[i-t+H]")
    for output, source in (("Z", "X"), ("V", "S")):
        names = names.define(f"{output}[i] = sum(k) W[k] ({read.replace('X', source)})", f"{output}[H]")
    with pytest.raises(StepError, match="counterexample"):
        prove_text(names, "V[i] = Z[i-t] + Z[i-t+H]")


def test_an_odd_shift_of_a_pooled_map_is_refuted():
    names = declare("h", "X[2*h] S[2*h]").define("S[i] = X[i-1] + X[i-1+2*h]")
    names = names.define("P[i] = 1/2 X[2*i] + 1/2 X[2*i+1]", "P[h]").define("Q[i] = 1/2 S[2*i] + 1/2 S[2*i+1]", "Q[h]")
    with pytest.raises(StepError, match="counterexample"):
        prove_text(names, "Q[i] = P[i-1] + P[i-1+h]")
    claim = names.expression("sum(i) Q[i]"), names.expression("sum(i) P[i]")
    assert prove(*claim, names.definitions), "the mean itself does not notice: average pooling is linear"


def test_wrong_dims_are_one_line():
    with pytest.raises(UsageError, match="dims is 3; allowed: 1 or 2"):
        run(SOURCE, {"dims": "3"})
