"""Layers against NumPy: the generated code of each formula and the operation written out."""

import numpy as np
import pytest

from symcnn import (
    activation, addition, average_pooling, batch_norm, circular_convolution, concatenation, convolution, dense, engine,
    flatten, global_average_pooling, max_pooling,
)
from symcnn.codegen import code
from symcnn.errors import UsageError

CHANCE = np.random.default_rng(0)


def value(made, arrays, **sizes):
    """The layer's output by generated code, for arrays by the names of its tensors."""
    formula = code(made.definition, definitions=made.definitions)
    given = {name: sizes[s.name] for name, s in formula.sizes.items()}
    return formula.function(*(np.asarray(arrays[t.name], dtype=float) for t in formula.tensors.values()), **given)


def numbers(*shape):
    return CHANCE.integers(-9, 10, shape).astype(float)


def windows(x, kernel, stride, padding, fill):
    """(samples, channels, rows, columns, taps) of a padded image."""
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)], constant_values=fill)
    found = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))[:, :, ::stride[0], ::stride[1]]
    return found.reshape(*found.shape[:4], -1)


SIZES = {"N": 2, "C": 3, "H1": 7, "H2": 6, "K1": 3, "K2": 2, "s1": 2, "s2": 1, "p1": 1, "p2": 0, "d1": 1, "d2": 1}
WINDOW = ((3, 2), (2, 1), (1, 0))
X = numbers(2, 3, 7, 6)


def test_max_pooling_ignores_padding():
    below = X - 100
    assert np.array_equal(value(max_pooling(), {"X": below}, **SIZES), windows(below, *WINDOW, -np.inf).max(-1))


def test_average_pooling_with_and_without_padding():
    sums, ones = windows(X, *WINDOW, 0).sum(-1), windows(np.ones_like(X), *WINDOW, 0).sum(-1)
    assert np.allclose(value(average_pooling(), {"X": X}, **SIZES), sums / 6)
    assert np.allclose(value(average_pooling(padding_counts=False), {"X": X}, **SIZES), sums / ones)
    assert not np.allclose(sums / 6, sums / ones)


def test_global_average_pooling():
    assert np.allclose(value(global_average_pooling(), {"X": X}, **SIZES), X.mean((2, 3)))


@pytest.mark.parametrize("dims", [0, 1, 2])
def test_batch_norm(dims):
    x = X.reshape(2, 3, -1)[..., 0] if dims == 0 else X[..., 0] if dims == 1 else X
    sizes = {**SIZES, "H": 7}
    axes, shape = (0, *range(2, dims + 2)), (1, 3) + (1,) * dims
    arrays = {"X": x, "gamma": numbers(3), "beta": numbers(3), "epsilon": 0.5, "mu": numbers(3), "v": numbers(3) ** 2}
    for training in (False, True):
        mean = x.mean(axes) if training else arrays["mu"]
        variance = x.var(axes) if training else arrays["v"]
        expected = (x - mean.reshape(shape)) / np.sqrt(variance + 0.5).reshape(shape)
        expected = arrays["gamma"].reshape(shape) * expected + arrays["beta"].reshape(shape)
        assert np.allclose(value(batch_norm(dims, training=training), arrays, **sizes), expected)


@pytest.mark.parametrize("padding", [0, 1, 5])
def test_circular_convolution_is_a_convolution_of_the_wrapped_image(padding):
    w, b = numbers(4, 3, 3, 2), numbers(4)
    sizes = {**SIZES, "M": 4, "p1": padding, "p2": padding}
    wrapped = np.pad(X, [(0, 0), (0, 0), (padding, padding), (padding, padding)], mode="wrap")
    expected = engine.conv(wrapped, w, stride=(2, 1)) + b.reshape(1, 4, 1, 1)
    assert np.allclose(value(circular_convolution(), {"X": X, "W": w, "b": b}, **sizes), expected)


def test_elementwise_layers_and_moves():
    more = numbers(2, 2, 7, 6)
    assert np.array_equal(value(activation("relu"), {"X": X}, **SIZES), np.maximum(X, 0))
    assert np.allclose(value(activation("tanh"), {"X": X}, **SIZES), np.tanh(X))
    assert np.array_equal(value(addition(3), {"X1": X, "X2": 2 * X, "X3": X}, **SIZES), 4 * X)
    assert np.array_equal(value(concatenation(3), {"X1": X, "X2": more, "X3": X}, **SIZES, C1=3, C2=2, C3=3),
                          np.concatenate([X, more, X], axis=1))
    assert np.array_equal(value(flatten(), {"X": X}, **SIZES), X.reshape(2, -1))


def test_dense():
    x, w, b = numbers(2, 3), numbers(4, 3), numbers(4)
    assert np.allclose(value(dense(), {"X": x, "W": w, "b": b}, N=2, C=3, M=4), x @ w.T + b)
    assert np.allclose(value(dense(bias=False), {"X": x, "W": w}, N=2, C=3, M=4), x @ w.T)


@pytest.mark.parametrize("make", [
    lambda: max_pooling(0), lambda: average_pooling(4), lambda: global_average_pooling(0), lambda: batch_norm(4),
    lambda: circular_convolution(0), lambda: activation("swish"), lambda: activation("relu", 4), lambda: addition(1),
    lambda: concatenation(1), lambda: convolution(4), lambda: flatten(-1)])
def test_impossible_layers_are_refused(make):
    with pytest.raises(UsageError, match="; |allowed"):
        make()
