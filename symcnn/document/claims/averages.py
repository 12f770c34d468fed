r"""Reads \mathbb{E}[…], \mathrm{Var}(…), \mathrm{Cov}(…, …) and std(…).

An expectation is read without the names that are random; they are put in when a line is decided.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from symcnn.document.reading.forms import MeaningError
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import nodes, scripts_of, text_of
from symcnn.notation.expression import Apply, Expectation, Expression, Power

OPERATORS = {"E": "E", "Var": "Var", "var": "Var", "Cov": "Cov", "cov": "Cov", "std": "std", "Std": "std",
             "SD": "std", "sd": "std", "V": "Var"}


DISTRIBUTIONS = frozenset(("Bernoulli", "Ber", "Bern", "Normal", "Uniform", "Unif"))


def is_operator(node: Node) -> bool:
    """Whether a text such as \\text{Var} or \\text{Bernoulli} acts on the parentheses behind it."""
    letters = [t.text for t in node.tokens if t.text.isalpha()]
    return operator_of(node) != "" or (len(letters) == 1 and letters[0] in DISTRIBUTIONS)


def operator_of(node: Node) -> str:
    """Which average a node stands for: E, Var, Cov or std; empty for any other node."""
    if node.kind == "scripts" and all(mark == "_" and (script is None or not text_of(script).isdigit())
                                      for mark, script in scripts_of(node)):
        node = node.nodes[0]  # 𝔼_x says over what is averaged
    if node.kind not in ("name", "command", "text", "symbol"):
        return ""
    shown = "".join(t.text for t in node.tokens)
    styled = re.fullmatch(r"(?:\\[A-Za-z]+)?\s*\{?\s*([A-Za-z]+)\s*\}?", shown)
    found = OPERATORS.get(styled[1], "") if styled else ""
    return found if found and (styled is None or styled[1] != "V" or "\\" in shown) else ""


def laws_of(tree: Node) -> set[str]:
    """Over what the expectations in a tree are taken: q and p of 𝔼_q[z] − 𝔼_p[z]."""
    return {"".join(text_of(script).split()) for n in nodes(tree) if n.kind == "scripts" and operator_of(n) == "E"
            for mark, script in scripts_of(n) if mark == "_" and script is not None}


def averaged(operator: str, group: Node, value: Callable[[Node], Expression]) -> Expression:
    """E(X), Var(X) = E(X²) − E(X)², Cov(X, Y) = E(XY) − E(X) E(Y), std(X) = √Var(X)."""
    inside = [n for clause in group.nodes for n in clause.nodes]
    if len(inside) != (2 if operator == "Cov" else 1):
        raise MeaningError(f"what is averaged in {text_of(group).strip()[:40]} is not known")
    parts = [value(n) for n in inside]
    if operator == "E":
        return Expectation(parts[0], ())
    if operator == "Cov":
        return Expectation(parts[0] * parts[1], ()) - Expectation(parts[0], ()) * Expectation(parts[1], ())
    variance = Expectation(Power(parts[0], 2), ()) - Power(Expectation(parts[0], ()), 2)
    return Apply("sqrt", variance) if operator == "std" else variance


def distribution(node: Node, value: Callable[[Node], Expression]) -> tuple[Expression, Expression] | None:
    """Mean and variance of N(μ, σ²), U(a, b) and Bernoulli(p), in any type and brackets; None for anything else."""
    if node.kind not in ("product", "index") or len(node.nodes) != 2 or node.nodes[1].kind != "group":
        return None
    name, group = node.nodes
    arguments = [n for clause in group.nodes for n in clause.nodes]
    letters = [t.text for t in name.tokens if t.text.isalpha()]
    if len(letters) == len(arguments) == 1 and letters[0] in ("Bernoulli", "Ber", "Bern"):
        p = value(arguments[0])
        return p, p * (1 - p)
    if len(arguments) != 2 or len(letters) != 1:
        return None
    a, b = map(value, arguments)
    if letters[0] in ("N", "Normal"):
        return a, b
    if letters[0] in ("U", "Uniform", "Unif"):
        return (a + b) / 2, Power(b - a, 2) / 12
    return None
