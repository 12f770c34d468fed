"""The gradient of the mean squared error of a tanh neuron, and its limit for large weights."""

from symcnn import Claim, Derivation, declare, limit, prove, steps, validate_definition
from symcnn.kernel.limits import limit_equals
from symcnn.notation.expression import Definition, Expression
from symcnn.notation.polynomial import Symbol

parameters: dict[str, object] = {}


def derive() -> Derivation:
    d = Derivation("The gradient of the tanh risk and its limit for large weights",
                   "∇E(w) = (2/N) Σ (tanh(wᵀx) − y)(1 − tanh²(wᵀx)) x; the limit along w = c·u")
    risk = declare("N D", "x[N,D] y[N] w[D]").define("E = 1/N (sum(n) (tanh(sum(j) w[j] x[n,j]) - y[n])^2)")
    d.given("$N$ samples $x[n, \\cdot]$ with targets $y[n]$ and weights $w$, in $D$ dimensions.", risk)

    def read(text: str) -> Expression:
        return risk.equation(f"∂J/∂w[k] = {text}").right  # the left side makes k an index

    d.show(*steps(read("∂E/∂w[k]"), [
        ("the derivative of a finite sum is the sum of the derivatives, chain rule for the square",
         read("1/N (sum(n) 2 (tanh(sum(j) w[j] x[n,j]) - y[n])"
              " (1 - tanh(sum(j) w[j] x[n,j])^2) (sum(j) [j = k] x[n,j]))")),
        ("sift: only $j = k$ is left of the inner sum",
         read("2/N (sum(n) (tanh(sum(j) w[j] x[n,j]) - y[n]) (1 - tanh(sum(j) w[j] x[n,j])^2) x[n,k])")),
    ], risk.definitions), conclude=True)

    ray = declare("N D", "x[N,D] y[N] u[D] c")

    def on_ray(text: str) -> Expression:
        return ray.equation(f"∂J/∂u[k] = {text}").right

    d.given("For the limit: weights along a fixed direction $u$, $c$ times as large, and $c$ grows.")
    along = limit(on_ray("2/N (sum(n) (tanh(sum(j) c u[j] x[n,j]) - y[n])"
                         " (1 - tanh(sum(j) c u[j] x[n,j])^2) x[n,k])"), ray["c"])
    d.conclude(along, "each $\\tanh(c\\,t)$ tends to the sign of $t$, the product of $u$ and $x_n$, and the sum is "
               "finite")
    kept = prove(along.right, on_ray("-2/N (sum(n) is_zero(sum(j) u[j] x[n,j]) y[n] x[n,k])"))
    d.conclude(limit_equals(along, kept), "$1 - \\operatorname{sgn}^2 t$ is 1 where $t$ is 0, and 0 elsewhere; "
               "the sign of 0 is 0: only samples orthogonal to $u$ are left")
    d.note("The limit is zero exactly when the sum of $y_n x_n$ over the samples orthogonal to $u$ is zero.")
    d.refute(Claim(kept.right, ray.expression("0")),
             "a careless conclusion: the gradient tends to 0 for large weights",
             {"D": 2, "N": 1}, {"u[0]": 1, "x[0,1]": 1, "y[0]": 1}, {"k": 1})
    d.refute(Claim(ray.equation("y[n] = sign(sum(j) u[j] x[n,j])").right, ray.expression("1")),
             "a careless premise: the tanh tends to 1 for large weights; the limit is the sign",
             {"D": 1, "N": 1}, {"u[0]": -1, "x[0,0]": 1})
    derived = Definition(risk["∂E/∂w"], (Symbol("k"),), read(
        "2/N (sum(n) (tanh(sum(j) w[j] x[n,j]) - y[n]) (1 - tanh(sum(j) w[j] x[n,j])^2) x[n,k])"))
    d.validate(lambda cases: validate_definition(risk, derived, of="E", cases=cases))
    return d
