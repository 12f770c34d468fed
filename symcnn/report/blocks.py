"""A derivation as a sequence of blocks: what every written report shows, in one order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from symcnn.derivation import Derivation, Given, Step
from symcnn.kernel.theorem import (
    AtLeastZero, Bounded, Hypothesis, Independent, Limit, NonNegative, NonZero, SameEntries, Theorem,
)
from symcnn.latex.conditions import conditions
from symcnn.latex.layout import chain, width
from symcnn.latex.names import name
from symcnn.latex.write import latex, wherever
from symcnn.layers.data import table, table_latex
from symcnn.notation.expression import Apply, Axis, Definition, Equation, Expression, Read, walk
from symcnn.notation.polynomial import polynomial
from symcnn.notation.traverse import tensors_in

LONGEST = 30
"""So wide, in letters, is a formula in a line of text at most: there it is hardly ever broken."""


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Text:
    """Plain text; LaTeX stands between dollars."""

    text: str


@dataclass(frozen=True)
class Formula:
    """left = right; without a left side the right continues the formula before."""

    left: Expression | None
    right: Expression


@dataclass(frozen=True)
class Display:
    """LaTeX that is shown as it is."""

    latex: str


Block = Heading | Text | Formula | Display


def blocks(d: Derivation) -> Iterator[Block]:
    """Given, derivation, conclusion, scope, and how it was checked.

    What a conclusion rests on is shown once: not if it was given, shown as a step or named before.
    """
    yield Heading("Given")
    for given in _apart(d):
        if given.text:
            yield Text(given.text)
        match given.statement:
            case Definition() as definition:
                yield _formula(definition.equation)
                yield from _extents(d, definition)
            case Equation() as equation:
                yield _formula(equation)
            case Bounded() as bound:
                yield Display(latex(bound, d.axes))
    yield Heading("Derivation")
    number = 0
    previous: Theorem | None = None
    for step in d.steps:
        if step.conclusion and not step.reason:
            previous = None
            continue
        number += 1
        yield Text(f"({number}) {_sentence(step.reason)}")
        if step.display:
            yield Display(step.display)
            continue
        if step.answer is not None:
            yield from _refuted(d, step)
            previous = None
            continue
        statement = step.theorem.statement if step.theorem else None
        if isinstance(statement, SameEntries):
            yield Text(same_entries_text(statement))
        elif isinstance(statement, Limit):
            yield Display(_limit(d, statement))
        elif isinstance(statement, Bounded):
            yield Display(latex(statement, d.axes))
        elif isinstance(statement, Equation):
            assert step.theorem is not None
            yield _formula(statement, _continues(previous, step.theorem))
            previous = step.theorem
    yield Heading("Conclusion")
    stated: set[object] = {g.statement for g in d.givens if g.statement is not None} | set(d.instances)
    stated |= {s.theorem.statement for s in d.steps if s.theorem is not None and s.reason}
    for step in d.steps:
        if not step.conclusion or step.theorem is None:
            continue
        theorem, statement = step.theorem, step.theorem.statement
        if isinstance(statement, Equation):
            yield _formula(statement)
        elif isinstance(statement, Limit):
            yield Display(_limit(d, statement))
        elif isinstance(statement, Bounded):
            yield Display(latex(statement, d.axes))
        else:
            yield Text(same_entries_text(statement))
        assumed = [h for h in dict.fromkeys(theorem.hypotheses) if h not in stated]
        stated.update(assumed)
        inline = [words for h in assumed if (words := _in_a_sentence(d, h))]
        rests = f"rests on {_listed(inline)}." if inline else ""
        where = [f"for {step.where}"] if step.where else []
        where += [f"for every ${ranges}$"] if (ranges := _ranges(theorem)) else []
        if where:
            yield Text(f"{', '.join(where)}" + (f"; it {rests}" if rests else "."))
        elif rests:
            yield Text(f"It {rests}")
        for h in assumed:
            if not _in_a_sentence(d, h):
                yield Text("It rests on")
                yield from _hypothesis(d, h)
    yield Text(f"Verdict: {d.verdict}. Scope: {_scope(d)}.")
    for note in d.notes:
        yield Text(note)
    procedures = sorted({p for t in d.theorems for p in t.procedures})
    if procedures:
        yield Text(f"Every line was proved by the kernel; procedures it trusts: {', '.join(procedures)}.")
    for v in d.validations:
        yield Text(f"Validated numerically against {', '.join(v.against)}: {v.cases} random cases, "
                   f"largest error {v.max_error:.1e} ({v.worst}).")


def _apart(d: Derivation) -> Iterator[Given]:
    """What is given; a formula for a name that has another one already, of another kind of layer, gets its own name."""
    known: dict[str, Definition] = {}
    for given in d.givens:
        definition = given.statement
        if isinstance(definition, Definition):
            name = definition.tensor.name
            if known.setdefault(name, definition) != definition:
                name = next(f"{name}_{n}" for n in itertools.count(2) if f"{name}_{n}" not in known)
                definition = Definition(replace(definition.tensor, name=name), definition.indices, definition.body)
                known[name] = definition
                given = replace(given, statement=definition)
        yield given


def _continues(previous: Theorem | None, theorem: Theorem) -> bool:
    """Whether the left side is one of the line before, with the same meaning of all names."""
    if previous is None or theorem.left not in (previous.left, previous.right):
        return False
    meanings = {h.tensor.name: h for h in previous.hypotheses if isinstance(h, Definition)}
    return all(meanings.get(h.tensor.name, h) == h for h in theorem.hypotheses if isinstance(h, Definition))


def _formula(equation: Equation, continues: bool = False) -> Formula | Display:
    """left = right, or the right side alone; numbers for all entries of a tensor as a matrix."""
    rows = table(equation)
    if rows is not None and isinstance(equation.left, Read):
        return Display(f"{name(equation.left.tensor.name)} = {table_latex(rows)}")
    return Formula(None if continues else equation.left, equation.right)


def same_entries_text(statement: SameEntries) -> str:
    return f"{statement.left} = {statement.right}: the same {len(statement.entries)} entries."


def _limit(d: Derivation, statement: Limit) -> str:
    """lim expression = value, on as many rows as it takes."""
    value = latex(statement.value, d.axes)
    left = latex(statement, d.axes).removesuffix(f" = {value}")
    return f"\\begin{{aligned}}\n{chain([left, value])}\n\\end{{aligned}}"


def _ranges(theorem: Theorem) -> str:
    """The ranges of a theorem that no axis shows: those without an end, and those of what is no index alone."""
    sides = (theorem.left, theorem.right) if isinstance(theorem.statement, Equation | Bounded) else ()
    inside = {s for side in sides for n in walk(side) if isinstance(n, Read) for p in n.indices if (s := p.as_symbol)}
    return conditions((), [g for s, a in theorem.indices if a is not None and a.base is not None and (
        a.upper is None or (sides and s not in inside)) for g in a.guards(polynomial(s))])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", ":")) else ".")


def _scope(d: Derivation) -> str:
    if d.instance or not d.scope:
        return d.scope_text
    bounds = sorted({s.lower or 0 for s in d.scope}, reverse=True)
    return "all sizes, " + " and ".join(
        f"${', '.join(latex(s) for s in d.scope if s.lower == b)} \\ge {b}$" for b in bounds)


def _extents(d: Derivation, definition: Definition) -> Iterator[Block]:
    """The output extents that are floors, as derived from the feasible indices."""
    for axis in definition.tensor.axes:
        if axis in d.axes:
            yield Display(f"{d.axes[axis]} = {extent_latex(axis)}")


def extent_latex(axis: Axis) -> str:
    r"""⌊(upper − coefficient·base)/coefficient⌋ + 1."""
    assert axis.base is not None
    assert axis.upper is not None
    if axis.extent is not None:
        return latex(axis.extent)
    above = axis.upper - axis.coefficient * axis.base
    return rf"\left\lfloor \frac{{{latex(above)}}}{{{latex(axis.coefficient)}}} \right\rfloor + 1"


def _refuted(d: Derivation, step: Step) -> Iterator[Block]:
    answer = step.answer
    assert answer is not None
    found = answer.counterexample
    sign = "=" if found is None else r"\ne"
    sides = chain([latex(answer.claim.left, d.axes), latex(answer.claim.right, d.axes)], sign)
    yield Display(f"\\begin{{aligned}}\n{sides}\n\\end{{aligned}}")
    if found is None:
        yield Text(f"Verdict: {answer.verdict}. {answer.reason}")
        return
    entries = ", ".join(f"{n} = {v}" for n, v in found.entries.items())
    entries = f"{entries} (all other entries 0)" if entries else "all entries 0"
    at = ", ".join(f"{n} = {v}" for n, v in (found.sizes | found.indices).items())
    if tensors_in(answer.claim.left) or tensors_in(answer.claim.right):
        at += f"{' and ' if at else ''}{entries}"
    yield Text(f"{answer.verdict}: the two sides are not equal in general. With {at} the left side is "
               f"{found.left}, the right side {found.right}."
               + (f" {_sentence(answer.condition)}" if answer.condition else ""))


def _in_a_sentence(d: Derivation, h: Hypothesis) -> str:
    """A hypothesis as a part of a sentence; empty for one that is too long for it."""
    (block,) = _hypothesis(d, h)
    match block:
        case Formula(left, right) if left is not None:
            shown = f"{latex(left, d.axes)} = {latex(right, d.axes)}"
        case Display(shown):
            pass
        case _:
            return ""
    if "\\begin{" in shown or width(shown) > LONGEST:
        return ""
    words = shown.removeprefix("\\text{")
    return f"${shown}$" if words == shown else f"that {words[:-1]}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _hypothesis(d: Derivation, h: Hypothesis) -> Iterator[Block]:
    match h:
        case Definition() as definition:
            yield _formula(definition.equation)
        case Equation() as equation:
            yield _formula(equation)
        case NonZero(Apply("is_zero", inner)):
            yield Display(f"\\begin{{aligned}}\n{chain([latex(inner, d.axes), f'0{wherever(h)}'])}\n\\end{{aligned}}")
        case NonZero() | AtLeastZero() | NonNegative() | Independent() | Bounded():
            yield Display(latex(h, d.axes))


__all__ = ["Block", "Display", "Formula", "Heading", "Text", "blocks", "extent_latex"]
