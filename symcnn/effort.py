"""How much work a question may take: counted in steps, which repeat exactly, never on the clock.

A step is about 10 µs of a usual machine; the procedures say what they spend.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from symcnn.errors import SymcnnError


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
