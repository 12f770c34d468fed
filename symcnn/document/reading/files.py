"""Documents and givens as text; every file that cannot be read is one clear line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from symcnn.document.reading.notebooks import NotebookError, markdown_of
from symcnn.errors import UsageError

LARGEST = 4_000_000
"""Bytes of one document: a long book has two million."""
NOTEBOOK = ".ipynb"
LARGEST_NOTEBOOK = 10 * LARGEST
"""Bytes of a notebook, with the pictures in it."""


def document_text(path: Path) -> str:
    """The text of a file, with line ends as Python reads them; of a notebook, that of its Markdown cells.

    UsageError for what is no text in UTF-8, and for a notebook that is none.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name the files to check")
    if not path.exists():
        raise UsageError(f"{path} does not exist")
    if not path.is_file():
        raise UsageError(f"{path} is no regular file")
    try:
        size = path.stat().st_size
        largest = LARGEST_NOTEBOOK if path.suffix == NOTEBOOK else LARGEST
        if size > largest:
            raise UsageError(f"{path} has {size:,} bytes; documents of at most {largest:,} bytes are checked")
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if b"\0" in data:
        raise UsageError(f"{path} is a binary file, not a text")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8: byte {data[error.start]:#04x} at offset {error.start}") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        return markdown_of(text) if path.suffix == NOTEBOOK else text
    except NotebookError as error:
        raise UsageError(f"{path} is no notebook: {error}") from None


def givens_for(document: Path, given: Sequence[Path]) -> list[str]:
    """The texts of the problem statements of a document: files for all, STEM.given.md of folders for STEM.*."""
    return [document_text(p) for p in given if not p.is_dir()] + [
        document_text(statement) for p in given if p.is_dir()
        if (statement := p / f"{document.stem}.given.md").is_file()]
