"""Equations that stand apart in the text of a display, on lines of their own, without a sign between them."""

from __future__ import annotations

from collections.abc import Iterator

from symcnn.document.tokens import Token
from symcnn.document.tree import EMPTY, Node
from symcnn.document.written import written


def in_rows(chain: Node) -> Iterator[Node | Token]:
    """The sides and relations of a chain; of a side, the name at the head of a new line of text stands apart.

    A = B behind which, in the next line, C = D stands without a sign between them are two equations, not A = B C = D.
    """
    parts = chain.parts
    for place, part in enumerate(parts):
        apart = _at_new_line(part) if place and place + 2 < len(parts) and isinstance(part, Node) else None
        if apart is None or not isinstance(parts[place + 2], Node):
            yield part
            continue
        side, name = apart
        behind = [n for n in parts[place + 2:] if isinstance(n, Node)]
        said = {t.text for n in behind for t in n.tokens}
        found = written(name.nodes[0] if name.kind == "product" else name)
        if found is None or (_text(name) in "".join(map(_text, behind)) if name.kind == "product" else (
                found.stem in said)):
            yield part
            continue
        yield side
        yield Token("gap", "", name.start)
        yield name


def _at_new_line(node: Node) -> tuple[Node, Node] | None:
    """A side in two before its last factor, or a function of it, where this begins a line of the text."""
    last = node.parts[-1] if node.parts else None
    if node.kind not in ("product", "sum", "sign", "big") or not isinstance(last, Node) or len(node.parts) < 2:
        return None
    if node.kind != "product" or last.kind == "big":
        found = _at_new_line(last)
        return None if found is None else (Node(node.kind, (*node.parts[:-1], found[0])), found[1])
    before = node.parts[:-1]
    if last.kind == "group" and last.head in "([" and len(before) > 1 and isinstance(before[-1], Node):
        last, before = Node("product", (before[-1], last)), before[:-1]  # Var(y)
    first = next(last.tokens, None)
    if first is None or "\n" not in first.before or not isinstance(before[-1], Node) or before[-1] == EMPTY:
        return None
    return (before[0] if len(before) == 1 and isinstance(before[0], Node) else Node("product", before)), last


def _text(node: Node) -> str:
    return "".join(t.text for t in node.tokens)
