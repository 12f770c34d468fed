"""The meaning of a tree: LaTeX as a formula of index notation, with the names of its document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import reduce

from symcnn.document.claims.averages import averaged, operator_of
from symcnn.document.claims.claims import environment_name
from symcnn.document.claims.names import SCALARS
from symcnn.document.claims.of_vectors import SOFTMAX, indicated, is_indicator, softmax, word_of
from symcnn.document.meaning.differentials import Differentials
from symcnn.document.meaning.evaluated import evaluated, places_at_bar
from symcnn.document.meaning.labels import family
from symcnn.document.meaning.nabla import nabla_at
from symcnn.document.meaning.numerals import binomial, factorial, in_base
from symcnn.document.meaning.operations import Applied, product_text
from symcnn.document.meaning.powers import has_powers, power_tensor, with_logarithms
from symcnn.document.meaning.rounded_indices import condition
from symcnn.document.meaning.scripts import PLAIN_PRODUCTS, Place
from symcnn.document.meaning.standard_functions import FUNCTIONS
from symcnn.document.meaning.vector_functions import put_in, with_own_variables
from symcnn.document.reading.forms import (
    REMAINDERS, ROUNDED, MeaningError, constant, identifier, is_flip, is_remark, number, over, power, remainder,
    signed_terms, with_value,
)
from symcnn.document.reading.measures import measure_of
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.signs import BRACKETS
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.unicode import GREEK
from symcnn.document.reading.written import (
    DECORATIONS, DOTS, TRANSPOSED, Written, condition_below, is_call, is_condition, is_transposition, items_behind,
    nodes, scripts_of, stems_of, text_of, unwrapped, written,
)
from symcnn.notation.expression import (
    OPEN, Add, Apply, Binder, Bracket, Derivative, Expression, Multiply, Power, Range, Read, Sum, Tensor, Value,
    expression, free_indices, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import substitute

STARS = frozenset(("*", r"\ast", r"\star", "∗", "⋆", r"\circledast"))
CONVOLVED_WITH = "_conv_"
"""What stands between the names of two signals in the name of their convolution."""
DIVIDED = frozenset(("/", r"\div"))
NO_VALUE = frozenset((r"\infty", *DOTS, r"\vdots", r"\partial", r"\nabla", r"\ddots"))


def entry_in_parentheses(node: Node) -> tuple[Node, tuple[Node, ...]] | None:
    """What (…)_{i,j} or (…)[i, j] is an entry of, and its indices."""
    base = node.nodes[0] if node.kind in ("scripts", "index") else node
    places = items_behind(node)
    if base.kind != "group" or base.head not in ("(", "[") or base.inner is None:
        return None
    inside = base.nodes[0].nodes  # none in [.]_+, where a dot stands for the argument
    return (inside[0], places) if places and inside else None


class Meaning(Differentials):
    """Reads the trees of one line; `entry_of` reads an entry of a whole vector or matrix, where there are such."""

    entry_of: Callable[[Node, tuple[Node, ...]], Expression | None] | None = None
    defining: Node | None = None
    """The side that defines an operation: what stands there is a name."""
    of_entries = False
    """Whether softmax(x_i) is the entry i of the softmax of x, as beside its formula, and not that of a vector x_i."""
    bare = False
    """Whether units are left out, and only the numbers in front of them count."""

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
            case "factorial":
                return expression(factorial(self.number(node.nodes[0])))
            case "index" if is_condition(node.nodes[1]):
                holds = self.condition(node.nodes[1].nodes[0])
                return holds if is_indicator(node.nodes[0]) else self.value(node.nodes[0]) * holds
            case "index" if len(node.nodes) == 2 and (average := self.average(*node.nodes)) is not None:
                return average
            case "scripts" if (clauses := condition_below(node)) is not None:
                return self.condition(clauses)
            case "scripts" if (value := in_base(node)) is not None:
                return expression(value)
            case "name" | "scripts" | "index" | "text":
                return self.named(node)
            case "command":
                return self.command(node)
            case "rows" if "cases" in environment_name(node):
                return self.cases(node)
        return self.no(node)

    def inside(self, node: Node) -> Expression:
        inner = [n for n in node.nodes if n.parts]
        if is_condition(node):
            return self.condition(node.nodes[0])
        if len(inner) != 1 or inner[0].kind != "clauses" or len(inner[0].parts) != 1 or not inner[0].nodes:
            return self.no(node)
        if node.kind == "group" and node.head in BRACKETS:
            return self.rounded(node.head, inner[0].nodes[0])
        if node.kind == "group" and node.head in ("|", r"\vert") and (
                (of := unwrapped(inner[0].nodes[0])).kind in ("sum", "sign", "product", "number")
                or ((name := written(of)) is not None and name.stem.islower() and bool(name.lower or name.inside))):
            value = self.value(of)
            return value * Apply("sign", value)
        if node.kind == "group" and node.head not in ("(", "[", r"\{", r"\lbrace"):
            return self.no(node)
        return self.value(inner[0].nodes[0])

    def rounded(self, bracket: str, node: Node) -> Expression:
        """⌊p/q⌋ as the number n with q·n ≤ p ≤ q·n + q − 1, and ⌈p/q⌉ as the one with q·n − q + 1 ≤ p ≤ q·n."""
        top, bottom = self.quotient(node)
        n = Symbol(ROUNDED + "".join(c if c.isalnum() else "_" for c in f"{top}_{bottom}"))
        return Sum((Range(n),), Multiply((condition(n, top, bottom, BRACKETS[bracket]), Value(polynomial(n)))))

    def quotient(self, node: Node) -> tuple[Polynomial, Polynomial]:
        """A side as a fraction of whole numbers made of sizes; the one below the bar is positive."""
        node = unwrapped(node)
        if all(n.kind != "name" for n in nodes(node)) and (value := constant(self.value(node))) is not None:
            return polynomial(value.numerator), polynomial(value.denominator)
        if node.kind == "command" and node.head.endswith("frac"):
            top, bottom = (self.index(n) for n in node.nodes[:2])
        elif node.kind == "product" and any(isinstance(p, Token) and p.text in ("/", r"\div") for p in node.parts):
            at = next(n for n, p in enumerate(node.parts) if isinstance(p, Token) and p.text in ("/", r"\div"))
            top, bottom = (self.index(Node("product", parts)) for parts in (node.parts[:at], node.parts[at + 1:]))
        elif node.kind == "sum":
            top, bottom = polynomial(0), polynomial(1)
            negative = False
            for part in node.parts:
                if isinstance(part, Token):
                    negative = part.text.strip("{}").strip() == "-"
                else:
                    more, below = self.quotient(part)
                    more = -more if negative else more
                    top, bottom = (top + more, bottom) if bottom == below else (
                        top * below + more * bottom, bottom * below)
        else:
            top, bottom = self.index(node), polynomial(1)
        if not all(s.is_size for s in bottom.symbols) or (bottom.is_constant and bottom.constant <= 0):
            raise MeaningError("what stands below the bar of a rounded fraction is not known to be positive")
        return top, bottom

    def sum(self, node: Node) -> Expression:
        terms = [-self.value(part) if negative else self.value(part) for negative, part in signed_terms(node)]
        return Add(tuple(terms)) if len(terms) > 1 else terms[0]

    def product(self, node: Node) -> Expression:
        parts = list(node.parts)
        if self.words.inner and (said := self.words.inner.get(product_text(node))) is not None:
            return said
        if (gradient := self.written_gradient(parts)) is not None:
            return gradient
        factors: list[Expression] = []
        place, divide = 0, False
        while place < len(parts):
            part = parts[place]
            if isinstance(part, Token):
                if part.text in (r"\times", "*") and parts[place + 1:] == [EMPTY]:
                    break  # 8.7×, so many times as much
                if part.text in REMAINDERS and place == len(parts) - 2:
                    return remainder(_multiplied(factors), self.value(node.nodes[-1]))
                if part.text not in DIVIDED | PLAIN_PRODUCTS:
                    raise MeaningError(f"{part.text} stands between things that are not known to be numbers")
                divide, place = divide or part.text in DIVIDED, place + 1
                continue
            if (found := measure_of(part) if place else None) is not None:
                if not (self.bare and found.dimension):
                    before = parts[place - 2] if place > 1 else None
                    below = isinstance(before, Token) and before.text in DIVIDED
                    factors.append(expression(1 / found.factors[0] if below else found.factors[0]))
                place += 1
                continue
            if self.is_decimal_cut_off(parts, place):
                break
            if factors and (at := places_at_bar(part)) and place == len(parts) - 1:
                factors = self.evaluated(factors, at)
                break
            if self.is_said_of_numbers(parts, place) or factors and is_remark(part):
                place += 1
                continue
            if operators := self.operators(part):
                factors = self.differentiated(factors, operators, parts[place + 1:])
                break
            value, length = self.factor(parts, place)
            factors.append(Power(value, -1) if divide else value)
            divide, place = False, place + length
        return _multiplied(factors) if factors else self.no(node)

    def is_said_of_numbers(self, parts: Sequence[Node | Token], place: int) -> bool:
        """Whether a part is a word for what is counted: 64 filters."""
        part, before = parts[place], parts[place - 1] if place else EMPTY
        return isinstance(part, Node) and part.kind == "text" and isinstance(before, Node) and (
            before.kind == "number") and text_of(part) in self.names.nouns

    def is_decimal_cut_off(self, parts: Sequence[Node | Token], place: int) -> bool:
        """Whether dots stand behind a decimal, 0.333…"""
        part = parts[place]
        return isinstance(part, Node) and part.kind == "name" and part.head in DOTS and (
            place == len(parts) - 1 == 1) and "." in next(Node("list", (parts[0],)).tokens).text

    def differentiated(self, factors: list[Expression], operators: Sequence[Read],
                       behind: Sequence[Node | Token]) -> list[Expression]:
        """The factors before d/dx with the derivative of all that stands behind it."""
        rest = [p for p in behind if not (isinstance(p, Token) and p.text in PLAIN_PRODUCTS)]
        at = places_at_bar(last) if rest and isinstance(last := rest[-1], Node) else []
        rest = rest[:-1] if at else rest
        if not rest:
            raise MeaningError("what is differentiated is not said")
        whole = rest[0] if len(rest) == 1 and isinstance(rest[0], Node) else Node("product", tuple(rest))
        factors = [*factors, reduce(Derivative, reversed(operators), self.value(whole))]
        return self.evaluated(factors, at) if at else factors

    def factor(self, parts: list[Node | Token], place: int) -> tuple[Expression, int]:
        """A factor with the argument or the group that belongs to it, and how many parts these are."""
        part = parts[place]
        assert isinstance(part, Node)
        if (gradient := nabla_at(parts, place)) is not None:
            return self.nabla(gradient), gradient.length
        behind = parts[place + 1] if place + 1 < len(parts) else None
        if (formula := put_in(part, behind, self.words.put_in)) is not None:
            return with_own_variables(self.value(formula)), 2
        if not isinstance(behind, Node):
            return self.value(part), 1
        if is_flip(part) and (turned := self.turned(behind)) is not None:
            return turned, 2
        if behind.kind == "braces" and part.kind == "name" and part.head.startswith("\\") and (
                behind.start == part.end) and part.head not in GREEK.values():
            raise MeaningError(f"what {part.head} means here is not known")
        if (average := self.average(part, behind)) is not None:
            return average, 2
        if behind.kind == "scripts" and behind.nodes[0].kind == "group" and behind.nodes[0].head == "(" and (
                self.is_function(part)) and (exponent := self.exponent_of(behind)) is not None:
            return power(self.applied(part, self.inside(behind.nodes[0])), exponent), 2
        if (entry := self.entry_of_function(part, behind)) is not None:
            return entry, 2
        if (clauses := indicated(part, behind)) is not None:
            return self.condition(clauses), 2
        if self.is_loss_of(part, behind):
            return self.value(part), 2
        if behind.kind == "group" and behind.head in "([" and self.is_function(part):
            return self.applied(part, self.inside(behind)), 2
        if self.is_called(part, behind):
            raise MeaningError(f"{str(part).strip()} is a function without a formula here")
        return self.value(part), 1

    def entry_of_function(self, part: Node, applied: Node) -> Expression | None:
        """softmax(z)_i as e^{z_i} / Σ_k e^{z_k}; None for anything but an entry of a function of a vector.

        Whether an entry of another function, σ(z)_i, is one of all entries of z or of z_i alone is not known.
        """
        group = applied.nodes[0] if applied.kind == "scripts" else applied
        places = items_behind(applied) if group is not applied and group.kind == "group" and group.head == "(" else None
        if not places or not (word_of(part) in SOFTMAX or self.is_function(part)):
            return None
        if self.entry_of is not None and (word_of(part) in SOFTMAX or word_of(part) in FUNCTIONS):
            with suppress(MeaningError):
                return self.entry_of(Node("product", (part, group)), places)
        name = written(group.inner) if group.inner is not None else None
        if word_of(part) not in SOFTMAX or name is None or len(places) > 1 or (
                name != Written(name.stem, upper=name.upper)):
            raise MeaningError(f"what an entry of {text_of(part).strip()} is, is not said")
        index, over_all = Symbol("of_softmax"), Symbol("over_softmax")
        read = Read(self.words.tensor(self.place(name)[0].name, 1), (polynomial(index),))
        return substitute(softmax(read, index, over_all), {index: self.index(places[0])})

    def turned(self, node: Node) -> Expression | None:
        """rot_{180}(W)_{a,b} and flip(w)[k] as entries of the kernel counted from its end; None for anything else."""
        group = node.nodes[0] if node.kind in ("scripts", "index") else node
        name = written(unwrapped(group.inner)) if group.kind == "group" and group.inner is not None else None
        places = items_behind(node)
        if name is None or name.lower or name.upper or name.inside or places is None:
            return None
        tensor = self.words.tensor(self.place(name)[0].name, len(places))
        ends = [(a.base, a.upper) for a in tensor.axes]
        if any(None in end for end in ends):
            raise MeaningError("how large the kernel is is not said")
        return Read(tensor, tuple(first + last - self.index(i) for i, (first, last) in zip(places, ends, strict=True)
                                  if first is not None and last is not None))

    def average(self, part: Node, applied: Node) -> Expression | None:
        """E(…), Var(…)^2 and the like; None for parts of another kind."""
        group = applied.nodes[0] if applied.kind == "scripts" else applied
        operator = operator_of(part)
        if not operator or group.kind != "group" or group.head not in "([" or (
                part.kind == "name" and not self.names.averages):
            return None
        value = averaged(operator, group, self.one_number)
        if group is applied:
            return value
        exponent = self.exponent_of(applied)
        return None if exponent is None else power(value, exponent)

    def one_number(self, node: Node) -> Expression:
        """What is averaged; MeaningError for a name alone that has entries elsewhere: which one is not said."""
        value = self.value(node)
        if isinstance(value, Read) and not value.indices and value.tensor.name not in self.words.defined and any(
                self.words.others.get(family(value.tensor.name), ())):
            raise MeaningError(f"which entry of {value.tensor.name} is meant is not said")
        return value

    def is_function(self, node: Node) -> bool:
        found = written(node)
        return found is not None and (found.stem in FUNCTIONS or found.stem in self.names.functions)

    def evaluated(self, factors: Sequence[Expression], at: Sequence[tuple[Node, Node]]) -> list[Expression]:
        """The factors before a bar, the last one at the place that the bar gives."""
        return evaluated(factors, [(self.value(name), self.value(number)) for name, number in at],
                         self.words.foreseen | self.words.functions, self.words.defined)

    def is_called(self, part: Node, group: Node) -> bool:
        """Whether a name is a function of what stands in the parentheses behind it, rather than a factor."""
        found = written(part)
        return found is not None and group.kind == "group" and group.head == "(" and not found.inside and (
            found.stem in self.names.called or (is_call(group) and part.kind in ("name", "scripts", "command")
                                                and found.stem not in self.words.sizes))

    def applied(self, node: Node, argument: Expression) -> Expression:
        found = written(node)
        assert found is not None
        name = found.stem if found.stem in FUNCTIONS else (
            "sigmoid" if found.stem == "sigma" and self.names.sigmoid else "")
        exponent = self.exponent_of(node) if found.upper and not found.upper_in_parentheses else None
        if exponent is not None and exponent < 0:
            raise MeaningError(f"{found.stem} to the power {exponent} is an inverse function without a formula here")
        if (rows := self.words.functions_of_rows.get(found.stem)) is not None:
            return self.of_row(found, *rows, argument)
        formula = self.words.functions.get(found.stem, None if name else self.words.foreseen.get(found.stem))
        if any(unwrapped(i).kind == "number" for i in found.lower):
            formula = None  # f_1 beside f is another function
        if exponent is not None and formula is not None:
            return power(self.applied(node.nodes[0], argument), exponent)
        if formula is not None and not found.primes:
            scalar, body = formula
            return with_value(body, scalar, argument)
        if formula is not None and not found.upper and not found.lower:
            scalar, body = formula
            if has_powers(body, self.words.powers):
                body = with_logarithms(body, self.words.powers, {})
            return self.slope(body, scalar, argument, found.primes)
        if not name and found.stem in self.names.activations and not found.lower and not found.upper:
            return Apply(OPEN + found.stem + "'" * found.primes, argument)
        if self.of_entries and word_of(node) in SOFTMAX and not found.primes and (
                len(free := free_indices(argument)) == 1):
            (index,) = free
            return softmax(argument, index, Symbol(f"over_{index.name}"))  # softmax(x_i) = e^{x_i} / Σ_j e^{x_j}
        if not name:
            raise MeaningError(f"the function {found.stem} has no definition here")
        if found.lower or (found.upper and not all(unwrapped(u).kind == "number" for u in found.upper)):
            raise MeaningError(f"what the scripts of {found.stem} mean is not known")
        value = self.standard(name, argument, found.primes)
        return Power(value, int(text_of(found.upper[0]))) if found.upper else value

    def of_row(self, found: Written, of: Tensor, values: Tensor, argument: Expression) -> Expression:
        """σ(A_ik) where the document says what σ(A_ic) is; MeaningError for σ of anything else."""
        if not isinstance(argument, Read) or argument.tensor != of or found.primes or found.upper or found.lower:
            raise MeaningError(f"what {found.stem} is of anything but an entry of {of.name} is not said")
        return Read(values, argument.indices)

    def function(self, node: Node) -> Expression:
        head, argument = node.nodes
        base = head.nodes[0] if head.kind == "scripts" else head
        name = word_of(base) or base.head.lstrip("\\")
        if name in SOFTMAX and (entry := self.entry_of_function(base, argument)) is not None:
            return entry
        if name not in FUNCTIONS:
            raise MeaningError(f"the function {name} is not known here")
        if argument.kind == "scripts" and argument.nodes[0].kind == "group" and argument.nodes[0].head == "(" and (
                exponent := self.exponent_of(argument)) is not None:
            return power(self.function(Node("function", (head, argument.nodes[0]))), exponent)
        return self.of_function(head, self.value(argument))

    def of_function(self, head: Node, argument: Expression) -> Expression:
        """tanh, tanh^2, tanh' of an argument."""
        base = head.nodes[0] if head.kind == "scripts" else head
        name = word_of(base) or base.head.lstrip("\\")
        if name not in FUNCTIONS:
            raise MeaningError(f"the function {name} is not known here")
        scripts = list(scripts_of(head)) if head.kind == "scripts" else []
        primes = sum(mark in ("'", r"\prime") for mark, _ in scripts)
        value = self.standard(name, argument, primes, based=any(mark == "_" for mark, _ in scripts))
        for mark, script in scripts:
            if mark == "_" and script is not None and name == "log" and unwrapped(script).kind == "number":
                value = over(value, Apply("log", expression(number(unwrapped(script)))))
            elif mark == "^" and script is not None and unwrapped(script).kind == "sign":
                raise MeaningError(f"{str(head).strip()} is an inverse function, whose formula is not known")
            elif mark == "^" and script is not None and unwrapped(script).kind == "number":
                value = Power(value, int(text_of(script)))
            elif mark not in ("'", r"\prime"):
                return self.no(head)
        return value

    def exponent_of(self, node: Node) -> Fraction | None:
        """The number in f(x)^2, which is a power of f(x)."""
        scripts = list(scripts_of(node))
        if len(scripts) != 1 or scripts[0][0] != "^" or scripts[0][1] is None:
            return None
        try:
            return self.number(scripts[0][1])
        except MeaningError:
            return None

    # Names, indices, scripts.

    def named(self, node: Node) -> Expression:
        if self.words.operations and node is not self.defining and (entry := Applied(
                self.words.operations, self.index, self.entry_at).entry(node)) is not None:
            return entry
        if (entry := self.entry_of_convolution(node)) is not None or (entry := self.entry_of_whole(node)) is not None:
            return entry
        if node.kind == "scripts":
            base = node.nodes[0]
            if base.kind == "command" and base.head in (r"\underbrace", r"\overbrace"):
                return self.value(base)  # with words under or over the brace
            grouped = base.kind in ("group", "braces") and base.head != "["
            if written(node) is None or grouped or self.is_euler(node) or (
                    base.kind == "index" and operator_of(base.nodes[0]) and self.average(*base.nodes) is not None):
                return self.powered(node)
        found = written(node)
        if found is None:
            return self.no(node)
        if node.kind == "name" and node.head in NO_VALUE:
            return self.no(node)
        if node.kind == "name" and node.head == "e" and self.names.euler and self.names.euler_alone:
            return Apply("exp", expression(1))
        if self.names.integrals and node.kind == "name" and len(node.head) == 2 and node.head[0] == "d" and (
                self.names.stems[node.head[1]] and node.head[1].islower()):
            raise MeaningError(f"{node.head} is a differential beside an integral")
        if letters := self.letters(node):
            return Multiply(tuple(map(self.named, letters)))
        if (to_letters := self.letter_power(found)) is not None:
            return to_letters
        place, exponent, rounded = self.place_rounded(found)
        own_root = found.stem in self.names.roots and (exponent is None or exponent.numerator % 2 == 1)
        if found.stem in self.names.squares and not own_root and (exponent is None or exponent.denominator == 1):
            square = Read(self.words.tensor(f"{place.name}_squared", len(place.indices)), place.indices)
            value: Expression = power(square, (1 if exponent is None else exponent) / Fraction(2))
        elif self.names.kronecker and found.stem == "delta" and len(place.indices) == 2 and exponent is None:
            value = Bracket((place.indices[0] - place.indices[1],))
        else:
            value = self.entry(place) if exponent is None else power(self.entry(place), exponent)
        return rounded.around(value)

    def entry_at(self, node: Node, places: tuple[Polynomial, ...]) -> Expression:
        """What a name without indices is at some."""
        found = written(node)
        if found is None:
            return self.no(node)
        place, exponent = self.place(found)
        return self.no(node) if exponent is not None else self.entry(Place(place.name, (*place.indices, *places)))

    def entry_of_convolution(self, node: Node) -> Expression | None:
        """(w ∗ x)_i or (w ∗ x)[i] as an entry of a signal of its own, which has the formula that the document gives."""
        split = entry_in_parentheses(node)
        if split is None:
            return None
        inner, places = split
        names = [written(n) for n in inner.nodes]
        if inner.kind != "product" or len(inner.parts) != 3 or not isinstance(inner.parts[1], Token) or (
                inner.parts[1].text not in STARS or None in names or not self.names.convolution):
            return None
        called = CONVOLVED_WITH.join(identifier("_".join((n.stem, *map(text_of, n.lower)))) for n in names if n)
        return Read(self.words.tensor(called, len(places)), tuple(map(self.index, places)))

    def entry_of_whole(self, node: Node) -> Expression | None:
        """(A x)_i as an entry of the vector A x; None where what stands in the parentheses is no vector or matrix."""
        split = entry_in_parentheses(node)
        if split is None or self.entry_of is None:
            return None
        inner, places = split
        return self.entry_of(inner, places)

    def entry(self, place: Place) -> Expression:
        """What stands at a place: an index, a size, an entry of a gradient or of a tensor."""
        if not place.indices and place.name in self.variables:
            return Value(polynomial(self.symbol(place.name)))
        if not place.indices and place.name in self.words.sizes:
            return Value(polynomial(self.size(place.name)))
        if (of := self.gradient_of(place.name)) is not None:
            return Read(self.words.tensor(of, len(place.indices)).gradient(self.loss), place.indices)
        return Read(self.words.tensor(place.name, len(place.indices)), place.indices)

    def letter_power(self, found: Written) -> Expression | None:
        """γ^{t-1-i}: a power of a number, with letters in its exponent; None for anything else."""
        plain = found.stem in SCALARS | self.words.sizes or (len(found.stem) == 1 and (
            found.stem in self.names.bare | self.names.arguments
            or any(stems_of(u) & self.names.arguments for u in found.upper)))
        if len(found.upper) != 1 or found.stem in self.names.labelled | self.names.samples | {"e"} or not plain or (
                is_transposition(found.upper[0])) or unwrapped(found.upper[0]).kind == "number":
            return None
        base = self.entry(self.place(replace(found, upper=()))[0])
        return self.to_letters(base, found.upper[0]) or self.to_argument(base, found.upper[0])

    def to_letters(self, base: Expression, exponent: Node) -> Expression | None:
        """A power whose exponent is made of indices and sizes; None where it has none of these, or others."""
        try:
            to = self.index(unwrapped(exponent))
        except MeaningError:
            return None
        if not to.symbols or free_indices(base) or any(isinstance(n, Binder) for n in walk(base)) or any(
                s.name in self.names.arguments for s in to.symbols):
            return None
        tensor = power_tensor(base)
        self.words.powers[tensor.name] = base
        return Read(tensor, (to,))

    def to_argument(self, base: Expression, exponent: Node) -> Expression | None:
        """exp(x log a) for aˣ with an x that is no whole number; None where labels or indices stand in the exponent."""
        stems = stems_of(exponent)
        if not stems or not stems <= self.names.bare | SCALARS or stems & (
                self.names.labelled | self.names.indexed | self.names.index_names):
            return None
        try:
            to = self.value(unwrapped(exponent))
        except MeaningError:
            return None
        return Apply("exp", Multiply((to, Apply("log", base))))

    def is_product(self, word: str) -> bool:
        """Whether letters side by side are factors: each of them is used alone, and the word has no scripts.

        TP and FN, of which T and N are nothing, make FP an abbreviation, too.
        """
        if word.isupper() and any(len(other) == len(word) and other.isalpha() and other.isupper() and {*other} & {*word}
                                  and not all(self.names.stems[c] for c in other) for other in [*self.names.stems]):
            return False
        coefficient = len(word) == 2 and word[1] in "xyz" and word[0].islower() and word[0] != "d"  # ax + b
        return (all(self.names.stems[c] for c in word) or (coefficient and self.names.stems[word[0]] > 0)) and (
            word not in self.names.indexed and word not in self.names.differentials)

    def letters(self, node: Node) -> tuple[Node, ...]:
        """The factors of a word that is a product: a and b of ab, a and b^T of ab^T; none for any other name."""
        base = node.nodes[0] if node.kind == "scripts" else node
        if base.kind != "name" or not base.head.isalpha() or len(base.head) == 1 or not self.is_product(base.head):
            return ()
        (token,) = base.tokens
        *first, last = (Node("name", (Token("word", c, token.start + n),)) for n, c in enumerate(base.head))
        return (*first, last if node is base else Node("scripts", (last, *node.parts[1:])))

    def is_euler(self, node: Node) -> bool:
        """Whether e^… is an exponential: where e is a name, too, it is one only under an exponent that is no number."""
        base = node.nodes[0]
        if base.kind != "name" or base.head != "e":
            return False
        exponents = [s for mark, s in scripts_of(node) if mark == "^" and s is not None]
        return self.names.euler or (not self.names.labelled & {"e"} and len(list(scripts_of(node))) == 1 and any(
            unwrapped(s).kind != "number" for s in exponents))

    def powered(self, node: Node) -> Expression:
        """(…)^2, e^z, (…)^{-1/2}."""
        base = node.nodes[0]
        scripts = list(scripts_of(node))
        if len(scripts) != 1 or scripts[0][0] != "^" or scripts[0][1] is None:
            return self.no(node)
        exponent = unwrapped(scripts[0][1])
        if self.is_euler(node):
            return Apply("exp", self.value(exponent))
        if exponent.head in TRANSPOSED or exponent.head in DECORATIONS:
            return self.no(node)
        try:
            number_of = self.number(exponent)
        except MeaningError:
            letters = self.to_letters(self.value(base), exponent) or self.to_argument(self.value(base), exponent)
            if letters is None:
                raise
            return letters
        return power(self.value(base), number_of)

    # Commands.

    def command(self, node: Node) -> Expression:
        if node.head.endswith("binom"):
            return expression(binomial(*map(self.number, node.nodes[:2])))
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
        if node.head in (r"\overset", r"\underset") and written(unwrapped(node.nodes[1])) is None:
            return self.value(node.nodes[1])  # with a remark over or under it
        if written(node) is not None:
            return self.named(node)
        if len(node.nodes) == 1:
            inner = unwrapped(node.nodes[0])
            if inner.kind == "scripts":
                return self.named(inner)
        return self.no(node)


def _multiplied(factors: Sequence[Expression]) -> Expression:
    return Multiply(tuple(factors)) if len(factors) > 1 else factors[0]
