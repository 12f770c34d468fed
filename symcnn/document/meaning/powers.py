"""Powers with letters in their exponents, γ^{t−1−i} and s^{l−1}: entries of one sequence for each base.

The kernel knows nothing of such a sequence but that equal exponents give equal powers. Where no sum binds a letter of
an exponent, γⁿ is exp(n·log γ), for γ > 0: then the rules for exponents and for derivatives are its own.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from symcnn.document.reading.forms import constant
from symcnn.notation.expression import (
    Apply, Axis, Binder, Expression, Multiply, Power, Read, Tensor, Value, children, expression, rebuild,
    walk,
)
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import substitute

FROM_ZERO = Axis(polynomial(0), polynomial(1), None)


def power_tensor(base: Expression) -> Tensor:
    """The powers of a base, read at exponents."""
    return Tensor(f"powers_of_{_name_of(base)}", (Axis(None, polynomial(1), None),))


def product_tensor(variable: Symbol, body: Expression) -> Tensor:
    """The products of a sequence, read at the first and the last index."""
    alike = substitute(body, {variable: polynomial(Symbol("place"))})  # whatever the index is called
    return Tensor(f"products_of_{_name_of(alike)}", (Axis(None, polynomial(1), None),) * 2)


def _name_of(node: Expression) -> str:
    """A name that no other formula has: 1 + x and 1 - x are told apart by their signs."""
    return "".join(c if c.isalnum() or c == "_" else f"_{ord(c):x}_" for c in str(node))


def is_encoded(entries: Iterable[str]) -> bool:
    """Whether entries are given to powers or products, which have no values of their own."""
    return any(entry.startswith(("powers_of_", "products_of_")) for entry in entries)


def factors_of(variable: Symbol, body: Expression, first: int, last: int) -> Expression:
    factors = [substitute(body, {variable: polynomial(n)}) for n in range(first, last + 1)]
    return Multiply(tuple(factors)) if len(factors) > 1 else factors[0] if factors else expression(1)


def power_of(base: Expression, exponent: int) -> Expression:
    if exponent == 0:
        return expression(1)
    return base if exponent == 1 else Power(base, exponent)


def has_powers(node: Expression, powers: Container[str]) -> bool:
    """Whether a formula reads one of these powers or products."""
    return any(isinstance(n, Read) and n.tensor.name in powers for n in walk(node))


def powered(node: Expression, powers: Mapping[str, Expression]) -> Expression:
    """The formula with exponentials in place of powers; unchanged where a sum binds a letter of an exponent."""
    bound = {r.variable for n in walk(node) if isinstance(n, Binder) for r in n.ranges}
    used = {n.tensor.name for n in walk(node) if isinstance(n, Read) and n.tensor.name in powers}
    tied = {n.tensor.name for n in walk(node) if isinstance(n, Read) and n.tensor.name in powers
            and n.indices[0].symbols & bound}
    return node if not used or tied else as_exponentials(node, powers, used)


def tied(node: Expression, powers: Container[str]) -> bool:
    """Whether a sum binds a letter of an exponent."""
    bound = {r.variable for n in walk(node) if isinstance(n, Binder) for r in n.ranges}
    return any(isinstance(n, Read) and n.tensor.name in powers and n.indices[0].symbols & bound for n in walk(node))


def with_logarithms(node: Expression, powers: Mapping[str, Expression], bases: dict[Expression, None]) -> Expression:
    """The formula with exp(n log x) for powers xⁿ with letters in n; `bases` collects the x, which are positive."""
    if isinstance(node, Read) and node.tensor.name in powers:
        base = with_logarithms(powers[node.tensor.name], powers, bases)
        if constant(base) is None:
            bases[base] = None
        return Apply("exp", Multiply((Value(node.indices[0]), Apply("log", base))))
    return rebuild(node, tuple(with_logarithms(c, powers, bases) for c in children(node)))


def as_exponentials(node: Expression, powers: Mapping[str, Expression], used: set[str]) -> Expression:
    """Every γ as exp(log γ) and every γⁿ as exp(n log γ), for the bases in `used`."""
    logs = {powers[name]: Read(Tensor(f"log_of_{name}"), ()) for name in used}

    def visit(part: Expression) -> Expression:
        if isinstance(part, Read) and part.tensor.name in used:
            return Apply("exp", Multiply((Value(part.indices[0]), logs[powers[part.tensor.name]])))
        if part in logs:
            return Apply("exp", logs[part])
        return rebuild(part, tuple(visit(c) for c in children(part)))

    return visit(node)
