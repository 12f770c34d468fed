"""A convolution as a matrix A, its input gradient as B = Aᵀ, and the kernels that B carries."""

import numpy as np

from symcnn import Derivation, engine
from symcnn.errors import WitnessError
from symcnn.matrix import Instance, instance, text as text_of
from symcnn.matrix.instance import LISTED
from symcnn.validate import Validation

parameters = {"size": 4, "kernel": 3, "stride": 1, "padding": 0, "dilation": 1, "channels": 2, "outputs": 2,
              "groups": 1, "dims": 1}


def derive(**given: int) -> Derivation:
    d = Derivation("A convolution as a matrix",
                   "Ỹ = A X̃ and ∂J/∂X̃ = B ∂J/∂Ỹ with B = Aᵀ: again a convolution, with flipped kernels")
    made = instance(**given)
    d.given("A convolution without bias: " + ", ".join(f"{name} {value}" for name, value in given.items()) + ".",
            made.layer, f"Flattened: {made.a.order}. The weight $w^{{ij}}$ scans input channel $i$ and contributes "
            "to output channel $j$; entries are counted from 1.")
    d.show(*made.gradient.lines)
    d.display(made.latex("A"), "tabulate the formula: row = output, column = input")
    d.display(made.latex("B"), "tabulate the derived gradient, without looking at $A$: row = input, column = output")
    if made.a.nonzeros <= LISTED:
        d.conclude(made.transpose_theorem(), "compare all entries (row, column, weight)")
    else:
        d.checked(str(made.transpose_check), made.transpose_check.holds)
    if made.reading.kernels is not None:
        d.display(made.latex_kernels(), "read off from $B$: for every input channel $i$ the kernel that passes over "
                  "the output gradients, a row for each of their channels")
    for name, theorem in made.compared():
        d.tabulated(theorem, f"read off from $B$: {name}; the formula says the same")
    flipped = made.flipped_theorem()
    if flipped is not None:
        d.conclude(flipped, "the kernels that $B$ carries, compared with those of the convolution, flipped, with "
                   "their channels exchanged")
    for text in made.reading.notes:
        d.note(f"What $B$ does not determine: {text}.")
    if made.small:
        d.print("kernels that pass over the output gradients, read off from B:\n" + "\n".join(made.kernel_lines()))
        checked = made.symbolic_check()
        d.print(f"A =\n{text_of(made.a, made.names)}\nB =\n{text_of(made.b, made.names)}")
        for claim in checked.compared:
            d.note(f"SymPy agrees: {claim}.")
            d.print(f"SymPy agrees: {claim}")
    d.conclude(made.theorem, "the gradient that $B$ tabulates holds for all sizes, not only for these")
    d.instance = "gradient: all sizes; A, B and kernels: this instance"
    if made.a.nonzeros <= LISTED:
        d.validate(lambda cases: against_engine(made, cases))
    return d


def against_engine(made: Instance, cases: int) -> Validation:
    """A·x and B·g against the hand-written convolution, in exact integers."""
    chance = np.random.default_rng(0)
    groups = made.sizes.get("G", 1)
    spatial, outputs = made.size, made.a.rows[-made.dims:]
    options = {"stride": made.stride, "padding": made.padding, "dilation": made.dilation, "groups": groups}
    for _ in range(cases):
        x, w = (chance.integers(-9, 10, shape) for shape in (made.a.columns, made.a.weights[0].shape))
        g = chance.integers(-9, 10, made.a.rows)
        kernel = w.reshape(-1, *w.shape[-1 - made.dims:])
        forward = engine.conv(x.reshape(1, -1, *spatial), kernel, **options)
        backward = engine.conv_input_gradient(g.reshape(1, -1, *outputs), kernel, spatial, **options)
        for matrix, vector, expected in ((made.a, x, forward), (made.b, g, backward)):
            if not np.array_equal(matrix.times(w, vector).ravel(), expected.ravel()):
                raise WitnessError(f"{matrix.summary}: differs from the engine at {vector.tolist()}, {w.tolist()}")
    return Validation(("engine, exact integers",), cases, 0.0, "all equal")
