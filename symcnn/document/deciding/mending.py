"""The search for the nearest right edit of a wrong line, and what a line is if a small edit of it is proved."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from symcnn.document.claims.bare_sums import index_sums
from symcnn.document.claims.claims import EQUALS, Line, Reading
from symcnn.document.claims.labelled_sizes import label
from symcnn.document.claims.running_sums import write_out
from symcnn.document.claims.set_in_bold import set_apart
from symcnn.document.displayed.entrywise import OF_NAMES
from symcnn.document.expectation.moments import is_statistical
from symcnn.document.facts.known import Decision, DependenceError
from symcnn.document.lines.assumptions import NEARBY
from symcnn.document.lines.lines import Lines
from symcnn.document.lines.written_entries import at_written_entries
from symcnn.document.meaning.matrices import Matrix
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.proof.backward import one_step
from symcnn.document.proof.plausible import Place
from symcnn.document.reading.forms import MeaningError
from symcnn.document.reading.node import Node
from symcnn.document.reading.tree import read as read_tree
from symcnn.document.reading.written import nodes, scripts_of
from symcnn.document.repair.candidates import candidates, index_lists
from symcnn.document.repair.edits import as_written, fractions_of_numbers, with_edits
from symcnn.document.repair.slips import KnownName, names_in
from symcnn.effort import BudgetError, budget, spend
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Expression, Read, Sum, walk
from symcnn.notation.polynomial import Polynomial, Symbol
from symcnn.notation.traverse import made_of, sizes_in, tensors_in
from symcnn.scope import scope_faults
from symcnn.verdict import Verdict

REPAIR_EFFORT = 16_000
"""So many tokens are read at most in the search for a repair."""
REPAIR_STEPS, ALL_REPAIR_STEPS, READING_STEPS = 200_000, 800_000, 200
"""So many steps are spent at most on the repair of a line, on those of a document, and on reading an edit."""
MOST_PROOFS = 60
"""So many repairs that hold at a random place are tried to be proved."""
MOST_NUMBERS = 8
"""So many numbers of a side are looked at for one that another number should stand for."""

CONDITION_BEFORE = re.compile(
    r"\b(if|when|where|unless|assum\w+|suppos\w+|such that|so that|provided|requir\w+|condition\w*|constrain\w*|let|"
    r"set|want\w*|must|should|solv\w*|satisf\w*|choos\w*|chosen|impos\w*|demand\w*|equation)\b", re.IGNORECASE)
"""Words before a formula that may be a condition on its names rather than a claim."""
SENTENCE = re.compile(r"(?<=[.;!?])\s|\n\s*\n")
NOTHING_ADDED = re.compile(r"(?<=[A-Za-z0-9}])\s*[-+]\s*0(?=\s*[},\]])")
"""What is left of i + 1 in an index where an edit takes 1 away."""
TO_THE_FIRST = re.compile(r"(?<=[A-Za-z0-9)}])\s*\^\s*(?:1(?![\d.])|\{\s*1\s*\})")
"""What is left of c^2 where an edit takes 1 away."""


class Mending(Lines):
    """Finds the edits with which the lines of one document are right."""

    givens: Sequence[Reading]
    written_so: dict[str, list[str]] | None
    known_names: list[KnownName]
    repair_steps = ALL_REPAIR_STEPS
    bold: set[str]
    labelled: set[tuple[str, str]]

    def _reread(self, text: str, left: Node) -> Node:
        """The tree of an edited side beside the left one, its names read as those of the document."""
        tree = label(set_apart(self.reading.settled(read_tree(text)), self.bold), self.labelled)
        index_sums(tree, left)
        write_out([tree])
        return tree

    def _as_worked_out(self, line: Line, decision: Decision) -> Decision:
        """A line of which nothing says that it is no condition on its names: refuted if a small edit of it is proved.

        (a + b)² = a² + 2a + b² is a slip and no condition on b, for a² + 2ab + b² is what the left side is.
        """
        before = SENTENCE.split(self.reading.text[:line.span.start].rstrip()[-NEARBY:])[-1]
        if line.relation not in EQUALS or CONDITION_BEFORE.search(before):
            return decision
        try:
            names = [{n for n in nodes(side) if n.kind in OF_NAMES} for side in (line.left, line.right)]
            left, right = self._sides_of_numbers(line)
            if any(len(found) < 2 for found in names) or not (
                    is_statistical(left, right) or self._names_of(right) - self.known.values.keys()
                    <= self._names_of(left)):
                return decision
            with temporarily(self, worked_out=True):
                again = self._looked_at(line)
                repair = self._repair(line) if again.verdict is Verdict.REFUTED else None
        except (SymcnnError, ZeroDivisionError):
            return decision
        said = ("".join(str(side).split()) for side in (repair or "", line.left))
        return decision if repair is None or len(set(said)) == 1 else replace(again, repair=repair)

    def _sides_of_numbers(self, line: Line) -> tuple[Expression, Expression]:
        """The sides of a line, of which one may be a product of vectors written out: aᵀx = a_1 x_1 + a_2 x_2."""
        tables = self._tables_of(line)
        if tables.has_matrix(line.left) or tables.has_matrix(line.right):
            left, right = (side.entries[0] if isinstance(side, Matrix) and side.shape == (1, 1) else side
                           for side in (tables.value(line.left), tables.value(line.right)))
            if not isinstance(left, Matrix) and not isinstance(right, Matrix) and not tables.choices:
                return left, right
        return self._sides(line)

    def _names_of(self, side: Expression) -> set[str]:
        """The names that a side is made of in the end, with those in their formulas, and its sizes."""
        made = {*tensors_in(side), *made_of(tensors_in(side), self._definitions())}
        return {t.name for t in made} | {s.name for s in sizes_in(side)}

    def _repair(self, line: Line) -> str | None:
        """The nearest edit of the right side that is proved equal to the left; None if none is found.

        Where the edit itself is to show that a line is a slip, only plain ones are looked at.
        """
        if line.relation not in EQUALS | {"≈"}:
            return None
        size = sum(1 for side in (line.left, line.right) for _ in side.tokens)
        if self.written_so is None:
            trees = [t for r in (*self.givens, self.reading) for _, t in r.spans
                     if isinstance(t, Node) and next(t.tokens, None) is not None]
            self.written_so, self.known_names = index_lists(trees), names_in(trees)
        edits = itertools.islice(candidates(line.right, line.left, self.names, self.written_so,
                                            None if self.worked_out else self.known_names),
                                 max(20, REPAIR_EFFORT // size))
        try:
            with (temporarily(self, at_sizes=self._sizes_said(line), words=self.words),
                  budget(min(REPAIR_STEPS, self.repair_steps)) as effort):
                try:
                    found = self._first_right_edit(line, edits) if self._is_compared_side_by_side(line) else (
                        self._first_edit_that_fits(line, edits))
                    if found is None:
                        return None
                    plain = found if TO_THE_FIRST.search(str(line.right)) else TO_THE_FIRST.sub("", found)
                    return re.sub("  +", " ", NOTHING_ADDED.sub("", plain))
                finally:
                    self.repair_steps -= effort.steps - max(0, effort.left)
        except (SymcnnError, ZeroDivisionError):
            return None

    def _is_compared_side_by_side(self, line: Line) -> bool:
        """Whether all that decides a line is whether its sides are equal, each of them read by itself."""
        tokens = (t.text for side in (line.left, line.right) for t in side.tokens)
        tables = self._tables_of(line)
        if line.relation == "≈" or any(text in (r"\ne", r"\neq", "≠") for text in tokens) or (
                tables.has_matrix(line.left) or tables.has_matrix(line.right)):
            return False
        with suppress(SymcnnError):
            left, right = self._sides(line)
            return one_step(self._definitions() | self._recurrent(), left, right) is None and not any(
                t.name.split("_")[0] in self.symmetric for side in (left, right) for t in tensors_in(side)) and (
                at_written_entries(self, self.unaliased(left), self.unaliased(right)) is None)
        return True

    def _sizes_said(self, line: Line) -> Mapping[Symbol, Polynomial]:
        """The sizes that the words around a line give values."""
        try:
            left, right = self._sides(line)
        except SymcnnError:
            return {}
        return self.nearby.of(line, left, right, self._rests_on(left, right)).sizes

    def _first_edit_that_fits(self, line: Line, edits: Iterable[str]) -> str | None:
        """The nearest edit with which a line is proved, each looked at as if the document had it."""
        for text in itertools.islice(edits, MOST_PROOFS):
            spend(READING_STEPS)
            try:
                edited = replace(line, right=self._reread(text, line.left).nodes[0].nodes[0])
            except (SymcnnError, IndexError):
                continue
            if self._looked_at(edited).verdict is Verdict.PROVED:
                return text.strip()
        return None

    def _as_written(self, line: Line, reason: str) -> str | None:
        """An edit of the right side that takes away a fault of writing, where the line has no other."""
        for text in as_written(line.right, line.left, reason, self.names.stems):
            try:
                edited = replace(line, right=self._reread(text, line.left).nodes[0].nodes[0])
            except (SymcnnError, IndexError):
                continue
            if self._looked_at(edited).verdict is not Verdict.REFUTED:
                return text.strip()
        return None

    def _first_right_edit(self, line: Line, edits: Iterable[str]) -> str | None:
        try:
            left, right = self._claimed_sides(line)
        except MeaningError:  # shapes do not go together as the line stands, or a dependence is not said
            return self._first_edit_that_fits(line, edits)
        if isinstance(left, Read) and (unrolled := self.by_recurrence(left)) is not None:
            left = unrolled
        places = [] if is_statistical(left, right) else self.places(left, right)
        proofs = 0
        words, wrong, faults = self.words, right, set(scope_faults(left, right))
        too_far = bool(self._beyond_axes(self.unaliased(left), self.unaliased(right)))
        side = str(line.right).strip()
        whole = rf"\left({side}\right)" if line.right.kind in ("sum", "sign", "big") else side
        missing = (f"{factor} {whole}" for factor in self.missing_factors(places, right))
        for text in itertools.chain(self._with_fitting_numbers(line, places), missing, edits):
            spend(READING_STEPS)
            self.words = words.copied()  # what an edit makes of names is no part of the document, nor of the next edit
            try:
                tree = self._reread(text, line.left)
                right_node = tree.nodes[0].nodes[0]
                left, right = self._claimed_sides(replace(line, right=right_node))
                if not faults.issuperset(scope_faults(left, right)) or (
                        too_far and not _ends_within_axes(self.unaliased(right))):
                    continue
                stepped = self.stepwise(left, right, refute=False)
                if stepped is not None and stepped.verdict is Verdict.PROVED:
                    return text.strip()
                if isinstance(left, Read) and (unrolled := self.by_recurrence(left)) is not None:
                    left = unrolled
                average = is_statistical(left, right)
                if not (self.averages.plausible(left, right) if average else self.plausible(places, right)):
                    continue
                proofs += 1
                if proofs > MOST_PROOFS:
                    return None
                found = self.averages.decide(left, right, refute=False) if average else self._claimed(
                    left, right, refute=False)
                if found.verdict is Verdict.PROVED and (
                        average or self._claimed(wrong, right, refute=False).verdict is not Verdict.PROVED):
                    return text.strip()
            except BudgetError:
                return None
            except DependenceError:
                if self._looked_at(replace(line, right=right_node)).verdict is Verdict.PROVED:
                    return text.strip()
            except (SymcnnError, ZeroDivisionError, IndexError):
                continue
        return None

    def _with_fitting_numbers(self, line: Line, places: Sequence[Sequence[Place]]) -> Iterator[str]:
        """The right side with one number replaced by that with which the line may hold: below a bar first.

        None where the edit itself is to show that a line is a slip: some number fits many a line.
        """
        raised = {t.start for n in nodes(line.right) if n.kind == "scripts" for _, s in scripts_of(n) if s is not None
                  for t in s.tokens}
        alone = {n.start for s in (line.right, *nodes(line.right)) if s.kind in ("sum", "sign") or s is line.right
                 for n in (s, *s.nodes) if n.kind == "number"}
        fractions = {below.start: (whole, above) for whole, above, below in fractions_of_numbers(line.right)}
        inside = {above.start for _, above in fractions.values()}
        numbers = [t for t in line.right.tokens if t.kind == "number" and t.text.isdigit() and t.start not in raised]
        words, above = self.words, []
        for token in numbers[:MOST_NUMBERS] if places and not self.worked_out else ():
            spend(2 * READING_STEPS)
            sides = []
            with suppress(SymcnnError, ZeroDivisionError, IndexError):
                for text in "12":
                    self.words = words.copied()
                    tree = self._reread(with_edits(line.right, [(token.start, token.end, text)]), line.left)
                    sides.append(self._claimed_sides(replace(line, right=tree.nodes[0].nodes[0]))[1])
                for number, below in self.fitting_numbers(places, *sides):
                    edited = with_edits(line.right, [(token.start, token.end, str(number))])
                    whole, numerator = fractions.get(token.start, (None, None))
                    if below and number > 1:
                        yield edited
                    elif below and whole is not None and numerator is not None and numerator.head == "1":
                        yield with_edits(line.right, [(whole.start, whole.end, "1" if whole is line.right else "")])
                    elif not below and token.start not in inside and (number > 1 or token.start in alone):
                        above.append(edited)
        yield from above

    def _claimed_sides(self, line: Line) -> tuple[Expression, Expression]:
        """Both sides of a line for the case of indices for which it is claimed, its sums between stated bounds."""
        left, right = self._sides(line)
        case = self._case(line, left, right)
        left, right = (left, right) if case is None else case.sides(left, right)
        return self.between_bounds(left, right)[0]

    def _looked_at(self, line: Line) -> Decision:
        """The verdict on a line that the document does not have: nothing is learnt from it."""
        with temporarily(self, known=self.known.copy()):
            return self.decide(line)


def _ends_within_axes(side: Expression) -> bool:
    """Whether no sum may go further than what it reads: over n + k terms where there are n − k entries."""
    for r, read in ((r, n) for s in walk(side) if isinstance(s, Sum) for r in s.ranges
                    for n in walk(s.body) if isinstance(n, Read)):
        for axis, index in zip(read.tensor.axes, read.indices, strict=True):
            if axis.upper is not None and r.upper is not None and index.as_symbol == r.variable and not (
                    (rest := axis.upper - r.upper).is_constant and rest.constant >= 0):
                return False
    return True
