"""Formulas as sums of terms: coefficient · [guard] · Π reads, with the summation variables left over.

Definitions are unfolded with their axes as guards, derivatives are computed, products distributed,
and every summation variable that an equation determines is removed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import factorial, gcd

from symcnn.errors import StepError
from symcnn.kernel import scalars
from symcnn.kernel.derivative import derivative
from symcnn.kernel.guards import Empty, normal_equation, simplify_inequalities, solve_for
from symcnn.notation.expression import (
    Add, Apply, Bracket, Definition, Derivative, Expression, Multiply, Power, Read, Sum, Tensor, Value,
)
from symcnn.notation.polynomial import (
    UNIT, ZERO, Polynomial, Symbol, nonnegative, polynomial, sum_of_powers,
)

LARGEST_POWER, MOST_TERMS, MOST_ORDERS = 24, 4000, 24


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


@dataclass
class Expander:
    """Turns formulas into terms and normal forms; collects what must not be zero.

    `same` decides whether two arguments are equal; functions of equal arguments become one atom.
    """

    definitions: Mapping[Tensor, Definition] = field(default_factory=dict)
    same: Callable[[NormalForm, NormalForm], bool] | None = None
    nonzero: list[Expression] = field(default_factory=list)
    atoms: list[FunctionAtom] = field(default_factory=list)
    unfolding: list[Tensor] = field(default_factory=list)
    counter: Iterator[int] = field(default_factory=itertools.count)

    def normal_form(self, node: Expression, env: Environment | None = None,
                    limits: Term | None = None, outer_last: bool = False) -> NormalForm:
        """Merge the terms of a formula by cell; terms that cancel vanish."""
        form: NormalForm = {}
        for term in self.expand(node, env or {}):
            for cell, coefficient in normal_cells(limits.times(term) if limits else term, outer_last):
                add_to(form, cell, coefficient)
        return form

    def expand(self, node: Expression, env: Environment) -> list[Term]:
        """The terms of a formula; StepError for a formula that is too large."""
        match node:
            case Value(p):
                return [Term(p.substitute(env))]
            case Read(tensor, indices):
                return self.read(tensor, tuple(i.substitute(env) for i in indices))
            case Bracket(equations, inequalities):
                return [Term(UNIT, tuple(e.substitute(env) for e in equations),
                             tuple(p.substitute(env) for p in inequalities))]
            case Add(parts):
                return [t for part in parts for t in self.expand(part, env)]
            case Multiply(parts):
                return product([self.expand(part, env) for part in parts])
            case Power(base, exponent) if exponent >= 0:
                if exponent > LARGEST_POWER:
                    raise StepError(f"powers above {LARGEST_POWER} are not expanded")
                return product([self.expand(base, env) for _ in range(exponent)])
            case Power(base, exponent):
                return product([self.reciprocal(base, env)] * -exponent)
            case Apply(function, argument):
                return self.apply(function, argument, env)
            case Sum(ranges, body):
                inner = dict(env)
                names = tuple(Symbol(f"#{next(self.counter)}") for _ in ranges)
                inner.update((r.variable, polynomial(name)) for r, name in zip(ranges, names, strict=True))
                guards = tuple(g for r, name in zip(ranges, names, strict=True)
                               for g in r.substitute(inner).guards(polynomial(name)))
                limits = Term(UNIT, (), guards, names)
                return [limits.times(t) for t in self.expand(body, inner)]
            case Derivative(inner_expression, by):
                return self.expand(derivative(inner_expression, by, self.definitions, self.nonzero), env)
        raise TypeError(f"unknown node {type(node).__name__}")

    def read(self, tensor: Tensor, indices: tuple[Polynomial, ...]) -> list[Term]:
        guards = tuple(g for axis, index in zip(tensor.axes, indices, strict=True)
                       for g in axis.guards(index))
        definition = self.definitions.get(tensor)
        if definition is None:
            return [Term(UNIT, (), guards, (), (Factor(tensor, indices),))]
        if tensor in self.unfolding:
            raise StepError(f"the definition of {tensor.name} reads itself")
        self.unfolding.append(tensor)
        body = self.expand(definition.body, dict(zip(definition.indices, indices, strict=True)))
        self.unfolding.pop()
        return [Term(UNIT, (), guards).times(t) for t in body]

    def reciprocal(self, base: Expression, env: Environment) -> list[Term]:
        """1/base; base ≠ 0 becomes a hypothesis unless it is plain."""
        terms = [s for t in self.expand(base, env) for s in solved(t)]
        single = _of_one_argument(terms)
        if single is not None:
            atom, indices, value = single
            if value.numerator == 0:
                raise StepError("a denominator is zero identically")
            if not value.never_zero:
                self.nonzero.append(base)
            return [Term(factors=(Factor(atom, indices, 1, value.inverse()),))]
        if len(terms) == 1 and not (terms[0].equations or terms[0].inequalities or terms[0].bound):
            (term,) = terms
            if all(f.value is None for f in term.factors):
                try:
                    inverse = term.coefficient ** -1
                except ZeroDivisionError:
                    pass
                else:
                    if term.factors:
                        self.nonzero.append(base)
                    return [Term(inverse, factors=tuple(replace(f, exponent=-f.exponent)
                                                        for f in term.factors))]
        self.nonzero.append(base)
        form, slots = self.argument(base, env)
        return [Term(factors=(self.factor("reciprocal", form, slots),))]

    def apply(self, function: str, argument: Expression, env: Environment) -> list[Term]:
        if function == "relu":
            # relu(z) = z·[z > 0] for every z, so only the step needs an atom.
            return product([self.expand(argument, env), self.apply("step", argument, env)])
        form, slots = self.argument(argument, env)
        family = "exp" if function in scalars.EXPONENTIAL else "sign" if function in scalars.SIGN else None
        if family is None:
            return [Term(factors=(self.factor(function, form, slots),))]
        if not form:
            return [Term(polynomial(scalars.at_zero(function)))]
        scale, form = _primitive(form)
        return [Term(factors=(self.factor(family, form, slots, scalars.of_function(function, scale)),))]

    def argument(self, argument: Expression, env: Environment) -> tuple[NormalForm, tuple[Polynomial, ...]]:
        """The normal form of a function's argument in terms of slots, and what the slots stand for."""
        return _with_slots(self.normal_form(argument, env, outer_last=True))


    def factor(self, function: str, form: NormalForm, slots: tuple[Polynomial, ...],
               value: scalars.OneArgument | None = None) -> Factor:
        """One read of f(argument), of an atom seen before if `same` says so for some order of the slots."""
        atom = function_atom(function, form, len(slots))
        for known in self.atoms:
            if (known.function, known.slots) != (atom.function, atom.slots):
                continue
            if known == atom:
                return Factor(known, slots, 1, value)
            if self.same is None:
                continue
            for order in itertools.islice(itertools.permutations(range(len(slots))), MOST_ORDERS):
                renamed = {Symbol(f"~{n}"): polynomial(Symbol(f"~{place}")) for n, place in enumerate(order)}
                if self.same({_replaced(cell, renamed): c.substitute(renamed)
                              for cell, c in known.argument.items()}, form):
                    return Factor(known, tuple(slots[place] for place in order), 1, value)
        self.atoms.append(atom)
        return Factor(atom, slots, 1, value)


