"""How much work a question may take: counted in steps, which repeat exactly, never on the clock.

A step is about 10 µs of a usual machine; the procedures say what they spend.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from symcnn.errors import SymcnnError


Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


class BudgetError(SymcnnError):
    """A question took more steps than it may."""


@dataclass
class Budget:
    """Steps that are left, and how many there were."""

    left: int
    steps: int


_BUDGET: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def budget(steps: int) -> Iterator[Budget]:
    """No more than so many steps inside, nor than an outer budget has left; BudgetError beyond them."""
    outer = _BUDGET.get()
    here = Budget(steps if outer is None else min(steps, outer.left), steps)
    given = here.left
    token = _BUDGET.set(here)
    try:
        yield here
    finally:
        _BUDGET.reset(token)
        if outer is not None:
            outer.left -= given - here.left


def spend(steps: int) -> None:
    """Count steps; BudgetError if the budget is used up. Without a budget nothing is counted."""
    here = _BUDGET.get()
    if here is not None:
        here.left -= steps
        if here.left < 0:
            raise BudgetError(f"more than the {here.steps} steps that a question may take")


def remembered(most: int) -> Callable[[Callable[Arguments, Value]], Callable[Arguments, Value]]:
    """What a function gives is kept, for as many arguments: asked again, it spends the same steps and does no work.

    The function gives the same for the same arguments, all hashable, and what it gives never changes.
    """
    def decorate(function: Callable[Arguments, Value]) -> Callable[Arguments, Value]:
        known: dict[Hashable, tuple[Value, int]] = {}

        @wraps(function)
        def asked(*arguments: Arguments.args, **named: Arguments.kwargs) -> Value:
            here = _BUDGET.get()
            if here is None:
                return function(*arguments, **named)
            question = (arguments, tuple(named.items()))
            if question in known:
                value, steps = known[question]
                spend(steps)
                return value
            before = here.left
            value = function(*arguments, **named)
            if len(known) >= most:
                known.clear()
            known[question] = value, before - here.left
            return value
        return asked
    return decorate
