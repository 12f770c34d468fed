"""Derivations of counts and shapes: with other numbers the conclusions follow, as enumeration says."""

import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from symcnn import engine
from symcnn.derivation import Source, run
from symcnn.errors import UsageError
from symcnn.notation.expression import Value
from symcnn.report.documents import markdown, tex
from symcnn.tables import decimal

FOLDER = Path(__file__).resolve().parent.parent / "derivations" / "problems"


def derived(name, **settings):
    made = run(Source(name, FOLDER / f"{name}.py"), {k: str(v) for k, v in settings.items()}, cases=5)
    assert str(made.verdict) == "proved"
    return made


def numbers(made):
    """The right sides of the conclusions that are numbers, in order."""
    return [Fraction(t.right.value.constant) for t in made.conclusions
            if isinstance(t.right, Value) and t.right.value.is_constant]


def slid(extent, kernel, stride=1, padding=0):
    """The output positions of a window, by trying all."""
    return [start for start in range(-padding, extent + padding)
            if (start + padding) % stride == 0 and start + kernel <= extent + padding]


SETTINGS = {
    "convolution_counts": [{}, {"height": 9, "width": 7, "kernel_height": 5, "kernel_width": 2, "inputs": 3,
                                "outputs": 4}],
    "convolution_shapes": [{}, {"batch": 2, "inputs": 5, "size": 11, "filters": 7, "kernel1": 5, "stride1": 3,
                                "padding1": 2, "kernel2": 2, "stride2": 4, "padding2": 1}],
    "layer_table": [{}, {"size": 23, "inputs": 2, "filters": 4, "kernel": 5, "padding": 0, "window": 2, "classes": 6}],
    "lenet": [{}, {"size": 29, "inputs": 1, "classes": 4, "kernel": 3, "window": 3, "channels1": 5, "channels2": 7,
                   "features1": 11, "features2": 6}],
    "downsampling_block": [{}, {"size": 15, "inputs": 3, "kernel": 5, "padding": 2, "stride1": 3, "channels1": 4,
                                "stride2": 2, "channels2": 7}],
    "inception_module": [{}, {"size": 6, "inputs": 5, "one": 2, "three": 3, "five": 4, "reduce": 7}],
    "residual_bottleneck": [{}, {"width": 5, "outside": 7, "kernel": 2}],
    "parameter_sharing": [{}, {"size": 9, "inputs": 2, "filters": 3, "kernel": 4, "padding": 2, "stride": 3}],
}
CASES = [(name, s) for name, settings in SETTINGS.items() for s in settings]


def convolution_counts(height, width, kernel_height, kernel_width, inputs, outputs):
    weights = np.ones((outputs, inputs, kernel_height, kernel_width))
    shape = engine.conv(np.ones((1, inputs, height, width)), weights).shape
    terms = sum(1 for _ in itertools.product(range(inputs), range(kernel_height), range(kernel_width)))
    every = shape[1] * shape[2] * shape[3]
    return [shape[2], shape[3], shape[1], every * terms, every * (terms - 1 + 1), outputs * terms, outputs]


def convolution_shapes(batch, inputs, size, filters, kernel1, stride1, padding1, kernel2, stride2, padding2):
    found = []
    for kernel, stride, padding in ((kernel1, stride1, padding1), (kernel2, stride2, padding2)):
        w = np.ones((filters, inputs, kernel, kernel))
        out = engine.conv(np.ones((batch, inputs, size, size)), w, stride=stride, padding=padding)
        found += [*out.shape[2:], w.size + filters]
    return found


def layer_table(size, inputs, filters, kernel, padding, window, classes):
    parameters, channels = 0, inputs
    for _ in range(2):
        parameters += np.ones((filters, channels, kernel, kernel)).size + filters
        size = len(slid(len(slid(size, kernel, 1, padding)), window, window))
        channels = filters
    return [parameters + classes * channels * size * size + classes]


