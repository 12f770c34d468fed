"""The two sides of a line as formulas: of whole vectors and matrices, or entry by entry."""

from __future__ import annotations

import itertools
from collections.abc import Sequence, Set
from contextlib import suppress
from functools import cached_property

from symcnn.document.claims.claims import EQUALS, Line, Reading
from symcnn.document.claims.names import BOLD
from symcnn.document.claims.of_vectors import SOFTMAX, word_of
from symcnn.document.facts.conditions import listed
from symcnn.document.lines.equations import Equations
from symcnn.document.meaning.labels import family
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.numbers import printed
from symcnn.document.meaning.vector_functions import put_in
from symcnn.document.meaning.whole import BatchError, Key, Layout, ShapeError, Whole
from symcnn.document.reading.forms import (
    FaultError, MeaningError, applied_to_name, differential, is_chain_rule,
)
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.written import Written, is_call, is_transposition, nodes, scripts_of, text_of, written
from symcnn.errors import SymcnnError
from symcnn.notation.expression import (
    Apply, Binder, Derivative, Expression, Multiply, Power, Range, Read, Sum, Tensor, children, free_indices, rebuild,
    walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.verdict import Verdict


REALS = frozenset((r"\mathbb{R}", r"\R", "ℝ", r"\Bbb{R}", r"\mathbb{C}"))
DERIVES = frozenset((r"\partial", "∂", r"\nabla", "∇", "d"))


class Sides(Equations):
    """Reads the sides of lines."""

    layouts: list[Layout]
    givens: Sequence[Reading]

    def _meaning(self, line: Line) -> Meaning:
        meaning = super()._meaning(line)
        if self.layouts:
            meaning.entry_of = Whole(meaning, self.layouts[0]).entry
        meaning.of_entries = any(_is_softmax(a) and _sums_exponentials(b) for a, b in (
            (line.left, line.right), (line.right, line.left)))
        return meaning

    def _read(self, line: Line) -> tuple[Expression, Expression] | None:
        """Both sides with gradients in place of the names for them; None for a line that is not read."""
        try:
            left, right = self._sides(line)
            return self.unaliased(left), self.unaliased(right)
        except SymcnnError:
            return None

    def _whole(self, line: Line) -> tuple[Expression, Expression] | None:
        """The sides of a line between whole vectors and matrices, entry by entry; None for another line."""
        if not self.layouts or _is_softmax_of_entries(line):
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

    def _read_as_number(self, line: Line) -> str:
        """A vector or matrix, by the document's own words or signs, that a line was read to have numbers for."""
        if not self.layouts or line.relation not in EQUALS | {"+="} or is_chain_rule(line.right):
            return ""  # the chain rule itself is written so for vectors, too
        layout = self.layouts[0]
        whole = Whole(self._meaning(line), layout)
        try:
            whole.sides(line.left, line.right)
            if not layout.doubtful:
                return ""
        except ShapeError:
            pass
        except SymcnnError:
            return ""
        said = {key[0] for key in whole.seen & (layout.said | layout.doubtful) if layout.axes.get(key)}
        return "" if self._is_of_entries(line) else min(said, default="")

    def _is_of_entries(self, line: Line) -> bool:
        """Whether names stand only as arguments of functions: σ(z)(1 − σ(z)) is meant entry by entry."""
        if any(is_transposition(s) for side in (line.left, line.right) for n in nodes(side) if n.kind == "scripts"
               for mark, s in scripts_of(n) if mark == "^" and s is not None):
            return False
        try:
            waiting = [self._meaning(line).value(side) for side in (line.left, line.right)]
        except SymcnnError:
            return False
        if self._is_of_one_number(waiting):
            return True
        while waiting:
            node = waiting.pop()
            if isinstance(node, Read | Derivative):
                return False
            waiting += () if isinstance(node, Apply) and isinstance(node.argument, Read) else children(node)
        return True

    def _is_of_one_number(self, sides: Sequence[Expression]) -> bool:
        """Whether of the names of a line one alone is a vector elsewhere, and none a matrix, as in d tanh(x)/dx.

        What is said of x², or of x times x, is said of numbers: no other name of the line is one of several entries.
        """
        reads = {n for side in sides for n in walk(side) if isinstance(n, Read)}
        axes = {r: self.layouts[0].axes.get((r.tensor.name, len(r.indices)), 0) for r in reads}
        several = [r for r, number in axes.items() if number]
        return len(several) == 1 and axes[several[0]] == 1 and not several[0].indices and not any(
            r.tensor.gradient_of or r.tensor in self._definitions() for r in reads) and all(
            n.by == several[0] for side in sides for n in walk(side) if isinstance(n, Derivative))

    def _holds_for_one_number(self, line: Line) -> bool:
        """Whether a line is an identity of one name, x² − 1 = (x − 1)(x + 1), if that is a number."""
        with suppress(SymcnnError):
            sides = [self._meaning(line).value(side) for side in (line.left, line.right)]
            return self._is_of_one_number(sides) and self._claimed(*sides, refute=False).verdict is Verdict.PROVED
        return False

    def _has_bars_around_a_vector(self, line: Line) -> bool:
        """Whether a line has single bars around a vector: its length, or the absolute value of each entry."""
        groups = [n for side in (line.left, line.right) for n in nodes(side) if n.kind == "group"
                  and n.head in ("|", r"\vert") and len(n.nodes) == 1 and len(n.nodes[0].nodes) == 1]
        if not groups or not self.layouts:
            return False
        whole = Whole(self._meaning(line), self.layouts[0])
        for group in groups:
            with suppress(SymcnnError):
                whole.squared_norm(group.nodes[0].nodes[0])
                return True
        return False

    def _at_two_places(self, line: Line) -> str:
        """A loss that a line takes of several things, H(X) and H(Y), though it is read as one number."""
        meaning, taken = self._meaning(line), dict[str, str]()
        for node in (n for side in (line.left, line.right) for n in nodes(side) if n.kind == "product"):
            for name, group in itertools.pairwise(node.nodes):
                if group.kind == "group" and group.end > 0 and meaning.is_loss_of(name, group) and put_in(
                        name, group, self.words.put_in) is None:
                    of, said = text_of(name).strip(), "".join(t.text for t in group.tokens)
                    if taken.setdefault(of, said) != said:
                        return of
        return ""

    def _is_fault(self, line: Line, names: set[Key]) -> bool:
        """Whether shapes that do not go together are the line's fault.

        They are if they do not under every layout that fits the document, if most of its lines have a shape, and if
        the document declares how many axes the line's names have, or one side is an entry and the other is none.
        """
        if applied_to_name(line.left) is not None:
            return False  # σ'(x) = 1 for x > 0: the x of a function is a variable of its own
        if line.left.kind == "product" and len(line.left.parts) == 2 and line.left.nodes[1].kind == "group" and (
                written(line.left.nodes[0]) is not None and is_call(line.left.nodes[1])):
            return False  # s(F_i) = ‖F_i‖ is what a function without a formula is there
        if self._holds_for_one_number(line):
            return False
        if names & self.also_numbers or self._is_slope_of_each_entry(line) and not any(
                self.layouts[0].axes.get(key) == 2 for key in names):
            return False
        if self._has_bars_around_a_vector(line):
            return False  # the absolute value of each entry may be meant
        if self._is_first_of_its_label(line):
            return False  # h_A = max(0, x_1) beside a vector h
        own = [name.stem for side in (line.left, line.right) if (name := written(side)) is not None]
        if len(own) == 2 and own[0] == own[1]:
            return False  # π_T = π: the last one of several is the one that was asked for
        if printed(line.right) is not None or _is_between_numbers(line.right):
            return False  # a vector of one entry is often written as that number
        if self._is_said_to_be_a_number(line) or self._has_plain_letters(line, names):
            return False
        raised = [s for side in (line.left, line.right) for n in nodes(side) if n.kind == "scripts"
                  for mark, s in scripts_of(n) if mark == "^" and s is not None]
        if "T" in self.words.sizes | self.names.index_names and any(text_of(s) == "T" for s in raised):
            return False  # h_T = w^T h_0: a power, where T is the last step
        fails = 0
        for layout in self.layouts:
            try:
                Whole(self._meaning(line), layout).sides(line.left, line.right)
            except BatchError:
                return False
            except ShapeError:
                fails += 1
            except SymcnnError:
                return False
        # Of derivatives, the layout is a matter of taste.
        derives = any(t.text in DERIVES for side in (line.left, line.right) for t in side.tokens)
        vectors = {key for key in names if self.layouts[0].axes.get(key)}
        if not derives and vectors and vectors <= self.layouts[0].declared and len(vectors) == len(names):
            return fails == len(self.layouts)
        shaped = self.layouts[0].shaped
        layout = self.layouts[0]
        settled = self._follow_from_declared(names) or (
            self._has_a_loose_index(line) and all(key in layout.firm or key[1] or key[0] in self.words.losses
                                                  for key in names))
        return fails == len(self.layouts) and settled and shaped[0] >= 3 * (shaped[1] - shaped[0]) > 0

    def _follow_from_declared(self, names: Set[Key]) -> bool:
        """Whether the axes of all these names are declared, or follow: those of δ = ∂L/∂y from y = W x, x ∈ ℝⁿ."""
        layout = self.layouts[0]
        settled = set(layout.declared)
        if not settled or not any(self._is_settled(key, settled) for key in names if layout.axes.get(key)):
            return all(self._is_settled(key, settled) for key in names)
        for line in self.reading.lines:
            if line.first and line.relation in EQUALS and not names <= settled:
                alone, formula = Whole(self._meaning(line), layout), Whole(self._meaning(line), layout)
                with suppress(SymcnnError):
                    formula.sides(line.left, line.right)
                    alone.sides(line.left, line.left)
                    if len(alone.seen) == 1 and written(line.left) is not None and all(
                            self._is_settled(key, settled) for key in formula.seen - alone.seen):
                        settled |= alone.seen
        return all(self._is_settled(key, settled) for key in names)

    def _is_settled(self, key: Key, settled: Set[Key]) -> bool:
        return key in settled or key[0] in self.words.losses

    def _is_said_to_be_a_number(self, line: Line) -> bool:
        r"""Whether the chain of a line ends with "∈ ℝ": e_i = qᵀ k_i ∈ \mathbb{R} beside e_t ∈ \mathbb{R}^N."""
        return any(other.relation == "∈" and other.span is line.span and other.start >= line.start
                   and text_of(other.right).strip(" {}").strip()[-1:] in ("R", "ℝ") and other.right.kind != "scripts"
                   for other in self.reading.lines)

    def _has_plain_letters(self, line: Line, names: set[Key]) -> bool:
        """Whether a line writes b for a name that is declared to be a vector, or a matrix, in bold: 𝐛."""
        bold = {name for name, axes in names if self.layouts[0].axes.get((name, axes)) and name in self.names.bold}
        return any(found.stem in bold and not any(t.text in BOLD for t in node.tokens)
                   for side in (line.left, line.right) for node in nodes(side)
                   if node.kind in ("name", "scripts") and (found := written(node)) is not None
                   and not (node.kind == "name" and self._is_set_in_bold(side, node)))

    def _is_set_in_bold(self, side: Node, name: Node) -> bool:
        return any(part.kind == "command" and part.head in BOLD and any(n is name for n in nodes(part))
                   for part in nodes(side))

    @cached_property
    def also_numbers(self) -> set[Key]:
        """The names that a document declares as numbers, x ∈ ℝ, wherever else it has vectors of the same letter."""
        return {(name.stem, 0) for r in (self.reading, *self.givens) for line in r.lines
                if line.relation == "∈" and "".join(t.text for t in line.right.tokens) in REALS
                for node in (line.left, *listed(r, line)) if (name := written(node)) is not None}

    def _is_slope_of_each_entry(self, line: Line) -> bool:
        """Whether a line gives the slope of a function of each entry, dz/dx = f'(x), and not a Jacobian."""
        head = line.left.nodes[0] if line.left.kind == "product" else line.left
        if head.kind != "command" or not head.head.endswith("frac") or len(head.nodes) != 2:
            return False
        of, by = (differential(n) for n in head.nodes)
        name = None if of is None or by is None else written(by)
        above = None if of is None or of == EMPTY else written(of)
        return name is not None and self.layouts[0].axes.get((name.stem, 0)) == 1 and (
            of == EMPTY or above is not None and self.layouts[0].axes.get((above.stem, 0)) == 1)

    def _is_first_of_its_label(self, line: Line) -> bool:
        """Whether a line introduces a name with a label, of which the document has not spoken before."""
        name = written(line.left)
        said = "".join(t.text for t in line.left.tokens)
        return line.first and name is not None and bool(name.lower) and not name.inside and not any(
            "".join(t.text for t in n.tokens) == said for tree in self.trees for n in nodes(tree)
            if n.kind == line.left.kind and n.start < line.left.start)

    def _has_a_loose_index(self, line: Line) -> bool:
        """Whether an index stands on one side alone and nothing binds it there: x δ_j for ∂L/∂W."""
        if any(node.kind == "big" for side in (line.left, line.right) for node in nodes(side)):
            return False
        meaning = self._meaning(line)
        left, right = ({str(letter) for node in nodes(side) if (found := written(node)) is not None
                        for letter in _letters(meaning, found)} & self.names.index_names - self.names.labels
                       for side in (line.left, line.right))
        return left != right

    def _gathered(self, line: Line, left: Expression, right: Expression) -> tuple[Expression, Expression]:
        """dW += … gathers what each step or sample gives: the right side summed over the indices the left lacks."""
        loose = tuple(sorted(free_indices(right) - free_indices(left)))
        if line.relation == "+=" and loose and isinstance(left, Read) and left.tensor.gradient_of is not None:
            return left, Sum(tuple(map(Range, loose)), right)
        return left, right

    def _sides(self, line: Line) -> tuple[Expression, Expression]:
        """Both sides of a line as formulas."""
        whole = self._whole(line)
        if whole is not None:
            return whole
        meaning = self._meaning(line)
        return self._entrywise(meaning.value(line.left), meaning.value(line.right))

    def _over_both(self, meaning: Meaning, line: Line, left: Expression, right: Expression,
                   ) -> tuple[Expression, Expression]:
        """Σ_{i≠j} sums over both indices where the other side of the line has no j, otherwise over i alone."""
        if free_indices(left) == free_indices(right) or not any(r"\ne" in t.text or t.text == "≠" for s in (
                line.left, line.right) for t in s.tokens):
            return left, right
        meaning.unequal_binds_both = True
        both = meaning.value(line.left), meaning.value(line.right)
        return both if free_indices(both[0]) == free_indices(both[1]) else (left, right)

    def _entrywise(self, left: Expression, right: Expression) -> tuple[Expression, Expression]:
        """A line between whole tensors, δ = ∂L/∂z, as one between their entries, if all have the same axes."""
        reads = {n for side in (left, right) for n in walk(side) if isinstance(n, Read)}
        stems = {self._whole_name(n.tensor) for n in reads if not n.indices}
        if len(stems) != len(reads) or not reads or any(n.indices for n in reads):
            return left, right
        if any(n.tensor in known.definitions for n in reads for known in (self.known, self.later)):
            return left, right  # y = Σ_i w_i x_i is a number, also beside the outputs y_l of layers
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
                loss, _ = node.tensor.gradient_of
                return Read(self.words.tensor(self._whole_name(node.tensor), len(indices)).gradient(loss), indices)
            return Read(self.words.tensor(self._whole_name(node.tensor), len(indices)), indices)
        return rebuild(node, tuple(self._lifted(c, indices) for c in children(node)))

    def _whole_name(self, tensor: Tensor) -> str:
        """The name of a tensor without indices, or of what it is the gradient for, as its entries have it."""
        return self.words.base(tensor.gradient_of[1] if tensor.gradient_of else tensor.name, 0)


def _is_softmax(side: Node) -> bool:
    return side.kind in ("product", "function") and len(side.nodes) == 2 and (
        word_of(side.nodes[0]) in SOFTMAX and side.nodes[1].kind == "group")


def _is_softmax_of_entries(line: Line) -> bool:
    """Whether a line is softmax(x_i) = e^{x_i} / Σ_j e^{x_j}: of the x_i as numbers, also where they are vectors."""
    if not _is_softmax(line.left) or not _sums_exponentials(line.right):
        return False
    argument = [t.text for t in line.left.nodes[1].tokens][1:-1]
    sums = [n for n in nodes(line.right) if n.kind == "big" and n.nodes[0].head in (r"\sum", "∑")]
    over = next((t.text for t in sums[0].nodes[0].tokens if t.kind == "word"), "")
    return any(
        place and argument[place - 1] in ("_", "{") and letter.isalpha() and letter != over and _holds(
            sums[0], [*argument[:place], over, *argument[place + 1:]]) and _holds(line.right, argument)
        for place, letter in enumerate(argument))


def _holds(node: Node, wanted: Sequence[str]) -> bool:
    """Whether signs stand one behind the other in a formula."""
    texts = [t.text for t in node.tokens]
    return any(texts[place:place + len(wanted)] == list(wanted) for place in range(len(texts)))


def _sums_exponentials(side: Node) -> bool:
    return any(n.kind == "big" and n.nodes[0].head in (r"\sum", "∑") and any(
        t.text in (r"\exp", "exp", "e") for t in n.tokens) for n in nodes(side))


def _letters(meaning: Meaning, found: Written) -> frozenset[Symbol]:
    """The letters in the indices of a name; none in a subscript that is part of the name, as in W_{xh}."""
    try:
        place, _ = meaning.place(found)
    except SymcnnError:
        return frozenset()
    return frozenset().union(*(index.symbols for index in place.indices))


def _is_between_numbers(side: Node) -> bool:
    """Whether a side has numbers and signs alone, as 0.5 ⊙ 0."""
    kinds = {t.kind for t in side.tokens}
    return "number" in kinds and "word" not in kinds and "rows" not in {n.kind for n in side.below}
