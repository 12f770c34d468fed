"""Trees of formulas: nodes with their parts in the order of the text, of which nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from symcnn.document.reading.tokens import Token


@dataclass(frozen=True)
class Node:
    """A part of a formula: its kind, and its parts in the order of the text.

    Kinds: clauses (chains with the commas, wide spaces and words between them), chain (sides and relations),
    sum, product (factors side by side or with a sign between them), sign, scripts (base, then ^ or _ with an
    argument, or primes), index (base and [list]), group (in brackets), braces, list, command (with its
    arguments), big (operator, body), function (name, argument), factorial (base), rows (an environment: begin,
    cells with & and row ends between them, end), text, number, name, symbol, empty. What is worked out about a node
    is kept in it.
    """

    kind: str
    parts: tuple[Node | Token, ...]

    @property
    def tokens(self) -> Iterator[Token]:
        """All tokens below, in order."""
        return iter(self._tokens)

    @cached_property
    def _tokens(self) -> tuple[Token, ...]:
        found: list[Token] = []
        waiting: list[Node | Token] = [self]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Token):
                found.append(part)
            else:
                waiting.extend(reversed(part.parts))
        return tuple(found)

    @cached_property
    def below(self) -> tuple[Node, ...]:
        """The node and all nodes in it, parents first."""
        found: list[Node] = []
        waiting = [self]
        while waiting:
            found.append(node := waiting.pop())
            waiting += node.nodes[::-1]
        return tuple(found)

    @cached_property
    def start(self) -> int:
        """The offset of the first character that the node stands for; -1 for an empty one."""
        return min((t.start for t in self.tokens), default=-1)

    @cached_property
    def end(self) -> int:
        return max((t.end for t in self.tokens), default=-1)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The parts that are nodes."""
        return tuple(p for p in self.parts if isinstance(p, Node))

    @cached_property
    def inner(self) -> Node | None:
        """What stands alone in brackets; None where there are several things, or none but a sign: σ(.)."""
        inside = self.nodes[0] if len(self.nodes) == 1 else EMPTY
        return inside.nodes[0] if len(inside.parts) == len(inside.nodes) == 1 else None

    @cached_property
    def head(self) -> str:
        """The text of the first token."""
        return next((t.text for t in self.tokens), "")

    @cached_property
    def _text(self) -> str:
        return "".join(map(str, self._tokens))

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"{self.kind}({', '.join(t.text if isinstance(t, Token) else repr(t) for t in self.parts)})"


EMPTY = Node("empty", ())
