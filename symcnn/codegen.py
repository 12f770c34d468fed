"""NumPy code from a formula: a self-contained, readable function that computes T[i, …] = body.

The generated function follows the formula: every index is an array along an axis of its own, reads
are 0 outside the axes, a sum is `sum_over(at, lambda n, k: …, range(C), range(K))`. It computes in
the dtype of its inputs: floats, exact integers (int64, not checked for overflow; or objects), Fractions.
"""

from __future__ import annotations

import builtins
import keyword
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from symcnn.errors import UsageError
from symcnn.notation.expression import (
    Add, Apply, Axis, Bracket, Definition, Derivative, Expression, Maximum, Multiply, Power, Range, Read, Sum, Tensor,
    Value, walk,
)
from symcnn.notation.traverse import sizes_in, tensors_in, within_axes
from symcnn.notation.polynomial import Polynomial, Symbol, nonnegative, polynomial

# What generated functions call; only what one calls is put in front of it.
HELPERS = {text.split("(")[0].removeprefix("def "): text for text in '''
def array(value, *shape):
    """The value as an array; ValueError if it has another shape."""
    value = np.asarray(value)
    if value.shape != shape:
        raise ValueError(f"an array of shape {value.shape} was given; expected shape {shape}")
    return value


def filled(at, value):
    """The value as an array with one entry for every choice of the indices."""
    return np.broadcast_to(value, np.broadcast_shapes(*map(np.shape, at))).copy()


def read(tensor, *indices):
    """tensor[indices], and 0 outside its axes."""
    if not tensor.size:
        return 0
    inside, places = True, []
    for index, extent in zip(indices, tensor.shape):
        on_axis = (index >= 0) & (index < extent)
        inside = inside & on_axis
        places.append(index * on_axis)
    return np.where(inside, tensor[tuple(places)], 0)


def sum_over(at, term, *ranges, largest=2_000_000):
    """Sum of term(v, ...) over all v in the ranges; each v gets an axis in front of those of `at`.

    Where the grid of all indices has more than `largest` points, the longest range is halved.
    """
    shape, lengths = np.broadcast_shapes(*map(np.shape, at)), tuple(map(len, ranges))
    if np.prod(shape + lengths, dtype=float) > largest and max(lengths) > 1:
        a = lengths.index(max(lengths))
        halves = ranges[a][:lengths[a] // 2], ranges[a][lengths[a] // 2:]
        return sum(sum_over(at, term, *ranges[:a], half, *ranges[a + 1:], largest=largest) for half in halves)
    value = np.asarray(term(*(v[(..., *[None] * len(shape))] for v in np.ix_(*ranges))))
    grid = np.broadcast_shapes(value.shape, lengths + (1,) * len(shape))
    return np.broadcast_to(value, grid).sum(axis=tuple(range(len(ranges))))


def max_over(at, term, *ranges):
    """The largest term(v, ...) over all v in the ranges, and 0 where all of them are -inf (outside)."""
    shape, lengths = np.broadcast_shapes(*map(np.shape, at)), tuple(map(len, ranges))
    value = np.asarray(term(*(v[(..., *[None] * len(shape))] for v in np.ix_(*ranges))))
    grid = np.broadcast_shapes(value.shape, lengths + (1,) * len(shape))
    largest = np.broadcast_to(value, grid).max(axis=tuple(range(len(ranges))), initial=-np.inf)
    return np.where(largest == -np.inf, 0, largest)


def reciprocal(x):
    """1/x, and not a number where x is 0."""
    zero = np.equal(x, 0)
    return np.where(zero, np.nan, 1 / np.where(zero, 1, x))


def guarded(factor, other):
    """factor * other, and 0 where the factor is 0 even if the other is not defined there."""
    return np.where(np.equal(factor, 0), 0, factor * other)


def sigmoid(z):
    """1 / (1 + exp(-z)), without overflow."""
    return np.exp(-np.logaddexp(0, -z))
'''.strip().split("\n\n\n")}
FUNCTIONS = {
    "exp": "np.exp({})", "tanh": "np.tanh({})", "log": "np.log({})", "sqrt": "np.sqrt({})",
    "sin": "np.sin({})", "cos": "np.cos({})",
    "sign": "np.sign({})", "relu": "np.maximum({}, 0)", "step": "np.where({} > 0, 1, 0)",
    "is_zero": "np.where({} == 0, 1, 0)", "sigmoid": "sigmoid({})",
}
RESERVED = {*keyword.kwlist, *dir(builtins), *HELPERS, "np", "at"}
WIDEST = 90
SUM, PRODUCT, ATOM = range(3)  # how tightly a piece of Python text binds
Text = tuple[str, int]


