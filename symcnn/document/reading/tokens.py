"""Tokens of LaTeX mathematics. Nothing is lost: the white space before a token is kept with it."""

from __future__ import annotations

import re
from typing import NamedTuple

from symcnn.document.reading.source import Source
from symcnn.errors import SymcnnError

LONGEST = 40_000      # characters of one formula
MOST_DIGITS = 60

SPACES = frozenset(r"\, \; \: \! \> \  ~ \thinspace \medspace \thickspace \negthinspace \displaystyle \textstyle "
                   r"\scriptstyle \nonumber \notag \limits \nolimits \hfill \noindent \small \footnotesize \normalsize "
                   r"\large \Large \tiny \scriptsize \relax \strut \allowbreak \left \right \middle \big \Big \bigg "
                   r"\Bigg \bigl \bigr \Bigl \Bigr \biggl \biggr \Biggl \Biggr \bigm \Bigm \mathstrut \centering \/ "
                   r"\xspace \allowdisplaybreaks \protect \ignorespaces \par \smash \vcenter \mathclose \mathopen "
                   r"\mathinner \mathord \mathpunct \mathstrut \scriptscriptstyle \space".split() + ["\\ ", "\\\n"])
"""Commands that change only how a formula looks, `\\left` and `\\right` among them."""
GAPS = frozenset((r"\quad", r"\qquad", r"\hspace", r"\hspace*", r"\enspace", r"\enskip"))
WITH_ARGUMENT = {r"\label": 1, r"\tag": 1, r"\tag*": 1, r"\color": 1, r"\hspace": 1, r"\hspace*": 1, r"\vspace": 1,
                 r"\vspace*": 1, r"\renewcommand": 2, r"\phantom": 1, r"\hphantom": 1, r"\vphantom": 1, r"\ref": 1,
                 r"\eqref": 1, r"\cite": 1, r"\setlength": 2, r"\arraystretch": 0, r"\hline": 0, r"\intertext": 0,
                 r"\footnotemark": 0, r"\textcolor": 1, r"\stepcounter": 1, r"\qedhere": 0, r"\rule": 2,
                 r"\raisebox": 1, r"\colorbox": 1, r"\cssId": 1, r"\class": 1, r"\style": 1, r"\require": 1,
                 r"\kern": 0, r"\mkern": 0, r"\hskip": 0, r"\mskip": 0}
LENGTHS = (r"\kern", r"\mkern", r"\hskip", r"\mskip")
"""Commands that say nothing of the mathematics, with their arguments; the text that `\\textcolor` colours stays."""
WORDS = frozenset("exp log ln max min tanh sinh cosh sech csch coth sin cos tan sigmoid Sigmoid softmax Softmax relu "
                  "ReLU RELU rot flip diag Var Cov floor ceil argmax argmin sqrt det tr vec conv mod sign arg lim sup "
                  "inf rank dim sum".split())

