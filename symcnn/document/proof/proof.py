"""Equations between formulas: proved by the kernel, or refuted at exact entries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace

from symcnn.counterexample import Counterexample, trials
from symcnn.counting import Lemmas
from symcnn.document.claims.claims import Reading
from symcnn.document.facts.extents import needed
from symcnn.document.facts.in_terms import in_a_circle
from symcnn.document.facts.known import Decision, DependenceError
from symcnn.document.facts.questions import equal
from symcnn.document.facts.symmetry import symmetrized
from symcnn.document.meaning.powers import has_powers, is_encoded, tied, with_logarithms
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.proof.active import ACTIVE, INACTIVE, Condition, Everywhere, Kinks, has_kinks
from symcnn.document.proof.backward import one_step
from symcnn.document.proof.closed_forms import closed_form, in_closed_form
from symcnn.document.proof.common_axes import on_common_axes
from symcnn.document.proof.counted import counted
from symcnn.document.proof.off_ties import off_ties
from symcnn.document.proof.open_functions import MEANT, open_functions
from symcnn.document.proof.open_sums import bounded, stated_bounds
from symcnn.document.proof.quotients import is_quotient, of_quotients
from symcnn.document.proof.refutation import (
    ENOUGH_TRIALS, MOST_CHOICES, REFUTATION_STEPS, TRIALS, ZERO_BEYOND, Refuter, in_windows,
)
from symcnn.document.proof.roots import rooted, without_roots
from symcnn.document.proof.steps import Unfit, expanded, powered_numbers
from symcnn.document.proof.weighted import weighted
from symcnn.document.reading.forms import MeaningError, constant, is_schematic
from symcnn.effort import BudgetError, budget
from symcnn.errors import StepError, SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.kernel.zero import PROCEDURES
from symcnn.notation.expression import (
    OPEN, UNBOUNDED, Apply, Bracket, Definition, Derivative, Equation, Expression, Multiply,
    Range, Read, Sum, Tensor, expression, free_indices, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import sizes_in, substitute, tensors_in
from symcnn.scope import scope_faults
from symcnn.verdict import Verdict

PROOF_STEPS, ROOT_STEPS = 150_000, 60_000
DEEP_PROOFS = 30
"""So many lines of a document are tried with the slower procedures, where nothing speaks against them."""
MANY_PARTS = 60
SENTENCE_ENDS = re.compile(r"[.;!?]\s|\n\s*\n")
WITHOUT_BOUNDS = "what is divided by under a sum without bounds is 0 somewhere"
"""Why the kernel refuses Σ_k y_k / p_k over names without an end."""


class Prover(Refuter):
    """Decides equations from what is known of the document's names."""

    reading: Reading
    deep_proofs = DEEP_PROOFS
    conditions_near: dict[int, Condition] = {}
    """What is supposed of signs, by the places where it stands."""
    lemmas: Lemmas
    """What was proved of floors."""
    written: Set[int] = frozenset()
    """The identities of the trees of the sides that are checked."""

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
        """The verdict on left = right, with the formulas of what it differentiates, and sums of powers as numbers."""
        left, right = (self.in_full(self._without_powers(side)) for side in (left, right))
        slopes = any(isinstance(n, Derivative) or isinstance(n, Read) and n.tensor.gradient_of is not None
                     or n in self.words.slopes for side in (left, right) for n in walk(self.unaliased(side)))
        with temporarily(self, of_slopes=slopes):
            decision = self._claimed_by_formulas(left, right, refute=refute)
            if decision.verdict is Verdict.PROVED or slopes or not self.known.recurrences:
                return decision
            return self._in_closed_form(left, right, decision)

    def _in_closed_form(self, left: Expression, right: Expression, decision: Decision) -> Decision:
        """The verdict where the document says what the entries of a sequence are in terms of its first one."""
        read = {t for side in (left, right) for t in tensors_in(side)}
        forms = [form for tensor, equations in self.known.recurrences.items() if tensor in read
                 and (form := closed_form(equations)) is not None]
        refuted = decision.verdict is Verdict.REFUTED
        for form in forms:
            put = in_closed_form(left, form), in_closed_form(right, form)
            if put == (left, right):
                continue
            said = f"{Read(form.tensor, tuple(map(polynomial, form.indices)))} = {form.body}"
            there = self._claimed_by_formulas(*put, refute=refuted)
            if there.verdict is Verdict.PROVED or there.verdict is Verdict.TESTED:
                return replace(there, assumptions=(*there.assumptions, said))
            if refuted and there.verdict is not Verdict.REFUTED:
                return Decision(Verdict.UNDECIDED, f"whether this follows from {said} is not known")
        return decision

    def _without_powers(self, side: Expression) -> Expression:
        """A side with its sums between numbers written out if that makes numbers of all exponents, as Σ_{i=0}^9 2^i."""
        written = side
        if has_powers(side, self.words.powers):
            with suppress(Unfit, SymcnnError):
                written = powered_numbers(expanded(side), self.words)
        return side if has_powers(written, self.words.powers) else written

    def _claimed_by_formulas(self, left: Expression, right: Expression, *, refute: bool) -> Decision:
        """The verdict on left = right; where it speaks of gradients, ∂Z/∂X may hold all but X fixed, too."""
        if is_schematic(left, right):
            return Decision(Verdict.UNDECIDED, "names the factors of the chain rule; what is summed is left out")
        if (once := one_step(self._definitions() | self._recurrent(), left, right)) is not None:
            # What the slope is made of stands in the recurrence; any other name may be one for the slope.
            known = {t for d in (self._definitions() | self._recurrent()).values() for t in tensors_in(d.body)}
            made_of_it = set(tensors_in(once[1])) <= known | set(tensors_in(once[0]))
            with temporarily(self, worked_out=self.worked_out or made_of_it):
                return self._decided(*once, refute=refute)
        if (apart := self.at_numbered_steps(left, right, refute=refute)) is not None:
            return apart
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
        if (there := self.known.forms.by(left, self._definitions())) is not None and self.settled is None:
            with temporarily(self, settled=there):
                return self._asymmetric(left, right, refute=refute)
        if (sided := self._where_stated(left, right, refute=refute)) is not None:
            return sided
        self.look_at(left, right)
        self.claim_names = {t.name for side in (left, right) for t in tensors_in(side)}
        left, right = self.unaliased(left), self.unaliased(right)
        stepped = self.stepwise(left, right, refute=refute)
        if stepped is not None and stepped.verdict is Verdict.PROVED:
            return stepped
        if self._has_rates_of_powers(left, right):
            return self._by_logarithms(left, right, refute=refute)
        self.incomplete = {}
        asked, left = left, self.unrolled(left, right) if left != right else left
        why = self.left_out(self.incomplete, asked)
        decision = self._by_stated_ways(left, right, stepped, refute=refute)
        if not why and (decision.verdict is not Verdict.REFUTED or not self.left_out(
                self.incomplete.keys() - tensors_in(right), asked)):
            return decision
        # What is not stated may be worked out in the line: ∂L/∂h_t = Vᵀ (o_t − y_t) + Wᵀ ∂L/∂h_{t+1}.
        with temporarily(self, every_way=True):
            whole = self._asymmetric(asked, right, refute=refute)
        if whole.verdict is Verdict.PROVED or whole.verdict is decision.verdict is Verdict.REFUTED:
            return whole
        return Decision(Verdict.UNDECIDED, why or whole.reason)

    def _by_stated_ways(self, left: Expression, right: Expression, stepped: Decision | None, *,
                        refute: bool) -> Decision:
        """The verdict on an equation whose left side is written out by the ways behind which it states gradients."""
        beyond = self._beyond_axes(left, right)
        if beyond:
            return Decision(Verdict.REFUTED, beyond)
        reasons: list[str] = []
        self.passed, self.incomplete = set(), {}
        self.only_known = {t for t in self.known.entries if self._reads_known_entries(t, (left, right))
                           or (self.of_slopes and self._fill_a_box(t))}
        try:
            self._require_dependence(left, right)
        except DependenceError:
            if stepped is not None:
                return stepped
            raise
        try:
            with budget(PROOF_STEPS):
                proved = self._proof(left, right, reasons, PROCEDURES[:2] if refute else PROCEDURES[:1])
        except BudgetError as error:
            proved = None
            reasons.append(f"no proof was found: it would take {error}")
        if proved is None:
            proved = self._of_roots(left, right) or self._of_quotients(left, right) or self._off_ties(left, right)
            why = self.left_out(self.incomplete, left)
            if proved is not None and proved.verdict is Verdict.PROVED and why:
                proved = Decision(Verdict.UNDECIDED, why)
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
        if found is not None and (beside := self._beside_a_kink(left, right)) is not None:
            return beside
        if found is not None and (circle := in_a_circle((left, right), self._definitions())):
            return Decision(Verdict.UNDECIDED, f"{circle} is made of itself")
        if found is not None and self._breaks_a_condition(found):
            return Decision(Verdict.UNDECIDED, "differs, but only under what the document excludes was it looked at")
        if found is not None and (name := self._open_statistic(left, right)):
            return Decision(Verdict.UNDECIDED, f"how {name} depends on the entries it is taken of is not said")
        if found is not None and (said := self._meant_function(left, right)):
            return Decision(Verdict.UNDECIDED, said)
        if found is not None and (within := self._within_sums(left, right, found) or self._between_bounds(
                left, right)) is not None:
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
            if why := self.left_out((h.tensor for h in theorem.hypotheses if isinstance(h, Definition) and (
                    h.tensor in self.incomplete)), left):
                return Decision(Verdict.UNDECIDED, why)
            if self._rests_on_its_own_bounds(left, right) or self._rests_on_its_own_axes(
                    left, right, definitions):
                return Decision(Verdict.UNDECIDED, ZERO_BEYOND)
            assumptions = tuple(str(h) for h in theorem.hypotheses if not isinstance(h, Definition))
            assumptions += tuple(f"{a.base} ≤ {s.name} ≤ {a.upper}" for s, a in claim.ranges)
            assumptions += self.taken_as_standard(definitions, (left, right))
            assumptions += self.not_by_way_of(h.tensor for h in theorem.hypotheses if isinstance(h, Definition))
            assumptions += tuple(f"{d.tensor.name} has no entries but those given" for d in definitions
                                 if d.tensor in self.only_known and not self.complete(d.tensor)
                                 and any(t.gradient_of is not None for side in (left, right) for t in tensors_in(side)))
            scope = ", ".join(map(repr, theorem.scope)) or "all values"
            return Decision(Verdict.PROVED, "", scope, assumptions, procedures=tuple(sorted(theorem.procedures)))
        if any(WITHOUT_BOUNDS in reason for reason in reasons) and (
                found := self._on_common_axes(left, right, procedures)) is not None:
            return found
        if (theorem := counted(left, right, self._stated_of_sizes(), self.lemmas)) is not None:
            return Decision(Verdict.PROVED, "", "all values", tuple(map(str, theorem.hypotheses)),
                            procedures=tuple(sorted(theorem.procedures)))
        for definitions in self._choices(left, right)[:MOST_CHOICES]:
            for equation, using_it, multiplier in self.sums_to_one(left, right):
                for claim, using in ((Claim(left, right, definitions), using_it),
                                     *self._sized(left, right, definitions, using_it)):
                    try:
                        theorem = equal(claim, [(using, self._same_axes(multiplier, claim))], ("isl",))
                    except StepError:
                        continue
                    return Decision(Verdict.PROVED, "", "all values", (str(equation),),
                                    procedures=tuple(sorted(theorem.procedures)))
        return None

    def _meant_function(self, left: Expression, right: Expression) -> str:
        """Why a line that fails for a function without a formula may hold for the one that is meant; empty if not.

        An equation between a function and its slope, φ' = φ + 1, tells what the function is; it is no rule that was
        applied to any function. Nor is one with the function on one side only, y = g(x) beside y_i = x_{i-1}, unless
        it is differentiated.
        """
        choices = list(self._choices(left, right))
        made_of = [[side, *(d.body for choice in choices for d in needed(choice, (side,)))] for side in (left, right)]
        within = [set().union(*map(open_functions, bodies)) for bodies in made_of]
        names = sorted(set().union(*within))
        shown = f"what {', '.join(n.removeprefix(OPEN) for n in names)} is, is not said"
        for function, called in MEANT.items() if names else ():
            with temporarily(self, meant=function), suppress(BudgetError), budget(REFUTATION_STEPS):
                found, agreed = self._refutation(left, right)
                if found is None and agreed:
                    return f"{shown}; if it is {called}, no difference was found"
        slopes = any(isinstance(n, Apply) and n.function.startswith(OPEN) and n.function.endswith("'")
                     for side in (left, right) for n in walk(side))
        applied = any(isinstance(n, Derivative) or isinstance(n, Read) and n.tensor.gradient_of
                      for bodies in made_of for body in bodies for n in walk(body))
        return shown if names and not applied and (slopes or not all(within)) else ""

    def _on_common_axes(self, left: Expression, right: Expression, procedures: Sequence[str]) -> Decision | None:
        """What is proved for names that all have an end, those with the same index the same one."""
        for definitions in self._choices(left, right):
            with suppress(StepError):
                there = on_common_axes(left, right, needed(definitions, (left, right)))
                if there is None:
                    continue
                theorem = equal(Claim(*there).substitute(self.at_sizes), (), procedures)
                assumed = tuple(str(h) for h in theorem.hypotheses if not isinstance(h, Definition))
                return Decision(Verdict.PROVED, "", ", ".join(map(repr, theorem.scope)) or "all values",
                                (*assumed, *self.taken_as_standard(definitions, (left, right))),
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

    def _of_quotients(self, left: Expression, right: Expression) -> Decision | None:
        """Σ_i e^{z_i} / Σ_j e^{z_j} = 1; None for another line."""
        if not any(map(is_quotient, self._definitions().values())):
            return None
        for definitions in self._choices(left, right):
            for claim in (Claim(left, right, definitions), *(c for c, _ in self._sized(left, right, definitions))):
                with suppress(StepError):
                    theorem = of_quotients(self._under(claim).substitute(self.at_sizes))
                    assumed = tuple(str(h) for h in theorem.hypotheses if not isinstance(h, Definition))
                    return Decision(Verdict.PROVED, "", ", ".join(map(repr, theorem.scope)) or "all values",
                                    (*assumed, *self.taken_as_standard(definitions, (left, right))),
                                    procedures=tuple(sorted(theorem.procedures)))
        return None

    def is_nonnegative(self, e: Expression) -> bool:
        """Whether the document says of a number that it is not negative."""
        return isinstance(e, Read) and any(
            sign in (">", "≥") and bound >= 0 for sign, bound in self._signs_in_force().get(e.tensor.name, ()))

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

    def between_bounds(self, left: Expression, right: Expression) -> tuple[tuple[Expression, Expression], list[str]]:
        """Both sides with their sums without bounds going as far as the index does elsewhere; what is taken from there.
        """
        used: dict[str, tuple[Polynomial, Polynomial]] = {}
        stated = stated_bounds(self._definitions().values())
        sides = bounded(left, stated, used), bounded(right, stated, used)
        return sides, [f"{lower} ≤ {name} ≤ {upper}" for name, (lower, upper) in used.items()]

    def _between_bounds(self, left: Expression, right: Expression) -> Decision | None:
        """The verdict between such bounds; None where they change nothing."""
        sides, where = self.between_bounds(left, right)
        if sides == (left, right):
            return None
        decision = self._claimed(*sides)
        return replace(decision, assumptions=(*decision.assumptions, *where))

    def _is_large(self, left: Expression, right: Expression, definitions: Sequence[Definition]) -> bool:
        """Whether to look at a place first costs less than a proof that fails."""
        rest = needed(definitions, (left, right))
        return sum(1 for f in (left, right, *(d.body for d in rest)) for _ in walk(f)) > MANY_PARTS

    def _rests_on_an_open_slope(self, left: Expression, right: Expression) -> bool:
        """Whether a line differentiates a function without a formula whose slope f' the document never writes.

        It may write the slope of a function that it does not name, as a (1 − a).
        """
        parts = [n for side in (left, right) for n in walk(side)]
        if not any(isinstance(n, Derivative) or (isinstance(n, Read) and n.tensor.gradient_of) for n in parts):
            return False
        written = {n.function for n in parts if isinstance(n, Apply)}
        used = {n.function for d in needed(tuple(self._definitions().values()), (left, right)) for n in walk(d.body)
                if isinstance(n, Apply) and n.function.startswith(OPEN)}
        used |= {n.function for t, d in self._recurrent().items() if t not in self._errors() for n in walk(d.body)
                 if isinstance(n, Apply) and n.function.startswith(OPEN)}
        return any(f"{f}'" not in written and f.removeprefix(OPEN) not in self.names.primed for f in used)

    def _where_stated(self, left: Expression, right: Expression, *, refute: bool) -> Decision | None:
        """The verdict where conditions beside the line say of max(0, u) that it is u, or 0; None if there are none."""
        here = [c for c in self.conditions_near.values() if c.start <= self.place < c.end]
        if not here:
            return None
        definitions = self._definitions()
        kinks = Kinks(here, definitions)
        there = {t: replace(d, body=kinks.without(d.body)) for t, d in definitions.items()}
        sides = kinks.without(left), kinks.without(right)
        if not kinks.used:
            return None
        with temporarily(self, settled=there, conditions_near={}):
            decision = self._asymmetric(*sides, refute=refute)
        return replace(decision, assumptions=(*decision.assumptions, *(c.shown for c in kinks.used)))

    def _beside_a_kink(self, left: Expression, right: Expression) -> Decision | None:
        """The verdict on a slope that fails but holds where every max(0, u) is u, or 0; None for any other line.

        It is proved where the sentence says so, "if the constraint is active", and left open where nothing does.
        """
        definitions = self._definitions()
        if not self.of_slopes or any(map(has_kinks, (left, right))) or not any(
                has_kinks(d.body) for d in needed(tuple(definitions.values()), (left, right, *self._losses_of(left)))):
            return None
        said = self.reading.text[max((m.end() for m in SENTENCE_ENDS.finditer(
            self.reading.text, 0, self.place)), default=0):self.place]
        for active, words in ((True, ACTIVE), (False, INACTIVE)):
            kinks = Everywhere(active)
            there = {t: replace(d, body=kinks.without(d.body)) for t, d in definitions.items()}
            with temporarily(self, settled=there):
                decision = self._asymmetric(left, right, refute=False)
            if decision.verdict is Verdict.PROVED:
                where = tuple(f"{u} {'>' if active else '<'} 0" for u in kinks.arguments)
                if words.search(said):
                    return replace(decision, assumptions=(*decision.assumptions, *where))
                if not active and self._vanishes(right, there):
                    continue  # 0 = 0 says nothing of what is written
                return Decision(Verdict.UNDECIDED, f"holds where {', '.join(where)}, which is not said")
        return None

    def _vanishes(self, right: Expression, there: Mapping[Tensor, Definition]) -> bool:
        """Whether a side that is not written as 0 is 0 by some definitions."""
        with temporarily(self, settled=there):
            return constant(right) != 0 and self._asymmetric(
                right, expression(0), refute=False).verdict is Verdict.PROVED

    def _off_ties(self, left: Expression, right: Expression) -> Decision | None:
        """The proof of a line about slopes where no function with a kink is taken at it; None if there is none."""
        claims = (Claim(left, right, d) for d in self._choices(left, right)[:MOST_CHOICES] if self.of_slopes)
        with suppress(BudgetError), budget(PROOF_STEPS):
            return next(filter(None, (off_ties(c, self.words.slopes) for c in claims)), None)
        return None

    def _losses_of(self, left: Expression) -> list[Expression]:
        """The losses that a line speaks of the gradients of."""
        return [Read(Tensor(t.gradient_of[0], ()), ()) for t in tensors_in(left) if t.gradient_of is not None]

    def _has_rates_of_powers(self, left: Expression, right: Expression) -> bool:
        """Whether a line takes a derivative by what a power with letters in its exponent is made of."""
        if not self.words.powers and not self.words.products:
            return False
        parts = [n for side in (left, right) for n in walk(side)]
        by = {n.by.tensor.name for n in parts if isinstance(n, Derivative)}
        by |= {n.tensor.gradient_of[1] for n in parts if isinstance(n, Read) and n.tensor.gradient_of}
        inside = [*self.words.powers.values(), *(body for _, body in self.words.products.values())]
        return bool(by & {t.name for base in inside for t in tensors_in(base)})

    def _by_logarithms(self, left: Expression, right: Expression, *, refute: bool) -> Decision:
        """The verdict with exp(n log x) for powers xⁿ with letters in their exponents, where x > 0."""
        powers, bases = self.words.powers, dict[Expression, None]()
        definitions = self._definitions()
        with_powers = [d for d in definitions.values() if has_powers(d.body, powers | self.words.products)]
        if any(tied(side, powers) or has_powers(side, self.words.products)
               for side in (left, right, *(d.body for d in with_powers))):
            raise MeaningError("derivatives of powers with letters in their exponents are not taken")
        left, right = (with_logarithms(side, powers, bases) for side in (left, right))
        for d in with_powers:
            definitions[d.tensor] = Definition(d.tensor, d.indices, with_logarithms(d.body, powers, bases))
        with temporarily(self, settled=definitions), temporarily(self.words, powers={}, products={}):
            decision = self._asymmetric(left, right, refute=refute)
        return replace(decision, assumptions=(*decision.assumptions, *(f"{base} > 0" for base in bases)))

    def _of_powers(self, left: Expression, right: Expression) -> Decision:
        """A line with letters in exponents that no recurrence proves: looked at with numbers for these letters."""
        with suppress(SymcnnError):
            decision = self._by_logarithms(left, right, refute=False)
            if decision.verdict is Verdict.PROVED:
                return decision
        found = self.at_numbers(left, right)
        if isinstance(found, Counterexample) and is_encoded(found.entries):
            return Decision(Verdict.UNDECIDED, "powers with letters in their exponents")
        if isinstance(found, Counterexample):
            return Decision(Verdict.REFUTED, "", counterexample=found)
        if found >= ENOUGH_TRIALS:
            return Decision(Verdict.TESTED, f"no proof, and no difference in {found} exact trials", "small exponents")
        return Decision(Verdict.UNDECIDED, "powers with letters in their exponents")

    def sums_to_one(self, left: Expression, right: Expression) -> list[tuple[Equation, Equation, Expression]]:
        """Σ t = 1 for the targets t of a cross-entropy −Σ t·log a, which are probabilities.

        Each as it is said, as it is used, and with a multiplier.
        """
        here = {t for side in (left, right) for t in tensors_in(side)}
        defined = {t for definitions in self._choices(left, right) for d in definitions for t in tensors_in(d.body)}
        return self._multiplied(self.targets() & (here | defined), left, right)

    def _multiplied(self, targets: Set[Tensor], left: Expression,
                    right: Expression) -> list[tuple[Equation, Equation, Expression]]:
        result: list[tuple[Equation, Equation, Expression]] = []
        one = expression(1)
        for target in sorted(targets, key=lambda t: t.name):
            indices = [polynomial(Symbol(f"c{n}")) for n in range(len(target.axes))]
            last = indices[-1].as_symbol
            assert last is not None
            total_of = Sum((Range(last),), Read(target, tuple(indices)))
            for read in dict.fromkeys(n for n in walk(right) if isinstance(n, Read) and n.tensor != target
                                      and len(n.indices) == len(indices) and free_indices(n)):
                pairs = zip(indices[:-1], read.indices, strict=False)
                at = {i.as_symbol: v for i, v in pairs if i.as_symbol is not None}
                equation = Equation(substitute(total_of, {s: v for s, v in at.items() if s is not None}), one)
                result += [(equation, equation, read), (equation, equation, -read)]
                for around in weighted(equation, right, target, read):
                    result += [(equation, around, one), (equation, around, -one)]
            if len(indices) == 1:
                equation = Equation(total_of, one)
                logarithms = (n for side in (left, right) for n in walk(side)
                              if isinstance(n, Apply) and n.function == "log" and not free_indices(n))
                for factor in dict.fromkeys((*logarithms, *(
                        f for d in self._definitions().values() for f in _factors(d.body, target)))):
                    result += [(equation, equation, factor), (equation, equation, -factor)]
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
        claim = self._under(self._in_windows(in_windows(left, opened), in_windows(right, opened), ()))
        try:
            return trials(claim, TRIALS)[0] is not None
        except (SymcnnError, ZeroDivisionError):
            return False

    def _rests_on_its_own_axes(self, left: Expression, right: Expression, definitions: Sequence[Definition]) -> bool:
        """Whether a line fails once the axes are longer of which only its own sums say where they begin and end."""
        rests_on = {t for f in (left, right, *(d.body for d in definitions)) for t in tensors_in(f)}
        places = {(t.gradient_of[1] if t.gradient_of else t.name, n) for t in rests_on for n in range(len(t.axes))}
        own = self.bounds.rest_on({p: self.words.axes[p] for p in places & self.words.axes.keys()}, self.written)
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

def _factors(formula: Expression, target: Tensor) -> list[Expression]:
    """The numbers that a target is multiplied by in a formula: 1 − ε of (1 − ε) t_k + ε/K."""
    found = []
    for n in walk(formula):
        if isinstance(n, Multiply) and any(isinstance(f, Read) and f.tensor == target for f in n.factors):
            rest = [f for f in n.factors if not (isinstance(f, Read) and f.tensor == target)]
            if rest and not any(free_indices(f) for f in rest):
                found.append(Multiply(tuple(rest)) if len(rest) > 1 else rest[0])
    return found
