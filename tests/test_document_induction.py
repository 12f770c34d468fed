"""Lines about every step of a recurrence: proved by induction, and not where anything of it is otherwise."""

import pytest

from symcnn.document.check import check
from symcnn.verdict import Verdict

GIVEN = r"""## Given

$$%s$$

$$%s$$

$$h'[s, c] = 3 g[c]$$

$$h'[u + 1, d] = f[u] \sum_{c=0}^{D-1} M'[u, d, c]\, h'[u, c]$$

$$%s$$

## Solution

$$%s$$
"""
RIGHT = (r"h[s, c] = g[c]", r"h[u + 1, d] = f[u] \sum_{c=0}^{D-1} M[u, d, c]\, h[u, c]",
         r"[s \le u]\, M'[u, d, c] = [s \le u]\, M[u, d, c]", r"h'[s + r, c] = 3 h[s + r, c]")
OTHERWISE = {
    "another start": (0, r"h[s, c] = 2 g[c]"),
    "a start further on": (0, r"h[s + 1, c] = g[c]"),
    "another factor": (1, r"h[u + 1, d] = f[u + 1] \sum_{c=0}^{D-1} M[u, d, c]\, h[u, c]"),
    "the transposed matrix": (1, r"h[u + 1, d] = f[u] \sum_{c=0}^{D-1} M[u, c, d]\, h[u, c]"),
    "matrices that agree too late": (2, r"[s + 1 \le u]\, M'[u, d, c] = [s + 1 \le u]\, M[u, d, c]"),
    "matrices that agree below": (2, r"[u \le s]\, M'[u, d, c] = [u \le s]\, M[u, d, c]"),
    "another multiple": (3, r"h'[s + r, c] = 9 h[s + r, c]"),
    "another step": (3, r"h'[s + r, c] = 3 h[s + r + 1, c]"),
}
DESCENT = r"""## Given

$$x[t + 1] = x[t] - \eta g[t] + \mu (x[t] - x[t - 1]), \qquad v[t + 1] = g[t] + \mu v[t]$$

$$y[t + 1] = y[t] - \eta v[t + 1]$$

$$x[0] = y[0], \qquad %s = 0$$

## Solution

$$\mu (x[t] - x[t - 1] + \eta v[t]) = 0$$

Hence

$$x[t] = y[t]$$
"""
MATCHING = r"\mu (x[0] - x[-1] + \eta v[0])"


def verdicts(text):
    return [f.verdict for f in check(text).findings]


def test_a_twin_stays_what_it_is():
    assert verdicts(GIVEN % RIGHT) == [Verdict.DEFINED] * 5 + [Verdict.PROVED]


@pytest.mark.parametrize(("place", "text"), OTHERWISE.values(), ids=OTHERWISE)
def test_nothing_is_proved_of_another_one(place, text):
    parts = list(RIGHT)
    parts[place] = text
    assert verdicts(GIVEN % tuple(parts))[-1] is not Verdict.PROVED


def test_two_methods_agree_where_their_starts_match():
    *given, first, second = verdicts(DESCENT % MATCHING)
    assert set(given) <= {Verdict.DEFINED}
    assert (first, second) == (Verdict.PROVED, Verdict.PROVED)


@pytest.mark.parametrize("start", [r"\mu (x[0] - x[-1] - \eta v[0])", r"x[0] - x[-1] + 2 \eta v[0]"])
def test_two_methods_with_other_starts(start):
    *given, first, second = verdicts(DESCENT % start)
    assert set(given) <= {Verdict.DEFINED}
    assert Verdict.PROVED not in (first, second)


def test_what_is_said_of_one_length_says_nothing_of_others():
    text = r"""## Given

$$h[0, c] = g[c], \qquad h[u + 1, c] = f[u]\, h[u, c]$$

$$h[r, c] - 3 g[c] = 0$$

## Solution

$$h[u, c] = 3 g[c]$$
"""
    assert verdicts(text)[-1] is not Verdict.PROVED


def test_a_start_is_no_formula_for_every_step():
    text = r"Let $$P[l, a] = w[a], \qquad P[k + 1, a] = 2 P[k, a].$$ So $$P[5, a] = w[a]$$"
    assert verdicts(text)[-1] is not Verdict.PROVED
