"""The numeric witnesses agree, and notice what is planted: in formulas, in the engine, in generated code."""

import dataclasses
import importlib.util
import re
import subprocess
import sys

import numpy as np
import pytest

import symcnn.validate as validate
from symcnn import engine
from symcnn.calculus import gradient
from symcnn.errors import UsageError, WitnessError
from symcnn.layers import convolution, declare, padded_output_gradient, transposed_convolution
from symcnn.layers.convolution import INPUTS, numbered
from symcnn.notation.expression import Definition
from symcnn.notation.polynomial import Symbol
from symcnn.validate import (
    KINDS, Configuration, Slope, compare, configurations, derived, validate_convolution, validate_definition,
    validate_derivative, validate_scalar,
)

CASES = [(kind, dims, groups) for kind in KINDS for dims in (1, 2, 3) for groups in (False, True)
         if not (groups and kind == "transposed")]


@pytest.mark.parametrize(("kind", "dims", "groups"), CASES)
def test_derived_formulas_agree_with_all_witnesses(kind, dims, groups):
    made = validate_convolution(kind, dims=dims, groups=groups, cases=40)
    assert made.against == ("engine", "adjoint" if kind == "forward" else "central differences")
    assert made.cases == 40
    assert made.max_error < (1e-14 if kind == "forward" else 1e-8)
    assert re.search(r"N = \d, ", made.worst)


def test_two_hundred_cases_are_the_default():
    assert validate_convolution("input_gradient").cases == 200


def closed_form(dims, groups=False):
    """The input gradient as a convolution of the zero-inserted output gradient with the flipped kernel."""
    inserted = padded_output_gradient(convolution(dims, groups=groups), dims, groups=groups)
    g, place, (d, k, p, taps) = "g, " * groups, INPUTS[:dims], (numbered(stem, dims) for stem in "dKpk")
    axes = zip(place, p, d, k, taps, strict=True)
    reads = ", ".join(f"{u} + {a}*{t} - ({a}*({b}-1) - {q})" for u, q, a, b, t in axes)
    bounds = ", ".join(f"{t} = 0..{k}-1" for t, k in zip(taps, k, strict=True))
    flipped = ", ".join(f"{k}-1-{t}" for t, k in zip(taps, k, strict=True))
    text = f"∂J/∂X[l, {g}n, {', '.join(place)}] = sum(m, {bounds}) D[l, {g}m, {reads}] W[{g}m, n, {flipped}]"
    at = tuple(Symbol(n) for n in ("l", *(["g"] * groups), "n", *place))
    return Definition(inserted["∂J/∂X"], at, inserted.equation(text).right), inserted.definitions


@pytest.mark.parametrize(("dims", "groups"), [(1, False), (2, False), (2, True), (3, False)])
def test_zero_inserted_closed_form_agrees(dims, groups):
    definition, definitions = closed_form(dims, groups)
    made = validate_convolution("input_gradient", definition, dims=dims, groups=groups, cases=40,
                                definitions=definitions)
    assert made.cases == 40


