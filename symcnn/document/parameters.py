r"""Functions whose parameters stand below their names, h_\theta(x) and f_{w,b}(x): read as h(x) and f(x).

Only where a document writes the function with these parameters alone, and the parameters are no indices of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from symcnn.document.source import Source

_NAME = r"(?<![A-Za-z\\])(?P<name>[A-Za-z]|\\(?:pi|phi|varphi|psi|mu|sigma)(?![A-Za-z]))"
_STYLED = r"\\(?:mathbf|boldsymbol|bm|vec)\s*\{\s*(?:\\theta|\\phi|\\psi|\\omega|[wWb])\s*\}"
_PARAMETER = rf"(?:\\(?:theta|Theta|phi|psi|omega)(?![A-Za-z])|[wW]|{_STYLED})"
_BELOW = rf"\s*_\s*(?P<below>\{{\s*{_PARAMETER}(?:\s*,\s*(?:b|{_PARAMETER}))*\s*\}}|{_PARAMETER})"
_BEHIND = r"(?P<behind>\s*'*\s*(?:\\left\s*|\\[bB]igl?\s*)?\()"
_WITH = re.compile(_NAME + _BELOW + _BEHIND)
_SCRIPTED = re.compile(_NAME + r"\s*_\s*(?P<below>\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\\[A-Za-z]+|[A-Za-z0-9])")
_WITHOUT = re.compile(_NAME + _BEHIND)


def without_parameters(sources: Sequence[Source]) -> list[Source]:
    """The formulas of a document where functions stand without their parameters."""
    called = [(m["name"], _bare(m["below"])) for source in sources for m in _WITH.finditer(source.text)]
    if not called:
        return list(sources)
    scripts: dict[str, set[str]] = {}
    for source in sources:
        for m in _SCRIPTED.finditer(source.text):
            scripts.setdefault(m["name"], set()).add(_bare(m["below"]))
        for m in _WITHOUT.finditer(source.text):
            scripts.setdefault(m["name"], set()).add("")
    functions = {name for name, below in called if scripts[name] == {below}}
    return [source.substitute(_SCRIPTED, lambda m: m["name"] if m["name"] in functions else None)
            for source in sources] if functions else list(sources)


def _bare(below: str) -> str:
    return re.sub(r"[{}\s]", "", below)
