"""Following a run of the RAM: what it prints, in which exception of the source it ends, and how it goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import numpy.typing as npt

from compiler.front_ends import front_end_of
from compiler.front_ends.front_end import Ending, Reports
from compiler.front_ends.options import read_options
from compiler.machines.ram.program import ERROR_TEXT, RAISE_TEXT, RamProgram, Trap
from compiler.machines.ram.prompt import Prompt
from interpreter.engines.engine import Tokens
from interpreter.references.ram import source_line
from interpreter.traces.ram.follower import TraceFollower
from interpreter.traces.ram.listing import origin_of
from interpreter.traces.ram.live_cells import LiveCells
from interpreter.traces.reading import ProgramError


class RunFollower:
    """See `interpreter.traces.reading.Follower`.

    Memory is followed only if the rest of the run, or a report, needs it.
    """

    def __init__(self, prompt: Prompt, keep_rest: bool) -> None:
        self.prompt = prompt
        program = prompt.program
        weights = [origin.steps for origin in program.origins]
        messages = [origin.comment == ERROR_TEXT for origin in program.origins]
        raising = [origin.comment == RAISE_TEXT for origin in program.origins]
        self._front_end = front_end_of(program.format, prompt.construction) if program.format else None
        cells = LiveCells(program) if keep_rest or hasattr(self._front_end, "report") else None
        self._trace = TraceFollower(prompt.layout, prompt.numbers, weights, messages, raising, cells)

    @property
    def tokens(self) -> int:
        """See `Follower`."""
        return self._trace.tokens

    @property
    def steps(self) -> int:
        """See `Follower`."""
        return self._trace.steps

    @property
    def source_steps(self) -> int:
        """See `Follower`."""
        before = self.prompt.snapshot.source_steps if self.prompt.snapshot else 0
        return before + self._trace.source_steps

    @property
    def ended(self) -> bool:
        """See `Follower`."""
        return self._trace.ended is not None

    def feed(self, chunk: Tokens) -> str:
        """See `Follower.feed`."""
        text = self.prints(chunk)
        self.take(chunk)
        return text

    def prints(self, chunk: Tokens) -> str:
        """See `Follower.prints`."""
        return self._trace.prints(chunk)

    def take(self, chunk: Tokens) -> None:
        """See `Follower.take`."""
        self._trace.take(chunk)

    def course(self, chunk: Tokens) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """See `Follower.course`."""
        trace, size = self._trace, max(len(self.prompt.program.instructions), 1)
        added, entered = trace.tables.pc[chunk], trace.tables.frame[chunk].astype(np.int64)
        pc = trace.pc + np.cumsum(added) - added
        return np.clip(pc / size, 0, 1), trace.depth + np.cumsum(entered) - entered

    @property
    def cells_in_use(self) -> int:
        """See `Follower`."""
        return self._trace.cells.written if self._trace.cells is not None else 0

    def raised(self, exception: str, message: str) -> ProgramError:
        """See `Follower.raised`."""
        return raised_at(self.prompt.program, self._trace.pc, self._trace.calls, Trap(exception, message))

    def error(self) -> ProgramError | None:
        """See `Follower.error`; the message of an uncaught exception is part of it."""
        program, trace = self.prompt.program, self._trace
        trap = program.trap(trace.pc, trace.ended == "HALT")
        if trap is None:
            return None
        reported = origin_of(program, trace.pc).comment == ERROR_TEXT
        pc, calls = trace.raised_at if trace.raised_at and reported else (trace.pc, trace.calls)
        return raised_at(program, pc, calls, trap.said(trace.message))

    def report(self) -> str:
        """See `Follower.report`: the front end reads its source again and is given the cells."""
        if self._trace.cells is None or not hasattr(self._front_end, "report"):
            return ""
        reader, program = cast(Reports, self._front_end), self.prompt.program
        machine = reader.parse(program.source, program.filename)
        options = read_options(reader.Options, dict(program.options))
        snapshot = self._trace.snapshot()
        at = origin_of(program, snapshot.pc)
        ending = Ending(dict(snapshot.cells), at, self.source_steps, self._trace.ended == "HALT")
        return reader.report(machine, options, program.layout, ending)

    def rest(self) -> Prompt | None:
        """See `Follower.rest`: the cells that are not 0, the open calls, and the input that has not been read."""
        if self._trace.cells is None:
            return None
        snapshot = replace(self._trace.snapshot(), source_steps=self.source_steps)
        return replace(self.prompt, input_text="", snapshot=snapshot)

    between = ""
    """See `Follower.between`: the output goes on."""

    def outgrown(self) -> Prompt | None:
        """See `Follower.outgrown`."""
        return self.prompt.outgrown(self._trace.pc, self._trace.ended == "HALT")

    def shortage(self) -> str:
        """See `Follower.shortage`: a heap that is used up is an exception, `MemoryError`."""
        return ""


def raised_at(program: RamProgram, pc: int, calls: list[int], trap: Trap) -> ProgramError:
    """This exception at instruction `pc`, with the source line."""
    line = source_line(program, pc, calls)
    lines = program.source.splitlines()
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return ProgramError(trap.exception, trap.message, program.filename, line, text)
