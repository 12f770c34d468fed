"""Whether an equation says what a name is, says it anew, or repeats what was said."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace

from symcnn.document.claims.claims import Line
from symcnn.document.facts.conditions import guards_behind
from symcnn.document.facts.in_terms import is_inverse, where_positive
from symcnn.document.facts.known import Decision, Entry
from symcnn.document.lines.anew import is_entry, is_other_method, is_second_use, method_of, methods
from symcnn.document.lines.assumptions import NEARBY, Assumptions
from symcnn.document.meaning.labels import family
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.numbers import exact, is_numeric, key, printed
from symcnn.document.meaning.powers import is_encoded
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.numeric.values import numeric
from symcnn.document.reading.forms import constant, renamed, with_value
from symcnn.errors import SymcnnError
from symcnn.notation.expression import (
    Apply, Bracket, Definition, Derivative, Equation, Expression, Multiply, Read, Sum, Tensor, Value, free_indices,
    walk,
)
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import made_of, sizes_in, substitute, tensors_in
from symcnn.scope import scope_faults
from symcnn.verdict import Verdict

AT_HAND = 160
"""So many characters before a formula may say that it follows."""
FOLLOWS = re.compile(r"follow|substitut|plug|insert|hence|thus|therefore|equivalent|unroll|expan(d|sion)|becomes|gives|"
                     r"we (get|obtain|have|find|see)|rewrit|impl(y|ies)|that is|i\.e\.|\bso\b|yield|lead",
                     re.IGNORECASE)
"""Words before a formula that say that it follows from what was said."""
CONCLUDES = re.compile(r"\b(?:hence|therefore|thus|so|then|consequently|follows|gives|giving|yields|obtain|becomes|"
                       r"that is|in other words|written out|equivalently|expand\w*|simplif\w+|substitut\w+|"
                       r"(?:taking|pulling|splitting|moving|separating|multiplying) |plugging|"
                       r"(?:factor|collect|rearrang|regroup|reorder)ing|damit|folglich|daher|somit|also)\b"
                       r"|\bi\.e\.|\bd\.h\.|因此|所以|于是|可得|代入", re.IGNORECASE)
"""Words before a formula that follows from what was said."""
IMPLIES = re.compile(r"(?:\\Rightarrow|\\implies|\\therefore|\\Longrightarrow|⇒|∴)[\s&{}]*$")
LESSENED = re.compile(r"ignor|neglect|drop|approx|about|roughly|small|large|\b(?:if|when|suppose|assum\w+|with|at|"
                      r"where|for|case|without|special|except|instead|both|second|other|solv\w+)\b", re.IGNORECASE)
"""Words between two formulas of a name that make the second one another: a case, an approximation, a solution."""
REDEFINES = re.compile(r"\b(?:re-?defin\w*|define[sd]?|instead|alternativ\w*|variant|let|sei|stattdessen)\b|定义|改为",
                       re.IGNORECASE)
LISTED = re.compile(r"[\s$,;]*(?:and|und)?[\s$,]*", re.IGNORECASE)
"""What stands between the formulas of a list."""
OTHERWISE = re.compile(r"\b(?:another|others?|version|whereas|in contrast|now|valid|full|same|causal|case)\b"
                       r"|\b(?:inference|(?:test|evaluation|prediction|deployment|run)(?:ing)?[- ]?(?:time|mode|phase)"
                       r"|(?:during|at|when|for|in) (?:training|test(?:ing)?|evaluat\w+|predict\w+))\b|\n\s*#"
                       r"|\\(?:sub)*section|(?:^|[\n.;]\s*)\**\(?(?:[a-z]|\d+|[ivx]+)[.)]\**\s|(?:^|[\n.;]\s*)(?-i:[A-Z]\w+):\s*$",
                       re.IGNORECASE)
"""Words before another formula of a name: the first ones say so, the others do unless the line is a conclusion."""
INSTEAD = re.compile(r"[^.;:$\\\n]{0,40}\b(?:instead|stattdessen)\b", re.IGNORECASE)
"""Words behind another formula of a name."""
NAMED_CASE = re.compile(r"(?:^|[.;:\n*])\s*+(?:for|in|during|at)\s+(?:the\s+|an?\s+)?"
                        r"((?:[A-Za-z-]++[ ]?){1,4})(?=[,:])", re.IGNORECASE)
"""Words at the head of a sentence for what a formula is of: for training, in the backward pass."""
NO_CASE = re.compile(r"\b(?:example|instance|all|any|every|each|simplicity|convenience|this|these|that|fact|general|"
                     r"particular|short|summary|other words|addition|practice|our|us|matrix form|total)\b",
                     re.IGNORECASE)
ANOTHER_COST = re.compile(r"cross[- ]?entropy|likelihood|\binstead\b|soft-?max|\blinear\b|identity|\bhinge|\bhuber|"
                          r"\b(?:other|another|different|any|choice of|depends on the) (?:cost|loss|activation|error)",
                          re.IGNORECASE)
"""Words before a formula for an error that may be one of another cost, or of another activation, than the one given."""


class Introducing(Assumptions):
    """Decides equations that may introduce a name."""

    def _is_stated(self, left: Read) -> bool:
        return any(e.left == left for e in self.known.stated)

    def _words_before(self, line: Line) -> str:
        return self.reading.text[:line.span.start][-AT_HAND:] + " ".join(line.words)

    def _at_another_name(self, formula: Definition, right: Derivative) -> Decision | None:
        """∇E(v) = ∂/∂v (…) where E was given as E(w): proved if it is E's formula with v in place of w."""
        new = right.by.tensor
        if new in tensors_in(formula.body):
            return None
        for old in sorted(set(tensors_in(formula.body)) - set(tensors_in(right.expression)), key=lambda t: t.name):
            if len(old.axes) == len(new.axes) and old.gradient_of is None:
                decision = self._claimed(renamed(formula.body, old, new), right.expression, refute=False)
                if decision.verdict is Verdict.PROVED:
                    said = f"{formula.tensor.name} is a function of {old.name}, taken at {new.name}"
                    return replace(decision, assumptions=(*decision.assumptions, said))
        return None

    def _note_method(self, line: Line) -> None:
        """Take note of the method, max or average pooling, that a formula is of by the words beside it."""
        with suppress(SymcnnError):
            left = self._meaning(line).value(line.left)
            if line.first and isinstance(left, Read):
                self.known.methods[left.tensor] = methods(self.reading, line)

    def _defined_anew(self, line: Line, left: Read, right: Expression) -> Decision | None:
        """A name that stands for something else from here on, as y of average pooling after y of max pooling."""
        tensor, named = left.tensor, methods(self.reading, line)
        before = self.known.methods.get(tensor, frozenset())
        if is_second_use(self, self.reading, line, left, right):
            self.known.definitions.pop(tensor, None)
        elif any(e.entry == left.indices for e in self.known.entries.get(tensor, ())) and is_entry(left, right):
            if not is_other_method(named, before) or self._concludes(line) or (
                    self._claim(line, left, right).verdict is Verdict.PROVED):
                return None
        elif tensor in self.known.definitions and all(i.as_symbol is not None for i in left.indices):
            before |= method_of(self.known.definitions[tensor].body)
            if not before or not is_other_method(named, before) or named != method_of(right) or (
                    free_indices(right) - free_indices(left)):
                return None
            self.known.definitions.pop(tensor)
            self.known.entries.pop(tensor, None)
            self.known.anew.add(tensor)
            return self._definition(line, left, right)
        else:
            return None
        self.known.entries[tensor] = [_entry(left, right)]
        self.known.anew.add(tensor)
        self.known.lines[tensor] = self._line_number(line)
        return Decision(Verdict.DEFINED, f"introduces {key(left)} anew")

    def _sums_to_one(self, left: Expression, right: Expression) -> Tensor | None:
        """The name of which a line says that its entries sum to 1, if it has no formula that would show it."""
        if constant(right) == 1 and isinstance(left, Sum) and isinstance(left.body, Read) and len(left.ranges) == 1:
            read = left.body
            if read.indices and read.indices[-1].as_symbol == left.ranges[0].variable and (
                    read.tensor.gradient_of is None and read.tensor not in self._definitions()
                    and read.tensor not in self.known.entries):
                return read.tensor
        return None

    def _by_its_gradient(self, line: Line, left: Expression, right: Expression) -> Decision | None:
        """∇E(w) = ∂/∂w (…) where nothing was said of E: what is differentiated is E; None for any other line."""
        if not line.first or not isinstance(left, Read) or left.tensor.gradient_of is None or (
                not isinstance(right, Derivative)) or free_indices(right.expression):
            return None
        loss, variable = left.tensor.gradient_of
        tensor = self.words.tensor(loss, 0)
        if tensor in self._definitions() and right.by.tensor.name == variable and right.by.indices == left.indices:
            return self._at_another_name(self._definitions()[tensor], right)
        if right.by.tensor.name != variable or right.by.indices != left.indices or tensor in self._definitions() or (
                tensor in self.known.lines or tensor in tensors_in(right.expression)):
            return None
        self.known.definitions[tensor] = Definition(tensor, (), right.expression)
        self.known.lines[tensor] = self._line_number(line)
        return Decision(Verdict.DEFINED, f"introduces {loss} by its gradient")

    def _speaks_of_other_names(self, left: Read, right: Expression) -> bool:
        """Whether a line gives a name another meaning: by a formula with names that its first one does not have."""
        known = self._definitions()
        stands_for = known[left.tensor].body if left.tensor in known else None
        if isinstance(stands_for, Read) and stands_for.tensor.gradient_of is not None:
            return False
        recurrent = [e.right for of in (self.known, self.later) for e in of.recurrences.get(left.tensor, ())]
        begun = {left.tensor, *(t for side in recurrent for t in tensors_in(side))}
        about = begun | made_of(begun, known)
        others = {t for t in tensors_in(right) if t.gradient_of is None} - about
        # v with v_k = w_{k-1} is no other name where w is known.
        return not all(t in known and made_of({t}, known) - {t} <= about for t in others)

    def _is_new(self, left: Read) -> bool:
        """Whether nothing was said of a name before, apart from its gradients."""
        return (left.tensor.gradient_of is None and left.tensor not in self.known.definitions
                and left.tensor not in self.known.entries and left.tensor not in self.known.lines)

    def _redefines(self, line: Line, left: Read) -> bool:
        """Whether the words before a line say that a name now means something else: "others define instead"."""
        if line.span not in [span for span, _ in self.reading.spans] or left.tensor not in self.known.definitions:
            return False
        if not all(i.as_symbol is not None for i in left.indices):
            return False
        earlier = self.known.lines.get(left.tensor, 0)
        if earlier >= self.reading.text[:line.span.start].count("\n") + 1 and line.span.display:
            return False  # the words stand before both formulas
        before = self.reading.prose_before(line.span)
        if (case := _case_named(before)) and (other := _case_named(_start_of_line(self.reading.text, earlier))) and (
                case != other):
            return True  # for rising prices one formula, for falling ones another
        return REDEFINES.search(before) is not None or INSTEAD.match(self.reading.text[line.span.end:]) is not None or (
            OTHERWISE.search(before) is not None and not self._concludes(line))

    def _is_activated(self, line: Line, left: Read, right: Expression) -> bool:
        """Whether h = σ(W x) stands beside h = W x: a layer with its activation and without, unless it follows."""
        formula = self.known.definitions.get(left.tensor)
        if formula is None or self._concludes(line):
            return False
        stands_for = substitute(formula.body, dict(zip(formula.indices, left.indices, strict=True)))
        return any(isinstance(a, Apply) and self._claimed(a.argument, b, refute=False).verdict is Verdict.PROVED
                   for a, b in ((right, stands_for), (stands_for, right)))

    def _concludes(self, line: Line) -> bool:
        """Whether the words before a line say that it follows: then it is no new definition.

        Of "then A, B and C" they stand before A.
        """
        spans = [span for span, _ in self.reading.spans]
        if line.span not in spans:
            return False
        place = spans.index(line.span)
        before = self.reading.prose_before(line.span)
        while place and LISTED.fullmatch(before):
            place -= 1
            before = self.reading.prose_before(spans[place])
        return CONCLUDES.search(before) is not None or any(
            CONCLUDES.search(w) for w in line.words) or IMPLIES.search(
            self.reading.text[line.span.start:line.start]) is not None

    def _is_next_form(self, line: Line, left: Read, right: Expression) -> bool:
        """Whether a line goes straight on from the formula of its name: y = 3 (x + 2), so y = 3 x + 6.

        With an equation or a condition in between, y may be found from that one, or be meant at a place.
        """
        formula = self.known.definitions.get(left.tensor)
        place = next((n for n, other in enumerate(self.reading.lines) if other is line), 0)
        before = self.reading.lines[place - 1] if place else None
        if formula is None or before is None or "".join(t.text for t in before.left.tokens) != "".join(
                t.text for t in line.left.tokens):
            return False
        return LESSENED.search(self.reading.text[before.end:line.start]) is None and (
            {*tensors_in(formula.body), *sizes_in(formula.body)} == {*tensors_in(right), *sizes_in(right)} != set())

    def _at_other_sizes(self, line: Line, left: Read, right: Expression) -> bool:
        """Whether a line repeats a formula for particular sizes: μ = Σ_{i=1}^4 x_i / 4 after μ = Σ_{i=1}^m x_i / m.

        With the words "For m = 4:" it is a claim.
        """
        formula = self._definitions().get(left.tensor)
        if formula is None:
            return False
        said = self.nearby.of(line, left, right, [formula.body]).sizes
        return not _written_sizes(formula.body) - set(said) <= _written_sizes(right)

    def _again(self, tensor: Tensor) -> str:
        line = self.known.lines.get(tensor)
        return f"says what {tensor.name} is" + (f", otherwise than line {line}" if line else "")

    def _is_gradient(self, tensor: Tensor) -> bool:
        """Whether a name was introduced as that of a gradient."""
        formula = self.known.definitions.get(tensor)
        return formula is not None and _is_slope_of_a_loss(formula.body)

    def _is_error(self, line: Line, formula: Definition | None) -> bool:
        """Whether a formula is that of an error, δ_j = ∂C/∂z_j, and no other cost is spoken of near the line."""
        return formula is not None and _is_slope_of_a_loss(formula.body) and ANOTHER_COST.search(
            self.reading.text[max(0, line.start - NEARBY):line.start]) is None

    def _recurrence(self, left: Read, right: Expression) -> Decision:
        if self._begins_with(left, right):
            del self.known.definitions[left.tensor]
        earlier = self.known.recurrences.setdefault(left.tensor, [])
        earlier.append(Equation(left, right))
        return Decision(Verdict.DEFINED, f"a recurrence for {left.tensor.name}")

    def _begins_with(self, left: Read, right: Expression) -> bool:
        """Whether the formula of a name, P[l] = 1 beside the recurrence P[k + 1] = … P[k], says where it begins."""
        formula = self.known.definitions.get(left.tensor)
        if formula is None:
            return False
        reads = [n for n in walk(right) if isinstance(n, Read) and n.tensor == left.tensor]
        return any(index.symbols and symbol not in index.symbols and any(r.indices[n] != index for r in reads)
                   for n, (index, symbol) in enumerate(zip(left.indices, formula.indices, strict=True)))

    def _definition(self, line: Line, left: Read, right: Expression) -> Decision | None:
        """A name introduced by its formula; None if the line is a claim about what is known already."""
        tensor = left.tensor
        if tensor.gradient_of is not None or tensor in tensors_in(right) or is_encoded((tensor.name,)):
            return None
        recurrent = self.known.recurrences.keys() | self.later.recurrences.keys()
        if isinstance(right, Read) and {tensor, right.tensor} <= recurrent and not any(
                i.is_constant for i in left.indices):
            return None  # that two sequences agree at every step is a claim
        symbols = [i.as_symbol for i in left.indices]
        restated = self._restated(line, left, right)
        if restated is not None:
            return restated
        if is_inverse(left, right, self.known.definitions):
            claimed = self._claimed(left, right, refute=False)
            if claimed.verdict is not Verdict.PROVED:
                positive, there = where_positive(left, self._definitions())
                with temporarily(self, settled=there):
                    claimed = self._claimed(positive, with_value(right, left, positive), refute=False)
                if claimed.verdict is not Verdict.PROVED and FOLLOWS.search(self._words_before(line)):
                    with temporarily(self, settled=there):
                        claimed = self._claimed(positive, with_value(right, left, positive))
                claimed = replace(claimed, assumptions=(*claimed.assumptions, f"{left} > 0"))
            if claimed.verdict is Verdict.PROVED:
                self.known.forms.note(left, right, self.known.definitions)
            if claimed.verdict in (Verdict.PROVED, Verdict.REFUTED):
                return claimed
        value = self._record_value(left, right, printed(line.right) is None)
        if all(s is not None and not s.is_size for s in symbols) and len(set(symbols)) == len(symbols):
            if tensor in self.known.definitions or any(
                    not is_numeric(e.value, self.known.values) for e in self.known.entries.get(tensor, ())):
                return None
            instances = self._instances(self.known.definitions, (left,))
            if instances:
                with temporarily(self, in_question=frozenset((tensor,))):
                    decision = self._claim(line, left, right)
                if decision.verdict is Verdict.PROVED or (
                        decision.verdict is Verdict.REFUTED and (_made_alike(instances[tensor].body, right)
                                                                 or self._is_error(line, instances[tensor]))):
                    return decision
            indices = tuple(s for s in symbols if s is not None)
            loose = free_indices(right) - set(indices)
            if absent := idle_variables(left, right):
                return Decision(Verdict.REFUTED, absent)
            if loose:
                self.known.unread.add(tensor)
                if not indices and len({frozenset(free_indices(n)) for n in walk(right)
                                        if isinstance(n, Read) and n.indices}) == 1 or all(
                        loose <= free_indices(n) for n in walk(right) if isinstance(n, Read) and n.indices):
                    names = ", ".join(sorted(s.name for s in loose))
                    return Decision(Verdict.DEFINED, f"introduces {tensor.name}, for every {names}")
                if isinstance(right, Read) and right.tensor.gradient_of is not None:
                    return Decision(Verdict.DEFINED, f"introduces {tensor.name}, a gradient")
                faults = "; ".join(scope_faults(left, right))
                return Decision(Verdict.UNDECIDED, f"taken as a definition, but {faults}")
            if value is not None and not indices:
                return value
            guards, zero_otherwise = guards_behind(self.reading, line, self.words)
            if guards and zero_otherwise:
                right = Multiply((Bracket((), guards), right))
            elif guards:
                self.known.unread.add(tensor)  # what it is elsewhere is not said
                return Decision(Verdict.DEFINED, f"introduces {tensor.name} for some of its indices")
            self.known.definitions[tensor] = Definition(tensor, indices, right)
            self.known.lines[tensor] = self._line_number(line)
            self.words.defined[tensor.name] = tensor
            self.words.reads[tensor.name] = frozenset(tensors_in(right))
            return Decision(Verdict.DEFINED, f"introduces {tensor.name}")
        if all(i.is_constant for i in left.indices) and tensor not in self.known.definitions:
            earlier = self.known.entries.setdefault(tensor, [])
            if any(d.entry == left.indices for d in earlier):
                return None
            if free_indices(right):
                return None
            unrolled = self.by_recurrence(left)
            if unrolled is not None:
                if is_numeric(right, self.known.values) and any(
                        isinstance(n, Read) and key(n) not in self.known.values and n.tensor not in self._definitions()
                        for n in walk(unrolled)):
                    self.known.entries[tensor] = [*earlier, _entry(left, right)]
                    return value or Decision(Verdict.DEFINED, f"introduces {key(left)}")  # r_1 = 5 says what k_1 is
                with temporarily(self, all_known=True):
                    decision = self._claim(line, unrolled, right)
                self.known.entries[tensor] = [*earlier, _entry(left, unrolled)]
                return decision
            self.known.entries[tensor] = [*earlier, _entry(left, right)]
            return Decision(Verdict.DEFINED, f"introduces {key(left)}")
        return None

    def _size_restated(self, line: Line, left: Expression, right: Expression) -> Decision | None:
        """O = 16 after a formula for O and numbers for the sizes in it; refuted only if each of these has one."""
        size = left.value.as_symbol if isinstance(left, Value) else None
        formula = self.known.formulas.get(size.name) if size is not None else None
        if formula is None or not line.first or printed(line.right) is None:
            return None
        values = {s: self.known.sizes.get(s) for s in sizes_in(formula)}
        at = {s: p for s, p in values.items() if p is not None and p.is_constant}
        if len(at) != len(values):
            return None
        decision = self._claimed(substitute(formula, at), right)
        if decision.counterexample is not None and decision.counterexample.left.isdigit():
            decision = replace(decision, repair=decision.counterexample.left)
        if decision.verdict is Verdict.PROVED or (
                decision.verdict is Verdict.REFUTED and all(self.known.assigned[s.name] == 1 for s in at)):
            where = tuple(f"{s.name} = {p}" for s, p in at.items())
            return replace(decision, scope="the values given", assumptions=(*decision.assumptions, *where))
        return None

    def _restated(self, line: Line, left: Read, right: Expression) -> Decision | None:
        """A printed number for a name whose formula is known, compared with the formula's value.

        It is refuted only where each name in the formula was given one value in the document.
        """
        formula = self.known.formulas.get(key(left))
        if formula is None or printed(line.right) is None or not is_numeric(formula, self.known.values):
            return None
        found = numeric(self.known, line, formula, right)
        if found.verdict in (Verdict.PROVED, Verdict.ROUNDED) or (
                found.verdict is Verdict.REFUTED and self._given_once(key(left)) and (
                    not is_numeric(formula, {}) or self._concludes(line))):
            return replace(found, scope="the values given")
        return None

    def _record_value(self, left: Read, right: Expression, worked_out: bool = False) -> Decision | None:
        """A number given to a name, plainly or as something to be `worked_out`; later lines may use it."""
        if not all(i.is_constant for i in left.indices) or not is_numeric(right, self.known.values):
            return None
        if is_numeric(right, {}) and not worked_out:
            self.known.assigned[key(left)] += 1
        else:
            self.known.formulas[key(left)] = right
        if not left.indices and tensors_in(right) and left.tensor not in tensors_in(right):
            made = Definition(left.tensor, (), right)
            self.known.worked[left.tensor] = made if self.known.worked.get(left.tensor, made) == made else None
        self.known.values[key(left)] = exact(right, self.known.values)
        self.valued_here.add(key(left))
        self.known.printed[key(left)] = self.known.values[key(left)]
        return Decision(Verdict.DEFINED, f"gives {key(left)} a value")

    def _line_number(self, line: Line) -> int:
        return self.reading.text[:line.start].count("\n") + 1

    def _meaning(self, line: Line) -> Meaning:
        return Meaning(self.words, (line.left, line.right))


