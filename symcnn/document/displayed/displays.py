"""Matrices that are shown: unrolled convolutions, pooling with arrows, and results that follow what they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import Line, Reading
from symcnn.document.claims.names import BOLD
from symcnn.document.displayed.convolved import CONVOLVED, convolutions
from symcnn.document.displayed.entrywise import Entrywise, cells_of_matrix
from symcnn.document.displayed.pooled import Picture, gathered, spread
from symcnn.document.displayed.unrolled import Finding, compared, proved
from symcnn.document.facts.known import Decision
from symcnn.document.meaning.matrices import STARS, Matrix, Table, Tables, is_matrix
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.numbers import key
from symcnn.document.reading.forms import MeaningError, constant
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.tree import read as read_tree
from symcnn.document.reading.written import nodes, rows_of
from symcnn.document.repair.edits import with_edits
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Add, Derivative, Expression, Multiply, Power, Read, children, walk
from symcnn.verdict import Verdict

UNROLLED = re.compile(r"""matri(x|ces)[ -](\w+[ -])?(multipl|operation|product|form) | flatten | vectori[sz] | unroll
    | toeplitz | im2col | fully[ -]connected | sparse[ ]matrix | as[ ]an?[ ](\w+[ ])?matrix
    | linear[ ](operation|layer|map)
    | 展开 | 矩阵""", re.IGNORECASE | re.VERBOSE)
POOLED = re.compile(r"pool|池化", re.IGNORECASE)
RESULT = re.compile(r"result|give|yield|produce|output|equals|identical|obtain|is then|becomes|得到", re.IGNORECASE)


class Displays(Entrywise):
    """Decides matrices without a relation, and arrows between matrices."""

    # Unrolled convolutions.

    def of_its_matrices(self, line: Line, tables: Tables) -> Decision | None:
        """Entries that there are not, a convolution X * W, or a matrix that is an unrolled convolution but for some
        entries."""
        convolved = self._convolved(line)
        if convolved is not None:
            return convolved
        if line.relation != "≈" and is_matrix(line.left) and (beyond := self._beyond(line, tables)) is not None:
            return beyond
        for side in (line.left, line.right):
            for matrix, vector in _with_vectors(side):
                found = self._unrolled(matrix, vector, tables)
                if found is not None and _is_refuted(found, matrix, vector):
                    decision = self._called_wrong(line, matrix, found, tables)
                    if side is line.right and decision.repair is not None:
                        self._learn(line, decision.repair)
                    return decision if side is line.right else replace(decision, repair=None)
        return None

    def _convolved(self, line: Line) -> Decision | None:
        """X * W = Z for matrices of numbers: the cross-correlation, or the convolution with the kernel turned round.

        Only where neither gives an entry is it wrong.
        """
        if not self.names.convolution or not any(t.text in CONVOLVED for t in line.left.tokens):
            return None
        tables = Tables(Meaning(self.words, (line.left, line.right)), self.known.matrices, self.known.values)
        try:
            z = tables.value(line.right)
        except (SymcnnError, ValueError, ZeroDivisionError):
            return None
        if not isinstance(z, Matrix) or tables.choices or z.shape == (1, 1):
            return None
        found = self._by_convolution(line, line.left, z)
        return None if found is None else found[0]

    def _beyond(self, line: Line, tables: Tables) -> Decision | None:
        """(y_{11}, y_{12}, y_{13}, y_{14}) = …, where the document shows y to have two columns."""
        try:
            left, right = tables.value(line.left), tables.value(line.right)
        except SymcnnError:
            return None
        reason = self._outside([left])
        if not reason or not isinstance(left, Matrix):
            return None
        meant = [m for m in self.known.matrices.values() if m.shape == left.shape and m.entries[0] == left.entries[0]
                 and not self._outside([m]) and sum(a == b for a, b in zip(m.entries, left.entries, strict=True)) * 2
                 >= len(m.entries)]
        repair = None
        if len(meant) == 1:
            cells, spelled = cells_of_matrix(line.left), self._spelled(tables)
            edits = [(cells[r, c].start, cells[r, c].end, spelled[e]) for r, row in enumerate(meant[0].rows)
                     for c, e in enumerate(row) if (r, c) in cells and e in spelled and e != left.rows[r][c]]
            repair = f"{with_edits(line.left, edits).strip()} {line.relation} {str(line.right).strip()}"
            if isinstance(right, Matrix) and right.shape == left.shape and not tables.choices:
                self._same_entries(replace(line, first=True), meant[0], right, tables)
        return Decision(Verdict.REFUTED, reason, "every entry", procedures=("entries of a matrix",), repair=repair)

    def _outside(self, sides: Iterable[Table]) -> str:
        """An entry outside of the matrix that the document shows its tensor to be: y_{13} of two columns."""
        for side in sides:
            for node in (n for e in (side.entries if isinstance(side, Matrix) else (side,)) for n in walk(e)):
                if isinstance(node, Read) and (axes := self.grids.get(
                        node.tensor.gradient_of[1] if node.tensor.gradient_of else node.tensor.name)):
                    for n, (index, axis) in enumerate(zip(node.indices, axes, strict=False)):
                        if index.is_constant and axis.upper is not None and index.constant > axis.upper.constant:
                            what = "rows" if n == 0 and len(axes) == 2 else "columns" if len(axes) == 2 else "entries"
                            return f"{key(node)} is none of the entries: there are {axis.upper} {what}"
        return ""

    def _learn(self, line: Line, repair: str) -> None:
        """What the line should have said is what later lines rest on."""
        try:
            mended = replace(line, right=read_tree(repair).nodes[0].nodes[0])
            self._by_entries(mended, Tables(Meaning(self.words, (mended.left, mended.right)), self.known.matrices,
                                            self.known.values))
        except (SymcnnError, IndexError):
            pass

    def _unrolled(self, matrix: Node, vector: Node | None, tables: Tables) -> Finding | None:
        if not self.names.convolution or not UNROLLED.search(self.prose):
            return None
        try:
            cells = tables.cells_with_dots(matrix)
            return compared(cells, _ends(vector, tables))
        except MeaningError:
            return None

    def _called_wrong(self, line: Line, matrix: Node, found: Finding, tables: Tables) -> Decision:
        row, column, written, wanted = found.wrong[0]
        spelled = self._spelled(tables)
        cells = cells_of_matrix(matrix)
        shown = "".join(str(cells[row, column]).split()) if (row, column) in cells else str(written)
        name = "the transposed matrix" if found.transposed else "the matrix"
        reason = (f"row {row + 1}, column {column + 1}: {shown} is written where {name} of {found.convolution} has "
                  f"{spelled.get(wanted, wanted)}")
        if len(found.wrong) > 1:
            reason += f", and {len(found.wrong) - 1} more entries differ"
        one = wanted if isinstance(wanted, Read) else written
        values = ("0", "1") if one is wanted else ("1", "0")
        repair = None
        if all(w in spelled and (r, c) in cells for r, c, _, w in found.wrong):
            edits = [(cells[r, c].start, cells[r, c].end, spelled[w]) for r, c, _, w in found.wrong]
            side = line.left if _within(matrix, line.left) else line.right
            repair = with_edits(side, edits).strip()
        entries = {str(one): 1, f"the input behind column {column + 1}" if not found.transposed else
                   f"the gradient behind column {column + 1}": 1}
        return Decision(Verdict.REFUTED, reason, str(found.convolution), procedures=("entries of a matrix",),
                        counterexample=Counterexample({}, {}, entries, *values), repair=repair)

    def _spelled(self, tables: Tables) -> dict[Expression, str]:
        """Entries of matrices as the document writes them."""
        found: dict[Expression, str] = {}
        for node in (n for tree in self.trees for n in nodes(tree)):
            if node.kind != "rows" or not is_matrix(node):
                continue
            for cell in cells_of_matrix(node).values():
                for part in (cell, *(n for n in nodes(cell) if n.kind in ("scripts", "index", "name"))):
                    try:
                        value = tables.meaning.value(part)
                    except SymcnnError:
                        continue
                    found.setdefault(value, str(part).strip())
        return found

    trees: Sequence[Node] = ()

    def mended(self, line: Line, left: Matrix, right: Matrix) -> str | None:
        """The matrix on the right with its wrong entries replaced by what the left side gives."""
        cells = cells_of_matrix(line.right)
        tables = Tables(Meaning(self.words, (line.left, line.right)), self.known.matrices, self.known.values)
        spelled = self._spelled(tables)
        edits = []
        for i, (row, other) in enumerate(zip(left.rows, right.rows, strict=True)):
            for j, (a, b) in enumerate(zip(row, other, strict=True)):
                cell = cells.get((i, j))
                if cell is None:
                    return None
                decision = self._entry(replace(line, right=cell, first=False), a, b)
                if decision.verdict is Verdict.REFUTED:
                    text = decision.repair or spelling(a, spelled)
                    if text is None:
                        return None
                    edits.append((cell.start, cell.end, text))
        return with_edits(line.right, edits).strip() if edits else None

    # Displays without a relation.

    def shown(self, reading: Reading) -> list[tuple[Line, Decision]]:
        """What the displays of a document say that hold a matrix and no relation; those of which nothing is known are
        left out."""
        result = []
        last: Line | None = None
        for display in reading.displays:
            tables = Tables(Meaning(self.words, (display.left,)), self.known.matrices, self.known.values)
            try:
                found = self._shown(display, tables)
                between = reading.text[last.span.end:display.span.start] if last is not None else ""
                if not found and last is not None and RESULT.search(between):
                    decision = self._result(last, display, tables)
                    line = replace(display, left=last.left, relation="=", right=display.left)
                    found = [] if decision is None else [(line, decision)]
            except SymcnnError:
                found = []
            result += found
            last = display
        return result

    def _shown(self, display: Line, tables: Tables) -> list[tuple[Line, Decision]]:
        """The rows of a matrix that is an unrolled convolution, or all but one: each is a claim."""
        for matrix, vector in _with_vectors(display.left):
            found = self._unrolled(matrix, vector, tables)
            if found is None:
                continue
            right = found.complete and not found.wrong and proved(tables.cells_with_dots(matrix), found)
            if right or _is_refuted(found, matrix, vector):
                return list(self._rows(display, matrix, found, tables))
        return []

    def _rows(self, display: Line, matrix: Node, found: Finding, tables: Tables) -> Iterator[tuple[Line, Decision]]:
        wrong = {r for r, *_ in found.wrong}
        for n, row in enumerate(_row_nodes(matrix)):
            line = replace(display, left=row, right=EMPTY, start=row.start, end=row.end)
            if n in wrong:
                of_row = replace(found, wrong=tuple(w for w in found.wrong if w[0] == n))
                yield line, self._called_wrong(replace(line, right=row), matrix, of_row, tables)
            elif found.complete and not wrong:
                kind = "the transposed matrix" if found.transposed else "the matrix"
                yield line, Decision(Verdict.PROVED, f"{kind} of {found.convolution}", "all values",
                                     procedures=("isl",))

    def _result(self, before: Line, display: Line, tables: Tables) -> Decision | None:
        """A convolution of two matrices that are shown, X * W, and the matrix shown next, which is its result."""
        factors = before.left.nodes if before.left.kind == "product" else ()
        signs = [p.text for p in before.left.parts if isinstance(p, Token)]
        if len(factors) != 2 or len(signs) != 1 or signs[0] not in STARS or not all(map(is_matrix, factors)) or (
                not is_matrix(display.left) or not self.names.convolution):
            return None
        x, w, z = (tables.value(n) for n in (*factors, display.left))
        if not isinstance(x, Matrix) or not isinstance(w, Matrix) or not isinstance(z, Matrix):
            return None
        found = convolutions(before.left, z.shape, tables, "")
        if not found:
            return None
        made, _ = found[0]
        decisions = [self._claimed(a, b, refute=False) for a, b in zip(made.entries, z.entries, strict=True)]
        if any(d.verdict is not Verdict.PROVED for d in decisions):
            return None
        return replace(decisions[0], reason="the cross-correlation of the matrices shown before", scope="every entry")

    # Arrows.

    def arrow(self, line: Line, tables: Tables) -> Decision:
        """matrix → matrix, where the document speaks of pooling."""
        if not POOLED.search(self.prose):
            return Decision(Verdict.UNDECIDED, "what the arrow between two matrices means is not said")
        left, right = (tables.cells_with_dots(n) for n in (line.left, line.right))
        if len(left) == len(right) and len(left[0]) == len(right[0]):
            pairs = [(a, b) for x, y in zip(left, right, strict=True) for a, b in zip(x, y, strict=True)
                     if a is not None]
            if all(b is not None and self._is_same(a, b) for a, b in pairs):
                return Decision(Verdict.PROVED, "the same entries", "every entry", procedures=("isl",))
            return Decision(Verdict.UNDECIDED, "what the arrow between two matrices means is not said")
        if len(left) < len(right):
            picture = spread(left, right, self._is_same)
        else:
            picture = gathered(left, right, _marks(line.left), self._is_same)
        if picture is None:
            return Decision(Verdict.UNDECIDED, "what the arrow between two matrices means is not said")
        return self._of_picture(line, picture, tables)

    def _is_same(self, a: Expression, b: Expression) -> bool:
        return a == b or self._claimed(a, b, refute=False).verdict is Verdict.PROVED

    def _of_picture(self, line: Line, picture: Picture, tables: Tables) -> Decision:
        if not picture.wrong:
            return Decision(Verdict.PROVED, picture.says, "every entry", procedures=("isl",))
        if len(picture.wrong) > picture.right:
            return Decision(Verdict.UNDECIDED, "what the arrow between two matrices means is not said")
        row, column, wanted = picture.wrong[0]
        cells, spelled = cells_of_matrix(line.right), self._spelled(tables)
        written = "".join(str(cells[row, column]).split()) if (row, column) in cells else "the entry"
        repair = None
        if all((r, c) in cells for r, c, _ in picture.wrong):
            repair = with_edits(line.right, [(cells[r, c].start, cells[r, c].end, spelled.get(w, str(w)))
                                             for r, c, w in picture.wrong]).strip()
        return Decision(Verdict.REFUTED, f"row {row + 1}, column {column + 1}: {written} is written, not "
                        f"{spelled.get(wanted, wanted)}: {picture.says}", "every entry",
                        counterexample=Counterexample({}, {}, {str(wanted): 1}, "1", "0"), repair=repair)


def spelling(node: Expression, spelled: Mapping[Expression, str]) -> str | None:
    """A formula of entries in the document's own words; None if an entry is not spelled out anywhere."""
    if isinstance(node, Derivative):
        return None
    if node in spelled:
        return spelled[node]
    number = constant(node)
    if number is not None:
        top, bottom = abs(number.numerator), number.denominator
        return ("-" if number < 0 else "") + (str(top) if bottom == 1 else rf"\frac{{{top}}}{{{bottom}}}")
    if isinstance(node, Power) and node.exponent > 1 and (base := spelling(node.base, spelled)) is not None:
        return f"{{{base}}}^{node.exponent}"
    parts = [spelling(part, spelled) for part in children(node)]
    if not isinstance(node, Add | Multiply) or None in parts:
        return None
    if isinstance(node, Add):
        return " + ".join(p for p in parts if p).replace("+ -", "- ")
    return " ".join(rf"\left({p}\right)" if isinstance(c, Add) else p
                    for c, p in zip(children(node), parts, strict=True) if p is not None and p != "1") or "1"


