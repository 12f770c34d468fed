"""Σ_t h_t Σ_k y_{tk} = Σ_t h_t of targets that sum to 1: the same equation with what stands around it in a line."""

from __future__ import annotations

from collections.abc import Iterator

from symcnn.notation.expression import Add, Equation, Expression, Multiply, Range, Read, Sum, Tensor, walk
from symcnn.notation.traverse import tensors_in


def weighted(equation: Equation, side: Expression, target: Tensor, read: Read) -> Iterator[Equation]:
    """The equation times a read and what surrounds its difference to the target, under the sums around it."""
    for ranges, factors in _around(side, target, read, (), ()):
        if not ranges and not factors:
            continue
        left, right = (Multiply((*factors, read, part)) for part in (equation.left, equation.right))
        yield Equation(Sum(ranges, left), Sum(ranges, right)) if ranges else Equation(left, right)


def _around(node: Expression, target: Tensor, read: Read, ranges: tuple[Range, ...],
            factors: tuple[Expression, ...]) -> Iterator[tuple[tuple[Range, ...], tuple[Expression, ...]]]:
    if target not in tensors_in(node) or read not in walk(node):
        return
    if isinstance(node, Sum) and not {r.variable for r in ranges} & {r.variable for r in node.ranges}:
        yield from _around(node.body, target, read, (*ranges, *node.ranges), factors)
    elif isinstance(node, Multiply):
        for n, factor in enumerate(node.factors):
            rest = (*node.factors[:n], *node.factors[n + 1:])
            if all(target not in tensors_in(f) for f in rest):
                yield from _around(factor, target, read, ranges, (*factors, *rest))
    elif isinstance(node, Add):
        if any(target in tensors_in(term) and read not in walk(term) for term in node.terms):
            yield ranges, factors
        for term in node.terms:
            yield from _around(term, target, read, ranges, factors)
