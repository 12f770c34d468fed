"""The engine against a naive loop, against itself, and against JAX if present."""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symcnn.engine as engine
from symcnn.engine import EngineError, choice, direct, geometry, lowered, rows

Array = Any
Axes = tuple[int, ...]


class Case(NamedTuple):
    x: Axes
    w: Axes
    stride: Axes
    padding: Axes
    dilation: Axes
    groups: int = 1

    @property
    def geometry(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("stride", "padding", "dilation", "groups")}

    @property
    def remainder(self) -> Axes:
        axes = zip(self.x[2:], self.w[2:], self.stride, self.padding, self.dilation, strict=True)
        return tuple((h + 2 * p - d * (k - 1) - 1) % s for h, k, s, p, d in axes)

    @property
    def output(self) -> Axes:
        axes = zip(self.x[2:], self.w[2:], self.stride, self.padding, self.dilation, strict=True)
        sizes = tuple((h + 2 * p - d * (k - 1) - 1) // s + 1 for h, k, s, p, d in axes)
        return (self.x[0], self.w[0], *sizes)


CASES = {
    "1-D plain": Case((2, 3, 7), (5, 3, 2), (1,), (0,), (1,)),
    "1-D stride leaves r = 2 entries unreached": Case((2, 3, 7), (5, 3, 2), (3,), (0,), (1,)),
    "1-D dilation": Case((3, 2, 7), (5, 2, 3), (1,), (1,), (3,)),
    "1-D r = 4 >= d = 2, weight correlation is cropped": Case((3, 2, 7), (5, 2, 2), (5,), (0,), (2,)),
    "1-D p = 3 > d(K-1) = 1": Case((2, 3, 5), (7, 3, 2), (2,), (3,), (1,)),
    "1-D crop in front reaches the zeros behind": Case((3, 5, 2), (7, 5, 1), (8,), (2,), (1,)),
    "1-D kernel as large as the padded input": Case((3, 2, 5), (2, 2, 7), (2,), (1,), (1,)),
    "1-D kernel of one tap with stride": Case((2, 5, 7), (3, 5, 1), (2,), (0,), (3,)),
    "2-D everything unequal": Case((2, 3, 5, 7), (5, 3, 3, 2), (2, 3), (1, 2), (2, 3)),
    "2-D p > d(K-1) on one axis and r > 0": Case((2, 3, 5, 7), (2, 3, 2, 3), (3, 2), (3, 0), (1, 2)),
    "2-D groups": Case((2, 6, 5, 7), (9, 2, 3, 2), (2, 1), (1, 0), (1, 2), 3),
    "2-D depthwise": Case((3, 5, 7, 2), (5, 1, 3, 2), (2, 1), (0, 1), (2, 1), 5),
    "2-D depthwise, two outputs per channel": Case((2, 3, 5, 7), (6, 1, 2, 3), (1, 2), (1, 3), (1, 1), 3),
    "3-D": Case((2, 3, 3, 5, 7), (5, 3, 2, 3, 2), (1, 2, 3), (1, 0, 2), (1, 2, 3)),
    "3-D groups, r > 0": Case((2, 4, 5, 3, 7), (6, 2, 3, 2, 2), (3, 2, 4), (0, 1, 1), (1, 1, 2), 2),
    "4-D": Case((2, 2, 2, 3, 5, 2), (3, 2, 2, 2, 3, 1), (1, 2, 2, 1), (0, 1, 1, 0), (1, 1, 2, 1)),
    "empty batch": Case((0, 3, 5, 7), (2, 3, 2, 3), (2, 1), (0, 1), (1, 2)),
}
NUMBERS: dict[str, Callable[[Array], Array]] = {
    "float32": lambda halves: (halves / 2).astype(np.float32),  # halves are exact in both floats
    "float64": lambda halves: halves / 2,
    "int64": lambda halves: halves,
    "Fraction": lambda halves: np.array([Fraction(int(n), 3) for n in halves.flat], object).reshape(
        halves.shape
    ),
}


def random_integers(shape: Axes, seed: int) -> Array:
    return np.random.default_rng([seed, *shape]).integers(-9, 10, shape)


def products(case: Case) -> Iterator[tuple[Axes, Axes, Axes]]:
    """Naive loop: the indices (y, w, x) of every product in a convolution."""
    batch, channels, *space = case.output
    for n, m, *o in np.ndindex(batch, channels, *space):
        for c, *k in np.ndindex(*case.w[1:]):
            axes = zip(o, k, case.stride, case.dilation, case.padding, strict=True)
            i = [a * s + t * d - p for a, t, s, d, p in axes]
            if all(0 <= position < size for position, size in zip(i, case.x[2:], strict=True)):
                group = m // (case.w[0] // case.groups)
                yield (n, m, *o), (m, c, *k), (n, group * case.w[1] + c, *i)


def naive(case: Case, x: Array, w: Array, b: Array, g: Array) -> dict[str, Array]:
    """Convolution and its three gradients in Python numbers, one product at a time."""
    x, w, b, g = (array.astype(object) for array in (x, w, b, g))
    y, dx, dw, db = (np.zeros(array.shape, object) for array in (g, x, w, b))
    for at_y, at_w, at_x in products(case):
        y[at_y] += w[at_w] * x[at_x]
        dx[at_x] += w[at_w] * g[at_y]
        dw[at_w] += g[at_y] * x[at_x]
    for n, m, *o in np.ndindex(*g.shape):
        y[(n, m, *o)] += b[m]
        db[m] += g[(n, m, *o)]
    return {"y": y, "dx": dx, "dw": dw, "db": db}


def computed(case: Case, x: Array, w: Array, b: Array, g: Array, **how: Any) -> dict[str, Array]:
    return {
        "y": engine.conv(x, w, b, **case.geometry, **how),
        "dx": engine.conv_input_gradient(g, w, case.x[2:], **case.geometry, **how),
        "dw": engine.conv_weight_gradient(g, x, case.w[2:], **case.geometry, **how),
        "db": engine.conv_bias_gradient(g),
    }


def operands(case: Case, numbers: str = "int64") -> tuple[Array, Array, Array, Array]:
    shapes = (case.x, case.w, case.w[:1], case.output)
    x, w, b, g = (NUMBERS[numbers](random_integers(shape, seed)) for seed, shape in enumerate(shapes))
    return x, w, b, g


def passes(case: Case, strategy: str, values: tuple[Array, ...]) -> dict[str, Array]:
    """What a strategy makes of the passes that it can compute, in the dtype of the operands."""
    x, w, _, g = values
    how: dict[str, Any] = {**case.geometry, "strategy": strategy}
    made = {}
    if strategy in choice.FORWARD:
        made["y"] = engine.conv(x, w, **how)
    if strategy in choice.INPUT_GRADIENT or strategy in choice.FLIPPED and set(case.stride) == {1}:
        made["dx"] = engine.conv_input_gradient(g, w, case.x[2:], **how)
    if strategy in choice.WEIGHT_GRADIENT:
        made["dw"] = engine.conv_weight_gradient(g, x, case.w[2:], **how)
    return made


def assert_equal(found: dict[str, Array], expected: dict[str, Array], dtype: Any = None) -> None:
    for name, values in expected.items():
        assert found[name].shape == values.shape, name
        assert (found[name] == values).all(), name
        assert dtype is None or found[name].dtype == dtype, name


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("name", CASES)
def test_agrees_with_the_naive_loop(name: str, numbers: str) -> None:
    case = CASES[name]
    given_operands = operands(case, numbers)
    assert_equal(computed(case, *given_operands), naive(case, *given_operands), given_operands[0].dtype)


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("name", CASES)
def test_transposed_convolution_is_the_input_gradient(name: str, numbers: str) -> None:
    case = CASES[name]
    _, w, _, g = operands(case, numbers)
    bias = NUMBERS[numbers](random_integers((case.x[1],), 5))
    found = engine.conv_transpose(g, w, bias, output_padding=case.remainder, **case.geometry)
    gradient = engine.conv_input_gradient(g, w, case.x[2:], **case.geometry)
    expected = gradient + bias.reshape(-1, *[1] * (g.ndim - 2))
    assert_equal({"dx": found}, {"dx": expected}, w.dtype)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    axes = draw(st.integers(1, 3))
    rows = []
    for _ in range(axes):
        k, d, p = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(0, 3))
        smallest = max(1, d * (k - 1) + 1 - 2 * p)
        rows.append((draw(st.integers(smallest, max(smallest, 7 - axes))), k, draw(st.integers(1, 5)), p, d))
    size, kernel, stride, padding, dilation = zip(*rows, strict=True)
    groups, group_in, group_out = (draw(st.integers(1, 2 + (axes < 3))) for _ in range(3))
    x = (draw(st.integers(0, 2)), groups * group_in, *size)
    return Case(x, (groups * group_out, group_in, *kernel), stride, padding, dilation, groups)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_random_configurations_in_exact_integers(case: Case) -> None:
    x, w, b, g = operands(case)
    found = computed(case, x, w, b, g)
    if math.prod(case.output) * math.prod(case.w[1:]) <= 5000:
        assert_equal(found, naive(case, x, w, b, g), np.int64)
    transposed = engine.conv_transpose(g, w, output_padding=case.remainder, **case.geometry)
    assert_equal({"dx": found["dx"]}, {"dx": transposed}, np.int64)
    # Adjoint identities: <conv x, g> = <x, input gradient of g> = <w, weight gradient of g>.
    linear = int((engine.conv(x, w, **case.geometry) * g).sum())
    assert linear == int((x * found["dx"]).sum()) == int((w * found["dw"]).sum())


