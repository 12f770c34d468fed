"""Numeric sides: exact values of formulas without unknown names, compared with what is printed."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint

from symcnn.document.claims.logarithms import with_quotients
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import unwrapped
from symcnn.errors import UsageError
from symcnn.notation.evaluate import BITS, Evaluator, different, show
from symcnn.notation.expression import (
    OPEN, Apply, Binder, Bracket, Derivative, Expression, Read, Tensor, Value, children, free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import Symbol
from symcnn.rounding import Agreement, Comparison, Decimal, compare, decimal

CUT_OFF = (r"\dots", r"\ldots", r"\cdots", r"\dotsc")
Number = Any
"""An exact fraction, or an enclosure of an irrational value."""


def circle_number() -> Number:
    """An enclosure of π."""
    previous, flint.ctx.prec = flint.ctx.prec, BITS
    try:
        return flint.arb.pi()
    finally:
        flint.ctx.prec = previous


def is_numeric(node: Expression, known: Mapping[str, Number]) -> bool:
    """Whether a formula has a value: numbers, known scalars and functions of them only."""
    if not all(s.name in known for s in _in_conditions(node)):
        return False
    for part in walk(node):
        if isinstance(part, Derivative) or (isinstance(part, Apply) and part.function.startswith(OPEN)):
            return False
        if isinstance(part, Binder) and not all(
                s.name in known or not s.is_size for r in part.ranges for p in (r.lower, r.upper) if p is not None
                for s in p.symbols):
            return False
        if isinstance(part, Value) and part.value.symbols:
            return all(s.name in known for s in part.value.symbols)
        if isinstance(part, Read) and key(part) not in known:
            return False
    return all(not isinstance(n, Read) or key(n) in known for n in walk(node)) and all(
        s.name in known for n in walk(node) if isinstance(n, Value) for s in n.value.symbols)


def _in_conditions(node: Expression) -> set[Symbol]:
    """The sizes, and the indices bound by nothing, that stand in conditions."""
    free = free_indices(node)
    return {s for n in walk(node) if isinstance(n, Bracket) for p in (*n.equations, *n.inequalities)
            for s in p.symbols if s.is_size or s in free}


def key(read: Read) -> str:
    """The entry's name, such as x[1,2]; an index that is no number makes it unlike any known one."""
    return f"{read.tensor.name}[{','.join(map(str, read.indices))}]" if read.indices else read.tensor.name


def exact(node: Expression, known: Mapping[str, Number]) -> Number:
    """The value of a numeric formula; UsageError if it has none, ZeroDivisionError where it divides by 0."""
    values, node = dict(known), with_quotients(node)
    if not is_numeric(node, values):
        raise UsageError("a name has no value here")
    sizes = {s: values[s.name] for n in walk(node) if isinstance(n, Value) for s in n.value.symbols}
    sizes |= {s: values[s.name] for s in _in_conditions(node)}
    evaluator = Evaluator({s: _whole(v) for s, v in sizes.items()}, lambda tensor, at: 0)
    evaluator.known = {(n.tensor, tuple(int(i.constant) for i in n.indices)): values[key(n)]
                       for n in walk(node) if isinstance(n, Read)}
    return evaluator.exact(node)


def _whole(value: Number) -> int:
    if isinstance(value, flint.fmpq):
        return Fraction(int(value.p), int(value.q))  # type: ignore[return-value]
    raise UsageError("a size is not a whole number")


def printed(node: Node) -> tuple[Decimal, bool] | None:
    """A printed decimal: 0.35, −4, 5.133(10)^6, 2.5 × 10^{-3}, 12 %; and whether it shows a fraction or power."""
    node = unwrapped(node)
    if node.kind == "sign" and node.head in ("-", "+"):
        inner = printed(node.nodes[0])
        if inner is None:
            return None
        found, shown = inner
        return (Decimal(-found.digits, found.places) if node.head == "-" else found), shown
    if node.kind == "group" and node.inner is not None:
        return printed(node.nodes[0].nodes[0])
    if node.kind == "number":
        text = node.head.replace(",", "").replace("\\", "").replace("{", "").replace("}", "")
        return decimal(text), "." in text
    if node.kind == "product" and len(node.nodes) == 2 and node.nodes[0].kind == "number":
        power = node.nodes[1]
        if power.kind == "name" and power.head in CUT_OFF and "." in node.nodes[0].head:
            return decimal(node.nodes[0].head), True
        if power.kind == "scripts" and len(power.nodes) == 2:
            base, script = (unwrapped(n) for n in power.nodes)
            inside = printed(base)
            exponent = printed(script)
            if inside is not None and inside[0] == decimal("10") and exponent is not None and not exponent[1]:
                return decimal(node.nodes[0].head.replace(",", ""), exponent[0].digits), True
    return None


def agreement(value: Number, right: Decimal) -> Comparison:
    """How a printed decimal relates to an exact value."""
    return compare(value, right)


def enclosure(node: Expression, known: Mapping[str, Number], rounded: Mapping[Fraction, flint.arb]) -> Number:
    """The values that a formula can have if its decimals that are among `rounded` stand for what was rounded there."""
    numbers: dict[str, Number] = dict(known)

    def visit(part: Expression) -> Expression:
        if isinstance(part, Value) and part.value.is_constant and (found := rounded.get(
                Fraction(part.value.constant))) is not None and Fraction(part.value.constant).denominator != 1:
            name = f"decimal{len(numbers)}"
            numbers[name] = found
            return Read(Tensor(name, ()), ())
        return rebuild(part, tuple(visit(c) for c in children(part)))

    return exact(visit(node), numbers)


def rounding_to(decimal: Fraction) -> flint.arb:
    """All numbers that are a decimal when they are rounded to as many places."""
    ball = _ball(decimal)
    places = next((p for p in range(12) if (decimal * 10 ** p).denominator == 1), None)
    return ball if places is None else ball + flint.arb(0, flint.arb(flint.fmpq(1, 2 * 10 ** places)))


def spread(decimal: Fraction, value: Number) -> flint.arb:
    """All numbers from a decimal to the value that was printed so."""
    return _ball(decimal).union(flint.arb(value))


def _ball(number: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(number.numerator, number.denominator))


__all__ = ["Agreement", "agreement", "different", "enclosure", "exact", "is_numeric", "key", "printed",
           "rounding_to", "show", "spread"]
