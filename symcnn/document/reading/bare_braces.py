r"""Braces around a single name: {w}_{11} is w_{11}, and {\bf x} is \mathbf{x}, as \bf{x} is meant to be."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from symcnn.document.reading.tokens import Token

OLD_FONTS = {r"\bf": r"\mathbf", r"\rm": r"\mathrm", r"\it": r"\mathit", r"\cal": r"\mathcal", r"\sf": r"\mathsf",
             r"\tt": r"\mathtt"}
"""Commands that set the rest of a group in a font, with those that take what they set as an argument."""
WITH_WORDS = (r"\text", r"\mbox", r"\hbox", r"\begin", r"\end")
"""How the commands begin that take words."""
BEHIND = frozenset(("_", "^"))


def without_bare_braces(found: Sequence[Token], arguments: Mapping[str, int]) -> list[Token]:
    """The tokens of a formula without the braces around names with scripts.

    `arguments` says how many arguments a command has: their braces stay.
    """
    free = set(_free_braces(found, arguments))
    made: list[Token] = []
    held = ""
    place = 0
    while place < len(found):
        token = found[place]
        if held:
            token, held = token._replace(before=held + token.before), ""
        behind = found[place + 1] if place + 1 < len(found) else token
        if place in free and behind.text in OLD_FONTS and _is_closed(found, place + 2):
            made.append(token._replace(kind="command", text=OLD_FONTS[behind.text], stop=token.end))
            made.append(behind._replace(kind="mark", text="{", stop=behind.end))
            place += 2
            continue
        if token.text in OLD_FONTS and place + 1 in free:
            token = token._replace(text=OLD_FONTS[token.text], stop=token.end)  # \bf{x}, meant as \mathbf{x}
            free.remove(place + 1)
        if place in free and (end := _end_of_name(found, place + 1, arguments)) is not None:
            made.append(behind._replace(before=token.before + behind.before))
            made += found[place + 2:end]
            held = found[end].before
            place = end + 1
            continue
        made.append(token)
        place += 1
    return made


def _free_braces(found: Sequence[Token], arguments: Mapping[str, int]) -> Iterator[int]:
    """The places of the opening braces that belong to no command and to no script."""
    wanted, outer = 0, list[int]()
    for place, token in enumerate(found):
        if token.text == "{":
            if not wanted:
                yield place
            outer.append(max(0, wanted - 1))
            wanted = 0
        elif token.text == "}":
            wanted = outer.pop() if outer else 0
        elif token.text in BEHIND:
            wanted = 1
        elif token.kind == "command" and token.text not in OLD_FONTS:
            wanted = arguments.get(token.text, 1 if token.text.startswith(WITH_WORDS) else 0)
        elif token.text not in ("[", "]"):
            wanted = max(0, wanted - 1)


def _is_closed(found: Sequence[Token], place: int) -> bool:
    """Whether one token stands at a place, and a closing brace behind it."""
    return place + 1 < len(found) and found[place].text not in ("{", "}") and found[place + 1].text == "}"


def _end_of_name(found: Sequence[Token], place: int, arguments: Container[str]) -> int | None:
    """Where the brace closes behind a name that has scripts: w}_ or \\mathbf{w}_; None for anything else."""
    if place + 2 >= len(found):
        return None
    if found[place].kind == "command" and found[place].text in arguments and found[place + 1].text == "{" and (
            _is_closed(found, place + 2)):
        place += 3
    elif found[place].kind != "word" and not (found[place].kind == "command" and found[place].text not in arguments):
        return None
    end = place + 1
    return end if end + 1 < len(found) and found[end].text == "}" and found[end + 1].text in BEHIND else None
