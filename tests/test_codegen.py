"""Generated code against enumeration and the engine, exactly; its names, limits and refusals."""

import ast
import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy

from symcnn.codegen import HELPERS, code, compile_numpy, identifier, to_numpy
from symcnn.errors import UsageError
from symcnn.layers import convolution, declare, padded_output_gradient, transposed_convolution
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import (
    Add, Apply, Axis, Bracket, Definition, Derivative, Multiply, Power, Range, Read, Sum, Tensor, Value, axis,
)
from symcnn.notation.polynomial import Symbol, polynomial
from symcnn.sympy_form import to_sympy
from symcnn.validate import KINDS, by_engine, configurations, derived, merged, run

NAMES = declare("H K s N, p>=0", "x[H] w[K] y[H,K] c u[H] v[H] z[H]")
# One line each; every one is compared with plain enumeration, entry by entry and exactly.
FORMULAS = {
    "sum over an axis": "z[i] = sum(k) y[i,k] w[k]",
    "no sum": "z[i] = 2 x[i] - c x[i]^2",
    "body without the index": "z[i] = c",
    "body without the summation variable": "z[i] = sum(k=0..K-1) c",
    "index as a value": "z[i] = i x[i] + sum(k) k^2 w[k]",
    "padding": "z[i] = sum(k) w[k] x[i+k-p]",
    "stride, dilation, floor in the output": "z[i] = sum(k) w[k] x[s*i+2*k-p]",
    "prefix sum": "z[i] = sum(k=0..i) w[k]",
    "bounds that depend on the index": "z[i] = sum(k=i-1..2*i+1) w[k]",
    "bounds that depend on a sibling": "z[i] = sum(a=0..i,b=0..a) w[b] x[a]",
    "empty range": "z[i] = sum(k=3..1) w[k]",
    "delta": "z[i] = sum(k) [s*k = i] w[k]",
    "floor by inequalities": "z[i] = sum(a) [s*a <= i, i <= s*a+s-1] w[a]",
    "two brackets are not or": "z[i] = x[i] ([i >= 1] + [i <= 2]) + (1 - [i = 0])",
    "nested sums": "z[i] = x[i] + (sum(k) w[k] (sum(l) y[k,l] w[l]))^2",
    "one name in two sums": "z[i] = (sum(k) y[i,k]) (sum(k) w[k]) + x[i]",
    "size as a value": "z[i] = x[i]/N + H x[i]/(2 s)",
    "mean": "z[i] = 1/H (sum(k) x[k]) - x[i]",
    "quotient": "z[i] = x[i] / (1 + c^2)",
    "quotient where the mask is one": "z[i] = x[i] + [i >= 1] (i / (i^2)^2)",
    "relu and step": "z[i] = relu(x[i]) + 3 step(x[i]) - sign(x[i]) + 5 is_zero(x[i])",
    "power zero": "z[i] = x[i]^0 + c^1 x[i]",
    "zero times something undefined": "z[i] = 0 * (1/(x[i] - x[i]))",
}


def entries(tensor, sizes, chance):
    shape = [len(a.indices(sizes)) for a in tensor.axes]
    flat = [Fraction(chance.choice((-3, -2, -1, 0, 1, 2, 3))) for _ in range(int(np.prod(shape)))]
    return np.array(flat, dtype=object).reshape(shape)