def product(parts: list[list[Term]]) -> list[Term]:
    """Distribute a product of sums; StepError if it is too large."""
    result = [Term()]
    for part in parts:
        if len(result) * len(part) > MOST_TERMS:
            raise StepError(f"a product has more than {MOST_TERMS} terms")
        result = [a.times(b) for a in result for b in part]
    return result


def function_atom(function: str, form: NormalForm, slots: int) -> FunctionAtom:
    text = " + ".join(f"({c})·{cell.sort_key()}" for cell, c in
                      sorted(form.items(), key=lambda item: item[0].sort_key()))
    return FunctionAtom(function, form, slots, f"{function}({text})")


def _primitive(form: NormalForm) -> tuple[int, NormalForm]:
    """form = scale · primitive, so that f(2z) and f(−z) become functions of z."""
    if not all(c.is_constant for c in form.values()):
        return 1, form
    leading = form[min(form, key=Cell.sort_key)].constant
    denominators = [c.constant.denominator for c in form.values()]
    numerators = [c.constant.numerator for c in form.values()]
    scale = gcd(*numerators) if all(d == 1 for d in denominators) else 1
    scale = scale if leading > 0 else -scale
    return scale, {cell: c * Fraction(1, scale) for cell, c in form.items()}


def _of_one_argument(terms: list[Term]) -> tuple[Atom, tuple[Polynomial, ...], scalars.OfExponential] | None:
    """The terms as one rational function of e^z for one z, if they are that."""
    found: tuple[Atom, tuple[Polynomial, ...]] | None = None
    value: scalars.OfExponential | None = None
    for term in terms:
        if term.equations or term.inequalities or term.bound or not term.coefficient.is_constant:
            return None
        piece = scalars.constant(term.coefficient.constant)
        for factor in term.factors:
            if not isinstance(factor.value, scalars.OfExponential):
                return None
            found = found or (factor.atom, factor.indices)
            if found != (factor.atom, factor.indices):
                return None
            piece = piece.times(factor.value)
        value = piece if value is None else value.plus(piece)
    return None if found is None or value is None else (*found, value)


