"""Tensors, formulas and definitions: the closed set of node types.

A tensor is zero outside its axes, so padding, "full" convolution and sums without written bounds
need no special case: a sum runs over all integers and the supports of what it reads cut it.
An unknown node is an error everywhere, never a constant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar, dataclass_transform

from symcnn.errors import NotationError
from symcnn.notation.polynomial import UNIT, Polynomial, PolynomialLike, Symbol, nonnegative, polynomial

FUNCTIONS = ("exp", "tanh", "sigmoid", "log", "sqrt", "sin", "cos", "sign", "is_zero", "relu", "step")
OPEN = "any_"
"""How the name of a differentiable function begins of which nothing else is known; each prime is one derivative."""


@dataclass(frozen=True)
class Axis:
    """The indices i with base ≤ i and coefficient·i ≤ upper; unbounded where base or upper is None.

    A plain axis of extent H and base 0 is `Axis(0, 1, H−1)`. The output axis of a convolution is
    `Axis(0, s, H+2p−d(K−1)−1)`: its extent is a floor, its guard is affine.
    """

    base: Polynomial | None
    coefficient: Polynomial
    upper: Polynomial | None

    def __post_init__(self) -> None:
        for p in (self.base, self.coefficient, self.upper):
            if p is not None and not (p.is_integral and all(s.is_size for s in p.symbols)):
                raise NotationError(f"an axis is bounded by whole numbers and sizes, not by {p}")
        if self.coefficient != UNIT and not nonnegative(self.coefficient - 1):
            raise NotationError(f"the coefficient of an axis is at least 1, not {self.coefficient}")

    def __str__(self) -> str:
        """base..upper, as it is declared; upper/coefficient is rounded down."""
        base, upper = ("" if p is None else str(p) for p in (self.base, self.upper))
        return f"{base}..{upper}" if self.coefficient == polynomial(1) else f"{base}..({upper})/({self.coefficient})"

    def guards(self, index: Polynomial) -> list[Polynomial]:
        """The polynomials that are ≥ 0 exactly when the index lies on the axis."""
        guards = [] if self.base is None else [index - self.base]
        if self.upper is not None:
            guards.append(self.upper - self.coefficient * index)
        return guards

    def substitute(self, values: Mapping[Symbol, Polynomial]) -> Axis:
        base, upper = (None if p is None else p.substitute(values) for p in (self.base, self.upper))
        return Axis(base, self.coefficient.substitute(values), upper)

    @property
    def symbols(self) -> frozenset[Symbol]:
        return frozenset().union(*(p.symbols for p in (self.base, self.coefficient, self.upper) if p is not None))

    @property
    def extent(self) -> Polynomial | None:
        """The number of indices as a polynomial, where it is one (coefficient 1)."""
        if self.base is None or self.upper is None or self.coefficient != polynomial(1):
            return None
        return self.upper - self.base + 1

    def indices(self, sizes: Mapping[Symbol, int]) -> range:
        """The indices at given sizes; UsageError for an axis without end."""
        if self.base is None or self.upper is None:
            raise NotationError("this axis has no end")
        base, coefficient = int(self.base.evaluate(sizes)), int(self.coefficient.evaluate(sizes))
        return range(base, int(self.upper.evaluate(sizes)) // coefficient + 1)


UNBOUNDED = Axis(None, polynomial(1), None)


def axis(extent: PolynomialLike, base: PolynomialLike = 0) -> Axis:
    """The plain axis base … base + extent − 1."""
    return Axis(polynomial(base), polynomial(1), polynomial(base) + polynomial(extent) - 1)


@dataclass(frozen=True)
class Tensor:
    """A name with axes; no axes make a scalar. `gradient_of` = (loss, tensor) for ∂loss/∂tensor."""

    name: str
    axes: tuple[Axis, ...] = ()
    gradient_of: tuple[str, str] | None = None
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.name, self.axes)))

    def __hash__(self) -> int:
        return self._hash

    def __getitem__(self, indices: PolynomialLike | tuple[PolynomialLike, ...]) -> Read:
        """T[a, b] reads one entry; `T[()]` reads a scalar."""
        given = indices if isinstance(indices, tuple) else (indices,)
        if len(given) != len(self.axes):
            raise NotationError(f"{self.name} has {len(self.axes)} axes, but {len(given)} indices were given")
        return Read(self, tuple(polynomial(i) for i in given))

    @property
    def symbols(self) -> frozenset[Symbol]:
        return frozenset().union(*(a.symbols for a in self.axes)) if self.axes else frozenset()

    def substitute(self, values: Mapping[Symbol, Polynomial]) -> Tensor:
        """The same tensor with sizes replaced."""
        return Tensor(self.name, tuple(a.substitute(values) for a in self.axes), self.gradient_of)

    def gradient(self, loss: str = "J") -> Tensor:
        """The tensor ∂loss/∂self, with the same axes."""
        return Tensor(f"∂{loss}/∂{self.name}", self.axes, (loss, self.name))


class Expression:
    """Base of all formula nodes; supports +, −, ·, / by a number or scalar, and integer powers."""

    __slots__ = ("_free", "_hash", "_tensors")
    _hash: int  # these three are worked out when they are first asked for
    _tensors: tuple[Tensor, ...]
    _free: frozenset[Symbol]

    @property
    def parts(self) -> tuple[Expression, ...]:
        """The direct parts of a node."""
        raise TypeError(f"unknown node {type(self).__name__}")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The tensors that are read, in order of first appearance."""
        try:
            return self._tensors
        except AttributeError:
            found = tuple(dict.fromkeys(part.tensor for part in walk(self) if isinstance(part, Read)))
            object.__setattr__(self, "_tensors", found)
            return found

    @property
    def free(self) -> frozenset[Symbol]:
        """The symbols that no sum or maximum binds, sizes among them."""
        try:
            return self._free
        except AttributeError:
            object.__setattr__(self, "_free", _free(self))
            return self._free

    def __str__(self) -> str:
        """The formula in the notation of one line."""
        return _text(self, 0)

    def __add__(self, other: ExpressionLike) -> Expression:
        return Add((self, expression(other)))

    def __radd__(self, other: ExpressionLike) -> Expression:
        return Add((expression(other), self))

    def __neg__(self) -> Expression:
        return Multiply((Value(polynomial(-1)), self))

    def __sub__(self, other: ExpressionLike) -> Expression:
        return Add((self, -expression(other)))

    def __rsub__(self, other: ExpressionLike) -> Expression:
        return Add((expression(other), -self))

    def __mul__(self, other: ExpressionLike) -> Expression:
        return Multiply((self, expression(other)))

    def __rmul__(self, other: ExpressionLike) -> Expression:
        return Multiply((expression(other), self))

    def __truediv__(self, other: ExpressionLike) -> Expression:
        return Multiply((self, Power(expression(other), -1)))

    def __rtruediv__(self, other: ExpressionLike) -> Expression:
        return Multiply((expression(other), Power(self, -1)))

    def __pow__(self, exponent: int) -> Expression:
        return Power(self, exponent)


