"""What a document claims: every relation between neighbours in every chain, with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from symcnn.document.claims.apart import in_rows
from symcnn.document.claims.averages import is_operator
from symcnn.document.claims.parentheses import signals, with_indices, without_brackets
from symcnn.document.claims.subscripts import Words, words
from symcnn.document.reading.measures import measure_behind, measure_of
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.spans import Span, spans
from symcnn.document.reading.tokens import ReadError, Token
from symcnn.document.reading.tree import read
from symcnn.document.reading.written import written

RELATION_NAMES = {
    r"\le": "≤", r"\leq": "≤", r"\leqslant": "≤", "<=": "≤", r"\ge": "≥", r"\geq": "≥", r"\geqslant": "≥", ">=": "≥",
    r"\ne": "≠", r"\neq": "≠", r"\approx": "≈", r"\simeq": "≈", r"\sim": "∼", r"\equiv": "=", "≡": "=", r"\propto": "∝",
    r"\in": "∈", r"\ni": "∋", r"\to": "→", r"\rightarrow": "→", r"\longrightarrow": "→", r"\Rightarrow": "⇒",
    r"\implies": "⇒", r"\Longrightarrow": "⇒", r"\therefore": "⇒", r"\iff": "⇔", r"\Leftrightarrow": "⇔",
    r"\triangleq": ":=", r"\coloneqq": ":=", r"\doteq": "=", r"\leftarrow": "←", r"\gets": "←", r"\because": "⇐",
    r"\not=": "≠", r"\not\in": "∉", r"\notin": "∉", r"\not\equiv": "≠", "≜": ":=", "≔": ":=", r"\coloneq": ":=",
    "⩽": "≤", "⩾": "≥", "⟹": "⇒", "∴": "⇒", "∵": "⇐", "⟸": "⇐", "≃": "≈", "≅": r"≅", r"\xRightarrow": "⇒",
    r"\Leftarrow": "⇐", r"\cong": "≅", r"\mapsto": "↦", r"\longmapsto": "↦", "=>": "⇒", ":": ":=",
    "!=": "≠",
}
EQUALS = frozenset(("=", ":="))
"""The relations of an equation or a definition."""
BOXES = frozenset((r"\resizebox", r"\scalebox", r"\mbox", r"\adjustbox"))
"""Boxes around a formula that change its size only."""
ARROWS = frozenset("⇒⇔⇐")
"""Relations between statements, not between sides."""
_UNIT_BETWEEN = re.compile(r"\s*(?:(?:bytes|weights|parameters|params|multiplications|operations|FLOPs|MACs|bits)\s*)?")
ENDING = frozenset("for where with if when whenever since because by as so and or given assuming using thus hence "
                   "from".split())
"""Words behind a formula that no formula goes on behind."""
CASES = frozenset("if when whenever unless otherwise else".split())
"""Words behind a formula that say in which case it holds."""
REASONS = frozenset("since because where as if when whenever given assuming".split())
"""Words behind a formula that give a reason for it, or say what stands in it."""
CONNECTING = frozenset("and then therefore thus hence so we i.e. that which this it also again finally now".split())
"""Words behind which a formula goes on from the one before."""
LEADING = frozenset(("is", "so", "then", "thus", "hence", "therefore", "we have", "we get", "that is", "are", "and",
                     "where", "with", "is thus", "which is"))
"""Words that lead into a formula."""
_BESIDE = re.compile(r"[\s:,]*(?:(?:by|using|from|via|with)\s+(?:\w+[\s:,]*){0,4}|(?:\w+[\s:,]*){0,2})")
"""So little between a formula and a display that goes on from it: by the chain rule."""
_SAID = re.compile(r"(?<![\\\w])[^\W\d_]{2,}")
"""A word between two displays."""
_USED = re.compile(r"(?:substitut\w*|using|since|because|with|insert\w*|plug\w*(?: in)?|where|recall\w*|not(?:e|ing))"
                   r"(?: that| the fact that)?\s*$", re.IGNORECASE)
"""Words before a formula that is used for a step: the display behind it goes on from the display before."""
_AND = re.compile(r"[\s,]*(?:and|,)[\s]*")
QUOTES = frozenset("\"'`“‘«„")
TABLES = ("matrix", "array", "cases", "tabular", "smallmatrix", "substack")


@dataclass(frozen=True)
class Line:
    """left relation right, as written; `start` and `end` are offsets of the two sides into the document's text.

    A line that goes on from an earlier display starts with its relation.
    `first` says that the left side begins its chain; `words` are those inside the formula, `behind` is the measure
    of the right side where that stands in the prose behind the formula: 34,944 ≈ 35 K.
    """

    left: Node
    relation: str
    right: Node
    start: int
    end: int
    span: Span
    first: bool = True
    words: tuple[str, ...] = ()
    behind: str = ""


@dataclass
class Reading:
    """A document read: its text, its spans with their trees, and its lines.

    `signals` are the names with indices in parentheses, `words` the subscripts that are words; `displays` are matrices,
    and products with them, that stand alone: without a relation in their span. `loose` are what displays say behind a
    relation of which the left side stands further up, one cannot say where: ∴ = b.
    """

    text: str
    spans: list[tuple[Span, Node | ReadError]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    displays: list[Line] = field(default_factory=list)
    loose: list[Line] = field(default_factory=list)
    signals: frozenset[str] = frozenset()
    words: Words = Words()

    @property
    def prose(self) -> str:
        """The text outside of formulas."""
        ends = [0, *(s.end for s, _ in self.spans)]
        starts = [*(s.start for s, _ in self.spans), len(self.text)]
        return " ".join(self.text[end:start] for end, start in zip(ends, starts, strict=True))

    def settled(self, tree: Node) -> Node:
        """A tree with its parentheses and subscripts as they are decided for the whole document."""
        tree = with_indices(tree, self.signals) if self.signals else tree
        return self.words.read(tree) if self.words else tree

    def prose_before(self, span: Span) -> str:
        """The text between the span before and this one."""
        earlier = [s.end for s, _ in self.spans if s.end <= span.start]
        return self.text[max(earlier, default=0):span.start]


def read_document(text: str, latex: bool = False) -> Reading:
    """Every span as a tree or as the reason why it could not be read, and every claim in order."""
    reading = Reading(text)
    last: Node | None = None
    inline: tuple[int, Node] | None = None
    remarked, display_end = False, 0
    used, end_before = False, 0
    for span in spans(text, latex):
        try:
            if span.fault:
                raise ReadError(span.fault, span.start)
            tree: Node | ReadError = without_brackets(read(span.source))
        except ReadError as error:
            tree = error
        except (ValueError, LookupError, ArithmeticError, RecursionError) as error:
            tree = ReadError(f"internal error: {type(error).__name__}; this is a fault of symcnn", span.start)
        reading.spans.append((span, tree))
    trees = [t for _, t in reading.spans if isinstance(t, Node)]
    reading.signals, reading.words = signals(trees), words(trees, reading.prose)
    reading.spans = [(s, reading.settled(t) if isinstance(t, Node) else t) for s, t in reading.spans]
    for span, tree in reading.spans:
        if isinstance(tree, Node):
            before = len(reading.lines)
            if span.display:
                beside = inline is not None and _BESIDE.fullmatch(text[inline[0]:span.start])
                if inline is not None and (last is None or (beside and inline[1].kind != "number")):
                    last = inline[1]
                apart = inline is not None or _SAID.search(text, display_end, span.start) is not None
                display_end = span.end
                chains = _Chains(reading.lines, span, last, remarked, apart)
                side = chains.run(tree)
                reading.loose += chains.loose
                remarked = last is not None and len(reading.lines) == before and _is_remark(tree)
                last = last if remarked else side
                inline = None
            else:
                # 12,845,056 bytes = 12.25 MiB: what begins with = goes on from the formula just before it.
                near = inline is not None and _UNIT_BETWEEN.fullmatch(text[inline[0]:span.start])
                between = text[end_before:span.start]
                side = _Chains(reading.lines, span, inline[1] if inline is not None and near else None,
                               apart="\n" in between).run(tree)  # -log(0.9) = 0.105 on a line of its own
                used = _USED.search(between[-40:]) is not None or used and _AND.fullmatch(between) is not None
                if side is not None and not span.plain and not used:
                    inline = span.end, side
            end_before = span.end
            if len(reading.lines) > before and (word := measure_behind(text, span.end)):
                line = reading.lines[-1]
                if not text[line.right.end:span.body_end].strip(" \\,!;:"):
                    reading.lines[-1] = replace(line, behind=word)
            sides = [part for kind, part in _items(tree) if kind == "side"]
            if len(reading.lines) == before and len(sides) == 1 and _shows_a_matrix(sides[0]):
                (shown,) = sides
                assert isinstance(shown, Node)
                reading.displays.append(Line(shown, "", EMPTY, shown.start, shown.end, span))
    for place, (one, other) in enumerate(zip(reading.lines, reading.lines[1:], strict=False), 1):
        if gives_both_a_value(one, other) and not any(
                _said(earlier.left) == _said(other.left) for earlier in reading.lines[:place]) or (
                gives_both_a_formula(one, other) and not any(
                    name.stem == middle.stem for line in (*reading.lines[:place], *reading.lines[place + 1:])
                    if line.first and (name := written(line.left)) is not None
                    and (middle := written(other.left)) is not None)):
            reading.lines[place] = replace(other, first=True)
    return reading


def gives_both_a_value(before: Line, line: Line) -> bool:
    """Whether two lines are a = b = 3, with names that stand alone: both have this value."""
    return before.first and line.left is before.right and before.relation == line.relation == "=" and (
        line.right.kind == "number" and written(before.left) is not None and written(line.left) is not None)


def gives_both_a_formula(before: Line, line: Line) -> bool:
    """Whether two lines are a = b = σ(z), with names that stand alone: this says what b is, for nothing else does."""
    sides = before.left, line.left
    return before.first and line.left is before.right and before.relation == line.relation == "=" and (
        line.right.kind != "number" and written(line.right) is None and None not in map(written, sides)) and all(
        side.kind in ("name", "scripts", "index", "command") for side in sides)


def _said(node: Node) -> str:
    return "".join(t.text for t in node.tokens)


def _is_remark(tree: Node) -> bool:
    """Whether a display without a relation says something in words: a and b are numbers, since x is small."""
    kinds = [(kind, part) for kind, part in _items(tree) if kind in ("side", "text")]
    sides = [n for n, (kind, _) in enumerate(kinds) if kind == "side"]
    words = [n for n, (kind, _) in enumerate(kinds) if kind == "text"]
    if not words or not sides:
        return bool(words)
    first = kinds[0][1]
    between = any(sides[0] < n < sides[-1] for n in words)
    return between or (words[0] == 0 and isinstance(first, Node) and _words(first).split(" ")[0] in REASONS)


def _shows_a_matrix(side: Node | Token) -> bool:
    """Whether a side is a matrix, or a product with one."""
    parts = side.nodes if isinstance(side, Node) and side.kind == "product" else (side,)
    return any(isinstance(n, Node) and is_table(n) and environment_name(n).rstrip("*").endswith("matrix")
               for n in parts)


Item = tuple[str, Node | Token]


class _Chains:
    """Puts the sides and relations of one span together into lines.

    A display that begins with a relation or a sign goes on from the last side of the display before; with an arrow and
    a relation, ∴ = b, behind a `remarked` one; with a sign, not where it stands `apart` from the display before.
    """

    def __init__(self, lines: list[Line], span: Span, before: Node | None, remarked: bool = False,
                 apart: bool = False) -> None:
        self.lines, self.span, self.before = lines, span, before
        self.behind_a_remark = before if remarked else None
        self.apart = apart
        self.side: Node | None = None
        self.relation: str | None = None
        self.place = span.start
        self.first, self.row_begins = True, True
        self.words: list[str] = []
        self.broken = False
        self.began = False
        self.main: Node | None = None
        self.loose: list[Line] = []

    def run(self, tree: Node) -> Node | None:
        """Append the lines; the last side, from which a next display may go on: not one in a reason at the end."""
        before = ""
        named: Node | None = None
        for kind, part in _without_other_cases(list(_items(tree))):
            if kind == "relation" and named is not None and self.side is None:
                self.side, self.first, self.began, self.row_begins = named, True, True, False
            named = (part if kind == "text" and isinstance(part, Node) and self.row_begins and _is_quantity(part)
                     else named if kind == "cell" else None)
            if isinstance(part, Token) and (part.text == "…" or before == part.text == "."):
                self.break_off(part)
            if kind != "separator":
                before = ""
            elif isinstance(part, Token):
                before = part.text if before in ("", ".") else ","
            if kind == "relation":
                self.relate(relation_name(part), part.start)
            elif kind == "side" and isinstance(part, Node):
                self.add(part if self.began else _without_label(part))
                self.began = True
                self.row_begins = False
            elif kind == "row":
                self.row_begins = True
            elif kind in ("separator", "text"):
                if kind == "text":
                    self.words.append(str(part))
                    if isinstance(part, Node) and self.began and self.main is None and (
                            _words(part).split(" ")[0] in REASONS):
                        self.main = self.side if self.side is not None else self.before
                elif isinstance(part, Token) and part.kind == "gap":
                    self.main = None
                if self.relation is None and self.side is not None:
                    self.before, self.side, self.first = self.side, None, True
        return self.main or (self.side if self.side is not None else self.before)

    def break_off(self, dots: Token) -> None:
        """A side that goes on with three dots: what these leave out is part of it."""
        known = self.side if self.side is not None else self.before
        if self.broken or known is None or not self.lines or self.lines[-1].right is not known:
            return
        self.side = Node("product", (known, Node("name", (Token("command", r"\dots", dots.start),))))
        self.lines[-1] = replace(self.lines[-1], right=self.side)
        self.broken = True

    def relate(self, name: str, place: int) -> None:
        if name in ARROWS:
            self.side, self.relation, self.before, self.first = None, None, None, True
            return
        if self.side is None:
            self.side, self.first = self.before or (None if self.began else self.behind_a_remark), False
        self.relation, self.place, self.broken = name, place, False

    def add(self, part: Node) -> None:
        if self.broken and self.relation is None:
            return
        if self.side is not None and self.relation is not None:
            inside = self.side.start >= self.span.start
            self.lines.append(Line(self.side, self.relation, part, self.side.start if inside else self.place, part.end,
                                   self.span, self.first, tuple(self.words)))
            self.first, self.side, self.relation = False, part, None
            return
        if self.relation is not None and not self.began:
            self.loose.append(Line(EMPTY, self.relation, part, self.place, part.end, self.span))
        known = self.side if self.side is not None else None if self.apart and not self.began else self.before
        if known is not None and self.row_begins and (
                _begins_with_sign(part) or _begins_with_nothing(part) or _begins_with_times(part) or _dangles(known)):
            more = part.parts if part.kind == known.kind else (part,)
            joined = (Node("sum", (known, *part.parts[1:])) if _begins_with_nothing(part)
                      else Node("sum", (known, part)) if _begins_with_sign(part)
                      else _multiplied(known, part.parts[1:]) if _begins_with_times(part)
                      else Node(known.kind, (*known.parts[:-1], *more)))
            if self.lines and self.lines[-1].right is known:
                old = self.lines.pop()
                self.lines.append(replace(old, right=joined, end=part.end))
                self.first = False
            self.side = joined
        else:
            self.side, self.first = part, True


def _dangles(node: Node) -> bool:
    """Whether a side ends with a sign and nothing behind it: it goes on in the next row."""
    return node.kind in ("sum", "product") and node.parts[-1] == EMPTY


def _begins_with_sign(node: Node) -> bool:
    return node.kind == "sign" or (node.kind == "sum" and node.nodes[0].kind == "sign")


def _begins_with_nothing(node: Node) -> bool:
    """Whether a row begins with {} +, which sets the sign like one between two terms."""
    return node.kind == "sum" and node.nodes[0].kind == "braces" and len(list(node.nodes[0].tokens)) == 2


def _begins_with_times(node: Node) -> bool:
    return node.kind == "product" and node.parts[0] == EMPTY


def _multiplied(known: Node, more: tuple[Node | Token, ...]) -> Node:
    """A side with more factors behind it: they belong to its last term, and to what its last sum is over."""
    if known.kind in ("sum", "sign", "big") and isinstance(last := known.parts[-1], Node):
        return Node(known.kind, (*known.parts[:-1], _multiplied(last, more)))
    if known.kind == "product" and isinstance(last := known.parts[-1], Node) and last.kind == "big":
        return Node("product", (*known.parts[:-1], _multiplied(last, more)))
    return Node("product", (*(known.parts if known.kind == "product" else (known,)), *more))


def _items(tree: Node) -> Iterator[Item]:
    """Sides, relations and separators of a span in order; tables such as matrices stay whole."""
    for part in tree.parts:
        if isinstance(part, Token):
            if part.text in (r"\\", r"\cr", r"\newline"):
                yield "row", part
            elif part.text == "&":
                yield "cell", part
            continue
        yield from _of_clauses(part)


def _without_other_cases(found: list[Item]) -> Iterator[Item]:
    """The items without the rows of other cases: behind t = +1 if it is there, = −1 if it is absent says no +1 = −1."""
    rows: list[list[Item]] = [[]]
    for item in found:
        rows.append([item]) if item[0] == "row" else rows[-1].append(item)
    said = [any(kind == "text" and isinstance(part, Node) and _words(part).split(" ")[0].lower() in CASES
                for kind, part in row) for row in rows]
    for number, row in enumerate(rows):
        first = next((kind for kind, _ in row if kind not in ("row", "cell")), "")
        if not (number and said[number] and said[number - 1] and first == "relation"):
            yield from row


def _of_clauses(clauses: Node) -> Iterator[Item]:
    if clauses.head == "/":
        yield "text", clauses  # a comment, set apart by //
        return
    for place, part in enumerate(clauses.parts):
        if isinstance(part, Token):
            yield "relation" if part.text == ":" and _says_what_is(clauses.parts, place) else "separator", part
        elif part.kind == "chain":
            for item in in_rows(part):
                if isinstance(item, Token):
                    yield "separator", item
                elif isinstance(item, Node) and item.kind == "relation":
                    yield "relation", item
                elif isinstance(item, Node) and item.kind == "text":
                    yield "side", item
                elif isinstance(item, Node) and item != EMPTY:
                    yield from _side(item)
        elif _is_condition(part):
            yield from _of_clauses(part.nodes[0])
        elif part != EMPTY:
            yield from _side(part)


def _says_what_is(parts: Sequence[Node | Token], place: int) -> bool:
    """Whether a colon stands between a name or a gradient and a matrix, or a chain with one: x: (1, 2) written out."""
    before, behind = parts[place - 1] if place else None, parts[place + 1] if place + 1 < len(parts) else None
    if not isinstance(before, Node) or not isinstance(behind, Node):
        return False
    named = written(before) is not None or (before.kind == "command" and before.head.endswith("frac"))
    sides = behind.nodes if behind.kind == "chain" else (behind,)
    return named and before.kind != "text" and any(is_table(n) and "cases" not in environment_name(n) for n in sides)


def _is_quantity(node: Node) -> bool:
    r"""Whether words at the head of a row are what its relation is about: \text{weighted sum} &= …"""
    said = _words(node)
    return bool(said) and said not in LEADING and said.split()[0] not in ENDING | CONNECTING


def _is_words(node: Node) -> bool:
    """Whether a part of a product is words, and no \\text{Var} that acts on what follows."""
    return node.kind == "text" and not is_operator(node)


def _side(node: Node) -> Iterator[Item]:
    """A side; an environment of aligned rows stands for its rows, and words beside a formula are set apart."""
    node = _unboxed(_without_number(node))
    if node.kind == "rows" and not is_table(node):
        yield from _items(node)
    elif node.kind == "braces" and len(node.nodes) == 1 and any(
            n.kind == "chain" or (n.kind == "rows" and len(node.nodes[0].nodes) == 1) for n in node.nodes[0].nodes):
        yield from _of_clauses(node.nodes[0])
    elif node.kind == "command" and node.head == r"\boxed" and node.nodes[0].kind == "braces":
        yield from _of_clauses(node.nodes[0].nodes[0])
    elif node.kind == "text":
        yield "text", node
    elif not _applies_a_word(node) and (split := _at_words(node)) is not None:
        before, text, after = split
        if before is not None:
            yield from _side(before)
        yield "text", text
        if after is not None:
            yield from _side(after)
    elif node.kind == "product" and (quoted := _quoted(node)) is not None:
        yield "side", quoted[0]
        yield "separator", Token("gap", "", quoted[1].start)
        yield from _side(quoted[1])
    elif node.kind == "product" and any(map(_is_words, node.nodes)) and not _applies_a_word(node):
        rest = [p for n, p in enumerate(node.parts) if not (isinstance(p, Node) and _is_words(p)) or (
            _measures(node.parts, n))]
        for text in (n for n in node.nodes if _is_words(n) and n not in rest):
            yield "text", text
        kept = [p for p in rest if isinstance(p, Node)]
        if len(kept) == 1 and kept[0].kind == "group" and not any(
                inner.nodes for clause in kept[0].nodes for inner in clause.nodes[:1]):
            yield "side", next(n for n in node.nodes if _is_words(n))
        elif len(kept) == 1:
            yield "side", kept[0]
        elif kept:
            yield "side", Node("product", tuple(rest))
    else:
        yield "side", node


def _quoted(node: Node) -> tuple[Node, Node] | None:
    r"""A quotation, and what stands behind it, set apart: \text{"h"}\ \ x."""
    first, second = node.parts[0], node.parts[1] if len(node.parts) > 1 else None
    begins = next(second.tokens, None) if isinstance(second, Node) else None
    if not isinstance(first, Node) or first.kind != "text" or not isinstance(second, Node) or begins is None or (
            "\\ " not in begins.before and "\n" not in begins.before):
        return None
    said = "".join(t.text for t in first.tokens if t.text not in "{}" and t.text[:1] != "\\").strip()
    rest = _joined("product", node.parts[1:])
    return (first, rest) if said[:1] in QUOTES and rest is not None else None


def _measures(parts: Sequence[Node | Token], place: int) -> bool:
    """Whether a part is the measure of the number before it: 4.2 million."""
    before = parts[place - 1] if place else None
    return isinstance(before, Node) and before.kind in ("number", "group", "braces") and (
        measure_of(parts[place]) is not None)


def _at_words(node: Node) -> tuple[Node | None, Node, Node | None] | None:
    """A side in two at words that end a statement, a − b for k, or without words that lead into one, is a − b."""
    if node.kind not in ("product", "sum"):
        return None
    parts = node.parts
    words = [(n, _words(p)) for n, p in enumerate(parts) if isinstance(p, Node) and p.kind == "text"]
    for place, said in words:
        before, after = parts[:place], parts[place + 1:]
        if (before and said.split()[:1] and said.split()[0] in ENDING) or (not before and after and said in LEADING):
            text = parts[place]
            assert isinstance(text, Node)
            return _joined(node.kind, before), text, _joined(node.kind, after)
    for place, inner in enumerate(parts if node.kind == "sum" else ()):
        split = _at_words(inner) if isinstance(inner, Node) else None
        if split is None:
            continue
        first, text, last = split
        before = parts[:place] if first is None else (*parts[:place], first)
        after = parts[place + 1:] if last is None else (last, *parts[place + 1:])
        if first is not None or not place:
            return _joined("sum", before), text, _joined("sum", after)
    return None


def _joined(kind: str, parts: Sequence[Node | Token]) -> Node | None:
    if len(parts) == 1 and isinstance(parts[0], Node):
        return parts[0]
    return Node(kind, tuple(parts)) if parts else None


def _words(node: Node) -> str:
    return " ".join("".join(t.before + t.text for t in node.tokens if t.text[:1] != "\\" and t.text not in "{}")
                    .replace("~", " ").lower().strip(" ,.;:").split())


def _applies_a_word(node: Node) -> bool:
    r"""Whether a word is a function, set right before its argument: \text{softmax}(x), \text{erf}(x)^2."""
    for word, behind in zip(node.parts, node.parts[1:], strict=False):
        if not isinstance(word, Node) or word.kind != "text" or not isinstance(behind, Node):
            continue
        argument = behind.nodes[0] if behind.kind == "scripts" else behind
        if argument.kind == "group" and argument.head in ("(", "[") and argument.start == word.end and (
                not any(n.kind == "text" for c in argument.nodes for n in c.nodes)):
            said = "".join(t.text for t in word.tokens if t.text not in "{}" and t.text[:1] != "\\")
            return said.isalpha()
    return False


def _unboxed(node: Node) -> Node:
    r"""What stands in \resizebox{…}{!}{$ … $} and the like, without the dollars."""
    if node.kind != "product" or node.head not in BOXES or node.nodes[-1].kind != "braces":
        return node
    inside = node.nodes[-1]
    return Node("braces", tuple(_without_dollars(p) if isinstance(p, Node) else p for p in inside.parts))


def _without_dollars(node: Node) -> Node:
    parts = tuple(_without_dollars(p) if isinstance(p, Node) else p for p in node.parts
                  if not (isinstance(p, Node) and p.kind == "symbol" and p.head == "$"))
    return parts[0] if node.kind == "product" and len(parts) == 1 and isinstance(parts[0], Node) else Node(
        node.kind, parts)


def _without_number(node: Node) -> Node:
    """The side without the number of its equation at the end."""
    if node.kind not in ("product", "sum", "big") or not isinstance(node.parts[-1], Node):
        return node
    if node.kind == "product" and _is_number_of_equation(node.parts[-1]):
        factors = node.parts[:-1]
        return factors[0] if len(factors) == 1 and isinstance(factors[0], Node) else Node("product", factors)
    return Node(node.kind, (*node.parts[:-1], _without_number(node.parts[-1])))


def _without_label(node: Node) -> Node:
    """The side without the label of a part of an answer before it: (a), (2)."""
    first = node.parts[0] if node.kind == "product" and len(node.parts) > 1 else None
    second = node.parts[1] if first is not None else None
    if not isinstance(first, Node) or first.kind != "group" or first.head != "(" or not isinstance(second, Node) or (
            second.kind == "group"):
        return node
    inside = [t.text for t in first.tokens][1:-1]
    opening, behind = next(first.tokens), next(second.tokens, None)
    if len(inside) != 1 or not (inside[0].isdigit() or (inside[0].isalpha() and len(inside[0]) == 1)) or (
            behind is None or behind.start == first.end or opening.before.strip()):
        return node
    rest = node.parts[1:]
    return second if len(rest) == 1 else Node("product", rest)


def _is_condition(node: Node) -> bool:
    r"""Whether a part that stands apart is inequalities in parentheses: a = b \qquad (1 \le m < n)."""
    if node.kind != "group" or node.head != "(" or len(node.nodes) != 1:
        return False
    chains = node.nodes[0].nodes
    signs = {relation_name(n) for c in chains if c.kind == "chain" for n in c.nodes if n.kind == "relation"}
    return bool(chains) and all(c.kind == "chain" for c in chains) and signs <= {"<", ">", "≤", "≥", "≠"}


def _is_number_of_equation(part: Node | Token) -> bool:
    r"""Whether the last factor is the number of an equation, set apart: \ \ \ (7)."""
    if not isinstance(part, Node) or part.kind != "group" or part.head != "(":
        return False
    inside = [t.text for t in part.tokens][1:-1]
    opening = next(part.tokens)
    return len(inside) == 1 and inside[0].isdigit() and "\\ " in opening.before


def is_table(node: Node) -> bool:
    """Whether an environment is one object (a matrix, cases) rather than rows of claims."""
    return environment_name(node).rstrip("*").endswith(TABLES) and not environment_name(node).startswith("eqn")


def environment_name(node: Node) -> str:
    """`bmatrix` of \\begin{bmatrix}; empty for a span itself."""
    begin = [t.text for t in node.parts if isinstance(t, Token)][:8]
    if begin[:1] != [r"\begin"]:
        return ""
    return "".join(begin[2:begin.index("}")]) if "}" in begin else ""


def relation_name(node: Node | Token) -> str:
    """The relation's sign, one for all spellings."""
    found = "".join(t.text for t in (node.tokens if isinstance(node, Node) else [node]))
    if found.startswith(r"\mathrel"):
        found = re.sub(r"\\mathrel|[{}]", "", found)
        return RELATION_NAMES.get(found, found)
    if isinstance(node, Node) and node.nodes:
        found = "".join(t.text for t in node.nodes[-1].tokens).strip("{}") or found
    return RELATION_NAMES.get(found, found)


def sides_of(lines: Sequence[Line]) -> Iterator[Node]:
    for line in lines:
        yield line.left
        yield line.right
