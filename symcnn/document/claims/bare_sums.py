r"""Sums that do not say over what they go, \frac{1}{n} \sum (y_i - t_i)^2: over the one index that only they have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from symcnn.document.claims.claims import Line
from symcnn.document.reading.node import Node
from symcnn.document.reading.tree import read
from symcnn.document.reading.written import nodes, text_of, written
from symcnn.errors import SymcnnError

SIGNS = (r"\sum", "∑")
INDICES = frozenset("ijklmnst")
"""Letters that are indices below a name, also where the document sums over none of them."""


def index_bare_sums(trees: Iterable[Node], lines: Iterable[Line]) -> None:
    """Let the sums without an index in these formulas stand for sums over the one that their summand has.

    An index on the left of the equation is none of theirs. Where the summand has several or none, the sum stays as
    it is. What it stands for is kept in the node.
    """
    for chain in (n for tree in trees for n in nodes(tree) if n.kind == "chain"):
        index_sums(chain, chain.nodes[0])
    begins: Node | None = None
    for line in lines:  # their sides may be others than those in the trees
        begins = line.left if line.first or begins is None else begins
        for side in (line.left, line.right):
            index_sums(side, begins)


def index_sums(node: Node, left: Node) -> None:
    """The same for one formula beside the left side of its equation."""
    bare = list(_bare_sums(node))
    outer = set().union(*map(_letters, _outside(left))) if bare else set()
    for total in bare:
        letters = _letters(total.nodes[1]) - outer
        if len(letters) == 1 and not any(n.kind == "big" for n in nodes(total.nodes[1])):
            text = str(total)
            sign = next(s for s in SIGNS if s in text)
            with suppress(SymcnnError, IndexError):
                total.__dict__["meant"] = read(
                    text.replace(sign, rf"{sign}_{{{letters.pop()}}} ", 1)).nodes[0].nodes[0]


def _bare_sums(node: Node) -> Iterator[Node]:
    """The sums without scripts in a formula that stand in no other sum."""
    if node.kind == "big":
        if node.nodes[0].kind == "symbol" and node.nodes[0].head in SIGNS and "meant" not in node.__dict__:
            yield node
        return
    for part in node.nodes:
        yield from _bare_sums(part)


def _outside(node: Node) -> Iterator[Node]:
    """The names of a formula that stand in no sum."""
    if node.kind != "big":
        yield from (node,) if node.kind == "scripts" else ()
        for part in node.nodes:
            yield from _outside(part)


def _letters(node: Node) -> set[str]:
    """The letters that are indices in a formula: below its names, and of samples above them, x^{(i)}."""
    found = [w for n in nodes(node) if n.kind == "scripts" and (w := written(n)) is not None]
    return {letter for w in found for place in (*w.lower, *w.inside, *(w.upper if w.upper_in_parentheses else ()))
            for n in nodes(place) if (letter := text_of(n).strip("() ")) in INDICES}
