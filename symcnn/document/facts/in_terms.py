"""Quantities in terms of others: with s = 2 log a, a = e^{s/2} is its inverse, and ∂K/∂s takes s as the variable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from symcnn.document.reading.forms import with_value
from symcnn.notation.expression import Apply, Definition, Derivative, Expression, Read, Tensor
from symcnn.notation.traverse import made_of, tensors_in


@dataclass
class Forms:
    """Further formulas of names without indices that follow from the first ones: K = e^s − s/2 of K = a² − log a."""

    found: dict[tuple[Tensor, Tensor], Definition] = field(default_factory=dict)

    def note(self, left: Expression, right: Expression, definitions: Mapping[Tensor, Definition]) -> None:
        """Take note of left = right, which is proved, where right reads names that have formulas of their own."""
        if isinstance(left, Read) and not left.indices and left.tensor.gradient_of is None:
            read = set(tensors_in(right))
            for name in read & definitions.keys() if left.tensor not in read else ():
                self.found[left.tensor, name] = Definition(left.tensor, (), right)

    def by(self, left: Expression, definitions: Mapping[Tensor, Definition]) -> dict[Tensor, Definition] | None:
        """What the names stand for where the left side is a slope by one with a formula, s, in terms of that one.

        That is by the form in s of what is differentiated, or by the inverse of the formula of s. None where what is
        differentiated reads s by its own formula.
        """
        if isinstance(left, Derivative) and isinstance(left.expression, Read) and not left.by.indices:
            of, name = left.expression.tensor, left.by.tensor
        elif isinstance(left, Read) and left.tensor.gradient_of is not None and not left.indices:
            loss, by = left.tensor.gradient_of
            of, name = Tensor(loss, ()), Tensor(by, ())
        else:
            return None
        if of not in definitions or name not in definitions or name in made_of({of}, definitions):
            return None
        rest = {t: d for t, d in definitions.items() if t != name}
        if (form := self.found.get((of, name))) is not None:
            return {**rest, of: form}
        inverses = {t: d for (t, by), d in self.found.items() if by == name and t not in definitions
                    and t in made_of({of}, definitions)}
        return {**rest, **inverses} if inverses else None


def in_a_circle(sides: Iterable[Expression], definitions: Mapping[Tensor, Definition]) -> str:
    """A name without indices that is made of itself, in what the sides of a line are about; empty if there is none."""
    about = {t for side in sides for t in tensors_in(side)}
    about |= {t for t in definitions for name in about if name.gradient_of is not None and t.name in name.gradient_of}
    return next((t.name for t in about | made_of(about, definitions) if not t.axes and t in definitions
                 and t.gradient_of is None and t in made_of({t}, definitions)), "")


def where_positive(name: Read, definitions: Mapping[Tensor, Definition]) -> tuple[Expression, dict[Tensor, Definition]]:
    """A name that is positive, as an exponential, and the formulas with that in its place."""
    positive = Apply("exp", Read(Tensor(f"log_of_{name.tensor.name}", ()), ()))
    return positive, {t: replace(d, body=with_value(d.body, name, positive)) for t, d in definitions.items()}


def is_in_terms_of_others(left: Read, right: Expression, definitions: Mapping[Tensor, Definition]) -> bool:
    """Whether a name has a formula, and the right side is one in names with formulas that are made of the same ones."""
    if left.tensor not in definitions:
        return False
    read = set(tensors_in(right))
    own = made_of({left.tensor}, definitions)
    inside = read | made_of(read, definitions)
    return bool(read & definitions.keys()) and left.tensor not in inside and {
        t for t in inside if t not in definitions} <= own


def is_inverse(left: Read, right: Expression, definitions: Mapping[Tensor, Definition]) -> bool:
    """Whether a line gives a name a formula in terms of one that is itself made of that name."""
    return not left.indices and left.tensor not in definitions and left.tensor in made_of(
        set(tensors_in(right)), definitions)
