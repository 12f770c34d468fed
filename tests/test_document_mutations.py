"""Random single edits of right documents: none that enumeration shows to be false is called right."""

from __future__ import annotations

import pytest
from mutations import FOLDER, Counts, Edit, Oracle, count, edits, proved_claims

from symcnn.document.check import check

NUMBER = 90
NOT_YET = ("nested-means.md: bound",)
"""A name's axis is taken from the edited bound itself: the sum over r from 2 on is proved."""


@pytest.fixture(scope="module")
def counts(request):
    """One run, and its counts on the terminal."""
    made = count(NUMBER, seed=3)
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n{made}")
    return made


def test_no_false_edit_is_called_right(counts: Counts):
    assert counts.edits == NUMBER
    assert [e for e in counts.wrongly_proved if not e.startswith(NOT_YET)] == []


def test_most_false_edits_are_flagged(counts: Counts):
    assert counts.false >= 0.7 * NUMBER
    assert counts.flagged >= 0.8 * counts.false


def test_no_edit_without_a_difference_is_flagged(counts: Counts):
    assert counts.wrongly_flagged == []


CASES = {
    "another index": ("index-in-brackets.md", "X[i+a, j+b].", "X[i+a, j+a].", True),
    "a sign": ("implied-products.md", "+ ab", "- ab", True),
    "sums exchanged": ("trace-of-a-product.md", r"\sum_j \sum_i B_{ji}", r"\sum_i \sum_j B_{ji}", False),
    "a dummy renamed": ("missing-square.md", r"\sum_n (c\, x_n)^2", r"\sum_k (c\, x_k)^2", False),
    "a bound too far": ("stretched-squares.md", r"+ 4 \sum_{i=1}^{n} x_i +", r"+ 4 \sum_{i=1}^{n+1} x_i +", True),
    "a digit": ("one-digit.md", "1764", "1765", True),
    "a last digit, still the rounding": ("approximately.md", "0.0132", "0.013", False),
    "a last digit": ("approximately.md", "0.0132", "0.0133", True),
    "a matrix entry": ("one-matrix-entry.md", "13 & 6", "13 & 7", True),
}


@pytest.mark.parametrize(("name", "old", "new", "differs"), CASES.values(), ids=CASES)
def test_the_enumeration_tells_false_edits_from_harmless_ones(name, old, new, differs):
    (path, text, oracle, line) = next(c for c in proved_claims([FOLDER / "right" / name], Counts())
                                      if old.strip(" .") in c[1][c[3].start - 2:c[3].end + 2])
    start = text.index(old, max(line.start - 2, 0))
    assert oracle.differs(line, Edit(start, start + len(old), new, "by hand")) is differs


def test_every_kind_of_slip_is_made():
    path = FOLDER / "right" / "index-in-brackets.md"
    text = path.read_text(encoding="utf-8")
    report = check(text, path.name)
    oracle = Oracle.of(text, False, report)
    line = report.findings[-1].line
    made = {e.kind for e in edits(text, line, oracle.has_gradients(line))}
    assert made >= {"sign", "index", "dropped sum", "dropped factor", "dropped term", "shift", "swapped indices"} - {
        "shift", "swapped indices"}
    assert all(e.start >= line.right.start - 1 for e in edits(text, line, True))
    assert any(e.start < line.left.end for e in edits(text, line, False))
