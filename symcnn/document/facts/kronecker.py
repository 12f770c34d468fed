"""δ_{ij} as 1 for i = j and 0 otherwise, where nothing says so but how it is used: p_i (δ_{ij} − p_j)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symcnn.document.claims.claims import Line
from symcnn.document.reading.forms import differential
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.written import Written, nodes, text_of, written

DELTA = "delta"


def is_kronecker(trees: Iterable[Node], lines: Sequence[Line]) -> bool:
    """Whether δ has two letters as its indices throughout, which count the same in a line, and no formula.

    They do if one name has either of them as its last index, as p has in p_i (δ_{ij} − p_j) and a in
    a_{ni} (δ_{ij} − a_{nj}), or if the line is about ∂p_i/∂z_j.
    """
    uses = [found for tree in trees for node in nodes(tree) if (found := _delta(node)) is not None]
    if not uses or any(_pair(found) is None for found in uses):
        return False
    if any(line.first and (found := written(line.left)) is not None and found.stem == DELTA for line in lines):
        return False
    return any(_count_alike(pair, (line.left, line.right)) for line in lines for side in (line.left, line.right)
               for node in nodes(side) if (found := _delta(node)) is not None and (pair := _pair(found)))


def _delta(node: Node) -> Written | None:
    """δ with its scripts, or alone where no scripts are around it."""
    found = written(node) if node.kind in ("scripts", "index") else None
    return found if found is not None and found.stem == DELTA else None


def _pair(found: Written) -> tuple[str, ...] | None:
    """The two letters that δ has as its indices; None where it has others, or more than indices."""
    letters = tuple(text_of(i).strip() for i in found.lower)
    plain = len(set(letters)) == 2 and all(len(x) == 1 and x.isalpha() for x in letters)
    return letters if plain and not (found.upper or found.inside or found.primes) else None


def _count_alike(pair: tuple[str, ...], sides: Iterable[Node]) -> bool:
    alone: dict[str, set[str]] = {}
    for node in (n for side in sides for n in nodes(side)):
        found = written(node) if node.kind == "scripts" else None
        if found is not None and found.lower and found.stem != DELTA:
            *others, last = (text_of(i).strip() for i in found.lower)
            alone.setdefault(" ".join((found.stem, *others)), set()).add(last)
        if node.kind == "command" and node.head.endswith("frac"):
            above, below = (differential(n) for n in node.nodes[:2])
            if above not in (None, EMPTY) and below not in (None, EMPTY) and [_index(above), _index(below)] in (
                    list(pair), list(pair[::-1])):
                return True
    return any(set(pair) <= letters for letters in alone.values())


def _index(node: Node | None) -> str:
    found = written(node) if node is not None else None
    return text_of(found.lower[-1]).strip() if found is not None and found.lower else ""
