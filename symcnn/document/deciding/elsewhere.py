"""Lines that fail by what only another part of the document says, which may not hold where they stand."""

from __future__ import annotations

import re
from contextlib import suppress

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import Line, environment_name
from symcnn.document.deciding.doubts import Doubts
from symcnn.document.facts.inside import stands_inside
from symcnn.document.lines.sides import DERIVES, Sides
from symcnn.document.meaning.matrices import is_matrix
from symcnn.document.meaning.numbers import is_numeric, printed
from symcnn.document.reading.forms import constant
from symcnn.document.reading.written import is_call, nodes, written
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Multiply, expression, free_indices
from symcnn.notation.polynomial import polynomial
from symcnn.notation.traverse import made_of, substitute, tensors_in
from symcnn.verdict import Verdict


def said_further_down(decider: Sides, doubts: Doubts, line: Line) -> str:
    """A name of which only another section, further down, says what it is there; that of a gradient is the same."""
    read = {t for side in decider._read(line) or () for t in tensors_in(side)}
    if any(t.gradient_of is not None for t in read):
        return ""
    ahead = {t for t in decider.later.definitions.keys() - decider.known.definitions.keys() if (
        (number := decider.later.lines.get(t)) is not None and doubts.is_in_another_section(line, number))}
    found = sorted(t.name for t in ahead & (read | made_of(read, decider._definitions())))
    return f"only another section says what {found[0]} is" if found else ""


def slope_behind_a_name(line: Line, found: Counterexample) -> str:
    """A slope for which [x'; y'] = [x; y] − a [2x; 2y] fails, though the line writes none: x' is that of an example."""
    slopes = [entry for entry in found.entries if entry.startswith("∂")]
    shown = [n for side in (line.left, line.right) for n in nodes(side)]
    if not slopes or not any(environment_name(n).endswith("matrix") for n in shown) or any(
            t.text in DERIVES or re.match(r"d[A-Za-z]$|\\[dD]elta|[δΔ]", t.text) for n in shown for t in n.tokens):
        return ""
    return f"at which place {slopes[0]} is taken is not said"


def inside_a_recurrence(decider: Sides, found: Counterexample) -> str:
    """A name z_t = W a_{t−1} + b that stands inside the recurrence a_t = tanh(W a_{t−1} + b).

    The slopes of a loss by both of them are taken as if a did not go through z.
    """
    slopes = {entry.partition("[")[0].partition("/∂")[2] for entry in found.entries if entry.startswith("∂")}
    known = decider._definitions()
    for d in decider._recurrent().values():
        for pattern in known.values() if d.tensor.name in slopes else ():
            if pattern.tensor != d.tensor and d.tensor in tensors_in(pattern.body) and stands_inside(pattern, d, known):
                return f"{d.tensor.name} goes through {pattern.tensor.name}, though its formula does not name it"
    return ""


def known_by_its_entries(decider: Sides, line: Line, found: Counterexample) -> str:
    """A name without an index, μ, of which only the entries have a formula, μ_j = …, and for a value of which it fails.

    What was read as any number is the vector of these entries, and its formula was not used.
    """
    formulas, words = decider._definitions(), decider.words
    by_entries = {words.base(t.name, len(t.axes)) for t in formulas if t.axes}
    for tensor in (t for side in decider._read(line) or () for t in tensors_in(side)):
        base = words.base(tensor.name, 0)
        if not tensor.axes and tensor not in formulas and base in by_entries and {base, tensor.name} & {*found.entries}:
            return f"only the entries of {base} have a formula"
    return ""


def listed_by_its_entries(decider: Sides, line: Line, found: Counterexample) -> str:
    """A vector w = (1, 2) for other entries of which E[w·x] = 2.5 fails: a number may be what follows from these."""
    with suppress(SymcnnError):
        if not is_numeric(decider._meaning(line).value(line.right), {}):
            return ""
    shown = {*decider.known.listed, *decider.known.matrices}
    names = sorted({entry.partition("[")[0] for entry in (*found.entries, *found.zeros) if "[" in entry})
    listed = [name for name in names if {name, decider.words.base(name, 1), decider.words.base(name, 2)} & shown]
    return f"the entries of {listed[0]} are those listed" if listed else ""


def may_be_its_entries(decider: Sides, line: Line, found: Counterexample) -> str:
    """A name a_m that a formula behind the line has, for other entries of which than of A in the line it fails."""
    formulas = decider._definitions()
    here = {t for side in decider._read(line) or () for t in tensors_in(side)}
    bases = {decider.words.base(t.name.rpartition("∂")[2], len(t.axes)) for t in here}
    for tensor in made_of(here, formulas) - here - {*formulas}:
        base = decider.words.base(tensor.name, len(tensor.axes))
        if tensor.axes and len(base) == 1 and base.islower() and base.upper() in bases - {base} and any(
                entry.startswith(f"{tensor.name}[") for entry in found.entries):
            return f"{base} may stand for the entries of {base.upper()}"
    return ""


def number_of_an_example(decider: Sides, line: Line) -> str:
    """w = 2 where w is a vector elsewhere: an example in numbers, for no vector is given as a number."""
    name, read = written(line.left), decider._read(line)
    if name is None or name.lower or name.inside or not line.first or printed(line.right) is None or read is None:
        return ""
    return f"{name.stem} may be a number here" if free_indices(read[0]) else ""


def may_be_a_call(decider: Sides, line: Line) -> str:
    """T(x) = x, read as a product, for T is no function elsewhere: nobody puts a factor alone into parentheses."""
    for side, other, value in zip((line.left, line.right), (line.right, line.left), decider._read(line) or (),
                                  strict=False):
        name = written(side.nodes[0]) if side.kind == "product" and len(side.parts) == 2 else None
        if name is not None and written(other) is not None and is_call(side.nodes[1]) and isinstance(value, Multiply):
            return f"{name.stem} may be a function here"
    return ""


def slope_of_each_entry(decider: Sides, line: Line) -> str:
    """∂z/∂b = 1 of vectors z = W x + b: it holds for each entry by its own one, and for z and b that are numbers."""
    left, right = decider._read(line) or (expression(0), expression(0))
    if constant(right) is None or len(free := sorted(free_indices(left), key=str)) != 2 or is_matrix(line.right):
        return ""
    same = substitute(left, {free[0]: polynomial(free[1])})
    if decider._claimed(same, right, refute=False).verdict is Verdict.PROVED:
        return "holds for each entry by its own one"
    return ""
