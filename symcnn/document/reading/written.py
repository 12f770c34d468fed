"""How a name is written: its letter with accents and labels, its indices, powers and primes; and how to walk trees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.signs import BRACKETS, TEXT
from symcnn.document.reading.tokens import Token

STYLES = frozenset(r"\mathbf \boldsymbol \bm \mathrm \mathit \mathsf \bold \pmb \rm \bf \it \ensuremath \mathop \emph "
                   r"\operatorname \operatorname* \underline \mathtt".split())
ACCENTS = {r"\hat": "hat", r"\widehat": "hat", r"\tilde": "tilde", r"\widetilde": "tilde", r"\bar": "bar",
           r"\overline": "bar", r"\vec": "vec", r"\dot": "dot", r"\mathcal": "cal", r"\mathbb": "bb", r"\Bbb": "bb",
           r"\mathfrak": "frak", r"\mathscr": "cal", r"\check": "check", r"\ddot": "ddot", r"\breve": "breve"}
LABELS = frozenset("in out eff pad raw max min full pool conv new old true pred hh xh hy xy ih ho wx total params "
                   "valid same next prev loss train test std mean bias weight input output kernel def avg reg sum tot "
                   "val enc dec adv cls rec hid obs opt ref src tgt err inp mid fin low top bot bwd fwd bit run cur "
                   "sep pos neg col row gap vec emb seq tok mac ema mov img cell gate".split())
DOTS = frozenset((r"\dots", r"\ldots", r"\cdots", r"\dotsb", r"\dotsc", r"\dotsm", "…", "⋯", "..."))
"""What stands for what is left out in a row, a sum or a product."""
TRANSPOSED = frozenset(("T", r"\top", r"\intercal", r"\mathsf{T}", r"\mathrm{T}"))
GAPS = frozenset((",", r"\,", r"\;", r"\:", "\\ "))
CONDITIONED = frozenset(("1", "𝟙", "I", "\\delta", "δ"))
"""What is 1 where the condition below it holds, and 0 elsewhere."""
DECORATIONS = frozenset(("*", "+", r"\ast", r"\star", r"\dagger", r"\circ"))


@dataclass(frozen=True)
class Written:
    """A name as written once: its stem (base, accents and labels) and its scripts.

    `lower` and `upper` are the items of the subscript and superscript, `inside` those of [brackets].
    """

    stem: str
    lower: tuple[Node, ...] = ()
    upper: tuple[Node, ...] = ()
    inside: tuple[Node, ...] = ()
    primes: int = 0
    upper_in_parentheses: bool = False


def written(node: Node) -> Written | None:
    """How a name is written; None for a node that is no name."""
    kept = node.__dict__
    if "written" not in kept:
        kept["written"] = _written(node)
    return kept["written"]  # type: ignore[no-any-return]


def _written(node: Node) -> Written | None:
    match node.kind:
        case "name":
            return Written(node.head.lstrip("\\"))
        case "text":
            return Written(text_of(node).strip())
        case "command" if node.head in STYLES and node.nodes:
            return _of_braces(node.nodes[0])
        case "command" if node.head in ACCENTS and node.nodes:
            inside = _of_braces(node.nodes[0])
            return None if inside is None else Written(
                f"{inside.stem}_{ACCENTS[node.head]}", inside.lower, inside.upper, (), inside.primes)
        case "braces":
            return _of_braces(node)
        case "index" if is_condition(node.nodes[1]):
            return None
        case "index":
            base = written(node.nodes[0])
            return None if base is None else Written(base.stem, base.lower, base.upper, _between_commas(node.nodes[1]),
                                                     base.primes)
        case "scripts" if condition_below(node) is not None:
            return None
        case "scripts":
            return _of_scripts(node)
        case "symbol" if node.head in ("ℓ", "∂", r"\ell"):
            return Written(node.head)
    return None


def _of_braces(node: Node) -> Written | None:
    inner = unwrapped(node)
    if inner.kind == "braces":
        return None
    found = written(inner)
    if found is None and inner.kind in ("name", "product"):
        words = [n.head for n in inner.nodes if n.kind == "name"]
        return Written("".join(words)) if len(words) == len(inner.parts) else None
    return found


def _of_scripts(node: Node) -> Written | None:
    group, scripts = node.nodes[0], list(scripts_of(node))
    if group.kind == "group" and group.head == "(" and group.inner is not None and (
            len(scripts) == 1 and scripts[0][0] == "^" and scripts[0][1] is not None
            and is_transposition(scripts[0][1])):
        base = written(group.nodes[0].nodes[0])  # (x_t)^T is x_t^T
    else:
        base = written(group)
    if base is None and group.kind == "command" and group.head in STYLES and [m for m, _ in scripts] == ["'"] and (
            (function := unwrapped(group.nodes[0])).kind == "symbol" and function.head.isalpha()):
        return Written(function.head, primes=1)  # the slope of a function without an argument, \operatorname{ReLU}'
    if base is None:
        return None
    lower, upper, primes, in_parentheses, label = base.lower, base.upper, base.primes, base.upper_in_parentheses, ""
    for mark, argument in scripts_of(node):
        if mark in ("'", r"\prime"):
            primes += 1
        elif argument is None:
            continue
        elif mark == "^" and (count := _primes(argument)):
            primes += count
        elif mark == "^":
            inner = unwrapped(argument)
            if inner.kind == "symbol" and inner.head in DECORATIONS:
                label += "_star"
                continue
            if inner.kind == "product" and len(inner.parts) == len(inner.nodes) > 1 and (
                    [n.head if n.kind == "group" else "" for n in inner.nodes[:2]] == ["[", "("]) and (
                    all(map(is_transposition, inner.nodes[2:]))):
                label += "^" + "".join(t.text for t in inner.nodes[0].tokens)[1:-1]  # z^{[2](i)}: of layer 2, sample i
                inner = inner.nodes[1] if len(inner.nodes) == 2 else Node("product", inner.parts[1:])
            last: tuple[Node, ...] = ()
            if inner.kind == "product" and len(inner.nodes) == len(inner.parts) == 2 and inner.nodes[0].head in (
                    "(", "[") and is_transposition(inner.nodes[1]):
                inner, last = inner.nodes[0], inner.nodes[1:]  # W^{(l)T}
            in_parentheses |= inner.kind == "group" and inner.head in ("(", "[")
            upper += (*items(inner if inner.kind == "group" and inner.head in ("(", "[") else argument), *last)
        else:
            found, inner = with_slices(argument) or items(argument), unwrapped(argument)
            if inner.kind == "index" and inner.nodes[0].kind == "name":
                label += "_" + inner.nodes[0].head.lstrip("\\")  # s_{a[i]}: the entry i of s_a
                lower += items(inner.nodes[1])
            elif found and all(is_label(i) for i in found):
                label += "_" + "".join(text_of(i).strip().lstrip("\\") for i in found)
            else:
                lower += tuple(i for i in found if not is_label(i))
                label += "".join("_" + text_of(i).strip().lstrip("\\") for i in found if is_label(i))
    return Written(base.stem + label, lower, upper, base.inside, primes, in_parentheses)


def scripts_of(node: Node) -> Sequence[tuple[str, Node | None]]:
    """The marks ^, _ and ' of a node of kind scripts, with their arguments."""
    kept = node.__dict__
    if "scripts" not in kept:
        kept["scripts"] = tuple(_scripts_of(node))
    return kept["scripts"]  # type: ignore[no-any-return]


