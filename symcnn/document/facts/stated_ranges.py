"""Which entries a name has, as a document says it apart from its sums.

Beside a formula, y_i = … for i = 0, …, n − k; in a list, s_1, …, s_n; and of an error with a name, as of its outputs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from symcnn.document.claims.claims import Line, Reading
from symcnn.document.facts.conditions import ranges_near
from symcnn.document.facts.dependence import Dependence
from symcnn.document.facts.listings import Listed, entries_listed
from symcnn.document.facts.ranges import both_sides, introduces
from symcnn.document.facts.stated import is_usual
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.reading.node import Node
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Axis, Read
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import tensors_in

Place = tuple[str, int]
"""A name and the number of one of its axes."""


def learn_stated_ranges(subject: Dependence, reading: Reading, lines: Iterable[Line], lists: Sequence[Listed]) -> None:
    """Where sums of other lines go over different ranges of a name, the one beside its formula is its range.

    One of these sums goes too far, or not far enough. Nothing is taken from a recurrence, whose steps begin before.
    """
    for at, axis in _listed(subject, [tree for _, tree in reading.spans if isinstance(tree, Node)]):
        known = subject.words.axes.get(at)
        if at in subject.words.read_off and known is not None and known != axis and _holds(axis, known):
            subject.words.axes[at] = axis
            subject.words.read_off -= {at}
    said: dict[Place, set[Axis]] = {}
    errors: list[tuple[Place, int, Place]] = []
    formulas: set[str] = set()
    for line in lines:
        if not introduces(subject, line) or (sides := both_sides(subject, line)) is None:
            continue
        left, right = sides
        if not isinstance(left, Read) or left.tensor in tensors_in(right):
            continue
        if isinstance(right, Read) and right.tensor.gradient_of is not None:
            errors += _errors(subject, left, right)
            continue
        places = {s: (left.tensor.name, n) for n, i in enumerate(left.indices) if (s := i.as_symbol) is not None}
        if not places:
            continue
        formulas.add(left.tensor.name)
        with suppress(SymcnnError):
            for symbol, axis in ranges_near(reading, line, subject.words, lists):
                if symbol in places:
                    said.setdefault(places[symbol], set()).add(axis)
    stated = bool(said)
    for error, arity, (of, place) in errors:
        if not stated and error not in subject.words.read_off:
            continue
        of_name = subject.words.tensor(of, arity).name, place
        said.setdefault(error, said.get(of_name, set()))
        if error in subject.words.read_off and of_name not in subject.words.axes and (
                said[error] or of_name[0] in formulas and is_usual(subject.words.axes[error])):
            subject.words.axes[of_name] = subject.words.axes[error]
            subject.bounds.note_alike(of_name, error)
            subject.words.read_off = {*subject.words.read_off, of_name}
    for at, axes in said.items():
        known = subject.words.axes.get(at)
        if at in subject.words.read_off and known is not None and len(axes) == 1:
            (beside,) = axes
            if _holds(known, beside) or _holds(beside, known):
                subject.words.axes[at] = beside
                subject.words.read_off -= {at}


def learn_ranges_of_differentials(subject: Dependence) -> None:
    """The range of dY, where it is the gradient by Y, is that of Y, of which nothing else may say one."""
    words = subject.words
    for name, base in sorted((words.adjoints | {f"d{base}": base for base in words.differentials}).items()):
        for at, arity in _axes_known(subject, name):
            of = words.tensor(base, arity).name, at[1]
            if of not in words.axes:
                words.axes[of] = words.axes[at]
                subject.bounds.note_alike(of, at)
                words.read_off |= {of} if at in words.read_off else set()


def _errors(subject: Dependence, left: Read, right: Read) -> Iterator[tuple[Place, int, Place]]:
    """The axes of errors with a name and of what they are slopes by, which has so many indices.

    δ_i = ∂L/∂y_i, and E = ∂L/∂Y as a whole.
    """
    assert right.tensor.gradient_of is not None
    of = right.tensor.gradient_of[1]
    if not left.indices and not right.indices:
        for at, arity in _axes_known(subject, left.tensor.name.partition("__")[0]):
            yield at, arity, (of, at[1])
    for n, i in enumerate(left.indices):
        if i.as_symbol is not None:
            for place, index in enumerate(right.indices):
                if index.as_symbol == i.as_symbol:
                    yield (left.tensor.name, n), len(right.indices), (of, place)


def _axes_known(subject: Dependence, name: str) -> list[tuple[Place, int]]:
    """The axes with a known range of the tensors of a name, and how many axes each of these tensors has."""
    arities = {name: subject.words.arities[name]} if name in subject.words.arities else {}
    arities |= {t: int(t.partition("__")[2]) for t, _ in subject.words.axes
                if re.fullmatch(rf"{re.escape(name)}__\d+", t)}
    return [(at, arities[at[0]]) for at in subject.words.axes if at[0] in arities]


def _listed(subject: Dependence, trees: Sequence[Node]) -> Iterator[tuple[Place, Axis]]:
    """The axes of names of which a list shows the first and the last entry, s_1, …, s_n."""
    for nodes in entries_listed(trees):
        try:
            first, last = (Meaning(subject.words, ()).value(node) for node in nodes)
        except SymcnnError:
            continue
        if not (isinstance(first, Read) and isinstance(last, Read) and first.tensor == last.tensor):
            continue
        unlike = [n for n, (a, b) in enumerate(zip(first.indices, last.indices, strict=True)) if a != b]
        if len(unlike) == 1 and first.indices[unlike[0]] in (polynomial(0), polynomial(1)):
            (place,) = unlike
            sizes = {s: polynomial(Symbol(s.name.removesuffix("_index"), 1)) for s in last.indices[place].symbols}
            yield (first.tensor.name, place), Axis(
                first.indices[place], polynomial(1), last.indices[place].substitute(sizes))


def _holds(known: Axis, inner: Axis) -> bool:
    """Whether one axis begins and ends, by numbers, where another one does or further out."""
    if known.base is None or known.upper is None or inner.base is None or inner.upper is None:
        return False
    below, above = inner.base - known.base, known.upper - inner.upper
    return known.coefficient == inner.coefficient and all(p.is_constant and p.constant >= 0 for p in (below, above))
