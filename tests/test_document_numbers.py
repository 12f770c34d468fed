"""Numbers as people write them: measures behind them, values put in for pieces, arithmetic without delimiters."""

from __future__ import annotations

import pytest

from symcnn.document.check import check
from symcnn.document.claims.claims import read_document
from symcnn.document.reading.arithmetic import chains
from symcnn.document.reading.measures import measure, measure_behind
from symcnn.verdict import Verdict


def verdicts(text: str, path: str = "a.md") -> list[str]:
    return [str(f.verdict) for f in check(text, path).findings]


ARITHMETIC = {
    "a sentence": ("It has (28 - 3)/1 + 1 = 26 rows.", ["(28 - 3)/1 + 1 = 26"]),
    "behind a name": ("Max = max(2, 0, 3, 4) = 4", ["max(2, 0, 3, 4) = 4"]),
    "between other letters": ("大小为5-3+1=3，", ["5-3+1=3"]),
    "two of them": ("3 × 3 × 64 = 576, and 576 * 2 = 1152.", ["3 × 3 × 64 = 576", "576 * 2 = 1152"]),
    "powers": ("3² + 4² = 25", ["3² + 4² = 25"]),
    "a date": ("on 2020-05-12 = 3", []),
    "a range of numbers": ("see 3-4 and 2.1-2.3", []),
    "no number on the right": ("x2 = 3 + a", []),
    "a name inside": ("(a + 2) - 1 = 3", []),
    "a function's arguments": ("f(2 + 3) = 5", []),
    "a letter behind": ("1 + 2 = 3x", []),
    "a comparison in a program": ("assert 2 + 2 == 4", []),
    "only a value": ("p = 0.5", []),
    "times of day": ("10:30-11:30 = 1", []),
    "no date": ("it is -3/1.871 = -1.603 there", ["-3/1.871 = -1.603"]),
    "items of a list": ("- 3 × 4 = 12\n* 2 × 4 = 8\n  - 5 + 1 = 6", ["3 × 4 = 12", "2 × 4 = 8", "5 + 1 = 6"]),
    "words that are counted": ("(9 weights + 1 bias) × 64 filters = 640", ["(9 weights + 1 bias) × 64 filters = 640"]),
    "units": ("It takes 12 × 2.5 ms = 30 ms = 0.03 s.", ["12 × 2.5 ms = 30 ms = 0.03"]),
    "so many times as much": ("or 640 / 250 = 2.56x faster", ["640 / 250 = 2.56"]),
    "a word that multiplies": ("2 dozen × 3 = 72 and 5 × 2 squared = 50", []),
    "names beside numbers": ("2 a + 3 b = 5", []),
    "rounded down": ("It has ⌊(5 + 2·1 − 3)/2⌋ + 1 = 3 rows.", ["⌊(5 + 2·1 − 3)/2⌋ + 1 = 3"]),
    "brackets of two kinds": ("⌊(5 + 2·1 − 3)/2) + 1 = 3", []),
    "behind a word with digits": ("in float32 37 × 4 bytes = 148", ["37 × 4 bytes = 148"]),
    "behind a name with digits": ("W2 - 3 - 4 = 9", []),
    "a word alone": ("a 3x3 conv = 9 weights", []),
}


@pytest.mark.parametrize(("text", "found"), ARITHMETIC.values(), ids=ARITHMETIC)
def test_arithmetic_without_delimiters(text, found):
    assert [text[a:b] for a, b in chains(text, 0, len(text))] == found


def test_programs_are_no_arithmetic():
    text = "```python\ntotal = 2 + 2 = 5\n```\n\n```\n2 + 2 = 4\n```\n`3 * 3 = 9` and <code>1 + 1 = 3</code>"
    assert [text[s.start:s.end] for s, _ in read_document(text).spans] == ["2 + 2 = 4", "3 * 3 = 9"]
    assert read_document(r"\begin{document}2 + 2 = 5\end{document}", latex=True).spans == []


@pytest.mark.parametrize("text", ["1" * 3000 + " " + "1 + " * 3000 + "= 2", "((((" * 3000 + "= 1", "max(1,2" * 2000],
                         ids=["terms", "brackets", "functions"])
def test_long_lines_take_no_time(text):
    assert list(chains(text, 0, len(text))) == []


