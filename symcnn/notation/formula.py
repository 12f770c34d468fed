"""One line of index notation, read into a formula.

    Z[l,m,i] = b[m] + sum(n,k) W[m,n,k] X[l,n,s*i+d*k-p]

Products may be written side by side; a sum reaches over the product behind it; `sum(k=0..K-1)` has
written bounds, `sum(k)` takes the range of the axis in which k stands bare; `max(k)` likewise; `[a = b, c <= d]` is 1
where all conditions hold and 0 elsewhere; `∂Z[i]/∂X[q]` is a derivative if Z is declared, and `∂J/∂Z[i]` reads
the gradient tensor of Z if J is not. Names are declared in a `Context`; an undeclared name inside
an index is an index variable. Nothing is ever evaluated as code.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Protocol

from symcnn.errors import NotationError
from symcnn.notation.expression import (
    Add, Apply, axis, Axis, Bracket, Definition, Derivative, Expression, FUNCTIONS, Maximum, Multiply, Power, Range,
    Read, Sum, Tensor, Value,
)
from symcnn.notation.polynomial import Polynomial, Symbol, above_zero, polynomial
from symcnn.notation.traverse import total

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
        if kind == "name" and not match.group(kind).rstrip("'").isidentifier():
            raise NotationError(f"{match.group(kind)} is no name; a name begins with a letter", text, match.start(kind))
        found.append((kind, match.group(kind), match.start(kind)))
        at = match.end()
    return [*found, ("end", "", end)]


class Names(Protocol):
    """What a reader needs to know of the declared names."""

    @property
    def sizes(self) -> Mapping[str, Symbol]: ...

    @property
    def tensors(self) -> Mapping[str, Tensor]: ...

    @property
    def definitions(self) -> tuple[Definition, ...]: ...

    def gradient(self, name: str, loss: str = "J") -> Tensor: ...


class Reader:
    """A Pratt reader for one formula."""

    def __init__(self, context: Names, text: str) -> None:
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
            at = self.peek[2]
            digits = self.take("number")
            if len(digits) > 3 or int(digits) > 100:
                raise self.fail("exponents above 100 are not read", at)
            exponent = int(digits)
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
        if mark == "sum" or (mark == "max" and self.peek[1] == "("):
            return self.summation(depth, position, Sum if mark == "sum" else Maximum)
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
                indices.append(self.whole_number(depth))
                if self.peek[1] != ",":
                    break
                self.advance()
            self.bracket_depth -= 1
            self.expect("]")
        if len(indices) != len(tensor.axes):
            raise self.fail(f"{name} has {len(tensor.axes)} axes, but {len(indices)} indices were written",
                            position)
        return Read(tensor, tuple(indices))

    def summation(self, depth: int, position: int, kind: type[Sum] | type[Maximum]) -> Expression:
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
                lower = self.whole_number(depth)
                self.expect("..")
                upper = self.whole_number(depth)
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
        own = summed.ranges if isinstance(summed, Sum) and plain else ()
        inner = summed.body if isinstance(summed, Sum) and plain else summed
        return kind((*ranges, *own), inner)

    def conditions(self, depth: int) -> tuple[tuple[Polynomial, ...], tuple[Polynomial, ...]]:
        self.bracket_depth += 1
        equations: list[Polynomial] = []
        inequalities: list[Polynomial] = []
        while True:
            at = self.peek[2]
            left = self.to_polynomial(self.sum_of_products(depth + 1))
            if self.peek[1] not in ("=", "<", "<=", ">", ">="):
                raise self.fail("a condition needs one of = < <= > >=")
            while self.peek[1] in ("=", "<", "<=", ">", ">="):
                relation = self.advance()[1]
                right = self.to_polynomial(self.sum_of_products(depth + 1))
                if any(power < 0 for m in (left - right).terms for _, power in m):
                    raise self.fail("a condition that divides by a size; multiply it out", at)
                apart = right - left if relation[0] == "<" else left - right
                if relation == "=":
                    equations.append(apart)
                else:
                    inequalities.append(above_zero(apart) if relation in ("<", ">") else apart)
                left = right
            if self.peek[1] != ",":
                break
            self.advance()
        self.bracket_depth -= 1
        return tuple(equations), tuple(inequalities)

    def whole_number(self, depth: int) -> Polynomial:
        """A polynomial that is an integer by its form."""
        at = self.peek[2]
        p = self.to_polynomial(self.sum_of_products(depth + 1))
        if not p.is_integral:
            raise self.fail(f"{p} is not a whole number by its form, so it is no index or bound", at)
        return p

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


def _nearest(name: str, context: Names) -> str:
    close = difflib.get_close_matches(name, [*context.sizes, *context.tensors], n=1)
    return f"; did you mean {close[0]}?" if close else ""
