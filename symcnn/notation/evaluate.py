"""Exact values of formulas at given sizes and entries, by plain enumeration.

Rational numbers stay rational; functions such as tanh are enclosed in intervals with rigorous bounds, so
two values are called different only when they are. Shares no code with the kernel: it is the oracle that
proofs and counterexamples are held against.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from fractions import Fraction
from itertools import product
from math import isqrt, prod
from typing import Any

import flint

from symcnn.effort import spend
from symcnn.errors import UsageError
from symcnn.notation.expression import (
    OPEN, UNBOUNDED as ENDLESS, Add, Apply, Axis, Bracket, Definition, Expectation, Expression, Maximum, Multiply,
    Power, Range, Read, Sum, Tensor, Value, expression, free_indices, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import within_axes

BITS = 160
NOTHING = flint.fmpq(0)
MANY = 1_000
"""Up to so many places are listed at once."""
GUARD, PARTIAL, ENTRY, OTHER = range(4)  # the order in which the factors of a product are evaluated
OUTCOMES = 2  # equally likely: enough to tell E(X²) from E(X)², and exact for whatever is linear
ExactValue = Any  # flint.fmpq, or flint.arb where a function is irrational
Bounds = tuple[int | None, int | None]
Reach = tuple[int, int] | None
UNBOUNDED: Bounds = (None, None)
NOWHERE: Bounds = (0, -1)


class Evaluator:
    """Values of formulas at one choice of sizes and entries.

    `sizes` maps size symbols to integers, `entry(tensor, indices)` gives the entries inside the axes of
    tensors without a definition. Raises UsageError for a sum without end or a derivative.
    """

    def __init__(self, sizes: Mapping[Symbol, int], entry: Callable[[Tensor, tuple[int, ...]], int | Fraction],
                 definitions: Mapping[Tensor, Definition] | None = None) -> None:
        self.sizes, self.entry, self.definitions = dict(sizes), entry, definitions or {}
        self.given = entry  # of all outcomes, where this is one of them
        self.nothing_largest = False  # whether a maximum was over no place at all
        self.at_tie = False  # whether a function with a kink was taken where its slope is not known
        self.known: dict[tuple[Tensor, tuple[int, ...]], ExactValue] = {}
        self.partial: dict[Tensor, bool] = {}
        self.alone: dict[int, tuple[Sum, dict[Symbol, Range]]] = {}
        self.ranks: dict[int, tuple[Multiply, list[tuple[int, Expression]]]] = {}
        self.ends: dict[Tensor, list[Bounds]] = {}
        self.reaching: dict[Tensor, tuple[Axis, ...]] = {}

    def exact(self, node: Expression, env: Mapping[Symbol, int] | None = None, bits: int = BITS) -> ExactValue:
        """The value, with intervals of so many bits all the way."""
        previous, flint.ctx.prec = flint.ctx.prec, bits
        try:
            return self.value(node, env)
        finally:
            flint.ctx.prec = previous

    def value(self, node: Expression, env: Mapping[Symbol, int] | None = None) -> ExactValue:
        return self.at(node, {**self.sizes, **(env or {})})

    def at(self, node: Expression, env: Mapping[Symbol, int]) -> ExactValue:
        """The value where `env` holds the sizes, too."""
        spend(1)
        match node:
            case Value(p):
                return _rational(p.evaluate(env))
            case Read(tensor, indices):
                return self.read(tensor, tuple([int(i.evaluate(env)) for i in indices]))
            case Bracket(equations, inequalities):
                for e in equations:
                    if e.evaluate(env):
                        return NOTHING
                for p in inequalities:
                    if p.evaluate(env) < 0:
                        return NOTHING
                return flint.fmpq(1)
            case Add(terms):
                return sum((self.at(t, env) for t in terms), flint.fmpq(0))
            case Multiply():
                # A guard that fails hides what it guards; a zero value does not excuse a division by zero.
                value: ExactValue = flint.fmpq(1)
                for rank, f in self.ranked(node):
                    if rank > PARTIAL and isinstance(value, flint.fmpq) and value == 0:
                        return value
                    value = value * self.at(f, env)
                    if rank == GUARD and value == 0:
                        return value
                return value
            case Power(base, exponent):
                inner = self.at(base, env)
                if exponent < 0 and _may_be_zero(inner):
                    raise ZeroDivisionError("the base of a negative power is zero here")
                return inner ** exponent if exponent >= 0 else flint.fmpq(1) / inner ** -exponent
            case Apply(function, argument):
                inner = self.at(argument, env)
                self.at_tie |= function in ("relu", "step", "sign") and isinstance(inner, flint.fmpq) and inner == 0
                return apply(function, inner)
            case Sum(ranges, body):
                alone = self.standing_alone(node)
                waiting, times = {r.variable: r for r in ranges if r.variable not in alone}, 1
                for r in alone.values():
                    low, high = self.written(r, env, set())
                    times *= max((high or 0) - (low or 0) + 1, 0)
                if not times:
                    return flint.fmpq(0)
                return times * sum((self.at(body, inner) for inner in self.points(waiting, body, dict(env))),
                                   flint.fmpq(0))
            case Maximum(ranges, body):
                inside = Multiply((within_axes(body), expression(1)))
                values = [self.at(body, inner) for inner in self.points({r.variable: r for r in ranges}, inside,
                                                                        dict(env))
                          if self.at(inside, inner) == 1]
                self.nothing_largest |= not values
                return largest(values)
            case Expectation(body, random):
                return sum((self.outcome(n, random).at(body, env) for n in range(OUTCOMES)),
                           flint.fmpq(0)) / OUTCOMES
        raise UsageError(f"a {type(node).__name__} has no value by enumeration")

    def outcome(self, number: int, random: tuple[Tensor, ...]) -> Evaluator:
        """Values in one of the equally likely outcomes, which is one more index of the random tensors' entries."""
        def entry(tensor: Tensor, at: tuple[int, ...]) -> int | Fraction:
            return self.given(tensor, (*at, number) if tensor in random else at)

        made = Evaluator(self.sizes, entry, self.definitions)
        made.given = self.given
        return made

    def standing_alone(self, node: Sum) -> dict[Symbol, Range]:
        """The ranges of a sum with bounds on both sides whose variable neither the body nor another bound speaks of:
        their values are counted at once, since all give the same summand."""
        if id(node) not in self.alone:
            bounds = {r.variable: {s for p in (r.lower, r.upper, r.coefficient) if p is not None for s in p.symbols}
                      for r in node.ranges}
            spoken = free_indices(node.body).union(*bounds.values())
            self.alone[id(node)] = node, {r.variable: r for r in node.ranges if r.variable not in spoken
                                          and r.lower is not None and r.upper is not None
                                          and not bounds[r.variable] & set(bounds)}
        return self.alone[id(node)][1]

    def ranked(self, node: Multiply) -> list[tuple[int, Expression]]:
        """The factors in the order in which they are evaluated."""
        if id(node) not in self.ranks:
            self.ranks[id(node)] = node, sorted(((self.order(f), f) for f in node.factors), key=lambda pair: pair[0])
        return self.ranks[id(node)][1]

    def order(self, node: Expression) -> int:
        """Conditions first, then what may have no value, then entries, then all else."""
        if isinstance(node, Bracket):
            return GUARD
        if self.is_partial(node):
            return PARTIAL
        return ENTRY if isinstance(node, Read) else OTHER

    def is_partial(self, node: Expression) -> bool:
        """Whether the formula, or the definition of what it reads, may have no value at some entries."""
        for n in walk(node):
            if isinstance(n, Power) and n.exponent < 0 or isinstance(n, Apply):
                return True
            if isinstance(n, Read) and n.tensor in self.definitions:
                if n.tensor not in self.partial:
                    self.partial[n.tensor] = self.is_partial(self.definitions[n.tensor].body)
                if self.partial[n.tensor]:
                    return True
        return False

    def integer(self, p: Polynomial, env: Mapping[Symbol, int]) -> int:
        return int(p.evaluate({**self.sizes, **env}))

    def read(self, tensor: Tensor, at: tuple[int, ...]) -> ExactValue:
        if (tensor, at) not in self.known:
            for (low, high), i in zip(self.ends_of(tensor), at, strict=True):
                if (low is not None and i < low) or (high is not None and i > high):
                    return flint.fmpq(0)
            definition = self.definitions.get(tensor)
            if definition is None:
                self.known[tensor, at] = _rational(self.entry(tensor, at))
            else:
                self.known[tensor, at] = self.value(definition.body, dict(zip(definition.indices, at,
                                                                              strict=True)))
        return self.known[tensor, at]

    def ends_of(self, tensor: Tensor) -> list[Bounds]:
        """The first and the last index on every axis, None where it has no end."""
        if tensor not in self.ends:
            self.ends[tensor] = [(None if a.base is None else int(a.base.evaluate(self.sizes)),
                                  None if a.upper is None else int(a.upper.evaluate(self.sizes)) // int(
                                      a.coefficient.evaluate(self.sizes))) for a in tensor.axes]
        return self.ends[tensor]

    def points(self, waiting: dict[Symbol, Any], body: Expression, env: dict[Symbol, int],
               ) -> Iterator[dict[Symbol, int]]:
        """All values of the waiting variables, within their bounds, at which the body can be nonzero; as one mapping
        that changes."""
        if not waiting:
            yield env
            return
        known = {**self.sizes, **env}
        bounds = [self.written(r, known, waiting.keys()) for r in waiting.values()]
        ranges = [range(low, high + 1) for low, high in bounds if low is not None and high is not None]
        if len(ranges) == len(bounds) and prod(max(r.stop - r.start, 0) for r in ranges) <= MANY:
            for values in product(*ranges):
                known.update(zip(waiting, values, strict=True))
                yield known
            return
        guards = [g for v, r in waiting.items() for g in r.guards(polynomial(v))]
        for inner in self.candidates(waiting, body, known):
            # A bound may speak of a variable that was chosen later.
            for g in guards:
                if g.evaluate(inner) < 0:
                    break
            else:
                yield inner

    def candidates(self, waiting: dict[Symbol, Any], body: Expression, env: dict[Symbol, int],
                   ) -> Iterator[dict[Symbol, int]]:
        """The same, but for bounds that speak of variables which are chosen later."""
        if not waiting:
            yield env
            return
        for variable, written in waiting.items():
            bounds = self.written(written, env, set(waiting))
            if None in bounds:
                bounds = _meet(bounds, self.support(body, variable, env, set(waiting)))
            low, high = bounds
            if low is not None and high is not None:
                rest = {v: r for v, r in waiting.items() if v is not variable}
                for value in range(low, high + 1):
                    yield from self.candidates(rest, body, {**env, variable: value})
                return
        names = ", ".join(v.name for v in waiting)
        raise UsageError(f"the sum over {names} has no end that could be found")

    def written(self, written: Any, env: Mapping[Symbol, int], unknown: Set[Symbol]) -> Bounds:
        low = high = None
        if written.lower is not None and not written.lower.symbols & unknown:
            low = int(written.lower.evaluate(env))
        if written.upper is not None and not written.upper.symbols & unknown:
            high = int(written.upper.evaluate(env)) // int(written.coefficient.evaluate(env))
        return low, high

    def intervals(self, ranges: tuple[Range, ...], body: Expression, env: Mapping[Symbol, int],
                  unknown: set[Symbol]) -> dict[Symbol, Bounds]:
        """What is known of inner summation variables, whatever the outer unknown ones are."""
        inside = unknown | {r.variable for r in ranges}
        return {r.variable: _meet(self.written(r, env, inside), self.support(body, r.variable, env, inside))
                for r in ranges}

    def support(self, node: Expression, variable: Symbol, env: Mapping[Symbol, int], unknown: set[Symbol],
                intervals: Mapping[Symbol, Bounds] | None = None) -> Bounds:
        """An interval outside of which the node is zero."""
        match node:
            case Read(tensor, indices):
                return _within(reach for axis, index in zip(self.axes_of(tensor), indices, strict=True)
                               if variable in index.symbols
                               for reach in self.of_axis(axis, index, variable, env, unknown, intervals or {}))
            case Bracket(equations, inequalities):
                signed = [*((e, sign) for e in equations for sign in (1, -1)), *((p, 1) for p in inequalities)]
                return _within(self.most(g.primitive(), sign, variable, env, unknown, intervals or {})
                               for g, sign in signed if variable in g.symbols)
            case Multiply(factors):
                bounds = UNBOUNDED
                for f in factors:
                    bounds = _meet(bounds, self.support(f, variable, env, unknown, intervals))
                return bounds
            case Add(terms):
                each = [self.support(t, variable, env, unknown, intervals) for t in terms]
                lows, highs = [b[0] for b in each], [b[1] for b in each]
                return (None if None in lows else min(v for v in lows if v is not None),
                        None if None in highs else max(v for v in highs if v is not None))
            case Power(base, exponent) if exponent > 0:
                return self.support(base, variable, env, unknown, intervals)
            case Sum(ranges, _) if any(r.variable == variable for r in ranges):
                return UNBOUNDED  # another variable of the same name
            case Sum(ranges, body):
                return self.support(body, variable, env, unknown | {r.variable for r in ranges},
                                    {**(intervals or {}), **self.intervals(ranges, body, env, unknown)})
            case Value(p) if not p:
                return NOWHERE
            case _:
                return UNBOUNDED

    def axes_of(self, tensor: Tensor) -> tuple[Axis, ...]:
        """The axes, those without end as far as the tensor's own formula is not zero."""
        definition = self.definitions.get(tensor)
        if definition is None or ENDLESS not in tensor.axes:
            return tensor.axes
        if tensor not in self.reaching:
            self.reaching[tensor] = tensor.axes  # a formula that goes in a circle says nothing
            found = [self.support(definition.body, s, self.sizes, set(definition.indices)) if a == ENDLESS else None
                     for s, a in zip(definition.indices, tensor.axes, strict=True)]
            self.reaching[tensor] = tuple(a if b is None else Axis(
                None if b[0] is None else polynomial(b[0]), polynomial(1), None if b[1] is None else polynomial(b[1]))
                for a, b in zip(tensor.axes, found, strict=True))
        return self.reaching[tensor]

    def of_axis(self, axis: Axis, index: Polynomial, variable: Symbol, env: Mapping[Symbol, int],
                unknown: set[Symbol], intervals: Mapping[Symbol, Bounds]) -> Iterator[Reach]:
        """What the index − base, and upper − coefficient·index, reach."""
        for sign, end in ((1, axis.base), (-1, axis.upper)):
            reach = None if end is None else self.most(index, sign, variable, env, unknown, intervals)
            if end is not None and reach is not None:
                times = 1 if sign > 0 else int(axis.coefficient.evaluate(self.sizes))
                yield times * reach[0], times * reach[1] - sign * int(end.evaluate(self.sizes))

    def most(self, g: Polynomial, sign: int, variable: Symbol, env: Mapping[Symbol, int], unknown: set[Symbol],
             intervals: Mapping[Symbol, Bounds]) -> Reach:
        """(slope, most) with sign·g ≤ slope·variable + most; None if the unknowns are not bounded well enough."""
        slope, most = 0, 0
        for monomial, coefficient in g.terms.items():
            factor, free = sign * int(coefficient), None
            for s, e in monomial:
                if s == variable or s in unknown:
                    if free is not None or e != 1:
                        return None
                    free = s
                elif s in env:
                    factor *= env[s] ** e
                else:
                    return None
            if free is None:
                most += factor
            elif free == variable:
                slope += factor
            else:
                least_value, most_value = intervals.get(free, UNBOUNDED)
                reached = most_value if factor > 0 else least_value
                if reached is None:
                    return None
                most += factor * reached
        return slope, most


