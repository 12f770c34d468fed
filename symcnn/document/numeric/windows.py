"""A maximum that should go over a window and leaves out some of its entries."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import Line, environment_name
from symcnn.document.facts.known import Decision
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import items, nodes, scripts_of, unwrapped, written
from symcnn.document.repair.edits import plain_text, with_edits
from symcnn.verdict import Verdict

POOLED = re.compile(r"pool|池化", re.IGNORECASE)
Offset = tuple[int, ...]


@dataclass(frozen=True)
class Window:
    """The entries x_{i+a, j+b} of one name that stand in a maximum: its stem, and the offsets with the nodes."""

    stem: str
    entries: dict[Offset, Node]

    @property
    def box(self) -> tuple[Offset, ...]:
        """The offsets of the smallest rectangle around the entries."""
        ranges = [range(min(axis), max(axis) + 1) for axis in zip(*self.entries, strict=True)]
        return tuple(itertools.product(*ranges))

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(max(axis) - min(axis) + 1 for axis in zip(*self.entries, strict=True))


def left_out(line: Line, trees: Iterable[Node], prose: str) -> Decision | None:
    """The verdict on ∂y/∂x = {1 if x_{i,j} = max(…), …} where the maximum goes over a part of a window only.

    The whole window must stand in another maximum of the text, of the same name.
    """
    if line.left.kind != "command" or not line.left.head.endswith("frac") or not POOLED.search(prose):
        return None
    for found in filter(None, map(_window, nodes(line.right))):
        missing = [o for o in found.box if o not in found.entries]
        if not missing or not _is_case(line.right):
            continue
        if not any(w.stem == found.stem and w.sizes == found.sizes and len(w.entries) == len(w.box)
                   for t in trees for w in filter(None, map(_window, nodes(t)))):
            continue
        texts = [_spelled(found, o) for o in missing]
        last = max(found.entries.values(), key=lambda n: n.end)
        repair = with_edits(line.right, [(last.end, last.end, "".join(f", {t}" for t in texts if t))])
        named = ", ".join(t or "an entry" for t in texts)
        size = "×".join(map(str, found.sizes))
        return Decision(Verdict.REFUTED, f"the maximum leaves out {named} of the {size} window",
                        counterexample=Counterexample({}, {}, {named: 1}, "0", "1"),
                        repair=repair.strip() if all(texts) else None)
    return None


def _is_case(side: Node) -> bool:
    return any(n.kind == "rows" and environment_name(n) == "cases" for n in nodes(side))


def _window(node: Node) -> Window | None:
    """The entries of a maximum written out, if they are all of one name with indices that differ by numbers."""
    if node.kind not in ("big", "function") or node.nodes[0].head not in (r"\max", "max") or len(node.nodes) < 2:
        return None
    inside = unwrapped(node.nodes[-1])
    entries = items(inside) if inside.kind == "group" and inside.head == "(" else ()
    found: dict[Offset, Node] = {}
    stems, letters = set(), set()
    for entry in entries:
        name = written(entry)
        if name is None or len(name.lower) < 2 or any(m == "^" for m, _ in scripts_of(entry)):
            return None
        parts = [_offset(i) for i in name.lower]
        if None in parts:
            return None
        stems.add(name.stem)
        letters.add(tuple(p[0] for p in parts if p is not None))
        found[tuple(p[1] for p in parts if p is not None)] = entry
    if len(found) < 3 or len(stems) != 1 or len(letters) != 1:
        return None
    return Window(stems.pop(), found)


def _offset(index: Node) -> tuple[str, int] | None:
    """(i, 1) of i+1, ("", 2) of 2; None for another index."""
    text = "".join(plain_text(index).split())
    match = re.fullmatch(r"([a-zA-Z]'?)?([+-]?\d+)?", text)
    if match is None or not text or (match[1] and match[2] and match[2][0] not in "+-"):
        return None
    return match[1] or "", int(match[2] or 0)


def _spelled(window: Window, offset: Offset) -> str:
    """The missing entry, as the others are written."""
    example = next(iter(window.entries.values()))
    name = written(example)
    letters = [_offset(i) for i in name.lower] if name is not None else []
    if not letters or None in letters:
        return ""
    shown = [f"{p[0]}{o:+d}" if p[0] and o else p[0] or str(o) for p, o in zip(letters, offset, strict=True) if p]
    return f"{plain_text(example).partition('_')[0]}_{{{', '.join(shown)}}}"
