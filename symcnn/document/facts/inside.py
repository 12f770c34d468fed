"""Formulas that stand inside others: with h = V x, the formula y = x + W φ(V x) says that y is made of h."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from symcnn.notation.expression import (
    UNBOUNDED, Add, Apply, Axis, Definition, Derivative, Expression, Multiply, Power, Read, Sum, Tensor, Value,
    children, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import made_of, substitute, tensors_in

MOST_PARTS = 60
Places = dict[Symbol, Polynomial]
"""What stands in place of the indices of a formula."""


def with_names(known: Mapping[Tensor, Definition], recurrent: Mapping[Tensor, Definition],
               is_name: Callable[[Definition], bool] = bool) -> dict[Tensor, Definition]:
    """Formulas and recurrences with every name in place of its formula where that stands inside, values unchanged.

    That is for the names with `is_name`: nothing is made of an error that goes backwards, δ = y − t.
    The whole of a formula stays what it is: y = σ(z) beside a = σ(z) does not say which of them is made of the other.
    """
    patterns = [d for d in known.values() if _is_worth(d) and is_name(d)]
    if not patterns:
        return {**known, **recurrent}
    everything = {**known, **recurrent}
    leaves = {t: made_of({t}, known) if t in known else set(tensors_in(d.body)) for t, d in everything.items()}
    patterns.sort(key=lambda d: (-len(leaves[d.tensor]), not isinstance(d.body, Apply)))  # a = φ(h) before h = W x
    result = dict(everything)
    for tensor, d in everything.items():
        if not is_formula(d):
            continue
        for pattern in patterns:
            below = leaves[pattern.tensor]
            if pattern.tensor.name == tensor.name or tensor in below or not below - known.keys() <= leaves[tensor]:
                continue
            ranges = dict(zip(d.indices, tensor.axes, strict=True))
            parts = tuple(_replaced(part, pattern, known, ranges) for part in children(result[tensor].body))
            if parts != children(result[tensor].body):
                result[tensor] = Definition(d.tensor, d.indices, rebuild(result[tensor].body, parts))
    return result


def stands_inside(pattern: Definition, d: Definition, known: Mapping[Tensor, Definition]) -> bool:
    """Whether the formula of one name stands inside that of another, as V x does in x + W φ(V x)."""
    ranges = dict(zip(d.indices, d.tensor.axes, strict=True))
    return _is_worth(pattern) and any(_replaced(part, pattern, known, ranges) != part for part in children(d.body))


def is_formula(d: Definition) -> bool:
    return not any(isinstance(n, Derivative) or isinstance(n, Read) and n.tensor.gradient_of is not None
                   for n in walk(d.body))


def _is_worth(d: Definition) -> bool:
    """Whether a name stands for something that is computed from others."""
    return not isinstance(d.body, Read | Value) and sum(1 for _ in walk(d.body)) <= MOST_PARTS and bool(
        tensors_in(d.body)) and is_formula(d)


def _replaced(node: Expression, pattern: Definition, known: Mapping[Tensor, Definition],
              ranges: Mapping[Symbol, Axis]) -> Expression:
    if isinstance(node, Add | Multiply | Apply | Sum | Power):
        places: Places = {}
        if _matches(pattern.body, node, places, set(pattern.indices), known) and all(
                s in places and (axis == UNBOUNDED or ranges.get(places[s].as_symbol) == axis)  # type: ignore[arg-type]
                for s, axis in zip(pattern.indices, pattern.tensor.axes, strict=True)):
            return Read(pattern.tensor, tuple(places[s] for s in pattern.indices))
        if isinstance(node, Sum):
            ranges = {**ranges, **{r.variable: Axis(r.lower, r.coefficient, r.upper) for r in node.ranges
                                   if r.lower is None or all(s.is_size for s in r.lower.symbols)
                                   if r.upper is None or all(s.is_size for s in r.upper.symbols)}}
        return rebuild(node, tuple(_replaced(c, pattern, known, ranges) for c in children(node)))
    return node


def _matches(pattern: Expression, node: Expression, places: Places, free: set[Symbol],
             known: Mapping[Tensor, Definition]) -> bool:
    """Whether a formula is the pattern at some indices, which are put into `places`."""
    if isinstance(pattern, Read):
        if not isinstance(node, Read) or node.tensor != pattern.tensor:
            d = known.get(pattern.tensor)
            if d is None or isinstance(node, Read | Value):
                return False
            body = substitute(d.body, dict(zip(d.indices, pattern.indices, strict=True)))
            return _matches(body, node, places, free, known)
        for mine, other in zip(pattern.indices, node.indices, strict=True):
            if (symbol := mine.as_symbol) in free and symbol not in places:
                assert symbol is not None
                places[symbol] = other
            elif mine.substitute(places) != other:
                return False
        return True
    if type(pattern) is not type(node):
        return False
    if isinstance(pattern, Value):
        return isinstance(node, Value) and pattern.value.substitute(places) == node.value
    if isinstance(pattern, Apply) and isinstance(node, Apply) and pattern.function != node.function:
        return False
    if isinstance(pattern, Power) and isinstance(node, Power) and pattern.exponent != node.exponent:
        return False
    if isinstance(pattern, Sum) and isinstance(node, Sum):
        if len(pattern.ranges) != len(node.ranges):
            return False
        for r, there in zip(pattern.ranges, node.ranges, strict=True):
            if r.substitute(places, there.variable) != there:
                return False
        bound = {r.variable: polynomial(o.variable) for r, o in zip(pattern.ranges, node.ranges, strict=True)}
        inside = {**places, **bound}
        if bound.keys() & free or not _matches(pattern.body, node.body, inside, free, known):
            return False
        summed = {r.variable for r in node.ranges}
        found = {s: p for s, p in inside.items() if s not in bound}
        if any(p.symbols & summed for p in found.values()):
            return False
        places.update(found)
        return True
    if not isinstance(pattern, Add | Multiply | Apply | Power):
        return False
    parts, others = children(pattern), children(node)
    return len(parts) == len(others) and all(
        _matches(a, b, places, free, known) for a, b in zip(parts, others, strict=True))
