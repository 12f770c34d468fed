r"""A document's own commands: \newcommand, \def, \let, \DeclareMathOperator, \DeclarePairedDelimiter, \newenvironment;
and their expansion."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from symcnn.document.reading.source import Place, Source

DEEPEST, LONGEST = 40, 40_000   # expansions inside expansions; characters that the expansions of one formula make
LONGEST_BODY, MOST = 2_000, 1_000   # characters of a definition or an argument; definitions
MOST_CUT_SHORT = 50                 # definitions without an end, before no more are looked for

_NAME = r"\\(?:[a-zA-Z@]+|[^a-zA-Z@\s])"
DEFINITION = re.compile(
    rf"""\\(?:re|provide)?newcommand\*?\s*(?P<new>\{{\s*{_NAME}\s*\}}|{_NAME})|\\DeclareRobustCommand\*?\s*
    (?P<robust>\{{\s*{_NAME}\s*\}}|{_NAME})|\\DeclareMathOperator(?P<star>\*?)\s*(?P<operator>\{{\s*{_NAME}\s*\}}|{_NAME})
    |\\DeclarePairedDelimiter\s*(?P<pair>\{{\s*{_NAME}\s*\}}|{_NAME})|\\[gex]?def\s*(?P<def>{_NAME})|\\let\s*(?P<let>{_NAME})\s*=?\s*(?P<meaning>{_NAME}|[^\\\s])
    |\\(?:re)?newenvironment\*?\s*\{{(?P<environment>[^{{}}]*)\}}""", re.VERBOSE)
_USE = re.compile(r"\\(?:begin|end)\{[^{}]*\}|\\[a-zA-Z@]+|\\[^a-zA-Z@]", re.DOTALL)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_PARAMETER = re.compile(r"#([1-9])")
_WHOLE_ARGUMENT = re.compile(r"(?:[\^_]|\\(?:[dtc]?frac|sqrt|hat|bar|tilde|vec|dot|overline|widehat|widetilde|mathbf|"
                             r"boldsymbol|bm|mathrm|mathcal|mathbb))\s*$")
"""After these a command stands for one argument, also when it expands to several characters."""


class MacroError(Exception):
    """A command that cannot be expanded; the reason is for a person."""


@dataclass(frozen=True)
class Macro:
    """name → body, with #1 … #arity in it; `default` is that of a first, optional argument.

    `start` and `end` are the offsets of the definition; `final` bodies are not expanded again; `fault` says why
    a use cannot be expanded.
    """

    name: str
    body: str
    start: int
    end: int
    arity: int = 0
    default: str | None = None
    final: bool = False
    fault: str = ""


def definitions(text: str, start: int, end: int) -> list[Macro]:
    """The definitions in a part of a text, none of them inside another."""
    found: list[Macro] = []
    at, cut_short = start, 0
    while len(found) < MOST and cut_short < MOST_CUT_SHORT and (match := DEFINITION.search(text, at, end)) is not None:
        made = definition(text, match)
        at = max(match.end(), *(m.end for m in made)) if made else match.end()
        cut_short += not made
        found += [m for m in made if m.end <= end]
    return found


def definition(text: str, match: re.Match[str]) -> list[Macro]:
    """What a match of DEFINITION defines: one command, two for an environment, none where it is cut short."""
    start, at = match.start(), match.end()
    if (alias := match["let"]) is not None:
        return [Macro(alias, match["meaning"], start, at, final=True)]
    if (name := match["operator"]) is not None:
        found = _argument(text, at)
        return [Macro(_bare(name), rf"\operatorname{match['star']}{{{text[slice(*found[:2])]}}}", start, found[2])
                ] if found else []
    if (name := match["pair"]) is not None:
        left = _argument(text, at)
        right = _argument(text, left[2]) if left else None
        if left is None or right is None:
            return []
        body = rf"\left{text[slice(*left[:2])]} #2\right{text[slice(*right[:2])]} "
        return [Macro(_bare(name), body, start, right[2], 2, default="")]  # the first is how high they are
    if (name := match["def"]) is not None:
        brace = text.find("{", at)
        found = _argument(text, brace) if brace >= 0 else None
        parameters = text[at:brace].strip()
        arity = len(parameters) // 2
        plain = parameters == "".join(f"#{n}" for n in range(1, arity + 1))
        fault = "" if plain else f"{name} takes arguments between signs of its own, which is not supported"
        return [Macro(name, text[slice(*found[:2])], start, found[2], arity, fault=fault)] if found else []
    count = re.compile(r"\s*\[\s*(\d)\s*\]").match(text, at)
    arity, at = (int(count[1]), count.end()) if count else (0, at)
    optional = re.compile(r"\s*\[([^\[\]]*)\]").match(text, at) if count else None
    default, at = (optional[1], optional.end()) if optional else (None, at)
    found = _argument(text, at)
    if found is None:
        return []
    body = text[slice(*found[:2])]
    if (name := match["environment"]) is not None:
        closing = _argument(text, found[2])
        return [Macro(rf"\begin{{{name}}}", body, start, closing[2], arity, default),
                Macro(rf"\end{{{name}}}", text[slice(*closing[:2])], start, closing[2])] if closing else []
    return [Macro(_bare(match["new"] or match["robust"]), body, start, found[2], arity, default)]


def _bare(name: str) -> str:
    return name.strip("{} \t\n") if name.startswith("{") else name


def _argument(text: str, at: int) -> tuple[int, int, int] | None:
    """The next argument (a group without its braces, a command or a character): start, end, and where it ends whole."""
    while at < len(text) and text[at].isspace():
        at += 1
    if at >= len(text):
        return None
    if text[at] == "{":
        end = closing_brace(text, at)
        return (at + 1, end - 1, end) if end else None
    command = _USE.match(text, at)
    end = command.end() if command else at + 1
    return at, end, end


def closing_brace(text: str, start: int) -> int:
    """The offset behind the brace that closes the one at `start`; 0 where there is none near enough."""
    depth = 0
    for match in _BRACE.finditer(text, start, start + LONGEST_BODY):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return match.end()
    return 0


class Macros:
    """The commands of a document; a use takes the last definition before it, or else the first one behind it."""

    def __init__(self, macros: Iterable[Macro]) -> None:
        self.known: dict[str, list[Macro]] = {}
        for macro in list(macros)[:MOST]:
            self.known.setdefault(macro.name, []).append(macro)

    def __bool__(self) -> bool:
        return bool(self.known)

    def at(self, name: str, position: int) -> Macro | None:
        found = self.known.get(name, [])
        return next((m for m in reversed(found) if m.end <= position), found[0] if found else None)

    def resolved(self, macro: Macro) -> Macro:
        r"""What a \let stands for: the command as it was defined then."""
        for _ in range(DEEPEST):
            if not macro.final:
                break
            earlier = [m for m in self.known.get(macro.body, []) if m.end <= macro.start]
            if not earlier:
                break
            macro = earlier[-1]
        return macro

    def expand(self, source: Source) -> Source:
        """The source with every command of the document expanded; MacroError where that cannot be done."""
        if not self.known or not any(name in source.text for name in self.known):
            return source
        self.written = 0
        text, places = self._expand(source.text, source.all_places(), source.start, 0)
        return Source(text, source.start, places)

    def _expand(self, text: str, places: list[Place], position: int, depth: int) -> tuple[str, list[Place]]:
        made, at = _Made(), 0
        for match in _USE.finditer(text):
            if match.start() < at:
                continue
            macro = self.at(match.group(), position)
            if macro is None:
                continue
            macro = self.resolved(macro)
            if macro.fault:
                raise MacroError(macro.fault)
            if depth >= DEEPEST:
                raise MacroError(f"{macro.name} expands into itself, or deeper than {DEEPEST}")
            made.add(text[at:match.start()], places[at:match.start()])
            arguments, at = self._arguments(macro, text, match.end())
            whole = places[match.start()][0], places[at - 1][1]
            body, of = self._filled(macro, text, places, arguments, whole)
            self.written += len(body)
            if self.written > LONGEST:
                raise MacroError(f"the commands of the document expand to more than {LONGEST} characters")
            if not macro.final:
                body, of = self._expand(body, of, position, depth + 1)
            if _WHOLE_ARGUMENT.search(made.text[-40:]) and not body.startswith("{"):
                body, of = f"{{{body}}}", [whole, *of, whole]
            made.add(body, of)
        made.add(text[at:], places[at:])
        return made.text, made.places

    def _arguments(self, macro: Macro, text: str, at: int) -> tuple[list[tuple[int, int] | str], int]:
        """The arguments of a use: ranges of the text, or the default's own text; and where the use ends."""
        arguments: list[tuple[int, int] | str] = []
        if macro.default is not None:
            optional = re.compile(r"\s*\[([^\[\]]*)\]").match(text, at)
            arguments.append(optional.span(1) if optional else macro.default)
            at = optional.end() if optional else at
        while len(arguments) < macro.arity:
            found = _argument(text, at)
            if found is None:
                raise MacroError(f"{macro.name} takes {macro.arity} arguments; one is missing")
            arguments.append(found[:2])
            at = found[2]
        return arguments, at

    def _filled(self, macro: Macro, text: str, places: list[Place], arguments: list[tuple[int, int] | str],
                whole: Place) -> tuple[str, list[Place]]:
        """The body with its arguments; what comes from the definition stands for the whole use."""
        made, at = _Made(), 0
        for match in _PARAMETER.finditer(macro.body):
            made.add(macro.body[at:match.start()], [whole] * (match.start() - at))
            at = match.end()
            argument = arguments[int(match[1]) - 1] if int(match[1]) <= len(arguments) else ""
            if isinstance(argument, str):
                made.add(argument, [whole] * len(argument))
            else:
                made.add(text[slice(*argument)], places[slice(*argument)])
        made.add(macro.body[at:], [whole] * (len(macro.body) - at))
        return made.text, made.places


class _Made:
    """Text put together from pieces with their places; a command and a letter behind it stay apart."""

    def __init__(self) -> None:
        self.text, self.places = "", list[Place]()

    def add(self, piece: str, places: list[Place]) -> None:
        if piece[:1].isalpha() and re.search(r"\\[a-zA-Z@]+$", self.text[-40:]):
            self.text += " "
            self.places.append(places[0])
        self.text += piece
        self.places += places
