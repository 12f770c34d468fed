"""Definitions that a document uses by name without writing them: batch normalization, softmax, cross-entropy.

They count only where the document names the layer in words, uses the letters of the field, and gives these names no
formula of its own; what rests on them lists them as assumptions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from symcnn.document.claims.claims import Line
from symcnn.document.facts.dependence import Dependence
from symcnn.document.meaning.meaning import Meaning
from symcnn.document.reading.written import written
from symcnn.errors import SymcnnError
from symcnn.notation.expression import (
    Apply, Axis, Definition, Expression, Power, Range, Read, Sum, Tensor, Value, walk,
)
from symcnn.notation.polynomial import Symbol, polynomial

MEAN, VARIANCE = r"mu(_[a-zA-Z_]+)?|x_bar", r"sigma(_[a-zA-Z_]+)?_squared"
SCALE, SHIFT, SMALL = "gamma", "beta", "epsilon|varepsilon|eps"
SIZES = ("m", "N", "n", "B")
FEATURES = Symbol("number_of_features", 1)
LOGITS, PROBABILITIES, TARGETS = "z|o", "p|y_hat", "t|y"


@dataclass
class Used:
    """The names of a document: with which indices each is read, and which have a formula of their own."""

    reads: dict[str, dict[int, list[Read]]] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    formulas: dict[str, set[str]] = field(default_factory=dict)

    def one(self, names: str) -> str | None:
        """The one of some names (a pattern) that the document uses, or uses without a formula, as μ beside μ_B = …;
        None if there is none or several."""
        found = [n for n in self.reads if re.fullmatch(names, n)]
        found = found if len(found) == 1 else [n for n in found if n not in self.own]
        return found[0] if len(found) == 1 else None


def standard_definitions(subject: Dependence, lines: Iterable[Line],
                         prose: str) -> dict[Tensor, tuple[str, Definition]]:
    """The definitions that the document leaves to its reader, each with the name of its layer.

    `prose` is the text without its formulas.
    """
    lines = tuple(lines)
    used: Used | None = None
    result: dict[Tensor, tuple[str, Definition]] = {}
    for title, words, others, definitions in LAYERS:
        if not re.search(words, prose, re.IGNORECASE) or re.search(others, prose, re.IGNORECASE):
            continue
        used = used or _used(subject, lines)
        for definition in definitions(subject, used):
            if subject.words.base(definition.tensor.name, len(definition.indices)) not in used.own:
                result.setdefault(definition.tensor, (title, definition))
                subject.words.defined[definition.tensor.name] = definition.tensor
    return result


def _used(subject: Dependence, lines: Sequence[Line]) -> Used:
    used = Used()
    for line in lines:
        if line.first and line.relation in ("=", ":=") and (found := written(line.left)) is not None:
            try:
                place, _ = Meaning(subject.words, (line.left,)).place(found)
            except SymcnnError:
                continue
            square = found.stem in subject.names.squares
            name = f"{place.name}_squared" if square else place.name
            used.own.add(name)
            used.formulas.setdefault(name, set()).update(_names(subject, line))
        for side in (line.left, line.right):
            try:
                value = Meaning(subject.words, (line.left, line.right)).value(side)
            except SymcnnError:
                continue
            for read in (n for n in walk(value) if isinstance(n, Read)):
                names = read.tensor.gradient_of if read.tensor.gradient_of else ("", read.tensor.name)
                base = subject.words.base(names[1], len(read.indices))
                used.reads.setdefault(base, {}).setdefault(len(read.indices), []).append(read)
                if names[0]:
                    used.reads.setdefault(names[0], {}).setdefault(0, [])
            for symbol in (s for n in walk(value) if isinstance(n, Value) for s in n.value.symbols):
                used.reads.setdefault(symbol.name, {})
    return used


def _names(subject: Dependence, line: Line) -> set[str]:
    """The names on the right side of a line; one that nobody has for what is not read."""
    try:
        value = Meaning(subject.words, (line.left, line.right)).value(line.right)
    except SymcnnError:
        return {"?"}
    return {subject.words.base(n.tensor.name, len(n.indices)) for n in walk(value) if isinstance(n, Read)}


# Batch normalization.

def batch_normalization(subject: Dependence, used: Used) -> list[Definition]:
    """μ = (1/m) Σ x, σ² = (1/m) Σ (x − μ)², x̂ = (x − μ)/√(σ² + ε), y = γ x̂ + β; over samples, for each feature.

    x, x̂ and y have an index for the sample and perhaps one for the feature, the others perhaps one for the feature.
    """
    words = subject.words
    mean, scale, shift, small, variance = (used.one(names) for names in (MEAN, SCALE, SHIFT, SMALL, VARIANCE))
    arity = next((n for name in ("x", "x_hat", "y") for n in (1, 2) if n in used.reads.get(name, ())), None)
    parameters = [name for name in (mean, variance, scale, shift) if name is not None]
    if arity is None or not parameters or "x_hat" not in used.reads:
        return []
    place = 0 if arity == 1 else _sample_place(used, parameters)
    if place is None:
        return []
    at = tuple(Symbol(letter) for letter in ("i", "j")[:arity])
    sample, features = at[place], tuple(s for s in at if s != at[place])
    if any((arities := used.reads.get(name)) and len(features) not in arities for name in parameters):
        return []  # a parameter for each feature of a single sample, or one for all features
    samples = _samples(subject, used, arity, place)
    if samples is None or samples.extent is None:
        return []
    count = samples.extent
    axes = {s: samples if s == sample else _features(subject, used, arity, n) for n, s in enumerate(at)}

    def read(name: str, at: tuple[Symbol, ...]) -> Read:
        called = words.tensor(name, len(at)).name
        for n, s in enumerate(at):
            words.axes.setdefault((called, n), axes[s])
        return Read(words.tensor(name, len(at)), tuple(map(polynomial, at)))

    def called(name: str | None, names: str, otherwise: str) -> str | None:
        """The document's name; the usual one if it has none."""
        return name or (None if any(re.fullmatch(names, n) for n in used.reads) else otherwise)

    mean, variance = called(mean, MEAN, "mu"), called(variance, VARIANCE, "sigma_squared")
    scale, shift = called(scale, SCALE, "gamma"), called(shift, SHIFT, "beta")

    def entry(name: str) -> Read:
        return read(name, at)

    def parameter(name: str) -> Read:
        return read(name, features if not used.reads.get(name) or 1 in used.reads[name] else ())

    def over_samples(body: Expression) -> Expression:
        return Power(Value(count), -1) * Sum((Range(sample, samples.base, samples.upper),), body)

    x, x_hat = entry("x"), entry("x_hat")
    result: list[tuple[Read, Expression]] = []
    # A formula of the document's own for x̂, with other names for the deviation, says too little of these.
    known = {"x", mean, variance, small, scale, shift}
    if mean is not None and subject.names.stems["x"] and used.formulas.get("x_hat", set()) <= known:
        result.append((parameter(mean), over_samples(x)))
        if variance is not None:
            below = parameter(variance) if small is None else parameter(variance) + parameter(small)
            result.append((parameter(variance), over_samples(Power(x - parameter(mean), 2))))
            result.append((x_hat, (x - parameter(mean)) * Power(Apply("sqrt", below), -1)))
    if scale is not None and shift is not None and "y" in used.reads:
        result.append((entry("y"), parameter(scale) * x_hat + parameter(shift)))
    return [_defined(left, body) for left, body in result]


