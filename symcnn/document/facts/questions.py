"""Questions to the kernel, each asked once: a document looks at the same formulas from several sides."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from symcnn.errors import StepError
from symcnn.kernel import equality, moments as of_moments, rules
from symcnn.kernel.claim import Claim
from symcnn.kernel.theorem import Theorem
from symcnn.kernel.zero import PROCEDURES
from symcnn.notation.expression import Axis, Definition, Equation, Expression, Tensor
from symcnn.notation.polynomial import Symbol

Ranges = Iterable[tuple[Symbol, Axis]]
_ANSWERS: ContextVar[dict[Hashable, Theorem | str] | None] = ContextVar("answers", default=None)


@contextmanager
def remembered() -> Iterator[None]:
    """What the kernel proves and refuses is remembered for as long as this lasts."""
    token = _ANSWERS.set({})
    try:
        yield
    finally:
        _ANSWERS.reset(token)


def equal(claim: Claim, using: Iterable[tuple[Equation, Expression]] = (),
          procedures: Sequence[str] = PROCEDURES) -> Theorem:
    """The kernel's rule of equality; StepError if it does not show the claim."""
    return _asked(equality.equal, claim, tuple(using), tuple(procedures))


def linearity(node: Expression, definitions: Iterable[Definition], ranges: Ranges) -> Theorem:
    """The kernel's rule of linearity of expectations; StepError where it does not apply."""
    return _asked(of_moments.linearity, node, tuple(definitions), tuple(ranges))


def independence(node: Expression, groups: Iterable[Iterable[Tensor]], ranges: Ranges) -> Theorem:
    """The kernel's rule for expectations of products over independent groups; StepError where it does not apply."""
    return _asked(of_moments.independence, node, tuple(map(tuple, groups)), tuple(ranges))


def moments(node: Expression, laws: Iterable[Equation], ranges: Ranges) -> Theorem:
    """The kernel's rule for stated moments; StepError where one is not stated."""
    return _asked(of_moments.moments, node, tuple(laws), tuple(ranges))


def transitivity(first: Theorem, second: Theorem) -> Theorem:
    """The kernel's rule of transitivity; StepError if the middle sides differ."""
    return _asked(rules.transitivity, first, second)


def _asked(rule: Callable[..., Theorem], *question: Hashable) -> Theorem:
    answers = _ANSWERS.get()
    if answers is None:
        return rule(*question)
    answer = answers.get((rule, question))
    if answer is None:
        try:
            answer = rule(*question)
        except StepError as error:
            answer = str(error)
        answers[rule, question] = answer
    if isinstance(answer, str):
        raise StepError(answer)
    return answer
