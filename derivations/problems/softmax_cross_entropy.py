"""The gradient of softmax with cross-entropy: p − y, and p Σ y − y for targets that do not add up to 1."""

from symcnn import Derivation, prove, softmax_cross_entropy, steps, validate_definition
from symcnn.calculus import Line, conclusion
from symcnn.notation.expression import Definition, Expression
from symcnn.notation.polynomial import Symbol

parameters = {"batch": False}


def derive(batch: bool = False) -> Derivation:
    d = Derivation("The gradient of softmax with cross-entropy",
                   "∂L/∂z = p − y if Σ y = 1, p Σ y − y in general" + ("; 1/N of it for a batch" if batch else ""))
    layer = softmax_cross_entropy(batch=batch)
    n, mean = ("n,", "1/N") if batch else ("", "")
    d.given("Scores $z$ of $C$ classes, probabilities $p$ by softmax and a target $y$"
            + (" for each of $N$ examples $n$; the loss is the mean over the examples." if batch else "."), layer)

    def read(text: str) -> Expression:
        return layer.equation(f"z[{n}c] z[{n}k] = {text}").right  # the left side makes n, c and k indices

    def scaled(text: str) -> Expression:
        return read(f"{mean} ({text})" if batch else text)

    d.show(*steps(read(f"sum(c) p[{n}c]"), [
        ("the definition; the denominator is the same for all classes",
         read(f"(sum(c) exp(z[{n}c])) / (sum(j) exp(z[{n}j]))")),
        ("a positive number over itself", read("1"))], layer.definitions), conclude=True)
    d.show(*steps(read(f"∂p[{n}c]/∂z[{n}k]"), [
        ("quotient rule; $z_k$ is in the numerator for $c = k$ and always in the denominator",
         read(f"[c = k] exp(z[{n}c])/(sum(j) exp(z[{n}j])) - exp(z[{n}c]) exp(z[{n}k])/(sum(j) exp(z[{n}j]))^2")),
        ("the definition of $p$", read(f"p[{n}c] ([c = k] - p[{n}k])"))], layer.definitions), conclude=True)

    lines = list(steps(read(f"∂L/∂z[{n}k]"), [
        ("$(\\ln p)' = p'/p$" + ("; the scores of one example act on its own probabilities only" if batch else ""),
         read(f"-{mean} (sum(c) y[{n}c] / p[{n}c] * p[{n}c] ([c = k] - p[{n}k]))")),
        ("cancel $p$", read(f"-{mean} (sum(c) y[{n}c] ([c = k] - p[{n}k]))")),
        ("sift: only $c = k$ is left of the first part; $p_k$ is the same for all $c$ in the second",
         scaled(f"p[{n}k] (sum(c) y[{n}c]) - y[{n}k]"))], layer.definitions))
    d.show(*lines, conclude=True)
    total = layer.equation(f"sum(c) y[{n}c] = 1")
    special = prove(lines[-1].theorem.right, scaled(f"p[{n}k] - y[{n}k]"), layer.definitions,
                    using=[(total, read(f"{mean} p[{n}k]"))])
    d.conclude(conclusion(*lines, Line(special, "")), "for a target that adds up to 1, as a probability does")
    d.note("Every $p$ is positive, as a quotient of positive numbers, so its logarithm is defined and what must not "
           "be zero is not.")
    closed = Definition(layer["∂L/∂z"], tuple(Symbol(s) for s in ("n", "k")[not batch:]), lines[-1].theorem.right)
    d.validate(lambda cases: validate_definition(layer, closed, of="L", cases=cases))
    return d
