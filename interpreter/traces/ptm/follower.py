"""Following a run of the Post-Turing machine: where it is, what it prints, and how it goes on."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from itertools import takewhile
from typing import cast

import numpy as np
import numpy.typing as npt

from compiler.front_ends import front_end_of
from compiler.front_ends.front_end import Ending, Reports
from compiler.front_ends.options import read_options
from compiler.machines.ptm.program import JUMPS, Instruction
from compiler.machines.ptm.prompt import Prompt, Snapshot, Tape
from compiler.machines.ptm.vocabulary import Token, Vocabulary
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.program import Origin
from interpreter.engines.engine import Tokens
from interpreter.traces.reading import ProgramError


class RunFollower:
    """See `interpreter.traces.reading.Follower`.

    Tapes are followed only if the rest of the run, or a report, needs them.

    pc: the number of the instruction that is next, or at which the run ended.
    """

    def __init__(self, prompt: Prompt, keep_rest: bool = False) -> None:
        self.prompt = prompt
        program, snapshot = prompt.program, prompt.snapshot
        vocabulary = Vocabulary()
        self._steps = np.array([t.steps for t in vocabulary])
        self._carried = np.array([bool(t.tape) and not t.jumps for t in vocabulary])
        self._ends = self._carried | np.array([t in (Token.NOT_TAKEN, Token.JUMP_ENDS, Token.END) for t in vocabulary])
        self._colon, self._end, self._one = map(vocabulary.number, (Token.OUTPUT, Token.END, Token.ONE))
        self.pc = 0 if snapshot is None else snapshot.pc
        self.steps = self.tokens = 0
        self.source_steps = 0 if snapshot is None else snapshot.source_steps
        self._source_steps = np.array([*(i.steps for i in program.instructions), 0])
        self.ended = False
        self._written: str | None = None
        """The output so far, once it has begun. It is printed when it is whole: a run that is cut writes it again."""
        self._unfinished = 0
        """pc now, less pc at the jump in which the trace is."""
        follows = keep_rest or bool(program.format)
        self._tapes = (TapeFollower("A"), TapeFollower("B")) if follows else ()
        trace = prompt.numbers[int(np.flatnonzero(prompt.numbers == self._end)[0]) :]
        for tape in self._tapes:
            tape.feed(trace)

    def feed(self, chunk: Tokens) -> str:
        """See `Follower.feed`."""
        text = self.prints(chunk)
        self.take(chunk)
        return text

    def take(self, chunk: Tokens) -> None:
        """See `Follower.take`."""
        self._written = self._output(chunk)
        self.tokens += len(chunk)
        self._count(chunk)
        for tape in self._tapes:
            tape.feed(chunk)
        self.ended = int(chunk[-1]) == self._end

    def _count(self, chunk: Tokens) -> None:
        steps, ends = self._steps[chunk], self._ends[chunk]
        if self.prompt.program.format:
            # Source steps begin at moves and writes, whose own step the sum has already.
            at = (self.pc + np.cumsum(steps) - 1)[self._carried[chunk]]
            self.source_steps += int(self._source_steps[at].sum())
        self.pc += int(steps.sum())
        self.steps += int(np.count_nonzero(ends))
        # What is after the last token that ends an instruction moves pc already, but is a jump not made yet.
        [finished] = np.nonzero(ends)
        after = int(steps[int(finished[-1]) + 1 :].sum()) if len(finished) else int(steps.sum())
        self._unfinished = after + (0 if len(finished) else self._unfinished)

    def prints(self, chunk: Tokens) -> str:
        """See `Follower.prints`: the bit that was written last, once the run has ended."""
        written = self._output(chunk)
        # A program that was compiled from another machine has its own report in the place of the output.
        whole = int(chunk[-1]) == self._end and not self.prompt.program.format
        return f"{written}\n" if whole and written is not None else ""

    def _output(self, chunk: Tokens) -> str | None:
        """What is written once the chunk is taken; None if the output has not begun even then."""
        if self._written is None:
            [begins] = np.nonzero(chunk == self._colon)
            if not len(begins):
                return None
            chunk = chunk[int(begins[0]) + 1 :]
        bits = chunk[chunk != self._end]
        return (self._written or "") + "".join("1" if token == self._one else "0" for token in bits)

    def course(self, chunk: Tokens) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """See `Follower.course`: there are no frames."""
        steps = self._steps[chunk]
        pc = self.pc + np.cumsum(steps) - steps
        return np.clip(pc / len(self.prompt.program.instructions), 0, 1), np.zeros(len(chunk), dtype=np.int64)

    @property
    def cells_in_use(self) -> int:
        """See `Follower`."""
        return sum(int(np.count_nonzero(tape.cells)) for tape in self._tapes)

    def raised(self, exception: str, message: str) -> ProgramError:
        """See `Follower.raised`."""
        return self._error_in(self.prompt.program.instructions[self.pc - self._unfinished], exception, message)

    def error(self) -> ProgramError | None:
        """See `Follower.error`: a run that went past its last instruction has no answer."""
        program = self.prompt.program
        if self.pc < len(program.instructions):
            return None
        last = program.instructions[-1]
        return self._error_in(last, "ProgramEnd", f"the run went past the last instruction, {last}")

    def _error_in(self, instruction: Instruction, exception: str, message: str) -> ProgramError:
        program = self.prompt.program
        lines = program.source.splitlines()
        text = lines[instruction.line - 1] if 0 < instruction.line <= len(lines) else ""
        return ProgramError(exception, message, program.filename, instruction.line, text)

    def report(self) -> str:
        """What the front end says of the end; cell i of tape A is called (0, i), and (0,) is where its head is."""
        program = self.prompt.program
        if not program.format:
            return ""
        reader = cast(Reports, front_end_of(program.format, self.prompt.construction))
        cells: dict[tuple[int, ...], int] = {}
        number_of = Vocabulary().number
        left = np.array([] if self.ended else [number_of(text) for text in self._rest_of_step()], dtype=np.int32)
        for number, tape in enumerate(self._tapes):
            now = tape.ahead(left).snapshot()
            cells |= {(number, one): 1 for one in now.ones} | {(number,): now.head}
        instruction = program.instructions[self.pc - self._unfinished]
        at = Origin(instruction.line, instruction.column, instruction.comment)
        options = read_options(reader.Options, dict(program.options))
        machine = reader.parse(program.source, program.filename)
        return reader.report(machine, options, Layout(), Ending(cells, at, self.source_steps, self.ended))

    def _rest_of_step(self) -> list[str]:
        """The moves and writes that are left of the step of the source in which a run was cut.

        They stand together, after the one with which the step is counted, and come from the same place of the source.
        """

        def place(instruction: Instruction) -> tuple[int, int, str]:
            return instruction.line, instruction.column, instruction.comment

        instructions, following = self.prompt.program.instructions, self.pc - self._unfinished
        if following == 0:
            return []
        step = place(instructions[following - 1])
        left = takewhile(
            lambda i: i.operation not in (*JUMPS, Token.HALT) and place(i) == step, instructions[following:]
        )
        return [instruction.operation for instruction in left]

    def rest(self) -> Prompt | None:
        """The prompt from the last whole instruction on; a jump that was cut begins again, and so does the output."""
        if not self._tapes:
            return None
        a, b = (tape.snapshot() for tape in self._tapes)
        snapshot = Snapshot((a, b), self.pc - self._unfinished, self.source_steps)
        return replace(self.prompt, input_text="", snapshot=snapshot)

    between = ""
    """See `Follower.between`: the output goes on."""

    def outgrown(self) -> None:
        """See `Follower.outgrown`: the tapes have no end."""

    def shortage(self) -> str:
        """See `Follower.shortage`: likewise."""
        return ""


class TapeFollower:
    """Where the head of a tape is, and its cells: `cells[origin + i]` is cell i."""

    def __init__(self, letter: str) -> None:
        own = [t if t.tape == letter else None for t in Vocabulary()]
        self._moves = np.array([t.move if t else 0 for t in own])
        self._writes = np.array([bool(t and t.writes) for t in own])
        self._bits = np.array([t.bit or 0 if t else 0 for t in own], dtype=np.int8)
        self.head = 0
        self.origin = 1024
        self.cells: npt.NDArray[np.int8] = np.zeros(2 * self.origin, dtype=np.int8)

    def feed(self, chunk: Tokens) -> None:
        """Moves the head and writes the cells as the tokens say."""
        heads = self.head + np.cumsum(self._moves[chunk])
        self.head = int(heads[-1])
        [writes] = np.nonzero(self._writes[chunk])
        if len(writes):
            written = heads[writes]
            while not -self.origin <= written.min() <= written.max() < self.origin:
                self.cells = np.pad(self.cells, self.origin)
                self.origin *= 2
            # Of several writes to a cell the last one stays.
            self.cells[self.origin + written] = self._bits[chunk[writes]]

    def ahead(self, tokens: Tokens) -> TapeFollower:
        """The tape after these tokens; this one stays as it is."""
        if not len(tokens):
            return self
        moved = copy(self)
        moved.cells = self.cells.copy()
        moved.feed(tokens)
        return moved

    def snapshot(self) -> Tape:
        """The tape as it is now: where the head is, and which cells hold 1."""
        ones = np.flatnonzero(self.cells) - self.origin
        return Tape(self.head, tuple(map(int, ones)))