def assert_exact(definition, definitions=(), seed=0, values=None, text_change=lambda text: text):
    """Generated code in Fractions equals enumeration at every index where the formula is defined."""
    chance = random.Random(seed)
    formula = code(definition, definitions=definitions)
    sizes = values or {s: (s.lower or 0) + chance.randrange(4) for s in formula.sizes.values()}
    arrays = {t: entries(t, sizes, chance) for t in formula.tensors.values()}
    namespace = {}
    exec(text_change(formula.text), namespace)
    made = namespace[formula.name](*arrays.values(), **{n: sizes[s] for n, s in formula.sizes.items()})

    def entry(tensor, at):
        return arrays[tensor][tuple(i - int(a.base.evaluate(sizes)) for i, a in zip(at, tensor.axes, strict=True))]

    oracle = Evaluator(sizes, entry, {d.tensor: d for d in definitions})
    places = [a.indices(sizes) for a in definition.tensor.axes]
    assert made.shape == tuple(map(len, places))
    for at in np.ndindex(made.shape):
        env = {s: r[i] for s, r, i in zip(definition.indices, places, at, strict=True)}
        try:
            expected = oracle.value(definition.body, env)
        except ZeroDivisionError:
            continue
        found = Fraction(made[at]).limit_denominator(10**6) if isinstance(made[at], float) else Fraction(made[at])
        assert found == Fraction(int(expected.p), int(expected.q)), (sizes, at, made[at], expected)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_code_equals_enumeration(text, seed):
    assert_exact(NAMES.define(text).definition, seed=seed)


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_sums_in_small_blocks_are_the_same(text):
    assert_exact(NAMES.define(text).definition, text_change=lambda t: t.replace("2_000_000", "5"))


def test_axes_that_start_elsewhere():
    h, i, k = Symbol("H", 1), Symbol("i"), Symbol("k")
    x, z = Tensor("x", (axis(h, 1),)), Tensor("z", (Axis(polynomial(-1), polynomial(2), polynomial(h)),))
    body = Sum((Range(k),), Multiply((x[k], x[polynomial(i) + k], Value(polynomial(i) + 2 * polynomial(k)))))
    for height in (1, 2, 5):
        assert_exact(Definition(z, (i,), body), values={h: height})


def test_unwritten_ranges_follow_from_supports():
    h, k, i, a, b = Symbol("H", 1), Symbol("K", 1), Symbol("i"), Symbol("a"), Symbol("b")
    x, w = Tensor("x", (axis(h),)), Tensor("w", (axis(k),))
    shifted = x[polynomial(i) + a - 2 * polynomial(b)]
    one_after_the_other = Sum((Range(a), Range(b)), Multiply((w[b], shifted)))
    each_term_its_own = Sum((Range(a),), Add((w[a], Multiply((x[i], x[2 * polynomial(a) - i])))))
    for body in (one_after_the_other, each_term_its_own):
        assert_exact(Definition(Tensor("z", (axis(h),)), (i,), body), values={h: 4, k: 3})


def test_defined_tensors_come_first_and_are_zero_outside():
    lines = NAMES.define("u[i] = 1 + sum(k) y[i,k]").define("v[i] = u[i] + u[i+1] + 3 [i = 0]").define(
        "z[i] = v[i-1] u[i] - x[i]")
    assert_exact(lines.definition, lines.definitions)
    shuffled = tuple(reversed(lines.definitions))
    assert to_numpy(lines.definition, "z", shuffled) == to_numpy(lines.definition, "z", lines.definitions)


@pytest.mark.parametrize("seed", range(60))
def test_random_formulas_equal_enumeration(seed):
    """Random trees over all exact node types; those whose sums have no end are refused by both."""
    chance = random.Random(seed)
    h, k = Symbol("H", 1), Symbol("K", 1)
    x, y, c = Tensor("x", (axis(h),)), Tensor("y", (axis(h), axis(k, 1))), Tensor("c")

    def affine(bound):
        return chance.choice((-1, 1, 2)) * polynomial(chance.choice(bound)) + chance.choice((-1, 0, 0, 1))

    def formula(bound, depth):
        kind = chance.choice(("read", "value", "bracket") if not depth else ("add", "times", "power", "apply", "sum"))
        match kind:
            case "read":
                t = chance.choice((x, y, c))
                return Read(t, tuple(affine(bound) for _ in t.axes))
            case "value":
                scale = Fraction(1, chance.choice((1, 2))) * polynomial(k) ** chance.choice((0, -1))
                return Value(affine([*bound, h]) * scale)
            case "bracket":
                return Bracket((affine(bound),) if chance.random() < 0.4 else (), (affine([*bound, k]),))
            case "power":
                return Power(formula(bound, depth - 1), chance.choice((0, 1, 2, 3)))
            case "apply":
                return Apply(chance.choice(("relu", "step", "sign", "is_zero")), formula(bound, depth - 1))
            case "sum":
                v = Symbol(f"v{len(bound)}")
                written = Range(v, polynomial(0), affine([*bound, h]) + 1, polynomial(chance.choice((1, 2))))
                cut = Multiply((formula([*bound, v], depth - 1), y[affine([v]), chance.choice(bound)]))
                return Sum((written,), cut) if chance.random() < 0.5 else Sum((Range(v),), cut)
        parts = tuple(formula(bound, depth - 1) for _ in range(chance.choice((2, 3))))
        return Add(parts) if kind == "add" else Multiply(parts)

    i, j = Symbol("i"), Symbol("j")
    for _ in range(5):
        d = Definition(Tensor("z", (axis(h), axis(k))), (i, j), formula([i, j], chance.choice((1, 2, 3))))
        assert_exact(d, seed=seed, values={h: 3, k: 2} | {Symbol("N", 1): 2})


