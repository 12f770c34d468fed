"""The smallest sizes and entries at which an equation fails, evaluated exactly.

The kernel's cells say where the two sides can differ; isl gives the point with the least total size, then
the lexicographically least sizes. There the entries of one monomial are set to 1 and all others to 0, and
both sides are evaluated by enumeration. Nothing is called a counterexample unless the values differ.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symcnn.errors import StepError, UsageError
from symcnn.kernel.derivative import derivative
from symcnn.kernel.guards import Empty, normal_equation, tighten
from symcnn.kernel.cells import MOST_ORDERS, Cell, NormalForm, add_to
from symcnn.kernel.claim import Claim, needed_definitions
from symcnn.kernel.signs import NonZero
from symcnn.kernel.zero import Reads, Translation, by_reads, merged, offending, orders, symmetrized, thorough
from symcnn.notation.evaluate import Evaluator, different, show
from symcnn.notation.expression import (
    Apply, Axis, Definition, Derivative, Expression, Tensor, children, expression, rebuild, walk,
)
from symcnn.notation.traverse import sizes_in, tensors_in
from symcnn.notation.polynomial import Polynomial, Symbol, nonnegative, polynomial

LITERALS = 3          # for conditions, nonlinear sizes (stride, dilation) are tried at their least values
MOST_LITERAL = 4
MOST_CHOICES = 400
FURTHEST = 6          # how far above their lower bounds nonlinear sizes are looked at before giving up
BOX = 8               # where an index without a range is looked at
TRIES = 600           # draws of sizes
DRAWS = 40            # draws of sizes until they satisfy the assumptions
LARGER = 5            # so far above their least values sizes are drawn of which assumptions speak
PLACES = 12           # draws of free indices
NEAR = 3              # indices from the beginning of an axis, drawn half of the time
MOST_ZEROS = 6        # entries that are 0 and are shown
MOST_DRAWN = 64       # so many random entries are made plainer one by one
SMALL, NONZERO = (-2, -1, 0, 1, 2, 3), (-3, -2, -1, 1, 2, 3)
AT_KINKS = (-1, 0, 1)
PROPER = tuple(Fraction(n, d) for n, d in ((1, 2), (1, 3), (2, 3), (1, 4), (3, 4)))
"""Entries for claims that have no value at whole numbers, as log p + log (1 − p)."""


@dataclass(frozen=True)
class Counterexample:
    """Sizes, index values and entries (all others 0) at which the two sides differ.

    `zeros` are those of the other entries that a person should see: numbers without an index, and where nothing else
    is named some entries.
    """

    sizes: dict[str, int]
    indices: dict[str, int]
    entries: Mapping[str, int | Fraction]
    left: str
    right: str
    zeros: tuple[str, ...] = ()

    def __str__(self) -> str:
        sizes = ", ".join(f"{n} = {v}" for n, v in self.sizes.items())
        at = ", ".join(f"{n} = {v}" for n, v in self.indices.items())
        entries = ", ".join(f"{n} = {v}" for n, v in self.entries.items()) or "all entries 0"
        return f"sizes {sizes or 'none'}; at {at or 'no index'}; {entries}: left {self.left}, right {self.right}"


@dataclass(frozen=True)
class Point:
    """Where a monomial's coefficient is not zero: values of sizes, free indices and read coordinates."""

    total: int
    sizes: tuple[tuple[Symbol, int], ...]
    values: Mapping[Symbol, int]
    reads: Reads


@dataclass(frozen=True)
class Failures:
    """For one group of reads and one literal choice: exact, disjoint sets of points where the sides differ.

    `certain` says that the sides differ at every point: all that the claim reads are entries of tensors, and
    no coefficient can vanish by chance.
    """

    reads: Reads
    literal: dict[Symbol, int]
    translation: Translation
    pieces: list[Any]
    certain: bool


