"""What the transformer of a Lag system sees, and what the loop around it does.

This is the *generalised autoregressive decoding* of Schuurmans, Dai, Zanini 2024: tokens are appended to the end of
the trace, and the window moves on through it, at its own pace. It is work done outside the transformer: the loop counts
steps (a token without `more` ends one) and knows where the window stands. It reads no symbol and decides no token.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from compiler.machines.lag.vocabulary import Vocabulary


class LagWindow:
    """Three places: the first two symbols of the queue, and the last token of the trace, which says whether the step
    appends another symbol."""

    size = 3

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def begin(self, prompt: Iterable[int]) -> LagContext:
        """Raises ValueError: fewer than two symbols."""
        return LagContext(self.vocabulary, prompt)


class LagContext:
    """The window on one trace. `queue` is all that is kept of it."""

    def __init__(self, vocabulary: Vocabulary, prompt: Iterable[int]) -> None:
        self._more = [token.more for token in vocabulary]
        self.queue = deque(map(int, prompt))
        if len(self.queue) < 2:
            raise ValueError("a queue has at least two symbols")

    def seen(self) -> tuple[int, ...]:
        """The tokens that the transformer sees now."""
        return self.queue[0], self.queue[1], self.queue[-1]

    def kept(self) -> tuple[int, ...]:
        """The queue."""
        return tuple(self.queue)

    def append(self, token: int) -> None:
        """The queue gains a symbol, and loses its first one at the end of a rule."""
        self.queue.append(token)
        if not self._more[token]:
            self.queue.popleft()
