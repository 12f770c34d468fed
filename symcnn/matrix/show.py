"""Matrices to read: names of entries, LaTeX, plain text, SymPy; and SymPy's own Jacobian as a witness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import numpy as np

from symcnn.errors import UsageError
from symcnn.matrix.parts import Shape
from symcnn.matrix.relation import Unrolled
from symcnn.matrix.tabulate import numbers_of, shape_of
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import Add, Bracket, Definition, Expression, Multiply, Power, Read, Sum, Tensor, Value
from symcnn.notation.traverse import sizes_in, tensors_in

LARGEST_SHOWN = 4096  # entries of a matrix that is printed or given to SymPy
LOW, HIGH = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"), str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def indices(at: Sequence[int], extents: Sequence[int]) -> str:
    """1-based indices side by side, with commas as soon as one of the extents has two digits."""
    return ("," if any(n > 9 for n in extents) else "").join(str(a + 1) for a in at)


def subscript(text: str) -> str:
    return f"_{text}" if len(text) == 1 else f"_{{{text}}}" if text else ""


def entry_names(stem: str, shape: Shape) -> list[str]:
    """x_{11}, x_{12}, … in flattening order, counted from 1."""
    return [stem + subscript(indices(at, shape)) for at in np.ndindex(*shape)]


def kernel_names(shape: Shape, dims: int, stem: str = "w") -> list[str]:
    r"""w_1^{11}, w_2^{11}, … by weight id, for weights ((groups,) out channels, in channels, taps…).

    W^{ij} passes over input channel i and contributes to output channel j; both count from 1 through all
    groups. A tap below ten per axis is written without commas: w_{13}^{21}.
    """
    groups, (outputs, inputs) = (1, *shape)[len(shape) - dims - 2], shape[-dims - 2:-dims]
    names = []
    for g, m, n, *tap in np.ndindex(groups, *shape[-dims - 2:]):
        channels = indices((g * inputs + n, g * outputs + m), (groups * inputs, groups * outputs))
        names.append(f"{stem}{subscript(indices(tap, shape[-dims:]))}^{{{channels}}}")
    return names


def plain(name: str) -> str:
    """A name on the terminal: w_1^{11} is w₁¹¹; a comma keeps the braces."""
    if "," in name:
        return name
    low, _, high = name.replace("{", "").replace("}", "").partition("^")
    stem, _, below = low.partition("_")
    return stem + below.translate(LOW) + high.translate(HIGH)


def names_of(a: Unrolled, names: Sequence[str] | None = None) -> list[str]:
    """The names by weight id: the given ones, or each weight tensor's own letter with its indices."""
    if names is None:
        return [n for w in a.weights for n in entry_names(w.tensor or "1", w.shape)]
    if len(names) != a.ids:
        raise UsageError(f"{len(names)} names were given for {a.ids} weight ids")
    return list(names)


def cells(a: Unrolled, names: Sequence[str] | None = None) -> list[list[str]]:
    """The matrix as texts; UsageError with a summary instead if it has more than LARGEST_SHOWN entries."""
    known = names_of(a, names)
    numbers = [n for w in a.weights for n in [not w.tensor] * prod(w.shape)]
    table = _empty(a, "0")
    for row, column, sum_of in a.entries():
        entry = ""
        for coefficient, weight in sum_of:
            size = abs(coefficient)
            piece = str(size) if numbers[weight] else ("" if size == 1 else f"{size} ") + known[weight]
            sign = "-" if coefficient < 0 else "+"
            entry += f" {sign} {piece}" if entry else ("-" if coefficient < 0 else "") + piece
        table[row][column] = entry
    return table


def _empty(a: Unrolled, zero: Any) -> list[list[Any]]:
    rows, columns = a.shape
    if rows * columns > LARGEST_SHOWN:
        raise UsageError(f"too large to print: {a.summary}; allowed: {LARGEST_SHOWN} entries")
    return [[zero] * columns for _ in range(rows)]


def latex(a: Unrolled, names: Sequence[str] | None = None) -> str:
    r"""The matrix as a bmatrix, one row per line; UsageError if it is too large.

    amsmath sets ten columns of a bmatrix, so a wider matrix is an array between brackets.
    """
    rows = cells(a, names)
    columns = len(rows[0])
    body = " \\\\\n".join(" & ".join(row) for row in rows)
    if columns > 10:
        return f"\\left[\\begin{{array}}{{{'c' * columns}}}\n{body}\n\\end{{array}}\\right]"
    return f"\\begin{{bmatrix}}\n{body}\n\\end{{bmatrix}}"


def vector(names: Iterable[str]) -> str:
    r"""A column of names as a bmatrix."""
    return "\\begin{bmatrix}\n" + " \\\\\n".join(names) + "\n\\end{bmatrix}"


