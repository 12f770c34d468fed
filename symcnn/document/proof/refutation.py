"""Equations looked at for exact entries at which the sides differ, whatever the document leaves open."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from fractions import Fraction

from symcnn.counterexample import Counterexample, all_sizes, counterexample, stands, trials, without_derivatives
from symcnn.document.claims.logarithms import beside_logarithms
from symcnn.document.facts.conditions import latest_together, under
from symcnn.document.facts.extents import needed, sized
from symcnn.document.meaning.labels import family, label_of
from symcnn.document.proof.chosen import within_axes_of
from symcnn.document.proof.common_axes import on_common_axes
from symcnn.document.proof.furthest import furthest
from symcnn.document.proof.open_functions import claim_meant_as
from symcnn.document.proof.plausible import Place, factors, fitting_numbers
from symcnn.document.proof.steps_apart import StepsApart
from symcnn.document.reading.forms import identifier
from symcnn.effort import BudgetError, budget
from symcnn.errors import StepError, SymcnnError, UsageError
from symcnn.kernel.claim import Claim
from symcnn.kernel.theorem import NonZero
from symcnn.notation.evaluate import Evaluator, different
from symcnn.notation.expression import (
    OPEN, UNBOUNDED, Apply, Axis, Binder, Bracket, Definition, Derivative, Equation, Expression, Maximum, Multiply,
    Power, Read, Sum, Tensor, children, expression, free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import made_of, replace_reads, sizes_in, substitute, tensors_in

WINDOW, NARROW, WIDE = (Axis(polynomial(first), polynomial(1), polynomial(last))
                        for first, last in ((0, 2), (0, 1), (-8, 15)))
"""An axis without a known range as it is looked at for a counterexample: three entries, two if there are many axes."""
REFUTATION_STEPS = 60_000
PLACES = 3
LONG = -3, 6
"""The first and the last entry of such an axis where a counterexample must stand, too."""
ZERO_BEYOND = "holds only if the entries beyond the written bounds are 0"
MEANS = ("mu", "mean", "x_bar")
"""A mean without a formula: what is summed over its deviations, Σ (x − μ), may count as 0."""
STATISTIC = re.compile(r"(mu|sigma|mean|std|var|x_bar)(_|$)")
SIGNED, POSITIVE = (-3, -2, -1, 1, 2, 3), (1, 2, 3, 5)
OTHER_PLACES = 12
TRIALS, ENOUGH_TRIALS, MOST_CHOICES, MOST_ENTRIES = 40, 20, 3, 60


class Refuter(StepsApart):
    """Looks for counterexamples. `at_sizes` are sizes with the values to use."""

    at_sizes: Mapping[Symbol, Polynomial] = {}
    at_least: Sequence[Polynomial] = ()
    """What is ≥ 0 at these sizes."""
    claim_names: Set[str] = frozenset()
    entry_letters: Set[str] = frozenset()
    """The indices of the entry of an operation on signals that the line begins with."""
    place = 0
    """Where the line at hand stands in the text."""
    worked_out = False
    """Whether one side works out the other, so that a name may stand on one side only."""
    ranges: Sequence[tuple[Symbol, Axis]] = ()
    """Ranges that are stated beside the line."""
    quantified: Set[str] = frozenset()
    """Numbers of which the document says that they are any: for every m."""
    weighed_logarithms: Set[Tensor] = frozenset()
    """Targets of a cross-entropy of which the document writes the derivative only: −Σ_k y_k ∂ log p_k / ∂z_i."""

    meant = ""
    """The known function that stands for those without a formula."""

    def _under(self, claim: Claim) -> Claim:
        """The claim under the conditions on sizes and indices that the document states."""
        if self.meant:
            claim = claim_meant_as(claim, self.meant)
        chosen = within_axes_of(claim, {n for n in self.words.constants if n.islower()})
        return under(claim, (*self._stated_of_sizes(), *self.at_least, *chosen), self.ranges)

    def _stated_of_sizes(self) -> tuple[Polynomial, ...]:
        """What is stated to be ≥ 0, the extents that are floors included, and what that says at the sizes to use.

        Under a condition that these do not fulfil, s < f where both are 2, anything would be proved.
        """
        stated = [p.substitute(self.at_sizes) for known in (self.later, self.known)
                  for p in (*known.floors, *known.conditions)]
        return latest_together([p for p in stated if p.symbols or p.constant < 0])

    def targets(self) -> set[Tensor]:
        """Tensors whose last axis sums to 1: as the document says, or because they are a cross-entropy's targets."""
        targets = {t for known in (self.known, self.later) for t in known.sum_to_one} | self.weighed_logarithms
        return targets.union(*(beside_logarithms(d.body) for d in self._definitions().values()))

    def _one_hot(self, definitions: Sequence[Definition], first: int = 0) -> tuple[Definition, ...]:
        """Targets that sum to 1 with all of it in the first entry: what they are in a counterexample.

        Where an axis begins that nobody bounds, `first`, is not known.
        """
        known = {d.tensor for d in definitions} | set(self._definitions())
        made = []
        for target in self.targets() - known:
            indices = tuple(Symbol(f"c{n}") for n in range(len(target.axes)))
            begin = target.axes[-1].base
            place = polynomial(indices[-1]) - (polynomial(first) if begin is None else begin)
            made.append(Definition(target, indices, Bracket((place,))))
        return tuple(made)

    def _sized(self, left: Expression, right: Expression, definitions: Sequence[Definition],
               using: Equation | None = None) -> list[tuple[Claim, Equation]]:
        """The claim, and an equation that it rests on, with lengths for all axes; none where these change nothing."""
        rest = needed(definitions, (left, right))
        parts = [n for f in (left, right, *(d.body for d in rest)) for n in walk(f)]
        if not any(isinstance(n, Apply) or (isinstance(n, Power) and n.exponent < 0) for n in parts):
            return []
        found = sized((left, right), rest, [] if using is None else [using])
        if found is None:
            return []
        (left, right), rest, equations = found
        return [(Claim(left, right, tuple(rest)), equations[0] if equations else Equation(left, right))]

    def _same_axes(self, node: Expression, claim: Claim) -> Expression:
        """A multiplier with the axes that its tensors have in a claim."""
        known = {t.name: t for f in (claim.left, claim.right, *(d.left for d in claim.definitions))
                 for t in tensors_in(f)}
        if isinstance(node, Read):
            return Read(known.get(node.tensor.name, node.tensor), node.indices)
        return rebuild(node, tuple(self._same_axes(c, claim) for c in children(node)))

    def places(self, left: Expression, right: Expression,
               seeds: Sequence[int] = range(1, PLACES + 1)) -> list[list[Place]]:
        """Random places for every choice of definitions, where edits of the right side are looked at."""
        left, right = self.unaliased(left), self.unaliased(right)
        found = []
        for definitions in self._choices(left, right)[:MOST_CHOICES]:
            try:
                claim = self._under(self._in_windows(left, right, definitions)).substitute(self.at_sizes)
                found.append([Place(claim, seed) for seed in seeds])
            except BudgetError:
                raise
            except (SymcnnError, ZeroDivisionError):
                continue
        return found

    def plausible(self, places: Sequence[Sequence[Place]], right: Expression) -> bool:
        """Whether an edited right side agrees with the left one at all places of some choice; says nothing more."""
        right = self.unaliased(right)
        return not places or any(not any(map(self._differs, same, itertools.repeat(right))) for same in places)

    def missing_factors(self, places: Sequence[Sequence[Place]], right: Expression) -> Iterator[str]:
        """Factors that may be missing before a right side, for some choice of definitions."""
        right = self.unaliased(right)
        for same in places:
            windows = {t: w for p in same for t, w in p.windows(right).items()}
            with suppress(UsageError):
                yield from factors(same, in_windows(right, windows))

    def fitting_numbers(self, places: Sequence[Sequence[Place]], one: Expression, two: Expression,
                        ) -> Iterator[tuple[int, bool]]:
        """The numbers for which 1 and 2 stand in two right sides, with which a line may hold; and which stand below."""
        sides = self.unaliased(one), self.unaliased(two)
        for same in places:
            windows = {t: w for p in same for side in sides for t, w in p.windows(side).items()}
            with suppress(UsageError):
                yield from fitting_numbers(same, *(in_windows(side, windows) for side in sides))

    def _differs(self, place: Place, right: Expression) -> bool:
        new = [t for t in tensors_in(right) if t.name not in place.tensors]
        try:
            if not place.is_open and not any(map(self._is_made_otherwise, new)):
                known = self._definitions() if new else {}
                place.take_in(sizes_in(right), {t: known.get(t) for t in {*new, *made_of(new, known)}
                                                if t.name not in place.tensors})
            return place.differs(in_windows(right, place.windows(right))) or False
        except BudgetError:
            raise
        except UsageError:
            return not new  # a sum without end, which no proof is about
        except (SymcnnError, ZeroDivisionError):
            return False

    def _is_made_otherwise(self, tensor: Tensor) -> bool:
        """Whether a proof may know of a name what no formula of it says: of a gradient, of another layer's name."""
        return tensor.gradient_of is not None or label_of(tensor.name) is not None or any(
            tensor in said for known in (self.known, self.later) for said in (
                known.entries, known.sum_to_one, known.unread))

    def _refutation(self, left: Expression, right: Expression) -> tuple[Counterexample | None, int]:
        """Entries at which the sides differ whatever is left open, or in how many trials they agree.

        (None, 0) if too little is known for the line to be false.
        """
        if any(isinstance(n, Apply) and n.function.startswith(OPEN) and not tensors_in(n.argument)
               and not free_indices(n.argument) for side in (left, right) for n in walk(side)):
            return None, 0  # f(2) = 3 says what a function without a formula is there
        found, agreed = self._difference(left, right)
        if found is None and not agreed and (endless := self._endless(left, right)):
            with self.with_other_axes(dict.fromkeys(endless, WINDOW)):
                # ∂L/∂b = Σ_i ∂L/∂z_i has a value where z has an end.
                return self._difference(self.with_axes(left), self.with_axes(right))[0], 0
        if found is None or not (read_off := self._read_off(left, right)):
            return found, agreed
        with self.opened(read_off):
            # That one sum goes over two entries does not say that there are no others.
            differs, _ = self._difference(self.with_axes(left), self.with_axes(right))
        return (found, agreed) if differs is not None else (None, 0)

    def _endless(self, left: Expression, right: Expression) -> set[tuple[str, int]]:
        """The axes without an end of the names with formulas under a gradient, if these have the same places.

        What is pooled ends elsewhere than what it is pooled of, and a sequence goes on at its end.
        """
        if not isinstance(left, Read) or left.tensor.gradient_of is None or self._recurrent():
            return set()
        below = {d.tensor: d for choice in self._choices(left, right) for d in needed(choice, (left, right))
                 if d.tensor.gradient_of is None}
        found = {(t.name, n) for t in below for n, axis in enumerate(t.axes) if axis == UNBOUNDED}
        names = {name for name, _ in found}
        reads = [(n, d.indices) for d in below.values() for n in walk(d.body) if isinstance(n, Read)]
        reads += [(n, ()) for n in walk(right) if isinstance(n, Read)]
        apart = any(n.tensor.name in names and (places != indices if indices else None in places)
                    for n, indices in reads for places in [tuple(i.as_symbol for i in n.indices)])
        return set() if apart else found

    def _read_off(self, left: Expression, right: Expression) -> set[tuple[str, int]]:
        """The axes under a claim whose ranges stand in no definition: they were read off sums of other lines."""
        rests_on = {t for choice in self._choices(left, right) for f in (left, right, *(d.body for d in choice))
                    for t in tensors_in(f)}
        return self.words.read_off & {(t.gradient_of[1] if t.gradient_of else t.name, n)
                                      for t in rests_on for n in range(len(t.axes))}

    def _difference(self, left: Expression, right: Expression) -> tuple[Counterexample | None, int]:
        """Entries at which the sides differ for every choice of definitions, or in how many trials they agree."""
        choices = self._choices(left, right)
        every: list[Counterexample] = []
        agreed = 0
        for definitions in choices:
            if not self._anchored(left, right, definitions):
                continue
            all_definitions = (*definitions, *self._one_hot(definitions))
            found: Counterexample | None = None
            claims = [self._in_windows(left, right, all_definitions),
                      *(c for c, _ in self._sized(left, right, all_definitions))]
            if (there := on_common_axes(left, right, needed(all_definitions, (left, right)))) is not None and any(
                    isinstance(n, Power) and n.exponent < 0 for side in there[:2] for n in walk(side)):
                claims.append(Claim(*there))
            for claim in claims:
                try:
                    here = self._under(claim).substitute(self.at_sizes)
                    found, agreed = trials(here, TRIALS, off_ties=self.of_slopes, plain=not self.meant)
                    if found is None and agreed < ENOUGH_TRIALS and not tensors_in(left) + tensors_in(right):
                        found = counterexample(here)  # conditions alone, which hardly any place fulfils
                    for seed in range(2, OTHER_PLACES):
                        if found is None or not self._breaks_a_condition(found):
                            break
                        found = trials(here, TRIALS, seed, off_ties=self.of_slopes)[0] or found
                    if found is not None and self._breaks_a_condition(found):
                        found = self._as_stated(here) or found
                except (StepError, SymcnnError, ZeroDivisionError):
                    found = None
                if found is not None or agreed:
                    break
            if found is None:
                return None, agreed
            if (from_one := self._from_one_on(left, right, definitions, found)) is None:
                return None, 0
            found = from_one
            found = self._standing(left, right, all_definitions, found)
            if found is None:
                return None, 0
            every.append(found)
        return min(every, key=lambda shown: len(shown.entries), default=None), agreed

    def _from_one_on(self, left: Expression, right: Expression, definitions: Sequence[Definition],
                     found: Counterexample) -> Counterexample | None:
        """What was found for targets that have their 1 at the index 0, where those with it at 1 differ, too.

        Where sums begin at 1, the latter is shown.
        """
        rests_on = [left, right, *(d.body for d in needed(definitions, (left, right)))]
        targets = (self.targets() - {d.tensor for d in definitions}).intersection(*[
            {t for f in rests_on for t in tensors_in(f)}])
        if not any(t.axes[-1].base is None for t in targets):
            return found
        everything = (*definitions, *self._one_hot(definitions, 1))
        try:
            claim = self._under(self._in_windows(left, right, everything)).substitute(self.at_sizes)
            there, agreed = trials(claim, TRIALS, off_ties=self.of_slopes)
        except (SymcnnError, ZeroDivisionError):
            return found
        begins = {r.lower for f in rests_on for n in walk(f) if isinstance(n, Sum) for r in n.ranges} - {None}
        return found if there is None and not agreed or there is not None and begins != {polynomial(1)} else there

    def _standing(self, left: Expression, right: Expression, definitions: Sequence[Definition],
                  found: Counterexample) -> Counterexample | None:
        """A counterexample that owes nothing to how it was looked for: the one that was found, or else another.

        The sides must differ on longer windows, too, and whether an index that only stands in sums, as a in
        X_{2i+a}, is 0 or 1: what values it may have is not said.
        """
        try:
            with budget(REFUTATION_STEPS):
                long = self._under(self._in_windows(left, right, definitions, long=True)).substitute(self.at_sizes)
                another = found if stands(long, found) else (
                    trials(long, TRIALS, off_ties=self.of_slopes, plain=not self.meant)[0])
        except BudgetError:
            another = found
        except (SymcnnError, ZeroDivisionError):
            return found
        told = {s for d in definitions for s in sizes_in(d.body)}
        told |= {s for p in (*self.at_sizes.values(), *self._stated_of_sizes()) for s in p.symbols}
        told |= {s for s, _ in self.ranges}
        told |= {s for s in free_indices(left) | free_indices(right)
                 if s.name.removesuffix("_index") in self.entry_letters}
        told |= {s for n in children(left) if isinstance(left, Multiply) and isinstance(n, Bracket) and not n.equations
                 for s in free_indices(n)}  # within the bounds of a sum of the document
        loose = _in_sums_only(left, right) - told
        for at in (dict.fromkeys(loose, polynomial(value)) for value in (0, 1) if loose):
            claim = self._under(self._in_windows(substitute(left, at), substitute(right, at), definitions))
            if trials(claim.substitute(self.at_sizes), TRIALS, off_ties=self.of_slopes, plain=False)[0] is None:
                return None
        return another

    def _differs_further_out(self, left: Expression, right: Expression) -> bool:
        """Whether sides without a definition that agree on short windows differ on longer ones."""
        for definitions in self._choices(left, right)[:MOST_CHOICES]:
            if needed(definitions, (left, right)):
                return False
            with suppress(SymcnnError, ZeroDivisionError), budget(REFUTATION_STEPS):
                long = self._under(self._in_windows(left, right, definitions, long=True)).substitute(self.at_sizes)
                if trials(long, TRIALS, off_ties=self.of_slopes, plain=False)[0] is None:
                    return False
                continue
            return False
        return True

    def _in_windows(self, left: Expression, right: Expression, definitions: Sequence[Definition],
                    long: bool = False) -> Claim:
        """The claim with a few entries on every axis of unknown range, or with more of them, so that it has a value."""
        left, right = (_summed_written_out(side, definitions) for side in (left, right))
        known = {d.tensor for d in definitions}
        needed = {t for side in (left, right) for t in tensors_in(side)}
        pending = [d for d in definitions if d.tensor in needed]
        while pending:
            more = [t for t in tensors_in(pending.pop().body) if t not in needed]
            needed |= set(more)
            pending += [d for d in definitions if d.tensor in more]
        # A window of a maximum that lies outside all entries has no largest one, so there must be enough of them.
        under = {r.tensor for f in (left, right, *(d.body for d in definitions)) for n in walk(f)
                 if isinstance(n, Maximum) for r in walk(n.body) if isinstance(r, Read)}
        formulas = (left, right, *(d.body for d in definitions if d.tensor in needed))
        highest = max((int(i.constant) for f in formulas for n in walk(f) if isinstance(n, Read)
                       for i in n.indices if i.is_constant), default=0)
        last = polynomial(min(highest, MOST_ENTRIES) + 1)
        window = WINDOW if highest < 3 else Axis(polynomial(0), polynomial(1), last)
        strided = furthest((left, right), {d.tensor: d for d in definitions if d.tensor in needed})

        def looked_at(t: Tensor) -> Tensor:
            if long:
                end = max(LONG[1], min(highest, MOST_ENTRIES) + 1)
                here = Axis(polynomial(LONG[0]), polynomial(1), polynomial(end))
                return replace(t, axes=tuple(here if a == UNBOUNDED else a for a in t.axes))
            here = WIDE if t in under else window if len(t.axes) < 3 or highest > 1 else NARROW
            end = 0 if here.upper is None else int(here.upper.constant)
            return replace(t, axes=tuple(
                replace(here, upper=polynomial(max(end, strided.get((t, n), 0)))) if a == UNBOUNDED else a
                for n, a in enumerate(t.axes)))

        windows = {t: looked_at(t) for t in needed if t not in known}
        bounded = [Definition(d.tensor, d.indices, in_windows(d.body, windows)) for d in definitions
                   if d.tensor in needed]
        ranges = tuple(_ranges(left, right, windows))
        left, right = in_windows(left, windows), in_windows(right, windows)
        if (here := where_there_are(left)).inequalities:
            left, right = Multiply((here, left)), Multiply((here, right))
        return Claim(left, right, tuple(bounded), (), ranges)

    def _anchored(self, left: Expression, right: Expression, definitions: Sequence[Definition]) -> bool:
        """Whether all names of the claim are known from definitions or stand on both sides: then it can be false."""
        if any(isinstance(n, Derivative) and isinstance(n.expression, Read) and n.expression.tensor == n.by.tensor
               for side in (left, right) for n in walk(side)):
            return False  # ∂y_L/∂y_ℓ: the entries of y are no independent variables
        if self.all_known:
            return True
        unread = self.known.unread | self.later.unread
        if unread and not any(isinstance(n, Derivative) or isinstance(n, Read) and n.tensor.gradient_of is not None
                              for side in (left, right) for n in walk(side)):
            below = [{t for f in (side, *(d.body for d in needed(definitions, (side,)))) for t in tensors_in(f)}
                     for side in (left, right)]
            if unread & (below[0] ^ below[1]):
                return False  # its formula, which is not understood, may make the sides equal
        bodies = [d.body for d in needed(definitions, (left, right))]
        rests_on = {t for f in (left, right, *bodies) for t in tensors_in(f)}
        if self.known.other_meaning & rests_on:
            return False  # a name that was given two meanings, of which either may be meant
        if any(t.gradient_of for t in rests_on) and any(map(self._goes_back, needed(definitions, (left, right)))):
            return False  # the error of the layer behind is no free number: it hangs together with the gradients
        tables = {identifier(name) for known in (self.known, self.later) for name, matrix in known.matrices.items()
                  if not all(isinstance(e, Read) and e.tensor.name.split("_")[0] == name for e in matrix.entries)}
        if any(t not in {d.tensor for d in definitions} and len(t.axes) < 3 and (
                t.name in tables or t.name.split("_")[0] in tables) for t in rests_on):
            return False  # its numbers stand in the document
        defined = {d.tensor for d in definitions}
        inputs = {t for d in (*definitions, *self._definitions().values()) for t in tensors_in(d.body)}
        # Of a name that stands in a formula for one layer, those of the other layers are known, too.
        families = {family(t.name) for t in inputs | defined if label_of(t.name) is not None}
        here = [{t for t in tensors_in(side) if t.axes or t.name not in self.quantified} for side in (left, right)]
        inputs |= {t for d in self._recurrent().values() for t in (d.tensor, *tensors_in(d.body))}
        for mine, other in (here, here[::-1]):
            if not any(t.gradient_of for t in mine | other) and any(
                    ("_up_" in t.name or t.name.endswith("'"))
                    and t.name.partition("_up_")[0].rstrip("'") in self.names.steps - self.names.apart
                    for t in mine - other - defined):
                return False  # v⁰ or v' may hang together with v¹ or be zero, and the line may go by that
            for tensor in set() if self.worked_out else mine - other - defined - inputs:
                if tensor.gradient_of is None and family(tensor.name) in families:
                    continue
                if tensor.gradient_of is not None or tensor not in other:
                    return False
        return bool(defined & (here[0] | here[1])) or here[0] == here[1] or self.worked_out

    def _goes_back(self, definition: Definition) -> bool:
        """Whether the formula of one layer goes by the layer behind it, as that of errors: δ^{l-1} = … δ^l …"""
        if definition.tensor.gradient_of is not None:
            return False
        names = [self.words.base(t.name, len(t.axes)) for t in (definition.tensor, *tensors_in(definition.body))
                 if t.gradient_of is None]
        label = label_of(names[0])
        others = [label_of(name) for name in names[1:] if family(name) == family(names[0])]
        return label is not None and any(other is not None and other.letter == label.letter
                                         and other.offset > label.offset for other in others)

    def _breaks_a_condition(self, found: Counterexample) -> bool:
        """Whether the entries at which the sides differ are none of those that the document allows: c > 0."""
        holds = {"<": Fraction.__lt__, ">": Fraction.__gt__, "≤": Fraction.__le__, "≥": Fraction.__ge__}
        values = {**found.indices, **found.sizes, **found.entries}
        return any(not holds[sign](Fraction(values.get(name, 0)), bound)
                   for name, stated in self._signs_in_force().items()
                   for sign, bound in stated if name in self.claim_names)

    def _as_stated(self, claim: Claim) -> Counterexample | None:
        """Entries at which the sides differ where each number of which a bound is stated has a value that keeps it."""
        values: dict[str, Fraction] = {}
        stated = self._signs_in_force()
        scalars = {t for f in (claim.left, claim.right, *(d.body for d in claim.definitions)) for t in tensors_in(f)
                   if not t.axes and t.name in stated}
        for t in scalars - {d.tensor for d in claim.definitions}:
            low = [bound for sign, bound in stated[t.name] if sign in (">", "≥")]
            high = [bound for sign, bound in stated[t.name] if sign in ("<", "≤")]
            values[t.name] = (max(low) + min(high)) / 2 if low and high else max(low) + 2 if low else min(high) - 2
        made = tuple(Definition(t, (), expression(values[t.name])) for t in scalars if t.name in values)
        if not made or any(value.denominator > 1 for value in values.values()):
            return None
        found, _ = trials(replace(claim, definitions=(*claim.definitions, *made)), TRIALS, off_ties=self.of_slopes)
        return None if found is None else replace(found, entries={
            **found.entries, **{name: int(value) for name, value in values.items()}})

    def _signs_in_force(self) -> dict[str, list[tuple[str, Fraction]]]:
        """The bounds that are stated of numbers where the line stands, by their names."""
        found: dict[str, list[tuple[str, Fraction]]] = {}
        for known in (self.known, self.later):
            for name, stated in known.signs.items():
                found.setdefault(name, []).extend((s.relation, s.bound) for s in stated if self.place in s.where)
        return found

    def _open_statistic(self, left: Expression, right: Expression) -> str:
        """A mean or deviation without a formula that the formula of a gradient reads: it is hardly a constant.

        Unless nothing else is read, of which it could be the mean or deviation.
        """
        known = self._definitions()
        open_ones = {t.name for d in self._choices(left, right)[-1] for t in tensors_in(d.body)
                     if t not in known and t.gradient_of is None}
        read = set(filter(STATISTIC.match, open_ones))
        if read == open_ones:
            return ""
        by = {t.gradient_of[1] for side in (left, right) for t in tensors_in(side) if t.gradient_of}
        return next(iter(sorted(n for n in read if n not in by or n.startswith(MEANS))), "") if by else ""

    def _differ(self, left: Expression, right: Expression, definitions: Sequence[Definition]) -> bool:
        """Whether the sides certainly differ at a random place, so that there is nothing to prove."""
        try:
            return differ(self._under(self._in_windows(left, right, definitions)).substitute(self.at_sizes))
        except (SymcnnError, ZeroDivisionError):
            return False


