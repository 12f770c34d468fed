"""Matrices that a document calls symmetric: Q[i, j] and Q[j, i] are one number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from symcnn.document.tree import Node
from symcnn.document.written import nodes, written
from symcnn.notation.expression import Expression, Multiply, Read, children, expression, rebuild

SAID = re.compile(r"symmetric|hermitian|self-adjoint|positive[- ](semi-?)?definite|hessian|covariance matri",
                  re.IGNORECASE)
NOT_SAID = re.compile(r"(not|non|un|anti|skew|asym)\W*(necessarily\W*)?$", re.IGNORECASE)
NEAR = 30
"""So many characters at most are between the word and the formula that it speaks of."""


def symmetric_names(text: str, spans: Sequence[tuple[int, int, Node]]) -> set[str]:
    """Stems of the capital letters in the formula nearest to such a word; spans come as (start, end, tree)."""
    found: set[str] = set()
    for said in SAID.finditer(text):
        if NOT_SAID.search(text[:said.start()]):
            continue
        near = [(max(start - said.end(), said.start() - end), tree) for start, end, tree in spans]
        distance, tree = min(near, key=lambda pair: pair[0], default=(NEAR + 1, None))
        if tree is not None and distance <= NEAR:
            names = [w.stem for n in nodes(tree) if (w := written(n)) is not None and n.kind != "scripts"]
            found |= {n for n in names if n[:1].isupper() and n not in ("R", "R_bb")}
    return found


def symmetrized(node: Expression, names: set[str]) -> Expression:
    """The formula with (Q[i, j] + Q[j, i]) / 2 in place of Q[i, j]."""
    if isinstance(node, Read) and len(node.indices) == 2 and node.tensor.name.split("_")[0] in names and (
            node.tensor.gradient_of is None and node.tensor.axes[0] == node.tensor.axes[1]):
        both = node + Read(node.tensor, node.indices[::-1])
        return Multiply((expression(Fraction(1, 2)), both))
    return rebuild(node, tuple(symmetrized(c, names) for c in children(node)))
