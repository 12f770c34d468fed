"""Mathematics typed in Unicode, one sign at a time, as LaTeX."""

from __future__ import annotations

import re
import unicodedata

GREEK = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩϵϑϕϱϖς", r"""
    \alpha \beta \gamma \delta \varepsilon \zeta \eta \theta \iota \kappa \lambda \mu \nu \xi \pi \rho \sigma
    \tau \upsilon \varphi \chi \psi \omega \Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Upsilon \Phi \Psi
    \Omega \epsilon \vartheta \phi \varrho \varpi \varsigma""".split(), strict=True))
SIGNS = {
    "∂": r"\partial", "∇": r"\nabla", "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "√": r"\sqrt", "∞": r"\infty",
    "ℓ": r"\ell", "∅": r"\emptyset", "∀": r"\forall", "∃": r"\exists", "⊤": r"\top", "†": r"\dagger", "∥": r"\|",
    "‖": r"\|", "⟨": r"\langle", "⟩": r"\rangle", "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil",
    "≤": r"\le", "≥": r"\ge", "⩽": r"\le", "⩾": r"\ge", "≠": r"\ne", "≈": r"\approx", "≃": r"\simeq", "≅": r"\cong",
    "∼": r"\sim", "≡": r"\equiv", "∝": r"\propto", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset", "⊆": r"\subseteq",
    "→": r"\to", "⟶": r"\to", "←": r"\leftarrow", "↦": r"\mapsto", "⇒": r"\Rightarrow", "⟹": r"\implies",
    "⇔": r"\iff", "⟺": r"\iff", "∴": r"\therefore", "∵": r"\because", "≪": r"\ll", "≫": r"\gg", "≜": r"\triangleq",
    "≔": ":=", "±": r"\pm", "∓": r"\mp", "÷": r"\div", "⊙": r"\odot", "⊗": r"\otimes", "⊕": r"\oplus", "∘": r"\circ",
    "⋆": r"\star", "∧": r"\wedge", "∨": r"\vee", "∩": r"\cap", "∪": r"\cup", "…": r"\dots", "⋯": r"\cdots",
    "⋮": r"\vdots", "⋱": r"\ddots", "½": r"\frac{1}{2}", "⅓": r"\frac{1}{3}", "¼": r"\frac{1}{4}",
    "¾": r"\frac{3}{4}", "″": "''", "‴": "'''", "ℝ": r"\mathbb{R}", "ℕ": r"\mathbb{N}", "ℤ": r"\mathbb{Z}",
    "𝔼": r"\mathbb{E}", "𝟙": r"\mathbb{1}",
}
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀᵗˡᵏʲᵐᵃᵇᶜᵈˢˣ",
                   "0123456789+-=()niTtlkjmabcdsx", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₗₘₙₜₓₚₛₐₕᵣᵤᵥ",
                    "0123456789+-=()ijklmntxpsahruv", strict=True))
_HATS = {"\u0302": r"\hat", "\u0303": r"\tilde", "\u0304": r"\bar", "\u0305": r"\bar", "\u0307": r"\dot",
         "\u20d7": r"\vec"}

SIGN = re.compile(rf"""(?P<raised>[{''.join(_RAISED)}]+)|(?P<lowered>[{''.join(_LOWERED)}]+)
    |(?P<hatted>[^\W\d_][{''.join(_HATS)}])|(?P<sign>[^\x00-\x7f])""", re.VERBOSE)


def latex_of(match: re.Match[str]) -> str | None:
    """The LaTeX of a match of SIGN; None for a sign that is read as it is."""
    found = match.group()
    if match["raised"]:
        return f"^{{{''.join(map(_RAISED.__getitem__, found))}}}"
    if match["lowered"]:
        return f"_{{{''.join(map(_LOWERED.__getitem__, found))}}}"
    if match["hatted"]:
        return f"{_HATS[found[1]]}{{{found[0]}}}"
    if (command := GREEK.get(found) or SIGNS.get(found)) is not None:
        return command + " " * command[-1].isalpha()
    apart = unicodedata.normalize("NFD", found)
    if len(apart) == 2 and apart[0].isalpha() and apart[1] in _HATS:
        return f"{_HATS[apart[1]]}{{{apart[0]}}}"
    plain = unicodedata.normalize("NFKC", found)
    if len(plain) == 1 and plain != found and "BOLD" not in unicodedata.name(found, ""):
        return plain if plain.isascii() or plain not in GREEK else GREEK[plain] + " "
    return None
