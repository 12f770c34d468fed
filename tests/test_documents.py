"""Small documents as people write them: right ones pass unflagged, in wrong ones the wrong line is named and mended."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from symcnn.document.check import Finding, Report, check
from symcnn.verdict import Verdict

FOLDER = Path(__file__).resolve().parent / "documents"
RIGHT = sorted((FOLDER / "right").iterdir())
WRONG = sorted((FOLDER / "wrong").iterdir())
EXPECTED = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))
FLAGS = (Verdict.REFUTED, Verdict.CONDITIONAL)

NOT_YET: dict[str, list[str]] = {}
"""What the checker does not answer yet, by the reason."""

NO_REPAIR_YET = frozenset("""
    divided-by-under-a-sum.md gradient-through-a-residual.md numeric-but-for-a-bound.md
    powers-of-ten-in-parentheses.md skip-around-a-hidden-layer.md
    length-with-a-label.md cases-of-a-rate.md logistic-regression-of-samples.md
    gradients-of-which-loss.md geometric-sum-before-an-example.md
""".split())
"""Wrong lines that are flagged, but not mended."""

SKIPPED = {name for names in NOT_YET.values() for name in names}


@cache
def checked(path: Path) -> Report:
    """The report on a document, with the problem statement of the same name where there is one."""
    given = FOLDER / "given" / f"{path.stem}.given.md"
    return check(path.read_text(encoding="utf-8"), path.name,
                 [given.read_text(encoding="utf-8")] if given.exists() else [])


def flagged(report: Report) -> list[Finding]:
    return [f for f in report.findings if f.verdict in FLAGS]


def lines_of(report: Report, finding: Finding) -> range:
    """The numbers of the document's lines on which a claim stands."""
    first, last = (report.text[:place].count("\n") + 1 for place in (finding.line.start, finding.line.end))
    return range(first, last + 1)


def shown(findings: Sequence[Finding]) -> str:
    return "; ".join(f"{str(f.line.left).strip()} {f.line.relation} {str(f.line.right).strip()}: {f.verdict} {f.reason}"
                     for f in findings)


def fault_of_right(report: Report) -> str:
    """What is wrong about the report on a right document; empty if nothing is."""
    if flagged(report):
        return f"called wrong: {shown(flagged(report))}"
    if report.unread:
        return f"unread: {report.unread}"
    if not any(f.verdict in (Verdict.PROVED, Verdict.ROUNDED) for f in report.findings):
        return f"nothing is proved: {shown(report.findings)}"
    return ""


def fault_of_wrong(report: Report, line: int) -> str:
    """What is wrong about the report on a document whose line `line` is wrong; empty if nothing is."""
    found = flagged(report)
    if not found:
        return f"line {line} is not flagged: {shown(report.findings)}"
    elsewhere = [f for f in found if line not in lines_of(report, f)]
    return f"flagged beside line {line}: {shown(elsewhere)}" if elsewhere else ""


def same(report: Report, repair: str, right: str) -> bool:
    """Whether a repair is the right side, as text or by a proof from the document's own definitions."""
    plain = [re.sub(r"\s|\{,\}|\\,|[{}]", "", side) for side in (repair, right)]
    if plain[0] == plain[1]:
        return True
    body = report.text.replace(r"\end{document}", "")
    more = check(f"{body}\n\n$$ ({right}) = ({repair}) $$\n", report.path)
    return more.findings[-1].verdict in (Verdict.PROVED, Verdict.ROUNDED)


@pytest.mark.parametrize("path", [p for p in RIGHT if f"right/{p.name}" not in SKIPPED], ids=lambda p: p.name)
def test_right_documents_pass(path):
    assert fault_of_right(checked(path)) == ""


@pytest.mark.parametrize("path", [p for p in WRONG if f"wrong/{p.name}" not in SKIPPED], ids=lambda p: p.name)
def test_the_wrong_line_is_flagged(path):
    assert fault_of_wrong(checked(path), EXPECTED[path.name]["line"]) == ""


@pytest.mark.parametrize("path", [p for p in WRONG if "repair" in EXPECTED[p.name]
                                  and f"wrong/{p.name}" not in SKIPPED and p.name not in NO_REPAIR_YET],
                         ids=lambda p: p.name)
def test_the_repair_is_the_right_line(path):
    report = checked(path)
    repairs = [f.repair for f in flagged(report) if f.repair]
    assert any(same(report, r, EXPECTED[path.name]["repair"]) for r in repairs), repairs


@pytest.mark.parametrize("path", [p for p in RIGHT if "right/" + p.name in SKIPPED], ids=lambda p: p.name)
def test_right_documents_that_are_not_decided_yet_are_not_called_wrong(path):
    assert not flagged(checked(path))


def test_the_judges_can_say_no():
    wrong = next(p for p in WRONG if p.name == "index-in-brackets.md")
    right = next(p for p in RIGHT if p.name == "index-in-brackets.md")
    line = EXPECTED[wrong.name]["line"]
    assert "called wrong" in fault_of_right(checked(wrong))
    assert "nothing is proved" in fault_of_right(check("Let $a_i = b_i$.", "a.md"))
    assert "is not flagged" in fault_of_wrong(checked(right), line)
    assert "flagged beside" in fault_of_wrong(checked(wrong), line - 1)
    report = checked(wrong)
    assert same(report, EXPECTED[wrong.name]["repair"], EXPECTED[wrong.name]["repair"])
    assert not same(report, str(flagged(report)[0].line.right), EXPECTED[wrong.name]["repair"])


def test_there_are_enough_of_them():
    assert len(RIGHT) >= 60
    assert len(WRONG) >= 60
    assert {p.name for p in WRONG} == set(EXPECTED)
    several = re.compile(r"∂|\\partial|\\pd|\\dd|\\nabla|\\frac\{d|\\sum_\{?\w+ ?,|\\sum[^$]*?\\sum", re.DOTALL)
    for paths in (RIGHT, WRONG):
        assert sum(bool(several.search(p.read_text(encoding="utf-8"))) for p in paths) * 2 >= len(paths)
    names = {f"{p.parent.name}/{p.name}" for p in (*RIGHT, *WRONG)}
    assert names >= SKIPPED
    assert {p.name for p in WRONG} >= set(NO_REPAIR_YET)
