"""Arrays whose numbers a document writes out, X = (1, 4, 0) beside X[i + k], as definitions with their sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from symcnn.document.facts.extents import needed
from symcnn.document.meaning.labels import family
from symcnn.document.meaning.matrices import Matrix
from symcnn.document.meaning.scripts import Vocabulary
from symcnn.document.reading.forms import constant, identifier
from symcnn.notation.expression import Axis, Binder, Bracket, Definition, Expression, Read, Tensor, expression, walk
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import tensors_in

Place = tuple[str, int]


@dataclass(frozen=True)
class Tables:
    """Definitions of arrays entry by entry; the sizes that follow from how many entries there are."""

    definitions: Mapping[Tensor, Definition]
    sizes: Mapping[Symbol, Polynomial]
    firm: bool
    """Whether the document says of every axis where it begins."""
    aliases: Mapping[Tensor, Tensor]
    """Gradients with the names that stand for them and are written out."""

    def used_by(self, sides: Iterable[Expression], known: Iterable[Definition]) -> tuple[str, ...]:
        """The names of the arrays that formulas rest on, by what is known of the names in them."""
        known = tuple(known)
        sides = [*sides]
        losses = {t.gradient_of[0] for side in sides for t in tensors_in(side) if t.gradient_of}
        sides += [d.body for d in known if d.tensor.name in losses and not d.indices]
        formulas = (*sides, *(d.body for d in needed(known, sides)))
        return tuple(sorted({self.aliases.get(t, t).name for f in formulas for t in tensors_in(f)
                             if t in self.definitions}))


def tables(words: Vocabulary, matrices: Mapping[str, Matrix], known: Iterable[Definition],
           sizes: Mapping[Symbol, Polynomial]) -> Tables | None:
    """The arrays of numbers among some matrices that formulas read entry by entry; None if their sizes do not fit."""
    known = tuple(known)
    axes = shared_axes(words, known)
    found: dict[Tensor, Definition] = {}
    values = dict(sizes)
    firm = True
    for called, matrix in matrices.items():
        loss, _, name = called.removeprefix("∂").rpartition("/∂")
        arities = words.others.get(family(identifier(name)), frozenset())
        numbers = [[constant(e) for e in row] for row in matrix.rows]
        if any(n is None for row in numbers for n in row) or not arities <= {1, 2} or len(arities) != 1 or (
                1 in arities and not matrix.is_vector):
            continue
        tensor = words.tensor(identifier(name), *arities)
        shape = matrix.shape if 2 in arities else (len(matrix.entries),)
        bases = []
        for place, length in enumerate(shape):
            axis = axes.get((tensor.name, place))
            bases.append(polynomial(0 if name in words.names.bracketed or words.names.bracketed & {
                name.split("_")[0]} else 1) if axis is None or axis.base is None else axis.base)
            firm &= axis is not None
            if axis is not None and axis.upper is not None and not _fit(values, axis.upper - bases[-1] + 1 - length):
                return None
        indices = tuple(Symbol(f"entry{n}") for n in range(len(shape)))
        entries = [n for row in numbers for n in row if n is not None]
        body: Expression = expression(0)
        for at, value in enumerate(entries):
            steps = (at,) if len(shape) == 1 else divmod(at, shape[1])
            if value:
                here = tuple(polynomial(i) - base - step for i, base, step in zip(indices, bases, steps, strict=True))
                body = body + expression(value) * Bracket(here)
        whole = tensor.gradient(identifier(loss)) if loss else tensor
        found[whole] = Definition(whole, indices, body)
    aliases: dict[Tensor, Tensor] = {}
    for d in known:
        if d.tensor in found and isinstance(d.body, Read) and d.body.tensor.gradient_of is not None and (
                d.body.indices == tuple(map(polynomial, d.indices))):
            given = found[d.tensor]  # G = ∂L/∂Y with numbers for G: these are the numbers of ∂L/∂Y
            found[d.body.tensor] = Definition(d.body.tensor, given.indices, given.body)
            aliases[d.body.tensor] = d.tensor
    return Tables(found, values, firm, aliases) if found else None


def _fit(values: dict[Symbol, Polynomial], difference: Polynomial) -> bool:
    """Whether difference = 0 agrees with what sizes are; a size by which it can be solved is one more of these."""
    rest = difference
    for _ in range(len(values) + 1):
        rest = rest.substitute(values)
    if rest.is_constant:
        return rest.constant == 0
    size = next((s for s in sorted(rest.symbols) if rest.unit_coefficient(s)), None)
    if size is not None:
        values[size] = polynomial(size) - rest.unit_coefficient(size) * rest
    return True


def shared_axes(words: Vocabulary, known: Iterable[Definition]) -> dict[Place, Axis]:
    """The axes of names, those included that a formula shares with others by an index that stands bare in both."""
    known, axes = tuple(known), dict(words.axes)
    before = -1
    while before != (before := len(axes)):
        for d in known:
            mine = {i: axes[d.tensor.name, n] for n, i in enumerate(d.indices) if (d.tensor.name, n) in axes}
            bound = {r.variable for n in walk(d.body) if isinstance(n, Binder) for r in n.ranges}
            for read in (n for n in walk(d.body) if isinstance(n, Read) and n.tensor.gradient_of is None):
                for place, index in enumerate(read.indices):
                    symbol = index.as_symbol
                    if symbol is None or symbol in bound or symbol not in d.indices:
                        continue
                    if symbol in mine:
                        axes.setdefault((read.tensor.name, place), mine[symbol])
                    elif (read.tensor.name, place) in axes:
                        axes.setdefault((d.tensor.name, d.indices.index(symbol)), axes[read.tensor.name, place])
    return axes
