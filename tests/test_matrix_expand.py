"""All entries of an unrolled matrix, listed from its parts, against direct enumeration."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import pytest

from symcnn.calculus import gradient
from symcnn.layers import layer
from symcnn.matrix import Instance, Triples, Unrolled, check_transpose, expand, instance, unrolled

Options = dict[str, Any]
MEDIUM: dict[str, Options] = {
    "7×7/2, 3→16 at 56": {"size": 56, "kernel": 7, "stride": 2, "padding": 3, "channels": 3, "outputs": 16},
    "everything unequal": {"size": (61, 47), "kernel": (3, 5), "stride": (2, 3), "padding": (1, 4),
                           "dilation": (3, 2), "channels": 13, "outputs": 11},
    "groups": {"size": (23, 29), "kernel": (3, 2), "padding": (1, 0), "channels": 24, "outputs": 30, "groups": 2},
    "one output channel": {"size": (150, 170), "kernel": 3, "channels": 2},
}
SMALL: dict[str, Options] = {
    "plain": {"size": (4, 5), "kernel": (2, 3), "channels": 2, "outputs": 3},
    "stride and padding": {"size": (7, 5), "kernel": 3, "stride": (3, 2), "padding": (2, 1), "outputs": 2},
    "dilation": {"size": (9, 7), "kernel": (3, 2), "dilation": (2, 3), "padding": 1, "channels": 3},
    "groups": {"size": (4, 5), "kernel": 2, "channels": 4, "outputs": 6, "groups": 2, "padding": 1},
    "taps that meet padding only": {"size": (1, 2), "kernel": 3, "padding": 2},
}


def enumerated(c: Instance) -> Triples:
    """Every entry of A from the definition: input position = stride·output + dilation·tap - padding."""
    groups = c.sizes.get("G", 1)
    per_out, per_in = c.sizes["M"], c.sizes["C"]
    out = c.a.rows[-c.dims:]
    channels, inputs = groups * per_out, groups * per_in
    m, n, *places = np.indices((channels, per_in, *out, *c.kernel)).reshape(2 + 2 * c.dims, -1)
    o, k = places[:c.dims], places[c.dims:]
    at = [s * i + d * t - p for s, i, d, t, p in zip(c.stride, o, c.dilation, k, c.padding, strict=True)]
    inside = np.all([(x >= 0) & (x < h) for x, h in zip(at, c.size, strict=True)], axis=0)
    index = (([m, *o], (channels, *out)), ([m // per_out * per_in + n, *at], (inputs, *c.size)),
             ([m, n, *k], (channels, per_in, *c.kernel)))
    return Triples(*(np.ravel_multi_index([i[inside] for i in each], shape) for each, shape in index)).in_order()


def assert_same(listed: Triples, wanted: Triples) -> None:
    for mine, other in zip(listed, wanted, strict=True):
        np.testing.assert_array_equal(mine, other)


def patterns_used(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether a part is taken apart into rows, each time that the question is asked."""
    used: list[bool] = []
    leading = expand._leading

    def counted(parts: Any) -> Any:
        used.append(leading(parts) is not None)
        return leading(parts)

    monkeypatch.setattr(expand, "_leading", counted)
    return used


@pytest.mark.parametrize("options", MEDIUM.values(), ids=MEDIUM)
def test_medium_matrices_are_listed_as_enumerated(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    c = instance(dims=2, **options)
    used = patterns_used(monkeypatch)
    wanted = enumerated(c)
    assert len(wanted.row) == c.a.nonzeros > expand.IN_CACHE
    assert_same(c.a.triples(), wanted)
    assert_same(c.b.triples(), Triples(wanted.column, wanted.row, wanted.weight).in_order())
    assert any(used), "these sizes are meant to copy patterns"
    assert check_transpose(c.a, c.b).holds
    every = check_transpose(c.a, c.b, every_entry=True)
    assert every.holds
    assert every.method == "entry by entry"


@pytest.mark.parametrize("copied", [1, 20, 10**6])
@pytest.mark.parametrize("in_cache", [1, 7, 50])
@pytest.mark.parametrize("options", SMALL.values(), ids=SMALL)
def test_any_number_of_leading_parts_gives_the_same(options: Options, in_cache: int, copied: int,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expand, "IN_CACHE", in_cache)
    monkeypatch.setattr(expand, "COPIED", copied)
    monkeypatch.setattr(expand, "WORTH_A_CALL", 1)
    c = instance(dims=2, **options)
    wanted = enumerated(c)
    assert_same(c.a.triples(), wanted)
    assert_same(c.b.triples(), Triples(wanted.column, wanted.row, wanted.weight).in_order())


FORMULAS = {
    "parts whose rows interleave": ("z[i,j,k] = sum(n) w[n,i,k] x[n,i,j,k] [i = k]", "w[C,H,H] x[C,H,3,H] z[H,3,H]"),
    "columns in another order": ("z[i,j] = sum(n,k) w[n,k] x[j+k,n,i]", "w[C,2] x[5,C,H] z[H,4]"),
    "several weights in one place": ("z[i,j] = sum(n,k) w[k,n] x[i,n,j]", "w[3,C] x[H,C,4] z[H,4]"),
}


@pytest.mark.parametrize(("formula", "declared"), FORMULAS.values(), ids=FORMULAS)
def test_formulas_that_are_no_convolution(formula: str, declared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    of = layer(formula, "C H", declared)
    sizes = {"C": 2, "H": 5}
    a = unrolled(of.definition, "x", sizes)
    b = unrolled(gradient(of, "x", ["a", "b", "c", "d"][:len(a.columns)]).definition, "∂J/∂z", sizes)
    at_once = [r.triples() for r in (a, b)]
    for triples in at_once:
        assert_same(triples, triples.in_order())
    assert_same(Triples(at_once[1].column, at_once[1].row, at_once[1].weight).in_order(), at_once[0])
    monkeypatch.setattr(expand, "IN_CACHE", 1)
    monkeypatch.setattr(expand, "WORTH_A_CALL", 1)
    for relation, wanted in zip((a, b), at_once, strict=True):
        assert_same(relation.triples(), wanted)


def test_ids_of_several_weight_tensors_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    of = layer("z[i,j] = sum(n,k) w[n,k] x[n,i,j+k] + v[i] x[0,i,j]", "C H", "w[C,2] v[H] x[C,H,5] z[H,4]")
    a = unrolled(of.definition, "x", {"C": 2, "H": 3})
    wanted = a.triples()
    assert sorted(set(wanted.weight.tolist())) == list(range(a.ids))
    monkeypatch.setattr(expand, "IN_CACHE", 1)
    monkeypatch.setattr(expand, "WORTH_A_CALL", 1)
    assert_same(a.triples(), wanted)


def test_a_planted_wrong_entry_is_found_in_the_full_listing() -> None:
    c = instance(dims=2, **MEDIUM["everything unequal"])
    triples = c.b.triples()
    place = len(triples.row) // 2
    triples.weight[place] ^= 1
    wrong = Unrolled.of_triples("∂J/∂X", c.b.rows, "∂J/∂Z", c.b.columns, c.b.weights[0], triples)
    check = check_transpose(c.a, wrong, every_entry=True)
    assert check.difference is not None
    assert (check.difference.column, check.difference.row) == (triples.row[place], triples.column[place])


def test_int64_where_int32_is_too_small() -> None:
    c = instance((2**20, 2**11 + 2), (1, 3), stride=(2**19, 2**10), dims=2)
    assert prod(c.a.columns) > 2**31
    listed = c.a.triples()
    assert listed.column.dtype == np.int64
    assert_same(listed, enumerated(c))
