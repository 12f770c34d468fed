"""The one entry that a document asks for, y_c of the right class c, is an entry of the axes that it is read from."""

from __future__ import annotations

from collections.abc import Iterator, Set

from symcnn.kernel.claim import Claim
from symcnn.notation.expression import Expression, Read, Tensor, walk
from symcnn.notation.polynomial import Polynomial, polynomial


def within_axes_of(claim: Claim, constants: Set[str]) -> tuple[Polynomial, ...]:
    """What is ≥ 0 as the chosen indices lie within the axes, also of what the formulas read at the same place."""
    bodies: tuple[Expression, ...] = (claim.left, claim.right, *(d.body for d in claim.definitions))
    letters = {s for body in bodies for n in walk(body) if isinstance(n, Read) for i in n.indices
               if (s := i.as_symbol) is not None and s.is_size and s.name in constants}
    formulas = {d.tensor: d for d in claim.definitions}
    found: dict[Polynomial, None] = {}
    for letter in sorted(letters):
        waiting = [place for body in bodies for place in _read_at(body, polynomial(letter))]
        seen: set[tuple[Tensor, int]] = set()
        while waiting:
            tensor, place = pair = waiting.pop()
            if pair in seen:
                continue
            seen.add(pair)
            axis = tensor.axes[place]
            if axis.base is not None and axis.upper is not None and axis.coefficient == polynomial(1):
                found |= dict.fromkeys((axis.upper - polynomial(letter), polynomial(letter) - axis.base))
            if tensor in formulas:
                waiting += _read_at(formulas[tensor].body, polynomial(formulas[tensor].indices[place]))
    return tuple(found)


def _read_at(body: Expression, index: Polynomial) -> Iterator[tuple[Tensor, int]]:
    """The tensors that are read at an index, and at which place."""
    return ((n.tensor, place) for n in walk(body) if isinstance(n, Read)
            for place, own in enumerate(n.indices) if own == index)
