"""Sequences given by their recurrences, v_t = γ v_{t−1} + g_t or θ^{k+1} = θ^k − α v^{k+1}, and lines that follow.

A line is looked at step by step: v_t and v_{t−1} are two names, and each equation of the document, taken at the steps
that the line speaks of, defines one of them by others. What is left open is where a sequence begins. A line is
refuted only at numbers for its steps, unrolled to the beginning, and whatever the sequence begins with.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symcnn.counterexample import Counterexample, trials
from symcnn.document.facts.dependence import Dependence
from symcnn.document.facts.known import Decision
from symcnn.document.facts.questions import equal
from symcnn.document.meaning.labels import LABEL, Label, label_of
from symcnn.document.meaning.powers import factors_of, power_of, powered
from symcnn.document.meaning.scripts import Vocabulary
from symcnn.document.proof.open_functions import says_what_a_function_is
from symcnn.errors import StepError, SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.notation.expression import (
    UNBOUNDED, Add, Axis, Definition, Derivative, Equation, Expression, Range, Read, Sum, Tensor, children, expression,
    free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import sizes_in, substitute, tensors_in
from symcnn.verdict import Verdict

MOST_CHOICES, MOST_NAMES, MOST_TERMS = 4, 60, 40
BEFORE = re.compile(r"_up__minus_(\d+)")
"""A step before the one that is counted as 0."""
LOOKED_AT = (3, 4, 5)
"""Steps at which a line is looked at, where it speaks of any."""
TRIALS, ENOUGH = 12, 20
WINDOW = Axis(polynomial(0), polynomial(1), polynomial(1))


class Unfit(SymcnnError):
    """A line that does not speak of sequences as they are read here."""


@dataclass(frozen=True)
class Rule:
    """name[…, at, …] = body, the step at place `place`; for one step alone if `variable` is None."""

    name: str
    place: int
    at: Polynomial
    variable: Symbol | None
    others: tuple[Symbol, ...]
    body: Expression
    said: Equation

    def at_step(self, step: Polynomial) -> Expression | None:
        """The body at a step; None if the rule does not speak of it."""
        if self.variable is None:
            return self.body if self.at == step else None
        return substitute(self.body, {self.variable: polynomial(self.variable) + step - self.at})

    def changed(self, values: Mapping[Symbol, Polynomial]) -> Rule:
        """The rule with values in place of letters, but for the one that counts its steps."""
        values = {s: p for s, p in values.items() if s != self.variable}
        return replace(self, at=self.at.substitute(values), body=substitute(self.body, values))


class Steps(Dependence):
    """Decides lines between entries of sequences."""

    systems: tuple[object, Sequence[tuple[Rule, ...]]] | None = None
    """The recurrences, with what they were made of."""

    def stepwise(self, left: Expression, right: Expression, *, refute: bool = True) -> Decision | None:
        """The verdict on a line between entries of sequences; None where it is no such line, or nothing shows it."""
        if any(isinstance(n, Derivative) for side in (left, right) for n in walk(side)):
            return None
        sides = self._by_step(left), self._by_step(right)
        choices = self._systems()
        named = {t.name for side in sides for t in tensors_in(side)}
        if not any(rule.name in named for system in choices for rule in system):
            return None
        for system in choices:
            proof = self._by_rules(sides, system) or self._by_rules(sides, system, back=1)
            if proof is not None:
                return proof
        if not refute or any(t.gradient_of for side in sides for t in tensors_in(side)):
            return None  # how a gradient varies from step to step is not looked at
        looked = [self._looked_at_steps(sides, system) for system in choices]
        if all(isinstance(found, Counterexample) for found in looked):
            assert isinstance(looked[0], Counterexample)
            if says_what_a_function_is(*sides):
                return None
            return Decision(Verdict.REFUTED, "", counterexample=looked[0])
        agreed = max((n for n in looked if isinstance(n, int)), default=0)
        if agreed >= ENOUGH:
            return Decision(Verdict.TESTED, f"no proof, and no difference in {agreed} exact trials, unrolled",
                            f"steps up to {LOOKED_AT[-1]}")
        return None

    def is_of_sequence(self, left: Read) -> bool:
        """Whether an entry is one of a sequence that the document has given a recurrence."""
        name = self._by_step(left)
        assert isinstance(name, Read)
        return any(rule.name == name.tensor.name for system in self._systems() for rule in system)

    def is_recurrence(self, left: Read, right: Expression) -> bool:
        """Whether a line gives an entry of a sequence by other entries of it, and not all at once."""
        name = self._by_step(left)
        assert isinstance(name, Read)
        return any(t.name == name.tensor.name for t in tensors_in(self._by_step(right)))

    def speaks_of_others(self, left: Expression, right: Expression) -> bool:
        """Whether a line has a name on one side only of which no recurrence speaks."""
        sides = self._by_step(left), self._by_step(right)
        return all(strangers(sides, system, self.words) for system in self._systems())

    def is_numbered_step(self, left: Read) -> bool:
        """Whether an entry is at a step that is a number."""
        entry = self._by_step(left)
        assert isinstance(entry, Read)
        places = {r.name: r.place for system in self._systems() for r in system}
        place = places.get(entry.tensor.name)
        return place is not None and place < len(entry.indices) and entry.indices[place].is_constant

    # What the document says.

    def _by_step(self, node: Expression) -> Expression:
        """The formula with steps as indices, v[k + 1] for v^{k+1}."""
        if isinstance(node, Read):
            name = node.tensor.gradient_of[1] if node.tensor.gradient_of else node.tensor.name
            label = label_of(name)
            if label is None and (early := BEFORE.search(name)) is not None:
                name, label = BEFORE.sub("_up_0", name), Label("", -int(early.group(1)))
            if label is None or name.partition("_up_")[0] not in self.names.steps:
                return node
            step = polynomial(Symbol(label.letter)) + label.offset if label.letter else polynomial(label.offset)
            arity = f"_{len(node.indices)}" if node.indices else ""
            bare = replace(node.tensor, name=LABEL.sub("", BEFORE.sub("_up_0", node.tensor.name)) + arity, 
                           axes=(UNBOUNDED, *node.tensor.axes),
                           gradient_of=None if node.tensor.gradient_of is None else
                           (node.tensor.gradient_of[0], LABEL.sub("", name) + arity))
            return Read(bare, (step, *node.indices))
        return rebuild(node, tuple(self._by_step(c) for c in children(node)))

    def _systems(self) -> Sequence[tuple[Rule, ...]]:
        """The recurrences that the document has stated so far; where it gives a name several, one choice each."""
        stated = tuple(self.known.stated), frozenset(self.names.steps)
        if self.systems is None or self.systems[0] != stated:
            said = [Equation(self._by_step(e.left), self._by_step(e.right)) for e in self.known.stated]
            self.systems = stated, _systems([rule for e in said for rule in _rules(e)])
        return self.systems[1]

    # Proofs.

    def _by_rules(self, sides: tuple[Expression, Expression], system: Sequence[Rule], back: int = 0) -> Decision | None:
        """A proof by the kernel that a line follows from the rules, each at the steps that the line speaks of, and so
        many steps before them: a_t = tanh(z_t) where both are given by a_{t−1}."""
        try:
            split = _Split(system, sides)
            split.low = {key: step - back for key, step in split.low.items()}
            left, right = (split.visit(side) for side in sides)
            definitions = split.definitions()
            used = split.used
            if not used:
                return None
            powers = self.words.powers
            left, right = (powered(powered_numbers(side, self.words), powers) for side in (left, right))
            theorem = equal(Claim(left, right, tuple(
                Definition(d.tensor, d.indices, powered(powered_numbers(d.body, self.words), powers))
                for d in definitions)), (), ("isl",))
        except (StepError, Unfit, SymcnnError):
            return None
        if not any(isinstance(h, Definition) for h in theorem.hypotheses):
            return None
        given = tuple(str(rule.said) for rule in used)
        rest = tuple(str(h) for h in theorem.hypotheses if not isinstance(h, Definition))
        return Decision(Verdict.PROVED, "", "all steps", (*dict.fromkeys(given), *rest),
                        procedures=tuple(sorted(theorem.procedures)))

    # Trials.

    def _looked_at_steps(self, sides: tuple[Expression, Expression], system: Sequence[Rule]) -> Counterexample | int:
        """A line unrolled to the beginning of its sequences, at several steps: a difference at all of them, or in how
        many trials it holds; 0 if neither."""
        counting = sorted(_counting(sides, system, self.words))
        if len(counting) > 2:
            return 0
        differences: list[Counterexample] = []
        agreed = 0
        for numbers in itertools.product(*(LOOKED_AT for _ in counting)):
            at = {s: polynomial(n) for s, n in zip(counting, numbers, strict=True)}
            try:
                found = self._unrolled_at(sides, system, at)
            except (Unfit, SymcnnError, ZeroDivisionError):
                return 0
            if isinstance(found, Counterexample):
                differences.append(found)
            elif not found:
                return 0
            else:
                agreed += found
            if differences and agreed:
                return 0
        return differences[0] if differences else agreed

    def at_numbers(self, left: Expression, right: Expression) -> Counterexample | int:
        """A line at numbers for the letters of its exponents: as `_looked_at_steps`, without recurrences."""
        return self._looked_at_steps((left, right), ())

    def _unrolled_at(self, sides: tuple[Expression, Expression], system: Sequence[Rule],
                     at: Mapping[Symbol, Polynomial]) -> Counterexample | int:
        """One unrolled line: a difference whatever its sequences begin with, or the number of trials it held in."""
        here = tuple(powered_numbers(expanded(substitute(side, at)), self.words) for side in sides)
        split = _Split(system, here, unrolled=True)
        left, right = (split.visit(side) for side in here)
        definitions = split.definitions(lambda e: powered_numbers(expanded(e), self.words))
        known = {d.tensor for d in definitions}
        if system and not known & {t for side in (left, right) for t in tensors_in(side)}:
            return 0  # where a sequence begins is nothing that its recurrence says
        open_ones = [t for t in split.made if t not in known and split.made[t][0] in split.recurrent]
        # θ² = θ⁰ − … goes back to a beginning that it names; θ⁰ = … says what that is.
        if open_ones and not at and (not set(open_ones) <= set(tensors_in(right)) or set(open_ones) & set(
                tensors_in(left))):
            return 0
        # Where it is not said, a sequence may begin with 0 or 1 without a word: what differs, differs for these, too.
        starts = [[Definition(t, tuple(Symbol(f"z{n}") for n in range(len(t.axes))), expression(value))
                   for t in open_ones] for value in (1, 0)] if open_ones else []
        held, differs = [], []
        for more in ([], *starts):
            found, agreed = trials(_in_small(left, right, (*definitions, *more)), TRIALS)
            held.append(agreed if found is None else 0)
            if found is not None:
                differs.append(found)
        if differs:
            all_of_them = len(differs) == len(held)
            return differs[-1] if all_of_them and not strangers(sides, system, self.words) else 0
        return min(held)


def powered_numbers(node: Expression, words: Vocabulary) -> Expression:
    """The formula with c³ for a power with a letter whose exponent has become a number, and products written out."""
    if isinstance(node, Read) and all(i.is_constant for i in node.indices):
        if node.tensor.name in words.powers:
            return power_of(words.powers[node.tensor.name], int(node.indices[0].constant))
        if node.tensor.name in words.products:
            first, last = (int(i.constant) for i in node.indices)
            if last - first > MOST_TERMS:
                raise Unfit("a long product")
            return factors_of(*words.products[node.tensor.name], first, last)
    return rebuild(node, tuple(powered_numbers(c, words) for c in children(node)))


def _systems(candidates: Sequence[Rule]) -> list[tuple[Rule, ...]]:
    """The rules of sequences; where a name has several for any step, one choice each."""
    general: dict[str, list[Rule]] = {}
    starts: list[Rule] = []
    for rule in _of_sequences(candidates):
        if rule.variable is None:
            starts.append(rule)
        else:
            general.setdefault(rule.name, []).append(rule)
    choices = itertools.product(*general.values())
    return [(*starts, *choice) for choice in itertools.islice(choices, MOST_CHOICES)]


def _rules(e: Equation) -> Iterator[Rule]:
    """The rules that an equation can be read as: one for each index of the left side that may count steps."""
    left = e.left
    if not isinstance(left, Read) or not left.indices:
        return
    for place, index in enumerate(left.indices):
        others = [i.as_symbol for n, i in enumerate(left.indices) if n != place]
        variable = _counted(index)
        if None in others or len(set(others)) < len(others) or any(s is not None and s.is_size for s in others):
            continue
        names = tuple(s for s in others if s is not None)
        if index.is_constant:
            if not free_indices(e.right) - set(names):
                yield Rule(left.tensor.name, place, index, None, names, e.right, e)
        elif variable is not None and variable not in names and not free_indices(e.right) - {variable, *names}:
            yield Rule(left.tensor.name, place, index, variable, names, e.right, e)


def _counted(index: Polynomial) -> Symbol | None:
    """The s of s + 3; None for any other index."""
    symbols = list(index.symbols)
    if len(symbols) == 1 and (index - symbols[0]).is_constant:
        return symbols[0]
    return None


def _shifts(rule: Rule) -> Iterator[tuple[str, int, Polynomial]]:
    """What a rule reads, the place of its step there, and how far from the rule's own step it is."""
    for read in (n for n in walk(rule.body) if isinstance(n, Read)):
        for place, index in enumerate(read.indices):
            if rule.variable is not None and _counted(index) == rule.variable:
                yield read.tensor.name, place, index - rule.at


