"""Sums that a line writes without bounds, Σ_i x_{i+k}, between the bounds that the document gives their index.

Where the index stands bare in an axis with an end, what is multiplied is 0 beyond it; in σ(z_i), or in a shifted read
alone, nothing says so, and the sum would go on for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symcnn.notation.expression import (
    UNBOUNDED, Axis, Binder, Definition, Expression, Multiply, Range, Read, Sum, children, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol

Bounds = tuple[Polynomial, Polynomial]


def stated_bounds(definitions: Iterable[Definition]) -> dict[str, Bounds]:
    """The letters that all sums of the formulas which bound them take between the same sizes."""
    found: dict[str, set[Bounds]] = {}
    for r in (r for d in definitions for n in walk(d.body) if isinstance(n, Sum) for r in n.ranges):
        if r.lower is not None and r.upper is not None:
            found.setdefault(_letter(r.variable), set()).add((r.lower, r.upper))
    return {letter: next(iter(bounds)) for letter, bounds in found.items() if len(bounds) == 1 and all(
        s.is_size for p in next(iter(bounds)) for s in p.symbols)}


def bounded(side: Expression, stated: Mapping[str, Bounds], used: dict[str, Bounds]) -> Expression:
    """A side with such bounds for the sums that have none; `used` takes those that the document gives a letter."""
    parts = tuple(bounded(part, stated, used) for part in children(side))
    if not isinstance(side, Sum):
        return rebuild(side, parts)
    ranges = []
    for r in side.ranges:
        axes = set(_bare_axes(side.body, r.variable)) - {UNBOUNDED}
        if r.lower is not None or r.upper is not None or set(_factors(side.body, r.variable)) - {UNBOUNDED}:
            ranges.append(r)
        elif len(axes) == 1:
            (axis,) = axes
            ranges.append(Range(r.variable, axis.base, axis.upper, axis.coefficient))
        elif not axes and (bounds := stated.get(_letter(r.variable))) is not None:
            used[r.variable.name] = bounds
            ranges.append(Range(r.variable, *bounds))
        else:
            ranges.append(r)
    return Sum(tuple(ranges), parts[0])


def _letter(symbol: Symbol) -> str:
    return symbol.name.removesuffix("_index")


def _bare_axes(node: Expression, index: Symbol) -> Iterable[Axis]:
    """The axes that are read at an index as it stands."""
    if isinstance(node, Read):
        yield from (a for i, a in zip(node.indices, node.tensor.axes, strict=True) if i.as_symbol == index)
    elif not (isinstance(node, Binder) and any(r.variable == index for r in node.ranges)):
        for part in children(node):
            yield from _bare_axes(part, index)


def _factors(node: Expression, index: Symbol) -> Iterable[Axis]:
    """The same of what multiplies a whole summand, which is 0 beyond these axes."""
    if isinstance(node, Read):
        yield from _bare_axes(node, index)
    elif isinstance(node, Multiply | Sum):
        for part in children(node):
            yield from _factors(part, index)
