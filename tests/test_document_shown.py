"""Questions to the kernel, asked once for a document."""

import pytest

from symcnn.document.facts.questions import equal, remembered
from symcnn.errors import StepError
from symcnn.kernel import equality
from symcnn.kernel.claim import Claim
from symcnn.notation.context import context

NAMES = context("N", "x y")
RIGHT, WRONG = "x + x = 2*x", "x + x = 2*y"


def claim(text: str) -> Claim:
    said = NAMES.equation(text)
    return Claim(said.left, said.right)


@pytest.fixture
def asked(monkeypatch):
    """The claims that reach the kernel."""
    found, kernel = [], equality.equal
    monkeypatch.setattr(equality, "equal", lambda *question: found.append(question) or kernel(*question))
    return found


def refusal(text: str) -> str:
    with pytest.raises(StepError) as error:
        equal(claim(text))
    return str(error.value)


def test_proofs_and_refusals_are_remembered(asked):
    with remembered():
        assert equal(claim(RIGHT)) is equal(claim(RIGHT))
        assert refusal(WRONG) == refusal(WRONG)
    assert len(asked) == 2


def test_another_question_is_asked_anew(asked):
    with remembered():
        equal(claim(RIGHT))
        equal(claim(RIGHT), (), ("isl",))
        equal(claim("x + y = y + x"))
    assert len(asked) == 3


def test_nothing_is_remembered_beyond_the_document(asked):
    for _ in range(2):
        with remembered():
            equal(claim(RIGHT))
        equal(claim(RIGHT))
    assert len(asked) == 4
