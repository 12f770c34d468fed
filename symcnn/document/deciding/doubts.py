"""Why a line at which the sides differ may be no mistake all the same: then it is left open, not refuted.

A counterexample shows that a line fails for what the checker takes its names to be. A document may mean something
else by them: it gives a name several values in several examples, says a value for the case it looks at, writes down
an equation in order to solve it, or speaks under a condition of the same sentence. Numbers alone leave no such doubt.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType

from symcnn.document.claims.averages import operator_of
from symcnn.document.claims.claims import EQUALS, Line, Reading
from symcnn.document.facts.listings import Listed
from symcnn.document.facts.sections import headings
from symcnn.document.meaning.matrices import is_matrix, is_transposed
from symcnn.document.reading.forms import (
    applied_to_name, differential, differentials, second_differentials, second_operator,
)
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import Written, items, nodes, scripts_of, unwrapped, written

PART = re.compile(r"^[ \t]*(?:[-*+][ \t]+)?\*\*[^*\n]+\*\*|^[ \t]*\(?(?:[a-z]|[ivx]+|\d+)[.)][ \t]|\\item\b"
                  r"|^[ \t]*(?:for |an? |another )?(?:concrete |worked )?(?:examples?|case|instance)\b[^\n]{0,40}:",
                  re.IGNORECASE | re.MULTILINE)
"""Where a part of a section begins: a bold heading, an item of a list, an example."""
LABELLED = re.compile(r"[\s*_>-]*(?:[A-Za-z][\w-]*+[ ]?+){1,5}+[*_]*:[*_\s]*(?:\$+|\\[(\[])?\s*")
"""What stands before the formula of a paragraph that is about a thing of its own: a label with a colon."""
CONDITION = re.compile(r"\b(?:for|at|if|when|whenever|setting|suppose|assum\w+|case|once|under|while|für|falls|wenn|sei"
                       r"|pour|si|lorsque|quand|soit|para|cuando|sea)\b"
                       r"(?:(?!\bthen\b)[^.:;\n])*$",
                       re.IGNORECASE)
"""Words of a sentence before a relation in it that is a condition."""
BEHIND = re.compile(r"\b(?:if|when|whenever|provided|assuming|as long as|in case|unless|falls|wenn"
                    r"|sofern|si|lorsque|quand|cuando)\b", re.IGNORECASE)
"""Words behind a formula, in the same display, that say when it holds."""
NORMED = re.compile(r"\bunit[- ](?:vectors?|length|norm)\b|\bof (?:unit )?(?:length|norm) (?:1\b|one\b|\$?1\$?)"
                    r"|\borthonormal|\b(?:orthogonal|rotation|reflection|permutation|projection|stochastic) matri"
                    r"|\bidempotent|\bunitary\b"
                    r"|\bnormali[sz]ed (?:vectors?|to (?:unit|length))", re.IGNORECASE)
"""What is said of vectors and matrices in words and makes equations true that are not true of all."""
ARTICLE = re.compile(r"(?<![$*\w\\{])(?:a|A|I)(?= )")
DIFFERENTIALS = frozenset(("d", r"\partial", "∂"))
DIFFERENTIAL = re.compile(r"d[A-Za-z]")
RESTRICTS = frozenset(("=", "≠", "<", ">", "≤", "≥"))
UNEQUAL = re.compile(r"\\neq?|\\not=")
SENTENCE = re.compile(r"(?:[.;!?:](?=\s)|\n[ \t]*\n|\n[ \t]*(?:[-*+]|\d+[.)])[ \t])")
ABOVE_LIST = re.compile(r"([^\n]*:)[ \t]*\n(?:[ \t]*\n)?(?:[ \t]*[-*+] [^\n]*\n)*[ \t]*[-*+] [^\n]*\Z")
"""The sentence before a list, and the list up to a place in it."""
CONCLUSION = re.compile(
    r"\b(?:that is|i\.e\.|hence|therefore|thus|consequently|in other words|altogether|in total|das heißt|d\.h\.|somit"
    r"|insgesamt|(?:this|which) (?:is|gives|makes|means))[\s,:$]*(?:we (?:have|get|obtain|find)[\s$]*)?$",
    re.IGNORECASE)
"""Words right before a formula that follows from what was said."""
OR = re.compile(r"[\s$,;.]*(?:\\text\s*\{)?\s*(?:or|alternatively|oder)\b[\s,}$]*(?:\\quad\s*|\\\s)*", re.IGNORECASE)
"""What stands between two formulas of which either may be chosen."""
IMPLIES = re.compile(r"\s*+(?:\\[;,!:]\s*|\\quad\s*)*+(?:\\implies|\\Rightarrow|\\Longrightarrow|⇒|⟹)")
ZERO = frozenset(("0", r"\mathbf{0}", r"\boldsymbol{0}", r"\vec{0}"))
NUMERIC = frozenset(("tanh", "exp", "log", "ln"))
AT_HAND = 40
SOLUTION = re.compile(r"(?:_(?:hat|star|tilde|bar))?(?:_(?!hat|star|tilde|bar)[A-Za-z]{2,})?$")
"""How the name of a solution may differ from the name in its equation."""
EXAMPLE = re.compile(r"(?:\b(?:for|with|where|let|take|e\.g\.|example|suppose|say|choos\w+|given|numbers?)\b[^.$]{0,25}"
                     r"|\b(?:for|with|let) \$[^$]*\$(?:,| and)?\s*)\$\s*$", re.IGNORECASE)
"""Words right before a value that a name has in an example."""
OF_AN_EXAMPLE = re.compile(r"\b(?:for|with|let|take|e\.g\.|example|suppose|say|choos\w+|given|numbers?)\b",
                           re.IGNORECASE)
"""Words of a paragraph that works out an example."""
FULFILLED = re.compile(r"\b(?:hold|true|solv|solution|satisf|fulfil|only|case|root|zero|minim|maxim|optim|equality"
                       r"|reached|attain)\w*[^.]{0,40}$", re.IGNORECASE)
"""Words before a value for which an equation is said to hold."""
MULTIPLIER = re.compile(r"multiplier|lagrang|subject to|constrain", re.IGNORECASE)
SOLVED_WITHIN, LINES_AHEAD = 700, 5
"""So far behind an equation, in characters and in lines, its solution stands."""


class Doubts:
    """The doubts about the lines of one document; `functions` are the names that it applies to arguments."""

    def __init__(self, reading: Reading, givens: Sequence[Reading] = (), functions: Set[str] = frozenset(),
                 lists: Sequence[Listed] = ()) -> None:
        self.reading, self.functions = reading, functions
        self.apart = [listed for listed in lists if listed.apart]
        text = reading.text
        self.headings = headings(text)
        self.sections = [h.start for h in self.headings]
        self.parts = sorted({*self.sections} | {m.start() for m in PART.finditer(text)})
        self.confirmed: set[int] = set()
        """Where the lines begin that are proved: they give no name another meaning."""
        self.put_in: Set[str] = frozenset()
        """The functions whose formulas are put in for all that they are of."""
        self.open: set[int] = set()
        """Where the lines begin that say something of a name that is not understood."""
        self.seen: dict[str, int] = {}
        """Where a name stands first in the document; in what is given it stands before."""
        for source in (reading, *givens):
            for node in (node for _, tree in source.spans if isinstance(tree, Node) for node in _names(tree)):
                start = node.start if source is reading else -1
                self.seen |= {stem: min(start, self.seen.get(stem, start))
                              for stem in (*_stem(node), *(node.head if node.kind == "name" else ()))}  # X, w of Xw
        self.introduced: dict[str, list[Line]] = {}
        self.arguments: dict[str, set[int]] = {}
        """Of how many names the formulas of a function are: f(x) = 1/x, f(x, y) = x y."""
        for line in reading.lines:
            if line.relation in EQUALS and (line.first or applied_to_name(line.left) is not None):
                for name in _keys(line.left):
                    self.introduced.setdefault(name, []).append(line)
                applied = applied_to_name(line.left)
                if (function := applied[0] if applied is not None else _of_names(line.left)) is not None:
                    self.arguments.setdefault(function, set()).add(len(items(line.left.nodes[1])))

    def about(self, line: Line, used: Sequence[str] = (), at: Mapping[str, int] = MappingProxyType({}),
              shown: bool = False) -> str:
        """Why a line that fails may be right; empty where nothing speaks for that.

        `used` are the conditions under which it was found to fail, `at` the indices; `shown` says that it fails for
        arrays that are written out, and that no words before it speak of others.
        """
        names = {key for side in (line.left, line.right) for name in _names(side)
                 for key in (*_keys(name), *_stem(name)) if not self._is_product(name)}
        if not names:
            return self._doubled(line)
        return (self._doubled(line) or not shown and self._given_value(line) or self._solved(line)
                or self._conditional(line, used) or self._said_behind(line, names)
                or self._property(line, names) or self._applied(line) or self._values_apart(line, at)
                or self._alternative(line) or self._premise(line)
                or self._stationary(line, names) or self._meanings(line, names))

    def _is_product(self, name: Node) -> bool:
        """Whether a word is a product of names, L L^T written as LL^T."""
        found = written(name)
        return found is not None and len(found.stem) > 1 and found.stem.isalpha() and not found.lower and (
            not found.inside and all(c in self.introduced for c in found.stem))

    def _doubled(self, line: Line) -> str:
        """HH = 3 beside H = 5: a name of its own, the extent of a kernel, for the square is written with a power."""
        return next((f"{side.head} may be a name of its own" for side in (line.left, line.right)
                     if side.kind == "name" and len(side.head) == 2 and len(set(side.head)) == 1), "")

    def _values_apart(self, line: Line, at: Mapping[str, int]) -> str:
        """For r = 0, 2: claimed for these values, which do not follow each other, and so make no range."""
        texts = {t.text for side in (line.left, line.right) for t in side.tokens}
        for listed in self.apart:
            if any(at.get(name) not in listed.apart for name in texts & set(listed.names)) and (
                    listed.start is not None
                    and bisect_right(self.sections, listed.start) == self._section(line)):
                return f"said for some values of {', '.join(listed.names)}"
        return ""

    def _given_value(self, line: Line) -> str:
        """λ = 0.9, f(x) = 2, P(T) = 0.1: a value that a name has in the case at hand."""
        name = written(line.left)
        if not line.first or line.relation not in EQUALS or not _is_literal(line.right) or is_transposed(
                line.left) or CONCLUSION.search(
                self.reading.text[:line.span.start][-AT_HAND:]):
            return ""
        given = [other.left for lines in self.introduced.values() for other in lines if other.start < line.start and (
            _is_literal(other.right) or _is_other_name(other.right))]
        if applied_to_name(line.left) is not None or name is not None and any(
                (found := written(left)) is not None and found.stem == name.stem for left in given):
            return "a value that is given here"
        return ""

    def _solved(self, line: Line) -> str:
        """2 (1 − θ) = θ where θ = 2/3 follows: an equation that is solved, not an identity."""
        if line.relation not in EQUALS:
            return ""
        place = bisect_right([other.start for other in self.reading.lines], line.start)
        if not line.first and _text(line.right) == "0" and place > 1 and (
                before := self.reading.lines[place - 2]).right is line.left and differentials(before.left) is not None:
            return "a derivative that is set to 0"
        head = self._head(line, place - 1)
        if self._is_worked_out(line) or self._is_worked_out(replace(line, left=head.left)):
            return ""
        here = {name.stem for side in (line.left, line.right) for name in _maximal(side) if _is_plain(name)}
        here -= {t.text for side in (line.left, line.right) for n in nodes(side)
                 if n.kind == "big" and n.nodes[0].kind == "scripts"
                 for mark, script in scripts_of(n.nodes[0]) if mark == "_" and script is not None
                 for t in script.tokens}  # no equation is solved for what its own sum goes over
        own = written(head.left)
        for other in self.reading.lines[place:place + LINES_AHEAD]:
            found = written(other.left)
            if other.start > line.end + SOLVED_WITHIN:
                break
            if found is None or not other.first or other.relation not in EQUALS | {"≈"} or not _is_labelled(found):
                continue
            between = self.reading.text[line.end:other.start]
            chosen = own is not None or self._is_put_in(line.left)
            if chosen and _is_literal(other.right) and EXAMPLE.search(between) and not FULFILLED.search(between):
                continue  # Var(w) = 2/n, for n = 512, may still be a choice
            said = {name.stem for name in _maximal(other.right)}
            if found.stem in said or any(_is_plain(name) and name.stem not in here for name in _maximal(other.right)):
                continue  # A = A^T, w = w − η g; z = w x + b behind σ' = σ(z) (1 − σ(z)) solves nothing
            stem = SOLUTION.sub("", found.stem)
            if stem in here and (own is None or own.stem != stem):
                return f"an equation that is solved for {stem}"
        return ""

    def _head(self, line: Line, place: int) -> Line:
        """The line that a chain begins with: r_n = 1 + Σ_i 2^i of r_n = 1 + Σ_i 2^i = 2^n."""
        while not line.first and place > 0 and self.reading.lines[place - 1].right is line.left:
            line, place = self.reading.lines[place - 1], place - 1
        return line

    def _is_put_in(self, side: Node) -> bool:
        """Whether a side is a function of vectors whose formula is put in, D(p ‖ q)."""
        return side.kind == "product" and len(side.nodes) == 2 and side.nodes[1].kind == "group" and bare(
            _text(side.nodes[0])) in self.put_in

    def _is_worked_out(self, line: Line) -> bool:
        """Whether a side is what a derivative or a moment is said to be: ∂L/∂x = W (p − y), which is no equation for p.

        What is set to a number, to a name or to another slope may be one, as may ∂f/∂x = 2 λ x with a multiplier.
        """
        texts = {t.text for t in line.right.tokens}
        right = line.right.nodes[0] if line.right.kind == "sign" else line.right
        written_out = texts & {*DIFFERENTIALS - {"d"}, r"\nabla", "∇"} or any(
            differentials(n) is not None or n.kind == "name" and DIFFERENTIAL.fullmatch(n.head) for n in nodes(right))
        slopes = written_out and right.kind == "product"  # a d may be a size, too
        derived = bool(_derived_by(line.left)) or self._is_slope_or_moment(line)
        return derived and right.kind in ("product", "sum", "big") and not (
            slopes or any("'" in text for text in texts) or MULTIPLIER.search(self.reading.text))

    def _is_slope_or_moment(self, line: Line) -> bool:
        """Whether a line says what f'(x) is, or the variance of what has a formula: Var(w) = 2/n may be a choice."""
        side = line.left
        if side.kind not in ("product", "index") or len(side.nodes) != 2 or side.nodes[1].kind not in ("group", "list"):
            return False
        function, inside = written(side.nodes[0]), items(side.nodes[1])
        if function is not None and function.primes:
            return True
        return bool(operator_of(side.nodes[0])) and len(inside) == 1 and (written(inside[0]) is None or any(
            other.start < line.start for key in _keys(inside[0]) for other in self.introduced.get(key, ())))

    def _conditional(self, line: Line, used: Sequence[str]) -> str:
        """For y = 1 this is L = −log p: claimed under a condition of its sentence, or of that before its list."""
        text, start = self.reading.text, line.span.start
        known = {UNEQUAL.sub("≠", "".join(condition.split())) for condition in used}
        far = max(0, start - 300)
        before = [(max((m.end() for m in SENTENCE.finditer(text, far, start)), default=far), start)]
        if (above := ABOVE_LIST.search(text, max(0, start - 600), start)) is not None:
            before.append(above.span(1))
        for begin, end in before:
            for other in self.reading.lines:
                if begin <= other.start and other.span.end <= end and other.relation in RESTRICTS and (
                        _is_literal(other.right) or other.relation != "=") and (
                        not set(_stem(other.left)) & set(_stem(line.left))
                        and UNEQUAL.sub("≠", "".join(text[other.start:other.end].split())) not in known
                        and not (is_matrix(other.right) and _text(other.left) in _text(line.left) + _text(line.right))
                        and CONDITION.search(text[begin:other.span.start])):
                    return f"said under the condition {text[other.start:other.end]}"
        return ""

    def _said_behind(self, line: Line, names: Set[str]) -> str:
        """u^T b / u^T u = u^T b, (if |u| = 1): a relation behind the line in its display that is about its names."""
        text = self.reading.text
        for other in self.reading.lines:
            if other.span is not line.span or other.start < line.end or not other.first or (
                    other.relation not in RESTRICTS or other.left.start <= line.end):
                continue
            about = {key for name in _names(other.left) for key in (*_keys(name), *_stem(name))}
            if BEHIND.search(text[line.end:other.end]) or (
                    written(other.left) is None and _is_literal(other.right) and about and about <= names):
                return f"said under the condition {' '.join(text[line.end:other.end].split()).strip(',; ')}"
        return ""

    def _property(self, line: Line, names: Set[str]) -> str:
        """For a unit vector u, u^T b / u^T u = u^T b: a property that a sentence of the section says of a name."""
        text = self.reading.text
        begin = max([start for start in self.sections if start <= line.start], default=0)
        for said in NORMED.finditer(text, begin, line.span.start):
            first = max((m.end() for m in SENTENCE.finditer(text, begin, said.start())), default=begin)
            last = next((m.start() for m in SENTENCE.finditer(text, said.end(), line.span.start)), line.span.start)
            words = set(re.findall(r"[A-Za-z]+", ARTICLE.sub(" ", text[first:last])))
            if names & words:
                return f"the text before speaks of {said.group()}"
        return ""

    def _applied(self, line: Line) -> str:
        """σ' = σ (1 − σ): a function that stands without its argument."""
        for side in (line.left, line.right):
            for parts in (node.parts for node in nodes(side) if node.kind in ("product", "sum", "group", "row")):
                for before, part, behind in zip((None, *parts), parts, (*parts[1:], None), strict=False):
                    if isinstance(before, Node) and before.head in DIFFERENTIALS:
                        continue  # dσ/dz
                    found = written(part) if isinstance(part, Node) else None
                    if found is not None and found.stem in self.functions and _is_plain(found) and not (
                            isinstance(behind, Node) and behind.kind == "group"):
                        return f"{found.stem} stands without its argument"
        return ""

    def _alternative(self, line: Line) -> str:
        """σ = √β or σ = √γ: two choices for one name."""
        text, own = self.reading.text, _text(line.left)
        place = bisect_right([other.start for other in self.reading.lines], line.start)
        for other in self.reading.lines[max(0, place - 3):place + 2]:
            first, last = sorted((other, line), key=lambda one: one.start)
            if other.start != line.start and other.left is not line.left and _text(other.left) == own and (
                    OR.fullmatch(text[first.end:last.start])):
                return f"one of several choices for {own}"
        return ""

    def _premise(self, line: Line) -> str:
        """f(a) = f(b) ⇒ a = b: what is supposed of two values of one function."""
        if line.relation not in EQUALS or not IMPLIES.match(self.reading.text, line.end):
            return ""
        (one, first), (other, second) = (
            ([t.text for t in side.tokens if t.kind != "number" and t.text not in inner], inner)
            for side in (line.left, line.right) for inner in [{t.text for g in nodes(side) if g.kind == "group"
                                                               for t in g.tokens if t.text not in "()"}])
        return f"what follows if {_text(line.left)} = {_text(line.right)}" if first and second and one == other else ""

    def _stationary(self, line: Line, names: Set[str]) -> str:
        """A w = λ w behind ∂L/∂w = 2 A w − 2 λ w = 0: what holds at the w that is looked for, not for every w."""
        if _derived_by(line.left):
            return ""
        for by, where in self.stationary:
            if line.start in where and by in names:
                return f"said of the {by} at which the derivative is 0"
        return ""

    @cached_property
    def stationary(self) -> list[tuple[str, range]]:
        """The names for which ∂L/∂w = 0 is to be solved, with the part of the text that speaks of the solution."""
        found, of_chain = [], ""
        for line in self.reading.lines:
            of_chain = _derived_by(line.left) if line.first else of_chain
            if of_chain and line.relation == "=" and _text(line.right) in ZERO:
                own = next((h for h in reversed(self.headings) if h.start <= line.start), None)
                depth = max(own.depth - 1, 2) if own is not None else 0
                end = next((h.start for h in self.headings if h.start > line.start and h.depth <= depth),
                           len(self.reading.text))
                found.append((of_chain, range(line.start, end)))
        return found

    def unknown(self, line: Line, left: Set[str], right: Set[str]) -> str:
        """A name on one side alone that the document has not spoken of before: the line says something of it."""
        new = sorted(stem for stem in left ^ right if self.seen.get(stem, -1) >= line.start)
        return f"{new[0]} was not spoken of before" if new else ""

    def _meanings(self, line: Line, names: set[str]) -> str:
        """A name that the document introduces in several parts, in each otherwise, or in a way not understood."""
        part = self._part(line)
        names = {name for name in names if bare(name.partition("(")[0]) not in self.put_in}
        for name, arguments in sorted(self.arguments.items()):
            if len(arguments) > 1 and names & {name, rf"\partial{name}", f"∂{name}", f"d{name}"}:
                return f"{name} is a function of other names elsewhere in the document"
        for name in sorted(names):
            function = [other for other in self.introduced.get(name.replace("'", ""), ()) if other.start < line.start]
            if "'" in name and function and function[-1].start in self.open:
                return f"what the document says of the function {name} belongs to before is not understood"
            before = [other for other in self.introduced.get(name, ()) if other.start != line.start
                      and other.start not in self.confirmed and not self._is_example_behind(other, line)]
            said_first = self.introduced.get(name, [line])[0]
            if said_first.start < line.start and _derived_by(said_first.right):
                # What else is said of δ = ∂L/∂z must follow, and gives it no other meaning.
                before = [other for other in before if _derived_by(other.right)]
            earlier = [other for other in before if other.start < line.start]
            if earlier and earlier[-1].start in self.open:
                return f"what the document says of {name} before is not understood"
            says: dict[str, set[str]] = {}
            for other in before:
                says.setdefault(_text(other.left), set()).add(_text(other.right))
            if any(len(said) > 1 for said in says.values()) and (
                    not earlier or self._part(earlier[-1]) != part or name in _keys(line.left)):
                return f"{name} has several meanings in the document"
            called, bracket, _ = name.partition("(")
            formulas = {_text(other.right) for key, others in self.introduced.items() if bracket and key != name
                        and key.startswith(called + bracket) for other in others
                        if other.start < line.start and other.start not in self.confirmed}
            if len(formulas) > 1 and name in _keys(line.left):
                return f"{called} has several formulas in the document"
            said_of = earlier or [other for other in self.introduced.get(name, ()) if other.start < line.start]
            if said_of and name in _keys(line.left) and self._section(said_of[-1]) != self._section(line):
                return f"{name} is introduced anew in another section"
        return ""

    def _is_example_behind(self, other: Line, line: Line) -> bool:
        """Whether a number is given further down for an example only: for p = 0.9 and y = 1, behind dL/dz = p − y."""
        if other.start <= line.end or not _is_literal(other.right, NUMERIC) or _is_literal(line.right):
            return False
        if any("." in t.text or t.text.lstrip("\\") in NUMERIC for t in other.right.tokens):
            return True  # L = −log 0.7 is a value of L, and no other L
        *apart, between = self.reading.text[line.end:other.start].rsplit("\n\n", 1)
        return EXAMPLE.search(between) is not None or bool(apart) and OF_AN_EXAMPLE.search(between) is not None

    def is_elsewhere(self, line: Line) -> bool:
        """Whether the name that a line says something of was introduced in another part before.

        So is a part what a paragraph begins with a word for, "Step decay: r_t = …".
        """
        begin = self.reading.text.rfind("\n\n", 0, line.span.start) + 1
        labelled = LABELLED.fullmatch(self.reading.text, begin, line.start) is not None
        return any(other.start < line.start and (self._part(other) != self._part(line) or labelled
                                                 and other.start < begin)
                   for name in _keys(line.left) for other in self.introduced.get(name, ()))

    def is_in_another_section(self, line: Line, number: int) -> bool:
        """Whether the line of the text with a number stands under another heading."""
        start = sum(len(row) + 1 for row in self.reading.text.split("\n")[:number - 1])
        return bisect_right(self.sections, start) != self._section(line)

    def _section(self, line: Line) -> int:
        return bisect_right(self.sections, line.start)

    def _part(self, line: Line) -> int:
        return bisect_right(self.parts, line.start)


