"""Theorems and the rules that make them. Nothing outside this module can make a Theorem.

A theorem is an equation for all values of its free indices (on their axes), of all sizes in its scope
(at least their lower bounds) and of all entries of its tensors, under its hypotheses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from symcnn.errors import ForgeryError, StepError
from symcnn.kernel.ring import rational_identity
from symcnn.kernel.terms import Expander, NormalForm, Term, add_to
from symcnn.kernel.zero import vanishes
from symcnn.notation.expression import (
    Add, Apply, Axis, Definition, Equation, Expression, Multiply, Power, Range, Read, Sum, Tensor,
    Value, expression, free_indices, rebuild, children, sizes_in, substitute, tensors_in, total, walk,
)
from symcnn.notation.polynomial import UNIT, Polynomial, Symbol, nonnegative, polynomial

_SEAL = object()
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


Hypothesis = Definition | NonZero | AtLeastZero | Equation
Statement = Equation | Limit


class Theorem:
    """A proved statement. Made by the rules of this module only; a forged one raises ForgeryError."""

    __slots__ = ("evidence", "hypotheses", "indices", "premises", "procedures", "rule", "scope", "statement")
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
        merged = dict.fromkeys(hypotheses)
        trusted = frozenset(procedures).union(*(p.procedures for p in premises))
        if not trusted <= TRUSTED:
            raise ForgeryError(f"unknown procedures: {sorted(trusted - TRUSTED)}")
        for name, value in (("statement", statement), ("hypotheses", tuple(merged)), ("rule", rule),
                            ("premises", premises), ("procedures", trusted), ("indices", indices),
                            ("evidence", evidence),
                            ("scope", _scope(statement, tuple(merged), indices))):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise ForgeryError("a Theorem cannot be changed")

    @property
    def left(self) -> Expression:
        return self.statement.left if isinstance(self.statement, Equation) else self.statement.expression

    @property
    def right(self) -> Expression:
        return self.statement.right if isinstance(self.statement, Equation) else self.statement.value


def _scope(statement: Statement, hypotheses: tuple[Hypothesis, ...],
           indices: tuple[tuple[Symbol, Axis | None], ...]) -> tuple[Symbol, ...]:
    sides = [statement.left, statement.right] if isinstance(statement, Equation) else [
        statement.expression, statement.value]
    for h in hypotheses:
        match h:
            case Definition(tensor, ids, body):
                sides += [body, Read(tensor, tuple(polynomial(i) for i in ids))]
            case Equation(left, right):
                sides += [left, right]
            case NonZero(inner):
                sides.append(inner)
            case AtLeastZero(p):
                sides.append(Value(p))
    found = {s for side in sides for s in sizes_in(side)}
    found |= {s for _, axis in indices if axis is not None for s in axis.symbols}
    return tuple(sorted(found))


def axes_of(node: Expression, variables: Iterable[Symbol]) -> dict[Symbol, Axis]:
    """For each index the axis in which it first stands bare."""
    found: dict[Symbol, Axis] = {}
    wanted = set(variables)
    for n in walk(node):
        if isinstance(n, Read):
            for position, index in enumerate(n.indices):
                symbol = index.as_symbol
                if symbol in wanted and symbol is not None:
                    found.setdefault(symbol, n.tensor.axes[position])
    return found


@dataclass(frozen=True)
class Claim:
    """An equation with the axes of its free indices, and what is given: the input of the prover."""

    left: Expression
    right: Expression
    definitions: tuple[Definition, ...] = ()
    assumptions: tuple[Polynomial, ...] = ()
    ranges: tuple[tuple[Symbol, Axis], ...] = ()

    @property
    def indices(self) -> tuple[tuple[Symbol, Axis | None], ...]:
        """Every free index with its range: the one given, or the axis in which the left side reads it."""
        free = sorted(free_indices(self.left) | free_indices(self.right))
        axes: dict[Symbol, Axis] = axes_of(self.left, free) | dict(self.ranges)
        return tuple((s, axes.get(s)) for s in free)

    @property
    def limits(self) -> Term:
        guards = tuple(g for s, axis in self.indices if axis is not None for g in axis.guards(polynomial(s)))
        return Term(UNIT, (), guards)

    def expander(self, procedures: Sequence[str]) -> Expander:
        def same(a: NormalForm, b: NormalForm) -> bool:
            difference = dict(a)
            for cell, coefficient in b.items():
                add_to(difference, cell, -coefficient)
            return vanishes(difference, self.assumptions, procedures).proved

        return Expander({d.tensor: d for d in self.definitions}, same)

    def substitute(self, values: Mapping[Symbol, Polynomial]) -> Claim:
        """The claim at particular sizes, axes and definitions included."""
        definitions = tuple(Definition(d.tensor.substitute(values), d.indices, substitute(d.body, values))
                            for d in self.definitions)
        return Claim(substitute(self.left, values), substitute(self.right, values), definitions,
                     tuple(a.substitute(values) for a in self.assumptions),
                     tuple((s, a.substitute(values)) for s, a in self.ranges))


def equal(claim: Claim, using: Sequence[tuple[Equation, Expression]] = (),
          procedures: Sequence[str] = ("isl", "z3")) -> Theorem:
    """left − right = Σ multiplier·(hypothesis left − right)  ⟹  hypotheses ⊢ left = right.

    The difference is brought to the normal form of guarded sums. A hypothesis with free indices is used
    as its sum over them, so its multiplier may depend on them. StepError if the kernel cannot show it;
    bases of negative powers become hypotheses ≠ 0, relation of sizes used become hypotheses ≥ 0.
    """
    difference = claim.left - claim.right
    for hypothesis, multiplier in using:
        loose = sorted(free_indices(hypothesis.left) | free_indices(hypothesis.right))
        loose = [s for s in loose if s not in dict(claim.indices)]
        difference = difference - total(loose, multiplier * (hypothesis.left - hypothesis.right))
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
                   trusted, claim.indices, tuple(using))


def _by_sums(claim: Claim, difference: Expression, procedures: Sequence[str],
             ) -> tuple[list[Expression], frozenset[str], tuple[Polynomial, ...]]:
    """What must not be zero, the procedures used and the assumptions made; StepError if nothing is shown."""
    expander = Expander({d.tensor: d for d in claim.definitions})
    form = expander.normal_form(difference, limits=claim.limits)
    if not (expander.atoms and form):
        decision = vanishes(form, (), procedures)
        if decision.proved:
            return expander.nonzero, decision.procedures, ()
    if expander.atoms:
        expander = claim.expander(procedures)
        form = expander.normal_form(difference, limits=claim.limits)
    decision = vanishes(form, claim.assumptions, procedures)
    if not decision.proved:
        raise StepError("")
    return expander.nonzero, decision.procedures, claim.assumptions


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
        if symbol.lower is None or not nonnegative(value - symbol.lower):
            raise StepError(f"specialize: {value} is not shown to be at least {symbol!r}")

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
        if isinstance(node, Sum) and any(r.variable == index for r in node.ranges):
            raise StepError(f"lift: {index.name} is already a summation variable")
        if isinstance(node, Read) and node.tensor.name in chosen:
            tensor = replace(node.tensor, axes=(axis, *node.tensor.axes))
            return Read(tensor, (at, *node.indices))
        return rebuild(node, tuple(visit(c) for c in children(node)))

    if index in free_indices(p.left) | free_indices(p.right):
        raise StepError(f"lift: {index.name} is already a free index")
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
        if isinstance(h, (Equation, NonZero)):
            sides = (h.left, h.right) if isinstance(h, Equation) else (h.expression,)
            if any(index in free_indices(side) for side in sides):
                raise StepError(f"summed: a hypothesis speaks of {index.name}")
    limits = (Range(index, axis.base, axis.upper, axis.coefficient),)
    return Theorem(_SEAL, Equation(Sum(limits, p.left), Sum(limits, p.right)), p.hypotheses, "summed", (p,), (),
                   tuple((s, a) for s, a in p.indices if s != index))


def induction(claims: Sequence[Equation], variable: Symbol, start: int, recurrences: Sequence[Equation],
              given: Sequence[Equation], base: Sequence[Sequence[tuple[int, Expression]]],
              step: Sequence[Sequence[tuple[int, Expression]]]) -> tuple[Theorem, ...]:
    """claims at k = start from `given`;  claims at k ⟹ claims at k+1   ⟹   claims for every k ≥ start.

    A recurrence is an equation in k, valid for k ≥ start, whose left side reads a sequence at k+1; it
    rewrites the claims at k+1. `base[c]` lists (position in `given`, multiplier) for claim c, `step[c]`
    lists (position in `claims`, multiplier).
    """
    k = polynomial(variable)
    onwards = Axis(polynomial(start), UNIT, None)

    def at(e: Expression, value: Polynomial) -> Expression:
        return substitute(e, {variable: value})

    premises: list[Theorem] = []
    for position, claim in enumerate(claims):
        first = Claim(at(claim.left, polynomial(start)), at(claim.right, polynomial(start)))
        premises.append(equal(first, [(given[g], m) for g, m in base[position]]))
        following = Equation(at(claim.left, k + 1), at(claim.right, k + 1))
        for recurrence in recurrences:
            following = Equation(_rewrite(following.left, recurrence), _rewrite(following.right, recurrence))
        premises.append(equal(Claim(following.left, following.right, ranges=((variable, onwards),)),
                              [(claims[c], m) for c, m in step[position]]))
    nonzero = [h for p in premises for h in p.hypotheses if isinstance(h, NonZero)]
    return tuple(Theorem(_SEAL, claim, (*recurrences, *given, *nonzero), "induction", tuple(premises), (),
                         ((variable, onwards),)) for claim in claims)


def _rewrite(node: Expression, equation: Equation) -> Expression:
    """Replace the read on the left of an equation by its right side."""
    if node == equation.left:
        return equation.right
    return rebuild(node, tuple(_rewrite(c, equation) for c in children(node)))


SATURATES: dict[str, Callable[[Expression], Expression]] = {
    "tanh": lambda t: Apply("sign", t),                                       # tanh(c·t) → sign(t)
    "sigmoid": lambda t: Apply("step", t) + Apply("is_zero", t) / 2,
}


def limit(node: Expression, variable: Tensor) -> Theorem:
    """tanh(c·t) → sign t and σ(c·t) → [t>0] + ½[t=0] as c → +∞, through finite sums and products.

    The variable may occur only as the factor c of arguments of tanh and σ; StepError otherwise.
    """
    def visit(n: Expression) -> Expression:
        if variable not in tensors_in(n):
            return n
        match n:
            case Apply(function, argument) if function in SATURATES:
                t = _replaced(argument, variable, expression(1))
                free = tuple((s, a) for s, a in axes_of(argument, free_indices(argument)).items())
                equal(Claim(argument, Read(variable, ()) * t, ranges=free))
                return SATURATES[function](t)
            case Add() | Multiply() | Sum():
                return rebuild(n, tuple(visit(c) for c in children(n)))
            case Power(base, exponent) if exponent >= 0:
                return Power(visit(base), exponent)
        raise StepError(f"limit: {variable.name} occurs outside the arguments of tanh and sigmoid")

    value = visit(node)
    free = sorted(free_indices(node))
    axes = axes_of(node, free)
    return Theorem(_SEAL, Limit(node, variable, value), (), "limit", (), ("normal form",),
                   tuple((s, axes.get(s)) for s in free))


def limit_equals(p: Theorem, q: Theorem) -> Theorem:
    """Γ ⊢ e → a,  Δ ⊢ a = b  ⟹  Γ ∪ Δ ⊢ e → b."""
    if not isinstance(p.statement, Limit) or not isinstance(q.statement, Equation):
        raise StepError("limit_equals takes a limit and an equation")
    if p.statement.value != q.left:
        raise StepError(f"limit_equals: the values differ\n  limit:    {p.right}\n  equation: {q.left}")
    return Theorem(_SEAL, Limit(p.statement.expression, p.statement.variable, q.right),
                   (*p.hypotheses, *q.hypotheses), "limit_equals", (p, q), (), p.indices)


def _replaced(node: Expression, scalar: Tensor, by: Expression) -> Expression:
    if isinstance(node, Read) and node.tensor == scalar:
        return by
    return rebuild(node, tuple(_replaced(c, scalar, by) for c in children(node)))


def _equation(p: Theorem) -> Equation:
    if not isinstance(p.statement, Equation):
        raise StepError("this rule takes equations, not limits")
    return p.statement


__all__ = ["AtLeastZero", "Claim", "Hypothesis", "Limit", "NonZero", "Statement", "Theorem", "equal",
           "induction", "lift", "limit", "limit_equals", "reflexivity", "specialize", "summed", "symmetry",
           "transitivity"]
