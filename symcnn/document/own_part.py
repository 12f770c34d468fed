"""A second look at lines that are left open: in the part of the document that they stand in, taken by itself.

A document may use a letter anew in each of its parts, y = W x and then y = max(0, x), or speak of numbers in one part
and of vectors in the next. What a part says by itself holds there, whatever the other parts say of the same letters.
A line is wrong in its part only if nothing that stands elsewhere is about a name in it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace

from symcnn.document.claims.claims import EQUALS, Line, Reading
from symcnn.document.claims.names import BOLD
from symcnn.document.deciding.decide import Decider
from symcnn.document.deciding.doubts import PART
from symcnn.document.facts.known import Decision
from symcnn.document.facts.sections import headings, part_of
from symcnn.document.numbers_only import with_matrices
from symcnn.document.reading.forms import applied_to_name, differentials
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import has_prime, written
from symcnn.verdict import Verdict

EARNED = frozenset((Verdict.PROVED, Verdict.ROUNDED))
ROW = re.compile(r"^[ \t]*\||(?<=\|)[ \t]*\n(?![ \t]*\|)", re.MULTILINE)
"""Where a row of a table begins, and where the table ends."""
MEANT = ("differs as it is read", "the kernel does not show")
"""How it begins why a line is open that is understood: its part takes nothing away from that."""
ANYWHERE = re.compile(r"a \d×\d|a matrix and a number are compared|what \S*dots|.*without a formula here"
                      r"|.*has no definition here|.*is not known here|.*a side of its chain|.*breaks off")
"""Why a line is left open in whatever part it stands."""
SHAPES = re.compile(r"an? (?:row|column|matrix|number)\b|the (?:left|right) side is a")
"""Why a line is wrong by the shapes of what it holds."""
UNFIT = re.compile(r"holds for numbers, but|the vectors and matrices of the document do not fit")
"""Why a line is left open that does not go with what the whole document takes its names for."""
MOST_AGAIN, MOST_LINES = 2, 40
"""So often, on average, a line of a document is looked at in parts of it, and so many lines a part has at most."""
SEVERAL = re.compile(r"differs as it is read.*(?:how \S+ depends on \S+ is not said|has several meanings in the docu)")
"""Why a line that fails in the whole document may be right, though it is wrong if it is wrong in its part."""
CONVENTIONS = re.compile(r"row[- ]vector|row[- ]wise|denominator|numerator|layout|convention|行向量", re.IGNORECASE)
"""Words that say how a whole document writes its vectors and slopes."""


def in_own_parts(decider: Decider, decisions: Sequence[Decision]) -> list[Decision]:
    """The decisions, with those of the smallest part that decides a line where the whole document does not."""
    lines, found = decider.reading.lines, list(decisions)
    settled = CONVENTIONS.search(decider.prose) is not None
    tried: set[tuple[int, frozenset[str]]] = set()
    left = MOST_AGAIN * len(lines)
    for where in parts(decider.reading):
        inside = [n for n, line in enumerate(lines) if line.start in where]
        still = [n for n in inside if _is_open(found[n]) and lines[n].relation in EQUALS]
        if not still or len(inside) > min(left, MOST_LINES) or time.process_time() > decider.until:
            continue
        said = Said.by(lines, where)
        anew, here = said.anew, said.here.keys()
        about = {n: said.about(lines[n]) for n in still} if here else {}
        # A larger part in which nothing more is said of the names decides nothing more.
        still = [n for n in about if (n, said.formulas(about[n])) not in tried and (
            {name.stem for name in said.about(lines[n], everywhere=True)} & anew
            or UNFIT.match(found[n].reason) and {name.stem for name in about[n]} & here)]
        if not still:
            continue
        left -= len(inside)
        tried |= {(n, said.formulas(about[n])) for n in still}
        closed = {n for n in still if said.is_closed(about[n]) and not settled}
        alone = _alone(decider, where, {lines[n].start for n in closed})
        for n in still:
            decision = _in_both(found[n], alone[n], n in closed)
            head = head_of(lines[n]) if decision.verdict is Verdict.DEFINED else None
            if head in anew and ";" not in decision.reason:
                number = decider._line_number(next(iter(said.elsewhere[head].values())))
                found[n] = replace(decision, reason=f"{decision.reason}, otherwise than line {number}")
            elif decision.verdict is not Verdict.DEFINED:
                found[n] = decision
    return found


def _is_open(decision: Decision) -> bool:
    """Whether a line is left open, or wrong for no more than the shapes that the whole document gives its names."""
    wrong = decision.verdict is Verdict.REFUTED and decision.repair is None and SHAPES.match(decision.reason)
    return bool(wrong or decision.verdict is Verdict.UNDECIDED) and ANYWHERE.match(decision.reason) is None


def _in_both(whole: Decision, alone: Decision, closed: bool) -> Decision:
    """The decision on a line that is open, or refuted, in the whole document, from that in its part."""
    if whole.verdict is Verdict.REFUTED and alone.verdict in EARNED:
        return Decision(Verdict.UNDECIDED, "holds with what this part of the document says by itself")
    if whole.verdict is Verdict.REFUTED:
        same = closed and alone.verdict is Verdict.REFUTED and whole.repair is None
        return replace(whole, repair=alone.repair) if same else whole
    misread = SEVERAL.match(whole.reason) is not None or whole.reason != "" and not whole.reason.startswith(MEANT)
    if alone.verdict in EARNED or alone.verdict is Verdict.DEFINED or (
            alone.verdict is Verdict.REFUTED and closed and misread):
        return replace(alone, scope=alone.scope or "this part of the document")
    return whole


def _alone(decider: Decider, where: range, repaired_at: set[int]) -> dict[int, Decision]:
    """The decisions on the lines of a part as if it were the document, by the number of the line.

    Repairs are looked for where lines begin at `repaired_at`.
    """
    part = part_of(decider.reading, where.start, where.stop)
    other = Decider(part, decider.givens)
    other.until, other.repaired_at = decider.until, repaired_at
    decisions = with_matrices(other, other.run())
    number = {id(line): n for n, line in enumerate(decider.reading.lines)}
    return {number[id(line)]: decision for line, decision in zip(part.lines, decisions, strict=True)}


Formulas = dict[str, dict[str, Line]]
"""The equations and declarations that begin with a name, by their text."""


@dataclass(frozen=True)
class Name:
    r"""A name as a document sets it: x and \mathbf{x} of two parts are two."""

    stem: str
    bold: bool


@dataclass
class Said:
    """What the lines in a part and those outside of it say of names, and the names that stand outside of it."""

    here: Formulas
    elsewhere: Formulas
    used_elsewhere: set[Name]

    @classmethod
    def by(cls, lines: Sequence[Line], where: range) -> Said:
        said = cls({}, {}, set())
        for line in lines:
            inside = line.start in where
            head = head_of(line)
            if head is not None:
                formula = "".join(t.text for t in (*line.left.tokens, *line.right.tokens))
                (said.here if inside else said.elsewhere).setdefault(head, {})[formula] = line
            if not inside:
                said.used_elsewhere |= names_of(line)
        return said

    @property
    def anew(self) -> set[str]:
        """The names of which the part says what is not said elsewhere, where something else is."""
        return {name for name, formulas in self.here.items() if name in self.elsewhere
                and not formulas.keys() <= self.elsewhere[name].keys()}

    def about(self, line: Line, *, everywhere: bool = False) -> set[Name]:
        """The names in a line and those in what the part, or the document, says of these."""
        about, waiting = set[Name](), [line]
        while waiting:
            more = names_of(waiting.pop(), everywhere) - about
            about |= more
            for formulas in (self.here, self.elsewhere)[:1 + everywhere]:
                waiting += [formula for name in more for formula in formulas.get(name.stem, {}).values()]
        return about

    def formulas(self, names: Set[Name]) -> frozenset[str]:
        """What the part says of these names."""
        return frozenset(formula for name in names for formula in self.here.get(name.stem, ()))

    def is_closed(self, names: Set[Name]) -> bool:
        """Whether the part says what these names are, or no other one does: a small letter may stand there, too."""
        taken = {called[1] for formulas in self.here.values() for line in formulas.values()
                 if (called := applied_to_name(line.left)) is not None}
        return all(name.stem in self.here.keys() | taken or name not in self.used_elsewhere
                   or len(name.stem) == 1 and name.stem.islower() and name.stem not in self.elsewhere
                   for name in names)


def head_of(line: Line) -> str | None:
    """The name that a line says something of, f of f(x) = …; None if it does not begin with one."""
    if not line.first or line.relation not in EQUALS | {"∈"}:
        return None
    called, left = applied_to_name(line.left), written(line.left)
    if called is not None:
        return None if has_prime(line.left) else called[0]
    return None if left is None else left.stem


def names_of(line: Line, differentiated: bool = False) -> set[Name]:
    """The names in a line, without those of indices and sets, and perhaps of what is differentiated."""
    sides = (line.left, line.right) if line.relation in EQUALS else (line.left,)
    return {name for side in sides for name in _names_in(side, differentiated)}


def _names_in(side: Node, differentiated: bool) -> frozenset[Name]:
    """The names in a side, which are worked out once."""
    kept = side.__dict__.setdefault("names_in", {})
    if differentiated not in kept:
        kept[differentiated] = frozenset(_names(side, differentiated))
    return kept[differentiated]  # type: ignore[no-any-return]


def _names(node: Node, differentiated: bool) -> Iterator[Name]:
    slope = None if differentiated else differentials(node)
    name = written(node) if node.kind in ("scripts", "index", "name", "command") else None
    if slope is not None:
        yield from _names(slope[1], differentiated)
    elif name is not None:
        yield Name(name.stem, any(t.text in BOLD for t in node.tokens))
    else:
        for part in node.nodes[:1] if node.kind in ("scripts", "index") else node.nodes:
            yield from _names(part, differentiated)


def parts(reading: Reading) -> list[range]:
    """The parts of a document, the smallest first: items, bold headings and examples, then sections."""
    text, over = reading.text, headings(reading.text)
    starts = sorted({0, len(text), *(h.start for h in over)})
    found = set()
    for begin, end in zip(starts, starts[1:], strict=False):
        within = {m.start() for pattern in (PART, ROW) for m in pattern.finditer(text, begin, end)}
        inner = sorted({begin, *within, end})
        found |= {range(a, b) for a, b in zip(inner, inner[1:], strict=False)} | {range(begin, end)}
    for n, heading in enumerate(over):
        found.add(range(heading.start, next((h.start for h in over[n + 1:] if h.depth <= heading.depth), len(text))))
    return sorted(found - {range(len(text))}, key=lambda part: (len(part), part.start))
