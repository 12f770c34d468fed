"""Pooling, batch normalization and dense layers against naive loops, differences and PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symcnn.engine as engine
from symcnn.engine import EngineError, normalization, pooling, spans
from symcnn.engine.geometry import seen
from test_engine import NUMBERS, central_difference, random_integers

Array = Any
Axes = tuple[int, ...]


class Pool(NamedTuple):
    x: Axes
    kernel: Axes
    stride: Axes
    padding: Axes
    dilation: Axes

    @property
    def how(self) -> dict[str, Any]:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}

    @property
    def output(self) -> Axes:
        axes = zip(self.x[2:], self.kernel, self.stride, self.padding, self.dilation, strict=True)
        return (*self.x[:2], *[(h + 2 * p - d * (k - 1) - 1) // s + 1 for h, k, s, p, d in axes])

    def places(self, o: Axes) -> Iterator[Axes]:
        """The entries that the window of an output holds, in row-major order."""
        for k in np.ndindex(*self.kernel):
            place = tuple(s * a + d * t - p for a, t, s, p, d in zip(
                o[2:], k, self.stride, self.padding, self.dilation, strict=True))
            if all(0 <= i < h for i, h in zip(place, self.x[2:], strict=True)):
                yield (*o[:2], *place)

    @property
    def filled(self) -> bool:
        return all(any(True for _ in self.places((0, 0, *o))) for o in np.ndindex(*self.output[2:]))


POOLS = {
    "1-D": Pool((2, 3, 7), (2,), (2,), (0,), (1,)),
    "1-D overlapping, padded": Pool((2, 3, 7), (3,), (2,), (1,), (1,)),
    "1-D entries between the windows": Pool((3, 2, 11), (2,), (5,), (1,), (2,)),
    "2-D 3/2": Pool((2, 3, 7, 5), (3, 3), (2, 2), (1, 1), (1, 1)),
    "2-D everything unequal": Pool((2, 3, 7, 11), (3, 2), (2, 3), (1, 2), (2, 5)),
    "2-D the whole plane": Pool((3, 2, 5, 7), (5, 7), (1, 1), (0, 0), (1, 1)),
    "3-D": Pool((2, 3, 5, 7, 3), (2, 3, 2), (1, 2, 3), (1, 0, 1), (1, 2, 1)),
    "empty batch": Pool((0, 3, 5, 7), (2, 3), (2, 1), (0, 1), (1, 2)),
}


def naive(case: Pool, x: Array, g: Array, padding_counts: bool = True) -> dict[str, Array]:
    """Both poolings and their gradients in Python numbers, one window at a time."""
    x, g = x.astype(object), g.astype(object)
    largest, mean = np.zeros(case.output, object), np.zeros(case.output, object)
    to_largest, to_all = np.zeros(case.x, object), np.zeros(case.x, object)
    for o in np.ndindex(*case.output):
        places = list(case.places(o))
        if places:
            best = max(places, key=lambda place: x[place])  # the first of equals
            largest[o] = x[best]
            to_largest[best] += g[o]
        count = math.prod(case.kernel) if padding_counts else len(places)
        mean[o] = sum((Fraction(x[place]) for place in places), Fraction(0)) / count
        for place in places:
            to_all[place] += Fraction(g[o]) / count
    return {"max": largest, "dmax": to_largest, "average": mean, "daverage": to_all}


def computed(case: Pool, x: Array, g: Array, padding_counts: bool = True) -> dict[str, Array]:
    counts = {"padding_counts": padding_counts}
    return {
        "max": engine.max_pool(x, case.kernel, **case.how),
        "dmax": engine.max_pool_gradient(g, x, case.kernel, **case.how),
        "average": engine.average_pool(x, case.kernel, **case.how, **counts),
        "daverage": engine.average_pool_gradient(g, case.x[2:], case.kernel, **case.how, **counts),
    }


def operands(case: Pool, numbers: str = "int64") -> tuple[Array, Array]:
    """Small integers, so that most windows have ties."""
    return NUMBERS[numbers](random_integers(case.x, 0) // 5), NUMBERS[numbers](random_integers(case.output, 1))


def wrong(found: dict[str, Array], expected: dict[str, Array]) -> set[str]:
    """Names of results of another shape or of other entries; a mean in floating point may be rounded."""
    return {name for name, values in expected.items() if found[name].shape != values.shape or not (
        np.allclose(found[name], values.astype(float), rtol=1e-6, atol=1e-6)
        if "average" in name and found[name].dtype != object else (found[name] == values).all())}


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("name", POOLS)
def test_pooling_agrees_with_the_naive_loop(name: str, numbers: str) -> None:
    case = POOLS[name]
    x, g = operands(case, numbers)
    for padding_counts in (True, False):
        found = computed(case, x, g, padding_counts)
        assert wrong(found, naive(case, x, g, padding_counts)) == set()
        assert found["max"].dtype == found["dmax"].dtype == x.dtype
        assert found["average"].dtype == found["daverage"].dtype == (float if numbers == "int64" else x.dtype)


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    axes = draw(st.integers(1, 3))
    rows = []
    for _ in range(axes):
        k, d, p = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(0, 3))
        smallest = max(1, d * (k - 1) + 1 - 2 * p)
        rows.append((draw(st.integers(smallest, max(smallest, 8 - axes))), k, draw(st.integers(1, 4)), p, d))
    size, kernel, stride, padding, dilation = zip(*rows, strict=True)
    return Pool((draw(st.integers(0, 2)), draw(st.integers(1, 3)), *size), kernel, stride, padding, dilation)


@settings(max_examples=80, deadline=None)
@given(pools())
def test_random_poolings_in_exact_numbers(case: Pool) -> None:
    x, g = operands(case, "Fraction")
    if case.filled:
        for padding_counts in (True, False):
            assert wrong(computed(case, x, g, padding_counts), naive(case, x, g, padding_counts)) == set()
        return
    for refused in (lambda: engine.max_pool(x, case.kernel, **case.how),
                    lambda: engine.average_pool(x, case.kernel, **case.how, padding_counts=False)):
        with pytest.raises(EngineError, match="every window holds an entry of the input"):
            refused()
    assert (engine.average_pool(x, case.kernel, **case.how) == naive(case, x, g)["average"]).all()


def test_the_stride_of_a_pooling_is_its_kernel_size_and_one_int_stands_for_all_axes() -> None:
    x = random_integers((2, 3, 7, 5), 0)
    assert (engine.max_pool(x, 2) == engine.max_pool(x.tolist(), (2, 2), stride=(2, 2))).all()
    assert engine.average_pool(x, (3, 2)).shape == (2, 3, 2, 2)


def test_integers_beyond_int64_stay_exact() -> None:
    x = np.array([[[2**64 - 1, 2**64 - 2, 0]]], np.uint64)
    assert engine.max_pool(x, 2, stride=1).tolist() == [[[2**64 - 1, 2**64 - 2]]]
    assert engine.max_pool_gradient([[[2**62, 2**62]]], [[[1, 5, 2]]], 2, stride=1).tolist() == [[[0, 2**63, 0]]]
    assert engine.dense([[2**62, 2**62]], [[1, 1]], [1]).tolist() == [[2**63 + 1]]
    assert engine.dense_input_gradient([[2**62, 2**62]], [[1], [1]]).tolist() == [[2**63]]
    assert engine.dense_weight_gradient([[2**62], [2**62]], [[1], [1]]).tolist() == [[2**63]]
    assert engine.dense_bias_gradient([[2**62], [2**62]]).tolist() == [2**63]


NAN, INF = math.nan, math.inf
SPECIAL = {
    "the first of equals": ([3, 3, 3], [3, 3], [1, 2, 0]),
    "NaN where a window holds it": ([1, NAN, 2], [NAN, NAN], [0, 3, 0]),
    "the first NaN": ([5, NAN, NAN], [NAN, NAN], [0, 3, 0]),
    "NaN in front of a larger entry": ([NAN, 7, 2], [NAN, 7], [1, 2, 0]),
    "-infinity": ([-INF, -INF, -INF], [-INF, -INF], [1, 2, 0]),
    "infinity": ([INF, INF, NAN], [INF, NAN], [1, 0, 2]),
    "signed zeros are equal": ([-0.0, 0.0, -0.0], [0, 0], [1, 2, 0]),
}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("name", SPECIAL)
def test_ties_nan_and_infinity_in_max_pooling(name: str, dtype: Any) -> None:
    x, largest, gradient = (np.array([[values]], dtype) for values in SPECIAL[name])
    assert np.array_equal(engine.max_pool(x, 2, stride=1), largest, equal_nan=True)
    assert (engine.max_pool_gradient(np.array([[[1, 2]]], dtype), x, 2, stride=1) == gradient).all()


def test_padding_takes_no_gradient_from_minus_infinity() -> None:
    lowest: Array
    for lowest in (np.full((1, 1, 2, 2), -INF), np.full((1, 1, 2, 2), -2**63)):
        found = engine.max_pool_gradient([[[[1, 2], [3, 4]]]], lowest, 2, stride=2, padding=1)
        assert found.tolist() == [[[[1, 2], [3, 4]]]]


def test_an_infinite_gradient_reaches_the_largest_entries_only() -> None:
    assert engine.max_pool_gradient([[[INF, NAN]]], [[[1, 2, 4, 3]]], 2).tolist()[0][0][:2] == [0, INF]
    assert engine.max_pool_gradient([[[INF, NAN]]], [[[1, 2, 4, 3]]], 2).tolist()[0][0][3] == 0


def test_average_pooling_by_hand() -> None:
    assert engine.average_pool([[[6, 3]]], 3, stride=1, padding=1).tolist() == [[[3, 3]]]
    assert engine.average_pool([[[6, 3]]], 3, stride=1, padding=1, padding_counts=False).tolist() == [[[4.5, 4.5]]]
    assert engine.average_pool([[[6, 3]]], 1, stride=3, padding=1).tolist() == [[[0, 0]]]  # windows in the padding
    x = np.array([[[1, INF, 2, 3, NAN]]])
    assert np.array_equal(engine.average_pool(x, 2, stride=1), [[[INF, INF, 2.5, NAN]]], equal_nan=True)
    assert engine.average_pool(np.array([[[1, 2]]], object), 2).tolist() == [[[Fraction(3, 2)]]]


def test_the_blocks_of_the_gradient_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    case = POOLS["2-D everything unequal"]
    x, g = operands(case)
    monkeypatch.setattr(pooling, "BLOCK", 2 * 77)  # two planes at a time
    assert wrong(computed(case, x, g), naive(case, x, g)) == set()


FIRST, DIVIDED = pooling._first_largest, pooling._divided
BROKEN: dict[str, tuple[Any, str, Any, set[str]]] = {
    "one padding too many": (
        spans, "seen", lambda size, outputs, stride, first: seen(size, outputs, stride, first - 1),
        {"max", "dmax", "average", "daverage"}),
    "padding of zeros": (pooling, "_lowest", lambda dtype: 0, {"max", "dmax"}),
    "the first entry for the largest": (
        pooling, "_first_largest", lambda array, span: (FIRST(array, span)[0], 0 * FIRST(array, span)[1]), {"dmax"}),
    "padding always counts": (
        pooling, "_divided", lambda array, axes, counts: DIVIDED(array, axes, True), {"average", "daverage"}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_pooling_is_seen(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    case = Pool((2, 3, 7), (3,), (2,), (1,), (1,))
    module, function, replacement, expected = BROKEN[name]
    x, g = operands(case)
    monkeypatch.setattr(module, function, replacement)
    assert wrong(computed(case, x, g, False), naive(case, x, g, False)) == expected


SIGNALS = {"dense": (7, 3), "1-D": (5, 3, 2), "2-D": (2, 3, 5, 7), "3-D": (2, 5, 3, 2, 3), "one sample": (1, 2, 7, 3),
           "one entry per channel": (1, 3)}


def normalized(x: Array, gamma: Array, beta: Array, epsilon: float) -> Array:
    """Batch normalization one channel at a time, the sums rounded once."""
    out = np.zeros(x.shape)
    for c in range(x.shape[1]):
        values = [float(value) for value in x[:, c].flat]
        mean = math.fsum(values) / len(values)
        variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
        out[:, c] = gamma[c] * (x[:, c] - mean) / math.sqrt(variance + epsilon) + beta[c]
    return out


def channels(shape: Axes, dtype: Any = np.float64) -> tuple[Array, Array, Array, Array]:
    rng = np.random.default_rng([5, *shape])
    x, gamma, beta, g = (rng.standard_normal(s).astype(dtype) for s in (shape, shape[1:2], shape[1:2], shape))
    return x, gamma, beta, g


@pytest.mark.parametrize("block", [1, 40, normalization.BLOCK])
@pytest.mark.parametrize("name", SIGNALS)
def test_batch_norm_agrees_with_the_naive_loop(monkeypatch: pytest.MonkeyPatch, name: str, block: int) -> None:
    monkeypatch.setattr(normalization, "BLOCK", block)
    x, gamma, beta, _ = channels(SIGNALS[name])
    assert np.allclose(engine.batch_norm(x, gamma, beta, 0.1), normalized(x, gamma, beta, 0.1), rtol=0, atol=1e-13)
    low = engine.batch_norm(*(a.astype(np.float32) for a in (x, gamma, beta)), 0.1)
    assert low.dtype == np.float32
    assert np.allclose(low, normalized(x, gamma, beta, 0.1), rtol=0, atol=3e-6)


def test_batch_norm_by_hand() -> None:
    x = [[5, 0], [-1, 0]]  # means 2 and 0, variances 9 and 0
    assert np.allclose(engine.batch_norm(x, [10, 7], [1, 2], 16), [[7, 2], [-5, 2]], rtol=1e-15)
    found = engine.batch_norm_inference(x, [10, 7], [1, 2], [2, 1], [9, 0], 16)
    assert np.allclose(found, [[7, 0.25], [-5, 0.25]], rtol=1e-15)


@pytest.mark.parametrize("epsilon", [Fraction(1, 4), np.float64(0.25), np.float32(0.25)])
def test_the_kind_of_number_that_epsilon_is_does_not_matter(epsilon: Any) -> None:
    x, gamma, beta, _ = channels((5, 3, 2), np.float32)
    found = engine.batch_norm(x, gamma, beta, epsilon)
    assert found.dtype == np.float32
    assert (found == engine.batch_norm(x, gamma, beta, 0.25)).all()


def test_mixed_floats_promote_as_numpy_does() -> None:
    x, gamma, beta, g = channels((5, 3, 2))
    low = x.astype(np.float32)
    assert engine.batch_norm(low, gamma, beta, 1).dtype == np.float64
    found = engine.batch_norm_gradient(g, low, gamma.astype(np.float32), 1)
    expected = engine.batch_norm_gradient(g, low.astype(np.float64), gamma.astype(np.float32).astype(np.float64), 1)
    for made, values in zip(found, expected, strict=True):
        assert made.dtype == np.float64
        assert np.allclose(made, values, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", SIGNALS)
def test_batch_norm_gradients_by_central_differences(name: str) -> None:
    x, gamma, beta, g = channels(SIGNALS[name])

    def loss(x: Array, gamma: Array, beta: Array) -> float:
        return float((engine.batch_norm(x, gamma, beta, 0.1) * g).sum())

    dx, dgamma, dbeta = engine.batch_norm_gradient(g, x, gamma, 0.1)
    assert np.allclose(dx, central_difference(lambda x: loss(x, gamma, beta), x), rtol=0, atol=1e-8)
    assert np.allclose(dgamma, central_difference(lambda gamma: loss(x, gamma, beta), gamma), rtol=0, atol=1e-8)
    assert np.allclose(dbeta, central_difference(lambda beta: loss(x, gamma, beta), beta), rtol=0, atol=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(1, 4), st.lists(st.integers(1, 4), max_size=3), st.floats(1e-6, 10))
def test_inference_with_the_statistics_of_the_batch_is_training(n: int, c: int, space: list[int], e: float) -> None:
    x, gamma, beta, g = channels((n, c, *space))
    over = (0, *range(2, x.ndim))
    found = engine.batch_norm_inference(x, gamma, beta, x.mean(axis=over), x.var(axis=over), e)
    assert np.allclose(found, engine.batch_norm(x, gamma, beta, e), rtol=0, atol=1e-10 / e)
    # The gradient is orthogonal to what normalization takes away: a shift of all entries of a channel.
    dx, _, _ = engine.batch_norm_gradient(g, x, gamma, e)
    assert np.allclose(dx.sum(axis=over), 0, atol=1e-10 / e)


@pytest.mark.parametrize(("dtype", "shift", "bound"), [(np.float32, 2.0**17, 2e-6), (np.float64, 2.0**45, 2e-14)])
def test_batch_norm_does_not_lose_digits_to_a_large_mean(dtype: Any, shift: float, bound: float) -> None:
    x = random_integers((8, 3, 11, 13), 2).astype(dtype)
    one, zero = np.ones(3, dtype), np.zeros(3, dtype)
    near, far = (engine.batch_norm(a, one, zero, 1e-5) for a in (x, x + dtype(shift)))
    assert np.abs(far - near).max() < bound


def test_nan_spoils_its_own_channel_only() -> None:
    x, gamma, beta, g = channels((2, 3, 5, 7))
    x[1, 1, 2, 3] = NAN
    for found in (engine.batch_norm(x, gamma, beta, 0.1), engine.batch_norm_gradient(g, x, gamma, 0.1)[0]):
        assert np.isnan(found[:, 1]).all()
        assert np.isfinite(found[:, [0, 2]]).all()


@pytest.mark.parametrize("name", ["_centred", "_products"])
def test_a_broken_batch_norm_is_seen(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    x, gamma, beta, _ = channels((2, 3, 5, 7))
    intact = getattr(normalization, name)
    monkeypatch.setattr(normalization, name, lambda a, b: (
        1.001 * intact(a, b) if name == "_products" else (a - intact(a, b)[0] * 0.999, intact(a, b)[1])))
    assert not np.allclose(engine.batch_norm(x, gamma, beta, 0.1), normalized(x, gamma, beta, 0.1), rtol=0, atol=1e-5)


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("sizes", [(2, 3, 5), (7, 1, 2), (1, 5, 1), (0, 3, 2)])
def test_dense_agrees_with_the_naive_loop(sizes: Axes, numbers: str) -> None:
    n, c, m = sizes
    x, w, b, g = (NUMBERS[numbers](random_integers(shape, 3)) for shape in ((n, c), (m, c), (m,), (n, m)))
    y, dx, dw, db = (np.zeros(shape, object) for shape in ((n, m), (n, c), (m, c), (m,)))
    for i, j in np.ndindex(n, m):
        y[i, j] = b[j] + sum(w[j, k] * x[i, k] for k in range(c))
        db[j] += g[i, j]
        for k in range(c):
            dx[i, k] += g[i, j] * w[j, k]
            dw[j, k] += g[i, j] * x[i, k]
    found = (engine.dense(x, w, b), engine.dense_input_gradient(g, w), engine.dense_weight_gradient(g, x),
             engine.dense_bias_gradient(g))
    for made, expected in zip(found, (y, dx, dw, db), strict=True):
        assert made.dtype == x.dtype
        assert made.shape == expected.shape
        assert (made == expected).all()
    assert (engine.dense(x, w) == y - b).all()


def test_a_wrong_weight_of_a_dense_layer_shows() -> None:
    x, w = random_integers((5, 3), 0), random_integers((2, 3), 1)
    assert (engine.dense(x, w) == x @ w.T).all()
    w[1, 2] += 1
    assert (engine.dense(x, w) != x @ (w - [[0, 0, 0], [0, 0, 1]]).T).any()


def test_an_empty_batch_gives_empty_results_and_zero_sums() -> None:
    x = np.ones((0, 3, 5))
    assert engine.batch_norm(x, np.ones(3), np.ones(3), 1).shape == x.shape
    assert engine.batch_norm_inference(x, *np.ones((4, 3)), 1).shape == x.shape
    dx, dgamma, dbeta = engine.batch_norm_gradient(x, x, np.ones(3), 1)
    assert dx.shape == x.shape
    assert dgamma.tolist() == dbeta.tolist() == [0, 0, 0]
    assert engine.dense_weight_gradient(np.ones((0, 2)), np.ones((0, 3))).tolist() == [[0, 0, 0], [0, 0, 0]]


X, G, C, D = np.ones((2, 3, 5, 7)), np.ones((2, 3, 2, 3)), np.ones(3), np.ones((2, 3))
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "rank of x": (lambda: engine.max_pool(D, 2), r"x has shape \(2, 3\), rank 2; allowed: at least 3 axes \(batch"),
    "empty axis": (lambda: engine.average_pool(X[:, :0], 2), r"x has shape \(2, 0, 5, 7\); allowed: no size 0"),
    "bool x": (lambda: engine.max_pool(X > 0, 2), "x has dtype bool; allowed: floating point"),
    "kernel sizes": (lambda: engine.max_pool(X, (2, 2, 2)), r"kernel_size is \(2, 2, 2\); allowed"),
    "no kernel": (lambda: engine.average_pool(X, 0), "kernel_size is 0; allowed: an integer of at least 1"),
    "large kernel": (lambda: engine.max_pool(X, 6), "size 6 with dilation 1 spans 6 entries; allowed: at most 5"),
    "stride": (lambda: engine.max_pool(X, 2, stride=0), "stride is 0; allowed: an integer of at least 1"),
    "padding": (lambda: engine.average_pool(X, 2, padding=-1), "padding is -1; allowed: an integer of at least 0"),
    "dilation": (lambda: engine.max_pool(X, 2, dilation=0), "dilation is 0; allowed: an integer of at least 1"),
    "window in the padding": (
        lambda: engine.max_pool(X, 2, padding=(0, 2)),
        r"padding is \(0, 2\); allowed: so little that every window holds an entry of the input; along spatial axis 1 "
        r"that of output 0 holds none \(size 7, kernel size 2, stride 2, dilation 1\)"),
    "window around the input": (
        lambda: engine.max_pool_gradient(G, X, 2, dilation=(8, 1), padding=(2, 0)),
        r"padding is \(2, 0\).*along spatial axis 0 that of output 0 holds none \(size 5"),
    "window in the padding does not count": (
        lambda: engine.average_pool_gradient(G, (5, 7), 2, padding=2, padding_counts=False),
        "padding is 2; allowed: so little"),
    "gradient rank": (lambda: engine.max_pool_gradient(G[0], X, 2), "grad_output has .*rank 3; allowed: exactly 4"),
    "gradient shape": (
        lambda: engine.max_pool_gradient(G[:1], X, 2),
        r"grad_output has shape \(1, 3, 2, 3\); expected shape \(2, 3, 2, 3\)"),
    "average gradient shape": (
        lambda: engine.average_pool_gradient(G, (5, 8), 2), r"\(2, 3, 2, 3\); expected shape \(2, 3, 2, 4\)"),
    "input size": (lambda: engine.average_pool_gradient(G, (5, 7, 1), 2), r"input_size is \(5, 7, 1\); allowed"),
    "normalized rank": (lambda: engine.batch_norm(C, C, C, 1), r"x has shape \(3,\), rank 1; allowed: at least 2 axes"),
    "object batch norm": (lambda: engine.batch_norm(X.astype(int).astype(object), C, C, 1), "x has dtype object"),
    "object beta": (lambda: engine.batch_norm(X, C, np.array([1, 2, 3], object), 1), "beta has dtype object; allowed"),
    "gamma": (
        lambda: engine.batch_norm(X, C[1:], C, 1), r"gamma has shape \(2,\); allowed: \(3,\), one entry per channel"),
    "beta": (lambda: engine.batch_norm(X, C, X, 1), r"beta has shape \(2, 3, 5, 7\); allowed: \(3,\)"),
    "mean": (lambda: engine.batch_norm_inference(X, C, C, 1, C, 1), r"mean has shape \(\); allowed: \(3,\)"),
    "variance": (
        lambda: engine.batch_norm_inference(X, C, C, C, [1, -1, NAN], 1), r"variance holds -1\.0; allowed: nothing"),
    "epsilon of zero": (lambda: engine.batch_norm(X, C, C, 0), "epsilon is 0; allowed: a finite number above 0 in"),
    "epsilon of nothing": (
        lambda: engine.batch_norm_gradient(D, D, C, None), "epsilon is None; allowed"),  # type: ignore[arg-type]
    "epsilon of infinity": (lambda: engine.batch_norm(X, C, C, INF), "epsilon is inf; allowed"),
    "epsilon that rounds to zero": (
        lambda: engine.batch_norm(*(a.astype(np.float32) for a in (X, C, C)), 1e-60), "epsilon is 1e-60.*float32"),
    "batch norm gradient shape": (
        lambda: engine.batch_norm_gradient(G, X, C, 1), r"\(2, 3, 2, 3\); expected shape \(2, 3, 5, 7\)"),
    "dense rank": (
        lambda: engine.dense(X, D), r"x has .*rank 4; allowed: exactly 2 axes \(batch, features\)"),
    "dense weight rank": (
        lambda: engine.dense(D, C), r"w has .*rank 1; allowed: exactly 2 axes \(out features, in features\)"),
    "no out feature": (lambda: engine.dense(D, D[:0]), r"w has shape \(0, 3\); allowed: no size 0"),
    "no feature": (lambda: engine.dense(D[:, :0], D), r"x has shape \(2, 0\); allowed: no size 0 except for the batch"),
    "in features": (
        lambda: engine.dense(D, D[:, 1:]), r"w has shape \(2, 2\), so 2 in features; allowed: 3, as x has shape"),
    "dense bias": (lambda: engine.dense(D, D, C), r"b has shape \(3,\); allowed: \(2,\)"),
    "out features": (
        lambda: engine.dense_input_gradient(D, D), r"grad_output .* so 3 features; allowed: 2, as w has shape"),
    "dense batch": (
        lambda: engine.dense_weight_gradient(D[1:], D), r"grad_output .* so a batch of 1; allowed: 2, as x has"),
    "dense dtypes": (lambda: engine.dense(D, D.astype(int).astype(object)), "dtypes float64, object.*round"),
    "dense bias gradient": (lambda: engine.dense_bias_gradient(C), "grad_output has shape .* exactly 2"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_input_is_refused_with_a_reason(name: str) -> None:
    call, message = REFUSED[name]
    with pytest.raises(EngineError, match=message):
        call()


def pulled_back(torch: Any, function: Callable[..., Any], g: Array, *operands: Array) -> list[Array]:
    """A value of PyTorch and the gradients of its operands."""
    inputs = [torch.from_numpy(a).requires_grad_() for a in operands]
    y = function(*inputs)
    y.backward(torch.from_numpy(g))
    return [y.detach().numpy(), *[i.grad.numpy() for i in inputs]]


TORCH = {
    "1-D": Pool((2, 3, 17), (3,), (2,), (1,), (1,)),
    "2-D 3/2": Pool((2, 3, 12, 11), (3, 3), (2, 2), (1, 1), (1, 1)),
    "2-D unequal": Pool((2, 3, 12, 11), (4, 2), (1, 3), (2, 1), (1, 1)),
    "3-D": Pool((2, 3, 5, 7, 6), (2, 3, 2), (1, 2, 2), (1, 0, 1), (1, 1, 1)),
}


@pytest.mark.parametrize("padding_counts", [True, False])
@pytest.mark.parametrize("name", TORCH)
def test_pooling_agrees_with_pytorch(name: str, padding_counts: bool) -> None:
    torch = pytest.importorskip("torch")
    case, dims = TORCH[name], len(TORCH[name].kernel)
    windows = (case.kernel, case.stride, case.padding)
    x, g = operands(case, "float64")  # with ties
    found = computed(case, x, g, padding_counts)
    largest = getattr(torch.nn.functional, f"max_pool{dims}d")
    mean = getattr(torch.nn.functional, f"avg_pool{dims}d")
    theirs = [*pulled_back(torch, lambda x: largest(x, *windows), g, x),
              *pulled_back(torch, lambda x: mean(x, *windows, False, padding_counts), g, x)]
    for ours, expected in zip(found.values(), theirs, strict=True):
        assert np.allclose(ours, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", SIGNALS)
def test_the_float32_error_of_batch_norm_is_at_most_four_times_that_of_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    if math.prod(SIGNALS[name]) == SIGNALS[name][1]:
        pytest.skip("PyTorch refuses one entry per channel")

    def ours(x: Array, gamma: Array, beta: Array, g: Array) -> list[Array]:
        return [engine.batch_norm(x, gamma, beta, 1e-3), *engine.batch_norm_gradient(g, x, gamma, 1e-3)]

    def norm(x: Any, gamma: Any, beta: Any) -> Any:
        return torch.nn.functional.batch_norm(x, None, None, gamma, beta, True, 0.1, 1e-3)

    x, gamma, beta, g = channels(SIGNALS[name], np.float32)
    doubles = [a.astype(np.float64) for a in (x, gamma, beta, g)]
    exact = ours(*doubles)
    for values, theirs in zip(exact, pulled_back(torch, norm, doubles[3], *doubles[:3]), strict=True):
        assert np.allclose(values, theirs, rtol=0, atol=1e-12)
    for values, found, theirs in zip(exact, ours(x, gamma, beta, g), pulled_back(torch, norm, g, x, gamma, beta),
                                     strict=True):
        assert found.dtype == np.float32
        assert np.abs(found - values).max() <= 4 * max(np.abs(theirs - values).max(), 1e-7 * np.abs(values).max())


def test_dense_agrees_with_pytorch() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(6)
    x, w, b, g = (rng.standard_normal(shape) for shape in ((7, 5), (3, 5), (3,), (7, 3)))
    found = (engine.dense(x, w, b), engine.dense_input_gradient(g, w), engine.dense_weight_gradient(g, x),
             engine.dense_bias_gradient(g))
    for ours, theirs in zip(found, pulled_back(torch, torch.nn.functional.linear, g, x, w, b), strict=True):
        assert np.allclose(ours, theirs, rtol=0, atol=1e-13)
