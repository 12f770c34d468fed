"""How a document uses its names, and what they are by that.

Decided once for a document, from how the whole of it uses a name, never line by line.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property

from symcnn.document.claims.names import ACTIVATIONS, APPLIED, BOLD, NO_NAMES, SCALARS, STATISTICS, Names
from symcnn.document.claims.of_several import of_several
from symcnn.document.claims.of_vectors import OF_ROWS
from symcnn.document.claims.summed import convolves, summed_below
from symcnn.document.claims.told_apart import parameters_below, told_apart
from symcnn.document.reading.forms import AVERAGES, applied_to_name, differential, slope_at
from symcnn.document.reading.node import EMPTY, Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.written import (
    Written, index_text, is_call, is_integral, is_transposition, is_word, items, nodes, scripts_of, stems_of, text_of,
    unwrapped, written,
)

ENTRYWISE_STAR = r"(?:element|entry|component|point)-?\s?wise (?:multiplication|product)|hadamard product"
HADAMARD = frozenset((r"\odot", "⊙", r"\circ", "∘", r"\otimes", "⊗"))
"""Words that say what a star between vectors is, even in a text about convolutions without one of these signs."""
CONVOLUTION = (r"convol|correlat|卷积|\bslid(?:e|es|ing)\b[^.]{0,40}\b(?:kernel|filter)"
               r"|\b(?:kernel|filter)\b[^.]{0,40}\bslid")
"""What says that a star is a convolution: also a kernel that slides over an image."""
NETWORK = (r"\\tanh\b|\brelu\b|\btanh\b|(?:neural|hidden|feed-?forward|recurrent)\s+(?:net|layer|unit)"
           r"|back-?prop|backward pass")
"""What a document speaks of in which σ(z) is an activation, also where it does not call it so."""
OTHER_SIGMA = (r"softmax[^.\n]{0,40}\\sigma|\\sigma[^.\n]{0,40}softmax|singular value|spectral|standard deviation"
               r"|\bSVD\b|permutation|\\sigma\s*\([^()]*\)\s*_")
"""What else σ may be in such a document."""
FACTORS = frozenset("s r q p c d k S R K".split())
"""Names of strides, ratios and sizes, whose superscripts are powers where they stand without scripts, too."""
_BASE = r"log(?:arithm)?s?\b[^.\n]{{0,30}}\bbase[- $]*{0}\b|\bbase[- $]*{0}[- ]log"
BASES = {0: r"natural log|\bnats?\b|logarithmus naturalis|自然对数|" + _BASE.format("e"),
         2: r"binary log|" + _BASE.format("(?:2|two)"), 10: r"(common|decimal) log|" + _BASE.format("(?:10|ten)")}
"""What a document says that takes its logarithms to a base."""
INTEGRALS = re.compile(r"\bintegrals?\b|\bintegrat|\b[Ss]ubstitut\w*\s+\$?u\b|积分")
"""What a document says in which du is a differential."""
RANDOM = (r"expectation|expected value|\bunbiased|\bvarianc|\brandom\b|i\.i\.d|independen|\b(Var|Cov)\b"
          r"|mathbb\s*\{?\s*E|期望|方差")
"""Words and signs of a document that speaks of random quantities: there E(X) is an expectation."""
LOSS_E = r"\\partial\s*\{?\s*E\b|(?<![A-Za-z\\{_])E\s*(_\w+\s*)?="
"""What says that E is an error."""
KRONECKER = (r"kronecker|\\delta_\{?\s*\w,?\s*\w\s*\}?\$*[^.$]{0,12}(?:\bis\b|=|\bequals\b)\s*\$*1\$*[\s,]+"
             r"(?:\\text\s*\{\s*)?(?:for|if|when|für|falls|wenn|pour|si|para)")
"""What says that δ_{ij} is 1 for i = j and 0 otherwise."""
DIFFERENTIATED = r"(?:\\partial|∂)\s*\{?\s*([A-Za-z])\s*\}?\s*(?=[})/.,;=$]|$)(?<!/)"
"""A letter that one differentiates by is a number, and no index: δ_u beside ∂E/∂u."""
LOGISTIC = (r"sigmoid|logistic|\bLSTMs?\b|\bGRUs?\b|\b(?:forget|input|output|update|reset)[- ]gate"
            r"|binary cross[- ]?entropy"
            r"|\\(?:log|ln)\s*(?:\\left|\\big)?\s*[(\[{]\s*1\s*-\s*\\sigma\s*(?:\\left|\\big)?\s*\(")
"""What a document speaks of in which σ is the logistic function: log (1 − σ(s)) is of a probability."""
DIMENSIONS = ("d", "D")
"""Names of lengths, whose subscripts may say of what they are."""
IMAGES = re.compile(r"\bimages?\b|convol|\bcurrent|interval|information|indicator", re.IGNORECASE)
"""What else than the identity I may be in a document that speaks of it."""


def decide_names(trees: Iterable[Node], prose: str) -> Names:
    """Look at every name of a document, then decide."""
    return _Usage(trees, prose).decided()


class _Usage:
    """How a document uses its names: each use as it is written, and what stands before parentheses."""

    def __init__(self, trees: Iterable[Node], prose: str) -> None:
        self.trees, self.prose, self.names = list(trees), prose, Names()
        self.uses: dict[str, list[Written]] = defaultdict(list)
        self.unscripted: Counter[str] = Counter()
        self.applied: set[str] = set()
        self.applied_with_primes: set[str] = set()
        self.names.averages = self._says(RANDOM) and not re.search(LOSS_E, prose)
        for node in (n for tree in self.trees for n in nodes(tree)):
            self._note(node)
        self.alone = list(_alone(self.trees))
        self.results = set(_of_results(self.trees))

    def decided(self) -> Names:
        """What the names are; each step may use what those before it decided."""
        for decide in (self._functions, self._constants, self._squares, self._labels, self._indices, self._steps,
                       self._entries, self._differentials, self._arguments, self._powers, self._words):
            decide()
        return self.names

    def _says(self, words: str) -> bool:
        return re.search(words, self.prose, re.IGNORECASE) is not None

    def _note(self, node: Node) -> None:
        found = written(node) if node.kind in ("name", "scripts", "index", "command", "text") else None
        if found is not None and (found.stem in NO_NAMES or (found.inside and found.stem in AVERAGES and (
                self.names.averages or found.stem != "E"))):
            return
        if found is not None:
            if node.kind == "command" and node.head in BOLD:
                self.names.bold.add(found.stem)
            self.unscripted[found.stem] += {"name": 1, "scripts": -1}.get(node.kind, 0)
            self.uses[found.stem].append(found)
            self.names.stems[found.stem] += 1
        if node.kind == "product":
            for first, second in zip(node.parts, node.parts[1:], strict=False):
                if isinstance(first, Node) and isinstance(second, Node):
                    self._note_application(first, second)

    def _note_application(self, first: Node, second: Node) -> None:
        if second.kind == "scripts" and any(mark == "_" for mark, _ in scripts_of(second)):
            second = second.nodes[0]  # σ(z)_i
        applied = written(first) if second.kind == "group" and second.head == "(" else None
        if applied is None:
            return
        if applied.stem in APPLIED and not any(
                (w := written(n)) is not None and w.stem == applied.stem for n in nodes(second)):
            self.names.functions.add(applied.stem)  # σ(z), but not σ(1 − σ)
        if is_call(second):
            (self.applied_with_primes if applied.primes else self.applied).add(applied.stem)

    @cached_property
    def _with_slopes(self) -> set[str]:
        """Functions that stand with their derivatives: J(w) and J'(w)."""
        return self.applied & self.applied_with_primes

    def _functions(self) -> None:
        names, trees = self.names, self.trees
        names.functions -= {stem for stem in ("P", "E") if any(is_transposition(i) for w in self.uses[stem]
                                                               for i in w.upper)}
        names.functions |= self._with_slopes
        names.called = _called(trees)
        names.arguments = set(_arguments(trees))
        names.of_rows = OF_ROWS.search(self.prose) is not None
        names.nouns = _nouns(trees)
        names.counted = {t for all_uses in self.uses.values() for w in all_uses
                         for i in (*w.lower, *w.inside) if (t := text_of(i).strip()).isalpha()} | set(_ends(trees))

    def _constants(self) -> None:
        """Whether e and π are the numbers."""
        names, trees, uses = self.names, self.trees, self.uses
        names.euler = not any(_says_what_is(tree, "e") for tree in trees) and not any(
            w.lower or w.inside for w in uses.get("e", ()))
        names.euler_alone = any(map(_is_sum_of_powers, (n for tree in trees for n in nodes(tree))))
        names.circle = uses["pi"] == [Written("pi")] * len(uses["pi"]) != [] and not any(
            _says_what_is(tree, "pi") or _applies(tree, "pi") for tree in trees)

    def _squares(self) -> None:
        names, alone = self.names, self.alone
        names.squares = {stem for stem, exponent in _squares(self.trees) if exponent == "2"
                         and (stem, "") not in alone[:alone.index((stem, "2")) if (stem, "2") in alone else 0]}
        names.squares |= {stem for stem in _squared_entries(self.trees) if all(
            [text_of(u) for u in w.upper] == ["2"] for w in self.uses[stem] if w != Written(stem))
            and self.unscripted[stem] == 0}
        names.roots = names.squares & set(_with_roots(self.trees))
        if self._says(r"batch[- ]?norm") and "sigma" not in names.functions and "sigma" in self.uses:
            names.squares.add("sigma")

    def _labels(self) -> None:
        names, trees, uses = self.names, self.trees, self.uses
        names.labels = {letter for stem, all_uses in uses.items()
                        if len(letter := stem.partition("_")[0]) == 1 and any(
                            w.lower and unwrapped(w.lower[0]).kind != "number" or w.upper_in_parentheses
                            for w in all_uses)}
        names.labels |= set(re.findall(DIFFERENTIATED, self.prose)) & {s for s, n in self.unscripted.items() if n > 0}
        elsewhere = {text_of(i) for stem, all_uses in uses.items() if stem not in STATISTICS and stem not in AVERAGES
                     for w in all_uses for i in (*w.lower, *w.inside)} | set("ijklmnrst")
        names.labels |= {text for stem in STATISTICS for w in uses.get(stem, ()) for i in w.lower
                         if _is_set(text := text_of(i)) or (text.isalpha() and text not in elsewhere)}
        names.labels |= set(_of_dimensions(uses, trees)) | told_apart(trees) | self.results | parameters_below(trees)
        names.labels -= summed_below(trees)
        names.identity = _has_identity(uses.get("I", ()), trees, self.prose)

    def _indices(self) -> None:
        names = self.names
        lefts = set(_left_sides(self.trees))
        for stem, all_uses in self.uses.items():
            lower = [i for w in all_uses for i in w.lower]
            if any(unwrapped(i).kind != "number" and text_of(i) not in names.labels for i in lower) or any(
                    w.inside for w in all_uses):
                names.indexed.add(stem)
            if any(w.inside for w in all_uses):
                names.bracketed.add(stem)
                beside = [i for w in all_uses if w.inside for i in w.lower]
                if beside and all(unwrapped(i).kind == "number" for i in beside):
                    names.numbered.add(stem)
            if any(unwrapped(i).head == "0" for i in lower):
                names.zeros.add(stem)
            if _are_digits(all_uses):
                names.digits.add(stem)
                names.indexed.add(stem)
            if _upper_is_label(stem, all_uses, lefts, self.unscripted[stem] > 0):
                names.labelled.add(stem)
                if not any(w.upper_in_parentheses for w in all_uses):
                    names.steps.add(stem)
            names.index_names |= {text for w in all_uses for i in (*w.lower, *w.inside) if (text := index_text(i))}
        names.index_names -= self.results

    def _steps(self) -> None:
        """g^n beside θ^{n+1} is the step of another name, not a power of this one."""
        names = self.names
        counting = {text_of(i) for stem in names.labelled for w in self.uses[stem] for i in w.upper
                    if len(text_of(i)) == 1}
        for stem, all_uses in self.uses.items():
            if stem not in SCALARS and any(len(w.upper) == 1 and text_of(w.upper[0]) in counting - {"T"} and (
                    text_of(w.upper[0]).isalpha()) for w in all_uses):
                names.labelled.add(stem)
                names.steps.add(stem)

    def _entries(self) -> None:
        """Entries of matrices and samples."""
        names, trees, uses = self.names, self.trees, self.uses
        names.bare = {stem for stem, number in self.unscripted.items() if number > 0}
        given = {found.stem for tree in trees for n in nodes(tree)
                 if n.kind == "chain" and isinstance(n.parts[0], Node) and (found := written(n.parts[0])) is not None}
        names.entries = _entries({
            stem: found if stem in names.bare else [w for w in found if w.lower or w.upper or w.inside]
            for stem, found in uses.items()}, given, self.prose)
        names.indexed |= set(names.entries.values())
        names.samples = _samples(trees, uses)
        names.labelled -= names.samples
        names.steps -= names.samples
        names.index_names |= {text for stem in names.samples for w in uses[stem] for i in w.upper
                              if (text := index_text(i))}

    def _differentials(self) -> None:
        """dW, dz and da beside W, z and a: gradients rather than products with a number d."""
        names, trees = self.names, self.trees
        made = {s for s in names.stems if len(s) == 2 and s[0] == "d" and names.stems[s[1]] and s[1] != "d"}
        of_matrices = {s for s in made if s[1].isupper()}
        names.integrals = bool(any(t.text in (r"\int", r"\iint", r"\oint", "∫") for tree in trees for t in tree.tokens)
                               or INTEGRALS.search(self.prose)) and not any(
                                   _is_left(tree, of_matrices) for tree in trees)
        if names.integrals:
            made = of_matrices
        names.differentials = made if len(made) > 1 and any(_is_left(tree, made) for tree in trees) else set()

    def _arguments(self) -> None:
        names = self.names
        names.squares -= names.steps
        names.of_several = of_several(self.trees, names.index_names)
        names.functions -= names.of_several

    def _powers(self) -> None:
        """Superscripts that are powers, or indices, after all."""
        names, uses = self.names, self.uses
        powers = names.arguments | {stem for stem in names.steps if all(
            any(names.arguments & stems_of(u) for u in used.upper)
            for used in uses[stem] if used.upper)}
        powers &= names.steps - {stem for stem, upper in self.alone if upper}
        # z^l_j beside a^{l-1}_k is of layer l, also where σ'(z) is written of any z.
        layers = {text_of(n) for stem in names.steps - powers for w in uses[stem] for u in w.upper
                  if unwrapped(u).kind == "sum" for n in unwrapped(u).nodes if n.kind == "name"}
        powers -= {stem for stem in powers
                   if any(w.lower and text_of(u) in layers for w in uses[stem] for u in w.upper)}
        names.labelled -= powers
        names.steps -= powers
        names.raised = _raised(uses, set(_summed(self.trees)))
        names.labelled -= names.raised
        names.steps -= names.raised
        names.apart = _apart(self.trees, names.steps)

    def _words(self) -> None:
        """What the words of the document say: of convolutions, activations and logarithms."""
        names = self.names
        names.kronecker = self._says(KRONECKER)
        names.convolution = self._says(CONVOLUTION) or any(map(convolves, self.trees))
        names.entrywise = self._says(ENTRYWISE_STAR) and not any(
            t.text in HADAMARD for tree in self.trees for t in tree.tokens)
        said = self._says(r"activation|non-?linear|(element|entry|component|point)-?\s?wise|激活")
        names.activations = {stem for stem in names.functions & ACTIVATIONS
                             if said or any(w.primes for w in self.uses[stem])}
        names.activations |= {stem for stem in self._with_slopes if said and len(stem) == 1 and stem.islower()}
        if self._says(NETWORK) and not self._says(OTHER_SIGMA):
            names.activations |= names.functions & {"sigma"}
        names.primed = {stem for stem in names.activations if any(w.primes for w in self.uses[stem])}
        names.sigmoid = self._says(LOGISTIC)
        bases = {base for base, words in BASES.items() if self._says(words)}
        slopes = self._says(r"\\partial|\\nabla|[∂∇]|derivative|gradient")  # log' = 1/z: natural
        names.log_base = min(bases) if len(bases) == 1 and not slopes else 0
        names.other_bases = frozenset(BASES) - {names.log_base} if bases != {0} else frozenset()


