"""How many axes the names of a document have, and whether its vectors are rows or columns.

Taken from declarations (X ∈ R^{n×m}), from reads with indices elsewhere, from transposes; what is left open is
settled by the shapes of all lines together, so that no line is read as it suits that line.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from symcnn.document.claims.claims import Line
from symcnn.document.claims.names import NO_NAMES
from symcnn.document.claims.of_vectors import SOFTMAX, word_of
from symcnn.document.facts.dependence import Dependence
from symcnn.document.facts.listings import elements
from symcnn.document.meaning.labels import family
from symcnn.document.meaning.matrices import NORMS, is_diag
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.whole import AlikeError, Key, Layout, ShapeError, Whole
from symcnn.document.reading.forms import differential, differentials
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.written import (
    Written, is_transposition, is_whole_axis, items, nodes, scripts_of, text_of, unwrapped, written,
)
from symcnn.errors import SymcnnError

CONSTANTS = frozenset(("T", "top", "R", "mathbb", "infty", "d"))
Arities = dict[str, frozenset[int]]
OF_NUMBERS = frozenset((r"\cdot", r"\times", r"\frac", r"\tfrac", r"\dfrac", r"\div"))
MOST_AXES = 4
LINEAR = r"(row|column) vector|行向量|列向量"
ROUNDS, MOST_LOOSE = 3, 4


def learn_layouts(subject: Dependence, lines: Sequence[Line], trees: Sequence[Node], prose: str,
                  said: Iterable[tuple[Written, int]] = (), supposed: bool = False) -> list[Layout]:
    """The layouts under which most lines have a shape, the one to read by first; empty where nothing is a vector.

    `said` are axes in words. With `supposed`, capital letters are matrices even if nothing in the document says so.
    """
    start = Layout()
    subject.words.shaped |= _shaped(lines, trees)
    arities = _arities(subject, trees)
    flat = re.search(r"flatten|vectori[sz]|unroll|toeplitz|im2col", prose, re.IGNORECASE) is not None
    declared = [*_spoken(subject, said, lines, arities), *_declared(subject, lines, trees)]
    algebra = [*_from_norms(subject, trees, arities), *_from_transposes(subject, trees, flat, arities),
               *_from_slices(subject, trees), *_from_softmax(subject, trees, arities), *_from_diag(subject, trees),
               *declared]
    # Of a tensor that is flattened, the whole name has fewer axes than its entries have indices.
    numbers = {id(line.left) for line in lines if line.relation in ("=", ":=", "≈") and _is_numeric(line.right)}
    by_indices = [(k, n) for k, n in _from_indices(subject, trees, arities, numbers) if n == 1 or not flat]
    samples = _of_samples(trees)
    by_indices = [(k, n) for k, n in by_indices if n > 1 or k[0] not in samples]
    if not supposed and not algebra and not (by_indices and re.search(LINEAR, prose, re.IGNORECASE)):
        return []
    settled = {key for key, _ in (*by_indices, *declared)}
    rows_of = {k for k, axes in by_indices if axes == 1 and _letter(k[0]).isupper() and not k[1]}
    rows_of -= {key for key, _ in algebra}  # Z_i may be a row of a matrix
    for key, axes in (*by_indices, *algebra):
        start.axes[key] = axes
        if (axes == 1 or key in settled) and key not in rows_of:
            start.firm.add(key)
    start.said = {key for key, axes in algebra if axes}
    start.declared |= {key for key, _ in declared}
    for (name, written_indices), axes in by_indices:
        # What has all its indices written is a number, unless the document says what it is.
        if (name, written_indices + axes) not in start.declared:
            start.axes[name, written_indices + axes] = 0
            if (name, written_indices) not in rows_of:
                start.firm.add((name, written_indices + axes))
    # The x of h(x) = θᵀ x is a variable of its own; what it is elsewhere, the lines say that use h.
    formulas = {id(f.formula) for f in subject.words.put_in.values()}
    relevant = [line for line in lines if line.relation in ("=", ":=", "+=", "-=") and id(line.right) not in formulas]
    for key in _names(subject, relevant):
        if start.axes.setdefault(key, _usual(subject, key)) == 2 and supposed:
            start.firm.add(key)
        elif supposed and not key[1] and not _is_number(subject, key):
            start.axes[key] = max(1, start.axes[key])
    for key in [k for k in start.axes if subject.names.identity and family(k[0]) == "I"]:
        start.axes[key] = 2
        start.firm.add(key)
    fits = Fits(subject)
    found = [_scored(fits, relevant, replace(start, axes=dict(start.axes), rows=rows), supposed)
             for rows in (False, True)]
    if not supposed and algebra and all(shaped < in_all for shaped, in_all in (it.shaped for _, it in found)):
        # Small letters may all be vectors, h_t beside W h_t, which no change of one name after the other finds.
        valued = {_plain_key(Meaning(subject.words, (line.left,)), line.left) for line in lines
                  if id(line.left) in numbers}
        stepped = _of_steps(subject, relevant)
        small = {key: 1 for key in start.axes if not start.axes[key] and key not in start.firm and (
                 key in stepped if key[1] else key not in valued) and _letter(key[0]).islower() and not (
                 _is_number(subject, key))}
        of_vectors = [_scored(fits, relevant, replace(start, axes={**start.axes, **small}, rows=rows), supposed)
                      for rows in (False, True)]
        found += [(score, it) for score, it in of_vectors if it.shaped[0] == it.shaped[1]]
    best = max(score for score, _ in found)
    kept = [layout for score, layout in found if score == best]
    for layout in kept:
        shaped, in_all = layout.shaped
        # One line that does not fit beside two or more that do is a slip rather than another way of writing.
        few = 4 * shaped < 3 * in_all and (shaped < 2 or in_all - shaped > 1)
        layout.doubtful = layout.said - layout.declared if few else set()
    if re.search(r"row vector|行向量", prose):
        kept.sort(key=lambda layout: not layout.rows)
    return kept


def _of_samples(trees: Sequence[Node]) -> set[str]:
    """Names whose index says which sample is meant, as in wᵀx_n: x is one of them, too, and no list of all x_n."""
    letters: set[str] = set()
    indexed: dict[str, set[str]] = {}
    for part in (n for tree in trees for n in nodes(tree)):
        before: Written | None = None
        for node in part.nodes if part.kind == "product" else (part,):
            name = written(node) if node.kind in ("name", "scripts") else None
            if name is not None and len(name.lower) == 1:
                index = unwrapped(name.lower[0])
                letter = index.head if index.kind == "name" and len(index.head) == 1 else ""
                if letter and _letter(name.stem).islower() and (name.upper and is_transposition(name.upper[-1]) or (
                        before is not None and not before.lower and before.upper
                        and is_transposition(before.upper[-1]))):
                    letters.add(letter)
                if index.kind != "number":
                    indexed.setdefault(name.stem, set()).add(letter)
            before = name
    return {name for name, used in indexed.items() if used <= letters}


def _of_steps(subject: Dependence, lines: Iterable[Line]) -> set[Key]:
    """Names whose one index counts steps, x_t and h_t beside h_{t-1}."""
    found: dict[Key, set[str]] = {}
    steps: set[str] = set()
    for line in lines:
        meaning = Meaning(subject.words, (line.left, line.right))
        for node in (n for side in (line.left, line.right) for n in _whole_names(side, subject.names.euler)):
            name = written(node)
            if name is None or len(name.lower) != 1 or (key := _plain_key(meaning, node)) is None or key[1] != 1:
                continue
            index = unwrapped(name.lower[0])
            letters = {n.head for n in nodes(index) if n.kind == "name"}
            if len(letters) == 1:
                found.setdefault(key, set()).update(letters)
                steps |= letters if index.kind == "sum" else set()
    return {key for key, letters in found.items() if letters <= steps}


def _scored(fits: Fits, lines: Sequence[Line], layout: Layout, supposed: bool) -> tuple[int, Layout]:
    """How many lines have a shape under the best layout that is near to one, and that layout."""
    layout = _fitted(fits, lines, layout, supposed)
    shaped = [fit for fit, names in (fits.of(line, layout) for line in lines if not _is_numeric(line.right))
              if fit is not None and any(layout.axes.get(key) for key in names)]
    layout.shaped = sum(shaped), len(shaped)
    return sum(fits.of(line, layout)[0] is True for line in lines), layout


def _arities(subject: Dependence, trees: Iterable[Node]) -> dict[str, frozenset[int]]:
    """With how many indices names are read, also where they are only spoken of: "z^i_j is the output of unit j".

    What is spoken of with fewer indices than formulas have is a part: the channel z_c of z_{c,i,j}.
    """
    found_so_far = dict(subject.words.others)
    most = {name: max(counts, default=0) for name, counts in found_so_far.items()}
    for tree in trees:
        meaning = Meaning(subject.words, (tree,))
        for node in _whole_names(tree, subject.names.euler):
            found = written(node)
            key = _key(meaning, found) if found is not None and (found.lower or found.inside) else None
            if key is not None and key[1] >= max(1, most.get(key[0], 0)):
                found_so_far[key[0]] = found_so_far.get(key[0], frozenset()) | {key[1]}
    return found_so_far


def _shaped(lines: Sequence[Line], trees: Iterable[Node]) -> set[str]:
    """The names that have a shape by x ∈ ℝ^n, and d of ∂E/∂d; R is one of the names, unless it is the set."""
    trees = list(trees)
    found = {name.stem for node, _ in _in_sets(lines, trees) if (name := written(node)) is not None}
    found |= {"d" for tree in trees for n in nodes(tree) if (slope := differentials(n)) is not None and (
        (by := written(unwrapped(slope[1]))) is not None and by.stem == "d")}
    sets = [next(line.right.tokens).text for line in lines if line.relation == "∈" and line.right != EMPTY]
    return found if "R" in sets else found | {"R"}


def _key(meaning: Meaning, found: Written) -> Key | None:
    try:
        place, _ = meaning.place(found)
    except SymcnnError:
        return None
    if found.stem in NO_NAMES or found.stem in CONSTANTS and not found.lower and (  # d_t is no sign of a differential
            found.stem not in meaning.words.shaped):
        return None
    return family(meaning.gradient_of(place.name) or place.name), len(place.indices)


def _from_indices(subject: Dependence, trees: Iterable[Node], arities: Arities,
                  numbers: Container[int] = ()) -> Iterator[tuple[Key, int]]:
    """Names that are also read with more indices; `numbers` are given a value instead, as h = 0.5 beside h_t is."""
    for tree in trees:
        meaning = Meaning(subject.words, (tree,))
        for node in _whole_names(tree, subject.names.euler):
            found = written(node)
            key = _key(meaning, found) if found is not None else None
            if key is None or key[1] or id(node) in numbers:
                continue
            more = {a for a in arities.get(key[0], ()) if a > key[1]}
            if len(more) == 1 and (count := more.pop()) - key[1] <= MOST_AXES and not (
                    key[0] in subject.words.sizes | subject.words.losses or key[0] in subject.names.index_names):
                yield key, count - key[1]


def _from_transposes(subject: Dependence, trees: Iterable[Node], flat: bool,
                     arities: Arities) -> Iterator[tuple[Key, int]]:
    for tree in trees:
        meaning = Meaning(subject.words, (tree,))
        for node in nodes(tree):
            inner = written(node) if node.kind == "scripts" else None
            if node.kind != "scripts" or not (inner is not None and inner.upper and is_transposition(
                    inner.upper[-1])) and not any(
                    mark == "^" and s is not None and any(map(is_transposition, (s, *items(s)[-1:])))
                    for mark, s in scripts_of(node)):
                continue
            base = node.nodes[0]
            if inner is None and base.kind in ("group", "braces") and base.inner is not None:
                inner = written(base.nodes[0].nodes[0])
            if inner is None:
                continue
            upper = inner.upper[:-1] if inner.upper and is_transposition(inner.upper[-1]) else inner.upper
            key = _key(meaning, replace(inner, upper=upper))
            if key is not None:
                more = {a for a in arities.get(key[0], ()) if a > key[1]}
                usual = 2 if _letter(key[0]).isupper() else 1
                yield key, min(more) - key[1] if more and not flat else usual


def _from_slices(subject: Dependence, trees: Iterable[Node]) -> Iterator[tuple[Key, int]]:
    """Names of which rows or columns are written, A_{i,:} or A_{:,j}."""
    for tree in trees:
        for node in nodes(tree):
            found = written(node) if node.kind in ("scripts", "index") else None
            places = (*found.lower, *found.inside) if found is not None else ()
            if found is not None and len(places) == 2 and any(map(is_whole_axis, places)):
                upper = found.upper[:-1] if found.upper and is_transposition(found.upper[-1]) else found.upper
                key = _key(Meaning(subject.words, (node,)), replace(found, lower=(), inside=(), upper=upper))
                if key is not None:
                    yield key, 2


def _from_softmax(subject: Dependence, trees: Iterable[Node], arities: Arities) -> Iterator[tuple[Key, int]]:
    """Small letters of which the softmax is taken and that have one index elsewhere: p = softmax(o) beside o_j."""
    for tree in trees:
        for node in nodes(tree):
            if node.kind not in ("product", "function"):
                continue
            for word, group in itertools.pairwise(node.nodes):
                inner = items(group) if group.kind == "group" and word_of(word) in SOFTMAX else ()
                key = _plain_key(Meaning(subject.words, (node,)), inner[0]) if len(inner) == 1 else None
                if key is not None and not key[1] and arities.get(key[0]) == frozenset((1,)) and (
                        _letter(key[0]).islower()):
                    yield key, 1


def _from_diag(subject: Dependence, trees: Iterable[Node]) -> Iterator[tuple[Key, int]]:
    """Small letters in what stands on the diagonal of a matrix: diag(1 − h_t²) says that h_t is a vector."""
    for node in (n for tree in trees for n in nodes(tree) if n.kind in ("product", "function")):
        for word, group in itertools.pairwise(node.nodes):
            inner = items(group) if group.kind == "group" and is_diag(word) else ()
            for name in _whole_names(inner[0], subject.names.euler) if len(inner) == 1 else ():
                key = _plain_key(Meaning(subject.words, (node,)), name)
                if key is not None and _letter(key[0]).islower() and key[0] not in subject.names.functions:
                    yield key, 1


def _declared(subject: Dependence, lines: Iterable[Line], trees: Iterable[Node]) -> Iterator[tuple[Key, int]]:
    r"""Axes from X ∈ \mathbb{R}^{n \times m}, and of all names in u, v ∈ \mathbb{R}^n."""
    for node, axes in _in_sets(lines, trees):
        found = written(node)
        key = _key(Meaning(subject.words, (node,)), found) if found is not None else None
        if key is not None:
            yield key, axes


def _in_sets(lines: Iterable[Line], trees: Iterable[Node]) -> Iterator[tuple[Node, int]]:
    """The sides of which a line says x ∈ ℝ^n, with the number of axes that it gives them."""
    sets = [line for line in lines if line.relation == "∈"]
    lists = [n for tree in trees if sets for n in nodes(tree) if n.kind == "clauses" and len(n.nodes) > 1]
    for line in sets:
        right = unwrapped(line.right)
        if right.kind != "scripts" or text_of(right.nodes[0]).strip()[-1:] not in ("R", "ℝ"):
            continue
        power = next((s for mark, s in scripts_of(right) if mark == "^" and s is not None), None)
        beside = next((n for n in lists if any(p.kind == "chain" and line.left in p.nodes for p in n.nodes)), None)
        for node in (line.left,) if beside is None else elements(beside, line.left):
            if power is not None:
                yield node, 1 + sum(t.text in (r"\times", "×") for t in power.tokens)


def _from_norms(subject: Dependence, trees: Iterable[Node], arities: Arities) -> Iterator[tuple[Key, int]]:
    """Names that are added up between double bars, ‖u − v‖: vectors, or matrices with capital letters."""
    for tree in trees:
        meaning = Meaning(subject.words, (tree,))
        for group in nodes(tree):
            if group.kind == "group" and group.head in NORMS and len(group.nodes) == 1 and (
                    len(group.nodes[0].nodes) == 1):
                inner = unwrapped(group.nodes[0].nodes[0])
                for term in inner.nodes if inner.kind == "sum" else (inner,):
                    key = _plain_key(meaning, term)
                    if key is not None and not key[1] and not _is_number(subject, key):
                        more = {a for a in arities.get(key[0], ()) if a}
                        yield key, min(more) if more else 2 if _letter(key[0]).isupper() else 1


def _spoken(subject: Dependence, said: Iterable[tuple[Written, int]], lines: Iterable[Line],
            arities: Arities) -> Iterator[tuple[Key, int]]:
    """Axes from words, of the names that equations are written between without indices."""
    whole = set(_names(subject, [line for line in lines if line.relation in ("=", ":=", "+=", "-=")]))
    meaning = Meaning(subject.words, ())
    for found, axes in said:
        key = _key(meaning, found)
        if key in whole and not _is_number(subject, key) and not any(a > key[1] for a in arities.get(key[0], ())):
            yield key, axes


def _core(node: Node) -> Node:
    """The name whose number of axes a term has: h of tanh(h), of −h, of ∂J/∂h."""
    node = unwrapped(node)
    if node.kind in ("function", "sign") or (node.kind == "product" and len(node.parts) == 2 and (
            node.nodes[1].kind == "group")):
        return _core(node.nodes[-1])
    if node.kind == "group" and node.inner is not None:
        return _core(node.nodes[0].nodes[0])
    if node.kind == "command" and node.head.endswith("frac") and differential(node.nodes[0]) is not None:
        return _core(differential(node.nodes[1]) or EMPTY)
    return node


def _names(subject: Dependence, lines: Iterable[Line]) -> list[Key]:
    seen: dict[Key, None] = {}
    for line in lines:
        meaning = Meaning(subject.words, (line.left, line.right))
        for side in (line.left, line.right):
            for node in _whole_names(side, subject.names.euler):
                key = _plain_key(meaning, node)
                if key is not None:
                    seen[key] = None
    return list(seen)


def _plain_key(meaning: Meaning, node: Node) -> Key | None:
    """The name that a node is, its transposition left out."""
    found = written(node)
    if found is None:
        return None
    upper = found.upper[:-1] if found.upper and is_transposition(found.upper[-1]) else found.upper
    return _key(meaning, replace(found, upper=upper))


def _alike(subject: Dependence, lines: Iterable[Line]) -> dict[Key, set[Key]]:
    """Names that are added to each other or equated, which have the same number of axes as a rule."""
    classes: dict[Key, set[Key]] = {}
    for line in lines:
        meaning = Meaning(subject.words, (line.left, line.right))
        groups = [[line.left, line.right]]
        groups += [[*n.nodes, *([line.left] if n is unwrapped(line.right) else ())]
                   for side in (line.left, line.right) for n in nodes(side) if n.kind == "sum"]
        for group in groups:
            keys = [k for n in group if (k := _plain_key(meaning, _core(n))) is not None]
            together = set(keys).union(*(classes.get(k, set()) for k in keys))
            for k in together:
                classes[k] = together
    return classes


def _whole_names(node: Node, euler: bool) -> Iterator[Node]:
    """The names in a side, each with its scripts; what stands in the exponent of `euler`'s number is not its script."""
    found = written(node)
    if found is not None and found.stem == "e" and found.upper and euler:
        for part in found.upper:
            yield from _whole_names(part, euler)
    elif found is not None and node.kind in ("name", "scripts", "index", "command"):
        yield node
    else:
        for part in node.nodes[:1] if node.kind == "scripts" else node.nodes:
            yield from _whole_names(part, euler)


