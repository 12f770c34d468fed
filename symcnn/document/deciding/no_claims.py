"""Lines that look like claims and are none: updates of an average, what a network is to learn, another case."""

from __future__ import annotations

import re

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.lines.assumptions import NEARBY
from symcnn.document.reading.node import Node
from symcnn.document.reading.written import written

RUNNING = re.compile(r"\b(?:running|moving|exponential\w*|cumulative|updat\w+|momentum|track\w*)\b", re.IGNORECASE)
"""Words for a value that is kept from step to step."""
AVERAGE = re.compile(r"(?:\\(?:mathbb|mathrm|text|operatorname)\{)?(?:E|𝔼|Var|VAR|Cov|[Ss]td|[Mm]ean)\}?[\[(]")
"""How an average begins that is written with a letter for it. In v_t = β v_t + g_t a step is missing, however."""
PARAGRAPHS = 700
"""So many characters before an update such a word may stand."""
WANTED = re.compile(r"\b(?:(?:must|should|has to|have to|needs? to|wants? to|tr(?:y|ies) to|hard to|able to|can|cannot"
                    r"|could)\s+(?:\w+\s+){0,2}(?:learn|find|satisfy|represent|express|reproduce|realize|fulfil\w*|fit)"
                    r"|(?:goal|aim|target|requirement|wish|objective)(?:\s+is)?)\b[^.;!?\n$]*[:\s][*_\s$]*$",
                    re.IGNORECASE)
"""Words right before a formula that make it what is wanted."""


def no_claim(text: str, line: Line) -> str:
    """Why a line that fails is no claim; empty for any other line."""
    if line.relation == "≠" and any(_is_name(n) for side in (line.left, line.right) for n in side.below):
        return "a case other than the one that is given"
    if line.relation in EQUALS and line.first and _goes_on_from_itself(line) and RUNNING.search(
            text[max(0, line.span.start - PARAGRAPHS):line.span.start]):
        return "says what the left side becomes"
    if line.first and WANTED.search(text[max(0, line.span.start - NEARBY):line.span.start]):
        return "what is wanted, and no claim"
    return ""


def _goes_on_from_itself(line: Line) -> bool:
    """E[Z] = a E[Z] + (1 − a) m: whether the left side, an average, is a factor of a term of the right one."""
    wanted = [t.text for t in line.left.tokens]
    if not AVERAGE.match("".join(wanted)) or line.right.kind != "sum":
        return False
    return any(_holds(term, wanted) for term in line.right.nodes)


def _holds(term: Node, wanted: list[str]) -> bool:
    texts = [t.text for t in term.tokens]
    return any(texts[place:place + len(wanted)] == wanted for place in range(len(texts) - len(wanted) + 1))


def _is_name(node: Node) -> bool:
    return node.kind == "name" and node.head.isalpha()


CONVENTION = re.compile(r"\beinstein|\bsummation convention|\brepeated ind(?:ex|ices) (?:is|are|imply|implies|means?)"
                        r"|\bimplied (?:sum|summation)s?\b|\b(?:sum|summation)s? (?:is|are|over \S+ is) implied",
                        re.IGNORECASE)
"""Words of a document that leaves out the signs of its sums."""


def summed_by_convention(prose: str, line: Line) -> str:
    """Why a line may have sums without their signs, where the document says that it leaves them out."""
    if not CONVENTION.search(prose):
        return ""
    if any(t.text in (r"\sum", "∑") for side in (line.left, line.right) for t in side.tokens):
        return "one side may have sums without their signs"
    for product in (n for side in (line.left, line.right) for n in side.below if n.kind in ("product", "command")):
        seen: set[str] = set()
        for factor in product.below:
            if factor.kind in ("scripts", "index") and (name := written(factor)) is not None:
                letters = {c for n in (*name.lower, *name.inside) for t in n.tokens for c in t.text if c.isalpha()}
                if twice := sorted(letters & seen):
                    return f"{twice[0]} stands twice in a product and may be summed over"
                seen |= letters
    return ""


SUMMED_IN_WORDS = re.compile(r"(?:\$|\\\()\s*(?:\\sum|∑)\s*(?:\\limits\s*)?_\s*\{?\s*(\w)\s*\}?\s*(?:\$|\\\))\s*"
                             r"(?:denotes?|is|means|for|as|to mean|stands for)\b")
"""A sign of a sum alone, with the letter below it, and words that say what it means: $\\sum_r$ denotes …"""


def summed_in_words(prose: str, line: Line) -> str:
    """Why a sum over a letter that its summand has not is none over an index, where words say what its sign means."""
    said = set(SUMMED_IN_WORDS.findall(prose))
    for total in (n for side in (line.left, line.right) for n in side.below if said and n.kind == "big"):
        below = [t.text for t in total.nodes[0].tokens if t.text in said]
        if below and not any(t.text == below[0] for t in total.nodes[1].tokens):
            return f"what the sum over {below[0]} is, the document says in words"
    return ""
