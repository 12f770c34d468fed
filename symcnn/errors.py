"""The errors of symcnn: each is a message for a person, none is a traceback."""

from __future__ import annotations


class SymcnnError(Exception):
    """Base of all errors raised on purpose."""


class UsageError(SymcnnError):
    """Wrong use: the message names the place, what was found and what is allowed."""


class NotationError(UsageError):
    """A formula that cannot be read; carries the text and the position of the fault."""

    def __init__(self, message: str, text: str = "", position: int | None = None) -> None:
        self.text, self.position = text, position
        if position is not None:
            message = f"{message}\n  {text}\n  {' ' * position}^"
        super().__init__(message)


class StepError(SymcnnError):
    """The kernel refuses a step; the message shows both sides."""


class ForgeryError(SymcnnError):
    """Somebody tried to make a Theorem without a rule of the kernel."""


class WitnessError(SymcnnError):
    """Two witnesses of one result disagree: an internal error, never a verdict."""
