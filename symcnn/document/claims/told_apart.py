"""Letters below a name that tell things apart: T_A = 300 beside T_B = 250 are two numbers and no sequence.

So do the t and the b of p_t = p_h / 2 and p_b = (p_h + 1) / 2: neither formula is one for every index.
So does a parameter that something depends on, J_λ = J + λ/2 ‖w‖² is another cost than J; and the h of b_h, which is
given as a whole matrix, beside h_1 and h_2.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from symcnn.document.reading.node import Node
from symcnn.document.reading.written import nodes, text_of, unwrapped, written


PARAMETERS = frozenset((r"\lambda", r"\alpha", r"\beta", r"\gamma", r"\eta", r"\rho", r"\tau", r"\kappa", r"\epsilon",
                        r"\varepsilon"))
"""Letters for weights of terms, rates and small numbers."""


def told_apart(trees: Sequence[Node]) -> set[str]:
    """The letters below names of which the document gives several values, no sum going over them."""
    values: dict[str, dict[str, str]] = defaultdict(dict)
    for stem, letter, value in _values(trees):
        values[stem].setdefault(letter, value)
    found = {letter for of in values.values() if len(of) > 1 and len(set(of.values())) > 1 for letter in of}
    found |= _made_of_each_other(trees)
    found |= set(_of_matrices(trees)) & {name.stem for tree in trees for n in nodes(tree) if n.kind == "scripts" and (
        name := written(n)) is not None and name.lower and unwrapped(name.lower[0]).kind == "number"}
    if found:
        found -= {t.text for tree in trees for n in nodes(tree) if n.kind == "big" for t in n.nodes[0].tokens}
    return found


def parameters_below(trees: Sequence[Node]) -> set[str]:
    """The parameters below names that stand as numbers in formulas, too, no sum going over them."""
    below = {text for tree in trees for n in nodes(tree) if n.kind == "scripts" and (found := written(n)) is not None
             and len(found.lower) == 1 and (text := text_of(found.lower[0]).strip()) in PARAMETERS}
    if below:
        below &= {n.head for tree in trees for n in _in_line(tree)}
        below -= {t.text for tree in trees for n in nodes(tree) if n.kind == "big" for t in n.nodes[0].tokens}
    return below


def _in_line(node: Node) -> Iterator[Node]:
    """The names of a formula that stand neither below nor above others."""
    if node.kind == "name":
        yield node
    for part in node.nodes[:1] if node.kind in ("scripts", "index") else node.nodes:
        yield from _in_line(part)


def _made_of_each_other(trees: Iterable[Node]) -> set[str]:
    """The letters below names of one stem that have formulas without that letter, made of others of that stem."""
    made: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for node in (n for tree in trees for n in nodes(tree) if n.kind == "chain" and len(n.nodes) == 3):
        name = written(node.nodes[0]) if node.nodes[0].kind == "scripts" else None
        if name is None or len(name.lower) != 1 or name.upper or name.inside or text_of(node.nodes[1]).strip() != "=":
            continue
        letter = text_of(name.lower[0]).strip()
        others = {w.stem.partition("_")[2] or text_of(w.lower[0]).strip() for n in nodes(node.nodes[2])
                  if n.kind == "scripts" and (w := written(n)) is not None and (
                      w.stem == name.stem and len(w.lower) == 1 or w.stem.startswith(f"{name.stem}_"))}
        if len(letter) == 1 and letter.isalpha() and all(len(o) == 1 and o.isalpha() for o in others) and others and (
                letter not in {t.text for t in node.nodes[2].tokens}):
            made[name.stem][letter] = others
    return {letter for of in made.values() if len(of) > 1 for made_of in of.values() for letter in {*of, *made_of}}


def _of_matrices(trees: Iterable[Node]) -> Iterator[str]:
    """The letters below names that are given as a matrix written out."""
    for node in (n for tree in trees for n in nodes(tree) if n.kind == "chain" and len(n.nodes) > 2):
        name = written(node.nodes[0]) if node.nodes[0].kind == "scripts" else None
        if name is not None and len(name.lower) == 1 and node.nodes[2].kind == "rows" and (
                text_of(node.nodes[1]).strip() == "="):
            yield text_of(name.lower[0]).strip()


def _values(trees: Iterable[Node]) -> Iterator[tuple[str, str, str]]:
    """Names with one capital letter below, and the number that stands behind their sign of equality."""
    for node in (n for tree in trees for n in nodes(tree) if n.kind == "chain" and len(n.nodes) == 3):
        name = written(node.nodes[0]) if node.nodes[0].kind == "scripts" else None
        value = node.nodes[2]
        number = value if value.kind == "number" else value.nodes[0] if value.kind == "product" and (
            len(value.nodes) == 2 and value.nodes[1].kind in ("name", "text")) else None
        if name is not None and len(name.lower) == 1 and not name.upper and not name.inside and (
                text_of(node.nodes[1]).strip() == "=") and number is not None and number.kind == "number":
            letter = text_of(name.lower[0]).strip()
            if len(letter) == 1 and letter.isupper():
                yield name.stem, letter, text_of(number)
