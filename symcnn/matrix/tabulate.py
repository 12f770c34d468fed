"""Tabulate a formula: for every output entry, which weight multiplies which input entry.

Nothing here knows what a convolution is. The terms of the formula give equations and inequalities between
indices; at given sizes their integer points are found with NumPy, one independent group of indices at a time.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from symcnn.errors import UsageError
from symcnn.kernel.guards import solve_for
from symcnn.kernel.cells import Atom, Factor, Term
from symcnn.kernel.terms import Expander
from symcnn.matrix.parts import Block, Integers, Part, Shape, Triples, Weights
from symcnn.matrix.relation import Unrolled
from symcnn.notation.expression import Definition, Tensor
from symcnn.notation.traverse import sizes_in
from symcnn.notation.polynomial import Number, Polynomial, Symbol, polynomial, symbols_of

LARGEST_GRID = 30_000_000  # points of one independent group that are looked at
LARGEST_NUMBER = 2**62     # so that no sum in int64 wraps around
ROUNDS = 8                 # of narrowing index bounds by each other


def unrolled(definition: Definition, column: str, sizes: Mapping[str, int],
             definitions: Iterable[Definition] = ()) -> Unrolled:
    """The matrix of T[…] = Σ weight · column[…] at given sizes; terms that do not read `column` are left out.

    `sizes` gives a number for every size by name; `definitions` are unfolded where the formula reads them.
    UsageError if a size is missing or too small, if a term is not linear in `column` or has two weights, or
    if its indices do not split into small independent groups.
    """
    known = {d.tensor: d for d in (*definitions, definition) if d.tensor.name != column}
    symbols = {s for d in known.values() for side in (d.left, d.body) for s in sizes_in(side)}
    numbers = numbers_of(symbols, sizes)
    terms = Expander(known).expand(definition.left, {})
    found: list[tuple[Weights, Tensor, tuple[Part, ...]]] = []
    for term in terms:
        if any(_hides(f.atom, column) for f in term.factors):
            raise UsageError(f"{definition.tensor.name} is not linear in {column}")
        reads = [f for f in term.factors if isinstance(f.atom, Tensor) and f.atom.name == column]
        if not reads:
            continue
        others = [f for f in term.factors if f is not reads[0]]
        if len(reads) > 1 or reads[0].exponent != 1:
            raise UsageError(f"{definition.tensor.name} is not linear in {column}")
        if len(others) > 1 or any(not isinstance(f.atom, Tensor) or f.exponent != 1 for f in others):
            names = " · ".join(f.atom.name for f in others)
            raise UsageError(f"an entry of the matrix would be {names}; "
                             "only one weight per term is tabulated")
        values = {s: polynomial(n) for s, n in numbers.items()}
        coefficient = term.coefficient.substitute(values)
        if not coefficient:
            continue
        if not coefficient.is_constant:
            raise UsageError(f"an entry of the matrix would have the coefficient {coefficient}, not a number")
        weights = _weights(others, coefficient.constant, numbers)
        tensor = reads[0].atom
        assert isinstance(tensor, Tensor)
        coordinates = ((definition.tensor, tuple(map(polynomial, definition.indices))),
                       (tensor, reads[0].indices), *((f.atom, f.indices) for f in others))
        found.append((weights, tensor, _parts(term, coordinates, numbers)))
    if not found:
        raise UsageError(f"{definition.tensor.name} does not read {column}")
    order = sorted({w for w, _, _ in found}, key=lambda w: (w.tensor, w.shape, w.coefficient))
    blocks = [Block(weights, parts) for weights, _, parts in found]
    return Unrolled(definition.tensor.name, shape_of(definition.tensor, numbers), column,
                    shape_of(found[0][1], numbers), tuple(order), tuple(b for b in blocks if len(b)))


def numbers_of(symbols: Iterable[Symbol], sizes: Mapping[str, int]) -> dict[Symbol, int]:
    """Sizes by symbol; UsageError for one that is missing, no integer or below its lower bound."""
    numbers = {}
    for symbol in sorted(symbols):
        if symbol.name not in sizes:
            raise UsageError(f"the size {symbol.name} has no value; given: {', '.join(sizes) or 'none'}")
        numbers[symbol] = integer(symbol.name, sizes[symbol.name], symbol.lower or 0)
    return numbers


def integer(name: str, value: object, least: int) -> int:
    """The value as an int; UsageError for a bool, for anything but an integer and below `least`."""
    try:
        number = least - 1 if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = least - 1
    if number < least:
        raise UsageError(f"{name} is {value!r}; allowed: an integer of at least {least}")
    return number


def shape_of(tensor: Tensor, numbers: Mapping[Symbol, int]) -> Shape:
    """The extents of a tensor; UsageError for an axis without indices."""
    ranges = [axis.indices(numbers) for axis in tensor.axes]
    shape = tuple(max(0, r.stop - r.start) for r in ranges)
    if 0 in shape:
        raise UsageError(f"{tensor.name} has no entries at these sizes: its shape would be {shape}")
    if prod(shape) >= LARGEST_NUMBER:
        raise UsageError(f"{tensor.name} of shape {shape} is too large to number its entries")
    return shape


def _hides(atom: Atom, column: str) -> bool:
    """Whether a function of the tensor's entries stands here."""
    if isinstance(atom, Tensor):
        return False
    inner = [a for cell in atom.argument for a, _ in cell.reads]
    return any(_hides(a, column) or (isinstance(a, Tensor) and a.name == column) for a in inner)


