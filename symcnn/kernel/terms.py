"""Formulas as sums of terms: coefficient · [guard] · Π reads, with the summation variables left over.

Definitions are unfolded with their axes as guards, derivatives are computed, products distributed,
and every summation variable that an equation determines is removed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import gcd, lcm

from symcnn.effort import spend
from symcnn.errors import StepError
from symcnn.kernel import scalars
from symcnn.kernel.cells import (
    MOST_ORDERS, Atom, Cell, Environment, Factor, FunctionAtom, NormalForm, Term, add_to, function_atom, normal_cells,
    replaced, solved,
)
from symcnn.kernel.derivative import derivative
from symcnn.kernel.guards import Empty, simplify_inequalities, solve_for, somewhere
from symcnn.kernel.signs import NonZero, factors_in_doubt
from symcnn.notation.expression import (
    Add, Apply, Axis, Bracket, Definition, Derivative, Expectation, Expression, Maximum, Multiply, Power, Range, Read,
    Sum, Tensor, Value, free_indices, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, UNIT, nonnegative, polynomial, symbols_of
from symcnn.notation.traverse import substitute, within_axes

SMALL_PRIMES = (2, 3, 5, 7, 11, 13)
LARGEST_POWER, MOST_TERMS, MOST_PIECES = 24, 4000, 16
LARGEST_FACTORED = 10 ** 15


@dataclass
class Expander:
    """Turns formulas into terms and normal forms; collects what must not be zero.

    `same` decides whether two arguments are equal; functions of equal arguments become one atom. With
    `by_cases` a function of pieces that exclude each other is put together from its values on the pieces;
    `divisible` says whether there was one. `holding` are the guards that all terms at hand are multiplied by in the
    end, those of the sums around and of the definitions that are unfolded; `repeated` says whether a definition has one
    of them again. As [g] f([g] x) = [g] f(x), with `once` it is left out there.
    """

    definitions: Mapping[Tensor, Definition] = field(default_factory=dict)
    same: Callable[[NormalForm, NormalForm], bool] | None = None
    by_cases: bool = False
    once: bool = False
    divisible: bool = False
    repeated: bool = False
    nonzero: list[NonZero] = field(default_factory=list)
    around: list[tuple[Range, Symbol]] = field(default_factory=list)
    on_axes: list[Polynomial] = field(default_factory=list)
    holding: list[Polynomial] = field(default_factory=list)
    atoms: list[FunctionAtom] = field(default_factory=list)
    unfolding: list[Tensor] = field(default_factory=list)
    counter: Iterator[int] = field(default_factory=itertools.count)

    def normal_form(self, node: Expression, env: Environment | None = None,
                    limits: Term | None = None) -> NormalForm:
        """Merge the terms of a formula by cell; terms that cancel vanish."""
        guards = limits.inequalities if limits else ()
        terms = self.under(guards, lambda: self.expand(node, env or {}))
        return _merged([limits.times(t) for t in terms] if limits else terms, outer_last=False)

    def under(self, guards: Sequence[Polynomial], made: Callable[[], list[Term]]) -> list[Term]:
        """Terms that are multiplied by these guards afterwards."""
        self.holding += guards
        try:
            return made()
        finally:
            del self.holding[len(self.holding) - len(guards):]

    def expand(self, node: Expression, env: Environment) -> list[Term]:
        """The terms of a formula; StepError for a formula that is too large."""
        spend(2)
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
            case Power(Power(base, power), exponent) if power > 0:
                return self.expand(Power(base, power * exponent), env)
            case Power(base, exponent):
                return product([self.reciprocal(base, env)] * -exponent)
            case Apply(function, argument):
                return self.apply(function, argument, env)
            case Sum(ranges, body):
                inner, limits = self.enter(ranges, env)
                terms = self.under(limits.inequalities, lambda: self.expand(body, inner))
                self.leave(ranges)
                return [limits.times(t) for t in terms]
            case Maximum():
                return self.maximum(node.ranges, within_axes(node.body), node.body, env)
            case Derivative(inner_expression, by):
                ties: list[NonZero] = []
                slope = derivative(inner_expression, by, self.definitions, ties)
                self.require(ties, env)
                return self.expand(slope, env)
            case Expectation():
                raise StepError("an expectation is worked out by the rules of moments")
        raise TypeError(f"unknown node {type(node).__name__}")

    def enter(self, ranges: tuple[Range, ...], env: Environment) -> tuple[Environment, Term]:
        """The environment inside a sum, and what it multiplies its terms by."""
        # As names they stand in the order of their numbers, so that equal sums are worked out alike.
        names = tuple(Symbol(f"#{next(self.counter):06}") for _ in ranges)
        inner = {**env, **{r.variable: polynomial(name) for r, name in zip(ranges, names, strict=True)}}
        placed = [r.substitute(inner, name) for r, name in zip(ranges, names, strict=True)]
        self.around += [(r, old.variable) for r, old in zip(placed, ranges, strict=True)]
        guards = tuple(g for r in placed for g in r.guards(polynomial(r.variable)))
        return inner, Term(UNIT, (), guards, names)

    def leave(self, ranges: tuple[Range, ...]) -> None:
        del self.around[len(self.around) - len(ranges):]

    def require(self, found: Iterable[NonZero], env: Environment) -> None:
        """Note what must not be 0: for all values that the sums around give their variables, on the axes of the
        definitions that are unfolded."""
        for needed in found:
            there = needed.changed(lambda node: substitute(node, env))
            spoken = free_indices(there.closed)
            there = there.only(g for g in self.on_axes if g.symbols & spoken).under(r for r, _ in self.around)
            if any(r.lower is None and r.upper is None for r in there.ranges):
                raise StepError("what is divided by under a sum without bounds is 0 somewhere")
            self.nonzero.append(_named(there, {r.variable: old for r, old in self.around}))

    def read(self, tensor: Tensor, indices: tuple[Polynomial, ...]) -> list[Term]:
        on_axes = tuple(g for axis, index in zip(tensor.axes, indices, strict=True) for g in axis.guards(index))
        definition = self.definitions.get(tensor)
        if definition is None:
            return [Term(UNIT, (), on_axes, (), (Factor(tensor, indices),))]
        if tensor in self.unfolding:
            raise StepError(f"the definition of {tensor.name} reads itself")
        held = {g for g in on_axes if g in self.holding}
        self.repeated |= bool(held)
        guards = tuple(g for g in on_axes if g not in held) if self.once else on_axes
        self.unfolding.append(tensor)
        self.on_axes += on_axes
        body = self.under(guards, lambda: self.expand(
            definition.body, dict(zip(definition.indices, indices, strict=True))))
        del self.on_axes[len(self.on_axes) - len(on_axes):]
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
                self.require(map(NonZero, factors_in_doubt(base)), env)
            return [Term(factors=(Factor(atom, indices, 1, value.inverse()),))]
        if len(terms) == 1 and not (terms[0].equations or terms[0].bound):
            # 1/([guard]·c·Π f) = [guard]·c⁻¹·Π f⁻¹, where it is defined.
            (term,) = terms
            if not any(isinstance(f.value, scalars.OfSign) for f in term.factors):
                try:
                    inverse = term.coefficient ** -1
                except ZeroDivisionError:
                    pass
                else:
                    if term.factors or term.inequalities:
                        self.require(map(NonZero, factors_in_doubt(base)), env)
                    return [Term(inverse, (), term.inequalities, (), tuple(
                        replace(f, value=f.value.inverse()) if isinstance(f.value, scalars.OfExponential)
                        else replace(f, exponent=-f.exponent) for f in term.factors))]
        self.require(map(NonZero, factors_in_doubt(base)), env)
        # 1/(c·f·S) = c⁻¹·f⁻¹·(1/S) for a number c and what stands in every term and speaks of no summation variable.
        common = _common_factors(terms)
        form, slots = _with_slots(_merged(_without(t, common) for t in terms))
        content, form = _content(form)
        return [Term(polynomial(1 / content), factors=(*(replace(f, exponent=-f.exponent) for f in common),
                                                       self.factor("reciprocal", form, slots)))]

    def apply(self, function: str, argument: Expression, env: Environment) -> list[Term]:
        if function == "log" and (parts := self.factors_of(argument)) is not None:
            return self.expand(parts, env)
        return self.applied(function, lambda: self.expand(argument, env))

    def factors_of(self, argument: Expression) -> Expression | None:
        """log u as a sum of logarithms of the factors of u, where it has a value: log of e^z/S is z − log S.

        None if there is nothing to take apart. Of a negative multiple nothing is: −x and x are not both positive.
        """
        match argument:
            case Multiply(parts) if len(parts) > 1 and not any(
                    isinstance(p, Value) and not (p.value.is_constant and p.value.constant > 0) for p in parts):
                return Add(tuple(Apply("log", p) for p in parts))
            case Power(base, exponent) if exponent:
                return exponent * Apply("log", base)
            case Apply("exp", inner):
                return inner
            case Read(tensor, indices) if tensor in self.definitions and tensor not in self.unfolding and (
                    not any(isinstance(n, Read) and n.tensor in self.unfolding
                            for n in walk(self.definitions[tensor].body))):
                known = self.definitions[tensor]
                body = substitute(known.body, dict(zip(known.indices, indices, strict=True)))
                inside = self.factors_of(body)
                return None if inside is None else inside * within_axes(argument) if indices else inside
        return None

    def applied(self, function: str, argument: Callable[[], list[Term]]) -> list[Term]:
        """f(argument), whose terms are made anew wherever they stand twice."""
        terms = argument()
        if function == "relu":
            # relu(z) = z·[z > 0] for every z, so only the step needs an atom.
            return product([terms, self.applied("step", argument)])
        pieces = _pieces(terms)
        self.divisible |= len(pieces) > 1
        if not (self.by_cases and pieces):
            return self.of_terms(function, terms)
        # f(Σ [g] a) = f(0) + Σ [g] (f(a) − f(0)), where at most one of the conditions g holds.
        split = at_zero = self.of_terms(function, [])
        for condition, inside in pieces:
            less = [replace(t, coefficient=-t.coefficient) for t in at_zero]
            split = split + product([[condition], self.of_terms(function, inside) + less])
        return split

    def of_terms(self, function: str, terms: list[Term]) -> list[Term]:
        """f(Σ terms)."""
        form, slots = _with_slots(_merged(terms))
        if function == "log" and (value := _positive_number(form)) is not None:
            return [Term(polynomial(times), factors=(self.factor("log", _merged([Term(polynomial(prime))]), ()),))
                    for prime, times in scalars.primes(value)]
        family = "exp" if function in scalars.EXPONENTIAL else "sign" if function in scalars.SIGN else None
        if function == "sqrt" and form:
            # √(s²·r) = s·√r for a positive number s.
            content, primitive = _content(form)
            root, rest = _square_part(abs(content))
            form = {cell: c * (content / abs(content)) * rest for cell, c in primitive.items()}
            return [Term(polynomial(root), factors=(self.factor(function, form, slots),))]
        if family is None:
            return [Term(factors=(self.factor(function, form, slots),))]
        if not form:
            return [Term(polynomial(scalars.at_zero(function)))]
        scale, form = _primitive(form)
        return [Term(factors=(self.factor(family, form, slots, scalars.of_function(function, scale)),))]

    def maximum(self, ranges: tuple[Range, ...], there: Bracket, body: Expression, env: Environment) -> list[Term]:
        """The largest body(v) for the v in the ranges that are `there`; 0 where there are none.

        What does not depend on v is taken out, and so are positive numbers and increasing functions. The rest is a
        function of Σ_v (P[v] + M[v]·body(v)): the places, and what stands at each. The entries of an undefined
        tensor are told apart by Σ_v body(v) itself: equal sums for all entries count each entry equally often, so
        the same ones occur.
        """
        if isinstance(body, Read) and (known := self.definitions.get(body.tensor)) is not None and (
                isinstance(known.body, Apply) and body.tensor not in self.unfolding):
            self.unfolding.append(body.tensor)
            unfolded = substitute(known.body, dict(zip(known.indices, body.indices, strict=True)))
            terms = self.maximum(ranges, there, unfolded, env)
            self.unfolding.pop()
            return terms
        if isinstance(body, Apply) and body.function in scalars.INCREASING:
            # f(max ∅) = f(0) = 0 for these.
            return self.applied(body.function, lambda: self.maximum(ranges, there, body.argument, env))
        inner, limits = self.enter(ranges, env)
        (places,) = product([[limits], self.expand(there, inner)])
        terms = self.expand(body, inner)
        self.leave(ranges)
        where = [p for p in places.inequalities if p.symbols & set(limits.bound)]
        around = tuple(p for p in places.inequalities if p not in where)
        fixed, terms = _apart([replace(t, inequalities=tuple(p for p in t.inequalities if p not in places.inequalities))
                               for t in terms], limits.bound)
        if (some := somewhere(where, limits.bound)) is None:
            fixed, terms = [], fixed + terms
        else:
            fixed = [Term(UNIT, (), some).times(t) for t in fixed]
        if terms:
            content, terms = _positive_content(terms)
            if not _is_entry(terms):
                onwards = tuple(Axis(polynomial(0), UNIT, None) for _ in limits.bound)
                at = tuple(map(polynomial, limits.bound))
                place, value = ([Term(factors=(Factor(Tensor(n, onwards), at),))] for n in ("max place", "max value"))
                terms = [*place, *product([value, terms])]
            form, slots = _with_slots(_merged(product([[Term(UNIT, (), tuple(where), limits.bound)], terms])))
            fixed += [Term(polynomial(content), factors=(self.factor("max", form, slots),))] if form else []
        return product([[Term(UNIT, (), around)], fixed])

    def argument(self, argument: Expression, env: Environment) -> tuple[NormalForm, tuple[Polynomial, ...]]:
        """The normal form of a function's argument in terms of slots, and what the slots stand for."""
        return _with_slots(_merged(self.expand(argument, env)))

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
                if self.same({replaced(cell, renamed): c.substitute(renamed)
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


def _apart(terms: list[Term], variables: Iterable[Symbol]) -> tuple[list[Term], list[Term]]:
    """The terms that do not depend on the variables, and those that do; like terms added where there are few."""
    found: list[Term] = []
    for term in terms:
        like = next((n for n, t in enumerate(found[:MOST_PIECES])
                     if replace(t, coefficient=term.coefficient) == term), None)
        if like is None:
            found.append(term)
        else:
            found[like] = replace(term, coefficient=found[like].coefficient + term.coefficient)
    found = [t for t in found if t.coefficient]
    spoken = [symbols_of((t.coefficient, *t.equations, *t.inequalities, *(i for f in t.factors for i in f.indices)))
              for t in found]
    bound = set(variables)
    return ([t for t, s in zip(found, spoken, strict=True) if not s & bound],
            [t for t, s in zip(found, spoken, strict=True) if s & bound])


def _positive_content(terms: list[Term]) -> tuple[Fraction, list[Term]]:
    """terms = content · others for a positive number, so that max 2z becomes 2 max z."""
    if not all(t.coefficient.is_constant for t in terms):
        return Fraction(1), terms
    values = [Fraction(t.coefficient.constant) for t in terms]
    content = Fraction(gcd(*(v.numerator for v in values)), lcm(*(v.denominator for v in values)))
    return content, [replace(t, coefficient=t.coefficient * (1 / content)) for t in terms]


def _is_entry(terms: list[Term]) -> bool:
    """Whether the terms are one entry of a tensor."""
    return len(terms) == 1 and terms[0] == Term(factors=terms[0].factors) and len(terms[0].factors) == 1 and (
        (f := terms[0].factors[0]).exponent == 1 and f.value is None and isinstance(f.atom, Tensor))


def _named(needed: NonZero, names: Mapping[Symbol, Symbol]) -> NonZero:
    """The hypothesis with names that people read for its variables, without conditions that are met anyway."""
    for r in needed.ranges:
        if r.variable in names:
            new = names[r.variable]
            while new in free_indices(needed.closed) or any(new == other.variable for other in needed.ranges):
                new = Symbol(new.name + "'")
            values = {r.variable: polynomial(new)}
            needed = NonZero(substitute(needed.expression, values), tuple(
                replace(other.substitute(values), variable=new if other.variable == r.variable else other.variable)
                for other in needed.ranges), tuple(g.substitute(values) for g in needed.where))
    met = {g for r in needed.ranges for g in r.guards(polynomial(r.variable))}
    return replace(needed, where=tuple(g for g in needed.where if g not in met and not nonnegative(g)))


def _merged(terms: Iterable[Term], outer_last: bool = True) -> NormalForm:
    form: NormalForm = {}
    for term in terms:
        for cell, coefficient in normal_cells(term, outer_last):
            add_to(form, cell, coefficient)
    return form


def _pieces(terms: list[Term]) -> list[tuple[Term, list[Term]]]:
    """Σ terms = Σ [g]·(a sum of terms) for conditions g that speak of no summation variable: each g with its
    terms; [] unless every two conditions exclude each other."""
    groups: dict[tuple[frozenset[Polynomial], frozenset[Polynomial]], list[Term]] = {}
    for term in (s for t in terms for s in solved(t)) if len(terms) <= MOST_PIECES else ():
        bound = set(term.bound)
        e, p = (frozenset(q for q in side if not q.symbols & bound) for side in (term.equations, term.inequalities))
        inside = replace(term, equations=tuple(q for q in term.equations if q not in e),
                         inequalities=tuple(q for q in term.inequalities if q not in p))
        groups.setdefault((e, p), []).append(inside)
    for (e, p), (f, q) in itertools.combinations(groups, 2):
        both = [*p, *q, *(way for equation in (*e, *f) for way in (equation, -equation))]
        try:
            simplify_inequalities(both, thorough=True)
        except Empty:
            continue
        return []
    return [(Term(UNIT, tuple(sorted(e, key=Polynomial.sort_key)), tuple(sorted(p, key=Polynomial.sort_key))), inside)
            for (e, p), inside in groups.items()]


def _positive_number(form: NormalForm) -> Fraction | None:
    """The positive rational number that a normal form is; None for any other form."""
    if len(form) != 1:
        return None
    (cell, coefficient), = form.items()
    if cell != Cell((), frozenset(), frozenset()) or not coefficient.is_constant or coefficient.constant <= 0:
        return None
    value = Fraction(coefficient.constant)
    return value if max(value.numerator, value.denominator) <= LARGEST_FACTORED else None


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


def _content(form: NormalForm) -> tuple[Fraction, NormalForm]:
    """form = content · primitive with whole coefficients that share no divisor, the leading one positive."""
    if not form or not all(c.is_constant for c in form.values()):
        return Fraction(1), form
    values = [Fraction(c.constant) for c in form.values()]
    content = Fraction(gcd(*(v.numerator for v in values)), lcm(*(v.denominator for v in values)))
    if form[min(form, key=Cell.sort_key)].constant < 0:
        content = -content
    return content, {cell: c * (1 / content) for cell, c in form.items()}


def _square_part(number: Fraction) -> tuple[Fraction, Fraction]:
    """number = root² · rest, with the root as large as trial division by small primes makes it."""
    root, rest = Fraction(1), number
    for prime in SMALL_PRIMES:
        while rest.numerator % (prime * prime) == 0:
            root, rest = root * prime, rest / (prime * prime)
        while rest.denominator % (prime * prime) == 0:
            root, rest = root / prime, rest * (prime * prime)
    return root, rest


def _common_factors(terms: list[Term]) -> list[Factor]:
    """The reads that stand in every term, with the least exponent that they have, free of summation variables."""
    found: dict[tuple[Atom, tuple[Polynomial, ...]], int] = {}
    for n, term in enumerate(terms):
        bound = set(term.bound)
        here = {k: e for k, e in _exponents(term).items() if e > 0 and not any(i.symbols & bound for i in k[1])}
        found = here if n == 0 else {k: min(e, here[k]) for k, e in found.items() if k in here}
    return [Factor(atom, indices, exponent) for (atom, indices), exponent in found.items()]


def _without(term: Term, common: list[Factor]) -> Term:
    """The term with less of these reads."""
    exponents = _exponents(term)
    for f in common:
        exponents[f.atom, f.indices] -= f.exponent
    plain = tuple(Factor(atom, indices, e) for (atom, indices), e in exponents.items() if e)
    return replace(term, factors=(*plain, *(f for f in term.factors if f.value is not None)))


def _exponents(term: Term) -> dict[tuple[Atom, tuple[Polynomial, ...]], int]:
    """With which exponent each read stands in a term."""
    found: dict[tuple[Atom, tuple[Polynomial, ...]], int] = {}
    for f in term.factors:
        if f.value is None:
            found[f.atom, f.indices] = found.get((f.atom, f.indices), 0) + f.exponent
    return found


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
        cells = [(replaced(cell, value), c.substitute(value)) for cell, c in cells]
    return dict(cells), tuple(slots)


def _masked(p: Polynomial) -> str:
    """A name-independent key: outer variables are shown as '?'."""
    return repr(sorted((tuple(sorted(("?" if _is_outer(s) else s.name, e) for s, e in m)), str(c))
                       for m, c in p.terms.items()))


def _outer_part(cells: list[tuple[Cell, Polynomial]]) -> Polynomial | None:
    """The first outer affine part: of equations, then inequalities, then coefficients."""
    candidates = []
    for cell, coefficient in cells:
        # Entries of tensors before functions of them: in f(max X[2i+c]) − X[2i+a] the slots are 2i + a, then i.
        place = repr([(isinstance(a, FunctionAtom), a.name, e) for a, e in cell.reads])
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


