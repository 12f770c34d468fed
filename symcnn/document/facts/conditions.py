"""What a document states of its sizes and of the ranges of its indices: K ≤ H + 2P, for 0 ≤ i < n."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache

from symcnn.document.claims.claims import Line, Reading
from symcnn.document.facts.listings import Listed, elements
from symcnn.document.facts.questions import equal
from symcnn.document.facts.sections import headings
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.scripts import Vocabulary
from symcnn.document.reading.forms import as_polynomial
from symcnn.document.reading.node import Node
from symcnn.document.reading.spans import Span
from symcnn.document.reading.written import index_text, unwrapped
from symcnn.errors import StepError, SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.notation.expression import UNBOUNDED, Axis, Bracket, Expression, expression, free_indices
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import sizes_in

UPWARD = {"≤": 0, "<": 1}
DOWNWARD = {"≥": 0, ">": 1}
MOST_CONDITIONS = 8
BEHIND = re.compile(r"(?:[\s,.;$\]}]|\\(?!end\b))*+(?:\\end\{\w+\*?\}[\s,.;]*+)?"
                    r"(for|where|when|if|with|whenever|provided|as long as|für|falls|wenn|sofern|mit|pour|si"
                    r"|lorsque|quand|avec|para|cuando|con)\b"
                    r"((?:[^.$\\]|\\(?![()])){0,60}+(\$[^$]*+\$|\\\((?:[^$\\]|\\(?![()]))*+\\\)))*+"
                    r"(?:[^.$\\]|\\(?![()])){0,60}+")
"""Words right behind a formula, up to a further one, that say for which indices and sizes it holds."""

ZERO_OTHERWISE = re.compile(
    r"[\s$,.;]*+(?:and|but|or)?\s*+(?:(?:is|are|equals?|to)\s+)*+\$?(?:[^$=.]{1,30}=\s*)?(?:0|zero)\$?\s+"
    r"(?:otherwise|else\b|elsewhere)"
    r"|[^.]{0,20}\b(?:otherwise|else|elsewhere|all other|the other|the rest)\b[^.]{0,30}(?:\b0\b|\bzeros?\b)",
    re.IGNORECASE)
"""Words behind a condition by which a name is 0 where it does not hold."""


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


def latest_together(stated: Sequence[Polynomial]) -> tuple[Polynomial, ...]:
    """The conditions that can hold at once, of those that cannot the later ones: K > H in force after K ≤ H."""
    kept: tuple[Polynomial, ...] = ()
    for condition in reversed(stated):
        if condition not in kept and _can_hold((condition, *kept)):
            kept = (condition, *kept)
    return kept


@lru_cache(maxsize=1000)
def _can_hold(conditions: tuple[Polynomial, ...]) -> bool:
    """False if no sizes fulfil all these conditions, each ≥ 0."""
    try:
        equal(Claim(Bracket((), conditions), expression(0)), (), ("isl",))
    except StepError:
        return True
    return False


def relevant(stated: Iterable[Polynomial], claim: Claim) -> tuple[Polynomial, ...]:
    """The conditions that speak of sizes of a claim."""
    rests_on = (claim.left, claim.right, *(d.body for d in claim.definitions))
    sizes = {s for side in rests_on for s in sizes_in(side)}
    found = [p for p in dict.fromkeys(stated) if p.symbols & sizes]
    return tuple(found[:MOST_CONDITIONS])


def under(claim: Claim, stated: Iterable[Polynomial], ranges: Sequence[tuple[Symbol, Axis]]) -> Claim:
    """The claim where the conditions that speak of its sizes hold, for the indices that are stated."""
    free = free_indices(claim.left) | free_indices(claim.right)
    known = {s: a for s, a in claim.indices if a is not None and a != UNBOUNDED}
    here = {s: a for s, a in dict(ranges).items() if s in free and (a.upper is not None or s not in known)}
    try:
        return Claim(claim.left, claim.right, claim.definitions, (*claim.assumptions, *relevant(stated, claim)),
                     tuple((dict(claim.ranges) | here).items()))
    except StepError:
        return claim


def ranges_near(reading: Reading, line: Line, words: Vocabulary, lists: Sequence[Listed] = (),
                ) -> list[tuple[Symbol, Axis]]:
    """The ranges of indices that stand beside a line: in its display, in the words since the one before, and behind it.

    Of an index, the lower and upper bounds, 0 ≤ i and 2i < n, together make its range; a lower bound alone does not
    end it. Bounds between which nothing lies are of two cases, and none of them is taken.
    """
    lower: dict[Symbol, Polynomial] = {}
    upper: dict[Symbol, tuple[Polynomial, Polynomial]] = {}
    before = max((s.end for s, _ in reading.spans if s.display and s.end <= line.span.start), default=0)
    before = max((before, *(h.start for h in headings(reading.text) if h.start <= line.span.start)))

    def speaks_of(span: Span) -> bool:
        return span.start >= before and (span.start <= line.span.start or BEHIND.fullmatch(
            reading.text, line.span.end, span.start) is not None)

    for those in lists:
        meaning = Meaning(words, (line.left, line.right))
        for index in filter(None, map(meaning.index_called, those.names)) if not those.apart and speaks_of(
                those.span) else ():
            with suppress(SymcnnError):
                first, last = (polynomial(v) if isinstance(v, int) else meaning.index(v)
                               for v in (those.first, those.last))
                if all(s.is_size for s in last.symbols):
                    lower[index], upper[index] = first, (polynomial(1), last)
    for other in reading.lines:
        if other is line or not speaks_of(other.span):
            continue
        meaning = Meaning(words, (line.left, line.right))
        if other.relation == "∈" and (whole := _whole_numbers(other.right)) is not None:
            for node in listed(reading, other):
                if (symbol := meaning.index_called(index_text(node))) is not None:
                    lower[symbol], upper[symbol] = polynomial(whole[0]), (polynomial(1), polynomial(whole[1]))
        if other.relation not in UPWARD and other.relation not in DOWNWARD:
            continue
        sides = [other.left, other.right] if other.relation in UPWARD else [other.right, other.left]
        shift = (UPWARD | DOWNWARD)[other.relation]
        for n, side in enumerate(sides):
            try:
                bounded, bound = meaning.index(side), meaning.index(sides[1 - n])
            except SymcnnError:
                continue
            symbol = next((s for s in bounded.symbols if not s.is_size), None)
            if symbol is None or not all(s.is_size for s in bound.symbols):
                continue
            if n == 1 and bounded.as_symbol == symbol:
                lower[symbol] = bound + shift
            elif n == 0 and (slope := bounded - bounded.substitute({symbol: polynomial(symbol) - 1})).is_constant and (
                    slope.constant > 0 and bounded == slope * symbol):
                upper[symbol] = slope, bound - shift
    return [(s, Axis(lower[s], *upper.get(s, (polynomial(1), None)))) for s in lower
            if s not in upper or _can_hold((upper[s][1] - upper[s][0] * lower[s],))]


def guards_behind(reading: Reading, line: Line, words: Vocabulary) -> tuple[tuple[Polynomial, ...], bool]:
    """What the words right behind a formula say of several of its indices together, for 0 ≤ j − i ≤ 2, each as a
    polynomial that is ≥ 0; and whether they say that the name is 0 otherwise."""
    guards: list[Polynomial] = []
    end = line.span.end
    for other in reading.lines:
        if other.span.start <= line.span.start or BEHIND.fullmatch(
                reading.text, line.span.end, other.span.start) is None:
            continue
        meaning = Meaning(words, (line.left, line.right))
        with suppress(SymcnnError):
            if other.relation == "∈" and (whole := _whole_numbers(other.right)) is not None:
                inside = meaning.index(other.left)
                found = [inside - whole[0], whole[1] - inside]
            elif other.relation in UPWARD or other.relation in DOWNWARD:
                low, high = map(meaning.index, (other.left, other.right) if other.relation in UPWARD else (
                    other.right, other.left))
                found = [high - low - (UPWARD | DOWNWARD)[other.relation]]
            else:
                continue
            if all(sum(not s.is_size for s in p.symbols) > 1 for p in found):
                guards, end = [*guards, *found], max(end, other.span.end)
    return tuple(guards), ZERO_OTHERWISE.match(reading.text, end) is not None


def named_elements(reading: Reading) -> set[str]:
    """The names of which a document says that they are among some numbers: a, b ∈ {0, 1}."""
    return {name for line in reading.lines if line.relation == "∈" and _whole_numbers(line.right) is not None
            for node in listed(reading, line) if (name := index_text(node))}


def _whole_numbers(node: Node) -> tuple[int, int] | None:
    """The least and the largest of {0, 1, 2}, numbers that follow each other; None for another side."""
    if node.kind != "group" or node.head not in (r"\{", r"\lbrace"):
        return None
    shown = [t.text for t in node.tokens][1:-1]
    numbers = [int(t) for t in shown if t.isdigit()]
    if not numbers or [t for t in shown if t not in ",;"] != list(map(str, numbers)) or (
            numbers != list(range(numbers[0], numbers[-1] + 1))):
        return None
    return numbers[0], numbers[-1]


def listed(reading: Reading, line: Line) -> tuple[Node, ...]:
    """The left side of a line and what stands before it in a list: a and b of a, b ∈ {0, 1}."""
    clauses = next((n for s, tree in reading.spans if s == line.span and isinstance(tree, Node) for n in tree.nodes
                    if any(p.kind == "chain" and line.left in p.nodes for p in n.nodes)), None)
    return (unwrapped(line.left),) if clauses is None else elements(clauses, line.left)