def _of_sequences(candidates: Sequence[Rule]) -> list[Rule]:
    """The rules of names that a rule gives by themselves at another step, and the rules that read such names."""
    own = {(r.name, r.place, r.variable) for r in candidates for name, place, shift in _shifts(r)
           if (name, place) == (r.name, r.place) and shift != polynomial(0)}
    letters = {(name, place): variable for name, place, variable in own}
    # P[l] = 1 beside P[k + 1] = … P[k] says where P begins, and nothing of other steps.
    general = [r for r in candidates if r.variable is not None and (
        (r.name, r.place, r.variable) in own or letters.get((r.name, r.place), r.variable) == r.variable)]
    edges = {(r.name, r.place): [] for r in general}  # type: dict[tuple[str, int], list[tuple[str, int, bool]]]
    for r in general:
        edges[r.name, r.place] += [(name, place, shift != polynomial(0)) for name, place, shift in _shifts(r)]
    cyclic = set()
    for start in edges:
        seen: set[tuple[str, int, bool]] = set()
        pending = [(*start, False)]
        while pending:
            name, place, moved = pending.pop()
            for other, at, shifted in edges.get((name, place), ()):
                state = (other, at, moved or shifted)
                if state not in seen:
                    seen.add(state)
                    pending.append(state)
        if (*start, True) in seen:
            cyclic.add(start)
    kept = [r for r in general if (r.name, r.place) in cyclic]
    places = dict(cyclic)
    kept += [r for r in general if (r.name, r.place) not in cyclic and r.name not in places
             and any(places.get(name) == place for name, place, _ in _shifts(r))]
    counted = {r.name: r.place for r in kept}
    inputs = {(name, place) for r in kept for name, place, _ in _shifts(r)}
    starts = [r for r in candidates if r.variable is None and (
        counted.get(r.name) == r.place or (r.name, r.place) in inputs)]
    return kept + starts


