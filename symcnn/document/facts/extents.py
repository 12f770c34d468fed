"""Lengths for the axes that a document leaves open, where its indices stand bare: Σ_k e^{z_k} ranges over z's axis.

Axes that share an index have one length; a proof holds for all of these lengths.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Sequence
from copy import copy
from dataclasses import replace

from symcnn.notation.expression import (
    UNBOUNDED, Axis, Binder, Bracket, Definition, Equation, Expression, Range, Read, Tensor, axis, children, rebuild,
)
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import made_of, tensors_in

Part = tuple[object, ...]
"""An axis of a tensor, or an index of one formula."""


class _Classes:
    """Axes and indices that go together, each class with the axis that is known of it."""

    def __init__(self) -> None:
        self.parent: dict[Part, Part] = {}
        self.known: dict[Part, Axis] = {}
        self.clash = False

    def find(self, part: Part) -> Part:
        self.parent.setdefault(part, part)
        while self.parent[part] != part:
            part = self.parent[part]
        return part

    def join(self, a: Part, b: Part) -> None:
        a, b = self.find(a), self.find(b)
        if a != b:
            self.parent[b] = a
            if b in self.known:
                self.know(a, self.known[b])

    def know(self, part: Part, known: Axis) -> None:
        part = self.find(part)
        self.clash |= self.known.setdefault(part, known) != known


def sized(sides: Sequence[Expression], definitions: Sequence[Definition],
          given: Sequence[Equation] = ()) -> tuple[list[Expression], list[Definition], list[Equation]] | None:
    """The sides, definitions and equations with a length for every open axis; None where an index is not bare."""
    classes = _Classes()
    bound: dict[tuple[int, Symbol], Part] = {}
    compared: list[tuple[Part, Part]] = []
    formulas = [*sides, *(d.body for d in definitions), *(s for e in given for s in (e.left, e.right))]

    def visit(node: Expression, env: dict[Symbol, Part]) -> None:
        if isinstance(node, Binder):
            env = copy(env)  # where an index is free, it is inside of a sum, too
            for r in node.ranges:
                part = env[r.variable] = bound[id(node), r.variable] = ("index", len(bound))
                if r.lower is not None and r.upper is not None:
                    classes.know(part, Axis(r.lower, r.coefficient, r.upper))
        if isinstance(node, Bracket):
            for p in node.equations:
                for i, q in itertools.combinations(sorted(p.symbols), 2):
                    if i in env and q in env and p in (polynomial(i) - q, polynomial(q) - i):
                        compared.append((env[i], env[q]))
        if isinstance(node, Read):
            for place, (index, of) in enumerate(zip(node.indices, node.tensor.axes, strict=True)):
                here = _axis(node.tensor, place)
                if of != UNBOUNDED:
                    classes.know(here, of)
                elif index.as_symbol is None or index.as_symbol not in env:
                    classes.clash = True
                if index.as_symbol is not None and index.as_symbol in env:
                    classes.join(here, env[index.as_symbol])
        for child in children(node):
            visit(child, env)

    free = _Free()
    for side in (*sides, *(s for e in given for s in (e.left, e.right))):
        visit(side, free)
    for definition in definitions:
        env: dict[Symbol, Part] = {s: _axis(definition.tensor, place) for place, s in enumerate(definition.indices)}
        for place, of in enumerate(definition.tensor.axes):
            if of != UNBOUNDED:
                classes.know(_axis(definition.tensor, place), of)
        visit(definition.body, env)
    read = {classes.find(_axis(t, place)) for f in formulas for t in tensors_in(f) for place in range(len(t.axes))}
    for i, q in compared:  # Σ_i [i = q]: an index that reads nothing lies where the other does
        if not {classes.find(i), classes.find(q)} <= read:
            classes.join(i, q)
    if classes.clash:
        return None
    measured = {*map(classes.find, read), *map(classes.find, classes.known)}
    lengths: dict[Part, Axis] = {}

    def length(part: Part) -> Axis:
        part = classes.find(part)
        if part not in classes.known:
            lengths.setdefault(part, axis(Symbol(f"n_{len(lengths) + 1}", 1)))
        return classes.known.get(part) or lengths[part]

    def tensor(t: Tensor) -> Tensor:
        return replace(t, axes=tuple(length(_axis(t, place)) for place in range(len(t.axes))))

    def ranged(node: Expression) -> Expression:
        if isinstance(node, Read):
            return Read(tensor(node.tensor), node.indices)
        parts = tuple(map(ranged, children(node)))
        if isinstance(node, Binder):
            ranges = []
            for r in node.ranges:
                part = bound[id(node), r.variable]
                if r.lower is None and r.upper is None and classes.find(part) in measured:
                    a = length(part)
                    r = Range(r.variable, a.base, a.upper, a.coefficient)
                ranges.append(r)
            return type(node)(tuple(ranges), parts[0])
        return rebuild(node, parts)

    if sum(len(tensors_in(f)) for f in formulas) == 0:
        return None
    return ([ranged(s) for s in sides], [Definition(tensor(d.tensor), d.indices, ranged(d.body)) for d in definitions],
            [Equation(ranged(e.left), ranged(e.right)) for e in given])


class _Free(dict[Symbol, Part]):
    """Free indices mean the same in both sides of a line."""

    def __contains__(self, symbol: object) -> bool:
        return isinstance(symbol, Symbol) and not symbol.is_size

    def __missing__(self, symbol: Symbol) -> Part:
        return "free", symbol.name


def _axis(tensor: Tensor, place: int) -> Part:
    """A gradient has the axes of what it is a gradient by."""
    return tensor.gradient_of[1] if tensor.gradient_of else tensor.name, place


def needed(definitions: Sequence[Definition], sides: Iterable[Expression]) -> list[Definition]:
    """The definitions that formulas rest on."""
    seen = {t for side in sides for t in tensors_in(side)}
    by_tensor = {d.tensor: d for d in definitions}
    pending = list(seen)
    while pending:
        definition = by_tensor.get(pending.pop())
        more = [t for t in tensors_in(definition.body) if t not in seen] if definition is not None else []
        seen |= set(more)
        pending += more
    return [d for d in definitions if d.tensor in seen]


def without_circles(definitions: Sequence[Definition], kept: Container[Tensor]) -> tuple[Definition, ...]:
    """The definitions but for names that are made of themselves, as a state is that goes by the one before.

    What is shown without their formulas holds whatever these are; `kept` are the gradients that a line is about.
    """
    known = {d.tensor: d for d in definitions}
    return tuple(d for d in definitions if d.tensor in kept or d.tensor not in made_of({d.tensor}, known))
