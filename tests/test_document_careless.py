"""Slips that no arithmetic shows: what is flagged, and what is left alone because it may be meant so."""

from __future__ import annotations

import pytest

from symcnn.document.check import check
from symcnn.verdict import Verdict

POOLED = ("Average pooling gives $y_{p} = \\frac{1}{2} (x_{2p} + x_{2p+1})$. "
          "The entry $x_i$ lies in the window of $y_p$.")
PLACES = {
    "a window counted from 0": (POOLED + " Here $p = i/2$.", r"\lfloor i/2 \rfloor"),
    "a window counted from 1": (POOLED.replace("2p}", "2p-1}").replace("2p+1", "2p") + r" Here $p = \frac{i}{2}$.",
                                r"\lceil \frac{i}{2} \rceil"),
    "indices counted from 1": ("Indices start at 1. Pooling brings $x_i$ to $y_{i'}$ with $i' = i/3$.",
                               r"\lceil i/3 \rceil"),
    "by the entries": ("Pooling takes $x_i$ to $y_{i'}$, $y_1 = \\max(x_1, x_2)$, with $i' = i/2$.",
                       r"\lceil i/2 \rceil"),
    "from an unknown index on": ("Pooling brings $x_i$ to $y_{i'}$ with $i' = i/2$.", None),
}
NO_PLACES = {
    "even ones only": POOLED + " For even $i$ it is $p = i/2$.",
    "said to be whole": POOLED + " Here $p = i/2$ is an integer.",
    "rounded in words": POOLED + " Here $p = i/2$, rounded down.",
    "a position between pixels": "Pooling and bilinear interpolation read $x_{i'}$ for $y_i$ with $i' = i/2$.",
    "an extent": "Pooling leaves $y_1, \\dots, y_{n'}$ of $x_1, \\dots, x_n$ with $n' = n/2$.",
    "the first of a window": "Pooling gives $y_{i'} = \\max(x_i, x_{i+1})$ with $i' = i/2$.",
    "every other entry": "Subsampling with stride 2 gives $y_p = x_{2p}$. Here $p = i/2$ for $x_i$.",
    "windows that overlap": "A filter with stride 2 gives $y_p = w_0 x_{2p} + w_1 x_{2p+1} + w_2 x_{2p+2}$; $p = i/2$ "
                            "for $x_i$.",
    "windows by a letter": "A filter with stride 2 gives $y_p = \\sum_{a=0}^{2} w_a x_{2p+a}$; $p = i/2$ for $x_i$.",
    "no window": "The sequences $x_i$ and $y_{i'}$ are given with $i' = i/2$.",
    "no index": "The filter gives $y_i$ from $x_i$ with the frequency $f = i/2$.",
}


@pytest.mark.parametrize(("text", "repair"), PLACES.values(), ids=PLACES)
def test_the_place_of_a_window_is_a_whole_number(text, repair):
    finding = next(f for f in check(text).findings if str(f.line.left).strip() in ("p", "i'"))
    assert (finding.verdict, finding.repair) == (Verdict.CONDITIONAL, repair)


@pytest.mark.parametrize("text", NO_PLACES.values(), ids=NO_PLACES)
def test_fractions_that_are_meant_so(text):
    assert not [f for f in check(text).findings if f.verdict in (Verdict.CONDITIONAL, Verdict.REFUTED)]


INPUT = ("The input is $X \\in \\mathbb{R}^{40 \\times 40 \\times 3}$. The first layer has $3 \\times 3$ kernels, "
         "stride 2, padding 1 and 8 channels. ")
OUTPUT = "The output size is $(39 - 3 + 2)/2 + 1 = 20$."
OTHER_OUTPUTS = {
    "of the input": INPUT + r"The output size is $\lfloor (40 - 3 + 2)/2 \rfloor + 1 = 20$.",
    "of a size that is stated": INPUT + "A crop leaves 39 rows. " + OUTPUT,
    "cropped": INPUT + "One row is cropped. " + OUTPUT,
    "of another layer": INPUT + "The output size is $(39 - 5 + 2)/2 + 1 = 19$.",
    "of an input that is not square": INPUT.replace("40 \\times 40", "40 \\times 38") + OUTPUT,
    "of two inputs": "The image $Y \\in \\mathbb{R}^{20 \\times 20}$ is small. " + INPUT + OUTPUT,
    "of no output": INPUT + "Then $(39 - 3 + 2)/2 + 1 = 20$.",
    "without a layer": "The input is $X \\in \\mathbb{R}^{40 \\times 40 \\times 3}$. " + OUTPUT,
}


def test_an_output_is_counted_from_the_size_of_its_input():
    (finding,) = (f for f in check(INPUT + OUTPUT).findings if f.verdict is Verdict.REFUTED)
    assert finding.repair == r"\lfloor (40 - 3 + 2)/2 \rfloor + 1 = 20"


@pytest.mark.parametrize("text", OTHER_OUTPUTS.values(), ids=OTHER_OUTPUTS)
def test_outputs_that_may_be_counted_so(text):
    assert not [f for f in check(text).findings if f.verdict is Verdict.REFUTED]


VALUES = (r"""$$u = \begin{bmatrix} 1 \\ 2 \\ -1 \end{bmatrix}, \quad s = \begin{bmatrix} 0 \\ 1 \end{bmatrix}, """
          r"""\quad A = \begin{bmatrix} 1 & 0 \\ 2 & 1 \end{bmatrix}$$""")
