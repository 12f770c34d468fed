"""Declared names: what sizes, tensors and definitions the formulas of a context speak of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from symcnn.errors import NotationError
from symcnn.notation.expression import (
    Axis, Binder, Definition, Equation, Expression, free_indices, Range, Read, Tensor, walk,
)
from symcnn.notation.formula import Reader
from symcnn.notation.polynomial import Polynomial, Symbol, nonnegative, polynomial


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
        reader, context = Reader(self, text), self
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
        equations, inequalities = Reader(self, text).whole_conditions()
        both = (*inequalities, *equations, *(-e for e in equations))
        return replace(self, assumptions=(*self.assumptions, *both))

    def gradient(self, name: str, loss: str = "J") -> Tensor:
        """The tensor ∂loss/∂name, with the axes of the tensor that was declared or defined."""
        return self.tensors[name].gradient(loss)

    def expression(self, text: str) -> Expression:
        """Read a formula."""
        return Reader(self, text).whole()

    def equation(self, text: str) -> Equation:
        """Read `left = right`."""
        reader = Reader(self, text)
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
        reader = Reader(self, text)
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
        for r in node.ranges if isinstance(node, Binder) else ():
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
            if not nonnegative(slope) or own.base is None or own.upper is None or own.coefficient != polynomial(1):
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


def context(sizes: str = "", tensors: str = "", assume: tuple[str, ...] = ()) -> Context:
    """Declare names: `context("N C H, p>=0", "X[N,C,H] b[C] alpha")`."""
    made = Context().with_sizes(sizes).with_tensors(tensors)
    for text in assume:
        made = made.with_assumption(text)
    return made
