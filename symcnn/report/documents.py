"""Derivations as LaTeX and Markdown documents, and the check that a LaTeX file says what was proved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from symcnn.derivation import Derivation
from symcnn.latex.layout import chain, displayed, text
from symcnn.latex.readback import ReadBack, is_scalar, read_back_groups
from symcnn.latex.write import latex
from symcnn.notation.expression import Expression
from symcnn.report.blocks import Display, Formula, Heading, Text, blocks

PREAMBLE = r"""\documentclass[a4paper,10pt]{article}
\usepackage[utf8]{inputenc}
\usepackage{amsmath}
\setcounter{MaxMatrixCols}{64}
\usepackage[margin=2.5cm]{geometry}
\allowdisplaybreaks
\begin{document}
"""


def tex(derivations: Sequence[Derivation], titles: Mapping[str, str] | None = None) -> str:
    """One LaTeX document, amsmath only, with a section for every derivation.

    `titles` gives the titles of sheets; the derivations of a sheet stand under it, with their numbers.
    """
    parts = []
    for title, d in _titled(derivations, titles or {}):
        parts += [f"\\begin{{center}}\\Large {text(title)}\\end{{center}}"] * bool(title) + [_section(d)]
    return PREAMBLE + "\n".join(parts) + "\n\\end{document}\n"


def _titled(derivations: Sequence[Derivation], titles: Mapping[str, str]) -> Iterator[tuple[str, Derivation]]:
    """Every derivation, with the title of its sheet before the first of them."""
    sheet: str | None = None
    for d in derivations:
        yield titles.get(d.sheet, d.sheet) if d.sheet and d.sheet != sheet else "", d
        sheet = d.sheet


def _title(d: Derivation) -> str:
    return f"{d.part}. {d.title}" if d.part else d.title


def _section(d: Derivation) -> str:
    parts = [f"\\section*{{{text(_title(d))}}}"]
    for block in blocks(d):
        match block:
            case Heading(words):
                parts.append(f"\\subsection*{{{text(words)}}}")
            case Text(words):
                parts.append("\n" + text(words))
            case Formula(left, right):
                sides = ["" if left is None else latex(left, d.axes), latex(right, d.axes)]
                parts.append(f"\\begin{{align*}}\n{chain(sides)}\n\\end{{align*}}")
            case Display(formula):
                parts.append(f"\\[\n{formula}\n\\]")
    return "\n".join(parts)


def markdown(derivations: Sequence[Derivation], titles: Mapping[str, str] | None = None) -> str:
    """One Markdown document with mathematics between double dollars; `titles` as for `tex`."""
    parts = []
    for title, d in _titled(derivations, titles or {}):
        level = "##" if d.sheet else "#"
        parts += [f"# {title}"] * bool(title) + [f"{level} {_title(d)}"]
        for block in blocks(d):
            match block:
                case Heading(words):
                    parts.append(f"{level}# {words}")
                case Text(words):
                    parts.append(words)
                case Formula(left, right):
                    start = "" if left is None else latex(left, d.axes) + " "
                    parts.append(f"$$\n{start}= {latex(right, d.axes)}\n$$")
                case Display(formula):
                    parts.append(f"$$\n{formula}\n$$")
    return "\n\n".join(parts) + "\n"


def printed_formulas(d: Derivation) -> list[Expression]:
    """The sides of the formulas that `tex` prints, in the order in which `displayed` finds them."""
    sides: list[Expression] = []
    for block in blocks(d):
        if isinstance(block, Formula):
            sides += [s for s in (block.left, block.right) if s is not None]
    return sides


def check_files(written: Sequence[tuple[str, Derivation]], python: str | None = None, *, reader: bool = True,
                ) -> list[ReadBack]:
    """Read the scalar formulas of LaTeX files back and compare them with what was proved.

    Every formula in a file must also be, to the letter, what we print for the proved one; where the
    independent reader does not reach (sums, tensors), that is the only comparison, and it is not counted
    as covered. Without `reader` no other process is started and nothing is covered.
    """
    found = [(displayed(source), printed_formulas(d), d) for source, d in written]
    groups = [[(side, node) for side, node in zip(sides, proved, strict=False) if is_scalar(node)]
              for sides, proved, _ in found]
    results = read_back_groups(groups, python) if reader else [
        ReadBack(formulas=len(pairs), reason="the independent reader was not asked") for pairs in groups]
    for result, (sides, proved, d) in zip(results, found, strict=True):
        if len(sides) != len(proved):
            result.disagreements.append(f"the file shows {len(sides)} sides of formulas, {len(proved)} were proved")
        for side, node in zip(sides, proved, strict=False):
            printed = " ".join(latex(node, d.axes).split())
            if side != printed:
                result.disagreements.append(f"{side}\n  proved: {printed}")
    return results
