"""Pooling, batch normalization, dense layers and activations against PyTorch: forward, then with all gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from symcnn import engine

from .engine import Array, agree
from .machine import installed
from .row import Row
from .timing import interleaved

Compute = Callable[[], list[Array]]
EPSILON = 1e-5


class Layer(NamedTuple):
    """A layer of x and its parameters; the gradients are those of all of these, given the output gradient first."""

    name: str
    shapes: tuple[tuple[int, ...], ...]
    forward: Callable[..., Array]
    gradients: Callable[..., tuple[Array, ...]]
    torch: Callable[..., Any]


def _layers() -> list[Layer]:
    from torch.nn import functional

    images, wide = ((8, 64, 56, 56),), ((8, 64, 112, 112),)
    return [
        Layer("max pooling 3×3/2 with padding 1, 64 at 112, N=8", wide,
              lambda x: engine.max_pool(x, 3, stride=2, padding=1),
              lambda g, x: (engine.max_pool_gradient(g, x, 3, stride=2, padding=1),),
              lambda x: functional.max_pool2d(x, 3, 2, 1)),
        Layer("max pooling 2×2, 64 at 56, N=8", images, lambda x: engine.max_pool(x, 2),
              lambda g, x: (engine.max_pool_gradient(g, x, 2),), lambda x: functional.max_pool2d(x, 2)),
        Layer("average pooling 2×2, 64 at 56, N=8", images, lambda x: engine.average_pool(x, 2),
              lambda g, x: (engine.average_pool_gradient(g, x.shape[2:], 2),), lambda x: functional.avg_pool2d(x, 2)),
        Layer("batch normalization, 64 at 56, N=8", (*images, (64,), (64,)),
              lambda x, gamma, beta: engine.batch_norm(x, gamma, beta, EPSILON),
              lambda g, x, gamma, beta: engine.batch_norm_gradient(g, x, gamma, EPSILON),
              lambda x, gamma, beta: functional.batch_norm(x, None, None, gamma, beta, True, 0.0, EPSILON)),
        Layer("dense 1024 → 512, N=256", ((256, 1024), (512, 1024), (512,)), engine.dense,
              lambda g, x, w, b: (engine.dense_input_gradient(g, w), engine.dense_weight_gradient(g, x),
                                  engine.dense_bias_gradient(g)), functional.linear),
        Layer("ReLU, 64 at 56, N=8", images, engine.relu, lambda g, x: (engine.relu_gradient(g, x),), functional.relu),
        Layer("tanh, 64 at 56, N=8", images, engine.tanh, lambda g, x: (engine.tanh_gradient(g, x),), functional.tanh),
        Layer("sigmoid, 64 at 56, N=8", images, engine.sigmoid, lambda g, x: (engine.sigmoid_gradient(g, x),),
              functional.sigmoid),
    ]


def rows(repeats: int) -> Iterator[Row]:
    """Each layer in both dtypes on one thread; the results are compared before anything is timed."""
    import torch

    torch.set_num_threads(1)
    for layer in _layers():
        for dtype in ("float64", "float32"):
            for name, ours, theirs in _passes(layer, dtype):
                for mine, other in zip(ours(), theirs(), strict=True):
                    agree(mine, other, dtype, f"{layer.name}, {name}")
                pair = interleaved(ours, theirs, repeats)
                yield Row("layers", layer.name, name, dtype, 1, pair.ours, "torch", installed("torch"), pair.theirs,
                          None, pair.spread)


def _passes(layer: Layer, dtype: str) -> list[tuple[str, Compute, Compute]]:
    """The forward pass alone, and with all gradients: PyTorch keeps then what ours finds anew."""
    import torch

    rng = np.random.default_rng(0)
    of = [rng.standard_normal(shape).astype(dtype) for shape in layer.shapes]
    tensors = [torch.from_numpy(a) for a in of]
    leaves = [t.clone().requires_grad_() for t in tensors]
    g = rng.standard_normal(layer.forward(*of).shape).astype(dtype)
    slopes = torch.from_numpy(g)

    def forward() -> list[Array]:
        with torch.no_grad():
            return [layer.torch(*tensors).numpy()]

    def with_gradients() -> list[Array]:
        made = layer.torch(*leaves)
        return [t.detach().numpy() for t in (made, *torch.autograd.grad(made, leaves, slopes))]

    return [("forward", lambda: [layer.forward(*of)], forward),
            ("with gradients", lambda: [layer.forward(*of), *layer.gradients(g, *of)], with_gradients)]
