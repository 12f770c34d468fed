"""Times against size, with the exponent of the power law that fits best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log

from symcnn.matrix import instance

from . import symbolic, unrolled
from .engine import Shape, by_torch, by_us, operands
from .row import Row
from .timing import interleaved, median


@dataclass(frozen=True)
class Curve:
    """Seconds at some sizes, ours and a peer's; the peer may be absent."""

    name: str
    unit: str
    sizes: Sequence[int]
    ours: Sequence[float]
    theirs: Sequence[float]
    peer: str

    @property
    def exponents(self) -> tuple[float, float | None]:
        """The slopes in a plot with two logarithmic axes."""
        return slope(self.sizes, self.ours), slope(self.sizes, self.theirs) if self.theirs else None

    def rows(self) -> Iterator[Row]:
        ours, theirs = self.exponents
        fitted = f"grows as size^{ours:.2f}" + (f", {self.peer} as size^{theirs:.2f}" if theirs is not None else "")
        for n, size in enumerate(self.sizes):
            yield Row("growth", f"{self.name}, {self.unit} {size} ({fitted})", "", "", 1, self.ours[n],
                      self.peer or None, None, self.theirs[n] if self.theirs else None)


def slope(sizes: Sequence[int], times: Sequence[float]) -> float:
    """Least squares through (log size, log time)."""
    xs, ys = [log(s) for s in sizes], [log(t) for t in times]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def curves(repeats: int) -> Iterator[Curve]:
    """The engine, the unrolled matrix, the proofs, the identities and the checker."""
    yield _pairs("forward 3×3, 32→32, float32", "side", (14, 28, 56, 112), _forward, repeats, "torch")
    yield _listed((28, 56, 112, 224), max(3, repeats // 5))
    yield _pairs("square of a sum, multiplied out", "terms", (2, 4, 8, 16), symbolic.expansion, repeats,
                 "sympy.simplify")
    dims = (1, 2, 3)
    yield Curve("the adjoint proved for all sizes", "axes", dims,
                [median(symbolic.adjoint(d), repeats) for d in dims], (), "")
    times = (1, 2, 4, 8)
    yield Curve("a document checked", "parts", times,
                [median(symbolic.repeated_document(n), max(2, repeats // 3)) for n in times], (), "")


def _listed(sides: Sequence[int], repeats: int) -> Curve:
    """All entries of the unrolled matrix of ResNet's first layer, and the same arrays filled."""
    pairs = [unrolled.against_fill(instance(**unrolled.first_layer(side)), "A", repeats) for side in sides]
    return Curve("entries of the unrolled matrix", "side", sides, [p.ours for p in pairs], [p.theirs for p in pairs],
                 "np.full")


def _forward(side: int) -> tuple[Callable[[], object], Callable[[], object]]:
    shape = Shape(f"side {side}", (4, 32, side, side), (32, 32, 3, 3), 1, 1)
    of = operands(shape, "float32")
    return by_us(shape, of, 1)[0], by_torch(shape, of, 1)[0]


def _pairs(name: str, unit: str, sizes: Sequence[int],
           made: Callable[[int], tuple[Callable[[], object], Callable[[], object]]], repeats: int, peer: str) -> Curve:
    pairs = [interleaved(*made(size), repeats) for size in sizes]
    return Curve(name, unit, sizes, [p.ours for p in pairs], [p.theirs for p in pairs], peer)
