"""A network as a table: what every layer's formula says, at the numbers of the layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from symcnn.calculus import Line, steps
from symcnn.counting import OPERATIONS, Count, Counts, Lemmas, counts
from symcnn.errors import UsageError
from symcnn.layers.layer import Layer
from symcnn.network.parts import (
    AveragePooling, Branches, Convolution, Flatten, Formula, MaxPooling, Network, Part, Shape,
)
from symcnn.notation.expression import Add, Expression, Range, Sum, children, expression, rebuild
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import substitute
from symcnn.receptive_field import IDENTITY, IndexMap, index_map

PARAMETERS, MEMORY = "parameters", "entries stored"
COUNTED = (PARAMETERS, *OPERATIONS, MEMORY)


@dataclass(frozen=True)
class Row:
    """One layer at its numbers: name, kind (in a word, and with its numbers), output shape, formula, counts, and the
    receptive field along every axis.

    The memory of a layer is the number of entries of its output. A field maps positions of this layer's output to
    positions of the network's input; behind a flattened axis every entry is given the field of all positions.
    """

    name: str
    kind: str
    word: str
    shape: Shape
    layer: Layer
    sizes: Mapping[Symbol, int]
    counts: Counts
    fields: tuple[IndexMap, ...]

    def counted(self, what: str) -> tuple[Count, ...]:
        """The counts that add up to `what`, one of COUNTED."""
        if what == PARAMETERS:
            return tuple(self.counts.parameters.values())
        if what == MEMORY:
            return (self.counts.outputs,)
        if what not in OPERATIONS:
            raise UsageError(f"{what!r} is not counted; there are: {', '.join(COUNTED)}")
        return (self.counts.operations[what],) if what in self.counts.operations else ()

    def number(self, what: str) -> int:
        """The count at the layer's numbers."""
        return sum(c.at(self.sizes) for c in self.counted(what))


Known = dict[Formula, tuple[Layer, dict[tuple[str, ...], Counts]]]
"""Layers by their formula, each with its counts by the names of its parameters."""


@dataclass(frozen=True)
class Table:
    """The rows of a network for an input of a given shape, and the formulas whose counts were derived."""

    shape: Shape
    rows: tuple[Row, ...]
    known: Known = field(repr=False, compare=False)

    def number(self, what: str) -> int:
        """The total of a count, one of COUNTED."""
        return sum(row.number(what) for row in self.rows)

    def row(self, name: str) -> Row:
        found = [r for r in self.rows if r.name == name]
        if not found:
            raise UsageError(f"no layer {name!r}; there are: {', '.join(r.name for r in self.rows)}")
        return found[0]

    def total(self, what: str) -> tuple[Line, ...]:
        """⊢ the sums of ones of all layers, added = their numbers, added = the total; a line for each equation.

        Layers with the same count are taken together. UsageError if no layer has anything to count.
        """
        found = Counter((c, tuple(sorted(row.sizes.items()))) for row in self.rows for c in row.counted(what))
        if not found:
            raise UsageError(f"no layer of this network has {what}")
        sums, numbers = [], []
        for (count, at), times in found.items():
            number = count.at(dict(at))
            one = _plain_ranges(substitute(count.expression, {s: polynomial(v) for s, v in at}))
            sums.append(one if times == 1 else expression(times) * one)
            numbers.append(times * number)
        rights = [("the number of elements of every index set", _added([expression(n) for n in numbers]))]
        if len(sums) > 1:
            rights.append(("added up", expression(sum(numbers))))
        return steps(_added(sums), rights)


def _added(parts: Sequence[Expression]) -> Expression:
    return Add(tuple(parts)) if len(parts) > 1 else parts[0]


def _plain_ranges(node: Expression) -> Expression:
    """The sum at numbers with 0 ≤ 2i ≤ 223 as 0 ≤ i ≤ 111, without indices that take the value 0 only."""
    if not isinstance(node, Sum):
        return rebuild(node, tuple(map(_plain_ranges, children(node))))
    kept = []
    for r in node.ranges:
        assert r.upper is not None
        last = r.upper.constant // r.coefficient.constant
        if not r.lower == polynomial(0) == polynomial(last):
            kept.append(Range(r.variable, r.lower, polynomial(last)))
    body = _plain_ranges(node.body)
    return Sum(tuple(kept), body) if kept else body


