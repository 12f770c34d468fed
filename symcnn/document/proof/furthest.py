"""How far the entries reach that strided reads, x[2i + a], or names at a number, y_1, speak of.

Short windows would hold the first of them only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symcnn.notation.expression import Binder, Definition, Expression, Read, Tensor, walk
from symcnn.notation.polynomial import Polynomial, Symbol

FURTHEST = 12
"""No index is looked at that lies further out."""


def furthest(sides: Iterable[Expression], definitions: Mapping[Tensor, Definition]) -> dict[tuple[Tensor, int], int]:
    """The greatest index that is read on each axis where all others are 0 or 1; empty where nothing has a stride and
    no entry of the sides stands at a number behind 0, from which its formula goes on.

    What is read of a defined tensor says which indices its formula is looked at with.
    """
    sides = list(sides)
    formulas = [*sides, *(d.body for d in definitions.values())]
    strided = any(c > 1 for f in formulas for read in _reads(f) for i in read.indices for c in _slopes(i).values())
    if not strided and not any(i.is_constant and i.constant > 0 and read.tensor in definitions
                               for side in sides for read in _reads(side) for i in read.indices):
        return {}
    found: dict[tuple[Tensor, int], int] = {}
    waiting: list[tuple[Expression, dict[Symbol, int]]] = [(side, {}) for side in sides]
    while waiting:
        formula, tops = waiting.pop()
        tops = tops | _bounds(formula)
        for read in _reads(formula):
            higher = False
            for axis, index in enumerate(read.indices):
                top = int(index.constant) + sum(c * tops.get(s, 1) for s, c in _slopes(index).items() if c > 0)
                top = min(top, FURTHEST)
                higher |= top > found.get((read.tensor, axis), -1)
                found[read.tensor, axis] = max(top, found.get((read.tensor, axis), 0))
            definition = definitions.get(read.tensor)
            if higher and definition is not None:
                waiting.append((definition.body, {
                    s: found[read.tensor, axis] for axis, s in enumerate(definition.indices)}))
    return found


def _reads(formula: Expression) -> list[Read]:
    return [n for n in walk(formula) if isinstance(n, Read)]


def _slopes(index: Polynomial) -> dict[Symbol, int]:
    """The factors of an index's letters, of those that stand alone with a number before them."""
    return {monomial[0][0]: int(c) for monomial, c in index.terms.items()
            if len(monomial) == 1 and monomial[0][1] == 1 and not monomial[0][0].is_size}


def _bounds(formula: Expression) -> dict[Symbol, int]:
    """The last values of sums whose upper bound is a number."""
    return {r.variable: int(r.upper.constant) for n in walk(formula) if isinstance(n, Binder) for r in n.ranges
            if r.upper is not None and r.upper.is_constant}
