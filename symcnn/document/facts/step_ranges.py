"""How far the steps of a sequence go: as far as the sums over them, Σ_{t=1}^T beside a_t = … h_{t-1}."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.facts.dependence import Dependence
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.whole import Layout, Whole
from symcnn.document.reading.written import nodes, unwrapped, written
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Axis, Binder, Expression, Read, walk


def learn_steps(subject: Dependence, lines: Iterable[Line], layouts: Iterable[Layout]) -> None:
    """The ranges of the names that are given for every step, and that no line reads at the step before or after."""
    lines = tuple(lines)
    letters = set(_counting(lines))
    if not letters:
        return
    ranges: dict[str, set[Axis]] = {}
    given: dict[tuple[str, int], str] = {}
    moved: set[tuple[str, int]] = set()
    for line in lines:
        for n, side in enumerate(_sides(subject, line, layouts)):
            for part in walk(side):
                if isinstance(part, Binder):
                    for r in part.ranges:
                        if r.variable.name in letters and r.lower is not None and r.upper is not None and all(
                                s.is_size for p in (r.lower, r.upper) for s in p.symbols):
                            ranges.setdefault(r.variable.name, set()).add(Axis(r.lower, r.coefficient, r.upper))
                if isinstance(part, Read) and part.tensor.gradient_of is None:
                    for place, index in enumerate(part.indices):
                        if index.as_symbol is None and {s.name for s in index.symbols} & letters or index.is_constant:
                            moved.add((part.tensor.name, place))
            if n == 0 and isinstance(side, Read) and side.tensor.gradient_of is None and line.relation in EQUALS:
                given |= {(side.tensor.name, place): i.as_symbol.name for place, i in enumerate(side.indices)
                          if i.as_symbol is not None and i.as_symbol.name in letters}
    for at, letter in given.items():
        if at not in moved and len(ranges.get(letter, ())) == 1:
            (axis,) = ranges[letter]
            subject.words.axes.setdefault(at, axis)


def _counting(lines: Iterable[Line]) -> Iterator[str]:
    """The letters with t − 1 in a subscript."""
    for node in (n for line in lines for side in (line.left, line.right) for n in nodes(side) if n.kind == "scripts"):
        name = written(node)
        for index in map(unwrapped, name.lower if name is not None else ()):
            parts = index.nodes
            if index.kind == "sum" and len(parts) == 2 and parts[0].kind == "name" and parts[1].kind == "number":
                yield parts[0].head


def _sides(subject: Dependence, line: Line, layouts: Iterable[Layout]) -> tuple[Expression, ...]:
    meaning = Meaning(subject.words, (line.left, line.right))
    for layout in layouts:
        with suppress(SymcnnError):
            return Whole(meaning, layout).sides(line.left, line.right)
        break
    with suppress(SymcnnError):
        return meaning.value(line.left), meaning.value(line.right)
    return ()
