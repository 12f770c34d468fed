"""Shapes: (m × n)(n × p) = (m × p) says what a product of matrices is, H × W = 28 × 28 what H and W are."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.facts.known import Decision
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.proof.proof import Prover
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import written
from symcnn.notation.expression import Read, Value
from symcnn.verdict import Verdict

Shape = tuple[Node, ...]
TIMES = frozenset((r"\times", "×", "*", "x"))
DIVIDES = frozenset(("/", r"\div"))
ROUNDING = frozenset((r"\lfloor", r"\lceil", "⌊", "⌈"))
BETWEEN = frozenset((r"\times", "×", r"\cdot", "·", "*", "@"))


def product_of_shapes(prover: Prover, line: Line, meaning: Meaning) -> Decision | None:
    """The verdict on a product of shapes, from equations between their extents; None for any other line.

    The product may stand on either side of an equation. Of more than two axes, the first ones may be those of a batch:
    then only a proof counts.
    """
    if line.relation in EQUALS | {"→"} and (shapes := _factors(line.left)):
        result = line.right
    elif line.relation in EQUALS and (shapes := _factors(line.right)):
        result = line.left
    else:
        return None
    if (shown := _shape(result)) is None:
        return None
    made = shapes[0]
    pairs: list[tuple[Node, Node]] = []
    for shape in shapes[1:]:
        batch, here = shape[:-2], made[:-2]
        if batch and len(batch) != len(here):
            return None
        pairs += [*zip(batch, here, strict=False), (made[-1], shape[-2])]
        made = (*made[:-1], shape[-1])
    if len(made) != len(shown):
        return None
    decisions = [_same(prover, meaning, a, b) for a, b in (*pairs, *zip(made, shown, strict=True))]
    if all(d.verdict is Verdict.PROVED for d in decisions):
        return Decision(Verdict.PROVED, "read as shapes of matrices", "all sizes", procedures=tuple(sorted(
            {p for d in decisions for p in d.procedures})))
    fits = all(d.verdict is Verdict.PROVED for d in decisions[:len(pairs)])
    wrong = next((d for d in decisions[len(pairs):] if d.verdict is Verdict.REFUTED), None)
    if fits and wrong is not None and all(len(s) == 2 for s in shapes):
        right = r" \times ".join(str(n).strip() for n in made)
        if result is line.left:
            extents = (shown[0], *(s[-1] for s in shapes[:-1]), shown[-1])
            right = "".join(rf"({one} \times {other})" for one, other in pairwise(str(n).strip() for n in extents))
        elif result.kind == "group":
            right = f"({right})"
        return Decision(Verdict.REFUTED, "read as shapes of matrices", "all sizes", counterexample=wrong.counterexample,
                        repair=right)
    if result.kind != "group":
        return None  # (4 × 3)(2 × 5) = 12 × 10 is said of numbers
    return Decision(Verdict.UNDECIDED, "read as shapes, which do not go together as those of matrices")


def _factors(side: Node) -> list[Shape]:
    """The shapes in (m × n)(n × p); none where a side is anything else."""
    factors = side.nodes if side.kind == "product" else ()
    shapes = [found for n in factors if n.kind == "group" and (found := _shape(n)) is not None]
    if len(shapes) < 2 or len(shapes) < len(factors) or any(
            isinstance(p, Token) and p.text not in BETWEEN for p in side.parts):
        return []
    return shapes


def _same(prover: Prover, meaning: Meaning, one: Node, other: Node) -> Decision:
    """Whether two extents are equal; different letters of which nothing is said are not."""
    left, right = meaning.value(one), meaning.value(other)
    decision = prover._claimed(left, right)
    names = [side.tensor.name if isinstance(side, Read) else str(side) if isinstance(side, Value) and (
        side.value.as_symbol is not None) else "" for side in (left, right)]
    said = {name for known in (prover.known, prover.later) for name in (
        *known.values, *(t.name for t in known.definitions), *(s.name for s in known.sizes), *known.formulas)}
    if decision.verdict is Verdict.UNDECIDED and all(names) and names[0] != names[1] and not said & {*names}:
        return Decision(Verdict.REFUTED, counterexample=Counterexample(
            dict(zip(names, (1, 2), strict=True)), {}, {}, "1", "2"))
    return decision


def side_by_side(line: Line) -> list[Line]:
    """H × W = 28 × 28 as the equations of its extents, H = 28 and W = 28; empty for any other line.

    One side has numbers, roundings or quotients only, the other names or roundings: a × d = b × c is said of products.
    """
    if line.relation not in EQUALS:
        return []
    sides = [_shape(side) or () for side in (line.left, line.right)]
    if len(sides[0]) != len(sides[1]) or not sides[0]:
        return []
    plain = [all(n.kind == "number" for n in side) for side in sides]
    rounded = [all(n.kind == "group" and n.head in ROUNDING or _divides(n) for n in side) for side in sides]
    named = [all(written(n) is not None for n in side) for side in sides]
    if not (named[0] and (plain[1] or rounded[1])) and not (rounded[0] and (rounded[1] or plain[1])):
        return []
    return [replace(line, left=one, right=other) for one, other in zip(*sides, strict=True)]


def _divides(node: Node) -> bool:
    return node.kind == "product" and any(isinstance(p, Token) and p.text in DIVIDES for p in node.parts)


def together(decisions: list[Decision]) -> Decision | None:
    """The verdict on extents side by side from those on each; None where one of them is not as it is written."""
    verdicts = {d.verdict for d in decisions}
    if verdicts <= {Verdict.PROVED, Verdict.DEFINED}:
        first = next((d for d in decisions if d.verdict is Verdict.DEFINED), decisions[0])
        return replace(first, reason="; ".join(filter(None, ("read as sizes side by side", first.reason))))
    if verdicts & {Verdict.REFUTED, Verdict.CONDITIONAL}:
        return None
    return next(d for d in decisions if d.verdict not in (Verdict.PROVED, Verdict.DEFINED))


def _shape(node: Node) -> Shape | None:
    """The extents of a shape, m and n of (m × n) or m × n; None for anything else."""
    if node.kind == "group":
        if len(node.nodes) != 1 or len(node.nodes[0].nodes) != 1:
            return None
        node = node.nodes[0].nodes[0]
    signs = [p for p in node.parts if isinstance(p, Token)]
    if node.kind != "product" or not any(t.text in TIMES for t in signs) or any(
            t.text not in TIMES | DIVIDES for t in signs):
        return None
    extents: list[list[Node | Token]] = [[]]
    for part in node.parts:
        if isinstance(part, Token) and part.text in TIMES:
            extents.append([])
        else:
            extents[-1].append(part)
    if not all(isinstance(e[0], Node) and isinstance(e[-1], Node) if e else False for e in extents):
        return None
    return tuple(e[0] if len(e) == 1 and isinstance(e[0], Node) else Node("product", tuple(e)) for e in extents)
