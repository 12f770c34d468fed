"""What can be learnt of a document before its lines are decided: ranges of axes, sizes, numbers of indices."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from symcnn.document.claims import EQUALS, Line
from symcnn.document.dependence import Dependence
from symcnn.document.forms import differential, is_chain_rule, is_rounded
from symcnn.document.labels import family
from symcnn.document.matrices import Tables, is_matrix
from symcnn.document.meaning import Meaning
from symcnn.document.logarithms import beside_logarithms
from symcnn.document.names import SLOPES
from symcnn.document.operations import Key, Operation, defines, factors_of_inner, is_operation, product_text
from symcnn.document.tokens import Token
from symcnn.document.tree import Node
from symcnn.document.whole import Layout, Whole
from symcnn.document.written import index_text, is_condition, nodes, scripts_of, text_of, unwrapped, written
from symcnn.errors import SymcnnError
from symcnn.notation.expression import (
    UNBOUNDED, Add, Axis, Binder, Bracket, Derivative, Expression, Multiply, Power, Range, Read, Sum, Tensor, Value,
    free_indices, walk,
)
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import axes_of, factors_of

COUNTS = frozenset("BCDKMNTdmn")
"""Letters that count the terms of a sum which is divided by them."""


def learn_losses(subject: Dependence, lines: Iterable[Line]) -> None:
    """Losses are differentiated, and stand in no formula but on the left of their own."""
    lines = tuple(lines)
    inner: set[str] = set()
    company: dict[str, set[str]] = {}
    beside: list[tuple[str, set[str]]] = []
    for line in lines:
        for node in (line.left, line.right):
            try:
                value = Meaning(subject.words, (line.left, line.right)).value(node)
            except SymcnnError:
                # What is not read may still speak of a name: then it is no loss.
                of = {id(top) for n in nodes(node) if n.kind == "command" and n.head.endswith("frac")
                      and (top := differential(n.nodes[0])) is not None}
                # C = Σ_x C_x is a loss that is made of those of the samples.
                whole = next((w.stem for w in (written(line.left),) if w is not None and not w.lower), "")
                inner |= {found.stem for n in nodes(node) if not is_chain_rule(n) and n.kind in ("scripts", "index")
                          and id(n) not in of and (found := written(n)) is not None and found.stem != whole
                          and not (found.primes and found.stem in subject.names.functions)}
                continue
            twice = [n.expression.expression for n in walk(value)
                     if isinstance(n, Derivative) and isinstance(n.expression, Derivative)]
            reads = [n for n in walk(value) if isinstance(n, Read) and n not in twice]
            names = {name for n in reads for name in (n.tensor.gradient_of or (n.tensor.name,))}
            for n in reads:
                if n.tensor.gradient_of:
                    company.setdefault(n.tensor.gradient_of[0], set()).update(names)
            if not (node is line.left and isinstance(value, Read)):
                beside += [(n.tensor.name, names - {n.tensor.name}) for n in reads]
            inner |= {n.tensor.gradient_of[1] for n in reads if n.tensor.gradient_of}
    # L(K − 1) + 1, where nothing else is of what L is differentiated beside, speaks of another L.
    inner |= {name for name, names in beside if not names or names & company.get(name, names)}
    for line in lines:
        found = written(line.left) if line.relation in ("=", ":=", "+=", "-=") else None
        if found is not None and found.stem[:1] == "d" and subject.names.stems[found.stem[1:]] and not (
                subject.names.integrals and found.stem[1:].islower()) and (
                not is_chain_rule(line.right)):
            subject.words.differentials.add(found.stem[1:])
    if subject.words.differentials:
        subject.words.differentials |= {stem[1:] for stem in subject.names.differentials}
    if len(subject.words.differentials) > 1:
        # dW = … and db = … say what dz is, too, where it stands on the right only.
        subject.words.differentials |= {
            w.stem[1:] for line in lines for node in nodes(line.right) if (w := written(node)) is not None
            and w.stem[:1] == "d" and len(w.stem) == 2 and subject.names.stems[w.stem[1:]]}
    stems = frozenset(subject.words.differentials)
    subject.words.differentials |= {name for name in subject.read_names if name.split("_")[0] in stems}
    subject.words.losses = (subject.words.differentiated | set(_called(lines))) - inner - (
        subject.names.functions & SLOPES)


def learn_constants(subject: Dependence, lines: Iterable[Line], trees: Iterable[Node]) -> None:
    """Capital letters that stand in indices and alone, and nowhere else: y_L is the last of L layers.

    Not where a sum goes over them, or a formula is given for all of them.
    """
    trees = list(trees)
    names = subject.names
    bound = {text for tree in trees for n in nodes(tree) if n.kind == "big" and n.nodes[0].kind == "scripts"
             for mark, script in scripts_of(n.nodes[0]) if mark == "_" and script is not None
             for part in nodes(script) if (text := text_of(part).strip())}
    alone = {text for tree in trees if len(text := text_of(tree).strip()) == 1}
    sides = [side for line in lines for side in (line.left, line.right)]
    places = {id(n) for side in sides for n in nodes(side) if (w := written(n)) is not None
              for item in (*w.lower, *w.inside) for n in nodes(item)}
    values = {n.head for side in sides for n in nodes(side) if n.kind == "name" and id(n) not in places}
    general = {t.text for line in lines if (w := written(line.left)) is not None for item in (*w.lower, *w.inside)
               for t in item.tokens}
    subject.words.constants = {n for n in names.index_names & alone if len(n) == 1 and n.isupper()} - (
        bound | values | general | subject.words.losses)
    subject.words.sizes |= subject.words.constants


def _called(lines: Iterable[Line]) -> Iterator[str]:
    """Names that a line defines together with what they depend on: L(ŷ, y) = …"""
    lines = tuple(lines)
    conditional = set(_conditional(lines))
    for line in lines:
        side = line.left
        if line.first and line.relation in ("=", ":=") and side.kind == "product" and len(side.parts) == 2 and (
                len(side.nodes) == 2 and side.nodes[1].kind == "group" and side.nodes[1].head == "("):
            found = written(side.nodes[0])
            several = any(isinstance(p, Token) and p.text == "," for c in side.nodes[1].nodes for p in c.parts)
            if found is not None and several and not found.lower and not found.upper and (
                    found.stem not in conditional):
                yield found.stem


def _conditional(lines: Iterable[Line]) -> Iterator[str]:
    """Names of densities: p of p(x | z)."""
    for node in (n for line in lines for side in (line.left, line.right) for n in nodes(side) if n.kind == "product"):
        for name, group in zip(node.parts, node.parts[1:], strict=False):
            if isinstance(name, Node) and isinstance(group, Node) and group.kind == "group" and group.head == "(" and (
                    any(t.text in ("|", r"\mid", r"\vert", "∣") for t in group.tokens)) and (
                    (found := written(name)) is not None):
                yield found.stem


def _sides_read(subject: Dependence, line: Line) -> Iterator[tuple[Node, Expression]]:
    """The sides of a line, each with the formula that it is; those that are not read are left out."""
    for node in (line.left, line.right):
        try:
            value = Meaning(subject.words, (line.left, line.right)).value(node)
        except SymcnnError:
            continue
        yield node, value


def _both_sides(subject: Dependence, line: Line) -> tuple[Expression, Expression] | None:
    """The formulas on the left and on the right; None if one of them is not read."""
    found = [value for _, value in _sides_read(subject, line)]
    return (found[0], found[1]) if len(found) == 2 else None


def learn_arities(subject: Dependence, lines: Iterable[Line]) -> None:
    """With how many indices each name is read; which names are losses, and what depends on what."""
    for line in lines:
        for _, value in _sides_read(subject, line):
            for read in (n for n in walk(value) if isinstance(n, Read)):
                if read.tensor.gradient_of:
                    subject.rates.add((read.tensor.gradient_of[0], subject._variable(read.tensor)))
                else:
                    subject.read_names.add(read.tensor.name)
                stem = read.tensor.gradient_of[1] if read.tensor.gradient_of else read.tensor.name
                base = family(subject.words.base(stem, len(read.indices)))
                if read.indices:
                    subject.words.others[base] = subject.words.others.get(base, frozenset()) | {len(read.indices)}


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
    for line in lines * 2:
        for node, value in _sides_read(subject, line):
            defines = node is line.right and line.start in defining
            for counted, mean in _means(value):
                averaged |= {place: counted for place in _places_of(mean.body, mean.ranges[0].variable)
                             if place not in averaged}
            for part in walk(value):
                if isinstance(part, Read):
                    subject.words.sizes |= {s.name for q in part.indices for s in q.symbols if s.is_size}
                    if part.tensor.gradient_of is None:
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
                    for read in (n for n in walk(part.body) if isinstance(n, Read)):
                        for place, index in enumerate(read.indices):
                            if defines and index.as_symbol is None and r.variable in index.symbols:
                                windows.add((read.tensor.name, place, bounds))
                            if index.as_symbol == r.variable:
                                name = read.tensor.name
                                if read.tensor.gradient_of:
                                    name = subject.words.tensor(read.tensor.gradient_of[1], len(read.indices)).name
                                subject.bounds.note((name, place), node, r, bounds)
                                if defines and (name, place) in firm and _of_other_sizes(found[name, place], bounds):
                                    unlike.add((name, place))
                                if (name, place) not in firm:
                                    found[name, place] = _widened(found.get((name, place), bounds), bounds)
                                    if defines:
                                        firm.add((name, place))
    for line in lines:
        _learn_made_of_sizes(subject, line)
    # Σ_{a=0}^1 X[a] beside Y[i] = Σ_{c=0}^1 X[2i + c] goes over one window of X, not over all of it.
    firm -= unlike  # p_i of n samples in one definition and p_k of K classes in another
    found = {place: axis for place, axis in found.items() if place in firm or (*place, axis) not in windows}
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
    """Ranges of axes from sums with written bounds over vectors and matrices, Σ_{n=1}^N (wᵀx_n − t_n)²."""
    for line in lines:
        for side in (line.left, line.right):
            with suppress(SymcnnError):
                Meaning(subject.words, (line.left, line.right)).value(side)
                continue  # read without them
            with suppress(SymcnnError):
                body = Whole(Meaning(subject.words, (line.left, line.right)), layout).value(side).body
                for part, r in ((n, r) for n in walk(body) if isinstance(n, Binder) for r in n.ranges):
                    if (r.lower is None and r.upper is None) or (bounds := _constant_bounds(r, part.body)) is None:
                        continue
                    subject.words.sizes |= {s.name for s in bounds.symbols}
                    for place in _places_of(part.body, r.variable):
                        subject.words.axes.setdefault(place, bounds)


def learn_positions(subject: Dependence, lines: Iterable[Line]) -> None:
    """Names in conditions in brackets that lie between whole numbers made of sizes, 0 ≤ x and 2x < H, are indices.

    Those from 1 on may be sizes, unless one chain says both, 1 ≤ x ≤ H. What stands beside an index in such a
    condition is a whole number, too: a size.
    """
    lines = tuple(lines)
    in_brackets = {index_text(n) for line in lines for side in (line.left, line.right) for part in nodes(side)
                   if is_condition(part) for n in nodes(part)}
    explained = {found.stem for line in lines if line.relation in ("=", ":=") and (found := written(line.left))}
    open_ones = in_brackets - explained - subject.names.indexed - subject.words.sizes
    bounded: dict[bool, set[str]] = {False: set(), True: set()}
    for line, after in itertools.zip_longest(lines, lines[1:]):
        if line.relation not in ("≤", "<", "≥", ">"):
            continue
        with suppress(SymcnnError):
            low, high = (Meaning(subject.words, ()).index(side) for side in (line.left, line.right))
            if line.relation in ("≥", ">"):
                low, high = high, low
            chain = after is not None and after.left is line.right
            for above, (name, end) in ((False, (high, low)), (True, (low, high))):
                if len(name.symbols) == 1 and all(s.name in subject.words.sizes for s in end.symbols) and (
                        bool(end.symbols) if above else chain or end == polynomial(0)):
                    bounded[above] |= {s.name for s in name.symbols}
    subject.names.index_names |= open_ones & bounded[False] & bounded[True]
    for line in lines:
        for _, value in _sides_read(subject, line):
            conditions = [p for n in walk(value) if isinstance(n, Bracket) for p in (*n.equations, *n.inequalities)]
            subject.words.sizes |= {s.name for p in conditions if not all(s.is_size for s in p.symbols)
                                    for s in p.symbols if s.is_size}


def learn_counted(subject: Dependence, lines: Iterable[Line]) -> None:
    """Names that are whole numbers by what they are compared with: Σ_{0 ≤ s i < H} 1 = O, and O ≤ H + 2p − K.

    Not of a name that is said to be 0 or more: as a size it would be taken to be 1 at least.
    """
    lines = tuple(lines)
    found = 0
    low = {name.stem for line in lines if line.relation in ("≤", "≥") for a, b in (
        (line.left, line.right), (line.right, line.left)) if text_of(a).strip() == "0" and (name := written(b))}
    while found != (found := len(subject.words.sizes)):
        for line in lines:
            sides = _both_sides(subject, line)
            if sides is None:
                continue
            parts = [n for side in sides for n in walk(side)]
            plain = all(isinstance(n, Value | Read | Add | Multiply) and not (isinstance(n, Value) and (
                not n.value.is_integral)) for n in parts)
            names = {n.tensor.name for n in parts if isinstance(n, Read) and not n.indices}
            known = any(s.is_size for n in parts if isinstance(n, Value) for s in n.value.symbols)
            if names & (subject.words.losses | subject.words.defined.keys() | subject.names.index_names | low) or any(
                    isinstance(n, Read) and (n.indices or n.tensor.gradient_of) for n in parts):
                continue
            counts = line.relation == "=" and line.first and len(names) == 1 and isinstance(sides[0], Sum) and (
                isinstance(sides[0].body, Multiply | Value) and isinstance(sides[1], Read))
            supposed = line.relation == "=" and subject.supposed.place_of(line) is not None and not (
                isinstance(sides[0], Read))
            if counts or (plain and known and (supposed or line.relation in ("≤", "<", "≥", ">"))):
                subject.words.sizes |= names


def _first_formulas(subject: Dependence, lines: Iterable[Line]) -> Iterator[int]:
    """Where the lines begin that introduce a name: a second formula of the same name is a claim."""
    seen: set[str] = set()
    for line in lines:
        if _defines(subject, line):
            left = Meaning(subject.words, (line.left, line.right)).value(line.left)
            if isinstance(left, Read) and left.tensor.name not in seen:
                seen.add(left.tensor.name)
                yield line.start


def _defines(subject: Dependence, line: Line) -> bool:
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


def _of_other_sizes(known: Axis, other: Axis) -> bool:
    """Whether two axes end at sizes of different names."""
    ends = [axis.upper.symbols if axis.upper is not None else frozenset() for axis in (known, other)]
    return bool(ends[0] and ends[1]) and not set(ends[0]) & set(ends[1])


def _learn_rounded(subject: Dependence, line: Line) -> None:
    """What stands in a rounded fraction, or beside one, is a whole number: the names on such a line are sizes."""
    parts = [n for _, value in _sides_read(subject, line) for n in walk(value)]
    if any(is_rounded(n) for n in parts):
        subject.words.sizes |= {n.tensor.name for n in parts if isinstance(n, Read) and not n.indices
                                and n.tensor.gradient_of is None}
        subject.words.sizes |= {s.name for n in parts if isinstance(n, Bracket)
                                for p in n.inequalities for s in p.symbols if s.is_size}


def _learn_made_of_sizes(subject: Dependence, line: Line) -> None:
    """What a size is made of by addition and multiplication are sizes: d = a + 2."""
    if line.relation not in ("=", ":="):
        return
    if (sides := _both_sides(subject, line)) is None:
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
        if not _defines(subject, line) or (sides := _both_sides(subject, line)) is None:
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
            elif index.as_symbol in found and at in subject.words.axes and _of_other_sizes(
                    subject.words.axes[at], found[index.as_symbol]):
                subject.words.axes[at] = found[index.as_symbol]
                subject.words.read_off = {*subject.words.read_off, at}
            elif index.as_symbol in found and at in subject.words.axes:
                # m_r = Σ_c x_{rc} with r = 1, …, R as it is summed over elsewhere: these are the r of x.
                for there in _places_of(right, index.as_symbol) & subject.words.read_off:
                    subject.words.axes[there] = subject.words.axes[at]
                    subject.words.read_off -= {there}


def learn_targets(subject: Dependence, lines: Iterable[Line], prose: str) -> set[Tensor]:
    """What logarithms, or derivatives of logarithms, are weighed with in the sums of a text on cross-entropy."""
    if re.search(r"soft-?max|cross[- ]?entropy|one[- ]hot", prose, re.IGNORECASE) is None:
        return set()
    bodies = (n.body for line in lines for _, value in _sides_read(subject, line) for n in walk(value)
              if isinstance(n, Sum))
    return set().union(*map(beside_logarithms, bodies))


def _places_of(body: Expression, index: Symbol | None) -> set[tuple[str, int]]:
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


def learn_operations(subject: Dependence, lines: Iterable[Line]) -> list[Line]:
    """What the document's operations on signals mean, each by the first line that says so; these lines."""
    found: list[Line] = []
    for line in lines:
        if not line.first or line.relation not in EQUALS or (said := defines(line.left)) is None:
            continue
        parts, places = said
        try:
            meaning = Meaning(subject.words, (line.left, line.right))
            names = tuple(meaning.place(name)[0].name for n in parts.operands if (name := written(n)) is not None)
            called = tuple(subject.words.tensor(name, len(places)).name for name in names)
            parameters, indices = (tuple(meaning.index(n).as_symbol for n in nodes) for nodes in (
                parts.parameters, places))
            body = meaning.value(line.right)
        except SymcnnError:
            continue
        symbols = {*parameters, *indices}
        if None in symbols or free_indices(body) != symbols or not is_operation(called, body):
            continue
        key = Key(parts.sign, len(parameters), len(indices))
        if key not in subject.words.operations:
            subject.words.operations[key] = Operation(
                called, tuple(s for s in parameters if s), tuple(s for s in indices if s), body)
            found.append(line)
    return found


def learn_inner_products(subject: Dependence, lines: Iterable[Line]) -> list[Line]:
    """Products of names that the document says are sums of the products of their entries; the lines that say so."""
    found: list[Line] = []
    for line in lines:
        names = factors_of_inner(line.left) if line.first and line.relation in EQUALS else None
        if names is None or product_text(line.left) in subject.words.inner:
            continue
        try:
            value = Meaning(subject.words, (line.left, line.right)).value(line.right)
        except SymcnnError:
            continue
        reads = value.body.factors if isinstance(value, Sum) and isinstance(value.body, Multiply) else ()
        called = {subject.words.base(n.tensor.name, 1) for n in reads if isinstance(n, Read) and len(n.indices) == 1}
        if len(reads) == 2 and called == set(names) and not free_indices(value):
            subject.words.inner[product_text(line.left)] = value
            found.append(line)
    return found