def _are_digits(uses: Sequence[Written]) -> bool:
    """Whether subscripts of two digits are two indices: c_{00}, c_{01} from 0 on, or w_{11}, w_{12} beside w_{ij}."""
    plain = {unwrapped(w.lower[0]).head for w in uses
             if len(w.lower) == 1 and unwrapped(w.lower[0]).kind == "number"}
    if "00" in plain and all(len(d) == 2 for d in plain):
        return True
    pairs = any(len(w.lower) == 2 for w in uses)
    two_digits = [d for d in plain if len(d) == 2 and "0" not in d]
    return bool(two_digits) and len(two_digits) == len(plain) and (pairs or ("11" in plain and len(plain) > 1))


def _of_results(trees: Iterable[Node]) -> Iterator[str]:
    """Capital letters below a name that say what it is for: Q = X W_Q."""
    for node in (n for tree in trees for n in nodes(tree) if n.kind == "chain" and len(n.nodes) > 2):
        made = written(node.nodes[0])
        if made is not None and made == Written(made.stem) and len(made.stem) == 1 and made.stem.isupper() and any(
                text_of(n.nodes[-1]) == made.stem and (found := written(n)) is not None and found.stem != made.stem
                for n in nodes(node.nodes[2]) if n.kind == "scripts"):
            yield made.stem


