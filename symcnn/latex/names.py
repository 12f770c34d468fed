"""Names and products of names in LaTeX: H1 is H_1, alpha is \\alpha, lr is \\mathrm{lr}."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_LOWER = ("alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi o pi rho varsigma "
          "sigma tau upsilon varphi chi psi omega").split()
_UPPER = "A B Gamma Delta E Z H Theta I K Lambda M N Xi O Pi P . Sigma T Upsilon Phi X Psi Omega".split()
_OTHER = {"ϵ": "epsilon", "ϕ": "phi", "ϑ": "vartheta", "ϱ": "varrho", "ϖ": "varpi", "µ": "mu"}
_WORDS = {w for w in (*_LOWER, *_UPPER, *_OTHER.values()) if len(w) > 1}

GREEK: dict[str, str] = {chr(0x3B1 + n): w for n, w in enumerate(_LOWER)}
GREEK |= {chr(0x391 + n): w for n, w in enumerate(_UPPER) if w != "."}
GREEK |= _OTHER
GREEK = {letter: "\\" + w if len(w) > 1 else w if w.islower() else f"\\mathrm{{{w}}}"
         for letter, w in GREEK.items()}

ACCENTS = {"hat": "hat", "bar": "bar", "tilde": "tilde", "dot": "dot"}
_COMBINING = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot", "\u0308": "ddot"}
_LOW_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_UPRIGHT_END = re.compile(r"\\mathrm\{[^{}]*\}(?:_(?:\{[^{}]*\}|\w))?'*(?:\^\{\d+\})?$")


def name(text: str) -> str:
    """A name in LaTeX: trailing digits and what follows `_` are subscripts, primes stay.

    Greek may be spelled or a letter; `x_hat`, `x_bar`, `x_tilde` and `ŷ` carry accents; a longer name
    is upright. `∂J/∂z` is a fraction.
    """
    if text.startswith("∂") and "/∂" in text:
        above, _, below = text[1:].partition("/∂")
        return rf"\frac{{\partial {name(above)}}}{{\partial {name(below)}}}"
    bare = text.rstrip("'")
    primes = text[len(bare):]
    pieces = [p for p in bare.translate(_LOW_DIGITS).split("_") if p]
    if not pieces:
        return r"\_" + primes
    accent = next((p for p in pieces[1:] if p in ACCENTS), None)
    if accent is not None:
        pieces.remove(accent)
    stem = pieces[0].rstrip("0123456789")
    digits = pieces[0][len(stem):]
    below_line = [name(p) for p in ([digits] if digits and stem else []) + pieces[1:]]
    head = _word(stem or digits)
    if accent is not None:
        head = rf"\{ACCENTS[accent]}{{{head}}}"
    subscript = ",".join(below_line)
    if not subscript:
        return head + primes
    return f"{head}_{subscript if len(subscript) == 1 else '{' + subscript + '}'}{primes}"


def _word(text: str) -> str:
    if text in GREEK:
        return GREEK[text]
    if text in _WORDS:
        return "\\" + text
    letters = unicodedata.normalize("NFD", text)
    if len(letters) == 2 and letters[0].isascii() and letters[1] in _COMBINING:
        return rf"\{_COMBINING[letters[1]]}{{{letters[0]}}}"
    if not text.isascii():
        return rf"\mathrm{{{''.join(c if c.isascii() else f'U{ord(c):04X}' for c in text)}}}"
    return text if len(text) == 1 or text.isdigit() else rf"\mathrm{{{text}}}"


def juxtaposed(factors: Sequence[str]) -> str:
    """Factors side by side: a dot before a number, a thin space around upright names."""
    product = factors[0]
    for factor in factors[1:]:
        if factor[0].isdigit():
            product += r" \cdot "
        elif (factor.startswith(r"\mathrm{") or _UPRIGHT_END.search(product)
              or factor.startswith(r"[\,") and not product[-1].isdigit()):
            product += r" \, "
        else:
            product += " "
        product += factor
    return product
