"""LaTeX mathematics as a tree that loses nothing; what it means is decided elsewhere.

A Pratt reader: clauses are chains of relations; relations stand between sums, sums between products, products
between factors; scripts bind tightest. `str` of a tree is the text that was read.
"""

from __future__ import annotations

from collections.abc import Callable

from symcnn.document.reading.bare_braces import without_bare_braces
from symcnn.document.reading.full_stops import settled
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.signs import (
    ADD, APPLIED, ARGUMENTS, BARS, BIG, CLOSING, COLUMNS, FUNCTIONS, LAID, MULTIPLY, NOTHING, OPENING, PLACED,
    RELATIONS, SCRIPTED, SEPARATORS, STARS, TEXT,
)
from symcnn.document.reading.source import Source
from symcnn.document.reading.tokens import WORDS, ReadError, Token, placed_tokens, tokens

DEEPEST = 40          # brackets, scripts and operators inside each other
MOST_TOKENS = 12_000  # of one formula
MOST_TRIES = 100      # bars and brackets that turn out not to be closed
LONGEST_ARGUMENT = 100   # tokens between the brackets of an argument
BEFORE_EQUALS = frozenset(":+-*/!")   # of := and +=


def read(text: str | Source, offset: int = 0) -> Node:
    """The tree of a formula (kind rows); ReadError with place and reason for what cannot be read.

    `offset` is where a plain text starts in its document; a Source knows its places itself.
    """
    found = settled(tokens(text, offset) if isinstance(text, str) else placed_tokens(text))
    reader = TreeReader(without_bare_braces(found, ARGUMENTS))
    try:
        tree = reader.rows((), frozenset({""}))
    except RecursionError:
        raise reader.fail("nested too deeply") from None
    return Node("rows", (*tree, reader.advance()))


