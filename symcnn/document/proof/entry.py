"""One entry by its formulas, worked out in numbers: each sum as its terms, each name in it by its own formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from symcnn.document.facts.questions import equal
from symcnn.effort import spend
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.rules import replaced, transitivity
from symcnn.kernel.theorem import Theorem
from symcnn.notation.expression import (
    Add, Bracket, Definition, Expression, Multiply, Range, Read, Sum, Tensor, children, expression, free_indices,
    rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import substitute

MOST_TERMS, MOST_ENTRIES, STEPS = 64, 200, 200
"""So many terms a sum has at most, so many entries are worked out, and so much each of them costs."""


class Entries:
    """Entries of tensors, each with the theorem that it is a formula without names that have one."""

    def __init__(self, definitions: Mapping[Tensor, Definition]) -> None:
        self.definitions = definitions
        self.known: dict[Read, Theorem] = {}
        self.pending: set[Read] = set()

    def equal(self, left: Read, right: Expression) -> Theorem:
        """⊢ left = right; StepError where working out the left side does not show it."""
        theorem = self.of(left)
        return transitivity(theorem, equal(Claim(theorem.right, right), (), ()))

    def of(self, read: Read) -> Theorem:
        """⊢ entry = what it is."""
        if read in self.known:
            return self.known[read]
        if read in self.pending or len(self.known) > MOST_ENTRIES or free_indices(read):
            raise StepError("the entry is not worked out")
        spend(STEPS)
        self.pending.add(read)
        definition = self.definitions[read.tensor]
        written = terms_of(definition.body, dict(zip(definition.indices, read.indices, strict=True)))
        theorem = equal(Claim(read, written, (definition,)), (), ("isl",))
        for inner in dict.fromkeys(n for n in walk(written) if isinstance(n, Read) and n.tensor in self.definitions):
            theorem = replaced(theorem, self.of(inner))
        self.known[read] = theorem
        return theorem


def terms_of(node: Expression, values: Mapping[Symbol, Polynomial]) -> Expression:
    """The formula at these indices with every sum over numbers as its terms; conditions become 0 or 1."""
    node = substitute(node, values)
    match node:
        case Sum(ranges, body):
            choices = [_values(r, body) for r in ranges]
            places = list(product(*choices))
            if len(places) > MOST_TERMS:
                raise StepError("a sum has too many terms")
            return Add((expression(0), *(terms_of(body, {
                r.variable: polynomial(v) for r, v in zip(ranges, place, strict=True)}) for place in places)))
        case Bracket(equations, inequalities) if all(p.is_constant for p in (*equations, *inequalities)):
            holds = not any(p.constant for p in equations) and all(p.constant >= 0 for p in inequalities)
            return expression(int(holds))
        case Read(tensor, indices) if any(
                g.is_constant and g.constant < 0 for axis, i in zip(tensor.axes, indices, strict=True)
                for g in axis.guards(i)):
            return expression(0)
        case Multiply(factors):
            parts = [terms_of(f, {}) for f in factors if isinstance(f, Bracket)]
            if expression(0) in parts:
                return expression(0)
            rest = [terms_of(f, {}) for f in factors if not isinstance(f, Bracket)]
            return expression(0) if expression(0) in rest else Multiply((*parts, *rest))
    return rebuild(node, tuple(terms_of(c, {}) for c in children(node)))


def _values(r: Range, body: Expression) -> range:
    """The numbers over which an index goes, by its bounds and by the conditions on what is summed."""
    low, high = ([p.constant] if p is not None and p.is_constant else [] for p in (r.lower, r.upper))
    for bracket in _conditions(body):
        for p, both in [(p, True) for p in bracket.equations] + [(p, False) for p in bracket.inequalities]:
            slope = p.unit_coefficient(r.variable)
            rest = p - slope * polynomial(r.variable)
            if slope and rest.is_constant:
                bound = -slope * rest.constant
                low += [bound] if both or slope > 0 else []
                high += [bound] if both or slope < 0 else []
    if not low or not high or r.coefficient != polynomial(1):
        raise StepError("how far a sum goes is no number")
    return range(int(max(low)), int(min(high)) + 1)


def _conditions(node: Expression) -> Iterator[Bracket]:
    """The conditions outside of which a formula is 0."""
    if isinstance(node, Bracket):
        yield node
    elif isinstance(node, Multiply):
        for factor in node.factors:
            yield from _conditions(factor)
    elif isinstance(node, Sum):
        yield from _conditions(node.body)
