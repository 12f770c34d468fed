"""Printed decimals: exact, rounded, truncated, rounded twice, wrong; decided, never guessed."""

import decimal as standard
import doctest
import random
from fractions import Fraction as F

import flint
import pytest

from symcnn import rounding
from symcnn.errors import UsageError
from symcnn.rounding import Agreement, Decimal, compare, decimal, rounded

EXACT, ROUNDED, TRUNCATED, REROUNDED, WRONG, UNDECIDED = Agreement


def function(name, argument):
    """tanh, exp … of a fraction, to as many bits as are asked for."""
    def at(bits):
        with flint.ctx.workprec(bits):
            return getattr(flint.arb(flint.fmpq(argument.numerator, argument.denominator)), name)()

    return at


def test_the_examples_in_the_text():
    assert doctest.testmod(rounding).failed == 0


CASES = {
    "exact": (F(1, 4), "0.25", EXACT),
    "exact with trailing zeros": (F(5, 2), "2.500", EXACT),
    "exact whole": (7, "7", EXACT),
    "exact negative": (F(-5, 4), "-1.25", EXACT),
    "a typographic minus": (F(-5, 4), "−1.25", EXACT),
    "no digit before the point": (F(1, 4), ".25", EXACT),
    "zero": (0, "0.00", EXACT),
    "minus zero": (0, "-0.0", EXACT),
    "rounded down": (F(1, 3), "0.33", ROUNDED),
    "rounded up": (F(2, 3), "0.67", ROUNDED),
    "rounded to zero": (F(-3, 1000), "0.00", ROUNDED),
    "rounded and truncated at once": (F(1, 3), "0.333", ROUNDED),
    "rounded with a trailing zero": (F(2999, 10000), "0.30", ROUNDED),
    "rounded negative": (F(-2, 3), "-0.67", ROUNDED),
    "rounded over a power of ten": (F(9999, 1000), "10.00", ROUNDED),
    "half to even": (F(1, 8), "0.12", ROUNDED),
    "half up": (F(1, 8), "0.13", ROUNDED),
    "half up and even": (F(3, 8), "0.38", ROUNDED),
    "a negative half": (F(-1, 8), "-0.13", ROUNDED),
    "a negative half to even": (F(-1, 8), "-0.12", ROUNDED),
    "half by no rule": (F(27, 200), "0.13", TRUNCATED),
    "just below a half": (F(1, 8) - F(1, 10 ** 40), "0.13", REROUNDED),
    "just above a half": (F(1, 8) + F(1, 10 ** 40), "0.12", TRUNCATED),
    "truncated": (F(2, 3), "0.66", TRUNCATED),
    "truncated negative": (F(-2, 3), "-0.66", TRUNCATED),
    "truncated to zero": (F(9, 1000), "0.00", TRUNCATED),
    "truncated negative to zero": (F(-9, 1000), "0.00", TRUNCATED),
    "away from zero": (F(-61, 100), "-0.7", WRONG),
    "rounded twice": (F(1446, 10000) - F(1, 10000), "0.15", REROUNDED),
    "rounded twice, on a tie": (F(14495, 100000), "0.15", REROUNDED),
    "rounded more than twice": (F(144491, 10 ** 6), "0.15", WRONG),
    "wrong by one in the last digit": (F(2, 3), "0.68", WRONG),
    "wrong sign": (F(2, 3), "-0.67", WRONG),
    "wrong with trailing zeros": (F(2, 3), "0.670", WRONG),
    "wrong zero": (F(2, 3), "0.0", WRONG),
    "tanh rounded": (function("tanh", F(7, 10)), "0.60", ROUNDED),
    "tanh to thirty digits": (function("tanh", F(7, 10)), "0.604367777117163496308687183104", ROUNDED),
    "tanh, the last digit wrong": (function("tanh", F(7, 10)), "0.604367777117163496308687183105", WRONG),
    "tanh truncated": (function("tanh", F(1)), "0.76159", ROUNDED),
    "exp truncated": (function("exp", F(1)), "2.71", TRUNCATED),
    "exp, a tiny number next to 1": (function("exp", F(1, 10 ** 30)), "1.000", ROUNDED),
    "exp, a tiny number next to a half": (lambda bits: function("exp", F(1, 10 ** 30))(bits) / 8, "0.12", TRUNCATED),
}


@pytest.mark.parametrize(("exact", "printed", "verdict"), CASES.values(), ids=CASES)
def test_verdicts(exact, printed, verdict):
    assert compare(exact, printed).verdict is verdict


DETAILS = {
    "a tie to even": (F(1, 8), "0.12", "halfway, rounded to the even digit"),
    "a tie up": (F(1, 8), "0.13", "halfway, rounded up"),
    "a tie up to even": (F(3, 8), "0.38", "halfway, rounded up, which is also the even digit"),
    "which stage": (F(1445, 10000), "0.15", "rounded to 3 decimals is 0.145, and that rounded to 2 decimals is 0.15"),
    "a stage further away": (F(1449996, 10 ** 7), "0.15", "rounded to 3 decimals is 0.145"),
    "how wrong": (F(2, 3), "0.64", "rounded to 2 decimals is 0.67; 0.64 is 3 units of its last digit away"),
    "one unit": (F(2, 3), "0.68", "is 1 unit of its last digit"),
}


