"""Numeric witnesses: formulas, turned into code, against the engine, central differences and others.

Nothing here proves anything. Two witnesses that disagree are an internal error: WitnessError, with the
configuration and both values. All entries are random and of order 1, so an error is taken relative to
the larger of 1 and the largest entry.

Tolerances. ROUNDING: float64 carries 16 digits and the sums have fewer than 10⁵ terms, so at most about
10⁻¹¹ is rounding; a wrong tap, sign, factor or index changes entries by their own size. DIFFERENCE: the
step is the cube root of float64's epsilon, where truncation (step² ≈ 6·10⁻¹¹) and rounding (epsilon/step
≈ 3·10⁻¹¹) balance; 10⁻⁶ leaves room for cancellation within the loss.
"""

from __future__ import annotations

import importlib.util
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from symcnn import engine
from symcnn.calculus import Gradient, gradient
from symcnn.codegen import Code, code
from symcnn.errors import UsageError, WitnessError
from symcnn.layers.convolution import INPUTS, convolution, numbered, transposed_convolution
from symcnn.layers.data import table
from symcnn.layers.layer import Layer
from symcnn.kernel.theorem import Theorem
from symcnn.notation.expression import (
    Apply, Definition, Derivative, Equation, Expression, Power, Read, Tensor, walk,
)
from symcnn.notation.traverse import replace_reads, tensors_in
from symcnn.notation.polynomial import Polynomial, Symbol
from symcnn.sympy_form import to_sympy

ROUNDING = 1e-10
DIFFERENCE = 1e-6
STEP = 2.0 ** -17
CASES = 200
# What can be validated, and the tensor that its formula defines.
KINDS = {"forward": "Z", "input_gradient": "∂J/∂X", "weight_gradient": "∂J/∂W", "bias_gradient": "∂J/∂b",
         "transposed": "T"}

Array = npt.NDArray[Any]
C = TypeVar("C")


@dataclass(frozen=True)
class Validation:
    """What a result was held against, in how many random cases, and the largest error with its configuration."""

    against: tuple[str, ...]
    cases: int
    max_error: float
    worst: str


@dataclass(frozen=True)
class Slope:
    """⟨gradient, direction⟩: all that a witness knows which only sees how a loss changes."""

    direction: Array
    value: float


@dataclass(frozen=True)
class Configuration:
    """Sizes by name, and arrays of random entries by the name of their tensor (∂J/∂Z for every loss)."""

    sizes: Mapping[str, int]
    arrays: Mapping[str, Array]

    def __str__(self) -> str:
        scalars = {n: a for n, a in self.arrays.items() if not a.shape}
        return ", ".join(f"{n} = {v:.6g}" for n, v in {**self.sizes, **scalars}.items()) or "no sizes"


def compare(witnesses: Mapping[str, Callable[[C], Array | Slope]], configurations: Iterable[C],
            tolerances: Mapping[str, float]) -> Validation:
    """Hold the first witness against each other one, in every configuration.

    A witness returns an array, or a Slope, with which the array of the first is projected. WitnessError
    if an error exceeds the other witness's tolerance or is not a number.
    """
    (name, first), *others = witnesses.items()
    cases, worst, largest = 0, "", 0.0
    for configuration in configurations:
        cases += 1
        value = np.asarray(first(configuration))
        for other, witness in others:
            error, where = _error(value, witness(configuration))
            if not error <= tolerances[other]:
                raise WitnessError(f"{name} and {other} differ by {error:.1e} (allowed: {tolerances[other]:.0e})\n"
                                   f"  at {configuration}\n  {where}")
            if error >= largest:
                largest, worst = error, str(configuration)
    if not cases:
        raise UsageError("there is no case to compare witnesses on")
    return Validation(tuple(other for other, _ in others), cases, largest, worst)


