r"""Ways of writing that are read as others: entities, powers of ten, names of functions set upright, a document's own
commands and those of packages."""

from __future__ import annotations

import html
import html.entities
import re
from collections.abc import Iterable

from symcnn.document.reading.arithmetic import NOUN
from symcnn.document.reading.decimal_commas import with_decimal_points
from symcnn.document.reading.macros import MacroError, Macros, definitions
from symcnn.document.reading.measures import measure
from symcnn.document.reading.packages import spelled_out, with_fractions, without_stars, without_upright_differentials
from symcnn.document.reading.parameters import without_parameters
from symcnn.document.reading.source import Source
from symcnn.document.reading.spaced_digits import with_joined_digits
from symcnn.document.reading.unicode import SIGN, latex_of

_QUOTE = re.compile(r"(?<=\n)[ \t]*(?:>[ \t]?)+")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8}\d?);")
_POWER_OF_TEN = re.compile(r"(?<![\w.\\}])(\d+(?:\.\d+)?)[eE]([+-]?)(\d{1,3})(?![\w.])")
"""2.5e-3, as programs print numbers."""
_BRACED_DIFFERENTIAL = re.compile(r"(?<![A-Za-z\\])d\{([A-Za-z](?:[_^](?:\{[^{}]*\}|[A-Za-z0-9]))*)\}")
"""d{W_{11}}, as converters write dW_{11}."""
_UPRIGHT = re.compile(r"\\(?:mathrm|operatorname\*?|mathsf|mathit|text|textrm)\s*\{\s*(?:("
                      r"tanh|sinh|cosh|sech|csch|coth|sin|cos|tan|max|min|exp|log|ln)"
                      r"|(ReLU|relu|RELU|sigmoid|Sigmoid))\s*\}(?=\s*(?:\\left\s*)?[(\[_^])")
"""A function whose name is set upright by hand: \\mathrm{ReLU}(z)."""
_CHANGE = re.compile(r"(?<!rm{)\\Delta\s*((?:\\(?:theta|omega|phi|beta|gamma|mu|sigma)|[A-Za-z])(?![A-Za-z])"
                     r"|\\(?:mathbf|boldsymbol|bm|vec)\s*+\{\s*+(\\?[A-Za-z]+)\s*+\})")
"""\\Delta w, the change of w, which is one name."""
_STEP = re.compile(r"\^\s*+\{\s*+(?:\\langle|\\lt(?![A-Za-z])|<)\s*+([^<>{}\\]+?)\s*"
                   r"(?:\\rangle|\\gt(?![A-Za-z])|>)\s*+\}")
"""a^{\\langle t - 1 \\rangle} and a^{<t-1>}, the steps of a sequence."""
_PERIODIC = re.compile(r"(?<![\w.\\}])(\d*)\.(\d*)\\(?:overline|bar|dot)\s*(?:\{(\d+)\}|(\d))")
"""0.\\overline{3}, a decimal that goes on with the same digits."""
_DELTA = re.compile(r"\\delta(?![A-Za-z])")
_SLOPE_BY_DELTA = re.compile(r"\\[dt]?frac\s*\{\s*\\delta(?![A-Za-z])(?!\s*_)(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
                             r"\s*\{\s*\\delta(?![A-Za-z])(?!\s*_)")
"""A slope that is written with small deltas for the signs of partial derivatives."""
_ENTRY_BY_ENTRY = re.compile(r"(?<![\d.])\.\*(?!\*)")
""".*, the product entry by entry of MATLAB."""
_PER_CENT = re.compile(r"(?<=\d)(?:%|\\\\%(?!\[|[ \t]*\n))")
"""In Markdown a percent sign behind a digit is seldom the comment that TeX takes it for."""
_BALANCED = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*"
_PLAIN = (
    (NOUN, lambda m: rf"\text{{ {m['noun'] or m['unit']}}}" if measure(m["noun"] or m["unit"]) else " "),
    (re.compile(r"\\(?=[-+*])"), lambda m: ""),
    (re.compile(r"(?<=[\d) ])x(?=[\d( ])"), lambda m: r"\times "), (re.compile(r"\*\*"), lambda m: "^"),
    (re.compile(r"\^(\d\d+)"), lambda m: f"^{{{m[1]}}}"),
    (re.compile(rf"floor\s?\(({_BALANCED})\)"), lambda m: rf"\lfloor {m[1]}\rfloor "),
    (re.compile(rf"ceil\s?\(({_BALANCED})\)"), lambda m: rf"\lceil {m[1]}\rceil "),
)
"""How arithmetic without delimiters is written as LaTeX."""
_DIVERGENCE = re.compile(r"(?<=[A-Za-z}])(\s*(?:\\left\s*|\\[bB]igg?l?\s*)?\()([^()|;,=\n]{1,30}?)(?:\\[,;!:]|[\s~])*"
                         r"(?:\\(?:\||Vert(?![A-Za-z])|parallel(?![A-Za-z])|mid\s*\\mid)|\|\|)(?:\\[,;!:]|[\s~])*"
                         r"([^()|;,=\n]{1,30}?)(?=\s*(?:\\right\s*|\\[bB]igg?r?\s*)?\))")
