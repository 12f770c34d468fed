"""The engine against PyTorch, JAX and SciPy: ten shapes, three passes, two dtypes, one and two threads."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from math import exp, log
from typing import Any, NamedTuple

import numpy as np

from symcnn import engine

from .machine import installed
from .row import Row
from .timing import interleaved

Array = Any


class Shape(NamedTuple):
    """A convolution to measure: (N, C, size…), (M, C / groups, kernel…), and its geometry."""

    name: str
    x: tuple[int, ...]
    w: tuple[int, ...]
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1

    @property
    def geometry(self) -> dict[str, int]:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": self.groups}


SHAPES = [
    Shape("ResNet conv1 7×7/2, 224, N=1", (1, 3, 224, 224), (64, 3, 7, 7), 2, 3),
    Shape("ResNet conv1 7×7/2, 224, N=8", (8, 3, 224, 224), (64, 3, 7, 7), 2, 3),
    Shape("3×3 64→64 at 56, N=8", (8, 64, 56, 56), (64, 64, 3, 3), 1, 1),
    Shape("3×3 256→256 at 14, N=8", (8, 256, 14, 14), (256, 256, 3, 3), 1, 1),
    Shape("1×1 256→512 at 28, N=8", (8, 256, 28, 28), (512, 256, 1, 1)),
    Shape("5×5 3→6 at 32, N=256", (256, 3, 32, 32), (6, 3, 5, 5)),
    Shape("5×5 6→16 at 14, N=256", (256, 6, 14, 14), (16, 6, 5, 5)),
    Shape("3×3 dilation 2, 64→64 at 56, N=8", (8, 64, 56, 56), (64, 64, 3, 3), 1, 2, 2),
    Shape("depthwise 3×3, 128 channels at 28, N=8", (8, 128, 28, 28), (128, 1, 3, 3), 1, 1, 1, 128),
    Shape("1-D K=3, 64→64, 4096, N=8", (8, 64, 4096), (64, 64, 3), 1, 1),
]
PASSES = ("forward", "input gradient", "weight gradient")
GOALS = {("float64", 1): 0.75, ("float64", 2): 0.75, ("float32", 1): 1.3, ("float32", 2): 1.35}
CELL = 2.0
TOLERANCE = {"float32": 3e-5, "float64": 1e-12}


class Operands(NamedTuple):
    x: Array
    w: Array
    g: Array


def operands(shape: Shape, dtype: str) -> Operands:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal(shape.x), rng.standard_normal(shape.w)
    sizes = [engine.output_size(h, k, shape.stride, shape.padding, shape.dilation)
             for h, k in zip(shape.x[2:], shape.w[2:], strict=True)]
    g = rng.standard_normal((shape.x[0], shape.w[0], *sizes))
    return Operands(*[a.astype(dtype) for a in (x, w, g)])


def by_us(shape: Shape, of: Operands, threads: int) -> list[Callable[[], Array]]:
    how: dict[str, Any] = {**shape.geometry, "threads": threads}
    return [lambda: engine.conv(of.x, of.w, **how),
            lambda: engine.conv_input_gradient(of.g, of.w, shape.x[2:], **how),
            lambda: engine.conv_weight_gradient(of.g, of.x, shape.w[2:], **how)]


def by_torch(shape: Shape, of: Operands, threads: int) -> list[Callable[[], Array]]:
    """PyTorch's passes, each on its own."""
    import torch

    torch.set_num_threads(threads)
    x, w, g = (torch.from_numpy(a) for a in of)
    axes = len(shape.x) - 2
    stride, padding, dilation = ([n] * axes for n in (shape.stride, shape.padding, shape.dilation))
    forward = getattr(torch.nn.functional, f"conv{axes}d")

    def gradient(which: int) -> Callable[[], Array]:
        mask = [which == 0, which == 1, False]
        return lambda: torch.ops.aten.convolution_backward(
            g, x, w, None, stride, padding, dilation, False, [0] * axes, shape.groups, mask)[which].numpy()

    def run() -> Array:
        with torch.no_grad():
            return forward(x, w, None, stride, padding, dilation, shape.groups).numpy()

    return [run, gradient(0), gradient(1)]


def against_torch(dtype: str, threads: int, repeats: int) -> Iterator[Row]:
    """Ten shapes, three passes; the results are compared before anything is timed."""
    version = installed("torch")
    for shape in SHAPES:
        of = operands(shape, dtype)
        for name, ours, theirs in zip(PASSES, by_us(shape, of, threads), by_torch(shape, of, threads), strict=True):
            agree(ours(), theirs(), dtype, f"{shape.name}, {name}")
            pair = interleaved(ours, theirs, repeats)
            bounded = not (shape.groups > 1 and dtype == "float32")
            yield Row("engine", shape.name, name, dtype, threads, pair.ours, "torch", version, pair.theirs,
                      CELL if bounded else None, pair.spread)


