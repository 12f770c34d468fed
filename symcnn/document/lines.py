"""Deciding one line: by what stands on its two sides and the relation between them."""

from __future__ import annotations

import itertools
import re
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any

from symcnn.document.anew import other_methods
from symcnn.document.averages import distribution
from symcnn.document.cases import Case, cases_in, stated
from symcnn.document.claims import Line, Reading
from symcnn.document.conditions import BEHIND, listed, of_sizes, ranges_near
from symcnn.document.equations import NEARBY, OTHERWISE, REDEFINES, Equations
from symcnn.document.counts import miscounted
from symcnn.document.fields import from_the_wrong_end
from symcnn.document.forms import (
    FaultError, MeaningError, applied_to_name, as_polynomial, constant, is_chain_rule, slope_at,
)
from symcnn.document.known import Decision, DependenceError, Rate, internal
from symcnn.document.index_sets import set_called
from symcnn.document.induction import by_induction
from symcnn.document.inequalities import absolute, decide_bound
from symcnn.document.jacobians import Layers, along_layers
from symcnn.document.labels import family
from symcnn.document.measures import measured
from symcnn.document.matrices import Matrix, Tables, is_matrix
from symcnn.document.meaning import FUNCTIONS, Meaning
from symcnn.document.names import items, nodes, written
from symcnn.document.numbers import exact, is_numeric, printed
from symcnn.document.outputs import without_floor
from symcnn.document.statistics import is_statistical
from symcnn.document.saturation import (
    against, along, argument_of, grows, is_condition, says_directions, tends_to, written_limit,
)
from symcnn.document.tabulated import shared_axes
from symcnn.document.through import chain_rule
from symcnn.document.tree import Node
from symcnn.document.values import numeric, order, output_size
from symcnn.document.whole import Key, ShapeError, Layout, Whole
from symcnn.document.windows import left_out
from symcnn.effort import BudgetError, budget
from symcnn.errors import StepError, SymcnnError, UsageError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.theorem import Bounded
from symcnn.notation.expression import (
    Add, Axis, Binder, Bracket, Definition, Derivative, Equation, Expression, Multiply, Power, Range, Read, Sum, Tensor,
    Value, children, expression, free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import axes_of, tensors_in
from symcnn.scope import scope_faults
from symcnn.verdict import Verdict

PIECE_BEHIND = re.compile(r"[$\s,;:]*(otherwise|elsewhere|if\b|when\b|unless\b|(for|on|where)\b[^.\n]{0,30}?"
                          r"(<|>|≤|≥|\\(le|ge|lt|gt)\w*\b|negative|positive|zero))")
PIECE_BEFORE = re.compile(r"(?:^|[.;,\n])\s*(if|when|for)\b[^.\n=]{0,30}?(<|>|≤|≥|\\(le|ge|lt|gt)\w*\b|negative|"
                          r"positive|zero)[^.\n=]{0,30}$", re.IGNORECASE)
"""Words around f(x) = … that say for which x this is the formula."""
ANOTHER = re.compile(r"\b(next|second(ly)?|third(ly)?|consider|take|try|choose|suppose|example|look at)\b",
                     re.IGNORECASE)
"""Words before a formula of a function that may be about another function of the same name."""
CONDITIONED = re.compile(r"\b(if|unless|whenever|suppose|assume|provided|assuming)( that)?[$\s]*$", re.I)
"""Words right before a formula that make it a condition."""
INDUCTION_STEPS = 100_000
DERIVES = frozenset((r"\partial", "∂", r"\nabla", "∇", "d"))
EQUALS = frozenset(("=", ":="))


class Lines(Equations):
    """Decides one line, given what the lines before it said."""

    givens: Sequence[Reading]
    layers: Layers
    layouts: list[Layout]
    pieces: set[str]
    in_pieces: set[str]
    in_part: set[Tensor]
    """Tensors of which a formula is said for some cases of their indices only."""

    def _read(self, line: Line) -> tuple[Expression, Expression] | None:
        """Both sides with gradients in place of the names for them; None for a line that is not read."""
        try:
            left, right = self._sides(line)
            return self.unaliased(left), self.unaliased(right)
        except SymcnnError:
            return None

    def _whole(self, line: Line) -> tuple[Expression, Expression] | None:
        """The sides of a line between whole vectors and matrices, entry by entry; None for another line."""
        if not self.layouts:
            return None
        whole = Whole(self._meaning(line), self.layouts[0])
        try:
            left, right = whole.sides(line.left, line.right)
        except ShapeError as error:
            if self._is_fault(line, whole.seen):
                raise FaultError(str(error)) from None
            if self.layouts[0].doubtful - whole.seen == self.layouts[0].doubtful != set():
                return None
            raise
        except MeaningError:
            return None
        doubtful = self.layouts[0].doubtful
        if len(doubtful & whole.seen) > 1 and not line.first:
            raise MeaningError("the vectors and matrices of the document do not fit together")
        if doubtful:
            return None
        return (left, right) if any(self.layouts[0].axes.get(key, 0) for key in whole.seen) else None

    def _read_as_number(self, line: Line) -> str:
        """A vector or matrix, by the document's own words or signs, that a line was read to have numbers for."""
        if not self.layouts or line.relation not in EQUALS | {"+="} or is_chain_rule(line.right):
            return ""  # the chain rule itself is written so for vectors, too
        layout = self.layouts[0]
        whole = Whole(self._meaning(line), layout)
        try:
            whole.sides(line.left, line.right)
            if not layout.doubtful:
                return ""
        except ShapeError:
            pass
        except SymcnnError:
            return ""
        said = {key[0] for key in whole.seen & (layout.said | layout.doubtful) if layout.axes.get(key)}
        return min(said, default="")

    def _is_fault(self, line: Line, names: set[Key]) -> bool:
        """Whether shapes that do not go together are the line's fault.

        They are if they do not under every layout that fits the document, if most of its lines have a shape, and if
        the document declares how many axes the line's names have, or one side is an entry and the other is none.
        """
        if printed(line.right) is not None:
            return False  # a vector of one entry is often written as that number
        fails = 0
        for layout in self.layouts:
            try:
                Whole(self._meaning(line), layout).sides(line.left, line.right)
            except ShapeError:
                fails += 1
            except SymcnnError:
                return False
        # Of derivatives, the layout is a matter of taste.
        derives = any(t.text in DERIVES for side in (line.left, line.right) for t in side.tokens)
        vectors = {key for key in names if self.layouts[0].axes.get(key)}
        if not derives and vectors and vectors <= self.layouts[0].declared and len(vectors) == len(names):
            return fails == len(self.layouts)
        shaped = self.layouts[0].shaped
        layout = self.layouts[0]
        settled = all(key in layout.declared or key[0] in self.words.losses for key in names) or (
            self._has_a_loose_index(line) and all(key in layout.firm or key[1] or key[0] in self.words.losses
                                                  for key in names))
        return fails == len(self.layouts) and settled and shaped[0] >= 3 * (shaped[1] - shaped[0]) > 0

    def _has_a_loose_index(self, line: Line) -> bool:
        """Whether an index stands on one side alone and nothing binds it there: x δ_j for ∂L/∂W."""
        if any(node.kind == "big" for side in (line.left, line.right) for node in nodes(side)):
            return False
        left, right = ({t.text for node in nodes(side) if (found := written(node)) is not None
                        for item in (*found.lower, *found.inside) for t in item.tokens} & self.names.index_names
                       for side in (line.left, line.right))
        return left != right

    def _gathered(self, line: Line, left: Expression, right: Expression) -> tuple[Expression, Expression]:
        """dW += … gathers what each step or sample gives: the right side summed over the indices the left lacks."""
        loose = tuple(sorted(free_indices(right) - free_indices(left)))
        if line.relation == "+=" and loose and isinstance(left, Read) and left.tensor.gradient_of is not None:
            return left, Sum(tuple(map(Range, loose)), right)
        return left, right

    def _sides(self, line: Line) -> tuple[Expression, Expression]:
        """Both sides of a line as formulas."""
        whole = self._whole(line)
        if whole is not None:
            return whole
        meaning = self._meaning(line)
        return self._entrywise(meaning.value(line.left), meaning.value(line.right))

    @cached_property
    def cases(self) -> list[Line]:
        return cases_in(self.reading)

    def _case(self, line: Line, left: Expression, right: Expression) -> Case | None:
        """The case of indices, i = j or i ≠ j, for which a line is claimed; None if it is for all."""
        found = stated(self.reading, line, self._meaning(line), self.cases) if self.cases else None
        return found if found is not None and found.restricts((left, right)) else None

    def _equation(self, line: Line, left: Expression, right: Expression) -> Decision:
        case = self._case(line, left, right)
        if case is None:
            return super()._equation(line, left, right)
        if line.first and isinstance(left, Read) and self._is_new(left) and left.tensor not in self._definitions():
            self.in_part.add(left.tensor)
            return Decision(Verdict.DEFINED, f"introduces {left.tensor.name} where {case}")
        decision = self._claimed(*case.sides(left, right))
        return replace(decision, assumptions=(*decision.assumptions, str(case)))

    def _drawn(self, line: Line) -> bool:
        """Take note of x ∼ N(μ, σ²) or x ∼ U(a, b); whether the line says that."""
        meaning = self._meaning(line)
        try:
            name = meaning.value(line.left)
        except SymcnnError:
            return False
        try:
            moments = distribution(line.right, meaning.value)
        except SymcnnError:
            moments = None
        if not isinstance(name, Read):
            return False
        if moments is None:
            self.averages.veil(name)
            return False
        self.averages.drawn(name, *moments, f"{str(line.left).strip()} ∼ {str(line.right).strip()}")
        return True

    def decide(self, line: Line) -> Decision:
        """The verdict on a line; never raises for what stands in it."""
        began = time.perf_counter()
        self.valued_here = set()
        try:
            if line.first:
                self.chain_ranges = self._ranges_of(line)
            for behind in self._right_behind(line):
                self.nearby.note(behind, self._meaning(behind))
            self.written = frozenset((id(line.left), id(line.right)))
            self.ranges = [*self.chain_ranges, *ranges_near(self.reading, line, self.words)]
            decision = self._decide(line)
            if line.first and decision.verdict is Verdict.PROVED and (
                    wrong := miscounted(line, (r.text for r in (*self.givens, self.reading)))) is not None:
                decision = wrong
            if decision.verdict is Verdict.REFUTED and self.in_part and self.in_part & self._made_of(
                    {t for side in self._read(line) or () for t in tensors_in(side)}, self._definitions()):
                decision = Decision(Verdict.UNDECIDED, "speaks of a name that is known for some of its indices only")
            if decision.verdict is Verdict.PROVED and (name := self._read_as_number(line)):
                decision = Decision(Verdict.UNDECIDED, f"holds for numbers, but {name} is a vector or a matrix")
            if decision.verdict is Verdict.UNDECIDED and self._is_open_slope(line):
                decision = Decision(Verdict.DEFINED, "taken as given: the slope of a function without a formula")
            if decision.verdict is Verdict.REFUTED and self._rests_on_what_is_given(line):
                decision = Decision(Verdict.UNDECIDED, "differs, but not everything that is given was looked at")
            if decision.verdict in (Verdict.UNDECIDED, Verdict.TESTED) and (
                    shown := self._at_every_step(line)) is not None:
                decision = shown
            if decision.verdict is Verdict.UNDECIDED and (given := self._taken_as_given(line)) is not None:
                decision = given
            if self.known.anew and decision.verdict not in (Verdict.DEFINED, Verdict.UNDECIDED) and (
                    other := other_methods(self.reading, line, self.known, self._read(line) or ())):
                decision = Decision(Verdict.UNDECIDED, other)
            if decision.verdict is Verdict.PROVED and line.first and line.relation in EQUALS:
                self._note_derived(line, decision)
            if decision.verdict is Verdict.DEFINED and line.relation in EQUALS:
                self._note_method(line)
            if decision.verdict in (Verdict.DEFINED, Verdict.PROVED) and line.relation in EQUALS:
                self.nearby.note(line, self._meaning(line))
                decision = self._output_size(line) or decision
        except FaultError as error:
            decision = Decision(Verdict.REFUTED, str(error))
        except DependenceError as error:
            decision = self._given_rate(line, error)
        except MeaningError as error:
            decision = Decision(Verdict.UNDECIDED, str(error))
        except (StepError, UsageError, SymcnnError, ZeroDivisionError) as error:
            decision = Decision(Verdict.UNDECIDED, str(error))
        except RecursionError:
            decision = Decision(Verdict.UNDECIDED, "nested too deeply to be decided")
        except MemoryError:
            raise
        except Exception as error:
            decision = internal(error)
        return replace(decision, milliseconds=1000 * (time.perf_counter() - began))

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

    def _output_size(self, line: Line) -> Decision | None:
        """The verdict on a size of an output without a floor or of a receptive field; None for any other line."""
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
            line, sides[1], texts, {**self.later.values, **self.known.values})

    def _in_a_set_up(self, line: Line) -> bool:
        """Whether a line stands where its document says what it starts from."""
        return not any(line.span is span for span, _ in self.reading.spans) or any(
            line.span.start in part for part in self.set_ups)

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

    def _at_every_step(self, line: Line) -> Decision | None:
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

    def _taken_as_given(self, line: Line) -> Decision | None:
        """An equation among what a document starts from, of names that are known from elsewhere, is no claim."""
        if line.relation not in EQUALS or not self._in_a_set_up(line) or (sides := self._read(line)) is None:
            return None
        if not any(isinstance(n, Read) and n.indices for side in sides for n in walk(side)) or (
                is_statistical(*sides) or scope_faults(*sides)):
            return None
        self.known.given.append(Equation(*sides))
        return Decision(Verdict.DEFINED, "taken as given")

    def _bound(self, line: Line, bound: Bounded) -> Decision:
        """A bound on an absolute value: among what a document starts from it is taken as given."""
        if self._in_a_set_up(line) or CONDITIONED.search(self._before(line)):
            self.known.bounds.append(bound)
            return Decision(Verdict.DEFINED, "a bound that is taken as given")
        about = self._definitions().keys() | {t for b in self.known.bounds for t in tensors_in(b.expression)}
        explained = {t.name for t in about} | set(self.known.signs) | set(self.known.values)
        return decide_bound(bound, explained) or Decision(Verdict.UNDECIDED, "nothing that is given shows this bound")

    def _before(self, line: Line) -> str:
        return self.reading.text[max(0, line.span.start - NEARBY):line.span.start] if any(
            line.span is span for span, _ in self.reading.spans) else ""

    set_ups: list[range]
    slopes: dict[str, int]
    chain_ranges: Sequence[tuple[Symbol, Axis]] = ()

    def _right_behind(self, line: Line) -> Iterator[Line]:
        """What is said of sizes in the words right behind a formula."""
        lines = self.reading.lines
        for other in lines[bisect_left(lines, line.span.end, key=lambda other: other.span.start):]:
            if other.span.display or not BEHIND.fullmatch(
                    self.reading.text[line.span.end:other.span.start]):
                return
            if other.relation in EQUALS:
                yield other

    def _ranges_of(self, line: Line) -> list[tuple[Symbol, Axis]]:
        """Where the indices lie for which a chain is claimed: on the axes of the entry that it begins with."""
        try:
            left = self._meaning(line).value(line.left)
        except SymcnnError:
            return []
        if not isinstance(left, Read):
            return []
        found = axes_of(left, sorted(free_indices(left)))
        if left.tensor.gradient_of is not None and any(a.base is None or a.upper is None for a in found.values()):
            axes = shared_axes(self.words, self._definitions().values())
            for place, index in enumerate(left.indices):
                if (symbol := index.as_symbol) in found and (axis := axes.get((left.tensor.gradient_of[1], place))):
                    assert symbol is not None
                    found[symbol] = axis
        return [(s, axis) for s, axis in found.items() if axis.base is not None and axis.upper is not None]

    def _given_rate(self, line: Line, error: DependenceError) -> Decision:
        """∂Z/∂X = … where nothing says how Z depends on X: taken as given where it is said first."""
        try:
            left, right = self._sides(line)
        except MeaningError:
            return Decision(Verdict.UNDECIDED, str(error))
        if (by_chain_rule := chain_rule(self, self.unaliased(left), self.unaliased(right))) is not None:
            return by_chain_rule
        if isinstance(left, Derivative) and isinstance(left.expression, Read) and line.first and (
                self._case(line, left, right) is None):
            pair = left.expression.tensor, left.by.tensor
            at = (*left.expression.indices, *left.by.indices)
            if pair not in self.known.rates and all(i.as_symbol is not None for i in at):
                self.known.rates[pair] = Rate(left.expression.indices, left.by.indices, right)
                return Decision(Verdict.DEFINED, f"taken as given: {error}")
        return Decision(Verdict.UNDECIDED, str(error))

    def _decide(self, line: Line) -> Decision:
        if line.relation == "∈":
            return Decision(Verdict.DEFINED, "a range or a shape that is taken as given")
        if line.relation in EQUALS and (partial := left_out(line, self.trees, self.prose)) is not None:
            return partial
        if line.relation == "∼" and self._drawn(line):
            return Decision(Verdict.DEFINED, "a distribution that is taken as given")
        if self._of_indices(line):
            self._note_size(line)
            return Decision(Verdict.DEFINED, "says which indices are meant")
        called = set_called(line.left) if line.relation in EQUALS else None
        if called is not None and called[0] in self.words.sets and (
                line.right.head in (r"\{", r"\lbrace")):
            return Decision(Verdict.DEFINED, "says which indices are in a set")
        if line.first and line.relation in EQUALS and self._function(line):
            return Decision(Verdict.DEFINED, "says what a function is")
        if line.relation in EQUALS and self._value_of_function(line):
            return Decision(Verdict.DEFINED, f"gives {str(line.left).strip()} a value")
        meaning = self._meaning(line)
        if (through := along_layers(line, self.layers, meaning.index)) is not None:
            return through
        if (bound := absolute(line, meaning)) is not None:
            return self._bound(line, bound)
        tables = Tables(meaning, self.known.matrices, self.known.values)
        if line.relation in EQUALS | {"≈"} and (tables.has_matrix(line.left) or tables.has_matrix(line.right)):
            return self.of_matrices(line, tables)
        if line.relation == "→" and self._is_given(line):
            return Decision(Verdict.DEFINED, "an example that the problem statement gives")
        if line.relation == "→" and is_matrix(line.left) and is_matrix(line.right):
            return self.arrow(line, tables)
        if line.relation in EQUALS | {"+="}:
            try:
                if (whole := self._whole(line)) is not None:
                    return self._equation(line, *self._gathered(line, *whole))
            except ShapeError as error:
                return self._between_numbers(line, meaning, error)
        if grows(line) is not None and is_condition(self.reading, line):
            return Decision(Verdict.DEFINED, "says along what a limit is taken")
        if (line.relation == "→" or (line.relation in EQUALS and written_limit(line.left) is not None)) and (
                limit := self._limit(line)) is not None:
            return limit
        left = meaning.value(line.left)
        if isinstance(left, Value) and left.value.is_constant and line.left.start < line.span.start and (
                line.span.display):
            return Decision(Verdict.UNDECIDED, "goes on from a number that stands elsewhere")
        number, found = measured(line.right, letters=True)
        if found is not None and is_numeric(left, {}):
            line = replace(line, right=number, behind=found.text)  # 3.5M: no name M beside plain numbers
        try:
            right = meaning.value(line.right)
        except MeaningError as error:
            if line.first and line.relation in EQUALS and isinstance(left, Read) and (
                    self._is_new(left) or (not left.indices and left.tensor.gradient_of is None)):
                self.known.lines[left.tensor] = self._line_number(line)
                return Decision(Verdict.DEFINED, f"introduces {left.tensor.name}; {error}")
            raise
        left, right = self._entrywise(*self._over_both(meaning, line, left, right))
        if line.relation in EQUALS and self.supposed.supposes(line) and (
                not isinstance(left, Value) or left.value.as_symbol is None):
            claimed = self._claimed(left, right, refute=False)
            return claimed if claimed.verdict is Verdict.PROVED else Decision(
                Verdict.DEFINED, "a condition that is taken as given")
        if line.relation in EQUALS | {"≈"}:
            if is_numeric(left, self.known.values) and is_numeric(right, self.known.values) and not (
                    isinstance(left, Read) and not left.indices):
                return self._numbers(line, left, right)
            return self._approximate(line, left, right) if line.relation == "≈" else self._equation(line, left, right)
        if line.relation == "→" and (resting := self._rests(line, left, right)) is not None:
            return resting
        if (condition := of_sizes(line.relation, left, right)) is not None:
            return self._condition(condition)
        if line.relation == "≠" and not (is_numeric(left, self.known.values) and is_numeric(right, self.known.values)):
            return Decision(Verdict.DEFINED, "a condition that is taken as given")
        if any(isinstance(side, Read) and constant(other) is not None or isinstance(side, Read) and not side.indices
               for side, other in ((left, right), (right, left))):
            for name in (left, *self._listed_before(line)):
                self._note_sign(line.relation, name, right)
            return Decision(Verdict.DEFINED, "a condition that is taken as given")
        if is_numeric(left, self.known.values) and is_numeric(right, self.known.values):
            return order(self.known, line, left, right)
        return Decision(Verdict.UNDECIDED, f"the relation {line.relation} is decided between numbers only")

    def _limit(self, line: Line) -> Decision | None:
        """The verdict on f(z) → c where the sentence before says that z grows; None where nothing does."""
        said = written_limit(line.left)
        found = along(self.reading, line) if said is None else said[:2]
        if found is None:
            return None
        node, sign = found
        if said is not None:
            line = replace(line, left=said[2])
        meaning = self._meaning(line)
        name, (left, right) = meaning.value(node), self._sides(line)
        if not isinstance(name, Read):
            return None
        stem = self.words.base(name.tensor.name, len(name.indices))
        value = tends_to(left, lambda t: self.words.base(t.name, len(t.axes)) == stem, sign)
        if value is None:
            return None
        decision = self._claimed(value, right)
        if decision.verdict is Verdict.PROVED:
            return replace(decision, assumptions=(*decision.assumptions, f"{name} → {'' if sign > 0 else '-'}∞"))
        where = against(value)
        if where is None or constant(where[1]) is None:
            return replace(decision, repair=None) if where is None else Decision(Verdict.UNDECIDED, f"tends to {value}")
        if constant(right) is not None and constant(where[1]) != constant(right) and not (
                says_directions(self.reading, line)):
            argument, above, below = argument_of(line.left), str(line.right).strip(), constant(where[1])
            cases = rf"\begin{{cases}} {above} & {argument} > 0 \\ {below} & {argument} < 0 \end{{cases}}"
            return Decision(Verdict.REFUTED, f"where {argument} is negative, this tends to {below}", repair=cases)
        return Decision(Verdict.UNDECIDED, f"tends to {value}: what {where[0]} is decides")

    def _is_given(self, line: Line) -> bool:
        """Whether a problem statement shows both sides of a line in one sentence, [1, 2, 3] and [3, 5]."""
        wanted = ["".join(t.text for t in side.tokens) for side in (line.left, line.right)]
        for given in self.givens:
            shown = [(span, "".join(t.text for t in tree.tokens)) for span, tree in given.spans
                     if isinstance(tree, Node)]
            for first, last in itertools.pairwise(shown):
                between = given.text[first[0].end:last[0].start]
                if [first[1], last[1]] == wanted and ". " not in between and "\n\n" not in between:
                    return any(t.kind == "number" for t in line.left.tokens)
        return False

    def _value_of_function(self, line: Line) -> bool:
        """f(x_2) = (0, 1, 3) where nothing else is said of f: what a network gives for an input; whether it is that."""
        side, right = line.left, line.right.nodes[0] if line.right.kind == "scripts" else line.right
        if side.kind != "product" or len(side.nodes) != 2 or side.nodes[1].kind != "group" or (
                side.nodes[1].head != "(" or (found := written(side.nodes[0])) is None):
            return False
        if found.lower or found.upper or found.stem in FUNCTIONS or found.stem in self.words.functions or (
                found.stem not in self.names.functions) or len(items(side.nodes[1])) != 1 or (
                written(items(side.nodes[1])[0]) is None or found.stem in ("sigma", "phi", "varphi")):
            return False
        shown = "".join(t.text for t in line.right.tokens)
        if any(t.kind == "word" and t.text != "T" for t in right.tokens) or not any(
                t.kind == "number" for t in right.tokens):
            return False
        place = "".join(t.text for t in side.tokens)
        return self.introduced.setdefault(place, shown) == shown

    def _condition(self, condition: Polynomial) -> Decision:
        """A relation between sizes: proved if it holds for all of them, otherwise for later lines to rest on."""
        holds = Bracket((), (condition,))
        try:
            theorem = equal(Claim(holds, expression(1)), (), ("isl",))
        except StepError:
            if condition not in self.known.conditions:
                self.known.conditions.append(condition)
            return Decision(Verdict.DEFINED, "a condition that is taken as given")
        return Decision(Verdict.PROVED, "", ", ".join(map(repr, theorem.scope)),
                        procedures=tuple(sorted(theorem.procedures)))

    def _between_numbers(self, line: Line, meaning: Meaning, error: ShapeError) -> Decision:
        """A line whose letters are vectors elsewhere but may be numbers here; then only a proof counts."""
        left, right = meaning.value(line.left), meaning.value(line.right)
        decision = self._claimed(left, right, refute=False)
        if decision.verdict is Verdict.PROVED:
            return replace(decision, assumptions=(*decision.assumptions, "these letters are numbers here"))
        if line.first and isinstance(left, Read) and (left.tensor.gradient_of is None or line.relation == ":="):
            name = Tables(meaning).name(line.left)
            if name and printed(line.right) is not None:
                self.known.matrices[name] = Matrix(((right,),))  # a vector of one entry is written as that number
            return Decision(Verdict.DEFINED, f"{self._again(left.tensor)}; {error}")
        raise error

    def _numbers(self, line: Line, left: Expression, right: Expression) -> Decision:
        """A line between numbers; one between formulas may hold whatever the values of the names are."""
        if not is_numeric(left, {}) and not is_numeric(right, {}) or any(
                isinstance(n, Derivative) for side in (left, right) for n in walk(side)):
            decision = self._claimed(left, right, refute=False)
            if decision.verdict is Verdict.PROVED:
                return decision
        return self._numeric(line, left, right)

    def _numeric(self, line: Line, left: Expression, right: Expression) -> Decision:
        meaning = self._meaning(line)

        def value(node: Node) -> Any:
            return exact(meaning.value(node), self.known.values)

        decision = numeric(self.known, line, left, right, value)
        if decision.verdict is Verdict.REFUTED and self.names.convolution and (
                meant := output_size(line.left, exact(right, self.known.values), value)) is not None:
            return replace(decision, repair=f"{meant} {line.relation} {str(line.right).strip()}")
        if decision.verdict is Verdict.UNDECIDED and (
                proof := self._claimed(left, right, refute=False)).verdict is Verdict.PROVED:
            return proof  # √(6/400) = √0.015: the values alone are no proof
        return decision

    def _over_both(self, meaning: Meaning, line: Line, left: Expression, right: Expression,
                   ) -> tuple[Expression, Expression]:
        """Σ_{i≠j} sums over both indices where the other side of the line has no j, otherwise over i alone."""
        if free_indices(left) == free_indices(right) or not any(r"\ne" in t.text or t.text == "≠" for s in (
                line.left, line.right) for t in s.tokens):
            return left, right
        meaning.unequal_binds_both = True
        both = meaning.value(line.left), meaning.value(line.right)
        return both if free_indices(both[0]) == free_indices(both[1]) else (left, right)

    def _listed_before(self, line: Line) -> Iterator[Expression]:
        """The names before the left side in a list of them: a of a, b ≥ 0."""
        for node in listed(self.reading, line)[:-1]:
            with suppress(SymcnnError):
                yield self._meaning(line).value(node)

    def _note_sign(self, relation: str, left: Expression, right: Expression) -> None:
        """c > 0, and the like, for the lines that rest on it."""
        turned = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
        for side, other, sign in ((left, right, relation), (right, left, turned.get(relation, ""))):
            number = constant(other)
            if isinstance(side, Read) and not side.indices and number is not None and sign in turned:
                self.known.signs.setdefault(side.tensor.name, []).append((sign, number))

    def _function(self, line: Line) -> bool:
        """σ(z) = … as the definition of a function; whether the line is one."""
        found = applied_to_name(line.left)
        if found is None:
            return False
        name, variable = found
        if any(t.text in ("'", "′", r"\prime") for t in line.left.tokens):
            return False  # f'(x) = … is no formula of f
        text = self.reading.text
        if PIECE_BEHIND.match(text[line.span.end:]) or (
                PIECE_BEFORE.search(text[max(0, line.span.start - 80):line.start])):
            self.pieces.add(name)
        if name in self.pieces and (name in self.words.functions or name in self.in_pieces):
            self.words.functions.pop(name, None)
            self.in_pieces.add(name)
            return True  # one formula here, another one there: what it is at a place is left open
        if printed(line.right) is not None and any(
                other is not None and other[0] == name and other[1] != variable
                for other in map(applied_to_name, (o.left for o in self.reading.lines))):
            return True  # p(H) = 0.5 beside p(T) = 0.5: values for single arguments
        if name in FUNCTIONS or name in self.words.functions and not self._another_function(line):
            return False
        self.names.functions.add(name)
        meaning = self._meaning(line)
        scalar = Read(self.words.tensor(variable, 0), ())
        try:
            body = meaning.value(line.right)
        except MeaningError:
            return False
        if any(isinstance(n, Read) and n.indices for n in walk(body)):
            return False
        self.words.functions[name] = (scalar, body)
        return True

    def _another_function(self, line: Line) -> bool:
        """Whether the words before f(x) = … say that f is another function now: "Let …", or another part begins."""
        if line.span not in [span for span, _ in self.reading.spans] or self._concludes(line):
            return False
        before = self.reading.prose_before(line.span)
        return any(words.search(before) for words in (REDEFINES, OTHERWISE, ANOTHER))

    def _is_open_slope(self, line: Line) -> bool:
        """Whether a line is the first to say what f'(z) is at z, for an f without a formula."""
        if not line.first or line.relation not in EQUALS or (found := slope_at(line.left)) is None:
            return False
        said = "".join(t.text for t in line.left.tokens)
        return found not in {*FUNCTIONS, *self.words.functions, *self.names.functions, *self.names.activations} and (
            self.slopes.setdefault(said, line.start) == line.start)

    def _entrywise(self, left: Expression, right: Expression) -> tuple[Expression, Expression]:
        """A line between whole tensors, δ = ∂L/∂z, as one between their entries, if all have the same axes."""
        reads = {n for side in (left, right) for n in walk(side) if isinstance(n, Read)}
        stems = {n.tensor.gradient_of[1] if n.tensor.gradient_of else n.tensor.name for n in reads if not n.indices}
        if len(stems) != len(reads) or not reads or any(n.indices for n in reads):
            return left, right
        arities = {self.words.others.get(family(stem), frozenset()) for stem in stems}
        arity = next(iter(arities)) if len(arities) == 1 else frozenset()
        if len(arity) != 1 or not self._is_pointwise(left) or not self._is_pointwise(right):
            return left, right
        (count,) = arity
        indices = tuple(polynomial(Symbol(f"a{n}")) for n in range(count))
        return self._lifted(left, indices), self._lifted(right, indices)

    def _is_pointwise(self, node: Expression) -> bool:
        """Whether a formula of whole tensors may be taken entry by entry: sums, and products with numbers."""
        if isinstance(node, Multiply):
            return sum(any(isinstance(n, Read) for n in walk(f)) for f in node.factors) <= 1 and all(
                map(self._is_pointwise, node.factors))
        return not isinstance(node, Power | Derivative | Binder) and all(map(self._is_pointwise, children(node)))

    def _lifted(self, node: Expression, indices: tuple[Polynomial, ...]) -> Expression:
        if isinstance(node, Read):
            if node.tensor.gradient_of:
                loss, stem = node.tensor.gradient_of
                return Read(self.words.tensor(stem, len(indices)).gradient(loss), indices)
            return Read(self.words.tensor(node.tensor.name, len(indices)), indices)
        return rebuild(node, tuple(self._lifted(c, indices) for c in children(node)))

    def _suppose(self, line: Line) -> None:
        """Take note of an equation between numbers that the words before it make a condition."""
        if line.relation not in EQUALS or self.supposed.place_of(line) is None:
            return
        try:
            left, right = self._sides(line)
        except SymcnnError:
            return
        parts = [n for side in (left, right) for n in walk(side)]
        plain = all(isinstance(n, Value | Add | Multiply) or (isinstance(n, Read) and not n.indices) for n in parts)
        if plain and not isinstance(left, Read) and not free_indices(left - right):
            self.supposed.note(line, left - right)

    def _note_size(self, line: Line) -> None:
        """What a size stands for, k = 2n + 1, for the lines that do not hold without it."""
        meaning = self._meaning(line)
        try:
            left, right = as_polynomial(meaning.value(line.left)), as_polynomial(meaning.value(line.right))
        except MeaningError:
            return
        if left is not None and right is not None and (size := left.as_symbol) is not None and size.is_size and (
                right.is_integral and size not in right.symbols and line.relation in EQUALS):
            self.known.sizes[size] = right

    def _of_indices(self, line: Line) -> bool:
        """Whether a line only says what indices are or range over: k = i − i′, 0 ≤ k < K, (i, j) = (1, 3)."""
        names = [self._index_names(side) for side in (line.left, line.right)]
        return None not in names and any(names)

    def _index_names(self, side: Node) -> set[str] | None:
        """The index variables of a side that holds nothing but indices and numbers; None for another side."""
        found: set[str] = set()
        for item in items(side) if side.kind in ("group", "name", "product") else (side,):
            try:
                p = Meaning(self.words, (side,)).index(item)
            except SymcnnError:
                return None
            found |= {s.name for s in p.symbols if s.name in self.names.index_names}
            if any(s.name not in self.names.index_names and s.name not in self.words.sizes for s in p.symbols):
                return None
        return found