def _features(subject: Dependence, used: Used, arity: int, place: int) -> Axis:
    """The axis of the features: as a sum has it, or of any length."""
    known = (subject.words.axes.get((subject.words.tensor(name, arity).name, place)) for name in ("x", "x_hat", "y"))
    return next((a for a in known if a is not None), Axis(polynomial(1), polynomial(1), polynomial(FEATURES)))


def _samples(subject: Dependence, used: Used, arity: int, place: int) -> Axis | None:
    """The axis of the samples: as sums over x, x̂ or y have it, or from 1 to the one size that is used for it."""
    for name in ("x", "x_hat", "y"):
        if (known := subject.words.axes.get((subject.words.tensor(name, arity).name, place))) is not None:
            return known
    sizes = [s for s in SIZES if s in subject.words.sizes or s in used.reads]
    if len(sizes) != 1:
        return None
    subject.words.sizes.add(sizes[0])
    return Axis(polynomial(1), polynomial(1), polynomial(Symbol(sizes[0], 1)))


def _sample_place(used: Used, parameters: Sequence[str]) -> int | None:
    """Which index of x_{ij} counts samples: the one that the parameters, such as μ_j, do not have."""
    letters = {i for name in parameters for read in used.reads[name].get(1, ()) for i in read.indices}
    places = {n for name in ("x", "x_hat", "y") for read in used.reads.get(name, {}).get(2, ())
              for n, i in enumerate(read.indices) if i in letters}
    return 1 - next(iter(places)) if len(places) == 1 else None


# Softmax and cross-entropy.

def softmax(subject: Dependence, used: Used) -> list[Definition]:
    """p_i = e^{z_i} / Σ_k e^{z_k}."""
    outputs, inputs = used.one(PROBABILITIES), used.one(LOGITS)
    if outputs is None or inputs is None or not (1 in used.reads[outputs] and 1 in used.reads[inputs]):
        return []
    i, k = Symbol("i"), Symbol("k")
    z = subject.words.tensor(inputs, 1)
    total = Sum((Range(k),), Apply("exp", Read(z, (polynomial(k),))))
    left = Read(subject.words.tensor(outputs, 1), (polynomial(i),))
    return [_defined(left, Apply("exp", Read(z, (polynomial(i),))) * Power(total, -1))]


def cross_entropy(subject: Dependence, used: Used) -> list[Definition]:
    """L = −Σ_k t_k log p_k, for the one loss of the document."""
    outputs, targets = used.one(f"{PROBABILITIES}|a"), used.one(TARGETS)
    losses = sorted(subject.words.losses)
    if len(losses) != 1 or outputs is None or targets is None or not (
            1 in used.reads[outputs] and 1 in used.reads[targets]):
        return []
    k = Symbol("k")
    p, t = (Read(subject.words.tensor(name, 1), (polynomial(k),)) for name in (outputs, targets))
    return [_defined(Read(subject.words.tensor(losses[0], 0), ()), -Sum((Range(k),), t * Apply("log", p)))]


def _defined(left: Read, body: Expression) -> Definition:
    return Definition(left.tensor, tuple(s for i in left.indices if (s := i.as_symbol) is not None), body)


LAYERS: tuple[tuple[str, str, str, Callable[[Dependence, Used], list[Definition]]], ...] = (
    ("batch normalization", r"\bbatch[- ]?norm", r"\b(layer|group|instance)[- ]?(norm\b|normali[sz]ation)",
     batch_normalization),
    ("softmax", r"\bsoftmax\b", r"\bhardmax\b|\bsparsemax\b", softmax),
    ("cross-entropy", r"\bcross[- ]?entropy\b", r"binary|squared|\bMSE\b|logistic|label smoothing", cross_entropy),
)
"""The layers and losses: the title in assumptions, the words that name one, words beside which the letters may stand
for something else, and what it defines."""
