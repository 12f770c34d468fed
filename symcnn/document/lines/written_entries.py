"""Claims about every entry of a vector of which the document writes the entries one by one: z = w_1 x_1 + w_2 x_2.

∂z/∂w_i = x_i is said of the entries that there are, w_1 and w_2; where it is looked at with a w_3, it fails.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from symcnn.document.facts.extents import needed
from symcnn.document.facts.known import Decision
from symcnn.document.lines.equations import Equations
from symcnn.notation.expression import Definition, Derivative, Expression, Read, free_indices, walk
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.notation.traverse import substitute
from symcnn.verdict import Verdict

MOST_ENTRIES = 12
Places = Sequence[range]
"""The numbers that stand at each place of a name's indices."""


def at_written_entries(prover: Equations, left: Expression, right: Expression) -> Decision | None:
    """The verdict for the entries that are written; None where they are not, or where the line is about no entry."""
    written = _written(needed(tuple(prover._definitions().values()), (
        left, right, *prover._losses_of(left), *prover._losses_of(right))))
    ranges: dict[Symbol, range] = {}
    for name, indices in (slot for side in (left, right) for n in walk(side) for slot in _differentiated_by(n)):
        places = written.get(name) or _of_one_length(written, len(indices))
        for index, run in zip(indices, places or (), strict=bool(places)):
            if (symbol := index.as_symbol) is not None and not symbol.is_size:
                ranges.setdefault(symbol, run)
    free = sorted(free_indices(left) | free_indices(right))
    if not free or not ranges.keys() >= set(free) or math.prod(len(ranges[s]) for s in free) > MOST_ENTRIES:
        return None
    decisions = []
    for values in itertools.product(*(ranges[s] for s in free)):
        at = {s: polynomial(value) for s, value in zip(free, values, strict=True)}
        decisions.append(prover._claimed(*(substitute(side, at) for side in (left, right))))
    shown = "; ".join(f"{s.name} is one of {', '.join(map(str, ranges[s]))}" for s in free)
    refuted = next((d for d in decisions if d.verdict is Verdict.REFUTED), None)
    if refuted is not None and not _beyond(refuted, written):
        return refuted
    if any(d.verdict is not Verdict.PROVED for d in decisions):
        return Decision(Verdict.UNDECIDED, f"only the entries that are written may be meant, where {shown}")
    assumptions = dict.fromkeys(a for d in decisions for a in d.assumptions)
    return replace(decisions[0], assumptions=(*assumptions, shown))


def _differentiated_by(node: Expression) -> Iterator[tuple[str, tuple[Polynomial, ...]]]:
    """The name and the indices of the entry by which a node is a derivative."""
    if isinstance(node, Derivative) and isinstance(node.by, Read):
        yield node.by.tensor.name, node.by.indices
    elif isinstance(node, Read) and node.tensor.gradient_of is not None:
        yield node.tensor.gradient_of[1], node.indices


def _written(definitions: Iterable[Definition]) -> dict[str, Places]:
    """The names without a known end that are written entry by entry, with their places: at least two, without gaps."""
    found: dict[str, set[tuple[int, ...]]] = {}
    for read in (n for d in definitions for n in walk(d.body) if isinstance(n, Read) and n.indices):
        if all(i.is_constant for i in read.indices) and any(
                a.base is None or a.upper is None for a in read.tensor.axes):
            found.setdefault(read.tensor.name, set()).add(tuple(int(i.constant) for i in read.indices))
    boxes: dict[str, Places] = {}
    for name, entries in found.items():
        runs = [range(min(column), max(column) + 1) for column in zip(*entries, strict=True)]
        if all(run.start in (0, 1) for run in runs) and math.prod(map(len, runs)) == len(entries) > 1:
            boxes[name] = runs
    return boxes


def _of_one_length(written: Mapping[str, Places], number: int) -> Places | None:
    """The places of a vector that goes with those written, if all of them have the same: x of z_i = x_i²."""
    runs = {tuple(places) for places in written.values()}
    return next(iter(runs)) if len(runs) == 1 and len(next(iter(runs))) == number else None


def _beyond(decision: Decision, written: Mapping[str, Places]) -> bool:
    """Whether a counterexample is about entries at places where nothing is written."""
    known = {place for places in written.values() for run in places for place in run}
    entries = decision.counterexample.entries if decision.counterexample is not None else ()
    return any(int(place) not in known for entry in entries for inside in re.findall(r"\[([-\d,\s]+)\]", entry)
               for place in inside.split(","))
