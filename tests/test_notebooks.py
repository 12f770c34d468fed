"""Notebooks: their Markdown cells are read, on the lines of the file, and nothing else of them."""

import json

import pytest

from symcnn.checking import check_files
from symcnn.document.reading.files import document_text
from symcnn.document.reading.notebooks import NotebookError, markdown_of
from symcnn.errors import UsageError

CELLS = [
    {"cell_type": "markdown", "metadata": {}, "source": ["# Slopes\n", "Let $y = 3 x^2$, so that\n",
                                                         "$$\\frac{dy}{dx} = 6 x.$$"]},
    {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": ["y = 3 * x\n", "print(\"$1 = 2$\")"],
     "outputs": [{"output_type": "stream", "name": "stdout", "text": ["$2 = 3$\n"]}]},
    {"cell_type": "markdown", "metadata": {}, "source": []},
    {"cell_type": "markdown", "metadata": {}, "source": ["Beside it\n", "\n", "$$\\frac{d^2y}{dx^2} = 5.$$"]},
]


def notebook(cells=CELLS, **how):
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, **how)


def test_lines_are_those_of_the_file(tmp_path):
    (tmp_path / "slopes.ipynb").write_text(notebook(indent=1), encoding="utf-8")
    (_, checked), = check_files([str(tmp_path / "slopes.ipynb")])
    lines = notebook(indent=1).split("\n")
    assert [(c.verdict, "dy}{dx}" in lines[c.line - 1], "d^2y" in lines[c.line - 1]) for c in checked.claims] == [
        ("defined", False, False), ("proved", True, False), ("refuted", False, True)]
    assert checked.claims[2].repair.strip() == "6"


@pytest.mark.parametrize("how", [{}, {"indent": 1}, {"indent": 2, "ensure_ascii": False}], ids=str)
def test_the_markdown_cells_are_the_text_however_the_file_is_laid_out(how):
    text = markdown_of(notebook([{"cell_type": "markdown", "source": ["α = \"2\"\n", "b"]},
                                 {"cell_type": "raw", "source": ["$1 = 2$"]},
                                 {"cell_type": "markdown", "source": "c"}], **how))
    assert text.split() == ["α", "=", '"2"', "b", "c"]
    assert "b\n\n" in text


def test_cells_with_several_lines_in_one_string_follow_each_other():
    text = markdown_of(notebook([{"cell_type": "markdown", "source": "a\nb"},
                                 {"cell_type": "markdown", "source": ["c"]}], indent=1))
    assert text == "a\nb\n\nc"


@pytest.mark.parametrize(("text", "message"), [
    ("# no JSON", "it is not JSON"), ("[1, 2]", "no list of cells"), ('{"worksheets": []}', "no list of cells"),
    ("[" * 100_000, "it is not JSON"), ('{"cells": 3}', "no list of cells"),
], ids=["text", "list", "format 3", "deep", "number"])
def test_what_is_no_notebook_is_one_clear_line(tmp_path, text, message):
    with pytest.raises(NotebookError, match=message):
        markdown_of(text)
    (tmp_path / "a.ipynb").write_text(text)
    with pytest.raises(UsageError, match="a.ipynb is no notebook: "):
        document_text(tmp_path / "a.ipynb")


@pytest.mark.parametrize("cell", [3, None, {}, {"cell_type": "markdown"}, {"cell_type": "markdown", "source": 3},
                                  {"cell_type": "markdown", "source": [3, None]}], ids=str)
def test_cells_without_text_are_passed_over(cell):
    assert markdown_of(notebook([cell, {"cell_type": "markdown", "source": ["a"]}], indent=1)).split() == ["a"]