def _upper_is_label(stem: str, found: list[Written], lefts: set[str], bare: bool) -> bool:
    """Superscripts tell names apart where they stand in parentheses, beside a subscript, or on a left side."""
    if any(w.upper_in_parentheses for w in found):
        return True
    texts = {"".join(text_of(i) for i in w.upper) for w in found if w.upper}
    texts -= {"T", "⊤", "top", r"\top"}
    letters = {t for t in texts if not t.lstrip("-").replace(".", "").isdigit()}
    if not letters:
        # w_1^{11}, w_1^{12}, w_1^{21}: channels, for nobody takes powers like these.
        pairs = len(texts) > 1 and all(re.fullmatch("[1-9]{2}", t) for t in texts)
        if len(stem) == 1 and stem.isupper() and stem in lefts and not bare and "1" in texts:
            return True  # A^1 = f(Z^1): the layer, for nobody writes the first power
        return pairs and all(w.lower for w in found if w.upper)
    scalar = stem in SCALARS and all(unwrapped(i).kind == "number" for w in found for i in w.lower)
    beside = not scalar and any(w.upper and (w.lower or w.inside) and not text_of(w.upper[0]).isdigit() for w in found)
    scalar |= stem in SCALARS or (bare and stem in FACTORS)
    counts = not scalar and len(texts) > 1 and any("+1" in t or "-1" in t for t in letters)
    return beside or stem in lefts or counts