@pytest.mark.parametrize(("kind", "dims", "groups"), CASES)
def test_every_sort_of_configuration_occurs_and_extents_differ(kind, dims, groups):
    found = dict.fromkeys(("r > 0", "p > d(K-1)", "s > 1", "d > 1", "K = 1", "no padding", "several outputs"), 0)
    seen = list(configurations(kind, dims, groups=groups))
    assert len(seen) == 200
    for c in seen:
        large = c.arrays["X"].shape[-dims:]
        small = c.arrays["Y" if kind == "transposed" else "∂J/∂Z"].shape[-dims:]
        k, s, d, p = (tuple(c.sizes[name] for name in numbered(stem, dims)) for stem in "Ksdp")
        axes = list(zip(large, k, s, d, p, small, strict=True))
        found["r > 0"] += any((h + 2 * p - d * (k - 1) - 1) % s for h, k, s, d, p, _ in axes)
        found["p > d(K-1)"] += any(p > d * (k - 1) for _, k, _, d, p, _ in axes)
        found["s > 1"] += max(s) > 1
        found["d > 1"] += any(d > 1 and k > 1 for _, k, _, d, _, _ in axes)
        found["K = 1"] += min(k) == 1
        found["no padding"] += min(p) == 0
        found["several outputs"] += max(small) > 1
        assert all((h + 2 * p - d * (k - 1) - 1) // s + 1 == o > 0 for h, k, s, d, p, o in axes)
        assert len({c.sizes[n] for n in "NCM"}) == 3
        assert len(set(k)) == dims == len(set(small if kind == "transposed" else large))
        assert not groups or c.sizes["G"] not in {1, *(c.sizes[n] for n in "NCM")}
    assert all(count >= 10 for count in found.values()), found


def test_configurations_repeat_with_their_seed():
    a, b, c = (list(configurations(cases=3, seed=seed)) for seed in (1, 1, 2))
    assert str(a) == str(b) != str(c)


def formula(kind, text):
    """A formula that somebody claims: `text` with the derived left side."""
    layer = transposed_convolution(1) if kind == "transposed" else convolution(1)
    left = derived(kind, 1)
    names = ", ".join(s.name for s in left.indices)
    return Definition(left.tensor, left.indices, layer.equation(f"{left.tensor.name}[{names}] = {text}").right)


WRONG = {
    "forward, sign of the bias": ("forward", "-b[m] + sum(n,k) W[m,n,k] X[l,n,s*i+d*k-p]"),
    "forward, flipped kernel": ("forward", "b[m] + sum(n,k) W[m,n,K-1-k] X[l,n,s*i+d*k-p]"),
    "forward, padding on one side": ("forward", "b[m] + sum(n,k) W[m,n,k] X[l,n,s*i+d*k]"),
    "forward, last tap missing": ("forward", "b[m] + sum(n,k=0..K-2) W[m,n,k] X[l,n,s*i+d*k-p]"),
    "input, sign": ("input_gradient", "-(sum(m,i,k) [s*i+d*k-p = u] W[m,n,k] ∂J/∂Z[l,m,i])"),
    "input, factor": ("input_gradient", "2 sum(m,i,k) [s*i+d*k-p = u] W[m,n,k] ∂J/∂Z[l,m,i]"),
    "input, index by one": ("input_gradient", "sum(m,i,k) [s*i+d*k-p = u+1] W[m,n,k] ∂J/∂Z[l,m,i]"),
    "input, no dilation": ("input_gradient", "sum(m,i,k) [s*i+k-p = u] W[m,n,k] ∂J/∂Z[l,m,i]"),
    "input, stride and dilation exchanged": ("input_gradient", "sum(m,i,k) [d*i+s*k-p = u] W[m,n,k] ∂J/∂Z[l,m,i]"),
    "input, kernel not flipped": ("input_gradient", "sum(m,k) W[m,n,k] ∂J/∂Z[l,m,u+d*k-p]"),
    "input, right for stride 1": ("input_gradient", "sum(m,k) W[m,n,k] ∂J/∂Z[l,m,u-d*k+p]"),
    "weight, sign": ("weight_gradient", "-(sum(l,i) ∂J/∂Z[l,m,i] X[l,n,s*i+d*k-p])"),
    "weight, mean over the batch": ("weight_gradient", "1/N sum(l,i) ∂J/∂Z[l,m,i] X[l,n,s*i+d*k-p]"),
    "weight, stride and dilation exchanged": ("weight_gradient", "sum(l,i) ∂J/∂Z[l,m,i] X[l,n,d*i+s*k-p]"),
    "weight, padding": ("weight_gradient", "sum(l,i) ∂J/∂Z[l,m,i] X[l,n,s*i+d*k]"),
    "bias, first sample only": ("bias_gradient", "sum(i) ∂J/∂Z[0,m,i]"),
    "bias, off by a thousandth": ("bias_gradient", "1001/1000 sum(l,i) ∂J/∂Z[l,m,i]"),
    "transposed, no crop": ("transposed", "sum(m,i,k) [s*i+d*k = u] W[m,n,k] Y[l,m,i]"),
    "transposed, flipped": ("transposed", "sum(m,i,k) [s*i+d*k-p = u] W[m,n,K-1-k] Y[l,m,i]"),
}


@pytest.mark.parametrize(("kind", "text"), WRONG.values(), ids=WRONG)
def test_wrong_formulas_are_noticed(kind, text):
    with pytest.raises(WitnessError, match=r"generated code and engine differ by .*\n  at N = .*\n  .*\d and .*\d"):
        validate_convolution(kind, formula(kind, text), dims=1)


def test_a_wrong_closed_form_is_noticed():
    definition, (conv, inserted) = closed_form(1)
    early = dataclasses.replace(inserted, body=2 * inserted.body)
    with pytest.raises(WitnessError):
        validate_convolution("input_gradient", definition, dims=1, definitions=(conv, early))


ENGINE = {"forward": "conv", "input_gradient": "conv_input_gradient", "weight_gradient": "conv_weight_gradient",
          "bias_gradient": "conv_bias_gradient", "transposed": "conv_transpose"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_engine_is_noticed(kind, monkeypatch):
    right = getattr(engine, ENGINE[kind])

    def one_entry_wrong(*operands, **how):
        result = right(*operands, **how).copy()
        result.flat[-1] += 1e-3
        return result

    monkeypatch.setattr(engine, ENGINE[kind], one_entry_wrong)
    with pytest.raises(WitnessError, match="generated code and engine differ"):
        validate_convolution(kind, cases=20)


def wrong_tap(right):
    """Convolution that ignores the last kernel tap."""
    def conv(x, w, b=None, **how):
        w = w.copy()
        w[(..., *[-1] * (w.ndim - 2))] = 0
        return right(x, w, b, **how)
    return conv


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in ("forward", "bias_gradient")])
def test_a_wrong_forward_engine_is_noticed_by_central_differences(kind, monkeypatch):
    monkeypatch.setattr(engine, "conv", wrong_tap(engine.conv))
    with pytest.raises(WitnessError, match="generated code and central differences differ"):
        validate_convolution(kind, cases=50)


