"""Logarithms: to which base a document takes those that it writes without one, and quotients that are rational."""

from __future__ import annotations

from collections.abc import Iterable, Set
from fractions import Fraction

from symcnn.document.reading.forms import constant
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import nodes, scripts_of, written
from symcnn.kernel.scalars import primes
from symcnn.kernel.terms import LARGEST_FACTORED
from symcnn.notation.expression import (
    Apply, Derivative, Expression, Multiply, Power, Read, Tensor, children, expression, rebuild, walk,
)


def is_open(node: Node) -> bool:
    r"""Whether a node is `\log` without a base."""
    return node.kind in ("symbol", "name") and node.head.lstrip("\\") == "log"


def touched(lines: Iterable[tuple[Node, Node]], in_numbers: Set[int] = frozenset()) -> set[int]:
    """The places of the lines, given by their sides, that speak of a logarithm without a base.

    Also those that speak of a name whose formula has one; not those with derivatives, for log' = 1/z is natural,
    but for those at the places `in_numbers`, where a slope has a value: of log_2 that is another one.
    """
    spoken = [_spoken(*sides) for sides in lines]
    stems: set[str] = set()
    while True:
        found = {n for n, (has, used, _, _) in enumerate(spoken) if has or used & stems}
        more = {name for n in found if (name := spoken[n][2])} - stems
        if not more:
            return {n for n in found if n in in_numbers or not spoken[n][3]}
        stems |= more


def _spoken(left: Node, right: Node) -> tuple[bool, set[str], str, bool]:
    """Whether a line has such a logarithm, the stems of its names, the one that it introduces, if it differentiates."""
    parts = [n for side in (left, right) for n in nodes(side)]
    based = {id(n.nodes[0]) for n in parts if n.kind == "scripts" and any(mark == "_" for mark, _ in scripts_of(n))}
    stems = {found.stem for n in parts if (found := written(n)) is not None}
    introduced = written(left.nodes[0] if left.kind == "product" and left.nodes else left)
    return (any(is_open(n) and id(n) not in based for n in parts), stems, introduced.stem if introduced else "",
            bool(stems & {"partial", "nabla", "∂", "∇"}))


def with_quotients(node: Expression) -> Expression:
    """The formula with log 8 / log 2 as the number 3: the logarithm of one number to the base of another."""
    node = rebuild(node, tuple(map(with_quotients, children(node))))
    if isinstance(node, Multiply) and len(node.factors) == 2:
        top, bottom = node.factors
        above, below = _in_logarithm(top), _in_logarithm(bottom.base) if (
            isinstance(bottom, Power) and bottom.exponent == -1) else None
        if above is not None and below is not None and below != 1:
            a, b = dict(primes(above)), dict(primes(below))
            quotients = {Fraction(a.get(p, 0), times) for p, times in b.items()}
            if a.keys() <= b.keys() and len(quotients) == 1:
                return expression(quotients.pop())
    return node


def _in_logarithm(node: Expression) -> Fraction | None:
    """The positive number of which a formula is the logarithm."""
    if not isinstance(node, Apply) or node.function != "log" or (value := constant(node.argument)) is None:
        return None
    return value if value > 0 and max(value.numerator, value.denominator) <= LARGEST_FACTORED else None

def beside_logarithms(body: Expression) -> set[Tensor]:
    """The tensors whose entries are factors of logarithms, or of derivatives of logarithms."""
    found: set[Tensor] = set()
    for node in walk(body):
        if isinstance(node, Multiply) and any(isinstance(inner, Apply) and inner.function == "log" for f in node.factors
                                              for inner in (f.expression if isinstance(f, Derivative) else f,)):
            found |= {f.tensor for f in node.factors if isinstance(f, Read) and f.tensor.axes}
    return found
