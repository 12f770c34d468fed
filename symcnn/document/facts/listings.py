"""The values that a document lists for an index: r = 0, 1; k = 1, …, 12; r = 0 or r = 1; "r zero or one"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from symcnn.document.claims.claims import EQUALS, Line, Reading
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.spans import Span
from symcnn.document.reading.written import DOTS, index_text, unwrapped

WORDS = {word: n for n, word in enumerate("zero one two three four five six seven eight nine ten".split())}
_VALUE = rf"(?:\d+|{'|'.join(WORDS)})"
_OR = re.compile(r"[\s,$]*\b(?:or|oder)\b[\s$]*|\s*,\s*", re.IGNORECASE)
_OR_VALUES = re.compile(rf"(?:\s*+,\s*{_VALUE})*(?:\s*+,)?\s++(?:or|oder)\s+({_VALUE})\b", re.IGNORECASE)
_SAID = re.compile(
    r"[\s,]*(?:(?:which|is|are|being|be|equals?|equal to|either|runs?|ranges?|goes|from|over|through|takes?|the values?"
    rf"|ist|gleich|entweder)\s+)*({_VALUE})(?:\s*,\s*{_VALUE})*(?:\s*,?\s+(or|oder)|\s+(?:to|through|up to|bis))\s+"
    rf"({_VALUE})\b", re.IGNORECASE)
"""Words right behind an index that list its values."""


@dataclass(frozen=True)
class Listed:
    """Indices with the first and the last of their values; `start` is where the line begins that lists them, if any.

    `apart` holds the numbers where they do not follow each other, r = 0, 2, and so are no range.
    """

    names: tuple[str, ...]
    first: Node | int
    last: Node | int
    span: Span
    start: int | None = None
    apart: tuple[int, ...] = ()


def listings(reading: Reading) -> list[Listed]:
    """All that a document lists."""
    trees = [(span, tree) for span, tree in reading.spans if isinstance(tree, Node)]
    return [*_within(reading, trees), *_across(reading, trees), *_in_words(reading, trees)]


def entries_listed(trees: Iterable[Node]) -> Iterator[tuple[Node, Node]]:
    """The first and the last of what is listed with dots, s_1 and s_n of s_1, …, s_n and of s_1, s_2, …, s_n."""
    for clauses in (c for tree in trees for c in tree.nodes):
        parts = [unwrapped(n) for n in clauses.nodes if n != EMPTY]
        for at, part in enumerate(parts[:-1]):
            if at and part.kind == "name" and part.head in DOTS:
                before = itertools.takewhile(lambda n: n.kind == "scripts", reversed(parts[:at]))
                *_, first = (parts[at - 1], *before)
                yield first, parts[at + 1]


def elements(clauses: Node, left: Node) -> tuple[Node, ...]:
    """What stands before the left side of a chain in a list, and that side: a and b of a, b ∈ {0, 1} and a, b ≥ 0."""
    before = itertools.takewhile(lambda n: n.kind != "chain", clauses.nodes)
    return tuple(unwrapped(n) for n in (*before, left))


def _within(reading: Reading, trees: Sequence[tuple[Span, Node]]) -> Iterator[Listed]:
    """r = 0, 1 and k = 1, 2, …, K in one formula."""
    for span, tree in trees:
        for clauses in tree.nodes:
            for chain, rest in _chains(clauses):
                line = _line(reading, chain)
                values = [] if line is None else [unwrapped(line.right), *rest]
                dots = next((n for n, v in enumerate(values) if v.kind == "name" and v.head in DOTS), None)
                numbers = list(map(_number, values[:dots]))
                if line is None or len(values) < 2 or None in numbers or (
                        dots is not None and dots != len(values) - 2):
                    continue
                names = tuple(filter(None, map(index_text, elements(clauses, line.left))))
                apart = () if _follow(numbers) else tuple(n for n in numbers if n is not None)
                yield Listed(names, values[0], values[-1], span, line.start, apart)


def _chains(clauses: Node) -> Iterator[tuple[Node, list[Node]]]:
    """Each chain of some clauses with what is listed behind it."""
    parts = [n for n in clauses.nodes if n != EMPTY]
    for n, part in enumerate(parts):
        if part.kind == "chain":
            yield part, [unwrapped(p) for p in itertools.takewhile(lambda p: p.kind != "chain", parts[n + 1:])]


def _across(reading: Reading, trees: Sequence[tuple[Span, Node]]) -> Iterator[Listed]:
    """r = 0 or r = 1, and r = 0 or 1, of which the second stands in another formula or in the words."""
    for n, (span, tree) in enumerate(trees):
        line = _alone(reading, tree)
        first = None if line is None else _number(unwrapped(line.right))
        if line is None or first is None:
            continue
        name, numbers, starts = index_text(unwrapped(line.left)), [first], [line.start]
        before = span
        for other, behind in trees[n + 1:]:
            again = _alone(reading, behind)
            node = _single(behind) if again is None else again.right
            number = None if node is None else _number(unwrapped(node))
            if number is None or _OR.fullmatch(reading.text[before.end:other.start]) is None or (
                    again is not None and index_text(unwrapped(again.left)) != name):
                break
            numbers.append(number)
            starts += [] if again is None else [again.start]
            before = other
        if (said := _OR_VALUES.match(reading.text[before.end:])) is not None:
            numbers.append(_value(said[1]))
        if name and len(numbers) > 1 and _follow(numbers):
            yield from (Listed((name,), first, numbers[-1], span, start) for start in starts)


def _in_words(reading: Reading, trees: Sequence[tuple[Span, Node]]) -> Iterator[Listed]:
    """An index alone, with words behind it."""
    for span, tree in trees:
        name = _single(tree)
        if name is not None and (text := index_text(unwrapped(name))) and (
                said := _SAID.match(reading.text[span.end:])) is not None:
            first, last = _value(said[1]), _value(said[3])
            listed = [_value(v) for v in re.findall(_VALUE, said[0][said.start(1) - said.start():], re.IGNORECASE)]
            if first < last and (said[2] is None or _follow(listed)):
                yield Listed((text,), first, last, span)


def _line(reading: Reading, chain: Node) -> Line | None:
    """The line of an equation of two sides."""
    sides = [p for p in chain.nodes if p.kind != "relation"]
    return next((line for line in reading.lines if line.first and line.relation in EQUALS and line.left is sides[0]
                 and len(sides) == 2), None)


def _alone(reading: Reading, tree: Node) -> Line | None:
    """The line that a formula is, if it is one equation."""
    only = _single(tree)
    return None if only is None or only.kind != "chain" else _line(reading, only)


def _single(tree: Node) -> Node | None:
    """What a formula is that is no list."""
    parts = [n for n in tree.nodes[0].nodes if n != EMPTY] if len(tree.nodes) == 1 else []
    return parts[0] if len(parts) == 1 else None


def _number(node: Node) -> int | None:
    return int(node.head) if node.kind == "number" and node.head.isdigit() else None


def _value(text: str) -> int:
    return int(text) if text.isdigit() else WORDS[text.lower()]


def _follow(numbers: Sequence[int | None]) -> bool:
    """Whether whole numbers follow each other."""
    return numbers[0] is not None and list(numbers) == list(range(numbers[0], numbers[0] + len(numbers)))
