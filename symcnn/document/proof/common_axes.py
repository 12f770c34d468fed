"""Axes for names of which a document does not say how long they are: one for all that share an index.

A document that writes Σ_k y_k / p_k means the entries that there are. Of names without an end the sum would go on
for ever, and what it divides by be 0 out there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from symcnn.notation.expression import (
    UNBOUNDED, Axis, Binder, Definition, Expression, Range, Read, Tensor, axis, children, rebuild,
)
from symcnn.notation.polynomial import Symbol

Place = tuple[str, int, int]
"""A name, with how many axes, and which of them."""
Index = tuple[int, Symbol]
"""An index, with the number of the formula or sum that it belongs to."""


class CommonAxes:
    """The axes of one claim, by what its formulas read with the same index."""

    def __init__(self, left: Expression, right: Expression, definitions: Sequence[Definition]) -> None:
        self.parents: dict[Place | Index, Place | Index] = {}
        self.shifted: set[Place | Index] = set()
        self.known: dict[Place, Axis] = {}
        self.sums = 0
        self.learn(left, {})
        self.learn(right, {})
        for d in definitions:
            self.sums += 1
            inner = dict.fromkeys(d.indices, self.sums)
            self.read(d.left, inner)
            self.learn(d.body, inner)
        shifted = {self.root(p) for p in self.shifted}
        members: dict[Place | Index, set[Axis]] = defaultdict(set)
        for place, there in self.known.items():
            members[self.root(place)].add(there)
        self.axes: dict[Place | Index, Axis] = {}
        for root, axes in members.items():
            plain = axes - {UNBOUNDED}
            if UNBOUNDED in axes and root not in shifted and len(plain) < 2:
                last = Symbol(f"n_{len(self.axes) + 1}", 1)
                self.axes[root] = next(iter(plain), axis(last))

    def root(self, item: Place | Index) -> Place | Index:
        while (above := self.parents.setdefault(item, item)) != item:
            item = above
        return item

    def learn(self, node: Expression, inner: Mapping[Symbol, int]) -> None:
        """Take note of what is read with which index; `inner` are the sums that bind the indices here."""
        if isinstance(node, Binder):
            self.sums += 1
            inner = {**inner, **dict.fromkeys((r.variable for r in node.ranges), self.sums)}
        if isinstance(node, Read):
            self.read(node, inner)
        for child in children(node):
            self.learn(child, inner)

    def read(self, read: Read, inner: Mapping[Symbol, int]) -> None:
        for place, there, index in zip(_places(read.tensor), read.tensor.axes, read.indices, strict=True):
            self.known[place] = there
            symbol = index.as_symbol
            if symbol is None or symbol.is_size:
                self.shifted |= {place, *((inner.get(s, 0), s) for s in index.symbols)}
            else:
                self.parents[self.root(place)] = self.root((inner.get(symbol, 0), symbol))

    def of(self, tensor: Tensor) -> Tensor:
        """The tensor with these axes."""
        axes = tuple(self.axes.get(self.root(p), a) if a == UNBOUNDED else a
                     for p, a in zip(_places(tensor), tensor.axes, strict=True))
        return Tensor(tensor.name, axes, tensor.gradient_of)

    def within(self, node: Expression) -> Expression:
        """A formula with these axes, and with sums over the entries that there are."""
        if isinstance(node, Read):
            return Read(self.of(node.tensor), node.indices)
        parts = tuple(map(self.within, children(node)))
        if isinstance(node, Binder):
            return type(node)(tuple(_bounded(r, _axes_of(parts[0], r.variable)) for r in node.ranges), parts[0])
        return rebuild(node, parts)


def on_common_axes(left: Expression, right: Expression, definitions: Sequence[Definition],
                   ) -> tuple[Expression, Expression, tuple[Definition, ...]] | None:
    """A claim between names that all have an end; None where no name lacks one, or where it is not plain which."""
    axes = CommonAxes(left, right, definitions)
    if not axes.axes:
        return None
    return axes.within(left), axes.within(right), tuple(
        Definition(axes.of(d.tensor), d.indices, axes.within(d.body)) for d in definitions)


def _bounded(r: Range, axes: set[Axis]) -> Range:
    if len(axes) != 1 or UNBOUNDED in axes or r.lower is not None or r.upper is not None:
        return r
    (there,) = axes
    return Range(r.variable, there.base, there.upper, there.coefficient)


def _axes_of(node: Expression, index: Symbol) -> set[Axis]:
    """The axes that are read at an index as it stands."""
    if isinstance(node, Read):
        return {a for i, a in zip(node.indices, node.tensor.axes, strict=True) if i.as_symbol == index}
    if isinstance(node, Binder) and any(r.variable == index for r in node.ranges):
        return set()
    return {a for child in children(node) for a in _axes_of(child, index)}


def _places(tensor: Tensor) -> list[Place]:
    name = tensor.gradient_of[1] if tensor.gradient_of else tensor.name
    return [(name, len(tensor.axes), n) for n in range(len(tensor.axes))]