def is_satisfiable(claim: Claim) -> bool:
    """Whether there are sizes that satisfy the assumptions at which every index has a place on its axis.

    Where too many sizes multiply to find some: unless isl shows that there are none.
    """
    ranges = tuple((s, a) for s, a in claim.indices if a is not None and not _has_places(a))
    if not (claim.assumptions or ranges):
        return True
    search = Search(Claim(expression(1), expression(0), (), claim.assumptions, ranges))
    if all(symbols is not None for symbols in search.symbols):
        return any(True for _ in search.points())
    weak = offending(dict(pair for _, group in search.groups for pair in group.items()), claim.assumptions,
                     linearize=True)
    return weak is None or bool(weak[1])


def _has_places(axis: Axis) -> bool:
    """Whether an axis has an index at all sizes, by its form."""
    return axis.base is None or axis.upper is None or nonnegative(axis.upper - axis.coefficient * axis.base)


class Search:
    """Where a claim fails, worked out group by group and only as far as it is asked for."""

    def __init__(self, claim: Claim) -> None:
        self.ties: list[NonZero] = []
        self.claim = without_derivatives(claim, self.ties)
        self.sizes = all_sizes(self.claim)
        self.known: dict[tuple[int, tuple[tuple[Symbol, int], ...]], Failures | None] = {}
        try:
            form = self.claim.expander(("isl",)).normal_form(self.claim.left - self.claim.right,
                                                             limits=self.claim.limits)
        except StepError:
            form = {}
        self.groups = [(reads, thin) for reads, group in by_reads(form).items() if (thin := thorough(merged(group)))]
        self.plain = all(isinstance(atom, Tensor) for reads, _ in self.groups for atom, _ in reads)
        self.symbols = [literal_symbols(thin, self.claim.assumptions) for _, thin in self.groups]

    def at(self, group: int, values: Sequence[int]) -> Failures | None:
        """The failures of one group where its nonlinear sizes have these values; None if there are none."""
        symbols = self.symbols[group]
        assert symbols is not None
        literal = dict(zip(symbols, values, strict=True))
        key = (group, tuple(literal.items()))
        if key not in self.known:
            reads, thin = self.groups[group]
            by = {s: polynomial(v) for s, v in literal.items()}
            assumptions = [a.substitute(by) for a in self.claim.assumptions]
            exact = offending(symmetrized(specialized(thin, literal)), assumptions)
            self.known[key] = None if exact is None or not exact[1] else Failures(
                reads, literal, *exact, self.plain and orders(reads) <= MOST_ORDERS and all(
                    c.is_constant or c.is_affine for _, c in exact[1]))
        return self.known[key]

    def failures(self) -> list[Failures]:
        """The failures at the least values of the nonlinear sizes."""
        found = []
        for group, symbols in enumerate(self.symbols):
            if symbols is not None:
                for values in itertools.product(*([(s.lower or 0) + n for n in range(LITERALS)] for s in symbols)):
                    found.append(self.at(group, values))
        return [f for f in found if f is not None]

    def points(self) -> Iterator[Point]:
        """The least points of the failing sets, until no smaller total is possible."""
        lowest = sum(s.lower or 0 for s in self.sizes)
        best: int | None = None
        choices = 0
        for extra in itertools.count():
            if (best is None and extra > FURTHEST) or (best is not None and lowest + extra > best):
                return
            for group, symbols in enumerate(self.symbols):
                if symbols is None or (extra and not symbols):
                    continue
                for split in _compositions(extra, len(symbols)):
                    choices += 1
                    if choices > MOST_CHOICES:
                        return
                    failures = self.at(group, [(s.lower or 0) + e for s, e in zip(symbols, split, strict=True)])
                    if failures is None:
                        continue
                    for piece, _ in failures.pieces:
                        point = self.least_point(failures, piece)
                        if point is not None:
                            best = point.total if best is None else min(best, point.total)
                            yield point

    def least_point(self, failures: Failures, piece: Any) -> Point | None:
        """isl's lexicographic minimum with the total size as the first coordinate."""
        import islpy

        translation = failures.translation
        count = len(translation.sizes)
        moved = piece.move_dims(islpy.dim_type.set, 0, islpy.dim_type.param, 0, count)
        moved = moved.insert_dims(islpy.dim_type.set, 0, 1)
        space = islpy.LocalSpace.from_space(moved.get_space())
        total = islpy.Constraint.alloc_equality(space).set_coefficient_val(
            islpy.dim_type.set, 0, islpy.Val(-1, translation.context))
        for place in range(count):
            total = total.set_coefficient_val(islpy.dim_type.set, place + 1, islpy.Val(1, translation.context))
        moved = moved.add_constraint(total)
        least = _lexmin(moved, 1 + count, translation.context)
        if least is None:
            return None
        numbers = [int(str(least.get_coordinate_val(islpy.dim_type.set, place)))
                   for place in range(1 + count + len(translation.coordinates))]
        values = dict(zip([*translation.sizes, *translation.coordinates], numbers[1:], strict=True))
        sizes = {s: (s.lower or 0) for s in self.sizes} | failures.literal
        sizes |= {s: v for s, v in values.items() if s.is_size}
        return Point(sum(sizes.values()), tuple(sorted(sizes.items())),
                     {s: v for s, v in values.items() if not s.is_size}, failures.reads)


