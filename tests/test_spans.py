"""Where the mathematics of a document stands, and that every claim's offsets are those of the file."""

import pytest

from symcnn.document.claims.claims import read_document
from symcnn.document.reading.spans import spans

MARKDOWN = {
    "dollars": ("so $a = b$ holds", ["$a = b$"]),
    "two in a line": ("$a=1$ and $b=2$", ["$a=1$", "$b=2$"]),
    "room inside the dollars": (" $ y = 2 $ ", ["$ y = 2 $"]),
    "a line break inside": ("$a +\nb = c$", ["$a +\nb = c$"]),
    "display": ("$$\na = b\n$$", ["$$\na = b\n$$"]),
    "display in a sentence": ("we get $$a = b$$ here", ["$$a = b$$"]),
    "display with blank lines": ("$$\n\na = b\n\n$$ text $c$", ["$$\n\na = b\n\n$$", "$c$"]),
    "round": (r"so \(a = b\) holds", [r"\(a = b\)"]),
    "square": ("\\[\na = b\n\\]", ["\\[\na = b\n\\]"]),
    "two backslashes": (r"so \\(a = b\\) holds", [r"\\(a = b\\)"]),
    "a row end before a closing bracket": (r"\[ a \\[2pt] b \\\]", [r"\[ a \\[2pt] b \\\]"]),
    "fenced": ("```math\na = b\n```", ["```math\na = b\n```"]),
    "GitHub's ticks": ("so $`a = b`$ holds", ["$`a = b`$"]),
    "an environment without dollars": ("\\begin{align*}\na &= b\n\\end{align*}",
                                       ["\\begin{align*}\na &= b\n\\end{align*}"]),
    "in a table": ("| $a$ | $b=1$ |\n|---|---|\n| x | $c$ |", ["$a$", "$b=1$", "$c$"]),
    "in a list, indented": ("1. we have\n\n    $$\n    a = b\n    $$\n", ["$$\n    a = b\n    $$"]),
    "in a quotation": ("> $$\n> a = b\n> $$", ["$$\n> a = b\n> $$"]),
    "dollars inside words inside a formula": (r"$a \text{ if $b$ } = c$", [r"$a \text{ if $b$ } = c$"]),
    "an escaped dollar inside": (r"$a = \$5$ x", [r"$a = \$5$"]),
    "beside money": ("It costs $5 and $6, but $x=1$.", ["$x=1$"]),
    "words alone": ("$input size$", ["$input size$"]),
    "a number": ("exactly $5$ of them", ["$5$"]),
    "Chinese around it": ("卷积层$z^{l}=W*z$的梯度", ["$z^{l}=W*z$"]),
}
NONE_IN_MARKDOWN = {
    "money": "It costs $5 and $6.",
    "a range of prices": "between $10-$20 a month",
    "prices with words": "from $5 million to $10 million, or US$5 to CA$7",
    "one price": "It costs $5.",
    "escaped": r"\$a = b\$ and \\$",
    "inline code": "`$a = b$` and ``$a`=b$``",
    "a fence": "```\n$a = b$\n```",
    "a fence with a language": "~~~python\nx = '$a = b$'\n~~~",
    "a fence in a list": "- x\n  ```\n  $a=b$\n  ```\n",
    "a fence that is not closed": "```\n$a = b$\n",
    "a comment": "<!-- $a = b$\n\n$$c = d$$ -->",
    "preformatted": "<pre>$a = b$</pre> <script>x = '$a=b$'</script>",
    "Jekyll's code": "{% highlight python %}\n$a = b$\n{% endhighlight %}",
    "front matter": "---\ntitle: $a = b$\n---\n",
    "an address": "[x](https://a.b/$c=d$)",
    "an escaped reference": r"as in \[1\] and \[note\]",
    "mathematics without delimiters": "a = b + c\n\nZ[i] = X[i]",
    "nothing": "$$$$ and $$ $$",
}
LATEX = {
    "dollars": ("$a = b$", ["$a = b$"]),
    "a paragraph apart": ("$a$ costs \\$5 and \\$6, $b$", ["$a$", "$b$"]),
    "money is not a case": ("$5 and $ x", ["$5 and $"]),
    **{name: (f"\\begin{{{name}}}a = b\\end{{{name}}}", [f"\\begin{{{name}}}a = b\\end{{{name}}}"])
       for name in ("equation", "equation*", "align", "align*", "gather", "gather*", "multline", "multline*",
                    "eqnarray", "flalign", "flalign*", "displaymath", "math")},
    "alignat": (r"\begin{alignat}{2} a &= b \end{alignat}", [r"\begin{alignat}{2} a &= b \end{alignat}"]),
    "split inside": (r"\begin{equation}\begin{split}a &= b\end{split}\end{equation}",
                     [r"\begin{equation}\begin{split}a &= b\end{split}\end{equation}"]),
    "the document alone": ("$pre$\\begin{document}$a$\\end{document}$post$", ["$a$"]),
    "a shorthand for an environment": ("\\newcommand{\\be}{\\begin{equation}}\\newcommand{\\ee}{\\end{equation}}\n"
                                       "\\be a = b \\ee text $c$", [r"\be a = b \ee", "$c$"]),
    "an environment of one's own": ("\\newenvironment{eq}{\\begin{equation}}{\\end{equation}}\n"
                                    "\\begin{eq} a = b \\end{eq}", [r"\begin{eq} a = b \end{eq}"]),
}
NONE_IN_LATEX = {
    "a comment": "% $a = b$\n text",
    "a comment that hides an end": "100\\% sure % $a$ \\[\n",
    "verbatim": "\\begin{verbatim}$a = b$\\end{verbatim}",
    "listing": "\\begin{lstlisting}[language=C]\n$a = b$\n\\end{lstlisting}",
    "comment": "\\begin{comment}\n$a = b$\n\\end{comment}",
    "verb": r"\verb|$a = b$| and \lstinline{$c$}",
    "iffalse": "\\iffalse $a = b$ \\fi",
    "a definition": "\\newcommand{\\x}{$a = b$}",
    "escaped": r"\$a = b\$",
}