def _within(reaches: Iterable[Reach]) -> Bounds:
    """The values of a variable at which slope·variable + most ≥ 0 for every reach that is known."""
    low: int | None = None
    high: int | None = None
    for reach in reaches:
        if reach is None:
            continue
        slope, most = reach
        if slope > 0:
            low = -(most // slope) if low is None else max(low, -(most // slope))
        elif slope < 0:
            high = most // -slope if high is None else min(high, most // -slope)
        elif most < 0:
            return NOWHERE
    return low, high


def _meet(a: Bounds, b: Bounds) -> Bounds:
    lows = [v for v in (a[0], b[0]) if v is not None]
    highs = [v for v in (a[1], b[1]) if v is not None]
    return (max(lows) if lows else None, min(highs) if highs else None)


def _rational(value: Any) -> Any:
    if isinstance(value, int):
        return flint.fmpq(value)
    return flint.fmpq(int(value.numerator), int(value.denominator))


def _may_be_zero(value: ExactValue) -> bool:
    return bool(value == 0) if isinstance(value, flint.fmpq) else bool(value.contains(0))


def _one_of_all(function: str, z: ExactValue) -> ExactValue:
    """A function that stands for all differentiable ones: a polynomial, its own for every name, and its derivatives."""
    name = function.rstrip("'")
    cubic = flint.fmpq_poly([2, 3, 1 + sum(map(ord, name)) % 7, 1])
    for _ in range(len(function) - len(name)):
        cubic = cubic.derivative()
    return sum((c * z ** n for n, c in enumerate(cubic.coeffs())), flint.fmpq(0))


def apply(function: str, z: ExactValue) -> ExactValue:
    """f(z): rational where it can be, an enclosing interval otherwise."""
    exact = isinstance(z, flint.fmpq)
    if function.startswith(OPEN):
        return _one_of_all(function, z)
    if function in ("sign", "step", "is_zero", "relu"):
        if not exact and z.contains(0):
            raise UsageError(f"the sign of an irrational value is not known, so {function} is not either")
        sign = (z > 0) - (z < 0)
        return {"sign": flint.fmpq(int(sign)), "step": flint.fmpq(int(sign > 0)),
                "is_zero": flint.fmpq(int(sign == 0)), "relu": z if sign > 0 else flint.fmpq(0)}[function]
    if exact and z == 0 and function in ("exp", "tanh", "sigmoid", "sin", "cos"):
        return {"exp": flint.fmpq(1), "tanh": flint.fmpq(0), "sigmoid": flint.fmpq(1, 2), "sin": flint.fmpq(0),
                "cos": flint.fmpq(1)}[function]
    if exact and z == 1 and function == "log":
        return flint.fmpq(0)
    if exact and function == "sqrt" and z >= 0:
        p, q = int(z.p), int(z.q)
        if isqrt(p) ** 2 == p and isqrt(q) ** 2 == q:
            return flint.fmpq(isqrt(p), isqrt(q))
    if exact and function in ("sqrt", "log") and (z < 0 or (z == 0 and function == "log")):
        raise ZeroDivisionError(f"{function} is not defined at {z}")
    previous, flint.ctx.prec = flint.ctx.prec, max(BITS, flint.ctx.prec)
    try:
        ball = flint.arb(z)
        return {"exp": lambda: ball.exp(), "tanh": lambda: ball.tanh(), "log": lambda: ball.log(),
                "sqrt": lambda: ball.sqrt(), "sin": lambda: ball.sin(), "cos": lambda: ball.cos(),
                "sigmoid": lambda: 1 / (1 + (-ball).exp())}[function]()
    finally:
        flint.ctx.prec = previous


def enclosures(node: Expression) -> Callable[[int], ExactValue]:
    """The value of a formula without entries and sizes, as a function of the bits of its enclosures."""
    def entry(tensor: Tensor, at: tuple[int, ...]) -> int:
        raise UsageError(f"{tensor.name} has no value here")

    return lambda bits: Evaluator({}, entry).exact(node, bits=bits)


def largest(values: list[ExactValue]) -> ExactValue:
    """The largest of values; 0 for none. UsageError if enclosures overlap, so that it is not known which."""
    best: ExactValue = flint.fmpq(0)
    for n, v in enumerate(values):
        if n == 0 or v > best:
            best = v
        elif not v <= best:
            raise UsageError("which of two irrational values is larger is not known")
    return best


def different(a: ExactValue, b: ExactValue) -> bool:
    """True only if the two values certainly differ."""
    difference = a - b
    return bool(difference != 0) if isinstance(difference, flint.fmpq) else not difference.contains(0)


def show(value: ExactValue) -> str:
    return str(value) if isinstance(value, flint.fmpq) else value.str(8, radius=False)
