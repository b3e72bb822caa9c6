"""Integers as text, of any length: CPython converts no more than 4,300 decimal digits, in quadratic time.

In files long integers are hexadecimal, which takes linear time both ways; short ones are decimal, for people.
"""

from __future__ import annotations

from collections.abc import Sequence

_PART = 600
"""Decimal digits that are converted at once; below every limit that CPython lets one set (640 and more)."""
_SHORT: int = 10**_PART
_DECIMAL_BITS = 1024
"""Longer integers are hexadecimal in files."""


def are_short(values: Sequence[int]) -> bool:
    """Whether `str` is `decimal` for all of them, in a third of the time."""
    return -_SHORT < min(values, default=0) and max(values, default=0) < _SHORT


def decimal(value: int) -> str:
    """`str(value)` without CPython's limit."""
    if -_SHORT < value < _SHORT:
        return str(value)
    if value < 0:
        return "-" + decimal(-value)
    powers = [_SHORT]
    while powers[-1] <= value:
        powers.append(powers[-1] ** 2)

    def digits(rest: int, level: int) -> str:
        """Of a number below `powers[level]`, with leading zeros."""
        if level == 0:
            return f"{rest:0{_PART}}"
        high, low = divmod(rest, powers[level - 1])
        return digits(high, level - 1) + digits(low, level - 1)

    return digits(value, len(powers) - 1).lstrip("0")


def integer(text: str) -> int:
    """The integer that a text of decimal digits, with or without a sign, stands for: `int(text)` without the limit.

    Raises:
        ValueError: the text is something else.
    """
    digits = text.lstrip("+-")
    if len(digits) <= _PART:
        return int(text)
    if len(text) - len(digits) > 1 or not digits.isdecimal():
        raise ValueError("not an integer in decimal digits")
    # Parts from the right, each weighing base times as much as the one before; then pairs of them, and so on.
    parts = [int(digits[max(0, end - _PART) : end]) for end in range(len(digits), 0, -_PART)]
    base = _SHORT
    while len(parts) > 1:
        parts += [0] * (len(parts) % 2)
        parts = [low + high * base for low, high in zip(parts[::2], parts[1::2])]
        base *= base
    return -parts[0] if text.startswith("-") else parts[0]


def saved_integer(value: int) -> str:
    """An integer as files have it."""
    return str(value) if value.bit_length() <= _DECIMAL_BITS else hex(value)


def opened_integer(text: str) -> int:
    """The inverse of `saved_integer`; raises ValueError for what is no integer."""
    return int(text, 16) if "x" in text[:3] else int(text)