def _error(value: Array, other: Array | Slope) -> tuple[float, str]:
    """The relative error and a sentence with both values; not a number if either is."""
    if isinstance(other, Slope):
        if value.shape != other.direction.shape:
            return np.inf, f"shapes {value.shape} and {other.direction.shape}"
        products = value * other.direction
        error = abs(products.sum() - other.value) / max(1.0, float(np.abs(products).sum()))
        return float(error), f"along a random direction: {products.sum():.12g} and {other.value:.12g}"
    other = np.asarray(other)
    if value.shape != other.shape:
        return np.inf, f"shapes {value.shape} and {other.shape}"
    if not value.size:
        return 0.0, "no entries"
    differences = np.abs(value - other)
    at = np.unravel_index(int(np.argmax(differences)), value.shape)
    place = f"entry [{', '.join(map(str, at))}]" if at else "the value"
    scale = max(1.0, float(np.abs(value).max()), float(np.abs(other).max()))
    return float(differences[at] / scale), f"{place} is {value[at]:.12g} and {other[at]:.12g}"


def slope(loss: Callable[[Array], float], point: Array, direction: Array, step: float = STEP) -> Slope:
    """The central difference (loss(point + step·direction) − loss(point − step·direction)) / 2 step."""
    return Slope(direction, (loss(point + step * direction) - loss(point - step * direction)) / (2 * step))


def run(formula: Code, c: Configuration, /, **changed: Array) -> Array:
    """The generated function at a configuration, some arrays replaced."""
    arrays = {**c.arrays, **changed}
    sizes = {name: c.sizes[s.name] for name, s in formula.sizes.items()}
    return np.asarray(formula.function(*(arrays[_key(t)] for t in formula.tensors.values()), **sizes))


def _key(tensor: Tensor) -> str:
    return tensor.name if tensor.gradient_of is None else f"∂J/∂{tensor.gradient_of[1]}"


def validate_convolution(kind: str, definition: Definition | None = None, *, dims: int = 2, cases: int = CASES,
                         seed: int = 0, groups: bool = False, definitions: Iterable[Definition] = (),
                         jax: bool = False) -> Validation:
    """Generated code of a formula of the convolution against the engine, and what else there is.

    `kind` is one of KINDS; without a definition the derived one is taken. Gradients and the transposed
    convolution are held against central differences of the engine's forward; the forward against the
    engine's adjoint, ⟨Z, v⟩ = ⟨X, input gradient of v⟩ + ⟨b, bias gradient of v⟩; all against JAX if that
    is asked for and installed (it compiles for every geometry anew, about 0.3 s a case). UsageError if the
    formula is about other tensors than those of the layer in symcnn.layers.
    """
    layer = _layer(kind, dims, groups)
    definition = definition or derived(kind, dims, groups=groups)
    formula = code(definition, definitions=definitions)
    tensors = layer.context.tensors.values()
    axes = {_key(t): t.axes for tensor in tensors for t in (tensor, tensor.gradient())}
    inputs = ("Y", "W") if kind == "transposed" else ("X", "W", "b", "∂J/∂Z")
    for names, tensor in (((KINDS[kind],), definition.tensor), *((inputs, t) for t in formula.tensors.values())):
        if _key(tensor) not in names or tensor.axes != axes[_key(tensor)]:
            raise UsageError(f"{tensor.name} is not expected there, or has other axes; expected is {KINDS[kind]}"
                             f" as a formula of {', '.join(inputs)}, with the axes of the layer")
    witnesses: dict[str, Callable[[Configuration], Array | Slope]] = {
        "generated code": lambda c: merged(KINDS[kind], run(formula, c), groups),
        "engine": lambda c: by_engine(kind, c, dims, groups),
        "adjoint" if kind == "forward" else "central differences":
            lambda c: _seen_from_outside(kind, _operands(c, groups), _geometry(c, dims))}
    if jax and importlib.util.find_spec("jax"):
        witnesses["JAX"] = lambda c: _jax(kind, _operands(c, groups), _geometry(c, dims))
    return compare(witnesses, configurations(kind, dims, groups=groups, cases=cases, seed=seed),
                   {"central differences": DIFFERENCE, "engine": ROUNDING, "adjoint": ROUNDING, "JAX": ROUNDING})


