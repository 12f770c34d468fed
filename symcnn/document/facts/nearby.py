"""What a paragraph says of its own sizes, "described by s = 1 and p = k − 1", holds for the lines of that paragraph.

So does what stands right before or behind a display: "K = 2 and d = 3:", "for K = 2".
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from symcnn.document.claims.claims import Line
from symcnn.document.facts.conditions import BEHIND
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.reading.forms import as_polynomial, with_value
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Expression, Read, Value, free_indices, walk
from symcnn.notation.polynomial import Polynomial, Symbol
from symcnn.notation.traverse import sizes_in, tensors_in

FURTHEST = 600
"""So many characters at most are between a condition and the line that rests on it."""


@dataclass(frozen=True)
class Conditions:
    """Equations name = formula, the latest last."""

    equations: tuple[tuple[Expression, Expression], ...]

    def __bool__(self) -> bool:
        return bool(self.equations)

    @property
    def sizes(self) -> dict[Symbol, Polynomial]:
        """The sizes among the names, with their values: s = r = 1 gives both of them the value 1."""
        found: dict[Symbol, Polynomial] = {}
        for left, right in self.equations:
            symbol = left.value.as_symbol if isinstance(left, Value) else None
            number = as_polynomial(right)
            if symbol is not None and number is not None:
                found = {s: p.substitute({symbol: number}) for s, p in found.items()}
                found[symbol] = number.substitute(found)
        return {s: p for s, p in found.items() if s not in p.symbols}

    @property
    def shown(self) -> tuple[str, ...]:
        return tuple(f"{left} = {right}" for left, right in self.equations)

    def put_into(self, node: Expression) -> Expression:
        """The formula with the formulas in place of names that are no sizes; a later one may speak of an earlier."""
        for left, right in reversed(self.equations):
            if isinstance(left, Read):
                node = with_value(node, left, right)
        return node


class Nearby:
    """The equations between plain names of a document, with their places."""

    def __init__(self, text: str, lists: Container[int | None] = ()) -> None:
        self.text, self.lists = text, lists
        self.found: list[tuple[Line, Expression, Expression]] = []

    def note(self, line: Line, meaning: Meaning) -> None:
        """Take note of a line name = formula that is taken as given; r = 0 of r = 0, 1 is none."""
        if line.start in self.lists:
            return
        try:
            left, right = meaning.value(line.left), meaning.value(line.right)
        except SymcnnError:
            return
        plain = isinstance(left, Read) and not left.indices and left.tensor.gradient_of is None
        size = isinstance(left, Value) and left.value.as_symbol is not None and as_polynomial(right) is not None
        if not line.first and not size:
            return
        inside = {*tensors_in(right), *sizes_in(right)}
        own = left.tensor if isinstance(left, Read) else left.value.as_symbol if isinstance(left, Value) else None
        indexed = any(isinstance(n, Read) and n.indices for n in walk(right))
        if (plain or size) and own not in inside and not free_indices(right) and not indexed:
            self.found.append((line, left, right))

    def of(self, line: Line, left: Expression, right: Expression, rests_on: Iterable[Expression]) -> Conditions:
        """What the words around a line say of the names in the line and in what it rests on, but for its left side."""
        sides = (left, right, *rests_on)
        names: set[object] = {name for side in sides for name in (*tensors_in(side), *sizes_in(side))}
        latest: dict[object, tuple[Expression, Expression]] = {}
        for other, name, formula in self.found:
            own: object = name.tensor if isinstance(name, Read) else self._symbol(name)
            if not self._speaks_of(other, line):
                continue
            if own in names and name != left and self.text[other.start:other.end].strip():
                latest.pop(own, None)
                latest[own] = name, formula
        return Conditions(tuple(latest.values()))

    def _speaks_of(self, other: Line, line: Line) -> bool:
        """Whether a line stands in the paragraph of another one, before it or in the words right behind it."""
        if other.span.start > line.span.start:
            return BEHIND.fullmatch(self.text, line.span.end, other.span.start) is not None
        between = self.text[other.end:line.start] if other.end <= line.start else ""
        if line.span.display and not other.span.display and other.end <= line.span.start:
            between = self.text[other.end:line.span.start].rstrip()  # the display goes on from the words before it
        return len(between) <= FURTHEST and "\n\n" not in between.replace("\n \n", "\n\n")

    @staticmethod
    def _symbol(name: Expression) -> Symbol | None:
        return name.value.as_symbol if isinstance(name, Value) else None
