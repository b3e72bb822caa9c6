"""The sliding window: the transformer sees the last s tokens of the trace, as in standard decoding with one.

That is all that the loop around the transformer does. It drops the oldest token for each one that is decoded, whatever
they are; a cache of keys and values may be kept, for the head looks at a fixed offset and no position is used.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class SlidingWindow:
    """The last `size` tokens."""

    size: int

    def begin(self, prompt: Iterable[int]) -> SlidingContext:
        """Raises ValueError: fewer tokens than the window has."""
        return SlidingContext(self.size, prompt)


class SlidingContext:
    """The window on one trace."""

    def __init__(self, size: int, prompt: Iterable[int]) -> None:
        self._seen = deque(map(int, prompt), maxlen=size)
        if len(self._seen) < size:
            raise ValueError(f"a prompt has at least as many tokens as the window: {size}, not {len(self._seen)}")

    def seen(self) -> tuple[int, ...]:
        """The tokens that the transformer sees now."""
        return tuple(self._seen)

    def append(self, token: int) -> None:
        """The newest token; the oldest one is seen no more."""
        self._seen.append(token)
