"""The proofs: for all sizes; identities beside SymPy; counts of random identities and edited documents."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from symcnn import convolution, declare, gradient, padded_output_gradient, prove
from symcnn.layers.convolution import INPUTS, numbered

from .machine import installed
from .row import Row
from .timing import interleaved, median

TESTS = Path(__file__).resolve().parent.parent / "tests"


def adjoint(dims: int) -> Callable[[], object]:
    """The input gradient as a convolution with the flipped kernel, with symbolic stride, padding, dilation."""
    conv = convolution(dims)
    place, taps = INPUTS[:dims], numbered("k", dims)
    dx = gradient(conv, "X", ["l", "n", *place])
    inserted = padded_output_gradient(conv, dims)
    k, d, p = (numbered(stem, dims) for stem in "Kdp")
    reads = ", ".join(f"{place[a]} + {d[a]}*{taps[a]} - {d[a]}*({k[a]}-1) + {p[a]}" for a in range(dims))
    flipped = ", ".join(f"{k[a]}-1-{taps[a]}" for a in range(dims))
    bounds = ", ".join(f"{taps[a]}=0..{k[a]}-1" for a in range(dims))
    closed = inserted.equation(f"∂J/∂X[l, n, {', '.join(place)}] = "
                               f"sum(m, {bounds}) D[l, m, {reads}] W[m, n, {flipped}]").right
    return lambda: prove(dx.expression, closed, inserted.definitions)


def proofs(repeats: int) -> Iterator[Row]:
    """Proofs for all sizes, warm."""
    for dims in (1, 2, 3):
        yield Row("proofs", f"adjoint = convolution with the flipped kernel, {dims}-D, symbolic s, p, d", "", "", 1,
                  median(adjoint(dims), repeats), limit=0.010 if dims == 2 else None)


IDENTITIES: dict[str, tuple[str, str, str]] = {
    "tanh from exponentials": ("z", "(exp(z) - exp(-z)) / (exp(z) + exp(-z))", "1 - 2 / (exp(2*z) + 1)"),
    "sigmoid and its reflection": ("z", "1 / (1 + exp(-z)) + 1 / (1 + exp(z))", "1"),
    "slope of the sigmoid": ("z", "exp(-z) / (1 + exp(-z))^2", "1/(1 + exp(-z)) * (1 - 1/(1 + exp(-z)))"),
    "slope of softmax, two classes": (
        "a b", "exp(a)/(exp(a) + exp(b)) - exp(a)^2/(exp(a) + exp(b))^2", "exp(a) exp(b) / (exp(a) + exp(b))^2"),
    "momentum, two steps": ("a b v w", "w - a*(b*v + b*(b*v)) ", "w - a*b*v*(1 + b)"),
}


def identities(repeats: int) -> Iterator[Row]:
    """The same identity, shown here and by SymPy's ``simplify`` of the difference."""
    import sympy

    for name, (names, left, right) in IDENTITIES.items():
        declared = declare("", names)
        ours = (declared.expression(left), declared.expression(right))
        theirs = sympy.sympify(f"({left}) - ({right})".replace("^", "**").replace(") exp", ")*exp"),
                               locals={n: sympy.Symbol(n, real=True) for n in names.split()})
        yield _beside_sympy(name, lambda o=ours: prove(*o), lambda t=theirs: sympy.simplify(t), repeats)  # type: ignore[misc]


def expansion(terms: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """The square of a sum of ``terms`` names, multiplied out: here, and by ``simplify``."""
    import sympy

    names = [f"x{n}" for n in range(terms)]
    declared = declare("", " ".join(names))
    out = " + ".join(f"{a}*{b}" for a in names for b in names)
    left, right = declared.expression(f"({' + '.join(names)})^2"), declared.expression(out)
    difference = sympy.Add(*sympy.symbols(names)) ** 2 - sympy.Add(*[
        sympy.Symbol(a) * sympy.Symbol(b) for a in names for b in names])
    return lambda: prove(left, right), lambda: sympy.simplify(difference)


def repeated_document(times: int) -> Callable[[], object]:
    """Checking one small derivation, written so many times, each in a section of its own."""
    from symcnn.document.check import check

    part = ("## Part {n}\n\nLet $y_i = \\sum_k w_k x_{{i+k}}$. Then "
            "$\\frac{{\\partial y_i}}{{\\partial w_k}} = x_{{i+k}}$ and $\\sum_k w_k x_{{k+i}} = y_i$.\n\n")
    text = "".join(part.format(n=n + 1) for n in range(times))
    return lambda: check(text)


def _beside_sympy(name: str, ours: Callable[[], object], theirs: Callable[[], Any], repeats: int) -> Row:
    ours()  # raises if it is not proved
    if theirs() != 0:
        name += " (SymPy leaves a difference)"
    pair = interleaved(ours, theirs, repeats)
    return Row("identities", name, "", "", 1, pair.ours, "sympy.simplify", installed("sympy"), pair.theirs, None,
               pair.spread)


def documents(repeats: int) -> Iterator[Row]:
    """Checking right documents: seconds for each claim."""
    from symcnn.document.check import check

    texts = [path.read_text(encoding="utf-8") for path in sorted((TESTS / "documents" / "right").glob("*.*"))[::8]]
    if texts:
        claims = sum(len(check(text).findings) for text in texts)
        yield Row("documents", f"{len(texts)} small documents, {claims} claims: seconds for each claim", "", "", 1,
                  median(lambda: [check(text) for text in texts], max(1, repeats // 3)) / claims)


def counts(identities: int, edits: int) -> list[str]:
    """Random identities and single edits of documents, held against exact enumeration."""
    sys.path.insert(0, str(TESTS))
    try:
        from identities import main
        from mutations import count
    except ImportError:
        return []
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main()
    return [*said.getvalue().strip().splitlines(), *str(count(edits)).splitlines()]
