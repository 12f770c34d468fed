"""The error of one sample, E_n of E = Σ_n E_n, in a text that writes everything else of that sample without the n."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from symcnn.document.reading.forms import differential
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import Written, nodes, text_of, unwrapped, written


def label_errors(trees: Iterable[Node]) -> None:
    """Let the n belong to the name of such an error, but for the sum that goes over it."""
    here = [n for tree in trees for n in nodes(tree)]
    scripted = [n for n in here if n.kind == "scripts" and n.nodes[0].kind == "name"]
    letters = Counter(letter for n in scripted for letter in {text_of(i).strip() for i in _scripts(written(n))})
    summed = {id(body): found for n in here if n.kind == "big" and n.head in (r"\sum", "∑")
              and (found := _one_index(body := unwrapped(n.nodes[1]))) is not None}
    differentiated = {found for n in here if n.kind == "command" and n.head.endswith("frac") and len(n.nodes) == 2
                      and (of := differential(n.nodes[0])) is not None and (found := _one_index(of)) is not None}
    errors = {found for found in summed.values() if found in differentiated
              and letters[found[1]] == sum(_one_index(n) == found for n in scripted)}
    for node in scripted:
        found = _one_index(node)
        if found in errors and found is not None and id(node) not in summed:
            kept = written(node) or Written("")
            node.__dict__.update(written=replace(kept, stem="_".join(found), lower=()), labelled=True)


def _scripts(found: Written | None) -> tuple[Node, ...]:
    return () if found is None else (*found.lower, *found.upper, *found.inside)


def _one_index(node: Node) -> tuple[str, str] | None:
    """E and n of E_n; None for anything else."""
    found = written(node)
    if found is None or len(found.lower) != 1 or found.upper or found.inside or found.primes:
        return None
    letter = unwrapped(found.lower[0])
    return (found.stem, letter.head) if letter.kind == "name" and len(letter.head) == 1 else None
