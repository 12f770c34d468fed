"""Random right identities between convolution-like sums, and single mutations of them.

Right identities are made from a formula by steps that keep its value (rename, shift, reverse, split, peel,
residues, deltas, definitions for bodies …); mutations change one thing. Whether a mutation is false is decided
by enumeration alone. `python tests/identities.py` prints the counts.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from pieces import P, Piece, entries_for, value
from rewrites import STEPS, Identity, define, formula, pick

from symcnn.verdict import Verdict, decide
from symcnn.errors import StepError
from symcnn.kernel.equality import equal
from symcnn.notation.expression import Read
from symcnn.notation.polynomial import Polynomial, Symbol


def places(identity: Identity, limit: int, seed: int = 0) -> Iterator[tuple[dict[Symbol, int], dict[Symbol, int]]]:
    """Sizes in order of their total and all indices on their axes, at most `limit` of them at random."""
    chance = random.Random(seed)
    least = [s.lower or 0 for s in identity.sizes]
    made = 0
    while made < limit:
        extra = [chance.choice((0, 0, 1, 1, 2, 3)) for _ in least]
        sizes = {s: low + e for s, low, e in zip(identity.sizes, least, extra, strict=True)}
        env = {}
        for s, a in identity.ranges:
            on = a.indices(sizes)
            if not on:
                break
            env[s] = chance.choice(on)
        else:
            yield sizes, env
        made += 1


def differs_at(identity: Identity, sizes: Mapping[Symbol, int], seed: int) -> bool:
    """Whether the sides differ at these sizes, at any index on the axes."""
    entries = entries_for(identity.left + identity.right, sizes, seed, identity.bodies)
    for indices in itertools.product(*(a.indices(sizes) for _, a in identity.ranges)):
        env = {s: i for (s, _), i in zip(identity.ranges, indices, strict=True)}
        sides = (value(side, sizes, env, entries, identity.bodies) for side in (identity.left, identity.right))
        if len(set(sides)) > 1:
            return True
    return False


def first_difference(identity: Identity, limit: int = 60, seed: int = 0) -> tuple[dict, dict] | None:
    """A place where the sides differ, found by enumeration alone."""
    both = identity.left + identity.right
    for n, (sizes, env) in enumerate(places(identity, limit, seed)):
        entries = entries_for(both, sizes, n, identity.bodies)
        if value(identity.left, sizes, env, entries, identity.bodies) != value(
                identity.right, sizes, env, entries, identity.bodies):
            return sizes, env
    return None


def right_identity(chance: random.Random, most_steps: int = 5) -> Identity:
    """A random formula against itself after random steps that keep its value."""
    identity = formula(chance)
    right, names, defined = list(identity.right), [], False
    for n in range(chance.randint(2, most_steps)):
        if not defined and chance.random() < 0.1:
            identity = define(replace(identity, right=tuple(right)), chance)
            right, defined = list(identity.right), True
            continue
        place, step = chance.randrange(len(right)), chance.choice(STEPS)
        done = step(right[place], chance, Symbol(f"v{n}"))
        if done is not None and len(right) + len(done) <= 4 and all(len(p.ranges) <= 6 for p in done):
            right[place:place + 1] = done
            names.append(step.__name__)
    chance.shuffle(right)
    return replace(identity, right=tuple(right), steps=(*identity.steps, *names))


# -- mutations ------------------------------------------------------------------------------------------------


def _other_index(piece: Piece, chance: random.Random, change: Callable[[Polynomial], Polynomial]) -> Piece:
    n = chance.randrange(len(piece.reads))
    read = piece.reads[n]
    position = chance.randrange(len(read.indices))
    indices = (*read.indices[:position], change(read.indices[position]), *read.indices[position + 1:])
    return replace(piece, reads=(*piece.reads[:n], Read(read.tensor, indices), *piece.reads[n + 1:]))


def _changed_bound(piece: Piece, chance: random.Random, by: int | None) -> Piece | None:
    if (found := pick(piece, chance)) is None:
        return None
    place, r = found
    side = chance.choice(("lower", "upper"))
    old = getattr(r, side)
    return None if old is None else piece.without(place, replace(r, **{side: None if by is None else old + by}))


def _dropped(conditions: tuple[Polynomial, ...], chance: random.Random) -> tuple[Polynomial, ...]:
    n = chance.randrange(len(conditions))
    return (*conditions[:n], *conditions[n + 1:])


def _without_slope(p: Polynomial, chance: random.Random) -> Polynomial:
    slopes = [m for m, c in p.terms.items() if m and (abs(c) > 1 or len(m) > 1) and any(
        not s.is_size for s, _ in m)]
    if not slopes:
        return p
    m = chance.choice(slopes)
    kept = tuple(f for f in m if not f[0].is_size)
    return p - Polynomial({m: p.terms[m]}) + Polynomial({kept: 1 if p.terms[m] > 0 else -1})


def _swapped_axes(piece: Piece, chance: random.Random) -> Piece | None:
    n = chance.randrange(len(piece.reads))
    indices = list(piece.reads[n].indices)
    if len(indices) < 2:
        return None
    a, b = chance.sample(range(len(indices)), 2)
    indices[a], indices[b] = indices[b], indices[a]
    return replace(piece, reads=(*piece.reads[:n], Read(piece.reads[n].tensor, tuple(indices)), *piece.reads[n + 1:]))


MUTATIONS: dict[str, Callable[[Piece, random.Random], Piece | None]] = {
    "index": lambda p, c: _other_index(p, c, lambda i: i + c.choice((-1, 1))),
    "reversed index": lambda p, c: _other_index(p, c, lambda i: -i),
    "stride or dilation": lambda p, c: _other_index(p, c, lambda i: _without_slope(i, c)),
    "padding": lambda p, c: _other_index(p, c, lambda i: Polynomial(
        {m: k for m, k in i.terms.items() if any(not s.is_size for s, _ in m)})),
    "swapped indices": _swapped_axes,
    "sign": lambda p, c: replace(p, coefficient=-p.coefficient),
    "factor": lambda p, c: replace(p, coefficient=p.coefficient * c.choice((2, Fraction(1, 2)))),
    "coefficient": lambda p, c: replace(p, coefficient=p.coefficient + 1) if p.coefficient != -1 else None,
    "weight": lambda p, c: replace(p, weight=p.weight + c.choice((-1, 1))) if p.weight not in (P(1), P(-1)) else None,
    "bound": lambda p, c: _changed_bound(p, c, c.choice((-1, 1))),
    "dropped bound": lambda p, c: _changed_bound(p, c, None),
    "dropped guard": lambda p, c: replace(p, inequalities=_dropped(p.inequalities, c)) if p.inequalities else None,
    "dropped delta": lambda p, c: replace(p, equations=_dropped(p.equations, c)) if p.equations else None,
    "guard": lambda p, c: replace(p, inequalities=(p.inequalities[0] + c.choice((-1, 1)), *p.inequalities[1:]))
    if p.inequalities else None,
    "delta": lambda p, c: replace(p, equations=(p.equations[0] + c.choice((-1, 1)), *p.equations[1:]))
    if p.equations else None,
}


def mutation(identity: Identity, chance: random.Random) -> tuple[str, Identity]:
    """The identity with one thing changed on the right side, and what it was."""
    while True:
        name = chance.choice(list(MUTATIONS))
        place = chance.randrange(len(identity.right))
        changed = MUTATIONS[name](identity.right[place], chance)
        if changed is None or changed == identity.right[place] or not _finite(changed):
            continue
        return name, replace(identity, right=(*identity.right[:place], changed, *identity.right[place + 1:]))


def _finite(piece: Piece) -> bool:
    """Whether every summation variable is held: by bounds, or by a read or an equation with held ones."""
    waiting = {r.variable for r in piece.ranges if r.lower is None or r.upper is None}
    ties = [i.symbols for r in piece.reads for i in r.indices] + [e.symbols for e in piece.equations]
    ties += [p.symbols for p in piece.inequalities if sum(q.symbols == p.symbols for q in piece.inequalities) > 1]
    while found := {v for v in waiting for tie in ties if tie & waiting == {v}}:
        waiting -= found
    return not waiting


# -- counts ---------------------------------------------------------------------------------------------------


@dataclass
class Counts:
    """What became of the random claims."""

    identities: int = 0
    padded_with_stride_or_dilation: int = 0
    two_dimensional: int = 0
    symbolic: int = 0
    proved: int = 0
    not_proved: list[str] = field(default_factory=list)
    mutations: int = 0
    false: int = 0
    flagged: int = 0
    conditional: int = 0
    harmless: int = 0
    wrongly_proved: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    wrongly_refuted: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        share = 100 / max(self.identities, 1)
        return (f"{self.proved} of {self.identities} right identities proved "
                f"({self.padded_with_stride_or_dilation * share:.0f} % with stride or dilation and padding, "
                f"{self.two_dimensional * share:.0f} % in 2-D with channels, {self.symbolic * share:.0f} % symbolic); "
                f"{self.flagged} of {self.false} false mutations flagged, {self.conditional} of them with a condition, "
                f"{self.harmless} harmless ones; wrongly proved {len(self.wrongly_proved)}, wrongly refuted "
                f"{len(self.wrongly_refuted)}; {self.seconds:.0f} s")


def count_identities(number: int, seed: int, counts: Counts) -> None:
    """Prove random right identities; each is compared with enumeration at a few sizes first."""
    chance, began = random.Random(seed), time.process_time()
    for n in range(number):
        identity = right_identity(chance)
        assert first_difference(identity, 3) is None, f"identity {n} is not right: {identity.steps}"
        counts.identities += 1
        counts.padded_with_stride_or_dilation += identity.geometry != "plain" and identity.padded
        counts.two_dimensional += identity.two_dimensional
        counts.symbolic += identity.geometry == "symbolic"
        claim = identity.claim(chance)
        try:
            counts.proved += equal(claim).rule == "guarded sums"
        except StepError:
            counts.not_proved.append(f"{n}: {decide(claim, conditions=False).verdict}, {identity.family}, "
                                     f"{identity.geometry}, {', '.join(identity.steps)}")
    counts.seconds += time.process_time() - began


def count_mutations(number: int, seed: int, counts: Counts, conditions_every: int = 10) -> None:
    """Decide random mutations, and hold every verdict against enumeration."""
    chance, began = random.Random(seed), time.process_time()
    for n in range(number):
        identity = right_identity(chance, 2)
        while identity.geometry == "symbolic" and identity.two_dimensional:
            identity = right_identity(chance, 2)     # 81 literal strides and dilations to look through: slow
        name, changed = mutation(identity, chance)
        different = first_difference(changed, 40, n) is not None
        answer = decide(changed.claim(chance), conditions=n % conditions_every == 0)
        found = answer.counterexample
        if found is not None and not different:
            by_name = {s.name: s for s in changed.sizes}
            sizes = {by_name[s]: v for s, v in found.sizes.items()}
            different = any(differs_at(changed, sizes, seed) for seed in range(3))
        counts.mutations += 1
        counts.false += different
        counts.harmless += not different
        flagged = answer.verdict in (Verdict.REFUTED, Verdict.CONDITIONAL)
        counts.flagged += different and flagged
        counts.conditional += answer.verdict is Verdict.CONDITIONAL
        told = f"{n}: {name}, {changed.family}, {', '.join(changed.steps)}: {answer.verdict}"
        if different and answer.verdict is Verdict.PROVED:
            counts.wrongly_proved.append(told)
        elif different and not flagged:
            counts.missed.append(told)
        elif flagged and not different:
            counts.wrongly_refuted.append(f"{told} {found}")
    counts.seconds += time.process_time() - began


def main() -> None:
    counts = Counts()
    count_identities(500, 2026, counts)
    count_mutations(500, 2027, counts)
    print(counts)
    for told in (*counts.not_proved, *counts.wrongly_proved, *counts.missed, *counts.wrongly_refuted):
        print(" ", told)


if __name__ == "__main__":
    main()
