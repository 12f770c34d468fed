"""Sizes and indices told apart by one letter below: K_h × K_w kernels, n_H rows, channels c_i and c_o.

The letter is a label, and no index, of a name that stands where only whole numbers do, in a bound or an index: a
capital letter; one of a pair for the two directions of an image; one that no formula has as an index; or whatever
stands below a name that a sum goes over. Of y_i, the class of sample i, it is an index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from symcnn.document.reading.forms import AVERAGES, differentials
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import (
    Written, is_integral, is_transposition, items, nodes, scripts_of, text_of, unwrapped, written,
)

Name = tuple[str, str]
"""A letter and the one below it."""
PAIRS = (("h", "w"), ("H", "W"), ("x", "y"))
COUNTS = frozenset("cdfijkmnopq")
"""Letters for channels, features and positions, which stand as indices themselves."""


def labelled_sizes(trees: Iterable[Node]) -> set[Name]:
    """Such names with the letters below them, which `label` lets belong to them."""
    trees = list(trees)
    here = [n for tree in trees for n in nodes(tree)]
    bound, written_so = set(_bound(here)), {name for n in here if (name := _name(n)) is not None}
    within = set(_within(here)) | bound
    written_so |= within
    if not within:
        return set()
    differentiated = {name for n in here if (found := differentials(n)) is not None and (
        name := _name(unwrapped(found[1]))) is not None}
    indices = {text_of(i).strip() for n in here if n.kind in ("scripts", "index") and (w := written(n)) is not None
               for i in (*w.lower, *w.inside) if _name(n) is None}
    return {name for name in within - differentiated if name in bound or name[1].isupper() or _is_of_pair(
        name, written_so) or name[1] not in indices}


def label(tree: Node, labelled: set[Name]) -> Node:
    """The tree, in which the letter below such a name belongs to it."""
    for node in nodes(tree) if labelled else ():
        name = _name(node)
        if name in labelled and name is not None:
            kept = written(node) or Written("")
            node.__dict__.update(written=replace(kept, stem="_".join(name), lower=()), labelled=True)
        elif (parts := _split(node, labelled)) is not None:
            node.__dict__["factors"] = parts
    return tree


def _name(node: Node) -> Name | None:
    """K and h of K_h; None for anything else."""
    if node.kind != "scripts" or node.nodes[0].kind != "name" or len(node.nodes[0].head) != 1:
        return None
    lower = _letter_below(node)
    return None if lower is None else (node.nodes[0].head, lower)


def _letter_below(node: Node) -> str | None:
    """The one letter below a name, which may have a layer above it, n_H^{[l]}; None for anything else."""
    below = [unwrapped(s) for mark, s in scripts_of(node) if mark == "_" and s is not None]
    above = [s for mark, s in scripts_of(node) if mark != "_"]
    return below[0].head if len(below) == 1 and below[0].kind == "name" and len(below[0].head) == 1 and all(
        s is not None and not is_transposition(s) for s in above) else None


def _split(node: Node, labelled: set[Name]) -> tuple[Node, ...] | None:
    """The factors of i S_h, written without a gap; None for anything else."""
    base = node.nodes[0] if node.kind == "scripts" else node
    if node.kind != "scripts" or base.kind != "name" or not base.head.isalpha() or len(base.head) < 2 or (
            (lower := _letter_below(node)) is None) or (base.head[-1], lower) not in labelled:
        return None
    (token,) = base.tokens
    *first, last = (Node("name", (Token("word", c, token.start + n),)) for n, c in enumerate(base.head))
    size = Node("scripts", (last, *node.parts[1:]))
    size.__dict__.update(written=Written(f"{base.head[-1]}_{lower}"), labelled=True)
    return (*first, size)


def _signs(here: Iterable[Node]) -> Iterator[tuple[str, Node]]:
    """What stands below and above the signs of sums and the like."""
    for node in here:
        if node.kind == "big" and node.nodes[0].kind == "scripts" and not is_integral(node):
            yield from ((mark, s) for mark, s in scripts_of(node.nodes[0]) if s is not None)


def _bound(here: Iterable[Node]) -> Iterator[Name]:
    """The names that sums go over: c_i of Σ_{c_i} and of Σ_{c_i=1}^C."""
    for mark, script in _signs(here):
        under = unwrapped(script)
        for part in ([n for clause in under.nodes for n in clause.nodes] or [under] if mark == "_" else ()):
            first = part.nodes[0] if part.kind == "chain" and part.nodes else part
            yield from (name for i in items(first) if (name := _name(unwrapped(i))) is not None)


def _within(here: Iterable[Node]) -> Iterator[Name]:
    """The names that stand in bounds and in indices."""
    for _, script in _signs(here):
        yield from _names_of_numbers(script, alone=True)
    counted: dict[Name, int] = defaultdict(int)
    for node in here:
        found = written(node) if node.kind in ("scripts", "index") else None
        average = found is not None and found.stem in AVERAGES
        for item in (*found.lower, *(() if average else found.inside)) if found is not None else ():
            yield from _names_of_numbers(item, alone=False)
            if (name := _name(unwrapped(item))) is not None and name[0] in COUNTS and (
                    len(found.lower) + len(found.inside) > 1 if found is not None else False):
                counted[name] += 1
    yield from counted


def _names_of_numbers(node: Node, *, alone: bool) -> Iterator[Name]:
    """The names in a formula for a whole number; `alone` says that it may be one of them, and nothing else."""
    for part in nodes(node):
        if (part is not unwrapped(node) or alone) and (name := _name(part)) is not None:
            yield name
        elif part.kind == "scripts" and part.nodes[0].kind == "name" and part.nodes[0].head.isalpha() and (
                len(part.nodes[0].head) > 1 and (lower := _letter_below(part)) is not None):
            yield part.nodes[0].head[-1], lower  # i S_h


def _is_of_pair(name: Name, written_so: set[Name]) -> bool:
    """Whether a name has a twin for the other direction: K_h beside K_w."""
    return any(name[1] in pair and all((name[0], letter) in written_so or (name[0], letter) == name
                                       for letter in pair) for pair in PAIRS)
