"""Batch normalization of a given batch: mean, variance and output of every unit, exactly."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isqrt

import numpy as np

from symcnn import Derivation, Validation, batch_norm_over, prove
from symcnn.calculus import Line, conclusion
from symcnn.entries import at_sizes, combination, proved_entries
from symcnn.errors import UsageError, WitnessError
from symcnn.kernel.roots import root_of_square
from symcnn.kernel.rules import cut, discharge
from symcnn.kernel.theorem import Theorem
from symcnn.layers.data import literal, matrix, number_latex, table, vector
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import Apply, Bracket, Definition, Equation, Tensor, Value, expression
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import substitute

parameters = {"batch": "12 14 14 12; 0 10 10 0; -5 5 5 -5", "gamma": "1 1 1", "beta": "0 -10 10", "epsilon": "0"}
C, N = Symbol("c"), Symbol("n")
ROUNDING = 1e-10  # float64 carries 16 digits, and a row is averaged twice
Rows = Sequence[Sequence[Fraction]]


def derive(batch: str = parameters["batch"], gamma: str = parameters["gamma"], beta: str = parameters["beta"],
           epsilon: str = parameters["epsilon"]) -> Derivation:
    d = Derivation("Batch normalization of a given batch", "mean, variance and output of every unit, exactly")
    x, scale, shift = matrix("batch", batch), vector("gamma", gamma), vector("beta", beta)
    small, *more = vector("epsilon", epsilon)
    if more or small < 0:
        raise UsageError(f"epsilon is {epsilon}; allowed: one number, at least 0")
    if not len(x) == len(scale) == len(shift):
        raise UsageError(f"gamma has {len(scale)} and beta {len(shift)} entries, but the batch has {len(x)} rows, "
                         "one for each unit")
    bn = batch_norm_over("C N", "N").define("X_hat[c,n] = (X[c,n] - mu[c]) r[c]", "X_hat[C,N]")
    data = [literal("X", x), literal("gamma", scale), literal("beta", shift), literal("epsilon", small)]
    d.given("A batch $X$ with a row for each of $C$ units and a column for each of $N$ examples, counted from 0. Every "
            "unit has a mean $\\mu$ and a variance $v$ over the examples; $\\hat{X}$ are the normalized values.", bn,
            "The numbers:", *data)
    here = (*at_sizes(bn, {"C": len(x), "N": len(x[0])}), *data)
    d.at_sizes(*here)
    known = {h.tensor.name: h for h in here}

    d.conclude(proved_entries(known["mu"].tensor, here), "the mean of every row")
    variances = proved_entries(known["v"].tensor, here)
    d.conclude(variances, "the mean of the squared deviations from it, of every row")
    radicands = [value + small for value in _row(variances)]
    for unit, value in enumerate(radicands):
        if value == 0:
            raise UsageError(f"row {unit} of the batch has variance 0, as with one example only, and epsilon is 0: "
                             "its values would be divided by zero")
    roots = [reciprocal_root(unit, value, known, variances) for unit, value in enumerate(radicands)]
    for root in roots:
        d.show(*root)
    for name, why in (("X_hat", "the deviations from the mean times these"),
                      ("Y", "scaled by $\\gamma$ and shifted by $\\beta$")):
        d.conclude(output(name, known, [conclusion(*root) for root in roots]), why)
    d.note("What must not be zero is not: the variances are shown above.")
    d.instance = "this batch"
    output_theorem = d.conclusions[-1]
    d.validate(lambda cases: in_floats(output_theorem, *map(_floats, (x, scale, shift)), float(small)))
    return d


def reciprocal_root(unit: int, radicand: Fraction, known: Mapping[str, Definition], variances: Theorem) -> list[Line]:
    """r[unit] = 1/√radicand, and what that is where the root is a fraction."""
    root = Apply("sqrt", expression(radicand))
    (index, _), = variances.indices
    listed = [known["r"], known["epsilon"], Definition(known["v"].tensor, (index,), variances.right)]
    lines = [Line(discharge(variances, prove(known["r"].tensor[unit], 1 / root, listed)),
                  f"row {unit}: one over the square root of the variance plus $\\epsilon$")]
    exact = Fraction(isqrt(radicand.numerator), isqrt(radicand.denominator))
    if exact ** 2 == radicand:
        square = root_of_square(expression(exact))
        value = prove(1 / root, expression(1 / exact),
                      using=[(Equation(square.left, square.right), -1 / (expression(exact) * root))])
        lines.append(Line(cut(square, value), f"the square of ${number_latex(exact)}$ is ${number_latex(radicand)}$"))
    return lines


def output(name: str, known: Mapping[str, Definition], roots: Sequence[Theorem]) -> Theorem:
    """All entries of X_hat or Y, with r[c] as the roots say; the numbers come from the definitions."""
    c, n = polynomial(C), polynomial(N)
    at = Evaluator({}, _no_entry, {d.tensor: d for d in known.values()})
    deviation = known["X"].tensor[c, n] - known["mu"].tensor[c]
    factor = known["gamma"].tensor[c] * deviation if name == "Y" else deviation
    added = known["beta"].tensor[c] if name == "Y" else expression(0)
    values = [[(_fraction(at.value(factor, {C: unit, N: place})), _fraction(at.value(added, {C: unit})))
               for place in known["X"].tensor.axes[1].indices({})] for unit in range(len(roots))]
    numbers = [root.right.value.constant for root in roots if isinstance(root.right, Value)]
    if len(numbers) == len(roots):
        whole = literal(name, [[a * r + b for a, b in row] for r, row in zip(numbers, values, strict=True)])
        right = substitute(whole.body, dict(zip(whole.indices, (c, n), strict=True)))
    else:
        right = combination(piece for unit, row in enumerate(values) for place, (a, b) in enumerate(row)
                            for here in [Bracket((c - unit, n - place))]
                            for piece in ((a, roots[unit].right * here), (b, here)))
    using = [(Equation(root.left, root.right), factor * Bracket((c - unit,))) for unit, root in enumerate(roots)]
    made = prove(known[name].tensor[c, n], right, [d for d in known.values() if d.tensor.name != "r"], using=using)
    for root in roots:
        made = cut(root, made)
    return made


def in_floats(theorem: Theorem, x: np.ndarray, scale: np.ndarray, shift: np.ndarray, small: float) -> Validation:
    """The proved entries against the same computed in float64."""
    root = 1 / np.sqrt(x.var(axis=1, keepdims=True) + small)
    expected = scale[:, None] * (x - x.mean(axis=1, keepdims=True)) * root + shift[:, None]
    at = Evaluator({}, _no_entry)
    proved = np.array([[float(at.exact(theorem.right, {C: c, N: n})) for n in range(x.shape[1])]
                       for c in range(x.shape[0])])
    error = float(np.abs(proved - expected).max() / max(1.0, np.abs(expected).max()))
    if not error <= ROUNDING:
        raise WitnessError(f"proved entries and float64 differ by {error:.1e}")
    return Validation(("float64",), 1, error, "this batch")


def _row(theorem: Theorem) -> list[Fraction]:
    (row,) = table(Equation(theorem.left, theorem.right)) or [[]]
    return row


def _floats(numbers: Rows | Sequence[Fraction]) -> np.ndarray:
    return np.array(numbers, dtype=float)


def _fraction(value: object) -> Fraction:
    return Fraction(str(value))


def _no_entry(tensor: Tensor, at: tuple[int, ...]) -> int:
    raise UsageError(f"{tensor.name} has no given entries")
