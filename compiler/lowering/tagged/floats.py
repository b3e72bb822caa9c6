"""Floats of a program as the integers that stand for them: see `library/tagged/floats.txt`."""

from __future__ import annotations

import ast
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


def shows_root(e: ast.AST) -> bool:
    """Whether it is a power whose exponent looks like a fraction other than 0.5.

    What can take such a root is in these programs only.
    """
    match e:
        case ast.BinOp(op=ast.Pow(), right=exponent):
            pass
        case ast.Call(func=ast.Name(id="pow") | ast.Attribute(attr="pow"), args=[_, exponent]):
            pass
        case _:
            return False
    if isinstance(exponent, ast.Constant) and exponent.value == 0.5:
        return False
    return any(
        isinstance(part, ast.Div) or isinstance(part, ast.Constant) and isinstance(part.value, float)
        for part in ast.walk(exponent)
    )
