"""Square roots: √z² = z where z ≥ 0, and √(a²) = a where a ≥ 0; √(a²) = a without that is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symcnn.errors import StepError
from symcnn.kernel.claim import Claim, needed_definitions
from symcnn.kernel.guards import implied
from symcnn.kernel.signs import doubtful
from symcnn.kernel.theorem import AtLeastZero, Hypothesis, NonNegative, Theorem, _SEAL
from symcnn.notation.expression import Apply, Definition, Equation, Expression, Power, Value
from symcnn.notation.polynomial import Polynomial
from symcnn.notation.traverse import tensors_in


def square_of_root(z: Expression, definitions: Iterable[Definition] = (),
                   assumptions: Sequence[Polynomial] = ()) -> Theorem:
    """z ≥ 0  ⊢  √z² = z. What makes z ≥ 0, unless its form or the assumptions on sizes do, is a hypothesis."""
    return _root(Power(Apply("sqrt", z), 2), z, definitions, assumptions)


def root_of_square(a: Expression, definitions: Iterable[Definition] = (),
                   assumptions: Sequence[Polynomial] = ()) -> Theorem:
    """a ≥ 0  ⊢  √(a²) = a. What makes a ≥ 0, unless its form or the assumptions on sizes do, is a hypothesis."""
    return _root(Apply("sqrt", Power(a, 2)), a, definitions, assumptions)


def _root(left: Expression, right: Expression, definitions: Iterable[Definition],
          assumptions: Sequence[Polynomial]) -> Theorem:
    """left = right, where right ≥ 0."""
    claim = Claim(left, right, tuple(definitions), tuple(assumptions))
    hypotheses: list[Hypothesis] = [*needed_definitions(claim.definitions, tensors_in(right))]
    for e in doubtful(right, {d.tensor: d for d in claim.definitions}):
        if isinstance(e, Value) and implied(e.value, assumptions):
            hypotheses += map(AtLeastZero, assumptions)
        elif isinstance(e, Value) and e.value.is_constant:
            raise StepError(f"{left} = {right} needs {right} ≥ 0, but {e} < 0")
        else:
            hypotheses.append(NonNegative(e))
    return Theorem(_SEAL, Equation(left, right), hypotheses, "square root", (), (), claim.indices)
