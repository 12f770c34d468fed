"""Gradients of convolutions: every closed form the field uses, proved for all sizes, in 1, 2 and 3 dimensions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from symcnn.calculus import Line, conclusion, gradient, steps
from symcnn.verdict import prove
from symcnn.errors import StepError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.kernel.derivative import derivative
from symcnn.kernel.rules import lift, specialize, summed
from symcnn.kernel.theorem import Theorem
from symcnn.layers import Layer, convolution, declare, padded_output_gradient, transposed_convolution
from symcnn.layers.convolution import INPUTS, OUTPUTS, numbered
from symcnn.notation.context import context
from symcnn.notation.evaluate import Evaluator
from symcnn.notation.expression import Definition, Expression, axis
from symcnn.notation.traverse import sizes_in
from symcnn.notation.polynomial import Symbol, polynomial

DIMS = (1, 2, 3)
SHAPES = list(itertools.product(DIMS, (False, True)))
NAMES = [f"{dims}-D{' with groups' if groups else ''}" for dims, groups in SHAPES]
LITERALS = list(itertools.product((1, 2, 3), repeat=2))


def joined(*parts: str | Sequence[str]) -> str:
    return ", ".join(q for p in parts for q in ([p] if isinstance(p, str) else p) if q)


def every_size(theorem: Theorem) -> None:
    """The scope must hold every size that the theorem or its hypotheses speak of."""
    sides: list[Expression] = [theorem.left, theorem.right]
    found = {s for side in sides for s in sizes_in(side)}
    for h in theorem.hypotheses:
        if isinstance(h, Definition):
            found |= sizes_in(h.body) | h.tensor.symbols
    found |= {s for _, a in theorem.indices if a is not None for s in a.symbols}
    assert found <= set(theorem.scope), f"missing from the scope: {found - set(theorem.scope)}"


def names_of(theorem: Theorem) -> set[str]:
    return {s.name for s in theorem.scope}


def all_names(dims: int, groups: bool, stems: str) -> set[str]:
    """The sizes a theorem about this convolution must range over."""
    return {"N", "C", "M"} | ({"G"} if groups else set()) | {n for stem in stems for n in numbered(stem, dims)}


def read(layer: Layer, left: str, right: str) -> Expression:
    return layer.equation(f"{left} = {right}").right


def closed_input_gradient(dims: int, groups: bool) -> tuple[Layer, tuple[Line, ...]]:
    """∂J/∂X as a stride-1 convolution of D, padded by d(K−1) − p, with the flipped, channel-swapped kernel."""
    conv = convolution(dims, groups=groups)
    lead, group = (["l", "g"], "g") if groups else (["l"], "")
    place, taps = INPUTS[:dims], numbered("k", dims)
    at = [*lead, "n", *place]
    s_d_k_p = list(zip(*(numbered(stem, dims) for stem in "dKp"), place, taps, strict=True))
    reads = [f"{u} + {d}*{t} - ({d}*({k}-1) - {p})" for d, k, p, u, t in s_d_k_p]
    flipped = [f"{k} - 1 - {t}" for _, k, _, _, t in s_d_k_p]
    bounds = [f"{t} = 0..{k}-1" for _, k, _, _, t in s_d_k_p]
    inserted = padded_output_gradient(conv, dims, groups=groups)
    right = read(inserted, f"∂J/∂X[{joined(at)}]",
                 f"sum(m, {joined(bounds)}) D[{joined(lead, 'm', reads)}] W[{joined(group, 'm', 'n', flipped)}]")
    dx = gradient(conv, "X", at)
    return inserted, (*dx.lines, *steps(dx.expression, [("flip", right)], inserted.definitions, conv.assumptions))


@pytest.mark.parametrize(("dims", "groups"), SHAPES, ids=NAMES)
def test_input_gradient_is_a_convolution_with_the_flipped_kernel(dims, groups):
    _, lines = closed_input_gradient(dims, groups)
    theorem = conclusion(*lines)
    assert theorem.left == lines[0].theorem.left
    assert theorem.right == lines[-1].theorem.right
    for line in lines:
        every_size(line.theorem)
    assert names_of(theorem) == all_names(dims, groups, "HKsdp")


@pytest.mark.parametrize(("s", "d"), LITERALS, ids=[f"stride {s}, dilation {d}" for s, d in LITERALS])
@pytest.mark.parametrize("dims", DIMS)
def test_input_gradient_at_literal_stride_and_dilation(dims, s, d):
    layer, lines = closed_input_gradient(dims, False)
    values = {layer.size(n): polynomial((s + a) if s + a <= 3 else 1) for a, n in enumerate(numbered("s", dims))}
    values |= {layer.size(n): polynomial((d + a) if d + a <= 3 else 1) for a, n in enumerate(numbered("d", dims))}
    whole = conclusion(*lines)
    special = specialize(whole, values)
    every_size(special)
    assert names_of(special) == all_names(dims, False, "HKp")
    # The same sizes put into the claim, and proved from there.
    definitions = tuple(h for h in whole.hypotheses if isinstance(h, Definition))
    claim = Claim(whole.left, whole.right, definitions, layer.assumptions).substitute(values)
    again = equal(claim)
    assert again.statement == special.statement
    every_size(again)


@pytest.mark.parametrize(("dims", "groups"), SHAPES, ids=NAMES)
def test_weight_gradient_is_a_correlation_with_stride_and_dilation_exchanged(dims, groups):
    conv = convolution(dims, groups=groups)
    group, taps, at = ("g" if groups else ""), numbered("k", dims), OUTPUTS[:dims]
    s, d, p = (numbered(stem, dims) for stem in "sdp")
    lines = gradient(conv, "W", [q for q in (group, "m", "n", *taps) if q]).lines
    reads = [f"{d[a]}*{taps[a]} + {s[a]}*{at[a]} - {p[a]}" for a in range(dims)]
    right = read(conv, f"∂J/∂W[{joined(group, 'm', 'n', taps)}]",
                 f"sum(l, {joined(at)}) X[{joined('l', group, 'n', reads)}] ∂J/∂Z[{joined('l', group, 'm', at)}]")
    theorem = conclusion(*lines, *steps(lines[-1].theorem.right, [("correlate", right)], conv.definitions))
    assert theorem.right == right
    every_size(theorem)
    assert names_of(theorem) == all_names(dims, groups, "HKsdp")


@pytest.mark.parametrize("dims", DIMS)
def test_weight_gradient_is_the_longer_correlation_cropped_to_its_taps(dims):
    """V[m,n,a…] over K + R positions agrees with ∂J/∂W on the first K of them."""
    conv = convolution(dims)
    taps, at = numbered("k", dims), OUTPUTS[:dims]
    s, d, p, k, longer = (numbered(stem, dims) for stem in "sdpKa")
    more = Layer(conv.context.with_sizes(" ".join(f"R{a}>=0" for a in range(dims))), conv.output)
    reads = [f"{d[a]}*{longer[a]} + {s[a]}*{at[a]} - {p[a]}" for a in range(dims)]
    full = more.define(
        f"V[m, n, {joined(longer)}] = sum(l, {joined(at)}) X[l, n, {joined(reads)}] ∂J/∂Z[l, m, {joined(at)}]",
        f"V[M, C, {joined([f'{k[a]}+R{a}' for a in range(dims)])}]")
    dw = gradient(conv, "W", ["m", "n", *taps])
    cropped = read(full, f"∂J/∂W[m, n, {joined(taps)}]", f"V[m, n, {joined(taps)}]")
    theorem = prove(dw.chain.left, cropped, (*full.definitions, dw.chain))
    every_size(theorem)
    assert names_of(theorem) == all_names(dims, False, "HKsdp") | {f"R{a}" for a in range(dims)}


@pytest.mark.parametrize(("dims", "groups"), SHAPES, ids=NAMES)
def test_bias_gradient_is_the_sum_of_the_output_gradient(dims, groups):
    conv = convolution(dims, groups=groups)
    group, at = ("g" if groups else ""), OUTPUTS[:dims]
    db = gradient(conv, "b", [q for q in (group, "m") if q])
    right = read(conv, f"∂J/∂b[{joined(group, 'm')}]",
                 f"sum(l, {joined(at)}) ∂J/∂Z[{joined('l', group, 'm', at)}]")
    theorem = conclusion(*db.lines, *steps(db.expression, [("sum", right)], conv.definitions))
    every_size(theorem)
    assert names_of(theorem) >= {"N", "M"}


@pytest.mark.parametrize("dims", DIMS)
def test_depthwise_is_one_channel_per_group(dims):
    layer, lines = closed_input_gradient(dims, True)
    one = polynomial(1)
    special = specialize(conclusion(*lines), {layer.size("C"): one, layer.size("M"): one})
    every_size(special)
    assert names_of(special) == all_names(dims, True, "HKsdp") - {"C", "M"}
    assert {"C", "M"} <= names_of(conclusion(*lines))


@pytest.mark.parametrize("dims", DIMS)
def test_a_batch_axis_is_lifted_onto_the_result_for_one_sample(dims):
    """∂J/∂X[l,…] sample by sample; ∂J/∂W is the sum of the samples' gradients."""
    single, batched = convolution(dims, batch=False, bias=False), convolution(dims, bias=False)
    sample, samples = Symbol("l"), axis(batched.size("N"))
    lifted = ["X", "Z", "∂J/∂X", "∂J/∂Z"]
    dx = gradient(single, "X", ["n", *INPUTS[:dims]])
    theorem = lift(conclusion(*dx.lines), lifted, sample, samples)
    whole = gradient(batched, "X", ["l", "n", *INPUTS[:dims]])
    assert prove(theorem.right, whole.expression, batched.definitions).scope
    assert theorem.left == whole.chain.left
    every_size(theorem)
    dw = gradient(single, "W", ["m", "n", *numbered("k", dims)])
    added = summed(lift(conclusion(*dw.lines), [*lifted, "∂J/∂W"], sample, samples), sample)
    every_size(added)
    whole = gradient(batched, "W", ["m", "n", *numbered("k", dims)])
    assert prove(added.right, whole.expression, batched.definitions, ranges=[
        i for i in added.indices if i[1] is not None]).scope
    assert "N" in names_of(added)


