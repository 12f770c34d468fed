"""Single edits of formulas in the right documents, and what the checker says of each.

An edit changes one side of a claim that is proved in the right document. Whether that makes the claim false is
decided by exact enumeration alone: the side before and after the edit, evaluated at small sizes with random entries.
`python tests/mutations.py` prints the counts.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from unittest import mock

from symcnn.counterexample import trials
from symcnn.document.check import Report, check
from symcnn.document.claims.claims import Line, read_document
from symcnn.document.deciding.decide import Decider
from symcnn.document.meaning.matrices import Matrix, Tables
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import items, scripts_of, written
from symcnn.errors import SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import (
    UNBOUNDED, Axis, Definition, Derivative, Equation, Expectation, Expression, Read, Sum, Tensor, Value, children,
    expression, free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import polynomial
from symcnn.notation.traverse import substitute, tensors_in
from symcnn.verdict import Verdict

FOLDER = Path(__file__).resolve().parent / "documents"
FLAGS = (Verdict.REFUTED, Verdict.CONDITIONAL)
CALLED_RIGHT = (Verdict.PROVED, Verdict.ROUNDED)
ACCEPTED = (*CALLED_RIGHT, Verdict.TESTED)
TRIALS = 60
MEASURE = re.compile(r"[\s$}{,]*(\\text\{ *)?(\\?%|[KMG]i?B\b|[KMB]\b|million|billion|thousand|percent)")
FIRST, LAST, FURTHEST, MOST_STEPS = -1, 3, 9, 9
"""Names without a formula have entries from and to here, or up to the largest number that stands as an index."""


@dataclass(frozen=True)
class Edit:
    """A piece of a document's text replaced: offsets, what comes in its place, and the kind of slip this is."""

    start: int
    end: int
    new: str
    kind: str

    def applied(self, text: str) -> str:
        return text[:self.start] + self.new + text[self.end:]


@dataclass
class Counts:
    """What became of the edits; `crashed`, `wrongly_proved` and `wrongly_flagged` hold what must not happen."""

    edits: int = 0
    false: int = 0
    harmless: int = 0
    outside: int = 0
    not_evaluated: int = 0
    flagged: int = 0
    seconds: float = 0.0
    missed: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    missed_kinds: Counter[str] = field(default_factory=Counter)
    crashed: list[str] = field(default_factory=list)
    wrongly_proved: list[str] = field(default_factory=list)
    wrongly_flagged: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        share = 100 * self.flagged / max(self.false, 1)
        lines = [f"{self.edits} edits of right documents in {self.seconds:.0f} s: {self.false} false by enumeration, "
                 f"{self.outside} false only where names are not zero outside, {self.harmless} without a difference, "
                 f"{self.not_evaluated} not evaluated",
                 f"of the false ones {self.flagged} flagged ({share:.1f} %), {len(self.wrongly_proved)} called right; "
                 f"the others are " + ", ".join(f"{v} {n}" for v, n in self.missed.most_common()),
                 f"of those without a difference {len(self.wrongly_flagged)} flagged; "
                 f"{len(self.crashed)} documents that the checker could not go through",
                 "false and not flagged, by kind: " + ", ".join(
                     f"{k} {n} of {self.kinds[k]}" for k, n in self.missed_kinds.most_common())]
        return "\n".join(lines)


# Edits.

def edits(text: str, line: Line, gradients: bool) -> Iterator[Edit]:
    """All single edits of the two sides of a claim; of the right side only where the left one has `gradients`."""
    names = sorted({t for side in (line.left, line.right) for n in nodes(side) for t in indices_of(n)})
    # What a gradient is, the document says in the right side; on the left another one could be as right.
    sides = [s for s in (line.left, line.right) if s.start >= line.start and (s is line.right or not gradients)]
    stems = Counter((w.stem, len(w.lower) + len(w.inside)) for side in sides for n in nodes(side)
                    if (w := written(n)) is not None and n.kind in ("scripts", "index"))
    for side in sides:
        for edit in (*_of_tokens(side), *_of_indices(side, names), *_of_names(side, stems), *_of_parts(side)):
            if 0 <= edit.start <= edit.end and edit.new != text[edit.start:edit.end]:
                yield edit


