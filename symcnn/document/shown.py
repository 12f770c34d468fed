"""Questions to the kernel, each asked once: a document looks at the same equation from several sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from symcnn.errors import StepError
from symcnn.kernel import equality
from symcnn.kernel.claim import Claim
from symcnn.kernel.theorem import Theorem
from symcnn.kernel.zero import PROCEDURES
from symcnn.notation.expression import Equation, Expression

Using = tuple[tuple[Equation, Expression], ...]
_ANSWERS: ContextVar[dict[tuple[Claim, Using, tuple[str, ...]], Theorem | str] | None] = ContextVar(
    "answers", default=None)


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
    answers = _ANSWERS.get()
    if answers is None:
        return equality.equal(claim, using, procedures)
    question = claim, tuple(using), tuple(procedures)
    answer = answers.get(question)
    if answer is None:
        try:
            answer = equality.equal(*question)
        except StepError as error:
            answer = str(error)
        answers[question] = answer
    if isinstance(answer, str):
        raise StepError(answer)
    return answer