def lenet(size, inputs, classes, kernel, window, channels1, channels2, features1, features2):
    parameters = products = 0
    before = inputs
    for channels in (channels1, channels2):
        weights = np.ones((channels, before, kernel, kernel)).size
        size = len(slid(size, kernel))
        parameters, products = parameters + weights + channels, products + weights * size * size
        size, before = len(slid(size, window, window)), channels
    before *= size * size
    for features in (features1, features2, classes):
        parameters, products = parameters + features * before + features, products + features * before
        before = features
    return [parameters, products]


def downsampling_block(size, inputs, kernel, padding, stride1, channels1, stride2, channels2):
    stored, weights, products = [size * size * inputs], [], []
    for channels, stride in ((channels1, stride1), (channels2, stride2)):
        weights.append(np.ones((channels, inputs, kernel, kernel)).size)
        size, inputs = len(slid(size, kernel, stride, padding)), channels
        products.append(weights[-1] * size * size)
        stored.append(size * size * channels)
    return [sum(weights), sum(products), sum(stored[1:]), Fraction(stored[1], stored[0]),
            Fraction(stored[2], stored[1]), Fraction(stored[2], stored[0])]


def inception_module(size, inputs, one, three, five, reduce):
    def sums(convolutions):
        weights = [np.ones((m, n, k, k)) for n, m, k in convolutions]
        products = size * size * sum(w.size for w in weights)
        additions = size * size * sum(len(w) * (w.shape[1] * (w[0, 0].size - 1) + w.shape[1] - 1 + 1) for w in weights)
        return [sum(w.size + len(w) for w in weights), products, additions, size * size * sum(len(w) for w in weights)]

    naive = sums([(inputs, one, 1), (inputs, three, 3), (inputs, five, 5)])
    reduced = sums([(inputs, one, 1), (inputs, reduce, 1), (reduce, three, 3), (inputs, reduce, 1), (reduce, five, 5),
                    (inputs, reduce, 1)])
    return [*naive, *reduced, *(Fraction(a, b) for a, b in zip(naive, reduced, strict=True))]


def residual_bottleneck(width, outside, kernel):
    def learned(layers):
        return sum(np.ones((m, n, k, k)).size + m + 2 * m for n, m, k in layers)

    residual = learned([(width, width, kernel)] * 2)
    narrow = learned([(outside, width, 1), (width, width, kernel), (width, outside, 1)])
    return [residual, narrow, Fraction(residual, narrow)]


def parameter_sharing(size, inputs, filters, kernel, padding, stride):
    shared = np.ones((filters, inputs, kernel, kernel)).size + filters
    outputs = filters * len(slid(size, kernel, stride, padding)) ** 2
    unshared = outputs * inputs * size * size + outputs
    return [shared, unshared, Fraction(unshared, shared)]


@pytest.mark.parametrize(("name", "settings"), CASES, ids=[f"{n} {'changed' if s else 'as given'}" for n, s in CASES])
def test_conclusions_follow_the_parameters(name, settings):
    made = derived(name, **settings)
    expected = globals()[name](**{**made.parameters, **settings})
    assert numbers(made) == expected
    assert "\\begin{document}" in tex([made])
    assert made.title in markdown([made])


@pytest.mark.parametrize(("name", "settings", "expected"), [
    ("vgg16", {}, [138_357_544, 15_470_264_320]),
    ("resnet50", {}, [25_557_032, 4_089_184_256]),
    ("vgg16", {"size": 64, "classes": 10}, None), ("resnet50", {"size": 65, "classes": 10}, None)])
def test_networks_of_the_literature(name, settings, expected):
    made = derived(name, **settings)
    found = numbers(made)
    if expected is None:  # the dense layers change with the size of the image and the number of classes
        weights = {"vgg16": 14_714_688 + 512 * 4 * 4096 + 4096 + 4096 * 4097 + 4097 * 10,
                   "resnet50": 25_557_032 - 990 * 2049}
        assert found[0] == weights[name]
    else:
        assert found == expected


