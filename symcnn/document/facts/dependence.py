"""How the names of a document depend on each other: definitions, and the chain rule they give."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import cache, cached_property

from symcnn.document.facts.extents import needed, without_circles
from symcnn.document.facts.inside import with_names
from symcnn.document.facts.known import DependenceError, Known
from symcnn.document.facts.open_rates import in_full, inner_functions
from symcnn.document.facts.onward import is_backward, is_forward, of_one_step
from symcnn.document.facts.stated import Bounds, Place
from symcnn.document.facts.supposed import Supposed
from symcnn.document.facts.symmetry import symmetrized
from symcnn.document.facts.ways import are_apart, idle_readers, unread_between
from symcnn.document.meaning.labels import LAST, Label, family, label_of, relabelled
from symcnn.document.meaning.matrices import Matrix
from symcnn.document.meaning.scripts import Vocabulary
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.reading.forms import MeaningError, constant, identifier, with_value
from symcnn.kernel.derivative import derivative
from symcnn.notation.expression import (
    UNBOUNDED, Axis, Bracket, Definition, Derivative, Expression, Multiply, Read, Tensor, children,
    expression, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import made_of, replace_reads, sizes_in, substitute, tensors_in, total, within_axes


MOST_STEPS = 12


def _beside(node: Derivative, known: Mapping[Tensor, Definition], seen: Iterable[Tensor], *,
            alone: bool = False) -> bool:
    """Whether a formula reads x_1 and x_2, and the derivative is by x_3: then it is 0.

    With two numbers, x_{11} and x_{21}, or `alone`, the formula must read nothing else that has no formula: another
    name may be made of x_{21}.
    """
    numbered = re.compile(r"(.+?)(?:_\d+)+")
    by = numbered.fullmatch(node.by.tensor.name)
    if by is None or node.by.indices or not isinstance(node.expression, Read) or node.expression.tensor not in known:
        return False
    unknown = [t for t in seen if t not in known and t != node.by.tensor]
    others = [numbered.fullmatch(t.name) for t in unknown if not t.axes]
    if (alone or by[0] != f"{by[1]}_{by[0].rsplit('_', 1)[1]}") and not (
            len(others) == len(unknown) and all(other is not None and other[1] == by[1] for other in others)):
        return False
    return any(other is not None and other[1] == by[1] for other in others)


class Dependence:
    """What is known of a document's names: now (`known`), and from its whole text (`later`)."""

    supposed: Supposed

    def __init__(self, words: Vocabulary) -> None:
        self.words, self.names = words, words.names
        self.known, self.later = Known(), Known()
        self.rates: set[tuple[str, Tensor]] = set()
        self.read_names: set[str] = set()
        self.labels: frozenset[Label] = frozenset()
        self.standard: dict[Tensor, tuple[str, Definition]] = {}
        self.passed: set[Tensor] = set()
        self.ways: dict[tuple[str, str], set[frozenset[str]]] = {}
        """Through what names lines say that a gradient goes, each line by itself."""
        self.incomplete: dict[Tensor, frozenset[str]] = {}
        """Gradients by a chain rule over some of the ways to the loss, and through what there may be others."""
        self.idle: dict[Tensor, frozenset[str]] = {}
        """Gradients by a chain rule without ways that lead nowhere, and what these go through."""
        self.symmetric: set[str] = set()
        self.always_symmetric: set[str] = set()
        self.symmetric_in: list[tuple[range, set[str]]] = []
        self.bounds = Bounds()
        self.stretched = False
        self.tabulated: Mapping[Tensor, Definition] | None = None
        self.settled: Mapping[Tensor, Definition] | None = None
        self.inside: Mapping[Tensor, Definition] | None = None

    def _require_dependence(self, left: Expression, right: Expression) -> None:
        """MeaningError for a derivative of what does not depend on the variable by what the document says."""
        known = self._definitions()
        bodies = [left, right]
        for body in bodies:
            bodies += [known[t].body for t in tensors_in(body) if t in known and known[t].body not in bodies]
        for node in (n for body in bodies for n in walk(body) if isinstance(n, Derivative)):
            seen = set(tensors_in(node.expression))
            pending = [t for t in seen if t != node.by.tensor]
            while pending:
                tensor = pending.pop()
                more = set(tensors_in(known[tensor].body)) - seen if tensor in known else set()
                seen |= more
                pending += [t for t in more if t != node.by.tensor]
            if node.by.tensor not in seen and not _beside(node, known, seen):
                raise DependenceError(f"how {node.expression} depends on {node.by.tensor.name} is not said")

    def _choices(self, left: Expression, right: Expression) -> list[tuple[Definition, ...]]:
        """The definitions to prove with: what is differentiated by is a variable, gradients follow the chain rule."""
        with temporarily(self, settled=self._definitions(), inside=None):  # nothing is learnt meanwhile
            return self._chosen(left, right)

    def _chosen(self, left: Expression, right: Expression) -> list[tuple[Definition, ...]]:
        everything = (left, right)
        slopes = [n for side in everything for n in walk(side) if isinstance(n, Derivative)]
        variables = {n.by.tensor for n in slopes}
        base = {t: d for t, d in self._definitions().items() if t not in variables}
        base |= {t: d for t, d in self._instances(base, everything).items() if t not in variables}
        stated = {t for side in everything for t in tensors_in(side) if t.gradient_of}
        on_left = [t for t in tensors_in(left) if t.gradient_of]
        on_right = [t for t in tensors_in(right) if t.gradient_of]
        choices: list[tuple[Definition, ...]] = []
        direct = {n.expression.tensor for n in slopes if isinstance(n.expression, Read)}
        read = {t for z in direct & base.keys() for t in tensors_in(base[z].body)}
        if direct and variables <= read and not on_left and not on_right:
            # ∂Z/∂X with all that Z is made of held fixed, but for X, which its own formula reads.
            choices.append(tuple(d for t, d in base.items() if t in direct))
        chain_rule = cache(lambda gradient: self._chain_rule(gradient, stated - {gradient}))
        for gradients in dict.fromkeys((tuple(t for t in on_left if t not in on_right), tuple(on_left),
                                        (*on_left, *on_right))):
            chosen = dict(base)
            waiting, done = list(gradients), set(on_left) | set(on_right)
            while waiting:
                gradient = waiting.pop()
                chain = chain_rule(gradient)
                if chain is not None and gradient not in tensors_in(chain.body):
                    chosen[gradient] = chain
                    more = [t for t in tensors_in(chain.body) if t.gradient_of and t not in done]
                    done |= set(more)
                    waiting += more
            made = without_circles(needed(tuple(chosen.values()), everything), on_left)
            if made not in choices:
                choices.append(made)
        return choices

    def left_out(self, gradients: Iterable[Tensor], left: Expression) -> str:
        """Why gradients may not be all that they are said to be; empty if they are.

        A state at the last step, h_T, is in no state behind it.
        """
        last = {n.tensor for n in walk(left) if isinstance(n, Read) and any(
            (s := i.as_symbol) is not None and s.is_size for i in n.indices)}
        for gradient in gradients:
            assert gradient.gradient_of is not None
            variable = self._variable(gradient)
            name = variable.name.partition("__")[0]
            if through := self.incomplete.get(gradient, frozenset()) - ({name} if gradient in last else set()):
                way = min(through) if min(through) != name else f"another step of {name}"
                return f"{gradient.gradient_of[0]} may depend on {name} through {way}, too"
        return ""

    def not_by_way_of(self, gradients: Iterable[Tensor]) -> tuple[str, ...]:
        """What is assumed of gradients from which ways were left out that lead nowhere."""
        return tuple(f"{of[0]} does not depend on {of[1].partition('__')[0]} through {name}" for g in gradients
                     if (of := g.gradient_of) is not None for name in sorted(self.idle.get(g, ())))

    # Layers.

    def look_at(self, *sides: Expression) -> None:
        """Take note of the layers that a line speaks of: others are left alone."""
        found = {label for side in sides for t in tensors_in(side) if (label := label_of(t.name)) is not None}
        self.labels = frozenset(n for label in found for n in label.neighbours)

    def _at_layer(self, definition: Definition, letter: str, stands_for: Label) -> Definition:
        """The definition with another label in place of a letter."""
        def tensor(t: Tensor) -> Tensor:
            if t.gradient_of is not None:
                loss, stem = t.gradient_of
                base = self.words.base(stem, len(t.axes))
                return self.words.tensor(relabelled(base, letter, stands_for), len(t.axes)).gradient(loss)
            base = self.words.base(t.name, len(t.axes))
            return self.words.tensor(relabelled(base, letter, stands_for), len(t.axes))

        def visit(node: Expression) -> Expression:
            return Read(tensor(node.tensor), node.indices) if isinstance(node, Read) else rebuild(
                node, tuple(visit(c) for c in children(node)))

        sizes = {s: polynomial(Symbol(relabelled(s.name, letter, stands_for), s.lower))
                 for s in sizes_in(definition.body) if label_of(s.name) is not None}
        return Definition(tensor(definition.tensor), definition.indices, substitute(visit(definition.body), sizes))

    def _instances(self, known: Mapping[Tensor, Definition], sides: Iterable[Expression]) -> dict[Tensor, Definition]:
        """Definitions of other layers, for the tensors of a line that have none of their own."""
        made: dict[Tensor, Definition] = {}
        for tensor in {t for side in sides for t in tensors_in(side)} - known.keys():
            wanted = label_of(tensor.name)
            if wanted is None or tensor.gradient_of is not None:
                continue
            for other, definition in sorted(known.items(), key=lambda item: item[0].name.split("_up_")[-1][:1] in LAST):
                label = label_of(other.name)
                if label is None or tensor in made or len(other.axes) != len(tensor.axes):
                    continue
                if self._is_template(definition, label) and (
                        family(self.words.base(other.name, len(other.axes)))
                        == family(self.words.base(tensor.name, len(tensor.axes)))):
                    shift = Label(wanted.letter, wanted.offset - label.offset)
                    instance = self._at_layer(definition, label.letter, shift)
                    if instance.tensor == tensor:
                        made[tensor] = instance
        return made

    def _recurrent(self) -> dict[Tensor, Definition]:
        """Formulas of a name at one step from the step before; the first one counts."""
        result: dict[Tensor, Definition] = {}
        for equation in (e for known in (self.known, self.later) for es in known.recurrences.values() for e in es):
            if (step := of_one_step(equation)) is not None:
                result.setdefault(step.tensor, step)
        return result

    def _is_template(self, definition: Definition, label: Label) -> bool:
        """Whether a definition for one label holds for the others: not if it may speak of the last layer only."""
        if not label.letter or label.letter not in LAST:
            return bool(label.letter)
        inner = [label_of(t.gradient_of[1] if t.gradient_of else t.name) for t in tensors_in(definition.body) if t.axes]
        return all(other is not None and other.letter == label.letter for other in inner)

    def _with_names(self) -> Mapping[Tensor, Definition]:
        """The formulas and recurrences, with the names of what stands inside of them: the chain rule goes by these."""
        if self.settled is None:
            return with_names(self._definitions(), self._recurrent(), is_forward)
        if self.inside is None:
            self.inside = with_names(self._definitions(), self._recurrent(), is_forward)
        return self.inside

    def _formulas_with_names(self) -> dict[Tensor, Definition]:
        """The formulas alone, with the names of what stands inside of them."""
        with_those_inside = self._with_names()
        return {t: with_those_inside[t] for t in self._definitions()}

    def _errors(self) -> set[Tensor]:
        """The names that are about gradients by a formula, d_j = ∂C/∂s_j, whatever else is said of them."""
        return {t for t, d in self._definitions().items() if is_backward(d)}

    def _readers(self, variable: Tensor) -> dict[Tensor, Definition]:
        """The definitions that read a tensor, those of other layers included."""
        errors = self._errors()
        known = {t: d for t, d in self._with_names().items() if t not in errors and not is_backward(d)}
        found = {t: d for t, d in known.items() if variable in tensors_in(d.body) or self._inner_functions(
            d.body, variable)}
        wanted = label_of(variable.name)
        if wanted is None:
            return found
        for definition in known.values():
            for read in tensors_in(definition.body):
                label = label_of(read.name)
                if label is None or not self._is_template(definition, label) or read.gradient_of is not None or (
                        label == wanted) or (
                        family(self.words.base(read.name, len(read.axes)))
                        != family(self.words.base(variable.name, len(variable.axes)))):
                    continue
                instance = self._at_layer(definition, label.letter, Label(wanted.letter, wanted.offset - label.offset))
                if variable in tensors_in(instance.body) and instance.tensor not in known and (
                        label_of(instance.tensor.name) in self.labels):
                    found[instance.tensor] = instance
        return found

    def _on_the_way(self, loss: str, found: Mapping[Tensor, Definition], stated: Set[Tensor],
                    ) -> dict[Tensor, Definition]:
        """Those of some tensors that a loss depends on by its formula; without one, all but what nobody reads.

        That is numbers, and other orders of the same entries, such as a kernel turned round.
        """
        seen = self._below(loss)
        if seen is None:
            known = self._formulas_with_names()
            read = {t for d in known.values() if not is_backward(d) for t in tensors_in(d.body)}
            kept = {t: d for t, d in found.items() if t in read or t.name == loss or t.axes and (
                not isinstance(d.body, Read) or t.gradient(loss) in stated)}
        else:
            kept = {t: d for t, d in found.items() if t in seen}
        # Another loss, of the same things by a formula of its own, is no step on the way.
        return kept or {t: d for t, d in found.items() if t.name == loss or t.name not in self.words.losses}

    def _below(self, loss: str) -> set[Tensor] | None:
        """What a loss is made of by its formula, and by the formulas of that; None where it has no formula."""
        known = self._formulas_with_names()
        formula = next((d for t, d in known.items() if t.name == loss and not t.axes), None)
        if formula is None:
            return None
        return {formula.tensor} | made_of({formula.tensor}, known)

    def _are_related(self, loss: str, name: str) -> bool:
        """Whether one of two names may be made of the other: not if both have formulas without each other."""
        known = self._definitions()
        reads = []
        for one in (loss, name):
            formula = next((d for t, d in known.items() if t.name == one and not t.axes), None)
            if formula is None:
                return True
            bodies = [d.body for d in needed(tuple(known.values()), [formula.body])]
            reads.append({t.name for body in (formula.body, *bodies) for t in tensors_in(body)})
        return name in reads[0] or loss in reads[1]

    def unaliased(self, node: Expression) -> Expression:
        """A formula with gradients in place of the names that stand for them, such as δ = ∂L/∂z."""
        known = self._definitions()
        known |= self._instances(known, (node,))

        def visit(part: Expression) -> Expression:
            if isinstance(part, Read) and part.tensor.gradient_of is not None:
                loss, variable = part.tensor.gradient_of
                if (other := self.of_other_case.get((variable, len(part.indices)))) is not None:
                    return Read(other.gradient(loss), part.indices)
            if isinstance(part, Read) and part.tensor in known:
                body = known[part.tensor].body
                if isinstance(body, Read) and body.tensor.gradient_of is not None:
                    return substitute(body, dict(zip(known[part.tensor].indices, part.indices, strict=True)))
            return rebuild(part, tuple(visit(c) for c in children(part)))

        return visit(node)

    def unrolled(self, left: Expression, right: Expression) -> Expression:
        """A gradient that goes back through time, one step of it written out: ∂J/∂h[t] by ∂J/∂h[t + 1]."""
        if not isinstance(left, Read) or left.tensor.gradient_of is None or not self._recurrent():
            return left
        with temporarily(self, settled=self._definitions(), inside=None):  # nothing is learnt meanwhile
            return self._one_step_back(left, right)

    def _one_step_back(self, left: Read, right: Expression) -> Expression:
        stated = {t for t in tensors_in(right) if t.gradient_of}
        chain = self._chain_rule(left.tensor, stated)
        if chain is not None and left.tensor in tensors_in(right) and left.tensor not in tensors_in(chain.body):
            # By way of one other gradient, as ∂J/∂a[t] goes by ∂J/∂h[t] to ∂J/∂a[t + 1].
            between = [self._chain_rule(t, stated) for t in tensors_in(chain.body)
                       if t.gradient_of is not None and t not in stated]
            ways = [way for way in between if way is not None and left.tensor in tensors_in(way.body)]
            chain = Definition(chain.tensor, chain.indices, replace_reads(chain.body, ways))
        if chain is None or left.tensor not in tensors_in(chain.body):
            return left
        return substitute(chain.body, dict(zip(chain.indices, left.indices, strict=True)))

    def _definitions(self) -> dict[Tensor, Definition]:
        if self.settled is not None:
            return dict(self.settled)
        result = dict(self.known.definitions)
        for tensor, definition in self.later.definitions.items():
            if tensor not in self.known.anew | self.known.unread:  # what it is further down, it need not be here
                result.setdefault(tensor, definition)
        for tensor, (_, definition) in self.standard.items():
            result.setdefault(tensor, definition)
        if self.of_slopes:
            for known in (self.known, self.later):
                for tensor, worked in known.worked.items():
                    if worked is not None and self.later.worked.get(tensor, worked) == worked:
                        result.setdefault(tensor, worked)
        for tensor, pieces in self.known.entries.items():
            if tensor not in result and (self.complete(tensor) or tensor in self.only_known):
                indices = tuple(Symbol(f"e{n}") for n in range(len(tensor.axes)))
                body: Expression = expression(0)
                for piece in pieces:
                    body = body + piece.body
                result[tensor] = Definition(tensor, indices, body)
        if self.tabulated is not None:
            result.update((t, d) for t, d in self.tabulated.items() if t not in self.known.definitions)
        for name, matrix in self.known.matrices.items() if self.tabulated is None else ():
            given = self._entries_of(name, matrix)
            if given is not None and given.tensor not in self.known.definitions:
                result[given.tensor] = given
        kept = result if not self.known.other_meaning and not self.in_question else {
            t: d for t, d in result.items() if t not in self.known.other_meaning and t not in self.in_question}
        if self.stretched:
            made = [Definition(self.with_axes_of(d.tensor), d.indices, self.with_axes(d.body)) for d in kept.values()]
            kept = {d.tensor: d for d in made}
        if not self.symmetric:
            return kept
        return {t: Definition(t, d.indices, symmetrized(d.body, self.symmetric)) for t, d in kept.items()}

    @contextmanager
    def with_other_axes(self, others: Mapping[Place, Axis]) -> Iterator[None]:
        """These axes in place of those that are known, for as long as this lasts."""
        with temporarily(self.words, axes={**self.words.axes, **others}), temporarily(self, stretched=True):
            yield

    def longer(self, places: Iterable[Place]) -> AbstractContextManager[None]:
        """These axes one entry longer at both ends."""
        axes = {place: self.words.axes[place] for place in places}
        return self.with_other_axes({place: Axis(a.base - 1, a.coefficient, a.upper + 1) for place, a in axes.items()
                                     if a.base is not None and a.upper is not None})

    def opened(self, places: Iterable[Place]) -> AbstractContextManager[None]:
        """These axes without a known range."""
        return self.with_other_axes(dict.fromkeys(places, UNBOUNDED))

    def with_axes(self, node: Expression) -> Expression:
        """A formula with the axes that its names have now."""
        if isinstance(node, Read):
            return Read(self.with_axes_of(node.tensor), node.indices)
        return rebuild(node, tuple(self.with_axes(c) for c in children(node)))

    def with_axes_of(self, tensor: Tensor) -> Tensor:
        name = tensor.gradient_of[1] if tensor.gradient_of else tensor.name
        return replace(tensor, axes=tuple(self.words.axes.get((name, n), a) for n, a in enumerate(tensor.axes)))

    def taken_as_standard(self, definitions: Iterable[Definition], sides: Iterable[Expression]) -> tuple[str, ...]:
        """The definitions that a claim rests on and the document does not write, with the names of their layers."""
        own = self.known.definitions.keys() | self.later.definitions.keys()
        rests_on = {d.tensor for d in needed(tuple(definitions), sides)} | self.passed
        return tuple(f"{title}: {Read(d.tensor, tuple(map(polynomial, d.indices)))} = {d.body}"
                     for t, (title, d) in self.standard.items() if t in rests_on and t not in own)

    def held_fixed(self, node: Expression) -> Expression:
        """A formula with gradients and ∂Z/∂X where each ∂Z/∂X is taken of Z's own formula, all but X held fixed."""
        known = self._definitions()
        if not any(isinstance(n, Read) and n.tensor.gradient_of for n in walk(node)):
            return node

        def visit(part: Expression) -> Expression:
            if isinstance(part, Derivative) and isinstance(of := part.expression, Read) and of.tensor in known:
                formula = known[of.tensor]
                body = substitute(formula.body, dict(zip(formula.indices, of.indices, strict=True)))
                if part.by.tensor in tensors_in(body):
                    return derivative(body, part.by, {})
            return rebuild(part, tuple(visit(c) for c in children(part)))

        return visit(node)

    fixed: Mapping[Symbol, Polynomial] = {}
    """Indices of formulas that have one value, so that a gradient is what passes through them there."""
    of_slopes = False
    """Whether the line at hand is about derivatives, for which the formula of a number counts and not its value."""
    in_question: frozenset[Tensor] = frozenset()
    """Names whose own formula is the claim: it proves nothing."""

    def by_recurrence(self, read: Read) -> Expression | None:
        """An entry such as s[2] by its recurrence and the entries it begins with; None where it does not end."""
        rule = self._recurrent().get(read.tensor)
        if rule is None or not all(i.is_constant for i in read.indices):
            return None
        given = {e.entry: e for e in self.known.entries.get(read.tensor, [])}

        def visit(node: Expression, depth: int) -> Expression:
            if isinstance(node, Read) and node.tensor == read.tensor:
                if node.indices in given and depth:
                    return given[node.indices].value
                if depth > MOST_STEPS or not all(i.is_constant for i in node.indices):
                    raise MeaningError("the recurrence does not end")
                # s[t + 1] = …: the step that gives this entry.
                steps = zip(rule.indices, rule_at, node.indices, strict=True)
                at = {s: value - (index - s) for s, index, value in steps}
                return visit(substitute(rule.body, at), depth + 1)
            return rebuild(node, tuple(visit(c, depth) for c in children(node)))

        rule_at = [polynomial(s) for s in rule.indices]
        try:
            return visit(read, 0)
        except MeaningError:
            return None

    def _entries_of(self, name: str, matrix: Matrix) -> Definition | None:
        """A matrix of numbers as the entries of a tensor that the document reads with two indices."""
        if 2 not in self.words.others.get(family(identifier(name)), frozenset()):
            return None
        numbers = [[constant(e) for e in row] for row in matrix.rows]
        if any(n is None for row in numbers for n in row):
            return None
        tensor = self.words.tensor(identifier(name), 2)
        known = [self.words.axes.get((tensor.name, n)) for n in range(2)]
        bases = [polynomial(0 if name in self.names.bracketed else 1) if a is None or a.base is None else a.base
                 for a in known]
        indices = (Symbol("row"), Symbol("column"))
        body: Expression = expression(0)
        for i, row in enumerate(numbers):
            for j, value in enumerate(row):
                if value:
                    here = tuple(polynomial(s) - b - n for s, b, n in zip(indices, bases, (i, j), strict=True))
                    body = body + expression(value) * Bracket(here)
        return Definition(tensor, indices, body)

    @cached_property
    def of_other_case(self) -> dict[tuple[str, int], Tensor]:
        """Names that the document only differentiates by, ∂L/∂w_{ij}, for those that its formulas read, W_{ij}."""
        found = {}
        for variable in {t for _, t in self.rates if t.axes and t.name not in self.read_names}:
            base = self.words.base(variable.name, len(variable.axes))
            other = self.words.tensor(base.swapcase(), len(variable.axes))
            if len(base) == 1 and other.name in self.read_names and variable not in self._definitions():
                found[variable.name, len(variable.axes)] = other
                self.words.notes[f"`{base}` differentiated by is `{base.swapcase()}`"] = None
        return found

    def _is_loss(self, name: str) -> bool:
        """Whether a scalar is a loss: it is differentiated, but no formula reads it."""
        return name not in self.read_names or name in self.words.losses or any(
            t.name == name for t in self._definitions())

    only_known: frozenset[Tensor] | set[Tensor] = frozenset()
    every_way = False
    """Whether a gradient goes by all ways to its loss, though the line states those behind some of them only."""

    def _reads_known_entries(self, tensor: Tensor, sides: Iterable[Expression]) -> bool:
        """Whether a claim reads a tensor, or its gradient, but only where its entries are known one by one.

        A gradient may go through entries of which the document does not speak, unless those it gives fill a box.
        """
        known = {d.entry for d in self.known.entries[tensor]}
        reads = [n for side in sides for n in walk(side) if isinstance(n, Read) and n.tensor == tensor]
        if not reads and self._fill_a_box(tensor):
            reads = [n for side in sides for n in walk(side) if isinstance(n, Read)
                     and n.tensor.gradient_of is not None and n.tensor.gradient_of[1] == tensor.name
                     and len(n.indices) == len(tensor.axes)]
        return bool(reads) and all(r.indices in known for r in reads)

    def _fill_a_box(self, tensor: Tensor) -> bool:
        """Whether the entries given are all from a first one on: y_11, y_12, y_21 and y_22."""
        known = {tuple(i.constant for i in e.entry) for e in self.known.entries[tensor]}
        places = [sorted(set(column)) for column in zip(*known, strict=True)]
        return len(known) > 1 and len(known) == math.prod(map(len, places)) and all(
            ps[0] in (0, 1) and ps[-1] - ps[0] == len(ps) - 1 for ps in places)

    def complete(self, tensor: Tensor) -> bool:
        """Whether every entry of a tensor that is given entry by entry is known."""
        extents = [a.extent for a in tensor.axes]
        if any(e is None or not e.is_constant for e in extents):
            return False
        known = [e.entry for e in self.known.entries[tensor] if all(
            i.is_constant and a.base is not None and a.upper is not None and (a.base - i).constant <= 0
            and (i - a.upper).constant <= 0 for i, a in zip(e.entry, tensor.axes, strict=True))]
        return math.prod(int(e.constant) for e in extents if e is not None) == len(known)

    def _variable(self, gradient: Tensor) -> Tensor:
        assert gradient.gradient_of is not None
        return Tensor(gradient.gradient_of[1], gradient.axes)

    def _chain_rule(self, gradient: Tensor, stated: set[Tensor]) -> Definition | None:
        """∂J/∂T[q] = Σ over the tensors Z that read T of Σ_o ∂J/∂Z[o] ∂Z[o]/∂T[q]; None if none is known.

        If the line states gradients of some of these Z, it speaks of those only, and of their kin: of z_2 beside z_1.
        That others are left out is noted: such a sum is not proved to be all of the gradient.
        """
        assert gradient.gradient_of is not None
        loss, _ = gradient.gradient_of
        variable = self._variable(gradient)
        at = tuple(Symbol(f"q{n}") for n in range(len(variable.axes)))
        by = Read(variable, tuple(map(polynomial, at)))
        parts: list[Expression] = []
        readers = {t: d for t, d in self._readers(variable).items() if t.gradient_of is None}
        readers = self._on_the_way(loss, readers, stated)
        # What is made of an F without a formula is behind it, and F does not depend on it.
        made_of_it = {t for t, d in readers.items() if Tensor(loss, ()) in made_of({t}, self._definitions())} - {
            Tensor(loss, ())}
        readers = {t: d for t, d in readers.items() if t not in made_of_it}
        reached = self._below(loss) or set()
        if readers and not reached & readers.keys() and not any(t.gradient(loss) in stated for t in readers) and (
                dark := reached & (self.known.unread | self.later.unread)):
            raise DependenceError(f"how {min(t.name for t in dark)} depends on other names is not understood")
        if readers and not any(t.gradient(loss) in stated for t in readers) and loss in {
                t.name for t in self.known.unread | self.later.unread}:
            raise DependenceError(f"how {loss} depends on other names is not understood")
        open_ways = {t.name.partition("__")[0] for t in reached if t.gradient(loss) not in stated}
        between = unread_between(open_ways, self.later.mentioned | self.known.mentioned, variable, self._definitions())
        if between is not None and not any(t.gradient(loss) in stated for t in readers):
            raise DependenceError(f"how {between} depends on other names is not understood")
        if not self._is_loss(loss):
            raise MeaningError(f"how {loss} depends on {variable.name} is not said")
        shares = [t.name for t in readers if t.name.startswith(f"{loss}_") and not t.axes
                  and t.gradient(loss) not in stated]
        if shares and not any(t.name == loss for t in self._definitions()):
            raise MeaningError(f"how {loss} depends on {shares[0]} is not said")
        given = {of: rate for (of, by), rate in self.known.rates.items() if by == variable and of not in readers}
        costs = {c.name for t, d in readers.items() if t.name == loss for c in self._other_costs(d.body)}
        costs |= {c.name for d in readers.values() for c in self._inner_functions(d.body, variable)}
        others = sorted(of for of, by in self.rates if by == variable and of in self.read_names and of != loss
                        and of not in costs.union(t.name for t in (*given, *readers, *made_of_it))
                        and self._are_related(loss, of))
        if others:
            raise MeaningError(f"how {others[0]} depends on {variable.name} is not said")
        spoken_of = {by for of, by in self.rates if of == loss}
        idle, open_ones = (set(), set()) if self.every_way or self._below(loss) is not None else idle_readers(
            loss, readers, stated, self._formulas_with_names(), spoken_of)
        readers = {t: d for t, d in readers.items() if t not in idle | open_ones}
        self.idle[gradient] = frozenset(t.name.partition("__")[0] for t in idle)
        if open_ones:
            self.incomplete[gradient] = frozenset(t.name.partition("__")[0] for t in open_ones)
        if not self.every_way and any(t.gradient(loss) in stated for t in (*readers, *given)):
            known = self._formulas_with_names()
            stated_ones = [d for t, d in known.items() if t.gradient(loss) in stated]
            below = {d.tensor for d in needed(tuple(known.values()), [d.body for d in stated_ones])}
            below |= {t for t in readers if {d.tensor for d in stated_ones} & made_of({t}, known)}  # behind a skip, too
            kin = {_unnumbered(t) for t in readers if t.gradient(loss) in stated and not t.axes}
            kept = {t: d for t, d in readers.items() if t.gradient(loss) in stated or t in below or (
                not t.axes and _unnumbered(t) in kin)}
            of_stated = {t.gradient_of[1].partition("__")[0] for t in stated if t.gradient_of}
            if left_out := [name for t in readers.keys() - kept.keys() if (
                    name := t.name.partition("__")[0]) not in of_stated and not are_apart(
                    self.ways, gradient.gradient_of, name, of_stated)]:
                self.incomplete[gradient] = frozenset(left_out)
            readers = kept
            given = {t: r for t, r in given.items() if t.gradient(loss) in stated}
        for tensor, known_rate in given.items():
            indices = tuple(Symbol(f"o{n}") for n in range(len(tensor.axes)))
            places = tuple(map(polynomial, indices))
            parts.append(total(indices, Multiply((Read(tensor.gradient(loss), places),
                                                  within_axes(Read(tensor, places)),
                                                  known_rate.at(places, tuple(map(polynomial, at)))))))
        self.passed |= readers.keys()
        circles = self._definitions() | self._recurrent()
        for tensor, definition in readers.items():
            over = tuple(Symbol(f"o{n}") for n in range(len(tensor.axes)))
            places = tuple(self.fixed.get(s, polynomial(o)) for s, o in zip(definition.indices, over, strict=True))
            indices = tuple(o for s, o in zip(definition.indices, over, strict=True) if s not in self.fixed)
            body = substitute(definition.body, dict(zip(definition.indices, places, strict=True)))
            rate = derivative(body, by, {})
            for inner in self._inner_functions(body, variable) if tensor.name != loss else ():
                rate = rate + derivative(body, Read(inner, ()), {}) * Read(variable.gradient(inner.name), by.indices)
            if tensor in tensors_in(body) or tensor in made_of({tensor}, circles):
                # h[t] = tanh(…) is no definition to unfold, so its value is put in place of its formula.
                rate = with_value(rate, body, Read(tensor, places))
            if tensor.name == loss and not places:
                parts += rate, *self._of_other_costs(body, gradient, at)
            else:
                here = within_axes(Read(tensor, places))
                parts.append(total(indices, Multiply((Read(tensor.gradient(loss), places), here, rate))))
        formula = next((t for t in self._definitions() if t.name == loss and not t.axes), None)
        if not parts and formula is not None and not at:
            known, scalar = self._definitions(), Read(formula, ())
            seen = {t for d in needed(tuple(known.values()), [scalar]) for t in tensors_in(d.body)}
            if variable not in seen and _beside(Derivative(scalar, by), known, seen, alone=True):
                parts.append(expression(0))
        if not parts:
            return None
        if between is not None:
            self.incomplete[gradient] = self.incomplete.get(gradient, frozenset()) | {between}
        body = parts[0]
        for part in parts[1:]:
            body = body + part
        return Definition(gradient, at, body)

    def _inner_functions(self, body: Expression, variable: Tensor) -> set[Tensor]:
        return inner_functions(tensors_in(body), variable, self._definitions(), self.rates)

    def in_full(self, node: Expression) -> Expression:
        """A formula with ∂y/∂x + ∂y/∂F · ∂F/∂x in place of ∂y/∂x for each F without a formula that y is made of."""
        return in_full(node, self._definitions(), self.rates)

    def _of_other_costs(self, formula: Expression, gradient: Tensor, at: Iterable[Symbol]) -> Iterator[Expression]:
        """The shares of losses without formulas that the formula of a loss reads, ∂L/∂w for L̃ = L + λ w²/2."""
        for cost in self._other_costs(formula):
            yield derivative(formula, Read(cost, ()), {}) * Read(
                self._variable(gradient).gradient(cost.name), tuple(map(polynomial, at)))

    def _other_costs(self, formula: Expression) -> set[Tensor]:
        return {t for t in set(tensors_in(formula)) - self._definitions().keys()
                if t.name in self.words.losses and not t.axes and t.gradient_of is None}


def _unnumbered(tensor: Tensor) -> str:
    """The name of a number without the index that tells it from its kin: z_1 and z_2 are outputs of one layer."""
    return re.sub(r"(?:_\d+)+$", "", tensor.name)
