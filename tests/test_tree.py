"""The reader of formulas: it loses nothing, it refuses what it cannot read, and nothing makes it fail or hang."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symcnn.document.claims.claims import read_document
from symcnn.document.reading import tokens as token_tables
from symcnn.document.reading import signs as sign_tables
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import PLAIN, ReadError, Token
from symcnn.document.reading.tree import read

SHAPES = {
    # what is read: the tree without its outermost shell
    "X[i,j,n]": "index(name(X), group([, clauses(name(i), ,, name(j), ,, name(n)), ]))",
    "X_{i+h-1, j}": "scripts(name(X), _, braces({, clauses(sum(name(i), +, name(h), -, number(1)), ,, name(j)), }))",
    "w_1^{12}": "scripts(name(w), _, number(1), ^, braces({, clauses(number(12)), }))",
    "x_12": "product(scripts(name(x), _, number(1)), number(2))",
    r"\frac12": r"command(\frac, number(1), number(2))",
    r"W^\top": r"scripts(name(W), ^, name(\top))",
    r"\|a\|": r"group(\|, clauses(name(a)), \|)",
    r"\Vert a\Vert": r"group(\Vert, clauses(name(a)), \Vert)",
    "||a-b||^2": "scripts(group(||, clauses(sum(name(a), -, name(b))), ||), ^, number(2))",
    "|a||b|": "product(group(|, clauses(name(a)), |), group(|, clauses(name(b)), |))",
    "|a(|b|)|": "group(|, clauses(product(name(a), group((, clauses(group(|, clauses(name(b)), |)), )))), |)",
    r"\left|x-\left|y\right|\right|": "group(|, clauses(sum(name(x), -, group(|, clauses(name(y)), |))), |)",
    "P(A|B)": "product(name(P), group((, clauses(product(name(A), symbol(|), name(B))), )))",
    r"P(A \middle| B)": "product(name(P), group((, clauses(product(name(A), symbol(|), name(B))), )))",
    r"f|_{0}": "product(name(f), scripts(symbol(|), _, braces({, clauses(number(0)), })))",
    r"\left\{ a \right.": r"group(\{, clauses(name(a)), \right.)",
    r"[0,1)": "group([, clauses(number(0), ,, number(1)), ))",
    r"\underset{x}{\max} f": r"product(command(\underset, braces({, clauses(name(x)), }), "
                             r"braces({, clauses(symbol(\max)), })), name(f))",
    r"a \overset{!}{=} b": r"chain(name(a), relation(\overset, braces({, clauses(!), }), "
                           r"braces({, clauses(chain(empty(), relation(=), empty())), })), name(b))",
    r"a \not= b": r"chain(name(a), relation(\not, =), name(b))",
    "a := b": "chain(name(a), relation(:, =), name(b))",
    "a += b": "chain(name(a), relation(+, =), name(b))",
    "x_+ = b": "chain(scripts(name(x), _, symbol(+)), relation(=), name(b))",
    "1{,}000": "number(1{,}000)",
    "1,000": "number(1,000)",
    "X_{1,000}": "scripts(name(X), _, braces({, clauses(number(1), ,, number(000)), }))",
    "28×28": "product(number(28), *, number(28))",
    r"3~\text{px}": r"product(number(3), text(\text, {, px, }))",
    r"\kern 3pt a": "name(a)",
    r"i_{end}": "scripts(name(i), _, braces({, clauses(name(end)), }))",
    "end = 3": "chain(name(end), relation(=), number(3))",
    r"\begin{alignat}{2}a\end{alignat}": r"rows(\begin, {, alignat, }, {, 2, }, clauses(name(a)), \end, {, alignat, })",
    r"\begin{array}[t]{c}a\end{array}":
        r"rows(\begin, {, array, }, [, t, ], {, c, }, clauses(name(a)), \end, {, array, })",
    "√2": "command(√, number(2))",
}


@pytest.mark.parametrize(("text", "shape"), SHAPES.items(), ids=SHAPES)
def test_shapes(text, shape):
    tree = read(text)
    assert repr(tree) == f"rows(clauses({shape}), )"
    assert str(tree) == text.translate(PLAIN)


REFUSED = {
    "a brace": (r"x_{i", "} is missing", 4),
    "a bracket": ("f(a, b", "is missing", 6),
    "a closing bracket inside braces": ("{a)}", "was not expected", 2),
    "an argument": (r"\frac{a}", "ends too early", 8),
    "an environment": (r"\begin{matrix} a", "is missing", 16),
    "another end": (r"\begin{matrix} a \end{cases}", "is closed by", 17),
    "a script": ("x_", "script is missing", 2),
    "too deep": ("(" * 50 + "x" + ")" * 50, "nested deeper", None),
    "too long": ("x" * 40_001, "at most 40000 characters", 0),
    "too many tokens": ("x " * 12_001, "at most 12000 tokens", 0),
    "a huge number": ("1" * 61, "at most 60 digits", 0),
}


@pytest.mark.parametrize(("text", "reason", "place"), REFUSED.values(), ids=REFUSED)
def test_refusals_say_what_and_where(text, reason, place):
    with pytest.raises(ReadError, match=reason) as refused:
        read(text)
    assert place is None or refused.value.position == place


def test_places_are_those_of_the_document():
    tree = read("ab = c_{12}", 100)
    assert (tree.start, tree.end) == (100, 111)
    assert [t.start for t in tree.tokens] == [100, 103, 105, 106, 107, 108, 110, 111]


# Random trees, built without the reader.

def token(kind, text):
    return Token(kind, text, 0, " ")


def mark(text):
    return token("mark", text)


def node(kind, *parts):
    return Node(kind, parts)


NAMES = st.sampled_from("abcxyzWXZk").map(lambda c: node("name", token("word", c))) | st.sampled_from(
    [r"\alpha", r"\sigma", r"\ell", r"\partial"]).map(lambda c: node("name", token("command", c)))
NUMBERS = st.sampled_from(["0", "1", "12", "3.5"]).map(lambda n: node("number", token("number", n)))


def braces(inner):
    return node("braces", mark("{"), node("clauses", inner), mark("}"))


def listed(items):
    parts = [items[0]]
    for item in items[1:]:
        parts += [mark(","), item]
    return node("clauses", *parts)


def factors(inner):
    """Factors with something inside; what takes all that follows it stands last in a product, so not here."""
    return st.one_of(
        st.tuples(NAMES, inner).map(lambda p: node("scripts", p[0], mark("_"), braces(p[1]))),
        st.tuples(NAMES, inner, inner).map(
            lambda p: node("scripts", p[0], mark("_"), braces(p[1]), mark("^"), braces(p[2]))),
        st.tuples(NAMES, st.lists(inner, min_size=1, max_size=3)).map(
            lambda p: node("index", p[0], node("group", mark("["), listed(p[1]), mark("]")))),
        inner.map(lambda e: node("group", mark("("), node("clauses", e), mark(")"))),
        inner.map(lambda e: node("group", token("command", r"\lfloor"), node("clauses", e),
                                 token("command", r"\rfloor"))),
        st.tuples(inner, inner).map(lambda p: node("command", token("command", r"\frac"), braces(p[0]), braces(p[1]))),
        inner.map(lambda e: node("command", token("command", r"\sqrt"), braces(e))),
        inner.map(lambda e: node("function", node("symbol", token("command", r"\exp")),
                                 node("group", mark("("), node("clauses", e), mark(")")))),
    )


def products(factor):
    sign = st.sampled_from([r"\cdot", r"\odot", r"\times"]).map(lambda s: token("command", s))
    pairs = st.tuples(factor, sign, factor).map(lambda p: node("product", *p))
    # A bracket behind a name would be its index, so only names and numbers stand side by side.
    beside = st.tuples(NUMBERS, NAMES).map(lambda p: node("product", *p))
    big = st.tuples(NAMES, factor | pairs).map(lambda p: node(
        "big", node("scripts", node("symbol", token("command", r"\sum")), mark("_"), p[0]), p[1]))
    return factor | pairs | beside | big


def sums(product):
    signs = st.sampled_from("+-").map(mark)
    return product | st.tuples(product, signs, product).map(lambda p: node("sum", *p)) | st.tuples(
        signs, product).map(lambda p: node("sign", *p))


def chains(side):
    relation = st.sampled_from([mark("="), token("command", r"\le"), mark("<")]).map(lambda t: node("relation", t))
    return side | st.tuples(side, relation, side).map(lambda p: node("chain", *p))


EXPRESSIONS = st.recursive(NAMES | NUMBERS, lambda inner: sums(products(factors(inner) | NAMES)), max_leaves=12)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(chains(EXPRESSIONS))
def test_random_trees_are_read_as_they_are_printed(expression):
    tree = node("rows", node("clauses", expression), Token("end", "", 0))
    assert repr(read(str(tree))) == repr(tree)
    assert str(read(str(tree))) == str(tree)


# Whatever it is, it is read, or refused with the reader's own error, in time.

VOCABULARY = [
    *sign_tables.RELATIONS, *sign_tables.MULTIPLY, *sign_tables.ADD, *sign_tables.BIG, *sign_tables.FUNCTIONS,
    *sign_tables.OPENING, *sign_tables.CLOSING, *sign_tables.ARGUMENTS, *sign_tables.TEXT, *sign_tables.BARS,
    *token_tables.SPACES, *token_tables.GAPS, *token_tables.WITH_ARGUMENT, *"{}{}{}[]()^_^_&|$'\\\n\t %#~,;:.!?",
    r"\\", r"\\[2pt]", r"\begin{aligned}", r"\end{aligned}", r"\begin{bmatrix}", r"\end{bmatrix}",
    r"\begin{array}{cc}", r"\end{array}", r"\begin", r"\end", r"\begin{", *"abcxyzWXkij0129", "12.5", "1,000",
    r"\text{if }", r"\alpha", "end", "max", "−", "′", "²", "é", "𝑥", "\u200b", "\x00", r"\right.", r"\left"]
SECONDS = 2.0


def withstands(text):
    began = time.process_time()
    try:
        tree = read(text)
    except ReadError:
        pass
    else:
        assert str(tree) == text.translate(PLAIN)
        assert repr(read(str(tree))) == repr(tree)
    for latex in (False, True):
        read_document(text, latex)
        read_document(f"${text}$", latex)
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("text", [
    r"\text{a} \left(\right)", r"\text{``h''}{}", r"(a){}", r"(1){} x = y",
    r"\leq\odot\arg y \: \ast \circledcirc = y"])
def test_what_holds_next_to_nothing_is_withstood(text):
    withstands(text)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(VOCABULARY), st.sampled_from(["", " "])), max_size=60))
def test_random_latex(words):
    withstands("".join(w + space for w, space in words))


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200).map(lambda b: b.decode("latin-1")) | st.text(max_size=100))
def test_random_characters(text):
    withstands(text)


OPENERS = [
    "{", "(", "[", r"\frac{", r"\sqrt{", "x_{", "x^{", "|", r"\|", r"\left(", r"\begin{matrix}", r"\text{", "-", "^",
    r"\{", r"\{\begin{matrix}", "X[", "a|", r"\sum ", r"\sum_{", r"\max(", "f(|", "|(", "{|", "x^", r"\frac", r"\hat",
    r"\sqrt[", r"\stackrel", "X[(", r"\exp ", "$", "$$", r"\[", r"\begin{align}", "`", "```\n", "<!--", "<pre>",
    "\\", "1", "&lt;", r"\newcommand{\a}{", r"\newcommand{\a}{\a}\a", "> ", "_{^{", r"\left\{", r"\boxed", "||"]
CLOSERS = ["", "}", ")", "]", "|", r"\right)", r"\end{matrix}", "])", ")]", r"\|"]


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize("times", [3, 100, 1000])
def test_deep_nesting(opener, times):
    # So many that a slow way shows itself, with nothing behind and with two of the others in turn.
    place = OPENERS.index(opener)
    few = [CLOSERS[0], *(CLOSERS[1 + (place + n) % (len(CLOSERS) - 1)] for n in (0, 4))]
    for closer in CLOSERS if times < 1000 else few:
        withstands(f"{opener * times}x{closer * times}")


@pytest.mark.parametrize("number", ["9" * 10_000, "1e999999999", "0." + "3" * 5_000, "10^{" + "9" * 50 + "}",
                                    "1" + ",000" * 3_000, "2^{2^{2^{2^{2^{2}}}}}"])
def test_huge_numbers_are_never_computed_while_reading(number):
    withstands(number)
    withstands(f"x = {number}")


def test_a_formula_is_read_in_a_tenth_of_a_millisecond():
    texts = list(SHAPES) * 5
    times = []
    for text in texts:
        began = time.perf_counter()
        read(text)
        times.append(time.perf_counter() - began)
    assert sorted(times)[len(times) // 2] < 1e-4
