"""Numbers that are written with what they depend on: f(x, y) = x² y and J(w, b) say of f and J what f and J alone do.

They are read as names if the document gives them a formula so, or differentiates them so, and never writes another
list of names behind them, such as f(y, x), or one name alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set

from symcnn.document.reading.forms import differential
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import Written, is_call, nodes, unwrapped, written

SEPARATORS = (",", ";")


def arguments_of(group: Node) -> tuple[str, ...] | None:
    """The names in a list (x, y; w) without indices and each of them once; None for any other parentheses."""
    if group.kind != "group" or group.head != "(" or len(group.nodes) != 1 or group.nodes[0].kind != "clauses":
        return None
    parts = [p for p in group.nodes[0].parts if p != EMPTY]
    if any(p.text not in SEPARATORS for p in parts if isinstance(p, Token)):
        return None
    names = [written(unwrapped(p)) for p in parts if isinstance(p, Node)]
    stems = tuple(_called(w) for w in names if w is not None and not w.upper and not w.inside)
    return stems if len(set(stems)) == len(names) > 1 and all(stems) else None


def _called(name: Written) -> str:
    """A name with the number below it, if there is one; "" for a name with an index."""
    numbers = [unwrapped(i).head for i in name.lower if unwrapped(i).kind == "number"]
    return "_".join((name.stem, *numbers)) if len(numbers) == len(name.lower) else ""


def of_several(trees: Iterable[Node], index_names: Set[str]) -> set[str]:
    """The stems of the numbers that a document writes with what they depend on."""
    trees = list(trees)
    lists: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    other: set[str] = set()
    for name, group in _calls(trees):
        said = arguments_of(group)
        if said is not None and not index_names & set(said) and name == Written(name.stem) and name.stem not in said:
            lists[name.stem].append(said)
        elif said is not None or len(group.nodes) == len(group.nodes[0].parts) == 1 and is_call(group):
            other.add(name.stem)
    return {stem for stem, said in lists.items() if stem not in other and set(_stated(trees, stem))
            and all(_agree(one, said[0]) for one in said)}


def _agree(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two lists have the same names at the same places, where both have one."""
    return all(a == b for a, b in zip(one, other, strict=False))


def _calls(trees: Iterable[Node]) -> Iterator[tuple[Written, Node]]:
    """Names and the parentheses right behind them."""
    for node in (n for tree in trees for n in nodes(tree) if n.kind == "product"):
        for first, second in zip(node.parts, node.parts[1:], strict=False):
            if isinstance(first, Node) and isinstance(second, Node) and (name := written(first)) is not None:
                group = second.nodes[0] if second.kind == "scripts" else second
                if group.kind == "group" and group.head == "(" and group.nodes:
                    yield name, group


def _stated(trees: Iterable[Node], stem: str) -> Iterator[str]:
    """The name, for every chain that begins with it and its arguments, and every derivative of it with them."""
    for node in (n for tree in trees for n in nodes(tree)):
        head = node.nodes[0] if node.kind == "chain" and len(node.nodes) > 2 else differential(
            node.nodes[0]) if node.kind == "command" and node.head.endswith("frac") and len(node.nodes) == 2 else None
        if head is not None and head.kind == "product" and len(head.parts) == len(head.nodes) == 2 and (
                (name := written(head.nodes[0])) is not None and name.stem == stem) and (
                arguments_of(head.nodes[1]) is not None):
            yield stem
