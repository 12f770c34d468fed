"""The words of every report."""

from __future__ import annotations

from enum import Enum

INTERNAL = "internal error"
"""How the reason of a line begins that the tool itself failed on."""


class Verdict(Enum):
    """What is known about a claim."""

    PROVED = "proved"
    CONDITIONAL = "conditional"
    REFUTED = "refuted"
    ROUNDED = "rounded"
    DEFINED = "defined"
    TESTED = "tested"
    UNDECIDED = "undecided"
    UNREAD = "unread"

    def __str__(self) -> str:
        return self.value
