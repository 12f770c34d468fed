"""Deciding equations between the entries of tensors: what is claimed of names that were introduced."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property

from symcnn.document.claims.averages import laws_of
from symcnn.document.claims.claims import Line, Reading
from symcnn.document.expectation.asked import is_asked_for
from symcnn.document.expectation.moments import is_statistical, moment_in_words
from symcnn.document.expectation.statistics import Averages
from symcnn.document.facts.in_terms import is_in_terms_of_others
from symcnn.document.facts.known import Decision
from symcnn.document.facts.nearby import Nearby
from symcnn.document.lines.assumptions import AT_ENTRIES, NEARBY
from symcnn.document.lines.introducing import AT_HAND, FOLLOWS, OTHERWISE, REDEFINES, Introducing, idle_variables
from symcnn.document.lines.limits import REST, at_rest
from symcnn.document.lines.through import without_gradient
from symcnn.document.meaning.matrices import as_vector, is_matrix
from symcnn.document.meaning.meaning import CONVOLVED_WITH
from symcnn.document.meaning.numbers import is_numeric, key, printed, show
from symcnn.document.meaning.powers import is_encoded
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.numeric.values import numeric
from symcnn.document.proof.counted import of_floor
from symcnn.document.proof.steps import expanded
from symcnn.document.reading.forms import as_polynomial, with_value
from symcnn.document.reading.node import Node
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Definition, Equation, Expression, Read, Sum, Value, free_indices, walk
from symcnn.notation.traverse import substitute, tensors_in
from symcnn.verdict import Verdict

OR_SO = re.compile(r"\b(?:or|oder)[,:]? (?:equivalently|alternatively)\b[^.$]*$", re.IGNORECASE)
"""Words before a recurrence that is offered in place of another one."""
IN_TERMS = re.compile(r"in terms of|rewrit|equivalent|substitut|plug|express", re.IGNORECASE)
"""Words before a formula that say that it is another form of an earlier one."""
A_CASE = re.compile(r"\b(?:cases?|examples?|e\.\s?g\.|for instance|simplest|specia\w+)\b", re.IGNORECASE)
"""Words in front of a value that a size has only there."""
SENTENCE = re.compile(r"(?<=[.;!?])\s|\n\s*\n")
WHERE_BOTH = re.compile(r"\b(?:where|when|whenever|if|whether|until|at which|for which)[\s$\\(]*$")
"""Words before an equation between two names, each with a formula of its own, that is a condition."""
DENIED = re.compile(r"[$\s,;]*(does|do|is|need|no)(n't| not|) (hold|true|longer|necessarily|the case)")
"""Words right behind a formula that say that it does not hold."""

LAST_SENTENCE = re.compile(r"(?<=[.;!?。])\s|(?<=[。;])|^#+[^\n]*$", re.MULTILINE)
FORMULA = re.compile(r"\$\$?[^$]*\$\$?|\\[\[(].*?\\[\])]|[\\{}$]", re.DOTALL)
WORDS = re.compile(r"[^\W\d_]{2,}")
PLAIN_WORDS = frozenset(
    "the and is are of so then thus hence therefore we get obtain find have has for first second third last next full "
    "output outputs entry entries value values element elements component components position number numbers length "
    "compute computing computed gives give yields follows in as it this that which our at one by formula by hand "
    "also daher somit folgt ergibt sich man erhält wir erhalten die der das ist und ausgabe damit dann also eintrag "
    "donc on obtient la le les sortie est et ainsi alors première por tanto se obtiene salida el es entonces "
    "resulta 则 得 有 得到 所以 因此 即 于是 输出 输出为".split())
"""Words before the value of an entry that speak of no other case, such as one with padding or behind a ReLU."""


class Equations(Introducing):
    """Decides equations between the entries of tensors."""

    reading: Reading
    nearby: Nearby
    averages: Averages

    def _approximate(self, line: Line, left: Expression, right: Expression) -> Decision:
        """v ≈ R between formulas: proved if they are equal, or if R is where the steps of v come to rest."""
        if (resting := self._rests(line, left, right)) is not None:
            return resting
        if not is_statistical(left, right):
            decision = self._claimed(left, right, refute=False)
            if decision.verdict is Verdict.PROVED:
                return decision
        return Decision(Verdict.UNDECIDED, "an approximation between formulas is not decided")

    def _rests(self, line: Line, left: Expression, right: Expression) -> Decision | None:
        """The verdict where the words before a line say that a sequence is looked at after many steps."""
        near = self.reading.text[:line.end].lower()[-NEARBY:]
        return self._at_rest(left, right) if isinstance(left, Read) and re.search(REST, near) else None

    def _at_rest(self, left: Read, right: Expression) -> Decision | None:
        """Whether a sequence comes to rest at a formula; None if its recurrence is not known."""
        found = at_rest(self, left, right)
        if found is None:
            return None
        after, assumed = found
        decision = self._claimed(right, after)
        if decision.verdict is Verdict.PROVED:
            return replace(decision, assumptions=(*decision.assumptions, *assumed))
        made_of = {t for e in self.known.recurrences.get(left.tensor, ()) for t in tensors_in(e.right)}
        if decision.verdict is Verdict.REFUTED and isinstance(right, Read) and (
                right.tensor not in self._definitions().keys() | made_of):
            return Decision(Verdict.DEFINED, f"says what {left.tensor.name} tends to")
        if decision.verdict is Verdict.REFUTED:
            return replace(decision, assumptions=(*decision.assumptions, *assumed),
                           reason=f"one more step of {left.tensor.name} leads elsewhere, to the right value")
        return None

    @cached_property
    def laws(self) -> set[str]:
        """Over what the expectations of the document are taken."""
        return {law for _, tree in self.reading.spans if isinstance(tree, Node) for law in laws_of(tree)}

    def _average(self, line: Line, left: Expression, right: Expression) -> Decision:
        """A line about expectations; where the document takes some over p and others over q, only what holds for all
        distributions is known."""
        if len(laws_of(line.left) | laws_of(line.right)) > 1:
            return Decision(Verdict.UNDECIDED, "takes averages over several distributions")
        decision = self._average_over_one(line, left, right)
        if len(self.laws) > 1 and (decision.verdict in (Verdict.REFUTED, Verdict.CONDITIONAL) or decision.assumptions):
            return Decision(Verdict.UNDECIDED, "the document takes averages over several distributions")
        return decision

    def _average_over_one(self, line: Line, left: Expression, right: Expression) -> Decision:
        """A line about expectations: a moment that is stated, a name for one, or a claim."""
        if DENIED.match(self.reading.text[line.span.end:]):
            self.averages.deny(left)
            return Decision(Verdict.UNDECIDED, "said not to hold")
        stated = self.averages.state(left, right) if line.first else None
        if stated is not None:
            return Decision(Verdict.DEFINED, stated)
        if line.first and isinstance(left, Read) and left.tensor.gradient_of is None and self._is_new(left) and (
                left.tensor not in self._definitions()):
            stated = self.averages.state(right, left)
            self.known.lines[left.tensor] = self._line_number(line)
            return Decision(Verdict.DEFINED, stated or f"introduces {left.tensor.name}")
        asked = line.first and is_asked_for(self.reading.prose_before(line.span))
        if line.first and (asked or not self._concludes(line)) and (chosen := self.averages.choose(left, right, asked)):
            return Decision(Verdict.DEFINED if asked else Verdict.UNDECIDED, chosen)
        decision = self.averages.decide(left, right)
        if asked and decision.verdict is Verdict.REFUTED:
            return Decision(Verdict.UNDECIDED, "a condition that is asked for")
        if decision.verdict is Verdict.REFUTED and line.first and self.averages.is_unknown(left) and (
                loose := free_indices(right) - free_indices(left)):
            return Decision(Verdict.UNDECIDED, f"says what {left} is, for every {min(loose)}")
        said = self.nearby.of(line, left, right, [*self._rests_on(left, right), *self.averages.stated])
        if decision.verdict is Verdict.REFUTED and not said:
            return self._with_values_further_off(left, right, decision)
        if decision.verdict is Verdict.PROVED or not said:
            return decision
        with temporarily(self, at_sizes=said.sizes), self.averages.at(said.put_into):
            there = self.averages.decide(*map(said.put_into, (left, right)))
        return replace(there, assumptions=(*there.assumptions, *said.shown))

    def _with_values_further_off(self, left: Expression, right: Expression, decision: Decision) -> Decision:
        """The decision on a line about averages that fails, unless it holds with what moments are elsewhere."""
        names = {t for value in self.averages.stated for t in tensors_in(value)}
        given = {d.tensor: d for known in (self.later, self.known) for d in known.definitions.values()
                 if d.tensor in names and not d.indices}
        if not given:
            return decision

        def put_into(node: Expression) -> Expression:
            for tensor, formula in given.items():
                node = with_value(node, Read(tensor, ()), formula.body)
            return node

        with self.averages.at(put_into):
            there = self.averages.decide(put_into(left), put_into(right), refute=False)
        if there.verdict is not Verdict.PROVED:
            return decision
        where = ", ".join(f"{t.name} = {d.body}" for t, d in given.items())
        return replace(there, assumptions=(*there.assumptions, where))

    def _equation(self, line: Line, left: Expression, right: Expression) -> Decision:
        if line.left.end <= line.span.start and (said := moment_in_words(
                self.reading.text[max(0, line.left.start - AT_HAND):line.left.start],
                self.reading.text[line.left.end:line.span.start], left)) is not None:
            left = said
        if is_statistical(left, right):
            return self._average(line, left, right)
        if line.first and self.averages.idempotent(left, right):
            return Decision(Verdict.DEFINED, "says that a name is 0 or 1")
        decision = self._of_sequence(line, left, right)
        if decision is not None and decision.verdict is Verdict.DEFINED and isinstance(left, Read) and not (
                self.is_numbered_step(left) or self.is_recurrence(left, right)):
            return decision  # what a sequence is in another case is no rule for this one
        if decision is None:
            decision = self._plain_equation(line, left, right)
            if decision.verdict is Verdict.UNDECIDED and line.first and isinstance(left, Read) and (
                    self.is_of_sequence(left) and self.is_numbered_step(left) and not self._is_stated(left)):
                decision = Decision(Verdict.DEFINED, f"where {left.tensor.name} begins")
        if decision.verdict is Verdict.DEFINED and line.first and isinstance(left, Read):
            self.known.stated.append(Equation(left, right))
        return decision

    def _of_sequence(self, line: Line, left: Expression, right: Expression) -> Decision | None:
        """The verdict on a line about an entry of a sequence whose recurrence is known; None for any other line.

        Such a line may as well state another recurrence: it is refuted only where words say that it follows, where it
        speaks of a step by its number, or where it is a sum over the steps up to its own and the first step is known.
        """
        if not line.first or not isinstance(left, Read) or not self.is_of_sequence(left):
            return None
        if all(i.is_constant for i in left.indices) and left.indices and self.by_recurrence(left) is not None:
            return None
        decision = self.stepwise(left, right)
        if decision is None:
            if not self.is_numbered_step(left) and self.speaks_of_others(left, right):
                return Decision(Verdict.DEFINED, self._again(left.tensor))
            if not self.is_numbered_step(left) and not self.is_recurrence(left, right):
                return Decision(Verdict.UNDECIDED, "the recurrence alone does not show this")
            begins = not left.indices and self.is_numbered_step(left) and not self._is_stated(left)
            return Decision(Verdict.DEFINED, f"where {left.tensor.name} begins") if begins else None
        if decision.verdict is not Verdict.REFUTED:
            return decision
        if OR_SO.search(self._words_before(line)) and left.tensor in tensors_in(right):
            return Decision(Verdict.UNDECIDED, f"whether this is another way to write the steps of {left.tensor.name}, "
                                               "or another recurrence, is not said")
        closed = left.tensor not in tensors_in(right)  # no rule by which another sequence goes on
        error = self._is_error(line, self.known.definitions.get(left.tensor))
        words = self._words_before(line)
        begins = any(of.entries.get(left.tensor) for of in (self.known, self.later))
        unrolled = begins and closed and _sums_up_to(left, right) and not self.speaks_of_others(left, right) and not (
            REDEFINES.search(words) or OTHERWISE.search(words))
        if error or unrolled or FOLLOWS.search(words) or closed and self._concludes(line) or (
                self.is_numbered_step(left) and not is_numeric(right, self.known.values)):
            return decision
        if left.tensor in self.known.definitions or left.tensor in self.known.recurrences:
            return Decision(Verdict.DEFINED, self._again(left.tensor))
        return None

    def _plain_equation(self, line: Line, left: Expression, right: Expression) -> Decision:
        says = isinstance(left, Read) and CONVOLVED_WITH in left.tensor.name and self._is_new(left)
        if (line.first or says) and isinstance(left, Read):
            defined = self._defined_anew(line, left, right) or self._definition(line, left, right)
            if defined is not None:
                return defined
        if line.first and isinstance(right, Read) and isinstance(left, Read) and left.tensor.gradient_of and (
                right.tensor.gradient_of is None and right.tensor not in self.known.definitions) and (
                not self._instances(self.known.definitions, (right,)) and not any(
                    right.tensor in tensors_in(d.body) for d in self._definitions().values())):
            defined = self._definition(line, right, left)
            if defined is not None:
                return defined
        if (restated := self._size_restated(line, left, right)) is not None:
            return restated
        if (of_values := self._by_values(line, left, right)) is not None:
            return of_values
        if (target := self._sums_to_one(left, right)) is not None:
            self.known.sum_to_one.add(target)
            return Decision(Verdict.DEFINED, "a condition that is taken as given")
        decision = self._by_its_gradient(line, left, right) or without_gradient(self, left, right) or self._claim(
            line, left, right)
        if line.first and isinstance(left, Read) and decision.verdict is not Verdict.PROVED and (
                absent := idle_variables(left, right)):
            return Decision(Verdict.REFUTED, absent)
        if line.first and isinstance(left, Read) and not left.indices and decision.verdict is not Verdict.PROVED and (
                resting := self._rests(line, left, right)) is not None:
            return resting
        if isinstance(left, Value) and (size := left.value.as_symbol) is not None and (
                decision.verdict is not Verdict.PROVED):
            stands_for = as_polynomial(right)
            if stands_for is None or not stands_for.is_constant:
                self.known.formulas[size.name] = right
            else:
                self.known.assigned[size.name] += 1
            if stands_for is not None and stands_for.is_integral and size not in stands_for.symbols:
                self.known.sizes[size] = stands_for
                self.known.in_a_case.pop(size, None)
                if A_CASE.search(SENTENCE.split(self.reading.text[:line.start][-NEARBY:])[-1]):
                    self.known.in_a_case[size] = line.end
            self.known.floors += of_floor(size, right)
            return Decision(Verdict.DEFINED, f"says what {left.value} is")
        if decision.verdict is Verdict.PROVED:
            self.known.forms.note(left, right, self.known.definitions)
        if decision.verdict is Verdict.PROVED or not isinstance(left, Read) or left.tensor.gradient_of:
            return decision
        if not left.indices or (all(i.is_constant for i in left.indices) and not any(
                isinstance(n, Read) and n.indices for n in walk(right))):
            if isinstance(right, Read) and {left.tensor, right.tensor} <= self.known.definitions.keys() and (
                    WHERE_BOTH.search(self.reading.text[:line.start][-AT_HAND:])):
                return Decision(Verdict.DEFINED, "a condition that is taken as given")
            if decision.verdict is Verdict.REFUTED and line.first and IN_TERMS.search(self._words_before(line)) and (
                    is_in_terms_of_others(left, right, self.known.definitions)):
                return decision
            if decision.verdict is Verdict.REFUTED and decision.scope == AT_ENTRIES and left.indices and (
                    left.tensor not in self.known.entries and left.tensor in self.known.definitions
                    and self._says_nothing_else(line)
                    and not self._speaks_of_other_names(left, right) and not self._at_other_sizes(line, left, right)):
                return decision
            # A scalar such as a size, or an output's extent, may stand for another value further down.
            if decision.verdict is Verdict.REFUTED and line.first and left.tensor not in tensors_in(right) and (
                    self._concludes(line) and not self._speaks_of_other_names(left, right)
                    and (any(isinstance(n, Read) and n.indices for n in walk(right))
                         or self._is_next_form(line, left, right))
                    and not self._at_other_sizes(line, left, right)):
                return decision
            self._record_value(left, right, printed(line.right) is None)
            if not left.indices and left.tensor in self.known.definitions and not free_indices(right) and (
                    left.tensor not in tensors_in(right)) and (tensors_in(right) or not (
                        self._tables_behind(left) or tensors_in(self.known.definitions[left.tensor].body))):
                self.known.earlier[left.tensor] = self.known.definitions[left.tensor]
                self.known.definitions[left.tensor] = Definition(left.tensor, (), right)
                self.known.anew.add(left.tensor)
            return Decision(Verdict.DEFINED, self._again(left.tensor))
        if left.tensor in tensors_in(right):
            if decision.verdict is Verdict.REFUTED and left.tensor in self.known.definitions and (
                    all(i.is_constant for i in left.indices)):
                return decision
            if self._is_gradient(left.tensor):
                return decision  # δ_t = … δ_{t+1} behind δ_t = ∂E/∂s_t
            return self._recurrence(left, right)
        if line.first and decision.verdict is Verdict.REFUTED and decision.scope != AT_ENTRIES and not is_encoded(
                (left.tensor.name,)) and (
                self._speaks_of_other_names(left, right) or self._at_other_sizes(line, left, right)
                or self._redefines(line, left) or self._is_activated(line, left, right)):
            self.known.other_meaning.add(left.tensor)
            return Decision(Verdict.DEFINED, self._again(left.tensor))
        return decision

    def _says_nothing_else(self, line: Line) -> bool:
        """Whether the words of a sentence before a line are none that may speak of another case: with padding.

        What stands before the arrays that are shown speaks of them.
        """
        start = line.span.start
        begin = max([other.span.end for other in self.reading.lines if other.span.end <= start and is_matrix(
            as_vector(other.right))], default=0)
        said = LAST_SENTENCE.split(self.reading.text[max(begin, start - NEARBY):start])[-1] + " ".join(line.words)
        return all(word.lower() in PLAIN_WORDS for word in WORDS.findall(FORMULA.sub(" ", said)))

    def _by_values(self, line: Line, left: Expression, right: Expression) -> Decision | None:
        """Y[0, 1] = 4 by Y's formula and the numbers that the document gives for what this reads there.

        Refuted only where each is given once.
        """
        if not isinstance(left, Read) or not left.indices or not all(i.is_constant for i in left.indices) or (
                left.tensor.gradient_of is not None or not is_numeric(right, {})):
            return None
        formula = self._definitions().get(left.tensor)
        if formula is None or left.tensor in self.known.entries or left.tensor in self.known.anew:
            return None
        try:
            body = expanded(substitute(formula.body, dict(zip(formula.indices, left.indices, strict=True))))
        except SymcnnError:
            return None
        reads = dict.fromkeys(key(n) for n in walk(body) if isinstance(n, Read))
        values = {name: v for name, v in self.known.values.items() if name != key(left)}
        missing = [name for name in reads if name not in values]
        if len(missing) == len(reads) or not is_numeric(body, values) and not missing:
            return None
        if missing:
            return None
        decision = numeric(self.known, line, body, right)
        if decision.verdict in (Verdict.PROVED, Verdict.ROUNDED) or (
                decision.verdict is Verdict.REFUTED and all(map(self._given_once, reads))):
            given = tuple(f"{name} = {show(values[name])}" for name in reads)
            return replace(decision, scope="the values given", assumptions=(*decision.assumptions, *given))
        return None


def _sums_up_to(left: Read, right: Expression) -> bool:
    """Whether a formula sums over the steps up to the one of its name: m_t = Σ_{i=1}^t …"""
    steps = set().union(*(i.symbols for i in left.indices))
    return any(isinstance(n, Sum) and any(end is not None and steps & set(end.symbols) for r in n.ranges
                                          for end in (r.lower, r.upper)) for n in walk(right))
