"""Where the indices of arrays begin and end whose numbers a document writes out, Y = (4, −2; −1, 2) beside Y_{ij}."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.facts.dependence import Dependence
from symcnn.document.meaning.labels import family
from symcnn.document.meaning.matrices import Tables, as_vector, is_matrix
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.reading.forms import constant, identifier
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Axis, Expression, Read, Sum, walk
from symcnn.notation.polynomial import polynomial

Shape = tuple[int, ...]


def learn_arrays(subject: Dependence, lines: Iterable[Line]) -> None:
    """The axes of arrays that formulas read with two indices and of which the numbers are shown once.

    Where sums go up to a size that is a letter, the numbers are an example of that size, and say nothing in general.
    """
    lines = tuple(lines)
    shapes: dict[str, Shape | None] = {}
    for name, shape in _shown(subject, lines):
        shapes[name] = shape if shapes.get(name, shape) == shape else None
    sides = list(_sides(subject, lines)) if shapes else []
    if any(not p.is_constant for pair in sides for side in pair for n in walk(side) if isinstance(n, Sum)
           for r in n.ranges for p in (r.lower, r.upper) if p is not None and p.symbols - {r.variable}):
        return
    for left, right in sides:
        if isinstance(left, Read) and isinstance(right, Read) and left.indices == right.indices and (
                right.tensor.gradient_of is not None and left.tensor.name in shapes):
            shapes.setdefault(right.tensor.gradient_of[1], shapes[left.tensor.name])  # G_{ij} = ∂L/∂Y_{ij}
    known = {name: shape for name, shape in shapes.items() if shape is not None}
    bases = _first_indices(subject, known, [side for pair in sides for side in pair])
    if len(bases) != 1:
        return
    base = bases.pop()
    for name, shape in known.items():
        for place, length in enumerate(shape):
            if (name, place) not in subject.words.axes:
                subject.words.axes[name, place] = Axis(polynomial(base), polynomial(1), polynomial(base + length - 1))


def _shown(subject: Dependence, lines: Iterable[Line]) -> Iterator[tuple[str, Shape]]:
    """The names of arrays of numbers with their shapes, as often as they are shown."""
    for line in lines:
        shown = as_vector(line.right)
        if not line.first or line.relation not in EQUALS or not is_matrix(shown):
            continue
        tables = Tables(Meaning(subject.words, (line.left, line.right)))
        name = tables.name(line.left)
        arities = subject.words.others.get(family(identifier(name))) if name else None
        if arities not in (frozenset((1,)), frozenset((2,))):
            continue
        try:
            matrix = tables.written_out(shown)
        except SymcnnError:
            continue
        if all(constant(e) is not None for e in matrix.entries):
            if arities == frozenset((2,)):
                yield subject.words.tensor(identifier(name), 2).name, matrix.shape
            elif matrix.is_vector:
                yield subject.words.tensor(identifier(name), 1).name, (len(matrix.entries),)


def _sides(subject: Dependence, lines: Iterable[Line]) -> Iterator[tuple[Expression, Expression]]:
    """The sides of the lines that can be read."""
    for line in lines:
        meaning = Meaning(subject.words, (line.left, line.right))
        try:
            yield meaning.value(line.left), meaning.value(line.right)
        except SymcnnError:
            continue


def _first_indices(subject: Dependence, shapes: dict[str, Shape], sides: Sequence[Expression]) -> set[int]:
    """What speaks for the number with which the indices of arrays begin: sums over them, and entries at either end."""
    axes = [subject.words.axes.get((name, place)) for name, shape in shapes.items() for place in range(len(shape))]
    bases = {int(a.base.constant) for a in axes if a is not None and a.base is not None and a.base.is_constant}
    for read in (n for side in sides for n in walk(side) if isinstance(n, Read)):
        name = read.tensor.gradient_of[1] if read.tensor.gradient_of else read.tensor.name
        for index, length in zip(read.indices, shapes.get(name, ()), strict=False):
            if index.is_constant and int(index.constant) in (0, length):
                bases.add(int(index.constant) and 1)
    return bases
