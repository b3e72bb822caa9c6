"""Exact interval arithmetic: what the bounds of variables say about a polynomial, its variables taken one by one.

An end is a rational number or infinite. An interval never excludes a value that the polynomial takes; it may be wider.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from proofs_check.symbolic.polynomials import Coefficient, Monomial, Polynomial

End = Coefficient | float
"""A rational number, or `inf` or `-inf`; no other float."""
Interval = tuple[End, End]
Ends = tuple[Coefficient | None, Coefficient | None]
"""An interval as others see it: None is infinite."""
ALL: Interval = (-inf, inf)


def interval(low: Coefficient | None, high: Coefficient | None) -> Interval:
    """From ends of which None is infinite."""
    return (-inf if low is None else low, inf if high is None else high)


def ends(x: Interval) -> Ends:
    """Both ends as integers, None for one that is infinite."""
    low, high = (None if isinstance(end, float) else end for end in x)
    return low, high


def of_polynomial(polynomial: Polynomial, bounds: Mapping[str, Interval]) -> Interval:
    """All values of a polynomial whose variables keep to their bounds lie in here."""
    low: End = 0
    high: End = 0
    for m, c in polynomial.terms.items():
        a, b = of_monomial(m, bounds)
        if c < 0:
            a, b = b, a
        low, high = _sum(low, _product(c, a)), _sum(high, _product(c, b))
    return low, high


def of_monomial(m: Monomial, bounds: Mapping[str, Interval]) -> Interval:
    """The product of the powers of variables; anything where one of them is a divisor."""
    result: Interval = (1, 1)
    for name, exponent in m:
        if exponent < 0:
            return ALL
        result = times(result, power(bounds[name], exponent))
    return result


def power(x: Interval, exponent: int) -> Interval:
    """The values of `x**exponent`: an even power is not negative, whatever x is."""
    result = x
    for _ in range(exponent - 1):
        result = times(result, x)
    if exponent % 2 == 0:
        # The largest is at the end that is further from 0, the least at 0 or at the end that is nearer.
        return (0 if x[0] <= 0 <= x[1] else result[0], result[1])
    return result


def times(x: Interval, y: Interval) -> Interval:
    """The values of a product of two numbers that vary independently."""
    corners = [_product(a, b) for a in x for b in y]
    return min(corners), max(corners)


def _sum(a: End, b: End) -> End:
    """Of ends on the same side, which are never infinite in opposite directions."""
    if isinstance(a, float) or isinstance(b, float):
        return a if isinstance(a, float) else b
    return a + b


def _product(a: End, b: End) -> End:
    """0 times an infinite end is 0: the numbers that such an end stands for are finite."""
    if isinstance(a, float) or isinstance(b, float):
        if a == 0 or b == 0:
            return 0
        return inf if (a > 0) == (b > 0) else -inf
    return a * b
