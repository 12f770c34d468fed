"""Convolutions of matrices of numbers, X * W + b, with the strides and paddings that lead to the shape shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from symcnn.document.meaning.matrices import STARS, Matrix, Table, Tables
from symcnn.document.reading.forms import MeaningError
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import nodes
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Add, Expression, Multiply, expression

CONVOLVED = STARS | {r"\circledast", r"\circledcirc", r"\otimes", "⊗"}
PADDED = re.compile(r"\bpad|\bsame\b|\bfull\b|\bzeros? around", re.IGNORECASE)
"""Words of a document in which a convolution may reach over the border."""
MOST_STRIDES, MOST_PADDING = 3, 3
AS_IT_IS, TURNED = "* is the cross-correlation", "* turns the kernel round"


@dataclass
class Convolving(Tables):
    """Reads sides in which a star between two matrices is a convolution."""

    convolve: Callable[[Matrix, Matrix], Matrix] | None = None

    def times(self, a: Table, b: Table, sign: str, written_out: bool) -> Table:
        if sign in CONVOLVED and isinstance(a, Matrix) and isinstance(b, Matrix) and self.convolve is not None:
            return self.convolve(a, b)
        return super().times(a, b, sign, written_out)


def convolutions(node: Node, shape: tuple[int, int], tables: Tables, prose: str) -> list[tuple[Matrix, str]]:
    """What a side with convolutions is if its shape is known, as cross-correlation and with the kernel turned round.

    With the smallest stride, without zeros around if that gives the shape.
    """
    if not any(t.text in CONVOLVED for t in node.tokens):
        return []
    for stride, padding in _reaches(prose):
        found = []
        for says in (AS_IT_IS, TURNED):
            reader = Convolving(tables.meaning, tables.known, tables.values,
                                convolve=_convolution(stride, padding, says == TURNED))
            try:
                made = reader.value(node)
            except (SymcnnError, ValueError, ZeroDivisionError):
                continue
            if isinstance(made, Matrix) and made.shape == shape and not reader.choices:
                found.append((made, says))
        if found:
            return found
    return []


def _reaches(prose: str) -> Iterator[tuple[int, int | None]]:
    """Strides and paddings, None for as many zeros as leave one entry in the first window."""
    yield from ((stride, 0) for stride in range(1, MOST_STRIDES + 1))
    if PADDED.search(prose):
        yield from ((1, padding) for padding in (*range(1, MOST_PADDING + 1), None))
        yield from ((stride, padding) for stride in range(2, MOST_STRIDES + 1)
                    for padding in range(1, MOST_PADDING + 1))


def _convolution(stride: int, padding: int | None, turned: bool) -> Callable[[Matrix, Matrix], Matrix]:
    def convolve(x: Matrix, w: Matrix) -> Matrix:
        if x.shape == w.shape:
            raise MeaningError("two matrices of one shape")
        if x.shape[0] <= w.shape[0] and x.shape[1] <= w.shape[1]:
            x, w = w, x
        if turned:
            w = _turned(w)
        around = [k - 1 if padding is None else padding if max(n, k) > 1 else 0
                  for n, k in zip(x.shape, w.shape, strict=True)]
        made = correlation(padded(x, *around), w, stride)
        if made is None:
            raise MeaningError("the windows do not fit")
        return made

    return convolve


def padded(x: Matrix, rows: int, columns: int) -> Matrix:
    """A matrix with zeros around it."""
    zero = expression(0)
    width = x.shape[1] + 2 * columns
    empty = ((zero,) * width,) * rows
    return Matrix((*empty, *((zero,) * columns + row + (zero,) * columns for row in x.rows), *empty), x.either)


def correlation(x: Matrix, w: Matrix, stride: int) -> Matrix | None:
    """Z[p, q] = Σ_{i,j} W[i, j] X[s·p + i, s·q + j]; None where the windows do not end with the matrix."""
    (height, width), (rows, columns) = x.shape, w.shape
    down, across = height - rows, width - columns
    if min(down, across) < 0 or down % stride or across % stride:
        return None
    return Matrix(tuple(tuple(Add(tuple(Multiply((w.rows[i][j], x.rows[p * stride + i][q * stride + j]))
                                        for i in range(rows) for j in range(columns)))
                              for q in range(across // stride + 1)) for p in range(down // stride + 1)), x.either)


def adjoints(node: Node, by: str, shape: tuple[int, int], out: Matrix, tables: Tables, prose: str,
             ) -> list[tuple[Matrix, str]]:
    """The gradients of Y = X * W + b with respect to X or W, of a shape, where that of Y is `out`; both readings."""
    factors = next((n.nodes for n in nodes(node) if n.kind == "product" and len(n.parts) == 3 and len(n.nodes) == 2
                    and isinstance(n.parts[1], Token) and n.parts[1].text in CONVOLVED), ())
    names = [tables.name(n) for n in factors]
    if len(names) != 2 or names.count(by) != 1 or (other := tables.known.get(names[1 - names.index(by)])) is None:
        return []
    if (before := tables.known.get(by)) is not None and before.shape != shape:
        return []
    of_kernel = shape[0] <= other.shape[0] and shape[1] <= other.shape[1]
    large, small = (other.shape, shape) if of_kernel else (shape, other.shape)
    if large == small:
        return []
    for stride, padding in _reaches(prose):
        around = [k - 1 if padding is None else padding if max(n, k) > 1 else 0
                  for n, k in zip(large, small, strict=True)]
        if any((n + 2 * p - k) % stride or (n + 2 * p - k) // stride + 1 != m
               for n, p, k, m in zip(large, around, small, out.shape, strict=True)):
            continue
        if of_kernel:
            made = _of_kernel(padded(other, *around), out, shape, stride)
            return [(made, AS_IT_IS), (_turned(made), TURNED)]
        return [(_of_input(kernel, out, shape, stride, around), says)
                for kernel, says in ((other, AS_IT_IS), (_turned(other), TURNED))]
    return []


def _turned(w: Matrix) -> Matrix:
    return Matrix(tuple(row[::-1] for row in w.rows[::-1]), w.either)


def _of_kernel(x: Matrix, out: Matrix, shape: tuple[int, int], stride: int) -> Matrix:
    """Σ_{i,j} out[i, j] X[s·i + a, s·j + b] for each entry a, b of the kernel."""
    return Matrix(tuple(tuple(Add(tuple(Multiply((e, x.rows[stride * i + a][stride * j + b]))
                                        for i, row in enumerate(out.rows) for j, e in enumerate(row)))
                              for b in range(shape[1])) for a in range(shape[0])))


def _of_input(w: Matrix, out: Matrix, shape: tuple[int, int], stride: int, around: list[int]) -> Matrix:
    """Σ_{i,j} out[i, j] W[h + p − s·i, v + p − s·j] for each entry h, v of the input."""
    def entry(h: int, v: int) -> Expression:
        terms = [Multiply((e, w.rows[a][b])) for i, row in enumerate(out.rows) for j, e in enumerate(row)
                 if 0 <= (a := h + around[0] - stride * i) < w.shape[0]
                 and 0 <= (b := v + around[1] - stride * j) < w.shape[1]]
        return Add(tuple(terms)) if len(terms) > 1 else terms[0] if terms else expression(0)

    return Matrix(tuple(tuple(entry(h, v) for v in range(shape[1])) for h in range(shape[0])))
