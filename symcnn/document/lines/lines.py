"""Deciding one line: by what stands on its two sides and the relation between them."""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.displayed.shapes import product_of_shapes, side_by_side, together
from symcnn.document.displayed.short_vectors import short_vectors
from symcnn.document.facts.cases import Case, cases_in, stated
from symcnn.document.facts.conditions import BEHIND, of_sizes, ranges_near
from symcnn.document.facts.known import Decision, DependenceError, Rate, internal
from symcnn.document.facts.listings import Listed
from symcnn.document.facts.tabulated import shared_axes
from symcnn.document.lines.at_arguments import at_arguments
from symcnn.document.lines.assumptions import NEARBY
from symcnn.document.lines.inequalities import absolute, decide_bound, decide_order
from symcnn.document.lines.introducing import OTHERWISE, REDEFINES
from symcnn.document.lines.jacobians import Layers, along_layers
from symcnn.document.lines.second_looks import SecondLooks
from symcnn.document.lines.pasted import pasted_with_its_source
from symcnn.document.lines.saturation import (
    against, along, argument_of, grows, is_condition, says_directions, tends_to, written_limit,
)
from symcnn.document.lines.through import chain_rule
from symcnn.document.meaning.index_sets import set_called
from symcnn.document.meaning.matrices import Matrix, Tables, as_vector, has_entries_of, is_matrix
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.numbers import exact, is_numeric, printed
from symcnn.document.meaning.operations import defines, entry_letters, may_define
from symcnn.document.meaning.whole import ShapeError, Layout
from symcnn.document.numeric.loosely import side_of_square
from symcnn.document.numeric.values import numeric, order, output_size
from symcnn.document.numeric.windows import left_out
from symcnn.document.proof.active import has_kinks, of_signs
from symcnn.document.reading.forms import (
    FaultError, MeaningError, constant,
)
from symcnn.document.reading.measures import counted_in, measure, measured, otherwise, units_agree
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import is_call, names_in, nodes, written
from symcnn.document.repair.edits import plain_text
from symcnn.errors import StepError, SymcnnError, UsageError
from symcnn.kernel.theorem import Bounded
from symcnn.notation.expression import (
    OPEN, Apply, Axis, Derivative, Expression, Read, Value, expression,
    free_indices, walk,
)
from symcnn.notation.polynomial import Symbol
from symcnn.notation.traverse import axes_of, tensors_in
from symcnn.verdict import Verdict

ORDERS = frozenset(("<", ">", "≤", "≥"))
CONDITIONED = re.compile(r"(\b(if|unless|whenever|suppose|assume|provided|assuming|such that|for which"
                         r"|satisf(y|ies|ying))( that)?|\(when|\b(unique|only|single) (\w+ )?\w+ (where|with|at which))"
                         r"[$\s]*$", re.I)
"""Words right before a formula that make it a condition."""
SUBJECT = re.compile(r"\bsubject\b.{0,5}\bto\b|\bs\.? ?t\.", re.IGNORECASE)
"""Words inside a formula before what its names are to satisfy."""
ANOTHER_OPERATION = re.compile(r"[ck]orr[eé]la|circular|periodic|flip|(?:machine|deep) learning|librar|framework"
                               r"|in practice|互相关|翻转", re.IGNORECASE)
"""Words before a formula for an operation that make it another one of the same sign."""
CONDITION = Decision(Verdict.DEFINED, "a condition that is taken as given")
FAR = 600
"""So many characters before a number of bytes its units may stand."""


