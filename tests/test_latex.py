"""LaTeX: what is printed, how rows break, what a document displays, and the independent reader."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from symcnn.errors import UsageError
from symcnn.kernel.theorem import AtLeastZero, Limit, NonZero
from symcnn.latex.layout import displayed, width
from symcnn.latex.names import name
from symcnn.latex.readback import ReadBack, is_scalar, read_back
from symcnn.latex.write import aligned, latex, text
from symcnn.notation.expression import Axis, Definition, Derivative, Expression, Range, Sum, axis
from symcnn.notation.context import context
from symcnn.notation.polynomial import Symbol, polynomial

HERE = context("N C H M K r s1 d1, p1>=0",
               "X[N,C,H] W[M,C,K] b[M] Z[N,M,H] y[N] alpha z a beta1 lr mu_B x_hat c s1'")

NAMES = {
    "H1": "H_1", "s1'": "s_1'", "x''": "x''", "W12": "W_{12}", "mu_B": r"\mu_B", "x_t": "x_t",
    "h_prev": r"h_{\mathrm{prev}}", "x_in1": r"x_{\mathrm{in}_1}", "beta1": r"\beta_1", "theta": r"\theta",
    "Gamma": r"\Gamma", "α": r"\alpha", "Σ": r"\Sigma", "ε": r"\varepsilon", "Α": r"\mathrm{A}",
    "lr": r"\mathrm{lr}", "dW": r"\mathrm{dW}", "x_hat": r"\hat{x}", "y1_bar": r"\bar{y}_1", "ŷ": r"\hat{y}",
    "conv1_out": r"\mathrm{conv}_{1,\mathrm{out}}", "W₂": "W_2", "s_beta": r"s_{\beta}",
    "∂J/∂z1": r"\frac{\partial J}{\partial z_1}",
}

WRITTEN = {
    "convolution": ("b[m] + sum(n,k) W[m,n,k] X[l,n,s1*i+d1*k-p1]",
                    r"b[m] + \sum_{n=0}^{C-1} \, \sum_{k=0}^{K-1} W[m, n, k] X[l, n, s_1 i + d_1 k - p_1]"),
    "flipped kernel": ("W[m,n,K-1-k]", "W[m, n, K - 1 - k]"),
    "stride after kernel": ("X[l,n,d1*k+s1*o-p1]", "X[l, n, s_1 o + d_1 k - p_1]"),
    "leading minus": ("X[l,n,-k]", "X[l, n, -k]"),
    "output extent": ("H+2*p1-d1*(K-1)-1", r"H + 2 p_1 - d_1 \left( K - 1 \right) - 1"),
    "extent in an index": ("X[l,n,H+2*p1-d1*(K-1)-1-i]", "X[l, n, H + 2 p_1 - d_1 (K - 1) - 1 - i]"),
    "mean": ("1/N*sum(l) y[l]", r"\frac{1}{N} \sum_{l=0}^{N-1} y[l]"),
    "mean of a difference": ("1/N*sum(l) (y[l]-a)", r"\frac{1}{N} \sum_{l=0}^{N-1} \left( y[l] - a \right)"),
    "sum before a factor": ("(sum(l) y[l])*a", r"a \sum_{l=0}^{N-1} y[l]"),
    "product of sums": ("(sum(l) y[l])*(sum(i=1..H) X[0,0,i])",
                        r"\left( \sum_{l=0}^{N-1} y[l] \right) \sum_{i=1}^{H} X[0, 0, i]"),
    "square of a sum": ("(sum(l) y[l])^2", r"\left( \sum_{l=0}^{N-1} y[l] \right)^{2}"),
    "sum in a sum": ("sum(l) y[l]*sum(i=0..H-1) X[l,0,i]",
                     r"\sum_{l=0}^{N-1} y[l] \sum_{i=0}^{H-1} X[l, 0, i]"),
    "three sums": ("sum(l) (sum(i) (sum(j) X[l,i+j,0]))", r"\sum_{l=0}^{N-1} \sum_{i, j} X[l, i + j, 0]"),
    "sum of a negative": ("sum(l) (-y[l])", r"\sum_{l=0}^{N-1} \left( -y[l] \right)"),
    "no bounds": ("sum(i,j) X[0,i-j,i+j]", r"\sum_{i, j} X[0, i - j, i + j]"),
    "quotient": ("(a-z)/c", r"\frac{a - z}{c}"),
    "two divisors": ("a/c/z", r"\frac{a}{c z}"),
    "product above": ("(a-z)*c/z", r"\frac{\left( a - z \right) c}{z}"),
    "factor behind a fraction": ("a/c*z", r"\frac{a}{c} z"),
    "halved": ("a/2", r"\frac{a}{2}"),
    "power below": ("a^2/z^3", r"\frac{a^{2}}{z^{3}}"),
    "gradient over N": ("∂J/∂z/N", r"\frac{1}{N} \frac{\partial J}{\partial z}"),
    "gradient entry": ("∂J/∂Z[l,m,i]", r"\frac{\partial J}{\partial Z[l, m, i]}"),
    "gradient squared": ("∂J/∂z^2", r"\left( \frac{\partial J}{\partial z} \right)^{2}"),
    "learning rate": ("z-lr*∂J/∂z", r"z - \mathrm{lr} \, \frac{\partial J}{\partial z}"),
    "minus a product": ("-a*2*z", "-2 a z"),
    "minus a sum": ("a-(z+c)", r"a - \left( z + c \right)"),
    "plus a sum": ("a+(z-c)", "a + z - c"),
    "numbers apart": ("2*3^2", r"2 \cdot 3^{2}"),
    "power of a power": ("(a^2)^3", r"\left( a^{2} \right)^{3}"),
    "primed power": ("s1'^2", r"\left( s_1' \right)^{2}"),
    "tanh": ("1-tanh(z)^2", r"1 - \tanh\left( z \right)^{2}"),
    "logistic": ("z*(1-sigmoid(z))", r"z \left( 1 - \sigma\left( z \right) \right)"),
    "exponential": ("exp(-z)^2", r"\left( e^{-z} \right)^{2}"),
    "exponential of a quotient": ("exp(-z/c)", r"\exp\left( -\frac{z}{c} \right)"),
    "exponential of a sum": ("exp(sum(l) y[l])", r"\exp\left( \sum_{l=0}^{N-1} y[l] \right)"),
    "logarithm": ("log(z)^2", r"\left( \ln\left( z \right) \right)^{2}"),
    "root": ("x_hat/sqrt(a+c)", r"\frac{\hat{x}}{\sqrt{a + c}}"),
    "sign, ramp": ("sign(relu(a))", r"\operatorname{sgn}\left( \operatorname{relu}\left( a \right) \right)"),
    "indicators": ("step(z)+2*a*is_zero(z)", r"[\,z > 0\,] + 2 a \, [\,z = 0\,]"),
    "softmax at zero": ("is_zero(y[0]/sum(l) exp(y[l]))*a",
                        r"\left[ \frac{y[0]}{\sum_{l=0}^{N-1} e^{y[l]}} = 0 \right] a"),
    "bracket": ("a*[i=s1*o+d1*k-p1, k>=0, k<=K-1]",
                r"a \left[ i + p_1 = s_1 o + d_1 k,\; 0 \le k \le K - 1 \right]"),
    "bracket of one side": ("[-k=0, 0<=s1*i-p1, i>=r]", r"\left[ k = 0,\; p_1 \le s_1 i,\; r \le i \right]"),
    "bracket with stride": ("[0<=i, s1*i<=H+2*p1-1]", r"\left[ 0 \le i,\; s_1 i \le H + 2 p_1 - 1 \right]"),
    "fraction of sizes": ("[2*i=N*(N-1)*s1]", r"\left[ 2 i = s_1 N (N - 1) \right]"),
}


@pytest.mark.parametrize(("given_name", "expected"), NAMES.items(), ids=NAMES)
def test_names(given_name: str, expected: str) -> None:
    assert name(given_name) == expected


@pytest.mark.parametrize(("formula", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_formulas_read_like_mathematics(formula: str, expected: str) -> None:
    assert latex(HERE.expression(formula)) == expected


def test_sums_over_axes_with_names() -> None:
    i, s, p = (polynomial(Symbol("i")), polynomial(HERE.sizes["s1"]), polynomial(HERE.sizes["p1"]))
    strided = Axis(polynomial(0), s, polynomial(HERE.sizes["H"]) + 2 * p - 1)
    body = HERE.tensors["y"][i]
    over = Sum((Range(Symbol("i"), strided.base, strided.upper, strided.coefficient),), body)
    assert latex(over) == r"\sum_{i \ge 0,\; s_1 i \le H + 2 p_1 - 1} y[i]"
    assert latex(over, {strided: "O_1"}) == r"\sum_{i=0}^{O_1-1} y[i]"
    from_one = axis(Symbol("N", 1), 1)
    assert latex(Sum((Range(Symbol("i"), from_one.base, from_one.upper),), body), {from_one: "N"}) == (
        r"\sum_{i=1}^{N} y[i]")
    assert latex(Sum((Range(Symbol("i")), Range(Symbol("k"), polynomial(0))), body)) == (
        r"\sum_{i} \sum_{k \ge 0} y[i]")


def test_derivatives_and_statements() -> None:
    z, a, c = (HERE.tensors[n][()] for n in "zac")
    x = HERE.tensors["X"][polynomial(1), polynomial(Symbol("n")), polynomial(Symbol("i"))]
    entry = HERE.tensors["Z"][polynomial(1), polynomial(Symbol("m")), polynomial(Symbol("i"))]
    assert latex(Derivative(entry, x)) == r"\frac{\partial Z[1, m, i]}{\partial X[1, n, i]}"
    assert latex(Derivative(z * a, x) * c) == r"c \frac{\partial}{\partial X[1, n, i]} \left( z a \right)"
    assert latex(Derivative(z * a, x) ** 2).startswith(r"\left( \frac{\partial}{\partial X")
    limit = Limit(HERE.expression("tanh(c*z)+a"), HERE.tensors["c"], HERE.expression("sign(z)+a"))
    assert latex(limit) == (r"\lim_{c \to \infty} \left( \tanh\left( c z \right) + a \right)"
                            r" = \operatorname{sgn}\left( z \right) + a")
    assert latex(NonZero(a - 1)) == r"a - 1 \ne 0"
    extent = HERE.expression("H+2*p1-d1*(K-1)-1")
    assert latex(HERE.with_assumption("d1*(K-1)+1<=H+2*p1").assumptions[0]) == "H + 2 p_1 - d_1 (K - 1) - 1"
    assert latex(AtLeastZero(HERE.with_assumption("d1*(K-1)+1<=H+2*p1").assumptions[0])) == (
        r"d_1 (K - 1) + 1 \le H + 2 p_1")
    assert latex(Definition(HERE.tensors["c"], (), extent + 0 * z)).startswith("c = H + 2 p_1")
    assert latex(HERE.equation("y[l] = a")) == "y[l] = a"
    assert latex(Symbol("K1")) == "K_1"
    with pytest.raises(TypeError):
        latex("a")  # type: ignore[arg-type]


def test_e_and_sigma_stay_apart_from_functions() -> None:
    taken = context("", "e sigma z")
    assert latex(taken.expression("e^2*exp(z)")) == r"e^{2} \exp\left( z \right)"
    assert latex(taken.expression("sigma*sigmoid(z)")) == r"\sigma \operatorname{sigmoid}\left( z \right)"


LONG = ("b[m] + sum(n,k) W[m,n,k] X[l,n,s1*i+d1*k-p1] - 2*sum(n,k) W[m,n,k] X[l,n,s1*i+d1*k-p1+1]"
        " + alpha*z*a*beta1 - lr*∂J/∂z")
CHAINS = {
    "short": ("∂J/∂z", "a*(1-tanh(z)^2)", "a-a*tanh(z)^2"),
    "long sum": ("Z[l,m,i]", LONG),
    "long sum in parentheses": ("Z[l,m,i]", f"1/N*sum(l) ({LONG})*z", f"tanh({LONG})^2"),
    "long product": ("a", "alpha*beta1*X[0,0,s1*i+d1*k-p1]*X[0,1,s1*i+d1*k-p1]*lr*tanh(z)*(a+z)*sum(l) y[l]"),
    "long bracket": ("a", "c*[i=s1*o+d1*k-p1, 0<=k, k<=K-1, 0<=o, s1*o<=H+2*p1-d1*(K-1)-1, 0<=i, i<=H-1]*z"),
    "long left side": (LONG, f"({LONG})*a", "a"),
}


@pytest.mark.parametrize("widest", [30, 60, 90, 500])
@pytest.mark.parametrize("sides", CHAINS.values(), ids=CHAINS)
def test_what_is_displayed_is_what_was_printed(sides: tuple[str, ...], widest: float) -> None:
    rows = [HERE.expression(side) for side in sides]
    body = aligned(rows, widest=widest)
    document = rf"$x = y$ \begin{{align*}}{body}\end{{align*}} \begin{{equation*}} a = b \end{{equation*}}"
    assert displayed(document) == [*map(latex, rows), "a", "b"]
    if widest == 90:
        assert all(width(line.replace("&", "")) <= 95 for line in body.split(r"\\"))
    for line in body.split(r"\\"):
        assert line.count(r"\left") == line.count(r"\right")


def test_displayed_leaves_out_remarks_and_comments() -> None:
    document = "\\begin{align*}\n a &= b[i = 0] && \\text{a = b} \\\\ % = c\n &= c \\\\[2pt]\n\\end{align*}"
    assert displayed(document) == ["a", "b[i = 0]", "c"]
    assert displayed(r"\begin{align*} a &= b") == []
    with pytest.raises(UsageError):
        aligned([HERE.expression("a")])


TERMS = st.lists(st.sampled_from(["a", "2*z", "lr*a^2", "tanh(a-c)", "(a+z)/c", "sum(l) (y[l]-a)", "b[2]*c",
                                  "sigmoid(z*(a+c))^2", "∂J/∂z"]), min_size=1, max_size=9)


@given(st.lists(TERMS, min_size=1, max_size=3), st.integers(15, 120))
@settings(max_examples=40, deadline=None)
def test_breaking_loses_nothing(groups: list[list[str]], widest: int) -> None:
    rows = [HERE.expression("*".join("(" + " - ".join(g) + ")" for g in groups)), HERE.expression("a")]
    assert displayed(rf"\begin{{align*}}{aligned(rows[::-1], widest=widest)}\end{{align*}}") == [
        "a", latex(rows[0])]


def test_text_is_escaped_and_mathematics_is_kept() -> None:
    assert text("50 % of a_b & c#1 {x} $x_1^2$") == r"50 \% of a\_b \& c\#1 \{x\} $x_1^2$"
    assert text("α ≤ β, 5$ and 6$") == r"$\alpha$ $\le$ $\beta$, 5\$ and 6\$"
    assert text("chain rule → ∂J/∂z − “so” é") == r"chain rule $\to$ $\partial$J/$\partial$z $-$ ``so'' é"
    assert text("$α≤1$ 卷") == r"$\alpha \le 1$ [U+5377]"
    assert text("\\input{x} ~^") == r"\textbackslash{}input\{x\} \textasciitilde{}\textasciicircum{}"


SCALARS = context("N H K s d, p>=0", "x y z a b w m v t c h f_t o_t c_prev L e E i j alpha beta1 beta2 gamma "
                  "epsilon lambda mu_B lr x_hat w_old s1'")
# A formula, and planted faults in its LaTeX: what is printed, what stands there instead.
READ: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "tanh'": ("1-tanh(z)^2", [("1 -", "1 +"), ("^{2}", "^{3}"), ("1 -", "2 -"), (r"\tanh", r"\sigma")]),
    "sigmoid'": ("sigmoid(z)*(1-sigmoid(z))", [("1 -", "1 +"), (r"\sigma\left( z \right) ", ""), ("1", "2")]),
    "sigmoid of a sum": ("sigmoid(w*x+b)", [("w x", "x"), ("+ b", "- b"), (r"\sigma", r"\tanh")]),
    "logistic": ("1/(1+exp(-z))", [("e^{-z}", "e^{z}"), ("1 +", "1 -"), (r"\frac{1}", r"\frac{2}")]),
    "tanh by exp": ("(exp(z)-exp(-z))/(exp(z)+exp(-z))", [("- e", "+ e"), ("e^{-z}}", "e^{-2 z}}")]),
    "relu": ("relu(x)*w", [(" w", ""), (r"\left( x", r"\left( -x")]),
    "sign": ("lambda*sign(w)", [(r"\lambda", r"\alpha"), (r"\left( w", r"\left( w + 1")]),
    "squares": ("1/2*(a-y)^2", [("a - y", "a + y"), ("{1}{2}", "{1}{3}"), ("^{2}", ""), ("1}{2", "2}{1")]),
    "entropy": ("-y*log(a)-(1-y)*log(1-a)", [("-y", "y"), ("1 - a", "1 + a"), (r"\left( a", r"\left( y")]),
    "its derivative": ("(a-y)/(a*(1-a))", [("a - y", "y - a"), ("1 - a", "1 - y"), (r"a \left(", r"\left(")]),
    "sum rule": ("-y/a+(1-y)/(1-a)", [("-", ""), ("+", "-"), ("{1 - y}{1 - a}", "{1 - a}{1 - y}")]),
    "descent": ("w-lr*∂J/∂w", [("w -", "w +"), (r"\mathrm{lr}", r"2"), (r"\partial w", r"\partial x")]),
    "momentum": ("beta1*m+(1-beta1)*∂J/∂w", [(r"- \beta_1", r"- 1"), ("m +", "m -"), (r"\beta_1 m", "m")]),
    "second moment": ("beta2*v+(1-beta2)*∂J/∂w^2", [(r"^{2}", ""), (r"\beta_2 v", r"\beta_2 m")]),
    "Adam": ("w-alpha*m/(sqrt(v)+epsilon)", [(r"\sqrt{v}", "v"), (r"\epsilon", "1"), (r"+", r"-")]),
    "bias correction": ("m/(1-beta1^3)", [("^{3}", "^{2}"), ("1 -", "")]),
    "normalized": ("(x-mu_B)/sqrt(v+epsilon)", [(r"x - \mu_B", r"\mu_B - x"), (r"\epsilon", r"2 \epsilon")]),
    "scaled": ("gamma*x_hat+b", [(r"\hat{x}", "x"), ("+ b", "")]),
    "extent": ("H+2*p-d*(K-1)-1", [("2 p", "p"), ("K - 1", "K + 1"), (r"\right) - 1", r"\right)")]),
    "receptive field": ("1+d*(K-1)+s*d*(K-1)", [("s d", "s"), ("1 +", "")]),
    "parameters": ("K^2*N*H+H", [("^{2}", ""), ("+ H", "+ N")]),
    "share": ("(N-1)/N", [("N - 1", "N + 1"), ("}{N}", "}{2 N}")]),
    "LSTM cell": ("f_t*c_prev+i*tanh(c)", [("f_t", "o_t"), ("prev", "next"), ("i ", "j ")]),
    "LSTM output": ("o_t*tanh(c)", [("o_t", "o_t^{2}"), (r"\left( c", r"\left( h")]),
    "awkward names": ("e*E+i*j*d-s1'^2", [("e E", "e^{E}"), ("d", "e"), ("s_1'", "s_1")]),
    "differentials": ("d*x/(d*y)", [("{d x}", "{x}"), ("{d y}", "{y}")]),
    "root of a sum": ("sqrt(x^2+y^2)", [("+", "-"), (r"\sqrt{x^{2} + y^{2}}", "x + y")]),
    "exponent": ("exp(-(x-mu_B)^2/(2*v))", [("2 v", "v"), ("-", "")]),
    "product rule": ("x*exp(x)+exp(x)", [("x e", "2 x e"), ("+ e^{x}", "")]),
    "quotient rule": ("(w*y-x*z)/y^2", [("w y - x z", "x z - w y"), ("^{2}", "")]),
    "divisors": ("x/y/(a+2)/2", [("a + 2", "a - 2"), ("{2 y", "{y")]),
    "power of a quotient": ("(x/y)^3", [("{x}{y}", "{y}{x}"), ("^{3}", "^{-3}")]),
    "exp of log": ("exp(log(x))*log(exp(y))", [("e^{y}", "y"), (r"\ln\left( x", r"\ln\left( y")]),
    "many names": ("x*y+z*a+b*w+m*v+t*c+h*L+e*E+i*j+alpha*beta1+beta2*gamma+epsilon", [("m v", "m w")]),
}


NO_READER = importlib.util.find_spec("latex2sympy2") is None or sys.version_info >= (3, 13)
needs_reader = pytest.mark.skipif(NO_READER, reason="latex2sympy2 cannot be imported here")


def printed(key: str) -> tuple[str, Expression]:
    proved = SCALARS.expression(READ[key][0])
    return latex(proved), proved


@pytest.fixture(scope="module")
def faults() -> tuple[list[tuple[str, Expression]], ReadBack]:
    pairs = []
    for key, (_, changes) in READ.items():
        tex, proved = printed(key)
        for old, new in changes:
            assert old in tex, (key, old, tex)
            pairs.append((tex.replace(old, new, 1), proved))
    return pairs, read_back([*map(printed, READ), *pairs], seconds=120)


@needs_reader
def test_what_was_proved_is_read_back(faults: tuple[list[tuple[str, Expression]], ReadBack]) -> None:
    _, result = faults
    assert result.available
    assert not result.reason
    assert not [d for d in result.disagreements if any(d.startswith(printed(k)[0] + "\n") for k in READ)]
    assert len(READ) >= 30
    assert result.agreed == len(READ), result.uncovered


@needs_reader
def test_every_planted_fault_is_caught(faults: tuple[list[tuple[str, Expression]], ReadBack]) -> None:
    pairs, result = faults
    assert len(pairs) >= 60
    assert not result.uncovered
    assert [tex for tex, _ in pairs if not any(d.startswith(tex) for d in result.disagreements)] == []
    assert result.formulas == result.covered == len(READ) + len(pairs)


@needs_reader
def test_a_changed_document_is_caught() -> None:
    rows = [SCALARS.expression(f) for f in ("∂J/∂z", "a*(1-tanh(z)^2)", "a-a*tanh(z)^2")]
    document = rf"\begin{{align*}}{aligned(rows)}\end{{align*}}"
    changed = [document, document.replace("a - a", "a + a"), document.replace(r"\partial J", r"\partial a")]
    result = read_back([pair for d in changed for pair in zip(displayed(d), rows, strict=True)])
    assert (result.covered, result.agreed) == (9, 7)
    assert [d.split(":")[0].split("\n")[0] for d in result.disagreements] == [
        r"a + a \tanh\left( z \right)^{2}", r"\frac{\partial a}{\partial z}"]


UNREADABLE = {
    "equation": "z = z", "unbalanced": "z} + {z", "foreign command": r"z \input{z}", "unfinished": "z +",
    "Iverson": r"[\,z > 0\,]", "too long": "z + " * 2000 + "z", "nothing": "", "half a fraction": r"\frac{z}",
}


@needs_reader
def test_what_cannot_be_read_is_not_covered() -> None:
    z, large = SCALARS.expression("z"), SCALARS.expression("((x+y+z)^90)^9")
    result = read_back([*((tex, z) for tex in UNREADABLE.values()), (latex(large), large)])
    assert (result.covered, result.disagreements, len(result.uncovered)) == (0, [], len(UNREADABLE) + 1)
    assert "too large" in result.uncovered[-1]


def test_only_scalar_formulas_are_handed_over() -> None:
    assert is_scalar(SCALARS.expression("1/N*tanh(x)^2"))
    for formula in ("step(z)", "a*[i=s1*o, 0<=i]", "y[1]", "sum(l) y[l]"):
        assert not is_scalar(HERE.expression(formula))
    alike = context("", "x1 x_1")
    pairs = [("y[1]", HERE.expression("y[1]")), ("x_1 + x_1", alike.expression("x1+x_1"))]
    result = read_back(pairs, python="no such interpreter")
    assert not result.available
    assert (result.formulas, result.covered) == (2, 0)
    assert "two names" in result.uncovered[1]


BROKEN = {
    "hangs": ("exec sleep 60", "did not answer"),
    "crashes": ("exit 3", "status 3"),
    "kills itself": ("kill -9 $$", "status -9"),
    "talks nonsense": ("echo hello", "no answer"),
    "answers with a list": ("echo '[1, 2]'", "no answer"),
    "has no packages": (f'exec "{sys.executable}" -I -S "$2"', "latex2sympy2 cannot be used"),
}


@pytest.mark.parametrize(("script", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_reader_is_reported(script: str, reason: str, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    result = read_back([printed("tanh'")], str(python), 0.5 if "sleep" in script else 20)
    assert not result.available
    assert (result.formulas, result.covered, result.agreed) == (1, 0, 0)
    assert reason in result.reason


def test_answers_before_a_hang_count_and_strange_trees_do_not(tmp_path: Path) -> None:
    python = tmp_path / "python"
    trees = '["symbol", "a"]; ["power", ["symbol", "a"], ["symbol", "a"]]; ["eval"]; "a"; ["symbol", "q"]'
    answers = " ".join(f"'{{\"tree\": {t}}}'" for t in trees.split("; "))
    python.write_text(f"#!/bin/sh\nprintf '%s\\n' '{{\"ready\": true}}' {answers}\nexec sleep 60\n")
    python.chmod(0o755)
    result = read_back([("z", SCALARS.expression("z"))] * 6, str(python), 1)
    assert result.available
    assert (result.covered, result.agreed, len(result.disagreements), len(result.uncovered)) == (3, 1, 2, 3)
    assert "did not answer" in result.reason


def test_nothing_heavy_is_imported() -> None:
    code = ("import sys, symcnn.latex.write, symcnn.latex.readback\n"
            "sys.exit(any(m in sys.modules for m in ('sympy', 'latex2sympy2', 'islpy', 'z3')))")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
