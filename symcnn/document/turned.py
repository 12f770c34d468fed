"""Kernels that are shown for one and the same gradient: all of them turned round, or none."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import Line, Reading
from symcnn.document.displayed.entrywise import cells_of_matrix
from symcnn.document.facts.known import Decision
from symcnn.document.meaning.matrices import is_matrix
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import nodes, written
from symcnn.document.repair.edits import plain_text, with_edits
from symcnn.verdict import Verdict

KERNEL = re.compile(r"\b(?:kernel|filter)s?\b", re.IGNORECASE)
GRADIENT = re.compile(r"\\partial|∂|\\nabla|∇|gradient", re.IGNORECASE)
PADDED = re.compile(r"\bpad(?:ded|ding)?\b|\bfull\b", re.IGNORECASE)
OTHERWISE = re.compile(r"origin|forward|stand|flip|turn|rotat|revers|mirror|unlike|instead|whereas|while|from|of the"
                       r"|not\b", re.IGNORECASE)
"""Words between two kernels by which the second may be meant to stand as it is."""
REACH, BETWEEN, SHORT = 500, 160, 16
"""So many characters before a first kernel say what it is for, so many at most are between two of them, so few need no
word."""


def unturned(reading: Reading) -> Iterator[tuple[Line, Decision]]:
    """Kernels that stand as they are beside one that is turned round, for the same padded gradient."""
    for group in _groups(reading):
        directions = [_direction(_matrix(line.left)) for line in group]
        before = reading.text[max(0, group[0].span.start - REACH):group[-1].span.start]
        if not (GRADIENT.search(before) and PADDED.search(before)) or directions[0] != -1:
            continue
        turned = [other for other, d in zip(group, directions, strict=True) if d == -1]
        for last, line in itertools.pairwise(group):
            between = reading.text[last.span.end:line.span.start]
            if line not in turned and not OTHERWISE.search(between) and not any(
                    _entries(line) & _entries(other) for other in turned):
                yield line, _decided(line)


def _groups(reading: Reading) -> Iterator[list[Line]]:
    """Matrices that follow one another with the word kernel before the first, or before each of them."""
    group: list[Line] = []
    for line in reading.displays:
        last = group[-1] if group else None
        between = reading.text[last.span.end:line.span.start] if last is not None else ""
        begins = reading.text[max(0, line.span.start - BETWEEN):line.span.start]
        if last is not None and len(between) <= BETWEEN and _direction(_matrix(line.left)) is not None and (
                _shape(line) == _shape(last)) and (KERNEL.search(between) or len(between.strip(" $\n,;")) <= SHORT):
            group.append(line)
            continue
        if len(group) > 1:
            yield group
        group = [line] if KERNEL.search(begins) and _direction(_matrix(line.left)) is not None else []
    if len(group) > 1:
        yield group


def _matrix(side: Node) -> Node | None:
    return next((n for n in nodes(side) if n.kind == "rows" and is_matrix(n)), None)


def _entries(line: Line) -> set[str]:
    return {plain_text(cell) for row in _rows(_matrix(line.left)) for cell in row}


def _shape(line: Line) -> tuple[int, ...]:
    matrix = _matrix(line.left)
    return tuple(sorted(cells_of_matrix(matrix))[-1]) if matrix is not None else ()


def _direction(matrix: Node | None) -> int | None:
    """1 where every row has the entries 1, 2, … of one kernel, −1 where it has them backwards; None otherwise."""
    rows = _rows(matrix)
    found = set()
    for row in rows:
        names = [written(cell) for cell in row]
        if len(row) < 2 or any(n is None or len(n.lower) != 1 or n.lower[0].kind != "number" for n in names):
            return None
        places = [int(n.lower[0].head) for n in names if n is not None]
        if len({(n.stem, *(plain_text(u) for u in n.upper)) for n in names if n is not None}) != 1:
            return None
        steps = {b - a for a, b in itertools.pairwise(places)}
        if steps not in ({1}, {-1}) or min(places) not in (0, 1):
            return None
        found |= steps
    return found.pop() if len(found) == 1 else None


def _rows(matrix: Node | None) -> Sequence[Sequence[Node]]:
    cells = cells_of_matrix(matrix) if matrix is not None else {}
    return [[cell for (_, _), cell in row] for _, row in itertools.groupby(sorted(
        cells.items(), key=lambda c: c[0]), key=lambda c: c[0][0])]


def _decided(line: Line) -> Decision:
    rows = _rows(_matrix(line.left))
    edits = [(cell.start, cell.end, plain_text(other)) for row in rows for cell, other in zip(
        row, reversed(row), strict=True)]
    first, last = plain_text(rows[0][0]), plain_text(rows[0][-1])
    return Decision(Verdict.REFUTED, "this kernel stands as it is, the one before it turned round: the padded gradient "
                                     f"meets {last} first where {first} belongs", "every entry",
                    counterexample=Counterexample({}, {}, {"the first entry of the gradient": 1}, first, last),
                    repair=with_edits(line.left, edits).strip())
