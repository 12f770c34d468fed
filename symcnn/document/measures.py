"""What stands behind a number: per cent, thousands and millions, bytes and their multiples, milliseconds."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symcnn.document.tokens import Token
from symcnn.document.tree import EMPTY, TEXT, Node

_WORDS = {
    "%": -2, "percent": -2, "per cent": -2, "prozent": -2, "thousand": 3, "tausend": 3, "million": 6, "millions": 6,
    "mio": 6, "millionen": 6, "billion": 9, "billions": 9, "bn": 9, "milliarden": 9, "trillion": 12, "万": 4, "亿": 8,
}
_LETTERS = {"k": 3, "K": 3, "M": 6, "G": 9, "B": 9, "T": 12}
_COUNTED = re.compile(r"([kKMGT])(?:FLOPs?|FLOPS|flops?|MACs?|MACC|Ops?|ops|params?)")
_BYTES = re.compile(r"([kKMGT])(i?)(?:B|Byte|byte|Bytes|bytes)")
_UNITS = re.compile(r"([nuµμmckMG])(s|Hz|W|J|m)")
_PREFIXES = {"n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "c": -2, "k": 3, "M": 6, "G": 9}
_UPRIGHT = frozenset((*TEXT, r"\mathrm", r"\operatorname", r"\rm", "{", "}"))
_BEHIND = re.compile(r"[ \t~]?(?:\\,)?\*{0,2}(\\?%|per cent|[A-Za-zµμ]+|[万亿])")


@dataclass(frozen=True)
class Measure:
    """What a number in front of it is multiplied by: one factor, or two where kilobytes may be 1000 or 1024 bytes."""

    text: str
    factors: tuple[Fraction, ...]


def measure(text: str) -> Measure | None:
    """The measure that a word is: %, K, million, GFLOPs, MB; None for any other word."""
    word = text.replace("\\", "").replace(",", "").strip(" ~.;:*{}")
    if (power := _WORDS.get(word.lower(), _LETTERS.get(word))) is not None:
        return Measure(word, (Fraction(10) ** power,))
    if found := _COUNTED.fullmatch(word):
        return Measure(word, (Fraction(10) ** _LETTERS[found[1]],))
    if found := _BYTES.fullmatch(word):
        thousands = _LETTERS[found[1]] // 3
        two, ten = Fraction(1024) ** thousands, Fraction(1000) ** thousands
        return Measure(word, (two,) if found[2] else (ten, two))
    if found := _UNITS.fullmatch(word):
        return Measure(word, (Fraction(10) ** _PREFIXES[found[1]],))
    return None


def measure_of(node: Node | Token) -> Measure | None:
    """The measure that a part of a formula is: a percent sign, or a word set upright."""
    if not isinstance(node, Node):
        return None
    if node.kind == "symbol":
        return measure(node.head) if node.head in (r"\%", "%") else None
    upright = node.kind == "text" or (node.kind == "command" and node.head in _UPRIGHT)
    words = "".join(str(t) if node.kind == "text" else t.text for t in node.tokens if t.text not in _UPRIGHT)
    return measure(words) if upright else None


def measured(node: Node, letters: bool = False) -> tuple[Node, Measure | None]:
    """A number and what is measured by it: 2.4 \\text{M} is (2.4, a million); `letters` says that a plain M counts."""
    if node.kind == "product" and len(node.parts) == 3 and node.parts[2] == EMPTY and (
            isinstance(node.parts[1], Token) and node.parts[1].text in (r"\times", "*")) and (
            node.nodes[0].kind == "number"):
        return node.nodes[0], Measure("×", (Fraction(1),))
    if node.kind != "product" or len(node.nodes) != 2 or len(node.parts) != 2:
        return node, None
    first, second = node.nodes
    found = measure_of(second)
    if found is None and letters and second.kind == "name" and second.head in _LETTERS:
        found = measure(second.head)
    return (first, found) if found is not None and first.kind in ("number", "group", "braces") else (node, None)


def measure_behind(text: str, end: int) -> str:
    """The word behind a formula that ends at an offset, if it is a measure."""
    found = _BEHIND.match(text, end)
    if found is None or measure(found[1]) is None:
        return ""
    return found[1] if found[1] != "T" else ""


def likely(value: Any, shown: Fraction, found: Measure | None) -> Sequence[Fraction]:
    """The factors that a measure stands for beside a value that is printed.

    Where the value is of the size of the bare number, both are meant in that measure: 7.2 + 1.1 = 8.3 million.
    """
    if found is None:
        return (Fraction(1),)
    size = abs(float(value))
    if not shown:
        return (Fraction(1),)
    if not size:
        return found.factors
    distance = math.log(size / abs(float(shown)))
    return (Fraction(1),) if abs(distance) < abs(distance - math.log(found.factors[0])) else found.factors
