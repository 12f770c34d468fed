"""Each command in a fresh process imports only what it uses, in the processes it starts as well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("sympy", "numpy", "scipy", "torch", "jax", "islpy", "z3", "flint", "rich", "markdown_it", "latex2sympy2")
# Forked workers inherit the hook and the open file.
WATCHED = f"""
import os, runpy, sys
names = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def noted(event, details):
    if event == "import" and details[0] in {HEAVY}:
        os.write(names, (details[0] + " ").encode())
sys.addaudithook(noted)
sys.argv = ["symcnn", *sys.argv[2:]]
runpy.run_module("symcnn", run_name="__main__")
"""
POLYNOMIAL = "$$ (a+b)^2 = a^2 + 2ab + b^2 $$\n"
WRONG = "$$ (a+b)^2 = a^2 + b^2 $$\n"
LIGHT = {  # the command, its exit status, a word that it prints
    "--help": (["--help"], 0, "Commands"),
    "the version": (["--version"], 0, "symcnn, version"),
    "no command": ([], 2, "Commands"),
    "help of a command": (["check", "--help"], 0, "--given"),
    "list": (["list"], 0, "conv_input_gradient"),
    "list of a folder": (["list", "{root}/derivations/problems"], 0, "vgg16"),
    "an unknown command": (["chekc"], 2, "No such command"),
    "an unknown option": (["derive", "--nosuch"], 2, "No such option"),
    "an unknown option of check": (["check", "--nosuch", "right.md"], 2, "No such option"),
    "a wrong format": (["derive", "--to", "pdf"], 2, "'pdf' is not one of"),
    "an unknown derivation": (["derive", "sigmiod"], 2, "did you mean sigmoid?"),
    "an unknown derivation to verify": (["verify", "sigmiod"], 2, "did you mean sigmoid?"),
    "an unknown derivation to list": (["list", "sigmiod"], 2, "did you mean sigmoid?"),
    "an unknown sheet": (["derive", "--sheet", "cnn_hw5"], 2, "did you mean cnn_hw4?"),
    "a setting without a value": (["derive", "--set", "size"], 2, "--set takes name=value"),
    "a setting without a value to verify": (["verify", "--set", "size"], 2, "--set takes name=value"),
    "no cases": (["verify", "--cases", "0"], 2, "--cases is 0"),
    "a file for a folder": (["derive", "-o", "right.md"], 2, "right.md is a file"),
    "no file": (["check"], 2, "Missing argument"),
    "a missing file": (["check", "missing.md"], 2, "missing.md does not exist"),
    "a missing file, as JSON": (["check", "--format", "json", "missing.md"], 2, "missing.md does not exist"),
    "a folder to check": (["check", "."], 2, "is a folder"),
    "no text": (["check", "binary.md"], 2, "is a binary file"),
    "a missing given": (["check", "--given", "missing.md", "right.md"], 2, "missing.md does not exist"),
    "no jobs": (["check", "--jobs", "0", "right.md"], 2, "--jobs is 0"),
    "no folder to write into": (["check", "-o", "nowhere/x.html", "right.md"], 2, "in a folder that exists"),
}
WORKING = {  # the command, its exit status, a word that it prints, what it needs
    "a right document": (["check", "right.md"], 0, "proved", {"flint"}),
    "a wrong document": (["check", "wrong.md"], 1, "refuted", {"flint", "islpy"}),
    "a right and a missing document": (["check", "right.md", "missing.md"], 2, "proved", {"flint"}),
    "as JSON": (["check", "--format", "json", "right.md"], 0, "proved", {"flint"}),
    "a derivation of scalars": (["derive", "momentum_forms"], 0, "proved", {"flint", "numpy", "rich"}),
}


def run(arguments: list[str], folder: Path) -> tuple[int, str, set[str]]:
    """The exit status of a command, all that it prints, and the heavy modules that it imports."""
    (folder / "right.md").write_text(POLYNOMIAL)
    (folder / "wrong.md").write_text(WRONG)
    (folder / "binary.md").write_bytes(b"\0\1\2")
    done = subprocess.run([sys.executable, "-c", WATCHED, "imported", *(a.format(root=ROOT) for a in arguments)],
                          capture_output=True, text=True, cwd=folder, env={"PYTHONPATH": str(ROOT)})
    return done.returncode, done.stdout + done.stderr, set((folder / "imported").read_text().split())


@pytest.mark.parametrize(("arguments", "status", "word"), LIGHT.values(), ids=LIGHT)
def test_help_lists_and_wrong_use_import_nothing_heavy(
        arguments: list[str], status: int, word: str, tmp_path: Path) -> None:
    exit_status, said, imported = run(arguments, tmp_path)
    assert exit_status == status
    assert word in said
    assert "Traceback" not in said
    assert imported == set()


@pytest.mark.parametrize(("arguments", "status", "word", "needed"), WORKING.values(), ids=WORKING)
def test_commands_import_no_more_than_they_need(
        arguments: list[str], status: int, word: str, needed: set[str], tmp_path: Path) -> None:
    exit_status, said, imported = run(arguments, tmp_path)
    assert exit_status == status
    assert word in said
    assert imported <= needed
    assert "flint" in imported, "the imports of workers are seen too"


def test_a_heavy_import_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "heavy.py").write_text(
        '"""Imports an optional package."""\nimport numpy\nimport sympy\ndef derive():\n    return None\n')
    status, said, imported = run(["derive", "heavy.py"], tmp_path)
    assert (status, imported >= {"numpy", "sympy"}) == (2, True)
    assert "derive() of heavy returned no Derivation" in said


@pytest.mark.parametrize(("text", "summary"), [
    ('"""One line."""\n', "One line."), ('# a remark\n\n"""Two.\n\nMore.\n"""\nx = 1\n', "Two."), ("x = 1\n", ""),
    ("", ""), ("r'''Raw \\sum.'''", r"Raw \sum."), ("b'bytes'", "")])
def test_a_list_shows_the_first_line_of_a_docstring(text: str, summary: str, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(text)
    status, said, imported = run(["list", "one.py"], tmp_path)
    assert (status, said, imported) == (0, f"{'one':24} {summary}\n", set())


def test_a_file_that_is_no_python_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_bytes(b"\xff\xfe")
    status, said, _ = run(["list", "one.py"], tmp_path)
    assert (status, said) == (2, "symcnn: one.py cannot be read as Python\n")
