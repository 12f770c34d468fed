"""A derivation: given, steps each with its reason, conclusion, scope, and how it was checked."""

from __future__ import annotations

import importlib.util
import inspect
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from symcnn.calculus import Line, conclusion
from symcnn.counterexample import at_place
from symcnn.verdict import Answer, Verdict, decide
from symcnn.errors import UsageError, WitnessError
from symcnn.kernel.claim import Claim
from symcnn.kernel.theorem import Bounded, Hypothesis, Theorem, require_issued
from symcnn.layers.layer import Layer
from symcnn.notation.expression import Axis, Definition, Equation
from symcnn.notation.polynomial import Symbol
from symcnn.sources import Source, own_faults

if TYPE_CHECKING:
    from symcnn.validate import Validation

CASES = 200
"""Random cases of a numeric validation, unless another number is asked for."""


@dataclass(frozen=True)
class Given:
    """Something the derivation starts from: a definition, or a sentence (with LaTeX between dollars)."""

    text: str = ""
    statement: Definition | Equation | Bounded | None = None


@dataclass(frozen=True)
class Step:
    """A line that was shown. `verdict` is refuted only for a careless statement that was to be refuted.

    `display` is LaTeX of something that is no equation of the kernel (a matrix); `expected` says whether
    the verdict is the one the derivation set out to show, `where` at which sizes a conclusion is stated.
    """

    reason: str
    verdict: Verdict
    theorem: Theorem | None = None
    answer: Answer | None = None
    display: str = ""
    milliseconds: float = 0.0
    expected: bool = True
    conclusion: bool = False
    where: str = ""


@dataclass
class Derivation:
    """Collects what is given, shown and concluded. Only theorems of the kernel count as proved."""

    title: str
    shows: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    name: str = ""
    sheet: str | None = None
    part: str | None = None
    givens: list[Given] = field(default_factory=list)
    instances: list[Hypothesis] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    checks: list[Callable[[int], Validation]] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    axes: dict[Axis, str] = field(default_factory=dict)
    instance: str = ""
    seconds: float = 0.0

    def given(self, *items: str | Layer | Definition | Equation | Bounded) -> None:
        """State what the derivation starts from; a layer gives its formulas and names its output extents."""
        for item in items:
            if isinstance(item, Layer):
                for d in item.definitions:
                    self.given(d)
            elif isinstance(item, str):
                self.givens.append(Given(item))
            else:
                if isinstance(item, Definition):
                    self._name_extents(item)
                self.givens.append(Given(statement=item))

    def _name_extents(self, definition: Definition) -> None:
        """Output axes whose extent is a floor get the names O, or O_1, O_2 …"""
        floors = [a for a in definition.tensor.axes if a.extent is None and a.upper is not None]
        for place, axis in enumerate(floors, start=1):
            if axis not in self.axes:
                self.axes[axis] = "O" if len(floors) == 1 else f"O_{{{place}}}"

    def at_sizes(self, *hypotheses: Hypothesis) -> None:
        """What is given already, at particular sizes: reports need not state it again."""
        self.instances += hypotheses

    def show(self, *lines: Line, conclude: bool = False) -> None:
        """Append proved lines, as they come from `gradient(…).lines` or `steps(…)`.

        With `conclude` the whole chain, first left side = last right side, becomes a conclusion.
        """
        for line in lines:
            self.steps.append(Step(line.reason, Verdict.PROVED, line.theorem, milliseconds=line.milliseconds))
        if conclude:
            self.steps.append(Step("", Verdict.PROVED, conclusion(*lines), conclusion=True))

    def conclude(self, theorem: Theorem, reason: str, milliseconds: float = 0.0, where: str = "") -> None:
        """Append a theorem as a conclusion; `where` names the sizes at which it is stated: "$p = 1$"."""
        require_issued(theorem)
        self.steps.append(Step(reason, Verdict.PROVED, theorem, milliseconds=milliseconds, conclusion=True,
                               where=where))

    def refute(self, claim: Claim, reason: str, sizes: Mapping[str, int] | None = None,
               entries: Mapping[str, int] | None = None, indices: Mapping[str, int] | None = None) -> Answer:
        """Show that a careless statement fails: where the sizes and entries say, or at the smallest place.

        Entries are named like "x[0,1]"; all others are 0. The verdict is recorded as it is found.
        """
        began = time.perf_counter()
        if sizes is None:
            answer = decide(claim)
        else:
            found = at_place(claim, sizes, entries or {}, indices or {})
            answer = Answer(Verdict.UNDECIDED if found is None else Verdict.REFUTED, claim, counterexample=found)
        self.steps.append(Step(reason, answer.verdict, answer.theorem, answer,
                               milliseconds=1000 * (time.perf_counter() - began),
                               expected=answer.verdict is Verdict.REFUTED))
        return answer

    def display(self, latex: str, reason: str) -> None:
        """Show LaTeX that is not an equation of the kernel, such as a matrix of symbols."""
        self.steps.append(Step(reason, Verdict.DEFINED, display=latex))

    def tabulated(self, theorem: Theorem, reason: str) -> None:
        """Record an exact comparison of finite tables or numbers."""
        require_issued(theorem)
        self.steps.append(Step(reason, Verdict.PROVED, theorem))

    def checked(self, reason: str, agrees: bool) -> None:
        """Record a comparison that is exact but not the kernel's; WitnessError if it does not agree."""
        if not agrees:
            raise WitnessError(reason)
        self.steps.append(Step(reason, Verdict.TESTED))

    def print(self, text: str) -> None:
        """Text for the terminal, shown when this derivation is asked for by name."""
        self.printed.append(text)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def validate(self, check: Callable[[int], Validation], needs: str = "") -> None:
        """Add a numeric validation, a function of the number of random cases; it is run after the proofs.

        `needs` names an optional package (jax) without which the validation is left out.
        """
        if not needs or importlib.util.find_spec(needs):
            self.checks.append(check)

    @property
    def label(self) -> str:
        """What tells this derivation from others in one run: its sheet and part, or its name."""
        return f"{self.sheet} {self.part}" if self.sheet else self.name

    @property
    def theorems(self) -> list[Theorem]:
        return [s.theorem for s in self.steps if s.theorem is not None and s.verdict is Verdict.PROVED]

    @property
    def conclusions(self) -> list[Theorem]:
        return [s.theorem for s in self.steps if s.conclusion and s.theorem is not None]

    @property
    def verdict(self) -> Verdict:
        """Proved if every step is what it set out to be and there is a proved conclusion."""
        unexpected = [s.verdict for s in self.steps if not s.expected]
        for verdict in (Verdict.REFUTED, Verdict.CONDITIONAL, Verdict.UNDECIDED, Verdict.PROVED):
            if verdict in unexpected:
                return Verdict.UNDECIDED if verdict is Verdict.PROVED else verdict
        return Verdict.PROVED if self.conclusions else Verdict.UNDECIDED

    @property
    def scope(self) -> tuple[Symbol, ...]:
        return tuple(sorted({s for t in self.conclusions for s in t.scope}))

    @property
    def scope_text(self) -> str:
        """"this instance", or "all sizes" with the size symbols."""
        if self.instance:
            return self.instance
        if not self.scope:
            return "all values"
        bounds = sorted({s.lower or 0 for s in self.scope}, reverse=True)
        return "all sizes: " + "; ".join(f"{', '.join(s.name for s in self.scope if s.lower == b)} ≥ {b}"
                                         for b in bounds)

    @property
    def assumptions(self) -> list[Hypothesis]:
        """What the conclusions rest on, other than the definitions stated as given."""
        stated = {g.statement for g in self.givens if isinstance(g.statement, Definition)} | set(self.instances)
        found = dict.fromkeys(h for t in self.conclusions for h in t.hypotheses)
        return [h for h in found if h not in stated]