def _entries(uses: Mapping[str, Sequence[Written]], given: Set[str], prose: str) -> dict[str, str]:
    r"""Small letters with two indices whose capital is a matrix without any: x_{ij} is an entry of X ∈ ℝ^{n×d}.

    The capital is transposed somewhere, or said to have rows and columns; the small letter has no formula of its own
    and stands nowhere without both of them.
    """
    found: dict[str, str] = {}
    for stem, small in uses.items():
        whole = uses.get(stem.upper(), ())
        if len(stem) != 1 or not stem.islower() or not whole or stem in given or any(
                w.lower or w.inside or w.primes for w in whole):
            continue
        if not small or any(len(w.lower) != 2 or w.inside or w.primes for w in small):
            continue  # x_i beside x_{ij} is a row of these
        transposed = any(is_transposition(u) for w in whole for u in w.upper)
        declared = re.search(rf"(?<![A-Za-z]){stem.upper()}(?:\s*\^\s*\{{[^}}]*\}})?[\s}}]*\\in\s*\\mathbb\s*\{{?\s*R"
                             r"\s*\}?\s*\^\s*\{[^}$]*(?:\\times|×)", prose)
        marks = [any(u for u in w.upper if not is_transposition(u)) for w in (*small, *whole)]
        if (transposed or declared) and (all(marks) or not any(marks)):
            found[stem] = stem.upper()
    return found


