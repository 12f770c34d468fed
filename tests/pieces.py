"""Sums as lists of pieces, and their values by enumeration with NumPy.

A piece is coefficient · Σ_ranges [equations = 0, inequalities ≥ 0] weight · Π reads. `value` follows that
definition and nothing else: it shares no code with the kernel, nor with symcnn.notation.evaluate.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from symcnn.notation.expression import Bracket, Expression, Multiply, Range, Read, Sum, Tensor, Value, expression
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial

WINDOW = 24          # indices without written bounds are enumerated from −WINDOW to WINDOW
P = polynomial


@dataclass(frozen=True)
class Piece:
    """coefficient · Σ_ranges [equations = 0, inequalities ≥ 0] weight · Π reads; the weight is a polynomial."""

    coefficient: Fraction
    ranges: tuple[Range, ...]
    reads: tuple[Read, ...]
    equations: tuple[Polynomial, ...] = ()
    inequalities: tuple[Polynomial, ...] = ()
    weight: Polynomial = field(default_factory=lambda: P(1))

    def substitute(self, values: Mapping[Symbol, Polynomial]) -> Piece:
        """The piece with variables replaced, except in its ranges."""
        return replace(self, reads=tuple(Read(r.tensor, tuple(i.substitute(values) for i in r.indices))
                                         for r in self.reads),
                       equations=tuple(e.substitute(values) for e in self.equations),
                       inequalities=tuple(p.substitute(values) for p in self.inequalities),
                       weight=self.weight.substitute(values))

    def without(self, place: int, *instead: Range) -> Piece:
        return replace(self, ranges=(*self.ranges[:place], *instead, *self.ranges[place + 1:]))


def written(pieces: tuple[Piece, ...], chance: random.Random) -> Expression:
    """The pieces as a formula, with sums nested and factors placed at random."""
    terms = [_nested(p, chance) for p in pieces]
    chance.shuffle(terms)
    if not terms:
        return expression(0)
    whole = terms[0]
    for t in terms[1:]:
        whole = whole + t if chance.random() < 0.5 else t + whole
    return whole


def _nested(piece: Piece, chance: random.Random) -> Expression:
    ranges = list(piece.ranges)
    chance.shuffle(ranges)
    cut = chance.randint(0, len(ranges))
    outer, inner = ranges[:cut], ranges[cut:]
    factors: list[Expression] = list(piece.reads)
    if chance.random() < 0.5 and (piece.equations or piece.inequalities):
        factors.append(Bracket(piece.equations, piece.inequalities))
    else:
        factors += [Bracket((e,)) for e in piece.equations] + [Bracket((), (p,)) for p in piece.inequalities]
    if piece.coefficient != 1:
        factors.append(expression(piece.coefficient))
    if piece.weight != P(1):
        factors.append(expression(piece.weight))
    chance.shuffle(factors)
    hidden = {r.variable for r in inner}

    def speaks(f: Expression) -> bool:
        polynomials = f.indices if isinstance(f, Read) else (
            f.equations + f.inequalities if isinstance(f, Bracket) else (f.value,) if isinstance(f, Value) else ())
        return any(s in hidden for p in polynomials for s in p.symbols)

    within = [not inner or speaks(f) or chance.random() < 0.5 for f in factors]
    inside = [f for f, here in zip(factors, within, strict=True) if here]
    outside = [f for f, here in zip(factors, within, strict=True) if not here]
    body: Expression = Multiply(tuple(inside)) if inside else expression(1)
    if inner:
        body = Sum(tuple(inner), body)
    if outside:
        body = Multiply((*outside, body)) if chance.random() < 0.5 else Multiply((body, *outside))
    return Sum(tuple(outer), body) if outer else body


def value(pieces: tuple[Piece, ...], sizes: Mapping[Symbol, int], env: Mapping[Symbol, int],
          entries: Mapping[str, np.ndarray], bodies: Mapping[Tensor, Callable[..., Piece]]) -> Fraction:
    """The sum of the pieces at given sizes, free indices and entries; defined tensors by their bodies."""
    return sum((_piece_value(p, sizes, env, entries, bodies) for p in pieces), Fraction(0))


def _piece_value(piece: Piece, sizes: Mapping[Symbol, int], env: Mapping[Symbol, int],
                 entries: Mapping[str, np.ndarray], bodies: Mapping[Tensor, Callable[..., Piece]]) -> Fraction:
    for place, read in enumerate(piece.reads):
        if read.tensor in bodies:
            body = bodies[read.tensor](*read.indices)
            on_axes = tuple(g for a, i in zip(read.tensor.axes, read.indices, strict=True) for g in a.guards(i))
            unfolded = Piece(piece.coefficient * body.coefficient, piece.ranges + body.ranges,
                             piece.reads[:place] + body.reads + piece.reads[place + 1:],
                             piece.equations + body.equations,
                             piece.inequalities + body.inequalities + on_axes, piece.weight * body.weight)
            return _piece_value(unfolded, sizes, env, entries, bodies)
    known = {**sizes, **env}
    spans = []
    for r in piece.ranges:
        low = -WINDOW if r.lower is None else int(r.lower.evaluate(known))
        high = WINDOW if r.upper is None else int(r.upper.evaluate(known)) // int(r.coefficient.evaluate(known))
        spans.append(np.arange(low, high + 1))
    # One variable after another, keeping the points that the conditions spoken of so far allow.
    points: dict[Symbol, np.ndarray] = {}
    count = 1
    waiting = [(e, 0) for e in piece.equations] + [(p, 1) for p in piece.inequalities]
    waiting += [(g, 1) for read in piece.reads
                for a, i in zip(read.tensor.axes, read.indices, strict=True) for g in a.guards(i)]

    def at(p: Polynomial) -> np.ndarray:
        total = np.zeros(count, dtype=np.int64)
        for monomial, c in p.terms.items():
            product = np.full(count, int(c), dtype=np.int64)
            for s, power in monomial:
                product = product * np.asarray(points[s] if s in points else known[s]) ** power
            total = total + product
        return total

    order = sorted(zip(piece.ranges, spans, strict=True), key=lambda rs: len(rs[1]))
    for r, span in [(None, None), *order]:
        if r is not None:
            points = {s: np.repeat(v, len(span)) for s, v in points.items()} | {
                r.variable: np.tile(span, count)}
            count *= len(span)
        ready = [(p, kind) for p, kind in waiting if all(s in points or s in known for s in p.symbols)]
        waiting = [c for c in waiting if c not in ready]
        keep = np.ones(count, dtype=bool)
        for p, kind in ready:
            keep &= (at(p) >= 0) if kind else (at(p) == 0)
        points = {s: v[keep] for s, v in points.items()}
        count = int(keep.sum())
    if not count:
        return Fraction(0)
    product = at(piece.weight)
    for read in piece.reads:
        product = product * entries[read.tensor.name][tuple(at(i) for i in read.indices)]
    return piece.coefficient * int(product.sum())


def entries_for(pieces: tuple[Piece, ...], sizes: Mapping[Symbol, int], seed: int,
                bodies: Mapping[Tensor, Callable[..., Piece]]) -> dict[str, np.ndarray]:
    """Small nonzero integers for every tensor without a body."""
    made: dict[str, np.ndarray] = {}
    tensors = {r.tensor for p in pieces for r in p.reads}
    for t in list(tensors):
        if t in bodies:
            tensors |= {r.tensor for r in bodies[t](*(P(0) for _ in t.axes)).reads}
    for t in sorted((t for t in tensors if t not in bodies), key=lambda t: t.name):
        shape = [len(a.indices(sizes)) for a in t.axes]
        draw = np.random.default_rng([seed, *t.name.encode()])
        made[t.name] = draw.integers(1, 100, size=shape) * draw.choice([-1, 1], size=shape)
    return made
