"""What the transformer sees when it writes summaries: from the beginning of the last whole summary on.

That is all that the loop around it does: where `esumm` has been written, it drops what is before the `summ` that
belongs to it. Positions are counted anew. It writes nothing and decides nothing; the summary is the transformer's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class SummaryWindow:
    """begins, ends: the numbers of `summ` and `esumm`; size: tokens that positions tell apart."""

    begins: int
    ends: int
    size: int

    def begin(self, prompt: Iterable[int]) -> SummaryContext:
        """Raises ValueError: no tokens."""
        return SummaryContext(self, prompt)


class SummaryContext:
    """The window on one trace."""

    def __init__(self, window: SummaryWindow, prompt: Iterable[int]) -> None:
        self._window = window
        self._seen = [*map(int, prompt)]
        if not self._seen:
            raise ValueError("a prompt has at least one token")

    def seen(self) -> tuple[int, ...]:
        """The tokens that the transformer sees now."""
        return tuple(self._seen)

    def append(self, token: int) -> None:
        """One more; the end of a summary is the end of all before it."""
        self._seen.append(token)
        if token == self._window.ends:
            start = len(self._seen) - 1 - self._seen[::-1].index(self._window.begins)
            del self._seen[:start]

    def kept(self) -> tuple[int, ...]:
        """What a run needs to go on."""
        return tuple(self._seen)