def bare(name: str) -> str:
    """A name as it is written, without braces and backslashes."""
    return re.sub(r"[{}\\]", "", name)


def _derived_by(side: Node) -> str:
    """w of a side that begins with ∂L/∂w or ∇_w L."""
    first = side
    while first.kind in ("product", "sum") and first.nodes:
        first = first.nodes[0]
    if first.kind == "command" and first.head.endswith("frac") and len(first.nodes) == 2 and (
            differential(first.nodes[0]) is not None and (by := differential(first.nodes[1])) is not None):
        return (*_stem(by), "")[0]
    if (twice := second_operator(first)) is not None:
        return (*_stem(twice[0]), "")[0]
    if first.kind == "command" and first.head.endswith("frac") and len(first.nodes) == 2 and (
            second := second_differentials(first.nodes[0], first.nodes[1])) is not None:
        return (*_stem(second[1]), "")[0]
    if first.kind == "scripts" and first.nodes[0].head in (r"\nabla", "∇"):
        return next((stem for _, script in scripts_of(first) if script is not None
                     for stem in _stem(unwrapped(script))), "")
    return ""


def _text(node: Node) -> str:
    return "".join(t.text for t in node.tokens)


def _keys(side: Node) -> tuple[str, ...]:
    """How a side that is a name, or a function of a name, is written; of an entry with letters the name besides."""
    found = written(side)
    if found is None and applied_to_name(side) is None and (function := _of_names(side)) is not None:
        return (_text(side), function)
    if found is None:
        return (_text(side),) if applied_to_name(side) is not None else ()
    if _is_plain(found):
        return _stem(side)
    scripts = (*found.lower, *found.upper, *found.inside)
    return (_text(side),) if all(t.kind == "number" for n in scripts for t in n.tokens) else (_text(side), *_stem(side))


