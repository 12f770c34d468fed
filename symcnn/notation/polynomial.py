"""Polynomials with rational coefficients over integer symbols: the arithmetic of indices and sizes.

An index `s·i + d·k − p`, an extent `H + 2p − d(K−1)` and a coefficient `1/N` are all polynomials.
Exponents may be negative, but only of sizes whose lower bound is at least 1, so nothing is ever
divided by zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import total_ordering
from math import gcd
from types import MappingProxyType

Number = int | Fraction
_set = object.__setattr__


@total_ordering
class Symbol:
    """The name of an integer: a size (with its lower bound) or an index (lower is None).

    Equal symbols are one object, so that looking one up compares nothing.
    """

    __slots__ = ("lower", "name")
    name: str
    lower: int | None

    def __new__(cls, name: str, lower: int | None = None) -> Symbol:
        self = _SYMBOLS.get((name, lower))
        if self is None:
            self = object.__new__(cls)
            _set(self, "name", name)
            _set(self, "lower", lower)
            self = _SYMBOLS.setdefault((name, lower), self)
        return self

    def __reduce__(self) -> tuple[type[Symbol], tuple[str, int | None]]:
        return Symbol, (self.name, self.lower)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Symbol cannot be changed")

    __delattr__ = None  # type: ignore[assignment]

    @property
    def is_size(self) -> bool:
        return self.lower is not None

    def __lt__(self, other: Symbol) -> bool:
        return self.name < other.name

    def __repr__(self) -> str:
        return self.name if self.lower is None else f"{self.name}≥{self.lower}"


_SYMBOLS: dict[tuple[str, int | None], Symbol] = {}
Monomial = tuple[tuple[Symbol, int], ...]
ONE: Monomial = ()


def without_size_factor(p: Polynomial) -> Polynomial:
    """p divided by every size ≥ 1 that is a factor of all its terms: the same sign, the same zeros."""
    common: dict[Symbol, int] | None = None
    if ONE in p.terms:
        return p
    for monomial in p.terms:
        powers = {s: e for s, e in monomial if s.lower is not None and s.lower >= 1 and e > 0}
        common = powers if common is None else {s: min(e, powers[s]) for s, e in common.items() if s in powers}
        if not common:
            return p
    if not common:
        return p
    return Polynomial({tuple((s, e - common.get(s, 0)) for s, e in m if e != common.get(s, 0)): c
                       for m, c in p.terms.items()})


def without_negative_powers(p: Polynomial) -> Polynomial:
    """p times powers of sizes ≥ 1, so that none stands below: the same sign, the same zeros."""
    least: dict[Symbol, int] = {}
    for monomial in p.terms:
        for s, power in monomial:
            least[s] = min(least.get(s, 0), power)
    below = {s: -power for s, power in least.items() if power}
    if any(s.lower is None or s.lower < 1 for s in below):
        raise ZeroDivisionError(f"{p} divides by what may be zero")
    return p * Polynomial({tuple(sorted(below.items())): 1}) if below else p


def _tidy(value: Number) -> Number:
    return value.numerator if type(value) is Fraction and value.denominator == 1 else value


def _times(a: Monomial, b: Monomial) -> Monomial:
    if not a:
        return b
    if not b:
        return a
    powers = dict(a)
    for symbol, power in b:
        powers[symbol] = powers.get(symbol, 0) + power
    return tuple(sorted((s, p) for s, p in powers.items() if p))


def _multiplied(a: Mapping[Monomial, Number], b: Mapping[Monomial, Number]) -> dict[Monomial, Number]:
    """The terms of a product."""
    terms: dict[Monomial, Number] = {}
    for m1, c1 in a.items():
        for m2, c2 in b.items():
            m = _times(m1, m2)
            terms[m] = _tidy(terms.get(m, 0) + c1 * c2)
    return terms


def _in_reading_order(term: tuple[Monomial, Number]) -> tuple[int, Monomial]:
    return -sum(abs(p) for _, p in term[0]), term[0]


class Polynomial:
    """An immutable polynomial; `terms` maps each monomial to its nonzero coefficient."""

    __slots__ = ("_hash", "_symbols", "terms")
    terms: Mapping[Monomial, Number]
    _hash: int  # this and the next are worked out when they are first asked for
    _symbols: frozenset[Symbol]

    def __new__(cls, terms: Mapping[Monomial, Number]) -> Polynomial:
        return cls._of_own(dict(terms))

    @classmethod
    def _of_own(cls, terms: dict[Monomial, Number]) -> Polynomial:
        """A polynomial that keeps this dictionary, which nobody else may hold."""
        self = object.__new__(cls)
        kept = terms if all(terms.values()) else {m: c for m, c in terms.items() if c}
        _set(self, "terms", MappingProxyType(kept))
        return self

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Polynomial cannot be changed")

    __delattr__ = None  # type: ignore[assignment]

    @staticmethod
    def of(value: PolynomialLike) -> Polynomial:
        """A polynomial from a number, a symbol or a polynomial."""
        if isinstance(value, Polynomial):
            return value
        if isinstance(value, Symbol):
            return Polynomial._of_own({((value, 1),): 1})
        if isinstance(value, (int, Fraction)):
            return UNIT if value == 1 else Polynomial._of_own({ONE: _tidy(value)})
        raise TypeError(f"not a polynomial: {value!r}")

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            _set(self, "_hash", hash(frozenset(self.terms.items())))
            return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Polynomial) and self.terms == other.terms

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __add__(self, other: PolynomialLike) -> Polynomial:
        other = Polynomial.of(other)
        terms = dict(self.terms)
        for m, c in other.terms.items():
            terms[m] = _tidy(terms.get(m, 0) + c)
        return Polynomial._of_own(terms)

    __radd__ = __add__

    def __neg__(self) -> Polynomial:
        return Polynomial._of_own({m: -c for m, c in self.terms.items()})

    def __sub__(self, other: PolynomialLike) -> Polynomial:
        terms = dict(self.terms)
        for m, c in Polynomial.of(other).terms.items():
            terms[m] = _tidy(terms.get(m, 0) - c)
        return Polynomial._of_own(terms)

    def __rsub__(self, other: PolynomialLike) -> Polynomial:
        return Polynomial.of(other) - self

    def __mul__(self, other: PolynomialLike) -> Polynomial:
        other = Polynomial.of(other)
        if other is UNIT or self is UNIT:
            return self if other is UNIT else other
        return Polynomial._of_own(_multiplied(self.terms, other.terms))

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Polynomial:
        """A power; a negative one only of a single term whose symbols are sizes ≥ 1."""
        if exponent < 0:
            if len(self.terms) != 1:
                raise ZeroDivisionError(f"only a single term can be inverted, not {self}")
            ((monomial, coefficient),) = self.terms.items()
            if any(s.lower is None or s.lower < 1 for s, _ in monomial):
                raise ZeroDivisionError(f"{self} may be zero")
            inverse = Polynomial({tuple((s, -p) for s, p in monomial): _tidy(Fraction(1) / coefficient)})
            return inverse ** (-exponent)
        if not exponent:
            return UNIT
        result = self
        for _ in range(exponent - 1):
            result = result * self
        return result

    @property
    def symbols(self) -> frozenset[Symbol]:
        try:
            return self._symbols
        except AttributeError:
            _set(self, "_symbols", frozenset([s for m in self.terms for s, _ in m]))
            return self._symbols

    @property
    def constant(self) -> Number:
        return self.terms.get(ONE, 0)

    @property
    def is_constant(self) -> bool:
        return not self.terms or (len(self.terms) == 1 and ONE in self.terms)

    @property
    def as_symbol(self) -> Symbol | None:
        """The symbol this polynomial is, if it is one symbol and nothing else."""
        if len(self.terms) == 1:
            ((monomial, coefficient),) = self.terms.items()
            if coefficient == 1 and len(monomial) == 1 and monomial[0][1] == 1:
                return monomial[0][0]
        return None

    def degree(self, symbol: Symbol) -> int:
        return max((p for m in self.terms for s, p in m if s == symbol), default=0)

    def coefficients(self, symbol: Symbol) -> dict[int, Polynomial]:
        """The polynomial as powers of one symbol: {power: coefficient}."""
        collected: dict[int, dict[Monomial, Number]] = {}
        for monomial, coefficient in self.terms.items():
            power = next((p for s, p in monomial if s == symbol), 0)
            rest = tuple(f for f in monomial if f[0] != symbol)
            collected.setdefault(power, {})[rest] = coefficient
        return {power: Polynomial._of_own(terms) for power, terms in collected.items()}

    def linear_coefficient(self, symbol: Symbol) -> Polynomial | None:
        """The coefficient of a symbol that occurs to the first power only; None otherwise."""
        if symbol not in self.symbols:
            return ZERO
        terms: dict[Monomial, Number] = {}
        for monomial, coefficient in self.terms.items():
            for place, (s, power) in enumerate(monomial):
                if s == symbol:
                    if power != 1:
                        return None
                    terms[monomial[:place] + monomial[place + 1:]] = coefficient
        return Polynomial._of_own(terms)

    def unit_coefficient(self, symbol: Symbol) -> int:
        """1 or −1 when the symbol occurs in exactly one term and bare there; 0 otherwise."""
        bare: Monomial = ((symbol, 1),)
        found = self.terms.get(bare, 0)
        if found not in (1, -1) or any(s == symbol for m in self.terms if m != bare for s, _ in m):
            return 0
        return int(found)

    def substitute(self, values: Mapping[Symbol, Polynomial]) -> Polynomial:
        """Replace symbols by polynomials, all at once."""
        symbols = self.symbols
        if not symbols or not values or symbols.isdisjoint(values):
            return self
        if len(symbols) == 1 and (symbol := self.as_symbol) is not None:
            return values[symbol]
        result: dict[Monomial, Number] = {}
        for monomial, coefficient in self.terms.items():
            replaced = [f for f in monomial if f[0] in values]
            if not replaced:
                result[monomial] = _tidy(result.get(monomial, 0) + coefficient)
                continue
            product: Mapping[Monomial, Number] = {tuple(f for f in monomial if f[0] not in values): coefficient}
            for symbol, power in replaced:
                product = _multiplied(product, (values[symbol] ** power).terms)
            for m, c in product.items():
                result[m] = _tidy(result.get(m, 0) + c)
        return Polynomial._of_own(result)

    def evaluate(self, values: Mapping[Symbol, int]) -> Number:
        """The value at integers; KeyError for a symbol without one."""
        total: Number = 0
        for monomial, coefficient in self.terms.items():
            product: Number = coefficient
            for symbol, power in monomial:
                value = values[symbol]
                product *= value if power == 1 else value ** power if power > 0 else Fraction(1, value ** -power)
            total += product
        return _tidy(total)

    def primitive(self) -> Polynomial:
        """The same polynomial divided by a positive number: integer coefficients without common factor."""
        if not self.terms:
            return self
        if any(c in (1, -1) for c in self.terms.values()) and all(type(c) is int for c in self.terms.values()):
            return self
        denominator = 1
        for c in self.terms.values():
            if isinstance(c, Fraction):
                denominator = denominator * c.denominator // gcd(denominator, c.denominator)
        numerators = [int(c * denominator) for c in self.terms.values()]
        common = gcd(*numerators)
        if denominator == 1 and common == 1:
            return self
        return Polynomial({m: n // common for m, n in zip(self.terms, numerators, strict=True)})

    @property
    def is_integral(self) -> bool:
        """Whether the value is an integer by its form: whole coefficients, no negative powers."""
        return all(type(c) is int and all(power > 0 for _, power in m) for m, c in self.terms.items())

    @property
    def is_affine(self) -> bool:
        return all(len(m) == 0 or (len(m) == 1 and m[0][1] == 1) for m in self.terms)

    def sorted_terms(self) -> list[tuple[Monomial, Number]]:
        """Terms in a stable reading order: higher degree first, then by name, the constant last."""
        return sorted(self.terms.items(), key=_in_reading_order)

    @property
    def leading_coefficient(self) -> Number:
        """The coefficient of the first term in reading order; 0 of none."""
        return min(self.terms.items(), key=_in_reading_order)[1] if self.terms else 0

    def sort_key(self) -> tuple[object, ...]:
        return tuple(sorted((tuple([(s.name, p) for s, p in m]), c) for m, c in self.terms.items()))

    def __repr__(self) -> str:
        if not self.terms:
            return "0"
        text = ""
        for monomial, coefficient in self.sorted_terms():
            body = "*".join(s.name if p == 1 else f"{s.name}^{p}" for s, p in monomial)
            size = abs(coefficient)
            piece = body if body and size == 1 else f"{size}*{body}" if body else str(size)
            sign = "-" if coefficient < 0 else "+"
            text += f" {sign} {piece}" if text else (f"-{piece}" if coefficient < 0 else piece)
        return text


PolynomialLike = Polynomial | Symbol | int | Fraction
ZERO = Polynomial({})
UNIT = Polynomial({ONE: 1})


def polynomial(value: PolynomialLike) -> Polynomial:
    return Polynomial.of(value)


def nonnegative(p: Polynomial) -> bool:
    """True only if p ≥ 0 wherever every size is at least its lower bound.

    Each size is written as its lower bound + t with t ≥ 0; p is nonnegative when every coefficient
    in the t's is. An index symbol (without bound) makes the answer False. Sufficient, not necessary.
    """
    if any(s.lower is None for s in p.symbols):
        return False
    if all(c >= 0 for c in p.terms.values()):
        return all(s.lower is not None and s.lower >= 0 for s in p.symbols)
    shift: dict[Symbol, Polynomial] = {}
    for monomial in p.terms:
        for symbol, power in monomial:
            if symbol.lower is None or power < 0:
                return False
            if symbol.lower:
                shift[symbol] = Polynomial({((symbol, 1),): 1, ONE: symbol.lower})
    return all(c >= 0 for c in p.substitute(shift).terms.values())


def above_zero(p: Polynomial) -> Polynomial:
    """The polynomial that is ≥ 0 exactly where p > 0: p − 1, if p is a whole number by its form."""
    return (p if p.is_integral else p.primitive()) - 1


def sum_of_powers(power: int, upper: Polynomial) -> Polynomial:
    """Σ_{v=0}^{upper} v^power as a polynomial in `upper` (Faulhaber); 0 for upper = −1."""
    n = upper + 1
    totals: list[Polynomial] = []
    for k in range(power + 1):
        binomial, lower_part = 1, ZERO
        for j in range(k):
            lower_part = lower_part + binomial * totals[j]
            binomial = binomial * (k + 1 - j) // (j + 1)
        totals.append((n ** (k + 1) - lower_part) * Fraction(1, k + 1))
    return totals[power]


def symbols_of(polynomials: Iterable[Polynomial]) -> set[Symbol]:
    return {s for p in polynomials for s in p.symbols}
