"""The text of Jupyter notebooks: their Markdown cells, on the lines of the file on which they are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

ON_A_LINE = re.compile(r'\s*(?:"source"\s*:\s*\[?\s*)?(".*")\s*\]?\s*,?\s*')
"""A line of a cell as notebooks are written, one string on a line."""


class NotebookError(ValueError):
    """A file that is no notebook, and why."""


def markdown_of(text: str) -> str:
    """The Markdown cells of a notebook (format 4), each of their lines on the line of the file that it stands on.

    Everything else is left blank. Where the file has several lines of a cell on one line of its own, the cells follow
    each other with a blank line between them. NotebookError for what is no notebook.
    """
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotebookError(f"it is not JSON ({error})") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise NotebookError("it has no list of cells, as notebooks of format 4 have")
    sources = [(_is_markdown(cell), _source(cell)) for cell in cells]
    placed = _placed(text.split("\n"), sources)
    return "\n".join(placed) if placed is not None else "\n\n".join("".join(s) for said, s in sources if said)


def _is_markdown(cell: Any) -> bool:
    return isinstance(cell, dict) and cell.get("cell_type") == "markdown"


def _source(cell: Any) -> list[str]:
    """The lines of a cell, with their ends."""
    source = cell.get("source", "") if isinstance(cell, dict) else ""
    return [part for part in (source if isinstance(source, list) else [source]) if isinstance(part, str) and part]


def _placed(lines: list[str], sources: Iterable[tuple[bool, list[str]]]) -> list[str] | None:
    """The lines of Markdown in the places of the lines of the file; None where they do not stand on one line each."""
    placed = [""] * len(lines)
    place = 0
    for said, source in sources:
        for part in source:
            while place < len(lines) and _string(lines[place]) != part:
                place += 1
            if place == len(lines) or "\n" in part.removesuffix("\n"):
                return None
            placed[place] = part.removesuffix("\n") if said else ""
            place += 1
    return placed


def _string(line: str) -> str | None:
    """The string that stands alone on a line of a notebook."""
    found = ON_A_LINE.fullmatch(line)
    try:
        value = json.loads(found[1]) if found else None
    except ValueError:
        return None
    return value if isinstance(value, str) else None
