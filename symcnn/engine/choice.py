"""Which strategy computes a convolution, by a rule of a few lines.

========== ============================================== ==========================================
strategy   can compute                                    is taken for
========== ============================================== ==========================================
pointwise  kernels of one tap without padding             all of them
winograd   kernels of 3 taps, stride 1                    floating point with 16 channels
columns    every input gradient of a finite kernel        input gradients with a stride
rows       input gradients, stride 1, a finite kernel     kernels of more than 3 rows
mec        all but stride with dilation on the first axis all other floating point
direct     everything                                     exact numbers, and what is left
========== ============================================== ==========================================

Numbers of channels (in and out) mean at least so many.  Dilation with stride 1 is taken apart by
``polyphase`` first.  Integers whose sums stay below 2**53 are computed in float64 and are exact there,
but not by winograd, which also wants finite numbers of moderate size.  An input gradient by mec or
winograd is their forward convolution with the flipped kernel; like columns and rows it pads the output
gradient with zeros, so where the kernel is not finite, direct is taken, which pads nothing.
"""

from __future__ import annotations

import numpy as np

from . import columns, direct, mec, pointwise, polyphase, rows, winograd
from .errors import Array, Axes, EngineError
from .geometry import Geometry, flipped

FORWARD = {"direct": direct.forward, "pointwise": pointwise.forward, "mec": mec.forward,
           "winograd": winograd.forward}
INPUT_GRADIENT = {"direct": direct.input_gradient, "pointwise": pointwise.input_gradient,
                  "columns": columns.input_gradient, "rows": rows.input_gradient}
WEIGHT_GRADIENT = {"direct": direct.weight_gradient, "pointwise": pointwise.weight_gradient,
                   "mec": mec.weight_gradient, "winograd": winograd.weight_gradient}
FLIPPED = ("mec", "winograd")  # their input gradient is their forward with the flipped kernel
UNPADDED = ("direct", "pointwise")  # their input gradient multiplies no zeros beside the output gradient
MIXING = ("winograd",)  # adds neighbouring entries
NAMES = ("direct", "pointwise", "columns", "rows", "mec", "winograd")

FEW = 16  # channels, for which the transforms are not worth their time
TALL = 4  # rows of a kernel, from which on the zeros above and below are worth to be left out

MODERATE = {4: 1e12, 8: 1e100}
"""Entries below this, by bytes, keep every intermediate number of a transform far from overflow."""


def forward(x: Array, w: Array, geometry: Geometry, out: Array, strategy: str | None = None,
            exact: bool = False) -> None:
    """Write the convolution of x with w to ``out``."""
    name = _checked(strategy, [n for n in possible(w.shape[2:], geometry) if n in FORWARD]) or next(
        n for n in preferred(w, geometry, exact) if n in FORWARD and (
            n not in MIXING or moderate(x) and moderate(w)))
    axes = _phases(name, geometry)
    if not x.size:
        out[...] = 0
    elif axes:
        polyphase.forward(FORWARD[name], x, w, geometry, out, axes)
    else:
        FORWARD[name](x, w, geometry, out)


def input_gradient(gradient: Array, w: Array, geometry: Geometry, out: Array, strategy: str | None = None,
                   exact: bool = False) -> None:
    """Write the adjoint of the convolution, applied to the output gradient, to ``out``."""
    plain = all(s == 1 for s in geometry.strides)
    able = [n for n in possible(w.shape[2:], geometry) if n in INPUT_GRADIENT or plain and n in FLIPPED]
    name = _checked(strategy, able) or next(n for n in preferred(w, geometry, exact) if n in able and (
        n in UNPADDED or np.isfinite(w).all() and (n not in MIXING or moderate(gradient) and moderate(w))))
    if not gradient.size:
        out[...] = 0
    elif name in FLIPPED:
        forward(gradient, flipped(w, geometry.groups), geometry.adjoint(w.shape[2:]), out, name)
    else:
        INPUT_GRADIENT[name](gradient, w, geometry, out)


def weight_gradient(gradient: Array, x: Array, geometry: Geometry, out: Array, strategy: str | None = None,
                    exact: bool = False) -> None:
    """Write the gradient with respect to the kernel to ``out``."""
    able = [n for n in possible(out.shape[2:], geometry) if n in WEIGHT_GRADIENT]
    name = _checked(strategy, able) or next(
        n for n in preferred(out, geometry, exact) if n in able and (
            n not in MIXING or moderate(x) and moderate(gradient)))
    axes = _phases(name, geometry)
    if not x.size:
        out[...] = 0
    elif axes:
        polyphase.weight_gradient(WEIGHT_GRADIENT[name], gradient, x, geometry, out, axes)
    else:
        WEIGHT_GRADIENT[name](gradient, x, geometry, out)


def possible(kernel: Axes, geometry: Geometry) -> list[str]:
    """The strategies that compute this geometry, for one pass at least."""
    threes = set(kernel) == {3} and set(geometry.strides) == {1}
    either = geometry.strides[0] == 1 or geometry.dilations[0] == 1
    able = {
        "direct": True,
        "columns": True,
        "pointwise": set(kernel) == {1} and not any(geometry.paddings),
        "mec": len(kernel) == 1 or either,
        "rows": set(geometry.strides) == {1},
        "winograd": threes,
    }
    return [name for name in NAMES if able[name]]


def preferred(w: Array, geometry: Geometry, exact: bool) -> list[str]:
    """The possible strategies for these weights, best first."""
    if w.dtype.kind != "f":
        return ["direct"]
    few = min(w.shape[0] // geometry.groups, w.shape[1]) < FEW
    transform = [] if exact or few else ["winograd"]
    strided = ["columns"] if any(s > 1 for s in geometry.strides) else []
    tall = ["rows"] if w.ndim > 3 and w.shape[2] >= TALL else []
    able = possible(w.shape[2:], geometry)
    return [name for name in ["pointwise", *transform, *strided, *tall, "mec", "columns", "direct"] if name in able]


def moderate(array: Array) -> bool:
    """Whether all entries are finite, and so small that no transform overflows."""
    limit = MODERATE.get(array.dtype.itemsize, 1.0)
    return bool(-limit < array.min(initial=0.0) and array.max(initial=0.0) < limit)


def _phases(name: str, geometry: Geometry) -> int:
    """How many of the first axes are to be cut into phases of their dilation."""
    if name in MIXING and max(geometry.dilations) > 1:
        return len(geometry.dilations)
    return int(name == "mec" and len(geometry.dilations) > 1 and geometry.dilations[0] > 1)


def _checked(strategy: str | None, able: list[str]) -> str | None:
    if strategy is not None and strategy not in able:
        raise EngineError(f"strategy is {strategy!r}; allowed here: {', '.join(able)}")
    return strategy