def _layer(kind: str, dims: int, groups: bool) -> Layer:
    if kind not in KINDS:
        raise UsageError(f"{kind!r} cannot be validated; known: {', '.join(KINDS)}")
    if kind != "transposed":
        return convolution(dims, groups=groups)
    if groups:
        raise UsageError("the transposed convolution has no groups")
    return transposed_convolution(dims)


def derived(kind: str, dims: int = 2, *, groups: bool = False) -> Definition:
    """The layer's formula, or the gradient that calculus derives from it."""
    layer, group = _layer(kind, dims, groups), ["g"] if groups else []
    at = {"input_gradient": ("X", ["l", *group, "n", *INPUTS[:dims]]), "bias_gradient": ("b", [*group, "m"]),
          "weight_gradient": ("W", [*group, "m", "n", *numbered("k", dims)])}
    return gradient(layer, *at[kind]).definition if kind in at else layer.definition


def configurations(kind: str = "forward", dims: int = 2, *, groups: bool = False, cases: int = CASES,
                   seed: int = 0) -> Iterator[Configuration]:
    """Random small convolutions with at least one output; extents that could be confused are unequal."""
    chance, numbers = random.Random(seed), np.random.default_rng(seed)
    found = 0
    while found < cases:
        g = (chance.choice((2, 3)),) if groups else ()
        n, c, m = chance.sample([e for e in range(1, 4 + groups) if e not in g], 3)
        taps, stride, dilation, padding = (chance.sample(range(1, 4), dims), chance.choices((1, 2, 3), k=dims),
                                           chance.choices((1, 2, 3), k=dims), chance.choices((0, 1, 2, 3), k=dims))
        spans = [d * (k - 1) + 1 for d, k in zip(dilation, taps, strict=True)]
        drawn = {"N": n, "C": c, "M": m, **dict(zip(["G"] * groups, g, strict=True))}
        if kind == "transposed":
            small = chance.sample(range(1, 5), dims)
            extra = [chance.randrange(s) for s in stride]
            large = [s * (o - 1) + span - 2 * p + q for s, o, span, p, q
                     in zip(stride, small, spans, padding, extra, strict=True)]
            stems = {"O": small, "q": extra}
        else:
            large = chance.sample(range(1, 7), dims)
            small = [(h + 2 * p - span) // s + 1 for h, p, span, s
                     in zip(large, padding, spans, stride, strict=True)]
            stems = {"H": large}
        if min(*large, *small) < 1:
            continue
        for stem, values in {**stems, "K": taps, "s": stride, "d": dilation, "p": padding}.items():
            drawn |= dict(zip(numbered(stem, dims), values, strict=True))
        found += 1
        shapes = {"X": (n, *g, c, *large), "W": (*g, m, c, *taps), "b": (*g, m),
                  "Y" if kind == "transposed" else "∂J/∂Z": (n, *g, m, *small)}
        yield Configuration(drawn, {name: numbers.standard_normal(shape) for name, shape in shapes.items()})


def merged(name: str, array: Array, groups: bool) -> Array:
    """The engine's layout: the group axis joined with the channel axis behind it."""
    first = 0 if name.removeprefix("∂J/∂") in ("W", "b") else 1
    return array.reshape(*array.shape[:first], -1, *array.shape[first + 2:]) if groups else array


def _operands(c: Configuration, groups: bool) -> list[Array]:
    """Input, weight, bias (0 for the transposed convolution) and output gradient in the engine's layout."""
    output = "∂J/∂Z" if "∂J/∂Z" in c.arrays else "Y"
    x, w, b, g = (merged(name, c.arrays[name], groups) for name in ("X", "W", "b", output))
    return [x, w, b if output == "∂J/∂Z" else 0 * b, g]


def _geometry(c: Configuration, dims: int) -> dict[str, Any]:
    words = {"stride": "s", "padding": "p", "dilation": "d"}
    made: dict[str, Any] = {w: tuple(c.sizes[n] for n in numbered(stem, dims)) for w, stem in words.items()}
    return made | {"groups": c.sizes.get("G", 1)}


