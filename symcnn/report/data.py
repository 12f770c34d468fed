"""Derivations as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from symcnn.derivation import Derivation, Step
from symcnn.kernel.theorem import SameEntries, Theorem
from symcnn.latex.readback import ReadBack
from symcnn.latex.write import latex
from symcnn.notation.polynomial import Symbol
from symcnn.report.blocks import same_entries_text


def as_json(derivations: Sequence[Derivation], read_backs: Mapping[str, ReadBack] | None = None) -> str:
    """{"derivations": [{name, title, sheet, part, parameters, given, steps, conclusion, …}]}."""
    return json.dumps({"derivations": [_record(d, (read_backs or {}).get(d.label)) for d in derivations]},
                      indent=1, ensure_ascii=False)


def _record(d: Derivation, read: ReadBack | None) -> dict[str, Any]:
    against = list(dict.fromkeys(name for v in d.validations for name in v.against))
    return {
        "name": d.name, "title": d.title, "sheet": d.sheet, "part": d.part, "parameters": dict(d.parameters),
        "given": [latex(g.statement, d.axes) if g.statement is not None else g.text for g in d.givens],
        "steps": [_step(d, s) for s in d.steps],
        "conclusion": r" \\ ".join(_statement(d, t) for t in d.conclusions),
        "verdict": str(d.verdict), "scope": d.scope_text,
        "assumptions": [latex(h, d.axes) for h in d.assumptions],
        "validated": {"against": against, "cases": sum(v.cases for v in d.validations),
                      "max_error": max((v.max_error for v in d.validations), default=0.0)},
        "read_back": None if read is None or not read.available else {
            "formulas": read.formulas, "covered": read.covered, "agreed": read.agreed},
    }


def _step(d: Derivation, step: Step) -> dict[str, Any]:
    theorem = step.theorem
    if step.display or step.answer is not None:
        claim = step.answer.claim if step.answer else None
        shown = step.display or f"{latex(claim.left, d.axes)} = {latex(claim.right, d.axes)}"  # type: ignore[union-attr]
    else:
        shown = _statement(d, theorem) if theorem is not None else step.reason
    return {"latex": shown, "reason": step.reason or "the chain above", "rule": _rule(theorem),
            "verdict": str(step.verdict), "scope": _sizes(theorem.scope if theorem else ()),
            "procedures": sorted(theorem.procedures) if theorem else [], "ms": round(step.milliseconds, 3)}


def _statement(d: Derivation, theorem: Theorem) -> str:
    if isinstance(theorem.statement, SameEntries):
        return rf"\text{{{same_entries_text(theorem.statement)}}}"
    return latex(theorem.statement, d.axes)


def _rule(theorem: Theorem | None) -> str:
    return theorem.rule if theorem is not None else ""


def _sizes(scope: Sequence[Symbol]) -> str:
    return ", ".join(f"{s.name} ≥ {s.lower}" for s in scope)
