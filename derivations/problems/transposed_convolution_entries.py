"""A transposed convolution by overlap-add, entry by entry in symbols, and with numbers."""

from fractions import Fraction
from itertools import product
from typing import TypeAlias

import numpy as np

from symcnn import Derivation, Layer, declare, engine, prove, transposed_convolution, validate_entries
from symcnn.calculus import prove_text
from symcnn.entries import at_sizes, combination, proved_entries
from symcnn.errors import UsageError
from symcnn.latex.names import name
from symcnn.layers.data import literal, matrix, number_latex
from symcnn.notation.expression import Bracket, Definition, Expression, Tensor
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import tensors_in

parameters = {"input": "-1 2; 3 1", "kernel": "1 -1; 0 1", "stride": 1}
Matrix: TypeAlias = list[list[Fraction]]
LARGEST = 144  # entries of the output that are written out one by one
MOST_STAMPS = 10  # entries of the input, each of which puts a multiple of the kernel into a matrix of its own
SHOWN = 150  # entries of the matrix that is shown


def derive(input: str = "-1 2; 3 1", kernel: str = "1 -1; 0 1", stride: int = 1) -> Derivation:
    d = Derivation("A transposed convolution, entry by entry", "overlap-add for all sizes; multiplication with the "
                   "transposed matrix of the convolution; every entry in symbols and in numbers")
    x, w = matrix("input", input), matrix("kernel", kernel)
    if stride < 1:
        raise UsageError(f"stride is {stride}; at least 1")
    shape = [stride * (len(x) - 1) + len(w), stride * (len(x[0]) - 1) + len(w[0])]
    if len(x) * len(x[0]) > MOST_STAMPS:
        raise UsageError(f"input has {len(x) * len(x[0])} entries; at most {MOST_STAMPS}")
    if shape[0] * shape[1] > LARGEST:
        raise UsageError(f"the output is {shape[0]} by {shape[1]}; at most {LARGEST} entries are written out")
    trans = declare("O1 O2 K1 K2 s1 s2", "X[O1,O2] w[K1,K2]").define(
        "Z[u,v] = sum(i,j,k1,k2) [s1*i + k1 = u, s2*j + k2 = v] w[k1,k2] X[i,j]",
        "Z[s1*(O1-1)+K1,s2*(O2-1)+K2]")
    d.given("A transposed convolution without padding: input entry $(i, j)$ and weight $(k_1, k_2)$ meet in the output "
            "at $(s_1 i + k_1, s_2 j + k_2)$; indices from 0.", trans)
    d.conclude(prove_text(trans, "Z[u,v] = sum(i,j) X[i,j] w[u-s1*i,v-s2*j]"),
               "overlap-add, for all sizes and strides: each input entry puts a multiple of the kernel at its place, "
               "and where these overlap they add up")
    as_layer(d, trans)
    as_matrix(d, trans)

    sizes = {"O1": len(x), "O2": len(x[0]), "K1": len(w), "K2": len(w[0]), "s1": stride, "s2": stride}
    (here,) = at_sizes(trans, sizes)
    d.at_sizes(here)
    in_symbols(d, here, x, w, stride)
    if len(x) * len(x[0]) * shape[0] * shape[1] <= SHOWN:
        d.display(rf"A^{{T}} = {transposed_matrix(x, w, stride, shape)}", "the transposed matrix: row $(u, v)$ of the "
                  "output, column $(i, j)$ of the input, both row by row; the entry is $w[u - s_1 i, v - s_2 j]$")
    data = (literal("X", x), literal("w", w))
    d.given("Here", *data, f"with stride $s_1 = s_2 = {stride}$.")
    stamped(d, here, data, x, stride)
    entries = proved_entries(here.tensor, (here, *data))
    d.conclude(entries, "add them up: all entries of the output")
    d.validate(lambda cases: validate_entries(entries, engine.conv_transpose(
        np.array(x, dtype=object)[None, None], np.array(w, dtype=object)[None, None], stride=stride)[0, 0]))
    d.instance = "overlap-add and matrix: all sizes; entries: this instance"
    return d


def as_layer(d: Derivation, trans: Layer) -> None:
    """The layer with batch, channels, dilation and padding, where it has none of them."""
    one = dict.fromkeys(("N", "C", "M", "d1", "d2"), 1) | dict.fromkeys(("p1", "p2", "q1", "q2"), 0)
    (general,) = at_sizes(transposed_convolution(2), one)
    single = trans.define("Y[l,m,i,j] = X[i,j]", "Y[1,1,O1,O2]").define("W[m,n,k1,k2] = w[k1,k2]", "W[1,1,K1,K2]")
    d.at_sizes(general, *single.definitions[1:])
    u, v = (polynomial(Symbol(index)) for index in "uv")
    theorem = prove(general.tensor[0, 0, u, v], trans["Z"][u, v], [general, *single.definitions])
    d.tabulated(theorem, "it is the layer with batch, channels, dilation, padding and output padding, where there is "
                         "one example, one channel, dilation 1 and no padding")


