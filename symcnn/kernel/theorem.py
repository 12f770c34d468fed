"""What a theorem is. Only the kernel's rules hold the seal that makes one.

A theorem is an equation for all values of its free indices (on their axes), of all sizes in its scope
(at least their lower bounds) and of all entries of its tensors, under its hypotheses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from symcnn.errors import ForgeryError, StepError
from symcnn.kernel.signs import NonZero as NonZero
from symcnn.notation.expression import (
    Axis, Definition, Derivative, Equation, Expectation, Expression, Tensor, UNBOUNDED, Value, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol
from symcnn.notation.traverse import sizes_in, tensors_in

_SEAL = object()
_ISSUED: WeakKeyDictionary[Theorem, tuple[dict[int, object], dict[int, tuple[int, ...]]]] = WeakKeyDictionary()
TRUSTED = frozenset({"normal form", "isl", "z3", "ring"})


@dataclass(frozen=True)
class AtLeastZero:
    """The hypothesis polynomial ≥ 0, in sizes."""

    polynomial: Polynomial

    def __str__(self) -> str:
        return f"{self.polynomial} ≥ 0"


@dataclass(frozen=True)
class NonNegative:
    """The hypothesis expression ≥ 0."""

    expression: Expression

    def __str__(self) -> str:
        return f"{self.expression} ≥ 0"


@dataclass(frozen=True)
class Independent:
    """The hypothesis that groups of random tensors are independent of each other (mutually, not within a group)."""

    groups: tuple[tuple[Tensor, ...], ...]

    def __str__(self) -> str:
        return f"independent: {'; '.join(', '.join(t.name for t in group) for group in self.groups)}"


@dataclass(frozen=True)
class Limit:
    """As the scalar `variable` → +∞, `expression` tends to `value`."""

    expression: Expression
    variable: Tensor
    value: Expression

    def __str__(self) -> str:
        return f"{self.expression} → {self.value} as {self.variable.name} → ∞"


@dataclass(frozen=True)
class Bounded:
    """|expression| ≤ bound."""

    expression: Expression
    bound: Expression

    def __str__(self) -> str:
        return f"|{self.expression}| <= {self.bound}"


@dataclass(frozen=True)
class SameEntries:
    """Two finite tables hold the same entries, each equally often; an entry is a tuple of integers such as (row,
    column, weight). `entries` are sorted."""

    left: str
    right: str
    entries: tuple[tuple[int, ...], ...]

    def __str__(self) -> str:
        return f"{self.left} = {self.right}, the same {len(self.entries)} entries"


Hypothesis = Definition | NonZero | AtLeastZero | NonNegative | Independent | Equation | Bounded
Statement = Equation | Limit | SameEntries | Bounded


class Theorem:
    """A proved statement. Made by the rules of the kernel only; a forged one raises ForgeryError."""

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
        require_grounded(tuple(meanings.values()))
        for p in premises:
            _require_same_variables(p, meanings)
        trusted = frozenset(procedures).union(*(p.procedures for p in premises))
        if not trusted <= TRUSTED:
            raise ForgeryError(f"unknown procedures: {sorted(trusted - TRUSTED)}")
        scope = _scope(statement, tuple(merged), indices)
        if len({s.name for s in scope}) < len(scope):
            raise StepError(f"one name stands for two sizes: {', '.join(map(repr, scope))}")
        for name, value in (("statement", statement), ("hypotheses", tuple(merged)), ("rule", rule),
                            ("premises", premises), ("procedures", trusted), ("indices", indices),
                            ("evidence", evidence), ("scope", scope)):
            object.__setattr__(self, name, value)
        _ISSUED[self] = _contents(self)

    def __init_subclass__(cls) -> None:
        raise ForgeryError("Theorem has no subclasses")

    def __reduce__(self) -> str:
        raise ForgeryError("a Theorem cannot be copied or pickled; prove it again")

    def __setattr__(self, name: str, value: object) -> None:
        raise ForgeryError("a Theorem cannot be changed")

    def __repr__(self) -> str:
        """The statement with its indices, scope, hypotheses, rule and procedures, a line each."""
        indices = ", ".join(f"{s.name} in {a}" if a not in (None, UNBOUNDED) else s.name for s, a in self.indices)
        lines = [f"⊢ {self.statement}", f"  for every {indices}" if indices else "",
                 "  scope: " + (", ".join(map(repr, self.scope)) or "all values"),
                 *(f"  given {h}" for h in self.hypotheses),
                 f"  by {self.rule}" + (f", trusting {', '.join(sorted(self.procedures))}" if self.procedures else "")]
        return "\n".join(line for line in lines if line)

    @property
    def left(self) -> Expression:
        """The left side of an equation, or the expression of a limit or a bound."""
        return _sides_of(self.statement)[0]

    @property
    def right(self) -> Expression:
        """The right side of an equation, the value of a limit, or the bound."""
        return _sides_of(self.statement)[1]


def _require_same_variables(p: Theorem, meanings: Mapping[Tensor, Definition]) -> None:
    """StepError if a premise holds a derivative or an expectation with a tensor as a variable of its own, that has
    a definition now: ∂U[i]/∂X[i] = 0 and E[U·X] = U·E[X] do not hold if U is defined by X."""
    sides = [] if isinstance(p.statement, SameEntries) else list(_sides_of(p.statement))
    sides += [side for h in p.hypotheses for side in _sides(h)]
    bodies = {h.tensor.name: h.body for h in p.hypotheses if isinstance(h, Definition)}
    waiting: list[Expression] = [n for side in sides for n in walk(side) if isinstance(n, (Derivative, Expectation))]
    read: set[str] = set()
    for part in waiting:
        new = {t.name for t in tensors_in(part)} - read
        waiting += [bodies[name] for name in sorted(new & bodies.keys())]
        read |= new
    for tensor in meanings:
        if tensor.name in read - bodies.keys():
            raise StepError(f"{tensor.name} is defined here, but a derivative or an expectation was taken with it as "
                            "a variable of its own")


def require_grounded(definitions: Sequence[Definition]) -> None:
    """StepError if a tensor is defined by itself, directly or through others."""
    reads = {d.tensor.name: {t.name for t in tensors_in(d.body)} for d in definitions}
    while reads:
        grounded = [name for name, read in reads.items() if not read & set(reads)]
        if not grounded:
            raise StepError(f"defined by itself: {', '.join(reads)}")
        for name in grounded:
            del reads[name]


def _sides_of(statement: Statement) -> tuple[Expression, Expression]:
    match statement:
        case Equation(left, right):
            return left, right
        case Limit(inner, _, value):
            return inner, value
        case Bounded(inner, bound):
            return inner, bound
    raise StepError("a comparison of tables has no formulas as sides")


HOLDING_NOTHING = frozenset({int, str, Symbol, Polynomial})
"""The most frequent parts: they have no attributes that are other parts."""


def _contents(p: Theorem) -> tuple[dict[int, object], dict[int, tuple[int, ...]]]:
    """All that a theorem is made of, and which part holds which: a part that was changed from outside holds others."""
    parts: dict[int, object] = {}
    waiting: list[object] = [getattr(p, name) for name in Theorem.__slots__ if name != "__weakref__"]
    holds = {0: tuple(map(id, waiting))}
    for part in waiting:  # which grows meanwhile
        if id(part) in parts:
            continue
        parts[id(part)] = part
        kind = type(part)
        if kind in HOLDING_NOTHING:
            continue
        if isinstance(part, SameEntries):
            parts[id(part.entries)] = part.entries  # tuples of numbers, which nobody can change
        inside = part if isinstance(part, tuple) else tuple(getattr(part, "__dict__", {}).values())
        holds[id(part)] = tuple(map(id, inside))
        waiting += inside
    return parts, holds


def require_issued(p: object) -> None:
    """ForgeryError unless a rule of the kernel made the theorem and all of it is as it was then."""
    if type(p) is not Theorem or p not in _ISSUED or _contents(p)[1] != _ISSUED[p][1]:
        raise ForgeryError("this is no Theorem that the kernel made")


def _scope(statement: Statement, hypotheses: tuple[Hypothesis, ...],
           indices: tuple[tuple[Symbol, Axis | None], ...]) -> tuple[Symbol, ...]:
    sides = [] if isinstance(statement, SameEntries) else list(_sides_of(statement))
    sides += [side for h in hypotheses for side in _sides(h)]
    found = {s for side in sides for s in sizes_in(side)}
    found |= {s for _, axis in indices if axis is not None for s in axis.symbols}
    return tuple(sorted(found))


def _sides(h: Hypothesis) -> tuple[Expression, ...]:
    match h:
        case Definition(_, _, body):
            return (h.left, body)
        case Equation(left, right) | Bounded(left, right):
            return (left, right)
        case NonZero():
            return (h.closed,)
        case NonNegative(inner):
            return (inner,)
        case AtLeastZero(q):
            return (Value(q),)
        case Independent():
            return ()
    raise TypeError(type(h).__name__)