def _with_vectors(side: Node) -> Iterator[tuple[Node, Node | None]]:
    """The matrices written out in a side, each with the column written out behind it."""
    if side.kind == "rows" and is_matrix(side):
        yield side, None
    if side.kind == "product":
        for n, part in enumerate(side.parts):
            behind = side.parts[n + 1] if n + 1 < len(side.parts) else None
            column = behind if isinstance(behind, Node) and is_matrix(behind) else None
            if isinstance(part, Node) and part.kind == "rows" and is_matrix(part):
                yield part, column
            elif isinstance(part, Node):
                yield from _with_vectors(part)
    elif side.kind in ("group", "braces", "clauses", "sum", "scripts"):
        for part in side.nodes[:1] if side.kind == "scripts" else side.nodes:
            yield from _with_vectors(part)


def _row_nodes(matrix: Node) -> Iterator[Node]:
    """The rows of a matrix written out, each with its cells and what stands between them."""
    parts: list[Node | Token] = []
    inner = matrix.parts[next(n for n, p in enumerate(matrix.parts) if isinstance(p, Node)):]
    for part in inner:
        if isinstance(part, Token) and part.text in (r"\\", r"\cr", r"\newline", r"\end"):
            if any(isinstance(p, Node) and p.parts for p in parts):
                yield Node("row", tuple(parts))
            parts = []
            if part.text == r"\end":
                return
        else:
            parts.append(part)


