"""Shapes of the mean and the variance in batch normalization, from the axes that are averaged over."""

from collections.abc import Mapping

from symcnn import Derivation, batch_norm_over, prove
from symcnn.errors import UsageError
from symcnn.latex.write import latex
from symcnn.notation.expression import Axis, Expression, Range, Sum, expression
from symcnn.notation.polynomial import Symbol

parameters = {"shapes": "N C; N H W C", "kept": "C"}


def derive(shapes: str = "N C; N H W C", kept: str = "C") -> Derivation:
    d = Derivation("The shapes of the statistics of batch normalization",
                   "one mean and one variance for each index of the axes that are kept, whatever else is averaged over")
    for shape in (text.split() for text in shapes.split(";")):
        reduced = [a for a in shape if a not in kept.split()]
        if not set(kept.split()) <= set(shape):
            raise UsageError(f"kept is {kept!r}; allowed: some of the axes {' '.join(shape)}")
        bn = batch_norm_over(" ".join(shape), " ".join(reduced))
        mean, variance = bn.definition_of("mu"), bn.definition_of("v")
        times = r" \times "
        d.given(f"An input of shape ${times.join(shape)}$; averaged over {', '.join(f'${a}$' for a in reduced)}:",
                mean, variance)
        d.display(rf"\mu, v: {times.join(latex(a.extent) for a in mean.tensor.axes if a.extent is not None) or '1'}",
                  f"input ${times.join(shape)}$: the indices that no sum binds keep their axes")
        each = dict(zip(shape, bn["X"].axes, strict=True))
        average = {a: each[a] for a in reduced}
        own = dict(zip([a for a in shape if a not in reduced], mean.tensor.axes, strict=True))
        for ranges, times_two, why in (
                (own, True, "count the entries of the mean and of the variance"),
                (average, False, "count the values that each of them averages"),
                (own, True, "count the learned parameters, scales $\\gamma$ and shifts $\\beta$")):
            one = _count(ranges)
            extents = bn.expression("*".join([*("2" if times_two else "",), *ranges]).strip("*") or "1")
            counted = prove(one + one if times_two else one, extents)
            d.conclude(counted, f"{why}, for the input ${times.join(shape)}$")
    return d


def _count(axes: Mapping[str, Axis]) -> Expression:
    """Σ 1 over the axes; 1 if there is none."""
    ranges = tuple(Range(Symbol(name.lower()), a.base, a.upper, a.coefficient) for name, a in axes.items())
    return Sum(ranges, expression(1)) if ranges else expression(1)
