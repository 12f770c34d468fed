"""Values worked out by a formula of the document: O = (I − K + 2P)/S + 1, and for I = 64, K = 4, S = P = 2 O = 33.

The values must stand in the same paragraph or item as the line, before it. What else that says of the example, in words
or for other names, leaves open whether the formula is the one that is meant.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from fractions import Fraction
from types import MappingProxyType

import flint

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import EQUALS, Line, Reading
from symcnn.document.facts.known import Decision
from symcnn.document.facts.sections import headings
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.meaning.numbers import exact
from symcnn.document.meaning.scripts import Vocabulary
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import nodes, written
from symcnn.errors import SymcnnError
from symcnn.notation.evaluate import Evaluator, show
from symcnn.notation.expression import Read, free_indices, walk
from symcnn.notation.polynomial import polynomial
from symcnn.notation.traverse import sizes_in, substitute, tensors_in
from symcnn.verdict import Verdict

BEGINS = re.compile(r"\n[ \t]*\n|\n[ \t>]*(?:[-*+]|\(?\d+[.)]|\(?[a-z]\))[ \t]|\\item\b|\n[ \t]*#+[ \t][^\n]*\n"
                    r"|\\\\|\|")
"""Where an item of a list, a paragraph or a cell begins."""
PLAIN_WORDS = frozenset(
    "for with and we get obtain obtains have has is are it the this that these they then so hence thus "
    "therefore gives give giving yields yield let if when where as a an example ex eg ie take say suppose "
    "given by using use consider means follows from becomes become find i e g our its für mit und ist sind "
    "also dann wir erhalten ergibt gibt output outputs input inputs size sizes width height pixel pixels entry "
    "entries value values weight weights number parameter parameters operations multiplications kernel stride "
    "padding filter filters channel channels layer first second third fourth fifth sixth next last finally".split())
"""Words that say nothing of an example beside its values."""
OTHER_TOPIC = re.compile(
    r"transpos|deconv|upsampl|unpool|backward|circular|causal|\b(?:instead|another|other|different(?:ly)?|variant|modif\w*"
    r"|now consider|without|recall|redefin\w*|new)\b", re.IGNORECASE)
"""Words between a formula and an example that may be about something else."""
SPECIAL = re.compile(r"\b(?:without|no|if|when|whenever|only|special|simple\w*|case|ohne|wenn|falls)\b|\d|=",
                     re.IGNORECASE)
"""Words before a formula that is not said in general."""
FOLLOWS = re.compile(r":|\b(?:get|gives?|is|are|then|so|hence|thus|therefore|obtain|yields?|have|has|means|follows"
                     r"|becomes|dann|also|ist)\b|⇒|\\(?:Right|right|Longright)arrow|\\implies|→", re.IGNORECASE)
LABEL = re.compile(r"^[\s>*_]*(?:(?:[-*+]|\\item|\(?\w{1,2}[.)])\s+)?(?:\\text(?:bf|it))?[{*_]*"
                   r"(?:example|ex|exercise|problem|task|case|layer|beispiel|aufgabe)?s?\s*\d*[.:)]?[}*_]*",
                   re.IGNORECASE)
"""How an item begins that is counted."""
SENTENCE = re.compile(r"[.!?](?:\s|$)|\n\s*\n|[.;]\$")
SHAPE = re.compile(r"\d\s*(?:\\times|×|x)\s*\d")
LITERAL = frozenset(("number", "sign"))
DIVIDED = frozenset(("/", r"\div", "÷", ":"))
LONGEST, FEW = 600, 4
"""So many characters an item has, and so many operations of a formula an example may have worked out."""
BESIDE = "the values beside it"
"""The scope of a verdict by these values, which are no others of the same names."""


def by_its_formula(line: Line, reading: Reading, words: Vocabulary) -> Decision | None:
    """The verdict on name = number by an earlier formula of the name, with the values beside it; None without these."""
    name, shown = _plain(line.left), _value(line, words)
    if not name or shown is None or not line.first or line.relation not in EQUALS:
        return None
    formulas = [other for other in reading.lines if other.end <= line.start and other.first
                and other.relation in EQUALS and _plain(other.left) == name and _value(other, words) is None]
    begin = max([_begin(reading, line), *(formula.span.end for formula in formulas)])
    said = [other for other in reading.lines if begin <= other.start < line.start and other.relation in EQUALS
            and _plain(other.left) and other.right.kind in LITERAL and _value(other, words) is not None]
    if not said:
        return None
    values: dict[str, flint.fmpq] = {}
    for other in said:
        if (value := _value(other, words)) is not None:
            values |= dict.fromkeys(_names(words, other, other.left), value)
    constants: dict[str, flint.fmpq] = {}
    found: list[tuple[Line, flint.fmpq, set[str]]] = []
    for formula in formulas:
        needed = _names(words, formula, formula.right)
        fixed = _constants(reading, words, needed - values.keys(), begin)
        value = _value(formula, words, values | fixed) if needed and needed <= values.keys() | fixed.keys() else None
        if value is None:
            return None
        found.append((formula, value, needed - fixed.keys()))
        constants |= fixed
    given = tuple(f"{key} = {show(value)}" for key, value in {**constants, **values}.items())
    for formula, value, _ in found:
        if value == shown:
            return Decision(Verdict.PROVED, f"by the formula of line {_number(reading, formula)}", BESIDE, given,
                            procedures=("exact numbers",))
    earlier = max((other.span.end for other in reading.lines if begin <= other.start < line.start and other.first
                   and _plain(other.left) == name and other.span is not line.span), default=begin)
    if len(found) != 1:
        return None
    (formula, value, needed), = found
    results = {_plain(other.left) for other in reading.lines if other.first and _value(other, words) is None}
    own = [names for other in said if other.start > earlier and (names := _names(words, other, other.left)) and (
        names <= needed or _plain(other.left) not in results)]
    follows = line.right.kind not in LITERAL or FOLLOWS.search(reading.text[said[-1].end:line.start])
    if _is_near(value, shown) or needed != set().union(*own) or len(needed) != len(own) or not follows or (
            _says_more(reading, earlier, line, formula) or _is_special(reading, formula, words)) or (
            not _is_of_it(reading, formula, begin, line)):
        return None
    reason = f"by the formula of line {_number(reading, formula)} it is {show(value)}"
    return Decision(Verdict.REFUTED, reason, BESIDE, given,
                    Counterexample({}, {}, {}, show(value), show(shown)), show(value))


def _plain(side: Node) -> str:
    """A name without indices in brackets, as it is written."""
    found = written(side)
    return "".join(t.text for t in side.tokens) if found is not None and not found.inside else ""


def _value(line: Line, words: Vocabulary, known: Mapping[str, flint.fmpq] = MappingProxyType({})) -> flint.fmpq | None:
    """The number that the right side of a line is, with values for its names."""
    with suppress(SymcnnError, ZeroDivisionError, TypeError):
        body = Meaning(words, (line.left, line.right)).value(line.right)
        whole = {s: polynomial(int(known[s.name].p)) for s in sizes_in(body) | free_indices(body)
                 if s.name in known and known[s.name].q == 1}
        body = substitute(body, whole)
        if not tensors_in(body) and not free_indices(body) and not sizes_in(body):
            value = Evaluator({}, lambda tensor, at: 0).exact(body)  # what is rounded down lies between bounds
        else:
            value = exact(body, known)
        return value if isinstance(value, flint.fmpq) else None
    return None


def _names(words: Vocabulary, line: Line, side: Node) -> set[str]:
    """The names of numbers that a side is made of; none where it reads entries."""
    with suppress(SymcnnError):
        body = Meaning(words, (line.left, line.right)).value(side)
        entries = any(isinstance(n, Read) and (n.indices or n.tensor.gradient_of) for n in walk(body))
        if not entries:
            return {t.name for t in tensors_in(body)} | {s.name for s in sizes_in(body) | free_indices(body)}
    return set()


def _constants(reading: Reading, words: Vocabulary, names: Set[str], end: int) -> dict[str, flint.fmpq]:
    """The numbers that a document gives to names once, before a place: A = 128^2."""
    if not names:
        return {}
    found: dict[str, list[Line]] = {}
    for other in reading.lines:
        if other.relation in EQUALS and _plain(other.left) and _value(other, words) is not None:
            for name in _names(words, other, other.left) & names:
                found.setdefault(name, []).append(other)
    given = {name: lines[0] for name, lines in found.items() if len(lines) == 1 and lines[0].start < end
             and not SHAPE.search(str(lines[0].right))}
    return {name: value for name, line in given.items() if (value := _value(line, words)) is not None}


def _begin(reading: Reading, line: Line) -> int:
    """Where the item or paragraph begins that a line belongs to; a display belongs to the words before it."""
    start = line.start
    if line.span.display:
        start = line.span.start
        start = len(reading.text[:start].rstrip().removesuffix("$$").removesuffix("\\[").rstrip())
    near = max(0, start - LONGEST)
    return max((m.end() for m in BEGINS.finditer(reading.text, near, start)), default=near)


def _prose(reading: Reading, begin: int, end: int) -> str:
    """A part of the text with $ in place of its formulas."""
    pieces, at = [], begin
    for span, _ in reading.spans:
        if begin <= span.start < end:
            pieces += [reading.text[at:span.start], "$"]
            at = span.end
    return "".join([*pieces, reading.text[at:end]]) if at < end else "".join(pieces)


def _says_more(reading: Reading, begin: int, line: Line, formula: Line) -> bool:
    """Whether the words of an example say more than its values do: words that do not stand beside the formula, too."""
    start = _begin(reading, formula)
    known = PLAIN_WORDS | _words(SENTENCE.split(_prose(reading, start, formula.span.start))[-1]) | _words(
        SENTENCE.split(_prose(reading, formula.span.end, formula.span.end + LONGEST))[0])
    behind = re.split(r"[.!?;](?:\s|$)|\n\s*\n|[$|]|\\", reading.text[line.span.end:line.span.end + LONGEST])[0]
    said = LABEL.sub("", _prose(reading, begin, line.span.start))
    return not _words(f"{said} {behind}") <= known or re.search(r"\d", said) is not None


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[^\W\d_]+", re.sub(r"\\[A-Za-z]+", " ", text))}


def _is_special(reading: Reading, formula: Line, words: Vocabulary) -> bool:
    """Whether what stands before a formula says that it holds in a case only."""
    begin = _begin(reading, formula)
    used = _names(words, formula, formula.right)
    if any(begin <= other.start < formula.start and _value(other, words) is not None and not (
            _names(words, other, other.left) & used) for other in reading.lines):
        return True
    before = reading.prose_before(formula.span).rpartition("\n\n")[2]
    return SPECIAL.search(re.split(r"[.!?]\s", before)[-1]) is not None


def _is_of_it(reading: Reading, formula: Line, begin: int, line: Line) -> bool:
    """Whether an example is one of a formula: nothing else comes between them, and it is computed in a similar way."""
    if OTHER_TOPIC.search(_prose(reading, formula.span.end, begin)):
        return False
    if line.right.kind in LITERAL:
        return not any(formula.start < h.start < line.start for h in headings(reading.text))
    one, other = (Counter(_signs(side)) for side in (formula.right, line.right))
    missing, added = one - other, other - one
    return missing.total() <= FEW if not added else added.total() == 1 and formula.right.kind == line.right.kind


def _signs(side: Node) -> Iterator[str]:
    """The operations that a side is made of."""
    for node in nodes(side):
        if node.kind == "product":
            between = [p for p in node.parts if isinstance(p, Token)]
            over = sum(t.text in DIVIDED for t in between)
            yield from ["/"] * over + ["*"] * (len(node.nodes) - 1 - over)
        elif node.kind == "sum":
            yield from (t.text for t in node.parts if isinstance(t, Token))
        elif node.kind in ("scripts", "command", "function"):
            yield "/" if node.head.endswith("frac") else "^" if node.kind == "scripts" else node.head


def _is_near(value: flint.fmpq, shown: flint.fmpq) -> bool:
    """Whether a value is shown rounded, up, down or to some decimals."""
    exactly, printed = Fraction(int(value.p), int(value.q)), Fraction(int(shown.p), int(shown.q))
    whole = exactly.denominator == printed.denominator == 1
    return not whole and (printed in (math.floor(exactly), math.ceil(exactly))
                          or abs(exactly - printed) * 100 <= abs(exactly))


def _number(reading: Reading, line: Line) -> int:
    return reading.text.count("\n", 0, line.start) + 1