@pytest.mark.parametrize("dims", DIMS)
def test_transposed_convolution_is_the_adjoint(dims):
    """⟨conv x, y⟩ = ⟨x, convT y⟩ without bias, for any shapes whose output extents match."""
    at, place, taps = OUTPUTS[:dims], INPUTS[:dims], numbered("k", dims)
    o, h, k, s, d, p, r = (numbered(stem, dims) for stem in "OHKsdpr")
    sizes = " ".join(["N C M", *o, *k, *s, *d, *(f"{q}>=0" for q in (*p, *r))])
    # H = s(O−1) + d(K−1) + 1 − 2p + r is the input for which r entries are out of reach.
    extents = [f"{s[a]}*({o[a]}-1) + {d[a]}*({k[a]}-1) + 1 - 2*{p[a]} + {r[a]}" for a in range(dims)]
    reads = [f"{s[a]}*{at[a]} + {d[a]}*{taps[a]} - {p[a]}" for a in range(dims)]
    same = ", ".join(f"{reads[a]} = {place[a]}" for a in range(dims))
    names = declare(sizes, f"x[N, C, {joined(extents)}] W[M, C, {joined(k)}] y[N, M, {joined(o)}]")
    both = names.define(
        f"z[l, m, {joined(at)}] = sum(n, {joined(taps)}) W[m, n, {joined(taps)}] x[l, n, {joined(reads)}]",
        f"z[N, M, {joined(o)}]").define(
        f"T[l, n, {joined(place)}] = sum(m, {joined(at, taps)}) [{same}] W[m, n, {joined(taps)}] "
        f"y[l, m, {joined(at)}]", f"T[N, C, {joined(extents)}]")
    forward = both.expression(f"sum(l, m, {joined(at)}) z[l, m, {joined(at)}] y[l, m, {joined(at)}]")
    backward = both.expression(f"sum(l, n, {joined(place)}) x[l, n, {joined(place)}] T[l, n, {joined(place)}]")
    theorem = prove(forward, backward, both.definitions)
    every_size(theorem)
    assert names_of(theorem) == all_names(dims, False, "OKsdpr")
    layer = transposed_convolution(dims)
    assert [a.extent for a in layer["T"].axes[2:]] == [layer.polynomial(e.replace("r", "q")) for e in extents]


