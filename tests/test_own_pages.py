"""The pages that `derive --sheet all` writes, read by the checker like anybody else's.

On every page nothing is refuted, nothing is unread, and 95 % of the lines are proved, rounded or defined.
"""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from symcnn.checking import check_files
from symcnn.document.workers import Limits

ROOT = Path(__file__).resolve().parent.parent
GOOD = frozenset(("proved", "rounded", "defined"))
PAGES = ["cnn_hw4.md", "mfdnn_hw5.md", "csce636_hw2.md", "coms573_hw5.md", "introml_hw8.md", "introml_hw8.tex"]
"""The LaTeX of the other sheets says what their Markdown says."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The counts of verdicts of every page, each checked in a process of its own."""
    folder = tmp_path_factory.mktemp("pages")
    subprocess.run([sys.executable, "-m", "symcnn", "derive", "--sheet", "all", "-o", str(folder), "--to", "md",
                    "--to", "tex"], cwd=ROOT, check=True, capture_output=True, timeout=300)
    files = [f"{folder}/{page}" for page in PAGES]
    return {Path(files[n]).name: found for n, found in check_files(files, jobs=2, limits=Limits(seconds=300))}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_and_decided(pages, name):
    page = pages[name]
    counts = Counter(page.counts)
    assert not page.fault
    assert page.faults == 0
    assert counts["unread"] == 0
    assert counts["refuted"] + counts["conditional"] == 0, counts
    assert 100 * sum(counts[v] for v in GOOD) >= 95 * counts.total(), counts
