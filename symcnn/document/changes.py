"""What words say of a change that a formula shows: "it shrinks to 25 percent ($8 × 8 ⇒ 4 × 4$)"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

import flint

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import ARROWS, Line, Reading, relation_name
from symcnn.document.facts.known import Decision
from symcnn.document.meaning.numbers import Agreement, agreement
from symcnn.document.meaning.scripts import PLAIN_PRODUCTS
from symcnn.document.reading.forms import number
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import nodes, unwrapped
from symcnn.rounding import decimal
from symcnn.verdict import Verdict

UP = r"increas\w+|grow\w*|rises?|rais\w+|goes up|scal\w+ up"
DOWN = r"decreas\w+|reduc\w+|drops?|dropped|shrinks?|shrunk|falls?|goes down|lower\w*|scal\w+ down|is cut"
SAID = re.compile(rf"\b(?:(?P<up>{UP})|(?P<down>{DOWN}))(?:\s+[a-z]+){{0,3}}?\s+(?P<how>to|by)\s+"
                  r"(?P<factor>a factor of )?(?P<about>about |around |approximately |roughly |ca\. )?"
                  r"\$?(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>per ?cent\b|\\?%)?\$?\s*[(:,]?\s*$", re.IGNORECASE)
"""Words that end right before a formula A ⇒ B and say how B compares with A."""
REACH = 90
"""So many characters before the formula are looked at."""


def changes(reading: Reading) -> Iterator[tuple[Line, Decision]]:
    """The claims in words about formulas A ⇒ B between two plain numbers or products of them."""
    for span, tree in reading.spans:
        pair = _pair(tree) if isinstance(tree, Node) else None
        said = SAID.search(reading.text[max(0, span.start - REACH):span.start]) if pair is not None else None
        if pair is None or said is None or bool(said["unit"]) == bool(said["factor"]):
            continue
        before, after = (_value(n) for n in pair)
        if not before or not after or _are_percentages(said, before, after):
            continue
        line = Line(pair[0], "⇒", pair[1], pair[0].start, pair[1].end, span)
        yield line, _decided(said, before, after)


def _are_percentages(said: re.Match[str], before: Fraction, after: Fraction) -> bool:
    """Whether the two numbers may be percentages themselves: from 90 to 93 percent, up by 3 percent."""
    told = after if said["how"] == "to" else abs(after - before)
    return bool(said["unit"]) and Fraction(said["number"]) in (told, 100 * told)


def _pair(tree: Node) -> tuple[Node, Node] | None:
    """A and B of a formula that is A ⇒ B and nothing else."""
    for chain in nodes(tree):
        if chain.kind == "chain" and len(chain.nodes) == 3 and chain.nodes[1].kind == "relation" and (
                relation_name(chain.nodes[1]) in ARROWS | {"→"}):
            return chain.nodes[0], chain.nodes[2]
    return None


def _value(node: Node) -> Fraction | None:
    """The number that a side is: one number, or a product of numbers."""
    node = unwrapped(node)
    if node.kind == "number":
        return number(node)
    if node.kind != "product" or any(isinstance(p, Token) and p.text not in PLAIN_PRODUCTS for p in node.parts):
        return None
    value = Fraction(1)
    for factor in node.nodes:
        found = _value(factor)
        if found is None:
            return None
        value *= found
    return value


def _decided(said: re.Match[str], before: Fraction, after: Fraction) -> Decision:
    ratio = after / before
    grows = said["up"] is not None
    if said["factor"]:
        meant = ratio if grows else 1 / ratio
    elif said["how"] == "to":
        meant = 100 * ratio
    else:
        meant = 100 * (ratio - 1 if grows else 1 - ratio)
    shown = decimal(said["number"])
    right_way = ratio > 1 if grows else ratio < 1
    found = agreement(flint.fmpq(meant.numerator, meant.denominator), shown)
    if right_way and found.verdict is Agreement.EXACT:
        return Decision(Verdict.PROVED, "", "these numbers", procedures=("exact numbers",))
    if right_way and found.verdict is not Agreement.WRONG:
        return Decision(Verdict.ROUNDED, found.detail, "these numbers", procedures=("exact numbers",))
    if said["about"] and right_way:
        return Decision(Verdict.UNDECIDED, f"the exact number is {_text(meant)}")
    what, unit = _text(100 * ratio), "%" if said["unit"] else ""
    percent = r"\%" if unit else ""
    repair = f"\\text{{{said['how']} }}{_text(meant)}{percent}"
    return Decision(Verdict.REFUTED, f"what stands behind the arrow is {what} % of what stands before it",
                    "these numbers", repair=repair if right_way or said["how"] == "to" else None,
                    counterexample=Counterexample({}, {}, {}, f"{what} %", f"{shown} {unit}".strip()))


def _text(value: Fraction) -> str:
    """The number, with one decimal if it is not whole."""
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.1f}"