@lru_cache(maxsize=200)
def differ(claim: Claim) -> bool:
    """Whether the sides certainly differ at one random place at which the assumptions hold."""
    ties: list[NonZero] = []
    claim = without_derivatives(claim, ties)
    if ties:
        return False
    chance = random.Random(1)
    sizes = {s: (s.lower or 0) + 1 for s in all_sizes(claim)}
    if not all(a.evaluate(sizes) >= 0 for a in claim.assumptions):
        return False
    env = {}
    for symbol, axis in claim.indices:
        places = axis.indices(sizes) if axis is not None and None not in (axis.base, axis.upper) else range(3)
        if not places:
            return False
        env[symbol] = chance.choice(places)
    for values in SIGNED, POSITIVE:
        drawn: dict[tuple[Tensor, tuple[int, ...]], int] = {}

        def entry(tensor: Tensor, at: tuple[int, ...], values: tuple[int, ...] = values,
                  drawn: dict[tuple[Tensor, tuple[int, ...]], int] = drawn) -> int:
            return drawn.setdefault((tensor, at), chance.choice(values))

        evaluator = Evaluator(sizes, entry, {d.tensor: d for d in claim.definitions})
        try:
            if different(evaluator.exact(claim.left, env), evaluator.exact(claim.right, env)):
                return True
        except ZeroDivisionError:  # a root of a negative number, too
            continue
    return False


