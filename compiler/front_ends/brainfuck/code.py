"""RAM code for brainfuck, command by command; `tape.py` knows where the cells are.

A loop like `[->+++<]` is a product, and no loop; one that only moves and counts keeps its cells in registers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from compiler.front_ends.brainfuck.tape import BYTE, Held, Tape
from compiler.front_ends.code import print_character
from compiler.front_ends.reading import Text
from compiler.language.syntax import Span
from compiler.lowering.assembler import Assembler, Label
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.program import InputArea, Origin, RamProgram, Trap

CHARACTERS = 0x110000
"""More than the code of any character."""


@dataclass(frozen=True)
class Command:
    """A run of one command.

    kind: one of `+ > . , [ ]`; amount: for `+` what is added, for `>` how far to the right, both signed, for a
    bracket the number of its partner.
    """

    kind: str
    amount: int
    span: Span


@dataclass(frozen=True)
class _Loop:
    """An open loop. offset: where its cell is; register: where its test is; still: whether the pointer stays."""

    head: Label
    end: Label
    offset: int
    register: int
    still: bool


@dataclass(frozen=True)
class _Change:
    """What a round of a loop adds to a cell; command: the number of the command that uses the cell first."""

    amount: int
    command: int


class Code:
    """Writes the program.

    The input's length is at heap address `tape.size`, its characters come after it, if the program reads any;
    `next` is the slot with the address of the next one, `end` that with the address after the last.
    """

    def __init__(
        self,
        commands: tuple[Command, ...],
        source: Text,
        wrap: int,
        zero_at_end: bool,
        both: bool,
        layout: Layout,
    ) -> None:
        """wrap: see `Tape`; both: whether the tape goes on to the left of cell 0."""
        self.commands, self.source, self.wrap, self.zero_at_end = commands, source, wrap, zero_at_end
        self.reads = any(command.kind == "," for command in commands)
        self.code = Assembler(layout)
        size = layout.heap_size // 2 if self.reads else layout.heap_size
        reach = sum(command.amount for command in commands if command.kind == ">" and command.amount > 0)
        self.tape = Tape(self.code, wrap, size, reach, -(size // 2) if both else 0)
        self.scratch, self.next, self.end = (self.tape.slot() for _ in range(3))
        self.still = _still(commands)
        self.opened: list[_Loop] = []

    def program(self) -> RamProgram:
        """Raises CapacityError."""
        code = self.code
        start, body = Label(), Label()
        code.jump(Opcode.JMP, start)
        code.place(body)
        at = 0
        while at < len(self.commands):
            at = self._command(at)
        code.origin = Origin()
        code.emit(Opcode.HALT)
        code.place(start)
        code.origin = Origin(comment="constants and input to local slots")
        area = self._start()
        code.jump(Opcode.JMP, body)
        return replace(code.assemble(None, None, self.source.text, self.source.filename), input_area=area)

    def _start(self) -> InputArea | None:
        """Takes what the prompt has put into the heap to local slots, and clears the tape of it."""
        code, tape = self.code, self.tape
        text = tape.size + 1
        if tape.first:
            tape.constant(-tape.first)
        if self.reads:
            tape.constant(tape.size), tape.constant(text)
        for value, slot in tape.constants.items():
            if value:
                tape.move(code.constant(value), slot)
                tape.move(tape.zero, code.constant(value))
        if tape.first:
            tape.move(tape.constant(-tape.first), tape.pointer)
        if not self.reads:
            return None
        free = code.global_cell()
        tape.move(tape.zero, free)
        tape.move(tape.constant(text), self.next)
        code.emit(Opcode.LOAD, tape.constant(tape.size), tape.zero, self.end)
        code.emit(Opcode.ADD, self.end, tape.constant(text), self.end)
        return InputArea(tape.size, free)

    def _command(self, at: int) -> int:
        """The command with this number; returns that of the next one."""
        command, tape = self.commands[at], self.tape
        self.code.origin = self.source.origin(command.span)
        match command.kind:
            case ">":
                tape.offset += command.amount
            case "+":
                self._add(tape.hold(tape.offset), self._least(command.amount))
            case ".":
                self._print(tape.normal(tape.hold(tape.offset)))
            case ",":
                self._read(tape.hold(tape.offset))
            case "[":
                return self._open(at)
            case "]":
                self._close()
        return at + 1

    # ------------------------------------------------------------------------------------------ + - . ,

    def _least(self, amount: int) -> int:
        """The same amount, or that nearest to 0 where cells wrap."""
        return (amount + self.wrap // 2) % self.wrap - self.wrap // 2 if self.wrap else amount

    def _add(self, cell: Held, amount: int) -> None:
        if amount:
            opcode = Opcode.ADD if amount > 0 else Opcode.SUB
            self.code.emit(opcode, cell.register, self.tape.constant(abs(amount)), cell.register)
            cell.low, cell.high, cell.written = cell.low + amount, cell.high + amount, True

    def _print(self, cell: Held) -> None:
        if self.wrap == BYTE:
            self.code.emit(Opcode.OUTC, cell.register)
        else:
            print_character(self.code, cell.register, self.scratch, self.tape.constant)

    def _read(self, cell: Held) -> None:
        code, tape, some, done = self.code, self.tape, Label(), Label()
        code.jump(Opcode.JLT, some, self.next, self.end)
        if self.zero_at_end:
            tape.move(tape.zero, cell.register)
        code.jump(Opcode.JMP, done)
        code.place(some)
        code.emit(Opcode.LOAD, self.next, tape.zero, cell.register)
        if 0 < self.wrap <= CHARACTERS:
            fits, bits = Label(), self.wrap.bit_length() - 1
            code.jump(Opcode.JIN, fits, cell.register, tape.constant(self.wrap))
            message = f"a character beyond U+{self.wrap - 1:04X} does not fit into a cell of {bits} bits"
            code.emit(Opcode.HALT, trap=Trap("ValueError", message))
            code.place(fits)
        code.emit(Opcode.ADD, self.next, tape.constant(1), self.next)
        code.place(done)
        cell.widen(*tape.full)
        cell.written = True

    # ------------------------------------------------------------------------------------------ any loop

    def _open(self, at: int) -> int:
        """A `[`; returns the number of the command with which to go on."""
        tape = self.tape
        cell = tape.normal(tape.hold(tape.offset))
        after = self.commands[at].amount + 1
        if cell.is_zero:
            return after
        changes = self._changes(at)
        if changes is None or sum(offset not in tape.held for offset in changes) > len(tape.registers):
            self._enter(cell, at in self.still)
            return at + 1
        own = changes[tape.offset].amount if tape.offset in changes else 0
        if len(changes) == 1 and abs(own) == 1:
            self._clear(cell, own)
        else:
            self._run(at, cell, changes, own)
        return after

    def _enter(self, cell: Held, still: bool) -> None:
        """The general case. At the head of the loop and after it only its own cell is in a register."""
        code, tape = self.code, self.tape
        loop_end, head, is_zero_unknown = Label(), Label(), not cell.is_not_zero
        tape.settle()
        from_global = tape.is_global(tape.offset)
        tape.forget()
        register = cell.register
        if not still:
            if from_global:
                register = tape.registers[-1]
                tape.move(cell.register, register)
            tape.advance()
        tape.hold_only(register, *tape.not_zero)
        tape.blank = False
        if is_zero_unknown:
            code.jump(Opcode.JEQ, loop_end, register, tape.zero)
        code.place(head)
        self.opened.append(_Loop(head, loop_end, tape.offset, register, still))

    def _close(self) -> None:
        loop, tape = self.opened.pop(), self.tape
        tape.settle()
        if not loop.still:
            tape.advance()
        cell = tape.held.get(tape.offset)
        tape.forget()
        if cell is not None:
            tape.move(cell.register, loop.register)
        elif not tape.is_global(tape.offset):
            tape.fetch(tape.offset, loop.register)
        self.code.jump(Opcode.JNE, loop.head, loop.register, tape.zero)
        self.code.place(loop.end)
        tape.hold_only(loop.register, 0, 0)

    # --------------------------------------------------------------- loops that only count, move and come back

    def _changes(self, at: int) -> dict[int, _Change] | None:
        """What a round changes, in the order of first use; None if it does more than count, move and come back."""
        changes: dict[int, _Change] = {}
        offset = self.tape.offset
        for number in range(at + 1, self.commands[at].amount):
            command = self.commands[number]
            if command.kind == ">":
                offset += command.amount
            elif command.kind == "+":
                old = changes.get(offset, _Change(0, number))
                changes[offset] = replace(old, amount=self._least(old.amount + command.amount))
            else:
                return None
        return changes if offset == self.tape.offset else None

    def _clear(self, cell: Held, own: int) -> None:
        """`[-]` or `[+]`."""
        self._spin(cell, own)
        self.tape.move(self.tape.zero, cell.register)
        cell.set_zero()
        cell.written = True

    def _spin(self, cell: Held, own: int) -> None:
        """A loop that counts away from 0 never ends, unless cells wrap."""
        code, here, zero = self.code, Label(), self.tape.zero
        code.place(here)
        if self.wrap:
            return
        if own < 0 and cell.low < 0:
            code.jump(Opcode.JLT, here, cell.register, zero)
        elif own > 0 and cell.high > 0:
            code.jump(Opcode.JLT, here, zero, cell.register)

    def _run(self, at: int, cell: Held, changes: dict[int, _Change], own: int) -> None:
        """No round reads or writes the heap: that is done before and after all rounds, if there are any."""
        code, tape, end = self.code, self.tape, Label()
        for offset in filter(tape.is_global, changes):
            tape.hold(offset)
        before = {offset: replace(held) for offset, held in tape.held.items()}
        if not cell.is_not_zero:
            code.jump(Opcode.JEQ, end, cell.register, tape.zero)
        for offset, change in changes.items():
            code.origin = self.source.origin(self.commands[change.command].span)
            tape.hold(offset)
        code.origin = self.source.origin(self.commands[at].span)
        if own == -1 and all(abs(change.amount) < code.layout.base for change in changes.values()):
            self._product(cell, changes)
        else:
            self._rounds(at, cell, changes)
        for offset in [offset for offset in tape.held if offset not in before]:
            tape.put_back(offset)
            tape.release(offset)
        code.place(end)
        for offset, held in before.items():
            tape.held[offset].widen(held.low, held.high)
        cell.set_zero()

    def _product(self, cell: Held, changes: dict[int, _Change]) -> None:
        """All rounds of a loop that counts its own cell down by 1."""
        self._spin(cell, -1)
        for offset, change in changes.items():
            target, amount = self.tape.held[offset], change.amount
            if target is cell or not amount:
                continue
            product = cell.register
            if abs(amount) != 1:
                product = self.scratch
                self.code.emit(Opcode.MUL, cell.register, self.tape.constant(abs(amount)), product)
            opcode = Opcode.ADD if amount > 0 else Opcode.SUB
            self.code.emit(opcode, target.register, product, target.register)
            added = (cell.low * amount, cell.high * amount)
            target.low, target.high, target.written = target.low + min(added), target.high + max(added), True
        self.tape.move(self.tape.zero, cell.register)
        cell.written = True

    def _rounds(self, at: int, cell: Held, changes: dict[int, _Change]) -> None:
        code, head = self.code, Label()
        for offset in changes:
            self.tape.held[offset].widen(-math.inf, math.inf)
        cell.low, cell.high = self.tape.not_zero
        code.place(head)
        for number in range(at + 1, self.commands[at].amount):
            self._command(number)
        code.origin = self.source.origin(self.commands[self.commands[at].amount].span)
        code.jump(Opcode.JNE, head, self.tape.normal(cell).register, self.tape.zero)


def _still(commands: tuple[Command, ...]) -> set[int]:
    """The numbers of the `[` whose loops leave the head where it was, as do all loops within."""
    found: set[int] = set()
    opened: list[tuple[int, int]] = []
    moved, strays = 0, -1
    for number, command in enumerate(commands):
        if command.kind == ">":
            moved += command.amount
        elif command.kind == "[":
            opened.append((number, moved))
        elif command.kind == "]":
            start, before = opened.pop()
            if moved == before and strays < start:
                found.add(start)
            else:
                strays = start
    return found