def _lexmin(points: Any, first: int, context: Any) -> Any:
    """The lexicographic minimum; indices without a range (from place `first` on) are kept in a box."""
    import islpy

    def within(low: int) -> Any:
        boxed = points
        for place in range(first, points.dim(islpy.dim_type.set)):
            boxed = boxed.lower_bound_val(islpy.dim_type.set, place, islpy.Val(low, context))
            boxed = boxed.upper_bound_val(islpy.dim_type.set, place, islpy.Val(BOX, context))
        return boxed

    try:
        return points.lexmin().sample_point()
    except islpy.Error:
        for low in (0, -BOX):
            boxed = within(low)
            if not boxed.is_empty():
                return boxed.lexmin().sample_point()
    return None


def counterexample(claim: Claim, search: Search | None = None) -> Counterexample | None:
    """The smallest counterexample found; None says nothing about the truth of the claim.

    A claim with derivatives at kinks (relu) is not refuted: it need not hold at a tie.
    """
    search = search or Search(claim)
    if search.ties:
        return None
    for point in sorted(search.points(), key=lambda p: (p.total, [v for _, v in p.sizes])):
        found = _at_point(search.claim, point)
        if found is not None:
            return found
    return _by_search(search.claim)


def without_derivatives(claim: Claim, ties: list[NonZero] | None = None) -> Claim:
    """The claim with every ∂/∂ computed, so that it can be evaluated; `ties` collects what must not be 0."""
    definitions = {d.tensor: d for d in claim.definitions}

    def visit(node: Expression) -> Expression:
        if isinstance(node, Derivative):
            return visit(derivative(node.expression, node.by, definitions, ties))
        return rebuild(node, tuple(visit(c) for c in children(node)))

    worked_out = tuple(Definition(d.tensor, d.indices, visit(d.body)) for d in claim.definitions)
    return Claim(visit(claim.left), visit(claim.right), worked_out, claim.assumptions,
                 tuple((s, a) for s, a in claim.indices if a is not None))


def all_sizes(claim: Claim) -> list[Symbol]:
    found = sizes_in(claim.left) | sizes_in(claim.right)
    found |= {s for _, axis in claim.indices if axis is not None for s in axis.symbols}
    needed = needed_definitions(claim.definitions, [*tensors_in(claim.left), *tensors_in(claim.right)])
    found |= {s for d in needed for s in sizes_in(d.body) | d.tensor.symbols}
    return sorted(found | {s for a in claim.assumptions for s in a.symbols})


