"""Whole vectors and matrices, h = W a + b, as formulas between their entries.

How many axes a name has, and whether vectors are rows or columns, is decided once for a document (see layout).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from symcnn.document.claims.averages import operator_of
from symcnn.document.claims.claims import environment_name, relation_name
from symcnn.document.claims.names import BOLD
from symcnn.document.claims.of_vectors import SOFTMAX, TRACE, indicated, is_indicator, of_ones, softmax, trace, word_of
from symcnn.document.meaning.binders import among, largest_of
from symcnn.document.meaning.labels import family
from symcnn.document.meaning.matrices import is_diag
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.nabla import Nabla, is_nabla, nabla_at
from symcnn.document.meaning.vector_functions import put_in, with_own_variables
from symcnn.document.reading.forms import (
    MeaningError, constant, differential, is_flip, is_remark, over, power, second_differentials, signed_terms,
)
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.signs import BARS, BRACKETS
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import (
    Written, condition_below, is_condition, is_transposition, is_whole_axis, nodes, scripts_of, text_of, unwrapped,
    written,
)
from symcnn.notation.expression import (
    OPEN, Add, Apply, Bracket, Derivative, Expression, Multiply, Power, Range, Read, Sum, Value, expression, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import substitute

ENTRYWISE = frozenset((r"\odot", r"\circ", "⊙", "∘", r"\otimes", "⊗", r"\cdotp"))
OUTER = frozenset((r"\otimes", "⊗"))
STARS = frozenset(("*", r"\ast", r"\star"))
Key = tuple[str, int]
"""A name without its label, and with how many indices it is written."""


class ShapeError(MeaningError):
    """Vectors and matrices that do not go together."""


class BatchError(ShapeError):
    """Matrices in batches, of which it is a convention how they are transposed."""


class AlikeError(ShapeError):
    """Two columns or two rows side by side, as in σ(z) (1 − σ(z)): their product entry by entry, or a slip."""


@dataclass(frozen=True)
class Array:
    """An entry of a vector, a matrix or a tensor, and its indices.

    `axes` is empty for a number, (row, column) for vectors and matrices, with None for an axis of one place.
    """

    body: Expression
    axes: tuple[Symbol | None, ...] = ()

    @property
    def transposed(self) -> Array:
        if len(self.axes) > 2:
            raise BatchError("which axes of a batch of matrices are transposed is not said")
        if len(self.axes) not in (0, 2):
            raise ShapeError("a transpose of something that is no matrix")
        return replace(self, axes=self.axes[::-1])

    @property
    def pattern(self) -> tuple[bool, ...]:
        return tuple(a is not None for a in self.axes)

    @property
    def shape(self) -> str:
        kinds = {(): "a number", (True, False): "a column", (False, True): "a row", (True, True): "a matrix"}
        return kinds.get(self.pattern, "a tensor")

    def each(self, f: Callable[[Expression], Expression]) -> Array:
        return replace(self, body=f(self.body))

    def at(self, axes: tuple[Symbol | None, ...]) -> Expression:
        """The entry at other indices."""
        moved = {old: polynomial(new) for old, new in zip(self.axes, axes, strict=True)
                 if old is not None and new is not None and old != new}
        return substitute(self.body, moved)


@dataclass
class Layout:
    """How a document writes vectors: how many axes each name has beside its written indices; whether vectors are rows.

    `firm` are the names of which the document says so itself, by indices, a declaration or a transposition; `said`
    are those that it says to be vectors or matrices, which are more than one number wherever they stand, `declared`
    those of which it says so in words or by a set;
    `shaped` is how many lines between vectors and matrices have a shape, of how many; if these are few, `doubtful`
    are the names that are vectors or matrices all the same.
    """

    axes: dict[Key, int] = field(default_factory=dict)
    rows: bool = False
    firm: set[Key] = field(default_factory=set)
    said: set[Key] = field(default_factory=set)
    declared: set[Key] = field(default_factory=set)
    shaped: tuple[int, int] = (0, 0)
    doubtful: set[Key] = field(default_factory=set)

    def __bool__(self) -> bool:
        return any(self.axes.values())


def _is_slope(node: Expression) -> bool:
    """Whether an entry is f'(z) of a function without a formula."""
    return isinstance(node, Apply) and node.function.startswith(OPEN) and node.function.endswith("'")


