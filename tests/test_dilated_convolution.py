"""Dilated convolutions of given numbers: every entry follows from the parameters."""

from fractions import Fraction
from pathlib import Path

import pytest

from symcnn import Verdict, decide
from symcnn.derivation import Source, run
from symcnn.errors import UsageError
from symcnn.kernel.claim import Claim
from symcnn.layers.data import matrix, table
from symcnn.notation.expression import Definition

SOURCE = Source("dilated_convolution", Path(__file__).parent.parent / "derivations/problems/dilated_convolution.py")
CASES = {
    "the problem": {},
    "stride 2": {"stride": "2"},
    "no dilation": {"dilation": "1", "padding": "0"},
    "a wide input": {"input": "1 2 3 4 5 6 7; 0 -1 1/2 0 1 2 2", "kernel": "1 0 -2", "dilation": "3", "padding": "0"},
    "more padding than kernel": {"padding": "3", "kernel": "2"},
    "other kernel": {"kernel": "1 2; 3 4; 5 6", "dilation": "1", "stride": "3", "padding": "2"},
}


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_all_entries_are_those_of_plain_loops(settings):
    d = run(SOURCE, settings)
    given = d.parameters
    x, w = matrix("x", given["input"]), matrix("w", given["kernel"])
    dilation, padding, stride = (given[name] for name in ("dilation", "padding", "stride"))

    def entry(u, v):
        return x[u][v] if 0 <= u < len(x) and 0 <= v < len(x[0]) else Fraction(0)

    rows, columns = ((len_x + 2 * padding - dilation * (len_w - 1) - 1) // stride + 1 for len_x, len_w in (
        (len(x), len(w)), (len(x[0]), len(w[0]))))
    expected = [[sum(w[a][b] * entry(stride * i + dilation * a - padding, stride * j + dilation * b - padding)
                     for a in range(len(w)) for b in range(len(w[0]))) for j in range(columns)] for i in range(rows)]
    assert d.verdict is Verdict.PROVED
    assert table(d.conclusions[-1].statement) == expected
    assert [str(t.right) for t in d.conclusions[1:3]] == [str(rows), str(columns)]


def test_a_wrong_entry_is_refuted():
    d = run(SOURCE)
    last = d.conclusions[-1]
    assert table(last.statement) == [[5, 10, 5], [10, 20, 10], [5, 10, 5]]
    definitions = tuple(h for h in last.hypotheses if isinstance(h, Definition))
    assert decide(Claim(last.left, 2 * last.right, definitions)).verdict is Verdict.REFUTED


WRONG = {
    "dilation 0": ({"dilation": "0"}, "dilation is 0; at least 1"),
    "negative padding": ({"padding": "-1"}, "padding is -1; at least 0"),
    "a kernel that spans too much": ({"padding": "0", "dilation": "3"}, "spans 4 rows; the padded input has 3"),
    "ragged": ({"kernel": "1 2; 3"}, "rows of 2, 1"),
}


@pytest.mark.parametrize(("settings", "why"), WRONG.values(), ids=WRONG)
def test_wrong_parameters_are_one_line(settings, why):
    with pytest.raises(UsageError, match=why) as found:
        run(SOURCE, settings)
    assert "\n" not in str(found.value)
