"""How long a trace may become before a mean that is 0 cannot be told from one that is 1/n: N of each format.

All positions have the same weight w, the computed 1/n; that it is rounded does not matter. Let a <= n - 1 tokens
change a counter, each by 1 or -1, and c be its value: the exact sum is c w. It is computed by a - 1 additions, a tree;
to add a 0 rounds nothing. An addition over k of the terms has a result of at most min(k, a - k) + c in size, in units
of w, since those terms and the other a - k add up to c. It rounds its result by a factor of at most 1 + u, and the
additions after it pass that on with such factors. So the sum is off by at most

    u (1 + u)^a (a a / 4 + a + c (a - 1))  w.

For the sizes: cut the tree at the addition (or leaf) at whose three sides there are at most a/2 terms each, k1 + k2 +
k3 of them. Within a side of k terms all additions have at most k, and these numbers add up to k (k + 1) / 2 at most;
three squares with that sum and bound are a a / 2 at most together. The root cuts a side in two and counts it twice:
another a/2.

The sign of (mean - w/2), which is all that the transformer uses, is right while the error is below w/2 for c = 0 and
below (c - 1/2) w for c > 0. A difference of two floating-point numbers has the right sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy

from interpreter.runs.certificate import Limit
from proofs_check.formats import FLOAT64, FORMATS, Format
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.sums import bisect

SMALLEST_EXPONENT = {"float64": -1074, "float32": -149, "bfloat16": -133, "float16": -24}
"""Of the smallest number that is not 0, by format: w/2 must be one."""
TREES = 80
"""Sums of up to so many terms are maximised over all trees, to see that the bound is one."""


def sizes(others: int, value: int) -> Fraction:
    """A bound on the sum of the |results| of all additions, in units of w."""
    return Fraction(others * others, 4) + others + value * (others - 1)


def error(fmt: Format, others: int, value: int) -> Fraction:
    """In units of w, how far the computed sum of a counter may be off: `others` tokens change it, its value is `value`.

    (1 + u)^a is at most 1 / (1 - a u). More than any value where a u reaches 1.
    """
    u = fmt.roundoff
    if others * u >= 1:
        return Fraction(others + value)
    return u / (1 - others * u) * sizes(others, value)


def holds(fmt: Format, tokens: int) -> bool:
    """Whether in traces of so many tokens every test for 0 is right; c > 1 asks for less than c = 1, see `_algebra`."""
    fits = Fraction(1, 2 * tokens) >= Fraction(2) ** SMALLEST_EXPONENT[fmt.name]
    return fits and all(2 * error(fmt, tokens - 1, value) < 1 for value in (0, 1))


def longest(fmt: Format) -> int:
    """N."""
    return bisect(lambda tokens: holds(fmt, tokens), 2**60)


def limit(fmt: Format) -> Limit:
    """N, for every program and in any order of summation: a counter may be as large as half the trace in any case."""
    tokens = longest(fmt)
    return Limit(fmt.name, tokens, tokens, tokens, 0, 0, "the smallest mean that is not 0, 1/n, against rounding")


def mean_claims() -> Iterator[Claim]:
    """That the bound is one, and how far it carries."""
    yield Claim(
        Lemma(
            "rounding of a mean",
            r"a sum of a terms $\pm w$ is computed within $u (1+u)^a (a^2/4 + a + c (a-1)) w$ of the exact $c w$, in "
            "any order of summation",
            f"the standard model of rounding; the sizes of partial sums by the argument in {__name__}, and over all "
            f"trees of up to {TREES} terms by dynamic programming; that no c > 1 asks for more than c = 1, by SymPy",
            "every IEEE format, u its unit roundoff",
        ),
        _bound,
    )
    yield Claim(
        Lemma(
            "tests for 0",
            r"up to N tokens the computed mean of a counter is above half the mean of \^ if and only if it is not 0",
            "rational arithmetic with that bound, by bisection",
            "every trace",
        ),
        _lengths,
    )


def _lengths() -> str:
    if longest(FLOAT64) < 2**20:
        raise NotProved(f"in float64 only traces of up to {longest(FLOAT64)} tokens are covered")
    return ", ".join(f"{fmt.name}: N = {longest(fmt)}" for fmt in FORMATS)


def _bound() -> str:
    for others in range(1, TREES):
        for value in (0, 1, 2):
            largest = _largest(others, value)
            if largest > sizes(others, value):
                values = {"a": str(others), "c": str(value)}
                raise Refuted(
                    Counterexample("the sizes of partial sums", values, str(sizes(others, value)), str(largest))
                )
    return _algebra()


def _largest(others: int, value: int) -> int:
    """The largest sum, over all trees, of min(k, a - k) + c over its additions: by the number of terms of a subtree."""
    best = [0, 0]
    for k in range(2, others + 1):
        below = max(best[i] + best[k - i] for i in range(1, k // 2 + 1))
        best.append(below + min(k, others - k) + value)
    return best[others]


def _algebra() -> str:
    """The sizes over c - 1/2 fall as c grows from 1 on: their derivative has coefficients below 0 in a - 1 only."""
    a, c = sympy.symbols("a c", positive=True)
    bound = a**2 / 4 + a + c * (a - 1)
    slope = sympy.numer(sympy.together(sympy.diff(bound / (c - sympy.Rational(1, 2)), c)))
    terms = sympy.Poly(sympy.expand(slope.subs(a, a + 1)), a).coeffs()
    if not all(term < 0 for term in terms):
        raise NotProved(f"the slope is {slope}")
    return "a - 1 additions, of partial sums that the other terms nearly cancel"
