"""The backward pass of batch normalization in compact form, for every batch size."""

from symcnn import Claim, Derivation, batch_norm_over, gradient, steps, validate_definition
from symcnn.calculus import chain_rule
from symcnn.errors import UsageError
from symcnn.notation.expression import Definition, Expression

parameters = {"shape": "N C", "reduced": "N"}


def derive(shape: str = "N C", reduced: str = "N") -> Derivation:
    d = Derivation("The backward pass of batch normalization",
                   "∂J/∂X = γ r/m (m ∂J/∂Y − Σ ∂J/∂Y − X̂ Σ ∂J/∂Y X̂), ∂J/∂γ = Σ ∂J/∂Y X̂, ∂J/∂β = Σ ∂J/∂Y")
    bn = batch_norm_over(shape, reduced)
    axes = shape.split()
    at, kept = [a.lower() for a in axes], [a.lower() for a in axes if a not in reduced.split()]
    if "j" in at:
        raise UsageError("an axis J would share its name with the loss J; take another letter")
    x, one, m = ",".join(at), f"[{','.join(kept)}]" if kept else "", "*".join(reduced.split())
    # The index of another entry of the same unit, and of any other entry.
    unit = ",".join(a if a in kept else f"{a}'" for a in at)
    other = ",".join(f"{a}'" for a in at)
    over = ",".join(f"{a}'" for a in at if a not in kept)
    same_unit = f" [{', '.join(f'''{a}' = {a}''' for a in kept)}]" if kept else ""
    same_entry = f"[{', '.join(f'''{a}' = {a}''' for a in at if a not in kept)}]"
    primed = f"[{','.join(f'''{a}' ''' for a in kept)}]" if kept else ""

    bn = bn.define(f"X_hat[{x}] = (X[{x}] - mu{one}) r{one}", f"X_hat[{','.join(axes)}]")
    d.given(f"Batch normalization in training; $m = {m.replace('*', ' ')}$ values are averaged for each unit, and the "
            "loss $J$ depends on $X$, $\\gamma$ and $\\beta$ through $Y$ only. The upstream gradient "
            "$\\partial J/\\partial Y$ is known.", *bn.definitions[:-1], "The normalized values:", bn.definitions[-1])

    def read(text: str) -> Expression:
        return bn.equation(f"0*X[{x}] X[{other}] = {text}").right  # the left side makes both indices known

    d.show(*steps(read(f"∂mu{primed}/∂X[{x}]"), [
        ("every value has the same part in the mean", read(f"1/({m}){same_unit}"))], bn.definitions))
    d.show(*steps(read(f"∂v{primed}/∂X[{x}]"), [
        ("through $\\mu$ nothing is added, because $\\sum (X - \\mu) = 0$",
         read(f"2/({m}) (X[{x}] - mu{one}){same_unit}"))], bn.definitions))
    d.show(*steps(read(f"∂r{primed}/∂X[{x}]"), [
        ("$r = (v + \\epsilon)^{-1/2}$ has the derivative $-\\frac{1}{2} r^3$ with respect to $v$",
         read(f"-1/({m}) r{one}^3 (X[{x}] - mu{one}){same_unit}"))], bn.definitions))

    chain = chain_rule(bn, "Y", "X", at)
    below = [
        ("chain rule: each entry acts on every output, through $X$ itself, $\\mu$ and $v$", chain.body),
        ("product rule with these derivatives; only entries of the same unit count",
         read(f"sum({over}) ∂J/∂Y[{unit}] gamma{one} (({same_entry} - 1/({m})) r{one} "
              f"- 1/({m}) (X[{unit}] - mu{one}) r{one}^3 (X[{x}] - mu{one}))")),
        ("sift, and $\\hat{X} = (X - \\mu) r$",
         read(f"gamma{one} r{one}/({m}) ({m} ∂J/∂Y[{x}] - (sum({over}) ∂J/∂Y[{unit}]) "
              f"- X_hat[{x}] (sum({over}) ∂J/∂Y[{unit}] X_hat[{unit}]))"))]
    lines = steps(chain.left, below, (*bn.definitions, chain))
    d.show(*lines, conclude=True)
    closed = Definition(chain.tensor, chain.indices, lines[-1].theorem.right)

    for name, text, why in (("gamma", f"sum({over}) ∂J/∂Y[{unit}] X_hat[{unit}]", "$\\hat{X} = (X - \\mu) r$"),
                            ("beta", f"sum({over}) ∂J/∂Y[{unit}]", "")):
        made = gradient(type(bn)(bn.context, "Y"), name, kept, of="Y")
        last = steps(made.expression, [(why, read(text))], bn.definitions) if why else ()
        d.show(*made.lines, *last, conclude=True)
    d.refute(Claim(chain.left, read(f"gamma{one} r{one} ∂J/∂Y[{x}]"), (*bn.definitions, chain)),
             "a careless statement: the derivative as if $\\mu$ and $v$ did not depend on $X$",
             {a: 2 if a in reduced.split() else 1 for a in axes},
             {"epsilon": 1, f"gamma[{','.join('0' for _ in kept)}]" if kept else "gamma": 1,
              f"∂J/∂Y[{','.join('0' for _ in at)}]": 1}, dict.fromkeys(at, 0))
    d.validate(lambda cases: validate_definition(bn, closed, of="Y", cases=min(cases, 50)))
    return d
