r"""Gradients by ∇: of a function that has no formula, ∇_θ L(θ_{t−1}), they are entries known by their argument."""

from __future__ import annotations

from dataclasses import dataclass

from symcnn.document.claims.of_several import arguments_of
from symcnn.document.reading.forms import identifier
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import Written, scripts_of, unwrapped, written


@dataclass(frozen=True)
class Nabla:
    """∇_by of(argument), or ∇² of it, as it is written; `length` counts the parts of the product that it takes."""

    of: Node
    function: Written
    by: Node | None
    argument: Node | None
    length: int
    twice: bool = False

    @property
    def variable(self) -> Node | None:
        """What is differentiated by: the subscript of ∇, or else the argument."""
        return self.by if self.by is not None else self.argument

    def name(self, argument: str) -> str:
        """One name for the values of this gradient."""
        return identifier(f"nabla_{self.function.stem}" + (f"_of_{argument}" if argument else ""))


def is_nabla(node: Node | Token) -> bool:
    if isinstance(node, Token):
        return False
    base = node.nodes[0] if node.kind == "scripts" else node
    return base.head in (r"\nabla", "∇")


def nabla_at(parts: list[Node | Token], place: int) -> Nabla | None:
    """What ∇ at a place of a product is the gradient of; None where it is followed by no name."""
    operator = parts[place]
    of = parts[place + 1] if place + 1 < len(parts) else None
    if not isinstance(operator, Node) or not is_nabla(operator) or not isinstance(of, Node):
        return None
    function = written(of)
    if function is None or function.inside:
        return None
    by = None
    twice = False
    if operator.kind == "scripts":
        above = [s for mark, s in scripts_of(operator) if mark != "_"]
        twice = len(above) == 1 and above[0] is not None and unwrapped(above[0]).head == "2"
        if above and not twice:
            return None
        by = next((unwrapped(s) for mark, s in scripts_of(operator) if mark == "_" and s is not None), None)
    group = parts[place + 2] if place + 2 < len(parts) else None
    argument = None
    if isinstance(group, Node) and arguments_of(group) is not None and by is not None:
        return Nabla(of, function, by, None, 3, twice)
    if isinstance(group, Node) and group.kind == "group" and group.head == "(":
        inside = [n for clause in group.nodes for n in clause.parts]
        first = unwrapped(inside[0]) if len(inside) == 1 and isinstance(inside[0], Node) else None
        argument = first if first is not None and written(first) is not None else None
        if argument is None:
            return None
    return Nabla(of, function, by, argument, 2 if argument is None else 3, twice)