SIZE = declare("O K s d H r>=0 q>=0, p>=0", "")


def test_the_transposed_size_is_h_exactly_when_output_padding_is_r():
    """[H = a + r]·[a + q = H] = [H = a + r]·[q = r] for a = s(O−1) + d(K−1) + 1 − 2p: both directions at once."""
    context = SIZE.context
    given = "s*(O-1) + d*(K-1) + 1 - 2*p + r = H"
    left = context.expression(f"[{given}, s*(O-1) + d*(K-1) + 1 - 2*p + q = H]")
    right = context.expression(f"[{given}, q = r]")
    theorem = prove(left, right)
    assert names_of(theorem) == {"O", "K", "s", "d", "H", "r", "q", "p"}
    for wrong in ("q = r + 1", "q = 0", "q + r = 0", "q <= r"):
        with pytest.raises(StepError):
            prove(left, context.expression(f"[{given}, {wrong}]"))


def test_r_is_what_the_stride_leaves_over():
    """O outputs and not one more: s(O−1) ≤ H+2p−d(K−1)−1 < sO holds exactly when 0 ≤ r < s."""
    context = SIZE.context
    given = "H + 2*p - d*(K-1) - 1 = s*(O-1) + r"
    left = context.expression(f"[{given}] [s*(O-1) <= H + 2*p - d*(K-1) - 1, H + 2*p - d*(K-1) - 1 < s*O]")
    assert prove(left, context.expression(f"[{given}, 0 <= r, r < s]")).scope
    with pytest.raises(StepError):
        prove(left, context.expression(f"[{given}, 0 <= r, r <= s]"))


