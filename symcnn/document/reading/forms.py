"""Small pieces of reading: names and numbers of a tree, and formulas made of parts."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.unicode import GREEK
from symcnn.document.reading.written import Written, items, scripts_of, text_of, unwrapped, written
from symcnn.errors import StepError, SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.notation.expression import (
    Add, Apply, Derivative, Expression, Multiply, Power, Read, Sum, Tensor, Value, children, expression, free_indices,
    rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, polynomial

ROUNDED = "rounded_"
"""How the variable of a rounded fraction begins."""
LARGEST_EXPONENT = 10_000
AVERAGES = frozenset(("E", "E_bb", "E_cal", "Var", "Cov"))
"""How averages are called, whose arguments may stand in brackets as indices do."""
REMARKS = frozenset(r"\mathbf \mathrm \text \textbf \mathsf \textrm \textit \mathtt \operatorname".split())


class MeaningError(SymcnnError):
    """Something that is read but has no meaning here; says what."""


class FaultError(MeaningError):
    """Something that is written wrongly whatever it stands for; says what."""


def signed_terms(node: Node) -> list[tuple[bool, Node]]:
    """The terms of a sum, each with whether it is subtracted; MeaningError for ± and for a sum that breaks off."""
    terms: list[tuple[bool, Node]] = []
    negative = False
    node = node.__dict__.get("meant") or node
    if node.kind != "sum":
        return [(False, node)]
    for part in node.parts:
        if isinstance(part, Token):
            sign = part.text.strip("{}").strip()
            if sign not in ("+", "-"):
                raise MeaningError(f"the terms of a sum stand with + or -, not with {sign}")
            negative = sign == "-"
        elif part == EMPTY:
            raise MeaningError("a sum breaks off")
        else:
            terms.append((negative, part))
            negative = False
    return terms


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


def differentials(node: Node) -> tuple[Node, Node] | None:
    """L and x of a fraction ∂L/∂x; None for what is no such fraction."""
    if node.kind != "command" or not node.head.endswith("frac") or len(node.nodes) != 2:
        return None
    of, by = (differential(n) for n in node.nodes)
    return None if of is None or by is None or EMPTY in (of, by) else (of, by)


def second_differentials(top: Node, bottom: Node) -> tuple[Node, Node, Node] | None:
    """What is differentiated twice, and by what: f, x, y of ∂²f/∂x∂y, and f, x, x of d²f/dx²; None for the rest."""
    above = _factors_of(top)
    if len(above) < 2 or differential(without_square := _without_square(above[0])) is not EMPTY or (
            without_square is above[0]):
        return None
    of = above[1] if len(above) == 2 else Node("product", tuple(above[1:]))
    below = _factors_of(bottom)
    begins = [n for n, part in enumerate(below) if differential(part) is EMPTY]
    if len(begins) == 2 and begins[0] == 0 and 1 < begins[1] < len(below) - 1:
        first, second = below[1:begins[1]], below[begins[1] + 1:]
        return (of, first[0], second[0]) if len(first) == len(second) == 1 else None
    if len(begins) == 1 and len(below) == 2:
        by = _without_square(below[1])
        return (of, by, by) if by is not below[1] else None
    if not begins and 1 <= len(below) <= 2:  # dx² and dx dy
        slopes = [differential(_without_square(part) if len(below) == 1 else part) for part in below]
        if len(below) == 1 and _without_square(below[0]) is below[0] or None in slopes:
            return None
        return of, slopes[0], slopes[-1]  # type: ignore[return-value]
    return None


def second_operator(node: Node) -> tuple[Node, Node] | None:
    """By what ∂²/∂x∂y or d²/dx² differentiates what stands behind it; None for another fraction."""
    above = unwrapped(node.nodes[0]) if node.kind == "command" and node.head.endswith("frac") else node
    if above is node or above.kind != "scripts" or len(node.nodes) != 2:
        return None
    found = second_differentials(Node("product", (above, EMPTY)), node.nodes[1])
    return None if found is None else found[1:]


def _factors_of(node: Node) -> list[Node]:
    inner = unwrapped(node)
    return list(inner.nodes) if inner.kind == "product" else [inner]


def _without_square(node: Node) -> Node:
    """A name without the exponent 2; the node itself where it has none."""
    for mark, script in scripts_of(node) if node.kind == "scripts" else ():
        if mark == "^" and script is not None and text_of(script).strip(" {}") == "2":
            place = next(n for n, part in enumerate(node.parts) if part is script)
            parts = (*node.parts[:place - 1], *node.parts[place + 1:])
            return node.nodes[0] if len(parts) == 1 else Node("scripts", parts)
    return node


def is_chain_rule(node: Node) -> bool:
    """Whether a side is nothing but a product of derivatives, ∂J/∂z ∂z/∂w, perhaps summed."""
    node = unwrapped(node)
    if node.kind == "big":
        return is_chain_rule(node.nodes[1])
    if node.kind == "product":
        return all(map(is_chain_rule, node.nodes))
    return node.kind == "command" and node.head.endswith("frac") and (
        differential(node.nodes[0]) not in (None, EMPTY) and differential(node.nodes[1]) is not None)


def is_remark(node: Node) -> bool:
    r"""Whether a factor is a word in brackets that says what a number is: 64 [\mathbf{C}], 12 [\text{params}]."""
    if node.kind != "group" or node.head != "[" or node.inner is None:
        return False
    inner = node.nodes[0].nodes[0]
    return inner.kind == "text" or (inner.kind == "command" and inner.head in REMARKS
                                    and written(inner) is not None and not inner.head.endswith("frac"))


def is_flip(node: Node) -> bool:
    """Whether a node is flip, rot180 or rot_{180}, in any type."""
    said = "".join(t.text for t in node.tokens if t.text not in "{}_^" and t.text[:1] != "\\")
    return said in ("flip", "rot180", "rot", "Flip", "Rot180")


def is_schematic(left: Expression, right: Expression) -> bool:
    """Whether one side only names the factors of the chain rule, ∂L/∂y_i ∂y_i/∂γ, and leaves out the sum over i."""
    def factors(node: Expression) -> tuple[Expression, ...]:
        return node.factors if isinstance(node, Multiply) else (node,)

    for side, other in ((left, right), (right, left)):
        terms = side.terms if isinstance(side, Add) else (side,)
        parts = [f for t in terms for f in factors(t)]
        if free_indices(side) - free_indices(other) and any(isinstance(f, Derivative) for f in parts) and all(
                isinstance(f, Derivative) or (isinstance(f, Read) and f.tensor.gradient_of) for f in parts) and any(
                len(factors(t)) > 1 for t in terms):
            return True
    return False


def applied_to_name(node: Node) -> tuple[str, str] | None:
    """(f, z) of a side f(z) whose argument is one plain name."""
    if node.kind != "product" or len(node.parts) != 2:
        return None
    function, argument = node.nodes if len(node.nodes) == 2 else (EMPTY, EMPTY)
    head, inside = written(function), items(argument) if argument.kind == "group" and argument.head == "(" else ()
    variable = written(inside[0]) if len(inside) == 1 else None
    if head is None or variable is None or head.lower or head.upper or variable.lower or variable.upper:
        return None
    letter = len(variable.stem) <= 2 or rf"\{variable.stem}" in GREEK.values()
    return (head.stem, variable.stem) if letter and head.stem not in ("partial", "nabla") else None


def applied_to_entry(node: Node) -> tuple[str, Node] | None:
    """f and x_i of a side f(x_i), whose argument is one name with subscripts that are no plain numbers."""
    if node.kind != "product" or len(node.parts) != 2 or len(node.nodes) != 2:
        return None
    head, group = written(node.nodes[0]), node.nodes[1]
    inside = items(group) if group.kind == "group" and group.head == "(" else ()
    entry = written(inside[0]) if len(inside) == 1 else None
    if head is None or head != Written(head.stem) or entry is None or not (entry.lower or entry.inside):
        return None
    lettered = all(any(t.kind == "word" for t in n.tokens) for n in (*entry.lower, *entry.inside))
    return (head.stem, inside[0]) if lettered and head.stem not in ("partial", "nabla") else None


def slope_at(node: Node) -> str | None:
    """f of a side f'(z) whose argument is one name, perhaps with scripts."""
    if node.kind != "product" or len(node.parts) != 2 or len(node.nodes) != 2:
        return None
    head, argument = written(node.nodes[0]), node.nodes[1]
    inside = argument.nodes[0].nodes if argument.kind == "group" and argument.head == "(" and argument.nodes else ()
    if head is None or not head.primes or head.lower or head.upper or len(inside) != 1 or written(inside[0]) is None:
        return None
    return head.stem


