r"""Printed scalar formulas, read by an independent reader and compared with what was proved.

The reader is latex2sympy2, in a process of its own (see worker.py). It knows few of the names of this
field (d, E, i, primes, upright words) and neither σ nor relu. So each name is exchanged for a letter it
knows and each unknown function for a logarithm to a base of its own before the text is handed over:
names are taken from the text here, everything else (signs, products, fractions, powers, arguments) is
read there. A formula counts as covered only if it was read to its end.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import comb, prod
from pathlib import Path
from typing import Any

from symcnn.errors import NotationError, SymcnnError
from symcnn.kernel.claim import Claim
from symcnn.kernel.equality import equal
from symcnn.latex.names import GREEK, name
from symcnn.latex.write import latex
from symcnn.notation.expression import (
    Add, Apply, Expression, Multiply, Power, Read, Value, children, expression, rebuild, walk,
)
from symcnn.notation.formula import as_polynomial

WORKER = Path(__file__).with_name("worker.py")
LONGEST, DEEPEST, LARGEST_EXPONENT, MOST_TERMS = 4000, 100, 100, 4000
SCALAR_FUNCTIONS = frozenset({"exp", "tanh", "sigmoid", "log", "sqrt", "relu", "sign"})
# Functions without a counterpart there, and the base of the logarithm that stands for each.
MARKED = {"sigmoid": "X", "relu": "Y", "sign": "Z"}
# Letters that mean nothing there (d, e, f, g, i and j may). It reads letters much faster than x_{1}.
LETTERS = "abchkmnopqrstuvwxyz"
CALLS = {r"\operatorname{sigmoid}": "sigmoid", r"\operatorname{relu}": "relu", r"\operatorname{sgn}": "sign"}
UNDERSTOOD = frozenset({r"\frac", r"\left", r"\right", r"\sqrt", r"\tanh", r"\ln", r"\exp", r"\cdot", r"\,"})

_BASE = r"(?:\\mathrm\{[^{}]*\}|\\(?:hat|bar|tilde|d?dot)\{(?:\\?[A-Za-z]+)\}|GREEK|[A-Za-z])"
_BASE = _BASE.replace("GREEK", "|".join(sorted((re.escape(g) + r"(?![A-Za-z])" for g in set(GREEK.values())
                                                if g.startswith("\\") and "{" not in g), reverse=True)))
_NAME = rf"{_BASE}(?:_(?:\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}}|[A-Za-z0-9]))?'*"
_TOKEN = re.compile(rf"(?P<name>\\frac\{{\\partial {_NAME}\}}\{{\\partial {_NAME}\}})"
                    rf"|(?P<call>\\operatorname\{{\w+\}})"
                    rf"|(?P<known>\\(?:frac|left|right|sqrt|tanh|ln|exp|cdot)(?![A-Za-z])|\\,)"
                    rf"|(?P<plain>{_NAME})|(?P<mark>[0-9(){{}}+\-^\s])|(?P<other>.)", re.DOTALL)


@dataclass
class ReadBack:
    """How many formulas were given, read by the independent reader, and found equal to what was proved.

    `disagreements` were read and are not shown equal; `uncovered` were not read, with the reason. Without
    `available` nothing was read, and `reason` says why.
    """

    formulas: int = 0
    covered: int = 0
    agreed: int = 0
    disagreements: list[str] = field(default_factory=list)
    available: bool = False
    reason: str = ""
    uncovered: list[str] = field(default_factory=list)


class NotRead(Exception):
    """A formula that cannot be handed over; the message says why."""


class Differs(Exception):
    """A formula that was read and cannot be what was proved; the message says why."""


def is_scalar(node: Expression) -> bool:
    """Whether a formula has only numbers, sizes, scalar tensors, + − · /, powers and smooth or ramp
    functions: what the independent reader can read."""
    return all(isinstance(n, (Value, Add, Multiply, Power)) or isinstance(n, Read) and not n.indices
               or isinstance(n, Apply) and n.function in SCALAR_FUNCTIONS for n in walk(node))


def read_back(pairs: Sequence[tuple[str, Expression]], python: str | None = None,
              seconds: float = 20) -> ReadBack:
    """Have printed formulas read and compare each with the formula that was proved.

    `python` is an interpreter that has latex2sympy2, by default this one. What the reader does not
    answer within the time is not covered. Never raises for what stands in the text.
    """
    return read_back_groups([pairs], python, seconds)[0]


def read_back_groups(groups: Sequence[Sequence[tuple[str, Expression]]], python: str | None = None,
                     seconds: float = 20) -> list[ReadBack]:
    """The same for several groups of formulas, read by one process; a result for each group."""
    results = [ReadBack(formulas=len(pairs)) for pairs in groups]
    waiting: list[tuple[ReadBack, str, Expression, dict[str, Expression]]] = []
    texts: list[str] = []
    for result, pairs in zip(results, groups, strict=True):
        for tex, proved in pairs:
            try:
                simple, names = _simplified(tex, proved)
            except NotRead as error:
                result.uncovered.append(f"{tex}: {error}")
                continue
            waiting.append((result, tex, proved, names))
            texts.append(simple)
    answers, reason = _ask(texts, python or sys.executable, seconds) if waiting else (
        [], "none of the formulas is one that the independent reader can read")
    for result in results:
        result.reason, result.available = reason, bool(answers) and answers[0].get("ready") is True
    for n, (result, tex, proved, names) in enumerate(waiting, start=1):
        found = answers[n] if result.available and n < len(answers) else {"error": reason}
        _compare(tex, proved, names, found, result)
    return results


def _compare(tex: str, proved: Expression, names: Mapping[str, Expression], answer: Mapping[str, Any],
             result: ReadBack) -> None:
    """Add the outcome for one formula to the result."""
    if "tree" not in answer:
        result.uncovered.append(f"{tex}: {answer.get('error') or 'no answer'}")
        return
    try:
        read = _expression(answer["tree"], names)
    except NotRead as error:
        result.uncovered.append(f"{tex}: {error}")
        return
    except Differs as error:
        result.covered += 1
        result.disagreements.append(f"{tex}: {error}")
        return
    parts = [_distributed(node) for node in (read, proved)]
    small = max(map(_terms, parts)) <= MOST_TERMS
    same = small and _same(*parts)
    # What the kernel cannot even show equal to itself says nothing about the text.
    if not same and not (small and all(_same(part, part) for part in parts)):
        result.uncovered.append(f"{tex}: too large to be compared")
        return
    result.covered += 1
    if same:
        result.agreed += 1
    else:
        result.disagreements.append(f"{tex}\n  read as: {latex(read)}\n  proved:  {latex(proved)}")


def _same(a: Expression, b: Expression) -> bool:
    """Whether the kernel shows a = b."""
    try:
        equal(Claim(a, b))
    except (SymcnnError, ArithmeticError, RecursionError):
        return False
    return True


def _distributed(node: Expression, exponent: int = 1) -> Expression:
    """nodeⁿ with (a·b)ⁿ as aⁿ·bⁿ and (aᵐ)ⁿ as aᵐⁿ, so that every denominator stands alone."""
    match node:
        case Multiply(factors):
            return Multiply(tuple(_distributed(f, exponent) for f in factors))
        case Power(base, own):
            return _distributed(base, own * exponent)
        case Value(p) if len(p.terms) == 1 and -LARGEST_EXPONENT <= exponent < 0:
            ((monomial, coefficient),) = p.terms.items()
            return Multiply((expression(1 / Fraction(coefficient) ** -exponent),
                             *(Power(expression(s), e * exponent) for s, e in monomial)))
    inner = rebuild(node, tuple(map(_distributed, children(node))))
    return inner if exponent == 1 else Power(inner, exponent)


def _terms(node: Expression) -> int:
    """A bound for the terms of a formula, or of a function's argument in it, when it is multiplied out."""
    inside = [_terms(c) for c in children(node)]
    match node:
        case Value(p):
            return len(p.terms)
        case Add():
            return sum(inside)
        case Multiply():
            return max(prod(inside), *inside) if inside else 1
        case Power(_, exponent):
            return max(inside[0], comb(abs(exponent) + inside[0] - 1, abs(exponent)) if inside[0] else 1)
    return max(inside, default=1)


