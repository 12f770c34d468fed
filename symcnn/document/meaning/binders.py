"""Signs that bind indices, and conditions on them: sums, maxima, cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from symcnn.document.claims.claims import environment_name, relation_name
from symcnn.document.meaning.index_sets import IndexSet, set_called
from symcnn.document.meaning.integrals import Integral, integral_of, integrated
from symcnn.document.meaning.powers import is_encoded, product_tensor
from symcnn.document.meaning.scripts import Scripts
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.reading.forms import MeaningError, power
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.written import index_text, items, nodes, rows_of, scripts_of, text_of, unwrapped
from symcnn.notation.expression import (
    Add, Apply, Bracket, Expression, Maximum, Multiply, Power, Range, Read, Sum, Value, expression, free_indices, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, above_zero, polynomial
from symcnn.notation.traverse import tensors_in

RELATIONS: dict[str, Callable[[Polynomial], Expression]] = {
    "=": lambda d: Bracket((d,)), "≠": lambda d: 1 - Bracket((d,)), "≤": lambda d: Bracket((), (-d,)),
    "<": lambda d: Bracket((), (above_zero(-d),)), "≥": lambda d: Bracket((), (d,)),
    ">": lambda d: Bracket((), (above_zero(d),)),
}
"""left relation right as a condition on left − right."""


SIGNS: dict[str, Callable[[Expression], Expression]] = {
    ">": lambda d: Apply("step", d), "<": lambda d: Apply("step", -d), "≥": lambda d: 1 - Apply("step", -d),
    "≤": lambda d: 1 - Apply("step", d), "=": lambda d: Apply("is_zero", d), "≠": lambda d: 1 - Apply("is_zero", d),
}
"""difference relation 0 for real numbers, as 1 or 0."""
CONDITIONAL = frozenset(("if", "for", "when", "where", "and", "with", "whenever", "as", "falls", "wenn", "für", ""))
"""Words in front of a condition."""

INFINITIES = {"max": frozenset((r"-\infty", "-∞")), "min": frozenset((r"\infty", r"+\infty", "∞", "+∞"))}
"""What is written under and over the sign of a sum that goes on without an end."""
ENDLESS = frozenset((r"\infty", "∞"))


def _outside_of_sums(node: Node, letter: str) -> Iterator[Node]:
    """The node and all nodes in it, but for sums over a letter of their own."""
    yield node
    if node.kind == "big" and any(n.head == letter for n in nodes(node.nodes[0])):
        return
    for part in node.nodes:
        yield from _outside_of_sums(part, letter)


def _without_words(side: Node) -> Node:
    r"""A side of a condition without the words that lead to it, \text{if } i; MeaningError for others."""
    if side.kind != "product" or not any(n.kind == "text" for n in side.nodes):
        return side
    rest = tuple(p for p in side.parts if not (isinstance(p, Node) and p.kind == "text"))
    for text in (n for n in side.nodes if n.kind == "text"):
        if text_of(text).strip(" ,:").lower() not in CONDITIONAL:
            raise MeaningError(f"the condition {text_of(text).strip()[:40]} is not read")
    return rest[0] if len(rest) == 1 and isinstance(rest[0], Node) else Node("product", rest)


def without_sizes(p: Polynomial) -> Polynomial:
    """p without the sizes that all of its terms hold, which are 1 or more: i ≤ n − 1 for S i ≤ S (n − 1)."""
    for symbol in sorted(s for s in p.symbols if s.is_size and (s.lower or 0) >= 1):
        while p.terms and all(dict(m).get(symbol, 0) > 0 for m in p.terms):
            p = Polynomial({tuple((s, e - (s == symbol)) for s, e in m if e - (s == symbol)): c
                            for m, c in p.terms.items()})
    return p


def among(body: Node) -> tuple[list[Node], Node | None]:
    """What stands in the parentheses behind max or min, and the exponent of these."""
    group, exponent = unwrapped(body), None
    if group.kind == "scripts" and group.nodes[0].kind == "group" and [m for m, _ in scripts_of(group)] == ["^"]:
        group, exponent = group.nodes[0], next(s for _, s in scripts_of(group))
    return [n for c in group.nodes for n in c.nodes] if group.kind == "group" else [], exponent


def largest_of(arguments: Sequence[Expression], name: str) -> Expression:
    """max(a, b) as (a + b + |a − b|)/2, max(a, b, …) as a + relu(b − a), and min(a, b, …) as −max(−a, −b, …)."""
    sign = 1 if name == "max" else -1
    if len(arguments) == 2 and expression(0) not in arguments:
        a, b = arguments
        return Fraction(1, 2) * (a + b + sign * (a - b) * Apply("sign", a - b))
    result, *others = (a * sign if sign < 0 else a for a in arguments)
    for other in others:
        result = (Apply("relu", other) if result == expression(0) else Apply("relu", result)
                  if other == expression(0) else result + Apply("relu", other - result))
    return result * sign if sign < 0 else result


class Binders(Scripts):
    """Reads what stands under and over signs, and what stands behind them."""

    def big(self, node: Node) -> Expression:
        node = node.__dict__.get("meant") or node
        head, body = node.nodes
        base = head.nodes[0] if head.kind == "scripts" else head
        name = base.head.lstrip("\\")
        if name in ("max", "min") and head.kind != "scripts":
            return self.largest(body, name)
        if name in ("prod", "∏") and head.kind == "scripts":
            return self.factors(node)
        if name in ("int", "∫") and (parts := integral_of(node)) is not None:
            return self.integral(parts)
        if name not in ("sum", "∑", "max") or head.kind != "scripts":
            return self.no(node)
        ranges, guards = self.ranges(head)
        inner = self.value(body)
        for r in ranges:
            name_of = r.variable.name.removesuffix("_index")
            if r.variable not in free_indices(inner) and any(
                    n.kind == "name" and n.head == name_of for n in _outside_of_sums(body, name_of)):
                raise MeaningError(f"what {name_of} says where it stands in the summand is not known")
        if any(n.head in ENDLESS for n in nodes(head)):
            self.goes_on(ranges, inner)
        if guards:
            inner = Multiply((*guards, inner))
        if name == "max":
            if guards:
                return self.no(node)
            return Maximum(ranges, inner)
        return Sum(ranges, inner)

    def goes_on(self, ranges: Sequence[Range], body: Expression) -> None:
        """MeaningError for a sum without an end over anything but products of signals, which have one themselves."""
        for part in walk(body):
            if isinstance(part, Apply | Power) and free_indices(part) & {r.variable for r in ranges} or (
                    isinstance(part, Value) and part.value.symbols & {r.variable for r in ranges}) or (
                    isinstance(part, Read) and is_encoded([part.tensor.name])):
                raise MeaningError("a series without an end is not read")
        if any(not any(isinstance(part, Read) and r.variable in free_indices(part) for part in walk(body))
               for r in ranges):
            raise MeaningError("a series without an end is not read")

    def integral(self, parts: Integral) -> Expression:
        """∫_a^b f(x) dx by an antiderivative; MeaningError where that reads f alone, or a name with a formula in x."""
        x = self.value(parts.variable)
        body = self.value(parts.body)
        ends = [None if end is None else self.value(end) for end in (parts.lower, parts.upper)]
        if not isinstance(x, Read) or x.indices or any(x in walk(end) for end in ends if end is not None):
            raise MeaningError("the variable of an integral is no plain name")
        made = {t.name for t in tensors_in(body)} - {x.tensor.name}
        while more := {t.name for name in made for t in self.words.reads.get(name, ())} - made:
            made |= more
        if x.tensor.name in made or made & self.names.functions:
            raise MeaningError("an integral over a name with a formula of its own")
        if None in ends:
            self.words.notes[f"the integral over {x} to infinity converges"] = None
        return integrated(body, x, *ends)

    def factors(self, node: Node) -> Expression:
        """Π_{i=a}^{b} s_i as the entry (a, b) of a table of products of what stands behind the sign."""
        ranges, guards = self.ranges(node.nodes[0])
        body = self.value(node.nodes[1])
        if len(ranges) != 1 or guards or free_indices(body) - {ranges[0].variable}:
            return self.no(node)
        (r,) = ranges
        if r.lower is None or r.upper is None:
            return self.no(node)
        tensor = product_tensor(r.variable, body)
        self.words.products[tensor.name] = r.variable, body
        return Read(tensor, (r.lower, r.upper))

    def largest(self, body: Node, name: str) -> Expression:
        """The largest or the least of what stands in parentheses, perhaps to a power: max(0, u)²."""
        arguments, exponent = among(body)
        if len(arguments) < 2:
            return self.no(body)
        largest = largest_of([self.value(n) for n in arguments], name)
        return largest if exponent is None else power(largest, self.number(exponent))

    def ranges(self, head: Node) -> tuple[tuple[Range, ...], list[Expression]]:
        """What is written under and over a sign: ranges, and conditions that no range holds."""
        lower = next((s for mark, s in scripts_of(head) if mark == "_" and s is not None), None)
        upper = next((s for mark, s in scripts_of(head) if mark == "^" and s is not None), None)
        if lower is None:
            return self.no(head), []  # type: ignore[return-value]
        found: list[Range] = []
        guards: list[Expression] = []
        under = unwrapped(lower)
        parts = [n for clause in (under.nodes if under.kind == "braces" else ()) for n in clause.nodes] or [under]
        for part in self.each_between(parts):
            if part.kind == "chain":
                self.bounded(part, upper, found, guards)
            else:
                for item in items(part):
                    name = index_text(item)
                    if not name:
                        raise MeaningError(f"what is summed over in {text_of(lower)} is not known")
                    found.append(Range(self.symbol(name)))
        if not found:
            raise MeaningError(f"what is summed over in {text_of(lower)} is not known")
        return tuple(found), guards

    def each_between(self, parts: Sequence[Node]) -> list[Node]:
        """The clauses under a sign, 0 ≤ a, b ≤ 1 as 0 ≤ a ≤ 1 and 0 ≤ b ≤ 1."""
        ends = [p.parts for p in (parts[0], parts[-1]) if p.kind == "chain" and len(p.parts) == 3]
        if len(parts) < 2 or len(ends) < 2 or any(p.kind == "chain" for p in parts[1:-1]):
            return list(parts)
        (least, below, first), (last, above, most) = ((p for p in end if isinstance(p, Node)) for end in ends)
        names = [first, *(i for p in parts[1:-1] for i in items(p)), last]
        if any(relation_name(r) not in ("≤", "<") for r in (below, above)) or not all(
                (name := index_text(unwrapped(n))) and name in self.variables for n in names):
            return list(parts)
        return [Node("chain", (least, below, name, above, most)) for name in names]

    def bounded(self, chain: Node, upper: Node | None, found: list[Range], guards: list[Expression]) -> None:
        """i = 1 under a sign with a bound over it, 0 ≤ i < n, i ≠ j."""
        sides = [p for p in chain.parts if isinstance(p, Node) and p.kind != "relation"]
        relations = [relation_name(p) for p in chain.parts if isinstance(p, Node) and p.kind == "relation"]
        name = index_text(unwrapped(sides[0]))
        if relations == ["="] and name and upper is not None:
            low, high = self.bounds(sides[1], "max"), self.bounds(upper, "min")
            variable = self.symbol(name)
            found.append(Range(variable, low[0] if low else None, high[0] if high else None))
            guards += [Bracket((), (polynomial(variable) - p,)) for p in low[1:]]
            guards += [Bracket((), (p - polynomial(variable),)) for p in high[1:]]
        elif relations == ["="] and upper is None and found:
            guards.append(Bracket((self.index(sides[0]) - self.index(sides[1]),)))
        elif relations == ["≠"] and name:
            if self.symbol(name) not in [r.variable for r in found]:
                found.append(Range(self.symbol(name)))
            other = index_text(unwrapped(sides[1]))
            if self.unequal_binds_both and other and self.symbol(other) not in [r.variable for r in found]:
                found.append(Range(self.symbol(other)))
            guards.append(1 - Bracket((self.index(sides[0]) - self.index(sides[1]),)))
        elif set(relations) <= {"≤", "<"} and len(sides) == 3 and (name := index_text(unwrapped(sides[1]))):
            least = self.index(sides[0]) + (relations[0] == "<")
            most = self.index(sides[2]) - (relations[1] == "<")
            found[:] = [r for r in found if r.variable != self.symbol(name)]
            found.append(Range(self.symbol(name), least, most))
        elif set(relations) <= {"≤", "<"} and len(sides) == 3 and found:
            for below, relation, above in zip(sides, relations, sides[1:], strict=False):
                guards.append(Bracket((), (self.index(above) - self.index(below) - (relation == "<"),)))
        elif set(relations) <= {"≤", "<", "≥", ">"} and len(sides) == 2:
            for side in sides:
                other = index_text(unwrapped(side))
                if other and other in self.variables and self.symbol(other) not in [r.variable for r in found]:
                    found.append(Range(self.symbol(other)))
            left, right = map(self.index, sides)
            if relations[0] in ("≥", ">"):
                left, right = right, left
            guards.append(Bracket((), (without_sizes(right - left) - (relations[0] in ("<", ">")),)))
        elif relations == ["∈"] and (called := set_called(unwrapped(sides[1]))) is not None and (
                called[0] in self.words.sets):
            self.in_set(items(unwrapped(sides[0])), self.words.sets[called[0]], called[1], found, guards)
        else:
            raise MeaningError(f"what is summed over in {str(chain).strip()[:40]} is not known")

    def in_set(self, here: Sequence[Node], known: IndexSet, at: Sequence[Node], found: list[Range],
               guards: list[Expression]) -> None:
        """(i, a) ∈ I(p) as the conditions of the document's I, with these names and at this p."""
        if len(here) != len(known.variables) or len(at) != len(known.parameters):
            raise MeaningError("a set of indices is read with as many as it has elsewhere")
        names = [index_text(i) for i in here]
        if not all(names):
            raise MeaningError("what is summed over is no index")
        found += [Range(self.symbol(name)) for name in names]
        values = {Symbol(old): polynomial(self.symbol(new)) for old, new in zip(known.variables, names, strict=True)}
        values |= {Symbol(old): self.index(new) for old, new in zip(known.parameters, at, strict=True)}
        with temporarily(self, variables={*self.variables, *known.variables, *known.parameters}):
            for left, sign, right in known.relations:
                sides = [self.index(n).substitute({self.symbol(s.name): v for s, v in values.items()})
                         for n in (left, right)]
                told = {s.name for v in values.values() for s in v.symbols}
                if any(s.name in self.names.index_names and s.name not in told for p in sides for s in p.symbols):
                    raise MeaningError("a set of indices depends on more than stands behind its name")
                guards.append(RELATIONS[sign](sides[0] - sides[1]))

    def bounds(self, node: Node, of: str) -> list[Polynomial]:
        """A bound, or the arguments of max(…) in a lower and min(…) in an upper one; nothing for an infinity."""
        node = unwrapped(node)
        if text_of(node).replace(" ", "") in INFINITIES[of]:
            return []
        if node.kind in ("big", "function") and node.head.lstrip("\\") == of:
            argument = node.nodes[1]
            return [self.index(n) for clause in argument.nodes for n in clause.nodes]
        return [self.index(node)]

    def cases(self, node: Node) -> Expression:
        """Values with conditions on indices; MeaningError for other conditions."""
        total: list[Expression] = []
        others: list[Expression] = []
        for row in rows_of(node):
            cells = [c for c in row if c.parts]
            if len(cells) != 2:
                return self.no(node)
            values = [n for n in cells[0].nodes if n.kind != "text"]
            if len(values) != 1:
                return self.no(node)
            words = text_of(cells[1]).lower()
            if "otherwise" in words or "else" in words:
                condition: Expression = expression(1)
                for other in others:
                    condition = condition * (1 - other)
            else:
                condition = self.condition(cells[1])
            others.append(condition)
            total.append(condition * self.value(values[0]))
        return Add(tuple(total)) if len(total) > 1 else total[0]

    def covered(self, node: Node) -> Expression | None:
        """Where one of the cases holds that a side is, 1 there and 0 elsewhere; None for another side.

        Cases x > 0 and x < 0 say nothing of x = 0.
        """
        node = unwrapped(node)
        if node.kind != "rows" or "cases" not in environment_name(node):
            return None
        cells = [[c for c in row if c.parts] for row in rows_of(node)]
        if any(len(row) != 2 or "else" in (said := text_of(row[1]).lower()) or "otherwise" in said for row in cells):
            return None
        return Add(tuple(self.condition(row[1]) for row in cells))

    def sign_condition(self, chain: Node, relation: str, difference: Expression) -> Expression:
        """[difference relation 0] for real numbers."""
        if relation not in SIGNS:
            raise MeaningError(f"the condition {str(chain).strip()[:40]} is not read")
        return SIGNS[relation](difference)

    def condition(self, clauses: Node) -> Expression:
        result: Expression = expression(1)
        chains = [n for n in clauses.nodes if n.kind == "chain"]
        if not chains:
            raise MeaningError(f"the condition {text_of(clauses).strip()[:40]} is not read")
        for chain in chains:
            sides = [_without_words(p) for p in chain.parts if isinstance(p, Node) and p.kind != "relation" and (
                p != EMPTY)]
            relations = [relation_name(p) for p in chain.parts if isinstance(p, Node) and p.kind == "relation"]
            for left, relation, right in zip(sides, relations, sides[1:], strict=False):
                try:
                    difference = self.index(left) - self.index(right)
                    if all(s.is_size and s.name not in self.words.sizes for s in difference.symbols):
                        raise MeaningError("no whole numbers")
                    result = result * RELATIONS[relation](difference)
                except (MeaningError, KeyError):
                    result = result * self.sign_condition(chain, relation, self.value(left) - self.value(right))
        return result