MEASURES = {
    "per cent": (r"$\frac{18}{72} = 25\%$", "proved"),
    "per cent at the end of a line": ("$$\n\\frac{18}{72} = 25%\n$$", "proved"),
    "per cent behind a doubled backslash": (r"$\frac{18}{72} = 25\\%$", "proved"),
    "per cent behind a doubled backslash, wrong": (r"$\frac{18}{72} = 24\\%$", "refuted"),
    "comments behind the rows of a matrix": (
        "$\\begin{bmatrix} 1 & 2 \\\\%[0.5em]\n 3 & 4 \\end{bmatrix} \\begin{bmatrix} 1 \\\\% a\n 1 \\end{bmatrix}"
        "= \\begin{bmatrix} 3 \\\\ 7 \\end{bmatrix}$", "proved"),
    "comments behind the rows of a matrix, wrong": (
        "$\\begin{bmatrix} 1 & 2 \\\\%[0.5em]\n 3 & 4 \\end{bmatrix} \\begin{bmatrix} 1 \\\\% a\n 1 \\end{bmatrix}"
        "= \\begin{bmatrix} 3 \\\\ 6 \\end{bmatrix}$", "refuted"),
    "per cent, wrong": (r"$\frac{18}{72} = 24\%$", "refuted"),
    "per cent of what is per cent already": (r"$\frac{18}{72} \times 100 = 25\%$", "proved"),
    "an unescaped sign": ("$0.125 = 12.5%$", "proved"),
    "thousands": (r"$34944 \approx 35$ K", "rounded"),
    "thousands, wrong": (r"$34944 \approx 45$ K", "refuted"),
    "both sides in millions": (r"$7.2 + 1.1 = 8.3$ million", "proved"),
    "megabytes of 1000": (r"$3211264 \approx 3.21$ MB", "rounded"),
    "megabytes of 1024": (r"$3211264 \approx 3.06$ MB", "rounded"),
    "mebibytes are of 1024": (r"$3211264 \approx 3.21$ MiB", "refuted"),
    "a letter beside numbers": (r"$138357544 \approx 138M$", "rounded"),
    "so many times": (r"$\frac{2304}{265} \approx 8.7\times$", "rounded"),
    "a whole number of kibibytes": (r"$102490 / 1024 = 100$ KiB", "refuted"),
    "no kibibytes": (r"$1024 / 1024 = 0$ KiB", "refuted"),
    "seconds": (r"$90 \times 71.1\text{ min} = 106.65\text{ h}$", "proved"),
    "seconds, wrong": (r"$90 \times 71.1\text{ min} = 6399\text{ h}$", "refuted"),
    "seconds turned by hand": (r"$90 \times 71.1\text{ min} / 60 = 106.65\text{ h}$", "proved"),
    "seconds turned by hand, wrong": (r"$90 \times 71.1\text{ min} / 60 = 160.7\text{ h}$", "refuted"),
    "units that cancel": (r"$1000\,\mathrm{ms} / 4\,\mathrm{ms} = 250$", "proved"),
    "a whole number of seconds": (r"$1280000 / 300 = 4267\text{ s}$", "rounded"),
    "a whole number of seconds, wrong": (r"$1280000 / 300 = 4627\text{ s}$", "refuted"),
    "what is counted": (r"$(576\text{ weights} + 1\text{ bias}) \cdot 64 = 36928$", "proved"),
    "what is counted, wrong": (r"$(576\text{ weights} + 1\text{ bias}) \cdot 64 = 36864$", "refuted"),
    "what is counted, in prose": ("(576 weights + 1 bias) × 64 filters = 36,928 parameters", "proved"),
    "bytes, in prose": ("640 × 480 × 3 = 921,600 bytes", "proved"),
    "a large quotient": ("50000 / 48 = 1042", "rounded"),
    "a large quotient, wrong": ("50000 / 48 = 1024", "refuted"),
    "the size of an output": (r"$(227 - 11)/5 + 1 = 44$", "refuted"),
    "a word that is none": (r"$34944 \approx 35$ kittens", "refuted"),
}


@pytest.mark.parametrize(("text", "verdict"), MEASURES.values(), ids=MEASURES)
def test_measures(text, verdict):
    assert verdicts(text) == [verdict]