def test_a_wrong_tap_in_the_forward_is_noticed(monkeypatch):
    monkeypatch.setattr(engine, "conv", wrong_tap(engine.conv))
    with pytest.raises(WitnessError, match="generated code and engine differ"):
        validate_convolution("forward", cases=20)


def test_a_wrong_adjoint_is_noticed(monkeypatch):
    right = engine.conv_input_gradient
    monkeypatch.setattr(engine, "conv_input_gradient", lambda *a, **how: 1.001 * right(*a, **how))
    with pytest.raises(WitnessError, match="generated code and adjoint differ"):
        validate_convolution("forward", cases=20)


@pytest.mark.parametrize(("kind", "right", "wrong"), [
    ("forward", "s1*i - p1", "s1*i + p1"),
    ("input_gradient", "== p2 + v", "== p2 + v + 1"),
    ("weight_gradient", "range(N)", "range(1)"),
    ("bias_gradient", "index >= 0", "index >= 1"),
    ("transposed", "read(W, m, n, k1, k2)", "read(W, m, n, k1, 0 * k2)"),
])
def test_wrong_generated_code_is_noticed(kind, right, wrong, monkeypatch):
    made = validate.code

    def changed(*given, **more):
        formula = made(*given, **more)
        assert right in formula.text
        return dataclasses.replace(formula, text=formula.text.replace(right, wrong))

    monkeypatch.setattr(validate, "code", changed)
    with pytest.raises(WitnessError):
        validate_convolution(kind, cases=50)


@pytest.mark.parametrize(("given", "more", "message"), [
    (("pooling",), {}, "known: forward, input_gradient"),
    (("transposed",), {"groups": True}, "no groups"),
    (("forward", derived("bias_gradient", 1)), {"dims": 1}, "expected is Z"),
    (("forward", derived("forward", 1)), {"dims": 2}, "the axes of the layer"),
    (("forward",), {"cases": 0}, "no case"),
])
def test_usage_errors(given, more, message):
    with pytest.raises(UsageError, match=message):
        validate_convolution(*given, **more)


