"""Expectations: linearity, independence of stated groups, and stated moments; nothing else.

Why it is sound. E is linear on finite sums, so `linearity` takes sums and what is fixed out of E, and only
where the body is a polynomial in random entries: the sums have written bounds, a defined tensor is unfolded
on its axes, and what is left in each E is a product of random entries. E of a product is not the product of
the E, so `independence` splits a product only into groups of tensors that are stated to be independent of
each other, and leaves the entries within a group together. `moments` puts in place of the E of a product
what a law states for a product of just these tensors, where all entries lie on their axes (outside, the
product is 0). A moment that is not stated is refused: nothing is assumed of the correlation within a tensor
or of third and fourth moments. That the moments exist is part of the laws. An undefined tensor that is not
listed as random is fixed, and nothing that uses the theorem may define it (see Theorem).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from symcnn.errors import StepError
from symcnn.kernel.claim import Claim, needed_definitions
from symcnn.kernel.derivative import on_axes
from symcnn.kernel.guards import implied
from symcnn.kernel.theorem import Hypothesis, Independent, Theorem, _SEAL
from symcnn.notation.expression import (
    Add, Axis, Binder, Bracket, children, Definition, Equation, Expectation, Expression, expression, free_indices,
    Multiply, Power, Range, Read, rebuild, Sum, Tensor, walk,
)
from symcnn.notation.polynomial import Polynomial, polynomial, Symbol
from symcnn.notation.traverse import renamed_apart, substitute, tensors_in

MOST_TERMS = 200
Conditions = tuple[Polynomial, ...]
Ranges = Iterable[tuple[Symbol, Axis]]
"""The axes of free indices that stand bare in no read, as in `prove`."""
Product = tuple[tuple[Range, ...], tuple[Expression, ...]]
"""Σ_{ranges} Π factors, each factor fixed or a read of a random tensor."""


def linearity(node: Expression, definitions: Iterable[Definition] = (), ranges: Ranges = ()) -> Theorem:
    """⊢ node = node′, where each E(Σ c·Π X[…]) is written Σ c·E(Π X[…]), with c fixed and X random."""
    known = {d.tensor: d for d in definitions}
    kinds = {n.over for n in walk(node) if isinstance(n, Expectation)}
    over = next(iter(kinds), ())
    if len(kinds) > 1 or set(over) & known.keys():
        raise StepError("linearity: all expectations are over the same tensors, none of them defined by a formula")

    def varies(n: Expression) -> bool:
        match n:
            case Expectation():
                return False
            case Read(tensor, _) if tensor not in over:
                if tensor not in known and tensor.gradient_of is not None:
                    raise StepError(f"linearity: whether {tensor.name} is random is not known")
                return tensor in known and varies(known[tensor].body)
        return isinstance(n, Read) or any(varies(c) for c in children(n))

    def products(n: Expression, taken: set[Symbol], holds: Conditions) -> list[Product]:
        match n:
            case _ if not varies(n):
                return [((), (n,))]
            case Read(tensor, indices) if tensor in known:
                body = substitute(known[tensor].body, dict(zip(known[tensor].indices, indices, strict=True)))
                return products(_product([*_inside(n, holds), body]), taken, holds)
            case Read():
                return [((), (n,))]
            case Add(terms):
                return [p for t in terms for p in products(t, taken, holds)]
            case Multiply(factors):
                result: list[Product] = [((), ())]
                for f in factors:
                    found = products(f, taken, holds)
                    if len(result) * len(found) > MOST_TERMS:
                        raise StepError(f"linearity: more than {MOST_TERMS} terms")
                    result = [(r + s, a + b) for r, a in result for s, b in found]
                return result
            case Power(base, exponent) if 0 <= exponent <= MOST_TERMS:
                return products(Multiply((base,) * exponent), taken, holds)
            case Sum(ranges, _) if all(r.lower is not None and r.upper is not None for r in ranges):
                apart = renamed_apart(n, taken)
                taken |= {r.variable for r in apart.ranges}
                return [(apart.ranges + r, a) for r, a in products(apart.body, taken, _within(apart, holds))]
        raise StepError(f"linearity: {n} is no finite sum of products of random entries")

    def mean(ranges: tuple[Range, ...], factors: tuple[Expression, ...]) -> Expression:
        drawn = [f for f in factors if varies(f)]
        fixed = [f for f in factors if not varies(f)]
        inside = _product([*fixed, *([Expectation(_product(drawn), over)] if drawn else [])])
        return Sum(ranges, inside) if ranges else inside

    def visit(n: Expression, holds: Conditions) -> Expression:
        n = rebuild(n, tuple(visit(c, _within(n, holds)) for c in children(n)))
        if not isinstance(n, Expectation):
            return n
        terms = tuple(mean(*p) for p in products(n.body, free_indices(n.body), holds))
        return terms[0] if len(terms) == 1 else Add(terms) if terms else expression(0)

    needed = needed_definitions(list(known.values()), tensors_in(node))
    return _theorem(node, visit(node, _limits(node, ranges)), needed, "linearity", ranges)


def independence(node: Expression, groups: Sequence[Sequence[Tensor]], ranges: Ranges = ()) -> Theorem:
    """The groups are independent of each other  ⊢  node = node′, where E(Π) is Π over the groups of E(Π of it)."""
    stated = Independent(tuple(map(tuple, groups)))
    if len(set(chain(*stated.groups))) < sum(map(len, stated.groups)):
        raise StepError("independence: a tensor stands in two groups")

    def split(mean: Expectation, reads: Sequence[Read], holds: Conditions) -> Expression:
        for read in reads:
            if not any(read.tensor in group for group in stated.groups):
                raise StepError(f"independence: {read.tensor.name} stands in no group")
        parts = [[r for r in reads if r.tensor in group] for group in stated.groups]
        return _product([Expectation(_product(part), mean.over) for part in parts if part])

    return _theorem(node, _each(node, split, _limits(node, ranges)), [stated], "independence", ranges)


def moments(node: Expression, laws: Sequence[Equation], ranges: Ranges = ()) -> Theorem:
    """Laws E(X[a]·…) = m(a, …), claimed on the axes  ⊢  node = node′, where each E(X[…]·…) is [on the axes]·m(…)."""
    used: dict[Hypothesis, None] = {}

    def value(mean: Expectation, reads: Sequence[Read], holds: Conditions) -> Expression:
        ordered = sorted(reads, key=lambda r: r.tensor.name)
        for law in laws:
            slots = _slots(law, mean.over)
            if [tensor for tensor, _ in slots] == [r.tensor for r in ordered]:
                used[law] = None
                at = {s: i for (_, own), r in zip(slots, ordered, strict=True)
                      for s, i in zip(own, r.indices, strict=True)}
                guards = [] if law.right == expression(0) else [g for r in ordered for g in _inside(r, holds)]
                return _product([*guards, substitute(law.right, at)])
        raise StepError(f"moments: no law states {mean}")

    right = _each(node, value, _limits(node, ranges))
    return _theorem(node, right, [*used], "moments", ranges)


def _slots(law: Equation, over: tuple[Tensor, ...]) -> list[tuple[Tensor, list[Symbol]]]:
    """The tensors of a law, by name, with their index variables; StepError for what is no law."""
    match law.left:
        case Expectation(_, same) if same == over:
            reads = sorted(_reads(law.left), key=lambda r: r.tensor.name)
            slots = [(r.tensor, [s for i in r.indices if (s := i.as_symbol) and not s.is_size]) for r in reads]
            names = [s for _, own in slots for s in own]
            if len(names) == len(set(names)) == sum(len(r.indices) for r in reads) and not (
                    free_indices(law.right) - set(names) or set(over) & set(tensors_in(law.right))):
                return slots
    raise StepError(f"moments: this is no law of the form E(X[a] * …) = m(a, …)\n  {law}")


def _reads(mean: Expectation) -> list[Read]:
    """The random entries whose product is in E; StepError for anything else."""
    factors = mean.body.factors if isinstance(mean.body, Multiply) else (mean.body,)
    reads = [f for f in factors if isinstance(f, Read) and f.tensor in mean.over]
    if len(reads) < len(factors):
        raise StepError(f"{mean} is not the expectation of a product of random entries; use linearity first")
    return reads


def _each(node: Expression, new: Callable[[Expectation, Sequence[Read], Conditions], Expression],
          holds: Conditions) -> Expression:
    if isinstance(node, Expectation):
        return new(node, _reads(node), holds)
    return rebuild(node, tuple(_each(c, new, _within(node, holds)) for c in children(node)))


def _limits(node: Expression, ranges: Ranges) -> Conditions:
    """What holds because the free indices of an equation lie on their axes."""
    return Claim(node, node, ranges=tuple(ranges)).limits.inequalities


def _within(node: Expression, holds: Conditions) -> Conditions:
    """What holds inside a node: the bounds of a sum, and what speaks of none of its variables."""
    if not isinstance(node, Binder):
        return holds
    variables = {r.variable for r in node.ranges}
    return (*(p for p in holds if not p.symbols & variables),
            *(g for r in node.ranges for g in r.guards(polynomial(r.variable))))


def _inside(read: Read, holds: Conditions) -> list[Expression]:
    """[the read lies on its axes] as a factor, without the conditions that hold already; none if all do."""
    guards = tuple(g for g in on_axes(read).inequalities if not implied(g, holds))
    return [Bracket((), guards)] if guards else []


def _product(factors: Sequence[Expression]) -> Expression:
    return factors[0] if len(factors) == 1 else Multiply(tuple(factors)) if factors else expression(1)


def _theorem(left: Expression, right: Expression, hypotheses: Sequence[Hypothesis], rule: str,
             ranges: Ranges) -> Theorem:
    claim = Claim(left, right, tuple(h for h in hypotheses if isinstance(h, Definition)), ranges=tuple(ranges))
    return Theorem(_SEAL, Equation(left, right), hypotheses, rule, (), (), claim.indices)
