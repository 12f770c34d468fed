"""Written reports: LaTeX that compiles and says what was proved, Markdown, JSON."""

import importlib.util
import json
import re
import shutil
import subprocess

import pytest

from symcnn.derivation import run
from symcnn.latex.layout import displayed
from symcnn.report.data import as_json
from symcnn.report.documents import check_files, markdown, printed_formulas, tex
from symcnn.sources import find

NAMES = [s.name for s in find([])]
needs_pdflatex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
needs_reader = pytest.mark.skipif(importlib.util.find_spec("latex2sympy2") is None,
                                  reason="latex2sympy2 is not installed")


@pytest.fixture(scope="module")
def made():
    """Every derivation with its default parameters, with few random cases."""
    return {s.name: run(s, cases=3) for s in find([])}


@needs_pdflatex
def test_the_document_of_all_derivations_compiles(made, tmp_path):
    (tmp_path / "all.tex").write_text(tex(list(made.values())), encoding="utf-8")
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"], cwd=tmp_path,
                          capture_output=True, text=True, errors="replace", timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
    log = (tmp_path / "all.log").read_text(errors="replace")
    assert "undefined" not in log.lower()
    wide = [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(wide, default=0) < 30, "a formula sticks out of the page"


@needs_pdflatex
def test_a_broken_document_does_not_compile(made, tmp_path):
    source = tex([made["sigmoid"]]).replace("\\frac", "\\fraq", 1)
    (tmp_path / "bad.tex").write_text(source, encoding="utf-8")
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "bad.tex"], cwd=tmp_path,
                          capture_output=True, text=True, errors="replace", timeout=120)
    assert done.returncode != 0


@pytest.mark.parametrize("name", NAMES)
def test_the_file_shows_the_proved_formulas(made, name):
    d = made[name]
    assert len(displayed(tex([d]))) == len(printed_formulas(d))
    assert check_files([(tex([d]), d)], reader=False)[0].disagreements == []


@needs_reader
def test_read_back_covers_most_scalar_formulas_and_agrees(made):
    reads = check_files([(tex([d]), d) for d in made.values()])
    formulas, covered, agreed = (sum(getattr(r, part) for r in reads) for part in ("formulas", "covered", "agreed"))
    assert formulas >= 15
    assert covered >= 0.6 * formulas
    assert agreed == covered


MUTATIONS = {
    "a sign": ("sigmoid", "1 - ", "1 + "),
    "an exponent": ("sigmoid", "^{2}", "^{3}"),
    "a factor": ("tanh", "1 - U^{2}", "1 - 2 U^{2}"),
    "a name": ("sigmoid", "e^{-z}", "e^{-y}"),
    "an index of a sum": ("conv_weight_gradient", "s_1 i + d_1 k_1", "s_1 i + d_1 k_2"),
    "a lost formula": ("tanh", "1 - U^{2}", ""),
}


@pytest.mark.parametrize(("name", "old", "new"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_mutated_file_is_caught(made, name, old, new):
    source = tex([made[name]])
    assert old in source
    (read,) = check_files([(source.replace(old, new, 1), made[name])], reader=False)
    assert read.disagreements


@needs_reader
def test_the_independent_reader_alone_catches_a_mutation(made):
    """Not the comparison of letters: the value that latex2sympy2 read differs from what was proved."""
    (read,) = check_files([(tex([made["sigmoid"]]).replace("1 - ", "1 + ", 1), made["sigmoid"])])
    assert read.covered > read.agreed


def test_json_holds_every_step(made):
    records = json.loads(as_json(list(made.values())))["derivations"]
    for record, d in zip(records, made.values(), strict=True):
        assert len(record["steps"]) == len(d.steps)
        assert record["verdict"] == "proved"
        assert all(s["latex"] for s in record["steps"])


def test_markdown_has_a_heading_for_every_derivation(made):
    text = markdown(list(made.values()))
    assert [line[2:] for line in text.splitlines() if line.startswith("# ")] == [d.title for d in made.values()]
    assert text.count("$$") % 2 == 0