CONSTANTS = {
    "the circle": (r"$\frac{1}{\sqrt{2\pi}} e^{-1/2} \approx 0.2420$", "rounded"),
    "the circle, wrong": (r"$\frac{1}{\sqrt{2\pi}} e^{-1/2} \approx 0.2240$", "refuted"),
    "a cosine": (r"$\frac{0.1}{2}(1 + \cos\frac{\pi}{4}) = 0.0854$", "rounded"),
    "a cosine, wrong": (r"$\frac{0.1}{2}(1 + \cos\frac{\pi}{4}) = 0.0845$", "refuted"),
    "another angle": (r"$\sin 0 = 0$", "proved"),
    "a policy": (r"With $\pi(a) = 0.3$ it is $2 \pi = 0.7$.", "undecided"),
    "subsets": (r"$\binom{10}{3} = 120$", "proved"),
    "subsets, wrong": (r"$\binom{6}{2} = 30$", "refuted"),
    "numbers are no condition": (r"For $d = 8$ with $8 \cdot 2 + 1 = 19$", "refuted"),
}


@pytest.mark.parametrize(("text", "verdict"), CONSTANTS.values(), ids=CONSTANTS)
def test_constants(text, verdict):
    assert verdicts(text)[-1] == verdict


def test_words_that_are_no_measure():
    assert [measure(w) for w in ("layers", "m", "Kb", "MM", "")] == [None] * 5
    assert measure_behind("x = 3 Kernels", 5) == "" == measure_behind("x = 3 Mary", 5)


STAGES = {
    "a piece is rounded": (r"$\frac{1}{1 + e^{-0.41}} = \frac{1}{1 + 0.6637}$", "rounded"),
    "a piece is not what it was": (r"$\frac{1}{1 + e^{-0.41}} = \frac{1}{1 + 0.6673}$", "refuted"),
    "a sign put in": (r"$\ln 0.8 + \ln 0.6 = -0.2231 - 0.5108$", "rounded"),
    "the second of two": (r"$2 + \ln 0.6 = 2 - 0.5108$", "rounded"),
    "exact pieces are exact": (r"$\sqrt{\frac{6}{400}} = \sqrt{0.015}$", "proved"),
    "a whole number is no rounding": (r"$1 + \frac{8}{3} = 1 + 3$", "refuted"),
    "decimals given exactly": ("$0.9 + 0.1 = 0.8 + 0.1$", "refuted"),
}


@pytest.mark.parametrize(("text", "verdict"), STAGES.values(), ids=STAGES)
def test_pieces_worked_out(text, verdict):
    assert verdicts(text)[-1] == verdict


LOGARITHMS = {
    "of one": (r"$-\log 1 = 0$, $\log_2(1) = 0$", ["proved", "proved"]),
    "of one, wrong": (r"$\log 1 = 1$", ["refuted"]),
    "of powers": (r"$\log_2 8 = 3$, $\log_4 2 = \frac{1}{2}$, $\log_2 40 = 3 + \log_2 5$", ["proved"] * 3),
    "of powers, wrong": (r"$\log_2 8 = 4$, $\log_2 40 = 2 + \log_2 5$", ["refuted"] * 2),
    "of a product": (r"$\log 6 = \log 2 + \log 3$, $\ln \frac{1}{8} = -3 \ln 2$", ["proved"] * 2),
    "of a product, wrong": (r"$\log 6 = \log 2 \cdot \log 3$", ["refuted"]),
    "a whole number is no rounding": (r"$\ln 2 = 1$", ["refuted"]),
    "to a base that is not said": (r"$\log 0.01 = -2$, $\log 8 = 3$, $-\log 0.7 \approx 0.36$",
                                   ["undecided", "undecided", "rounded"]),
    "wrong to every base": (r"$\log 8 = 4$, $-\log 0.7 \approx 0.63$", ["refuted"] * 2),
    "the natural one by its sign": (r"$\ln 0.01 = -2$", ["refuted"]),
    "the natural one in words": (r"With natural logarithms $\log 8 = 3$.", ["refuted"]),
    "base two in words": (r"We take logarithms to base 2: $\log 8 = 3$, $\log 8 = 4$.", ["proved", "refuted"]),
    "two bases in words": (r"With logs to base 2 in bits, in nats $\log 2 = 0.69$; $\log 8 = 3$; $\log 8 = 4$.",
                           ["rounded", "undecided", "refuted"]),
    "a value to an open base": (r"$h = -\log 0.5 = 1$, $2h = 2$", ["defined", "undecided", "undecided"]),
    "in pieces": (r"$0.7 \log_2 \frac{0.7}{0.5} + 0.1 \log_2 \frac{0.1}{0.2} = 0.7 (0.485) + 0.1 (-1)$", ["rounded"]),
}