@pytest.mark.parametrize(("value", "text"), [
    (Fraction(1234567), "1234567"), (Fraction(1, 4), "0.25"), (Fraction(1, 3), r"\approx 0.33"),
    (Fraction(1, 2), "0.50"),
    (Fraction(200, 3), r"\approx 66.67"), (Fraction(999, 1000), r"\approx 1.00")])
def test_decimals_say_whether_they_are_exact(value, text):
    assert decimal(value) == text


STACKS = [{}, {"kernel": 5, "padding": 2}, {"window": 2, "stride": 3},
          {"kernel": 2, "padding": 0, "window": 3, "stride": 2}]


@pytest.mark.parametrize("settings", STACKS, ids=str)
def test_receptive_fields_are_those_of_a_stack_that_is_run(settings):
    made = derived("receptive_field_stages", **settings)
    kernel, padding, window, stride = (made.parameters[n] for n in ("kernel", "padding", "window", "stride"))
    given = [(line.split("size ")[1].split(",")[0], line.split("stride ")[1]) for line in made.printed[0].splitlines()]
    for extent in (41, 44):
        fields = [{x} for x in range(extent)]
        for n, (k, s, p) in enumerate([(kernel, 1, padding), (kernel, 1, padding), (window, stride, 0)] * 2):
            fields = [set().union(*(fields[i] for i in range(start, start + k) if 0 <= i < len(fields)))
                      for start in slid(len(fields), k, s, p)]
            middle = len(fields) // 2
            assert fields[middle] == set(range(min(fields[middle]), max(fields[middle]) + 1))
            if min(fields[middle - 1]) > 0 and max(fields[middle]) < extent - 1:
                assert given[n] == (str(len(fields[middle])), str(min(fields[middle]) - min(fields[middle - 1])))


def test_a_wrong_field_is_refused():
    module = Source("receptive_field_stages", FOLDER / "receptive_field_stages.py").load()
    from symcnn.notation.expression import Axis
    from symcnn.notation.polynomial import Symbol, polynomial
    from symcnn.receptive_field import IndexMap

    class Wider(IndexMap):
        def after(self, first):
            right = super().after(first)
            return IndexMap(right.stride, (*right.offsets, right.offsets[-1] + 1))

    h = polynomial(Symbol("H", 1))
    outputs = Axis(polynomial(0), polynomial(1), h - 1)
    right = module.stage(IndexMap(1, (-1, 0, 1)), IndexMap(1, (-1, 0, 1)), h, outputs, [h - 1])
    assert not [x for x in right.hypotheses if isinstance(x, type(outputs))]
    with pytest.raises(UsageError, match="no clipped interval"):
        module.stage(IndexMap(1, (-1, 0, 1)), Wider(1, (-1, 0, 1)), h, outputs, [h - 1])


@pytest.mark.parametrize(("name", "settings", "why"), [
    ("convolution_counts", {"kernel_height": 49}, "kernel_height is 49, larger than the image, 48"),
    ("convolution_counts", {"inputs": 0}, "inputs is 0"),
    ("convolution_shapes", {"kernel1": 35}, "does not fit 32 pixels"),
    ("convolution_shapes", {"stride2": 0}, "S is 0"),
    ("layer_table", {"window": 29}, "does not fit"),
    ("lenet", {"size": 9}, "does not fit"),
    ("downsampling_block", {"channels1": -1}, "channels is -1"),
    ("inception_module", {"reduce": 0}, "channels is 0"),
    ("residual_bottleneck", {"width": 0}, "width is 0"),
    ("parameter_sharing", {"kernel": 31}, "does not fit"),
    ("receptive_field_stages", {"padding": -1}, "padding is -1"),
    ("vgg16", {"size": 16}, "does not fit"),
    ("resnet50", {"classes": 0}, "outputs is 0"),
])
def test_impossible_numbers_are_one_line(name, settings, why):
    with pytest.raises(UsageError, match=why) as error:
        derived(name, **settings)
    assert "\n" not in str(error.value)
