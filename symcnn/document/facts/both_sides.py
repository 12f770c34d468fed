"""A name with a value on both sides of a line, S = 2 (x − y) f'(S): in one line it means one thing."""

from __future__ import annotations

from collections.abc import Iterator, Set

from symcnn.document.claims.claims import Line
from symcnn.document.facts.known import Decision
from symcnn.document.meaning.matrices import Matrix, Table, Tables, is_diag
from symcnn.document.meaning.numbers import is_numeric
from symcnn.document.reading.forms import FaultError, MeaningError
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import nodes, written
from symcnn.errors import SymcnnError
from symcnn.verdict import Verdict


class Shapes(Tables):
    """Reads sides for their shapes alone: a slope has an entry for each of what it is taken at, and 1×1 is a number."""

    def is_function(self, node: Node) -> bool:
        return super().is_function(node) or _is_primed(node)

    def applied(self, function: Node, inner: Table) -> Table:
        return super().applied(function, inner) if is_diag(function) else inner

    def function(self, node: Node) -> Table:
        return self.value(node.nodes[1])

    def times(self, a: Table, b: Table, sign: str, written_out: bool) -> Table:
        a, b = (m.entries[0] if isinstance(m, Matrix) and m.shape == (1, 1) else m for m in (a, b))
        return super().times(a, b, sign, written_out)


def without_meaning(line: Line, tables: Tables, changed: Set[str]) -> Decision | None:
    """Refuted where the values of a line's names make its right side a product of matrices that do not go together.

    Only where the name on the left, which has a value, stands on the right, too, and only as what a slope is taken at:
    elsewhere it may be the old value from which a new one is made, as in h = tanh(W h). `changed` are names with
    several values. None for any other line.
    """
    name = tables.name(line.left)
    known = tables.known.get(name)
    if known is None or not line.first or line.relation != "=":
        return None
    inside = {id(n) for group in _taken_at(line.right) for n in nodes(group)}
    here = [(n, found) for n in nodes(line.right) if (found := tables.name(n)) in tables.known]
    own = {id(n) for n, found in here if found == name}
    if not own or not own <= inside or any(found in changed or not all(
            is_numeric(e, {}) for e in tables.known[found].entries) for _, found in here):
        return None
    try:
        Shapes(tables.meaning, tables.known, tables.values).value(line.right)
    except (FaultError, MeaningError) as error:
        if str(error).endswith("has no meaning"):
            shape = "×".join(map(str, known.shape))
            return Decision(Verdict.REFUTED, f"{str(line.left).strip()} stands on both sides, a {shape} matrix by its "
                                             f"value, but {error}", procedures=("shapes of matrices",))
    except (SymcnnError, ValueError, ZeroDivisionError):
        pass
    return None


def _taken_at(side: Node) -> Iterator[Node]:
    """What slopes are taken at: the z of f'(z)."""
    for part in nodes(side):
        pairs = [part.parts[:2]] if part.kind == "function" else zip(part.parts, part.parts[1:], strict=False) if (
            part.kind == "product") else []
        for function, group in pairs:
            if isinstance(function, Node) and isinstance(group, Node) and group.kind == "group" and (
                    group.head == "(" and _is_primed(function)):
                yield group


def _is_primed(node: Node) -> bool:
    found = written(node)
    return (found is not None and found.primes > 0) or (node.kind == "scripts" and any(
        t.text in ("'", r"\prime") for t in node.tokens))