def _called(trees: Iterable[Node]) -> set[str]:
    """Names that stand before parentheses wherever a formula is made of them, once before those of a call.

    A word in upright letters, as in vec(A B), is called with whatever stands there if it never stands without.
    """
    calls: set[str] = set()
    words: set[str] = set()
    factors: set[str] = set()
    alone: set[str] = set()
    for node in (n for tree in trees for n in nodes(tree)):
        for part, behind in zip(node.parts, (*node.parts[1:], EMPTY), strict=False):
            if not isinstance(part, Node) or part.kind not in ("name", "scripts", "command", "text") or (
                    found := written(part)) is None or node.kind in ("scripts", "command"):
                continue
            if isinstance(behind, Node) and node.kind == "product" and behind.kind == "group" and behind.head == "(":
                calls |= {found.stem} if part.kind != "text" and is_call(behind) else set()
                words |= {found.stem} if is_word(part) else set()
            elif node.kind in ("product", "sum", "sign"):
                factors.add(found.stem)
            elif node.kind == "chain":
                alone.add(found.stem)
    return (calls | (words - alone)) - factors


def _apart(trees: Iterable[Node], steps: Set[str]) -> set[str]:
    """The names of these whose superscripts tell unlike things apart: one letter in each formula that has letters."""
    general: set[str] = set()
    related: set[str] = set()
    for tree in trees:
        labels: dict[str, set[str]] = defaultdict(set)
        for found in filter(None, map(written, nodes(tree))):
            if found.stem in steps and found.upper:
                labels[found.stem].add("".join(map(text_of, found.upper)))
            if found.primes:
                related.add(found.stem)
        for stem, shown in labels.items():
            if any(not label.isdigit() for label in shown):
                (general if len(shown) == 1 and min(shown).isalpha() else related).add(stem)
            related |= {stem} if "0" in shown else set()
    return general - related


