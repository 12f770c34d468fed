"""Attributes that an object has for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def temporarily(subject: object, **values: Any) -> Iterator[None]:
    """These attributes have these values for as long as this lasts, whatever happens meanwhile."""
    before = {name: getattr(subject, name) for name in values}
    try:
        for name, value in values.items():
            setattr(subject, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(subject, name, value)
