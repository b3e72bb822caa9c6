"""Floats of a program as the integers that stand for them: see `library/tagged/floats.txt`."""

from __future__ import annotations

import math

_LOWEST = -1074
_SMALLEST_BASE = 100


def encoded(value: float, base: int) -> int | None:
    """The payload of a float; None if the base is too small for it."""
    if base < _SMALLEST_BASE:
        return None
    if math.isnan(value):
        return 3004
    if math.isinf(value):
        return 3002 if value > 0 else 3003
    if value == 0:
        return 0 if math.copysign(1, value) > 0 else 3001
    fraction, exponent = math.frexp(abs(value))
    mantissa, exponent = int(fraction * 2**53), exponent - 53
    if exponent < _LOWEST:
        mantissa, exponent = mantissa >> (_LOWEST - exponent), _LOWEST
    return (mantissa if value > 0 else -mantissa) * base**2 + exponent - _LOWEST
