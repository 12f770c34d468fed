"""Values that a document lists for an index, where they are no range."""

from __future__ import annotations

from symcnn.document.check import check
from symcnn.verdict import Verdict

ODD = r"""The convolution is

$$Z[i] = \sum_{k} W[k] X[2i+k].$$

For $r = 0VALUES$ the input gradient is

$$\frac{\partial J}{\partial X[2i+r]} = \sum_{k} W[2k] \frac{\partial J}{\partial Z[i-k]}.$$
"""


def test_a_line_that_holds_for_the_first_value_alone_is_not_proved() -> None:
    verdicts = {values: check(ODD.replace("VALUES", values)).findings[-1].verdict
                for values in ("", ", 1", ", 2", ", 3")}
    assert verdicts.pop("") is Verdict.PROVED
    assert Verdict.PROVED not in verdicts.values()
