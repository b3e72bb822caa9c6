"""What is carried from position to position, outside the compiled code: it is copied, sent, and put together here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from compiler.circuits.weights import Array
from interpreter.verification.compiled.graph import AtScan, LatestScan, MatchScan, PreviousScan, Scan, SumScan
from interpreter.verification.compiled.layout import Layout, TableLayout

Insert = Callable[[npt.NDArray[np.uint64], Array], None]
"""Enters rows into the table of a description."""
_FIRST_ROWS = 2**10


def aligned(size: int) -> Array:
    """Numbers that begin at a cache line, with anything in them."""
    room = np.empty(size + 8)
    skip = -(room.ctypes.data // 8) % 8
    return room[skip : skip + size]


class Table:
    """A hash table: see `lookups`."""

    def __init__(self, layout: TableLayout, rows: int = _FIRST_ROWS) -> None:
        self.layout = layout
        self.count = 0
        self._make(rows)

    def _make(self, rows: int) -> None:
        self.rows = rows
        self.cells = aligned(rows * self.layout.row).reshape(rows, self.layout.row)
        self.cells[:, 0] = np.nan

    @property
    def description(self) -> npt.NDArray[np.uint64]:
        """Five words, in the order that `lookups` gives them."""
        shift = 64 - (self.rows - 1).bit_length()
        return np.array([self.cells.ctypes.data, shift, self.rows - 1, self.count, self.rows // 2], dtype=np.uint64)

    @property
    def entries(self) -> Array:
        """(count, keys + values), in no order."""
        return self.cells[~np.isnan(self.cells[:, 0]), : self.layout.keys + self.layout.values]

    def insert(self, entries: Array, insert: Insert) -> None:
        """Enters rows; of equal keys, the last counts."""
        self.reserve(self.count + len(entries), insert)
        self._insert(entries, insert)

    def reserve(self, entries: int, insert: Insert) -> None:
        """Makes room for as many, and some more."""
        if 2 * entries + 2 * _FIRST_ROWS // 4 > self.rows:
            before = self.entries
            self.count = 0
            self._make(1 << (4 * max(entries, _FIRST_ROWS // 4) - 1).bit_length())
            self._insert(before, insert)

    def _insert(self, entries: Array, insert: Insert) -> None:
        if len(entries):
            description = self.description
            insert(description, np.ascontiguousarray(entries))
            self.count = int(description[3])


@dataclass
class State:
    """All that positions from `position` on need of those before, but for their tokens and what At scans keep.

    carried: numbers, see `Layout`; tables: by the number of their scan.
    """

    position: int
    carried: Array
    tables: dict[int, Table]

    @staticmethod
    def empty(scans: Sequence[Scan], layout: Layout, position: int = 0) -> State:
        """The state before a position at which nothing has been seen."""
        carried = np.zeros(layout.size)
        for scan, first in zip(scans, layout.carried):
            if isinstance(scan, LatestScan):
                carried[first] = -np.inf
        return State(position, carried, {s: Table(t) for s, t in layout.tables.items()})


@dataclass(frozen=True)
class Carried:
    """A state to be sent: what some scans carry, or what they carried on in a chunk.

    entries[s]: of the table of scan s, (n, keys + values); numbers[s]: the others.
    """

    numbers: dict[int, Array] = field(default_factory=dict)
    entries: dict[int, Array] = field(default_factory=dict)

    @staticmethod
    def of(state: State, layout: Layout, scans: Sequence[int]) -> Carried:
        """The part of a state that belongs to these scans."""
        numbers = {s: state.carried[layout.carried[s] : layout.end(s)].copy() for s in scans}
        return Carried(numbers, {s: state.tables[s].entries for s in scans if s in state.tables})

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(array.nbytes for array in (*self.numbers.values(), *self.entries.values()))


def add(
    state: State, chunk: Carried, first: bool, scans: Sequence[Scan], layout: Layout, inserts: dict[int, Insert]
) -> None:
    """See `kit.Kit.add`."""
    for s, numbers in chunk.numbers.items():
        here = state.carried[layout.carried[s] : layout.end(s)]
        match scans[s]:
            case SumScan():
                here += numbers
            case PreviousScan():
                here[:] = numbers
            case LatestScan():
                if numbers[0] >= here[0]:
                    here[:] = numbers
            case MatchScan():
                if first:
                    here[:] = numbers
                state.tables[s].insert(chunk.entries[s], inserts[s])
            case AtScan():
                pass
