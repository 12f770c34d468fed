"""Where the mathematics of a document stands: spans with offsets into its text, and the prose between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPAN = re.compile(r"\$\$(?P<dollars>.+?)\$\$|\$(?P<dollar>[^$\n]+?)\$|\\\[(?P<square>.+?)\\\]|\\\((?P<round>.+?)\\\)"
                   r"|\\begin\{(?P<name>equation|align|eqnarray|gather|multline|displaymath)\*?\}.+?"
                   r"\\end\{(?P=name)\*?\}", re.DOTALL)


@dataclass(frozen=True)
class Span:
    """One piece of mathematics: where it starts and ends with its delimiters, and where its body does.

    `display` says whether it stands on lines of its own.
    """

    start: int
    end: int
    body_start: int
    body_end: int
    display: bool


def spans(text: str, latex: bool = False) -> list[Span]:
    """The mathematics of a document in its order; `latex` says whether it is LaTeX rather than Markdown."""
    found = []
    for m in _SPAN.finditer(text):
        name = next((n for n in ("dollars", "dollar", "square", "round") if m.group(n) is not None), None)
        start, end = m.span(name) if name else m.span()
        found.append(Span(m.start(), m.end(), start, end, name not in ("dollar", "round")))
    return found
