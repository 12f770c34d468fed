"""Lines between matrices: a matrix gets a name, its entries get their formulas, or two are compared entry by entry."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import flint

from symcnn.document.claims.claims import Line
from symcnn.document.displayed.convolved import adjoints, convolutions
from symcnn.document.facts.both_sides import without_meaning
from symcnn.document.facts.known import Decision
from symcnn.document.meaning.matrices import (
    TAKEN_FOR_A_NUMBER, Matrix, Table, Tables, as_vector, is_matrix, is_transposed,
)
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.numbers import exact, is_numeric, key
from symcnn.document.meaning.scripts import Vocabulary
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.numeric.values import numeric
from symcnn.document.proof.proof import Prover
from symcnn.document.reading.forms import FaultError, MeaningError, constant
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import nodes
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Axis, Expression, Read, children, expression
from symcnn.notation.traverse import sizes_in, tensors_in
from symcnn.verdict import Verdict

MOST_NAMED = 4
"""So many wrong entries of a matrix are named behind the first one."""
WORST = (Verdict.PROVED, Verdict.ROUNDED, Verdict.DEFINED, Verdict.TESTED, Verdict.UNDECIDED, Verdict.REFUTED)
SETTLED = (Verdict.PROVED, Verdict.ROUNDED)
OF_NAMES = ("name", "scripts", "command", "index", "text")


OTHER_CONVOLUTIONS = re.compile(r"dilat|[àa] trous|atrous|transposed conv|deconv|circular|periodic|depthwise|grouped",
                                re.IGNORECASE)
"""Words of a document in which a star may be another convolution."""


class Entrywise(Prover):
    """Decides lines that hold a matrix written out or the name of one."""

    def _equation(self, line: Line, left: Expression, right: Expression) -> Decision:
        """The verdict on an equation between formulas."""
        raise NotImplementedError

    def _claim(self, line: Line, left: Expression, right: Expression) -> Decision:
        """The verdict on a claim: nothing is defined by it."""
        raise NotImplementedError

    def _whole(self, line: Line) -> tuple[Expression, Expression] | None:
        """The sides of a line between whole vectors and matrices; None for another line."""
        raise NotImplementedError

    def __init__(self, words: Vocabulary) -> None:
        super().__init__(words)
        self.introduced: dict[str, str] = {}
        self.renamed: set[str] = set()
        """The names that the document gives several matrices."""
        self.grids: dict[str, list[Axis]] = {}
        self.formulas: dict[str, list[Line]] = {}
        self.shown_once: Counter[str] = Counter()

    def learn_formulas(self, lines: Iterable[Line]) -> None:
        """Formulas of names such as z = W x, whose numbers may follow, and how often a name is written out."""
        for line in lines:
            if not line.first or line.relation not in ("=", ":=") or line.left.kind not in OF_NAMES:
                continue
            name = Tables(Meaning(self.words, (line.left, line.right))).name(line.left)
            if as_vector(line.right) is not line.right:
                self.shown_once[name] += 1
            elif any(is_matrix(n) for n in nodes(line.right)):
                self.shown_once[name] += is_matrix(line.right)
            elif name:
                self.formulas.setdefault(name, []).append(line)

    def _by_formula(self, line: Line, name: str, value: Matrix) -> Decision | None:
        """Numbers for z after z = W x and numbers for W and x, each of which are written out once in the document."""
        if name.startswith("∂") and (by_adjoint := self._by_adjoint(line, name, value)) is not None:
            return by_adjoint
        formulas = self.formulas.get(name, [])
        if len(formulas) != 1 or self.shown_once[name] != 1:
            return None
        right = formulas[0].right
        tables = Tables(Meaning(self.words, (line.left, right)), self.known.matrices, self.known.values)
        names = {n for node in nodes(right) if (n := tables.name(node)) in self.known.matrices}
        if not names or any(self.shown_once[n] != 1 for n in names):
            return None
        try:
            made = tables.value(right)
        except (SymcnnError, ZeroDivisionError):
            made = expression(0)
        if not isinstance(made, Matrix) or made.shape != value.shape or tables.choices:
            if (found := self._by_convolution(line, right, value)) is None:
                return None
            decision, made = found
            if decision.verdict is Verdict.UNDECIDED:
                self.known.matrices[name] = made
                return decision
        else:
            decision = self._same_entries(replace(line, first=False), made, value, tables)
        if decision.verdict not in (*SETTLED, Verdict.REFUTED):
            return None
        self.known.matrices[name] = made
        said = " ".join(str(right).split())
        return replace(decision, reason="; ".join(r for r in (decision.reason, f"{name} = {said}") if r))

    def _by_convolution(self, line: Line, node: Node, value: Matrix) -> tuple[Decision, Matrix] | None:
        """The verdict on a matrix for a side with a convolution of matrices of numbers, and what that side is."""
        if not self.names.convolution:
            return None
        tables = Tables(Meaning(self.words, (line.left, node)), self.known.matrices, self.known.values)
        return self._either_way(line, convolutions(node, value.shape, tables, self.prose), value)

    def _by_adjoint(self, line: Line, name: str, value: Matrix) -> Decision | None:
        """Numbers for ∂L/∂X behind Y = X * W, numbers for ∂L/∂Y, and numbers for W, each written out once."""
        loss, _, by = name.removeprefix("∂").partition("/∂")
        for of, formulas in self.formulas.items():
            out = self.known.matrices.get(f"∂{loss}/∂{of}")
            if out is None or len(formulas) != 1 or not self.names.convolution or self.shown_once[name] > 1:
                continue
            right = formulas[0].right
            tables = Tables(Meaning(self.words, (line.left, right)), self.known.matrices, self.known.values)
            if any(self.shown_once[n] > 1 for node in nodes(right) if (n := tables.name(node)) in self.known.matrices):
                continue
            found = self._either_way(line, adjoints(right, by, value.shape, out, tables, self.prose), value)
            if found is not None:
                self.known.matrices[name] = found[1]
                said = f"{of} = {' '.join(str(right).split())}"
                return replace(found[0], reason="; ".join(r for r in (found[0].reason, said) if r))
        return None

    def _either_way(self, line: Line, found: Sequence[tuple[Matrix, str]], value: Matrix,
                    ) -> tuple[Decision, Matrix] | None:
        """The verdict on a matrix by what it may be, with the one that decides: wrong if it is none of these."""
        decisions = []
        for made, says in found:
            decision = self._compared(replace(line, first=False), made, value)
            if decision.verdict in SETTLED:
                self.words.notes[says] = None
                return replace(decision, reason=decision.reason or says), made
            decisions.append((decision, made))
        if decisions and (OTHER_CONVOLUTIONS.search(self.prose) or any(is_made_of(value, made) for made, _ in found)):
            return Decision(Verdict.UNDECIDED, "differs, but may be another convolution, or more than that"), value
        return decisions[0] if decisions and all(d.verdict is Verdict.REFUTED for d, _ in decisions) else None

    prose = ""
    """The text of the document."""

    def of_its_matrices(self, line: Line, tables: Tables) -> Decision | None:
        """The verdict if the matrices of a line decide it by what they are; None if they do not."""
        raise NotImplementedError

    def of_matrices(self, line: Line, tables: Tables) -> Decision:
        """The verdict by the entries; where these say too little, by a proof for the whole names."""
        if line.first:
            self.chain_name = tables.name(line.left) if line.left.kind in OF_NAMES else ""
        if (decided := self.of_its_matrices(line, tables)) is not None:
            if decided.verdict in SETTLED and not line.first:
                self._note_result(tables, line.right)
            return decided
        try:
            decision = self._by_entries(line, tables)
        except FaultError:
            raise
        except (MeaningError, ZeroDivisionError) as error:
            decision = Decision(Verdict.UNDECIDED, str(error))
            tables.choices.clear()
        if decision.verdict is Verdict.REFUTED and self.known.printed_matrices:
            decision = self._with_printed_matrices(line, tables) or decision
        if decision.verdict in SETTLED and not line.first:
            self._note_result(tables, line.right)
        if decision.verdict is Verdict.UNDECIDED:
            return (self._of_whole_names(line) or without_meaning(line, tables, self.renamed)
                    or self._introducing(line, tables) or self._of_a_new_name(line) or decision)
        return decision

    chain_name = ""
    """The name that a chain of matrices begins with."""

    def _note_result(self, tables: Tables, side: Node) -> None:
        """Take note of the numbers at the end of a chain, for the name that this begins with."""
        if not self.chain_name:
            return
        with suppress(SymcnnError):
            value = tables.value(side)
            if isinstance(value, Matrix) and numbers_of(value) is not None:
                known = self.known.matrices.setdefault(self.chain_name, value)
                if known.shape == value.shape and known != value:
                    self.known.printed_matrices[self.chain_name] = value

    def _with_printed_matrices(self, line: Line, tables: Tables) -> Decision | None:
        """The verdict with matrices as they were printed, rounded, before; None if it is neither right nor wrong."""
        matrices = {**self.known.matrices, **self.known.printed_matrices}
        printed_before = Tables(tables.meaning, matrices, self.known.values)
        with suppress(SymcnnError, ZeroDivisionError), temporarily(self, known=self.known.copy()):
            decision = self._by_entries(line, printed_before)
            if decision.verdict in SETTLED and not printed_before.choices:
                return replace(decision, verdict=Verdict.ROUNDED, reason="with the values as they were printed before")
            if decision.verdict is Verdict.REFUTED:
                return decision
        return None

    def _of_a_new_name(self, line: Line) -> Decision | None:
        """H = (N − K)/S + 1, where K is a matrix elsewhere and the name on the left is new."""
        if not line.first or line.relation == "≈" or any(
                is_matrix(n) for side in (line.left, line.right) for n in nodes(side)):
            return None
        try:
            left = Meaning(self.words, (line.left, line.right)).value(line.left)
        except SymcnnError:
            return None
        if not isinstance(left, Read) or left.indices or left.tensor.gradient_of is not None or (
                left.tensor in self.known.definitions or left.tensor.name in self.known.values
                or self.introduced.setdefault(left.tensor.name, str(line.right)) != str(line.right)):
            return None
        return Decision(Verdict.DEFINED, f"introduces {left.tensor.name}")

    def _introducing(self, line: Line, tables: Tables) -> Decision | None:
        """y = T x with a T that was not spoken of before: the line says what T is."""
        unknown = {c.split(" ")[0] for c in tables.choices if c.endswith(TAKEN_FOR_A_NUMBER)}
        known = {t.name for t in self._definitions()} | {e.name for e in self.known.entries}
        if not line.first or line.relation == "≈" or len(unknown) != 1 or unknown & known:
            return None
        (name,) = unknown
        said = "".join(t.text for side in (line.left, line.right) for t in side.tokens)
        if self.introduced.setdefault(name, said) != said:
            return None
        return Decision(Verdict.DEFINED, f"introduces {name}")

    def _of_whole_names(self, line: Line) -> Decision | None:
        """A proof that does not look into the matrices: ∂L/∂x = Wᵀ ∂L/∂y from y = W x."""
        try:
            sides = self._whole(line)
            if sides is None:
                return None
            # What a line itself says of a name that is new does not prove the line.
            new = {sides[0].tensor} if line.first and isinstance(sides[0], Read) else set()
            with temporarily(self, in_question=frozenset(new - self.known.definitions.keys())):
                decision = self._claimed(*sides, refute=False)
        except SymcnnError:
            return None
        return decision if decision.verdict is Verdict.PROVED else None

    def _by_entries(self, line: Line, tables: Tables) -> Decision:
        name = tables.name(line.left) if line.left.kind in OF_NAMES else ""
        right = tables.value(line.right)
        if name.startswith("∂") and name not in self.known.matrices:
            return self._gradient(line, tables, name, right)
        if isinstance(right, Matrix) and name and not tables.choices and (
                line.first or name not in self.known.matrices):
            return self._named(line, tables, name, right)
        if name and line.first and not isinstance(right, Matrix) and name in self.known.matrices:
            return self._named(line, tables, name, Matrix(((right,),)))
        return self._compared_tables(line, tables.value(line.left), right, tables)

    def _compared_tables(self, line: Line, left: Table, right: Table, tables: Tables) -> Decision:
        if isinstance(left, Matrix) and isinstance(right, Matrix):
            return self._same_entries(line, left, right, tables)
        if isinstance(left, Matrix) or isinstance(right, Matrix):
            return self._one_matrix(line, left, right, tables)
        decision = self._entry(line, left, right)
        return self._without_choices(decision, tables)

    def _gradient(self, line: Line, tables: Tables, name: str, right: Table) -> Decision:
        """A matrix for ∂L/∂Y: compared with what is known of its entries; if nothing decides that, it is given."""
        try:
            left = tables.value(line.left)
            decision = self._compared_tables(line, left, right, tables)
        except FaultError:
            raise
        except MeaningError as error:
            decision = Decision(Verdict.UNDECIDED, str(error))
        if decision.verdict is not Verdict.UNDECIDED or not isinstance(right, Matrix) or numbers_of(right) is None:
            return decision
        tables.choices.clear()
        named = self._named(line, tables, name, right)
        known = any(t.name == name[1:].partition("/")[0] for t in self._definitions())
        return decision if known and named.verdict is Verdict.DEFINED else named

    def _one_matrix(self, line: Line, left: Table, right: Table, tables: Tables) -> Decision:
        """A matrix and what is read as a number: an array named as a whole, or a matrix of one entry."""
        matrix, other = (left, right) if isinstance(left, Matrix) else (right, left)
        assert isinstance(matrix, Matrix)
        assert not isinstance(other, Matrix)
        if matrix.shape == (1, 1):
            one, another = (t if isinstance(t, Matrix) else Matrix(((t,),)) for t in (left, right))
            return self._same_entries(line, one, another, tables)
        whole = tables.opened(other, matrix.shape) if isinstance(other, Read) and not other.indices else None
        if whole is None:
            whole = tables.beside(other, matrix.shape[0])
        if whole is None:
            return Decision(Verdict.UNDECIDED, "a matrix and a number are compared")
        tables.choices[:] = [c for c in tables.choices if not c.endswith(TAKEN_FOR_A_NUMBER)]
        return self._same_entries(line, *((matrix, whole) if matrix is left else (whole, matrix)), tables)

    def _named(self, line: Line, tables: Tables, name: str, value: Matrix) -> Decision:
        """NAME = matrix: compared with what is known of the name, or what the name is from now on."""
        transposed = is_transposed(line.left)
        value = value.transposed if transposed else value
        known = self.known.matrices.get(name)
        if known is None and not transposed:
            known = self._known_entries(line, tables, value)
        if known is not None and known.entries == value.entries and name not in self.known.matrices:
            known = None  # y = (y_1, y_2) says only how many entries there are
        if known is not None:
            decision = self._same_entries(line, known, value, tables) if not transposed else (
                self._same_entries(line, known.transposed, value.transposed, tables))
            if decision.verdict in SETTLED:
                if numbers_of(value) is not None:
                    self.known.matrices.setdefault(name, value)
                return decision
            if decision.verdict is Verdict.REFUTED and all(isinstance(e, Read) and e.indices for e in known.entries):
                return decision
            shape = known.shape
            if transposed and shape != value.shape and not known.is_vector:
                raise FaultError(f"{name} is a {shape[0]}×{shape[1]} matrix, its transpose on the right a "
                                 f"{value.shape[1]}×{value.shape[0]} matrix")
            if decision.verdict is Verdict.DEFINED or transposed and decision.verdict is Verdict.REFUTED and (
                    _is_nearly(known, value)):
                return decision
        if tables.choices:
            return Decision(Verdict.UNDECIDED, tables.choices[0])
        if known is None and not transposed and (decided := self._by_formula(line, name, value)) is not None:
            return decided
        again = name in self.known.matrices
        if again:
            self.renamed.add(name)
        self.known.matrices[name] = value
        return Decision(Verdict.DEFINED, f"says what {name} is" + (", otherwise than before" if again else ""))

    def _known_entries(self, line: Line, tables: Tables, value: Matrix) -> Matrix | None:
        """A name as the matrix of its entries, if the document gives formulas for these."""
        try:
            read = tables.meaning.value(line.left)
        except SymcnnError:
            return None
        if not isinstance(read, Read) or read.indices:
            return None
        whole = tables.opened(read, value.shape)
        if whole is None or whole.shape not in (value.shape, value.shape[::-1]) or (
                whole.shape != value.shape and not whole.is_vector):
            return None
        tensor = whole.entries[0].tensor if isinstance(whole.entries[0], Read) else None
        return whole if tensor is not None and tensor.gradient_of is None and tensor in self._definitions() else None

    def _same_entries(self, line: Line, left: Matrix, right: Matrix, tables: Tables) -> Decision:
        """Entry by entry; the first entry that is refuted decides, otherwise the one that says least."""
        if left.shape != right.shape:
            if left.transposed.shape != right.shape or not left.is_vector:
                return Decision(Verdict.UNDECIDED, f"a {left.shape[0]}×{left.shape[1]} and a {right.shape[0]}×"
                                f"{right.shape[1]} matrix are compared")
            if not (left.either or right.either):
                tables.choices.append("a row and a column are compared")
            left = left.transposed
        elif (left.either or right.either) and left.shape[0] == left.shape[1] > 1:
            tables.choices.append("what is a row and what a column of a derivative is not said")
        decision = self._compared(line, left, right)
        if decision.verdict is Verdict.REFUTED and tables.choices and left.shape[0] == left.shape[1] > 1 and (
                left.either or right.either):
            other = self._compared(line, left, right.transposed)
            decision = other if other.verdict in SETTLED else decision
        return self._without_choices(decision, tables)

    def _without_choices(self, decision: Decision, tables: Tables) -> Decision:
        """What is refuted only under a reading that the text leaves open is undecided."""
        if decision.verdict is Verdict.REFUTED and tables.choices:
            return Decision(Verdict.UNDECIDED, tables.choices[0])
        return decision

    def _compared(self, line: Line, left: Matrix, right: Matrix) -> Decision:
        """Entry by entry, and once more as something worked out if the entries that are proved say that it is that."""
        decision, proofs = self._each_entry(line, left, right)
        if decision.verdict is not Verdict.UNDECIDED or not proofs or not names_in(right) <= names_in(left):
            return decision
        with temporarily(self, worked_out=True):
            again, _ = self._each_entry(line, left, right)
        return again if again.verdict is Verdict.REFUTED else decision

    def _each_entry(self, line: Line, left: Matrix, right: Matrix) -> tuple[Decision, int]:
        """The verdict, and how many entries are proved that are more than a name or a number."""
        worst: Decision | None = None
        wrong: list[tuple[str, Decision]] = []
        proofs = 0
        cells = cells_of_matrix(line.right)
        for i, (row, other) in enumerate(zip(left.rows, right.rows, strict=True)):
            for j, (a, b) in enumerate(zip(row, other, strict=True)):
                entry = replace(line, right=cells.get((i, j), line.right), first=line.first and bool(cells))
                decision = self._entry(entry, a, b)
                if decision.verdict is Verdict.REFUTED:
                    wrong.append((f"row {i + 1}, column {j + 1}", decision))
                proofs += decision.verdict is Verdict.PROVED and bool(children(b)) and bool(tensors_in(b))
                if worst is None or WORST.index(decision.verdict) > WORST.index(worst.verdict):
                    worst = decision
        assert worst is not None
        if wrong:
            (place, decision), *more = wrong
            reason = f"{place}: {decision.reason}".rstrip(": ") if len(left.entries) > 1 else decision.reason
            if more:
                reason += f"; wrong, too: {', '.join(p for p, _ in more[:MOST_NAMED])}" + (
                    f" and {len(more) - MOST_NAMED} more" if len(more) > MOST_NAMED else "")
            return replace(decision, reason=reason, repair=self.mended(line, left, right)), proofs
        return replace(worst, scope="every entry" if worst.verdict is Verdict.PROVED else worst.scope), proofs

    def mended(self, line: Line, left: Matrix, right: Matrix) -> str | None:
        """The right side with the entries that are wrong replaced; None if they cannot be written."""
        raise NotImplementedError

    def _entry(self, line: Line, left: Expression, right: Expression) -> Decision:
        if constant(left) is not None and constant(left) == constant(right):
            return Decision(Verdict.PROVED, procedures=("exact numbers",))
        if is_numeric(left, self.known.values) and is_numeric(right, self.known.values):
            return numeric(self.known, line, left, right)
        if isinstance(left, Read) and left.tensor.gradient_of is None and left.tensor not in self._definitions() and (
                all(i.is_constant for i in left.indices)) and key(left) not in self.known.values and (
                all(left.indices != e.entry for e in self.known.entries.get(left.tensor, ()))) and not any(
                left.tensor in tensors_in(d.body) for d in self._definitions().values()):
            return self._equation(replace(line, first=True), left, right)
        return self._claim(line, left, right)


def numbers_of(matrix: Matrix) -> list[list[Fraction]] | None:
    """The entries of a matrix of rational numbers; None for another one."""
    found = [[_number(e) for e in row] for row in matrix.rows]
    return None if any(n is None for row in found for n in row) else [[n or Fraction(0) for n in row] for row in found]


def _number(entry: Expression) -> Fraction | None:
    if (plain := constant(entry)) is not None:
        return plain
    value = exact(entry, {}) if is_numeric(entry, {}) else None
    return Fraction(int(value.p), int(value.q)) if isinstance(value, flint.fmpq) else None


def is_made_of(value: Matrix, made: Matrix) -> bool:
    """Whether a matrix may be another one with a bias, a factor or a rectifier that the words around it speak of."""
    found, wanted = numbers_of(value), numbers_of(made)
    if found is None or wanted is None:
        return False
    pairs = [(a, b) for x, y in zip(found, wanted, strict=True) for a, b in zip(x, y, strict=True)]
    return len(pairs) > 1 and (len({a - b for a, b in pairs}) == 1 or all(a == max(b, 0) for a, b in pairs)
                               or len({a / b if b else None for a, b in pairs if a or b}) == 1 and all(
                                   b or not a for a, b in pairs))


def names_in(matrix: Matrix) -> set[str]:
    """The names in the entries of a matrix."""
    return {t.name for e in matrix.entries for t in tensors_in(e)} | {
        s.name for e in matrix.entries for s in sizes_in(e)}


def cells_of_matrix(node: Node) -> dict[tuple[int, int], Node]:
    """The cells of a matrix written out, by place."""
    if not is_matrix(node):
        return {}
    found: dict[tuple[int, int], Node] = {}
    for i, row in enumerate(Tables.cells_of(node)):
        parts = [p for cell in row for p in (cell.nodes if any(
            isinstance(t, Token) and t.text == "," for t in cell.parts) else cell.nodes[:1])]
        found |= {(i, j): part for j, part in enumerate(parts)}
    return found





def _is_nearly(known: Matrix, value: Matrix) -> bool:
    """Whether most entries of two matrices are the same: then Aᵀ = … says nothing new of A, but has a slip."""
    alike = sum(a == b for a, b in zip(known.entries, value.entries, strict=False))
    return known.shape == value.shape and min(known.shape) > 1 and 2 * alike > len(known.entries)
