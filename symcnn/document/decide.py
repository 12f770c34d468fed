"""Deciding the lines of a document, one after the other, from its own definitions."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import flint

from symcnn.counterexample import Counterexample, trials
from symcnn.document.claims import Line, Reading, rows_of
from symcnn.document.matrices import Matrix, Tables, is_matrix
from symcnn.document.meaning import (
    FUNCTIONS, FaultError, Meaning, MeaningError, Vocabulary, applied_to_name, constant, identifier,
)
from symcnn.document.names import Names, decide_names, items
from symcnn.document.numbers import Agreement, agreement, different, enclosure, exact, is_numeric, key, printed, show
from symcnn.document.repair import candidates
from symcnn.document.tree import Node, read as read_tree
from symcnn.errors import StepError, SymcnnError, UsageError
from symcnn.kernel.claim import Claim
from symcnn.kernel.derivative import derivative
from symcnn.kernel.equality import equal
from symcnn.notation.expression import (
    UNBOUNDED, Axis, Binder, Bracket, Definition, Derivative, Equation, Expression, Multiply, Read, Sum, Tensor,
    Power, Range, Value, children, expression, free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import substitute, tensors_in, total, within_axes
from symcnn.scope import scope_faults
from symcnn.verdict import Verdict

WINDOW, NARROW = (Axis(polynomial(0), polynomial(1), polynomial(last)) for last in (2, 1))
"""Where an axis without a known range is looked at for a counterexample: three entries, two of tensors with many axes."""
REPAIR_EFFORT = 12_000
"""So many tokens are read at most in the search for a repair."""
TRIALS, ENOUGH_TRIALS = 40, 20
EQUALS = frozenset(("=", ":="))


@dataclass(frozen=True)
class Decision:
    """The verdict on one line with its evidence."""

    verdict: Verdict
    reason: str = ""
    scope: str = ""
    assumptions: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    repair: str | None = None
    procedures: tuple[str, ...] = ()
    milliseconds: float = 0.0


@dataclass(frozen=True)
class Entry:
    """One entry of a tensor and its formula, which is 0 at the tensor's other entries."""

    entry: tuple[Polynomial, ...]
    body: Expression


@dataclass(frozen=True)
class Rate:
    """∂Z[of]/∂X[by] = value, taken from the document; of and by are plain indices."""

    of: tuple[Polynomial, ...]
    by: tuple[Polynomial, ...]
    value: Expression

    def at(self, of: tuple[Polynomial, ...], by: tuple[Polynomial, ...]) -> Expression:
        """The value at other indices; where Z and X share an index, it is 0 unless theirs are equal."""
        renamed: dict[Symbol, Polynomial] = {}
        equal_ones: list[Polynomial] = []
        for old, new in zip((*self.of, *self.by), (*of, *by), strict=True):
            symbol = old.as_symbol
            assert symbol is not None
            if symbol in renamed:
                equal_ones.append(renamed[symbol] - new)
            else:
                renamed[symbol] = new
        return Multiply((Bracket(tuple(equal_ones)), substitute(self.value, renamed)))


