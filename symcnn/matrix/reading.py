"""Read the convolution off from B: which weight multiplies which output gradient.

Every number here is observed in the integer arrays of B. Nothing is computed from stride, padding or
dilation, so that the reading can be held against their formulas afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from symcnn.errors import UsageError
from symcnn.matrix.expand import expanded, several_in_one_place
from symcnn.matrix.parts import Block, Integers, Part, Shape, Triples
from symcnn.matrix.relation import Unrolled

LARGEST_READING = 5_000_000
NOTHING = -1  # stands in `kernels` where no weight was seen


@dataclass(frozen=True)
class AxisReading:
    """One spatial axis; None where B does not determine the number, and `note` says why.

    insertion: zeros between neighbouring output gradients. spacing: distance of neighbouring taps.
    front: zeros put in front, negative when entries are cropped. back: the same behind. values: the distinct
    tap offsets seen, up to a common shift. complete: every tap of the kernel was seen.
    """

    insertion: int | None
    spacing: int | None
    front: int | None
    back: int | None
    values: tuple[int, ...]
    complete: bool
    note: str = ""

    @property
    def further(self) -> int | None:
        """How many more zeros stand behind than in front."""
        return None if self.front is None or self.back is None else self.back - self.front


@dataclass(frozen=True, eq=False)
class KernelReading:
    """The convolution that B performs on ∂J/∂Z.

    kernels: weight ids (input channels, output channels, taps…), in the order in which they pass over the
    padded output gradient; NOTHING where two channels are not connected (groups) or a tap was not seen.
    flipped: these are the forward kernels reversed along every axis, with the channels exchanged.
    reproduces: insertion, zeros and kernels give back exactly B; None where one of them is not determined.
    notes: what could not be read, and why. Without `kernels`, B is not a convolution or says too little.
    """

    axes: tuple[AxisReading, ...]
    kernels: Integers | None
    flipped: bool | None
    reproduces: bool | None
    notes: tuple[str, ...]

    @property
    def insertion(self) -> tuple[int | None, ...]:
        return tuple(a.insertion for a in self.axes)

    @property
    def front(self) -> tuple[int | None, ...]:
        return tuple(a.front for a in self.axes)

    @property
    def back(self) -> tuple[int | None, ...]:
        return tuple(a.back for a in self.axes)

    @property
    def further(self) -> tuple[int | None, ...]:
        return tuple(a.further for a in self.axes)

    @property
    def spacing(self) -> tuple[int | None, ...]:
        return tuple(a.spacing for a in self.axes)


def kernels_read_off(b: Unrolled, dims: int) -> KernelReading:
    """Read insertion, zeros around, tap spacing and kernels from the entries of B.

    The last `dims` axes of B's rows and columns are positions, those before them channels; the weights are
    (…, output channels, input channels, taps…), with one more leading axis where there are groups.
    UsageError for other shapes or more than LARGEST_READING entries for a pair of channels (all entries,
    where channels and positions are not stored as independent parts).
    """
    if len(b.weights) != 1 or len(b.weights[0].shape) not in (dims + 2, dims + 3) or min(
            len(b.rows), len(b.columns)) <= dims or dims < 1:
        raise UsageError(f"B is not the matrix of a {dims}-D convolution: {b.order}")
    taps = b.weights[0].shape[-dims:]
    channel, (row, column, weight) = _separated(b, dims)
    if not len(row):
        return _unread("B is zero: every tap meets padding only")
    if several_in_one_place(channel) or several_in_one_place(Triples(row, column, weight)):
        return _unread("several weights meet in one entry")
    n, *u = _split(row, b.rows, dims)
    m, *o = _split(column, b.columns, dims)
    first = np.full(b.ids, NOTHING)
    first[weight[::-1]] = np.arange(len(row))[::-1]
    lead = first[weight]  # for every entry the first one with the same weight
    if np.any(n != n[lead]) or np.any(m != m[lead]):
        return _unread("one weight connects several pairs of channels")
    seen = first[first != NOTHING]
    axes, offsets = [], []
    for a in range(dims):
        axis, offset = _along(u[a], o[a], lead, b.rows[a - dims], b.columns[a - dims], taps[a])
        if offset is None:
            return _unread(f"axis {a + 1}: {axis.note}")
        axes.append(axis)
        offsets.append(offset)
    notes = tuple(f"axis {a + 1}: {x.note}" for a, x in enumerate(axes) if x.note)
    places = [np.searchsorted(np.array(x.values), f[seen]) for x, f in zip(axes, offsets, strict=True)]
    reproduces = _reproduces(b, axes, places, len(row))
    # The same taps for every pair of channels, if the channels were stored apart.
    pairs = (_split(channel.row, b.rows, dims)[0], _split(channel.column, b.columns, dims)[0])
    of_n, of_m, ids = (np.add.outer(c, s[seen]).reshape(-1) for c, s in
                       ((pairs[0], n), (pairs[1], m), (channel.weight, weight)))
    places = [np.tile(place, len(channel.row)) for place in places]
    shape = (prod(b.rows[:-dims]), prod(b.columns[:-dims]), *(len(x.values) for x in axes))
    kernels = np.full(shape, NOTHING)
    kernels[(of_n, of_m, *places)] = ids
    if np.count_nonzero(kernels != NOTHING) != len(ids) or len(np.unique(ids)) != len(ids):
        return _unread("several weights of one pair of channels have the same offset")
    flipped = _is_flipped(ids, (of_n, of_m), places, b.weights[0].shape, dims)
    return KernelReading(tuple(axes), kernels, flipped, reproduces, notes)


def _separated(b: Unrolled, dims: int) -> tuple[Triples, Triples]:
    """The entries of B's channels and those of its positions, if they are stored as independent parts.

    Otherwise a single zero and all entries. Every entry of B is a sum of one from each.
    """
    channels: list[Part] = []
    positions: list[Part] = []
    for part in b.blocks[0].parts if b.blocks else ():
        rows, columns, _ = part.axes
        spatial = {a >= len(s) - dims for s, own in ((b.rows, rows), (b.columns, columns)) for a in own}
        if len(spatial) == 1:
            (channels, positions)[spatial.pop()].append(part)
    zero = np.zeros(1, dtype=np.int64)
    apart = len(b.blocks) == 1 and len(channels) + len(positions) == len(b.blocks[0].parts)
    here = prod(len(p) for p in positions) if apart else b.nonzeros
    if here > LARGEST_READING:
        raise UsageError(f"too many entries to read kernels from: {here}; allowed: {LARGEST_READING}")
    if not apart:
        return Triples(zero, zero, zero), Triples(*(a.astype(np.int64) for a in b.triples()))
    weights = b.blocks[0].weights
    return (expanded(Block(weights, tuple(channels)), 0, np.int64),
            expanded(Block(weights, tuple(positions)), 0, np.int64))


def _unread(note: str) -> KernelReading:
    return KernelReading((), None, None, None, (note,))


def _split(flat: Integers, shape: Shape, dims: int) -> list[Integers]:
    """Flat indices as channel and positions."""
    return list(np.unravel_index(flat, (prod(shape[:-dims]), *shape[-dims:])))


def _along(u: Integers, o: Integers, lead: Integers, size: int, outputs: int, taps: int,
           ) -> tuple[AxisReading, Integers | None]:
    """One axis: the reading and every entry's tap offset, up to a common shift; None where none can be told.

    u, o: positions in the input and output gradient; lead: the first entry with the same weight.
    A weight that moves on by one output moves on by one stride in the input: that is the insertion + 1.
    """
    moved_u, moved_o = u - u[lead], o - o[lead]
    moves = moved_o != 0
    stride: int | None = None
    note = ""
    if np.any(moved_u[~moves]):
        return AxisReading(None, None, None, None, (), False, "a weight stands twice in one column"), None
    if moves.any():
        e = int(moves.argmax())
        stride = int(moved_u[e] // moved_o[e])
        if stride < 1 or np.any(moved_u != stride * moved_o):
            note = "the entries of a weight do not lie on one line"
            return AxisReading(None, None, None, None, (), False, note), None
        offset = stride * o - u
    elif np.all(o == o[0]):
        offset = -u
        note = "only one output is connected" if outputs > 1 else "there is only one output"
        note += ", so the insertion is not determined"
    elif np.all(u == u[0]):
        offset = o.copy()
        note = ("every weight stands in one column only, so the insertion, the tap spacing and the zeros are "
                "not determined")
    else:
        note = "every weight stands in one column only, so the insertion is not determined"
        return AxisReading(None, None, None, None, (), False, note), None
    values = np.unique(offset)
    complete = len(values) == taps
    steps = np.diff(values)
    to_scale = stride is not None or bool(np.all(o == o[0]))
    even = len(steps) > 0 and bool(np.all(steps == steps[0]))
    if complete and to_scale and len(steps) and not even:
        return AxisReading(None, None, None, None, (), True, "the taps are not evenly spaced"), None
    spacing = int(steps[0]) if even and to_scale and complete else None
    if taps == 1:
        note = f"{note}; " * bool(note) + "there is only one tap, so the tap spacing is not determined"
    if not complete:
        note = (f"only {len(values)} of {taps} taps meet an entry, so the zeros in front and behind and the "
                "tap spacing are not determined")
    # The first tap of the first window stands on the first of the zeros in front.
    front = int(-values[0]) if complete and (stride is not None or not o.any()) else None
    back = None
    if front is not None and (stride is not None or outputs == 1):
        back = size - 1 + int(values[-1] - values[0]) - front - (stride or 0) * (outputs - 1)
    insertion = None if stride is None else stride - 1
    return AxisReading(insertion, spacing, front, back, tuple(map(int, values)), complete, note), offset


def _is_flipped(weight: Integers, channels: tuple[Integers, Integers], places: list[Integers], shape: Shape,
                dims: int) -> bool:
    """Whether every weight belongs to its channels and taps fall along every axis as places rise."""
    groups = shape[0] if len(shape) == dims + 3 else 1
    per_group = shape[-dims - 2:]
    group, m, n, *taps = np.unravel_index(weight, (groups, *per_group))
    if np.any(group * per_group[1] + n != channels[0]) or np.any(group * per_group[0] + m != channels[1]):
        return False
    for tap, place in zip(taps, places, strict=True):
        at = np.zeros(int(place.max()) + 1, dtype=np.int64)
        at[place] = tap
        if np.any(at[place] != tap) or np.any(np.diff(at) >= 0):
            return False
    return True


def _reproduces(b: Unrolled, axes: list[AxisReading], places: list[Integers], entries: int) -> bool | None:
    """Whether the reading implies as many entries as there are, for one set of channels.

    Every entry is one that the reading implies: its offset was the same wherever its weight stands. So
    equal numbers mean equal matrices.
    """
    implied = np.ones(len(places[0]), dtype=np.int64)
    for a, (axis, place) in enumerate(zip(axes, places, strict=True)):
        size, outputs = b.rows[a - len(axes)], b.columns[a - len(axes)]
        if axis.front is None or (axis.insertion is None and outputs > 1):
            return None
        stride = 1 if axis.insertion is None else axis.insertion + 1
        u = stride * np.arange(outputs) - np.array(axis.values)[:, None]
        implied *= np.count_nonzero((u >= 0) & (u < size), axis=1)[place]
    return int(implied.sum()) == entries
