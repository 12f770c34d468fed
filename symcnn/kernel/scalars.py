"""Functions of one real argument z, in a unique form, so that identities between them are plain equality.

Two families: rational functions of E = eᶻ (exp, tanh, sigmoid and their products and quotients), unique
by partial fractions over ℚ; and functions of the sign of z (sign, step, is_zero), unique by their three
values. Different elements of a family's basis are linearly independent over ℚ.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import flint

EXPONENTIAL = frozenset({"exp", "tanh", "sigmoid"})
SIGN = frozenset({"sign", "step", "is_zero"})
INCREASING = frozenset({"relu", "tanh"})
"""Functions that nowhere fall, everywhere defined and 0 at 0."""


@dataclass(frozen=True)
class OfExponential:
    """numerator(E)/denominator(E), E = eᶻ."""

    numerator: flint.fmpq_poly
    denominator: flint.fmpq_poly

    def __hash__(self) -> int:
        return hash((str(self.numerator), str(self.denominator)))  # polynomials of flint have no hash

    def times(self, other: OfExponential) -> OfExponential:
        n, d = self.numerator * other.numerator, self.denominator * other.denominator
        common = n.gcd(d)
        return OfExponential(n // common, d // common)

    def plus(self, other: OfExponential) -> OfExponential:
        return OfExponential(self.numerator * other.denominator + other.numerator * self.denominator,
                             self.denominator * other.denominator).times(CONSTANT_ONE)

    def inverse(self) -> OfExponential:
        return OfExponential(self.denominator, self.numerator)

    @property
    def never_zero(self) -> bool:
        """True only if the value is nonzero for every real z: all coefficients have one sign."""
        signs = {c > 0 for c in self.numerator.coeffs() if c != 0}
        return len(signs) == 1

    def basis(self) -> list[(tuple[Fraction, str])]:
        """Partial fractions: (coefficient, name) of Eʲ or Eʲ/q(E)ᵏ with q irreducible, j < deg q."""
        whole, rest = divmod(self.numerator, self.denominator)
        parts = [(_fraction(c), _power_name(j)) for j, c in enumerate(whole.coeffs()) if c != 0]
        _, factors = self.denominator.factor()
        for q, k in factors:
            q = q / q[q.degree()]
            power = q ** k
            others = self.denominator // power
            _, inverse, _ = others.xgcd(power)
            digits = (rest * inverse) % power
            for exponent in range(k, 0, -1):
                digits, digit = divmod(digits, q)
                for j, c in enumerate(digit.coeffs()):
                    if c != 0:
                        if q.degree() == 1 and q[0] == 0:
                            parts.append((_fraction(c), _power_name(-exponent)))
                        else:
                            parts.append((_fraction(c), f"{_power_name(j)}/({q.coeffs()})^{exponent}"))
        return parts


@dataclass(frozen=True)
class OfSign:
    """The values for z < 0, z = 0 and z > 0."""

    values: tuple[Fraction, Fraction, Fraction]

    def times(self, other: OfSign) -> OfSign:
        a, b = self.values, other.values
        return OfSign((a[0] * b[0], a[1] * b[1], a[2] * b[2]))

    def basis(self) -> list[tuple[Fraction, str]]:
        """c + a·[z = 0] + b·[z > 0]."""
        below, at, above = self.values
        parts = [(below, ""), (at - below, "[z=0]"), (above - below, "[z>0]")]
        return [(c, name) for c, name in parts if c]


OneArgument = OfExponential | OfSign
CONSTANT_ONE = OfExponential(flint.fmpq_poly([1]), flint.fmpq_poly([1]))


def of_function(function: str, scale: int) -> OneArgument:
    """f(scale·z) as an element of its family; scale is a nonzero integer.

    tanh z = (E² − 1)/(E² + 1), σ(z) = E/(E + 1).
    """
    if function in SIGN:
        at = {"sign": (-1, 0, 1), "step": (0, 0, 1), "is_zero": (0, 1, 0)}[function]
        ordered = at if scale > 0 else at[::-1]
        return OfSign((Fraction(ordered[0]), Fraction(ordered[1]), Fraction(ordered[2])))
    power = flint.fmpq_poly([0] * abs(scale) + [1])
    one = flint.fmpq_poly([1])
    positive = {"exp": OfExponential(power, one),
                "tanh": OfExponential(power * power - 1, power * power + 1),
                "sigmoid": OfExponential(power, power + 1)}[function]
    if scale > 0:
        return positive
    return {"exp": OfExponential(one, power),
            "tanh": OfExponential(1 - power * power, power * power + 1),
            "sigmoid": OfExponential(one, power + 1)}[function]


def constant(value: Fraction | int) -> OfExponential:
    fraction = Fraction(value)
    return OfExponential(flint.fmpq_poly([fraction.numerator], fraction.denominator), flint.fmpq_poly([1]))


def at_zero(function: str) -> Fraction:
    """f(0)."""
    return {"exp": Fraction(1), "sigmoid": Fraction(1, 2), "is_zero": Fraction(1)}.get(function, Fraction(0))


def primes(value: Fraction) -> list[tuple[int, int]]:
    """A positive rational number as a product of powers of primes: log value = Σ exponent · log prime."""
    return [(int(p), sign * int(e)) for sign, n in ((1, value.numerator), (-1, value.denominator))
            for p, e in flint.fmpz(n).factor()]


def _fraction(value: flint.fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _power_name(j: int) -> str:
    return "" if j == 0 else f"E^{j}"
