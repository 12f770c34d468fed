"""The gradients of 2×2 max and average pooling with stride 2, at every position of an image of any size."""

from symcnn import Claim, Derivation, Layer, declare, gradient, layer, validate_definition
from symcnn.calculus import prove_text
from symcnn.notation.expression import Axis, Definition, axis

parameters: dict[str, object] = {}
LARGEST = "(max(c=0..1,d=0..1) X[2*i+c,2*j+d])"
MEAN = "1/4 (sum(c=0..1,d=0..1) X[2*i+c,2*j+d])"
WINDOW = "[2*i <= u, u <= 2*i+1, 2*j <= v, v <= 2*j+1]"


def derive() -> Derivation:
    d = Derivation("The gradients of 2×2 pooling", "max pooling hands ∂J/∂Y to the largest entry of each window, "
                   "average pooling a quarter to each entry; for every size and every position")
    d.given("An image $X$ with $H \\times W$ pixels of any size, windows of $2 \\times 2$ with stride 2, indices from "
            "0. The loss $J$ depends on $X$ through the pooled map only, and its gradient there is known.")
    largest, mean = pooling("Y", LARGEST), pooling("Z", MEAN)
    d.given("Max pooling:", largest)
    one(d, largest, f"∂J/∂Y[i,j] is_zero({LARGEST} - X[2*i+a,2*j+b])",
        f"sum(i,j) {WINDOW} ∂J/∂Y[i,j] is_zero({LARGEST} - X[u,v])",
        "an entry gets $\\partial J/\\partial Y$ of its window if it is the largest there, and 0 otherwise, as long as "
        "no two entries of a window tie for the largest")
    d.given("Average pooling:", mean)
    one(d, mean, "1/4 ∂J/∂Z[i,j]", f"1/4 (sum(i,j) {WINDOW} ∂J/∂Z[i,j])",
        "every entry of a window gets a quarter")
    behind(d)
    careless(d, mean)
    return d


def pooling(output: str, form: str, height: str = "H") -> Layer:
    sizes = "h W" if "h" in height else "H W"
    limits = ["2 <= W"] if "h" in height else ["2 <= H", "2 <= W"]
    return layer(f"{output}[i,j] = {form}", sizes, f"X[{height},W]", assume=limits)


def places(pool: Layer) -> list[tuple[str, Axis]]:
    """The output positions, and the four places of a window."""
    return [*zip("ij", pool.definition.tensor.axes, strict=True), ("a", axis(2)), ("b", axis(2))]


def one(d: Derivation, pool: Layer, at_place: str, at_entry: str, reason: str) -> None:
    """The gradient by the chain rule, then entry by entry, then window by window."""
    made = gradient(pool, "X", ["u", "v"])
    d.show(*made.lines)
    closed = prove_text(pool, f"∂J/∂X[u,v] = {at_entry}", data=[made.chain])
    d.at_sizes(made.chain)
    d.conclude(closed, "sum over the places of the window: only $a = u - 2i$, $b = v - 2j$ are left, and they lie in "
               "the window when $2i \\le u \\le 2i + 1$, $2j \\le v \\le 2j + 1$, that is $i = \\lfloor u/2 \\rfloor$, "
               "$j = \\lfloor v/2 \\rfloor$")
    window = prove_text(pool, f"∂J/∂X[2*i+a,2*j+b] = {at_place}", ranges=places(pool), data=[made.chain])
    d.conclude(window, f"at the place $(a, b)$ of window $(i, j)$, for $a, b \\in \\{{0, 1\\}}$; {reason}")
    formula = Definition(made.tensor, made.chain.indices, closed.right)
    d.validate(lambda cases: validate_definition(pool, formula, cases=cases))


def behind(d: Derivation) -> None:
    """With an odd size the last row lies in no window."""
    for output, form, name in (("Y", LARGEST, "max"), ("Z", MEAN, "average")):
        odd = pooling(output, form, "2*h+1")
        made = gradient(odd, "X", ["u", "v"])
        d.at_sizes(made.chain, *odd.definitions)
        d.conclude(prove_text(odd, "∂J/∂X[2*h,v] = 0", data=[made.chain]), f"{name} pooling, $H = 2h + 1$ odd: the "
                   "last row lies in no window and gets 0; likewise the last column of an odd $W$",
                   where="$H = 2h + 1$")


def careless(d: Derivation, mean: Layer) -> None:
    """Slips that are often made."""
    quarter, slip = (mean.equation(f"∂J/∂X[u,v] = 1/4 (sum(i,j) {WINDOW} {of}[i,j])").right for of in ("∂J/∂Z", "Z"))
    d.refute(Claim(quarter, slip, mean.definitions, mean.assumptions), "a careless statement: average pooling hands "
             "back a quarter of $Z$; it is a quarter of $\\partial J/\\partial Z$", {"H": 2, "W": 2},
             {"∂J/∂Z[0,0]": 1}, {"u": 0, "v": 0})
    names = declare("H W", "X[H,W]", ["2 <= H", "2 <= W"])
    ties = names.expression(f"sum(a=0..1,b=0..1) is_zero({LARGEST.replace('2*i+', '').replace('2*j+', '')} - X[a,b])")
    d.refute(Claim(ties, names.expression("1"), (), names.assumptions), "why ties are left out: where entries tie, "
             "more than one is the largest, and the loss has no gradient there (a framework picks one of them)",
             {"H": 2, "W": 2}, {"X[0,0]": 1, "X[1,1]": 1})