CHAINS = {
    "sigmoid": ("sigmoid(Z[l,m,i,j])", "∂J/∂U[l,m,i,j] U[l,m,i,j] (1 - U[l,m,i,j])"),
    "sigmoid by exp": ("1/(1 + exp(-Z[l,m,i,j]))", "∂J/∂U[l,m,i,j] U[l,m,i,j] (1 - U[l,m,i,j])"),
    "tanh": ("tanh(Z[l,m,i,j])", "∂J/∂U[l,m,i,j] (1 - U[l,m,i,j]^2)"),
    "relu": ("relu(Z[l,m,i,j])", "∂J/∂U[l,m,i,j] step(Z[l,m,i,j])"),
}
WRONG_CHAINS = {
    "sigmoid without the second factor": ("sigmoid(Z[l,m,i,j])", "∂J/∂U[l,m,i,j] U[l,m,i,j]"),
    "sigmoid at Z instead of U": ("sigmoid(Z[l,m,i,j])", "∂J/∂U[l,m,i,j] Z[l,m,i,j] (1 - Z[l,m,i,j])"),
    "tanh without the square": ("tanh(Z[l,m,i,j])", "∂J/∂U[l,m,i,j] (1 - U[l,m,i,j])"),
    "tanh with a plus": ("tanh(Z[l,m,i,j])", "∂J/∂U[l,m,i,j] (1 + U[l,m,i,j]^2)"),
    "axes exchanged": ("tanh(Z[l,m,i,j])", "∂J/∂U[l,m,j,i] (1 - U[l,m,j,i]^2)"),
}


