"""Functions of whole vectors, h(x) = σ(θᵀ x): their formulas are put in as they are written, x^{(i)} in place of x.

A function of a number is applied to a value; what θᵀ x is depends on how the vectors of a document are laid out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from symcnn.document.claims import EQUALS, Line
from symcnn.document.forms import MeaningError, applied_to_name
from symcnn.document.standard_functions import FUNCTIONS
from symcnn.document.tokens import Token
from symcnn.document.tree import Node
from symcnn.document.written import is_transposition, items, nodes, scripts_of, unwrapped, written
from symcnn.notation.expression import Binder, Expression, children, rebuild
from symcnn.notation.traverse import renamed_apart


@dataclass(frozen=True)
class VectorFunction:
    """The formula of a function, and the stem of the vector that it is of."""

    variable: str
    formula: Node

    @property
    def bound(self) -> frozenset[str]:
        """The letters that sums of the formula run over."""
        return frozenset(t.text for n in nodes(self.formula) if n.kind == "big" for mark, script in (
            scripts_of(n.nodes[0]) if n.nodes[0].kind == "scripts" else ()) if mark == "_" and script is not None
            for t in script.tokens if t.kind == "word")

    def at(self, argument: Node) -> Node:
        """The formula with another vector of that name, x_i or x^{(i)}, in place of its variable."""
        if self.bound & {t.text for t in argument.tokens}:
            raise MeaningError("an index of the formula of a function stands in its argument")
        return self._put(self.formula, argument)

    def _put(self, node: Node, argument: Node) -> Node:
        if node.kind in ("name", "command") and (found := written(node)) is not None and found.stem == self.variable:
            return argument
        return Node(node.kind, tuple(self._put(p, argument) if isinstance(p, Node) else p for p in node.parts))


Functions = Mapping[str, VectorFunction]


def vector_functions(lines: Iterable[Line]) -> dict[str, VectorFunction]:
    """The functions to which a document gives one formula each, in terms of a whole vector or of its entries."""
    said: dict[str, list[tuple[str, Node]]] = {}
    for line in lines:
        if line.relation in EQUALS and line.first and (found := applied_to_name(line.left)) is not None and not any(
                t.text in ("'", "′", r"\prime") for t in line.left.tokens):
            said.setdefault(found[0], []).append((found[1], line.right))
    return {name: VectorFunction(*formulas[0]) for name, formulas in said.items()
            if len(formulas) == 1 and name not in FUNCTIONS and _is_of_vector(name, *formulas[0])}


def _is_of_vector(name: str, variable: str, formula: Node) -> bool:
    """Whether a formula takes its variable as a whole, in θᵀ x, or only entries of it; max(0, z) does neither."""
    found = [w for n in _names(formula) if (w := written(n)) is not None]
    own = [w for w in found if w.stem == variable]
    if not own or any(w.stem == name for w in found):
        return False
    if all(w.lower and not any(t.kind == "number" for i in w.lower for t in i.tokens) for w in own):
        return True
    return all(not w.lower for w in own) and any(is_transposition(i) for w in found for i in w.upper)


def _names(node: Node) -> Iterator[Node]:
    """The names in a formula, each with its scripts, and those in the exponent of e."""
    found = written(node)
    if found is not None and not (found.stem == "e" and found.upper):
        yield node
    else:
        for part in node.nodes:
            yield from _names(part)


def put_in(part: Node | Token, group: Node | Token | None, functions: Functions) -> Node | None:
    """The formula of a function at what stands in the parentheses behind it; None for anything else."""
    if not functions or not isinstance(part, Node) or not isinstance(group, Node) or group.kind != "group" or (
            group.head != "("):
        return None
    found, inside = written(part), items(group)
    if found is None or found.stem not in functions or len(inside) != 1 or (
            (of := written(unwrapped(inside[0]))) is None or of.stem != functions[found.stem].variable):
        return None
    if found.lower or found.upper or found.primes or found.inside:
        raise MeaningError(f"what the scripts of {found.stem} mean is not known")
    return functions[found.stem].at(unwrapped(inside[0]))


def with_own_variables(node: Expression) -> Expression:
    """The formula with variables of its own in its sums: j is another index where the line has one called so."""
    node = rebuild(node, tuple(map(with_own_variables, children(node))))
    return renamed_apart(node, [r.variable for r in node.ranges]) if isinstance(node, Binder) else node


def formulas_put_in(side: Node, functions: Functions) -> Iterator[Node]:
    """The side itself, and the formulas of the functions in it."""
    yield side
    for node in nodes(side) if functions else ():
        for part, group in zip(node.parts, node.parts[1:], strict=False):
            try:
                formula = put_in(part, group, functions)
            except MeaningError:
                continue
            if formula is not None:
                yield formula