Formula = TypeVar("Formula", bound=Expression)


@dataclass_transform(frozen_default=True)
def _node(cls: type[Formula]) -> type[Formula]:
    """A frozen data class whose hash is worked out once: formulas are looked up again and again."""
    made = dataclass(frozen=True)(cls)
    hash_of_fields = made.__hash__

    def __hash__(self: Formula) -> int:
        try:
            return self._hash
        except AttributeError:
            object.__setattr__(self, "_hash", hash_of_fields(self))
            return self._hash

    made.__hash__ = __hash__  # type: ignore[method-assign,assignment]
    return made


@_node
class Value(Expression):
    """A number, or a polynomial in sizes and indices used as a value."""

    value: Polynomial

    @property
    def parts(self) -> tuple[Expression, ...]:
        return ()


@_node
class Read(Expression):
    """T[a, b, …]: one entry of a tensor, 0 outside its axes."""

    tensor: Tensor
    indices: tuple[Polynomial, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        return ()

    def __post_init__(self) -> None:
        for index in self.indices:
            if not index.is_integral:
                raise NotationError(f"{index} is not a whole number, so it is no index of {self.tensor.name}")


@_node
class Bracket(Expression):
    """[conditions]: 1 where every equation is = 0 and every inequality is ≥ 0, else 0 (Iverson)."""

    equations: tuple[Polynomial, ...] = ()
    inequalities: tuple[Polynomial, ...] = ()

    @property
    def parts(self) -> tuple[Expression, ...]:
        return ()

    def __post_init__(self) -> None:
        for p in self.equations + self.inequalities:
            if any(power < 0 for m in p.terms for _, power in m):
                raise NotationError(f"the condition on {p} divides by a size; multiply it out")


@_node
class Add(Expression):
    terms: tuple[Expression, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        return self.terms


@_node
class Multiply(Expression):
    factors: tuple[Expression, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        return self.factors


@_node
class Power(Expression):
    """An integer power; the base of a negative one must not be zero (a hypothesis of every theorem)."""

    base: Expression
    exponent: int

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.base,)


@_node
class Apply(Expression):
    """A scalar function of one argument; not zero outside anything."""

    function: str
    argument: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.argument,)

    def __post_init__(self) -> None:
        if self.function not in FUNCTIONS and not self.function.startswith(OPEN):
            raise NotationError(f"unknown function {self.function}; known: {', '.join(FUNCTIONS)}")


@dataclass(frozen=True)
class Range:
    """A summation variable and its written bounds (both inclusive), each of which may be absent."""

    variable: Symbol
    lower: Polynomial | None = None
    upper: Polynomial | None = None
    coefficient: Polynomial = field(default_factory=lambda: polynomial(1))

    def __post_init__(self) -> None:
        for p in (self.lower, self.upper, self.coefficient):
            if p is not None and not p.is_integral:
                raise NotationError(f"{p} is not a whole number, so it is no bound of {self.variable.name}")
        if self.coefficient != UNIT and not nonnegative(self.coefficient - 1):
            raise NotationError(f"the coefficient of a bound is at least 1, not {self.coefficient}")

    def guards(self, index: Polynomial) -> list[Polynomial]:
        guards = [] if self.lower is None else [index - self.lower]
        if self.upper is not None:
            guards.append(self.upper - self.coefficient * index)
        return guards

    def substitute(self, values: Mapping[Symbol, Polynomial], variable: Symbol | None = None) -> Range:
        """The same range at other sizes and indices, and of another variable if one is given."""
        lower, upper = (None if p is None else p.substitute(values) for p in (self.lower, self.upper))
        return Range(variable or self.variable, lower, upper, self.coefficient.substitute(values))


@_node
class Binder(Expression):
    """What binds index variables in a body."""

    ranges: tuple[Range, ...]
    body: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.body,)

    def __post_init__(self) -> None:
        names = [r.variable for r in self.ranges]
        if len(set(names)) < len(names) or any(v.is_size for v in names):
            raise NotationError("a sum or maximum needs distinct index variables, not "
                                + ", ".join(v.name for v in names))