def by_engine(kind: str, c: Configuration, dims: int, groups: bool) -> Array:
    """What the engine makes of a configuration, in its layout N, C, space…"""
    (x, w, b, g), how = _operands(c, groups), _geometry(c, dims)
    match kind:
        case "forward":
            return engine.conv(x, w, b, **how)
        case "input_gradient":
            return engine.conv_input_gradient(g, w, x.shape[2:], **how)
        case "weight_gradient":
            return engine.conv_weight_gradient(g, x, w.shape[2:], **how)
        case "bias_gradient":
            return engine.conv_bias_gradient(g)
    # Output padding is what the size lacks: H − (s(O − 1) + d(K − 1) + 1 − 2p).
    axes = zip(x.shape[2:], g.shape[2:], w.shape[2:], how["stride"], how["dilation"], how["padding"], strict=True)
    extra = tuple(h - (s * (o - 1) + d * (k - 1) + 1 - 2 * p) for h, o, k, s, d, p in axes)
    return engine.conv_transpose(g, w, **how, output_padding=extra)


def _seen_from_outside(kind: str, operands: Sequence[Array], how: Mapping[str, Any]) -> Slope:
    """The result along a random direction: by central differences of J = ⟨G, conv(X, W, b)⟩, or the adjoint."""
    x, w, b, g = operands
    place = {"weight_gradient": 1, "bias_gradient": 2, "forward": 3}.get(kind, 0)
    direction = np.random.default_rng(operands[place].size).standard_normal(operands[place].shape)
    if kind == "forward":
        back = engine.conv_input_gradient(direction, w, x.shape[2:], **how)
        return Slope(direction, float((x * back).sum() + (b * engine.conv_bias_gradient(direction)).sum()))

    def loss(moved: Array) -> float:
        changed = [moved if n == place else operand for n, operand in enumerate(operands)]
        return float((g * engine.conv(changed[0], changed[1], changed[2], **how)).sum())

    return slope(loss, operands[place], direction)


def _jax(kind: str, operands: Sequence[Array], how: Mapping[str, Any]) -> Array:
    import jax

    # 64-bit numbers for this computation only; older versions have the context manager elsewhere.
    wide = jax.enable_x64 if hasattr(jax, "enable_x64") else importlib.import_module("jax.experimental").enable_x64
    with wide(True):
        def forward(x: Any, w: Any, b: Any) -> Any:
            z = jax.lax.conv_general_dilated(
                x, w, how["stride"], [(p, p) for p in how["padding"]], rhs_dilation=how["dilation"],
                feature_group_count=how["groups"])
            return z + b.reshape(-1, *[1] * (x.ndim - 2))

        result, back = jax.vjp(forward, *operands[:3])
        if kind != "forward":
            place = {"weight_gradient": 1, "bias_gradient": 2}.get(kind, 0)
            result = back(jax.numpy.asarray(operands[3]))[place]
        return np.asarray(result)


def validate_entries(theorem: Theorem, computed: npt.ArrayLike, against: str = "engine, exact numbers") -> Validation:
    """The proved entries of a tensor with one or two axes against those that somebody else computed."""
    statement = theorem.statement
    rows = table(statement) if isinstance(statement, Equation) else None
    if rows is None:
        raise UsageError("the theorem does not list the entries of a tensor")
    proved, other = np.array(rows, dtype=object), np.atleast_2d(np.array(computed, dtype=object))
    if proved.shape != other.shape or not np.array_equal(proved, other):
        raise WitnessError(f"proved entries and {against} differ\n  {proved.tolist()}\n  {other.tolist()}")
    return Validation((against,), 1, 0.0, "all entries equal")