def _weights(others: Sequence[Factor], coefficient: Number, numbers: Mapping[Symbol, int]) -> Weights:
    if not others:
        return Weights("", (), coefficient)
    tensor = others[0].atom
    assert isinstance(tensor, Tensor)
    return Weights(tensor.name, shape_of(tensor, numbers), coefficient)


def _parts(term: Term, coordinates: Sequence[tuple[Any, tuple[Polynomial, ...]]],
           numbers: Mapping[Symbol, int]) -> tuple[Part, ...]:
    """The independent groups of a term's indices, each with its integer points."""
    values = {s: polynomial(n) for s, n in numbers.items()}
    equations = [e.substitute(values) for e in term.equations]
    inequalities = [p.substitute(values) for p in term.inequalities]
    indices = [[i.substitute(values) for i in read] for _, read in coordinates]
    bound = set(term.bound)
    while True:
        equations = [e for e in equations if e]
        chosen = next(((e, s) for e in equations for s in sorted(e.symbols) if e.unit_coefficient(s)), None)
        if chosen is None:
            break
        equation, symbol = chosen
        bound.discard(symbol)
        value = {symbol: solve_for(equation, symbol)}
        equations = [e.substitute(value) for e in equations if e is not equation]
        inequalities = [p.substitute(value) for p in inequalities]
        indices = [[i.substitute(value) for i in read] for read in indices]
    conditions = [*inequalities, *equations, *(-e for e in equations)]
    together = [*conditions, *(i for read in indices for i in read)]
    parts = []
    for group in _connected(symbols_of(together) | bound, together):
        axes, contributions = [], []
        own = [p for p in conditions if p.symbols <= group and (p.symbols or not group)]
        points = _points(sorted(group), own)
        for (tensor, _), read in zip(coordinates, indices, strict=True):
            shape = shape_of(tensor, numbers)
            mine = tuple(a for a, i in enumerate(read) if i.symbols <= group and (i.symbols or not group))
            flat = np.zeros(_length(points), dtype=np.int64)
            for a in mine:
                base = int(tensor.axes[a].base.evaluate(numbers))
                flat += (_value(read[a], points) - base) * prod(shape[a + 1:])
            axes.append(mine)
            contributions.append(flat)
        if len(axes) == 2:  # no weight, just a number
            axes.append(())
            contributions.append(np.zeros(_length(points), dtype=np.int64))
        if any(axes) or _length(points) != 1:
            parts.append(Part((axes[0], axes[1], axes[2]), Triples(*contributions).in_order()))
    return tuple(parts)


