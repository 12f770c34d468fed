"""What sums say of the names in them: below which ones an index stands, and that a document convolves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from symcnn.document.reading.node import Node
from symcnn.document.reading.written import Written, items, nodes, scripts_of, text_of, unwrapped, written


def summed_below(trees: Sequence[Node]) -> set[str]:
    """The letters that stand below a name in a sum over them: the a of Σ_a w_a x_{i+a}, also where a_i is a name.

    Not those that stand below other names, too, which no such sum reads: y of Σ_y p_y beside W_{hy}.
    """
    summed: dict[str, set[str]] = defaultdict(set)
    for node in (n for tree in trees for n in _sums(tree)):
        for letter in _letters(node):
            stems = {found.stem for found in _below(node.nodes[1]) if letter in map(text_of, found.lower)}
            if stems:
                summed[letter.lstrip("\\")] |= {found.stem for found in _below(node.nodes[1])}
    if not summed:
        return set()
    everywhere: dict[str, set[str]] = defaultdict(set)
    for found in (w for tree in trees for w in _below(tree)):
        for letter in {c for i in found.lower for c in text_of(i)} & summed.keys():
            everywhere[letter].add(found.stem)
    return {letter for letter, stems in summed.items() if everywhere[letter] <= stems}


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


def _below(node: Node) -> Iterator[Written]:
    """The names with something below them."""
    yield from (found for n in nodes(node) if n.kind == "scripts" and (found := written(n)) is not None and found.lower)
