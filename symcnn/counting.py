"""Counts of a layer, derived from its index formula and proved: operations, outputs, parameters.

Each count is the size of an index set, written as a sum of ones over output and summation indices, and a
closed polynomial; that the two are equal for all sizes is a theorem. The convention:

- the formula is evaluated as it is written, every defined tensor once per entry;
- a sum of n terms takes n − 1 additions, a product of n factors n − 1 multiplications; a term with a minus is
  added like any other; a division is a division; a maximum of n entries takes n − 1 comparisons;
- padded zeros are multiplied and added, padded places of a maximum are compared, as every framework counts;
- what reads no tensor (1/4, 1/K², the number of places inside) is one constant, computed beforehand; multiplying
  by it takes one multiplication, by 1 or −1 none;
- reads of which at most one lies inside its tensor are a choice, as in a circular or concatenated read: no addition;
- a multiply-accumulate is one term of a sum of products of entries; exp, tanh, sigmoid, relu … are activation
  evaluations, one each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import prod

from symcnn.errors import StepError, UsageError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.rules import specialize, summed, transitivity
from symcnn.kernel.theorem import Theorem
from symcnn.layers.layer import Layer
from symcnn.notation.expression import (
    Add, Apply, Axis, Bracket, Expression, Maximum, Multiply, Power, Range, Read, Sum, Tensor, Value,
    expression, walk,
)
from symcnn.notation.polynomial import Polynomial, PolynomialLike, Symbol, nonnegative, polynomial
from symcnn.notation.traverse import sizes_in, substitute
from symcnn.verdict import prove

MULTIPLICATIONS, ADDITIONS, MULTIPLY_ACCUMULATES = "multiplications", "additions", "multiply-accumulates"
COMPARISONS, DIVISIONS, ROOTS, EVALUATIONS = "comparisons", "divisions", "square roots", "activation evaluations"
OPERATIONS = (MULTIPLICATIONS, ADDITIONS, MULTIPLY_ACCUMULATES, EVALUATIONS, COMPARISONS, DIVISIONS, ROOTS)
CONVENTION = ("Counted as written: a sum of n terms takes n − 1 additions, a product of n factors n − 1 "
              "multiplications, padded zeros included; a bias takes one addition for every output; a factor that "
              "reads no entry is one constant.")

ONE = expression(1)
Cost = dict[str, list[Expression]]
Lemma = tuple[Theorem, dict[str, Symbol]]
Lemmas = dict[int, Lemma]
"""What was proved of floors, by the number of axes: give the same one to calls that may share it."""


@dataclass(frozen=True, eq=False)
class Count:
    """The number of elements of index sets: an expression (sums of ones), a polynomial, and that they are equal.

    `extents` names the output extents that are floors: the polynomial speaks of them, and the theorem takes
    what determines them as given, s(O − 1) ≤ last < s·O.
    """

    what: str
    expression: Expression
    polynomial: Polynomial
    theorem: Theorem
    extents: Mapping[Axis, Symbol]

    def at(self, sizes: Mapping[Symbol, int]) -> int:
        """The count at numbers."""
        outputs = {symbol: len(axis.indices(sizes)) for axis, symbol in self.extents.items()}
        return int(self.polynomial.evaluate({**sizes, **outputs}))

    def instance(self, sizes: Mapping[Symbol, int]) -> Theorem:
        """⊢ the expression at numbers = the count at numbers."""
        return prove(substitute(self.expression, {s: polynomial(v) for s, v in sizes.items()}),
                     expression(self.at(sizes)))


@dataclass(frozen=True)
class Counts:
    """All counts of a layer: its operations by kind, its outputs, and the entries of its parameter tensors."""

    operations: Mapping[str, Count]
    outputs: Count
    parameters: Mapping[str, Count]


def counts(layer: Layer, parameters: Iterable[str] = (), lemmas: Lemmas | None = None) -> Counts:
    """The counts of a layer, from its formulas alone; `parameters` names the tensors that are learned, as W, b.

    UsageError for a formula whose number of terms differs from output to output (conditions in a sum).
    """
    costs: Cost = {}
    for d in layer.definitions:
        for what, parts in _cost(d.body, layer).items():
            total = parts[0] if len(parts) == 1 else Add(tuple(parts))
            costs.setdefault(what, []).append(_over(d.tensor, d.indices, total))
    extents, definition = output_extents(d.tensor for d in layer.definitions), layer.definition
    lemmas = {} if lemmas is None else lemmas
    counter = _Counter(extents, layer.assumptions, lemmas)
    return Counts({what: counter.count(what, costs[what]) for what in OPERATIONS if what in costs},
                  counter.count("outputs", [_over(definition.tensor, definition.indices, ONE)]),
                  {name: entries(layer[name], lemmas) for name in parameters})


def entries(tensor: Tensor, lemmas: Lemmas | None = None) -> Count:
    """The number of entries of a tensor: Σ over its axes of 1 = the product of its extents."""
    indices = [Symbol(f"i{n}") for n in range(1, len(tensor.axes) + 1)]
    counter = _Counter(output_extents([tensor]), (), {} if lemmas is None else lemmas)
    return counter.count(f"entries of {tensor.name}", [_over(tensor, indices, ONE)])


def extent(axis: Axis, index: Symbol, assumptions: Sequence[Polynomial] = (), weight: PolynomialLike = 1,
           lemmas: Lemmas | None = None) -> Count:
    """The number of indices of one axis: Σ over the axis of 1; O where it is a floor.

    `assumptions` are relations of sizes, each ≥ 0, that an extent such as H − K + 1 may need; `weight` is what each
    index counts for, in sizes.
    """
    tensor = Tensor("T", (axis,))
    counter = _Counter(output_extents([tensor]), assumptions, {} if lemmas is None else lemmas)
    return counter.count("extent", [_over(tensor, [index], expression(weight))])


def cardinality(node: Sum, extents: Mapping[Axis, Symbol], lemmas: Lemmas | None = None) -> Theorem:
    """⊢ a sum of a weight in sizes = the weight times its extents, of which `extents` names those that are floors."""
    counter = _Counter(extents, (), {} if lemmas is None else lemmas)
    factors = counter.factors(node)
    return counter.cardinality(node, prod(factors, start=polynomial(1)), _product_of(factors))


def output_extents(tensors: Iterable[Tensor]) -> dict[Axis, Symbol]:
    """A size symbol for every axis whose extent is a floor: O, or O1, O2 …"""
    floors = list(dict.fromkeys(a for t in tensors for a in t.axes if a.extent is None))
    if any(a.upper is None or a.base for a in floors):
        raise UsageError("an axis without end, or with a first index other than 0, is not counted")
    return {a: Symbol("O" if len(floors) == 1 else f"O{n}", 1) for n, a in enumerate(floors, start=1)}


def determined(extents: Mapping[Axis, Symbol]) -> tuple[Polynomial, ...]:
    """What determines the extents, each ≥ 0: s(O − 1) ≤ last and last ≤ s·O − 1."""
    found = []
    for a, o in extents.items():
        assert a.upper is not None
        found += [a.upper - a.coefficient * (polynomial(o) - 1), a.coefficient * o - 1 - a.upper]
    return tuple(found)


def _over(tensor: Tensor, indices: Sequence[Symbol], weight: Expression) -> Expression:
    ranges = tuple(Range(i, a.base, a.upper, a.coefficient) for i, a in zip(indices, tensor.axes, strict=True))
    return Sum(ranges, weight) if ranges else weight


def _cost(node: Expression, layer: Layer) -> Cost:
    """What one entry takes, as expressions that add up, by kind of operation."""
    if not _reads(node):
        return {}
    match node:
        case Read():
            return {}
        case Add(terms):
            own = {} if _choice(terms, layer) else {ADDITIONS: [expression(len(terms) - 1)]}
            return _joined(*(_cost(t, layer) for t in terms), own)
        case Multiply(factors):
            return _joined(*(_cost(_divisor(f) or f, layer) for f in factors), _product(factors))
        case Power(base, exponent):
            return _joined(_cost(base, layer), _product((node,)) if exponent < 0 else
                           {MULTIPLICATIONS: [expression(exponent - 1)]} if exponent > 1 else {})
        case Apply(function, argument):
            return _joined(_cost(argument, layer), {ROOTS if function == "sqrt" else EVALUATIONS: [ONE]})
        case Sum(ranges, body) | Maximum(ranges, body):
            if _flattens(node):
                return {}
            _require_counted(node)
            inside = _cost(body, layer)
            each: Cost = {what: [Sum(ranges, c) for c in costs] for what, costs in inside.items()}
            own = {ADDITIONS if isinstance(node, Sum) else COMPARISONS: [Sum(ranges, ONE), expression(-1)]}
            if isinstance(node, Sum) and inside.get(MULTIPLICATIONS) and _entries_in(body) > 1:
                own[MULTIPLY_ACCUMULATES] = [Sum(ranges, ONE)]
            return _joined(each, own)
    raise UsageError(f"the operations of a {type(node).__name__} are not counted")


def _product(factors: Sequence[Expression]) -> Cost:
    """n − 1 multiplications for n factors; the factors that read nothing are one constant, 1 and −1 none."""
    divisors = [-f.exponent for f in factors if isinstance(f, Power) and _divisor(f)]
    plain = sum(_reads(f) and not _divisor(f) for f in factors)
    constants = [f for f in factors if not _reads(f) and not isinstance(f, Bracket)]
    if any(not (isinstance(f, Value) and f.value in (polynomial(1), polynomial(-1))) for f in constants):
        plain += 1
    found = {MULTIPLICATIONS: max(plain - 1, 0) + sum(n - 1 for n in divisors), DIVISIONS: len(divisors)}
    return {what: [expression(n)] for what, n in found.items() if n}


def _entries_in(node: Expression) -> int:
    """How many factors of a product read entries."""
    match node:
        case Multiply(factors):
            return sum(map(_entries_in, factors))
        case Power(base, exponent) if exponent > 0:
            return exponent * _entries_in(base)
    return int(_reads(node))


def _joined(*costs: Cost) -> Cost:
    joined: Cost = {}
    for cost in costs:
        for what, parts in cost.items():
            joined.setdefault(what, []).extend(parts)
    return joined


def _reads(node: Expression) -> bool:
    return any(isinstance(n, Read) for n in walk(node))


def _divisor(node: Expression) -> Expression | None:
    """What a factor divides by, if it does and that reads entries."""
    return node.base if isinstance(node, Power) and node.exponent < 0 and _reads(node) else None


def _choice(terms: Sequence[Expression], layer: Layer) -> bool:
    """Whether the terms are reads no two of which ever lie inside their tensors at once: their products are 0."""
    if not all(isinstance(t, Read) for t in terms):
        return False
    try:
        for a, b in combinations(terms, 2):
            equal(Claim(a * b, expression(0), (), layer.assumptions), (), ("isl",))
    except StepError:
        return False
    return True


def _flattens(node: Expression) -> bool:
    """Whether a sum is Σ_{v…} [q = (v1·n2 + v2)·n3 + v3 …] T[…] with 0 ≤ v < n: for every q one term, by the
    digits of q, so a choice."""
    if not (isinstance(node, Sum) and isinstance(node.body, Multiply) and len(node.body.factors) == 2):
        return False
    condition, read = node.body.factors
    if not (isinstance(condition, Bracket) and isinstance(read, Read) and len(condition.equations) == 1
            and not condition.inequalities):
        return False
    place, worth = condition.equations[0], polynomial(1)
    sign = place.linear_coefficient(node.ranges[-1].variable)
    for r in reversed(node.ranges):
        if r.lower != polynomial(0) or r.upper is None or r.coefficient != polynomial(1) or sign is None \
                or place.linear_coefficient(r.variable) != sign * worth:
            return False
        place, worth = place - sign * worth * r.variable, worth * (r.upper + 1)
    return sign in (polynomial(1), polynomial(-1)) and (place * -sign).as_symbol is not None


def _require_counted(node: Sum | Maximum) -> None:
    """UsageError unless every entry has the same number of terms, at least one."""
    for r in node.ranges:
        bounds = [b for b in (r.lower, r.upper) if b is not None]
        if len(bounds) < 2 or r.coefficient != polynomial(1) or any(not s.is_size for b in bounds for s in b.symbols) \
                or not nonnegative(bounds[1] - bounds[0]):
            raise UsageError(f"the number of values of {r.variable.name} is not known from its bounds, so operations "
                             "are not counted; allowed: bounds in sizes, such as k=0..K-1")
    for part in walk(node.body):
        if isinstance(part, Bracket) and any(r.variable in p.symbols for r in node.ranges
                                             for p in part.equations + part.inequalities):
            raise UsageError(f"a condition in a sum, {part}, makes the number of terms differ, so operations are "
                             "not counted; write the sum with bounds in sizes")


@dataclass
class _Counter:
    """Makes counts: sums of ones, closed polynomials, and the theorems that they are equal."""

    extents: Mapping[Axis, Symbol]
    assumptions: Sequence[Polynomial] = ()
    lemmas: Lemmas = field(default_factory=dict)

    def count(self, what: str, sums: Sequence[Expression]) -> Count:
        total = sum((prod(self.factors(e), start=polynomial(1)) for e in sums), polynomial(0))
        products = [_product_of(self.factors(e)) for e in sums]
        whole, right = (part[0] if len(part) == 1 else Add(tuple(part)) for part in (sums, products))
        return Count(what, whole, total, self.cardinality(whole, total, right), self.extents)

    def factors(self, node: Expression) -> list[Polynomial]:
        """Polynomials whose product a sum of ones is: its extents."""
        match node:
            case Value(p):
                return [p]
            case Add(terms):
                return [sum((prod(self.factors(t), start=polynomial(1)) for t in terms), polynomial(0))]
            case Sum(ranges, body):
                own = [_axis(r) for r in ranges]
                return [polynomial(self.extents[a]) if a.extent is None else a.extent for a in own] + self.factors(body)
        raise TypeError(type(node).__name__)

    def cardinality(self, node: Expression, total: Polynomial, right: Expression) -> Theorem:
        """⊢ a sum of ones = the product of its extents; through the extents that are floors where there are any."""
        sizes_here = sizes_in(node)
        assumed = [a for a in self.assumptions if a.symbols <= sizes_here]
        floors = [r for r in node.ranges if r.coefficient != polynomial(1)] if isinstance(node, Sum) else []
        if not floors:
            return prove(node, right, (), assumed)
        weight = total
        for r in floors:
            weight = weight * polynomial(self.extents[_axis(r)]) ** -1
        if len(floors) not in self.lemmas:
            self.lemmas[len(floors)] = _floors(len(floors))
        lemma, sizes = self.lemmas[len(floors)]
        values = {sizes["w"]: weight}
        for n, r in enumerate(floors, start=1):
            assert r.upper is not None
            positive = Polynomial({m: c for m, c in r.upper.terms.items() if c > 0})
            values |= {sizes[f"a{n}"]: positive, sizes[f"b{n}"]: positive - r.upper, sizes[f"s{n}"]: r.coefficient,
                       sizes[f"o{n}"]: polynomial(self.extents[_axis(r)])}
        special = specialize(lemma, values)
        return transitivity(prove(node, special.left, (), assumed),
                            transitivity(special, prove(special.right, right)))


def _product_of(factors: Iterable[Polynomial]) -> Expression:
    """The factors of one term each multiplied out, the others in parentheses."""
    single, others = polynomial(1), []
    for f in factors:
        if len(f.terms) == 1:
            single = single * f
        else:
            others.append(Value(f))
    parts = [Value(single), *others] if others and single != polynomial(1) else others or [Value(single)]
    return Multiply(tuple(parts)) if len(parts) > 1 else parts[0]


def _axis(r: Range) -> Axis:
    assert r.lower is not None
    return Axis(r.lower, r.coefficient, r.upper)


def _floors(number: int) -> Lemma:
    """⊢ Σ_{i ≥ 0, s·i ≤ a − b} … w = w·o …, given s(o − 1) ≤ a − b ≤ s·o − 1, for `number` indices.

    Of integers s·i ≤ a − b exactly when i ≤ o − 1; both sides of this are summed over i ≥ 0.
    """
    sizes = {"w": Symbol("w", 0)}
    indices, inside, among, given, product = [], [], [], [], polynomial(sizes["w"])
    for n in range(1, number + 1):
        a, b, s, o = (Symbol(f"{stem}{n}", lower) for stem, lower in (("a", 0), ("b", 0), ("s", 1), ("o", 1)))
        sizes |= {f"a{n}": a, f"b{n}": b, f"s{n}": s, f"o{n}": o}
        i, last = Symbol(f"i{n}"), polynomial(a) - b
        indices.append((i, last, polynomial(s)))
        inside.append(last - polynomial(s) * i)
        among.append(polynomial(o) - 1 - i)
        given += [last - polynomial(s) * (polynomial(o) - 1), polynomial(s) * o - 1 - last]
        product = product * o
    weight = expression(polynomial(sizes["w"]))
    onwards = Axis(polynomial(0), polynomial(1), None)
    theorem = prove(weight * Bracket((), tuple(inside)), weight * Bracket((), tuple(among)), (), given,
                    ranges=[(i, onwards) for i, _, _ in indices])
    for i, _, _ in indices:
        theorem = summed(theorem, i)
    counted = Sum(tuple(Range(i, polynomial(0), last, s) for i, last, s in indices), weight)
    return transitivity(prove(counted, theorem.left), transitivity(theorem, prove(theorem.right, expression(product)))
                        ), sizes
