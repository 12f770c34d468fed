"""A two-layer tanh network by hand: exact forward and backward values, and the same with rounded stages."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from symcnn import Derivation, Theorem, declare, prove, validate_definition
from symcnn.calculus import Line
from symcnn.errors import UsageError
from symcnn.kernel.rules import replaced, transitivity
from symcnn.layers import Layer
from symcnn.latex.write import latex
from symcnn.layers.data import literal
from symcnn.notation.evaluate import enclosures
from symcnn.notation.expression import (
    Add, Apply, Axis, Bracket, Definition, Expression, Multiply, Power, Read, Sum, children, expression, rebuild, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, nonnegative, polynomial
from symcnn.notation.traverse import substitute
from symcnn.rounding import Agreement, compare, rounded

parameters = {"W1": "0.1 0.2; 0.3 0.4", "W2": "0.2; 1; -3", "W3": "1; 2", "x": "2", "y": "1", "decimals": 2}
DIGITS, MOST_UNITS, MOST_DECIMALS = 6, 6, 12
"""Decimals that are shown of each exact value; the largest instance that is worked out."""
NUMBER = re.compile(r"[-+]?\d{1,12}(\.\d{0,12})?(/[1-9]\d{0,11})?|[-+]?\.\d{1,12}", re.ASCII)
GRADIENTS = {"W3": "([i = 0] + x2[i]) delta3[j]", "W2": "([i = 0] + x1[i]) delta2[j]",
             "W1": "x[i] delta1[j]"}
REASONS = {"s": "the layer's inputs, times their weights", "x": "tanh", "e": "the squared error",
           "d": "the recurrence for $\\delta$", "∂": "the layer's input times its $\\delta$"}


def derive(decimals: int, **given: str) -> Derivation:
    d = Derivation("A two-layer tanh network with linear output, forwards and backwards",
                   "∂e/∂W^l = x^{l−1} δ^{lᵀ} for all widths; every value of this instance exactly, and as it comes out "
                   f"with each stage rounded to {decimals} decimals")
    if not 0 <= decimals <= MOST_DECIMALS:
        raise UsageError(f"decimals is {decimals}; allowed: 0 to {MOST_DECIMALS}")
    numbers = {name: matrix(name, text) for name, text in given.items()}
    widths = widths_of(numbers)
    net = network("D0", "D1", "D2", "D3")
    general(d, net)
    instance(d, numbers, widths, decimals)
    d.instance = "gradients: all widths; numbers: this instance"
    d.validate(lambda cases: validate_definition(net, gradient_of("W1", net), of="e", cases=cases))
    return d


def matrix(name: str, text: str) -> list[list[Fraction]]:
    """Rows separated by semicolons, numbers by spaces; x and y are columns, however they are written."""
    rows = [row.split() for row in text.split(";")]
    wrong = next((word for row in rows for word in row if not NUMBER.fullmatch(word)), None)
    if wrong is not None or not all(rows):
        what = f"{wrong!r} is no number" if wrong is not None else "a row is empty"
        raise UsageError(f"{name} = {text!r}: {what}; allowed: numbers like 0.3, -2 or 1/3, rows separated by ;")
    if len({len(row) for row in rows}) != 1:
        raise UsageError(f"{name} = {text!r} has rows of {', '.join(str(len(row)) for row in rows)} numbers")
    if name in "xy":
        rows = [[word] for row in rows for word in row]
    return [[Fraction(word) for word in row] for row in rows]


def widths_of(numbers: Mapping[str, list[list[Fraction]]]) -> tuple[int, ...]:
    """D0, D1, D2, D3. UsageError, with both shapes, for a layer that does not fit the one before."""
    before, width = "x", len(numbers["x"])
    widths = [width]
    for name in ("W1", "W2", "W3"):
        rows, columns = len(numbers[name]), len(numbers[name][0])
        if rows != width + 1:
            raise UsageError(f"{name} has {rows} rows and {before} gives {width} values; {width + 1} rows are needed, "
                             "the first for the bias")
        before, width = name, columns
        widths.append(width)
    if len(numbers["y"]) != width:
        raise UsageError(f"y has {len(numbers['y'])} values and {before} gives {width}; they must be as many")
    if max(widths) > MOST_UNITS:
        raise UsageError(f"a layer has {max(widths)} units; allowed: up to {MOST_UNITS}")
    return tuple(widths)


def network(*widths: str) -> Layer:
    """The network, its error e and the δ of backpropagation, for these numbers of units (symbols or numbers).

    x[0..D0], where x[0] is 1, → s1, x1[1..D1] → s2, x2[1..D2] → s3[1..D3]; row 0 of a weight matrix holds the
    bias weights.
    """
    inputs, first, second, outputs = widths
    made = declare(" ".join(w for w in widths if not w.isdigit()),
                   f"x[0..{inputs}] y[1..{outputs}] W1[0..{inputs},1..{first}] W2[0..{first},1..{second}] "
                   f"W3[0..{second},1..{outputs}]")
    made = made.define("s1[j] = sum(i) W1[i,j] x[i]").define("x1[j] = tanh(s1[j])")
    made = made.define(f"s2[j] = W2[0,j] + sum(i=1..{first}) W2[i,j] x1[i]").define("x2[j] = tanh(s2[j])")
    made = made.define(f"s3[j] = W3[0,j] + sum(i=1..{second}) W3[i,j] x2[i]")
    made = made.define("e = sum(j) (s3[j] - y[j])^2").define("delta3[j] = 2 (s3[j] - y[j])")
    made = made.define(f"delta2[j] = (1 - x2[j]^2) (sum(k=1..{outputs}) W3[j,k] delta3[k])", f"delta2[1..{second}]")
    return made.define(f"delta1[j] = (1 - x1[j]^2) (sum(k=1..{second}) W2[j,k] delta2[k])", f"delta1[1..{first}]")


def general(d: Derivation, net: Layer) -> None:
    """The gradients for all widths, from the formulas of the whole network."""
    d.given("A network with $D_0$ inputs, $D_1$ and $D_2$ hidden units and $D_3$ outputs. Row 0 of $W_l$ holds the "
            "bias weights: the input of every layer has a leading 1, which for hidden layers is left out "
            "of $x_1$ and $x_2$. The output is linear; $e$ is the "
            "squared error:",
            *net.definitions[:6], "Backpropagation, without the bias rows:", *net.definitions[6:])
    unfolded = {"W3": "([i = 0] + x2[i]) 2 (s3[j] - y[j])",
                "W2": "([i = 0] + x1[i]) (1 - x2[j]^2) (sum(k) W3[j,k] delta3[k])",
                "W1": "x[i] (1 - x1[j]^2) (sum(k) W2[j,k] delta2[k])"}
    for name, closed in GRADIENTS.items():
        first, then = (net.equation(f"∂e/∂{name}[i,j] = {text}") for text in (unfolded[name], closed))
        worked_out = prove(first.left, first.right, net.definitions)
        named = prove(first.right, then.right, [net.definition_of(f"delta{name[1]}")],
                      ranges=[(s, axis) for s, axis in worked_out.indices if axis is not None])
        d.show(Line(worked_out, "differentiate the formulas: chain rule, and $\\tanh'(z) = 1 - \\tanh(z)^2$; $[i = 0]$ "
                    "is the leading 1"),
               Line(named, f"the definition of $\\delta_{name[1]}$: the layer's input times its $\\delta$"),
               conclude=True)


def gradient_of(name: str, net: Layer) -> Definition:
    """∂e/∂W as the general theorem has it."""
    body = net.equation(f"∂e/∂{name}[i,j] = {GRADIENTS[name]}").right
    return Definition(net[f"∂e/∂{name}"], (Symbol("i"), Symbol("j")), body)


def instance(d: Derivation, numbers: Mapping[str, list[list[Fraction]]], widths: tuple[int, ...],
             decimals: int) -> None:
    """Each value at the given numbers: a closed expression that is proved, and what rounded stages make of it."""
    net = network(*map(str, widths))
    data = [literal(name, numbers[name], (0, 1)) for name in ("W1", "W2", "W3")]
    data += [literal("x", [1, *(row[0] for row in numbers["x"])]), literal("y", [row[0] for row in numbers["y"]], 1)]
    gradients = [gradient_of(name, net) for name in GRADIENTS]
    here = " and ".join(f"$D_{n} = {width}$" for n, width in enumerate(widths))
    d.given(f"Then the numbers, with {here}; columns are counted from 1, rows from the bias weights in row 0:", *data)
    d.at_sizes(*net.definitions, *gradients)
    meanings = {x.tensor.name: x for x in (*data, *net.definitions, *gradients)}
    known: dict[Expression, Theorem] = {}
    rows = []
    for exact, staged in zip(stages(numbers, None), stages(numbers, decimals), strict=True):
        closed = formula(exact.value)
        left = meanings[exact.name].tensor[exact.at]
        theorem = entry(left, closed, meanings, known)
        reason = f"put the numbers in: {REASONS[exact.name[0]]}"
        if exact.name.startswith("∂"):
            d.conclude(theorem, reason)
        else:
            d.show(Line(theorem, reason))
        certain, _ = rounded(enclosures(closed), DIGITS)
        text = str(certain)
        if compare(enclosures(closed), certain).verdict is Agreement.EXACT and "." in text:
            text = text.rstrip("0").rstrip(".")
        printed, _ = rounded(staged.value.get(ONE, Fraction(0)), decimals)
        found = compare(enclosures(closed), printed)
        off = abs(printed.digits - rounded(enclosures(closed), decimals)[0].digits)
        rows.append(f"{latex(left)} & {text} & {printed} & \\text{{{found.verdict}{f', {off} off' if off else ''}}}")
        if staged.tie:
            d.note(f"${latex(left)}$ with rounded stages lies halfway between two decimals; it was rounded up.")
    head = rf"\text{{value}} & \text{{exact, to {DIGITS} decimals}} & \text{{stages rounded}} & \text{{agreement}}"
    d.display("\\begin{array}{lrrl}\n" + " \\\\\n".join([head + r" \\ \hline", *rows])
              .replace(r"\hline \\", r"\hline") + "\n\\end{array}",
              "beside the exact values, in certain digits, those that come out when each of these stages is rounded "
              f"to {decimals} decimals (half up) before the next one is computed; how they agree with the exact value, "
              "and how many units of the last digit they are off its rounding")


def entry(left: Read, closed: Expression, meanings: Mapping[str, Definition], known: dict[Expression, Theorem],
          ) -> Theorem:
    """left = closed: the entry's formula with its sums written out, and what is known of other entries put in."""
    meaning = meanings[left.tensor.name]
    written = written_out(meaning.body, dict(zip(meaning.indices, left.indices, strict=True)))
    theorem = prove(left, written, [meaning])
    for read in dict.fromkeys(n for n in walk(written) if isinstance(n, Read)):
        if read not in known:
            given = meanings[read.tensor.name]
            value = written_out(given.body, dict(zip(given.indices, read.indices, strict=True)))
            known[read] = prove(read, value, [given])
        theorem = replaced(theorem, known[read])
    known[left] = transitivity(theorem, prove(theorem.right, closed))
    return known[left]


