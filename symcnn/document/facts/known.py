"""What a document has said so far, and the verdict on a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any

from symcnn.counterexample import Counterexample
from symcnn.document.facts.in_terms import Forms
from symcnn.document.meaning.matrices import Matrix
from symcnn.document.reading.forms import MeaningError
from symcnn.kernel.theorem import Bounded
from symcnn.notation.expression import Bracket, Definition, Equation, Expression, Multiply, Tensor
from symcnn.notation.polynomial import Polynomial, Symbol
from symcnn.notation.traverse import substitute
from symcnn.words import INTERNAL, Verdict


@dataclass(frozen=True)
class Decision:
    """The verdict on one line with its evidence."""

    verdict: Verdict
    reason: str = ""
    scope: str = ""
    assumptions: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    repair: str | None = None
    procedures: tuple[str, ...] = ()
    milliseconds: float = 0.0


def internal(error: Exception) -> Decision:
    """A line that the tool failed on: undecided, and the tool is to blame."""
    said = str(error).splitlines()[0] if str(error) else ""
    return Decision(Verdict.UNDECIDED, f"{INTERNAL}: {type(error).__name__}: {said}; this is a fault of symcnn, "
                                       "not of the line")


@dataclass(frozen=True)
class Entry:
    """One entry of a tensor and its formula, which is 0 at the tensor's other entries."""

    entry: tuple[Polynomial, ...]
    body: Expression
    value: Expression


@dataclass(frozen=True)
class Rate:
    """∂Z[of]/∂X[by] = value, taken from the document; of and by are plain indices."""

    of: tuple[Polynomial, ...]
    by: tuple[Polynomial, ...]
    value: Expression

    def at(self, of: tuple[Polynomial, ...], by: tuple[Polynomial, ...]) -> Expression:
        """The value at other indices; where Z and X share an index, it is 0 unless theirs are equal."""
        renamed: dict[Symbol, Polynomial] = {}
        equal_ones: list[Polynomial] = []
        for old, new in zip((*self.of, *self.by), (*of, *by), strict=True):
            symbol = old.as_symbol
            assert symbol is not None
            if symbol in renamed:
                equal_ones.append(renamed[symbol] - new)
            else:
                renamed[symbol] = new
        return Multiply((Bracket(tuple(equal_ones)), substitute(self.value, renamed)))


@dataclass(frozen=True)
class Sign:
    """A number is < bound, or > bound …, for the lines that begin in this part of the text."""

    relation: str
    bound: Fraction
    where: range

    def holds(self, value: Any) -> bool:
        """Whether a number is as the sign says."""
        bound = type(value)(self.bound.numerator, self.bound.denominator)
        return bool({"<": value < bound, ">": value > bound, "≤": value <= bound, "≥": value >= bound}[self.relation])

    def excludes(self, other: Sign) -> bool:
        """Whether no two numbers are as both signs say."""
        above, below = ((self, other) if self.relation in ("<", "≤") else (other, self))
        return above.relation in ("<", "≤") and below.relation in (">", "≥") and above.bound <= below.bound


def with_new_case(signs: Iterable[Sign], said: Sign, start: int) -> Iterator[Sign]:
    """The signs of a number with one that begins at a place: where it excludes an earlier one, this ends there, and the
    new one says nothing of the text before: if c > 0, …; if c < 0, …"""
    for known in signs:
        if known.excludes(said) and known.where.start < start < known.where.stop:
            said = replace(said, where=range(max(start, said.where.start), said.where.stop))
            known = replace(known, where=range(known.where.start, start))
        yield known
    yield said


@dataclass
class Known:
    """What a document has said so far."""

    definitions: dict[Tensor, Definition] = field(default_factory=dict)
    entries: dict[Tensor, list[Entry]] = field(default_factory=dict)
    lines: dict[Tensor, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    formulas: dict[str, Expression] = field(default_factory=dict)
    forms: Forms = field(default_factory=Forms)
    worked: dict[Tensor, Definition | None] = field(default_factory=dict)
    """Formulas of numbers that are known by their values, y = σ(u); None for a number that has several."""
    assigned: Counter[str] = field(default_factory=Counter)
    printed: dict[str, Any] = field(default_factory=dict)
    printed_matrices: dict[str, Matrix] = field(default_factory=dict)
    sum_to_one: set[Tensor] = field(default_factory=set)
    matrices: dict[str, Matrix] = field(default_factory=dict)
    listed: dict[str, Matrix] = field(default_factory=dict)
    """Lists of numbers, b = (0.1, 0.2): vectors where a line shows another one for a formula of them."""
    other_meaning: set[Tensor] = field(default_factory=set)
    methods: dict[Tensor, frozenset[str]] = field(default_factory=dict)
    through: dict[Tensor, tuple[Tensor, Definition]] = field(default_factory=dict)
    anew: set[Tensor] = field(default_factory=set)
    earlier: dict[Tensor, Definition] = field(default_factory=dict)
    """Formulas of names that have another one by now."""
    signs: dict[str, list[Sign]] = field(default_factory=dict)
    rounded: dict[Fraction, Any] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)
    rates: dict[tuple[Tensor, Tensor], Rate] = field(default_factory=dict)
    sizes: dict[Symbol, Polynomial] = field(default_factory=dict)
    in_a_case: dict[Symbol, int] = field(default_factory=dict)
    """Sizes whose value is that of a case, with the place where it is said."""
    conditions: list[Polynomial] = field(default_factory=list)
    derived: dict[Tensor, tuple[Definition, tuple[str, ...]]] = field(default_factory=dict)
    floors: list[Polynomial] = field(default_factory=list)
    recurrences: dict[Tensor, list[Equation]] = field(default_factory=dict)
    stated: list[Equation] = field(default_factory=list)
    given: list[Equation] = field(default_factory=list)
    shown: list[tuple[Equation, Symbol | None]] = field(default_factory=list)
    bounds: list[Bounded] = field(default_factory=list)
    unread: set[Tensor] = field(default_factory=set)
    """Names with a formula that is not understood: what they depend on is not known."""
    mentioned: dict[str, frozenset[str]] = field(default_factory=dict)
    """The names that stand in these formulas."""

    def copy(self) -> Known:
        """What is known now, untouched by what is learnt later."""
        return replace(Known(**{f.name: copy(getattr(self, f.name)) for f in fields(self)}),
                       forms=Forms(dict(self.forms.found)))


class DependenceError(MeaningError):
    """A derivative of something whose formula is not known."""
