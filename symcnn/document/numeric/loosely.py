"""What people write between numbers and mean otherwise than it stands there: 9 · 4 = 36 + 4 = 40, 7 − 3 + 1 = 5×5."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from contextlib import suppress

from symcnn.document.claims.claims import Line
from symcnn.document.meaning.numbers import different
from symcnn.document.meaning.stages import Valued
from symcnn.document.reading.measures import measure, measure_of, measured
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import nodes, unwrapped
from symcnn.errors import SymcnnError

TIMES = frozenset((r"\times", "×", "*", "x"))
VALUES = re.compile(r"values?|numbers|floats|entries|elements|weights|param|activations|scalars|Werte|Zahlen|Gewichte")
"""What words call numbers that take several bytes each."""
BYTES = (2, 4, 8)
"""The usual lengths of a number in memory."""
NEAR = 0.01
MINUS_OR_OVER = frozenset(("-", "−", "/", r"\div"))


def side_of_square(left: Node, right: Node) -> Node | None:
    """5 of 7 − 3 + 1 = 5×5, the size of an output that is as high as it is wide; None for other lines."""
    inner = unwrapped(right)
    numbers, signs = inner.nodes, [p for p in inner.parts if isinstance(p, Token)]
    if inner.kind != "product" or len(numbers) != 2 or len(signs) != 1 or signs[0].text not in TIMES or any(
            n.kind != "number" or n.head != numbers[0].head for n in numbers):
        return None
    computed = left.kind == "sum" and any(
        t.text in MINUS_OR_OVER or t.text.endswith("frac") for t in left.tokens)
    return numbers[0] if computed else None


def runs_on(lines: Sequence[Line], line: Line, value: Valued) -> str:
    """Why a line may be meant otherwise that goes on from its result, 9 · 4 = 36 + 4 = 40; empty if it does not."""
    first = next((n for n in line.right.nodes), None) if line.right.kind in ("sum", "product") else None
    while first is not None and first.kind in ("sum", "product"):
        first = first.nodes[0]
    if first is None or first.kind != "number" or not any(other.left is line.right for other in lines):
        return ""
    with suppress(SymcnnError, ZeroDivisionError):
        if not different(value(line.left), value(first)):
            return f"goes on from its result, {first.head}"
    return ""


def bytes_of_each(line: Line, text: str, value: Valued) -> str:
    """Why a number of values may well be a number of bytes: 150,528 values = 602,112 bytes, 4 for each; else empty."""
    number, unit = measured(line.right)
    unit = unit or measure(line.behind)
    if unit is None or unit.dimension != "bytes" or VALUES.search(text, line.start, line.end) is None or any(
            (m := measure_of(n)) is not None and m.dimension for n in nodes(line.left)):
        return ""
    with suppress(SymcnnError, ZeroDivisionError, TypeError):
        count, shown = float(value(line.left)), float(value(number))
        whole = [shown * float(factor) for factor in unit.factors]
        if any(abs(count * each / size - 1) <= NEAR for each in BYTES for size in whole):
            return "of how many bytes each value is, is not said"
    return ""


def beside_each_other(side: Node) -> bool:
    """Whether two numbers stand beside each other with nothing but a space between them: 6 4 is hardly 6 times 4."""
    return any(isinstance(one, Node) and isinstance(other, Node) and one.kind == other.kind == "number"
               and next(other.tokens).before.isspace()
               for node in nodes(side) if node.kind == "product"
               for one, other in itertools.pairwise(node.parts))
