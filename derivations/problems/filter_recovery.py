"""A filter from an input and the output it made: the filter, or why there is none or more than one."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np

from symcnn import Derivation, Layer, declare, engine, prove, validate_entries
from symcnn.calculus import prove_text
from symcnn.entries import at_sizes, combination, proved_entries
from symcnn.errors import UsageError
from symcnn.layers.data import literal, number_latex, table, vector
from symcnn.notation.expression import Definition, Equation, Expression, Tensor, expression
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.notation.traverse import substitute

LONGEST = 24  # input: its entries times those of the table of factors are what the kernel multiplies out
parameters = {"input": "1 4 0 -2 3", "output": "-2 2 11", "length": 3}


def derive(input: str = "1 4 0 -2 3", output: str = "-2 2 11", length: int = 3) -> Derivation:
    d = Derivation("A filter from its output", "which filters make this output from this input, as cross-correlation "
                   "and as true convolution")
    x, y = vector("input", input), vector("output", output)
    if len(x) > LONGEST:
        raise UsageError(f"input has {len(x)} entries; at most {LONGEST}")
    if not 1 <= length <= len(x):
        raise UsageError(f"length is {length}; allowed: 1 to {len(x)}, the length of the input")
    if len(y) != len(x) - length + 1:
        raise UsageError(f"output has {len(y)} entries; a filter of length {length} on an input of {len(x)} makes "
                         f"{len(x) - length + 1}")
    conv = declare("H K", "X[H] W[K] V[K]", ["K <= H"]).define("Y[i] = sum(k) W[k] X[i+k]")
    here = (*at_sizes(conv, {"H": len(x), "K": length}), literal("X", x))
    seen = literal("R", y)
    d.given("A cross-correlation without padding, and what it made; the filter $W$ is unknown.", conv,
            "Input, and output $R$:", here[1], seen)
    d.at_sizes(here[0])
    d.given(f"The filter has $K = {length}$ {'entry' if length == 1 else 'entries'}.")
    flipped(d, conv)

    k, i = Symbol("k"), Symbol("i")
    w = conv["W"].substitute({conv.size("K"): polynomial(length)})
    for row, value in enumerate(y):
        written = combination((x[row + tap], w[tap]) for tap in range(length))
        d.tabulated(prove(here[0].tensor[row], written, here), f"equation {row + 1} of {len(y)}: this is to be "
                    f"${number_latex(value)}$")
    solved = eliminate([[x[row + tap] for tap in range(length)] for row in range(len(y))], y)
    given = Equation(here[0].tensor[i], seen.tensor[i])
    if solved.contradiction is not None:
        no_solution(d, (*here, seen), solved.contradiction, y)
        return d

    inverse = literal("L", [list(row) for row in solved.inverse])
    right = entry("P", solved.particular, k)
    for free, direction in solved.directions:
        right = right + w[free] * entry("N", direction, k)
    d.given("Factors for the equations, found by elimination:", inverse)
    form = "of this form; the entries of $W$ on the right can be chosen freely" if solved.directions else "this one"
    d.conclude(prove(w[k], right, [*here, seen, inverse], using=[(given, inverse.tensor[k, i])]),
               "add up the equations for the entries of $Y$ with the factors $L[k, i]$: every filter that makes the "
               "output is " + form)
    if solved.directions:
        family(d, here, seen, w, solved)
    else:
        unique(d, here, x, solved.particular)
    return d


def flipped(d: Derivation, conv: Layer) -> None:
    """The two conventions."""
    true = conv.define("F[k] = W[K-1-k]", "F[K]").define("C[i] = sum(k) F[k] X[i+K-1-k]", "C[H-K+1]")
    d.given("A true convolution reads the input backwards. It makes of the filter $F$", true.definitions[2],
            "where $F$ is to be $W$ turned around:", true.definitions[1])
    d.conclude(prove_text(true, "C[i] = Y[i]"), "reverse the sum, $k \\to K - 1 - k$, for all sizes: the filter of the "
               "one convention is that of the other, turned around")


@dataclass(frozen=True)
class Solved:
    """The solutions of A w = y: particular + Σ w[free]·direction with `inverse` · A w = w for the other entries;
    or a combination u of the equations with u A = 0 and u y ≠ 0."""

    particular: Sequence[Fraction]
    inverse: Sequence[Sequence[Fraction]]
    directions: Sequence[tuple[int, Sequence[Fraction]]]
    contradiction: Sequence[Fraction] | None = None


def eliminate(a: Sequence[Sequence[Fraction]], y: Sequence[Fraction]) -> Solved:
    """Gauss-Jordan elimination of [A | 1], exactly; what it finds is proved afterwards."""
    rows, columns = len(a), len(a[0])
    unit = [[Fraction(int(r == c)) for c in range(rows)] for r in range(rows)]
    joined = flint.fmpq_mat(rows, columns + rows, [
        flint.fmpq(v.numerator, v.denominator) for left, right in zip(a, unit, strict=True) for v in (*left, *right)])
    reduced = [[Fraction(int(v.p), int(v.q)) for v in row] for row in joined.rref()[0].tolist()]
    factors = [row[columns:] for row in reduced]
    pivots = [next((c for c in range(columns) if row[c]), None) for row in reduced]
    values = [sum((f * v for f, v in zip(row, y, strict=True)), Fraction(0)) for row in factors]
    for pivot, value, row in zip(pivots, values, factors, strict=True):
        if pivot is None and value:
            return Solved((), (), (), row)
    of = {pivot: row for row, pivot in enumerate(pivots) if pivot is not None}
    zero = [Fraction(0)] * rows
    free = [c for c in range(columns) if c not in of]
    directions = [(f, [Fraction(int(c == f)) if c not in of else -reduced[of[c]][f] for c in range(columns)])
                  for f in free]
    return Solved([values[of[c]] if c in of else Fraction(0) for c in range(columns)],
                  [factors[of[c]] if c in of else zero for c in range(columns)], directions)


def no_solution(d: Derivation, definitions: tuple[Definition, ...], factors: Sequence[Fraction],
                y: Sequence[Fraction]) -> None:
    """The same combination is 0 for every filter's output, and not 0 for the given one."""
    made, seen = definitions[0].tensor, definitions[2].tensor
    d.conclude(prove(combination((f, made[i]) for i, f in enumerate(factors)), expression(0), definitions),
               "this combination of the outputs is 0 for every filter")
    value = sum((f * v for f, v in zip(factors, y, strict=True)), Fraction(0))
    d.conclude(prove(combination((f, seen[i]) for i, f in enumerate(factors)), expression(value), definitions),
               "the same combination of the given output is not 0: no filter of this length makes it, in neither "
               "convention")
    d.note("There is no solution.")