class TreeReader:
    """Reads one formula from its tokens."""

    def __init__(self, found: list[Token]) -> None:
        if len(found) > MOST_TOKENS:
            raise ReadError(f"a formula has at most {MOST_TOKENS} tokens", found[0].start)
        self.found, self.at, self.depth = found, 0, 0
        self.waiting = ""
        self.alone: set[int] = set()
        self.in_group = False

    @property
    def next(self) -> Token:
        return self.found[self.at]

    def advance(self) -> Token:
        token = self.found[self.at]
        self.at += token.kind != "end"
        return token

    def deeper(self) -> None:
        """Count a level of nesting, which ends with `depth -= 1`; a try that failed restores the depth itself."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail(f"nested deeper than {DEEPEST}")

    def fail(self, reason: str) -> ReadError:
        return ReadError(reason, self.next.start)

    def rows(self, begin: tuple[Token, ...], stop: frozenset[str]) -> tuple[Node | Token, ...]:
        """Cells with & and row ends between them, until a token whose text or kind is in `stop`."""
        parts: list[Node | Token] = list(begin)
        self.deeper()
        while True:
            parts.append(self.clauses(stop))
            token = self.next
            if token.text in ("&", r"\\", r"\cr", r"\newline"):
                parts.append(self.advance())
                if token.text == r"\\" and self.next.text == "[" and self.found[self.at + 1].kind == "number":
                    while self.next.text != "]" and self.next.kind != "end":
                        parts.append(self.advance())
                    parts.append(self.advance())
            elif token.text in stop:
                self.depth -= 1
                return tuple(parts)
            elif token.kind == "end":
                raise self.fail(f"{' or '.join(sorted(stop))} is missing")
            else:
                raise self.fail(f"{token.text!r} was not expected here")

    def clauses(self, stop: frozenset[str]) -> Node:
        """Chains with what separates them: commas, semicolons, full stops, wide spaces, words."""
        parts: list[Node | Token] = []
        while True:
            token = self.next
            if token.text in ("&", r"\\", r"\cr", r"\newline") or token.text in stop or token.kind == "end":
                break
            stray = token.text in CLOSING and not stop - {"", r"\end"}
            if token.kind == "gap" or stray or token.text in SEPARATORS:
                if token.text == ":" and self.found[self.at + 1].text == "=":
                    parts.append(self.chain(stop))
                    continue
                parts.append(self.advance())
            else:
                parts.append(self.chain(stop))
        return Node("clauses", tuple(parts))

    def is_relation(self) -> bool:
        token = self.next
        if token.text in LAID:
            return self.lays_relation()
        if token.text == r"\mathrel":
            held = [t.text for t in self.found[self.at + 1:self.at + 6] if t.text not in "{}"]
            return held[:1] != [] and (held[0] in RELATIONS or held[0] in BEFORE_EQUALS and held[1:2] == ["="])
        if token.text in BEFORE_EQUALS:
            behind = self.found[self.at + 1]
            return behind.text == "=" and (token.text == ":" or not behind.before)
        return token.text in RELATIONS or (token.text == r"\not" and self.found[self.at + 1].text in RELATIONS)

    def lays_relation(self) -> bool:
        r"""Whether \overset{…}{=} and the like put something on a relation rather than on an operator."""
        at, depth = self.at + 1, 0
        while self.found[at].kind != "end":
            depth += {"{": 1, "}": -1}.get(self.found[at].text, 0)
            at += 1
            if depth <= 0:
                break
        at += self.found[at].text == "{"
        if self.found[at].text in LAID:  # \overset{a}{\underset{b}{=}}
            here, self.at = self.at, at
            try:
                return self.lays_relation()
            finally:
                self.at = here
        return self.found[at].text in RELATIONS or self.found[at].text == ":"

    def chain(self, stop: frozenset[str]) -> Node:
        """Sides with relations between them; an empty side where the chain starts or ends with a relation."""
        parts: list[Node | Token] = [EMPTY if self.is_relation() else self.sum()]
        while self.is_relation():
            parts += self.relation()
            ended = self.at_end(stop) or self.is_relation() or self.next.text in (",", ";", ".")
            parts.append(EMPTY if ended else self.sum())
        return parts[0] if len(parts) == 1 and isinstance(parts[0], Node) else Node("chain", tuple(parts))

    def relation(self) -> list[Node | Token]:
        """One relation; `< =`, `: =` and `! =` are one, and `\\stackrel{a}{=}` takes its arguments."""
        token = self.advance()
        if token.text == r"\mathrel":
            held = self.argument()
            return [Node("relation", (token, held, self.advance()) if self.next.text == "=" else (token, held))]
        if token.text in ARGUMENTS:
            return [Node("relation", (token, *(self.argument() for _ in range(ARGUMENTS[token.text]))))]
        doubled = self.next.text == "=" and not (token.text == "=" and self.next.before)
        if token.text == r"\not" or (doubled and token.text in ("<", ">", "=", *BEFORE_EQUALS)):
            return [Node("relation", (token, self.advance()))]
        if token.text == "=" and self.next.text in (">", "<"):
            return [Node("relation", (token, self.advance()))]
        return [Node("relation", (token,))]

    def at_end(self, stop: frozenset[str] = frozenset()) -> bool:
        token = self.next
        return (token.kind in ("end", "gap") or token.text in ("&", r"\\", "}", r"\cr", r"\newline", r"\end")
                or token.text in stop or token.text in CLOSING)

    def sum(self) -> Node:
        parts: list[Node | Token] = []
        if self.next.text in ADD or self.braced_sign():
            sign = self.braces_of_sign() if self.next.text == "{" else self.advance()
            parts.append(Node("sign", (sign, EMPTY if self.at_end() else self.product())))
        else:
            parts.append(self.product())
        while self.goes_on_below() or (self.next.text in ADD and not self.is_relation()) or self.braced_sign():
            parts.append(self.braces_of_sign() if self.next.text == "{" else self.advance())
            self.join_rows()
            if self.next.text in ADD:
                parts.append(Node("sign", (self.advance(), self.product())))
            elif self.at_end() or self.is_relation() or self.next.text in (",", ";"):
                parts.append(EMPTY)
            else:
                parts.append(self.product())
        return parts[0] if len(parts) == 1 and isinstance(parts[0], Node) else Node("sum", tuple(parts))

    def goes_on_below(self) -> bool:
        """Whether the next row of a bracket begins with a sign; the end of this row is then no more than a space."""
        at = self.at
        while self.found[at].text in (r"\\", "&"):
            at += 1
        if at == self.at or self.found[at].text not in ADD or not self.in_group:
            return False
        self.join_rows()
        return True

    def join_rows(self) -> None:
        r"""Inside a bracket, the end of a row \\ & at a sign is no more than a space, kept before what follows."""
        while self.in_group and self.next.text in (r"\\", "&"):
            end, behind = self.found[self.at:self.at + 2]
            if end.text == r"\\" and behind.text == "[":
                return
            self.found[self.at:self.at + 2] = [behind._replace(before=str(end) + behind.before)]

    def braced_sign(self) -> bool:
        """Whether `{+}` or `{-}` comes next: a sign without the space around it."""
        return (self.next.text == "{" and self.at + 2 < len(self.found) and self.found[self.at + 1].text in ADD
                and self.found[self.at + 2].text == "}")

    def braces_of_sign(self) -> Token:
        opening, sign, closing = self.advance(), self.advance(), self.advance()
        return Token("mark", f"{opening.text}{sign}{closing}", opening.start, opening.before, closing.end)

    def goes_on_with_times(self) -> bool:
        r"""Whether a row begins with \times or \cdot and a factor: it goes on with the product of the row before."""
        if self.next.text not in (r"\times", r"\cdot"):
            return False
        behind = self.found[self.at + 1]
        return behind.kind in ("number", "word") or behind.text in "([{" or (
            behind.kind == "command" and behind.text not in MULTIPLY | ADD | CLOSING)

    def is_remainder(self, before: Node | Token) -> bool:
        r"""Whether a percent sign comes next that stands between two numbers or names, 7 \% 3, and measures nothing."""
        if self.next.text != r"\%" or not isinstance(before, Node) or before == EMPTY:
            return False
        behind = self.found[self.at + 1]
        return behind.kind == "number" or (before.kind != "number" and behind.kind == "word" and len(behind.text) == 1)

    def product(self) -> Node:
        parts: list[Node | Token] = [EMPTY if self.goes_on_with_times() else self.factor()]
        while True:
            token = self.next
            if (token.text in MULTIPLY and not self.is_relation()) or self.is_remainder(parts[-1]):
                parts.append(self.advance())
                if self.next.text in ADD:
                    parts.append(Node("sign", (self.advance(), self.factor())))
                elif self.at_end() or self.is_relation() or self.next.text in (",", ";", *MULTIPLY):
                    parts.append(EMPTY)
                else:
                    parts.append(self.factor())
            elif self.starts_factor() and not self.braced_sign():
                parts.append(self.factor())
            else:
                return parts[0] if len(parts) == 1 and isinstance(parts[0], Node) else Node("product", tuple(parts))

    def starts_factor(self) -> bool:
        token = self.next
        if token.kind in ("number", "word"):
            return True
        if token.text in BARS:
            return token.text != self.waiting or r"\left" in token.before
        if token.kind == "command":
            return (not self.is_relation() and token.text not in MULTIPLY and token.text not in ADD
                    and token.text not in CLOSING and token.text not in (r"\\", r"\end", r"\cr", r"\newline"))
        return token.kind == "mark" and (token.text in OPENING or token.text in "{∂∇∑∏∞^_…⋯⋮ℝ√∀∃$\\'")

    def factor(self) -> Node:
        token = self.next
        if token.text in BIG or (token.kind == "word" and token.text in ("max", "min", "argmax", "argmin", "lim",
        "sum")):
            return self.nested(self.big)
        if token.text in FUNCTIONS or (token.kind == "word" and token.text in WORDS):
            return self.nested(self.function)
        return self.scripted(self.atom())

    def nested(self, reader: Callable[[], Node]) -> Node:
        self.deeper()
        node = reader()
        self.depth -= 1
        return node

    def big(self) -> Node:
        head = self.scripted(Node("symbol", (self.advance(),)))
        if self.at_end() or self.is_relation() or not (self.starts_factor() or self.next.text in ADD):
            return head
        if self.next.text in ADD:
            return Node("big", (head, Node("sign", (self.advance(), self.product()))))
        return Node("big", (head, self.product()))

    def function(self) -> Node:
        """A named function with its argument: a group, or what follows up to a sign."""
        head = self.scripted(Node("symbol", (self.advance(),)))
        if self.at_end() or self.is_relation():
            return head
        if self.next.text in OPENING or self.next.text in ("{", "|"):
            return Node("function", (head, self.scripted(self.atom())))
        if not self.starts_factor() or self.next.text in ("^", "_"):
            return head
        parts: list[Node] = [self.factor()]
        while self.starts_factor() and self.next.text not in FUNCTIONS and self.next.text not in BIG and (
                self.next.text not in OPENING):
            parts.append(self.factor())
        if self.is_applied(parts):
            parts.append(self.factor())
        return Node("function", (head, parts[0] if len(parts) == 1 else Node("product", tuple(parts))))

    def is_applied(self, parts: list[Node]) -> bool:
        """Whether the last part is a function of what stands in the parentheses behind it, as in log σ(b u)."""
        base = parts[-1].nodes[0] if parts[-1].kind == "scripts" else parts[-1]
        if self.next.text != "(" or self.next.before or base.kind not in ("name", "text", "command"):
            return False
        if base.kind != "name":  # log softmax(z), with the word set upright
            words = [t.text for t in base.tokens if t.text not in "{}" and t.text[:1] != "\\"]
            return len(words) == 1 and len(words[0]) > 2 and words[0].isalpha()
        if base.head in APPLIED:
            return True
        depth = 0
        for place, token in enumerate(self.found[self.at:self.at + LONGEST_ARGUMENT]):
            depth += (token.text == "(") - (token.text == ")")
            if depth == 1 and token.text in (",", "|", r"\mid", ";"):
                return True
            if depth == 0:
                inside = self.found[self.at + 1:self.at + place]
                return place == 2 or SCRIPTED.fullmatch("".join(t.text for t in inside)) is not None
        return False

    def scripted(self, base: Node) -> Node:
        """Superscripts, subscripts, primes, and [indices] that follow a name directly."""
        while True:
            parts: list[Node | Token] = []
            while self.next.text in ("^", "_", "'", r"\prime"):
                token = self.advance()
                parts.append(token)
                if token.text in ("^", "_"):
                    parts.append(self.script())
            if parts:
                base = Node("scripts", (base, *parts))
            if self.next.text == "[" and (self.is_name(base) or _is_convolution(base) or self.is_word_with_indices(
                    base)) and (
                    not self.next.before.strip(" ")):
                group = self.try_group()
                if group is None:
                    return base
                base = Node("index", (base, group))
                continue
            if self.is_factorial(base):
                base = Node("factorial", (base, self.advance()))
                continue
            if not parts:
                return base
            if self.next.text not in ("^", "_", "'", r"\prime"):
                return base

    def is_factorial(self, base: Node) -> bool:
        """Whether a number, name or bracket is followed by ! as a sign, and not by a != b."""
        token, behind = self.next, self.found[min(self.at + 1, len(self.found) - 1)]
        unequal = behind.text == "=" and not behind.before and base.kind != "number"
        return token.text == "!" != behind.text and not token.before and not unequal and (
            base.kind in ("number", "name", "scripts") or (base.kind == "group" and base.head == "("))

    def is_name(self, node: Node) -> bool:
        if node.kind == "scripts":
            return self.is_name(node.nodes[0])
        return node.kind in ("name", "command") and node.head not in (r"\frac", r"\dfrac", r"\sqrt", r"\tfrac")

    def is_word_with_indices(self, node: Node) -> bool:
        r"""Whether a word stands right before indices in brackets: \text{Input}[i + m, j]."""
        word = [t.text for t in node.tokens if t.text not in "{}" and t.text[:1] != "\\"]
        if node.kind != "text" or self.next.before or len(word) != 1 or not word[0].isalpha() or len(word[0]) < 2:
            return False
        for token in self.found[self.at + 1:self.at + LONGEST_ARGUMENT]:
            if token.text == "]":
                return True
            if not (token.kind == "number" or token.text in ",+-:*/" or len(token.text) <= 2 and token.text.isalnum()):
                return False
        return False

    def script(self) -> Node:
        """The argument of ^ or _: braces, or one letter, digit or command."""
        token = self.next
        if token.text == "{":
            return self.braces()
        if token.kind == "number" and len(token.text) > 1:
            return self.split(1)
        if token.kind == "word" and len(token.text) > 1 and token.text not in WORDS:
            return self.split(1)
        if token.kind == "mark" and token.text in ("*", "+", "-", "'"):
            return Node("symbol", (self.advance(),))
        if token.text in MULTIPLY or token.text in RELATIONS or token.text in ADD:
            return Node("symbol", (self.advance(),))
        if token.kind == "end" or token.text in ("&", "}", r"\\"):
            raise self.fail("a script is missing")
        return self.nested(self.atom)

    def split(self, length: int) -> Node:
        """The first characters of a token as a node; the rest stays to be read."""
        self.found[self.at:self.at + 1] = self.next.split(length)
        return Node("number" if self.next.kind == "number" else "name", (self.advance(),))

    def argument(self) -> Node:
        token = self.next
        if token.text == "{":
            return self.braces()
        if token.kind in ("number", "word") and len(token.text) > 1:
            return self.split(1)
        return self.nested(self.atom)

    def braces(self) -> Node:
        opening = self.advance()
        parts = self.inside((opening,), "}")
        return Node("braces", (*parts, self.advance()))

    def group(self) -> Node:
        """( … ), [ … ], ⌊ … ⌋, | … | and the like; ( and [ may close each other, as in half-open intervals."""
        opening = self.advance()
        closing = {opening.text} if opening.text in BARS else (
            {")", "]"} if opening.text in "([" else {OPENING[opening.text]})
        if r"\left" in opening.before:
            closing.add(NOTHING)
        outside, self.in_group = self.in_group, opening.text not in BARS
        try:
            inside = self.inside((opening,), *closing, waiting=opening.text if opening.text in BARS else "")
        finally:
            self.in_group = outside
        return Node("group", (*inside, self.advance()))

    def inside(self, begin: tuple[Token, ...], *stop: str, waiting: str = "") -> tuple[Node | Token, ...]:
        """Rows up to a closing sign; `waiting` is the bar that closes rather than opens in there."""
        before, self.waiting = self.waiting, waiting
        try:
            return self.rows(begin, frozenset(stop))
        finally:
            self.waiting = before

    def bar(self) -> Node:
        r"""|…|, \|…\| or ||…||; a bar alone, as in f|_{x=0} or P(A | B), is a symbol."""
        token, behind = self.next, self.found[self.at + 1]
        if r"\right" in token.before or r"\middle" in token.before or behind.text in ("_", "^"):
            return Node("symbol", (self.advance(),))
        if token.text == "|" == behind.text and not behind.before:
            self.join_bars()
        return self.try_group() or Node("symbol", (self.advance(),))

    def join_bars(self) -> None:
        """Two bars side by side and the next such pair are the bars of a norm."""
        for at in range(self.at + 2, len(self.found) - 1):
            first, second = self.found[at:at + 2]
            if first.text == "|" == second.text and not second.before:
                for place in (at, self.at):
                    one, two = self.found[place:place + 2]
                    self.found[place:place + 2] = [Token("mark", "||", one.start, one.before, two.end)]
                return

    def try_group(self) -> Node | None:
        """A group, or None where its closing sign is missing; no place is tried twice."""
        opening, mark, depth = self.next, self.at, self.depth
        if id(opening) in self.alone or len(self.alone) >= MOST_TRIES:
            return None
        try:
            return self.group()
        except ReadError:
            self.alone.add(id(opening))
            self.at, self.depth = mark, depth
            return None

    def atom(self) -> Node:
        token = self.next
        if token.kind == "number":
            return Node("number", (self.advance(),))
        if token.kind == "word":
            return Node("name", (self.advance(),))
        if token.text == "{":
            return self.braces()
        if token.text == r"\{" and self.found[self.at + 1].text == r"\begin":
            return self.try_group() or Node("symbol", (self.advance(),))
        if token.text in OPENING:
            return self.group()
        if token.text in BARS:
            return self.bar()
        if token.text == "√":
            return self.command()
        if token.text in ("^", "_"):
            return EMPTY
        if token.text == r"\begin":
            return self.environment()
        if token.text in TEXT:
            return self.text()
        if token.kind == "command":
            return self.command()
        if token.kind == "mark" and token.text not in ("&", "}", ")", "]", "\\"):
            return Node("symbol", (self.advance(),))
        raise self.fail("the formula ends too early" if token.kind == "end"
                        else f"{token.text!r} was not expected here")

    def command(self) -> Node:
        token = self.advance()
        if token.text == r"\sqrt" and self.next.text == "[":
            return Node("command", (token, self.group(), self.argument()))
        if token.text in ARGUMENTS:
            return Node("command", (token, *(self.argument() for _ in range(ARGUMENTS[token.text]))))
        return Node("name" if token.text[1:].isalpha() else "symbol", (token,))

    def text(self) -> Node:
        """\\text{…}: words, kept as they are; \\textbf x, which takes what stands behind it."""
        parts: list[Node | Token] = [self.advance()]
        if self.next.kind == "word":
            return Node("text", (*parts, self.advance()))
        if self.next.text != "{":
            raise self.fail("'{' is missing after \\text")
        depth = 0
        while True:
            token = self.advance()
            if token.kind == "end":
                raise self.fail("'}' is missing after \\text{")
            parts.append(token)
            depth += {"{": 1, "}": -1}.get(token.text, 0)
            if depth == 0:
                return Node("text", tuple(parts))

    def environment(self) -> Node:
        begin = [self.advance(), *self.name_in_braces()]
        name = "".join(t.text for t in begin[2:-1])
        if self.next.text == "[" and name.rstrip("*") in PLACED:
            while self.next.kind != "end" and begin[-1].text != "]":
                begin.append(self.advance())
        if name.startswith(COLUMNS) and self.next.text == "{":
            depth = 0
            while self.next.kind != "end":
                begin.append(self.advance())
                depth += {"{": 1, "}": -1}.get(begin[-1].text, 0)
                if depth == 0:
                    break
        outside, self.in_group = self.in_group, False
        try:
            parts = self.inside(tuple(begin), r"\end")
        finally:
            self.in_group = outside
        end = [self.advance(), *self.name_in_braces()]
        closed = "".join(t.text for t in end[2:-1])
        if closed != name:
            raise ReadError(f"\\begin{{{name}}} is closed by \\end{{{closed}}}", end[0].start)
        return Node("rows", (*parts, *end))

    def name_in_braces(self) -> list[Token]:
        if self.next.text != "{":
            raise self.fail("an environment has no name")
        found = [self.advance()]
        while self.next.text != "}":
            if self.next.kind == "end":
                raise self.fail("'}' is missing")
            found.append(self.advance())
        return [*found, self.advance()]


def _is_convolution(node: Node) -> bool:
    """Whether a group holds one product with a star, (x * w), of which [n] behind it is an entry."""
    if node.kind != "group" or node.head != "(" or node.inner is None:
        return False
    (inner,) = node.nodes[0].nodes
    shifted = len(inner.parts) == len(inner.nodes) == 2 and inner.nodes[0].kind == "scripts" and (
        inner.nodes[0].nodes[0].head.isupper() and inner.nodes[1].kind == "name")  # (T_a f)[n]
    return inner.kind == "product" and (shifted or any(
        isinstance(p, Token) and p.text in STARS for p in inner.parts))