class Lines(SecondLooks):
    """Decides one line, given what the lines before it said."""

    layers: Layers
    layouts: list[Layout]
    pieces: set[str]
    in_pieces: set[str]
    lists: list[Listed]
    operations: list[Line]
    """The lines that say what an operation on signals, or a product of vectors, is."""

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

    def decide(self, line: Line) -> Decision:
        """The verdict on a line; never raises for what stands in it."""
        began = time.perf_counter()
        try:
            self._begin(line)
            decision = self.looked_at_again(line, self._operation(line) or self._decide(line))
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

    def _begin(self, line: Line) -> None:
        """Take note of where a line stands, and of what holds there."""
        self.valued_here, self.place, self.entry_letters = set(), line.start, entry_letters(line.left)
        if self.symmetric_in:
            self.symmetric = self.always_symmetric.union(*(n for where, n in self.symmetric_in
                                                           if line.start in where))
        if line.first:
            self.chain_ranges = self._ranges_of(line)
        for behind in self._right_behind(line):
            self.nearby.note(behind, self._meaning(behind))
        self.written = frozenset((id(line.left), id(line.right)))
        self.ranges = [*self.chain_ranges, *ranges_near(self.reading, line, self.words, self.lists)]

    def _tables_of(self, line: Line) -> Tables:
        """What reads the sides of a line with the matrices that are known, and the short vectors that it writes out."""
        meaning = self._meaning(line)
        short = short_vectors(line, meaning) if line.relation in EQUALS else {}
        return Tables(meaning, {**short, **self.known.matrices}, self.known.values)

    def _operation(self, line: Line) -> Decision | None:
        """What a line says of an operation on signals that it defines; None for any other line."""
        if line.left in [known.left for known in self.operations]:
            return Decision(Verdict.DEFINED, "says what an operation is")
        earlier = next((o for o in self.reading.lines if o.right is line.left), None)
        if self.operations and may_define(line, earlier) and defines(line.left) is not None and (
                line.span in [span for span, _ in self.reading.spans]) and not self._concludes(line):
            before = self.reading.prose_before(line.span)
            if any(words.search(before) for words in (REDEFINES, OTHERWISE, ANOTHER_OPERATION)):
                decision = self._decide(line)
                return decision if decision.verdict is not Verdict.REFUTED else Decision(
                    Verdict.UNDECIDED, "says what an operation is, otherwise than before")
        return None

    def _is_applied(self, line: Line) -> bool:
        """Whether H in H(p) > 0 is a function without a formula: what it is elsewhere says nothing of it here."""
        pairs = ((written(a), b) for side in (line.left, line.right) for n in nodes(side) if n.kind == "product"
                 for a, b in zip(n.nodes, n.nodes[1:], strict=False))
        return any(name is not None and is_call(b) and (
            name.primes or name.stem not in self.words.functions) for name, b in pairs)

    def _bound(self, line: Line, bound: Bounded) -> Decision:
        """A bound on an absolute value: among what a document starts from it is taken as given."""
        if self._in_a_set_up(line) or CONDITIONED.search(self._before(line)):
            self.known.bounds.append(bound)
            return Decision(Verdict.DEFINED, "a bound that is taken as given")
        return decide_bound(bound, self._explained()) or Decision(
            Verdict.UNDECIDED, "nothing that is given shows this bound")

    def _explained(self) -> set[str]:
        """The names of which the document says something."""
        about = {*self._definitions(), *(t for b in self.known.bounds for t in tensors_in(b.expression))}
        return {t.name for t in about} | set(self.known.signs) | set(self.known.values)

    def _before(self, line: Line) -> str:
        return self.reading.text[max(0, line.span.start - NEARBY):line.span.start] if any(
            line.span is span for span, _ in self.reading.spans) else ""

    chain_ranges: Sequence[tuple[Symbol, Axis]] = ()

    def _right_behind(self, line: Line) -> Iterator[Line]:
        """What is said of sizes in the words right behind a formula."""
        lines = self.reading.lines
        for other in lines[bisect_left(lines, line.span.end, key=lambda other: other.span.start):]:
            if other.span.display or not BEHIND.fullmatch(self.reading.text, line.span.end, other.span.start):
                return
            if other.relation in EQUALS:
                yield other

    def _ranges_of(self, line: Line) -> list[tuple[Symbol, Axis]]:
        """Where the indices lie for which a chain is claimed: on the axes of the entry that it begins with."""
        try:
            left = self._meaning(line).value(line.left)
        except SymcnnError:
            return []
        if isinstance(left, Derivative):
            left = left.by  # ∂u_i/∂x_i is said of the entries that x has
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
        if (said := self._as_it_stands(line)) is not None:
            return said
        meaning = self._meaning(line)
        if (through := along_layers(line, self.layers, meaning.index)) is not None:
            return through
        if (bound := absolute(line, meaning)) is not None:
            return self._bound(line, bound)
        as_table, tables = self._as_table(line, meaning)
        if as_table.relation in EQUALS | {"≈"} and any(map(tables.has_matrix, (as_table.left, as_table.right))):
            decision = self._of_tables(as_table, tables, meaning)
            if as_table is not line and decision.repair is not None:
                return replace(decision, repair=re.sub(r"^\[(.*)\]", r"(\1)", decision.repair.strip()))
            return decision
        if line.relation == "→" and self._is_given(line):
            return Decision(Verdict.DEFINED, "an example that the problem statement gives")
        if line.relation == "→" and is_matrix(line.left) and is_matrix(line.right):
            return self.arrow(line, tables)
        return self._of_whole(as_table, meaning) or self._of_limits(as_table) or self._of_formulas(as_table, meaning)

    def _as_it_stands(self, line: Line) -> Decision | None:
        """The verdict on a line by how it is written: conditions, ranges, shapes, functions; None for formulas."""
        if why := pasted_with_its_source(self.reading.text, line):
            return Decision(Verdict.UNDECIDED, why)
        if any(map(SUBJECT.search, line.words)):
            return Decision(Verdict.DEFINED, "a condition that is taken as given")
        if line.relation == "∈":
            return Decision(Verdict.DEFINED, "a range or a shape that is taken as given")
        if (value := at_arguments(self, line)) is not None:
            return value
        if line.relation in EQUALS and (partial := left_out(line, self.trees, self.prose)) is not None:
            return partial
        if (of_shapes := product_of_shapes(self, line, self._meaning(line))) is not None:
            return of_shapes
        if (extents := side_by_side(line)) and (decision := together([self._decide(e) for e in extents])) is not None:
            return decision
        if line.relation == "←":
            said = self._decide(replace(line, relation=":="))
            return said if said.verdict in (Verdict.DEFINED, Verdict.PROVED) else Decision(
                Verdict.UNDECIDED, said.reason or "says what a name becomes, otherwise than before")
        if self._drawn(line):
            return Decision(Verdict.DEFINED, "a distribution that is taken as given")
        if self._of_indices(line):
            if line.start not in self.nearby.lists:
                self._note_size(line)
            return Decision(Verdict.DEFINED, "says which indices are meant")
        if line.relation not in EQUALS:
            return None
        called = set_called(line.left)
        if called is not None and called[0] in self.words.sets and line.right.head in (r"\{", r"\lbrace"):
            return Decision(Verdict.DEFINED, "says which indices are in a set")
        if self._last_formula(line) or (self._function(line) if line.first else self._first_formula(line)):
            return Decision(Verdict.DEFINED, "says what a function is")
        if self._value_of_function(line):
            return Decision(Verdict.DEFINED, f"gives {str(line.left).strip()} a value")
        return None

    def _as_table(self, line: Line, meaning: Meaning) -> tuple[Line, Tables]:
        """A line whose right side lists the entries of a vector as one that shows it, and what reads its matrices."""
        tables = self._tables_of(line)
        vector = as_vector(line.right)
        if line.relation not in EQUALS or vector is line.right and not any(map(is_matrix, nodes(line.right))):
            return line, tables
        if not (name := tables.name(line.left)):
            return line if vector is line.right else replace(line, right=vector), Tables(
                meaning, {**self.known.listed, **self.known.matrices}, self.known.values)
        if vector is not line.right:
            with suppress(MeaningError):
                listed = tables.value(vector)
                if isinstance(listed, Matrix) and has_entries_of(line.left, vector):
                    self.known.matrices.setdefault(name, Matrix(tuple((e,) for e in listed.entries)))
                elif isinstance(listed, Matrix):
                    self.known.listed[name] = listed
        return line, tables

    def _of_tables(self, line: Line, tables: Tables, meaning: Meaning) -> Decision:
        """The verdict on a line between matrices that are shown."""
        short = sorted(tables.known.keys() - self.known.matrices.keys() - self.known.listed.keys())
        try:
            decision = self.of_matrices(line, tables)
        except (FaultError, DependenceError):
            raise
        except MeaningError as error:
            decision = Decision(Verdict.UNDECIDED, str(error))
        if decision.verdict is Verdict.UNDECIDED and line.first and not tables.has_matrix(line.left) and not (
                is_matrix(line.right) or printed(line.right)) and (
                made := self._introduced(line, meaning, decision.reason)) is not None:
            return made  # f_t = σ(W [h_{t-1}, x_t] + b), with one vector set upon the other
        if short and decision.verdict is Verdict.PROVED:
            length = f"{' and '.join(short)}: {len(tables.known[short[0]].entries)} entries"
            return replace(decision, assumptions=(*decision.assumptions, length))
        return decision

    def _of_whole(self, line: Line, meaning: Meaning) -> Decision | None:
        """The verdict on an equation between whole vectors and matrices; None for one between numbers."""
        if line.relation not in EQUALS | {"+="}:
            return None
        try:
            whole = self._whole(line)
            return None if whole is None else self._equation(line, *self._gathered(line, *whole))
        except ShapeError as error:
            return self._between_numbers(line, meaning, error)

    def _of_limits(self, line: Line) -> Decision | None:
        """The verdict on a limit, or on the condition along which one is taken; None for any other line."""
        if grows(line) is not None and is_condition(self.reading, line):
            return Decision(Verdict.DEFINED, "says along what a limit is taken")
        if line.relation == "→" or line.relation in EQUALS and written_limit(line.left) is not None:
            return self._limit(line)
        return None

    def _of_formulas(self, line: Line, meaning: Meaning) -> Decision:
        """The verdict on a line between two formulas."""
        if line.relation in ORDERS and (place := self.supposed.place_of(line)) is not None and (
                whole := self._whole(line)) is not None and not any(map(free_indices, whole)):
            self.conditions_near[line.start] = of_signs(line, place, *whole)
            return CONDITION
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
            if (made := self._introduced(line, meaning, str(error))) is not None:
                return made
            raise
        if line.relation in EQUALS and isinstance(left, Apply) and left.function.startswith(OPEN) and not any(
                isinstance(n, Apply) and n.function.startswith(OPEN) for n in walk(right)):
            return self._shown_or(line, left, right, f"says what {str(line.left).strip()} is")
        left, right = self._entrywise(*self._over_both(meaning, line, left, right))
        if self._supposes_a_value(line, left):
            return CONDITION
        if line.relation in EQUALS and self.supposed.supposes(line) and (
                not isinstance(left, Value) or left.value.as_symbol is None):
            return self._shown_or(line, left, right, CONDITION.reason)
        if line.relation not in EQUALS | {"≈"}:
            return self._ordered(line, left, right)
        if self._is_of_numbers(left, right) and not (isinstance(left, Read) and not left.indices):
            return self._numbers(line, left, right)
        return self._approximate(line, left, right) if line.relation == "≈" else self._equation(line, left, right)

    def _shown_or(self, line: Line, left: Expression, right: Expression, said: str) -> Decision:
        """An equation that is proved, or else what it says."""
        claimed = self._claimed(left, right, refute=False)
        return claimed if claimed.verdict is Verdict.PROVED else Decision(Verdict.DEFINED, said)

    def _is_of_numbers(self, *sides: Expression) -> bool:
        return all(is_numeric(side, self.known.values) for side in sides)

    def _ordered(self, line: Line, left: Expression, right: Expression) -> Decision:
        """The verdict on a line that says which side is larger, that they differ, or what one tends to."""
        if line.relation == "→" and (resting := self._rests(line, left, right)) is not None:
            return resting
        if (condition := of_sizes(line.relation, left, right)) is not None:
            return self._condition(condition)
        of_numbers = self._is_of_numbers(left, right)
        if line.relation in ORDERS and (place := self.supposed.place_of(line)) is not None:
            self.conditions_near[line.start] = of_signs(line, place, left, right)
            if has_kinks(left) or has_kinks(right) or not (
                    isinstance(left, Read) or isinstance(right, Read) or of_numbers):
                return CONDITION
        if line.relation == "≠" and not of_numbers:
            return CONDITION
        if any(isinstance(side, Read) and constant(other) is not None or isinstance(side, Read) and not side.indices
               for side, other in ((left, right), (right, left))):
            for name in (left, *self._listed_before(line)):
                self._note_sign(line, line.relation, name, right)
            return CONDITION
        if of_numbers:
            decision = order(self.known, line, left, right)
            return Decision(Verdict.UNDECIDED, "a function at another argument") if (
                decision.verdict is Verdict.REFUTED and self._is_applied(line)) else decision
        if line.relation in ("≤", "≥") and (
                shown := decide_order(line, left, right, self._explained(), self.reading.text)) is not None:
            return shown
        return Decision(Verdict.UNDECIDED, f"the relation {line.relation} is decided between numbers only")

    def _introduced(self, line: Line, meaning: Meaning, why: str) -> Decision | None:
        """A line that gives a new name a formula of which the right side is not understood; None for another line."""
        left = None
        with suppress(MeaningError):
            left = meaning.value(line.left)
        if not line.first or line.relation not in EQUALS or not isinstance(left, Read) or not (
                self._is_new(left) or (not left.indices and left.tensor.gradient_of is None)):
            return None
        self.known.lines[left.tensor] = self._line_number(line)
        self.known.unread.add(left.tensor)
        self.known.mentioned[left.tensor.name] = names_in(line.right)
        return Decision(Verdict.DEFINED, f"introduces {left.tensor.name}; {why}")

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
        name = meaning.value(node)
        try:
            left, right = self._sides(line)
        except ShapeError:  # each entry tends to the number
            left, right = meaning.value(line.left), meaning.value(line.right)
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

    def _between_numbers(self, line: Line, meaning: Meaning, error: ShapeError) -> Decision:
        """A line whose letters are vectors elsewhere but may be numbers here: what is proved counts, and d f(x)/dx."""
        sides = left, right = meaning.value(line.left), meaning.value(line.right)
        decision = self._claimed(*sides, refute=isinstance(left, Derivative) and self._is_of_one_number(sides))
        if decision.verdict in (Verdict.PROVED, Verdict.REFUTED):
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
        of_functions = [{n for f in walk(side) if isinstance(f, Apply) for n in walk(f) if isinstance(n, Read)}
                        for side in (left, right)]
        if of_functions[0] & of_functions[1]:  # tanh(x) = 2 σ(2x) − 1 is said of all x, whatever x is elsewhere
            return Decision(Verdict.UNDECIDED, "holds or not for values that are given elsewhere")
        return self._numeric(line, left, right)

    def _numeric(self, line: Line, left: Expression, right: Expression) -> Decision:
        meaning = self._meaning(line)

        def value(node: Node) -> Any:
            return exact(meaning.value(node), self.known.values)

        if (size := side_of_square(line.left, line.right)) is not None:
            of_side = numeric(self.known, replace(line, right=size), left, meaning.value(size), value)
            if of_side.verdict is not Verdict.REFUTED:
                return replace(of_side, assumptions=(f"{plain_text(line.right)} is a shape",))
        decision = numeric(self.known, line, left, right, value)
        if decision.verdict is Verdict.REFUTED and not units_agree(line.left, measured(line.right)[1] or measure(
                line.behind)):
            meaning.bare = True
            plain = numeric(self.known, line, meaning.value(line.left), right, value)
            decision = decision if plain.verdict is Verdict.REFUTED else plain
        if decision.verdict is Verdict.REFUTED and (other := otherwise(line.left)) is not None:
            as_meant = numeric(self.known, line, left * expression(other[1]), right, value)
            if as_meant.verdict is not Verdict.REFUTED:
                return replace(as_meant, assumptions=(*as_meant.assumptions, f"{other[0]} counts in powers of 1024"))
        unit = measured(line.right)[1] or measure(line.behind)
        if decision.verdict is Verdict.REFUTED and unit is not None and unit.dimension == "bytes":
            before = self.reading.text[:line.start][-FAR:]
            for number in {t.text: None for t in line.left.tokens if t.kind == "number"}:
                if (found := counted_in(number, before)) is not None and any(numeric(
                        self.known, line, left * by, right, value).verdict is not Verdict.REFUTED
                        for by in map(expression, found.factors)):
                    return Decision(Verdict.UNDECIDED, f"whether {number} stands for {number} {found.text} is not said")
        if decision.verdict is Verdict.REFUTED and self.names.convolution and (
                meant := output_size(line.left, exact(right, self.known.values), value)) is not None:
            return replace(decision, repair=f"{meant} {line.relation} {str(line.right).strip()}")
        if decision.verdict is Verdict.UNDECIDED:
            for sides in ((left, right), tuple(self._with_values(side, self.known.values) for side in (left, right))):
                proof = self._claimed(*sides, refute=False)
                if proof.verdict is Verdict.PROVED:
                    return proof  # √(6/400) = √0.015: the values alone are no proof
        return decision
