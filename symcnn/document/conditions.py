"""What a document states of its sizes and of the ranges of its indices: K ≤ H + 2P, for 0 ≤ i < n."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from symcnn.document.claims import Line, Reading
from symcnn.document.forms import as_polynomial
from symcnn.document.meaning import Meaning
from symcnn.document.scripts import Vocabulary
from symcnn.errors import StepError, SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.notation.expression import Axis, Expression, free_indices
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import sizes_in, tensors_in

UPWARD = {"≤": 0, "<": 1}
DOWNWARD = {"≥": 0, ">": 1}
MOST_CONDITIONS = 8
BEHIND = re.compile(r"[\s,.;]*(for|where|when|if|with|whenever|provided|as long as)\b[^.$]{0,60}\$?", re.I)
"""Words right behind a formula that say for which indices it holds."""


def of_sizes(relation: str, left: Expression, right: Expression) -> Polynomial | None:
    """left relation right as a polynomial in sizes that is ≥ 0; None for what is no such condition."""
    if relation in DOWNWARD:
        left, right = right, left
    elif relation not in UPWARD:
        return None
    low, high = as_polynomial(left), as_polynomial(right)
    if low is None or high is None:
        return None
    difference = high - low - (UPWARD | DOWNWARD)[relation]
    if not difference.symbols or not difference.is_integral or not all(s.is_size for s in difference.symbols):
        return None
    return difference


def relevant(stated: Iterable[Polynomial], claim: Claim) -> tuple[Polynomial, ...]:
    """The conditions that speak of sizes of a claim."""
    sizes = sizes_in(claim.left) | sizes_in(claim.right)
    sizes |= {s for side in (claim.left, claim.right) for t in tensors_in(side) for s in t.symbols}
    found = [p for p in dict.fromkeys(stated) if p.symbols & sizes]
    return tuple(found[:MOST_CONDITIONS])


def under(claim: Claim, stated: Iterable[Polynomial], ranges: Sequence[tuple[Symbol, Axis]]) -> Claim:
    """The claim where the conditions that speak of its sizes hold, for the indices that are stated."""
    free = free_indices(claim.left) | free_indices(claim.right)
    try:
        return Claim(claim.left, claim.right, claim.definitions, (*claim.assumptions, *relevant(stated, claim)),
                     tuple((s, a) for s, a in dict(ranges).items() if s in free))
    except StepError:
        return claim


def ranges_near(reading: Reading, line: Line, words: Vocabulary) -> list[tuple[Symbol, Axis]]:
    """The ranges of indices that stand beside a line: in its display, in the words since the one before, and behind it.

    Of an index, the lower and upper bounds, 0 ≤ i and 2i < n, together make its range; one bound alone is none.
    """
    lower: dict[Symbol, Polynomial] = {}
    upper: dict[Symbol, tuple[Polynomial, Polynomial]] = {}
    before = max((s.end for s, _ in reading.spans if s.display and s.end <= line.span.start), default=0)
    for other in reading.lines:
        if other.span.start < before or other is line:
            continue
        if other.span.start > line.span.start and not BEHIND.fullmatch(reading.text[line.span.end:other.span.start]):
            continue
        if other.relation not in UPWARD and other.relation not in DOWNWARD:
            continue
        meaning = Meaning(words, (line.left, line.right))
        sides = [other.left, other.right] if other.relation in UPWARD else [other.right, other.left]
        shift = (UPWARD | DOWNWARD)[other.relation]
        for n, side in enumerate(sides):
            try:
                bounded, bound = meaning.index(side), meaning.index(sides[1 - n])
            except SymcnnError:
                continue
            symbol = next((s for s in bounded.symbols if s.name in meaning.variables), None)
            if symbol is None or not all(s.is_size for s in bound.symbols):
                continue
            if n == 1 and bounded.as_symbol == symbol:
                lower[symbol] = bound + shift
            elif n == 0 and (slope := bounded - bounded.substitute({symbol: polynomial(symbol) - 1})).is_constant and (
                    slope.constant > 0 and bounded == slope * symbol):
                upper[symbol] = slope, bound - shift
    return [(s, Axis(lower[s], *upper[s])) for s in lower if s in upper]