SMALL = Configuration({"H": 2}, {})
PAIRS = {
    "equal": (np.ones(2), np.ones(2), True), "within": (np.ones(2), np.ones(2) + 1e-9, True),
    "beyond": (np.ones(2), np.array([1, 1 + 1e-7]), False), "shape": (np.ones(2), np.ones(3), False),
    "broadcastable shape": (np.ones(2), np.ones(1), False), "nan": (np.array([1, np.nan]), np.ones(2), False),
    "both nan": (np.array(np.nan), np.array(np.nan), False), "infinite": (np.array(np.inf), np.array(np.inf), False),
    "slope": (np.array([1.0, 2.0]), Slope(np.array([3.0, 1.0]), 5.0), True),
    "wrong slope": (np.array([1.0, 2.0]), Slope(np.array([3.0, 1.0]), 5.1), False),
    "slope of another shape": (np.ones(2), Slope(np.ones(1), 2.0), False),
    "slope is nan": (np.ones(1), Slope(np.ones(1), np.nan), False),
}


@pytest.mark.parametrize(("a", "b", "fine"), PAIRS.values(), ids=PAIRS)
def test_compare(a, b, fine):
    witnesses = {"a": lambda c: a, "b": lambda c: b}
    if fine:
        with np.errstate(invalid="ignore"):
            assert compare(witnesses, [SMALL], {"b": 1e-8}).worst == "H = 2"
    else:
        with pytest.raises(WitnessError, match=r"a and b differ by .*\n  at H = 2\n"), np.errstate(invalid="ignore"):
            compare(witnesses, [SMALL], {"b": 1e-8})


RISK = declare("N D", "x[N,D] y[N] w[D]").define("E = 1/N (sum(n) (tanh(sum(j) w[j] x[n,j]) - y[n])^2)")
SOFTMAX = declare("K", "z[K] y[K]").define("q[i] = exp(z[i]) / sum(j) exp(z[j])").define("L = -(sum(i) y[i] log(q[i]))")
BLOCK = declare("H C M K", "X[H,C] W[K,C,M] b[M]", ["K <= H"]).define(
    "Z[i,m] = b[m] + sum(k,n) W[k,n,m] X[i+k,n]").define("U[i,m] = sigmoid(Z[i,m])")
NORM = declare("N", "x[N] e").define("a = 1/N sum(i) x[i]").define(
    "r = 1/sqrt(1/N (sum(i) (x[i] - a)^2) + e)").define("o[i] = (x[i] - a) r")


def claimed(layer, text):
    """`∂E/∂w[k] = …` as a definition."""
    name, index = re.fullmatch(r"∂\w+/∂(\w+)\[(\w+)\] = .*", text).groups()
    equation = layer.equation(text)
    return Definition(layer[name].gradient(text[1]), (Symbol(index),), equation.right)


GRADIENTS = {
    "tanh risk": (RISK, claimed(RISK, "∂E/∂w[k] = 2/N (sum(n) (tanh(sum(j) w[j] x[n,j]) - y[n])"
                                      " (1 - tanh(sum(j) w[j] x[n,j])^2) x[n,k])")),
    "tanh risk, derived": (RISK, gradient(RISK, "w", ["k"])),
    "softmax with cross-entropy": (SOFTMAX, claimed(SOFTMAX, "∂L/∂z[k] = q[k] (sum(i) y[i]) - y[k]")),
    "softmax with cross-entropy, derived": (SOFTMAX, gradient(SOFTMAX, "z", ["k"])),
    "sigmoid block, input": (BLOCK, gradient(BLOCK, "X", ["u", "n"])),
    "sigmoid block, weights": (BLOCK, gradient(BLOCK, "W", ["k", "n", "m"])),
    "only the convolution of the block": (BLOCK, gradient(BLOCK, "b", ["m"], of="Z")),
    "batch norm": (NORM, gradient(NORM, "x", ["k"])),
    "convolution with batch": (convolution(2), gradient(convolution(2), "W", ["m", "n", "k1", "k2"])),
}


