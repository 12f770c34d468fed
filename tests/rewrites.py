"""Convolution-like formulas, and rewriting steps that keep the value of a piece: each docstring is its identity."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from pieces import P, Piece, written

from symcnn.kernel.claim import Claim
from symcnn.notation.expression import Axis, Definition, Range, Read, Tensor, axis
from symcnn.notation.polynomial import Polynomial, Symbol, nonnegative


@dataclass(frozen=True)
class Identity:
    """Two sides that are equal by construction, and what is special about them."""

    left: tuple[Piece, ...]
    right: tuple[Piece, ...]
    ranges: tuple[tuple[Symbol, Axis], ...]
    sizes: tuple[Symbol, ...]
    family: str
    definitions: tuple[Definition, ...] = ()
    bodies: Mapping[Tensor, Callable[..., Piece]] = field(default_factory=dict)
    geometry: str = "plain"      # plain, literal or symbolic stride and dilation
    padded: bool = False
    two_dimensional: bool = False
    steps: tuple[str, ...] = ()

    def claim(self, chance: random.Random) -> Claim:
        return Claim(written(self.left, chance), written(self.right, chance), self.definitions, (), self.ranges)


# -- formulas -------------------------------------------------------------------------------------------------


def formula(chance: random.Random) -> Identity:
    """A random convolution-like sum, equal to itself."""
    dims = 2 if chance.random() < 0.36 else 1
    geometry = chance.choices(("plain", "literal", "symbolic"), (33, 43, 24))[0]
    names = [""] if dims == 1 else ["1", "2"]
    h, k = ([Symbol(f"{stem}{n}", 1) for n in names] for stem in "HK")
    stride, dilation, padding, sizes = [], [], [], [*h, *k]
    for n in names:
        if geometry == "symbolic":
            stride.append(P(Symbol(f"s{n}", 1)))
            dilation.append(P(Symbol(f"d{n}", 1)))
            sizes += [Symbol(f"s{n}", 1), Symbol(f"d{n}", 1)]
        elif geometry == "literal":
            stride.append(P(chance.choice((1, 2, 3))))
            dilation.append(P(chance.choice((2, 3) if stride[-1] == P(1) else (1, 2, 3))))
        else:
            stride.append(P(1))
            dilation.append(P(1))
        if geometry == "plain" and chance.random() < 0.4:
            padding.append(P(0))
        elif chance.random() < 0.6:
            padding.append(P(Symbol(f"p{n}", 1)))
            sizes.append(Symbol(f"p{n}", 1))
        else:
            padding.append(P(chance.choice((1, 2))))
    one = P(1)
    outputs = [Axis(P(0), s, x + 2 * p - d * (t - one) - 1)
               for s, x, p, d, t in zip(stride, map(P, h), padding, dilation, map(P, k), strict=True)]
    i, tap, u = ([Symbol(f"{stem}{n}") for n in names] for stem in "iku")
    m, n, c = Symbol("m"), Symbol("n"), Symbol("C", 1)
    big_m = Symbol("M", 1)
    channels = dims == 2 or chance.random() < 0.3
    cm, cn = ([m], [n]) if channels else ([], [])
    sizes += [c, big_m] if channels else []
    am, an = ([axis(big_m)], [axis(c)]) if channels else ([], [])
    plain_h, plain_k = [axis(x) for x in h], [axis(x) for x in k]
    x, w, g = Tensor("X", (*an, *plain_h)), Tensor("W", (*am, *an, *plain_k)), Tensor("G", (*am, *outputs))

    def at(*symbols: Symbol) -> tuple[Polynomial, ...]:
        return tuple(map(P, symbols))

    def span(s: Symbol, a: Axis) -> Range:
        return Range(s, a.base, a.upper, a.coefficient) if chance.random() < 0.5 else Range(s)

    reach = [s * a + d * t - p for s, a, d, t, p in zip(stride, map(P, i), dilation, map(P, tap), padding, strict=True)]
    taps = [span(t, a) for t, a in zip(tap, plain_k, strict=True)]
    outs = [span(o, a) for o, a in zip(i, outputs, strict=True)]
    ms, ns = [span(q, a) for q, a in zip(cm, am, strict=True)], [span(q, a) for q, a in zip(cn, an, strict=True)]
    xs, ws, gs = Read(x, (*at(*cn), *reach)), Read(w, at(*cm, *cn, *tap)), Read(g, at(*cm, *i))
    over_m, over_n = list(zip(cm, am, strict=True)), list(zip(cn, an, strict=True))
    # With a symbolic dilation no read of a pooling tells the tap; those are named rows of test_kernel.
    rare = () if geometry == "symbolic" else ("pooling",) if channels else ("pooling", "autocorrelation")
    family = chance.choice(("forward", "input gradient", "weight gradient", "pairing", *rare))
    coefficient = Fraction(chance.choice((1, 1, 1, -1, 2, 3)), chance.choice((1, 1, 2, 3)))
    free: list[tuple[Symbol, Axis]]
    if family == "forward":
        piece = Piece(coefficient, (*ns, *taps), (ws, xs))
        free = [*over_m, *zip(i, outputs, strict=True)]
    elif family == "input gradient":
        equations = tuple(P(a) - b for a, b in zip(u, reach, strict=True))
        piece = Piece(coefficient, (*ms, *outs, *taps), (ws, gs), equations)
        free = [*over_n, *zip(u, plain_h, strict=True)]
    elif family == "weight gradient":
        piece = Piece(coefficient, tuple(outs), (gs, xs))
        free = [*over_m, *over_n, *zip(tap, plain_k, strict=True)]
    elif family == "pairing":
        piece = Piece(coefficient, (*ms, *ns, *outs, *taps), (ws, xs, gs))
        free = []
    elif family == "pooling":
        written_taps = [Range(t, P(0), P(q) - 1) for t, q in zip(tap, k, strict=True)]
        piece = Piece(coefficient, tuple(written_taps), (xs,))
        free = [*over_n, *zip(i, outputs, strict=True)]
    else:
        twin = Read(x, tuple(s * P(o) for s, o in zip(stride, i, strict=True)))
        piece = Piece(coefficient, (*outs, *taps), (ws, twin, xs))
        free = []
    if chance.random() < 0.25:
        # Polynomial weights, such as i², i·k or i·H: counted places, and coefficients that are not affine.
        of = [r.variable for r in piece.ranges] + [s for s, _ in free] + h
        piece = replace(piece, weight=P(chance.choice(of)) * P(chance.choice(of)) + chance.choice((0, 0, 1, -2)))
    used = {s for r in piece.reads for s in r.tensor.symbols | {v for q in r.indices for v in q.symbols}}
    used |= {s for r in piece.ranges for b in (r.lower, r.upper, r.coefficient) if b is not None for s in b.symbols}
    used |= {s for e in (*piece.equations, piece.weight) for s in e.symbols} | {s for _, a in free for s in a.symbols}
    strided = geometry != "plain" and all(p != P(0) for p in padding)
    return Identity((piece,), (piece,), tuple(free), tuple(s for s in sizes if s in used), family,
                    geometry=geometry, padded=strided, two_dimensional=dims == 2 and channels)


# -- steps that keep the value --------------------------------------------------------------------------------

Step = Callable[[Piece, random.Random, Symbol], list[Piece] | None]
OFFSETS = (-3, -2, -1, 1, 2, 3)


def pick(piece: Piece, chance: random.Random) -> tuple[int, Range] | None:
    return chance.choice(list(enumerate(piece.ranges))) if piece.ranges else None


def rename(piece: Piece, chance: random.Random, fresh: Symbol) -> list[Piece] | None:
    """Σ_v f(v) = Σ_w f(w)."""
    if (found := pick(piece, chance)) is None:
        return None
    place, r = found
    return [piece.substitute({r.variable: P(fresh)}).without(place, replace(r, variable=fresh))]


def shift(piece: Piece, chance: random.Random, fresh: Symbol) -> list[Piece] | None:
    """Σ_v f(v) = Σ_w f(w + c), c a number or a size."""
    if (found := pick(piece, chance)) is None:
        return None
    place, r = found
    c = P(chance.choice(OFFSETS))
    sizes = sorted({s for read in piece.reads for s in read.tensor.symbols})
    if chance.random() < 0.4 and sizes:
        c = c + chance.choice(sizes)
    new = Range(fresh, None if r.lower is None else r.lower - c,
                None if r.upper is None else r.upper - r.coefficient * c, r.coefficient)
    return [piece.substitute({r.variable: fresh + c}).without(place, new)]


def reverse(piece: Piece, chance: random.Random, fresh: Symbol) -> list[Piece] | None:
    """Σ_v f(v) = Σ_w f(c − w)."""
    found = pick(piece, chance)
    if found is None or found[1].coefficient != P(1):
        return None
    place, r = found
    c = r.upper if r.upper is not None and chance.random() < 0.7 else P(chance.choice(OFFSETS))
    new = Range(fresh, None if r.upper is None else c - r.upper, None if r.lower is None else c - r.lower)
    return [piece.substitute({r.variable: c - fresh}).without(place, new)]


def split(piece: Piece, chance: random.Random, fresh: Symbol) -> list[Piece] | None:
    """Σ_v f(v) = Σ_v [v ≤ t] f(v) + Σ_v [v > t] f(v)."""
    if (found := pick(piece, chance)) is None:
        return None
    place, r = found
    sizes = sorted({s for b in (r.lower, r.upper) if b is not None for s in b.symbols if s.is_size})
    t = P(chance.choice((0, 1, 2))) if not sizes or chance.random() < 0.5 else P(chance.choice(sizes)) - 1
    if chance.random() < 0.5:
        return [replace(piece, inequalities=(*piece.inequalities, t - r.variable)),
                replace(piece, inequalities=(*piece.inequalities, r.variable - t - 1))]
    if r.lower is not None or r.coefficient != P(1):
        return None
    return [piece.without(place, replace(r, upper=t)) if r.upper is None else
            replace(piece, inequalities=(*piece.inequalities, t - r.variable)),
            piece.without(place, replace(r, lower=t + 1))]


def peel(piece: Piece, chance: random.Random, fresh: Symbol) -> list[Piece] | None:
    """Σ_{v=a}^{b} f(v) = f(a) + Σ_{v=a+1}^{b} f(v) where b ≥ a."""
    found = pick(piece, chance)
    if found is None:
        return None
    place, r = found
    if r.lower is None or r.upper is None or r.coefficient != P(1) or not nonnegative(r.upper - r.lower):
        return None
    if chance.random() < 0.5:
        return [piece.substitute({r.variable: r.lower}).without(place),
                piece.without(place, replace(r, lower=r.lower + 1))]
    return [piece.substitute({r.variable: r.upper}).without(place),
            piece.without(place, replace(r, upper=r.upper - 1))]


def residues(piece: Piece, chance: random.Random, fresh: Symbol) -> list[Piece] | None:
    """Σ_v f(v) = Σ_w Σ_{r<q} f(q·w + r)."""
    if (found := pick(piece, chance)) is None:
        return None
    place, r = found
    q, rest = chance.choice((2, 3)), Symbol(fresh.name + "'")
    back = q * P(fresh) + rest
    limits = tuple(r.guards(back))
    return [replace(piece.substitute({r.variable: back}).without(
        place, Range(fresh), Range(rest, P(0), P(q - 1))), inequalities=(*piece.substitute(
            {r.variable: back}).inequalities, *limits))]


def delta(piece: Piece, chance: random.Random, fresh: Symbol) -> list[Piece] | None:
    """f(a) = Σ_v [v = a] f(v)."""
    n = chance.randrange(len(piece.reads))
    read = piece.reads[n]
    position = chance.randrange(len(read.indices))
    index = read.indices[position]
    moved = Read(read.tensor, (*read.indices[:position], P(fresh), *read.indices[position + 1:]))
    return [replace(piece, reads=(*piece.reads[:n], moved, *piece.reads[n + 1:]),
                    ranges=(*piece.ranges, Range(fresh)), equations=(*piece.equations, fresh - index))]


def bounds_as_guard(piece: Piece, chance: random.Random, fresh: Symbol) -> list[Piece] | None:
    """Σ_{v=a}^{b} f(v) = Σ_v [a ≤ v ≤ b] f(v)."""
    if (found := pick(piece, chance)) is None or not found[1].guards(P(0)):
        return None
    place, r = found
    return [replace(piece, inequalities=(*piece.inequalities, *r.guards(P(r.variable)))).without(
        place, Range(r.variable))]


def support_as_guard(piece: Piece, chance: random.Random, fresh: Symbol) -> list[Piece] | None:
    """T[a] = [a on T's axes] T[a]."""
    read = chance.choice(piece.reads)
    guards = [g for a, i in zip(read.tensor.axes, read.indices, strict=True) for g in a.guards(i)]
    return [replace(piece, inequalities=(*piece.inequalities, chance.choice(guards)))]


def halve(piece: Piece, chance: random.Random, fresh: Symbol) -> list[Piece] | None:
    """c·t = a·t + (c − a)·t."""
    a = Fraction(chance.choice((1, 2, -1)), chance.choice((1, 2, 3)))
    parts = [replace(piece, coefficient=a), replace(piece, coefficient=piece.coefficient - a)]
    return [p for p in parts if p.coefficient]


def average(piece: Piece, chance: random.Random, fresh: Symbol) -> list[Piece] | None:
    """t = Σ_{v<q} t/q."""
    q = chance.choice((2, 3))
    return [replace(piece, coefficient=piece.coefficient / q, ranges=(*piece.ranges, Range(fresh, P(0), P(q - 1))))]


def by_equation(piece: Piece, chance: random.Random, fresh: Symbol) -> list[Piece] | None:
    """[v = a] T[v] = [v = a] T[a]."""
    for e in piece.equations:
        for v in sorted(e.symbols):
            sign = e.unit_coefficient(v)
            if sign and not v.is_size:
                value_of = v - sign * e
                n = chance.randrange(len(piece.reads))
                read = piece.reads[n]
                moved = Read(read.tensor, tuple(i.substitute({v: value_of}) for i in read.indices))
                return [replace(piece, reads=(*piece.reads[:n], moved, *piece.reads[n + 1:]))]
    return None


STEPS: tuple[Step, ...] = (rename, shift, shift, reverse, reverse, split, peel, residues, delta, delta,
                           bounds_as_guard, support_as_guard, halve, average, by_equation)


# -- definitions in place of bodies ---------------------------------------------------------------------------


def define(identity: Identity, chance: random.Random) -> Identity:
    """The same identity with a flipped W, a padded X or a zero-inserted G defined and read on the right."""
    read = chance.choice([r for p in identity.right for r in p.reads])
    tensor, name = read.tensor, {"W": "F", "X": "Q", "G": "D"}[read.tensor.name]
    at = [Symbol(f"e{n}") for n in range(len(tensor.axes))]
    position = chance.randrange(len(tensor.axes))
    own = tensor.axes[position]
    assert own.upper is not None
    if tensor.name == "W":       # F[…k…] = W[…K−1−k…]
        new, variable = own, ()
        back = forth = own.upper - at[position]
    elif tensor.name == "X":     # Q[…a…] = X[…a−q…]
        q = chance.choice((1, 2, 3))
        new, variable = Axis(P(0), P(1), own.upper + 2 * q), ()
        back, forth = at[position] - P(q), at[position] + P(q)
    else:                        # D[…a…] = Σ_o [a = s·o] G[…o…]
        new, variable = Axis(P(0), P(1), own.upper), (Symbol("o"),)
        back, forth = P(variable[0]), own.coefficient * at[position]
    defined = Tensor(name, (*tensor.axes[:position], new, *tensor.axes[position + 1:]))

    def body(*indices: Polynomial) -> Piece:
        values = dict(zip(at, indices, strict=True))
        inside = [P(s) for s in at]
        inside[position] = back
        equations = (at[position] - forth.substitute({at[position]: back}),) if variable else ()
        return Piece(Fraction(1), tuple(Range(v) for v in variable), (Read(tensor, tuple(inside)),),
                     equations).substitute(values)

    def swapped(piece: Piece) -> Piece:
        if chance.random() < 0.3:
            return piece
        reads = []
        for r in piece.reads:
            if r.tensor == tensor:
                indices = list(r.indices)
                indices[position] = forth.substitute({at[position]: indices[position]})
                r = Read(defined, tuple(indices))
            reads.append(r)
        return replace(piece, reads=tuple(reads))

    right = tuple(map(swapped, identity.right))
    definition = Definition(defined, tuple(at), written((body(*map(P, at)),), chance))
    return replace(identity, right=right, definitions=(definition,), bodies={defined: body},
                   steps=(*identity.steps, "define"))
