r"""Where the mathematics of a document stands: spans with offsets into its text, and the source of each.

One walk from left to right over everything that can begin or hide mathematics. Markdown has code, comments and
money beside its dollars; in LaTeX a dollar is always mathematics, outside of comments, verbatim text and the
definitions of commands. Of mathematics without delimiters only arithmetic is read, in Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from symcnn.document.reading.arithmetic import chains
from symcnn.document.reading.macros import DEFINITION, LONGEST, MOST_CUT_SHORT, Macro, Macros, definition, definitions
from symcnn.document.reading.packages import left_alone, with_commands
from symcnn.document.reading.source import Source
from symcnn.document.reading.spelling import as_read, as_read_together

DISPLAYS = ("equation", "align", "alignat", "xalignat", "xxalignat", "flalign", "gather", "multline", "eqnarray",
            "displaymath", "dmath", "darray", "IEEEeqnarray", "empheq")
VERBATIM = ("verbatim", "Verbatim", "BVerbatim", "LVerbatim", "lstlisting", "minted", "alltt", "comment",
            "filecontents")


@dataclass(frozen=True)
class Span:
    """One piece of mathematics: where it starts and ends with its delimiters, and where its body does.

    `display` says whether it stands on lines of its own; `source` is the body as it is to be read, with the
    document's own commands expanded; `fault` says why it cannot be read at all. `plain` arithmetic has no delimiters.
    """

    start: int
    end: int
    body_start: int
    body_end: int
    display: bool
    source: Source = field(default=Source("", 0), repr=False, compare=False)
    fault: str = ""
    plain: bool = False


def spans(text: str, latex: bool = False) -> list[Span]:
    """The mathematics of a document in its order; `latex` says whether it is LaTeX rather than Markdown."""
    walk = _Walk(text, latex)
    walk.run()
    walk.found = [replace(s, source=Source(text[s.body_start:s.body_end], s.body_start)) for s in walk.found]
    macros = Macros(with_commands(walk.macros, text))
    defined = left_alone(walk.macros, text)
    found = [span if span.fault else _read_as(text, span, macros, defined, latex) for span in walk.found]
    sources = as_read_together((span.source for span in found), text)
    return [replace(span, source=source) for span, source in zip(found, sources, strict=True)]


def _read_as(text: str, span: Span, macros: Macros, left: frozenset[str], latex: bool) -> Span:
    quoted = text[text.rfind("\n", 0, span.start) + 1:span.start].lstrip().startswith(">")
    source, fault = as_read(span.source, macros, left, latex=latex, plain=span.plain, quoted=quoted)
    return replace(span, source=source, fault=fault)


# What can begin or hide mathematics. The name of a group is the method of _Walk that deals with it.

_MATH = rf"""
    (?P<definition>{DEFINITION.pattern.replace('(?P<', '(?P<_')})
  | (?P<environment>\\begin\s*\{{\s*(?:{'|'.join(DISPLAYS)}|math)\*?\s*\}})
  | (?P<dollars>\$\$?)
