"""The small edits that people get wrong: candidates for what a wrong side was meant to be, the nearest first."""

from __future__ import annotations

import itertools
import os.path
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from symcnn.document.claims.names import NO_NAMES, Names
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import index_text, is_transposition, items, nodes, scripts_of, unwrapped, written
from symcnn.document.repair.edits import origin, places_in, structural, plain_text, under_sums, with_edits
from symcnn.document.repair.slips import KnownName, slips

MOST_CANDIDATES = 400
_STRIDED = re.compile(r"(?<![a-zA-Z\\])[a-zA-Z]{2}(?![a-zA-Z])")
AT_ONCE = 4
"""So many edits of one kind are tried before those of the next."""


def candidates(side: Node, other: Node, names: Names, written_so: Mapping[str, Sequence[str]] = MappingProxyType({}),
               known: Sequence[KnownName] | None = None) -> Iterator[str]:
    """LaTeX of the side with one small edit each, without repetition.

    Another index, a sign, a number off by one, two indices exchanged, an index off by one or turned round, a square
    or root, a sum or a transpose that is missing, another name with as many indices, a factor. `written_so` are the
    index lists with which the document reads each name: they are tried in place of each other; `known` are its names,
    without which only the edits are made that change one sign, number or index.
    """
    seen = {str(side)}
    kept = _kept(side, other)
    itself = {name for name in _as_written(other) if name not in _bare(str(side))}
    put_off: list[str] = []
    for made in _in_turn([_summed(side, other, names), _indices(side, other, names), _signs(side), _numbers(side),
                          _exchanged(side), structural(side), _rewritten(side, written_so), _turned(side),
                          _powers(side), _names(side, other, names, written_so), _missing_sums(side, other, names),
                          _shifts(side), _parts_of_products(side), _reversed(side), _letters(side, names),
                          _scalars(side, other), _transposes(side), _factors(side),
                          *(() if known is None else slips(side, other, known))]):
        if made not in seen:
            seen.add(made)
            if any(name in _bare(made) for name in itself):
                continue  # the left side itself in the right one says nothing
            if _is_within(str(side), made, kept):
                put_off.append(made)
            else:
                yield made
        if len(seen) > MOST_CANDIDATES:
            break
    yield from put_off


def _as_written(side: Node) -> tuple[str, ...]:
    """A name with scripts, with either script first; nothing for another side."""
    if side.kind != "scripts":
        return ()
    made = [mark + (plain_text(script) if script is not None else "") for mark, script in scripts_of(side)]
    return tuple(_bare("".join((plain_text(side.nodes[0]), *order))) for order in (made, made[::-1]))


def _bare(text: str) -> str:
    return re.sub(r"[\s{}]", "", text)


def _kept(side: Node, other: Node) -> list[tuple[int, int]]:
    """Where the terms of a side stand that the other side has, too: what is wrong is hardly there."""
    def terms(node: Node) -> list[Node]:
        return [n for n in node.nodes if n.start >= 0] if node.kind == "sum" else []

    there = {plain_text(t) for t in terms(other)}
    return [(t.start - origin(side), t.end - origin(side)) for t in terms(side) if plain_text(t) in there]


def _is_within(before: str, after: str, places: Sequence[tuple[int, int]]) -> bool:
    """Whether all that an edit changes lies within one of the places."""
    if not places:
        return False
    begin = len(os.path.commonprefix((before, after)))
    rest = len(os.path.commonprefix((before[begin:][::-1], after[begin:][::-1])))
    return any(a <= begin and len(before) - rest <= b for a, b in places)


def _in_turn(kinds: Sequence[Iterator[str]]) -> Iterator[str]:
    """A few edits of each kind, then a few more: no kind keeps the others waiting."""
    waiting = list(kinds)
    while waiting:
        for kind in list(waiting):
            found = list(itertools.islice(kind, AT_ONCE))
            yield from found
            if len(found) < AT_ONCE:
                waiting.remove(kind)




