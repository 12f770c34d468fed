"""The command `check`: reports, exit statuses, givens, limits, and one clear line for every file that is no text."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from symcnn.checking import Bar, check_files
from symcnn.document.workers import Limits, run_each

ROOT = Path(__file__).resolve().parent.parent
RIGHT = "We have $2 + 3 = 5$.\n"
WRONG = "We have\n\n$$2 + 3 = 6.$$\n"
UNREAD = "We have $x_{1 = 2$.\n"
CLAIM = ["start", "end", "line", "column", "source", "left", "relation", "right", "verdict", "scope", "assumptions",
         "reason", "counterexample", "repair", "procedures", "ms"]


def symcnn(*arguments, cwd):
    return subprocess.run([sys.executable, "-m", "symcnn", "check", *map(str, arguments)], capture_output=True,
                          text=True, cwd=cwd, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120)


@pytest.fixture
def folder(tmp_path):
    for name, text in (("right.md", RIGHT), ("wrong.tex", WRONG), ("unread.txt", UNREAD)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


STATUS = {
    "nothing flagged": (["right.md"], 0),
    "something refuted": (["right.md", "wrong.tex"], 1),
    "something unread": (["unread.txt"], 0),
    "something unread, strictly": (["--strict", "unread.txt"], 3),
    "nothing unread, strictly": (["--strict", "right.md"], 0),
    "refuted and unread, strictly": (["--strict", "wrong.tex", "unread.txt"], 1),
    "no file": ([], 2),
    "a file that does not exist": (["nowhere.md"], 2),
    "an unknown format": (["--format", "pdf", "right.md"], 2),
    "no jobs": (["--jobs", "0", "right.md"], 2),
    "a given that does not exist": (["--given", "nowhere.md", "right.md"], 2),
    "an output that is a folder": (["-o", ".", "right.md"], 2),
    "an output that is the document": (["-o", "right.md", "right.md"], 2),
    "an output that is the given": (["-o", "wrong.tex", "--given", "wrong.tex", "right.md"], 2),
    "an output in a folder that does not exist": (["-o", "nowhere/x.html", "right.md"], 2),
}


@pytest.mark.parametrize(("arguments", "status"), STATUS.values(), ids=STATUS)
def test_exit_status(folder, arguments, status):
    done = symcnn(*arguments, cwd=folder)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == (status == 2)


def test_json_is_exactly_what_is_promised(folder):
    done = symcnn("--format", "json", "right.md", "wrong.tex", "unread.txt", cwd=folder)
    report = json.loads(done.stdout)
    assert list(report) == ["files"]
    assert [f["file"] for f in report["files"]] == ["right.md", "wrong.tex", "unread.txt"]
    for file in report["files"]:
        assert list(file) == ["file", "seconds", "spans", "claims"]
        assert list(file["spans"]) == ["total", "read"]
        text = (folder / file["file"]).read_text(encoding="utf-8")
        for claim in file["claims"]:
            assert list(claim) == CLAIM
            assert text[claim["start"]:claim["end"]] == claim["source"]
            before = text[:claim["start"]].split("\n")
            assert (claim["line"], claim["column"]) == (len(before), len(before[-1]) + 1)
    right, wrong, unread = (f["claims"][0] for f in report["files"])
    assert (right["source"], right["left"], right["relation"], right["right"]) == ("2 + 3 = 5", "2 + 3", "=", "5")
    assert (right["verdict"], wrong["verdict"], unread["verdict"]) == ("proved", "refuted", "unread")
    assert [f["spans"] for f in report["files"]] == [{"total": 1, "read": 1}] * 2 + [{"total": 1, "read": 0}]
    found = wrong["counterexample"]
    assert found is None or list(found) == ["sizes", "entries", "left", "right"]


def test_offsets_are_those_of_the_text_as_python_reads_it(tmp_path):
    (tmp_path / "x.md").write_bytes("\ufeffÄ\r\n\r\n𝑥 $2 + 3 = 5$\r\n".encode())
    (claim,) = json.loads(symcnn("--format", "json", "x.md", cwd=tmp_path).stdout)["files"][0]["claims"]
    text = (tmp_path / "x.md").read_text(encoding="utf-8")
    assert text[claim["start"]:claim["end"]] == "2 + 3 = 5"
    assert (claim["line"], claim["column"]) == (3, 4)


def test_a_counterexample_names_things_as_the_document_does(tmp_path):
    (tmp_path / "own.md").write_text(
        "Let $E(w) = \\frac12 \\|Xw - t\\|^2$. Then $\\nabla E(w) = X^\\top (Xw - t) + w$.\n", encoding="utf-8")
    claims = json.loads(symcnn("--format", "json", "own.md", cwd=tmp_path).stdout)["files"][0]["claims"]
    (found,) = [c["counterexample"] for c in claims if c["verdict"] == "refuted"]
    assert {name.partition("[")[0] for name in found["entries"]} <= {"X", "w", "t"}


def test_the_terminal_shows_the_lines_with_marks_carets_and_a_summary(folder):
    done = symcnn("right.md", "wrong.tex", "unread.txt", cwd=folder)
    lines = done.stdout.splitlines()
    assert "     1 ✓ We have $2 + 3 = 5$." in lines
    at = lines.index("     3 ✗ $$2 + 3 = 6.$$")
    assert lines[at + 1].index("^") == lines[at].index("6")
    assert "refuted" in lines[at + 2]
    at = lines.index("     1 ∅ We have $x_{1 = 2$.")
    assert lines[at + 1].index("^") == lines[at].rindex("$")
    assert "unread: line 1, column 18: } is missing" in lines[at + 2]
    assert lines[-1] == "3 documents: 2 of 3 formulas read; 1 proved, 1 refuted"


def test_reports_keep_the_order_of_the_files(tmp_path):
    names = [f"{n}.md" for n in range(6)]
    for name in names:
        (tmp_path / name).write_text(RIGHT)
    for jobs in (1, 3):
        done = symcnn("--format", "json", "--jobs", jobs, *names, cwd=tmp_path)
        assert [f["file"] for f in json.loads(done.stdout)["files"]] == names


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
def test_a_device_is_written_to_and_stays_one(folder):
    done = symcnn("-o", "/dev/full", "right.md", cwd=folder)
    assert done.returncode == 2
    assert "/dev/full cannot be written" in done.stderr
    assert Path("/dev/full").is_char_device()
    assert "proved" in symcnn("-o", "/dev/stdout", "right.md", cwd=folder).stdout


@pytest.mark.parametrize("form", ["text", "html", "json"])
def test_a_report_goes_into_a_file(folder, form):
    done = symcnn("--format", form, "-o", "report", "right.md", "wrong.tex", cwd=folder)
    assert done.stdout == ""
    text = (folder / "report").read_text(encoding="utf-8")
    assert "wrong.tex" in text
    assert "\x1b" not in text


def test_givens_for_all_documents_and_by_stem(tmp_path):
    (tmp_path / "a.md").write_text("$n + 1 = 8$")
    (tmp_path / "b.md").write_text("$n + 1 = 8$")
    (tmp_path / "seven.md").write_text("Let $n = 7$.")
    givens = tmp_path / "givens"
    givens.mkdir()
    (givens / "a.given.md").write_text("Let $n = 7$.")
    (givens / "b.given.md").write_text("Let $n = 6$.")

    def verdicts(*given):
        done = symcnn("--format", "json", *given, "a.md", "b.md", cwd=tmp_path)
        return [f["claims"][0]["verdict"] for f in json.loads(done.stdout)["files"]]

    assert verdicts("--given", "seven.md") == ["proved", "proved"]
    assert verdicts("--given", "givens") == ["proved", "refuted"]
    (givens / "b.given.md").unlink()
    assert verdicts("--given", "givens")[0] == "proved"
    assert verdicts("--given", "givens")[1] not in ("proved", "refuted")
    assert verdicts("--given", "givens", "--given", "seven.md") == ["proved", "proved"]


NO_TEXT = {
    "not UTF-8": (b"a \xff b", "is not UTF-8: byte 0xff at offset 2"),
    "binary": (b"\x7fELF\0\0", "is a binary file"),
    "50 MB": (50_000_000, "50,000,000 bytes"),
}


@pytest.mark.parametrize(("content", "message"), NO_TEXT.values(), ids=NO_TEXT)
def test_what_is_no_text_is_one_clear_line_and_the_rest_is_reported(folder, content, message):
    bad = folder / "bad.md"
    if isinstance(content, int):
        with bad.open("wb") as file:
            file.truncate(content)
    else:
        bad.write_bytes(content)
    done = symcnn("--format", "json", "right.md", "bad.md", "wrong.tex", cwd=folder)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert "bad.md" in line
    assert message in line
    assert [f["file"] for f in json.loads(done.stdout)["files"]] == ["right.md", "wrong.tex"]


@pytest.mark.parametrize(("name", "message"), [(".", "is a folder"), ("pipe", "is no regular file")])
def test_what_is_no_file(folder, name, message):
    os.mkfifo(folder / "pipe")
    done = symcnn("right.md", name, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert "2 + 3 = 5" in done.stdout


def test_an_empty_document_and_one_without_mathematics_are_said_to_be_so(tmp_path):
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "prose.md").write_text("It costs $5 and $6.")
    done = symcnn("empty.md", "prose.md", cwd=tmp_path)
    assert done.returncode == 0
    assert "empty.md is empty" in done.stderr
    assert "no mathematics was found in prose.md" in done.stderr


HOSTILE = {
    "deep": "$" + "(" * 20_000 + "$ and $1 + 1 = 2$",
    "powers": "$9^{9^{9^{9^{9}}}} = 1$ and $10^{10^{100}} = 2$",
    "a huge factorial": "$100000000! = 1$",
    "digits": "$" + "9" * 30_000 + " = 1$",
    "sums over everything": r"$\sum_{i=1}^{10^{30}} \sum_{j=1}^{10^{30}} i j = 1$",
    "a wide matrix": r"$A = \begin{bmatrix}" + "&".join("1" * 3_000) + r"\end{bmatrix}$",
    "many formulas": "$x = 1$ " * 3_000,
    "code": "$__import__('os').system('touch hacked') = 1$ `x` {{7*7}} <script>alert(1)</script>",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_takes_nothing_else_down(tmp_path, text):
    (tmp_path / "hostile.md").write_text(text)
    (tmp_path / "right.md").write_text(RIGHT)
    files = [str(tmp_path / "hostile.md"), str(tmp_path / "right.md")]
    done = dict(check_files(files, jobs=2, limits=Limits(10, 1024)))
    assert [c.verdict for c in done[1].claims] == ["proved"]
    assert "proved" not in done[0].counts or "code" not in text
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("gap", [" ", "\n", " \n", "#", "_", ", ", "a ", "| "], ids=repr)
def test_a_long_gap_between_formulas_is_read_within_the_time_of_a_document(tmp_path, gap):
    parts = RIGHT, gap * (30_000 // len(gap)), "\n\n# Part\n\nThen $3 + 4 = 8$ where $n = 2$.\n"
    (tmp_path / "gap.md").write_text("".join(parts))
    (_, report), = check_files([str(tmp_path / "gap.md")], limits=Limits(20, 1024))
    assert [c.verdict for c in report.claims][:2] == ["proved", "refuted"]


# Tasks for workers.

def _double(n):
    return 2 * n


def _misbehave(kind):
    if kind == "slow":
        time.sleep(60)
    while kind == "busy":
        pass
    if kind == "memory":
        return len(bytearray(10_000_000_000))
    if kind == "error":
        raise KeyError("lost")
    if kind == "recursion":
        return _misbehave(kind)
    if kind == "dead":
        os._exit(7)
    if kind == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "loud":
        print("noise")
        print("noise", file=sys.stderr)
    return kind


FAULTS = {"slow": "stopped after 4 s on the clock", "busy": "stopped after 1 s of work",
          "memory": "more than 500 MB", "error": "KeyError: 'lost'", "recursion": "RecursionError",
          "dead": "exit status 7", "killed": "SIGKILL"}


def test_every_outcome_comes_with_its_place():
    assert {place: o.value for place, o in run_each(_double, range(7), 3)} == {n: 2 * n for n in range(7)}


@pytest.mark.parametrize(("kind", "message"), FAULTS.items())
def test_a_failed_task_is_a_fault_of_its_own(kind, message):
    began = time.monotonic()
    outcomes = dict(run_each(_misbehave, ["fine", kind, "good"], 2, Limits(1, 500)))
    assert (outcomes[0].value, outcomes[2].value) == ("fine", "good")
    assert outcomes[1].value is None
    assert message in outcomes[1].fault
    assert time.monotonic() - began < 10


def test_a_worker_says_nothing_on_its_own(capfd):
    assert [o.value for _, o in run_each(_misbehave, ["loud"])] == ["loud"]
    assert capfd.readouterr() == ("", "")


def test_no_process_is_left_behind():
    found = run_each(_misbehave, ["fine", "slow", "slow"], 3, Limits(50, 500))
    assert next(found)[1].value == "fine"
    began = time.monotonic()
    found.close()
    assert time.monotonic() - began < 5


SLOW = """
import sys, time
from pathlib import Path
from symcnn import checking
real = checking.check_task
def check_task(task):
    if "slow" in task.file and not task.only_read:
        time.sleep(100)
    result = real(task)
    Path(task.file + ".done").touch()
    return result
