"""One convolution at concrete sizes: A, B, B = Aᵀ, and the kernels that B carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from symcnn.calculus import Gradient, gradient
from symcnn.errors import UsageError, WitnessError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.rules import same_entries
from symcnn.kernel.theorem import Theorem
from symcnn.layers.convolution import INPUTS, convolution, numbered
from symcnn.layers.layer import Layer
from symcnn.matrix import show
from symcnn.matrix.reading import KernelReading, kernels_read_off
from symcnn.matrix.compare import TransposeCheck, check_transpose
from symcnn.matrix.relation import Unrolled
from symcnn.matrix.tabulate import integer, unrolled
from symcnn.notation.expression import expression

PerAxis = int | Sequence[int]
LISTED = 100_000  # nonzeros that are compared one by one
READABLE = 16  # rows or columns of a matrix that a person reads


@dataclass(frozen=True)
class Comparison:
    """A number read off from B, what the formula says, and whether they agree (None: B does not tell)."""

    name: str
    observed: tuple[int | None, ...]
    formula: tuple[int, ...]

    def __str__(self) -> str:
        seen = ", ".join("not determined" if o is None else str(o) for o in self.observed)
        return f"{self.name}: {seen}; by the formula {', '.join(map(str, self.formula))}"

    @property
    def agrees(self) -> bool | None:
        pairs = [(o, f) for o, f in zip(self.observed, self.formula, strict=True) if o is not None]
        if any(o != f for o, f in pairs):
            return False
        return True if len(pairs) == len(self.formula) else None


@dataclass(frozen=True)
class SymbolicCheck:
    """A and B as SymPy matrices, and the equations that SymPy confirmed."""

    a: Any
    b: Any
    compared: tuple[str, ...]


@dataclass(frozen=True)
class Instance:
    """A convolution without batch and bias at given sizes; every number per axis is a tuple.

    `a` maps X (channels, size…) to Z (outputs, positions…), `b` maps ∂J/∂Z to ∂J/∂X and is tabulated from
    the derived gradient. With groups, the channel axes are (groups, channels of a group), which flatten to
    the channel number.
    """

    layer: Layer
    gradient: Gradient
    sizes: Mapping[str, int]
    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    a: Unrolled
    b: Unrolled

    @property
    def dims(self) -> int:
        return len(self.size)

    @property
    def names(self) -> list[str]:
        """w_1^{11}, … by weight id."""
        return show.kernel_names(self.a.weights[0].shape, self.dims)

    @property
    def inputs(self) -> list[str]:
        """x_{11}, … in the order of A's columns: channel, then position."""
        return show.entry_names("x", self._by_channel(self.a.columns))

    @property
    def outputs(self) -> list[str]:
        """y_{11}, … in the order of A's rows."""
        return show.entry_names("y", self._by_channel(self.a.rows))

    def _by_channel(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (prod(shape[:-self.dims]), *shape[-self.dims:])

    @property
    def theorem(self) -> Theorem:
        """For all sizes: Σ_o ∂J/∂Z[o]·∂Z[o]/∂X[q] equals the formula from which B is tabulated."""
        return self.gradient.lines[-1].theorem

    @cached_property
    def transpose_check(self) -> TransposeCheck:
        """B = Aᵀ at these sizes, exactly."""
        return check_transpose(self.a, self.b)

    @cached_property
    def reading(self) -> KernelReading:
        """The kernels, zeros and insertion as they stand in B; nothing but a note where B is too large."""
        try:
            return kernels_read_off(self.b, self.dims)
        except UsageError as error:
            return KernelReading((), None, None, None, (str(error),))

    def comparisons(self) -> tuple[Comparison, ...]:
        """What was read off from B against the formulas of the transposed convolution."""
        every = tuple(zip(self.size, self.kernel, self.stride, self.padding, self.dilation, strict=True))
        blank = (None,) * self.dims
        r = self.reading
        if not r.axes:
            return ()
        return (
            Comparison("zeros between neighbours, s - 1", r.insertion or blank,
                       tuple(s - 1 for s in self.stride)),
            Comparison("zeros in front, d(K - 1) - p", r.front or blank,
                       tuple(d * (k - 1) - p for _, k, _, p, d in every)),
            Comparison("further zeros behind, r = (H + 2p - d(K - 1) - 1) mod s", r.further or blank,
                       tuple((h + 2 * p - d * (k - 1) - 1) % s for h, k, s, p, d in every)),
            Comparison("distance of taps, d", r.spacing or blank, self.dilation))

    def kernel_lines(self) -> list[str]:
        """The kernels that were read off, one line for each input channel, as names."""
        if self.reading.kernels is None:
            return list(self.reading.notes)
        names = [*map(show.plain, self.names), "0"]  # an id of -1 takes the last one

        def nested(ids: Any) -> str:
            return names[ids] if not hasattr(ids, "__len__") else "[" + " ".join(map(nested, ids)) + "]"

        return [f"input channel {n + 1}: {' '.join(nested(k) for k in kernels)}"
                for n, kernels in enumerate(self.reading.kernels)]

    @property
    def small(self) -> bool:
        """Whether the matrices are small enough to read on a page."""
        rows, columns = self.a.shape
        return max(rows, columns) <= READABLE

    def latex(self, name: str) -> str:
        """"A" or "B" as a matrix with named entries, or its summary where it is too large to read."""
        matrix = {"A": self.a, "B": self.b}[name]
        return f"{name} = " + (show.latex(matrix, self.names) if self.small else rf"\text{{{matrix.summary}}}")

    def latex_kernels(self) -> str:
        """The kernels that were read off: for every input channel a matrix, output channel by tap."""
        kernels = self.reading.kernels
        if kernels is None:
            return rf"\text{{not determined: {'; '.join(self.reading.notes)}}}"
        if kernels.size > READABLE ** 2:
            return rf"\text{{{kernels.shape[0]} kernels of {kernels[0].size} weights}}"
        names = [*self.names, "0"]  # an id of -1 takes the last one
        shown = []
        for n, of_channel in enumerate(kernels, start=1):
            rows = of_channel.reshape(-1, of_channel.shape[-1])
            body = r" \\ ".join(" & ".join(names[w] for w in row) for row in rows)
            shown.append(rf"i = {n}:\ \begin{{bmatrix}} {body} \end{{bmatrix}}")
        return r" \qquad ".join(shown)

    def transpose_theorem(self) -> Theorem:
        """B = Aᵀ at these sizes, entry by entry; UsageError above LISTED nonzeros, StepError where it fails."""
        if self.a.nonzeros > LISTED:
            raise UsageError(f"{self.a.nonzeros} nonzeros are too many to list; allowed: {LISTED}")
        a, b = self.a.triples(), self.b.transpose().triples()
        return same_entries("B", zip(*b, strict=True), "Aᵀ", zip(*a, strict=True))

    def flipped_theorem(self) -> Theorem | None:
        """The kernels read off from B are the forward kernels, flipped; None where B does not determine them."""
        kernels = self.reading.kernels
        if kernels is None or self.reading.flipped is None or self.sizes.get("G", 1) > 1:
            return None
        forward = np.arange(kernels.size).reshape(self.a.weights[0].shape)
        flipped = np.flip(forward, tuple(range(2, forward.ndim))).swapaxes(0, 1)
        return same_entries("the kernels read off from B", _entries(kernels), "the flipped kernels", _entries(flipped))

    def compared(self) -> list[tuple[str, Theorem]]:
        """Every number that B determines, with the theorem that it is what the formula says."""
        return [(f"{c.name}, axis {place}", equal(Claim(expression(o), expression(f))))
                for c in self.comparisons() for place, (o, f) in enumerate(zip(c.observed, c.formula, strict=True), 1)
                if o is not None]

    def symbolic_check(self) -> SymbolicCheck:
        """A and B against SymPy's own Jacobians of the written-out formulas, and B == A.T in SymPy.

        WitnessError if one of them fails; UsageError if the matrices are too large.
        """
        a, b = show.to_sympy(self.a, self.names), show.to_sympy(self.b, self.names)
        of_z = show.sympy_jacobian(self.layer.definition, "X", self.sizes, self.a, self.names)
        of_x = show.sympy_jacobian(self.gradient.definition, "∂J/∂Z", self.sizes, self.b, self.names)
        claims = (("A == Matrix(Z).jacobian(X)", a, of_z),
                  ("B == Matrix(∂J/∂X).jacobian(∂J/∂Z)", b, of_x),
                  ("B == A.T", b, a.T))
        for claim, left, right in claims:
            if left != right:
                place = next((r, c) for r in range(left.rows) for c in range(left.cols)
                             if left[r, c] != right[r, c])
                raise WitnessError(f"{claim} fails in row {place[0] + 1}, column {place[1] + 1}\n"
                                   f"  left:  {left[place]}\n  right: {right[place]}")
        return SymbolicCheck(a, b, tuple(c for c, _, _ in claims))


def _entries(table: Any) -> list[tuple[int, ...]]:
    """(index…, value) for every entry of an array."""
    return [(*at, int(value)) for at, value in np.ndenumerate(table)]


def instance(size: PerAxis, kernel: PerAxis, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
             channels: int = 1, outputs: int = 1, groups: int = 1, dims: int = 1) -> Instance:
    """A convolution with everything derived: `instance(4, 3, channels=2, outputs=2)` is the sets' example.

    Numbers per axis are one integer or one for each of the `dims` axes. UsageError for anything that is no
    valid convolution.
    """
    dims = integer("dims", dims, 1)
    if dims > 3:
        raise UsageError(f"dims is {dims}; convolutions have 1, 2 or 3 dimensions")
    h, k, s = (_per_axis(name, v, dims, 1) for name, v in
               (("size", size), ("kernel", kernel), ("stride", stride)))
    p, d = _per_axis("padding", padding, dims, 0), _per_axis("dilation", dilation, dims, 1)
    channels, outputs = integer("channels", channels, 1), integer("outputs", outputs, 1)
    groups = integer("groups", groups, 1)
    for name, value in (("channels", channels), ("outputs", outputs)):
        if value % groups:
            raise UsageError(f"groups is {groups}, which does not divide {name}: {value}")
    for a in range(dims):
        span, padded = d[a] * (k[a] - 1) + 1, h[a] + 2 * p[a]
        if span > padded:
            raise UsageError(f"the kernel is larger than the padded input: it spans {span} entries with "
                             f"kernel {k[a]} and dilation {d[a]}; allowed: at most {padded} (size {h[a]}, "
                             f"padding {p[a]})")
    layer = convolution(dims, groups=groups > 1, batch=False, bias=False)
    sizes = {"C": channels // groups, "M": outputs // groups} | ({"G": groups} if groups > 1 else {})
    for stem, values in (("H", h), ("K", k), ("s", s), ("p", p), ("d", d)):
        sizes |= dict(zip(numbered(stem, dims), values, strict=True))
    derived = gradient(layer, "X", [*(["g"] if groups > 1 else []), "n", *INPUTS[:dims]])
    return Instance(layer, derived, sizes, h, k, s, p, d, unrolled(layer.definition, "X", sizes),
                    unrolled(derived.definition, "∂J/∂Z", sizes))


def _per_axis(name: str, value: object, dims: int, least: int) -> tuple[int, ...]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != dims:
            raise UsageError(f"{name} has {len(value)} numbers; allowed: one, or one for each of {dims} axes")
        return tuple(integer(name, v, least) for v in value)
    return (integer(name, value, least),) * dims
