"""Tables of formulas: matrices written out, their products, sums and transposes, compared entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from symcnn.document.claims import environment_name, rows_of
from symcnn.document.forms import MeaningError
from symcnn.document.meaning import Meaning
from symcnn.document.names import TRANSPOSED, scripts_of, text_of, unwrapped, written
from symcnn.document.tokens import Token
from symcnn.document.tree import EMPTY, Node
from symcnn.notation.expression import Add, Expression, Multiply, Power, Value, expression
from symcnn.notation.polynomial import polynomial

MOST_ENTRIES = 4096
ENTRYWISE = frozenset((r"\odot", r"\otimes", r"\circ", "⊙", "∘", r"\cdotp"))
DOTS = frozenset((r"\dots", r"\ldots", r"\cdots", r"\vdots", r"\ddots", "…", "⋯", "⋮"))


@dataclass(frozen=True)
class Matrix:
    """Rows of formulas, all of the same length."""

    rows: tuple[tuple[Expression, ...], ...]

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0])

    @property
    def transposed(self) -> Matrix:
        return Matrix(tuple(zip(*self.rows, strict=True)))

    def each(self, f: Callable[[Expression], Expression]) -> Matrix:
        return Matrix(tuple(tuple(map(f, row)) for row in self.rows))

    def with_entries(self, other: Matrix, f: Callable[[Expression, Expression], Expression]) -> Matrix:
        """Entry by entry; MeaningError for unlike shapes. A single column or row is repeated as needed."""
        (m, n), (p, q) = self.shape, other.shape
        if self.shape != other.shape and not (m == p and 1 in (n, q)):
            raise MeaningError(f"a {m}×{n} and a {p}×{q} matrix do not go together entry by entry")
        wide = max(n, q)
        left, right = (tuple(row if len(row) == wide else row * wide for row in table.rows) for table in (self, other))
        return Matrix(tuple(tuple(map(f, a, b)) for a, b in zip(left, right, strict=True)))


Table = Matrix | Expression


@dataclass
class Tables:
    """Reads sides that hold matrices. `known` are names that stand for matrices, `meaning` reads the entries."""

    meaning: Meaning
    known: Mapping[str, Matrix] = field(default_factory=dict)

    def has_matrix(self, node: Node) -> bool:
        """Whether a side holds a matrix, written out or by name."""
        if is_matrix(node):
            return True
        found = written(node)
        if found is not None and node.kind in ("name", "scripts", "command"):
            return not found.lower and not found.inside and self.name(node) in self.known
        if node.kind == "index":
            return False
        return any(self.has_matrix(n) for n in (node.nodes[:1] if node.kind == "scripts" else node.nodes))

    def name(self, node: Node) -> str:
        """The name of a whole matrix, its transposition mark left out."""
        found = written(node)
        if found is None:
            return ""
        upper = tuple(u for u in found.upper if text_of(u).lstrip("\\") not in ("T", "top", "⊤"))
        return found.stem + ("^" + "".join(text_of(u).replace(" ", "") for u in upper) if upper else "")

    def value(self, node: Node) -> Table:
        """The matrix or number that a side is; MeaningError for what is neither."""
        if is_matrix(node):
            return self.written_out(node)
        match node.kind:
            case "group" | "braces":
                inner = [n for n in node.nodes if n.parts]
                if len(inner) == 1 and len(inner[0].parts) == 1 and inner[0].kind == "clauses" and (
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
            case "scripts" | "name" | "command" if self.has_matrix(node):
                return self.scripted(node)
            case "big" if self.has_matrix(node):
                raise MeaningError("a sum of matrices is not read")
        return self.meaning.value(node)

    def written_out(self, node: Node) -> Matrix:
        rows = []
        for cells in rows_of(node):
            row = []
            for cell in cells:
                inside = [p for p in cell.parts if not (isinstance(p, Token) and p.kind == "gap")]
                commas = [p for p in inside if isinstance(p, Token)]
                if commas and all(t.text == "," for t in commas):
                    row += [self.entry(p) for p in inside if isinstance(p, Node)]
                elif len(inside) == 1 and isinstance(inside[0], Node):
                    row.append(self.entry(inside[0]))
                else:
                    raise MeaningError("an entry of a matrix is empty or no single formula")
            rows.append(tuple(row))
        if not rows or len({len(r) for r in rows}) != 1:
            raise MeaningError("the rows of a matrix have different lengths")
        if len(rows) * len(rows[0]) > MOST_ENTRIES:
            raise MeaningError(f"a matrix of more than {MOST_ENTRIES} entries")
        return Matrix(tuple(rows))

    def entry(self, node: Node) -> Expression:
        if unwrapped(node).head in DOTS:
            raise MeaningError("a matrix with dots is not written out")
        found = self.value(node)
        if isinstance(found, Matrix):
            if found.shape == (1, 1):
                return found.rows[0][0]
            raise MeaningError("a matrix inside a matrix is not read")
        return found

    def sum(self, node: Node) -> Table:
        total: Table | None = None
        negative = False
        for part in node.parts:
            if isinstance(part, Token):
                negative = part.text.strip("{}").strip() == "-"
                continue
            if part == EMPTY:
                raise MeaningError("a sum breaks off")
            value = self.value(part)
            if negative:
                value = value.each(lambda e: -e) if isinstance(value, Matrix) else -value
            total = value if total is None else _together(total, value, lambda a, b: a + b)
            negative = False
        assert total is not None
        return total

    def product(self, node: Node) -> Table:
        result: Table | None = None
        sign = ""
        for part in node.parts:
            if isinstance(part, Token):
                sign = part.text
                continue
            value = self.value(part)
            if result is None:
                result = value
            elif sign in ("/", r"\div"):
                result = _together(result, value, lambda a, b: a * Power(b, -1))
            else:
                result = _times(result, value, sign)
            sign = ""
        assert result is not None
        return result

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
            if power.denominator != 1 or not isinstance(base, Matrix):
                raise MeaningError("the power of a matrix is not read")
            base = base if power == 1 else base.each(lambda e: Power(e, int(power)))
        if transposed and isinstance(base, Matrix):
            base = base.transposed
        return base


def is_transposed(node: Node) -> bool:
    """Whether a node is a name with a mark of transposition."""
    return node.kind == "scripts" and written(node) is not None and any(
        mark == "^" and script is not None and text_of(script).lstrip("\\") in ("T", "top", "⊤")
        for mark, script in scripts_of(node))


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


def _together(a: Table, b: Table, f: Callable[[Expression, Expression], Expression]) -> Table:
    if isinstance(a, Matrix):
        return a.with_entries(b, f) if isinstance(b, Matrix) else a.each(lambda e: f(e, b))
    return b.each(lambda e: f(a, e)) if isinstance(b, Matrix) else f(a, b)


def _times(a: Table, b: Table, sign: str) -> Table:
    """The product of numbers and matrices: entrywise where the sign says so, or where only that fits."""
    if not isinstance(a, Matrix) or not isinstance(b, Matrix):
        return _together(a, b, lambda x, y: x * y)
    if sign in ENTRYWISE or (sign == "*" and a.shape[1] != b.shape[0]):
        return a.with_entries(b, lambda x, y: x * y)
    if a.shape[1] != b.shape[0]:
        (m, n), (p, q) = a.shape, b.shape
        raise MeaningError(f"a {m}×{n} matrix times a {p}×{q} matrix has no meaning")
    columns = b.transposed.rows
    return Matrix(tuple(tuple(dot(row, column) for column in columns) for row in a.rows))


def dot(left: tuple[Expression, ...], right: tuple[Expression, ...]) -> Expression:
    """Σ left·right without the terms that are zero."""
    zero = Value(polynomial(0))
    terms = tuple(Multiply((a, b)) for a, b in zip(left, right, strict=True) if zero not in (a, b))
    return Add(terms) if len(terms) > 1 else terms[0] if terms else expression(0)
