"""The chain rule link by link, ∂L/∂w = ∂L/∂a ∂a/∂z ∂z/∂w, where not all of L, a and z have a formula.

It holds if L depends on w through a only, a through z, and so on, which is listed. It is left open where the document
speaks of another way from L to w, or where its formulas do not lead along the links.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress

from symcnn.document.claims.claims import EQUALS, Line
from symcnn.document.facts.known import Decision
from symcnn.document.facts.questions import equal
from symcnn.document.meaning.scripts import Vocabulary
from symcnn.document.reading.forms import differentials
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import nodes, text_of, unwrapped, written
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.zero import PROCEDURES
from symcnn.notation.expression import OPEN, Apply, Derivative, Expression, Multiply, Read, Tensor
from symcnn.verdict import Verdict

Name = tuple[str, str]
"""A name's stem and the number below it, whatever layer or step stands above it."""
Link = tuple[Node, Node]
DOTS = frozenset((r"\cdot", r"\times", "*"))
DERIVES = frozenset((r"\partial", "∂", r"\nabla", "∇"))
ERRORS = ("delta", "Delta")


def name_of(node: Node) -> Name | None:
    """The name that a node is; None for what is none, and for one of several entries, a_i."""
    found = written(node)
    if found is None or found.inside or found.primes:
        return None
    below = [unwrapped(i) for i in found.lower]
    return (found.stem, ",".join(n.head for n in below)) if all(n.kind == "number" for n in below) else None


def by_links(line: Line, lines: Iterable[Line], words: Vocabulary) -> Decision | None:
    """The verdict on a line that is the chain rule alone; None for another one, and where it is left open.

    Of several ways, whose shares are added, nothing is said.
    """
    whole = differentials(unwrapped(line.left))
    links = _links(line.right)
    if whole is None or line.relation not in EQUALS or links is None or len(links) < 2:
        return None
    of, by = name_of(whole[0]), written(whole[1])
    path = _in_order(links, *map(text_of, whole))
    if of is None or by is None or path is None:
        return None
    between = [name for link in path[1:] if (name := name_of(link[0])) is not None]
    if len(between) < len(path) - 1 or any(
            text_of(i) in words.names.index_names for link in path for i in _below(link[0])):
        return None
    if not _is_alone(_formulas(lines), of, (by.stem, ""), between):
        return None
    through = ", ".join(dict.fromkeys(text_of(link[0]).strip() for link in path[1:]))
    with suppress(StepError):
        theorem = equal(_of_open_functions(len(path)), (), PROCEDURES[:1])
        return Decision(Verdict.PROVED, "the chain rule", "all values", (
            f"{text_of(whole[0]).strip()} depends on {text_of(whole[1]).strip()} through {through} only",),
            procedures=tuple(sorted(theorem.procedures)))
    return None


def _below(node: Node) -> tuple[Node, ...]:
    found = written(node)
    return () if found is None else found.lower


def _links(side: Node) -> list[Link] | None:
    """The derivatives of which a side is the product, in order; None for any other side."""
    side = unwrapped(side)
    if (rate := _rate(side)) is not None:
        return [rate]
    if side.kind != "product" or any(p.text not in DOTS for p in side.parts if isinstance(p, Token)):
        return None
    found = [_rate(n) for n in side.nodes]
    return None if None in found else [rate for rate in found if rate is not None]


def _rate(node: Node) -> Link | None:
    """∂L/∂z as L and z, in a fraction or with a slash; None for anything else."""
    inner = unwrapped(node)
    if inner.kind == "group" and inner.head == "(" and inner.inner is not None:
        inner = unwrapped(inner.inner)
    if (found := differentials(inner)) is not None:
        return found
    parts = inner.parts if inner.kind == "product" else ()
    if len(parts) == 5 and isinstance(parts[2], Token) and parts[2].text == "/" and all(
            isinstance(p, Node) for p in (*parts[:2], *parts[3:])):
        top, of, bottom, by = (p for p in parts if isinstance(p, Node))
        return (of, by) if {top.head, bottom.head} <= {r"\partial", "∂"} else None
    return None


