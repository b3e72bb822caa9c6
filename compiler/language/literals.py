"""Numbers and strings of Python's text as values."""

from __future__ import annotations

import re
import unicodedata

STRING = re.compile(r"([A-Za-z]*)(\"{3}|'{3}|\"|')(.*)\2", re.DOTALL)
ESCAPE = re.compile(r"\\(N\{[^}]*\}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)", re.DOTALL)
_BYTES_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
_BRACES = re.compile(r"(\\N\{[^}]*\})|\{\{|\}\}")
_SINGLE = {
    "\n": "",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
MAX_DIGITS = 4300
"""Decimal digits in a literal: CPython's limit."""


class LiteralError(Exception):
    """What is wrong with a literal, a hint, the offset in it, and how many characters it is about."""

    def __init__(self, message: str, hint: str = "", offset: int = 0, length: int = 1) -> None:
        super().__init__(message, hint, offset, length)
        self.message = message
        self.hint = hint
        self.offset = offset
        self.length = length


def number(text: str) -> int | float | complex:
    """The value of a literal. Raises LiteralError."""
    digits = text.replace("_", "").lower()
    if digits[:2] in ("0x", "0o", "0b"):
        return int(digits, 0)
    if digits.endswith("j"):
        return complex(0, float(digits[:-1]))
    if not digits.isdigit():
        return float(digits)
    if digits.startswith("0") and digits.strip("0"):
        hint = "leave the zeros out, or write `0o` for octal"
        raise LiteralError("a decimal number does not begin with 0", hint, 0, len(text))
    if len(digits) > MAX_DIGITS:
        raise LiteralError(f"more than {MAX_DIGITS} digits", "write it in hexadecimal, as CPython asks", 0, len(text))
    return int(digits)


def string(literal: str, strict: bool = False) -> str | bytes:
    """The value of a literal that is no f-string, with its prefix and quotes.

    Raises LiteralError; if strict, also for a backslash that begins no escape.
    """
    matched = STRING.fullmatch(literal)
    assert matched is not None
    prefix, body = matched[1].lower(), matched[3]
    raw = "r" in prefix
    if "b" not in prefix:
        return body if raw else unescaped(body, matched.start(3), ESCAPE, strict)
    for offset, character in enumerate(body):
        if not character.isascii():
            raise LiteralError("bytes are ASCII characters and escapes", "write `\\x…`", matched.start(3) + offset)
    text = body if raw else unescaped(body, matched.start(3), _BYTES_ESCAPE, strict)
    return bytes(map(ord, text))


def text_of_fstring(text: str, raw: bool) -> str:
    """The text between the fields of an f-string, where braces are doubled. Raises LiteralError."""
    plain = _BRACES.sub(lambda found: found[1] or found[0][0], text)
    return plain if raw else unescaped(plain, 0)


def unescaped(text: str, offset: int, pattern: re.Pattern[str] = ESCAPE, strict: bool = False) -> str:
    """The text with what its escapes stand for; `offset` is where it begins in its literal.

    Raises LiteralError; if strict, also for a backslash that begins no escape.
    """

    def replace(matched: re.Match[str]) -> str:
        escape = matched[1]
        place = offset + matched.start()
        if escape in _SINGLE:
            return _SINGLE[escape]
        try:
            if escape[0] in "01234567":
                return chr(int(escape, 8) & (0xFF if pattern is _BYTES_ESCAPE else -1))
            if escape[0] in "xuU" and len(escape) > 1:
                return chr(int(escape[1:], 16))
            if escape.startswith("N{"):
                return unicodedata.lookup(escape[2:-1])
        except (KeyError, ValueError, OverflowError):
            raise LiteralError(f"there is no character `{matched[0]}`", "", place, len(matched[0])) from None
        if strict:
            raise LiteralError(f"there is no escape `{matched[0]}`", "write `\\\\` for `\\`", place, len(matched[0]))
        if escape == "x" or pattern is ESCAPE and escape in ("u", "U", "N"):
            hint = "write `\\\\` for a backslash"
            raise LiteralError(f"`{matched[0]}` begins an escape that is not complete", hint, place, len(matched[0]))
        return matched[0]

    return pattern.sub(replace, text) if "\\" in text else text
