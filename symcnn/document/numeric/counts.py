"""Weights that are counted layer by layer, 3^2 · 8 · 16 + 16, against the layers that the text lists in that order."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from symcnn.document.claims.claims import Line
from symcnn.document.facts.known import Decision
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import unwrapped
from symcnn.document.repair.edits import with_edits
from symcnn.verdict import Verdict

_SIZE = r"(?P<k>\d+)\s*(?:\\times|×|x|\*)\s*(?P=k)\$?"
LAYERS = (re.compile(_SIZE + r"(?:\s+(?:kernel|convolution|conv|filter)s?)?\s+to\s+\$?(?P<out>\d+)"),
          re.compile(r"\b(?P<out>\d+)\$?\s+(?:filters|kernels) of (?:size |shape )?\$?" + _SIZE),
          re.compile(r"\b(?P<out>\d+)\$?\s+\$?" + _SIZE + r"\s+(?:filters|kernels|convolutions)"))
"""How a layer is listed: 3×3 to 16 channels, 16 filters of size 3×3, 16 3×3 filters."""
SENTENCE = re.compile(r"[.;]\s|\n\s*\n|[.;]$")
LEAST_LAYERS = 2


@dataclass(frozen=True)
class Counted:
    """One layer's weights: the size of its kernel, where that stands, the other factors, and the number of biases."""

    size: int
    places: tuple[Node, ...]
    others: tuple[int, ...]
    biases: int | None


def miscounted(line: Line, texts: Iterable[str]) -> Decision | None:
    """A sum of weights in which one layer has another kernel than the text lists for it; None for any other line."""
    counted = list(_counted(line.left))
    if len(counted) < LEAST_LAYERS:
        return None
    for listed in _listed(texts):
        if len(listed) != len(counted) or not all(_gives(c, out) for c, (_, out) in zip(counted, listed, strict=True)):
            continue
        wrong = [(n, c, size) for n, (c, (size, _)) in enumerate(zip(counted, listed, strict=True)) if c.size != size]
        if len(wrong) == 1:
            (n, found, size), = wrong
            edited = with_edits(line.left, [(p.start, p.end, str(size)) for p in found.places]).strip()
            total = sum(_weights(replace(c, size=size) if c is found else c) for c in counted)
            why = (f"layer {n + 1} of these, with {listed[n][1]} channels, is counted with a {found.size}×{found.size} "
                   f"kernel; the text says {size}×{size}")
            return Decision(Verdict.REFUTED, why, repair=f"{edited} = {total}")
    return None


def _listed(texts: Iterable[str]) -> Iterator[list[tuple[int, int]]]:
    """The layers that a sentence lists: the size of each kernel and how many channels it gives."""
    for text in texts:
        for sentence in SENTENCE.split(text):
            for pattern in LAYERS:
                found = [(int(m["k"]), int(m["out"])) for m in pattern.finditer(sentence)]
                if len(found) >= LEAST_LAYERS:
                    yield found


def _weights(counted: Counted) -> int:
    return counted.size ** 2 * math.prod(counted.others) + (counted.biases or 0)


def _gives(counted: Counted, out: int) -> bool:
    return counted.biases == out if counted.biases is not None else counted.others[-1] == out or (
        counted.others[0] == out != counted.others[-1])


def _counted(side: Node) -> Iterator[Counted]:
    """The layers of a sum of weights; none if one of its terms is no such product."""
    side = bare(side)
    if side.kind != "sum" or any(not isinstance(p, Node) and p.text != "+" for p in side.parts):
        return
    terms = [bare(n) for n in side.nodes]
    found: list[Counted] = []
    waiting: Counted | None = None
    for term in (t for outer in terms for t in (outer.nodes if outer.kind == "sum" else (outer,))):
        if term.kind == "number" and waiting is not None and int(term.head.replace(",", "")) in waiting.others:
            found.append(Counted(waiting.size, waiting.places, waiting.others, int(term.head.replace(",", ""))))
            waiting = None
            continue
        if waiting is not None:
            found.append(waiting)
        waiting = _product(bare(term))
        if waiting is None:
            return
    yield from (*found, *((waiting,) if waiting is not None else ()))


def _product(term: Node) -> Counted | None:
    """k^2 · m · n or k · k · m · n in any order."""
    factors = [bare(n) for n in term.nodes] if term.kind == "product" else []
    squares = [f for f in factors if f.kind == "scripts" and len(f.nodes) == 2 and f.nodes[0].kind == "number"
               and unwrapped(f.nodes[1]).head == "2"]
    numbers = [f for f in factors if f.kind == "number" and f.head.isdigit()]
    if len(squares) == 1 and len(squares) + len(numbers) == len(factors):
        base = squares[0].nodes[0]
        return Counted(int(base.head), (base,), tuple(int(n.head) for n in numbers), None) if numbers else None
    pairs = [(a, b) for a, b in itertools.pairwise(numbers) if a.head == b.head]
    if len(numbers) == len(factors) and len(pairs) == 1:
        rest = tuple(int(n.head) for n in numbers if n not in pairs[0])
        return Counted(int(pairs[0][0].head), pairs[0], rest, None) if rest else None
    return None


def bare(node: Node) -> Node:
    node = unwrapped(node)
    while node.kind == "group" and node.head == "(" and node.inner is not None:
        node = unwrapped(node.nodes[0].nodes[0])
    return node
