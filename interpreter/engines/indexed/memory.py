"""Where the generated code keeps its state: one array of 8-byte words, and tables that the words point to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from interpreter.engines.indexed.values import pattern

Small = Annotated[int, Meta(ge=0, le=2**20)]
"""A number of words, coordinates or values; generated code has some hundreds."""

POSITION, STATUS, FULL, PROMPT = range(4)
"""Words with a fixed meaning: the next position, why the code returned, whether a table is to grow, and how
many positions the prompt has."""

RETURNED, HALTED, GROW, FAILED = range(4)
"""Values of STATUS: all steps done, a halting token emitted, a table is full, check STATUS - FAILED failed."""

WINDOW = 2**20
"""How many of the latest positions (a power of two), besides the prompt's, are kept for heads that ask for
a position by its number: memory must not grow with the trace."""


@dataclass(frozen=True)
class Table:
    """A hash table: rows of `coordinates` keys and then values, 2**log_row words each.

    word: the first of five words: address, shift, mask, number of rows in use, number at which to grow.
    """

    word: Small
    coordinates: Small
    log_row: Annotated[int, Meta(ge=0, le=20)]

    ADDRESS, SHIFT, MASK, COUNT, LIMIT = range(5)


@dataclass(frozen=True)
class History:
    """Values kept by position: a word with the address of an array of (positions, size) words."""

    word: Small
    size: Small


@dataclass
class Memory:
    """The words so far; `initial[i]` is word i at the start, as an unsigned integer."""

    initial: list[Annotated[int, Meta(ge=0)]] = field(default_factory=lambda: [0] * 8)
    tables: list[Table] = field(default_factory=list)
    histories: list[History] = field(default_factory=list)

    def allocate(self, size: int, initial: int = 0, aligned: bool = False) -> int:
        """The first of `size` new words; `aligned`: none of them shares a cache line with others."""
        if aligned:
            self.initial += [0] * (-len(self.initial) % 8)
        self.initial += [initial] * size
        return len(self.initial) - size

    def numbers(self, values: Iterable[float]) -> int:
        """The first of new words that hold these numbers from the start."""
        place = len(self.initial)
        self.initial += [pattern(x) for x in values]
        return place

    def table(self, coordinates: int, values: int) -> Table:
        """Room for a hash table of a head with so many coordinates in its key, and values to copy."""
        table = Table(self.allocate(5, aligned=True), coordinates, (coordinates + values - 1).bit_length())
        self.tables.append(table)
        return table

    def history(self, size: int) -> History:
        """Room for values that are kept by position; size: words for each."""
        history = History(self.allocate(1), size)
        self.histories.append(history)
        return history