def nodes(tree: Node) -> Iterator[Node]:
    yield tree
    for part in tree.nodes:
        yield from nodes(part)


def _index_items(node: Node) -> Iterator[Node]:
    """Every index item of a name with indices."""
    found = written(node) if node.kind in ("scripts", "index") else None
    yield from (*found.lower, *found.inside) if found is not None else ()


def indices_of(node: Node) -> Iterator[str]:
    for item in _index_items(node):
        for n in nodes(item):
            if n.kind == "name" and len(n.head) == 1 and n.head.islower():
                yield n.head


def _of_tokens(side: Node) -> Iterator[Edit]:
    for token in side.tokens:
        if token.text in ("+", "-"):
            yield Edit(token.start, token.end, "-" if token.text == "+" else "+", "sign")
        if token.kind == "number":
            for place, digit in enumerate(token.text):
                if digit.isdigit() and token.end - token.start == len(token.text):
                    for other in {(int(digit) + 1) % 10, (int(digit) - 1) % 10}:
                        yield Edit(token.start + place, token.start + place + 1, str(other), "digit")


def _of_indices(side: Node, names: Sequence[str]) -> Iterator[Edit]:
    for node in nodes(side):
        given = list(_index_items(node))
        for item in given:
            for n in nodes(item):
                if n.kind == "name" and n.head in names:
                    for other in names:
                        yield Edit(n.start, n.end, other, "index")
            if item.kind == "name" and node.kind == "index":
                yield Edit(item.end, item.end, "+1", "shift")
        for a, b in zip(given, given[1:], strict=False):
            if a.kind == b.kind == "name" and a.end == b.start:
                yield Edit(a.start, b.end, b.head + a.head, "swapped indices")
        if node.kind == "big" and node.nodes[0].kind == "scripts":
            yield Edit(node.nodes[0].start, node.nodes[0].end, " ", "dropped sum")
            for _, script in scripts_of(node.nodes[0]):
                if script is not None and script.kind == "braces" and len(tuple(script.tokens)) > 2:
                    variables = items(script)
                    if len(variables) > 1 and all(v.kind == "name" for v in variables):
                        for v in variables:
                            others = ",".join(w.head for w in variables if w is not v)
                            yield Edit(script.start, script.end, f"{{{others}}}", "dropped sum")
                    else:
                        for shift in ("+1", "-1"):
                            yield Edit(script.end - 1, script.end - 1, shift, "bound")


def _of_names(side: Node, stems: Mapping[tuple[str, int], int]) -> Iterator[Edit]:
    for node in nodes(side):
        found = written(node) if node.kind in ("scripts", "index") else None
        base = next(node.tokens, None)
        if base is None:
            continue
        if found is None or base.text != found.stem:
            continue
        for stem, count in stems:
            if stem != found.stem and count == len(found.lower) + len(found.inside) and len(stem) == 1:
                yield Edit(base.start, base.end, stem, "name")


