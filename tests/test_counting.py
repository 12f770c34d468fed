"""Counts against arithmetic that is done and tallied: every layer as loops over numbers that count themselves."""

import itertools
import random

import pytest

from symcnn import (
    activation, addition, average_pooling, batch_norm, circular_convolution, concatenation, convolution, dense,
    flatten, global_average_pooling, layer, max_pooling, prove, transposed_convolution,
)
from symcnn.counting import OPERATIONS, counts, entries, output_extents
from symcnn.errors import StepError, UsageError
from symcnn.notation.expression import expression
from symcnn.notation.polynomial import polynomial


class Number:
    """A number that tallies what is done with it."""

    tally: dict = {}

    def did(self, what):
        Number.tally[what] = Number.tally.get(what, 0) + 1
        return Number()

    def __add__(self, other):
        return self.did("additions")

    __sub__ = __add__

    def __mul__(self, other):
        return self.did("multiplications")

    def __truediv__(self, other):
        return self.did("divisions")

    def larger(self, other):
        return self.did("comparisons")

    def root(self):
        return self.did("square roots")

    def activated(self):
        return self.did("activation evaluations")


def total(numbers):
    first, *rest = numbers
    for n in rest:
        first = first + n
    return first


def places(extent, kernel, stride, dilation, padding):
    """Output positions of one axis, by trying."""
    return [o for o in range(extent + 2 * padding) if o * stride + dilation * (kernel - 1) < extent + 2 * padding]


def windows(z):
    a = places(z["H1"], z["K1"], z["s1"], z.get("d1", 1), z["p1"])
    b = places(z["H2"], z["K2"], z["s2"], z.get("d2", 1), z["p2"])
    return list(itertools.product(a, b))


def taps(z):
    return list(itertools.product(range(z["K1"]), range(z["K2"])))


def run_convolution(z, bias=True, groups=1):
    done = 0
    for _ in itertools.product(range(z["N"] * groups), range(z["M"]), windows(z)):
        sum_ = total([Number() * Number() for _ in range(z["C"]) for _ in taps(z)])
        if bias:
            sum_ + Number()
        done += 1
    return done


def run_pooling(z, step):
    done = 0
    for _ in itertools.product(range(z["N"] * z["C"]), windows(z)):
        step([Number() for _ in taps(z)])
        done += 1
    return done


def largest(numbers):
    first, *rest = numbers
    for n in rest:
        first = first.larger(n)


def run_batch_norm(z, training):
    positions = z["N"] * z["H1"] * z["H2"]
    for _ in range(z["C"]):
        if training:
            constant = Number()
            mean = total([Number() for _ in range(positions)]) * constant
            squares = []
            for _ in range(positions):
                difference = Number() - mean
                squares.append(difference * difference)
            total(squares) * constant
        factor = Number() / (Number() + Number()).root()
        for _ in range(positions):
            Number() * factor * (Number() - Number()) + Number()
    return positions * z["C"]


def run_dense(z):
    for _ in range(z["N"] * z["M"]):
        total([Number() * Number() for _ in range(z["C"])]) + Number()
    return z["N"] * z["M"]


def run_each(z, step):
    for _ in range(z["N"] * z["C"] * z["H1"] * z["H2"]):
        step()
    return z["N"] * z["C"] * z["H1"] * z["H2"]


def run_global(z):
    for _ in range(z["N"] * z["C"]):
        total([Number() for _ in range(z["H1"] * z["H2"])]) * Number()
    return z["N"] * z["C"]


