"""Transposed convolutions entry by entry: numbers and symbols follow from the parameters."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

from symcnn import Verdict, decide, declare
from symcnn.derivation import Source, run
from symcnn.errors import UsageError
from symcnn.kernel.claim import Claim
from symcnn.layers.data import matrix, table

NAME = "transposed_convolution_entries"
SOURCE = Source(NAME, Path(__file__).parent.parent / f"derivations/problems/{NAME}.py")
CASES = {
    "the problem": {},
    "stride 2": {"stride": "2"},
    "stride 3 leaves gaps": {"stride": "3"},
    "unequal sizes": {"input": "1 2 3; -4 5 1/2", "kernel": "1 0 2", "stride": "2"},
    "one entry": {"input": "7", "kernel": "1 2; 3 4; 5 6"},
    "ten columns": {"input": "1 2 3 4 5 6 7 8 9 10", "kernel": "1 -1"},
}


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_all_entries_are_those_of_plain_loops(settings):
    d = run(SOURCE, settings)
    x, w = matrix("x", d.parameters["input"]), matrix("w", d.parameters["kernel"])
    stride = d.parameters["stride"]
    shape = (stride * (len(x) - 1) + len(w), stride * (len(x[0]) - 1) + len(w[0]))
    expected = [[Fraction(0)] * shape[1] for _ in range(shape[0])]
    products = [[[] for _ in range(shape[1])] for _ in range(shape[0])]
    digits = [max(len(t), len(t[0])) for t in (x, w)]

    def name(stem, a, b, largest):
        return f"{stem}{a + 1}{b + 1}" if largest < 10 else f"{stem}_{a + 1}_{b + 1}"

    for i in range(len(x)):
        for j in range(len(x[0])):
            for a in range(len(w)):
                for b in range(len(w[0])):
                    expected[stride * i + a][stride * j + b] += x[i][j] * w[a][b]
                    products[stride * i + a][stride * j + b].append(
                        f"{name('x', i, j, digits[0])} * {name('w', a, b, digits[1])}")
    assert d.verdict is Verdict.PROVED
    assert table(d.conclusions[-1].statement) == expected
    shown = {str(t.left): str(t.right) for t in d.theorems if re.fullmatch(r"Z\[\d+, \d+\]", str(t.left))}
    assert shown == {f"Z[{u}, {v}]": " + ".join(products[u][v]) or "0"
                     for u in range(shape[0]) for v in range(shape[1])}


def test_a_flipped_kernel_or_a_wrong_stride_is_refuted():
    names = declare("O K s", "X[O] w[K]").define("Z[u] = sum(i,k) [s*i + k = u] w[k] X[i]", "Z[s*(O-1)+K]")
    for wrong in ("sum(i) X[i] w[s*i-u]", "sum(i) X[i] w[u-i]", "sum(i) X[i] w[K-1-u+s*i]"):
        equation = names.equation(f"Z[u] = {wrong}")
        answer = decide(Claim(equation.left, equation.right, names.definitions))
        assert answer.verdict in (Verdict.REFUTED, Verdict.CONDITIONAL)
        assert answer.counterexample is not None


WRONG = {
    "stride 0": ({"stride": "0"}, "stride is 0; at least 1"),
    "ragged": ({"input": "1 2; 3"}, "rows of 2, 1"),
    "too many multiples": ({"input": "1 2 3 4 5 6;" * 2 + "1 2 3 4 5 6"}, "input has 18 entries; at most 10"),
    "too large": ({"stride": "20"}, "at most 144"),
}


@pytest.mark.parametrize(("settings", "why"), WRONG.values(), ids=WRONG)
def test_wrong_parameters_are_one_line(settings, why):
    with pytest.raises(UsageError, match=why) as found:
        run(SOURCE, settings)
    assert "\n" not in str(found.value)