@dataclass(frozen=True)
class Code:
    """The text of a generated function and its arguments: tensors in this order, sizes by keyword."""

    text: str
    name: str
    tensors: Mapping[str, Tensor]
    sizes: Mapping[str, Symbol]

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The generated function."""
        namespace: dict[str, Any] = {}
        # Safe to run: the text is put together here, from a closed set of node types. All that comes from
        # outside are names, which have passed `identifier`, and numbers, which are ints.
        exec(compile(self.text, f"<generated {self.name}>", "exec"), namespace)
        made: Callable[..., Any] = namespace[self.name]
        return made


def to_numpy(definition: Definition, name: str | None = None, definitions: Iterable[Definition] = ()) -> str:
    """The text of a NumPy function that computes the definition; see `code`."""
    return code(definition, name, definitions).text


def compile_numpy(definition: Definition, name: str | None = None,
                  definitions: Iterable[Definition] = ()) -> Callable[..., Any]:
    """The generated function itself; see `code`."""
    return code(definition, name, definitions).function


def code(definition: Definition, name: str | None = None, definitions: Iterable[Definition] = ()) -> Code:
    """A NumPy function for T[i, …] = body; arguments are tensors in reading order, then sizes by keyword.

    An array starts at the base of each axis of its tensor. A tensor of `definitions` that the body reads
    is computed first. UsageError for a derivative that is not worked out, a sum without end, a tensor
    that is defined by itself, or a name that cannot be the function's.
    """
    chain = in_order(definition, {d.tensor: d for d in definitions})
    defined = [d.tensor for d in chain]
    inputs = list(dict.fromkeys(t for d in chain for t in tensors_in(d.body) if t not in defined))
    sizes = sorted(set().union(*(sizes_in(d.body) | d.tensor.symbols for d in chain)))
    for kind in ([s.name for s in sizes], [t.name for t in inputs + defined]):
        if len(set(kind)) < len(kind):
            raise UsageError(f"two different sizes or tensors have one name: {', '.join(sorted(kind))}")
    names = _Names([*sizes, *inputs, *defined])
    function = identifier(definition.tensor.name) if name is None else name
    if function in RESERVED or identifier(function) != function:
        raise UsageError(f"{function!r} cannot be the name of a generated function")
    writer = _Writer(names)
    shapes = [f"{names[t]}: {writer.shape(t)}" for t in inputs]
    body = [f'"""{function}, of shape {writer.shape(definition.tensor)}.', "", *shapes, '"""']
    body += [f"{names[t]} = array({', '.join([names[t], *map(writer.extent, t.axes)])})" for t in inputs]
    for d in chain:
        body += writer.definition(d, "return " if d is definition else f"{names[d.tensor]} = ")
    used = "\n".join(body)
    helpers = [text for helper, text in HELPERS.items() if f"{helper}(" in used]
    arguments = ", ".join([*(names[t] for t in inputs), *(["*"] if sizes else []), *(names[s] for s in sizes)])
    parts = ["import numpy as np", *helpers, f"def {function}({arguments}):\n" + textwrap.indent(used, "    ")]
    text = "\n\n\n".join(parts) + "\n"
    return Code(text, function, {names[t]: t for t in inputs}, {names[s]: s for s in sizes})


def in_order(definition: Definition, known: Mapping[Tensor, Definition]) -> list[Definition]:
    """The definitions that one needs, each after those it reads; UsageError for a circle."""
    done: dict[Tensor, Definition] = {}
    known = {**known, definition.tensor: definition}

    def visit(d: Definition, above: tuple[Tensor, ...]) -> None:
        if d.tensor in above:
            raise UsageError(f"{d.tensor.name} is defined by itself: a recurrence is not one NumPy formula")
        for tensor in tensors_in(d.body):
            if tensor in known and tensor not in done:
                visit(known[tensor], (*above, d.tensor))
        done[d.tensor] = d

    visit(definition, ())
    return list(done.values())


def identifier(name: str) -> str:
    """A Python identifier for a name: ∂J/∂Z is dJ_dZ, k' is k_prime, lambda is lambda_."""
    # Python compares identifiers in NFKC, so two names that differ before it may be one after it.
    text = unicodedata.normalize("NFKC", name.replace("∂", "d").replace("'", "_prime"))
    text = "".join(c if f"_{c}".isidentifier() else "_" for c in text)
    text = text if text.isidentifier() else f"_{text}"
    return f"{text}_" if text in RESERVED else text


