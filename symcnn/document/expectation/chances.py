"""Names that are 1 with a probability and 0 otherwise, P(m_i = 1) = p: of a mask one knows all its moments by that."""

from __future__ import annotations

import re

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import text_of, written

CHANCE = frozenset(("P", "Pr", "P_bb", "Prob"))
TWO_VALUES = re.compile(r"Bernoulli|\bmasks?\b|\\\{\s*0\s*,\s*1\s*\\\}|\bbinary\b|indicator|0 otherwise|\bkept\b"
                        r"|\bdropped\b|\bdropout\b|=\s*0\s*(?:\\mid[^()]*)?\)\s*=\s*1\s*-", re.IGNORECASE)
"""What a document says whose names take the values 0 and 1 only."""


def chance_of_one(line: Line, prose: str) -> tuple[Node, Node] | None:
    """m_i and p of a line P(m_i = 1) = p, where m_i is 0 otherwise; None for another line."""
    side = line.left
    if line.relation not in EQUALS or not line.first or side.kind != "product" or len(side.nodes) != 2 or (
            len(side.parts) != 2 or side.nodes[1].kind != "group" or not TWO_VALUES.search(prose)):
        return None
    called, group = written(side.nodes[0]), side.nodes[1]
    name = called.stem if called is not None else text_of(side.nodes[0]).strip().lstrip("\\")
    chains = [n for clause in group.nodes for n in clause.nodes]
    if name not in CHANCE or len(chains) != 1 or chains[0].kind != "chain" or len(chains[0].nodes) != 3:
        return None
    of, relation, value = chains[0].nodes
    if written(of) is None or text_of(relation).strip() != "=" or text_of(value).strip() != "1":
        return None
    return of, line.right
