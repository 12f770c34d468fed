r"""The chain rule along the layers of a network: ∂L/∂b_ℓ = ∂L/∂y_L ∂y_L/∂y_{L-1} ⋯ ∂y_{ℓ+1}/∂y_ℓ ∂y_ℓ/∂b_ℓ.

Such a product of Jacobians holds where everything that L takes from b_ℓ passes through each of the names in between.
Whether it does is seen in the formulas of the document, written out for networks of a few depths; that both sides are
the same product, taken through the same names, is shown by the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from symcnn.document.claims.claims import Line
from symcnn.document.claims.names import NO_NAMES
from symcnn.document.facts.known import Decision
from symcnn.document.facts.questions import equal
from symcnn.document.reading.forms import differential
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.written import DOTS, scripts_of, unwrapped, written
from symcnn.errors import StepError, SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.notation.expression import Expression, Multiply, Range, Read, Sum, Tensor, axis
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.verdict import Verdict

DOT = frozenset((r"\cdot", "*", r"\times"))
BRACES = frozenset((r"\overbrace", r"\underbrace", r"\boxed"))
DEPTHS, LAYER = (9, 10, 12), 4
"""How many layers the networks have for which the formulas are written out, and the layer that is looked at."""
UNCLEAR = "?"
"""Behind a name that is read with several indices or powers, perhaps at any layer."""
Place = tuple[str, Polynomial | None]
"""A name with the layer that it stands at; None for a name that belongs to no layer."""
Index = Callable[[Node], Polynomial]


@dataclass
class Layers:
    """What each name is made of, as the document's formulas say: y_ℓ of y_{ℓ-1}, A_ℓ and b_ℓ."""

    formulas: list[tuple[Place, frozenset[Place]]] = field(default_factory=list)

    def last(self) -> frozenset[Symbol]:
        """The letters of the last layer or step, L of y_L and T of h_T: capital ones in the formulas."""
        return frozenset(s for left, reads in self.formulas for _, at in (left, *reads) if at is not None
                         for s in at.symbols if s.name[:1].isupper())

    def made_of(self, place: tuple[str, int | None], values: dict[Symbol, int]) -> set[tuple[str, int | None]]:
        """What a name is made of at a layer of a network with so many layers."""
        exact: list[frozenset[Place]] = []
        general: list[set[tuple[str, int | None]]] = []
        for (name, at), reads in self.formulas:
            if name != place[0] or (at is None) != (place[1] is None):
                continue
            if at is None or at.symbols <= self.last():
                if at is None or _at(at, values) == place[1]:
                    exact.append(reads)
                continue
            letter = at.as_symbol
            if letter is not None and place[1] is not None:
                here = {**{s: v for s, v in values.items() if s in self.last()}, letter: place[1]}
                general.append({(n, None if p is None else _at(p, here)) for n, p in reads})
        if exact:
            return {(n, None if p is None else _at(p, values)) for reads in exact for n, p in reads}
        return set().union(*general)


def learn_layers(lines: Iterable[Line], index: Index) -> Layers:
    """The formulas for names with at most one index."""
    layers = Layers()
    for line in lines:
        if not line.first or line.relation not in ("=", ":="):
            continue
        try:
            left = place_of(line.left, index)
        except SymcnnError:
            continue
        if left is None:
            continue
        reads = set()
        for node in _names(line.right):
            try:
                found = place_of(node, index)
            except SymcnnError:
                found = None
            if found is not None:
                reads.add(found)
            elif (name := written(node)) is not None:
                reads.add((name.stem + UNCLEAR, None))
        if left not in reads:
            layers.formulas.append((left, frozenset(reads)))
    return layers


def along_layers(line: Line, layers: Layers, index: Index) -> Decision | None:
    """Proved where both sides are products of Jacobians from one name to another; None for any other line.

    Refuted where a factor of the right side is 0, or where the product ends at another layer than the left side.
    """
    if line.relation not in ("=", ":="):
        return None
    try:
        runs: list[tuple[Place, Place]] = []
        left, right = (_steps(list(_factors(side)), index, runs) for side in (line.left, line.right))
    except SymcnnError:
        return None
    if left is None or right is None or len(left) + len(right) < 5 or left[0] != right[0]:
        return None
    try:
        if len(left) == 2 and (wrong := _broken(left, right, layers)):
            return Decision(Verdict.REFUTED, wrong)
        if left[-1] != right[-1]:
            return None
        through = {*left, *right}
        orders = [_in_order(left, right, runs, layers, depth) for depth in DEPTHS]
        order = orders[0]
        if order is None or any(found != order for found in orders):
            return None
        theorem = equal(Claim(_product(left, order), _product(right, order)))
    except StepError:
        return None
    names = [_shown(p) for p in order]
    assumed = [f"{names[0]} takes from {names[-1]} only what passes through {', '.join(names[1:-1])}"]
    letters = sorted({s.name for _, p in through if p is not None for s in p.symbols} - {s.name for s in layers.last()})
    above = sorted(s.name for s in layers.last() if any(p is not None and s in p.symbols for _, p in through))
    assumed += [f"{a} below {b}" for a in letters for b in above]
    return Decision(Verdict.PROVED, "the chain rule", assumptions=tuple(assumed),
                    procedures=tuple(sorted(theorem.procedures)))


