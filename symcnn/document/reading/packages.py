r"""Commands of LaTeX packages for derivatives, norms and brackets, in documents that do not define them themselves.

\dv{y}{x} and \pdv{L}{w} (physics, derivative), \od and \pd (commath), \diff and \diffp (diffcoeff), \abs, \norm, \qty;
and the d that is set upright, as in \frac{\mathrm{d}y}{\mathrm{d}x}.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from symcnn.document.reading.macros import Macro
from symcnn.document.reading.source import Source

COMMANDS = tuple(Macro(name, body, -1, -1, 1) for name, body in (
    (r"\abs", r"\left|#1\right|"), (r"\norm", r"\left\|#1\right\|"), (r"\floor", r"\left\lfloor #1\right\rfloor "),
    (r"\ceil", r"\left\lceil #1\right\rceil "), (r"\vb", r"\mathbf{#1}"), (r"\va", r"\vec{#1}"),
    (r"\vu", r"\hat{#1}"))) + (Macro(r"\grad", r"\nabla ", -1, -1),)
RARER = {r"\od": "commath", r"\pd": "commath", r"\diff": "diffcoeff", r"\diffp": "diffcoeff"}
"""Commands that other people define otherwise: they are read where the document loads the package."""
PARTIAL = frozenset(("pdv", "pd", "diffp"))
_ARGUMENT = r"\s*\{((?:[^{}]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})*)\}"
_SLOPE = re.compile(rf"\\(dv|odv|od|pdv|pd|diffp|diff)\*?(?![A-Za-z])(?:\s*\[([^\[\]]*)\])?{_ARGUMENT}"
                    rf"(?:{_ARGUMENT})?(?:{_ARGUMENT})?")
_DIFFERENTIAL = re.compile(r"\\(dd|dif|diff)(?![A-Za-z])(?:\s*\{([^{}]*)\})?\s*")
_STARRED = re.compile(r"\\(abs|norm|floor|ceil|vb)\*(?=\s*\{)")
_SIZED = re.compile(r"\\(qty|pqty|bqty|vqty)\*?(?=\s*[(\[|])")
_BARS = re.compile(r"(?<=\\left|right)\s*\\[lr]([vV])ert(?![A-Za-z])")
_UPRIGHT_D = (r"(?:(?<!frac)\{\s*\\(?:mathrm|rm|textrm|mathsf|mathbf|bf)\s*d\s*\}"
              r"|\\(?:mathrm|text|textrm|operatorname\*?|mathsf|mathbf|mathop)\s*\{\s*(?:\\rm\s*)?d\s*\}"
              r"|\\(?:mathrm|rm)\s+d(?![A-Za-z]))(?:\s*\\[!,])*")
_DIFFERENTIATES = re.compile(rf"\\[dt]?frac\s*\{{\s*{_UPRIGHT_D}[^&]*?\}}\s*\{{\s*{_UPRIGHT_D}"
                             rf"|{_UPRIGHT_D}\s*\\?[A-Za-z]+\s*/\s*{_UPRIGHT_D}")
_UPRIGHT = re.compile(rf"(?<![_^])(?<![_^]\{{){_UPRIGHT_D}")

_COMMAND = r"\\(?!d?frac|left|partial|cdot|times|text)[A-Za-z]+(?![A-Za-z]|\s*\{)"
_STYLED = r"\\[A-Za-z]+\s*\{\s*\\?[A-Za-z]+\s*\}"
_SCRIPTS = rf"'*(?:\s*[_^]\s*(?:\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}}|[A-Za-z0-9]|{_STYLED}|{_COMMAND}))*"
_NAME = rf"(?:{_STYLED}|{_COMMAND}|[A-Za-z](?![A-Za-z])){_SCRIPTS}"
_QUOTE = re.compile(r'(?<![A-Za-z}])"|"(?=[A-Za-z])|\\text')
_PRIMES = re.compile(r'(?<=[A-Za-z}])"')
r"""A sign of inches behind a name, c" for c''; what words stand between are quotes."""
_IN_BRACKETS = r"\[[A-Za-z0-9+\-*,\s\\{}_']*\]"
_IN_LINE = re.compile(
    rf"(?<![A-Za-z0-9\\}}_^])((?P<d>d|\\partial|∂)(?:\^\{{?2\}}?)?\s*{_NAME}(?:\s*\([^()/]*\)|{_IN_BRACKETS})?)\s*/\s*"
    rf"((?P=d)\s*{_NAME}(?:{_IN_BRACKETS})?)")
