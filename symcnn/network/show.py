"""Tables of networks to read: LaTeX arrays and plain text, with the products behind the numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symcnn.latex.layout import text
from symcnn.network.table import COUNTED, Row, Table
from symcnn.notation.polynomial import Symbol

LAYER, OUTPUT, FIELD = "layer", "output", "receptive field"
ROWS = 42
"""Rows of one LaTeX array: a page of an A4 document holds about 50."""
_ORDER = "NGMCKHO"


def cells(table: Table, columns: Sequence[str], *, worked: bool = False, skip: bool = False) -> list[list[str]]:
    """The table as LaTeX cells, one list for each row, the totals last.

    Columns are "layer", "output" (height × width × channels), "receptive field" (size, stride and first position,
    for every axis if they differ) and counts, one of COUNTED; with `worked` counts show the product behind them,
    with `skip` layers whose counts are all 0 are left out.
    """
    shown = [row for row in table.rows if not skip or any(row.number(c) for c in columns if c in COUNTED)]
    made = [[_cell(row, column, worked) for column in columns] for row in shown]
    if any(c in COUNTED for c in columns):
        made.append([words("total") if n == 0 else number(table.number(c)) if c in COUNTED else ""
                     for n, c in enumerate(columns)])
    return made


def arrays(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """LaTeX arrays with a header, of at most ROWS rows each; the first column is text, the others numbers."""
    head = " & ".join(_heading(h) for h in header)
    pieces = [rows[n:n + ROWS] for n in range(0, len(rows), ROWS)]
    return ["\\begin{array}{l" + "r" * (len(header) - 1) + "}\n" + head + " \\\\[4pt] \\hline\n"
            + " \\\\\n".join(" & ".join(row) for row in piece) + "\n\\end{array}" for piece in pieces]


def plain(table: Table, columns: Sequence[str]) -> str:
    """The table as text for the terminal."""
    rows = [list(columns), *([_plain(row, c) for c in columns] for row in table.rows)]
    if any(c in COUNTED for c in columns):
        rows.append(["total" if n == 0 else f"{table.number(c):,}" if c in COUNTED else ""
                     for n, c in enumerate(columns)])
    widths = [max(len(row[n]) for row in rows) for n in range(len(columns))]
    return "\n".join("  ".join(cell.ljust(w) if n == 0 else cell.rjust(w)
                               for n, (cell, w) in enumerate(zip(row, widths, strict=True))).rstrip() for row in rows)


def words(plain_text: str) -> str:
    r"""Words inside a formula, as \text{…}; × and → are signs of mathematics."""
    pieces = re.split("([×→])", plain_text)
    return "".join({"×": r"{\times}", "→": r" \to "}.get(p) or rf"\text{{{text(p)}}}" for p in pieces if p)


def _heading(title: str) -> str:
    """A heading; a long one in two lines."""
    first, mark, second = title.partition("-" if "-" in title else " ")
    if len(title) < 12 or not mark:
        return words(title)
    return rf"\substack{{{words(first + mark.strip())} \\ {words(second)}}}"


def number(value: int) -> str:
    """25{,}557{,}032."""
    return f"{value:,}".replace(",", "{,}")


def shape(row: Row) -> tuple[int, ...]:
    """Height, width, channels; the sample axis is left out."""
    _, channels, *spatial = row.shape
    return (*spatial, channels)


def computation(row: Row, what: str) -> str:
    r"""10 \cdot 3 \cdot 3 + 10 = 100: the polynomial of the count at the layer's numbers."""
    monomials: list[str] = []
    for count in row.counted(what):
        known = {**row.sizes, **{s: len(a.indices(row.sizes)) for a, s in count.extents.items()}}
        for monomial, coefficient in count.polynomial.sorted_terms():
            factors = [str(known[s]) for s, power in sorted(monomial, key=_place) for _ in range(power)
                       if s.name != "N" or known[s] != 1]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, str(abs(coefficient)))
            sign = " - " if coefficient < 0 else " + " if monomials else ""
            monomials.append(sign + r" \cdot ".join(factors))
    total = row.number(what)
    worked = "".join(monomials)
    return number(total) if worked in ("", str(total)) else f"{worked} = {number(total)}"


def _place(power: tuple[Symbol, int]) -> tuple[int, str]:
    symbol = power[0]
    return (_ORDER.find(symbol.name[0]) % (len(_ORDER) + 1), symbol.name)


def _cell(row: Row, column: str, worked: bool) -> str:
    if column in COUNTED:
        return computation(row, column) if worked else number(row.number(column))
    if column == OUTPUT:
        return r"{\times}".join(map(str, shape(row)))
    return words(_plain(row, column))


def _plain(row: Row, column: str) -> str:
    if column in COUNTED:
        return f"{row.number(column):,}"
    if column == OUTPUT:
        return "×".join(map(str, shape(row)))
    if column == FIELD:
        fields = [f"{f.size}, {f.stride}, {f.start}" for f in row.fields]
        return fields[0] if len(set(fields)) == 1 else "; ".join(fields)
    return row.name if row.name.lower() == row.kind else f"{row.name}: {row.kind}"