def written_out(node: Expression, values: Mapping[Symbol, Polynomial]) -> Expression:
    """The formula at these indices with every sum as its terms; entries off their axes are left out."""
    node = substitute(node, values)
    match node:
        case Sum(ranges, body):
            choices = product(*(Axis(r.lower, r.coefficient, r.upper).indices({}) for r in ranges))
            terms = [written_out(body, {r.variable: polynomial(v) for r, v in zip(ranges, choice, strict=True)})
                     for choice in choices]
            return Add((expression(0), *terms))
        case Bracket(equations, inequalities):
            return expression(int(all(not e for e in equations) and all(map(nonnegative, inequalities))))
        case Read(tensor, indices) if not all(nonnegative(g) for axis, i in zip(tensor.axes, indices, strict=True)
                                              for g in axis.guards(i)):
            return expression(0)
    return rebuild(node, tuple(written_out(c, {}) for c in children(node)))


ONE = expression(1)
Value = dict[Expression, Fraction]
"""Σ coefficient · expression, with the number as the coefficient of 1."""


@dataclass(frozen=True)
class Stage:
    """One computed value: the entry of which tensor, and whether it was rounded from halfway."""

    name: str
    at: tuple[int, ...]
    value: Value
    tie: bool = False


def stages(numbers: Mapping[str, list[list[Fraction]]], decimals: int | None) -> Iterator[Stage]:
    """All values forwards and backwards, entry by entry, each rounded as soon as it is known if `decimals` says so."""

    def settled(name: str, at: tuple[int, ...], value: Value) -> Stage:
        if decimals is None:
            return Stage(name, at, value)
        to, tie = rounded(enclosures(formula(value)), decimals)
        return Stage(name, at, number(to.value), tie)

    weights = {n: [[number(w) for w in row] for row in numbers[f"W{n}"]] for n in (1, 2, 3)}
    outputs = [[number(row[0]) for row in numbers["x"]]]
    for n in (1, 2, 3):
        found = [settled(f"s{n}", (j,), total(zip(column, [number(1), *outputs[-1]], strict=True)))
                 for j, column in enumerate(zip(*weights[n], strict=True), start=1)]
        yield from found
        if n < 3:
            found = [settled(f"x{n}", s.at, tanh(s.value)) for s in found]
            yield from found
        outputs.append([s.value for s in found])
    errors = [total([(o, number(1)), (number(row[0]), number(-1))])
              for o, row in zip(outputs[3], numbers["y"], strict=True)]
    yield settled("e", (), total(zip(errors, errors, strict=True)))
    found = [settled("delta3", (j,), total([(number(2), e)])) for j, e in enumerate(errors, start=1)]
    deltas = {3: found}
    for n in (2, 1):
        back = [total(zip(row, [s.value for s in found], strict=True)) for row in weights[n + 1][1:]]
        found = [settled(f"delta{n}", (j,), times(total([(number(1), number(1)), (number(-1), times(x, x))]), b))
                 for j, (x, b) in enumerate(zip(outputs[n], back, strict=True), start=1)]
        deltas[n] = found
    for n in (3, 2, 1):
        yield from deltas[n]
    for n in (1, 2, 3):
        for i, value in enumerate([number(1), *outputs[n - 1]]):
            for s in deltas[n]:
                yield settled(f"∂e/∂W{n}", (i, *s.at), times(value, s.value))


