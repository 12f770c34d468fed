"""Receptive fields, read off a layer's formula: which input positions an output position depends on.

Along one axis output o of a layer reads the input at s·o + a for every offset a of a finite set. Maps of layers
compose, and branches that meet make the union of theirs. Positions outside the input are padding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from symcnn.errors import UsageError
from symcnn.layers.layer import Layer
from symcnn.notation.expression import Binder, Bracket, Definition, Expression, Multiply, Range, Read, children
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial


@dataclass(frozen=True)
class IndexMap:
    """Output o reads the input at stride·o + a for every a in `offsets` (in increasing order).

    `stride` (also called jump) is the distance, in input positions, between the fields of neighbouring outputs;
    0 if all outputs read the same positions, as after global pooling.
    """

    stride: int
    offsets: tuple[int, ...]

    @property
    def start(self) -> int:
        """The first position that output 0 reads; negative in the padding."""
        return self.offsets[0]

    @property
    def size(self) -> int:
        """Positions from the first to the last that one output reads, both included."""
        return self.offsets[-1] - self.offsets[0] + 1

    @property
    def holes(self) -> tuple[int, ...]:
        """Offsets between the first and the last that are not read."""
        return tuple(sorted(set(range(self.offsets[0], self.offsets[-1])) - set(self.offsets)))

    def reads(self, position: int, extent: int | None = None) -> tuple[int, ...]:
        """The input positions that an output position reads, those inside an input of the given extent."""
        places = (self.stride * position + a for a in self.offsets)
        return tuple(x for x in places if extent is None or 0 <= x < extent)

    def interval(self, position: int, extent: int | None = None) -> tuple[int, int] | None:
        """The first and last input position read, clipped at the border; None if all are padding."""
        inside = self.reads(position, extent)
        return (inside[0], inside[-1]) if inside else None

    def after(self, first: IndexMap) -> IndexMap:
        """This map on the outputs of `first`: o reads first.stride·(stride·o + a) + b."""
        return IndexMap(self.stride * first.stride,
                        tuple(sorted({first.stride * a + b for a in self.offsets for b in first.offsets})))

    def joined(self, other: IndexMap) -> IndexMap:
        """The union, for branches that meet. UsageError if the strides differ and neither reads everything."""
        if self.stride == other.stride:
            return IndexMap(self.stride, tuple(sorted({*self.offsets, *other.offsets})))
        for whole, part in ((self, other), (other, self)):
            # Outputs stay within the positions that a map of stride 0 reads all of.
            if whole.stride == 0 and not whole.holes and part.stride == 1 and part.offsets == (0,):
                return whole
        raise UsageError(f"branches with strides {self.stride} and {other.stride} have no common receptive field")


IDENTITY = IndexMap(1, (0,))


def index_map(layer: Layer, sizes: Mapping[Symbol, int], tensor: str = "X", axis: int = -1,
              ) -> IndexMap:
    """The map from an axis of the layer's output to an axis of one of its inputs, from the formulas at numbers.

    The output axis is the one whose index the input is read with; all outputs read the same positions (stride 0)
    if there is none. Errors: UsageError if the tensor is not read, is read under a condition, or its index moves with
    two output axes.
    """
    target = layer[tensor]
    axis = range(len(target.axes))[axis]
    found = _maps(layer.definition, layer, tensor, axis, dict(sizes))
    if not found:
        raise UsageError(f"{layer.output} does not read {tensor}")
    moving = {place for place, _ in found if place is not None}
    if len(moving) > 1:
        raise UsageError(f"axis {axis} of {tensor} moves with the output axes {sorted(moving)}")
    joined = found[0][1]
    for _, other in found[1:]:
        joined = joined.joined(other)
    return joined


def through(maps: Sequence[IndexMap], extents: Sequence[int], position: int) -> tuple[int, ...]:
    """The input positions that an output of the last of several layers depends on, in increasing order.

    `extents[t]` is the extent of the input of layer t. Positions outside it are padding and depend on nothing, so
    this is the field clipped at the border of every layer, not only of the first.
    """
    places = {position}
    for one, extent in zip(reversed(maps), reversed(extents), strict=True):
        places = {x for o in places for x in one.reads(o, extent)}
    return tuple(sorted(places))


def _maps(definition: Definition, layer: Layer, tensor: str, axis: int, sizes: dict[Symbol, int],
          ) -> list[tuple[int | None, IndexMap]]:
    """Output axis and map of every read of the tensor, directly or through other definitions of the layer."""
    defined = {d.tensor: d for d in layer.definitions}
    found = []
    for read, ranges in _reads(definition.body):
        if read.tensor.name == tensor:
            found.append(_map(read.indices[axis], definition.indices, ranges, sizes))
        elif read.tensor in defined:
            for place, inner in _maps(defined[read.tensor], layer, tensor, axis, sizes):
                if place is None:
                    found.append((None, inner))
                    continue
                output, outer = _map(read.indices[place], definition.indices, ranges, sizes)
                found.append((output, outer.after(inner)))
    return list(dict.fromkeys(found))


def _reads(node: Expression, ranges: tuple[Range, ...] = ()) -> list[tuple[Read, tuple[Range, ...]]]:
    """Every read with the ranges of the sums and maxima around it."""
    if isinstance(node, Read):
        return [(node, ranges)]
    if isinstance(node, Multiply) and any(isinstance(f, Bracket) for f in node.factors):
        raise UsageError(f"what {node} reads depends on a condition, so it is no s·o + a with fixed offsets")
    inner = (*node.ranges, *ranges) if isinstance(node, Binder) else ranges
    return [found for child in children(node) for found in _reads(child, inner)]


def _map(index: Polynomial, outputs: Sequence[Symbol], ranges: Sequence[Range], sizes: Mapping[Symbol, int],
         ) -> tuple[int | None, IndexMap]:
    """The index s·o + Σ d·k + c as (place of o among the outputs, map)."""
    moving = [n for n, o in enumerate(outputs) if o in index.symbols]
    if len(moving) > 1:
        raise UsageError(f"the index {index} moves with several output axes")
    stride, rest = 0, index
    if moving:
        slope = index.linear_coefficient(outputs[moving[0]])
        if slope is None:
            raise UsageError(f"the index {index} is not affine in {outputs[moving[0]].name}")
        stride, rest = int(slope.evaluate(sizes)), index - slope * outputs[moving[0]]
    used = [r for r in ranges if r.variable in index.symbols]
    offsets = set()
    for values in product(*(_values(r, sizes) for r in used)):
        here = {**sizes, **{r.variable: v for r, v in zip(used, values, strict=True)}}
        offsets.add(int(rest.evaluate(here)))
    return (moving[0] if moving else None), IndexMap(stride, tuple(sorted(offsets)))


def _values(r: Range, sizes: Mapping[Symbol, int]) -> range:
    if r.lower is None or r.upper is None or r.coefficient != polynomial(1):
        raise UsageError(f"{r.variable.name} needs written bounds on both sides")
    return range(int(r.lower.evaluate(sizes)), int(r.upper.evaluate(sizes)) + 1)
