"""What compiled code and the interpreter share: where cells lie, registers, and the difference that wraps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from compiler.front_ends.subleq.parts import Input
from compiler.lowering.assembler import ZERO, Assembler, CapacityError, Label
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.program import Trap

REGISTERS = 9
STRIDE = 32
"""The address of a cell is the sum of two constants, that of a multiple of this and what is left."""


def memory_size(layout: Layout) -> int:
    """How many cells the memory has; the rest of the heap is for the input."""
    return (layout.heap_size - layout.first_local) // 2


@dataclass(frozen=True)
class Cells:
    """bits: of a cell that wraps, 0: it holds any integer; outside: a jump to what is no address halts."""

    bits: int = 0
    outside: bool = False

    def wrapped(self, value: int) -> int:
        """The value as a cell holds it."""
        half = 1 << self.bits >> 1
        return (value + half) % (2 * half) - half if self.bits else value

    def are_addresses(self, size: int) -> bool:
        """Whether any number that is not negative is an address."""
        return 0 < self.bits and 1 << self.bits >> 1 <= size


@dataclass
class Memory:
    """Code that is being written, for a memory whose cell i is heap address i + offset, a global cell if it is low.

    Registers are local slots: the number of the cell that the interpreter is at, two operands, two values, one for
    what is needed for a moment, two of the input, and whether a cell was written to that is assumed to stay.
    loop: where the interpreter carries out an instruction; enter: where the run goes on at cell `pc`, compiled or not;
    halt: the end of the run.
    """

    code: Assembler
    cells: Cells
    offset: int
    loop: Label = field(default_factory=Label)
    enter: Label = field(default_factory=Label)
    halt: Label = field(default_factory=Label)

    def __post_init__(self) -> None:
        layout = self.code.layout
        if layout.first_next - layout.first_local < REGISTERS:
            raise CapacityError(f"base {layout.base} has too few local slots; use a machine with a larger base")
        slots = [layout.first_local + i for i in range(REGISTERS)]
        self.pc, self.a, self.b, self.x, self.y, self.scratch = slots[:6]
        self.input, self.changed = Input(*slots[6:8]), slots[8]
        self.size = memory_size(layout)
        self.first, self.limit = self.code.constant(self.offset), self.code.constant(self.size)

    def global_cell(self, cell: int) -> int | None:
        """The global cell that a cell of memory is, if it is one."""
        return cell + self.offset if cell + self.offset < self.code.layout.first_local else None

    def address(self, cell: int) -> tuple[int, int]:
        """Two cells whose sum is the heap address of a cell of memory."""
        low = cell % STRIDE
        return self.code.constant(self.offset + cell - low), self.code.constant(low)

    def value(self, cell: int, register: int) -> int:
        """Where the value of a cell is to be found, in this register if it is no global cell."""
        place = self.global_cell(cell)
        if place is None:
            self.code.emit(Opcode.LOAD, *self.address(cell), register)
        return register if place is None else place

    def put_back(self, cell: int, register: int) -> None:
        """Writes the register to the cell, which is no global one, or else the register itself."""
        if self.global_cell(cell) is None:
            self.code.emit(Opcode.STORE, *self.address(cell), register)

    def go_to(self, cell: int, target: Label) -> None:
        """Goes on at a label, with `pc` at a cell."""
        self.code.emit(Opcode.ADD, *self.address(cell), self.pc)
        self.code.emit(Opcode.SUB, self.pc, self.first, self.pc)
        self.code.jump(Opcode.JMP, target)

    def read(self, cell: int) -> None:
        """Takes the code of the next character into a cell of the RAM, if it fits."""
        code, fits = self.code, Label()
        self.input.read(code, cell)
        if 0 < self.cells.bits <= 16:
            code.jump(Opcode.JLT, fits, cell, code.constant(1 << self.cells.bits >> 1))
            code.emit(Opcode.HALT, trap=Trap("ValueError", f"a character that does not fit {self.cells.bits} bits"))
            code.place(fits)

    def branch(self, y: int, to_c: Label | None, put_back: Callable[[], None], from_zero: bool = False) -> None:
        """Jumps to c if the difference y is 0 or less, else what follows is next; None: what follows is c as well.

        A difference that has left its range is put back into it. It is the difference of two numbers of the range, so
        it has one bit more at most. from_zero: it is 0 minus such a number, which is never below the range.
        """
        code, after = self.code, Label()
        if not self.cells.bits:
            if to_c is not None:
                code.jump(Opcode.JGE, to_c, ZERO, y)
            return
        half = 1 << self.cells.bits >> 1
        if to_c is None:
            below = after if from_zero else Label()
            code.jump(Opcode.JLT, below, y, code.constant(half))
            self._shift(Opcode.SUB, y, put_back)
            if not from_zero:
                code.place(below)
                code.jump(Opcode.JGE, after, y, code.constant(-half))
                self._shift(Opcode.ADD, y, put_back)
        else:
            above = Label()
            code.jump(Opcode.JLT, above, ZERO, y)
            if not from_zero:
                code.jump(Opcode.JGE, to_c, y, code.constant(-half))
                self._shift(Opcode.ADD, y, put_back)
                code.jump(Opcode.JMP, after)
            else:
                code.jump(Opcode.JMP, to_c)
            code.place(above)
            code.jump(Opcode.JLT, after, y, code.constant(half))
            self._shift(Opcode.SUB, y, put_back)
            code.jump(Opcode.JMP, to_c)
        code.place(after)

    def _shift(self, opcode: Opcode, y: int, put_back: Callable[[], None]) -> None:
        self.code.emit(opcode, y, self.code.constant(1 << self.cells.bits), y)
        put_back()
