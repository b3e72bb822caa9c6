"""The memory of a run, read off its trace, so that the run can go on from a snapshot.

Nothing is computed here: a cell holds what the trace says was written to it.
"""

from __future__ import annotations

from math import log2

import numpy as np
import numpy.typing as npt

from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.values import Cell
from compiler.machines.ram.vocabulary import RUN, Family, vocabulary
from interpreter.traces.ram.scan import loaded
from interpreter.traces.ram.scan_code import OFFSET, RELATIVE, Word

_LONG = -(2**63)
"""In the table, for a value that is kept elsewhere."""


class LiveCells:
    """What a `TraceFollower` keeps of the cells that are written; memory grows with them, not with the trace.

    The cell with the name (c, d, …, last) is number c + d B + … + last B ** (G - 1) in the table, B the base and G the
    number of address groups. A value of more groups than an int64 has room for is kept beside it.
    """

    def __init__(self, program: RamProgram) -> None:
        layout = program.layout
        self.base, self.groups, self.instructions = layout.base, layout.groups, len(program.instructions)
        self._frame = int(layout.base ** (layout.groups - 1))
        self._values = np.concatenate(
            [
                np.repeat(np.arange(f.low, f.high) * self._part(f.family), f.flags)
                + np.arange(f.size) % f.flags * (f.family in RUN)
                for f in vocabulary(layout).families.values()
            ]
            + [np.zeros(1, dtype=np.int64)]
        )
        operands = np.array([i.z for i in program.instructions], dtype=np.int64)
        following, relative = operands >= layout.first_next, operands >= layout.first_local
        # See `semantics.Ram.cell`.
        slots = operands - (layout.first_next - layout.first_local) * following + self._frame * following
        self._targets = slots << 1 | RELATIVE * relative
        self._rows = self._written = np.zeros(0, dtype=np.int64)
        self._long: dict[int, int] = {}

    def _part(self, family: Family) -> int:
        """What each 1 of the value of its tokens adds to their number in VALUES."""
        if family == Family.FRAME:
            return self._frame
        if family in (Family.A0, Family.A1, Family.A2, Family.A3):
            assert family.group is not None
            return int(self.base**family.group) * (-1 if family.group == self.groups - 1 else 1)
        return 2 * (family in RUN)

    def follow(self, state: npt.NDArray[np.int64]) -> None:
        """Has the scan of this state keep the cells."""
        self._state = state
        state[Word.VALUES], state[Word.TARGETS] = self._values.ctypes.data, self._targets.ctypes.data
        state[Word.BASE], state[Word.FRAME_SIZE], state[Word.MOST] = self.base, self._frame, int(62 / log2(self.base))

    def make_room(self, tokens: int) -> None:
        """For what so many tokens may write. The system gives memory only where it is written."""
        state = self._state
        groups = int(state[Word.FILLED]) + tokens
        if groups > len(self._written):
            self._written = np.append(self._written, np.zeros(2 * groups - len(self._written), dtype=np.int64))
            state[Word.GROUPS] = self._written.ctypes.data
        log = (2 * (self.written + tokens)).bit_length()
        if 2 << log > len(self._rows):
            old, self._rows = self._rows, np.zeros(2 << log, dtype=np.int64)
            state[Word.ROWS], state[Word.IN_USE] = self._rows.ctypes.data, 0
            state[Word.SHIFT], state[Word.MASK] = 64 - log, (1 << log) - 1
            loaded().put_all(state.ctypes.data, old.ctypes.data, len(old) // 2)

    def take_long(self, sign: int) -> None:
        """Takes a value that the scan has no room for."""
        state = self._state
        cell, count = int(state[Word.CELL]), int(state[Word.FILLED])
        self._long[cell] = number(self._written[:count].tolist(), sign, self.base)
        loaded().put(state.ctypes.data, cell, _LONG)
        state[[Word.CELL, Word.FILLED, Word.TOO_LONG]] = 0

    @property
    def written(self) -> int:
        """How many cells have been written so far."""
        return int(self._state[Word.IN_USE])

    def cells(self) -> tuple[tuple[Cell, int], ...]:
        """Those that are not 0 and their values, in the order of their numbers."""
        rows = self._rows.reshape(-1, 2)
        rows = rows[(rows[:, 0] != 0) & (rows[:, 1] != 0)]
        rows = rows[np.argsort(rows[:, 0])]
        numbers = rows[:, 0] - OFFSET
        last, below = np.divmod(numbers, self._frame)
        parts = [below // self.base**i % self.base for i in range(self.groups - 1)]
        names = zip(*(part.tolist() for part in [*parts, last]))
        values = (self._long[n] if v == _LONG else v for n, v in zip(numbers.tolist(), rows[:, 1].tolist()))
        return tuple(zip(names, values))


def number(groups: list[int], sign: int, base: int) -> int:
    """The integer with these groups, the lowest first; sign: 1 for a negative one, whose groups are its complement."""
    value = 0
    for group in reversed(groups):
        value = value * base + group
    return value - sign * int(base ** len(groups))
