"""Matrices of documents: unrolled convolutions, pooling with arrows, products, and what must not be called wrong."""

import pytest

from symcnn.document.check import check
from symcnn.document.displayed.unrolled import compared, proved
from symcnn.notation.expression import Axis, Read, Tensor, expression
from symcnn.notation.polynomial import polynomial

TAPS = Tensor("w", (Axis(polynomial(0), polynomial(1), polynomial(2)),))


def row(*taps):
    """Entries of a row: the tap's number, or None for 0."""
    return [expression(0) if t is None else Read(TAPS, (polynomial(t),)) for t in taps]


VALID = [row(0, 1, 2, None, None), row(None, 0, 1, 2, None), row(None, None, 0, 1, 2)]
FLIPPED = [r[::-1] for r in VALID[::-1]]
SHIFTED_WRONGLY = [VALID[0], row(None, None, 0, 1, 2), VALID[2]]


@pytest.mark.parametrize(("cells", "text"), [
    (VALID, "a convolution of 5 entries with a kernel of 3, stride 1"),
    (FLIPPED, "a convolution of 5 entries with a kernel of 3, stride 1, kernel flipped"),
    ([list(c) for c in zip(*VALID, strict=True)], "a convolution of 5 entries with a kernel of 3, stride 1"),
    ([row(1, 2, None), row(0, 1, 2), row(None, 0, 1)],
     "a convolution of 3 entries with a kernel of 3, stride 1, padding 1"),
])
def test_unrolled_convolutions_are_known_and_proved(cells, text):
    found = compared(cells)
    assert str(found.convolution) == text
    assert not found.wrong
    assert proved(cells, found)


def test_a_wrong_row_is_not_proved():
    found = compared(SHIFTED_WRONGLY)
    assert {(r, c) for r, c, *_ in found.wrong} == {(1, 1), (1, 2), (1, 3), (1, 4)}
    assert not proved(SHIFTED_WRONGLY, found)


@pytest.mark.parametrize("cells", [
    [row(0, 1), row(1, 2)],                                       # no zeros
    [row(0, None), row(None, 0)],                                 # too few weights
    [[expression(1), *row(0, 1, None)], [expression(0), *row(None, 0, 1)]],
])
def test_other_matrices_are_none(cells):
    assert compared(cells) is None


def verdicts(text):
    return [str(f.verdict) for f in check(text, "x.md").findings]


NOT_WRONG = {
    "softmax in words": r"$\text{softmax}([0, 0]) = [0.5, 0.5]$",
    "outer product by a sign": r"$$\begin{bmatrix} 1 \\ 2 \end{bmatrix} \otimes \begin{bmatrix} 3 \\ 4 \end{bmatrix} = "
                               r"\begin{bmatrix} 3 & 4 \\ 6 & 8 \end{bmatrix}$$",
    "full convolution of lists": r"The convolution $[1, 2] * [1, 1] = [1, 3, 2]$.",
    "a power of a matrix": r"$$\begin{bmatrix} 1 & 1 \\ 0 & 1 \end{bmatrix}^2 = "
                           r"\begin{bmatrix} 1 & 2 \\ 0 & 1 \end{bmatrix}$$",
    "convolution as a sign between vectors": r"The convolution is $$\begin{bmatrix} 1 \\ 2 \\ 1 \end{bmatrix} * "
                                             r"\begin{bmatrix} 1 \\ 1 \end{bmatrix} = "
                                             r"\begin{bmatrix} 3 \\ 3 \end{bmatrix}$$",
    "kernel turned round": r"With $K = \begin{bmatrix} 1 & 2 \\ 0 & 1 \end{bmatrix}$ the convolution is "
                           r"$$\begin{bmatrix} 1 & 0 & 0 \\ 0 & 0 & 0 \\ 0 & 0 & 0 \end{bmatrix} * K = "
                           r"\begin{bmatrix} 1 & 0 \\ 0 & 0 \end{bmatrix}$$",
    "arrow of another kind": r"Pooling comes later. We sort: $$\begin{bmatrix} 3 & 1 \\ 2 & 4 \end{bmatrix} \to "
                             r"\begin{bmatrix} 4 & 3 \\ 2 & 1 \end{bmatrix}$$",
    "circulant": r"The convolution as a matrix product: $$C = \begin{bmatrix} h_0 & h_1 & h_2 \\ h_2 & h_0 & h_1 \\ "
                 r"h_1 & h_2 & h_0 \end{bmatrix}$$",
    "another example": r"Let $v = \begin{bmatrix} 1 \\ 2 \end{bmatrix}$. In the next example "
                       r"$v = \begin{bmatrix} 2 \\ 5 \end{bmatrix}$.",
    "a name that is a size, too": r"With $K = \begin{bmatrix} 1 & 2 \end{bmatrix}$ as kernel. For kernel size $K$ "
                                  r"we get $H = N - K + 1$.",
    "column against row": r"$x = \begin{bmatrix} 1 \\ 2 \end{bmatrix}$, so $2x = [2, 4]$.",
}


