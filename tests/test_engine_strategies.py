"""Every strategy of the engine alone, against exact integers, PyTorch, and where NaN and infinity belong."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import symcnn.engine as engine
from symcnn.engine import EngineError, choice, lowered, rows, threads as parallel, winograd
from symcnn.engine.geometry import Geometry, seen
from test_engine import Case, computed, naive, operands, passes


@st.composite
def cases(draw: st.DrawFn, taps: int = 0, plain: bool = False) -> Case:
    """Small configurations of one to three axes, with groups; ``taps`` fixes the kernel."""
    axes = draw(st.integers(1, 3))
    groups, group_in, group_out = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kernel = [taps or draw(st.integers(1, 3)) for _ in range(axes)]
    stride = [1 if plain else draw(st.integers(1, 3)) for _ in range(axes)]
    dilation = [draw(st.integers(1, 3)) for _ in range(axes)]
    padding = [draw(st.integers(0, 3)) for _ in range(axes)]
    size = [max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 9 if axes == 1 else 6 if axes == 2 else 2))
            for k, d, p in zip(kernel, dilation, padding, strict=True)]
    return Case((draw(st.integers(0, 3)), groups * group_in, *size), (groups * group_out, group_in, *kernel),
                tuple(stride), tuple(padding), tuple(dilation), groups)


@pytest.mark.parametrize("strategy", ["direct", "columns", "rows", "mec"])
@settings(max_examples=60, deadline=None)
@given(case=cases())
def test_each_strategy_is_exact_on_integers_in_floating_point(strategy: str, case: Case) -> None:
    x, w, b, g = operands(case)
    assume(strategy in choice.possible(case.w[2:], Geometry(case.stride, case.padding, case.dilation)))
    made = passes(case, strategy, tuple(a.astype(np.float64) for a in (x, w, b, g)))
    expected = naive(case, x, w, 0 * b, g)
    for name, values in made.items():
        assert (values == expected[name]).all(), name


@settings(max_examples=40, deadline=None)
@given(case=cases(taps=1))
def test_pointwise_is_exact_on_integers_in_floating_point(case: Case) -> None:
    case = case._replace(padding=(0,) * len(case.padding), x=(*case.x[:2], *[h + 2 for h in case.x[2:]]))
    x, w, b, g = operands(case)
    made = passes(case, "pointwise", tuple(a.astype(np.float64) for a in (x, w, b, g)))
    expected = naive(case, x, w, 0 * b, g)
    assert made.keys() == {"y", "dx", "dw"}
    for name, values in made.items():
        assert (values == expected[name]).all(), name


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@settings(max_examples=80, deadline=None)
@given(case=cases(taps=3, plain=True))
def test_winograd_is_exact_after_rounding_to_integers(dtype: Any, case: Case) -> None:
    x, w, b, g = operands(case)
    made = passes(case, "winograd", tuple(a.astype(dtype) for a in (x, w, b, g)))
    expected = naive(case, x, w, 0 * b, g)
    assert made.keys() == {"y", "dx", "dw"}
    for name, values in made.items():
        assert (np.rint(values) == expected[name]).all(), name


@pytest.mark.parametrize("size", [(23,), (9, 14), (5, 7, 6)], ids=["1-D", "2-D", "3-D"])
def test_winograd_in_many_blocks(monkeypatch: pytest.MonkeyPatch, size: tuple[int, ...]) -> None:
    """Blocks of a few rows or samples, the last one cut short, with edges inside and outside the padding."""
    axes = len(size)
    case = Case((5, 4, *size), (6, 2, *[3] * axes), (1,) * axes, (2, 0, 1)[:axes], (1,) * axes, 2)
    x, w, b, g = operands(case)
    expected = naive(case, x, w, 0 * b, g)
    for bytes_ in (16, 200, 700):  # for each entry of a tile
        monkeypatch.setattr(winograd, "BYTES", bytes_ * 4**axes)
        made = passes(case, "winograd", tuple(a.astype(np.float64) for a in (x, w, b, g)))
        for name, values in made.items():
            assert (np.rint(values) == expected[name]).all(), (name, bytes_)


@pytest.mark.parametrize("short", [0, 16], ids=["rows innermost", "samples innermost"])
@pytest.mark.parametrize("merged", [1, 8, 64])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_many_tiles(monkeypatch: pytest.MonkeyPatch, merged: int, short: int, case: Case) -> None:
    case = case._replace(x=(5, *case.x[1:]))
    x, w, b, g = operands(case)
    for module, name, value in ((lowered, "BYTES", 1), (lowered, "MERGED", merged), (lowered, "WORK", 1),
                                (lowered, "SHORT", short), (rows, "BYTES", 1), (rows, "MERGED", merged)):
        monkeypatch.setattr(module, name, value)
    able = choice.possible(case.w[2:], Geometry(case.stride, case.padding, case.dilation))
    assume({"rows", "mec"} & set(able))
    expected = naive(case, x, w, 0 * b, g)
    for strategy in {"rows", "mec"} & set(able):
        for name, values in passes(case, strategy, tuple(a.astype(np.float64) for a in (x, w, b, g))).items():
            assert (values == expected[name]).all(), (strategy, name)


def test_every_strategy_is_tested_and_named() -> None:
    assert set(choice.NAMES) == {"direct", "pointwise", "columns", "rows", "mec", "winograd"}


def test_a_strategy_that_cannot_is_refused() -> None:
    x, w = np.ones((1, 2, 5, 5)), np.ones((3, 2, 3, 3))
    able = "direct, mec, winograd"
    with pytest.raises(EngineError, match=f"strategy is 'pointwise'; allowed here: {able}"):
        engine.conv(x, w, strategy="pointwise")
    with pytest.raises(EngineError, match="strategy is 'fast'; allowed here: direct, columns"):
        engine.conv_input_gradient(np.ones((1, 3, 2, 2)), w, 5, stride=2, strategy="fast")
    with pytest.raises(EngineError, match="threads is 0; allowed: an integer of at least 1"):
        engine.conv(x, w, threads=0)


CHOSEN = {
    "one tap": ((4, 4, 1, 1), Geometry((2, 2), (0, 0), (1, 1)), np.float64, "pointwise"),
    "one tap with padding": ((4, 4, 1, 1), Geometry((1, 1), (1, 1), (1, 1)), np.float64, "mec"),
    "three taps, many channels": ((16, 16, 3, 3), Geometry((1, 1), (1, 1), (2, 2)), np.float64, "winograd"),
    "three taps, few channels": ((16, 4, 3, 3), Geometry((1, 1), (1, 1), (1, 1)), np.float64, "mec"),
    "three taps, float32": ((16, 16, 3, 3), Geometry((1, 1), (1, 1), (1, 1)), np.float32, "winograd"),
    "three taps, one axis": ((16, 16, 3), Geometry((1,), (1,), (1,)), np.float32, "winograd"),
    "stride with dilation": ((4, 4, 3, 3), Geometry((2, 1), (1, 1), (2, 1)), np.float64, "direct"),
    "five taps": ((6, 3, 5, 5), Geometry((1, 2), (0, 0), (1, 1)), np.float32, "mec"),
    "five taps in one axis": ((6, 3, 5), Geometry((1,), (0,), (1,)), np.float32, "mec"),
    "integers": ((4, 4, 3, 3), Geometry((1, 1), (1, 1), (1, 1)), np.int64, "direct"),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_the_rule(name: str) -> None:
    shape, geometry, dtype, expected = CHOSEN[name]
    able = choice.preferred(np.ones(shape, dtype), geometry, exact=False)
    assert next(n for n in able if n in choice.FORWARD) == expected


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("name", ["batch", "one sample", "groups"])
def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch, name: str, threads: int) -> None:
    monkeypatch.setattr(parallel, "LEAST", 1)
    case = {"batch": Case((5, 2, 6, 7), (5, 2, 3, 2), (1, 2), (1, 0), (1, 1)),
            "one sample": Case((1, 2, 6, 7), (5, 2, 3, 2), (2, 1), (1, 0), (1, 1)),
            "groups": Case((1, 4, 6, 7), (6, 2, 3, 2), (1, 1), (1, 0), (2, 1), 2)}[name]
    for numbers in ("int64", "float32"):
        values = operands(case, numbers)
        one, many = computed(case, *values), computed(case, *values, threads=threads)
        for key, result in one.items():
            assert (result == many[key]).all()


FORK = """
import os
import numpy as np
from symcnn import engine
x, w = np.ones((2, 64, 64, 64)), np.ones((64, 64, 3, 3))
expected = engine.conv(x, w, threads=2)
child = os.fork()
if child == 0:
    os._exit(0 if (engine.conv(x, w, threads=2) == expected).all() else 1)
assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_threads_after_a_fork() -> None:
    assert parallel.worth(2, 2 * 64**4 * 9, 8) == 2
    subprocess.run([sys.executable, "-c", FORK], check=True, timeout=60)


def test_an_error_in_a_thread_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "LEAST", 1)
    with pytest.raises(EngineError, match="allowed here"):
        engine.conv(np.ones((4, 2, 5)), np.ones((3, 2, 3)), threads=2, strategy="columns")


WORTH = {"much work": (4, 2**30, 4, 4), "work for two": (4, 2**25, 4, 2), "little work": (4, 2**20, 8, 1),
         "no work": (2, 0, 8, 1), "one thread": (1, 2**40, 8, 1)}


@pytest.mark.parametrize("name", WORTH)
def test_threads_that_are_worth_their_start(name: str) -> None:
    threads, products, itemsize, expected = WORTH[name]
    assert parallel.worth(threads, products, itemsize) == expected


PLACES = [(1, 1, 4, 5), (0, 3, 0, 0), (2, 15, 7, 8)]
INFINITE = {"NaN": np.nan, "infinity": np.inf}


@pytest.mark.parametrize("value", INFINITE)
@pytest.mark.parametrize("operand", ["x", "w", "g"])
@pytest.mark.parametrize("taps", [3, 1, 2])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_and_infinity_come_out_where_direct_summation_puts_them(
        value: str, operand: str, taps: int, stride: int, dtype: Any) -> None:
    case = Case((3, 16, 8, 9), (16, 16, taps, taps), (stride,) * 2, (taps // 2,) * 2, (1, 1))
    shapes = {"x": case.x, "w": case.w, "g": case.output}
    rng = np.random.default_rng(1)
    arrays = {name: rng.integers(1, 5, shape).astype(dtype) for name, shape in shapes.items()}
    for place in PLACES:
        arrays[operand][tuple(p % n for p, n in zip(place, shapes[operand], strict=True))] = INFINITE[value]
    b = np.zeros(16, dtype)
    with np.errstate(invalid="ignore"):
        found = computed(case, arrays["x"], arrays["w"], b, arrays["g"])
        expected = computed(case, arrays["x"], arrays["w"], b, arrays["g"], strategy="direct")
    for name, values in expected.items():
        assert np.allclose(found[name], values, rtol=1e-5, equal_nan=True), name


def test_numbers_that_a_transform_would_overflow_take_another_way() -> None:
    x, w = np.full((1, 16, 6, 6), 1e305), np.full((16, 16, 3, 3), 1e-3)
    assert np.isfinite(engine.conv(x, w)).all()
    with np.errstate(over="ignore", invalid="ignore"):
        assert not np.isfinite(engine.conv(1e3 * x, w, strategy="winograd")).all()


BOUNDS = {
    "below 2**53": (2**25, 2**25, np.int64),
    "at 2**53 and one more": (2**26 + 1, 2**26, np.int64),
    "beyond int64": (2**40, 2**40, object),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_integers_are_exact_on_either_side_of_the_bound(name: str) -> None:
    """Sums of odd products that float64 would round, with a bound that is just kept or just not."""
    largest, other, dtype = BOUNDS[name]
    x = np.array([[[largest, 1, largest - 1, 3, largest - 5]]])
    w = np.array([[[other, other - 1]]])
    g = np.array([[[other - 3, 5, other - 1, 7]]])
    case = Case((1, 1, 5), (1, 1, 2), (1,), (0,), (1,))
    expected, found = naive(case, x, w, np.zeros(1, int), g), computed(case, x, w, np.zeros(1, int), g)
    for key in ("y", "dx", "dw"):
        assert found[key].dtype == (dtype if key != "dw" or dtype is object else np.int64), key
        assert (found[key] == expected[key]).all(), key


@given(st.integers(1, 9), st.integers(0, 9), st.integers(1, 4), st.integers(-12, 12))
def test_the_outputs_that_see_an_axis(size: int, outputs: int, stride: int, first: int) -> None:
    reached, entries = seen(size, outputs, stride, first)
    pairs = [(o, stride * o + first) for o in range(outputs) if 0 <= stride * o + first < size]
    assert list(zip(range(outputs)[reached], range(size)[entries], strict=True)) == pairs


TORCH = {
    "strides": Case((2, 3, 9, 8), (4, 3, 3, 2), (2, 1), (1, 0), (1, 1)),
    "dilation": Case((3, 4, 11, 12), (6, 4, 3, 3), (1, 1), (2, 3), (2, 3)),
    "groups": Case((2, 6, 7, 7), (9, 2, 3, 3), (1, 1), (1, 1), (1, 1), 3),
    "winograd": Case((2, 16, 9, 10), (17, 16, 3, 3), (1, 1), (1, 1), (1, 1)),
    "1-D": Case((2, 16, 30), (16, 16, 3), (1,), (1,), (1,)),
    "3-D": Case((2, 3, 5, 6, 7), (4, 3, 2, 3, 3), (1, 2, 1), (1, 1, 0), (1, 1, 2)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", TORCH)
def test_agrees_with_pytorch(name: str, dtype: str) -> None:
    torch = pytest.importorskip("torch")
    case = TORCH[name]
    rng = np.random.default_rng(3)
    x, w, b, g = (rng.standard_normal(s).astype(dtype) for s in (case.x, case.w, case.w[:1], case.output))
    inputs = [torch.from_numpy(a).requires_grad_() for a in (x, w, b)]
    function = getattr(torch.nn.functional, f"conv{len(case.stride)}d")
    y = function(*inputs, case.stride, case.padding, case.dilation, case.groups)
    y.backward(torch.from_numpy(g))
    theirs = {"y": y.detach().numpy(), **dict(zip(("dx", "dw", "db"), (i.grad.numpy() for i in inputs), strict=True))}
    for key, values in computed(case, x, w, b, g).items():
        assert np.allclose(values, theirs[key], rtol=0, atol=(1e-4 if dtype == "float32" else 1e-11)), key


@pytest.mark.parametrize("name", TORCH)
def test_the_error_in_float32_is_at_most_four_times_that_of_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    case = TORCH[name]
    rng = np.random.default_rng(4)
    x, w, g = (rng.standard_normal(s).astype(np.float32) for s in (case.x, case.w, case.output))
    zero = np.zeros(case.w[0], np.float32)
    exact = computed(case, *(a.astype(np.float64) for a in (x, w, zero, g)))
    inputs = [torch.from_numpy(a).requires_grad_() for a in (x, w)]
    function = getattr(torch.nn.functional, f"conv{len(case.stride)}d")
    y = function(*inputs, None, case.stride, case.padding, case.dilation, case.groups)
    y.backward(torch.from_numpy(g))
    theirs = dict(zip(("y", "dx", "dw"), (y.detach().numpy(), *[i.grad.numpy() for i in inputs]), strict=True))
    found = computed(case, x, w, zero, g)
    for key, values in theirs.items():
        ours = np.abs(found[key] - exact[key]).max()
        assert ours <= 4 * np.abs(values - exact[key]).max() + 1e-30, key