def chained(body: str, right: str) -> tuple[Line, ...]:
    layer = declare("N M H V", "Z[N,M,H,V]").define(f"U[l,m,i,j] = {body}")
    dz = gradient(layer, "Z", ["l", "m", "i", "j"])
    return (*dz.lines, *steps(dz.expression, [("in terms of U", read(layer, "∂J/∂Z[l,m,i,j]", right))],
                              layer.definitions))


@pytest.mark.parametrize(("body", "right"), CHAINS.values(), ids=CHAINS)
def test_chain_through_a_nonlinearity(body, right):
    theorem = conclusion(*chained(body, right))
    every_size(theorem)
    assert names_of(theorem) == {"N", "M", "H", "V"}


@pytest.mark.parametrize(("body", "right"), WRONG_CHAINS.values(), ids=WRONG_CHAINS)
def test_wrong_chains_are_refused(body, right):
    with pytest.raises(StepError, match="refuted|conditional"):
        chained(body, right)


def test_a_gradient_that_does_not_exist_is_refused():
    conv = convolution(1)
    with pytest.raises(Exception, match="axes"):
        gradient(conv, "X", ["l", "n"])
    with pytest.raises(Exception, match="defined by a formula"):
        gradient(conv, "Z", ["l", "m", "i"])


NAMES = context("N M K s p>=0", "X[N] Y[M] A[N,M] W[K]").define(
    "U[i] = X[i]^2 + i X[i]").define(
    "Z[m] = sum(i) A[i,m] U[i]")
POLYNOMIALS = {
    "linear": "sum(i) i X[i]",
    "a window": "sum(i,k) W[k] Y[i] X[i+k]",
    "a stride": "sum(i,k) W[k] Y[i] X[s*i+2*k-p]",
    "a square": "(sum(i) X[i])^2",
    "neighbours": "sum(i) X[i] X[i+1] X[2*i]",
    "a triangle": "sum(i,j) [i < j] X[i] X[j]",
    "one entry": "X[0]^3 X[1]",
    "beyond the axis": "sum(i=0-5..9) X[i] Y[i-1]",
    "reversed": "sum(i) X[i] X[N-1-i]",
    "through a definition": "sum(i) U[i] Y[i]",
    "through two definitions": "sum(m) Z[m] Y[m]",
    "a definition read off its axis": "U[0-1] + U[N] + U[N-1]",
    "an index of the derivative's own name": "sum(q) X[q] (sum(q') A[q',0] X[q'])",
    "nothing of it": "sum(i) Y[i]",
}


@pytest.mark.parametrize("text", POLYNOMIALS.values(), ids=POLYNOMIALS)
def test_derivatives_are_exact_difference_quotients(text):
    """For degree ≤ 4 the derivative at 0 is (8(f(1) − f(−1)) − (f(2) − f(−2)))/12, without any limit."""
    node, x, q = NAMES.expression(text), NAMES.tensors["X"], Symbol("q")
    known = {d.tensor: d for d in NAMES.definitions}
    slope = derivative(node, x[polynomial(q)], known)
    for sizes in ((3, 2, 2, 1, 0), (4, 3, 2, 2, 1), (1, 2, 1, 3, 2)):
        at = dict(zip(NAMES.sizes.values(), sizes, strict=True))

        def value(e: Expression, moved: int, by: int, here: int = 0) -> object:
            def entry(t, indices):
                plain = (ord(t.name) * sum((n + 2) * (i + 3) for n, i in enumerate(indices))) % 7 - 3
                return plain + by * (t.name == "X" and indices == (moved,))
            return Evaluator(at, entry, known).value(e, {q: here})  # noqa: B023

        for place in range(-1, sizes[0] + 1):
            steps_ = {h: value(node, place, h) for h in (-2, -1, 1, 2)}
            quotient = (8 * (steps_[1] - steps_[-1]) - (steps_[2] - steps_[-2])) / 12
            assert value(slope, place, 0, place) == quotient, f"at X[{place}], sizes {sizes}"