def with_value(node: Expression, scalar: Expression, by: Expression) -> Expression:
    """A formula with another formula in place of a part; a derivative by that part stays as it is."""
    if node == scalar:
        return by
    if isinstance(node, Derivative) and node.by == scalar and not isinstance(by, Read):
        return node
    return rebuild(node, tuple(with_value(c, scalar, by) for c in children(node)))


def number(node: Node) -> Fraction:
    """The exact value of a printed number."""
    if not any(c.isdigit() for c in node.head):
        raise MeaningError(f"{node.head} alone is no number")  # \dfrac 2.5 is 2 above a point
    return Fraction(node.head.replace(r"\,", "").replace(",", "").replace("{", "").replace("}", ""))


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


def as_polynomial(node: Expression) -> Polynomial | None:
    """A formula of sizes and numbers as a polynomial; None for any other."""
    match node:
        case Value(p):
            return p
        case Add(terms) | Multiply(terms):
            total = polynomial(0 if isinstance(node, Add) else 1)
            for term in terms:
                inner = as_polynomial(term)
                if inner is None:
                    return None
                total = total + inner if isinstance(node, Add) else total * inner
            return total
    return None


def is_rounded(node: Expression) -> bool:
    """Whether a part of a formula is a rounded fraction: the one number n in a condition."""
    return isinstance(node, Sum) and bool(node.ranges) and node.ranges[0].variable.name.startswith(ROUNDED)


