"""How names and signs were read where there was a choice, in words that a given file may use to choose otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from symcnn.document.claims.logarithms import is_open
from symcnn.document.claims.names import Names
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import nodes, unwrapped, written

STARS = frozenset(("*", r"\ast", "∗", r"\star"))
SAID = re.compile(r"^[ \t>*-]*read as:[ \t]*(?P<said>.+)$", re.I | re.M)
CHOICE = re.compile(r"[`$]*(?P<name>[^\s`$:=]+)[`$]*(?:\s*+[:=]|\s)\s*+(?P<meaning>.+)")
MEANINGS: dict[str, Callable[[Names, str], None]] = {}
"""What a reading may say, with what it does to the names of a document."""

LOGARITHMS = {0: "the natural logarithm", 2: "the logarithm to base 2", 10: "the logarithm to base 10"}


def _meaning(words: str) -> Callable[[Callable[[Names, str], None]], Callable[[Names, str], None]]:
    def keep(change: Callable[[Names, str], None]) -> Callable[[Names, str], None]:
        MEANINGS[words] = change
        return change

    return keep


@_meaning("superscript is an index")
def _labelled(names: Names, stem: str) -> None:
    names.labelled.add(stem)
    names.squares.discard(stem)


@_meaning("a name of its own")
def _own_name(names: Names, stem: str) -> None:
    names.entries.pop(stem, None)


@_meaning("superscript is a power")
def _power(names: Names, stem: str) -> None:
    for group in (names.labelled, names.samples, names.steps, names.squares):
        group.discard(stem)


@_meaning("the square is one name")
def _square(names: Names, stem: str) -> None:
    names.squares.add(stem)


@_meaning("two indices")
def _digits(names: Names, stem: str) -> None:
    names.digits.add(stem)
    names.indexed.add(stem)


@_meaning("one index")
def _one(names: Names, stem: str) -> None:
    names.digits.discard(stem)
    names.indexed.add(stem)


@_meaning("subscript belongs to the name")
def _numbered(names: Names, stem: str) -> None:
    names.numbered.add(stem)


@_meaning("subscript is an index")
def _indexed(names: Names, stem: str) -> None:
    names.numbered.discard(stem)
    names.indexed.add(stem)


@_meaning("a name")
def _name(names: Names, stem: str) -> None:
    names.euler &= stem != "e"


@_meaning("Euler's number")
def _euler(names: Names, stem: str) -> None:
    names.euler |= stem == "e"


@_meaning("the logistic function")
def _logistic(names: Names, stem: str) -> None:
    names.sigmoid |= stem == "sigma"


@_meaning("any function")
def _any_function(names: Names, stem: str) -> None:
    names.sigmoid &= stem != "sigma"


@_meaning("convolution")
def _convolution(names: Names, stem: str) -> None:
    names.convolution |= stem in STARS


@_meaning("product")
def _product(names: Names, stem: str) -> None:
    names.convolution &= stem not in STARS


@_meaning("the number of terms of a sum")
def _number_of_terms(names: Names, stem: str) -> None:
    names.any_number.discard(stem)


@_meaning("any number")
def _any_number(names: Names, stem: str) -> None:
    names.any_number.add(stem)


def _to_base(base: int) -> Callable[[Names, str], None]:
    def change(names: Names, stem: str) -> None:
        if stem == "log":
            names.log_base, names.other_bases = base, frozenset()

    return change


MEANINGS |= {words: _to_base(base) for base, words in LOGARITHMS.items()}


def overridden(names: Names, texts: Iterable[str]) -> list[str]:
    """Let the lines "read as: …" of given files decide; what is not understood of them, for a person."""
    wrong = []
    for said in (part.strip() for text in texts for m in SAID.finditer(text) for part in m["said"].split(";")):
        found = CHOICE.fullmatch(said.rstrip(".`$ "))
        change = MEANINGS.get(found["meaning"].strip(" `$.")) if found else None
        if found is None or change is None:
            wrong.append(f"not understood in a given file: {said}")
            continue
        change(names, _stem(found["name"]))
    return wrong


def _stem(name: str) -> str:
    r"""w of w^{12}, W of W_1[i, j], sigma of \sigma^2, * itself."""
    if name in STARS:
        return name
    bare = re.match(r"\\?([A-Za-z]+|.)", name)
    return bare.group(1) if bare else name


def readings(names: Names, trees: Sequence[Node]) -> list[str]:
    """What was a choice in these trees, each once: the sign or name as it is written first, and how it was read."""
    return list(dict.fromkeys(_choices(names, trees)))


def _choices(names: Names, trees: Sequence[Node]) -> Iterator[str]:
    stars = {t.text for tree in trees for t in tree.tokens} & STARS
    if stars:
        yield f"`{min(stars)}` = {'convolution' if names.convolution else 'product'}"
    if names.log_base or not names.other_bases:
        logs = [n for tree in trees for n in nodes(tree) if is_open(n)]
        if logs:
            yield f"`{logs[0].head}`: {LOGARITHMS[names.log_base]}"
    said: set[tuple[str, str]] = set()
    for node in (n for tree in trees for n in nodes(tree)):
        found = written(node) if node.kind in ("name", "scripts", "index") else None
        if found is None:
            continue
        for meaning in _meanings(names, node):
            if (found.stem, meaning) not in said:
                said.add((found.stem, meaning))
                yield f"`{' '.join(str(node).split())}`: {meaning}"


def _meanings(names: Names, node: Node) -> Iterator[str]:
    found = written(node)
    assert found is not None
    numbers = [unwrapped(i).head for i in found.lower if unwrapped(i).kind == "number"]
    if found.upper and found.stem in names.labelled | names.samples:
        yield "superscript is an index"
    elif found.upper and found.stem in names.squares:
        yield "the square is one name"
    elif found.upper and (found.lower or found.inside) and found.stem not in ("e",):
        yield "superscript is a power"
    if len(numbers) == 1 and len(numbers[0]) == 2:
        yield "two indices" if found.stem in names.digits else "one index"
    if numbers and found.inside:
        yield "subscript belongs to the name" if found.stem in names.numbered else "subscript is an index"
    if found.stem in names.entries and len(found.lower) == 2:
        yield f"an entry of {names.entries[found.stem]}"
    if found.stem == "e" and not names.euler:
        yield "a name"
    if found.stem == "sigma" and "sigma" in names.functions and node.kind == "name":
        yield "the logistic function" if names.sigmoid else "any function"
