"""How much work a question may take."""

from __future__ import annotations

import pytest

from symcnn.effort import BudgetError, budget, remembered, spend


def test_what_is_remembered_spends_the_same_steps():
    asked = []

    @remembered(most=2)
    def double(number):
        asked.append(number)
        spend(10)
        return 2 * number

    with budget(100) as effort:
        assert [double(3), double(3), double(4)] == [6, 6, 8]
        assert effort.left == 70
    assert asked == [3, 4]
    with budget(15):
        double(3)
        with pytest.raises(BudgetError):
            double(3)


def test_what_breaks_off_is_not_remembered():
    @remembered(most=2)
    def costly():
        spend(50)
        return 1

    for _ in range(2):
        with budget(40), pytest.raises(BudgetError):
            costly()
    with budget(60):
        assert costly() == 1


def test_only_so_much_is_remembered():
    asked = []

    @remembered(most=2)
    def same(number):
        asked.append(number)
        return number

    with budget(100):
        for number in (1, 2, 3, 1):
            same(number)
    assert asked == [1, 2, 3, 1]
