"""How a run ended, in the terms of the source: an exception with its line, as Python would name it."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.machines.ram.program import RamProgram, Trap
from interpreter.ram import source_line


@dataclass(frozen=True)
class ProgramError:
    """An exception that ends a run. `line` counts from 1; 0 where the program has no source lines."""

    exception: str
    message: str
    filename: str
    line: int
    line_text: str

    def render(self) -> str:
        """Like the end of a Python traceback: where, the source line, the exception."""
        where = f'  File "{self.filename or "<program>"}", line {self.line}\n' if self.line else ""
        text = f"    {self.line_text.strip()}\n" if self.line_text.strip() else ""
        message = f": {self.message}" if self.message else ""
        return f"{where}{text}{self.exception}{message}"


def error_at(program: RamProgram, pc: int, calls: list[int], halted: bool) -> ProgramError | None:
    """The error for which a run ends at instruction `pc`; None if it simply halted there."""
    trap = program.traps.get(pc)
    if trap is None:
        if halted:
            return None
        trap = Trap("SystemError", f"the machine cannot carry out instruction {pc}")
    line = source_line(program, pc, calls)
    lines = program.source.splitlines()
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return ProgramError(trap.exception, trap.message, program.filename, line, text)
