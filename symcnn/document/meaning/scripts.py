"""Names with their scripts: which entry a name stands for, and indices as polynomials."""

from __future__ import annotations

import math
from itertools import pairwise
from collections import Counter
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction

from symcnn.document.claims.claims import relation_name
from symcnn.document.claims.names import Names
from symcnn.document.claims.running_sums import meant
from symcnn.document.meaning.index_sets import IndexSet
from symcnn.document.meaning.operations import Key, Operation
from symcnn.document.meaning.rounded_indices import RoundedIndices
from symcnn.document.meaning.vector_functions import Functions, VectorFunction, formulas_put_in
from symcnn.document.meaning.vector_functions import Key as FunctionKey
from symcnn.document.reading.forms import MeaningError, constant, identifier
from symcnn.document.reading.node import Node
from symcnn.document.reading.signs import BARS, BRACKETS
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import (
    Written, condition_below, index_text, is_condition, is_integral, is_transposition, items, items_behind, nodes,
    scripts_of, text_of, unwrapped, written,
)
from symcnn.errors import SymcnnError
from symcnn.notation.expression import UNBOUNDED, Axis, Expression, Read, Tensor
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial

PLAIN_PRODUCTS = frozenset((r"\cdot", r"\times", "*", r"\cdotp", r"\circ", r"\odot", "⊙", "∘"))
ZERO_OR_MORE = frozenset("p P p_1 p_2 p_h p_w q".split())


@dataclass
class Vocabulary:
    """What the names of a document stand for: the axes of its tensors, and how its scripts are decided."""

    names: Names
    axes: dict[tuple[str, int], Axis] = field(default_factory=dict)
    read_off: set[tuple[str, int]] = field(default_factory=set)
    sizes: set[str] = field(default_factory=set)
    arities: dict[str, int] = field(default_factory=dict)
    defined: dict[str, Tensor] = field(default_factory=dict)
    reads: dict[str, frozenset[Tensor]] = field(default_factory=dict)
    """The names in the formulas of names."""
    others: dict[str, frozenset[int]] = field(default_factory=dict)
    functions: dict[str, tuple[Read, Expression]] = field(default_factory=dict)
    functions_of_rows: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)
    """Functions of an entry that read other entries, σ(A_ic) = …: of which tensor, and that of their values."""
    vector_functions: dict[FunctionKey, VectorFunction] = field(default_factory=dict)
    foreseen: dict[str, tuple[Read, Expression]] = field(default_factory=dict)
    """The formulas that activations get further down, each the only one in the document."""
    differentiated: set[str] = field(default_factory=set)
    losses: set[str] = field(default_factory=set)
    differentials: set[str] = field(default_factory=set)
    adjoints: dict[str, str] = field(default_factory=dict)
    constants: set[str] = field(default_factory=set)
    slopes: set[Expression] = field(default_factory=set)
    """The slopes ReLU'(z) that are read: what they are at a kink is a convention."""
    shaped: set[str] = field(default_factory=set)
    """Names that are vectors or matrices though they are written like a sign: R beside ℝ, T beside x^T."""
    sets: dict[str, IndexSet] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    powers: dict[str, Expression] = field(default_factory=dict)
    products: dict[str, tuple[Symbol, Expression]] = field(default_factory=dict)
    operations: dict[Key, Operation] = field(default_factory=dict)
    inner: dict[str, Expression] = field(default_factory=dict)
    """Products of whole vectors, as they are written, that the document says are sums: q · k = Σ_i q_i k_i."""

    def copied(self) -> Vocabulary:
        """A vocabulary of its own that begins with what this one holds."""
        held = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "names"}
        return replace(self, **{name: copy(value) for name, value in held.items()})

    @property
    def put_in(self) -> Functions:
        """The functions of whole vectors, whose formulas are put in as they are written."""
        return {key: f for key, f in self.vector_functions.items() if key[0] not in self.functions}

    def base(self, called: str, arity: int) -> str:
        """The name without the number that tells tensors of unlike arity apart."""
        bare = called.rstrip("'")
        return called if called in self.arities else bare.removesuffix(f"__{arity}") + called[len(bare):]

    def tensor(self, name: str, arity: int) -> Tensor:
        """The tensor of a name with so many indices; axes without a known range are unbounded."""
        bare = name.rstrip("'")
        called = name if arity == self.arities.setdefault(name, arity) else f"{bare}__{arity}{name[len(bare):]}"
        return Tensor(called, tuple(self.axes.get((called, n), UNBOUNDED) for n in range(arity)))

