"""A numeric formula worked out in part: some of its pieces are replaced by their values, rounded as printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import flint

from symcnn.document.meaning.numbers import Agreement, agreement, different, printed
from symcnn.document.meaning.scripts import PLAIN_PRODUCTS
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import unwrapped
from symcnn.errors import SymcnnError

Valued = Callable[[Node], Any]
Pairs = list[tuple[Node, Node]]


def worked_out(left: Node, right: Node, value: Valued) -> tuple[Pairs, Pairs] | None:
    """The pieces of the left side whose rounded values stand in the right one, and those whose values do not fit.

    None where the two sides are not built alike. A piece and its value are a pair of nodes.
    """
    fits: Pairs = []
    fails: Pairs = []
    return (fits, fails) if _compare(left, right, value, fits, fails) else None


def _compare(left: Node, right: Node, value: Valued, fits: Pairs, fails: Pairs, sign: int = 1) -> bool:
    left, right = _bare(left), _bare(right)
    if sign > 0 and _text(left) == _text(right):
        return True
    shown = printed(right)
    if shown is not None:
        if printed(left) is not None:
            fails.append((left, right))
            return True
        try:
            found = agreement(sign * value(left), shown[0])
        except (SymcnnError, ZeroDivisionError):
            return False
        good = found.verdict in (Agreement.EXACT, Agreement.ROUNDED, Agreement.TRUNCATED, Agreement.REROUNDED)
        if found.verdict is not Agreement.EXACT:
            good &= shown[1]  # a whole number stands for nothing but itself
            (fits if good else fails).append((left, right))
        return True
    if sign < 0:
        return False
    if left.kind == "function" and left.nodes[0].kind == right.kind == "scripts" and (
            _text(Node("list", left.nodes[0].parts[1:])) == _text(Node("list", right.parts[1:]))):
        # tanh^2(0.9) and 0.716^2: what is squared is compared.
        left, right = Node("function", (left.nodes[0].nodes[0], left.nodes[1])), right.nodes[0]
        return _compare(left, right, value, fits, fails)
    parts = [list(_parts(n)) for n in (left, right)]
    if left.kind != right.kind or not parts[0] or len(parts[0]) != len(parts[1]):
        return _equal(left, right, value)
    turned = 1
    for a, b in zip(*parts, strict=True):
        if isinstance(a, Node) and isinstance(b, Node):
            if not _compare(a, b, value, fits, fails, turned):
                return False
            turned = 1
        elif not (isinstance(a, Token) and isinstance(b, Token)):
            return _equal(left, right, value)
        elif {a.text, b.text} == {"+", "-"} and left.kind == "sum":
            turned = -1  # a + ln 0.6 and a - 0.51
        elif a.text != b.text:
            return _equal(left, right, value)
    return True


def _equal(left: Node, right: Node, value: Valued) -> bool:
    try:
        a, b = value(left), value(right)
        return isinstance(a, flint.fmpq) and isinstance(b, flint.fmpq) and not different(a, b)
    except (SymcnnError, ZeroDivisionError):
        return False


def _parts(node: Node) -> Iterator[Node | Token]:
    """The parts of a node that matter; signs between plain factors do not."""
    for part in node.parts:
        if not (node.kind == "product" and isinstance(part, Token) and part.text in PLAIN_PRODUCTS):
            yield part


def _bare(node: Node) -> Node:
    node = unwrapped(node)
    while node.kind == "group" and node.head in "([" and node.inner is not None and (
            isinstance(node.nodes[0].parts[0], Node)):
        node = unwrapped(node.nodes[0].parts[0])
    if node.kind == "sign" and node.nodes[0].kind == "product" and isinstance(node.nodes[0].parts[0], Node):
        first, *rest = node.nodes[0].parts  # the sign of -0.2 · 3 belongs to -0.2
        return Node("product", (Node("sign", (*node.parts[:-1], first)), *rest))
    return node


def _text(node: Node) -> str:
    return "".join(t.text for t in node.tokens)


def new_decimals(left: Node, right: Node) -> set[Fraction]:
    """The decimals of the right side that the left one does not have: they may be rounded."""
    def decimals(side: Node) -> set[str]:
        return {t.text for t in side.tokens if t.kind == "number" and "." in t.text}

    return {Fraction(text.replace(",", "").replace("\\", "").replace("{", "").replace("}", ""))
            for text in decimals(right) - decimals(left)}
