"""The signs and commands of LaTeX mathematics by the part that they play: relations, signs of products, brackets."""

import re

from symcnn.document.reading.full_stops import METHOD

RELATIONS = frozenset(r"""= < > ≤ ≥ ≠ ≈ ∝ ∈ → ⇒ ∼ ≡ := \le \leq \leqslant \ge \geq \geqslant \ne \neq \approx
    \simeq
    \sim \equiv \propto \in \ni \notin \to \rightarrow \longrightarrow \mapsto \Rightarrow \implies \iff \Leftrightarrow
    \Longrightarrow \ll \gg \triangleq \coloneqq \cong \subset \subseteq \Leftarrow \leftarrow \gets \leadsto \lesssim
    \gtrsim \doteq \stackrel \overset \underset \mid \therefore \because \parallel \perp \xrightarrow \longmapsto
    \models \vdash \xleftarrow \xRightarrow \leftrightarrow \coloneq \lneq \gneq ⟹ ⟸ ⇐ ⇔ ↔ ← ∉ ⊂ ⊆ ↦ ≪ ≫ ≃ ≅ ≜ ≔ ∴ ∵ ⩽ ⩾
    """.split())
MULTIPLY = frozenset(r"""* / \cdot \times \div \odot \otimes \ast \star \circ \bullet \cdotp \bmod \mod \circledast
    \wedge \cup \cap \setminus ⊙ ⊗ ∘ \vee @ \oslash \circledcirc""".split()) | {METHOD}
ADD = frozenset(r"+ - \pm \mp \oplus \ominus".split())
BIG = frozenset(r"""\sum \prod \max \min \lim \sup \inf \argmax \argmin \int \iint \bigcup \bigcap \bigoplus \oint ∑ ∏
    \limsup \liminf""".split())
FUNCTIONS = frozenset(r"""\log \ln \exp \tanh \sinh \cosh \sin \cos \tan \cot \arctan \det \arg \dim \deg \gcd \Pr \ker
    \sec \csc \arcsin \arccos \coth \sech \csch \hom""".split())
OPENING = {"(": ")", "[": "]", r"\{": r"\}", r"\lfloor": r"\rfloor", r"\lceil": r"\rceil", r"\langle": r"\rangle",
           r"\lvert": r"\rvert", r"\lVert": r"\rVert", "⌊": "⌋", "⌈": "⌉", r"\lbrace": r"\rbrace",
           r"\lbrack": r"\rbrack", "⟨": "⟩", r"\llbracket": r"\rrbracket", "⟦": "⟧", r"\lgroup": r"\rgroup"}
NOTHING = r"\right."
SEPARATORS = frozenset((",", ";", ".", ":", "?", "!", "。", "、", "&", "#", "`", '"', "…", NOTHING))
CLOSING = frozenset((*OPENING.values(), NOTHING))
STARS = frozenset(("*", r"\ast", r"\star", r"\circledast"))
SCRIPTED = re.compile(r"(?:\\[A-Za-z]+(?:\{[A-Za-z]\})?|[A-Za-z])(?:[_^](?:\{[^{}]*\}|\\[A-Za-z]+|\w))+")
"""A name with scripts."""
APPLIED = frozenset((r"\sigma", r"\phi", r"\varphi", r"\psi", "f", "g", "σ", "φ"))
"""Names before parentheses that are functions, also behind another function: log σ(b u)."""
BRACKETS = {r"\lfloor": "down", "⌊": "down", r"\lceil": "up", "⌈": "up"}
"""What opens a number that is rounded, and which way."""
BARS = frozenset(("|", "||", r"\|", r"\vert", r"\Vert", "∥", "‖"))
ARGUMENTS = {
    **dict.fromkeys(r"""\sqrt \boxed \fbox \overline \underline \underbrace \overbrace \hat \widehat \tilde \bar
    \widetilde \vec \dot \ddot \mathbf \boldsymbol \bm \mathrm \mathcal \mathbb \mathit \mathsf \mathtt \mathfrak
    \mathscr \mathds \mathbbm \mathnormal \mathup \symbf \symbfit \Bbb \bold \pmod \pod \xleftarrow \xRightarrow √
    \operatorname \operatorname* \xrightarrow \check \breve \acute \mathring \cancel \pmb \underbar \mathop \mathbin
    \mathrel \substack \overleftarrow \overrightarrow \ensuremath \emph""".split(), 1),
    **dict.fromkeys(r"\frac \dfrac \tfrac \cfrac \binom \dbinom \tbinom \overset \underset \stackrel \href".split(), 2),
    **dict.fromkeys(r"\rm \bf \it".split(), 0),
}
TEXT = frozenset((r"\text", r"\textbf", r"\textit", r"\textrm", r"\mbox", r"\texttt", r"\hbox", r"\textsf",
    r"\textnormal", r"\textup", r"\textsc", r"\textsl", r"\textmd"))
LAID = (r"\stackrel", r"\overset", r"\underset")
COLUMNS = ("array", "tabular", "alignat", "alignedat", "xalignat", "xxalignat", "subarray", "IEEEeqnarray", "empheq")
"""Environments whose name is followed by an argument: the columns, or how many there are."""
PLACED = ("matrix", "bmatrix", "pmatrix", "vmatrix", "Vmatrix", "Bmatrix", "aligned", "gathered", "array", "tabular",
          "empheq", "alignedat", "split", "multlined")
"""Environments whose name may be followed by [t], [c], [b] or [r]."""
