"""Slips of whole names and of what surrounds them, for the search for repairs: another name that the document has,
a factor, a sum with the transpose, a root, an exponential or a fraction that is missing, a superscript or a bound that
is shifted, a relation that is turned round."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import index_text, nodes, rows_of, scripts_of, unwrapped, written
from symcnn.document.repair.edits import places_in, plain_text, under_sums, with_edits

MOST_NAMES = 40
MOST_SLOPES = 6
SPACE = re.compile(r"^(?:\\[,;:!]|~|\\ |\s)+")
ACCENTS = re.compile(r"\\(?:hat|bar|tilde|dot|vec|widehat|widetilde|overline|mathbf|boldsymbol|bm|mathcal)\b")
TURNED = {"<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le", r"\leq": r"\geq", r"\geq": r"\leq", r"\lt": r"\gt",
          r"\gt": r"\lt"}
NAMED = ("name", "scripts", "index", "command")


KnownName = tuple[str, frozenset[str]]
"""A name as it is written, and the letters in its scripts."""


def names_in(trees: Iterable[Node]) -> list[KnownName]:
    """The slopes at an argument of a document, f'(z), then its names, those first that are written most often."""
    trees = list(trees)
    found: Counter[KnownName] = Counter()
    for node in (n for tree in trees for n in _whole_names(tree)):
        text = SPACE.sub("", plain_text(node))
        found[text, indices_of(node)] += 1
    alone = {text for text, _ in found if len(text) == 1}
    for text, indices in list(found):
        # w x written without a space, where w stands alone elsewhere
        if text.isalpha() and len(text) == 2 and alone & set(text):
            found.update((letter, indices) for letter in text)
    slopes = dict.fromkeys(slope for tree in trees for slope in _slopes(tree))
    return [*itertools.islice(slopes, MOST_SLOPES), *(name for name, _ in found.most_common(MOST_NAMES))]


def _slopes(tree: Node) -> Iterator[KnownName]:
    """The slopes of functions at an argument, f'(z_i), as they are written, with the letters in the scripts there."""
    for function, argument in (pair for n in nodes(tree) for pair in itertools.pairwise(n.parts)):
        if isinstance(function, Node) and isinstance(argument, Node) and argument.kind == "group" and (
                argument.head == "(" and (name := written(function)) is not None and name.primes):
            letters = indices_of(function).union(*(indices_of(n) for n in nodes(argument) if n.kind in NAMED))
            yield f"{plain_text(function)}{plain_text(argument)}", letters


def _whole_names(node: Node) -> Iterator[Node]:
    """The names of a formula, not those in their indices nor the variables of sums."""
    if node.kind in NAMED and node.start >= 0 and (name := written(node)) is not None and name.stem[:1].isalpha():
        if name.stem not in ("partial", "nabla", "cdot", "times"):
            yield node
        return
    for part in node.nodes[node.kind == "big":]:
        yield from _whole_names(part)


def slips(side: Node, other: Node, known: Sequence[KnownName]) -> list[Iterator[str]]:
    """The kinds of edits; `known` are the names of the document as they are written, with their indices."""
    letters = {index_text(n) for part in (side, other) for n in under_sums(part)}.union(
        *(indices_of(n) for part in (side, other) for n in nodes(part) if n.kind in NAMED))
    here = [(text, indices) for text, indices in known if indices <= letters]
    texts = [text for text, _ in here]
    return [_superscripts(side), _other_names(side, here), _wrapped(side), _with_transposes(side), _turned(side),
            _bounds(side), _missing_factors(side, other, texts), _cells(side)]


def indices_of(node: Node) -> frozenset[str]:
    """The letters in the scripts of a name."""
    name = written(node)
    places = () if name is None else (*name.lower, *name.inside, *name.upper)
    return frozenset(index_text(n) for place in places for n in nodes(place)) - {""}


