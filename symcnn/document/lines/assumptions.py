"""Claims under what a document says of their names: values, arrays of numbers, what is supposed, odd and even sizes."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import flint

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import Line, Reading
from symcnn.document.displayed.displays import Displays
from symcnn.document.facts.extents import needed
from symcnn.document.facts.known import Decision
from symcnn.document.facts.nearby import Nearby
from symcnn.document.facts.supposed import solved, solved_for_a_name
from symcnn.document.facts.tabulated import Tables, tables
from symcnn.document.meaning.numbers import key, show
from symcnn.document.meaning.powers import power_tensor
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.proof.entry import Entries
from symcnn.document.proof.proof import PROOF_STEPS
from symcnn.document.proof.refutation import MOST_CHOICES
from symcnn.document.reading.forms import constant, identifier, is_rounded, with_value
from symcnn.effort import budget
from symcnn.errors import SymcnnError
from symcnn.kernel.derivative import KINKED
from symcnn.notation.expression import (
    Apply, Definition, Derivative, Expression, Maximum, Read, Tensor, Value, children, expression, free_indices,
    rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import made_of, sizes_in, substitute, tensors_in
from symcnn.verdict import Verdict


NEARBY = 600
"""So many characters before a line are searched for the conditions it is under."""
IN_GENERAL = re.compile(r"\b(?:general\w*|arbitrary|any|otherwise|larger|bigger)\b", re.IGNORECASE)
"""Words that end a case."""
AT_ENTRIES = "the entries given"
"""The scope of what holds, or fails, for the numbers of an array that are written out."""


class Assumptions(Displays):
    """Decides claims in general first, then under what the document says."""

    reading: Reading
    nearby: Nearby

    valued_here: set[str]
    def _claim(self, line: Line, left: Expression, right: Expression) -> Decision:
        if (by_numbers := self._by_tables(left, right)) is not None:
            return by_numbers
        decision = self._claimed(left, right)
        if decision.verdict is Verdict.PROVED:
            return decision
        if (under := self._under_what_is_supposed(line, left, right)) is not None and (
                under.verdict is Verdict.PROVED or decision.verdict is Verdict.REFUTED):
            return under
        said = self.nearby.of(line, left, right, self._rests_on(left, right))
        if said:
            with temporarily(self, at_sizes=said.sizes):
                there = self._claimed(*(said.put_into(side) for side in (left, right)),
                                      refute=decision.verdict is Verdict.REFUTED)
            there = replace(there, assumptions=(*there.assumptions, *said.shown))
            if there.verdict is Verdict.PROVED:
                return there
            if decision.verdict is Verdict.REFUTED and said.sizes:
                decision = there
        own = left.value.as_symbol if isinstance(left, Value) else None
        stated = {s: p for s, p in self.known.sizes.items() if s in sizes_in(left) | sizes_in(right) and s != own}
        cases = {s for s in stated if s in self.known.in_a_case}
        for s in [s for s in cases if IN_GENERAL.search(self.reading.text[self.known.in_a_case[s]:line.start])]:
            del stated[s]
        if stated:
            with temporarily(self, at_sizes=stated):
                at_sizes = self._claimed(left, right)
            if at_sizes.verdict is Verdict.PROVED and cases & stated.keys() and decision.verdict is Verdict.REFUTED:
                case = ", ".join(f"{s.name} = {stated[s]}" for s in sorted(cases & stated.keys()))
                return Decision(Verdict.UNDECIDED, f"holds in the case {case}, of which the text speaks further up")
            where = tuple(f"{s.name} = {p}" for s, p in stated.items())
            if at_sizes.verdict is not Verdict.REFUTED:
                return replace(at_sizes, assumptions=(*at_sizes.assumptions, *where))
        if (by_formula := self._by_formulas_of_sizes(left, right, own)) is not None:
            return by_formula
        if decision.verdict is Verdict.REFUTED and any(is_rounded(n) for side in (left, right) for n in walk(side)):
            return self._of_parity(line, left, right, decision)
        if not self.known.values:
            return decision
        used = {key(n) for side in (left, right) for n in walk(side) if isinstance(n, Read)} & set(self.known.values)
        used -= self.valued_here  # what the line itself says proves nothing
        if used:
            with_values = self._claimed(*(self._with_values(side, used) for side in (left, right)))
            arguments = [{key(n) for f in walk(side) if isinstance(f, Apply) for n in walk(f) if isinstance(n, Read)}
                         for side in (left, right)]
            if with_values.verdict is Verdict.PROVED and used & arguments[0] & arguments[1]:
                # tanh(x) = 2 σ(x) − 1 holds at x = 0, but is said of all x.
                return Decision(Verdict.UNDECIDED, "holds for values that are given elsewhere, not in general")
            if with_values.verdict is Verdict.PROVED:
                values = tuple(f"{name} = {show(self.known.values[name])}" for name in sorted(used))
                return replace(with_values, assumptions=(*with_values.assumptions, *values))
            if with_values.verdict is Verdict.REFUTED and not self._is_smooth(left, right):
                return Decision(Verdict.UNDECIDED, "holds or not by the signs of values that are not looked at")
            if with_values.verdict is Verdict.REFUTED and isinstance(left, Read | Derivative) and (
                    isinstance(left, Derivative) or left.tensor.gradient_of is not None):
                if tensors_in(right) and not any(isinstance(n, Value) and n.value.is_constant and (
                        n.value.constant not in (1, -1)) for n in walk(right)):
                    return decision  # a formula for a slope in letters alone, with no value put in
                if constant(self._with_values(right, used)) is not None:
                    return Decision(Verdict.UNDECIDED, "a slope at the numbers of an example")
            near = self.reading.text[:line.start][-NEARBY:].rsplit("\n#", 1)[-1].replace(" ", "")
            if with_values.verdict is Verdict.REFUTED and not _gives_another_value(with_values, used) and all(
                    self._given_once(name) and f"{name.replace(' ', '')}=" in near for name in used):
                values = tuple(f"{name} = {show(self.known.values[name])}" for name in sorted(used))
                return replace(with_values, assumptions=(*with_values.assumptions, *values))
            return Decision(Verdict.UNDECIDED, decision.reason)
        return decision

    def _by_formulas_of_sizes(self, left: Expression, right: Expression, own: Symbol | None) -> Decision | None:
        """A proof with the formulas in place of sizes that the document gives one in names that are no sizes."""
        formulas = {s: self.known.formulas[s.name] for s in sorted(sizes_in(left) | sizes_in(right))
                    if s != own and s.name in self.known.formulas and s not in self.known.sizes}
        sides = [left, right]
        for size, formula in formulas.items():
            sides = [with_value(side, Value(polynomial(size)), formula) for side in sides]
        if not formulas or any(formulas.keys() & sizes_in(side) for side in sides):
            return None
        decision = self._claimed(*sides, refute=False)
        where = tuple(f"{s.name} = {formula}" for s, formula in formulas.items())
        return replace(decision, assumptions=(*decision.assumptions, *where)) if (
            decision.verdict is Verdict.PROVED) else None

    def _is_smooth(self, left: Expression, right: Expression) -> bool:
        """Whether no slope behind a line changes with the sign of a value, as those of ReLU and of a maximum do."""
        rests_on = (left, right, *(d.body for d in needed(tuple(self._definitions().values()), (left, right))))
        with temporarily(self, of_slopes=True), suppress(SymcnnError):
            rests_on += tuple(d.body for choice in self._choices(self.unaliased(left), self.unaliased(right))
                              for d in choice)
        return not any(isinstance(n, Maximum) or isinstance(n, Apply) and n.function in KINKED
                       for side in rests_on for n in walk(side))

    def _tables_behind(self, node: Expression) -> bool:
        """Whether a name rests on arrays whose numbers are written out: a number for it is its value there."""
        found = self._tables()
        return found is not None and bool(found.used_by((node,), self._definitions().values()))

    def _tables(self) -> Tables | None:
        sizes = {s: p for known in (self.later, self.known) for s, p in known.sizes.items()}
        shown = {**self.later.listed, **self.known.listed, **self.later.matrices, **self.known.matrices}
        return tables(self.words, shown, self._definitions().values(), sizes)

    def _by_tables(self, left: Expression, right: Expression) -> Decision | None:
        """A proof for all entries, or for those that the document writes out; None without either."""
        found = self._tables()
        if found is None:
            return None
        one_entry = isinstance(left, Read) and bool(left.indices) and all(i.is_constant for i in left.indices) or (
            _is_of_entries(left, found.definitions))
        with temporarily(self, tabulated={}):
            sides = self.unaliased(left), self.unaliased(right)
            chain = [d.body for d in self._choices(*sides)[-1]] if one_entry else []
            used = found.used_by((left, right, *chain), self._definitions().values())
            if not used or any(name in self.words.losses for name in used):
                return None
            decision = Decision(Verdict.UNDECIDED) if one_entry else self._claimed(left, right, refute=False)
        if decision.verdict is Verdict.PROVED:
            return decision
        with temporarily(self, at_sizes=found.sizes, tabulated=found.definitions):
            if isinstance(left, Read):
                decision = self._worked_out(left, right, found.sizes) or decision
            if decision.verdict is not Verdict.PROVED:
                firm = one_entry and found.firm and self._given_once_each(used)
                decision = self._claimed(left, right, refute=firm)
                differs = decision.counterexample
                if differs is not None and constant(right) is not None and differs.left.lstrip("-").isdigit() and (
                        self._claimed(left, expression(int(differs.left)), refute=False).verdict is not Verdict.PROVED):
                    return None  # other numbers that are not known decide, too
        if decision.verdict not in (Verdict.PROVED, Verdict.REFUTED):
            return None
        said = f"the entries given of {', '.join(used)}"
        if one_entry and decision.counterexample is not None and constant(right) is not None and isinstance(
                right, Value):
            decision = replace(decision, repair=decision.counterexample.left)
        return replace(decision, scope=AT_ENTRIES, assumptions=(*decision.assumptions, said))

    def _value_of_a_slope(self, sides: tuple[Expression, Expression] | None, found: Counterexample | None) -> str:
        """Why ∂L/∂w = 1·3 − 1·0 or x σ'(1) may be right: it is what the slope is at the numbers of an example.

        Not where the slope is the same whatever its names are.
        """
        if sides is None:
            return ""
        for value, side in (sides, sides[::-1]):
            if self._has_values_put_in(value, side):
                return "a slope at the numbers of an example"
        if any(free_indices(side) or sizes_in(side) for side in sides):
            return ""
        for value, side in (sides, sides[::-1]):
            if not _at_numbers(value) or not any(
                    isinstance(n, Derivative) or isinstance(n, Read) and n.tensor.gradient_of is not None
                    for n in walk(self.unaliased(side))):
                continue
            shown = "" if found is None else found.left if value is sides[1] else found.right
            with suppress(SymcnnError, ValueError):
                if self._claimed(side, expression(Fraction(shown)), refute=False).verdict is Verdict.PROVED:
                    return ""
            return "a slope at the numbers of an example"
        return ""

    values_put_in: Mapping[str, Fraction] = {}
    """Numbers of an example that stand in slopes in place of names."""

    def _choices(self, left: Expression, right: Expression) -> list[tuple[Definition, ...]]:
        choices = super()._choices(left, right)
        if not self.values_put_in:
            return choices
        return [tuple(d if d.tensor.gradient_of is None else replace(d, body=self._put_in(d.body))
                      for d in definitions) for definitions in choices]

    def _put_in(self, node: Expression) -> Expression:
        for name, number in self.values_put_in.items():
            node = with_value(node, Read(Tensor(name, ()), ()), expression(number))
        return node

    def _has_values_put_in(self, value: Expression, slope: Expression) -> bool:
        """Whether ∂L/∂v = −0.1 a has a number for y − t where the document says which numbers y and t are."""
        if not isinstance(slope, Read) or slope.tensor.gradient_of is None or not any(
                isinstance(n, Value) and n.value.is_constant and n.value.constant not in (0, 1, -1)
                for n in walk(value)):
            return False
        loss = Tensor(slope.tensor.gradient_of[0], ())
        behind = {loss.name, *(t.name for t in made_of({loss}, self._definitions()))}
        valued = {name for name in self.known.values if "[" not in name} - self.words.sizes
        return bool(behind & valued - {t.name for t in tensors_in(value)} - {slope.tensor.gradient_of[1]})

    def _given_once_each(self, names: Iterable[str]) -> bool:
        """Whether the document writes each of these arrays out once: no line can be about other entries."""
        shown = {identifier(name): count for name, count in self.shown_once.items()}
        return all(1 in (shown.get(name), *(shown.get(self.words.base(name, n)) for n in (1, 2))) for name in names)

    def _worked_out(self, left: Read, right: Expression, sizes: Mapping[Symbol, Polynomial]) -> Decision | None:
        """A proof of a line about one entry by working out this entry from the formulas; None if there is none."""
        derived = self.known.derived.get(left.tensor)
        said = () if derived is None else (f"{derived[0].left} = {derived[0].body}", *derived[1])
        everything = tuple(self._definitions().values())
        choices = self._choices(left, right)[:MOST_CHOICES] if derived is None else [(derived[0], *everything)]
        for choice in choices:
            definitions = [Definition(d.tensor.substitute(sizes), d.indices, substitute(d.body, sizes)) for d in choice]
            try:
                with budget(PROOF_STEPS):
                    at, value = substitute(left, sizes), substitute(right, sizes)
                    assert isinstance(at, Read)
                    theorem = Entries({d.tensor: d for d in definitions}).equal(at, value)
            except (SymcnnError, KeyError, ZeroDivisionError):
                continue
            return Decision(Verdict.PROVED, "", AT_ENTRIES, said, procedures=tuple(sorted(theorem.procedures)))
        return None

    def _under_what_is_supposed(self, line: Line, left: Expression, right: Expression) -> Decision | None:
        """The verdict where the equations hold that are supposed here of the names in a line; None without any."""
        names = {n for f in (left, right, *self._rests_on(left, right)) for n in (*tensors_in(f), *sizes_in(f))}
        here = [s for s in self.supposed.in_force(line) if s.names & names]
        values = solved([s.difference for s in here])
        known = self._definitions()
        formulas = [found for s in here if (found := solved_for_a_name(s.difference, known)) is not None]
        if not values and not formulas:
            return None
        for name, formula in formulas:
            left, right = (with_value(side, name, formula) for side in (left, right))
        with temporarily(self, at_sizes=values, at_least=[p - (s.lower or 0) for s, p in values.items()]):
            decision = self._claimed(left, right)
        if _gives_another_value(decision, (key(name) for name, _ in formulas)):
            return None
        return replace(decision, assumptions=(*decision.assumptions, *(s.shown for s in here)))

    def _rests_on(self, left: Expression, right: Expression) -> list[Expression]:
        """The formulas that a line rests on."""
        sides = [left, right]
        with suppress(SymcnnError):
            sides += [d.body for d in self._choices(left, right)[-1]]
        sizes = {s for side in sides for s in sizes_in(side)}
        return [*sides[2:], *(Value(p) for p in self._stated_of_sizes() if p.symbols & sizes)]

    def _of_parity(self, line: Line, left: Expression, right: Expression, decision: Decision) -> Decision:
        """A line with rounded fractions that fails in general: whether it holds for odd or for even sizes."""
        before = self.reading.text[:line.start].lower()[-NEARBY:]
        for size in sorted(sizes_in(left) | sizes_in(right)):
            half = Symbol(f"half_{size.name}", 0)
            for word, value in (("odd", 2 * polynomial(half) + 1), ("even", 2 * polynomial(half))):
                found = self._claimed(*(substitute(side, {size: value}) for side in (left, right)), refute=False)
                if found.verdict is Verdict.PROVED:
                    condition = f"{size} is {word}"
                    if word in before:
                        return replace(found, assumptions=(*found.assumptions, condition))
                    return replace(decision, verdict=Verdict.CONDITIONAL,
                                   reason=f"holds if {condition}, not in general")
        if any(word in before for word in ("odd", "even", "divis", "multiple", "integer")):
            return Decision(Verdict.UNDECIDED, "holds only under conditions that are not understood")
        return decision

    def _with_values(self, node: Expression, used: Container[str]) -> Expression:
        """The formula with the numbers that the document gave to some names."""
        if isinstance(node, Read):
            value = self.known.values.get(key(node)) if key(node) in used else None
            if isinstance(value, flint.fmpq):
                return expression(Fraction(int(value.p), int(value.q)))
            if (base := self.words.powers.get(node.tensor.name)) is not None and (
                    number := self._with_values(base, used)) != base:
                self.words.powers[(powers := power_tensor(number)).name] = number
                return Read(powers, node.indices)  # γ^t as 0.9^t
            return node
        if isinstance(node, Derivative):
            return node  # what one differentiates by has no value
        return rebuild(node, tuple(self._with_values(c, used) for c in children(node)))

    def _given_once(self, name: str) -> bool:
        """Whether a name has one formula, and each name in it one value or formula in turn."""
        formula = self.known.formulas.get(name)
        if formula is None or self.known.assigned[name]:
            return formula is None and self.known.assigned[name] == 1
        inputs = {key(n) for n in walk(formula) if isinstance(n, Read)}
        inputs |= {s.name for n in walk(formula) if isinstance(n, Value) for s in n.value.symbols}
        return name not in inputs and all(map(self._given_once, inputs))


def _is_of_entries(side: Expression, shown: Container[Tensor]) -> bool:
    """Whether a side is made of entries of arrays that are written out: x[0] h[1] + x[1] h[0]."""
    reads = [n for n in walk(side) if isinstance(n, Read)]
    return bool(reads) and not sizes_in(side) and not any(isinstance(n, Derivative) for n in walk(side)) and all(
        n.tensor in shown and n.indices and all(i.is_constant for i in n.indices) for n in reads)


def _gives_another_value(decision: Decision, names: Iterable[str]) -> bool:
    """Whether a counterexample gives names a value of its own that have one: their formulas still read them."""
    found = decision.counterexample
    return found is not None and not {name.replace(" ", "") for name in names}.isdisjoint(
        name.replace(" ", "") for name in found.entries)


def _at_numbers(side: Expression) -> bool:
    """Whether a side is a number, or holds what a function is at one: x σ'(1)."""
    return constant(side) is not None or any(
        isinstance(n, Apply) and not any(isinstance(m, Read) or isinstance(m, Value) and not m.value.is_constant
                                         for m in walk(n.argument)) for n in walk(side))
