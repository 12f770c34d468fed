"""Receptive fields against what changes: an input entry is moved, and the outputs that follow are looked at."""

import itertools

import pytest

from symcnn import (
    average_pooling, batch_norm, circular_convolution, convolution, flatten, global_average_pooling, layer,
    max_pooling, transposed_convolution,
)
from symcnn.errors import UsageError
from symcnn.notation.evaluate import Evaluator
from symcnn.receptive_field import IDENTITY, IndexMap, index_map, through

SIZE = {"N": 1, "C": 1, "M": 1, "H": 7, "K": 3, "s": 2, "d": 2, "p": 1}


def sizes_of(made, **changed):
    return {s: {**SIZE, **changed}[n] for n, s in made.context.sizes.items()}


def depends(made, sizes, extent, position):
    """Input positions whose entry changes an output, by evaluating the formula with and without it."""
    definitions = {d.tensor: d for d in made.definitions}
    read = made.definition.tensor[(0, 0, position)]

    def value(changed):
        def entry(tensor, at):
            return 1000 if tensor.name == "X" and at[-1] == changed else 1
        return Evaluator(sizes, entry, definitions).exact(read)

    unchanged = value(None)
    return tuple(x for x in range(extent) if value(x) != unchanged)


@pytest.mark.parametrize("make", [convolution, max_pooling, circular_convolution, average_pooling],
                         ids=lambda f: f.__name__)
@pytest.mark.parametrize("changed", [{}, {"s": 1, "d": 1}, {"s": 3, "K": 2, "p": 0}, {"p": 2, "d": 1, "K": 4, "s": 1}],
                         ids=str)
def test_an_output_changes_with_the_positions_in_its_field_and_no_other(make, changed):
    made = make(1)
    sizes = sizes_of(made, **changed)
    found = index_map(made, sizes)
    outputs = made.definition.tensor.axes[-1].indices(sizes)
    assert len(outputs)
    for o in outputs:
        assert found.reads(o, SIZE["H"]) == depends(made, sizes, SIZE["H"], o)


def test_holes_of_a_dilated_kernel():
    made = convolution(1)
    found = index_map(made, sizes_of(made, d=3, s=1))
    assert (found.offsets, found.holes, found.size, found.start) == ((-1, 2, 5), (0, 1, 3, 4), 7, -1)
    assert found.interval(0, 7) == (2, 5)
    assert IndexMap(1, (-3, -2)).interval(0, 7) is None


def test_a_mean_of_all_positions_reads_everything():
    made = global_average_pooling(1)
    assert index_map(made, sizes_of(made)) == IndexMap(0, tuple(range(7)))


def test_batch_norm_couples_all_positions_in_training_only():
    made = batch_norm(1)
    assert index_map(made, sizes_of(made)) == IDENTITY
    made = batch_norm(1, training=True)
    assert index_map(made, sizes_of(made)) == IndexMap(0, tuple(range(7)))


def composed(maps, extents, position):
    """Positions that are reached, one layer after another, over boolean vectors."""
    reached = {position}
    for m, extent in list(zip(maps, extents, strict=True))[::-1]:
        reached = {x for o, x in itertools.product(reached, range(extent))
                   if any(m.stride * o + a == x for a in m.offsets)}
    return tuple(sorted(reached))


CHAINS = {
    "convolutions": [IndexMap(1, (-1, 0, 1)), IndexMap(2, (-1, 0, 1)), IndexMap(2, (0, 1))],
    "holes that stay": [IndexMap(1, (-4, 0, 4)), IndexMap(1, (-1, 1))],
    "far padding": [IndexMap(1, (-3, -2)), IndexMap(2, (0, 5))],
}


@pytest.mark.parametrize("maps", CHAINS.values(), ids=CHAINS)
def test_composition_and_clipping_at_every_border(maps):
    whole = maps[0]
    for m in maps[1:]:
        whole = m.after(whole)
    extents = [40, 38, 20][:len(maps)]
    for position in range(9):
        expected = composed(maps, extents, position)
        assert through(maps, extents, position) == expected
        assert set(expected) <= set(whole.reads(position, extents[0]))
    # In the middle no padding is met, so the composed map is exact.
    assert through(maps, [400] * len(maps), 40) == whole.reads(40, 400)


def test_branches_join_as_a_union():
    assert IndexMap(2, (-1, 0)).joined(IndexMap(2, (0, 3))) == IndexMap(2, (-1, 0, 3))
    with pytest.raises(UsageError, match="strides 2 and 1"):
        IndexMap(2, (0,)).joined(IndexMap(1, (0, 1)))
    with pytest.raises(UsageError, match="strides"):
        IndexMap(0, (0, 1, 3)).joined(IDENTITY)


@pytest.mark.parametrize(("text", "why"), [
    ("Z[i,j] = x[i+j]", "several output axes"), ("Z[i,j] = x[i] + x[j]", "moves with the output axes"),
    ("Z[i,j] = y[i,j]", "does not read"), ("Z[i,j] = sum(k) x[i*i+k]", "affine"),
    ("Z[i,j] = sum(k) x[k-i]", "bounds")])
def test_indices_that_are_no_map_are_refused(text, why):
    made = layer("w[i] = x[i]", "H", "x[H] y[H,H] Z[H,H]").define(text)
    with pytest.raises(UsageError, match=why):
        index_map(made, {made.size("H"): 5}, "x", 0)


@pytest.mark.parametrize(("make", "tensor"), [(transposed_convolution, "Y"), (flatten, "X")],
                         ids=["transposed", "flat"])
def test_reads_under_a_condition_are_refused(make, tensor):
    made = make(1)
    with pytest.raises(UsageError, match="condition"):
        index_map(made, dict.fromkeys(made.context.sizes.values(), 2), tensor)