def _broken(left: Sequence[Place], right: Sequence[Place], layers: Layers) -> str:
    """What is wrong with a product of Jacobians for ∂of/∂by, whatever the functions of the layers are."""
    (of, by), last = left, right[-1]
    if by[0] != last[0] or (by[1] is None) != (last[1] is None):
        return ""
    for depth in DEPTHS:
        values = {s: depth if s in layers.last() else LAYER
                  for _, p in (*left, *right) if p is not None for s in p.symbols} | dict.fromkeys(layers.last(), depth)
        at = {p: (p[0], None if p[1] is None else _at(p[1], values)) for p in (*left, *right)}
        reached = _reached(at[of], layers, values)
        if at[by] not in reached or _unclear(reached, layers) or any(at[p] not in reached for p in right[:-1]):
            return ""
    before = right[-2]
    if by == last and layers.made_of(at[before], values) and at[by] not in _reached(at[before], layers, values):
        return f"{_shown(before)} takes nothing from {_shown(by)}: this factor is 0"
    if by != last and at[last] in reached:
        return f"the left side is taken with respect to {_shown(by)}, the product ends at {_shown(last)}"
    return ""


def place_of(node: Node, index: Index) -> Place | None:
    """A name with one index at most; None for anything else."""
    found = written(node)
    if found is None or found.inside or found.stem in NO_NAMES:
        return None
    at = [*found.lower, *(u for u in found.upper if found.upper_in_parentheses)]
    if len(at) > 1 or (found.upper and not found.upper_in_parentheses):
        return None
    name = found.stem + "'" * found.primes
    return (name, _plain(index(at[0]))) if at else (name, None)


def _plain(p: Polynomial) -> Polynomial:
    """An index with its letters alone: whether L is a size does not matter here."""
    return p.substitute({s: polynomial(Symbol(s.name.removesuffix("_index"))) for s in p.symbols})


def _names(node: Node) -> Iterator[Node]:
    if written(node) is not None and node.kind in ("name", "scripts", "command"):
        yield node
    else:
        for part in node.nodes[:1] if node.kind == "scripts" else node.nodes:
            yield from _names(part)


def _factors(node: Node) -> Iterator[Node]:
    """The factors of a product, through brackets and braces."""
    node = unwrapped(node)
    if node.kind == "product":
        for part in node.parts:
            if isinstance(part, Node):
                yield from _factors(part)
            elif part.text not in DOT:
                yield EMPTY
    elif node.kind in ("scripts", "command") and node.head in BRACES:
        yield from _factors(node.nodes[0])
    elif node.kind == "group" and node.head in "([" and node.inner is not None:
        yield from _factors(node.nodes[0].nodes[0])
    else:
        yield node


def _steps(factors: Sequence[Node], index: Index, runs: list[tuple[Place, Place]]) -> list[Place] | None:
    """The names that a product of Jacobians goes through, first to last; None for any other product.

    Where dots or a sign of a product leave names out, the first and the last step of what they stand for is a run.
    """
    passed: list[Place] = []
    dots = False
    for place, factor in enumerate(factors):
        if factor.head in DOTS and factor.kind in ("name", "symbol") and 0 < place < len(factors) - 1:
            dots = True
            continue
        pair = _pair(factor, index)
        if pair is None:
            return None
        if factor.kind == "big":
            runs.append(pair)
        if not passed:
            passed = list(pair)
        elif passed[-1] == pair[0]:
            passed.append(pair[1])
        elif dots and _is_step(*passed[-2:]) and _is_step(*pair) and passed[-1][0] == pair[0][0]:
            runs.append((passed[-1], pair[0]))
            passed += pair
        else:
            return None
        dots = False
    return passed or None


def _pair(node: Node, index: Index) -> tuple[Place, Place] | None:
    """(of, by) of a fraction of differentials, or of a product of such steps, ∏_{k=a}^{b} ∂h_k/∂h_{k-1}."""
    if node.kind == "big" and node.head in (r"\prod", "∏"):
        return _product_of_steps(node, index)
    if node.kind != "command" or not node.head.endswith("frac"):
        return None
    above, below = (differential(n) for n in node.nodes[:2])
    if above in (None, EMPTY) or below in (None, EMPTY):
        return None
    assert above is not None
    assert below is not None
    of, by = place_of(above, index), place_of(below, index)
    return None if of is None or by is None else (of, by)