def _samples(trees: Iterable[Node], uses: Mapping[str, Sequence[Written]]) -> set[str]:
    """Names whose superscripts are numbers and letters in parentheses over which the document sums them."""
    letters: set[str] = set()
    for node in (n for tree in trees for n in nodes(tree)):
        if node.kind == "big" and node.nodes[0].kind == "scripts":
            under = {n.head for mark, script in scripts_of(node.nodes[0]) if mark == "_" and script is not None
                     for n in nodes(script) if n.kind == "name"}
            over = {text_of(u) for n in nodes(node.nodes[1]) if (w := written(n)) is not None
                    and w.upper_in_parentheses for u in w.upper}
            letters |= {letter for letter in under & over if len(letter) == 1}
    found = set()
    for stem, all_uses in uses.items():
        upper = [(w, text_of(u)) for w in all_uses for u in w.upper if not is_transposition(u)]
        beside = all((w.upper_in_parentheses and text.isdigit()) or (text in letters and (
            w.upper_in_parentheses or w.lower)) for w, text in upper)
        if beside and any(w.upper_in_parentheses and text in letters for w, text in upper):
            found.add(stem)
    return found


def _summed(trees: Iterable[Node]) -> Iterator[str]:
    """The letters under the signs of sums."""
    for node in (n for tree in trees for n in nodes(tree)):
        if node.kind == "big" and node.nodes[0].kind == "scripts" and not is_integral(node):
            for mark, script in scripts_of(node.nodes[0]):
                if mark == "_" and script is not None:
                    yield from (text for i in items(script) if len(text := index_text(i)) == 1)


def _raised(uses: Mapping[str, Sequence[Written]], summed: set[str]) -> set[str]:
    """Names with indices above and none below: W^{ij} with a j that is summed over, and beside it x^j and y^i."""
    letters: dict[str, list[list[str]]] = {}
    for stem, found in uses.items():
        upper = [list(map(index_text, w.upper)) for w in found if w.upper]
        below = any(w.lower or w.inside or w.upper_in_parentheses for w in found)
        if upper and not below and all(all(len(t) == 1 for t in u) for u in upper) and stem not in SCALARS:
            letters[stem] = upper
    several = {stem for stem, upper in letters.items() if all(len(u) > 1 for u in upper) and any(
        set(u) & summed for u in upper)}
    known = {t for stem in several for u in letters[stem] for t in u}
    return several | {stem for stem, upper in letters.items() if several and known.issuperset(
        t for u in upper for t in u)}


def _of_dimensions(uses: Mapping[str, Sequence[Written]], trees: Iterable[Node]) -> Iterator[str]:
    """The k of d_k, a length that is called after the keys: it stands nowhere else below, and no sum goes over it."""
    scripts = [(stem, text_of(i).strip()) for stem, all_uses in uses.items() for w in all_uses
               for i in (*w.lower, *w.upper, *w.inside)]
    of_lengths = {text for stem, text in scripts if stem in DIMENSIONS and len(text) == 1 and text.isalpha()}
    of_lengths -= {t.text for stem, _ in scripts if stem not in DIMENSIONS for w in uses[stem]
                   for i in (*w.lower, *w.upper, *w.inside) for t in i.tokens}
    if of_lengths:
        of_lengths -= {t.text for tree in trees for n in nodes(tree) if n.kind == "big" for t in n.nodes[0].tokens}
    yield from sorted(of_lengths)


