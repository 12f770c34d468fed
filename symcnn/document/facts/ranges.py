"""Ranges of indices and axes, learnt from the sums, shapes and tables of a document before its lines are decided."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from symcnn.document.claims.claims import Line
from symcnn.document.facts.dependence import Dependence
from symcnn.document.meaning.labels import family, label_of
from symcnn.document.meaning.matrices import Tables, is_matrix
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.whole import Layout, Whole
from symcnn.document.reading.forms import is_rounded
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import nodes, scripts_of, text_of, unwrapped, written
from symcnn.errors import SymcnnError
from symcnn.notation.expression import (
    UNBOUNDED, Add, Axis, Binder, Bracket, Expression, Multiply, Power, Range, Read, Sum, Tensor, Value,
    free_indices, walk,
)
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import axes_of, factors_of

COUNTS = frozenset("BCDKMNTdmn")
"""Letters that count the terms of a sum which is divided by them."""


def sides_read(subject: Dependence, line: Line) -> Iterator[tuple[Node, Expression]]:
    """The sides of a line, each with the formula that it is; those that are not read are left out."""
    for node in (line.left, line.right):
        try:
            value = Meaning(subject.words, (line.left, line.right)).value(node)
        except SymcnnError:
            continue
        yield node, value


def both_sides(subject: Dependence, line: Line) -> tuple[Expression, Expression] | None:
    """The formulas on the left and on the right; None if one of them is not read."""
    found = [value for _, value in sides_read(subject, line)]
    return (found[0], found[1]) if len(found) == 2 else None


def learn_axes(subject: Dependence, lines: Iterable[Line]) -> tuple[set[str], set[str]]:
    """Ranges of axes from sums with written bounds, and of the terms of a mean; which names are sizes.

    Returns the letters that were taken for the number of terms of a mean, and those that may be one, where another
    sum over the same entries has bounds.
    """
    lines = tuple(lines)
    for line in lines:
        _learn_rounded(subject, line)
    found: dict[tuple[str, int], Axis] = {}
    firm: set[tuple[str, int]] = set()
    beside: set[tuple[str, int]] = set()
    windows: set[tuple[str, int, Axis]] = set()
    unlike: set[tuple[str, int]] = set()
    averaged: dict[tuple[str, int], str] = {}
    counting: set[str] = set()
    open_ones: set[str] = set()
    defining = set(_first_formulas(subject, lines))
    padded = set(_zeros(lines))
    shifted: set[tuple[str, int]] = set()
    kernels: set[tuple[str, int]] = set()
    ended: set[tuple[str, int]] = set()
    for line in lines * 2:
        for node, value in sides_read(subject, line):
            defines = node is line.right and line.start in defining
            for counted, mean in _means(value):
                averaged |= {place: counted for place in places_of(mean.body, mean.ranges[0].variable)
                             if place not in averaged}
            for part in walk(value):
                if isinstance(part, Read):
                    # δ_{b^{(2)}} says whose error it is: that makes b^{(2)} no size.
                    subject.words.sizes |= {s.name for q in part.indices for s in q.symbols
                                            if s.is_size and label_of(s.name) is None}
                    if defines:
                        shifted |= {(part.tensor.name, n) for n, q in enumerate(part.indices)
                                    if sum(not s.is_size for s in q.symbols) > 1}
                    if part.tensor.gradient_of is None and id(node) in padded:
                        ended |= {(part.tensor.name, n) for n in range(len(part.indices))}
                    elif part.tensor.gradient_of is None:
                        beside |= {(part.tensor.name, n) for n, q in enumerate(part.indices) if q == polynomial(0)}
                if not isinstance(part, Binder):
                    continue
                for r in part.ranges:
                    subject.words.sizes |= {s.name for b in (r.lower, r.upper) if b is not None
                                         for s in b.symbols if s.is_size}
                    subject.words.sizes |= {s.name for n in _factors(part.body) if isinstance(n, Bracket)
                                         for p in (*n.equations, *n.inequalities) if r.variable in p.symbols
                                         for s in p.symbols if s.is_size}
                    bounds = _constant_bounds(r, part.body)
                    if bounds is None:
                        continue
                    subject.words.sizes |= {s.name for s in bounds.symbols}
                    reads = [n for n in walk(part.body) if isinstance(n, Read)]
                    slides = any(q.as_symbol is None and r.variable in q.symbols for n in reads for q in n.indices)
                    for read in reads:
                        for place, index in enumerate(read.indices):
                            if defines and index.as_symbol is None and r.variable in index.symbols:
                                windows.add((read.tensor.name, place, bounds))
                            if index.as_symbol == r.variable:
                                name = read.tensor.name
                                if read.tensor.gradient_of:
                                    name = subject.words.tensor(read.tensor.gradient_of[1], len(read.indices)).name
                                subject.bounds.note((name, place), node, r, bounds)
                                if slides:
                                    kernels.add((name, place))
                                if defines and (name, place) in firm and of_other_sizes(found[name, place], bounds):
                                    unlike.add((name, place))
                                if (name, place) not in firm:
                                    found[name, place] = _widened(found.get((name, place), bounds), bounds)
                                    if defines:
                                        firm.add((name, place))
    for line in lines:
        _learn_made_of_sizes(subject, line)
    # Σ_{a=0}^1 X[a] beside Y[i] = Σ_{c=0}^1 X[2i + c] goes over one window of X, not over all of it.
    firm -= unlike  # p_i of n samples in one definition and p_k of K classes in another
    # Nor does Σ_i G[i] X[i] go over all of the input of Y[i] = Σ_a K[a] X[i + a], unless its ends are said to be 0.
    found = {place: axis for place, axis in found.items() if place in firm or place in ended or (
        (*place, axis) not in windows and place not in shifted - kernels)}
    for averaged_place, counted in averaged.items():
        if counted in subject.names.any_number:
            continue
        size = polynomial(Symbol(counted, 1))
        if averaged_place not in found and averaged_place not in beside:
            found[averaged_place] = Axis(polynomial(1), polynomial(1), size)
            subject.words.sizes.add(counted)
            counting.add(counted)
        elif averaged_place not in found or size not in (found[averaged_place].upper, found[averaged_place].extent):
            open_ones.add(counted)
    for at in beside & found.keys():
        if found[at].base == polynomial(1):  # w_0 + Σ_{i=1}^n w_i x_i: w begins with w_0
            found[at] = replace(found[at], base=polynomial(0))
    subject.words.axes.update(found)
    subject.words.read_off = found.keys() - firm
    return counting, open_ones


def learn_axes_of_vectors(subject: Dependence, lines: Iterable[Line], layout: Layout) -> None:
    """Ranges of axes from sums with written bounds over vectors and matrices, Σ_{n=1}^N (wᵀx_n − t_n)².

    Of a side that can be read without vectors, only the gradients by these, Σ_{i=1}^m ∂J/∂z_i.
    """
    def called(tensor: Tensor) -> str:
        return tensor.gradient_of[1] if tensor.gradient_of else tensor.name

    for line in lines:
        for side in (line.left, line.right):
            plain: set[str] | None = None
            with suppress(SymcnnError):
                value = Meaning(subject.words, (line.left, line.right)).value(side)
                plain = {called(n.tensor) for n in walk(value) if isinstance(n, Read)}
            with suppress(SymcnnError):
                body = Whole(Meaning(subject.words, (line.left, line.right)), layout).value(side).body
                for part, r in ((n, r) for n in walk(body) if isinstance(n, Binder) for r in n.ranges):
                    if (r.lower is None and r.upper is None) or (bounds := _constant_bounds(r, part.body)) is None:
                        continue
                    subject.words.sizes |= {s.name for s in bounds.symbols}
                    for read in (n for n in walk(part.body) if isinstance(n, Read) and (
                            plain is None or n.tensor.gradient_of and called(n.tensor) not in plain)):
                        name = called(read.tensor)
                        for place in (n for n, i in enumerate(read.indices) if i.as_symbol == r.variable):
                            subject.bounds.note((name, place), side, r, bounds)
                            subject.words.axes.setdefault((name, place), bounds)


def _first_formulas(subject: Dependence, lines: Iterable[Line]) -> Iterator[int]:
    """Where the lines begin that introduce a name: a second formula of the same name is a claim."""
    seen: set[str] = set()
    for line in lines:
        if introduces(subject, line):
            left = Meaning(subject.words, (line.left, line.right)).value(line.left)
            if isinstance(left, Read) and left.tensor.name not in seen:
                seen.add(left.tensor.name)
                yield line.start


def _zeros(lines: Sequence[Line]) -> Iterator[int]:
    """The sides that are said to be 0, as both of x_0 = x_{n+1} = 0: such entries lie outside of an input."""
    following: Node | None = None
    for line in reversed(lines):
        if line.relation == "=" and (text_of(line.right).strip() == "0" or line.right is following):
            following = line.left
            yield id(line.left)


def introduces(subject: Dependence, line: Line) -> bool:
    """Whether a line looks like the definition of a name: what it says of axes counts before what others say."""
    if not line.first or line.relation not in ("=", ":="):
        return False
    try:
        left = Meaning(subject.words, (line.left, line.right)).value(line.left)
    except SymcnnError:
        return False
    return isinstance(left, Read) and left.tensor.gradient_of is None


def _widened(known: Axis, more: Axis) -> Axis:
    """The axis that holds both ranges if they differ by numbers; otherwise the range that was read first."""
    assert known.base is not None
    assert more.base is not None
    assert known.upper is not None
    assert more.upper is not None
    below, above = more.base - known.base, more.upper - known.upper
    base = more.base if below.is_constant and below.constant < 0 else known.base
    upper = more.upper if above.is_constant and above.constant > 0 else known.upper
    return Axis(base, known.coefficient, upper)


def of_other_sizes(known: Axis, other: Axis) -> bool:
    """Whether two axes end at sizes of different names."""
    ends = [axis.upper.symbols if axis.upper is not None else frozenset() for axis in (known, other)]
    return bool(ends[0] and ends[1]) and not set(ends[0]) & set(ends[1])


def _learn_rounded(subject: Dependence, line: Line) -> None:
    """What stands in a rounded fraction, or beside one, is a whole number: the names on such a line are sizes."""
    parts = [n for _, value in sides_read(subject, line) for n in walk(value)]
    if any(is_rounded(n) for n in parts):
        subject.words.sizes |= {n.tensor.name for n in parts if isinstance(n, Read) and not n.indices
                                and n.tensor.gradient_of is None}
        subject.words.sizes |= {s.name for n in parts if isinstance(n, Bracket)
                                for p in n.inequalities for s in p.symbols if s.is_size}


def _learn_made_of_sizes(subject: Dependence, line: Line) -> None:
    """What a size is made of by addition and multiplication are sizes: d = a + 2."""
    if line.relation not in ("=", ":="):
        return
    if (sides := both_sides(subject, line)) is None:
        return
    left, right = sides
    parts = list(walk(right))
    if isinstance(left, Value) and left.value.as_symbol is not None and not free_indices(right) and all(
            isinstance(n, Add | Multiply) or (isinstance(n, Value) and n.value.is_integral)
            or (isinstance(n, Read) and not n.indices and n.tensor.gradient_of is None) for n in parts):
        subject.words.sizes |= {n.tensor.name for n in parts if isinstance(n, Read)}


def learn_declared(subject: Dependence, lines: Iterable[Line]) -> None:
    r"""Axes from Y ∈ \mathbb{R}^{2 \times 2}: of so many entries, counted from 1 unless an index is 0 somewhere."""
    for line in lines:
        found = written(line.left) if line.relation == "∈" else None
        right = unwrapped(line.right)
        power = next((s for mark, s in scripts_of(right) if mark == "^" and s is not None), None) if (
            right.kind == "scripts") else None
        if found is None or found.lower or power is None or text_of(right.nodes[0]).strip()[-1:] not in ("R", "ℝ"):
            continue
        numbers = [t.text for t in power.tokens if t.text not in (r"\times", "×", "{", "}")]
        try:
            name = Meaning(subject.words, (line.left,)).place(found)[0].name
        except SymcnnError:
            continue  # V^{n \times d}: a shape where a power or an index stands
        if not numbers or not all(n.isdigit() for n in numbers) or (
                len(numbers) not in subject.words.others.get(family(name), ())):
            continue
        base = 0 if found.stem in subject.names.bracketed or found.stem in subject.names.zeros else 1
        called = subject.words.tensor(name, len(numbers)).name
        for place, number in enumerate(numbers):
            subject.words.axes[called, place] = Axis(polynomial(base), polynomial(1),
                                                     polynomial(base + int(number) - 1))
            subject.words.read_off -= {(called, place)}


def learn_shown(subject: Dependence, trees: Iterable[Node]) -> None:
    """A range that was read off a sum is no axis where a matrix shows an entry outside of it."""
    tables = [n for tree in trees for n in nodes(tree) if n.kind == "rows" and is_matrix(n)]
    for node in (n for table in tables for n in nodes(table) if n.kind in ("scripts", "index")):
        try:
            read = Meaning(subject.words, ()).value(node)
        except SymcnnError:
            continue
        if not isinstance(read, Read) or read.tensor.gradient_of is not None:
            continue
        for place, index in enumerate(read.indices):
            at = read.tensor.name, place
            axis = subject.words.axes.get(at)
            if at in subject.words.read_off and axis is not None and index.is_constant and None not in (
                    axis.base, axis.upper):
                assert axis.base is not None
                assert axis.upper is not None
                outside = (index - axis.base, axis.upper - index)
                if any(p.is_constant and p.constant < 0 for p in outside):
                    del subject.words.axes[at]
                    subject.words.read_off -= {at}


def axes_shown(subject: Dependence, lines: Iterable[Line]) -> dict[str, list[Axis]]:
    """The axes of tensors of which a line shows all entries, Y = (y_{11}, y_{12}; y_{21}, y_{22}); none of a tensor of
    which two lines show different shapes."""
    found: dict[str, list[Axis]] = {}
    unlike: set[str] = set()
    for line in lines:
        named = line.first and line.relation in ("=", ":=") and written(line.left) is not None
        right = line.right.nodes[0] if line.right.kind == "scripts" else line.right  # (…)^T
        if not named or not is_matrix(right):
            continue
        try:
            table = Tables(Meaning(subject.words, (line.left, line.right))).written_out(right)
        except SymcnnError:
            continue
        reads = [e for e in table.entries if isinstance(e, Read) and e.tensor.gradient_of is None]
        if len(reads) != len(table.entries) or len({r.tensor for r in reads}) != 1 or len(reads) < 2 or not all(
                i.is_constant for r in reads for i in r.indices) or not reads[0].indices:
            continue
        first, last = reads[0].indices, reads[-1].indices
        spans = [range(int(a.constant), int(b.constant) + 1) for a, b in zip(first, last, strict=True)]
        shown = [tuple(int(i.constant) for i in r.indices) for r in reads]
        if shown != list(itertools.product(*spans)) or any(s.start > 1 for s in spans):
            continue
        axes = [Axis(polynomial(s.start), polynomial(1), polynomial(s.stop - 1)) for s in spans]
        name = reads[0].tensor.name
        if found.setdefault(name, axes) != axes:
            unlike.add(name)
    return {name: axes for name, axes in found.items() if name not in unlike}


def learn_grids(subject: Dependence, lines: Iterable[Line]) -> dict[str, list[Axis]]:
    """The axes of tensors of which a line shows all entries and that are read at numbers only: they are the tensors'
    axes from now on."""
    found, unlike = axes_shown(subject, lines), set()
    for line in lines:
        for side in (line.left, line.right):
            for node in (n for n in nodes(side) if n.kind in ("scripts", "index")):
                try:
                    read = Meaning(subject.words, (line.left, line.right)).value(node)
                except SymcnnError:
                    continue
                if isinstance(read, Read) and not all(i.is_constant for i in read.indices):
                    unlike.add(read.tensor.gradient_of[1] if read.tensor.gradient_of else read.tensor.name)
    found = {name: axes for name, axes in found.items() if name not in unlike}
    for name, axes in found.items():
        for place, known in enumerate(axes):
            subject.words.axes[name, place] = known
            subject.words.read_off -= {(name, place)}
    return found


def learn_defined(subject: Dependence, lines: Iterable[Line]) -> None:
    """An index that stands bare in a definition has the axis of what it reads, whatever sums of other lines say."""
    for line in lines:
        if not introduces(subject, line) or (sides := both_sides(subject, line)) is None:
            continue
        left, right = sides
        if not isinstance(left, Read):
            continue
        found = bare_axes(right, [s for i in left.indices if (s := i.as_symbol) is not None and not s.is_size])
        for place, index in enumerate(left.indices):
            at = left.tensor.name, place
            if index.as_symbol in found and at in subject.words.read_off:
                subject.words.axes[at] = found[index.as_symbol]
                subject.words.read_off -= {at}
            elif index.as_symbol in found and at in subject.words.axes and of_other_sizes(
                    subject.words.axes[at], found[index.as_symbol]):
                subject.words.axes[at] = found[index.as_symbol]
                subject.words.read_off = {*subject.words.read_off, at}
            elif index.as_symbol in found and at in subject.words.axes:
                # m_r = Σ_c x_{rc} with r = 1, …, R as it is summed over elsewhere: these are the r of x.
                for there in places_of(right, index.as_symbol) & subject.words.read_off:
                    subject.words.axes[there] = subject.words.axes[at]
                    subject.words.read_off -= {there}


def places_of(body: Expression, index: Symbol | None) -> set[tuple[str, int]]:
    """The axes in which an index stands bare."""
    return {(n.tensor.name, place) for n in walk(body) if isinstance(n, Read) and n.tensor.gradient_of is None
            for place, i in enumerate(n.indices) if i.as_symbol == index}


def bare_axes(body: Expression, indices: Iterable[Symbol]) -> dict[Symbol | None, Axis]:
    """The axes in which indices stand bare, of those that stand in no other way."""
    mixed = {s for n in walk(body) if isinstance(n, Read) for i in n.indices if i.as_symbol is None for s in i.symbols}
    return {s: a for s, a in axes_of(body, [i for i in indices if i not in mixed]).items() if a != UNBOUNDED}


def _factors(node: Expression) -> tuple[Expression, ...]:
    return node.factors if isinstance(node, Multiply) else (node,)


def _means(node: Expression) -> Iterator[tuple[str, Sum]]:
    """The sums without bounds that are divided by a letter for a number of things, (1/N) Σ_i x_i, with that letter."""
    for product in (n for n in walk(node) if isinstance(n, Multiply)):
        factors = list(factors_of(product))
        below = {name for f in factors if isinstance(f, Power) and f.exponent == -1
                 for n in factors_of(f.base) if (name := _letter(n)) in COUNTS}  # 1/(2N), but not 1/√d
        sums = [f for f in factors if isinstance(f, Sum)]
        if len(below) == 1 and len(sums) == 1 and len(sums[0].ranges) == 1 and (
                sums[0].ranges[0].lower is None and sums[0].ranges[0].upper is None):
            yield next(iter(below)), sums[0]


def _letter(node: Expression) -> str:
    if isinstance(node, Value) and (symbol := node.value.as_symbol) is not None:
        return symbol.name
    return node.tensor.name if isinstance(node, Read) and not node.indices else ""


def _constant_bounds(r: Range, body: Expression) -> Axis | None:
    """The bounds of a range that hold no index, those in conditions on the body included."""
    lower, upper = [r.lower] if r.lower is not None else [], [r.upper] if r.upper is not None else []
    for factor in _factors(body):
        if isinstance(factor, Bracket) and not factor.equations:
            for p in factor.inequalities:
                slope = p.linear_coefficient(r.variable)
                if slope == polynomial(1):
                    lower.append(r.variable - p)
                elif slope == polynomial(-1):
                    upper.append(p + r.variable)
    lower, upper = ([p for p in bounds if all(s.is_size for s in p.symbols)] for bounds in (lower, upper))
    return Axis(lower[0], polynomial(1), upper[0]) if len(lower) == 1 and len(upper) == 1 else None
