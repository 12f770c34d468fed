"""Solution sheets: their parts, the documents they become, wrong uses."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from symcnn.derivation import run
from symcnn.errors import UsageError
from symcnn.sheet import Part, run_sheet, sheet_names, sheets
from symcnn.sources import find, own_folder
from symcnn.verdict import Verdict

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
    assert "\n## 3 (constant step). Forms of gradient descent with momentum\n\n### Given\n" in text
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


# What each problem set asks for, and the derivation that answers it.
TABLE = [
    ("introml_hw8", "1 (this image)", "horizontal_differences"), ("introml_hw8", "1 (any image)", "difference_weights"),
    ("introml_hw8", "1 (any filter)", "summation_by_parts"), ("introml_hw8", "2", "convolution_counts"),
    ("introml_hw8", "3", "conv_sigmoid_backprop"), ("introml_hw8", "4", "conv_sigmoid_backprop"),
    ("cnn_hw4", "2 (a)", "convolution_shapes"), ("cnn_hw4", "(b)", "convolution_shapes"),
    ("cnn_hw4", "2 (c)", "receptive_field_stack"), ("cnn_hw4", "(d)", "receptive_field_stack"),
    ("cnn_hw4", "2 (e)", "layer_table"), ("cnn_hw4", "2 (f)", "circular_shifts"),
    ("cnn_hw4", "3 (a)", "parameter_sharing"), ("cnn_hw4", "3 (b)", "filter_recovery"),
    ("cnn_hw4", "3 (c)", "transposed_convolution_entries"), ("cnn_hw4", "4 (a)", "convolution_shapes"),
    ("cnn_hw4", "4 (b)", "edge_and_blur_filters"), ("cnn_hw4", "4 (d) i", "dilated_convolution"),
    ("cnn_hw4", "4 (d) ii", "dilated_receptive_field"), ("cnn_hw4", "5 (a)", "weight_gradient_of_filter"),
    ("cnn_hw4", "5 (b)", "gradient_statistics"), ("cnn_hw4", "5 (c)", "pooling_gradients"),
    ("cnn_hw4", "(d)", "pooling_gradients"),
    ("coms573_hw5", "1", "downsampling_block"), ("coms573_hw5", "2 (a)", "batch_norm_batch"),
    ("coms573_hw5", "(b)", "batch_norm_batch"), ("coms573_hw5", "2 (c)", "batch_norm_moments"),
    ("coms573_hw5", "2 (d)", "batch_norm_inference"), ("coms573_hw5", "3", "conv_matrix"),
    ("coms573_hw5", "4", "lenet"),
    ("mfdnn_hw5", "1 (one layer)", "dense_layer_gradients"), ("mfdnn_hw5", "1 (any depth)", "deep_backpropagation"),
    ("mfdnn_hw5", "1 (three layers)", "backpropagation_written_out"),
    ("mfdnn_hw5", "2 (three layers)", "gradient_factors"), ("mfdnn_hw5", "2 (any depth)", "gradient_bound"),
    ("mfdnn_hw5", "2 (sigmoid)", "sigmoid_slope_bound"),
    ("mfdnn_hw5", "3 (constant step)", "momentum_forms"),
    ("mfdnn_hw5", "3 (changing step)", "momentum_with_changing_step"), ("mfdnn_hw5", "4", "receptive_field_stages"),
    ("mfdnn_hw5", "5", "inception_module"),
    ("csce636_hw2", "1 (tanh)", "tanh"), ("csce636_hw2", "1 (gradient)", "tanh_risk_gradient"),
    ("csce636_hw2", "2", "two_layer_tanh"), ("csce636_hw2", "3", "residual_bottleneck"),
    ("csce636_hw2", "4", "batch_norm_shapes"), ("csce636_hw2", "5", "conv_matrix"),
]


@pytest.mark.parametrize(("sheet", "number", "derivation"), TABLE)
def test_every_part_has_its_derivation(sheet, number, derivation):
    (found,) = sheets([sheet])
    assert [p for p in found.parts if number in p.number and p.derivation == derivation]


# A change of the givens, for every derivation that is about given numbers.
CHANGED = {
    "horizontal_differences": {"image": "0 0 0 0; 0 5 1 0; 0 5 2 0", "weights": "1 -1; 1 -1"},
    "difference_weights": {"weights": "1 0 -1"},
    "convolution_counts": {"kernel_height": "5", "inputs": "7"}, "convolution_shapes": {"kernel2": "5", "filters": "7"},
    "receptive_field_stack": {"kernel": "5"}, "layer_table": {"kernel": "5", "filters": "7"},
    "parameter_sharing": {"filters": "7"}, "filter_recovery": {"output": "-2 2 12"},
    "transposed_convolution_entries": {"kernel": "1 -1; 0 2"}, "edge_and_blur_filters": {"blur": "1 3 1"},
    "dilated_convolution": {"kernel": "1 1; 1 2"}, "dilated_receptive_field": {"extent": "9"},
    "downsampling_block": {"kernel": "5", "padding": "2"}, "batch_norm_batch": {"beta": "1 2 3"},
    "conv_matrix": {"size": "5", "channels": "1"}, "lenet": {"classes": "7"}, "gradient_factors": {"depth": "4"},
    "backpropagation_written_out": {"depth": "2"}, "receptive_field_stages": {"kernel": "5", "padding": "2"},
    "inception_module": {"inputs": "100"}, "two_layer_tanh": {"x": "1"}, "residual_bottleneck": {"width": "16"},
}


@pytest.mark.parametrize("name", CHANGED)
def test_conclusions_follow_the_givens(name):
    """With other givens the same derivation proves something else: no conclusion is typed in."""
    (source,) = find([name])
    before, after = run(source, cases=2), run(source, CHANGED[name], cases=2)
    assert before.verdict is after.verdict is Verdict.PROVED
    shown = [" ".join([*(str(t.statement) for t in d.conclusions), *(s.display for s in d.steps), *d.notes])
             for d in (before, after)]
    assert shown[0] != shown[1]


def test_every_derivation_with_given_numbers_is_in_that_table():
    with_numbers = set()
    for sheet in sheets(["all"]):
        with_numbers |= {p.derivation for p in sheet.parts if p.parameters}
    assert with_numbers <= set(CHANGED)
