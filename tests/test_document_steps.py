"""Sequences followed step by step, powers with letters, functions without a formula: what is shown, and what is not."""

import pytest

from symcnn.document.check import check
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.notation.expression import OPEN, Apply, Derivative, Read, Tensor
from symcnn.verdict import Verdict

X = Read(Tensor("x"), ())
MOMENTUM = "Let $v_t = a v_{t-1} + g_t$ and $x_t = x_{t-1} - v_t$. "


def last(text: str) -> Verdict:
    return check(text, "a.md").findings[-1].verdict


def test_a_function_without_a_formula_has_a_slope_of_its_own():
    f, slope, other = (Apply(OPEN + name, X) for name in ("f", "f'", "g"))
    assert not equal(Claim(Derivative(f * f, X), 2 * f * slope)).hypotheses
    for wrong in (f, other, 1 - f):
        with pytest.raises(StepError):
            equal(Claim(Derivative(f, X), wrong))


@pytest.mark.parametrize(("line", "verdict"), [
    ("So $x_{t+1} = x_t - a v_t - g_{t+1}$.", Verdict.PROVED),
    ("So $x_{t+1} = x_t - a v_t - g_t$.", Verdict.REFUTED),
    ("So $x_{n+1} - x_n = a (x_n - x_{n-1}) - g_{n+1}$.", Verdict.PROVED),
    ("Another method has $x_{t} = x_{t-1} - g_t$.", Verdict.DEFINED),
    ("It starts with $v_0 = 3$.", Verdict.DEFINED),
    ("With $v_0 = 0$ we get $v_t = \\sum_{i=1}^{t} a^{t-i} g_i$.", Verdict.TESTED),
    ("With $v_0 = 0$ we get $v_t = \\sum_{i=0}^{t} a^{t-i} g_i$.", Verdict.REFUTED),
    ("Hence $v_t = \\sum_{i=1}^{t} a^{t-i} g_i$.", Verdict.UNDECIDED),
], ids=["two steps", "wrong step", "other letter", "another method", "start", "unrolled", "unrolled from 0",
        "start not said"])
def test_lines_about_a_sequence(line, verdict):
    assert last(MOMENTUM + line) is verdict


def test_where_a_product_begins_is_not_refuted():
    report = check("Let $j_l = j_{l-1} s_l$ and $j_0 = 1$, so $j_l = \\prod_{i=1}^{l} s_i$.", "a.md")
    assert [f.verdict for f in report.findings] == [Verdict.DEFINED, Verdict.DEFINED, Verdict.TESTED]


def test_powers_with_letters_are_not_differentiated():
    text = "The rule is $\\frac{\\partial}{\\partial q} q^{n} = 0$ where $q$ is a ratio, or $q^{n} = q^{n} q$."
    report = check(text, "a.md")
    assert Verdict.PROVED not in [f.verdict for f in report.findings]


def test_a_matrix_is_symmetric_only_where_it_is_said():
    form = "$E(w) = \\frac12 w^\\top Q w$ with $Q \\in \\mathbb{R}^{n \\times n}$"
    gradient = " has the gradient $\\nabla E(w) = Q w$."
    assert last(f"The form {form} and symmetric{gradient}") is Verdict.PROVED
    assert last(f"The form {form}{gradient}") is Verdict.REFUTED