WINDOW = "H1 H2 K1 K2 s1 s2 p1 p2"
CASES = {
    "convolution": (convolution, {}, run_convolution),
    "convolution without bias": (convolution, {"bias": False}, lambda z: run_convolution(z, bias=False)),
    "convolution with groups": (convolution, {"groups": True}, lambda z: run_convolution(z, groups=z["G"])),
    "circular convolution": (circular_convolution, {}, run_convolution),
    "max pooling": (max_pooling, {}, lambda z: run_pooling(z, largest)),
    "average pooling": (average_pooling, {}, lambda z: run_pooling(z, lambda w: total(w) * Number())),
    "average pooling, inside": (average_pooling, {"padding_counts": False},
                                lambda z: run_pooling(z, lambda w: total(w) * Number())),
    "batch norm": (batch_norm, {}, lambda z: run_batch_norm(z, False)),
    "batch norm, training": (batch_norm, {"training": True}, lambda z: run_batch_norm(z, True)),
    "dense": (dense, {}, run_dense),
    "relu": (activation, {}, lambda z: run_each(z, lambda: Number().activated())),
    "addition of three": (addition, {"parts": 3}, lambda z: run_each(z, lambda: Number() + Number() + Number())),
    "flatten": (flatten, {}, lambda z: run_each(z, lambda: None)),
    "global average pooling": (global_average_pooling, {}, run_global),
}


def random_sizes(made, chance):
    """Small unequal sizes at which the layer has an output."""
    while True:
        z = {n: chance.randint(max(1, s.lower), 4) for n, s in made.context.sizes.items()}
        for h in ("H1", "H2"):
            if h in z:
                z[h] = chance.randint(2, 7)
        for p in ("p1", "p2"):
            if p in z:
                z[p] = chance.randint(0, 2)
        if all(a.evaluate({made.size(n): v for n, v in z.items()}) >= 0 for a in made.assumptions):
            return z


@pytest.mark.parametrize(("make", "options", "run"), CASES.values(), ids=CASES)
def test_counts_are_those_of_arithmetic_that_is_done(make, options, run):
    made, chance = make(**options), random.Random(1)
    found = counts(made)
    for _ in range(6):
        z = random_sizes(made, chance)
        Number.tally = {}
        outputs = run(z)
        sizes = {made.size(n): v for n, v in z.items()}
        assert {what: c.at(sizes) for what, c in found.operations.items()
                if what != "multiply-accumulates" and c.at(sizes)} == Number.tally, z
        assert found.outputs.at(sizes) == outputs
        if "convolution" in make.__name__ or make is dense:
            assert found.operations["multiply-accumulates"].at(sizes) == Number.tally["multiplications"]
        for c in (*found.operations.values(), found.outputs):
            assert c.instance(sizes).right == expression(c.at(sizes))
            assert not c.instance(sizes).hypotheses


@pytest.mark.parametrize(("make", "options"), [c[:2] for c in CASES.values()], ids=CASES)
def test_every_count_is_a_theorem_for_all_sizes(make, options):
    made = make(**options)
    found = counts(made)
    for c in (*found.operations.values(), found.outputs):
        assert c.theorem.left == c.expression
        assert prove(c.theorem.right, expression(c.polynomial))
        assert len(c.theorem.hypotheses) == (2 * len(output_extents([made.definition.tensor])))


SIZES = {"N": 2, "C": 3, "M": 5, "H1": 8, "H2": 9, "K1": 2, "K2": 3, "s1": 2, "s2": 1, "d1": 1, "d2": 2, "p1": 1,
         "p2": 0}
