"""How many indices a condition with a stride leaves: Σ_{i ≥ 0, s i ≤ a} 1 = O where s(O − 1) ≤ a < s O is stated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symcnn.counting import Lemmas, cardinality
from symcnn.document.facts.questions import equal
from symcnn.document.reading.forms import as_polynomial, is_rounded
from symcnn.errors import StepError, UsageError
from symcnn.kernel.claim import Claim
from symcnn.kernel.rules import transitivity
from symcnn.kernel.theorem import Theorem
from symcnn.notation.expression import Add, Axis, Bracket, Expression, Multiply, Range, Sum, Value
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import sizes_in

PLAIN = polynomial(1)


def counted(left: Expression, right: Expression, stated: Iterable[Polynomial], lemmas: Lemmas) -> Theorem | None:
    """⊢ left = right for a left side that counts, given what is stated to be ≥ 0; None if that does not show it.

    `lemmas` keeps what was proved of floors.
    """
    axes = _axes(left)
    if axes is None or all(a.coefficient == PLAIN for a in axes.values()):
        return None
    known = frozenset(p.primitive() for p in stated)
    among = sorted({s for p in known for s in p.symbols} | sizes_in(right))
    extents = {a: _extent(a, among, known) for a in axes.values() if a.coefficient != PLAIN}
    found = {a: size for a, size in extents.items() if size is not None}
    if len(found) < len(extents):
        return None
    weight = _weight(left)
    assert weight is not None
    node = Sum(tuple(Range(i, a.base, a.upper, a.coefficient) for i, a in axes.items()), Value(weight))
    try:
        whole = transitivity(equal(Claim(left, node), (), ("isl",)), cardinality(node, found, lemmas))
        return transitivity(whole, equal(Claim(whole.right, right), (), ("isl",)))
    except (StepError, UsageError):
        return None


def of_floor(size: Symbol, right: Expression) -> tuple[Polynomial, ...]:
    """What is ≥ 0 if a size is ⌊a/s⌋ + 1; nothing for another formula."""
    terms = right.terms if isinstance(right, Add) else (right,)
    floors = [t for t in terms if is_rounded(t)]
    rest = as_polynomial(Add(tuple(t for t in terms if not is_rounded(t))))
    if len(floors) != 1 or rest is None or size in rest.symbols:
        return ()
    (floor,) = floors
    assert isinstance(floor, Sum)
    return tuple(p.substitute({floor.ranges[0].variable: polynomial(size) - rest})
                 for f in _factors(floor.body) if isinstance(f, Bracket) for p in f.inequalities)


def _extent(axis: Axis, among: Sequence[Symbol], known: frozenset[Polynomial]) -> Symbol | None:
    """The size that is stated to be how many indices an axis has."""
    assert axis.upper is not None
    for size in among:
        last, beyond = (axis.coefficient * (polynomial(size) - n) for n in (1, 0))
        if {(axis.upper - last).primitive(), (beyond - 1 - axis.upper).primitive()} <= known:
            return size
    return None


def _axes(node: Expression) -> dict[Symbol, Axis] | None:
    """The axis over which each index of a sum goes, 0 ≤ i and s i ≤ a; None for any other sum."""
    if not isinstance(node, Sum) or _weight(node) is None:
        return None
    conditions = [p for f in _factors(node.body) if isinstance(f, Bracket) for p in f.inequalities]
    found = {}
    for r in node.ranges:
        here = [p for p in conditions if r.variable in p.symbols]
        here += [polynomial(r.variable) - r.lower] if r.lower is not None else []
        here += [r.upper - r.coefficient * polynomial(r.variable)] if r.upper is not None else []
        slopes = [p.linear_coefficient(r.variable) for p in here]
        if len(here) != 2 or polynomial(1) not in slopes:
            return None
        above = here[1 - slopes.index(polynomial(1))]
        slope = above.linear_coefficient(r.variable)
        if here[slopes.index(polynomial(1))] != polynomial(r.variable) or slope is None:
            return None
        upper = above - slope * polynomial(r.variable)
        if not all(s.is_size for p in (upper, slope) for s in p.symbols):
            return None
        found[r.variable] = Axis(polynomial(0), -slope, upper)
    mine = sum(1 for p in conditions for s in p.symbols if s in found)
    return found if mine == sum(len(p.symbols & found.keys()) for p in conditions) == len(conditions) else None


def _weight(node: Expression) -> Polynomial | None:
    """What each index counts for; None if that is no polynomial in sizes."""
    assert isinstance(node, Sum)
    factors = [f for f in _factors(node.body) if not isinstance(f, Bracket)]
    weight = as_polynomial(Multiply(tuple(factors)))
    brackets = [f for f in _factors(node.body) if isinstance(f, Bracket)]
    if weight is None or any(b.equations for b in brackets) or not all(s.is_size for s in weight.symbols):
        return None
    return weight


def _factors(node: Expression) -> tuple[Expression, ...]:
    return node.factors if isinstance(node, Multiply) else (node,)
