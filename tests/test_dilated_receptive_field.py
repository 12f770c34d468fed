"""Receptive fields of dilated layers: extents, holes and lists, against enumerated offsets."""

import re
from itertools import product
from pathlib import Path

import pytest

from symcnn import Verdict, prove
from symcnn.calculus import prove_text
from symcnn.derivation import Source, run
from symcnn.errors import StepError, UsageError
from symcnn.layers.layer import declare

SOURCE = Source("dilated_receptive_field",
                Path(__file__).parent.parent / "derivations/problems/dilated_receptive_field.py")


def listed(reason):
    return [(int(k), int(s)) for k, s in re.findall(r"\((\d+), (\d+)\)", reason)]


@pytest.mark.parametrize("settings", [{}, {"extent": "13", "kernel": "5"}, {"extent": "2", "receptive_field": "21"},
                                      {"kernel": "2", "dilation": "4", "receptive_field": "9"},
                                      {"kernel": "3", "dilation": "2", "receptive_field": "17"}])
def test_lists_and_holes_are_complete(settings):
    d = run(SOURCE, {"receptive_field": "11", **settings} if "kernel" in settings else settings)
    given = d.parameters
    one, two = (s.reason for s in d.steps if "exactly these pairs" in s.reason)
    largest = range(1, 60)
    assert listed(one) == [(k, s) for k in largest if k >= 2 for s in largest if s * (k - 1) + 1 == given["extent"]]
    first = given["dilation"] * (given["kernel"] - 1)
    total = given["receptive_field"]
    expected = [(k, s) for k in largest if k >= 2 for s in largest if 1 + first + s * (k - 1) == total]
    assert listed(two) == expected
    shown = [s for s in d.steps if s.reason.startswith("$K_1 = ")][-len(expected):]
    for (k, s), step in zip(expected, shown, strict=True):
        read = {given["dilation"] * a + s * b for a, b in product(range(given["kernel"]), range(k))}
        holes = [str(q) for q in range(given["receptive_field"]) if q not in read]
        assert step.reason.endswith(f"not read: {', '.join(holes)}" if holes else "no holes")
        assert {int(q or 0) for q in re.findall(r"\[-o \+ u(?: - (\d+))? = 0\]", str(step.theorem.right))} == read
    assert d.verdict is Verdict.PROVED


def test_the_problem_as_it_is_stated():
    (one, _) = (s.reason for s in run(SOURCE).steps if "exactly these pairs" in s.reason)
    assert listed(one) == [(2, 6), (3, 3), (4, 2), (7, 1)]


def test_the_extent_in_symbols():
    rights = [str(t.right) for t in run(SOURCE).conclusions if str(t.left).startswith("sum(q")]
    assert rights == ["1 + d1 * (K1 - 1) + s1 * d2 * (K2 - 1)", "1 + d1 * (K1 - 1) + d2 * (K2 - 1)",
                      "d1 * (K1 - 1) + 1"]


LAYERS = declare("K1 K2 d1 d2 s1 s2", "X[0..] W[K1] V[K2]").define(
    "Y[i] = sum(k1) W[k1] X[s1*i+d1*k1]", "Y[0..]").define("Z[o] = sum(k2) V[k2] Y[s2*o+d2*k2]", "Z[0..]")
WRONG_CLAIMS = {
    "an entry less": "Z[o] = sum(k1,k2) V[k2] W[k1] X[s1*s2*o+s1*d2*k2+d1*k1] "
                     "[s1*d2*k2+d1*k1 <= d1*(K1-1)+s1*d2*(K2-1)-1]",
    "the stride of the second layer instead": "Z[o] = sum(k1,k2) V[k2] W[k1] X[s1*s2*o+s2*d2*k2+d1*k1]",
    "without the stride": "∂Z[o]/∂X[s1*s2*o + d1*(K1-1) + d2*(K2-1)] = V[K2-1] W[K1-1]",
    "the entry before": "∂Z[o]/∂X[s1*s2*o + d1*(K1-1) + s1*d2*(K2-1) - 1] = V[K2-1] W[K1-1]",
}


@pytest.mark.parametrize("text", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS)
def test_wrong_receptive_fields_are_refused(text):
    with pytest.raises(StepError):
        prove_text(LAYERS, text)


def test_a_list_with_a_pair_missing_is_refused():
    names = declare("", "T[2..,1..]")
    every = names.equation("T[K,d] [d*(K-1) = 6] = T[2,6] [K=2,d=6] + T[3,3] [K=3,d=3] + T[7,1] [K=7,d=1]")
    with pytest.raises(StepError):
        prove(every.left, every.right)


WRONG = {
    "extent 1": ({"extent": "1"}, "extent is 1; allowed: 2 to 200"),
    "a field that the first layer fills": ({"receptive_field": "3"}, "receptive_field is 3; allowed: 4 to 200"),
    "kernel 0": ({"kernel": "0"}, "kernel is 0"),
    "dilation 0": ({"dilation": "0"}, "dilation is 0"),
}


@pytest.mark.parametrize(("settings", "why"), WRONG.values(), ids=WRONG)
def test_wrong_parameters_are_one_line(settings, why):
    with pytest.raises(UsageError, match=why) as found:
        run(SOURCE, settings)
    assert "\n" not in str(found.value)
