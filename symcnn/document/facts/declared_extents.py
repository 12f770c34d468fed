r"""How long vectors are of which a document also uses the length as a number: x ∈ \mathbb{R}^m beside 1/m."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from symcnn.document.claims.claims import Line
from symcnn.document.claims.of_vectors import is_ones
from symcnn.document.facts.dependence import Dependence
from symcnn.document.facts.ranges import COUNTS
from symcnn.document.meaning.labels import family
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.whole import Layout
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import nodes, scripts_of, text_of, unwrapped, written
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Axis
from symcnn.notation.polynomial import Symbol, polynomial


def learn_extents(subject: Dependence, lines: Iterable[Line], layouts: Sequence[Layout]) -> set[str]:
    """The ranges of whole vectors and matrices whose declared lengths stand in formulas as numbers beside sums of ones.

    Returns the letters that may be such a length, and of which nothing says so.
    """
    lines = tuple(lines)
    declared: list[tuple[str, int, list[str]]] = []
    for line in lines if layouts else ():
        found = written(line.left) if line.relation == "∈" else None
        right = unwrapped(line.right)
        power = next((s for mark, s in scripts_of(right) if mark == "^" and s is not None), None) if (
            right.kind == "scripts" and text_of(right.nodes[0]).strip()[-1:] in ("R", "ℝ")) else None
        if found is None or power is None:
            continue
        with suppress(SymcnnError):
            place, _ = Meaning(subject.words, (line.left,)).place(found)
            lengths = [t.text for t in power.tokens if t.text not in (r"\times", "×", "{", "}")]
            if layouts[0].axes.get((family(place.name), len(place.indices))) == len(lengths):
                declared.append((place.name, len(place.indices), lengths))
    ones = any(is_ones(n) for line in lines for side in (line.left, line.right) for n in nodes(side))
    if not ones:
        return set()
    numbers = {n for line in lines if line.relation != "∈" for side in (line.left, line.right) for n in _numbers(side)}
    for name, written_indices, lengths in declared:
        tensor = subject.words.tensor(name, written_indices + len(lengths))
        for n, length in enumerate(lengths):
            if length in numbers and length.isalpha():
                size = polynomial(Symbol(length, 1))
                base = next((a.base for a in subject.words.axes.values() if a.extent == size), polynomial(1))
                assert base is not None
                subject.words.sizes.add(length)
                subject.words.axes.setdefault((tensor.name, written_indices + n),
                                              Axis(base, polynomial(1), base + size - 1))
    known = {s.name for axis in subject.words.axes.values() for s in axis.symbols}
    return numbers & COUNTS - known


def _numbers(side: Node) -> set[str]:
    """The letters that stand in a side as numbers, outside of scripts."""
    found = written(side)
    if found is not None:
        return {found.stem} if unwrapped(side).kind == "name" else set()
    inner = side.nodes[:1] if side.kind in ("scripts", "index", "big") else side.nodes
    if side.kind == "big":
        inner = side.nodes[1:]
    return {text for node in inner for text in _numbers(node)}