def as_matrix(d: Derivation, trans: Layer) -> None:
    """The convolution multiplies with A, the transposed one with the transpose of A."""
    matrix_form = trans.define("A[i,j,u,v] = w[u-s1*i,v-s2*j]", "A[O1,O2,s1*(O1-1)+K1,s2*(O2-1)+K2]").define(
        "C[i,j] = sum(k1,k2) w[k1,k2] G[s1*i+k1,s2*j+k2]", "G[s1*(O1-1)+K1,s2*(O2-1)+K2] C[O1,O2]")
    d.given("The convolution $C$ of an input $G$ as large as $Z$, with the same kernel and strides, and a matrix $A$ "
            "with rows $(i, j)$ and columns $(u, v)$:", *matrix_form.definitions[1:])
    d.conclude(prove_text(matrix_form, "C[i,j] = sum(u,v) A[i,j,u,v] G[u,v]"),
               "the convolution is multiplication with $A$")
    d.conclude(prove_text(matrix_form, "Z[u,v] = sum(i,j) A[i,j,u,v] X[i,j]"),
               "the transposed convolution is multiplication with $A^{T}$, for all sizes and strides")


def in_symbols(d: Derivation, here: Definition, x: Matrix, w: Matrix, stride: int) -> None:
    """Every entry of the output as a sum of products x_ab w_cd, counted from 1."""
    names = {"X": [[scalar("x", a, b, x) for b in range(len(x[0]))] for a in range(len(x))],
             "w": [[scalar("w", a, b, w) for b in range(len(w[0]))] for a in range(len(w))]}
    symbolic = []
    for tensor in tensors_in(here.body):
        i, j = Symbol("i"), Symbol("j")
        pieces = [(1, entry * Bracket((polynomial(i) - a, polynomial(j) - b)))
                  for a, row in enumerate(names[tensor.name]) for b, entry in enumerate(row)]
        symbolic.append(Definition(tensor, (i, j), combination(pieces)))
    d.given("Entries by name, counted from 1 as in a matrix:", *symbolic)
    for u, v in product(*(a.indices({}) for a in here.tensor.axes)):
        terms = [(1, entry * names["w"][u - stride * i][v - stride * j])
                 for i, row in enumerate(names["X"]) for j, entry in enumerate(row)
                 if 0 <= u - stride * i < len(w) and 0 <= v - stride * j < len(w[0])]
        d.tabulated(prove(here.tensor[u, v], combination(terms), [here, *symbolic]),
                    f"row {u + 1}, column {v + 1} of the output")


def transposed_matrix(x: Matrix, w: Matrix, stride: int, shape: list[int]) -> str:
    """The matrix with the names of the weights."""
    def entry(u: int, v: int, i: int, j: int) -> str:
        a, b = u - stride * i, v - stride * j
        return name(numbered_name("w", a, b, w)) if 0 <= a < len(w) and 0 <= b < len(w[0]) else "0"

    inputs = list(product(range(len(x)), range(len(x[0]))))
    rows = [" & ".join(entry(u, v, i, j) for i, j in inputs) for u, v in product(*map(range, shape))]
    body = r" \\ ".join(rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def scalar(stem: str, row: int, column: int, of: Matrix) -> Expression:
    """x11, x12 … as scalars; x_1_11 where an index may have two digits."""
    return Tensor(numbered_name(stem, row, column, of))[()]


def numbered_name(stem: str, row: int, column: int, of: Matrix) -> str:
    return f"{stem}{row + 1}{column + 1}" if max(len(of), len(of[0])) < 10 else f"{stem}_{row + 1}_{column + 1}"


def stamped(d: Derivation, here: Definition, data: tuple[Definition, ...], x: Matrix, stride: int) -> None:
    """The multiples of the kernel at their places, one for each entry of the input, and their sum."""
    stamps = []
    u, v = polynomial(Symbol("u")), polynomial(Symbol("v"))
    for i, j in product(range(len(x)), range(len(x[0]))):
        at = data[1].tensor[u - stride * i, v - stride * j]
        tensor = Tensor(numbered_name("S", i, j, x), here.tensor.axes)
        stamps.append(Definition(tensor, (Symbol("u"), Symbol("v")), data[0].tensor[i, j] * at))
        d.tabulated(proved_entries(tensor, (stamps[-1], *data)),
                    f"input entry ${number_latex(x[i][j])}$ in row {i + 1}, column {j + 1}: this multiple of the "
                    f"kernel, {stride * i} down and {stride * j} to the right")
    total = combination((1, s.tensor[u, v]) for s in stamps)
    d.tabulated(prove(here.tensor[u, v], total, [here, *data, *stamps]), "overlap and add")
