"""Runs latex2sympy2 on formulas; a script for a process of its own, because that reader keeps global state.

Takes a JSON list of LaTeX strings on standard input. Writes one JSON line that says whether the reader
can be used, then one line per formula: its tree, or why it was not read. Trees are lists such as
["add", …], ["symbol", "x"], ["rational", "1", "2"], ["tanh", …]; nothing in them is to be evaluated.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

FUNCTIONS = ("tanh", "exp", "log")


def tree(node: Any, sympy: Any) -> list[Any]:
    """A SymPy expression as a tree; ValueError for a node that no printed formula has."""
    if isinstance(node, sympy.Symbol):
        return ["symbol", node.name]
    if isinstance(node, sympy.Rational):
        return ["rational", str(node.p), str(node.q)]
    if node is sympy.E:
        return ["exp", ["rational", "1", "1"]]
    if type(node).__name__ in FUNCTIONS:
        return [type(node).__name__, *(tree(a, sympy) for a in node.args)]
    for kind, name in ((sympy.Add, "add"), (sympy.Mul, "multiply"), (sympy.Pow, "power")):
        if isinstance(node, kind):
            return [name, *(tree(a, sympy) for a in node.args)]
    raise ValueError(f"a {type(node).__name__} is not expected")


def whole(latex: str, reader: Any, sympy: Any) -> list[Any]:
    r"""The tree of one formula, read to its end: inside \sqrt the reader cannot stop early."""
    reader.set_variances({})
    with sympy.evaluate(False):
        root = reader.latex2sympy(rf"\sqrt{{{latex}}}")
        if not (isinstance(root, sympy.Pow) and root.exp == sympy.Rational(1, 2)):
            raise ValueError("the formula was not read to its end")
        return tree(root.base, sympy)


def main() -> None:
    formulas = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w")
    # The reader prints remarks of its own; they must not mix with the answers.
    os.dup2(2, 1)

    def answer(**fields: Any) -> None:
        answers.write(json.dumps(fields) + "\n")
        answers.flush()

    try:
        import latex2sympy2
        import sympy
    except Exception as error:
        answer(ready=False, reason=f"{type(error).__name__}: {error}")
        return
    answer(ready=True)
    for latex in formulas:
        try:
            found = whole(latex, latex2sympy2, sympy)
        except Exception as error:
            answer(error=" ".join(str(error).split())[:200] or type(error).__name__)
        else:
            answer(tree=found)


if __name__ == "__main__":
    main()