@pytest.mark.parametrize(("text", "found"), LOGARITHMS.values(), ids=LOGARITHMS)
def test_logarithms(text, found):
    assert verdicts(text) == found


def test_the_base_of_logarithms_can_be_given():
    for said, verdict in (("2", "proved"), ("10", "refuted")):
        report = check(r"$\log 8 = 3$", "a.md", [f"read as: `\\log`: the logarithm to base {said}"])
        assert [str(f.verdict) for f in report.findings] == [verdict]
        assert report.readings == [f"`\\log`: the logarithm to base {said}"]
    assert check(r"$\log 8 = 3$", "a.md").readings == []


NUMERALS = {
    "factorials": (r"$0! = 1$, $\frac{5!}{3!} = 20$, $(4-1)! = 6$", ["proved"] * 3),
    "factorials, wrong": (r"$0! = 0$, $4! = 12$", ["refuted"] * 2),
    "not equal in programs": ("$a != b$", ["defined"]),
    "a number to base two": (r"$5.5_{10} = 101.1_2 = 1.011_2 \times 2^2$", ["proved"] * 2),
    "a number to base two, wrong": (r"$5.5_{10} = 101.01_2$", ["refuted"]),
    "binary in words": (r"So $5.5 = 101.1$ in binary, and $101.1 = 1.011 \times 2^2$.", ["undecided"] * 2),
    "binary in words, wrong": (r"So $5.5 = 111.1$ in binary.", ["refuted"]),
    "groups of thousands in a box": (r"$15{,}600 \times 90 = \boxed{1,404,000}$, $\frac{1,000}{4} = 250$",
                                     ["proved"] * 2),
    "groups of thousands in a box, wrong": (r"$15{,}600 \times 90 = \boxed{1,440,000}$", ["refuted"]),
    "a word that counts": ("Two 3×3 = 18 weights and one 5×5 = 25.", ["undecided", "proved"]),
    "a word that does not": ("A kernel of 3×3 = 18 weights.", ["refuted"]),
    "orders of which none follows": (r"$0 < a b < 2 + c$", ["undecided"] * 2),
    "an equation behind a wrong order": ("$5 < 3 = 3$", ["refuted", "proved"]),
    "an order of magnitude": (r"$0.8^{50} \approx 10^{-5}$, $0.8^{50} \approx 10^{-7}$", ["rounded", "refuted"]),
    "near and far from each other": (r"$0.81 \approx 0.283^2$, $3 \cdot 7 \approx 2 \cdot 7$, $0.08 \approx 0.283^2$",
                                     ["refuted", "undecided", "rounded"]),
}


@pytest.mark.parametrize(("text", "found"), NUMERALS.values(), ids=NUMERALS)
def test_other_forms_of_numbers(text, found):
    assert verdicts(text) == found


def test_a_second_meaning_is_told_from_a_conclusion():
    first = r"Define $Z_i = \sum_k w_k x_{i+k}$. "
    flipped = r"$Z_i = \sum_k w_k x_{i-k}$."
    assert verdicts(first + "Others define instead " + flipped)[-1] == "defined"
    assert verdicts(first + "\n\n## Flipped\n\n" + flipped)[-1] == "defined"
    assert verdicts(first + "By symmetry therefore " + flipped)[-1] == "refuted"
    assert verdicts(first + flipped)[-1] == "refuted"


def test_what_is_true_of_labels_that_sum_to_one_only():
    text = (r"$a_c = \sum_j V_{cj} h_j$, $q_c = \frac{e^{a_c}}{\sum_k e^{a_k}}$, $L = -\sum_c y_c \log q_c$, "
            r"$\sum_c y_c = 1$, $\frac{\partial L}{\partial V_{cj}} = ")
    assert verdicts(text + "(q_c - y_c) h_j$")[-1] == "proved"
    assert verdicts(text + "(q_c - 2 y_c) h_j$")[-1] == "refuted"


SIGNALS = {
    "images": (r"$R(u,v) = \sum_p \sum_q A(u+p, v+q) M(p,q)$", {"R", "A", "M"}),
    "signals": (r"$r(t) = \sum_s h(s) u(t-s)$", {"r", "h", "u"}),
    "a function": (r"$f(x) = x^2$ and $\sum_i f(x_i)$", set()),
    "a product": (r"$\sum_i i = \frac{n(n+1)}{2}$", set()),
    "a factor before a bracket": (r"$\sum_i a(b_i - c_i) = \sum_i a b_i - \sum_i a c_i$", set()),
    "a loss": (r"$L(\hat y, y) = \sum_i (\hat y_i - y_i)^2$", set()),
    "the logistic function": (r"$\sigma(i) = \sum_i \sigma(i)$", set()),
}


