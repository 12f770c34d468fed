"""The small edits that people get wrong: candidates for what a wrong side was meant to be, the nearest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symcnn.document.names import Names, index_text, items, nodes, scripts_of, unwrapped, written
from symcnn.document.tree import Node

MOST_CANDIDATES = 400


def candidates(side: Node, other: Node, names: Names) -> Iterator[str]:
    """LaTeX of the side with one small edit each, without repetition.

    Another index, a sign, a number off by one, two indices exchanged, a sum that is missing, another name with
    as many indices, a factor, a square or root.
    """
    seen = {str(side)}
    for made in _edits(side, other, names):
        if made not in seen:
            seen.add(made)
            yield made
        if len(seen) > MOST_CANDIDATES:
            return


def _edits(side: Node, other: Node, names: Names) -> Iterator[str]:
    yield from _indices(side, other, names)
    yield from _signs(side)
    yield from _numbers(side)
    yield from _exchanged(side)
    yield from _missing_sums(side, other, names)
    yield from _names(side, other, names)
    yield from _factors(side)


def with_edits(side: Node, edits: Sequence[tuple[int, int, str]]) -> str:
    """The text of a side with pieces replaced; places are offsets into the document."""
    text, first = str(side), next(side.tokens)
    origin = first.start - len(first.before)
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start - origin] + new + text[end - origin:]
    return text


def _index_nodes(node: Node, names: Names) -> Iterator[Node]:
    """The plain indices of a side: in subscripts and brackets, and under the signs of sums."""
    for part in nodes(node):
        if part.kind == "big" and part.nodes[0].kind == "scripts":
            for mark, script in scripts_of(part.nodes[0]):
                if mark == "_" and script is not None:
                    under = unwrapped(script)
                    inside = [n for c in (under.nodes if under.kind == "braces" else ()) for n in c.nodes] or [under]
                    for one in inside:
                        yield from items(one.nodes[0] if one.kind == "chain" else one)
        found = written(part) if part.kind in ("scripts", "index") else None
        for item in (*found.lower, *found.inside) if found is not None else ():
            yield from (n for n in nodes(item) if n.kind in ("name", "scripts") and index_text(n))


def _indices(side: Node, other: Node, names: Names) -> Iterator[str]:
    """One index replaced by another one of the line: first only where it stands, then everywhere."""
    here = [n for n in _index_nodes(side, names) if index_text(n)]
    known = dict.fromkeys(index_text(n) for n in (*_index_nodes(other, names), *here))
    spelled = {index_text(n): "".join(t.text for t in n.tokens) for n in (*_index_nodes(other, names), *here)}
    for node in here:
        for name in known:
            if name != index_text(node):
                yield with_edits(side, [(node.start, node.end, spelled[name])])


def _signs(side: Node) -> Iterator[str]:
    for token in side.tokens:
        if token.text in ("+", "-"):
            yield with_edits(side, [(token.start, token.end, "-" if token.text == "+" else "+")])
    if not str(side).lstrip().startswith("-"):
        yield f"-({str(side).strip()})" if "+" in str(side) or "-" in str(side) else f"-{str(side).strip()}"
    else:
        yield str(side).lstrip()[1:]


def _numbers(side: Node) -> Iterator[str]:
    for token in side.tokens:
        if token.kind == "number" and token.text.isdigit() and len(token.text) < 6:
            for new in (abs(int(token.text) - 1), int(token.text) + 1, 2 * int(token.text)):
                if new > 0 or token.text != "1":
                    yield with_edits(side, [(token.start, token.end, str(new))])


def _exchanged(side: Node) -> Iterator[str]:
    """Two neighbouring indices of one name exchanged."""
    for part in nodes(side):
        found = written(part) if part.kind in ("scripts", "index") else None
        places = (*found.lower, *found.inside) if found is not None else ()
        for a, b in zip(places, places[1:], strict=False):
            first, second = ("".join(str(t) for t in n.tokens).strip() for n in (a, b))
            if first != second:
                yield with_edits(side, [(a.start, a.end, second), (b.start, b.end, first)])


def _missing_sums(side: Node, other: Node, names: Names) -> Iterator[str]:
    """A sum over an index that the other side does not have."""
    there = {index_text(n) for n in _index_nodes(other, names)}
    for name in dict.fromkeys(index_text(n) for n in _index_nodes(side, names)):
        if name not in there:
            spelled = next("".join(t.text for t in n.tokens) for n in _index_nodes(side, names)
                           if index_text(n) == name)
            yield rf"\sum_{{{spelled}}} " + str(side).strip()


def _names(side: Node, other: Node, names: Names) -> Iterator[str]:
    """A name replaced by another one that is written with as many indices in this document."""
    def count(node: Node) -> int:
        found = written(node)
        return len(found.lower) + len(found.inside) if found is not None else -1

    used = {found.stem: node for part in (side, other) for node in nodes(part)
            if node.kind in ("scripts", "index") and (found := written(node)) is not None}
    for node in nodes(side):
        mine = written(node) if node.kind in ("scripts", "index") else None
        if mine is None or not (mine.lower or mine.inside):
            continue
        base = next(node.tokens)
        if mine.stem != base.text.lstrip("\\"):
            continue
        for stem, example in used.items():
            spelled = next(example.tokens).text
            if stem != mine.stem and count(example) == count(node) and stem == spelled.lstrip("\\"):
                yield with_edits(side, [(base.start, base.end, spelled)])
        if f"d{mine.stem}" in names.stems:
            yield with_edits(side, [(base.start, base.end, f"d{base.text}")])


def _factors(side: Node) -> Iterator[str]:
    body = str(side).strip()
    whole = f"({body})" if any(t.text in "+-" for t in side.tokens) else body
    yield rf"2 {whole}"
    yield rf"\frac{{1}}{{2}} {whole}"
    yield rf"({body})^2"
    yield rf"\sqrt{{{body}}}"
