"""A piece of a document's text, rewritten for reading, whose characters still know where they come from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Place = tuple[int, int]


@dataclass(frozen=True)
class Source:
    """Text to be read, and for every character the offsets (start, end) of what it stands for in the document.

    `places` None: the text stands in the document as it is, from `start` on.
    """

    text: str
    start: int
    places: Sequence[Place] | None = None

    def place(self, at: int) -> Place:
        """Where character `at` comes from; behind the last one an empty place."""
        if self.places is None:
            return self.start + at, self.start + at + (at < len(self.text))
        if at < len(self.places):
            return self.places[at]
        end = self.places[-1][1] if self.places else self.start
        return end, end

    def all_places(self) -> list[Place]:
        if self.places is not None:
            return list(self.places)
        return [(at, at + 1) for at in range(self.start, self.start + len(self.text))]

    def substitute(self, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str | None]) -> Source:
        """Every match replaced by new(match), whose characters stand for the whole match; None keeps the match."""
        pieces: list[str] = []
        places: list[Place] = []
        known: list[Place] | None = None
        done = 0
        for match in pattern.finditer(self.text):
            written = new(match)
            if written is None or written == match.group():
                continue
            known = self.all_places() if known is None else known
            whole = known[match.start()][0], known[match.end() - 1][1]
            pieces += [self.text[done:match.start()], written]
            places += known[done:match.start()]
            places += [whole] * len(written)
            done = match.end()
        if known is None:
            return self
        return Source("".join(pieces) + self.text[done:], self.start, [*places, *known[done:]])
