"""Matrices that a document calls symmetric: Q[i, j] and Q[j, i] are one number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from symcnn.document.tree import Node
from symcnn.document.written import written
from symcnn.notation.expression import Expression, Multiply, Read, children, expression, rebuild

SAID = re.compile(r"symmetric|hermitian|self-adjoint|positive[- ](semi-?)?definite|hessian|covariance matri",
                  re.IGNORECASE)
NOT_SAID = re.compile(r"(not|non|un|anti|skew|asym)\W*(necessarily\W*)?$", re.IGNORECASE)
NEAR = 30
"""So many characters at most are between the word and the formula that it speaks of."""


def symmetric_names(text: str, spans: Sequence[tuple[int, int, Node]]) -> set[str]:
    """Stems of the capital letters that stand alone in the formula nearest to such a word, or on a side of it.

    Spans come as (start, end, tree). The Hessian H = XᵀX is symmetric, X need not be.
    """
    found: set[str] = set()
    for said in SAID.finditer(text):
        if NOT_SAID.search(text[:said.start()]):
            continue
        near = sorted(((max(start - said.end(), said.start() - end), n) for n, (start, end, _) in enumerate(spans)))
        found |= next((names for distance, n in near if distance <= NEAR and (names := _alone(spans[n][2]))), set())
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
