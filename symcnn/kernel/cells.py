"""Terms and cells: products brought to the space of their read coordinates, where equal sums look equal."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import factorial

from symcnn.effort import remembered, spend
from symcnn.errors import StepError
from symcnn.kernel import scalars
from symcnn.kernel.guards import Empty, normal_equation, simplify_inequalities, solve_for
from symcnn.notation.expression import Tensor
from symcnn.notation.polynomial import Polynomial, Symbol, UNIT, ZERO, nonnegative, polynomial, sum_of_powers

MOST_ORDERS = 24
MOST_REMEMBERED = 5000


@dataclass(frozen=True, eq=False)
class FunctionAtom:
    """f(argument) as a tensor whose slots `~0`, `~1`, … are the outer affine parts of the argument.

    Two atoms are the same tensor when function and normal form of the argument agree.
    """

    function: str
    argument: NormalForm
    slots: int
    name: str

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FunctionAtom) and self.name == other.name


Atom = Tensor | FunctionAtom


@dataclass(frozen=True)
class Factor:
    """One read of an atom; `value` makes it a function of the atom's argument instead of a power."""

    atom: Atom
    indices: tuple[Polynomial, ...]
    exponent: int = 1
    value: scalars.OneArgument | None = None


@dataclass(frozen=True)
class Term:
    """coefficient · Σ_{bound} [equations = 0, inequalities ≥ 0] · Π factors."""

    coefficient: Polynomial = UNIT
    equations: tuple[Polynomial, ...] = ()
    inequalities: tuple[Polynomial, ...] = ()
    bound: tuple[Symbol, ...] = ()
    factors: tuple[Factor, ...] = ()

    def times(self, other: Term) -> Term:
        return Term(self.coefficient * other.coefficient, self.equations + other.equations,
                    self.inequalities + other.inequalities, self.bound + other.bound,
                    self.factors + other.factors)

    def substitute(self, values: Environment) -> Term:
        return Term(self.coefficient.substitute(values),
                    tuple(e.substitute(values) for e in self.equations),
                    tuple(p.substitute(values) for p in self.inequalities),
                    tuple(b for b in self.bound if b not in values),
                    tuple(replace(f, indices=tuple(i.substitute(values) for i in f.indices))
                          for f in self.factors))


@dataclass(frozen=True)
class Cell:
    """The space and the guard of a normal term.

    The coordinate of axis a of the r-th read is the symbol `r.a`; `hidden` are the summation variables
    `$0`, `$1`, … which no read determines by a unit coefficient.
    """

    reads: tuple[tuple[Atom, int], ...]
    equations: frozenset[Polynomial]
    inequalities: frozenset[Polynomial]
    hidden: tuple[Symbol, ...] = ()

    def sort_key(self) -> str:
        return repr(([(a.name, e) for a, e in self.reads], sorted(map(repr, self.equations)),
                     sorted(map(repr, self.inequalities)), self.hidden))


NormalForm = dict[Cell, Polynomial]


Environment = Mapping[Symbol, Polynomial]


def add_to(form: NormalForm, cell: Cell, coefficient: Polynomial) -> None:
    """form += coefficient · cell."""
    merged = form.get(cell, ZERO) + coefficient
    if merged:
        form[cell] = merged
    else:
        form.pop(cell, None)


def function_atom(function: str, form: NormalForm, slots: int) -> FunctionAtom:
    text = " + ".join(f"({c})·{cell.sort_key()}" for cell, c in
                      sorted(form.items(), key=lambda item: item[0].sort_key()))
    return FunctionAtom(function, form, slots, f"{function}({text})")


def replaced(cell: Cell, values: Environment) -> Cell:
    return replace(cell, equations=frozenset(normal_equation(e.substitute(values)) for e in cell.equations),
                   inequalities=frozenset(p.substitute(values) for p in cell.inequalities))


def solved(term: Term) -> list[Term]:
    """Remove bound variables by unit-coefficient equations and merge equal reads; [] without points."""
    try:
        while True:
            equations = tuple(e for e in map(normal_equation, term.equations) if e)
            chosen = next(((e, b) for e in equations for b in term.bound if e.unit_coefficient(b)), None)
            if chosen is None:
                term = replace(term, equations=equations)
                break
            equation, variable = chosen
            term = replace(term, equations=tuple(e for e in equations if e is not equation))
            term = term.substitute({variable: solve_for(equation, variable)})
        if len(term.factors) < 2:
            return [term]
        _, solution = echelon(term.equations, lambda s: not s.is_size)
    except Empty:
        return []
    groups: dict[tuple[Atom, tuple[Polynomial, ...]], Factor] = {}
    for factor in term.factors:
        indices = tuple(i.substitute(solution) for i in factor.indices)
        key = (factor.atom, indices)
        seen = groups.get(key)
        if seen is None:
            groups[key] = replace(factor, indices=indices)
        elif factor.value is not None and seen.value is not None:
            groups[key] = replace(seen, value=seen.value.times(factor.value))  # type: ignore[arg-type]
        else:
            groups[key] = replace(seen, exponent=seen.exponent + factor.exponent)
    return [replace(term, factors=tuple(f for f in groups.values() if f.exponent))]


