"""Tables of networks: against enumeration that knows nothing of formulas, known totals, and misuse."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from symcnn import replay
from symcnn.counting import (
    ADDITIONS, COMPARISONS, EVALUATIONS, MULTIPLICATIONS, MULTIPLY_ACCUMULATES, OPERATIONS,
)
from symcnn.errors import UsageError
from symcnn.network import (
    Activation, AveragePooling, BatchNorm, Branches, Convolution, Dense, Flatten, GlobalAveragePooling, MEMORY,
    MaxPooling, PARAMETERS, bottleneck, inception, lenet, resnet50, table, vgg16,
)
from symcnn.network.show import arrays, cells, computation, number, plain, words


def window_positions(extent, kernel, stride, padding, dilation):
    """Starts of the windows that fit, by sliding one over the padded positions."""
    positions = range(-padding, extent + padding)
    return [start for n, start in enumerate(positions) if n % stride == 0
            and start + dilation * (kernel - 1) in positions]


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def enumerated(parts, shape, fields=None):
    """Rows (shape, parameters, multiplications, additions, fields) by going through every index.

    `fields[axis][position]` is the set of input positions, None along flattened axes.
    """
    n, channels, *spatial = shape
    fields = fields or [[{x} for x in range(extent)] for extent in spatial]
    rows = []
    for part in parts:
        if isinstance(part, Branches):
            ends = [enumerated(branch, (n, channels, *spatial), fields) for branch in part.branches]
            for end, _ in ends:
                rows += end
            outs = [state for _, state in ends]
            if part.join == "add":
                entries = int(np.prod(outs[0][0]))
                channels, done = outs[0][0][1], (0, 0, entries * (len(outs) - 1))
            else:
                channels, done = sum(o[0][1] for o in outs), (0, 0, 0)
            spatial = list(outs[0][0][2:])
            fields = [[set().union(*(o[1][a][p] for o in outs)) for p in range(extent)]
                      for a, extent in enumerate(spatial)]
            rows.append(((n, channels, *spatial), *done, fields))
            continue
        parameters = multiplications = additions = 0
        if isinstance(part, Convolution | MaxPooling | AveragePooling):
            kernel, stride, padding = pair(part.kernel), pair(part.stride), pair(part.padding)
            dilation = pair(getattr(part, "dilation", 1))
            starts = [window_positions(*five) for five in zip(spatial, kernel, stride, padding, dilation, strict=True)]
            places = len(list(itertools.product(*starts)))
            taps = kernel[0] * kernel[1]
            if isinstance(part, Convolution):
                weights = np.zeros((part.channels, channels // part.groups, *kernel))
                parameters = weights.size + part.channels * part.bias
                multiplications = n * places * weights.size
                additions = n * places * part.channels * (weights[0].size - 1 + part.bias)
                channels = part.channels
            elif isinstance(part, AveragePooling):
                multiplications, additions = n * places * channels, n * places * channels * (taps - 1)
            fields = [[set().union(*(field[start + dilation[a] * k] for k in range(kernel[a])
                                     if 0 <= start + dilation[a] * k < len(field))) for start in starts[a]]
                      for a, field in enumerate(fields)]
            spatial = [len(s) for s in starts]
        elif isinstance(part, GlobalAveragePooling):
            multiplications = n * channels
            additions = n * channels * (spatial[0] * spatial[1] - 1)
            fields, spatial = [[set().union(*field)] for field in fields], []
        elif isinstance(part, Flatten):
            channels, spatial = channels * int(np.prod(spatial)), []
            fields = [[set().union(*field)] for field in fields]
        elif isinstance(part, Dense):
            parameters = part.outputs * channels + part.outputs * part.bias
            multiplications = n * part.outputs * channels
            additions = n * part.outputs * (channels - 1 + part.bias)
            channels = part.outputs
        elif isinstance(part, BatchNorm):
            entries = n * channels * int(np.prod(spatial))
            parameters, multiplications, additions = 2 * channels, 2 * entries, 2 * entries + channels
        rows.append(((n, channels, *spatial), parameters, multiplications, additions, fields))
    return rows, ((n, channels, *spatial), fields)


NETWORKS = {
    "lenet": (lenet(7, kernel=3, channels=(2, 5), features=(6, 4)), (2, 3, 18, 15)),
    "inception": (inception(2, 3, 4), (1, 5, 9, 7)),
    "inception with reductions": (inception(2, 3, 4, 5), (2, 5, 6, 7)),
    "bottlenecks": ((bottleneck(4, 2), bottleneck(8, 2), Activation(), bottleneck(8, 3, 2)), (1, 4, 9, 11)),
    "groups, dilation, unequal axes": (
        (Convolution(channels=6, kernel=(3, 2), stride=(1, 2), padding=(0, 1), dilation=(2, 1), groups=2),
         AveragePooling(kernel=2, stride=2, padding=1), BatchNorm(), GlobalAveragePooling(),
         Dense(outputs=3, bias=False)), (2, 4, 9, 8)),
    "padded pooling": ((MaxPooling(kernel=3, stride=2, padding=1), Flatten(), Dense(outputs=2)), (1, 2, 5, 6)),
    "average inside": ((AveragePooling(kernel=(2, 3), stride=1, padding=(1, 0), padding_counts=False),), (1, 2, 5, 6)),
}


@pytest.mark.parametrize(("network", "shape"), NETWORKS.values(), ids=NETWORKS)
def test_tables_are_those_of_enumeration(network, shape):
    made, (rows, _) = table(network, shape), enumerated(network, shape)
    assert len(made.rows) == len(rows)
    for row, (out, parameters, multiplications, additions, fields) in zip(made.rows, rows, strict=True):
        assert row.shape == out, row.name
        assert row.number(PARAMETERS) == parameters, row.name
        assert row.number(MULTIPLICATIONS) == multiplications, row.name
        assert row.number(ADDITIONS) == additions, row.name
        assert row.number(MEMORY) == np.prod(out)
        for field, by_position, extent in zip(row.fields, fields, shape[2:], strict=True):
            for position, reached in enumerate(by_position):
                assert reached <= set(field.reads(position, extent)), row.name
                if not any(r.fields[0].start < 0 for r in made.rows):
                    assert reached == set(field.reads(position, extent)), row.name


@pytest.mark.parametrize(("network", "shape"), NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("what", [PARAMETERS, MULTIPLICATIONS, MEMORY])
def test_totals_are_theorems(network, shape, what):
    made = table(network, shape)
    if not made.number(what):
        with pytest.raises(UsageError, match="no layer"):
            made.total(what)
        return
    lines = made.total(what)
    for line in lines:
        assert not line.theorem.hypotheses
    assert lines[-1].theorem.right.value.constant == made.number(what)


def test_resnet50():
    made = table(resnet50(), (1, 3, 224, 224))
    assert replay(made.total(MULTIPLY_ACCUMULATES)[0].theorem).places
    assert made.number(PARAMETERS) == 25_557_032
    assert made.number(MULTIPLY_ACCUMULATES) == 4_089_184_256
    found = {r.name: (r.fields[0].size, r.fields[0].stride) for r in made.rows}
    assert [found[n] for n in ("conv1", "maxpool", "layer1.3 relu", "layer2.4 relu", "layer3.6 relu", "layer4.3 relu")
            ] == [(7, 2), (11, 4), (35, 4), (91, 8), (267, 16), (427, 32)]
    assert [r.shape for r in made.rows if r.name in ("avgpool", "fc")] == [(1, 2048), (1, 1000)]


def test_vgg16():
    made = table(vgg16(), (1, 3, 224, 224))
    assert made.number(PARAMETERS) == 138_357_544
    assert made.number(MULTIPLY_ACCUMULATES) == made.number(ADDITIONS) == 15_470_264_320
    assert (made.row("pool5").fields[0].size, made.row("pool5").fields[0].stride) == (212, 32)


@pytest.mark.parametrize(("model", "network"), [("resnet50", resnet50()), ("vgg16", vgg16())],
                         ids=["resnet50", "vgg16"])
def test_parameters_against_torchvision(model, network):
    torchvision = pytest.importorskip("torchvision")
    theirs = getattr(torchvision.models, model)(weights=None)
    assert sum(p.numel() for p in theirs.parameters()) == table(network, (1, 3, 224, 224)).number(PARAMETERS)


def test_shapes_against_jax():
    jax = pytest.importorskip("jax")
    network, shape = NETWORKS["groups, dilation, unequal axes"]
    part = network[0]
    weights = (part.channels, shape[1] // part.groups, *part.kernel)
    out = jax.eval_shape(lambda x, w: jax.lax.conv_general_dilated(
        x, w, part.stride, [(p, p) for p in part.padding], rhs_dilation=part.dilation,
        feature_group_count=part.groups), np.zeros(shape), np.zeros(weights))
    assert out.shape == table((part,), shape).rows[0].shape


def test_a_batch_multiplies_operations_and_not_parameters():
    one, four = (table(lenet(), (n, 3, 32, 32)) for n in (1, 4))
    assert four.number(PARAMETERS) == one.number(PARAMETERS)
    for what in (MULTIPLY_ACCUMULATES, COMPARISONS, MEMORY):
        assert four.number(what) == 4 * one.number(what)


CONV = Convolution(channels=2, kernel=3, name="c")
MISUSE = {
    "empty": ((), (1, 1, 4, 4), "empty network"),
    "no image": ((CONV,), (1, 1, 0, 4), r"\(1, 1, 0, 4\)"),
    "window too large": ((MaxPooling(kernel=5, name="p"),), (1, 1, 4, 4), r"p does not fit.*\(1, 1, 4, 4\).*5×5"),
    "window too large later": ((CONV, CONV), (1, 1, 4, 4), r"\(1, 2, 2, 2\) \(from c\)"),
    "channels": ((CONV, Convolution(channels=2, kernel=1, inputs=3)), (1, 1, 4, 4),
                 r"input of shape \(1, 2, 2, 2\).*W has shape \(2, 3, 1, 1\)"),
    "features": ((Flatten(), Dense(outputs=2, inputs=5)), (1, 1, 2, 2), r"\(1, 4\).*\(2, 5\)"),
    "dense on an image": ((Dense(outputs=2),), (1, 1, 2, 2), r"\(1, 1, 2, 2\).*flatten"),
    "convolution of features": ((Flatten(), CONV), (1, 1, 4, 4), r"\(1, 16\).*spatial"),
    "groups": ((Convolution(channels=4, kernel=1, groups=3),), (1, 3, 4, 4), "groups"),
    "kernel for three axes": ((Convolution(channels=4, kernel=(1, 2, 1)),), (1, 3, 4, 4), "3 axes"),
    "unlike branches added": ((Branches(branches=((CONV,), ()), join="add"),), (1, 1, 4, 4),
                              r"\(1, 2, 2, 2\) \(from c\) and \(1, 1, 4, 4\)"),
    "unlike branches concatenated": ((Branches(branches=((CONV,), ()), join="concatenate"),), (1, 1, 4, 4),
                                     r"\(1, 2, 2, 2\) \(from c\) and \(1, 1, 4, 4\)"),
    "window of padding": ((MaxPooling(kernel=2, padding=2, name="p"),), (1, 1, 4, 4), "padding .* entirely"),
    "one value": ((BatchNorm(training=True, epsilon=Fraction(0)),), (1, 3, 1, 1), "divides by"),
    "negative epsilon": ((BatchNorm(epsilon=Fraction(-1)),), (1, 3, 1, 1), "ε is -1"),
}


@pytest.mark.parametrize(("network", "shape", "why"), MISUSE.values(), ids=MISUSE)
def test_misuse_is_one_clear_line(network, shape, why):
    with pytest.raises(UsageError, match=why) as error:
        table(network, shape)
    assert "\n" not in str(error.value)


def test_one_value_in_training_is_fine_with_epsilon_or_with_more_values():
    table((BatchNorm(training=True),), (1, 3, 1, 1))
    table((BatchNorm(training=True, epsilon=Fraction(0)),), (1, 3, 1, 2))


@pytest.mark.parametrize(("make", "why"), [
    (lambda: Convolution(channels=0, kernel=3), "channels is 0"),
    (lambda: Convolution(channels=2, kernel=(3, 0)), r"kernel is \(3, 0\)"),
    (lambda: MaxPooling(kernel=2, stride=0), "stride is 0"),
    (lambda: MaxPooling(kernel=2, padding=-1), "padding is -1"),
    (lambda: Dense(outputs=2.5), "outputs is 2.5"),
    (lambda: Branches(branches=((),), join="add"), "two or more"),
    (lambda: Branches(branches=((), ()), join="multiply"), "multiply"),
    (lambda: table((Activation(function="swish"),), (1, 2)), "swish"),
])
def test_bad_numbers_of_a_part(make, why):
    with pytest.raises(UsageError, match=why):
        make()


def test_unknown_rows_and_counts():
    made = table(lenet(), (1, 3, 32, 32))
    with pytest.raises(UsageError, match="no layer 'conv9'"):
        made.row("conv9")
    with pytest.raises(UsageError, match="flops"):
        made.number("flops")


def test_how_a_table_reads():
    made = table(lenet(), (1, 3, 32, 32))
    columns = ["layer", "output", "receptive field", PARAMETERS]
    first = plain(made, columns).splitlines()[1]
    assert first.split() == ["conv1:", "5×5", "→", "6", "28×28×6", "5,", "1,", "0", "456"]
    assert plain(made, columns).splitlines()[-1].split() == ["total", "62,006"]
    assert computation(made.row("conv2"), PARAMETERS) == r"16 \cdot 6 \cdot 5 \cdot 5 + 16 = 2{,}416"
    assert computation(made.row("pool1"), PARAMETERS) == "0"
    assert computation(made.row("pool1"), COMPARISONS) == (
        r"6 \cdot 2 \cdot 2 \cdot 14 \cdot 14 - 6 \cdot 14 \cdot 14 = 3{,}528")
    assert cells(made, columns, worked=True)[-1] == [r"\text{total}", "", "", "62{,}006"]
    assert len(cells(made, columns, skip=True)) == 6
    assert [a.count(r"\\") for a in arrays(["n"], [[str(n)] for n in range(50)])] == [42, 8]
    assert words("3×3 → 6") == r"\text{3}{\times}\text{3 } \to \text{ 6}"
    assert number(1234567) == "1{,}234{,}567"


def test_every_operation_of_a_network_is_a_number():
    made = table(inception(2, 3, 4), (1, 5, 6, 7))
    assert made.number(EVALUATIONS) == 42 * 9
    assert all(isinstance(made.number(what), int) for what in OPERATIONS)