def literal_symbols(form: NormalForm, assumptions: Sequence[Polynomial]) -> list[Symbol] | None:
    """The sizes that must be numbers for all conditions to be affine; None if there is no such choice."""
    conditions = [p for cell in form for p in (*cell.equations, *cell.inequalities)]
    nonlinear = {m for p in (*conditions, *assumptions) for m in p.terms if sum(abs(e) for _, e in m) > 1}
    chosen: list[Symbol] = []
    while nonlinear:
        counts: dict[Symbol, int] = {}
        for m in nonlinear:
            for s, _ in m:
                if s.is_size:
                    # What multiplies an index (stride, dilation) goes first, extents stay symbolic.
                    counts[s] = counts.get(s, 0) + (100 if any(not t.is_size for t, _ in m) else 1)
        if not counts or len(chosen) == MOST_LITERAL:
            return None
        best = max(sorted(counts, reverse=True), key=lambda s: counts[s])
        chosen.append(best)
        reduced = {tuple(f for f in m if f[0] != best) for m in nonlinear}
        nonlinear = {m for m in reduced if sum(abs(e) for _, e in m) > 1}
    return chosen


def literal_choices(form: NormalForm, assumptions: Sequence[Polynomial]) -> Iterator[dict[Symbol, int]]:
    """The least values of those sizes, in all combinations."""
    chosen = literal_symbols(form, assumptions)
    if chosen is not None:
        for values in itertools.product(*([(s.lower or 0) + n for n in range(LITERALS)] for s in chosen)):
            yield dict(zip(chosen, values, strict=True))


def specialized(form: NormalForm, values: Mapping[Symbol, int]) -> NormalForm:
    """A normal form at literal values of some sizes."""
    by = {s: polynomial(v) for s, v in values.items()}
    result: NormalForm = {}
    for cell, coefficient in form.items():
        try:
            image = Cell(cell.reads, frozenset(e for e in (normal_equation(e.substitute(by))
                                                           for e in cell.equations) if e),
                         frozenset(tighten(p.substitute(by)) for p in cell.inequalities), cell.hidden)
        except Empty:
            continue
        add_to(result, image, coefficient.substitute(by))
    return result


def _at_point(claim: Claim, point: Point) -> Counterexample | None:
    """Set the entries of the monomial to 1; if that does not tell the sides apart, small random entries."""
    sizes = dict(point.sizes)
    env: dict[Symbol, int] = {}
    for symbol, axis in claim.indices:
        given = point.values.get(symbol)
        env[symbol] = given if given is not None else next(iter(places(axis, sizes)), 0)
    ones: dict[tuple[Tensor, tuple[int, ...]], int] = {}
    plain = all(isinstance(atom, Tensor) for atom, _ in point.reads)
    for r, (atom, _) in enumerate(point.reads):
        if isinstance(atom, Tensor):
            at = tuple(point.values.get(Symbol(f"{r}.{a}"), 0) for a in range(len(atom.axes)))
            ones[atom, at] = 1
    # A monomial such as X[a]·X[b] with coefficients that cancel at ones shows at 1, 2, 3 …
    distinct = {key: n for n, key in enumerate(ones, start=1)}
    for entries in ((ones, distinct) if plain else ()):
        found = compare(claim, sizes, env, entries)
        if found is not None:
            return found
    chance = random.Random(0)
    for _ in range(6):
        found = compare(claim, sizes, env, None, chance)
        if found is not None:
            return found
    return None


