"""Claims: equations with what is given, checked so that one name means one thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from symcnn.errors import StepError
from symcnn.kernel.cells import NormalForm, Term, add_to
from symcnn.kernel.terms import Expander
from symcnn.kernel.theorem import require_grounded
from symcnn.kernel.zero import vanishes
from symcnn.notation.expression import (
    Axis, Binder, Bracket, Definition, Expression, Nodes, Read, Tensor, Value, free_indices, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, UNIT, polynomial, without_negative_powers
from symcnn.notation.traverse import axes_of, substitute, tensors_in


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
        try:
            whole = tuple(without_negative_powers(a).primitive() for a in self.assumptions)
        except ZeroDivisionError as error:
            raise StepError(f"an assumption divides by a size that may be zero: {error}") from None
        object.__setattr__(self, "assumptions", whole)
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
        return limits_of(self.indices)

    def expander(self, procedures: Sequence[str], used: set[str] | None = None, by_cases: bool = False,
                 once: bool = False) -> Expander:
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

        return Expander({d.tensor: d for d in self.definitions}, same, by_cases, once)

    def substitute(self, values: Mapping[Symbol, Polynomial]) -> Claim:
        """The claim at particular sizes, axes and definitions included."""
        definitions = tuple(Definition(d.tensor.substitute(values), d.indices, substitute(d.body, values))
                            for d in self.definitions)
        return Claim(substitute(self.left, values), substitute(self.right, values), definitions,
                     tuple(a.substitute(values) for a in self.assumptions),
                     tuple((s, a.substitute(values)) for s, a in self.ranges))


def limits_of(indices: Iterable[tuple[Symbol, Axis | None]]) -> Term:
    """[every index lies on its axis]."""
    return Term(UNIT, (), tuple(g for s, axis in indices if axis is not None for g in axis.guards(polynomial(s))))


def _is_name(text: str) -> bool:
    """A letter, then letters and digits, then primes; not "²", which is no letter but counts as one in patterns."""
    return text.rstrip("'").isidentifier()


def _is_tensor_name(text: str) -> bool:
    loss, mark, variable = text.removeprefix("∂").partition("/∂")
    return _is_name(text) or bool(mark) and text[0] == "∂" and _is_name(loss) and _is_name(variable)


def require_coherent(nodes: Iterable[Expression]) -> None:
    """StepError if two tensors or two sizes share a name, or a name is none that a formula can hold."""
    tensors: dict[str, Tensor] = {}
    symbols: dict[str, Symbol] = {}
    seen: set[Symbol] = set()
    for node in nodes:
        for part in walk(node):
            if type(part) not in Nodes:
                raise StepError(f"a {type(part).__name__} is no part of a formula")
            for p in _polynomials(part):
                seen |= p.symbols
            if isinstance(part, Binder):
                seen.update([r.variable for r in part.ranges])
            elif isinstance(part, Read):
                known = tensors.get(part.tensor.name)
                if known is not part.tensor:
                    if known is not None and known != part.tensor:
                        raise StepError(f"two tensors are called {part.tensor.name}")
                    if not _is_tensor_name(part.tensor.name):
                        raise StepError(f"{part.tensor.name!r} is no name for a tensor")
                    tensors[part.tensor.name] = part.tensor
                    seen |= part.tensor.symbols
    for s in seen:
        if symbols.setdefault(s.name, s) != s:
            raise StepError(f"{s.name} stands for two things")
        if not _is_name(s.name):
            raise StepError(f"{s.name!r} is no name for an index or a size")


def _polynomials(part: Expression) -> Iterable[Polynomial]:
    match part:
        case Value(p):
            return [p]
        case Read(_, indices):
            return indices
        case Bracket(equations, inequalities):
            return equations + inequalities
        case Binder(ranges, _):
            return [p for r in ranges for p in (r.lower, r.upper, r.coefficient) if p is not None]
    return []


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
