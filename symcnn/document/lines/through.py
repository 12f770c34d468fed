"""The chain rule as such: ∂L/∂x = Σ ∂L/∂y ∂y/∂x where nothing says how y depends on x."""

from __future__ import annotations

from symcnn.counterexample import trials
from symcnn.document.facts.known import Decision
from symcnn.document.facts.questions import equal
from symcnn.document.proof.proof import Prover
from symcnn.document.proof.refutation import TRIALS
from symcnn.errors import StepError, SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.notation.expression import (
    Add, Definition, Derivative, Expression, Multiply, Read, Sum, Tensor, children, rebuild, walk,
)
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import total, within_axes
from symcnn.verdict import Verdict


def chain_rule(prover: Prover, left: Expression, right: Expression) -> Decision | None:
    """Whether a line is the chain rule for a loss that depends on x through y only; None if that is left open.

    Each ∂y[o]/∂x[q] is an entry of a tensor of its own, of which nothing is known.
    """
    rates = {n for n in walk(right) if isinstance(n, Derivative)}
    pairs = {(n.expression.tensor, n.by.tensor) for n in rates if isinstance(n.expression, Read)}
    if not isinstance(left, Read) or left.tensor.gradient_of is None or len(pairs) != 1 or not all(
            isinstance(n.expression, Read) for n in rates):
        return None
    loss, variable = left.tensor.gradient_of
    ((y, x),) = pairs
    if x.name != variable or y == x or y.gradient_of is not None:
        return None
    slope = Tensor(f"slope_of_{y.name}_by_{x.name}".replace("'", "_prime"), (*y.axes, *x.axes))

    def visit(node: Expression) -> Expression:
        if isinstance(node, Derivative) and isinstance(node.expression, Read):
            return Read(slope, (*node.expression.indices, *node.by.indices))
        return rebuild(node, tuple(map(visit, children(node))))

    at = tuple(Symbol(f"q{n}") for n in range(len(x.axes)))
    over = tuple(Symbol(f"o{n}") for n in range(len(y.axes)))
    places = tuple(map(polynomial, over))
    body = total(over, Multiply((Read(y.gradient(loss), places), within_axes(Read(y, places)),
                                 Read(slope, (*places, *map(polynomial, at))))))
    rule = Definition(left.tensor, at, body)
    assumed = (f"{loss} depends on {x.name} through {y.name} only",)
    try:
        theorem = equal(Claim(left, visit(right), (rule,)), (), ("isl",))
    except (StepError, SymcnnError):
        if not _says_so(left, right, y.gradient(loss)) or _begins_elsewhere(right, y):
            return None
        found = trials(prover._in_windows(left, visit(right), (rule,)), TRIALS)[0]
        return None if found is None else Decision(Verdict.REFUTED, "the chain rule takes the same indices", "",
                                                   assumed, found)
    prover.known.through[left.tensor] = y, rule
    return Decision(Verdict.PROVED, "the chain rule", "all values", assumed,
                    procedures=tuple(sorted(theorem.procedures)))


def _says_so(left: Read, right: Expression, gradient: Tensor) -> bool:
    """Whether a side is Σ ∂L/∂y ∂y/∂x over all indices of ∂y, by the entry on the left, and nothing else."""
    factors = right.body.factors if isinstance(right, Sum) and isinstance(right.body, Multiply) else ()
    rate = next((f for f in factors if isinstance(f, Derivative)), None)
    other = next((f for f in factors if isinstance(f, Read)), None)
    if len(factors) != 2 or rate is None or other is None or other.tensor != gradient or (
            rate.by.indices != left.indices):
        return False
    assert isinstance(right, Sum)
    assert isinstance(rate.expression, Read)
    summed = {polynomial(r.variable) for r in right.ranges}
    return len(summed) == len(right.ranges) == len(rate.expression.indices) and summed == set(rate.expression.indices)


def _begins_elsewhere(right: Expression, y: Tensor) -> bool:
    """Whether a sum begins at 1 where the first entry of y is y_0, as it is read elsewhere, or the other way round."""
    firsts = {axis.base.constant for axis in y.axes if axis.base is not None and axis.base.is_constant}
    return isinstance(right, Sum) and any({r.lower.constant, *firsts} == {0, 1} for r in right.ranges
                                          if r.lower is not None and r.lower.is_constant)


def without_gradient(prover: Prover, left: Expression, right: Expression) -> Decision | None:
    """∂L/∂x = c y after ∂L/∂x = Σ ∂L/∂y ∂y/∂x, where L has no formula: y stands for ∂L/∂y; None for another line.

    Where y stands otherwise than as a factor of every term, the line may say what ∂L/∂y and ∂y/∂x are: y (1 − y).
    """
    if not isinstance(left, Read) or left.tensor.gradient_of is None or left.tensor not in prover.known.through:
        return None
    y, rule = prover.known.through[left.tensor]
    if {n.tensor for n in walk(right) if isinstance(n, Read)} != {y} or any(
            isinstance(n, Derivative) for n in walk(right)) or not _takes_once(right, y) or any(
            d.name == left.tensor.gradient_of[0] for d in prover._definitions()):
        return None
    found = trials(prover._in_windows(left, right, (rule,)), TRIALS)[0]
    return None if found is None else Decision(
        Verdict.REFUTED, f"{y.name} stands where its gradient does in the chain rule before", counterexample=found)


def _takes_once(node: Expression, y: Tensor) -> bool:
    """Whether y is a factor of every term of a formula, and stands nowhere else in it."""
    match node:
        case Read(tensor, _):
            return tensor == y
        case Add(parts):
            return all(_takes_once(part, y) for part in parts)
        case Multiply(factors):
            reading = [f for f in factors if any(isinstance(n, Read) and n.tensor == y for n in walk(f))]
            return len(reading) == 1 and _takes_once(reading[0], y)
        case Sum():
            return _takes_once(node.body, y)
    return False