def _by_search(claim: Claim) -> Counterexample | None:
    """Small sizes in order of their total; then sizes drawn at random, made smaller as long as the sides differ."""
    sizes, chance = all_sizes(claim), random.Random(1)
    lowest = {s: s.lower or 0 for s in sizes}
    splits = (split for extra in range(8) for split in _compositions(extra, len(sizes)))
    for split in itertools.islice(splits, TRIES // 4):
        found = _at_sizes(claim, {s: lowest[s] + e for s, e in zip(sizes, split, strict=True)}, chance)
        if found is not None:
            return found
    for n in range(TRIES):
        values = {s: lowest[s] + chance.randint(0, 2 + 6 * n // TRIES) for s in sizes}
        found = _at_sizes(claim, values, chance)
        if found is not None:
            return _made_smaller(claim, values, found, chance)
    return None


def trials(claim: Claim, number: int, seed: int = 1, *, off_ties: bool = False,
           plain: bool = True) -> tuple[Counterexample | None, int]:
    """Both sides at so many random places with random entries, evaluated exactly: a difference, or how many agree.

    Sizes are small, and so are indices half of the time; a difference is shown at sizes made as small as they can be
    one by one. Where both sides are 0 they say nothing and are not counted, and at most half of what is counted is
    at the same sizes. Of places where a function with a kink has 0 as its argument nothing is said if `off_ties`.
    Where only counts whether there is a difference, and not how it looks, it need not be a `plain` one.
    """
    ties: list[NonZero] = []
    claim = without_derivatives(claim, ties)
    sizes, chance, agreed = all_sizes(claim), random.Random(seed), 0
    if ties:
        return None, 0
    met: Counter[tuple[int, ...]] = Counter()
    functions = {p.function for side in (claim.left, claim.right, *(d.body for d in claim.definitions))
                 for p in walk(side) if isinstance(p, Apply)}
    logarithms, kinks = "log" in functions, bool(functions & {"relu", "step", "sign"})
    for n in range(4 * number):
        for draw in range(DRAWS):
            values = {s: (s.lower or 0) + chance.randint(0, 1 + n * 3 // (4 * number) + draw // 10) for s in sizes}
            if all(a.evaluate(values) >= 0 for a in claim.assumptions):
                break
        else:
            continue
        axes = [(s, places(axis, values)) for s, axis in claim.indices]
        if not all(inside for _, inside in axes):
            continue
        env = {s: chance.choice(inside[:NEAR] if n % 4 < 2 else inside) for s, inside in axes}
        evaluated: list[bool] = []
        drawn_from: Sequence[int | Fraction] = NONZERO if n % 2 else SMALL
        if logarithms and n >= number and not met:
            drawn_from = PROPER
        if kinks and n % 2:
            # 1 for z ≥ 1 and 0 for z < 0 differs from 1 for z > 0 between whole numbers, and from 1 for z ≥ 0 at 0.
            drawn_from = PROPER if n % 4 == 3 else AT_KINKS
        found = compare(claim, values, env, None, chance, drawn_from, evaluated, off_ties=off_ties, plain=plain)
        if found is not None:
            return _made_smaller(claim, values, found, chance, off_ties) if plain else found, agreed
        if any(evaluated):
            here = tuple(values.values())
            met[here] += 1
            agreed += not here or met[here] <= number // 2
        if agreed >= number:
            break
    if agreed and claim.assumptions:
        found = _at_larger_sizes(claim, sizes, number, chance, off_ties)
        if found is not None:
            return _made_smaller(claim, {s: found.sizes[s.name] for s in sizes}, found, chance, off_ties), agreed
    return None, agreed


def _at_larger_sizes(claim: Claim, sizes: Iterable[Symbol], number: int, chance: random.Random,
                     off_ties: bool) -> Counterexample | None:
    """A difference at sizes further apart: M = ⌊(N − K)/s⌋ + 1 is 1 at most of the small ones."""
    for n in range(number):
        for _ in range(DRAWS):
            values = {s: (s.lower or 0) + chance.randint(0, LARGER) for s in sizes}
            if all(a.evaluate(values) >= 0 for a in claim.assumptions):
                break
        else:
            return None
        axes = [(s, places(axis, values)) for s, axis in claim.indices]
        if all(inside for _, inside in axes):
            env = {s: chance.choice(inside) for s, inside in axes}
            found = compare(claim, values, env, None, chance, NONZERO if n % 2 else SMALL, off_ties=off_ties)
            if found is not None:
                return found
    return None


def places(axis: Axis | None, sizes: Mapping[Symbol, int], beyond: int = 3) -> Sequence[int]:
    """The indices on an axis at these sizes; of one without end so many, of all integers some on both sides of 0."""
    if axis is None or (axis.base is None and axis.upper is None):
        return [*range(beyond), *range(-1, -beyond, -1)]
    if axis.upper is None:
        assert axis.base is not None
        first = int(axis.base.evaluate(sizes))
        return range(first, first + beyond)
    if axis.base is None:
        last = int(axis.upper.evaluate(sizes)) // int(axis.coefficient.evaluate(sizes))
        return range(last, last - beyond, -1)
    return axis.indices(sizes)


def _made_smaller(claim: Claim, values: dict[Symbol, int], found: Counterexample,
                  chance: random.Random, off_ties: bool = False) -> Counterexample:
    """One size after the other lowered by 1 until no step keeps the sides apart."""
    lowered = True
    while lowered:
        lowered = False
        for s in values:
            if values[s] > (s.lower or 0):
                closer = _at_sizes(claim, values | {s: values[s] - 1}, chance, off_ties)
                if closer is not None:
                    values, found, lowered = values | {s: values[s] - 1}, closer, True
    return found


def _at_sizes(claim: Claim, values: Mapping[Symbol, int], chance: random.Random,
              off_ties: bool = False) -> Counterexample | None:
    """Both sides at these sizes, with random entries: at every place if they are few, else at some."""
    if any(a.evaluate(values) < 0 for a in claim.assumptions):
        return None
    axes = [(s, places(axis, values)) for s, axis in claim.indices]
    if all(r for _, r in axes):
        choices = (itertools.product(*(r for _, r in axes)) if math.prod(len(r) for _, r in axes) <= PLACES
                   else (tuple(chance.choice(r) for _, r in axes) for _ in range(PLACES)))
        for choice in choices:
            env = dict(zip((s for s, _ in axes), choice, strict=True))
            for entries in (NONZERO, SMALL):
                found = compare(claim, values, env, None, chance, entries, off_ties=off_ties)
                if found is not None:
                    return found
    return None


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 0:
        if total == 0:
            yield ()
        return
    for first in range(total + 1):
        for rest in _compositions(total - first, parts - 1):
            yield (first, *rest)


def compare(claim: Claim, sizes: Mapping[Symbol, int], env: Mapping[Symbol, int],
            entries: Mapping[tuple[Tensor, tuple[int, ...]], int | Fraction] | None,
            chance: random.Random | None = None, drawn_from: Sequence[int | Fraction] = SMALL,
            evaluated: list[bool] | None = None, *, off_ties: bool = False,
            plain: bool = True) -> Counterexample | None:
    """Both sides at one place; a Counterexample if they certainly differ, with few entries if it is to be `plain`.

    `evaluated` gets an entry if both sides have a value there: whether one of these is not 0.
    """
    drawn: dict[tuple[Tensor, tuple[int, ...]], int | Fraction] = {}
    zeros: dict[str, bool] = {}  # the entries that are read and are 0, and whether they are numbers without an index

    def entry(tensor: Tensor, at: tuple[int, ...]) -> int | Fraction:
        if entries is not None:
            if not (value := entries.get((tensor, at), 0)):
                zeros[_entry_name(tensor, at)] = not at
            return value
        if (tensor, at) not in drawn:
            assert chance is not None
            drawn[tensor, at] = chance.choice(drawn_from)
        return drawn[tensor, at]

    if any(a.evaluate(sizes) < 0 for a in claim.assumptions):
        return None
    evaluator = Evaluator(sizes, entry, {d.tensor: d for d in claim.definitions})
    try:
        left, right = evaluator.exact(claim.left, env), evaluator.exact(claim.right, env)
    except (ZeroDivisionError, UsageError):
        return None
    if evaluator.nothing_largest:
        return None  # of a maximum over nothing a claim says nothing
    if off_ties and evaluator.at_tie:
        return None
    if evaluated is not None:
        evaluated.append(different(left, 0) or different(right, 0))
    if not different(left, right):
        return None
    if plain and entries is None and 0 < len(drawn) <= MOST_DRAWN:
        return _plainer(claim, sizes, env, drawn, off_ties)
    used = entries if entries is not None else drawn
    named = {_entry_name(tensor, at): value for (tensor, at), value in sorted(
        used.items(), key=lambda item: (item[0][0].name, item[0][1])) if value}
    seen = [name for name, is_number in zeros.items() if is_number or not named]
    return Counterexample({s.name: v for s, v in sorted(sizes.items())},
                          {s.name: v for s, v in sorted(env.items())}, named, show(left), show(right),
                          tuple(sorted(seen)[:MOST_ZEROS]))


def _plainer(claim: Claim, sizes: Mapping[Symbol, int], env: Mapping[Symbol, int],
             drawn: Mapping[tuple[Tensor, tuple[int, ...]], int | Fraction],
             off_ties: bool) -> Counterexample | None:
    """Random entries replaced by 0, else by 1, one after the other, as long as the sides differ.

    Zeros are tried for many entries at once: most of them do not matter.
    """
    best, entries = None, dict(drawn)

    def differs(other: Mapping[tuple[Tensor, tuple[int, ...]], int | Fraction]) -> bool:
        nonlocal best
        found = compare(claim, sizes, env, {**entries, **other}, off_ties=off_ties)
        if found is None:
            return False
        best = found
        entries.update(other)
        return True

    waiting = [tuple(drawn)]
    while waiting:
        keys = waiting.pop()
        if differs(dict.fromkeys(keys, 0)):
            continue
        half = len(keys) // 2
        if half:
            waiting += keys[half:], keys[:half]
        elif not differs(dict.fromkeys(keys, 1)) and best is None:
            differs({})
    return best


def at_place(claim: Claim, sizes: Mapping[str, int], entries: Mapping[str, int],
             indices: Mapping[str, int]) -> Counterexample | None:
    """Both sides where the caller says; entries are named like "x[0,1]", all others are 0."""
    claim = without_derivatives(claim)
    tensors = {t.name: t for side in (claim.left, claim.right) for t in tensors_in(side)}
    tensors |= {t.name: t for d in claim.definitions for t in tensors_in(d.body)}
    placed: dict[tuple[Tensor, tuple[int, ...]], int] = {}
    for name, value in entries.items():
        stem, _, inside = name.rstrip("]").partition("[")
        if stem not in tensors:
            raise UsageError(f"{name} is no entry of {', '.join(tensors)}")
        placed[tensors[stem], tuple(int(i) for i in inside.split(",") if i)] = value
    at_sizes = {s: sizes.get(s.name, s.lower or 0) for s in all_sizes(claim)}
    return compare(claim, at_sizes, {s: indices.get(s.name, 0) for s, _ in claim.indices}, placed)


def stands(claim: Claim, found: Counterexample) -> bool:
    """Whether the sides differ with the entries of a counterexample where the claim's tensors have other axes.

    Entries that the counterexample does not name are 0. True where a side has no value there.
    """
    ties: list[NonZero] = []
    claim = without_derivatives(claim, ties)
    sizes = {s: found.sizes.get(s.name, s.lower or 0) for s in all_sizes(claim)}
    env = {s: found.indices[s.name] for s, _ in claim.indices if s.name in found.indices}

    def entry(tensor: Tensor, at: tuple[int, ...]) -> int | Fraction:
        return found.entries.get(_entry_name(tensor, at), 0)

    evaluator = Evaluator(sizes, entry, {d.tensor: d for d in claim.definitions})
    try:
        differs = different(evaluator.exact(claim.left, env), evaluator.exact(claim.right, env))
    except (ZeroDivisionError, UsageError):
        return True
    return differs and not evaluator.nothing_largest


def _entry_name(tensor: Tensor, at: tuple[int, ...]) -> str:
    inside, outcome = at[:len(tensor.axes)], at[len(tensor.axes):]
    of = "".join(f" in outcome {n}" for n in outcome)
    return (f"{tensor.name}[{','.join(map(str, inside))}]" if inside else tensor.name) + of