def _product_of_steps(node: Node, index: Index) -> tuple[Place, Place] | None:
    head, body = node.nodes
    scripts = dict(scripts_of(head)) if head.kind == "scripts" else {}
    lower, upper = (scripts.get(mark) for mark in "_^")
    pair = _pair(unwrapped(body), index)
    begin = unwrapped(lower) if lower is not None else EMPTY
    if pair is None or upper is None or begin.kind != "chain" or len(begin.nodes) != 3 or not _is_step(*pair):
        return None
    (name, at), first, last = pair[0], _plain(index(begin.nodes[2])), _plain(index(unwrapped(upper)))
    letter = _plain(index(begin.nodes[0]))
    if at is None or not (at - letter).is_constant or letter.as_symbol is None:
        return None
    return (name, last + (at - letter)), (name, first + (at - letter) - 1)


def _is_step(of: Place, by: Place) -> bool:
    """Whether two names are one sequence at a step and at the step before."""
    return of[0] == by[0] and of[1] is not None and by[1] is not None and of[1] - by[1] == polynomial(1)


def _at(p: Polynomial, values: dict[Symbol, int]) -> int:
    found = p.substitute({s: polynomial(v) for s, v in values.items()})
    if not found.is_constant:
        raise StepError(f"at which layer {p} is is not said")
    return int(found.constant)


def _in_order(left: Sequence[Place], right: Sequence[Place], runs: Sequence[tuple[Place, Place]], layers: Layers,
              depth: int) -> list[Place] | None:
    """The names in the order in which they are passed, if everything passes through each; None if not."""
    through = {*left, *right}
    letters = {s for _, p in through if p is not None for s in p.symbols}
    letters |= {s for _, reads in layers.formulas for _, p in reads if p is not None for s in p.symbols
                if s in layers.last()}
    values = {s: depth if s in layers.last() else LAYER for s in letters | layers.last()}
    at = {place: (place[0], None if place[1] is None else _at(place[1], values)) for place in through}
    if len(set(at.values())) != len(at):
        return None
    start, end = at[left[0]], at[left[-1]]
    reached = _reached(start, layers, values)
    if end not in reached or _unclear(reached, layers):
        return None
    inner = {at[place] for place in through}
    for first, last in runs:
        (name, above), (_, below) = at[first], at[last]
        if above is None or below is None or above < below:
            return None
        inner |= {(name, step) for step in range(below, above + 1)}
    for passed in inner - {start, end}:
        if passed not in reached or end in _reached(start, layers, values, passed):
            return None
    order = sorted(through, key=lambda place: -len(_reached(at[place], layers, values)))
    for chain in (left, right):
        if [p for p in order if p in chain] != list(chain):
            return None
    return order


def _reached(start: tuple[str, int | None], layers: Layers, values: dict[Symbol, int],
             closed: tuple[str, int | None] | None = None) -> set[tuple[str, int | None]]:
    """All that a name is made of, itself included; nothing is taken through `closed`."""
    seen = {start}
    pending = [start]
    while pending:
        place = pending.pop()
        if place == closed or (place[1] is not None and place[1] < 0):
            continue
        new = layers.made_of(place, values) - seen
        seen |= new
        pending += new
    return seen - {closed} if closed is not None else seen


def _unclear(reached: set[tuple[str, int | None]], layers: Layers) -> bool:
    """Whether a name with a formula is read in a way that is not understood."""
    return bool({n.rstrip(UNCLEAR) for n, _ in reached if n.endswith(UNCLEAR)} & {
        name for (name, _), _ in layers.formulas})


def _shown(place: Place) -> str:
    if place[1] is None:
        return place[0]
    return f"{place[0]}_{place[1]}" if place[1].as_symbol is not None else f"{place[0]}_{{{place[1]}}}"


def _product(chain: Sequence[Place], order: Sequence[Place]) -> Expression:
    """The product of Jacobians with each of them taken through all names in between."""
    first, last = order.index(chain[0]), order.index(chain[-1])
    entries = {n: polynomial(Symbol(f"c{n}")) for n in range(first, last + 1)}
    extents = [axis(Symbol(f"n{n}", 1)) for n in range(len(order))]
    factors = tuple(Read(Tensor(f"J_{n}", (extents[n], extents[n + 1])), (entries[n], entries[n + 1]))
                    for n in range(first, last))
    inner = tuple(Range(s) for n in range(first + 1, last) if (s := entries[n].as_symbol) is not None)
    return Sum(inner, Multiply(factors)) if inner else Multiply(factors)
