"""Reading a trace as it grows: output, steps, program counter, open calls.

The follower decides nothing. It works on whole chunks of token numbers: what every token counts for goes through
machine code, see `scan`, and what few tokens count for, those that print, is looked for with NumPy. So following costs
little beside the fastest engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import zip_longest
from math import log2

import numpy as np
import numpy.typing as npt

from compiler.machines.integers import are_short, decimal
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.prompt import Snapshot
from compiler.machines.ram.vocabulary import ENDS, JUMPS, STOPS, Family, vocabulary, write_families
from interpreter.engines.engine import Tokens
from interpreter.references.ram import character
from interpreter.traces.ram import scan_code as code
from interpreter.traces.ram.live_cells import LiveCells, number
from interpreter.traces.ram.scan import loaded
from interpreter.traces.ram.scan_code import Word

_PRINTING = frozenset({Family.INT, Family.CHAR})
"""The last families of the vocabulary."""

_character = lru_cache(character)


@dataclass(frozen=True)
class TokenTables:
    """Per token number: what it adds to pc and frame, whether it ends an instruction or a run, its value and flag.

    Attributes:
        rows: the first three as `scan` has them, and a token after the last that does nothing.
        groups: numbers of the first token `D`, and of the first after all of them; printing: likewise of those that
            print an integer or a character, of which characters begin at `characters`.
    """

    pc: npt.NDArray[np.int64]
    frame: npt.NDArray[np.int8]
    ends: npt.NDArray[np.bool_]
    value: npt.NDArray[np.int64]
    flag: npt.NDArray[np.int8]
    rows: npt.NDArray[np.int64]
    groups: tuple[int, int]
    printing: int
    characters: int


@cache
def tables(layout: Layout) -> TokenTables:
    """The tables of a layout; the same object each time, since they depend on nothing else."""
    tokens = vocabulary(layout)
    families = tokens.families.values()

    def spread(values: list[int]) -> npt.NDArray[np.int64]:
        return np.repeat(np.array(values, dtype=np.int64), [f.size for f in families])

    value = np.concatenate([np.repeat(np.arange(f.low, f.high), f.flags) for f in families])
    flag = np.concatenate([np.arange(f.size) % f.flags for f in families])
    ends = spread([f.family in ENDS for f in families])
    jumps = spread([f.family in JUMPS for f in families])
    far = spread([f.family == Family.F for f in families])
    pc = ends * (1 - jumps) + jumps * value + far * value * layout.base
    ends |= spread([f.family in STOPS for f in families])
    frame = spread([{Family.CALL: 1, Family.RET: -1}.get(f.family, 0) for f in families])
    bits: dict[int, tuple[Family, ...]]
    bits = {code.GROUP: (Family.D, Family.L), code.WRITES: (Family.L, Family.T), code.FRAME: (Family.CALL, Family.RET)}
    bits |= {code.CALL: (Family.CALL,), code.ADDRESS: (Family.FRAME, *write_families(layout.groups))}
    marks = spread([sum(bit for bit, marked in bits.items() if f.family in marked) for f in families])
    rows = pc << code.TOKEN_BITS | ends * code.ENDS | marks
    assert [f.family in _PRINTING for f in families] == [False] * (len(families) - 2) + [True] * 2
    return TokenTables(
        pc=pc,
        frame=frame.astype(np.int8),
        ends=ends.astype(bool),
        value=value,
        flag=flag.astype(np.int8),
        rows=np.append(rows, 0),
        groups=(tokens.first[Family.D], tokens.first[Family.D] + tokens.families[Family.D].size),
        printing=tokens.first[Family.INT],
        characters=tokens.first[Family.CHAR],
    )


class TraceFollower:
    """Feed it the prompt, then the trace.

    Attributes: tokens: tokens of the trace so far; last: number of the last token; message: what instructions have
    printed that print a part of an error's message.
    """

    def __init__(
        self,
        layout: Layout,
        prompt: Tokens,
        weights: Sequence[int] = (),
        messages: Sequence[bool] = (),
        raising: Sequence[bool] = (),
        cells: LiveCells | None = None,
    ) -> None:
        """weights[k]: how many steps of a source machine instruction k is; see `Origin.steps`.

        messages[k]: whether instruction k prints a part of an error's message; see `ERROR_TEXT`. raising[k]: whether
        it raises an exception; see `RAISE_TEXT`. cells: is told what is written, from now on.
        """
        self.base = layout.base
        self.tables = tables(layout)
        self._halting = {vocabulary(layout).first[family]: family for family in STOPS}
        self._state = np.zeros(len(Word), dtype=np.int64)
        self._calls = self._raised_calls = np.zeros(0, dtype=np.int64)
        rows = self.tables.rows
        self._state[Word.TOKENS], self._state[Word.VOCABULARY] = rows.ctypes.data, len(rows) - 1
        self._follow([])
        self.cells = cells
        if cells is not None:
            cells.follow(self._state)
            self._follow([0] * cells.instructions)
        self._scan(prompt)
        # What came before the prompt is not counted again.
        self._state[[Word.STEPS, Word.WEIGHT]] = 0
        self._state[Word.INSTRUCTION] = self.pc
        self._state[Word.RAISED] = -1
        if any(weights) or any(raising):
            does = [w << 1 | r * code.RAISES for w, r in zip_longest(weights, raising, fillvalue=0)]
            assert cells is None or len(does) == cells.instructions
            self._follow(does)
        self._messages = np.array([*messages, False]) if any(messages) else None
        self.tokens = 0
        self.last = int(prompt[-1])
        self.message = ""
        self._groups = prompt[:0]
        """The D tokens at the end, of a number that is not whole yet."""

    @property
    def pc(self) -> int:
        """What all tokens so far add to the program counter."""
        return int(self._state[Word.PC])

    @property
    def steps(self) -> int:
        """Instructions of the trace that have ended."""
        return int(self._state[Word.STEPS])

    @property
    def source_steps(self) -> int:
        """The sum of their weights."""
        return int(self._state[Word.WEIGHT])

    @property
    def depth(self) -> int:
        """How many frames are open besides the first."""
        return int(self._state[Word.DEPTH])

    @property
    def calls(self) -> list[int]:
        """Numbers of the CALLs whose frames are open."""
        calls: list[int] = self._calls[: self.depth].tolist()
        return calls

    @property
    def raised_at(self) -> tuple[int, list[int]] | None:
        """The instruction that raised the last exception, and the CALLs that were open there."""
        instruction, depth = int(self._state[Word.RAISED]), int(self._state[Word.RAISED_DEPTH])
        return None if instruction < 0 else (instruction, self._raised_calls[:depth].tolist())

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
        self._scan(chunk)
        self.tokens += len(chunk)
        self.last = int(chunk[-1])
        self._groups = self._groups_at_end(chunk)

    def _follow(self, instructions: list[int]) -> None:
        """Has the scan look at what instructions these are."""
        self._program = np.array([*instructions, 0], dtype=np.int64)
        self._state[Word.PROGRAM], self._state[Word.INSTRUCTIONS] = self._program.ctypes.data, len(instructions)

    def _scan(self, chunk: Tokens) -> None:
        """Adds up what the tokens count for, and keeps the open calls, each with the number of its instruction."""
        state, cells, functions = self._state, self.cells, loaded()
        deepest = self.depth + len(chunk)
        if deepest > len(self._calls):
            # The system gives memory only where it is written.
            self._calls, self._raised_calls = (_longer(c, 2 * deepest) for c in (self._calls, self._raised_calls))
            state[Word.CALLS], state[Word.RAISED_CALLS] = self._calls.ctypes.data, self._raised_calls.ctypes.data
        if cells is not None:
            cells.make_room(len(chunk))
        tokens = np.ascontiguousarray(chunk, dtype=np.int32)
        function = functions.scan_closely if len(self._program) > 1 else functions.scan
        done, count = 0, len(tokens)
        while done < count:
            done += function(state.ctypes.data, tokens.ctypes.data + done * tokens.itemsize, count - done)
            if cells is not None and state[Word.TOO_LONG]:
                cells.take_long(int(self.tables.flag[tokens[done - 1]]))

    def snapshot(self) -> Snapshot:
        """The state after the last whole instruction; cells that hold 0 are left out, and all if they are not kept."""
        cells = self.cells.cells() if self.cells else ()
        return Snapshot(cells, tuple(self.calls), int(self._state[Word.INSTRUCTION]))

    def _printed(self, chunk: Tokens, message: bool) -> str:
        """What the next tokens print as a part of an error's message, or otherwise."""
        tables = self.tables
        printing = np.flatnonzero(chunk >= tables.printing)
        if not len(printing):
            return ""
        if self._messages is not None:
            printing = printing[self._is_marked(chunk, printing, self._messages) == message]
        numbers, integers = self._numbers(chunk, printing), (chunk[printing] < tables.characters).tolist()
        text = str if are_short(numbers) else decimal
        return "".join([text(n) if i else _character(n, self.base) for n, i in zip(numbers, integers)])

    def _numbers(self, chunk: Tokens, ends: npt.NDArray[np.intp]) -> list[int]:
        """The numbers whose last groups these tokens are."""
        value, base = self.tables.value, self.base
        # Before all groups there is a token that is none.
        tokens = np.concatenate([np.zeros(1, dtype=chunk.dtype), self._groups, chunk])
        last = at = ends + 1 + len(self._groups)
        numbers, signs = value[tokens[last]], self.tables.flag[tokens[last]]
        # As many groups as an int64 has room for; most numbers have one.
        for _ in range(1, int(62 / log2(base))):
            more = self._is_group(tokens[at - 1])
            if not more.any():
                break
            at = at - more
            numbers = np.where(more, numbers * base + value[tokens[at]], numbers)
        found: list[int] = (numbers - signs * base ** (last - at + 1)).tolist()
        longer = np.flatnonzero(self._is_group(tokens[at - 1]))
        if len(longer):
            others = np.flatnonzero(~self._is_group(tokens))
            begins = others[np.searchsorted(others, last[longer]) - 1] + 1
            for i, begin, end in zip(longer.tolist(), begins.tolist(), last[longer].tolist()):
                found[i] = number(value[tokens[begin : end + 1]].tolist(), int(signs[i]), base)
        return found

    def _is_group(self, tokens: Tokens) -> npt.NDArray[np.bool_]:
        """Whether these are groups of a value with more to come."""
        low, high = self.tables.groups
        return (tokens >= low) & (tokens < high)

    def _is_marked(
        self, chunk: Tokens, ends: npt.NDArray[np.intp], marks: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """For each of these tokens that end an instruction which goes on to the next, whether that is marked."""
        added = self.tables.pc.take(chunk[: ends[-1] + 1])
        after = np.add.reduceat(added, np.concatenate([[0], ends[:-1] + 1]))
        instruction = self.pc + np.cumsum(after) - 1
        return marks[np.where((instruction >= 0) & (instruction < len(marks)), instruction, -1)]

    def _groups_at_end(self, chunk: Tokens) -> Tokens:
        """The D tokens at its end, those at the end of the last chunk included if it has no others."""
        if not self._is_group(chunk[-1:])[0]:
            return chunk[:0]
        others = np.flatnonzero(~self._is_group(chunk))
        return chunk[others[-1] + 1 :] if len(others) else np.concatenate([self._groups, chunk])


def _longer(array: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    longer = np.empty(size, dtype=np.int64)
    longer[: len(array)] = array
    return longer