def _in_sums_only(left: Expression, right: Expression) -> set[Symbol]:
    """The letters that stand in sums of indices, bound by nothing, and nowhere as an index of their own."""
    parts = [n for side in (left, right) for n in walk(side)]
    reads = [r for n in parts for r in ((n,) if isinstance(n, Read) else (n.by,) if isinstance(n, Derivative) else ())]
    alone = {i.as_symbol for r in reads for i in r.indices}
    bound = {r.variable for n in parts if isinstance(n, Binder) for r in n.ranges}
    within = {s for r in reads for a in r.tensor.axes for s in a.symbols}
    within |= {s for n in parts if isinstance(n, Binder) for r in n.ranges
               for p in (r.lower, r.upper) if p is not None for s in p.symbols}
    return {s for r in reads for i in r.indices for s in i.symbols} - bound - within - alone


def _ranges(left: Expression, right: Expression, windows: Mapping[Tensor, Tensor]) -> list[tuple[Symbol, Axis]]:
    """Where the free indices of a gradient are looked at: on the axes of what it is a gradient by."""
    axes = {t.name: w.axes for t, w in windows.items() if t.gradient_of is None}
    found: dict[Symbol, Axis] = {}
    for read in (n for side in (left, right) for n in walk(side) if isinstance(n, Read) and n.tensor.gradient_of):
        assert read.tensor.gradient_of is not None
        some = NARROW if len(read.indices) > 2 else WINDOW
        by = axes.get(read.tensor.gradient_of[1], (some,) * len(read.indices))
        for index, here, axis in zip(read.indices, read.tensor.axes, by, strict=False):
            symbol = index.as_symbol
            if here == UNBOUNDED and axis != UNBOUNDED and symbol is not None and not symbol.is_size:
                found.setdefault(symbol, axis)
    free = free_indices(left) | free_indices(right)
    return [(s, a) for s, a in found.items() if s in free]


