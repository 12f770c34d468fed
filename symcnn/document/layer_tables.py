"""Tables of the layers of a network: outputs, parameters, receptive fields that follow from the row above."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import flint

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import Line, Reading
from symcnn.document.facts.known import Decision
from symcnn.document.meaning.numbers import Agreement, agreement
from symcnn.document.reading.measures import likely, measure
from symcnn.document.reading.node import Node
from symcnn.document.reading.source import Source
from symcnn.document.reading.spans import Span
from symcnn.document.reading.tokens import ReadError
from symcnn.document.reading.tree import read
from symcnn.rounding import decimal
from symcnn.verdict import Verdict

_RULE = re.compile(r"[ \t>]*+\|?[ \t]*+:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*")
_COLUMNS = (
    ("layer", r"layer|name|stage|schicht"), ("type", r"type|operation|op"), ("field", r"(?:receptive )?field|rf"),
    ("kernel", r"(?:kernel|filter|window)(?: size)?|k"), ("stride", r"strides?|s"),
    ("padding", r"pad(?:ding)?|p"), ("channels", r"(?:output |out )?(?:channels|filters|maps|units)|filters|depth"),
    ("input", r"in(?:put)?(?: (?:size|shape|volume|dimensions?))?"),
    ("output", r"(?:out(?:put)?|feature maps?|activation)(?: (?:size|shape|volume|dimensions?|map size))?|shape"),
    ("parameters", r"(?:number of |# ?|no\. of )?(?:trainable )?(?:param(?:eter)?s?|weights)(?: count)?"),
    ("other", r"dilations?|groups?"),
    ("products", r"(?:m?macs?|multiply[- ]accumulates?|multiplications)"),
)
_PRODUCT = re.compile(r"\d+(?:\s*[×x*]\s*\d+)+")
_TUPLE = re.compile(r"\(?\s*\d+(?:\s*,\s*\d+){1,2}\s*\)?")
_NUMBER = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*([A-Za-z%]*)")
_KINDS = (
    ("other", r"transpos|deconv|upsampl|unpool|dilat|atrous|group|depth ?wise|dw|separable|shuffle|bottleneck|residual"
              r"|block|concat|add|inception|fire|skip|shortcut|lstm|gru|attention|embed"),
    ("start", r"\binput|\bimage"), ("pool", r"pool|subsampl"), ("conv", r"conv"),
    ("dense", r"\bfc|dense|linear|fully|\boutput|classif|logits"),
    ("same", r"relu|tanh|sigmoid|softmax|dropout|activation|\blrn|flatten|\bbn\b|batch ?norm"),
    ("total", r"total|sum\b"),
)
_DETAILS = {
    "kernel": re.compile(r"(\d+)\s*[×x]\s*\1(?!\s*[×x]\s*\d)(?:\s*(?:kernel|filter|conv|window|max|avg|,|\)|$|/|\s))"),
    "stride": re.compile(r"\b(?:stride|s)\s*+(?:of\s*+)?=?\s*+(\d+)"),
    "padding": re.compile(r"\bpad(?:ding)?\s*(?:of\s*)?=?\s*(\d+)|\bp\s*=\s*(\d+)"),
    "channels": re.compile(r"(\d+)\s*(?:filters|kernels|feature maps|channels|units|@)"),
}
_PADDING = re.compile(r"\bpadding\s*(?:of\s*)?=?\s*(\d+)(?!\.?\d)", re.IGNORECASE)
_NONE = frozenset(("", "-", "–", "—", "n/a", "none"))
_WITHOUT_BIAS = re.compile(r"bias[- ]?free|(?:without|no|ignor\w+|exclud\w+|omit\w*|neglect\w*)\s+(?:the\s+|any\s+)?"
                           r"bias|bias ?= ?False|weights only|ohne Bias", re.IGNORECASE)
_NORM = re.compile(r"norm|\bbn\b")
_CEILING = re.compile(r"ceil|rounded up|round(?:ing)? up|aufgerundet", re.IGNORECASE)
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Cell:
    """A cell without the marks of Markdown and LaTeX, and where its text stands."""

    text: str
    start: int
    end: int


@dataclass
class Row:
    """One layer: its cells by the names of their columns, what it does, what it is told to be, and the output that is
    `meant`, or `maybe` is, where another is written."""

    cells: dict[str, Cell]
    kind: str
    told: dict[str, int | None] = field(default_factory=dict)
    meant: Shape | None = None
    maybe: Shape | None = None

    def shape(self, column: str) -> Shape | None:
        cell = self.cells.get(column)
        return None if cell is None else _shape(cell.text)


@dataclass(frozen=True)
class Follows:
    """What a cell must say: the value or the shape, how it is worked out, and other values with what these mean."""

    cell: Cell
    formula: str
    value: int | Shape
    others: tuple[tuple[int | Shape, str], ...] = ()
    firm: bool = True


def layer_tables(reading: Reading) -> Iterator[tuple[Line, Decision]]:
    """The cells of tables of layers that follow from what stands beside and above them."""
    for rows in _tables(reading.text):
        for place in range(len(rows)):
            for follows in (*_outputs(rows, place, reading.text), *_field(rows, place)):
                yield from _line(reading, follows)
        for follows in (*_counts(rows, "parameters", reading.text), *_counts(rows, "products", reading.text)):
            yield from _line(reading, follows)


# Reading tables.

def _tables(text: str) -> Iterator[list[Row]]:
    """The tables of layers of a Markdown text, row by row."""
    lines = [(m.start(1), m[1]) for m in re.finditer(r"^(.*)$", text, re.MULTILINE)]
    for n, (_, line) in enumerate(lines):
        if n == 0 or not _RULE.fullmatch(line) or "|" not in lines[n - 1][1]:
            continue
        names = [_column(c.text) for c in _cells(*lines[n - 1])]
        known = [name for name in names if name]
        if "layer" not in known or len(set(known)) < len(known) or not {"output", "parameters", "field",
                                                                        "products"} & set(known):
            continue
        rows = []
        for start, row in lines[n + 1:]:
            if "|" not in row:
                break
            cells = {name: cell for name, cell in zip(names, _cells(start, row), strict=False) if name}
            every = [cell.text for cell in _cells(start, row)]
            rows.append(_row(cells, every))
        yield rows


def _cells(start: int, line: str) -> list[Cell]:
    """The cells of a row: what stands between its bars."""
    found = []
    begin = 0
    for match in re.finditer(r"(?<!\\)\||$", line):
        inner = line[begin:match.start()]
        if begin or inner.strip(" \t>"):
            left = len(inner) - len(inner.lstrip(" \t*`_"))
            right = len(inner.rstrip(" \t*`_"))
            first, last = start + begin + left, start + begin + max(left, right)
            found.append(Cell(_plain(line[begin + left:begin + max(left, right)]), first, last))
        begin = match.end()
    return found[:-1] if found and line.rstrip().endswith("|") and not found[-1].text else found


def _plain(text: str) -> str:
    """A cell as plain text: 28 × 28 of $28\\times 28$."""
    text = re.sub(r"\\(?:times|cdot)\s*|·|⋅", "×", text)
    return re.sub(r"[$*`\[\]]|\\,|\{,\}|\\text|[{}]", lambda m: "," if m.group() == "{,}" else "", text).strip()


def _column(title: str) -> str:
    """What a column says, by its title."""
    title = re.sub(r"\s*\([^()]*\)|[#:]", "", title).strip().lower()
    return next((name for name, words in _COLUMNS if re.fullmatch(words, title)), "")


def _row(cells: dict[str, Cell], every: Sequence[str]) -> Row:
    name = cells["layer"].text.lower() if "layer" in cells else ""
    own = [name, cells["type"].text.lower()] if "type" in cells else [name]
    first = next((kind for text in own for kind, words in _KINDS if re.search(words, text)), "")
    kind = first or next((kind for kind, words in _KINDS[:5] if any(re.search(words, t.lower()) for t in every)), "")
    if "other" in cells and cells["other"].text not in _NONE | {"1", "1×1"}:
        kind = "other"
    row = Row(cells, kind)
    for what in ("kernel", "stride", "padding", "channels"):
        row.told[what] = _told(what, cells, every, kind)
    return row


def _told(what: str, cells: dict[str, Cell], every: Sequence[str], kind: str) -> int | None:
    """The number that a row says for its kernel, stride, padding or channels."""
    if what in cells:
        text = cells[what].text.lower()
        shape = _shape(text)
        if what == "kernel" and shape is not None and len(shape) in (2, 3) and shape[0] == shape[1]:
            return shape[0]
        if text.isdigit():
            return int(text)
        if what == "padding" and text in _NONE | {"valid"}:
            return 0
        if what == "stride" and shape is not None and len(set(shape)) == 1:
            return shape[0]
        return None
    if what == "channels" and kind not in ("conv", "dense"):
        return None
    for text in every:
        if found := _DETAILS[what].search(text.lower()):
            return int(next(g for g in found.groups() if g is not None))
    return None


def _shape(text: str) -> Shape | None:
    """28×28×6, (28, 28, 6) or one number."""
    text = text.strip().strip("()")
    if _PRODUCT.fullmatch(text) or _TUPLE.fullmatch(text):
        return tuple(int(n) for n in re.findall(r"\d+", text))
    plain = text.replace(",", "")
    return (int(plain),) if plain.isdigit() else None


# What follows.

def _places(shape: Shape) -> tuple[int, int] | None:
    """The side of a square feature map and its channels, whether these stand first or last, 0 where they are not told;
    None for other shapes."""
    if len(shape) == 2 and shape[0] == shape[1]:
        return shape[0], 0
    if len(shape) != 3 or shape[0] == shape[1] == shape[2]:
        return (shape[0], shape[0]) if len(shape) == 3 else None
    if shape[0] == shape[1]:
        return shape[0], shape[2]
    return (shape[1], shape[0]) if shape[1] == shape[2] else None


def _before(rows: Sequence[Row], place: int) -> tuple[Shape, ...]:
    """The output of the row above or the input that a row names itself, and what else it may be.

    First what should stand there, where something else does.
    """
    own = rows[place].shape("input")
    if own is not None or not place:
        return () if own is None else (own,)
    above = rows[place - 1]
    return tuple(s for s in (above.meant, above.shape("output"), above.maybe) if s is not None)


def _outputs(rows: Sequence[Row], place: int, text: str) -> Iterator[Follows]:
    """The output of a row; one that follows only from what should not stand above it is left open."""
    row, inputs = rows[place], _before(rows, place)
    for follows in _output(row, inputs[0], text) if inputs else ():
        if _shape(follows.cell.text) != follows.value and isinstance(follows.value, tuple):
            others = [other for above in inputs[1:] for other in _output(row, above, text)]
            if follows.firm:
                row.meant = follows.value
            row.maybe = follows.value
            follows = replace(follows, firm=follows.firm and all(_shape(o.cell.text) != o.value for o in others))
        yield follows


def _output(row: Row, above: Shape, text: str) -> Iterator[Follows]:
    """The size of the output of a convolution or a pooling, with its channels where these are told."""
    shape = row.shape("output")
    if shape is None or row.kind not in ("conv", "pool", "same"):
        return
    old, new = _places(above), _places(shape)
    if old is None or new is None:
        if row.kind == "same" and shape == above:
            yield Follows(row.cells["output"], _times(above), shape)
        return
    if row.kind == "same":
        if shape == above:
            yield Follows(row.cells["output"], _times(above), shape)
        return
    kernel, stride, padding = (row.told[n] for n in ("kernel", "stride", "padding"))
    said = row.cells["padding"].text.lower() if "padding" in row.cells else ""
    strided = "stride" in row.cells or stride is not None
    stride = stride or ((kernel if row.kind == "pool" else 1) if "stride" not in row.cells else None)
    if said == "same" and stride:
        sizes, formula = [-(-old[0] // stride)], rf"\lceil {old[0]} / {stride} \rceil"
    elif kernel is None or not stride or old[0] < kernel:
        return
    else:
        # Where the padding is not told, any that is usual may be meant.
        paddings = [padding] if padding is not None and said not in _NONE - {""} else range(kernel)
        rooms = [old[0] + 2 * p - kernel for p in paddings]
        if row.kind == "conv" and padding is None and "padding" not in row.cells and (
                told := {int(m[1]) for m in _PADDING.finditer(text)}) and len(told) == 1 and (
                old[0] + 2 * max(told) - kernel) // stride + 1 == new[0]:
            paddings = list(told)  # said of all convolutions in the words around the table
            rooms = [old[0] + 2 * paddings[0] - kernel]
        up = row.kind == "pool" or _CEILING.search(text) is not None
        sizes = [*(room // stride + 1 for room in rooms), *(-(-room // stride) + 1 for room in rooms if up)]
        formula = rf"\lfloor ({old[0]} - {kernel} + 2 \cdot {paddings[0]}) / {stride} \rfloor + 1"
    size = sizes[0]
    channels = old[1] if row.kind == "pool" and old[1] else row.told["channels"]
    if channels is None or (row.kind != "pool" and "channels" not in row.cells and channels != new[1]):
        channels = new[1]
    right = (size, size, channels) if _last(shape) else (channels, size, size)
    firm = new[0] == size or (strided and new[0] not in sizes)
    yield Follows(row.cells["output"], formula, right[:len(shape)], firm=firm)


def _last(shape: Shape) -> bool:
    """Whether the channels stand last, or are not told."""
    return shape[0] == shape[1]


def _field(rows: Sequence[Row], place: int) -> Iterator[Follows]:
    """The receptive field, from the first layer on."""
    row = rows[place]
    if "field" not in row.cells or (said := _shape(row.cells["field"].text)) is None or len(set(said)) != 1:
        return
    size, jump, formula = 1, 1, ""
    for above in rows[:place + 1]:
        if above.kind in ("start", "same"):
            formula = f"{size}"
            continue
        kernel, stride = above.told["kernel"], above.told["stride"]
        if above.kind not in ("conv", "pool") or not kernel or not stride:
            return
        formula = rf"{size} + ({kernel} - 1) \cdot {jump}"
        size, jump = size + (kernel - 1) * jump, jump * stride
    yield Follows(row.cells["field"], formula, (size,) * len(said))


def _counts(rows: Sequence[Row], column: str, text: str) -> Iterator[Follows]:
    """Parameters and multiplications: with biases or without, as the other layers of the table are counted."""
    made = []
    for place, row in enumerate(rows):
        cell = row.cells.get(column)
        if cell is None or cell.text.lower() in _NONE:
            continue
        if row.kind == "total":
            whole = [_whole(r.cells[column]) for r in rows[:place] if column in r.cells
                     and r.cells[column].text.lower() not in _NONE]
            if len(whole) > 1 and None not in whole and place == len(rows) - 1:
                numbers = [n for n in whole if n is not None]
                yield Follows(cell, " + ".join(str(n) for n in numbers if n), sum(numbers))
            continue
        above, shape = next(iter(_before(rows, place)), None), row.shape("output")
        if column == "parameters" and row.kind in ("pool", "same", "start") and not (
                _NORM.search(row.cells["layer"].text.lower())):
            if _whole(cell) == 0:
                yield Follows(cell, "0", 0)
            continue
        if above is None or shape is None:
            continue
        if row.kind == "dense":
            inputs, outputs, window, places = math.prod(above), math.prod(shape), 1, 1
        elif row.kind == "conv" and row.told["kernel"] and (old := _places(above)) and (new := _places(shape)) and (
                not _NORM.search(row.cells["layer"].text.lower())) and old[1] and new[1]:
            inputs, outputs, window, places = old[1], new[1], row.told["kernel"] ** 2, new[0] ** 2
        else:
            continue
        weights = window * inputs * outputs
        kernel = rf"{row.told['kernel']}^2 \cdot " if window > 1 else ""
        if column == "parameters":
            made.append((cell, rf"{kernel}{inputs} \cdot {outputs}", weights, outputs, window, row.kind))
        else:
            formula = rf"{places} \cdot {kernel}{inputs} \cdot {outputs}"
            made.append((cell, formula, places * weights, 0, window, row.kind))
    for cell, formula, weights, biases, window, kind in made:
        alike = [m for m in made if m[5] == kind and m[0] is not cell]
        with_biases = any(_says(m[0], m[2] + m[3]) for m in alike)
        without = any(_says(m[0], m[2]) for m in alike)
        plain = not biases or (_says(cell, weights) and not with_biases)
        counted = any(_says(m[0], m[2]) or _says(m[0], m[2] + m[3]) for m in made if m[0] is not cell)
        unsure = _says(cell, weights) and (without or _WITHOUT_BIAS.search(text) is not None)
        computed = _result(cell) != cell.text
        firm = counted and not unsure and not computed and not (kind == "dense" and any(r.maybe for r in rows))
        said = _whole(cell)
        for count in (said, said - biases) if said is not None and window > 1 else ():
            if count % window == 0 and biases < count // window < weights // window:
                firm = False  # as many as in groups of channels, or where not every channel is read
        yield Follows(cell, formula if plain else f"{formula} + {biases}", weights + (0 if plain else biases),
                      firm=firm)


def _says(cell: Cell, value: int) -> bool:
    return _agrees(cell, value) is not None


def _result(cell: Cell) -> str:
    """The number that a cell shows, 672 of 3·3·3·24 + 24 = 672, which is a line of its own, too."""
    return re.split("[=≈]", cell.text)[-1].strip()


def _whole(cell: Cell) -> int | None:
    plain = _result(cell).replace(",", "").replace(" ", "")
    return int(plain) if plain.isdigit() else None


def _agrees(cell: Cell, value: int) -> str | None:
    """How a cell agrees with a value: exactly, with an empty sentence, or rounded; None if it does not."""
    found = _NUMBER.fullmatch(_result(cell).strip("~≈ "))
    if found is None:
        return None
    shown = decimal(found[1].replace(",", "") + (found[2] or ""))
    unit = measure(found[3]) if found[3] else None
    if found[3] and unit is None:
        return None
    for factor in likely(Fraction(value), shown.value, unit):
        exact = flint.fmpq(value * factor.denominator, factor.numerator)
        agreed = agreement(exact, shown)
        if agreed.verdict is Agreement.EXACT:
            return ""
        if agreed.verdict is not Agreement.WRONG and factor != 1:
            return f"{agreed.detail}"
    return None


# Lines.

def _times(shape: Shape) -> str:
    return r" \times ".join(map(str, shape))


def _line(reading: Reading, follows: Follows) -> Iterator[tuple[Line, Decision]]:
    """The claim that a cell is, with its verdict."""
    cell, value = follows.cell, follows.value
    if isinstance(value, tuple):
        said = _shape(cell.text)
        agreed = "" if said == value else None
        shown, right = _times(said or ()), _times(value)
    else:
        agreed = _agrees(cell, value)
        shown, right = _result(cell), str(value)
    if agreed is not None:
        decision = Decision(Verdict.ROUNDED if agreed else Verdict.PROVED, agreed, "these numbers",
                            procedures=("exact numbers",))
    elif follows.firm:
        plain = right.replace(r"\times", "×")
        decision = Decision(Verdict.REFUTED, f"from the row above and what stands beside it follows {plain}",
                            "these numbers", repair=right, counterexample=Counterexample(
                                {}, {}, {}, plain, shown.replace(r"\times", "×")))
    else:
        right = right.replace(r"\times", "×")
        decision = Decision(Verdict.UNDECIDED, f"{right} would follow if it is meant as elsewhere in the table")
    span = next((s for s, _ in reading.spans if s.start < cell.end and cell.start < s.end), None) or Span(
        cell.start, cell.end, cell.start, cell.end, False, Source(reading.text[cell.start:cell.end], cell.start),
        plain=True)
    left, right_side = _node(follows.formula, cell), _node(shown, cell)
    if left is not None and right_side is not None:
        yield Line(left, "=", right_side, cell.start, cell.end, span), decision


def _node(text: str, cell: Cell) -> Node | None:
    """A formula that stands for a cell."""
    try:
        tree = read(Source(text, cell.start, [(cell.start, cell.end)] * len(text)))
        return tree.nodes[0].nodes[0]
    except (ReadError, IndexError):
        return None