class _Names(dict[Symbol | Tensor, str]):
    """One identifier for each symbol and tensor; who comes first gets the plain name."""

    def __init__(self, first: Iterable[Symbol | Tensor]) -> None:
        super().__init__()
        for key in first:
            self.__missing__(key)

    def __missing__(self, key: Symbol | Tensor) -> str:
        stem = identifier(key.name)
        candidates = (stem, *(f"{stem}_{n}" for n in range(2, len(self) + 3)))
        self[key] = next(c for c in candidates if c not in self.values())
        return self[key]


class _Writer:
    """Formulas as Python text. `bound` are the indices that are arrays, `at` is a text that lists them."""

    def __init__(self, names: _Names) -> None:
        self.names = names

    def definition(self, d: Definition, start: str) -> list[str]:
        """The statements that compute a definition; the last begins with `start`."""
        ranges = _joined([self.axis_range(a) for a in d.tensor.axes], ",")
        names = ", ".join(self.names[i] for i in d.indices) + "," * (len(d.indices) == 1)
        return [f"at = {names} = np.ix_({ranges})" if d.indices else "at = ()",
                f"{start}filled(at, {self.text(d.body, frozenset(d.indices), 'at')[0]})"]

    def text(self, node: Expression, bound: frozenset[Symbol], at: str) -> Text:
        def inner(part: Expression, least: int = SUM) -> str:
            text, level = self.text(part, bound, at)
            return text if level >= least else f"({text})"

        match node:
            case Value(p) if len(p.terms) > 1:
                return self.polynomial(p), SUM
            case Value() | Power() if (known := _constant(node)) is not None:
                return self.polynomial(known), PRODUCT
            case Read(tensor, ()):
                return self.names[tensor], ATOM
            case Read(tensor, indices):
                places = [self.polynomial(i if a.base is None else i - a.base)
                          for i, a in zip(indices, tensor.axes, strict=True)]
                return f"read({', '.join([self.names[tensor], *places])})", ATOM
            case Bracket(equations, inequalities):
                conditions = [f"({self.relation(e, '==')})" for e in equations]
                conditions += [f"({self.relation(p, '>=')})" for p in inequalities]
                return f"np.where({' & '.join(conditions) or True}, 1, 0)", ATOM
            case Add(terms):
                return _joined([inner(t) for t in terms], "+").replace("+ -", "- "), SUM
            case Multiply():
                return self.product(_factors(node), inner)
            case Power(base, exponent) if exponent >= 0:
                return f"{inner(base, ATOM)}**{exponent}", PRODUCT
            case Power(base, exponent):
                return f"reciprocal({inner(base)})" + f"**{-exponent}" * (exponent < -1), PRODUCT
            case Apply(function, argument):
                return FUNCTIONS[function].format(inner(argument)), ATOM
            case Sum(ranges, body):
                return self.sum(ranges, body, bound, at), ATOM
            case Maximum(ranges, body):
                return self.maximum(ranges, body, bound, at), ATOM
            case Derivative():
                raise UsageError("a derivative has no code; work out the gradient first "
                                 "(symcnn.calculus.gradient) and take its definition")
        raise UsageError(f"a {type(node).__name__} has no code")

    def product(self, factors: Sequence[Expression], inner: Callable[[Expression, int], str]) -> Text:
        """Constants in front and below. Where a factor is zero the product is, even if another is undefined."""
        constant, pieces, partial = polynomial(1), [], []
        may_be_zero = False
        for f in factors:
            known = _constant(f)
            if known is not None:
                constant = constant * known
            elif any(isinstance(n, Power) and n.exponent < 0
                     or isinstance(n, Apply) and n.function in ("log", "sqrt") for n in walk(f)):
                partial.append(inner(f, PRODUCT))
            else:
                pieces.append(inner(f, PRODUCT))
                may_be_zero = may_be_zero or not (isinstance(f, Apply) and f.function in ("exp", "sigmoid"))
        if not constant:
            return "0", ATOM
        above, below, negative = self.fraction(constant)
        pieces = [above, *pieces] if above != "1" else pieces
        if partial and (may_be_zero or not above.isdigit()):
            pieces, partial = [f"guarded({_joined(pieces, '*')}, {_joined(partial, '*')})"], []
        text = _joined([*pieces, *partial] or ["1"], "*")
        text += f" / {below}" if below != "1" else ""
        return (f"-{text}", SUM) if negative else (text, PRODUCT)

    def sum(self, ranges: Sequence[Range], body: Expression, bound: frozenset[Symbol], at: str) -> str:
        """A call of sum_over. Ranges that depend on other variables of the sum stand in a second one inside."""
        bound -= {r.variable for r in ranges}
        if any(r.variable in p.symbols for r in ranges for p in (r.lower, r.upper) if p is not None):
            raise UsageError("a bound of a sum contains the variable that it bounds")
        guards = [g for r in ranges for g in r.guards(polynomial(r.variable))] + _support(body)
        found = {r: self.range(r, guards, bound) for r in ranges}
        ready = {r: text for r, text in found.items() if text}
        if not ready and isinstance(body, Add):
            return f"({self.text(Add(tuple(Sum(tuple(ranges), t) for t in body.terms)), bound, at)[0]})"
        if not ready:
            names = ", ".join(r.variable.name for r in ranges)
            raise UsageError(f"the range of {names} does not follow from what is summed; write its bounds")
        # A range reaches to the largest of the bounds that depend on an index; a mask makes the others hold.
        uneven = tuple(g for r in ready for g in r.guards(polynomial(r.variable))
                       if any(not s.is_size and s != r.variable for s in g.symbols))
        rest = tuple(r for r in ranges if r not in ready)
        body = Sum(rest, body) if rest else body
        body = Multiply((Bracket((), uneven), body)) if uneven else body
        variables = ", ".join(self.names[r.variable] for r in ready)
        inside, _ = self.text(body, bound | {r.variable for r in ready},
                              f"({'*at' if at == 'at' else at[1:-1]}, {variables})")
        call = f"sum_over(\n{at}, lambda {variables}: {inside},\n{_joined([*ready.values()], ',', '')})"
        return call.replace("\n", "\n    ")

    def maximum(self, ranges: Sequence[Range], body: Expression, bound: frozenset[Symbol], at: str) -> str:
        """A call of max_over: −∞ stands where a read of the body is outside its axes."""
        bound -= {r.variable for r in ranges}
        inside = within_axes(body)
        guards = [g for r in ranges for g in r.guards(polynomial(r.variable))] + list(inside.inequalities)
        found = {r: self.range(r, guards, bound) for r in ranges}
        if not all(found.values()):
            names = ", ".join(r.variable.name for r, text in found.items() if not text)
            raise UsageError(f"the range of {names} does not follow from the axes; write its bounds")
        variables = ", ".join(self.names[r.variable] for r in ranges)
        inner, within = bound | {r.variable for r in ranges}, f"({'*at' if at == 'at' else at[1:-1]}, {variables})"
        where = self.text(Bracket((), tuple(dict.fromkeys(guards))), inner, within)[0]
        value = self.text(body, inner, within)[0]
        call = (f"max_over(\n{at}, lambda {variables}: np.where({where}, {value}, -np.inf),\n"
                f"{_joined([*found.values()], ',', '')})")
        return call.replace("\n", "\n    ")

    def axis_range(self, a: Axis) -> str:
        text = self.range(Range(Symbol("i"), a.base, a.upper, a.coefficient), (), frozenset())
        if not text:
            raise UsageError("an axis without end, or with a coefficient that may be zero, has no code")
        return text

    def extent(self, a: Axis) -> str:
        text = self.axis_range(a)
        return f"len({text})" if a.base else text.removeprefix("range(")[:-1]

    def shape(self, t: Tensor) -> str:
        return f"({', '.join(map(self.extent, t.axes))}{',' * (len(t.axes) == 1)})"

    def range(self, r: Range, guards: Sequence[Polynomial], bound: frozenset[Symbol]) -> str:
        """The range of a summation variable: its written bounds, else what the guards give; "" if nothing."""
        start, stop = self.limits(r.guards(polynomial(r.variable)), r.variable, bound)
        least, most = self.limits(guards, r.variable, bound)
        start, stop = start if r.lower is not None else least, stop if r.upper is not None else most
        if start is None or stop is None:
            return ""
        return f"range({stop})" if start == "0" else f"range({start}, {stop})"

    def limits(self, guards: Iterable[Polynomial], variable: Symbol, bound: frozenset[Symbol],
               ) -> tuple[str | None, str | None]:
        """The shortest start and stop of a range that contains every value where all guards are ≥ 0."""
        starts: list[str] = []
        stops: list[str] = []
        for g in map(Polynomial.primitive, guards):
            slope = g.linear_coefficient(variable) or polynomial(0)
            rest = g - slope * variable
            indices = {s for s in rest.symbols if not s.is_size}
            if not indices <= bound or any(not s.is_size for s in slope.symbols):
                continue
            # A range that is too long does no harm, since the summand is 0 where a guard fails.
            most = f"np.max({self.polynomial(rest)}, initial=0)" if indices else f"({self.polynomial(rest)})"
            for sign, found in ((1, starts), (-1, stops)):
                if sign * slope == polynomial(1):
                    exact = self.polynomial(-rest) if sign > 0 else self.polynomial(rest + 1)
                    found.append(exact if not indices else f"-{most}" if sign > 0 else f"{most} + 1")
                elif nonnegative(sign * slope - 1):
                    # slope·v + rest ≥ 0 means v ≥ −⌊rest / slope⌋, or v ≤ ⌊rest / −slope⌋ for a negative slope.
                    quotient = f"{most} // {_factor(self.polynomial(sign * slope))}"
                    found.append(f"-({quotient})" if sign > 0 else f"{quotient} + 1")
        return min(starts, key=len, default=None), min(stops, key=len, default=None)

    def polynomial(self, p: Polynomial) -> str:
        """A number or polynomial as a value; what has a negative exponent stands below."""
        terms = [Polynomial({m: c}) for m, c in p.sorted_terms()]
        text = ""
        for term in sorted(terms, key=lambda t: next(iter(t.terms.values())) < 0):
            above, below, negative = self.fraction(term)
            piece = above if below == "1" else f"{above} / {below}"
            text += (" - " if negative else " + ") + piece if text else "-" * negative + piece
        return text or "0"

    def relation(self, p: Polynomial, sign: str) -> str:
        """p = 0 or p ≥ 0, with the negative terms brought to the right side."""
        p = p.primitive()
        left = Polynomial({m: c for m, c in p.terms.items() if c > 0})
        return f"{self.polynomial(left)} {sign} {self.polynomial(left - p)}"

    def fraction(self, single: Polynomial) -> tuple[str, str, bool]:
        """Numerator, denominator and "is negative" of a polynomial of at most one term."""
        ((monomial, coefficient),) = single.terms.items() or ((((), 0)),)
        number = abs(Fraction(coefficient))
        # Sizes stand before indices, as in s*i.
        powers = sorted(monomial, key=lambda f: (not f[0].is_size, f[0]))
        parts = []
        for sign, value in ((1, number.numerator), (-1, number.denominator)):
            factors = [str(value)] if value != 1 else []
            factors += [self.names[s] + f"**{abs(n)}" * (abs(n) > 1) for s, n in powers if n * sign > 0]
            parts.append("*".join(factors) or "1")
        return parts[0], _factor(parts[1]), coefficient < 0