_PATTERN = re.compile(r"""
    (?P<space>(?:\s|[~\u200b-\u200f\u2060-\u2064\ufeff])+)
  | (?P<command>\\(?:right\.|[a-zA-Z]+\*?|.|\n))
  | (?P<number>\d+(?:(?:\\,|\{,\})\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)
  | (?P<word>[^\W\d_]+)
  | (?P<mark>.)
""", re.VERBOSE | re.DOTALL)
_LENGTH = re.compile(r"\s*-?[\d.]+\s*(?:em|ex|pt|mu|cm|mm|in|px)(?![a-zA-Z])")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?")
PLAIN = str.maketrans({"−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "′": "'", "’": "'", "∗": "*", "（": "(",
                       "）": ")", "，": ",", "＝": "=", "＋": "+", "：": ":", "；": ";", "【": "[", "】": "]"})
"""Unicode signs that stand for ASCII ones; each is one character, so that places stay what they are."""


class ReadError(SymcnnError):
    """What could not be read, and where (an offset into the text)."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason, self.position = reason, position


class Token(NamedTuple):
    """A token, where it starts in its document, and the white space and layout commands before it.

    `stop` is where it ends, for a token that is not written in the document as it reads.
    """

    kind: str
    text: str
    start: int
    before: str = ""
    stop: int | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.text) if self.stop is None else self.stop

    def split(self, length: int) -> tuple[Token, Token]:
        """The first characters as a token of their own, and the rest."""
        middle = self.start + length if self.stop is None else self.start
        return (Token(self.kind, self.text[:length], self.start, self.before, self.stop),
                Token(self.kind, self.text[length:], middle, "", self.stop))

    def __str__(self) -> str:
        return self.before + self.text


_REMARK = re.compile(r"//(?:(?!\\\\|\\end\b|\\tag\b)[^\n])*")
"""A remark behind //, up to the end of its row."""
_SET_APART = re.compile(r"(?:\\ |&|\\q?quad)\s*$")


def tokens(text: str, offset: int = 0) -> list[Token]:
    """The tokens of a formula, the last of kind "end"; ReadError for one that is too long.

    Kinds: command, number, word (a run of letters), gap (a wide space outside of the braces in its
    environment), mark, end.
    `offset` is where the formula starts in its document.
    """
    if len(text) > LONGEST:
        raise ReadError(f"a formula has at most {LONGEST} characters, this one has {len(text)}", offset)
    plain, found, at, before, depth = text.translate(PLAIN), [], 0, "", 0
    outside = [0]  # how many braces are around each environment that is open
    lists: list[bool] = []  # of each bracket that is open: whether commas in it separate the items of a list
    while at < len(text):
        match = _PATTERN.match(plain, at)
        assert match is not None  # the last alternative takes any character
        kind, end, word = match.lastgroup or "mark", match.end(), match.group()
        if kind == "command":
            if word == r"\begin":
                outside.append(depth)
            elif word == r"\end" and len(outside) > 1:
                outside.pop()
            if word == r"\right.":
                kind = "mark"
            elif (skipped := _layout(plain, at, word)) is not None:
                if word in GAPS and depth == outside[-1]:
                    found.append(Token("gap", plain[at:skipped], offset + at, before))
                    before = ""
                else:
                    before += plain[at:skipped]
                at = skipped
                continue
        elif kind == "mark":
            if word in "{[":
                depth += 1
                lists.append(word == "[" or plain[:at].rstrip()[-1:] in ("_", "^"))
            elif word in "}]":
                depth -= 1
                del lists[-1:]
            elif word == "%":
                line = plain.find("\n", at)
                end = len(text) if line < 0 else line + 1
                kind = "space"
            elif word == "/" and depth == 0 and (remark := _REMARK.match(plain, at)) and _SET_APART.search(plain[:at]):
                end, kind = remark.end(), "space"
        elif kind == "number":
            if not any(lists) and (thousands := _THOUSANDS.match(plain, at)):
                end = thousands.end()
            if end - at > MOST_DIGITS:
                raise ReadError(f"numbers have at most {MOST_DIGITS} digits", offset + at)
        if kind == "space":
            before, at = before + plain[at:end], end
            continue
        found.append(Token(kind, plain[at:end], offset + at, before))
        before, at = "", end
    return [*found, Token("end", "", offset + len(text), before)]


def placed_tokens(source: Source) -> list[Token]:
    """The tokens of a formula that was rewritten for reading, with their places in its document."""
    if source.places is None:
        return tokens(source.text, source.start)
    try:
        found = tokens(source.text)
    except ReadError as error:
        raise ReadError(error.reason, source.place(error.position)[0]) from None
    return [Token(t.kind, t.text, source.place(t.start)[0], t.before, source.place(max(t.start, t.end - 1))[1])
            for t in found]


def _layout(text: str, at: int, command: str) -> int | None:
    """Where a command that only lays out ends, its arguments included; None for any other command."""
    end = at + len(command)
    if command in SPACES:
        return end + (text[end:end + 1] == "." and command == r"\left")
    if command in (r"\quad", r"\qquad", r"\enspace", r"\enskip"):
        return end
    if command not in WITH_ARGUMENT:
        return None
    if command in LENGTHS and (length := _LENGTH.match(text, end)):
        return length.end()
    for _ in range(WITH_ARGUMENT[command]):
        rest = re.compile(r"\s*").match(text, end)
        start = rest.end() if rest else end
        if text[start:start + 1] == "{":
            end = _closing(text, start)
        elif command == r"\renewcommand" and text[start:start + 1] == "\\":
            name = re.compile(r"\\[a-zA-Z]+").match(text, start)
            end = name.end() if name else end
        elif command in (r"\tag", r"\tag*") and start < len(text):
            end = start + 1
    return end


def _closing(text: str, start: int) -> int:
    depth = 0
    for at in range(start, len(text)):
        if text[at] in "{}" and text[at - 1:at] != "\\":
            depth += 1 if text[at] == "{" else -1
            if depth == 0:
                return at + 1
    return len(text)
