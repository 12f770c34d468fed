"""When is Σ coefficient·[guard] zero at every point? Normal form first, then isl, z3 last.

Terms that read the same atoms live in one space, so each such group is decided alone. `offending` is
exact where everything is affine; a weakening (nonlinear monomials as new unknowns, hidden variables as
coordinates) is used for proofs only.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import factorial, lcm, prod
from typing import Any

from symcnn.effort import spend
from symcnn.kernel.guards import Empty, implied, normal_equation, simplify_inequalities, solve_for
from symcnn.kernel.cells import MOST_ORDERS, Atom, Cell, NormalForm, add_to
from symcnn.notation.polynomial import (
    ONE, Monomial, Polynomial, Symbol, polynomial, symbols_of, without_negative_powers,
)

PROCEDURES = ("isl", "products", "z3")
"""In the order in which they are asked; `products` is isl with products of conditions."""
ISL_OPERATIONS = 4_000_000
Z3_STEPS = 2_000_000
Reads = tuple[tuple[Atom, int], ...]
Piece = tuple[Any, Polynomial]


@dataclass(frozen=True)
class Decision:
    """Whether a form is zero everywhere; `procedures` are those the answer trusts."""

    proved: bool
    procedures: frozenset[str] = frozenset()


def vanishes(form: NormalForm, assumptions: Sequence[Polynomial] = (),
             procedures: Sequence[str] = PROCEDURES) -> Decision:
    """Decide, for proofs only, that a normal form is zero at every point.

    `assumptions` are polynomials in sizes, each ≥ 0. A negative answer says nothing.
    """
    used: set[str] = {"normal form"}
    for group in by_reads(form).values():
        thin = merged(group)
        if thin:
            thin = thorough(thin)
        if not thin:
            continue
        for name in procedures:
            answer = _PROCEDURES[name](thin, assumptions)
            if answer:
                used.add("isl" if name == "products" else name)
                break
            if answer is False:
                return Decision(False)
        else:
            return Decision(False)
    return Decision(True, frozenset(used))


def by_reads(form: NormalForm) -> dict[Reads, NormalForm]:
    groups: dict[Reads, NormalForm] = {}
    for cell, coefficient in form.items():
        groups.setdefault(cell.reads, {})[cell] = coefficient
    return groups


def merged(group: NormalForm) -> NormalForm:
    """Merge cells with the same equations whose inequalities imply each other."""
    kept: list[tuple[Cell, Polynomial]] = []
    for cell, coefficient in group.items():
        for place, (other, present) in enumerate(kept):
            if (cell.equations, cell.hidden) == (other.equations, other.hidden) and _same_points(cell, other):
                kept[place] = (other, present + coefficient)
                break
        else:
            kept.append((cell, coefficient))
    return {cell: coefficient for cell, coefficient in kept if coefficient}


def _same_points(a: Cell, b: Cell) -> bool:
    ours, theirs = list(a.inequalities), list(b.inequalities)
    return (all(implied(p, theirs) for p in a.inequalities - b.inequalities)
            and all(implied(p, ours) for p in b.inequalities - a.inequalities))


def thorough(group: NormalForm) -> NormalForm:
    """Drop every implied inequality, merge again."""
    result: NormalForm = {}
    for cell, coefficient in group.items():
        try:
            kept = simplify_inequalities(cell.inequalities, thorough=True)
        except Empty:
            continue
        add_to(result, replace(cell, inequalities=kept), coefficient)
    return result


def orders(reads: Reads) -> int:
    """In how many orders the same reads can be written."""
    return prod(factorial(len(list(run))) for _, run in itertools.groupby(reads))


def symmetrized(group: NormalForm) -> NormalForm:
    """Add up all orders of repeated reads: X[a]·X[b] and X[b]·X[a] are one monomial.

    Where there are more than MOST_ORDERS the group stays as it is: then zero is zero, but not zero says nothing.
    """
    if not group:
        return group
    reads = next(iter(group)).reads
    if not 1 < orders(reads) <= MOST_ORDERS:
        return group
    runs = [list(g) for _, g in itertools.groupby(range(len(reads)), key=lambda r: reads[r])]
    result: NormalForm = {}
    for arrangement in itertools.product(*(itertools.permutations(run) for run in runs)):
        order = [r for run in arrangement for r in run]
        for cell, coefficient in group.items():
            moved = {s: polynomial(Symbol(f"{order[int(s.name.split('.')[0])]}.{s.name.split('.')[1]}"))
                     for s in _symbols(cell, coefficient) if s.name[0].isdigit()}
            image = Cell(cell.reads, frozenset(normal_equation(e.substitute(moved)) for e in cell.equations),
                         frozenset(p.substitute(moved) for p in cell.inequalities), cell.hidden)
            add_to(result, image, coefficient.substitute(moved))
    return result


def _symbols(cell: Cell, coefficient: Polynomial) -> set[Symbol]:
    return symbols_of((*cell.equations, *cell.inequalities, coefficient))


class Translation:
    """Polynomials as isl text: sizes are parameters, coordinates and nonlinear monomials set dimensions."""

    def __init__(self, cells: Iterable[Cell], coefficients: Iterable[Polynomial],
                 assumptions: Sequence[Polynomial], *, linearize: bool) -> None:
        import islpy

        self.context = islpy.Context()
        self.context.set_max_operations(ISL_OPERATIONS)
        polynomials = [p for c in cells for p in (*c.equations, *c.inequalities)]
        if not linearize and not all(p.is_affine for p in polynomials):
            raise ValueError("not affine")
        everything = symbols_of((*polynomials, *coefficients, *assumptions)).union(*(c.hidden for c in cells))
        self.sizes = sorted(s for s in everything if s.is_size)
        self.coordinates = sorted(s for s in everything if not s.is_size)
        nonlinear = {m for p in polynomials for m in p.terms if m and not (len(m) == 1 and m[0][1] == 1)}
        self.names: dict[Monomial, str] = {((s, 1),): f"n{i}" for i, s in enumerate(self.sizes)}
        self.names |= {((s, 1),): f"v{i}" for i, s in enumerate(self.coordinates)}
        self.names |= {m: f"w{i}" for i, m in enumerate(sorted(nonlinear))}
        self.dimensions = [n for n in self.names.values() if n[0] != "n"]
        self.limits = [f"n{i} >= {s.lower}" for i, s in enumerate(self.sizes)]
        self.limits += [f"{self.text(a)} >= 0" for a in assumptions if self.expressible(a)]

    def expressible(self, p: Polynomial) -> bool:
        return all(m == ONE or m in self.names for m in p.terms)

    def text(self, p: Polynomial) -> str:
        pieces = [str(c) if m == ONE else f"{c}*{self.names[m]}" for m, c in p.primitive().terms.items()]
        return " + ".join(pieces).replace("+ -", "- ") or "0"

    def set(self, conditions: Iterable[str]) -> Any:
        import islpy

        parameters = ", ".join(f"n{i}" for i in range(len(self.sizes)))
        body = " and ".join([*self.limits, *conditions]) or "true"
        return islpy.Set.read_from_str(self.context,
                                       f"[{parameters}] -> {{ [{', '.join(self.dimensions)}] : {body} }}")

    def cell(self, cell: Cell) -> Any:
        spend(50)
        return self.set([*(f"{self.text(e)} = 0" for e in sorted(cell.equations, key=Polynomial.sort_key)),
                         *(f"{self.text(p)} >= 0" for p in sorted(cell.inequalities, key=Polynomial.sort_key))])

    def products(self, cells: Iterable[Cell]) -> Any:
        """What is true of the named nonlinear monomials: wherever g ≥ 0 and s ≥ lower, also g·(s − lower) ≥ 0,
        and g·s ≥ 0 if lower ≥ 0; wherever e = 0, also e·s = 0; for every affine condition of a cell and
        every size s in a product."""
        known = self.set([])
        factors = sorted({s for m in self.names if len(m) > 1 for s, _ in m if s.is_size})
        for g in sorted({g for c in cells for g in c.inequalities if g.is_affine}, key=Polynomial.sort_key):
            candidates = [g * (polynomial(s) - (s.lower or 0)) for s in factors]
            candidates += [g * s for s in factors if s.lower is not None and s.lower >= 0]
            facts = [f for f in candidates if self.expressible(f)]
            if facts:
                both = " and ".join(f"{self.text(f)} >= 0" for f in facts)
                known = known.intersect(self.set([f"({self.text(g)} <= -1 or ({both}))"]))
        for e in sorted({e for c in cells for e in c.equations if e.is_affine}, key=Polynomial.sort_key):
            facts = [f for s in factors if self.expressible(f := e * s)]
            if facts:
                both = " and ".join(f"{self.text(f)} = 0" for f in facts)
                known = known.intersect(self.set([f"({self.text(e)} <= -1 or {self.text(e)} >= 1 or ({both}))"]))
        return known


def pieces(sets: Iterable[Piece]) -> list[Piece]:
    """Disjoint sets with the sums of the coefficients that meet there; zero sums are left out."""
    parts: list[Piece] = []
    for incoming, coefficient in sets:
        rest, refined = incoming, []
        for part, present in parts:
            spend(80)
            both = part.intersect(incoming)
            if both.is_empty():
                refined.append((part, present))
                continue
            refined.append((both, present + coefficient))
            only = part.subtract(incoming)
            if not only.is_empty():
                refined.append((only, present))
            rest = rest.subtract(part)
        if not rest.is_empty():
            refined.append((rest, coefficient))
        parts = refined
    return [(part, coefficient) for part, coefficient in parts if coefficient]


def offending(group: NormalForm, assumptions: Sequence[Polynomial] = (), *, linearize: bool = False,
              products: bool = False) -> tuple[Translation, list[Piece]] | None:
    """The points where the sum of a group is not zero, as disjoint isl sets with their coefficients.

    Exact for affine groups whose hidden variables are determined by the rest; otherwise None, unless
    `linearize` asks for the weakening, whose emptiness proves and whose points mean nothing; with
    `products` it keeps what the conditions say of products.
    """
    import islpy

    try:
        translation = Translation(group, group.values(), assumptions, linearize=linearize)
    except ValueError:
        return None
    hidden = sorted({h for cell in group for h in cell.hidden})
    try:
        sets = []
        known = translation.products(group) if products else translation.set([])
        for cell, coefficient in group.items():
            points = translation.cell(cell)
            for h in reversed(hidden):
                place = translation.coordinates.index(h)
                if h in cell.hidden and (h in coefficient.symbols or _in_product(h, cell)
                                         or not _determined(points, place)):
                    if linearize:
                        continue  # stays a coordinate: zero at each of its values is zero in sum
                    return None
                points = points.project_out(islpy.dim_type.set, place, 1)
                points = points.insert_dims(islpy.dim_type.set, place, 1)
                points = points.fix_val(islpy.dim_type.set, place, islpy.Val(0, translation.context))
            # Only now: what is known of products ties them to hidden variables, which are others in each cell.
            sets.append((points.intersect(known), coefficient))
        found = [(rest, c) for part, c in pieces(sets)
                 if not (rest := _nonzero_part(translation, part, c)).is_empty()]
    except islpy.Error:
        return None
    return translation, found


def _in_product(hidden: Symbol, cell: Cell) -> bool:
    """Whether a nonlinear monomial, which a weakening forgets the value of, holds the variable."""
    return any(sum(abs(e) for _, e in m) > 1 and any(s == hidden for s, _ in m)
               for p in (*cell.equations, *cell.inequalities) for m in p.terms)


def _determined(points: Any, place: int) -> bool:
    """Whether the dimension at a place has at most one value for all the others."""
    import islpy

    relation = islpy.Map.from_domain(points)
    relation = relation.move_dims(islpy.dim_type.out, 0, islpy.dim_type.in_, place, 1)
    return bool(relation.is_single_valued())


def _nonzero_part(translation: Translation, part: Any, coefficient: Polynomial) -> Any:
    """Where a coefficient is not zero on a piece: exact if it is affine; else all of the piece, unless the
    coefficient vanishes on its affine hull."""
    import islpy

    if coefficient.is_constant:
        return part
    if coefficient.is_affine and translation.expressible(coefficient):
        text = translation.text(coefficient)
        return part.intersect(translation.set([f"({text} >= 1 or {text} <= -1)"]))
    reduced = without_negative_powers(coefficient)
    for constraint in part.affine_hull().get_constraints():
        # y = 2·e for some integer e, or y = w for a nonlinear monomial w, says nothing of y alone.
        others = [(islpy.dim_type.div, place) for place in range(constraint.dim(islpy.dim_type.div))]
        others += [(islpy.dim_type.set, place) for place in
                   range(len(translation.coordinates), constraint.dim(islpy.dim_type.set))]
        if not constraint.is_equality() or any(
                str(constraint.get_coefficient_val(kind, place)) != "0" for kind, place in others):
            continue
        terms: dict[Monomial, int] = {ONE: int(str(constraint.get_constant_val()))}
        for kind, symbols in ((islpy.dim_type.param, translation.sizes),
                              (islpy.dim_type.set, translation.coordinates)):
            for place, symbol in enumerate(symbols):
                terms[((symbol, 1),)] = int(str(constraint.get_coefficient_val(kind, place)))
        equation = Polynomial(terms)
        unit = next((s for s in sorted(equation.symbols) if equation.unit_coefficient(s)), None)
        if unit is not None:
            reduced = reduced.substitute({unit: solve_for(equation, unit)})
    return part if reduced else part.subtract(part)


def _by_isl(group: NormalForm, assumptions: Sequence[Polynomial]) -> bool | None:
    """True: zero everywhere; False: not zero somewhere (exact); None: not known."""
    whole = symmetrized(group)
    exact = offending(whole, assumptions)
    if exact is not None:
        return True if not exact[1] else False if orders(next(iter(whole)).reads) <= MOST_ORDERS else None
    weak = offending(whole, assumptions, linearize=True)
    return True if weak is not None and not weak[1] else None


def _by_products(group: NormalForm, assumptions: Sequence[Polynomial]) -> bool | None:
    """isl once more, with what the conditions say of nonlinear monomials; True or not known."""
    weak = offending(symmetrized(group), assumptions, linearize=True, products=True)
    return True if weak is not None and not weak[1] else None


def _by_z3(group: NormalForm, assumptions: Sequence[Polynomial]) -> bool | None:
    """Unsatisfiability of 'the sum is not zero here'; hidden variables count as coordinates."""
    import z3

    context = z3.Context()
    everything = {s for cell, c in group.items() for s in _symbols(cell, c)} | symbols_of(assumptions)
    variables = {s: z3.Int(f"x{i}", context) for i, s in enumerate(sorted(everything))}

    def translate(p: Polynomial) -> Any:
        if not p.is_integral:
            raise ValueError(f"z3 reads whole numbers, not {p}")
        total = z3.IntVal(0, context)
        for monomial, c in p.terms.items():
            product = z3.IntVal(int(c), context)
            for symbol, power in monomial:
                for _ in range(power):
                    product = product * variables[symbol]
            total = total + product
        return total

    scale = polynomial(lcm(*(int(k.denominator) for c in group.values() for k in c.terms.values())))
    value = z3.IntVal(0, context)
    try:
        for cell, c in group.items():
            conditions = [translate(e) == 0 for e in sorted(cell.equations, key=Polynomial.sort_key)]
            conditions += [translate(p) >= 0 for p in sorted(cell.inequalities, key=Polynomial.sort_key)]
            value = value + z3.If(z3.And([*conditions, z3.BoolVal(True, context)]), translate(c * scale),
                                  z3.IntVal(0, context))
        given = [translate(a) >= 0 for a in assumptions]
    except ValueError:
        return None
    solver = z3.SolverFor("QF_NIA", ctx=context)
    solver.set("rlimit", Z3_STEPS)
    solver.add(*(variables[s] >= s.lower for s in everything if s.lower is not None))
    solver.add(*given)
    solver.add(value != 0)
    return True if solver.check() == z3.unsat else None


_PROCEDURES: dict[str, Callable[[NormalForm, Sequence[Polynomial]], bool | None]] = {
    "isl": _by_isl, "products": _by_products, "z3": _by_z3}
