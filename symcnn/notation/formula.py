"""One line of index notation, read into a formula.

    Z[l,m,i] = b[m] + sum(n,k) W[m,n,k] X[l,n,s*i+d*k-p]

Products may be written side by side; a sum reaches over the product behind it; `sum(k=0..K-1)` has
written bounds, `sum(k)` takes the range of the axis in which k stands bare; `[a = b, c <= d]` is 1
where all conditions hold and 0 elsewhere; `∂Z[i]/∂X[q]` is a derivative if Z is declared, and `∂J/∂Z[i]` reads
the gradient tensor of Z if J is not. Names are declared in a `Context`; an undeclared name inside
an index is an index variable. Nothing is ever evaluated as code.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from symcnn.errors import NotationError
from symcnn.notation.expression import (
    Add, Apply, Axis, Bracket, Definition, Derivative, Equation, Expression, FUNCTIONS, Multiply, Power, Range, Read,
    Sum, Tensor, Value, axis, expression, free_indices, total, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, nonnegative, polynomial

TOKEN = re.compile(r"\s*(?:(?P<number>\d+)|(?P<name>(?!∂)[^\W\d]\w*'*)"
                   r"|(?P<mark>\.\.|<=|>=|!=|[-+*/^()\[\],=<>∂]))")
LONGEST, DEEPEST, MOST_DIGITS, MOST_TERMS, HIGHEST_DEGREE = 4000, 60, 30, 500, 30


def tokens(text: str) -> list[tuple[str, str, int]]:
    """(kind, text, position) of every token; NotationError at the first thing that is none."""
    if len(text) > LONGEST:
        raise NotationError(f"a formula has at most {LONGEST} characters, this one has {len(text)}")
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise NotationError(f"unexpected character {text[at]!r}", text, at)
        kind = match.lastgroup or ""
        found.append((kind, match.group(kind), match.start(kind)))
        at = match.end()
    return [*found, ("end", "", end)]


@dataclass(frozen=True)
class Context:
    """Declared sizes, tensors and definitions: what the names in a formula mean.

    `assumptions` are polynomials taken to be ≥ 0 (for example: at least one output). `padding` of a
    definition widens the axes that its reads may reach; see `define`.
    """

    sizes: Mapping[str, Symbol] = field(default_factory=dict)
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    definitions: tuple[Definition, ...] = ()
    assumptions: tuple[Polynomial, ...] = ()

    def with_sizes(self, text: str) -> Context:
        """Declare sizes, as in "N C H, s, p>=0"; the lower bound is 1 where none is written."""
        sizes = dict(self.sizes)
        for name, bound in re.findall(r"([^\W\d]\w*)\s*(?:>=\s*(-?\d+))?", text):
            sizes[name] = Symbol(name, int(bound) if bound else 1)
        if re.sub(r"[^\W\d]\w*\s*(?:>=\s*-?\d+)?|[\s,;]", "", text):
            raise NotationError(f"sizes are written like 'N C H p>=0', not {text!r}")
        return replace(self, sizes=sizes)

    def with_tensors(self, text: str) -> Context:
        """Declare tensors by their extents, as in "X[N,C,H] b[M] alpha".

        `g[0..]` is a sequence without end, `x[1..n]` an axis with written first and last index.
        """
        reader, context = _Reader(self, text), self
        while reader.peek[0] != "end":
            name = reader.take("name")
            axes = []
            if reader.peek[1] == "[":
                reader.advance()
                while True:
                    axes.append(reader.declared_axis())
                    if reader.peek[1] != ",":
                        break
                    reader.advance()
                reader.expect("]")
            if reader.peek[1] == ",":
                reader.advance()
            context = context.with_tensor(Tensor(name, tuple(axes)))
        return context

    def with_tensor(self, tensor: Tensor) -> Context:
        return replace(self, tensors={**self.tensors, tensor.name: tensor})

    def with_definition(self, definition: Definition) -> Context:
        return replace(self.with_tensor(definition.tensor), definitions=(*self.definitions, definition))

    def with_assumption(self, text: str) -> Context:
        """Take a relation between sizes as given, as in "d*(K-1)+1 <= H+2*p"."""
        equations, inequalities = _Reader(self, text).whole_conditions()
        both = (*inequalities, *equations, *(-e for e in equations))
        return replace(self, assumptions=(*self.assumptions, *both))

    def gradient(self, name: str, loss: str = "J") -> Tensor:
        """The tensor ∂loss/∂name, with the axes of the tensor that was declared or defined."""
        return self.tensors[name].gradient(loss)

    def expression(self, text: str) -> Expression:
        """Read a formula."""
        return _Reader(self, text).whole()

    def equation(self, text: str) -> Equation:
        """Read `left = right`."""
        reader = _Reader(self, text)
        left = reader.sum_of_products(0)
        reader.expect("=")
        right = reader.sum_of_products(0)
        reader.expect_end()
        return Equation(left, right)

    def define(self, text: str, padding: Mapping[str, tuple[Polynomial | int, ...]] | None = None) -> Context:
        """Add `T[i,…] = formula`; T's axes are the feasible indices, unless T is declared already.

        An index is feasible when every read in the formula lies, for every value of the summation
        variables on their own axes, within the axis it reads, widened on both sides by `padding`
        (for each tensor one amount per axis). A plain read T[i] gives T's axis itself.
        """
        reader = _Reader(self, text)
        name = reader.take("name")
        indices: list[Symbol] = []
        if reader.peek[1] == "[":
            reader.advance()
            while True:
                indices.append(Symbol(reader.take("name")))
                if reader.peek[1] != ",":
                    break
                reader.advance()
            reader.expect("]")
        reader.indices |= {i.name for i in indices}
        reader.expect("=")
        body = reader.sum_of_products(0)
        reader.expect_end()
        loose = free_indices(body) - set(indices)
        if loose:
            names = ", ".join(sorted(s.name for s in loose))
            raise NotationError(f"{names} is free on the right and absent on the left: {text}")
        tensor = self.tensors.get(name)
        if any(d.tensor.name == name for d in self.definitions):
            raise NotationError(f"{name} is defined already")
        if any(isinstance(n, Read) and n.tensor.name == name for n in walk(body)):
            raise NotationError(f"{name} is defined by itself: {text}")
        if tensor is None:
            axes = tuple(_feasible(i, body, padding or {}, text) for i in indices)
            tensor = Tensor(name, axes)
        elif len(tensor.axes) != len(indices):
            raise NotationError(f"{name} has {len(tensor.axes)} axes, but {len(indices)} indices were written")
        return self.with_definition(Definition(tensor, tuple(indices), body))


def _feasible(index: Symbol, body: Expression, padding: Mapping[str, tuple[Polynomial | int, ...]],
              text: str) -> Axis:
    """The axis of one output index: all reads within the widened axes, for all summation variables."""
    ranges: dict[Symbol, Range] = {}
    for node in walk(body):
        for r in node.ranges if isinstance(node, Sum) else ():
            if ranges.setdefault(r.variable, r) != r:
                raise NotationError(f"{r.variable.name} has two ranges; give the sums variables of their own: {text}")
    found: dict[Axis, None] = {}
    for node in walk(body):
        if not isinstance(node, Read):
            continue
        for position, read in enumerate(node.indices):
            slope = read.linear_coefficient(index)
            if slope is None or not slope:
                continue
            own = node.tensor.axes[position]
            if read.as_symbol == index:
                found[own] = None
                continue
            if not nonnegative(slope) or own.upper is None or own.coefficient != polynomial(1):
                raise NotationError(f"cannot derive the range of {index.name} in: {text}")
            pad = polynomial((padding.get(node.tensor.name) or (0,) * len(node.indices))[position])
            least, most = read, read
            for variable in read.symbols & set(ranges):
                r, c = ranges[variable], read.linear_coefficient(variable)
                if c is None or r.lower is None or r.upper is None or r.coefficient != polynomial(1):
                    raise NotationError(f"cannot derive the range of {index.name} in: {text}")
                low, high = (r.lower, r.upper) if nonnegative(c) else (r.upper, r.lower)
                least = least.substitute({variable: low})
                most = most.substitute({variable: high})
            if least - slope * index != own.base - pad:
                raise NotationError(f"cannot derive the range of {index.name}: its first read starts at "
                                    f"{least}, the padded axis at {own.base - pad}")
            found[Axis(polynomial(0), slope, own.upper + pad - (most - slope * index))] = None
    if not found:
        raise NotationError(f"the range of {index.name} does not follow from: {text}")
    if len(found) > 1:
        raise NotationError(f"{index.name} has unlike ranges in: {text}")
    return next(iter(found))


class _Reader:
    """A Pratt reader for one formula."""

    def __init__(self, context: Context, text: str) -> None:
        self.context, self.text = context, text
        self.tokens, self.at = tokens(text), 0
        self.indices: set[str] = set()
        self.bracket_depth = 0

    @property
    def peek(self) -> tuple[str, str, int]:
        return self.tokens[self.at]

    def advance(self) -> tuple[str, str, int]:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def fail(self, message: str, position: int | None = None) -> NotationError:
        return NotationError(message, self.text, self.peek[2] if position is None else position)

    def expect(self, mark: str) -> None:
        if self.peek[1] != mark:
            raise self.fail(f"expected {mark!r}, found {self.peek[1] or 'the end'!r}")
        self.advance()

    def expect_end(self) -> None:
        if self.peek[0] != "end":
            raise self.fail(f"expected the end, found {self.peek[1]!r}")

    def take(self, kind: str) -> str:
        if self.peek[0] != kind:
            raise self.fail(f"expected a {kind}, found {self.peek[1] or 'the end'!r}")
        return self.advance()[1]

    def declared_axis(self) -> Axis:
        first = self.to_polynomial(self.sum_of_products(0))
        if self.peek[1] != "..":
            return axis(first)
        self.advance()
        if self.peek[1] in (",", "]"):
            return Axis(first, polynomial(1), None)
        return Axis(first, polynomial(1), self.to_polynomial(self.sum_of_products(0)))

    def whole(self) -> Expression:
        result = self.sum_of_products(0)
        self.expect_end()
        return result

    def whole_conditions(self) -> tuple[tuple[Polynomial, ...], tuple[Polynomial, ...]]:
        result = self.conditions(0)
        self.expect_end()
        return result

    def sum_of_products(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise self.fail(f"nested deeper than {DEEPEST}")
        terms: list[Expression] = []
        sign = 1
        if self.peek[1] in ("+", "-"):
            sign = -1 if self.advance()[1] == "-" else 1
        while True:
            term = self.product(depth)
            terms.append(-term if sign < 0 else term)
            if self.peek[1] not in ("+", "-"):
                return terms[0] if len(terms) == 1 else Add(tuple(terms))
            sign = -1 if self.advance()[1] == "-" else 1

    def product(self, depth: int) -> Expression:
        factors = [self.power(depth)]
        while True:
            kind, mark, _ = self.peek
            if mark in ("*", "/"):
                self.advance()
                factor = self.power(depth)
                factors.append(Power(factor, -1) if mark == "/" else factor)
            elif kind in ("name", "number") or mark in ("(", "[", "∂"):
                factors.append(self.power(depth))
            else:
                return factors[0] if len(factors) == 1 else Multiply(tuple(factors))

    def power(self, depth: int) -> Expression:
        base = self.atom(depth)
        if self.peek[1] == "^":
            self.advance()
            negative = self.peek[1] == "-"
            if negative:
                self.advance()
            exponent = int(self.take("number"))
            if exponent > 100:
                raise self.fail("exponents above 100 are not read")
            return Power(base, -exponent if negative else exponent)
        return base

    def atom(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise self.fail(f"nested deeper than {DEEPEST}")
        kind, mark, position = self.advance()
        if kind == "number":
            if len(mark) > MOST_DIGITS:
                raise self.fail(f"numbers have at most {MOST_DIGITS} digits", position)
            return Value(polynomial(int(mark)))
        if mark == "(":
            inner = self.sum_of_products(depth + 1)
            self.expect(")")
            return inner
        if mark == "[":
            equations, inequalities = self.conditions(depth + 1)
            self.expect("]")
            return Bracket(equations, inequalities)
        if mark == "-":
            return -self.power(depth + 1)
        if mark == "∂":
            return self.partial(depth, position)
        if kind != "name":
            raise self.fail(f"expected a formula, found {mark or 'the end'!r}", position)
        if mark == "sum":
            return self.summation(depth, position)
        if mark in FUNCTIONS and mark not in self.context.tensors and self.peek[1] == "(":
            self.advance()
            argument = self.sum_of_products(depth + 1)
            self.expect(")")
            return Apply(mark, argument)
        return self.name(mark, position, depth)

    def name(self, name: str, position: int, depth: int) -> Expression:
        context = self.context
        if name in context.tensors:
            tensor = context.tensors[name]
        elif name in context.sizes:
            return Value(polynomial(context.sizes[name]))
        elif self.bracket_depth or name in self.indices:
            self.indices.add(name)
            return Value(polynomial(Symbol(name)))
        else:
            raise self.fail(f"{name} is not declared" + _nearest(name, context), position)
        return self.indexed(tensor, position, depth)

    def partial(self, depth: int, position: int) -> Expression:
        """∂Z[i]/∂X[q], or ∂J/∂Z[i] for an undeclared loss J."""
        name_at, name = self.peek[2], self.take("name")
        # A declared scalar without a formula, such as J, is a loss whose gradient is not worked out here.
        tensor = self.context.tensors.get(name)
        known = tensor is not None and (tensor.axes or any(d.tensor == tensor for d in self.context.definitions))
        of = self.indexed(tensor, name_at, depth) if tensor is not None and known else None
        self.expect("/")
        self.expect("∂")
        by_at, by_name = self.peek[2], self.take("name")
        if by_name not in self.context.tensors:
            raise self.fail(f"{by_name} is not declared" + _nearest(by_name, self.context), by_at)
        if of is None:
            return self.indexed(self.context.gradient(by_name, name), by_at, depth)
        return Derivative(of, self.indexed(self.context.tensors[by_name], by_at, depth))

    def indexed(self, tensor: Tensor, position: int, depth: int) -> Read:
        name = tensor.name
        indices: list[Polynomial] = []
        if self.peek[1] == "[" and tensor.axes:
            self.advance()
            self.bracket_depth += 1
            while True:
                indices.append(self.to_polynomial(self.sum_of_products(depth + 1)))
                if self.peek[1] != ",":
                    break
                self.advance()
            self.bracket_depth -= 1
            self.expect("]")
        if len(indices) != len(tensor.axes):
            raise self.fail(f"{name} has {len(tensor.axes)} axes, but {len(indices)} indices were written",
                            position)
        return Read(tensor, tuple(indices))

    def summation(self, depth: int, position: int) -> Expression:
        self.expect("(")
        plain: list[Symbol] = []
        ranges: list[Range] = []
        before = set(self.indices)
        while True:
            name = self.take("name")
            if name in self.context.sizes or name in self.context.tensors:
                raise self.fail(f"{name} is a declared name, not a summation variable", position)
            self.indices.add(name)
            if self.peek[1] == "=":
                self.advance()
                lower = self.to_polynomial(self.sum_of_products(depth + 1))
                self.expect("..")
                upper = self.to_polynomial(self.sum_of_products(depth + 1))
                ranges.append(Range(Symbol(name), lower, upper))
            else:
                plain.append(Symbol(name))
            if self.peek[1] != ",":
                break
            self.advance()
        self.expect(")")
        body = self.product(depth + 1)
        self.indices = before | (self.indices - {r.variable.name for r in ranges} - {s.name for s in plain})
        try:
            summed = total(plain, body)
        except NotationError as error:
            raise self.fail(str(error), position) from None
        if not ranges:
            return summed
        own = summed.ranges if isinstance(summed, Sum) and plain else ()
        inner = summed.body if isinstance(summed, Sum) and plain else summed
        return Sum((*ranges, *own), inner)

    def conditions(self, depth: int) -> tuple[tuple[Polynomial, ...], tuple[Polynomial, ...]]:
        self.bracket_depth += 1
        equations: list[Polynomial] = []
        inequalities: list[Polynomial] = []
        while True:
            left = self.to_polynomial(self.sum_of_products(depth + 1))
            if self.peek[1] not in ("=", "<", "<=", ">", ">="):
                raise self.fail("a condition needs one of = < <= > >=")
            while self.peek[1] in ("=", "<", "<=", ">", ">="):
                relation = self.advance()[1]
                right = self.to_polynomial(self.sum_of_products(depth + 1))
                if relation == "=":
                    equations.append(left - right)
                elif relation[0] == "<":
                    inequalities.append(right - left - (relation == "<"))
                else:
                    inequalities.append(left - right - (relation == ">"))
                left = right
            if self.peek[1] != ",":
                break
            self.advance()
        self.bracket_depth -= 1
        return tuple(equations), tuple(inequalities)

    def to_polynomial(self, node: Expression) -> Polynomial:
        try:
            return as_polynomial(node)
        except (NotationError, ZeroDivisionError) as error:
            raise self.fail(f"an index must be a polynomial in indices and sizes: {error}") from None


def as_polynomial(node: Expression) -> Polynomial:
    """The polynomial that a formula without reads is; NotationError for anything else."""
    match node:
        case Value(p):
            return p
        case Add(terms):
            return sum((as_polynomial(t) for t in terms), polynomial(0))
        case Multiply(factors):
            product = polynomial(1)
            for f in factors:
                product = product * as_polynomial(f)
                if len(product.terms) > MOST_TERMS or any(
                        len(str(c)) > 4 * MOST_DIGITS for c in product.terms.values()):
                    raise NotationError("the polynomial is too large for an index")
            return product
        case Power(base, exponent):
            inner = as_polynomial(base)
            if inner.is_constant and exponent < 0 and inner.constant:
                return polynomial(Fraction(1) / inner.constant) ** -exponent
            degree = max((sum(abs(p) for _, p in m) for m in inner.terms), default=0) * abs(exponent)
            if degree > HIGHEST_DEGREE or (inner.is_constant and abs(exponent) > HIGHEST_DEGREE):
                raise NotationError(f"powers above {HIGHEST_DEGREE} are too large for an index")
            return inner ** exponent
    raise NotationError(f"{type(node).__name__} is not allowed there")


def _nearest(name: str, context: Context) -> str:
    close = difflib.get_close_matches(name, [*context.sizes, *context.tensors], n=1)
    return f"; did you mean {close[0]}?" if close else ""


def context(sizes: str = "", tensors: str = "", assume: tuple[str, ...] = ()) -> Context:
    """Declare names: `context("N C H, p>=0", "X[N,C,H] b[C] alpha")`."""
    made = Context().with_sizes(sizes).with_tensors(tensors)
    for text in assume:
        made = made.with_assumption(text)
    return made


__all__ = ["Context", "as_polynomial", "context", "expression", "tokens"]