BOTH_SIDES = {
    "no product": (r"s = 2 u \phi'(s)", Verdict.REFUTED),
    "a difference first": (r"s = (u - 1) \tanh'(s)", Verdict.REFUTED),
    "another name": (r"r = 2 u \phi'(s)", Verdict.DEFINED),
    "an update": (r"s = s - 2 u \phi'(s)", None),
    "a new value of an old one": (r"s = u \tanh(s)", None),
    "assigned": (r"s := 2 u \phi'(s)", None),
    "shapes that fit": (r"s = A \phi'(s)", None),
}


@pytest.mark.parametrize(("line", "verdict"), BOTH_SIDES.values(), ids=BOTH_SIDES)
def test_a_name_on_both_sides_means_one_thing(line, verdict):
    found = check(f"{VALUES}\n\nThe function $\\phi$ acts on every entry.\n\n$${line}$$\n").findings[-1].verdict
    assert found is verdict if verdict is not None else found is not Verdict.REFUTED


MOMENTS = (r"A layer gives $v_t = \sum_{a=1}^K f_a u_{t+a-1}$, so $$\frac{\partial J}{\partial f_a} = \sum_{t=1}^T "
           r"\frac{\partial J}{\partial v_t} u_{t+a-1}$$ All $u_t$ and $e_t = \frac{\partial J}{\partial v_t}$ are "
           r"independent, $E[u_t] = 0$, $E[e_t] = 0$, $E[u_t^2] = p$, $E[e_t^2] = q$. ")


def test_what_equals_a_wrong_side_is_wrong():
    text = MOMENTS + (r"$$E\left(\left(\frac{\partial J}{\partial f_a}\right)^2\right) = E\left(\sum_{t=1}^T "
                      r"u_{t+a-1}^2 NAME^2\right) = \sum_{t=1}^T E(u_{t+a-1}^2) E(NAME^2)$$")
    right, wrong = ([f.verdict for f in check(text.replace("NAME", name)).findings[-2:]] for name in ("e_t", "e_a"))
    assert (right, wrong) == ([Verdict.PROVED] * 2, [Verdict.REFUTED] * 2)
    assert check(text.replace("NAME", "e_a")).findings[-1].reason == "follows from the wrong side before it"


def test_a_chain_that_begins_in_a_sentence_is_none_of_the_chain_before_it():
    text = MOMENTS + (r"$$T = (N - K)/1 + 1 = N - K + 1$$ The standard deviation of $\frac{\partial J}{\partial f_a}$ "
                      "is\n\n" r"$$= \sqrt{\operatorname{Var}\left(\frac{\partial J}{\partial f_a}\right)}$$")
    assert check(text).findings[-1].verdict is Verdict.PROVED


def test_a_size_is_what_its_formula_says():
    text = ("There are $T$ outputs, $g = \\sum_{t=1}^T c_t$. $$T = (N + 0 - K) / 1 + 1$$\n\n"
            "All of them cost $$T s^2 = (N - K + 1) s^2$$")
    right, wrong = (check(text.replace("+ 1) s", end)).findings[-1] for end in ("+ 1) s", ") s"))
    assert right.verdict is Verdict.PROVED
    assert "T = (N + 0 - K) * 1^-1 + 1" in right.assumptions
    assert wrong.verdict is not Verdict.PROVED


def test_what_goes_on_from_nothing_that_is_known_is_listed():
    text = "$$a = b$$\n\nSo is\n\n$$c = d$$\n\n$$\\therefore = e$$\n\n$$\\Rightarrow f = g$$"
    found = [(str(f.line.left).strip(), str(f.line.right).strip(), f.verdict) for f in check(text).findings]
    assert found[2] == ("", "e", Verdict.UNDECIDED)
    assert [side for side, _, _ in found] == ["a", "c", "", "f"]


TWO_FILTERS = (r"Two filters, $y_i = \sum_m u_m x_{i+m}$ and $z_i = \sum_m v_m x_{i+m}$, read one signal. "
               r"$$\frac{\partial L}{\partial x_p} = \sum_m \frac{\partial L}{\partial y_{p-m}} u_m"
               r" + \sum_m \frac{\partial L}{\partial z_{p-m}} v_m$$ $$\frac{\partial L}{\partial x_p} ="
               r" \sum_m \frac{\partial L}{\partial y_{p-m}} u_m$$ $$\frac{\partial L}{\partial v_m} ="
               r" \sum_i \frac{\partial L}{\partial z_i} x_{i+m}, \quad \frac{\partial L}{\partial v_m} ="
               r" \sum_i \frac{\partial L}{\partial y_i} x_{i+m}$$")


def test_what_one_filter_sends_back_is_not_all_where_a_line_adds_up_both():
    both, one, *_ = (f.verdict for f in check(TWO_FILTERS).findings if str(f.line.left).strip().endswith("x_p}"))
    assert (both, one) == (Verdict.PROVED, Verdict.UNDECIDED)


def test_an_input_does_not_end_where_a_sum_over_outputs_does():
    text = (r"$y[i] = \sum_{a=0}^{K-1} w[a] x[i+a]$. With $g[i] = \frac{\partial L}{\partial y[i]}$ it is "
            r"$\frac{\partial L}{\partial w[0]} = \sum_{i=0}^{n-K} g[i] x[i]$ and "
            r"$\frac{\partial L}{\partial x[n-1]} = g[n-1] w[K-1]$.")
    assert check(text).findings[-1].verdict is Verdict.UNDECIDED
