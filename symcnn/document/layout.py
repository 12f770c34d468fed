"""How many axes the names of a document have, and whether its vectors are rows or columns.

Taken from declarations (X ∈ R^{n×m}), from reads with indices elsewhere, from transposes; what is left open is
settled by the shapes of all lines together, so that no line is read as it suits that line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from symcnn.document.claims import Line
from symcnn.document.dependence import Dependence
from symcnn.document.labels import family
from symcnn.document.meaning import Meaning
from symcnn.document.names import NO_NAMES, TRANSPOSED, Written, items, nodes, scripts_of, text_of, unwrapped, written
from symcnn.document.tree import Node
from symcnn.document.whole import Key, Layout, ShapeError, Whole
from symcnn.errors import SymcnnError

CONSTANTS = frozenset(("T", "top", "R", "mathbb", "infty", "d"))
MOST_AXES = 4
ROUNDS = 3


def learn_layouts(subject: Dependence, lines: Sequence[Line], prose: str) -> list[Layout]:
    """The layouts under which most lines have a shape, the one to read by first; empty where nothing is a vector."""
    trees = [side for line in lines for side in (line.left, line.right)]
    start = Layout()
    flat = re.search(r"flatten|vectori[sz]|unroll|toeplitz|im2col", prose, re.IGNORECASE) is not None
    algebra = [*_from_transposes(subject, trees, flat), *_declared(subject, lines)]
    if not algebra:
        return []
    for key, axes in (*(() if flat else _from_indices(subject, trees)), *algebra):
        start.axes[key] = axes
        start.firm.add(key)
    relevant = [line for line in lines if line.relation in ("=", ":=", "+=", "-=")]
    for key in _names(subject, relevant):
        start.axes.setdefault(key, _usual(subject, key))
    found = []
    for rows in (False, True):
        layout = _fitted(subject, relevant, replace(start, axes=dict(start.axes), rows=rows))
        found.append((_score(subject, relevant, layout), layout))
    best = max(score for score, _ in found)
    kept = [layout for score, layout in found if score == best]
    if re.search(r"row vector|行向量", prose):
        kept.sort(key=lambda layout: not layout.rows)
    return kept


def _key(subject: Dependence, line: Sequence[Node], found: Written) -> Key | None:
    try:
        place, _ = Meaning(subject.words, line).place(found)
    except SymcnnError:
        return None
    if found.stem in NO_NAMES | CONSTANTS:
        return None
    return family(place.name), len(place.indices)


def _from_indices(subject: Dependence, trees: Iterable[Node]) -> Iterator[tuple[Key, int]]:
    """Names that are also read with more indices."""
    for tree in trees:
        for node in nodes(tree):
            found = written(node)
            key = _key(subject, (tree,), found) if found is not None else None
            if key is None:
                continue
            more = {a for a in subject.words.others.get(key[0], ()) if a > key[1]}
            if len(more) == 1 and (count := more.pop()) - key[1] <= MOST_AXES and not (
                    key[0] in subject.words.sizes or key[0] in subject.names.index_names):
                yield key, count - key[1]


def _from_transposes(subject: Dependence, trees: Iterable[Node], flat: bool) -> Iterator[tuple[Key, int]]:
    for tree in trees:
        for node in nodes(tree):
            if node.kind != "scripts" or not any(
                    mark == "^" and s is not None and (_is_transposition(s) or any(map(_is_transposition, items(s)[-1:])))
                    for mark, s in scripts_of(node)):
                continue
            inner = written(node)
            base = node.nodes[0]
            if inner is None and base.kind in ("group", "braces") and len(base.nodes) == 1 and (
                    len(base.nodes[0].parts) == 1):
                inner = written(base.nodes[0].nodes[0])
            if inner is None:
                continue
            upper = inner.upper[:-1] if inner.upper and _is_transposition(inner.upper[-1]) else inner.upper
            key = _key(subject, (tree,), replace(inner, upper=upper))
            if key is not None:
                more = {a for a in subject.words.others.get(key[0], ()) if a > key[1]}
                usual = 2 if _letter(key[0]).isupper() else 1
                yield key, min(more) - key[1] if more and not flat else usual


def _is_transposition(node: Node) -> bool:
    return text_of(node).lstrip("\\") in ("T", "top", "intercal", "⊤") or unwrapped(node).head in TRANSPOSED


def _declared(subject: Dependence, lines: Iterable[Line]) -> Iterator[tuple[Key, int]]:
    r"""Axes from X ∈ \mathbb{R}^{n \times m}."""
    for line in lines:
        found = written(line.left) if line.relation == "∈" else None
        right = unwrapped(line.right)
        if found is None or right.kind != "scripts" or text_of(right.nodes[0]).strip() not in ("R", "ℝ"):
            continue
        power = next((s for mark, s in scripts_of(right) if mark == "^" and s is not None), None)
        key = _key(subject, (line.left,), found)
        if power is not None and key is not None:
            yield key, 1 + sum(t.text in (r"\times", "×") for t in power.tokens)


def _names(subject: Dependence, lines: Iterable[Line]) -> list[Key]:
    seen: dict[Key, None] = {}
    for line in lines:
        for side in (line.left, line.right):
            for node in nodes(side):
                found = written(node) if node.kind in ("name", "scripts", "index", "command") else None
                if found is None:
                    continue
                upper = found.upper[:-1] if found.upper and _is_transposition(found.upper[-1]) else found.upper
                key = _key(subject, (line.left, line.right), replace(found, upper=upper))
                if key is not None:
                    seen[key] = None
    return list(seen)


def _letter(name: str) -> str:
    """The letter that a name is, without accents and labels."""
    return name.split("_")[0][:1] if len(name.split("_")[0]) == 1 else ""


def _usual(subject: Dependence, key: Key) -> int:
    """A capital letter is a matrix unless it is a loss, a size or an index; a bold letter a vector."""
    name, written_indices = key
    if name in subject.words.losses or name in subject.words.sizes or name in subject.names.index_names:
        return 0
    if written_indices:
        return 0
    if _letter(name).isupper() and _letter(name) not in "LJEN":
        return 2
    return int(name in subject.names.bold)


def _fits(subject: Dependence, line: Line, layout: Layout) -> tuple[bool | None, set[Key]]:
    """Whether a line has a shape (None: what it says is not read), and the names in it."""
    whole = Whole(Meaning(subject.words, (line.left, line.right)), layout)
    try:
        whole.sides(line.left, line.right)
    except ShapeError:
        return False, whole.seen
    except (SymcnnError, ZeroDivisionError):
        return None, whole.seen
    return True, whole.seen


def _score(subject: Dependence, lines: Iterable[Line], layout: Layout) -> int:
    return sum(_fits(subject, line, layout)[0] is True for line in lines)


def _fitted(subject: Dependence, lines: Sequence[Line], layout: Layout) -> Layout:
    """The layout with the open names changed, one after the other, as long as more lines get a shape."""
    found = [_fits(subject, line, layout) for line in lines]
    users: dict[Key, list[int]] = {}
    for n, line in enumerate(lines):
        for key in found[n][1] | set(_names(subject, [line])):
            users.setdefault(key, []).append(n)
    for _ in range(ROUNDS):
        changed = False
        for n in range(len(lines)):
            if found[n][0] is not False:
                continue
            best: tuple[int, Key, int] | None = None
            for key in sorted(k for k, where in users.items() if n in where and k not in layout.firm):
                for axes in (0, 1, 2):
                    if axes == layout.axes.get(key, 0):
                        continue
                    other = replace(layout, axes={**layout.axes, key: axes})
                    gain = sum((_fits(subject, lines[m], other)[0] is True) - (found[m][0] is True)
                               for m in users[key])
                    if gain > 0 and (best is None or gain > best[0]):
                        best = gain, key, axes
            if best is not None:
                _, key, axes = best
                layout = replace(layout, axes={**layout.axes, key: axes})
                for m in users[key]:
                    found[m] = _fits(subject, lines[m], layout)
                changed = True
        if not changed:
            break
    return layout


