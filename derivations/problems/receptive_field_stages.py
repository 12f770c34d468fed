"""Receptive fields of a stack of convolutions and poolings, after each stage, as intervals clipped at the border."""

from symcnn import Claim, Derivation, Theorem, declare, equal, prove
from symcnn.errors import StepError, UsageError
from symcnn.latex.conditions import conditions
from symcnn.latex.write import latex
from symcnn.network import Convolution, MaxPooling
from symcnn.network.show import arrays, words
from symcnn.notation.expression import Add, Axis, Bracket, Expression, Multiply, axis, expression
from symcnn.notation.polynomial import Polynomial, Symbol, polynomial
from symcnn.receptive_field import IDENTITY, IndexMap, index_map

parameters = {"kernel": 3, "padding": 1, "window": 2, "stride": 2}
STAGES = ("convolution", "convolution", "pooling", "convolution", "convolution", "pooling")
OUTPUT, INPUT = Symbol("o"), Symbol("x")


def derive(kernel: int, padding: int, window: int, stride: int) -> Derivation:
    d = Derivation("Receptive fields of a stack",
                   "after every stage the input interval of an output, its size and stride; for all image sizes")
    parts = {"convolution": Convolution(channels=1, kernel=kernel, padding=padding, bias=False),
             "pooling": MaxPooling(kernel=window, stride=stride)}
    made = {word: (formula[0](**dict(formula[1])), part.sizes(1))
            for word, part in parts.items() for formula in [part.formula(1)]}
    d.conclude(one_more_tap(), "how fields grow: if the fields of neighbours have size $r$ and start $J \\le r$ apart, "
               "$K$ of them fill $J (K - 1) + r$ positions, and one more fills $J K + r$; so a layer with $K$ taps and "
               "stride $s$ makes size $r + J (K - 1)$ and distance $s J$ of them")
    floors = []
    field, extent, given = IDENTITY, polynomial(Symbol("H", 1)), [polynomial(Symbol("H", 1)) - 1]
    rows = []
    for n, word in enumerate(STAGES, start=1):
        layer, numbers = made[word]
        step = index_map(layer, {layer.size(name): v for name, v in numbers.items()})
        pad = numbers["p"]
        outputs = Axis(polynomial(0), polynomial(step.stride), extent + 2 * pad - step.size)
        given = [*given, extent + 2 * pad - step.size]
        theorem, field = stage(field, step, extent, outputs, given), step.after(field)
        places = conditions((), [g for s, a in theorem.indices if a is not None for g in a.guards(polynomial(s))])
        d.conclude(theorem, f"stage {n}, {word}: output $o$ reads positions ${at(step.stride, step.start)}$ to "
                   f"${at(step.stride, step.offsets[-1])}$ of the stage before, as far as they exist; this is for "
                   f"${places}$")
        rows.append([words(f"{n} {word}"), rf"\max(0, {at(field.stride, field.start)})",
                     rf"\min(H - 1, {at(field.stride, field.offsets[-1])})", str(field.size), str(field.stride)])
        if outputs.extent is None and n < len(STAGES):
            floors.append(f"$E_{n}$ the number of outputs of stage {n}, $\\frac{{{latex(outputs.upper + step.stride)}}}"
                          f"{{{step.stride}}}$ rounded down")
        extent, given = after(outputs, n, given)
    d.given(f"Convolution $n \\times n$ with $n = {kernel}$, padding {padding} and stride 1; max pooling with a window "
            f"of {window} and stride {stride}. The stages: {', '.join(STAGES)}. Both axes are alike; along one:",
            *(layer for layer, _ in made.values()),
            f"Here {', '.join(['$o$ is an output position of a stage', '$x$ a position of the image', *floors])}; all "
            "of them are whole numbers. A condition in brackets is 1 where it holds and 0 elsewhere. A position lies "
            "outside a union of intervals where it lies outside each of them: so a product of factors $1 - [\\dots]$, "
            "one for each interval, is $1 - [\\dots]$ of their union.")
    for array in arrays(["stage", "first", "last", "size", "stride"], rows):
        d.display(array, "the input interval of output $o$ after every stage, clipped at the border")
    d.print("\n".join(f"{n} {word}: size {row[3]}, stride {row[4]}"
                      for n, (word, row) in enumerate(zip(STAGES, rows, strict=True), start=1)))
    d.note("A convolution sums over all channels of its input and pooling reads one channel: behind the first "
           "convolution every output depends on all channels of the input. A field in two dimensions is the product of "
           "the intervals along both axes.")
    d.instance = "this stack, for images of every size"
    return d


def inside(field: IndexMap, output: Polynomial) -> list[Bracket]:
    """Conditions, of which at most one holds, for x to be in the field of an output: an interval, or its positions."""
    x = polynomial(INPUT)
    if not field.holes:
        return [Bracket((), (x - field.stride * output - field.start, field.stride * output + field.offsets[-1] - x))]
    return [Bracket((x - field.stride * output - a,)) for a in field.offsets]


def stage(field: IndexMap, step: IndexMap, extent: Polynomial, outputs: Axis, given: list[Polynomial]) -> Theorem:
    """⊢ Π_taps (1 − [the tap exists and x is in its field]) = 1 − [x is in the field of o], for all x and o."""
    one, sides = expression(1), []
    for a in step.offsets:
        tap = polynomial(OUTPUT) * step.stride + a
        exists = (tap, extent - 1 - tap)
        sides.append(one - sum_of([Bracket(b.equations, (*b.inequalities, *exists)) for b in inside(field, tap)]))
    whole = one - sum_of(inside(step.after(field), polynomial(OUTPUT)))
    image = axis(Symbol("H", 1))
    try:
        return equal(Claim(Multiply(tuple(sides)), whole, (), tuple(given), ((OUTPUT, outputs), (INPUT, image))))
    except StepError:
        raise UsageError(f"the field {step.after(field)} is not what is left of all taps at the border, so it is no "
                         "clipped interval; allowed: a padding smaller than the kernel") from None


def sum_of(parts: list[Bracket]) -> Expression:
    return parts[0] if len(parts) == 1 else Add(tuple(parts))


def after(outputs: Axis, stage_number: int, given: list[Polynomial]) -> tuple[Polynomial, list[Polynomial]]:
    """The extent of an output axis, a name of its own where it is a floor, and what is known of it."""
    if outputs.extent is not None:
        return outputs.extent, given
    assert outputs.upper is not None
    extent = polynomial(Symbol(f"E{stage_number}", 1))
    return extent, [*given, outputs.upper - outputs.coefficient * (extent - 1),
                    outputs.coefficient * extent - 1 - outputs.upper]


def one_more_tap() -> Theorem:
    """⊢ (1 − [0 ≤ x ≤ J(K−1) + r − 1])·(1 − [JK ≤ x ≤ JK + r − 1]) = 1 − [0 ≤ x ≤ JK + r − 1], given J ≤ r."""
    names = declare("J K r", "")
    claim = names.equation("(1 - [0 <= x, x <= J*(K-1) + r - 1]) * (1 - [J*K <= x, x <= J*K + r - 1]) "
                           "= 1 - [0 <= x, x <= J*K + r - 1]")
    return prove(claim.left, claim.right, (), [names.polynomial("r - J")])


def at(stride: int, offset: int) -> str:
    """4 o − 6."""
    return f"{stride} o"[2 * (stride == 1):] + (f" {'+' if offset > 0 else '-'} {abs(offset)}" if offset else "")