def _index_nodes(node: Node, names: Names) -> Iterator[Node]:
    """The plain indices of a side: in subscripts and brackets, and under the signs of sums."""
    yield from under_sums(node)
    for part in nodes(node):
        found = written(part) if part.kind in ("scripts", "index") else None
        for item in (*found.lower, *found.inside) if found is not None else ():
            yield from (n for n in nodes(item) if n.kind in ("name", "scripts") and index_text(n))


def _indices(side: Node, other: Node, names: Names) -> Iterator[str]:
    """One index replaced by another one of the line: first only where it stands, then everywhere."""
    here = [n for n in _index_nodes(side, names) if index_text(n)]
    known = dict.fromkeys(index_text(n) for n in (*_index_nodes(other, names), *here))
    spelled = {index_text(n): "".join(t.text for t in n.tokens) for n in (*_index_nodes(other, names), *here)}
    for node in here:
        for name in known:
            if name != index_text(node):
                yield with_edits(side, [(node.start, node.end, spelled[name])])


def _summed(side: Node, other: Node, names: Names) -> Iterator[str]:
    """An index that stands free on this side only, summed over in place of another one."""
    beside = {index_text(n) for n in _index_nodes(other, names)}
    under = sorted(under_sums(side), key=lambda n: index_text(n) not in beside)  # one that is free there is no dummy
    there = beside | {index_text(n) for n in under}
    here = list(_index_nodes(side, names))
    bases = {id(n.nodes[0]) for n in here if n.kind == "scripts"}
    loose = {index_text(n): plain_text(n) for n in here if index_text(n) not in there and id(n) not in bases}
    for node in under:
        for text in loose.values():
            yield with_edits(side, [(node.start, node.end, text)])


def _signs(side: Node) -> Iterator[str]:
    alone = {p.parts[0] for p in nodes(side) if p.kind == "sign"}
    between_terms = [p for p in side.parts if isinstance(p, Token)] if side.kind == "sum" else []
    for token in (*between_terms, *(t for t in side.tokens if t not in between_terms)):
        if token.text == "-" and token in alone:
            yield with_edits(side, [(token.start, token.end, "")])
        elif token.text in ("+", "-"):
            yield with_edits(side, [(token.start, token.end, "-" if token.text == "+" else "+")])
    if not str(side).lstrip().startswith("-"):
        yield f"-({str(side).strip()})" if "+" in str(side) or "-" in str(side) else f"-{str(side).strip()}"
    else:
        yield str(side).lstrip()[1:]


def _numbers(side: Node) -> Iterator[str]:
    for part in nodes(side):
        if part.kind == "product" and len(part.nodes) == len(part.parts) and part.nodes[0].kind == "number":
            number, start, end = part.nodes[0].head, part.nodes[0].start, part.nodes[0].end
            yield with_edits(side, [(start, end, "")])  # 2x as x
            yield with_edits(side, [(start, end, rf"\frac{{1}}{{{number}}}")])
    raised = {t.start for n in nodes(side) if n.kind == "scripts" for _, s in scripts_of(n) if s is not None
              for t in s.tokens}
    for token in side.tokens:
        if token.kind == "number" and token.text.isdigit() and len(token.text) < 6:
            for new in (abs(int(token.text) - 1), int(token.text) + 1, 2 * int(token.text)):
                if new > 0 or token.text != "1" or token.start in raised:
                    yield with_edits(side, [(token.start, token.end, str(new))])


def _exchanged(side: Node) -> Iterator[str]:
    """Two neighbouring indices of one name exchanged."""
    for part in nodes(side):
        found = written(part) if part.kind in ("scripts", "index") else None
        places = ((*found.lower, *found.inside) or found.upper) if found is not None else ()
        for a, b in zip(places, places[1:], strict=False):
            first, second = ("".join(str(t) for t in n.tokens).strip() for n in (a, b))
            if first != second:
                yield with_edits(side, [(a.start, a.end, second), (b.start, b.end, first)])


def _extent(node: Node) -> tuple[int, int]:
    """Where the indices of a name stand."""
    places = places_in(node)
    return places[0].start, places[-1].end




