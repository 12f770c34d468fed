"""Lines between numbers: exact values against what is printed."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint

from symcnn.counterexample import Counterexample
from symcnn.document.claims.claims import Line
from symcnn.document.facts.known import Decision, Known
from symcnn.document.meaning.numbers import (
    Agreement, agreement, different, enclosure, exact, key, printed, rounding_to, show, spread,
)
from symcnn.document.meaning.stages import Valued, new_decimals, worked_out
from symcnn.document.reading.measures import Measure, likely, measure, measured
from symcnn.document.reading.node import Node
from symcnn.document.reading.tokens import Token
from symcnn.document.reading.tree import read as read_tree
from symcnn.document.reading.written import nodes, unwrapped
from symcnn.document.repair.edits import plain_text, with_edits
from symcnn.errors import SymcnnError
from symcnn.notation.expression import Expression, Read, walk
from symcnn.rounding import Decimal, rounded
from symcnn.verdict import Verdict


NEARLY = 1.1
POWER_OF_TEN = re.compile(r"10\^\{?[-−]?\d+\}?|10{2,}")
LEAST_ROUNDED = 100
"""So large is a quotient that is rounded to a whole number without a word."""


def numeric(known: Known, line: Line, left: Expression, right: Expression, value: Valued | None = None) -> Decision:
    """The verdict on a line between numbers; `value` gives those of its pieces, to see which of them are rounded."""
    decision = _compared(known, line, left, right, known.values, value)
    shown = printed(measured(line.right)[0])
    if shown is not None and shown[1] and decision.verdict is not Verdict.PROVED:
        in_units = measured(line.right)[1] is not None or measure(line.behind) is not None
        _note_rounded(known, Fraction(shown[0].digits) / Fraction(10) ** shown[0].places, decision,
                      None if in_units else enclosure(left, known.values, known.rounded))
    if decision.verdict is Verdict.REFUTED and known.printed != known.values:
        other = _compared(known, line, left, right, known.printed, value)
        if other.verdict is not Verdict.REFUTED:
            used = {key(n) for n in (*walk(left), *walk(right)) if isinstance(n, Read)} & known.wrong
            if used:
                return Decision(Verdict.UNDECIDED, f"follows from a wrong value of {', '.join(sorted(used))}")
            return replace(other, verdict=Verdict.ROUNDED, reason="with the values as they were printed before")
    return decision


def _note_rounded(known: Known, decimal: Fraction, decision: Decision, value: Any) -> None:
    """What a printed decimal may stand for further down: what it was rounded from, where the page shows that.

    `value` is None where that is measured in other units.
    """
    from_value = decision.verdict is Verdict.ROUNDED and value is not None
    found = spread(decimal, value) if from_value else rounding_to(decimal)
    known.rounded[decimal] = known.rounded[decimal].union(found) if decimal in known.rounded else found


def _compared(known: Known, line: Line, left: Expression, right: Expression, values: dict[str, Any],
              value: Valued | None) -> Decision:
    number, unit = measured(line.right)
    unit = unit or measure(line.behind)
    if unit is not None and (shown := printed(number)) is not None:
        return _measured(known, line, left, shown, unit, values)
    a, b = exact(left, values), exact(right, values)
    shown = printed(line.right)
    if not different(a, b):
        if isinstance(a, flint.fmpq) and isinstance(b, flint.fmpq):
            return Decision(Verdict.PROVED, scope="these numbers", procedures=("exact numbers",))
        if shown is None and value is not None and worked_out(line.left, line.right, value) == ([], []):
            return Decision(Verdict.PROVED, "piece by piece", "these numbers", procedures=("exact numbers",))
        if shown is None or not shown[1]:
            return Decision(Verdict.UNDECIDED, "the two values agree to 160 bits, which is no proof")
    if shown is not None:
        found = agreement(a, shown[0])
        whole = not shown[1] and line.relation != "≈"
        if whole and found.verdict is not Agreement.EXACT:
            # A whole number behind "=" is no rounding, unless it is a large quotient: 50000/48 = 1042.
            reason = f"the exact value is {show(a)}"
            if isinstance(a, flint.fmpq) and a.q != 1:
                low = int(a.p) // int(a.q)
                reason += f"; rounded down it is {low}, rounded up {low + 1}"
            ball = enclosure(left, values, known.rounded)
            within = agreement_within(ball, shown[0]) if not different(ball, b) else ""
            if found.verdict is Agreement.ROUNDED and abs(shown[0].digits) >= LEAST_ROUNDED and is_quotient(line.left):
                return Decision(Verdict.ROUNDED, found.detail, "these numbers", procedures=("exact numbers",))
            if line.span.plain and isinstance(a, flint.fmpq) and int(a.p) // int(a.q) == int(b):
                return Decision(Verdict.UNDECIDED, f"{reason}; it holds if / drops the remainder")
            if not within:
                return Decision(Verdict.REFUTED, reason, "these numbers",
                                counterexample=Counterexample({}, {}, {}, show(a), show(b)), repair=show(a))
        elif found.verdict is not Agreement.WRONG:
            verdict = Verdict.PROVED if found.verdict is Agreement.EXACT else Verdict.ROUNDED
            return Decision(verdict, found.detail, "these numbers", procedures=("exact numbers",))
        within = agreement_within(enclosure(left, values, known.rounded), shown[0])
        if within:
            return Decision(Verdict.ROUNDED, f"{within}; the decimals on the left are rounded, too", "these numbers",
                            procedures=("exact numbers",))
        if line.relation == "≈" and (coarse := coarsely(a, shown[0])):
            return Decision(Verdict.ROUNDED, coarse, "these numbers", procedures=("exact numbers",))
        return Decision(Verdict.REFUTED, found.detail, "these numbers",
                        counterexample=Counterexample({}, {}, {}, show(a), show(b)), repair=decimal_text(a, shown[0]))
    if (power := power_of_ten(line.right)) is not None and not different(b, power) and abs(a - b) * 20 < b:
        return Decision(Verdict.ROUNDED, f"{show(a)} is {plain_text(line.right)} to one digit", "these numbers",
                        procedures=("exact numbers",))
    if line.relation == "≈" and bool(enclosure(left - right, values, known.rounded) != 0):
        return _about(a, b, line.right)
    if not bool(enclosure(left - right, values, known.rounded) != 0):
        return Decision(Verdict.ROUNDED, f"{show(a)} and {show(b)} agree within the rounding of their decimals",
                        "these numbers", procedures=("exact numbers",))
    reason = f"the left side is {show(a)}, the right side {show(b)}"
    new = {decimal: rounding_to(decimal) for decimal in new_decimals(line.left, line.right)}
    pieces = None if value is None else worked_out(line.left, line.right, value)
    if pieces is not None and pieces[0] and not pieces[1]:
        for decimal in {Fraction(stage[0].digits) / Fraction(10) ** stage[0].places
                        for _, n in pieces[0] if (stage := printed(n)) is not None}:
            known.rounded[decimal] = rounding_to(decimal)
        return Decision(Verdict.ROUNDED, "; ".join(f"{_text(n)} is the rounded value of {_text(old)}"
                                                   for old, n in pieces[0]), "these numbers",
                        procedures=("exact numbers",))
    if pieces is not None and len(pieces[1]) == 1:
        (old, other), = pieces[1]
        if printed(old) is None:
            reason += f"; {_text(other)} is not the value of {_text(old)}"
    elif not bool(enclosure(left - right, values, known.rounded | new) != 0):
        known.rounded |= new
        return Decision(Verdict.UNDECIDED, f"{reason}; with rounded decimals they may agree")
    return Decision(Verdict.REFUTED, reason, "these numbers",
                    counterexample=Counterexample({}, {}, {}, show(a), show(b)))


def _about(a: Any, b: Any, right: Node) -> Decision:
    """A number that is said to be about the value of a formula; of a power of ten only its size is meant."""
    numbers = Counterexample({}, {}, {}, show(a), show(b))
    low, high = sorted((abs(flint.arb(a)), abs(flint.arb(b))), key=float)
    ratio = high / low if bool(low > 0) else flint.arb("inf")
    power = POWER_OF_TEN.fullmatch("".join(t.text for t in right.tokens)) is not None
    if bool(ratio > 0) and bool(a * b > 0) and bool(ratio * ratio < 10 if power else ratio < NEARLY):
        return Decision(Verdict.ROUNDED, f"{show(a)} and {show(b)} are of one size" if power else
                        f"{show(a)} and {show(b)} are nearly the same", "these numbers", procedures=("exact numbers",))
    if not bool(ratio > (10 if power else 2)):
        return Decision(Verdict.UNDECIDED, f"whether {show(a)} is about {show(b)} is a matter of taste")
    exponent = round(math.log10(float(abs(flint.arb(a))))) if power and bool(a > 0) else None
    return Decision(Verdict.REFUTED, f"the left side is {show(a)}, the right side {show(b)}", "these numbers",
                    counterexample=numbers, repair=None if exponent is None else f"10^{{{exponent}}}")


def _measured(known: Known, line: Line, left: Expression, written: tuple[Decimal, bool], found: Measure,
              values: dict[str, Any]) -> Decision:
    """A number that is printed with its measure, 35 K or 12 %: what it is rounded to is what it stands for."""
    shown, decimals = written
    a = exact(left, values)
    numbers = Counterexample({}, {}, {}, show(a), f"{shown} {found.text}")
    for factor in likely(a, shown.value, found):
        by = flint.fmpq(factor.numerator, factor.denominator)
        agreed = agreement(a / by, shown)
        read_as = "" if factor == 1 else f"; {found.text} stands for {factor if factor.denominator == 1 else factor}"
        if agreed.verdict is Agreement.EXACT:
            return Decision(Verdict.PROVED, read_as.strip("; "), "these numbers", procedures=("exact numbers",))
        if factor == 1 and not decimals and line.relation == "=" and found.text != "%" and (
                found.dimension in ("", "bytes") or not isinstance(a, flint.fmpq) or a.q == 1):
            continue  # a whole number behind "=" is no rounding, unless it is a time
        within = agreement_within(flint.arb(enclosure(left, values, known.rounded)) / by, shown)
        coarse = coarsely(a / by, shown) if line.relation == "≈" and agreed.verdict is Agreement.WRONG else ""
        if agreed.verdict is not Agreement.WRONG or within or coarse:
            return Decision(Verdict.ROUNDED, (within or coarse or agreed.detail) + read_as, "these numbers",
                            procedures=("exact numbers",))
    if found.text == "×" and bool(abs(a) < 1) and bool(a != 0) and (
            agreement(1 / a, shown).verdict is not Agreement.WRONG
            or agreement_within(1 / flint.arb(enclosure(left, values, known.rounded)), shown)):
        return Decision(Verdict.UNDECIDED, f"whether {show(a)} is meant as a reduction by {shown} is not said")
    factor = likely(a, shown.value, found)[0]
    right = decimal_text(a / flint.fmpq(factor.numerator, factor.denominator), shown)
    return Decision(Verdict.REFUTED, f"the left side is {show(a)}", "these numbers", counterexample=numbers,
                    repair=right if right is None or (line.behind and found.dimension) else right + {
                        "%": r"\%", "×": r"\times"}.get(found.text, f"\\text{{ {found.text}}}"))


def power_of_ten(node: Node) -> Any:
    """10^12 where a side is such a power alone, which is no more than the size of a number; None for other sides."""
    base, *scripts = (unwrapped(n) for n in node.nodes) if node.kind == "scripts" else (node,)
    exponent = printed(scripts[0]) if len(scripts) == 1 else None
    if base.kind != "number" or base.head != "10" or exponent is None or exponent[1] or exponent[0].value < 2:
        return None
    return flint.fmpq(10) ** int(exponent[0].value) if exponent[0].value < 40 else None


MOST_TERMS = 4
"""So many terms an output's size has at most: H − K + 2P + 1."""


