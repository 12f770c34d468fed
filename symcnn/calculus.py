"""Gradients as adjoints: every line is proposed here and proved by the kernel.

For a loss J that depends on X through Z only, ∂J/∂X[q] = Σ_o ∂J/∂Z[o] · ∂Z[o]/∂X[q]. The derivative is a
sum of products with deltas; sifting removes summation variables by those deltas.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symcnn.verdict import prove
from symcnn.errors import StepError, UsageError
from symcnn.kernel.derivative import derivative
from symcnn.kernel.guards import solve_for
from symcnn.kernel.rules import transitivity
from symcnn.kernel.theorem import Theorem
from symcnn.layers.layer import Layer
from symcnn.notation.expression import (
    Add, Axis, Bracket, Definition, Derivative, Equation, Expression, Multiply, Power, Range, Read, Sum, Tensor, Value,
    children, expression, free_indices, rebuild,
)
from symcnn.notation.traverse import substitute, total
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial


@dataclass(frozen=True)
class Line:
    """One line of a derivation: the theorem, the reason a person would give, and what it took."""

    theorem: Theorem
    reason: str
    milliseconds: float = 0.0


@dataclass(frozen=True)
class Gradient:
    """∂J/∂X as a definition (the chain rule), the lines that work it out, and the last right side."""

    tensor: Tensor
    chain: Definition
    lines: tuple[Line, ...]

    @property
    def expression(self) -> Expression:
        return self.lines[-1].theorem.right

    @property
    def definition(self) -> Definition:
        """∂J/∂X with the worked-out formula as its meaning."""
        return Definition(self.tensor, self.chain.indices, self.expression)


def primed(symbols: Iterable[Symbol], taken: Iterable[Symbol]) -> dict[Symbol, Symbol]:
    """Names with as many primes as it takes to avoid the taken ones."""
    busy = set(taken)
    renamed = {}
    for s in symbols:
        new = s
        while new in busy:
            new = Symbol(new.name + "'")
        busy.add(new)
        renamed[s] = new
    return renamed


def chain_rule(layer: Layer, of: str, by: str, at: Sequence[str], loss: str = "J") -> Definition:
    """∂J/∂X[q] = Σ_o ∂J/∂Z[o] · ∂Z[o]/∂X[q], for a loss that depends on X through Z only."""
    definition = layer.definition_of(of)
    variable = layer[by]
    if len(at) != len(variable.axes):
        raise UsageError(f"{by} has {len(variable.axes)} axes, but {len(at)} index names were given")
    q = tuple(Symbol(name) for name in at)
    o = tuple(primed(definition.indices, q).values())
    entry = Read(variable, tuple(polynomial(s) for s in q))
    output = Read(definition.tensor, tuple(polynomial(s) for s in o))
    gradient_entry = Read(definition.tensor.gradient(loss), output.indices)
    return Definition(variable.gradient(loss), q,
                      total(o, Multiply((gradient_entry, Derivative(output, entry)))))


def gradient(layer: Layer, by: str, at: Sequence[str], of: str | None = None, loss: str = "J") -> Gradient:
    """The gradient of a loss with respect to one of a layer's tensors, worked out line by line.

    `at` names the indices of the gradient's entry. Lines: chain rule, derivative of the formula, sifting.
    UsageError if the tensor does not occur in the formula or is itself defined.
    """
    of = of or layer.output
    if any(d.tensor.name == by for d in layer.definitions):
        raise UsageError(f"{by} is defined by a formula; give the layer from {by} on")
    chain = chain_rule(layer, of, by, at, loss)
    left = chain.left
    known = {d.tensor: d for d in layer.definitions}
    givens = (*layer.definitions, chain)

    def worked_out(node: Expression) -> Expression:
        if isinstance(node, Derivative):
            return derivative(node.expression, node.by, known)
        return rebuild(node, tuple(worked_out(c) for c in children(node)))

    monomials = flatten(worked_out(chain.body))
    if not monomials:
        raise UsageError(f"{of} does not depend on {by}")
    try:
        # The supports of what is read imply most conditions; where they do not, all are written.
        lines = _proved(left, _proposals(chain, [m.without_inequalities() for m in monomials]), givens, layer)
    except StepError:
        lines = _proved(left, _proposals(chain, monomials), givens, layer)
    return Gradient(chain.tensor, chain, tuple(lines))


def _proposals(chain: Definition, monomials: Sequence[Monomial]) -> list[tuple[str, Expression]]:
    proposals = [("chain rule: the loss depends on each entry through every output", chain.body),
                 ("differentiate the formula: the derivative of an entry by another is 1 if they "
                  "are the same, otherwise 0", join(monomials))]
    sifted = join([sift(m) for m in monomials])
    if sifted != proposals[-1][1]:
        proposals.append(("sift: a delta with a summation variable alone on one side removes that sum", sifted))
    return proposals


def _proved(left: Expression, proposals: Sequence[tuple[str, Expression]], givens: Iterable[Definition],
            layer: Layer) -> list[Line]:
    lines = []
    for reason, right in proposals:
        began = time.perf_counter()
        theorem = prove(left, right, givens, layer.assumptions)
        lines.append(Line(theorem, reason, 1000 * (time.perf_counter() - began)))
    return lines


@dataclass(frozen=True)
class Monomial:
    """Σ_{ranges} [equations, inequalities] Π factors: one term of a flattened formula."""

    ranges: tuple[Range, ...] = ()
    equations: tuple[Polynomial, ...] = ()
    inequalities: tuple[Polynomial, ...] = ()
    factors: tuple[Expression, ...] = ()

    def without_inequalities(self) -> Monomial:
        return Monomial(self.ranges, self.equations, (), self.factors)

    @property
    def names(self) -> set[Symbol]:
        """Every index the monomial speaks of, bound or free."""
        conditions = {s for p in self.equations + self.inequalities for s in p.symbols if not s.is_size}
        return conditions.union({r.variable for r in self.ranges}, *map(free_indices, self.factors))

    def avoiding(self, taken: set[Symbol]) -> Monomial:
        """The same monomial with other summation variables where one is taken."""
        clash = [r.variable for r in self.ranges if r.variable in taken]
        names = primed(clash, taken | self.names)
        return self.substitute({s: polynomial(n) for s, n in names.items()}, names) if names else self

    def times(self, other: Monomial) -> Monomial:
        other = other.avoiding(self.names)
        mine = self.avoiding(other.names)
        return Monomial(mine.ranges + other.ranges, mine.equations + other.equations,
                        mine.inequalities + other.inequalities, mine.factors + other.factors)

    def substitute(self, values: dict[Symbol, Polynomial], names: dict[Symbol, Symbol] | None = None) -> Monomial:
        ranges = []
        for r in self.ranges:
            new = r.substitute(values)
            ranges.append(Range((names or {}).get(r.variable, r.variable), new.lower, new.upper, new.coefficient))
        return Monomial(tuple(ranges), tuple(e.substitute(values) for e in self.equations),
                        tuple(p.substitute(values) for p in self.inequalities),
                        tuple(substitute(f, values) for f in self.factors))

    def within(self, ranges: tuple[Range, ...]) -> Monomial:
        """The monomial summed over more variables."""
        return Monomial(ranges + self.ranges, self.equations, self.inequalities, self.factors)

    @property
    def expression(self) -> Expression:
        factors = list(self.factors)
        if self.equations or self.inequalities:
            factors.append(Bracket(self.equations, self.inequalities))
        body: Expression = Multiply(tuple(factors)) if len(factors) > 1 else factors[0] if factors else expression(1)
        return Sum(self.ranges, body) if self.ranges else body


def flatten(node: Expression) -> list[Monomial]:
    """Products distributed over sums, nested sums joined; functions and powers are left as they are."""
    match node:
        case Add(terms):
            return [m for t in terms for m in flatten(t)]
        case Multiply(factors):
            result = [Monomial()]
            for factor in factors:
                result = [a.times(b) for a in result for b in flatten(factor)]
            return result
        case Sum(ranges, body):
            return [m.avoiding({r.variable for r in ranges}).within(ranges) for m in flatten(body)]
        case Bracket(equations, inequalities):
            return [Monomial((), equations, inequalities)]
        case Value(p) if not p:
            return []
        case Value(p) if p == polynomial(1):
            return [Monomial()]
        case Power(base, 1):
            return flatten(base)
        case Power(_, 0):
            return [Monomial()]
    return [Monomial((), (), (), (node,))]


def join(monomials: Sequence[Monomial]) -> Expression:
    parts = tuple(m.expression for m in monomials)
    return parts[0] if len(parts) == 1 else Add(parts) if parts else expression(0)


def sift(monomial: Monomial) -> Monomial:
    """Remove summation variables that an equation determines alone: Σ_v [v = a] f(v) = f(a).

    The range of v is dropped with it: f reads a tensor that is zero outside of it. Where that is not so
    the kernel refuses the line.
    """
    for equation in monomial.equations:
        for r in monomial.ranges:
            if equation.unit_coefficient(r.variable) and len(equation.symbols) == 2:
                value = solve_for(equation, r.variable)
                rest = Monomial(tuple(x for x in monomial.ranges if x != r),
                                tuple(e for e in monomial.equations if e is not equation),
                                monomial.inequalities, monomial.factors)
                return sift(rest.substitute({r.variable: value}))
    kept = tuple(e for e in monomial.equations if e)
    return Monomial(monomial.ranges, kept, monomial.inequalities, monomial.factors)


def steps(left: Expression, rights: Sequence[tuple[str, Expression]], definitions: Iterable[Definition] = (),
          assumptions: Iterable[Polynomial] = ()) -> tuple[Line, ...]:
    """The chain left = right₁ = right₂ = …, each link proved; StepError shows the link that fails."""
    lines, before = [], left
    for reason, right in rights:
        began = time.perf_counter()
        theorem = prove(before, right, definitions, assumptions)
        lines.append(Line(theorem, reason, 1000 * (time.perf_counter() - began)))
        before = right
    return tuple(lines)


def prove_text(layer: Layer, text: str, using: Sequence[tuple[Equation, Expression]] = (),
               ranges: Iterable[tuple[str, Axis]] = (), data: Iterable[Definition] = ()) -> Theorem:
    """`left = right` over a layer's names, proved with its definitions, its assumptions and more data.

    `ranges` names indices that stand bare in no tensor and gives their axes; the rest as for `prove`.
    """
    equation = layer.equation(text)
    return prove(equation.left, equation.right, (*layer.definitions, *data), layer.assumptions, using,
                 [(Symbol(name), axis) for name, axis in ranges])


def conclusion(*lines: Line) -> Theorem:
    """first left = last right, by transitivity; lines that restate the same left side replace each other."""
    result = lines[0].theorem
    for line in lines[1:]:
        result = line.theorem if line.theorem.left == result.left else transitivity(result, line.theorem)
    return result


__all__ = ["Gradient", "Line", "chain_rule", "conclusion", "flatten", "gradient", "prove_text", "sift", "steps"]
