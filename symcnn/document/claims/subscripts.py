"""Subscripts that are words rather than lists of indices: L_{BCE}, p_{data} and p_g beside it, out_{h1}."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from symcnn.document.claims.names import STATISTICS
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import (
    LABELS, is_call, is_label, items, nodes, scripts_of, text_of, unwrapped, written,
)

COUNTING = frozenset("ijklmnt")
"""Letters that are indices where nothing else is said."""
POSITIONS = COUNTING | frozenset("pqrsuv")
"""Letters that are indices beside a number, x_{p1}, unless something else is said."""
RANGES = frozenset((r"\in", "∈", r"\le", r"\leq", "≤", "<"))


@dataclass(frozen=True)
class Words:
    """Subscripts of several letters that are words, or may be; single letters that are, with the stem of their name.

    `numbered` are letters that make a word together with a number: h in out_{h1}. `lists` are what looks like a word
    but is a list of indices, with the stem of its name: `in` of Σ_n x_{in}. `functions` are the numbers that tell
    functions apart, with their stem: f_1(x) = … beside f_2(x) = ….
    """

    certain: frozenset[str] = frozenset()
    possible: frozenset[str] = frozenset()
    letters: frozenset[tuple[str, str]] = frozenset()
    numbered: frozenset[str] = frozenset()
    lists: frozenset[tuple[str, str]] = frozenset()
    functions: frozenset[tuple[str, str]] = frozenset()

    def __bool__(self) -> bool:
        return any((self.certain, self.possible, self.letters, self.numbered, self.lists, self.functions))

    def read(self, tree: Node) -> Node:
        """The tree with these subscripts as words; one that only may be a word is no index and no word."""
        parts = [self.read(p) if isinstance(p, Node) and p.parts else p for p in tree.parts]
        found = written(tree.nodes[0]) if tree.kind == "scripts" else None
        if found is None:
            return tree if all(a is b for a, b in zip(parts, tree.parts, strict=True)) else Node(
                tree.kind, tuple(parts))
        for place, part in enumerate(parts[:-1]):
            script = parts[place + 1]
            if not isinstance(part, Node) and part.text == "_" and isinstance(script, Node):
                parts[place + 1] = self.script(script, found.stem)
        return Node("scripts", tuple(parts))

    def script(self, node: Node, stem: str) -> Node:
        inner = unwrapped(node)
        if inner.kind == "name" and (stem, inner.head) in self.lists:
            (token,) = inner.tokens
            letters = (Token("word", c, token.start + n) for n, c in enumerate(inner.head))
            return _with(node, inner, Node("product", tuple(Node("name", (letter,)) for letter in letters)))
        if inner.kind == "name" and inner.head in self.certain or (
                stem, inner.head) in self.letters | self.functions:
            return Node("text", inner.parts) if inner is node else _with(node, inner, Node("text", inner.parts))
        if _letter_with_number(inner) in self.numbered:
            return _with(node, inner, Node("text", inner.parts))
        if inner.kind == "name" and inner.head in self.possible:
            return _with(node, inner, Node("word", inner.parts))
        return node


def _with(node: Node, old: Node, new: Node) -> Node:
    """A node with another in place of one in it."""
    return new if node is old else Node(node.kind, tuple(
        _with(p, old, new) if isinstance(p, Node) else p for p in node.parts))


def words(trees: Iterable[Node], prose: str) -> Words:
    """What the subscripts of a document are, from all of them and from the words of its prose."""
    trees = list(trees)
    used: dict[str, list[Node]] = defaultdict(list)
    for node in (n for tree in trees for n in nodes(tree) if n.kind == "scripts"):
        if (found := written(node.nodes[0])) is not None:
            used[found.stem] += [s for mark, s in scripts_of(node) if mark == "_" and s is not None]
    counted = set().union(*map(_counted, trees)) if trees else set()
    alone = {text_of(s) for scripts in used.values() for s in scripts if len(items(s)) == 1}
    said = set(re.findall(r"(?<![\w\\])[A-Za-z]{2,}(?!\w)", prose))
    certain: set[str] = set()
    possible: set[str] = set()
    several = {s.head for scripts in used.values() for s in map(unwrapped, scripts) if s.kind == "name"}
    orders = Counter("".join(sorted(word)) for word in several)
    for word in several:
        if not word.isalpha() or len(word) < 2 or not word.isascii() or not any(map(str.isupper, word)) or (
                orders["".join(sorted(word))] > 1):
            continue  # A_{IJ} beside B_{JI}: indices
        if word in said and not set(word) <= counted:
            certain.add(word)
        elif word.isupper() and not set(word) & counted:
            (possible if set(word) & alone else certain).add(word)
    letters = set()
    for stem, scripts in used.items():
        if stem not in STATISTICS and any(is_label(s) and len(text_of(s).strip()) > 1 or unwrapped(s).head in certain
                                          for s in scripts):
            letters |= {(stem, text) for s in scripts if unwrapped(s).kind == "name" and len(text := text_of(s)) == 1
                        and text.isalpha() and text not in COUNTING | counted}
    letters |= _directions(used, counted)
    every = [s for scripts in used.values() for s in scripts]
    numbered = {letter for s in every if (letter := _letter_with_number(unwrapped(s)))} - POSITIONS - counted
    numbered -= {n.head for s in every if not _letter_with_number(unwrapped(s)) for n in nodes(s) if n.kind == "name"}
    return Words(frozenset(certain), frozenset(possible), frozenset(letters), frozenset(numbered),
                 frozenset(_lists(trees, used, said)), frozenset(_functions(trees, used)))


def _functions(trees: Iterable[Node], used: Mapping[str, Sequence[Node]]) -> Iterator[tuple[str, str]]:
    """f and 1 of f_1(x) = …, where f has numbers below it only: no vector has such entries."""
    for node in (n for tree in trees for n in nodes(tree) if n.kind == "chain"):
        side = node.nodes[0]
        if side.kind != "product" or len(side.parts) != 2 or [n.kind for n in side.nodes] != ["scripts", "group"] or (
                side.nodes[1].head != "(" or not is_call(side.nodes[1])):
            continue
        name, inside = written(side.nodes[0]), items(side.nodes[1])
        if name is None or len(name.lower) != 1 or name.upper or name.inside or len(inside) != 1 or (
                written(inside[0]) is None or text_of(node.nodes[1]).strip() not in ("=", ":=")):
            continue
        if all(unwrapped(s).kind == "number" for s in used[name.stem]):
            yield name.stem, unwrapped(name.lower[0]).head


def _lists(trees: Iterable[Node], used: Mapping[str, Sequence[Node]], said: Set[str]) -> set[tuple[str, str]]:
    """What looks like a word but is a list of indices: `in` of Σ_n x_{in} beside x_{ij}, `mchw` of Σ_{mhw} x_{mchw}.

    A sum goes over one of the letters and has it nowhere else, and the others are indices, too; or nobody says the
    word, and it has a letter at the same place as one such list of the same length: x_{nckl} beside x_{mchw}.
    """
    every = [unwrapped(s) for scripts in used.values() for s in scripts]
    indices = {text_of(i).strip() for s in every if len(items(s)) > 1 or len(text_of(s).strip()) == 1 for i in items(s)}
    found: set[tuple[str, str]] = set()
    for node in (n for tree in trees for n in nodes(tree) if n.kind == "big" and n.nodes[0].kind == "scripts"):
        bound = {text_of(i).strip() for mark, s in scripts_of(node.nodes[0]) if mark == "_" and s is not None
                 for part in (unwrapped(s), *unwrapped(s).nodes[:1]) for i in items(part)}
        bound = {letter for letter in bound if len(letter) == 1}
        body = node.nodes[1:]
        free = {n.head for part in body for n in nodes(part) if n.kind == "name" and len(n.head) == 1}
        free |= {text_of(i).strip() for part in body for n in nodes(part) if n.kind == "scripts"
                 for mark, s in scripts_of(n) if s is not None for i in items(s)}
        for part in (n for b in body for n in nodes(b) if n.kind == "scripts"):
            name = written(part.nodes[0])
            for mark, script in scripts_of(part):
                word = unwrapped(script).head if script is not None else ""
                if mark == "_" and name is not None and _is_word(script) and set(word) & (bound - free) and (
                        len(set(word)) == len(word) and set(word) <= bound | indices):
                    found.add((name.stem, word))
    return found | {(stem, word) for stem, scripts in used.items() for s in scripts if _is_word(s)
                    and (word := unwrapped(s).head) not in LABELS | said and len(set(word)) == len(word) and any(
                        len(word) == len(other) and any(a == b for a, b in zip(word, other, strict=True))
                        for _, other in found)}


def _is_word(script: Node | None) -> bool:
    """Whether a subscript is taken as a word that is not set in upright letters."""
    return script is not None and unwrapped(script).kind == "name" and is_label(script)


def _directions(used: Mapping[str, Sequence[Node]], counted: Set[str]) -> set[tuple[str, str]]:
    """h and w of n_h, n_w and k_h, k_w: height and width, where they stand in no other way in a subscript."""
    alone = {stem: {text_of(s).strip() for s in scripts} for stem, scripts in used.items()}
    more = {n.head for scripts in used.values() for s in scripts if len(text_of(s).strip()) > 1
            for n in nodes(s) if n.kind == "name"}
    return {(stem, letter) for pair in ({"h", "w"}, {"H", "W"}) if not pair & (counted | more | used.keys())
            for stem, texts in alone.items() if pair <= texts for letter in pair}


def _letter_with_number(script: Node) -> str:
    """h of the subscript h1; empty for any other one."""
    if script.kind != "product" or [n.kind for n in script.nodes] != ["name", "number"] or len(script.parts) != 2:
        return ""
    letter = script.nodes[0].head
    return letter if len(letter) == 1 and letter.isalpha() else ""


def _counted(tree: Node) -> set[str]:
    """Letters that a formula sums over, gives a range, counts with, or puts in brackets."""
    found: set[str] = set()
    for node in nodes(tree):
        if node.kind == "big" and node.nodes[0].kind == "scripts":
            found |= {n.head for mark, s in scripts_of(node.nodes[0]) if mark == "_" and s is not None
                      for n in nodes(s) if n.kind == "name"}
        elif node.kind == "chain":
            found |= set(_in_range(node.nodes))
        elif node.kind in ("scripts", "index") and (name := written(node)) is not None:
            found |= {n.head for i in (*name.lower, *name.inside) if unwrapped(i).kind == "sum" or i in name.inside
                      for n in nodes(i) if n.kind == "name"}
    return found


def _in_range(sides: Sequence[Node]) -> Iterator[str]:
    """i of i ∈ …, 1 ≤ i ≤ n and i = 1."""
    for n, side in enumerate(sides):
        beside = sides[n + 1] if n + 1 < len(sides) else side
        if side.kind == "name" and (beside.head in RANGES or (beside.head == "=" and sides[n + 2:n + 3] and (
                sides[n + 2].head in ("0", "1")))):
            yield side.head
