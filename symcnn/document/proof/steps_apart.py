"""Slopes through the numbered steps of a sequence, ∂E/∂w for E = ½ (h_3 − y)² and h_t = tanh(w h_{t−1} + u x_t).

Each step has a name of its own, as if the document had written h_1 = …, h_2 = … and h_3 = …: then a slope goes back
through them by the chain rule as through layers. What a sequence begins with is a number by itself, unless it is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symcnn.document.facts.known import Decision, Known
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.reading.forms import constant
from symcnn.document.proof.steps import Rule, Steps, Unfit, _shifts, _Split, expanded
from symcnn.notation.expression import Definition, Derivative, Expression, Read, Tensor, expression, free_indices, walk
from symcnn.notation.polynomial import Symbol
from symcnn.notation.traverse import tensors_in
from symcnn.verdict import Verdict


class StepsApart(Steps):
    """Decides lines about slopes between numbered steps."""

    def at_numbered_steps(self, left: Expression, right: Expression, *, refute: bool) -> Decision | None:
        """The verdict with a name for each step; None for a line that speaks of other steps, or of no sequence."""
        slopes = [n for side in (left, right) for n in walk(side)
                  if isinstance(n, Derivative) or isinstance(n, Read) and n.tensor.gradient_of]
        for system in self._systems() if slopes and not self.are_apart else ():
            found = [self._from(rules, left, right, refute=refute) for rules in _beginnings(system)]
            if found[0] is not None and any(d is None or d.verdict is not found[0].verdict for d in found):
                return Decision(Verdict.UNDECIDED, "with which step the sequence begins is not said")
            if found[0] is not None:
                return found[0]
        return None

    def _from(self, system: Sequence[Rule], left: Expression, right: Expression, *, refute: bool) -> Decision | None:
        try:
            apart = _apart((self._by_step(left), self._by_step(right)), system, dict(self._at_no_step()))
        except Unfit:
            return None
        decision = self._with_steps_apart(apart, apart.definitions, refute=refute)
        at_zero = {t: Definition(t, tuple(Symbol(f"z{n}") for n in range(len(t.axes))), expression(0))
                   for t in apart.open_starts}
        if decision.verdict is Verdict.REFUTED and at_zero and self._with_steps_apart(
                apart, apart.definitions | at_zero, refute=True).verdict is not Verdict.REFUTED:
            # A sequence may begin with 0 without a word.
            return Decision(Verdict.UNDECIDED, f"what {', '.join(apart.open_starts.values())} is, is not said")
        beginning = tuple(f"{name} depends on no other name" for name in apart.open_starts.values())
        return replace(decision, assumptions=(*decision.assumptions, *beginning))

    def _at_no_step(self) -> Iterator[tuple[Tensor, Definition]]:
        """The formulas of names without steps, with the steps in them as indices: E of E = ½ (h^{(2)} − y)²."""
        for tensor, d in self._definitions().items():
            body = self._by_step(d.body)
            if free_indices(body) == free_indices(d.body) and self._by_step(d.left) == d.left:
                yield tensor, replace(d, body=body)

    def _with_steps_apart(self, apart: _Apart, definitions: Mapping[Tensor, Definition], *, refute: bool) -> Decision:
        names = apart.sequences
        inputs = {t for d in definitions.values() for t in (d.tensor, *tensors_in(d.body))} | apart.steps
        all_known = self.all_known or all(t.gradient_of or t in inputs for side in apart.sides
                                          for t in tensors_in(side))
        rates = {(of, by) for of, by in self.rates if of not in names}
        with temporarily(self, are_apart=True, settled=definitions, inside=None, rates=rates, all_known=all_known,
                         known=_without(self.known, names), later=_without(self.later, names)):
            return self._claimed_by_formulas(*apart.sides, refute=refute)

    are_apart = False
    """Whether the steps of sequences have names of their own by now."""
    all_known = False
    """Whether the sides hold all that the document says of what they are about, as an unrolled recurrence does."""

    def _claimed_by_formulas(self, left: Expression, right: Expression, *, refute: bool) -> Decision:
        raise NotImplementedError


@dataclass(frozen=True)
class _Apart:
    """A line with a name for each step, and what the document says of these."""

    sides: tuple[Expression, Expression]
    definitions: dict[Tensor, Definition]
    open_starts: dict[Tensor, str]
    """The entries that sequences begin with and of which nothing is said, as they are shown."""
    steps: set[Tensor]
    sequences: set[str]


class _SplitSlopes(_Split):
    """Names for the steps of gradients, too: ∂E/∂h_2 is the gradient by h_2."""

    def visit(self, node: Expression, bound: frozenset[Symbol] = frozenset()) -> Expression:
        if isinstance(node, Read) and (at := self.place(node)) is not None and not node.indices[at].is_constant:
            raise Unfit("a step that is no number")
        if not isinstance(node, Read) or node.tensor.gradient_of is None:
            return super().visit(node, bound)
        loss, name = node.tensor.gradient_of
        read = self.visit(replace(node, tensor=replace(node.tensor, name=name, gradient_of=None)), bound)
        assert isinstance(read, Read)
        return Read(read.tensor.gradient(loss), read.indices)


def _apart(sides: Sequence[Expression], system: Sequence[Rule], known: Mapping[Tensor, Definition]) -> _Apart:
    """A line with a name for each of its steps; Unfit if it speaks of other steps, or of no sequence."""
    ruled = {r.name for r in system}
    losses = {t.gradient_of[0] for side in sides for t in tensors_in(side) if t.gradient_of}
    waiting = [t for t in known if t.name not in ruled and (t.name in losses or any(
        t in tensors_in(side) for side in sides))]
    outer: dict[Tensor, Definition] = {}
    while waiting:
        tensor = waiting.pop()
        outer[tensor] = replace(known[tensor], body=expanded(known[tensor].body))
        waiting += [t for t in tensors_in(outer[tensor].body) if t in known and t.name not in ruled
                    and t not in outer and t not in waiting]
    written = [expanded(side) for side in sides]
    split = _SplitSlopes(system, [*written, *(d.body for d in outer.values())], unrolled=True)
    left, right = (split.visit(side) for side in written)
    made = {t: replace(d, body=split.visit(d.body)) for t, d in outer.items()}
    steps = {d.tensor: d for d in split.definitions(expanded)}
    if not any(r.name in split.recurrent for r in split.used):
        raise Unfit("no sequence")
    variables = {n.by.tensor for side in (left, right) for n in walk(side) if isinstance(n, Derivative)}
    variables |= {Tensor(t.gradient_of[1], t.axes) for side in (left, right) for t in tensors_in(side) if t.gradient_of}
    starts = {t: f"{name.partition('__')[0]}[{step}]" for t, (name, step, _) in split.made.items()
              if t not in steps and t not in variables and name in split.recurrent}
    rest = {t: d for t, d in known.items() if t not in outer and t.name.partition("_up_")[0] not in split.places
            and not any(read.name in split.places for read in tensors_in(d.body))}
    return _Apart((left, right), rest | made | steps, starts, set(split.made), set(split.places))


def _beginnings(system: Sequence[Rule]) -> list[list[Rule]]:
    """The rules but for the values, h_2 = 1, that an example gives to steps which follow from those before.

    Whether a value of the first step or a later one, h_1 = 2, is such a value or the beginning, one cannot know.
    """
    starts = [r for r in system if r.variable is None]
    first = {r.name: min(int(s.at.constant) for s in starts if s.name == r.name) for r in starts}
    reaches = {r.name: max((int(-shift.constant) for name, _, shift in _shifts(r) if name == r.name
                            and shift.is_constant), default=1) for r in system if r.variable is not None}
    begins = [r for r in system if r.variable is not None
              or int(r.at.constant) < first[r.name] + max(reaches.get(r.name, 1), 1)]
    earlier = [r for r in begins if r.variable is not None or int(r.at.constant) < 1 or constant(r.body) is None]
    return [begins] if len(earlier) == len(begins) else [begins, earlier]


def _without(known: Known, names: set[str]) -> Known:
    """What is known but for the recurrences, and for the slopes and entries of some names."""
    return replace(known, recurrences={}, entries={t: e for t, e in known.entries.items() if t.name not in names},
                   rates={(of, by): r for (of, by), r in known.rates.items() if of.name not in names})
