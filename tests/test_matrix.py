"""The unrolled matrices against the problem sets, brute force, the engine and SymPy; and planted faults."""

from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
import pytest

from symcnn import engine
from symcnn.calculus import gradient
from symcnn.errors import UsageError, WitnessError
from symcnn.kernel.theorem import Theorem
from symcnn.layers import convolution, layer, transposed_convolution
from symcnn.matrix import (
    Instance, Triples, Unrolled, Weights, check_transpose, instance, kernel_names, kernels_read_off, latex,
    plain, same, sympy_jacobian, text, to_sympy, unrolled, vector,
)

Options = dict[str, Any]

# The solution of set 002.3 (a): two channels of length 4, kernel 3, two outputs.
A_OF_THE_SETS = r"""
w_1^{11} & w_2^{11} & w_3^{11} & 0 & w_1^{21} & w_2^{21} & w_3^{21} & 0 \\
0 & w_1^{11} & w_2^{11} & w_3^{11} & 0 & w_1^{21} & w_2^{21} & w_3^{21} \\
w_1^{12} & w_2^{12} & w_3^{12} & 0 & w_1^{22} & w_2^{22} & w_3^{22} & 0 \\
0 & w_1^{12} & w_2^{12} & w_3^{12} & 0 & w_1^{22} & w_2^{22} & w_3^{22}
"""
# The solution of set 004.5 (b).
B_OF_THE_SETS = r"""
w_1^{11} & 0 & w_1^{12} & 0 \\
w_2^{11} & w_1^{11} & w_2^{12} & w_1^{12} \\
w_3^{11} & w_2^{11} & w_3^{12} & w_2^{12} \\
0 & w_3^{11} & 0 & w_3^{12} \\
w_1^{21} & 0 & w_1^{22} & 0 \\
w_2^{21} & w_1^{21} & w_2^{22} & w_1^{22} \\
w_3^{21} & w_2^{21} & w_3^{22} & w_2^{22} \\
0 & w_3^{21} & 0 & w_3^{22}
"""

CASES: dict[str, Options] = {
    "1-D plain": {"size": 5, "kernel": 2, "channels": 3, "outputs": 2},
    "1-D stride leaves r = 1": {"size": 6, "kernel": 2, "stride": 3, "channels": 2, "outputs": 3},
    "1-D padding": {"size": 5, "kernel": 3, "padding": 1, "channels": 2},
    "1-D cropping, p > d(K-1)": {"size": 5, "kernel": 2, "padding": 3, "stride": 2},
    "1-D dilation": {"size": 7, "kernel": 3, "dilation": 2, "padding": 2, "outputs": 2},
    "1-D dilation and stride share a factor": {"size": 9, "kernel": 3, "dilation": 2, "stride": 4,
                                               "padding": 3},
    "1-D groups": {"size": 5, "kernel": 2, "channels": 6, "outputs": 9, "groups": 3},
    "1-D depthwise": {"size": 5, "kernel": 3, "channels": 3, "outputs": 3, "groups": 3, "padding": 1},
    "1-D one output": {"size": 3, "kernel": 3, "stride": 2, "channels": 2},
    "1-D one tap": {"size": 5, "kernel": 1, "stride": 2, "outputs": 2},
    "1-D taps that meet padding only": {"size": 1, "kernel": 3, "padding": 1},
    "2-D everything unequal": {"size": (5, 7), "kernel": (3, 2), "stride": (2, 3), "padding": (1, 2),
                               "dilation": (2, 3), "channels": 3, "outputs": 2, "dims": 2},
    "2-D groups": {"size": (4, 5), "kernel": (2, 3), "padding": (0, 1), "channels": 4, "outputs": 6,
                   "groups": 2, "dims": 2},
    "3-D": {"size": (3, 4, 5), "kernel": (2, 3, 2), "stride": (1, 2, 2), "padding": (1, 0, 1),
            "channels": 2, "outputs": 3, "dims": 3},
    "3-D groups": {"size": (2, 3, 4), "kernel": (2, 1, 3), "padding": 1, "channels": 4, "outputs": 2,
                   "groups": 2, "dims": 3},
}


