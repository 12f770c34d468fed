"""The place of a window as a fraction of the place of an entry, i' = i/2: a whole number for some i only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import Line
from symcnn.document.facts.known import Decision
from symcnn.document.numeric.outputs import WHOLE, WINDOWS
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import index_text, nodes, scripts_of, unwrapped, written
from symcnn.document.repair.edits import above_and_below, places_in, plain_text
from symcnn.verdict import Verdict

EVEN = re.compile(r"\beven|\bodd\b|gerade|偶|奇|interpol|continuous|real[- ]valued|fraction|sub-?pixel|nearest",
                  re.IGNORECASE)
"""Words by which only some indices may be meant, or positions between the entries."""
DOTS = r"(?:dots|…|\.\.\.)[\s,{}$]*(?:\\?[A-Za-z]+_\{?[\s,\w]*?)?"
"""What stands before the last of a list: 1, …, n and x_1, …, x_n."""
CORNER = re.compile(r"corner|(?:upper|top)[- ]left|first (?:entry|pixel|element|row|sample)|anchor|origin|"
                    r"window\w*\s+(?:that\s+)?(?:starts?|begins?)", re.IGNORECASE)
"""Words by which an index may be that of the first entry of a window."""
COUNTED_FROM = re.compile(r"(?:start|begin|count|number|run)\w*\s+(?:at|from|with)\s+\$?([01])\b|\b([01])-based|"
                          r"\b(zero|one)-based", re.IGNORECASE)


def between_places(line: Line, trees: Iterable[Node], texts: str, sizes: Set[str]) -> Decision | None:
    """Conditional for i' = i/2 where i' and i are indices of entries that a window brings together; else None.

    `texts` is all that the document and its problem statements say, `sizes` are the names of its extents.
    """
    fraction, coarse = above_and_below(unwrapped(line.right)), index_text(line.left)
    if fraction is None or not coarse or not unwrapped(fraction[1]).head.isdigit():
        return None
    if not WINDOWS.search(texts) or WHOLE.search(texts) or EVEN.search(texts):
        return None
    trees = tuple(trees)
    fine, below = index_text(fraction[0]), unwrapped(fraction[1]).head
    if fine in ("", coarse) or int(below) < 2 or {fine, coarse} & (sizes | _limits(trees)) or any(
            re.search(DOTS + re.escape(letter) + r"(?![A-Za-z'])", texts) for letter in (fine, coarse)):
        return None
    entries = [n for t in trees for n in nodes(t) if places_in(n)]
    used = {letter: {name.stem for n in entries if letter in map(index_text, places_in(n)) and (name := written(n))}
            for letter in (fine, coarse)}
    if not all(used.values()):
        return None
    rounded = _rounded(entries, used.values(), coarse, int(below), texts)
    first = CORNER.search(texts) or any(_beside(p, fine) in range(1, int(below)) for n in entries for p in places_in(n))
    if rounded == "" or first and rounded != "ceil":
        return None  # in windows that begin at i = 0, 2, … there is nothing to round
    shown = plain_text(line.right)
    left = {None: "a whole number", "floor": "0", "ceil": "1"}[rounded]
    return Decision(Verdict.CONDITIONAL, f"holds if {below} divides {fine}; in general the entry {fine} lies in the "
                                         "window whose place is the fraction rounded to a whole number",
                    counterexample=Counterexample({}, {fine: 1}, {}, left, f"1/{below}"),
                    repair=None if rounded is None else rf"\l{rounded} {shown} \r{rounded}")


def _limits(trees: Iterable[Node]) -> Set[str]:
    """The letters that stand over the signs of sums: how far these go."""
    return {index_text(n) for t in trees for part in nodes(t) if part.kind == "big" and part.nodes[0].kind == "scripts"
            for mark, script in scripts_of(part.nodes[0]) if mark == "^" and script is not None
            for n in nodes(script)} - {""}


def _beside(place: Node, letter: str, factor: str = "") -> int | None:
    """How far an index 2i + 1 is from 2i; None for an index that is none of these."""
    text = "".join(plain_text(place).split()).strip("{}")
    found = re.fullmatch(rf"{factor}{re.escape(letter)}([+-]\d+)?", text)
    return None if found is None else int(found[1] or 0)


def _rounded(entries: Sequence[Node], stems: Iterable[Set[str]], coarse: str, below: int, texts: str) -> str | None:
    """Which way the fraction is rounded, "floor" or "ceil"; None where that is not said, "" where it need not be.

    That is so where the windows overlap, or leave entries out: then an entry lies in none or in several of them.
    `stems` are the names of the entries of windows and of the windows.
    """
    windows = [p for n in entries for p in places_in(n)
               if "".join(plain_text(p).split()).strip("{}").startswith(f"{below}{coarse}")]
    if windows:
        offsets = {_beside(p, coarse, str(below)) for p in windows}
        return "floor" if offsets == set(range(below)) else "ceil" if offsets == set(range(1 - below, 1)) else ""
    if (said := COUNTED_FROM.search(texts)) is not None:
        return "floor" if "0" in said[0] or "zero" in said[0].lower() else "ceil"
    numbers = [{n for e in entries if (name := written(e)) and name.stem in some and (n := _numbers(e))}
               for some in stems]
    if any(0 in n for found in numbers for n in found):
        return "floor"
    return "ceil" if all(found and set(min(found)) == {1} for found in numbers) else None


def _numbers(entry: Node) -> tuple[int, ...]:
    """(1, 2) of x_{1,2}; nothing for an entry with a letter among its indices."""
    found = [unwrapped(p).head for p in places_in(entry) if unwrapped(p).kind == "number"]
    return tuple(map(int, found)) if len(found) == len(places_in(entry)) and all(map(str.isdigit, found)) else ()