def _constant(node: Expression) -> Polynomial | None:
    """The single term of numbers and symbols that a node is; None for anything else."""
    if isinstance(node, Value):
        return node.value if len(node.value.terms) < 2 else None
    if isinstance(node, Power) and (base := _constant(node.base)) is not None:
        try:
            return base ** node.exponent
        except ZeroDivisionError:
            return None
    return None


def _factors(node: Expression) -> list[Expression]:
    """The factors of a product of products."""
    return [f for part in node.factors for f in _factors(part)] if isinstance(node, Multiply) else [node]


def _support(node: Expression) -> list[Polynomial]:
    """Polynomials that are ≥ 0 wherever the node is not zero."""
    match node:
        case Read(tensor, indices):
            return [g for a, i in zip(tensor.axes, indices, strict=True) for g in a.guards(i)]
        case Bracket(equations, inequalities):
            return [*equations, *(-e for e in equations), *inequalities]
        case Multiply(factors):
            return [g for f in factors for g in _support(f)]
        case Power(base, exponent) if exponent > 0:
            return _support(base)
        case Sum(ranges, body):
            return [g for g in _support(body) if g.symbols.isdisjoint(r.variable for r in ranges)]
    return []


def _factor(text: str) -> str:
    return text if text.isidentifier() or text.isdigit() else f"({text})"


def _joined(pieces: Sequence[str], sign: str, indent: str = "    ") -> str:
    """Pieces with + or * or a comma between them, each on a line of its own if they are too long for one."""
    line = ", ".join(pieces) if sign == "," else f" {sign} ".join(pieces)
    if len(line) <= WIDEST or "\n" in line:
        return line
    return (f",\n{indent}" if sign == "," else f"\n{indent}{sign} ").join(pieces)