def _scripts_of(node: Node) -> Iterator[tuple[str, Node | None]]:
    parts = node.parts[1:]
    for place, part in enumerate(parts):
        if isinstance(part, Token):
            after = parts[place + 1] if place + 1 < len(parts) else None
            yield part.text, after if isinstance(after, Node) and part.text in "^_" else None


def _primes(argument: Node) -> int:
    found = [t.text for t in argument.tokens if t.text not in "{}"]
    return len(found) if found and all(t in (r"\prime", "'") for t in found) else 0


def is_condition(group: Node) -> bool:
    """Whether brackets hold one relation, or several with commas between them: [i = j, k = l], which is 1 or 0."""
    if group.kind != "group" or group.head != "[" or len(group.nodes) != 1:
        return False
    inside = [p for p in group.nodes[0].parts if p != EMPTY and not (isinstance(p, Token) and p.text in GAPS)]
    return bool(inside) and all(isinstance(p, Node) and p.kind == "chain" for p in inside)


def condition_below(node: Node) -> Node | None:
    r"""The clauses of \delta_{i=j}, \mathbb{1}_{i=j} and 1_{\{i=j\}}, which are 1 or 0; None for anything else."""
    if node.kind != "scripts":
        return None
    base = node.nodes[0].nodes[0] if node.nodes[0].kind == "command" and node.nodes[0].nodes else node.nodes[0]
    if text_of(base).strip() not in CONDITIONED:
        return None
    scripts = list(scripts_of(node))
    if len(scripts) != 1 or scripts[0][0] != "_" or scripts[0][1] is None:
        return None
    inside = scripts[0][1]
    while inside.kind in ("braces", "group") and len(inside.nodes) == 1 and len(inside.nodes[0].nodes) == 1 and (
            inside.nodes[0].nodes[0].kind in ("braces", "group")):
        inside = inside.nodes[0].nodes[0]
    if inside.kind not in ("braces", "group") or len(inside.nodes) != 1:
        return None
    parts = [p for p in inside.nodes[0].parts if p != EMPTY and not (isinstance(p, Token) and p.text in GAPS)]
    return inside.nodes[0] if parts and all(isinstance(p, Node) and p.kind == "chain" for p in parts) else None


