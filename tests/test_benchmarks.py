"""The benchmark command: what it computes with its figures, and that it compares before it times."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import engine, layers, machine, report
from benchmarks.growth import Curve, slope
from benchmarks.row import Row
from benchmarks.timing import interleaved, process

KEYS = ["section", "case", "pass", "dtype", "threads", "ours", "peer", "peer_version", "theirs", "ratio", "limit"]


def row(ours: float = 2.0, theirs: float | None = 4.0, limit: float | None = None, **more: object) -> Row:
    return Row(**{"section": "engine", "case": "a", "pass_": "forward", "dtype": "float64", "threads": 1,
                  "ours": ours, "peer": "torch", "peer_version": "1", "theirs": theirs, "limit": limit, **more})


def test_a_row_as_json_and_back() -> None:
    data = row(limit=0.5, spread=(0.4, 0.6)).data()
    assert list(data) == KEYS
    assert data["ratio"] == 0.5
    assert Row.read({**data, "spread": [0.4, 0.6]}) == row(limit=0.5, spread=(0.4, 0.6))


KEPT = {
    "ratio at its limit": (row(2.0, 4.0, 0.5), True),
    "ratio above its limit": (row(2.1, 4.0, 0.5), False),
    "seconds below the limit": (row(0.1, None, 0.15), True),
    "seconds above the limit": (row(0.2, None, 0.15), False),
    "seconds above the limit beside a peer": (row(0.2, 4.0, 0.15, absolute=True), False),
    "no limit": (row(), None),
}


@pytest.mark.parametrize("name", KEPT)
def test_limits(name: str) -> None:
    made, expected = KEPT[name]
    assert made.kept is expected


def test_interleaved_measures_both_sides_in_turn() -> None:
    calls: list[str] = []
    pair = interleaved(lambda: calls.append("ours"), lambda: calls.append("theirs"), 4)
    assert calls == ["ours", "theirs", "ours", "theirs", "theirs", "ours", "ours", "theirs", "theirs", "ours"]
    assert pair.ours > 0 < pair.theirs
    assert pair.spread[0] <= pair.spread[1]


def test_a_process_that_fails_is_an_error() -> None:
    process("-c", "import sys; sys.exit(2)", status=2)()
    with pytest.raises(RuntimeError, match="exit status 1, not 0"):
        process("-c", "import sys; sys.exit(1)")()


def test_the_fitted_exponent() -> None:
    sizes = [3, 6, 12, 24]
    assert slope(sizes, [5 * n**1.5 for n in sizes]) == pytest.approx(1.5)
    rows = list(Curve("c", "side", sizes, [n**2.0 for n in sizes], [1.0 * n for n in sizes], "peer").rows())
    assert rows[0].case == "c, side 3 (grows as size^2.00, peer as size^1.00)"


def test_geometric_means() -> None:
    rows = [row(1.0, 4.0), row(4.0, 4.0), row(9.0, 1.0, case="depthwise"), row(9.0, 1.0, dtype="float32", threads=3)]
    found = {r.case: r.ours for r in engine.means(rows)}
    assert found == {"geometric mean": pytest.approx((0.25 * 1 * 9) ** (1 / 3)),
                     "geometric mean without depthwise": pytest.approx(0.5)}


def test_nothing_is_timed_that_disagrees() -> None:
    right = np.arange(4.0)
    engine.agree(right, right * (1 + 1e-15), "float64", "case")
    with pytest.raises(AssertionError, match="case, float64: differs from the peer by"):
        engine.agree(right, right + [0, 0, 0, 1e-6], "float64", "case")
    with pytest.raises(AssertionError, match="differs from the peer by nan"):
        engine.agree(right, right * np.nan, "float64", "case")


def test_every_shape_is_what_its_name_says() -> None:
    assert len(engine.SHAPES) == 10
    for shape in engine.SHAPES:
        of = engine.operands(shape._replace(x=(1, *shape.x[1:])), "float32")
        assert all(a.dtype == np.float32 for a in of)
        forward = engine.by_us(shape, of, 1)[0]()
        assert forward.shape == of.g.shape
        if "→" in shape.name:
            names = shape.name.split("→")
            assert names[0].split()[-1] == str(shape.x[1])
            assert names[1].split()[0].strip(",") == str(shape.w[0])


def test_memory_of_a_default_forward_pass() -> None:
    found = {r.case: r for r in engine.memory()}
    conv1 = found["ResNet conv1 7×7/2, 224, N=8"]
    assert conv1.limit == 1.5
    assert conv1.kept


def test_markdown_says_what_is_missed() -> None:
    text = report.markdown([row(2.0, 4.0, 0.5), row(0.2, None, 0.15, section="commands")], ["a machine"])
    assert "- a machine" in text.splitlines()
    assert "| 2.00 s | 4.00 s | torch 1 | 0.50 | ≤ 0.5: kept |" in text
    assert "| 200 ms |  | torch 1 |  | ≤ 150 ms: **missed** |" in text


def test_the_command(tmp_path: Path) -> None:
    out, table = tmp_path / "rows.json", tmp_path / "rows.md"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--section", "proofs", "--json", str(out),
         "--markdown", str(table)], capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    assert done.returncode == 0, done.stderr
    rows = json.loads(out.read_text())
    assert [list(r) for r in rows] == [KEYS] * 3
    assert f"GLIBC_TUNABLES={machine.ALLOCATOR}" in done.stdout
    assert "filling memory" in table.read_text()


REFUSED = {
    "no such section": (["--section", "engines"], "invalid choice: 'engines'"),
    "a file in no folder": (["--json", "nowhere/rows.json"], "nowhere/rows.json cannot be written: No such file"),
    "a folder for a file": (["--markdown", "."], ". cannot be written: Is a directory"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_use_is_refused_before_anything_is_measured(name: str, tmp_path: Path) -> None:
    arguments, message = REFUSED[name]
    done = subprocess.run([sys.executable, "-m", "benchmarks", *arguments], capture_output=True, text=True,
                          cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)})
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = [row(2.0, 4.0, spread=(0.4, 0.6)), row(3.0, 4.0, dtype="float32")]
    report.plot(tmp_path / "a.svg", rows, [Curve("c", "side", [1, 2], [1.0, 2.0], [1.0, 4.0], "peer")])
    text = (tmp_path / "a.svg").read_text()
    assert text.lstrip().startswith("<?xml")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layers_and_their_gradients_agree_with_pytorch(dtype: str) -> None:
    pytest.importorskip("torch")
    for layer in layers._layers():
        for name, ours, theirs in layers._passes(layer, dtype):
            for mine, other in zip(ours(), theirs(), strict=True):
                engine.agree(mine, other, dtype, f"{layer.name}, {name}")