def echelon(equations: Iterable[Polynomial], may_solve: Callable[[Symbol], bool],
            ) -> tuple[list[Polynomial], dict[Symbol, Polynomial]]:
    """Solve equations for symbols with unit coefficients, least name first, until none is left to solve.

    Returns the equations that could not be solved and {symbol: value}, each value free of all solved
    symbols. Empty if there is no solution.
    """
    def least(e: Polynomial) -> Symbol | None:
        return min((s for s in e.symbols if may_solve(s) and e.unit_coefficient(s)), default=None)

    # Each with its least symbol that it can be solved for: found anew only where the equation changes.
    waiting = [(e, least(e)) for e in map(normal_equation, equations) if e]
    solution: dict[Symbol, Polynomial] = {}
    while candidates := [(s, position) for position, (_, s) in enumerate(waiting) if s is not None]:
        symbol, position = min(candidates)
        value = solve_for(waiting.pop(position)[0], symbol)
        step = {symbol: value}
        for place, (e, _) in enumerate(waiting):
            if symbol in e.symbols:
                changed = normal_equation(e.substitute(step))
                waiting[place] = changed, least(changed)
        waiting = [(e, s) for e, s in waiting if e]
        solution = {s: v.substitute(step) for s, v in solution.items()}
        solution[symbol] = value
    return [e for e, _ in waiting], solution


@remembered(MOST_REMEMBERED)
def normal_cells(term: Term, outer_last: bool = False) -> tuple[tuple[Cell, Polynomial], ...]:
    """The cells of one term: functions in their unique form, read coordinates, counted variables."""
    return tuple(_cells(term, outer_last))


def _cells(term: Term, outer_last: bool) -> Iterator[tuple[Cell, Polynomial]]:
    for reduced in solved(term):
        for expanded in _in_basis(reduced):
            spend(20)
            for counted in _counted(expanded):
                try:
                    yield _cell(counted, outer_last)
                except Empty:
                    continue


def _in_basis(term: Term) -> Iterator[Term]:
    """Distribute functions of one argument over the basis of their family."""
    plain = tuple(f for f in term.factors if f.value is None)
    choices = [[(c, f, name) for c, name in f.value.basis()] for f in term.factors if f.value is not None]
    for choice in itertools.product(*choices):
        coefficient, factors = term.coefficient, list(plain)
        for c, factor, name in choice:
            coefficient = coefficient * c
            if name:
                assert isinstance(factor.atom, FunctionAtom)
                function = f"{factor.atom.function} {name}"
                factors.append(Factor(function_atom(function, factor.atom.argument, factor.atom.slots),
                                      factor.indices))
        if coefficient:
            yield replace(term, coefficient=coefficient, factors=tuple(factors))


def _counted(term: Term) -> Iterator[Term]:
    """Replace Σ_v 1 by upper − lower + 1 for variables that stand in unit inequalities only.

    One case per tight bound, so that the count is a polynomial in each. StepError for a sum without end.
    """
    read = {s for f in term.factors for i in f.indices for s in i.symbols}
    read |= {s for e in term.equations for s in e.symbols}
    try:
        kept = sorted(simplify_inequalities(term.inequalities), key=Polynomial.sort_key)
        term = replace(term, inequalities=tuple(kept))
    except Empty:
        return
    for variable in term.bound:
        if variable in read:
            continue
        rest = [p for p in term.inequalities if variable not in p.symbols]
        own = [p for p in term.inequalities if variable in p.symbols]
        if not all(p.unit_coefficient(variable) for p in own):
            continue
        lowers = [solve_for(p, variable) for p in own if p.unit_coefficient(variable) > 0]
        uppers = [solve_for(p, variable) for p in own if p.unit_coefficient(variable) < 0]
        if not lowers or not uppers:
            raise StepError("a sum has no end, one of its variables is not bounded on both sides")
        bound = tuple(b for b in term.bound if b != variable)
        powers = term.coefficient.coefficients(variable)
        for a, lower in enumerate(lowers):
            for b, upper in enumerate(uppers):
                tight = [lower - other - (position < a) for position, other in enumerate(lowers)
                         if position != a]
                tight += [other - upper - (position < b) for position, other in enumerate(uppers)
                          if position != b]
                count = sum((c * (sum_of_powers(n, upper) - sum_of_powers(n, lower - 1))
                             for n, c in powers.items()), ZERO)
                guards = (*rest, *tight, upper - lower + 1)
                yield from _counted(Term(count, term.equations, guards, bound, term.factors))
        return
    if term.coefficient:
        yield term