def over(top: Expression, bottom: Expression) -> Expression:
    if isinstance(bottom, Value) and bottom.value.is_constant and bottom.value.constant:
        return top * expression(Fraction(1) / Fraction(bottom.value.constant))
    return top * Power(bottom, -1)


REMAINDERS = frozenset((r"\bmod", r"\%"))
"""Signs between two numbers for what is left when the first is divided by the second; \\mod tells of a congruence."""


def remainder(number: Expression, divisor: Expression) -> Expression:
    """What is left of a whole number divided by one that is not greater; MeaningError for others.

    7 = 1 mod 3 is a congruence, in which 1 is no number to be divided.
    """
    a, b = constant(number), constant(divisor)
    if a is None or b is None or a.denominator != 1 or b.denominator != 1 or not 0 < b <= a:
        raise MeaningError("a remainder is worked out only where a whole number is divided by a smaller one")
    return expression(a % b)


def power(base: Expression, exponent: Fraction) -> Expression:
    """A power with a whole or half exponent, of a number also with a large one; MeaningError for another."""
    number = constant(base) if 64 < abs(exponent) <= LARGEST_EXPONENT else None
    small = number is not None and (number.numerator.bit_length() + number.denominator.bit_length()) <= 64
    if exponent.denominator == 1 and (abs(exponent) <= 64 or small):
        return base if exponent == 1 else Power(base, int(exponent))
    if exponent.denominator == 2 and abs(exponent) <= 32:
        return Power(Apply("sqrt", base), int(2 * exponent))
    raise MeaningError(f"the power {exponent} is not read")


@lru_cache(maxsize=5000)
def identifier(name: str) -> str:
    """A name that the notation takes: letters, digits and underscores."""
    spelled = {"^": "_up_", "-": "_minus_", "+": "_plus_"}
    result = "".join(c if c.isalnum() or c == "_" else spelled.get(c, "_") for c in name.removeprefix("\\"))
    return result if result[:1].isalpha() else f"v_{result}"


def renamed(node: Expression, old: Tensor, new: Tensor) -> Expression:
    """The formula with one name in place of another."""
    if isinstance(node, Read) and node.tensor == old:
        return Read(new, node.indices)
    return rebuild(node, tuple(renamed(c, old, new) for c in children(node)))


def cancels(node: Expression, tensor: Tensor) -> bool:
    """Whether a formula is the same whatever a name stands for: C in (C K + C M)/(C K M)."""
    if any(isinstance(n, Derivative) for n in walk(node)):
        return False
    try:
        equal(Claim(node, renamed(node, tensor, replace(tensor, name=f"other_{tensor.name}"))))
    except StepError:
        return False
    return True
