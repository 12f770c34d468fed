"""Edits of a formula as text: pieces replaced where they stand, and what is changed in more than one place at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from symcnn.document.names import items, nodes, scripts_of, unwrapped, written
from symcnn.document.tokens import Token
from symcnn.document.tree import Node

MOST_PAIRS = 12
"""So many pairs of edits of two kinds are tried at most."""


def with_edits(side: Node, edits: Sequence[tuple[int, int, str]]) -> str:
    """The text of a side with pieces replaced; places are offsets into the document."""
    text, begin = str(side), origin(side)
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start - begin] + new + text[end - begin:]
    return text


def text_of(node: Node) -> str:
    return "".join(str(t) for t in node.tokens).strip()


def places_in(node: Node) -> tuple[Node, ...]:
    """The indices of a name, for a node that is one."""
    found = written(node) if node.kind in ("scripts", "index") else None
    return (*found.lower, *found.inside) if found is not None else ()


def origin(side: Node) -> int:
    first = next(side.tokens)
    return first.start - len(first.before)


def under_sums(node: Node) -> Iterator[Node]:
    """The indices under the signs of sums."""
    for part in nodes(node):
        if part.kind == "big" and part.nodes[0].kind == "scripts":
            for mark, script in scripts_of(part.nodes[0]):
                if mark == "_" and script is not None:
                    under = unwrapped(script)
                    inside = [n for c in (under.nodes if under.kind == "braces" else ()) for n in c.nodes] or [under]
                    for one in inside:
                        yield from items(one.nodes[0] if one.kind == "chain" else one)


Edits = list[tuple[int, int, str]]
"""Pieces to be replaced: where each begins and ends, and what stands there then."""


def structural(side: Node) -> Iterator[str]:
    """A root too many, a sum too many, brackets left out, bounds of sums off by one, an index too many.

    First each alone, then two of different kinds.
    """
    kinds = [list(kind(side)) for kind in (_roots, _sums, _limits, _brackets, _without_index)]
    for made in kinds:
        yield from (with_edits(side, edits) for edits in made)
    for a, b in itertools.combinations(kinds, 2):
        for first, second in itertools.islice(itertools.product(a, b), MOST_PAIRS):
            if all(x[1] <= y[0] or y[1] <= x[0] for x in first for y in second):
                yield with_edits(side, first + second)


def _roots(side: Node) -> Iterator[Edits]:
    """What stands under a root, without it: all of them at once, then each."""
    found: list[Edits] = []
    for part in nodes(side):
        if part.kind == "command" and part.head in (r"\sqrt", "√") and len(part.nodes) == 1 and part.start >= 0:
            inner = part.nodes[0]
            opening, closing = ("(", ")") if inner.kind == "braces" else ("", "")
            begin, end = inner.start + len(opening), inner.end - len(closing)
            found.append([(part.start, begin, opening), (end, inner.end, closing)])
    if len(found) > 1:
        yield [e for edits in found for e in edits]
    yield from found


def _sums(side: Node) -> Iterator[Edits]:
    """What is summed, without the sign of the sum."""
    for part in nodes(side):
        if part.kind == "big" and part.nodes[0].head in (r"\sum", "∑") and part.start >= 0:
            head = part.nodes[0]
            yield [(head.start, head.end, "")]


def _limits(side: Node) -> Iterator[Edits]:
    """The upper bounds of the sums one less or one more: all of them at once, then each."""
    uppers = [script for part in nodes(side) if part.kind == "big" and part.nodes[0].kind == "scripts"
              for mark, script in scripts_of(part.nodes[0]) if mark == "^" and script is not None and script.start >= 0]
    for shift in ("-1", "+1"):
        found = [[(u.end - 1, u.end - 1, shift)] if u.kind == "braces" else [
            (u.start, u.end, f"{{{text_of(u)}{shift}}}")] for u in uppers]
        if len(found) > 1:
            yield [e for edits in found for e in edits]
        yield from found


def _brackets(side: Node) -> Iterator[Edits]:
    """A factor or a sum that should reach over the term behind it, too: a (b - c) for a b - c."""
    for part in nodes(side):
        if part.kind != "sum":
            continue
        terms = [n for n in part.nodes if n.start >= 0]
        for term, following in itertools.pairwise(terms):
            starts = [n.start for n in term.nodes[1:]] if term.kind == "product" else []
            inner = term if term.kind == "big" else term.nodes[-1] if term.kind == "product" else None
            if inner is not None and inner.kind == "big":
                starts.append(inner.nodes[-1].start)
            for start in starts:
                if start >= 0:
                    yield [(start, start, r"\left("), (following.end, following.end, r"\right)")]


def _without_index(side: Node) -> Iterator[Edits]:
    """A name without its lower index: δ for δ_j."""
    for part in nodes(side):
        if part.kind == "scripts" and part.nodes[0].kind in ("name", "command"):
            for mark, script in itertools.pairwise(part.parts):
                if isinstance(mark, Token) and mark.text == "_" and isinstance(script, Node) and script.start >= 0:
                    yield [(mark.start, script.end, "")]