def _is_outer(symbol: Symbol) -> bool:
    return not (symbol.is_size or symbol.name[0].isdigit() or symbol.name[0] in "~$")


def _with_slots(form: NormalForm) -> tuple[NormalForm, tuple[Polynomial, ...]]:
    """Replace the outer affine parts of a normal form by the slots `~0`, `~1`, …

    The order of the slots depends on where the parts stand, not on the names of the outer variables.
    """
    slots: list[Polynomial] = []
    cells = list(form.items())
    while (found := _outer_part(cells)) is not None:
        slot = polynomial(Symbol(f"~{len(slots)}"))
        outer = sorted(s for s in found.symbols if _is_outer(s))
        unit = next((s for s in outer if found.unit_coefficient(s)), None)
        if unit is None:
            found, unit = polynomial(outer[0]), outer[0]
        slots.append(found)
        value = {unit: solve_for(found - slot, unit)}
        cells = [(_replaced(cell, value), c.substitute(value)) for cell, c in cells]
    return dict(cells), tuple(slots)


def _replaced(cell: Cell, values: Environment) -> Cell:
    return replace(cell, equations=frozenset(normal_equation(e.substitute(values)) for e in cell.equations),
                   inequalities=frozenset(p.substitute(values) for p in cell.inequalities))


def _masked(p: Polynomial) -> str:
    """A name-independent key: outer variables are shown as '?'."""
    return repr(sorted((tuple(sorted(("?" if _is_outer(s) else s.name, e) for s, e in m)), str(c))
                       for m, c in p.terms.items()))


def _outer_part(cells: list[tuple[Cell, Polynomial]]) -> Polynomial | None:
    """The first outer affine part: of equations, then inequalities, then coefficients."""
    candidates = []
    for cell, coefficient in cells:
        place = repr([(a.name, e) for a, e in cell.reads])
        for kind, group in enumerate((cell.equations, cell.inequalities, (coefficient,))):
            candidates += [(kind, place, _masked(p), p) for p in group if any(map(_is_outer, p.symbols))]
    if not candidates:
        return None
    kind, _, _, p = min(candidates, key=lambda c: c[:3])
    part = Polynomial({m: c for m, c in p.terms.items() if all(_is_outer(s) or s.is_size for s, _ in m)})
    if kind == 2 or not any(map(_is_outer, part.symbols)):
        return polynomial(min(s for s in p.symbols if _is_outer(s)))
    leading = next(c for m, c in part.sorted_terms() if any(_is_outer(s) for s, _ in m))
    return part if leading > 0 else -part


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
    waiting = list(equations)
    solution: dict[Symbol, Polynomial] = {}
    stuck: list[Polynomial] = []
    while waiting:
        candidates = [(s, position) for position, e in enumerate(waiting)
                      for s in e.symbols if may_solve(s) and e.unit_coefficient(s)]
        if not candidates:
            stuck = [e for e in map(normal_equation, waiting) if e]
            break
        symbol, position = min(candidates)
        value = solve_for(waiting.pop(position), symbol)
        step = {symbol: value}
        waiting = [e for e in (normal_equation(w.substitute(step)) for w in waiting) if e]
        solution = {s: v.substitute(step) for s, v in solution.items()}
        solution[symbol] = value
    return stuck, solution


