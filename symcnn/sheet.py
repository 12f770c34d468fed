"""A solution sheet: the parts of a problem set in order, each a derivation with its parameters."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from symcnn.errors import UsageError
from symcnn.sources import find, own_folder

if TYPE_CHECKING:
    from symcnn.derivation import Derivation


@dataclass(frozen=True)
class Part:
    """One part: its number in the problem set, a derivation by name, and the parameters it is run with."""

    number: str
    derivation: str
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """A problem set: its name, its title and its parts."""

    name: str
    title: str
    parts: tuple[Part, ...]


def sheet_names() -> list[str]:
    """The names of all sheets."""
    return sorted(p.stem for p in (own_folder() / "sheets").glob("*.py"))


def sheets(names: Sequence[str]) -> list[Sheet]:
    """Sheets by name; `all` stands for all of them. UsageError, with the names there are, for an unknown one."""
    known = sheet_names()
    found: list[str] = []
    for name in names:
        if name != "all" and name not in known:
            import difflib

            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise UsageError(f"no sheet {name!r}{hint}; there are: {', '.join(known)}, or all")
        found += known if name == "all" else [name]
    return [_load(own_folder() / "sheets" / f"{name}.py") for name in dict.fromkeys(found)]


def _load(path: Path) -> Sheet:
    sheet = runpy.run_path(str(path))
    parts: tuple[Part, ...] = tuple(sheet["parts"])
    numbers = [p.number for p in parts]
    if len(set(numbers)) < len(numbers):
        raise UsageError(f"{path.name}: two parts have the same number")
    return Sheet(path.stem, (sheet["__doc__"] or path.stem).split("\n")[0].rstrip("."), parts)


def run_sheet(sheet: Sheet, progress: Callable[[str], None] = lambda text: None) -> list[Derivation]:
    """The derivations of a sheet, in its order, each marked with the sheet and its part."""
    from symcnn.derivation import run

    made = []
    for position, part in enumerate(sheet.parts, start=1):
        progress(f"{sheet.name} [{position}/{len(sheet.parts)}] {part.number} {part.derivation} …")
        (source,) = find([part.derivation])
        d = run(source, {k: str(v) for k, v in part.parameters.items()})
        d.sheet, d.part = sheet.name, part.number
        made.append(d)
    return made
