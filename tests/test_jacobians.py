"""The chain rule along layers: proved only where everything passes through the names in between."""

from __future__ import annotations

import pytest

from symcnn.document.check import check
from symcnn.verdict import Verdict

LOSS = r"$$J = \frac{1}{2} (h_T - c)^2$$"
PLAIN = r"$$h_t = \tanh(U h_{t-1} + V x_t)$$"
SKIP = r"$$h_t = \tanh(U h_{t-1}) + h_{t-2}$$"
PRODUCT = (r"$$\frac{\partial J}{\partial h_t} = \frac{\partial J}{\partial h_T} "
           r"\prod_{k=t+1}^{T} \frac{\partial h_k}{\partial h_{k-1}}$$")
SHARED = (r"$$\frac{\partial J}{\partial U} = \frac{\partial J}{\partial h_T} \frac{\partial h_T}{\partial h_t} "
          r"\frac{\partial h_t}{\partial U}$$")
LAST = r"$$\frac{\partial J}{\partial U} = \frac{\partial J}{\partial h_T} \frac{\partial h_T}{\partial U}$$"
BEFORE = (r"$$\frac{\partial J}{\partial x_t} = \frac{\partial J}{\partial h_{t-1}} "
          r"\frac{\partial h_{t-1}}{\partial x_t}$$")


@pytest.mark.parametrize(("formula", "claim", "verdict"), [
    (PLAIN, PRODUCT, Verdict.PROVED), (PLAIN, LAST, Verdict.PROVED), (SKIP, LAST, Verdict.PROVED),
    (SKIP, PRODUCT, Verdict.UNDECIDED), (PLAIN, SHARED, Verdict.UNDECIDED), (PLAIN, BEFORE, Verdict.REFUTED),
], ids=["steps", "shared weights, last step", "skip, last step", "skip past the steps", "shared weights, one step",
        "an earlier step"])
def test_a_product_of_jacobians(formula: str, claim: str, verdict: Verdict) -> None:
    found = check("\n\n".join((formula, LOSS, claim))).findings[-1]
    assert found.verdict is verdict, f"{claim}\n{found.verdict}: {found.reason}"
