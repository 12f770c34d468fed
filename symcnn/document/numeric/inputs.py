"""The size of an output counted in numbers, (a − k + 2p)/s + 1, from a size a that the text gives to nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from symcnn.document.claims.claims import Line
from symcnn.document.facts.known import Decision
from symcnn.document.facts.sections import headings
from symcnn.document.meaning.scripts import PLAIN_PRODUCTS
from symcnn.document.numeric.counts import bare
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.repair.edits import above_and_below, plain_text, with_edits
from symcnn.verdict import Verdict

OUTPUT = re.compile(r"output|resulting|feature map|spatial size|dimension", re.IGNORECASE)
TIMES = r"\s*(?:\\times|×|x|\*)\s*"
INPUT = (re.compile(rf"\\in\s*\\mathbb\s*\{{?R\}}?\s*\^\s*\{{\s*(\d+){TIMES}(\d+)(?:{TIMES}\d+)?\s*\}}"),
         re.compile(r"\b(?:input|image)s?(?: \w+)? (?:of |is |has |have )?(?:the )?(?:size |shape )?"
                    rf"\$?(\d+){TIMES}(\d+)", re.IGNORECASE),
         re.compile(rf"\b(\d+){TIMES}(\d+)(?:{TIMES}\d+)?\$? (?:\w+ )?(?:input|image)", re.IGNORECASE))
"""How the size of what a network reads is stated: X ∈ ℝ^{64×64×3}, an input of 64×64, 64×64 images."""
KERNEL = re.compile(rf"\b(\d+){TIMES}\1\$?\s+(?:kernel|filter|conv|max|average|pool|window)\w*|"
                    rf"(?:kernel|filter|window)s?(?: size)? (?:of |is )?(?:size )?\$?(\d+){TIMES}\2", re.IGNORECASE)
STRIDE = re.compile(r"strides? (?:of |is )?(?:size )?\$?(\d+)", re.IGNORECASE)
PADDING = re.compile(r"padding (?:of |is )?(?:size )?\$?(\d+)", re.IGNORECASE)
SENTENCE = re.compile(r"[.;]\s|\n\s*\n|[.;]$")
PROBLEM = re.compile(r"^\(?\d+[.)]\s", re.MULTILINE)
CUT_OFF = re.compile(r"drop|ignor|discard|crop|unused|left (?:out|over)|last (?:row|column|pixel|entry)|cut off"
                     r"|fits?\b", re.IGNORECASE)
"""Words by which a part of the input is left out on purpose."""
NEAR = 120


@dataclass(frozen=True)
class Size:
    """(a − k + padded)/s + 1 in numbers: its input, where that stands, the quotient, its kernel, padding and stride."""

    start: int
    place: Node
    quotient: Node
    kernel: int
    padded: int
    stride: int

    def of(self, size: int) -> int:
        """How many places a window has in an input of another size."""
        return (size - self.kernel + self.padded) // self.stride + 1


def from_another_size(line: Line, text: str, texts: Sequence[str]) -> Decision | None:
    """Refuted where the size of an output is right, but counted from a number next to the one input size; else None.

    The kernel, stride and padding must be those that a sentence lists together, the words right before must speak of
    an output, and the number must stand nowhere else. `text` is the document's, `texts` are those of what is given,
    too.
    """
    size, before = _size(line.left), text[max(0, line.start - NEAR):line.start]
    if size is None or line.relation != "=" or not OUTPUT.search(before) or CUT_OFF.search(
            before + text[line.end:line.end + NEAR]) or (
            size.kernel, size.stride, size.padded) not in set(_layers(texts)):
        return None
    if sum(len(re.findall(rf"(?<![\d.]){size.start}(?![\d.]\d|\d)", t)) for t in texts) != 1:
        return None
    begin = max((h.start for h in headings(text) if h.start <= line.start), default=0)
    begin = max([begin, *(m.start() for m in PROBLEM.finditer(text, begin, line.start))])
    stated = {(int(m[1]), int(m[2])) for pattern in INPUT for m in pattern.finditer(text, begin, line.start)}
    if len(stated) != 1:
        return None
    (height, width), = stated
    if height != width or abs(height - size.start) != 1 or size.of(height) != size.of(size.start):
        return None
    edited = with_edits(line.left, [(size.place.start, size.place.end, str(height)),
                                    (size.quotient.start, size.quotient.start, r"\lfloor "),
                                    (size.quotient.end, size.quotient.end, r" \rfloor")]).strip()
    return Decision(Verdict.REFUTED, f"counted from a size of {size.start}, which nothing has; the input is "
                                     f"{height}×{width}, and the fraction is rounded down",
                    repair=f"{edited} = {str(line.right).strip()}")


def _layers(texts: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Kernel, stride and the zeros of both sides together of the layers of which a sentence says all three."""
    for text in texts:
        for sentence in SENTENCE.split(text):
            found = list(KERNEL.finditer(sentence))
            for n, m in enumerate(found):
                end = found[n + 1].start() if n + 1 < len(found) else len(sentence)
                stride, padding = (p.search(" ".join(sentence[m.end():end].split())) for p in (STRIDE, PADDING))
                if stride is not None and padding is not None:
                    yield int(m[1] or m[2]), int(stride[1]), 2 * int(padding[1])


def _size(side: Node) -> Size | None:
    if side.kind != "sum" or len(side.parts) != 3 or _sign(side.parts[1]) != "+" or plain_text(side.nodes[-1]) != "1":
        return None
    quotient = side.nodes[0]
    fraction = above_and_below(quotient)
    if fraction is None:
        return None
    above, below = map(bare, fraction)
    stride = _number(below)
    if above.kind != "sum" or not stride or len(above.nodes) * 2 - 1 != len(above.parts):
        return None
    signs = ["+", *(_sign(p) for p in above.parts[1::2])]
    terms = [_number(n) for n in above.nodes]
    if None in terms or signs.count("-") != 1 or len(terms) != 3:
        return None
    kernel = signs.index("-")
    padded = next(n for n in range(1, 3) if n != kernel)
    numbers = [n or 0 for n in terms]
    return Size(numbers[0], above.nodes[0], quotient, numbers[kernel], numbers[padded], stride)


def _sign(part: Node | Token) -> str:
    return part.text.replace("−", "-") if isinstance(part, Token) else ""


def _number(node: Node) -> int | None:
    """The number that a term is: 2, or 2 · 1."""
    node = bare(node)
    if node.kind == "number" and node.head.isdigit():
        return int(node.head)
    if node.kind != "product" or len(node.nodes) != 2 or any(
            isinstance(p, Token) and p.text not in PLAIN_PRODUCTS for p in node.parts):
        return None
    first, second = map(_number, node.nodes)
    return None if first is None or second is None else first * second
