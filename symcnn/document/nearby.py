"""What a paragraph says of its own sizes, "described by s = 1 and p = k − 1", holds for the lines of that paragraph."""

from __future__ import annotations

from dataclasses import dataclass

from symcnn.document.claims import Line
from symcnn.document.forms import as_polynomial, with_value
from symcnn.document.meaning import Meaning
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Expression, Read, Value, free_indices, walk
from symcnn.notation.polynomial import Symbol
from symcnn.notation.traverse import sizes_in, substitute, tensors_in

FURTHEST = 600
"""So many characters at most are between a condition and the line that rests on it."""


@dataclass(frozen=True)
class Conditions:
    """Equations name = formula, the latest last."""

    equations: tuple[tuple[Expression, Expression], ...]

    def __bool__(self) -> bool:
        return bool(self.equations)

    @property
    def shown(self) -> tuple[str, ...]:
        return tuple(f"{left} = {right}" for left, right in self.equations)

    def put_into(self, node: Expression) -> Expression:
        """The formula with the formulas in place of the names; a later one may speak of an earlier one's name."""
        for left, right in reversed(self.equations):
            symbol = left.value.as_symbol if isinstance(left, Value) else None
            number = as_polynomial(right)
            if isinstance(left, Read):
                node = with_value(node, left, right)
            elif symbol is not None and number is not None:
                node = substitute(node, {symbol: number})
        return node


class Nearby:
    """The equations between plain names of a document, with their places."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[tuple[Line, Expression, Expression]] = []

    def note(self, line: Line, meaning: Meaning) -> None:
        """Take note of a line name = formula that is taken as given."""
        if not line.first:
            return
        try:
            left, right = meaning.value(line.left), meaning.value(line.right)
        except SymcnnError:
            return
        plain = isinstance(left, Read) and not left.indices and left.tensor.gradient_of is None
        size = isinstance(left, Value) and left.value.as_symbol is not None and as_polynomial(right) is not None
        inside = {*tensors_in(right), *sizes_in(right)}
        own = left.tensor if isinstance(left, Read) else left.value.as_symbol if isinstance(left, Value) else None
        indexed = any(isinstance(n, Read) and n.indices for n in walk(right))
        if (plain or size) and own not in inside and not free_indices(right) and not indexed:
            self.found.append((line, left, right))

    def of(self, line: Line, left: Expression, right: Expression) -> Conditions:
        """What the paragraph of a line has said before it of the names in the line, its own left side left out."""
        names: set[object] = {*tensors_in(left), *tensors_in(right), *sizes_in(left), *sizes_in(right)}
        latest: dict[object, tuple[Expression, Expression]] = {}
        for other, name, formula in self.found:
            own: object = name.tensor if isinstance(name, Read) else self._symbol(name)
            between = self.text[other.end:line.start] if other.end <= line.start else ""
            if other.span.start > line.start or len(between) > FURTHEST or "\n\n" in between.replace("\n \n", "\n\n"):
                continue
            if own in names and name != left and self.text[other.start:other.end].strip():
                latest.pop(own, None)
                latest[own] = name, formula
        return Conditions(tuple(latest.values()))

    @staticmethod
    def _symbol(name: Expression) -> Symbol | None:
        return name.value.as_symbol if isinstance(name, Value) else None
