"""Every example in README.md and docs/ is run: Python sessions, console commands, derivation files."""

import doctest
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
TIME = re.compile(r"\d+\.\d\d s")
ERROR = re.compile(r"≤ \d+e-\d+")


def blocks(path, kind):
    return [body for language, body in FENCE.findall(path.read_text(encoding="utf-8")) if language == kind]


@pytest.mark.parametrize("path", PAGES, ids=[p.name for p in PAGES])
def test_python_sessions(path):
    sessions = blocks(path, "pycon")
    text = "\n".join(sessions)
    test = doctest.DocTestParser().get_doctest(text, {}, path.name, str(path), 0)
    said = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(test, out=said.append)
    assert not runner.failures, "".join(said)
    assert len(test.examples) == text.count(">>> ")


def console(path):
    return [(m.group(1), m.group(2)) for body in blocks(path, "console")
            for m in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", body, re.M)]


def masked(text):
    """Times and rounding errors differ from run to run."""
    return ERROR.sub("≤ #", TIME.sub("#.## s", text)).strip()


@pytest.mark.parametrize(("command", "shown"), [c for p in PAGES for c in console(p)])
def test_console_commands(command, shown):
    words = command.split()
    assert words[0] == "python"
    if "validated against" in shown and find_spec("jax") is not None:
        pytest.skip("the page shows what is validated where JAX is not installed")
    done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, cwd=ROOT,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120)
    assert done.returncode == 0, done.stderr
    assert masked(done.stdout) == masked(shown)


@pytest.mark.parametrize("source", [b for p in PAGES for b in blocks(p, "python")])
def test_derivation_files(source, tmp_path):
    (tmp_path / "example.py").write_text(source, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "symcnn", "derive", str(tmp_path / "example.py")],
                          capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "proved" in done.stdout


def test_the_readme_fits_a_page():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 90


def test_the_readme_commands_are_those_that_continuous_integration_runs():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "pip install -e . && python -m symcnn derive\n" in readme
    assert "pip install -e '.[test]' && pytest\n" in readme