def validate_definition(layer: Layer, gradient: Gradient | Definition, *, of: str | None = None,
                        cases: int = CASES, seed: int = 0) -> Validation:
    """Generated code of a gradient of any layer against central differences of generated code of its loss.

    The loss is ⟨∂J/∂Z, Z⟩ with random ∂J/∂Z where the gradient reads that, else the scalar Z itself; Z is
    the tensor `of`, by default the one that the chain rule went through or the layer's output. UsageError
    if the definition is no gradient, or if it does not read ∂J/∂Z and Z is no scalar.
    """
    definition = gradient.definition if isinstance(gradient, Gradient) else gradient
    if definition.tensor.gradient_of is None:
        raise UsageError(f"{definition.tensor.name} is not a gradient")
    by = layer[definition.tensor.gradient_of[1]]
    if any(d.tensor == by for d in layer.definitions):
        raise UsageError(f"{by.name} is defined by a formula; give the layer from {by.name} on")
    if of is None and isinstance(gradient, Gradient):
        of = next(n.expression.tensor.name for n in walk(gradient.chain.body)
                  if isinstance(n, Derivative) and isinstance(n.expression, Read))
    output = layer.definition_of(of or layer.output)
    formula, forward = code(definition, definitions=layer.definitions), code(output, definitions=layer.definitions)
    upstream = f"∂J/∂{output.tensor.name}"
    gradients = {_key(t) for t in formula.tensors.values() if t.gradient_of}
    reads_upstream = upstream in gradients
    if (output.tensor.axes and not reads_upstream) or gradients - {upstream}:
        raise UsageError(f"{definition.tensor.name} reads {', '.join(sorted(gradients)) or 'no gradient'}; expected "
                         f"is {upstream}, or nothing if {output.tensor.name} is a scalar; `of` names another output")

    def central(c: Configuration) -> Slope:
        weight = c.arrays[upstream] if reads_upstream else np.ones(())
        point = c.arrays[by.name]
        return slope(lambda moved: float((weight * run(forward, c, **{by.name: moved})).sum()), point,
                     np.random.default_rng(point.size).standard_normal(point.shape))

    bodies = [d.body for d in (definition, *layer.definitions)]
    samples = _samples((formula, forward), layer.assumptions, bodies, seed, (by,))
    return compare({"generated code": lambda c: run(formula, c), "central differences": central},
                   itertools.islice(samples, cases), {"central differences": DIFFERENCE})


def validate_scalar(identities: Sequence[tuple[Expression, Expression]], *, cases: int = CASES, seed: int = 0,
                    ) -> Validation:
    """Identities left = right of formulas without axes: generated code of both sides, and SymPy's left side."""
    if not identities:
        raise UsageError("there is no identity to validate")
    made = [_validate_identity(left, right, cases, seed) for left, right in identities]
    largest = max(made, key=lambda v: v.max_error)
    return replace(largest, cases=sum(v.cases for v in made))


def _validate_identity(left: Expression, right: Expression, cases: int, seed: int) -> Validation:
    a, b = _scalar(left, ()), _scalar(right, ())
    samples = _where(lambda c: bool(np.isfinite(run(a, c))), _samples((a, b), (), (left, right), seed), cases)
    return compare(
        {"left side": lambda c: run(a, c), "right side": lambda c: run(b, c), "SymPy": _in_sympy(to_sympy(left))},
        samples, {"right side": ROUNDING, "SymPy": ROUNDING})


def validate_derivative(f: Expression, claimed: Expression, by: Tensor, *, definitions: Sequence[Definition] = (),
                        cases: int = CASES, seed: int = 0) -> Validation:
    """Generated code of a claimed ∂f/∂(scalar) against SymPy's derivative and central differences of f.

    Points where f is not defined, or so near to a pole or a kink that the central difference depends on
    its step, are left out; that does not depend on the claim. UsageError if hardly any point is left.
    """
    import sympy

    if by.axes:
        raise UsageError(f"{by.name} has axes; validate_definition is for gradients of tensors")
    function, derivative = _scalar(f, definitions), _scalar(claimed, definitions)

    def central(c: Configuration, step: float = STEP) -> Slope:
        return slope(lambda moved: float(run(function, c, **{by.name: moved})), c.arrays[by.name], np.ones(()), step)

    def settled(c: Configuration) -> bool:
        near, far = central(c).value, central(c, 2 * STEP).value
        return bool(abs(near - far) <= 0.1 * DIFFERENCE * max(1, abs(near)))

    bodies = [f, claimed, *(d.body for d in definitions)]
    samples = _samples((function, derivative), (), bodies, seed, (by,))
    unfolded = f
    for _ in definitions:
        unfolded = replace_reads(unfolded, definitions)
    exact = sympy.diff(to_sympy(unfolded), sympy.Symbol(by.name, real=True))
    return compare(
        {"generated code": lambda c: run(derivative, c), "SymPy": _in_sympy(exact), "central differences": central},
        _where(settled, samples, cases), {"SymPy": ROUNDING, "central differences": DIFFERENCE})


