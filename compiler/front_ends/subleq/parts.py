"""What the code of both dialects needs: numbers with their places, reading and printing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from compiler.front_ends.code import print_character, put, step_done
from compiler.language.syntax import Span
from compiler.lowering.assembler import ZERO, Assembler, Label
from compiler.machines.ram.isa import Opcode

SPECIAL = -1
"""The address that reads, prints or halts. It is as well what is read at the end of the input."""


@dataclass(frozen=True)
class Number:
    """A number of the text, and where it stands there."""

    value: int
    span: Span = field(default=Span(1, 1, 1, 1), compare=False)


def stretch(first: Span, last: Span) -> Span:
    """From the first to the last, as far as they are on one line."""
    return Span(first.line, first.column, first.line, last.end_column if last.line == first.line else first.end_column)


def print_cell(
    code: Assembler, cell: int, scratch: int, integers: bool, explain: Callable[[], None] = lambda: None
) -> None:
    """Prints a cell as an integer on a line of its own, or as a character; explain: see `print_character`."""
    if integers:
        code.emit(Opcode.OUTI, cell)
        step_done(code)
        put(code, "\n")
    else:
        print_character(code, cell, scratch, code.constant, explain)


@dataclass(frozen=True)
class Input:
    """The text of the input. next: the cell with the address of the next character; end: with that after the last."""

    next: int
    end: int

    def begin(self, code: Assembler, base: int) -> None:
        """Before anything is read; base: the address of the text's length, in front of its characters."""
        code.emit(Opcode.ADD, code.constant(base + 1), ZERO, self.next)
        code.emit(Opcode.LOAD, code.constant(base), ZERO, self.end)
        code.emit(Opcode.ADD, self.end, self.next, self.end)

    def read(self, code: Assembler, cell: int) -> None:
        """Takes the code of the next character into a cell."""
        some, done = Label(), Label()
        code.jump(Opcode.JLT, some, self.next, self.end)
        step_done(code)
        code.emit(Opcode.ADD, code.constant(SPECIAL), ZERO, cell)
        code.jump(Opcode.JMP, done)
        code.place(some)
        code.emit(Opcode.LOAD, self.next, ZERO, cell)
        code.emit(Opcode.ADD, self.next, code.constant(1), self.next)
        code.place(done)
