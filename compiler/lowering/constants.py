"""Values that are known at compile time."""

from __future__ import annotations

from compiler.language.syntax import Binary, BooleanLiteral, Expression, IntegerLiteral, Unary

_LARGEST_FOLDED = 10**60
"""Constants are computed at compile time up to here: beyond, they would only make the prompt longer."""


def constant_value(e: Expression) -> int | None:
    """The value of an expression of literals, None if it is not one, or would fail, or is very large."""
    match e:
        case IntegerLiteral(value=value):
            return value
        case BooleanLiteral(value=value):
            return int(value)
        case Unary(operator="-" | "+" | "~" as operator, operand=operand):
            x = constant_value(operand)
            return None if x is None else {"-": -x, "+": x, "~": ~x}[operator]
        case Binary(operator=operator, left=left, right=right):
            x, y = constant_value(left), constant_value(right)
            return None if x is None or y is None else _fold(operator, x, y)
        case _:
            return None


def is_beyond(known: int | None) -> bool:
    """Whether a constant is larger than CPython's indices are; None: it is no constant."""
    return known is not None and not -(2**63) <= known < 2**63


def _fold(operator: str, x: int, y: int) -> int | None:
    match operator:
        case "+":
            value = x + y
        case "-":
            value = x - y
        case "*":
            value = x * y
        case "//" | "%" if y != 0:
            value = x // y if operator == "//" else x % y
        case "**" if 0 <= y <= 200 and abs(x) <= _LARGEST_FOLDED:
            value = x**y
        case "<<" | ">>" if 0 <= y <= 200:
            value = x << y if operator == "<<" else x >> y
        case "&":
            value = x & y
        case "|":
            value = x | y
        case "^":
            value = x ^ y
        case _:
            return None
    return value if abs(value) <= _LARGEST_FOLDED else None
