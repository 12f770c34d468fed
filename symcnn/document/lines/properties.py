"""Equations that say what something is like, and do not follow from anything: then failing is no mistake.

A v = λ v is what makes v an eigenvector, f(T x) = T f(x) what makes f commute with T, and the vectors of a singular
value decomposition are orthonormal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from symcnn.notation.expression import OPEN, Add, Apply, Expression, Read, Tensor, free_indices, walk
from symcnn.notation.traverse import tensors_in

DECOMPOSED = re.compile(r"\bsingular values?\b|\bSVD\b|\beigen-?(?:value )?decomposition|\bspectral theorem"
                        r"|\bprincipal components?\b|奇异值", re.IGNORECASE)
"""Words for decompositions into orthonormal vectors."""
VECTORS = frozenset("u v q U V Q".split())
"""The usual letters for these vectors."""


def property_of(left: Expression, right: Expression, known: Collection[Tensor]) -> str:
    """Why an equation may say what its names are like; empty if it is none of this kind.

    `known` are the tensors that have formulas.
    """
    applied = [_applied(side) for side in (left, right)]
    for name in sorted(applied[0].keys() & applied[1].keys()):
        if applied[0][name] != applied[1][name]:
            return f"what {name} is like is not known; this may say it"
    vector = _eigenvector(left, right, known) or _eigenvector(right, left, known)
    return f"an equation that says for which {vector} it holds" if vector else ""


def of_a_decomposition(text: str, entries: Iterable[str]) -> str:
    """Why entries of orthonormal vectors may be behind a difference; empty where nothing speaks of such vectors."""
    stems = {re.split(r"[_\[]", entry)[0] for entry in entries}
    found = DECOMPOSED.search(text) if "U" in stems or len(stems & VECTORS) > 1 else None
    return f"the text speaks of {found[0]}, of which the vectors are orthonormal" if found else ""


def _applied(side: Expression) -> dict[str, set[Expression]]:
    """The functions without a formula in a side, and what they are applied to; not their slopes."""
    found: dict[str, set[Expression]] = {}
    for n in walk(side):
        if isinstance(n, Apply) and n.function.startswith(OPEN) and not n.function.endswith("'"):
            found.setdefault(n.function.removeprefix(OPEN), set()).add(n.argument)
    return found


def _eigenvector(product: Expression, multiple: Expression, known: Collection[Tensor]) -> str:
    """v of M v = λ v, where every term has v and it has no formula; empty for anything else."""
    terms = [[*(side.terms if isinstance(side, Add) else (side,))] for side in (product, multiple)]
    reads = [[{n for n in walk(t) if isinstance(n, Read) and len(n.indices) == 1} for t in side] for side in terms]
    common = set.intersection(*({n.tensor for n in found} for side in reads for found in side))
    outside = free_indices(multiple)
    for tensor in sorted(common - set(known), key=lambda t: t.name):
        bound = any(not n.indices[0].symbols <= outside for found in reads[0] for n in found if n.tensor == tensor)
        alone = all(n.indices[0].symbols <= outside and n.indices[0].symbols for found in reads[1] for n in found
                    if n.tensor == tensor)
        scalar = any(not t.axes and t not in known for t in tensors_in(multiple))
        if bound and alone and scalar and any(len(t.axes) == 2 for t in tensors_in(product)):
            return tensor.name.partition("__")[0]
    return ""
