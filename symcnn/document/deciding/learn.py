"""What can be learnt of a document before its lines are decided: losses, constants, counts, operations."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from symcnn.document.claims.adjoints import adjoints
from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.claims.logarithms import beside_logarithms
from symcnn.document.claims.names import SLOPES
from symcnn.document.facts.dependence import Dependence
from symcnn.document.facts.ranges import both_sides, sides_read
from symcnn.document.meaning.labels import family
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.operations import (
    Key, Operation, defines, factors_of_inner, is_operation, may_define, product_text,
)
from symcnn.document.reading.forms import (
    applied_to_name, differential, differentials, is_chain_rule, second_differentials,
)
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import (
    Written, condition_below, index_text, is_condition, is_transposition, nodes, scripts_of, text_of, unwrapped,
    written,
)
from symcnn.errors import SymcnnError
from symcnn.notation.expression import (
    Add, Bracket, Derivative, Multiply, Read, Sum, Tensor, Value, free_indices, walk,
)
from symcnn.notation.polynomial import polynomial
from symcnn.notation.traverse import tensors_in


COSTS = frozenset("J L C E cost Cost loss Loss".split())
"""Names of what is made as small as it can be."""


def learn_losses(subject: Dependence, lines: Iterable[Line]) -> None:
    """Losses are differentiated, and stand in no formula but on the left of their own."""
    lines = tuple(lines)
    inner: set[str] = set()
    company: dict[str, set[str]] = {}
    beside: list[tuple[str, set[str]]] = []
    for line in lines:
        for node in (line.left, line.right):
            try:
                value = Meaning(subject.words, (line.left, line.right)).value(node)
            except SymcnnError:
                # What is not read may still speak of a name: then it is no loss.
                of = {id(top) for n in nodes(node) if n.kind == "command" and n.head.endswith("frac")
                      and (top := differential(n.nodes[0])) is not None}
                # C = Σ_x C_x is a loss that is made of those of the samples.
                whole = next((w.stem for w in (written(line.left),) if w is not None and not w.lower), "")
                inner |= {found.stem for n in nodes(node) if not is_chain_rule(n) and n.kind in ("scripts", "index")
                          and id(n) not in of and (found := written(n)) is not None and found.stem != whole
                          and not (found.primes and found.stem in subject.names.functions)
                          and not (found.lower and all(text_of(i) in subject.names.labels for i in found.lower))
                          and (found.lower or not re.search(r"_\d+$", found.stem))}  # f_1(z), a function as f(z) is
                continue
            twice = [n.expression.expression for n in walk(value)
                     if isinstance(n, Derivative) and isinstance(n.expression, Derivative)]
            reads = [n for n in walk(value) if isinstance(n, Read) and n not in twice]
            names = {name for n in reads for name in (n.tensor.gradient_of or (n.tensor.name,))}
            for n in reads:
                if n.tensor.gradient_of:
                    company.setdefault(n.tensor.gradient_of[0], set()).update(names)
            if not (node is line.left and isinstance(value, Read)):
                beside += [(n.tensor.name, names - {n.tensor.name}) for n in reads]
            inner |= {n.tensor.gradient_of[1] for n in reads if n.tensor.gradient_of}
    # L(K − 1) + 1, where nothing else is of what L is differentiated beside, speaks of another L.
    # The cost without weight decay, L of L̃ = L + λ w²/2, is a loss of its own.
    stated = {w.stem for line in lines if line.first and (w := written(line.left)) is not None}
    inner |= {name for name, names in beside if (not names or names & company.get(name, names)) and not (
        name in company and name in COSTS - stated)}
    for line in lines:
        found = written(line.left) if line.relation in ("=", ":=", "+=", "-=") else None
        if found is not None and found.stem[:1] == "d" and subject.names.stems[found.stem[1:]] and not (
                subject.names.integrals and found.stem[1:].islower()) and (
                not is_chain_rule(line.right)):
            subject.words.differentials.add(found.stem[1:])
    if subject.words.differentials:
        subject.words.differentials |= {stem[1:] for stem in subject.names.differentials}
    if len(subject.words.differentials) > 1:
        # dW = … and db = … say what dz is, too, where it stands on the right only.
        subject.words.differentials |= {
            w.stem[1:] for line in lines for node in nodes(line.right) if (w := written(node)) is not None
            and w.stem[:1] == "d" and len(w.stem) == 2 and subject.names.stems[w.stem[1:]]}
    subject.words.adjoints = adjoints(lines, subject.names)
    stems = frozenset(subject.words.differentials)
    subject.words.differentials |= {name for name in subject.read_names if name.split("_")[0] in stems}
    subject.words.losses = (subject.words.differentiated | set(_called(lines))) - inner - (
        subject.names.functions & SLOPES)
    if subject.words.differentials and not subject.words.losses:
        # dz and dw are of the one cost that has a formula.
        costs = {found.stem for line in lines if line.first and line.relation in EQUALS and (
            found := written(line.left)) is not None and found == Written(found.stem)} & COSTS - inner
        subject.words.losses = costs if len(costs) == 1 else set()


LOGARITHMS = frozenset((r"\log", r"\ln", "log", "ln"))


def learn_constants(subject: Dependence, lines: Iterable[Line], trees: Iterable[Node]) -> None:
    """Capital letters that stand in indices and alone, and nowhere else: y_L is the last of L layers.

    So is the class that is asked for, the c of L = −log p_c, and the T of h_T where sums end at T. Not where a sum
    goes over them, or a formula is given for all of them.
    """
    trees = list(trees)
    names = subject.names
    bound = {text for tree in trees for n in nodes(tree) if n.kind == "big" and n.nodes[0].kind == "scripts"
             for mark, script in scripts_of(n.nodes[0]) if mark == "_" and script is not None
             for part in nodes(script) if (text := text_of(part).strip())}
    alone = {text for tree in trees if len(text := text_of(tree).strip()) == 1}
    sides = [side for line in lines for side in (line.left, line.right)]
    places = {id(n) for side in sides for n in nodes(side) if (w := written(n)) is not None
              for item in (*w.lower, *w.inside) for n in nodes(item)}
    places |= {id(n) for side in sides for part in nodes(side) if (below := condition_below(part)) is not None
               for n in nodes(below)}
    ends = [unwrapped(script) for tree in trees for n in nodes(tree) if n.kind == "big" and n.nodes[0].kind == "scripts"
            for mark, script in scripts_of(n.nodes[0]) if mark == "^" and script is not None]
    last = {n.head for n in ends if n.kind == "name" and len(n.head) == 1 and n.head.isupper()}
    last -= {n.head for tree in trees for part in nodes(tree) if (w := written(part)) is not None
             for item in (*w.lower, *w.inside) if unwrapped(item).kind == "sum" and not any(
                 t.text in ("-", "−") for t in item.tokens) for n in nodes(item) if n.kind == "name"}
    places |= {id(n) for n in ends} | {id(n) for tree in trees for part in nodes(tree) if part.kind == "scripts"
                                       for mark, script in scripts_of(part) if mark == "^" and script is not None
                                       and is_transposition(script) for n in nodes(script)}
    values = {n.head for side in sides for n in nodes(side) if n.kind == "name" and id(n) not in places}
    general = {t.text for line in lines if line.right.kind != "number" and (w := written(line.left)) is not None
               for item in (*w.lower, *w.inside) for t in item.tokens}
    targets = {text for line in lines if line.first and line.relation in EQUALS
               and (name := written(line.left)) is not None and not (name.lower or name.inside)
               and any(t.text in LOGARITHMS for t in line.right.tokens) for n in nodes(line.right)
               if (w := written(n)) is not None and len(w.lower) == 1
               and len(text := text_of(w.lower[0]).strip()) == 1 and text.islower()}
    found = {n for n in alone if len(n) == 1 and n.isupper()} | targets | last
    subject.words.constants = (names.index_names & found) - (bound | values | general | subject.words.losses)
    subject.words.sizes |= subject.words.constants


def _called(lines: Iterable[Line]) -> Iterator[str]:
    """Names that a line defines together with what they depend on: L(ŷ, y) = …"""
    lines = tuple(lines)
    conditional = set(_conditional(lines))
    for line in lines:
        side = line.left
        if line.first and line.relation in ("=", ":=") and side.kind == "product" and len(side.parts) == 2 and (
                len(side.nodes) == 2 and side.nodes[1].kind == "group" and side.nodes[1].head == "("):
            found = written(side.nodes[0])
            several = any(isinstance(p, Token) and p.text == "," for c in side.nodes[1].nodes for p in c.parts)
            if found is not None and several and not found.lower and not found.upper and (
                    found.stem not in conditional):
                yield found.stem
    yield from {name for line in lines for side in (line.left, line.right) for node in nodes(side)
                if (name := _by_an_entry(node))} - conditional


def _by_an_entry(node: Node) -> str:
    """J of ∂J(θ)/∂θ_j, a function of a whole vector that is differentiated by an entry of it; empty for the rest."""
    if node.kind != "command" or not node.head.endswith("frac") or len(node.nodes) != 2:
        return ""
    twice = second_differentials(*node.nodes)
    of, by = (twice[0], twice[1]) if twice is not None else differentials(node) or (EMPTY, EMPTY)
    called, entry = applied_to_name(of), written(by)
    return called[0] if called is not None and entry is not None and entry.stem == called[1] and entry.lower else ""


def _conditional(lines: Iterable[Line]) -> Iterator[str]:
    """Names of densities: p of p(x | z)."""
    for node in (n for line in lines for side in (line.left, line.right) for n in nodes(side) if n.kind == "product"):
        for name, group in zip(node.parts, node.parts[1:], strict=False):
            if isinstance(name, Node) and isinstance(group, Node) and group.kind == "group" and group.head == "(" and (
                    any(t.text in ("|", r"\mid", r"\vert", "∣") for t in group.tokens)) and (
                    (found := written(name)) is not None):
                yield found.stem


def learn_arities(subject: Dependence, lines: Iterable[Line]) -> None:
    """With how many indices each name is read; which names are losses, and what depends on what."""
    stands_for: dict[str, tuple[str, str]] = {}
    for line in lines:
        sides = [value for _, value in sides_read(subject, line)]
        for name, gradient in (sides, sides[::-1]) if len(sides) == 2 else ():
            if isinstance(name, Read) and isinstance(gradient, Read) and name.tensor.gradient_of is None and (
                    (slope := gradient.tensor.gradient_of) is not None):
                stands_for[name.tensor.name] = slope  # g[n] = ∂L/∂y[n]
        if len(sides) == 2 and isinstance(sides[0], Read) and (of := sides[0].tensor.gradient_of) is not None:
            slopes = [t.gradient_of or stands_for.get(t.name, ("", "")) for t in tensors_in(sides[1])]
            subject.ways.setdefault(of, set()).add(frozenset(by for loss, by in slopes if loss == of[0]))
        for value in sides:
            for read in (n for n in walk(value) if isinstance(n, Read)):
                if read.tensor.gradient_of:
                    subject.rates.add((read.tensor.gradient_of[0], subject._variable(read.tensor)))
                else:
                    subject.read_names.add(read.tensor.name)
                stem = read.tensor.gradient_of[1] if read.tensor.gradient_of else read.tensor.name
                base = family(subject.words.base(stem, len(read.indices)))
                if read.indices:
                    subject.words.others[base] = subject.words.others.get(base, frozenset()) | {len(read.indices)}


def learn_positions(subject: Dependence, lines: Iterable[Line]) -> None:
    """Names in conditions in brackets that lie between whole numbers made of sizes, 0 ≤ x and 2x < H, are indices.

    Those from 1 on may be sizes, unless one chain says both, 1 ≤ x ≤ H. What stands beside an index in such a
    condition is a whole number, too: a size.
    """
    lines = tuple(lines)
    in_brackets = {index_text(n) for line in lines for side in (line.left, line.right) for part in nodes(side)
                   if is_condition(part) for n in nodes(part)}
    explained = {found.stem for line in lines if line.relation in ("=", ":=") and (found := written(line.left))}
    open_ones = in_brackets - explained - subject.names.indexed - subject.words.sizes
    bounded: dict[bool, set[str]] = {False: set(), True: set()}
    for line, after in itertools.zip_longest(lines, lines[1:]):
        if line.relation not in ("≤", "<", "≥", ">"):
            continue
        with suppress(SymcnnError):
            low, high = (Meaning(subject.words, ()).index(side) for side in (line.left, line.right))
            if line.relation in ("≥", ">"):
                low, high = high, low
            chain = after is not None and after.left is line.right
            for above, (name, end) in ((False, (high, low)), (True, (low, high))):
                if len(name.symbols) == 1 and all(s.name in subject.words.sizes for s in end.symbols) and (
                        bool(end.symbols) if above else chain or end == polynomial(0)):
                    bounded[above] |= {s.name for s in name.symbols}
    subject.names.index_names |= open_ones & bounded[False] & bounded[True]
    for line in lines:
        for _, value in sides_read(subject, line):
            conditions = [p for n in walk(value) if isinstance(n, Bracket) for p in (*n.equations, *n.inequalities)]
            subject.words.sizes |= {s.name for p in conditions if not all(s.is_size for s in p.symbols)
                                    for s in p.symbols if s.is_size}


def learn_counted(subject: Dependence, lines: Iterable[Line]) -> None:
    """Names that are whole numbers by what they are compared with: Σ_{0 ≤ s i < H} 1 = O, and O ≤ H + 2p − K.

    Not of a name that is said to be 0 or more: as a size it would be taken to be 1 at least.
    """
    lines = tuple(lines)
    found = 0
    low = {name.stem for line in lines if line.relation in ("≤", "≥") for a, b in (
        (line.left, line.right), (line.right, line.left)) if text_of(a).strip() == "0" and (name := written(b))}
    while found != (found := len(subject.words.sizes)):
        for line in lines:
            sides = both_sides(subject, line)
            if sides is None:
                continue
            parts = [n for side in sides for n in walk(side)]
            plain = all(isinstance(n, Value | Read | Add | Multiply) and not (isinstance(n, Value) and (
                not n.value.is_integral)) for n in parts)
            names = {n.tensor.name for n in parts if isinstance(n, Read) and not n.indices}
            known = any(s.is_size for n in parts if isinstance(n, Value) for s in n.value.symbols)
            if names & (subject.words.losses | subject.words.defined.keys() | subject.names.index_names | low) or any(
                    isinstance(n, Read) and (n.indices or n.tensor.gradient_of) for n in parts):
                continue
            counts = line.relation == "=" and line.first and len(names) == 1 and isinstance(sides[0], Sum) and (
                isinstance(sides[0].body, Multiply | Value) and isinstance(sides[1], Read))
            supposed = line.relation == "=" and subject.supposed.place_of(line) is not None and not (
                isinstance(sides[0], Read))
            if counts or (plain and known and (supposed or line.relation in ("≤", "<", "≥", ">"))):
                subject.words.sizes |= names


def learn_targets(subject: Dependence, lines: Iterable[Line], prose: str) -> set[Tensor]:
    """What logarithms, or derivatives of logarithms, are weighed with in the sums of a text on cross-entropy."""
    if re.search(r"soft-?max|cross[- ]?entropy|one[- ]hot", prose, re.IGNORECASE) is None:
        return set()
    bodies = (n.body for line in lines for _, value in sides_read(subject, line) for n in walk(value)
              if isinstance(n, Sum))
    return set().union(*map(beside_logarithms, bodies))


def learn_operations(subject: Dependence, lines: Iterable[Line]) -> list[Line]:
    """What the document's operations on signals mean, each by the first line that says so; these lines."""
    found: list[Line] = []
    for before, line in itertools.pairwise((None, *lines)):
        assert line is not None
        if not may_define(line, before) or (said := defines(line.left)) is None:
            continue
        parts, places = said
        try:
            meaning = Meaning(subject.words, (line.left, line.right))
            names = tuple(meaning.place(name)[0].name for n in parts.operands if (name := written(n)) is not None)
            called = tuple(subject.words.tensor(name, len(places)).name for name in names)
            parameters, indices = (tuple(meaning.index(n).as_symbol for n in nodes) for nodes in (
                parts.parameters, places))
            body = meaning.value(line.right)
        except SymcnnError:
            continue
        symbols = {*parameters, *indices}
        if None in symbols or free_indices(body) != symbols or not is_operation(called, body):
            continue
        key = Key(parts.sign, len(parameters), len(indices))
        if key not in subject.words.operations:
            subject.words.operations[key] = Operation(
                called, tuple(s for s in parameters if s), tuple(s for s in indices if s), body)
            found.append(line)
    return found


def learn_inner_products(subject: Dependence, lines: Iterable[Line]) -> list[Line]:
    """Products of names that the document says are sums of the products of their entries; the lines that say so."""
    found: list[Line] = []
    for line in lines:
        names = factors_of_inner(line.left) if line.first and line.relation in EQUALS else None
        if names is None or product_text(line.left) in subject.words.inner:
            continue
        try:
            value = Meaning(subject.words, (line.left, line.right)).value(line.right)
        except SymcnnError:
            continue
        reads = value.body.factors if isinstance(value, Sum) and isinstance(value.body, Multiply) else ()
        called = {subject.words.base(n.tensor.name, 1) for n in reads if isinstance(n, Read) and len(n.indices) == 1}
        if len(reads) == 2 and called == set(names) and not free_indices(value):
            subject.words.inner[product_text(line.left)] = value
            found.append(line)
    return found
