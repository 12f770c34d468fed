"""The weight gradient of a convolution: stride and dilation trade places."""

from symcnn import Derivation, convolution, gradient, validate_convolution
from symcnn.layers.convolution import numbered

parameters = {"dims": 2, "groups": False}


def derive(dims: int = 2, groups: bool = False) -> Derivation:
    d = Derivation("The weight and bias gradients of a convolution",
                   "∂J/∂W = correlation of X with ∂J/∂Z, stride and dilation exchanged; ∂J/∂b = sum")
    conv = convolution(dims, groups=groups)
    d.given("A convolution with stride $s$, dilation $d$ and zero padding $p$ of its own for every axis, and a "
            "loss $J$ that depends on $W$ and $b$ through $Z$ only.", conv)
    group = ["g"] if groups else []
    dw = gradient(conv, "W", [*group, "m", "n", *numbered("k", dims)])
    d.show(*dw.lines, conclude=True)
    d.note("The output position steps through $X$ by the stride, where a forward tap steps by the dilation, and "
           "the free index $k$ steps by the dilation, where a forward output steps by the stride: a correlation "
           "of $X$ with $\\partial J/\\partial Z$ in which the two trade places, cropped to the $K$ taps of $W$.")
    db = gradient(conv, "b", [*group, "m"])
    d.show(*db.lines, conclude=True)
    for kind, made in (("weight_gradient", dw), ("bias_gradient", db)):
        how = {"kind": kind, "definition": made.definition, "dims": dims, "groups": groups}
        d.validate(lambda cases, how=how: validate_convolution(**how, cases=cases))
        d.validate(lambda cases, how=how: validate_convolution(**how, cases=5, jax=True), needs="jax")
    return d
