"""Given numbers: read from text, as a tensor whose definition names every entry that is not zero, and back."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import TypeAlias

from symcnn.errors import UsageError
from symcnn.notation.expression import (
    Add, Axis, axis, Bracket, Definition, Equation, Expression, expression, Multiply, Read, Tensor, Value,
)
from symcnn.notation.polynomial import Symbol, polynomial

MOST_ENTRIES = 256  # of numbers that are read; every one is a case of each proof
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


def vector(name: str, text: str) -> list[Fraction]:
    """Numbers from text such as "1 4 0 -2 1/3"; UsageError for what is none."""
    numbers = []
    for word in text.replace(",", " ").split():
        try:
            numbers.append(Fraction(word))
        except (ValueError, ZeroDivisionError):
            raise UsageError(f"{name} holds {word!r}; allowed: whole numbers and fractions, as in '1 -2 1/3'") from None
    if not numbers:
        raise UsageError(f"{name} is empty; allowed: numbers, as in '1 -2 1/3'")
    if len(numbers) > MOST_ENTRIES:
        raise UsageError(f"{name} has {len(numbers)} entries; at most {MOST_ENTRIES}")
    return numbers


def matrix(name: str, text: str) -> list[list[Fraction]]:
    """Rows of numbers from text such as "1 -1; 0 1/2"; UsageError for ragged rows and what is no number."""
    rows = [vector(f"row {number} of {name}", row) for number, row in enumerate(text.split(";"), start=1)]
    if len({len(row) for row in rows}) > 1:
        raise UsageError(f"{name} has rows of {', '.join(str(len(row)) for row in rows)} entries; "
                         "allowed: rows of one length")
    if len(rows) * len(rows[0]) > MOST_ENTRIES:
        raise UsageError(f"{name} has {len(rows) * len(rows[0])} entries; at most {MOST_ENTRIES}")
    return rows


def table(equation: Equation) -> list[list[Fraction]] | None:
    """The rows of T in T[i, j] = Σ value·[i = …, j = …], a single row for T[i]; None for any other equation.

    What `literal` writes; the entries that are not named are zero.
    """
    left = equation.left
    if not isinstance(left, Read) or len(left.indices) not in (1, 2):
        return None
    names = [i.as_symbol for i in left.indices]
    if None in names or len(set(names)) < len(names) or any(
            a.symbols or a.upper is None or a.base is None for a in left.tensor.axes):
        return None
    ranges = [a.indices({}) for a in left.tensor.axes]
    rows = [[Fraction(0)] * len(ranges[-1]) for _ in (ranges[0] if len(ranges) == 2 else "1")]
    for term in _terms(equation.right):
        match term:
            case Value(p) if not p:
                continue
            case Multiply((Value(p), Bracket(equations, ()))) if p.is_constant and len(equations) == len(names):
                at = [-(e - i) for e, i in zip(equations, left.indices, strict=True)]
                if not all(a.is_constant for a in at):
                    return None
                *row, column = (int(a.constant) - r.start for a, r in zip(at, ranges, strict=True))
                rows[row[0] if row else 0][column] += Fraction(p.constant)
            case _:
                return None
    return rows


def _terms(node: Expression) -> list[Expression]:
    return [t for part in node.terms for t in _terms(part)] if isinstance(node, Add) else [node]


def table_latex(rows: Sequence[Sequence[Fraction]]) -> str:
    """A matrix of numbers."""
    body = r" \\ ".join(" & ".join(map(number_latex, row)) for row in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def number_latex(value: Fraction) -> str:
    sign = "-" if value < 0 else ""
    whole = value.denominator == 1
    return str(value) if whole else rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _shape(name: str, entries: Entries) -> tuple[int, ...]:
    if isinstance(entries, int | Fraction):
        return ()
    inside = {_shape(name, e) for e in entries}
    if len(inside) != 1:
        raise UsageError(f"{name} has rows of different lengths" if inside else f"{name} has an empty row or axis")
    return (len(entries), *inside.pop())
