"""Softmax with cross-entropy: the layer, its gradient, and wrong gradients."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from symcnn import Verdict, prove, softmax_cross_entropy
from symcnn.counterexample import all_sizes, compare, without_derivatives
from symcnn.derivation import Source, run
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.theorem import Definition, Equation
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.polynomial import Symbol

PROBLEM = Path(__file__).resolve().parent.parent / "derivations" / "problems" / "softmax_cross_entropy.py"
ONE = softmax_cross_entropy()


@pytest.mark.parametrize("batch", [False, True])
def test_what_is_concluded(batch):
    d = run(Source("softmax_cross_entropy", PROBLEM), {"batch": "yes" if batch else "no"}, 5)
    assert d.verdict is Verdict.PROVED
    total, _, general, special = d.conclusions
    assert str(total.right) == "1"
    assert not [h for h in general.hypotheses if isinstance(h, Equation)]
    assert [str(h.right) for h in special.hypotheses if isinstance(h, Equation)] == ["1"]
    chance = np.random.default_rng(0)
    sizes = {"N": 2, "C": 4} if batch else {"C": 4}
    z, y = (chance.integers(-3, 4, tuple(sizes.values())) for _ in range(2))

    def loss(scores):
        shifted = np.exp(scores)
        losses = -(y * np.log(shifted / shifted.sum(-1, keepdims=True))).sum(-1)
        return float(losses.mean())

    definitions = {h.tensor: h for h in general.hypotheses if isinstance(h, Definition)}
    at = Evaluator({Symbol(n, 1): v for n, v in sizes.items()}, lambda t, i: int({"z": z, "y": y}[t.name][i]),
                   definitions)
    for place in np.ndindex(*z.shape):
        moved = np.zeros(z.shape)
        moved[place] = 1e-6
        expected = (loss(z + moved) - loss(z - moved)) / 2e-6
        index = {Symbol(n): i for n, i in zip("nk" if batch else "k", place, strict=True)}
        assert abs(float(at.exact(general.right, index)) - expected) < 1e-7


WRONG = {
    "without the sum of the target": "∂L/∂z[k] = p[k] - y[k]",
    "the other sign": "∂L/∂z[k] = y[k] - p[k] (sum(c) y[c])",
    "the softmax without its off-diagonal derivatives": "∂L/∂z[k] = y[k] p[k] - y[k]",
    "the logarithm without its chain rule": "∂L/∂z[k] = -y[k]/p[k]",
    "a derivative of softmax without cross terms": "∂p[c]/∂z[k] = p[c] (1 - p[c]) [c = k]",
    "probabilities that add up to the number of classes": "sum(c) p[c] = C",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_wrong_gradients_are_refused(text):
    wrong = ONE.equation(text)
    claim = Claim(wrong.left, wrong.right, ONE.definitions)
    with pytest.raises(StepError):
        equal(claim)
    places = [{s: (n + offset) % 3 for n, (s, _) in enumerate(claim.indices)} for offset in range(3)]
    sizes = dict.fromkeys(all_sizes(claim), 3)
    assert any(compare(without_derivatives(claim), sizes, at, None, random.Random(1), (1, 2, 3)) for at in places)


def test_the_hypothesis_must_be_used_with_its_multiplier():
    total, claim = ONE.equation("sum(c) y[c] = 1"), ONE.equation("∂L/∂z[k] = p[k] - y[k]")
    multiplier = ONE.equation("z[k] = p[k]").right
    assert total in prove(claim.left, claim.right, ONE.definitions, using=[(total, multiplier)]).hypotheses
    with pytest.raises(StepError):
        equal(Claim(claim.left, claim.right, ONE.definitions), [(total, ONE.equation("z[k] = y[k]").right)])


def test_a_batch_is_averaged():
    many = softmax_cross_entropy(batch=True)
    wrong = many.equation("∂L/∂z[n,k] = p[n,k] (sum(c) y[n,c]) - y[n,k]")
    with pytest.raises(StepError):
        equal(Claim(wrong.left, wrong.right, many.definitions))
