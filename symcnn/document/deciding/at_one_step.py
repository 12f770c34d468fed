"""∂L/∂b = δ_t where nothing in the document sums over the steps t: what one of them adds to a gradient."""

from __future__ import annotations

import re
from contextlib import suppress

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.deciding.mending import Mending
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import index_text, nodes, scripts_of
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Read, free_indices, walk
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import substitute
from symcnn.verdict import Verdict

SUMMED = re.compile(r"\b(sum(s|med|ming)?|add(s|ed|ing)?( up)?|accumulat\w*|total)\b[^.\n]{0,60}"
                    r"\b(over|across|all|every|each|steps|samples|examples)\b", re.IGNORECASE)
"""Words that say that a gradient is made of what all steps add."""


def at_one_step(decider: Mending, line: Line, prose: str) -> str:
    """Why a line may speak of one step alone; empty if it does not hold for one, or the document sums over them."""
    sides = decider._read(line)
    if line.relation not in EQUALS or sides is None or not isinstance(sides[0], Read) or (
            sides[0].tensor.gradient_of is None):
        return ""
    letters = free_indices(sides[1]) - free_indices(sides[0])
    if len(letters) != 1 or SUMMED.search(prose):
        return ""
    letter = next(iter(letters))
    if not any(_is_step_before(i, letter) for rule in decider._recurrent().values() for n in walk(rule.body)
               if isinstance(n, Read) for i in n.indices):
        return ""
    for node in (n for r in (decider.reading, *decider.givens) for _, tree in r.spans if isinstance(tree, Node)
                 for n in nodes(tree)):
        if node.kind == "big" and node.nodes[0].kind == "scripts" and any(
                mark == "_" and script is not None and letter.name in {index_text(n) for n in nodes(script)}
                for mark, script in scripts_of(node.nodes[0])):
            return ""
    here = {letter: polynomial(Symbol(f"{letter.name}_here", 0))}
    with temporarily(decider, fixed=here), suppress(SymcnnError):
        if decider._claimed(sides[0], substitute(sides[1], here), refute=False).verdict is Verdict.PROVED:
            return f"holds for what one {letter.name} adds; whether these are summed is not said"
    return ""


def _is_step_before(index: Polynomial, letter: Symbol) -> bool:
    return (index - letter).is_constant and index != polynomial(letter)
