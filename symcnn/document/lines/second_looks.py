"""What is looked at once more when a line is decided: whether one that fails may be meant otherwise, what one that is
open is besides, and what the lines behind it learn from it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from symcnn.document.claims.claims import EQUALS, Line, Reading, gives_both_a_value
from symcnn.document.displayed.entrywise import numbers_of
from symcnn.document.displayed.pooled import pooling
from symcnn.document.expectation.moments import is_statistical
from symcnn.document.facts.cases import gap_between
from symcnn.document.facts.known import Decision
from symcnn.document.lines.anew import other_methods
from symcnn.document.lines.induction import by_induction
from symcnn.document.lines.introductions import Introductions
from symcnn.document.lines.product_entries import of_a_product
from symcnn.document.lines.written_entries import at_written_entries
from symcnn.document.meaning.matrices import Matrix, Tables, is_matrix
from symcnn.document.numeric.by_formula import by_its_formula
from symcnn.document.numeric.counts import miscounted
from symcnn.document.numeric.fields import from_the_wrong_end
from symcnn.document.numeric.inputs import from_another_size
from symcnn.document.numeric.outputs import without_floor
from symcnn.document.numeric.places import between_places
from symcnn.document.numeric.solved import by_solving
from symcnn.effort import BudgetError, budget
from symcnn.errors import SymcnnError
from symcnn.notation.expression import (
    Definition, Equation, Expression, Multiply, Read, Tensor, expression, free_indices, walk,
)
from symcnn.notation.traverse import made_of, tensors_in
from symcnn.scope import scope_faults
from symcnn.verdict import Verdict

INDUCTION_STEPS = 100_000
PROVED, REFUTED, UNDECIDED = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED


def _open(reason: str) -> Decision:
    return Decision(UNDECIDED, reason)


class SecondLooks(Introductions):
    """Looks at a decided line once more."""

    givens: Sequence[Reading]
    set_ups: list[range]
    in_part: set[Tensor]
    """Tensors of which a formula is said for some cases of their indices only."""

    def looked_at_again(self, line: Line, decision: Decision) -> Decision:
        """The verdict on a line after all second looks, in their order: each may say something else, or nothing."""
        for verdicts, look in LOOKS:
            if decision.verdict in verdicts and (other := look(self, line, decision)) is not None:
                decision = other
        return decision

    def _as_counted(self, line: Line, decision: Decision) -> Decision | None:
        """A sum of products that is right, but not of the layers that the text lists, or from another size."""
        if not line.first:
            return None
        texts = [r.text for r in (*self.givens, self.reading)]
        return miscounted(line, texts) or from_another_size(line, self.reading.text, texts)

    def _of_a_part(self, line: Line, decision: Decision) -> Decision | None:
        if self.in_part and self._speaks_of_a_part(line):
            return _open("speaks of a name that is known for some of its indices only")
        return None

    def _between_bars(self, line: Line, decision: Decision) -> Decision | None:
        if self._has_bars_around_a_vector(line):
            return _open("whether |v| is a length or taken entry by entry is not said")
        return None

    def _at_written_entries(self, line: Line, decision: Decision) -> Decision | None:
        sides = self._read(line) if line.relation in EQUALS else None
        return None if sides is None else at_written_entries(self, *sides)

    def _of_plain_numbers(self, line: Line, decision: Decision) -> Decision | None:
        """A line that was read as one between numbers, which not all of its names are."""
        if name := self._read_as_number(line):
            return _open(f"holds for numbers, but {name} is a vector or a matrix")
        if self.words.losses and (name := self._at_two_places(line)):
            return _open(f"{name} is taken of several things, but is read as one number")
        return None

    def _open_slope(self, line: Line, decision: Decision) -> Decision | None:
        if self._is_open_slope(line):
            return Decision(Verdict.DEFINED, "taken as given: the slope of a function without a formula")
        return None

    def _of_what_is_given(self, line: Line, decision: Decision) -> Decision | None:
        if self._rests_on_what_is_given(line):
            return _open("differs, but not everything that is given was looked at")
        return None

    def _of_other_methods(self, line: Line, decision: Decision) -> Decision | None:
        other = other_methods(self.reading, line, self.known, self._read(line) or ()) if self.known.anew else ""
        return _open(other) if other else None

    def _take_note(self, line: Line, decision: Decision) -> None:
        """Take note of what a line that holds says for those behind it."""
        if line.relation not in EQUALS:
            return
        if decision.verdict is PROVED and line.first:
            self._note_derived(line, decision)
        if decision.verdict is Verdict.DEFINED:
            self._note_method(line)

    def _near(self, line: Line, decision: Decision) -> Decision | None:
        """What is said of sizes near a line, and the verdict on one that is a size."""
        if line.relation not in EQUALS:
            return None
        self.nearby.note(line, self._meaning(line))
        return self._output_size(line)

    def _in_numbers(self, line: Line, decision: Decision) -> Decision | None:
        """The verdict on a value by a formula, an equation that is solved, or a row of a product."""
        return by_its_formula(line, self.reading, self.words) or by_solving(
            line, self.reading, self.words) or of_a_product(
            line, self.reading, self.words, self.known, self._claimed)

    def _speaks_of_a_part(self, line: Line) -> bool:
        """Whether a line rests on a name that is known for some of its indices only."""
        read = {t for side in self._read(line) or () for t in tensors_in(side)}
        return bool(self.in_part & (read | made_of(read, self._definitions())))

    def _where_a_case_holds(self, line: Line, decision: Decision) -> Decision | None:
        """The verdict on a line between cases for the places of which these speak; None for any other line."""
        meaning = self._meaning(line)
        try:
            there = [found for side in (line.left, line.right) if (found := meaning.covered(side)) is not None]
        except SymcnnError:
            return None
        if not there or (sides := self._read(line)) is None:
            return None
        left, right = (Multiply((*there, side)) for side in sides)
        decision = self._claim(line, left, right)
        holds = decision.verdict in (Verdict.PROVED, Verdict.TESTED)
        gap = gap_between(there, self._definitions().values()) if holds else ""
        return Decision(Verdict.UNDECIDED, f"the cases say nothing where {gap}") if gap else decision

    def _rests_on_what_is_given(self, line: Line) -> bool:
        """Whether an equation that is taken as given speaks of names in a line, or is this line: a condition."""
        if line.relation not in EQUALS or (sides := self._read(line)) is None:
            return False
        if line.first and not isinstance(sides[0], Read) and self._in_a_set_up(line) and any(
                isinstance(n, Read) and n.indices for n in walk(sides[0])):
            return True
        names = self._names_behind(sides)
        return any(names & self._names_behind((e.left, e.right)) for e in self.known.given)

    def _names_behind(self, sides: Sequence[Expression]) -> set[str]:
        """The names in some formulas, and those in the formulas and recurrences of these that read them."""
        rules = [(d.tensor, d.body) for d in (*self._definitions().values(), *self._recurrent().values())]
        names = {t.name for side in sides for t in tensors_in(side) if t.axes}
        while more := {t.name for tensor, body in rules if tensor.name in names for t in tensors_in(body)
                       if t.axes} - names:
            names |= more
        return names

    def _in_a_set_up(self, line: Line) -> bool:
        """Whether a line stands where its document says what it starts from."""
        return not any(line.span is span for span, _ in self.reading.spans) or any(
            line.span.start in part for part in self.set_ups)

    def _at_every_step(self, line: Line, decision: Decision) -> Decision | None:
        """The verdict on a line about the steps of a recurrence that needs induction, or what is given of a step."""
        if line.relation not in EQUALS or not (self.known.recurrences or self.later.recurrences) or (
                sides := self._read(line)) is None:
            return None
        try:
            with budget(INDUCTION_STEPS):
                found = by_induction(self, *sides)
        except BudgetError:
            return None
        if found is None:
            return None
        decision, letter = found
        self.known.shown.append((Equation(*sides), letter))
        return decision

    def _taken_as_given(self, line: Line, decision: Decision) -> Decision | None:
        """An equation among what a document starts from, of names that are known from elsewhere, is no claim."""
        if line.relation not in EQUALS or not self._in_a_set_up(line) or (sides := self._read(line)) is None:
            return None
        if not any(isinstance(n, Read) and n.indices for side in sides for n in walk(side)) or (
                is_statistical(*sides) or scope_faults(*sides)):
            return None
        self.known.given.append(Equation(*sides))
        return Decision(Verdict.DEFINED, "taken as given")

    def _note_derived(self, line: Line, decision: Decision) -> None:
        """Take note of a formula for all entries of a gradient, for the lines that speak of one of them."""
        sides = self._read(line)
        if sides is None or not isinstance(left := sides[0], Read) or left.tensor.gradient_of is None:
            return
        symbols = [i.as_symbol for i in left.indices]
        indices = tuple(s for s in symbols if s is not None and not s.is_size)
        if len(set(indices)) == len(symbols) and free_indices(sides[1]) <= set(indices) and (
                left.tensor not in tensors_in(sides[1])):
            self.known.derived[left.tensor] = Definition(left.tensor, indices, sides[1]), decision.assumptions

    def _by_pooling(self, line: Line, decision: Decision) -> Decision | None:
        """The verdict on a matrix that the words before it say is pooled from one shown before; None without these."""
        if line.relation not in EQUALS or not is_matrix(line.right) or (
                line.span not in [span for span, _ in self.reading.spans]):
            return None
        before = self.reading.text[:line.span.start]
        said = pooling(before)
        tables = Tables(self._meaning(line), self.known.matrices, self.known.values)
        name = tables.name(line.left)
        if said is None or name not in self.known.matrices:
            return None
        earlier = [other for other in self.reading.lines if other.span.end <= line.span.start]
        sources = [n for n in reversed(said.names) if n in self.known.matrices and n != name] or [
            n for other in reversed(earlier) for side in (other.left, other.right)
            if (n := tables.name(side)) in self.known.matrices and n != name]
        value = self.known.matrices[name]
        numbers = numbers_of(self.known.matrices[sources[0]]) if sources else None
        made = None if numbers is None or self.shown_once[sources[0]] > 1 else said.of(numbers, value.shape)
        if made is None:
            return None
        gathered = Matrix(tuple(tuple(map(expression, row)) for row in made))
        alike = sum(a == b for a, b in zip(gathered.entries, value.entries, strict=True))
        if 2 * alike < len(value.entries):
            return None
        return replace(self._compared(replace(line, first=False), gathered, value),
                       assumptions=(f"pooled from {sources[0]}",))

    def _output_size(self, line: Line) -> Decision | None:
        """The verdict on a size or a place without a floor, or on a receptive field; None for any other line."""
        if not line.first or any(other.left is line.right for other in self.reading.lines):
            return None  # a chain that goes on says at which numbers
        try:
            meaning = self._meaning(line)
            sides = meaning.value(line.left), meaning.value(line.right)
        except SymcnnError:
            return None
        if not isinstance(sides[0], Read):
            return None
        texts = "\n".join(r.text for r in (*self.givens, self.reading))
        return from_the_wrong_end(line, *sides, self.reading.text) or without_floor(
            line, sides[1], texts, {**self.later.values, **self.known.values}) or between_places(
            line, self.trees, texts, self.words.sizes)

    def _note_shared_value(self, line: Line, decision: Decision) -> None:
        """Take note of the value of a where a = b = 3."""
        if line.right.kind != "number":
            return
        lines = self.reading.lines
        place = bisect_left(lines, line.span.start, key=lambda other: other.span.start)
        for before, other in zip(lines[place:], lines[place + 1:], strict=False):
            if other.span is not line.span or other.start > line.start:
                return
            if other.left is line.left and gives_both_a_value(before, other):
                with suppress(SymcnnError):
                    left, right = self._sides(replace(other, left=before.left))
                    if isinstance(left, Read):
                        self._record_value(left, right)


LOOKS: tuple[tuple[frozenset[Verdict], Callable[[SecondLooks, Line, Decision], Decision | None]], ...] = tuple(
    (frozenset(verdicts), look) for verdicts, look in (
        ((PROVED,), SecondLooks._as_counted),
        ((REFUTED,), SecondLooks._of_a_part),
        ((REFUTED,), SecondLooks._between_bars),
        ((REFUTED,), SecondLooks._where_a_case_holds),
        ((REFUTED,), SecondLooks._at_written_entries),
        ((PROVED,), SecondLooks._of_plain_numbers),
        ((UNDECIDED,), SecondLooks._open_slope),
        ((REFUTED,), SecondLooks._of_what_is_given),
        ((UNDECIDED, Verdict.TESTED), SecondLooks._at_every_step),
        ((UNDECIDED,), SecondLooks._taken_as_given),
        (frozenset(Verdict) - {Verdict.DEFINED, UNDECIDED}, SecondLooks._of_other_methods),
        ((PROVED, Verdict.DEFINED), SecondLooks._take_note),
        ((Verdict.DEFINED,), SecondLooks._by_pooling),
        ((PROVED, Verdict.DEFINED), SecondLooks._near),
        ((Verdict.DEFINED, UNDECIDED, REFUTED), SecondLooks._in_numbers),
        ((Verdict.DEFINED,), SecondLooks._note_shared_value),
    ))
"""The verdicts that are looked at again, and how."""