class _Split:
    """Gives every step of a sequence a name of its own, and the definitions of these names."""

    def __init__(self, system: Sequence[Rule], sides: Iterable[Expression], unrolled: bool = False) -> None:
        self.rules = system
        self.places = {r.name: r.place for r in system}
        for r in system:
            for name, place, _ in _shifts(r):
                self.places.setdefault(name, place)
        self.recurrent = {r.name for r in system if r.variable is not None and any(
            shift != polynomial(0) for _, _, shift in _shifts(r))}
        self.unrolled = unrolled
        self.made: dict[Tensor, tuple[str, Polynomial, Tensor]] = {}
        self.used: list[Rule] = []
        self.first: dict[str, int] = {}
        for r in system:
            if r.variable is None:
                self.first[r.name] = min(self.first.get(r.name, 0), int(r.at.constant))
        steps = [n.indices[at] for side in sides for n in walk(side)
                 if isinstance(n, Read) and (at := self.place(n)) is not None]
        self.low: dict[Symbol | None, Polynomial] = {}
        self.high: dict[Symbol | None, Polynomial] = {}
        for step in steps:
            key = _counted(step)
            if key is None and not step.is_constant:
                continue
            low, high = self.low.setdefault(key, step), self.high.setdefault(key, step)
            self.low[key] = step if (step - low).constant < 0 else low
            self.high[key] = step if (step - high).constant > 0 else high

    def place(self, read: Read) -> int | None:
        """At which place an entry has its step; None if it has none."""
        place = self.places.get(read.tensor.name)
        return place if place is not None and place < len(read.indices) else None

    def visit(self, node: Expression, bound: frozenset[Symbol] = frozenset()) -> Expression:
        if isinstance(node, Read) and (place := self.place(node)) is not None:
            step = node.indices[place]
            if (_counted(step) is None and not step.is_constant) or step.symbols & bound:
                if self.unrolled:
                    raise Unfit("a step that is no number")
                return node
            return Read(self._named(node.tensor, place, step),
                        tuple(i for n, i in enumerate(node.indices) if n != place))
        if isinstance(node, Sum):
            bound = bound | {r.variable for r in node.ranges}
        return rebuild(node, tuple(self.visit(c, bound) for c in children(node)))

    def _named(self, tensor: Tensor, place: int, step: Polynomial) -> Tensor:
        text = str(step).replace(" ", "").replace("+", "_plus_").replace("-", "_minus_")
        bare = tensor.name.rstrip("'")
        name = f"{bare}_at_{text}".replace("/", "_by_").replace("∂", "d").replace("__", "_") + tensor.name[len(bare):]
        axes = tuple(a for n, a in enumerate(tensor.axes) if n != place)
        made = Tensor(name, axes)
        self.made[made] = tensor.name, step, tensor
        if len(self.made) > MOST_NAMES:
            raise Unfit("too many steps")
        return made

    def definitions(self, worked: object = None) -> list[Definition]:
        """The rules at the steps that were met, those that they lead to included."""
        found: dict[Tensor, Definition] = {}
        waiting = list(self.made)
        while waiting:
            tensor = waiting.pop()
            if tensor in found:
                continue
            name, step, _ = self.made[tensor]
            for rule in self.rules:
                if rule.name != name or (body := rule.at_step(step)) is None or not self._reaches(rule, body, step):
                    continue
                if callable(worked):
                    body = worked(body)
                before = set(self.made)
                inner = self.visit(body)
                found[tensor] = Definition(tensor, rule.others, inner)
                if rule not in self.used:
                    self.used.append(rule)
                waiting += [t for t in self.made if t not in before]
                break
        return list(found.values())

    def _reaches(self, rule: Rule, body: Expression, step: Polynomial) -> bool:
        """Whether a rule leads to steps that the line speaks of, or to ones behind the beginning."""
        if rule.variable is None:
            return True
        key = _counted(step)
        low = self.low.get(key, step)
        high = self.high.get(key, step)
        leads = any(shift != polynomial(0) and name in self.recurrent for name, _, shift in _shifts(rule))
        if step.is_constant and leads and step.constant < 1:
            return False  # v_t = … v_{t−1} is said for t ≥ 1, as v^{k+1} = … v^k is for k ≥ 0
        for read in (n for n in walk(body) if isinstance(n, Read) and n.tensor.name in self.recurrent):
            at = self.place(read)
            there = step if at is None else read.indices[at]
            if _counted(there) != key or not (there - step).is_constant:
                continue
            if step.is_constant:
                # p[-1] in the line itself says that there is such an entry.
                low = polynomial(min(self.first.get(read.tensor.name, 0), int(self.low[None].constant)
                                     if None in self.low else 0))
            if (there - low).constant < 0 or (there - high).constant > 0:
                return False
        return True


