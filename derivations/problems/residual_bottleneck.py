"""Parameters of a residual block and of a bottleneck block, with biases and batch norm."""

from fractions import Fraction

from symcnn import Derivation, batch_norm, convolution, declare, specialize, steps
from symcnn.calculus import Line, conclusion
from symcnn.counting import entries
from symcnn.errors import UsageError
from symcnn.notation.expression import Add, Expression, expression
from symcnn.notation.polynomial import Polynomial, polynomial
from symcnn.notation.traverse import substitute
from symcnn.tables import decimal, ratio

parameters = {"width": 32, "outside": 128, "kernel": 3}


def derive(width: int, outside: int, kernel: int) -> Derivation:
    given = {"width": width, "outside": outside, "kernel": kernel}
    for word, value in given.items():
        if value < 1:
            raise UsageError(f"{word} is {value}; allowed: whole numbers from 1 on")
    d = Derivation("Parameters of a residual and of a bottleneck block", "both in symbols, and their ratio")
    conv, norm = convolution(), batch_norm()
    d.given("A convolution with bias, and batch norm:", conv, norm,
            "The residual block: convolution $K \\times K$ from $w$ to $w$ channels, batch norm, and both once more. "
            "The bottleneck block: convolutions $1 \\times 1$ from $m$ to $w$, $K \\times K$ from $w$ to $w$ and "
            "$1 \\times 1$ from $w$ to $m$ channels, each followed by batch norm. Here "
            f"$w = {width}$, $m = {outside}$, $K = {kernel}$.")
    tensors = {"$W$": conv["W"], "$b$": conv["b"], "$\\gamma$, and likewise of $\\beta$": norm["gamma"]}
    for what, tensor in tensors.items():
        d.show(Line(entries(tensor).theorem, f"parameters of {what}"))
    names = declare("w m K", "")
    one, w, m, k = polynomial(1), *(names.polynomial(n) for n in "wmK")
    at = {names.size("w"): polynomial(width), names.size("m"): polynomial(outside), names.size("K"): polynomial(kernel)}
    numbers = []
    for title, layers, counted, collected in (
            ("residual", [(w, w, k), (w, w, k)], "2*(K^2*w^2 + w) + 4*w", "2*K^2*w^2 + 6*w"),
            ("bottleneck", [(m, w, one), (w, w, k), (w, m, one)],
             "(m*w + w) + (K^2*w^2 + w) + (m*w + m) + (4*w + 2*m)", "K^2*w^2 + 2*m*w + 6*w + 3*m")):
        total = names.polynomial(collected)
        lines = steps(Add(tuple(e for layer in layers for e in index_sets(*layer))), [
            (f"{title} block: the elements of the index sets of $W$, $b$, $\\gamma$ and $\\beta$ of every layer",
             names.expression(counted)), ("collected", expression(total))])
        d.show(*lines, conclude=True)
        d.conclude(specialize(conclusion(*lines), at), f"{title} block with the numbers put in")
        numbers.append(int(total.substitute(at).constant))
    d.conclude(ratio(*numbers), f"parameters of the residual block over those of the bottleneck block: the ratio "
               f"${decimal(Fraction(*numbers))}$")
    d.instance = "in symbols: all sizes; numbers and ratio: this instance"
    return d


def index_sets(inputs: Polynomial, outputs: Polynomial, side: Polynomial) -> list[Expression]:
    """Sums of ones over W, b, γ and β of a convolution with batch norm."""
    conv, norm = convolution(), batch_norm()
    values = {conv.size("C"): inputs, conv.size("M"): outputs, conv.size("K1"): side, conv.size("K2"): side}
    return [substitute(entries(conv[name]).expression, values) for name in ("W", "b")] + [
        substitute(entries(norm[name]).expression, {norm.size("C"): outputs}) for name in ("gamma", "beta")]
