"""A line does not rest on an axis of which only its own sums say where it begins and ends."""

from __future__ import annotations

import pytest

from symcnn.document.check import check
from symcnn.verdict import Verdict

TWO_BANKS = r"""There are {words}.

$$u_{{p,i}} = \sum_{{q=1}}^{{4}} \sum_{{k=0}}^{{2}} h_{{p,q,k}}\, v_{{q,i+k}}$$

$$\frac{{\partial J}}{{\partial v_{{q,t}}}} = \sum_{{p={first}}}^{{{last}}} \sum_{{k=0}}^{{2}} h_{{p,q,k}}\, \frac{{\partial J}}{{\partial u_{{p,t-k}}}}$$
"""  # noqa: E501
CASES = {
    "as many as the words say": ("four input maps, five output maps and three taps", 1, 5, Verdict.PROVED),
    "as many as a size": ("$P$ output maps", 1, "P", Verdict.PROVED),
    "the places of a window": ("$P$ inputs and windows of $S$", 1, "P-S+1", Verdict.PROVED),
    "one place too many": ("$P$ inputs and windows of $S$", 1, "P-S+2", Verdict.UNDECIDED),
    "from the second one on": ("four input maps, five output maps and three taps", 2, 5, Verdict.UNDECIDED),
    "one too many": ("four input maps, five output maps and three taps", 1, 6, Verdict.UNDECIDED),
    "as many as of another axis": ("four input maps, five output maps and three taps", 1, 4, Verdict.UNDECIDED),
    "one more than a size": ("$P$ output maps", 1, "P+1", Verdict.UNDECIDED),
}


@pytest.mark.parametrize(("words", "first", "last", "verdict"), CASES.values(), ids=CASES)
def test_the_range_of_a_gradient_is_stated_elsewhere(words, first, last, verdict):
    assert check(TWO_BANKS.format(words=words, first=first, last=last)).findings[-1].verdict is verdict


def test_another_line_says_how_far_an_axis_goes():
    text = TWO_BANKS.format(words="three taps", first=1, last=5)
    assert check(text).findings[-1].verdict is Verdict.UNDECIDED
    stated = check(text + "\n$$B = \\sum_{p=1}^{5} \\sum_i u_{p,i}$$\n").findings
    assert stated[1].verdict is Verdict.PROVED


@pytest.mark.parametrize(("first", "proved"), [(1, True), (2, False)])
def test_errors_with_a_name_go_as_far_as_their_outputs(first, proved):
    text = (r"Let $$u_t = q_1 s_t + q_2 s_{t+1}, \qquad t = 1, \dots, n.$$ With $d_t = \partial C/\partial u_t$ "
            rf"$$\frac{{\partial C}}{{\partial q_1}} = \sum_{{t={first}}}^n d_t s_t$$")
    assert (check(text).findings[-1].verdict is Verdict.PROVED) is proved


def test_factors_of_the_chain_rule_are_no_gradient_without_their_sum():
    text = (r"With $r_i = a s_i$ we find $$\frac{\partial J}{\partial a} = \frac{\partial J}{\partial r_i} "
            r"\frac{\partial r_i}{\partial a} = %s \frac{\partial J}{\partial r_i} s_i$$")
    assert check(text % r"\sum_i").findings[-1].verdict is Verdict.PROVED
    assert check(text % "").findings[-1].verdict is Verdict.UNDECIDED


def test_a_value_beside_a_property_proves_nothing_of_functions_in_general():
    document = r"""With $\sigma(x) = \frac{1}{1 + e^{-x}}$ the largest slope is 0.25 (at $x = 0$).

$$\tanh(x) = 2 \sigma(x) - 1$$
"""
    assert str(check(document).findings[-1].verdict) != "proved"


@pytest.mark.parametrize("text", [
    r"For numbers $a = w x$, $b = v x$, $L = a b$: $$\frac{\partial L}{\partial x} = \frac{\partial L}{\partial a} w$$",
    r"With $h = W x$, $u = A h$ and $v = B h$: $$\frac{\partial L}{\partial h} = A^T \frac{\partial L}{\partial u}$$",
], ids=["a loss with a formula", "a loss without one"])
def test_a_gradient_by_one_of_two_ways_is_not_proved(text):
    found = check(text).findings[-1]
    assert found.verdict is not Verdict.PROVED
    assert "through" in found.reason


@pytest.mark.parametrize(("factor", "verdict"), [("", Verdict.UNDECIDED), ("2 ", Verdict.REFUTED)])
def test_a_delta_with_two_indices_may_be_that_of_kronecker(factor, verdict):
    text = rf"$$\sum_c \delta_{{c,d}} \delta_{{p+k,i}} w_{{c,p}} = {factor}\delta_{{p+k,i}} w_{{d,p}}$$"
    assert check(text).findings[-1].verdict is verdict