CONVOLUTIONS = [(kind, dims, groups) for kind in KINDS for dims in (1, 2, 3) for groups in (False, True)
                if not (groups and kind == "transposed")]


def whole_numbers(c):
    return replace(c, arrays={name: np.rint(4 * array).astype(np.int64) for name, array in c.arrays.items()})


@pytest.mark.parametrize(("kind", "dims", "groups"), CONVOLUTIONS)
def test_every_layer_equals_the_engine_in_integers(kind, dims, groups):
    formula = code(derived(kind, dims, groups=groups))
    for c in map(whole_numbers, configurations(kind, dims, groups=groups, cases=8, seed=5)):
        made = run(formula, c)
        assert made.dtype == np.int64
        np.testing.assert_array_equal(merged(KINDS[kind], made, groups), by_engine(kind, c, dims, groups))


def test_zero_inserted_gradient_equals_the_engine_in_integers():
    layer = padded_output_gradient(convolution(2), 2)
    closed = layer.define("E[l,n,u,v] = sum(m,k1,k2) D[l,m,u+p1-d1*k1,v+p2-d2*k2] W[m,n,k1,k2]", "E[N,C,H1,H2]")
    formula = code(closed.definition, "input_gradient", closed.definitions)
    for c in map(whole_numbers, configurations(cases=20)):
        np.testing.assert_array_equal(run(formula, c), by_engine("input_gradient", c, 2, False))


@pytest.mark.parametrize(("right", "wrong"), [
    ("s1*i - p1", "s1*i + p1"), ("d2*k2", "s2*k2"), ("read(W, m, n, k1", "read(W, m, n, K1 - 1 - k1"),
    ("range(K2)", "range(K2 - 1)"), ("index >= 0", "index >= -1"), ("read(b, m) +", "read(b, m) -"),
])
def test_changed_code_is_not_the_engine(right, wrong):
    formula = code(convolution(2).definition)
    assert right in formula.text
    changed = replace(formula, text=formula.text.replace(right, wrong))
    assert any((run(changed, c) != by_engine("forward", c, 2, False)).any()
               for c in map(whole_numbers, configurations(cases=30)))


def test_functions_in_floating_point():
    layer = declare("H", "x[H]").define("z[i] = exp(x[i]) + tanh(x[i]) sigmoid(x[i]) - log(x[i]) / sqrt(x[i])")
    x = np.array([0.5, 1.0, 3.0])
    expected = np.exp(x) + np.tanh(x) / (1 + np.exp(-x)) - np.log(x) / np.sqrt(x)
    np.testing.assert_allclose(compile_numpy(layer.definition)(x, H=3), expected, rtol=1e-14)


def test_sigmoid_does_not_overflow():
    layer = declare("H", "x[H]").define("z[i] = sigmoid(x[i])")
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        np.testing.assert_allclose(compile_numpy(layer.definition)(np.array([-700.0, 0, 800]), H=3),
                                   [np.exp(-700), 0.5, 1], rtol=1e-12)


