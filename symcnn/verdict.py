"""Verdicts: prove, or refute with the smallest counterexample and say under which condition the line holds."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symcnn.counterexample import (
    Counterexample, Failures, Search, all_sizes, counterexample, is_satisfiable, without_derivatives,
)
from symcnn.errors import StepError, WitnessError
from symcnn.kernel.cells import normal_cells
from symcnn.kernel.terms import Expander
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.theorem import Theorem
from symcnn.kernel.zero import thorough
from symcnn.notation.expression import Axis, Definition, Equation, Expression
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.scope import scope_faults
from symcnn.words import Verdict as Verdict


NOWHERE = "no sizes were found that satisfy the assumptions and give every index a place"


@dataclass(frozen=True)
class Answer:
    """A verdict with its evidence: the theorem, or the counterexample and the condition that would save it."""

    verdict: Verdict
    claim: Claim
    theorem: Theorem | None = None
    counterexample: Counterexample | None = None
    condition: str = ""
    reason: str = ""
    milliseconds: float = 0.0


def decide(claim: Claim, using: Sequence[tuple[Equation, Expression]] = (), *, conditions: bool = True) -> Answer:
    """The verdict on a claim. `conditional`: false in general, proved under the condition that is shown."""
    began = time.perf_counter()

    def answer(verdict: Verdict, **more: object) -> Answer:
        return Answer(verdict, claim, milliseconds=1000 * (time.perf_counter() - began), **more)  # type: ignore[arg-type]

    if not is_satisfiable(claim):
        return answer(Verdict.UNDECIDED, reason=NOWHERE)
    try:
        return answer(Verdict.PROVED, theorem=equal(claim, using, ("isl",)))
    except StepError:
        # Entries that refute must satisfy the hypotheses; with hypotheses none are looked for.
        search = Search(claim)
        found = None if using else counterexample(claim, search)
    if found is None:
        # The nonlinear solver last: it is slow where there is something to refute.
        try:
            return answer(Verdict.PROVED, theorem=equal(claim, using))
        except StepError as error:
            return answer(Verdict.UNDECIDED, reason=f"{error}, and no counterexample was found")
    reason = "; ".join(scope_faults(claim.left, claim.right))
    if conditions:
        saved = list(saving_conditions(claim, search.failures()))
        if saved:
            return answer(Verdict.CONDITIONAL, counterexample=found, reason=reason,
                          theorem=saved[0].theorem, condition="; or ".join(s.sentence for s in saved))
    return answer(Verdict.REFUTED, counterexample=found, reason=reason)


def prove(left: Expression, right: Expression, definitions: Iterable[Definition] = (),
          assumptions: Iterable[Polynomial] = (), using: Sequence[tuple[Equation, Expression]] = (),
          ranges: Iterable[tuple[Symbol, Axis]] = ()) -> Theorem:
    """The theorem left = right, for all sizes; StepError with a counterexample if it is false.

    `using` are hypotheses with multipliers: left − right = Σ multiplier·(hypothesis left − right).
    `ranges` gives the axes of free indices that stand bare in no read of the left side.
    """
    claim = Claim(left, right, tuple(definitions), tuple(assumptions), tuple(ranges))
    if not is_satisfiable(claim):
        raise StepError(NOWHERE)
    try:
        return equal(claim, using)
    except StepError as error:
        answer = decide(claim, using)
        if answer.verdict is Verdict.PROVED:
            raise WitnessError("a claim was refused and proved in one go") from error
        detail = f"\n  counterexample: {answer.counterexample}" if answer.counterexample else ""
        named = f"\n  {answer.reason}" if answer.reason else ""
        saved = f"\n  {answer.condition}" if answer.condition else ""
        raise StepError(f"{error}: {answer.verdict}{named}{detail}{saved}") from None


@dataclass(frozen=True)
class Condition:
    """A substitution under which a false claim is proved, and what is known outside of it."""

    theorem: Theorem
    sentence: str


def saving_conditions(claim: Claim, failures: Sequence[Failures]) -> Iterator[Condition]:
    """Usual restrictions under which the claim is proved and the layer is not empty."""
    claim = without_derivatives(claim)
    single = list(_restrictions(all_sizes(claim)))
    found = False
    for text, values in single:
        condition = _under(claim, failures, text, values)
        if condition is not None:
            found = True
            yield condition
    if found:
        return
    unit = [(t, v) for t, v in single if all(p.is_constant for p in v.values())]
    for (first, a), (second, b) in itertools.combinations(unit, 2):
        condition = _under(claim, failures, f"{first} and {second}", {**a, **b})
        if condition is not None:
            yield condition
            return


def _restrictions(sizes: Sequence[Symbol]) -> Iterator[tuple[str, dict[Symbol, Polynomial]]]:
    """Every stem at its least value; extents odd; one stem equal to another."""
    stems: dict[str, list[Symbol]] = {}
    for s in sizes:
        stems.setdefault(re.sub(r"[\d']+$", "", s.name), []).append(s)
    for members in stems.values():
        least = members[0].lower or 0
        if all(s.lower == least for s in members):
            yield (" = ".join(s.name for s in members) + f" = {least}",
                   {s: polynomial(least) for s in members})
    for a, b in itertools.combinations(stems.values(), 2):
        if len(a) == len(b) and all(x.lower == y.lower for x, y in zip(a, b, strict=True)):
            yield (" and ".join(f"{x.name} = {y.name}" for x, y in zip(a, b, strict=True)),
                   {y: polynomial(x) for x, y in zip(a, b, strict=True)})
    for stem, members in stems.items():
        if all(s.lower == 1 for s in members):
            halves = [_half(s, sizes) for s in members]
            yield (f"odd {' and '.join(s.name for s in members)}" if stem else "odd",
                   {s: 2 * polynomial(h) + 1 for s, h in zip(members, halves, strict=True)})


def _half(size: Symbol, sizes: Sequence[Symbol]) -> Symbol:
    """A new size h for 2h + 1, with a name of its own."""
    name, taken = f"half_{size.name}", {s.name for s in sizes}
    while name in taken:
        name += "'"
    return Symbol(name, 0)


def _under(claim: Claim, failures: Sequence[Failures], text: str, values: Mapping[Symbol, Polynomial],
           ) -> Condition | None:
    if any(_still_fails(f, values) for f in failures if f.certain):
        return None
    try:
        special = claim.substitute(values)
        if not _has_points(special):
            return None
        theorem = equal(special, procedures=("isl", "products"))
    except (StepError, ZeroDivisionError):
        return None
    sentence = f"proved for {text}"
    if all(p.is_constant for p in values.values()) and _fails_elsewhere(failures, values):
        names = [s.name for s in values]
        others = f"every {names[0]} ≥ {(next(iter(values)).lower or 0) + 1}" if len(names) == 1 else \
            f"all other {', '.join(names)}"
        sentence += f"; for {others} there are sizes where it fails"
    return Condition(theorem, sentence)


def _still_fails(failures: Failures, values: Mapping[Symbol, Polynomial]) -> bool:
    """Whether some failing point satisfies the condition."""
    translation, literal = failures.translation, {s: polynomial(v) for s, v in failures.literal.items()}
    conditions = []
    for symbol, value in values.items():
        difference = (polynomial(symbol) - value).substitute(literal)
        half = next((m[0][0] for m, c in value.terms.items() if m and c == 2), None)
        if half is not None:
            rest = difference.substitute({half: polynomial(0)})
            if rest.is_constant:
                if rest.constant % 2 or rest.constant < 0:
                    return False
            elif translation.expressible(rest):
                conditions.append(f"({translation.text(rest)}) mod 2 = 0")
            continue
        if difference.is_constant:
            if difference.constant:
                return False
        elif translation.expressible(difference):
            conditions.append(f"{translation.text(difference)} = 0")
        # A size that the failing set does not speak of can take any value.
    within = translation.set(conditions)
    return any(not piece.intersect(within).is_empty() for piece, _ in failures.pieces)


def _has_points(claim: Claim) -> bool:
    """Whether a side has terms at all: a condition that empties the layer saves nothing."""
    expander = Expander({d.tensor: d for d in claim.definitions})
    terms = expander.expand(claim.left, {}) + expander.expand(claim.right, {})
    cells = (cell for t in terms for cell in normal_cells(claim.limits.times(t)))
    return is_satisfiable(claim) and any(thorough(dict([cell])) for cell in cells)


def _fails_elsewhere(failures: Sequence[Failures], values: Mapping[Symbol, Polynomial]) -> bool:
    """Whether the failures, projected onto the condition's symbols, cover everything outside of it."""
    import islpy

    symbols = sorted(values)
    names = [f"c{i}" for i in range(len(symbols))]
    context = islpy.Context()

    def region(conditions: Iterable[str]) -> Any:
        return islpy.Set.read_from_str(context, f"{{ [{', '.join(names)}] : {' and '.join(conditions)} }}")

    rest = region(f"{n} >= {s.lower or 0}" for n, s in zip(names, symbols, strict=True))
    rest = rest.subtract(region(f"{n} = {values[s].constant}" for n, s in zip(names, symbols, strict=True)))
    if not all(f.certain for f in failures):
        return False
    for f in failures:
        sizes = f.translation.sizes
        if not set(symbols) <= set(sizes):
            continue
        for piece, _ in f.pieces:
            image = piece.move_dims(islpy.dim_type.set, 0, islpy.dim_type.param, 0, len(sizes))
            for place in reversed(range(image.dim(islpy.dim_type.set))):
                if place >= len(sizes) or sizes[place] not in values:
                    image = image.project_out(islpy.dim_type.set, place, 1)
            rest = rest.subtract(islpy.Set.read_from_str(context, str(image)))
    return bool(rest.is_empty())
