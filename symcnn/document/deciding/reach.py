"""How far a sum reaches: in Σ_i a_i + b_i the terms behind it have its index, and may be meant to be summed, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symcnn.document.claims.claims import EQUALS, Line, Reading
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import index_text, items, nodes, scripts_of, unwrapped, written


def with_whole_definitions(reading: Reading) -> Reading:
    """The document with its sums over all terms behind them where a line says so what a name is.

    ℓ(θ) = Σ_i y_i log p_i + (1 − y_i) log (1 − p_i) would mean nothing otherwise, as ℓ has no index.
    """
    lines: list[Line] = []
    for before, line in zip((None, *reading.lines), reading.lines, strict=False):
        if before is not None and line.left is before.right and lines[-1].right is not before.right:
            line = replace(line, left=lines[-1].right)
        if line.first and line.relation in EQUALS and _has_no_index(line.left) and (
                longer := _with_longer_sum(line.right)) is not None:
            line = replace(line, right=longer)
        lines.append(line)
    return replace(reading, lines=lines)


def _has_no_index(side: Node) -> bool:
    """Whether a side is a name without scripts, or a function of such names."""
    names = [n for n in nodes(side) if written(n) is not None]
    called = side.kind == "product" and len(side.parts) == 2 and side.parts[-1].kind == "group"
    return (written(side) is not None or called) and bool(names) and all(
        w is not None and not (w.lower or w.upper or w.inside) for w in map(written, names))


def with_longer_sums(line: Line) -> Line:
    """The line with such sums over all terms behind them."""
    left, right = (_with_longer_sum(side) or side for side in (line.left, line.right))
    return line if left is line.left and right is line.right else replace(line, left=left, right=right)


def _with_longer_sum(side: Node) -> Node | None:
    """The side with its first sum over all terms behind it; None where these do not have an index of the sum."""
    if side.kind != "sum":
        return None
    for place, part in enumerate(side.parts):
        behind = side.parts[place + 1:]
        if not isinstance(part, Node) or not behind:
            continue
        letters = _letters(part)
        if letters and letters & {text for n in behind if isinstance(n, Node) for text in _indices(n)}:
            longer = _longer(part, behind)
            return longer if not place else Node("sum", (*side.parts[:place], longer))
    return None


def _letters(term: Node) -> set[str]:
    """The letters that the sum at the end of a term is over."""
    last = term.parts[-1] if term.kind in ("product", "sign") else term
    if not isinstance(last, Node):
        return set()
    if last.kind != "big":
        return _letters(last) if last is not term and last.kind in ("product", "sign") else set()
    lower = next((s for mark, s in scripts_of(last.nodes[0]) if mark == "_" and s is not None), None) if (
        last.nodes[0].kind == "scripts") else None
    return set() if lower is None else {n.head for n in nodes(lower) if n.kind == "name"}


def _indices(term: Node) -> set[str]:
    """The letters in the indices of a term outside of its own sums."""
    if term.kind == "big":
        return set()
    found = written(term)
    if found is not None:
        above = found.upper if found.upper_in_parentheses else ()
        return {index_text(unwrapped(i)) for script in (*found.lower, *above, *found.inside) for i in items(script)}
    return {text for n in term.nodes for text in _indices(n)}


def _longer(term: Node, behind: Sequence[Node | Token]) -> Node:
    last = term.parts[-1]
    if term.kind == "big":
        return Node("big", (term.nodes[0], Node("sum", (term.nodes[1], *behind))))
    assert isinstance(last, Node)
    return Node(term.kind, (*term.parts[:-1], _longer(last, behind)))