def _cell(term: Term, outer_last: bool) -> tuple[Cell, Polynomial]:
    """Introduce read coordinates and choose the least of the equivalent orders of like reads."""
    factors = sorted(_single_reads(term.factors), key=lambda f: (f.atom.name, f.exponent))
    groups = [list(g) for _, g in itertools.groupby(factors, key=lambda f: (f.atom.name, f.exponent))]
    orders = 1
    for group in groups:
        orders *= factorial(len(group))
    if orders == 1:
        return _cell_in_order(term, tuple(factors), outer_last)
    arrangements: Iterable[tuple[tuple[Factor, ...], ...]] = [tuple(map(tuple, groups))]
    if orders <= MOST_ORDERS:
        arrangements = itertools.product(*(itertools.permutations(g) for g in groups))
    results = [_cell_in_order(term, tuple(f for g in arrangement for f in g), outer_last)
               for arrangement in arrangements]
    return min(results, key=lambda r: (r[0].sort_key(), r[1].sort_key()))


def _require_ends(hidden: list[Symbol], equations: list[Polynomial], inequalities: list[Polynomial]) -> None:
    """StepError unless every leftover variable has a first and a last value, wherever the rest is fixed.

    c·v ≤ e ends v above if c ≥ 1 at all sizes and every other leftover variable in e ends on the side that
    bounds e above. Sufficient, not necessary.
    """
    guards = [*inequalities, *equations, *(-e for e in equations)]
    ended: set[tuple[Symbol, bool]] = set()  # the variable; whether above

    def bounds(p: Polynomial, variable: Symbol, above: bool) -> bool:
        for other in p.symbols.intersection(hidden):
            slope = p.linear_coefficient(other)
            rising = slope is not None and nonnegative(slope if other != variable else slope - 1)
            falling = slope is not None and nonnegative(-slope if other != variable else -slope - 1)
            if other == variable:
                if not (falling if above else rising):
                    return False
            elif not ((falling or (other, True) in ended) and (rising or (other, False) in ended)):
                return False
        return True

    waiting = {(v, above) for v in hidden for above in (False, True)}
    while found := {(v, above) for v, above in waiting
                    if any(v in p.symbols and bounds(p, v, above) for p in guards)}:
        ended |= found
        waiting -= found
    if waiting:
        raise StepError("a sum has no end, one of its variables is not bounded on both sides")


def _single_reads(factors: tuple[Factor, ...]) -> Iterator[Factor]:
    """X[a]² as two reads of X at one place, so that it lives in the space of X[a]·X[b]."""
    for factor in factors:
        if factor.indices and factor.exponent > 1:
            yield from [replace(factor, exponent=1)] * factor.exponent
        else:
            yield factor


def _cell_in_order(term: Term, factors: tuple[Factor, ...], outer_last: bool) -> tuple[Cell, Polynomial]:
    spend(100)
    equations = list(term.equations)
    for r, factor in enumerate(factors):
        for a, index in enumerate(factor.indices):
            equations.append(polynomial(Symbol(f"{r}.{a}")) - index)
    bound = frozenset(term.bound)
    waiting, values = echelon(equations, bound.__contains__)
    if outer_last:
        waiting, more = echelon(waiting, lambda s: s.name[0].isdigit())
        values = {s: v.substitute(more) for s, v in values.items()} | more
        waiting, more = echelon(waiting, lambda s: not s.is_size and s not in bound)
    else:
        waiting, more = echelon(waiting, lambda s: not s.is_size and s not in bound)
    values = {s: v.substitute(more) for s, v in values.items()} | more
    hidden = [b for b in term.bound if b not in values]
    if hidden:
        _require_ends(hidden, waiting, [p.substitute(values) for p in term.inequalities])
    names = {b: polynomial(Symbol(f"${n}")) for n, b in enumerate(hidden)}
    kept = frozenset(normal_equation(e.substitute(names)) for e in waiting) | frozenset(
        normal_equation((polynomial(s) - v).substitute(names)) for s, v in values.items()
        if s not in bound)
    inequalities = simplify_inequalities(p.substitute(values).substitute(names) for p in term.inequalities)
    # p ≥ 0 and −p ≥ 0 make an equation, which may determine one more coordinate.
    tight = next((p for p in sorted(inequalities, key=Polynomial.sort_key) if -p in inequalities
                  and any(not s.is_size and p.unit_coefficient(s) for s in p.symbols)), None)
    if tight is not None:
        back = {Symbol(f"${n}"): polynomial(b) for n, b in enumerate(hidden)}
        pinned = replace(term, equations=(*term.equations, *(
            e.substitute(back) for e in sorted(kept, key=Polynomial.sort_key)), tight.substitute(back)))
        return _cell_in_order(pinned, factors, outer_last)
    cell = Cell(tuple((f.atom, f.exponent) for f in factors), kept, inequalities,
                tuple(Symbol(f"${n}") for n in range(len(hidden))))
    coefficient = term.coefficient.substitute(values).substitute(names)
    return _with_normal_hidden(cell, coefficient) if hidden else (cell, coefficient)