def found(text, latex):
    return [text[s.start:s.end] for s in spans(text, latex)]


@pytest.mark.parametrize(("text", "expected"), MARKDOWN.values(), ids=MARKDOWN)
def test_mathematics_of_markdown(text, expected):
    assert found(text, False) == expected


@pytest.mark.parametrize("text", NONE_IN_MARKDOWN.values(), ids=NONE_IN_MARKDOWN)
def test_what_is_no_mathematics_in_markdown(text):
    assert found(text, False) == []


@pytest.mark.parametrize(("text", "expected"), LATEX.values(), ids=LATEX)
def test_mathematics_of_latex(text, expected):
    assert found(text, True) == expected


@pytest.mark.parametrize("text", NONE_IN_LATEX.values(), ids=NONE_IN_LATEX)
def test_what_is_no_mathematics_in_latex(text):
    assert found(text, True) == []


UNCLOSED = {
    "a display": ("$$ a = b\n\ntext $c$", False, "closing $$", ["$c$"]),
    "a dollar before a command": ("so $\\frac{a}{b} = c holds\n\nand $d$", False, "closing $", ["$d$"]),
    "a bracket": ("\\[ \\frac{a}{b} = c\n\ntext $d$", False, "not closed", ["$d$"]),
    "an environment": ("\\begin{align} a &= b\n\ntext $c$", True, "\\end{align} is missing", ["$c$"]),
    "a dollar in LaTeX": ("so $a = b holds\n\nand $d$", True, "closing $", ["$d$"]),
}


@pytest.mark.parametrize(("text", "latex", "reason", "rest"), UNCLOSED.values(), ids=UNCLOSED)
def test_mathematics_that_is_not_closed_is_unread_and_hides_nothing_else(text, latex, reason, rest):
    first, *others = spans(text, latex)
    assert reason in first.fault
    assert [text[s.start:s.end] for s in others] == rest


@pytest.mark.parametrize(("text", "display"), [
    ("$a$", False), ("$$a$$", True), ("so $$a$$ is", False), (r"\(a\)", False), (r"\[a\]", True), ("$$\na\n$$", True),
    ("> $$a$$\n", True)])
def test_displays_stand_on_lines_of_their_own(text, display):
    (span,) = spans(text)
    assert span.display is display


