"""Shapes that a document says in words: "a row vector x", "W is a matrix", "the samples are the rows of X"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from symcnn.document.claims.claims import relation_name
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.written import Written, nodes, text_of, unwrapped, written

BEFORE = re.compile(r"\b(?:(?P<vector>vectors?)|(?P<matrix>matri(?:x|ces)|(?:rows|columns) of(?: the matrix)?))"
                    r"(?:[ \t~*_]|\n(?![ \t]*\n))*$", re.IGNORECASE)
"""Words right before a name, in the same paragraph, that say what it is."""
ENTRY = re.compile(r"\b(?:element|entr(?:y|ies)|component|coordinate|value|feature)s?\s+(?:of|in)\s+"
                   r"(?:[a-z-]+\s+){0,3}$", re.IGNORECASE)
"""Words before "vector x_i" that speak of an entry of it."""
BEHIND = re.compile(r"[\s~*_]*(?:is|are|be|denotes?|stands? for)\s+(?:an?|the|all|both)?\s*"
                    r"(?:\$[^$\n]*\$[-\s]*)?(?:(?!(?:between|of|from|in|for|by|to)\s)[a-z-]+\s+){0,2}?"
                    r"(?:(?P<vector>vectors?)|(?P<matrix>matri(?:x|ces)))\b(?!\s+(?:of\s+)?(?:product|norm|multipl))",
                    re.IGNORECASE)
"""Words right behind a name that say what it is."""
NOT = re.compile(r"\b(?:not|no|never|neither)\b", re.IGNORECASE)
AND = re.compile(r"[\s~,]*+(?:and)?[\s~]*+")
NEAR = 40
"""So many characters before a name are looked at."""


def spoken(text: str, spans: Sequence[tuple[int, int, Node]]) -> Iterator[tuple[Written, int]]:
    """Names with the number of axes that the words beside them say: 1 for a vector, 2 for a matrix.

    Spans come as (start, end, tree) in the order of the text, with their delimiters.
    """
    said, end_before = 0, -1
    for start, end, tree in spans:
        between = text[max(0, end_before):start]
        before = BEFORE.search(text[max(0, start - NEAR, end_before):start])
        name = _name(tree)
        if before is not None and name is not None and name.lower and ENTRY.search(
                text[max(0, end_before):start - len(before[0])]):
            before = None
        behind = BEHIND.match(text[end:])
        listed = said if end_before >= 0 and AND.fullmatch(between) else 0  # the vectors x, y and z
        found = before or (behind if behind is not None and not NOT.search(behind[0]) else None)
        said = (1 if found["vector"] else 2) if found is not None else listed
        end_before = end
        yield from _listed(tree)
        if said and name is not None and not name.upper:
            yield name, said


def _listed(tree: Node) -> Iterator[tuple[Written, int]]:
    r"""a and b of a, b, c ∈ \mathbb{R}^n, of which only c stands beside the sign."""
    for clauses in (n for n in nodes(tree) if n.kind == "clauses"):
        waiting: list[Written] = []
        for part in clauses.nodes:
            if part.kind == "chain" and len(part.nodes) == 3 and relation_name(part.nodes[1]) == "∈":
                right = unwrapped(part.nodes[2])
                axes = 1 + sum(t.text in (r"\times", "×") for t in right.tokens)
                if right.kind == "scripts" and text_of(right.nodes[0]).strip()[-1:] in ("R", "ℝ"):
                    yield from ((name, axes) for name in waiting)
                waiting = []
            elif (found := written(part)) is not None and part.kind in ("name", "command"):
                waiting.append(found)
            else:
                waiting = []


def _name(tree: Node) -> Written | None:
    """The name that a formula is, or that stands on the left of its relation."""
    while tree.kind in ("span", "clauses", "rows", "cell", "row", "chain") and tree.nodes:
        if tree.kind != "chain" and len([n for n in tree.nodes if n != EMPTY]) != 1:
            return None
        tree = tree.nodes[0]
    return written(tree) if tree.kind in ("name", "scripts", "command") else None
