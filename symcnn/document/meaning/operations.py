"""What a document's own operations on signals mean: ∗ by (f ∗ g)[n] = Σ_k f[k] g[n − k], T_a by (T_a f)[n] = f[n − a].

The formula holds for whatever stands in place of f and g: other names, sums, and results of operations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.reading.forms import MeaningError, signed_terms
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import (
    index_text, is_transposition, items_behind, nodes, text_of, unwrapped, written,
)
from symcnn.notation.expression import (
    Add, Apply, Binder, Expression, Power, Read, children, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol
from symcnn.notation.traverse import renamed_apart, substitute

STAR_SIGNS = {"*": "*", r"\ast": "*", "∗": "*", r"\star": "⋆", "⋆": "⋆", r"\circledast": "⊛", "⊛": "⊛"}
"""Signs between signals, those that are drawn alike together."""
Signal = Callable[[tuple[Polynomial, ...]], Expression]


@dataclass(frozen=True)
class Key:
    """A sign between signals, or a letter before one with so many letters below it, for signals of so many axes."""

    sign: str
    parameters: int
    axes: int


@dataclass(frozen=True)
class Operation:
    """(f ∗ g)[indices] = body, or (T_parameters f)[indices] = body; `names` are f and g."""

    names: tuple[str, ...]
    parameters: tuple[Symbol, ...]
    indices: tuple[Symbol, ...]
    body: Expression


@dataclass(frozen=True)
class Parts:
    """An operation as it is written, with what it is applied to."""

    sign: str
    parameters: tuple[Node, ...]
    operands: tuple[Node, ...]


def parts_of(node: Node) -> Parts | None:
    """f and g of f ∗ g, f of T_a f; None for anything else."""
    node = _inside(node)
    if node.kind != "product":
        return None
    if len(node.parts) == 3 and isinstance(sign := node.parts[1], Token) and sign.text in STAR_SIGNS:
        return Parts(STAR_SIGNS[sign.text], (), tuple(node.nodes))
    if len(node.parts) == 2 and len(node.nodes) == 2 and (found := written(node.nodes[0])) is not None and not (
            found.upper or found.inside or found.primes) and found.stem.isupper():
        return Parts(found.stem, found.lower, node.nodes[1:])
    return None


def entry_of_operation(node: Node) -> tuple[Node, tuple[Node, ...]] | None:
    """What (…)[n] or (…)_n is an entry of, and its indices."""
    base = node.nodes[0] if node.kind in ("scripts", "index") else node
    places = items_behind(node)
    return (base, places) if places and base.kind == "group" and base.head in ("(", "[") else None


def entry_letters(node: Node) -> frozenset[str]:
    """The letters that stand alone as indices of (…)[n], and below operations in it."""
    split = entry_of_operation(node)
    if split is None:
        return frozenset()
    below = [i for n in nodes(split[0]) if (parts := parts_of(n)) is not None for i in parts.parameters]
    return frozenset(t for n in (*split[1], *below) if len(t := index_text(n)) == 1)


def defines(node: Node) -> tuple[Parts, tuple[Node, ...]] | None:
    """The operation that a left side may define, with its indices: plain names, each once."""
    split = entry_of_operation(node)
    parts = None if split is None else parts_of(split[0])
    if split is None or parts is None:
        return None
    names = [written(unwrapped(n)) for n in parts.operands]
    stems = {n.stem for n in names if n is not None and not (n.upper or n.lower or n.inside)}
    if len(stems) < len(names):
        return None
    letters = [index_text(i) for i in (*parts.parameters, *split[1])]
    return (parts, split[1]) if all(len(t) == 1 for t in letters) and len(set(letters)) == len(letters) else None


def may_define(line: Line, before: Line | None) -> bool:
    """Whether a line may say what an operation is: it begins its chain, or goes on from a name for the operation's
    value, S(i, j) = (I * K)(i, j) = …, where `before` is the line before it."""
    named = before is not None and before.first and before.right is line.left and before.relation in EQUALS and (
        before.left.kind == "index" or written(before.left) is not None)
    return line.relation in EQUALS and (line.first or named)


def product_text(node: Node) -> str:
    """How a product is written, without spaces."""
    return "".join(t.text for t in node.tokens if t.text.strip("\\, ~;:!"))


def factors_of_inner(node: Node) -> tuple[str, str] | None:
    """The names of q · k and of q^T k; None for another product."""
    node = unwrapped(node)
    if node.kind != "product" or len(node.nodes) != 2 or any(
            isinstance(p, Token) and p.text not in (r"\cdot", "·") for p in node.parts):
        return None
    one, other = (written(unwrapped(n)) for n in node.nodes)
    if one is None or other is None or other.upper or any(n.lower or n.inside for n in (one, other)):
        return None
    transposed = len(one.upper) == 1 and is_transposition(one.upper[0])
    return (one.stem, other.stem) if transposed or not one.upper and len(node.parts) == 3 else None


def is_operation(names: tuple[str, ...], body: Expression) -> bool:
    """Whether a formula may stand for an operation: it reads all of the names, in sums without bounds.

    Bounds are those of the signals that it was written for.
    """
    reads = [n for n in walk(body) if isinstance(n, Read)]
    plain = not any(isinstance(n, Apply | Power) for n in walk(body))
    unbounded = all(r.lower is None and r.upper is None for n in walk(body) if isinstance(n, Binder) for r in n.ranges)
    return plain and unbounded and {n.tensor.name for n in reads} == set(names)


class Applied:
    """Reads entries of operations with the formulas that these have."""

    def __init__(self, known: dict[Key, Operation], index: Callable[[Node], Polynomial],
                 read: Callable[[Node, tuple[Polynomial, ...]], Expression]) -> None:
        self.known, self.index, self.read = known, index, read
        self.taken: set[Symbol] = set()

    def entry(self, node: Node) -> Expression | None:
        """An entry of an operation that the document defines; None for another side."""
        split = entry_of_operation(node)
        if split is None or (signal := self.operation(split[0], len(split[1]))) is None:
            return None
        return signal(tuple(map(self.index, split[1])))

    def operation(self, node: Node, axes: int) -> Signal | None:
        parts = parts_of(node)
        known = None if parts is None else self.known.get(Key(parts.sign, len(parts.parameters), axes))
        if parts is None or known is None:
            return None
        signals = dict(zip(known.names, (self.signal(n, axes) for n in parts.operands), strict=True))
        at = dict(zip(known.parameters, map(self.index, parts.parameters), strict=True))
        return lambda places: _applied(substitute(
            self.with_fresh_variables(known.body), at | dict(zip(known.indices, places, strict=True))), signals)

    def with_fresh_variables(self, body: Expression) -> Expression:
        """The formula with variables of sums that no other formula of the line has."""
        if isinstance(body, Binder):
            body = renamed_apart(body, self.taken | {r.variable for r in body.ranges})
            self.taken |= {r.variable for r in body.ranges}
        return rebuild(body, tuple(map(self.with_fresh_variables, children(body))))

    def signal(self, node: Node, axes: int) -> Signal:
        """A name, a sum of signals or the result of an operation, as what it is at given indices."""
        node = _inside(node)
        if (made := self.operation(node, axes)) is not None:
            return made
        if node.kind == "sum":
            terms = [(minus, self.signal(part, axes)) for minus, part in signed_terms(node)]
            return lambda places: Add(tuple(-s(places) if minus else s(places) for minus, s in terms))
        found = written(node)
        if found is None or found.inside:
            raise MeaningError(f"{text_of(node).strip()[:40]} is no signal that could be read")
        return lambda places: self.read(node, places)


def _inside(node: Node) -> Node:
    """What stands alone in parentheses."""
    node = unwrapped(node)
    while node.kind == "group" and node.head == "(" and node.inner is not None:
        node = unwrapped(node.nodes[0].nodes[0])
    return node


def _applied(body: Expression, signals: dict[str, Signal]) -> Expression:
    """The formula with other signals in place of its own."""
    if isinstance(body, Read):
        return signals[body.tensor.name](body.indices) if body.tensor.name in signals else body
    return rebuild(body, tuple(_applied(c, signals) for c in children(body)))