def output_size(left: Node, target: Any, value: Valued) -> str | None:
    """What the size of an output was meant to be, with a fraction rounded down or the 1 that is missing or subtracted.

    None for what is not computed like one, from a difference, or if no such edit gives the value.
    """
    signs = [p for p in left.parts if isinstance(p, Token) and p.text in "+-"] if left.kind == "sum" else []
    if not any(t.text in ("-", "−") for t in left.tokens) or not signs or len(left.nodes) > MOST_TERMS or any(
            n.kind == "sign" for n in nodes(left)):
        return None  # 1 · 2 + 3 · (−1) is an entry
    last = left.parts[-1]
    divided = [n for n in nodes(left) if n.start >= 0 and (n.kind == "command" and n.head.endswith("frac") or (
        n.kind == "product" and any(isinstance(p, Token) and p.text == "/" for p in n.parts)))]
    try:
        for n in divided:
            low = int(value(n).p) // int(value(n).q)
            if not different(value(_read(with_edits(left, [(n.start, n.end, f"({low})")]))), target):
                return with_edits(left, [(n.start, n.start, r"\lfloor "), (n.end, n.end, r" \rfloor")]).strip()
        text = (with_edits(left, [(signs[-1].start, signs[-1].end, "+")])
                if isinstance(last, Node) and plain_text(last) == "1" else f"{str(left).strip()} + 1")
        return text.strip() if not different(value(_read(text)), target) else None
    except (SymcnnError, IndexError, ZeroDivisionError, AttributeError):
        return None