def test_undefined_is_not_a_number_and_masked_is_zero():
    layer = declare("H", "x[H]").define("z[i] = [i >= 1] / x[i] + 1 / (x[i] + 1)")
    made = compile_numpy(layer.definition)(np.array([0.0, 0.0, 2.0]), H=3)
    assert made[0] == 1
    assert np.isnan(made[1])
    assert made[2] == 0.5 + 1 / 3


def test_large_grid_is_summed_in_blocks(monkeypatch):
    """A grid of 9 million points: no block has more than 2 million."""
    layer = declare("H K", "x[H] w[K] z[H]").define("z[i] = x[i] sum(k) w[k] x[i+k]")
    text = to_numpy(layer.definition)
    namespace = {}
    exec(text, namespace)
    seen = []
    plain = np.broadcast_to
    monkeypatch.setattr(np, "broadcast_to", lambda a, shape: seen.append(np.prod(shape)) or plain(a, shape))
    namespace["z"](np.ones(3000), np.ones(3000), H=3000, K=3000)
    assert len(seen) > 5
    assert max(seen) <= 2_000_000


def test_text_is_self_contained_and_readable():
    text = to_numpy(convolution(2).definition, "conv")
    tree = ast.parse(text)
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert [a.name for n in imports for a in n.names] == ["numpy"]
    functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    assert set(functions) == {"array", "filled", "read", "sum_over", "conv"}
    assert all(ast.get_docstring(f) for f in functions.values())
    assert "X: (N, C, H1, H2)" in ast.get_docstring(functions["conv"])
    assert "read(X, l, n, d1*k1 + s1*i - p1, d2*k2 + s2*j - p2)" in text
    assert max(map(len, text.splitlines())) <= 130


def test_only_helpers_that_are_called_are_written():
    layer = declare("H", "x[H]").define("z[i] = x[i] + sigmoid(1 / x[i])")
    tree = ast.parse(to_numpy(layer.definition))
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    assert {n.name for n in tree.body if isinstance(n, ast.FunctionDef)} - {"z"} == called & set(HELPERS)


@pytest.mark.parametrize(("name", "expected"), {
    "∂J/∂Z": "dJ_dZ", "k'": "k_prime", "lambda": "lambda_", "sum": "sum_", "np": "np_", "read": "read_",
    "at": "at_", "σ": "σ", "x₁": "x1", "2x": "_2x", "": "_", "x); import os": "x___import_os", '"""': "___",
    "a\nb": "a_b",
}.items())
def test_identifiers(name, expected):
    assert identifier(name) == expected
    assert expected.isidentifier()


def test_names_that_clash_and_names_that_are_taken():
    i, h = Symbol("i"), Symbol("range", 1)
    tensors = [Tensor(n, (axis(h),)) for n in ("i", "range", "dJ_dZ", "∂J/∂Z", "lambda", "z", 'q"""\nimport os')]
    definition = Definition(Tensor("z'", (axis(h),)), (i,), Add(tuple(t[i] for t in tensors)))
    formula = code(definition)
    assert list(formula.tensors) == ["i", "range__2", "dJ_dZ", "dJ_dZ_2", "lambda_", "z", "q____import_os"]
    assert list(formula.sizes) == ["range_"]
    assert list(formula.function(*[np.array([n, 2 * n]) for n in range(7)], range_=2)) == [21, 42]


def derivative_left():
    x = Tensor("x", (axis(Symbol("H", 1)),))
    i = Symbol("i")
    return Definition(x.gradient(), (i,), Derivative(x[i], x[i]))


def line(text, sizes="H K", tensors="x[H] w[K]"):
    return declare(sizes, tensors).define(text).definition