@pytest.fixture(scope="module", params=list(CASES.values()), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> Instance:
    return instance(**request.param)


def body(matrix: str) -> str:
    """What stands between \\begin{…} and \\end{…}."""
    return "\n" + "\n".join(matrix.splitlines()[1:-1]) + "\n"


def by_hand(c: Instance) -> list[tuple[int, int, int]]:
    """Every (row, column, weight id), sorted, by loops over outputs, channels and taps."""
    groups = c.sizes.get("G", 1)
    per_in, per_out = c.sizes["C"], c.sizes["M"]
    out = tuple((h + 2 * p - d * (k - 1) - 1) // s + 1 for h, k, s, p, d in
                zip(c.size, c.kernel, c.stride, c.padding, c.dilation, strict=True))
    found = []
    for m in range(groups * per_out):
        for o in np.ndindex(*out):
            row = np.ravel_multi_index((m, *o), (groups * per_out, *out))
            for n in range(per_in):
                for k in np.ndindex(*c.kernel):
                    at = [s * i + d * t - p for s, i, d, t, p in
                          zip(c.stride, o, c.dilation, k, c.padding, strict=True)]
                    if all(0 <= x < h for x, h in zip(at, c.size, strict=True)):
                        channel = m // per_out * per_in + n
                        column = np.ravel_multi_index((channel, *at), (groups * per_in, *c.size))
                        weight = np.ravel_multi_index((m, n, *k), (groups * per_out, per_in, *c.kernel))
                        found.append((int(row), int(column), int(weight)))
    return sorted(found)


def entries(a: Unrolled) -> list[tuple[int, int, int]]:
    return list(zip(*(x.tolist() for x in a.triples()), strict=True))


# --- the problem sets ---------------------------------------------------------------------------------------

def test_sets_entry_by_entry() -> None:
    c = instance(4, 3, channels=2, outputs=2)
    assert body(latex(c.a, c.names)) == A_OF_THE_SETS
    assert body(latex(c.b, c.names)) == B_OF_THE_SETS
    assert c.inputs == ["x_{11}", "x_{12}", "x_{13}", "x_{14}", "x_{21}", "x_{22}", "x_{23}", "x_{24}"]
    assert body(vector(c.outputs)) == "\ny_{11} \\\\\ny_{12} \\\\\ny_{21} \\\\\ny_{22}\n"
    assert c.a.order == ("rows run through Z (2 × 2), columns through X (2 × 4), weight ids through "
                         "W (2 × 2 × 3); each in row-major order, the last index fastest")


def test_sets_kernels_are_flipped_for_both_input_channels() -> None:
    c = instance(4, 3, channels=2, outputs=2)
    assert c.kernel_lines() == ["input channel 1: [w₃¹¹ w₂¹¹ w₁¹¹] [w₃¹² w₂¹² w₁¹²]",
                                "input channel 2: [w₃²¹ w₂²¹ w₁²¹] [w₃²² w₂²² w₁²²]"]
    assert (c.reading.front, c.reading.back, c.reading.insertion) == ((2,), (2,), (0,))
    assert c.reading.flipped is True
    assert c.reading.reproduces is True


def test_transpose_check_and_theorem_come_together() -> None:
    c = instance(4, 3, channels=2, outputs=2)
    assert c.transpose_check.holds
    assert str(c.transpose_check) == "B = Aᵀ: 24 nonzeros compared per independent part of the index"
    assert isinstance(c.theorem, Theorem)
    assert c.theorem.left == c.gradient.definition.left
    assert c.theorem.right == c.gradient.definition.body


def test_text_for_the_terminal() -> None:
    c = instance(2, 2, padding=1)
    assert text(c.a, c.names) == "w₂¹¹  0\nw₁¹¹  w₂¹¹\n0     w₁¹¹"
    assert text(c.a) == "W₁₁₂  0\nW₁₁₁  W₁₁₂\n0     W₁₁₁"


@pytest.mark.parametrize(("shape", "dims", "names"), [
    ((1, 1, 2, 2), 2, ["w_{11}^{11}", "w_{12}^{11}", "w_{21}^{11}", "w_{22}^{11}"]),
    ((1, 2, 1), 1, ["w_1^{11}", "w_1^{21}"]),
    ((2, 1, 1), 1, ["w_1^{11}", "w_1^{12}"]),
    ((2, 1, 1, 2), 1, ["w_1^{11}", "w_2^{11}", "w_1^{22}", "w_2^{22}"]),
    ((1, 1, 1, 1, 1), 3, ["w_{111}^{11}"]),
])
def test_names_in_the_notation_of_the_sets(shape: tuple[int, ...], dims: int, names: list[str]) -> None:
    assert kernel_names(shape, dims) == names


def test_names_with_two_digits_carry_commas() -> None:
    assert kernel_names((1, 1, 10), 1)[9] == "w_{10}^{11}"
    assert kernel_names((1, 1, 10, 2), 2)[19] == "w_{10,2}^{11}"
    assert kernel_names((12, 3, 2), 1)[-1] == "w_2^{3,12}"
    assert plain("w_2^{3,12}") == "w_2^{3,12}"
    assert len(set(kernel_names((12, 11, 3), 1))) == 12 * 11 * 3


# --- A and B against other witnesses ------------------------------------------------------------------------

def test_a_is_the_enumeration_of_the_convolution(case: Instance) -> None:
    assert entries(case.a) == by_hand(case)
    assert case.a.nonzeros == len(by_hand(case))


def test_b_from_the_derived_gradient_is_a_transposed(case: Instance) -> None:
    assert case.transpose_check.holds
    assert entries(case.b) == sorted((column, row, weight) for row, column, weight in by_hand(case))
    assert same(case.b, case.a.transpose())
    assert same(case.b.transpose(), case.a)


def test_products_agree_with_the_engine(case: Instance) -> None:
    random = np.random.default_rng(7)
    groups, dims = case.sizes.get("G", 1), case.dims
    kernel_shape = (groups * case.sizes["M"], case.sizes["C"], *case.kernel)
    w = random.integers(-9, 10, kernel_shape)
    x = random.integers(-9, 10, (1, groups * case.sizes["C"], *case.size))
    options: Options = {"stride": case.stride, "padding": case.padding, "dilation": case.dilation,
                        "groups": groups}
    z = engine.conv(x, w, **options)
    np.testing.assert_array_equal(case.a.times(w, x).reshape(z.shape), z)
    g = random.integers(-9, 10, z.shape)
    of_x = engine.conv_input_gradient(g, w, case.size, **options)
    np.testing.assert_array_equal(case.b.times(w, g).reshape(of_x.shape), of_x)
    assert case.a.rows[-dims:] == z.shape[2:]


SMALL = [name for name, options in CASES.items() if prod(instance(**options).a.shape) <= 700]


@pytest.mark.parametrize("name", SMALL)
def test_sympy_agrees(name: str) -> None:
    c = instance(**CASES[name])
    check = c.symbolic_check()
    assert check.compared == ("A == Matrix(Z).jacobian(X)", "B == Matrix(∂J/∂X).jacobian(∂J/∂Z)", "B == A.T")
    assert check.b == check.a.T
    assert check.a.shape == c.a.shape


def test_sympy_prints_the_names_of_the_sets() -> None:
    import sympy

    c = instance(2, 2)
    assert r"{matrix}w_1^{11} & w_2^{11}\end{matrix}" in sympy.latex(to_sympy(c.a, c.names))


def test_arrays_are_int32_in_row_order_and_one_part_equals_many(case: Instance) -> None:
    for matrix in (case.a, case.b):
        triples = matrix.triples()
        assert all(a.dtype == np.int32 for a in triples)
        keys = entries(matrix)
        assert keys == sorted(keys)
        whole = Unrolled.of_triples(matrix.row_tensor, matrix.rows, matrix.column_tensor, matrix.columns,
                                    matrix.weights[0], triples)
        assert same(whole, matrix)
        assert same(matrix, whole)
        for row, column, weight in keys[:20]:
            assert matrix.weights_at(row, column) == (weight,) == whole.weights_at(row, column)
        reading, factored = kernels_read_off(whole, case.dims), kernels_read_off(matrix, case.dims)
        assert (reading.axes, reading.notes, reading.flipped, reading.reproduces) == (
            factored.axes, factored.notes, factored.flipped, factored.reproduces)
        np.testing.assert_array_equal(reading.kernels, factored.kernels)


def test_first_layer_of_resnet() -> None:
    c = instance((224, 224), (7, 7), stride=2, padding=3, channels=3, outputs=64, dims=2)
    assert c.a.shape == (64 * 112 * 112, 3 * 224 * 224)
    # Per axis 112·7 taps, of which 3 + 1 on the left and 2 on the right meet padding.
    assert c.a.nonzeros == c.b.nonzeros == 64 * 3 * (112 * 7 - 6) ** 2
    assert c.transpose_check.holds
    assert (c.reading.front, c.reading.further, c.reading.insertion) == ((3, 3), (1, 1), (1, 1))
    assert c.reading.flipped
    assert c.reading.reproduces
    assert all(x.agrees for x in c.comparisons() if not x.name.startswith("distance"))
    assert c.reading.kernels is not None
    ids = np.arange(64 * 3 * 49).reshape(64, 3, 7, 7)
    np.testing.assert_array_equal(c.reading.kernels, ids[:, :, ::-1, ::-1].swapaxes(0, 1))


# --- the kernels read off -----------------------------------------------------------------------------------

READINGS: dict[str, tuple[Options, dict[str, tuple[int | None, ...]]]] = {
    "plain": ({"size": 5, "kernel": 3}, {"insertion": (0,), "front": (2,), "back": (2,), "spacing": (1,)}),
    "padding takes zeros away": ({"size": 5, "kernel": 3, "padding": 1}, {"front": (1,), "back": (1,)}),
    "cropping": ({"size": 5, "kernel": 2, "padding": 3}, {"front": (-2,), "back": (-2,)}),
    "insertion": ({"size": 7, "kernel": 3, "stride": 2}, {"insertion": (1,), "front": (2,), "further": (0,)}),
    "r = 2": ({"size": 8, "kernel": 3, "stride": 3}, {"insertion": (2,), "front": (2,), "further": (2,)}),
    "dilation": ({"size": 9, "kernel": 3, "dilation": 2}, {"front": (4,), "back": (4,), "spacing": (2,)}),
    "cropping, insertion, r": ({"size": 6, "kernel": 2, "stride": 3, "padding": 2, "dilation": 1},
                               {"insertion": (2,), "front": (-1,), "further": (2,), "back": (1,)}),
    "one output: insertion is not determined": ({"size": 4, "kernel": 3, "stride": 3},
                                                {"insertion": (None,), "front": (2,), "further": (1,)}),
    "one tap: spacing is not determined": ({"size": 5, "kernel": 1, "stride": 2},
                                           {"insertion": (1,), "front": (0,), "spacing": (None,)}),
    "unequal axes": ({"size": (5, 8), "kernel": (3, 2), "stride": (1, 3), "padding": (0, 2), "dims": 2},
                     {"insertion": (0, 2), "front": (2, -1), "further": (0, 1)}),
}


@pytest.mark.parametrize(("options", "expected"), READINGS.values(), ids=READINGS)
def test_reading(options: Options, expected: dict[str, tuple[int | None, ...]]) -> None:
    c = instance(**options, channels=2, outputs=3)
    assert {name: getattr(c.reading, name) for name in expected} == expected
    assert c.reading.flipped is True
    assert c.reading.reproduces is True
    assert all(x.agrees is not False for x in c.comparisons())
    assert any(None in value for value in expected.values()) == bool(c.reading.notes)


UNDETERMINED = {
    "every tap in one column": ({"size": 1, "kernel": 3, "padding": 2},
                                "axis 1: every weight stands in one column only"),
    "taps that meet padding only": ({"size": 1, "kernel": 3, "padding": 1},
                                    "axis 1: only 1 of 3 taps meet an entry"),
    "two of three taps seen": ({"size": 1, "kernel": 3, "padding": 2, "stride": 2},
                               "axis 1: only 2 of 3 taps meet an entry"),
    "no tap meets an entry": ({"size": 1, "kernel": 2, "padding": 3, "stride": 6}, "B is zero"),
}


@pytest.mark.parametrize(("options", "note"), UNDETERMINED.values(), ids=UNDETERMINED)
def test_what_b_does_not_determine_is_said(options: Options, note: str) -> None:
    c = instance(**options)
    assert c.transpose_check.holds
    assert any(n.startswith(note) for n in c.reading.notes)
    assert c.reading.reproduces is None
    assert all(x.agrees is None for x in c.comparisons() if not x.name.startswith("zeros between"))


def test_no_reading_contradicts_the_formulas() -> None:
    conv = convolution(1, batch=False, bias=False)
    back = gradient(conv, "X", ["n", "u"]).definition
    read = 0
    for h, k, s, p, d in itertools.product(range(1, 7), (1, 2, 3), (1, 2, 3), range(4), (1, 2)):
        if d * (k - 1) + 1 > h + 2 * p:
            continue
        sizes = {"C": 1, "M": 2, "H": h, "K": k, "s": s, "p": p, "d": d}
        a, b = unrolled(conv.definition, "X", sizes), unrolled(back, "∂J/∂Z", sizes)
        assert check_transpose(a, b).holds
        r = kernels_read_off(b, 1)
        assert r.reproduces is not False
        assert r.flipped is not False
        for axis in r.axes:
            assert axis.insertion in (None, s - 1)
            assert axis.front in (None, d * (k - 1) - p)
            assert axis.further in (None, (h + 2 * p - d * (k - 1) - 1) % s)
            assert axis.spacing in (None, d)
        assert r.notes or r.reproduces
        read += r.reproduces is True
    assert read == 273


# --- planted faults -----------------------------------------------------------------------------------------

SIZES = {"C": 2, "M": 3, "H": 7, "K": 3, "s": 2, "p": 1, "d": 1}
NAMES = ("C M H K s d p>=0", "X[C,H] W[M,C,K]")
WRONG_A = {
    "a tap too far": "Z[m,i] = sum(n,k) W[m,n,k] X[n, s*i + d*k - p + 1]",
    "stride forgotten": "Z[m,i] = sum(n,k) W[m,n,k] X[n, i + d*k - p]",
    "dilation doubled": "Z[m,i] = sum(n,k) W[m,n,k] X[n, s*i + 2*d*k - p]",
    "padding forgotten": "Z[m,i] = sum(n,k) W[m,n,k] X[n, s*i + d*k]",
    "kernel flipped": "Z[m,i] = sum(n,k) W[m,n,K-1-k] X[n, s*i + d*k - p]",
    "every second input channel": "Z[m,i] = sum(n,k) W[m,n,k] X[2*n, s*i + d*k - p]",
}
WRONG_B = {
    "kernel not flipped": "Y[n,u] = sum(m,i,k) [s*i + d*(K-1-k) - p = u] W[m,n,k] G[m,i]",
    "stride forgotten": "Y[n,u] = sum(m,i,k) [i + d*k - p = u] W[m,n,k] G[m,i]",
    "padding added": "Y[n,u] = sum(m,i,k) [s*i + d*k + p = u] W[m,n,k] G[m,i]",
}


def conv_and_gradient() -> tuple[Unrolled, Unrolled]:
    conv = convolution(1, batch=False, bias=False)
    return (unrolled(conv.definition, "X", SIZES),
            unrolled(gradient(conv, "X", ["n", "u"]).definition, "∂J/∂Z", SIZES))


@pytest.mark.parametrize("formula", WRONG_A.values(), ids=WRONG_A)
def test_a_wrong_a_is_caught(formula: str) -> None:
    right, b = conv_and_gradient()
    declared = f"{NAMES[1]} Z[M,{right.rows[1]}]"
    wrong = layer(formula, NAMES[0], declared)
    check = check_transpose(unrolled(wrong.definition, "X", SIZES), b)
    assert not check.holds
    assert check.difference is not None
    assert check.difference.left != check.difference.right
    assert b.weights_at(check.difference.column, check.difference.row) == check.difference.right
    assert str(check).startswith("B ≠ Aᵀ: A[")


@pytest.mark.parametrize("name", WRONG_B)
def test_a_wrong_b_is_caught(name: str) -> None:
    a, b = conv_and_gradient()
    wrong = layer(WRONG_B[name], NAMES[0], f"W[M,C,K] G[M,{a.rows[1]}] Y[C,H]")
    faulty = unrolled(wrong.definition, "G", SIZES)
    assert check_transpose(a, b).holds
    assert not check_transpose(a, faulty).holds
    reading = kernels_read_off(faulty, 1)
    assert reading.flipped is (name != "kernel not flipped")


def test_one_wrong_weight_in_the_arrays_is_caught() -> None:
    c = instance(4, 3, channels=2, outputs=2)
    triples = c.a.triples()
    triples.weight[5] ^= 1
    wrong = Unrolled.of_triples("Z", c.a.rows, "X", c.a.columns, c.a.weights[0], triples)
    check = check_transpose(wrong, c.b)
    assert str(check) == "B ≠ Aᵀ: A[0, 6] holds weight 4, B[6, 0] holds weight 5 (compared entry by entry)"
    with pytest.raises(WitnessError, match=r"A == Matrix\(Z\).jacobian\(X\) fails in row 1, column 7"):
        replace(c, a=wrong).symbolic_check()
    with pytest.raises(WitnessError, match=r"B == Matrix"):
        replace(c, b=wrong.transpose()).symbolic_check()
    reading = kernels_read_off(wrong.transpose(), 1)
    assert reading.kernels is None
    assert reading.notes


@pytest.mark.parametrize("lost", [0, 7, 23])
def test_a_missing_entry_is_caught(lost: int) -> None:
    c = instance(4, 3, channels=2, outputs=2)
    kept = Triples(*(np.delete(a, lost) for a in c.b.triples()))
    wrong = Unrolled.of_triples("∂J/∂X", c.b.rows, "∂J/∂Z", c.b.columns, c.b.weights[0], kept)
    assert not check_transpose(c.a, wrong).holds
    assert kernels_read_off(wrong, 1).reproduces is not True


def test_exchanged_channels_are_not_called_flipped() -> None:
    swapped = layer("Y[n,u] = sum(m,i,k) [i + k = u] W[n,m,k] G[m,i]", "C H K", "W[C,C,K] G[C,H-K+1] Y[C,H]")
    b = unrolled(swapped.definition, "G", {"C": 2, "H": 4, "K": 3})
    assert kernels_read_off(b, 1).flipped is False


# --- any bilinear formula -----------------------------------------------------------------------------------

FORMULAS: dict[str, tuple[Any, str, Options, list[str]]] = {
    "a skip connection and a bias": (
        layer("z[i] = b[i] + x[i] + sum(k) w[k] x[i+k-1]", "H K", "x[H] w[K] b[H] z[H]"), "x",
        {"H": 3, "K": 2}, ["1 + w₂  0       0", "w₁      1 + w₂  0", "0       w₁      1 + w₂"]),
    "average pooling": (layer("z[i] = 1/K sum(k=0..K-1) x[s*i+k]", "H K s", "x[H] z[2]"), "x",
                        {"H": 5, "K": 3, "s": 2}, ["1/3  1/3  1/3  0    0", "0    0    1/3  1/3  1/3"]),
    "a sum of weights": (layer("z[i] = sum(k) w[k] x[i]", "H K", "x[H] w[K]"), "x", {"H": 2, "K": 2},
                         ["w₁ + w₂  0", "0        w₁ + w₂"]),
    "a repeated entry": (layer("z[i] = sum(k=0..1) w x[i]", "H", "x[H] w"), "x", {"H": 2},
                         ["w + w  0", "0      w + w"]),
    "a negative and a scaled term": (layer("z[i] = 2 w[i] x[i+1] - w[i] x[i]", "H", "x[H] w[H] z[H]"), "x",
                                     {"H": 2}, ["-w₁  2 w₁", "0    -w₂"]),
    "the weights as the variable": (layer("z[i] = sum(k) w[k] x[i+k]", "H K", "x[H] w[K]"), "w",
                                    {"H": 3, "K": 2}, ["x₁  x₂", "x₂  x₃"]),
    "nothing": (layer("z[i] = x[i] + 0 w[i] x[i]", "H", "x[H] w[H]"), "x", {"H": 2}, ["1  0", "0  1"]),
    "a diagonal that is not affine per axis": (
        layer("z[i] = sum(j) [j = 2*i + 1] w[j] x[j]", "H", "x[H] w[H] z[H]"), "x", {"H": 4},
        ["0  w₂  0  0", "0  0   0  w₄", "0  0   0  0", "0  0   0  0"]),
}


@pytest.mark.parametrize(("of", "column", "sizes", "rows"), FORMULAS.values(), ids=FORMULAS)
def test_any_bilinear_formula(of: Any, column: str, sizes: Options, rows: list[str]) -> None:
    a = unrolled(of.definition, column, sizes)
    assert text(a).splitlines() == rows
    assert to_sympy(a) == sympy_jacobian(of.definition, column, sizes, a)
    derived = gradient(of, column, ["q"])
    b = unrolled(derived.definition, "∂J/∂z", sizes)
    assert check_transpose(a, b).holds
    assert to_sympy(b) == to_sympy(a).T


def test_transposed_convolution_has_the_gradients_matrix() -> None:
    c = instance(7, 3, stride=2, padding=1, channels=2, outputs=3)
    sizes = {"N": 1, "C": 2, "M": 3, "O": 4, "K": 3, "s": 2, "d": 1, "p": 1, "q": 0}
    t = unrolled(transposed_convolution(1).definition, "Y", sizes)
    assert entries(t) == entries(c.b)


def test_definitions_are_unfolded_on_their_axes() -> None:
    # Cropping first and convolving then is not a convolution of the whole input.
    chain = layer("y[i] = x[i]", "H K", "x[H] w[K] y[H-1]").define("z[i] = sum(k) w[k] y[i+k-1]", "z[H]")
    sizes = {"H": 3, "K": 2}
    a = unrolled(chain.definition, "x", sizes, chain.definitions)
    assert text(a).splitlines() == ["w₂  0   0", "w₁  w₂  0", "0   w₁  0"]
    assert to_sympy(a) == sympy_jacobian(chain.definition, "x", sizes, a, definitions=chain.definitions)


def test_exact_products_with_fractions() -> None:
    pool = layer("z[i] = 1/K sum(k=0..K-1) x[s*i+k]", "H K s", "x[H] z[2]")
    a = unrolled(pool.definition, "x", {"H": 5, "K": 3, "s": 2})
    x = np.array([1, 2, 4, 8, 16], dtype=object)
    assert a.times([1], x).tolist() == [Fraction(7, 3), Fraction(28, 3)]


REFUSED = {
    "a square": ("z[i] = x[i] x[i]", "not linear in x"),
    "a power": ("z[i] = x[i]^3", "not linear in x"),
    "a function": ("z[i] = tanh(x[i])", "not linear in x"),
    "relu": ("z[i] = relu(x[i])", "not linear in x"),
    "a function of a sum": ("z[i] = x[i] sigmoid(sum(j) x[j])", "not linear in x"),
    "two weights": ("z[i] = v[i] w[i] x[i]", "would be v · w; only one weight per term"),
    "a function of a weight": ("z[i] = tanh(w[i]) x[i]", "only one weight per term"),
    "an index as a coefficient": ("z[i] = i w[i] x[i]", "the coefficient i, not a number"),
    "another tensor": ("z[i] = w[i]", "z does not read x"),
}


@pytest.mark.parametrize(("formula", "message"), REFUSED.values(), ids=REFUSED)
def test_formulas_without_a_matrix_are_refused(formula: str, message: str) -> None:
    of = layer(formula, "H", "x[H] w[H] v[H] z[H]")
    with pytest.raises(UsageError, match=message):
        unrolled(of.definition, "x", {"H": 3})


# --- wrong use ----------------------------------------------------------------------------------------------

BAD = {
    "stride 0": ({"stride": 0}, "stride is 0; allowed: an integer of at least 1"),
    "negative padding": ({"padding": -1}, "padding is -1; allowed: an integer of at least 0"),
    "dilation 0": ({"dilation": 0}, "dilation is 0; allowed: an integer of at least 1"),
    "no channels": ({"channels": 0}, "channels is 0; allowed: an integer of at least 1"),
    "a float": ({"size": 4.0}, "size is 4.0; allowed: an integer of at least 1"),
    "a bool": ({"kernel": True}, "kernel is True; allowed: an integer of at least 1"),
    "a text": ({"size": "4"}, "size is '4'; allowed: an integer of at least 1"),
    "kernel too large": (
        {"kernel": 5}, "the kernel is larger than the padded input: it spans 5 entries with kernel 5 and "
                       "dilation 1; allowed: at most 4 (size 4, padding 0)"),
    "dilated kernel too large": (
        {"dilation": 2}, "the kernel is larger than the padded input: it spans 5 entries with kernel 3 and "
                         "dilation 2; allowed: at most 4 (size 4, padding 0)"),
    "groups and channels": ({"channels": 3, "outputs": 2, "groups": 2},
                            "groups is 2, which does not divide channels: 3"),
    "groups and outputs": ({"channels": 2, "outputs": 3, "groups": 2},
                           "groups is 2, which does not divide outputs: 3"),
    "four dimensions": ({"dims": 4}, "dims is 4; convolutions have 1, 2 or 3 dimensions"),
    "wrong number of axes": ({"size": (4, 4)}, "size has 2 numbers; allowed: one, or one for each of 1 axes"),
    "too large to tabulate": ({"size": 10**9}, "2 indices that do not separate have 2999999994 combinations; "
                                               "allowed: 30000000"),
}


@pytest.mark.parametrize(("options", "message"), BAD.values(), ids=BAD)
def test_bad_instances_are_refused_in_one_line(options: Options, message: str) -> None:
    with pytest.raises(UsageError) as error:
        instance(**{"size": 4, "kernel": 3, **options})
    assert str(error.value) == message


@pytest.mark.parametrize("huge", [10**9, 10**18, 10**30])
@pytest.mark.parametrize("options", [
    {"size": 0}, {"padding": 0}, {"size": 0, "kernel": 0}, {"channels": 0}, {"size": 0, "stride": 0},
    {"kernel": 1, "dilation": 0}, {"padding": 0, "stride": 0}, {"padding": 0, "dilation": 0},
    {"channels": 0, "outputs": 0, "groups": 0}], ids=lambda o: " ".join(o))
def test_huge_numbers_give_the_right_matrix_or_one_line(options: Options, huge: int) -> None:
    given = {"size": 4, "kernel": 3, **{name: value or huge for name, value in options.items()}}
    try:
        c = instance(**given)
    except UsageError as error:
        lines = str(error).splitlines()
    else:
        lines = [str(c.transpose_check)]
        assert c.transpose_check.holds
        if c.a.shape[0] < 100:
            assert entries(c.a) == by_hand(c)
    assert len(lines) == 1


def test_numpy_integers_are_integers() -> None:
    given: Options = {"size": np.int64(4), "kernel": np.int32(3)}
    assert instance(**given).a.shape == (2, 4)


def test_sizes_are_checked() -> None:
    conv = convolution(1, batch=False, bias=False)
    with pytest.raises(UsageError, match="the size K has no value; given: C, M"):
        unrolled(conv.definition, "X", {"C": 1, "M": 1, "H": 3})
    with pytest.raises(UsageError, match="K is 0; allowed: an integer of at least 1"):
        unrolled(conv.definition, "X", {**SIZES, "K": 0})
    with pytest.raises(UsageError, match=r"Z has no entries at these sizes: its shape would be \(3, 0\)"):
        unrolled(conv.definition, "X", {**SIZES, "K": 20})


def test_too_large_to_print_gives_a_summary() -> None:
    c = instance(100, 3, channels=2)
    assert text(c.a, c.names) == "98 × 200, 588 nonzeros, density 0.03"
    for show in (latex, to_sympy):
        with pytest.raises(UsageError, match="too large to print: 98 × 200, 588 nonzeros, density 0.03; all"):
            show(c.a, c.names)
    with pytest.raises(UsageError, match="too large to print"):
        c.symbolic_check()


def test_wide_matrices_avoid_the_ten_columns_of_bmatrix() -> None:
    wide = latex(instance(11, 11).a)
    assert wide.startswith("\\left[\\begin{array}{ccccccccccc}\n")
    assert wide.endswith("\n\\end{array}\\right]")


def test_wrong_arguments_are_named() -> None:
    c = instance(4, 3)
    with pytest.raises(UsageError, match="2 names were given for 3 weight ids"):
        latex(c.a, ["u", "v"])
    with pytest.raises(UsageError, match="x has 3 entries; allowed: 4"):
        c.a.times([1, 2, 3], [1, 2, 3])
    with pytest.raises(UsageError, match="differ in shape or weights"):
        check_transpose(c.a, c.a)
    with pytest.raises(UsageError, match="not the matrix of a 2-D convolution"):
        kernels_read_off(c.b, 2)
    with pytest.raises(UsageError, match="a column lies outside 0 … 3"):
        Unrolled.of_triples("Z", (2,), "X", (4,), Weights("W", (3,)), Triples(*np.array([[0], [4], [0]])))
    huge = instance((500, 500), (3, 3), channels=64, outputs=64, dims=2)
    with pytest.raises(UsageError, match="too many entries to list"):
        huge.a.triples()


def test_sympy_is_imported_only_when_asked_for() -> None:
    code = ("import sys; from symcnn.matrix import instance, text; c = instance(4, 3); text(c.a); c.reading; "
            "print('sympy' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
