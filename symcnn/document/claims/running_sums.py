r"""Sums of which the middle is left out, w_1 x_1 + w_2 x_2 + \dots + w_n x_n: read as \sum_{i=1}^n w_i x_i.

Only where the pattern is clear: the terms around the dots are alike but for one number that has become the last index
behind the dots, with the same distance between the two at each place where they differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.tree import read
from symcnn.document.reading.written import DOTS, nodes, unwrapped
from symcnn.errors import SymcnnError

LETTERS = "ijklmpqrstuv"
_SHIFTED = re.compile(r"([A-Za-z]|\\[A-Za-z]+)([-+]\d+)?|(\d+)")
_FIRST_POWER, _ZEROTH_POWER = re.compile(r"\^1(?!\d)"), re.compile(r"\\?[A-Za-z]+\^0")


def write_out(trees: Iterable[Node]) -> None:
    """Let the sums with dots in these trees stand for sums over an index; what they stand for is kept in them."""
    for tree in trees:
        for node in nodes(tree):
            if node.kind == "sum" and "meant" not in node.__dict__ and any(_is_dots(n) for n in node.nodes):
                texts = {t.text for t in tree.tokens}
                letter = next((c for c in LETTERS if c not in texts), "")
                text = _summed(node, letter) if letter else None
                with suppress(SymcnnError, IndexError):
                    node.__dict__["meant"] = read(text).nodes[0].nodes[0] if text is not None else None


def meant(tree: Node) -> Node:
    """The tree with the sums in place of the terms that they are written as; worked out once for a tree."""
    kept = tree.__dict__
    if "with_sums" not in kept:
        found = kept.get("meant") or tree
        parts = tuple(meant(p) if isinstance(p, Node) else p for p in found.parts)
        alike = all(a is b for a, b in zip(parts, found.parts, strict=True))
        kept["with_sums"] = found if alike else Node(found.kind, parts)
    return kept["with_sums"]  # type: ignore[no-any-return]


def _is_dots(node: Node) -> bool:
    inner = unwrapped(node)
    return inner.head in DOTS and len(list(inner.tokens)) == 1


def _summed(node: Node, letter: str) -> str | None:
    """The text of a sum in which the terms around the dots are a sum over the letter; None without a clear pattern."""
    terms: list[tuple[str, Node]] = []
    sign = "+"
    for part in node.parts:
        if isinstance(part, Token):
            sign = part.text
        else:
            terms.append((sign, part))
            sign = "+"
    at = [n for n, (_, term) in enumerate(terms) if _is_dots(term)]
    if len(at) != 1 or not 0 < at[0] < len(terms) - 1:
        return None
    (place,) = at
    first = place - 1
    if any(terms[n][0] != "+" for n in (first, place, place + 1)):
        return None
    pattern = _Pattern(letter)
    like = pattern.of(terms[first][1], terms[place + 1][1])
    if like is None or pattern.begin is None:
        return None
    begin = pattern.begin
    while first > 0 and begin > 0 and terms[first - 1][0] == "+" and (
            _same(terms[first - 1][1], _at(like, letter, begin - 1))):
        first, begin = first - 1, begin - 1
    total = rf"\sum_{{{letter}={begin}}}^{{{pattern.end}}} {like}"
    before = "".join(f"{sign} {term} " for sign, term in terms[:first])
    after = "".join(f" {sign} {term}" for sign, term in terms[place + 2:])
    return f"{before.removeprefix('+')}{'+ ' if before else ''}{total}{after}"


def _at(like: str, letter: str, number: int) -> str:
    return re.sub(rf"(?<![A-Za-z\\]){letter}(?![A-Za-z])((?:[-+]\d+)?)",
                  lambda m: str(number + int(m[1] or 0)), like)


def _same(term: Node, text: str) -> bool:
    """Whether a term is what a pattern is at a number; its first power is the base, its zeroth one is 1."""
    one, other = (re.sub(r"[\s{}]", "", t) for t in (str(term), text))
    return one in (other, _FIRST_POWER.sub("", other)) or one == "1" and _ZEROTH_POWER.fullmatch(other) is not None


@dataclass
class _Pattern:
    """What two terms have in common, with a letter where one has a number and the other the last index."""

    letter: str
    begin: int | None = None
    end: str = ""
    name: str = ""
    shift: int = 0

    def of(self, one: Node, other: Node) -> str | None:
        """The text for both; None if they differ in another way."""
        if _bare(one) == _bare(other):
            return str(other)
        if one.kind == "braces" or other.kind == "braces":
            inner, outer = unwrapped(one), unwrapped(other)
            made = self.of(inner, outer) if (inner, outer) != (one, other) else None
            return None if made is None else f"{{{made}}}"
        if one.kind == "number" and one.head.isdigit():
            return self._place(int(one.head), _bare(other))
        if one.kind != other.kind or len(one.parts) != len(other.parts):
            return None
        pieces = []
        for a, b in zip(one.parts, other.parts, strict=True):
            if isinstance(a, Token) or isinstance(b, Token):
                if not isinstance(a, Token) or not isinstance(b, Token) or a.text != b.text:
                    return None
                pieces.append(str(b))
            else:
                made = self.of(a, b)
                if made is None:
                    return None
                pieces.append(made)
        return "".join(pieces)

    def _place(self, number: int, last: str) -> str | None:
        found = _SHIFTED.fullmatch(last)
        if found is None:
            return None
        name, shift = found[1] or "", int(found[2] or 0) if found[1] else int(found[3])
        if self.begin is None:
            self.begin, self.end, self.name, self.shift = number, last, name, shift
        offset = number - self.begin
        if name != self.name or shift - self.shift != offset:
            return None
        return f" {self.letter}" if not offset else f" {self.letter}{offset:+d}"


def _bare(node: Node) -> str:
    return re.sub(r"[\s{}]", "", str(node))
