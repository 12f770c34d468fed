"""A layer: declared names and a chain of definitions, the last of which is the layer's output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symcnn.errors import NotationError
from symcnn.notation.expression import Definition, Equation, Expression, Tensor
from symcnn.notation.context import Context, context
from symcnn.notation.formula import as_polynomial
from symcnn.notation.polynomial import Polynomial, Symbol


@dataclass(frozen=True)
class Layer:
    """One or more lines of index notation over declared tensors; all else is derived from them."""

    context: Context
    output: str
    source: str = ""

    def __getitem__(self, name: str) -> Tensor:
        """The tensor of this name; `∂J/∂Z` is the gradient tensor of Z."""
        tensors = self.context.tensors
        if name.startswith("∂") and "/∂" in name:
            loss, of = name[1:].split("/∂")
            return self[of].gradient(loss)
        if name not in tensors:
            raise NotationError(f"no tensor {name}; declared: {', '.join(tensors)}")
        return tensors[name]

    @property
    def definitions(self) -> tuple[Definition, ...]:
        return self.context.definitions

    @property
    def assumptions(self) -> tuple[Polynomial, ...]:
        return self.context.assumptions

    @property
    def definition(self) -> Definition:
        """The line that defines the output."""
        return self.definition_of(self.output)

    def definition_of(self, name: str) -> Definition:
        for d in self.definitions:
            if d.tensor.name == name:
                return d
        raise NotationError(f"{name} has no definition here")

    def expression(self, text: str) -> Expression:
        """Read a formula over the layer's names."""
        return self.context.expression(text)

    def equation(self, text: str) -> Equation:
        return self.context.equation(text)

    def size(self, name: str) -> Symbol:
        return self.context.sizes[name]

    def polynomial(self, text: str) -> Polynomial:
        return as_polynomial(self.context.expression(text))

    def define(self, text: str, declare: str = "", padding: Mapping[str, Sequence[str]] | None = None) -> Layer:
        """The layer followed by one more line; `declare` gives tensors with axes, as in "D[N,M,H+2*p]"."""
        extended = self.context.with_tensors(declare)
        amounts = {name: tuple(as_polynomial(extended.expression(t)) for t in texts)
                   for name, texts in (padding or {}).items()}
        extended = extended.define(text, amounts)
        return Layer(extended, extended.definitions[-1].tensor.name, self.source)


def declare(sizes: str, tensors: str, assume: Sequence[str] = (), source: str = "") -> Layer:
    """Names without a formula yet: `declare("H K, p>=0", "x[H] w[K]", ["K <= H + 2*p"])`."""
    return Layer(context(sizes, tensors, tuple(assume)), "", source)


def layer(text: str, sizes: str, tensors: str, padding: Mapping[str, Sequence[str]] | None = None,
          assume: Sequence[str] = (), source: str = "") -> Layer:
    """A layer from its formula: `layer("z[i] = sum(k) w[k] x[i+k]", "H K", "x[H] w[K]")`.

    `padding` widens the axes of an input by one amount per axis; `assume` lists relations between sizes.
    Errors: NotationError for an undeclared name or a formula whose output axes do not follow.
    """
    return declare(sizes, tensors, assume, source).define(text, padding=padding)