def _rewritten(side: Node, written_so: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """All indices of a name as the document writes them elsewhere: x_{i+k} as x_{si+k}."""
    for part in nodes(side):
        places = places_in(part)
        found = written(part) if places else None
        if found is None or places[0].start < 0:
            continue
        first, last = places[0].start, places[-1].end
        here = with_edits(side, [])[first - origin(side):last - origin(side)]
        for other in written_so.get(found.stem, ()):
            if other != here:
                yield with_edits(side, [(first, last, other)])
    strides = {text[1:]: text for texts in written_so.values() for t in texts for text in _STRIDED.findall(t)}
    for part in nodes(side):
        for place in places_in(part):
            for node in nodes(place):
                if node.kind == "name" and node.head in strides and place.kind != "product":
                    yield with_edits(side, [(node.start, node.end, strides[node.head])])  # j - k as j - dk


def _turned(side: Node) -> Iterator[str]:
    """The differences in the indices of one name turned round, or + for − in all of them."""
    for part in nodes(side):
        sums = [p for p in places_in(part) if p.kind == "sum" and len(p.parts) == 3]
        if sums:
            signs = [next(p for p in s.parts if isinstance(p, Token)) for s in sums]
            if len(sums) > 1:
                yield with_edits(side, [(t.start, t.end, "-" if t.text == "+" else "+") for t in signs])
            yield with_edits(side, [(s.start, s.end, f"{plain_text(s.nodes[1])}{t.text}{plain_text(s.nodes[0])}")
                               for s, t in zip(sums, signs, strict=True)])


def _shifts(side: Node) -> Iterator[str]:
    """One index one further or one less."""
    for part in nodes(side):
        for place in places_in(part):
            if place.kind in ("name", "sum") and (part.kind == "index" or place.end - place.start > 1 or (
                    isinstance(part.parts[-1], Node) and [t.text for t in part.parts[-1].tokens][:1] == ["{"])):
                for shift in ("-1", "+1"):
                    yield with_edits(side, [(place.end, place.end, shift)])


def _powers(side: Node) -> Iterator[str]:
    """A square that is missing, or one too many."""
    for part in nodes(side):
        if part.kind == "scripts" and part.parts and len(part.parts) >= 3:
            mark, exponent = part.parts[-2:]
            if isinstance(mark, Token) and mark.text == "^" and isinstance(exponent, Node) and (
                    unwrapped(exponent).kind == "number"):
                yield with_edits(side, [(mark.start, exponent.end, "")])
    for part in nodes(side):
        if part.kind in ("sum", "product", "big") or part is side:
            for factor in part.nodes[part.kind == "big":] if part.kind in ("sum", "product", "big") else (part,):
                if factor.kind in ("name", "scripts", "index", "group", "command") and factor.start >= 0 and not (
                        factor.kind == "scripts" and any(mark == "^" for mark, _ in scripts_of(factor))):
                    if factor.kind == "command" and factor.head.endswith("frac"):
                        for inner in map(unwrapped, factor.nodes):
                            if inner.kind in ("name", "index") and inner.start >= 0:
                                yield with_edits(side, [(inner.end, inner.end, "^2")])
                        yield with_edits(side, [(factor.start, factor.start, r"\left("), (
                            factor.end, factor.end, r"\right)^2")])
                    else:
                        yield with_edits(side, [(factor.end, factor.end, "^2")])


def _scalars(side: Node, other: Node) -> Iterator[str]:
    """A name without indices replaced by another one of the line."""
    kinds = ("name", "command", "scripts")
    plain = {plain_text(n): n for part in (side, other) for n in nodes(part)
             if n.kind in kinds and (found := written(n)) is not None and not (found.lower or found.inside)}
    for node in nodes(side):
        if node.kind in kinds and plain_text(node) in plain and node.start >= 0:
            for text in plain:
                if text != plain_text(node) and r"\partial" not in (text, plain_text(node)):
                    yield with_edits(side, [(node.start, node.end, f"{{{text}}}" if text[:1] == "\\" else text)])


def _transposes(side: Node) -> Iterator[str]:
    """A transpose too many or missing, and two factors exchanged."""
    for part in nodes(side):
        if part.kind == "scripts" and any(mark == "^" and s is not None and is_transposition(s)
                                          for mark, s in scripts_of(part)):
            base = part.nodes[0]
            yield with_edits(side, [(base.end, part.end, "")])
        if part.kind == "product":
            factors = [n for n in part.nodes if n.start >= 0]
            for a, b in zip(factors, factors[1:], strict=False):
                yield with_edits(side, [(a.start, a.end, plain_text(b)), (b.start, b.end, plain_text(a))])
            for factor in factors:
                found = written(factor)
                if factor.kind == "group" and factor.head == "(" or found is not None and not found.upper and (
                        found.stem not in NO_NAMES and (not found.lower or found.stem[:1].isupper())):  # W_2, δ (a − b)
                    yield with_edits(side, [(factor.end, factor.end, "^T")])


def _parts_of_products(side: Node) -> Iterator[str]:
    """A factor too many, one that belongs below the bar, a number that should be a name, or a 2 that is missing."""
    plain = {plain_text(n): n for n in nodes(side) if n.kind in ("name", "scripts") and n.start >= 0 and (
        found := written(n)) is not None and not (found.lower or found.upper or found.inside)}
    for part in nodes(side):
        terms = [n for n in part.nodes if n.start >= 0] if part.kind == "sum" else [part] if part is side else []
        for term in terms:
            if term.kind in ("name", "scripts", "index", "product", "group", "command", "big"):
                yield with_edits(side, [(term.start, term.start, "2 ")])
        if part.kind == "product" and part.start >= 0:
            for n, factor in enumerate(part.parts):
                if isinstance(factor, Node) and factor.start >= 0 and factor.kind in (
                        "name", "scripts", "index", "group", "number", "command"):
                    before = part.parts[n - 1] if n else None
                    if not isinstance(before, Token):
                        yield with_edits(side, [(factor.start, factor.end, "")])
                    if factor.kind in ("name", "scripts", "group"):
                        yield with_edits(side, [(factor.start, factor.end, rf"\frac{{1}}{{{plain_text(factor)}}}")])
    for part in nodes(side):
        if part.kind == "number" and part.start >= 0:
            for text in plain:
                yield with_edits(side, [(part.start, part.end, f" {text} ")])
                yield with_edits(side, [(part.start, part.end, rf"\frac{{1}}{{{text}}}")])
        elif part.kind == "scripts" and part.nodes[0].head == "e" and len(part.parts) == 3:
            script = part.nodes[1]
            if script.kind == "braces" and script.start >= 0:
                yield with_edits(side, [(script.start + 1, script.start + 1, "-")])
    for text in plain:
        for term in (n for part in nodes(side) if part.kind == "sum" for n in part.nodes if n.start >= 0):
            yield with_edits(side, [(term.start, term.start, f"{text} ")])
    if side.kind in ("name", "number", "sum"):
        yield f"{str(side).strip()} + 1"
        yield f"{str(side).strip()} - 1"


def _reversed(side: Node) -> Iterator[str]:
    """A sum that runs the other way through one name: w_k as w_{K-1-k}."""
    for part in nodes(side):
        if part.kind != "big" or part.nodes[0].kind != "scripts":
            continue
        found = {mark: s for mark, s in scripts_of(part.nodes[0]) if s is not None}
        under, upper = found.get("_"), found.get("^")
        begin = next((n for n in nodes(under) if n.kind == "chain"), None) if under is not None else None
        if begin is None or upper is None or len(begin.nodes) != 3:
            continue
        name, _, lower = begin.nodes
        first = plain_text(lower)
        end = f"{plain_text(unwrapped(upper))}{'' if first == '0' else '+' + first}"
        for read in nodes(part.nodes[1]):
            for place in places_in(read):
                if place.kind == "name" and place.head == name.head and place.start >= 0:
                    yield with_edits(side, [(place.start, place.end, f"{{{end}-{name.head}}}")])


def _letters(side: Node, names: Names) -> Iterator[str]:
    """Two index letters exchanged throughout, a sum without one of its variables, an index less another one."""
    here = [n for n in _index_nodes(side, names) if n.kind == "name" and n.start >= 0]
    letters = dict.fromkeys(n.head for n in here)
    for a, b in itertools.combinations(letters, 2):
        yield with_edits(side, [(n.start, n.end, b if n.head == a else a) for n in here if n.head in (a, b)])
    for part in nodes(side):
        if part.kind == "big" and part.nodes[0].kind == "scripts":
            for mark, script in scripts_of(part.nodes[0]):
                variables = [v for v in items(script) if v.kind == "name"] if mark == "_" and script is not None else []
                if script is not None and len(variables) > 1 and script.kind == "braces":
                    for v in variables:
                        rest = ", ".join(w.head for w in variables if w is not v)
                        yield with_edits(side, [(script.start, script.end, f"{{{rest}}}")])
    for part in nodes(side):
        for place in places_in(part):
            if place.kind == "name" and place.start >= 0 and (
                    part.kind == "index" or (part.parts and isinstance(part.parts[-1], Node)
                                             and part.parts[-1].kind == "braces")):
                for letter in letters:
                    if letter != place.head:
                        yield with_edits(side, [(place.end, place.end, f"-{letter}")])



def index_lists(trees: Iterable[Node]) -> dict[str, list[str]]:
    """How the names of a document are read: for each stem the texts of its index lists."""
    result: dict[str, dict[str, None]] = {}
    for tree in trees:
        text = str(tree)
        begin = origin(tree) if text else 0
        for part in nodes(tree):
            places = places_in(part)
            found = written(part) if places else None
            if found is not None and places[0].start >= 0:
                result.setdefault(found.stem, {})[text[places[0].start - begin:places[-1].end - begin]] = None
    return {stem: list(texts) for stem, texts in result.items()}


def _missing_sums(side: Node, other: Node, names: Names) -> Iterator[str]:
    """A sum over an index that the other side does not have."""
    there = {index_text(n) for n in _index_nodes(other, names)}
    for name in dict.fromkeys(index_text(n) for n in _index_nodes(side, names)):
        if name not in there:
            spelled = next("".join(t.text for t in n.tokens) for n in _index_nodes(side, names)
                           if index_text(n) == name)
            yield rf"\sum_{{{spelled}}} " + str(side).strip()
    loose = dict.fromkeys(plain_text(n) for n in _index_nodes(side, names) if index_text(n) not in there)
    if len(loose) > 1:
        yield rf"\sum_{{{', '.join(loose)}}} " + str(side).strip()


def _names(side: Node, other: Node, names: Names, written_so: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """A name replaced by another one that is written with as many indices in this document."""
    def count(node: Node) -> int:
        found = written(node)
        return len(found.lower) + len(found.inside) if found is not None else -1

    used = {found.stem: node for part in (side, other) for node in nodes(part)
            if node.kind in ("scripts", "index") and (found := written(node)) is not None}
    for node in nodes(side):
        mine = written(node) if node.kind in ("scripts", "index") else None
        if mine is None or not (mine.lower or mine.inside):
            continue
        base = next(node.tokens)
        if mine.stem != base.text.lstrip("\\"):
            continue
        for stem, example in used.items():
            spelled = next(example.tokens).text
            if stem != mine.stem and count(example) == count(node) and stem == spelled.lstrip("\\"):
                yield with_edits(side, [(base.start, base.end, spelled)])
        if f"d{mine.stem}" in names.stems:
            yield with_edits(side, [(base.start, base.end, f"d{base.text}")])
        here = with_edits(side, [])[_extent(node)[0] - origin(side):_extent(node)[1] - origin(side)]
        for stem, texts in written_so.items():
            if len(stem) == 1 and stem not in used and any(len(t) == len(here) for t in texts):
                yield with_edits(side, [(base.start, base.end, stem)])


def _factors(side: Node) -> Iterator[str]:
    body = str(side).strip()
    whole = f"({body})" if any(t.text in "+-" for t in side.tokens) else body
    yield rf"2 {whole}"
    yield rf"\frac{{1}}{{2}} {whole}"
    yield rf"({body})^2"
    yield rf"\sqrt{{{body}}}"
