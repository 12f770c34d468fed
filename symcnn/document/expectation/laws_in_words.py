"""Moments that words state: "the w_i have mean zero and variance σ²", "X_1, …, X_n are i.i.d. with mean μ"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from symcnn.document.reading.node import Node
from symcnn.document.reading.written import written

MARK = re.compile(r"⟦(\d+)⟧")
FORMULAS = r"⟦\d+⟧(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)⟦\d+⟧)*"
NOUNS = (r"entries|components|elements|coordinates|weights|inputs|activations|samples|observations|values|(?:random )?"
         r"variables|numbers|noise|features|units|pixels|gradients|biases|errors|vectors?|matrix|matrices|rows|columns")
SUBJECT = re.compile(
    rf"(?:^|[.,;:(*]|\b(?:suppose|assume|assuming|let|that|if|when|where|and|since|given|for|because|consider))\s*"
    rf"(?:that\s+)?(?:all\s+|both\s+|each\s+|every\s+|any\s+)?(?:of\s+)?(?:the\s+)?(?:(?:independent|random|all|single|\w+ed)"
    rf"\s+)?(?:(?:{NOUNS})\s+(?:of\s+)?(?:the\s+)?){{0,2}}(?P<names>{FORMULAS})\s*"
    rf"(?P<verb>,?\s*(?:are|is|has|have|be|with|having|both|all|each)\b)", re.IGNORECASE)
"""What a sentence speaks of: names with at most a noun before them and a verb behind."""
PROPERTY = re.compile(
    r"\b(?P<plain>zero|unit)[- ](?P<of>mean|variance)\b"
    r"|\b(?P<kind>mean|expectation|expected value|variance|standard deviation|std)(?:s|\s+value)?"
    r"\s*(?:of|is|are|equal to|equals|=)?\s*(?P<value>zero\b|one\b|0\b|1\b|⟦\d+⟧)", re.IGNORECASE)
DENIED = re.compile(r"n't\b|\b(?:not|no|never|non|without|would|sample|empirical|running|batch)\b", re.IGNORECASE)
"""Words of a sentence that states no moment, or one of numbers that are there."""
SENTENCE = re.compile(r"(?<=[.!?;])\s|\n\s*\n")
ENTRIES = re.compile(r"\b(?:entries|components|elements|coordinates) of\b|\bvectors?\b|\bmatri", re.IGNORECASE)
IID = re.compile(r"\bi\.\s?i\.\s?d\.\s")
NUMBERS = {"zero": 0, "0": 0, "one": 1, "1": 1, "unit": 1}


@dataclass(frozen=True)
class InWords:
    """A moment of a name: its `kind` is "mean", "variance" or "deviation", its value a formula or a number.

    `of_entries` says that the name is a vector, of which the entries have this moment.
    """

    name: Node
    kind: str
    value: Node | int
    of_entries: bool
    text: str


def laws_in_words(text: str, spans: list[tuple[int, int, Node]]) -> Iterator[InWords]:
    """The moments that the sentences of a text state; spans are those of its formulas, with their delimiters."""
    marked, end_before = [], 0
    for number, (start, end, _) in enumerate(spans):
        marked += [text[end_before:start], f"⟦{number}⟧"]
        end_before = end
    for sentence in SENTENCE.split(IID.sub("iid ", "".join(marked) + text[end_before:])):
        sentence = " ".join(sentence.split())
        said = list(PROPERTY.finditer(sentence))
        subjects = list(SUBJECT.finditer(sentence))
        for property_, follows in zip(said, (None, *said), strict=False):
            found = [m for m in subjects if m.end("verb") <= property_.start() + len(m["verb"])
                     and m.start("names") < property_.start()]
            if not found:
                continue
            between = sentence[found[-1].end("names"):property_.start()]
            if follows is not None and follows.start() > found[-1].start("names"):
                between = sentence[follows.end():property_.start()]
            here = sentence[found[-1].start():property_.end()]
            if DENIED.search(here) or MARK.search(between) or re.search(r"[.!?:]", between):
                continue
            kind = (property_["of"] or property_["kind"]).lower()
            kind = {"variance": "variance", "standard deviation": "deviation", "std": "deviation"}.get(kind, "mean")
            shown = (property_["plain"] or property_["value"]).lower()
            mark = MARK.fullmatch(shown)
            value = _formula(spans[int(mark[1])][2]) if mark else NUMBERS[shown]
            if value is None:
                continue
            for name in MARK.finditer(found[-1]["names"]):
                for node in _names(spans[int(name[1])][2]):
                    said_so = f"the {kind} of {str(node).strip()} is {str(value).strip()}"
                    yield InWords(node, kind, value, ENTRIES.search(found[-1][0]) is not None, said_so)


def _formula(tree: Node) -> Node | None:
    """The side that a formula without a relation is."""
    while tree.kind in ("rows", "row", "cell", "span", "clauses", "chain") and len(tree.nodes) == 1:
        tree = tree.nodes[0]
    return None if tree.kind in ("rows", "row", "cell", "span", "clauses", "chain") else tree


def _names(tree: Node) -> list[Node]:
    """The names of X_i, of X_1, …, X_n, and of x and y side by side; none of a formula."""
    while tree.kind != "clauses" and tree.nodes:
        tree = tree.nodes[0]
    if any(n.kind == "chain" and len(n.nodes) > 1 for n in tree.nodes):
        return []
    whole = [n.nodes[0] if n.kind == "chain" else n for n in tree.nodes]
    dots = [n for n in whole if n.head.lstrip("\\") in ("dots", "ldots", "cdots", "dotsc", "…")]
    names = [n for n in whole if n not in dots]
    return names if all(written(n) is not None for n in names) else []