@_node
class Sum(Binder):
    """Σ over all integers within the ranges; a range without bounds is cut by the supports."""


@_node
class Maximum(Binder):
    """The largest value of the body over the ranges, at those places where every read of the body lies inside
    its axes (so padding counts as −∞); 0 if there is no such place."""


@_node
class Derivative(Expression):
    """∂(expression)/∂T[q]: the rate of change with one entry of a tensor that has no definition."""

    expression: Expression
    by: Read

    @property
    def parts(self) -> tuple[Expression, ...]:
        return self.expression, self.by


@_node
class Expectation(Expression):
    """E(body): the mean over the random tensors `over`; other tensors without a definition are fixed."""

    body: Expression
    over: tuple[Tensor, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.body,)


ExpressionLike = Expression | Polynomial | Symbol | int | Fraction
Nodes = (Value, Read, Bracket, Add, Multiply, Power, Apply, Sum, Maximum, Derivative, Expectation)


def expression(value: ExpressionLike) -> Expression:
    return value if isinstance(value, Expression) else Value(polynomial(value))


@dataclass(frozen=True)
class Definition:
    """T[i, j, …] = body, for every index on T's axes; T is zero outside them."""

    tensor: Tensor
    indices: tuple[Symbol, ...]
    body: Expression

    def __post_init__(self) -> None:
        if len(self.indices) != len(self.tensor.axes) or len(set(self.indices)) < len(self.indices) or any(
                i.is_size for i in self.indices):
            raise NotationError(f"{self.tensor.name} needs {len(self.tensor.axes)} distinct index variables")
        loose = free_indices(self.body) - set(self.indices)
        if loose:
            names = ", ".join(sorted(s.name for s in loose))
            raise NotationError(f"{names} is free on the right and absent on the left of {self.tensor.name}[…] = …")

    @property
    def left(self) -> Read:
        return Read(self.tensor, tuple(polynomial(i) for i in self.indices))

    def __str__(self) -> str:
        return str(self.equation)

    @property
    def equation(self) -> Equation:
        return Equation(self.left, self.body)


