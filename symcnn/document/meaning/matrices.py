"""Tables of formulas: matrices written out, their products, sums and transposes, compared entry by entry."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symcnn.document.claims.claims import environment_name
from symcnn.document.claims.of_vectors import SOFTMAX, word_of
from symcnn.document.meaning.labels import family
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.numbers import printed
from symcnn.document.meaning.standard_functions import FUNCTIONS, standard_function
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.reading.forms import (
    FaultError, MeaningError, constant, differential, differentials, identifier, is_remark, signed_terms,
)
from symcnn.document.reading.node import Node
from symcnn.document.reading.signs import BARS
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import DOTS, TRANSPOSED, Written, rows_of, scripts_of, text_of, unwrapped, written
from symcnn.notation.expression import (
    Add, Apply, Derivative, Expression, Multiply, Power, Read, Tensor, Value, expression,
)
from symcnn.notation.polynomial import polynomial

MOST_ENTRIES = 4096
ENTRYWISE = frozenset((r"\odot", r"\otimes", r"\circ", "⊙", "∘", "⊗", r"\cdotp"))
STARS = frozenset(("*", r"\ast", r"\star"))
NORMS = BARS - {"|", r"\vert"}
MATRIX_DOTS = DOTS | {r"\vdots", r"\ddots", "⋮"}
TAKEN_FOR_A_NUMBER = "is taken for a number"
SCALARS = frozenset("alpha beta gamma delta epsilon varepsilon eta kappa lambda mu nu rho sigma tau omega".split())
"""Names that are numbers beside matrices, unless the document says otherwise."""


@dataclass(frozen=True)
class Matrix:
    """Rows of formulas, all of the same length.

    `either` says that rows and columns may be exchanged: a vector written as a list, ∂y/∂x in one layout or the other.
    """

    rows: tuple[tuple[Expression, ...], ...]
    either: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0])

    @property
    def transposed(self) -> Matrix:
        return Matrix(tuple(zip(*self.rows, strict=True)), self.either)

    @property
    def entries(self) -> tuple[Expression, ...]:
        """All entries, row by row."""
        return tuple(e for row in self.rows for e in row)

    @property
    def is_vector(self) -> bool:
        return 1 in self.shape

    def each(self, f: Callable[[Expression], Expression]) -> Matrix:
        return Matrix(tuple(tuple(map(f, row)) for row in self.rows), self.either)

    def with_entries(self, other: Matrix, f: Callable[[Expression, Expression], Expression]) -> Matrix:
        """Entry by entry; MeaningError for unlike shapes. A single column or row is repeated as needed."""
        left, right = self, other
        if left.is_vector and right.is_vector and left.shape != right.shape and left.shape == right.shape[::-1]:
            if not (left.either or right.either):
                raise MeaningError("a row and a column do not go together entry by entry")
            left, right = (left.transposed, right) if left.either else (left, right.transposed)
        (m, n), (p, q) = left.shape, right.shape
        if m not in (1, p) and p != 1 or n not in (1, q) and q != 1 or (left.is_vector and right.is_vector and (
                left.shape != right.shape)):
            raise MeaningError(f"a {m}×{n} and a {p}×{q} matrix do not go together entry by entry")
        height, width = max(m, p), max(n, q)
        a, b = (tuple(row * (width // len(row)) for row in table.rows) * (height // len(table.rows))
                for table in (left, right))
        return Matrix(tuple(tuple(map(f, x, y)) for x, y in zip(a, b, strict=True)), left.either and right.either)


Table = Matrix | Expression


@dataclass
class Tables:
    """Reads sides that hold matrices. `known` are names that stand for matrices, `meaning` reads the entries.

    `choices` are the places where the text leaves open what is meant: there a difference is no fault of the line.
    """

    meaning: Meaning
    known: Mapping[str, Matrix] = field(default_factory=dict)
    values: Container[str] = ()
    choices: list[str] = field(default_factory=list)
    within: bool = False

    def has_matrix(self, node: Node) -> bool:
        """Whether a side holds a matrix, written out or by name."""
        if is_matrix(node) or any(is_diag(a) and is_list(b) for a, b in itertools.pairwise(node.nodes)):
            return True
        found = written(node)
        if found is not None and node.kind in ("name", "scripts", "command"):
            name = self.name(node)
            return name in self.known and name not in self.meaning.words.sizes or bool(self.factors(node))
        if node.kind == "index":
            return False
        if node.kind == "command" and self.name(node) in self.known:
            return True
        return any(self.has_matrix(n) for n in (node.nodes[:1] if node.kind == "scripts" else node.nodes))

    def name(self, node: Node) -> str:
        """The name of a whole matrix, its transposition mark left out; empty for an entry and for what is no name."""
        found = written(node)
        if self.factors(node):
            return ""
        if found is None and (pair := differentials(node)) is not None:
            of, by = map(self.name, pair)
            return f"∂{of}/∂{by}" if of and by else ""
        labels = self.meaning.names.labels
        if found is None or found.inside or any(
                unwrapped(i).kind != "number" and text_of(i).strip() not in labels for i in found.lower):
            return ""
        if found.lower and found.stem in self.meaning.names.indexed and not self._is_labelled(found):
            return ""
        upper = tuple(u for u in found.upper if text_of(u).lstrip("\\") not in ("T", "top", "⊤"))
        return found.stem + "".join(f"_{text_of(i)}" for i in found.lower) + (
            "^" + "".join(text_of(u).replace(" ", "") for u in upper) if upper else "") + "'" * found.primes

    def factors(self, node: Node) -> tuple[Node, ...]:
        """L and L^T of LL^T, where L is a matrix and LL no name; none for any other node."""
        word = node.nodes[0] if node.kind == "scripts" else node
        if word.kind != "name" or len(word.head) < 2 or word.head in self.known:
            return ()
        letters = self.meaning.letters(node)
        return letters if all(self.name(n) in self.known for n in letters) else ()

    def _is_labelled(self, found: Written) -> bool:
        """Whether the subscript of a name belongs to it, as in W_1[i, j]."""
        try:
            place, _ = self.meaning.place(replace(found, upper=()))
        except MeaningError:
            return False
        return not place.indices and bool(self.meaning.words.others.get(family(identifier(place.name))))

    def value(self, node: Node) -> Table:
        """The matrix or number that a side is; MeaningError for what is neither."""
        if is_matrix(node):
            return self.written_out(node)
        if factors := self.factors(node):
            return self.value(Node("product", factors))
        match node.kind:
            case "group" if node.head in NORMS and self.has_matrix(node):
                return Apply("sqrt", self.squared_length(node))
            case "scripts" if node.nodes[0].kind == "group" and node.nodes[0].head in NORMS and (
                    self.has_matrix(node)) and _exponent(node) == "2":
                return self.squared_length(node.nodes[0])
            case "group" | "braces":
                inner = [n for n in node.nodes if n.parts]
                if len(inner) == 1 and inner[0].kind == "clauses" and (
                        len(inner[0].parts) == len(inner[0].nodes) == 1) and (
                        node.kind == "braces" or node.head in ("(", "[")):
                    return self.value(inner[0].nodes[0])
            case "sum":
                return self.sum(node)
            case "sign":
                inside = self.value(node.nodes[0])
                if node.head != "-":
                    return inside
                return inside.each(lambda e: -e) if isinstance(inside, Matrix) else -inside
            case "product":
                return self.product(node)
            case "command" if node.head.endswith("frac"):
                return self.fraction(node)
            case "scripts" | "name" | "command" if self.has_matrix(node):
                return self.scripted(node)
            case "function" if self.has_matrix(node.nodes[1]):
                return self.function(node)
            case "big" if (positive := _positive_part(node)) is not None and isinstance(
                    inside := self.value(positive), Matrix):
                return inside.each(lambda e: Apply("relu", e))
            case "big" if self.has_matrix(node):
                raise MeaningError("a sum of matrices is not read")
        return self.plain(node)

    def _entries(self, name: str) -> Matrix | None:
        """The vector of p_1, p_2, … that are known by their values; None where p is a number or has fewer than two."""
        if name in self.values or not name.isalpha():
            return None
        known = itertools.takewhile(lambda entry: entry in self.values, (f"{name}_{n}" for n in itertools.count(1)))
        entries = tuple(Read(self.meaning.words.tensor(entry, 0), ()) for entry in known)
        return Matrix((entries,), True) if len(entries) > 1 else None

    def plain(self, node: Node) -> Table:
        """What no matrix is written out for: an array whose axes are known as a matrix, all else as a number."""
        value = self.meaning.value(node)
        if isinstance(value, Read) and not value.indices and not self.within:
            whole = self.opened(value, None)
            if whole is not None:
                return whole
            name = value.tensor.gradient_of[1] if value.tensor.gradient_of else value.tensor.name
            if (entries := self._entries(name)) is not None:
                return entries
            if name not in self.values and name not in self.meaning.words.sizes and name not in SCALARS and not any(
                    value in matrix.entries for matrix in self.known.values()):
                self.choices.append(f"{name} {TAKEN_FOR_A_NUMBER}")
        return value

    def opened(self, read: Read, shape: tuple[int, int] | None) -> Matrix | None:
        """A whole name as the matrix of its entries: of the axes that are known, else of a shape; None if neither."""
        words = self.meaning.words
        loss, name = read.tensor.gradient_of or ("", read.tensor.name)
        arities = words.others.get(family(name), frozenset())
        if len(arities) != 1 or (arity := next(iter(arities))) > 2:
            return None
        tensor = words.tensor(name, arity)
        places = []
        for n, axis in enumerate(tensor.axes):
            if axis.base is not None and axis.upper is not None and axis.base.is_constant and axis.upper.is_constant:
                places.append(range(int(axis.base.constant), int(axis.upper.constant) + 1))
            elif shape is not None and (arity == 2 or 1 in shape):
                base = 0 if name in self.meaning.names.bracketed | self.meaning.names.zeros else 1
                places.append(range(base, base + (shape[n] if arity == 2 else max(shape))))
            else:
                return None
        if arity == 1:
            places.append(range(1))
        if len(places[0]) * len(places[1]) > MOST_ENTRIES or not all(map(len, places)):
            return None
        whole = tensor.gradient(loss) if loss else tensor
        return Matrix(tuple(tuple(Read(whole, (polynomial(i), polynomial(j))[:arity]) for j in places[1])
                            for i in places[0]), arity == 1)

    def squared_length(self, node: Node) -> Expression:
        """‖v‖², the sum of the squares of all entries."""
        inner = self.value(node.nodes[0].nodes[0])
        if not isinstance(inner, Matrix):
            raise MeaningError("bars around a number")
        return dot(inner.entries, inner.entries)

    # Derivatives.

    def fraction(self, node: Node) -> Table:
        """A quotient, or ∂L/∂X, ∂Y/∂x and ∂y/∂x with the entries of whole matrices."""
        top, bottom = (differential(n) for n in node.nodes[:2])
        if top is None or bottom is None:
            if not self.has_matrix(node):
                return self.meaning.value(node)
            above, below = (self.value(n) for n in node.nodes[:2])
            return _together(above, below, lambda a, b: a * Power(b, -1))
        return self.rate(node, top, bottom)

    def rate(self, node: Node, top: Node, bottom: Node) -> Table:
        """∂y/∂x has a row for each entry of y and a column for each of x, or the other way round."""
        if (known := self.known.get(self.name(node))) is not None:
            return known
        if not self.has_matrix(top) and not self.has_matrix(bottom):
            return self.plain(node)
        by = self.value(bottom)
        of = self.value(top) if self.has_matrix(top) else None
        if of is None:
            value = self.meaning.value(top)
            return by.each(lambda e: self.derivative(value, e)) if isinstance(by, Matrix) else (
                self.derivative(value, by))
        if not isinstance(by, Matrix):
            return of.each(lambda e: self.derivative(e, by)) if isinstance(of, Matrix) else self.derivative(of, by)
        if not isinstance(of, Matrix):
            return by.each(lambda e: self.derivative(of, e))
        if not of.is_vector or not by.is_vector:
            raise MeaningError("a derivative of a matrix by a matrix has four axes")
        if len(of.entries) * len(by.entries) > MOST_ENTRIES:
            raise MeaningError(f"a matrix of more than {MOST_ENTRIES} entries")
        return Matrix(tuple(tuple(self.derivative(a, b) for b in by.entries) for a in of.entries), True)

    def derivative(self, value: Expression, by: Expression) -> Expression:
        if not isinstance(by, Read):
            raise MeaningError("a derivative is taken with respect to an entry")
        return self.meaning.rate(value, by) if isinstance(value, Read) else Derivative(value, by)

    # Matrices written out.

    def written_out(self, node: Node) -> Matrix:
        with temporarily(self, within=True):
            rows = [[e for cell in cells for e in self.cell(cell)] for cells in self.cells_of(node)]
        if not rows or len({len(r) for r in rows}) != 1:
            raise MeaningError("the rows of a matrix have different lengths")
        made = _of_blocks(rows)
        if len(made) * len(made[0]) > MOST_ENTRIES:
            raise MeaningError(f"a matrix of more than {MOST_ENTRIES} entries")
        return Matrix(made, node.kind == "group" and len(made) == 1 and len(made[0]) > 1)

    @staticmethod
    def cells_of(node: Node) -> list[list[Node]]:
        """The cells of a table row by row; one that stands in brackets of its own is that table."""
        while node.kind == "group" and node.inner is not None and is_matrix(node.inner):
            node = node.inner
        return rows_of(node)

    def cells_with_dots(self, node: Node) -> list[list[Expression | None]]:
        """The entries of a matrix written out, None for dots; MeaningError if an entry is no single formula."""
        self.within = True
        found: list[list[Expression | None]] = []
        for cells in self.cells_of(node):
            row: list[Expression | None] = []
            for cell in cells:
                inside = [p for p in cell.parts if not (isinstance(p, Token) and p.kind == "gap")]
                if not inside or not any(t.kind in ("word", "number") for t in cell.tokens):
                    row.append(None)  # dots, or nothing
                    continue
                if len(inside) != 1 or not isinstance(inside[0], Node):
                    raise MeaningError("an entry of a matrix is empty or no single formula")
                entry = None if unwrapped(inside[0]).head in MATRIX_DOTS else self.entry(inside[0])
                if isinstance(entry, Matrix):
                    raise MeaningError("a matrix of blocks")
                row.append(entry)
            found.append(row)
        if len({len(r) for r in found}) != 1:
            raise MeaningError("the rows of a matrix have different lengths")
        return found

    def cell(self, cell: Node) -> list[Table]:
        """The entries in a cell: one, or several with commas between them."""
        inside = [p for p in cell.parts if not (isinstance(p, Token) and p.kind == "gap")]
        commas = [p for p in inside if isinstance(p, Token)]
        found = [p for p in inside if isinstance(p, Node)]
        if commas and all(t.text == "," for t in commas):
            if any(unwrapped(p).head in MATRIX_DOTS for p in found):
                return self.with_dots(found)
            return [self.entry(p) for p in found]
        if len(inside) == 1 and found:
            return [self.entry(found[0])]
        raise MeaningError("an entry of a matrix is empty or no single formula")

    def with_dots(self, found: list[Node]) -> list[Table]:
        """x_1, x_2, …, x_5 with the entries that the dots stand for: one index that grows by 1."""
        at = [n for n, p in enumerate(found) if unwrapped(p).head in MATRIX_DOTS]
        if len(at) != 1 or not 0 < at[0] < len(found) - 1:
            raise MeaningError("a matrix with dots is not written out")
        before, after = [self.entry(p) for p in found[:at[0]]], [self.entry(p) for p in found[at[0] + 1:]]
        first, last = before[-1], after[0]
        between = _between(first, last) if isinstance(first, Read) and isinstance(last, Read) else None
        if between is None:
            raise MeaningError("a matrix with dots is not written out")
        return [*before, *between, *after]

    def entry(self, node: Node) -> Table:
        if unwrapped(node).head in MATRIX_DOTS:
            raise MeaningError("a matrix with dots is not written out")
        found = self.value(node)
        return found.entries[0] if isinstance(found, Matrix) and found.shape == (1, 1) else found

    def sum(self, node: Node) -> Table:
        total: Table | None = None
        for negative, part in signed_terms(node):
            value = self.value(part)
            if negative:
                value = value.each(lambda e: -e) if isinstance(value, Matrix) else -value
            total = value if total is None else _together(total, value, lambda a, b: a + b)
        assert total is not None
        return total

    def product(self, node: Node) -> Table:
        parts = [p for p in node.parts if not (isinstance(p, Node) and is_remark(p))]
        heads = [p.head if isinstance(p, Node) else p.text for p in parts]
        if len(parts) == 5 and heads[2] == "/" and {heads[0], heads[3]} <= {r"\partial", "∂"}:
            _, top, _, _, bottom = parts
            if isinstance(top, Node) and isinstance(bottom, Node):
                return self.rate(node, top, bottom)
        result: Table | None = None
        sign, place = "", 0
        last: Node | None = None
        while place < len(parts):
            part = parts[place]
            place += 1
            if isinstance(part, Token):
                sign = part.text
                continue
            following = parts[place] if place < len(parts) else None
            if isinstance(following, Node) and following.kind == "group" and following.head in ("(", "[") and (
                    self.is_function(part)):
                inner = self.listed(following) if is_diag(part) or word_of(part) in SOFTMAX else None
                value, place = self.applied(part, inner or self.value(following)), place + 1
            else:
                value = self.value(part)
            if result is None:
                result = value
            elif sign in ("/", r"\div"):
                result = _together(result, value, lambda a, b: a * Power(b, -1))
            else:
                result = self.times(result, value, sign, last is not None and last.kind == part.kind == "rows")
            last, sign = part, ""
        assert result is not None
        return result

    def listed(self, group: Node) -> Matrix | None:
        """The vector (a, b) of several numbers in parentheses; None for a group of another kind."""
        if not is_list(group):
            return None
        return Matrix(tuple((self.meaning.value(n),) for n in group.nodes[0].nodes))

    def function(self, node: Node) -> Table:
        """tanh M, entry by entry."""
        name = node.nodes[0].head.lstrip("\\")
        inner = self.value(node.nodes[1])
        if node.nodes[0].kind == "scripts" or name not in FUNCTIONS:
            raise MeaningError(f"the function {name} is not known here")
        return inner.each(lambda e: standard_function(name, e)) if isinstance(inner, Matrix) else (
            standard_function(name, inner))

    def is_function(self, node: Node) -> bool:
        return self.meaning.is_function(node) or is_diag(node) or word_of(node) in SOFTMAX

    def applied(self, function: Node, inner: Table) -> Table:
        """f(M) entry by entry, diag(v), softmax(v), and f of a number."""
        if is_diag(function) or word_of(function) in SOFTMAX:
            if not isinstance(inner, Matrix) or not inner.is_vector:
                raise MeaningError("diag or softmax of something that is no vector")
            if word_of(function) in SOFTMAX:
                total = Add(tuple(Apply("exp", e) for e in inner.entries))
                return inner.each(lambda e: Apply("exp", e) * Power(total, -1))
            zero = expression(0)
            return Matrix(tuple(tuple(e if i == j else zero for j in range(len(inner.entries)))
                                for i, e in enumerate(inner.entries)))
        def one(e: Expression) -> Expression:
            return self.meaning.applied(function, e)
        return inner.each(one) if isinstance(inner, Matrix) else one(inner)

    def times(self, a: Table, b: Table, sign: str, written_out: bool) -> Table:
        """The product of numbers and matrices: entrywise where the sign says so, or where only that fits.

        FaultError for two matrices written out side by side that no reading of rows and columns multiplies.
        """
        if isinstance(a, Matrix) and not isinstance(b, Matrix) and (whole := self.beside(b, a.shape[1])) is not None:
            b = whole
        if not isinstance(a, Matrix) or not isinstance(b, Matrix):
            return _together(a, b, lambda x, y: x * y)
        if sign in ENTRYWISE or (sign in STARS and a.shape == b.shape and a.is_vector):
            return a.with_entries(b, lambda x, y: x * y)
        if sign in STARS:
            together = a.with_entries(b, lambda x, y: x * y)
            if a.shape[1] == b.shape[0] or a.shape == b.shape or self.meaning.names.convolution:
                self.choices.append(f"whether {sign} goes entry by entry is not said")
            return together
        fitting = [(x, y) for x in _ways(a) for y in _ways(b) if x.shape[1] == y.shape[0]]
        if len(fitting) > 1:
            self.choices.append("which of two vectors is a row is not said")
        if fitting:
            return _product(*fitting[0])
        if a.is_vector and b.is_vector and len(a.entries) == len(b.entries):
            self.choices.append("two vectors side by side are taken for their product of rows and columns")
            return dot(a.entries, b.entries)
        (m, n), (p, q) = a.shape, b.shape
        reason = f"a {m}×{n} matrix times a {p}×{q} matrix has no meaning"
        if written_out and sign in ("", r"\cdot") and not {m, n} & {p, q} - ({1} if 1 in a.shape else set()):
            raise FaultError(reason)
        raise MeaningError(reason)

    def beside(self, value: Expression, length: int) -> Matrix | None:
        """A whole vector that stands behind a matrix with so many columns."""
        if not isinstance(value, Read) or value.indices:
            return None
        whole = self.opened(value, (length, 1))
        if whole is not None and whole.shape[0] == length:
            return whole
        loss, name = value.tensor.gradient_of or ("", value.tensor.name)
        for known in (f"{name}_{accent}" for accent in ("tilde", "vec", "bar", "flat")):
            if known in self.known and self.known[known].shape == (length, 1):
                self.choices.append(f"{name} is taken for its entries one after the other")
                flat = self.known[known]
                return flat.each(lambda e: self.derivative(Read(Tensor(loss, ()), ()), e)) if loss else flat
        return None

    def scripted(self, node: Node) -> Table:
        name = self.name(node)
        base: Table
        transposed = False
        exponent: Node | None = None
        if node.kind == "scripts":
            for mark, script in scripts_of(node):
                if mark == "^" and script is not None:
                    text = text_of(script).lstrip("\\")
                    if text in ("T", "top", "⊤") or unwrapped(script).head in TRANSPOSED:
                        transposed = True
                    elif name not in self.known:
                        exponent = script
                elif written(node) is None:
                    raise MeaningError("an entry of a product of matrices is meant, not the whole")
        if name in self.known:
            base = self.known[name]
        elif node.kind == "scripts":
            base = self.value(node.nodes[0])
        elif node.kind == "command":
            base = self.value(unwrapped(node.nodes[-1]))
        else:
            raise MeaningError(f"{name or 'a name'} is no matrix that was written out")
        if exponent is not None:
            power = self.meaning.number(exponent)
            if power.denominator != 1 or (isinstance(base, Matrix) and (
                    power < 1 or base.shape[0] == base.shape[1] > 1)):
                raise MeaningError("the power of a matrix is not read")
            if isinstance(base, Matrix):
                self.choices.append("a power of a vector is taken entry by entry")
                base = base if power == 1 else base.each(lambda e: Power(e, int(power)))
            else:
                base = Power(base, int(power))
        if transposed and isinstance(base, Matrix):
            base = Matrix(base.transposed.rows)
        elif transposed and (isinstance(base, Matrix) or constant(base) is None):
            raise MeaningError(f"{str(node).strip()[:40]}: what is transposed is not known")
        return base


def _positive_part(node: Node) -> Node | None:
    """The M of max(0, M); None for another maximum."""
    if node.head != r"\max" or len(node.nodes) != 2 or node.nodes[0].kind != "symbol" or not is_list(node.nodes[1]):
        return None
    inside = node.nodes[1].nodes[0].nodes
    others = [n for n in inside if "".join(t.text for t in n.tokens) != "0"]
    return others[0] if len(inside) == 2 and len(others) == 1 else None


def is_transposed(node: Node) -> bool:
    """Whether a node is a name with a mark of transposition."""
    return node.kind == "scripts" and written(node) is not None and any(
        mark == "^" and script is not None and text_of(script).lstrip("\\") in ("T", "top", "⊤")
        for mark, script in scripts_of(node))


def _exponent(node: Node) -> str:
    scripts = list(scripts_of(node))
    return text_of(scripts[0][1]) if len(scripts) == 1 and scripts[0][0] == "^" and scripts[0][1] is not None else ""


def is_matrix(node: Node) -> bool:
    """Whether a node is a matrix written out, or a row in brackets: [1, 2, 3]."""
    if node.kind == "rows":
        name = environment_name(node).rstrip("*")
        return name.endswith("matrix") or name == "array"
    if node.kind == "group" and node.head == "[" and len(node.nodes) == 1:
        if any(n.kind == "chain" for n in node.nodes[0].nodes):
            return False  # [i = j, k = l], which is 1 or 0
        return sum(isinstance(p, Token) and p.text == "," for p in node.nodes[0].parts) >= 1
    if node.kind == "group" and node.head in ("(", "[", r"\{", "|") and len(node.nodes) == 1:
        inner = node.nodes[0].nodes
        return len(node.nodes[0].parts) == 1 and len(inner) == 1 and is_matrix(inner[0])
    return False


def is_list(node: Node) -> bool:
    """Whether a group holds several things with commas between them: (a, b)."""
    return node.kind == "group" and len(node.nodes) == 1 and any(
        isinstance(p, Token) and p.text == "," for p in node.nodes[0].parts)


def as_vector(node: Node) -> Node:
    """A list of numbers or of the entries of one name in parentheses, (1, 0, 0) or (x_1, x_2), with brackets.

    Any other side as it is.
    """
    if node.kind == "scripts" and (inner := as_vector(node.nodes[0])) is not node.nodes[0]:
        return Node("scripts", (inner, *node.parts[1:]))
    if node.kind != "group" or node.head != "(" or not is_list(node) or any(
            isinstance(p, Token) and p.text != "," and p.kind != "gap" for p in node.nodes[0].parts) or not all(
            printed(n) is not None for n in node.nodes[0].nodes) and not _are_entries(node.nodes[0].nodes):
        return node
    brackets = {"(": "[", ")": "]"}
    return Node("group", tuple(p._replace(text=brackets.get(p.text, p.text)) if isinstance(p, Token) else p
                               for p in node.parts))


def has_entries_of(name: Node, listed: Node) -> bool:
    """Whether a list holds the entries of a vector with this name: x = (x_1, x_2, x_3)."""
    whole, first = written(name), written(listed.nodes[0].nodes[0]) if listed.kind == "group" else None
    return whole is not None and first is not None and whole.stem == first.stem and _are_entries(listed.nodes[0].nodes)


def _are_entries(found: Sequence[Node]) -> bool:
    """Whether names are those of the entries of one vector, one after the other: x_1, x_2, x_3."""
    names = [written(n) for n in found]
    stems = {name.stem if name is not None and len(name.lower) == 1 and not name.upper else None for name in names}
    places = [unwrapped(name.lower[0]) for name in names if name is not None and name.lower]
    numbers = [int(p.head) for p in places if p.kind == "number" and p.head.isdigit()]
    return len(stems) == 1 and None not in stems and len(numbers) == len(found) and numbers == [
        *range(numbers[0], numbers[0] + len(found))]


def is_diag(node: Node) -> bool:
    """Whether a node is the word diag, in any type."""
    return node.kind in ("name", "command", "text", "symbol") and [
        t.text for t in node.tokens if t.text not in "{}" and t.text[:1] != "\\"] == ["diag"]


def _together(a: Table, b: Table, f: Callable[[Expression, Expression], Expression]) -> Table:
    if isinstance(a, Matrix):
        return a.with_entries(b, f) if isinstance(b, Matrix) else a.each(lambda e: f(e, b))
    return b.each(lambda e: f(a, e)) if isinstance(b, Matrix) else f(a, b)


def _between(first: Read, last: Read) -> list[Read] | None:
    """The entries between x_2 and x_5, which differ in one number that grows by 1; None for entries of another kind."""
    numbered = re.compile(r"(.+_)(\d+)")
    names = [numbered.fullmatch(r.tensor.name) for r in (first, last)]
    if not first.indices and not last.indices and names[0] is not None and names[1] is not None and (
            names[0][1] == names[1][1]):
        low, high = int(names[0][2]), int(names[1][2])
        return [Read(Tensor(f"{names[0][1]}{n}", ()), ()) for n in range(low + 1, high)] if (
            0 < high - low <= MOST_ENTRIES) else None
    if first.tensor != last.tensor or not all(i.is_constant for i in (*first.indices, *last.indices)):
        return None
    changed = [n for n, (i, j) in enumerate(zip(first.indices, last.indices, strict=True)) if i != j]
    steps = int((last.indices[changed[0]] - first.indices[changed[0]]).constant) if len(changed) == 1 else 0
    if not 1 <= steps <= MOST_ENTRIES:
        return None
    return [Read(first.tensor, tuple(i + k if n == changed[0] else i for n, i in enumerate(first.indices)))
            for k in range(1, steps)]


def _of_blocks(rows: list[list[Table]]) -> tuple[tuple[Expression, ...], ...]:
    """Numbers and matrices put together; MeaningError if their heights or widths do not fit."""
    made: list[tuple[Expression, ...]] = []
    for row in rows:
        blocks = [b if isinstance(b, Matrix) else Matrix(((b,),)) for b in row]
        if len({len(b.rows) for b in blocks}) != 1:
            raise MeaningError("the blocks of a matrix do not fit together")
        made += [tuple(e for part in parts for e in part) for parts in zip(*(b.rows for b in blocks), strict=True)]
    if len({len(r) for r in made}) != 1:
        raise MeaningError("the blocks of a matrix do not fit together")
    return tuple(made)


def _ways(a: Matrix) -> tuple[Matrix, ...]:
    """A matrix as it is written, and with rows and columns exchanged if that is left open."""
    return (a, a.transposed) if a.either and a.shape != (1, 1) else (a,)


def _product(a: Matrix, b: Matrix) -> Matrix:
    columns = b.transposed.rows
    return Matrix(tuple(tuple(dot(row, column) for column in columns) for row in a.rows))


def dot(left: tuple[Expression, ...], right: tuple[Expression, ...]) -> Expression:
    """Σ left·right without the terms that are zero."""
    zero = Value(polynomial(0))
    terms = tuple(Multiply((a, b)) for a, b in zip(left, right, strict=True) if zero not in (a, b))
    return Add(terms) if len(terms) > 1 else terms[0] if terms else expression(0)
