"""Queues as text: symbols with white space between them or, where all have two characters, run together: `aBgJ`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from compiler.machines.codec import TextError, Words
from compiler.machines.lag.vocabulary import Token, Vocabulary


class LagCodec:
    """See `compiler.machines.codec.Codec`. A token `x+` is written as it is, so that a run that was cut can go on."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._words = Words[Token](vocabulary)
        self._pairs = all(len(token.symbol) == 2 for token in vocabulary if token.symbol)

    def tokens(self, text: str, filename: str = "<prompt>") -> list[Token]:
        """See `Codec.tokens`."""
        if self._pairs:
            # The text keeps its columns but for the blanks, of which a message shows as many as there are.
            text = re.sub(r"(?:\S\S){2,}(?!\S)", lambda run: " ".join(re.findall("..", run[0])), text)
        tokens = self._words.tokens(text, filename)
        if len(tokens) < 2:
            raise TextError("a queue has at least two symbols", "write two symbols, as in `a b`", filename)
        return tokens

    def text(self, tokens: Iterable[Token]) -> str:
        """See `Codec.text`."""
        return self._words.text(tokens)
