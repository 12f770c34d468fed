r"""Sets of indices that a document names: I(p) = \{ (i, a) : i + a = p, 0 ≤ a < K \}, over which it sums."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from symcnn.document.claims.claims import relation_name
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import index_text, items, nodes, text_of, unwrapped, written

SIGNS = frozenset(("=", "≠", "<", "≤", ">", "≥"))
BETWEEN = frozenset((":", "|", r"\mid", r"\colon", r"\vert"))


@dataclass(frozen=True)
class IndexSet:
    """What the set depends on, the indices in it, and the relations (left, sign, right) that these keep."""

    parameters: tuple[str, ...]
    variables: tuple[str, ...]
    relations: tuple[tuple[Node, str, Node], ...]


def index_sets(trees: Iterable[Node]) -> dict[str, IndexSet]:
    """The sets of indices of a document by their names."""
    found = {}
    for chain in (n for tree in trees for n in nodes(tree) if n.kind == "chain" and len(n.nodes) == 3):
        name, sign, group = chain.nodes
        called = set_called(name)
        if called is None or relation_name(sign) not in ("=", ":=") or group.kind != "group" or (
                group.head not in (r"\{", r"\lbrace")) or len(group.nodes) != 1:
            continue
        parameters = tuple(map(index_text, called[1]))
        made = _described(group.nodes[0])
        if made is not None and all(parameters):
            found[called[0]] = IndexSet(parameters, *made)
    return found


def set_called(node: Node) -> tuple[str, tuple[Node, ...]] | None:
    """The name of a set and what stands in parentheses behind it; None for anything else."""
    if node.kind == "product" and len(node.parts) == len(node.nodes) == 2 and node.nodes[1].kind == "group" and (
            node.nodes[1].head == "("):
        name = written(node.nodes[0])
        return None if name is None or name.lower or name.upper else (name.stem, items(node.nodes[1]))
    name = written(node)
    return None if name is None or name.upper else (name.stem, (*name.lower, *name.inside))


def _described(clauses: Node) -> tuple[tuple[str, ...], tuple[tuple[Node, str, Node], ...]] | None:
    parts = list(clauses.nodes)
    if not parts:
        return None
    first, rest = parts[0], parts[1:]
    if first.kind == "chain" and len(first.nodes) >= 3 and text_of(first.nodes[1]).strip() in BETWEEN:
        first, rest = first.nodes[0], [Node("chain", first.parts[2:]), *rest]
    elif not any(isinstance(p, Token) and p.text in BETWEEN for p in clauses.parts[:2]):
        return None
    variables = tuple(map(index_text, items(unwrapped(first))))
    relations = [r for chain in rest for r in _relations(chain)]
    if not all(variables) or not relations or any(chain.kind != "chain" for chain in rest) or any(
            sign not in SIGNS for _, sign, _ in relations):
        return None
    return variables, tuple(relations)


def _relations(chain: Node) -> Iterator[tuple[Node, str, Node]]:
    sides = [n for n in chain.nodes if n.kind != "relation"]
    signs = [relation_name(n) for n in chain.nodes if n.kind == "relation"]
    for (left, right), sign in zip(itertools.pairwise(sides), signs, strict=False):
        yield left, sign, right