def _read(text: str) -> Node:
    """One side, read from its text."""
    return read_tree(text).nodes[0].nodes[0]


def _text(node: Node) -> str:
    return str(node).strip()


def is_quotient(node: Node) -> bool:
    """Whether a side divides, and has no difference: the size of an output is never rounded up."""
    slash = node.kind == "product" and any(isinstance(p, Token) and p.text in ("/", r"\div") for p in node.parts)
    return (slash or (node.kind == "command" and node.head.endswith("frac"))) and not any(
        t.text in ("-", "−") for t in node.tokens)


def order(known: Known, line: Line, left: Expression, right: Expression) -> Decision:
    difference = exact(right - left, known.values)
    holds = {"<": difference > 0, "≤": difference >= 0, ">": difference < 0, "≥": difference <= 0,
             "≠": difference != 0}.get(line.relation)
    if holds is None:
        return Decision(Verdict.UNDECIDED, f"the relation {line.relation} is not decided")
    reason = "" if holds else f"right − left is {show(difference)}"
    verdict = Verdict.PROVED if holds else Verdict.REFUTED
    return Decision(verdict, reason, "these numbers", procedures=("exact numbers",))


def agreement_within(value: Any, shown: Any) -> str:
    """A sentence if some value in the enclosure rounds to what is shown; empty otherwise."""
    unit = flint.fmpq(10) ** -shown.places if shown.places >= 0 else flint.fmpq(10 ** -shown.places)
    target = flint.arb(flint.fmpq(shown.digits) * unit)
    ball = flint.arb(value) if isinstance(value, flint.fmpq) else value
    if not ball.is_exact() and abs(ball - target).lower() <= flint.arb(unit / 2):
        return f"{shown} agrees with the decimals it comes from"
    return ""


