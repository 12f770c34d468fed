"""The benchmark of the unrolled matrix checks that both sides agree before it times them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import unrolled
from symcnn.matrix import instance


def test_both_sides_of_scipy_agree_and_take_time():
    pytest.importorskip("scipy")
    sizes = {"size": (7, 6), "kernel": (3, 2), "stride": (2, 1), "padding": (1, 0), "dilation": (1, 2),
             "channels": 2, "outputs": 3, "dims": 2}
    pair = unrolled.against_scipy(sizes, 1)
    assert min(pair.ours, pair.theirs) > 0


def test_both_sides_of_sympy_agree_and_take_time():
    pair = unrolled.against_sympy(4, 1)
    assert min(pair.ours, pair.theirs) > 0


def test_a_wrong_transpose_is_not_timed():
    c = instance(5, 3, channels=2, outputs=2)
    with pytest.raises(RuntimeError, match="B ≠ Aᵀ"):
        unrolled.transposed(replace(c, b=replace(c.b, blocks=c.b.blocks[:0])), True, 1)
    assert unrolled.transposed(c, False, 1) > 0