@pytest.mark.parametrize("text", NOT_WRONG.values(), ids=NOT_WRONG)
def test_right_lines_are_not_called_wrong(text):
    assert not {"refuted", "conditional"} & set(verdicts(text))


FOUND = {
    "lengths that do not fit": r"$$\begin{bmatrix} 1 & 2 & 3 \end{bmatrix} \begin{bmatrix} 1 \\ 2 \end{bmatrix} = 5$$",
    "product of matrices": r"$$\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix} \begin{bmatrix} 1 \\ 1 \end{bmatrix} = "
                           r"\begin{bmatrix} 3 \\ 8 \end{bmatrix}$$",
    "neither way round": r"The convolution is $$\begin{bmatrix} 1 & 2 & 0 \\ 0 & 1 & 2 \\ 1 & 0 & 1 \end{bmatrix} * "
                         r"\begin{bmatrix} 1 & 2 \\ 0 & 1 \end{bmatrix} = "
                         r"\begin{bmatrix} 6 & 4 \\ 2 & 7 \end{bmatrix}$$",
    "diag": r"$a_1 = b_1^2$, $a_2 = b_2^2$. $$\begin{bmatrix} \frac{\partial a_1}{\partial b_1} & "
            r"\frac{\partial a_1}{\partial b_2} \\ \frac{\partial a_2}{\partial b_1} & "
            r"\frac{\partial a_2}{\partial b_2} \end{bmatrix} = \begin{bmatrix} 2 b_1 & 0 \\ 0 & b_2 \end{bmatrix}$$",
    "blocks": r"$$s = \begin{bmatrix} 1 \\ 2 \end{bmatrix}, \quad t = \begin{bmatrix} 1 \\ s \end{bmatrix}, \quad "
              r"t^T t = 5$$",
}


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_wrong_lines_are_refuted(text):
    assert verdicts(text)[-1] == "refuted"


READ = {
    "colon": (r"$$x: \begin{bmatrix} 1 \\ 2 \end{bmatrix} \quad s: x^T x = \begin{bmatrix} 5 \end{bmatrix}$$",
              ["defined", "defined", "proved"]),
    "label of an answer": (r"$$(2) H = (N - K) / S + 1$$", ["defined"]),
    "units in brackets": (r"$$(3 \times 3 + 1) [\mathbf{C}] + 2 [\mathbf{BN}] = 12$$", ["proved"]),
    "dots between entries": (r"$$u = [v_1, v_2, \dots, v_5], \quad u = [v_1, v_2, v_3, v_4, v_5]$$",
                             ["defined", "proved"]),
    "norm": (r"$$q = \begin{bmatrix} 3 \\ 4 \end{bmatrix}, \quad \|q\|^2 = 25$$", ["defined", "proved"]),
}


@pytest.mark.parametrize(("text", "expected"), READ.values(), ids=READ)
def test_notations_of_matrices(text, expected):
    assert verdicts(text) == expected