def _counting(sides: Iterable[Expression], system: Sequence[Rule], words: Vocabulary) -> set[Symbol]:
    """The variables that count steps in a line: in steps of sequences, in powers, and bounds of sums over these."""
    places = {r.name: r.place for r in system}
    for r in system:
        for name, place, _ in _shifts(r):
            places.setdefault(name, place)
    sides = tuple(sides)
    free = set().union(*(free_indices(s) for s in sides))
    found: set[Symbol] = set()
    for n in (n for side in sides for n in walk(side)):
        if isinstance(n, Read) and places.get(n.tensor.name, len(n.indices)) < len(n.indices):
            found |= n.indices[places[n.tensor.name]].symbols
        elif isinstance(n, Read) and (n.tensor.name in words.powers or n.tensor.name in words.products):
            found |= {s for i in n.indices for s in i.symbols}
        elif isinstance(n, Sum):
            found |= {s for r in n.ranges for p in (r.lower, r.upper) if p is not None for s in p.symbols}
    bound = {r.variable for side in sides for n in walk(side) if isinstance(n, Sum) for r in n.ranges}
    return {s for s in found if s in free or (s.is_size and s not in bound)}


def expanded(node: Expression) -> Expression:
    """The formula with every sum between numbers written out."""
    if isinstance(node, Sum) and len(node.ranges) == 1:
        r: Range = node.ranges[0]
        if r.lower is not None and r.upper is not None and r.lower.is_constant and r.upper.is_constant and (
                r.coefficient == polynomial(1)):
            numbers = range(int(r.lower.constant), int(r.upper.constant) + 1)
            if len(numbers) > MOST_TERMS:
                raise Unfit("a long sum")
            terms = tuple(expanded(substitute(node.body, {r.variable: polynomial(n)})) for n in numbers)
            return Add(terms) if len(terms) > 1 else terms[0] if terms else expression(0)
    return rebuild(node, tuple(expanded(c) for c in children(node)))


