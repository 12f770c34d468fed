"""Derivation files: finding them by name, file or folder, and loading one."""

from __future__ import annotations

import ast
import importlib.util
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from symcnn.errors import NotationError, SymcnnError, UsageError


@dataclass(frozen=True)
class Source:
    """A derivation file: its name and path."""

    name: str
    path: Path

    @property
    def summary(self) -> str:
        """The first line of the file's docstring; UsageError for what is no Python text."""
        try:
            with tokenize.open(self.path) as lines:
                first = next(t for t in tokenize.generate_tokens(lines.readline)
                             if t.type not in (tokenize.COMMENT, tokenize.NL))
            text = ast.literal_eval(first.string) if first.type == tokenize.STRING else ""
        except (OSError, SyntaxError, ValueError, tokenize.TokenError):
            raise UsageError(f"{self.path} cannot be read as Python") from None
        return text.strip().split("\n")[0] if isinstance(text, str) else ""

    def load(self) -> ModuleType:
        """Run the file as a module; UsageError if it has no `derive`."""
        spec = importlib.util.spec_from_file_location(f"symcnn_derivation_{self.name}", self.path)
        if spec is None or spec.loader is None:
            raise UsageError(f"{self.path} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        with own_faults(self.path):
            spec.loader.exec_module(module)
        if not callable(getattr(module, "derive", None)):
            raise UsageError(f"{self.path} defines no function derive(…)")
        return module


def _places(error: Exception, path: Path) -> list[tuple[bool, int | None]]:
    """The lines that led to an error, outermost first, and whether each is one of this file."""
    import traceback

    return [(Path(f.filename).resolve() == path.resolve(), f.lineno)
            for f in traceback.extract_tb(error.__traceback__)]


@contextmanager
def own_faults(path: Path) -> Iterator[None]:
    """A fault in the code or in a formula of a derivation file as one message with its place."""
    try:
        yield
    except NotationError as error:
        lines = [number for here, number in _places(error, path) if here]
        if not lines:
            raise
        raise UsageError(f"{path}, line {lines[-1]}: {error}") from error
    except SymcnnError:
        raise
    except SyntaxError as error:
        where = f"{path}, line {error.lineno}" if error.lineno else path
        raise UsageError(f"{where}: {error.msg}") from None
    except Exception as error:
        here, number = _places(error, path)[-1]
        if not here:
            raise
        raise UsageError(f"{path}, line {number}: {type(error).__name__}: {error}") from error


def sources(folder: Path) -> list[Source]:
    """The derivations of a folder, one per file, by name."""
    return [Source(p.stem, p) for p in sorted(folder.glob("*.py")) if not p.stem.startswith("_")]


def own_folder() -> Path:
    """The folder of the project's own derivations: beside the package, or inside an installed one."""
    here = Path(__file__).resolve().parent
    for candidate in (here / "derivations", here.parent / "derivations"):
        if candidate.is_dir():
            return candidate
    raise UsageError("the folder of derivations is missing from this installation")


def own() -> dict[str, Source]:
    """The project's own derivations by name: the main results, then those that only problem sets ask for."""
    return {s.name: s for s in [*sources(own_folder()), *sources(own_folder() / "problems")]}


def find(names: Sequence[str]) -> list[Source]:
    """Derivations by name, by file or by folder; for no name the main results of the project."""
    if not names:
        return sources(own_folder())
    known = own()
    found: list[Source] = []
    for name in names:
        path = Path(name)
        if name in known:
            found.append(known[name])
        elif path.is_dir():
            inside = sources(path)
            if not inside:
                raise UsageError(f"no derivations (*.py) in the folder {name}")
            found += inside
        elif path.suffix == ".py" and path.is_file():
            found.append(Source(path.stem, path))
        else:
            raise UsageError(f"no derivation {name!r}{_nearest(name, known)}")
    return found


def _nearest(name: str, known: Iterable[str]) -> str:
    import difflib

    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; there are: {', '.join(known)}"
