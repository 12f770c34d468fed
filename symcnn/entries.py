"""Formulas at given numbers: definitions at particular sizes, and all entries of a tensor computed and proved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from symcnn.errors import UsageError
from symcnn.kernel.theorem import Theorem
from symcnn.layers.data import Entries, literal
from symcnn.layers.layer import Layer
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import Add, Definition, Expression, expression, Read, Tensor
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import substitute
from symcnn.verdict import prove

NAMES = ("i", "j", "t")


def at_sizes(layer: Layer, sizes: Mapping[str, int]) -> tuple[Definition, ...]:
    """The definitions of a layer with numbers for its sizes, axes included; UsageError where they do not fit."""
    values: dict[Symbol, Polynomial] = {}
    for name, value in sizes.items():
        symbol = layer.size(name)
        if value < (symbol.lower or 0):
            raise UsageError(f"{name} is {value}; at least {symbol.lower or 0}")
        values[symbol] = polynomial(value)
    for assumed in layer.assumptions:
        at = assumed.substitute(values)
        if at.is_constant and at.constant < 0:
            given = ", ".join(f"{name} = {value}" for name, value in sizes.items())
            raise UsageError(f"{assumed} >= 0 does not hold at {given}")
    return tuple(Definition(d.tensor.substitute(values), d.indices, substitute(d.body, values))
                 for d in layer.definitions)


def proved_entries(tensor: Tensor, definitions: Iterable[Definition]) -> Theorem:
    """T[i, j] = Σ value·[i = …, j = …]: every entry, computed by enumeration and proved by the kernel.

    The tensors that T depends on must all be defined, with numbers for sizes; UsageError otherwise.
    """
    known = {d.tensor: d for d in definitions}
    evaluator = Evaluator({}, _no_entry, known)
    ranges = [a.indices({}) for a in tensor.axes]

    def nested(place: tuple[int, ...]) -> Entries:
        if len(place) < len(ranges):
            return [nested((*place, i)) for i in ranges[len(place)]]
        value = evaluator.exact(tensor[place])
        return Fraction(int(value.p), int(value.q))

    written = literal("entries", nested(()))
    names = NAMES[:len(ranges)] if len(ranges) <= len(NAMES) else [f"i{n}" for n in range(1, len(ranges) + 1)]
    indices = [polynomial(Symbol(name)) for name in names]
    places = {old: i - r.start for old, i, r in zip(written.indices, indices, ranges, strict=True)}
    return prove(Read(tensor, tuple(indices)), substitute(written.body, places), known.values())


def combination(pieces: Iterable[tuple[Fraction | int, Expression]]) -> Expression:
    """Σ value·expression, without the terms that are zero and the factors that are one."""
    terms = [node if value == 1 else -node if value == -1 else expression(value) * node
             for value, node in pieces if value]
    return Add(tuple(terms)) if len(terms) > 1 else terms[0] if terms else expression(0)


def _no_entry(tensor: Tensor, at: tuple[int, ...]) -> int:
    raise UsageError(f"{tensor.name} has no given entries")
