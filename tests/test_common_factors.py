"""Factors taken out of denominators, roots and sums: what they were taken out of is what comes back, once."""

from __future__ import annotations

import pytest

from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.notation.expression import UNBOUNDED, Apply, Axis, Power, Range, Read, Sum, Tensor, expression
from symcnn.notation.polynomial import Symbol, polynomial

i, k, n = Symbol("i"), Symbol("k"), Symbol("n", 1)
AXIS = Axis(polynomial(1), polynomial(1), polynomial(n))
c, m, u, v = (Read(Tensor(name, ()), ()) for name in "cmuv")


def x(index):
    return Read(Tensor("x", (AXIS,)), (polynomial(index),))


def z(index):
    return Read(Tensor("z", (UNBOUNDED,)), (polynomial(index),))


def total(body):
    return Sum((Range(k, polynomial(1), polynomial(n)),), body)


def over(a, b):
    return a * Power(b, -1)


CASES = {
    "a number in a denominator": (over(3 * x(i), total(3 * x(k))), over(x(i), total(x(k))), True),
    "a number on one side only": (over(3 * x(i), total(3 * x(k))), over(3 * x(i), total(x(k))), False),
    "a sign in a denominator": (over(expression(1), u - v), -over(expression(1), v - u), True),
    "a sign lost": (over(expression(1), u - v), over(expression(1), v - u), False),
    "a factor in a sum": (over(c * x(i), total(c * x(k))), over(x(i), total(x(k))), True),
    "a factor twice in a sum": (over(c * x(i), total(c * c * x(k))), over(x(i), c * total(x(k))), True),
    "a factor twice, taken out whole": (over(x(i), total(c * c * x(k))), over(x(i), c * total(x(k))), False),
    "a factor of one term": (over(expression(1), c * u + v), over(expression(1), c * (u + v)), False),
    "a factor of both terms": (over(c, c * u + c * c * v), over(expression(1), u + c * v), True),
    "a square in a root": (Apply("sqrt", 12 * u), 2 * Apply("sqrt", 3 * u), True),
    "a square in a root, not rooted": (Apply("sqrt", 9 * u), 9 * Apply("sqrt", u), False),
    "a negative number in a root": (Apply("sqrt", -4 * u), 2 * Apply("sqrt", u), False),
    "e^{-m} in a softmax": (over(Apply("exp", z(i) - m), total(Apply("exp", z(k) - m))),
                            over(Apply("exp", z(i)), total(Apply("exp", z(k)))), True),
    "e^{-m} above only": (over(Apply("exp", z(i) - m), total(Apply("exp", z(k)))),
                          over(Apply("exp", z(i)), total(Apply("exp", z(k)))), False),
    "what the sum runs over stays": (total(c * x(k)), c * x(k), False),
}


@pytest.mark.parametrize(("left", "right", "holds"), CASES.values(), ids=CASES)
def test_factors_are_taken_out(left, right, holds):
    claim = Claim(left, right)
    if holds:
        assert equal(claim, (), ("isl",)).left == left
    else:
        with pytest.raises(StepError):
            equal(claim, (), ("isl",))
