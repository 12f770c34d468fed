"""The solution of an equation for one number, shown behind it: 1 + 2 n = 31, so n = 15."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import flint

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import EQUALS, Line, Reading
from symcnn.document.facts.known import Decision
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.numbers import exact, printed
from symcnn.document.meaning.scripts import Vocabulary
from symcnn.document.numeric.by_formula import BESIDE
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import written
from symcnn.errors import SymcnnError
from symcnn.notation.evaluate import show
from symcnn.notation.expression import Read, walk
from symcnn.notation.traverse import sizes_in, tensors_in
from symcnn.verdict import Verdict

FOLLOWS = re.compile(
    r"[\s$,;:]*(?:(?:and |, )?(?:so|hence|thus|therefore|then|which gives|giving|this gives|we (?:get|obtain|find|need)"
    r"|one needs|i\.e\.|that is|so that|that|means|yields|also|somit|⇒|\\(?:Right|Longright)arrow|\\implies|\\quad"
    r"|\\qquad|we|get|have|layers?)[\s$,:]*)*")
"""What may stand between an equation and its solution."""
TABULATED = re.compile(r"\s*:")
NEAR = 200
"""So many characters before an equation for a name that has a value there it is hardly one to be solved."""


def by_solving(line: Line, reading: Reading, words: Vocabulary) -> Decision | None:
    """The verdict on name = number right behind an equation for that name alone; None for any other line.

    Between the next numbers with as many decimals there may be a solution that is rounded, unless one of them is one.
    """
    number = printed(line.right)
    if not line.first or line.relation not in EQUALS or number is None or written(line.left) is None:
        return None
    place = next((n for n, other in enumerate(reading.lines) if other is line), 0)
    before = reading.lines[place - 1] if place else None
    if before is None or before.relation != "=" or FOLLOWS.fullmatch(reading.text, before.end, line.start) is None:
        return None
    try:
        name = _names(words, line, [line.left])
        if len(name) != 1 or _names(words, before, [before.left, before.right]) != name or (
                written(before.left) is not None):
            return None
        (key,) = name
        words_between = re.search(r"[A-Za-z⇒]", reading.text[before.end:line.start].replace("quad", ""))
        if words_between is None and (TABULATED.match(reading.text, line.span.end) or any(
                other.left.kind == line.left.kind and _text(other.left) == _text(line.left)
                and other.start > line.start - NEAR for other in reading.lines[:place])):
            return None  # K = 3: 2K + 1 = 7, K = 5: 2K + 1 = 11
        value = exact(Meaning(words, (line.left, line.right)).value(line.right), {})
        unit = flint.fmpq(1, 10 ** number[0].places)
        at = list(_differences(before, words, key, [value, value - unit, value + unit]))
    except (SymcnnError, ZeroDivisionError, TypeError, ValueError):
        return None
    where = f"the equation of line {reading.text.count(chr(10), 0, before.start) + 1}"
    if at[0] == 0:
        return Decision(Verdict.PROVED, f"solves {where}", BESIDE, procedures=("exact numbers",))
    if at[1] * at[2] < 0 or at[2] - at[0] != at[0] - at[1] or at[1] == at[2]:
        return None  # an equation that is not linear may have several solutions
    solution = value - 2 * unit * at[0] / (at[2] - at[1])
    return Decision(Verdict.REFUTED, f"{where} is solved by {show(solution)}", BESIDE, (),
                    Counterexample({}, {}, {}, show(solution), show(value)), show(solution))


def _text(side: Node) -> str:
    return "".join(t.text for t in side.tokens)


def _names(words: Vocabulary, line: Line, sides: Sequence[Node]) -> set[str]:
    """The names of numbers in some sides; SymcnnError where these read entries."""
    found: set[str] = set()
    for side in sides:
        body = Meaning(words, (line.left, line.right)).value(side)
        if any(isinstance(n, Read) and (n.indices or n.tensor.gradient_of) for n in walk(body)):
            raise SymcnnError("reads entries")
        found |= {t.name for t in tensors_in(body)} | {s.name for s in sizes_in(body)}
    return found


def _differences(line: Line, words: Vocabulary, key: str, values: Sequence[flint.fmpq]) -> Iterator[flint.fmpq]:
    """How much the sides of an equation differ at some values of its name."""
    meaning = Meaning(words, (line.left, line.right))
    left, right = meaning.value(line.left), meaning.value(line.right)
    for value in values:
        yield exact(left, {key: value}) - exact(right, {key: value})