"""dL/dy in a line, also of entries: ∂L/∂Y[i, j]."""
_BY = re.compile(rf"\\partial\s*_\s*(?:\{{\s*({_NAME})\s*\}}|([A-Za-z]|{_COMMAND}))\s*({_NAME}(?:\s*\([^()]*\))?)")
"""\\partial_x f, the slope by what stands below."""


def with_commands(macros: Sequence[Macro], text: str) -> list[Macro]:
    """The commands of a document, and those of packages that it uses without defining them."""
    defined = {m.name for m in macros}
    return [*(m for m in COMMANDS if m.name in text and m.name not in defined), *macros]


def left_alone(macros: Iterable[Macro], text: str) -> frozenset[str]:
    """The commands that mean what a document says, or nothing that is known."""
    return frozenset([*(m.name for m in macros), *(name for name, package in RARER.items() if package not in text)])


def without_stars(source: Source) -> Source:
    r"""\norm*{x}, whose bars are as high as x, as \norm{x}."""
    return source.substitute(_STARRED, lambda m: rf"\{m[1]}")


def spelled_out(source: Source, defined: frozenset[str]) -> Source:
    r"""Derivatives by the commands of packages as fractions, \qty(…) as its parentheses."""
    def slope(match: re.Match[str]) -> str | None:
        name, order, of, by, other = match.groups()
        if "\\" + name in defined or name == "diff" and by is None:
            return None
        d = r"\partial " if name in PARTIAL else "d "
        if other is not None:
            return rf"\frac{{{d.strip()}^2 {of}}}{{{d}{by} {d}{other}}}"
        power = f"^{{{order}}}" if order else ""
        above, below = (of, by) if by is not None else ("", of)
        return rf"\frac{{{d.strip()}{power} {above}}}{{{d}{below}{power}}}"

    if "\\" in source.text:
        source = source.substitute(_SLOPE, slope)
        source = source.substitute(_DIFFERENTIAL, lambda m: None if "\\" + m[1] in defined else (
            rf"\mathrm{{d}}{m[2] or ''}"))
        source = source.substitute(_SIZED, lambda m: None if "\\" + m[1] in defined else "")
        source = source.substitute(_BARS, lambda m: r"\|" if m[1] == "V" else "|")
    if '"' in source.text and not _QUOTE.search(source.text):
        source = source.substitute(_PRIMES, lambda m: "''")
    return source


def without_upright_differentials(sources: Iterable[Source]) -> list[Source]:
    r"""The formulas of a document with d for \mathrm{d}, where fractions of these show that it differentiates."""
    found = list(sources)
    if any(_DIFFERENTIATES.search(source.text) for source in found):
        found = [source.substitute(_UPRIGHT, lambda m: "d") for source in found]
    return found


def with_fractions(source: Source) -> Source:
    r"""Slopes in a line, dL/dy and \partial_y L, as fractions: so they stand apart from the factors beside them."""
    if "partial" in source.text:
        source = source.substitute(_BY, lambda m: rf"\frac{{\partial {m[3]}}}{{\partial {m[1] or m[2]}}}")
    return source.substitute(_IN_LINE, lambda m: rf"\frac{{{m[1]}}}{{{m[3]}}}") if "/" in source.text else source