def _scalar(f: Expression, definitions: Sequence[Definition]) -> Code:
    # No formula can name a tensor with a space in it, so this one is never read.
    return code(Definition(Tensor("the value"), (), f), definitions=definitions)


def _in_sympy(expression: Any) -> Callable[[Configuration], Array]:
    import sympy

    symbols = sorted(expression.free_symbols, key=str)
    function = sympy.lambdify(symbols, expression, "numpy")
    return lambda c: np.asarray(function(*({**c.sizes, **c.arrays}[str(s)] for s in symbols)))


def _where(kept: Callable[[Configuration], bool], samples: Iterator[Configuration], cases: int,
           ) -> list[Configuration]:
    """The first samples that are kept; UsageError if that leaves out more than 19 of 20."""
    with np.errstate(all="ignore"):
        found = list(itertools.islice(filter(kept, itertools.islice(samples, 20 * cases)), cases))
    if len(found) < cases:
        raise UsageError(f"the formula is defined at only {len(found)} of {20 * cases} random points")
    return found


def _samples(formulas: Sequence[Code], assumptions: Sequence[Polynomial], bodies: Sequence[Expression], seed: int,
             more: Sequence[Tensor] = ()) -> Iterator[Configuration]:
    """Random small sizes that satisfy the assumptions, and entries between 1/4 and 2 in size.

    The extents of one tensor are unequal where they can be. Entries are positive where a formula has a
    logarithm, a root or a quotient (exponentials below are harmless).
    """
    chance, numbers = random.Random(seed), np.random.default_rng(seed)
    tensors = {_key(t): t for t in (*(t for f in formulas for t in f.tensors.values()), *more)}
    symbols = sorted({s for f in formulas for s in f.sizes.values()} | {s for a in assumptions for s in a.symbols})
    together = [{a.extent.as_symbol for a in t.axes if a.extent is not None} for t in tensors.values()]
    positive = any(isinstance(n, Apply) and n.function in ("log", "sqrt")
                   or isinstance(n, Power) and n.exponent < 0 and tensors_in(n.base)
                   and not any(isinstance(part, Apply) and part.function == "exp" for part in walk(n.base))
                   for body in bodies for n in walk(body))
    while True:
        for _ in range(1000):
            sizes: dict[Symbol, int] = {}
            for s in symbols:
                taken = {sizes.get(other) for group in together if s in group for other in group if other}
                values = range(s.lower or 0, (s.lower or 0) + 5)
                sizes[s] = chance.choice([v for v in values if v not in taken] or values)
            shapes = {name: tuple(len(a.indices(sizes)) for a in t.axes) for name, t in tensors.items()}
            if all(a.evaluate(sizes) >= 0 for a in assumptions) and all(0 not in shape for shape in shapes.values()):
                break
        else:
            raise UsageError("no small sizes satisfy the assumptions: " + "; ".join(f"{a} ≥ 0" for a in assumptions))
        arrays = {}
        for name, shape in shapes.items():
            signs = 1 if positive and tensors[name].gradient_of is None else numbers.choice((-1, 1), shape)
            arrays[name] = np.asarray(signs * numbers.uniform(0.25, 2, shape))
        yield Configuration({s.name: v for s, v in sizes.items()}, arrays)
