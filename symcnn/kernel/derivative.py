"""Derivatives: a table of rules, one identity each. No default: an unknown node raises."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from symcnn.errors import StepError
from symcnn.kernel.signs import NonZero
from symcnn.notation.expression import (
    OPEN, Add, Apply, Bracket, Definition, Derivative, expression, Expression, Maximum, Multiply, Power, Range, Read,
    Sum, Tensor, Value,
)
from symcnn.notation.polynomial import Polynomial
from symcnn.notation.traverse import renamed_apart, substitute, within_axes

ZERO, ONE = expression(0), expression(1)

SCALAR_DERIVATIVES: dict[str, Callable[[Expression], Expression]] = {
    "exp": lambda z: Apply("exp", z),                                         # (eᶻ)′ = eᶻ
    "tanh": lambda z: 1 - Apply("tanh", z) ** 2,                              # tanh′ = 1 − tanh²
    "sigmoid": lambda z: Apply("sigmoid", z) * (1 - Apply("sigmoid", z)),     # σ′ = σ(1 − σ)
    "log": lambda z: Power(z, -1),                                            # (log z)′ = 1/z
    "sqrt": lambda z: Power(2 * Apply("sqrt", z), -1),                        # (√z)′ = 1/(2√z)
    "sin": lambda z: Apply("cos", z),                                         # sin′ = cos
    "cos": lambda z: -Apply("sin", z),                                        # cos′ = −sin
    "relu": lambda z: Apply("step", z),                                       # relu′ = [z > 0], z ≠ 0
    "step": lambda z: ZERO, "sign": lambda z: ZERO, "is_zero": lambda z: ZERO,  # 0, z ≠ 0
}
KINKED = frozenset({"relu", "step", "sign", "is_zero"})


def derivative(node: Expression, by: Read, definitions: Mapping[Tensor, Definition],
               ties: list[NonZero] | None = None) -> Expression:
    """∂node/∂T[q], with definitions unfolded on their axes.

    Tensors without a definition are independent variables. `ties` collects what must not be 0: the arguments of
    functions with a kink at 0, and for a maximum [it is attained at one place only]. Raises
    StepError for a node or a function without a rule; a defined tensor cannot be the variable, and how a
    gradient tensor varies is not known.
    """
    if by.tensor in definitions:
        raise StepError(f"{by.tensor.name} is defined by a formula, so it is not a variable")

    found = [] if ties is None else ties

    def here(since: int, ranges: tuple[Range, ...], where: tuple[Polynomial, ...] = ()) -> None:
        """What was found since then is needed within the ranges of a sum, where a read lies on its axes."""
        found[since:] = [tie.only(where).under(ranges) for tie in found[since:]]

    def d(e: Expression) -> Expression:
        since = len(found)
        match e:
            case Value() | Bracket():
                return ZERO                                                   # constants
            case Read(tensor, indices) if tensor in definitions:
                definition = definitions[tensor]
                body = substitute(definition.body, dict(zip(definition.indices, indices, strict=True)))
                inner = d(body)
                here(since, (), on_axes(e).inequalities)
                return ZERO if inner == ZERO else Multiply((on_axes(e), inner))
            case Read(tensor, indices) if tensor == by.tensor:
                if not indices:
                    return ONE                                                # ∂t/∂t = 1
                same = tuple(a - q for a, q in zip(indices, by.indices, strict=True))
                return Multiply((Bracket(same), on_axes(e)))                  # ∂T[a]/∂T[q] = [a = q]
            case Read(tensor, _):
                if tensor.gradient_of is not None:
                    raise StepError(f"how {tensor.name} varies with {by.tensor.name} is not known")
                return ZERO                                                   # another variable
            case Add(terms):
                parts = [p for p in map(d, terms) if p != ZERO]               # (a + b)′ = a′ + b′
                return Add(tuple(parts)) if len(parts) > 1 else parts[0] if parts else ZERO
            case Multiply(factors):
                products = []                                                 # (ab)′ = a′b + ab′
                for position, factor in enumerate(factors):
                    inner = d(factor)
                    if inner != ZERO:
                        products.append(Multiply((*factors[:position], inner, *factors[position + 1:])))
                return Add(tuple(products)) if len(products) > 1 else products[0] if products else ZERO
            case Power(base, exponent):
                inner = d(base)                                               # (aⁿ)′ = n aⁿ⁻¹ a′
                if inner == ZERO or exponent == 0:
                    return ZERO
                return Multiply((expression(exponent), Power(base, exponent - 1), inner))
            case Apply(function, argument):
                inner = d(argument)                                           # f(a)′ = f′(a) a′
                if inner == ZERO:
                    return ZERO
                if function in KINKED:
                    found.append(NonZero(argument))
                if function.startswith(OPEN):
                    return Multiply((Apply(function + "'", argument), inner))  # f′ is the name of the derivative
                if function not in SCALAR_DERIVATIVES:
                    raise StepError(f"no derivative rule for {function}")
                return Multiply((SCALAR_DERIVATIVES[function](argument), inner))
            case Sum():
                apart = renamed_apart(e, {s for q in by.indices for s in q.symbols})
                inner = d(apart.body)                                         # (Σ a)′ = Σ a′
                here(since, apart.ranges)
                return ZERO if inner == ZERO else Sum(apart.ranges, inner)
            case Maximum():
                window = renamed_apart(e, {s for q in by.indices for s in q.symbols})
                inner = d(window.body)                # (max a)′ = Σ [a is the maximum] a′, if only one a is
                here(since, window.ranges)
                if inner == ZERO:
                    return ZERO
                largest = renamed_apart(window, {r.variable for r in window.ranges})
                attained = within_axes(window.body) * Apply("is_zero", largest - window.body)
                found.append(NonZero(Apply("is_zero", Sum(window.ranges, attained) - 1)))
                return Sum(window.ranges, attained * inner)
            case Derivative():
                return d(derivative(e.expression, e.by, definitions, found))
        raise StepError(f"no derivative rule for {type(e).__name__}")

    return d(node)


def on_axes(read: Read) -> Bracket:
    """[every index of the read lies on its axis]."""
    guards = [g for axis, index in zip(read.tensor.axes, read.indices, strict=True) for g in axis.guards(index)]
    return Bracket((), tuple(guards))