@pytest.mark.parametrize(("exact", "printed", "text"), DETAILS.values(), ids=DETAILS)
def test_the_detail_says_why(exact, printed, text):
    assert text in compare(exact, printed).detail


def test_powers_of_ten():
    million = decimal("5.133", 6)
    assert (million.value, million.unit, str(million)) == (5_133_000, 1000, "5133·10^3")
    assert compare(5_133_000, million).verdict is EXACT
    assert compare(5_133_248, million).verdict is ROUNDED
    assert compare(5_132_999, million).verdict is ROUNDED
    assert compare(5_133_999, million).verdict is TRUNCATED
    assert compare(5_132_400, million).verdict is WRONG
    assert compare(F(123, 10 ** 6), decimal("1.23", -4)).verdict is EXACT
    assert decimal("1.20", 1) == Decimal(120, 1)


def test_a_stage_that_was_rounded_before():
    """tanh(0.7)·3 is 1.813…; with tanh(0.7) taken as 0.60 it is 1.80."""
    exact = lambda bits: 3 * function("tanh", F(7, 10))(bits)  # noqa: E731
    stages = [("tanh rounded to 1 decimal", F(18, 10) + 1), ("tanh rounded to 2 decimals", 3 * F(60, 100))]
    assert compare(exact, "1.80").verdict is WRONG
    found = compare(exact, "1.80", stages)
    assert found.verdict is REROUNDED
    assert "tanh rounded to 2 decimals" in found.detail
    assert compare(exact, "1.79", stages).verdict is WRONG
    assert compare(exact, "1.81", stages).verdict is ROUNDED


def test_what_is_not_known_well_enough_is_undecided():
    blurred = flint.arb(flint.arb(1) / 8, "1e-9")
    assert compare(blurred, "0.12").verdict is UNDECIDED
    assert compare(blurred, "0.125").verdict is ROUNDED
    assert compare(blurred, "0.2").verdict is WRONG
    assert compare(flint.arb("nan"), "0.2").verdict is UNDECIDED
    assert compare(flint.arb("inf"), "0.2").verdict in (UNDECIDED, WRONG)
    with pytest.raises(UsageError, match="well enough"):
        rounded(blurred, 2)


def test_a_number_that_is_never_seen_to_be_exact_is_rounded():
    root = lambda bits: flint.arb(2).sqrt() ** 2 / 4  # noqa: E731
    found = compare(root, "0.5")
    assert found.verdict is ROUNDED
    assert "as far as" in found.detail


def test_fractions_of_flint():
    assert compare(flint.fmpq(2, 3), "0.67").verdict is ROUNDED
    assert compare(flint.fmpz(3), "3.0").verdict is EXACT
    assert compare(lambda bits: flint.fmpq(2, 3), "0.67").verdict is ROUNDED
    assert compare(lambda bits: flint.fmpq(1, 4), "0.25").verdict is EXACT


@pytest.mark.parametrize("text", ["", ".", "1.2.3", "abc", "1e5", "1,5", "- -1", "0x3", "9" * 2000, "٣"])
def test_what_is_no_decimal_is_refused(text):
    with pytest.raises(UsageError, match="no decimal"):
        decimal(text)
    with pytest.raises(UsageError, match="exponent"):
        decimal("1", 10 ** 9)


ROUNDINGS = [(F(1, 8), 2, "0.13", True), (F(-1, 8), 2, "-0.13", True), (F(2, 3), 0, "1", False),
             (F(1, 3), 3, "0.333", False), (0, 2, "0.00", False), (12345, -2, "123·10^2", False),
             (F(-1, 1000), 2, "0.00", False), (function("exp", F(1)), 10, "2.7182818285", False)]


@pytest.mark.parametrize(("exact", "places", "text", "tie"), ROUNDINGS)
def test_rounded(exact, places, text, tie):
    to, halfway = rounded(exact, places)
    assert (str(to), halfway) == (text, tie)


def test_against_the_decimals_of_the_standard_library():
    """ROUNDED is what half-even or half-up give; TRUNCATED what cutting off gives and no rounding does."""
    chance = random.Random(0)
    modes = (standard.ROUND_HALF_EVEN, standard.ROUND_HALF_UP)
    for _ in range(2000):
        places = chance.randint(0, 3)
        exact = standard.Decimal(chance.randint(-2000, 2000)).scaleb(-chance.randint(0, 4))
        unit = standard.Decimal(1).scaleb(-places)
        printed = exact.quantize(unit, standard.ROUND_FLOOR) + chance.randint(-1, 2) * unit
        verdict = compare(F(exact), f"{printed:f}").verdict
        near = {exact.quantize(unit, mode) for mode in modes}
        if printed == exact:
            assert verdict is EXACT
        elif printed in near:
            assert verdict is ROUNDED, (exact, printed)
        elif printed == exact.quantize(unit, standard.ROUND_DOWN):
            assert verdict is TRUNCATED, (exact, printed)
        else:
            twice = {exact.quantize(unit.scaleb(-more), first).quantize(unit, then)
                     for more in range(1, 7) for first in modes for then in modes}
            assert verdict is (REROUNDED if printed in twice else WRONG), (exact, printed)
