"""Formulas as SymPy expressions, for going on in SymPy and as an independent witness for derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from symcnn.errors import UsageError
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import (
    Add, Apply, Bracket, Derivative, Expression, Maximum, Multiply, Power, Range, Read, Sum, Tensor, Value,
)
from symcnn.notation.traverse import sizes_in, within_axes
from symcnn.notation.polynomial import Polynomial, Symbol


def to_sympy(expression: Expression, sizes: Mapping[str, int] | None = None,
             at: Mapping[str, int] | None = None) -> Any:
    """The SymPy expression: scalars are real symbols of their names, X[0, 1] is X_0_1, sums are written out.

    `sizes` gives the extents and all other sizes as numbers; without it only formulas without axes and
    sums can be written, and sizes are integer symbols. `at` gives the free indices. UsageError for a
    size or an index without a number where one is needed, and for a derivative (use sympy.diff).
    """
    import sympy

    numbers: dict[Symbol, int] = {}
    given = sizes or {}
    for symbol in sizes_in(expression) if sizes is not None else ():
        if symbol.name not in given:
            raise UsageError(f"the size {symbol.name} has no number; given: {', '.join(given) or 'none'}")
        numbers[symbol] = given[symbol.name]
    enumeration = Evaluator(numbers, lambda tensor, indices: 0)

    def symbol_of(s: Symbol) -> Any:
        return sympy.Symbol(s.name, integer=True, **({"positive": True} if (s.lower or 0) > 0 else
                                                     {"nonnegative": True} if s.lower == 0 else {}))

    def value(p: Polynomial, env: Mapping[Symbol, int]) -> Any:
        known = {**numbers, **env}
        total = sympy.Integer(0)
        for monomial, coefficient in p.terms.items():
            c = Fraction(coefficient)
            product = sympy.Rational(c.numerator, c.denominator)
            for s, power in monomial:
                product *= (sympy.Integer(known[s]) if s in known else symbol_of(s)) ** power
            total += product
        return total

    def number(p: Polynomial, env: Mapping[Symbol, int], where: str) -> int:
        missing = [s.name for s in sorted(p.symbols) if s not in env and s not in numbers]
        if missing:
            raise UsageError(f"{where} needs a number for {', '.join(missing)}; give it in `sizes` or `at`")
        return int(p.evaluate({**numbers, **env}))

    def entry(tensor: Tensor, indices: tuple[Polynomial, ...], env: Mapping[Symbol, int]) -> Any:
        place = tuple(number(i, env, tensor.name) for i in indices)
        for axis, position in zip(tensor.axes, place, strict=True):
            if any(number(g, env, tensor.name) < 0 for g in axis.guards(Polynomial.of(position))):
                return sympy.Integer(0)
        return sympy.Symbol("_".join([tensor.name, *map(str, place)]), real=True)

    def points(ranges: tuple[Range, ...], body: Expression, env: Mapping[Symbol, int]) -> Any:
        missing = sorted(s.name for s in sizes_in(Sum(ranges, body)) if s not in numbers)
        if missing:
            raise UsageError(f"a sum is written out at given sizes only; `sizes` lacks {', '.join(missing)}")
        return enumeration.points({r.variable: r for r in ranges}, body, dict(env))

    def visit(node: Expression, env: Mapping[Symbol, int]) -> Any:
        match node:
            case Value(p):
                return value(p, env)
            case Read(tensor, indices):
                return entry(tensor, indices, env)
            case Bracket(equations, inequalities):
                holds = (all(number(e, env, "a condition") == 0 for e in equations)
                         and all(number(p, env, "a condition") >= 0 for p in inequalities))
                return sympy.Integer(int(holds))
            case Add(terms):
                return sympy.Add(*(visit(t, env) for t in terms))
            case Multiply(factors):
                return sympy.Mul(*(visit(f, env) for f in factors))
            case Power(base, exponent):
                return visit(base, env) ** exponent
            case Apply(function, argument):
                return apply(sympy, function, visit(argument, env))
            case Sum(ranges, body):
                return sympy.Add(*(visit(body, inner) for inner in points(ranges, body, env)))
            case Maximum(ranges, body):
                inside = within_axes(body)
                return sympy.Max(*(visit(body, inner) for inner in points(ranges, inside * 1, env)
                                   if visit(inside, inner) == 1))
            case Derivative():
                raise UsageError("a derivative is not translated; use sympy.diff on the formula under it")
        raise UsageError(f"a {type(node).__name__} has no SymPy form")

    free = {Symbol(name): place for name, place in (at or {}).items()}
    return visit(expression, free)


def apply(sympy: Any, function: str, z: Any) -> Any:
    """f(z) in elementary functions; kinks are Piecewise, since diff(Max(0, z), z) is a Heaviside in SymPy."""
    table: dict[str, Callable[[], Any]] = {
        "exp": lambda: sympy.exp(z),
        "tanh": lambda: sympy.tanh(z),
        "sigmoid": lambda: 1 / (1 + sympy.exp(-z)),
        "log": lambda: sympy.log(z),
        "sqrt": lambda: sympy.sqrt(z),
        "sin": lambda: sympy.sin(z),
        "cos": lambda: sympy.cos(z),
        "sign": lambda: sympy.sign(z),
        "is_zero": lambda: sympy.Piecewise((1, sympy.Eq(z, 0)), (0, True)),
        "relu": lambda: sympy.Piecewise((z, z > 0), (0, True)),
        "step": lambda: sympy.Piecewise((1, z > 0), (0, True)),
    }
    return table[function]()
