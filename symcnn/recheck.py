"""Checking theorems again by other means than made them.

A proof by normal form or z3 is checked by isl, term by term and without merging, at literal strides and
dilations 1, 2, 3; a proof by isl is checked by z3. Every theorem is checked by exact enumeration at small
sizes. A disagreement is an internal error, never a verdict.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from symcnn.counterexample import (
    SMALL, all_sizes, compare, literal_choices, places, specialized, without_derivatives,
)
from symcnn.errors import WitnessError
from symcnn.kernel.cells import NormalForm, Term, add_to, normal_cells
from symcnn.kernel.claim import Claim
from symcnn.kernel.theorem import AtLeastZero, Bounded, Independent, Limit, NonNegative, Theorem
from symcnn.kernel.zero import by_reads, offending, symmetrized, vanishes
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import Definition, Equation, Expression, Read, Tensor, UNBOUNDED, free_indices
from symcnn.notation.traverse import total, within_axes
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial

PLACES = 40
LARGEST_EXTRA = 3
POSITIVE = (1, 2, 3)  # entries for theorems that suppose some of them to be ≥ 0
FAR, NEAR = 100, 1e-12  # tanh(100·t) differs from the sign of an integer t ≠ 0 by less than 1e-80


@dataclass(frozen=True)
class Replay:
    """What was checked again: theorems, sets compared by isl or z3, places enumerated."""

    theorems: int = 0
    solver_checks: int = 0
    places: int = 0

    def __add__(self, other: Replay) -> Replay:
        return Replay(self.theorems + other.theorems, self.solver_checks + other.solver_checks,
                      self.places + other.places)


def replay(theorem: Theorem, seed: int = 0, seen: set[int] | None = None) -> Replay:
    """Check a theorem and its premises again; WitnessError if anything disagrees.

    `seen` holds the identities of theorems that were checked already, so that chains share their links.
    """
    seen = set() if seen is None else seen
    if id(theorem) in seen:
        return Replay()
    seen.add(id(theorem))
    done = Replay(1)
    for premise in theorem.premises:
        done = done + replay(premise, seed, seen)
    if theorem.rule == "limit":
        return done + Replay(0, 0, _far_out(theorem, seed))
    if theorem.rule == "guarded sums":
        claim = _claim(theorem)
        done = done + Replay(0, _by_other_solver(theorem, claim), 0)
        done = done + Replay(0, 0, _by_enumeration(claim, seed))
    elif isinstance(theorem.statement, Equation) and not any(
            isinstance(h, Equation | Bounded | Independent) for h in theorem.hypotheses):
        signs = [h.expression for h in theorem.hypotheses if isinstance(h, NonNegative)]
        if all(isinstance(e, Read) for e in signs):
            done = done + Replay(0, 0, _by_enumeration(_claim(theorem), seed, POSITIVE if signs else SMALL))
    elif isinstance(theorem.statement, Bounded) and not any(
            isinstance(h, Equation | Bounded) for h in theorem.hypotheses):
        done = done + Replay(0, 0, _bound_by_enumeration(_claim(theorem), seed))
    return done


def _claim(theorem: Theorem) -> Claim:
    """The theorem as a claim left − Σ multiplier·(hypothesis) = right, with what it takes as given."""
    left: Expression = theorem.left
    mine = {s for s, _ in theorem.indices}
    for hypothesis, multiplier in theorem.evidence:
        loose = sorted((free_indices(hypothesis.left) | free_indices(hypothesis.right)) - mine)
        where = within_axes(hypothesis.left, hypothesis.right)
        left = left - total(loose, multiplier * where * (hypothesis.left - hypothesis.right))
    return Claim(left, theorem.right, tuple(h for h in theorem.hypotheses if isinstance(h, Definition)),
                 tuple(h.polynomial for h in theorem.hypotheses if isinstance(h, AtLeastZero)),
                 tuple((s, a or UNBOUNDED) for s, a in theorem.indices))


def _by_other_solver(theorem: Theorem, claim: Claim) -> int:
    """How many groups of reads a solver that did not make the proof confirmed.

    Where a function has an argument in pieces, atoms may only be equal on the pieces; so what disagrees is
    taken apart by cases before it counts.
    """
    if "ring" in theorem.procedures:
        return 0  # identities between exponentials and quotients are no equality of sets
    expander = claim.expander(("isl",))
    terms = expander.expand(claim.left - claim.right, {})
    confirmed = _confirmed(theorem, claim, terms)
    if confirmed is None and expander.divisible:
        confirmed = _confirmed(theorem, claim, claim.expander(("isl",), None, True).expand(
            claim.left - claim.right, {}))
    if confirmed is None:
        raise WitnessError(f"isl disagrees with a proof: {theorem.statement}")
    return confirmed


def _confirmed(theorem: Theorem, claim: Claim, terms: list[Term]) -> int | None:
    """How many groups were confirmed; None if one disagrees."""
    unmerged: list[NormalForm] = [{cell: c} for t in terms for cell, c in normal_cells(claim.limits.times(t))]
    if "isl" in theorem.procedures:
        form: NormalForm = {}
        for single in unmerged:
            for cell, c in single.items():
                add_to(form, cell, c)
        # z3 may run out of its budget; only a proof counts as a confirmation.
        return int(vanishes(form, claim.assumptions, ("z3",)).proved)
    confirmed = 0
    groups: dict[object, list[NormalForm]] = {}
    for single in unmerged:
        for reads, group in by_reads(single).items():
            groups.setdefault(reads, []).append(group)
    for parts in groups.values():
        every = {cell: polynomial(1) for part in parts for cell in part}
        for literal in literal_choices(every, claim.assumptions):
            at = {s: polynomial(v) for s, v in literal.items()}
            assumptions = [a.substitute(at) for a in claim.assumptions]
            pieces = [symmetrized(specialized(part, literal)) for part in parts]
            found = offending_apart([p for p in pieces if p], assumptions)
            if found:
                return None
            confirmed += found is not None
    return confirmed


def offending_apart(parts: list[NormalForm], assumptions: list[Polynomial]) -> bool | None:
    """Whether the parts fail to cancel, without merging equal cells beforehand; None if isl cannot say."""
    tagged: NormalForm = {}
    for number, part in enumerate(parts):
        for cell, coefficient in part.items():
            # An inequality that always holds keeps equal cells apart, so that isl does the cancelling.
            always = polynomial(number + 1)
            tagged[type(cell)(cell.reads, cell.equations, cell.inequalities | {always}, cell.hidden)] = coefficient
    exact = offending(tagged, assumptions)
    return None if exact is None else bool(exact[1])


def _by_enumeration(claim: Claim, seed: int, entries: Sequence[int] = SMALL) -> int:
    """Random small sizes, all entries random integers: how many places agreed exactly."""
    claim = without_derivatives(claim)
    chance = random.Random(seed)
    agreed = 0
    for values, env in _places(claim, chance):
        found = compare(claim, values, env, None, chance, entries)
        if found is not None:
            raise WitnessError(f"enumeration disagrees with a proof: {found}")
        agreed += 1
    return agreed


def _bound_by_enumeration(claim: Claim, seed: int) -> int:
    """The same for |left| ≤ right: how many places did not certainly exceed the bound."""
    chance, agreed = random.Random(seed), 0
    for values, env in _places(claim, chance):
        entries: dict[tuple[Tensor, tuple[int, ...]], int] = {}

        def entry(tensor: Tensor, at: tuple[int, ...], drawn: dict[tuple[Tensor, tuple[int, ...]], int] = entries,
                  ) -> int:
            return drawn.setdefault((tensor, at), chance.randint(-3, 3))

        evaluator = Evaluator(values, entry, {d.tensor: d for d in claim.definitions})
        try:
            left, right = evaluator.exact(claim.left, env), evaluator.exact(claim.right, env)
        except ZeroDivisionError:
            continue
        if abs(left) > right:
            raise WitnessError(f"|{claim.left}| exceeds {claim.right} at {dict(values)}, {entries}")
        agreed += 1
    return agreed


def _places(claim: Claim, chance: random.Random) -> Iterator[tuple[dict[Symbol, int], dict[Symbol, int]]]:
    """Random small sizes that satisfy the assumptions, with indices on their axes."""
    for values in _sizes(all_sizes(claim), chance):
        if any(a.evaluate(values) < 0 for a in claim.assumptions):
            continue
        env = {}
        for symbol, axis in claim.indices:
            inside = places(axis, values, 4)
            if not inside:
                break
            env[symbol] = chance.choice(inside)
        else:
            yield values, env


def _far_out(theorem: Theorem, seed: int) -> int:
    """A limit, held against enclosures of the expression far out, where tanh and σ have saturated."""
    statement = theorem.statement
    assert isinstance(statement, Limit)
    chance, agreed = random.Random(seed), 0
    claim = Claim(statement.expression, statement.value)
    entries: dict[tuple[Tensor, tuple[int, ...]], int] = {}

    def entry(tensor: Tensor, at: tuple[int, ...]) -> int:
        if tensor == statement.variable:
            return FAR
        return entries.setdefault((tensor, at), chance.randint(-2, 2))

    for values in _sizes(all_sizes(claim), chance):
        entries.clear()
        env = {s: next(iter(places(axis, values)), 0) for s, axis in theorem.indices}
        evaluator = Evaluator(values, entry)
        difference = evaluator.value(statement.expression, env) - evaluator.value(statement.value, env)
        if abs(float(difference)) > NEAR:
            raise WitnessError(f"far out the expression is not near its limit: {statement}")
        agreed += 1
    return agreed


def _sizes(sizes: list[Symbol], chance: random.Random) -> Iterator[dict[Symbol, int]]:
    for _ in range(PLACES):
        yield {s: (s.lower or 0) + chance.randint(0, LARGEST_EXTRA) for s in sizes}


__all__ = ["Replay", "replay"]
