"""Functions of whole vectors and matrices, softmax(z) and tr(A), and the vector of ones."""

from __future__ import annotations

import re

from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import GAPS, is_transposition, scripts_of, text_of, unwrapped
from symcnn.notation.expression import Apply, Expression, Multiply, Power, Range, Sum
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import substitute

SOFTMAX = frozenset(("softmax", "Softmax", "SoftMax"))
TRACE = frozenset(("tr", "Tr", "trace", "Trace"))
TYPES = frozenset((r"\mathbf", r"\mathbb", r"\bm", r"\boldsymbol", r"\mathbbm", r"\pmb", r"\vec"))
OF_ROWS = re.compile(r"softmax[^.\n]{0,150}\brow(s|-?wise)?\b|\brow(s|-?wise)?\b[^.\n]{0,150}softmax", re.IGNORECASE)
"""Words that say that the softmax of a matrix is taken of each of its rows."""


def word_of(node: Node) -> str:
    """The word that a node is, in any type; empty for anything else."""
    if node.kind not in ("name", "command", "text", "symbol"):
        return ""
    texts = [t.text for t in node.tokens if t.text not in "{}" and t.text[:1] != "\\"]
    return texts[0] if len(texts) == 1 else ""


def is_ones(node: Node) -> bool:
    r"""Whether a node is the vector of ones, \mathbf{1} or \mathbf{1}_n."""
    if node.kind == "scripts":
        scripts = list(scripts_of(node))
        return is_ones(node.nodes[0]) and len(scripts) == 1 and scripts[0][0] == "_" and (
            scripts[0][1] is not None and unwrapped(scripts[0][1]).kind in ("name", "number"))
    return node.kind == "command" and node.head in TYPES and text_of(node).strip(" {}") == "1"


def is_indicator(node: Node) -> bool:
    r"""Whether a node is a 1 or an I in a type of its own, before a condition: \mathbb{1}, \mathbf{I}, 𝟙."""
    return (node.kind == "command" and node.head in TYPES | {r"\mathds", r"\Bbb"} or node.head == "𝟙") and "".join(
        t.text for t in node.tokens if t.text not in "{}" and t.text[:1] != "\\").strip() in ("1", "I", "𝟙")


def indicated(node: Node, group: Node) -> Node | None:
    r"""The conditions under which \mathbb{1}(z > 0) and 1\{z > 0\} are 1; None for anything else.

    A plain 1 before parentheses, y = 1 (x > 0), may stand beside the case in which y is 1.
    """
    braced = group.head in (r"\{", r"\lbrace") and node.kind == "number" and node.head == "1"
    if group.kind != "group" or len(group.nodes) != 1 or not (is_indicator(node) or braced):
        return None
    inside = [p for p in group.nodes[0].parts if p != EMPTY and not (isinstance(p, Token) and p.text in GAPS)]
    return group.nodes[0] if inside and all(isinstance(p, Node) and p.kind == "chain" for p in inside) else None


def of_ones(node: Node) -> int:
    """1 for the vector of ones, −1 for its transpose, and 0 for anything else."""
    if is_ones(node):
        return 1
    scripts = list(scripts_of(node)) if node.kind == "scripts" else []
    if len(scripts) == 2 and scripts[0][0] == "_" and scripts[1][0] == "^" and scripts[1][1] is not None and (
            is_transposition(scripts[1][1]) and is_ones(Node("scripts", node.parts[:3]))):
        return -1
    return 0


def softmax(body: Expression, index: Symbol, over: Symbol) -> Expression:
    """e^{z_i} / Σ_k e^{z_k} for the entry z_i."""
    total = Sum((Range(over),), Apply("exp", substitute(body, {index: polynomial(over)})))
    return Multiply((Apply("exp", body), Power(total, -1)))


def trace(body: Expression, row: Symbol, column: Symbol) -> Expression:
    """Σ_i A_{ii} for the entry in a row and a column."""
    return Sum((Range(row),), substitute(body, {column: polynomial(row)}))
