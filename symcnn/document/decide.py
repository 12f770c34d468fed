"""Deciding the lines of a document, one after the other, from its own definitions."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import flint

from symcnn.counterexample import Counterexample, Search, counterexample
from symcnn.document.claims import Line, Reading
from symcnn.document.meaning import Meaning, MeaningError, Vocabulary, constant
from symcnn.document.names import Names, decide_names, items
from symcnn.document.numbers import Agreement, agreement, different, enclosure, exact, is_numeric, key, printed, show
from symcnn.document.tree import Node
from symcnn.errors import StepError, SymcnnError, UsageError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.notation.expression import (
    UNBOUNDED, Axis, Binder, Bracket, Definition, Derivative, Expression, Multiply, Read, Sum, Tensor, children,
    expression, free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import tensors_in, total
from symcnn.scope import scope_faults
from symcnn.verdict import Verdict

WINDOW = Axis(polynomial(0), polynomial(1), polynomial(2))
"""Where an axis without a known range is looked at for a counterexample."""
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


@dataclass
class Known:
    """What a document has said so far."""

    definitions: dict[Tensor, Definition] = field(default_factory=dict)
    entries: dict[Tensor, list[Definition]] = field(default_factory=dict)
    lines: dict[Tensor, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


class Decider:
    """Decides the lines of one document in order; what a line defines is known to the lines after it."""

    def __init__(self, reading: Reading, givens: Sequence[Reading] = ()) -> None:
        self.reading, self.givens = reading, givens
        everything = [*givens, reading]
        trees = [t for r in everything for _, t in r.spans if isinstance(t, Node)]
        self.names: Names = decide_names(trees, "\n".join(r.text for r in everything))
        self.words = Vocabulary(self.names)
        self.known = Known()
        self._learn_axes([line for r in everything for line in r.lines])

    def run(self) -> list[Decision]:
        for given in self.givens:
            for line in given.lines:
                self.decide(line)
        return [self.decide(line) for line in self.reading.lines]

    def _learn_axes(self, lines: Iterable[Line]) -> None:
        """Ranges of axes from sums with written bounds; which names are sizes."""
        found: dict[tuple[str, int], set[Axis]] = {}
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
                        bounds = [b for b in (r.lower, r.upper) if b is not None]
                        self.words.sizes |= {s.name for b in bounds for s in b.symbols if s.is_size}
                        if len(bounds) < 2 or any(not s.is_size for b in bounds for s in b.symbols):
                            continue
                        for read in (n for n in walk(part.body) if isinstance(n, Read)):
                            for place, index in enumerate(read.indices):
                                if index.as_symbol == r.variable:
                                    found.setdefault((read.tensor.name, place), set()).add(
                                        Axis(r.lower, polynomial(1), r.upper))
        for of, axes in found.items():
            if len(axes) == 1 and not of[0].startswith("∂"):
                self.words.axes[of] = next(iter(axes))

    # One line.

    def decide(self, line: Line) -> Decision:
        """The verdict on a line; never raises for what stands in it."""
        began = time.perf_counter()
        try:
            decision = self._decide(line)
        except MeaningError as error:
            decision = Decision(Verdict.UNDECIDED, str(error))
        except (StepError, UsageError, SymcnnError, ZeroDivisionError) as error:
            decision = Decision(Verdict.UNDECIDED, str(error))
        return replace(decision, milliseconds=1000 * (time.perf_counter() - began))

    def _decide(self, line: Line) -> Decision:
        if line.relation == "∈":
            return Decision(Verdict.DEFINED, "a range or a shape that is taken as given")
        if self._of_indices(line):
            return Decision(Verdict.DEFINED, "says which indices are meant")
        meaning = Meaning(self.words, (line.left, line.right))
        left = meaning.value(line.left)
        right = meaning.value(line.right)
        if line.relation in EQUALS | {"≈"}:
            if is_numeric(left, self.known.values) and is_numeric(right, self.known.values) and not (
                    line.first and isinstance(left, Read)):
                return self._numeric(line, left, right)
            if line.relation == "≈":
                return Decision(Verdict.UNDECIDED, "an approximation between formulas is not decided")
            return self._equation(line, left, right)
        if is_numeric(left, self.known.values) and is_numeric(right, self.known.values):
            return self._order(line, left, right)
        return Decision(Verdict.UNDECIDED, f"the relation {line.relation} is decided between numbers only")

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

    # Numbers.

    def _numeric(self, line: Line, left: Expression, right: Expression) -> Decision:
        a, b = exact(left, self.known.values), exact(right, self.known.values)
        shown = printed(line.right)
        if not different(a, b):
            if isinstance(a, flint.fmpq) and isinstance(b, flint.fmpq):
                return Decision(Verdict.PROVED, scope="these numbers", procedures=("exact numbers",))
            if shown is None:
                return Decision(Verdict.UNDECIDED, "the two values agree to 160 bits, which is no proof")
        if shown is not None:
            found = agreement(a, shown[0])
            if found.verdict is not Agreement.WRONG:
                verdict = Verdict.PROVED if found.verdict is Agreement.EXACT else Verdict.ROUNDED
                return Decision(verdict, found.detail, "these numbers", procedures=("exact numbers",))
            within = agreement_within(enclosure(left, self.known.values), shown[0])
            if within:
                return Decision(Verdict.ROUNDED, f"{within}; the decimals on the left are rounded, too", "these numbers",
                                procedures=("exact numbers",))
            return Decision(Verdict.REFUTED, found.detail, "these numbers",
                            counterexample=Counterexample({}, {}, {}, show(a), show(b)), repair=decimal_text(a, shown[0]))
        if line.relation == "≈" or not enclosure(left - right, self.known.values) != 0:
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
        if decision.verdict is Verdict.UNDECIDED and isinstance(left, Read) and not left.tensor.gradient_of:
            numeric = self._record_value(left, right)
            if numeric:
                return numeric
        return decision

    def _definition(self, line: Line, left: Read, right: Expression) -> Decision | None:
        """A name introduced by its formula; None if the line is a claim about what is known already."""
        tensor = left.tensor
        if tensor.gradient_of is not None or tensor in {t for t in tensors_in(right)}:
            return None
        symbols = [i.as_symbol for i in left.indices]
        value = self._record_value(left, right)
        if all(s is not None and not s.is_size for s in symbols) and len(set(symbols)) == len(symbols):
            if tensor in self.known.definitions or tensor in self.known.entries:
                return None
            indices = tuple(s for s in symbols if s is not None)
            loose = free_indices(right) - set(indices)
            if loose:
                faults = "; ".join(scope_faults(left, right))
                return Decision(Verdict.UNDECIDED, f"taken as a definition, but {faults}")
            if value is not None and not indices:
                return value
            self.known.definitions[tensor] = Definition(tensor, indices, right)
            self.known.lines[tensor] = self._line_number(line)
            self.words.defined[tensor.name] = tensor
            return Decision(Verdict.DEFINED, f"introduces {tensor.name}")
        if all(i.is_constant for i in left.indices) and tensor not in self.known.definitions:
            earlier = self.known.entries.setdefault(tensor, [])
            if any(tuple(d.indices) == left.indices for d in earlier):
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
        return Decision(Verdict.DEFINED, f"gives {key(left)} a value")

    def _line_number(self, line: Line) -> int:
        return self.reading.text[:line.start].count("\n") + 1

    def _claim(self, line: Line, left: Expression, right: Expression) -> Decision:
        reasons = []
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
        faults = "; ".join(scope_faults(left, right))
        found = self._refutation(left, right)
        if found is not None:
            return Decision(Verdict.REFUTED, faults, counterexample=found)
        return Decision(Verdict.UNDECIDED, faults or reasons[-1] if reasons else "nothing decides this")

    def _choices(self, left: Expression, right: Expression) -> list[tuple[Definition, ...]]:
        """The definitions to prove with: what is differentiated by is a variable, gradients follow the chain rule."""
        everything = (left, right)
        variables = {n.by.tensor for side in everything for n in walk(side) if isinstance(n, Derivative)}
        base = {t: d for t, d in self._definitions().items() if t not in variables}
        on_left = [t for t in tensors_in(left) if t.gradient_of]
        on_right = [t for t in tensors_in(right) if t.gradient_of]
        choices = []
        for gradients in ([t for t in on_left if t not in on_right], on_left, [*on_left, *on_right]):
            chosen = dict(base)
            for gradient in gradients:
                chain = self._chain_rule(gradient)
                if chain is not None:
                    chosen[gradient] = chain
                    chosen.pop(self._variable(gradient), None)
            made = tuple(chosen.values())
            if made not in choices:
                choices.append(made)
        return choices

    def _definitions(self) -> dict[Tensor, Definition]:
        result = dict(self.known.definitions)
        for tensor, pieces in self.known.entries.items():
            if tensor not in result:
                indices = tuple(Symbol(f"e{n}") for n in range(len(tensor.axes)))
                body: Expression = expression(0)
                for piece in pieces:
                    body = body + piece.body
                result[tensor] = Definition(tensor, indices, body)
        return result

    def _variable(self, gradient: Tensor) -> Tensor:
        assert gradient.gradient_of is not None
        return self.words.tensor(gradient.gradient_of[1], len(gradient.axes))

    def _chain_rule(self, gradient: Tensor) -> Definition | None:
        """∂J/∂T[q] = Σ over the tensors Z that read T of Σ_o ∂J/∂Z[o] ∂Z[o]/∂T[q]; None if none is known."""
        assert gradient.gradient_of is not None
        loss, _ = gradient.gradient_of
        variable = self._variable(gradient)
        at = tuple(Symbol(f"q{n}") for n in range(len(variable.axes)))
        by = Read(variable, tuple(map(polynomial, at)))
        parts: list[Expression] = []
        for tensor, definition in self._definitions().items():
            if variable not in tensors_in(definition.body) or tensor.gradient_of is not None:
                continue
            indices = tuple(Symbol(f"o{n}") for n in range(len(tensor.axes)))
            places = tuple(map(polynomial, indices))
            rate = Derivative(Read(tensor, places), by)
            if tensor.name == loss and not indices:
                parts.append(rate)
            else:
                parts.append(total(indices, Multiply((Read(tensor.gradient(loss), places), rate))))
        if not parts:
            return None
        body = parts[0]
        for part in parts[1:]:
            body = body + part
        return Definition(gradient, at, body)

    # Counterexamples.

    def _refutation(self, left: Expression, right: Expression) -> Counterexample | None:
        """Entries at which the sides differ whatever is left open; None if there are none or too little is known."""
        choices = self._choices(left, right)
        found: Counterexample | None = None
        for definitions in choices:
            known = {d.tensor for d in definitions}
            needed = {t for side in (left, right) for t in tensors_in(side)}
            pending = [d for d in definitions if d.tensor in needed]
            while pending:
                more = [t for t in tensors_in(pending.pop().body) if t not in needed]
                needed |= set(more)
                pending += [d for d in definitions if d.tensor in more]
            if not self._anchored(left, right, definitions):
                return None
            windows = {t: replace(t, axes=tuple(WINDOW if a == UNBOUNDED else a for a in t.axes))
                       for t in needed if t not in known}
            bounded = [Definition(d.tensor, d.indices, _in_windows(d.body, windows)) for d in definitions
                       if d.tensor in needed]
            claim = Claim(_in_windows(left, windows), _in_windows(right, windows), tuple(bounded))
            try:
                found = counterexample(claim, Search(claim))
            except (StepError, SymcnnError, ZeroDivisionError):
                found = None
            if found is None:
                return None
        return found

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


def _entry(left: Read, right: Expression) -> Definition:
    indices = tuple(Symbol(f"e{n}") for n in range(len(left.indices)))
    here = Bracket(tuple(polynomial(i) - q for i, q in zip(indices, left.indices, strict=True)))
    return Definition(left.tensor, indices, here * right)


def _in_windows(node: Expression, windows: dict[Tensor, Tensor]) -> Expression:
    if isinstance(node, Read) and node.tensor in windows:
        return Read(windows[node.tensor], node.indices)
    return rebuild(node, tuple(_in_windows(c, windows) for c in children(node)))


def agreement_within(value: Any, shown: Any) -> str:
    """A sentence if some value in the enclosure rounds to what is shown; empty otherwise."""
    unit = flint.fmpq(10) ** -shown.places if shown.places >= 0 else flint.fmpq(10 ** -shown.places)
    target = flint.arb(flint.fmpq(shown.digits) * unit)
    ball = flint.arb(value) if isinstance(value, flint.fmpq) else value
    if abs(ball - target).lower() <= flint.arb(unit):
        return f"{shown} agrees with the decimals it comes from"
    return ""


def decimal_text(value: Any, shown: Any) -> str | None:
    from symcnn.rounding import rounded

    try:
        return str(rounded(value, shown.places)[0])
    except SymcnnError:
        return None


__all__ = ["Decider", "Decision", "Sum", "constant"]