def _of_parts(side: Node) -> Iterator[Edit]:
    for node in nodes(side):
        if node.kind == "product" and len(node.nodes) > 1 and node.head not in (r"\partial", "∂", "d"):
            for place, part in enumerate(node.parts):
                if isinstance(part, Node) and part.kind != "big" and part != EMPTY and "\\" not in next(
                        part.tokens).before:
                    before = node.parts[place - 1] if place else None
                    start = before.start if isinstance(before, Token) else part.start
                    if isinstance(before, Token) and before.text in ("/", r"\div"):
                        yield Edit(before.start, before.end, r"\cdot ", "factor")
                    elif place or not isinstance(node.parts[1], Token):
                        yield Edit(start, part.end, " ", "dropped factor")
        elif node.kind == "sum":
            for sign, term in zip(node.parts, node.parts[1:], strict=False):
                if isinstance(sign, Token) and isinstance(term, Node) and term != EMPTY:
                    yield Edit(sign.start, term.end, " ", "dropped term")
        elif node.kind == "scripts":
            for token, part in zip(node.parts, node.parts[1:], strict=False):
                if isinstance(token, Token) and token.text == "^" and isinstance(part, Node) and part.head.isdigit():
                    yield Edit(token.start, part.end, " ", "dropped power")


# Exact enumeration.

