"""Functions that a document gives no formula: for which of them a line holds is not decided by the checker."""

from __future__ import annotations

import pytest

from symcnn.document.check import check
from symcnn.verdict import Verdict

OPEN = {
    "a slope of the logistic function": (r"The activation is $a = \phi(z)$. Then $\phi'(z) = \phi(z)(1 - \phi(z))$.",
                                         Verdict.UNDECIDED, "logistic"),
    "a slope of tanh": (r"The activation is $a = \phi(z)$. Then $\phi'(z) = 1 - \phi(z)^2$.",
                        Verdict.UNDECIDED, "tanh"),
    "a slope of no known function": (r"The activation is $a = \phi(z)$. Then $\phi'(z) = 3 \phi(z) + 2$.",
                                     Verdict.UNDECIDED, "is not said"),
    "the product rule": (r"The activation is $a = \phi(z)$ and $b = z \phi(z)$. "
                         r"Then $\frac{db}{dz} = \phi(z) + z \phi'(z)$.", Verdict.PROVED, ""),
    "a lost factor": (r"The activation is $a = \phi(z)$ and $b = z \phi(z)$. "
                      r"Then $\frac{db}{dz} = \phi(z) + \phi'(z)$.", Verdict.REFUTED, ""),
}


@pytest.mark.parametrize(("text", "verdict", "reason"), OPEN.values(), ids=OPEN)
def test_functions_without_a_formula(text: str, verdict: Verdict, reason: str) -> None:
    found = check(text).findings[-1]
    assert found.verdict is verdict
    assert reason in found.reason
