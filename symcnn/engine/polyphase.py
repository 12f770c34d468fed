"""Dilation without holes: outputs that lie d apart read inputs that lie d apart.

With stride 1, the outputs o = d q + r of one phase r see a plain convolution of the inputs of one
phase.  The phases of all axes are laid side by side as more samples, with their padding, so that one
plain convolution by any strategy computes them all.
Source: Holschneider et al. 1990, "A Real-Time Algorithm for Signal Analysis with the Help of the
Wavelet Transform" (algorithme à trous).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np

from .errors import Array, Axes
from .geometry import Geometry, seen, space

Pass = Callable[[Array, Array, Geometry, Array], None]


def forward(compute: Pass, x: Array, w: Array, geometry: Geometry, out: Array, axes: int) -> None:
    """A forward convolution whose first ``axes`` spatial axes are cut into phases for ``compute``."""
    phases = Phases(geometry, w.shape[2:], out.shape[2:], axes)
    made = np.empty((phases.count * len(x), out.shape[1], *phases.outputs), out.dtype)
    compute(phases.of_input(x), w, phases.plain, made)
    for phase, part in zip(phases.all, np.split(made, phases.count), strict=True):
        place = out[phases.outputs_of(phase)]
        place[...] = part[space(slice(n) for n in place.shape[2:])]


def weight_gradient(compute: Pass, gradient: Array, x: Array, geometry: Geometry, out: Array, axes: int) -> None:
    """The weight gradient, which sums over samples and so over the phases."""
    phases = Phases(geometry, out.shape[2:], gradient.shape[2:], axes)
    given = np.zeros((phases.count, *gradient.shape[:2], *phases.outputs), gradient.dtype)
    for phase, part in zip(phases.all, given, strict=True):
        slopes = gradient[phases.outputs_of(phase)]
        part[space(slice(n) for n in slopes.shape[2:])] = slopes
    compute(given.reshape(-1, *given.shape[2:]), phases.of_input(x), phases.plain, out)


class Phases:
    """The phases of the first axes: their outputs, their inputs and the geometry between these."""

    def __init__(self, geometry: Geometry, kernel: Axes, outputs: Axes, axes: int) -> None:
        self.dilations, self.paddings = geometry.dilations[:axes], geometry.paddings[:axes]
        cut = [-(-o // d) for o, d in zip(outputs, self.dilations, strict=False)]
        self.all = list(product(*[range(d) for d in self.dilations]))
        self.count, self.outputs = len(self.all), (*cut, *outputs[axes:])
        self.read = [o + k - 1 for o, k in zip(cut, kernel, strict=False)]
        self.plain = replace(geometry, dilations=(*[1] * axes, *geometry.dilations[axes:]),
                             paddings=(*[0] * axes, *geometry.paddings[axes:]))

    def outputs_of(self, phase: Axes) -> tuple[slice, ...]:
        """The outputs of a phase, with all samples and channels."""
        return (slice(None), slice(None), *[slice(r, None, d) for r, d in zip(phase, self.dilations, strict=True)])

    def of_input(self, x: Array) -> Array:
        """(phases x samples, channels, inputs of a phase...), the padding written out."""
        whole = x.shape[2 + len(self.read):]
        made = np.zeros((self.count, *x.shape[:2], *self.read, *whole), x.dtype)
        for phase, part in zip(self.all, made, strict=True):
            pairs = [seen(h, n, d, r - p) for h, n, d, r, p in zip(
                x.shape[2:], self.read, self.dilations, phase, self.paddings, strict=False)]
            rest = [slice(None)] * len(whole)
            part[space([*[o for o, _ in pairs], *rest])] = x[space([*[i for _, i in pairs], *rest])]
        return made.reshape(-1, *made.shape[2:])