def test_one_int_stands_for_all_axes() -> None:
    x, w = random_integers((2, 3, 5, 7), 0), random_integers((2, 3, 2, 3), 1)
    single: Array = {"stride": 2, "padding": 1, "dilation": np.int64(2)}
    each: Array = {"stride": [2, 2], "padding": (1, 1), "dilation": np.array([2, 2])}
    assert (engine.conv(x, w, **single) == engine.conv(x.tolist(), w, **each)).all()


def test_transposed_convolution_by_hand() -> None:
    found = engine.conv_transpose([[[1, 2]]], [[[1, 10, 100]]], [5], stride=2, output_padding=1)
    assert found.tolist() == [[[6, 15, 107, 25, 205, 5]]]


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "dilation", "expected"),
    [(7, 3, 1, 0, 1, 5), (7, 3, 2, 1, 1, 4), (5, 2, 3, 0, 1, 2), (7, 3, 2, 2, 2, 4), (2, 2, 5, 0, 1, 1)],
)
def test_output_size(size: int, kernel: int, stride: int, padding: int, dilation: int, expected: int) -> None:
    assert engine.output_size(size, kernel, stride, padding, dilation) == expected


def test_mixed_floats_promote_as_numpy_does() -> None:
    x, w = np.ones((1, 1, 3), np.float32), np.ones((1, 1, 2))
    assert engine.conv(x, w).dtype == np.float64
    assert engine.conv(x, w.astype(np.int8)).dtype == np.float32
    assert engine.conv(x, w.astype(np.int64)).dtype == np.float64


