"""Lines about expectations and variances, decided from the moments that the document states.

Names that stand alone in an E, Var or Cov are random, others are fixed. First only what is stated is used: moments
that nobody states are names of their own. Then the entries are taken to be independent; that is listed as an
assumption where the document speaks of independence, and is a condition where it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from dataclasses import dataclass, replace

from symcnn.counterexample import Counterexample, trials
from symcnn.document.expectation.asked import indices_of, solved_for_a_variance
from symcnn.document.expectation.moments import alone, is_statistical
from symcnn.document.expectation.stated_moments import StatedMoments
from symcnn.document.facts.extents import needed, sized
from symcnn.document.facts.known import Decision
from symcnn.document.facts.questions import equal, independence, linearity, moments, transitivity
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.proof.refutation import differ
from symcnn.document.proof.roots import rooted, without_roots
from symcnn.document.reading.forms import identifier
from symcnn.errors import StepError, SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.kernel.rules import symmetry
from symcnn.kernel.theorem import Theorem
from symcnn.notation.expression import (
    Apply, Axis, Bracket, Definition, Equation, Expectation, Expression, Multiply, Power, Read, Tensor, children,
    expression, free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import axes_of, reads_outside, substitute, tensors_in, within_axes
from symcnn.scope import scope_faults
from symcnn.verdict import Verdict

TRIALS = 30
ROOT_OF = "root_of_"


@dataclass(frozen=True)
class Mode:
    """What is assumed beyond the stated moments."""

    independent: bool
    centered: bool
    identical: bool
    proportional: bool = False


class Averages(StatedMoments):
    """Decides the lines about averages for a prover that knows the document's definitions."""

    def choose(self, left: Expression, right: Expression, asked: bool) -> str | None:
        """Take a line as another choice of a moment that a line before states, or of one that it can be solved for.

        Var(w) = 1/m behind Var(w) = 1/n; where words ask for it, n Var(w) = 1, too. None where it is no such line, or
        holds as it is.
        """
        left, right = self.prover.unaliased(left), self.prover.unaliased(right)
        averaged = {self._base(t) for side in (left, right) for n in walk(side) if isinstance(n, Expectation)
                    for t in tensors_in(n.body) if self._is_random(t)}
        if len(averaged) != 1 or is_statistical(right):
            return None
        (base,) = averaged
        known = {kind for kind in ("variances", "squares") if base in getattr(self.laws, kind)}
        of = alone(left)
        if not asked and (of is None or of[0] not in known):
            return None
        if known and (base not in self.chosen or self.decide(left, right, refute=False).verdict is Verdict.PROVED):
            return None
        others = {kind: {b: law for b, law in getattr(self.laws, kind).items() if b != base}
                  for kind in ("variances", "squares")}
        with temporarily(self.laws, **others):
            solved = self._solved(left, right, base)
        if solved is None:
            return None
        for kind, laws in others.items():
            setattr(self.laws, kind, laws)
        self.laws.variances[base] = solved
        self.laws.texts[base] = [f"{left} = {right}"]
        self.chosen.add(base)
        return f"taken as given: {'another choice' if known else 'a condition'} for the variance of {base}"

    def _solved(self, left: Expression, right: Expression, base: str) -> tuple[tuple[Symbol, ...], Expression] | None:
        """The variance of a name, with its indices, for which left = right; None if this says something else."""
        mode = Mode(True, self.said_centered, self.identical)
        formulas = next(iter(self._formulas(left, right)), None)
        if formulas is None:
            return None
        try:
            a, b = (self._worked(side, formulas[2], mode).right for side in formulas[:2])
        except (StepError, SymcnnError):
            return None
        found = solved_for_a_variance(a, b)
        (_, at), *more = [(b, i) for b, i in self._entries_averaged(left) if b == base] or [(base, ())]
        symbols = indices_of(found[0].indices or at) if found is not None and not more else None
        if found is None or symbols is None or free_indices(found[1]) - set(symbols) or (
                found[0].tensor.name not in {identifier(f"deviation_{name}") for name in (
                    base, *(t.name for side in (left, right) for t in tensors_in(side) if self._base(t) == base))}):
            return None
        return symbols, found[1]

    def decide(self, left: Expression, right: Expression, *, refute: bool = True) -> Decision:
        """The verdict on a line about averages; without `refute` only whether it is proved."""
        left, right = self.prover.unaliased(left), self.prover.unaliased(right)
        if whole := self.vectors.intersection((*tensors_in(left), *tensors_in(right))):
            return Decision(Verdict.UNDECIDED, f"{min(t.name for t in whole)} is a vector")
        self.ranges = _ranges(left, right)
        entries = self._entries_averaged(left) | self._entries_averaged(right)
        self.several = {base for base, at in entries if any(b == base and i != at for b, i in entries)}
        self.bare = {self._base(t) for side in (left, right) for t in tensors_in(side) if not t.axes}
        reasons: list[str] = []
        self.rests_on = ()
        modes = [Mode(independent, centered, self.identical) for independent, centered in (
            (False, False), (True, False), *([(False, True)] if self.said_centered else []), (True, True))]
        differs: Counterexample | None = None
        why_open = ""
        for mode in modes:
            for formulas in self._formulas(left, right):
                try:
                    a, b = (self._worked(side, formulas[2], mode) for side in formulas[:2])
                    if not mode.independent and self._differ(a.right, b.right):
                        raise StepError("the sides differ at some moments")
                    theorem = self._same(a, b)
                except (StepError, SymcnnError) as error:
                    reasons.append(str(error))
                    if refute and mode.independent and mode.centered == self.said_centered and differs is None:
                        differs = self._difference(formulas, mode)
                        why_open = self._left_open(left, right)
                    continue
                return self._proved(theorem, mode, formulas, differs, why_open)
        if why_open:
            return Decision(Verdict.UNDECIDED, why_open)
        if differs is not None and not self.identical and self._holds_alike(left, right):
            return Decision(Verdict.UNDECIDED, "holds if the entries of a name are alike, which is not said")
        self.prover.claim_names = {t.name for side in (left, right) for t in tensors_in(side)}
        if differs is not None and self.prover._breaks_a_condition(differs):
            return Decision(Verdict.UNDECIDED, "differs, but only under what the document excludes was it looked at")
        if differs is not None:
            beyond = _beyond((left, right), differs)
            if not (self.prover.worked_out and all(beyond.values())) and self._holds_within(left, right):
                # E(x_i²) = n v E(y_i²) with fewer y than x may mean any of them;
                # under a sum an index has its own range.
                return Decision(Verdict.UNDECIDED, f"holds where there are such entries, but {'; '.join(beyond)}")
            why = "; ".join((*scope_faults(left, right), *beyond))
            return Decision(Verdict.REFUTED, why, counterexample=differs, assumptions=self._stated((left, right)))
        return Decision(Verdict.UNDECIDED, reasons[-1] if reasons else "nothing decides this")

    def _left_open(self, left: Expression, right: Expression) -> str:
        """Why a line cannot be false: it averages one side only, or something that only this line speaks of."""
        leaves = [self._leaves(side, self.prover._choices(left, right)[-1]) for side in (left, right)]
        unstated = set(self.unstated)
        if not any(self._is_random(t) for side in leaves for t in side):
            return "which of these names are random is not said"
        known = {d.tensor for d in self.prover._choices(left, right)[-1]} | self.prover._definitions().keys()
        more = {self._base(t) for side in leaves for t in side if t not in known} - self.laws.random
        if more and not self.said_fixed and self._holds_with(left, right, more):
            return f"whether {', '.join(sorted(more))} is random is not said"
        in_words = sorted(name for name in more if self._law_in_words(name))
        if in_words:
            return f"what the words say of {', '.join(in_words)} is not understood"
        if apart := {base for base, _ in self._entries_averaged(left) ^ self._entries_averaged(right)} & (
                self.several & unstated):
            return f"the moments of {min(apart)} are not stated for all of its entries"
        if of_another := sorted(base for base, at in self._entries_averaged(left) | self._entries_averaged(right)
                                if at and base in self.chosen and any(
                                    base in laws and not laws[base][0] for laws in (
                                        self.laws.variances, self.laws.squares, self.laws.means))):
            return f"whether what is said of {of_another[0]} is said of this entry, too, is open"
        if self._varies(left, left, right) != self._varies(right, left, right):
            return "a random number and an average are compared"
        bases = [{self._base(t) for t in side} & self.laws.random for side in leaves]
        for base in sorted((bases[0] ^ bases[1]) & unstated | (bases[0] | bases[1]) & self.veiled):
            return f"the moments of {base} are not stated"
        return ""

    def _entries_averaged(self, side: Expression) -> set[tuple[str, tuple[Polynomial, ...]]]:
        """The random entries in the averages of a side that stand at indices of the line's own."""
        free = free_indices(side)
        return {(self._base(r.tensor), r.indices) for n in walk(side) if isinstance(n, Expectation)
                for r in walk(n.body) if isinstance(r, Read) and self._is_random(r.tensor) and all(
                    {s for s in i.symbols if not s.is_size} <= free for i in r.indices)}

    def _leaves(self, side: Expression, chosen: Iterable[Definition]) -> set[Tensor]:
        """What a side averages, with all that the formulas of that read."""
        averaged = {t for n in walk(side) if isinstance(n, Expectation) for t in tensors_in(n.body)}
        reads = [Read(t, tuple(map(polynomial, range(len(t.axes))))) for t in averaged]
        known = self.prover._definitions() | {d.tensor: d for d in chosen}
        rest = needed(tuple(known.values()), reads)
        return averaged | {t for d in rest for t in tensors_in(d.body)}

    def _holds_within(self, left: Expression, right: Expression) -> bool:
        """Whether a line is proved where all entries exist that it reads at indices of its own."""
        here = within_axes(left, right)
        return self.decide(here * left, here * right, refute=False).verdict is Verdict.PROVED

    def _holds_alike(self, left: Expression, right: Expression) -> bool:
        """Whether a line is proved if all entries of a name have the same moments."""
        with temporarily(self, identical=True):
            return self.decide(left, right, refute=False).verdict is Verdict.PROVED

    def _holds_with(self, left: Expression, right: Expression, more: set[str]) -> bool:
        """Whether a line is proved if more names are random."""
        with temporarily(self.laws, random=self.laws.random | more):
            return self.decide(left, right, refute=False).verdict is Verdict.PROVED

    def _varies(self, node: Expression, left: Expression, right: Expression) -> bool:
        """Whether a formula in a line reads, outside all averages, a random entry or what has a formula of these."""
        outside = _outside_averages(node)
        known = {d.tensor: d for d in self.prover._choices(left, right)[-1]}
        rest = needed(tuple(known.values()), [outside]) if tensors_in(outside) else ()
        return any(self._is_random(t) for f in (outside, *map(_outside_averages, (d.body for d in rest)))
                   for t in tensors_in(f))

    def plausible(self, left: Expression, right: Expression) -> bool:
        """Whether both sides agree at a random place if the entries are independent; says nothing more."""
        mode = Mode(True, self.said_centered, self.identical)
        for formulas in self._formulas(self.prover.unaliased(left), self.prover.unaliased(right)):
            with suppress(SymcnnError, ZeroDivisionError):
                a, b = (self._worked(side, formulas[2], mode).right for side in formulas[:2])
                if not self._differ(a, b):
                    return True
        return False

    def _differ(self, a: Expression, b: Expression) -> bool:
        """Whether the sides, worked out, certainly differ at random moments, so that there is nothing to prove."""
        return differ(self._where(self.prover._under(self.prover._in_windows(
            self._positive(a), self._positive(b), ()))))

    def _proved(self, theorem: Theorem, mode: Mode, formulas: tuple[Expression, Expression, Sequence[Definition]],
                differs: Counterexample | None, why_open: str) -> Decision:
        conditions = []
        if mode.independent and not self.said_independent:
            conditions.append("the random entries are independent")
        if mode.centered and not self.said_centered:
            conditions.append("the random entries have mean 0")
        assumed = self._stated(formulas[:2], formulas[2]) + self.rests_on
        assumed += ("the random entries are independent",) if mode.independent else ()
        tensors = {t for side in formulas[:2] for t in tensors_in(side) if self._is_random(t)}
        assumed += tuple(f"{base} is any of its entries, which are alike" for base in sorted(
            {self._base(t) for t in tensors if t.axes and self._stands_for_all(t)}))
        assumed += ("the random entries have mean 0",) if mode.centered and self._unstated(formulas) else ()
        procedures = tuple(sorted(theorem.procedures))
        if mode.centered and self.said_centered and (others := sorted(
                {self._base(t) for t in tensors} - self.laws.means.keys() - self.named_centered)) and (
                self.named_centered - self.prover.words.sizes):
            return Decision(Verdict.UNDECIDED, f"whether the mean of {others[0]} is 0 is not said")
        if not conditions:
            return Decision(Verdict.PROVED, "", "all values", assumed, procedures=procedures)
        if why_open:
            return Decision(Verdict.UNDECIDED, why_open)
        if not mode.independent or self.said_independent:
            # Only a mean that is not 0 can be in the way, and there are entries at which it is.
            verdict = Verdict.CONDITIONAL if differs is not None else Verdict.UNDECIDED
        else:
            verdict = Verdict.CONDITIONAL if self._fails_together(formulas, mode) else Verdict.UNDECIDED
        return Decision(verdict, "holds if " + " and ".join(conditions) + ", which is not said", "all values", assumed,
                        counterexample=differs, procedures=procedures)

    def _unstated(self, formulas: tuple[Expression, Expression, Sequence[Definition]]) -> bool:
        tensors = {t for side in (*formulas[:2], *(d.body for d in formulas[2])) for t in tensors_in(side)}
        return any(self._is_random(t) and self._base(t) not in self.laws.means for t in tensors)

    def _stated(self, sides: Iterable[Expression], definitions: Iterable[Definition] = ()) -> tuple[str, ...]:
        """The stated moments of what a claim speaks of."""
        tensors = {t for side in (*sides, *(d.body for d in definitions)) for t in tensors_in(side)}
        bases = sorted({self._base(t) for t in tensors})
        return tuple(text for base in bases for text in self.laws.texts.get(base, ()))

    def _formulas(self, left: Expression, right: Expression,
                  ) -> Iterator[tuple[Expression, Expression, Sequence[Definition]]]:
        """The sides with the definitions that they rest on; with lengths for open axes, too."""
        seen: list[Sequence[Definition]] = []
        for chosen in self.prover._choices(left, right):
            rest = [d for d in needed(chosen, (left, right)) if not self._is_random(d.tensor)]
            if rest in seen:
                continue
            seen.append(rest)
            yield self._filled(left, right, rest)
            found = sized((left, right), rest)
            if found is not None:
                (a, b), definitions, _ = found
                yield self._filled(a, b, definitions)

    def _filled(self, left: Expression, right: Expression, definitions: Sequence[Definition],
                ) -> tuple[Expression, Expression, Sequence[Definition]]:
        """All expectations over the random tensors of the claim."""
        tensors = {t for f in (left, right, *(d.body for d in definitions)) for t in tensors_in(f)}
        over = tuple(sorted(filter(self._is_random, tensors), key=lambda t: t.name))

        def visit(node: Expression) -> Expression:
            node = rebuild(node, tuple(map(visit, children(node))))
            return Expectation(node.body, over) if isinstance(node, Expectation) else node

        sizes = self.prover.at_sizes
        left, right = (substitute(visit(side), sizes) for side in (left, right))
        return left, right, [Definition(d.tensor.substitute(sizes), d.indices, substitute(visit(d.body), sizes))
                             for d in definitions]

    def _worked(self, side: Expression, definitions: Sequence[Definition], mode: Mode) -> Theorem:
        """⊢ side = the same without expectations, by the stated moments and names for the others."""
        rest = [d for d in definitions if not any(isinstance(n, Expectation) for n in walk(d.body))]
        ranges = self._ranges_in(side)  # both sides are claimed for the same entries, on whatever axes each reads them
        theorem = linearity(side, rest, ranges)
        over = next((n.over for n in walk(theorem.right) if isinstance(n, Expectation)), None)
        if over is None:
            return theorem
        if mode.independent:
            theorem = transitivity(theorem, independence(theorem.right, [[t] for t in over], ranges))
        laws = [self._law(n, mode) for n in dict.fromkeys(self._products(theorem.right))]
        return transitivity(theorem, moments(theorem.right, list(dict.fromkeys(laws)), ranges))

    def _products(self, node: Expression) -> Iterator[tuple[tuple[Tensor, ...], tuple[Tensor, ...]]]:
        """The tensors that stand in each expectation of a product, with those that all are over."""
        for n in walk(node):
            if isinstance(n, Expectation):
                reads = n.body.factors if isinstance(n.body, Multiply) else (n.body,)
                yield tuple(sorted((r.tensor for r in reads if isinstance(r, Read)), key=lambda t: t.name)), n.over

    def _law(self, product: tuple[tuple[Tensor, ...], tuple[Tensor, ...]], mode: Mode) -> Equation:
        tensors, over = product
        reads = []
        for n, tensor in enumerate(tensors):
            reads.append(Read(tensor, tuple(polynomial(Symbol(f"a{n}_{k}")) for k in range(len(tensor.axes)))))
        left = Expectation(reads[0] if len(reads) == 1 else Multiply(tuple(reads)), over)
        means = [self._mean(r, mode) for r in reads]
        if len(reads) == 1:
            return Equation(left, means[0])
        if len(reads) == 2 and tensors[0] == tensors[1]:
            if (stated := self.laws.products.get(self._base(tensors[0]))) is not None:
                both = (*reads[0].indices, *reads[1].indices)
                return Equation(left, substitute(stated[1], dict(zip(stated[0], both, strict=True))))
            equal_places = [p - q for p, q in zip(reads[0].indices, reads[1].indices, strict=True)]
            square = self._square(reads[0], mode)
            if not equal_places:
                return Equation(left, square)
            here = Bracket(tuple(equal_places))
            apart = Multiply(tuple(means)) if mode.independent else self._together(reads, means, mode)
            return Equation(left, here * square + (1 - here) * apart)
        return Equation(left, self._together(reads, means, mode))

    def _together(self, reads: Sequence[Read], means: Sequence[Expression], mode: Mode) -> Expression:
        """A moment of several entries that nobody states; StepError for more than two proportional ones."""
        if not mode.proportional:
            return self._unnamed("together", reads)
        if len(reads) > 2:
            raise StepError("the moments of more than two entries are left open")
        deviations = [Apply("sqrt", self._square(r, mode) - Power(m, 2)) for r, m in zip(reads, means, strict=True)]
        return Multiply(tuple(means)) + Multiply(tuple(deviations))

    def _unnamed(self, word: str, reads: Sequence[Read]) -> Read:
        """A moment that nobody states, as an entry of a tensor of its own."""
        self.unstated |= {self._base(r.tensor) for r in reads}
        name = identifier("_".join((word, *(r.tensor.name for r in reads))))
        axes = tuple(a for r in reads for a in r.tensor.axes)
        return Read(Tensor(name, axes), tuple(i for r in reads for i in r.indices))

    def _own(self, word: str, read: Read, mode: Mode) -> Read:
        self.unstated.add(self._base(read.tensor))
        if mode.identical or not read.indices or self._stands_for_all(read.tensor):
            return Read(Tensor(identifier(f"{word}_{self._base(read.tensor)}"), ()), ())
        return self._unnamed(word, [read])

    def _stands_for_all(self, tensor: Tensor) -> bool:
        """Whether a name is averaged without indices, too: then it is any one of its entries, w for w_i."""
        arities, base = self.prover.words.arities, self._base(tensor)
        if base in self.several or any(self._base(t) == base for t in self.made if not t.axes):
            return False
        return arities.get(base) == 0 or f"{base}_0" in arities or base in self.bare

    def _mean(self, read: Read, mode: Mode) -> Expression:
        stated = self._from(self.laws.means, read)
        if stated is not None:
            return stated
        centered = mode.centered and self._base(read.tensor) not in self.off_center
        return expression(0) if centered else self._own("mean", read, mode)

    def _square(self, read: Read, mode: Mode) -> Expression:
        square = self._from(self.laws.squares, read)
        if square is not None:
            return square
        variance = self._from(self.laws.variances, read)
        if variance is None:
            variance = Power(self._own("deviation", read, mode), 2)
        return variance + Power(self._mean(read, mode), 2)

    def _same(self, a: Theorem, b: Theorem) -> Theorem:
        """⊢ left = right from ⊢ left = a and ⊢ right = b; StepError if the kernel does not show a = b."""
        claim = self._where(Claim(a.right, b.right))
        under = self.prover._under(claim)
        for here in dict.fromkeys((claim, under)):
            with suppress(StepError):
                return transitivity(transitivity(a, equal(here, (), ("isl",))), symmetry(b))
        with suppress(StepError):
            return transitivity(transitivity(a, without_roots(under)), symmetry(b))
        middle, assumed = rooted(under, self._is_nonnegative)
        self.rests_on += tuple(t for t in assumed if t not in self.rests_on)
        return transitivity(transitivity(a, middle), symmetry(b))

    def _where(self, claim: Claim) -> Claim:
        """The claim for the indices on the axes of what was averaged: its moments no longer show these."""
        ranges = dict(claim.ranges) | dict(self._ranges_in(claim.left, claim.right))
        return replace(claim, ranges=tuple(ranges.items()))

    def _ranges_in(self, *sides: Expression) -> list[tuple[Symbol, Axis]]:
        """Where the indices of some formulas lie for which the line is claimed."""
        free = set[Symbol]().union(*map(free_indices, sides))
        return [(s, a.substitute(self.prover.at_sizes)) for s, a in self.ranges if s in free]

    def _is_nonnegative(self, e: Expression) -> bool:
        """Whether a name is a standard deviation, or the document says that it is not negative."""
        stated = (v for _, v in (*self.laws.variances.values(), *self.laws.squares.values(),
                                 *self.laws.products.values()))
        squares = {f for v in stated for f in (v.factors if isinstance(v, Multiply) else (v,))}
        return isinstance(e, Read) and (Power(e, 2) in squares or e.tensor.name.startswith("deviation_")
                                        or self.prover.is_nonnegative(e))

    def _difference(self, formulas: tuple[Expression, Expression, Sequence[Definition]], mode: Mode,
                    ) -> Counterexample | None:
        """Moments of independent entries, which two-valued ones can have, at which the sides differ."""
        self.unstated = set()
        try:
            a, b = (self._worked(side, formulas[2], mode).right for side in formulas[:2])
            if any(t.name.startswith("together") for side in (a, b) for t in tensors_in(side)):
                return None  # not every number is such a moment
            a, b = self._positive(a), self._positive(b)
            found = trials(self._where(self.prover._in_windows(a, b, ())), TRIALS)[0]
            return found and replace(found, entries=dict(map(_squared, found.entries.items())))
        except (SymcnnError, ZeroDivisionError):
            return None

    def _positive(self, node: Expression) -> Expression:
        """A formula where variances that are names of their own are squares, and deviations: they are not negative."""
        stated = [v for _, v in (*self.laws.variances.values(), *self.laws.squares.values())]
        named = {v.tensor for v in stated if isinstance(v, Read)}
        roots = [v.base for v in stated if isinstance(v, Power) and v.exponent == 2]
        named |= {v.tensor for v in roots if isinstance(v, Read)}

        def visit(part: Expression) -> Expression:
            if isinstance(part, Read) and part.tensor in named:
                return Power(Read(replace(part.tensor, name=ROOT_OF + part.tensor.name), part.indices), 2)
            return rebuild(part, tuple(map(visit, children(part))))

        return visit(node)

    def _fails_together(self, formulas: tuple[Expression, Expression, Sequence[Definition]], mode: Mode) -> bool:
        """Whether the line fails where each entry is its mean and its deviation times one random sign."""
        try:
            proportional = replace(mode, independent=False, proportional=True)
            a, b = (self._worked(side, formulas[2], proportional).right for side in formulas[:2])
            claim = self._where(self.prover._in_windows(self._positive(a), self._positive(b), ()))
            return trials(claim.substitute(self.prover.at_sizes), TRIALS)[0] is not None
        except (SymcnnError, ZeroDivisionError):
            return False