def _in_order(links: Sequence[Link], of: str, by: str) -> list[Link] | None:
    """The links from the one name to the other, each beginning with what the one before ends with."""
    for path in (list(links), list(links)[::-1]):
        ends = [(text_of(a).strip(), text_of(b).strip()) for a, b in path]
        if ends[0][0] == of.strip() and ends[-1][1] == by.strip() and all(
                a[1] == b[0] for a, b in zip(ends, ends[1:], strict=False)):
            return path
    return None


def _of_open_functions(number: int) -> Claim:
    """(f ∘ g ∘ h)'(x) = f'(g(h(x))) g'(h(x)) h'(x) for so many functions of which nothing else is known."""
    variable = Read(Tensor("x", ()), ())
    value: Expression = variable
    slopes: list[Expression] = []
    for n in range(number):
        slopes.append(Apply(f"{OPEN}f{n}'", value))
        value = Apply(f"{OPEN}f{n}", value)
    return Claim(Derivative(value, variable), Multiply(tuple(slopes)))


def _formulas(lines: Iterable[Line]) -> dict[Name, set[Name]]:
    """The names in the formulas of names; what speaks of derivatives and of errors, δ, is no such formula."""
    found: dict[Name, set[Name]] = {}
    head: Name | None = None
    for line in lines:
        if line.first:
            left = line.left.nodes[0] if line.left.kind == "product" and line.left.nodes else line.left
            stem = written(left)
            head = None if stem is None or line.relation not in EQUALS else name_of(left) or (stem.stem, "")
        sides = (line.left, line.right)
        if head is None or head[0] in ERRORS or any(t.text in DERIVES for side in sides for t in side.tokens) or any(
                differentials(n) is not None for side in sides for n in nodes(side)):
            continue
        read = {name_of(n) or (w.stem, "") for n in nodes(line.right) if (w := written(n)) is not None}
        if read - {head}:
            found.setdefault(head, set()).update(read - {head})
    return found


def _alike(one: Name, other: Name) -> bool:
    """Whether two names may be the same thing: z is all of z_1 and z_2."""
    return one[0] == other[0] and (one[1] == other[1] or "" in (one[1], other[1]))


def _reached(formulas: Mapping[Name, Set[Name]], start: Name, without: Iterable[Name] = ()) -> set[Name]:
    """What a name is made of, whatever goes through some other names left aside."""
    left_aside = list(without)
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        more = {n for head, read in formulas.items() if _alike(head, here) for n in read
                if not any(_alike(n, other) for other in left_aside)}
        waiting += more - seen
        seen |= more
    return seen - {start}


def _is_alone(formulas: Mapping[Name, Set[Name]], of: Name, by: Name, path: Sequence[Name]) -> bool:
    """Whether no way from `of` to `by` is known but for that along the path, and what is known leads along it."""
    along: dict[Name, set[Name]] = {head: set(read) for head, read in formulas.items()}
    ends = list(zip((of, *path), (*path, by), strict=True))
    heads = {head for head, _ in ends}
    if any(any(_alike(head, known) for known in formulas)
           and not any(_alike(n, below) for n in _reached(formulas, head)) for head, below in ends):
        return False
    used = {n for read in formulas.values() for n in read}
    open_ends = [n for n in formulas if not any(_alike(n, other) for other in (*used, *heads))]
    for head, below in ends:
        along.setdefault(head, set()).add(below)
        if not any(_alike(head, known) for known in formulas):
            along[head].update(open_ends)  # what has no formula may be made of all that stands in no other one
    return not any(_meets(_reached(along, of, [node]), [*path[n + 1:], by]) for n, node in enumerate(path))


def _meets(reached: Iterable[Name], others: Iterable[Name]) -> bool:
    wanted = list(others)
    return any(_alike(n, other) for n in reached for other in wanted)