def strangers(sides: Iterable[Expression], system: Sequence[Rule], words: Vocabulary) -> bool:
    """Whether a name stands on one side only that no rule speaks of."""
    def names(node: Expression) -> set[str]:
        found = {t.name for t in tensors_in(node)} | {s.name for s in sizes_in(node)}
        inside = [words.powers[n] for n in found & set(words.powers)]
        inside += [words.products[n][1] for n in found & set(words.products)]
        return (found - set(words.powers) - set(words.products)).union(*map(names, inside))

    spoken = {r.name for r in system}.union(*(names(r.body) for r in system))
    here = [names(side) for side in sides]
    counted = {s.name for side in sides for s in free_indices(side)}
    return bool((here[0] ^ here[1]) - spoken - counted)


def _in_small(left: Expression, right: Expression, definitions: Sequence[Definition]) -> Claim:
    """The claim with two entries on every open axis."""
    known = {d.tensor for d in definitions}

    def visit(node: Expression) -> Expression:
        if isinstance(node, Read) and node.tensor not in known:
            return Read(replace(node.tensor, axes=tuple(WINDOW if a == UNBOUNDED else a for a in node.tensor.axes)),
                        node.indices)
        return rebuild(node, tuple(visit(c) for c in children(node)))

    return Claim(visit(left), visit(right), tuple(Definition(d.tensor, d.indices, visit(d.body)) for d in definitions))
