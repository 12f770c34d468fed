"""The command line: what it prints, its exit statuses, and one clear line for every wrong use."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

OWN = '''"""A user's own line."""
from symcnn import Derivation, declare, steps

parameters = {"claimed": 2, "loud": False}


def derive(claimed, loud):
    d = Derivation("Doubling", "x + x = 2x")
    c = declare("", "x")
    d.show(*steps(c.expression("x + x"), [("collect", c.expression(f"{claimed} x"))]), conclude=True)
    return d
'''


def symcnn(*arguments, cwd=ROOT):
    return subprocess.run([sys.executable, "-m", "symcnn", *map(str, arguments)], capture_output=True, text=True,
                          cwd=cwd, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120)


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "doubling.py").write_text(OWN)
    return folder


def test_list_names_every_derivation():
    done = symcnn("list")
    names = {p.stem for p in (ROOT / "derivations").glob("*.py")}
    assert done.returncode == 0
    assert names <= {line.split()[0] for line in done.stdout.splitlines()}


def test_derive_prints_a_table_and_exits_0():
    done = symcnn("derive", "sigmoid", "tanh")
    assert done.returncode == 0, done.stderr
    assert "sigmoid" in done.stdout
    assert done.stdout.count("proved") == 2
    assert done.stderr == ""


def test_json_alone_is_all_of_standard_output():
    done = symcnn("derive", "sigmoid", "--to", "json")
    (record,) = json.loads(done.stdout)["derivations"]
    assert done.returncode == 0
    assert set(record) == {"name", "title", "sheet", "part", "parameters", "given", "steps", "conclusion", "verdict",
                           "scope", "assumptions", "validated", "read_back"}
    assert {"latex", "reason", "rule", "verdict", "scope", "procedures", "ms"} == set(record["steps"][0])
    assert record["verdict"] == "proved"


@pytest.mark.parametrize(("kind", "start"), [("tex", r"\documentclass"), ("md", "# "), ("json", "{")])
def test_to_alone_writes_on_standard_output(kind, start):
    assert symcnn("derive", "sigmoid", "--to", kind).stdout.startswith(start)


def test_a_folder_alone_gets_tex(tmp_path):
    done = symcnn("derive", "sigmoid", "tanh", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"sigmoid.tex", "tanh.tex", "all.tex"}


def test_own_folder_and_file(own, tmp_path):
    for target in (own, own / "doubling.py"):
        done = symcnn("derive", target, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "doubling" in done.stdout
    assert "A user's own line." in symcnn("list", own).stdout


def test_a_false_line_of_ones_own_is_refuted_with_a_counterexample(own):
    done = symcnn("derive", own, "--set", "claimed=3")
    assert done.returncode == 1
    assert "refuted" in done.stderr
    assert "counterexample" in done.stderr


def test_verify_replays():
    done = symcnn("verify", "sigmoid", "--cases", "50")
    assert done.returncode == 0, done.stderr
    assert "checked again" in done.stdout


WRONG = {
    "unknown name": (["derive", "sigmoud"], "did you mean sigmoid?"),
    "unknown command": (["derve"], "No such command"),
    "unknown option": (["derive", "--nope"], "--nope"),
    "unknown format": (["derive", "--to", "pdf"], "pdf"),
    "set without a value": (["derive", "sigmoid", "--set", "x"], "name=value"),
    "unknown parameter": (["derive", "conv_input_gradient", "--set", "strife=2"], "no parameter 'strife'"),
    "not a whole number": (["derive", "conv_input_gradient", "--set", "dims=two"], "whole number"),
    "too many dimensions": (["derive", "conv_input_gradient", "--set", "dims=4"], "1, 2 or 3"),
    "a Python that is none": (["derive", "sigmoid", "--readback-python", "nowhere/python"], "no program"),
    "a kernel larger than the padded input": (["derive", "conv_matrix", "--set", "size=2"], "kernel is larger"),
    "stride 0": (["derive", "conv_matrix", "--set", "stride=0"], "stride is 0"),
    "groups that do not divide": (["derive", "conv_matrix", "--set", "groups=3"], "does not divide"),
    "cases below one": (["verify", "sigmoid", "--cases", "0"], "at least 1"),
    "a folder without derivations": (["derive", "docs"], "no derivations"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_wrong_use_is_one_clear_line(arguments, message):
    done = symcnn(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_a_matrix_too_large_to_print_is_summarised():
    done = symcnn("derive", "conv_matrix", "--set", "size=900", "--set", "dims=2", "--to", "md")
    assert done.returncode == 0, done.stderr
    assert "nonzeros" in done.stdout
    assert len(done.stdout) < 10_000


def test_an_output_folder_that_cannot_be_written_leaves_nothing(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("here first")
    for target in (blocked, blocked / "below"):
        done = symcnn("derive", "sigmoid", "-o", target)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1
    assert blocked.read_text() == "here first"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    done = symcnn("derive", "sigmoid", "-o", tmp_path / "out")
    tmp_path.chmod(stat.S_IRWXU)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


BROKEN = {
    "a bracket that is not closed": ("x = (\n", "line 1: '(' was never closed"),
    "a formula with a typo": (OWN.replace("x + x\")", "x + + x\")"), "line 10: expected a formula, found '+'"),
    "a parameter too many": (OWN.replace("derive(claimed, loud)", "derive(claimed)"), "(claimed, loud)"),
    "a division by zero": (OWN.replace('return d', 'return 1 / 0'), "line 11: ZeroDivisionError: division by zero"),
    "no text": ("\0", "null bytes"),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_of_ones_own_is_named_with_its_line(tmp_path, text, message):
    (tmp_path / "broken.py").write_text(text)
    done = symcnn("derive", "broken.py", cwd=tmp_path)
    assert done.returncode == 2
    assert "broken.py" in done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_help_exits_0_and_no_command_exits_2():
    assert symcnn("--help").returncode == 0
    assert symcnn().returncode == 2
