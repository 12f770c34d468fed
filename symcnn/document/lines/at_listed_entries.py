"""Numbers that follow from vectors whose entries are listed: Σ_i x_i² = 14 and p ≈ (…) behind x = (1, 2, 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import flint

from symcnn.document.claims.averages import operator_of
from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.displayed.entrywise import cells_of_matrix, numbers_of
from symcnn.document.facts.known import Decision
from symcnn.document.facts.sections import headings
from symcnn.document.lines.lines import Lines
from symcnn.document.meaning.matrices import Matrix, as_vector, is_matrix
from symcnn.document.meaning.numbers import is_numeric, key, printed
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.meaning.whole import Whole
from symcnn.document.numeric.values import numeric
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import unwrapped, written
from symcnn.effort import budget
from symcnn.errors import SymcnnError
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import (
    Axis, Binder, Derivative, Expression, Read, Tensor, children, free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import replace_reads, sizes_in, substitute, tensors_in
from symcnn.verdict import Verdict

AT_LISTED = "the entries listed"
"""Where such a verdict holds."""
STEPS, MOST_ENTRIES, DEEPEST = 20_000, 64, 6
WISHED = re.compile(r"\b(?:if|such that|so that|must|should|needs?|wants?|requir\w*|constrain\w*|subject|targets?"
                    r"|desired|labels?|suppose|assum\w+|let|choos\w*|instead|find|solv\w+|case|when|where"
                    r"|whose|boundar\w*|(?:hyper)?planes?|lines?|margins?|satisf\w*|hold\w*|conditions?|equations?"
                    r"|after|next|updat\w*|step|new|running|batch(?:es)?)\b[^.]*$", re.IGNORECASE)
"""Words of a sentence before a value that is wanted, or is one of other entries, and not worked out from these."""
GOOD = (Verdict.PROVED, Verdict.ROUNDED)
NEAR, MOST_UNITS = flint.arb("0.002"), 4
"""How far, of a value and in units of the last digit, numbers that were rounded on the way may be off."""


class UnlistedError(SymcnnError):
    """A formula has no value by what is listed."""


@dataclass
class Entries:
    """The values of formulas by the entries of `lists` and the `values` of numbers; `used` are the names for these."""

    prover: Lines
    values: Mapping[str, Any]
    lists: Mapping[str, list[list[Fraction]]]
    used: dict[str, None] = field(default_factory=dict)
    is_put_in: bool = False
    """Whether the formula of a name was put in."""

    def value(self, node: Expression) -> Any:
        """The value of a formula without free indices; UnlistedError if it has none."""
        node = self._put_in(node)
        if free_indices(node) or any(isinstance(n, Derivative) for n in walk(node)):
            raise UnlistedError
        lengths: dict[Symbol, int] = {}
        whole = {t: self._axes(t, node, lengths) for t in tensors_in(node) if self._list_of(t)}
        node = _bounded(substitute(_with(node, whole), {s: polynomial(n) for s, n in lengths.items()}))
        evaluator = Evaluator({}, self._entry)
        for read in (n for n in walk(node) if isinstance(n, Read) and all(i.is_constant for i in n.indices)):
            if self._list_of(read.tensor) is None:
                evaluator.known[read.tensor, tuple(int(i.constant) for i in read.indices)] = self._known(read)
        if sizes_in(node) or any(t for t in tensors_in(node) if self._list_of(t) is None and t.axes and not any(
                known == t for known, _ in evaluator.known)):
            raise UnlistedError
        with budget(STEPS):
            return evaluator.exact(node)

    def _put_in(self, node: Expression) -> Expression:
        """The formula with those of all names in it that have neither a value nor a list."""
        for _ in range(DEEPEST):
            formulas = [d for t, d in self.prover._definitions().items() if t in node.tensors
                        and self._list_of(t) is None and t.name not in self.values
                        and not any(n.tensor == t and key(n) in self.values
                                    for n in walk(node) if isinstance(n, Read))]
            if not formulas:
                return node
            self.is_put_in = True
            node = replace_reads(node, formulas)
        raise UnlistedError

    def _name(self, tensor: Tensor) -> str:
        return self.prover.words.base(tensor.name, len(tensor.axes)) if tensor.gradient_of is None else ""

    def _list_of(self, tensor: Tensor) -> list[list[Fraction]] | None:
        rows = self.lists.get(self._name(tensor)) if len(tensor.axes) in (1, 2) else None
        return rows if rows is not None and (len(tensor.axes) == 2) == (len(rows[0]) > 1) else None

    def _axes(self, tensor: Tensor, node: Expression, lengths: dict[Symbol, int]) -> Tensor:
        """The tensor on axes that are as long as what is listed, from where its indices begin."""
        rows = self._list_of(tensor) or []
        counts = (len(rows), len(rows[0])) if len(tensor.axes) == 2 else (len(rows),)
        axes = []
        for axis, count in zip(tensor.axes, counts, strict=True):
            base = axis.base if axis.base is not None else polynomial(0 if _counts_from_zero(node) else 1)
            if not base.is_constant or axis.coefficient != polynomial(1):
                raise UnlistedError
            last = int(base.constant) + count - 1
            if axis.upper is not None and axis.upper != polynomial(last):
                size = next(iter(axis.upper.symbols), None)
                if size is None or len(axis.upper.symbols) > 1 or not (axis.upper - size).is_constant or (
                        lengths.setdefault(size, last - int((axis.upper - size).constant)) != (
                            last - int((axis.upper - size).constant))):
                    raise UnlistedError
            axes.append(Axis(base, polynomial(1), polynomial(last)))
        return Tensor(tensor.name, tuple(axes))

    def _entry(self, tensor: Tensor, at: tuple[int, ...]) -> Fraction:
        rows = self._list_of(tensor)
        if rows is None:
            raise UnlistedError
        self.used[self._name(tensor)] = None
        place = [i - int(a.base.constant if a.base is not None else 1) for i, a in zip(at, tensor.axes, strict=True)]
        return rows[place[0]][place[1] if len(place) == 2 else 0]

    def _known(self, read: Read) -> Any:
        if read.tensor.gradient_of is not None or key(read) not in self.values:
            raise UnlistedError
        self.used[key(read)] = None
        return self.values[key(read)]


def at_listed_entries(prover: Lines, line: Line, decision: Decision, confirmed: Set[int]) -> Decision | None:
    """The verdict on a number, or on a list of numbers, by the entries of the vectors that are listed before.

    An average is what a line that is proved, of those that begin at `confirmed`, says it is. None where a name has no
    entries or value. It is wrong only if each is given once, in the same section, and no word
    says that the number is what is wanted.
    """
    known = prover.known
    if line.relation not in EQUALS | {"≈"} or not (known.listed or known.matrices):
        return None
    cells = _cells(line.right)
    name = _name(line.left)
    lists = {n: rows for n, m in (*known.listed.items(), *known.matrices.items()) if n != name
             and len(m.entries) <= MOST_ENTRIES and (rows := _rows(m)) is not None}
    if not cells or not lists:
        return None
    with suppress(SymcnnError, ZeroDivisionError):
        own = prover._meaning(line).value(line.left) if decision.verdict is Verdict.DEFINED else None
        if len(cells) == 1 and own is not None and (printed(line.right) is None or not _has_formula(prover, own)):
            return None
        values = {n: v for n, v in known.values.items() if not isinstance(own, Read) or n != key(own)}
        entries = Entries(prover, values, lists)
        bodies = list(_bodies(prover, line, len(cells), confirmed))
        if len(bodies) < len(cells):
            return None
        found = [_compared(prover, replace(line, right=cell), entries, body)
                 for body, cell in zip(bodies, cells, strict=False)]
        if not entries.used.keys() & lists.keys():
            return None
        given = tuple(_said(prover, line, n) for n in entries.used)
        worst = next((d for d in found if d is None or d.verdict is Verdict.REFUTED), None) if not all(
            d is not None and d.verdict in GOOD for d in found) else max(
            (d for d in found if d is not None), key=lambda d: GOOD.index(d.verdict))
        if worst is None or worst.verdict is Verdict.REFUTED and not (
                _is_said_of_it(prover, line, entries) and (own is None or _is_given_once(prover, line, name))):
            return None
        return replace(worst, scope=AT_LISTED, assumptions=(*worst.assumptions, *given),
                       repair=None if len(cells) > 1 else worst.repair)
    return None


def is_of_an_example(prover: Lines, line: Line, decision: Decision) -> bool:
    """Whether a formula that fails for some entries is said to be a decimal behind others that are listed."""
    found, listed = decision.counterexample, prover.known.listed or prover.known.matrices
    return bool(listed) and found is not None and "." in str(line.right) and printed(line.right) is not None and any(
        "[" in name for name in (*found.entries, *found.zeros))


def _rows(matrix: Matrix) -> list[list[Fraction]] | None:
    rows = numbers_of(matrix)
    if rows is not None and matrix.is_vector and len(rows) == 1:
        return [[x] for x in rows[0]]
    return rows


def _name(side: Node) -> str:
    found = written(side)
    return found.stem if found is not None else ""


def _cells(side: Node) -> Sequence[Node]:
    """The numbers of a list, or a number alone; none for any other side."""
    vector = as_vector(side)
    vector = vector.nodes[0] if vector.kind == "scripts" and is_matrix(vector.nodes[0]) else vector
    if not is_matrix(vector):
        return (side,)
    cells = cells_of_matrix(vector)
    return tuple(cells.values()) if all(printed(n) is not None for n in cells.values()) and (
        len({place[0] for place in cells}) == 1 or len({place[1] for place in cells}) == 1) else ()


def _bodies(prover: Lines, line: Line, count: int, confirmed: Set[int]) -> Iterator[Expression]:
    """What each number on the right is said to be: the left side, or the entries of the vector that it is."""
    meaning = prover._meaning(line)
    if count == 1:
        if not is_numeric(meaning.value(line.right), {}):
            return
        if is_average(line.left):
            said = str(line.left).strip()
            yield from (prover._meaning(other).value(other.right) for other in prover.reading.lines[::-1]
                        if other.start in confirmed and other.start < line.start and other.relation in EQUALS
                        and str(other.left).strip() == said)
        elif (sides := prover._read(line)) is not None:
            yield sides[0]
        return
    whole = None
    with suppress(SymcnnError):
        whole = Whole(meaning, prover.layouts[0]).value(line.left) if prover.layouts else None
    if whole is not None and sum(whole.pattern) == 1:
        index = next(a for a in whole.axes if a is not None)
        yield from (substitute(whole.body, {index: polynomial(n)}) for n in range(1, count + 1))
        return
    read, words = meaning.value(line.left), prover.words
    if isinstance(read, Read) and not read.indices and read.tensor.gradient_of is None:
        yield from (substitute(d.body, {index: polynomial(n)}) for d in prover._definitions().values()
                    if len(d.indices) == 1 and words.base(d.tensor.name, 1) == words.base(read.tensor.name, 0)
                    for index in d.indices for n in range(1, count + 1))


def is_average(side: Node) -> bool:
    """Whether a side is E[z] or Var(z)."""
    return side.kind in ("product", "index") and len(side.nodes) == 2 and bool(operator_of(side.nodes[0]))


def _compared(prover: Lines, line: Line, entries: Entries, body: Expression) -> Decision | None:
    """The verdict on one number; None where it is near what it should be, but for what was rounded on the way."""
    value = entries.value(body)
    right = prover._meaning(line).value(line.right)
    if not is_numeric(right, {}):
        return None
    name = Read(Tensor("value by its entries", ()), ())
    with temporarily(prover, known=prover.known.copy()):
        prover.known.values[name.tensor.name] = value
        prover.known.printed = prover.known.values
        found = numeric(prover.known, line, name, right)
    shown = printed(line.right)
    if found.verdict is not Verdict.REFUTED or not entries.is_put_in or shown is None or (
            isinstance(value, flint.fmpq) and not shown[1]):
        return found
    said = flint.arb(flint.fmpq(shown[0].digits)) * flint.arb(10) ** -shown[0].places
    slack = MOST_UNITS * flint.arb(10) ** -shown[0].places + NEAR * abs(flint.arb(value))
    return None if abs(flint.arb(value) - said) <= slack else found


def _said(prover: Lines, line: Line, name: str) -> str:
    """What a document says of a name before a line, as it is written there."""
    text = prover.reading.text
    return next((text[other.start:other.end] for other in reversed(prover.reading.lines) if other.start < line.start
                 and other.first and _name(other.left) == name), name)


def _has_formula(prover: Lines, name: Expression) -> bool:
    """Whether a document has a formula for a number, which is more than another number."""
    formula = prover._definitions().get(name.tensor) if isinstance(name, Read) and not name.indices else None
    return formula is not None and bool(tensors_in(formula.body))


def _is_given_once(prover: Lines, line: Line, name: str) -> bool:
    """Whether a name that a line gives numbers has one formula and no other numbers."""
    said = {str(other.right).strip() for other in prover.reading.lines if other.relation in EQUALS | {"≈", "←", "→"}
            and other.first and _name(other.left) == name}
    return len(said) == 2


def _is_said_of_it(prover: Lines, line: Line, entries: Entries) -> bool:
    """Whether each list is the only one of its name, stands in the section of a line, and nothing says that the line
    is a wish."""
    text, lines = prover.reading.text, prover.reading.lines
    if str(line.right).strip() == "0":
        return False  # w·x = 0 says where x lies
    if WISHED.search(re.split(r"[.;:]\s|\n\s*\n", text[max(0, line.span.start - 300):line.span.start])[-1]):
        return False
    for name in entries.used:
        said = [other for other in lines if other.relation in EQUALS | {"≈", "←", "→"} and _name(other.left) == name
                and written(other.left) is not None and unwrapped(other.left).kind != "index"]
        if name in entries.lists:
            if len(said) != 1 or any(said[0].start < h.start < line.start for h in headings(text)):
                return False
        elif len({str(other.right).strip() for other in said if printed(other.right) is not None}) > 1 or (
                prover.known.worked.get(Tensor(name, ()), True) is None):
            return False
    return True


def _counts_from_zero(node: Expression) -> bool:
    """Whether a formula begins to count at 0."""
    return any(isinstance(n, Binder) and any(r.lower == polynomial(0) for r in n.ranges)
               or isinstance(n, Read) and any(i == polynomial(0) for i in n.indices) for n in walk(node))


def _with(node: Expression, tensors: Mapping[Tensor, Tensor]) -> Expression:
    """The formula with other tensors in place of some."""
    if isinstance(node, Read) and node.tensor in tensors:
        return Read(tensors[node.tensor], node.indices)
    return rebuild(node, tuple(_with(c, tensors) for c in children(node)))


def _bounded(node: Expression) -> Expression:
    """The formula with its sums going over the axes on which their indices stand bare: Σ_j e^{z_j} over those of z."""
    if isinstance(node, Binder):
        ranges = []
        for r in node.ranges:
            axes = {axis for n in walk(node.body) if isinstance(n, Read)
                    for i, axis in zip(n.indices, n.tensor.axes, strict=True) if i.as_symbol == r.variable}
            if r.lower is None and r.upper is None and len(axes) == 1:
                r = replace(r, lower=next(iter(axes)).base, upper=next(iter(axes)).upper)
            ranges.append(r)
        return type(node)(tuple(ranges), _bounded(node.body))
    return rebuild(node, tuple(map(_bounded, children(node))))
