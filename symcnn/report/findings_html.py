"""Checked documents as one self-contained HTML page: no script, formulas in MathML, claims that unfold."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape

from symcnn.document.check import Report
from symcnn.document.claims.claims import Line
from symcnn.document.reading.spans import Span
from symcnn.document.reading.tokens import ReadError
from symcnn.document.reading.tree import read
from symcnn.report.findings import FLAGGED, OPEN, VERDICTS, Checked, Claim, claims_of
from symcnn.report.findings_terminal import MARKS
from symcnn.report.mathml import mathml

LONG = 40   # characters of an inline formula that may need to be scrolled on a phone
STYLE = """
:root { color-scheme: light dark; --good: #1a7f37; --bad: #c62828; --warn: #9a6700; --line: #8884; --soft: #8881 }
@media (prefers-color-scheme: dark) { :root { --good: #4ac26b; --bad: #ff7b72; --warn: #d4a72c } }
* { box-sizing: border-box }
body { font: 16px/1.55 system-ui, sans-serif; overflow-wrap: anywhere }
body { margin: 0 auto; padding: 1rem; max-width: 50rem }
h1, h2, h3, h4 { line-height: 1.25 }
.p { margin: .8em 0 }
pre, .wide, table { overflow-x: auto; max-width: 100%; display: block }
pre { background: var(--soft); padding: .6em; font-size: .85em }
td, th { border: 1px solid var(--line); padding: .2em .5em }
blockquote { margin-inline: 0; padding-inline-start: 1em; border-inline-start: 3px solid var(--line) }
math { font-size: 1.05em }
mtable.aligned mtd:nth-child(odd) { text-align: right; padding-inline: 0 }
mtable.aligned mtd:nth-child(even) { text-align: left; padding-inline: 0 }
mtable.left mtd { text-align: left }
.bold { font-weight: bold }
.boxed { border: 1px solid; padding: .2em }
.formula.display { display: block; overflow-x: auto; overflow-y: hidden; padding: .3em 0 }
.formula.long { display: inline-block; overflow-x: auto; overflow-y: hidden; max-width: 100%; vertical-align: bottom }
details { border-inline-start: 3px solid var(--line); padding-inline-start: .6em; margin: .25em 0; font-size: .92em }
details.inline:not([open]) { display: inline-block; border: 0; padding: 0; margin: 0 .2em }
summary { cursor: pointer; min-height: 1.5em }
.inline:not([open]) > summary { list-style: none }
.mark { display: inline-block; min-width: 1.4em; text-align: center; font-weight: bold; border-radius: .3em }
.proved .mark, .rounded .mark { color: var(--good) }
.refuted, .conditional { border-color: var(--bad) }
.refuted .mark, .conditional .mark { color: #fff; background: #c62828 }
.refuted > summary, .conditional > summary { color: var(--bad) }
.undecided .mark, .unread .mark, .tested .mark { color: var(--warn) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2em .8em; margin: .4em 0 }
dt { opacity: .75 } dd { margin: 0; overflow-x: auto; min-width: 0 }
.counts span { display: inline-block; margin-inline-end: 1em }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr } dd { padding-inline-start: .8em } }
"""


def page(documents: Sequence[Checked]) -> str:
    """The page of several documents, each made by `section`."""
    title = documents[0].file if len(documents) == 1 else f"{len(documents)} documents"
    contents = "" if len(documents) == 1 else "<ul>" + "".join(
        f'<li><a href="#{_anchor(d.file)}">{escape(d.file)}</a> {_counts(d)}</li>' for d in documents) + "</ul>"
    articles = "".join(d.html or _nothing(d) for d in documents)
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>symcnn: {escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
            f"<style>{STYLE}</style></head><body>{contents}{articles}</body></html>")


def section(document: Checked, report: Report) -> str:
    """One document: its counts, the flagged claims, and its text with every claim marked."""
    anchor = _anchor(document.file)
    beside: dict[int, list[str]] = {}
    flagged = []
    for number, (claim, span, line) in enumerate(claims_of(report), start=1):
        name = f"{anchor}-{number}"
        beside.setdefault(span.start, []).append(_claim(claim, line, name, span.display))
        if claim.verdict in FLAGGED:
            flagged.append(f'<li><a href="#{name}">line {claim.line}</a>: {escape(_why(claim))}</li>')
    shown = [_formula(report.text, span) + "".join(beside.get(span.start, ())) for span in report.spans]
    text = report.text.translate({0xE000: "?", 0xE001: "?"})
    for place, span in reversed(list(enumerate(report.spans))):
        text = f"{text[:span.start]}\ue000{place}\ue001{text[span.end:]}"
    body = (_latex if document.file.endswith(".tex") else _markdown)(text, lambda t: _filled(t, shown))
    readings = "".join(f"<li>{escape(r)}</li>" for r in document.readings)
    fault = f'<p class="refuted">{escape(document.fault)}</p>' if document.fault else ""
    return (f'<article id="{anchor}"><h1>{escape(document.file)}</h1><p class="counts">{_counts(document)}</p>{fault}'
            + (f"<ul>{''.join(flagged)}</ul>" if flagged else "")
            + (f"<details><summary>How names and signs were read</summary><ul>{readings}</ul></details>"
               if readings else "") + f"<hr>{body}</article>")


def _nothing(document: Checked) -> str:
    """A document of which nothing is known but that it could not be checked."""
    return f"<article><h1>{escape(document.file)}</h1><p>{escape(document.fault)}</p></article>"


def _anchor(file: str) -> str:
    return "d-" + re.sub(r"\W", "-", file)


def _counts(document: Checked) -> str:
    counts = document.counts
    return f"<span>{document.read} of {document.spans} formulas read</span>" + "".join(
        f'<span class="{v}"><span class="mark">{MARKS[v]}</span>{counts[v]} {v}</span>' for v in VERDICTS if counts[v])


def _formula(text: str, span: Span) -> str:
    """A formula in MathML; where it cannot be read, its source."""
    kind = " display" if span.display else " long" if span.end - span.start > LONG else ""
    try:
        if span.fault:
            raise ReadError(span.fault, span.start)
        shown = mathml(read(span.source), span.display)
    except ReadError:
        shown = f"<code>{escape(text[span.start:span.end])}</code>"
    return f'<span class="formula{kind}">{shown}</span>'


def _claim(claim: Claim, line: Line | None, name: str, display: bool) -> str:
    """A claim that unfolds to its proof or its counterexample."""
    rows: list[tuple[str, str]] = []
    if line is not None:
        shown = f"{mathml(line.left)}<span> {escape(claim.relation)} </span>{mathml(line.right)}"
        rows.append((f"line {claim.line}", f'<span class="wide">{shown}</span>'))
    if claim.reason:
        rows.append(("why", escape(claim.reason)))
    if claim.counterexample is not None:
        found = claim.counterexample
        rows += [(title, escape(", ".join(f"{n} = {v}" for n, v in found[key].items())))
                 for key, title in (("sizes", "sizes"), ("entries", "entries")) if found[key]]
        rows += [("left side", escape(str(found["left"]))), ("right side", escape(str(found["right"])))]
    if claim.assumptions:
        rows.append(("assuming", escape("; ".join(claim.assumptions))))
    if claim.repair:
        rows.append(("what holds", _latex_formula(claim.repair)))
    if claim.scope:
        rows.append(("for", escape(claim.scope)))
    if claim.procedures:
        rows.append(("shown by", escape(", ".join(claim.procedures)) + f" in {claim.ms:.1f} ms"))
    reason = f": {escape(_why(claim))}" if claim.verdict in FLAGGED else ""
    short = f"<span>{claim.verdict}{reason}</span>" if display or claim.verdict in FLAGGED | OPEN else ""
    kind = claim.verdict + ("" if display or claim.verdict in FLAGGED else " inline")
    return (f'<details class="{kind}" id="{name}"><summary title="{claim.verdict}"><span class="mark">'
            f"{MARKS[claim.verdict]}</span>{short}</summary><dl>"
            + "".join(f"<dt>{t}</dt><dd>{d}</dd>" for t, d in rows) + "</dl></details>")


def _why(claim: Claim) -> str:
    """The reason of a flagged claim, or else its two values."""
    if claim.reason or claim.counterexample is None:
        return claim.reason or claim.verdict
    return f"left {claim.counterexample['left']}, right {claim.counterexample['right']} (unfold for the example)"


def _latex_formula(latex: str) -> str:
    try:
        return f'<span class="wide">{mathml(read(latex))}</span>'
    except ReadError:
        return f"<code>{escape(latex)}</code>"


Fill = Callable[[str], str]


def _filled(text: str, shown: Sequence[str]) -> str:
    """Text for HTML, with the formulas in their places."""
    return re.sub("\ue000(\\d+)\ue001", lambda m: shown[int(m[1])], escape(text))


def _markdown(text: str, fill: Fill) -> str:
    """A Markdown page; HTML in it is dropped, and images stand as their words: nothing is loaded or run."""
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML

    class Renderer(RendererHTML):
        """Text goes through `fill`; paragraphs may hold claims, which a <p> may not."""

        def text(self, tokens, at, options, env):  # type: ignore[no-untyped-def]
            return fill(tokens[at].content)

        def image(self, tokens, at, options, env):  # type: ignore[no-untyped-def]
            return fill(tokens[at].content)

        def html_block(self, tokens, at, options, env):  # type: ignore[no-untyped-def]
            return fill(re.sub(r"<!--.*?-->|<[^<>]*>", "", tokens[at].content, flags=re.DOTALL))

        def html_inline(self, tokens, at, options, env):  # type: ignore[no-untyped-def]
            return ""

        def paragraph_open(self, tokens, at, options, env):  # type: ignore[no-untyped-def]
            return "" if tokens[at].hidden else '<div class="p">'

        def paragraph_close(self, tokens, at, options, env):  # type: ignore[no-untyped-def]
            return "" if tokens[at].hidden else "</div>\n"

    reader = MarkdownIt("commonmark", {"html": True}, renderer_cls=Renderer).enable("table")
    settings = re.compile(r"\ufeff?---[ \t]*\n.*?\n---[ \t]*(?:\n|\Z)", re.DOTALL).match(text)
    # What stands in code or in an address stays there as text, without its formulas.
    return re.sub("\ue000\\d+\ue001", "", str(reader.render(text[settings.end() if settings else 0:])))


_HEADINGS = {"part": 2, "chapter": 2, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 4}


def _latex(text: str, fill: Fill) -> str:
    """The prose of a LaTeX document in paragraphs; commands that only lay out are left away."""
    text = re.sub(r"(?<!\\)%[^\n]*", "", text)
    begin = re.search(r"\\begin\{document\}", text)
    text = text[begin.end() if begin else 0:].split(r"\end{document}")[0]
    text = re.sub(r"\\(?:begin|end)\{[^{}]*\}(?:\[[^\[\]]*\])?|"
                  r"\\(?:label|ref|cite\w*|maketitle|centering)\b(?:\{[^{}]*\})?", " ", text)
    text = re.sub(r"\\item\b\s*", "\n\n• ", text)
    text = re.sub(r"\\(?:emph|text\w\w|underline)\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\(?:small|footnotesize|normalsize|large|Large|noindent|clearpage|newpage|title|author|date)\b",
                  " ", text)
    text = text.replace("~", " ").replace("``", "“").replace("''", "”")
    parts = []
    for paragraph in re.split(r"\n\s*\n|(?=\\(?:sub)*section\b)", text):
        heading = re.match(r"\s*\\(part|chapter|(?:sub)*section|paragraph)\*?\s*\{([^{}]*)\}", paragraph)
        if heading:
            level = _HEADINGS[heading[1]]
            parts.append(f"<h{level}>{fill(heading[2])}</h{level}>")
            paragraph = paragraph[heading.end():]
        if paragraph.strip():
            parts.append(f'<div class="p">{fill(paragraph.strip())}</div>')
    return "\n".join(parts)
