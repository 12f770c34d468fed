"""Derivations of a network's table: the formulas, their counts in symbols, the table, and the totals."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symcnn.calculus import Line
from symcnn.counting import CONVENTION, OPERATIONS
from symcnn.derivation import Derivation
from symcnn.kernel.theorem import Theorem
from symcnn.network.parts import Network, Shape
from symcnn.network.show import FIELD, LAYER, OUTPUT, arrays, cells, plain
from symcnn.network.table import COUNTED, PARAMETERS, Table, table
from symcnn.notation.expression import Multiply, Power, expression
from symcnn.verdict import prove


def derive_table(d: Derivation, network: Network, shape: Shape, columns: Sequence[str], *,
                 totals: Sequence[str] | None = None, worked: Sequence[str] = (), skip: bool = False) -> Table:
    """Add a network to a derivation: formulas as given, counts in symbols, the table, and proved totals.

    `columns` as in `symcnn.network.show.cells`; for each count in `worked` there is an array of its own with the
    products behind the numbers; with `skip` layers without any of the counts are not shown. The totals of all counts
    among the columns, or of `totals`, become conclusions.
    """
    made = table(network, shape)
    wanted = [c for c in columns if c in COUNTED] if totals is None else list(totals)
    symbolic_counts(d, made, wanted)
    shown = [c for c in columns if c not in worked]
    if len(shown) > 1:
        legend = "; receptive field: size, stride, first position" if FIELD in shown else ""
        legend += f"; layers without {' and '.join(c for c in shown if c in COUNTED)} are left out" if skip else ""
        for n, array in enumerate(arrays(shown, cells(made, shown, skip=skip))):
            d.display(array, f"the numbers of every layer put in{legend}" if n == 0 else "the table goes on")
    for what in worked:
        for n, array in enumerate(arrays([LAYER, what], cells(made, [LAYER, what], worked=True))):
            d.display(array, f"{what} of every layer" if n == 0 else "the table goes on")
    for what in wanted:
        derive_total(d, made, what)
    if any(what in OPERATIONS for what in wanted):
        d.note(CONVENTION)
    d.print(plain(made, [c for c in (LAYER, OUTPUT, FIELD) if c in columns] + [c for c in columns if c in COUNTED]))
    d.instance = "counts of a layer: all sizes; table and totals: this instance"
    return made


def derive_total(d: Derivation, made: Table, what: str, title: str = "") -> None:
    """Add the total of a count to a derivation, as a conclusion."""
    first, *others = made.total(what)
    title = f"{title}, {what}" if title else what
    d.show(Line(first.theorem, f"{title}: {first.reason}", first.milliseconds), *others, conclude=True)


def ratio(a: int, b: int) -> Theorem:
    """⊢ a/b = the reduced fraction."""
    return prove(Multiply((expression(a), Power(expression(b), -1))), expression(Fraction(a, b)))


def decimal(value: Fraction) -> str:
    r"""A number in LaTeX with at most two decimals, after \approx if it is rounded."""
    if value.denominator == 1:
        return str(value)
    whole, hundredths = divmod(round(value * 100), 100)
    return rf"\approx {whole}.{hundredths:02}" if (value * 100).denominator != 1 else f"{whole}.{hundredths:02}"


def symbolic_counts(d: Derivation, made: Table, wanted: Sequence[str]) -> None:
    """The formula of every kind of layer in the table as given, and the wanted counts of each, for all sizes."""
    kinds = {id(row.counts): row for row in reversed(made.rows)}
    rows = list(reversed(kinds.values()))
    for row in rows:
        d.given(f"{row.word[:1].upper()}{row.word[1:]}:", row.layer)
    for what in wanted:
        for row in rows:
            for name, count in (row.counts.parameters.items() if what == PARAMETERS
                                else ((row.word, c) for c in row.counted(what))):
                where = f"{row.word}, one for every index of ${_letter(name)}$" if what == PARAMETERS else row.word
                d.show(Line(count.theorem, f"{what} of a layer in symbols: {where}"))


def _letter(name: str) -> str:
    return name if len(name) == 1 else f"\\{name}"