def _with_normal_hidden(cell: Cell, coefficient: Polynomial) -> tuple[Cell, Polynomial]:
    """The least of the equivalent forms of a cell with leftover variables.

    A variable may be reversed (so that it stands with the sign opposite to a coordinate's in its equation),
    shifted (so that its lower bound is 0), and exchanged with another.
    """
    cell = _without_quotients(cell, coefficient)
    numbered = {h: Symbol(f"${n}") for n, h in enumerate(cell.hidden)}
    cell, coefficient = _moved(replace(cell, hidden=tuple(numbered.values())), coefficient,
                               {h: polynomial(n) for h, n in numbered.items()})
    for hidden in cell.hidden:
        cell, coefficient = _by_division(cell, coefficient, hidden)
    for hidden in cell.hidden:
        equation = min((e for e in cell.equations if hidden in e.symbols), key=Polynomial.sort_key, default=None)
        if equation is not None:
            reference = min((s for s in equation.symbols if not s.is_size and s not in cell.hidden), default=None)
            slopes = [equation.linear_coefficient(s) for s in (hidden, reference) if s is not None]
            if len(slopes) == 2 and all(slopes) and _leading(slopes[0]) == _leading(slopes[1]):
                cell, coefficient = _moved(cell, coefficient, {hidden: -polynomial(hidden)})
        lowers = [solve_for(p, hidden) for p in cell.inequalities if p.unit_coefficient(hidden) > 0]
        lowers = [q for q in lowers if not any(s in cell.hidden for s in q.symbols)]
        if lowers:
            shift = min(lowers, key=lambda q: (sum(not s.is_size for s in q.symbols), q.sort_key()))
            cell, coefficient = _moved(cell, coefficient, {hidden: polynomial(hidden) + shift})
    orders = itertools.islice(itertools.permutations(cell.hidden), MOST_ORDERS)
    forms = [_moved(cell, coefficient, {h: polynomial(o) for h, o in zip(cell.hidden, order, strict=True)})
             for order in orders]
    return min(forms, key=lambda f: (f[0].sort_key(), f[1].sort_key()))


def _by_division(cell: Cell, coefficient: Polynomial, hidden: Symbol) -> tuple[Cell, Polynomial]:
    """Where q·v = e for a number q, write e/q for v in all other conditions: only divisibility is left of v."""
    for equation in sorted(cell.equations, key=Polynomial.sort_key):
        slope = equation.linear_coefficient(hidden)
        if slope and slope.is_constant:
            value = {hidden: polynomial(hidden) - equation * (Fraction(1) / slope.constant)}
            others = {normal_equation(e.substitute(value)) for e in cell.equations if e != equation}
            moved = replace(cell, equations=frozenset({equation, *(e for e in others if e)}),
                            inequalities=simplify_inequalities(p.substitute(value) for p in cell.inequalities))
            return moved, coefficient.substitute(value)
    return cell, coefficient


def _without_quotients(cell: Cell, coefficient: Polynomial) -> Cell:
    """Drop a variable that is the quotient of something and nothing else: exactly one v has
    0 ≤ e − q·v ≤ q − 1, for any integer e and q ≥ 1."""
    for hidden in cell.hidden:
        own = [p for p in cell.inequalities if hidden in p.symbols]
        if len(own) == 2 and hidden not in coefficient.symbols and not any(hidden in e.symbols for e in cell.equations):
            slopes = [p.linear_coefficient(hidden) for p in own]
            for slope in slopes:
                if slope and nonnegative(slope - 1) and own[0] + own[1] == slope - 1 and not any(
                        not s.is_size for s in slope.symbols):
                    cell = replace(cell, inequalities=cell.inequalities - set(own),
                                   hidden=tuple(h for h in cell.hidden if h != hidden))
                    break
    return cell


def _leading(p: Polynomial | None) -> bool:
    """Whether the leading coefficient is positive."""
    assert p is not None
    return p.leading_coefficient > 0


def _moved(cell: Cell, coefficient: Polynomial, values: Environment) -> tuple[Cell, Polynomial]:
    moved = replace(cell, equations=frozenset(normal_equation(e.substitute(values)) for e in cell.equations),
                    inequalities=simplify_inequalities(p.substitute(values) for p in cell.inequalities))
    return moved, coefficient.substitute(values)
