"""Equations that stand apart in the text of a display, on lines of their own, without a sign between them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from symcnn.document.reading.forms import differentials, second_differentials
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import written


def in_rows(chain: Node) -> Iterator[Node | Token]:
    """The sides and relations of a chain; of a side, the name at the head of a new line of text stands apart.

    A = B behind which, in the next line, C = D stands without a sign between them are two equations, not A = B C = D.
    """
    parts = chain.parts
    start = parts[0]
    for place, part in enumerate(parts):
        if place and place + 1 == len(parts) and isinstance(part, Node) and (
                last := _at_new_line(part)) is not None and _is_boxed_equation(last[1]):
            yield last[0]
            yield Token("gap", "", last[1].start)
            yield last[1]
            continue
        apart = _at_new_line(part) if place and place + 2 < len(parts) and isinstance(part, Node) else None
        if apart is None or not isinstance(parts[place + 2], Node):
            yield part
            continue
        side, name = apart
        if not _begins_an_equation(name, side, _on_this_line(parts[place + 2:])) or _goes_on(start, name):
            yield part
            continue
        start = name
        yield side
        yield Token("gap", "", name.start)
        yield name


def _begins_an_equation(head: Node, before: Node, behind: Sequence[str]) -> bool:
    """Whether what begins a line of text is the left side of an equation, and no factor of what stands before it."""
    said = "".join(behind)
    if before.kind == "number" and not before.head.strip("0."):
        return True  # = 0 ends what is set to zero
    if _is_slope(head):
        return not _is_slope(_last_factor(before)) and _text(head) not in said
    found = written(head.nodes[0] if head.kind == "product" else head)
    return found is not None and (_text(head) not in said if head.kind == "product" else found.stem not in behind)


def _is_slope(node: Node) -> bool:
    return differentials(node) is not None or (
        node.kind == "command" and len(node.nodes) == 2 and second_differentials(*node.nodes) is not None)


def _goes_on(start: Node | Token, head: Node) -> bool:
    """Whether a slope at the head of a line is the last step of a chain rule: ∂L/∂w = δ and ∂z/∂w in the next line."""
    first, here = (differentials(n) if isinstance(n, Node) else None for n in (start, head))
    return first is not None and here is not None and _text(first[1]) == _text(here[1]) and (
        _text(first[0]) != _text(here[0]))


def _last_factor(node: Node) -> Node:
    while node.kind in ("product", "sum", "sign", "big") and isinstance(node.parts[-1], Node):
        node = node.parts[-1]
    return node


def _at_new_line(node: Node) -> tuple[Node, Node] | None:
    """A side in two before its last factor, or a function of it, where this begins a line of the text."""
    last = node.parts[-1] if node.parts else None
    if node.kind not in ("product", "sum", "sign", "big") or not isinstance(last, Node) or len(node.parts) < 2:
        return None
    if node.kind != "product" or last.kind == "big" and node.parts[0].kind != "number":
        found = _at_new_line(last)
        return None if found is None else (Node(node.kind, (*node.parts[:-1], found[0])), found[1])
    before = node.parts[:-1]
    if last.kind == "group" and last.head in "([" and len(before) > 1 and isinstance(before[-1], Node):
        last, before = Node("product", (before[-1], last)), before[:-1]  # Var(y)
    first = next(last.tokens, None)
    if first is None or "\n" not in first.before or not isinstance(before[-1], Node) or before[-1] == EMPTY:
        return None
    return (before[0] if len(before) == 1 and isinstance(before[0], Node) else Node("product", before)), last


def _is_boxed_equation(node: Node) -> bool:
    """Whether a factor is a box around an equation, which is a result of its own."""
    return node.kind == "command" and node.head == r"\boxed" and any(
        n.kind == "chain" for inner in node.nodes for clause in inner.nodes for n in (clause, *clause.nodes))


def _on_this_line(behind: Sequence[Node | Token]) -> list[str]:
    """What stands in the rest of a chain up to where a line of text begins that is an equation, too."""
    tokens = [t for part in behind for t in (part.tokens if isinstance(part, Node) else (part,))]
    begins = [n for n, t in enumerate(tokens) if n and "\n" in t.before]
    for n, after in itertools.pairwise((*begins, len(tokens))):
        line = [t.text for t in tokens[n:after]]
        if "=" in line[1:] and (line[0][:1] == "\\" or line[0].isalpha()) and line[0] not in (r"\times", r"\cdot"):
            return [t.text for t in tokens[:n]]
    return [t.text for t in tokens]


def _text(node: Node) -> str:
    return "".join(t.text for t in node.tokens)
