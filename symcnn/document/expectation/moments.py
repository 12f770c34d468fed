"""What a moment is: how a formula or words name the mean, variance or mean square of a name, and which are stated."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from symcnn.notation.expression import Apply, Expectation, Expression, Multiply, Power, Read, walk
from symcnn.notation.polynomial import Symbol

MOMENT = re.compile(r"(?:(?P<deviation>standard deviation|\bstd\b)|(?P<variance>variance)"
                    r"|expected value|expectation|mean)"
                    r"\s+(?:of|for)\s+(?:the\s+(?:\w+\s+){0,3}?)?[$(\\\s]*$", re.IGNORECASE)
"""Words right before a formula that name a moment of it."""
BETWEEN = re.compile(r"[$)\\\s]*(?:is|equals|are|becomes)?[\s:,$]*[$\[(\\]*\s*", re.IGNORECASE)


@dataclass
class Laws:
    """The moments that a document states of its random names; formulas in the indices that stand beside them.

    `products` are E(X_a X_b) of two entries of one name.
    """

    random: set[str] = field(default_factory=set)
    means: dict[str, tuple[tuple[Symbol, ...], Expression]] = field(default_factory=dict)
    variances: dict[str, tuple[tuple[Symbol, ...], Expression]] = field(default_factory=dict)
    squares: dict[str, tuple[tuple[Symbol, ...], Expression]] = field(default_factory=dict)
    products: dict[str, tuple[tuple[Symbol, ...], Expression]] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)


def is_statistical(*sides: Expression) -> bool:
    """Whether a line speaks of expectations."""
    return any(isinstance(n, Expectation) for side in sides for n in walk(side))


def two_entries(node: Expression) -> tuple[Read, Read] | None:
    """The entries of X_a X_b, two of one name; None for another formula."""
    if isinstance(node, Multiply) and len(node.factors) == 2:
        one, other = node.factors
        if isinstance(one, Read) and isinstance(other, Read) and one.tensor == other.tensor and one.indices:
            return one, other
    return None


def variance_of(inner: Expression) -> Expression:
    return Expectation(Power(inner, 2), ()) - Power(Expectation(inner, ()), 2)


def alone(node: Expression) -> tuple[str, Read] | None:
    """Which moment of which plain entry a side is: a mean, a variance or a mean square of X or X[i, j]."""
    reads = {n for n in walk(node) if isinstance(n, Read)}
    if len(reads) != 1:
        return None
    (read,) = reads
    symbols = [i.as_symbol for i in read.indices]
    if None in symbols or len(set(symbols)) < len(symbols):
        return None
    kinds = {Expectation(read, ()): "means", variance_of(read): "variances", Expectation(Power(read, 2), ()): "squares",
             Apply("sqrt", variance_of(read)): "deviations"}
    return (kinds[node], read) if node in kinds else None


def moment_in_words(before: str, between: str, of: Expression) -> Expression | None:
    """The moment of a formula that words before it name where a line goes on from it: the variance of x, = …"""
    said = MOMENT.search(before)
    if said is None or not BETWEEN.fullmatch(between) or is_statistical(of):
        return None
    if said["variance"]:
        return variance_of(of)
    return Apply("sqrt", variance_of(of)) if said["deviation"] else Expectation(of, ())