@pytest.mark.parametrize(
    ("x", "w", "b", "dtype", "expected"),
    [
        ([[[2**62]]], [[[1]]], [2**62 - 1], np.int64, 2**63 - 1),
        ([[[2**62]]], [[[1]]], [2**62], object, 2**63),
        ([[[2**62, 2**62]]], [[[1, 1]]], None, object, 2**63),
        ([[[-(2**63)]]], [[[-1]]], None, object, 2**63),
        (np.array([[[2**64 - 1]]], np.uint64), [[[1]]], [-1], object, 2**64 - 2),
        ([[[2**63, -1]]], [[[1, 1]]], None, object, 2**63 - 1),
        (np.array([[[np.int64(2**62)]]], object), [[[4]]], None, object, 2**64),
    ],
)
def test_integers_are_exact_beyond_int64(x: Array, w: Array, b: Array, dtype: Any, expected: int) -> None:
    for found in (
        engine.conv(x, w, b),
        engine.conv_transpose(x, np.flip(w, -1), b, padding=len(w[0][0]) - 1),
    ):
        assert found.dtype == dtype
        assert found.item() == expected


def test_gradients_are_exact_beyond_int64() -> None:
    g = np.full((2, 1, 1), 2**62)
    assert engine.conv_bias_gradient(g).tolist() == [2**63]
    assert engine.conv_weight_gradient(g, g, 1).tolist() == [[[2**125]]]
    assert engine.conv_input_gradient(g, [[[2]]], 1).tolist() == [[[2**63]], [[2**63]]]


