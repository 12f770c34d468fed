"""pytest collects the claims of documents: `pytest --symcnn notes.tex`, or `symcnn_documents` in the configuration.

Each claim is a test: a flagged one fails with its diagnosis, an undecided or unread one is skipped with its reason,
or fails, too, with `--symcnn-strict`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from symcnn.report.findings import Checked, Claim

SUFFIXES = (".md", ".tex", ".txt", ".ipynb")


def pytest_addoption(parser: pytest.Parser) -> None:
    """--symcnn, --symcnn-strict; symcnn_documents, symcnn_given."""
    group = parser.getgroup("symcnn", "claims of documents")
    group.addoption("--symcnn", action="store_true",
                    help="check the documents (.md, .tex, .txt, .ipynb) among the arguments")
    group.addoption("--symcnn-strict", action="store_true", help="claims that are undecided or unread fail")
    parser.addini("symcnn_documents", "documents whose claims are tests (patterns, from the root)", "args", [])
    parser.addini("symcnn_given", "problem statements: files, or folders with STEM.given.md", "args", [])


def pytest_configure(config: pytest.Config) -> None:
    """Where no file is named on the command line, the documents of the configuration are collected, too."""
    sources = pytest.Config.ArgsSource
    if config.args_source is not sources.ARGS:
        folders = [config.rootpath / a for a in config.args]
        config.args += [str(d) for d in _documents(config) if not any(d.is_relative_to(f) for f in folders)]


def _documents(config: pytest.Config) -> list[Path]:
    return sorted({d for pattern in config.getini("symcnn_documents") for d in config.rootpath.glob(pattern)})


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Document | None:
    """A document that is asked for."""
    asked = parent.config.getoption("--symcnn") and file_path.suffix in SUFFIXES
    if asked or file_path in _documents(parent.config):
        return Document.from_parent(parent, path=file_path)
    return None


class Document(pytest.File):
    """A document whose claims are tests."""

    def collect(self) -> Iterator[ClaimItem]:
        from symcnn.checking import check_files
        from symcnn.errors import UsageError

        given = [self.config.rootpath / g for g in self.config.getini("symcnn_given")]
        try:
            ((_, document),) = check_files([str(self.path)], given)
        except UsageError as error:
            raise self.CollectError(str(error)) from None
        if document.fault:
            raise self.CollectError(document.fault)
        for number, claim in enumerate(document.claims, start=1):
            source = " ".join(claim.source.split())
            name = f"{number}, line {claim.line}: {source if len(source) <= 60 else source[:59] + '…'}"
            yield ClaimItem.from_parent(self, name=name, claim=claim, document=document)


class ClaimItem(pytest.Item):
    """One claim."""

    def __init__(self, *, claim: Claim, document: Checked, **more: Any) -> None:
        super().__init__(**more)
        self.claim, self.document = claim, document

    def runtest(self) -> None:
        from symcnn.report.findings import FLAGGED, OPEN

        open_ = self.claim.verdict in OPEN
        if self.claim.verdict in FLAGGED or (open_ and self.config.getoption("--symcnn-strict")):
            raise FlaggedClaim
        if open_:
            pytest.skip(f"{self.claim.verdict}: {self.claim.reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The lines that the command shows."""
        if not isinstance(excinfo.value, FlaggedClaim):
            return super().repr_failure(excinfo, style)
        from dataclasses import replace
        from io import StringIO

        from symcnn.report.findings_terminal import show

        text = StringIO()
        show(replace(self.document, claims=(self.claim,), readings=()), text, summary=False)
        return text.getvalue().rstrip()

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.claim.line - 1, self.name


class FlaggedClaim(Exception):
    """A claim that does not hold."""
