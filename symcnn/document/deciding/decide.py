"""Deciding the lines of a document, one after the other, from its own definitions."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import flint

from symcnn.counterexample import Counterexample
from symcnn.document.claims.bare_sums import index_bare_sums
from symcnn.document.claims.claims import EQUALS, Line, Reading
from symcnn.document.claims.labelled_sizes import label, labelled_sizes
from symcnn.document.claims.logarithms import touched
from symcnn.document.claims.names import ACTIVATIONS, Names
from symcnn.document.claims.of_one_sample import label_errors
from symcnn.document.claims.readings import LOGARITHMS, overridden, readings
from symcnn.document.claims.running_sums import meant, write_out
from symcnn.document.claims.set_in_bold import bold_apart, set_apart
from symcnn.document.claims.usage import decide_names
from symcnn.document.deciding.at_one_step import at_one_step
from symcnn.document.deciding.doubts import Doubts, bare
from symcnn.document.deciding.elsewhere import (
    inside_a_recurrence, known_by_its_entries, listed_by_its_entries, may_be_a_call, may_be_its_entries,
    number_of_an_example, said_further_down, slope_behind_a_name, slope_of_each_entry,
)
from symcnn.document.deciding.estimates import holds_without_noise
from symcnn.document.deciding.learn import (
    learn_arities, learn_constants, learn_counted, learn_inner_products, learn_losses, learn_operations,
    learn_positions, learn_targets,
)
from symcnn.document.deciding.mean_losses import of_one_sample
from symcnn.document.deciding.mending import Mending
from symcnn.document.deciding.no_claims import no_claim, summed_by_convention, summed_in_words
from symcnn.document.deciding.out_of_reach import out_of_reach
from symcnn.document.deciding.positive import where_positive
from symcnn.document.deciding.probabilities import holds_for_probabilities
from symcnn.document.deciding.reach import with_longer_sums, with_whole_definitions
from symcnn.document.deciding.restated import restates
from symcnn.document.deciding.roughly import written_roughly
from symcnn.document.deciding.rounded_in_words import rounded_in_words
from symcnn.document.deciding.variants import another_variant
from symcnn.document.expectation.laws_in_words import laws_in_words
from symcnn.document.expectation.moments import is_statistical
from symcnn.document.expectation.statistics import Averages
from symcnn.document.facts.arrays import learn_arrays
from symcnn.document.facts.cases import near
from symcnn.document.facts.conditions import named_elements
from symcnn.document.facts.declared_extents import learn_extents
from symcnn.document.facts.known import Decision, Known, internal
from symcnn.document.facts.kronecker import is_kronecker
from symcnn.document.facts.layout import learn_layouts
from symcnn.document.facts.listed_outputs import learn_listed_outputs
from symcnn.document.facts.listings import listings
from symcnn.document.facts.nearby import Nearby
from symcnn.document.facts.ranges import (
    axes_shown, learn_axes, learn_axes_of_vectors, learn_declared, learn_defined, learn_grids, learn_shown,
)
from symcnn.document.facts.sections import set_ups
from symcnn.document.facts.spoken import spoken
from symcnn.document.facts.standard import standard_definitions
from symcnn.document.facts.stated import numbers_of
from symcnn.document.facts.stated_ranges import learn_ranges_of_differentials, learn_stated_ranges
from symcnn.document.facts.step_ranges import learn_steps
from symcnn.document.facts.supposed import Supposed
from symcnn.document.facts.symmetry import symmetric_names
from symcnn.document.lines.assumptions import AT_ENTRIES, NEARBY
from symcnn.document.lines.at_listed_entries import AT_LISTED, at_listed_entries, is_of_an_example
from symcnn.document.lines.jacobians import learn_layers
from symcnn.document.lines.lines import CONDITIONED
from symcnn.document.lines.links import by_links
from symcnn.document.lines.properties import of_a_decomposition, property_of
from symcnn.document.lines.slopes_at_values import AT_VALUES, at_values
from symcnn.document.meaning.index_sets import index_sets
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.numbers import circle_number, exact, key, printed
from symcnn.document.meaning.numerals import OTHER_BASES, with_base_two, with_other_separators
from symcnn.document.meaning.operations import STAR_SIGNS
from symcnn.document.meaning.scripts import Vocabulary
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.meaning.vector_functions import vector_functions
from symcnn.document.meaning.whole import Layout, ShapeError
from symcnn.document.numeric.by_formula import BESIDE
from symcnn.document.numeric.loosely import beside_each_other, bytes_of_each, runs_on
from symcnn.document.numeric.values import note_what_is_left_open
from symcnn.document.reading.forms import cancels, identifier, is_chain_rule
from symcnn.document.reading.node import Node
from symcnn.document.repair.slips import KnownName
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Expression, Read, Tensor, expression, free_indices
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import sizes_in, substitute, tensors_in
from symcnn.verdict import Verdict

CONDITION = re.compile(r"[$\s,;]*(otherwise|elsewhere|(?:only )?(?:if|when)|unless|outside|except|whenever"
                       r"|falls|wenn|sonst|außer|si|sinon|sauf|lorsque|quand|cuando|salvo)\b")
"""Words right behind a formula that say when it holds."""
AT_A_PLACE = re.compile(r"[$\s,]*(?:only\s+)?(?:for|at)\s+\$\s*(\\?[A-Za-z]+(?:_\w)?)\s*=\s*"
                        r"(?!-?[\w.]+\s*[$,])(?!\\\w+\s*\$)")
"""Words right behind a formula that say by another one where it holds: for t = (log 2)/k."""
SUBJECT_TO = re.compile(r"(?:\bs\.\s?t\.|\bsubject to)[\s$\\}]*$", re.IGNORECASE)
"""Words right before a formula that is a constraint."""
TRANSPOSE_AS_LABEL = re.compile(r"_up_(T|top|intercal)(?![a-zA-Z])")
"""How a name ends in which the sign of a transposition was read as that of a step or a layer."""
OPEN_RATE = re.compile(r"how .* (?:is not said|is not understood)|the kernel does not show this equation", re.DOTALL)
"""Why a derivative is left open."""
ANY = re.compile(r"\b(?:any|every|all|arbitrary)\b(?:\s+(?:real|constant|fixed|number|scalar|shift|value|baseline)\w*)*"
                 r"\s*\$\s*(\\?[A-Za-z]+)\s*(?:\\in\s*\\(?:mathbb|R)\W*R?\W*)?\$"
                 r"(?!\s*(?:with|such|that|where|for which|satisf))")
"""Words before the name of a number that may be any."""
COUNTED = re.compile(r"\b(two|three|four|five|six|seven|eight|nine|ten|both|several|double|twice)\s*$", re.I)
"""Words right before a product in prose that multiply it: two 3×3 = 18."""


class Decider(Mending):
    """Decides the lines of one document in order; what a line defines is known to the lines after it."""

    def __init__(self, reading: Reading, givens: Sequence[Reading] = (),
                 layouts: Sequence[Layout] | None = None, log_base: int | None = None) -> None:
        reading = with_whole_definitions(reading)
        self.reading, self.givens = reading, givens
        everything = [*givens, reading]
        trees = [t for r in everything for _, t in r.spans if isinstance(t, Node)]
        prose = "\n".join(r.text for r in everything)
        self.bold = bold_apart(trees)
        for tree in trees:
            set_apart(tree, self.bold)
        self.labelled = labelled_sizes(trees)
        for tree in trees:
            label(tree, self.labelled)
        label_errors(trees)
        index_bare_sums(trees, (line for r in everything for line in r.lines))
        write_out([*trees, *(side for r in everything for line in r.lines for side in (line.left, line.right))])
        self.names: Names = decide_names([meant(tree) for tree in trees], prose)
        self.lists = listings(reading)
        self.names.index_names |= {name for r in everything for name in named_elements(r)}
        self.names.index_names |= {name for listed in self.lists if not listed.apart for name in listed.names}
        lines = [line for r in everything for line in r.lines]
        self.names.kronecker |= is_kronecker(trees, lines)
        self.readings = overridden(self.names, [g.text for g in givens])
        if log_base is not None:
            self.names.log_base, self.names.other_bases = log_base, frozenset()
        self.readings += readings(self.names, [t for _, t in reading.spans if isinstance(t, Node)])
        self.nearby = Nearby(reading.text, {listed.start for listed in self.lists})
        self.supposed = Supposed(reading)
        self.doubts = Doubts(reading, givens, self.names.functions & ACTIVATIONS, self.lists)
        self.quantified = frozenset(identifier(m[1].lstrip("\\")) for r in everything for m in ANY.finditer(r.text))
        self.conditions_near = {}
        self.slopes, self.lemmas, self.formulas_of, self.formula_at = {}, {}, {}, {}
        self.set_ups = set_ups(reading.text)
        self.written_so: dict[str, list[str]] | None = None
        self.known_names: list[KnownName] = []
        super().__init__(Vocabulary(self.names, sets=index_sets(trees)))
        self.known = self._at_first()
        self.trees, self.prose = trees, prose
        for r in everything:
            spans = [(span.start, span.end, tree) for span, tree in r.spans if isinstance(tree, Node)]
            for where, names in symmetric_names(r.text, spans):
                if len(where) > len(r.text):
                    self.always_symmetric |= names
                elif r is reading:
                    self.symmetric_in.append((where, names))
        self.symmetric = set(self.always_symmetric)
        self.words.vector_functions = vector_functions(lines)
        counting, self.open_counts = learn_axes(self, lines)
        learn_stated_ranges(self, reading, lines, self.lists)
        self.readings += [f"`{n}`: the number of terms of a sum" for n in sorted(counting)]
        learn_positions(self, lines)
        self.bounds.numbers = numbers_of(everything)
        learn_arities(self, lines)
        learn_losses(self, lines)
        learn_ranges_of_differentials(self)
        self.readings += sorted({f"names with a {name[len(base) + 1:]}: gradients by the names without it"
                                 for name, base in self.words.adjoints.items()})
        for name, number in list(self.words.vector_functions):
            alone = number == 1 and (name, 2) not in self.words.vector_functions
            if name in (self.words.losses if alone else self.words.differentiated):
                del self.words.vector_functions[name, number]
        self.doubts.put_in = {bare(name) for name, _ in self.words.vector_functions}
        learn_constants(self, lines, trees)
        learn_declared(self, lines)
        learn_defined(self, lines)
        learn_counted(self, lines)
        learn_shown(self, trees)
        self.operations = [*learn_operations(self, lines), *learn_inner_products(self, lines)]
        stars = {sign for sign, alike in STAR_SIGNS.items() if any(k.sign == alike for k in self.words.operations)}
        self.readings = [r for r in self.readings if not any(r.startswith(f"`{sign}` = ") for sign in stars)]
        self.tables_shown = axes_shown(self, lines)
        self.grids = learn_grids(self, lines)
        learn_arrays(self, lines)
        learn_listed_outputs(self, lines)
        self.learn_formulas(lines)
        self.standard = standard_definitions(self, lines, prose)
        self.weighed_logarithms = learn_targets(self, lines, prose)
        self.averages = Averages(self, prose)
        self.layers = learn_layers(lines, Meaning(self.words, ()).index)
        said = [found for r in everything for found in spoken(r.text, [
            (span.start, span.end, tree) for span, tree in r.spans if isinstance(tree, Node)])]
        self.layouts = []
        self._foresee()
        self.layouts = learn_layouts(self, lines, trees, prose, said) if layouts is None else list(layouts)
        for layout in self.layouts[:1]:
            learn_axes_of_vectors(self, lines, layout)
        self.open_counts |= learn_extents(self, lines, self.layouts[:1])
        learn_steps(self, lines, self.layouts[:1])

        self.valued_here: set[str] = set()
        self.pieces: set[str] = set()
        """Functions of which a formula is said to hold for some arguments."""
        self.in_pieces: set[str] = set()
        self.in_part: set[Tensor] = set()
        self.until = math.inf
        """Lines that are reached after this time, of time.process_time(), are not decided any more."""
        self.repaired_at: set[int] | None = None
        """Where the lines begin for which a repair is looked for; None for all."""

    def run(self) -> list[Decision]:
        """The verdicts in order; where the base of a logarithm is open, a line is wrong if it is to every base."""
        decisions = self._run()
        sides = [(line.left, line.right) for r in (self.reading, *self.givens) for line in r.lines]
        for base in sorted(self.names.other_bases):
            doubtful = {n for n, d in enumerate(decisions) if d.verdict is Verdict.REFUTED}
            in_numbers = {n for n in doubtful if decisions[n].scope == AT_VALUES}
            doubtful &= touched(sides, in_numbers) if doubtful else set()
            if not doubtful:
                break
            other = Decider(self.reading, self.givens, self.layouts, base)
            other.repair_steps, other.until = 0, self.until
            for n, d in enumerate(other._run()):
                if n in doubtful and d.verdict is Verdict.REFUTED and d.repair is not None and (
                        d.repair.strip(" -") == str(self.reading.lines[n].right).strip(" -")):
                    decisions[n] = replace(d, reason=f"with {LOGARITHMS[base]}, {d.reason}")  # 0.415 for log_2 0.75
                elif n in doubtful and d.verdict is not Verdict.REFUTED:
                    decisions[n] = Decision(Verdict.UNDECIDED, f"fails for {LOGARITHMS[self.names.log_base]}, but "
                                            f"not for {LOGARITHMS[base]}; to which base it is taken is not said")
        return decisions

    def _run(self) -> list[Decision]:
        self._collect()
        for given in self.givens:
            for line in given.lines:
                self.decide(line)
        self.nearby.found.clear()
        decisions = []
        name: str | None = None
        right_side: Node | None = None
        sides: list[Node] = []
        wrong: tuple[Node, Decision] | None = None
        for before, line in zip((None, *self.reading.lines), self.reading.lines, strict=False):
            if time.process_time() > self.until:
                decisions.append(Decision(Verdict.UNDECIDED, "the time for this document is used up"))
                continue
            goes_on = before is not None and not line.first and line.left is before.right
            if not goes_on or before is not None and before.relation not in EQUALS | {"≈"}:
                name, right_side, sides = None, None, []  # of a < b < c nothing follows from a < c
            if not goes_on:
                with suppress(Exception):  # decide() says so if the line itself cannot be dealt with
                    name = self._name_of(line.left)
            self.right_before = right_side
            decision = self._believed(line, self.decide(line))
            if decision.verdict is Verdict.UNDECIDED and OPEN_RATE.fullmatch(decision.reason or ""):
                decision = by_links(line, self.reading.lines, self.words) or decision
            if decision.verdict is Verdict.UNDECIDED:
                decision = at_values(self, line) or decision
            if decision.verdict in (Verdict.UNDECIDED, Verdict.DEFINED):
                decision = at_listed_entries(self, line, decision, self.doubts.confirmed) or decision
            if decision.verdict is Verdict.REFUTED and is_of_an_example(self, line, decision):
                decision = at_listed_entries(self, line, decision, self.doubts.confirmed) or Decision(
                    Verdict.UNDECIDED, "for which numbers this is meant is not known")
            elif decision.verdict is Verdict.REFUTED and (why := self._may_be_meant_otherwise(line)):
                decision = Decision(Verdict.UNDECIDED, why)
            compared = line if right_side is None else replace(line, left=right_side)
            if decision.verdict is Verdict.UNDECIDED and sides and right_side is None:
                decision = self._past_the_side_before(line, sides, decision)
                if decision.verdict is Verdict.REFUTED:
                    compared = replace(line, left=sides[-1])
            elif decision.verdict is Verdict.PROVED and sides and right_side is None and is_chain_rule(line.left):
                decision = self._of_the_whole_sum(line, sides, decision)
            sides.append(line.left)
            if right_side is not None:
                decision = self._after_a_wrong_side(line, right_side, decision, wrong)
            if decision.verdict is Verdict.UNDECIDED and right_side is None:
                decision = self._as_worked_out(line, decision)
            decision = self._believed(line, decision)
            if right_side is None and decision.verdict is Verdict.REFUTED:
                right_side = line.left
            if decision.verdict is Verdict.REFUTED:
                self._withdraw(line)
            if decision.verdict is Verdict.REFUTED and decision.repair is None and (
                    self.repaired_at is None or line.start in self.repaired_at):
                try:
                    decision = replace(decision, repair=self._repair(compared) or self._as_written(
                        compared, decision.reason))
                except Exception as error:
                    decision = internal(error)
            if decision.verdict is Verdict.UNDECIDED and line.relation in EQUALS | {"≈"}:
                note_what_is_left_open(self.known, line)
            wrong = (line.right, decision) if decision.counterexample and decision.verdict is Verdict.REFUTED else None
            decisions.append(decision)
            if name is not None:
                self._note_printed(name, line, decision.verdict)
        return decisions

    def _believed(self, line: Line, decision: Decision) -> Decision:
        """The decision, or that the line is left open where a counterexample does not speak against it alone."""
        if decision.verdict in (Verdict.PROVED, Verdict.TESTED):
            self.doubts.confirmed.add(line.start)
        elif line.first and line.relation in EQUALS and not self._is_understood(line, decision):
            self.doubts.open.add(line.start)
        if (as_said := rounded_in_words(decision, self.reading.text[line.span.end:])) is not None:
            return as_said
        if decision.scope == BESIDE:
            return decision
        if decision.verdict is Verdict.REFUTED and decision.counterexample is not None and (
                why := self.doubts.about(line, decision.assumptions, decision.counterexample.indices,
                                         decision.scope == AT_ENTRIES and self._says_nothing_else(line))
                or self.doubts.unknown(line, *self._open_names(line))
                or self._open_count(decision.counterexample)
                or self._open_length(decision.counterexample)
                or self._taken_as_zero(decision.counterexample)
                or self._beyond_what_is_shown(decision.counterexample)
                or out_of_reach(self, line)
                or where_positive(self, line, decision.counterexample)
                or of_a_decomposition(self.prose, decision.counterexample.entries)
                or line.first and property_of(*(self._read(line) or (expression(0), expression(0))),
                                              self._definitions())
                or said_further_down(self, self.doubts, line)
                or slope_behind_a_name(line, decision.counterexample)
                or slope_of_each_entry(self, line)
                or may_be_a_call(self, line)
                or number_of_an_example(self, line)
                or inside_a_recurrence(self, decision.counterexample)
                or known_by_its_entries(self, line, decision.counterexample)
                or may_be_its_entries(self, line, decision.counterexample)
                or decision.scope != AT_LISTED and listed_by_its_entries(self, line, decision.counterexample)
                or self._by_another_path(line, decision.counterexample)
                or decision.scope not in (AT_ENTRIES, AT_VALUES) and self._value_of_a_slope(
                    self._read(line), decision.counterexample)
                or self._holds_at_values(line)
                or self._of_kronecker(line, decision.counterexample)
                or self._of_the_last_entry(line, decision.counterexample)):
            if line.first:
                self.doubts.open.add(line.start)
            return Decision(Verdict.UNDECIDED, f"differs as it is read, but may be meant otherwise: {why}")
        return decision

    def _open_count(self, differs: Counterexample) -> str:
        """A letter by which a sum is divided that may be the number of its terms, if the sides differ for one of it."""
        found = sorted(self.open_counts & {*differs.entries, *differs.sizes})
        return f"whether {found[0]} is the number of the terms that are averaged is not said" if found else ""

    def _open_length(self, differs: Counterexample) -> str:
        """A declared length of a vector, q ∈ ℝ^d, if the sides differ for another one that was taken."""
        lengths = {t.text for line in self.reading.lines if line.relation == "∈" for t in line.right.tokens}
        known = {s.name for axis in self.words.axes.values() for s in axis.symbols}
        found = sorted(lengths & {*differs.entries, *differs.sizes} - known)
        taken = any(re.fullmatch(r"n_\d+", size) for size in differs.sizes)
        return f"which vector has the length {found[0]} is not known" if taken and found else ""

    def _taken_as_zero(self, differs: Counterexample) -> str:
        """A number that the document takes as 0, if the sides differ where it is not: it may be left out."""
        found = sorted(name for name in differs.entries if self.known.values.get(name) == 0)
        return f"{found[0]} is 0 in the document" if found else ""

    def _beyond_what_is_shown(self, differs: Counterexample) -> str:
        """An entry that a matrix written out in the document does not have, if the sides differ for it."""
        for entry in differs.entries:
            name, _, places = entry.rstrip("]").partition("[")
            axes = self.tables_shown.get(name, ())
            for place, axis in zip(places.split(","), axes, strict=False):
                if axis.base is not None and axis.upper is not None and not (
                        axis.base.constant <= int(place) <= axis.upper.constant):
                    return f"{entry} is no entry of the matrix that is shown"
        return ""

    def _by_another_path(self, line: Line, found: Counterexample) -> str:
        """A name of another section through which a line fails, though no gradient by it is written anywhere.

        That another layer reads the same input further up or down does not put it before the same loss.
        """
        for known in (self.known, self.later):
            for tensor, number in known.lines.items():
                own = {f"∂{loss}/∂{tensor.name}" for loss in self.words.losses | self.words.differentiated}
                if own & {entry.partition("[")[0] for entry in found.entries} and (
                        self.doubts.is_in_another_section(line, number)) and not own & self._gradients_written():
                    return f"whether the loss depends on {tensor.name} is not said"
        return ""

    def _holds_at_values(self, line: Line) -> str:
        """Whether ∂L/∂v = −a is what the slope (y − t) a is where the document says which numbers y and t are."""
        numbers = {name: Fraction(int(value.p), int(value.q)) for name, value in self.known.values.items()
                   if isinstance(value, flint.fmpq) and not re.search(r"[\[∂]", name) and name not in self.words.sizes}
        if not numbers or not any(t.text in (r"\partial", r"\nabla", "∂", "∇") for t in line.left.tokens):
            return ""
        with temporarily(self, values_put_in=numbers):
            return "holds at the numbers of an example" if self._looked_at(line).verdict is Verdict.PROVED else ""

    def _of_kronecker(self, line: Line, found: Counterexample) -> str:
        """Whether a line with a δ of two indices, of which the document says nothing, holds for that of Kronecker."""
        if self.names.kronecker or not any(re.fullmatch(r"delta\[[^,]*,[^,]*\]", name) for name in found.entries):
            return ""
        with temporarily(self.names, kronecker=True):
            wrong = self._looked_at(line).verdict is Verdict.REFUTED
        return "" if wrong else "holds for the δ of Kronecker, which it is not said to be"

    def _of_the_last_entry(self, line: Line, found: Counterexample) -> str:
        """An index that is called as a size is, the n of x_n beside i = 1, …, n, if the line holds for this size."""
        sides = self._read(line)
        if sides is None or not any(name.endswith("_index") for name in (*found.indices, *found.sizes)):
            return ""
        last = {s: polynomial(Symbol(s.name.removesuffix("_index"), 1)) for side in sides
                for s in free_indices(side) | sizes_in(side) if s.name.endswith("_index")}
        if self._claimed(*(substitute(side, last) for side in sides)).verdict is Verdict.PROVED:
            return f"holds for the last entry, if {', '.join(sorted(map(str, last.values())))} is the size"
        return ""

    def _gradients_written(self) -> set[str]:
        """The gradients that stand in the lines of the document."""
        sides = [side for line in self.reading.lines for side in self._read(line) or ()]
        return {t.name for side in sides for t in tensors_in(side) if t.gradient_of is not None}

    def _open_names(self, line: Line) -> tuple[set[str], set[str]]:
        """The names of either side of which nothing is known, and on which its value depends."""
        constants = {Tensor(name, ()) for name in self._at_first().values}
        known = {*constants, *self._definitions(), *(t for _, d in self.standard.values() for t in tensors_in(d.body))}
        sides = self._read(line) or (expression(0), expression(0))
        open_ones = [{t for t in tensors_in(side) if t.gradient_of is None and t not in known} for side in sides]
        left, right = ({self.words.base(t.name, len(t.axes)) for t in mine if t in theirs or not cancels(side, t)}
                       for side, mine, theirs in zip(sides, open_ones, open_ones[::-1], strict=True))
        if not any(map(tensors_in, sides)):
            left, right = ({*names, *(s.name for s in sizes_in(side))}
                           for names, side in zip((left, right), sides, strict=True))
        return left, right

    def _is_understood(self, line: Line, decision: Decision) -> bool:
        """Whether what a line says of a name is known after it, and not only what another part says of that name."""
        try:
            self._sides(line)
        except ShapeError:
            return False
        except SymcnnError:
            return not self.doubts.is_elsewhere(line)
        return decision.verdict is not Verdict.UNDECIDED or not self.doubts.is_elsewhere(line)

    def _may_be_meant_otherwise(self, line: Line) -> str:
        """What the words around a line say that makes it no plain claim, or that its numbers are no decimals."""
        before, behind = self.reading.text[max(0, line.span.start - NEARBY):line.span.start], self.reading.text[
            line.span.end:]
        if CONDITION.match(behind) or CONDITIONED.search(before):
            return "said under a condition in words"
        if (place := AT_A_PLACE.match(behind)) and any(t.text == place[1] for t in line.left.tokens):
            return f"said for one {place[1]}"
        if SUBJECT_TO.search(" ".join((before, *line.words))):
            return "a constraint"
        if not line.span.plain and (beside_each_other(line.left) or beside_each_other(line.right)):
            return "numbers stand beside each other"
        if line.span.plain and COUNTED.search(before):
            return "the word before it counts what stands on the left"
        def value(side: Node) -> flint.fmpq:
            return exact(self._meaning(line).value(side), self.known.values)

        if loosely := (line.span.plain and runs_on(self.reading.lines, line, value)) or bytes_of_each(
                line, self.reading.text, value):
            return loosely
        if why := (self._of_another_formula(line) or restates(self.reading, line)
                   or no_claim(self.reading.text, line) or summed_by_convention(self.prose, line)
                   or summed_in_words(self.prose, line)
                   or of_one_sample(self, line, self._read(line)) or another_variant(self, line)):
            return why
        if (longer := with_longer_sums(line)) != line and self._looked_at(longer).verdict is Verdict.PROVED:
            return "holds if the sum reaches over the terms behind it, which have its index"
        if earlier := self.known.earlier:
            with temporarily(self, known=self.known.copy()):
                self.known.definitions |= earlier
                if self.decide(line).verdict is Verdict.PROVED:
                    return f"holds with what the document says of {', '.join(sorted(t.name for t in earlier))} first"
        if why := written_roughly(self, line):
            return why
        said = {n for where, names in self.symmetric_in for n in names if where.start <= line.start}
        if not said <= self.symmetric:
            with temporarily(self, always_symmetric=self.always_symmetric | said):
                if self._looked_at(line).verdict is Verdict.PROVED:
                    return f"holds if {', '.join(sorted(said))} is symmetric, of which the text before it speaks"
        if estimate := holds_without_noise(self, line):
            return estimate
        if of_probabilities := holds_for_probabilities(self, line, self.prose, self._looked_at):
            return of_probabilities
        if alone := at_one_step(self, line, self.prose):
            return alone
        with suppress(SymcnnError):
            left, right = self._sides(line)
            if "T" not in self.words.sizes | self.names.counted and (named := [
                    t.name for side in (left, right) for t in tensors_in(side) if TRANSPOSE_AS_LABEL.search(t.name)]):
                return f"{named[0].partition('_up_')[0]} may be transposed"
            for case in near(self.reading, line, self._meaning(line), self.cases):
                if case.restricts((left, right)) and self._claimed(*case.sides(left, right)).verdict is (
                        Verdict.PROVED):
                    return f"holds for {case}, of which the text before it speaks"
        separated = replace(line, left=with_other_separators(line.left), right=with_other_separators(line.right))
        if str(separated.left) + str(separated.right) != str(line.left) + str(line.right) and self._looked_at(
                separated).verdict in (Verdict.PROVED, Verdict.ROUNDED):
            return "holds if the sign before three digits stands between thousands, or is a decimal sign"
        if OTHER_BASES.search(self.prose):
            one, other = with_base_two(line.left), with_base_two(line.right)
            for changed in (replace(line, left=one, right=other), replace(line, right=other), replace(line, left=one)):
                if changed != line and self._looked_at(changed).verdict is Verdict.PROVED:
                    return "holds for numbers to base two"
        return ""

    def _withdraw(self, line: Line) -> None:
        """Forget a formula that the document gives for a name in a line that is wrong: nothing rests on it."""
        with suppress(SymcnnError):
            left, right = self._sides(line)
            for known in (self.known, self.later):
                if isinstance(left, Read) and (said := known.definitions.get(left.tensor)) is not None and (
                        said.body == right):
                    del known.definitions[left.tensor]

    def _at_first(self) -> Known:
        """What is known before a document says anything."""
        constants = {"pi": circle_number()} if self.names.circle else {}
        return Known(values=dict(constants), printed=dict(constants))

    def _collect(self) -> None:
        """What the whole document defines: a name may be used before its formula."""
        lines = [line for r in (*self.givens, self.reading) for line in r.lines]
        self._foresee()
        for line in lines:
            if line.relation in ("<", ">", "≤", "≥") or any(t.text in (r"\sum", "∑") for t in line.left.tokens) and (
                    "".join(t.text for t in line.right.tokens) == "1"):
                self.decide(line)
            if self._of_indices(line) or line.relation not in EQUALS or not line.first:
                continue
            try:
                left, right = self._sides(line)
                if is_statistical(left, right) or self._case(line, left, right) or self._supposes_a_value(line, left):
                    continue
                if isinstance(left, Read) and left.tensor in tensors_in(right):
                    self._recurrence(left, right)
                elif isinstance(left, Read):
                    self._definition(line, left, right)
            except (SymcnnError, ZeroDivisionError):
                continue
        for line in self.reading.lines:
            self._suppose(line)
        self.later, self.known = self.known, self._at_first()
        self.averages.learn(filter(None, map(self._read, lines)))
        for line in lines:
            self._drawn(line)
        self.averages.told(self._told())

    def _told(self) -> Iterator[tuple[Read, str, Expression, str]]:
        """The moments that words state, as formulas."""
        for r in (*self.givens, self.reading):
            spans = [(s.start, s.end, tree) for s, tree in r.spans if isinstance(tree, Node) and not s.plain]
            for said in laws_in_words(r.text, spans):
                with suppress(SymcnnError):
                    meaning = Meaning(self.words, (said.name,))
                    name = meaning.value(said.name)
                    value = meaning.value(said.value) if isinstance(said.value, Node) else expression(said.value)
                    if isinstance(name, Read):
                        if said.of_entries and not name.indices:
                            self.averages.vectors.add(name.tensor)
                        yield name, said.kind, value, said.text

    def _after_a_wrong_side(self, line: Line, right_side: Node, decision: Decision,
                            wrong: tuple[Node, Decision] | None) -> Decision:
        """A line whose left side is wrong, compared with the last side of its chain that is right.

        What is equal to a side that differs from that one, `wrong` with its decision, differs from it, too.
        """
        against = self._looked_at(replace(line, left=right_side, first=False))
        if against.verdict is Verdict.REFUTED:
            follows = decision.verdict in (Verdict.PROVED, Verdict.ROUNDED)
            why = "follows from the wrong side before it" if follows else ""
            return replace(against, reason="; ".join(filter(None, (against.reason, why))))
        if against.verdict in (Verdict.PROVED, Verdict.ROUNDED):
            return replace(against, reason="compared with the last side that is right")
        if wrong is not None and wrong[0] is line.left and decision.verdict is Verdict.PROVED:
            return replace(wrong[1], reason="follows from the wrong side before it", repair=None)
        return Decision(Verdict.UNDECIDED, "the side before it is wrong")

    def _past_the_side_before(self, line: Line, sides: Sequence[Node], decision: Decision) -> Decision:
        """A line whose left side says too little, compared with the side of its chain before that.

        Where the sides in between only write out the chain rule, they take nothing away: a difference counts, too.
        """
        whole = replace(line, left=sides[-1], first=False)
        against = self._looked_at(whole)
        if against.verdict in (Verdict.PROVED, Verdict.ROUNDED):
            return replace(against, reason="compared with the side of its chain before the left one")
        if against.verdict is Verdict.REFUTED and is_chain_rule(line.left):
            otherwise = self._may_be_meant_otherwise(whole)
            return replace(decision, reason=otherwise) if otherwise else against
        return decision

    def _of_the_whole_sum(self, line: Line, sides: Sequence[Node], decision: Decision) -> Decision:
        """A line that holds for the factors of the chain rule as they stand; open where their sum is left out.

        ∂J/∂r_i · ∂r_i/∂a = ∂J/∂r_i s_i is right for every i, but not for the ∂J/∂a that the chain begins with.
        """
        whole = replace(line, left=sides[-1], first=False)
        against = self._looked_at(whole)
        if against.verdict is not Verdict.REFUTED or self._value_of_a_slope(
                self._read(whole), against.counterexample):
            return decision
        return Decision(Verdict.UNDECIDED, "holds for the factors of the chain rule; what is summed is left out")

    def _name_of(self, node: Node) -> str | None:
        """The entry that a chain of numbers is about, if it begins with one."""
        try:
            value = Meaning(self.words, (node,)).value(node)
        except SymcnnError:
            return None
        return key(value) if isinstance(value, Read) and all(i.is_constant for i in value.indices) else None

    def _note_printed(self, name: str, line: Line, verdict: Verdict) -> None:
        """What the page says that a name is, for the lines that go on with it."""
        shown = printed(line.right)
        if shown is not None and name not in self.known.values and not line.first and verdict in (
                Verdict.PROVED, Verdict.ROUNDED):
            self.known.values[name] = flint.fmpq(shown[0].digits) / flint.fmpq(10) ** shown[0].places
        if shown is not None and name in self.known.values:
            digits, places = shown[0].digits, shown[0].places
            self.known.printed[name] = flint.fmpq(digits) / flint.fmpq(10) ** places
            if verdict is Verdict.REFUTED:
                self.known.wrong.add(name)
