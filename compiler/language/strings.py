"""String literals: prefixes, quotes, escapes, and the fields of f-strings, as in Python 3.11."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from compiler.language.literals import STRING, LiteralError, unescaped

_NAMED = re.compile(r"\\N\{[^}]*\}")
_PREFIXES = ("", "r", "u", "f", "fr", "rf")
_OPENING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Field:
    """`{text}` in an f-string; `offset` is where `text` begins in the literal."""

    text: str
    offset: int


def read_string(literal: str) -> list[str | Field]:
    """The parts of one string literal, quotes and prefix included; only an f-string has fields.

    Raises LiteralError.
    """
    matched = STRING.fullmatch(literal)
    if matched is None:
        raise LiteralError("this is not a string literal")
    prefix, body, start = matched[1].lower(), matched[3], matched.start(3)
    if "b" in prefix:
        raise LiteralError("there are no bytes in the language", "write a string, or a list of integers")
    if prefix not in _PREFIXES:
        raise LiteralError(f"`{matched[1]}` is not a prefix of a string", "prefixes are `f`, `r` and `rf`")
    raw = "r" in prefix
    if "f" not in prefix:
        return [_unescape(body, start, raw)]
    return list(_parts(body, start, raw))


def _parts(body: str, start: int, raw: bool) -> Iterator[str | Field]:
    text_start = position = 0
    while position < len(body):
        character = body[position]
        if character == "\\" and not raw:
            named = _NAMED.match(body, position)
            position = named.end() if named else position + (1 if body[position + 1 : position + 2] in "{}" else 2)
        elif character in "{}" and body[position + 1 : position + 2] == character:
            yield _unescape(body[text_start : position + 1], start + text_start, raw)
            text_start = position = position + 2
        elif character == "}":
            raise LiteralError("a single `}` in an f-string", "write `}}` for a brace", start + position)
        elif character == "{":
            yield _unescape(body[text_start:position], start + text_start, raw)
            end = _field_end(body, position + 1, start)
            yield Field(body[position + 1 : end], start + position + 1)
            text_start = position = end + 1
        else:
            position += 1
    yield _unescape(body[text_start:], start + text_start, raw)


def _field_end(body: str, begin: int, start: int) -> int:
    """The index in `body` of the `}` that ends the field whose expression begins at `begin`."""
    closing: list[str] = []
    position = begin
    while position < len(body):
        character = body[position]
        if character == "\\":
            raise LiteralError(
                "a backslash inside the braces of an f-string", "assign the value to a variable first", start + position
            )
        if character == "#":
            raise LiteralError(
                "a `#` inside the braces of an f-string", "assign the value to a variable first", start + position
            )
        if character in "'\"":
            position = _quoted_end(body, position, start)
            continue
        if character in _OPENING:
            closing.append(_OPENING[character])
        elif closing and character == closing[-1]:
            closing.pop()
        elif character in ")]" or (character == "}" and closing):
            raise LiteralError(f"this `{character}` does not fit", "check the brackets", start + position)
        elif character == "}":
            if not body[begin:position].strip():
                raise LiteralError("empty braces in an f-string", "put a value between the braces", start + position)
            return position
        elif not closing:
            _refuse_specification(body, position, start)
            if body[position : position + 2] in ("==", "!=", "<=", ">="):
                position += 1
        position += 1
    raise LiteralError("a `{` without its `}` in an f-string", "close it, or write `{{` for a brace", start + begin - 1)


def _refuse_specification(body: str, position: int, start: int) -> None:
    character, pair = body[position], body[position : position + 2]
    if character == ":":
        raise LiteralError(
            "format specifications are not in the language",
            "pad the text by hand, for instance in a function",
            start + position,
        )
    if character == "!" and pair != "!=":
        raise LiteralError("conversions such as `!r` are not in the language", "leave it out", start + position)
    if character == "=" and pair != "==":
        raise LiteralError("`{x=}` is not in the language", "write the name as text: `x={x}`", start + position)


def _quoted_end(body: str, position: int, start: int) -> int:
    """The index after the string literal that begins at `position` inside a field."""
    quote = body[position] * 3 if body[position : position + 3] == body[position] * 3 else body[position]
    end = body.find(quote, position + len(quote))
    if end < 0:
        raise LiteralError("a string inside the braces of an f-string is not closed", "close it", start + position)
    inside = body[position:end]
    if "\\" in inside:
        raise LiteralError(
            "a backslash inside the braces of an f-string", "assign the value to a variable first", start + position
        )
    return end + len(quote)


def _unescape(text: str, offset: int, raw: bool) -> str:
    result = text if raw else unescaped(text, offset)
    if any("\ud800" <= character <= "\udfff" for character in result):
        raise LiteralError("a surrogate is not a character", "write the character itself", offset)
    return result
