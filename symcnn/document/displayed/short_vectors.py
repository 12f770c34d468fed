"""Vectors whose entries a line writes out by their numbers: w and x of wᵀx = w_1 x_1 + w_2 x_2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symcnn.document.claims.claims import Line
from symcnn.document.meaning.matrices import Matrix
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import Written, is_transposition, unwrapped, written
from symcnn.notation.expression import Read

MOST_ENTRIES = 12


def short_vectors(line: Line, meaning: Meaning) -> dict[str, Matrix]:
    """The columns of the entries of all vectors in a line whose name stands there and whose entries do, from 1 on.

    Empty where these are not all as long, or where a side is the name itself, which the line says something of.
    """
    entries: dict[str, dict[int, Written]] = {}
    whole: set[str] = set()
    for found in (name for side in (line.left, line.right) for name in _names(side)):
        if not found.lower and not found.inside:
            whole.add(found.stem)
        elif (number := _number_below(found)) is not None:
            entries.setdefault(found.stem, {})[number] = found
    own = {name.stem for side in (line.left, line.right) if (name := written(side)) is not None}
    short = sorted(whole & entries.keys() - meaning.names.indexed)
    numbers = {tuple(sorted(entries[stem])) for stem in short}
    if own & set(short) or len(numbers) != 1:
        return {}
    (places,) = numbers
    if not 1 < len(places) <= MOST_ENTRIES or places != tuple(range(1, len(places) + 1)):
        return {}
    columns = {}
    for stem in short:
        read = [meaning.place(replace(entries[stem][n], upper=()))[0] for n in places]
        if any(place.indices for place in read):
            return {}
        columns[stem] = Matrix(tuple((Read(meaning.words.tensor(place.name, 0), ()),) for place in read))
    return columns


def _number_below(found: Written) -> int | None:
    below = unwrapped(found.lower[0]) if len(found.lower) == 1 and not found.inside else None
    return int(below.head) if below is not None and below.kind == "number" and below.head.isdigit() else None


def _names(node: Node) -> Iterator[Written]:
    """The names in a side, without those in their scripts; a transposition is no part of a name."""
    found = written(node) if node.kind in ("name", "scripts", "index", "command") else None
    if found is not None:
        yield replace(found, upper=()) if found.upper and is_transposition(found.upper[-1]) else found
        return
    for part in node.nodes[:1] if node.kind == "scripts" else node.nodes:
        yield from _names(part)
