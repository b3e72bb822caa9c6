"""The state of a run as Python reads it: the words, and the rows of the hash tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from interpreter.engines.indexed.memory import Table
from interpreter.engines.indexed.probe import hash_of
from interpreter.engines.indexed.values import MAGIC, pattern

Words = npt.NDArray[np.uint64]

_USUAL = 0.8
"""A value that so many rows have is taken to be what a row has."""
_FEWEST = 4
"""Rows: fewer do not say what is usual."""


class Live:
    """A view of the memory of a run, which must not go on meanwhile."""

    def __init__(self, words: Words, tables: Sequence[Table], rows: Sequence[Words]) -> None:
        self.words = words
        self.numbers: npt.NDArray[np.float64] = words.view(np.float64)
        self.tables, self.rows = tables, rows
        self._columns: dict[tuple[int, int], set[float]] = {}

    def find(self, table: int, key: Sequence[float]) -> list[float] | None:
        """The words after the key of the row with this key, as numbers."""
        described, rows = self.tables[table], self.rows[table]
        bits = [pattern(MAGIC + k) for k in key]
        shift, mask = (int(self.words[described.word + i]) for i in (Table.SHIFT, Table.MASK))
        number = hash_of(bits) >> shift
        size = 1 << described.log_row
        while True:
            row = rows[number * size : (number + 1) * size]
            stored = [int(w) for w in row[: len(bits)]]
            if stored[0] == 0:
                return None
            if stored == bits:
                return [float(x) for x in row[len(bits) :].view(np.float64)]
            number = (number + 1) & mask

    def is_usual(self, table: int, word: int, value: float) -> bool:
        """Whether hardly any row in use has another value in a word after the key, of the few that there are."""
        known = self._columns.get((table, word))
        if known is None:
            described = self.tables[table]
            grid = self.rows[table].reshape(-1, 1 << described.log_row)
            used = grid[grid[:, 0] != 0]
            numbers = np.ascontiguousarray(used[:, described.coordinates + word]).view(np.float64)
            values, counts = np.unique(numbers, return_counts=True)
            few = len(numbers) >= _FEWEST and len(values) <= 1 + len(numbers) // 8
            known = {float(v) for v, n in zip(values, counts) if few and n >= _USUAL * len(numbers)}
            self._columns[table, word] = known
        return value in known
