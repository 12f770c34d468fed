"""Rows of an align* environment, the formulas found in a document, and plain text in LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from symcnn.latex.names import GREEK

WIDEST = 90.0
"""The widest row, in digits of the text font: 16 cm of an A4 page at 10 points."""

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_SILENT = {r"\left", r"\right", r"\bigl", r"\bigr", r"\Bigl", r"\Bigr", r"\mathrm", r"\operatorname", r"\hat",
           r"\bar", r"\tilde", r"\dot", r"\ddot", "{", "}"}
_WIDE = {r"\,": 0.4, r"\;": 0.6, r"\sum": 2.9, r"\tanh": 4.2, r"\ln": 1.8, r"\exp": 3.0, r"\infty": 2.0,
         r"\lim": 3.0, r"\sqrt": 1.7, "=": 2.7, "+": 2.4, "-": 2.4, ">": 2.7, r"\le": 2.7, r"\ge": 2.7,
         r"\ne": 2.7, r"\to": 3.1, r"\cdot": 1.5, ",": 1.0, "(": 0.8, ")": 0.8, "[": 0.6, "]": 0.6, "'": 0.6}
# A sign stays with what it acts on; a space or a dot stays with both neighbours.
_SIGNS = (r"\sum", r"\lim", r"\frac{\partial}")
_GLUE = (r"\,", r"\cdot")
CONTINUED = " \\\\\n  &\\qquad "


def tokens(tex: str) -> Iterator[tuple[str, int, int]]:
    """(token, position, depth of brackets around it) for every command, mark and run of spaces."""
    depth = 0
    for match in _TOKEN.finditer(tex):
        token = match.group()
        depth -= token in ")]}"
        yield token, match.start(), depth
        depth += token in "([{"


def words(tex: str) -> list[str]:
    """The formula cut at the spaces outside of brackets: signs, factors, operators."""
    cuts = [at for token, at, depth in tokens(tex) if depth == 0 and token.isspace()]
    return [w for a, b in zip([0, *cuts], [*cuts, len(tex)], strict=True) if (w := tex[a:b].strip())]


def width(tex: str) -> float:
    """About how wide a formula is printed, in digits; a fraction counts its wider half, an index 0.75."""
    found = list(tokens(tex))

    def behind(at: int) -> int:
        """The place behind the group {…} or the single token at a place."""
        if at >= len(found) or found[at][0] != "{":
            return at + 1
        return next((n + 1 for n in range(at + 1, len(found)) if found[n][2] == found[at][2]), len(found))

    def measure(at: int, end: int) -> float:
        total = 0.0
        while at < end:
            token = found[at][0]
            if token == r"\frac":
                middle = behind(at + 1)
                last = behind(middle)
                total += max(measure(at + 1, middle), measure(middle, last)) + 0.5
                at = last
            elif token in ("_", "^", r"\sum", r"\lim"):
                # What stands over and under a sign, or above and below a name, shares one column.
                columns = [_WIDE.get(token, 0.0)]
                at += token not in "_^"
                while at < end and found[at][0] in "_^":
                    columns.append(0.75 * measure(at + 1, behind(at + 1)))
                    at = behind(at + 1)
                total += max(columns)
            else:
                if token not in _SILENT and not token.isspace():
                    total += _WIDE.get(token, 1.5 if token.isupper() else 1.1)
                at += 1
        return total

    return measure(0, len(found))


def lines(tex: str, first: float, following: float) -> list[str]:
    r"""A formula in pieces that fit the first line and the following ones, where that can be done.

    Broken at signs, between factors, and inside the parentheses of a wide factor; those get a fixed
    size, because \left and \right must stand on one line.
    """
    if width(tex) <= first:
        return [tex]
    parts = words(tex)
    terms = [n for n, word in enumerate(parts) if word in ("+", "-")]
    if terms:
        return _packed(_cut(parts, terms), "{} ", first, following)
    opened = _opened(parts, first, following)
    if opened:
        return opened
    factors = [n for n, word in enumerate(parts) if n and not word.startswith(_GLUE)
               and not parts[n - 1].startswith(_GLUE + _SIGNS)]
    return _packed(_cut(parts, factors), r"\times ", first, following) if factors else [tex]


def _cut(parts: Sequence[str], places: Sequence[int]) -> list[str]:
    return [" ".join(parts[a:b]) for a, b in zip([0, *places], [*places, len(parts)], strict=True)]


def _packed(pieces: Sequence[str], mark: str, first: float, following: float) -> list[str]:
    """As many pieces on each line as fit; the mark stands before a piece that begins a new line.

    A piece that is too wide for a line is broken itself.
    """
    result = [""]
    for piece in pieces:
        room = first if len(result) == 1 else following
        joined = f"{result[-1]} {piece}".lstrip()
        if width(joined) <= room:
            result[-1] = joined
            continue
        start = ""
        if result[-1]:
            result.append("")
            room, start = following, mark
        if piece.startswith(("+ ", "- ")):
            start, piece = start + piece[:2], piece[2:]
        inner = lines(piece, room - width(start), following)
        result[-1] = start + inner[0]
        result += inner[1:]
    return result


def _opened(parts: Sequence[str], first: float, following: float) -> list[str]:
    """The product broken inside the brackets of its widest factor; [] where that is not sensible."""
    widest = max(range(len(parts)), key=lambda n: width(parts[n]))
    word = parts[widest]
    start = next((at for token, at, depth in tokens(word) if depth == 0 and token == r"\left"), None)
    if start is None or width(word) < 0.6 * sum(map(width, parts)):
        return []
    opening = start + len(r"\left")
    closing = next(at for token, at, depth in tokens(word) if depth == 0 and at > start and token in ")]")
    inner = word[opening + 2:closing - len(r" \right")]
    size = "Big" if r"\sum" in inner or r"\frac" in inner else "big"
    before = " ".join([*parts[:widest], rf"{word[:start]}\{size}l{word[opening]} "])
    after = " ".join([rf" \{size}r{word[closing:]}", *parts[widest + 1:]])
    first, following = first - width(before), following - width(after)
    if width(inner) <= first:
        first -= width(after)
    if first < 0.5 * following:
        return []
    if word[opening] == "[":
        conditions = words(inner.replace(r",\; ", r",\;" + "\n"))
        cuts = [n for n, c in enumerate(conditions) if n and conditions[n - 1].endswith(r",\;")]
        pieces = _packed(_cut(conditions, cuts), "", first, following)
    else:
        pieces = lines(inner, first, following)
    return [before + pieces[0], *pieces[1:-1], pieces[-1] + after] if len(pieces) > 1 else []


def chain(sides: Sequence[str], sign: str = "=", widest: float = WIDEST) -> str:
    """The body of an align* environment for left = right1 = right2 = … in LaTeX, or with another sign."""
    left, *rights = sides
    # A left side that takes half of the row stands in a row of its own.
    own_row = width(left) > widest / 2
    indent = 0.0 if own_row else width(left)
    rows = ["& " + CONTINUED.join(lines(left, widest, widest - 2))] if own_row else []
    for n, right in enumerate(rights):
        broken = lines(right, widest - indent - 3, widest - indent - 2)
        start = f"{left} &{sign} " if n == 0 and not own_row else f"&{sign} "
        rows.append(start + CONTINUED.join(broken))
    return " \\\\\n".join(rows)


_DISPLAY = re.compile(r"\\begin\{(align|equation)\*\}(.*?)\\end\{\1\*\}", re.DOTALL)


def displayed(tex: str) -> list[str]:
    r"""The sides of all formulas displayed in a document, in their order, as `latex` printed them.

    Reads align* and equation* environments; undoes the breaking of rows, so that what stands in the
    file can be compared with what was proved. Text behind `&&` in a row is a remark, not a side.
    """
    sides: list[str] = []
    for match in _DISPLAY.finditer(re.sub(r"(?<!\\)%.*", "", tex)):
        for row in _rows(match.group(2)):
            formula = row.split("&&")[0]
            left, aligned, right = formula.partition("&=")
            found = [left, right] if aligned else _sides(formula.replace("&", " "))
            sides += [side for side in (" ".join(s.split()) for s in found) if side]
    return sides


def _rows(body: str) -> list[str]:
    r"""The rows of a display with continuation lines joined; \bigl( … \bigr) is \left( … \right) again."""
    joined = re.sub(r"\s*\\\\\s*&\\qquad\s*(?:\\times\s|\{\}\s)?\s*", " ", body)
    joined = re.sub(r"\\[bB]igr(?![A-Za-z])", r"\\right", re.sub(r"\\[bB]igl(?![A-Za-z])", r"\\left", joined))
    return re.split(r"\\\\(?:\[[^\]]*\])?", joined)


def _sides(formula: str) -> list[str]:
    """The sides of an equation, cut at the signs = outside of brackets."""
    cuts = [at for token, at, depth in tokens(formula) if depth == 0 and token == "="]
    return [formula[a:b] for a, b in zip([0, *(c + 1 for c in cuts)], [*cuts, len(formula)], strict=True)]


_ESCAPES = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", '"': "''",
            "<": "$<$", ">": "$>$", "|": "$|$", "\u00a0": "~"} | {c: "\\" + c for c in "&%#_{}$"}
_MATH = GREEK | {
    "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≈": r"\approx", "≡": r"\equiv", "→": r"\to", "←": r"\leftarrow",
    "↦": r"\mapsto", "⟹": r"\Longrightarrow", "⇒": r"\Rightarrow", "⟺": r"\Longleftrightarrow",
    "⇔": r"\Leftrightarrow", "⊢": r"\vdash", "−": "-", "×": r"\times", "·": r"\cdot", "÷": r"\div",
    "±": r"\pm", "∓": r"\mp", "∂": r"\partial", "∇": r"\nabla", "∑": r"\sum", "∏": r"\prod", "∫": r"\int",
    "√": r"\surd", "∞": r"\infty", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset", "⊆": r"\subseteq",
    "∪": r"\cup", "∩": r"\cap", "∅": r"\emptyset", "∀": r"\forall", "∃": r"\exists", "¬": r"\neg",
    "∧": r"\wedge", "∨": r"\vee", "⊙": r"\odot", "⊗": r"\otimes", "∗": "*", "∘": r"\circ", "⌊": r"\lfloor",
    "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "⟨": r"\langle", "⟩": r"\rangle", "‖": r"\|", "′": "'",
    "″": "''", "…": r"\dots", "⋯": r"\cdots", "∝": r"\propto", "∼": r"\sim", "½": r"\tfrac{1}{2}",
    "¼": r"\tfrac{1}{4}", "¾": r"\tfrac{3}{4}", "ᵀ": r"^{T}", "⁻": "^{-}", "ℝ": r"\mathbf{R}",
    "ℤ": r"\mathbf{Z}", "ℕ": r"\mathbf{N}", "ℚ": r"\mathbf{Q}", "°": r"^{\circ}",
} | {c: f"^{{{n}}}" for n, c in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_MATH |= {c: f"_{{{n}}}" for n, c in enumerate("₀₁₂₃₄₅₆₇₈₉")}
_PLAIN = {"–": "--", "—": "---", "“": "``", "”": "''", "„": "``", "‘": "`", "’": "'"}
_ACCENTS = "\u0300\u0301\u0302\u0303\u0308\u030a\u030c\u0327"
_PLAIN |= dict.fromkeys("\u200b\u00ad", "")


def text(plain: str) -> str:
    """Plain text for LaTeX: marks are escaped, $…$ stays mathematics, other letters become commands.

    What plain LaTeX can print neither as text nor as mathematics is shown by its code point.
    """
    pieces = re.split(r"(\$(?!\s)[^$]+(?<!\s)\$)", plain)
    return "".join("$" + "".join(map(_in_math, p[1:-1])) + "$" if n % 2 else
                   "".join(map(_in_text, unicodedata.normalize("NFC", p))) for n, p in enumerate(pieces))


def _in_math(c: str) -> str:
    return c if c.isascii() else _MATH[c] + " " if c in _MATH else rf"\text{{{_in_text(c)}}}"


def _in_text(c: str) -> str:
    if c in _ESCAPES:
        return _ESCAPES[c]
    if c in _MATH:
        return f"${_MATH[c]}$"
    if c in _PLAIN:
        return _PLAIN[c]
    if c.isascii():
        return c if c.isprintable() or c.isspace() else " "
    # The letters with accents that inputenc knows for every font encoding: Latin-1 and a part of Latin A.
    letters = unicodedata.normalize("NFD", c)
    if c in "ßæøåÆØÅœŒ" or len(letters) == 2 and letters[0].isascii() and letters[1] in _ACCENTS:
        return c
    return f"[U+{ord(c):04X}]"
