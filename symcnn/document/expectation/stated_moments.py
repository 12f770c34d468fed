"""What a document states of the moments of its random names: means, variances, products, distributions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from symcnn.document.expectation.moments import Laws, alone, is_statistical, two_entries
from symcnn.document.meaning.temporary import temporarily
from symcnn.document.proof.proof import Prover
from symcnn.notation.expression import (
    Axis, Expectation, Expression, Multiply, Power, Read, Tensor, children, free_indices, rebuild, walk,
)
from symcnn.notation.polynomial import Symbol
from symcnn.notation.traverse import substitute, tensors_in

INDEPENDENT = r"independen|uncorrelated|\bi\.?\s?i\.?\s?d\b|独立"
CENTERED = r"zero[- ]mean|mean[- ]zero|zero[- ]cent|mean (of |is |value )?(zero|0\b|\$0\$)|cent(e)?red|均值为\s*\$?0"
IDENTICAL = r"identically|\bi\.?\s?i\.?\s?d\b|same (distribution|variance)|同分布"
FIXED = r"\bfixed\b|\bconstants?\b|deterministic|not random"
LAW = re.compile(r"\b(?:mean|variances?|independen\w*|uncorrelated|random\w*|drawn|sampled|distributed|initiali[sz]ed|"
                 r"standard deviation)\b|\bi\.?\s?i\.?\s?d\b|方差|均值|独立", re.IGNORECASE)
"""Words for what is random, in the clause of its name."""
NAMED_CENTERED = re.compile(r"(?:zero[- ]mean|mean[- ]zero|zero[- ]cent\w+|cent(?:e)?red)\s+(?:\w+\s+){0,2}"
                            r"\$[^$]*\$(?:(?:\s*,\s*|\s+)(?:and\s+)?\$[^$]*\$)*", re.IGNORECASE)
"""Names right behind the words: "independent zero-mean $w_i$, $x_i$"."""
CLAUSE = re.compile(r"(?<=[.!?;])\s|\n\s*\n")
FORMULA = re.compile(r"\$([^$]*)\$|\\\((.*?)\\\)")


class StatedMoments:
    """Takes note of what the lines and words of a document say of averages.  `prover` knows its definitions."""

    def __init__(self, prover: Prover, prose: str) -> None:
        self.prover, self.laws = prover, Laws()
        self.unstated: set[str] = set()
        self.ranges: Sequence[tuple[Symbol, Axis]] = ()
        self.rests_on: tuple[str, ...] = ()
        self.off_center: set[str] = set()
        self.veiled: set[str] = set()
        self.drawn_from: dict[str, tuple[object, ...]] = {}
        """The distribution of each name; empty where the document gives it several."""
        self.vectors: set[Tensor] = set()
        """Names that words say are vectors of random entries: they are no numbers where they stand alone."""
        self.chosen: set[str] = set()
        """Names of which lines of the document state moments: another line may choose these otherwise."""
        self.several: set[str] = set()
        """Names of which the line at hand averages several entries, y_l and y_{l-1}: they may have other moments."""
        self.bare: set[str] = set()
        """Names that stand without indices in the line at hand: w is any of the w_i there."""
        self.made: set[Tensor] = set()
        """Names with a formula: they are random as far as that is. The y_l beside y = Σ_i w_i x_i are none of them."""
        self.clauses = [c for c in CLAUSE.split(prose) if LAW.search(FORMULA.sub(" ", c))]
        self.said_independent = re.search(INDEPENDENT, prose, re.IGNORECASE) is not None
        self.said_centered = re.search(CENTERED, prose, re.IGNORECASE) is not None
        self.named_centered = {name for said in NAMED_CENTERED.finditer(prose) for formula in FORMULA.finditer(said[0])
                               for name in re.findall(r"[A-Za-z]+", formula[0])}
        self.said_fixed = re.search(FIXED, prose, re.IGNORECASE) is not None
        self.identical = re.search(IDENTICAL, prose, re.IGNORECASE) is not None

    def learn(self, sides: Iterable[tuple[Expression, Expression]]) -> None:
        """Which names are random: those that stand alone in an average, and gradients by a formula of these are not."""
        sides = tuple(sides)
        averaged: set[Tensor] = set()
        for side in (s for pair in sides for s in pair):
            for n in walk(side):
                if isinstance(n, Expectation):
                    averaged.update(tensors_in(n.body))
                    inner = n.body.base if isinstance(n.body, Power) else n.body
                    if isinstance(inner, Read):
                        self.laws.random.add(self._base(inner.tensor))
                    elif (entries := two_entries(inner)) is not None:
                        self.laws.random.add(self._base(entries[0].tensor))
                    elif isinstance(inner, Multiply) and all(isinstance(f, Read) for f in inner.factors):
                        self.laws.random |= {self._base(f.tensor) for f in inner.factors if isinstance(f, Read)
                                             and f.tensor.name[:1].isupper()}
        self.made = set(self.prover._definitions())
        self.laws.random -= {self._base(t) for t in self.made} - {self._base(t) for t in averaged - self.made}
        random = set(self.laws.random)
        for left, right in sides:
            if isinstance(left, Read) and left.tensor.gradient_of is not None and not is_statistical(right):
                of = {self._base(t) for t in tensors_in(right)}
                if of & random and self._base(left.tensor) not in of and len(set(left.indices)) == len(
                        [i for i in left.indices if i.as_symbol is not None]):
                    self.laws.random.discard(self._base(left.tensor))

    def state(self, left: Expression, right: Expression) -> str | None:
        """Take a line as the statement of a moment; None if it is none, or if that moment is known already."""
        left, right = self.prover.unaliased(left), self.prover.unaliased(right)
        found = alone(left)
        if is_statistical(right):
            return None
        if found is None:
            return self._state_products(left, right)
        kind, read = found
        base = self._base(read.tensor)
        symbols = tuple(s for i in read.indices if (s := i.as_symbol) is not None)
        if read.tensor in self.prover._definitions() or free_indices(right) - set(symbols) or (
                {self._base(t) for t in tensors_in(right)} & self.laws.random) or base not in self.laws.random:
            return None
        if kind == "deviations":
            kind, right = "variances", Power(right, 2)
        laws = getattr(self.laws, kind)
        if base in laws or (kind == "squares" and base in self.laws.variances) or (
                kind == "variances" and base in self.laws.squares):
            return None
        laws[base] = symbols, right
        self.chosen.add(base)
        self.laws.texts.setdefault(base, []).append(f"{left} = {right}")
        return f"taken as given: a moment of {read.tensor.name}"

    def _state_products(self, left: Expression, right: Expression) -> str | None:
        """Take E(X_a X_b) = σ² [a = b] as a statement; None for another line."""
        entries = two_entries(left.body) if isinstance(left, Expectation) else None
        if entries is None:
            return None
        one, other = ([i.as_symbol for i in e.indices] for e in entries)
        base = self._base(entries[0].tensor)
        symbols = tuple(s for s in (*one, *other) if s is not None and not s.is_size)
        laws = self.laws
        if len(set(symbols)) < len(one) + len(other) or free_indices(right) - set(symbols) or (
                base not in laws.random or entries[0].tensor in self.prover._definitions()
                or {self._base(t) for t in tensors_in(right)} & laws.random
                or base in laws.products.keys() | laws.squares.keys() | laws.variances.keys()):
            return None
        laws.products[base] = symbols, right
        laws.squares[base] = symbols[:len(one)], substitute(right, dict(zip(symbols[len(one):], entries[0].indices,
                                                                            strict=True)))
        laws.texts.setdefault(base, []).append(f"{left} = {right}")
        return f"taken as given: moments of {entries[0].tensor.name}"

    def _base(self, tensor: Tensor) -> str:
        """The name without the number of its indices: w and w_i have the same moments."""
        return self.prover.words.base(tensor.name, len(tensor.axes))

    def _is_random(self, tensor: Tensor) -> bool:
        return self._base(tensor) in self.laws.random and tensor not in self.made

    def told(self, said: Iterable[tuple[Read, str, Expression, str]]) -> None:
        """Take note of moments that words state: names with what is stated of them; not where they say two things."""
        found: dict[tuple[str, str], tuple[tuple[Symbol, ...], Expression]] = {}
        twice: set[str] = set()
        for name, kind, value, text in said:
            symbols = tuple(s for i in name.indices if (s := i.as_symbol) is not None and not s.is_size)
            if name.tensor in self.prover._definitions() or name.tensor.gradient_of is not None or (
                    free_indices(value) - set(symbols)):
                continue
            base, law = self._base(name.tensor), (symbols, Power(value, 2) if kind == "deviation" else value)
            if found.setdefault((base, "means" if kind == "mean" else "variances"), law)[1] != law[1]:
                twice.add(base)
            elif text not in self.laws.texts.setdefault(base, []):
                self.laws.texts[base].append(text)
        for (base, kinds), law in found.items():
            laws = getattr(self.laws, kinds)
            if base not in twice and base not in laws and not (kinds == "variances" and base in self.laws.squares):
                laws[base] = law
                self.laws.random.add(base)

    def is_unknown(self, left: Expression) -> bool:
        """Whether a side is a moment of a number of which the document says nothing else."""
        found = alone(self.prover.unaliased(left))
        if found is None or found[1].indices or found[1].tensor in self.prover._definitions():
            return False
        base, laws = self._base(found[1].tensor), self.laws
        return not any(base in of for of in (laws.means, laws.variances, laws.squares, laws.products))

    def veil(self, name: Read) -> None:
        """Take note of a name that is drawn from a distribution that is not known here."""
        self.made.discard(name.tensor)
        self.veiled.add(self._base(name.tensor))
        self.laws.random.add(self._base(name.tensor))

    def idempotent(self, left: Expression, right: Expression) -> bool:
        """Take note of r² = r for a random name r, which is 0 or 1; whether the line says that."""
        if not isinstance(right, Read) or left != Power(right, 2) or not self._is_random(right.tensor):
            return False
        mean = self._from(self.laws.means, right)
        symbols = tuple(s for i in right.indices if (s := i.as_symbol) is not None)
        if mean is None or len(symbols) < len(right.indices):
            return False
        self.laws.squares.setdefault(self._base(right.tensor), (symbols, mean))
        self.laws.texts.setdefault(self._base(right.tensor), []).append(f"{left} = {right}")
        return True

    @property
    def stated(self) -> list[Expression]:
        """The formulas of the moments that are stated."""
        laws = self.laws
        return [v for of in (laws.means, laws.variances, laws.squares, laws.products) for _, v in of.values()]

    @contextmanager
    def at(self, put_into: Callable[[Expression], Expression]) -> Iterator[None]:
        """The stated moments with what names in them stand for."""
        with temporarily(self.laws, **{kind: {name: (symbols, put_into(value)) for name, (symbols, value) in getattr(
                self.laws, kind).items()} for kind in ("means", "variances", "squares", "products")}):
            yield

    def deny(self, left: Expression) -> None:
        """Take note that a moment is not what is written."""
        found = alone(self.prover.unaliased(left))
        if found is not None:
            self.off_center.add(self._base(found[1].tensor))

    def drawn(self, name: Read, mean: Expression, variance: Expression, text: str) -> None:
        """Take note of the moments of a name that is drawn from a distribution."""
        symbols = tuple(s for i in name.indices if (s := i.as_symbol) is not None)
        if len(set(symbols)) < len(name.indices) or free_indices(mean) | free_indices(variance):
            return
        base = self._base(name.tensor)
        self.made.discard(name.tensor)
        self.laws.random.add(base)
        if self.drawn_from.setdefault(base, (symbols, mean, variance)) != (symbols, mean, variance):
            # Of two distributions one cannot say which is meant further down.
            self.drawn_from[base] = ()
            self.veiled.add(base)
            for laws in (self.laws.means, self.laws.variances):
                laws.pop(base, None)
            return
        self.laws.means.setdefault(base, (symbols, mean))
        self.laws.variances.setdefault(base, (symbols, variance))
        self.laws.texts.setdefault(base, []).append(text)

    def _from(self, laws: dict[str, tuple[tuple[Symbol, ...], Expression]], read: Read) -> Expression | None:
        found = laws.get(self._base(read.tensor))
        if found is None:
            return None
        symbols, value = found
        if len(symbols) == len(read.indices):
            return self._unfolded(substitute(value, dict(zip(symbols, read.indices, strict=True))))
        return None if free_indices(value) else self._unfolded(value)

    def _unfolded(self, value: Expression) -> Expression:
        """A stated moment σ² in which numbers with a formula of their own, σ = 1/√n, stand for that."""
        known = self.prover._definitions()

        def visit(node: Expression, behind: frozenset[Tensor]) -> Expression:
            said = known.get(node.tensor) if isinstance(node, Read) and not node.indices else None
            if said is not None and said.tensor not in behind and not self._is_random(said.tensor) and not any(
                    isinstance(n, Expectation) for n in walk(said.body)):
                return visit(said.body, behind | {said.tensor})
            return rebuild(node, tuple(visit(c, behind) for c in children(node)))

        return visit(value, frozenset())

    def _law_in_words(self, base: str) -> bool:
        """Whether words about means or variances stand beside it as a name alone: the w_i have mean 0, i.i.d. w_i."""
        stem = re.escape(base.partition("_")[0])
        alone = re.compile(rf"\s*\\?{stem}(?:_(?:\w|\{{[^}}]*\}})|\[[^\]]*\])?\s*")
        beside = [(re.split(r"\$|\\\(", c[m.end():])[0], re.split(r"[$,;]|\\\)", c[:m.start()])[-1][-30:])
                  for c in self.clauses for m in FORMULA.finditer(c) if alone.fullmatch(m[1] or m[2] or "")]
        return any(LAW.search(words) for pair in beside for words in pair)
