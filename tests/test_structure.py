"""The house: imports point downwards, the base install needs no extra, nothing heavy is imported early."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "symcnn"
# Each line may import from the lines below it and from its own room.
LEVELS = [
    ["__main__"],
    ["cli", "pytest_plugin"],
    ["checking"],
    ["report"],
    ["sheet"],
    ["tables"],
    ["document"],
    ["derivation"],
    ["recheck", "validate"],
    ["network"],
    ["matrix", "codegen", "sympy_form", "latex"],
    ["calculus", "counting", "entries", "receptive_field"],
    ["verdict"],
    ["counterexample", "scope"],
    ["layers", "kernel"],
    ["notation", "rounding"],
    ["effort"],
    ["sources"],
    ["errors", "engine", "files", "words"],
]
LEVEL = {name: depth for depth, names in enumerate(LEVELS) for name in names}
WITHIN = {
    "notation": ["context", "formula", "evaluate", "traverse", "expression", "polynomial"],
    "kernel": ["moments", "roots", "limits", "induction", "bounds", "rules", "equality", "claim", "theorem", "ring",
               "zero", "terms", "cells", "derivative", "signs", "scalars", "guards"],
    "layers": ["__init__", "elementwise", "normalization", "pooling", "loss", "convolution", "deep", "data", "layer"],
    "network": ["__init__", "models", "show", "table", "parts"],
    "document": ["check", "changes", "layer_tables", "turned", "own_part", "numbers_only", "deciding", "lines",
                 "displayed", "numeric", "expectation", "proof", "facts", "meaning", "repair", "claims", "reading",
                 "workers"],
    "document/deciding": ["decide", "rounded_in_words", "reach", "elsewhere", "roughly", "at_one_step", "estimates",
                          "probabilities", "restated", "no_claims", "doubts", "positive", "mending", "mean_losses",
                          "out_of_reach", "variants", "learn"],
    "document/lines": ["at_listed_entries", "slopes_at_values", "links", "lines", "second_looks", "introductions",
                       "written_entries", "at_arguments", "sides", "inequalities", "quadratics", "induction",
                       "equations", "introducing", "product_entries", "assumptions", "through", "properties", "anew",
                       "limits", "jacobians", "saturation", "pasted"],
    "document/displayed": ["displays", "entrywise", "shapes", "convolved", "short_vectors", "pooled", "unrolled"],
    "document/numeric": ["fields", "windows", "places", "outputs", "solved", "by_formula", "inputs", "counts",
                         "loosely", "values"],
    "document/expectation": ["statistics", "stated_moments", "asked", "laws_in_words", "chances", "moments"],
    "document/proof": ["proof", "refutation", "steps_apart", "off_ties", "active", "chosen", "weighted", "backward",
                       "roots", "furthest", "steps", "open_functions", "open_sums", "quotients", "closed_forms",
                       "entry", "counted", "plausible", "common_axes"],
    "document/facts": ["both_sides", "standard", "arrays", "listed_outputs", "declared_extents", "stated_ranges",
                       "ranges", "step_ranges", "layout", "spoken", "dependence", "ways", "onward", "open_rates",
                       "known", "in_terms", "kronecker", "nearby", "supposed", "tabulated", "inside", "cases",
                       "conditions", "listings", "sections", "stated", "symmetry", "extents", "questions"],
    "document/meaning": ["whole", "matrices", "meaning", "evaluated", "differentials", "stages", "binders", "integrals",
                         "scripts", "vector_functions", "operations", "index_sets", "nabla", "rounded_indices",
                         "numbers", "numerals", "powers", "standard_functions", "labels", "temporary"],
    "document/repair": ["candidates", "slips", "edits"],
    "document/claims": ["adjoints", "bare_sums", "claims", "apart", "averages", "readings", "parentheses", "subscripts",
                        "logarithms", "set_in_bold", "usage", "names", "summed", "told_apart", "of_several",
                        "labelled_sizes", "of_one_sample", "running_sums", "of_vectors"],
    "document/reading": ["forms", "written", "spans", "spelling", "arithmetic", "measures", "tree", "signs", "node",
                         "full_stops", "bare_braces", "tokens", "packages", "parameters", "spaced_digits",
                         "decimal_commas", "macros", "unicode", "source", "files", "notebooks"],
    "report": ["documents", "data", "terminal", "blocks", "findings_html", "findings_terminal", "findings"],
}
FILES = sorted(PACKAGE.rglob("*.py"))
EXTRAS = ("latex2sympy2", "jax", "torch", "antlr4")


def imported(path: Path) -> list[tuple[str, ...]]:
    """The modules of symcnn that a file imports, anywhere in it, as tuples of names."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "symcnn":
            rest = tuple(node.module.split(".")[1:])
            found += [rest] if rest else [(alias.name,) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [tuple(a.name.split(".")[1:]) for a in node.names if a.name.split(".")[0] == "symcnn"]
    return found


def upward(path: Path) -> list[str]:
    """The imports of a file that do not point downwards."""
    here = path.relative_to(PACKAGE).with_suffix("").parts
    wrong = []
    for there in imported(path):
        if there[0] not in LEVEL:
            continue
        if LEVEL[there[0]] < LEVEL[here[0]] or (LEVEL[there[0]] == LEVEL[here[0]] and there[0] != here[0]
                                                and {here[0], there[0]} != {"layers", "kernel"}):
            wrong.append(f"{'.'.join(here)} imports {'.'.join(there)}")
        shared = next((i for i, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), len(there))
        order = WITHIN.get("/".join(here[:shared]), [])
        if shared < len(there) and here[shared] in order and there[shared] in order \
                and order.index(there[shared]) <= order.index(here[shared]):
            wrong.append(f"{'.'.join(here)} imports {'.'.join(there)}")
    return wrong


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(PACKAGE)) for p in FILES])
def test_imports_point_downwards(path):
    if path.parent == PACKAGE and path.name == "__init__.py":
        assert imported(path) == [], "the package itself imports lazily"
        return
    assert path.relative_to(PACKAGE).with_suffix("").parts[0] in LEVEL, f"{path.name} has no level"
    assert upward(path) == []


