"""A convolution of one image at the valid positions: output shape, multiplications, parameters."""

from symcnn import Derivation, declare
from symcnn.counting import ADDITIONS, CONVENTION, MULTIPLICATIONS, Count, counts, extent
from symcnn.errors import UsageError
from symcnn.layers.layer import Layer

parameters = {"height": 48, "width": 64, "kernel_height": 3, "kernel_width": 3, "inputs": 10, "outputs": 20}


def derive(**given: int) -> Derivation:
    conv = valid_convolution()
    sizes = {conv.size(n): given[p] for n, p in zip(conv.context.sizes, parameters, strict=True)}
    for (size, value), word in zip(sizes.items(), parameters, strict=True):
        if value < 1:
            raise UsageError(f"{word} is {value}; allowed: whole numbers from 1 on")
        if size.name[0] == "K" and value > (whole := sizes[conv.size(f"H{size.name[1]}")]):
            raise UsageError(f"{word} is {value}, larger than the image, {whole}; allowed: 1 to {whole}")
    d = Derivation("Counts of a convolution", "output shape, multiplications, additions and parameters, in symbols")
    d.given("An image with $H_1 \\times H_2$ pixels and $C$ channels, a kernel with $K_1 \\times K_2$ taps for each "
            "of $M$ output channels, a bias for each output channel; valid positions only:", conv)
    found, axes = counts(conv, ["W", "b"]), conv.definition.tensor.axes
    indices = conv.definition.indices
    symbolic: list[tuple[Count, str]] = [
        (extent(axes[0], indices[0], conv.assumptions), "output rows: $i + k_1$ must be a row of $X$ for every tap"),
        (extent(axes[1], indices[1], conv.assumptions), "output columns, likewise"),
        (extent(axes[2], indices[2], conv.assumptions), "output channels: one for each kernel"),
        (found.operations[MULTIPLICATIONS], "multiplications: one for every output and every term of its sum"),
        (found.operations[ADDITIONS], "additions: a sum of $n$ terms takes $n - 1$, the bias one more"),
        (found.parameters["W"], "parameters of $W$: one for every index of $W$"),
        (found.parameters["b"], "parameters of $b$")]
    for count, reason in symbolic:
        d.conclude(count.theorem, reason)
    numbers = ", ".join(f"${s.name[0]}_{s.name[1]} = {v}$" if len(s.name) > 1 else f"${s.name} = {v}$"
                        for s, v in sizes.items())
    for n, (count, reason) in enumerate(symbolic):
        d.conclude(count.instance(sizes), f"with {numbers}: " * (n == 0) + reason.partition(":")[0].partition(",")[0])
    rows, columns, depth = (c.at(sizes) for c, _ in symbolic[:3])
    d.note(f"The output has {rows} × {columns} pixels and {depth} channels. {CONVENTION}")
    d.instance = "in symbols: all sizes; numbers: this instance"
    return d


def valid_convolution() -> Layer:
    """Z[i,j,m] = Σ W[k1,k2,n,m] X[i+k1,j+k2,n] + b[m], for one image of shape (height, width, channels)."""
    return declare("H1 H2 K1 K2 C M", "X[H1,H2,C] W[K1,K2,C,M] b[M]", ["K1 <= H1", "K2 <= H2"]).define(
        "Z[i,j,m] = sum(k1,k2,n) W[k1,k2,n,m] X[i+k1,j+k2,n] + b[m]")
