r"""Letters that stand for two things, one of them set in bold type: the target \mathbf{t} beside the step t of m_t.

Most documents set the same vector in bold type here and in plain type there. The letter is another name in bold type
only where the plain one counts or is a sign: it stands in an index, a bound or an exponent, or in d/dx or Wᵀ, and has
no index itself.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from symcnn.document.claims.names import BOLD
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import Written, nodes, unwrapped

SIGNS = frozenset("dT")
"""Letters that are signs in plain type: of a differential, and of a transposition."""


def bold_apart(trees: Iterable[Node]) -> set[str]:
    """The letters that are names of their own in bold type, for which `set_apart` is to be called on every tree."""
    trees = list(trees)
    bold = {letter for tree in trees for n in nodes(tree) if (letter := _in_bold(n))}
    counting, entries, in_index = set(SIGNS), set(), set()
    for tree in trees if bold else ():
        for node, within in _letters(tree, False):
            if letter := _in_bold(node):
                in_index |= {letter} if within else set()
            elif node.kind == "name":
                counting |= {node.head} if within else set()
            else:
                entries.add(node.nodes[0].head)
    return bold & counting - entries - in_index


def set_apart(tree: Node, letters: Container[str]) -> Node:
    """The tree, in which these letters in bold type are names of their own."""
    for node in nodes(tree) if letters else ():
        if (letter := _in_bold(node)) in letters:
            node.__dict__["written"] = Written(f"{letter}_bold")
        elif node.nodes and "labelled" not in node.__dict__:
            node.__dict__.pop("written", None)  # what is written around such a name
    return tree


def _in_bold(node: Node) -> str:
    """The one letter that a node sets in bold type; empty for anything else."""
    inner = unwrapped(node.nodes[0]) if node.kind == "command" and node.head in BOLD and node.nodes else None
    return inner.head if inner is not None and inner.kind == "name" and len(inner.head) == 1 else ""


def _letters(node: Node, within: bool) -> Iterator[tuple[Node, bool]]:
    """Letters in bold and in plain type, and whether they stand in a script; letters with an index below them."""
    if _in_bold(node) or node.kind == "name":
        yield node, within
        return
    if node.kind in ("scripts", "index"):
        base, *scripts = node.nodes
        if base.kind == "name" and (node.kind == "index" or any(p.text == "_" for p in node.parts
                                                                  if not isinstance(p, Node))):
            yield node, within
        else:
            yield from _letters(base, within)
        power = base.kind == "name" and base.head == "e"  # e^{-z} does not count z
        for script in scripts:
            yield from _letters(script, not power)
        return
    for part in node.nodes:
        yield from _letters(part, within)
