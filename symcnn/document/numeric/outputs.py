"""The size of an output, (H − K + 2P)/S + 1: a whole number only where the stride divides, or with a floor."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import flint

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import Line
from symcnn.document.facts.known import Decision
from symcnn.document.meaning.numbers import exact, key, show
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import nodes
from symcnn.document.repair.edits import plain_text, with_edits
from symcnn.notation.expression import Add, Expression, Multiply, Power, Read, Value, expression, walk
from symcnn.verdict import Verdict

WINDOWS = re.compile(r"convol|pool|filter|kernel|卷积|池化", re.IGNORECASE)
STRIDES = re.compile(r"strid|step size|step width|schrittweite|步长|步幅", re.IGNORECASE)
WHOLE = re.compile(r"divi[ds]|integer|whole|floor|round|trunc|evenly|exactly|fits|multiple|ganzzahl|teilbar|⌊|⌈|//|ceil"
                   r"|\bmod\b|整除|取整|整数|\bint\b", re.IGNORECASE)
"""Words or signs by which a document may say that sizes are such that the stride divides, or how it is rounded."""
SMALL = range(1, 6)
"""The sizes among which a counterexample is looked for."""


def without_floor(line: Line, right: Expression, texts: str, values: Mapping[str, Any]) -> Decision | None:
    """Conditional for a size of an output that is written as a fraction; None for any other line.

    `texts` is all that the document and its problem statements say, `values` what it gives numbers to.
    """
    parts = _fraction(right)
    if parts is None or WHOLE.search(texts) or not (WINDOWS.search(texts) and STRIDES.search(texts)):
        return None
    above, below = parts
    names = sorted({*_names(above), *_names(below)})
    if any(n in values for n in names) or len(names) < 2 or len(names) > 6:
        return None
    shown = _quotient(line.right)
    for at in _places(above, below, names):
        size = exact(right, at)
        if size.q != 1:
            low = int(size.p) // int(size.q)
            sizes = {n: int(v.p) for n, v in at.items()}
            repair = None if shown is None else with_edits(
                line.right, [(shown.start, shown.start, r"\lfloor "), (shown.end, shown.end, r" \rfloor")]).strip()
            return Decision(Verdict.CONDITIONAL, f"holds if {below} divides {above}; in general there are as many "
                                                 "places as the fraction rounded down says",
                            counterexample=Counterexample(sizes, {}, {}, str(low), show(size)), repair=repair)
    return None


def _fraction(node: Expression) -> tuple[Expression, Expression] | None:
    """(a, s) of a/s + 1, where a takes the size of a window from that of an input."""
    terms = node.terms if isinstance(node, Add) else ()
    if len(terms) != 2 or expression(1) not in terms:
        return None
    quotient = terms[0] if terms[1] == expression(1) else terms[1]
    factors = quotient.factors if isinstance(quotient, Multiply) else ()
    below = [f.base for f in factors if isinstance(f, Power) and f.exponent == -1]
    above = [f for f in factors if not isinstance(f, Power)]
    if len(below) != 1 or len(above) != 1 or not _is_size(below[0]) or not isinstance(above[0], Add):
        return None
    signs = {_sign(t) for t in above[0].terms}
    return (above[0], below[0]) if signs >= {1, -1} and 0 not in signs else None


def _is_size(node: Expression) -> bool:
    return (isinstance(node, Read) and not node.indices) or (
        isinstance(node, Value) and (node.value.as_symbol is not None or _whole(node) > 1))


def _whole(node: Value) -> int:
    return int(node.value.constant) if node.value.is_constant else 0


def _sign(term: Expression) -> int:
    """Whether a term with a name is added or taken away; 2 for a number, 0 for what is no product of sizes."""
    factors = term.factors if isinstance(term, Multiply) else (term,)
    named = [n for f in factors for n in walk(f) if _names(n)]
    if any(not isinstance(n, Read | Value) for f in factors for n in walk(f)):
        return 0
    negative = sum(isinstance(f, Value) and f.value.is_constant and f.value.constant < 0 for f in factors) % 2
    return (-1 if negative else 1) if named else 2


def _names(node: Expression) -> set[str]:
    found = {key(n) for n in walk(node) if isinstance(n, Read)}
    return found | {s.name for n in walk(node) if isinstance(n, Value) for s in n.value.symbols}


def _places(above: Expression, below: Expression, names: list[str]) -> Iterator[dict[str, Any]]:
    """Small sizes with room for at least one window, the smallest first."""
    for total in sorted(itertools.product(SMALL, repeat=len(names)), key=sum):
        at = {n: flint.fmpq(v) for n, v in zip(names, total, strict=True)}
        if exact(below, at) > 1 and exact(above, at) >= 0:
            yield at


def _quotient(side: Node) -> Node | None:
    """The fraction of a side, as it is written."""
    for node in nodes(side):
        if node.start >= 0 and ((node.kind == "command" and node.head.endswith("frac")) or (
                node.kind == "product" and any(isinstance(p, Token) and plain_text(Node("list", (p,))) == "/"
                                               for p in node.parts))):
            return node
    return None