@dataclass
class Oracle:
    """Sides of a right document's claims before and after an edit, compared by enumeration."""

    text: str
    latex: bool
    decider: Decider
    definitions: tuple[Definition, ...]
    steps: Mapping[Tensor, Equation] = field(default_factory=dict)
    starts: Mapping[Read, Expression] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, latex: bool, report: Report) -> Oracle:
        """The names and definitions of a right document; its report says which lines introduce a name."""
        decider = Decider(read_document(text, latex))
        made: dict[Tensor, Definition] = {}
        steps: dict[Tensor, Equation] = {}
        starts: dict[Read, Expression] = {}
        for finding in report.findings:
            line = finding.line
            if finding.verdict is not Verdict.DEFINED or not line.first or line.relation not in ("=", ":="):
                continue
            try:
                meaning = Meaning(decider.words, (line.left, line.right))
                left, right = meaning.value(line.left), meaning.value(line.right)
            except SymcnnError:
                continue
            if isinstance(left, Read) and len(left.indices) == 1 and left.tensor in tensors_in(right):
                steps.setdefault(left.tensor, Equation(left, right))
            elif isinstance(left, Read) and left.indices and all(i.is_constant for i in left.indices):
                starts.setdefault(left, right)
            if not isinstance(left, Read) or left.tensor.gradient_of or left.tensor in tensors_in(right):
                continue
            at = [i.as_symbol for i in left.indices]
            indices = tuple(s for s in at if s is not None and not s.is_size)
            if len(set(indices)) == len(at) and free_indices(right) <= set(indices):
                made.setdefault(left.tensor, Definition(left.tensor, indices, right))
        return cls(text, latex, decider, tuple(made.values()), steps, starts)

    def unrolled(self, node: Expression, depth: int = 0) -> Expression:
        """A formula with v_2 written out by v_t = … v_{t-1} … and v_0 = …, as far as these go."""
        if isinstance(node, Read) and node.tensor in self.steps and node.indices[0].is_constant and depth < MOST_STEPS:
            if node in self.starts:
                return self.starts[node]
            left, right = self.steps[node.tensor].left, self.steps[node.tensor].right
            assert isinstance(left, Read)
            (index,) = left.indices
            free = [s for s in index.symbols if not s.is_size]
            if len(free) == 1 and (index - free[0]).is_constant and node.indices[0].constant > 0:
                return self.unrolled(substitute(right, {free[0]: node.indices[0] - (index - free[0])}), depth + 1)
        return rebuild(node, tuple(self.unrolled(c, depth) for c in children(node)))

    def differs(self, line: Line, edit: Edit, outside: bool = True) -> bool | None:
        """Whether the edited side differs from what it was; None where it cannot be evaluated.

        `outside` says whether names have entries outside of the ranges that the right document sums over.
        """
        edited = self.edited(line, edit)
        if edited is None:
            return None
        on_left = line.left.start >= line.start and line.left.start <= edit.start < max(line.left.end, edit.end) and (
            edit.end <= line.left.end)
        old, new = (line.left, edited.left) if on_left else (line.right, edited.right)
        other = line.right if on_left else line.left
        try:
            before, after = ([e for row in self.side(n, line).rows for e in row] for n in (old, new))
            if all(map(_is_number, (*before, *after))):
                opposite = [e for row in self.side(other, line).rows for e in row]
                if all(map(_is_number, opposite)):
                    if MEASURE.match(self.text[line.end:]):
                        return None  # 74.3 MB: enumeration does not know what a measure counts
                    last_digit = re.search(r"\.\d*$", self.text[:edit.start]) and (
                        not self.text[edit.end:edit.end + 1].isdigit())
                    if last_digit and (
                            not re.fullmatch(r"\s*-?\s*[\d.]+\s*", str(new))):
                        return None  # 4.481/(4.482 + 1.492): a decimal may be cut off
                    return (_numbers_differ(after, opposite, str(other)) if on_left
                            else _numbers_differ(opposite, after, str(new)))
            opposite = [e for row in self.side(other, line).rows for e in row]
        except (SymcnnError, IndexError):
            return None
        if len(before) != len(after):
            return True
        if self.decider.standard and not _names_in(self.text) <= _names_in(edit.applied(self.text)):
            return None  # a layer that is named and not written has other formulas where a document has no ε
        if after == opposite:
            return False  # v = v claims nothing
        found = [self.entries_differ(a, b, outside) for a, b in zip(before, after, strict=True)]
        return True if True in found else None if None in found else False

    def can_enumerate(self, line: Line) -> bool:
        """Whether a claim has no expectations: of these enumeration does not know what the document states."""
        try:
            entries = [e for s in (line.left, line.right) for row in self.side(s, line).rows for e in row]
        except SymcnnError:
            return True
        return not any(isinstance(n, Expectation) for e in entries for n in walk(e))

    def beside(self, line: Line, edit: Edit) -> list[Line]:
        """The other claims of the chain with the side that an edit is about."""
        return [other for other in self.decider.reading.lines if other is not line and any(
            s.start <= edit.start and edit.end <= s.end for s in (other.left, other.right))]

    def has_gradients(self, line: Line) -> bool:
        try:
            parts = [n for row in self.side(line.left, line).rows for e in row for n in walk(e)]
        except SymcnnError:
            return True
        return any(isinstance(n, Derivative) or (isinstance(n, Read) and n.tensor.gradient_of) for n in parts)

    def edited(self, line: Line, edit: Edit) -> Line | None:
        """The claim after the edit: the one with the same number among the document's claims."""
        lines = self.decider.reading.lines
        others = read_document(edit.applied(self.text), self.latex).lines
        return others[lines.index(line)] if len(lines) == len(others) and line in lines else None

    def side(self, node: Node, line: Line) -> Matrix:
        meaning = Meaning(self.decider.words, (line.left, line.right, node))
        # As the checker reads Σ_{i≠j}: over both indices where the other side has neither.
        here = Meaning(self.decider.words, (line.left, line.right))
        self.decider._over_both(here, line, here.value(line.left), here.value(line.right)) if any(
            t.text == r"\ne" for s in (line.left, line.right) for t in s.tokens) else None
        meaning.unequal_binds_both = here.unequal_binds_both
        tables = Tables(meaning, {})
        value = tables.value(node) if tables.has_matrix(node) else meaning.value(node)
        return value if isinstance(value, Matrix) else Matrix(((value,),))

    def entries_differ(self, before: Expression, after: Expression, outside: bool) -> bool | None:
        before, after = self.unrolled(before), self.unrolled(after)
        if before == after:
            return False
        if {t for t in tensors_in(after) if t.gradient_of} - set(tensors_in(before)):
            return None  # the chain rule may make another gradient as right
        if any(isinstance(n, Expectation) for side in (before, after) for n in walk(side)):
            return None  # enumeration does not know the moments that the document states
        known = {d.tensor for d in self.definitions}
        formulas, open_rates = {d.tensor: d.body for d in self.definitions}, False
        for node in (n for side in (before, after) for n in walk(side) if isinstance(n, Derivative)):
            reached = list(tensors_in(node.expression))
            for tensor in reached:
                reached += [t for t in tensors_in(formulas[tensor]) if t not in reached] if tensor in formulas else []
            open_rates |= node.by.tensor not in reached  # how one depends on the other is not among the formulas
        bodies = [before, after, *(d.body for d in self.definitions)]
        most = [LAST, *(int(i.constant) + 1 for body in bodies for n in walk(body) if isinstance(n, Read)
                        for i in n.indices if i.is_constant),
                *(int(p.constant) + 1 for body in bodies for n in walk(body) if isinstance(n, Sum)
                  for r in n.ranges for p in (r.upper,) if p is not None and p.is_constant and p.constant < FURTHEST)]
        window = Axis(polynomial(FIRST), polynomial(1), polynomial(max(most)))
        narrow = Axis(polynomial(0), polynomial(1), polynomial(2))

        def in_window(tensor: Tensor) -> Tensor:
            wide = UNBOUNDED if tensor in known else window if len(tensor.axes) < 3 else narrow
            return replace(tensor, axes=tuple(wide if outside or a == UNBOUNDED else a for a in tensor.axes))

        def bounded(node: Expression) -> Expression:
            if isinstance(node, Read):
                return Read(in_window(node.tensor), node.indices)
            return rebuild(node, tuple(map(bounded, children(node))))

        definitions = tuple(Definition(in_window(d.tensor), d.indices, bounded(d.body)) for d in self.definitions)
        try:
            found, agreed = trials(Claim(bounded(before), bounded(after), definitions), TRIALS, seed=7)
        except (SymcnnError, ZeroDivisionError):
            return None
        return True if found is not None else False if agreed >= TRIALS and not open_rates else None


