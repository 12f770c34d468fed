"""Full stops in a formula that end no sentence: `W.T` of NumPy, `A . B` and `A.x` for products, `X.reshape(n, m)`."""

from __future__ import annotations

from collections.abc import Sequence

from symcnn.document.reading.tokens import Token

METHOD = "．"
"""The sign between a name and a method of it; nothing is said of what it does."""
BEGINS_FACTOR = frozenset(("(", "[", r"\frac", r"\dfrac", r"\tfrac", r"\left", r"\mathbf", r"\boldsymbol", r"\bm",
                           r"\mathrm", r"\hat", r"\tilde", r"\bar", r"\vec", r"\sigma", r"\delta", r"\nabla",
                           r"\partial", "∂", "∇", "δ", "σ"))
ENDS_FACTOR = frozenset((")", "]", "}"))
LONGEST_NAME = 2
"""A word of more letters begins a sentence rather than a factor."""


def settled(found: Sequence[Token]) -> list[Token]:
    """The tokens of a formula with signs for its full stops that are ones."""
    made = [_as_sign(found, place) if token.text == "." else token for place, token in enumerate(found)]
    return [token._replace(before=" ") if place and made[place - 1].text == r"\cdot" != found[place - 1].text and (
        not token.before) else token for place, token in enumerate(made)]


def _as_sign(found: Sequence[Token], place: int) -> Token:
    stop = found[place]
    if not 0 < place < len(found) - 2:
        return stop
    before, behind, next_one = found[place - 1], found[place + 1], found[place + 2]
    if before.kind != "word" and before.text not in ENDS_FACTOR:
        return stop
    if not stop.before and not behind.before and behind.kind == "word":
        if behind.text == "T":
            return stop._replace(kind="mark", text="^")
        is_method = len(behind.text) > LONGEST_NAME and behind.text.islower() and next_one.text == "(" and (
            not next_one.before)
        if is_method:
            return stop._replace(text=METHOD)
    closed = before.text in ENDS_FACTOR and not stop.before and not behind.before
    if closed and next_one.text != "." and (behind.text in BEGINS_FACTOR or (
            behind.kind == "word" and len(behind.text) == 1)) and not _a_relation_follows(found[place + 1:]):
        return stop._replace(kind="command", text=r"\cdot", stop=stop.end)  # W_{m,n}.X_{i+m,j+n}
    # With a space on both sides a full stop ends no sentence; where a relation follows, another equation may begin.
    begins = behind.text in BEGINS_FACTOR or (behind.kind == "word" and len(behind.text) <= LONGEST_NAME)
    if stop.before == behind.before == " " and begins and not _a_relation_follows(found[place + 1:]):
        return stop._replace(kind="command", text=r"\cdot", stop=stop.end)
    return stop


def _a_relation_follows(found: Sequence[Token]) -> bool:
    """Whether a sign of equality or order stands before the end of the row."""
    for token in found:
        if token.kind in ("end", "gap") or token.text in (r"\\", r"\newline", r"\end"):
            return False
        if token.text in ("=", "<", ">", "≤", "≥", "≈", ":") or token.text in (r"\le", r"\ge", r"\leq", r"\geq",
                                                                             r"\approx", r"\equiv", r"\sim"):
            return True
    return False
