"""What the operators and built-in functions of the language do to Python's own values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def power(base: int, exponent: int, modulus: int | None = None) -> int:
    """`pow`; raises ValueError where Python would give a float."""
    if modulus is None and exponent < 0:
        raise ValueError("negative exponent")
    return int(pow(base, exponent, modulus))


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": power,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
}

UNARY: dict[str, Callable[[Any], Any]] = {
    "-": lambda a: -a,
    "+": lambda a: +a,
    "~": lambda a: -int(a) - 1,
    "not": lambda a: not a,
}

COMPARISON: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}

BUILTIN: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "bool": bool,
    "chr": chr,
    "divmod": divmod,
    "int": int,
    "len": len,
    "max": max,
    "min": min,
    "ord": ord,
    "pow": power,
    "range": range,
    "str": str,
    "sum": sum,
}


def item(items: Any, index: Any) -> Any:
    """An item of a list, a character, or a slice."""
    return items[index]


def set_item(items: list[Any], index: int, value: Any) -> None:
    """`items[index] = value`, with Python's errors."""
    items[index] = value


def unpack(values: list[Any], wanted: int) -> list[Any]:
    """The values, if they are as many as wanted; raises ValueError if not, as CPython does."""
    if len(values) < wanted:
        raise ValueError(f"not enough values to unpack (expected {wanted}, got {len(values)})")
    if len(values) > wanted:
        raise ValueError(f"too many values to unpack (expected {wanted})")
    return list(values)
