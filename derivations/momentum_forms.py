"""Forms of gradient descent with momentum, and exactly when they agree."""

import numpy as np

from symcnn import Derivation, Validation, declare, induction, prove
from symcnn.errors import WitnessError
from symcnn.notation.expression import Equation, Expression
from symcnn.notation.traverse import substitute
from symcnn.notation.polynomial import Symbol, polynomial

parameters: dict[str, object] = {}


def derive() -> Derivation:
    d = Derivation("Forms of gradient descent with momentum",
                   "forms I and II agree for all k and all gradients exactly when β(αv⁰ + θ⁰ − θ⁻¹) = 0")
    names = declare("P", "p[-1.., P] q[0.., P] v[0.., P] g[0.., P] eta beta")
    read, number = names.equation, names.expression
    k = Symbol("k")
    d.given("Parameters with $P$ entries $a$; gradients $g$, momentum $\\beta$, a constant step $\\eta$. Form I gives "
            "$p$, form II gives $q$ with velocity $v$. The recurrences hold for every $k \\ge 0$.")

    form_one = read("p[k+1,a] = p[k,a] - eta g[k,a] + beta (p[k,a] - p[k-1,a])")
    velocity = read("v[k+1,a] = g[k,a] + beta v[k,a]")
    form_two = read("q[k+1,a] = q[k,a] - eta v[k+1,a]")
    start = read("p[0,a] = q[0,a]")
    matching = read("beta (eta v[0,a] + p[0,a] - p[-1,a]) = 0")
    d.given("Form I, and form II:", form_one, velocity, form_two, "Both start at the same point:", start,
            "Starts that match further, as $v[0,a]$ zero and $p[-1,a]$ equal to $p[0,a]$ do:", matching)
    one, b = number("1"), number("beta")
    agree = induction([read("p[k,a] = q[k,a]"), read("beta (p[k,a] - p[k-1,a] + eta v[k,a]) = 0")], k, 0,
                      [form_two, velocity, form_one], [start, matching],
                      base=[[(0, one)], [(1, one)]], step=[[(0, one), (1, one)], [(1, b)]])
    d.conclude(agree[1], "if the starts match: induction over $k$, as every step multiplies it by $\\beta$")
    d.conclude(agree[0], "so the forms agree: induction over $k$, as every step adds $\\beta$ times what was just "
               "shown to be 0")

    def at(equation: Equation, step: int) -> Equation:
        return instance(equation, k, step)

    first = prove(*sides(read("p[1,a] - q[1,a] = beta (eta v[0,a] + p[0,a] - p[-1,a])")),
                  using=[(at(form_one, 0), one), (at(form_two, 0), number("-1")), (at(velocity, 0), number("eta")),
                         (start, one)])
    d.conclude(first, "only if: whether or not the starts match further, the two differ by exactly this after one "
               "step, so forms that agree have starts that match")

    d.validate(both_forms)
    return d


def both_forms(cases: int) -> Validation:
    """Forms I and II run side by side in float64, with random gradients and v⁰ = 0, θ⁻¹ = θ⁰."""
    chance = np.random.default_rng(0)
    worst = 0.0
    for _ in range(cases):
        step, momentum, steps_taken = chance.uniform(0, 1, 2).tolist() + [int(chance.integers(1, 20))]
        before = one = two = chance.normal(size=3)
        velocity = np.zeros(3)
        for g in chance.normal(size=(steps_taken, 3)):
            before, one = one, one - step * g + momentum * (one - before)
            velocity = g + momentum * velocity
            two = two - step * velocity
            worst = max(worst, float(np.abs(one - two).max()))
    if worst > 1e-9:
        raise WitnessError(f"forms I and II differ by {worst}")
    return Validation(("both forms run in float64",), cases, worst, "up to 20 steps, 3 entries")


def sides(equation: Equation) -> tuple[Expression, Expression]:
    return equation.left, equation.right


def instance(equation: Equation, index: Symbol, value: int) -> Equation:
    """The equation at one value of an index."""
    at = {index: polynomial(value)}
    return Equation(substitute(equation.left, at), substitute(equation.right, at))