def _ends(vector: Node | None, tables: Tables) -> tuple[tuple[int, ...], ...]:
    """The indices of the first and the last entry of a column written out."""
    if vector is None:
        return ()
    cells = [row[0] for row in tables.cells_with_dots(vector) if len(row) == 1]
    ends = []
    for entry in (cells[0], cells[-1]) if cells else ():
        if not isinstance(entry, Read) or not all(i.is_constant for i in entry.indices) or not entry.indices:
            return ()
        ends.append(tuple(int(i.constant) for i in entry.indices))
    return tuple(ends)


def _is_refuted(found: Finding, matrix: Node, vector: Node | None) -> bool:
    """Whether a matrix is so near to that of a convolution that it was meant to be it."""
    if not found.is_near or found.convolution.padding or found.convolution.flipped:
        return False
    return len(found.wrong) * 3 <= found.right or (vector is not None and found.complete is False)


def _marks(matrix: Node) -> list[list[bool]]:
    r"""Which entries of a matrix are set in bold type or in a box."""
    return [[any(t.text in BOLD or t.text in (r"\boxed", r"\fbox", r"\underline", r"\textcolor") for t in cell.tokens)
             for cell in row] for row in rows_of(matrix)]


def _within(part: Node, side: Node) -> bool:
    return side.start <= part.start and part.end <= side.end