@dataclass
class _Walk:
    """Goes through a network; a formula is built and counted once, however many layers have it."""

    known: Known = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)
    lemmas: Lemmas = field(default_factory=dict)

    def sequence(self, parts: Network, shape: Shape, fields: tuple[IndexMap, ...], before: str, prefix: str,
                 ) -> tuple[Shape, tuple[IndexMap, ...], str]:
        for part in parts:
            if isinstance(part, Branches):
                shape, fields, before = self.branches(part, shape, fields, before, prefix)
            else:
                shape, fields, before = self.layer(part, shape, fields, before, prefix)
        return shape, fields, before

    def named(self, part: Part | Branches, prefix: str) -> str:
        word = part.join if isinstance(part, Branches) else part.word
        self.used[prefix + word] += 1
        return prefix + (part.name or f"{word} {self.used[prefix + word]}")

    def layer(self, part: Part, shape: Shape, fields: tuple[IndexMap, ...], before: str, prefix: str,
              ) -> tuple[Shape, tuple[IndexMap, ...], str]:
        name, dims = self.named(part, prefix), len(shape) - 2
        wrong = part.check(shape)
        if wrong:
            raise UsageError(f"{name} does not fit its input of shape {shape} (from {before}): {wrong}")
        groups = part.groups if isinstance(part, Convolution) else 1
        inner = shape if groups == 1 else (shape[0], groups, shape[1] // groups, *shape[2:])
        made, found = self.counted(part.formula(dims), part.learned)
        sizes = _sizes(made, {"X": inner}, part.sizes(dims))
        if any(a.evaluate(sizes) < 0 for a in made.assumptions):
            raise UsageError(f"{name} does not fit its input of shape {shape} (from {before}): its window, "
                             f"{part.described()}, is larger than the padded input")
        out = _shape(made, sizes)
        out = out if groups == 1 else (out[0], out[1] * out[2], *out[3:])
        if isinstance(part, Flatten):
            maps = [IndexMap(0, tuple(range(extent))) for extent in shape[2:]]
        else:
            maps = [index_map(made, sizes, "X", a - dims) for a in range(dims)]
        if isinstance(part, MaxPooling | AveragePooling):
            _require_places(name, part, maps, shape, out)
        fields = tuple(m.after(f) for m, f in zip(maps, fields, strict=True)) if dims else fields
        self.rows.append(Row(name, part.described() or part.word, part.word, out, made, sizes, found, fields))
        return out, fields, name

    def branches(self, part: Branches, shape: Shape, fields: tuple[IndexMap, ...], before: str, prefix: str,
                 ) -> tuple[Shape, tuple[IndexMap, ...], str]:
        inside = f"{prefix}{part.name}/" if part.name else prefix
        ends = [self.sequence(b, shape, fields, before, inside) for b in part.branches]
        name, shapes = self.named(part, prefix), [e[0] for e in ends]
        like = [s if part.join == "add" else (s[0], *s[2:]) for s in shapes]
        if any(s != like[0] for s in like):
            listed = " and ".join(f"{e[0]} (from {e[2]})" for e in ends)
            raise UsageError(f"{name}: branches of shapes {listed} cannot be joined by {part.join}")
        made, found = self.counted(part.formula(len(shapes[0]) - 2), ())
        sizes = _sizes(made, {f"X{n}": s for n, s in enumerate(shapes, start=1)}, {})
        joined = ends[0][1]
        for _, other, _ in ends[1:]:
            joined = tuple(a.joined(b) for a, b in zip(joined, other, strict=True))
        out = _shape(made, sizes)
        word = "addition" if part.join == "add" else "concatenation"
        self.rows.append(Row(name, part.join, word, out, made, sizes, found, joined))
        return out, joined, name

    def counted(self, formula: Formula, learned: tuple[str, ...]) -> tuple[Layer, Counts]:
        if formula not in self.known:
            make, options = formula
            self.known[formula] = make(**dict(options)), {}
        made, found = self.known[formula]
        if learned not in found:
            found[learned] = counts(made, learned, self.lemmas)
        return made, found[learned]


def _sizes(made: Layer, shapes: Mapping[str, Shape], given: Mapping[str, int]) -> dict[Symbol, int]:
    """The sizes of a formula from the shapes of its inputs and from the numbers of the part."""
    sizes = {made.size(n): v for n, v in given.items()}
    for name, shape in shapes.items():
        for axis, extent in zip(made[name].axes, shape, strict=True):
            symbol = axis.extent.as_symbol if axis.extent is not None else None
            assert symbol is not None
            sizes[symbol] = extent
    return sizes


def _shape(made: Layer, sizes: Mapping[Symbol, int]) -> Shape:
    return tuple(len(a.indices(sizes)) for a in made.definition.tensor.axes)


def _require_places(name: str, part: Part, maps: Sequence[IndexMap], shape: Shape, out: Shape) -> None:
    """UsageError if a pooling window lies in the padding entirely: no entry has a maximum or a mean there."""
    for m, extent, positions in zip(maps, shape[2:], out[2:], strict=True):
        for o in range(positions):
            if not m.reads(o, extent):
                raise UsageError(f"{name} ({part.described()}): the window of output position {o} lies in the "
                                 f"padding of its input of shape {shape} entirely")


def table(network: Network, shape: Shape, like: Table | None = None) -> Table:
    """The rows of a network: shape, counts and receptive field after every layer.

    `shape` is (samples, channels, size…). Every number is the value, at the layer's numbers, of a count that was
    derived from the layer's formula and proved once; what `like` knows is not proved again. Errors: UsageError for
    an empty network, a shape that is none, and a layer that does not fit the one before, with both shapes.
    """
    if not network:
        raise UsageError("an empty network has no table; give at least one layer")
    if len(shape) < 2 or any(not isinstance(n, int) or n < 1 for n in shape):
        raise UsageError(f"the input has shape {shape}; allowed: samples, channels and spatial sizes, each 1 or more")
    walk = _Walk(known=dict(like.known) if like else {})
    walk.sequence(tuple(network), tuple(shape), (IDENTITY,) * (len(shape) - 2), "the input", "")
    return Table(tuple(shape), tuple(walk.rows), walk.known)
