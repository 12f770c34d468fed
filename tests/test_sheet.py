"""Solution sheets: their parts, the documents they become, wrong uses."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from symcnn.derivation import own_folder
from symcnn.errors import UsageError
from symcnn.sheet import Part, run_sheet, sheet_names, sheets

ROOT = Path(__file__).resolve().parent.parent
NAMES = ["cnn_hw4", "coms573_hw5", "csce636_hw2", "introml_hw8", "mfdnn_hw5"]


def symcnn(*arguments):
    return subprocess.run([sys.executable, "-m", "symcnn", *map(str, arguments)], capture_output=True, text=True,
                          cwd=ROOT, timeout=120)


def test_names():
    assert sheet_names() == NAMES
    assert [s.name for s in sheets(["all"])] == NAMES
    assert [s.name for s in sheets(["mfdnn_hw5", "all"])][0] == "mfdnn_hw5"


def test_an_unknown_sheet_lists_those_there_are():
    with pytest.raises(UsageError, match="did you mean cnn_hw4.*mfdnn_hw5"):
        sheets(["cnn_hw3"])
    done = symcnn("derive", "--sheet", "nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("symcnn: no sheet 'nothing'")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("more", [["tanh"], ["--set", "size=3"]])
def test_a_sheet_stands_alone(more):
    done = symcnn("derive", "--sheet", "mfdnn_hw5", *more)
    assert done.returncode == 2
    assert "--sheet stands alone" in done.stderr


def test_parts_are_marked():
    (sheet,) = sheets(["coms573_hw5"])
    made = run_sheet(type(sheet)(sheet.name, sheet.title, tuple(p for p in sheet.parts if p.number == "3")))
    assert [(d.sheet, d.part, d.name, d.label) for d in made] == [("coms573_hw5", "3", "conv_matrix", "coms573_hw5 3")]


def test_one_document_for_each_sheet(tmp_path):
    done = symcnn("derive", "--sheet", "mfdnn_hw5", "-o", tmp_path, "--to", "tex", "--to", "md")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mfdnn_hw5.md", "mfdnn_hw5.tex"]
    text = (tmp_path / "mfdnn_hw5.md").read_text()
    assert text.startswith("# Mathematical foundations of deep neural networks, homework 5\n")
    assert "\n## 3. Forms of gradient descent with momentum\n\n### Given\n" in text
    if shutil.which("pdflatex"):
        made = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "mfdnn_hw5.tex"],
                              cwd=tmp_path, capture_output=True, text=True)
        assert made.returncode == 0, made.stdout[-2000:]


def test_every_sheet_has_its_givens_and_numbers_its_parts_once():
    for sheet in sheets(["all"]):
        numbers = [p.number for p in sheet.parts]
        assert len(set(numbers)) == len(numbers)
        assert all(isinstance(p, Part) for p in sheet.parts)
        assert (own_folder() / "problems" / f"{sheet.name}.given.md").is_file()
