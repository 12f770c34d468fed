"""Deciding the lines of a document, one after the other, from its own definitions."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import flint

from symcnn.document.anew import is_entry, is_other_method, is_second_use, method_of, methods, other_methods
from symcnn.document.averages import distribution
from symcnn.document.claims import Line, Reading
from symcnn.document.displays import Displays
from symcnn.document.conditions import of_sizes, ranges_near
from symcnn.document.forms import (
    FaultError, MeaningError, applied_to_name, as_polynomial, constant, is_chain_rule, is_rounded, slope_at,
    with_value,
)
from symcnn.document.known import Decision, DependenceError, Entry, Known, Rate, internal
from symcnn.document.jacobians import along_layers, learn_layers
from symcnn.document.labels import family
from symcnn.document.layout import learn_layouts
from symcnn.document.learn import (
    learn_arities, learn_axes, learn_declared, learn_defined, learn_grids, learn_losses, learn_shown,
)
from symcnn.document.limits import REST, at_rest
from symcnn.document.measures import measured
from symcnn.document.matrices import Matrix, Tables, is_matrix
from symcnn.document.meaning import FUNCTIONS, Meaning
from symcnn.document.names import Names, decide_names, items, written
from symcnn.document.nearby import Nearby
from symcnn.document.numbers import exact, is_numeric, key, printed, show
from symcnn.document.parentheses import with_indices
from symcnn.document.repair import candidates, index_lists
from symcnn.document.readings import overridden, readings
from symcnn.document.saturation import against, along, argument_of, grows, is_condition, says_directions, tends_to
from symcnn.document.scripts import Vocabulary
from symcnn.document.standard import standard_definitions
from symcnn.document.statistics import Averages, is_statistical, moment_in_words
from symcnn.document.stated import numbers_of
from symcnn.document.symmetry import symmetric_names
from symcnn.document.through import chain_rule, without_gradient
from symcnn.document.tree import Node
from symcnn.document.tree import read as read_tree
from symcnn.document.values import numeric, order
from symcnn.document.whole import Key, Layout, ShapeError, Whole
from symcnn.effort import BudgetError, budget, spend
from symcnn.errors import StepError, SymcnnError, UsageError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.notation.expression import (
    Apply, Axis, Binder, Bracket, Definition, Derivative, Equation, Expression, Multiply, Power, Range, Read, Sum,
    Tensor, Value, children, expression, free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import axes_of, sizes_in, substitute, tensors_in
from symcnn.scope import scope_faults
from symcnn.verdict import Verdict

REPAIR_EFFORT = 8_000
"""So many tokens are read at most in the search for a repair."""
REPAIR_STEPS, ALL_REPAIR_STEPS, READING_STEPS = 200_000, 800_000, 200
"""So many steps are spent at most on the repair of a line, on those of a document, and on reading an edit."""
MOST_PROOFS = 60
"""So many repairs that hold at a random place are tried to be proved."""
NEARBY = 600
"""So many characters before a line are searched for the conditions it is under."""
AT_HAND = 160
"""So many characters before a formula may say that it follows."""
FOLLOWS = re.compile(r"follow|substitut|plug|insert|hence|thus|therefore|equivalent|unroll|expan(d|sion)|becomes|gives|"
                     r"we (get|obtain|have|find|see)|rewrit|impl(y|ies)|that is|i\.e\.|\bso\b|yield|lead",
                     re.IGNORECASE)
"""Words before a formula that say that it follows from what was said."""
CONDITION = re.compile(r"[$\s,;]*(otherwise|elsewhere|if|when|unless|outside|except|whenever)\b")
"""Words right behind a formula that say when it holds."""
CONCLUDES = re.compile(r"\b(?:hence|therefore|thus|so|then|consequently|follows|gives|giving|yields|obtain|becomes|"
                       r"that is|i\.e\.|in other words|written out|equivalently|expand\w*|simplif\w+|substitut\w+|"
                       r"plugging|damit|folglich|daher|somit|also)\b|因此|所以|于是|可得|代入", re.IGNORECASE)
"""Words before a formula that follows from what was said."""
REDEFINES = re.compile(r"\b(?:re-?defin\w*|define[sd]?|instead|alternativ\w*|variant|let|sei|stattdessen)\b|定义|改为",
                       re.IGNORECASE)
OTHERWISE = re.compile(r"\b(?:another|others?|version|whereas|in contrast|now|valid|full|same|causal|case)\b|\n\s*#"
                       r"|\\(?:sub)*section|(?:^|[\n.;]\s*)\**\(?(?:[a-z]|\d+|[ivx]+)[.)]\**\s|(?:^|[\n.;]\s*)(?-i:[A-Z]\w+):\s*$",
                       re.IGNORECASE)
"""Words before another formula of a name: the first ones say so, the others do unless the line is a conclusion."""
PIECE_BEHIND = re.compile(r"[$\s,;:]*(otherwise|elsewhere|if\b|when\b|unless\b|(for|on|where)\b[^.\n]{0,30}?"
                          r"(<|>|≤|≥|\\(le|ge|lt|gt)\w*\b|negative|positive|zero))")
PIECE_BEFORE = re.compile(r"(?:^|[.;,\n])\s*(if|when|for)\b[^.\n=]{0,30}?(<|>|≤|≥|\\(le|ge|lt|gt)\w*\b|negative|"
                          r"positive|zero)[^.\n=]{0,30}$", re.IGNORECASE)
"""Words around f(x) = … that say for which x this is the formula."""
ANOTHER = re.compile(r"\b(next|second(ly)?|third(ly)?|consider|take|try|choose|suppose|example|look at)\b",
                     re.IGNORECASE)
"""Words before a formula of a function that may be about another function of the same name."""
CONDITIONED = re.compile(r"\b(if|unless|whenever|suppose|assume|provided|assuming)( that)?[$\s]*$", re.I)
"""Words right before a formula that make it a condition."""
DENIED = re.compile(r"[$\s,;]*(does|do|is|need|no)(n't| not|) (hold|true|longer|necessarily|the case)")
"""Words right behind a formula that say that it does not hold."""
EQUALS = frozenset(("=", ":="))


class Decider(Displays):
    """Decides the lines of one document in order; what a line defines is known to the lines after it."""

    def __init__(self, reading: Reading, givens: Sequence[Reading] = (),
                 layouts: Sequence[Layout] | None = None) -> None:
        self.reading, self.givens = reading, givens
        everything = [*givens, reading]
        trees = [t for r in everything for _, t in r.spans if isinstance(t, Node)]
        prose = "\n".join(r.text for r in everything)
        self.names: Names = decide_names(trees, prose)
        self.readings = overridden(self.names, [g.text for g in givens])
        self.readings += readings(self.names, [t for _, t in reading.spans if isinstance(t, Node)])
        self.nearby = Nearby(reading.text)
        self.slopes = {}
        self.written_so: dict[str, list[str]] | None = None
        super().__init__(Vocabulary(self.names))
        self.trees, self.prose = trees, prose
        lines = [line for r in everything for line in r.lines]
        for r in everything:
            spans = [(span.start, span.end, tree) for span, tree in r.spans if isinstance(tree, Node)]
            self.symmetric |= symmetric_names(r.text, spans)
        learn_axes(self, lines)
        self.bounds.numbers = numbers_of(everything)
        learn_arities(self, lines)
        learn_losses(self, lines)
        learn_declared(self, lines)
        learn_defined(self, lines)
        learn_shown(self, trees)
        self.grids = learn_grids(self, lines)
        self.learn_formulas(lines)
        self.standard = standard_definitions(self, lines, prose)
        self.averages = Averages(self, prose)
        self.layers = learn_layers(lines, Meaning(self.words, ()).index)
        self.layouts = learn_layouts(self, lines, trees, prose) if layouts is None else list(layouts)

        self.pieces: set[str] = set()
        """Functions of which a formula is said to hold for some arguments."""
        self.in_pieces: set[str] = set()

    repair_steps = ALL_REPAIR_STEPS

    def run(self) -> list[Decision]:
        self._collect()
        for given in self.givens:
            for line in given.lines:
                self.decide(line)
        self.nearby.found.clear()
        decisions = []
        name: str | None = None
        right_side: Node | None = None
        sides: list[Node] = []
        for line in self.reading.lines:
            if line.first:
                name, right_side, sides = None, None, []
                with suppress(Exception):  # decide() says so if the line itself cannot be dealt with
                    name = self._name_of(line.left)
            decision = self.decide(line)
            if decision.verdict is Verdict.REFUTED and (
                    CONDITION.match(self.reading.text[line.span.end:])
                    or CONDITIONED.search(self.reading.text[max(0, line.span.start - NEARBY):line.span.start])):
                decision = Decision(Verdict.UNDECIDED, "said under a condition in words")
            compared = line if right_side is None else replace(line, left=right_side)
            if decision.verdict is Verdict.UNDECIDED and sides and right_side is None:
                decision = self._past_the_side_before(line, sides, decision)
                if decision.verdict is Verdict.REFUTED:
                    compared = replace(line, left=sides[-1])
            elif decision.verdict is Verdict.PROVED and sides and right_side is None and is_chain_rule(line.left):
                decision = self._of_the_whole_sum(line, sides, decision)
            sides.append(line.left)
            if right_side is not None:
                decision = self._after_a_wrong_side(line, right_side, decision)
            elif decision.verdict is Verdict.REFUTED:
                right_side = line.left
            if decision.verdict is Verdict.REFUTED and decision.repair is None:
                try:
                    decision = replace(decision, repair=self._repair(compared))
                except Exception as error:
                    decision = internal(error)
            decisions.append(decision)
            if name is not None:
                self._note_printed(name, line, decision.verdict)
        return decisions

    def _repair(self, line: Line) -> str | None:
        """The nearest edit of the right side that is proved equal to the left; None if none is found."""
        if line.relation not in EQUALS:
            return None
        size = sum(1 for side in (line.left, line.right) for _ in side.tokens)
        if self.written_so is None:
            self.written_so = index_lists(t for r in (*self.givens, self.reading) for _, t in r.spans
                                          if isinstance(t, Node) and next(t.tokens, None) is not None)
        edits = candidates(line.right, line.left, self.names, self.written_so)
        words = self.words
        try:
            with budget(min(REPAIR_STEPS, self.repair_steps)) as effort:
                try:
                    return self._first_right_edit(line, itertools.islice(edits, max(20, REPAIR_EFFORT // size)))
                finally:
                    self.repair_steps -= effort.steps - max(0, effort.left)
        except (SymcnnError, ZeroDivisionError):
            return None
        finally:
            self.words = words

    def _first_right_edit(self, line: Line, edits: Iterable[str]) -> str | None:
        left, right = self._sides(line)
        if isinstance(left, Read) and (unrolled := self.by_recurrence(left)) is not None:
            left = unrolled
        places = [] if is_statistical(left, right) else self.places(left, right)
        proofs = 0
        words = self.words
        for text in edits:
            spend(READING_STEPS)
            self.words = words.copied()  # what an edit makes of names is no part of the document, nor of the next edit
            try:
                tree = with_indices(read_tree(text), self.reading.signals)
                right_node = tree.nodes[0].nodes[0]
                left, right = self._sides(replace(line, right=right_node))
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
                if found.verdict is Verdict.PROVED:
                    return text.strip()
            except BudgetError:
                return None
            except (SymcnnError, ZeroDivisionError, IndexError):
                continue
        return None

    def _collect(self) -> None:
        """What the whole document defines: a name may be used before its formula."""
        lines = [line for r in (*self.givens, self.reading) for line in r.lines]
        for line in lines:
            if line.relation in ("<", ">", "≤", "≥") or any(t.text in (r"\sum", "∑") for t in line.left.tokens) and (
                    "".join(t.text for t in line.right.tokens) == "1"):
                self.decide(line)
            if self._of_indices(line) or line.relation not in EQUALS or not line.first:
                continue
            try:
                left, right = self._sides(line)
                if is_statistical(left, right):
                    continue
                if isinstance(left, Read) and left.tensor in tensors_in(right):
                    self._recurrence(left, right)
                elif isinstance(left, Read):
                    self._definition(line, left, right)
            except SymcnnError:
                continue
        self.later, self.known = self.known, Known()
        self.averages.learn(filter(None, map(self._read, lines)))
        for line in lines:
            if line.relation == "∼":
                self._drawn(line)

    def _drawn(self, line: Line) -> bool:
        """Take note of x ∼ N(μ, σ²) or x ∼ U(a, b); whether the line says that."""
        meaning = self._meaning(line)
        try:
            name = meaning.value(line.left)
        except SymcnnError:
            return False
        try:
            moments = distribution(line.right, meaning.value)
        except SymcnnError:
            moments = None
        if not isinstance(name, Read):
            return False
        if moments is None:
            self.averages.veil(name)
            return False
        self.averages.drawn(name, *moments, f"{str(line.left).strip()} ∼ {str(line.right).strip()}")
        return True

    def _read(self, line: Line) -> tuple[Expression, Expression] | None:
        """Both sides with gradients in place of the names for them; None for a line that is not read."""
        try:
            left, right = self._sides(line)
            return self.unaliased(left), self.unaliased(right)
        except SymcnnError:
            return None

    def _whole(self, line: Line) -> tuple[Expression, Expression] | None:
        """The sides of a line between whole vectors and matrices, entry by entry; None for another line."""
        if not self.layouts:
            return None
        whole = Whole(self._meaning(line), self.layouts[0])
        try:
            left, right = whole.sides(line.left, line.right)
        except ShapeError as error:
            if self._is_fault(line, whole.seen):
                raise FaultError(str(error)) from None
            if self.layouts[0].doubtful - whole.seen == self.layouts[0].doubtful != set():
                return None
            raise
        except MeaningError:
            return None
        doubtful = self.layouts[0].doubtful
        if len(doubtful & whole.seen) > 1 and not line.first:
            raise MeaningError("the vectors and matrices of the document do not fit together")
        if doubtful:
            return None
        return (left, right) if any(self.layouts[0].axes.get(key, 0) for key in whole.seen) else None

    def _gathered(self, line: Line, left: Expression, right: Expression) -> tuple[Expression, Expression]:
        """dW += … gathers what each step or sample gives: the right side summed over the indices the left lacks."""
        loose = tuple(sorted(free_indices(right) - free_indices(left)))
        if line.relation == "+=" and loose and isinstance(left, Read) and left.tensor.gradient_of is not None:
            return left, Sum(tuple(map(Range, loose)), right)
        return left, right

    def _is_fault(self, line: Line, names: set[Key]) -> bool:
        """Whether shapes that do not go together are the line's fault.

        They are if they do not under every layout that fits the document, if the document says itself how many axes
        the line's names have, and if most of its lines have a shape.
        """
        if printed(line.right) is not None:
            return False  # a vector of one entry is often written as that number
        fails = 0
        for layout in self.layouts:
            try:
                Whole(self._meaning(line), layout).sides(line.left, line.right)
            except ShapeError:
                fails += 1
            except SymcnnError:
                return False
        shaped = self.layouts[0].shaped
        settled = all(key in self.layouts[0].firm or key[1] or key[0] in self.words.losses for key in names)
        return fails == len(self.layouts) and settled and shaped[0] >= 3 * (shaped[1] - shaped[0]) > 0

    def _sides(self, line: Line) -> tuple[Expression, Expression]:
        """Both sides of a line as formulas."""
        whole = self._whole(line)
        if whole is not None:
            return whole
        meaning = self._meaning(line)
        return self._entrywise(meaning.value(line.left), meaning.value(line.right))

    def _meaning(self, line: Line) -> Meaning:
        return Meaning(self.words, (line.left, line.right))

    def _after_a_wrong_side(self, line: Line, right_side: Node, decision: Decision) -> Decision:
        """A line whose left side is wrong, compared with the last side of its chain that is right."""
        against = self._looked_at(replace(line, left=right_side, first=False))
        if against.verdict is Verdict.REFUTED:
            follows = decision.verdict in (Verdict.PROVED, Verdict.ROUNDED)
            why = "; follows from the wrong side before it" if follows else ""
            return replace(against, reason=against.reason + why)
        if against.verdict in (Verdict.PROVED, Verdict.ROUNDED):
            return replace(against, reason="compared with the last side that is right")
        return Decision(Verdict.UNDECIDED, "the side before it is wrong")

    def _past_the_side_before(self, line: Line, sides: Sequence[Node], decision: Decision) -> Decision:
        """A line whose left side says too little, compared with the side of its chain before that.

        Where the sides in between only write out the chain rule, they take nothing away: a difference counts, too.
        """
        against = self._looked_at(replace(line, left=sides[-1], first=False))
        if against.verdict in (Verdict.PROVED, Verdict.ROUNDED):
            return replace(against, reason="compared with the side of its chain before the left one")
        if against.verdict is Verdict.REFUTED and is_chain_rule(line.left):
            return against
        return decision

    def _of_the_whole_sum(self, line: Line, sides: Sequence[Node], decision: Decision) -> Decision:
        """A line that holds for the factors of the chain rule as they stand; open where their sum is left out.

        ∂J/∂r_i · ∂r_i/∂a = ∂J/∂r_i s_i is right for every i, but not for the ∂J/∂a that the chain begins with.
        """
        if self._looked_at(replace(line, left=sides[-1], first=False)).verdict is not Verdict.REFUTED:
            return decision
        return Decision(Verdict.UNDECIDED, "holds for the factors of the chain rule; what is summed is left out")

    def _looked_at(self, line: Line) -> Decision:
        """The verdict on a line that the document does not have: nothing is learnt from it."""
        before = self.known.copy()
        try:
            return self.decide(line)
        finally:
            self.known = before

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
        if shown is not None and name in self.known.values:
            digits, places = shown[0].digits, shown[0].places
            self.known.printed[name] = flint.fmpq(digits) / flint.fmpq(10) ** places
            if verdict is Verdict.REFUTED:
                self.known.wrong.add(name)

    # One line.

    def decide(self, line: Line) -> Decision:
        """The verdict on a line; never raises for what stands in it."""
        began = time.perf_counter()
        try:
            if line.first:
                self.chain_ranges = self._ranges_of(line)
            self.written = frozenset((id(line.left), id(line.right)))
            self.ranges = [*self.chain_ranges, *ranges_near(self.reading, line, self.words)]
            decision = self._decide(line)
            if decision.verdict is Verdict.UNDECIDED and self._is_open_slope(line):
                decision = Decision(Verdict.DEFINED, "taken as given: the slope of a function without a formula")
            if self.known.anew and decision.verdict not in (Verdict.DEFINED, Verdict.UNDECIDED) and (
                    other := other_methods(self.reading, line, self.known, self._read(line) or ())):
                decision = Decision(Verdict.UNDECIDED, other)
            if decision.verdict is Verdict.DEFINED and line.relation in EQUALS:
                self._note_method(line)
                self.nearby.note(line, self._meaning(line))
        except FaultError as error:
            decision = Decision(Verdict.REFUTED, str(error))
        except DependenceError as error:
            decision = self._given_rate(line, error)
        except MeaningError as error:
            decision = Decision(Verdict.UNDECIDED, str(error))
        except (StepError, UsageError, SymcnnError, ZeroDivisionError) as error:
            decision = Decision(Verdict.UNDECIDED, str(error))
        except RecursionError:
            decision = Decision(Verdict.UNDECIDED, "nested too deeply to be decided")
        except MemoryError:
            raise
        except Exception as error:
            decision = internal(error)
        return replace(decision, milliseconds=1000 * (time.perf_counter() - began))

    slopes: dict[str, int]
    chain_ranges: Sequence[tuple[Symbol, Axis]] = ()

    def _ranges_of(self, line: Line) -> list[tuple[Symbol, Axis]]:
        """Where the indices lie for which a chain is claimed: on the axes of the entry that it begins with."""
        try:
            left = self._meaning(line).value(line.left)
        except SymcnnError:
            return []
        if not isinstance(left, Read):
            return []
        return [(s, axis) for s, axis in axes_of(left, sorted(free_indices(left))).items()
                if axis.base is not None and axis.upper is not None]

    def _given_rate(self, line: Line, error: DependenceError) -> Decision:
        """∂Z/∂X = … where nothing says how Z depends on X: taken as given where it is said first."""
        try:
            left, right = self._sides(line)
        except MeaningError:
            return Decision(Verdict.UNDECIDED, str(error))
        if (by_chain_rule := chain_rule(self, self.unaliased(left), self.unaliased(right))) is not None:
            return by_chain_rule
        if isinstance(left, Derivative) and isinstance(left.expression, Read) and line.first:
            pair = left.expression.tensor, left.by.tensor
            at = (*left.expression.indices, *left.by.indices)
            if pair not in self.known.rates and all(i.as_symbol is not None for i in at):
                self.known.rates[pair] = Rate(left.expression.indices, left.by.indices, right)
                return Decision(Verdict.DEFINED, f"taken as given: {error}")
        return Decision(Verdict.UNDECIDED, str(error))

    def _decide(self, line: Line) -> Decision:
        if line.relation == "∈":
            return Decision(Verdict.DEFINED, "a range or a shape that is taken as given")
        if line.relation == "∼" and self._drawn(line):
            return Decision(Verdict.DEFINED, "a distribution that is taken as given")
        if self._of_indices(line):
            self._note_size(line)
            return Decision(Verdict.DEFINED, "says which indices are meant")
        if line.first and line.relation in EQUALS and self._function(line):
            return Decision(Verdict.DEFINED, "says what a function is")
        if line.relation in EQUALS and self._value_of_function(line):
            return Decision(Verdict.DEFINED, f"gives {str(line.left).strip()} a value")
        meaning = self._meaning(line)
        if (through := along_layers(line, self.layers, meaning.index)) is not None:
            return through
        tables = Tables(meaning, self.known.matrices, self.known.values)
        if line.relation in EQUALS | {"≈"} and (tables.has_matrix(line.left) or tables.has_matrix(line.right)):
            return self.of_matrices(line, tables)
        if line.relation == "→" and self._is_given(line):
            return Decision(Verdict.DEFINED, "an example that the problem statement gives")
        if line.relation == "→" and is_matrix(line.left) and is_matrix(line.right):
            return self.arrow(line, tables)
        if line.relation in EQUALS | {"+="}:
            try:
                if (whole := self._whole(line)) is not None:
                    return self._equation(line, *self._gathered(line, *whole))
            except ShapeError as error:
                return self._between_numbers(line, meaning, error)
        if grows(line) is not None and is_condition(self.reading, line):
            return Decision(Verdict.DEFINED, "says along what a limit is taken")
        if line.relation == "→" and (limit := self._limit(line)) is not None:
            return limit
        left = meaning.value(line.left)
        if isinstance(left, Value) and left.value.is_constant and line.left.start < line.span.start and (
                line.span.display):
            return Decision(Verdict.UNDECIDED, "goes on from a number that stands elsewhere")
        number, found = measured(line.right, letters=True)
        if found is not None and is_numeric(left, {}):
            line = replace(line, right=number, behind=found.text)  # 3.5M: no name M beside plain numbers
        try:
            right = meaning.value(line.right)
        except MeaningError as error:
            if line.first and line.relation in EQUALS and isinstance(left, Read) and (
                    self._is_new(left) or (not left.indices and left.tensor.gradient_of is None)):
                self.known.lines[left.tensor] = self._line_number(line)
                return Decision(Verdict.DEFINED, f"introduces {left.tensor.name}; {error}")
            raise
        left, right = self._entrywise(*self._over_both(meaning, line, left, right))
        if line.relation in EQUALS | {"≈"}:
            if is_numeric(left, self.known.values) and is_numeric(right, self.known.values) and not (
                    isinstance(left, Read) and not left.indices):
                return self._numbers(line, left, right)
            return self._approximate(line, left, right) if line.relation == "≈" else self._equation(line, left, right)
        if line.relation == "→" and (resting := self._rests(line, left, right)) is not None:
            return resting
        if (condition := of_sizes(line.relation, left, right)) is not None:
            return self._condition(condition)
        if line.relation == "≠" and not (is_numeric(left, self.known.values) and is_numeric(right, self.known.values)):
            return Decision(Verdict.DEFINED, "a condition that is taken as given")
        if any(isinstance(side, Read) and constant(other) is not None or isinstance(side, Read) and not side.indices
               for side, other in ((left, right), (right, left))):
            self._note_sign(line.relation, left, right)
            return Decision(Verdict.DEFINED, "a condition that is taken as given")
        if is_numeric(left, self.known.values) and is_numeric(right, self.known.values):
            return order(self.known, line, left, right)
        return Decision(Verdict.UNDECIDED, f"the relation {line.relation} is decided between numbers only")

    def _limit(self, line: Line) -> Decision | None:
        """The verdict on f(z) → c where the sentence before says that z grows; None where nothing does."""
        found = along(self.reading, line)
        if found is None:
            return None
        node, sign = found
        meaning = self._meaning(line)
        name, (left, right) = meaning.value(node), self._sides(line)
        if not isinstance(name, Read):
            return None
        stem = self.words.base(name.tensor.name, len(name.indices))
        value = tends_to(left, lambda t: self.words.base(t.name, len(t.axes)) == stem, sign)
        if value is None:
            return None
        decision = self._claimed(value, right)
        if decision.verdict is Verdict.PROVED:
            return replace(decision, assumptions=(*decision.assumptions, f"{name} → {'' if sign > 0 else '-'}∞"))
        where = against(value)
        if where is None or constant(where[1]) is None:
            return replace(decision, repair=None) if where is None else Decision(Verdict.UNDECIDED, f"tends to {value}")
        if constant(right) is not None and constant(where[1]) != constant(right) and not (
                says_directions(self.reading, line)):
            return Decision(Verdict.REFUTED, f"where {argument_of(line.left)} is negative, this tends to "
                                             f"{constant(where[1])}")
        return Decision(Verdict.UNDECIDED, f"tends to {value}: what {where[0]} is decides")
    def _is_given(self, line: Line) -> bool:
        """Whether a problem statement shows both sides of a line in one sentence, [1, 2, 3] and [3, 5]."""
        wanted = ["".join(t.text for t in side.tokens) for side in (line.left, line.right)]
        for given in self.givens:
            shown = [(span, "".join(t.text for t in tree.tokens)) for span, tree in given.spans
                     if isinstance(tree, Node)]
            for first, last in itertools.pairwise(shown):
                between = given.text[first[0].end:last[0].start]
                if [first[1], last[1]] == wanted and ". " not in between and "\n\n" not in between:
                    return any(t.kind == "number" for t in line.left.tokens)
        return False

    def _value_of_function(self, line: Line) -> bool:
        """f(x_2) = (0, 1, 3) where nothing else is said of f: what a network gives for an input; whether it is that."""
        side, right = line.left, line.right.nodes[0] if line.right.kind == "scripts" else line.right
        if side.kind != "product" or len(side.nodes) != 2 or side.nodes[1].kind != "group" or (
                side.nodes[1].head != "(" or (found := written(side.nodes[0])) is None):
            return False
        if found.lower or found.upper or found.stem in FUNCTIONS or found.stem in self.words.functions or (
                found.stem not in self.names.functions) or len(items(side.nodes[1])) != 1 or (
                written(items(side.nodes[1])[0]) is None or found.stem in ("sigma", "phi", "varphi")):
            return False
        shown = "".join(t.text for t in line.right.tokens)
        if any(t.kind == "word" and t.text != "T" for t in right.tokens) or not any(
                t.kind == "number" for t in right.tokens):
            return False
        place = "".join(t.text for t in side.tokens)
        return self.introduced.setdefault(place, shown) == shown

    def _condition(self, condition: Polynomial) -> Decision:
        """A relation between sizes: proved if it holds for all of them, otherwise for later lines to rest on."""
        holds = Bracket((), (condition,))
        try:
            theorem = equal(Claim(holds, expression(1)), (), ("isl",))
        except StepError:
            if condition not in self.known.conditions:
                self.known.conditions.append(condition)
            return Decision(Verdict.DEFINED, "a condition that is taken as given")
        return Decision(Verdict.PROVED, "", ", ".join(map(repr, theorem.scope)),
                        procedures=tuple(sorted(theorem.procedures)))

    def _between_numbers(self, line: Line, meaning: Meaning, error: ShapeError) -> Decision:
        """A line whose letters are vectors elsewhere but may be numbers here; then only a proof counts."""
        left, right = meaning.value(line.left), meaning.value(line.right)
        decision = self._claimed(left, right, refute=False)
        if decision.verdict is Verdict.PROVED:
            return replace(decision, assumptions=(*decision.assumptions, "these letters are numbers here"))
        if line.first and isinstance(left, Read) and (left.tensor.gradient_of is None or line.relation == ":="):
            name = Tables(meaning).name(line.left)
            if name and printed(line.right) is not None:
                self.known.matrices[name] = Matrix(((right,),))  # a vector of one entry is written as that number
            return Decision(Verdict.DEFINED, f"{self._again(left.tensor)}; {error}")
        raise error

    def _numbers(self, line: Line, left: Expression, right: Expression) -> Decision:
        """A line between numbers; one between formulas may hold whatever the values of the names are."""
        if not is_numeric(left, {}) and not is_numeric(right, {}) or any(
                isinstance(n, Derivative) for side in (left, right) for n in walk(side)):
            decision = self._claimed(left, right, refute=False)
            if decision.verdict is Verdict.PROVED:
                return decision
        return self._numeric(line, left, right)

    def _numeric(self, line: Line, left: Expression, right: Expression) -> Decision:
        meaning = self._meaning(line)
        decision = numeric(self.known, line, left, right, lambda node: exact(meaning.value(node), self.known.values))
        if decision.verdict is Verdict.UNDECIDED and (
                proof := self._claimed(left, right, refute=False)).verdict is Verdict.PROVED:
            return proof  # √(6/400) = √0.015: the values alone are no proof
        return decision

    def _over_both(self, meaning: Meaning, line: Line, left: Expression, right: Expression,
                   ) -> tuple[Expression, Expression]:
        """Σ_{i≠j} sums over both indices where the other side of the line has no j, otherwise over i alone."""
        if free_indices(left) == free_indices(right) or not any(r"\ne" in t.text or t.text == "≠" for s in (
                line.left, line.right) for t in s.tokens):
            return left, right
        meaning.unequal_binds_both = True
        both = meaning.value(line.left), meaning.value(line.right)
        return both if free_indices(both[0]) == free_indices(both[1]) else (left, right)

    def _note_sign(self, relation: str, left: Expression, right: Expression) -> None:
        """c > 0, and the like, for the lines that rest on it."""
        turned = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
        for side, other, sign in ((left, right, relation), (right, left, turned.get(relation, ""))):
            number = constant(other)
            if isinstance(side, Read) and not side.indices and number is not None and sign in turned:
                self.known.signs.setdefault(side.tensor.name, []).append((sign, number))

    def _function(self, line: Line) -> bool:
        """σ(z) = … as the definition of a function; whether the line is one."""
        found = applied_to_name(line.left)
        if found is None:
            return False
        name, variable = found
        if any(t.text in ("'", "′", r"\prime") for t in line.left.tokens):
            return False  # f'(x) = … is no formula of f
        text = self.reading.text
        if PIECE_BEHIND.match(text[line.span.end:]) or (
                PIECE_BEFORE.search(text[max(0, line.span.start - 80):line.start])):
            self.pieces.add(name)
        if name in self.pieces and (name in self.words.functions or name in self.in_pieces):
            self.words.functions.pop(name, None)
            self.in_pieces.add(name)
            return True  # one formula here, another one there: what it is at a place is left open
        if name in FUNCTIONS or name in self.words.functions and not self._another_function(line):
            return False
        self.names.functions.add(name)
        meaning = self._meaning(line)
        scalar = Read(self.words.tensor(variable, 0), ())
        try:
            body = meaning.value(line.right)
        except MeaningError:
            return False
        if any(isinstance(n, Read) and n.indices for n in walk(body)):
            return False
        self.words.functions[name] = (scalar, body)
        return True

    def _another_function(self, line: Line) -> bool:
        """Whether the words before f(x) = … say that f is another function now: "Let …", or another part begins."""
        if line.span not in [span for span, _ in self.reading.spans] or self._concludes(line):
            return False
        before = self.reading.prose_before(line.span)
        return any(words.search(before) for words in (REDEFINES, OTHERWISE, ANOTHER))

    def _is_open_slope(self, line: Line) -> bool:
        """Whether a line is the first to say what f'(z) is at z, for an f without a formula."""
        if not line.first or line.relation not in EQUALS or (found := slope_at(line.left)) is None:
            return False
        said = "".join(t.text for t in line.left.tokens)
        return found not in {*FUNCTIONS, *self.words.functions, *self.names.functions, *self.names.activations} and (
            self.slopes.setdefault(said, line.start) == line.start)

    def _is_new(self, left: Read) -> bool:
        """Whether nothing was said of a name before, apart from its gradients."""
        return (left.tensor.gradient_of is None and left.tensor not in self.known.definitions
                and left.tensor not in self.known.entries and left.tensor not in self.known.lines)

    def _entrywise(self, left: Expression, right: Expression) -> tuple[Expression, Expression]:
        """A line between whole tensors, δ = ∂L/∂z, as one between their entries, if all have the same axes."""
        reads = {n for side in (left, right) for n in walk(side) if isinstance(n, Read)}
        stems = {n.tensor.gradient_of[1] if n.tensor.gradient_of else n.tensor.name for n in reads if not n.indices}
        if len(stems) != len(reads) or not reads or any(n.indices for n in reads):
            return left, right
        arities = {self.words.others.get(family(stem), frozenset()) for stem in stems}
        arity = next(iter(arities)) if len(arities) == 1 else frozenset()
        if len(arity) != 1 or not self._is_pointwise(left) or not self._is_pointwise(right):
            return left, right
        (count,) = arity
        indices = tuple(polynomial(Symbol(f"a{n}")) for n in range(count))
        return self._lifted(left, indices), self._lifted(right, indices)

    def _is_pointwise(self, node: Expression) -> bool:
        """Whether a formula of whole tensors may be taken entry by entry: sums, and products with numbers."""
        if isinstance(node, Multiply):
            return sum(any(isinstance(n, Read) for n in walk(f)) for f in node.factors) <= 1 and all(
                map(self._is_pointwise, node.factors))
        return not isinstance(node, Power | Derivative | Binder) and all(map(self._is_pointwise, children(node)))

    def _lifted(self, node: Expression, indices: tuple[Polynomial, ...]) -> Expression:
        if isinstance(node, Read):
            if node.tensor.gradient_of:
                loss, stem = node.tensor.gradient_of
                return Read(self.words.tensor(stem, len(indices)).gradient(loss), indices)
            return Read(self.words.tensor(node.tensor.name, len(indices)), indices)
        return rebuild(node, tuple(self._lifted(c, indices) for c in children(node)))

    def _note_size(self, line: Line) -> None:
        """What a size stands for, k = 2n + 1, for the lines that do not hold without it."""
        meaning = self._meaning(line)
        try:
            left, right = as_polynomial(meaning.value(line.left)), as_polynomial(meaning.value(line.right))
        except MeaningError:
            return
        if left is not None and right is not None and (size := left.as_symbol) is not None and size.is_size and (
                right.is_integral and size not in right.symbols and line.relation in EQUALS):
            self.known.sizes[size] = right

    def _of_indices(self, line: Line) -> bool:
        """Whether a line only says what indices are or range over: k = i − i′, 0 ≤ k < K, (i, j) = (1, 3)."""
        names = [self._index_names(side) for side in (line.left, line.right)]
        return None not in names and any(names)

    def _index_names(self, side: Node) -> set[str] | None:
        """The index variables of a side that holds nothing but indices and numbers; None for another side."""
        found: set[str] = set()
        for item in items(side) if side.kind in ("group", "name", "product") else (side,):
            try:
                p = Meaning(self.words, (side,)).index(item)
            except SymcnnError:
                return None
            found |= {s.name for s in p.symbols if s.name in self.names.index_names}
            if any(s.name not in self.names.index_names and s.name not in self.words.sizes for s in p.symbols):
                return None
        return found

    # Equations.

    def _approximate(self, line: Line, left: Expression, right: Expression) -> Decision:
        """v ≈ R between formulas: proved if they are equal, or if R is where the steps of v come to rest."""
        if (resting := self._rests(line, left, right)) is not None:
            return resting
        if not is_statistical(left, right):
            decision = self._claimed(left, right, refute=False)
            if decision.verdict is Verdict.PROVED:
                return decision
        return Decision(Verdict.UNDECIDED, "an approximation between formulas is not decided")

    def _rests(self, line: Line, left: Expression, right: Expression) -> Decision | None:
        """The verdict where the words before a line say that a sequence is looked at after many steps."""
        near = self.reading.text[:line.end].lower()[-NEARBY:]
        return self._at_rest(left, right) if isinstance(left, Read) and re.search(REST, near) else None

    def _at_rest(self, left: Read, right: Expression) -> Decision | None:
        """Whether a sequence comes to rest at a formula; None if its recurrence is not known."""
        found = at_rest(self, left, right)
        if found is None:
            return None
        after, assumed = found
        decision = self._claimed(right, after)
        if decision.verdict is Verdict.PROVED:
            return replace(decision, assumptions=(*decision.assumptions, *assumed))
        if decision.verdict is Verdict.REFUTED:
            return replace(decision, assumptions=(*decision.assumptions, *assumed),
                           reason=f"one more step of {left.tensor.name} leads elsewhere, to the right value")
        return None

    def _average(self, line: Line, left: Expression, right: Expression) -> Decision:
        """A line about expectations: a moment that is stated, a name for one, or a claim."""
        if DENIED.match(self.reading.text[line.span.end:]):
            self.averages.deny(left)
            return Decision(Verdict.UNDECIDED, "said not to hold")
        stated = self.averages.state(left, right) if line.first else None
        if stated is not None:
            return Decision(Verdict.DEFINED, stated)
        if line.first and isinstance(left, Read) and left.tensor.gradient_of is None and self._is_new(left) and (
                left.tensor not in self._definitions()):
            stated = self.averages.state(right, left)
            self.known.lines[left.tensor] = self._line_number(line)
            return Decision(Verdict.DEFINED, stated or f"introduces {left.tensor.name}")
        return self.averages.decide(left, right)

    def _equation(self, line: Line, left: Expression, right: Expression) -> Decision:
        if line.left.end <= line.span.start and (said := moment_in_words(
                self.reading.text[max(0, line.left.start - AT_HAND):line.left.start],
                self.reading.text[line.left.end:line.span.start], left)) is not None:
            left = said
        if is_statistical(left, right):
            return self._average(line, left, right)
        if line.first and self.averages.idempotent(left, right):
            return Decision(Verdict.DEFINED, "says that a name is 0 or 1")
        decision = self._of_sequence(line, left, right)
        if decision is not None and decision.verdict is Verdict.DEFINED and isinstance(left, Read) and not (
                self.is_numbered_step(left) or self.is_recurrence(left, right)):
            return decision  # what a sequence is in another case is no rule for this one
        if decision is None:
            decision = self._plain_equation(line, left, right)
            if decision.verdict is Verdict.UNDECIDED and line.first and isinstance(left, Read) and (
                    self.is_of_sequence(left) and self.is_numbered_step(left) and not self._is_stated(left)):
                decision = Decision(Verdict.DEFINED, f"where {left.tensor.name} begins")
        if decision.verdict is Verdict.DEFINED and line.first and isinstance(left, Read):
            self.known.stated.append(Equation(left, right))
        return decision

    def _of_sequence(self, line: Line, left: Expression, right: Expression) -> Decision | None:
        """The verdict on a line about an entry of a sequence whose recurrence is known; None for any other line.

        Such a line may as well state another recurrence: it is refuted only where words say that it follows, or where
        it speaks of a step by its number.
        """
        if not line.first or not isinstance(left, Read) or not self.is_of_sequence(left):
            return None
        if all(i.is_constant for i in left.indices) and left.indices and self.by_recurrence(left) is not None:
            return None
        decision = self.stepwise(left, right)
        if decision is None:
            if not self.is_numbered_step(left) and self.speaks_of_others(left, right):
                return Decision(Verdict.DEFINED, self._again(left.tensor))
            if not self.is_numbered_step(left) and not self.is_recurrence(left, right):
                return Decision(Verdict.UNDECIDED, "the recurrence alone does not show this")
            begins = not left.indices and self.is_numbered_step(left) and not self._is_stated(left)
            return Decision(Verdict.DEFINED, f"where {left.tensor.name} begins") if begins else None
        if decision.verdict is not Verdict.REFUTED:
            return decision
        if FOLLOWS.search(self._words_before(line)) or (
                self.is_numbered_step(left) and not is_numeric(right, self.known.values)):
            return decision
        if left.tensor in self.known.definitions or left.tensor in self.known.recurrences:
            return Decision(Verdict.DEFINED, self._again(left.tensor))
        return None

    def _is_stated(self, left: Read) -> bool:
        return any(e.left == left for e in self.known.stated)

    def _words_before(self, line: Line) -> str:
        return self.reading.text[:line.span.start][-AT_HAND:] + " ".join(line.words)

    def _plain_equation(self, line: Line, left: Expression, right: Expression) -> Decision:
        if line.first and isinstance(left, Read):
            defined = self._defined_anew(line, left, right) or self._definition(line, left, right)
            if defined is not None:
                return defined
        if line.first and isinstance(right, Read) and isinstance(left, Read) and left.tensor.gradient_of and (
                right.tensor.gradient_of is None and right.tensor not in self.known.definitions) and (
                not self._instances(self.known.definitions, (right,)) and not any(
                    right.tensor in tensors_in(d.body) for d in self._definitions().values())):
            defined = self._definition(line, right, left)
            if defined is not None:
                return defined
        if (target := self._sums_to_one(left, right)) is not None:
            self.known.sum_to_one.add(target)
            return Decision(Verdict.DEFINED, "a condition that is taken as given")
        decision = self._by_its_gradient(line, left, right) or without_gradient(self, left, right) or self._claim(
            line, left, right)
        if line.first and isinstance(left, Read) and decision.verdict is not Verdict.PROVED and (
                absent := _idle_variables(left, right)):
            return Decision(Verdict.REFUTED, absent)
        if line.first and isinstance(left, Read) and not left.indices and decision.verdict is not Verdict.PROVED and (
                resting := self._rests(line, left, right)) is not None:
            return resting
        if isinstance(left, Value) and (size := left.value.as_symbol) is not None and (
                decision.verdict is not Verdict.PROVED):
            stands_for = as_polynomial(right)
            if stands_for is not None and stands_for.is_integral and size not in stands_for.symbols:
                self.known.sizes[size] = stands_for
            return Decision(Verdict.DEFINED, f"says what {left.value} is")
        if decision.verdict is Verdict.PROVED or not isinstance(left, Read) or left.tensor.gradient_of:
            return decision
        if not left.indices or (all(i.is_constant for i in left.indices) and not any(
                isinstance(n, Read) and n.indices for n in walk(right))):
            # A scalar such as a size, or an output's extent, may stand for another value further down.
            if decision.verdict is Verdict.REFUTED and line.first and left.tensor not in tensors_in(right) and (
                    self._concludes(line) and any(isinstance(n, Read) and n.indices for n in walk(right))
                    and not self._speaks_of_other_names(left, right) and not self._at_other_sizes(left, right)):
                return decision
            self._record_value(left, right)
            if not left.indices and left.tensor in self.known.definitions and not free_indices(right) and (
                    left.tensor not in tensors_in(right)):
                self.known.definitions[left.tensor] = Definition(left.tensor, (), right)
                self.known.anew.add(left.tensor)
            return Decision(Verdict.DEFINED, self._again(left.tensor))
        if left.tensor in tensors_in(right):
            if decision.verdict is Verdict.REFUTED and left.tensor in self.known.definitions and (
                    all(i.is_constant for i in left.indices)):
                return decision
            return self._recurrence(left, right)
        if line.first and decision.verdict is Verdict.REFUTED and (
                self._speaks_of_other_names(left, right) or self._at_other_sizes(left, right)
                or self._redefines(line, left)):
            self.known.other_meaning.add(left.tensor)
            return Decision(Verdict.DEFINED, self._again(left.tensor))
        return decision


    def _at_another_name(self, formula: Definition, right: Derivative) -> Decision | None:
        """∇E(v) = ∂/∂v (…) where E was given as E(w): proved if it is E's formula with v in place of w."""
        new = right.by.tensor
        if new in tensors_in(formula.body):
            return None
        for old in sorted(set(tensors_in(formula.body)) - set(tensors_in(right.expression)), key=lambda t: t.name):
            if len(old.axes) == len(new.axes) and old.gradient_of is None:
                decision = self._claimed(_renamed(formula.body, old, new), right.expression, refute=False)
                if decision.verdict is Verdict.PROVED:
                    said = f"{formula.tensor.name} is a function of {old.name}, taken at {new.name}"
                    return replace(decision, assumptions=(*decision.assumptions, said))
        return None

    def _note_method(self, line: Line) -> None:
        """Take note of the method, max or average pooling, that a formula is of by the words beside it."""
        with suppress(SymcnnError):
            left = self._meaning(line).value(line.left)
            if line.first and isinstance(left, Read):
                self.known.methods[left.tensor] = methods(self.reading, line)

    def _defined_anew(self, line: Line, left: Read, right: Expression) -> Decision | None:
        """A name that stands for something else from here on, as y of average pooling after y of max pooling."""
        tensor, named = left.tensor, methods(self.reading, line)
        before = self.known.methods.get(tensor, frozenset())
        if is_second_use(self, self.reading, line, left, right):
            self.known.definitions.pop(tensor, None)
        elif any(e.entry == left.indices for e in self.known.entries.get(tensor, ())) and is_entry(left, right):
            if not is_other_method(named, before) or self._concludes(line) or (
                    self._claim(line, left, right).verdict is Verdict.PROVED):
                return None
        elif tensor in self.known.definitions and all(i.as_symbol is not None for i in left.indices):
            before |= method_of(self.known.definitions[tensor].body)
            if not before or not is_other_method(named, before) or named != method_of(right) or (
                    free_indices(right) - free_indices(left)):
                return None
            self.known.definitions.pop(tensor)
            self.known.entries.pop(tensor, None)
            self.known.anew.add(tensor)
            return self._definition(line, left, right)
        else:
            return None
        self.known.entries[tensor] = [_entry(left, right)]
        self.known.anew.add(tensor)
        self.known.lines[tensor] = self._line_number(line)
        return Decision(Verdict.DEFINED, f"introduces {key(left)} anew")

    def _sums_to_one(self, left: Expression, right: Expression) -> Tensor | None:
        """The name of which a line says that its entries sum to 1, if it has no formula that would show it."""
        if constant(right) == 1 and isinstance(left, Sum) and isinstance(left.body, Read) and len(left.ranges) == 1:
            read = left.body
            if read.indices and read.indices[-1].as_symbol == left.ranges[0].variable and (
                    read.tensor.gradient_of is None and read.tensor not in self._definitions()
                    and read.tensor not in self.known.entries):
                return read.tensor
        return None

    def _by_its_gradient(self, line: Line, left: Expression, right: Expression) -> Decision | None:
        """∇E(w) = ∂/∂w (…) where nothing was said of E: what is differentiated is E; None for any other line."""
        if not line.first or not isinstance(left, Read) or left.tensor.gradient_of is None or (
                not isinstance(right, Derivative)) or free_indices(right.expression):
            return None
        loss, variable = left.tensor.gradient_of
        tensor = self.words.tensor(loss, 0)
        if tensor in self._definitions() and right.by.tensor.name == variable and right.by.indices == left.indices:
            return self._at_another_name(self._definitions()[tensor], right)
        if right.by.tensor.name != variable or right.by.indices != left.indices or tensor in self._definitions() or (
                tensor in self.known.lines or tensor in tensors_in(right.expression)):
            return None
        self.known.definitions[tensor] = Definition(tensor, (), right.expression)
        self.known.lines[tensor] = self._line_number(line)
        return Decision(Verdict.DEFINED, f"introduces {loss} by its gradient")

    def _speaks_of_other_names(self, left: Read, right: Expression) -> bool:
        """Whether a line gives a name another meaning: by a formula with names that its first one does not have."""
        known = self._definitions()
        stands_for = known[left.tensor].body if left.tensor in known else None
        if isinstance(stands_for, Read) and stands_for.tensor.gradient_of is not None:
            return False
        about = self._made_of({left.tensor}, known)
        others = {t for t in tensors_in(right) if t.gradient_of is None} - about
        # v with v_k = w_{k-1} is no other name where w is known.
        return not all(t in known and self._made_of({t}, known) - {t} <= about for t in others)

    def _made_of(self, tensors: Iterable[Tensor], known: Mapping[Tensor, Definition]) -> set[Tensor]:
        """The tensors, and those that stand in their formulas."""
        seen = set(tensors)
        pending = list(seen)
        while pending:
            tensor = pending.pop()
            more = set(tensors_in(known[tensor].body)) - seen if tensor in known else set()
            seen |= more
            pending += more
        return seen

    def _redefines(self, line: Line, left: Read) -> bool:
        """Whether the words before a line say that a name now means something else: "others define instead"."""
        if line.span not in [span for span, _ in self.reading.spans] or left.tensor not in self.known.definitions:
            return False
        if not all(i.as_symbol is not None for i in left.indices):
            return False
        earlier = self.known.lines.get(left.tensor, 0)
        if earlier >= self.reading.text[:line.span.start].count("\n") + 1 and line.span.display:
            return False  # the words stand before both formulas
        before = self.reading.prose_before(line.span)
        return REDEFINES.search(before) is not None or (
            OTHERWISE.search(before) is not None and not self._concludes(line))

    def _concludes(self, line: Line) -> bool:
        """Whether the words before a line say that it follows: then it is no new definition."""
        if line.span not in [span for span, _ in self.reading.spans]:
            return False
        return CONCLUDES.search(self.reading.prose_before(line.span)) is not None or any(
            CONCLUDES.search(w) for w in line.words)

    def _at_other_sizes(self, left: Read, right: Expression) -> bool:
        """Whether a line repeats a formula for particular sizes: μ = Σ_{i=1}^4 x_i / 4 after μ = Σ_{i=1}^m x_i / m."""
        formula = self._definitions().get(left.tensor)
        return formula is not None and not _written_sizes(formula.body) <= _written_sizes(right)

    def _again(self, tensor: Tensor) -> str:
        line = self.known.lines.get(tensor)
        return f"says what {tensor.name} is" + (f", otherwise than line {line}" if line else "")

    def _recurrence(self, left: Read, right: Expression) -> Decision:
        earlier = self.known.recurrences.setdefault(left.tensor, [])
        earlier.append(Equation(left, right))
        return Decision(Verdict.DEFINED, f"a recurrence for {left.tensor.name}")

    def _definition(self, line: Line, left: Read, right: Expression) -> Decision | None:
        """A name introduced by its formula; None if the line is a claim about what is known already."""
        tensor = left.tensor
        if tensor.gradient_of is not None or tensor in tensors_in(right):
            return None
        symbols = [i.as_symbol for i in left.indices]
        restated = self._restated(line, left, right)
        if restated is not None:
            return restated
        value = self._record_value(left, right)
        if all(s is not None and not s.is_size for s in symbols) and len(set(symbols)) == len(symbols):
            if tensor in self.known.definitions or tensor in self.known.entries:
                return None
            instances = self._instances(self.known.definitions, (left,))
            if instances:
                self.in_question = frozenset((tensor,))
                try:
                    decision = self._claim(line, left, right)
                finally:
                    self.in_question = frozenset()
                if decision.verdict is Verdict.PROVED or (
                        decision.verdict is Verdict.REFUTED and _made_alike(instances[tensor].body, right)):
                    return decision
            indices = tuple(s for s in symbols if s is not None)
            loose = free_indices(right) - set(indices)
            if loose:
                if not indices and len({frozenset(free_indices(n)) for n in walk(right)
                                        if isinstance(n, Read) and n.indices}) == 1 or all(
                        loose <= free_indices(n) for n in walk(right) if isinstance(n, Read) and n.indices):
                    names = ", ".join(sorted(s.name for s in loose))
                    return Decision(Verdict.DEFINED, f"introduces {tensor.name}, for every {names}")
                if isinstance(right, Read) and right.tensor.gradient_of is not None:
                    return Decision(Verdict.DEFINED, f"introduces {tensor.name}, a gradient")
                faults = "; ".join(scope_faults(left, right))
                return Decision(Verdict.UNDECIDED, f"taken as a definition, but {faults}")
            absent = _idle_variables(left, right)
            if absent:
                return Decision(Verdict.REFUTED, absent)
            if value is not None and not indices:
                return value
            self.known.definitions[tensor] = Definition(tensor, indices, right)
            self.known.lines[tensor] = self._line_number(line)
            self.words.defined[tensor.name] = tensor
            return Decision(Verdict.DEFINED, f"introduces {tensor.name}")
        if all(i.is_constant for i in left.indices) and tensor not in self.known.definitions:
            earlier = self.known.entries.setdefault(tensor, [])
            if any(d.entry == left.indices for d in earlier):
                return None
            if free_indices(right):
                return None
            unrolled = self.by_recurrence(left)
            if unrolled is not None:
                self.all_known = True
                try:
                    decision = self._claim(line, unrolled, right)
                finally:
                    self.all_known = False
                self.known.entries[tensor] = [*earlier, _entry(left, unrolled)]
                return decision
            self.known.entries[tensor] = [*earlier, _entry(left, right)]
            return Decision(Verdict.DEFINED, f"introduces {key(left)}")
        return None

    def _restated(self, line: Line, left: Read, right: Expression) -> Decision | None:
        """A printed number for a name whose formula is known, compared with the formula's value.

        It is refuted only where each name in the formula was given one value in the document.
        """
        formula = self.known.formulas.get(key(left))
        if formula is None or printed(line.right) is None or not is_numeric(formula, self.known.values):
            return None
        found = numeric(self.known, line, formula, right)
        if found.verdict in (Verdict.PROVED, Verdict.ROUNDED) or (
                found.verdict is Verdict.REFUTED and self._given_once(key(left))):
            return replace(found, scope="the values given")
        return None

    def _given_once(self, name: str) -> bool:
        """Whether a name has one formula, and each name in it one value or formula in turn."""
        formula = self.known.formulas.get(name)
        if formula is None or self.known.assigned[name]:
            return formula is None and self.known.assigned[name] == 1
        inputs = {key(n) for n in walk(formula) if isinstance(n, Read)}
        inputs |= {s.name for n in walk(formula) if isinstance(n, Value) for s in n.value.symbols}
        return name not in inputs and all(map(self._given_once, inputs))

    def _record_value(self, left: Read, right: Expression) -> Decision | None:
        """A number given to a name; later lines may use it."""
        if not all(i.is_constant for i in left.indices) or not is_numeric(right, self.known.values):
            return None
        if is_numeric(right, {}):
            self.known.assigned[key(left)] += 1
        else:
            self.known.formulas[key(left)] = right
        self.known.values[key(left)] = exact(right, self.known.values)
        self.known.printed[key(left)] = self.known.values[key(left)]
        return Decision(Verdict.DEFINED, f"gives {key(left)} a value")

    def _line_number(self, line: Line) -> int:
        return self.reading.text[:line.start].count("\n") + 1

    def _claim(self, line: Line, left: Expression, right: Expression) -> Decision:
        decision = self._claimed(left, right)
        if decision.verdict is Verdict.PROVED:
            return decision
        said = self.nearby.of(line, left, right)
        if said:
            there = self._claimed(*(said.put_into(side) for side in (left, right)), refute=False)
            if there.verdict is Verdict.PROVED:
                return replace(there, assumptions=(*there.assumptions, *said.shown))
        stated = {s: p for s, p in self.known.sizes.items() if s in sizes_in(left) | sizes_in(right)}
        if stated:
            self.at_sizes = stated
            try:
                at_sizes = self._claimed(left, right)
            finally:
                self.at_sizes = {}
            where = tuple(f"{s} = {p}" for s, p in stated.items())
            if at_sizes.verdict is not Verdict.REFUTED:
                return replace(at_sizes, assumptions=(*at_sizes.assumptions, *where))
        if decision.verdict is Verdict.REFUTED and any(is_rounded(n) for side in (left, right) for n in walk(side)):
            return self._of_parity(line, left, right, decision)
        if not self.known.values:
            return decision
        used = {key(n) for side in (left, right) for n in walk(side) if isinstance(n, Read)} & set(self.known.values)
        if used:
            with_values = self._claimed(*(self._with_values(side) for side in (left, right)))
            if with_values.verdict is Verdict.PROVED:
                values = tuple(f"{name} = {show(self.known.values[name])}" for name in sorted(used))
                return replace(with_values, assumptions=(*with_values.assumptions, *values))
            return Decision(Verdict.UNDECIDED, decision.reason)
        return decision

    def _of_parity(self, line: Line, left: Expression, right: Expression, decision: Decision) -> Decision:
        """A line with rounded fractions that fails in general: whether it holds for odd or for even sizes."""
        before = self.reading.text[:line.start].lower()[-NEARBY:]
        for size in sorted(sizes_in(left) | sizes_in(right)):
            half = Symbol(f"half_{size.name}", 0)
            for word, value in (("odd", 2 * polynomial(half) + 1), ("even", 2 * polynomial(half))):
                found = self._claimed(*(substitute(side, {size: value}) for side in (left, right)), refute=False)
                if found.verdict is Verdict.PROVED:
                    condition = f"{size} is {word}"
                    if word in before:
                        return replace(found, assumptions=(*found.assumptions, condition))
                    return replace(decision, verdict=Verdict.CONDITIONAL,
                                   reason=f"holds if {condition}, not in general")
        if any(word in before for word in ("odd", "even", "divis", "multiple", "integer")):
            return Decision(Verdict.UNDECIDED, "holds only under conditions that are not understood")
        return decision

    def _with_values(self, node: Expression) -> Expression:
        """The formula with the numbers that the document gave to its names."""
        if isinstance(node, Read):
            value = self.known.values.get(key(node))
            if isinstance(value, flint.fmpq):
                return expression(Fraction(int(value.p), int(value.q)))
            return node
        return rebuild(node, tuple(self._with_values(c) for c in children(node)))


