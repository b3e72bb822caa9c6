"""What every generator of programs draws with: choices that shrink to the simplest one, and fresh names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

from hypothesis import strategies as st

Option = TypeVar("Option")


@cache
def _integers(low: int, high: int) -> st.SearchStrategy[int]:
    """Made once: a program asks for hundreds, and making a strategy takes longer than drawing from it."""
    return st.integers(low, high)


class Drawing:
    """draw: Hypothesis's function for a test case."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self._names = 0

    def fresh(self, prefix: str) -> str:
        """A name that the program does not have yet, beginning with `prefix`."""
        self._names += 1
        return f"{prefix}{self._names}"

    def choose(self, *options: Callable[[], Option]) -> Option:
        """One of the options; the first is the simplest."""
        return self.pick(options)()

    def pick(self, options: Sequence[Option]) -> Option:
        """One of these; the first is the simplest."""
        return options[self.between(0, len(options) - 1)] if len(options) > 1 else options[0]

    def between(self, low: int, high: int) -> int:
        """An integer from low to high, both included; shrinks to the one nearest to 0."""
        return self.draw(_integers(low, high))

    def chance(self, percent: int) -> bool:
        """True in so many of 100 cases; shrinks to False."""
        return self.between(0, 99) >= 100 - percent
