"""Equations between formulas: proved by the kernel, or refuted at exact entries."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import replace
from fractions import Fraction

from symcnn.counterexample import Counterexample, all_sizes, counterexample, stands, trials, without_derivatives
from symcnn.counting import Lemmas
from symcnn.document.backward import one_step
from symcnn.document.conditions import latest_together, under
from symcnn.document.counted import counted
from symcnn.document.extents import needed, sized
from symcnn.document.forms import MeaningError, identifier, is_schematic
from symcnn.document.known import Decision, DependenceError
from symcnn.document.labels import family, label_of
from symcnn.document.plausible import Place, factors
from symcnn.document.powers import has_powers, is_encoded
from symcnn.document.roots import rooted, without_roots
from symcnn.document.steps import Steps
from symcnn.document.symmetry import symmetrized
from symcnn.effort import BudgetError, budget
from symcnn.errors import StepError, SymcnnError, UsageError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.theorem import NonZero
from symcnn.kernel.zero import PROCEDURES
from symcnn.notation.evaluate import Evaluator, different
from symcnn.notation.expression import (
    OPEN, UNBOUNDED, Apply, Axis, Binder, Bracket, Definition, Derivative, Equation, Expression, Maximum, Multiply,
    Power, Range, Read, Sum, Tensor, children, expression, free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import replace_reads, sizes_in, substitute, tensors_in
from symcnn.scope import scope_faults
from symcnn.verdict import Verdict

WINDOW, NARROW, WIDE = (Axis(polynomial(first), polynomial(1), polynomial(last))
                        for first, last in ((0, 2), (0, 1), (-8, 15)))
"""An axis without a known range as it is looked at for a counterexample: three entries, two if there are many axes."""
PROOF_STEPS, REFUTATION_STEPS, ROOT_STEPS = 150_000, 60_000, 60_000
DEEP_PROOFS = 30
"""So many lines of a document are tried with the slower procedures, where nothing speaks against them."""
PLACES = 3
LONG = -3, 6
"""The first and the last entry of such an axis where a counterexample must stand, too."""
ZERO_BEYOND = "holds only if the entries beyond the written bounds are 0"
STATISTIC = re.compile(r"(mu|sigma|mean|std|var|x_bar)(_|$)")
MANY_PARTS = 60
SIGNED, POSITIVE = (-3, -2, -1, 1, 2, 3), (1, 2, 3, 5)
OTHER_PLACES = 12
TRIALS, ENOUGH_TRIALS, MOST_CHOICES, MOST_ENTRIES = 40, 20, 3, 60


class Prover(Steps):
    """Decides equations from what is known of the document's names. `at_sizes` are sizes with the values to use."""

    at_sizes: Mapping[Symbol, Polynomial] = {}
    at_least: Sequence[Polynomial] = ()
    """What is ≥ 0 at these sizes."""
    claim_names: Set[str] = frozenset()
    deep_proofs = DEEP_PROOFS
    all_known = False
    """Whether the sides hold all that the document says of what they are about, as an unrolled recurrence does."""
    lemmas: Lemmas
    """What was proved of floors."""
    worked_out = False
    """Whether one side works out the other, so that a name may stand on one side only."""
    ranges: Sequence[tuple[Symbol, Axis]] = ()
    """Ranges that are stated beside the line."""
    written: Set[int] = frozenset()
    """The identities of the trees of the sides that are checked."""

    @contextmanager
    def at(self, sizes: Mapping[Symbol, Polynomial]) -> Iterator[None]:
        """Sizes with these values, for as long as this lasts."""
        before, self.at_sizes = self.at_sizes, sizes
        try:
            yield
        finally:
            self.at_sizes = before

    def _beyond_axes(self, left: Expression, right: Expression) -> str:
        """A sum whose first or last term reads an entry that there is not, whatever the sizes and other indices are."""
        for node in (n for side in (left, right) for n in walk(side) if isinstance(n, Sum)):
            for r in node.ranges:
                for read in (n for n in walk(node.body) if isinstance(n, Read)):
                    for axis, index in zip(read.tensor.axes, read.indices, strict=True):
                        if None in (axis.base, axis.upper) or r.lower is None or r.upper is None:
                            continue
                        assert axis.base is not None
                        assert axis.upper is not None
                        first, last = (index.substitute({r.variable: end}) for end in (r.lower, r.upper))
                        if first == axis.base and (last - axis.upper).is_constant and (
                                (last - axis.upper).constant > 0):
                            if index.as_symbol == r.variable:
                                return f"{r.variable.name} goes up to {r.upper}, {read.tensor.name} up to {axis.upper}"
                            return (f"at {r.variable.name} = {r.upper} the index of {read.tensor.name} is {last}, "
                                    f"beyond {axis.upper}")
        return ""

    def _claimed(self, left: Expression, right: Expression, *, refute: bool = True) -> Decision:
        """The verdict on left = right; where it speaks of gradients, ∂Z/∂X may hold all but X fixed, too."""
        if is_schematic(left, right):
            return Decision(Verdict.UNDECIDED, "names the factors of the chain rule; what is summed is left out")
        if (once := one_step(self._definitions() | self._recurrent(), left, right)) is not None:
            before = self.worked_out
            # What the slope is made of stands in the recurrence; any other name may be one for the slope.
            known = {t for d in (self._definitions() | self._recurrent()).values() for t in tensors_in(d.body)}
            self.worked_out |= set(tensors_in(once[1])) <= known | set(tensors_in(once[0]))
            try:
                return self._decided(*once, refute=refute)
            finally:
                self.worked_out = before
        fixed = self.held_fixed(left), self.held_fixed(right)
        if fixed == (left, right):
            return self._decided(left, right, refute=refute)
        decision = self._decided(left, right, refute=False)
        if decision.verdict is Verdict.PROVED:
            return decision
        alone = self._decided(*fixed, refute=refute)
        if alone.verdict is not Verdict.REFUTED:
            return alone if alone.verdict is Verdict.PROVED else replace(decision, verdict=Verdict.UNDECIDED)
        return self._decided(left, right)

    def _decided(self, left: Expression, right: Expression, *, refute: bool = True) -> Decision:
        """The verdict on an equation from what is known, with the matrices symmetric that are said to be."""
        said = sorted(n for n in self.symmetric if any(t.name.split("_")[0] == n and len(t.axes) == 2
                                                       for side in (left, right) for t in tensors_in(side)))
        if not said:
            return self._asymmetric(left, right, refute=refute)
        left, right = (symmetrized(side, self.symmetric) for side in (left, right))
        decision = self._asymmetric(left, right, refute=refute)
        return replace(decision, assumptions=(*decision.assumptions, *(f"{n} is symmetric" for n in said)))

    def _asymmetric(self, left: Expression, right: Expression, *, refute: bool) -> Decision:
        self.look_at(left, right)
        self.claim_names = {t.name for side in (left, right) for t in tensors_in(side)}
        left, right = self.unaliased(left), self.unaliased(right)
        stepped = self.stepwise(left, right, refute=refute)
        if stepped is not None and stepped.verdict is Verdict.PROVED:
            return stepped
        self._refuse_rates_of_powers(left, right)
        left = self.unrolled(left, right)
        beyond = self._beyond_axes(left, right)
        if beyond:
            return Decision(Verdict.REFUTED, beyond)
        reasons: list[str] = []
        self.passed = set()
        self.only_known = {t for t in self.known.entries if self._reads_known_entries(t, (left, right))}
        try:
            self._require_dependence(left, right)
        except DependenceError:
            if stepped is not None:
                return stepped
            raise
        try:
            with budget(PROOF_STEPS):
                proved = self._proof(left, right, reasons)
        except BudgetError as error:
            proved = None
            reasons.append(f"no proof was found: it would take {error}")
        if proved is None:
            proved = self._of_roots(left, right)
        if proved is not None or not refute:
            return proved or Decision(Verdict.UNDECIDED)
        if stepped is not None:
            return stepped
        if any(has_powers(side, self.words.powers) or has_powers(side, self.words.products) for side in (left, right)):
            return self._of_powers(left, right)
        if self._rests_on_an_open_slope(left, right):
            return Decision(Verdict.UNDECIDED, "the derivative of a function is written in a way of its own")
        faults = "; ".join(scope_faults(left, right))
        try:
            with budget(REFUTATION_STEPS):
                found, agreed = self._refutation(left, right)
        except BudgetError as error:
            found, agreed = None, 0
            reasons.append(f"no proof and no counterexample was found: it would take {error}")
        if found is not None and is_encoded(found.entries):
            return Decision(Verdict.UNDECIDED, "powers and products with letters in their bounds")
        if found is None and self.deep_proofs > 0:
            self.deep_proofs -= 1
            with suppress(BudgetError), budget(PROOF_STEPS):
                proved = self._proof(left, right, [], PROCEDURES)
            if proved is not None:
                return proved
        if found is not None and self._breaks_a_condition(found):
            return Decision(Verdict.UNDECIDED, "differs, but only under what the document excludes was it looked at")
        if found is not None and (name := self._open_statistic(left, right)):
            return Decision(Verdict.UNDECIDED, f"how {name} depends on the entries it is taken of is not said")
        if found is not None and (within := self._within_sums(left, right, found)) is not None:
            return within
        if found is not None:
            assumptions = self.taken_as_standard(self._choices(left, right)[-1], (left, right))
            return Decision(Verdict.REFUTED, faults, assumptions=assumptions, counterexample=found)
        if agreed >= ENOUGH_TRIALS and self._differs_further_out(left, right):
            return Decision(Verdict.UNDECIDED, ZERO_BEYOND)
        if agreed >= ENOUGH_TRIALS:
            return Decision(Verdict.TESTED, f"no proof, and no difference in {agreed} exact trials", "small sizes")
        return Decision(Verdict.UNDECIDED, faults or reasons[-1] if reasons else "nothing decides this")

    def _proof(self, left: Expression, right: Expression, reasons: list[str],
               procedures: Sequence[str] = ("isl",)) -> Decision | None:
        """What the kernel proves, from the definitions or with Σ t = 1; `reasons` collects why it does not."""
        for definitions in self._choices(left, right):
            theorem = None
            if self._is_large(left, right, definitions) and self._differ(left, right, definitions):
                reasons.append("the sides differ")
                continue
            claims = [Claim(left, right, definitions), *(c for c, _ in self._sized(left, right, definitions))]
            for claim in dict.fromkeys((*claims, *map(self._under, claims[:1]))):
                try:
                    theorem = equal(claim.substitute(self.at_sizes), (), procedures)
                    break
                except StepError as error:
                    reasons.append(str(error))
            if theorem is None:
                continue
            if self._rests_on_its_own_bounds(left, right) or self._rests_on_its_own_axes(
                    left, right, definitions):
                return Decision(Verdict.UNDECIDED, ZERO_BEYOND)
            assumptions = tuple(str(h) for h in theorem.hypotheses if not isinstance(h, Definition))
            assumptions += tuple(f"{a.base} ≤ {s.name} ≤ {a.upper}" for s, a in claim.ranges)
            assumptions += self.taken_as_standard(definitions, (left, right))
            assumptions += tuple(f"{d.tensor.name} has no entries but those given" for d in definitions
                                 if d.tensor in self.only_known and not self.complete(d.tensor)
                                 and any(t.gradient_of is not None for side in (left, right) for t in tensors_in(side)))
            scope = ", ".join(map(repr, theorem.scope)) or "all values"
            return Decision(Verdict.PROVED, "", scope, assumptions, procedures=tuple(sorted(theorem.procedures)))
        if (theorem := counted(left, right, self._stated_of_sizes(), self.lemmas)) is not None:
            return Decision(Verdict.PROVED, "", "all values", tuple(map(str, theorem.hypotheses)),
                            procedures=tuple(sorted(theorem.procedures)))
        for definitions in self._choices(left, right)[:MOST_CHOICES]:
            for equation, multiplier in self.sums_to_one(left, right):
                for claim, using in ((Claim(left, right, definitions), equation),
                                     *self._sized(left, right, definitions, equation)):
                    try:
                        theorem = equal(claim, [(using, self._same_axes(multiplier, claim))], ("isl",))
                    except StepError:
                        continue
                    return Decision(Verdict.PROVED, "", "all values", (str(equation),),
                                    procedures=tuple(sorted(theorem.procedures)))
        return None

    def _of_roots(self, left: Expression, right: Expression) -> Decision | None:
        """√(a²) = a where the document says that a ≥ 0; None for another line."""
        for definitions in self._choices(left, right):
            with suppress(StepError):
                claim = self._under(Claim(left, right, definitions)).substitute(self.at_sizes)
                theorem, assumed = rooted(claim, self.is_nonnegative)
                return Decision(Verdict.PROVED, "", ", ".join(map(repr, theorem.scope)) or "all values", assumed,
                                procedures=tuple(sorted(theorem.procedures)))
            if any(t.gradient_of is not None for side in (left, right) for t in tensors_in(side)) or any(
                    isinstance(n, Derivative) for side in (left, right) for n in walk(side)):
                continue
            with suppress(StepError, BudgetError), budget(ROOT_STEPS):
                theorem = without_roots(Claim(left, right, definitions))
                assumed = tuple(str(h) for h in theorem.hypotheses if not isinstance(h, Definition))
                return Decision(Verdict.PROVED, "", ", ".join(map(repr, theorem.scope)) or "all values", assumed,
                                procedures=tuple(sorted(theorem.procedures)))
        return None

    def is_nonnegative(self, e: Expression) -> bool:
        """Whether the document says of a number that it is not negative."""
        return isinstance(e, Read) and any(
            sign in (">", "≥") and bound >= 0 for known in (self.known, self.later)
            for sign, bound in known.signs.get(e.tensor.name, ()))

    def _under(self, claim: Claim) -> Claim:
        """The claim under the conditions on sizes and indices that the document states."""
        return under(claim, (*self._stated_of_sizes(), *self.at_least), self.ranges)

    def _stated_of_sizes(self) -> tuple[Polynomial, ...]:
        """What is stated to be ≥ 0, the extents that are floors included."""
        return latest_together([p for known in (self.later, self.known) for p in (*known.floors, *known.conditions)])

    def _within_sums(self, left: Expression, right: Expression, found: Counterexample) -> Decision | None:
        """The verdict where an index keeps to the bounds between which the document sums over it.

        That is for indices of which a difference was found outside: X_{2i+a} with a = 0, 1 as in Σ_{a=0}^1 X_{2i+a}.
        None if there are none.
        """
        ranges: dict[str, set[tuple[Polynomial, Polynomial]]] = {}
        for definition in self._definitions().values():
            for r in (r for n in walk(definition.body) if isinstance(n, Sum) for r in n.ranges):
                if r.lower is not None and r.upper is not None:
                    ranges.setdefault(r.variable.name.removesuffix("_index"), set()).add((r.lower, r.upper))
        bare = {i.as_symbol for n in walk(left) if isinstance(n, Read) for i in n.indices}
        guards: list[Polynomial] = []
        where = []
        at = found.sizes | found.indices
        for symbol in sorted((free_indices(left) | sizes_in(left) | free_indices(right)) - bare):
            if len(ranges.get(symbol.name, ())) == 1 and symbol.name in at:
                (lower, upper), = ranges[symbol.name]
                sizes = {s: found.sizes.get(s.name, 0) for p in (lower, upper) for s in p.symbols}
                if not lower.evaluate(sizes) <= at[symbol.name] <= upper.evaluate(sizes):
                    guards += [symbol - lower, upper - symbol]
                    where.append(f"{lower} ≤ {symbol} ≤ {upper}")
        if not guards:
            return None
        here = Bracket((), tuple(guards))
        decision = self._claimed(Multiply((here, left)), Multiply((here, right)))
        return replace(decision, assumptions=(*decision.assumptions, *where))

    def _is_large(self, left: Expression, right: Expression, definitions: Sequence[Definition]) -> bool:
        """Whether to look at a place first costs less than a proof that fails."""
        rest = needed(definitions, (left, right))
        return sum(1 for f in (left, right, *(d.body for d in rest)) for _ in walk(f)) > MANY_PARTS

    def _differ(self, left: Expression, right: Expression, definitions: Sequence[Definition]) -> bool:
        """Whether the sides certainly differ at a random place, so that there is nothing to prove."""
        try:
            return differ(self._under(self._in_windows(left, right, definitions)).substitute(self.at_sizes))
        except (SymcnnError, ZeroDivisionError):
            return False

    def _open_statistic(self, left: Expression, right: Expression) -> str:
        """A mean or deviation without a formula that the formula of a gradient reads: it is hardly a constant."""
        known = self._definitions()
        read = {t.name for d in self._choices(left, right)[-1] for t in tensors_in(d.body)
                if t not in known and t.gradient_of is None and STATISTIC.match(t.name)}
        by = {t.gradient_of[1] for side in (left, right) for t in tensors_in(side) if t.gradient_of}
        return next(iter(sorted(read - by)), "") if by else ""

    def _rests_on_an_open_slope(self, left: Expression, right: Expression) -> bool:
        """Whether a line speaks of derivatives by a function without a formula whose slope f' it does not write.

        A document may write the slope of a function that it does not name, as a (1 − a).
        """
        parts = [n for side in (left, right) for n in walk(side)]
        if not any(isinstance(n, Derivative) or (isinstance(n, Read) and n.tensor.gradient_of) for n in parts):
            return False
        written = {n.function for n in parts if isinstance(n, Apply)}
        used = {n.function for d in needed(tuple(self._definitions().values()), (left, right)) for n in walk(d.body)
                if isinstance(n, Apply) and n.function.startswith(OPEN)}
        used |= {n.function for d in self._recurrent().values() for n in walk(d.body)
                 if isinstance(n, Apply) and n.function.startswith(OPEN)}
        return any(f"{f}'" not in written for f in used)

    def _refuse_rates_of_powers(self, left: Expression, right: Expression) -> None:
        """MeaningError for a derivative by the base of a power with letters in its exponent, as far as one is known."""
        if not self.words.powers and not self.words.products:
            return
        parts = [n for side in (left, right) for n in walk(side)]
        by = {n.by.tensor.name for n in parts if isinstance(n, Derivative)}
        by |= {n.tensor.gradient_of[1] for n in parts if isinstance(n, Read) and n.tensor.gradient_of}
        inside = [*self.words.powers.values(), *(body for _, body in self.words.products.values())]
        if by & {t.name for base in inside for t in tensors_in(base)}:
            raise MeaningError("derivatives of powers with letters in their exponents are not taken")

    def _of_powers(self, left: Expression, right: Expression) -> Decision:
        """A line with letters in exponents that no recurrence proves: looked at with numbers for these letters."""
        found = self.at_numbers(left, right)
        if isinstance(found, Counterexample) and is_encoded(found.entries):
            return Decision(Verdict.UNDECIDED, "powers with letters in their exponents")
        if isinstance(found, Counterexample):
            return Decision(Verdict.REFUTED, "", counterexample=found)
        if found >= ENOUGH_TRIALS:
            return Decision(Verdict.TESTED, f"no proof, and no difference in {found} exact trials", "small exponents")
        return Decision(Verdict.UNDECIDED, "powers with letters in their exponents")

    def _breaks_a_condition(self, found: Counterexample) -> bool:
        """Whether the entries at which the sides differ are none of those that the document allows: c > 0."""
        holds = {"<": Fraction.__lt__, ">": Fraction.__gt__, "≤": Fraction.__le__, "≥": Fraction.__ge__}
        values = {**found.indices, **found.sizes, **found.entries}
        return any(not holds[sign](Fraction(values.get(name, 0)), bound)
                   for known in (self.known, self.later) for name, stated in known.signs.items()
                   for sign, bound in stated if name in self.claim_names)

    def sums_to_one(self, left: Expression, right: Expression) -> list[tuple[Equation, Expression]]:
        """Σ t = 1 for the targets t of a cross-entropy −Σ t·log a, which are probabilities; with its multipliers."""
        here = {t for side in (left, right) for t in tensors_in(side)}
        defined = {t for definitions in self._choices(left, right) for d in definitions for t in tensors_in(d.body)}
        return self._multiplied(self.targets() & (here | defined), left, right)

    def targets(self) -> set[Tensor]:
        """Tensors whose last axis sums to 1: as the document says, or because they are a cross-entropy's targets."""
        targets = {t for known in (self.known, self.later) for t in known.sum_to_one}
        for definition in self._definitions().values():
            for node in walk(definition.body):
                if isinstance(node, Multiply) and any(
                        isinstance(f, Apply) and f.function == "log" for f in node.factors):
                    targets |= {f.tensor for f in node.factors if isinstance(f, Read) and f.tensor.axes}
        return targets

    def _one_hot(self, definitions: Sequence[Definition]) -> tuple[Definition, ...]:
        """Targets that sum to 1 with all of it in the first entry: what they are in a counterexample."""
        known = {d.tensor for d in definitions} | set(self._definitions())
        made = []
        for target in self.targets() - known:
            indices = tuple(Symbol(f"c{n}") for n in range(len(target.axes)))
            first = polynomial(0) if target.axes[-1].base is None else target.axes[-1].base
            made.append(Definition(target, indices, Bracket((polynomial(indices[-1]) - first,))))
        return tuple(made)

    def _multiplied(self, targets: Set[Tensor], left: Expression, right: Expression,
                    ) -> list[tuple[Equation, Expression]]:
        result: list[tuple[Equation, Expression]] = []
        for target in sorted(targets, key=lambda t: t.name):
            indices = [polynomial(Symbol(f"c{n}")) for n in range(len(target.axes))]
            last = indices[-1].as_symbol
            assert last is not None
            total_of = Sum((Range(last),), Read(target, tuple(indices)))
            for read in dict.fromkeys(n for n in walk(right) if isinstance(n, Read) and n.tensor != target
                                      and len(n.indices) == len(indices) and free_indices(n)):
                pairs = zip(indices[:-1], read.indices, strict=False)
                at = {i.as_symbol: v for i, v in pairs if i.as_symbol is not None}
                equation = Equation(substitute(total_of, {s: v for s, v in at.items() if s is not None}), expression(1))
                result += [(equation, read), (equation, -read)]
                for product in _beside(right, target, read):
                    result += [(equation, product), (equation, -product)]
        return result

    def _rests_on_its_own_bounds(self, left: Expression, right: Expression) -> bool:
        """Whether a line between plain sums fails once its tensors have entries beyond the bounds that it writes.

        Such bounds, which no definition states, say where the entries are only as long as the line itself is right.
        """
        parts = [n for side in (left, right) for n in walk(side)]
        reads = [n for n in parts if isinstance(n, Read)]
        if any(isinstance(n, Derivative) for n in parts) or any(r.tensor.gradient_of for r in reads):
            return False
        opened = {r.tensor: replace(r.tensor, axes=tuple(
            UNBOUNDED if (r.tensor.name, n) in self.words.read_off else a for n, a in enumerate(r.tensor.axes)))
            for r in reads}
        if all(new == old for old, new in opened.items()) or any(t in self._definitions() for t in opened):
            return False
        claim = self._under(self._in_windows(_in_windows(left, opened), _in_windows(right, opened), ()))
        try:
            return trials(claim, TRIALS)[0] is not None
        except (SymcnnError, ZeroDivisionError):
            return False

    def _rests_on_its_own_axes(self, left: Expression, right: Expression, definitions: Sequence[Definition]) -> bool:
        """Whether a line fails once the axes are longer of which only its own sums say where they begin and end."""
        rests_on = {t for f in (left, right, *(d.body for d in definitions)) for t in tensors_in(f)}
        places = {(t.gradient_of[1] if t.gradient_of else t.name, n) for t in rests_on for n in range(len(t.axes))}
        own = self.bounds.rest_on(places & self.words.axes.keys(), self.written)
        if not own:
            return False
        with self.longer(own):
            left, right = self.with_axes(left), self.with_axes(right)
            for choice in self._choices(left, right)[:MOST_CHOICES]:
                try:
                    found, agreed = trials(self._under(self._in_windows(left, right, choice)).substitute(self.at_sizes),
                                           TRIALS)
                except (SymcnnError, ZeroDivisionError):
                    continue
                if found is None and agreed:
                    return False
        return True

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

    def places(self, left: Expression, right: Expression) -> list[list[Place]]:
        """Random places for every choice of definitions, where edits of the right side are looked at."""
        left, right = self.unaliased(left), self.unaliased(right)
        found = []
        for definitions in self._choices(left, right)[:MOST_CHOICES]:
            try:
                claim = self._under(self._in_windows(left, right, definitions))
                found.append([Place(claim, seed) for seed in range(1, PLACES + 1)])
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
            windows = {t: p.tensors[t.name] for p in same for t in tensors_in(right) if t.name in p.tensors}
            with suppress(UsageError):
                yield from factors(same, _in_windows(right, windows))

    def _differs(self, place: Place, right: Expression) -> bool:
        windows = {t: place.tensors[t.name] for t in tensors_in(right) if t.name in place.tensors}
        try:
            return place.differs(_in_windows(right, windows)) or False
        except BudgetError:
            raise
        except UsageError:
            return True  # a sum without end, which no proof is about
        except (SymcnnError, ZeroDivisionError):
            return False

    def _refutation(self, left: Expression, right: Expression) -> tuple[Counterexample | None, int]:
        """Entries at which the sides differ whatever is left open, or in how many trials they agree.

        (None, 0) if too little is known for the line to be false.
        """
        if any(isinstance(n, Apply) and n.function.startswith(OPEN) and not tensors_in(n.argument)
               and not free_indices(n.argument) for side in (left, right) for n in walk(side)):
            return None, 0  # f(2) = 3 says what a function without a formula is there
        found, agreed = self._difference(left, right)
        if found is None or not (read_off := self._read_off(left, right)):
            return found, agreed
        with self.opened(read_off):
            # That one sum goes over two entries does not say that there are no others.
            differs, _ = self._difference(self.with_axes(left), self.with_axes(right))
        return (found, agreed) if differs is not None else (None, 0)

    def _read_off(self, left: Expression, right: Expression) -> set[tuple[str, int]]:
        """The axes under a claim whose ranges stand in no definition: they were read off sums of other lines."""
        rests_on = {t for choice in self._choices(left, right) for f in (left, right, *(d.body for d in choice))
                    for t in tensors_in(f)}
        return self.words.read_off & {(t.gradient_of[1] if t.gradient_of else t.name, n)
                                      for t in rests_on for n in range(len(t.axes))}

    def _difference(self, left: Expression, right: Expression) -> tuple[Counterexample | None, int]:
        """Entries at which the sides differ for every choice of definitions, or in how many trials they agree."""
        choices = self._choices(left, right)
        found: Counterexample | None = None
        agreed = 0
        for definitions in choices:
            if not self._anchored(left, right, definitions):
                continue
            all_definitions = (*definitions, *self._one_hot(definitions))
            claims = [self._in_windows(left, right, all_definitions),
                      *(c for c, _ in self._sized(left, right, all_definitions))]
            for claim in claims:
                try:
                    here = self._under(claim).substitute(self.at_sizes)
                    found, agreed = trials(here, TRIALS)
                    if found is None and agreed < ENOUGH_TRIALS and not tensors_in(left) + tensors_in(right):
                        found = counterexample(here)  # conditions alone, which hardly any place fulfils
                    for seed in range(2, OTHER_PLACES):
                        if found is None or not self._breaks_a_condition(found):
                            break
                        found = trials(here, TRIALS, seed)[0] or found
                except (StepError, SymcnnError, ZeroDivisionError):
                    found = None
                if found is not None or agreed:
                    break
            if found is None:
                return None, agreed
            found = self._standing(left, right, all_definitions, found)
            if found is None:
                return None, 0
        return found, agreed

    def _standing(self, left: Expression, right: Expression, definitions: Sequence[Definition],
                  found: Counterexample) -> Counterexample | None:
        """A counterexample that owes nothing to how it was looked for: the one that was found, or else another.

        The sides must differ on longer windows, too, and whether an index that only stands in sums, as a in
        X_{2i+a}, is 0 or 1: what values it may have is not said.
        """
        try:
            with budget(REFUTATION_STEPS):
                long = self._under(self._in_windows(left, right, definitions, long=True)).substitute(self.at_sizes)
                another = found if stands(long, found) else trials(long, TRIALS)[0]
        except BudgetError:
            another = found
        except SymcnnError:
            return found
        told = {s for d in definitions for s in sizes_in(d.body)}
        told |= {s for p in (*self.at_sizes.values(), *self._stated_of_sizes()) for s in p.symbols}
        loose = {s for s in _in_sums_only(left, right) if not s.is_size or s not in told} - {s for s, _ in self.ranges}
        for at in (dict.fromkeys(loose, polynomial(value)) for value in (0, 1) if loose):
            claim = self._under(self._in_windows(substitute(left, at), substitute(right, at), definitions))
            if trials(claim.substitute(self.at_sizes), TRIALS)[0] is None:
                return None
        return another

    def _differs_further_out(self, left: Expression, right: Expression) -> bool:
        """Whether sides without a definition that agree on short windows differ on longer ones."""
        for definitions in self._choices(left, right)[:MOST_CHOICES]:
            if needed(definitions, (left, right)):
                return False
            with suppress(SymcnnError, ZeroDivisionError), budget(REFUTATION_STEPS):
                long = self._under(self._in_windows(left, right, definitions, long=True)).substitute(self.at_sizes)
                if trials(long, TRIALS)[0] is None:
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

        def looked_at(t: Tensor) -> Tensor:
            if long:
                end = max(LONG[1], min(highest, MOST_ENTRIES) + 1)
                here = Axis(polynomial(LONG[0]), polynomial(1), polynomial(end))
                return replace(t, axes=tuple(here if a == UNBOUNDED else a for a in t.axes))
            here = WIDE if t in under else window if len(t.axes) < 3 or highest > 1 else NARROW
            return replace(t, axes=tuple(here if a == UNBOUNDED else a for a in t.axes))

        windows = {t: looked_at(t) for t in needed if t not in known}
        bounded = [Definition(d.tensor, d.indices, _in_windows(d.body, windows)) for d in definitions
                   if d.tensor in needed]
        ranges = tuple(_ranges(left, right, windows))
        left, right = _in_windows(left, windows), _in_windows(right, windows)
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
        bodies = [d.body for d in needed(definitions, (left, right))]
        rests_on = {t for f in (left, right, *bodies) for t in tensors_in(f)}
        if self.known.other_meaning & rests_on:
            return False  # a name that was given two meanings, of which either may be meant
        tables = {identifier(name) for known in (self.known, self.later) for name in known.matrices}
        if any(t not in {d.tensor for d in definitions} and len(t.axes) < 3 and (
                t.name in tables or t.name.split("_")[0] in tables) for t in rests_on):
            return False  # its numbers stand in the document
        defined = {d.tensor for d in definitions}
        inputs = {t for d in (*definitions, *self._definitions().values()) for t in tensors_in(d.body)}
        # Of a name that stands in a formula for one layer, those of the other layers are known, too.
        families = {family(t.name) for t in inputs | defined if label_of(t.name) is not None}
        here = [set(tensors_in(side)) for side in (left, right)]
        inputs |= {t for d in self._recurrent().values() for t in (d.tensor, *tensors_in(d.body))}
        for mine, other in (here, here[::-1]):
            if not any(t.gradient_of for t in mine | other) and any(
                    ("_up_" in t.name or t.name.endswith("'"))
                    and t.name.partition("_up_")[0].rstrip("'") in self.names.steps for t in mine - other - defined):
                return False  # v⁰ or v' may hang together with v¹ or be zero, and the line may go by that
            for tensor in set() if self.worked_out else mine - other - defined - inputs:
                if tensor.gradient_of is None and family(tensor.name) in families:
                    continue
                if tensor.gradient_of is not None or tensor not in other:
                    return False
        return bool(defined & (here[0] | here[1])) or here[0] == here[1] or self.worked_out


def _beside(side: Expression, target: Tensor, read: Read) -> list[Expression]:
    """What a read is multiplied by where it stands beside a target in a sum: p_k h_j of (p_k − t_k) h_j."""
    ranges: tuple[Range, ...] = ()
    while isinstance(side, Sum):
        ranges, side = (*ranges, *side.ranges), side.body
    if not isinstance(side, Multiply):
        return [Sum(ranges, read)] if ranges else []
    rest = [f for f in side.factors if target not in tensors_in(f)]
    if len(rest) != len(side.factors) - 1 or read in rest:
        return []
    product = Multiply((read, *rest))
    return [Sum(ranges, product) if ranges else product]


def differ(claim: Claim) -> bool:
    """Whether the sides certainly differ at one random place."""
    ties: list[NonZero] = []
    claim = without_derivatives(claim, ties)
    if ties:
        return False
    chance = random.Random(1)
    sizes = {s: (s.lower or 0) + 1 for s in all_sizes(claim)}
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


def _in_windows(node: Expression, windows: dict[Tensor, Tensor]) -> Expression:
    if isinstance(node, Read) and node.tensor in windows:
        return Read(windows[node.tensor], node.indices)
    return rebuild(node, tuple(_in_windows(c, windows) for c in children(node)))