def where_there_are(side: Expression) -> Bracket:
    """[the entries by which a side differentiates are some]: of others a line says nothing."""
    entries = [side] if isinstance(side, Read) and side.tensor.gradient_of else []
    entries += [n.by for n in walk(side) if isinstance(n, Derivative)]
    outer = free_indices(side)
    guards = [g for e in entries for axis, index in zip(e.tensor.axes, e.indices, strict=True)
              if index.as_symbol is None and all(s.is_size or s in outer for s in index.symbols)
              for g in axis.guards(index)]
    return Bracket((), tuple(dict.fromkeys(guards)))


def _summed_written_out(side: Expression, definitions: Sequence[Definition]) -> Expression:
    """A side with formulas in place of names without an end that it sums over: the names in these have windows."""
    endless = [d for d in definitions if UNBOUNDED in d.tensor.axes]
    for _ in endless:
        if any(isinstance(n, Derivative) for n in walk(side)):
            return side
        read = {t for n in walk(side) if isinstance(n, Sum) for t in tensors_in(n)}
        used = [d for d in endless if d.tensor in read]
        if not used:
            return side
        side = replace_reads(side, used)
    return side


def in_windows(node: Expression, windows: dict[Tensor, Tensor]) -> Expression:
    """A formula with these axes in place of those of its tensors."""
    if isinstance(node, Read) and node.tensor in windows:
        return Read(windows[node.tensor], node.indices)
    return rebuild(node, tuple(in_windows(c, windows) for c in children(node)))
