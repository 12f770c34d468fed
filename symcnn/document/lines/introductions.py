"""Lines that say what something is: functions, sizes, indices, signs and conditions."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from symcnn.document.claims.averages import distribution
from symcnn.document.claims.claims import EQUALS, Line, Reading
from symcnn.document.claims.names import ACTIVATIONS
from symcnn.document.claims.of_vectors import SOFTMAX, word_of
from symcnn.document.expectation.chances import chance_of_one
from symcnn.document.facts.conditions import listed
from symcnn.document.facts.known import Decision, Sign, with_new_case
from symcnn.document.facts.questions import equal
from symcnn.document.facts.sections import headings
from symcnn.document.lines.anew import is_other_row
from symcnn.document.lines.introducing import OTHERWISE, REDEFINES
from symcnn.document.lines.sides import Sides
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.numbers import is_numeric, printed
from symcnn.document.meaning.powers import with_logarithms
from symcnn.document.meaning.standard_functions import FUNCTIONS
from symcnn.document.reading.forms import (
    AVERAGES, MeaningError, applied_to_entry, applied_to_name, as_polynomial, constant, slope_at, with_value,
)
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import has_prime, items, nodes, written
from symcnn.errors import StepError, SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.notation.expression import (
    OPEN, Add, Apply, Bracket, Definition, Expression, Multiply, Read, Sum, Tensor, Value, children, expression,
    free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial
from symcnn.verdict import Verdict


PIECE_BEHIND = re.compile(r"[$\s,;:]*(otherwise|elsewhere|if\b|when\b|unless\b"
                          r"|(?:falls|wenn|sonst|si|sinon|lorsque|cuando)\b"
                          r"|(for|on|where|für|pour|para)\b[^.\n]{0,30}?"
                          r"(<|>|≤|≥|\\(le|ge|lt|gt)\w*\b|negative|positive|zero))")
PIECE_BEFORE = re.compile(r"(?:^|[.;,\n])\s*(if|when|for|falls|wenn|für|si|pour|para|cuando)\b[^.\n=]{0,30}?"
                          r"(<|>|≤|≥|\\(le|ge|lt|gt)\w*\b|negative|positive|zero)[^.\n=]{0,30}$", re.IGNORECASE)
"""Words around f(x) = … that say for which x this is the formula."""
IN_A_CASE = re.compile(r"[\s,;]*(?:for|if|when|whenever|where|on|unless|für|falls|wenn|pour|si|lorsque|para|cuando)\s*"
                       r"(?:all|every|any|alle|tout|todo)?\s*", re.IGNORECASE)
"""Words between a formula for f(x) and a bound for x."""
ANOTHER = re.compile(r"\b(next|second(ly)?|third(ly)?|consider|take|try|choose|suppose|example|look at)\b",
                     re.IGNORECASE)
"""Words before a formula of a function that may be about another function of the same name."""
KIND = re.compile(r"(?<![A-Za-z])(?:logistic|sigmoid\w*|tanh|hyperbolic|(?:[A-Za-z]*-?)?re-?lu|[sg]?elu|rectif\w*|leaky"
                  r"|swish|soft\w+|heaviside|hinge|quadratic|cubic"
                  r"|(?:identity|linear|step|sign|threshold|square[sd]?|absolute)(?=\s(?:function|unit|activation|loss)))"
                  r"(?![A-Za-z])", re.IGNORECASE)
"""Words that say which function a formula is of."""
ITEM = re.compile(r"^[ \t]*(?:>[ \t]*)?(?:[-*+•]|\(?(?:\d+|[a-z])[.)])[ \t]", re.MULTILINE)
"""The mark of an item of a list."""


class Introductions(Sides):
    """Decides lines that introduce something, and takes note of what they say."""

    givens: Sequence[Reading]
    pieces: set[str]
    in_pieces: set[str]
    slopes: dict[str, int]
    formulas_of: dict[str, list[tuple[Read, Expression] | None]]
    """The formulas that the document gives a function so far, None for one that is not understood."""
    formula_at: dict[str, Line]
    """The lines with the formulas that functions have now."""
    right_before: Node | None = None
    """The last side of the chain at hand that is right, where the one before is not."""

    def _drawn(self, line: Line) -> bool:
        """Take note of x ∼ N(μ, σ²), x ∼ U(a, b) or P(x = 1) = p; whether the line says that."""
        meaning = self._meaning(line)
        if (chance := chance_of_one(line, self.prose)) is not None:
            try:
                name, p = map(meaning.value, chance)
            except SymcnnError:
                return False
            if isinstance(name, Read):
                self.averages.drawn(name, p, p * (1 - p), f"{name} is 1 with the probability {p}, otherwise 0")
            return isinstance(name, Read)
        if line.relation != "∼":
            return False
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

    def _listed_before(self, line: Line) -> Iterator[Expression]:
        """The names before the left side in a list of them: a of a, b ≥ 0."""
        for node in listed(self.reading, line)[:-1]:
            with suppress(SymcnnError):
                yield self._meaning(line).value(node)

    def _note_sign(self, line: Line, relation: str, left: Expression, right: Expression) -> None:
        """c > 0, and the like, for the lines that rest on it; that of f(x) = … for x < 0 is one of this formula."""
        turned = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
        where = range(len(self.reading.text) + 1)
        before = next((o for o in reversed(self.reading.lines) if o.span.end <= line.span.start), None)
        if before is not None and IN_A_CASE.fullmatch(self.reading.text[before.span.end:line.span.start]) and (
                applied := applied_to_name(before.left)) is not None and applied[1] in (
                side.tensor.name for side in (left, right) if isinstance(side, Read)):
            where = range(before.span.start, line.span.end)
        for side, other, sign in ((left, right, relation), (right, left, turned.get(relation, ""))):
            number = constant(other)
            if isinstance(side, Read) and not side.indices and number is not None and sign in turned:
                said = Sign(sign, number, where)
                self.known.signs[side.tensor.name] = [
                    *with_new_case(self.known.signs.get(side.tensor.name, []), said, line.start)]
                if (value := self.known.values.get(side.tensor.name)) is not None and not said.holds(value):
                    del self.known.values[side.tensor.name]  # η = 0.1 in an example, and then: if η > 1

    def _function(self, line: Line) -> bool:
        """σ(z) = … as the definition of a function; whether the line is one."""
        found = applied_to_name(line.left)
        if found is None:
            return any(f.formula is line.right for f in self.words.vector_functions.values()) or (
                self._function_of_entries(line))
        name, variable = found
        if has_prime(line.left):
            return False  # f'(x) = … is no formula of f
        if name not in self.words.functions and any((n := written(part)) is not None and n.stem == name
                                                    for part in nodes(line.right)):
            return False  # f(x) = f(a) + f'(a)(x − a) + … says something of f, and not what it is
        text = self.reading.text
        if PIECE_BEHIND.match(text[line.span.end:]) or (
                PIECE_BEFORE.search(text[max(0, line.span.start - 80):line.start])):
            self.pieces.add(name)
        if name in self.pieces and (name in self.words.functions or name in self.in_pieces):
            self.words.functions.pop(name, None)
            self.in_pieces.add(name)
            return True  # one formula here, another one there: what it is at a place is left open
        logistic = name == "sigma" and self.names.sigmoid
        if printed(line.right) is not None and not logistic and name not in self.words.functions and (
                self._at_other_arguments(name, line.left.nodes[1])):
            return True  # p(H) = 0.5 beside p(T) = 0.5, or H(q) = 0 beside H(p_t): values for single arguments
        if name in FUNCTIONS and not self._differs_at_zero_only(line) or (
                name in self.words.functions and not self._another_function(line, name)):
            return False
        self.names.functions.add(name)
        meaning = self._meaning(line)
        scalar = Read(self.words.tensor(variable, 0), ())
        said = self.formulas_of.setdefault(name, [])
        try:
            body = meaning.value(line.right)
        except MeaningError:
            if (name, 1) in self.words.vector_functions:
                return True
            said.append(None)
            return False
        if any(scalar in walk(self.words.powers[n.tensor.name]) for n in walk(body)
               if isinstance(n, Read) and n.tensor.name in self.words.powers):
            body = with_logarithms(body, self.words.powers, {})
        if free_indices(body) or any(isinstance(n, Read) and n.indices and (
                scalar not in walk(body) or self.words.base(n.tensor.name, len(n.indices)) == variable)
                for n in walk(body)):
            return (name, 1) in self.words.vector_functions
        if is_numeric(body, {}) and (not line.first or variable in self.known.values or logistic):
            return False  # σ(s) = 1/(1 + e^{-0.4}) is what σ is at one place
        self.words.functions[name], self.formula_at[name] = (scalar, body), line
        if self.words.functions[name] not in said:
            said.append(self.words.functions[name])
        return True

    def _function_of_entries(self, line: Line) -> bool:
        """f(x_i) = x_i² as the formula of a function of numbers, σ(x_i) = e^{x_i} / Σ_j e^{x_j} as one of rows."""
        applied = applied_to_entry(line.left)
        if applied is None or not line.first:
            return False
        name, argument = applied
        if name in FUNCTIONS or name in self.words.functions or name in self.words.functions_of_rows or (
                name in AVERAGES | self.words.losses or word_of(line.left.nodes[0]) in SOFTMAX):
            return False
        others = [other for other in self.reading.lines if _of_function(other) == name and (
            _texts(other.right) != _texts(line.right))]
        if any(applied_to_entry(other.left) is not None for other in others):
            return False  # one formula here, another one there
        meaning = self._meaning(line)
        try:
            entry, body = meaning.value(argument), meaning.value(line.right)
        except MeaningError:
            return False
        if not isinstance(entry, Read) or entry.tensor.gradient_of is not None or not (
                free_indices(body) <= free_indices(entry)):
            return False
        read = {n for n in walk(body) if isinstance(n, Read) and (n.indices or n.tensor == entry.tensor)}
        if read == {entry}:
            if others or (name == "sigma" and self.names.sigmoid):
                return False
            self.names.functions.add(name)
            scalar = Read(self.words.tensor(f"argument_of_{name}", 0), ())
            self.words.functions[name] = scalar, with_value(body, entry, scalar)
            return True
        indices = [i.as_symbol for i in entry.indices]
        symbols = tuple(s for s in indices if s is not None and not s.is_size)
        if entry not in read or {n.tensor for n in read} != {entry.tensor} or len({*symbols}) != len(indices):
            return False
        values = Tensor(f"{name}_of_{entry.tensor.name}", entry.tensor.axes)
        self.names.functions.add(name)
        self.words.functions_of_rows[name] = entry.tensor, values
        for known in (self.known, self.later):
            known.definitions[values] = Definition(values, symbols, body)
        return True

    def _differs_at_zero_only(self, line: Line) -> bool:
        """Whether a line gives the sign of 0 a value of its own, ±1, and is right everywhere else."""
        applied = applied_to_name(line.left)
        if applied is None or applied[0] != "sign":
            return False
        try:
            left, right = (self._meaning(line).value(side) for side in (line.left, line.right))
        except SymcnnError:
            return False
        if not isinstance(left, Apply) or self._claimed(left, right).verdict is not Verdict.REFUTED:
            return False
        return self._claimed(left.argument * left, left.argument * right).verdict in (
            Verdict.PROVED, Verdict.TESTED)

    def _at_other_arguments(self, name: str, argument: Node) -> bool:
        """Whether a function stands before other arguments, too."""
        said = "".join(t.text for t in argument.tokens)
        return any(
            isinstance(f, Node) and isinstance(at, Node) and at.kind == "group" and at.head == "(" and (
                found := written(f)) is not None and found.stem == name and not found.primes and (
                "".join(t.text for t in at.tokens) != said)
            for _, tree in self.reading.spans if isinstance(tree, Node) for n in nodes(tree)
            for f, at in itertools.pairwise(n.parts))

    def _foresee(self) -> None:
        """Read the formula that a function gets in the same section as its first use, and no other one anywhere."""
        lines = [line for line in self.reading.lines if line.relation in EQUALS]
        begins = [h.start for h in headings(self.reading.text)]
        for name in (self.names.functions | self.names.called) - {*FUNCTIONS, *self.words.losses}:
            said = [line for line in lines if line.first and (found := applied_to_name(line.left)) is not None
                    and found[0] == name and not has_prime(line.left)]
            uses = [n.start for _, tree in self.reading.spans if isinstance(tree, Node) for n in nodes(tree)
                    if (used := written(n)) is not None and used.stem == name]
            if len(said) != 1 or any(min(uses) < begin <= said[0].start for begin in begins):
                continue
            (line,) = said
            text = self.reading.text
            if PIECE_BEHIND.match(text[line.span.end:]) or (
                    PIECE_BEFORE.search(text[max(0, line.span.start - 80):line.start])):
                continue
            with suppress(SymcnnError):
                body = self._meaning(line).value(line.right)
                scalar = Read(self.words.tensor(applied_to_name(line.left)[1], 0), ())  # type: ignore[index]
                if not any(isinstance(n, Read) and n.indices or isinstance(n, Apply) and n.function.startswith(OPEN)
                           for n in walk(body)):
                    self.words.foreseen[name] = scalar, body
                    self.names.functions.add(name)

    def _first_formula(self, line: Line) -> bool:
        """Whether a line gives an activation its formula, within a chain: f(x) = σ(x) = 1/(1 + e^{−x})."""
        found = applied_to_name(line.left)
        if not line.first and found is None and (entry := applied_to_entry(line.left)) is not None and not any(
                t.text.lstrip("\\") == entry[0] for t in line.right.tokens):
            return self._function_of_entries(replace(line, first=True))
        if not line.first and self._differs_at_zero_only(line) and self._function(replace(line, first=True)):
            return self._with_own_sign()
        if line.first or found is None or found[0] in self.words.functions or found[0] in FUNCTIONS or (
                found[0] not in self.names.functions):
            return False
        if any(t.text.lstrip("\\") == found[0] for t in line.right.tokens) or any(
                other.first and applied_to_name(other.left) == found and not has_prime(other.left)
                for other in self.reading.lines):
            return False
        return self._function(line)

    def _with_own_sign(self) -> bool:
        """Put the document's own sign, 1 or -1 at 0, into the functions that it has defined by it before."""
        own, formula = self.words.functions["sign"]

        def visit(node: Expression) -> Expression:
            node = rebuild(node, tuple(map(visit, children(node))))
            if isinstance(node, Apply) and node.function == "sign":
                return with_value(formula, own, node.argument)
            return node

        for name, (scalar, body) in list(self.words.functions.items()):
            if name != "sign":
                self.words.functions[name] = scalar, visit(body)
        return True

    def _last_formula(self, line: Line) -> bool:
        """Whether a chain ends in a function that no line gives a formula: e^x/(1 + e^x) = 1/(1 + e^{−x}) = σ(x)."""
        found, side = applied_to_name(line.right), self.right_before or line.left
        if found is None or found[0] not in ACTIVATIONS - {*FUNCTIONS, *self.words.functions, *self.formulas_of} or (
                found[0] == "sigma" and self.names.sigmoid):
            return False
        if has_prime(line.right) or any(t.text.lstrip("\\") == found[0] for t in side.tokens) or any(
                applied_to_name(other.left) == found and not has_prime(other.left) for other in self.reading.lines):
            return False
        try:
            read = {n for n in walk(self._meaning(line).value(side)) if isinstance(n, Read)}
        except SymcnnError:
            return False
        return read == {Read(self.words.tensor(found[1], 0), ())} and self._function(
            replace(line, left=line.right, right=side, first=True))

    def _of_another_formula(self, line: Line) -> str:
        """Why a line that fails may be about another formula that the document gives a function; empty if it is not."""
        for name, formulas in self.formulas_of.items():
            if len(formulas) < 2 or not any(written(n) is not None and written(n).stem == name  # type: ignore[union-attr]
                                            for side in (line.left, line.right) for n in nodes(side)):
                continue
            now = self.words.functions.get(name)
            for other in formulas:
                if other is None:
                    return f"one of the formulas of {name} is not understood"
                self.words.functions[name] = other
                try:
                    if other != now and self._looked_at(line).verdict in (Verdict.PROVED, Verdict.ROUNDED):
                        return f"holds for another formula of {name}"
                finally:
                    self.words.functions.pop(name)
                    if now is not None:
                        self.words.functions[name] = now
        return ""

    def _looked_at(self, line: Line) -> Decision:
        """The verdict on a line that the document does not have."""
        raise NotImplementedError

    def _another_function(self, line: Line, name: str) -> bool:
        """Whether the words before f(x) = … say that f is another function now: "Let …", another name for what it is,
        "the sigmoid f(x) = … or the tanh f(x) = …", or another part or item of a list begins."""
        if line.span not in [span for span, _ in self.reading.spans] or self._concludes(line):
            return False
        before, known = self.reading.prose_before(line.span), self.formula_at.get(name)
        if any(words.search(before) for words in (REDEFINES, OTHERWISE, ANOTHER)) or known is not None and is_other_row(
                self.reading, known, line, name):
            return True
        if known is None or not line.first or known.span is line.span:
            return False
        kinds, kinds_known = (frozenset(m[0].lower() for m in KIND.finditer(words)) for words in (
            before, self.reading.prose_before(known.span)))
        text = self.reading.text
        items = [m.start() for m in ITEM.finditer(text, 0, line.start)]
        begins = items[-1] if items and "\n\n" not in text[items[-1]:line.start].strip() else None
        alone = begins is not None and known.start < begins and any(at <= known.start for at in items)
        return bool(kinds and not kinds & kinds_known) or alone and any(map(str.isalpha, before))

    def _is_open_slope(self, line: Line) -> bool:
        """Whether a line is the first to say what f'(z) is at z, for an f without a formula."""
        if not line.first or line.relation not in EQUALS or (found := slope_at(line.left)) is None:
            return False
        said = "".join(t.text for t in line.left.tokens)
        return found not in {*FUNCTIONS, *self.words.functions, *self.names.functions, *self.names.activations} and (
            self.slopes.setdefault(said, line.start) == line.start)

    def _supposes_a_value(self, line: Line, left: Expression) -> bool:
        """Whether a line says where something holds, "where a_t = 0" or "with Σ_k y_k = 1", and not what a_t is."""
        summed = isinstance(left, Sum) and isinstance(left.body, Read) and left.body.tensor in self._definitions()
        return line.relation in EQUALS and (summed or isinstance(left, Read) and bool(free_indices(left))) and (
            printed(line.right) is not None and self.supposed.place_of(line) is not None)

    def _suppose(self, line: Line) -> None:
        """Take note of an equation between numbers that the words before it make a condition."""
        if line.relation not in EQUALS or line.start in self.nearby.lists or self.supposed.place_of(line) is None:
            return
        try:
            left, right = self._sides(line)
        except SymcnnError:
            return
        parts = [n for side in (left, right) for n in walk(side)]
        if not any(isinstance(n, Read) or (isinstance(n, Value) and n.value.symbols) for n in parts):
            return  # between numbers alone nothing is supposed
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
        return (None not in names and any(names)) or line.start in self.nearby.lists

    def _index_names(self, side: Node) -> set[str] | None:
        """The index variables of a side that holds nothing but indices and numbers; None for another side."""
        found: set[str] = set()
        for item in items(side) if side.kind in ("group", "name", "product") else (side,):
            if item.head in (r"\forall", "∀"):
                continue
            try:
                p = Meaning(self.words, (side,)).index(item)
            except SymcnnError:
                return None
            found |= {s.name for s in p.symbols if s.name in self.names.index_names}
            if any(s.name not in self.names.index_names and s.name not in self.words.sizes for s in p.symbols):
                return None
        return found


def _of_function(line: Line) -> str:
    """f of a line f(x) = … or f(x_i) = …, and "" of any other line."""
    said = (applied_to_name(line.left) or applied_to_entry(line.left)) if line.relation in EQUALS else None
    return "" if said is None or has_prime(line.left) else said[0]


def _texts(node: Node) -> list[str]:
    return [t.text for t in node.tokens]