def _has_identity(uses: Sequence[Written], trees: Iterable[Node], prose: str) -> bool:
    """Whether I is the identity matrix: it is never read with two indices, defined or declared, and no image."""
    if not uses or any(w.inside or w.upper or len(w.lower) > 1 for w in uses) or IMAGES.search(prose):
        return False
    return not any(n.kind == "chain" and isinstance(n.parts[0], Node) and (found := written(n.parts[0])) is not None
                   and found.stem == "I" for tree in trees for n in nodes(tree))


def _left_sides(trees: Iterable[Node]) -> Iterator[str]:
    """Stems that stand alone on the left of an equation, or under ∂, with a superscript."""
    for tree in trees:
        for node in nodes(tree):
            candidates = []
            if node.kind == "chain" and isinstance(node.parts[0], Node) and not _vanishes(node):
                candidates.append(node.parts[0])
            if node.kind == "command" and node.head.endswith("frac"):
                for argument in node.nodes:
                    inner = unwrapped(argument)
                    if inner.kind == "product" and inner.head in (r"\partial", "d", "∂"):
                        candidates += inner.nodes[1:2]
            for candidate in candidates:
                found = written(candidate)
                if found is not None and found.upper:
                    yield found.stem


def _is_left(tree: Node, stems: set[str]) -> bool:
    """Whether one of the names stands alone on the left of a chain."""
    return any(n.kind == "chain" and isinstance(n.parts[0], Node) and n.parts[0].head in stems
               and n.parts[0].kind in ("name", "scripts", "index") for n in nodes(tree))


def _alone(trees: Iterable[Node]) -> Iterator[tuple[str, str]]:
    """Names that are the left side of a chain, with their exponents, in order."""
    for tree in trees:
        for node in nodes(tree):
            side = node.parts[0] if node.kind == "chain" else None
            found = written(side) if isinstance(side, Node) and side.kind in ("name", "scripts") else None
            if found is not None and not found.lower and len(found.upper) < 2:
                yield found.stem, "".join(map(text_of, found.upper))


def _squares(trees: Iterable[Node]) -> Iterator[tuple[str, str]]:
    """Stems with exponents that stand alone on a left side or under ∂."""
    for tree in trees:
        for node in nodes(tree):
            candidates = [node.parts[0]] if node.kind == "chain" else []
            if node.kind == "command" and node.head.endswith("frac") and not any(
                    n.kind == "scripts" for above in [unwrapped(node.nodes[0])]
                    for n in (above, *above.nodes[:1])):  # ∂²f/∂x² and d²/dx² f differentiate by x
                candidates += [n for a in node.nodes if (n := differential(a)) is not None]
            for candidate in candidates:
                found = written(candidate) if isinstance(candidate, Node) and candidate.kind == "scripts" else None
                if found is not None and len(found.upper) == 1 and not found.upper_in_parentheses and (
                        not found.lower or found.stem == "sigma"):
                    yield found.stem, text_of(found.upper[0])


def _vanishes(chain: Node) -> bool:
    """Whether a chain says how large a name becomes, r^{t−k} → 0 or γ^n < 1: what is above may be an exponent."""
    signs = [p.text if isinstance(p, Token) else p.head for p in chain.parts[1:2]]
    last = chain.parts[-1]
    return signs in ([r"\to"], ["→"], [r"\rightarrow"], ["<"], [r"\le"], [r"\leq"], ["≤"]) and (
        isinstance(last, Node) and unwrapped(last).kind == "number")


def _squared_entries(trees: Iterable[Node]) -> Iterator[str]:
    """s of s_k^2 = …, the square of an entry that stands alone on a left side."""
    everything = [n for tree in trees for n in nodes(tree)]
    lefts = [n.parts[0] for n in everything if n.kind == "chain"]
    for cells in (n.parts for n in everything if n.kind == "rows"):  # s_k^2 &= …
        lefts += [before.nodes[0] for before, sign, behind in zip(cells, cells[1:], cells[2:], strict=False)
                  if isinstance(before, Node) and len(before.nodes) == 1 and isinstance(behind, Node) and behind.nodes
                  and isinstance(sign, Token) and behind.nodes[0].kind == "chain" and behind.nodes[0].parts[0] == EMPTY]
    for first in lefts:
        found = written(first) if isinstance(first, Node) and first.kind == "scripts" else None
        if found is not None and found.lower and not found.upper_in_parentheses and [
                text_of(u) for u in found.upper] == ["2"]:
            yield found.stem