def test_a_flipped_kernel_entry_shows_in_every_result() -> None:
    case = CASES["2-D everything unequal"]
    x, w, b, g = operands(case)
    w[np.nonzero(w)[0][0], ...] *= -1
    expected, found = naive(case, *operands(case)), computed(case, x, w, b, g)
    for name in ("y", "dx"):
        with pytest.raises(AssertionError):
            assert_equal({name: found[name]}, {name: expected[name]})
    assert (
        engine.conv_transpose(g, w, **case.geometry, output_padding=case.remainder) != expected["dx"]
    ).any()
    g[0, 0, 0, 0] += 1
    found = computed(case, x, w, b, g)
    for name in ("dw", "db"):
        with pytest.raises(AssertionError):
            assert_equal({name: found[name]}, {name: expected[name]})


BROKEN: dict[str, tuple[Any, str, Callable[..., Any], set[str]]] = {
    "one padding too many": (
        lowered, "windows", lambda *to: geometry.windows(shifted(to[0]), *to[1:]), {"y", "dx", "dw"}),
    "one padding too many backwards": (
        rows, "windows", lambda *to: geometry.windows(shifted(to[0]), *to[1:]), {"dx"}),
    "kernel not flipped": (choice, "flipped", lambda w, groups: geometry.flipped(w, groups)[..., ::-1], {"dx"}),
    "sums one row too low": (rows, "seen", lambda size, outputs, stride, first: geometry.seen(
        size, outputs, stride, first + 1), {"dx"}),
    "outputs where they do not belong": (
        direct, "windows", lambda *to: ((t, o, i) for t, o, i in geometry.windows(shifted(to[0]), *to[1:])),
        {"y", "dx", "dw"}),
}


