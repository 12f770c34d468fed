"""Labels such as the layer in δ^{l−1}: what is said for layer l holds for l − 1, l + 1 and the last layer n."""

from __future__ import annotations

import re
from dataclasses import dataclass

LABEL = re.compile(r"_up_(?:([i-nrstLNTK]|ell)(?:_(plus|minus)_(\d+))?|(\d+))(?=_|'|$)")


"""A letter that counts layers or steps; others, as in W^f, only tell names apart."""
LAST = frozenset("nmLNKT")
"""Letters that often stand for the last layer; what is said of that one does not hold for all."""


@dataclass(frozen=True)
class Label:
    """A label: a letter and what is added to it, or a number (an empty letter)."""

    letter: str
    offset: int

    def __str__(self) -> str:
        if not self.letter:
            return f"_up_{self.offset}" if self.offset >= 0 else f"_up_before_{-self.offset}"
        sign = f"_{'plus' if self.offset > 0 else 'minus'}_{abs(self.offset)}" if self.offset else ""
        return f"_up_{self.letter}{sign}"

    def with_letter(self, letter: str, stands_for: Label) -> Label:
        """The label where a letter stands for another label."""
        if self.letter != letter:
            return self
        return Label(stands_for.letter, stands_for.offset + self.offset)

    @property
    def neighbours(self) -> tuple[Label, ...]:
        return tuple(Label(self.letter, self.offset + step) for step in (-1, 0, 1))


def label_of(name: str) -> Label | None:
    """The label of an identifier; None if it has none."""
    found = LABEL.search(name)
    if found is None:
        return None
    letter, sign, shift, number = found.groups()
    if number is not None:
        return Label("", int(number))
    return Label(letter, int(shift or 0) * (-1 if sign == "minus" else 1))


def family(name: str) -> str:
    """The name without its label: one for all layers."""
    return LABEL.sub("_up_", name)


def relabelled(name: str, letter: str, stands_for: Label) -> str:
    """The name with another label in place of a letter."""
    label = label_of(name)
    return name if label is None else LABEL.sub(str(label.with_letter(letter, stands_for)), name)
