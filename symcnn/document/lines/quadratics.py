"""Quadratic polynomials in any names as sums of squares: ½ (a² + b²) − ab, ¼ − p (1 − p).

By completing squares, one name after the other: that finds a sum of squares wherever there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symcnn.errors import SymcnnError
from symcnn.kernel.bounds import Squares
from symcnn.notation.expression import Add, Expression, Multiply, Power, Read, Value, expression

MOST_NAMES = 8
Polynomial = dict[tuple[Read, ...], Fraction]
"""Coefficients by the names that are multiplied, at most two."""


class NoSquares(SymcnnError):
    """A formula that is no quadratic polynomial, or one that is negative somewhere."""


def squares_of(node: Expression) -> Squares:
    """The squares, with positive weights, of which a polynomial is the sum; NoSquares where there are none."""
    terms = _terms(node)
    names = list(dict.fromkeys(name for product in terms for name in product))
    if not names or len(names) > MOST_NAMES:
        raise NoSquares("too few names or too many")
    places: dict[Read | None, int] = {name: n for n, name in enumerate(names)} | {None: len(names)}
    matrix = [[Fraction(0)] * len(places) for _ in places]
    for product, coefficient in terms.items():
        one, other = (places[name] for name in (*product, None, None)[:2])
        matrix[one][other] += coefficient / 2
        matrix[other][one] += coefficient / 2
    found = []
    for n, row in enumerate(matrix):
        pivot = row[n]
        if pivot < 0 or pivot == 0 and any(row[n + 1:]):
            raise NoSquares("negative somewhere")
        if pivot:
            found.append((pivot, _linear([c / pivot for c in row], [*names, None], n)))
            for below in matrix[n + 1:]:
                factor = below[n] / pivot
                below[:] = [b - factor * r for b, r in zip(below, row, strict=True)]
    return found


def _linear(coefficients: Sequence[Fraction], names: Sequence[Read | None], first: int) -> Expression:
    """Σ c x over the names from one on."""
    parts = [expression(c) if name is None else expression(c) * name
             for c, name in list(zip(coefficients, names, strict=True))[first:] if c]
    return Add(tuple(parts)) if len(parts) > 1 else parts[0]


def _terms(node: Expression) -> Polynomial:
    match node:
        case Value(p) if p.is_constant:
            return {(): Fraction(p.constant)}
        case Read():
            return {(node,): Fraction(1)}
        case Add(terms):
            found: Polynomial = {}
            for term in terms:
                for product, c in _terms(term).items():
                    found[product] = found.get(product, Fraction(0)) + c
            return {product: c for product, c in found.items() if c}
        case Multiply(factors):
            whole: Polynomial = {(): Fraction(1)}
            for factor in factors:
                whole = _times(whole, _terms(factor))
            return whole
        case Power(base, exponent) if exponent in (1, 2):
            return _times(_terms(base), _terms(base) if exponent == 2 else {(): Fraction(1)})
        case _:
            raise NoSquares("no quadratic polynomial")


def _times(one: Polynomial, other: Polynomial) -> Polynomial:
    found: Polynomial = {}
    for left, a in one.items():
        for right, b in other.items():
            product = tuple(sorted((*left, *right), key=str))
            if len(product) > 2:
                raise NoSquares("of a higher degree")
            found[product] = found.get(product, Fraction(0)) + a * b
    return {product: c for product, c in found.items() if c}
