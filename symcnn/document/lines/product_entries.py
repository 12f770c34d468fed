"""Entries of a product with a matrix that is shown: y_2 = a x_2 + b x_3, where y = A x and A = (a b 0; 0 a b)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from symcnn.counterexample import trials
from symcnn.document.claims.claims import EQUALS, Line, Reading
from symcnn.document.facts.known import Decision, Known
from symcnn.document.facts.sections import headings
from symcnn.document.lines.assumptions import AT_ENTRIES
from symcnn.document.meaning.matrices import Matrix, Tables, is_matrix
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.scripts import Vocabulary
from symcnn.document.proof.refutation import TRIALS
from symcnn.document.reading.node import Node
from symcnn.document.reading.tree import read
from symcnn.document.reading.written import nodes, written
from symcnn.document.repair.edits import plain_text
from symcnn.errors import SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.notation.expression import Definition, Expression, Read, expression
from symcnn.notation.traverse import tensors_in
from symcnn.verdict import Verdict

Claimed = Callable[[Expression, Expression], Decision]


def of_a_product(line: Line, reading: Reading, words: Vocabulary, known: Known, claimed: Claimed) -> Decision | None:
    """The verdict on an entry of y where y = A x with a matrix A that is shown before; None for any other line.

    The entries of A and x must be all that the line speaks of.
    """
    place = _place(line.left)
    if place is None or not line.first or line.relation not in EQUALS:
        return None
    name, at = place
    products = [other for other in reading.lines if other.first and other.relation in EQUALS
                and plain_text(other.left).strip() == name and other.start < line.start]
    begin = max((h.start for h in headings(reading.text) if h.start <= line.start), default=0)
    if len(products) != 1 or products[0].start < begin or products[0].right.kind != "product" or len(
            factors := products[0].right.nodes) != 2 or len(products[0].right.parts) != 2:
        return None
    shown = [other for other in reading.lines if other.first and is_matrix(other.right)
             and plain_text(other.left).strip() == plain_text(factors[0]).strip()]
    if len(shown) > 1 or shown and not begin <= shown[0].start < line.start:
        return None
    try:
        tables = Tables(Meaning(words, (line.left, line.right)), known.matrices, known.values)
        matrix, right = tables.value(factors[0]), tables.meaning.value(line.right)
        if not isinstance(matrix, Matrix) or tables.choices:
            return None
        places = _mentioned(reading, plain_text(factors[1]).strip())
        rows = _mentioned(reading, name)
        first, from_row = min(places, default=1), min(rows)
        if first not in (0, 1) or from_row not in (0, 1) or max(places, default=0) >= first + matrix.shape[1] or (
                max(rows) >= from_row + matrix.shape[0]):
            return None
        texts = [f"{plain_text(factors[1]).strip()}_{{{first + n}}}" for n in range(matrix.shape[1])]
        entries = [tables.meaning.value(_single(read(text))) for text in texts]
        row = matrix.rows[at - from_row]
        value: Expression = expression(0)
        for weight, entry in zip(row, entries, strict=True):
            value = value + weight * entry
    except (SymcnnError, ZeroDivisionError):
        return None
    spoken = set(tensors_in(right))
    if not spoken & {e.tensor for e in entries if isinstance(e, Read)} or not spoken <= {
            t for e in (*matrix.entries, *entries) for t in tensors_in(e)}:
        return None
    decision = claimed(value, right)
    if decision.verdict is Verdict.PROVED:
        return decision
    has_formula = {*known.definitions, *known.entries}
    if any(t in has_formula or t.name in known.values for t in spoken | set(tensors_in(value))) or (
            found := trials(Claim(value, right, ()), TRIALS)[0]) is None:
        return None
    with suppress(SymcnnError):
        left = tables.meaning.value(line.left)
        if isinstance(left, Read) and not left.indices:
            known.definitions[left.tensor] = Definition(left.tensor, (), value)  # what follows rests on the matrix
    cells = _cells(shown[0].right if shown else factors[0], at - from_row)
    terms = [f"{cell} {text}" for cell, text in zip(cells, texts, strict=False) if cell != "0"]
    return Decision(Verdict.REFUTED, f"row {at - from_row + 1} of the matrix says otherwise", AT_ENTRIES,
                    counterexample=found, repair=" + ".join(terms) or None)


def _place(side: Node) -> tuple[str, int] | None:
    """(y, 2) of y_2."""
    found = written(side)
    if found is None or found.upper or len(found.lower) + len(found.inside) != 1:
        return None
    index = plain_text((*found.lower, *found.inside)[0]).strip()
    return (found.stem, int(index)) if index.isdigit() else None


def _mentioned(reading: Reading, name: str) -> set[int]:
    """The numbers of the entries of a vector that a document speaks of."""
    found = set()
    for _, tree in reading.spans:
        if isinstance(tree, Node):
            found |= {place[1] for n in nodes(tree) if n.kind in ("scripts", "index")
                      and (place := _place(n)) is not None and place[0] == name}
    return found


def _single(tree: Node) -> Node:
    """The one formula that a tree holds."""
    while tree.kind != "scripts":
        tree = tree.nodes[0]
    return tree


def _cells(table: Node, row: int) -> Sequence[str]:
    """What stands in a row of a matrix."""
    cells = Tables.cells_of(table) if is_matrix(table) else []
    return [plain_text(cell).strip() for cell in cells[row]] if row < len(cells) else []