def _other_names(side: Node, known: Sequence[KnownName]) -> Iterator[str]:
    """A name as a whole replaced by another one that the document has, or a number by a name.

    First those that are written alike, as x and x̂, then those with the same indices, then all others.
    """
    places = [(n, plain_text(n), indices_of(n)) for n in _whole_names(side)]
    numbers = [(n, plain_text(n), frozenset[str]()) for n in nodes(side) if n.kind == "number" and n.start >= 0]
    done: set[tuple[int, str]] = set()
    for alike in (lambda a, b, i, j: _letter(a) == _letter(b), lambda a, b, i, j: i == j, lambda a, b, i, j: True):
        for (node, here, letters), (text, indices) in itertools.product([*places, *numbers], known):
            if text != here and (node.start, text) not in done and alike(here, text, letters, indices):
                done.add((node.start, text))
                yield with_edits(side, [(node.start, node.end, f" {text} ")])


def _letter(text: str) -> str:
    """The letter of a name without its accents: x of \\hat{x}_{ij}."""
    bare = ACCENTS.sub("", text).lstrip("{ ")
    return bare[:1] if bare[:1] != "\\" else bare.partition("_")[0]


def _missing_factors(side: Node, other: Node, texts: Sequence[str]) -> Iterator[str]:
    """A name of the document as one factor more of a term, or the n of a sum on the other side before the whole."""
    inner = [n.nodes[-1] for n in nodes(side) if n.kind == "big" and n.start >= 0]
    terms = [*inner, *(n for part in nodes(side) if part.kind == "sum" for n in part.nodes if n.start >= 0)]
    for term in (side, *terms) if side.kind == "product" else (*terms, side):
        for text in texts if term.kind != "number" else ():
            yield with_edits(side, [(term.end, term.end, f" {text} ")])
    plain = dict.fromkeys(plain_text(n) for n in nodes(other) if n.kind == "name" and n.start >= 0
                          and n.head.isalpha() and len(n.head) == 1)
    for text in plain:
        yield f"{text} ({str(side).strip()})" if side.kind == "sum" else f"{text} {str(side).strip()}"


def _superscripts(side: Node) -> Iterator[str]:
    """The superscripts of all names one less or one more, then of each; those of two names exchanged."""
    uppers = [script for part in nodes(side) if part.kind == "scripts" and part.nodes[0].kind != "symbol"
              for mark, script in scripts_of(part) if mark == "^" and script is not None and script.start >= 0]
    of_names: dict[str, list[Node]] = {}
    for part in nodes(side):
        if part.kind == "scripts":
            of_names.setdefault(plain_text(part.nodes[0]), []).extend(
                u for u in uppers if part.start <= u.start and u.end <= part.end)
    for group in (uppers, *of_names.values(), *([u] for u in uppers)):
        yield from (with_edits(side, [(u.start, u.end, _shifted(u, shift)) for u in group]) for shift in (-1, 1)
                    if group)
    for a, b in itertools.combinations(uppers, 2):
        if plain_text(a) != plain_text(b):
            yield with_edits(side, [(a.start, a.end, plain_text(b)), (b.start, b.end, plain_text(a))])


def _shifted(script: Node, shift: int) -> str:
    inner = unwrapped(script)
    if inner.kind == "number" and inner.head.isdigit():
        return f"{{{int(inner.head) + shift}}}"
    return f"{{{plain_text(inner)}{shift:+d}}}"


def _wrapped(side: Node) -> Iterator[str]:
    """One part below a bar, under a root, in an exponent, squared, or one more or less."""
    exponential = any(n.kind == "scripts" and n.nodes[0].head == "e" for n in nodes(side))
    for node in (side, *(n for n in nodes(side) if n is not side)):
        if node.start < 0 or node.kind not in (*NAMED, "function", "group", "number"):
            continue
        text = plain_text(node)
        inner = text[1:-1] if node.kind == "group" and text[:1] == "(" else text
        if node.kind == "function":
            yield with_edits(side, [(node.end, node.end, "^2")])
            continue
        if node.kind in NAMED and written(node) is None:
            continue
        if exponential and node.kind != "number":
            yield with_edits(side, [(node.start, node.end, f"e^{{{inner}}}")])
        yield with_edits(side, [(node.start, node.end, rf"\frac{{1}}{{{inner}}}")])
        yield with_edits(side, [(node.start, node.end, rf"\sqrt{{{inner}}}")])
        if node.kind == "group" or (node.kind == "name" and node.head.isalpha()):
            yield with_edits(side, [(node.start, node.end, f"({inner} + 1)")])
            yield with_edits(side, [(node.start, node.end, f"({inner} - 1)")])