CLAIMS = {
    "as it stands": ("so $a = b$", False, ["a = b"], ["a = b"]),
    "in a quotation": ("> $$\n> a = b\n> + c\n> $$", False, ["a = b\n> + c"], ["a = b + c"]),
    "an entity": ("$a &lt; b &amp; c$", False, ["a &lt; b"], ["a < b"]),
    "an ampersand that is none": ("$$\\begin{aligned}a &= b; &c; = d\\end{aligned}$$", False, ["a &= b", "c; = d"],
                                  ["a = b", None]),
    "signs raised and lowered": ("$x₁ = y²$", False, ["x₁ = y²"], ["x_{1} = y^{2}"]),
    "Unicode letters and signs": ("$ŷᵢ ≤ ½‖α‖$", False, ["ŷᵢ ≤ ½‖α‖"], [r"\hat{y}_{i} ≤ \frac{1}{2}\|\alpha \|"]),
    "full width": ("$ａ＝２（ｂ）$", False, ["ａ＝２（ｂ）"], ["a = 2(b)"]),
    "a power of ten": ("$e = 1e-5$", False, ["e = 1e-5"], [r"e = 1\cdot 10^{-5}"]),
    "Markdown's escaped scripts": (r"$x\_1 = y\_{ij}$", False, [r"x\_1 = y\_{ij}"], ["x_1 = y_{ij}"]),
    "non-breaking spaces": ("$a\u00a0=\u2009b$", False, ["a\u00a0=\u2009b"], ["a = b"]),
    "a command": (r"\newcommand{\R}{\mathbb{R}} $x \in \R^n$", True, [r"x \in \R^n"], [r"x ∈ \mathbb{R}^n"]),
    "a command with arguments": (r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} $\pd{J}{X} = \pd JY$", True,
                                 [r"\pd{J}{X} = \pd JY"],
                                 [r"\frac{\partial J}{\partial X} = \frac{\partial J}{\partial Y}"]),
    "an optional argument": (r"\newcommand{\s}[2][i]{\sum_{#1} #2} $\s{x} = \s[j]{y}$", True, [r"\s{x} = \s[j]{y}"],
                             [r"\sum_{i} x = \sum_{j} y"]),
    "def": (r"\def\v#1{\mathbf #1} $\v x = y$", True, [r"\v x = y"], [r"\mathbf x = y"]),
    "an operator": (r"\DeclareMathOperator{\relu}{ReLU} $\relu(x) = y$", True, [r"\relu(x) = y"],
                    [r"\operatorname{ReLU}(x) = y"]),
    "let": (r"\let\eps\epsilon $\eps = 1$", True, [r"\eps = 1"], [r"\epsilon = 1"]),
    "let, then renewed": (r"\let\old\vec \renewcommand{\vec}[1]{\old{#1}} $\vec{a} = b$", True, [r"\vec{a} = b"],
                          [r"\vec{a} = b"]),
    "as a script": (r"\newcommand{\h}{n+1} $x^\h = 1$", True, [r"x^\h = 1"], [r"x^{n+1} = 1"]),
    "the later definition": ("\\newcommand{\\a}{b} $\\a = 1$ \\renewcommand{\\a}{c} $\\a = 2$", True,
                             [r"\a = 1", r"\a = 2"], ["b = 1", "c = 2"]),
    "a whole equation": (r"\newcommand{\eq}{a = b} $\eq$", True, [r"\eq"], ["a = b"]),
    "a relation": (r"\newcommand{\is}{=} $a \is b$", True, [r"a \is b"], ["a = b"]),
    "defined inside a formula": (r"$$\newcommand{\R}{\mathbb{R}} x = \R$$ and $y = \R$", False,
                                 [r"x = \R", r"y = \R"], [r"x = \mathbb{R}", r"y = \mathbb{R}"]),
    "a definition in a comment": ("% \\newcommand{\\a}{b}\n$\\a = 1$", True, [r"\a = 1"], [r"\a = 1"]),
    "a definition in code": ("`\\newcommand{\\a}{b}` $\\a = 1$", False, [r"\a = 1"], [r"\a = 1"]),
    "a comment between": ("\\begin{align} a &= b % = 2\n\\\\ &= c \\end{align}", True,
                          ["a &= b", "b % = 2\n\\\\ &= c"], ["a = b", "b = c"]),
    "a display that goes on": ("$$a = b$$ so\n\n$$= c$$", False, ["a = b", "= c"], ["a = b", "b = c"]),
}


@pytest.mark.parametrize(("text", "latex", "places", "read_as"), CLAIMS.values(), ids=CLAIMS)
def test_claims_have_the_offsets_of_the_file(text, latex, places, read_as):
    lines = read_document(text, latex).lines
    assert [text[line.start:line.end] for line in lines] == places
    for line, expected in zip(lines, read_as, strict=True):
        if expected is not None:
            said = f"{str(line.left).strip()} {line.relation} {str(line.right).strip()}"
            assert " ".join(said.split()) == expected


ENDLESS = {
    "into itself": (r"\newcommand{\a}{\a b} $\a = 1$", "expands into itself"),
    "two into each other": (r"\newcommand{\a}{\b}\newcommand{\b}{\a} $\a$", "expands into itself"),
    "doubling": ("\\newcommand{\\aa}{xx}" + "".join(
        f"\\newcommand{{\\{'a' * (n + 1)}}}{{\\{'a' * n}\\{'a' * n}}}" for n in range(2, 30)) + f"$\\{'a' * 30}$",
        "more than 40000 characters"),
    "an argument is missing": (r"\newcommand{\f}[2]{#1#2} $\f{a}$", "takes 2 arguments"),
    "signs of its own": (r"\def\f(#1){#1} $\f(a)$", "signs of its own"),
}


@pytest.mark.parametrize(("text", "reason"), ENDLESS.values(), ids=ENDLESS)
def test_commands_that_cannot_be_expanded_leave_the_formula_unread(text, reason):
    reading = read_document(text + " $c = d$", True)
    assert reason in reading.spans[0][0].fault
    assert len(reading.lines) == 1


def test_spans_and_lines_can_be_looked_up():
    reading = read_document(r"\newcommand{\a}{b} $\a = 1$ and $c = 2$", True)
    assert len({s for s, _ in reading.spans}) == len(set(reading.lines)) == 2
