"""Where the outputs of a window end that are written one by one: y_1, y_2, y_3 of y_i = Σ_{j=1}^{3} w_j x_{i+j−1}.

With x_1, …, x_5 these are all places at which the window lies inside of x. There is no y_4 then, which would read x_6,
and nothing goes back to x_5 from it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.facts.dependence import Dependence
from symcnn.document.facts.ranges import both_sides
from symcnn.notation.expression import Axis, Expression, Read, Sum, walk
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial

Spans = dict[str, list[range]]


def learn_listed_outputs(subject: Dependence, lines: Iterable[Line]) -> None:
    """Give names the axes that their listed entries show, where these are the places at which their windows fit."""
    formulas = [(line, sides) for line in lines if (sides := both_sides(subject, line)) is not None]
    spoken = _boxes(side for _, sides in formulas for side in sides)
    for name, spans in _shown_by_axes(subject, spoken).items():
        spoken[name] = spans
    for line, (left, right) in formulas:
        if not line.first or line.relation not in EQUALS or not isinstance(left, Read) or left.tensor.gradient_of:
            continue
        indices = [i.as_symbol for i in left.indices]
        spans = spoken.get(left.tensor.name, [])
        places = [(left.tensor.name, place) for place in range(len(indices))]
        if not spans or len(spans) != len(indices) or any(s is None or s.is_size for s in indices) or any(
                place in subject.words.axes for place in places) or math.prod(map(len, spans)) < 2:
            continue
        at = {s: span for s, span in zip(indices, spans, strict=True) if s is not None}
        if _fits(right, at, spoken) and all(
                not _fits(right, {**at, s: beyond}, spoken) for s, span in at.items()
                for beyond in (range(span.start - 1, span.start), range(span.stop, span.stop + 1))):
            for place, span in zip(places, spans, strict=True):
                subject.words.axes[place] = Axis(polynomial(span.start), polynomial(1), polynomial(span.stop - 1))


def _boxes(sides: Iterable[Expression]) -> Spans:
    """The names of which entries with numbers for indices are spoken of, or slopes by them, from the first to the last
    one of a box, with the sides of that."""
    entries: dict[str, set[tuple[int, ...]]] = {}
    for read in (n for side in sides for n in walk(side) if isinstance(n, Read)):
        if read.indices and all(i.is_constant for i in read.indices):
            name = read.tensor.gradient_of[1] if read.tensor.gradient_of else read.tensor.name
            entries.setdefault(name, set()).add(tuple(int(i.constant) for i in read.indices))
    found = {}
    for name, places in entries.items():
        if len({len(place) for place in places}) == 1:
            spans = [range(min(column), max(column) + 1) for column in zip(*places, strict=True)]
            ends = {tuple(s[0] for s in spans), tuple(s[-1] for s in spans)}
            if ends <= places and all(s.start in (0, 1) for s in spans):
                found[name] = spans
    return found


def _shown_by_axes(subject: Dependence, spoken: Mapping[str, list[range]]) -> Spans:
    """The axes that are known in numbers."""
    known: dict[str, dict[int, range]] = {}
    for (name, place), axis in subject.words.axes.items():
        if axis.base is not None and axis.upper is not None and axis.base.is_constant and axis.upper.is_constant and (
                axis.coefficient == polynomial(1)):
            known.setdefault(name, {})[place] = range(int(axis.base.constant), int(axis.upper.constant) + 1)
    return {name: [spans[n] for n in range(len(spans))] for name, spans in known.items()
            if set(spans) == set(range(len(spans))) and len(spoken.get(name, [*spans])) == len(spans)}


def _fits(body: Expression, at: Mapping[Symbol, range], spoken: Mapping[str, list[range]]) -> bool:
    """Whether all that a formula reads at some places lies inside of what is spoken of; not if that is not known."""
    ranges: dict[Symbol, range] = dict(at)
    for r in (r for n in walk(body) if isinstance(n, Sum) for r in n.ranges):
        if r.lower is not None and r.upper is not None and r.lower.is_constant and r.upper.is_constant:
            ranges[r.variable] = range(int(r.lower.constant), int(r.upper.constant) + 1)
    reads = [n for n in walk(body) if isinstance(n, Read) and n.indices]
    for read in reads:
        for index, span in zip(read.indices, spoken.get(read.tensor.name, []), strict=False):
            if (bare := index.as_symbol) is not None and bare not in ranges:
                ranges[bare] = span  # Σ_k w_k x_{i+k} reaches as far as w does
    moved = False
    for read in reads:
        if not any(i.symbols & at.keys() for i in read.indices):
            continue
        spans = spoken.get(read.tensor.name)
        if spans is None or len(spans) != len(read.indices):
            return False
        for index, span in zip(read.indices, spans, strict=True):
            reached = _reached(index, ranges)
            if reached is None or reached[0] < span.start or reached[1] >= span.stop:
                return False
            moved = True
    return moved


def _reached(index: Polynomial, ranges: Mapping[Symbol, range]) -> tuple[int, int] | None:
    """The smallest and the largest value of an index; None where that is not known."""
    if not index.is_affine or not all(ranges.get(s) for s in index.symbols):
        return None
    low = high = int(index.constant)
    for s in index.symbols:
        factor = index.linear_coefficient(s)
        assert factor is not None
        ends = sorted(int(factor.constant) * end for end in (ranges[s][0], ranges[s][-1]))
        low, high = low + ends[0], high + ends[1]
    return low, high
