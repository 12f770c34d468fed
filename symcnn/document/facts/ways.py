"""The ways by which a loss depends on a name: which of them lead nowhere, and which belong to different layers."""

from __future__ import annotations

from collections.abc import Mapping, Set

from symcnn.document.facts.onward import is_backward
from symcnn.notation.expression import Definition, Tensor
from symcnn.notation.traverse import made_of, tensors_in


def idle_readers(loss: str, readers: Mapping[Tensor, Definition], stated: Set[Tensor],
                 known: Mapping[Tensor, Definition], spoken_of: Set[Tensor]) -> tuple[set[Tensor], set[Tensor]]:
    """Readers of a variable that lead nowhere, where a line states gradients to which others of them lead.

    First those that only put together what these are made of, such as the kernel W = P D that a text names in passing;
    the others may be outputs of layers of their own, even where nobody speaks of ∂L/∂W. `known` are all formulas,
    `spoken_of` the names of which the document has a gradient somewhere.
    """
    read = {t for d in known.values() if not is_backward(d) for t in tensors_in(d.body)}
    found = {t for t in readers if t not in read and t.name != loss and t.gradient(loss) not in stated and (
        t not in spoken_of)}
    leading = {t for t in known if t.gradient(loss) in stated}
    below = made_of(leading, known)
    if not found or not (leading & readers.keys() or below & (readers.keys() - found)):
        return set(), set()
    found = {t for t in found if not made_of({t}, known) & (leading | readers.keys())}
    idle = {t for t in found if (names := made_of({t}, known)) <= below and (len(names) > 1 or not t.axes)}
    return idle, set() if leading & readers.keys() else found - idle


def unread_between(names: Set[str], mentioned: Mapping[str, Set[str]], variable: Tensor,
                   known: Mapping[Tensor, Definition]) -> str | None:
    """One of some names with a formula that is not understood in which a variable may stand, or further down in it.

    `mentioned` are the names in formulas that are not understood.
    """
    def bare(tensor: Tensor) -> str:
        return tensor.name.partition("__")[0]

    for name in sorted(names & mentioned.keys()):
        inside, waiting = set[str](), {name}
        while waiting:
            more = mentioned.get(one := waiting.pop(), frozenset()) | {
                bare(read) for t, d in known.items() if bare(t) == one for read in tensors_in(d.body)}
            waiting |= more - inside
            inside |= more
        if inside & {bare(variable), bare(variable).partition("_up_")[0]}:
            return name
    return None


def are_apart(ways: Mapping[tuple[str, str], Set[frozenset[str]]], asked: tuple[str, str], name: str,
              stated: Set[str]) -> bool:
    """Whether a name and those whose gradients a line states are layers of one input, one after the other in the text.

    Another line gives the gradient that is asked for by way of that name alone, or both ways are given for another one.
    """
    def other_way(known: Set[frozenset[str]]) -> bool:
        return any(name in way and not way & stated for way in known)

    if any(name in way and way & stated for of, known in ways.items() if of[0] == asked[0] for way in known):
        return False  # a line adds up what comes by both
    return other_way(ways.get(asked, set())) or any(
        of[0] == asked[0] and other_way(known) and any(way & stated and name not in way for way in known)
        for of, known in ways.items())