WRONG = {
    "one kernel extent twice": lambda q, o1, o2: q("C*M*N*K1*K1") * o1 * o2,
    "input positions for output positions": lambda q, o1, o2: q("C*M*N*K1*K2*H1*H2"),
    "one too many": lambda q, o1, o2: q("C*M*N*K1*K2") * o1 * o2 + 1,
    "channels added": lambda q, o1, o2: q("(C+M)*N*K1*K2") * o1 * o2,
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_count_is_refused(wrong):
    conv = convolution()
    right = counts(conv).operations["multiplications"]
    numbers = {conv.size(n): v for n, v in SIZES.items()}
    claimed = wrong(conv.polynomial, *map(polynomial, right.extents.values()))
    with pytest.raises(StepError):
        prove(right.theorem.right, expression(claimed))
    outputs = {o: len(a.indices(numbers)) for a, o in right.extents.items()}
    at = right.instance(numbers)
    with pytest.raises(StepError):
        prove(at.left, expression(claimed.evaluate({**numbers, **outputs})))


@pytest.mark.parametrize("text", [
    "Z[i] = sum(k=0..i) x[k]", "Z[i] = sum(k=1..K-1) x[i+k-1]", "Z[i] = sum(k=0..K-1) [2*k <= i] x[k]"])
def test_formulas_with_an_unlike_number_of_terms_are_refused(text):
    made = layer("y[i] = x[i]", "H K", "x[H] Z[H]").define(text)
    with pytest.raises(UsageError, match="not counted"):
        counts(made)
    with pytest.raises(UsageError, match="not counted"):
        counts(transposed_convolution())


@pytest.mark.parametrize(("text", "free"), [
    ("Z[q] = sum(i=0..A-1, j=0..B-1) [q = i*B + j] T[i,j]", True),
    ("Z[q] = sum(i=0..A-1, j=0..B-1) [q = i*A + j] T[i,j]", False),
    ("Z[q] = sum(i=0..A-1, j=0..B-1) [q = i + j] T[i,j]", False),
    ("Z[q] = sum(j=0..B-1, i=0..A-1) [q = i*B + j] T[i,j]", False),
    ("Z[q] = sum(i=0..A-1, j=0..B-1) [q = i*B + j] T[i,j] T[j,i]", False),
])
def test_only_row_by_row_flattening_is_free_of_additions(text, free):
    made = layer("y[i,j] = T[i,j]", "A B", "T[A,B] Z[A*B]").define(text)
    if free:
        assert not counts(made).operations
    else:
        with pytest.raises(UsageError, match="not counted"):
            counts(made)


CONVENTION = {
    "minus is an addition": ("Z[i] = x[i] - y[i]", {"additions": 5}),
    "a constant factor": ("Z[i] = 1/4*x[i]", {"multiplications": 5}),
    "constants are one": ("Z[i] = 2*x[i]*H/3", {"multiplications": 5}),
    "a sign is none": ("Z[i] = -x[i]", {}),
    "a power": ("Z[i] = x[i]^3", {"multiplications": 10}),
    "a reciprocal": ("Z[i] = 1/x[i]", {"divisions": 5}),
    "a quotient": ("Z[i] = x[i]*y[i]/(x[i] + 1)", {"multiplications": 5, "divisions": 5, "additions": 5}),
    "a choice is no addition": ("Z[i] = x[i] + y[i-H]", {}),
    "reads that meet are added": ("Z[i] = x[i] + x[i-1]", {"additions": 5}),
    "functions": ("Z[i] = sigmoid(x[i]) + sqrt(y[i])",
                  {"additions": 5, "activation evaluations": 5, "square roots": 5}),
}


@pytest.mark.parametrize(("text", "expected"), CONVENTION.values(), ids=CONVENTION)
def test_the_convention(text, expected):
    made = layer("w[i] = x[i]", "H", "x[H] y[H] Z[H]").define(text)
    found = counts(made).operations
    assert {what: c.at({made.size("H"): 5}) for what, c in found.items()} == expected
    assert set(found) <= set(OPERATIONS)


def test_parameters():
    conv = convolution()
    assert [str(c.polynomial) for c in counts(conv, ["W", "b"]).parameters.values()] == ["C*K1*K2*M", "M"]
    assert entries(conv["W"]).theorem.right == expression(entries(conv["W"]).polynomial)


def test_concatenation_moves_entries_only():
    joined = concatenation(3)
    found = counts(joined)
    assert not found.operations
    assert found.outputs.at({joined.size(n): v for n, v in zip(("N", "C1", "C2", "C3", "H1", "H2"), (2, 3, 4, 5, 6, 7),
                                                               strict=True)}) == 2 * 12 * 42
