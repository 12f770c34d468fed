"""Functions of several numbers at some of them: f(1, 2) = 4 where f(x, y) = x² y + y."""

from __future__ import annotations

from contextlib import suppress

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.claims.of_several import arguments_of
from symcnn.document.facts.known import Decision
from symcnn.document.lines.sides import Sides
from symcnn.document.meaning.numbers import is_numeric
from symcnn.document.numeric.values import numeric
from symcnn.document.reading.forms import with_value
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import Written, items, text_of, written
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Read


def at_arguments(subject: Sides, line: Line) -> Decision | None:
    """The verdict on the value of a function whose one formula is written with its arguments; None for other lines."""
    called = _call(line.left)
    if called is None or line.relation not in EQUALS | {"≈"} or len(called[1]) < 2:
        return None
    name, numbers = called
    formulas = {(text_of(other.left), text_of(other.right)): other for other in subject.reading.lines
                if other.first and other.relation in EQUALS and _is_formula(other.left, name)}
    if len(formulas) != 1:
        return None
    (formula,) = formulas.values()
    _, arguments = _call(formula.left) or (name, [])
    with suppress(SymcnnError, ZeroDivisionError):
        meaning = subject._meaning(line)
        values, right = [meaning.value(n) for n in numbers], meaning.value(line.right)
        left = subject._meaning(formula).value(formula.right)
        names = [subject._meaning(formula).value(n) for n in arguments]
        if len(names) != len(values) or not all(isinstance(n, Read) and not n.indices for n in names) or not all(
                is_numeric(v, {}) for v in (*values, right)):
            return None
        for one, value in zip(names, values, strict=True):
            left = with_value(left, one, value)
        return numeric(subject.known, line, left, right) if is_numeric(left, {}) else None
    return None


def _call(side: Node) -> tuple[Written, list[Node]] | None:
    """The name and the arguments of a side that is nothing but a name with parentheses behind it."""
    if side.kind != "product" or len(side.parts) != 2 or len(side.nodes) != 2:
        return None
    name, group = written(side.nodes[0]), side.nodes[1]
    plain = name is not None and name == Written(name.stem) and group.kind == "group" and group.head == "("
    return (name, list(items(group))) if plain and name is not None else None


def _is_formula(side: Node, name: Written) -> bool:
    """Whether a side is the name with names in its parentheses."""
    called = _call(side)
    return called is not None and called[0] == name and arguments_of(side.nodes[1]) is not None