def _ranges(left: Expression, right: Expression) -> list[tuple[Symbol, Axis]]:
    """Where the free indices lie for which a line is claimed: on the axes of what they stand bare in."""
    free = sorted(free_indices(left) | free_indices(right))
    return [(s, a) for s, a in (axes_of(right, free) | axes_of(left, free)).items() if None not in (a.base, a.upper)]


def _beyond(sides: Iterable[Expression], found: Counterexample) -> dict[str, bool]:
    """Which entries that a line reads at an index of its own do not exist at a counterexample; whether in a sum."""
    at = found.sizes | found.indices
    missing: dict[str, bool] = {}
    for read, bound in dict.fromkeys(pair for side in sides for pair in reads_outside(side)):
        for axis, index in zip(read.tensor.axes, read.indices, strict=True):
            guards = axis.guards(index) if not index.symbols & bound else []
            if any(all(s.name in at for s in g.symbols) and g.evaluate({s: at[s.name] for s in g.symbols}) < 0
                   for g in guards):
                where = ", ".join(f"{s} = {at[s.name]}" for s in sorted(index.symbols) if not s.is_size)
                missing[f"there is no {read} at {where}"] = bool(bound)
    return missing


def _squared(entry: tuple[str, int | Fraction]) -> tuple[str, int | Fraction]:
    """An entry of a name that was looked at as a square."""
    name, value = entry
    return (name.removeprefix(ROOT_OF), value * value) if name.startswith(ROOT_OF) else entry


def _outside_averages(node: Expression) -> Expression:
    """A formula with 0 in place of all averages."""
    if isinstance(node, Expectation):
        return expression(0)
    return rebuild(node, tuple(map(_outside_averages, children(node))))
