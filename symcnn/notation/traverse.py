"""Walking through formulas: free and bound names, substitution without capture, ranges of sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from symcnn.errors import NotationError
from symcnn.notation.expression import (
    Axis, Binder, Bracket, children, Definition, Derivative, Expectation, Expression, free_indices, Multiply, Power,
    Range, Read, rebuild, Sum, Tensor, Value, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial


AnyBinder = TypeVar("AnyBinder", bound=Binder)


def reads_outside(node: Expression, bound: frozenset[Symbol] = frozenset()) -> Iterator[tuple[Read, frozenset[Symbol]]]:
    """Every read with the variables that sums and maxima bind around it."""
    if isinstance(node, Read):
        yield node, bound
    if isinstance(node, Binder):
        bound = bound | {r.variable for r in node.ranges}
    for child in children(node):
        yield from reads_outside(child, bound)


def renamed_apart(node: AnyBinder, taken: Iterable[Symbol]) -> AnyBinder:
    """The same sum or maximum with other variables where one is taken; captures nothing."""
    avoid = set(taken)
    clash = [r.variable for r in node.ranges if r.variable in avoid]
    if not clash:
        return node
    busy = avoid | {r.variable for r in node.ranges} | {
        s for n in walk(node) if isinstance(n, Binder) for r in n.ranges for s in (r.variable,)} | free_indices(
        node.body)
    names: dict[Symbol, Polynomial] = {}
    fresh: dict[Symbol, Symbol] = {}
    for variable in clash:
        new = variable
        while new in busy:
            new = Symbol(new.name + "'")
        busy.add(new)
        names[variable], fresh[variable] = polynomial(new), new
    ranges = []
    for r in node.ranges:
        s = r.substitute(names)
        ranges.append(Range(fresh.get(r.variable, r.variable), s.lower, s.upper, s.coefficient))
    return type(node)(tuple(ranges), substitute(node.body, names))


def tensors_in(node: Expression) -> list[Tensor]:
    """The tensors that are read, in order of first appearance."""
    return list(node.tensors)


def factors_of(node: Expression) -> Iterator[Expression]:
    """The factors of a product, those of products in it included."""
    if isinstance(node, Multiply):
        for factor in node.factors:
            yield from factors_of(factor)
    else:
        yield node


def made_of(tensors: Iterable[Tensor], definitions: Mapping[Tensor, Definition]) -> set[Tensor]:
    """The tensors that the formulas of these read, and that the formulas of those read, and so on."""
    seen: set[Tensor] = set()
    waiting = list(tensors)
    while waiting:
        tensor = waiting.pop()
        more = set(tensors_in(definitions[tensor].body)) - seen if tensor in definitions else set()
        seen |= more
        waiting += more
    return seen


def sizes_in(node: Expression) -> set[Symbol]:
    """All size symbols: in values, indices, bounds and the axes of the tensors that are read."""
    found: set[Symbol] = set()
    for n in walk(node):
        match n:
            case Value(p):
                found |= p.symbols
            case Read(tensor, indices):
                found |= tensor.symbols
                found |= {s for p in indices for s in p.symbols}
            case Bracket(equations, inequalities):
                found |= {s for p in equations + inequalities for s in p.symbols}
            case Expectation(_, random):
                found = found.union(*(t.symbols for t in random))
            case Binder(ranges, _):
                bounds = (b for r in ranges for b in (r.lower, r.upper, r.coefficient) if b is not None)
                found |= {s for b in bounds for s in b.symbols}
            case _:
                pass
    return {s for s in found if s.is_size}


def substitute(node: Expression, values: Mapping[Symbol, Polynomial]) -> Expression:
    """Replace free indices and sizes by polynomials, everywhere, axes included; renames bound variables
    where a value would be captured."""
    match node:
        case Value(p):
            return Value(p.substitute(values))
        case Read(tensor, indices):
            return Read(tensor.substitute(values), tuple(p.substitute(values) for p in indices))
        case Bracket(equations, inequalities):
            return Bracket(tuple(p.substitute(values) for p in equations),
                           tuple(p.substitute(values) for p in inequalities))
        case Expectation(body, random):
            return Expectation(substitute(body, values), tuple(t.substitute(values) for t in random))
        case Binder():
            inner = {s: p for s, p in values.items() if s not in {r.variable for r in node.ranges}}
            apart = renamed_apart(node, {s for p in inner.values() for s in p.symbols})
            return type(node)(tuple(r.substitute(inner) for r in apart.ranges), substitute(apart.body, inner))
        case _:
            return rebuild(node, tuple(substitute(c, values) for c in children(node)))


def replace_reads(node: Expression, definitions: Iterable[Definition]) -> Expression:
    """Put the bodies of definitions in place of reads that lie on the axes by their form.

    Only for display steps: the kernel unfolds definitions by itself, with the axes as guards.
    """
    known = {d.tensor: d for d in definitions}

    def visit(n: Expression) -> Expression:
        if isinstance(n, Read) and n.tensor in known:
            d = known[n.tensor]
            return substitute(d.body, dict(zip(d.indices, n.indices, strict=True)))
        if isinstance(n, Derivative):
            return Derivative(visit(n.expression), n.by)
        return rebuild(n, tuple(visit(c) for c in children(n)))

    return visit(node)


def within_axes(*nodes: Expression) -> Bracket:
    """[every index that the nodes do not bind lies on the axis that it reads]."""
    guards = [g for node in nodes for read, bound in reads_outside(node)
              for axis, index in zip(read.tensor.axes, read.indices, strict=True)
              if not index.symbols & bound for g in axis.guards(index)]
    return Bracket((), tuple(dict.fromkeys(guards)))


def total(variables: Iterable[Symbol], body: Expression) -> Expression:
    """Σ over index variables; one that stands bare in an axis takes that axis's range.

    The range holds for the whole body, so Σ_i (x[i] − μ) and Σ_i σ(Z[i]) are finite sums although
    their bodies are not zero outside. NotationError if a variable stands bare in unlike axes.
    """
    variables = tuple(variables)
    if not variables:
        return body
    found = _bare_axes(_factors(body), variables)
    # Factors cut each other's supports, so any of their axes will do; elsewhere all must agree.
    everywhere = _bare_axes(reads_outside(body), [v for v in variables if v not in found])
    for variable, axes in everywhere.items():
        if len(axes) > 1:
            names = " and ".join(axes.values())
            raise NotationError(f"{variable.name} ranges over unlike axes in {names}; write its bounds")
    found |= everywhere
    ranges = []
    for variable in variables:
        if variable in found:
            a = next(iter(found[variable]))
            ranges.append(Range(variable, a.base, a.upper, a.coefficient))
        else:
            ranges.append(Range(variable))
    return Sum(tuple(ranges), body)


def _factors(node: Expression, bound: frozenset[Symbol] = frozenset()) -> Iterator[tuple[Read, frozenset[Symbol]]]:
    """The reads that multiply the whole of a formula, with the variables bound around them."""
    match node:
        case Read():
            yield node, bound
        case Multiply(factors):
            for factor in factors:
                yield from _factors(factor, bound)
        case Sum(ranges, body):
            yield from _factors(body, bound | {r.variable for r in ranges})
        case Power(base, exponent) if exponent > 0:
            yield from _factors(base, bound)


def _bare_axes(reads: Iterable[tuple[Read, frozenset[Symbol]]], variables: Iterable[Symbol],
               ) -> dict[Symbol, dict[Axis, str]]:
    """For each variable the axes in which it stands bare, with the name of a tensor that has each."""
    wanted = set(variables)
    found: dict[Symbol, dict[Axis, str]] = {}
    for node, bound in reads:
        for axis_read, index in zip(node.tensor.axes, node.indices, strict=True):
            symbol = index.as_symbol
            if symbol is not None and symbol in wanted and symbol not in bound:
                found.setdefault(symbol, {}).setdefault(axis_read, node.tensor.name)
    return found


def axes_of(node: Expression, variables: Iterable[Symbol]) -> dict[Symbol, Axis]:
    """For each free index the axis in which it first stands bare."""
    return {s: next(iter(axes)) for s, axes in _bare_axes(reads_outside(node), variables).items()}
