"""Signs of values by their form: sums, products and even powers. Sufficient, not necessary."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from symcnn.errors import NotationError
from symcnn.notation.expression import (
    Add, Apply, Bracket, Definition, Expression, Multiply, Power, Read, Sum, Tensor, Value, free_indices,
)
from symcnn.notation.formula import as_polynomial
from symcnn.notation.polynomial import nonnegative
from symcnn.notation.traverse import substitute, tensors_in


def positive(node: Expression) -> bool:
    """Whether a value is positive by its form: exponentials, positive numbers, their sums, products and roots.

    A sum over indices must have written bounds between which there is at least one index at all sizes.
    """
    match node:
        case Apply("exp" | "sigmoid", _):
            return True
        case Apply("sqrt", argument):
            return positive(argument)
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
