"""Lines that hold at every step of a recurrence, P[l + m] = … for every m ≥ 0: by induction over m.

A name that has a recurrence begins where it is given at another letter, P[l, a] = …, or at a number, P[0, a] = …. What
is claimed at step l + m is shown at l, and at the step behind any other from what is claimed at that one: both are
equations between the entries at single steps, and the kernel proves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symcnn.document.facts.dependence import Dependence
from symcnn.document.facts.known import Decision
from symcnn.document.facts.questions import equal
from symcnn.document.proof.steps import Rule, Unfit, _counted, _Split
from symcnn.errors import StepError, SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.kernel.theorem import Theorem
from symcnn.notation.expression import (
    Axis, Bracket, Equation, Expression, Multiply, Read, expression, free_indices, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, nonnegative, polynomial
from symcnn.notation.traverse import factors_of, sizes_in, substitute
from symcnn.verdict import Verdict

STEP = Symbol("step", 0)
"""Any step from the first one on."""
MOST_HYPOTHESES = 6
Sides = tuple[Expression, Expression]


def by_induction(subject: Dependence, left: Expression, right: Expression) -> tuple[Decision, Symbol | None] | None:
    """The proof that a line follows from what is given, at its own steps or at every one; None where none is found.

    With it comes the letter for all of whose values the line is shown; None where it is shown for the one in question.
    """
    system = list(_rules(subject))
    formulas = [(r.name, r.variable is None and r.at) for r in system if r.variable is not None or (
        not isinstance(r.body, Read))]
    if len(set(formulas)) < len(formulas):
        return None  # two methods go by one name
    recurrent = {r.name: r.place for r in system if r.variable is not None}
    steps = {n.indices[recurrent[n.tensor.name]] for side in (left, right) for n in walk(side)
             if isinstance(n, Read) and n.tensor.name in recurrent and recurrent[n.tensor.name] < len(n.indices)}
    for letter in sorted(set().union(*(s.symbols for s in steps)), key=str):
        bases = {s - letter for s in steps if letter in s.symbols}
        moving = {b - b.constant for b in bases}
        if len(moving) == 1 and not any(letter in b.symbols for b in bases):
            over = _Over(subject, letter, moving.pop(), system)
            try:
                if (found := over.at_its_step((left, right))) is not None:
                    return found, None
                if (found := over.at_every_step((left, right))) is not None:
                    return found, letter
            except (Unfit, SymcnnError):
                continue
    return None


class _Over:
    """Proofs of lines whose steps are `base` + `letter`, with a letter of their own for such a step."""

    def __init__(self, subject: Dependence, letter: Symbol, base: Polynomial, system: Sequence[Rule]) -> None:
        # The letter of the first step is a number like a size, for it stands in conditions, too.
        self.fixed = {s: polynomial(Symbol(s.name, 0)) for s in base.symbols if not s.is_size}
        self.letter, self.base = letter, base.substitute(self.fixed)
        self.back = {letter: polynomial(STEP) - self.base}
        self.begins = not base.symbols or any(r.variable is None and r.at == base for r in system)
        self.places = {r.name: r.place for r in system}
        self.system = [r.changed(self.fixed) for r in system]
        self.system = [replace(r, first=self.base) if isinstance(r, _Guarded) else r for r in self.system]
        stated: list[tuple[Equation, Symbol | None]] = [*((e, None) for e in subject.known.given), *subject.known.shown]
        self.known = [(_put((e.left, e.right), self.fixed), for_all) for e, for_all in stated]

    def at_its_step(self, sides: Sides) -> Decision | None:
        """A proof from one equation that is given or was shown, perhaps at another step, and from where names begin."""
        sides = _put(sides, self.fixed)
        own = _letters(*sides)
        system = [r.changed(self.back) for r in self.system if r.variable is None]
        for equation, for_all in self.known:
            loose = _letters(*equation) - own
            letters = [{s: polynomial(t)} for s in loose for t in sorted(own, key=str)]
            for values in letters if loose == {for_all} else [] if loose else [{}]:
                used = _put(_put(equation, values), self.back)
                if theorem := _shown(_put(sides, self.back), (), system, [(expression(1), used)]):
                    said = " = ".join(map(str, _put(equation, values)))
                    return self.proved((said,), sides, theorem)
        return None

    def at_every_step(self, sides: Sides) -> Decision | None:
        """A proof by induction over the letter, which counts steps from 0 on."""
        guard, left, right = _unguarded(*_put(sides, self.fixed))
        if not self.begins or (guard is not None and not nonnegative(
                guard - guard.substitute({self.letter: polynomial(self.letter) + 1}))):
            return None  # what holds at a step must have been claimed at the step before
        # What is said for one value of the letter, which may be that of a depth or length, says nothing of others.
        self.system = [r for r in self.system if r.variable == self.letter or self.letter not in _letters(r.body) | (
            r.at.symbols)]
        own = free_indices(left) | free_indices(right) | {self.letter}
        known = [(e, for_all) for e, for_all in self.known if free_indices(e[0]) | free_indices(e[1]) <= own]
        known += [((r.said.left, r.said.right), None) for r in self.system
                  if isinstance(r.body, Read) and r.variable is None]
        fixed = [e for e, _ in known if self.letter not in _letters(*e)]
        at_first = _put((left, right), {self.letter: polynomial(0)})
        first, began = self.shown(at_first, (), ([], *([(expression(c), e)] for e in fixed for c in (1, -1))))
        if first is None:
            return None
        here = _put((left, right), self.back)
        after = _put((left, right), {self.letter: self.back[self.letter] + 1})
        rule = self.as_rule(here)
        following = _shown(after, here, [*rule, *self.system], []) if rule else None
        went_on: tuple[Sides, ...] = ()
        if following is None:
            others = [_put(e, self.back) for e, for_all in known if for_all == self.letter][:MOST_HYPOTHESES]
            scalars = sorted({n for pair in (here, *others) for s in pair for n in walk(s)
                              if isinstance(n, Read) and not n.indices}, key=str)
            times = [expression(1), *scalars[:2]]
            choices = [[(c, here)] for c in times] + [[(expression(1), here), (c, o)] for o in others for c in times]
            following, went_on = self.shown(after, here, choices, _on_axes(left, right))
        if following is None:
            return None
        used = [f"{a} = {b}" for a, b in (*began, *went_on) if (a, b) != here]
        return self.proved((f"induction over {self.letter.name} from 0 on", *used), sides, first, following)

    def shown(self, sides: Sides, beside: Sequence[Expression], choices: Iterable[Sequence[tuple[Expression, Sides]]],
              ranges: Sequence[tuple[Symbol, Axis]] = ()) -> tuple[Theorem | None, tuple[Sides, ...]]:
        """The first proof from some choice of equations with their multipliers, and these equations."""
        for using in choices:
            if (theorem := _shown(sides, beside, self.system, using, ranges)) is not None:
                return theorem, tuple(e for _, e in using)
        return None, ()

    def proved(self, said: tuple[str, ...], sides: Sides, *theorems: Theorem) -> Decision:
        names = recurrent_names(sides, self.system)
        rules = dict.fromkeys(str(r.said) for r in self.system if r.name in names)
        return Decision(Verdict.PROVED, "", "all steps", (*said, *rules),
                        procedures=tuple(sorted(set().union(*(t.procedures for t in theorems)))))

    def as_rule(self, here: Sides) -> list[Rule]:
        """What is claimed at a step as a rule for the entry on its left, where that is one."""
        left, right = here
        if not isinstance(left, Read) or left.tensor.name not in self.places:
            return []
        place = self.places[left.tensor.name]
        others = [i.as_symbol for n, i in enumerate(left.indices) if n != place]
        names = tuple(s for s in others if s is not None and not s.is_size)
        if len(set(names)) < len(others):
            return []
        return [Rule(left.tensor.name, place, left.indices[place], None, names, right, Equation(left, right))]


@dataclass(frozen=True)
class _Guarded(Rule):
    """A rule that is said for steps with guard ≥ 0 only; `first` is the first step of the line in question."""

    guard: Polynomial = polynomial(0)
    first: Polynomial = polynomial(0)

    def changed(self, values: Mapping[Symbol, Polynomial]) -> Rule:
        others = {s: p for s, p in values.items() if s != self.variable}
        return replace(self, at=self.at.substitute(others), body=substitute(self.body, others),
                       guard=self.guard.substitute(others))

    def at_step(self, step: Polynomial) -> Expression | None:
        """The body at a step where the guard holds."""
        assert self.variable is not None
        behind = polynomial(self.first) + Symbol("steps_behind", 0)
        here = self.guard.substitute({self.variable: polynomial(self.variable) + step - self.at})
        return super().at_step(step) if nonnegative(here.substitute({STEP: behind})) else None


def _letters(*sides: Expression) -> set[Symbol]:
    """The indices that nothing binds and the sizes of some formulas."""
    return set().union(*(free_indices(s) | sizes_in(s) for s in sides))


def recurrent_names(sides: Sides, system: Sequence[Rule]) -> set[str]:
    """The names of which rules speak that stand in some formulas, or in the rules of these."""
    names = {n.tensor.name for side in sides for n in walk(side) if isinstance(n, Read)}
    while more := {n.tensor.name for r in system if r.name in names for n in walk(r.body)
                   if isinstance(n, Read)} - names:
        names |= more
    return names


def _put(sides: Sides, values: dict[Symbol, Polynomial]) -> Sides:
    return substitute(sides[0], values), substitute(sides[1], values)


def _shown(sides: Sides, beside: Sequence[Expression], system: Sequence[Rule],
           using: Sequence[tuple[Expression, Sides]], ranges: Sequence[tuple[Symbol, Axis]] = ()) -> Theorem | None:
    """left = right between the entries at single steps, from the rules and other equations with their multipliers."""
    split = _Split(system, (*sides, *beside, *(s for _, pair in using for s in pair)))
    left, right = (split.visit(s) for s in sides)
    given = [(Equation(*(split.visit(s) for s in pair)), multiplier) for multiplier, pair in using]
    try:
        return equal(Claim(left, right, tuple(split.definitions()), (), tuple(ranges)), given, ("isl",))
    except StepError:
        return None


def _on_axes(left: Expression, right: Expression) -> list[tuple[Symbol, Axis]]:
    """The ranges of indices that stand bare on an axis with two ends: of these a line speaks."""
    found: dict[Symbol, Axis] = {}
    for read in (n for side in (left, right) for n in walk(side) if isinstance(n, Read)):
        for index, axis in zip(read.indices, read.tensor.axes, strict=True):
            if (s := index.as_symbol) is not None and axis.base is not None and axis.upper is not None:
                found.setdefault(s, axis)
    free = free_indices(left) | free_indices(right)
    return [(s, a) for s, a in found.items() if s in free]


def _unguarded(left: Expression, right: Expression) -> tuple[Polynomial | None, Expression, Expression]:
    """The condition g ≥ 0 under which alone two sides are compared, [g ≥ 0] a = [g ≥ 0] b, with a and b."""
    parts = [[f for f in factors_of(side) if f != expression(1)] for side in (left, right)]
    first = parts[0][0] if parts[0] else None
    if isinstance(first, Bracket) and parts[1][:1] == [first] and not first.equations and (
            len(first.inequalities) == 1 and all(len(p) > 1 for p in parts)):
        inner = [Multiply(tuple(p[1:])) if len(p) > 2 else p[1] for p in parts]
        return first.inequalities[0], inner[0], inner[1]
    return None, left, right


def _rules(subject: Dependence) -> Iterator[Rule]:
    """The equations of the document as rules: recurrences, what they read at their steps, and where they begin."""
    said: list[Equation] = list(dict.fromkeys((*subject.known.stated, *subject.known.given)))
    general: list[Rule] = []
    rest: list[tuple[Read, Equation, Polynomial | None]] = []
    for e in said:
        guard, left, right = _unguarded(e.left, e.right)
        if not isinstance(left, Read) or not left.indices or left.tensor.gradient_of is not None:
            continue
        reads = [n for n in walk(right) if isinstance(n, Read) and n.tensor == left.tensor]
        moved = [n for n, i in enumerate(left.indices) if any(r.indices[n] != i and (r.indices[n] - i).is_constant
                                                              for r in reads)]
        if len(moved) == 1 and (letter := _counted(left.indices[moved[0]])) is not None and (
                rule := _rule(left, right, moved[0], letter, e)) is not None:
            general.append(rule)
        else:
            rest.append((left, Equation(left, right), guard))
    yield from general
    places = {r.name: r.place for r in general}
    letters = {r.name: r.variable for r in general}
    beside = {n.tensor.name: at for r in general for n in walk(r.body) if isinstance(n, Read)
              for at, i in enumerate(n.indices) if r.variable in i.symbols}
    for left, e, guard in rest:
        name = left.tensor.name
        if name in places:
            at = left.indices[places[name]]
            if at.as_symbol is None or at.as_symbol != letters[name]:
                others = [i.as_symbol for n, i in enumerate(left.indices) if n != places[name]]
                names = tuple(s for s in others if s is not None and not s.is_size)
                if len(set(names)) == len(others) and free_indices(e.right) <= set(names) | at.symbols:
                    yield Rule(name, places[name], at, None, names, e.right, e)
        elif guard is not None and name in beside and (letter := _counted(left.indices[beside[name]])) is not None and (
                rule := _rule(left, e.right, beside[name], letter, e)) is not None:
            yield _Guarded(rule.name, rule.place, rule.at, rule.variable, rule.others, rule.body, e, guard)


def _rule(left: Read, right: Expression, place: int, letter: Symbol, said: Equation) -> Rule | None:
    others = [i.as_symbol for n, i in enumerate(left.indices) if n != place]
    names = tuple(s for s in others if s is not None and not s.is_size)
    if len(set(names)) < len(others) or letter in names:
        return None
    return Rule(left.tensor.name, place, left.indices[place], letter, names, right, said)
