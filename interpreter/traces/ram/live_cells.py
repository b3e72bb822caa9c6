"""Reading the memory of a run off its trace, so that the run can go on from a snapshot.

Nothing is computed here: a cell holds what the trace says was written to it. Whole chunks are read with
NumPy; of the writes in a chunk only the last to each cell is looked at more closely.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from compiler.machines.ram.prompt import Prompt, Snapshot
from compiler.machines.ram.values import Cell
from compiler.machines.ram.vocabulary import ENDS, Family, vocabulary
from interpreter.engines.engine import Tokens
from interpreter.traces.ram.follower import TraceFollower

_OTHER, _GROUP, _LAST, _TRIMMED, _ADDRESS = range(5)
_KINDS = {Family.D: _GROUP, Family.L: _LAST, Family.T: _TRIMMED, Family.A0: _ADDRESS}


class LiveCells:
    """Feed it a prompt's trace in chunks; `snapshot()` is the state after the last whole instruction.

    Memory grows with the cells written, not with the trace.
    """

    def __init__(self, prompt: Prompt) -> None:
        self.layout = prompt.layout
        tokens = vocabulary(prompt.layout)
        families = tokens.families.values()
        sizes = [f.size for f in families]
        self._kind = np.repeat([_KINDS.get(f.family, _OTHER) for f in families], sizes)
        self._ends = np.repeat([f.family in ENDS for f in families], sizes)
        frames = tokens.first[Family.FRAME]
        self._frame_family = frames, frames + tokens.families[Family.FRAME].size
        self._target = np.array([i.z for i in prompt.program.instructions], dtype=np.int64)
        self._values: dict[Cell, int] = {}
        # The program text writes nothing; after it comes the jump that begins the data.
        text = 1 + 4 * len(prompt.program.instructions)
        self._state = TraceFollower(prompt.layout, prompt.numbers[: text + 1])
        self._rest = prompt.numbers[:0]
        self.feed(prompt.numbers[text + 1 :])

    def feed(self, chunk: Tokens) -> None:
        """Takes the next tokens of the trace; those of an instruction that has not ended wait for the rest."""
        tokens = np.concatenate([self._rest, chunk])
        ends = np.flatnonzero(self._ends[tokens])
        if len(ends) == 0:
            self._rest = tokens
            return
        whole = tokens[: ends[-1] + 1]
        self._rest = tokens[ends[-1] + 1 :]
        self._enter(whole, ends)
        self._state.feed(whole)

    @property
    def written(self) -> int:
        """How many cells have been written so far."""
        return len(self._values)

    def snapshot(self) -> Snapshot:
        """The state after the last whole instruction; cells that hold 0 are left out."""
        cells = tuple((cell, value) for cell, value in self._values.items() if value)
        return Snapshot(cells, tuple(self._state.calls), self._state.pc)

    def _enter(self, tokens: Tokens, ends: npt.NDArray[np.int64]) -> None:
        """Takes the writes of these whole instructions, the last to each cell only."""
        tables = self._state.tables
        starts = np.concatenate([[0], ends[:-1] + 1])
        written = self._kind[tokens[ends]]
        writes = (written == _LAST) | (written == _TRIMMED)
        added = np.cumsum(tables.pc[tokens])
        before = self._state.pc + np.where(starts > 0, added[starts - 1], 0)
        frames = 1 + len(self._state.calls) + np.cumsum(tables.frame[tokens], dtype=np.int64)
        stored = self._kind[tokens[starts]] == _ADDRESS

        names = np.zeros((len(ends), self.layout.groups), dtype=np.int64)
        direct = writes & ~stored
        names[direct, 0], names[direct, -1] = self._direct(self._target[before[direct]], frames[ends[direct]])
        for i in range(self.layout.groups):
            group = tokens[starts[stored] + i]
            sign = -1 if i == self.layout.groups - 1 else 1
            framed = (group >= self._frame_family[0]) & (group < self._frame_family[1])
            names[stored, i] = tables.value[group] * np.where(framed, 1, sign)

        chosen = np.flatnonzero(writes)[::-1]
        _, first = np.unique(names[chosen], axis=0, return_index=True)
        for k in chosen[first]:
            cell = tuple(int(c) for c in names[k])
            self._values[cell] = self._value(tokens[starts[k] : ends[k] + 1])

    def _direct(
        self, operand: npt.NDArray[np.int64], frame: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Slot and frame of the cells that operands name; see `semantics.Ram.cell`."""
        layout = self.layout
        following = operand >= layout.first_next
        slot = operand - (layout.first_next - layout.first_local) * following
        return slot, np.where(operand < layout.first_local, 0, frame + following)

    def _value(self, tokens: Tokens) -> int:
        """The integer that the tokens of one instruction write."""
        base, tables = self.layout.base, self._state.tables
        kinds, values = self._kind[tokens], tables.value[tokens]
        groups = [int(v) for v in values[kinds == _GROUP]]
        if kinds[-1] == _LAST:
            groups.append(int(values[-1]))
        value = 0
        for group in reversed(groups):
            value = value * base + group
        # After a T the groups above the repeated one are all sign, and say nothing more than the sign does.
        return value - int(tables.flag[tokens[-1]]) * int(base ** len(groups))
