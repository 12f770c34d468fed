"""The meaning of a tree: LaTeX as a formula of index notation, with the names of its document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from symcnn.document.claims import environment_name, relation_name, rows_of
from symcnn.document.names import (
    DECORATIONS, TRANSPOSED, Names, Written, index_text, items, nodes, scripts_of, text_of, unwrapped, written,
)
from symcnn.document.tokens import Token
from symcnn.document.tree import EMPTY, Node
from symcnn.errors import SymcnnError
from symcnn.notation.expression import (
    UNBOUNDED, Add, Apply, Axis, Bracket, Derivative, Expression, Maximum, Multiply, Power, Range, Read, Sum, Tensor,
    Value, children, expression, rebuild,
)
from symcnn.notation.polynomial import Polynomial, Symbol, above_zero, polynomial

FUNCTIONS = {"exp": "exp", "log": "log", "ln": "log", "tanh": "tanh", "sigmoid": "sigmoid", "Sigmoid": "sigmoid",
             "relu": "relu", "ReLU": "relu", "RELU": "relu", "sqrt": "sqrt", "sign": "sign"}
HALVES = {Fraction(1, 2): 1, Fraction(-1, 2): -1, Fraction(3, 2): 3, Fraction(-3, 2): -3}
PLAIN_PRODUCTS = frozenset((r"\cdot", r"\times", "*", r"\cdotp", r"\circ", r"\odot", "⊙", "∘"))
NO_VALUE = frozenset((r"\infty", r"\dots", r"\ldots", r"\cdots", r"\vdots", r"\partial", r"\nabla", r"\ddots"))
ZERO_OR_MORE = frozenset("p P p_1 p_2 p_h p_w q".split())


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


class MeaningError(SymcnnError):
    """Something that is read but has no meaning here; says what."""


class FaultError(MeaningError):
    """Something that is written wrongly whatever it stands for; says what."""


@dataclass
class Vocabulary:
    """What the names of a document stand for: the axes of its tensors, and how its scripts are decided."""

    names: Names
    axes: dict[tuple[str, int], Axis] = field(default_factory=dict)
    sizes: set[str] = field(default_factory=set)
    arities: dict[str, int] = field(default_factory=dict)
    defined: dict[str, Tensor] = field(default_factory=dict)
    others: dict[str, frozenset[int]] = field(default_factory=dict)
    functions: dict[str, tuple[Read, Expression]] = field(default_factory=dict)
    losses: set[str] = field(default_factory=set)
    notes: dict[str, None] = field(default_factory=dict)

    def base(self, called: str, arity: int) -> str:
        """The name without the number that tells tensors of unlike arity apart."""
        return called.removesuffix(f"_{arity}") if called not in self.arities else called

    def tensor(self, name: str, arity: int) -> Tensor:
        """The tensor of a name with so many indices; axes without a known range are unbounded."""
        called = name if arity == self.arities.setdefault(name, arity) else f"{name}_{arity}"
        return Tensor(called, tuple(self.axes.get((called, n), UNBOUNDED) for n in range(arity)))

@dataclass(frozen=True)
class Place:
    """One entry: the name that tells tensors apart, and the index of each axis."""

    name: str
    indices: tuple[Polynomial, ...]


class Meaning:
    """Reads the trees of one line. `variables` are the names that are indices in it."""

    def __init__(self, vocabulary: Vocabulary, sides: Iterable[Node]) -> None:
        self.words, self.names = vocabulary, vocabulary.names
        self.variables: set[str] = set()
        for side in sides:
            for node in nodes(side):
                self.variables |= _bound(node)
                found = written(node) if node.kind in ("scripts", "index") else None
                for item in (*found.lower, *found.inside) if found else ():
                    if found is not None and (found.stem in self.names.indexed) and (name := index_text(item)):
                        self.variables.add(name)

    # Scalars and sums of products.

    def value(self, node: Node) -> Expression:
        """The formula that a node is; MeaningError for what has none."""
        match node.kind:
            case "number":
                return expression(number(node))
            case "sum":
                return self.sum(node)
            case "sign":
                inner = self.value(node.nodes[0])
                return -inner if node.head == "-" else inner if node.head == "+" else self.no(node)
            case "product":
                return self.product(node)
            case "group" | "braces":
                return self.inside(node)
            case "big":
                return self.big(node)
            case "function":
                return self.function(node)
            case "name" | "scripts" | "index" | "text":
                return self.named(node)
            case "command":
                return self.command(node)
            case "rows" if "cases" in environment_name(node):
                return self.cases(node)
        return self.no(node)

    def no(self, node: Node) -> Expression:
        shown = str(node).strip()
        raise MeaningError(f"what {shown[:60]} means here is not known")

    def inside(self, node: Node) -> Expression:
        inner = [n for n in node.nodes if n.parts]
        if len(inner) != 1 or inner[0].kind != "clauses" or len(inner[0].parts) != 1:
            return self.no(node)
        if node.kind == "group" and node.head not in ("(", "[", r"\{", r"\lbrace"):
            return self.no(node)
        return self.value(inner[0].nodes[0])

    def sum(self, node: Node) -> Expression:
        terms: list[Expression] = []
        negative = False
        for part in node.parts:
            if isinstance(part, Token):
                sign = part.text.strip("{}").strip()
                if sign not in ("+", "-"):
                    return self.no(node)
                negative = sign == "-"
            else:
                inner = self.value(part)
                terms.append(-inner if negative else inner)
                negative = False
        return Add(tuple(terms)) if len(terms) > 1 else terms[0]

    def product(self, node: Node) -> Expression:
        parts = list(node.parts)
        gradient = self.written_gradient(parts)
        if gradient is not None:
            return gradient
        factors: list[Expression] = []
        place, divide = 0, False
        while place < len(parts):
            part = parts[place]
            if isinstance(part, Token):
                if part.text in ("/", r"\div"):
                    divide = True
                elif part.text not in PLAIN_PRODUCTS:
                    raise MeaningError(f"{part.text} stands between things that are not known to be numbers")
                place += 1
                continue
            operator = self.operator(part)
            if operator is not None:
                rest = [p for p in parts[place + 1:] if not (isinstance(p, Token) and p.text in PLAIN_PRODUCTS)]
                if not rest:
                    return self.no(node)
                whole = rest[0] if len(rest) == 1 and isinstance(rest[0], Node) else Node("product", tuple(rest))
                factors.append(Derivative(self.value(whole), operator))
                break
            applied = parts[place + 1] if place + 1 < len(parts) else None
            if isinstance(applied, Node) and applied.kind == "group" and applied.head in "([" and (
                    self.is_function(part)):
                value = self.applied(part, self.inside(applied))
                place += 1
            else:
                value = self.value(part)
            factors.append(Power(value, -1) if divide else value)
            divide, place = False, place + 1
        return Multiply(tuple(factors)) if len(factors) > 1 else factors[0]

    def is_function(self, node: Node) -> bool:
        found = written(node)
        return found is not None and (found.stem in FUNCTIONS or found.stem in self.names.functions)

    def applied(self, node: Node, argument: Expression) -> Expression:
        found = written(node)
        assert found is not None
        name = FUNCTIONS.get(found.stem, "sigmoid" if found.stem == "sigma" and self.names.sigmoid else "")
        if found.stem in self.words.functions and not found.primes:
            scalar, body = self.words.functions[found.stem]
            return with_value(body, scalar, argument)
        if not name:
            raise MeaningError(f"the function {found.stem} has no definition here")
        if found.lower or (found.upper and not all(unwrapped(u).kind == "number" for u in found.upper)):
            raise MeaningError(f"what the scripts of {found.stem} mean is not known")
        value: Expression = Apply(name, argument)
        if found.primes == 1 and name == "sigmoid":
            value = value * (1 - value)
        elif found.primes == 1 and name == "tanh":
            value = 1 - Power(value, 2)
        elif found.primes:
            raise MeaningError(f"the derivative of {found.stem} has no definition here")
        return Power(value, int(text_of(found.upper[0]))) if found.upper else value

    def function(self, node: Node) -> Expression:
        head, argument = node.nodes
        base = head.nodes[0] if head.kind == "scripts" else head
        name = base.head.lstrip("\\")
        if name not in FUNCTIONS:
            raise MeaningError(f"the function {name} is not known here")
        value: Expression = Apply(FUNCTIONS[name], self.value(argument))
        if head.kind == "scripts":
            for mark, script in scripts_of(head):
                if mark == "^" and script is not None and unwrapped(script).kind == "number":
                    value = Power(value, int(text_of(script)))
                elif mark in ("'", r"\prime") and name in ("tanh", "sigmoid"):
                    value = 1 - Power(value, 2) if name == "tanh" else value * (1 - value)
                else:
                    return self.no(node)
        return value

    # Names, indices, scripts.

    def named(self, node: Node) -> Expression:
        if node.kind == "scripts":
            base = node.nodes[0]
            if written(node) is None or base.kind in ("group", "braces") or (base.kind == "name" and base.head == "e"):
                return self.powered(node)
        found = written(node)
        if found is None:
            return self.no(node)
        if node.kind == "name" and node.head in NO_VALUE:
            return self.no(node)
        if node.kind == "name" and node.head.isalpha() and len(node.head) > 1 and self.is_product(node.head):
            (token,) = node.tokens
            return Multiply(tuple(self.named(Node("name", (Token("word", c, token.start + n),)))
                                  for n, c in enumerate(node.head)))
        place, exponent = self.place(found)
        if found.stem in self.names.squares and not place.indices and (exponent is None or exponent.denominator == 1):
            square = Read(self.words.tensor(f"{place.name}_squared", 0), ())
            return power(square, (1 if exponent is None else exponent) / Fraction(2))
        if not place.indices and place.name in self.variables:
            value: Expression = Value(polynomial(self.symbol(place.name)))
        elif not place.indices and place.name in self.words.sizes:
            value = Value(polynomial(self.size(place.name)))
        else:
            value = Read(self.words.tensor(place.name, len(place.indices)), place.indices)
        return value if exponent is None else power(value, exponent)

    def is_product(self, word: str) -> bool:
        """Whether letters side by side are factors: each of them is used alone, and the word has no scripts."""
        return all(self.names.stems[c] for c in word) and word not in self.names.indexed

    def size(self, name: str) -> Symbol:
        return Symbol(name, 0 if name in ZERO_OR_MORE else 1)

    def place(self, found: Written) -> tuple[Place, Fraction | None]:
        """The entry that a name with its scripts is, and the exponent that is left."""
        name, exponent = found.stem, None
        upper = found.upper
        if upper and found.stem in self.names.labelled:
            name += "^" + "".join(text_of(u).replace(" ", "") for u in upper)
            upper = ()
        if upper:
            if len(upper) != 1 or text_of(upper[0]) in TRANSPOSED or unwrapped(upper[0]).head in TRANSPOSED:
                raise MeaningError(f"what the superscript of {found.stem} means here is not known")
            exponent = self.number(upper[0])
        lower = found.lower
        if lower and found.stem not in self.names.indexed:
            if any(unwrapped(i).kind != "number" and text_of(i) not in self.names.labels for i in lower):
                raise MeaningError(f"what the subscript of {found.stem} means here is not known")
            name += "_" + "_".join(text_of(i) for i in lower)
            lower = ()
        indices = [q for i in (*lower, *found.inside) for q in self.index_items(found.stem, i)]
        return Place(identifier(name) + "'" * found.primes, tuple(indices)), exponent

    def index_items(self, stem: str, item: Node) -> list[Polynomial]:
        inner = unwrapped(item)
        if inner.kind == "number" and stem in self.names.digits and len(inner.head) > 1:
            return [polynomial(int(c)) for c in inner.head]
        return [self.index(inner)]

    def index(self, node: Node) -> Polynomial:
        """A node as a polynomial in indices and sizes; MeaningError for anything else."""
        node = unwrapped(node)
        if node.kind == "number":
            if not node.head.isdigit():
                raise MeaningError(f"{node.head} is no index")
            return polynomial(int(node.head))
        if node.kind == "sum":
            total, negative = polynomial(0), False
            for part in node.parts:
                if isinstance(part, Token):
                    negative = part.text.strip("{}").strip() == "-"
                else:
                    inner = self.index(part)
                    total = total - inner if negative else total + inner
            return total
        if node.kind == "sign":
            return -self.index(node.nodes[0]) if node.head == "-" else self.index(node.nodes[0])
        if node.kind == "group" and len(node.nodes) == 1 and len(node.nodes[0].parts) == 1:
            return self.index(node.nodes[0].nodes[0])
        if node.kind == "product":
            product = polynomial(1)
            for part in node.parts:
                if isinstance(part, Token):
                    if part.text not in PLAIN_PRODUCTS:
                        raise MeaningError(f"{part.text} in an index is not read")
                else:
                    product = product * self.index(part)
            return product
        found = written(node)
        if found is None:
            raise MeaningError(f"{str(node).strip()[:40]} is no index that could be read")
        several = node.kind == "name" and node.head.isalpha() and len(node.head) > 1
        if several and found.stem not in self.words.sizes and found.stem not in self.variables:
            product = polynomial(1)
            for letter in node.head:
                product = product * polynomial(self.symbol(letter))
            return product
        place, exponent = self.place(Written(found.stem, found.lower, found.upper, (), found.primes))
        if place.indices or exponent is not None:
            raise MeaningError(f"{str(node).strip()[:40]} is no index that could be read")
        return polynomial(self.symbol(place.name))

    def symbol(self, name: str) -> Symbol:
        """The symbol of an index or size; an index that elsewhere is a size gets a name of its own."""
        if name in self.variables or (name in self.names.index_names and name not in self.words.sizes):
            stem = name.rstrip("'")
            return Symbol(f"{stem}_index{name[len(stem):]}" if name in self.words.sizes else name)
        return self.size(name)

    def number(self, node: Node) -> Fraction:
        """The exact value of a script made of numbers; MeaningError for any other."""
        try:
            result = self.value(unwrapped(node))
        except SymcnnError:
            result = None
        if isinstance(result, Expression) and (found := constant(result)) is not None:
            return found
        raise MeaningError(f"the power {text_of(node)} is not a number")

    def powered(self, node: Node) -> Expression:
        """(…)^2, e^z, (…)^{-1/2}."""
        base = node.nodes[0]
        scripts = list(scripts_of(node))
        if len(scripts) != 1 or scripts[0][0] != "^" or scripts[0][1] is None:
            return self.no(node)
        exponent = unwrapped(scripts[0][1])
        if base.kind == "name" and base.head == "e":
            return Apply("exp", self.value(exponent))
        if exponent.head in TRANSPOSED or exponent.head in DECORATIONS:
            return self.no(node)
        return power(self.value(base), self.number(exponent))

    # Commands, derivatives.

    def command(self, node: Node) -> Expression:
        if node.head.endswith("frac"):
            gradient = self.fraction_of_differentials(node)
            if gradient is not None:
                return gradient
            top, bottom = (self.value(n) for n in node.nodes[:2])
            return over(top, bottom)
        if node.head == r"\sqrt" and len(node.nodes) == 1:
            return Apply("sqrt", self.value(node.nodes[0]))
        if node.head in (r"\boxed", r"\underbrace", r"\overbrace", r"\cancel", r"\ensuremath"):
            return self.value(node.nodes[0])
        if written(node) is not None:
            return self.named(node)
        if len(node.nodes) == 1:
            inner = unwrapped(node.nodes[0])
            if inner.kind == "scripts":
                return self.named(inner)
        return self.no(node)

    def fraction_of_differentials(self, node: Node) -> Expression | None:
        """∂Z/∂X, dL/dy: None if the fraction is none of these."""
        top, bottom = (differential(n) for n in node.nodes[:2])
        above = unwrapped(node.nodes[0]).head in (r"\partial", "∂") and top not in (None, EMPTY)
        if above and bottom is None and written(unwrapped(node.nodes[1])) is not None:
            raise FaultError("∂ stands above the bar of a fraction and not below it")
        if bottom is None or top is None:
            return None
        if top == EMPTY:
            raise MeaningError("a derivative of nothing")
        return self.derivative(top, bottom)

    def operator(self, part: Node) -> Read | None:
        """The entry of ∂/∂x that acts on what follows."""
        if part.kind != "command" or not part.head.endswith("frac"):
            return None
        top, bottom = (differential(n) for n in part.nodes[:2])
        if top != EMPTY or bottom is None:
            return None
        by = self.named(bottom)
        if not isinstance(by, Read):
            raise MeaningError("a derivative is taken with respect to an entry")
        return by

    def written_gradient(self, parts: list[Node | Token]) -> Expression | None:
        """∂J/∂X written in a line: two differentials with / between them."""
        for place, part in enumerate(parts):
            if isinstance(part, Token) and part.text == "/":
                top, bottom = parts[:place], parts[place + 1:]
                heads = [n.head for n in (*top[:1], *bottom[:1]) if isinstance(n, Node)]
                if len(heads) == 2 and all(h in (r"\partial", "∂") for h in heads) and len(top) == len(bottom) == 2:
                    assert isinstance(top[1], Node)
                    assert isinstance(bottom[1], Node)
                    return self.derivative(top[1], bottom[1])
        return None

    def derivative(self, of: Node, by: Node) -> Expression:
        variable = self.named(by)
        if not isinstance(variable, Read):
            raise MeaningError(f"{str(by).strip()} is not an entry that one differentiates by")
        if written(of) is None:
            return Derivative(self.value(of), variable)
        value = self.named(of)
        if isinstance(value, Read) and not value.indices and value.tensor.name not in self.words.defined:
            self.words.losses.add(value.tensor.name)
            return Read(variable.tensor.gradient(value.tensor.name), variable.indices)
        return Derivative(value, variable)

    # Sums, maxima, cases.

    def big(self, node: Node) -> Expression:
        head, body = node.nodes
        base = head.nodes[0] if head.kind == "scripts" else head
        name = base.head.lstrip("\\")
        if name not in ("sum", "∑", "max") or head.kind != "scripts":
            return self.no(node)
        ranges, guards = self.ranges(head)
        inner = self.value(body)
        if guards:
            inner = Multiply((*guards, inner))
        if name == "max":
            if guards:
                return self.no(node)
            return Maximum(ranges, inner)
        return Sum(ranges, inner)

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
        for part in parts:
            if part.kind == "chain":
                self.bounded(part, upper, found, guards)
            else:
                for item in items(part):
                    name = index_text(item)
                    if not name:
                        raise MeaningError(f"what is summed over in {text_of(lower)} is not known")
                    found.append(Range(self.symbol(name)))
        return tuple(found), guards

    def bounded(self, chain: Node, upper: Node | None, found: list[Range], guards: list[Expression]) -> None:
        """i = 1 under a sign with a bound over it, 0 ≤ i < n, i ≠ j."""
        sides = [p for p in chain.parts if isinstance(p, Node) and p.kind != "relation"]
        relations = [relation_name(p) for p in chain.parts if isinstance(p, Node) and p.kind == "relation"]
        name = index_text(unwrapped(sides[0]))
        if relations == ["="] and name and upper is not None:
            low, high = self.bounds(sides[1], "max"), self.bounds(upper, "min")
            variable = self.symbol(name)
            found.append(Range(variable, low[0], high[0]))
            guards += [Bracket((), (polynomial(variable) - p,)) for p in low[1:]]
            guards += [Bracket((), (p - polynomial(variable),)) for p in high[1:]]
        elif relations == ["≠"] and name:
            if self.symbol(name) not in [r.variable for r in found]:
                found.append(Range(self.symbol(name)))
            guards.append(1 - Bracket((self.index(sides[0]) - self.index(sides[1]),)))
        elif set(relations) <= {"≤", "<"} and len(sides) == 3 and (name := index_text(unwrapped(sides[1]))):
            least = self.index(sides[0]) + (relations[0] == "<")
            most = self.index(sides[2]) - (relations[1] == "<")
            found.append(Range(self.symbol(name), least, most))
        elif set(relations) <= {"≤", "<", "≥", ">"} and len(sides) == 2:
            for side in sides:
                other = index_text(unwrapped(side))
                if other and other in self.variables and self.symbol(other) not in [r.variable for r in found]:
                    found.append(Range(self.symbol(other)))
            left, right = map(self.index, sides)
            if relations[0] in ("≥", ">"):
                left, right = right, left
            guards.append(Bracket((), (right - left - (relations[0] in ("<", ">")),)))
        else:
            raise MeaningError(f"what is summed over in {str(chain).strip()[:40]} is not known")

    def bounds(self, node: Node, of: str) -> list[Polynomial]:
        """A bound, or the arguments of max(…) in a lower and min(…) in an upper one."""
        node = unwrapped(node)
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
            sides = [p for p in chain.parts if isinstance(p, Node) and p.kind != "relation" and p != EMPTY]
            relations = [relation_name(p) for p in chain.parts if isinstance(p, Node) and p.kind == "relation"]
            for left, relation, right in zip(sides, relations, sides[1:], strict=False):
                try:
                    difference = self.index(left) - self.index(right)
                    if not any(not s.is_size for s in difference.symbols):
                        raise MeaningError("no index")
                    result = result * RELATIONS[relation](difference)
                except (MeaningError, KeyError):
                    result = result * self.sign_condition(chain, relation, self.value(left) - self.value(right))
        return result


def _bound(node: Node) -> set[str]:
    """The variables that the sign of a sum or maximum binds."""
    if node.kind != "big" or node.nodes[0].kind != "scripts":
        return set()
    lower = next((s for mark, s in scripts_of(node.nodes[0]) if mark == "_" and s is not None), None)
    if lower is None:
        return set()
    found = set()
    under = unwrapped(lower)
    parts = [n for clause in (under.nodes if under.kind == "braces" else ()) for n in clause.nodes] or [under]
    for part in parts:
        if part.kind == "chain":
            sides = [p for p in part.parts if isinstance(p, Node) and p.kind != "relation"]
            middle = sides[1] if len(sides) == 3 else sides[0]
            found |= {index_text(i) for i in items(middle)}
        else:
            found |= {index_text(i) for i in items(part)}
    return found - {""}


def differential(node: Node) -> Node | None:
    """What stands behind ∂ or d: EMPTY for a bare ∂, None for what is no differential."""
    inner = unwrapped(node)
    if inner.kind == "name" and inner.head in (r"\partial", "d", "∂"):
        return EMPTY
    if inner.kind == "symbol" and inner.head == "∂":
        return EMPTY
    first = inner.parts[0] if inner.kind == "product" else None
    if isinstance(first, Node) and first.head in (r"\partial", "∂", "d") and first.kind in ("name", "symbol"):
        rest = inner.parts[1:]
        if len(rest) == 1 and isinstance(rest[0], Node):
            return rest[0]
        return Node("product", rest) if rest else EMPTY
    if inner.kind in ("name", "scripts") and inner.head[:1] == "d" and len(inner.head) == 2 and inner.head.isalpha():
        token = next(inner.tokens)
        shorter = Node("name", (Token("word", token.text[1:], token.start + 1),))
        return shorter if inner.kind == "name" else Node("scripts", (shorter, *inner.parts[1:]))
    return None


def applied_to_name(node: Node) -> tuple[str, str] | None:
    """(f, z) of a side f(z) whose argument is one plain name."""
    if node.kind != "product" or len(node.parts) != 2:
        return None
    function, argument = node.nodes if len(node.nodes) == 2 else (EMPTY, EMPTY)
    head, inside = written(function), items(argument) if argument.kind == "group" and argument.head == "(" else ()
    variable = written(inside[0]) if len(inside) == 1 else None
    if head is None or variable is None or head.lower or head.upper or variable.lower or variable.upper:
        return None
    return (head.stem, variable.stem) if len(variable.stem) <= 2 and head.stem not in ("partial", "nabla") else None


def with_value(node: Expression, scalar: Read, by: Expression) -> Expression:
    """A formula with another formula in place of a scalar."""
    if node == scalar:
        return by
    return rebuild(node, tuple(with_value(c, scalar, by) for c in children(node)))


def number(node: Node) -> Fraction:
    """The exact value of a printed number."""
    return Fraction(node.head.replace(",", "").replace(r"\,", "").replace("{", "").replace("}", ""))


def constant(node: Expression) -> Fraction | None:
    """The number that a formula without names is, if it is rational."""
    match node:
        case Value(p) if p.is_constant:
            return Fraction(p.constant)
        case Add(terms):
            found = [constant(t) for t in terms]
            return None if None in found else sum((f for f in found if f is not None), Fraction(0))
        case Multiply(factors):
            result = Fraction(1)
            for f in factors:
                inner = constant(f)
                if inner is None:
                    return None
                result *= inner
            return result
        case Power(base, exponent):
            inner = constant(base)
            return None if inner is None or (inner == 0 and exponent < 0) or abs(exponent) > 64 else inner ** exponent
    return None


def over(top: Expression, bottom: Expression) -> Expression:
    if isinstance(bottom, Value) and bottom.value.is_constant and bottom.value.constant:
        return top * expression(Fraction(1) / Fraction(bottom.value.constant))
    return top * Power(bottom, -1)


def power(base: Expression, exponent: Fraction) -> Expression:
    """A power with a whole or half exponent; MeaningError for another."""
    if exponent.denominator == 1 and abs(exponent) <= 64:
        return base if exponent == 1 else Power(base, int(exponent))
    if exponent.denominator == 2 and abs(exponent) <= 32:
        return Power(Apply("sqrt", base), int(2 * exponent))
    raise MeaningError(f"the power {exponent} is not read")


def identifier(name: str) -> str:
    """A name that the notation takes: letters, digits and underscores."""
    spelled = {"^": "_up_", "-": "_minus_", "+": "_plus_"}
    result = "".join(c if c.isalnum() or c == "_" else spelled.get(c, "_") for c in name)
    return result if result[:1].isalpha() else f"v_{result}"


__all__ = ["Meaning", "MeaningError", "Vocabulary"]
