"""What files of other systems put around their lines."""

from __future__ import annotations


def with_newlines(text: str) -> str:
    """The text without a byte order mark, each of its lines ended by a newline alone."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