@pytest.mark.parametrize(("layer", "made"), GRADIENTS.values(), ids=GRADIENTS)
def test_gradients_of_any_layer(layer, made):
    result = validate_definition(layer, made, cases=30)
    assert result.against == ("central differences",)
    assert result.cases == 30
    assert result.max_error < 1e-7


WRONG_GRADIENTS = {
    "factor": (RISK, "∂E/∂w[k] = 1/N (sum(n) (tanh(sum(j) w[j] x[n,j]) - y[n])"
                     " (1 - tanh(sum(j) w[j] x[n,j])^2) x[n,k])"),
    "square forgotten": (RISK, "∂E/∂w[k] = 2/N (sum(n) (tanh(sum(j) w[j] x[n,j]) - y[n])"
                               " (1 - tanh(sum(j) w[j] x[n,j])) x[n,k])"),
    "targets taken to sum to 1": (SOFTMAX, "∂L/∂z[k] = q[k] - y[k]"),
    "sign": (SOFTMAX, "∂L/∂z[k] = y[k] - q[k] (sum(i) y[i])"),
    "index": (NORM, "∂J/∂x[k] = ∂J/∂o[k] r"),
}


@pytest.mark.parametrize(("layer", "text"), WRONG_GRADIENTS.values(), ids=WRONG_GRADIENTS)
def test_wrong_gradients_of_any_layer_are_noticed(layer, text):
    with pytest.raises(WitnessError, match="generated code and central differences"):
        validate_definition(layer, claimed(layer, text), cases=30)


@pytest.mark.parametrize(("layer", "made", "of", "message"), [
    (RISK, RISK.definition, None, "E is not a gradient"),
    (BLOCK, GRADIENTS["sigmoid block, input"][1].definition, "Z", "reads ∂J/∂U; expected is ∂J/∂Z"),
    (BLOCK, Definition(BLOCK["Z"].gradient(), tuple(map(Symbol, "im")), BLOCK.equation("Z[i,m] = 0").right), None,
     "Z is defined by a formula"),
    (declare("H", "x[H]", ["H >= 3", "H <= 2"]).define("z[i] = x[i]"), None, None, "no small sizes"),
])
def test_definition_usage_errors(layer, made, of, message):
    with pytest.raises(UsageError, match=message):
        validate_definition(layer, made or claimed(layer, "∂J/∂x[k] = ∂J/∂z[k]"), of=of)


SCALARS = declare("n, p>=0", "z x y")
SIGMOID = declare("", "z").define("U = 1/(1 + exp(-z))")
read = SCALARS.expression
DERIVATIVES = {
    "sigmoid": ("1/(1 + exp(-z))", "exp(-z)/(1 + exp(-z))^2", "exp(-z)/(1 + exp(-z))"),
    "sigmoid by itself": ("sigmoid(z)", "sigmoid(z) (1 - sigmoid(z))", "sigmoid(z) (1 + sigmoid(z))"),
    "tanh": ("tanh(2 z)", "2 (1 - tanh(2 z)^2)", "1 - tanh(2 z)^2"),
    "logarithm of a difference": ("log(z - x)", "1/(z - x)", "1/(x - z)"),
    "root": ("sqrt(1 - z^2 + x)", "-z/sqrt(1 - z^2 + x)", "-z sqrt(1 - z^2 + x)"),
    "relu": ("relu(z - x)", "step(z - x)", "step(x - z)"),
    "sizes": ("n z^2 / (p + 1)", "2 n z / (p + 1)", "2 n z / (p + 2)"),
    "constant": ("x y", "0", "x"),
}


