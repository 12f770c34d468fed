"""Indices in parentheses: S(i,j) = Σ_m Σ_n I(i+m, j+n) K(m,n), as signals and images are written.

A name is read so if its parentheses always hold as many whole-number expressions, and an index that the document sums
over in one of them; with one index it stands nowhere without them. f(x) stays a function, n(n+1) a product.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from symcnn.document.claims.names import APPLIED
from symcnn.document.reading.forms import differential
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.signs import STARS
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import is_transposition, nodes, scripts_of, text_of, unwrapped, written

NO_SIGNALS = (APPLIED - {"f", "g", "phi", "psi"}) | frozenset("O Theta exp log ln tanh relu ReLU".split())

GREEK = frozenset("delta Delta epsilon varepsilon zeta theta kappa omega xi".split())
"""Letters of errors and weights that are whole words; none that names an activation or a size of the field."""

DERIVED = frozenset((r"\partial", "∂", "d", r"\nabla", "∇"))


@dataclass
class _Uses:
    counts: set[int] = field(default_factory=set)
    letters: set[str] = field(default_factory=set)
    bare: bool = False
    left: bool = False
    plain: bool = True


def signals(trees: Iterable[Node]) -> frozenset[str]:
    """The names of a document whose indices stand in parentheses."""
    uses: dict[str, _Uses] = defaultdict(_Uses)
    summed: set[str] = set()
    vectors: set[str] = set()
    entries = False
    for tree in trees:
        entries |= any(len(n.parts) == 2 and _with_arguments(n) for n in nodes(tree))
        inside = {id(n) for node in nodes(tree) for group in _with_arguments(node) for n in nodes(group)
                  if _is_starred(n)} | set(_named_as_a_whole(tree))
        for node in nodes(tree):
            summed |= _summed(node)
            vectors |= _no_index(node)
            for place, part in enumerate(node.parts):
                if isinstance(part, Node) and not (node.kind == "scripts" and place == 0) and id(node) not in inside:
                    _note(uses, node, place, part)
    summed -= vectors
    if not summed:
        return frozenset()
    able = {stem for stem, use in uses.items() if use.plain and len(use.counts) == 1
            and not (use.bare and use.counts == {1}) and stem not in NO_SIGNALS and (
                len(stem) == 1 or "_" in stem or stem in GREEK)}
    found = {stem for stem in able if uses[stem].letters & summed}
    # y(n) = Σ_k h(k) x(n - k): n is an index of x, so it is one of y.
    known = {letter for stem in found for letter in uses[stem].letters}
    found |= {stem for stem in able if uses[stem].left and uses[stem].letters and uses[stem].letters <= known}
    single = {stem for stem in found if uses[stem].counts == {1}}
    if not entries and not any(uses[stem].left for stem in found):
        found -= single  # a(i - j) may be a product; y(i) = … is none
    return frozenset(found)


def _no_index(node: Node) -> set[str]:
    """w of w^T and of ∂J/∂w: what is transposed or differentiated by is no index of J(w, μ)."""
    if node.kind == "command" and node.head.endswith("frac") and len(node.nodes) == 2:
        by = differential(node.nodes[1]) if differential(node.nodes[0]) is not None else None
        found = written(by) if by is not None else None
    else:
        found = written(node) if node.kind == "scripts" and any(
            mark == "^" and s is not None and is_transposition(unwrapped(s)) for mark, s in scripts_of(node)) else None
    return {found.stem} if found is not None and not found.lower else set()


def _is_starred(node: Node) -> bool:
    """Whether a node is f ∗ g."""
    return node.kind == "product" and any(isinstance(p, Token) and p.text in STARS for p in node.parts)


def _named_as_a_whole(tree: Node) -> Iterator[int]:
    """What only names a whole signal: a formula that is its name, x ∈ R^n, and both sides of y = w ∗ x."""
    for node in nodes(tree):
        inner = [p for p in node.parts if isinstance(p, Node) and p != EMPTY]
        if node is tree and len(inner) == 1 and len(inner[0].nodes) == 1:
            yield from (id(node), id(inner[0]))
        if node.kind == "chain" and len(node.nodes) == 3 and (
                text_of(node.nodes[1]).strip() in (r"\in", "∈") or _is_starred(node.nodes[2])
                and all(n.kind in ("name", "scripts", "command") for n in node.nodes[2].nodes)):
            yield from (id(node), id(node.nodes[2]))


def _with_arguments(node: Node) -> list[Node]:
    """The groups (f ∗ g) of a product with other parentheses right behind them: (f ∗ g)(n)."""
    if node.kind != "product":
        return []
    return [part for part, behind in zip(node.parts, node.parts[1:], strict=False)
            if isinstance(part, Node) and isinstance(behind, Node) and part.kind == behind.kind == "group"
            and part.head == behind.head == "(" and any(map(_is_starred, part.nodes[0].nodes if part.nodes else ()))]


def _note(uses: dict[str, _Uses], node: Node, place: int, part: Node) -> None:
    if part.kind not in ("name", "scripts", "command"):
        return
    found = written(part)
    if found is None:
        return
    use = uses[found.stem]
    inside = _indices(node, place)
    if inside is None:
        use.bare |= not _is_script(node, place)
        return
    if not inside or found.upper and not found.upper_in_parentheses:
        use.plain = False
        return
    use.counts.add(len(inside))
    for item in inside:
        use.letters |= {n.head for n in nodes(item) if n.kind == "name"}
        use.plain &= _is_affine(item)
    use.left |= node.kind == "product" and len(node.parts) == 2


def _is_script(node: Node, place: int) -> bool:
    return node.kind == "scripts" and place > 0


def _indices(node: Node, place: int) -> Sequence[Node] | None:
    """What stands in the parentheses behind a factor; None without these, nothing where they hold no list."""
    behind = node.parts[place + 1] if node.kind == "product" and place + 1 < len(node.parts) else None
    if not isinstance(behind, Node) or behind.kind != "group" or behind.head != "(":
        return None
    clauses = [n for n in behind.nodes if n.parts]
    if len(clauses) != 1 or clauses[0].kind != "clauses":
        return ()
    parts = clauses[0].parts
    if any(isinstance(p, Token) and p.text != "," for p in parts):
        return ()
    return [p for p in parts if isinstance(p, Node)]


def _is_affine(item: Node) -> bool:
    """Whether an item is made of letters and numbers with + and −, and at most products of these: 2i + k − 1."""
    item = unwrapped(item)
    match item.kind:
        case "number":
            return item.head.isdigit()
        case "name":
            return len(item.head) == 1 or item.head.startswith("\\")
        case "scripts":
            return item.nodes[0].kind == "name" and all(
                mark == "'" or (mark == "_" and s is not None and unwrapped(s).kind == "number")
                for mark, s in scripts_of(item))
        case "sum" | "sign" | "product":
            return all(map(_is_affine, item.nodes)) and all(
                p.text in ("+", "-", r"\cdot", "*") for p in item.parts if isinstance(p, Token))
    return False


def _summed(node: Node) -> set[str]:
    """The letters under the sign of a sum or of a maximum."""
    if node.kind != "big" or node.nodes[0].kind != "scripts":
        return set()
    return {n.head for mark, script in scripts_of(node.nodes[0]) if mark == "_" and script is not None
            for n in nodes(script) if n.kind == "name" and (len(n.head) == 1 or n.head.startswith("\\"))}


def without_brackets(tree: Node) -> Node:
    r"""The tree with X_{ij} for [X]_{ij}, brackets around a name alone that has indices behind them; ∂[X]_{ij}, too."""
    parts = [without_brackets(p) if isinstance(p, Node) and p.parts else p for p in tree.parts]
    base = parts[0] if tree.kind == "scripts" else EMPTY
    if isinstance(base, Node) and isinstance(mark := parts[1] if len(parts) > 1 else None, Token) and mark.text == "_":
        if base.kind == "group" and (name := _in_brackets(base)) is not None:
            return Node("scripts", (name, *parts[1:]))
        if base.kind == "index" and base.nodes[0].head in DERIVED and (name := _in_brackets(base.nodes[1])) is not None:
            return Node("product", (base.nodes[0], Node("scripts", (name, *parts[1:]))))
    return tree if all(a is b for a, b in zip(parts, tree.parts, strict=True)) else Node(tree.kind, tuple(parts))


def _in_brackets(group: Node) -> Node | None:
    """[X] as {X}; None for anything else in brackets."""
    inside = [n for clause in group.nodes for n in clause.nodes] if group.head == "[" else []
    return Node("braces", group.parts) if len(inside) == 1 and inside[0].kind in ("name", "command") and (
        written(inside[0]) is not None) else None


def with_indices(tree: Node, stems: frozenset[str]) -> Node:
    """The tree with the parentheses behind these names as their indices."""
    parts: list[Node | Token] = []
    applied = [id(group) for group in _with_arguments(tree)]
    for original, part in zip((None, *tree.parts), tree.parts, strict=False):
        if not isinstance(part, Node):
            parts.append(part)
            continue
        before = parts[-1] if parts else None
        of_a_name = isinstance(before, Node) and before.kind in ("name", "scripts", "command") and (
            tree.kind == "product" and part.kind == "group" and part.head == "(") and (
            found := written(before)) is not None and found.stem in stems
        if isinstance(before, Node) and (of_a_name or id(original) in applied and any(
                w.stem in stems for n in nodes(before) if (w := written(n)) is not None)):
            parts[-1] = Node("index", (before, part))
        else:
            parts.append(part if part == EMPTY else with_indices(part, stems))
    if tree.kind == "product" and len(parts) == 1 and isinstance(parts[0], Node):
        return parts[0]
    return Node(tree.kind, tuple(parts)) if parts else tree
