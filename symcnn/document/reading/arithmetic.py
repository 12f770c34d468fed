"""Arithmetic written without delimiters, in the prose of Markdown or as code: (32 - 5 + 4)/1 + 1 = 32.

Only chains between plain numbers count, and the first side must compute something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from symcnn.document.reading.measures import UNIT, Measure, measure, measure_behind

LONGEST = 300
"""Characters of one chain."""
_FUNCTIONS = r"(?:max|min|floor|ceil|sqrt|exp|ln|log|tanh|sin|cos)(?=\s?\()"
_NO_NOUN = (r"(?:x|is|are|as|of|to|or|and|per|by|mod|plus|minus|times|over|choose|squared|cubed|in|at|on|if|so|then|for"
            r"|dozens?|hundreds?|pairs?|hal(?:f|ves)|thirds?|quarters?|degrees?|deg|rad|weeks?|months?|years?|k?m|[cm]m|k?g"
            r"|cents?|dollars?|euros?|max|min(?=\s?\()|" + _FUNCTIONS + r")(?![A-Za-z])")
_WORD = (rf"[ \xa0](?!{_NO_NOUN})(?P<noun>[A-Za-zµμ]{{2,20}}(?:[ -](?!{_NO_NOUN})[A-Za-z]{{2,20}})?"
         r"(?:/[A-Za-z]{1,12})?)")
NOUN = re.compile(rf"(?<=[\d)])(?:{_WORD}|[ \xa0]?(?P<unit>{UNIT}))(?![A-Za-z])")
"""What a number in a chain counts or is measured in: (9 weights + 1 bias) × 64 filters = 640."""
_RUN = re.compile(rf"(?:{NOUN.pattern}(?=\s*[×·⋅*+)=≈]|\s*[-−/]\s)|[-+*/×·÷⋅−²³^=≈()⌊⌋⌈⌉.,0-9 ]|\\(?=[-+*])"
                  rf"|x(?=\s?[\d(])|(?<![A-Za-z]){_FUNCTIONS}"
                  r"|\n[ \t>]*(?=[=≈][ ]?[-−\d(⌊⌈])|(?<=[\d)][ ][+×·=])[ \t]*\n[ \t>]*(?=[\d(⌊⌈]))+")
"""A row of numbers and signs, which goes on in the next line where that begins with =, or where a sign ends its own."""
_MARK = re.compile(r"(?:[ \t>]*)[-*+−–][ \t]+")
"""The mark of an item of a list, at the beginning of a line."""
_TOKEN = re.compile(rf"""\s*(?:(?P<number>(?:\d{{1,3}}(?:,\d{{3}})+(?![\d,])|\d+)(?:\.\d+)?)|(?P<function>{_FUNCTIONS})
    |(?P<power>[²³])|(?P<operator>\\?(?:\*\*|[-+*/×·÷⋅−^x]))|(?P<bracket>[(),⌊⌋⌈⌉]))""", re.VERBOSE)
_SHAPED = re.compile(rf"\d+(?:\s?[x×*]\s?\d+)+{NOUN.pattern}")
"""A word with its shape: 3x3 filters."""
_MEASURED = re.compile(rf"\d[\d,]*(?:\.\d+)?{NOUN.pattern}")
_REST_OF_NAME = re.compile(r"\d+[ \xa0](?=\d)")
"""The digits at the end of a word before a formula: in float32 37 × 4 = 148."""
_TIMES = re.compile(r"\d\.\d+x(?=[^A-Za-z0-9_]|$)")
"""7.9x, so many times as much."""
_RELATION = re.compile(r"[=≈]")
_UNKNOWN_BEFORE = re.compile(r"(?:[⊕⊗⊙⊖∘∗∙±∓∪∩⊎√∛∑∏∫∝@~]"
                             r"|(?<![A-Za-z])(?:log|ln|lg|exp|sqrt|sin|cos|tan|tanh)\d*+)\s*\Z")
"""An operation that is not read, right before a side, which is then no whole side: a ⊕ 2 × 3."""
_SUBTRACTED = re.compile(r".{0,2}?[\w)\]] ?[-−] ", re.ASCII)
"""What a number is taken from, right before it: in x - 3 * 4 = 5 nothing begins with - 3."""


_OPEN_ABOVE = re.compile(r"(?:[-+/×·÷⋅−^(]|[ ]\*)[ \t]*\n[ \t>]*\Z")
"""A line above that is not at its end."""
_GOES_ON_BELOW = re.compile(r"[ \t]*\n[ \t>]*[-+*/×·⋅÷−][ ]?[\d(][^=:\n]*(?:\n|\Z)")
"""A line below that can only be the rest of a side: it begins with a sign, and has no relation of its own."""


def chains(text: str, start: int, end: int, code: bool = False) -> Iterator[tuple[int, int]]:
    """Where chains of arithmetic begin and end in a piece of text; in `code`, a sign may be a mark or a minus."""
    for run in _RUN.finditer(text, start, end):
        if _RELATION.search(run.group()) is None:
            continue
        mark = _MARK.match(text, text.rfind("\n", 0, run.start()) + 1)
        marked = mark is not None and run.start() < mark.end()
        if marked and code:
            continue
        if marked and "\n" in run.group().strip():
            continue
        begin = mark.end() if mark is not None and marked else run.start()
        if begin and _is_word(text[begin - 1]) and (name := _REST_OF_NAME.match(text, begin)):
            begin = name.end()
        for first, last in _pieces(text, begin, run.end()):
            sides = _sides(text, first, last)
            if len(sides) > 1 and last - first <= LONGEST and (
                    _computes(text[sides[0][0]:sides[0][1]]) or _converts(text, sides)):
                yield sides[0][0], sides[-1][1]


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Parts between the commas and full stops of a sentence, those in brackets left alone."""
    depth, begin = 0, start
    for at in range(start, end):
        depth += (text[at] in "(⌊⌈") - (text[at] in ")⌋⌉")
        if text[at] in ",." and depth <= 0 and not text[at + 1:at + 2].isdigit():
            yield begin, at
            depth, begin = 0, at + 1
    yield begin, end


