"""What sums say of the names in them: below which ones an index stands, and that a document convolves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from symcnn.document.reading.node import Node
from symcnn.document.reading.written import items, nodes, scripts_of, text_of, unwrapped, written


def summed_below(trees: Iterable[Node]) -> Iterator[str]:
    """The letters that stand below a name in a sum over them: the a of Σ_a w_a x_{i+a}, also where a_i is a name."""
    for node in (n for tree in trees for n in _sums(tree)):
        below = {text_of(i) for n in nodes(node.nodes[1]) if n.kind == "scripts"
                 and (found := written(n)) is not None for i in found.lower}
        yield from {letter.lstrip("\\") for letter in _letters(node)} & below


def convolves(tree: Node) -> bool:
    """Whether there is the formula of a convolution in it, Σ_k w_k x_{t-k}."""
    for node in _sums(tree):
        reads = [found for n in nodes(node.nodes[1]) if n.kind in ("scripts", "index")
                 and (found := written(n)) is not None]
        used = [unwrapped(i) for read in reads for script in (*read.lower, *read.inside) for i in items(script)]
        alone = {i.head for i in used if i.kind == "name"} & _letters(node)
        if alone & {n.head for i in used if i.kind == "sum" for n in nodes(i) if n.kind == "name"}:
            return True
    return False


def _sums(tree: Node) -> Iterator[Node]:
    yield from (n for n in nodes(tree) if n.kind == "big" and n.nodes[0].kind == "scripts")


def _letters(node: Node) -> set[str]:
    """What stands below the sign of a sum."""
    return {t.text for mark, script in scripts_of(node.nodes[0]) if mark == "_" and script is not None
            for t in script.tokens if t.text.lstrip("\\").isalpha()}