def _with_transposes(side: Node) -> Iterator[str]:
    """A + Aᵀ for a matrix A, entry by entry or as a whole, or half of it; rows for columns where it is written out."""
    for node in _whole_names(side):
        places, text = places_in(node), plain_text(node)
        if len(places) == 2:
            (a, first), (b, second) = ((p, plain_text(p)) for p in places)
            begin = a.start - node.start
            turned = text[:begin] + second + text[a.end - node.start:b.start - node.start] + first + text[
                b.end - node.start:]
            yield with_edits(side, [(node.start, node.end, f"({text} + {turned})")])
        elif node.kind == "name" and node.head.isupper():
            yield with_edits(side, [(node.start, node.end, rf"\frac{{1}}{{2}} ({text} + {text}^T)")])
            yield with_edits(side, [(node.start, node.end, f"({text} + {text}^T)")])
    for node in nodes(side):
        rows = rows_of(node) if node.kind == "rows" and node.start >= 0 else []
        if rows and all(len(r) == len(rows[0]) for r in rows) and len(rows) * len(rows[0]) > 1:
            written_out = r" \\ ".join(" & ".join(plain_text(c) for c in column) for column in zip(*rows, strict=True))
            yield with_edits(side, [(rows[0][0].start, rows[-1][-1].end, written_out)])


def _turned(side: Node) -> Iterator[str]:
    """A relation the other way round; all signs behind the first part of an index the other way round."""
    for node in nodes(side):
        if node.kind == "relation" and node.start >= 0 and plain_text(node) in TURNED:
            yield with_edits(side, [(node.start, node.end, f"{TURNED[plain_text(node)]} ")])
    for node in nodes(side):
        for place in places_in(node):
            signs = [p for p in place.parts if isinstance(p, Token) and p.text in "+-"] if place.kind == "sum" else []
            if len(signs) > 1 and place.start >= 0:
                yield with_edits(side, [(t.start, t.end, "-" if t.text == "+" else "+") for t in signs])


def _bounds(side: Node) -> Iterator[str]:
    """A sum up to as many terms behind its first one; a variable that runs the other way within an index."""
    for part in nodes(side):
        if part.kind != "big" or part.nodes[0].kind != "scripts" or part.start < 0:
            continue
        found = {mark: s for mark, s in scripts_of(part.nodes[0]) if s is not None}
        under, upper = found.get("_"), found.get("^")
        begin = next((n for n in nodes(under) if n.kind == "chain"), None) if under is not None else None
        if begin is None or upper is None or len(begin.nodes) != 3 or upper.start < 0:
            continue
        name, _, lower = begin.nodes
        first, last = plain_text(lower), plain_text(unwrapped(upper))
        if first != "0":
            yield with_edits(side, [(upper.start, upper.end, f"{{{first}+{last}}}")])
        for read in nodes(part.nodes[1]):
            for place in places_in(read):
                for sign, term in itertools.pairwise(place.parts) if place.kind == "sum" else ():
                    if isinstance(sign, Token) and sign.text in "+-" and isinstance(term, Node) and (
                            plain_text(term) == plain_text(name)):
                        yield with_edits(side, [(sign.start, term.end, f"+{last}-{plain_text(name)}")])


def _cells(side: Node) -> Iterator[str]:
    """One entry of a matrix twice or half as large, or with the other sign."""
    for node in nodes(side):
        for cell in (c for row in (rows_of(node) if node.kind == "rows" else ()) for c in row if c.start >= 0):
            yield from (with_edits(side, [(cell.start, cell.end, f" {sign}{plain_text(cell)} ")])
                        for sign in ("2", "-", "3") if plain_text(cell) != "0")
