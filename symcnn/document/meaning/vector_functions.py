"""Functions of whole vectors, h(x) = σ(θᵀ x): their formulas are put in as they are written, x^{(i)} in place of x.

A function of a number is applied to a value; what θᵀ x is depends on how the vectors of a document are laid out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.meaning.standard_functions import FUNCTIONS
from symcnn.document.reading.forms import MeaningError, applied_to_name
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import has_prime, is_transposition, nodes, scripts_of, unwrapped, written
from symcnn.notation.expression import Binder, Expression, children, rebuild
from symcnn.notation.traverse import renamed_apart


Key = tuple[str, int]
"""A function as it is written, and of how many vectors it is: H(p) beside H(p, q)."""
SEPARATORS = (",", ";")


@dataclass(frozen=True)
class VectorFunction:
    """The formula of a function, and the stems of the vectors that it is of; `of_entries` alone, or as wholes, too."""

    variables: tuple[str, ...]
    formula: Node
    of_entries: bool

    @property
    def bound(self) -> frozenset[str]:
        """The letters that sums of the formula run over."""
        return frozenset(t.text for n in nodes(self.formula) if n.kind == "big" for mark, script in (
            scripts_of(n.nodes[0]) if n.nodes[0].kind == "scripts" else ()) if mark == "_" and script is not None
            for t in script.tokens if t.kind == "word")

    def is_of(self, arguments: Sequence[Node]) -> bool:
        """Whether the arguments are vectors that may stand in place of the variables."""
        return all(name is not None and (name.stem == variable or self.of_entries and not (name.lower or name.inside))
                   for name, variable in zip(map(written, arguments), self.variables, strict=True))

    def at(self, arguments: Sequence[Node]) -> Node | None:
        """The formula with other vectors in place of its variables: x_i or x^{(i)} for x, q for p where it has p_k.

        None for what is no such vector.
        """
        if not self.is_of(arguments):
            return None
        if self.bound & {t.text for argument in arguments for t in argument.tokens}:
            raise MeaningError("an index of the formula of a function stands in its argument")
        return _put(self.formula, dict(zip(self.variables, arguments, strict=True)))


def _put(node: Node, new: Mapping[str, Node]) -> Node:
    """The node with others in place of some names, all at once."""
    if node.kind in ("name", "command") and (found := written(node)) is not None and found.stem in new:
        return new[found.stem]
    return Node(node.kind, tuple(_put(p, new) if isinstance(p, Node) else p for p in node.parts))


Functions = Mapping[Key, VectorFunction]


def vector_functions(lines: Sequence[Line]) -> dict[Key, VectorFunction]:
    """The functions to which a document gives formulas in terms of whole vectors or of their entries.

    Of several formulas for one function of several vectors, D(p ‖ q), the first says what it is.
    """
    said: dict[Key, list[tuple[tuple[str, ...], Node]]] = {}
    for line in lines:
        side = line.left
        if line.relation not in EQUALS or not line.first or has_prime(side):
            continue
        if (found := applied_to_name(side)) is not None:
            said.setdefault((found[0], 1), []).append(((found[1],), line.right))
        elif side.kind == "product" and len(side.parts) == len(side.nodes) == 2 and len(
                names := _plain_names(side.nodes[1])) > 1:
            said.setdefault((_called(side.nodes[0]), len(names)), []).append((names, line.right))
    found_so: dict[Key, VectorFunction] = {}
    for key, formulas in said.items():
        variables, formula = formulas[0]
        of_entries = all(_is_of_entries(variable, formula) for variable in variables)
        # H(u) = log K beside H(p) = −Σ_k p_k log p_k is a claim.
        others = [v for v, _ in formulas[1:] if key[1] == 1 and (v == variables or not of_entries)]
        if not others and key[0] not in FUNCTIONS and _is_of_vectors(key[0], variables, formula):
            found_so[key] = VectorFunction(variables, formula, of_entries)
    sides = [side for line in lines for side in (line.left, line.right)]
    return {key: f for key, f in found_so.items() if key[1] == 1 or not any(_is_of_others(n, key, f) for side in sides
                                                                           for n in nodes(side))}


def _is_of_others(node: Node, key: Key, function: VectorFunction) -> bool:
    """Whether a product has a function of something that cannot be put in, H(y, σ(z))."""
    return any(isinstance(group, Node) and len(arguments := _arguments(group)) == key[1] and isinstance(part, Node)
               and _called(part) == key[0] and not function.is_of(arguments)
               for part, group in zip(node.parts, node.parts[1:], strict=False))


def _called(head: Node) -> str:
    return "".join(t.text for t in head.tokens).lstrip("\\")


def _arguments(group: Node) -> tuple[Node, ...]:
    """What stands between commas or semicolons in parentheses."""
    if group.kind != "group" or group.head != "(" or len(group.nodes) != 1 or group.nodes[0].kind != "clauses" or any(
            p.text not in SEPARATORS for p in group.nodes[0].parts if isinstance(p, Token)):
        return ()
    return tuple(unwrapped(n) for n in group.nodes[0].nodes if n.parts)


def _plain_names(group: Node) -> tuple[str, ...]:
    """The names in a list without scripts, each of them once; none for another list."""
    names = [written(n) for n in _arguments(group)]
    stems = tuple(w.stem for w in names if w is not None and not (w.lower or w.upper or w.inside or w.primes))
    return stems if len(set(stems)) == len(names) else ()


def _is_of_vectors(name: str, variables: Sequence[str], formula: Node) -> bool:
    """Whether a formula takes its variable as a whole, in θᵀ x, or only entries of it; max(0, z) does neither."""
    found = [w for n in _names(formula) if (w := written(n)) is not None]
    if any(w.stem == name for w in found):
        return False
    if all(_is_of_entries(variable, formula) for variable in variables):
        return True
    return len(variables) == 1 and any(w.stem == variables[0] for w in found) and all(
        not w.lower for w in found if w.stem == variables[0]) and any(
        is_transposition(i) for w in found for i in w.upper)


def _is_of_entries(variable: str, formula: Node) -> bool:
    """Whether a formula has a name only with an index that is no number."""
    own = [w for n in _names(formula) if (w := written(n)) is not None and w.stem == variable]
    return bool(own) and all(w.lower and not any(t.kind == "number" for i in w.lower for t in i.tokens) for w in own)


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
    if not functions or not isinstance(part, Node) or not isinstance(group, Node):
        return None
    arguments = _arguments(group)
    if len(arguments) > 1:
        function = functions.get((_called(part), len(arguments)))
        return None if function is None else function.at(arguments)
    found = written(part) if arguments else None
    if found is None or (function := functions.get((found.stem, 1))) is None or (
            formula := function.at(arguments)) is None:
        return None
    if found.lower or found.upper or found.primes or found.inside:
        raise MeaningError(f"what the scripts of {found.stem} mean is not known")
    return formula


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