@pytest.mark.parametrize(("text", "names"), SIGNALS.values(), ids=SIGNALS)
def test_indices_in_parentheses(text, names):
    assert read_document(text).signals == names


CALLS = {
    "a functional equation": (r"$I(pq) = I(p) + I(q)$ with $I(p) = -\log p$", ["proved", "defined"]),
    "an inverse": (r"$f(x) = e^x$, so $f^{-1}(y) = \ln y$ and $f^2(x) = e^{2 x}$", ["defined", "undecided", "proved"]),
    "a power, wrong": (r"$f(x) = e^x$, so $f^2(x) = e^{3 x}$", ["defined", "refuted"]),
    "values for single arguments": ("$p(H) = 0.9$, $p(T) = 0.1$", ["defined", "defined"]),
    "a value at a number": ("$g(x) = 3 x$, $g(2) = 6$, $g(2) = 5$", ["defined", "proved", "refuted"]),
    "a factor": ("$n(n + 1) = n^2 + n$, $n(n + 1) = n^2 + 1$", ["proved", "refuted"]),
    "of two things": (r"$H(P, Q) = -\sum_j p_j \log q_j$ and $H(P, Q) = H(Q, P)$", ["defined", "undecided"]),
    "a differential": (r"Substitute $u = r^2$, $du = 2 r\,dr$ in the integral.", ["defined", "undecided"]),
}


@pytest.mark.parametrize(("text", "found"), CALLS.values(), ids=CALLS)
def test_functions_and_factors(text, found):
    assert verdicts(text) == found


SUBSCRIPTS = {
    "a word of the text": ("The CE loss $L_{CE}$ and $\\sum_i a_i$", {"CE"}, set(), set()),
    "capitals": ("$L_{BCE} = 2$", {"BCE"}, set(), set()),
    "capitals that are indices": ("$A_{IJ} = B_{JI}$", set(), set(), set()),
    "capitals that are summed over": (r"$\sum_I \sum_J A_{IJ}$", set(), set(), set()),
    "capitals of which one may be an index": ("$Y_{NC} = X_{NC} + b_C$", set(), {"NC"}, set()),
    "small letters": ("$A_{ij} = w_{hy}$", set(), set(), set()),
    "a letter beside a word": ("$p_{data} + p_g = p_i$", set(), set(), {("p", "g")}),
    "a letter that counts beside a word": (r"$W_{out} = \sum_h W_h$", set(), set(), set()),
}


@pytest.mark.parametrize(("text", "certain", "possible", "letters"), SUBSCRIPTS.values(), ids=SUBSCRIPTS)
def test_words_as_subscripts(text, certain, possible, letters):
    found = read_document(text).words
    assert (found.certain, found.possible, found.letters) == (certain, possible, letters)


def test_a_table_of_counts_has_claims():
    text = "| layer | weights |\n|---|---|\n| conv | 3*3*8 + 8 = 80 |\n| fc | 80*10 + 10 = 801 |\n"
    assert verdicts(text) == [str(Verdict.PROVED), str(Verdict.REFUTED)]


def test_a_number_that_is_printed_is_not_called_the_value_of_another():
    (finding,) = check(r"So $\tanh(1) = \tanh(2)$.").findings
    assert finding.verdict is Verdict.REFUTED
    assert "is not the value of" not in finding.reason


@pytest.mark.parametrize(("number", "holds"), [("0.83", True), ("0.93", False)])
def test_a_decimal_is_meant_of_the_entries_listed(number, holds):
    text = (r"The shares are $q_i = \frac{e^{s_i}}{\sum_k e^{s_k}}$. For $s = (1, 0, -1)$ we find "
            rf"$q = (0.665, 0.245, 0.090)$, with the entropy $-\sum_i q_i \log q_i = {number}$.")
    assert (check(text).findings[-1].verdict is Verdict.ROUNDED) is holds


def test_a_decimal_where_nothing_is_listed_is_meant_of_all_entries():
    text = r"Let $p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}$. Then $\sum_i p_i = 0.9$."
    assert check(text).findings[-1].verdict is Verdict.REFUTED