def _connected(variables: Iterable[Symbol], polynomials: Sequence[Polynomial]) -> list[set[Symbol]]:
    """Variables in groups that no polynomial connects; the empty group stands for what is constant."""
    groups = [{s} for s in sorted(variables)]
    for p in polynomials:
        touched = [g for g in groups if g & p.symbols]
        if len(touched) > 1:
            groups = [g for g in groups if g not in touched] + [set().union(*touched)]
    return [set(), *groups]


Points = dict[Symbol, Integers]
ONE = Symbol("")  # stands for the number 1 among the points, so that a group without variables has length 1


def _length(points: Points) -> int:
    return len(points[ONE])




def _points(variables: Sequence[Symbol], conditions: Sequence[Polynomial]) -> Points:
    """All integer points at which every condition is ≥ 0, one array per variable."""
    primitive = [p.primitive() for p in conditions]
    low, high = _bounds(variables, primitive)
    if any(s not in low or s not in high for s in variables):
        raise UsageError("a sum of the formula has no end that could be found")
    extents = [max(0, high[s] - low[s] + 1) for s in variables]
    if prod(extents) > LARGEST_GRID:
        raise UsageError(f"{len(variables)} indices that do not separate have {prod(extents)} combinations; "
                         f"allowed: {LARGEST_GRID}")
    if 0 in extents:
        return {s: np.zeros(0, dtype=np.int64) for s in (ONE, *variables)}
    grid: Points = {ONE: np.ones([1] * len(variables), dtype=np.int64)}
    if any(max(-low[s], high[s]) >= LARGEST_NUMBER for s in variables):
        raise UsageError("the indices of the formula are too large")
    for position, (s, extent) in enumerate(zip(variables, extents, strict=True)):
        along = [extent if a == position else 1 for a in range(len(variables))]
        grid[s] = np.arange(low[s], low[s] + extent, dtype=np.int64).reshape(along)
    holds = np.ones(extents, dtype=bool)
    for p in primitive:
        holds &= _value(p, grid) >= 0
    where = np.nonzero(holds) if variables else ()
    count = int(np.count_nonzero(holds))
    points = {s: low[s] + where[position] for position, s in enumerate(variables)}
    return {ONE: np.ones(count, dtype=np.int64), **points}


def _value(p: Polynomial, points: Points) -> Integers:
    """A polynomial at all points; UsageError if int64 might not hold it."""
    largest = {s: max(1, int(np.abs(points[s]).max(initial=0))) for s in p.symbols}
    if sum(abs(c) * prod(largest[s] ** n for s, n in m) for m, c in p.terms.items()) >= LARGEST_NUMBER:
        raise UsageError("the numbers in an index of the formula are too large")
    total: Integers = np.zeros_like(points[ONE])
    for monomial, coefficient in p.terms.items():
        if isinstance(coefficient, Fraction):
            raise UsageError(f"the index {p} is not an integer everywhere")
        piece: Integers = coefficient * points[ONE]
        for symbol, power in monomial:
            piece = piece * points[symbol] ** power
        total = total + piece
    return total


def _bounds(variables: Sequence[Symbol], conditions: Sequence[Polynomial],
            ) -> tuple[dict[Symbol, int], dict[Symbol, int]]:
    """The least and largest values that the affine conditions leave to each variable, as far as found."""
    low: dict[Symbol, int] = {}
    high: dict[Symbol, int] = {}
    for _ in range(ROUNDS):
        before = dict(low), dict(high)
        for p in conditions:
            if not p.is_affine:
                continue
            slopes = {s: int(p.coefficients(s)[1].constant) for s in p.symbols}
            for s, slope in slopes.items():
                # slope·s + most ≥ 0, where `most` is the rest at its largest.
                rest = [(c, (high if c > 0 else low).get(v)) for v, c in slopes.items() if v != s]
                if any(bound is None for _, bound in rest):
                    continue
                most = int(p.constant) + sum(c * bound for c, bound in rest if bound is not None)
                if slope > 0:
                    low[s] = max(low.get(s, -(most // slope)), -(most // slope))
                else:
                    high[s] = min(high.get(s, most // -slope), most // -slope)
        if before == (low, high):
            break
    return low, high
