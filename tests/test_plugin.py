"""`pytest --symcnn`: a right document passes, a wrong one fails with the diagnosis of the command."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytest_plugins = ["pytester"]

RIGHT = "# Notes\n\nWe have $2 + 3 = 5$ and\n\n$$4 \\cdot 5 = 20.$$\n"
WRONG = "# Notes\n\nWe have $2 + 3 = 5$, so\n\n$$4 \\cdot 5 = 21.$$\n"
UNREAD = "We have $2 + 3 = 5$ and $x_{1 = 3$.\n"


@pytest.fixture
def run(pytester, monkeypatch):
    """pytest in a process of its own, with the plugin as an installed package has it."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # others that happen to be installed take half a second
    pytester.makeini("[pytest]\n")
    return lambda *arguments: pytester.runpytest_subprocess("-p", "symcnn.pytest_plugin", "-rs", *arguments)


def test_a_right_document_passes(pytester, run):
    pytester.path.joinpath("right.md").write_text(RIGHT)
    done = run("--symcnn", "right.md", "-v")
    done.assert_outcomes(passed=2)
    done.stdout.fnmatch_lines(["*right.md::1, line 3: 2 + 3 = 5 PASSED*"])


def test_a_wrong_document_fails_with_the_same_diagnosis_as_the_command(pytester, run):
    pytester.path.joinpath("wrong.tex").write_text(WRONG)
    done = run("--symcnn", "wrong.tex")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["*5 ✗ $$4 \\cdot 5 = 21.$$", "*^~", "*refuted*"])
    assert "Traceback" not in done.stdout.str()
    assert done.ret == 1


def test_what_is_unread_is_skipped_with_its_reason_or_fails_when_strict(pytester, run):
    pytester.path.joinpath("unread.md").write_text(UNREAD)
    done = run("--symcnn", "unread.md")
    done.assert_outcomes(passed=1, skipped=1)
    done.stdout.fnmatch_lines(["*unread: line 1, column *"])
    run("--symcnn", "--symcnn-strict", "unread.md").assert_outcomes(passed=1, failed=1)


def test_documents_of_the_configuration(pytester, run):
    docs = pytester.mkdir("docs")
    docs.joinpath("right.md").write_text(RIGHT)
    docs.joinpath("other.md").write_text(WRONG)
    pytester.mkdir("tests").joinpath("test_x.py").write_text("def test_x(): pass\n")
    for settings in ("testpaths = tests\n", ""):
        pytester.makeini(f"[pytest]\n{settings}symcnn_documents = docs/r*.md\n")
        run().assert_outcomes(passed=3)
        run("tests").assert_outcomes(passed=1)
        run("docs/right.md").assert_outcomes(passed=2)


def test_without_the_option_documents_are_left_alone(pytester, run):
    pytester.path.joinpath("wrong.md").write_text(WRONG)
    pytester.makepyfile("def test_x(): pass")
    run().assert_outcomes(passed=1)


def test_a_given_of_the_configuration_is_used(pytester, run):
    pytester.path.joinpath("notes.md").write_text("$n + 1 = 8$\n")
    pytester.path.joinpath("given.md").write_text("Let $n = 7$.\n")
    pytester.makeini("[pytest]\nsymcnn_given = given.md\n")
    run("--symcnn", "notes.md").assert_outcomes(passed=1)
    pytester.path.joinpath("given.md").write_text("Let $n = 6$.\n")
    run("--symcnn", "notes.md").assert_outcomes(failed=1)


@pytest.mark.parametrize(("content", "message"), [(b"\xff\xfe", "not UTF-8"), (b"a\0b", "binary")])
def test_a_file_that_is_no_text_is_one_clear_error(pytester, run, content, message):
    pytester.path.joinpath("bad.md").write_bytes(content)
    done = run("--symcnn", "bad.md")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines([f"*{message}*"])
    assert "Traceback" not in done.stdout.str()


def test_a_missing_given_is_one_clear_error(pytester, run):
    pytester.path.joinpath("right.md").write_text(RIGHT)
    pytester.makeini("[pytest]\nsymcnn_given = nowhere.md\n")
    run("--symcnn", "right.md").stdout.fnmatch_lines(["*nowhere.md does not exist*"])


def test_the_plugin_costs_nothing_where_it_is_not_used():
    code = "import sys, symcnn.pytest_plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert not set(done.stdout.split()) & {"sympy", "numpy", "islpy", "z3", "flint", "rich", "symcnn.checking"}
