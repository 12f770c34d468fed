"""Edits of a formula as text: pieces replaced where they stand, and what is changed in more than one place at once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Container, Iterator, Sequence

from symcnn.document.reading.node import Node
from symcnn.document.reading.signs import BRACKETS
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import items, nodes, rows_of, scripts_of, unwrapped, written

IDLE = re.compile(r"(\w+) is (summed but absent from the summand|not in what the maximum is over)")
"""How a fault names a variable that is summed in vain."""
MOST_PAIRS = 12
"""So many pairs of edits of two kinds are tried at most."""


def with_edits(side: Node, edits: Sequence[tuple[int, int, str]]) -> str:
    """The text of a side with pieces replaced; places are offsets into the document.

    A side may be put together of several rows, so that not all that stands between its pieces belongs to it.
    """
    text, tokens, lengths = str(side), list(side.tokens), itertools.accumulate(len(str(t)) for t in side.tokens)
    begins = [t.start - len(t.before) for t in tokens]
    at = dict(zip(begins, (0, *lengths), strict=False))

    def where(offset: int) -> int:
        begin = max((b for b in begins if b <= offset), default=begins[0])
        return at[begin] + offset - begin

    for start, end, new in sorted(edits, reverse=True):
        text = text[:where(start)] + new + text[where(end):]
    return text


def plain_text(node: Node) -> str:
    """A node as it is written, without the space around it."""
    return "".join(str(t) for t in node.tokens).strip()


def places_in(node: Node) -> tuple[Node, ...]:
    """The indices of a name, for a node that is one."""
    found = written(node) if node.kind in ("scripts", "index") else None
    return (*found.lower, *found.inside) if found is not None else ()


def above_and_below(side: Node) -> tuple[Node, Node] | None:
    """a and b of a side that is a/b or \\frac{a}{b} and nothing else."""
    divided = side.kind == "product" and len(side.parts) == 3 and isinstance(side.parts[1], Token) and (
        side.parts[1].text == "/")
    if not divided and not (side.kind == "command" and side.head.endswith("frac")):
        return None
    above, below = side.nodes
    return above, below


def fractions_of_numbers(side: Node) -> Iterator[tuple[Node, Node, Node]]:
    """The fractions \\frac{a}{b} of two numbers in a side, each with its a and its b."""
    for node in nodes(side):
        if node.kind == "command" and node.head in (r"\frac", r"\dfrac", r"\tfrac"):
            above, below = map(unwrapped, node.nodes)
            if above.kind == below.kind == "number":
                yield node, above, below


def origin(side: Node) -> int:
    first = next(side.tokens)
    return first.start - len(first.before)


def under_sums(node: Node) -> Iterator[Node]:
    """The indices under the signs of sums."""
    for part in nodes(node):
        if part.kind == "big" and part.nodes[0].kind == "scripts":
            for mark, script in scripts_of(part.nodes[0]):
                if mark == "_" and script is not None:
                    under = unwrapped(script)
                    inside = [n for c in (under.nodes if under.kind == "braces" else ()) for n in c.nodes] or [under]
                    for one in inside:
                        yield from items(one.nodes[0] if one.kind == "chain" else one)


OTHER_WAY = {r"\lfloor": r"\lceil", r"\rfloor": r"\rceil", r"\lceil": r"\lfloor", r"\rceil": r"\rfloor",
             "⌊": "⌈", "⌋": "⌉", "⌈": "⌊", "⌉": "⌋"}

Edits = list[tuple[int, int, str]]
"""Pieces to be replaced: where each begins and ends, and what stands there then."""


def structural(side: Node) -> Iterator[str]:
    """A root too many, a sum too many, brackets left out, bounds of sums off by one, an index too many, a running
    term that is missing or unlike the others, rounded the other way.

    First each alone, then two of different kinds.
    """
    kinds = [list(kind(side)) for kind in (_roots, _sums, _limits, _rounded, _brackets, _zeros, _without_index,
                                             _running)]
    for made in kinds:
        yield from (with_edits(side, edits) for edits in made)
    for a, b in itertools.combinations(kinds, 2):
        for first, second in itertools.islice(itertools.product(a, b), MOST_PAIRS):
            if all(x[1] <= y[0] or y[1] <= x[0] for x in first for y in second):
                yield with_edits(side, first + second)


def _roots(side: Node) -> Iterator[Edits]:
    """What stands under a root, without it: all of them at once, then each."""
    found: list[Edits] = []
    for part in nodes(side):
        if part.kind == "command" and part.head in (r"\sqrt", "√") and len(part.nodes) == 1 and part.start >= 0:
            inner = part.nodes[0]
            opening, closing = ("(", ")") if inner.kind == "braces" else ("", "")
            begin, end = inner.start + len(opening), inner.end - len(closing)
            found.append([(part.start, begin, opening), (end, inner.end, closing)])
    if len(found) > 1:
        yield [e for edits in found for e in edits]
    yield from found


def _sums(side: Node) -> Iterator[Edits]:
    """What is summed, without the sign of the sum."""
    for part in nodes(side):
        if part.kind == "big" and part.nodes[0].head in (r"\sum", "∑") and part.start >= 0:
            head = part.nodes[0]
            yield [(head.start, head.end, "")]


def _limits(side: Node) -> Iterator[Edits]:
    """The upper bounds of the sums one less or one more: all of them at once, then each."""
    uppers = [script for part in nodes(side) if part.kind == "big" and part.nodes[0].kind == "scripts"
              for mark, script in scripts_of(part.nodes[0]) if mark == "^" and script is not None and script.start >= 0]
    for shift in ("-1", "+1"):
        found = [[(u.end - 1, u.end - 1, shift)] if u.kind == "braces" else [
            (u.start, u.end, f"{{{plain_text(u)}{shift}}}")] for u in uppers]
        if len(found) > 1:
            yield [e for edits in found for e in edits]
        yield from found


def _rounded(side: Node) -> Iterator[Edits]:
    """⌊x⌋ for ⌈x⌉, and ⌈x⌉ for ⌊x⌋: all of them at once, then each."""
    found: list[Edits] = []
    for part in nodes(side):
        if part.kind == "group" and part.head in BRACKETS and part.start >= 0:
            signs = [t for t in part.tokens if t.text in OTHER_WAY]
            found.append([(t.start, t.start + len(t.text), OTHER_WAY[t.text]) for t in (signs[0], signs[-1])])
    if len(found) > 1 and all(a[1][1] <= b[0][0] for a, b in itertools.pairwise(found)):
        yield [e for edits in found for e in edits]
    yield from found


def _brackets(side: Node) -> Iterator[Edits]:
    """A factor or a sum that should reach over the term behind it, too: a (b - c) for a b - c."""
    for part in nodes(side):
        if part.kind != "sum":
            continue
        terms = [n for n in part.nodes if n.start >= 0]
        for term, following in itertools.pairwise(terms):
            starts = [n.start for n in term.nodes[1:]] if term.kind == "product" else []
            inner = term if term.kind == "big" else term.nodes[-1] if term.kind == "product" else None
            if inner is not None and inner.kind == "big":
                starts.append(inner.nodes[-1].start)
            for start in starts:
                if start >= 0:
                    yield [(start, start, r"\left("), (following.end, following.end, r"\right)")]


def _without_index(side: Node) -> Iterator[Edits]:
    """A name without its lower index: δ for δ_j."""
    for part in nodes(side):
        if part.kind == "scripts" and part.nodes[0].kind in ("name", "command"):
            for mark, script in itertools.pairwise(part.parts):
                if isinstance(mark, Token) and mark.text == "_" and isinstance(script, Node) and script.start >= 0:
                    yield [(mark.start, script.end, "")]


def _running(side: Node) -> Iterator[Edits]:
    """The terms of w_1 x_1 + w_2 x_2 + … made like another one, with its own number, and the one that follows."""
    for part in nodes(side):
        terms = [n for n in part.nodes if n.start >= 0] if part.kind == "sum" else []
        numbered = [(place, found) for place, term in enumerate(terms) if (found := _number_below(term)) is not None]
        for (place, (number, tokens)), (other, (theirs, _)) in itertools.permutations(numbered, 2):
            if theirs - number != other - place:
                continue
            like = with_edits(terms[place], [(t.start, t.end, str(theirs)) for t in tokens]).strip()
            if like != plain_text(terms[other]):
                yield [(terms[other].start, terms[other].end, like)]
        if len(numbered) > 1:
            place, (number, tokens) = numbered[-1]
            following = with_edits(terms[place], [(t.start, t.end, str(number + 1)) for t in tokens]).strip()
            yield [(terms[place].end, terms[place].end, f" + {following}")]


def _number_below(term: Node) -> tuple[int, list[Token]] | None:
    """The one number that all subscripts of a term are, with where it stands; None if there is no such number."""
    places = [unwrapped(place) for part in nodes(term) for place in places_in(part)]
    tokens = [next(p.tokens) for p in places if p.kind == "number" and p.head.isdigit()]
    return (int(tokens[0].text), tokens) if tokens and len(tokens) == len(places) and len(
        {t.text for t in tokens}) == 1 else None


def as_written(side: Node, other: Node, reason: str, stems: Container[str]) -> Iterator[str]:
    """Edits for a fault that is seen in how a side is written and that its reason names; nothing proves them.

    A ∂ missing below the bar, a name where its gradient belongs, variables that are summed in vain put in for those
    that stand there, bounds off by one. `stems` are the names of the document.
    """
    if "where its gradient does" in reason:
        yield from _gradients(side, other, stems)
    for part in nodes(side):
        if part.kind == "command" and part.head.endswith("frac") and len(part.nodes) == 2 and part.start >= 0:
            above, below = part.nodes
            if "∂" in reason and any(t.text in (r"\partial", "∂") for t in above.tokens) and not any(
                    t.text in (r"\partial", "∂") for t in below.tokens):
                at = below.start + (below.kind == "braces")
                yield with_edits(side, [(at, at, r"\partial ")])
    if idle := list(dict.fromkeys(v for v, _ in IDLE.findall(reason))):
        yield from _with_idle(side, idle)
    if "goes up to" in reason:
        yield from (with_edits(side, edits) for edits in _limits(side))


def _gradients(side: Node, other: Node, stems: Container[str]) -> Iterator[str]:
    """The names with indices replaced by their gradients, as the document writes these: dy, or ∂L/∂y."""
    reads = [n for n in nodes(side) if n.start >= 0 and places_in(n)]
    outer = [n for n in reads if not any(n is not m and m.start <= n.start and n.end <= m.end for m in reads)]
    loss = plain_text(other.nodes[0]) if other.kind == "command" and other.head.endswith("frac") else ""
    if outer and all((found := written(n)) is not None and f"d{found.stem}" in stems for n in outer):
        yield with_edits(side, [(n.start, n.start, "d") for n in outer])
    elif outer and loss:
        yield with_edits(side, [(n.start, n.end, rf"\frac{loss}{{\partial {plain_text(n)}}}") for n in outer])


def _with_idle(side: Node, idle: Sequence[str]) -> Iterator[str]:
    """The variables that are summed in vain, in place of the letters their bounds speak of, or of the last ones."""
    heads = [n for part in nodes(side) if part.kind == "big" for n in nodes(part.nodes[0])]
    bounds = list(dict.fromkeys(n.head for n in heads if n.kind == "name" and n.head not in idle))
    here = [n for part in nodes(side) if part.kind in ("scripts", "index") and not any(part is h for h in heads)
            for place in places_in(part) for n in nodes(place) if n.kind == "name" and n.start >= 0]
    letters = list(dict.fromkeys(n.head for n in here))
    spoken = [a for a in letters if a in bounds]
    for old in (spoken, letters[-len(idle):]):
        if len(old) == len(idle):
            put = dict(zip(old, idle, strict=True))
            yield with_edits(side, [(n.start, n.end, put[n.head]) for n in dict.fromkeys(here) if n.head in put])


def _zeros(side: Node) -> Iterator[Edits]:
    """A matrix with one more 0 at the end or at the beginning of each of its rows."""
    for part in nodes(side):
        if part.kind != "rows" or part.start < 0 or (rows := rows_of(part)) == [] or len(rows[0]) < 2:
            continue
        yield [(row[-1].end, row[-1].end, " & 0") for row in rows]
        yield [(row[0].start, row[0].start, "0 & ") for row in rows]