def unwrapped(node: Node) -> Node:
    """What stands alone inside braces."""
    while node.kind == "braces" and len(node.nodes) == 1 and len(node.nodes[0].nodes) == 1 and (
            node.nodes[0].kind == "clauses") and not any(isinstance(p, Token) for p in node.nodes[0].parts):
        node = node.nodes[0].nodes[0]
    return node


def items(node: Node) -> tuple[Node, ...]:
    """The items of a script or of brackets: i, j and ij alike are two, i+1 is one."""
    kept = node.__dict__
    if "items" not in kept:
        kept["items"] = _items(node)
    return kept["items"]  # type: ignore[no-any-return]


def items_behind(node: Node) -> tuple[Node, ...] | None:
    """The items of the brackets of a[i, j] or of the one subscript of a_{i, j}; None for anything else."""
    if node.kind == "index":
        return items(node.nodes[1])
    scripts = [(mark, s) for mark, s in scripts_of(node) if s is not None] if node.kind == "scripts" else []
    return items(scripts[0][1]) if len(scripts) == 1 and scripts[0][0] == "_" else None


def _items(node: Node) -> tuple[Node, ...]:
    node = unwrapped(node)
    if node.kind in ("braces", "group") and node.head not in BRACKETS:
        return tuple(i for clause in node.nodes for part in clause.nodes for i in items(part))
    if node.kind == "name" and node.head.isalpha() and len(node.head) > 1 and not is_label(node):
        (token,) = node.tokens
        return tuple(Node("name", (Token("word", c, token.start + n),)) for n, c in enumerate(node.head))
    if node.kind == "product" and all(isinstance(p, Node) and (written(p) is not None or p.kind == "number")
                                      for p in node.parts) and not any(
            p.kind == "number" and p.head not in ("0", "1") for p in node.nodes[:1]):  # w_{1j} beside x_{2i}
        return tuple(i for p in node.nodes for i in items(p))
    if node.kind == "scripts" and node.nodes[0].kind == "name" and len(node.nodes[0].head) > 1 and (
            node.nodes[0].head.isalpha() and not is_label(node.nodes[0])):
        *before, last = items(node.nodes[0])
        return (*before, Node("scripts", (last, *node.parts[1:])))
    return () if node == EMPTY else (node,)


def with_slices(script: Node) -> tuple[Node, ...]:
    """The items of a script or of brackets with parts of axes among them, `:, j` or `1:t, j`; empty without these."""
    if script.kind not in ("braces", "group") or not any(
            isinstance(p, Token) and p.text == ":" for clause in script.nodes for p in clause.parts):
        return ()
    found: list[Node] = []
    for clause in script.nodes:
        parts: list[Node | Token] = []
        for part in (*clause.parts, Token("end", ",", -1)):
            if not isinstance(part, Token) or part.text == ":":
                parts.append(part)
            elif parts:
                cut = any(isinstance(p, Token) for p in parts)
                found += [Node("slice", tuple(parts))] if cut else [
                    i for p in parts if isinstance(p, Node) for i in items(p)]
                parts = []
    return tuple(found)


def is_whole_axis(index: Node) -> bool:
    """Whether an index is a colon alone."""
    return index.kind == "slice" and len(index.parts) == 1


def _between_commas(brackets: Node) -> tuple[Node, ...]:
    """The items of brackets, where commas stand between indices: s i in X[s i, j] is a product."""
    if slices := with_slices(brackets):
        return slices
    parts = [n for clause in brackets.nodes for n in clause.nodes]
    return tuple(i for n in parts for i in ((n,) if n.kind == "product" else items(n)))