def note_what_is_left_open(known: Known, line: Line) -> None:
    """The decimals of a side that was not compared with the quotient before it: they may be rounded parts of that."""
    if any(is_quotient(n) and any(t.kind == "number" for t in n.tokens) for n in nodes(line.left)):
        for found in new_decimals(line.left, line.right):
            known.rounded.setdefault(found, rounding_to(found))


def coarsely(value: Any, shown: Decimal) -> str:
    """A sentence if a whole number that ends in zeros, ≈ 1200, is the value rounded to what stands before these."""
    zeros = len(str(shown.digits)) - len(str(shown.digits).rstrip("0")) if shown.places == 0 and shown.digits else 0
    if not zeros or bool(20 * abs(value - shown.digits) > abs(shown.digits)):
        return ""
    found = agreement(value, Decimal(shown.digits // 10 ** zeros, -zeros))
    return found.detail if found.verdict is Agreement.ROUNDED else ""


def decimal_text(value: Any, shown: Any) -> str | None:
    """The value as it should be printed, with as many decimals; with more where these would say next to nothing."""
    try:
        found = rounded(value, shown.places)[0]
        for more in range(1, 5):
            closer = rounded(value, shown.places + more)[0]
            if abs(found.digits) < 20 and found.value != closer.value and isinstance(value, flint.fmpq) and (
                    Fraction(int(value.p), int(value.q)) == closer.value):
                return str(closer)
        if found.places < 0 and found.digits:
            digits = str(abs(found.digits))
            power = len(digits) - 1 - found.places
            mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
            return f"{'-' * (found.digits < 0)}{mantissa} \\cdot 10^{{{power}}}"
        return str(found)
    except SymcnnError:
        return None
