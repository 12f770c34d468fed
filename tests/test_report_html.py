"""The HTML page: what stands in it, that it runs and loads nothing, and how a browser shows it."""

import json
import re
import shutil
import subprocess
from html import escape
from html.parser import HTMLParser

import pytest

from symcnn.checking import check_files
from symcnn.document.reading.tree import read
from symcnn.report.findings_html import page
from symcnn.report.mathml import mathml

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

NOTES = r"""# Notes on $Z$

We have $2 + 3 = 5$, but

$$\frac{2 + 3}{1} = 6,$$

so <b>this</b> is `code $x$` and ![an image of $a = 1$](https://example.org/x.png).

1. a list with a display

    $$\begin{aligned} W[i] &= \sum_{k=0}^{2} X[i + k] \\ &= X[i] + X[i+1] + X[i+2] \end{aligned}$$

| $a$ | b |
|---|---|
| $1 + 1 = 2$ | <script>alert("no")</script> |

> quoted $x_{1 = 2$ and a very long formula
> $1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 + 14 + 15 + 16 + 17 + 18 + 19 + 20 + 21 + 22 + 23 = 276$

<div onclick="alert(1)">inside $3 + 3 = 6$</div>
"""
LATEX = r"""\documentclass{article}\newcommand{\R}{\mathbb{R}}
\begin{document}
\section{First} We have $x \in \R^3$ % a comment
and \emph{so} \[ 2 + 2 = 5. \]
\end{document}
"""
VOID = {"meta", "link", "br", "hr", "mspace"}