@dataclass(frozen=True)
class Place:
    """One entry: the name that tells tensors apart, and the index of each axis."""

    name: str
    indices: tuple[Polynomial, ...]


@dataclass(frozen=True)
class Facts:
    """What a side says of its indices, whatever its names are.

    `bound` stand under signs of sums, `conditions` in brackets that are 1 or 0; `indices` are the stem of a name,
    what stands in one of its indices, and that index's name if it is one; `upper` the same of superscripts.
    """

    bound: frozenset[str]
    conditions: frozenset[str]
    indices: tuple[tuple[str, frozenset[str], str], ...]
    upper: tuple[tuple[str, frozenset[str], str], ...]


def _facts(side: Node) -> Facts:
    kept = side.__dict__
    if "facts" not in kept:
        parts = list(nodes(side))
        indices: list[tuple[str, frozenset[str], str]] = []
        upper: list[tuple[str, frozenset[str], str]] = []
        for node in parts:
            found = written(node) if node.kind in ("scripts", "index") else None
            if node.kind in ("scripts", "index") and found is None and node.nodes[0].kind == "group":
                # (x * w)[n] and (A x)_n: an index of what stands in the parentheses
                inside = next((w for n in nodes(node.nodes[0]) if (w := written(n)) is not None), None)
                found = None if inside is None else Written(inside.stem, items_behind(node) or ())
            if found is not None:
                for items_of, facts in (((*found.lower, *found.inside), indices), (found.upper, upper)):
                    facts += [(found.stem, frozenset(map(index_text, nodes(item))) | set(text_of(item)),
                               index_text(item)) for item in items_of]
        kept["facts"] = Facts(
            frozenset().union(*map(_bound, parts)),
            frozenset(index_text(n) for part in parts if is_condition(part) or condition_below(part) is not None
                      for n in nodes(part)), tuple(indices),
            tuple(upper))
    return kept["facts"]  # type: ignore[no-any-return]


def _facts_of(side: Node, functions: Functions) -> Facts:
    """What a side says of its indices, with the formulas of functions that are put in."""
    if not functions:
        return _facts(side)
    found = [_facts(part) for part in formulas_put_in(side, functions)]
    return replace(found[0], bound=frozenset().union(*(f.bound for f in found)),
                   conditions=frozenset().union(*(f.conditions for f in found)))