def run(source: Source, settings: Mapping[str, str] | None = None, cases: int | None = None) -> Derivation:
    """Run one derivation with parameters as text; UsageError for an unknown or unreadable parameter.

    `cases` asks for that many random cases in each numeric validation of the derivation.
    """
    module = source.load()
    defaults: dict[str, object] = dict(getattr(module, "parameters", {}))
    chosen = dict(defaults)
    for key, text in (settings or {}).items():
        if key not in defaults:
            has = f"it has: {', '.join(defaults)}" if defaults else "it has none"
            raise UsageError(f"{source.name} has no parameter {key!r}; {has}")
        chosen[key] = _parsed(key, text, defaults[key])
    try:
        inspect.signature(module.derive).bind(**chosen)
    except TypeError as error:
        names = ", ".join(chosen) or "none"
        raise UsageError(f"{source.path}: derive() does not take its parameters ({names}): {error}") from None
    began = time.perf_counter()
    with own_faults(source.path):
        made = module.derive(**chosen)
    if not isinstance(made, Derivation):
        raise UsageError(f"derive() of {source.name} returned no Derivation")
    made.name, made.parameters = source.name, chosen
    with own_faults(source.path):
        made.validations = [check(cases or CASES) for check in made.checks]
    made.seconds = time.perf_counter() - began
    return made


def _parsed(key: str, text: str, default: object) -> object:
    if isinstance(default, bool):
        if text.lower() in ("true", "yes", "1", "false", "no", "0"):
            return text.lower() in ("true", "yes", "1")
        raise UsageError(f"{key} is {text!r}; allowed: yes or no")
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise UsageError(f"{key} is {text!r}; allowed: a whole number") from None
    return text