def text(a: Unrolled, names: Sequence[str] | None = None) -> str:
    """The matrix in aligned columns, or its summary if it is too large."""
    if prod(a.shape) > LARGEST_SHOWN:
        return a.summary
    rows = cells(a, [plain(n) for n in names_of(a, names)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def to_sympy(a: Unrolled, names: Sequence[str] | None = None) -> Any:
    """The matrix as a SymPy Matrix of symbols; UsageError if it has more than LARGEST_SHOWN entries."""
    import sympy

    table = _empty(a, sympy.S.Zero)
    symbols = [sympy.S.One if not w.tensor else None for w in a.weights for _ in range(prod(w.shape))]
    symbols = [s or sympy.Symbol(n) for s, n in zip(symbols, names_of(a, names), strict=True)]
    for row, column, sum_of in a.entries():
        table[row][column] = sum(_number(c) * symbols[w] for c, w in sum_of)
    return sympy.Matrix(table)


def sympy_jacobian(definition: Definition, column: str, sizes: Mapping[str, int], a: Unrolled,
                   names: Sequence[str] | None = None, definitions: Iterable[Definition] = ()) -> Any:
    """Matrix(Y).jacobian(X) by SymPy, with Y written out from the formula by plain enumeration.

    Takes from `a` only what the weight ids mean, so it is a witness against its entries. The names of the
    weights are those of `to_sympy`; `definitions` are unfolded. UsageError if the matrix has more than
    LARGEST_SHOWN entries, or for a formula with functions.
    """
    import sympy

    _empty(a, None)
    unfolded = {d.tensor: d for d in definitions if d.tensor.name != column}
    formulas = [side for d in (definition, *unfolded.values()) for side in (d.left, d.body)]
    numbers = numbers_of({s for side in formulas for s in sizes_in(side)}, sizes)
    by_id = names_of(a, names)
    symbols: dict[tuple[str, tuple[int, ...]], Any] = {}
    for w in a.weights:
        first = a.first_id(w)
        for flat, at in enumerate(np.ndindex(*w.shape)):
            symbols[w.tensor, at] = sympy.Symbol(by_id[first + flat])
    for tensor in dict.fromkeys(t for side in formulas for t in tensors_in(side)):
        if (tensor.name, (0,) * len(tensor.axes)) not in symbols:
            shape = shape_of(tensor, numbers)
            # A name of one letter more cannot meet the name of a weight.
            for at, name in zip(np.ndindex(*shape), entry_names(f"{tensor.name}'", shape), strict=True):
                symbols[tensor.name, at] = sympy.Symbol(name)
    evaluator = Evaluator(numbers, lambda tensor, at: 0)

    def entry(tensor: Tensor, at: tuple[int, ...]) -> Any:
        ranges = [axis.indices(numbers) for axis in tensor.axes]
        if any(i not in r for i, r in zip(at, ranges, strict=True)):
            return sympy.S.Zero
        if tensor in unfolded:
            return value(unfolded[tensor].body, dict(zip(unfolded[tensor].indices, at, strict=True)))
        return symbols[tensor.name, tuple(i - r.start for i, r in zip(at, ranges, strict=True))]

    def value(node: Expression, env: dict[Any, int]) -> Any:
        match node:
            case Value(p):
                return _number(p.evaluate({**numbers, **env}))
            case Read(tensor, at):
                return entry(tensor, tuple(evaluator.integer(i, env) for i in at))
            case Bracket(equations, inequalities):
                holds = (all(evaluator.integer(e, env) == 0 for e in equations)
                         and all(evaluator.integer(p, env) >= 0 for p in inequalities))
                return sympy.Integer(int(holds))
            case Add(terms):
                return sympy.Add(*(value(t, env) for t in terms))
            case Multiply(factors):
                return sympy.Mul(*(value(f, env) for f in factors))
            case Power(base, exponent):
                return value(base, env) ** exponent
            case Sum(ranges, body):
                points = evaluator.points({r.variable: r for r in ranges}, body, env)
                return sympy.Add(*(value(body, inner) for inner in points))
        raise UsageError(f"a {type(node).__name__} is not a linear formula")

    outputs = [axis.indices(numbers) for axis in definition.tensor.axes]
    y = [value(definition.body, dict(zip(definition.indices, at, strict=True))) for at in product(*outputs)]
    x = [symbols[column, at] for at in np.ndindex(*a.columns)]
    return sympy.Matrix(y).jacobian(sympy.Matrix(x))


def _number(value: int | Fraction) -> Any:
    import sympy

    return sympy.Rational(value.numerator, value.denominator)
