"""Products of shapes: (m × n)(n × p) = (m × p) says what the product of an m × n and an n × p matrix is."""

from __future__ import annotations

from symcnn.counterexample import Counterexample
from symcnn.document.claims import EQUALS, Line
from symcnn.document.known import Decision
from symcnn.document.meaning import Meaning
from symcnn.document.proof import Prover
from symcnn.document.tokens import Token
from symcnn.document.tree import Node
from symcnn.notation.expression import Read, Value
from symcnn.verdict import Verdict

Shape = tuple[Node, ...]
TIMES = frozenset((r"\times", "×", "*", "x"))
BETWEEN = frozenset((r"\times", "×", r"\cdot", "·", "*", "@"))


def product_of_shapes(prover: Prover, line: Line, meaning: Meaning) -> Decision | None:
    """The verdict on a product of shapes, from equations between their extents; None for any other line.

    Of more than two axes, the first ones may be those of a batch: then only a proof counts.
    """
    if line.relation not in EQUALS | {"→"} or line.left.kind != "product" or (shown := _shape(line.right)) is None:
        return None
    factors = line.left.nodes
    shapes = [found for n in factors if n.kind == "group" and (found := _shape(n)) is not None]
    if len(shapes) < 2 or len(shapes) < len(factors) or any(
            isinstance(p, Token) and p.text not in BETWEEN for p in line.left.parts):
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
        return Decision(Verdict.REFUTED, "read as shapes of matrices", "all sizes", counterexample=wrong.counterexample,
                        repair=f"({right})" if line.right.kind == "group" else right)
    if line.right.kind != "group":
        return None  # (4 × 3)(2 × 5) = 12 × 10 is said of numbers
    return Decision(Verdict.UNDECIDED, "read as shapes, which do not go together as those of matrices")


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


def _shape(node: Node) -> Shape | None:
    """The extents of a shape, m and n of (m × n) or m × n; None for anything else."""
    if node.kind == "group":
        if len(node.nodes) != 1 or len(node.nodes[0].nodes) != 1:
            return None
        node = node.nodes[0].nodes[0]
    signs = [p for p in node.parts if isinstance(p, Token)]
    if node.kind != "product" or not signs or any(t.text not in TIMES for t in signs):
        return None
    extents: list[list[Node]] = [[]]
    for part in node.parts:
        if isinstance(part, Token):
            extents.append([])
        else:
            extents[-1].append(part)
    if not all(extents):
        return None
    return tuple(e[0] if len(e) == 1 else Node("product", tuple(e)) for e in extents)