def normal_cells(term: Term, outer_last: bool = False) -> Iterator[tuple[Cell, Polynomial]]:
    """The cells of one term: functions in their unique form, read coordinates, counted variables."""
    for reduced in solved(term):
        for expanded in _in_basis(reduced):
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
        term = replace(term, inequalities=tuple(simplify_inequalities(term.inequalities)))
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
    """StepError if a leftover variable is neither determined by an equation nor bounded on both sides."""
    ended: set[Symbol] = set()
    for _ in hidden:
        for variable in hidden:
            slopes = [p.linear_coefficient(variable) for p in inequalities if variable in p.symbols]
            up = any(c is None or not nonnegative(-c) for c in slopes)
            down = any(c is None or not nonnegative(c) for c in slopes)
            determined = any(variable in e.symbols and not (e.symbols & set(hidden)) - ended - {variable}
                             for e in equations)
            if determined or (up and down):
                ended.add(variable)
    if len(ended) < len(hidden):
        raise StepError("a sum has no end, one of its variables is not bounded on both sides")


def _single_reads(factors: tuple[Factor, ...]) -> Iterator[Factor]:
    """X[a]² as two reads of X at one place, so that it lives in the space of X[a]·X[b]."""
    for factor in factors:
        if factor.indices and factor.exponent > 1:
            yield from [replace(factor, exponent=1)] * factor.exponent
        else:
            yield factor


def _cell_in_order(term: Term, factors: tuple[Factor, ...], outer_last: bool) -> tuple[Cell, Polynomial]:
    equations = list(term.equations)
    for r, factor in enumerate(factors):
        for a, index in enumerate(factor.indices):
            equations.append(polynomial(Symbol(f"{r}.{a}")) - index)
    waiting, values = echelon(equations, lambda s: s in term.bound)
    if outer_last:
        waiting, more = echelon(waiting, lambda s: s.name[0].isdigit())
        values = {s: v.substitute(more) for s, v in values.items()} | more
        waiting, more = echelon(waiting, lambda s: not s.is_size and s not in term.bound)
    else:
        waiting, more = echelon(waiting, lambda s: not s.is_size and s not in term.bound)
    values = {s: v.substitute(more) for s, v in values.items()} | more
    hidden = [b for b in term.bound if b not in values]
    if hidden:
        _require_ends(hidden, waiting, [p.substitute(values) for p in term.inequalities])
    names = {b: polynomial(Symbol(f"${n}")) for n, b in enumerate(hidden)}
    kept = frozenset(normal_equation(e.substitute(names)) for e in waiting) | frozenset(
        normal_equation((polynomial(s) - v).substitute(names)) for s, v in values.items()
        if s not in term.bound)
    inequalities = simplify_inequalities(p.substitute(values).substitute(names) for p in term.inequalities)
    # p ≥ 0 and −p ≥ 0 make an equation, which may determine one more coordinate.
    tight = next((p for p in sorted(inequalities, key=Polynomial.sort_key) if -p in inequalities
                  and any(not s.is_size and p.unit_coefficient(s) for s in p.symbols)), None)
    if tight is not None:
        back = {Symbol(f"${n}"): polynomial(b) for n, b in enumerate(hidden)}
        pinned = replace(term, equations=(*term.equations, *(e.substitute(back) for e in kept),
                                          tight.substitute(back)))
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


def _leading(p: Polynomial | None) -> bool:
    """Whether the leading coefficient is positive."""
    assert p is not None
    return next(c for _, c in p.sorted_terms()) > 0


def _moved(cell: Cell, coefficient: Polynomial, values: Environment) -> tuple[Cell, Polynomial]:
    moved = replace(cell, equations=frozenset(normal_equation(e.substitute(values)) for e in cell.equations),
                    inequalities=simplify_inequalities(p.substitute(values) for p in cell.inequalities))
    return moved, coefficient.substitute(values)
