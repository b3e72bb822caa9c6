"""Files from elsewhere are checked before they are used: types, ranges and sizes, by a schema (msgspec).

What passes has the shape that the code after it expects, and is of a size that it can bear. Whether it means
something (a jump within the program, a cell that the machine has) the objects made of it check themselves.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec
from msgspec import Meta

Digest = Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")]
"""A SHA-256 in hexadecimal; empty where nothing is named."""
Count = Annotated[int, Meta(ge=0, le=2**62)]
Text = Annotated[str, Meta(max_length=2**28)]
"""A source or an input: 256 million characters."""
Name = Annotated[str, Meta(max_length=4096)]

T = TypeVar("T")


class SchemaError(ValueError):
    """Not of the shape that it should have; the message says where."""


def parsed(text: str | bytes) -> Any:
    """A value of JSON.

    Raises:
        SchemaError: the text is none, is nested too deeply, or has numbers that JSON does not have, like Infinity.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise SchemaError("it is nested too deeply") from None
    except ValueError as problem:
        raise SchemaError(f"it is not JSON: {problem}") from None


def checked(value: object, schema: type[T]) -> T:
    """The value as an object of the schema, exactly: no text for a number, no 1.0 for 1.

    Raises:
        SchemaError: it does not fit.
    """
    try:
        return msgspec.convert(value, schema)
    except (msgspec.ValidationError, RecursionError) as problem:
        raise SchemaError(str(problem) or "it is nested too deeply") from None
    except UnicodeEncodeError as problem:
        raise SchemaError(f"a text has half a character, {problem.object[problem.start]!a}") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