def _is_slope_of_a_loss(body: Expression) -> bool:
    """Whether a formula only gives a gradient another name, as δ_j = ∂C/∂z_j does."""
    return isinstance(body, Read) and body.tensor.gradient_of is not None


def _written_sizes(node: Expression) -> set[Symbol]:
    """The sizes that stand in a formula itself, those of the axes it reads left out."""
    reads = {n: Value(polynomial(0)) for n in walk(node) if isinstance(n, Read)}
    indices = {s for n in reads for p in n.indices for s in p.symbols if s.is_size}
    for read, nothing in reads.items():
        node = with_value(node, read, nothing)
    return sizes_in(node) | indices


def idle_variables(left: Expression, right: Expression) -> str:
    """Which variables of sums and maxima do not occur in what these are over, if that has other indices."""
    absent = [f for f in scope_faults(left, right) if "absent from the summand" in f or "the maximum is over" in f]
    return "; ".join(absent) if any(isinstance(n, Read) and n.indices for n in walk(right)) else ""


def _made_alike(a: Expression, b: Expression) -> bool:
    """Whether two formulas are made of the same functions and families of names: one may be a slip of the other."""
    parts = [({n.function for n in walk(e) if isinstance(n, Apply)}, {family(t.name) for t in tensors_in(e)})
             for e in (a, b)]
    return parts[0] == parts[1]


def _entry(left: Read, right: Expression) -> Entry:
    indices = tuple(Symbol(f"e{n}") for n in range(len(left.indices)))
    here = Bracket(tuple(polynomial(i) - q for i, q in zip(indices, left.indices, strict=True)))
    return Entry(left.indices, here * right, right)


def _case_named(text: str) -> str:
    """The case that the last sentence of a text with such a head is about; empty where none is."""
    found = [m[1].strip().lower() for m in NAMED_CASE.finditer(text) if not NO_CASE.search(m[1])]
    return found[-1] if found else ""


def _start_of_line(text: str, number: int) -> str:
    """What stands before a line of the text with a number, a few lines of it."""
    return "\n".join(text.split("\n")[max(0, number - 6):max(0, number)])