def _arguments(trees: Iterable[Node]) -> Iterator[str]:
    """Names without scripts that are differentiated by."""
    for node in (n for tree in trees for n in nodes(tree)):
        if node.kind == "command" and node.head.endswith("frac") and len(node.nodes) == 2:
            by = differential(node.nodes[1])
            if differential(node.nodes[0]) is not None and by is not None and (found := written(by)) is not None and (
                    found == Written(found.stem) and not any(t.text in (r"\partial", "∂") for t in node.tokens)):
                yield found.stem
        elif node.kind == "chain" and isinstance(node.parts[0], Node) and slope_at(node.parts[0]) is not None and (
                said := applied_to_name(node.parts[0])) is not None:
            yield said[1]


def _is_sum_of_powers(node: Node) -> bool:
    """Whether a sum is one of powers of e, with e itself among them: e^2 + e + 1."""
    return node.kind == "sum" and any(n.kind == "name" for n in node.nodes) and any(
        n.kind == "scripts" for n in node.nodes) and {
        n.head for term in node.nodes for n in nodes(term) if n.kind in ("name", "symbol", "command")} == {"e"}


def _with_roots(trees: Iterable[Node]) -> Iterator[str]:
    """Names that are said to be the root of a sum in which their own square stands: σ = √(σ² + ε)."""
    for node in (n for tree in trees for n in nodes(tree) if n.kind == "chain" and isinstance(n.parts[0], Node)):
        found = written(node.nodes[0])
        if found is not None and not (found.lower or found.upper or found.inside):
            for root in (n for side in node.nodes[1:] for n in nodes(side) if n.head == r"\sqrt" and (
                    n.kind == "command")):
                if any((w := written(n)) is not None and w.stem == found.stem and len(w.upper) == 1
                       and text_of(w.upper[0]) == "2" for n in nodes(root)) and any(
                           n.kind == "sum" for n in nodes(root)):
                    yield found.stem


def _ends(trees: Iterable[Node]) -> Iterator[str]:
    """The letters above the signs of sums and products."""
    for node in (n for tree in trees for n in nodes(tree)):
        if node.kind == "big" and node.nodes[0].kind == "scripts" and not is_integral(node):
            yield from (text_of(s).strip() for mark, s in scripts_of(node.nodes[0]) if mark == "^" and s is not None)


def _is_set(script: str) -> bool:
    """Whether the subscript of a mean or deviation is the set it is taken over, as in μ_B."""
    return re.fullmatch(r"[A-Z]|\\(mathcal|mathscr|cal)\s*\{?\s*[A-Z]\s*\}?", script) is not None


def _nouns(trees: Iterable[Node]) -> set[str]:
    """Words that stand right behind a number wherever they stand."""
    counted: Counter[str] = Counter()
    behind: Counter[str] = Counter()
    for node in (n for tree in trees for n in nodes(tree)):
        counted[text_of(node)] += node.kind == "text"
        if node.kind == "product":
            for first, second, third in zip(node.parts, node.parts[1:], (*node.parts[2:], None), strict=False):
                if isinstance(first, Node) and first.kind == "number" and isinstance(second, Node) and (
                        second.kind == "text" and not (isinstance(third, Node) and third.kind == "group")):
                    behind[text_of(second)] += 1
    return {word for word, n in behind.items() if n == counted[word]}


def _applies(tree: Node, stem: str) -> bool:
    """Whether a name stands right before parentheses."""
    return any(isinstance(first, Node) and isinstance(second, Node) and second.kind == "group" and (
        (found := written(first)) is not None and found.stem == stem)
        for node in nodes(tree) if node.kind == "product"
        for first, second in zip(node.parts, node.parts[1:], strict=False))


def _says_what_is(tree: Node, stem: str) -> bool:
    """Whether a formula begins with a name that is no usual constant, then."""
    for node in nodes(tree):
        if node.kind == "chain" and isinstance(node.parts[0], Node):
            found = written(node.parts[0])
            if found is not None and found.stem == stem and not found.upper:
                return True
    return False