def shifted(of: geometry.Geometry) -> geometry.Geometry:
    return replace(of, paddings=(*of.paddings[:-1], of.paddings[-1] + 1))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_code_path_is_seen(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    case = Case((2, 3, 7), (5, 3, 3), (1,), (1,), (1,))
    module, function, replacement, wrong = BROKEN[name]
    x, w, b, g = (a.astype(np.float64) for a in operands(case))
    expected = {key: np.asarray(of, float) for key, of in naive(case, x, w, 0 * b, g).items()}
    monkeypatch.setattr(module, function, replacement)
    strategy = {direct: "direct", choice: "winograd", lowered: "mec", rows: "rows"}[module]
    found = passes(case, strategy, (x, w, b, g))
    assert {name for name in found if not np.allclose(found[name], expected[name])} == wrong


X, W, G = np.ones((2, 4, 5, 7)), np.ones((6, 4, 3, 2)), np.ones((2, 6, 3, 6))
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "rank of x": (lambda: engine.conv(X[0, 0], W), r"x has shape \(5, 7\), rank 2; allowed: at least 3"),
    "rank of w": (lambda: engine.conv(X, W[0]), r"w has shape \(4, 3, 2\), rank 3; allowed: exactly 4"),
    "ragged x": (lambda: engine.conv([[[1, 2]], [[3]]], W), "x cannot be read as an array"),
    "empty axis": (lambda: engine.conv(X[:, :, :0], W), r"x has shape \(2, 4, 0, 7\); allowed: no size 0"),
    "no out channel": (lambda: engine.conv(X, W[:0]), r"w has shape \(0, 4, 3, 2\); allowed: no size 0"),
    "channels": (
        lambda: engine.conv(X, W[:, :3]),
        r"w has shape \(6, 3, 3, 2\).*allowed: 4, as x has.*\(2, 4",
    ),
    "channels of a group": (lambda: engine.conv(X, W, groups=2), "4 input channels per group; allowed: 2"),
    "groups": (lambda: engine.conv(X, W, groups=3), r"groups is 3; allowed: a divisor .*\(4, 6\)"),
    "no groups": (lambda: engine.conv(X, W, groups=0), "groups is 0; allowed: an integer of at least 1"),
    "bias": (lambda: engine.conv(X, W, [1.0]), r"b has shape \(1,\); allowed: \(6,\)"),
    "kernel too large": (
        lambda: engine.conv(X, W, dilation=3, padding=(0, 1)),
        r"kernel size 3 with dilation 3 spans 7 entries; allowed: at most 5 \(size 5 with padding 0",
    ),
    "zero stride": (lambda: engine.conv(X, W, stride=0), "stride is 0; allowed: an integer of at least 1"),
    "negative stride": (lambda: engine.conv(X, W, stride=(1, -2)), r"stride is \(1, -2\); allowed"),
    "float stride": (lambda: engine.conv(X, W, stride=1.0), r"stride is 1\.0; allowed"),  # type: ignore[arg-type]
    "bool stride": (lambda: engine.conv(X, W, stride=True), "stride is True; allowed"),
    "three strides": (
        lambda: engine.conv(X, W, stride=(1, 1, 1)),
        r"\(1, 1, 1\).*one .* per spatial axis \(2",
    ),
    "zero dilation": (lambda: engine.conv(X, W, dilation=0), "dilation is 0; allowed"),
    "negative padding": (lambda: engine.conv(X, W, padding=-1), "padding is -1; allowed: .* at least 0"),
    "word padding": (lambda: engine.conv(X, W, padding="same"), "padding is 'same'"),  # type: ignore[arg-type]
    "bool x": (lambda: engine.conv(X > 0, W), "x has dtype bool; allowed: floating point, integers"),
    "complex w": (lambda: engine.conv(X, W * 1j), "w has dtype complex128; allowed"),
    "text x": (lambda: engine.conv([[["a"]]], W), "x has dtype <U1; allowed"),
    "object None": (lambda: engine.conv(np.array([[[None]]]), W), "x holds None of type NoneType; allowed"),
    "object bool": (lambda: engine.conv(np.array([[[True]]], object), W), "x holds True of type bool"),
    "object and float": (
        lambda: engine.conv(X.astype(int).astype(object), W),
        "dtypes object, float64.*round",
    ),
    "gradient shape": (
        lambda: engine.conv_input_gradient(G[..., 1:], W, (5, 7)),
        r"grad_output has shape \(2, 6, 3, 5\); expected shape \(2, 6, 3, 6\)",
    ),
    "gradient channels": (
        lambda: engine.conv_input_gradient(G[:, 1:], W, (5, 7)),
        r"expected .*\(2, 6, 3, 6\)",
    ),
    "gradient batch": (
        lambda: engine.conv_weight_gradient(G[1:], X, (3, 2)),
        r"expected shape \(2, 6, 3, 6\)",
    ),
    "input size": (
        lambda: engine.conv_input_gradient(G, W, (5, 7, 1)),
        r"input_size is \(5, 7, 1\); allowed",
    ),
    "kernel size": (lambda: engine.conv_weight_gradient(G, X, (0, 2)), r"kernel_size is \(0, 2\); allowed"),
    "bias gradient rank": (lambda: engine.conv_bias_gradient(G[0, 0]), "grad_output has shape .* at least 3"),
    "transposed channels": (
        lambda: engine.conv_transpose(X, W),
        r"6 input channels; allowed: 4, as x has shape",
    ),
    "transposed groups": (lambda: engine.conv_transpose(G, W, groups=4), r"groups is 4; .*\(6,\)"),
    "output padding": (
        lambda: engine.conv_transpose(G, W, stride=(2, 3), dilation=2, output_padding=2),
        r"output_padding is 2; allowed: less than max\(stride, dilation\) per axis; 2 is not .* max\(2, 2\)",
    ),
    "everything cropped": (
        lambda: engine.conv_transpose(G[..., 1:], W, padding=(0, 3)),
        r"padding is .*\(5, 6\)",
    ),
    "output size": (lambda: engine.output_size(2, 3, 1, 0, 1), "kernel is larger than the padded input"),
    "float size": (lambda: engine.output_size(2.0, 1), "size is 2.0; allowed"),  # type: ignore[arg-type]
    "object sigmoid": (lambda: engine.sigmoid(np.array([Fraction(1, 2)])), "z has dtype object; allowed"),
    "bool relu": (lambda: engine.relu([True]), "z has dtype bool"),
    "activation shapes": (
        lambda: engine.relu_gradient(G, X),
        r"grad_output has shape \(2, 6.*expected.*\(2, 4",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_input_is_refused_with_a_reason(name: str) -> None:
    call, message = REFUSED[name]
    with pytest.raises(EngineError, match=message):
        call()


def central_difference(function: Callable[[Array], float], at: Array, step: float = 1e-5) -> Array:
    result = np.zeros_like(at)
    for index in np.ndindex(*at.shape):
        shift = np.zeros_like(at)
        shift[index] = step
        result[index] = (function(at + shift) - function(at - shift)) / (2 * step)
    return result


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu"])
def test_layer_gradients_by_central_differences(name: str) -> None:
    case = CASES["2-D depthwise, two outputs per channel"]
    activation, gradient = getattr(engine, name), getattr(engine, name + "_gradient")
    x, w, b, g = (array / 7 + 0.01 for array in operands(case, "float64"))

    def loss(x: Array, w: Array, b: Array) -> float:
        return float((activation(engine.conv(x, w, b, **case.geometry)) * g).sum())

    found = computed(case, x, w, b, gradient(g, engine.conv(x, w, b, **case.geometry)))
    assert np.allclose(found["dx"], central_difference(lambda x: loss(x, w, b), x), atol=1e-7)
    assert np.allclose(found["dw"], central_difference(lambda w: loss(x, w, b), w), atol=1e-7)
    assert np.allclose(found["db"], central_difference(lambda b: loss(x, w, b), b), atol=1e-7)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_at_large_arguments(dtype: Any) -> None:
    z = np.array([-np.inf, -1e30, -30, -1, 0, 1, 30, 1e30, np.inf], dtype)
    exact = [0, 0, math.exp(-30), 1 / (1 + math.e), 0.5, 1 / (1 + math.exp(-1)), 1, 1, 1]
    slope = [0, 0, math.exp(-30), 0.19661193, 0.25, 0.19661193, math.exp(-30), 0, 0]
    tanh_slope = [0, 0, 4 * math.exp(-60), 0.41997434, 1, 0.41997434, 4 * math.exp(-60), 0, 0]
    ones = np.ones_like(z)
    for found, expected in [
        (engine.sigmoid(z), exact),
        (engine.sigmoid_gradient(ones, z), slope),
        (engine.tanh(z), [math.tanh(value) for value in z]),
        (engine.tanh_gradient(ones, z), tanh_slope),
    ]:
        assert found.dtype == dtype
        np.testing.assert_allclose(found, np.array(expected), rtol=2e-6, atol=0)


def test_relu_is_exact() -> None:
    third: Any = Fraction(1, 3)
    assert engine.relu([third, -third, 0]).tolist() == [third, 0, 0]
    assert engine.relu_gradient([third, third, third], [2, -2, 0]).tolist() == [third, 0, 0]
    assert engine.relu_gradient([2**64 - 1], [1]).tolist() == [2**64 - 1]
    assert engine.relu(np.array([-5, 7], np.int8)).dtype == np.int64
    assert engine.sigmoid([0]).dtype == np.float64


def test_relu_stops_gradients_that_are_not_finite() -> None:
    found = engine.relu_gradient([math.inf, math.nan, -math.inf, math.nan, 3], [-1, 0, 1, 2, math.nan])
    np.testing.assert_array_equal(found, [0, 0, -math.inf, math.nan, 0])


def test_imports_only_numpy_and_the_standard_library() -> None:
    allowed = sys.stdlib_module_names | {"numpy"}
    sources = sorted(Path(engine.__file__).parent.rglob("*.py"))
    assert len(sources) >= 4
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= allowed, source.name
            elif isinstance(node, ast.ImportFrom):
                inside = node.level == 1 and source.parent == Path(engine.__file__).parent
                assert inside or (node.level == 0 and str(node.module).split(".")[0] in allowed), source.name


@pytest.mark.parametrize("name", ["2-D everything unequal", "2-D groups", "3-D groups, r > 0"])
def test_agrees_with_jax(name: str) -> None:
    jax = pytest.importorskip("jax")
    case = CASES[name]
    x, w, b, g = operands(case, "float32")

    def jax_conv(x: Array, w: Array, b: Array) -> Array:
        y = jax.lax.conv_general_dilated(
            x,
            w,
            window_strides=case.stride,
            padding=[(p, p) for p in case.padding],
            rhs_dilation=case.dilation,
            feature_group_count=case.groups,
        )
        return y + b.reshape(-1, *[1] * (x.ndim - 2))

    y, pullback = jax.vjp(jax_conv, x, w, b)
    expected = dict(zip(("y", "dx", "dw", "db"), (y, *pullback(g)), strict=True))
    assert_equal(computed(case, x, w, b, g), {key: np.asarray(value) for key, value in expected.items()})