checking.check_task = check_task
if sys.argv[1] == "short":
    checking.LIMITS = checking.Limits(1.0)
    for place, document in checking.check_files(sys.argv[2:], limits=checking.Limits(1.0)):
        print(document.fault, [c.verdict for c in document.claims])
else:
    sys.exit(checking.run(sys.argv[2:], (), sys.argv[1], None, 2, False))
"""


@pytest.mark.parametrize(("form", "how"), [("json", signal.SIGINT), ("text", signal.SIGTERM)])
def test_an_interrupted_run_leaves_complete_reports_for_what_is_done(folder, form, how):
    (folder / "slow.md").write_text(RIGHT)
    process = subprocess.Popen([sys.executable, "-c", SLOW, form, "slow.md", "right.md", "wrong.tex"], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
                               env={**os.environ, "PYTHONPATH": str(ROOT)},
                               # A process that was started in the background ignores the interrupt.
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    for _ in range(300):
        if (folder / "right.md.done").exists() and (folder / "wrong.tex.done").exists():
            break
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(how)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "interrupted; 2 of 3 documents are reported" in err
    if form == "json":
        assert [f["file"] for f in json.loads(out)["files"]] == ["right.md", "wrong.tex"]
    else:
        assert "right.md" in out
        assert "wrong.tex" in out


def test_the_lines_of_a_document_that_was_stopped_are_listed_as_undecided(folder):
    (folder / "slow.md").write_text(RIGHT + UNREAD)
    done = subprocess.run([sys.executable, "-c", SLOW, "short", "slow.md", "right.md"], text=True, capture_output=True,
                          cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60)
    assert "slow.md could not be checked: it was stopped after 4 s on the clock ['undecided', 'unread']" in done.stdout
    assert " ['proved']" in done.stdout


class Terminal:
    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_a_progress_bar_on_terminals_only(folder):
    terminal = Terminal()
    bar = Bar(4, terminal)
    bar.show(2)
    assert "[###############...............] 2/4 documents" in terminal.text
    bar.clear()
    assert terminal.text.endswith("\r\x1b[K")
    assert symcnn("right.md", cwd=folder).stderr == ""
