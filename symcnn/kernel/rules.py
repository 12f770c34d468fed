"""Rules that make theorems from theorems: chains, particular sizes, a new leading axis, both sides summed,
other names, a definition replaced by a proof."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from symcnn.errors import StepError
from symcnn.kernel.claim import Claim, _polynomials, require_coherent
from symcnn.kernel.signs import nonzero_everywhere
from symcnn.kernel.theorem import (
    AtLeastZero, Bounded, Hypothesis, Independent, NonNegative, NonZero, SameEntries, Theorem, _SEAL, _sides,
    require_issued,
)
from symcnn.notation.expression import (
    Apply, Axis, Binder, children, Definition, Derivative, Equation, Expectation, Expression, free_indices, Range, Read,
    rebuild, Sum, Tensor, walk,
)
from symcnn.notation.polynomial import Polynomial, Symbol, nonnegative, polynomial
from symcnn.notation.traverse import substitute, tensors_in


def same_entries(left: str, left_entries: Iterable[tuple[int, ...]], right: str,
                 right_entries: Iterable[tuple[int, ...]]) -> Theorem:
    """⊢ two finite tables hold the same entries, each equally often. StepError shows an entry that one of them
    holds more often than the other, or that is no tuple of integers."""
    try:
        ours, theirs = (sorted(tuple(map(operator.index, e)) for e in side) for side in (left_entries, right_entries))
    except TypeError as error:
        raise StepError(f"an entry of {left} or {right} is no tuple of integers: {error}") from None
    if ours != theirs:
        more = Counter(ours) - Counter(theirs)
        odd = min(more or Counter(theirs) - Counter(ours))
        raise StepError(f"{left} and {right} differ: {odd} stands more often in {left if more else right}")
    return Theorem(_SEAL, SameEntries(left, right, tuple(ours)), (), "same entries")


def reflexivity(node: Expression) -> Theorem:
    """⊢ a = a."""
    return Theorem(_SEAL, Equation(node, node), rule="reflexivity")


def symmetry(p: Theorem) -> Theorem:
    """Γ ⊢ a = b  ⟹  Γ ⊢ b = a."""
    _equation(p)
    return Theorem(_SEAL, Equation(p.right, p.left), p.hypotheses, "symmetry", (p,), (), p.indices)


def transitivity(p: Theorem, q: Theorem) -> Theorem:
    """Γ ⊢ a = b,  Δ ⊢ b = c  ⟹  Γ ∪ Δ ⊢ a = c, on the ranges that both have."""
    _equation(p), _equation(q)
    if p.right != q.left:
        raise StepError(f"transitivity: the middle terms differ\n  left:  {p.right}\n  right: {q.left}")
    return Theorem(_SEAL, Equation(p.left, q.right), (*p.hypotheses, *q.hypotheses), "transitivity", (p, q),
                   (), common_ranges(p, q))


def common_ranges(p: Theorem, q: Theorem) -> tuple[tuple[Symbol, Axis | None], ...]:
    """The indices of both with the ranges on which both hold; StepError if an index has two ranges."""
    mine, other = dict(p.indices), dict(q.indices)
    for s in mine.keys() & other.keys():
        if mine[s] != other[s] and other[s] is not None and mine[s] is not None:
            raise StepError(f"{s.name} has unlike ranges")
    indices = {s: mine.get(s) or other.get(s) for s in sorted(mine.keys() | other.keys())}
    return tuple(indices.items())


def replaced(p: Theorem, q: Theorem) -> Theorem:
    """Γ ⊢ a = b,  Δ ⊢ u = v  ⟹  Γ ∪ Δ ⊢ a = b[u := v], for u and v without indices.

    u is replaced in all of b but under a derivative or an expectation.
    """
    _equation(p), _equation(q)
    if q.indices:
        raise StepError("replaced: the equation to insert has indices")

    def visit(node: Expression) -> Expression:
        if node == q.left:
            return q.right
        if isinstance(node, Derivative | Expectation):
            return node
        return rebuild(node, tuple(visit(c) for c in children(node)))

    return Theorem(_SEAL, Equation(p.left, visit(p.right)), (*p.hypotheses, *q.hypotheses), "replaced", (p, q), (),
                   p.indices)


def specialize(p: Theorem, values: Mapping[Symbol, Polynomial]) -> Theorem:
    """Γ ⊢ a = b  ⟹  Γ[size := value] ⊢ a[size := value] = b[size := value]; |a| ≤ b likewise.

    Side conditions: every value is at least the lower bound of its size, by its form; no name comes to stand
    for two things. A hypothesis that the values turn into p ≥ 0 for a p that is so by its form is dropped.
    """
    statement = _equation_or_bound(p)
    for symbol, value in values.items():
        if symbol.lower is None or not value.is_integral or not nonnegative(value - symbol.lower):
            raise StepError(f"specialize: {value} is not shown to be a whole number, {symbol!r}")

    def instance(h: Hypothesis) -> Hypothesis:
        match h:
            case Definition(tensor, indices, body):
                return Definition(tensor.substitute(values), indices, substitute(body, values))
            case Equation(left, right) | Bounded(left, right):
                return type(h)(substitute(left, values), substitute(right, values))
            case NonZero():
                return h.changed(lambda node: substitute(node, values))
            case NonNegative(inner):
                return NonNegative(substitute(inner, values))
            case Independent(groups):
                return Independent(tuple(tuple(t.substitute(values) for t in group) for group in groups))
            case AtLeastZero(q):
                return AtLeastZero(q.substitute(values))
        raise TypeError(type(h).__name__)

    special = type(statement)(substitute(p.left, values), substitute(p.right, values))
    hypotheses = [h for h in map(instance, p.hypotheses) if not _is_plain(h)]
    require_coherent([*_sides(special), *(side for h in hypotheses for side in _sides(h))])
    return Theorem(_SEAL, special, hypotheses, "specialize", (p,), (),
                   tuple((s, None if a is None else a.substitute(values)) for s, a in p.indices))


def at(p: Theorem, index: Symbol, value: Polynomial) -> Theorem:
    """Γ ⊢ a = b for every i on its axis  ⟹  Γ ⊢ a[i := value] = b[i := value]; |a| ≤ b likewise.

    The value is made of sizes and lies on the axis by its form, or it is a new name for the index.
    What must not be 0 is asked for at that value; other hypotheses are claimed for every value of their indices.
    """
    statement = _equation_or_bound(p)
    if index not in dict(p.indices):
        raise StepError(f"at: {index.name} is no index of the theorem")
    axis = dict(p.indices)[index]
    kept = [(s, a) for s, a in p.indices if s != index]
    new = value.as_symbol
    if new is not None and not new.is_size:
        if new.name in _names(p.left, p.right) or new in dict(p.indices):
            raise StepError(f"at: {new.name} is a name that the theorem uses already")
        kept.append((new, axis))
    elif not all(s.is_size for s in value.symbols) or not value.is_integral or (
            axis is not None and not all(map(nonnegative, axis.guards(value)))):
        raise StepError(f"at: {value} is not shown to lie on the axis of {index.name}")
    values = {index: value}
    hypotheses = [h.changed(lambda node: substitute(node, values)) if isinstance(h, NonZero) else h
                  for h in p.hypotheses]
    return Theorem(_SEAL, type(statement)(substitute(p.left, values), substitute(p.right, values)), hypotheses,
                   "at", (p,), (), tuple(sorted(kept, key=lambda item: item[0])))


def _is_plain(h: Hypothesis) -> bool:
    return isinstance(h, AtLeastZero) and nonnegative(h.polynomial)


def cut(p: Theorem, q: Theorem) -> Theorem:
    """Γ ⊢ h,  Δ, h ⊢ a = b  ⟹  Γ ∪ Δ ⊢ a = b.

    Side condition: p has no narrower ranges than those at which h, as a hypothesis, is claimed.
    """
    h = _equation(p)
    _equation(q)
    if h not in q.hypotheses:
        raise StepError(f"cut: this is no hypothesis of the second theorem\n  {h}")
    if p.indices != Claim(h.left, h.right).indices:
        raise StepError(f"cut: the first theorem has ranges of its own\n  {h}")
    hypotheses = (*nonzero_everywhere(p.hypotheses, p.indices), *(g for g in q.hypotheses if g != h))
    require_coherent([p.left, p.right, q.left, q.right, *(side for g in hypotheses for side in _sides(g))])
    return Theorem(_SEAL, Equation(q.left, q.right), hypotheses, "cut", (p, q), (), q.indices)


def applied(function: str, p: Theorem) -> Theorem:
    """Γ ⊢ a = b  ⟹  Γ ⊢ f(a) = f(b)."""
    _equation(p)
    return Theorem(_SEAL, Equation(Apply(function, p.left), Apply(function, p.right)), p.hypotheses, "applied", (p,),
                   (), p.indices)


def lift(p: Theorem, names: Iterable[str], index: Symbol, axis: Axis) -> Theorem:
    """Γ ⊢ a = b  ⟹  Γ′ ⊢ a′ = b′, where each named tensor T[…] is read as T[index, …].

    The theorem holds for all entries, so for those at each index of a new leading axis. A defined tensor
    that reads a lifted one is lifted too; the gradients of lifted tensors are tensors like any other.
    """
    _equation(p)
    chosen = set(names)
    for h in p.hypotheses:
        if isinstance(h, Definition) and h.tensor.name not in chosen and {
                t.name for t in tensors_in(h.body)} & chosen:
            raise StepError(f"lift: {h.tensor.name} reads a lifted tensor, so it must be lifted too")
    at = polynomial(index)

    def visit(node: Expression) -> Expression:
        if isinstance(node, Read) and node.tensor.name in chosen:
            tensor = replace(node.tensor, axes=(axis, *node.tensor.axes))
            return Read(tensor, (at, *node.indices))
        return rebuild(node, tuple(visit(c) for c in children(node)))

    everything = [p.left, p.right, *(side for h in p.hypotheses for side in _sides(h))]
    if any(isinstance(n, Expectation) for e in everything for n in walk(e)):
        raise StepError("lift: what is random at each index, and how, is to be stated anew")
    if index.is_size or index.name in _names(*everything) or index in dict(p.indices):
        raise StepError(f"lift: {index.name} is a name that the theorem uses already")
    hypotheses: list[Hypothesis] = []
    for h in p.hypotheses:
        match h:
            case Definition(tensor, ids, body) if tensor.name in chosen:
                lifted = replace(tensor, axes=(axis, *tensor.axes))
                hypotheses.append(Definition(lifted, (index, *ids), visit(body)))
            case Definition() | AtLeastZero():
                hypotheses.append(h)
            case Equation(left, right) | Bounded(left, right):
                hypotheses.append(type(h)(visit(left), visit(right)))
            case NonZero():
                hypotheses.append(h.changed(visit))
            case NonNegative(inner):
                hypotheses.append(NonNegative(visit(inner)))
            case _:
                raise StepError(f"lift: this hypothesis is to be stated anew at each index\n  {h}")
    return Theorem(_SEAL, Equation(visit(p.left), visit(p.right)), hypotheses, "lift", (p,), (),
                   (*p.indices, (index, axis)))


def summed(p: Theorem, index: Symbol) -> Theorem:
    """Γ ⊢ a = b for every i on its axis  ⟹  Γ ⊢ Σ_i a = Σ_i b, if no hypothesis speaks of i."""
    _equation(p)
    axis = dict(p.indices).get(index)
    if axis is None:
        raise StepError(f"summed: {index.name} has no range")
    for h in p.hypotheses:
        if not isinstance(h, Definition) and any(index in free_indices(side) for side in _sides(h)):
            raise StepError(f"summed: a hypothesis speaks of {index.name}")
    limits = (Range(index, axis.base, axis.upper, axis.coefficient),)
    return Theorem(_SEAL, Equation(Sum(limits, p.left), Sum(limits, p.right)), p.hypotheses, "summed", (p,), (),
                   tuple((s, a) for s, a in p.indices if s != index))


def renamed(p: Theorem, names: Mapping[str, str]) -> Theorem:
    """Γ ⊢ a = b  ⟹  the same with other names for tensors.

    StepError if two tensors would share a name, or if the theorem speaks of the gradient of a renamed one.
    """
    _equation(p)
    everything = [p.left, p.right, *(side for h in p.hypotheses for side in _sides(h))]
    known = {t.name: t for side in everything for t in tensors_in(side)}
    after = [names.get(name, name) for name in known]
    if len(set(after)) < len(after):
        raise StepError(f"renamed: two tensors would be called {next(n for n in after if after.count(n) > 1)}")
    if any(t.gradient_of is not None and t.gradient_of[1] in names for t in known.values()):
        raise StepError("renamed: the theorem speaks of the gradient of a renamed tensor")

    def new(tensor: Tensor) -> Tensor:
        return replace(tensor, name=names.get(tensor.name, tensor.name))

    def visit(node: Expression) -> Expression:
        if isinstance(node, Read):
            return Read(new(node.tensor), node.indices)
        if isinstance(node, Expectation):
            return Expectation(visit(node.body), tuple(map(new, node.over)))
        return rebuild(node, tuple(map(visit, children(node))))

    def line(h: Hypothesis) -> Hypothesis:
        match h:
            case Definition(tensor, indices, body):
                return Definition(new(tensor), indices, visit(body))
            case Equation(left, right) | Bounded(left, right):
                return type(h)(visit(left), visit(right))
            case NonZero():
                return h.changed(visit)
            case NonNegative(inner):
                return NonNegative(visit(inner))
            case Independent(groups):
                return Independent(tuple(tuple(map(new, group)) for group in groups))
            case AtLeastZero():
                return h
        raise TypeError(type(h).__name__)

    moved = Equation(visit(p.left), visit(p.right))
    hypotheses = list(map(line, p.hypotheses))
    require_coherent([moved.left, moved.right, *(side for h in hypotheses for side in _sides(h))])
    return Theorem(_SEAL, moved, hypotheses, "renamed", (p,), (), p.indices)


def discharge(p: Theorem, q: Theorem) -> Theorem:
    """Γ ⊢ T[i…] = b for every entry of T,  Δ, (T[i…] := b) ⊢ c = d  ⟹  Γ ∪ Δ ⊢ c = d.

    What defined T in q is only a line about its entries, and p proves that line, whatever defines T there:
    so the theorems for two layers become one for both. StepError if q does not define T as p's right side,
    if p does not range over all entries of T, or if a hypothesis of p other than a definition speaks of i.
    """
    statement = _equation(p)
    _equation(q)
    tensor = statement.left.tensor if isinstance(statement.left, Read) else None
    given = next((h for h in q.hypotheses if isinstance(h, Definition) and h.tensor == tensor), None)
    if given is None or not isinstance(statement.left, Read):
        raise StepError(f"discharge: {statement.left} is no entry of a tensor that the second theorem defines")
    names = dict(zip(given.indices, statement.left.indices, strict=True))
    at = [i.as_symbol for i in statement.left.indices]
    if None in at or len(set(at)) < len(at) or dict(p.indices) != dict(zip(at, given.tensor.axes, strict=True)):
        raise StepError(f"discharge: the first theorem does not range over all entries of {given.tensor.name}")
    if substitute(given.body, names) != statement.right:
        raise StepError(f"discharge: {given.tensor.name} is defined otherwise\n  proved:  {statement}"
                        f"\n  defined: {given}")
    if any(s in free_indices(side) for h in p.hypotheses if not isinstance(h, Definition)
           for side in _sides(h) for s in at):
        raise StepError(f"discharge: a hypothesis speaks of the indices of {given.tensor.name}")
    if any(isinstance(h, Equation) for h in p.hypotheses) and any(
            isinstance(n, (Derivative, Expectation))
            for side in (q.left, q.right, *(s for h in q.hypotheses for s in _sides(h))) for n in walk(side)):
        raise StepError(f"discharge: {given.tensor.name} equals its line only where an equation holds, so it need "
                        "not vary as its line does")
    hypotheses = (*p.hypotheses, *(h for h in q.hypotheses if h is not given))
    require_coherent([p.left, p.right, q.left, q.right, *(side for h in hypotheses for side in _sides(h))])
    return Theorem(_SEAL, Equation(q.left, q.right), hypotheses, "discharge", (p, q), (), q.indices)


def _names(*nodes: Expression) -> set[str]:
    """The names of all indices and sizes, bound ones included."""
    names = {s.name for e in nodes for n in walk(e) for q in _polynomials(n) for s in q.symbols}
    return names | {r.variable.name for e in nodes for n in walk(e) if isinstance(n, Binder) for r in n.ranges}


def _equation_or_bound(p: Theorem) -> Equation | Bounded:
    require_issued(p)
    if not isinstance(p.statement, Equation | Bounded):
        raise StepError("this rule takes equations and bounds")
    return p.statement


def _equation(p: Theorem) -> Equation:
    require_issued(p)
    if not isinstance(p.statement, Equation):
        raise StepError("this rule takes equations")
    return p.statement