@dataclass
class Known:
    """What a document has said so far."""

    definitions: dict[Tensor, Definition] = field(default_factory=dict)
    entries: dict[Tensor, list[Entry]] = field(default_factory=dict)
    lines: dict[Tensor, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    printed: dict[str, Any] = field(default_factory=dict)
    matrices: dict[str, Matrix] = field(default_factory=dict)
    other_meaning: set[Tensor] = field(default_factory=set)
    rounded: set[Fraction] = field(default_factory=set)
    wrong: set[str] = field(default_factory=set)
    rates: dict[tuple[Tensor, Tensor], Rate] = field(default_factory=dict)
    recurrences: dict[Tensor, list[Equation]] = field(default_factory=dict)


class DependenceError(MeaningError):
    """A derivative of something whose formula is not known."""


class Decider:
    """Decides the lines of one document in order; what a line defines is known to the lines after it."""

    def __init__(self, reading: Reading, givens: Sequence[Reading] = ()) -> None:
        self.reading, self.givens = reading, givens
        everything = [*givens, reading]
        trees = [t for r in everything for _, t in r.spans if isinstance(t, Node)]
        self.names: Names = decide_names(trees, "\n".join(r.text for r in everything))
        self.words = Vocabulary(self.names)
        self.known, self.later = Known(), Known()
        self.rates: set[tuple[str, Tensor]] = set()
        self.read_names: set[str] = set()
        lines = [line for r in everything for line in r.lines]
        self._learn_axes(lines)
        self._learn_arities(lines)

    def run(self) -> list[Decision]:
        self._collect()
        for given in self.givens:
            for line in given.lines:
                self.decide(line)
        decisions = []
        name: str | None = None
        right_side: Node | None = None
        for line in self.reading.lines:
            if line.first:
                name, right_side = self._name_of(line.left), None
            decision = self.decide(line)
            if right_side is not None:
                decision = self._after_a_wrong_side(line, right_side, decision)
            elif decision.verdict is Verdict.REFUTED:
                right_side = line.left
            if decision.verdict is Verdict.REFUTED and decision.repair is None:
                decision = replace(decision, repair=self._repair(line if right_side is None else
                                                                 replace(line, left=right_side)))
            decisions.append(decision)
            if name is not None:
                self._note_printed(name, line, decision.verdict)
        return decisions

    def _repair(self, line: Line) -> str | None:
        """The nearest edit of the right side that is proved equal to the left; None if none is found."""
        if line.relation not in EQUALS:
            return None
        size = sum(1 for side in (line.left, line.right) for _ in side.tokens)
        for text in itertools.islice(candidates(line.right, line.left, self.names), max(20, REPAIR_EFFORT // size)):
            try:
                tree = read_tree(text)
                right_node = tree.nodes[0].nodes[0]
                meaning = Meaning(self.words, (line.left, right_node))
                left, right = self._entrywise(meaning.value(line.left), meaning.value(right_node))
                if self._claimed(left, right, refute=False).verdict is Verdict.PROVED:
                    return text.strip()
            except (SymcnnError, ZeroDivisionError, IndexError):
                continue
        return None

    def _collect(self) -> None:
        """What the whole document defines: a name may be used before its formula."""
        for line in [line for r in (*self.givens, self.reading) for line in r.lines]:
            if self._of_indices(line) or line.relation not in EQUALS or not line.first:
                continue
            try:
                meaning = self._meaning(line)
                left, right = self._entrywise(meaning.value(line.left), meaning.value(line.right))
                if isinstance(left, Read):
                    self._definition(line, left, right)
            except SymcnnError:
                continue
        self.later, self.known = self.known, Known()

    def _meaning(self, line: Line) -> Meaning:
        return Meaning(self.words, (line.left, line.right))

    def _after_a_wrong_side(self, line: Line, right_side: Node, decision: Decision) -> Decision:
        """A line whose left side is wrong, compared with the last side of its chain that is right."""
        against = self.decide(replace(line, left=right_side, first=False))
        if against.verdict is Verdict.REFUTED:
            follows = decision.verdict in (Verdict.PROVED, Verdict.ROUNDED)
            why = "; follows from the wrong side before it" if follows else ""
            return replace(against, reason=against.reason + why)
        if against.verdict in (Verdict.PROVED, Verdict.ROUNDED):
            return replace(against, reason="compared with the last side that is right")
        return Decision(Verdict.UNDECIDED, "the side before it is wrong")

    def _name_of(self, node: Node) -> str | None:
        """The entry that a chain of numbers is about, if it begins with one."""
        try:
            value = Meaning(self.words, (node,)).value(node)
        except SymcnnError:
            return None
        return key(value) if isinstance(value, Read) and all(i.is_constant for i in value.indices) else None

    def _note_printed(self, name: str, line: Line, verdict: Verdict) -> None:
        """What the page says that a name is, for the lines that go on with it."""
        shown = printed(line.right)
        if shown is not None and name in self.known.values:
            digits, places = shown[0].digits, shown[0].places
            self.known.printed[name] = flint.fmpq(digits) / flint.fmpq(10) ** places
            if verdict is Verdict.REFUTED:
                self.known.wrong.add(name)

    def _learn_arities(self, lines: Iterable[Line]) -> None:
        """With how many indices each name is read; which names are losses, and what depends on what."""
        for line in lines:
            for node in (line.left, line.right):
                try:
                    value = Meaning(self.words, (line.left, line.right)).value(node)
                except SymcnnError:
                    continue
                for read in (n for n in walk(value) if isinstance(n, Read)):
                    if read.tensor.gradient_of:
                        self.rates.add((read.tensor.gradient_of[0], self._variable(read.tensor)))
                    else:
                        self.read_names.add(read.tensor.name)
                    stem = read.tensor.gradient_of[1] if read.tensor.gradient_of else read.tensor.name
                    base = self.words.base(stem, len(read.indices))
                    if read.indices:
                        self.words.others[base] = self.words.others.get(base, frozenset()) | {len(read.indices)}

    def _learn_axes(self, lines: Iterable[Line]) -> None:
        """Ranges of axes from sums with written bounds; which names are sizes."""
        found: dict[tuple[str, int], Axis] = {}
        sides = [(line, node) for line in lines for node in (line.left, line.right)]
        for _ in range(2):
            for line, node in sides:
                try:
                    value = Meaning(self.words, (line.left, line.right)).value(node)
                except SymcnnError:
                    continue
                for part in walk(value):
                    if isinstance(part, Read):
                        self.words.sizes |= {s.name for q in part.indices for s in q.symbols if s.is_size}
                    if not isinstance(part, Binder):
                        continue
                    for r in part.ranges:
                        self.words.sizes |= {s.name for b in (r.lower, r.upper) if b is not None
                                             for s in b.symbols if s.is_size}
                        bounds = _constant_bounds(r, part.body)
                        if bounds is None:
                            continue
                        self.words.sizes |= {s.name for s in bounds.symbols}
                        for read in (n for n in walk(part.body) if isinstance(n, Read)):
                            for place, index in enumerate(read.indices):
                                if index.as_symbol == r.variable:
                                    name = read.tensor.name
                                    if read.tensor.gradient_of:
                                        name = self.words.tensor(read.tensor.gradient_of[1], len(read.indices)).name
                                    # Where later lines differ, the first one counts.
                                    found.setdefault((name, place), bounds)
        self.words.axes.update(found)

    # One line.

    def decide(self, line: Line) -> Decision:
        """The verdict on a line; never raises for what stands in it."""
        began = time.perf_counter()
        try:
            decision = self._decide(line)
        except FaultError as error:
            decision = Decision(Verdict.REFUTED, str(error))
        except DependenceError as error:
            decision = self._given_rate(line, error)
        except MeaningError as error:
            decision = Decision(Verdict.UNDECIDED, str(error))
        except (StepError, UsageError, SymcnnError, ZeroDivisionError) as error:
            decision = Decision(Verdict.UNDECIDED, str(error))
        return replace(decision, milliseconds=1000 * (time.perf_counter() - began))

    def _given_rate(self, line: Line, error: DependenceError) -> Decision:
        """∂Z/∂X = … where nothing says how Z depends on X: taken as given where it is said first."""
        meaning = self._meaning(line)
        left = meaning.value(line.left)
        if isinstance(left, Derivative) and isinstance(left.expression, Read) and line.first:
            pair = left.expression.tensor, left.by.tensor
            at = (*left.expression.indices, *left.by.indices)
            if pair not in self.known.rates and all(i.as_symbol is not None for i in at):
                self.known.rates[pair] = Rate(left.expression.indices, left.by.indices, meaning.value(line.right))
                return Decision(Verdict.DEFINED, f"taken as given: {error}")
        return Decision(Verdict.UNDECIDED, str(error))

    def _decide(self, line: Line) -> Decision:
        if line.relation == "∈":
            return Decision(Verdict.DEFINED, "a range or a shape that is taken as given")
        if self._of_indices(line):
            return Decision(Verdict.DEFINED, "says which indices are meant")
        if line.first and line.relation in EQUALS and self._function(line):
            return Decision(Verdict.DEFINED, "says what a function is")
        meaning = self._meaning(line)
        tables = Tables(meaning, self.known.matrices)
        if line.relation in EQUALS and (tables.has_matrix(line.left) or tables.has_matrix(line.right)):
            return self._matrices(line, tables)
        left = meaning.value(line.left)
        try:
            right = meaning.value(line.right)
        except MeaningError as error:
            if line.first and line.relation in EQUALS and isinstance(left, Read) and (
                    self._is_new(left) or (not left.indices and left.tensor.gradient_of is None)):
                self.known.lines[left.tensor] = self._line_number(line)
                return Decision(Verdict.DEFINED, f"introduces {left.tensor.name}; {error}")
            raise
        left, right = self._entrywise(left, right)
        if line.relation in EQUALS | {"≈"}:
            if is_numeric(left, self.known.values) and is_numeric(right, self.known.values) and not (
                    isinstance(left, Read) and not left.indices):
                return self._numeric(line, left, right)
            if line.relation == "≈":
                return Decision(Verdict.UNDECIDED, "an approximation between formulas is not decided")
            return self._equation(line, left, right)
        if any(isinstance(side, Read) and not side.indices for side in (left, right)):
            return Decision(Verdict.DEFINED, "a condition that is taken as given")
        if is_numeric(left, self.known.values) and is_numeric(right, self.known.values):
            return self._order(line, left, right)
        return Decision(Verdict.UNDECIDED, f"the relation {line.relation} is decided between numbers only")

    def _function(self, line: Line) -> bool:
        """σ(z) = … as the definition of a function; whether the line is one."""
        found = applied_to_name(line.left)
        if found is None:
            return False
        name, variable = found
        if name in FUNCTIONS or name in self.words.functions:
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

    def _is_new(self, left: Read) -> bool:
        """Whether nothing was said of a name before, apart from its gradients."""
        return (left.tensor.gradient_of is None and left.tensor not in self.known.definitions
                and left.tensor not in self.known.entries and left.tensor not in self.known.lines)

    def _entrywise(self, left: Expression, right: Expression) -> tuple[Expression, Expression]:
        """A line between whole tensors, δ = ∂L/∂z, as one between their entries, if all have the same axes."""
        reads = {n for side in (left, right) for n in walk(side) if isinstance(n, Read)}
        stems = {n.tensor.gradient_of[1] if n.tensor.gradient_of else n.tensor.name for n in reads if not n.indices}
        if len(stems) != len(reads) or not reads or any(n.indices for n in reads):
            return left, right
        arities = {self.words.others.get(stem, frozenset()) for stem in stems}
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

    # Matrices.

    def _matrices(self, line: Line, tables: Tables) -> Decision:
        """A matrix that gets a name, or two matrices compared entry by entry."""
        name = tables.name(line.left)
        value = tables.value(line.right)
        if name and (line.first or not tables.has_matrix(line.left)):
            if name in self.known.matrices and isinstance(value, Matrix):
                same = self._same_entries(line, self.known.matrices[name], value)
                if same.verdict in (Verdict.PROVED, Verdict.ROUNDED):
                    return same
            if isinstance(value, Matrix):
                again = name in self.known.matrices
                self.known.matrices[name] = value
                return Decision(Verdict.DEFINED, f"says what {name} is" + (", otherwise than before" if again else ""))
        left = tables.value(line.left)
        if not isinstance(left, Matrix) or not isinstance(value, Matrix):
            one = next((t for t in (left, value) if isinstance(t, Matrix) and t.shape == (1, 1)), None)
            if one is None:
                return Decision(Verdict.UNDECIDED, "a matrix and a number are compared")
            left, value = (t if isinstance(t, Matrix) else Matrix(((t,),)) for t in (left, value))
        return self._same_entries(line, left, value)

    def _same_entries(self, line: Line, left: Matrix, right: Matrix) -> Decision:
        if left.shape != right.shape:
            if left.transposed.shape == right.shape and 1 in left.shape:
                left = left.transposed
            else:
                return Decision(Verdict.UNDECIDED, f"a {left.shape[0]}×{left.shape[1]} and a {right.shape[0]}×"
                                f"{right.shape[1]} matrix are compared")
        worst: Decision | None = None
        rank = [Verdict.PROVED, Verdict.ROUNDED, Verdict.TESTED, Verdict.UNDECIDED, Verdict.REFUTED]
        cells = _cells(line.right)
        for i, (row, other) in enumerate(zip(left.rows, right.rows, strict=True)):
            for j, (a, b) in enumerate(zip(row, other, strict=True)):
                cell = cells.get((i, j), line.right)
                entry = replace(line, right=cell, first=False)
                decision = self._entry(entry, a, b)
                if decision.verdict is Verdict.REFUTED:
                    return replace(decision, reason=f"row {i + 1}, column {j + 1}: {decision.reason}".rstrip(": "))
                if worst is None or rank.index(decision.verdict) > rank.index(worst.verdict):
                    worst = decision
        assert worst is not None
        return replace(worst, scope="every entry" if worst.verdict is Verdict.PROVED else worst.scope)

    def _entry(self, line: Line, left: Expression, right: Expression) -> Decision:
        if is_numeric(left, self.known.values) and is_numeric(right, self.known.values):
            return self._numeric(line, left, right)
        return self._claim(line, left, right)

    # Numbers.

    def _numeric(self, line: Line, left: Expression, right: Expression) -> Decision:
        decision = self._compared(line, left, right, self.known.values)
        shown = printed(line.right)
        if shown is not None and shown[1]:
            self.known.rounded.add(Fraction(shown[0].digits) / Fraction(10) ** shown[0].places)
        if decision.verdict is Verdict.REFUTED and self.known.printed != self.known.values:
            other = self._compared(line, left, right, self.known.printed)
            if other.verdict is not Verdict.REFUTED:
                used = {key(n) for n in (*walk(left), *walk(right)) if isinstance(n, Read)} & self.known.wrong
                if used:
                    return Decision(Verdict.UNDECIDED, f"follows from a wrong value of {', '.join(sorted(used))}")
                return replace(other, verdict=Verdict.ROUNDED, reason="with the values as they were printed before")
        return decision

    def _compared(self, line: Line, left: Expression, right: Expression, values: dict[str, Any]) -> Decision:
        a, b = exact(left, values), exact(right, values)
        shown = printed(line.right)
        if not different(a, b):
            if isinstance(a, flint.fmpq) and isinstance(b, flint.fmpq):
                return Decision(Verdict.PROVED, scope="these numbers", procedures=("exact numbers",))
            if shown is None:
                return Decision(Verdict.UNDECIDED, "the two values agree to 160 bits, which is no proof")
        if shown is not None:
            found = agreement(a, shown[0])
            whole = not shown[1] and line.relation != "≈"
            if whole and found.verdict is not Agreement.EXACT:
                # A whole number behind "=" is no rounding.
                reason = f"the exact value is {show(a)}"
                if isinstance(a, flint.fmpq) and a.q != 1:
                    low = int(a.p) // int(a.q)
                    reason += f"; rounded down it is {low}, rounded up {low + 1}"
                within = agreement_within(enclosure(left, values, self.known.rounded), shown[0])
                if not within:
                    return Decision(Verdict.REFUTED, reason, "these numbers",
                                    counterexample=Counterexample({}, {}, {}, show(a), show(b)), repair=show(a))
            elif found.verdict is not Agreement.WRONG:
                verdict = Verdict.PROVED if found.verdict is Agreement.EXACT else Verdict.ROUNDED
                return Decision(verdict, found.detail, "these numbers", procedures=("exact numbers",))
            within = agreement_within(enclosure(left, values, self.known.rounded), shown[0])
            if within:
                return Decision(Verdict.ROUNDED, f"{within}; the decimals on the left are rounded, too", "these numbers",
                                procedures=("exact numbers",))
            return Decision(Verdict.REFUTED, found.detail, "these numbers",
                            counterexample=Counterexample({}, {}, {}, show(a), show(b)), repair=decimal_text(a, shown[0]))
        if line.relation == "≈" or not bool(enclosure(left - right, values, self.known.rounded) != 0):
            return Decision(Verdict.ROUNDED, f"{show(a)} and {show(b)} agree within the rounding of their decimals",
                            "these numbers", procedures=("exact numbers",))
        return Decision(Verdict.REFUTED, f"the left side is {show(a)}, the right side {show(b)}", "these numbers",
                        counterexample=Counterexample({}, {}, {}, show(a), show(b)))

    def _order(self, line: Line, left: Expression, right: Expression) -> Decision:
        difference = exact(right - left, self.known.values)
        holds = {"<": difference > 0, "≤": difference >= 0, ">": difference < 0, "≥": difference <= 0,
                 "≠": difference != 0}.get(line.relation)
        if holds is None:
            return Decision(Verdict.UNDECIDED, f"the relation {line.relation} is not decided")
        return Decision(Verdict.PROVED if holds else Verdict.REFUTED, "" if holds else f"right − left is {show(difference)}",
                        "these numbers", procedures=("exact numbers",))

    # Equations.

    def _equation(self, line: Line, left: Expression, right: Expression) -> Decision:
        if line.first and isinstance(left, Read):
            defined = self._definition(line, left, right)
            if defined is not None:
                return defined
        if line.first and isinstance(right, Read) and isinstance(left, Read) and left.tensor.gradient_of and (
                right.tensor.gradient_of is None and right.tensor not in self.known.definitions):
            defined = self._definition(line, right, left)
            if defined is not None:
                return defined
        decision = self._claim(line, left, right)
        if line.first and isinstance(left, Read) and decision.verdict is not Verdict.PROVED and (
                absent := _idle_variables(left, right)):
            return Decision(Verdict.REFUTED, absent)
        if isinstance(left, Value) and left.value.as_symbol is not None and decision.verdict is not Verdict.PROVED:
            return Decision(Verdict.DEFINED, f"says what {left.value} is")
        if decision.verdict is Verdict.PROVED or not isinstance(left, Read) or left.tensor.gradient_of:
            return decision
        if not left.indices:
            # A scalar such as a size, or an output's extent, may stand for another value further down.
            self._record_value(left, right)
            return Decision(Verdict.DEFINED, self._again(left.tensor))
        if left.tensor in tensors_in(right):
            return self._recurrence(left, right)
        if line.first and decision.verdict is Verdict.REFUTED and self._speaks_of_other_names(left, right):
            self.known.other_meaning.add(left.tensor)
            return Decision(Verdict.DEFINED, self._again(left.tensor))
        return decision

    def _speaks_of_other_names(self, left: Read, right: Expression) -> bool:
        """Whether a line gives a name another meaning: by a formula with names that its first one does not have."""
        known = self._definitions()
        seen, pending = {left.tensor}, [left.tensor]
        while pending:
            tensor = pending.pop()
            more = set(tensors_in(known[tensor].body)) - seen if tensor in known else set()
            seen |= more
            pending += more
        return not set(tensors_in(right)) <= seen

    def _again(self, tensor: Tensor) -> str:
        line = self.known.lines.get(tensor)
        return f"says what {tensor.name} is" + (f", otherwise than line {line}" if line else "")

    def _recurrence(self, left: Read, right: Expression) -> Decision:
        earlier = self.known.recurrences.setdefault(left.tensor, [])
        earlier.append(Equation(left, right))
        return Decision(Verdict.DEFINED, f"a recurrence for {left.tensor.name}")

    def _definition(self, line: Line, left: Read, right: Expression) -> Decision | None:
        """A name introduced by its formula; None if the line is a claim about what is known already."""
        tensor = left.tensor
        if tensor.gradient_of is not None or tensor in tensors_in(right):
            return None
        symbols = [i.as_symbol for i in left.indices]
        value = self._record_value(left, right)
        if all(s is not None and not s.is_size for s in symbols) and len(set(symbols)) == len(symbols):
            if tensor in self.known.definitions or tensor in self.known.entries:
                return None
            indices = tuple(s for s in symbols if s is not None)
            loose = free_indices(right) - set(indices)
            if loose:
                if not indices and len({frozenset(free_indices(n)) for n in walk(right)
                                        if isinstance(n, Read) and n.indices}) == 1:
                    names = ", ".join(sorted(s.name for s in loose))
                    return Decision(Verdict.DEFINED, f"introduces {tensor.name}, for every {names}")
                faults = "; ".join(scope_faults(left, right))
                return Decision(Verdict.UNDECIDED, f"taken as a definition, but {faults}")
            absent = _idle_variables(left, right)
            if absent:
                return Decision(Verdict.REFUTED, absent)
            if value is not None and not indices:
                return value
            self.known.definitions[tensor] = Definition(tensor, indices, right)
            self.known.lines[tensor] = self._line_number(line)
            self.words.defined[tensor.name] = tensor
            return Decision(Verdict.DEFINED, f"introduces {tensor.name}")
        if all(i.is_constant for i in left.indices) and tensor not in self.known.definitions:
            earlier = self.known.entries.setdefault(tensor, [])
            if any(d.entry == left.indices for d in earlier):
                return None
            if free_indices(right):
                return None
            self.known.entries[tensor] = [*earlier, _entry(left, right)]
            return Decision(Verdict.DEFINED, f"introduces {key(left)}")
        return None

    def _record_value(self, left: Read, right: Expression) -> Decision | None:
        """A number given to a name; later lines may use it."""
        if not all(i.is_constant for i in left.indices) or not is_numeric(right, self.known.values):
            return None
        self.known.values[key(left)] = exact(right, self.known.values)
        self.known.printed[key(left)] = self.known.values[key(left)]
        return Decision(Verdict.DEFINED, f"gives {key(left)} a value")

    def _line_number(self, line: Line) -> int:
        return self.reading.text[:line.start].count("\n") + 1

    def _claim(self, line: Line, left: Expression, right: Expression) -> Decision:
        decision = self._claimed(left, right)
        if decision.verdict is Verdict.PROVED or not self.known.values:
            return decision
        used = {key(n) for side in (left, right) for n in walk(side) if isinstance(n, Read)} & set(self.known.values)
        if used:
            with_values = self._claimed(*(self._with_values(side) for side in (left, right)))
            if with_values.verdict is Verdict.PROVED:
                stated = tuple(f"{name} = {show(self.known.values[name])}" for name in sorted(used))
                return replace(with_values, assumptions=(*with_values.assumptions, *stated))
            return Decision(Verdict.UNDECIDED, decision.reason)
        return decision

    def _with_values(self, node: Expression) -> Expression:
        """The formula with the numbers that the document gave to its names."""
        if isinstance(node, Read):
            value = self.known.values.get(key(node))
            if isinstance(value, flint.fmpq):
                return expression(Fraction(int(value.p), int(value.q)))
            return node
        return rebuild(node, tuple(self._with_values(c) for c in children(node)))

    def _require_dependence(self, left: Expression, right: Expression) -> None:
        """MeaningError for a derivative of what does not depend on the variable by what the document says."""
        known = self._definitions()
        bodies = [left, right]
        for body in bodies:
            bodies += [known[t].body for t in tensors_in(body) if t in known and known[t].body not in bodies]
        for node in (n for body in bodies for n in walk(body) if isinstance(n, Derivative)):
            seen = set(tensors_in(node.expression))
            pending = [t for t in seen if t != node.by.tensor]
            while pending:
                tensor = pending.pop()
                more = set(tensors_in(known[tensor].body)) - seen if tensor in known else set()
                seen |= more
                pending += [t for t in more if t != node.by.tensor]
            if node.by.tensor not in seen:
                raise DependenceError(f"how {node.expression} depends on {node.by.tensor.name} is not said")

    def _beyond_axes(self, left: Expression, right: Expression) -> str:
        """A sum that begins with its tensor's axis and goes on behind the end of it."""
        for node in (n for side in (left, right) for n in walk(side) if isinstance(n, Sum)):
            for r in node.ranges:
                for read in (n for n in walk(node.body) if isinstance(n, Read)):
                    for axis, index in zip(read.tensor.axes, read.indices, strict=True):
                        if index.as_symbol == r.variable and None not in (r.upper, axis.upper) and r.lower == axis.base:
                            assert r.upper is not None
                            assert axis.upper is not None
                            over = r.upper - axis.upper
                            if over.is_constant and over.constant > 0:
                                return f"{r.variable.name} goes up to {r.upper}, {read.tensor.name} up to {axis.upper}"
        return ""

    def _claimed(self, left: Expression, right: Expression, *, refute: bool = True) -> Decision:
        beyond = self._beyond_axes(left, right)
        if beyond:
            return Decision(Verdict.REFUTED, beyond)
        reasons = []
        self.only_known = {t for t in self.known.entries if self._reads_known_entries(t, (left, right))}
        self._require_dependence(left, right)
        for definitions in self._choices(left, right):
            claim = Claim(left, right, definitions)
            try:
                theorem = equal(claim, (), ("isl",))
            except StepError as error:
                reasons.append(str(error))
                continue
            assumptions = tuple(str(h) for h in theorem.hypotheses if not isinstance(h, Definition))
            scope = ", ".join(map(repr, theorem.scope)) or "all values"
            return Decision(Verdict.PROVED, "", scope, assumptions, procedures=tuple(sorted(theorem.procedures)))
        if not refute:
            return Decision(Verdict.UNDECIDED)
        faults = "; ".join(scope_faults(left, right))
        found, agreed = self._refutation(left, right)
        if found is not None:
            return Decision(Verdict.REFUTED, faults, counterexample=found)
        if agreed >= ENOUGH_TRIALS:
            return Decision(Verdict.TESTED, f"no proof, and no difference in {agreed} exact trials", "small sizes")
        return Decision(Verdict.UNDECIDED, faults or reasons[-1] if reasons else "nothing decides this")

    def _choices(self, left: Expression, right: Expression) -> list[tuple[Definition, ...]]:
        """The definitions to prove with: what is differentiated by is a variable, gradients follow the chain rule."""
        everything = (left, right)
        variables = {n.by.tensor for side in everything for n in walk(side) if isinstance(n, Derivative)}
        base = {t: d for t, d in self._definitions().items() if t not in variables}
        stated = {t for side in everything for t in tensors_in(side) if t.gradient_of}
        on_left = [t for t in tensors_in(left) if t.gradient_of]
        on_right = [t for t in tensors_in(right) if t.gradient_of]
        choices: list[tuple[Definition, ...]] = []
        direct = {n.expression.tensor for side in everything for n in walk(side)
                  if isinstance(n, Derivative) and isinstance(n.expression, Read)}
        if direct and not on_left and not on_right:
            # ∂Z/∂X with all that Z is made of held fixed, but for X.
            choices.append(tuple(d for t, d in base.items() if t in direct))
        for gradients in ([t for t in on_left if t not in on_right], on_left, [*on_left, *on_right]):
            chosen = dict(base)
            waiting, done = list(gradients), set(on_left) | set(on_right)
            while waiting:
                gradient = waiting.pop()
                chain = self._chain_rule(gradient, stated - {gradient})
                if chain is not None:
                    chosen[gradient] = chain
                    more = [t for t in tensors_in(chain.body) if t.gradient_of and t not in done]
                    done |= set(more)
                    waiting += more
            made = tuple(chosen.values())
            if made not in choices:
                choices.append(made)
        return choices

    def _definitions(self) -> dict[Tensor, Definition]:
        result = dict(self.known.definitions)
        for tensor, definition in self.later.definitions.items():
            result.setdefault(tensor, definition)
        for tensor, pieces in self.known.entries.items():
            if tensor not in result and (self.complete(tensor) or tensor in self.only_known):
                indices = tuple(Symbol(f"e{n}") for n in range(len(tensor.axes)))
                body: Expression = expression(0)
                for piece in pieces:
                    body = body + piece.body
                result[tensor] = Definition(tensor, indices, body)
        for name, matrix in self.known.matrices.items():
            given = self._entries_of(name, matrix)
            if given is not None and given.tensor not in self.known.definitions:
                result[given.tensor] = given
        return {t: d for t, d in result.items() if t not in self.known.other_meaning}

    def _entries_of(self, name: str, matrix: Matrix) -> Definition | None:
        """A matrix of numbers as the entries of a tensor that the document reads with two indices."""
        if 2 not in self.words.others.get(identifier(name), frozenset()):
            return None
        numbers = [[constant(e) for e in row] for row in matrix.rows]
        if any(n is None for row in numbers for n in row):
            return None
        tensor = self.words.tensor(identifier(name), 2)
        base = 0 if name in self.names.bracketed else 1
        indices = (Symbol("row"), Symbol("column"))
        body: Expression = expression(0)
        for i, row in enumerate(numbers):
            for j, value in enumerate(row):
                if value:
                    here = Bracket((polynomial(indices[0]) - (i + base), polynomial(indices[1]) - (j + base)))
                    body = body + expression(value) * here
        return Definition(tensor, indices, body)

    def _is_loss(self, name: str) -> bool:
        """Whether a scalar is a loss: it is differentiated, but no formula reads it."""
        return name not in self.read_names or any(t.name == name for t in self.known.definitions)

    only_known: frozenset[Tensor] | set[Tensor] = frozenset()

    def _reads_known_entries(self, tensor: Tensor, sides: Iterable[Expression]) -> bool:
        """Whether a claim reads a tensor, but only where its entries are known one by one."""
        reads = [n for side in sides for n in walk(side) if isinstance(n, Read) and n.tensor == tensor]
        known = {d.entry for d in self.known.entries[tensor]}
        return bool(reads) and all(r.indices in known for r in reads)

    def complete(self, tensor: Tensor) -> bool:
        """Whether every entry of a tensor that is given entry by entry is known."""
        extents = [a.extent for a in tensor.axes]
        if any(e is None or not e.is_constant for e in extents):
            return False
        return math.prod(int(e.constant) for e in extents if e is not None) == len(self.known.entries[tensor])

    def _variable(self, gradient: Tensor) -> Tensor:
        assert gradient.gradient_of is not None
        return self.words.tensor(gradient.gradient_of[1], len(gradient.axes))

    def _chain_rule(self, gradient: Tensor, stated: set[Tensor]) -> Definition | None:
        """∂J/∂T[q] = Σ over the tensors Z that read T of Σ_o ∂J/∂Z[o] ∂Z[o]/∂T[q]; None if none is known.

        If the line states gradients of some of these Z, it speaks of those only.
        """
        assert gradient.gradient_of is not None
        loss, _ = gradient.gradient_of
        variable = self._variable(gradient)
        at = tuple(Symbol(f"q{n}") for n in range(len(variable.axes)))
        by = Read(variable, tuple(map(polynomial, at)))
        parts: list[Expression] = []
        readers = {t: d for t, d in self._definitions().items()
                   if variable in tensors_in(d.body) and t.gradient_of is None}
        if not self._is_loss(loss):
            raise MeaningError(f"how {loss} depends on {variable.name} is not said")
        given = {of: rate for (of, by), rate in self.known.rates.items() if by == variable and of not in readers}
        others = sorted(of for of, by in self.rates if by == variable and of in self.read_names and of != loss
                        and of not in [t.name for t in given])
        if others:
            raise MeaningError(f"how {others[0]} depends on {variable.name} is not said")
        if any(t.gradient(loss) in stated for t in (*readers, *given)):
            readers = {t: d for t, d in readers.items() if t.gradient(loss) in stated}
            given = {t: r for t, r in given.items() if t.gradient(loss) in stated}
        for tensor, known_rate in given.items():
            indices = tuple(Symbol(f"o{n}") for n in range(len(tensor.axes)))
            places = tuple(map(polynomial, indices))
            parts.append(total(indices, Multiply((Read(tensor.gradient(loss), places),
                                                  within_axes(Read(tensor, places)),
                                                  known_rate.at(places, tuple(map(polynomial, at)))))))
        for tensor, definition in readers.items():
            indices = tuple(Symbol(f"o{n}") for n in range(len(tensor.axes)))
            places = tuple(map(polynomial, indices))
            body = substitute(definition.body, dict(zip(definition.indices, places, strict=True)))
            rate = derivative(body, by, {})
            if tensor.name == loss and not indices:
                parts.append(rate)
            else:
                here = within_axes(Read(tensor, places))
                parts.append(total(indices, Multiply((Read(tensor.gradient(loss), places), here, rate))))
        if not parts:
            return None
        body = parts[0]
        for part in parts[1:]:
            body = body + part
        return Definition(gradient, at, body)

    # Counterexamples.

    def _refutation(self, left: Expression, right: Expression) -> tuple[Counterexample | None, int]:
        """Entries at which the sides differ whatever is left open, or in how many trials they agree.

        (None, 0) if too little is known for the line to be false.
        """
        choices = self._choices(left, right)
        found: Counterexample | None = None
        agreed = 0
        for definitions in choices:
            if not self._anchored(left, right, definitions):
                return None, 0
            try:
                found, agreed = trials(self._in_windows(left, right, definitions), TRIALS)
            except (StepError, SymcnnError, ZeroDivisionError):
                found = None
            if found is None:
                return None, agreed
        return found, agreed

    def _in_windows(self, left: Expression, right: Expression, definitions: Sequence[Definition]) -> Claim:
        """The claim with a few entries on every axis of unknown range, so that it can be evaluated."""
        known = {d.tensor for d in definitions}
        needed = {t for side in (left, right) for t in tensors_in(side)}
        pending = [d for d in definitions if d.tensor in needed]
        while pending:
            more = [t for t in tensors_in(pending.pop().body) if t not in needed]
            needed |= set(more)
            pending += [d for d in definitions if d.tensor in more]
        windows = {t: replace(t, axes=tuple((WINDOW if len(t.axes) < 3 else NARROW) if a == UNBOUNDED else a
                                            for a in t.axes)) for t in needed if t not in known}
        bounded = [Definition(d.tensor, d.indices, _in_windows(d.body, windows)) for d in definitions
                   if d.tensor in needed]
        return Claim(_in_windows(left, windows), _in_windows(right, windows), tuple(bounded))

    def _anchored(self, left: Expression, right: Expression, definitions: Sequence[Definition]) -> bool:
        """Whether all names of the claim are known from definitions or stand on both sides: then it can be false."""
        defined = {d.tensor for d in definitions}
        inputs = {t for d in definitions for t in tensors_in(d.body)}
        here = [set(tensors_in(side)) for side in (left, right)]
        for mine, other in (here, here[::-1]):
            for tensor in mine - other - defined - inputs:
                if tensor.gradient_of is not None or tensor not in other:
                    return False
        return bool(defined & (here[0] | here[1])) or here[0] == here[1] or not here[0] ^ here[1]


def _constant_bounds(r: Range, body: Expression) -> Axis | None:
    """The bounds of a range that hold no index, those in conditions on the body included."""
    lower, upper = [r.lower] if r.lower is not None else [], [r.upper] if r.upper is not None else []
    for factor in body.factors if isinstance(body, Multiply) else ():
        if isinstance(factor, Bracket) and not factor.equations:
            for p in factor.inequalities:
                slope = p.linear_coefficient(r.variable)
                if slope == polynomial(1):
                    lower.append(r.variable - p)
                elif slope == polynomial(-1):
                    upper.append(p + r.variable)
    lower, upper = ([p for p in bounds if all(s.is_size for s in p.symbols)] for bounds in (lower, upper))
    return Axis(lower[0], polynomial(1), upper[0]) if len(lower) == 1 and len(upper) == 1 else None


def _idle_variables(left: Expression, right: Expression) -> str:
    """Which variables of sums and maxima do not occur in what these are over, if that has other indices."""
    absent = [f for f in scope_faults(left, right) if "absent from the summand" in f or "the maximum is over" in f]
    return "; ".join(absent) if any(isinstance(n, Read) and n.indices for n in walk(right)) else ""


def _cells(node: Node) -> dict[tuple[int, int], Node]:
    """The cells of a matrix written out, by place."""
    if not is_matrix(node) or node.kind != "rows":
        return {}
    return {(i, j): cell.nodes[0] for i, row in enumerate(rows_of(node)) for j, cell in enumerate(row)
            if len(cell.nodes) == 1}


def _entry(left: Read, right: Expression) -> Entry:
    indices = tuple(Symbol(f"e{n}") for n in range(len(left.indices)))
    here = Bracket(tuple(polynomial(i) - q for i, q in zip(indices, left.indices, strict=True)))
    return Entry(left.indices, here * right)


def _in_windows(node: Expression, windows: dict[Tensor, Tensor]) -> Expression:
    if isinstance(node, Read) and node.tensor in windows:
        return Read(windows[node.tensor], node.indices)
    return rebuild(node, tuple(_in_windows(c, windows) for c in children(node)))


def agreement_within(value: Any, shown: Any) -> str:
    """A sentence if some value in the enclosure rounds to what is shown; empty otherwise."""
    unit = flint.fmpq(10) ** -shown.places if shown.places >= 0 else flint.fmpq(10 ** -shown.places)
    target = flint.arb(flint.fmpq(shown.digits) * unit)
    ball = flint.arb(value) if isinstance(value, flint.fmpq) else value
    if not ball.is_exact() and abs(ball - target).lower() <= flint.arb(unit / 2):
        return f"{shown} agrees with the decimals it comes from"
    return ""


def decimal_text(value: Any, shown: Any) -> str | None:
    from symcnn.rounding import rounded

    try:
        return str(rounded(value, shown.places)[0])
    except SymcnnError:
        return None


__all__ = ["Decider", "Decision", "Sum", "constant"]