def is_label(node: Node) -> bool:
    """Whether a script is a word that belongs to the name, as in H_{out} or C_\\text{in}."""
    node = unwrapped(node)
    if node.kind == "text" or (node.kind == "command" and node.head in (r"\mathrm", r"\operatorname", r"\rm")):
        return True
    if node.kind in ("sum", "product") and any(is_label(n) for n in node.nodes):
        return True
    if node.kind in ("name", "symbol") and node.head.lstrip("\\") in ("max", "min", "sum"):
        return True
    return node.kind == "name" and (node.head in LABELS or (len(node.head) > 3 and node.head.isalpha()))


def text_of(node: Node) -> str:
    """The characters of a node without commands and braces."""
    kept = node.__dict__
    if "text" not in kept:
        kept["text"] = "".join([str(t) if node.kind == "text" else t.text for t in node.tokens
                                if t.text not in "{}" and t.text not in TEXT and t.text not in STYLES])
    return kept["text"]  # type: ignore[no-any-return]


def is_call(group: Node) -> bool:
    """Whether parentheses hold what nobody puts into them as a factor: one name or number, or a list."""
    inside = [n for n in group.nodes if n.parts]
    if len(inside) != 1 or inside[0].kind != "clauses":
        return False
    parts = [p for p in inside[0].parts if p != EMPTY]
    if len(parts) == 1:
        return isinstance(parts[0], Node) and parts[0].kind in ("name", "number", "scripts", "command") and (
            written(parts[0]) is not None or parts[0].kind == "number")
    return any(isinstance(p, Token) and p.text in (",", ";") for p in parts)


def is_word(node: Node) -> bool:
    r"""Whether a node is a word of three or more letters in upright type: \text{vec}, \operatorname{tr}."""
    upright = node.kind == "text" or (node.kind == "command" and node.head in (r"\operatorname", r"\mathrm", r"\text"))
    return upright and len(word := text_of(node).strip()) > 2 and word.isalpha()


def has_prime(side: Node) -> bool:
    """Whether a side is written with a prime, as f'(x) is."""
    return any(t.text in ("'", "′", r"\prime") for t in side.tokens)


def is_transposition(script: Node) -> bool:
    """Whether a superscript says that a matrix is transposed."""
    inner = unwrapped(script)
    return text_of(script).lstrip("\\") in ("T", "top", "intercal", "⊤") or (
        inner.head in TRANSPOSED and inner.kind not in ("sum", "product", "scripts"))


def index_text(item: Node) -> str:
    """The name of an index variable if the item is one: i, i', k_1; empty for anything else."""
    item = unwrapped(item)
    found = written(item)
    if found is not None and "labelled" in item.__dict__:
        return found.stem  # c_i, with i as a label
    if found is None or found.upper or found.inside or any(unwrapped(i).kind != "number" for i in found.lower):
        return ""
    greek = ("ell", "alpha", "beta", "nu", "tau", "kappa")
    if item.kind == "text" or (len(found.stem) > 1 and found.stem not in greek):
        return ""
    return found.stem + "".join("_" + unwrapped(i).head for i in found.lower) + "'" * found.primes


def nodes(tree: Node) -> Iterator[Node]:
    """The node and all nodes in it."""
    return iter(tree.below)


def rows_of(node: Node) -> list[list[Node]]:
    """The cells of a table, row by row; an empty last row is left out."""
    rows: list[list[Node]] = [[]]
    for part in node.parts:
        if isinstance(part, Node):
            rows[-1].append(part)
        elif part.text in (r"\\", r"\cr", r"\newline"):
            rows.append([])
    return [r for r in rows if any(c.parts for c in r)]


def stems_of(node: Node) -> set[str]:
    """The names in a formula."""
    return {found.stem for n in nodes(node) if (found := written(n)) is not None}


def names_in(node: Node) -> frozenset[str]:
    """What may be the names in a formula: W and W_1 of W_1 x, and W and x of Wx."""
    if (found := written(node)) is None:
        return frozenset().union(*map(names_in, node.nodes))
    letters = found.stem if node.kind == "name" else ()
    return frozenset((*letters, found.stem, "_".join((found.stem, *map(text_of, found.lower)))))


def is_integral(node: Node) -> bool:
    """Whether a sign with ends is that of an integral: what stands below it is no index."""
    return node.kind == "big" and bool(node.nodes[0].nodes) and node.nodes[0].nodes[0].head in (r"\int", "∫")