def _names_in(text: str) -> set[str]:
    return set(re.findall(r"\\[a-zA-Z]+|(?<![\\a-zA-Z])[a-zA-Z](?![a-zA-Z])", text))


def _is_number(node: Expression) -> bool:
    return not any(isinstance(n, Read) or (isinstance(n, Value) and n.value.symbols) for n in walk(node))


def _numbers_differ(left: Iterable[Expression], right: Iterable[Expression], shown: str) -> bool | None:
    """Whether a printed number is neither the exact one rounded to its last digit nor cut off behind it."""
    decimals = re.fullmatch(r"\s*-?\s*\d*\.(\d+)\s*", shown)
    scientific = re.fullmatch(r"\s*(\d*\.(\d+))\s*\(10\)\^\{?(\d+)\}?\s*", shown)
    half = Fraction(0)
    if decimals:
        half = Fraction(1, 2 * 10 ** len(decimals[1]))
    elif scientific:
        half = Fraction(10 ** int(scientific[3]), 2 * 10 ** len(scientific[2]))
    evaluator = Evaluator({}, lambda tensor, at: 0)
    try:
        for a, b in zip(left, right, strict=True):
            difference = evaluator.exact(a - b)
            cut_off = bool(abs(difference) < evaluator.exact(expression(2 * half))) and (
                bool(difference * evaluator.exact(a) > 0))
            if bool(abs(difference) > evaluator.exact(expression(half))) and not cut_off:
                return True
    except (SymcnnError, ZeroDivisionError, ValueError, KeyError):
        return None
    return False


# Counting.

def without_repairs() -> mock._patch[object]:
    """The search for repairs takes most of the time and says nothing about the verdict."""
    return mock.patch("symcnn.document.deciding.mending.candidates", return_value=())  # type: ignore[return-value]