"""
_MARKDOWN = re.compile(rf"""
    (?P<fence>^(?:[ \t>]|[-*+][ \t]|\d+[.)][ \t])*(?P<ticks>`{{3,}}|~{{3,}})[ \t]*(?P<info>[^\n`]*)$)
  | (?P<comment><!--.*?(?:-->|\Z))
  | (?P<tag><(?:script|style|pre|code|textarea)\b[^<>]{{0,300}}>|\{{%-?[ ]*highlight\b[^%]{{0,300}}%\}})
  | \$(?P<ticked>`)
  | (?P<code>`+)
  | (?P<link>\]\((?:https?:|/|\.)[^()\s]*\))
  | {_MATH}
  | (?P<bracket>(?P<slashes>\\\\?)[(\[])
  | (?P<escaped>\\[^-+*])
""", re.VERBOSE | re.DOTALL | re.MULTILINE)
_LATEX = re.compile(rf"""
    (?P<comment>%[^\n]*|\\iffalse\b.*?(?:\\fi\b|\Z))
  | (?P<verbatim>\\(?:verb|lstinline|mintinline\{{\w+\}})\*?(?:\{{[^{{}}]*\}}|(?P<mark>[^a-zA-Z\s*{{])[^\n]*?(?P=mark))
        |\\begin\s*\{{(?P<name>(?:{'|'.join(VERBATIM)})\*?)\}}.*?(?:\\end\s*\{{(?P=name)\}}|\Z))
  | {_MATH}
  | (?P<bracket>(?P<slashes>\\)[(\[])
  | (?P<alias>\\[a-zA-Z@]+)
  | (?P<escaped>\\.)
""", re.VERBOSE | re.DOTALL)
_PARAGRAPH_END = re.compile(r"\n[ \t>]*(?=\n|\Z)|\Z")
_HARD_END = re.compile(r"\n[ \t>]*(?=\n|\Z)|\n(?=[ \t>]*(?:\#{1,6}\s|```|~~~))|\Z")
_BEYOND = re.compile(r"\$|^[ \t>]*(?:```|~~~|\#{1,6}[ \t])", re.MULTILINE)
_CLOSING_DOLLAR = re.compile(r"\\.|[{}$]", re.DOTALL)
_WORDS_INSIDE = re.compile(r"\\[a-zA-Z]+\*?(?:\s*\{[^{}]*\})?")
_WORD = re.compile(r"[^\W\d_]{2,}")
_STRONG = re.compile(r"[\\_^={}]")


class _Walk:
    """Collects spans and the definitions of commands."""

    def __init__(self, text: str, latex: bool) -> None:
        self.text, self.latex = text, latex
        self.found: list[Span] = []
        self.macros: list[Macro] = []
        self.openers: dict[str, str] = {}
        self.paragraph = (0, -1)
        self.missing: dict[str, int] = {}
        self.cut_short = 0

    def run(self) -> None:
        at = self.front_matter()
        pattern = _LATEX if self.latex else _MARKDOWN
        kinds = [k for k in _KINDS if k in pattern.groupindex]
        while (match := pattern.search(self.text, at)) is not None:
            kind = next(k for k in kinds if match[k] is not None)
            self.prose(at, match.start())
            at = max(_KINDS[kind](self, match), match.start() + 1)
        self.prose(at, len(self.text))
        for span in self.found:
            self.definitions_inside(span)

    def front_matter(self) -> int:
        """Where the document's own text begins: behind a Markdown page's settings."""
        matter = re.compile(r"\ufeff?---[ \t]*\n.*?\n---[ \t]*(?:\n|\Z)", re.DOTALL).match(self.text)
        return matter.end() if matter and not self.latex else 0

    def definitions_inside(self, span: Span) -> None:
        self.macros += definitions(self.text, span.body_start, span.body_end)

    # Each takes a match and says where the walk goes on.

    def skip(self, match: re.Match[str]) -> int:
        return match.end()

    def code(self, match: re.Match[str]) -> int:
        """`code`: up to as many ticks again, in the same paragraph."""
        ticks = match.group()
        end = self.paragraph_end(match.end())
        if self.find(ticks, match.end(), end) < 0:
            return match.end()
        closing = re.compile(rf"(?<!`){ticks}(?!`)").search(self.text, match.end(), end)
        if closing:
            self.prose(match.end(), closing.start())
        return closing.end() if closing else match.end()

    def prose(self, start: int, end: int, code: bool = False) -> None:
        """Text without delimiters, in which only arithmetic is mathematics."""
        if not self.latex:
            for first, last in chains(self.text, start, end, code):
                self.found.append(Span(first, last, first, last, False, plain=True))

    def tag(self, match: re.Match[str]) -> int:
        """<pre> … </pre> and the like hide what stands in them, where they are closed."""
        name = re.sub(r"\W", "", match.group().split()[0].split(">")[0]) or "%"
        closing = "endhighlight" if name == "%" else f"</{name}"
        end = self.find(closing, match.end(), len(self.text))
        return end + len(closing) if end >= 0 else match.end()

    def find(self, sign: str, start: int, end: int) -> int:
        """The offset of a sign, -1 for none; what is missing up to an end is not looked for twice."""
        if self.missing.get(sign) == end:
            return -1
        at = self.text.find(sign, start, end)
        if at < 0:
            self.missing[sign] = end
        return at

    def ticked(self, match: re.Match[str]) -> int:
        """$`a`$, GitHub's inline mathematics."""
        closing = self.find("`$", match.end(), self.paragraph_end(match.end()))
        if closing < 0:
            return match.start() + 1
        return self.add(match.start(), closing + 2, match.end(), closing)

    def fence(self, match: re.Match[str]) -> int:
        """A fenced block: code, or mathematics when it says `math`."""
        ticks = re.compile(rf"^[ \t>]*{match['ticks'][0]}{{{len(match['ticks'])},}}[ \t]*$", re.MULTILINE)
        closing = ticks.search(self.text, match.end())
        inside, end = (closing.start(), closing.end()) if closing else (len(self.text), len(self.text))
        if match["info"].strip().lower().strip("{}") in ("math", "{math"):
            return self.add(match.start("ticks"), end, min(match.end() + 1, inside), inside, display=True)
        if match["info"].strip().lower() in ("", "text", "txt", "plain", "plaintext", "none"):
            self.prose(match.end(), inside, code=True)
        return end

    def bracket(self, match: re.Match[str]) -> int:
        r"""\( … \) and \[ … \], in Markdown also with two backslashes; an escaped bracket of prose is none."""
        slashes, opening = match["slashes"], match.group()[-1]
        start = match.end()
        closing = self.closing(slashes + {"(": ")", "[": "]"}[opening], start, opening == "[")
        if closing < 0:
            open_formula = self.latex or self.looks_like_formula(start)
            return self.open_end(match, f"{match.group()} is not closed") if open_formula else start
        end = closing + len(slashes) + 1
        if not self.latex and opening == "[" and self.in_line(match.start(), end) and (
                self.is_prose(start, closing) or len(slashes) == 2):
            return start
        return self.add(match.start(), end, start, closing, display=opening == "[")

    def looks_like_formula(self, start: int) -> bool:
        """Whether the rest of the line after an opening delimiter can hardly be prose."""
        line = re.compile(r".*").match(self.text, start)
        return line is not None and re.search(r"\\[a-zA-Z]{2,}|[_^]\{", line.group()) is not None

    def is_prose(self, start: int, end: int) -> bool:
        """Whether escaped brackets hold a note or a reference rather than a formula."""
        inside = self.text[start:end]
        return "\n" not in inside and not re.search(r"[\\_^=<>+*/]", inside)

    def in_line(self, start: int, end: int) -> bool:
        """Whether there is text before or behind in the same line."""
        before = self.text[self.text.rfind("\n", 0, start) + 1:start]
        line_end = self.text.find("\n", end)
        behind = self.text[end:line_end if line_end >= 0 else len(self.text)]
        return bool(re.sub(r"^(?:[ \t>]|[-*+][ \t]|\d+[.)][ \t])*", "", before).strip()
                    or behind.strip(" \t.,;:"))

    def environment(self, match: re.Match[str]) -> int:
        name = re.sub(r"[\s{}]|\\begin", "", match.group())
        closing = re.compile(rf"\\end\s*\{{\s*{re.escape(name)}\s*\}}").search(self.text, match.end(),
                                                                                 match.end() + LONGEST)
        if closing is None:
            return self.open_end(match, f"\\end{{{name}}} is missing")
        return self.add(match.start(), closing.end(), match.start(), closing.end(), display=name != "math")

    def alias(self, match: re.Match[str]) -> int:
        r"""\be … \ee, where the document defines \be as \begin{equation} or as \[; nothing but the document counts."""
        environment = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}").match(self.text, match.start())
        opening = environment.group() if environment else match.group()
        if opening == r"\begin{document}":
            self.found.clear()
        elif opening == r"\end{document}":
            return len(self.text)
        if opening not in self.openers:
            return match.end()
        closers = [m.name for m in self.macros if m.body.strip() == self.openers[opening]]
        closing = re.compile(rf"(?:{'|'.join(map(re.escape, closers))})(?![a-zA-Z])").search(self.text, match.end())
        if not closers or closing is None:
            return self.open_end(match, f"{opening} is not closed")
        whole = self.openers[opening] not in (r"\]", "$$")
        return self.add(match.start(), closing.end(), match.start() if whole else match.start() + len(opening),
                        closing.end() if whole else closing.start(), display=True)

    def definition(self, match: re.Match[str]) -> int:
        if self.cut_short > MOST_CUT_SHORT:
            return match.end()
        again = DEFINITION.match(self.text, match.start())
        made = definition(self.text, again) if again else []
        self.cut_short += not made
        self.macros += made
        for macro in made:
            begins = re.fullmatch(rf"\\begin\s*\{{((?:{'|'.join(DISPLAYS)})\*?)\}}", macro.body.strip())
            if begins:
                self.openers[macro.name] = rf"\end{{{begins[1]}}}"
            elif macro.body.strip() in (r"\[", "$$"):
                self.openers[macro.name] = {r"\[": r"\]", "$$": "$$"}[macro.body.strip()]
        return made[0].end if made else match.end()

    def dollars(self, match: re.Match[str]) -> int:
        if match.group() == "$$":
            return self.double_dollars(match)
        start = match.end()
        closing = self.closing_dollar(start)
        if self.latex:
            return (self.open_end(match, "the closing $ is missing") if closing < 0
                    else self.add(match.start(), closing + 1, start, closing))
        if closing >= 0 and _is_formula(self.text[start:closing], self.text[closing + 1:closing + 2]):
            return self.add(match.start(), closing + 1, start, closing)
        if closing < 0 and self.looks_like_formula(start) and not self.text[start].isdigit():
            return self.open_end(match, "the closing $ is missing")
        return match.end()

    def double_dollars(self, match: re.Match[str]) -> int:
        start = match.end()
        closing = self.closing("$$", start, True)
        if closing < 0:
            return self.open_end(match, "the closing $$ is missing")
        if not self.text[start:closing].strip():
            return closing + 2
        return self.add(match.start(), closing + 2, start, closing,
                        display=self.latex or "\n" in match.string[start:closing] or not self.in_line(
                            match.start(), closing + 2))

    def closing(self, sign: str, start: int, display: bool) -> int:
        """The offset of a closing delimiter that no backslash escapes; -1 for none.

        In Markdown a display may hold blank lines, but no other formula and no heading or fence behind them.
        """
        end = self.paragraph_end(start) if self.latex or not display else min(len(self.text), start + LONGEST)
        if self.find(sign, start, end) < 0:
            return -1
        skipped = r"\\.|%[^\n]*" if self.latex else r"\\."
        for match in re.compile(f"{re.escape(sign)}|{skipped}", re.DOTALL).finditer(self.text, start, end):
            if match.group() == sign:
                inside = self.text[start:match.start()].strip()
                away = not self.latex and re.search(r"\n[ \t>]*\n", inside) and _BEYOND.search(inside)
                return -1 if away else match.start()
        return -1

    def closing_dollar(self, start: int) -> int:
        """The dollar that closes, outside of braces if there is one, in the same paragraph; -1 for none."""
        end = self.paragraph_end(start)
        depth, inside = 0, -1
        for match in _CLOSING_DOLLAR.finditer(self.text, start, end):
            if match.group() == "$":
                if depth <= 0:
                    return match.start()
                inside = match.start() if inside < 0 else inside
            else:
                depth += {"{": 1, "}": -1}.get(match.group(), 0)
        return inside

    def paragraph_end(self, at: int) -> int:
        start, end = self.paragraph
        if not start <= at <= end:
            match = (_PARAGRAPH_END if self.latex else _HARD_END).search(self.text, at)
            self.paragraph = at, match.start() if match else len(self.text)
        return self.paragraph[1]

    def open_end(self, match: re.Match[str], fault: str) -> int:
        """Mathematics that is not closed: it is taken to end with its paragraph."""
        end = self.paragraph_end(match.end())
        self.found.append(Span(match.start(), end, match.end(), end, True, fault=fault))
        return end

    def add(self, start: int, end: int, body_start: int, body_end: int, display: bool = False) -> int:
        self.found.append(Span(start, end, body_start, body_end, display))
        return end


_KINDS: dict[str, Callable[[_Walk, re.Match[str]], int]] = {
    "fence": _Walk.fence, "comment": _Walk.skip, "verbatim": _Walk.skip, "tag": _Walk.tag, "ticked": _Walk.ticked,
    "code": _Walk.code, "link": _Walk.skip, "definition": _Walk.definition, "environment": _Walk.environment,
    "dollars": _Walk.dollars, "bracket": _Walk.bracket, "alias": _Walk.alias, "escaped": _Walk.skip,
}


def _is_formula(inside: str, behind: str) -> bool:
    """Whether what stands between two dollars is a formula rather than prose between two sums of money."""
    if not inside.strip():
        return False
    money = inside[0].isdigit()
    if money and behind.isdigit():
        return False
    words = len(_WORD.findall(_WORDS_INSIDE.sub(" ", inside)))
    open_left, open_right = inside[0].isspace(), inside[-1].isspace()
    if _STRONG.search(inside):
        return not (words >= 2 and open_right and not open_left and (money or words >= 4))
    if words >= 2 and (open_left or open_right or money or words > 4):
        return False
    return not (open_right and not open_left and (words or money)) and not ("\n" in inside and words)
