"""A name that stands for something else from a place on: y of max pooling, then y of average pooling.

Entries that are given one by one, y_{1,1} = x_{1,1}, in names that an earlier formula of y has nothing to do with, are
such a second use in another part of the document; so is a second formula that the name of another method stands before.
The earlier formula does not count from there on. A line beside which a third method is named is left open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from symcnn.document.claims.claims import Line, Reading
from symcnn.document.facts.known import Known
from symcnn.document.proof.proof import Prover
from symcnn.document.reading.forms import differentials
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import has_prime, nodes, written
from symcnn.notation.expression import Apply, Expression, Maximum, Read, Sum, Tensor, walk
from symcnn.notation.traverse import tensors_in

METHOD = re.compile(r"\b(max|min|average|avg|mean|sum|lp|stochastic|global)(?:imum)?[- ]*pool", re.IGNORECASE)
"""A method by name; formulas of two of them are for the same letters."""
SAME = {"avg": "average", "mean": "average"}
PART = re.compile(r"^ {0,3}#{1,6} |\\(?:sub)*section|\\item\b|^[ \t]*(?:[-*+] )?\**(?:\(?[a-z]{1,2}|\(?[ivx]+|\(?\d+)"
                  r"[).]|\bpool", re.IGNORECASE | re.MULTILINE)
"""Where another part of a document begins."""
NUMBERED = re.compile(r".+_\d+")
END_OF_DISPLAY_ROW = re.compile(r"\\\\|\\end\b")
END_OF_ROW = re.compile(r"\n[ \t]*(?=\||[-*+•][ \t]|\(?(?:\d+|[a-z])[.)][ \t]|\n)")
"""Where a row of a display ends, and where one of a table, or an item of a list, does."""
BEHIND = 40
"""So many characters behind a formula may name the method that it is of."""


def methods(reading: Reading, line: Line) -> frozenset[str]:
    """The methods that are named right before a line, in it, or right behind it."""
    if line.span not in [span for span, _ in reading.spans]:
        return frozenset()
    behind = re.split(r"[.;:]\s|\n\s*\n|[$]", reading.text[line.span.end:line.span.end + BEHIND])[0]
    near = " ".join((reading.prose_before(line.span), *line.words, reading.text[line.end:line.span.end], behind))
    return frozenset(SAME.get(m[1].lower(), m[1].lower()) for m in METHOD.finditer(near))


def is_entry(left: Expression, right: Expression) -> bool:
    """Whether a line gives one entry of a tensor by entries of other ones."""
    reads = [n for n in walk(right) if isinstance(n, Read)]
    return isinstance(left, Read) and bool(reads) and left.tensor not in tensors_in(right) and all(
        n.tensor.gradient_of is None and all(i.is_constant for i in n.indices) and (
            n.indices or NUMBERED.fullmatch(n.tensor.name)) for n in (left, *reads))


def is_second_use(prover: Prover, reading: Reading, line: Line, left: Read, right: Expression) -> bool:
    """Whether a line says by entries what a name is that had a formula in other names, in a part before."""
    formula = prover._definitions().get(left.tensor)
    if formula is None or not is_entry(left, right) or line.span not in [span for span, _ in reading.spans]:
        return False
    known, about, pending = prover._definitions(), {left.tensor}, [left.tensor]
    while pending:
        tensor = pending.pop()
        more = set(tensors_in(known[tensor].body)) - about if tensor in known else set()
        about |= more
        pending += more
    here = set(tensors_in(right))
    if here & (about | known.keys()):
        return False
    earlier = [other for other in reading.lines if other.start < line.start and any(
        t.text in _letters(formula.tensor) for t in other.left.tokens)]
    between = reading.text[earlier[-1].end if earlier else 0:line.span.start]
    return PART.search(between) is not None or bool(methods(reading, line))


def is_other_row(reading: Reading, known: Line, line: Line, name: str) -> bool:
    """Whether two formulas of a function stand in two rows of a table, a list or a display, each with its own slope."""
    text, ends = reading.text, END_OF_DISPLAY_ROW if known.span is line.span else END_OF_ROW
    if ends.search(text, known.end, line.start) is None:
        return False
    end = ends.search(text, line.end)
    end_of_known = ends.search(text, known.end)
    rows = [range(known.start, end_of_known.start() if end_of_known else len(text)),
            range(line.start, end.start() if end else len(text))]
    return all(any(other.start in row and other.first and _is_slope_of(name, other.left) for other in reading.lines)
               for row in rows)


def _is_slope_of(name: str, side: Node) -> bool:
    """Whether a side is f' or df/dx."""
    about = any((found := written(n)) is not None and found.stem == name for n in nodes(side))
    return about and (has_prime(side) or any(differentials(n) is not None for n in nodes(side)))


def is_other_method(named: frozenset[str], before: frozenset[str]) -> bool:
    """Whether the one method that is named beside a line is another one than that of the formula before."""
    return len(named) == 1 and not named & before


def method_of(formula: Expression) -> frozenset[str]:
    """The method that a formula shows by itself: a maximum, or a mean of entries."""
    parts = list(walk(formula))
    if any(isinstance(n, Maximum) or isinstance(n, Apply) and n.function in ("max", "relu") for n in parts):
        return frozenset(("max",))
    reads = {n.tensor for n in parts if isinstance(n, Read)}
    return frozenset(("average",)) if len(reads) == 1 and any(isinstance(n, Sum) for n in parts) and not isinstance(
        formula, Sum) else frozenset()


def other_methods(reading: Reading, line: Line, known: Known,
                  sides: Iterable[Expression]) -> str:
    """Why a line is left open that is about another method than the one in force for its names; empty if it is not."""
    named = methods(reading, line)
    tensors = {t for side in sides for t in tensors_in(side)}
    for tensor in sorted(known.anew, key=lambda t: t.name):
        before = known.methods.get(tensor, frozenset())
        about = tensor in tensors or any(tensor.name in (t.gradient_of or ()) for t in tensors)
        if about and before and named and not named <= before:
            return f"speaks of {', '.join(sorted(named - before))} pooling; {tensor.name} is that of another one here"
    return ""


def _letters(tensor: Tensor) -> set[str]:
    return {tensor.name, tensor.name.split("_")[0]}