@pytest.mark.parametrize("room", [name for name in WITHIN if name.startswith("document")])
def test_every_module_of_the_checker_has_its_place(room):
    modules = {p.stem for p in (PACKAGE / room).iterdir() if not p.stem.startswith("__")}
    assert modules == set(WITHIN[room])


def test_an_upward_import_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    (tmp_path / "notation").mkdir()
    bad = tmp_path / "notation" / "polynomial.py"
    bad.write_text("from symcnn.kernel.theorem import Theorem\nfrom symcnn.notation.formula import context\n")
    assert len(upward(bad)) == 2
    (tmp_path / "document" / "reading").mkdir(parents=True)
    bad = tmp_path / "document" / "reading" / "tree.py"
    bad.write_text("from symcnn.document.reading.spans import Span\nfrom symcnn.document.lines.sides import Sides\n")
    assert len(upward(bad)) == 2


def modules_after(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", f"{code}\nimport sys; print(' '.join(sys.modules))"],
                          capture_output=True, text=True, cwd=ROOT, check=True)
    return {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_importing_every_module_imports_no_extra():
    names = [".".join(("symcnn", *p.relative_to(PACKAGE).with_suffix("").parts)) for p in FILES
             if p.stem not in ("__main__", "__init__", "worker") and "derivations" not in p.parts]
    loaded = modules_after("\n".join(f"import {name}" for name in names))
    assert not loaded & set(EXTRAS)


def test_help_imports_nothing_heavy():
    code = ("import sys; sys.argv = ['symcnn', '--help']\n"
            "from symcnn.cli import main\n"
            "try: main()\nexcept SystemExit: pass")
    assert not modules_after(code) & {"sympy", "numpy", "islpy", "z3", "flint", "rich"}


def test_kernel_files_use_no_floats_and_no_simplifier():
    """The names that would make a proof depend on luck or on somebody else's simplifier."""
    for path in (PACKAGE / "kernel").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        names |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        floats = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, float)]
        assert not floats, path.name
        assert not names & {"simplify", "doit", "equals", "random", "sympy", "numpy"}, path.name


def test_only_the_kernel_holds_the_seal():
    for path in FILES:
        if path.parent.name != "kernel":
            names = {n.id for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Name)}
            imports = {a.name for n in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                       if isinstance(n, ast.ImportFrom) for a in n.names}
            assert "_SEAL" not in names | imports, path.name