H, K, AT = Symbol("H", 1), Symbol("K", 1), Symbol("i")
X, SCALAR = Tensor("x", (axis(H),)), Tensor("z")
REFUSED = {
    "derivative": (derivative_left(), {}, "work out the gradient first"),
    "sum without end": (Definition(SCALAR, (), Sum((Range(AT),), Value(polynomial(1)))), {}, "range of i"),
    "half a range": (Definition(SCALAR, (), Sum((Range(AT, polynomial(0)),), Tensor("c")[()])), {}, "range of i"),
    "own bound": (Definition(SCALAR, (), Sum((Range(AT, polynomial(0), polynomial(AT)),), X[AT])), {},
                  "a bound of a sum"),
    "axis without end": (Definition(SCALAR, (), Tensor("a", (Axis(polynomial(0), polynomial(1), None),))[0]), {},
                         "axis without end"),
    "recurrence": (Definition(X, (AT,), X[polynomial(AT) - 1]), {}, "defined by itself"),
    "circle": (Definition(SCALAR, (), X[0]), {"definitions": [Definition(X, (AT,), SCALAR[()])]}, "defined by itself"),
    "one name, two axes": (Definition(SCALAR, (), X[0] * Tensor("x", (axis(K),))[0]), {}, "one name: x, x"),
    "function called read": (line("z[i] = x[i]"), {"name": "read"}, "cannot be the name"),
    "function called def": (line("z[i] = x[i]"), {"name": "def"}, "cannot be the name"),
    "function with a blank": (line("z[i] = x[i]"), {"name": "a b"}, "cannot be the name"),
}


@pytest.mark.parametrize(("definition", "more", "message"), REFUSED.values(), ids=REFUSED)
def test_refusals(definition, more, message):
    with pytest.raises(UsageError, match=message):
        to_numpy(definition, **more)


def test_wrong_shape_is_refused_when_it_runs():
    with pytest.raises(ValueError, match=r"shape \(3,\) was given; expected shape \(2,\)"):
        compile_numpy(line("z[i] = x[i]"))(np.ones(3), H=2)


SYMPY = {
    "sum written out": ("sum(k) w[k] y[i,k]", {"H": 2, "K": 2}, {"i": 1}, "w_0*y_1_0 + w_1*y_1_1"),
    "zero outside": ("x[i+1] + x[i-1]", {"H": 2, "K": 1}, {"i": 1}, "x_0"),
    "delta": ("sum(k) [k = i] w[k]", {"H": 2, "K": 3}, {"i": 2}, "w_2"),
    "scalar": ("tanh(c)^2 - 1/(1 + exp(-c))", None, {}, "tanh(c)**2 - 1/(1 + exp(-c))"),
    "sigmoid": ("sigmoid(c)", None, {}, "1/(1 + exp(-c))"),
    "sizes stay symbols": ("c/N + p", None, {}, "c/N + p"),
}


@pytest.mark.parametrize(("text", "sizes", "at", "expected"), SYMPY.values(), ids=SYMPY)
def test_to_sympy(text, sizes, at, expected):
    body = NAMES.define(f"z[i] = {text}").definition.body if at else NAMES.expression(text)
    assert str(sympy.simplify(to_sympy(body, sizes, at) - sympy.sympify(expected, {
        str(s): s for s in to_sympy(body, sizes, at).free_symbols}))) == "0"


def test_sympy_derivative_of_a_kink_is_a_step():
    c = sympy.Symbol("c", real=True)
    derivative = sympy.diff(to_sympy(NAMES.expression("relu(c)")), c)
    assert [derivative.subs(c, n) for n in (-2, 3)] == [0, 1]


@pytest.mark.parametrize(("body", "sizes", "message"), [
    (NAMES.expression("sum(k) w[k]"), None, "`sizes` lacks K"),
    (NAMES.expression("sum(k) w[k]"), {"H": 2}, "size K has no number"),
    (X[AT], {"H": 2}, "needs a number for i"),
    (Derivative(SCALAR[()], SCALAR[()]), None, "sympy.diff"),
])
def test_to_sympy_refuses(body, sizes, message):
    with pytest.raises(UsageError, match=message):
        to_sympy(body, sizes)


def test_transposed_convolution_of_fractions_is_exact():
    thirds = np.array([Fraction(n, 3) for n in range(1, 5)], dtype=object)
    made = compile_numpy(transposed_convolution(1).definition)(
        thirds[:2].reshape(1, 1, 2), thirds[2:].reshape(1, 1, 2), N=1, C=1, M=1, O=2, K=2, s=1, d=1, p=0, q=0)
    assert made.tolist() == [[[Fraction(3, 9), Fraction(10, 9), Fraction(8, 9)]]]
