"""Dilation without holes: outputs that lie d apart read inputs that lie d apart.

With stride 1, the outputs o = d q + r of one phase r see a plain convolution of the inputs of one
phase.  The phases are views, so nothing is copied, and any strategy computes them.
Source: Holschneider et al. 1990, "A Real-Time Algorithm for Signal Analysis with the Help of the
Wavelet Transform" (algorithme à trous).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from .errors import Array, Axes
from .geometry import Geometry, space

Pass = Callable[[Array, Array, Geometry, Array], None]


def forward(compute: Pass, x: Array, w: Array, geometry: Geometry, out: Array, axes: int) -> None:
    """A forward convolution whose first ``axes`` spatial axes are cut into phases for ``compute``."""
    for written, read, within in phases(geometry, out.shape[2:], axes):
        if out[written].size and x[read].size:
            compute(x[read], w, within, out[written])
        else:
            out[written] = 0


def weight_gradient(compute: Pass, gradient: Array, x: Array, geometry: Geometry, out: Array, axes: int) -> None:
    """The sum over the phases of the weight gradients that ``compute`` finds."""
    out[...] = 0
    part = np.empty_like(out)
    for written, read, within in phases(geometry, gradient.shape[2:], axes):
        if gradient[written].size and x[read].size:
            compute(gradient[written], x[read], within, part)
            out += part


def phases(geometry: Geometry, outputs: Axes, axes: int) -> Iterator[tuple[Any, Any, Geometry]]:
    """The outputs of each phase, the inputs they read, and the geometry between these."""
    for phase in product(*[range(d) for d in geometry.dilations[:axes]]):
        cut = list(zip(phase, geometry.dilations, geometry.paddings, strict=False))
        first = [(r - p) % d for r, d, p in cut]
        rest = [slice(None)] * (len(outputs) - axes)
        yield (space([*[slice(r, None, d) for r, d, _ in cut], *rest]),
               space([*[slice(a, None, d) for a, (_, d, _) in zip(first, cut, strict=True)], *rest]),
               replace(geometry, dilations=(*[1] * axes, *geometry.dilations[axes:]),
                       paddings=(*[(a + p - r) // d for a, (r, d, p) in zip(first, cut, strict=True)],
                                 *geometry.paddings[axes:])))