class Reader(HTMLParser):
    """Collects elements and text; every element must be closed in its order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def made(folder, **files):
    paths = []
    for name, text in files.items():
        path = folder / name.replace("_", ".")
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    return page([d for _, d in sorted(check_files(paths, html=True))])


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    return made(tmp_path_factory.mktemp("notes"), notes_md=NOTES, proof_tex=LATEX)


def test_the_page_is_well_formed_and_shows_every_claim(notes):
    reader = Reader(notes)
    assert reader.tags.count("details") >= 8
    assert reader.tags.count("math") >= 8
    assert reader.tags.count("table") == 1
    for verdict in ("proved", "refuted", "unread"):
        assert f'<details class="{verdict}' in notes
    assert "} is missing" in reader.text
    assert "\ue000" not in notes
    assert "<code>code </code>" in notes or "code" in reader.text


def test_the_page_runs_nothing_and_loads_nothing(notes):
    reader = Reader(notes)
    assert not set(reader.tags) & {"script", "img", "iframe", "object", "embed", "form", "b"}
    names = {name for name, _ in reader.attributes}
    assert not {n for n in names if n.startswith("on")}
    assert "src" not in names
    assert all(value.startswith(("#", "data:", "http")) for name, value in reader.attributes if name == "href")
    assert 'alert("no")' in reader.text or "alert(&quot;no" in notes


HOSTILE = ['$x = "><script>alert(1)</script>$', '![$a = "b" onerror=alert(1)$](x)', "[x](javascript:alert(1))",
           "<img src=x onerror=alert(1)>", r"$\text{<script>alert(1)</script>} = 1$", "`$a$`\ue0000\ue001",
           r"$\operatorname{<img src=x>}(x) = \href{javascript:alert(1)}{y}$",
           "```\n</pre><script>alert(1)</script>\n```",
           '[$a = 1$](https://x.org "$b = 2$")', "<!-- $a$ --> <style>*{display:none}</style> $1 = 1$"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["x_md", "x_tex"])
def test_nothing_of_a_document_becomes_markup(tmp_path, text, name):
    reader = Reader(made(tmp_path, **{name: text}))
    assert not set(reader.tags) & {"script", "img", "iframe"}
    assert reader.tags.count("style") == 1
    assert not [n for n, _ in reader.attributes if n.startswith("on")]
    assert not [v for n, v in reader.attributes if n == "href" and v.startswith("javascript")]


FORMULAS = {
    r"\frac{a}{b}": "<mfrac>",
    r"x_1^2": "<msubsup>",
    r"\sum_{i=1}^n x_i": "<munderover>",
    r"\sqrt[3]{x}": "<mroot>",
    r"\hat{y}": '<mover accent="true">',
    r"\mathbb{R}": "ℝ",
    r"\mathcal{L}": "ℒ",
    r"\alpha \le \beta": "α",
    r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}": '<mtable class="grid">',
    r"\begin{cases} 1 & x \\ 2 & y \end{cases}": '<mtable class="left">',
    r"a &= b \\ &= c": '<mtable class="aligned">',
    r"a \overset{!}{=} b": "<mover>",
    r"a \not= b": "=\u0338",
    r"a < b": "&lt;",
    r"x'": "′",
    r"\text{if } x": "<mtext>if\xa0</mtext>",
    r"\operatorname{ReLU}(x)": '<mi mathvariant="normal">ReLU</mi>',
    r"\binom{n}{k}": 'linethickness="0"',
}


@pytest.mark.parametrize(("latex", "expected"), FORMULAS.items(), ids=FORMULAS)
def test_formulas_in_mathml(latex, expected):
    shown = mathml(read(latex))
    assert expected in shown
    Reader(shown)


SCRIPT = """
<pre id="result"></pre><iframe id="f" width="390" height="844" srcdoc="{page}"></iframe><script>
const problems = [];
window.onerror = m => problems.push(String(m));
document.getElementById("f").onload = () => {{
  const d = document.getElementById("f").contentDocument, w = d.defaultView;
  const seen = e => {{ const r = e.getBoundingClientRect(); return r.width * r.height > 0 && e.checkVisibility() }};
  const all = [...d.querySelectorAll("details")];
  const before = all.map(e => seen(e.querySelector("dl, ul")));
  const marks = all.map(e => !e.querySelector(".mark") || (seen(e.querySelector(".mark")) &&
      w.getComputedStyle(e.querySelector(".mark")).visibility === "visible"));
  all.forEach(e => e.querySelector("summary").click());
  const after = all.map(e => seen(e.querySelector("dl, ul")));
  const wide = [...d.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > 391 &&
      !e.closest(".formula, .wide, dd, pre, table")).map(e => e.outerHTML.slice(0, 80));
  const math = [...d.querySelectorAll("math")].map(seen);   // all are unfolded by now
  const flagged = w.getComputedStyle(d.querySelector(".refuted .mark")).backgroundColor;
  document.getElementById("result").textContent = JSON.stringify({{before, after, marks, math, flagged, problems, wide,
      width: d.documentElement.scrollWidth, font: w.getComputedStyle(d.body).fontSize}});
}};
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_browser_shows_the_marks_and_unfolds_the_claims_at_390_pixels(notes, tmp_path):
    # The page itself runs no script: it stands in a frame of a page that looks at it.
    (tmp_path / "test.html").write_text(SCRIPT.format(page=escape(notes)), encoding="utf-8")
    done = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000",
                           "--enable-logging=stderr", f"--user-data-dir={tmp_path / 'user'}", "--dump-dom",
                           f"file://{tmp_path / 'test.html'}"], capture_output=True, text=True, timeout=120)
    found = re.search(r'<pre id="result">(\{.*?\})</pre>', done.stdout)
    assert found, done.stderr[-2000:]
    seen = json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    assert len(seen["before"]) >= 8
    assert not any(seen["before"])
    assert all(seen["after"])
    assert all(seen["marks"])
    assert all(seen["math"])
    assert seen["flagged"] == "rgb(198, 40, 40)"
    assert seen["problems"] == []
    assert not [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert seen["width"] <= 390
    assert seen["wide"] == []
    assert float(seen["font"].removesuffix("px")) >= 14