def _names(proved: Expression) -> dict[str, Expression]:
    """What each printed name of a formula stands for; NotRead if two print alike."""
    found: dict[str, Expression] = {}
    for node in walk(proved):
        named: list[tuple[str, Expression]] = []
        if isinstance(node, Read):
            named = [(latex(node), node)]
        elif isinstance(node, Value):
            named = [(name(s.name), expression(s)) for s in node.value.symbols]
        for text, meaning in named:
            if found.setdefault(text, meaning) != meaning:
                raise NotRead(f"two names are printed as {text}")
    return found


def _simplified(tex: str, proved: Expression) -> tuple[str, dict[str, Expression]]:
    """The text with letters for its names, and what these letters stand for.

    A name that the proved formula does not have gets a letter that stands for nothing. NotRead for a
    formula beyond the reader or a command that `latex` does not print in scalar formulas.
    """
    if not is_scalar(proved):
        raise NotRead("not a scalar formula")
    if len(tex) > LONGEST:
        raise NotRead(f"longer than {LONGEST} characters")
    names = _names(proved)
    placeholders: dict[str, str] = {}
    pieces: list[str] = []
    depth = 0
    for match in _TOKEN.finditer(tex):
        kind, token = match.lastgroup or "", match.group()
        follows = tex[match.end():]
        if kind == "call" and token in CALLS:
            pieces.append(rf"\log_{MARKED[CALLS[token]]}")
        elif kind in ("name", "plain") and (token in names or not _is_function(token, follows)):
            pieces.append(placeholders.setdefault(token, _letter(len(placeholders))))
        elif token == r"\sigma":
            pieces.append(rf"\log_{MARKED['sigmoid']}")
        elif kind in ("known", "mark", "plain"):
            pieces.append(token)
        else:
            raise NotRead(f"{token} is not read")
        depth += (token == "{") - (token == "}")
        if depth < 0:
            raise NotRead("the braces are not balanced")
    if depth:
        raise NotRead("the braces are not balanced")
    return "".join(pieces), {letter: names[token] for token, letter in placeholders.items() if token in names}


