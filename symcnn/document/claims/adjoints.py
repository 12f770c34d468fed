r"""Adjoints with an accent: where a document writes \bar y = ∂L/∂y, \bar w is the gradient by w, too."""

from __future__ import annotations

from collections.abc import Container, Sequence

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.claims.names import Names
from symcnn.document.reading.forms import differentials, identifier
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import nodes, unwrapped, written


def adjoints(lines: Sequence[Line], names: Names) -> dict[str, str]:
    """Each name that is such a gradient, with what it is a gradient by.

    A name with a formula in which no other adjoint stands is none, as the mean \\bar x = (x_1 + x_2)/2, nor is one
    without a formula that stands in no formula of an adjoint, as the errors of the last layer do.
    """
    stated = [found for line in lines if line.relation in EQUALS and (found := _stated(line)) is not None]
    accents = {accent for _, accent in stated}
    if not accents:
        return {}
    known = {f"{base}_{accent}" for base, accent in stated}
    formulas: dict[str, list[set[str]]] = {}
    for line in lines:
        left = written(line.left) if line.first and line.relation in EQUALS else None
        if left is not None and _base(left.stem, accents):
            others = {s for s in _stems(line.right) if _base(s, accents)} - {left.stem}
            formulas.setdefault(left.stem, []).append(others)
    read = {stem for rights in formulas.values() for right in rights for stem in right}
    gradients = known | {stem for stem in formulas.keys() | read if names.stems[_base(stem, accents)]}
    while wrong := {stem for stem in gradients - known if not (
            all(right & gradients for right in formulas[stem]) if stem in formulas else
            any(stem in right for left in gradients & formulas.keys() for right in formulas[left]))}:
        gradients -= wrong
    return {identifier(stem): identifier(_base(stem, accents)) for stem in gradients}


def _stated(line: Line) -> tuple[str, str] | None:
    r"""The name and the accent of \bar y = ∂L/∂y."""
    left, slope = written(line.left), differentials(unwrapped(line.right))
    by = None if slope is None else written(slope[1])
    if left is None or by is None:
        return None
    base, _, accent = left.stem.rpartition("_")
    return (base, accent) if base == by.stem else None


def _base(stem: str, accents: Container[str]) -> str:
    """The name below one of the accents; empty for a name without."""
    base, _, accent = stem.rpartition("_")
    return base if accent in accents else ""


def _stems(side: Node) -> list[str]:
    return [found.stem for node in nodes(side) if (found := written(node)) is not None]