def _letter(name: str) -> str:
    """The letter that a name is, without accents and labels."""
    return name.split("_")[0][:1] if len(name.split("_")[0]) == 1 else ""


def _is_number(subject: Dependence, key: Key) -> bool:
    """Whether a name is known to be no vector: a loss, a size, an index, a rate."""
    name = key[0]
    return name in subject.words.losses or name in subject.words.sizes or (
        not key[1] and name in subject.names.index_names) or (
        name in ("alpha", "eta", "lambda", "rho") or key == ("epsilon", 0))  # ε_t may be an error


def _usual(subject: Dependence, key: Key) -> int:
    """A capital letter is a matrix unless it is a loss, a size or an index; a bold letter a vector."""
    name, written_indices = key
    if _is_number(subject, key) or written_indices:
        return 0
    if _letter(name).isupper() and _letter(name) not in "LJEN":
        return 2
    return int(name in subject.names.bold)


Fit = tuple[bool | None, set[Key]]
"""Whether a line has a shape (None: what it says is not read), and the names in it."""


class Fits:
    """Whether lines have a shape under a layout: looked at once for the same axes of the names that a line reads."""

    def __init__(self, subject: Dependence) -> None:
        self.subject = subject
        self.known: dict[int, list[tuple[bool, dict[Key, int], Fit]]] = {}

    def of(self, line: Line, layout: Layout) -> Fit:
        known = self.known.setdefault(id(line), [])
        for rows, looked_up, fit in known:
            if rows == layout.rows and all(layout.axes.get(key, 0) == axes for key, axes in looked_up.items()):
                return fit
        axes = _Watched(layout.axes)
        fit = self.look(line, replace(layout, axes=axes))
        known.append((layout.rows, axes.looked_up, fit))
        return fit

    def look(self, line: Line, layout: Layout) -> Fit:
        whole = Whole(Meaning(self.subject.words, (line.left, line.right)), layout)
        try:
            whole.sides(line.left, line.right)
        except (AlikeError, ZeroDivisionError):
            return None, whole.seen
        except ShapeError:
            return False, whole.seen
        except SymcnnError:
            return None, whole.seen
        return True, whole.seen