def _of_names(side: Node) -> str | None:
    """f of a side f(x, y), a function of several names."""
    if side.kind != "product" or len(side.parts) != 2 or len(side.nodes) != 2 or side.nodes[1].kind != "group" or (
            side.nodes[1].head != "("):
        return None
    function, arguments = written(side.nodes[0]), items(side.nodes[1])
    named = function is not None and _is_plain(function) and len(arguments) > 1 and all(
        written(a) is not None for a in arguments)
    return function.stem if function is not None and named else None


def _stem(side: Node) -> tuple[str, ...]:
    found = written(side)
    return () if found is None else (found.stem + "'" * found.primes,)


def _names(side: Node) -> Iterator[Node]:
    """The names of a side, and its functions of names."""
    if _keys(side):
        yield side
    found = written(side)
    if found is None or found.stem == "e":
        for part in side.nodes:
            yield from _names(part)


def _maximal(side: Node) -> Iterator[Written]:
    """The names of a side, each with its indices and labels."""
    found = written(side)
    if found is not None:
        yield found
        return
    for part in side.nodes:
        yield from _maximal(part)


def _is_plain(name: Written) -> bool:
    return not (name.lower or name.upper or name.inside)


def _is_labelled(name: Written) -> bool:
    """Whether a name has no scripts but such as tell which value it is: θ*, θ_MLE."""
    lower, upper = ("".join(t.text for n in scripts for t in n.tokens) for scripts in (name.lower, name.upper))
    return not name.inside and upper in ("", "*", r"\star", r"\ast") and (
        not lower or len(lower) > 1 and lower.isalpha())


def _is_other_name(side: Node) -> bool:
    """Whether a side is a name alone: r = h says nothing of how large r is."""
    found = written(side)
    return found is not None and _is_plain(found)


def _is_literal(side: Node, functions: Set[str] = frozenset()) -> bool:
    """Whether a side is a number, or numbers in brackets or a matrix, or one of some functions of them."""
    tokens = list(side.tokens)
    return any(t.kind == "number" for t in tokens) and len(tokens) < 200 and not any(
        (found := written(name)) is None or found.stem not in functions for name in _names(side))
