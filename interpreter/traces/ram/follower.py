"""Reading a trace as it grows: output, steps, program counter, open calls.

The follower decides nothing. It works on whole chunks of token numbers with NumPy, so that following costs
little beside the fastest engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from compiler.machines.integers import decimal
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.vocabulary import ENDS, JUMPS, STOPS, Family, vocabulary
from interpreter.engines.engine import Tokens
from interpreter.references.ram import character

_GROUP, _INTEGER, _CHARACTER = 1, 2, 3
_OUTPUT = {"D": _GROUP, "INT": _INTEGER, "CHAR": _CHARACTER}


@dataclass(frozen=True)
class TokenTables:
    """Per token number: what it adds to pc and frame, whether it ends an instruction or a run, its output part."""

    pc: npt.NDArray[np.int64]
    frame: npt.NDArray[np.int8]
    ends: npt.NDArray[np.bool_]
    far: npt.NDArray[np.bool_]
    output: npt.NDArray[np.int8]
    value: npt.NDArray[np.int64]
    flag: npt.NDArray[np.int8]


@cache
def tables(layout: Layout) -> TokenTables:
    """The tables of a layout; the same object each time, since they depend on nothing else."""
    families = vocabulary(layout).families.values()

    def spread(values: list[int]) -> npt.NDArray[np.int64]:
        return np.repeat(np.array(values, dtype=np.int64), [f.size for f in families])

    value = np.concatenate([np.repeat(np.arange(f.low, f.high), f.flags) for f in families])
    flag = np.concatenate([np.arange(f.size) % f.flags for f in families])
    ends = spread([f.family in ENDS for f in families]).astype(bool)
    jumps = spread([f.family in JUMPS for f in families])
    far = spread([f.family == Family.F for f in families])
    return TokenTables(
        pc=ends * (1 - jumps) + jumps * value + far * value * layout.base,
        frame=spread([{Family.CALL: 1, Family.RET: -1}.get(f.family, 0) for f in families]).astype(np.int8),
        ends=ends | spread([f.family in STOPS for f in families]).astype(bool),
        far=far.astype(bool),
        output=spread([_OUTPUT.get(f.family, 0) for f in families]).astype(np.int8),
        value=value,
        flag=flag.astype(np.int8),
    )


class TraceFollower:
    """Feed it the prompt, then the trace.

    Attributes: pc: the running sum of all tokens so far; calls: numbers of the CALLs whose frames are open;
    steps: instructions ended; source_steps: the sum of their weights; tokens: trace tokens; last: number of the
    last token.
    """

    def __init__(
        self,
        layout: Layout,
        prompt: Tokens,
        weights: Sequence[int] = (),
        messages: Sequence[bool] = (),
        raising: Sequence[bool] = (),
    ) -> None:
        """weights[k]: how many steps of a source machine instruction k is; see `Origin.steps`.

        messages[k]: whether instruction k prints a part of an error's message; see `ERROR_TEXT`. raising[k]: whether
        it raises an exception; see `RAISE_TEXT`.
        """
        self.base = layout.base
        self.tables = tables(layout)
        self._halting = {vocabulary(layout).first[family]: family for family in STOPS}
        self.pc = self.steps = self.tokens = 0
        self.calls: list[int] = []
        self.last = int(prompt[-1])
        self._groups: list[int] = []
        self._seen: tuple[Tokens, npt.NDArray[np.int64], npt.NDArray[np.int64]] | None = None
        self._far = 0
        self._jumps(prompt)
        self.source_steps = 0
        self._weights = np.array([*weights, 0], dtype=np.int64) if any(weights) else None
        self._instruction = self.pc
        self._messages = np.array([*messages, False]) if any(messages) else None
        self.message = ""
        """What such instructions have printed."""
        self._raising = np.array([*raising, False]) if any(raising) else None
        self.raised_at: tuple[int, list[int]] | None = None
        """The instruction that raised the last exception, and the CALLs that were open there."""

    @property
    def ended(self) -> str | None:
        """`HALT` or `FAULT` once the trace has come to it."""
        return self._halting.get(self.last)

    def feed(self, chunk: Tokens) -> str:
        """Takes the next tokens of the trace; returns what they print."""
        text = self.prints(chunk)
        self.take(chunk)
        return text

    def prints(self, chunk: Tokens) -> str:
        """What the next tokens of the trace print; does not take them."""
        return self._printed(chunk, message=False)

    def take(self, chunk: Tokens) -> None:
        """Takes the next tokens of the trace, where `prints` has said already what they print."""
        if self._messages is not None:
            self.message += self._printed(chunk, message=True)
        if self._weights is not None:
            self._weigh(chunk, self._weights)
        rest = chunk if self._raising is None else self._after_last_raise(chunk, self._raising)
        if len(rest):
            self._jumps(rest)
        self.steps += int(np.count_nonzero(self.tables.ends[chunk]))
        self.tokens += len(chunk)
        self.last = int(chunk[-1])
        parts = self.tables.output[chunk]
        printing = np.flatnonzero(parts > _GROUP)
        start = int(printing[-1]) + 1 if len(printing) else 0
        self._groups = self._run_of_groups(chunk, parts, start, len(chunk))

    def _sums(self, chunk: Tokens) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """What each token adds to pc, and the running sum of that: of one chunk it is asked several times."""
        if self._seen is None or self._seen[0] is not chunk:
            added = self.tables.pc[chunk]
            self._seen = chunk, added, np.cumsum(added)
        return self._seen[1:]

    def _weigh(self, chunk: Tokens, weights: npt.NDArray[np.int64]) -> None:
        """Adds up the weights of the instructions that end in the chunk."""
        reached = self.pc + self._sums(chunk)[1][self.tables.ends[chunk]]
        if len(reached):
            carried_out = np.concatenate([[self._instruction], reached[:-1]])
            inside = (carried_out >= 0) & (carried_out < len(weights))
            self.source_steps += int(weights[carried_out[inside]].sum())
            self._instruction = int(reached[-1])

    def _after_last_raise(self, chunk: Tokens, raising: npt.NDArray[np.bool_]) -> Tokens:
        """Takes the chunk up to the last instruction in it that raises an exception; the rest of it."""
        ends = np.flatnonzero(self.tables.ends[chunk])
        ends = ends[self._is_marked(chunk, ends, raising)]
        if not len(ends):
            return chunk
        after = int(ends[-1]) + 1
        self._jumps(chunk[:after])
        self.raised_at = self.pc - 1, list(self.calls)
        return chunk[after:]

    def _jumps(self, chunk: Tokens) -> None:
        """Adds up pc; keeps the open calls, each with the number of its instruction."""
        tables = self.tables
        added, total = self._sums(chunk)
        entering = tables.frame[chunk]
        events = np.flatnonzero(entering)
        if len(events):
            # pc before the event, without the far part that an F just before it has added already.
            before = self.pc + total[events] - added[events]
            fars = np.where(tables.far[chunk[events - 1]], added[events - 1], 0)
            before -= np.where(events > 0, fars, self._far)
            self._open_and_close(entering[events], before)
        self.pc += int(total[-1])
        self._far = int(added[-1]) if tables.far[chunk[-1]] else 0

    def _open_and_close(self, change: npt.NDArray[np.int8], pc: npt.NDArray[np.int64]) -> None:
        """What is left of the stack: below the lowest depth all stays, above it the last CALL of each depth."""
        depth = len(self.calls) + np.cumsum(change, dtype=np.int64)
        lowest = min(int(depth.min()), len(self.calls))
        opened = np.flatnonzero((change > 0) & (depth > lowest) & (depth <= depth[-1]))[::-1]
        levels, first = np.unique(depth[opened], return_index=True)
        del self.calls[lowest:]
        self.calls += [int(pc[opened[i]]) for i in first]

    def _printed(self, chunk: Tokens, message: bool) -> str:
        """What the next tokens print as a part of an error's message, or otherwise."""
        parts = self.tables.output[chunk]
        printing = np.flatnonzero(parts > _GROUP)
        if self._messages is not None:
            printing = printing[self._is_marked(chunk, printing, self._messages) == message]
        values, flags = (table[chunk[printing]].tolist() for table in (self.tables.value, self.tables.flag))
        # Most of what is printed is one group.
        long = (parts[printing - 1] == _GROUP) | (printing == 0)
        texts = []
        for end, part, has_more, value, flag in zip(
            printing.tolist(), parts[printing].tolist(), long.tolist(), values, flags
        ):
            groups = self._run_of_groups(chunk, parts, 0, end) if has_more else []
            number = self._number([*groups, value], flag) if groups or flag else value
            texts.append(decimal(number) if part == _INTEGER else character(number, self.base))
        return "".join(texts)

    def _is_marked(
        self, chunk: Tokens, ends: npt.NDArray[np.intp], marks: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """For each of these tokens that end an instruction which goes on to the next, whether that is marked."""
        instruction = self.pc + self._sums(chunk)[1][ends] - 1
        return marks[np.where((instruction >= 0) & (instruction < len(marks)), instruction, -1)]

    def _run_of_groups(self, chunk: Tokens, parts: npt.NDArray[np.int8], start: int, end: int) -> list[int]:
        """The values of the D tokens right in front of `end`, those at the end of the last chunk included."""
        first = end
        while first > start and parts[first - 1] == _GROUP:
            first -= 1
        before = self._groups if first == 0 else []
        return [*before, *map(int, self.tables.value[chunk[first:end]])]

    def _number(self, groups: list[int], sign: int) -> int:
        value = 0
        for group in reversed(groups):
            value = value * self.base + group
        return value - sign * int(self.base ** len(groups))