def _written_sizes(node: Expression) -> set[Symbol]:
    """The sizes that stand in a formula itself, those of the axes it reads left out."""
    reads = {n: Value(polynomial(0)) for n in walk(node) if isinstance(n, Read)}
    indices = {s for n in reads for p in n.indices for s in p.symbols if s.is_size}
    for read, nothing in reads.items():
        node = with_value(node, read, nothing)
    return sizes_in(node) | indices


def _renamed(node: Expression, old: Tensor, new: Tensor) -> Expression:
    """The formula with one name in place of another."""
    if isinstance(node, Read) and node.tensor == old:
        return Read(new, node.indices)
    return rebuild(node, tuple(_renamed(c, old, new) for c in children(node)))


def _idle_variables(left: Expression, right: Expression) -> str:
    """Which variables of sums and maxima do not occur in what these are over, if that has other indices."""
    absent = [f for f in scope_faults(left, right) if "absent from the summand" in f or "the maximum is over" in f]
    return "; ".join(absent) if any(isinstance(n, Read) and n.indices for n in walk(right)) else ""


def _made_alike(a: Expression, b: Expression) -> bool:
    """Whether two formulas are made of the same functions and families of names: one may be a slip of the other."""
    parts = [({n.function for n in walk(e) if isinstance(n, Apply)}, {family(t.name) for t in tensors_in(e)})
             for e in (a, b)]
    return parts[0] == parts[1]


def _entry(left: Read, right: Expression) -> Entry:
    indices = tuple(Symbol(f"e{n}") for n in range(len(left.indices)))
    here = Bracket(tuple(polynomial(i) - q for i, q in zip(indices, left.indices, strict=True)))
    return Entry(left.indices, here * right, right)
