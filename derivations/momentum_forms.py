"""Forms of gradient descent with momentum, and exactly when they agree."""

import numpy as np

from symcnn import Claim, Derivation, Validation, declare, induction, prove
from symcnn.errors import WitnessError
from symcnn.notation.expression import Axis, Equation, Expression
from symcnn.notation.traverse import substitute
from symcnn.notation.polynomial import Symbol, polynomial

parameters: dict[str, object] = {}


def derive() -> Derivation:
    d = Derivation("Forms of gradient descent with momentum",
                   "forms I and II agree for all k and all gradients exactly when β(αv⁰ + θ⁰ − θ⁻¹) = 0")
    names = declare("P", "p[-1.., P] q[0.., P] r[0.., P] v[0.., P] w[0.., P] g[0.., P] alpha[0..] eta beta")
    read, number = names.equation, names.expression
    k = Symbol("k")
    d.given("Parameters with $P$ entries $a$; gradients $g$, momentum $\\beta$, step $\\eta$ (constant) or "
            "$\\alpha$ (changing with $k$). Form I gives $p$, form II gives $q$ with velocity $v$, form III gives "
            "$r$ with velocity $w$ that holds the step. The recurrences hold for every $k \\ge 0$.")

    form_one = read("p[k+1,a] = p[k,a] - eta g[k,a] + beta (p[k,a] - p[k-1,a])")
    velocity = read("v[k+1,a] = g[k,a] + beta v[k,a]")
    form_two = read("q[k+1,a] = q[k,a] - eta v[k+1,a]")
    start = read("p[0,a] = q[0,a]")
    matching = read("beta (eta v[0,a] + p[0,a] - p[-1,a]) = 0")
    d.given("Form I, and form II:", form_one, velocity, form_two, "Both start at the same point:", start)
    one, b = number("1"), number("beta")
    agree = induction([read("p[k,a] = q[k,a]"), read("beta (p[k,a] - p[k-1,a] + eta v[k,a]) = 0")], k, 0,
                      [form_two, velocity, form_one], [start, matching],
                      base=[[(0, one)], [(1, one)]], step=[[(0, one), (1, one)], [(1, b)]])
    d.conclude(agree[0], "if $\\beta(\\eta v^0 + \\theta^0 - \\theta^{-1}) = 0$: induction over $k$, together with "
               "$\\beta(p^k - p^{k-1} + \\eta v^k) = 0$")

    def at(equation: Equation, step: int) -> Equation:
        return instance(equation, k, step)

    first = prove(*sides(read("p[1,a] - q[1,a] = beta (eta v[0,a] + p[0,a] - p[-1,a])")),
                  using=[(at(form_one, 0), one), (at(form_two, 0), number("-1")), (at(velocity, 0), number("eta")),
                         (start, one)])
    d.conclude(first, "only if: after one step the two differ by exactly this, so forms that agree satisfy it; with "
               "$v^0$ zero and $\\theta^{-1}$ equal to $\\theta^0$ it holds")

    changing_one = read("p[k+1,a] = p[k,a] - alpha[k] g[k,a] + beta (p[k,a] - p[k-1,a])")
    changing_two = read("q[k+1,a] = q[k,a] - alpha[k] v[k+1,a]")
    inside = read("w[k+1,a] = alpha[k] g[k,a] + beta w[k,a]")
    form_three = read("r[k+1,a] = r[k,a] - w[k+1,a]")
    start_three = read("p[0,a] = r[0,a]")
    d.given("With a step that changes, forms I, II, and III (the step inside the velocity):",
            changing_one, changing_two, inside, form_three)
    third = induction([read("p[k,a] = r[k,a]"), read("beta (p[k,a] - p[k-1,a] + w[k,a]) = 0")], k, 0,
                      [form_three, inside, changing_one],
                      [start_three, read("beta (w[0,a] + p[0,a] - p[-1,a]) = 0")],
                      base=[[(0, one)], [(1, one)]], step=[[(0, one), (1, one)], [(1, b)]])
    d.conclude(third[0], "form III equals form I for matching starts, whatever the steps: the same induction")
    later = prove(*sides(read("p[k+1,a] - q[k+1,a] = beta (alpha[k] - alpha[k-1]) v[k,a]")),
                  using=[(changing_one, one), (changing_two, number("-1")),
                         (velocity, names.equation("g[k,a] = alpha[k]").right),
                         (read("p[k,a] = q[k,a]"), number("1 + beta")),
                         (read("p[k-1,a] = q[k-1,a]"), number("-beta")),
                         (read("q[k,a] = q[k-1,a] - alpha[k-1] v[k,a]"), b)],
                  ranges=[(k, Axis(polynomial(1), polynomial(1), None))])
    d.conclude(later, "form II, where it has agreed with form I at $k$ and $k - 1$, differs from it at $k + 1$ by "
               "exactly this; $v^k = g^{k-1} + \\beta v^{k-1}$ takes every value as $g^{k-1}$ does, so the forms "
               "agree for all gradients only if $\\beta = 0$ or $\\alpha$ is constant")
    zero = induction([read("p[k,a] = q[k,a]"), read("beta = 0")], k, 0,
                     [changing_two, velocity, changing_one], [start, read("beta = 0")], base=[[(0, one)], [(1, one)]],
                     step=[[(0, one), (1, names.equation("p[k,a] = p[k,a] - p[k-1,a] + alpha[k] v[k,a]").right)],
                           [(1, one)]])
    d.conclude(zero[0], "if $\\beta = 0$, they agree whatever the steps")
    d.refute(Claim(later.right, number("0")),
             "a careless statement: form II equals form I also when the step changes",
             {"P": 1}, {"beta": 1, "alpha[0]": 1, "v[1,0]": 1}, {"k": 1})
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