def _letter(n: int) -> str:
    return LETTERS[n] if n < len(LETTERS) else f"x_{{{n}}}"


def _is_function(token: str, follows: str) -> bool:
    return token == "e" and follows.startswith("^") or token == r"\sigma" and follows.startswith(r"\left(")


def _ask(texts: Sequence[str], python: str, seconds: float) -> tuple[list[dict[str, Any]], str]:
    """The answers of the worker, as far as it got, and what went wrong if anything did."""
    try:
        done = subprocess.run([python, "-I", str(WORKER)], input=json.dumps(list(texts)).encode(),
                              capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        output, reason = error.stdout or b"", f"the reader did not answer within {seconds:g} seconds"
    except OSError as error:
        return [], f"the reader could not be started: {error}"
    else:
        output = done.stdout
        reason = "" if done.returncode == 0 else f"the reader ended with status {done.returncode}"
    answers: list[dict[str, Any]] = []
    for line in output.split(b"\n"):
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            break
        if not isinstance(answer, dict):
            break
        answers.append(answer)
    if not answers:
        return [], reason or "the reader gave no answer"
    if answers[0].get("ready") is not True:
        reason = f"latex2sympy2 cannot be used: {answers[0].get('reason')}"
    elif not reason and len(answers) <= len(texts):
        reason = "the reader stopped early"
    return answers, reason


def _expression(tree: Any, names: Mapping[str, Expression], depth: int = 0) -> Expression:
    """The formula that a tree of the worker describes."""
    if depth > DEEPEST or not isinstance(tree, list) or not tree:
        raise NotRead("the answer of the reader is not a tree")
    match tree:
        case ["symbol", str(key)]:
            if key not in names:
                raise Differs("it has a name that is not in what was proved")
            return names[key]
        case ["rational", str(above), str(below)] if above.lstrip("-").isdigit() and below.isdigit():
            return expression(Fraction(int(above), int(below)))
        case ["add" | "multiply" as kind, *parts]:
            inner = tuple(_expression(p, names, depth + 1) for p in parts)
            return Add(inner) if kind == "add" else Multiply(inner)
        case ["power", base, exponent]:
            return _power(_expression(base, names, depth + 1), _expression(exponent, names, depth + 1))
        case ["exp" | "tanh" as function, argument]:
            return Apply(function, _expression(argument, names, depth + 1))
        case ["log", argument, ["exp", ["rational", "1", "1"]]]:
            return Apply("log", _expression(argument, names, depth + 1))
        case ["log", argument, ["symbol", str(base)]]:
            functions = {letter: function for function, letter in MARKED.items()}
            if base in functions:
                return Apply(functions[base], _expression(argument, names, depth + 1))
    raise NotRead(f"{str(tree[0])[:40]} in the answer of the reader is not understood")


def _power(base: Expression, exponent: Expression) -> Expression:
    try:
        p = as_polynomial(exponent)
    except (NotationError, ZeroDivisionError):
        raise Differs("it has an exponent that is not a number") from None
    value = Fraction(p.constant)
    if not p.is_constant or value.denominator > 2 or abs(value) > LARGEST_EXPONENT:
        raise Differs("it has an exponent that is neither a whole number nor a half, or is too large")
    if value.denominator == 1:
        return Power(base, int(value))
    root = Apply("sqrt", base)
    return root if value == Fraction(1, 2) else Power(root, value.numerator)
