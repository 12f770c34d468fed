"""The unrolled matrix of a convolution: listed beside filling its arrays, scipy.sparse and SymPy's jacobian."""

from __future__ import annotations

from typing import Any

import numpy as np

from symcnn.matrix import Instance, Triples, check_transpose, instance, unrolled

from .machine import installed
from .row import Row
from .timing import Pair, interleaved, median

Sizes = dict[str, Any]
FILL = "np.full of the same arrays"


def first_layer(size: int) -> Sizes:
    """ResNet's first layer on images of size × size: 7×7, stride 2, padding 3, 3 → 64 channels."""
    return {"size": size, "kernel": 7, "stride": 2, "padding": 3, "channels": 3, "outputs": 64, "dims": 2}


def rows(quick: bool) -> list[Row]:
    """All cases; with `quick` smaller ones."""
    size, symbolic = (56, 6) if quick else (224, 12)
    repeats = 5 if quick else 7
    c = instance(**first_layer(size))
    name = f"7×7/2, 3→64 at {size}"
    found = [Row("unrolled", f"{name}, {c.a.nonzeros} entries listed", which, "int32", 1, pair.ours, FILL,
                 installed("numpy"), pair.theirs, None if quick else 1.5, pair.spread)
             for which in "AB" for pair in [against_fill(c, which, repeats)]]
    checks = (("per axis", False, 0.001), ("entry by entry", True, None))
    found += [Row("unrolled", f"{name}, B = Aᵀ {how}", "", "int32", 1, transposed(c, every_entry, repeats), limit=limit)
              for how, every_entry, limit in checks]
    pair = against_scipy(first_layer(size // 4), repeats)
    found.append(Row("unrolled", f"7×7/2, 3→64 at {size // 4}, the arrays of CSR", "A", "float64", 1, pair.ours,
                     "scipy.sparse.kron", installed("scipy"), pair.theirs, None, pair.spread))
    pair = against_sympy(symbolic, 3)
    found.append(Row("unrolled", f"3×3 at {symbolic}, one channel", "A", "", 1, pair.ours, "SymPy jacobian",
                     installed("sympy"), pair.theirs, None, pair.spread))
    return found


def against_fill(c: Instance, which: str, repeats: int) -> Pair:
    """"A" or "B" from its formula to all (row, column, weight id), and three arrays of that length filled."""
    definition, column = {"A": (c.layer.definition, "X"), "B": (c.gradient.definition, "∂J/∂Z")}[which]

    def listed() -> Triples:
        return unrolled(definition, column, c.sizes).triples()

    entries = listed()
    count, kind = len(entries.row), entries.row.dtype
    del entries
    return interleaved(listed, lambda: [np.full(count, 7, kind) for _ in range(3)], repeats)


def transposed(c: Instance, every_entry: bool, repeats: int) -> float:
    """Seconds of comparing B, tabulated from the derived gradient, with Aᵀ."""
    check = check_transpose(c.a, c.b, every_entry)
    if not check.holds or (check.method == "entry by entry") is not every_entry:
        raise RuntimeError(str(check))
    return median(lambda: check_transpose(c.a, c.b, every_entry), repeats)


def against_scipy(sizes: Sizes, repeats: int) -> Pair:
    """Row starts, columns and values of A in 2-D, from the formula and by scipy.sparse: Σ_k W_k ⊗ S_k1 ⊗ S_k2.

    S_k of an axis has a one where output o reads input s·o + k - p. Both sides start from the same weights.
    """
    from scipy import sparse

    c = instance(**sizes)
    weights = np.random.default_rng(0).standard_normal(c.a.weights[0].shape)

    def ours() -> tuple[Any, Any, Any]:
        row, column, weight = unrolled(c.layer.definition, "X", c.sizes).triples()
        return np.searchsorted(row, np.arange(c.a.shape[0] + 1)), column, weights.reshape(-1)[weight]

    def taps(axis: int) -> list[Any]:
        outputs, inputs = np.arange(c.a.rows[1 + axis]), c.size[axis]
        at = [c.stride[axis] * outputs + k * c.dilation[axis] - c.padding[axis] for k in range(c.kernel[axis])]
        inside = [(x >= 0) & (x < inputs) for x in at]
        return [sparse.coo_array((np.ones(i.sum()), (outputs[i], x[i])), (len(outputs), inputs))
                for i, x in zip(inside, at, strict=True)]

    def theirs() -> Any:
        first, second = taps(0), taps(1)
        terms = [sparse.kron(weights[:, :, i, j], sparse.kron(a, b, "coo"), "coo")
                 for i, a in enumerate(first) for j, b in enumerate(second)]
        row, column, data = (np.concatenate([getattr(t, name) for t in terms]) for name in ("row", "col", "data"))
        matrix = sparse.coo_array((data, (row, column)), c.a.shape).tocsr()
        matrix.sort_indices()
        return matrix

    matrix = theirs()
    for mine, other in zip(ours(), (matrix.indptr, matrix.indices, matrix.data), strict=True):
        if not np.array_equal(mine, other):
            raise RuntimeError("the matrix of scipy.sparse is another one")
    return interleaved(ours, theirs, repeats)


def against_sympy(size: int, repeats: int) -> Pair:
    """All entries of A for a 3×3 kernel on size × size, and SymPy's jacobian of the written-out outputs."""
    import sympy
    from sympy.core.cache import clear_cache

    c = instance(size, 3, dims=2)
    w = sympy.symbols("w0:9")
    x = sympy.symbols(f"x0:{size * size}")

    def ours() -> Triples:
        return unrolled(c.layer.definition, "X", c.sizes).triples()

    def theirs() -> Any:
        clear_cache()  # otherwise a second call only looks up the results of the first
        outputs = range(size - 2)
        return sympy.Matrix([sum(w[3 * k + m] * x[size * (i + k) + j + m] for k in range(3) for m in range(3))
                             for i in outputs for j in outputs]).jacobian(x)

    found = {(row, column, w.index(entry)) for (row, column), entry in theirs().todok().items()}
    if found != set(zip(*(a.tolist() for a in ours()), strict=True)):
        raise RuntimeError("SymPy's jacobian is another matrix")
    return interleaved(ours, theirs, repeats)