def means(rows: list[Row]) -> Iterator[Row]:
    """Geometric means over shapes and passes, each against its goal."""
    for (dtype, threads), goal in GOALS.items():
        mine = [r for r in rows if r.section == "engine" and r.peer == "torch"
                and (r.dtype, r.threads) == (dtype, threads)]
        for title, chosen, limit in (("geometric mean", mine, goal), (
                "geometric mean without depthwise", [r for r in mine if "depthwise" not in r.case],
                1.1 if (dtype, threads) == ("float32", 1) else None)):
            if chosen:
                mean = exp(sum(log(r.ratio or 1.0) for r in chosen) / len(chosen))
                yield Row("means", title, "all", dtype, threads, mean, "torch", chosen[0].peer_version, 1.0, limit)


def against_jax(dtype: str, repeats: int) -> Iterator[Row]:
    """Forward passes beside XLA's; the processors of this process are what both may use."""
    import jax

    jax.config.update("jax_enable_x64", True)
    for shape in SHAPES:
        of, axes = operands(shape, dtype), len(shape.x) - 2

        def theirs(x: Array, w: Array, shape: Shape = shape, axes: int = axes) -> Array:
            return jax.lax.conv_general_dilated(
                x, w, [shape.stride] * axes, [(shape.padding,) * 2] * axes, rhs_dilation=[shape.dilation] * axes,
                feature_group_count=shape.groups)

        compiled, x, w = jax.jit(theirs), jax.numpy.asarray(of.x), jax.numpy.asarray(of.w)
        ours = by_us(shape, of, 1)[0]
        agree(ours(), np.asarray(compiled(x, w)), dtype, shape.name)
        pair = interleaved(ours, lambda c=compiled, x=x, w=w: c(x, w).block_until_ready(), repeats)
        yield Row("engine", shape.name, "forward", dtype, 1, pair.ours, "jax", installed("jax"), pair.theirs, None,
                  pair.spread)


def against_scipy(repeats: int) -> Iterator[Row]:
    """One channel, for which SciPy has two functions."""
    from scipy import ndimage, signal

    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((512, 512)), rng.standard_normal((7, 7))
    peers: dict[str, Callable[[], Array]] = {
        "scipy.signal.correlate2d": lambda: signal.correlate2d(x, w, mode="valid"),
        "scipy.ndimage.correlate": lambda: ndimage.correlate(x, w, mode="constant")[3:-3, 3:-3],
        "scipy.signal.oaconvolve": lambda: signal.oaconvolve(x, w[::-1, ::-1], mode="valid"),
    }
    for name, theirs in peers.items():
        def ours() -> Array:
            return engine.conv(x[None, None], w[None, None])[0, 0]

        agree(ours(), theirs(), "float64", name)
        pair = interleaved(ours, theirs, repeats)
        yield Row("engine", "7×7 on one channel of 512×512", "forward", "float64", 1, pair.ours, name,
                  installed("scipy"), pair.theirs, None, pair.spread)


def accuracy() -> Iterator[Row]:
    """Largest errors in float32, ours and PyTorch's, both against float64."""
    for shape in SHAPES:
        of = operands(shape, "float32")
        exact = by_us(shape, Operands(*[a.astype(np.float64) for a in of]), 1)
        for name, true, ours, theirs in zip(PASSES, exact, by_us(shape, of, 1), by_torch(shape, of, 1), strict=True):
            right = true()
            mine, other = (float(np.abs(found() - right).max() / np.abs(right).max()) for found in (ours, theirs))
            yield Row("accuracy (largest error ÷ largest entry)", shape.name, name, "float32", 1, mine, "torch",
                      installed("torch"), other, 4.0)


def memory() -> Iterator[Row]:
    """Bytes that a default forward pass needs beside its output, against the bytes of the output."""
    for shape in SHAPES:
        of = operands(shape, "float32")
        tracemalloc.start()
        size = by_us(shape, of, 1)[0]().nbytes
        extra = tracemalloc.get_traced_memory()[1] - size
        tracemalloc.stop()
        yield Row("memory (bytes)", shape.name, "forward", "float32", 1, float(extra), "output", None, float(size),
                  1.5 if shape.name.endswith("224, N=8") else None)


def integers(repeats: int) -> Iterator[Row]:
    """An exact product: float64 under a proved bound, beside NumPy's own int64."""
    rng = np.random.default_rng(0)
    x, w = rng.integers(-99, 100, (1, 256, 24, 24)), rng.integers(-99, 100, (256, 256, 1, 1))
    flat = x.reshape(256, -1)

    def ours() -> Array:
        return engine.conv(x, w)

    def theirs() -> Array:
        return w[:, :, 0, 0] @ flat

    if not np.array_equal(ours().reshape(256, -1), theirs()):
        raise AssertionError("the exact product disagrees with NumPy's")
    pair = interleaved(ours, theirs, repeats)
    yield Row("exact integers", "256×256 by 256×576", "forward", "int64", 1, pair.ours, "numpy", np.__version__,
              pair.theirs, None, pair.spread)


def agree(ours: Array, theirs: Array, dtype: str, case: str) -> None:
    """Raise AssertionError where results differ by more than rounding in this dtype explains."""
    off = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    if not off <= TOLERANCE[dtype]:
        raise AssertionError(f"{case}, {dtype}: differs from the peer by {off:.1e} of the largest entry")