"""D(p \\| q), a divergence, whose bars stand between what it is of."""
_ESCAPED_SCRIPT = re.compile(r"(?<=[A-Za-z0-9)\]}])\\_(?=\{|\d|[A-Za-z](?![A-Za-z]))")


def as_read(source: Source, macros: Macros, left: frozenset[str], *, latex: bool, plain: bool, quoted: bool,
            ) -> tuple[Source, str]:
    """One formula as it is to be read, and why it cannot be; `left` are the commands that mean what the document says.

    `plain` arithmetic has no delimiters; what is `quoted` in Markdown has the signs of a quotation before its lines.
    """
    body = source.text
    if plain:
        for pattern, new in _PLAIN:
            source = source.substitute(pattern, new)
    if not latex:
        if "%" in body:
            source = source.substitute(_PER_CENT, lambda m: "\\%")
        if "\n" in body and quoted:
            source = source.substitute(_QUOTE, lambda m: "")
        if "&" in body:
            source = source.substitute(_ENTITY, _character)
        if "\\_" in body and not re.search(r"(?<!\\)_", body):
            source = source.substitute(_ESCAPED_SCRIPT, lambda m: "_")
    fault = ""
    if macros:
        try:
            source = macros.expand(without_stars(_without_definitions(source)))
        except MacroError as error:
            fault = str(error)
    source = spelled_out(source, left)
    if not body.isascii():
        source = source.substitute(SIGN, latex_of)
    if "{" in body:
        source = source.substitute(_UPRIGHT, lambda m: rf"\{m[1]} " if m[1] else rf"\text{{{m[2]}}}")
    if "^" in body:
        source = source.substitute(_STEP, lambda m: f"^{{({m[1]})}}")
    if "|" in body or "\\Vert" in body or "\\parallel" in body:
        source = source.substitute(_DIVERGENCE, lambda m: f"{m[1]}{m[2]} ; {m[3]}")
    if "\\Delta" in source.text:
        source = source.substitute(_CHANGE, lambda m: rf"\mathrm{{\Delta {m[2] or m[1]}}}")
    if "." in body:
        source = source.substitute(_PERIODIC, _fraction)
        source = source.substitute(_ENTRY_BY_ENTRY, lambda m: r"\odot ")
    if "d{" in source.text:
        source = source.substitute(_BRACED_DIFFERENTIAL, lambda m: f"d{m[1]}")
    return source.substitute(
        _POWER_OF_TEN, lambda m: rf"{m[1]}\cdot 10^{{{m[2].strip('+')}{m[3]}}}"), fault


def as_read_together(sources: Iterable[Source], text: str) -> list[Source]:
    """The formulas of a document, where what one of them shows counts for all."""
    sources = with_decimal_points(with_joined_digits(sources), text)
    found = without_parameters([with_fractions(source) for source in without_upright_differentials(sources)])
    if not _takes_delta_for_partial(text):
        return found
    return [source.substitute(_DELTA, lambda m: r"\partial") for source in found]


def _takes_delta_for_partial(text: str) -> bool:
    r"""Whether all deltas of a document begin both parts of a fraction: \frac{\delta L}{\delta w}."""
    slopes = len(_SLOPE_BY_DELTA.findall(text))
    return slopes > 0 and 2 * slopes == len(_DELTA.findall(text))


def _without_definitions(source: Source) -> Source:
    """Definitions inside a formula, blanked out so that the rest stays in its place."""
    blank = source.text
    for macro in definitions(source.text, 0, len(source.text)):
        blank = blank[:macro.start] + " " * (macro.end - macro.start) + blank[macro.end:]
    return source if blank == source.text else Source(blank, source.start, source.places)


def _fraction(match: re.Match[str]) -> str:
    """A periodic decimal as a fraction."""
    whole, before, period = match[1], match[2], match[3] or match[4]
    top = int(f"{whole}{before}{period}") - int(f"{whole}{before}" or 0)
    return rf"{{\frac{{{top}}}{{{'9' * len(period)}{'0' * len(before)}}}}}"


def _character(match: re.Match[str]) -> str | None:
    """The character of an HTML entity; what only looks like one (`a &b;`) stays."""
    name = match.group()[1:-1]
    if name.startswith("#") or name in html.entities.name2codepoint or name in ("le", "ge", "ne", "minus"):
        return html.unescape(match.group()).replace("\xa0", " ")
    return None
