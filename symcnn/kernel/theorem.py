"""Theorems and the rules that make them. Nothing outside this module can make a Theorem.

A theorem is an equation for all values of its free indices (on their axes), of all sizes in its scope
(at least their lower bounds) and of all entries of its tensors, under its hypotheses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from weakref import WeakSet

from symcnn.errors import ForgeryError, StepError
from symcnn.kernel.ring import rational_identity
from symcnn.kernel.terms import Expander, NormalForm, Term, add_to
from symcnn.kernel.zero import vanishes
from symcnn.notation.expression import (
    Add, Apply, Axis, Bracket, Definition, Equation, Expression, Multiply, Power, Range, Read, Sum, Tensor, Value,
    axes_of, children, expression, free_indices, reads_outside, rebuild, sizes_in, substitute, tensors_in, total,
    walk,
)
from symcnn.notation.polynomial import UNIT, Polynomial, Symbol, nonnegative, polynomial

_SEAL = object()
_ISSUED: WeakSet[Theorem] = WeakSet()
TRUSTED = frozenset({"normal form", "isl", "z3", "ring"})


@dataclass(frozen=True)
class NonZero:
    """The hypothesis expression ≠ 0."""

    expression: Expression


@dataclass(frozen=True)
class AtLeastZero:
    """The hypothesis polynomial ≥ 0, in sizes."""

    polynomial: Polynomial


@dataclass(frozen=True)
class Limit:
    """As the scalar `variable` → +∞, `expression` tends to `value`."""

    expression: Expression
    variable: Tensor
    value: Expression


@dataclass(frozen=True)
class SameEntries:
    """Two finite tables hold the same entries; an entry is a tuple of integers such as (row, column, weight)."""

    left: str
    right: str
    entries: frozenset[tuple[int, ...]]


Hypothesis = Definition | NonZero | AtLeastZero | Equation
Statement = Equation | Limit | SameEntries


class Theorem:
    """A proved statement. Made by the rules of this module only; a forged one raises ForgeryError."""

    __slots__ = ("__weakref__", "evidence", "hypotheses", "indices", "premises", "procedures", "rule", "scope",
                 "statement")
    statement: Statement
    hypotheses: tuple[Hypothesis, ...]
    indices: tuple[tuple[Symbol, Axis | None], ...]
    scope: tuple[Symbol, ...]
    rule: str
    premises: tuple[Theorem, ...]
    procedures: frozenset[str]
    evidence: tuple[tuple[Equation, Expression], ...]

    def __init__(self, seal: object, statement: Statement, hypotheses: Iterable[Hypothesis] = (),
                 rule: str = "", premises: tuple[Theorem, ...] = (),
                 procedures: Iterable[str] = (),
                 indices: tuple[tuple[Symbol, Axis | None], ...] = (),
                 evidence: tuple[tuple[Equation, Expression], ...] = ()) -> None:
        if seal is not _SEAL:
            raise ForgeryError("a Theorem is made by a rule of the kernel, never directly")
        for p in premises:
            require_issued(p)
        merged = dict.fromkeys(hypotheses)
        meanings: dict[Tensor, Definition] = {}
        for h in merged:
            if isinstance(h, Definition) and meanings.setdefault(h.tensor, h) != h:
                raise StepError(f"{h.tensor.name} has two definitions")
        trusted = frozenset(procedures).union(*(p.procedures for p in premises))
        if not trusted <= TRUSTED:
            raise ForgeryError(f"unknown procedures: {sorted(trusted - TRUSTED)}")
        for name, value in (("statement", statement), ("hypotheses", tuple(merged)), ("rule", rule),
                            ("premises", premises), ("procedures", trusted), ("indices", indices),
                            ("evidence", evidence),
                            ("scope", _scope(statement, tuple(merged), indices))):
            object.__setattr__(self, name, value)
        _ISSUED.add(self)

    def __init_subclass__(cls) -> None:
        raise ForgeryError("Theorem has no subclasses")

    def __reduce__(self) -> str:
        raise ForgeryError("a Theorem cannot be copied or pickled; prove it again")

    def __setattr__(self, name: str, value: object) -> None:
        raise ForgeryError("a Theorem cannot be changed")

    @property
    def left(self) -> Expression:
        """The left side of an equation, or the expression of a limit."""
        return _sides_of(self.statement)[0]

    @property
    def right(self) -> Expression:
        """The right side of an equation, or the value of a limit."""
        return _sides_of(self.statement)[1]


def _sides_of(statement: Statement) -> tuple[Expression, Expression]:
    match statement:
        case Equation(left, right):
            return left, right
        case Limit(inner, _, value):
            return inner, value
    raise StepError("a comparison of tables has no formulas as sides")


def require_issued(p: object) -> None:
    """ForgeryError unless a rule of this module made the theorem."""
    if type(p) is not Theorem or p not in _ISSUED:
        raise ForgeryError("this is no Theorem that the kernel made")


def _scope(statement: Statement, hypotheses: tuple[Hypothesis, ...],
           indices: tuple[tuple[Symbol, Axis | None], ...]) -> tuple[Symbol, ...]:
    sides = [] if isinstance(statement, SameEntries) else list(_sides_of(statement))
    sides += [side for h in hypotheses for side in _sides(h)]
    found = {s for side in sides for s in sizes_in(side)}
    found |= {s for _, axis in indices if axis is not None for s in axis.symbols}
    return tuple(sorted(found))


@dataclass(frozen=True)
class Claim:
    """An equation with the axes of its free indices, and what is given: the input of the prover.

    `assumptions` are polynomials in sizes, each ≥ 0. StepError if one name stands for two things.
    """

    left: Expression
    right: Expression
    definitions: tuple[Definition, ...] = ()
    assumptions: tuple[Polynomial, ...] = ()
    ranges: tuple[tuple[Symbol, Axis], ...] = ()

    def __post_init__(self) -> None:
        for name in ("definitions", "assumptions", "ranges"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not all(s.is_size for a in self.assumptions for s in a.symbols):
            raise StepError("an assumption is a relation between sizes")
        require_grounded(self.definitions)
        require_coherent([self.left, self.right, *(d.left for d in self.definitions),
                          *(d.body for d in self.definitions), *map(Value, self.assumptions)])

    @property
    def indices(self) -> tuple[tuple[Symbol, Axis | None], ...]:
        """Every free index with its range: the one given, or the axis in which it is read, left side first."""
        free = sorted(free_indices(self.left) | free_indices(self.right) | {s for s, _ in self.ranges})
        axes: dict[Symbol, Axis] = axes_of(self.right, free) | axes_of(self.left, free) | dict(self.ranges)
        return tuple((s, axes.get(s)) for s in free)

    @property
    def limits(self) -> Term:
        guards = tuple(g for s, axis in self.indices if axis is not None for g in axis.guards(polynomial(s)))
        return Term(UNIT, (), guards)

    def expander(self, procedures: Sequence[str], used: set[str] | None = None) -> Expander:
        """An expander that asks the procedures whether arguments of functions are equal; `used` collects
        those that said so."""
        def same(a: NormalForm, b: NormalForm) -> bool:
            difference = dict(a)
            for cell, coefficient in b.items():
                add_to(difference, cell, -coefficient)
            decision = vanishes(difference, self.assumptions, procedures)
            if decision.proved and used is not None:
                used.update(decision.procedures)
            return decision.proved

        return Expander({d.tensor: d for d in self.definitions}, same)

    def substitute(self, values: Mapping[Symbol, Polynomial]) -> Claim:
        """The claim at particular sizes, axes and definitions included."""
        definitions = tuple(Definition(d.tensor.substitute(values), d.indices, substitute(d.body, values))
                            for d in self.definitions)
        return Claim(substitute(self.left, values), substitute(self.right, values), definitions,
                     tuple(a.substitute(values) for a in self.assumptions),
                     tuple((s, a.substitute(values)) for s, a in self.ranges))


def require_grounded(definitions: Sequence[Definition]) -> None:
    """StepError if a tensor is defined by itself, directly or through others."""
    reads = {d.tensor.name: {t.name for t in tensors_in(d.body)} for d in definitions}
    while reads:
        grounded = [name for name, read in reads.items() if not read & set(reads)]
        if not grounded:
            raise StepError(f"defined by itself: {', '.join(reads)}")
        for name in grounded:
            del reads[name]


_NAME = re.compile(r"[^\W\d]\w*'*")


def require_coherent(nodes: Iterable[Expression]) -> None:
    """StepError if two tensors or two sizes share a name, or a name is none that a formula can hold."""
    tensors: dict[str, Tensor] = {}
    symbols: dict[str, Symbol] = {}
    for node in nodes:
        for part in walk(node):
            found = {s for p in _polynomials(part) for s in p.symbols}
            if isinstance(part, Sum):
                found |= {r.variable for r in part.ranges}
            if isinstance(part, Read):
                found |= part.tensor.symbols
                if tensors.setdefault(part.tensor.name, part.tensor) != part.tensor:
                    raise StepError(f"two tensors are called {part.tensor.name}")
            for s in found:
                if symbols.setdefault(s.name, s) != s:
                    raise StepError(f"{s.name} stands for two things")
                if not _NAME.fullmatch(s.name):
                    raise StepError(f"{s.name!r} is no name for an index or a size")


def _polynomials(part: Expression) -> Iterable[Polynomial]:
    match part:
        case Value(p):
            return [p]
        case Read(_, indices):
            return indices
        case Bracket(equations, inequalities):
            return equations + inequalities
        case Sum(ranges, _):
            return [p for r in ranges for p in (r.lower, r.upper, r.coefficient) if p is not None]
    return []


def within_axes(*nodes: Expression) -> Bracket:
    """[all that the formulas read outside of sums lies on its axes]: where a hypothesis is claimed."""
    guards = [g for node in nodes for read, bound in reads_outside(node) if not bound
              for axis, index in zip(read.tensor.axes, read.indices, strict=True) for g in axis.guards(index)]
    return Bracket((), tuple(dict.fromkeys(guards)))


def equal(claim: Claim, using: Iterable[tuple[Equation, Expression]] = (),
          procedures: Sequence[str] = ("isl", "z3")) -> Theorem:
    """left − right = Σ multiplier·(hypothesis left − right)  ⟹  hypotheses ⊢ left = right.

    The difference is brought to the normal form of guarded sums; failing that, it is tried as a rational
    identity. A hypothesis is claimed wherever all that it reads outside of sums lies on its axes, and is
    used there only: at the claim's own indices, summed over its others. StepError if the kernel cannot
    show the equation; what must not be zero and the relations of sizes that were used become hypotheses.
    """
    using = tuple(using)
    require_coherent([claim.left, claim.right, *(side for h, m in using for side in (h.left, h.right, m))])
    difference = claim.left - claim.right
    mine = dict(claim.indices)
    for hypothesis, multiplier in using:
        loose = sorted(s for s in free_indices(hypothesis.left) | free_indices(hypothesis.right) if s not in mine)
        where = within_axes(hypothesis.left, hypothesis.right)
        difference = difference - total(loose, multiplier * where * (hypothesis.left - hypothesis.right))
    known = {d.tensor: d for d in claim.definitions}
    try:
        nonzero, trusted, assumed = _by_sums(claim, difference, procedures)
    except StepError as refusal:
        identity = rational_identity(difference, known)
        if identity is None:
            why = f" ({refusal})" if str(refusal) else ""
            raise StepError(f"the kernel does not show this equation{why}") from None
        nonzero, trusted, assumed = identity, frozenset({"ring"}), ()
    for base in nonzero:
        if not Expander(known).normal_form(base):
            raise StepError("a denominator is zero identically")
    used = tensors_in(claim.left) + tensors_in(claim.right) + [
        t for h, m in using for side in (h.left, h.right, m) for t in tensors_in(side)]
    hypotheses: list[Hypothesis] = [*needed_definitions(claim.definitions, used), *(h for h, _ in using)]
    hypotheses += [AtLeastZero(a) for a in assumed] + [NonZero(e) for e in nonzero]
    return Theorem(_SEAL, Equation(claim.left, claim.right), hypotheses, "guarded sums", (),
                   trusted, claim.indices, using)


def _by_sums(claim: Claim, difference: Expression, procedures: Sequence[str],
             ) -> tuple[list[Expression], frozenset[str], tuple[Polynomial, ...]]:
    """What must not be zero, the procedures used and the assumptions made; StepError if nothing is shown."""
    expander = Expander({d.tensor: d for d in claim.definitions})
    form = expander.normal_form(difference, limits=claim.limits)
    if not (expander.atoms and form):
        decision = vanishes(form, (), procedures)
        if decision.proved:
            return expander.nonzero, decision.procedures, ()
    used: set[str] = set()
    if expander.atoms:
        expander = claim.expander(procedures, used)
        form = expander.normal_form(difference, limits=claim.limits)
    decision = vanishes(form, claim.assumptions, procedures)
    if not decision.proved:
        raise StepError("")
    return expander.nonzero, decision.procedures | used, claim.assumptions


def needed_definitions(definitions: Sequence[Definition], tensors: Iterable[Tensor]) -> list[Definition]:
    """The definitions that the tensors depend on."""
    wanted, kept = list(tensors), []
    known = {d.tensor: d for d in definitions}
    for tensor in wanted:
        if tensor in known:
            definition = known.pop(tensor)
            kept.append(definition)
            wanted += tensors_in(definition.body)
    return kept


def same_entries(left: str, left_entries: Iterable[tuple[int, ...]], right: str,
                 right_entries: Iterable[tuple[int, ...]]) -> Theorem:
    """⊢ two finite tables hold the same entries. StepError shows an entry that only one of them holds."""
    ours, theirs = (frozenset(tuple(int(i) for i in e) for e in side) for side in (left_entries, right_entries))
    if ours != theirs:
        odd = min(ours ^ theirs)
        raise StepError(f"{left} and {right} differ: {odd} stands in {left if odd in ours else right} only")
    return Theorem(_SEAL, SameEntries(left, right, ours), (), "same entries")


def reflexivity(node: Expression) -> Theorem:
    """⊢ a = a."""
    return Theorem(_SEAL, Equation(node, node), rule="reflexivity")


def symmetry(p: Theorem) -> Theorem:
    """Γ ⊢ a = b  ⟹  Γ ⊢ b = a."""
    _equation(p)
    return Theorem(_SEAL, Equation(p.right, p.left), p.hypotheses, "symmetry", (p,), (), p.indices)


def transitivity(p: Theorem, q: Theorem) -> Theorem:
    """Γ ⊢ a = b,  Δ ⊢ b = c  ⟹  Γ ∪ Δ ⊢ a = c, on the ranges that both have."""
    _equation(p), _equation(q)
    if p.right != q.left:
        raise StepError(f"transitivity: the middle terms differ\n  left:  {p.right}\n  right: {q.left}")
    mine, other = dict(p.indices), dict(q.indices)
    for s in mine.keys() & other.keys():
        if mine[s] != other[s] and other[s] is not None and mine[s] is not None:
            raise StepError(f"transitivity: {s.name} has unlike ranges")
    indices = {s: mine.get(s) or other.get(s) for s in sorted(mine.keys() | other.keys())}
    return Theorem(_SEAL, Equation(p.left, q.right), (*p.hypotheses, *q.hypotheses), "transitivity", (p, q),
                   (), tuple(indices.items()))


def specialize(p: Theorem, values: Mapping[Symbol, Polynomial]) -> Theorem:
    """Γ ⊢ a = b  ⟹  Γ[size := value] ⊢ a[size := value] = b[size := value].

    Side condition: every value is at least the lower bound of its size, by its form.
    """
    _equation(p)
    for symbol, value in values.items():
        if symbol.lower is None or not value.is_integral or not nonnegative(value - symbol.lower):
            raise StepError(f"specialize: {value} is not shown to be a whole number, {symbol!r}")

    def instance(h: Hypothesis) -> Hypothesis:
        match h:
            case Definition(tensor, indices, body):
                return Definition(tensor.substitute(values), indices, substitute(body, values))
            case Equation(left, right):
                return Equation(substitute(left, values), substitute(right, values))
            case NonZero(inner):
                return NonZero(substitute(inner, values))
            case AtLeastZero(q):
                return AtLeastZero(q.substitute(values))
        raise TypeError(type(h).__name__)

    return Theorem(_SEAL, Equation(substitute(p.left, values), substitute(p.right, values)),
                   map(instance, p.hypotheses), "specialize", (p,), (),
                   tuple((s, None if a is None else a.substitute(values)) for s, a in p.indices))


def _sides(h: Hypothesis) -> tuple[Expression, ...]:
    match h:
        case Definition(_, _, body):
            return (h.left, body)
        case Equation(left, right):
            return (left, right)
        case NonZero(inner):
            return (inner,)
        case AtLeastZero(q):
            return (Value(q),)
    raise TypeError(type(h).__name__)


def lift(p: Theorem, names: Iterable[str], index: Symbol, axis: Axis) -> Theorem:
    """Γ ⊢ a = b  ⟹  Γ′ ⊢ a′ = b′, where each named tensor T[…] is read as T[index, …].

    The theorem holds for all entries, so for those at each index of a new leading axis. A defined tensor
    that reads a lifted one is lifted too; the gradients of lifted tensors are tensors like any other.
    """
    _equation(p)
    chosen = set(names)
    for h in p.hypotheses:
        if isinstance(h, Definition) and h.tensor.name not in chosen and {
                t.name for t in tensors_in(h.body)} & chosen:
            raise StepError(f"lift: {h.tensor.name} reads a lifted tensor, so it must be lifted too")
    at = polynomial(index)

    def visit(node: Expression) -> Expression:
        if isinstance(node, Read) and node.tensor.name in chosen:
            tensor = replace(node.tensor, axes=(axis, *node.tensor.axes))
            return Read(tensor, (at, *node.indices))
        return rebuild(node, tuple(visit(c) for c in children(node)))

    everything = [p.left, p.right, *(side for h in p.hypotheses for side in _sides(h))]
    names = {s.name for e in everything for n in walk(e) for q in _polynomials(n) for s in q.symbols}
    names |= {r.variable.name for e in everything for n in walk(e) if isinstance(n, Sum) for r in n.ranges}
    if index.is_size or index.name in names or index in dict(p.indices):
        raise StepError(f"lift: {index.name} is a name that the theorem uses already")
    hypotheses: list[Hypothesis] = []
    for h in p.hypotheses:
        match h:
            case Definition(tensor, ids, body) if tensor.name in chosen:
                lifted = replace(tensor, axes=(axis, *tensor.axes))
                hypotheses.append(Definition(lifted, (index, *ids), visit(body)))
            case Definition() | AtLeastZero():
                hypotheses.append(h)
            case Equation(left, right):
                hypotheses.append(Equation(visit(left), visit(right)))
            case NonZero(inner):
                hypotheses.append(NonZero(visit(inner)))
    return Theorem(_SEAL, Equation(visit(p.left), visit(p.right)), hypotheses, "lift", (p,), (),
                   (*p.indices, (index, axis)))


def summed(p: Theorem, index: Symbol) -> Theorem:
    """Γ ⊢ a = b for every i on its axis  ⟹  Γ ⊢ Σ_i a = Σ_i b, if no hypothesis speaks of i."""
    _equation(p)
    axis = dict(p.indices).get(index)
    if axis is None:
        raise StepError(f"summed: {index.name} has no range")
    for h in p.hypotheses:
        if not isinstance(h, Definition) and any(index in free_indices(side) for side in _sides(h)):
            raise StepError(f"summed: a hypothesis speaks of {index.name}")
    limits = (Range(index, axis.base, axis.upper, axis.coefficient),)
    return Theorem(_SEAL, Equation(Sum(limits, p.left), Sum(limits, p.right)), p.hypotheses, "summed", (p,), (),
                   tuple((s, a) for s, a in p.indices if s != index))


def induction(claims: Sequence[Equation], variable: Symbol, start: int, recurrences: Sequence[Equation],
              given: Sequence[Equation], base: Sequence[Sequence[tuple[int, Expression]]],
              step: Sequence[Sequence[tuple[int, Expression]]]) -> tuple[Theorem, ...]:
    """claims at k = start from `given`;  claims at k ⟹ claims at k+1   ⟹   claims for every k ≥ start.

    A recurrence is an equation in k whose left side reads a sequence at k+1; it rewrites the claims at
    k+1 wherever it is claimed (see `equal`). `base[c]` lists (position in `given`, multiplier) for claim
    c, `step[c]` lists (position in `claims`, multiplier).
    """
    k = polynomial(variable)
    onwards = Axis(polynomial(start), UNIT, None)
    if any(variable in free_indices(side) for g in given for side in (g.left, g.right)):
        raise StepError(f"induction: what is given at the start speaks of {variable.name}")

    def at(claim: Equation, value: Polynomial) -> Equation:
        return Equation(substitute(claim.left, {variable: value}), substitute(claim.right, {variable: value}))

    results, premises = [], []
    for position, claim in enumerate(claims):
        others = tuple((s, a) for s, a in Claim(claim.left, claim.right).indices if s != variable)
        ranges = tuple((s, a) for s, a in others if a is not None)
        first = at(claim, polynomial(start))
        premises.append(equal(Claim(first.left, first.right, ranges=ranges),
                              [(given[g], m) for g, m in base[position]]))
        following = at(claim, k + 1)
        for recurrence in recurrences:
            following = Equation(_rewrite(following.left, recurrence), _rewrite(following.right, recurrence))
        premises.append(equal(Claim(following.left, following.right, ranges=((variable, onwards), *ranges)),
                              [(claims[c], m) for c, m in step[position]]))
        results.append((claim, ((variable, onwards), *others)))
    nonzero = [h for p in premises for h in p.hypotheses if isinstance(h, NonZero)]
    return tuple(Theorem(_SEAL, claim, (*recurrences, *given, *nonzero), "induction", tuple(premises), (), indices)
                 for claim, indices in results)


def _rewrite(node: Expression, equation: Equation) -> Expression:
    """Put the right side in place of the left, where the equation is claimed; not under a sum over its indices."""
    if node == equation.left:
        where = within_axes(equation.left, equation.right)
        return where * equation.right + (1 - where) * node
    if isinstance(node, Sum) and {r.variable for r in node.ranges} & (
            free_indices(equation.left) | free_indices(equation.right)):
        return node
    return rebuild(node, tuple(_rewrite(c, equation) for c in children(node)))


SATURATES: dict[str, Callable[[Expression], Expression]] = {
    "tanh": lambda t: Apply("sign", t),                                       # tanh(c·t) → sign(t)
    "sigmoid": lambda t: Apply("step", t) + Apply("is_zero", t) / 2,
}


def limit(node: Expression, variable: Tensor) -> Theorem:
    """tanh(c·t) → sign t and σ(c·t) → [t>0] + ½[t=0] as c → +∞, through finite sums and products.

    The variable may occur only as the factor c of arguments of tanh and σ; StepError otherwise.
    """
    require_coherent([node])
    hypotheses: list[Hypothesis] = []
    procedures: set[str] = {"normal form"}

    def visit(n: Expression) -> Expression:
        if variable not in tensors_in(n):
            return n
        match n:
            case Apply(function, argument) if function in SATURATES:
                t = _replaced(argument, variable, expression(1))
                free = tuple((s, a) for s, a in axes_of(argument, free_indices(argument)).items())
                inner = equal(Claim(argument, Read(variable, ()) * t, ranges=free))
                hypotheses.extend(inner.hypotheses)
                procedures.update(inner.procedures)
                return SATURATES[function](t)
            case Sum(ranges, _) if any(r.lower is None or r.upper is None for r in ranges):
                raise StepError("limit: a sum without written bounds need not be finite")
            case Add() | Multiply() | Sum():
                return rebuild(n, tuple(visit(c) for c in children(n)))
            case Power(base, exponent) if exponent >= 0:
                return Power(visit(base), exponent)
        raise StepError(f"limit: {variable.name} occurs outside the arguments of tanh and sigmoid")

    value = visit(node)
    free = sorted(free_indices(node))
    axes = axes_of(node, free)
    return Theorem(_SEAL, Limit(node, variable, value), hypotheses, "limit", (), procedures,
                   tuple((s, axes.get(s)) for s in free))


def limit_equals(p: Theorem, q: Theorem) -> Theorem:
    """Γ ⊢ e → a,  Δ ⊢ a = b  ⟹  Γ ∪ Δ ⊢ e → b."""
    require_issued(p)
    require_issued(q)
    if not isinstance(p.statement, Limit) or not isinstance(q.statement, Equation):
        raise StepError("limit_equals takes a limit and an equation")
    if p.statement.value != q.left:
        raise StepError(f"limit_equals: the values differ\n  limit:    {p.right}\n  equation: {q.left}")
    variable = p.statement.variable
    if any(variable in tensors_in(side) for side in (q.right, *(x for h in q.hypotheses for x in _sides(h)))):
        raise StepError(f"limit_equals: the equation or what it rests on reads {variable.name}")
    return Theorem(_SEAL, Limit(p.statement.expression, p.statement.variable, q.right),
                   (*p.hypotheses, *q.hypotheses), "limit_equals", (p, q), (), p.indices)


def _replaced(node: Expression, scalar: Tensor, by: Expression) -> Expression:
    if isinstance(node, Read) and node.tensor == scalar:
        return by
    return rebuild(node, tuple(_replaced(c, scalar, by) for c in children(node)))


def _equation(p: Theorem) -> Equation:
    require_issued(p)
    if not isinstance(p.statement, Equation):
        raise StepError("this rule takes equations")
    return p.statement


__all__ = ["AtLeastZero", "Claim", "Hypothesis", "Limit", "NonZero", "SameEntries", "Statement", "Theorem", "equal",
           "induction", "lift", "limit", "limit_equals", "needed_definitions", "reflexivity", "require_issued",
           "same_entries", "specialize", "summed", "symmetry", "transitivity", "within_axes"]
