"""What stands behind a number: per cent, thousands and millions, bytes and their multiples, seconds and hours."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.signs import TEXT
from symcnn.document.reading.tokens import Token

_WORDS = {
    "%": -2, "percent": -2, "per cent": -2, "prozent": -2, "thousand": 3, "tausend": 3, "million": 6, "millions": 6,
    "mio": 6, "millionen": 6, "billion": 9, "billions": 9, "bn": 9, "milliarden": 9, "trillion": 12, "万": 4, "亿": 8,
}
_LETTERS = {"k": 3, "K": 3, "M": 6, "G": 9, "B": 9, "T": 12}
_COUNTED = re.compile(r"([kKMGT])(?:FLOPs?|FLOPS|flops?|MACs?|MACC|Ops?|ops|params?)")
_BYTES = re.compile(r"([kKMGT])(i?)(?:B|Byte|byte|Bytes|bytes)")
_UNITS = re.compile(r"([nuµμmckMG])(s|Hz|W|J|m)")
_PREFIXES = {"n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "c": -2, "k": 3, "M": 6, "G": 9}
_TIMES = {**dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1), **dict.fromkeys(("day", "days"), 86_400),
          **dict.fromkeys(("min", "mins", "minute", "minutes"), 60),
          **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600)}
_SIZES = {"byte": Fraction(1), "bytes": Fraction(1), "bit": Fraction(1, 8), "bits": Fraction(1, 8)}
_CONVERTED = {"time": frozenset((24, 60, 3600, 86_400)), "bytes": frozenset((8, 1024, 1 << 20, 1 << 30))}
"""Numbers by which one goes from one unit to another by hand."""
_UPRIGHT = frozenset((*TEXT, r"\mathrm", r"\operatorname", r"\rm", "{", "}"))
UNIT = (r"(?:[nuµμm]s|[kMGT]i?(?:B|bytes?)|[kMGT](?:FLOPs?|FLOPS|MACs?|params?)|s|sec|h|min|GHz|MHz|kHz|Hz|%|[KMG])"
        r"(?![A-Za-z/])")
"""Units and multiples that may stand right behind a number without a space."""
_BEHIND = re.compile(r"[ \t~]?(?:\\,)?\*{0,2}(\\?%|per cent|[A-Za-zµμ]+|[万亿])")


@dataclass(frozen=True)
class Measure:
    """What a number in front of it is multiplied by: one factor, or two where kilobytes may be 1000 or 1024 bytes.

    `dimension` says of a unit what it measures; it is empty for thousands, millions and per cent.
    """

    text: str
    factors: tuple[Fraction, ...]
    dimension: str = ""


def measure(text: str) -> Measure | None:
    """The measure that a word is: %, K, million, GFLOPs, MB; None for any other word."""
    word = text.replace("\\", "").replace(",", "").strip(" ~.;:*{}")
    if word == "×":
        return Measure(word, (Fraction(1),))
    if (power := _WORDS.get(word.lower(), _LETTERS.get(word))) is not None:
        return Measure(word, (Fraction(10) ** power,))
    if found := _COUNTED.fullmatch(word):
        return Measure(word, (Fraction(10) ** _LETTERS[found[1]],))
    if found := _BYTES.fullmatch(word):
        thousands = _LETTERS[found[1]] // 3
        two, ten = Fraction(1024) ** thousands, Fraction(1000) ** thousands
        return Measure(word, (two,) if found[2] else (ten, two), "bytes")
    if found := _UNITS.fullmatch(word):
        dimension = "time" if found[2] == "s" else found[2]
        return Measure(word, (Fraction(10) ** _PREFIXES[found[1]],), dimension)
    if word in _TIMES:
        return Measure(word, (Fraction(_TIMES[word]),), "time")
    if word in _SIZES:
        return Measure(word, (_SIZES[word],), "bytes")
    first, slash, last = word.partition("/")
    if slash and (above := measure(first)) is not None and (below := measure(last)) is not None:
        rate = tuple(one / other for one in above.factors for other in below.factors[:1])
        return Measure(word, rate, f"{above.dimension}/{below.dimension}")
    first, gap, more = word.partition(" ")
    counted = measure(first) if gap and (more.startswith("per ") or first not in _TIMES) else None
    return counted  # MB per head


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
        return node.nodes[0], measure("×")
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


def counted_in(number: str, text: str) -> Measure | None:
    """The unit of bytes in which a text shows a number, 32 of 32 MB; None where it shows it in none."""
    found = re.search(rf"(?<![\d.,]){re.escape(number)}(?:\s|~|\\,|\\(?:text|mathrm)\b|\{{){{0,4}}([KMGT]i?B)\b", text)
    return measure(found[1]) if found is not None else None


def units_agree(left: Node, right: Measure | None) -> bool:
    """Whether units on the left are turned into that of the right side by what is written there, and not by hand.

    90 min = 1.5 h says so; 90 min / 60 = 1.5 h, 1000 ms / 4 = 250 and 100 MB / 25 = 4 s count in plain numbers.
    """
    found = [m for n in _all(left) if (m := measure_of(n)) is not None]
    dimension = right.dimension if right is not None else ""
    if not found or not dimension or any(m.dimension != dimension for m in found):
        return not found or not any(m.dimension for m in found)
    numbers = {n.head.replace(",", "") for n in _all(left) if n.kind == "number"}
    powers = any(n.kind == "scripts" and n.nodes[0].kind == "number" and n.nodes[0].head in ("2", "10", "1024")
                 for n in _all(left))
    known = _CONVERTED.get(dimension, frozenset())
    return not powers and not any(n.isdigit() and (int(n) in known or re.fullmatch("1(000)+", n)) for n in numbers)


def otherwise(left: Node) -> tuple[str, Fraction] | None:
    """The unit of a side that also stands for more, MB of 1024² bytes, and how many times as much; None for others."""
    found = {m for n in _all(left) if (m := measure_of(n)) is not None and m.dimension}
    unit = found.pop() if len(found) == 1 else None
    return (unit.text, unit.factors[1] / unit.factors[0]) if unit is not None and len(unit.factors) > 1 else None


def _all(node: Node) -> Iterator[Node]:
    yield node
    for inner in node.nodes:
        yield from _all(inner)


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
