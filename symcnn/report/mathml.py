"""Formulas as MathML, from the tree that was read: a browser shows them without a script."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from html import escape

from symcnn.document.claims.claims import environment_name
from symcnn.document.reading.node import Node
from symcnn.document.reading.signs import BIG, FUNCTIONS, LAID, NOTHING
from symcnn.document.reading.tokens import WORDS, Token
from symcnn.document.reading.unicode import GREEK, SIGNS

SYMBOLS = {command: sign for sign, command in (GREEK | SIGNS).items()} | {
    r"\cdot": "⋅", r"\times": "×", r"\ast": "∗", r"\circ": "∘", r"\bullet": "•", r"\setminus": "∖", r"\leq": "≤",
    r"\geq": "≥", r"\leqslant": "⩽", r"\geqslant": "⩾", r"\neq": "≠", r"\rightarrow": "→", r"\longrightarrow": "⟶",
    r"\gets": "←", r"\longmapsto": "⟼", r"\Leftrightarrow": "⇔", r"\Leftarrow": "⇐", r"\Longrightarrow": "⟹",
    r"\leftrightarrow": "↔", r"\coloneqq": "≔", r"\coloneq": "≔", r"\doteq": "≐", r"\ni": "∋", r"\mid": "∣",
    r"\parallel": "∥", r"\perp": "⊥", r"\lesssim": "≲", r"\gtrsim": "≳", r"\leadsto": "⇝", r"\subseteq": "⊆",
    r"\ominus": "⊖", r"\oslash": "⊘", r"\circledast": "⊛", r"\circledcirc": "⊚", r"\dots": "…", r"\ldots": "…",
    r"\vdots": "⋮", r"\hbar": "ℏ", r"\infin": "∞", r"\prime": "′", r"\varnothing": "∅", r"\bigcup": "⋃",
    r"\bigcap": "⋂", r"\bigoplus": "⨁", r"\iint": "∬", r"\oint": "∮", r"\Vert": "‖", r"\vert": "|", r"\lvert": "|",
    r"\rvert": "|", r"\lVert": "‖", r"\rVert": "‖", r"\lbrace": "{", r"\rbrace": "}", r"\{": "{", r"\}": "}",
    r"\lbrack": "[", r"\rbrack": "]", r"\llbracket": "⟦", r"\rrbracket": "⟧", r"\%": "%", r"\$": "$", r"\#": "#",
    r"\&": "&", r"\_": "_", r"\bmod": "mod", r"\mod": "mod", r"\models": "⊨", r"\vdash": "⊢", r"\cdotp": "·",
    r"\star": "⋆", r"\therefore": "∴", r"\because": "∵", r"\not": "\u0338", "*": "∗", "-": "−", "||": "‖",
    r"\epsilon": "ϵ", r"\imath": "ı", r"\jmath": "ȷ", r"\Re": "ℜ", r"\Im": "ℑ", r"\aleph": "ℵ", r"\angle": "∠",
    r"\triangle": "△", r"\square": "□", r"\checkmark": "✓", r"\lgroup": "(", r"\rgroup": ")", NOTHING: "",
}
ACCENTS = {r"\hat": "^", r"\widehat": "^", r"\tilde": "~", r"\widetilde": "~", r"\bar": "¯", r"\overline": "¯",
           r"\vec": "→", r"\dot": "˙", r"\ddot": "¨", r"\check": "ˇ", r"\breve": "˘", r"\acute": "´",
           r"\mathring": "˚", r"\overleftarrow": "←", r"\overrightarrow": "→", r"\overbrace": "⏞"}
BELOW = {r"\underline": "_", r"\underbar": "_", r"\underbrace": "⏟"}
BOLD = (r"\mathbf", r"\boldsymbol", r"\bm", r"\pmb", r"\bold", r"\symbf", r"\symbfit")
UPRIGHT = (r"\mathrm", r"\mathsf", r"\mathtt", r"\mathup", r"\operatorname", r"\operatorname*", r"\mathop")
LETTERS = {r"\mathbb": "DOUBLE-STRUCK", r"\Bbb": "DOUBLE-STRUCK", r"\mathds": "DOUBLE-STRUCK",
           r"\mathbbm": "DOUBLE-STRUCK", r"\mathcal": "SCRIPT", r"\mathscr": "SCRIPT", r"\mathfrak": "FRAKTUR"}
FENCES = {"pmatrix": "()", "bmatrix": "[]", "Bmatrix": "{}", "vmatrix": "||", "Vmatrix": "‖‖", "cases": "{ ",
          "dcases": "{ ", "rcases": " }"}
GRIDS = ("matrix", "array", "cases", "tabular", "substack", "subarray")


def mathml(nodes: Node | Iterable[Node | Token], display: bool = False) -> str:
    """A <math> element of a tree, or of several parts side by side."""
    parts = [nodes] if isinstance(nodes, Node) else list(nodes)
    return f'<math display="{"block" if display else "inline"}">{_row(parts)}</math>'


def _row(parts: Iterable[Node | Token]) -> str:
    return f"<mrow>{''.join(map(_part, parts))}</mrow>"


def _part(part: Node | Token) -> str:
    return _operator(part) if isinstance(part, Token) else _node(part)


def _operator(token: Token, form: str = "") -> str:
    if token.kind == "gap":
        return '<mspace width="1.5em"/>'
    text = token.text[1:-1].strip() if len(token.text) > 2 and token.text[0] == "{" else token.text
    sign = SYMBOLS.get(text, text)
    opening = f'<mo form="{form}">' if form else "<mo>"
    return f"{opening}{escape(sign)}</mo>" if sign else ""


def _node(node: Node) -> str:
    match node.kind:
        case "empty":
            return "<mrow></mrow>"
        case "number":
            return f"<mn>{escape(node.head.replace('{,}', ',').replace(chr(92) + ',', ' '))}</mn>"
        case "name" | "symbol":
            return _name(node.head)
        case "text":
            words = str(node).partition("{")[2].rpartition("}")[0]
            return f"<mtext>{escape(words.replace(' ', chr(160)))}</mtext>"
        case "scripts":
            return _scripts(node)
        case "command":
            return _command(node)
        case "sign":
            return f"<mrow>{_operator(next(node.tokens), 'prefix')}{''.join(map(_part, node.parts[1:]))}</mrow>"
        case "relation":
            return _relation(node)
        case "rows":
            return _rows(node)
        case "braces":
            return _row(node.parts[1:-1]) if not _is_grid(node) else _table(node, False)
        case "group":
            return (f'<mrow><mo stretchy="true">{_sign(node.parts[0])}</mo>{_row(node.parts[1:-1])}'
                    f'<mo stretchy="true">{_sign(node.parts[-1])}</mo></mrow>')
        case "function" | "big" | "index" | "chain" | "clauses" | "sum" | "product":
            return _row(node.parts)
        case _:
            return f"<mtext>{escape(str(node))}</mtext>"


def _sign(part: Node | Token) -> str:
    return escape(SYMBOLS.get(part.text, part.text)) if isinstance(part, Token) else ""


def _name(text: str) -> str:
    if text in SYMBOLS:
        sign = SYMBOLS[text]
        large = text in BIG or not sign[:1].isalpha()
        return f"<mo>{escape(sign)}</mo>" if large else f"<mi>{sign}</mi>"
    if text.startswith("\\"):
        return f'<mi mathvariant="normal">{escape(text[1:] or " ")}</mi>'
    if text in WORDS or text in FUNCTIONS or (len(text) == 1 and text.isalpha()):
        return f"<mi>{text}</mi>"
    return "".join(f"<mi>{c}</mi>" if c.isalpha() else f"<mo>{escape(c)}</mo>" for c in text)


def _scripts(node: Node) -> str:
    base, low, high = node.nodes[0], "", ""
    mark = ""
    for part in node.parts[1:]:
        if isinstance(part, Token):
            mark = part.text
            high += "<mo>′</mo>" if mark in ("'", r"\prime") else ""
        elif mark == "_":
            low += _node(part)
        else:
            high += _node(part)
    around = base.kind == "symbol" and base.head in BIG or base.head in (r"\underbrace", r"\overbrace")
    kinds = ("munder", "mover", "munderover") if around else ("msub", "msup", "msubsup")
    shown = _node(base).replace("<mo>", '<mo movablelimits="true">', 1) if around else _node(base)
    kind = kinds[2] if low and high else kinds[0] if low else kinds[1]
    scripts = "".join(f"<mrow>{s}</mrow>" for s in (low, high) if s)
    return f"<{kind}><mrow>{shown}</mrow>{scripts}</{kind}>" if scripts else shown


def _command(node: Node) -> str:
    head, inside = node.head, [_node(n) for n in node.nodes]
    if head in (r"\frac", r"\dfrac", r"\tfrac", r"\cfrac"):
        return f"<mfrac>{inside[0]}{inside[1]}</mfrac>"
    if head in (r"\binom", r"\dbinom", r"\tbinom"):
        return f'<mrow><mo>(</mo><mfrac linethickness="0">{inside[0]}{inside[1]}</mfrac><mo>)</mo></mrow>'
    if head in (r"\sqrt", "√"):
        root = _row(node.nodes[0].parts[1:-1]) if len(inside) == 2 else ""
        return f"<mroot>{inside[1]}{root}</mroot>" if root else f"<msqrt>{inside[-1]}</msqrt>"
    if head in ACCENTS:
        return f'<mover accent="true">{inside[0]}<mo>{ACCENTS[head]}</mo></mover>'
    if head in BELOW:
        return f"<munder>{inside[0]}<mo>{BELOW[head]}</mo></munder>"
    if head in LAID:
        kind, low = ("munder", inside[0]) if head == r"\underset" else ("mover", inside[0])
        return f"<{kind}>{inside[1]}{low}</{kind}>"
    if head in BOLD:
        return f'<mrow class="bold">{inside[0]}</mrow>'
    if head in UPRIGHT:
        return f'<mi mathvariant="normal">{escape(_plain(node))}</mi>'
    if head in LETTERS:
        return f'<mi mathvariant="normal">{escape("".join(_letter(c, LETTERS[head]) for c in _plain(node)))}</mi>'
    if head in (r"\boxed", r"\fbox"):
        return f'<mrow class="boxed">{inside[0]}</mrow>'
    return "".join(inside)


def _plain(node: Node) -> str:
    """The text of the arguments of a command."""
    return "".join(SYMBOLS.get(t.text, t.text) for n in node.nodes for t in n.tokens if t.text not in "{}")


def _letter(letter: str, style: str) -> str:
    kind = "CAPITAL" if letter.isupper() else "SMALL"
    for name in (f"MATHEMATICAL {style} {kind} {letter.upper()}", f"{style} {kind} {letter.upper()}",
                 f"MATHEMATICAL {style} DIGIT {unicodedata.name(letter, '').removeprefix('DIGIT ')}"):
        try:
            return unicodedata.lookup(name)
        except KeyError:
            continue
    return letter


def _relation(node: Node) -> str:
    if node.head in LAID or node.head.startswith(r"\x"):
        below = node.head == r"\underset"
        base = _node(node.nodes[1]) if len(node.nodes) > 1 else f"<mo>{'→' if 'right' in node.head else '←'}</mo>"
        kind = "munder" if below else "mover"
        return f"<{kind}>{base}{_node(node.nodes[0])}</{kind}>"
    signs = [SYMBOLS.get(t.text, t.text) for t in node.tokens]
    return f"<mo>{escape(''.join(reversed(signs)) if signs[0] == SYMBOLS[chr(92) + 'not'] else ''.join(signs))}</mo>"


def _is_grid(node: Node) -> bool:
    return any(isinstance(p, Token) and p.text in ("&", r"\\") for p in node.parts)


def _rows(node: Node) -> str:
    """An environment, or a whole formula: a table where it has several cells."""
    name = environment_name(node)
    bare = name.rstrip("*")
    fence = FENCES.get(bare, "")
    if not _is_grid(node) and not fence:
        return _row(p for p in node.parts if isinstance(p, Node))
    table = _table(node, not any(g in bare for g in GRIDS), bare.endswith("cases"))
    if not fence:
        return table
    opening, closing = fence.strip()[:1] if fence[0] != " " else "", fence[1].strip()
    return "<mrow>" + (f'<mo stretchy="true">{opening}</mo>' if opening else "") + table + (
        f'<mo stretchy="true">{closing}</mo>' if closing else "") + "</mrow>"


def _table(node: Node, aligned: bool, left: bool = False) -> str:
    """Rows and cells; `aligned` columns are right- and left-aligned in turn, as in align."""
    rows: list[list[str]] = [[]]
    for part in node.parts:
        if isinstance(part, Node):
            rows[-1].append(_node(part))
        elif part.text in (r"\\", r"\cr", r"\newline"):
            rows.append([])
    shown = [r for r in rows if any(c != "<mrow></mrow>" for c in r)]
    kind = "aligned" if aligned else "left" if left else "grid"
    return f'<mtable class="{kind}">' + "".join(
        "<mtr>" + "".join(f"<mtd>{c}</mtd>" for c in r) + "</mtr>" for r in shown) + "</mtable>"


