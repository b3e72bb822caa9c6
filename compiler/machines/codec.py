"""Prompts and traces of a machine as text: what people write in a file, and what a run prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Generic, Protocol, TypeVar

Token = TypeVar("Token")

_SHOWN = 12
"""Tokens that a message lists."""


class PromptError(ValueError):
    """A program or input that no prompt can be written for; the message says what to change."""


class TextError(PromptError):
    """A text that is no prompt of a machine; `str()` of it is the whole message, with place and hint.

    Args:
        message: one line that says what is wrong.
        hint: what to write instead, or empty.
        filename: of the text.
        line, column: where, from 1.
        line_text: that line.
    """

    def __init__(
        self, message: str, hint: str = "", filename: str = "<prompt>", line: int = 1, column: int = 1,
        line_text: str = "",
    ) -> None:  # fmt: skip
        where = f"{filename}:{line}:{column}: error: {message}"
        shown = f"\n    {line_text}\n    {' ' * (column - 1)}^" if line_text else ""
        super().__init__(where + shown + (f"\nhint: {hint}" if hint else ""))


class Codec(Protocol[Token]):
    """How the prompts and traces of a machine are written.

    The text of two pieces of a trace, one after the other, is the text of the first, a blank, and that of the second:
    a run prints its tokens as they come.
    """

    def tokens(self, text: str, filename: str) -> Sequence[Token]:
        """The tokens of a prompt; filename: for messages.

        Raises:
            TextError: the text is none; it says where, and what to write.
        """
        ...

    def text(self, tokens: Iterable[Token]) -> str:
        """Tokens of a prompt or of a trace as text."""
        ...


class Words(Generic[Token]):
    """The codec of a machine that has none of its own: `str()` of each token, white space between them.

    Raises:
        ValueError: two tokens would be written alike, or one holds white space.
    """

    def __init__(self, vocabulary: Sequence[Token]) -> None:
        self._tokens = {str(token): token for token in vocabulary}
        if len(self._tokens) < len(vocabulary):
            words = [str(token) for token in vocabulary]
            twice = next(word for word in words if words.count(word) > 1)
            raise ValueError(f"two tokens are written {twice!r}: give the machine a codec, or the tokens other names")
        for word in self._tokens:
            if word.split() != [word]:
                raise ValueError(f"the token {word!r} holds white space: give the machine a codec")

    def tokens(self, text: str, filename: str = "<prompt>") -> list[Token]:
        """See `Codec.tokens`."""
        found = []
        for number, line in enumerate(text.split("\n"), start=1):
            for word in re.finditer(r"\S+", line):
                if word[0] not in self._tokens:
                    message = f"there is no token `{word[0]}`"
                    raise TextError(message, self._hint(word[0]), filename, number, word.start() + 1, line)
                found.append(self._tokens[word[0]])
        return found

    def text(self, tokens: Iterable[Token]) -> str:
        """See `Codec.text`."""
        return " ".join(map(str, tokens))

    def _hint(self, word: str) -> str:
        close = get_close_matches(word, self._tokens, n=1)
        more = f", and {len(self._tokens) - _SHOWN} more" if len(self._tokens) > _SHOWN else ""
        there = f"the tokens are {' '.join([*self._tokens][:_SHOWN])}{more}, with white space between them"
        return f"did you mean `{close[0]}`? {there}" if close else there
