"""Five hundred random right identities, and five hundred random mutations of them."""

from __future__ import annotations

import random

import pytest
from identities import (
    Counts, count_identities, count_mutations, differs_at, first_difference, formula, mutation, right_identity,
)
from pieces import entries_for, value

from symcnn.notation.evaluate import Evaluator

NUMBER = 500


@pytest.fixture(scope="module")
def counts():
    made = Counts()
    count_identities(NUMBER, 2026, made)
    count_mutations(NUMBER, 2027, made)
    return made


def test_the_counts_are_shown(counts, record_property):
    record_property("shown", str(counts))
    assert counts.identities == NUMBER


def test_every_right_identity_is_proved(counts):
    assert counts.not_proved == []
    assert counts.proved == counts.identities == NUMBER


def test_the_identities_are_of_the_kinds_that_matter(counts):
    assert counts.padded_with_stride_or_dilation >= 0.4 * NUMBER
    assert counts.two_dimensional >= 0.3 * NUMBER
    assert counts.symbolic >= 0.2 * NUMBER


def test_no_false_mutation_is_proved(counts):
    assert counts.wrongly_proved == []
    assert counts.mutations == NUMBER
    assert counts.false >= 0.8 * NUMBER


def test_every_false_mutation_is_flagged(counts):
    assert counts.missed == []
    assert counts.flagged == counts.false


def test_no_harmless_mutation_is_refuted(counts):
    assert counts.wrongly_refuted == []
    assert counts.harmless == NUMBER - counts.false


def test_both_ways_of_enumeration_agree():
    """The kernel's oracle (Evaluator) and the enumeration of these tests, on the same entries."""
    chance, compared, nonzero = random.Random(5), 0, 0
    for n in range(60):
        identity = right_identity(chance)
        claim = identity.claim(chance)
        sizes = {s: (s.lower or 0) + chance.randrange(3) for s in identity.sizes}
        axes = [(s, a.indices(sizes)) for s, a in identity.ranges]
        if not all(on for _, on in axes):
            continue
        env = {s: chance.choice(on) for s, on in axes}
        entries = entries_for(identity.left + identity.right, sizes, n, identity.bodies)
        evaluator = Evaluator(sizes, lambda t, at: int(entries[t.name][at]), {d.tensor: d for d in claim.definitions})  # noqa: B023
        for pieces, written in ((identity.left, claim.left), (identity.right, claim.right)):
            ours, theirs = value(pieces, sizes, env, entries, identity.bodies), evaluator.value(written, env)
            assert ours.numerator == theirs.p, f"{identity.family}: {identity.steps}"
            assert ours.denominator == theirs.q
            compared += 1
            nonzero += ours != 0
    assert compared > 60
    assert nonzero > 40


def test_the_oracle_notices_a_wrong_sign():
    """A sign changed in a formula with positive sizes is seen by enumeration, on all axes and at random places."""
    chance, seen, signs = random.Random(6), 0, 0
    while signs < 12:
        identity = formula(chance)
        name, changed = mutation(identity, chance)
        if name == "sign":
            signs += 1
            large = {s: 3 + 9 * (s.name[0] == "H") for s in changed.sizes}
            assert differs_at(changed, large, 0)
            assert not differs_at(identity, large, 0)
            seen += first_difference(changed, 40) is not None
    assert seen >= 10