@pytest.mark.parametrize(("f", "right", "wrong"), DERIVATIVES.values(), ids=DERIVATIVES)
def test_scalar_derivatives(f, right, wrong):
    made = validate_derivative(read(f), read(right), SCALARS["z"], cases=60)
    assert made.against == ("SymPy", "central differences")
    assert made.cases == 60
    with pytest.raises(WitnessError, match=r"generated code and SymPy differ .*\n  at .*= "):
        validate_derivative(read(f), read(wrong), SCALARS["z"], cases=60)


def test_derivative_of_a_defined_scalar():
    right, wrong = SIGMOID.expression("U (1 - U)"), SIGMOID.expression("U (2 - U)")
    given = {"definitions": SIGMOID.definitions, "cases": 50}
    assert validate_derivative(SIGMOID.expression("U"), right, SIGMOID["z"], **given).max_error < 1e-9
    with pytest.raises(WitnessError):
        validate_derivative(SIGMOID.expression("U"), wrong, SIGMOID["z"], **given)


def test_definitions_in_definitions_and_any_name():
    chain = declare("", "c formula").define("f = c^2 + formula").define("g = tanh(f)").define("h = f g")
    right, wrong = "2 c g + f (1 - g^2) 2 c", "2 c g + f (1 - g) 2 c"
    given = {"definitions": chain.definitions, "cases": 20}
    validate_derivative(chain.expression("h"), chain.expression(right), chain["c"], **given)
    with pytest.raises(WitnessError):
        validate_derivative(chain.expression("h"), chain.expression(wrong), chain["c"], **given)
    validate_definition(chain, gradient(chain, "c", []), cases=20)
    validate_definition(chain, gradient(chain, "formula", []), cases=20)


def test_each_witness_of_a_derivative_is_heard(monkeypatch):
    given = (read("tanh(z)"), read("1 - tanh(z)^2"), SCALARS["z"])
    with monkeypatch.context() as patch:
        patch.setattr(validate, "to_sympy", lambda f: 2 * original(f))
        original = importlib.import_module("symcnn.sympy_form").to_sympy
        with pytest.raises(WitnessError, match="SymPy"):
            validate_derivative(*given)
    with monkeypatch.context() as patch:
        right = validate.slope
        patch.setattr(validate, "slope", lambda *a: dataclasses.replace(right(*a), value=1.001 * right(*a).value))
        with pytest.raises(WitnessError, match="central differences"):
            validate_derivative(*given)


IDENTITIES = {
    "tanh is a sigmoid": ("tanh(z)", "2 sigmoid(2 z) - 1", "2 sigmoid(z) - 1"),
    "binomial": ("(z^2 - x^2)/(z - x)", "z + x", "z - x"),
    "exponents": ("exp(z - x)", "exp(z)/exp(x)", "exp(z) exp(x)"),
    "a zero function": ("z - z", "0", "1/1000000"),
}


@pytest.mark.parametrize(("left", "right", "wrong"), IDENTITIES.values(), ids=IDENTITIES)
def test_scalar_identities(left, right, wrong):
    made = validate_scalar([(read(left), read(right))] * 2, cases=50)
    assert made.against == ("right side", "SymPy")
    assert made.cases == 100
    with pytest.raises(WitnessError, match="left side and right side differ"):
        validate_scalar([(read(left), read(wrong))], cases=50)


def test_nowhere_defined_is_not_a_success():
    nowhere = read("log(0 - z^2)")
    with pytest.raises(UsageError, match="defined at only 0 of"):
        validate_scalar([(nowhere, nowhere)], cases=5)
    with pytest.raises(UsageError, match="no identity"):
        validate_scalar([])


def test_jax_only_when_asked_and_installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "JAX" not in validate_convolution("forward", cases=2, jax=True).against
    code = ("import sys\nfrom symcnn.validate import validate_convolution\n"
            "validate_convolution('forward', dims=1, cases=2)\nassert not {'jax', 'torch'} & set(sys.modules)")
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("kind", "dims", "groups"), [case for case in CASES if case[1] < 3])
def test_jax_agrees(kind, dims, groups):
    pytest.importorskip("jax")
    made = validate_convolution(kind, dims=dims, groups=groups, cases=3, jax=True)
    assert made.against[-1] == "JAX"
