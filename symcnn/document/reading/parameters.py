r"""Functions whose parameters stand below their names, h_\theta(x) and f_{w,b}(x): read as h(x) and f(x).

Only where a document writes the function with these parameters alone, and the parameters are no indices of it. Where
f(x) is another function beside f_\alpha(x), the parameter is a label of its name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from symcnn.document.reading.source import Source

_NAME = r"(?<![A-Za-z\\])(?P<name>[A-Za-z]|\\(?:pi|phi|varphi|psi|mu|sigma)(?![A-Za-z]))"
_STYLED = r"\\(?:mathbf|boldsymbol|bm|vec)\s*\{\s*(?:\\theta|\\phi|\\psi|\\omega|[wWb])\s*\}"
_PARAMETER = rf"(?:\\(?:theta|Theta|phi|psi|omega)(?![A-Za-z])|[wW]|{_STYLED})"
_BELOW = rf"\s*_\s*(?P<below>\{{\s*{_PARAMETER}(?:\s*,\s*(?:b|{_PARAMETER}))*\s*\}}|{_PARAMETER})"
_BEHIND = r"(?P<behind>\s*'*\s*(?:\\left\s*|\\[bB]igl?\s*)?\()"
_WITH = re.compile(_NAME + _BELOW + _BEHIND)
_SCRIPTED = re.compile(_NAME + r"\s*_\s*(?P<below>\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\\[A-Za-z]+|[A-Za-z0-9])")
_LETTER = r"(?:[a-eik-zA-EIK-Z]|\\(?:alpha|beta|gamma|lambda|tau|kappa|epsilon|varepsilon|rho|nu|eta)(?![A-Za-z]))"
_OF_NUMBER = re.compile(_NAME + rf"\s*_\s*(?P<below>\{{\s*{_LETTER}\s*\}}|{_LETTER})" + _BEHIND)
_BELOW_ANY = re.compile(r"(?:(?P<name>\\?[A-Za-z]+)|[^A-Za-z])\s*_\s*"
                        r"(?P<below>\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\\[A-Za-z]+|\w)")
COSTS = "JLEC"
"""Letters for costs: what J_\\lambda is beside J, the document says by its formulas."""
_WITHOUT = re.compile(_NAME + _BEHIND)


def without_parameters(sources: Sequence[Source]) -> list[Source]:
    """The formulas of a document where functions stand without their parameters."""
    called = [(m["name"], _bare(m["below"])) for source in sources for m in _WITH.finditer(source.text)]
    of_numbers = {(m["name"], _bare(m["below"])) for source in sources for m in _OF_NUMBER.finditer(source.text)}
    if not called and not of_numbers:
        return list(sources)
    scripts: dict[str, set[str]] = {}
    for source in sources:
        for m in _SCRIPTED.finditer(source.text):
            scripts.setdefault(m["name"], set()).add(_bare(m["below"]))
        for m in _WITHOUT.finditer(source.text):
            scripts.setdefault(m["name"], set()).add("")
    functions = {name: "" for name, below in called if scripts[name] == {below}}
    for name, below in of_numbers - set(called):
        if scripts[name] <= {below, ""} and not (name in COSTS and "" in scripts[name]) and (
                _is_a_number(sources, name, below)):
            functions[name] = rf"_{{\text{{{below.lstrip(chr(92))}}}}}" if "" in scripts[name] else ""
    return [source.substitute(_SCRIPTED, lambda m: m["name"] + functions[m["name"]] if m["name"] in functions else None)
            for source in sources] if functions else list(sources)


def _is_a_number(sources: Sequence[Source], function: str, letter: str) -> bool:
    """Whether a letter below the name of a function stands for itself elsewhere, and below no other name."""
    below = {(m["name"] or "", text) for source in sources for m in _BELOW_ANY.finditer(source.text)
             for text in re.findall(r"\\?[A-Za-z]+", m["below"])}
    alone = re.compile(rf"(?<![A-Za-z\\_]){re.escape(letter)}(?![A-Za-z])" if letter.isalpha() else re.escape(letter))
    return not any(text == letter and name != function for name, text in below) and any(
        alone.search(_BELOW_ANY.sub(" ", source.text)) for source in sources)


def _bare(below: str) -> str:
    return re.sub(r"[{}\s]", "", below)
