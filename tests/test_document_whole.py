"""Lines between whole vectors and matrices, layers and steps: read entry by entry, proved or refuted."""

import pytest

from symcnn.document.check import check

COLUMNS = r"""Let $W \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$.
$$h = W x + b$$
$$a = \tanh(h)$$
$$\delta = \frac{\partial L}{\partial h}$$
"""
ROWS = r"""All vectors are row vectors. For every layer $z^{i+1} = z^i W^i + b^i$ and
$$\delta^i = \frac{\partial L}{\partial z^i}$$
where $z^i_j$ is the output of unit $j$, $\delta^i_j$ its error and $W^i_{j,k}$ a weight. The gradients are
$$\frac{\partial L}{\partial b^l} = \delta^{l+1}$$
"""
STEPS = r"""A recurrent network:
$$h_t = \tanh(W_{xh} x_t + W_{hh} h_{t-1} + b_h)$$
$$y_t = W_{hy} h_t + b_y$$
$$dW_{hy} += \frac{dL}{dy_t} \cdot h_t^T$$
The outer product with the input is $dh_{raw} x_t^T$.
"""
SOFTMAX = r"""With one-hot targets $t$, logits $z \in \mathbb{R}^K$,
$$p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}$$
$$L(p, t) = -\sum_i t_i \log p_i$$
"""
RIGHT = {
    "input gradient": (COLUMNS, r"\frac{\partial L}{\partial x} = W^T \delta"),
    "input gradient, a capital T of another kind": (COLUMNS, r"\frac{\partial L}{\partial x} = W^\top \delta"),
    "weight gradient": (COLUMNS, r"\frac{\partial L}{\partial W} = \delta x^T"),
    "bias gradient": (COLUMNS, r"\frac{\partial L}{\partial b} = \delta"),
    "through tanh": (COLUMNS, r"\delta = \frac{\partial L}{\partial a} \odot (1 - a^2)"),
    "through tanh, by a diagonal matrix": (COLUMNS, r"\delta = \mathrm{diag}(1 - a^2) \frac{\partial L}{\partial a}"),
    "Jacobian": (COLUMNS, r"\frac{\partial h}{\partial x} = W"),
    "Jacobian through tanh": (COLUMNS, r"\frac{\partial a}{\partial x} = \mathrm{diag}(1 - a^2) W"),
    "transpose of a product": (COLUMNS, r"(W x)^T = x^T W^T"),
    "squared length": (COLUMNS, r"\|h\|^2 = h^T h"),
    "row vectors, input": (ROWS, r"\frac{\partial L}{\partial z^l} = \delta^{l+1} (W^l)^T"),
    "row vectors, the layer before": (ROWS, r"\delta^{l-1} = \delta^l (W^{l-1})^T"),
    "row vectors, two layers": (ROWS, r"\delta^l = \delta^{l+2} (W^{l+1})^T (W^l)^T"),
    "row vectors, weight": (ROWS, r"\frac{\partial L}{\partial W^l} = (z^l)^T \delta^{l+1}"),
    "past the chain rule": (ROWS, r"\frac{\partial L}{\partial W^l} = \frac{\partial L}{\partial z^{l+1}} "
                                  r"\frac{\partial z^{l+1}}{\partial W^l} = (z^l)^T \delta^{l+1}"),
    "through time": (STEPS, r"dh_t = W_{hy}^T \frac{dL}{dy_t} + W_{hh}^T (dh_{t+1} \odot (1 - h_{t+1}^2))"),
    "output weights": (STEPS, r"dW_{hy} += \frac{dL}{dy_t} \cdot h_t^T"),
    "softmax with cross-entropy": (SOFTMAX, r"\frac{\partial L}{\partial z_j} = p_j - t_j"),
}
WRONG = {
    "transpose missing": (COLUMNS, r"\frac{\partial L}{\partial x} = W \delta"),
    "factors exchanged": (COLUMNS, r"\frac{\partial L}{\partial W} = x \delta^T"),
    "square missing": (COLUMNS, r"\delta = \frac{\partial L}{\partial a} \odot (1 - a)"),
    "factor 2": (COLUMNS, r"\frac{\partial L}{\partial b} = 2 \delta"),
    "sign": (COLUMNS, r"\frac{\partial L}{\partial x} = -W^T \delta"),
    "row vectors, no transpose": (ROWS, r"\frac{\partial L}{\partial z^l} = \delta^{l+1} W^l"),
    "row vectors, weights of another layer": (ROWS, r"\frac{\partial L}{\partial z^l} = \delta^{l+1} (W^{l+1})^T"),
    "row vectors, error of the same layer": (ROWS, r"\frac{\partial L}{\partial W^l} = (z^l)^T \delta^l"),
    "through time without weights": (STEPS, r"dh_t = W_{hy}^T \frac{dL}{dy_t} + dh_{t+1}"),
    "through time without tanh": (STEPS, r"dh_t = W_{hy}^T \frac{dL}{dy_t} + W_{hh}^T dh_{t+1}"),
    "softmax with cross-entropy, sign": (SOFTMAX, r"\frac{\partial L}{\partial z_j} = t_j - p_j"),
    "softmax with cross-entropy, index": (SOFTMAX, r"\frac{\partial L}{\partial z_j} = p_j - t_i"),
}