class _Watched(dict[Key, int]):
    """The axes of names, and what was asked of them."""

    def __init__(self, axes: Mapping[Key, int]) -> None:
        super().__init__(axes)
        self.looked_up: dict[Key, int] = {}

    def get(self, key: Key, default: int = 0) -> int:  # type: ignore[override]
        self.looked_up[key] = found = super().get(key, default)
        return found


def _is_numeric(node: Node) -> bool:
    """Whether a side is made of numbers only; a vector of one entry is often written so, and no shape is seen in it."""
    return all(t.kind != "word" and (t.kind != "command" or t.text in OF_NUMBERS) for t in node.tokens)


def _fitted(fits: Fits, lines: Sequence[Line], layout: Layout, supposed: bool) -> Layout:
    """The layout with the open names changed, one after the other, as long as more lines get a shape."""
    subject = fits.subject
    found = [fits.of(line, layout) for line in lines]
    named = [_names(subject, [line]) for line in lines]
    alike = _alike(subject, lines)
    users: dict[Key, list[int]] = {}
    for n, keys in enumerate(named):
        for key in keys:
            users.setdefault(key, []).append(n)
    for _ in range(ROUNDS):
        changed = False
        for n in range(len(lines)):
            if found[n][0] is not False:
                continue
            best: tuple[int, Layout, set[int]] | None = None
            loose = [k for k in named[n] if k not in layout.firm and not _is_number(subject, k)][:MOST_LOOSE]
            now = tuple(layout.axes.get(k, 0) for k in loose)
            options = [(0, 1) if supposed and _letter(k[0]).islower() else (1, 2) if k in layout.said else (0, 1, 2)
                       for k in loose]
            for choice in sorted(itertools.product(*options),
                                 key=lambda c, now=now: sum(a != b for a, b in zip(c, now, strict=True))):  # type: ignore[misc]
                chosen = dict(zip(loose, choice, strict=True))
                spread = {other: axes for k, axes in chosen.items() for other in alike.get(k, ())
                          if other not in layout.firm and axes != layout.axes.get(k, 0)
                          and not _is_number(subject, other)}
                other = replace(layout, axes={**layout.axes, **spread, **chosen})
                if not fits.of(lines[n], other)[0]:
                    continue
                touched = {m for k, axes in other.axes.items() if axes != layout.axes.get(k, 0)
                           for m in users.get(k, ())}
                gain = sum((fits.of(lines[m], other)[0] is True) - (found[m][0] is True) for m in touched)
                if gain > 0 and (best is None or gain > best[0]):
                    best = gain, other, touched
            if best is not None:
                _, layout, touched = best
                for m in touched:
                    found[m] = fits.of(lines[m], layout)
                changed = True
        if not changed:
            break
    return layout


