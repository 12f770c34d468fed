"""Gradients and derivatives as people write them: ∇_w L, ∂L/∂w, d/dx (…), ∂²f/∂x²."""

from __future__ import annotations

from contextlib import suppress

from symcnn.document.claims.names import SLOPES
from symcnn.document.claims.of_several import arguments_of
from symcnn.document.meaning.binders import Binders
from symcnn.document.meaning.nabla import Nabla
from symcnn.document.meaning.rounded_indices import entry_inside
from symcnn.document.meaning.standard_functions import standard_function
from symcnn.document.reading.forms import (
    FaultError, MeaningError, differential, over, second_differentials, second_operator, with_value,
)
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import Written, text_of, unwrapped, written
from symcnn.errors import SymcnnError
from symcnn.kernel.derivative import KINKED, derivative
from symcnn.notation.expression import Apply, Derivative, Expression, Read, Tensor, expression, walk
from symcnn.notation.polynomial import Polynomial


class Differentials(Binders):
    """Reads gradients and derivatives."""

    def named(self, node: Node) -> Expression:
        """The formula that a name with its scripts is; MeaningError for what has none."""
        raise NotImplementedError

    def applied(self, node: Node, argument: Expression) -> Expression:
        """A function that a name is, or a power or a derivative of one, of an argument."""
        raise NotImplementedError

    def nabla(self, gradient: Nabla) -> Expression:
        """∇L(w) as ∂L/∂w, and the gradient of a function without a formula at an entry as an entry of its own."""
        if gradient.twice:
            raise MeaningError("a Hessian is read of a function of a whole vector")
        if (at := self.own_gradient(gradient)) is not None:
            name, indices = at
            return Read(self.words.tensor(name, len(indices)), indices)
        if gradient.variable is None:
            raise MeaningError("what the gradient is taken with respect to is not said")
        return self.derivative(gradient.of, gradient.variable)

    def own_gradient(self, gradient: Nabla) -> tuple[str, tuple[Polynomial, ...]] | None:
        """The name and indices of ∇L(θ_{t-1}) or ∇L_t where L has no formula; None for the gradient of a loss."""
        if gradient.function.stem in set(self.words.functions) | set(self.words.defined):
            return None
        indices: tuple[Polynomial, ...] = ()
        name = ""
        if gradient.function.lower:
            of = self.place(gradient.function)[0]
            if of.name in self.words.defined or not of.indices:
                return None
            indices += of.indices
        if gradient.argument is not None:
            found = written(gradient.argument)
            assert found is not None
            place, exponent = self.place(found)
            if exponent is not None:
                return None
            name, indices = place.name, (*indices, *place.indices)
            stepped = found.stem in self.names.steps and bool(found.upper)
            if not indices and not stepped and not self.words.others.get(place.name):
                return None
        return (gradient.name(name), indices) if indices or name else None

    def is_loss_of(self, part: Node, group: Node) -> bool:
        """Whether a name is a loss, and the group behind it holds only what the loss depends on: L(ŷ, y)."""
        if group.kind != "group" or group.head != "(" or (found := written(part)) is None:
            return False
        if found.stem in self.names.of_several and arguments_of(group) is not None:
            return True
        inside = [n for c in group.nodes for n in c.nodes]
        several = any(isinstance(p, Token) and p.text == "," for c in group.nodes for p in c.parts)
        plain = several or all((w := written(unwrapped(n))) is not None and not w.lower for n in inside)
        name = self.place(found)[0].name if not found.upper else found.stem
        return plain and bool(inside) and name in self.words.losses and name not in self.words.functions

    def fraction_of_differentials(self, node: Node) -> Expression | None:
        """∂Z/∂X, dL/dy: None if the fraction is none of these."""
        if (twice := second_differentials(*node.nodes[:2])) is not None:
            return self.second_derivative(*twice)
        top, bottom = (differential(n) for n in node.nodes[:2])
        above = top not in (None, EMPTY) and unwrapped(node.nodes[0]).head in (r"\partial", "∂")
        below = any(t.text in (r"\partial", "∂") for t in node.nodes[1].tokens)
        if above and not below and bottom is None and written(unwrapped(node.nodes[1])) is not None:
            raise FaultError("∂ stands above the bar of a fraction and not below it")
        if bottom is None or top is None:
            return None
        if top == EMPTY:
            raise MeaningError("a derivative of nothing")
        return self.derivative(top, bottom)

    def operator(self, part: Node) -> Read | None:
        """The entry of ∂/∂x that acts on what follows."""
        if part.kind != "command" or not part.head.endswith("frac"):
            return None
        top, bottom = (differential(n) for n in part.nodes[:2])
        if top != EMPTY or bottom is None:
            return None
        by = self.named(bottom)
        if not isinstance(by, Read):
            raise MeaningError("a derivative is taken with respect to an entry")
        return by

    def operators(self, part: Node) -> tuple[Read, ...]:
        """The entries of ∂/∂x, or of ∂²/∂x∂y, that acts on what follows; none for another part."""
        if (twice := second_operator(part)) is None:
            return () if (once := self.operator(part)) is None else (once,)
        by = tuple(map(self.named, twice))
        entries = tuple(b for b in by if isinstance(b, Read))
        if len(entries) < len(by):
            raise MeaningError("a derivative is taken with respect to an entry")
        return entries

    def written_gradient(self, parts: list[Node | Token]) -> Expression | None:
        """∂J/∂X written in a line: two differentials with / between them."""
        for place, part in enumerate(parts):
            if isinstance(part, Token) and part.text == "/":
                top, bottom = parts[:place], parts[place + 1:]
                heads = [n.head for n in (*top[:1], *bottom[:1]) if isinstance(n, Node)]
                if len(heads) == 2 and all(h in (r"\partial", "∂") for h in heads) and len(top) == len(bottom) == 2:
                    assert isinstance(top[1], Node)
                    assert isinstance(bottom[1], Node)
                    return self.derivative(top[1], bottom[1])
        return None

    def derivative(self, of: Node, by: Node) -> Expression:
        variable, rounded = entry_inside(self.named(by))
        if not isinstance(variable, Read):
            raise MeaningError(f"{str(by).strip()} is not an entry that one differentiates by")
        return rounded.around(self._by(of, by, variable))

    def _by(self, of: Node, by: Node, variable: Read) -> Expression:
        if (found := written(of)) is None and self._of_its_argument(of, by):
            return self.rate(self.named(of.nodes[0]), variable)
        if found is None:
            value, several = self.value(of), of.kind == "product" and arguments_of(of.nodes[-1]) is not None
            of_name = _is_applied_to(of, by) and isinstance(value, Read) and not value.indices
            return self.rate(value, variable) if several or of_name else Derivative(value, variable)
        if found.stem in self.names.functions & SLOPES and found == Written(found.stem) and not variable.indices:
            return Derivative(self.applied(of, variable), variable)  # dσ/dz for the slope of σ(z)
        return self.rate(self.named(of), variable)

    def _of_its_argument(self, of: Node, by: Node) -> bool:
        """Whether it is ∂F(x)/∂x of an F without a formula, which can be read only as a slope."""
        name = written(of.nodes[0]) if _is_applied_to(of, by) else None
        if name is None or name != Written(name.stem):
            return False
        with suppress(SymcnnError):
            self.value(of)
            return False
        return name.stem not in self.names.functions and name.stem not in self.words.functions

    def second_derivative(self, of: Node, first: Node, second: Node) -> Expression:
        """∂²of/∂first ∂second; what a loss depends on is taken from its formula."""
        by = [self.named(n) for n in (first, second)]
        found = written(of)
        if not isinstance(by[0], Read) or not isinstance(by[1], Read):
            raise MeaningError("a derivative is taken with respect to an entry")
        if found is not None and found.stem in self.names.functions and found == Written(found.stem):
            value = self.applied(of, by[0])
        else:
            value = self.value(of) if found is None else self.named(of)
        if isinstance(value, Read) and not value.indices and value.tensor.name not in self.words.defined:
            self.words.differentiated.add(value.tensor.name)
        return Derivative(Derivative(value, by[1]), by[0])

    def slope(self, body: Expression, scalar: Read, argument: Expression, times: int) -> Expression:
        """A derivative of a formula of one number, at an argument; what it is at a kink is a convention."""
        for _ in range(times):
            body = derivative(body, scalar, {})
        value = with_value(body, scalar, argument)
        self.words.slopes |= {n for n in walk(value) if isinstance(n, Apply) and n.function in KINKED}
        return value

    def standard(self, name: str, argument: Expression, primes: int, *, based: bool = False) -> Expression:
        """A function that has a name, or its slope, at an argument; `based` says that a base of its own follows."""
        if name == "log" and self.names.log_base and not based:
            return over(self.standard(name, argument, primes, based=True),
                        Apply("log", expression(self.names.log_base)))
        if not primes:
            return standard_function(name, argument)
        scalar = Read(Tensor(f"argument_of_{name}", ()), ())
        return self.slope(standard_function(name, scalar), scalar, argument, primes)

    def rate(self, value: Expression, variable: Read) -> Expression:
        """∂value/∂variable: a gradient if the value is a loss."""
        if isinstance(value, Read) and not value.indices and (
                value.tensor.name in self.words.losses or value.tensor.name not in self.words.defined):
            self.words.differentiated.add(value.tensor.name)
            return Read(variable.tensor.gradient(value.tensor.name), variable.indices)
        return Derivative(value, variable)


def _is_applied_to(of: Node, by: Node) -> bool:
    """Whether a part is F(x) for this x."""
    if of.kind != "product" or len(of.nodes) != 2 or of.nodes[1].kind != "group" or of.nodes[1].head != "(":
        return False
    inside = [n for c in of.nodes[1].nodes for n in c.nodes]
    return len(inside) == 1 and text_of(inside[0]) == text_of(by)
