"""Given numbers as a tensor: a definition whose body names every entry that is not zero."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import TypeAlias

from symcnn.errors import UsageError
from symcnn.notation.expression import Axis, Bracket, Definition, Expression, Tensor, axis, expression
from symcnn.notation.polynomial import Symbol, polynomial

Entries: TypeAlias = "int | Fraction | Sequence[Entries]"


def literal(name: str, entries: Entries, base: int | Sequence[int] = 0) -> Definition:
    """T[i1, i2 …] = Σ value·[i1 = …, i2 = …] over the entries that are not zero.

    The shape is that of the nested sequences; UsageError if they are ragged or empty. The first index of
    every axis is `base`, or that of each axis its own.
    """
    shape = _shape(name, entries)
    firsts = [base] * len(shape) if isinstance(base, int) else base
    axes: tuple[Axis, ...] = tuple(axis(*pair) for pair in zip(shape, firsts, strict=True))
    indices = tuple(Symbol(f"i{n}") for n in range(1, len(shape) + 1))
    body: Expression = expression(0)
    for place in product(*(range(extent) for extent in shape)):
        value: Entries = entries
        for at in place:
            value = value[at]  # type: ignore[index]
        if value != 0:
            here = Bracket(tuple(polynomial(i) - (at + first)
                                 for i, at, first in zip(indices, place, firsts, strict=True)))
            body = expression(value) * here if body == expression(0) else body + expression(value) * here  # type: ignore[arg-type]
    return Definition(Tensor(name, axes), indices, body)


def _shape(name: str, entries: Entries) -> tuple[int, ...]:
    if isinstance(entries, int | Fraction):
        return ()
    inside = {_shape(name, e) for e in entries}
    if len(inside) != 1:
        raise UsageError(f"{name} has rows of different lengths" if inside else f"{name} has an empty row or axis")
    return (len(entries), *inside.pop())