def _sides(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The last row of neighbouring sides that are arithmetic, with their places; white space is left out."""
    found: list[tuple[int, int]] = []
    at = start
    while at <= end:
        relation = _RELATION.search(text, at, end)
        stop = relation.start() if relation else end
        inner = text[at:stop]
        first, last = at + len(inner) - len(inner.lstrip()), stop - (len(inner) - len(inner.rstrip()))
        behind = "" if _TIMES.search(text, first, last + 2) else text[last:last + 1]
        touches = (first == start and _is_word(text[first - 1:first]) and first > 0) or (
            last == end and (_is_word(behind) or behind in tuple("%[{$°\\")
                             or _GOES_ON_BELOW.match(text, last) is not None))
        left_open = at == start and (first == start > 0 and text[first - 1:first] in tuple("$\\[{^)]}_:<>/#&")
                                     or _OPEN_ABOVE.search(text, max(0, first - 40), first) is not None
                                     or _UNKNOWN_BEFORE.search(text, max(0, first - 8), first) is not None
                                     or _SUBTRACTED.match(text, max(0, first - 3)) is not None)
        doubled = text[stop:stop + 2] == "=="
        side = text[first:last]
        if first < last and not touches and not left_open and is_arithmetic(side) and (
                found or _computes(side) or not NOUN.search(side) or _unit(side)):
            found.append((first, last))
        elif len(found) > 1:
            break
        else:
            found = []
        if doubled:
            return found if len(found) > 1 else []
        if relation is None:
            break
        at = stop + 1
    return found


def _is_word(character: str) -> bool:
    return character == "_" or (character.isascii() and character.isalnum())


def _computes(side: str) -> bool:
    """Whether a side is more than a number, a date or a number of a section."""
    if (shaped := _SHAPED.fullmatch(side)) and measure(shaped["noun"] or shaped["unit"]) is None:
        return False
    side = NOUN.sub("", side)
    plain = side.strip(" -−()")
    if re.fullmatch(r"\d{1,4}([-/.])\d{1,2}\1\d{2,4}|\d{4}[-/]\d{1,4}(?:[-/]\d{1,2})?", plain):
        return False
    return re.search(r"[-+*/×·÷⋅−²³^x(]", plain) is not None


def _converts(text: str, sides: Sequence[tuple[int, int]]) -> bool:
    """Whether the first sides are numbers in two units of one kind: 51,380,224 bytes = 49 MiB, 5400 s = 1.5 h."""
    one, other = (_unit(text[first:last]) or measure(measure_behind(text, last)) for first, last in sides[:2])
    return one is not None and other is not None and one != other and one.dimension == other.dimension


def _unit(side: str) -> Measure | None:
    """The bytes or the time that a side is which is one number with its unit."""
    found = _MEASURED.fullmatch(side)
    unit = measure(found["noun"] or found["unit"]) if found is not None else None
    return unit if unit is not None and unit.dimension in ("bytes", "time") else None


def is_arithmetic(text: str) -> bool:
    """Whether a text is a formula of numbers, signs, brackets and a few functions."""
    at, operand = 0, False
    depth: list[str] = []
    while at < len(text):
        noun = NOUN.match(text, at) if operand else None
        match = noun or _TOKEN.match(text, at)
        if match is None:
            return not text[at:].strip() and operand and not depth
        at, kind, sign = match.end(), match.lastgroup, match.group().strip()
        if noun is not None:
            continue
        if kind == "number":
            if operand:
                return False
            operand = True
        elif kind == "function":
            if operand:
                return False
            depth.append("function")
            at = text.index("(", at) + 1
        elif kind == "power":
            if not operand:
                return False
        elif kind == "operator":
            if not operand and sign not in "-−":
                return False
            operand = False
        elif sign in "(⌊⌈":
            if operand:
                return False
            depth.append({"(": ")", "⌊": "⌋", "⌈": "⌉"}[sign])
        elif sign == ",":
            if not operand or depth[-1:] != ["function"]:
                return False
            operand = False
        else:
            if not operand or not depth or sign != {"function": ")"}.get(depth[-1], depth[-1]):
                return False
            depth.pop()
    return operand and not depth