class Scripts:
    """Reads the scripts of one line. `variables` are the names that are indices in it."""

    in_brackets: RoundedIndices | None = None
    """The rounded indices of the entry that is read, ⌊i/2⌋ of x_{⌊i/2⌋}; None where none may stand."""

    def __init__(self, vocabulary: Vocabulary, sides: Iterable[Node]) -> None:
        self.words, self.names = vocabulary, vocabulary.names
        self.variables: set[str] = set()
        self.in_indices: set[str] = set()
        self.unequal_binds_both = False
        bound: set[str] = set()
        free: Counter[str] = Counter()
        for place, facts in enumerate(_facts_of(meant(side), vocabulary.put_in) for side in sides):
            bound |= facts.bound
            self.variables |= {n for n in facts.conditions if n in self.names.index_names
                               and n not in self.words.sizes and n not in self.words.constants}
            here = set()
            for _, inside, name in (*(f for f in facts.indices if f[0] in self.names.indexed),
                                    *(f for f in facts.upper if f[0] in self.names.samples | self.names.raised)):
                self.in_indices |= inside
                here |= {name} - {""}
            free.update(here)
            if place == 0:
                bound |= here - self.words.constants
        # The n of c = Σ_{k<n} a_k + a_n, which is an index of the right side only, is the size.
        self.variables |= bound | {name for name, there in free.items() if name not in self.words.constants and (
            there > 1 or name not in self.words.sizes)}

    def value(self, node: Node) -> Expression:
        """The formula that a node is; MeaningError for what has none."""
        raise NotImplementedError

    def quotient(self, node: Node) -> tuple[Polynomial, Polynomial]:
        """A side as a fraction of whole numbers; MeaningError where the one below the bar may not be positive."""
        raise NotImplementedError

    def no(self, node: Node) -> Expression:
        shown = str(node).strip()
        raise MeaningError(f"what {shown[:60]} means here is not known")

    def size(self, name: str) -> Symbol:
        return Symbol(name, 0 if name in ZERO_OR_MORE or name in self.words.constants and name.islower() else 1)

    def place(self, found: Written) -> tuple[Place, Fraction | None]:
        """The entry that a name with its scripts is, and the exponent that is left."""
        if found.stem in self.names.entries and len(found.lower) == 2:
            found = replace(found, stem=self.names.entries[found.stem])
        name, exponent = found.stem, None
        upper = found.upper
        if found.stem in self.names.raised:
            return Place(identifier(name) + "'" * found.primes,
                         tuple(q for i in upper for q in self.index_items(found.stem, i))), None
        if upper and found.stem in self.names.labelled:
            if clash := {n.head for u in upper for n in nodes(u) if n.kind == "name"} & self.variables:
                raise MeaningError(f"{min(clash)} is an index here, and stands in the superscript of {found.stem}")
            name += "^" + "".join(text_of(u).replace(" ", "") for u in upper)
            upper = ()
        sample: tuple[Node, ...] = ()
        if upper and found.stem in self.names.samples:
            # x^{(i)} is another name than x_j: whole vectors, and one entry of each.
            name, sample, upper = name + "^", tuple(u for u in upper if not is_transposition(u)), tuple(
                u for u in upper if is_transposition(u))
        if upper and is_transposition(upper[-1]) and len(found.lower) == 2:
            # Mᵀ_{ji} is M_{ij}.
            swapped = replace(found, lower=found.lower[::-1], upper=(*sample, *upper[:-1]))
            return self.place(swapped)
        if upper:
            if len(upper) != 1 or is_transposition(upper[0]):
                raise MeaningError(f"what the superscript of {found.stem} means here is not known")
            exponent = self.number(upper[0])
        lower = found.lower
        if lower and found.stem in self.names.numbered and all(unwrapped(i).kind == "number" for i in lower):
            name += "_" + "_".join(text_of(i) for i in lower)
            lower = ()
        if lower and found.stem not in self.names.indexed:
            if any(unwrapped(i).kind != "number" and text_of(i) not in self.names.labels for i in lower):
                raise MeaningError(f"what the subscript of {found.stem} means here is not known")
            name += "_" + "_".join(text_of(i) for i in lower)
            lower = ()
        indices = [q for i in (*lower, *sample, *found.inside) for q in self.index_items(found.stem, i)]
        return Place(identifier(name) + "'" * found.primes, tuple(indices)), exponent

    def place_rounded(self, found: Written) -> tuple[Place, Fraction | None, RoundedIndices]:
        """The entry that a name with its scripts is, some of them perhaps rounded fractions."""
        before, rounded = self.in_brackets, RoundedIndices()
        self.in_brackets = rounded
        try:
            return *self.place(found), rounded
        finally:
            self.in_brackets = before

    def gradient_of(self, name: str) -> str | None:
        """The name X of dX, or of X with an accent, where a document writes gradients of its one loss so."""
        if name in self.words.adjoints:
            return self.words.adjoints[name]
        base = name[1:]
        return base if name[:1] == "d" and base in self.words.differentials else None

    @property
    def loss(self) -> str:
        """The loss that dX is a gradient of."""
        return next(iter(self.words.losses)) if len(self.words.losses) == 1 else "L"

    def index_items(self, stem: str, item: Node) -> list[Polynomial]:
        inner = unwrapped(item)
        if inner.kind == "number" and stem in self.names.digits and len(inner.head) > 1:
            return [polynomial(int(c)) for c in inner.head]
        return [self.index(inner)]

    def index(self, node: Node) -> Polynomial:
        """A node as a polynomial in indices and sizes; MeaningError for anything else."""
        node = unwrapped(node)
        if "factors" in node.__dict__:
            return math.prod(map(self.index, node.__dict__["factors"]), start=polynomial(1))  # i S_h
        if node.kind == "slice":
            raise MeaningError(f"{str(node).strip()[:40]} is a part of an axis and no index")
        if node.kind == "number":
            if not node.head.isdigit():
                raise MeaningError(f"{node.head} is no index")
            return polynomial(int(node.head))
        if node.kind == "sum":
            total, negative = polynomial(0), False
            for part in node.parts:
                if isinstance(part, Token):
                    negative = part.text.strip("{}").strip() == "-"
                else:
                    inner = self.index(part)
                    total = total - inner if negative else total + inner
            return total
        if node.kind == "sign":
            return -self.index(node.nodes[0]) if node.head == "-" else self.index(node.nodes[0])
        inside = node.nodes[0].nodes if node.nodes else ()
        if node.kind == "group" and node.head in BARS and inside and (found := written(inside[0])) is not None:
            scripts = "_".join(text_of(i) for i in (*found.lower, *found.upper))
            return polynomial(self.size(identifier(f"number_{found.stem}_{scripts}")))
        if node.kind == "group" and len(node.nodes) == len(inside) == len(node.nodes[0].parts) == 1:
            if node.head in BRACKETS and self.in_brackets is not None:
                return self.in_brackets.add(*self.quotient(inside[0]), BRACKETS[node.head])
            return self.index(inside[0])
        if node.kind == "product":
            product = polynomial(1)
            for before, behind in pairwise(node.parts):
                if isinstance(before, Node) and isinstance(behind, Node) and behind.kind == "group" and (
                        function := written(before)) is not None and function.stem in self.names.functions:
                    raise MeaningError(f"{function.stem} is a function in an index")
            for part in node.parts:
                if isinstance(part, Token):
                    if part.text not in PLAIN_PRODUCTS:
                        raise MeaningError(f"{part.text} in an index is not read")
                else:
                    product = product * self.index(part)
            return product
        found = written(node)
        if found is None:
            raise MeaningError(f"{str(node).strip()[:40]} is no index that could be read")
        several = node.kind == "name" and node.head.isalpha() and len(node.head) > 1
        if several and found.stem not in self.words.sizes and found.stem not in self.variables:
            product = polynomial(1)
            for letter in node.head:
                product = product * polynomial(self.symbol(letter))
            return product
        place, exponent = self.place(Written(found.stem, found.lower, found.upper, (), found.primes))
        if place.indices or exponent is not None:
            raise MeaningError(f"{str(node).strip()[:40]} is no index that could be read")
        return polynomial(self.symbol(place.name))

    def symbol(self, name: str) -> Symbol:
        """The symbol of an index or size; an index that elsewhere is a size gets a name of its own."""
        if name in self.variables or (name in self.names.index_names and name not in self.words.sizes
                                      and name in self.in_indices):
            stem = name.rstrip("'")
            return Symbol(f"{stem}_index{name[len(stem):]}" if name in self.words.sizes else name)
        return self.size(name)

    def index_called(self, name: str) -> Symbol | None:
        """The index that a name is in this line; None for a size, and for a name that the line does not have."""
        if not name or name not in self.variables | self.in_indices:
            return None
        symbol = self.symbol(name)
        return None if symbol.is_size else symbol

    def number(self, node: Node) -> Fraction:
        """The exact value of a script made of numbers; MeaningError for any other."""
        try:
            result = self.value(unwrapped(node))
        except SymcnnError:
            result = None
        if isinstance(result, Expression) and (found := constant(result)) is not None:
            return found
        raise MeaningError(f"the power {text_of(node)} is not a number")


def _bound(node: Node) -> set[str]:
    """The variables that the sign of a sum or maximum binds."""
    if node.kind != "big" or node.nodes[0].kind != "scripts" or is_integral(node):
        return set()
    lower = next((s for mark, s in scripts_of(node.nodes[0]) if mark == "_" and s is not None), None)
    if lower is None:
        return set()
    found = set()
    under = unwrapped(lower)
    parts = [n for clause in (under.nodes if under.kind == "braces" else ()) for n in clause.nodes] or [under]
    for part in parts:
        if part.kind == "chain":
            sides = [p for p in part.parts if isinstance(p, Node) and p.kind != "relation"]
            relations = {relation_name(p) for p in part.parts if isinstance(p, Node) and p.kind == "relation"}
            if len(sides) == 2 and relations <= {"≤", "<", "≥", ">"}:
                # i ≥ 0 and 0 ≤ i, but not s i ≤ H
                found.add(index_text(unwrapped(sides[unwrapped(sides[0]).kind == "number"])))
                continue
            middle = sides[1] if len(sides) == 3 else sides[0]
            found |= {index_text(i) for i in items(middle)}
        else:
            found |= {index_text(i) for i in items(part)}
    return found - {""}