class Whole:
    """Reads the sides of one line; `seen` collects the names that it looked up."""

    def __init__(self, meaning: Meaning, layout: Layout) -> None:
        self.meaning, self.words, self.layout = meaning, meaning.words, layout
        self.seen: set[Key] = set()
        self.transposed: set[Key] = set()
        self.norms = self.outer = False
        self.turned: set[str] = set()
        """The names that the line transposes: vectors, also where a function is one of them."""
        self.fresh = (Symbol(f"u{n}") for n in itertools.count(1))

    def sides(self, left: Node, right: Node) -> tuple[Expression, Expression]:
        """Both sides at the same indices; ShapeError if their shapes differ.

        The square of a vector is its squared length where a number is wanted, (y − t)² in a loss.
        """
        self.turned = {found.stem for side in (left, right) for n in nodes(side) if n.kind == "scripts" and any(
            mark == "^" and s is not None and is_transposition(unwrapped(s)) for mark, s in scripts_of(n))
            and (found := written(n.nodes[0])) is not None}
        a, b = self.value(left), self.value(right)
        if a.pattern == (True, True) and sum(b.pattern) == 1 and any(t.text in OUTER for t in right.tokens):
            self.outer = True
            b = self.value(right)
            self.words.notes["⊗ between vectors: outer product"] = None
        if a.axes == () and any(b.pattern) and isinstance(a.body, Read):
            self.norms = True
            b = self.value(right)
        if b.axes == () and isinstance(b.body, Value):
            return a.body, b.body
        if a.pattern != b.pattern:
            raise ShapeError(f"the left side is {a.shape}, the right side {b.shape}")
        return a.body, b.at(a.axes)

    def entry(self, node: Node, places: Sequence[Node]) -> Expression | None:
        """(A x)_i; None for an entry of a number."""
        array = self.value(node)
        axes = [a for a in array.axes if a is not None]
        if not axes:
            return None
        if len(axes) != len(places):
            raise MeaningError(f"{array.shape} with {len(places)} indices")
        return substitute(array.body, {a: self.meaning.index(i) for a, i in zip(axes, places, strict=True)})

    def value(self, node: Node) -> Array:
        """The entry that a side is; MeaningError for what has no meaning."""
        if node.kind in ("command", "scripts") and (ones := of_ones(node)):
            array = Array(expression(1), self.laid((next(self.fresh),)))
            return array if ones > 0 else array.transposed
        match node.kind:
            case "sum":
                return self.sum(node)
            case "sign":
                inner = self.value(node.nodes[0])
                return inner.each(lambda e: -e) if node.head == "-" else inner
            case "product":
                return self.product(node)
            case "group" | "braces":
                return self.inside(node)
            case "big":
                return self.big(node)
            case "function":
                return self.function(node)
            case "index" if is_condition(node.nodes[1]) and is_indicator(node.nodes[0]):
                return self.indicator(node.nodes[1])
            case "index" if node.nodes[0].kind != "name" and operator_of(node.nodes[0]):
                raise MeaningError("an average of a whole vector")
            case "scripts" if condition_below(node) is not None:
                return Array(self.meaning.value(node))
            case "name" | "scripts" | "index" | "text":
                return self.named(node)
            case "command":
                return self.command(node)
            case "rows" if "cases" not in environment_name(node):
                raise MeaningError("a matrix that is written out")
        return Array(self.meaning.value(node))

    def indicator(self, group: Node) -> Array:
        """1[z > 0] of every entry of a vector."""
        (chain,) = (n for n in group.nodes[0].nodes if n.kind == "chain")
        left, relation, *rest = (p for p in chain.parts if isinstance(p, Node))
        if len(rest) != 1:
            return Array(self.meaning.condition(group.nodes[0]))
        a, b = self.value(left), self.value(rest[0])
        if not any(a.pattern) and not any(b.pattern):
            return Array(self.meaning.condition(group.nodes[0]))
        return self.together(a, b, lambda x, y: self.meaning.sign_condition(chain, relation_name(relation), x - y))

    def inside(self, node: Node) -> Array:
        inner = [n for n in node.nodes if n.parts]
        if len(inner) != 1 or inner[0].kind != "clauses" or len(inner[0].parts) != 1 or not inner[0].nodes:
            raise MeaningError(f"what {str(node).strip()[:60]} means here is not known")
        if node.kind == "group" and node.head in BARS:
            return Array(Apply("sqrt", self.squared_norm(inner[0].nodes[0])))
        if node.kind == "group" and (node.head in BRACKETS or node.head not in ("(", "[", r"\{", r"\lbrace")):
            return Array(self.meaning.value(node))
        if inner[0].nodes[0].kind == "chain":
            return Array(self.meaning.value(node))
        return self.value(inner[0].nodes[0])

    def squared_norm(self, node: Node) -> Expression:
        inner = self.value(node)
        if not any(inner.pattern):
            raise MeaningError("bars around a number")
        return Sum(tuple(Range(a) for a in inner.axes if a is not None), Power(inner.body, 2))

    def sum(self, node: Node) -> Array:
        total: Array | None = None
        for negative, part in signed_terms(node):
            inner = self.value(part)
            if negative:
                inner = inner.each(lambda e: -e)
            total = inner if total is None else self.together(total, inner, lambda a, b: Add((a, b)))
        assert total is not None
        return total

    def together(self, a: Array, b: Array, f: Callable[[Expression, Expression], Expression]) -> Array:
        """Entry by entry; a plain number goes with every entry, a row with every row of a matrix."""
        for first, second, swap in ((a, b, False), (b, a, True)):
            plain = second.axes == () and (isinstance(second.body, Value) or constant(second.body) is not None)
            spread = first.pattern == (True, True) and second.pattern == (False, True)
            if first.pattern == second.pattern or plain or spread:
                here = second.body if plain else second.at(first.axes)
                return replace(first, body=f(here, first.body) if swap else f(first.body, here))
        raise ShapeError(f"{a.shape} and {b.shape} are put together entry by entry")

    def product(self, node: Node) -> Array:
        parts = list(node.parts)
        gradient = self.gradient_in_line(parts)
        if gradient is not None:
            return gradient
        result: Array | None = None
        sign, place, full, before = "", 0, False, EMPTY
        while place < len(parts):
            part = parts[place]
            if isinstance(part, Token):
                sign, place = part.text, place + 1
                continue
            following = parts[place + 1] if place + 1 < len(parts) else None
            begin, place = place, place + 1
            if is_remark(part) and result is not None:
                continue
            if sign in STARS and part.kind == "scripts" and part.nodes[0] == EMPTY and "full" in text_of(part):
                full = True
                continue
            if (by := self.operator(part)) is not None:
                rest = tuple(p for p in parts[place:] if not (isinstance(p, Token) and p.text in (r"\cdot", "*")))
                whole = rest[0] if len(rest) == 1 and isinstance(rest[0], Node) else Node("product", rest)
                value, place = self.rate(self.value(whole), by), len(parts)
            elif (gradient := self.gradient_of_the_rest(parts, place - 1)) is not None:
                value, place = gradient, len(parts)
            elif (formula := put_in(part, following, self.words.put_in)) is not None:
                value, place = self.value(formula).each(with_own_variables), place + 1
            elif isinstance(following, Node) and following.kind == "group" and following.head == "(" and (
                    self.meaning.is_loss_of(part, following)):
                value, place = self.value(part), place + 1
            elif (gradient_of := nabla_at(parts, place - 1)) is not None:
                value, place = self.nabla(gradient_of), place - 1 + gradient_of.length
            elif isinstance(following, Node) and following.kind == "group" and following.head in "([" and (
                    self.is_function(part)):
                value, place = self.applied(part, self.inside(following)), place + 1
            elif isinstance(following, Node) and (
                    entry := self.meaning.entry_of_function(part, following)) is not None:
                value, place = Array(entry), place + 1
            elif isinstance(following, Node) and self.meaning.is_called(part, following):
                raise MeaningError(f"{str(part).strip()} is a function without a formula here")
            elif isinstance(following, Node) and following.kind == "group" and part.kind != "name" and (
                    operator_of(part)):
                raise MeaningError("an average of a whole vector")
            elif isinstance(following, Node) and indicated(part, following) is not None:
                value, place = self.indicator(following), place + 1
            else:
                value = self.value(part)
            if result is not None and sign in ENTRYWISE and sum(result.pattern) == 1 and all(value.pattern):
                # f'(z) ⊙ Wᵀ δ: no vector goes with a matrix entry by entry, but with what the matrix makes.
                place = next((n for n, p in enumerate(parts) if n > begin and isinstance(p, Token)
                              and p.text in ENTRYWISE), len(parts))
                value = self.value(Node("product", tuple(parts[begin:place]))) if place > begin + 1 else value
            if result is None:
                result = value
            elif full:
                if not any(isinstance(p, Node) and is_flip(p) for p in parts):
                    raise MeaningError("whether the kernel is flipped is not said")
                result, full = self.correlated(result, value, sign, full=True), False
            elif sign in ("/", r"\div"):
                result = self.divided(result, value)
            elif sum(result.pattern) == 1 and result.pattern == value.pattern and self.follows_on(before, part):
                result = self.times(result.transposed, value) if result.axes[1] is None else (
                    self.times(result, value.transposed))  # ∂L/∂z · ∂z/∂x sums over the entries of z
            else:
                result = self.times(result, value, sign)
            sign, before = "", part
        if result is None:
            raise MeaningError("a product of nothing")
        return result

    def follows_on(self, first: Node, second: Node) -> bool:
        """Whether two fractions of differentials are steps of one chain, ∂L/∂z ∂z/∂x_i with a vector z."""
        if not all(n.kind == "command" and n.head.endswith("frac") for n in (first, second)):
            return False
        over, below = (differential(n.nodes[1]) for n in (first, second))
        if over in (None, EMPTY) or below in (None, EMPTY) or differential(second.nodes[0]) in (None, EMPTY):
            return False
        assert over is not None
        assert below is not None
        return any(self.value(over).pattern) and not any(self.value(below).pattern)

    def is_function(self, node: Node) -> bool:
        return self.meaning.is_function(node) or is_diag(node) or is_flip(node) or word_of(node) in SOFTMAX | TRACE

    def applied(self, node: Node, inner: Array) -> Array:
        if is_diag(node):
            return self.diagonal(inner)
        if is_flip(node):
            return self.flipped(inner)
        if (word := word_of(node)) in SOFTMAX | TRACE:
            return self.of_whole(word, inner)
        return inner.each(lambda e: self.meaning.applied(node, e))

    def of_whole(self, word: str, inner: Array) -> Array:
        """A function of a whole vector or matrix: softmax of a vector, or of each row; the trace of a matrix."""
        row, column = inner.axes if len(inner.axes) == 2 else (None, None)
        if word in TRACE:
            if row is None or column is None:
                raise ShapeError(f"the trace of {inner.shape}")
            return Array(trace(inner.body, row, column))
        if row is not None and column is not None and not self.meaning.names.of_rows:
            raise MeaningError("whether softmax is taken of rows or of columns is not said")
        index = column if column is not None else row
        if index is None:
            raise MeaningError(f"softmax of {inner.shape}")
        return inner.each(lambda e: softmax(e, index, next(self.fresh)))

    def diagonal(self, inner: Array) -> Array:
        """diag(v): v on the diagonal of a matrix, 0 elsewhere."""
        index = next((a for a in inner.axes if a is not None), None)
        if index is None or sum(inner.pattern) != 1:
            raise MeaningError("diag of something that is no vector")
        column = next(self.fresh)
        return Array(Multiply((Bracket((polynomial(index) - polynomial(column),)), inner.body)), (index, column))

    def divided(self, a: Array, b: Array) -> Array:
        if any(b.pattern):
            return self.together(a, b, over)
        return a.each(lambda e: over(e, b.body))

    def times(self, a: Array, b: Array, sign: str = "") -> Array:
        """The product as the sign and the shapes have it: scaled, entry by entry, or rows times columns."""
        if not any(a.pattern) or not any(b.pattern):
            return Array(Multiply((a.body, b.body)), a.axes if any(a.pattern) else b.axes)
        if sign in STARS and self.meaning.names.convolution and sum(a.pattern) == sum(b.pattern):
            if sum(a.pattern) == 1 and (self.meaning.names.entrywise or any(map(_is_slope, (a.body, b.body)))):
                return self.together(a, b, lambda x, y: Multiply((x, y)))  # an error by f'(z)
            return self.correlated(a, b, sign)
        if sign in OUTER and self.outer and sum(a.pattern) == sum(b.pattern) == 1:
            (first,), (second,) = ([s for s in array.axes if s is not None] for array in (a, b))
            return Array(Multiply((a.body, b.body)), (first, second))
        if sign in ENTRYWISE or (sign in STARS and a.pattern == b.pattern and sum(a.pattern) == 1):
            return self.together(a, b, lambda x, y: Multiply((x, y)))
        if len(a.axes) != 2 or len(b.axes) != 2:
            raise MeaningError("a product of tensors with more than two axes")
        if sign in STARS and a.pattern == b.pattern == (True, True):
            raise MeaningError(f"whether {sign} is a product of matrices or entry by entry is not said")
        (row, inner), (outer, column) = a.axes, b.axes
        if sign == r"\cdot" and a.pattern == b.pattern and sum(a.pattern) == 1:
            a, (row, inner) = a.transposed, a.axes[::-1]
            if inner is None:
                b, (outer, column) = b.transposed, b.axes[::-1]
                a, (row, inner) = a.transposed, a.axes[::-1]
        if (inner is None) != (outer is None):
            alike = a.pattern == b.pattern and sum(a.pattern) == 1
            raise (AlikeError if alike else ShapeError)(f"{a.shape} times {b.shape}")
        if inner is None:
            return Array(Multiply((a.body, b.body)), (row, column))
        body = Sum((Range(inner),), Multiply((a.body, b.at((inner, column)))))
        return Array(body, (row, column) if row is not None or column is not None else ())

    def correlated(self, a: Array, b: Array, sign: str, full: bool = False) -> Array:
        """x * w as (x * w)[i] = Σ_k x[i + k] w[k], as the field means it; `full` begins where w first meets x.

        Counted from 1 it is x[i + k − 1].
        """
        if sum(a.pattern) != sum(b.pattern) or not any(a.pattern):
            raise ShapeError(f"{a.shape} is convolved with {b.shape}")
        if sign == "*" and sum(a.pattern) == 1 and not full:
            raise MeaningError("whether * is a convolution or a product entry by entry is not said")
        at = {s: polynomial(next(self.fresh)) for s in a.axes if s is not None}
        over = {s: polynomial(next(self.fresh)) for s in b.axes if s is not None}
        shifts = [self.last_index(b, s) if full else self.first_index(b, s) for s in over]
        moved = {s: i + k - shift for (s, i), k, shift in zip(at.items(), over.values(), shifts, strict=True)}
        body = Multiply((substitute(a.body, moved), substitute(b.body, over)))
        self.words.notes[f"{sign} between whole tensors: cross-correlation"] = None
        ranges = tuple(Range(k.as_symbol) for k in over.values() if k.as_symbol is not None)
        return Array(Sum(ranges, body), tuple(None if s is None else at[s].as_symbol for s in a.axes))

    def first_index(self, array: Array, symbol: Symbol) -> Polynomial:
        """The index that an axis begins with; where nothing says it, the one that others of the document do."""
        at = ((r.tensor.name, n) for r in walk(array.body) if isinstance(r, Read) for n, i in enumerate(r.indices)
              if symbol in i.symbols)
        known = [a.base for a in (*map(self.words.axes.get, at), *self.words.axes.values())
                 if a is not None and a.base is not None]
        return known[0] if known and known[0].is_constant else polynomial(0)

    def last_index(self, array: Array, symbol: Symbol) -> Polynomial:
        """The last index of an axis that begins at 0; MeaningError if its length is not known."""
        for read in (n for n in walk(array.body) if isinstance(n, Read)):
            for index, axis in zip(read.indices, read.tensor.axes, strict=True):
                if symbol in index.symbols and axis.upper is not None and axis.base == polynomial(0):
                    return axis.upper
        raise MeaningError("how large the kernel is is not said")

    def flipped(self, array: Array) -> Array:
        """The kernel turned by 180°: w[K − 1 − k]."""
        turned = {s: self.last_index(array, s) - s for s in array.axes if s is not None}
        return replace(array, body=substitute(array.body, turned))

    # Names.

    def named(self, node: Node) -> Array:
        """A name, its transpose, or a power of something."""
        if letters := self.meaning.letters(node):
            first, *others = map(self.named, letters)
            for other in others:
                first = self.times(first, other)
            return first
        found = written(node)
        if node.kind == "scripts" and (found is None or node.nodes[0].kind in ("group", "braces") or (
                self.meaning.is_euler(node))):
            return self.scripted(node)
        if found is None:
            return Array(self.meaning.value(node))
        upper, transposed = found.upper, False
        if any(map(is_whole_axis, (*found.lower, *found.inside))):
            return self.sliced(found)
        if upper and is_transposition(upper[-1]) and len(found.lower) == 2:
            return Array(self.meaning.value(node))
        if upper and is_transposition(upper[-1]):
            upper, transposed = upper[:-1], True
        bare = Written(found.stem, found.lower, upper, found.inside, found.primes, found.upper_in_parentheses)
        array = self.read(node, bare, transposed)
        return array.transposed if transposed else array

    def read(self, node: Node, found: Written, transposed: bool) -> Array:
        place, exponent = self.meaning.place(found)
        base = self.meaning.gradient_of(place.name)
        key = family(base or place.name), len(place.indices)
        self.seen.add(key)
        if transposed:
            self.transposed.add(key)
        axes = self.layout.axes.get(key, 0)
        bold = key in self.layout.declared and any(t.text in BOLD for t in node.tokens)  # 𝐪 beside its length q
        if not axes or (not place.indices and not bold and found.stem not in self.turned and (
                place.name in self.meaning.variables | self.words.sizes)):
            if transposed:
                raise ShapeError(f"{place.name} is no matrix, but is transposed")
            return Array(self.meaning.value(node))
        indices = tuple(next(self.fresh) for _ in range(axes))
        if found.stem == "I" and axes == 2 and self.meaning.names.identity:
            self.words.notes["I: the identity matrix"] = None
            return Array(Bracket((polynomial(indices[0]) - polynomial(indices[1]),)), indices)
        tensor = self.words.tensor(base or place.name, len(place.indices) + axes)
        # x^{(i)} is the vector of the x^{(i)}_j, which have the number of the sample last.
        last = len(place.indices) - (len(found.upper) if found.stem in self.meaning.names.samples else 0)
        read: Expression = Read(tensor if base is None else tensor.gradient(self.meaning.loss), (
            *place.indices[:last], *map(polynomial, indices), *place.indices[last:]))
        if exponent is not None and axes > 1:
            raise MeaningError("whether the power of a matrix is one of matrices or of its entries is not said")
        return Array(read if exponent is None else power(read, exponent), self.laid(indices))

    def sliced(self, found: Written) -> Array:
        """A column A_{:,j}, a row A_{i,:} or all of A[:, :]."""
        transposed = bool(found.upper) and is_transposition(found.upper[-1])
        upper, places = found.upper[:len(found.upper) - transposed], (*found.lower, *found.inside)
        place, exponent = self.meaning.place(Written(found.stem, (), upper, (), found.primes,
                                                     found.upper_in_parentheses))
        if exponent is not None or self.meaning.gradient_of(place.name) or len(places) > 2:
            raise MeaningError(f"parts of the axes of {found.stem} are read of vectors and matrices only")
        fresh = [next(self.fresh) if is_whole_axis(p) else None for p in places]
        at = [polynomial(u) if u is not None else self.meaning.index(p) for u, p in zip(fresh, places, strict=True)]
        self.seen.add((family(place.name), len(place.indices)))
        tensor = self.words.tensor(place.name, len(place.indices) + len(places))
        array = Array(Read(tensor, (*place.indices, *at)), tuple(fresh) if len(places) == 2 else self.laid(
            tuple(u for u in fresh if u is not None)))
        return array.transposed if transposed else array

    def laid(self, indices: tuple[Symbol, ...]) -> tuple[Symbol | None, ...]:
        if len(indices) == 1:
            return (None, indices[0]) if self.layout.rows else (indices[0], None)
        return indices

    def scripted(self, node: Node) -> Array:
        """(…)^T, (…)^2, ‖…‖²."""
        base, scripts = node.nodes[0], list(scripts_of(node))
        if base.kind == "group" and base.head in BARS and (norm := euclidean(scripts)) is not None:
            squared = self.squared_norm(base.nodes[0].nodes[0])
            return Array(squared if norm == 2 else Apply("sqrt", squared))
        if len(scripts) == 1 and scripts[0][0] == "_":
            return Array(self.meaning.value(node))  # an entry
        if len(scripts) != 1 or scripts[0][0] != "^" or scripts[0][1] is None:
            raise MeaningError(f"what {str(node).strip()[:60]} means here is not known")
        exponent = unwrapped(scripts[0][1])
        if is_transposition(exponent):
            return self.value(base).transposed
        if self.meaning.is_euler(node):
            return self.value(exponent).each(lambda e: Apply("exp", e))
        number = self.meaning.number(exponent)
        if self.norms and number == 2 and any((inner := self.value(base)).pattern):
            return Array(Sum(tuple(Range(a) for a in inner.axes if a is not None), Power(inner.body, 2)))
        inner = self.value(base)
        if inner.pattern == (True, True):
            raise MeaningError("whether the power of a matrix is one of matrices or of its entries is not said")
        return inner.each(lambda e: power(e, number))

    def function(self, node: Node) -> Array:
        head, argument = node.nodes
        name = (head.nodes[0] if head.kind == "scripts" else head).head.lstrip("\\")
        if argument.kind == "scripts" and argument.nodes[0].kind == "group" and argument.nodes[0].head == "(" and (
                exponent := self.meaning.exponent_of(argument)) is not None:
            base = self.function(Node("function", (head, argument.nodes[0])))
            return base.each(lambda e: power(e, exponent))
        inner = self.value(argument)
        if name == "diag":
            return self.diagonal(inner)
        if name in SOFTMAX | TRACE:
            return self.of_whole(name, inner)
        return inner.each(lambda e: self.meaning.of_function(head, e))

    def big(self, node: Node) -> Array:
        node = node.__dict__.get("meant") or node
        head, body = node.nodes
        base = head.nodes[0] if head.kind == "scripts" else head
        name = base.head.lstrip("\\")
        if name in ("max", "min") and head.kind != "scripts":
            arguments, exponent = among(body)
            values = [self.value(n) for n in arguments]
            if len(values) > 1:
                largest = Array(largest_of([v.body for v in values], name)) if not any(v.axes for v in values) else (
                    reduce(lambda a, b: self.together(a, b, lambda c, d: largest_of([c, d], name)), values))
                return largest if exponent is None else largest.each(
                    lambda e: power(e, self.meaning.number(exponent)))
        if name not in ("sum", "∑") or head.kind != "scripts":
            return Array(self.meaning.value(node))
        ranges, guards = self.meaning.ranges(head)
        return self.value(body).each(lambda e: Sum(ranges, Multiply((*guards, e)) if guards else e))

    # Fractions and derivatives.

    def command(self, node: Node) -> Array:
        if node.head.endswith("frac"):
            if (twice := second_differentials(*node.nodes[:2])) is not None and not any(
                    self.value(by).axes for by in twice[1:]):
                return Array(self.meaning.second_derivative(*twice))
            top, bottom = (differential(n) for n in node.nodes[:2])
            if top is not None and bottom is not None and top != EMPTY:
                return self.derivative(top, bottom)
            return self.divided(*(self.value(n) for n in node.nodes[:2]))
        if node.head == r"\sqrt" and len(node.nodes) == 1:
            return self.value(node.nodes[0]).each(lambda e: Apply("sqrt", e))
        if node.head in (r"\boxed", r"\underbrace", r"\overbrace", r"\cancel", r"\ensuremath"):
            return self.value(node.nodes[0])
        if node.head in (r"\overset", r"\underset") and written(unwrapped(node.nodes[1])) is None:
            return self.value(node.nodes[1])  # with a remark over or under it
        if written(node) is not None:
            return self.named(node)
        return Array(self.meaning.value(node))

    def gradient_in_line(self, parts: list[Node | Token]) -> Array | None:
        """∂J/∂X written in a line."""
        heads = [p.head if isinstance(p, Node) else p.text for p in parts]
        if len(heads) == 5 and heads[2] == "/" and {heads[0], heads[3]} <= {r"\partial", "∂"}:
            _, of, _, _, by = parts
            if isinstance(of, Node) and isinstance(by, Node):
                return self.derivative(of, by)
        return None

    def operator(self, part: Node) -> Array | None:
        """The entry of ∂/∂x that acts on what follows."""
        if part.kind != "command" or not part.head.endswith("frac"):
            return None
        top, bottom = (differential(n) for n in part.nodes[:2])
        return self.value(bottom) if top == EMPTY and bottom is not None else None

    def gradient_of_the_rest(self, parts: Sequence[Node | Token], place: int) -> Array | None:
        """∇_x xᵀ A x and ∇_x ‖y − A x‖²: of the whole rest of a product that is a number made of vectors."""
        operator, rest = parts[place], parts[place + 1:]
        if not isinstance(operator, Node) or operator.kind != "scripts" or not is_nabla(operator) or not rest:
            return None
        first, (marks, by) = rest[0], next(iter(scripts_of(operator)), ("", None))
        inner = first.nodes[0] if isinstance(first, Node) and first.kind == "scripts" else first
        if marks != "_" or by is None or len(operator.nodes) != 2 or not isinstance(first, Node) or (
                inner.kind != "group" and not self.is_vector(first)):
            return None
        whole = self.value(first if len(rest) == 1 else Node("product", tuple(rest)))
        return None if any(whole.pattern) else self.rate(whole, self.value(by))

    def is_vector(self, node: Node) -> bool:
        """Whether a name, perhaps transposed, is a vector or a matrix."""
        found = written(node)
        return found is not None and not found.lower and self.layout.axes.get((found.stem, 0), 0) > 0

    def nabla(self, gradient: Nabla) -> Array:
        """∇_w E, of the shape of w."""
        if gradient.variable is None:
            raise MeaningError("what the gradient is taken with respect to is not said")
        if gradient.twice:
            first, second = (self.value(gradient.variable) for _ in range(2))
            return self.rate(self.rate(self.value(gradient.of), first), second)
        own = self.meaning.own_gradient(gradient)
        if own is None:
            return self.derivative(gradient.of, gradient.variable)
        name, indices = own
        shape = self.value(gradient.argument or gradient.variable)
        at = (*indices, *(polynomial(a) for a in shape.axes if a is not None))
        return replace(shape, body=Read(self.words.tensor(name, len(at)), at))

    def derivative(self, of: Node, by: Node) -> Array:
        """∂of/∂by: of the shape of `by` where `of` is a number."""
        variable = self.value(by)
        if not isinstance(variable.body, Read):
            raise MeaningError(f"{str(by).strip()} is not an entry that one differentiates by")
        value = self.value(of)
        read = value.body
        if value.axes == () and isinstance(read, Read) and not read.indices and (
                written(of) is not None) and (
                read.tensor.name in self.words.losses or read.tensor.name not in self.words.defined):
            self.words.differentiated.add(read.tensor.name)
            return variable.each(lambda _: Read(variable.body.tensor.gradient(read.tensor.name),  # type: ignore[attr-defined]
                                                variable.body.indices))  # type: ignore[attr-defined]
        return self.rate(value, variable)

    def rate(self, value: Array, variable: Array) -> Array:
        if not isinstance(variable.body, Read):
            raise MeaningError("a derivative is taken with respect to an entry")
        body = Derivative(value.body, variable.body)
        if not any(value.pattern):
            return replace(variable, body=body)
        if not any(variable.pattern):
            return replace(value, body=body)
        if sum(value.pattern) == sum(variable.pattern) == 1:
            (of,), (by,) = ([a for a in array.axes if a is not None] for array in (value, variable))
            return Array(body, (of, by))
        raise MeaningError("a derivative with more than two axes")


def euclidean(scripts: Sequence[tuple[str, Node | None]]) -> int | None:
    """The exponent, 1 or 2, of the scripts of ‖x‖, ‖x‖², ‖x‖_2, ‖x‖_2² and ‖A‖_F²; None for other norms."""
    found = {mark: text_of(s).strip() for mark, s in scripts if s is not None}
    if len(found) != len(scripts) or not found.keys() <= {"_", "^"} or found.get("_", "2") not in ("2", "F") or (
            found.get("^", "2") != "2"):
        return None
    return 2 if "^" in found else 1