@dataclass(frozen=True)
class Equation:
    """left = right, claimed for every free index on the left side's axes and for all sizes."""

    left: Expression
    right: Expression

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


def _text(node: Expression, level: int) -> str:
    """The notation of a node; level 0 stands anywhere, 1 in a product, 2 as the base of a power."""
    match node:
        case Value(p):
            plain = not p.terms or (len(p.terms) == 1 and next(iter(p.terms.values())) >= 0
                                    and (level < 2 or len(repr(p)) == 1))
            return repr(p) if level == 0 or plain else f"({p})"
        case Read(tensor, indices):
            return f"{tensor.name}[{', '.join(map(repr, indices))}]" if indices else tensor.name
        case Bracket(equations, inequalities):
            return f"[{', '.join([*(f'{e} = 0' for e in equations), *(f'{p} >= 0' for p in inequalities)])}]"
        case Add(terms):
            pieces = [_text(t, 0) for t in terms]
            joined = " + ".join(pieces).replace("+ -", "- ")
            return joined if level == 0 else f"({joined})"
        case Multiply((Value(p), *rest)) if rest and p == polynomial(-1):
            negated = "-" + _text(Multiply(tuple(rest)) if len(rest) > 1 else rest[0], 1)
            return negated if level == 0 else f"({negated})"
        case Multiply(factors):
            body = " * ".join(f"({f})" if isinstance(f, Binder) and f is not factors[-1] else _text(f, 1)
                              for f in factors)
            return body if level < 2 else f"({body})"
        case Power(base, exponent):
            power = f"{_text(base, 2)}^{exponent}"
            return power if level < 2 else f"({power})"
        case Apply(function, argument):
            return f"{function}({argument})"
        case Binder(ranges, body):
            plain_ranges = [r for r in ranges if r.coefficient == polynomial(1) and None not in (r.lower, r.upper)]
            names = ", ".join(f"{r.variable.name}={r.lower}..{r.upper}" if r in plain_ranges else r.variable.name
                              for r in ranges)
            guards = [g for r in ranges if r not in plain_ranges for g in r.guards(polynomial(r.variable))]
            limits = f"{Bracket((), tuple(guards))} * " if guards else ""
            summed = f"{'sum' if isinstance(node, Sum) else 'max'}({names}) {limits}{_text(body, 1)}"
            return summed if level < 2 else f"({summed})"
        case Derivative(inner, by):
            return f"∂{inner}/∂{by}" if isinstance(inner, Read) else f"∂({inner})/∂{by}"
        case Expectation(body, _):
            return f"E({body})"
    raise TypeError(f"unknown node {type(node).__name__}")


def children(node: Expression) -> tuple[Expression, ...]:
    """The direct parts of a node."""
    return node.parts


def walk(node: Expression) -> Iterator[Expression]:
    """The node and everything below it, parents first."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += part.parts[::-1]


def rebuild(node: Expression, parts: tuple[Expression, ...]) -> Expression:
    """The node with other direct parts."""
    match node:
        case Value() | Read() | Bracket():
            return node
        case Add():
            return Add(parts)
        case Multiply():
            return Multiply(parts)
        case Power(_, exponent):
            return Power(parts[0], exponent)
        case Apply(function, _):
            return Apply(function, parts[0])
        case Binder(ranges, _):
            return type(node)(ranges, parts[0])
        case Derivative():
            by = parts[1]
            assert isinstance(by, Read)
            return Derivative(parts[0], by)
        case Expectation(_, over):
            return Expectation(parts[0], over)
    raise TypeError(f"unknown node {type(node).__name__}")


def free_indices(node: Expression) -> set[Symbol]:
    """The index symbols (not sizes) that no sum or maximum binds."""
    return {s for s in node.free if s.lower is None}


def _free(node: Expression) -> frozenset[Symbol]:
    if isinstance(node, Value):
        return node.value.symbols
    found: set[Symbol] = set()
    if isinstance(node, Read):
        for p in node.indices:
            found |= p.symbols
    elif isinstance(node, Bracket):
        for p in node.equations + node.inequalities:
            found |= p.symbols
    else:
        for part in node.parts:
            found |= part.free
        if isinstance(node, Binder):
            for r in node.ranges:
                for bound in (r.lower, r.upper, r.coefficient):
                    if bound is not None:
                        found |= bound.symbols
            found.difference_update(r.variable for r in node.ranges)
    return frozenset(found)
