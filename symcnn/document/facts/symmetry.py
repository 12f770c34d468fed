"""Matrices that a document calls symmetric: Q[i, j] and Q[j, i] are one number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from symcnn.document.reading.node import Node
from symcnn.document.reading.written import written
from symcnn.notation.expression import Expression, Multiply, Read, children, expression, rebuild

SAID = re.compile(r"symmetric|hermitian|self-adjoint|positive[- ](semi-?)?definite|hessian|covariance matri",
                  re.IGNORECASE)
NOT_SAID = re.compile(r"(not|non|un|anti|skew|asym)\W*(necessarily\W*)?$", re.IGNORECASE)
IF = re.compile(r"\b(?:if|when|whenever|in case|provided)\b(?:(?!\bthen\b)[^.;\n])*$", re.IGNORECASE)
"""Words of a sentence that make what follows a case."""
ENDS = re.compile(r"\n[ \t]*\n|\n[ \t]*(?:[-*+]|\(?\w{1,2}[.)])[ \t]|\\item\b|\\end\{|\Z")
"""Where a paragraph or an item of a list ends."""
BEGINS = re.compile(r"[.;!?]\s|\n[ \t]*\n")
NEAR = 30
"""So many characters at most are between the word and the formula that it speaks of."""


def symmetric_names(text: str, spans: Sequence[tuple[int, int, Node]]) -> list[tuple[range, set[str]]]:
    """Stems of the capital letters that stand alone in the formula nearest to such a word, or on a side of it.

    Each with where it holds: what is said behind "if" holds in its sentence and up to the end of the paragraph. Spans
    come as (start, end, tree). The Hessian H = XᵀX is symmetric, X need not be.
    """
    found: list[tuple[range, set[str]]] = []
    for said in SAID.finditer(text):
        if NOT_SAID.search(text[:said.start()]):
            continue
        near = sorted(((max(start - said.end(), said.start() - end), n) for n, (start, end, _) in enumerate(spans)))
        here = next((names for distance, n in near if distance <= NEAR and (names := _alone(spans[n][2]))), set())
        where = range(len(text) + 1)
        if IF.search(text[max(0, said.start() - 200):said.start()]):
            first = max((m.end() for m in BEGINS.finditer(text, 0, said.start())), default=0)
            end = ENDS.search(text, said.end())
            while end is not None and text[:end.start()].rstrip().endswith((":", ",")) and end.end() < len(text):
                end = ENDS.search(text, end.end())  # goes on with a formula that stands apart
            where = range(first, end.start() if end is not None else len(text))
        found += [(where, here)] if here else []
    return found


def _alone(tree: Node) -> set[str]:
    """The capital letters that are a side of a formula: A of "A" and of "Hessian H = XᵀX", none of 2 A x."""
    sides = [part for clause in tree.nodes for item in clause.nodes
             for part in (item.nodes if item.kind == "chain" else (item,))]
    names = [w.stem for side in sides if (w := written(side)) is not None]
    return {n for n in names if n[:1].isupper() and n not in ("R", "R_bb")}


def symmetrized(node: Expression, names: set[str]) -> Expression:
    """The formula with (Q[i, j] + Q[j, i]) / 2 in place of Q[i, j]."""
    if isinstance(node, Read) and len(node.indices) == 2 and node.tensor.name.split("_")[0] in names and (
            node.tensor.gradient_of is None and node.tensor.axes[0] == node.tensor.axes[1]):
        both = node + Read(node.tensor, node.indices[::-1])
        return Multiply((expression(Fraction(1, 2)), both))
    return rebuild(node, tuple(symmetrized(c, names) for c in children(node)))