def number(value: Fraction | int) -> Value:
    return {ONE: Fraction(value)} if value else {}


def total(pairs: Iterable[tuple[Value, Value]]) -> Value:
    """Σ a·b, with equal parts joined."""
    made: Value = {}
    for a, b in pairs:
        for part, coefficient in times(a, b).items():
            made[part] = made.get(part, Fraction(0)) + coefficient
    return {part: c for part, c in made.items() if c}


def times(a: Value, b: Value) -> Value:
    """A number multiplies every part; other factors stay as they are, with their common number in front."""
    for one, other in ((a, b), (b, a)):
        if set(one) <= {ONE}:
            return {part: c * one[ONE] for part, c in other.items()} if one else {}
    numbers, factors = Fraction(1), []
    for value in (a, b):
        if len(value) == 1:
            (part, c), = value.items()
            numbers *= c
            factors += part.factors if isinstance(part, Multiply) else [part]
        else:
            factors.append(formula(value))
    if len(factors) == 2 and factors[0] == factors[1]:
        return {Power(factors[0], 2): numbers}
    return {Multiply(tuple(factors)): numbers}


def tanh(value: Value) -> Value:
    return {Apply("tanh", formula(value)): Fraction(1)} if value else {}


def formula(value: Value) -> Expression:
    """The value as a formula."""
    parts = [expression(c) if part == ONE else part if c == 1 else expression(c) * part for part, c in value.items()]
    return Add(tuple(parts)) if len(parts) > 1 else parts[0] if parts else expression(0)
