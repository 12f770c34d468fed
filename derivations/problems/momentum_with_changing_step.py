"""Forms of gradient descent with momentum whose step changes, and when they agree."""

from symcnn import Claim, Derivation, declare, induction, prove
from symcnn.notation.expression import Axis, Equation, Expression
from symcnn.notation.polynomial import Symbol, polynomial

parameters: dict[str, object] = {}


def derive() -> Derivation:
    d = Derivation("Forms of gradient descent with momentum and a changing step",
                   "form III, with the step inside the velocity, agrees with form I; form II does for all gradients "
                   "only if β = 0 or the step is constant")
    names = declare("P", "p[-1.., P] q[0.., P] r[0.., P] v[0.., P] w[0.., P] g[0.., P] alpha[0..] beta")
    read, number = names.equation, names.expression
    k, one, b = Symbol("k"), number("1"), number("beta")
    d.given("Parameters with $P$ entries $a$; gradients $g$, momentum $\\beta$, a step $\\alpha$ that changes with "
            "$k$: form I gives $p$, form II gives $q$ with velocity $v$, form III gives $r$ with velocity $w$ that "
            "holds the step. The recurrences hold for every $k \\ge 0$.")
    velocity, start = read("v[k+1,a] = g[k,a] + beta v[k,a]"), read("p[0,a] = q[0,a]")

    changing_one = read("p[k+1,a] = p[k,a] - alpha[k] g[k,a] + beta (p[k,a] - p[k-1,a])")
    changing_two = read("q[k+1,a] = q[k,a] - alpha[k] v[k+1,a]")
    inside = read("w[k+1,a] = alpha[k] g[k,a] + beta w[k,a]")
    form_three = read("r[k+1,a] = r[k,a] - w[k+1,a]")
    start_three = read("p[0,a] = r[0,a]")
    matching = read("beta (w[0,a] + p[0,a] - p[-1,a]) = 0")
    d.given("Form I:", changing_one, "Form II:", velocity, changing_two, "Form III:", inside, form_three,
            "All start at the same point:", start, start_three,
            "The starts of forms I and III match further:", matching)
    third = induction([read("p[k,a] = r[k,a]"), read("beta (p[k,a] - p[k-1,a] + w[k,a]) = 0")], k, 0,
                      [form_three, inside, changing_one],
                      [start_three, matching],
                      base=[[(0, one)], [(1, one)]], step=[[(0, one), (1, one)], [(1, b)]])
    d.conclude(third[1], "form III and form I: induction over $k$, as every step multiplies it by $\\beta$")
    d.conclude(third[0], "so form III equals form I, whatever the steps: induction over $k$, as every step adds "
               "$\\beta$ times what was just shown to be 0")
    later = prove(*sides(read("p[k+1,a] - q[k+1,a] = beta (alpha[k] - alpha[k-1]) v[k,a]")),
                  using=[(changing_one, one), (changing_two, number("-1")),
                         (velocity, names.equation("g[k,a] = alpha[k]").right),
                         (read("p[k,a] = q[k,a]"), number("1 + beta")),
                         (read("p[k-1,a] = q[k-1,a]"), number("-beta")),
                         (read("q[k,a] = q[k-1,a] - alpha[k-1] v[k,a]"), b)],
                  ranges=[(k, Axis(polynomial(1), polynomial(1), None))])
    d.conclude(later, "form II, where it has agreed with form I at $k$ and $k - 1$, differs from it at $k + 1$ by "
               "exactly this; $v[k,a]$ takes every value as $g[k-1,a]$ does, so the forms agree for all gradients only "
               "if $\\beta$ is 0 or $\\alpha$ is constant")
    zero = induction([read("p[k,a] = q[k,a]"), read("beta = 0")], k, 0,
                     [changing_two, velocity, changing_one], [start, read("beta = 0")], base=[[(0, one)], [(1, one)]],
                     step=[[(0, one), (1, names.equation("p[k,a] = p[k,a] - p[k-1,a] + alpha[k] v[k,a]").right)],
                           [(1, one)]])
    d.conclude(zero[0], "without momentum, $\\beta$ being 0, they agree whatever the steps")
    d.refute(Claim(later.right, number("0")),
             "a careless statement: form II equals form I also when the step changes",
             {"P": 1}, {"beta": 1, "alpha[0]": 1, "v[1,0]": 1}, {"k": 1})
    return d


def sides(equation: Equation) -> tuple[Expression, Expression]:
    return equation.left, equation.right
