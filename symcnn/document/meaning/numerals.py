"""Whole numbers and fractions in other forms than decimals: 110.1_2, 3!, a binomial coefficient."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from symcnn.document.reading.forms import MeaningError
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import scripts_of, text_of, unwrapped

LARGEST_FACTORIAL, LARGEST_BASE = 170, 36
LIKE_BINARY = re.compile(r"[01]{2,}|[01]+\.[01]+")
OTHER_BASES = re.compile(r"\bbinary\b|\bbase[- ]?(2|two|8|16)\b|hexadecimal|\boctal\b|二进制", re.IGNORECASE)
"""What a document says that writes numbers in another base than ten."""
_ONE_GROUP = re.compile(r"([1-9]\d{0,2})(\.|,|\{,\})(\d{3})")
"""1.216 and 1,216: the sign may be a decimal one or stand between thousands."""


def in_base(node: Node) -> Fraction | None:
    """The value of 110.1_2 or 6.5_{10}; None for what is no number with its base. MeaningError for other digits."""
    if node.kind != "scripts" or node.nodes[0].kind != "number":
        return None
    scripts = list(scripts_of(node))
    if len(scripts) != 1 or scripts[0][0] != "_" or scripts[0][1] is None:
        return None
    base = text_of(unwrapped(scripts[0][1])).strip()
    if not base.isdigit() or not 2 <= int(base) <= LARGEST_BASE:
        return None
    whole, _, rest = node.nodes[0].head.partition(".")
    digits = whole + rest
    if not digits.isdigit() or any(int(d) >= int(base) for d in digits):
        raise MeaningError(f"{node.nodes[0].head} is no number to base {base}")
    return Fraction(int(digits, int(base)), int(base) ** len(rest))


def factorial(value: Fraction) -> int:
    """n! of a whole number; MeaningError for another."""
    if value.denominator != 1 or not 0 <= value <= LARGEST_FACTORIAL:
        raise MeaningError(f"the factorial of {value} is not read")
    return math.factorial(int(value))


def binomial(n: Fraction, k: Fraction) -> int:
    """How many subsets of k out of n there are; MeaningError for what are no whole numbers."""
    if n.denominator != 1 or k.denominator != 1 or not 0 <= k <= n <= LARGEST_FACTORIAL:
        raise MeaningError(f"{n} over {k} is no binomial coefficient that is read")
    return math.comb(int(n), int(k))


def with_base_two(node: Node) -> Node:
    """A side with every number of the digits 0 and 1 as one to base two."""
    if node.kind == "number" and LIKE_BINARY.fullmatch(node.head):
        (number,) = node.tokens
        return Node("scripts", (node, Token("mark", "_", number.end), Node("number", (
            Token("number", "2", number.end, stop=number.end),))))
    if node.kind == "scripts" and node.nodes[0].kind == "number" and any(mark == "_" for mark, _ in scripts_of(node)):
        return node
    return Node(node.kind, tuple(with_base_two(p) if isinstance(p, Node) else p for p in node.parts))


def with_other_separators(node: Node) -> Node:
    """A side with every 1.216 as 1216, and every 1,216 as 1.216, as other languages write them."""
    if node.kind == "number" and (found := _ONE_GROUP.fullmatch(node.head)) is not None:
        (number,) = node.tokens
        return Node("number", (number._replace(
            text=found[1] + ("" if found[2] == "." else ".") + found[3], stop=number.end),))
    return Node(node.kind, tuple(with_other_separators(p) if isinstance(p, Node) else p for p in node.parts))
