r"""What a formula tends to while a name grows: "as z → ∞, \tanh(z) → 1".

The kernel knows the limits of tanh and the logistic function along a scalar. A vector grows along a direction: it is
taken c times with c → ∞, and then the limit depends on the direction.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from symcnn.document.claims.claims import Line, Reading, relation_name
from symcnn.document.facts.questions import equal
from symcnn.document.reading.forms import constant
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import scripts_of, unwrapped, written
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.limits import limit
from symcnn.notation.expression import (
    Add, Apply, Expression, Multiply, Power, Read, Tensor, children, expression, rebuild, walk,
)

CONDITION = re.compile(r"\b(?:if|as|when|whenever|for|let|suppose|while|with|where|limit|assume|once)\b[^.;]*$"
                       r"|当[^。]*$", re.IGNORECASE)
"""Words before a formula that make it a condition."""
SIGNED = re.compile(r">|<|≥|≤|\\g[et]q?\b|\\l[et]q?\b|positiv|negativ|direction|separable|correct|same sign",
                    re.IGNORECASE)
"""Signs and words that say something of the direction in which a name grows."""
NEAR = 200
"""So many characters before a limit is said what it is along."""
SCALE = Tensor("scale")
INFINITIES = {r"\infty": 1, r"+\infty": 1, r"-\infty": -1, "∞": 1, "+∞": 1, "-∞": -1}


def grows(line: Line) -> tuple[Node, int] | None:
    """The name of x → ∞ and the sign of the infinity; None for any other line."""
    if line.relation != "→" or written(line.left) is None:
        return None
    said = "".join(t.text for t in line.right.tokens if t.text not in "{}")
    sign = INFINITIES.get(said)
    return None if sign is None else (unwrapped(line.left), sign)


def written_limit(node: Node) -> tuple[Node, int, Node] | None:
    r"""u, the sign of the infinity, and f(u) of \lim_{u → ∞} f(u); None for anything else."""
    if node.kind != "big" or node.head != r"\lim" or node.nodes[0].kind != "scripts":
        return None
    under = next((unwrapped(s) for mark, s in scripts_of(node.nodes[0]) if mark == "_" and s is not None), None)
    sides = [n for n in under.nodes if n.kind != "relation"] if under is not None and under.kind == "chain" else []
    if under is None or len(sides) != 2 or relation_name(under.nodes[1]) != "→" or written(sides[0]) is None:
        return None
    sign = INFINITIES.get("".join(t.text for t in sides[1].tokens if t.text not in "{}"))
    return None if sign is None else (unwrapped(sides[0]), sign, node.nodes[1])


def is_condition(reading: Reading, line: Line) -> bool:
    """Whether the words before x → ∞ make it a condition."""
    before = reading.text[max(0, line.span.start - NEAR):line.span.start] + " ".join(map(str, line.words))
    return CONDITION.search(before.rsplit("\n\n", 1)[-1]) is not None


def along(reading: Reading, line: Line) -> tuple[Node, int] | None:
    """What grows where a limit is taken: said last in the sentence before it."""
    earlier = [other for other in reading.lines if other.end <= line.start and line.start - other.end <= NEAR]
    for other in reversed(earlier):
        between = reading.text[other.end:line.start]
        if (found := grows(other)) is not None:
            return None if "\n\n" in between or re.search(r"[.;]\s", between) else found
    return None


def says_directions(reading: Reading, line: Line) -> bool:
    """Whether the text around a limit speaks of signs, so that not every direction is meant."""
    return SIGNED.search(reading.text[max(0, line.start - 2 * NEAR):line.end + NEAR]) is not None


def tends_to(node: Expression, is_meant: Callable[[Tensor], bool], sign: int) -> Expression | None:
    """The limit of a formula as a name grows; None where the kernel knows none."""
    if not any(isinstance(n, Read) and is_meant(n.tensor) for n in walk(node)):
        return None
    # Of z alone, every entry grows; beside other vectors, z grows in a direction.
    alone = not any(isinstance(n, Read) and n.indices and not is_meant(n.tensor) for n in walk(node))

    def scaled(part: Expression) -> Expression:
        if isinstance(part, Read) and is_meant(part.tensor):
            factor = Multiply((expression(sign), Read(SCALE, ())))
            return factor if alone else Multiply((factor, part))
        return rebuild(part, tuple(scaled(c) for c in children(part)))

    try:
        logistic = _with_logistic(node)
        equal(Claim(node, logistic))
        return _at_constants(limit(scaled(logistic), SCALE).right)
    except StepError:
        return None


def _with_logistic(node: Expression) -> Expression:
    """The formula with the logistic function of z in place of 1/(1 + e^{−z}), in whose terms limits are known."""
    if isinstance(node, Power) and node.exponent == -1 and isinstance(node.base, Add) and len(node.base.terms) == 2:
        for one, other in (node.base.terms, node.base.terms[::-1]):
            if constant(one) == 1 and isinstance(other, Apply) and other.function == "exp":
                return Apply("sigmoid", -other.argument)
    return rebuild(node, tuple(map(_with_logistic, children(node))))


def against(node: Expression) -> tuple[Expression, Expression] | None:
    """What decides the direction, and the limit where it is negative; None where more than one thing decides it.

    The argument of a saturating function is linear in what grows, so the opposite direction makes it negative.
    """
    arguments = {n.argument for n in walk(node) if isinstance(n, Apply) and n.function in AT}
    if len(arguments) != 1:
        return None
    (argument,) = arguments
    return argument, _with_sign(node, argument, -1)


AT: dict[str, Callable[[int], int]] = {
    "sign": lambda s: s, "step": lambda s: int(s > 0), "is_zero": lambda s: int(s == 0)}
"""The functions that kernel limits are made of, by the sign of their argument."""


def _with_sign(node: Expression, argument: Expression, sign: int) -> Expression:
    if isinstance(node, Apply) and node.function in AT and node.argument == argument:
        return expression(AT[node.function](sign))
    return rebuild(node, tuple(_with_sign(c, argument, sign) for c in children(node)))


def _at_constants(node: Expression) -> Expression:
    """The formula with the signs of its numbers worked out."""
    for n in list(walk(node)):
        if isinstance(n, Apply) and n.function in AT and (number := constant(n.argument)) is not None:
            node = _with_sign(node, n.argument, (number > 0) - (number < 0))
    return node


def argument_of(node: Node) -> str:
    """The argument of the function that a side is, as it is written."""
    inner = node.nodes[-1] if node.kind in ("function", "product") and node.nodes else node
    return str(inner).strip().removeprefix("(").removesuffix(")") or "the argument"
