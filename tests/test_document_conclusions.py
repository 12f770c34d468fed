"""A formula of a name that goes straight on from the one before it: right, wrong, or another formula altogether."""

from __future__ import annotations

import pytest

from symcnn.document.check import check
from symcnn.verdict import Verdict

WRONG = {
    "so": "Let $y = 3 (x + 2)$, so $y = 3 x + 5$.",
    "then": "Let $y = 3 (x + 2)$. Then $y = 3 x + 5$.",
    "i.e.": "There are $P = k^2 c m + m$ parameters, i.e. $P = m (k^2 c + m)$.",
    "that is": "The cost is $F = 2 k^2 c m h w$, that is, $F = k^2 c m h w$.",
    "expanding": "$$y = 3 (x + 2)$$ Expanding, $$y = 3 x + 5$$",
    "an arrow": r"$$y = 3 (x + 2)$$ $$\Rightarrow y = 3 x + 5$$",
    "an arrow in a chain": r"\begin{align} y &= 3 (x + 2) \\ \Rightarrow y &= 3 x + 5 \end{align}",
    "a square": "Let $L = (a - b)^2$. Therefore $$L = a^2 - a b + b^2$$",
    "a property of another": r"Let $v$ be a unit vector. Then $\frac{u^T b}{u^T u} = u^T b$.",
}
RIGHT = {
    "so": "Let $y = 3 (x + 2)$, so $y = 3 x + 6$.",
    "i.e.": "There are $P = k^2 c m + m$ parameters, i.e. $P = m (k^2 c + 1)$.",
    "an arrow": r"$$y = 3 (x + 2)$$ $$\Rightarrow y = 3 x + 6$$",
    "a square": "Let $L = (a - b)^2$. Therefore $$L = a^2 - 2 a b + b^2$$",
}
OPEN = {
    "another equation between": "From the first, $y = 5 - x$. Then $2 x - y = 1$, so $y = 2 x - 1$.",
    "a condition between": "Let $y = x^2 + c$. For $c = 1$, therefore, $y = x^2 + 1$.",
    "a condition in words": "The line is $y = m x + b$. It passes the origin, so $y = m x$.",
    "something left out": "Let $y = x^2 + x$; ignoring the first term, it follows that $y = x$.",
    "of another": "The first player gets $u = 2 a + b$. Then comes the other, so $u = a - b$.",
    "a condition behind it": r"$$\frac{u^T b}{u^T u} = u^T b \quad \text{(if } \|u\| = 1\text{)}$$",
    "an equation behind it": r"Let $w \in \mathbb{R}^n$. $$\frac{w^T x}{w^T w} = w^T x, \quad w^T w = 1$$",
    "a property before it": r"Let $u$ be a unit vector. Then $\frac{u^T b}{u^T u} = u^T b$.",
    "a property in bold letters": r"For a unit vector **u** this is $\frac{u^T b}{u^T u} = u^T b$.",
    "no conclusion": "$$y = 3 (x + 2)$$ $$y = 3 x + 5$$",
}


def verdicts(text: str) -> list[Verdict]:
    return [f.verdict for f in check(text, "a.md").findings]


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_form_is_refuted(name: str) -> None:
    assert verdicts(WRONG[name])[-1] is Verdict.REFUTED


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_form_is_proved(name: str) -> None:
    assert verdicts(RIGHT[name])[-1] is Verdict.PROVED


@pytest.mark.parametrize("name", OPEN)
def test_another_formula_is_not_refuted(name: str) -> None:
    assert Verdict.REFUTED not in verdicts(OPEN[name])


def test_a_name_whose_formula_is_not_understood_may_depend_on_all() -> None:
    """Without a word on what σ is, the slope of a = σ(z) is open, and with it those through a."""
    said = r"With $a = \sigma(z)$, $z = w x + b$ and $L = \frac{1}{2} (a - y)^2$ we get "
    assert verdicts(said + r"$\frac{\partial L}{\partial w} = (a - y) a (1 - a) x$.")[-1] is Verdict.UNDECIDED
    assert verdicts(said + r"$\frac{\partial L}{\partial w} = (a - y) \sigma'(z)$.")[-1] is Verdict.REFUTED
    logistic = r"Here $\sigma$ is the logistic function. " + said
    assert verdicts(logistic + r"$\frac{\partial L}{\partial w} = (a - y) a (1 - a) x$.")[-1] is Verdict.PROVED