def unique(d: Derivation, here: tuple[Definition, ...], x: Sequence[Fraction], found: Sequence[Fraction]) -> None:
    """The one filter makes the output; turned around it is that of the true convolution."""
    w = literal("W", list(found))
    entries = proved_entries(here[0].tensor, (*here, w))
    d.at_sizes(w)
    d.conclude(entries, "substitute: this filter makes the given output")
    d.validate(lambda cases: validate_entries(entries, engine.conv(
        np.array(x, dtype=object)[None, None], np.array(found, dtype=object)[None, None])[0, 0]))
    turned = at_sizes(declare("K", "W[K]").define("F[k] = W[K-1-k]", "F[K]"), {"K": len(found)})
    d.at_sizes(*turned)
    d.conclude(proved_entries(turned[0].tensor, (*turned, w)), "the filter of the true convolution: turned around")
    d.note(f"There is exactly one solution: as cross-correlation $({', '.join(map(number_latex, found))})$, as true "
           f"convolution $({', '.join(map(number_latex, reversed(found)))})$.")


def family(d: Derivation, here: tuple[Definition, ...], seen: Definition, w: Tensor, solved: Solved) -> None:
    """Every filter of the form makes the output, whatever the free entries are."""
    names = declare("", " ".join(f"c{free}" for free, _ in solved.directions))
    k, i = Symbol("k"), Symbol("i")
    body = entry("P", solved.particular, k)
    for free, direction in solved.directions:
        body = body + names[f"c{free}"][()] * entry("N", direction, k)
    chosen = Definition(w, (k,), body)
    d.given("A filter of that form, with any numbers $c$ for its free entries:", chosen)
    d.conclude(prove(here[0].tensor[i], entry("R", seen_values(seen), i), (*here, chosen)),
               "substitute: every one of them makes the given output")
    free = ", ".join(f"$W[{place}]$" for place, _ in solved.directions)
    d.note(f"There are infinitely many solutions; free: {free}. For true convolution each is turned around.")


def seen_values(seen: Definition) -> list[Fraction]:
    return (table(seen.equation) or [[]])[0]


def entry(name: str, values: Sequence[Fraction], index: Symbol) -> Expression:
    """The entry at an index of a table of numbers: Σ value·[index = …]."""
    given = literal(name, list(values))
    return substitute(given.body, {given.indices[0]: polynomial(index)})