def proved_claims(paths: Iterable[Path], made: Counts) -> list[tuple[Path, str, Oracle, Line]]:
    """The claims that the checker proves in right documents with nothing flagged."""
    claims = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        try:
            report = check(text, path.name)
        except Exception as error:  # the checker must not raise, whatever stands in a document
            made.crashed.append(f"{path.name}: {error!r}")
            continue
        if any(f.verdict in FLAGS for f in report.findings):
            continue
        oracle = Oracle.of(text, path.suffix == ".tex", report)
        claims += [(path, text, oracle, f.line) for f in report.findings
                   if f.verdict in CALLED_RIGHT and f.line.relation in ("=", "≈") and oracle.can_enumerate(f.line)]
    return claims


def count(number: int, seed: int = 1, made: Counts | None = None) -> Counts:
    """So many random single edits, as evenly as possible over claims and kinds of slips."""
    made = made or Counts()
    began, chance = time.perf_counter(), random.Random(seed)
    with without_repairs():
        claims = proved_claims(sorted((FOLDER / "right").iterdir()), made)
        pool = []
        for claim in claims:
            kinds: dict[str, list[Edit]] = {}
            for edit in dict.fromkeys(edits(claim[1], claim[3], claim[2].has_gradients(claim[3]))):
                kinds.setdefault(edit.kind, []).append(edit)
            for found in kinds.values():
                chance.shuffle(found)
                pool += [(rank + chance.random(), claim, edit) for rank, edit in enumerate(found)]
        pool.sort(key=lambda p: p[0])
        for _, (path, text, oracle, line), edit in pool[:number]:
            _count_one(made, path, text, oracle, line, edit)
    made.seconds += time.perf_counter() - began
    return made


def _count_one(made: Counts, path: Path, text: str, oracle: Oracle, line: Line, edit: Edit) -> None:
    made.edits += 1
    try:
        report = check(edit.applied(text), path.name)
    except Exception as error:  # the same of an edited one
        made.crashed.append(f"{path.name}: {text[edit.start:edit.end]!r} -> {edit.new!r}: {error!r}")
        return
    differs = oracle.differs(line, edit)
    if differs is False and any(oracle.differs(other, edit) is not False for other in oracle.beside(line, edit)):
        differs = None  # √(2/50) = √0.03 = 0.2: the last step holds, the one before it does not
    here = [f for f in report.findings
            if f.line.start - 2 <= edit.start + len(edit.new) and edit.start <= f.line.end + 2]
    sides = [f for f in here if any(s.start - 2 <= edit.start + len(edit.new) and edit.start <= s.end + 2
                                    for s in (f.line.left, f.line.right))]
    flagged = any(f.verdict in FLAGS for f in report.findings)
    shown = (f"{path.name}: {edit.kind} {text[edit.start:edit.end]!r} -> {edit.new!r} in "
             f"{str(line.left).strip()} {line.relation} {str(line.right).strip()}")
    if differs is None:
        made.not_evaluated += 1
        made.open.append(shown)
    elif differs and oracle.differs(line, edit, outside=False) is False:
        made.outside += 1
    elif not differs:
        made.harmless += 1
        if flagged:
            made.wrongly_flagged.append(shown)
    else:
        made.false += 1
        made.kinds[edit.kind] += 1
        made.flagged += flagged
        if not flagged:
            verdicts = sorted({str(f.verdict) for f in sides}) or ["no claim"]
            made.missed[" and ".join(verdicts)] += 1
            made.missed_kinds[edit.kind] += 1
            made.examples.append(f"{' and '.join(verdicts)}: {shown}")
            if sides and all(f.verdict in ACCEPTED for f in sides):
                made.wrongly_proved.append(shown)


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 2000
    made = count(number)
    print(made)
    if "-v" in sys.argv:
        for title, found in (("CRASHED", made.crashed), ("CALLED RIGHT", made.wrongly_proved),
                             ("FLAGGED WITHOUT A DIFFERENCE", made.wrongly_flagged), ("NOT FLAGGED", made.examples),
                             ("NOT EVALUATED", made.open)):
            print("\n".join([title, *found]))


if __name__ == "__main__":
    main()