def last(document: str, line: str):
    return check(f"{document}\n$${line}$$\n", "x.md").findings[-1]


@pytest.mark.parametrize(("document", "line"), RIGHT.values(), ids=RIGHT)
def test_right_lines_are_proved(document, line):
    found = last(document, line)
    assert str(found.verdict) == "proved", found.reason


@pytest.mark.parametrize(("document", "line"), WRONG.values(), ids=WRONG)
def test_wrong_lines_are_refuted(document, line):
    found = last(document, line)
    assert str(found.verdict) == "refuted", found.reason
    assert found.counterexample is not None or found.reason


@pytest.mark.parametrize("document", [COLUMNS, ROWS, STEPS, SOFTMAX])
def test_definitions_are_not_refuted(document):
    assert not {str(f.verdict) for f in check(document, "x.md").findings} & {"refuted", "conditional", "undecided"}


FOR_NUMBERS_ONLY = {
    "by the input": r"Let $h = V u + c$. Then $\frac{\partial L}{\partial u} = V \frac{\partial L}{\partial h}$.",
    "by the weight": r"Let $h = V u + c$. Then $\frac{\partial L}{\partial V} = u \frac{\partial L}{\partial h}$.",
    "in bold": r"Let $\mathbf{h} = V \mathbf{u}$. Then "
               r"$\frac{\partial L}{\partial \mathbf{u}} = V \frac{\partial L}{\partial \mathbf{h}}$.",
}


@pytest.mark.parametrize("text", FOR_NUMBERS_ONLY.values(), ids=FOR_NUMBERS_ONLY)
def test_what_holds_for_numbers_only_is_not_proved_of_letters_that_may_be_matrices(text):
    assert str(check(text).findings[-1].verdict) != "proved"


def test_small_letters_are_numbers():
    text = r"Let $h = v u + c$. Then $\frac{\partial L}{\partial u} = v \frac{\partial L}{\partial h}$."
    assert str(check(text).findings[-1].verdict) == "proved"


def test_a_power_that_begins_with_the_letter_t_is_no_transposition():
    document = r"""The states are $h_t = W h_{t-1}$, to the step $T$,
with $W \in \mathbb{R}^{n \times n}$ and $h_t \in \mathbb{R}^n$.
$$\frac{\partial L}{\partial h_t} = {\left(W^\top\right)}^{T-t} \frac{\partial L}{\partial h_T}$$
"""
    verdict = check(document).findings[-1].verdict
    assert str(verdict) in ("undecided", "proved", "tested")
