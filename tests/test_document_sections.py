"""Sections with names of their own, readings that are a choice, budgets, and faults of the tool itself."""

import pytest

from symcnn.checking import FAULTY, status
from symcnn.document.check import check
from symcnn.document.claims.claims import read_document
from symcnn.document.deciding.decide import Decider
from symcnn.document.facts.sections import headings, scopes
from symcnn.effort import BudgetError, budget, spend
from symcnn.report.findings import checked
from symcnn.verdict import Verdict

GIVEN = """# Title

Words with $n$ samples.

## First
### Given
$$u = a x$$
### Answer
$$\\frac{\\partial u}{\\partial x} = a$$

## Second
### Given
$$u = b x^2$$
### Answer
$$\\frac{\\partial u}{\\partial x} = 2 b x$$
"""


def verdicts(text: str, *givens: str) -> list[str]:
    return [str(f.verdict) for f in check(text, "own.md", givens).findings]


def test_a_section_that_sets_itself_up_has_names_of_its_own():
    assert len(scopes(read_document(GIVEN))) == 3
    assert verdicts(GIVEN) == ["defined", "proved", "defined", "proved"]


def test_a_section_without_that_goes_on_with_the_names():
    text = GIVEN.replace("### Given\n", "").replace("u = b x^2", "u = a x").replace("2 b x", "2 a")
    assert len(scopes(read_document(text))) == 1
    assert verdicts(text)[-1] == "refuted"


@pytest.mark.parametrize(("second", "parts"), [("u = b x^2", 3), ("u = a x", 1)],
                         ids=["another formula", "the same formula"])
def test_a_numbered_problem_starts_anew_if_a_name_gets_another_formula(second, parts):
    text = f"# Problem 1\n$$u = a x$$\n# Problem 2\n$${second}$$\n"
    assert len(scopes(read_document(text))) == parts


def test_places_are_those_of_the_whole_document():
    report = check(GIVEN, "own.md")
    assert [GIVEN[f.line.start:f.line.end] for f in report.findings][2] == "u = b x^2"


def test_headings_of_markdown_and_latex_outside_of_code():
    text = "# One\n```\n# no\n```\n\\section{Two}\n\\subsection*{Three}\n"
    assert [(h.depth, h.title) for h in headings(text)] == [(1, "One"), (2, "Two"), (3, "Three")]


def test_readings_are_listed_and_a_given_file_chooses_otherwise():
    text = "$$y = x_{11} + x_{12}, \\quad z = x_{21} * x_{22}$$ after a convolution."
    assert "`x_{11}`: two indices" in check(text, "own.md").readings
    other = check(text, "own.md", ["read as: `x_{11}`: one index; `*` = product"]).readings
    assert "`x_{11}`: one index" in other
    assert "`*` = product" in other


def test_what_is_not_understood_of_a_given_reading_is_said():
    readings = check("$x = 1$", "own.md", ["read as: `x`: a colour"]).readings
    assert readings == ["not understood in a given file: `x`: a colour"]


def test_a_budget_counts_steps_also_those_of_an_inner_one():
    with budget(10) as outer:
        with budget(100) as inner:
            spend(4)
        assert (inner.left, outer.left) == (6, 6)
        with pytest.raises(BudgetError, match="10 steps"):
            spend(7)
    spend(1_000_000)  # without a budget nothing is counted


def test_a_claim_beyond_its_budget_is_undecided_and_says_so(monkeypatch):
    monkeypatch.setattr("symcnn.document.proof.proof.PROOF_STEPS", 5)
    monkeypatch.setattr("symcnn.document.proof.proof.REFUTATION_STEPS", 0)
    (_, last) = check("$$u_i = a x_i$$ $$\\sum_{i=1}^{n} u_i = a \\sum_{i=1}^{n} x_i$$", "own.md").findings
    assert last.verdict is Verdict.UNDECIDED
    assert "steps" in last.reason


def test_an_error_of_the_tool_is_one_lines_and_nothing_else_is_lost(monkeypatch):
    decide = Decider._decide

    def failing(self, line):
        if "7" in str(line.right):
            raise KeyError("planted")
        return decide(self, line)

    monkeypatch.setattr(Decider, "_decide", failing)
    report = check("$1 + 1 = 2$, $3 + 4 = 7$, $2 + 2 = 4$", "own.md")
    assert [str(f.verdict) for f in report.findings] == ["proved", "undecided", "proved"]
    assert report.findings[1].reason.startswith("internal error: KeyError")
    assert status([checked(report)], strict=False) == FAULTY


def test_a_letter_below_a_sum_counts_its_terms_unless_a_given_file_says_otherwise():
    text = r"$m = \frac1N \sum_i x_i$, $u_i = x_i - m$, and so $\sum_i u_i = 0$."
    report = check(text, "own.md")
    assert [f.verdict for f in report.findings][-1] is Verdict.PROVED
    assert "`N`: the number of terms of a sum" in report.readings
    report = check(text, "own.md", ["read as: `N`: any number"])
    assert [f.verdict for f in report.findings][-1] is not Verdict.PROVED
    assert report.readings == []
