"""Polynomials and conditions between them, in the order in which a person writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symcnn.latex.names import juxtaposed, name
from symcnn.notation.polynomial import ONE, Monomial, Number, Polynomial, Symbol

NEXT = r",\; "


@dataclass(frozen=True)
class Signed:
    """One summand without its sign; `has_index` tells whether an index occurs in it."""

    negative: bool
    text: str
    has_index: bool = False
    is_number: bool = False


def signed_sum(terms: Sequence[Signed]) -> str:
    """The terms with their signs; 0 for none."""
    text = ""
    for term in terms:
        if text:
            text += (" - " if term.negative else " + ") + term.text
        else:
            text = ("-" if term.negative else "") + term.text
    return text or "0"


def polynomial_text(p: Polynomial) -> str:
    return signed_sum(polynomial_terms(p))


def polynomial_terms(p: Polynomial) -> list[Signed]:
    """The summands of a polynomial: s i + d k − p, K − 1 − k, H + 2 p − d (K − 1) − 1.

    Terms c·m·x − c·m are written c m (x − 1); what is positive comes first, indices before sizes.
    """
    terms = _grouped(p)
    constants = [t for t in terms if t.is_number]
    indices = [t for t in terms if t.has_index]
    sizes = [t for t in terms if not t.has_index and not t.is_number]

    def parts(group: list[Signed], negative: bool) -> list[Signed]:
        return [t for t in group if t.negative == negative]

    if parts(indices, False):
        return [*parts(indices, False), *parts(sizes, False), *parts(indices, True), *parts(sizes, True),
                *constants]
    rest = [*parts(sizes, False), *parts(sizes, True), *constants]
    if not parts(sizes, False) and constants and not constants[0].negative:
        rest = [*constants, *parts(sizes, True)]
    return [*rest, *indices] if rest and not rest[0].negative else [*indices, *rest]


def _grouped(p: Polynomial) -> list[Signed]:
    left = dict(p.terms)
    result: list[Signed] = []
    order = [m for m, _ in sorted(p.terms.items(), key=lambda t: _reading_order(t[0]))]
    for monomial in order:
        if monomial == ONE or monomial not in left or any(power < 0 for _, power in monomial):
            continue
        # K before d: the factor (K − 1) belongs to an extent, not to the stride before it.
        for symbol in sorted((s for s, _ in monomial), key=lambda s: (not s.is_size, s.name[0].islower(), s)):
            rest = tuple((s, e - (s == symbol)) for s, e in monomial if e - (s == symbol))
            if rest != ONE and rest in left and left[rest] == -left[monomial]:
                coefficient = left.pop(monomial)
                del left[rest]
                factor = f"({name(symbol.name)} - 1)"
                has_index = any(not s.is_size for s, _ in monomial)
                result.append(Signed(coefficient < 0, _monomial(rest, coefficient, factor), has_index))
                break
    plain = [Signed(left[m] < 0, _monomial(m, left[m]), any(not s.is_size for s, _ in m), m == ONE)
             for m in order if m in left]
    return plain + result


def _reading_order(monomial: Monomial) -> tuple[object, ...]:
    # The place inside the kernel comes after the place of the output: s o + d k − p.
    indices = sorted((s.name[0] == "k", s.name) for s, _ in monomial if not s.is_size)
    return (not indices, indices, -sum(abs(e) for _, e in monomial), [s.name for s, _ in monomial])


def symbol_order(symbol: Symbol) -> tuple[bool, bool, str]:
    """Strides before extents before indices: s H, s i, 2 r K."""
    return (not symbol.is_size, symbol.name[0].isupper(), symbol.name)


def _monomial(monomial: Monomial, coefficient: Number, factor: str = "") -> str:
    """The term without its sign."""
    above = [_power(s, e) for s, e in sorted(monomial, key=lambda f: symbol_order(f[0])) if e > 0]
    below = [_power(s, -e) for s, e in sorted(monomial, key=lambda f: symbol_order(f[0])) if e < 0]
    above += [factor] if factor else []
    value = abs(Fraction(coefficient))
    if value.numerator != 1 or not above:
        above.insert(0, str(value.numerator))
    if value.denominator != 1:
        below.insert(0, str(value.denominator))
    return rf"\frac{{{juxtaposed(above)}}}{{{juxtaposed(below)}}}" if below else juxtaposed(above)


def _power(symbol: Symbol, exponent: int) -> str:
    return powered(name(symbol.name), exponent)


def powered(base: str, exponent: int) -> str:
    """A name to a power; a primed name is put in parentheses, because a prime is a superscript too."""
    if exponent == 1:
        return base
    return rf"\left( {base} \right)^{{{exponent}}}" if base.endswith("'") else f"{base}^{{{exponent}}}"


def equation(p: Polynomial) -> str:
    """p = 0 as positive terms = negative terms."""
    terms = polynomial_terms(p)
    left, right = _sides(terms)
    if not left:
        left, right = right, left
    return f"{signed_sum(left)} = {signed_sum(right)}"


def at_least_zero(p: Polynomial) -> str:
    """p ≥ 0 as … ≤ …: k ≤ K − 1, 0 ≤ k, d (K − 1) + 1 ≤ H + 2 p."""
    terms = polynomial_terms(p)
    indices = [t for t in terms if t.has_index]
    rest = [t for t in terms if not t.has_index]
    if indices and all(t.negative for t in indices) and any(not t.negative for t in rest):
        return rf"{signed_sum([_positive(t) for t in indices])} \le {signed_sum(rest)}"
    large, small = _sides(terms)
    return rf"{signed_sum(small)} \le {signed_sum(large)}"


def _sides(terms: Sequence[Signed]) -> tuple[list[Signed], list[Signed]]:
    return [t for t in terms if not t.negative], [_positive(t) for t in terms if t.negative]


def _positive(term: Signed) -> Signed:
    return Signed(False, term.text, term.has_index, term.is_number)


def conditions(equations: Iterable[Polynomial], inequalities: Sequence[Polynomial]) -> str:
    """The conditions in their order; 0 ≤ e and e ≤ u next to each other are written 0 ≤ e ≤ u."""
    found = [equation(e) for e in equations]
    at = 0
    while at < len(inequalities):
        low = inequalities[at]
        total = low + inequalities[at + 1] if at + 1 < len(inequalities) else None
        if total is not None and _is_index(low) and all(s.is_size for s in total.symbols):
            middle = low - low.constant
            upper = polynomial_text(total - low.constant)
            found.append(rf"{polynomial_text(middle - low)} \le {polynomial_text(middle)} \le {upper}")
            at += 2
        else:
            found.append(at_least_zero(low))
            at += 1
    return NEXT.join(found)


def _is_index(p: Polynomial) -> bool:
    terms = polynomial_terms(p)
    return any(t.has_index for t in terms) and not terms[0].negative
