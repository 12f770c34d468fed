"""What must not be 0, and signs of values by their form: sums, products and even powers. Sufficient, not necessary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from symcnn.errors import NotationError
from symcnn.notation.expression import (
    Add, Apply, Axis, Bracket, Definition, Expression, Multiply, Power, Range, Read, Sum, Tensor, Value, free_indices,
)
from symcnn.notation.formula import as_polynomial
from symcnn.notation.polynomial import Polynomial, Symbol, nonnegative, polynomial
from symcnn.notation.traverse import renamed_apart, substitute, tensors_in

Hypothesis = TypeVar("Hypothesis")


@dataclass(frozen=True)
class NonZero:
    """The hypothesis expression ≠ 0, for all values of the ranges' variables within their bounds, and only where
    every polynomial in `where` is ≥ 0. Other indices are those of the theorem."""

    expression: Expression
    ranges: tuple[Range, ...] = ()
    where: tuple[Polynomial, ...] = ()

    def __str__(self) -> str:
        conditions = ", ".join(f"{g} >= 0" for g in self.conditions)
        return f"{self.expression} ≠ 0" + (f" wherever {conditions}" if conditions else "")

    @property
    def conditions(self) -> tuple[Polynomial, ...]:
        """All that is ≥ 0 where the expression must not be 0."""
        return (*(g for r in self.ranges for g in r.guards(polynomial(r.variable))), *self.where)

    @property
    def closed(self) -> Expression:
        """A formula that binds the ranges' variables and speaks of all that the hypothesis speaks of."""
        return Sum(self.ranges, Multiply((Bracket((), self.where), self.expression)))

    def changed(self, change: Callable[[Expression], Expression]) -> NonZero:
        """The hypothesis after a change of formulas that knows what a sum binds."""
        match change(self.closed):
            case Sum(ranges, Multiply((Bracket((), where), inner))):
                return NonZero(inner, ranges, where)
        raise TypeError("a hypothesis was changed into something else")

    def under(self, ranges: Iterable[Range]) -> NonZero:
        """The same for all values of the variables of some ranges, as far as it speaks of them; inner ones last."""
        known = {r.variable: r for r in ranges}
        needed: set[Symbol] = set()
        while more := {s for s in free_indices(Sum(tuple(known[s] for s in needed), self.closed))
                       if s in known} - needed:
            needed |= more
        outer = tuple(r for s, r in known.items() if s in needed)
        taken = needed.union(*(p.symbols for r in outer for p in (r.lower, r.upper, r.coefficient) if p is not None))
        apart = self.changed(lambda node: renamed_apart(node, taken) if isinstance(node, Sum) else node)
        return NonZero(apart.expression, (*outer, *apart.ranges), apart.where)

    def only(self, where: Iterable[Polynomial]) -> NonZero:
        """The same, but only where these are ≥ 0 too."""
        return NonZero(self.expression, self.ranges, tuple(dict.fromkeys((*self.where, *where))))


def nonzero_everywhere(hypotheses: Iterable[Hypothesis], indices: Iterable[tuple[Symbol, Axis | None]],
                       ) -> list[Hypothesis | NonZero]:
    """Hypotheses of a theorem that is used at all values of its indices, so that they must hold at all of them."""
    ranges = [Range(s, None if a is None else a.base, None if a is None else a.upper,
                    *(() if a is None else (a.coefficient,))) for s, a in indices]
    return [h.under(ranges) if isinstance(h, NonZero) else h for h in hypotheses]


def positive(node: Expression) -> bool:
    """Whether a value is positive by its form: exponentials, positive numbers, their sums, products and roots.

    A sum over indices must have written bounds between which there is at least one index at all sizes.
    """
    match node:
        case Apply("exp" | "sigmoid", _):
            return True
        case Apply("sqrt", argument):
            return positive(argument)
        case Apply("log", Value(p)):
            return p.is_constant and p.constant > 1
        case Value(p):
            return nonnegative(p - 1) or (p.is_constant and p.constant > 0)
        case Add(parts) | Multiply(parts):
            return all(map(positive, parts))
        case Power(base, _):
            return positive(base)
        case Sum(ranges, body):
            return positive(body) and all(
                r.lower is not None and r.upper is not None and nonnegative(r.upper - r.coefficient * r.lower)
                for r in ranges)
    return False


def factors_in_doubt(node: Expression) -> list[Expression]:
    """Factors which, if none is 0, make the node not 0; none if it is positive by its form."""
    match node:
        case Multiply(parts):
            return [f for part in parts for f in factors_in_doubt(part)]
        case Power(base, exponent) if exponent:
            return factors_in_doubt(base)
        case Value(p) if p.is_constant and p:
            return []
        case Apply("log", Value(p)) if p.is_constant and p.constant > 0 and p.constant != 1:
            return []
    return [] if positive(node) else [node]


def doubtful(node: Expression, definitions: Mapping[Tensor, Definition]) -> list[Expression]:
    """Expressions which, if all are ≥ 0, make the node ≥ 0; none if it is so by its form.

    Tensors with a definition are unfolded (they are 0 outside their axes).
    """
    if isinstance(node, (Add, Multiply)) and not tensors_in(node):
        with suppress(NotationError, ZeroDivisionError):
            node = Value(as_polynomial(node))
    match node:
        case Value(p) if nonnegative(p):
            return []
        case Bracket() | Apply("exp" | "sqrt" | "sigmoid" | "relu" | "step" | "is_zero"):
            return []
        case Power(base, exponent):
            return [] if exponent % 2 == 0 else doubtful(base, definitions)
        case Add(parts):
            found = [e for part in parts for e in doubtful(part, definitions)]
            return found if all(isinstance(e, Read) for e in found) else [node]
        case Multiply(parts):
            odd = [part for part in dict.fromkeys(parts) if parts.count(part) % 2]
            found = [e for part in odd for e in doubtful(part, definitions)]
            # A factor that is negative, as in −x, says nothing of the product.
            return [node] if any(isinstance(e, Value) and e.value.is_constant for e in found) else found
        case Read(tensor, indices) if tensor in definitions:
            known = definitions[tensor]
            inside = doubtful(substitute(known.body, dict(zip(known.indices, indices, strict=True))), definitions)
            return [node] if inside else []
        case Sum(ranges, body):
            inside = doubtful(body, definitions)
            return [node] if any(free_indices(e) & {r.variable for r in ranges} for e in inside) else inside
    return [node]
